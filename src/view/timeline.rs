//! Recorded filings and later decisions on the three clocks, and which count for a question.
//! Knows nothing of what the filings say of holders.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::{Event, FilingCorrected, FilingRecorded, Said};
use crate::terms::calendar::days_between;
use crate::terms::id::{Accession, EntryHash};
use crate::terms::span::Field;
use crate::terms::statement::{Form, Holder, Schedule};
use crate::terms::time::{Day, Instant, RecordedAt};
use crate::terms::topic::HolderId;
use crate::terms::trouble::{FieldName, Trouble};
use crate::view::correct;
use crate::view::question::Question;
use crate::view::status::{self, Evidence, Status};

/// A filing with its place in the ledger, its continuations joined to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The entry that records it.
    pub entry: u64,
    /// That entry's hash.
    pub hash: EntryHash,
    /// When it was recorded here.
    pub recorded_at: RecordedAt,
    /// What was recorded.
    pub filing: FilingRecorded,
}

/// Anything else that happened, with its place in the ledger; a rereading has its continuations
/// joined to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// Its entry.
    pub entry: u64,
    /// That entry's hash.
    pub hash: EntryHash,
    /// When it was recorded here.
    pub recorded_at: RecordedAt,
    /// What happened.
    pub event: Event,
}

/// Everything an answer is made of: filings, and what was decided about them, their holders and
/// their classes, each in the order of the ledger.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dossier {
    /// Filings.
    pub filings: Vec<Recorded>,
    /// Everything else.
    pub notes: Vec<Noted>,
}

/// What tells since when a filing is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownBy {
    /// EDGAR's acceptance time.
    Acceptance,
    /// The filing date alone: known at the latest when that day ended in New York.
    FilingDate,
    /// Neither: known at the latest when it was recorded here.
    Recording,
}

impl KnownBy {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            KnownBy::Acceptance => "acceptance",
            KnownBy::FilingDate => "filing-date",
            KnownBy::Recording => "recording",
        }
    }
}

/// An event date longer before what a filing reports is a slip: a year, 45 days and one.
const EVENT_WITHIN: i32 = 411;

/// What tells since when a filing is true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SinceBy {
    /// Its event date.
    EventDate,
    /// The day it became known: its numbers are no later.
    Known,
    /// The last day on which it is signed, likewise.
    Signature,
    /// Nothing: the day is that of its recording here, and tells nothing of how old it is.
    Recording,
}

impl SinceBy {
    /// By what is kept of a filing.
    pub fn of(event_date: Option<Day>, since: Day, (at, by): (Instant, KnownBy)) -> Self {
        match (event_date, by) {
            // One after the day it became known tells nothing.
            (Some(day), _) if day == since => SinceBy::EventDate,
            _ if since < at.day_eastern() => SinceBy::Signature,
            (_, KnownBy::Acceptance | KnownBy::FilingDate) => SinceBy::Known,
            (_, KnownBy::Recording) => SinceBy::Recording,
        }
    }

    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            SinceBy::EventDate => "event-date",
            SinceBy::Known => "known",
            SinceBy::Signature => "signature",
            SinceBy::Recording => "recording",
        }
    }
}

/// A filing as it is understood at one size of the ledger: reread and corrected.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// As it was recorded.
    pub recorded: &'a Recorded,
    /// As it is understood.
    pub filing: Cow<'a, FilingRecorded>,
    /// The rereading that replaces what was recorded.
    pub reread: Option<&'a Noted>,
    /// Which fields a person overrode, and the entry of the decision that stands.
    pub corrected: BTreeMap<(Option<u32>, FieldName), &'a Noted>,
    /// Corrections that find their holder no more after a rereading.
    pub orphaned: Vec<&'a Noted>,
    /// The day since which it is true, where that is later than its event date.
    later: Option<Day>,
    /// Where it counts for no more than that its holders came to have more than five percent: the
    /// day since which what it reports is true.
    pub announces: Option<Day>,
    /// Whether it counts no more.
    withdrawn: bool,
}

