//! The contract on a ledger in a folder: the index answers, held against what is signed for.
//! Decides nothing of what is written, nor of what is trusted at opening.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::ledger::chain::{Entry, Head};
use crate::ledger::event::Event;
use crate::ledger::event_kind::EventKind;
use crate::ledger::merkle::leaf;
use crate::store::checkpoints::Acknowledged;
use crate::store::draft::DraftError;
use crate::store::index::Index;
use crate::store::index_asked::entries;
use crate::store::journal::read_blob;
use crate::store::kept::Reach;
use crate::store::ledger::Ledger;
use crate::store::log::{Draft, Entries, Log, Receipt, StoreError};
use crate::store::notice::Notice;
use crate::store::opening;
use crate::store::sled::IndexError;
use crate::store::tree::Tree;
use crate::terms::id::{Accession, ContentId, TreeHash};
use crate::terms::time::RecordedAt;
use crate::terms::topic::Topic;

/// Entries read from the index at a time.
const PAGE: u64 = 128;

impl Ledger {
    /// Asks the index; where it fails, makes it again from the journal and asks once more.
    pub(super) fn ask<T>(
        &self,
        ask: impl Fn(&Index) -> Result<T, IndexError>,
    ) -> Result<T, StoreError> {
        let first = match self.index.borrow().as_ref() {
            Some(index) => ask(index),
            None => Err(IndexError::new("the index is closed")),
        };
        let IndexError { why, .. } = match first {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        self.heal(why)?;
        match self.index.borrow().as_ref() {
            Some(index) => ask(index).map_err(StoreError::from),
            None => Err(StoreError::Index(IndexError::new("the index is closed"))),
        }
    }

    /// Makes the index again after it did not take rows in, unless the system failed: so it would
    /// once more.
    pub(super) fn mend(&self, error: IndexError) -> Result<(), StoreError> {
        self.heal(error.of_content()?)
    }

    fn heal(&self, why: String) -> Result<(), StoreError> {
        if let Some(unsound) = &self.unsound {
            let why = format!("{why}; and it cannot be rebuilt: {unsound}");
            return Err(StoreError::Index(IndexError::new(why)));
        }
        self.remake(why)
    }

    /// Makes the index again from the journal, and the tree's hashes, which must lead to the root
    /// that is signed.
    pub(super) fn remake(&self, why: String) -> Result<(), StoreError> {
        *self.index.borrow_mut() = None;
        let edge = self.tree.as_ref().map(Tree::edge);
        let due = edge.map(|edge| Acknowledged { size: edge.size(), root: edge.root() });
        let hand = self.hand.as_ref().zip(due);
        let made = opening::rebuild(&self.layout, Some(self.head.size), hand)?;
        if made.meta.head != self.head || edge.is_some_and(|edge| *edge != made.edge) {
            let (got, expected) = (made.meta.head.size, self.head.size);
            let why = format!(
                "{why}; rebuilt, it has {got} entries, not those {expected} that are signed for"
            );
            return Err(StoreError::Index(IndexError::new(why)));
        }
        if let Some(tree) = &self.tree {
            tree.put_right(&made.hashes)?;
        }
        let entries = self.head.size;
        self.remade.set(self.remade.get() + 1);
        self.notices.borrow_mut().push(Notice::IndexRebuilt { why, entries });
        *self.index.borrow_mut() = Some(made.index);
        Ok(())
    }

    /// Whether what an index keeps is an answer (spec, section 11.5).
    fn keeps(&self, index: &Index) -> bool {
        self.unsound.is_none() && index.is_signed()
    }

    /// Entries of the index, if they are those that the tree stands for (spec, section 11.4).
    fn page(&self, index: &Index, first: u64, count: u64) -> Result<Vec<Entry>, IndexError> {
        let stored = index.stored(first, count)?;
        if let Some(tree) = &self.tree {
            let leaves: Vec<TreeHash> = stored.iter().map(|entry| leaf(entry)).collect();
            let stands = tree.stands_for(first, &leaves);
            if !stands.map_err(|error| IndexError::new(error.to_string()))? {
                let last = first + count.saturating_sub(1);
                let what = format!("entries {first} to {last} are not those that are signed for");
                return Err(IndexError::new(what));
            }
        }
        entries(&stored)
    }

    /// Where a row says that something is recorded, if the entry that the tree stands for says so
    /// too: whoever takes a row's word for it would not record it.
    fn confirmed(
        &self,
        index: &Index,
        found: Option<u64>,
        says: impl Fn(&Event) -> bool,
    ) -> Result<Option<u64>, IndexError> {
        let Some(sequence) = found else { return Ok(None) };
        let entry = self.page(index, sequence, 1)?.pop();
        match entry.and_then(|entry| entry.open().ok()).is_some_and(|event| says(&event)) {
            true => Ok(found),
            false => {
                Err(IndexError::new(format!("a row names entry {sequence}, which says otherwise")))
            }
        }
    }
}

impl Log for Ledger {
    fn head(&self) -> Head {
        self.head
    }

