//! The part of an audit that holds the file of checkpoints against the batches: which has which.
//! Knows no key: `audit_keys` says who should have signed.

use crate::ledger::audit::FaultClass;
use crate::ledger::chain::Head;
use crate::ledger::merkle::slots;
use crate::store::audit::Audit;
use crate::store::checkpoints::Acknowledged;

/// Which batches have a checkpoint, and which checkpoints a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signed {
    /// The size of a checkpoint that no commit has ended yet.
    pub(crate) open: Option<u64>,
    /// Batches since the last that has a checkpoint.
    since: u64,
    /// Batches before it that have none, and the size of the first.
    without: u64,
    first: Option<u64>,
    /// The head of the entries under the last that has.
    head: Option<Head>,
}

impl Signed {
    /// After entries under a checkpoint that was kept elsewhere.
    pub(crate) fn after(head: Head) -> Self {
        Self { head: Some(head), ..Self::default() }
    }

    pub(crate) fn commit(&mut self, size: u64, committed: Head, checkpoint: Option<u64>) {
        self.open = None;
        if checkpoint == Some(size) {
            self.without += std::mem::take(&mut self.since);
            self.head = Some(committed);
        } else {
            self.since += 1;
            self.first = self.first.or(Some(size));
        }
    }

    /// What counts of the entries up to a commit: not those of one batch that no checkpoint is
    /// signed for.
    pub(crate) fn counts(&self, committed: Head) -> Head {
        self.head.filter(|_| self.since == 1).unwrap_or(committed)
    }
}

impl Audit<'_> {
    /// The next checkpoint of at most a size; notes that cannot be believed or do not grow are
    /// faults.
    pub(crate) fn checkpoint_up_to(&mut self, size: u64) -> Option<Acknowledged> {
        loop {
            if matches!(self.notes.peek()?, Ok((next, _)) if next.size > size) {
                return None;
            }
            let next = self.notes.next()?.and_then(|next| self.signed(next));
            self.number += 1;
            let number = self.number;
            let (class, what) = match (next, self.last) {
                (Ok(next), last) if last.is_none_or(|last| last.size < next.size) => {
                    self.last = Some(next);
                    return Some(next);
                }
                (Ok(next), _) => {
                    let what = format!("expected a larger size than before, got {}", next.size);
                    (FaultClass::Checkpoint, what)
                }
                (Err(unusable), _) => unusable,
            };
            let message = format!("{what} in note {number} of the checkpoints");
            // Whatever tail it is found behind: a note that is whole was acknowledged.
            self.auditor.lasting_fault(class, None, message);
        }
    }

    /// What the checkpoints say beyond the journal, and what the journal holds beyond its last
    /// batch.
    pub(crate) fn last_checkpoints(&mut self) {
        let got = self.committed.size;
        let torn = self.auditor.head().size > got || self.auditor.expected() > got;
        let before = self.last;
        let mut beyond = before.filter(|last| last.size > got);
        while let Some(checkpoint) = self.checkpoint_up_to(u64::MAX) {
            beyond = Some(checkpoint);
        }
        match beyond {
            Some(Acknowledged { size, .. }) => {
                let message = format!(
                    "expected {size} entries, as the last checkpoint says, got {got} that a commit \
                     ends"
                );
                self.auditor.fault(FaultClass::Rollback, Some(got), message);
                self.note_pending();
            }
            None => {
                if torn {
                    let what = "entries after the last commit, which were never acknowledged";
                    self.not_checked.push(what.to_owned());
                }
                // What is behind the last commit counts for nothing.
                self.auditor.back_to_mark();
            }
        }
        if !self.torn.is_empty() && !self.is_begun() {
            let message = "expected the last checkpoint to end, or the next one begun".to_owned();
            self.auditor.fault(FaultClass::Checkpoint, got.checked_sub(1), message);
        }
        match self.last {
            None => {
                let message = "expected at least one checkpoint, got none".to_owned();
                self.auditor.fault(FaultClass::Checkpoint, None, message);
            }
            Some(last) => self.unsigned(last.size),
        }
    }

    /// Batches without a checkpoint: one at the end is about to get it, more were never written so.
    fn unsigned(&mut self, reach: u64) {
        let Signed { since, without, first, .. } = self.signed;
        if since > 1 {
            let message = format!(
                "expected a checkpoint after each batch, got none for the last {since} of them, \
                 after {reach} entries"
            );
            self.auditor.fault(FaultClass::Checkpoint, Some(reach), message);
        } else if since == 1 {
            let last = self.committed.size;
            self.not_checked.push(format!(
                "who wrote the last batch, entries {reach} to {}: no checkpoint is signed for it, \
                 and it counts for nothing until the ledger is opened for writing, which tells",
                last.saturating_sub(1)
            ));
        }
        if let Some(first) = first.filter(|_| without > 0) {
            self.not_checked.push(format!(
                "the checkpoints of {without} batches, the first of {first} entries: they are not \
                 there any more, and a later one stands for their entries"
            ));
        }
        let reach = slots(self.auditor.expected());
        if self.stored.len() as u64 > reach {
            let (got, has) = (self.auditor.expected(), self.stored.len());
            let message = format!(
                "expected the entries of {has} hashes of the tree, got {got} entries, which have \
                 {reach}"
            );
            self.auditor.fault(FaultClass::Rollback, Some(got), message);
        }
    }
}
