//! Answers who holds what out of what is kept of an issuer (spec, section 11.5), reading no more of
//! it than the question asks for. Knows nothing of how it was made, nor of where it is kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::id::{Cik, Cusip};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::Span;
use crate::terms::statement::Part;
use crate::terms::time::{Instant, LedgerSize};
use crate::terms::topic::HolderId;
use crate::terms::trouble::FieldName;
use crate::view::bytes::{In, Table};
use crate::view::codes::TroubleCodes;
use crate::view::holding::{ClassHoldings, Holding};
use crate::view::issuer::Candidate;
use crate::view::persons::Whom;
use crate::view::projected_filings::{Filing, Filings, Opened};
use crate::view::projected_parts::{Seen, decimal, evidence, left, life, member, span, troubles};
use crate::view::projection_bytes::{GROUPS, STATUSES, mark};
use crate::view::question::Question;
use crate::view::row::{Cited, Rows, Value};

/// An answer out of what is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The issuer, by its name as it was known then.
    pub issuer: Candidate,
    /// Its classes. A holding's person is one of `persons`.
    pub classes: Vec<ClassHoldings>,
    /// Who holds them, where that was asked.
    pub persons: Vec<Whom>,
}

/// Whether persons are wanted by all they are known by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Persons {
    /// With their numbers and names.
    Told,
    /// As holders alone.
    Untold,
}

/// Bytes that are not what is kept of an issuer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected all that is kept of an issuer, got other bytes")]
pub struct Broken;

/// What is kept of an issuer, open.
#[derive(Clone, Debug)]
pub struct Projected<'a> {
    last: u64,
    issuer: Candidate,
    cusips: Vec<Vec<Cusip>>,
    words: Table<'a>,
    /// Texts and codes of rows.
    values: Vec<Value>,
    filings: Filings<'a>,
    strands: In<'a>,
    holdings: Table<'a>,
    rest: In<'a>,
}

/// Where a holding stands, before all of it is read: the first report that it comes by, its
/// strand, and its bytes.
type Found<'a> = ((u32, u32), usize, &'a [u8]);

fn cusips(from: &mut In) -> Option<Vec<Cusip>> {
    let one = |from: &mut In| Cusip::try_from(from.text()?.to_owned()).ok();
    (0..from.count()?).map(|_| one(from)).collect()
}

/// A row's text or codes.
fn words(bytes: &[u8]) -> Option<Value> {
    let mut from = In(bytes);
    match from.number()? {
        0 => Some(Value::Text(from.text()?.into())),
        1 => {
            let code = |from: &mut In| from.text().map(str::to_owned);
            let codes: Option<Vec<String>> = (0..from.count()?).map(|_| code(&mut from)).collect();
            Some(Value::Codes(codes?.into()))
        }
        _ => None,
    }
}

