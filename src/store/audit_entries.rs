//! Opens the entries of a segment for an audit, some at a time, on all cores and in their order.
//! Judges nothing: it says of each record what can be told of it alone.

use std::panic::resume_unwind;
use std::thread;

use crate::ledger::audit::Opened;
use crate::ledger::chain::OpenError;
use crate::ledger::merkle::leaf;
use crate::store::compare::{Pages, Rows, Shared};
use crate::store::segment::{Item, Records, Tag};
use crate::terms::id::TreeHash;

/// How many items are opened at once, at most, and how many bytes of them; as many again wait.
const MOST: usize = 1024;
const MOST_BYTES: usize = 1 << 21;
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

/// Hands over what stands in a segment, in order. While one lot is taken the next is opened.
pub(crate) fn in_order<'a>(
    mut records: Records<'a>,
    index: Option<&Shared>,
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
                parts(lot).into_iter().map(|part| scope.spawn(move || open(part, index))).collect();
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

fn open<'a>(items: Vec<Item<'a>>, index: Option<&Shared>) -> Vec<Ready<'a>> {
    let mut pages = index.map(Shared::pages);
    items.into_iter().map(|item| open_one(item, pages.as_mut())).collect()
}

fn open_one<'a>(item: Item<'a>, pages: Option<&mut Pages<'_>>) -> Ready<'a> {
    let Item::Record(record) = &item else { return Ready { item, sound: false, entry: None } };
    let sound = record.is_sound();
    let entry = (record.tag == Tag::Entry).then(|| {
        let opened = Opened::of(record.body);
        let event = opened.as_ref().ok().and_then(|o| Some((&o.entry, o.event.as_ref().ok()?)));
        let rows = pages.zip(event).map(|(pages, (entry, event))| pages.rows(entry, event));
        Ajar { leaf: leaf(record.body), rows, opened }
    });
    Ready { item, sound, entry }
}
