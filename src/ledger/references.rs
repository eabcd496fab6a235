//! Which entries an event may name, and what is recorded once (spec, section 5.5, rules 3, 5, 9).
//! Knows nothing of stores, nor of the order of events: it is handed those that could be read.

use std::collections::{HashMap, HashSet};

use crate::ledger::event::{Event, FilingConflicted, FilingRecorded, FilingRef};
use crate::terms::id::{Accession, ContentId};

/// Takes in how long an event says some received bytes are; in a sentence, where one before it says
/// otherwise (rule 9).
pub fn length_said(before: &mut Option<u64>, said: Option<u64>) -> Option<String> {
    match (*before, said) {
        (Some(expected), Some(got)) if expected != got => {
            Some(format!("expected {expected} received bytes, got {got} said"))
        }
        (None, got) => {
            *before = got;
            None
        }
        _ => None,
    }
}

/// Follows a ledger's events. Of an entry that it was not handed it says nothing.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// The first entry that is read.
    from: u64,
    /// The entries that were handed over.
    noted: HashSet<u64>,
    /// Where each accession number is recorded.
    accessions: HashMap<Accession, u64>,
    /// Where each filing's bytes are recorded first.
    recorded: HashMap<ContentId, u64>,
    /// Where they are recorded under another accession number.
    again: HashSet<(u64, ContentId)>,
    /// Those that are recorded without one, and where.
    bare: HashMap<ContentId, u64>,
    /// The filings that are withdrawn.
    withdrawn: HashSet<u64>,
    conflicts: HashSet<(Accession, ContentId)>,
}

impl References {
    /// Before an entry; what stands before it is not known.
    pub fn from(from: u64) -> Self {
        Self { from, ..Self::default() }
    }

    /// What an event names that it may not, in a sentence.
    pub fn note(&mut self, sequence: u64, event: &Event) -> Option<String> {
        let whole = self.noted.len() as u64 == sequence.saturating_sub(self.from);
        if !self.noted.insert(sequence) {
            return None;
        }
        if let (Some(filing), Some(withdraws)) = (event.filing(), event.withdraws()) {
            match withdraws {
                true => self.withdrawn.insert(filing.entry),
                false => self.withdrawn.remove(&filing.entry),
            };
        }
        match event {
            Event::FilingRecorded(filing) => self.filing(sequence, filing, whole),
            Event::FilingConflicted(conflict) => self.conflict(conflict, whole && self.from == 0),
            // Rule 7, which asks for more.
            Event::ContentRedacted(_) => None,
            event => event.filings().find_map(|filing| self.reference(sequence, filing)),
        }
    }

    /// Of what was not read nobody knows whether it withdrew a filing.
    fn filing(&mut self, sequence: u64, filing: &FilingRecorded, whole: bool) -> Option<String> {
        let (content, accession) = (filing.content, filing.accession());
        let before = self.recorded.get(&content).copied();
        let bare = self.bare.get(&content).filter(|entry| !self.withdrawn.contains(entry));
        let taken = accession.and_then(|accession| self.accessions.get(&accession)).copied();
        let wrong = match (accession, taken, before) {
            (Some(accession), Some(entry), _) => Some(format!(
                "expected an accession number that is not recorded, got {accession} of entry \
                 {entry} again"
            )),
            (None, _, Some(entry)) => Some(format!(
                "expected received bytes that are not recorded, got those of entry {entry} again"
            )),
            (Some(_), None, Some(entry)) if whole && bare.is_some() => Some(format!(
                "expected received bytes that are not recorded without an accession number, got \
                 those of entry {entry} again"
            )),
            _ => None,
        };
        match accession {
            Some(accession) => drop(self.accessions.entry(accession).or_insert(sequence)),
            None => drop(self.bare.entry(content).or_insert(sequence)),
        }
        match before {
            Some(_) => drop(self.again.insert((sequence, content))),
            None => drop(self.recorded.insert(content, sequence)),
        }
        wrong
    }

    fn conflict(&mut self, conflict: &FilingConflicted, all_known: bool) -> Option<String> {
        let FilingConflicted { accession, recorded, received, .. } = *conflict;
        let new = self.conflicts.insert((accession, received));
        match self.accessions.get(&accession) {
            None if all_known => {
                Some(format!("expected a conflict with a recorded filing, got {accession}"))
            }
            Some(entry) if !self.records(*entry, recorded) => {
                Some(format!("expected entry {entry} to record the bytes {recorded}, it does not"))
            }
            Some(_) if received == recorded => {
                Some(format!("expected other bytes than the recorded ones, got {received} again"))
            }
            Some(_) if !new => {
                Some(format!("expected a conflict that is not recorded, got {received} again"))
            }
            _ => None,
        }
    }

    fn reference(&self, sequence: u64, filing: FilingRef) -> Option<String> {
        let FilingRef { entry, content } = filing;
        if entry >= sequence {
            return Some(format!("expected a filing before entry {sequence}, got entry {entry}"));
        }
        let read = self.noted.contains(&entry);
        (read && !self.records(entry, content)).then(|| {
            format!(
                "expected entry {entry} to record a filing with the bytes {content}, it does not"
            )
        })
    }