impl<'a> Projected<'a> {
    /// Opens what is kept.
    ///
    /// # Errors
    /// The bytes are something else.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Broken> {
        Self::read(In(bytes)).ok_or(Broken)
    }

    fn read(mut from: In<'a>) -> Option<Self> {
        let last = u64::from_le_bytes(from.fixed()?);
        // How many entries, and their digest, are for whoever compares.
        from.take(40)?;
        let mut part = || from.part().map(In);
        let (mut about, mut names, mut values) = (part()?, part()?, part()?);
        let (filings, strands, mut holdings, rest) = (part()?, part()?, part()?, part()?);
        let name = if about.flag()? { Some(about.text()?.to_owned()) } else { None };
        let cik = match about.number()? {
            0 => None,
            number => Some(Cik::try_from(number).ok()?),
        };
        let issuer = Candidate { name, cik, cusips: cusips(&mut about)?.into_iter().collect() };
        let lists = (0..about.count()?).map(|_| cusips(&mut about));
        let values = values.table()?;
        let all = (0..values.len()).map(|at| words(values.get(at)?));
        from.0.is_empty().then_some(())?;
        Some(Self {
            last,
            issuer,
            cusips: lists.collect::<Option<_>>()?,
            words: names.table()?,
            values: all.collect::<Option<_>>()?,
            filings: Filings::read(filings.0)?,
            strands,
            holdings: holdings.table()?,
            rest,
        })
    }

    /// Every entry it rests on.
    ///
    /// # Errors
    /// The bytes are something else.
    pub fn entries(&self) -> Result<BTreeSet<u64>, Broken> {
        let filings = self.filings.iter().map(|filing| filing.entry());
        let mut entries = filings.collect::<Option<BTreeSet<u64>>>().ok_or(Broken)?;
        entries.extend(self.others_and_links().ok_or(Broken)?.0);
        Ok(entries)
    }

    /// Those of them that make one of two holders, or keep two apart.
    ///
    /// # Errors
    /// The bytes are something else.
    pub fn links(&self) -> Result<Vec<u64>, Broken> {
        Ok(self.others_and_links().ok_or(Broken)?.1)
    }

    /// Whether anything can have been told since an instant: a filing that became known then, or a
    /// decision among the entries from one on.
    ///
    /// # Errors
    /// The bytes are something else.
    pub fn tells_since(&self, known: Instant, entry: u64) -> Result<bool, Broken> {
        let (others, _) = self.others_and_links().ok_or(Broken)?;
        let new = |filing: Filing| filing.known_at >= known.unix_seconds();
        Ok(self.filings.iter().any(new) || others.iter().any(|other| *other >= entry))
    }

    /// Whether a filing counts.
    pub fn counts(&self, asked: &Question) -> bool {
        self.filings.iter().any(|filing| filing.counts(asked))
    }

    /// Whether a filing tells of more than five percent on the day asked about, and no more of it.
    fn has_exceeded(&self, asked: &Question) -> Option<bool> {
        for filing in self.filings.iter().filter(|filing| filing.is_known_alone(asked)) {
            let Opened { source, event_date, .. } = filing.open()?;
            if source.since > asked.as_of.0 && event_date.is_some_and(|on| on <= asked.as_of.0) {
                return Some(true);
            }
        }
        Some(false)
    }

    fn others_and_links(&self) -> Option<(Vec<u64>, Vec<u64>)> {
        let mut from = self.rest;
        let list = |from: &mut In| (0..from.count()?).map(|_| from.number()).collect();
        let others: Option<Vec<u64>> = list(&mut from);
        Some((others?, list(&mut from)?))
    }

    /// Who holds what, as a fold of the same entries would say. Nothing where it was asked about a
    /// ledger that ends before the issuer's last entry, or a filing tells of more than five percent
    /// on the day asked about and no more: that takes a fold.
    ///
    /// # Errors
    /// The bytes are something else.
    pub fn answer(&self, asked: &Question, persons: Persons) -> Result<Option<Held>, Broken> {
        if !self.is_whole_at(asked.at) || self.has_exceeded(asked).ok_or(Broken)? {
            return Ok(None);
        }
        self.answered(asked, persons).map(Some).ok_or(Broken)
    }

    /// Whether a ledger of a size has all that it rests on.
    pub fn is_whole_at(&self, at: LedgerSize) -> bool {
        self.last < at.0
    }

    fn answered(&self, asked: &Question, persons: Persons) -> Option<Held> {
        let counts: Vec<bool> = self.filings.iter().map(|one| one.counts(asked)).collect();
        let (found, strands) = self.found(&counts)?;
        let (issuer, mut classes) = self.classes(&counts)?;
        let mut reading = Reading {
            of: self,
            places: vec![0; self.filings.len()],
            opened: Vec::with_capacity(found.len()),
            rules: Vec::new(),
            persons: vec![Vec::new(); strands],
            next_person: 0,
        };
        let mut whom: Vec<Whom> = Vec::new();
        // Holdings are large to move: they are read where they stay, and most are of one class.
        if let [(_, only)] = classes.as_mut_slice() {
            only.holders.reserve_exact(found.len());
        }
        for (_, strand, bytes) in found {
            let (holding, ids) = reading.holding(strand, bytes, &mut classes)?;
            if holding.person == whom.len() && persons == Persons::Told {
                let ids = self.ids(ids)?;
                whom.push(Whom { name: holding.name.clone(), cik: holding.cik, ids });
            }
        }
        let classes = classes.into_iter().map(|(_, class)| class).collect();
        Some(Held { issuer, classes, persons: whom })
    }

    /// The holdings that the filings which count leave, in the order of their first reports; and
    /// how many strands there are.
    fn found(&self, counts: &[bool]) -> Option<(Vec<Found<'a>>, usize)> {
        let mut found: Vec<Found> = Vec::with_capacity(self.filings.len());
        let (mut from, mut strands) = (self.strands, 0);
        while !from.0.is_empty() {
            let (first, places) = (from.place()?, strand(&mut from, counts)?);
            let mut places = places.unwrap_or_default();
            while !places.0.is_empty() {
                let bytes = self.holdings.get(first.checked_add(places.place()?)?)?;
                let mut head = In(bytes);
                // The filing it is on comes before the first report.
                head.place()?;
                found.push(((head.place()?, head.place()?), strands, bytes));
            }
            strands += 1;
        }
        found.sort_by_key(|(first, ..)| *first);
        Some((found, strands))
    }

    fn word(&self, at: u32) -> Option<String> {
        Some(std::str::from_utf8(self.words.get(at)?).ok()?.to_owned())
    }

    /// The issuer, and its classes without holders, as the filings that count call them.
    fn classes(&self, counts: &[bool]) -> Option<(Candidate, Vec<(u32, ClassHoldings)>)> {
        let mut named = None;
        let mut found: Vec<(u32, Option<u32>, Vec<u32>)> = Vec::new();
        let (mut places, mut place) = (BTreeMap::new(), 0);
        for (filing, _) in self.filings.iter().zip(counts).filter(|(_, counts)| **counts) {
            named = filing.issuer.or(named);
            // Most are of the class of the one before, and print what it prints.
            if found.get(place).is_none_or(|(class, ..)| *class != filing.class) {
                place = *places.entry(filing.class).or_insert_with(|| {
                    found.push((filing.class, None, Vec::new()));
                    found.len() - 1
                });
            }
            let (_, title, lists) = found.get_mut(place)?;
            *title = filing.title.or(*title);
            if lists.last() != Some(&filing.cusips) && !lists.contains(&filing.cusips) {
                lists.push(filing.cusips);
            }
        }
        let mut issuer = self.issuer.clone();
        if let Some(word) = named {
            issuer.name = Some(self.word(word)?);
        }
        let mut classes = Vec::with_capacity(found.len());
        for (class, title, lists) in found {
            let mut own = ClassHoldings::default();
            for list in lists {
                own.cusips.extend(self.cusips.get(list as usize)?.iter().cloned());
            }
            if let Some(title) = title {
                own.title = Some(self.word(title)?);
            }
            classes.push((class, own));
        }
        Some((issuer, classes))
    }

    fn ids(&self, mut from: In) -> Option<BTreeSet<HolderId>> {
        let id = |from: &mut In| match (from.number()?, from.number()?) {
            (0, number) => Some(HolderId::Cik(Cik::try_from(number).ok()?)),
            (1, word) => Some(HolderId::TaxId(self.word(u32::try_from(word).ok()?)?)),
            (2, word) => Some(HolderId::Name(self.word(u32::try_from(word).ok()?)?)),
            _ => None,
        };
        let count = from.count()?;
        let mut ids = BTreeSet::new();
        for _ in 0..count {
            ids.insert(id(&mut from)?);
        }
        Some(ids)
    }
}

