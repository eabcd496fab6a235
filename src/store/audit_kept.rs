//! What is kept for answers in an index that was found sound, against its entries.
//! Knows nothing of what is kept: whoever makes it from the entries says what differs.

use std::ops::Range;

use crate::ledger::chain::{Entry, Head};
use crate::store::index::Index;
use crate::store::kept::Reach;
use crate::store::log::{Draft, Entries, Log, Receipt, StoreError};
use crate::terms::id::{Accession, ContentId};
use crate::terms::time::RecordedAt;
use crate::terms::topic::Topic;

/// Says how what is kept under these names differs from what it makes of the entries, and what it
/// makes that is not kept.
pub type Differences<'a> = dyn Fn(&dyn Log, &[Vec<u8>]) -> Result<Vec<String>, StoreError> + 'a;

/// Whoever makes from the entries what is kept.
#[derive(Clone, Copy)]
pub struct Projector<'a> {
    /// Its version; what other versions keep is left alone.
    pub version: u32,
    /// What it says, where all is to be made again.
    pub differences: Option<&'a Differences<'a>>,
}

/// What is wrong with what is kept; or why that was not checked.
pub(crate) fn differences(
    index: &Index,
    head: Head,
    projector: &Projector<'_>,
) -> Result<Result<Vec<String>, String>, StoreError> {
    let version = projector.version;
    let reach = index.reach(version)?;
    if reach == Reach::NONE {
        return Ok(Ok(Vec::new()));
    }
    if reach.size < head.size {
        let (follows, size) = (reach.size, head.size);
        let words = "what is kept for answers, for it follows";
        return Ok(Err(format!("{words} {follows} of {size} entries until more are appended")));
    }
    if (reach.size, reach.head) != (head.size, head.hash) {
        let got = reach.head;
        return Ok(Ok(vec![format!("expected what is kept to follow the last entry, got {got}")]));
    }
    let mut wrong = Vec::new();
    if let Some(differences) = projector.differences {
        let names = index.kept_names(version)?;
        wrong.extend(differences(&IndexLog { index, head }, &names)?);
    }
    Ok(Ok(wrong))
}

/// An index by itself, for reading.
struct IndexLog<'a> {
    index: &'a Index,
    head: Head,
}

impl Log for IndexLog<'_> {
    fn head(&self) -> Head {
        self.head
    }

    fn append(&mut self, _: RecordedAt, _: Vec<Draft>) -> Result<Vec<Vec<Receipt>>, StoreError> {
        Err(StoreError::ReadOnly)
    }

    fn range(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        let count = range.end.saturating_sub(range.start);
        let entries: Vec<Entry> = self.index.page(range.start, count)?;
        Ok(Box::new(entries.into_iter().map(Ok)))
    }

    fn by_accession(&self, accession: Accession) -> Result<Option<u64>, StoreError> {
        self.index.accession(accession).map_err(StoreError::from)
    }

    fn by_content(&self, content: ContentId) -> Result<Option<u64>, StoreError> {
        self.index.content(content).map_err(StoreError::from)
    }

    fn conflict(
        &self,
        accession: Accession,
        received: ContentId,
    ) -> Result<Option<u64>, StoreError> {
        self.index.conflict(accession, received).map_err(StoreError::from)
    }

    fn conflicts(&self, accession: Accession) -> Result<Vec<u64>, StoreError> {
        self.index.conflicts(accession).map_err(StoreError::from)
    }

    fn postings(&self, topic: &Topic) -> Result<Vec<u64>, StoreError> {
        self.index.postings(topic).map_err(StoreError::from)
    }

    fn topics(&self) -> Result<Vec<(Topic, u64)>, StoreError> {
        self.index.topics().map_err(StoreError::from)
    }

    fn blob(&self, content: ContentId) -> Result<Vec<u8>, StoreError> {
        Err(StoreError::NoBytes { content, got: "an index, which holds none".to_owned() })
    }

    fn reach(&self, version: u32) -> Result<Reach, StoreError> {
        self.index.reach(version).map_err(StoreError::from)
    }

    fn kept(&self, version: u32, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.index.kept(version, name).map_err(StoreError::from)
    }
}
