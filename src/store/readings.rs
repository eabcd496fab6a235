//! Puts each filing's reading together again from its entries, to hold it against its bytes.
//! Reads nothing itself: it keeps what stands for a reading, not the reading.

use crate::ledger::admit::{join, join_reread};
use crate::ledger::codec::reading_digest;
use crate::ledger::event::{Event, FilingContinued};
use crate::terms::id::ContentId;

/// What an entry says its received bytes read as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded {
    pub(crate) entry: u64,
    pub(crate) content: ContentId,
    /// The reader's version.
    pub(crate) reader: u32,
    /// What stands for the reading.
    pub(crate) reading: [u8; 32],
}

/// Takes events one by one.
#[derive(Default)]
pub(crate) struct Readings {
    open: Option<(u64, Event, Vec<FilingContinued>)>,
}

impl Readings {
    /// Takes the next event; gives back the reading that is whole with it.
    pub(crate) fn push(&mut self, entry: u64, event: &Event) -> Option<Recorded> {
        match event {
            Event::FilingRecorded(_) | Event::FilingReread(_) if event.continued() == 0 => {
                digest(entry, event, Vec::new())
            }
            Event::FilingRecorded(_) | Event::FilingReread(_) => {
                self.open = Some((entry, event.clone(), Vec::new()));
                None
            }
            Event::FilingContinued(part) => {
                let (_, first, parts) = self.open.as_mut()?;
                parts.push(part.clone());
                if parts.len() as u64 != u64::from(first.continued()) {
                    return None;
                }
                let (entry, first, parts) = self.open.take()?;
                digest(entry, &first, parts)
            }
            _ => None,
        }
    }
}

fn digest(entry: u64, event: &Event, parts: Vec<FilingContinued>) -> Option<Recorded> {
    let alone = parts.is_empty();
    let (content, reader, reading) = match event {
        Event::FilingRecorded(filing) if alone => {
            (filing.content, filing.reader, reading_digest(&filing.reading)?)
        }
        Event::FilingReread(again) if alone => {
            (again.filing.content, again.reader, reading_digest(&again.reading)?)
        }
        Event::FilingRecorded(filing) => {
            let whole = join(filing.as_ref().clone(), parts).ok()?;
            (whole.content, whole.reader, reading_digest(&whole.reading)?)
        }
        Event::FilingReread(again) => {
            let whole = join_reread(again.as_ref().clone(), parts).ok()?;
            (whole.filing.content, whole.reader, reading_digest(&whole.reading)?)
        }
        _ => return None,
    };
    Some(Recorded { entry, content, reader, reading })
}
