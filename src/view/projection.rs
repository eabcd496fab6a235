//! What is kept of an issuer so that who holds what need not be folded anew (spec, section 11.5):
//! for each strand of its filings, the holdings at every set of them that can count.
//! Knows nothing of how it is stored; what it cannot answer for exactly it does not keep.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ledger::event::Event;
use crate::terms::id::{Accession, Cik, ContentId, Cusip};
use crate::terms::span::{Field, Span};
use crate::terms::statement::Part;
use crate::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize};
use crate::terms::topic::{HolderId, Topic};
use crate::terms::trouble::{FieldName, TroubleCode};
use crate::view::history::Changes;
use crate::view::holding::{ClassHoldings, Holding, fold_filings};
use crate::view::issuer::Candidate;
use crate::view::life::{Evidence, Life, Status};
use crate::view::persons::{Person, Whom};
use crate::view::question::{Question, RULES};
use crate::view::row::{Cited, Value};
use crate::view::strand::strands;
use crate::view::timeline::{Dossier, KnownBy, Noted, Standing, counting, noted};

/// The version of what is kept here; raised whenever the same entries would be kept otherwise. The
/// rules of answers are part of it.
pub const PROJECTION: u32 = RULES * 1000 + 1;

/// The most filings of one strand; an issuer with more in one is not kept.
const STRAND_MAX: usize = 128;
/// The most sets of filings of one strand that can count; likewise.
const STATES_MAX: usize = 1024;
/// The context of the digest of an issuer's entries.
const DIGEST_CONTEXT: &str = "blockholder v1 projection";

/// A question that everything counts for.
const EVERYTHING: Question =
    Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at: LedgerSize(u64::MAX) };

/// What is kept of an issuer, but for its holdings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Projection {
    /// The issuer's last entry that is taken into account.
    pub last: u64,
    /// How many entries are.
    pub count: u64,
    /// What stands for them: their sequences and hashes, digested one after the other.
    pub digest: [u8; 32],
    issuer: Candidate,
    /// Titles of classes and names of the issuer as printed, each once.
    words: Vec<String>,
    /// Lists of CUSIPs as printed, each once.
    cusips: Vec<BTreeSet<Cusip>>,
    /// In the order in which they supersede each other.
    filings: Vec<KeptFiling>,
    /// Filings that do not count, and everything that was decided.
    others: Vec<u64>,
    /// What of that makes one of two holders, or keeps two apart.
    links: Vec<u64>,
    strands: Vec<KeptStrand>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct KeptFiling {
    entry: u64,
    accession: Option<Accession>,
    content: ContentId,
    event_date: Option<Day>,
    since: Day,
    known_at: Instant,
    known_by: KnownBy,
    class: u32,
    cusips: u32,
    title: Option<u32>,
    issuer: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct KeptStrand {
    /// Its filings' places, at most as many as a set has bits.
    filings: Vec<u32>,
    /// For each set of its filings that can count, the holdings, by their places.
    states: Vec<(u128, Vec<u32>)>,
}

/// What is kept of one holder of one class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptHolding {
    /// The place of the filing it is on.
    filing: u32,
    /// The place of the filing it first reported on, and its row there.
    first: (u32, u32),
    class: u32,
    /// Who it is among the persons of its set of filings.
    person: u32,
    ids: BTreeSet<HolderId>,
    name: Option<String>,
    cik: Option<Cik>,
    rows: Vec<KeptRow>,
    parts: Vec<Part>,
    status: Status,
    evidence: Option<Evidence>,
    life: Life,
    chain: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct KeptRow {
    field: FieldName,
    value: Option<Value>,
    filing: u32,
    span: Option<Span>,
    carried: bool,
    corrected: Option<u64>,
    reread: Option<u64>,
    troubles: Vec<TroubleCode>,
}

/// An answer out of what is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The issuer, by its name as it was known then.
    pub issuer: Candidate,
    /// Its classes. A holding's person is one of `persons`.
    pub classes: Vec<ClassHoldings>,
    /// Who holds them.
    pub persons: Vec<Whom>,
}

