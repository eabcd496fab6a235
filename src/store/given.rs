//! An export that is given to recover a ledger from, once it was audited (spec, section 24.5).
//! Vouches for nothing by itself: the chain and the signed checkpoints say what is asked for.

use crate::ledger::audit::FaultClass;
use crate::ledger::chain::Entry;
use crate::ledger::key::VerifierKey;
use crate::ledger::rotation::{Keys, Rotations};
use crate::store::anchors::{self, ANCHORS, Anchor};
use crate::store::checkpoints::Acknowledged;
use crate::store::export_audit::{Found, Trust};
use crate::store::exported::{Files, Folder};
use crate::store::import::{ImportError, Reader, audited, received};
use crate::store::layout::Layout;
use crate::store::log::StoreError;
use crate::store::recover::RecoverError;
use crate::terms::id::{ContentId, EntryHash, TreeHash};

/// An audited export: the link of each entry in memory, everything else read when it is asked for.
pub(crate) struct Given {
    files: Folder,
    found: Found,
    /// Each entry's hash, and that of the one before it.
    links: Vec<(EntryHash, EntryHash)>,
}

impl Given {
    /// Audits an export; its entries must be sound, while received bytes may lack.
    pub(crate) fn of(files: Folder, key: &VerifierKey) -> Result<Self, RecoverError> {
        let trust = Trust { key: Some(key.clone()), kept: Vec::new(), since: None };
        let mut links = Vec::new();
        let mut take = |entry: &Entry, _: &_| links.push((entry.hash(), entry.envelope.previous));
        let mut found = audited(&files, &trust, &mut take).map_err(refused)?;
        found.report.faults.retain(|f| !matches!(f.class, FaultClass::Blob | FaultClass::Stray));
        match found.report.ok() && links.len() == found.leaves.len() {
            true => Ok(Self { files, found, links }),
            false => Err(refused(ImportError::Faults(found.report.faults))),
        }
    }

    /// The keys that signed it, and what proves them.
    pub(crate) fn keys(&self) -> Option<&Keys> {
        self.found.keys.as_ref()
    }

    pub(crate) fn rotations(&self) -> &Rotations {
        &self.found.rotations
    }

    pub(crate) fn size(&self) -> u64 {
        self.links.len() as u64
    }

    pub(crate) fn checkpoints(&self) -> impl Iterator<Item = Acknowledged> {
        self.found.checkpoints.iter().map(|(at, _)| *at)
    }

    /// The note of a checkpoint.
    pub(crate) fn notes(&self) -> impl Iterator<Item = (&Acknowledged, &[u8])> {
        self.found.checkpoints.iter().map(|(at, note)| (at, note.as_slice()))
    }

    fn link(&self, sequence: u64) -> Option<(EntryHash, EntryHash)> {
        self.links.get(usize::try_from(sequence).ok()?).copied()
    }

    pub(crate) fn hash(&self, sequence: u64) -> Option<EntryHash> {
        self.link(sequence).map(|(hash, _)| hash)
    }

    /// The hash before the entry, if the export has it under this hash.
    pub(crate) fn previous(&self, sequence: u64, hash: EntryHash) -> Option<EntryHash> {
        self.link(sequence).filter(|(held, _)| *held == hash).map(|(_, previous)| previous)
    }

    /// The tree's hash of the entry, if the export has it under this hash.
    pub(crate) fn leaf(&self, sequence: u64, hash: EntryHash) -> Option<TreeHash> {
        self.previous(sequence, hash)?;
        self.found.leaves.get(usize::try_from(sequence).ok()?).copied()
    }

    /// Puts its anchors beside the ledger's checkpoints, where those lack them.
    pub(crate) fn put_back_anchors(&self, layout: &Layout) -> Result<(), StoreError> {
        for name in self.found.report.anchors.iter().flat_map(Anchor::files) {
            let bytes = self.files.read(&format!("{ANCHORS}/{name}"))?.unwrap_or_default();
            anchors::put(layout, &name, &bytes)?;
        }
        Ok(())
    }

    /// Reads its entries again.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.files, &self.found.leaves)
    }

    pub(crate) fn received(&self, content: ContentId) -> Result<Option<Vec<u8>>, StoreError> {
        received(&self.files, content)
    }
}

/// Why an export cannot be rested on.
pub(crate) fn refused(error: ImportError) -> RecoverError {
    match error {
        ImportError::Store(error) => error.into(),
        error => RecoverError::Export(error.to_string()),
    }
}
