//! Opens every blob of the journal for an audit, on all cores, and reads it again where asked.
//! Judges nothing: it says what stands where, and what is wrong with it.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ledger::codec::reading_digest;
use crate::store::journal::{Gone, Location, Unpacker, blob_name};
use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::lots::{self, Lot, Lots};
use crate::store::segment::{Item, Stream, Tag};
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
    pub(crate) reading: Option<Box<[u8; 32]>>,
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

/// Every record of every segment of blobs, in order and in lots. `done` counts bytes of files.
pub(crate) fn blobs(
    layout: &Layout,
    reader: Option<Reader<'_>>,
    done: &AtomicU64,
) -> Result<Vec<Vec<Found>>, StoreError> {
    all(layout, reader, done, &|_| true, true)
}

/// The records of some received bytes, wherever they stand.
pub(crate) fn named(
    layout: &Layout,
    reader: Option<Reader<'_>>,
    done: &AtomicU64,
    names: &BTreeSet<ContentId>,
) -> Result<Vec<Vec<Found>>, StoreError> {
    let is_named = |item: &Item<'_>| match item {
        Item::Record(record) => {
            blob_name(record.body).is_some_and(|(name, _)| names.contains(&name))
        }
        Item::Damage { .. } => false,
    };
    all(layout, reader, done, &is_named, false)
}

/// The records that are wanted, and what is wrong with the segments' files if that is, too.
fn all(
    layout: &Layout,
    reader: Option<Reader<'_>>,
    done: &AtomicU64,
    wanted: &(dyn Fn(&Item<'_>) -> bool + Sync),
    with_files: bool,
) -> Result<Vec<Vec<Found>>, StoreError> {
    let (mut found, mut due) = (Vec::new(), 0);
    let open_all = |unpacker: &mut io::Result<Unpacker>, lot: &Lot| -> Result<Vec<Found>, String> {
        let unpacker = unpacker.as_mut().map_err(|error| error.to_string())?;
        let items = lot.records().filter(wanted);
        Ok(items
            .map(|item| {
                done.fetch_add(len_of(&item), Ordering::Relaxed);
                open(unpacker, lot.segment, &item, reader)
            })
            .collect())
    };
    let mut failed = None;
    let lots = Lots::of(layout, Stream::Blobs)?;
    lots::in_order(lots, &Unpacker::new, &open_all, &mut |lot, opened| {
        let mut of_lot = Vec::new();
        if let Some(header) = lot.header.as_ref().filter(|_| with_files) {
            let number = lot.segment;
            if number != due {
                of_lot.push(Found::Frame(format!("expected segment {due} of blobs, got {number}")));
            }
            of_lot.extend(header.as_ref().err().cloned().map(Found::Frame));
        }
        due = lot.segment + 1;
        match opened {
            Ok(opened) if of_lot.is_empty() => found.push(opened),
            Ok(opened) => found.extend([of_lot, opened]),
            Err(why) => failed = Some(why),
        }
    })?;
    match failed {
        Some(why) => Err(io_error("unpack", &layout.journal(), io::Error::other(why))),
        None => Ok(found),
    }
}

fn len_of(item: &Item<'_>) -> u64 {
    match item {
        Item::Record(record) => record.end() - record.offset,
        Item::Damage { len, .. } => *len,
    }
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
            let reading = reader.and_then(|reader| reading_digest(&(reader.read)(received)));
            Found::Whole(Whole { content, at, reading: reading.map(Box::new) })
        }
        Err(what) => {
            let name =
                blob_name(record.body).filter(|_| matches!(record.tag, Tag::Blob | Tag::Gone));
            let what = format!("{what} in segment {segment} of blobs at offset {}", record.offset);
            Found::Broken { name: name.map(|(name, _)| name), sound: record.is_sound(), what }
        }
    }
}
