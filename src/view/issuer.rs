//! Finds the filings of one issuer from whatever name, CIK or CUSIP somebody asks for.
//! Knows nothing of stores: it asks an index through `Index`, and of time only that it passes.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::{ClassChange, ClassChanged, ClassKey, Event};
use crate::terms::id::{Cik, Cusip};
use crate::terms::span::Field;
use crate::terms::topic::{HolderId, Topic};
use crate::view::class::retracted;
use crate::view::identity::of_filing;
use crate::view::projected::Held;
use crate::view::question::Question;
use crate::view::timeline::{Dossier, Noted, Recorded, Standing, counting};

/// What an entry is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entered {
    /// A filing, with its continuations.
    Filing(Box<Recorded>),
    /// A continuation of the filing in another entry.
    PartOf(u64),
    /// Anything else; a rereading with its continuations.
    Note(Box<Noted>),
}

/// What is asked of whoever keeps the entries. It knows how many of them count, and tells nothing
/// of the others: an answer at one size of a ledger must not depend on what came after.
pub trait Index {
    /// Why it could not answer.
    type Error;

    /// The entries found under a topic.
    fn entries_under(&self, topic: &Topic) -> Result<Vec<u64>, Self::Error>;

    /// One entry.
    fn entered(&self, entry: u64) -> Result<Entered, Self::Error>;

    /// The topics of issuers (or holders) whose name contains `part`, at most `limit` of them.
    fn names_containing(
        &self,
        part: &str,
        of: NameOf,
        limit: usize,
    ) -> Result<Vec<Topic>, Self::Error>;

    /// What is kept of the issuer that an entry is about, at the clocks of a question; with the
    /// entries that it rests on, and those of them that are about who is who.
    fn kept_with(&self, _entry: u64, _asked: &Question) -> Result<Option<KeptOf>, Self::Error> {
        Ok(None)
    }
}

/// What is kept of an issuer, and what it rests on.
#[derive(Clone, Debug)]
pub struct KeptOf {
    /// Who holds what of it, and who they are.
    pub held: Held,
    /// Every entry it rests on.
    pub entries: BTreeSet<u64>,
    /// Those that make one of two holders, or keep two apart.
    pub links: Vec<u64>,
}

/// Whose names are looked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameOf {
    /// Issuers'.
    Issuer,
    /// Holders'.
    Holder,
}

/// An issuer somebody may have meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Candidate {
    /// Its name as last recorded.
    pub name: Option<String>,
    /// Its CIK, where a filing has it.
    pub cik: Option<Cik>,
    /// The CUSIPs of its filings.
    pub cusips: BTreeSet<Cusip>,
}

impl Candidate {
    /// By its name as it was known then, not as a later filing has it.
    #[must_use]
    pub fn known_then(self, dossier: &Dossier, question: &Question) -> Self {
        let filings = counting(dossier, question);
        let name = filings.iter().rev().find_map(|filing| filing.filing.issuer_name());
        Self { name: name.map(str::to_owned).or(self.name), ..self }
    }
}

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// One issuer, and everything recorded about it.
    One {
        /// Who it is.
        issuer: Candidate,
        /// The class asked for, where the question was a CUSIP.
        class: Option<Cusip>,
        /// Its filings, and what was decided about them.
        dossier: Dossier,
    },
    /// Several issuers; the asker has to say which.
    Several(Vec<Candidate>),
    /// Nobody of that name.
    Nobody,
}

/// How many digits a CIK has at most.
const CIK_DIGITS: usize = 10;
/// How many candidates are named at most.
pub const CANDIDATES_MAX: usize = 20;
/// How many names are looked at for the issuers whose they are: an issuer may have had several.
pub const NAMES_MAX: usize = 400;