/// A holding as it is found: its class, its first report, whose it is.
struct Opened {
    class: u32,
    first: (u32, u32),
    /// The strand, and the person there.
    person: (usize, u32),
    ids: BTreeSet<HolderId>,
    holding: Holding,
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The place of a thing among those there are; it comes last where it is new.
fn noted_once<T: PartialEq>(list: &mut Vec<T>, thing: T) -> u32 {
    let at = list.iter().position(|one| *one == thing).unwrap_or_else(|| {
        list.push(thing);
        list.len() - 1
    });
    place(at)
}

/// What is to be kept of an issuer with all that was recorded about it; nothing where a part of its
/// filings could be answered for otherwise than all of them are (spec, section 11.5).
pub fn project(issuer: &Candidate, dossier: &Dossier) -> Option<(Projection, Vec<KeptHolding>)> {
    let standing = counting(dossier, &EVERYTHING);
    let notes = noted(dossier, &EVERYTHING);
    let class_of = plain(issuer.cik?, dossier, &standing, &notes)?;
    let mut kept = Projection::of_entries(issuer, dossier, &standing);
    for (filing, class) in standing.iter().zip(&class_of) {
        kept.filing(filing, *class);
    }
    let mut holdings = Vec::new();
    for strand in strands(&standing, &notes) {
        kept.strand(&strand, &standing, &notes, &mut holdings)?;
    }
    Some((kept, holdings))
}

/// The class of each filing, where every set of the filings would be put into the same classes, and
/// persons be told by the same decisions.
fn plain(cik: Cik, dossier: &Dossier, standing: &[Standing], notes: &[&Noted]) -> Option<Vec<u32>> {
    let dated = |note: &&Noted| match &note.event {
        Event::ClassChanged(_) | Event::ClassSizeReported(_) => true,
        Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => {
            pair.since.is_some() || pair.known_at.is_some()
        }
        _ => false,
    };
    let recorded = dossier.filings.iter().map(|filing| filing.filing.issuer_cik());
    let understood = standing.iter().map(|filing| filing.filing.issuer_cik());
    if notes.iter().any(dated) || !recorded.chain(understood).all(|own| own == Some(cik)) {
        return None;
    }
    let printed: Vec<BTreeSet<&Cusip>> = standing
        .iter()
        .map(|filing| filing.filing.reading.cusips.iter().filter_map(Field::value).collect())
        .collect();
    let mut lists: Vec<&BTreeSet<&Cusip>> = Vec::new();
    let of_filing: Vec<u32> = printed.iter().map(|list| noted_once(&mut lists, list)).collect();
    let stated = lists.iter().filter(|list| !list.is_empty()).count();
    if stated == lists.len() {
        let apart = lists
            .iter()
            .enumerate()
            .all(|(at, list)| lists.iter().skip(at + 1).all(|other| list.is_disjoint(other)));
        return apart.then_some(of_filing);
    }
    // Filings without a CUSIP go by their title: one list and one title make one class.
    let title =
        |filing: &Standing| filing.filing.reading.class_title.value().map(|t| Topic::name(t));
    let titles: BTreeSet<Option<Topic>> = standing.iter().map(title).collect();
    let one = stated <= 1 && titles.len() == 1 && !titles.contains(&None);
    one.then(|| vec![0; standing.len()])
}

impl Projection {
    fn of_entries(issuer: &Candidate, dossier: &Dossier, standing: &[Standing]) -> Self {
        let filings = dossier.filings.iter().map(|filing| (filing.entry, filing.hash));
        // Whether a filing was left out on purpose changes nothing of who holds what.
        let bears = |note: &&Noted| !matches!(note.event, Event::FilingSkipped(_));
        let notes = dossier.notes.iter().filter(bears).map(|note| (note.entry, note.hash));
        let entries: BTreeMap<u64, _> = filings.chain(notes).collect();
        let mut digest = blake3::Hasher::new_derive_key(DIGEST_CONTEXT);
        for (entry, hash) in &entries {
            digest.update(&entry.to_le_bytes()).update(&hash.0);
        }
        let links = |note: &&Noted| {
            matches!(note.event, Event::HoldersLinked(_) | Event::HoldersUnlinked(_))
        };
        let counted: BTreeSet<u64> = standing.iter().map(Standing::entry).collect();
        Self {
            last: entries.last_key_value().map_or(0, |(entry, _)| *entry),
            count: entries.len() as u64,
            digest: digest.finalize().into(),
            issuer: issuer.clone(),
            words: Vec::new(),
            cusips: Vec::new(),
            filings: Vec::new(),
            links: dossier.notes.iter().filter(links).map(|note| note.entry).collect(),
            others: entries.into_keys().filter(|entry| !counted.contains(entry)).collect(),
            strands: Vec::new(),
        }
    }

