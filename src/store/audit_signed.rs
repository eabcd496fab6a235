//! The part of an audit that holds batches and the file of hashes against the checkpoints.
//! Checks no signature and no root: it counts what lacks its checkpoint, and what is too many.

use crate::ledger::audit::FaultClass;
use crate::ledger::merkle::slots;
use crate::store::audit::Audit;

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
}

impl Signed {
    /// A batch ended with a size; `checkpoint` is the size of the last one so far.
    pub(crate) fn commit(&mut self, size: u64, checkpoint: Option<u64>) {
        self.open = None;
        if checkpoint == Some(size) {
            self.without += std::mem::take(&mut self.since);
        } else {
            self.since += 1;
            self.first = self.first.or(Some(size));
        }
    }
}

impl Audit<'_> {
    /// Batches without a checkpoint: one at the end is about to get it, more were never written so.
    pub(crate) fn unsigned(&mut self, reach: u64) {
        let Signed { since, without, first, .. } = self.signed;
        if since > 1 {
            let message = format!(
                "expected a checkpoint after each batch, got none for the last {since} of them, \
                 after {reach} entries"
            );
            self.auditor.fault(FaultClass::Checkpoint, Some(reach), message);
        } else if since == 1 {
            let what = "the last batch's checkpoint: opening for writing signs it".to_owned();
            self.not_checked.push(what);
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