impl<'a> Standing<'a> {
    /// How a filing is understood with these notes, all of them below the ledger's size and in its
    /// order; `None` where it is withdrawn (spec, section 17.6).
    pub fn new(recorded: &'a Recorded, notes: &[&'a Noted]) -> Option<Self> {
        Some(Self::understood(recorded, notes)).filter(|one| !one.withdrawn)
    }

    /// As [`Standing::new`], whether it is withdrawn or not.
    pub fn understood(recorded: &'a Recorded, notes: &[&'a Noted]) -> Self {
        let filing = Cow::Borrowed(&recorded.filing);
        let (corrected, orphaned) = (BTreeMap::new(), Vec::new());
        let withdrawn = about(recorded, notes).rev().find_map(|note| note.event.withdraws());
        let mut standing = Self {
            recorded,
            filing,
            reread: None,
            corrected,
            orphaned,
            later: None,
            announces: None,
            withdrawn: withdrawn == Some(true),
        };
        for note in about(recorded, notes) {
            if let Event::FilingReread(again) = &note.event {
                standing.filing.to_mut().reading = again.reading.clone();
                standing.filing.to_mut().reader = again.reader;
                standing.reread = Some(note);
            }
        }
        standing.of_its_schedule(corrections(about(recorded, notes)));
        // A person's word stands over any reader's, whichever came first.
        for (note, corrected) in corrections(about(recorded, notes)) {
            standing.correct(note, corrected);
        }
        standing
    }

    /// Who says that it is on the other schedule says that it has not what the one alone has:
    /// rules, the box of Item 5 and Items 8 and 9 of a 13G, Item 5 of a 13D.
    fn of_its_schedule(
        &mut self,
        corrected: impl Iterator<Item = (&'a Noted, &'a FilingCorrected)>,
    ) {
        let of = corrected.filter(|(_, one)| one.field == FieldName::Form);
        let said = of.filter_map(|(_, one)| match &one.new {
            Said::Stated(form) => Form::from_edgar(form),
            Said::Nothing | Said::Unreadable => None,
        });
        let Some(said) = said.last().map(|form| form.schedule()) else { return };
        if self.filing.form().map(|form| form.schedule()) == Some(said) {
            return;
        }
        let reading = &mut self.filing.to_mut().reading;
        match said {
            Schedule::D => {
                (reading.rules, reading.item_8) = (Vec::new(), Vec::new());
                (reading.five_percent_or_less, reading.item_9) = <_>::default();
            }
            Schedule::G => reading.item_5 = <_>::default(),
        }
    }

    fn correct(&mut self, note: &'a Noted, corrected: &'a FilingCorrected) {
        let reading = &self.filing.reading;
        let Some(holder) = correct::find(reading, corrected.holder, corrected.name.as_deref())
        else {
            self.orphaned.push(note);
            return;
        };
        let reading = &mut self.filing.to_mut().reading;
        let done = correct::set(reading, holder, corrected.field, &corrected.new, corrected.span);
        match done {
            Ok(()) => {
                let holder = holder.and_then(|at| u32::try_from(at).ok());
                self.corrected.insert((holder, corrected.field), note);
            }
            Err(_) => self.orphaned.push(note),
        }
    }

    /// What troubles it as a whole, rather than somebody's rows; but for what a person corrected.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.filing
            .reading
            .troubles
            .iter()
            .filter(|one| one.holder.is_none() && !self.corrected.contains_key(&(None, one.field)))
    }

    /// The entry that records it.
    pub fn entry(&self) -> u64 {
        self.recorded.entry
    }

    /// That entry's hash.
    pub fn hash(&self) -> EntryHash {
        self.recorded.hash
    }

    /// Its accession number.
    pub fn accession(&self) -> Option<Accession> {
        self.filing.accession()
    }

    /// Since when the filing is known, and what tells it (spec, section 17.2).
    pub fn known(&self) -> (Instant, KnownBy) {
        let (read, said) = (&self.filing.reading, &self.filing.supplied);
        if let Some(accepted) = read.accepted_at.value().copied().or(said.accepted_at) {
            return (accepted, KnownBy::Acceptance);
        }
        match read.filed_date.value().copied().or(said.filed_date) {
            Some(filed) => (filed.end_eastern(), KnownBy::FilingDate),
            None => (self.recorded.recorded_at.instant(), KnownBy::Recording),
        }
    }

    /// The cover page's event date, where one is stated.
    pub fn event_date(&self) -> Option<Day> {
        self.filing.reading.event_date.value().copied()
    }

    /// The day since which the filing says its numbers are true: the event date; without one, the
    /// day it became known in New York, the latest the numbers can have become true. An event date
    /// after that day is a slip, and would set its numbers over all that came since. Where nothing
    /// but its recording tells that day, the last by which it is signed is nearer.
    ///
    /// Of an original that reports an exit the event date is of more than it reports: its numbers
    /// are of the day it was signed, or filed (spec, section 17.2).
    pub fn true_since(&self) -> Day {
        let (known, by) = self.known();
        let day = known.day_eastern();
        let event = self.event_date().filter(|event| *event <= day);
        match (event, self.later) {
            (Some(event), Some(later)) if self.announces.is_none() => later.max(event),
            (Some(event), _) => event,
            (None, _) if by == KnownBy::Recording => self.signed_by(day).unwrap_or(day),
            (None, _) => day,
        }
    }

    /// Of an original that reports its own exit the day that its rows are of.
    fn reports_of(&self) -> Option<Day> {
        if !status::ends_as_it_begins(&self.filing) {
            return None;
        }
        let (known, by) = self.known();
        let day = known.day_eastern();
        let event = self.event_date().filter(|event| *event <= day)?;
        let signed = self.signed_by(day).filter(|signed| *signed >= event);
        let of = signed.or(Some(day).filter(|_| by != KnownBy::Recording))?;
        (days_between(event, of) <= EVENT_WITHIN).then_some(of)
    }

    /// What its cover pages are of, by CIK and by name.
    fn ids(&self) -> BTreeSet<HolderId> {
        let holders = self.filing.reading.holders.iter();
        holders.flat_map(ids_of).collect()
    }

    /// Whether it is an exit of somebody.
    fn is_exit_of(&self, ids: &BTreeSet<HolderId>) -> bool {
        let holders = self.filing.reading.holders.iter().enumerate();
        let mut own = holders.filter(|(_, holder)| ids_of(holder).any(|id| ids.contains(&id)));
        own.any(|(at, _)| status::status(&self.filing, at).0 == Status::Exited)
    }

    /// The day since which it counts for anything: of an original that reports its exit the event
    /// date, by which its holders had more than five percent.
    pub fn counts_since(&self) -> Day {
        let since = self.true_since();
        let event = self.event_date().filter(|event| *event <= since && !self.amends());
        event.unwrap_or(since)
    }

    /// As it counts on a day, if it does. Before what it reports is true, its rows say nothing.
    fn on(mut self, day: Day) -> Option<Self> {
        let since = self.true_since();
        if since <= day {
            return Some(self);
        }
        if self.counts_since() > day {
            return None;
        }
        self.announces = Some(since);
        let reading = &mut self.filing.to_mut().reading;
        reading.five_percent_or_less = Field::Absent;
        (reading.item_4, reading.items) = <_>::default();
        (reading.item_8, reading.item_9) = <_>::default();
        for holder in &mut reading.holders {
            let rows = [
                &mut holder.sole_voting,
                &mut holder.shared_voting,
                &mut holder.sole_dispositive,
                &mut holder.shared_dispositive,
                &mut holder.aggregate,
            ];
            rows.into_iter().for_each(|row| *row = Field::Absent);
            (holder.percent, holder.excludes_shares) = (Field::Absent, Field::Absent);
            holder.parts = Vec::new();
        }
        Some(self)
    }

    /// What it tells of its holder number `index`, and what tells it.
    pub fn status(&self, index: usize) -> (Status, Option<Evidence>) {
        match self.announces {
            Some(_) => (Status::Holding, Some(Evidence::EventDate)),
            None => status::status(&self.filing, index),
        }
    }

    /// The last day on which it is signed, of those that are not after another.
    fn signed_by(&self, day: Day) -> Option<Day> {
        let signatures = self.filing.reading.signatures.iter();
        let days = signatures.flat_map(|one| {
            let by = one.capacities.iter().map(|capacity| &capacity.date);
            [&one.date].into_iter().chain(by)
        });
        days.filter_map(Field::value).copied().filter(|signed| *signed <= day).max()
    }

    /// The order in which statements supersede each other: by event date, then by when they became
    /// known. Of one day and one moment, as where only the day of filing is known, an original
    /// comes before amendments, these come by their numbers, and what is left by accession number:
    /// what is appended first decides only where nothing else does.
    pub fn order(&self) -> impl Ord + use<> {
        let number = self.filing.reading.amendment_number.value().copied().unwrap_or(0);
        let number = if self.amends() { number } else { 0 };
        let at = (self.true_since(), self.known().0);
        (at, self.amends(), number, self.accession(), self.entry())
    }

    /// Whether it amends an earlier statement.
    pub fn amends(&self) -> bool {
        self.filing.form().is_some_and(|form| form.is_amendment())
    }
}

