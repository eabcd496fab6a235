//! Recorded filings on the three clocks, and which of them count for a question.
//! Knows nothing of what the filings say of holders.

use crate::ledger::event::FilingRecorded;
use crate::terms::id::EntryHash;
use crate::terms::time::{Day, Instant, RecordedAt};
use crate::view::question::Question;

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

impl Recorded {
    /// Since when the filing is known, and what tells it (spec, section 17.2).
    pub fn known(&self) -> (Instant, KnownBy) {
        let (read, said) = (&self.filing.reading, &self.filing.supplied);
        if let Some(accepted) = read.accepted_at.value().copied().or(said.accepted_at) {
            return (accepted, KnownBy::Acceptance);
        }
        match read.filed_date.value().copied().or(said.filed_date) {
            Some(filed) => (filed.end_eastern(), KnownBy::FilingDate),
            None => (self.recorded_at.instant(), KnownBy::Recording),
        }
    }

    /// The cover page's event date, where one is stated.
    pub fn event_date(&self) -> Option<Day> {
        self.filing.reading.event_date.value().copied()
    }

    /// The day since which the filing says its numbers are true: the event date; without one, the
    /// day it became known in New York, the latest the numbers can have become true.
    pub fn true_since(&self) -> Day {
        self.event_date().unwrap_or_else(|| self.known().0.day_eastern())
    }

    /// The order in which statements supersede each other: by event date, then by when they
    /// became known, then by their order here.
    fn order(&self) -> (Day, Instant, u64) {
        (self.true_since(), self.known().0, self.entry)
    }

    fn counts(&self, question: &Question) -> bool {
        self.entry < question.at.0
            && self.true_since() <= question.as_of.0
            && self.known().0 <= question.known_at.0
    }
}

/// The filings that count for a question, in the order in which they supersede each other.
pub fn counting<'a>(filings: &'a [Recorded], question: &Question) -> Vec<&'a Recorded> {
    let mut counting: Vec<&Recorded> = filings.iter().filter(|f| f.counts(question)).collect();
    counting.sort_by_key(|filing| filing.order());
    counting
}
