//! What writing a batch takes: the journal, the checkpoints; and rows for the index.
//! Knows nothing of the index, nor what is asked of a ledger.

use std::path::Path;

use crate::ledger::chain::Entry;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::Event;
use crate::ledger::key::SigningKey;
use crate::ledger::merkle::Edge;
use crate::ledger::note::Note;
use crate::store::batch::{Batch, Facts};
use crate::store::checkpoints::Checkpoints;
use crate::store::commit::Commit;
use crate::store::cores;
use crate::store::found::Rows;
use crate::store::journal::{Journal, Location, Written};
use crate::store::layout::io_error;
use crate::store::log::StoreError;
use crate::terms::id::{ContentId, TreeHash};

/// Entries whose rows one thread makes before it asks for more; so many are worth a thread.
const FEW: usize = 64;

/// What writing takes.
pub(crate) struct Writer {
    pub(crate) journal: Journal,
    pub(crate) checkpoints: Checkpoints,
    /// Whether a write failed, so that nobody knows what the disk holds.
    pub(crate) poisoned: bool,
}

/// A batch that is on disk and signed for.
pub(crate) struct Acknowledged {
    /// Where its received bytes are.
    pub(crate) locations: Vec<(ContentId, Location)>,
    /// The tree's right edge with it.
    pub(crate) edge: Edge,
    /// The hashes that the tree's file is to take.
    pub(crate) grown: Vec<TreeHash>,
}

impl Writer {
    /// Writes a batch, signs for it with a key, and meanwhile makes the rows that the index is to
    /// take in.
    ///
    /// # Errors
    /// Any failed step; what the disk holds is then not known.
    pub(crate) fn write(
        &mut self,
        mut batch: Batch,
        edge: Edge,
        (key, checkpoints): (&SigningKey, &Path),
    ) -> Result<(Acknowledged, Vec<Rows>), StoreError> {
        let events = std::mem::take(&mut batch.events);
        let (acknowledged, rows) = cores::beside(
            batch.entries.len() > FEW,
            || self.acknowledge(&batch, edge, (key, checkpoints)),
            || rows_of(&batch.entries, events),
        );
        Ok((acknowledged?, rows))
    }

    /// Writes a batch into the journal, and signs the checkpoint for what is read back from there
    /// after its sync, and for nothing else. Returns once that is synced, too.
    fn acknowledge(
        &mut self,
        batch: &Batch,
        mut edge: Edge,
        (key, path): (&SigningKey, &Path),
    ) -> Result<Acknowledged, StoreError> {
        let commit = Commit::of(&batch.head).by(key);
        let Written { locations, leaves } = self.journal.append(batch, commit)?;
        let mut grown = Vec::with_capacity(2 * leaves.len());
        leaves.into_iter().for_each(|leaf| edge.push(leaf, &mut grown));
        let note = signed(&edge, key);
        let acknowledged = self.checkpoints.append(self.journal.disk(), &note);
        acknowledged.map_err(|error| io_error("write", path, error))?;
        Ok(Acknowledged { locations, edge, grown })
    }
}

/// The rows of entries, each with its event, which is let go of here.
fn rows_of(entries: &[Entry], events: Vec<Event>) -> Vec<Rows> {
    let pairs = entries.iter().zip(events).collect();
    cores::each(&mut vec![(); cores::count()], FEW, pairs, |(), (entry, event)| {
        Rows::of(entry, &Facts::of(entry.sequence(), &event))
    })
}

/// The signed checkpoint of a tree.
pub(crate) fn signed(edge: &Edge, key: &SigningKey) -> Note {
    let origin = key.public().name().to_owned();
    Checkpoint { origin, size: edge.size(), root: edge.root() }.sign(key)
}
