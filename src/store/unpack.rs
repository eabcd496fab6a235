//! Opens every blob of the journal for an audit, on all cores, and reads it again where asked.
//! Judges nothing: it says what stands where, and what is wrong with it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crate::ledger::codec::reading_digest;
use crate::store::journal::{Gone, Location, Unpacker, blob_name, load};
use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::segment::{HEADER_LEN, Header, Item, Records, Stream, Tag};
use crate::terms::id::ContentId;
use crate::terms::statement::Reading;

/// A reader of received bytes, for an audit that reads them again.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Its version; what other versions have read is left alone.
    pub version: u32,
    /// Reads.
    pub read: &'a (dyn Fn(&[u8]) -> Reading + Sync),
}

/// Received bytes that are whole.
pub(crate) struct Whole {
    pub(crate) content: ContentId,
    pub(crate) at: Location,
    /// What they read as.
    pub(crate) reading: Option<[u8; 32]>,
}

/// What stands in the blobs' segments.
pub(crate) enum Found {
    /// Received bytes.
    Whole(Whole),
    /// A tombstone: what stands where received bytes were.
    Gone { content: ContentId, at: Location, entry: u64 },
    /// A record that is none, or does not open; its name and whether its frame is sound.
    Broken { name: Option<ContentId>, sound: bool, what: String },
    /// Something about the segment's file.
    Frame(String),
}

/// Every record of every segment of blobs, in order. `done` counts bytes of files.
pub(crate) fn blobs(
    layout: &Layout,
    reader: Option<Reader<'_>>,
    done: &AtomicU64,
) -> Result<Vec<Found>, StoreError> {
    let (mut found, mut due) = (Vec::new(), 0);
    for number in Stream::Blobs.segments(&layout.journal())? {
        let bytes = load(layout, Stream::Blobs, number)?;
        if number != due {
            found.push(Found::Frame(format!("expected segment {due} of blobs, got {number}")));
        }
        due = number + 1;
        found.extend(Header::check(&bytes, Stream::Blobs, number).err().map(Found::Frame));
        let items: Vec<Item<'_>> = Records::new(&bytes, HEADER_LEN).collect();
        let opened = open_all(&items, number, reader, done);
        found.extend(opened.map_err(|error| io_error("unpack", &layout.journal(), error))?);
    }
    Ok(found)
}

/// The records of some received bytes, wherever they stand.
pub(crate) fn named(
    layout: &Layout,
    reader: Option<Reader<'_>>,
    done: &AtomicU64,
    names: &BTreeSet<ContentId>,
) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    for number in Stream::Blobs.segments(&layout.journal())? {
        let bytes = load(layout, Stream::Blobs, number)?;
        let is_named = |item: &Item<'_>| match item {
            Item::Record(record) => {
                blob_name(record.body).is_some_and(|(name, _)| names.contains(&name))
            }
            Item::Damage { .. } => false,
        };
        let items: Vec<Item<'_>> = Records::new(&bytes, HEADER_LEN).filter(is_named).collect();
        let opened = open_all(&items, number, reader, done);
        found.extend(opened.map_err(|error| io_error("unpack", &layout.journal(), error))?);
    }
    Ok(found)
}

fn open_all(
    items: &[Item<'_>],
    number: u32,
    reader: Option<Reader<'_>>,
    done: &AtomicU64,
) -> std::io::Result<Vec<Found>> {
    let next = AtomicUsize::new(0);
    let work = || -> std::io::Result<Vec<(usize, Found)>> {
        let (mut unpacker, mut own) = (Unpacker::new()?, Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return Ok(own) };
            own.push((at, open(&mut unpacker, number, item, reader)));
            let len = match item {
                Item::Record(record) => record.end() - record.offset,
                Item::Damage { len, .. } => *len,
            };
            done.fetch_add(len, Ordering::Relaxed);
        }
    };
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get());
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut parts = vec![work()];
        for one in threads {
            parts.push(one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        parts
    });
    let mut found = Vec::with_capacity(items.len());
    for part in parts {
        found.extend(part?);
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

fn open(
    unpacker: &mut Unpacker,
    segment: u32,
    item: &Item<'_>,
    reader: Option<Reader<'_>>,
) -> Found {
    let record = match item {
        Item::Record(record) => record,
        Item::Damage { offset, len } => {
            let what = format!(
                "expected a record in segment {segment} of blobs at offset {offset}, got {len} \
                 bytes that are none"
            );
            return Found::Broken { name: None, sound: false, what };
        }
    };
    if record.tag == Tag::Gone
        && record.is_sound()
        && let Some((content, gone)) = Gone::parse(record.body)
    {
        let (offset, stored_len) = (record.offset, record.end() - record.offset);
        let at = Location { segment, offset, stored_len, raw_len: gone.raw_len };
        return Found::Gone { content, at, entry: gone.entry };
    }
    match unpacker.open(record) {
        Ok((content, received)) => {
            let stored_len = record.end() - record.offset;
            let raw_len = received.len() as u64;
            let at = Location { segment, offset: record.offset, stored_len, raw_len };
            let reading = reader.and_then(|reader| reading_digest(&(reader.read)(&received)));
            Found::Whole(Whole { content, at, reading })
        }
        Err(what) => {
            let name =
                blob_name(record.body).filter(|_| matches!(record.tag, Tag::Blob | Tag::Gone));
            let what = format!("{what} in segment {segment} of blobs at offset {}", record.offset);
            Found::Broken { name: name.map(|(name, _)| name), sound: record.is_sound(), what }
        }
    }
}
