//! A ledger whose key is changed: the event, its proof, and the new key in its place (spec, 21.4).
//! Decides nothing about which key may follow which; `ledger::rotation` does.

use std::path::{Path, PathBuf};

use crate::ledger::event::{Because, Event, KeyRotated};
use crate::ledger::event_kind::EventKind;
use crate::ledger::key::KeyKind;
use crate::store::layout::sync_dir;
use crate::store::ledger::{Ledger, NewKey};
use crate::store::log::{Draft, Log, Receipt, StoreError};
use crate::store::notice::Notice;
use crate::store::{rotations, secret};
use crate::terms::time::RecordedAt;

/// What a rotation did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotated {
    /// Where it is recorded.
    pub receipt: Receipt,
    /// Whether the new key was in its file already, and not made.
    pub taken: bool,
    /// The new key's file before it took the old one's place.
    pub file: PathBuf,
    /// The old key's file, where that is kept in the folder.
    pub retired: Option<PathBuf>,
}

impl Ledger {
    /// Signs with the key in force from now on, which a rotation has named.
    fn take_key(&mut self, file: Option<&Path>) -> Result<(), StoreError> {
        let key = secret::of_ledger(&self.layout, file, self.keys.current())?;
        self.sign_by(Some(key))
    }

    /// Proves the rotation in the last entry, if there is one that is acknowledged and not proven
    /// yet: whoever recorded it did not live to (spec, section 21.4).
    pub(crate) fn prove_rotation(&mut self) -> Result<(), StoreError> {
        let Some(last) = self.head.size.checked_sub(1).filter(|last| *last >= self.keys.reach())
        else {
            return Ok(());
        };
        let (Some(tree), None) = (&self.tree, &self.unsound) else { return Ok(()) };
        let entry = self.entry(last)?;
        if entry.envelope.kind != EventKind::KeyRotated.number() {
            return Ok(());
        }
        let note = self.checkpoint()?;
        let acknowledged = self.keys.open(&note).is_ok_and(|at| at.size == self.head.size);
        if !acknowledged {
            return Ok(());
        }
        let mut rotations = self.rotations.clone();
        rotations.add((last, entry.to_bytes()), note, &mut |subtree| tree.hash(subtree))?;
        let (keys, done) = rotations.follow(self.keys.first());
        done.map_err(|source| StoreError::Rotation { sequence: last, source })?;
        rotations::write(&self.layout, &rotations)?;
        (self.rotations, self.keys) = (rotations, keys);
        let key = self.keys.current().to_string();
        self.notices.borrow_mut().push(Notice::KeyRotated { key });
        Ok(())
    }

    /// Records that another key signs from now on, with the key in force, and lets it sign. The new
    /// key is in a file: one of its own, or else in the folder, from where it takes the old one's
    /// place.
    ///
    /// # Errors
    /// The new key may not follow, or the disk's.
    pub fn rotate(
        &mut self,
        now: RecordedAt,
        new: &NewKey,
        because: Because,
    ) -> Result<Rotated, StoreError> {
        let file = new.file.clone().unwrap_or(self.layout.next_key());
        let (key, taken) = secret::make_or_take(&file, self.origin(), KeyKind::Log, &new.seed)?;
        sync_dir(file.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new(".")))?;
        let (old, new_vkey) = (self.key().clone(), key.public().to_string());
        let rotated = KeyRotated { old: old.to_string(), new: new_vkey, because };
        let sequence = self.head.size;
        let may = self.keys.clone().rotate(sequence, &rotated);
        may.map_err(|source| StoreError::Rotation { sequence, source })?;
        let events = vec![Event::KeyRotated(rotated)];
        let receipts = self.append_any(now, vec![Draft { events, received: None }])?;
        self.prove_rotation()?;
        self.notices.borrow_mut().retain(|notice| !matches!(notice, Notice::KeyRotated { .. }));
        self.take_key(new.file.as_deref())?;
        let retired = self.layout.retired_key(old.id());
        let retired = (new.file.is_none() && retired.exists()).then_some(retired);
        let receipt = receipts.into_iter().flatten().next();
        Ok(Rotated { receipt: receipt.ok_or(StoreError::Poisoned)?, taken, file, retired })
    }
}