/// Of some notes those about a filing.
fn about<'a>(
    recorded: &Recorded,
    notes: &[&'a Noted],
) -> impl DoubleEndedIterator<Item = &'a Noted> + Clone {
    let entry = recorded.entry;
    let of_it = move |note: &&Noted| note.event.filing().is_some_and(|one| one.entry == entry);
    notes.iter().copied().filter(of_it)
}

/// Of what was noted about one filing the corrections that nothing takes back.
pub fn corrections<'a>(
    about: impl Iterator<Item = &'a Noted> + Clone,
) -> impl Iterator<Item = (&'a Noted, &'a FilingCorrected)> {
    let back = about.clone().filter_map(|note| match &note.event {
        Event::FilingUncorrected(back) => Some(back.correction),
        _ => None,
    });
    let back: BTreeSet<u64> = back.collect();
    about.filter_map(move |note| match &note.event {
        Event::FilingCorrected(one) if !back.contains(&note.entry) => Some((note, one)),
        _ => None,
    })
}

/// The notes that count at a size of the ledger.
pub fn noted<'a>(dossier: &'a Dossier, question: &Question) -> Vec<&'a Noted> {
    dossier.notes.iter().filter(|note| note.entry < question.at.0).collect()
}

fn ids_of(holder: &Holder) -> impl Iterator<Item = HolderId> + use<> {
    let cik = holder.cik.value().copied().map(HolderId::Cik);
    let name = holder.name.value().and_then(|name| HolderId::of_name(name));
    cik.into_iter().chain(name)
}