/// The entries found under what somebody names: a CIK, a CUSIP, all or part of a name.
/// The CUSIP comes with them where something is found under it: a name of nine letters reads as
/// one, too.
///
/// # Errors
/// The index cannot be asked.
pub fn named<I: Index>(index: &I, asked: &str) -> Result<(BTreeSet<u64>, Option<Cusip>), I::Error> {
    let cusip = asked.parse::<Cusip>().ok().filter(|cusip| cusip.as_str().len() == 9);
    let mut keys: Vec<Topic> = asked.trim().parse().map(Topic::Cik).into_iter().collect();
    keys.push(Topic::name(asked));
    let mut entries = entries_under(index, &keys)?;
    let cusip = match cusip {
        Some(cusip) => {
            let found = under_cusip(index, &cusip)?;
            let names_class = names_class(index, &cusip, &found)?;
            entries.extend(found);
            Some(cusip).filter(|_| names_class)
        }
        None => None,
    };
    if let (true, Topic::Name(part)) = (entries.is_empty(), Topic::name(asked))
        && !part.is_empty()
    {
        let named = index.names_containing(&part, NameOf::Issuer, NAMES_MAX)?;
        entries = entries_under(index, &named)?;
    }
    Ok((entries, cusip))
}

/// What is found under a CUSIP. Where no filing is, but what a class got it by, so is what is found
/// under what the class was called before.
fn under_cusip<I: Index>(index: &I, cusip: &Cusip) -> Result<BTreeSet<u64>, I::Error> {
    let (mut found, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let mut due = vec![Topic::Cusip(cusip.clone())];
    while let Some(topic) = due.pop() {
        if !asked.insert(topic.clone()) {
            continue;
        }
        let under = index.entries_under(&topic)?;
        found.extend(under.iter().copied());
        let mut notes: Vec<Noted> = Vec::new();
        for entry in under {
            match index.entered(entry)? {
                Entered::Note(note) if note.event.filing().is_none() => notes.push(*note),
                // Filings tell the rest themselves.
                _ => return Ok(found),
            }
        }
        let retracted = retracted(notes.iter());
        for note in notes.iter().filter(|note| !retracted.contains(&note.entry)) {
            if let Event::ClassChanged(ClassChanged { class, change, .. }) = &note.event
                && matches!(change, ClassChange::Cusip(new) if topic == Topic::Cusip(new.clone()))
            {
                let old = class.cusip.clone().map(Topic::Cusip);
                due.extend(old.or(class.issuer.map(Topic::Cik)));
            }
        }
    }
    Ok(found)
}

/// Whether a CUSIP with what is found under it names a class. A decision alone tells that only of
/// one whose check digit is right: somebody may have decided about a name.
fn names_class<I: Index>(
    index: &I,
    cusip: &Cusip,
    found: &BTreeSet<u64>,
) -> Result<bool, I::Error> {
    if cusip.is_valid() {
        return Ok(!found.is_empty());
    }
    for entry in found {
        match index.entered(*entry)? {
            Entered::Note(note) if note.event.filing().is_none() => {}
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// The CIK, where somebody names one that is no CUSIP too.
pub fn cik_alone(asked: &str) -> Option<Cik> {
    let cusip = asked.parse::<Cusip>().is_ok_and(|cusip| cusip.as_str().len() == 9);
    asked.trim().parse().ok().filter(|_| !cusip)
}

/// Every way to write a CIK, which somebody else can have for a name.
pub fn written(cik: Cik) -> impl Iterator<Item = Topic> {
    let digits = cik.to_string();
    (digits.len()..=CIK_DIGITS).map(move |width| Topic::Name(format!("{digits:0>width$}")))
}

/// Finds the issuer somebody names by CIK, CUSIP, or all or part of its name.
///
/// # Errors
/// The index cannot be asked.
pub fn find<I: Index>(index: &I, asked: &str) -> Result<Found, I::Error> {
    let (entries, cusip) = named(index, asked)?;
    let mut issuers = gather(index, entries)?;
    only_by_number(asked, &mut issuers);
    if issuers.len() > 1 {
        return Ok(Found::Several(issuers.into_iter().map(|(who, _)| who).collect()));
    }
    Ok(match issuers.pop() {
        Some((issuer, dossier)) => Found::One { issuer, class: cusip, dossier },
        None => Found::Nobody,
    })
}

/// Whoever asks by a CIK means the issuer that has it, and none whose filing had it once: what was
/// corrected is found under both. Others are left where the number may be one's name.
fn only_by_number(asked: &str, issuers: &mut Vec<(Candidate, Dossier)>) {
    let Ok(cik) = asked.trim().parse::<Cik>() else { return };
    let named = |who: &Candidate| {
        who.name.as_deref().and_then(|name| name.trim().parse().ok()) == Some(cik)
    };
    let own = issuers.iter().filter(|(who, _)| who.cik == Some(cik)).count();
    if own == 1 && !issuers.iter().any(|(who, _)| named(who)) {
        issuers.retain(|(who, _)| who.cik == Some(cik));
    }
}

fn entries_under<I: Index>(index: &I, keys: &[Topic]) -> Result<BTreeSet<u64>, I::Error> {
    let mut entries = BTreeSet::new();
    for key in keys {
        entries.extend(index.entries_under(key)?);
    }
    Ok(entries)
}

/// The names by which the filings gathered so far are known.
#[derive(Clone, Default)]
struct Names {
    ciks: BTreeSet<Cik>,
    /// Only those whose check digit is right: the others name nothing.
    cusips: BTreeSet<Cusip>,
    names: BTreeSet<Topic>,
}

impl Names {
    /// Those of a filing as it is understood, whether it is withdrawn or not.
    fn of(filing: &Recorded, notes: &BTreeMap<u64, Noted>) -> Self {
        let notes: Vec<&Noted> = notes.values().collect();
        let filing = Standing::understood(filing, &notes);
        let printed = filing.filing.reading.cusips.iter().filter_map(Field::value);
        Self {
            ciks: filing.filing.issuer_cik().into_iter().collect(),
            cusips: printed.filter(|cusip| cusip.is_valid()).cloned().collect(),
            names: filing.filing.issuer_name().map(Topic::name).into_iter().collect(),
        }
    }

    fn add(&mut self, other: Names) {
        self.ciks.extend(other.ciks);
        self.cusips.extend(other.cusips);
        self.names.extend(other.names);
    }

    /// Whether a filing is of the same issuer (spec, section 17.3): the same CIK; without a CIK on
    /// one side, a CUSIP in common; with neither on the filing, the same name.
    fn same_issuer(&self, filing: &Names) -> bool {
        if !self.ciks.is_empty() && !filing.ciks.is_empty() {
            return !self.ciks.is_disjoint(&filing.ciks);
        }
        if !self.cusips.is_disjoint(&filing.cusips) {
            return true;
        }
        let nameless = |one: &Names| one.ciks.is_empty() && one.cusips.is_empty();
        (nameless(self) || nameless(filing)) && !self.names.is_disjoint(&filing.names)
    }

    fn has(&self, class: &ClassKey) -> bool {
        class.cusip.as_ref().is_some_and(|cusip| self.cusips.contains(cusip))
            || class.issuer.is_some_and(|cik| self.ciks.contains(&cik))
    }

    fn keys(&self) -> Vec<Topic> {
        let ciks = self.ciks.iter().copied().map(Topic::Cik);
        let cusips = self.cusips.iter().cloned().map(Topic::Cusip);
        ciks.chain(cusips).chain(self.names.iter().cloned()).collect()
    }
}

/// Entries that were opened once, and what was asked of the index.
struct Gathering<'a, I: Index> {
    index: &'a I,
    filings: BTreeMap<u64, Recorded>,
    notes: BTreeMap<u64, Noted>,
    asked: BTreeSet<Topic>,
}

impl<I: Index> Gathering<'_, I> {
    /// Opens what is found under a topic; returns the filings among it, and those that notes among
    /// it are about.
    fn open_all(&mut self, topic: Topic) -> Result<BTreeSet<u64>, I::Error> {
        let mut filings = BTreeSet::new();
        if self.asked.insert(topic.clone()) {
            for entry in self.index.entries_under(&topic)? {
                filings.extend(self.open(entry)?);
            }
        }
        Ok(filings)
    }

    /// Opens an entry; returns the filing that it is, or is a part of, or is about.
    fn open(&mut self, entry: u64) -> Result<Option<u64>, I::Error> {
        if self.filings.contains_key(&entry) {
            return Ok(Some(entry));
        }
        if let Some(note) = self.notes.get(&entry) {
            return Ok(note.event.filing().map(|filing| filing.entry));
        }
        match self.index.entered(entry)? {
            Entered::Filing(filing) => {
                self.filings.insert(entry, *filing);
                // Whatever was decided about it comes with it: it may be of another issuer by now.
                self.open_all(Topic::Filing(entry))?;
                Ok(Some(entry))
            }
            Entered::PartOf(filing) => self.open(filing),
            Entered::Note(note) => {
                let about = note.event.filing().map(|filing| filing.entry);
                self.notes.insert(entry, *note);
                about.map_or(Ok(None), |filing| self.open(filing))
            }
        }
    }
}

/// What was decided about a filing so far.
///
/// # Errors
/// The index cannot be asked.
pub fn notes_about<I: Index>(index: &I, filing: u64) -> Result<Vec<Noted>, I::Error> {
    let mut notes = Vec::new();
    for entry in index.entries_under(&Topic::Filing(filing))? {
        if let Entered::Note(note) = index.entered(entry)? {
            notes.push(*note);
        }
    }
    Ok(notes)
}

/// From some entries to everything recorded about their issuers, an issuer each.
///
/// # Errors
/// The index cannot be asked.
pub fn gather<I: Index>(
    index: &I,
    start: BTreeSet<u64>,
) -> Result<Vec<(Candidate, Dossier)>, I::Error> {
    gather_told(index, start).map(|(issuers, _)| issuers)
}

/// The issuers that an entry is of, with everything recorded about each: one, but where a filing
/// without a CIK fits several (spec, section 17.3). Whoever else is found on the way may not be
/// whole, and is left out.
///
/// # Errors
/// The index cannot be asked.
pub fn issuers_of<I: Index>(index: &I, entry: u64) -> Result<Vec<(Candidate, Dossier)>, I::Error> {
    let mut found = gather(index, [entry].into())?;
    found.retain(|(_, dossier)| dossier.entries().any(|own| own == entry));
    Ok(found)
}

/// Issuers with everything recorded about them, and whether there were strangers among it.
pub type Told = (Vec<(Candidate, Dossier)>, bool);

/// As [`gather`]; and whether anything was decided about a filing that was looked at and is of no
/// issuer among them: before that it may have been of one.
///
/// # Errors
/// The index cannot be asked.
pub fn gather_told<I: Index>(index: &I, start: BTreeSet<u64>) -> Result<Told, I::Error> {
    let (filings, notes) = (BTreeMap::new(), BTreeMap::new());
    let mut found = Gathering { index, filings, notes, asked: BTreeSet::new() };
    let mut own = BTreeSet::new();
    for entry in start {
        own.extend(found.open(entry)?);
    }
    let mut names = Names::default();
    for filing in own.iter().filter_map(|entry| found.filings.get(entry)) {
        names.add(Names::of(filing, &found.notes));
    }
    loop {
        for topic in names.keys() {
            found.open_all(topic)?;
        }
        let before = names.keys().len();
        new_cusips(&mut names, &found.notes);
        let others = found.filings.iter().filter(|(entry, _)| !own.contains(entry));
        let of = |filing: &Recorded| Names::of(filing, &found.notes);
        let joined: Vec<u64> = others
            .filter(|(_, filing)| names.same_issuer(&of(filing)))
            .map(|(entry, _)| *entry)
            .collect();
        if joined.is_empty() && before == names.keys().len() {
            break;
        }
        for filing in joined.iter().filter_map(|entry| found.filings.get(entry)) {
            names.add(of(filing));
        }
        own.extend(joined);
    }
    found.filings.retain(|entry, _| own.contains(entry));
    decisions(&mut found)?;
    let about = found.notes.values().filter_map(|note| note.event.filing());
    let strangers = about.into_iter().any(|filing| !own.contains(&filing.entry));
    Ok((sort_out(found.filings.into_values().collect(), found.notes), strangers))
}

/// A class that got another CUSIP is found under that too.
fn new_cusips(names: &mut Names, notes: &BTreeMap<u64, Noted>) {
    let retracted = retracted(notes.values());
    let mut before = usize::MAX;
    while before != names.cusips.len() {
        before = names.cusips.len();
        for note in notes.values().filter(|note| !retracted.contains(&note.entry)) {
            let Event::ClassChanged(changed) = &note.event else { continue };
            if let ClassChange::Cusip(new) = &changed.change {
                let both = changed.class.cusip.iter().chain([new]);
                if names.has(&changed.class) || names.cusips.contains(new) {
                    names.cusips.extend(both.filter(|cusip| cusip.is_valid()).cloned());
                }
            }
        }
    }
}

/// What was decided about the holders of the filings, and about filings they point to.
fn decisions<I: Index>(found: &mut Gathering<'_, I>) -> Result<(), I::Error> {
    let mut ids: BTreeSet<HolderId> = BTreeSet::new();
    let mut skipped = Vec::new();
    let notes: Vec<&Noted> = found.notes.values().collect();
    for filing in found.filings.values() {
        let Some(standing) = Standing::new(filing, &notes) else { continue };
        for identity in of_filing(&standing.filing) {
            ids.extend(identity.ids());
        }
        skipped.extend(standing.filing.reading.previous_accession.value().copied());
    }
    for accession in skipped {
        found.open_all(Topic::Skipped(accession))?;
    }
    let mut asked: BTreeSet<HolderId> = BTreeSet::new();
    while let Some(id) = ids.difference(&asked).next().cloned() {
        asked.insert(id.clone());
        found.open_all(Topic::Linked(id))?;
        for note in found.notes.values() {
            if let Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) = &note.event {
                ids.extend([pair.a.id.clone(), pair.b.id.clone()]);
            }
        }
    }
    Ok(())
}

/// Filings that were found to be of one issuer, by their places in the order they came in.
#[derive(Default)]
struct Group {
    names: Names,
    own: BTreeSet<usize>,
}

impl Group {
    fn add(&mut self, place: usize, names: &Names) {
        self.own.insert(place);
        self.names.add(names.clone());
    }

    /// Takes in what its CUSIPs reach of the filings without a CIK; `printing` tells who of these
    /// prints each CUSIP.
    fn grow(&mut self, all: &[Names], printing: &BTreeMap<&Cusip, Vec<usize>>) {
        let mut reached: Vec<Cusip> = self.names.cusips.iter().cloned().collect();
        while let Some(cusip) = reached.pop() {
            for place in printing.get(&cusip).into_iter().flatten() {
                let Some(names) = all.get(*place).filter(|_| !self.own.contains(place)) else {
                    continue;
                };
                reached.extend(names.cusips.difference(&self.names.cusips).cloned());
                self.add(*place, names);
            }
        }
    }
}

/// Which filings are of one issuer each, by what they are called. Every CIK is one; a filing
/// without one is of each that it fits, whatever came before it: what another filing is of, or was
/// corrected to, takes it from nobody (spec, section 17.3).
fn groups(all: &[Names]) -> Vec<Group> {
    let mut groups: BTreeMap<Cik, Group> = BTreeMap::new();
    let mut printing: BTreeMap<&Cusip, Vec<usize>> = BTreeMap::new();
    for (place, names) in all.iter().enumerate() {
        match names.ciks.first() {
            Some(cik) => groups.entry(*cik).or_default().add(place, names),
            None => names.cusips.iter().for_each(|c| printing.entry(c).or_default().push(place)),
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| group.grow(all, &printing));
    let mut placed: BTreeSet<usize> = groups.iter().flat_map(|group| &group.own).copied().collect();
    let (mut alone, mut nameless) = (Vec::new(), Vec::new());
    for (place, names) in all.iter().enumerate().filter(|(_, names)| names.ciks.is_empty()) {
        if names.cusips.is_empty() {
            nameless.push((place, names));
        } else if !placed.contains(&place) {
            let mut group = Group::default();
            group.add(place, names);
            group.grow(all, &printing);
            placed.extend(&group.own);
            alone.push(group);
        }
    }
    groups.append(&mut alone);
    // A name alone joins a filing to all that have it, and these to nobody.
    for (place, names) in nameless {
        let named = |group: &&mut Group| !group.names.names.is_disjoint(&names.names);
        let mut found = groups.iter_mut().filter(named).peekable();
        if found.peek().is_some() {
            found.for_each(|group| group.add(place, names));
        } else {
            let mut group = Group::default();
            group.add(place, names);
            groups.push(group);
        }
    }
    groups.sort_by_key(|group| group.own.first().copied());
    groups
}

fn candidate(names: &Names, own: &[Recorded]) -> Candidate {
    let mut candidate = Candidate { cik: names.ciks.first().copied(), ..Candidate::default() };
    for Recorded { filing, .. } in own {
        let name = filing.issuer_name().map(str::to_owned);
        candidate.name = name.or_else(|| candidate.name.take());
        let printed = filing.reading.cusips.iter().filter_map(Field::value);
        candidate.cusips.extend(printed.cloned());
    }
    candidate
}

/// The filings of one issuer, or of several where nothing joins them; each with the notes that are
/// about its filings, and those about no filing.
fn sort_out(filings: Vec<Recorded>, notes: BTreeMap<u64, Noted>) -> Vec<(Candidate, Dossier)> {
    let called = |filing: Recorded| {
        let mut names = Names::of(&filing, &notes);
        new_cusips(&mut names, &notes);
        (names, filing)
    };
    let (with_cik, without): (Vec<_>, Vec<_>) =
        filings.into_iter().map(called).partition(|(names, _)| !names.ciks.is_empty());
    let (names, filings): (Vec<Names>, Vec<Recorded>) = with_cik.into_iter().chain(without).unzip();
    let groups = groups(&names);
    let mut filings: Vec<Option<Recorded>> = filings.into_iter().map(Some).collect();
    let mut uses = vec![0_usize; filings.len()];
    for place in groups.iter().flat_map(|group| &group.own) {
        uses.get_mut(*place).into_iter().for_each(|uses| *uses += 1);
    }
    // Most are of one alone, and large.
    let mut taken = |place: usize| {
        let (uses, filing) = (uses.get_mut(place)?, filings.get_mut(place)?);
        *uses -= 1;
        if *uses == 0 { filing.take() } else { filing.clone() }
    };
    let mut of_group = |group: Group| {
        let filings: Vec<Recorded> = group.own.into_iter().filter_map(&mut taken).collect();
        let candidate = candidate(&group.names, &filings);
        let own: BTreeSet<u64> = filings.iter().map(|filing| filing.entry).collect();
        let about = |note: &&Noted| match note.event.filing() {
            Some(filing) => own.contains(&filing.entry),
            None => true,
        };
        let notes = notes.values().filter(about).cloned().collect();
        (candidate, Dossier::new(filings, notes))
    };
    groups.into_iter().map(&mut of_group).collect()
}
