//! Batches beyond the last checkpoint, when a ledger is opened: signed for if its own hand wrote
//! them, and refused if not (spec, section 12.3). Knows no answer, and asks no index about them.

use crate::ledger::key::SigningKey;
use crate::ledger::rotation::Keys;
use crate::store::checkpoints::Checkpoints;
use crate::store::disk::Disk;
use crate::store::journal::write_again;
use crate::store::layout::{Layout, io_error};
use crate::store::ledger::{Mode, Options};
use crate::store::log::{StoreError, Unsound};
use crate::store::notice::Notice;
use crate::store::opening::{self, Held, Opened};
use crate::store::secret;
use crate::store::segment::{Place, Stream};
use crate::store::survey::Beyond;
use crate::store::writer::signed;

/// Opens a ledger's files, and acknowledges what the key at hand wrote and did not live to sign
/// for; for reading it counts for nothing.
///
/// # Errors
/// As [`opening::open`]; or batches that another hand wrote, to be written after.
pub(crate) fn open(
    layout: &Layout,
    options: &Options,
    held: Held<'_>,
    disk: &mut dyn Disk,
) -> Result<Opened, StoreError> {
    let mut opened = opening::open(layout, options.mode, held)?;
    let Some(beyond) = opened.beyond.take() else { return Ok(opened) };
    let (from, last) = (opened.meta.head.size, beyond.edge.size().saturating_sub(1));
    if options.mode == Mode::Read {
        opened.notices.push(Notice::Unsigned { from, last });
        return Ok(opened);
    }
    let mut notices = std::mem::take(&mut opened.notices);
    let ends = (opened.meta.entries_end, opened.meta.blobs_end);
    // The index is opened again with them.
    drop(opened);
    let key = secret::of_ledger(layout, options.key.as_deref(), held.keys.current())?;
    if !beyond.commits.iter().all(|commit| commit.is_by(&key)) {
        return Err(Unsound::Foreign { from, last }.into());
    }
    acknowledge(layout, &beyond, (&key, held.keys), ends, disk)?;
    notices.push(Notice::BatchCompleted { size: beyond.edge.size() });
    let mut opened = opening::open(layout, options.mode, held)?;
    notices.append(&mut opened.notices);
    opened.notices = notices;
    Ok(opened)
}

/// Signs for batches, which are written once more where they stand, and synced, before.
fn acknowledge(
    layout: &Layout,
    beyond: &Beyond,
    (key, keys): (&SigningKey, &Keys),
    (entries_end, blobs_end): (Place, Place),
    disk: &mut dyn Disk,
) -> Result<(), StoreError> {
    write_again(layout, Stream::Blobs, blobs_end)?;
    write_again(layout, Stream::Entries, entries_end)?;
    let path = layout.checkpoints();
    let appended = Checkpoints::open(&path, keys)?.append(disk, &signed(&beyond.edge, key));
    appended.map_err(|error| io_error("write", &path, error))
}