    fn append(
        &mut self,
        now: RecordedAt,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Vec<Receipt>>, StoreError> {
        let mut events = drafts.iter().flat_map(|draft| &draft.events);
        if events.any(|event| event.kind() == EventKind::KeyRotated) {
            return Err(DraftError::NotAlone.into());
        }
        self.append_any(now, drafts)
    }

    fn range(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        let size = self.size();
        if range.end > size {
            return Err(StoreError::NoEntry { sequence: range.end - 1, size });
        }
        let pages = Pages { ledger: self, next: range.start, end: range.end };
        Ok(Box::new(pages.flat_map(|page| match page {
            Ok(entries) => entries.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })))
    }

    fn by_accession(&self, accession: Accession) -> Result<Option<u64>, StoreError> {
        let says = |event: &Event| event.accession() == Some(accession);
        self.ask(|index| self.confirmed(index, index.accession(accession)?, says))
    }

    fn taken(&self, of: &BTreeSet<Accession>) -> Result<BTreeSet<Accession>, StoreError> {
        self.ask(|index| index.taken(of))
    }

    fn by_content(&self, content: ContentId) -> Result<Option<u64>, StoreError> {
        let says = |event: &Event| event.content() == Some(content);
        self.ask(|index| self.confirmed(index, index.content(content)?, says))
    }

    fn conflict(
        &self,
        accession: Accession,
        received: ContentId,
    ) -> Result<Option<u64>, StoreError> {
        let says = |event: &Event| event.content() == Some(received);
        self.ask(|index| self.confirmed(index, index.conflict(accession, received)?, says))
    }

    fn conflicts(&self, accession: Accession) -> Result<Vec<u64>, StoreError> {
        self.ask(|index| index.conflicts(accession))
    }

    fn postings(&self, topic: &Topic) -> Result<Vec<u64>, StoreError> {
        self.ask(|index| index.postings(topic))
    }

    fn topics(&self) -> Result<Vec<(Topic, u64)>, StoreError> {
        self.ask(Index::topics)
    }

    fn reach(&self, version: u32) -> Result<Reach, StoreError> {
        let reach = |index: &Index| match self.keeps(index) {
            true => index.reach(version),
            false => Ok(Reach::NONE),
        };
        self.ask(reach)
    }

    fn kept(&self, version: u32, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|index| if self.keeps(index) { index.kept(version, name) } else { Ok(None) })
    }

    fn blob(&self, content: ContentId) -> Result<Vec<u8>, StoreError> {
        match self.ask(|index| index.blob(content))? {
            Some(location) => read_blob(&self.layout, content, &location),
            None => {
                let got = "nothing of that name".to_owned();
                Err(StoreError::NoBytes { content, got })
            }
        }
    }
}

/// The pages of a range; the first error ends it.
struct Pages<'a> {
    ledger: &'a Ledger,
    next: u64,
    end: u64,
}

impl Iterator for Pages<'_> {
    type Item = Result<Vec<Entry>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let count = PAGE.min(self.end - self.next);
        let page = self.ledger.ask(|index| self.ledger.page(index, self.next, count));
        self.next = if page.is_ok() { self.next + count } else { self.end };
        Some(page)
    }
}