    fn records(&self, entry: u64, content: ContentId) -> bool {
        self.recorded.get(&content) == Some(&entry) || self.again.contains(&(entry, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::{Because, ChainJoined, FilingDecided};

    fn content(n: u8) -> ContentId {
        ContentId([n; 32])
    }

    fn filing(accession: Option<u64>, n: u8) -> Event {
        let mut filing = FilingRecorded {
            content: content(n),
            content_len: 1,
            source: String::new(),
            reader: 1,
            supplied: Default::default(),
            continued: 0,
            reading: Default::default(),
        };
        let number = |n: u64| format!("0000000001-20-{n:06}").parse().unwrap();
        filing.supplied.accession = accession.map(number);
        Event::FilingRecorded(Box::new(filing))
    }

    fn because() -> Because {
        Because { reason: "r".to_owned(), who: "w".to_owned() }
    }

    fn withdrawn(entry: u64, n: u8) -> Event {
        let filing = FilingRef { entry, content: content(n) };
        Event::FilingWithdrawn(FilingDecided { filing, because: because() })
    }

    fn reinstated(entry: u64, n: u8) -> Event {
        let filing = FilingRef { entry, content: content(n) };
        Event::FilingReinstated(FilingDecided { filing, because: because() })
    }

    fn joined(entry: u64, n: u8, with: u64, m: u8) -> Event {
        let [filing, with] =
            [(entry, n), (with, m)].map(|(entry, n)| FilingRef { entry, content: content(n) });
        Event::ChainJoined(ChainJoined { filing, with, because: because() })
    }

    fn conflicted(accession: u64, recorded: u8, received: u8) -> Event {
        let accession = format!("0000000001-20-{accession:06}").parse().unwrap();
        Event::FilingConflicted(FilingConflicted {
            accession,
            recorded: content(recorded),
            received: content(received),
            received_len: 1,
            source: String::new(),
        })
    }

    /// The last event of each row is asked about.
    #[test]
    fn what_may_be_named() {
        let two = || vec![filing(Some(1), 1), filing(Some(2), 2)];
        let rows: Vec<(&str, Vec<Event>, Event, bool)> = vec![
            ("another filing", two(), filing(Some(3), 3), true),
            ("the same bytes under another number", two(), filing(Some(3), 1), true),
            ("a number again", two(), filing(Some(2), 3), false),
            ("bytes without a number", two(), filing(None, 3), true),
            ("bytes again, without a number", two(), filing(None, 2), false),
            ("bare bytes under a number", vec![filing(None, 1)], filing(Some(1), 1), false),
            (
                "those that are withdrawn",
                vec![filing(None, 1), withdrawn(0, 1)],
                filing(Some(1), 1),
                true,
            ),
            (
                "and reinstated",
                vec![filing(None, 1), withdrawn(0, 1), reinstated(0, 1)],
                filing(Some(1), 1),
                false,
            ),
            (
                "those that are withdrawn, without a number again",
                vec![filing(None, 1), withdrawn(0, 1)],
                filing(None, 1),
                false,
            ),
            ("a decision", two(), withdrawn(1, 2), true),
            ("of other bytes", two(), withdrawn(1, 1), false),
            ("of itself", two(), withdrawn(2, 1), false),
            ("of what is to come", two(), withdrawn(9, 1), false),
            (
                "of what is no filing",
                vec![filing(Some(1), 1), withdrawn(0, 1)],
                withdrawn(1, 1),
                false,
            ),
            (
                "of the second of the same bytes",
                vec![filing(Some(1), 1), filing(Some(2), 1)],
                withdrawn(1, 1),
                true,
            ),
            ("a join", two(), joined(0, 1, 1, 2), true),
            ("with other bytes", two(), joined(0, 1, 1, 1), false),
            ("a conflict", two(), conflicted(1, 1, 3), true),
            ("with bytes that are not recorded so", two(), conflicted(1, 2, 3), false),
            ("with the same bytes", two(), conflicted(1, 1, 1), false),
            ("under a number that is not recorded", two(), conflicted(3, 1, 3), false),
            (
                "a second time",
                vec![filing(Some(1), 1), conflicted(1, 1, 3)],
                conflicted(1, 1, 3),
                false,
            ),
        ];
        for (what, before, last, good) in rows {
            let mut references = References::from(0);
            let size = before.len() as u64;
            for (sequence, event) in (0..).zip(&before) {
                assert_eq!(references.note(sequence, event), None, "{what}");
            }
            assert_eq!(references.note(size, &last).is_none(), good, "{what}");
        }
    }

    /// An entry that could not be read may be anything.
    #[test]
    fn what_was_not_read_is_not_asked() {
        let mut references = References::from(0);
        assert_eq!(references.note(0, &filing(Some(1), 1)), None);
        assert_eq!(references.note(2, &withdrawn(1, 2)), None);
        assert_eq!(references.note(3, &conflicted(3, 1, 3)), None);
        assert!(references.note(4, &withdrawn(0, 2)).is_some());
        let mut gap = References::from(0);
        assert_eq!(gap.note(0, &filing(None, 1)), None);
        assert_eq!(gap.note(2, &filing(Some(1), 1)), None, "entry 1 may withdraw it");
        let mut since = References::from(5);
        assert_eq!(since.note(5, &withdrawn(1, 2)), None);
        assert_eq!(since.note(6, &conflicted(3, 1, 3)), None);
    }
}
