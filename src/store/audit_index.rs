//! The index of an audited ledger, held against its journal; and what it keeps for answers.
//! Believes neither: it says where they differ.

use crate::ledger::audit::FaultClass;
use crate::store::audit::Audit;
use crate::store::audit_kept;
use crate::store::compare::NAMED_MAX;
use crate::store::log::StoreError;

impl Audit<'_> {
    /// Step 11: the leaves of the index; and its keys and who signed for it, which can be told only
    /// from a journal without faults.
    pub(crate) fn index(&mut self) {
        let sound = self.auditor.is_sound();
        let leaves = std::mem::take(&mut self.scanned.leaves).into_iter().take(NAMED_MAX);
        leaves.for_each(|message| self.auditor.fault(FaultClass::Index, None, message));
        let index = match &mut self.index {
            None => return,
            Some(Ok(index)) => index,
            Some(Err(why)) => {
                let message = std::mem::take(why);
                self.auditor.fault(FaultClass::Index, None, message);
                return;
            }
        };
        let (got, has) = (self.committed.size, index.size());
        let keys = self.signers.at(got, got).filter(|_| sound);
        if keys.is_some_and(|keys| index.index().is_forged(keys)) {
            let message = "expected the ledger's key to have signed for the index".to_owned();
            self.auditor.fault(FaultClass::Index, None, message);
        }
        if has > got {
            let message = format!("expected {has} entries, as the index has, got {got}");
            self.auditor.fault(FaultClass::Rollback, Some(got), message);
        } else if has < got {
            let what =
                format!("the index's keys: it has {has} of {got} entries until it is opened");
            self.not_checked.push(what);
        } else if !sound {
            self.not_checked.push("the index's keys, for the journal has faults".to_owned());
        } else {
            let scanned = std::mem::take(&mut self.scanned);
            let faults = index.differences(scanned, self.layout, &self.contents, &self.orphans);
            faults.into_iter().for_each(|f| self.auditor.fault(f.class, f.entry, f.message));
        }
    }

    /// What is kept for answers (steps 11 and 14), where the entries of the index were found sound.
    pub(crate) fn kept(&mut self) -> Result<(), StoreError> {
        let (Some(projector), Some(Ok(index))) = (&self.scope.projector, &self.index) else {
            return Ok(());
        };
        let head = self.committed;
        if index.index().is_unsigned() {
            let why = "what is kept for answers, for nobody signed for the index";
            self.not_checked.push(why.to_owned());
            return Ok(());
        }
        if !self.auditor.is_sound() || index.size() != head.size {
            let why = "what is kept for answers, for the index was not found sound";
            self.not_checked.push(why.to_owned());
            return Ok(());
        }
        match audit_kept::differences(index.index(), head, projector)? {
            Ok(found) => found.into_iter().for_each(|message| {
                self.auditor.fault(FaultClass::Index, None, message);
            }),
            Err(why) => self.not_checked.push(why),
        }
        Ok(())
    }
}
