//! The part of an export's audit that goes on from a trusted checkpoint (spec, section 24.3).
//! Reads no entry before it but the last; the tiles show that the export begins with what the
//! checkpoint stands for.

use crate::ledger::audit::FaultClass;
use crate::ledger::chain::Entry;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::merkle::{Edge, Subtree, hash_of_range, leaf, node};
use crate::ledger::proof::{check_inclusion, inclusion};
use crate::ledger::rotation::Keys;
use crate::ledger::tiles::{Kind, Piece, Tile};
use crate::ledger::tree_audit::TreeAudit;
use crate::store::checkpoints;
use crate::store::export_audit::{Audit, Tiles, Trust, in_tiles};
use crate::store::exported::Files;
use crate::store::log::StoreError;
use crate::terms::id::TreeHash;

/// A tile lacks a hash that is needed.
struct Lacking;

/// The hash of any full subtree, out of the tiles' own hashes.
fn hash_in(tiles: &Tiles, subtree: Subtree) -> Result<TreeHash, Lacking> {
    let Subtree { level, index } = subtree;
    if level % 8 == 0 {
        return in_tiles(tiles, subtree).ok_or(Lacking);
    }
    let half = |index| hash_in(tiles, Subtree { level: level - 1, index });
    Ok(node(half(2 * index)?, half(2 * index + 1)?))
}

/// What was checked, and from which entry on; the policy is of them all.
pub(crate) fn from_there_on(size: u64, checked: &[&str]) -> Vec<String> {
    let (mut all, mut from) = (Vec::new(), String::new());
    if size > 0 {
        all.push(format!("that the tiles begin with the {size} entries of the checkpoint given"));
        from = format!(", from entry {size} on");
    }
    let policy = checked.iter().take(1).map(|what| (*what).to_owned());
    all.extend(policy.chain(checked.iter().skip(1).map(|what| format!("{what}{from}"))));
    all
}

/// The keys that an export names itself, which must have signed what it is gone on from.
///
/// # Errors
/// A file that cannot be read.
pub fn keys_named(files: &dyn Files) -> Result<Option<Keys>, StoreError> {
    Ok(Audit::new(files, &Trust::default())?.keys)
}

impl Audit<'_> {
    /// The first entry that is audited.
    pub(crate) fn begun(&self) -> u64 {
        self.since.as_ref().map_or(0, |kept| kept.size)
    }

    /// Whether there are entries to be audited, and as many as somebody trusts there to be.
    pub(crate) fn is_there(&mut self) -> bool {
        let (size, least) = (self.size, self.begun());
        if size >= least {
            return size > 0;
        }
        let message = format!("expected {least} entries, as the checkpoint given says, got {size}");
        self.fault(FaultClass::Rollback, Some(size), message);
        false
    }

    /// How many notes are up to the trusted one, and not looked at.
    pub(crate) fn passed_over(&self, notes: &[Vec<u8>]) -> usize {
        let begun = self.begun();
        let earlier =
            |note: &Vec<u8>| checkpoints::unproven(note).is_ok_and(|(at, _)| at.size <= begun);
        notes.iter().rposition(earlier).map_or(0, |last| last + 1)
    }

    /// How far the export is where no note says more than the trusted checkpoint.
    pub(crate) fn no_further(&self, notes: &[Vec<u8>]) -> u64 {
        let last = self.passed_over(notes).checked_sub(1).and_then(|last| notes.get(last));
        last.and_then(|note| checkpoints::unproven(note).ok()).map_or(0, |(at, _)| at.size)
    }

    /// Whether a tile is of earlier entries alone, and not asked for: the last full hashes below
    /// the trusted size lead to its root.
    pub(crate) fn is_passed_over(&self, tile: &Tile) -> bool {
        let level = if let Kind::Hashes { level } = tile.kind { level } else { 0 };
        tile.first() + tile.width < self.begun() >> (8 * level)
    }

    /// Takes over the tree at the trusted checkpoint, to whose root the tiles have to lead; whether
    /// entries are to be followed at once.
    pub(crate) fn begin(&mut self) -> bool {
        let Some(kept) = self.since.clone() else { return true };
        let size = kept.size;
        self.tree = TreeAudit::default();
        let mut hash = |subtree| hash_in(&self.hashes, subtree);
        let root = hash_of_range(0, size, &mut hash);
        if let (Ok(root), Ok(edge)) = (&root, Edge::load(size, &mut hash)) {
            self.tree = TreeAudit::from(edge);
            if *root != kept.root {
                let message = format!(
                    "expected the root {} at {size} entries, as the checkpoint given says, got \
                     {root} by the tiles; an audit of everything tells which entries differ",
                    kept.root
                );
                self.fault(FaultClass::Root, size.checked_sub(1), message);
            }
        }
        false
    }

    /// Whether a piece of a bundle is the last entry before: then it goes on after that.
    pub(crate) fn begins_after(&mut self, piece: Piece<'_>) -> bool {
        let Some(kept) = self.since.clone() else { return true };
        let (stored, framed) = match piece {
            Piece::Entry(stored) => (stored, true),
            Piece::Damaged { bytes, .. } => (bytes, false),
        };
        let last = kept.size.saturating_sub(1);
        let Some(entry) = Entry::from_bytes(stored).ok().filter(|one| one.sequence() == last)
        else {
            return false;
        };
        self.hashed += stored.len() as u64;
        if !framed {
            let message = format!("expected the length of entry {last} before it, got another");
            self.fault(FaultClass::Frame, Some(last), message);
        }
        if !self.is_in(&kept, stored) {
            let message = format!(
                "entry {last}: the entry is not the one in the tree of {} entries that the \
                 checkpoint given stands for",
                kept.size
            );
            self.fault(FaultClass::Leaf, Some(last), message);
        }
        self.auditor.go_on_after(entry.head());
        true
    }

    fn is_in(&self, kept: &Checkpoint, stored: &[u8]) -> bool {
        let last = kept.size.saturating_sub(1);
        let path = inclusion(last, kept.size, &mut |subtree| hash_in(&self.hashes, subtree));
        path.is_ok_and(|path| {
            check_inclusion(last, kept.size, leaf(stored), &path, kept.root).is_ok()
        })
    }

    /// The entry to go on after is not where it should be.
    pub(crate) fn not_begun(&mut self) -> Result<(), StoreError> {
        let last = self.begun().saturating_sub(1);
        let message = format!("expected entry {last} to go on after, got none in its bundle");
        self.fault(FaultClass::Rollback, Some(last), message);
        Ok(())
    }

    /// What an audit from a checkpoint on leaves unchecked.
    pub(crate) fn leave_before(&mut self) {
        let size = self.begun();
        if size == 0 {
            return;
        }
        self.kept.retain(|kept| kept.size > size);
        self.not_checked.push(format!(
            "the first {size} entries: only that the tiles begin with those that the checkpoint \
             given stands for; their own bytes, their received bytes, what they say and the \
             checkpoints before were not read"
        ));
    }
}
