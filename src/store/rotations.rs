//! The file of the proofs that one key of a ledger followed another (spec, sections 21.4 and 22.5).
//! Believes none of them, and is no evidence by itself: entries and checkpoints make it again.

use std::collections::BTreeMap;
use std::io;

use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::event_kind::EventKind;
use crate::ledger::key::VerifierKey;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::rotation::{Keys, Rotations};
use crate::store::checkpoints::{self, All};
use crate::store::disk;
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::log::StoreError;
use crate::store::regular;
use crate::store::survey::{self, Survey};
use crate::terms::id::TreeHash;

/// The proofs in the file; none where it is missing or holds something else.
///
/// # Errors
/// The file cannot be read.
pub fn held(layout: &Layout) -> Result<Rotations, StoreError> {
    let bytes = bytes(layout)?.unwrap_or_default();
    Ok(Rotations::parse(&bytes).unwrap_or_default())
}

/// The file's bytes, right or wrong; `None` where there is none.
///
/// # Errors
/// The file cannot be read.
pub fn bytes(layout: &Layout) -> Result<Option<Vec<u8>>, StoreError> {
    let path = layout.rotations();
    match regular::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(|error| io_error("read", &path, error)),
    }
}

/// Writes the file, whole or not at all; proofs of nothing are no file.
///
/// # Errors
/// The disk's.
pub fn write(layout: &Layout, rotations: &Rotations) -> Result<(), StoreError> {
    if rotations.is_empty() {
        return Ok(());
    }
    let (path, new) = (layout.rotations(), layout.dir().join("new-rotations"));
    let write = || -> io::Result<()> {
        disk::put_file(&new, rotations.to_string().as_bytes())?;
        regular::may_write(&path)?;
        disk::rename(&new, &path)
    };
    write().map_err(|error| io_error("write", &path, error))?;
    sync_dir(layout.dir())
}

/// The keys of a ledger, as far as the file leads, and what of it leads there.
///
/// # Errors
/// The file cannot be read.
pub fn keys(layout: &Layout, first: &VerifierKey) -> Result<(Rotations, Keys), StoreError> {
    let held = held(layout)?;
    let keys = held.follow(first).0;
    Ok((held.up_to(keys.reach()), keys))
}

/// As [`keys`], or made again from the journal and the checkpoints where that leads further and to
/// the key of the last checkpoint. What was made is written.
///
/// # Errors
/// A file cannot be read or written.
pub fn keys_or_again(
    layout: &Layout,
    first: &VerifierKey,
) -> Result<(Rotations, Keys), StoreError> {
    let (held, keys) = keys(layout, first)?;
    if checkpoints::last(&layout.checkpoints(), &keys)?.checkpoint.is_some() {
        expect_first(layout, first)?;
        return Ok((held, keys));
    }
    let again = again(layout, first)?;
    let further = again.follow(first).0;
    let leads = checkpoints::last(&layout.checkpoints(), &further)?.checkpoint.is_some();
    if leads && further.reach() > keys.reach() {
        write(layout, &again)?;
        return Ok((again, further));
    }
    Ok((held, keys))
}

/// Refuses a FORMAT file that names one of the ledger's later keys: all would fit from there on,
/// and what was signed before would be nobody's (spec, section 12.2).
fn expect_first(layout: &Layout, first: &VerifierKey) -> Result<(), StoreError> {
    let Some(note) = checkpoints::first(&layout.checkpoints())? else { return Ok(()) };
    let Err(CheckpointError::Note(NoteError::OtherKey { .. })) = Checkpoint::open(&note, [first])
    else {
        return Ok(());
    };
    let signer = |rotations: &Rotations| {
        let old = rotations.first().ok().flatten();
        old.filter(|key| Checkpoint::open(&note, [key]).is_ok())
    };
    let earlier = match signer(&held(layout)?) {
        None => signer(&made(layout)?),
        some => some,
    };
    let Some(earlier) = earlier else { return Ok(()) };
    let got = format!("a FORMAT file with the key {first}, which signed only after {earlier}");
    Err(layout.no_ledger(&got))
}

/// The proofs made from the journal and the checkpoints, as far as they lead on from a key.
fn again(layout: &Layout, first: &VerifierKey) -> Result<Rotations, StoreError> {
    let made = made(layout)?;
    let reach = made.follow(first).0.reach();
    Ok(made.up_to(reach))
}

/// The proofs made from the journal, as far as it can be followed, and the checkpoints.
fn made(layout: &Layout) -> Result<Rotations, StoreError> {
    let mut named = Vec::new();
    let Survey { grown, .. } = survey::all_entries(layout, &mut |batch| {
        let rotations = batch
            .iter()
            .map(|linked| &linked.entry)
            .filter(|entry| entry.envelope.kind == EventKind::KeyRotated.number());
        named.extend(rotations.map(|entry| (entry.sequence(), entry.to_bytes())));
    })?;
    let mut notes: BTreeMap<u64, Note> = BTreeMap::new();
    let All { notes: all, .. } = checkpoints::all(&layout.checkpoints())?;
    for (at, note) in all.iter().filter_map(|note| checkpoints::unproven(note).ok()) {
        notes.entry(at.size).or_insert(note);
    }
    let mut made = Rotations::default();
    for (sequence, entry) in named {
        let Some(note) = notes.remove(&(sequence + 1)) else { break };
        let mut hash = |subtree: crate::ledger::merkle::Subtree| {
            let at = usize::try_from(subtree.slot()).ok();
            Ok::<_, StoreError>(
                at.and_then(|at| grown.get(at)).copied().unwrap_or(TreeHash([0; 32])),
            )
        };
        made.add((sequence, entry), note, &mut hash)?;
    }
    Ok(made)
}