/// The places of the holdings that a strand's counting filings leave; nothing inside where none
/// of them counts.
fn strand<'a>(from: &mut In<'a>, counts: &[bool]) -> Option<Option<In<'a>>> {
    // A bit each.
    let filings = from.count().filter(|filings| *filings <= 128)?;
    let mut set = 0_u128;
    for bit in 0..filings {
        let counts = *counts.get(from.place()? as usize)?;
        set |= u128::from(counts) << bit;
    }
    let states = from.count()?;
    let (sets, mut lists) = (from.part()?, In(from.part()?));
    if set == 0 {
        return Some(None);
    }
    let (bytes, set) = (filings.div_ceil(8), set.to_le_bytes());
    let set = set.get(..bytes)?;
    let at = sets.chunks(bytes).take(states).position(|one| one == set)?;
    for _ in 0..at {
        lists.part()?;
    }
    lists.part().map(In).map(Some)
}

/// Holdings being read, and the filings that they name.
struct Reading<'a, 'b> {
    of: &'b Projected<'a>,
    /// Where each filing is among those opened, from 1; 0 where it is not yet. An answer opens few
    /// of many.
    places: Vec<u32>,
    opened: Vec<Opened>,
    rules: Seen<'a>,
    /// The persons of each strand so far, by their number in it.
    persons: Vec<Vec<(u32, usize)>>,
    /// How many persons there are so far.
    next_person: usize,
}

