//! The part of an audit that knows which key signed at which size: rotations, the file that proves
//! them, and checkpoints kept elsewhere. Follows no journal; it is handed what stands there.

use std::collections::BTreeMap;

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::KeyRotated;
use crate::ledger::key::VerifierKey;
use crate::ledger::note::Note;
use crate::ledger::rotation::{Keys, RotationError, Rotations};
use crate::store::anchors::UNCHECKED;
use crate::store::audit::Audit;
use crate::store::checkpoints::{self, Acknowledged, Unusable};
use crate::store::layout::Layout;
use crate::store::log::StoreError;
use crate::store::rotations;

/// The keys of a ledger that is audited.
pub(crate) struct Signers {
    /// From FORMAT on, as the entries so far say; `None` where FORMAT says nothing.
    of_entries: Option<Keys>,
    /// From FORMAT on, as far as the file of proofs leads.
    of_file: Option<Keys>,
    /// What is wrong with the file.
    wrong: Option<RotationError>,
    /// The size of the last checkpoint that was seen.
    seen: u64,
    /// Checkpoints that were kept elsewhere or anchored, by their sizes.
    kept: BTreeMap<u64, Vec<Note>>,
    /// Rotations of which no checkpoint of their own was seen.
    unacknowledged: Vec<u64>,
}

impl Signers {
    pub(crate) fn new(layout: &Layout, first: Option<&VerifierKey>) -> Result<Self, StoreError> {
        let mut signers = Self {
            of_entries: first.cloned().map(Keys::of),
            of_file: None,
            wrong: None,
            seen: 0,
            kept: BTreeMap::new(),
            unacknowledged: Vec::new(),
        };
        if let (Some(bytes), Some(first)) = (rotations::bytes(layout)?, first) {
            match Rotations::parse(&bytes).map(|held| held.follow(first)) {
                Ok((keys, done)) => (signers.of_file, signers.wrong) = (Some(keys), done.err()),
                Err(error) => signers.wrong = Some(error),
            }
        }
        Ok(signers)
    }

    /// Takes a checkpoint that the entries have to bear out.
    pub(crate) fn keep(&mut self, note: &Note) {
        if let Ok(kept) = Checkpoint::parse(note.text()) {
            self.kept.entry(kept.size).or_default().push(note.clone());
        }
    }

    /// Goes on with what is proven up to a size.
    pub(crate) fn since(&mut self, size: u64) {
        let proven = self.of_file.as_ref().map(|keys| keys.up_to(size));
        self.of_entries = proven.or(self.of_entries.take());
        self.seen = size;
    }

    /// The keys for a size: what the entries say, and beyond these what is proven.
    pub(crate) fn at(&self, size: u64, entries: u64) -> Option<&Keys> {
        let of_file = self.of_file.as_ref().filter(|_| size > entries);
        let reach = |keys: &&Keys| keys.reach();
        of_file.into_iter().chain(&self.of_entries).max_by_key(reach)
    }
}

