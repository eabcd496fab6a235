//! Opens the entries of a lot for an audit, wherever there is a core for it.
//! Judges nothing: it says of each record what can be told of it alone.

use crate::ledger::audit::Opened;
use crate::ledger::chain::OpenError;
use crate::ledger::event::Event;
use crate::ledger::merkle::leaf;
use crate::store::commit::Commit;
use crate::store::compare::{Rows, Shared};
use crate::store::lots::Lot;
use crate::store::segment::{Item, Record, Tag};
use crate::terms::id::{EntryHash, TreeHash};
use crate::terms::statement::Reading;

/// What stands next in a segment, with what can be told of it alone.
pub(crate) struct Ready {
    /// Where it begins, from the start of the file.
    pub(crate) offset: u64,
    /// Bytes of a record's body, or of damage.
    pub(crate) len: u64,
    pub(crate) holds: Holds,
}

/// What stands there.
pub(crate) enum Holds {
    /// Bytes that are no record.
    Damage,
    /// A record, and whether its body has its checksum.
    Record(bool, Body),
}

/// What a record's body is.
pub(crate) enum Body {
    /// An entry.
    Entry(Box<Ajar>),
    /// The end of a batch: its size and head.
    Commit(u64, EntryHash),
    /// Neither.
    Other,
}

/// An entry, opened; with its leaf in the tree, and what it asks for in the index.
pub(crate) struct Ajar {
    pub(crate) opened: Result<Opened, OpenError>,
    pub(crate) leaf: TreeHash,
    pub(crate) rows: Option<Rows>,
}

/// How entries are opened.
#[derive(Clone, Copy)]
pub(crate) struct Opener<'a> {
    /// The index that is to hold them.
    pub(crate) index: Option<&'a Shared>,
    /// Whether readings are looked at later; else they are left behind where they were made.
    pub(crate) with_readings: bool,
}

impl Opener<'_> {
    /// Everything in a lot, in its order.
    pub(crate) fn all(self, lot: &Lot) -> Vec<Ready> {
        let mut ready: Vec<Ready> = Vec::new();
        // The entries that the index is to hold, and where in `ready` they are.
        let (mut stored, mut places) = (Vec::new(), Vec::new());
        for item in lot.records() {
            let (offset, len, holds) = match item {
                Item::Damage { offset, len } => (offset, len, Holds::Damage),
                Item::Record(record) => {
                    let body = self.body(&record);
                    if let Body::Entry(entry) = &body
                        && let (Ok(opened), Some(_)) = (&entry.opened, &entry.rows)
                    {
                        stored.push((opened.envelope.sequence, record.body));
                        places.push(ready.len());
                    }
                    let len = record.body.len() as u64;
                    (record.offset, len, Holds::Record(record.is_sound(), body))
                }
            };
            ready.push(Ready { offset, len, holds });
        }
        let held = self.index.map(|index| index.held(&stored)).unwrap_or_default();
        for (at, held) in places.into_iter().zip(held) {
            if let Some(Ready { holds: Holds::Record(_, Body::Entry(entry)), .. }) =
                ready.get_mut(at)
                && let Some(rows) = &mut entry.rows
            {
                rows.held = held;
            }
        }
        ready
    }

    fn body(self, record: &Record<'_>) -> Body {
        match (record.tag, Commit::parse(record.body)) {
            (Tag::Entry, _) => Body::Entry(Box::new(self.entry(record.body))),
            (Tag::Commit, Some(commit)) => Body::Commit(commit.size, commit.hash),
            _ => Body::Other,
        }
    }

    fn entry(self, stored: &[u8]) -> Ajar {
        let (mut opened, mut rows) = (Opened::of(stored), None);
        if let Ok(Opened { envelope, event: Ok(event), .. }) = &mut opened {
            rows = self.index.map(|index| index.rows(envelope.sequence, event));
            if !self.with_readings {
                leave_reading(event);
            }
        }
        Ajar { leaf: leaf(stored), rows, opened }
    }
}

/// Drops the greater part of an event, which nobody asks for who looks at what it names.
fn leave_reading(event: &mut Event) {
    match event {
        Event::FilingRecorded(filing) => {
            let accession = std::mem::take(&mut filing.reading.accession);
            filing.reading = Reading { accession, ..Reading::default() };
        }
        Event::FilingReread(again) => again.reading = Reading::default(),
        _ => {}
    }
}