/// The filings that are recorded at a question's size of the ledger, withdrawn ones too, as they
/// are understood there, in the order of the ledger.
fn understood<'a>(dossier: &'a Dossier, question: &Question) -> Vec<Standing<'a>> {
    let notes = noted(dossier, question);
    let mut by_filing: BTreeMap<u64, Vec<&'a Noted>> = BTreeMap::new();
    for note in &notes {
        if let Some(filing) = note.event.filing() {
            by_filing.entry(filing.entry).or_default().push(note);
        }
    }
    let filings = dossier.filings.iter().filter(|filing| filing.entry < question.at.0);
    let standing = filings.map(|filing| {
        let about = by_filing.get(&filing.entry).map(Vec::as_slice).unwrap_or_default();
        Standing::understood(filing, about)
    });
    let mut all: Vec<Standing> = standing.collect();
    settle(&mut all);
    all
}

/// Tells since when originals that report their own exit are true, and amendments that correct
/// them (spec, section 17.2), by what was known when each became known. Of a withdrawn filing that
/// is as if it alone counted again: it moves no other.
fn settle(all: &mut [Standing]) {
    let reports = all.iter().enumerate().filter_map(|(at, one)| Some((at, one.reports_of()?)));
    let originals: Vec<(usize, Day)> = reports.collect();
    if originals.is_empty() {
        return;
    }
    // The filings with a cover page of each, in the order in which they became known.
    let known = |one: &Standing| (one.known().0, one.entry());
    let mut by_known: Vec<usize> = (0..all.len()).collect();
    by_known.sort_by_key(|at| all.get(*at).map(known));
    let mut filings_of: BTreeMap<HolderId, Vec<usize>> = BTreeMap::new();
    for at in by_known {
        for id in all.get(at).map(Standing::ids).unwrap_or_default() {
            filings_of.entry(id).or_default().push(at);
        }
    }
    for (at, since) in originals {
        let Some(own) = all.get(at) else { continue };
        let (ids, first, event) = (own.ids(), known(own), own.event_date());
        let withdrawn = own.withdrawn;
        let (mut last, mut after) = (None, BTreeSet::new());
        for filings in ids.iter().filter_map(|id| filings_of.get(id)) {
            let is_before = |one: &usize| all.get(*one).is_some_and(|one| known(one) < first);
            let (before, rest) = filings.split_at(filings.partition_point(is_before));
            let mut before = before.iter().rev().filter_map(|one| all.get(*one));
            let before = before.find(|one| !one.withdrawn);
            last = last.into_iter().chain(before).max_by_key(|one| known(one));
            after.extend(rest.iter().copied().filter(|one| *one != at));
        }
        // An original's form may be that of an amendment.
        if last.is_some_and(|last| !last.is_exit_of(&ids)) {
            continue;
        }
        if let Some(own) = all.get_mut(at) {
            own.later = Some(since);
        }
        if withdrawn {
            continue;
        }
        for other in after {
            let Some(other) = all.get_mut(other).filter(|one| one.amends()) else { continue };
            if other.event_date().is_some_and(|day| Some(day) >= event && day < since) {
                other.later = other.later.max(Some(since));
            }
        }
    }
}