    fn filing(&mut self, filing: &Standing, class: u32) {
        let reading = &filing.filing.reading;
        let (known_at, known_by) = filing.known();
        let printed = reading.cusips.iter().filter_map(Field::value).cloned().collect();
        let mut word = |word: &str| noted_once(&mut self.words, word.to_owned());
        let title = reading.class_title.value().map(|title| word(title));
        let issuer = filing.filing.issuer_name().map(word);
        self.filings.push(KeptFiling {
            entry: filing.entry(),
            accession: filing.accession(),
            content: filing.filing.content,
            event_date: filing.event_date(),
            since: filing.true_since(),
            known_at,
            known_by,
            class,
            cusips: noted_once(&mut self.cusips, printed),
            title,
            issuer,
        });
    }

    /// Folds every set of a strand's filings that can count.
    fn strand(
        &mut self,
        strand: &[usize],
        standing: &[Standing],
        notes: &[&Noted],
        holdings: &mut Vec<KeptHolding>,
    ) -> Option<()> {
        let of: Vec<&Standing> = strand.iter().filter_map(|at| standing.get(*at)).collect();
        if of.iter().all(|filing| filing.filing.reading.holders.is_empty()) {
            return Some(());
        }
        let mut states = Vec::new();
        let own = holdings.len();
        for set in sets(&of)? {
            let counting: Vec<&Standing> = (0..)
                .zip(&of)
                .filter(|(bit, _)| set >> bit & 1 == 1)
                .map(|(_, one)| *one)
                .collect();
            let mut untold = Changes::untold();
            let skipped = BTreeSet::new();
            let (classes, persons) =
                fold_filings(&counting, notes, &skipped, &EVERYTHING, &mut untold);
            let mut places = Vec::new();
            for holding in classes.iter().flat_map(|class| &class.holdings.holders) {
                let person = persons.get(holding.person)?;
                let kept = self.kept(holding, person)?;
                let held = holdings.iter().skip(own).rposition(|one| *one == kept);
                places.push(place(own + held.unwrap_or(holdings.len() - own)));
                if held.is_none() {
                    holdings.push(kept);
                }
            }
            states.push((set, places));
        }
        self.strands
            .push(KeptStrand { filings: strand.iter().map(|at| place(*at)).collect(), states });
        Some(())
    }

    fn place_of(&self, entry: u64) -> Option<u32> {
        self.filings.iter().position(|filing| filing.entry == entry).map(place)
    }

    fn kept(&self, holding: &Holding, person: &Person) -> Option<KeptHolding> {
        let row = |(field, cited): (&FieldName, &Cited)| {
            Some(KeptRow {
                field: *field,
                value: cited.value.clone(),
                filing: self.place_of(cited.entry)?,
                span: cited.span,
                carried: cited.carried,
                corrected: cited.corrected,
                reread: cited.reread,
                troubles: cited.troubles.clone(),
            })
        };
        let filing = self.place_of(holding.entry)?;
        Some(KeptHolding {
            filing,
            first: (self.place_of(holding.first.0)?, place(holding.first.1)),
            class: self.filings.get(filing as usize)?.class,
            person: place(holding.person),
            ids: person.ids.clone(),
            name: holding.name.clone(),
            cik: holding.cik,
            rows: holding.rows.iter().map(row).collect::<Option<_>>()?,
            parts: holding.parts.clone(),
            status: holding.status,
            evidence: holding.evidence,
            life: holding.life.clone(),
            chain: holding.chain,
        })
    }

    /// The entries that are taken into account.
    pub fn entries(&self) -> BTreeSet<u64> {
        let filings = self.filings.iter().map(|filing| filing.entry);
        filings.chain(self.others.iter().copied()).collect()
    }

    /// Those of them that make one of two holders, or keep two apart.
    pub fn links(&self) -> &[u64] {
        &self.links
    }

    /// Who holds what, as a fold of the same entries would say; `holding` opens the one at a place.
    /// Nothing where it was asked about a ledger that ends before the issuer's last entry.
    ///
    /// # Errors
    /// A holding cannot be opened.
    pub fn answer<E>(
        &self,
        question: &Question,
        holding: &mut dyn FnMut(u32) -> Result<KeptHolding, E>,
    ) -> Result<Option<Held>, E> {
        if self.last >= question.at.0 {
            return Ok(None);
        }
        let counts: Vec<bool> = self
            .filings
            .iter()
            .map(|one| one.since <= question.as_of.0 && one.known_at <= question.known_at.0)
            .collect();
        let mut found: Vec<Opened> = Vec::new();
        for (at_strand, strand) in self.strands.iter().enumerate() {
            let bits = (0..).zip(&strand.filings);
            let set = bits.fold(0_u128, |set, (bit, at)| {
                let counts = counts.get(*at as usize) == Some(&true);
                set | u128::from(counts) << bit
            });
            if set == 0 {
                continue;
            }
            let state = strand.states.iter().find(|(one, _)| *one == set);
            let Some((_, places)) = state else { return Ok(None) };
            for at in places {
                let Some(opened) = self.opened(holding(*at)?, at_strand) else { return Ok(None) };
                found.push(opened);
            }
        }
        found.sort_by_key(|opened| opened.first);
        Ok(Some(self.held(&counts, found)))
    }

