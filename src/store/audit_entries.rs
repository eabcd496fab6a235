//! Opens the entries of a segment for an audit, some at a time, on all cores and in their order.
//! Judges nothing: it says of each record what can be told of it alone.

use std::panic::resume_unwind;
use std::thread;

use crate::ledger::audit::Opened;
use crate::ledger::chain::OpenError;
use crate::ledger::event::Event;
use crate::ledger::merkle::leaf;
use crate::store::compare::{Pages, Rows, Shared};
use crate::store::segment::{Item, Records, Tag};
use crate::terms::id::TreeHash;
use crate::terms::statement::Reading;

/// How many items are opened at once, at most, and how many bytes of them; as many again wait.
const MOST: usize = 512;
const MOST_BYTES: usize = 1 << 20;
/// Fewer than this are not worth a thread.
const LEAST: usize = 64;

/// What stands next in a segment, with what can be told of it alone.
pub(crate) struct Ready<'a> {
    pub(crate) item: Item<'a>,
    /// Whether a record's body has its checksum.
    pub(crate) sound: bool,
    /// What an entry's record holds.
    pub(crate) entry: Option<Ajar>,
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

/// Hands over what stands in a segment, in order. While one lot is taken the next is opened.
pub(crate) fn in_order<'a>(
    mut records: Records<'a>,
    opener: Opener<'_>,
    take: &mut dyn FnMut(Ready<'a>),
) {
    let mut ready: Vec<Vec<Ready<'a>>> = Vec::new();
    loop {
        let lot = next_lot(&mut records);
        if lot.is_empty() {
            return ready.into_iter().flatten().for_each(take);
        }
        ready = thread::scope(|scope| {
            let threads: Vec<_> =
                parts(lot).into_iter().map(|part| scope.spawn(move || opener.all(part))).collect();
            std::mem::take(&mut ready).into_iter().flatten().for_each(&mut *take);
            let joined = threads.into_iter().map(|one| one.join());
            joined.map(|one| one.unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
    }
}

fn next_lot<'a>(records: &mut Records<'a>) -> Vec<Item<'a>> {
    let (mut lot, mut bytes) = (Vec::new(), 0);
    while lot.len() < MOST && bytes < MOST_BYTES {
        let Some(item) = records.next() else { break };
        if let Item::Record(record) = &item {
            bytes += record.body.len();
        }
        lot.push(item);
    }
    lot
}

/// A lot in as many parts as there are cores.
fn parts(mut lot: Vec<Item<'_>>) -> Vec<Vec<Item<'_>>> {
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get());
    let size = lot.len().div_ceil(workers).max(LEAST);
    let mut parts = Vec::new();
    while lot.len() > size {
        let rest = lot.split_off(size);
        parts.push(std::mem::replace(&mut lot, rest));
    }
    parts.push(lot);
    parts
}

impl Opener<'_> {
    fn all<'a>(self, items: Vec<Item<'a>>) -> Vec<Ready<'a>> {
        let mut pages = self.index.map(Shared::pages);
        items.into_iter().map(|item| self.one(item, pages.as_mut())).collect()
    }

    fn one<'a>(self, item: Item<'a>, pages: Option<&mut Pages<'_>>) -> Ready<'a> {
        let Item::Record(record) = &item else { return Ready { item, sound: false, entry: None } };
        let sound = record.is_sound();
        let entry = (record.tag == Tag::Entry).then(|| self.entry(record.body, pages));
        Ready { item, sound, entry }
    }

    fn entry(self, stored: &[u8], pages: Option<&mut Pages<'_>>) -> Ajar {
        let (mut opened, mut rows) = (Opened::of(stored), None);
        if let Ok(Opened { envelope, event: Ok(event), .. }) = &mut opened {
            rows = pages.map(|pages| pages.rows(envelope.sequence, stored, event));
            if !self.with_readings {
                leave_reading(event);
            }
        }
        Ajar { leaf: leaf(stored), rows, opened }
    }
}

/// Drops the greater part of an event, which nobody asks for who looks at the order of events.
fn leave_reading(event: &mut Event) {
    match event {
        Event::FilingRecorded(filing) => filing.reading = Reading::default(),
        Event::FilingReread(again) => again.reading = Reading::default(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::segment::write_record;

    /// The places that come, in the order they come in.
    fn places(bytes: &[u8]) -> (Vec<u64>, Vec<u64>) {
        let place = |item: &Item<'_>| match item {
            Item::Record(record) => record.offset,
            Item::Damage { offset, .. } => *offset,
        };
        let mut came = Vec::new();
        let opener = Opener { index: None, with_readings: false };
        in_order(Records::new(bytes, 0), opener, &mut |ready| came.push(place(&ready.item)));
        (came, Records::new(bytes, 0).map(|item| place(&item)).collect())
    }

    #[test]
    fn many_hands_keep_the_order() {
        let mut bytes = Vec::new();
        for number in 0..4 * MOST + 7 {
            write_record(&mut bytes, Tag::Entry, &vec![7; 1 + number * 37 % 900]);
            if number % 500 == 1 {
                bytes.extend_from_slice(b"no record");
            }
        }
        let (came, expected) = places(&bytes);
        assert!(expected.len() > 4 * MOST + 7);
        assert_eq!(came, expected);
        for len in [0, 1, 40] {
            let (came, expected) = places(&bytes[..len]);
            assert_eq!(came, expected);
        }
    }
}
