//! Changes to rows that wait until the index writes them, those of each table by themselves.
//! Knows nothing of sled, nor what the rows mean.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

use crate::store::packed::Change;

/// Changes by key, sorted. A key's first byte is its table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting(BTreeMap<u8, BTreeMap<Vec<u8>, Change>>);

fn table(key: &[u8]) -> u8 {
    key.first().copied().unwrap_or_default()
}

impl Waiting {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// What is to become of the row under a key, if anything.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Change> {
        self.0.get(&table(key))?.get(key)
    }

    /// Lets one more change wait, after those to the same row. Returns how many bytes more wait.
    pub(crate) fn push(&mut self, key: Vec<u8>, change: Change) -> usize {
        let len = key.len() + change.len();
        match self.0.entry(table(&key)).or_default().entry(key) {
            Entry::Vacant(free) => {
                free.insert(change);
                len
            }
            Entry::Occupied(mut held) => {
                let before = std::mem::replace(held.get_mut(), Change::Remove);
                held.insert(before.then(change));
                0
            }
        }
    }

    /// The changes from a key on, up to another one, which is of the same table or the first of the
    /// next.
    pub(crate) fn range<'a>(
        &'a self,
        from: &[u8],
        to: &[u8],
    ) -> impl Iterator<Item = (&'a Vec<u8>, &'a Change)> + use<'a> {
        let bounds = (Bound::Included(from), Bound::Excluded(to));
        let found = self.0.get(&table(from)).map(|changes| changes.range::<[u8], _>(bounds));
        found.into_iter().flatten()
    }

    /// All changes, in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Change)> {
        self.0.values().flatten().map(|(key, change)| (key.as_slice(), change))
    }
}