    fn held(&self, counts: &[bool], found: Vec<Opened>) -> Held {
        let word = |at: Option<u32>| at.and_then(|at| self.words.get(at as usize));
        let mut issuer = self.issuer.clone();
        let mut classes: Vec<(u32, ClassHoldings)> = Vec::new();
        let counting = self.filings.iter().zip(counts).filter(|(_, counts)| **counts);
        for (filing, _) in counting {
            issuer.name = word(filing.issuer).cloned().or(issuer.name);
            let at = classes.iter().position(|(class, _)| *class == filing.class);
            let at = at.unwrap_or_else(|| {
                classes.push((filing.class, ClassHoldings::default()));
                classes.len() - 1
            });
            let Some((_, class)) = classes.get_mut(at) else { continue };
            class.title = word(filing.title).cloned().or(class.title.take());
            let printed = self.cusips.get(filing.cusips as usize);
            for cusip in printed.into_iter().flatten() {
                if !class.cusips.contains(cusip) {
                    class.cusips.insert(cusip.clone());
                }
            }
        }
        let mut persons: Vec<Whom> = Vec::new();
        let mut places: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        for Opened { class, person, ids, mut holding, .. } in found {
            holding.person = *places.entry(person).or_insert_with(|| {
                persons.push(Whom { name: holding.name.clone(), cik: holding.cik, ids });
                persons.len() - 1
            });
            if let Some((_, own)) = classes.iter_mut().find(|(one, _)| *one == class) {
                own.holders.push(holding);
            }
        }
        let classes = classes.into_iter().map(|(_, class)| class).collect();
        Held { issuer, classes, persons }
    }

    fn opened(&self, kept: KeptHolding, strand: usize) -> Option<Opened> {
        let filing = |at: u32| self.filings.get(at as usize);
        let cited = |row: KeptRow| {
            let said = filing(row.filing)?;
            let cited = Cited {
                value: row.value,
                entry: said.entry,
                accession: said.accession,
                content: said.content,
                span: row.span,
                since: said.since,
                carried: row.carried,
                corrected: row.corrected,
                reread: row.reread,
                troubles: row.troubles,
            };
            Some((row.field, cited))
        };
        let (last, first) = (filing(kept.filing)?, filing(kept.first.0)?);
        let holding = Holding {
            person: 0,
            name: kept.name,
            cik: kept.cik,
            rows: kept.rows.into_iter().map(cited).collect::<Option<_>>()?,
            first: (first.entry, kept.first.1 as usize),
            parts: kept.parts,
            entry: last.entry,
            accession: last.accession,
            event_date: last.event_date,
            since: last.since,
            known_at: last.known_at,
            known_by: last.known_by,
            status: kept.status,
            evidence: kept.evidence,
            life: kept.life,
            chain: kept.chain,
        };
        let (class, first, person) = (kept.class, kept.first, (strand, kept.person));
        Some(Opened { class, first, person, ids: kept.ids, holding })
    }
}

/// Every set of a strand's filings that can count at some point of the two clocks; nothing where
/// there are too many. The filings come in the order in which they supersede each other.
fn sets(of: &[&Standing]) -> Option<BTreeSet<u128>> {
    if of.len() > STRAND_MAX {
        return None;
    }
    let known: BTreeSet<Instant> = of.iter().map(|filing| filing.known().0).collect();
    let since: BTreeSet<Day> = of.iter().map(|filing| filing.true_since()).collect();
    let bits = |is: &dyn Fn(&Standing) -> bool| {
        let bits = (0..).zip(of).filter(|(_, filing)| is(filing));
        bits.fold(0_u128, |set, (bit, _)| set | 1 << bit)
    };
    let mut sets = BTreeSet::new();
    for day in since {
        let true_then = bits(&|filing| filing.true_since() <= day);
        for instant in &known {
            sets.insert(true_then & bits(&|filing| filing.known().0 <= *instant));
        }
        if sets.len() > STATES_MAX {
            return None;
        }
    }
    sets.remove(&0);
    Some(sets)
}