impl Audit<'_> {
    /// Takes note of a rotation, which is alone in its batch.
    pub(crate) fn rotated(&mut self, sequence: u64, rotated: &KeyRotated, alone: bool) {
        if !alone {
            let message = "expected a change of the key alone in its batch, got one among others";
            self.auditor.fault(FaultClass::Event, Some(sequence), message.to_owned());
        }
        let Some(keys) = &mut self.signers.of_entries else { return };
        match keys.rotate(sequence, rotated) {
            // A checkpoint is seen with the last entry of its batch, before the batch counts.
            Ok(()) if self.signers.seen == sequence + 1 => {}
            Ok(()) => self.signers.unacknowledged.push(sequence),
            Err(error) => {
                self.auditor.fault(FaultClass::Event, Some(sequence), error.to_string());
            }
        }
    }

    /// A checkpoint that stands at the right place, if the key in force at its size signed it.
    pub(crate) fn signed(
        &mut self,
        (at, note): (Acknowledged, Note),
    ) -> Result<Acknowledged, Unusable> {
        self.signers.seen = at.size;
        match self.signers.at(at.size, self.auditor.expected()) {
            Some(keys) => checkpoints::signed(at, &note, keys),
            None => Ok(at),
        }
    }

    /// Rotations without a checkpoint of their own, and the file that proves them.
    pub(crate) fn rotations(&mut self) {
        let size = self.committed.size;
        for sequence in std::mem::take(&mut self.signers.unacknowledged) {
            if self.last.is_some_and(|last| last.size > sequence + 1) {
                let message =
                    format!("expected a checkpoint of {} entries, by the old key", sequence + 1);
                self.auditor.fault(FaultClass::Signature, Some(sequence), message);
            }
        }
        let Some(keys) = &self.signers.of_entries else { return };
        let said: Vec<u64> = keys.rotations().collect();
        let proven = self.signers.of_file.iter().flat_map(Keys::rotations);
        let proven: Vec<u64> = proven.collect();
        if let Some(error) = self.signers.wrong.take() {
            let message = format!("expected the proofs of the key's rotations, got {error}");
            self.auditor.fault(FaultClass::Signature, None, message);
        } else if let Some(beyond) = proven.iter().find(|sequence| **sequence >= size) {
            let message = format!(
                "expected {} entries, as the rotations of the key say, got {size}",
                beyond + 1
            );
            self.auditor.fault(FaultClass::Rollback, Some(size), message);
        } else if said.len() == proven.len() + 1 && said.last() == size.checked_sub(1).as_ref() {
            let what = "the proof that the last entry changes the key: opening the ledger adds it";
            self.not_checked.push(what.to_owned());
        } else if said != proven {
            let differs = said.iter().zip(&proven).take_while(|(a, b)| a == b).count();
            let entry = said.get(differs).or(proven.get(differs)).copied();
            let message =
                "expected the proof of each rotation of the key, and no other, got others";
            self.auditor.fault(FaultClass::Signature, entry, message.to_owned());
        }
    }

    /// Whether what stands after the last whole note is the beginning of the one that is due.
    pub(crate) fn is_begun(&self) -> bool {
        let size = self.committed.size;
        let keys = self.signers.at(size, self.auditor.expected());
        let (Some(keys), Some(root)) = (keys, self.tree.root()) else { return false };
        let origin = keys.origin().to_owned();
        let due = Checkpoint { origin, size, root };
        checkpoints::is_begun(&self.torn, &due, keys.of_size(size))
    }

    /// Checkpoints that were kept elsewhere, once the entries reach their size.
    pub(crate) fn against(&mut self, size: u64) {
        for note in self.signers.kept.remove(&size).unwrap_or_default() {
            let Some(keys) = &self.signers.of_entries else { return };
            let Ok(kept) = keys.open(&note) else { continue };
            if self.tree.root() != Some(kept.root) {
                let got = self.tree.root().map_or("none".to_owned(), |root| root.to_string());
                let expected = kept.root;
                let message = format!(
                    "expected the root {expected} at {size} entries, as the kept checkpoint says, \
                     got {got}"
                );
                let entry = size.checked_sub(1);
                self.of_kept.push(Fault { class: FaultClass::Fork, entry, message });
            }
        }
    }

    /// What binds tokens from outside to checkpoints, and whether those are this ledger's.
    pub(crate) fn anchored(&mut self) {
        for message in std::mem::take(&mut self.anchors.wrong) {
            self.auditor.fault(FaultClass::Anchor, None, message);
        }
        if !self.anchors.anchors.is_empty() {
            self.not_checked.push(UNCHECKED.to_owned());
        }
        let got = self.committed.size;
        for anchor in &self.anchors.anchors {
            let Some(keys) = self.signers.at(anchor.checkpoint.size, got) else { return };
            let (class, message) = match keys.open(&anchor.note) {
                Ok(at) if at.size <= got => continue,
                Ok(at) => {
                    let what = format!("as an anchored checkpoint says, got {got}");
                    (FaultClass::Rollback, format!("expected {} entries, {what}", at.size))
                }
                Err(error) => {
                    let what = format!("in anchor {}, got {error}", anchor.digest);
                    let message = format!("expected a checkpoint of this ledger {what}");
                    (FaultClass::Anchor, message)
                }
            };
            let entry = (class == FaultClass::Rollback).then_some(got);
            self.of_kept.push(Fault { class, entry, message });
        }
    }

    /// Kept checkpoints that are not this ledger's, or that the journal does not reach.
    pub(crate) fn beyond(&mut self) {
        for note in self.scope.against {
            let got = self.committed.size;
            let size = Checkpoint::parse(note.text()).map_or(0, |kept| kept.size);
            let opened = match self.signers.at(size, got) {
                Some(keys) => keys.open(note).map_err(|error| error.to_string()),
                None => Err("a ledger that does not say whose it is".to_owned()),
            };
            match opened {
                Ok(kept) if kept.size > got => {
                    let expected = kept.size;
                    let message = format!(
                        "expected {expected} entries, as the kept checkpoint says, got {got}"
                    );
                    let entry = Some(got);
                    self.of_kept.push(Fault { class: FaultClass::Rollback, entry, message });
                }
                Ok(_) => {}
                Err(error) => {
                    let message = format!("expected a kept checkpoint of this ledger, got {error}");
                    let entry = None;
                    self.of_kept.push(Fault { class: FaultClass::Signature, entry, message });
                }
            }
        }
    }
}