impl<'a> Reading<'a, '_> {
    fn filing(&mut self, at: u32) -> Option<&Opened> {
        let place = self.places.get_mut(at as usize)?;
        if *place == 0 {
            self.opened.push(self.of.filings.get(at)?.open()?);
            *place = u32::try_from(self.opened.len()).ok()?;
        }
        self.opened.get((*place as usize).checked_sub(1)?)
    }

    /// A holding of a strand, put last into its class; and the bytes of its person's ids.
    fn holding<'h>(
        &mut self,
        strand: usize,
        bytes: &'a [u8],
        classes: &'h mut [(u32, ClassHoldings)],
    ) -> Option<(&'h Holding, In<'a>)> {
        let mut from = In(bytes);
        let own = from.place()?;
        let (first, row) = (from.place()?, from.place()?);
        let (class, person) = (from.place()?, from.place()?);
        let numbers = self.persons.get_mut(strand)?;
        let person = match numbers.iter().find(|(one, _)| *one == person) {
            Some((_, number)) => *number,
            None => {
                numbers.push((person, self.next_person));
                self.next_person += 1;
                self.next_person - 1
            }
        };
        let name = match from.maybe()? {
            Some(word) => Some(self.of.word(u32::try_from(word).ok()?)?),
            None => None,
        };
        let cik = match from.number()? {
            0 => None,
            number => Some(Cik::try_from(number).ok()?),
        };
        let status = *member(&STATUSES, from.number()?)?;
        let evidence = evidence(&mut from)?;
        let life = life(&mut from, &mut self.rules)?;
        let chain = from.number()?;
        let left = left(&mut from)?;
        let (known_later, uncovered) = (self.entries(&mut from)?, self.entries(&mut from)?);
        let several = self.entries(&mut from)?;
        let parts = self.parts(&mut from)?;
        let rows = self.rows(&mut from, own)?;
        let first_entry = self.of.filings.get(first)?.entry()?;
        let (_, of) = classes.iter_mut().find(|(one, _)| *one == class)?;
        let filing = self.filing(own)?;
        of.holders.push(Holding {
            person,
            name,
            cik,
            rows,
            first: (first_entry, row as usize),
            parts,
            entry: filing.source.entry,
            accession: filing.source.accession,
            filing_troubles: filing.troubles,
            event_date: filing.event_date,
            since: filing.source.since,
            known_at: filing.known_at,
            known_by: filing.known_by,
            status,
            evidence,
            life,
            chain,
            left,
            known_later,
            uncovered,
            several,
            named_since: Vec::new(),
        });
        Some((of.holders.last()?, from))
    }

    fn parts(&self, from: &mut In) -> Option<Vec<Part>> {
        let count = from.count()?;
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            let instrument = self.of.word(from.place()?)?;
            let amount = Amount::new(decimal(from)?)?;
            parts.push(Part { instrument, amount, span: span(from, 0)? });
        }
        Some(parts)
    }

    /// Filings, each by its entry.
    fn entries(&self, from: &mut In) -> Option<Vec<u64>> {
        let count = from.count()?;
        if count == 0 {
            return Some(Vec::new());
        }
        (0..count).map(|_| self.of.filings.get(from.place()?)?.entry()).collect()
    }

    fn rows(&mut self, from: &mut In, own: u32) -> Option<Rows> {
        let count = from.count()?;
        let mut rows = Rows::with_capacity(count);
        let source = self.filing(own)?.source.clone();
        let mut before = 0;
        for _ in 0..count {
            let field = *FieldName::ALL.get(usize::from(from.byte()?))?;
            let marks = from.byte()?;
            let mut value = None;
            self.value(from, marks & mark::KIND, &mut value)?;
            let source = match marks & mark::ELSEWHERE {
                0 => source.clone(),
                _ => self.filing(from.place()?)?.source.clone(),
            };
            let has = |bit: u8| marks & bit != 0;
            let span = if has(mark::SPAN) { Some(span(from, before)?) } else { None };
            before = span.map_or(before, Span::start);
            let corrected = if has(mark::CORRECTED) { Some(from.number()?) } else { None };
            let troubles =
                if has(mark::TROUBLES) { troubles(from)? } else { TroubleCodes::default() };
            let mut cited = Cited::new(value, source, span, corrected, troubles);
            cited.carried = has(mark::CARRIED);
            rows.push(field, cited)?;
        }
        Some(rows)
    }

    /// Read where it stays: to move what was just written costs more than to write it.
    fn value(&self, from: &mut In, kind: u8, into: &mut Option<Value>) -> Option<()> {
        *into = Some(match kind {
            mark::UNREADABLE => return Some(()),
            mark::AMOUNT => Value::Amount(Amount::new(decimal(from)?)?),
            mark::EXACT => Value::Percent(Percent::Exact(decimal(from)?)),
            mark::LESS_THAN => Value::Percent(Percent::LessThan(decimal(from)?)),
            mark::GROUP => Value::Group(*member(&GROUPS, from.number()?)?),
            mark::FLAG => Value::Flag(from.flag()?),
            mark::WORDS => self.of.values.get(from.place()? as usize)?.clone(),
            _ => return None,
        });
        Some(())
    }
}