/// The filings that count for a question, as understood at its size of the ledger, in the order in
/// which they supersede each other.
pub fn counting<'a>(dossier: &'a Dossier, question: &Question) -> Vec<Standing<'a>> {
    at_the_clocks(dossier, question, |one| !one.withdrawn)
}

/// The filings that would count for a question if they were not withdrawn, likewise.
pub fn withdrawn<'a>(dossier: &'a Dossier, question: &Question) -> Vec<Standing<'a>> {
    at_the_clocks(dossier, question, |one| one.withdrawn)
}

fn at_the_clocks<'a>(
    dossier: &'a Dossier,
    question: &Question,
    wanted: impl Fn(&Standing) -> bool,
) -> Vec<Standing<'a>> {
    let known = understood(dossier, question).into_iter();
    let known = known.filter(|one| wanted(one) && one.known().0 <= question.known_at.0);
    let mut found: Vec<Standing> = known.filter_map(|one| one.on(question.as_of.0)).collect();
    found.sort_by_key(Standing::order);
    found
}

impl Dossier {
    /// A dossier of what was found, each thing once, in the order of the ledger.
    pub fn new(mut filings: Vec<Recorded>, mut notes: Vec<Noted>) -> Self {
        filings.sort_by_key(|filing| filing.entry);
        filings.dedup_by_key(|filing| filing.entry);
        notes.sort_by_key(|note| note.entry);
        notes.dedup_by_key(|note| note.entry);
        Self { filings, notes }
    }

    /// Every entry of it: those of filings, then the others.
    pub fn entries(&self) -> impl Iterator<Item = u64> {
        let filings = self.filings.iter().map(|filing| filing.entry);
        filings.chain(self.notes.iter().map(|note| note.entry))
    }

    /// The accession numbers of filings left out on purpose, below a size of the ledger.
    pub fn skipped(&self, at: u64) -> BTreeSet<Accession> {
        let below = self.notes.iter().filter(|note| note.entry < at);
        below
            .filter_map(|note| match &note.event {
                Event::FilingSkipped(skipped) => Some(skipped.accession),
                _ => None,
            })
            .collect()
    }
}
