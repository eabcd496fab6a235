//! Compares an index with the journal it was made from: entries one by one, keys as sets.
//! Works on a copy, because opening an index changes it; believes neither, only that they differ.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::chain::Entry;
use crate::store::batch::Facts;
use crate::store::found::{Found, Table, blob_row, content_row};
use crate::store::index::Index;
use crate::store::journal::{Location, unused};
use crate::store::layout::Layout;
use crate::store::packed::{Row, Sum};
use crate::store::sled::IndexError;
use crate::store::survey;
use crate::terms::id::ContentId;

/// Entries of the index read at a time.
const PAGE: u64 = 128;
/// How many differences of one tree are named.
const NAMED_MAX: usize = 1000;

/// A copy of the index, and sums of what the journal says should be in it.
pub(crate) struct Compare {
    // Closed before its folder goes.
    index: Index,
    _folder: Scratch,
    size: u64,
    page: std::vec::IntoIter<Entry>,
    sums: BTreeMap<Table, Sum>,
    counts: BTreeMap<Vec<u8>, u64>,
    contents: BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl Compare {
    /// Copies an index into a scratch folder and opens the copy; an error says why it cannot.
    pub(crate) fn open(index: &Path, scratch: &Path) -> Result<Self, String> {
        if !index.is_dir() {
            return Err("expected an index, got none; opening the ledger makes it".to_owned());
        }
        let name = format!("blockholder-audit-{}", std::process::id());
        let folder = Scratch(unused(scratch, &name));
        copy_dir(index, &folder.0).map_err(|error| format!("cannot copy the index: {error}"))?;
        let unusable = |IndexError(why)| format!("expected an index that opens, got {why}");
        let index = Index::open_as_it_is(&folder.0).map_err(unusable)?;
        let size = index.meta().map_or(0, |meta| meta.head.size);
        Ok(Self {
            index,
            _folder: folder,
            size,
            page: Vec::new().into_iter(),
            sums: BTreeMap::new(),
            counts: BTreeMap::new(),
            contents: BTreeMap::new(),
        })
    }

    /// The copy of the index.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// How many entries the index says it has.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Holds the index against an entry of the journal; an error says how it differs.
    pub(crate) fn entry(&mut self, entry: &Entry, facts: &Facts) -> Result<(), String> {
        let found = Found::of(facts);
        let rows = [(Table::Accessions, found.accession), (Table::Conflicts, found.conflict)];
        for (tree, (key, value)) in rows.into_iter().filter_map(|(t, row)| row.map(|r| (t, r))) {
            self.add(tree, &key, &value);
        }
        for (key, value) in &found.issuers {
            self.add(Table::Issuers, key, value);
        }
        for key in found.counted {
            *self.counts.entry(key).or_default() += 1;
        }
        if facts.sequence >= self.size {
            return Ok(());
        }
        match self.held(facts.sequence)? {
            Some(held) if held == *entry => Ok(()),
            _ => Err(format!(
                "expected the journal's entry {} in the index, got another",
                facts.sequence
            )),
        }
    }

    fn held(&mut self, sequence: u64) -> Result<Option<Entry>, String> {
        let mut next = self.page.next();
        if next.as_ref().map(Entry::sequence) != Some(sequence) {
            let count = PAGE.min(self.size - sequence);
            let page = self.index.page(sequence, count);
            // One bad entry must not hide the good ones before it.
            let page = page.or_else(|_| self.index.page(sequence, 1));
            self.page = page.map_err(|IndexError(why)| why)?.into_iter();
            next = self.page.next();
        }
        Ok(next)
    }

    /// Notes received bytes: the first filing that records them, and where they are.
    pub(crate) fn content(&mut self, id: ContentId, recorded: Option<u64>, at: Option<&Location>) {
        let rows = [
            (Table::Contents, recorded.map(|sequence| content_row(id, sequence))),
            (Table::Blobs, at.map(|at| blob_row(id, at))),
        ];
        for (tree, row) in rows {
            if let Some((key, value)) = row {
                self.add(tree, &key, &value);
                self.contents.entry(tree).or_default().insert(key, value);
            }
        }
    }

    fn add(&mut self, tree: Table, key: &[u8], value: &[u8]) {
        self.sums.entry(tree).or_default().add(key, value);
    }

    /// Every difference between the index's keys and the journal's. Received bytes that no entry
    /// names may be in the index or not.
    pub(crate) fn differences(
        &mut self,
        layout: &Layout,
        orphans: &BTreeMap<ContentId, Location>,
    ) -> Vec<Fault> {
        let orphans: BTreeMap<Vec<u8>, Vec<u8>> =
            orphans.iter().map(|(id, at)| blob_row(*id, at)).collect();
        for (key, count) in std::mem::take(&mut self.counts) {
            self.add(Table::Counts, &key, &count.to_be_bytes());
        }
        let mut faults = Vec::new();
        for tree in Table::KEYS {
            let mut sum = Sum::default();
            let scanned = self.index.scan(tree, &mut |key, value| {
                if tree != Table::Blobs || orphans.get(key).is_none_or(|orphan| orphan != value) {
                    sum.add(key, value);
                }
            });
            let expected = self.sums.get(&tree).copied().unwrap_or_default();
            match scanned {
                Err(IndexError(why)) => {
                    let message = format!("expected {} that can be read, got {why}", tree.name());
                    faults.push(Fault { class: FaultClass::Index, entry: None, message });
                }
                Ok(()) if sum == expected => {}
                Ok(()) => faults.extend(self.named(tree, layout, &orphans)),
            }
        }
        faults
    }

    /// Names the differences of one tree; only called where there are some.
    fn named(
        &self,
        tree: Table,
        layout: &Layout,
        orphans: &BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Vec<Fault> {
        let mut missing = self.expected(tree, layout);
        let mut faults = Vec::new();
        let mut fault = |entry: Option<u64>, message: String| {
            if faults.len() < NAMED_MAX {
                faults.push(Fault { class: FaultClass::Index, entry, message });
            }
        };
        // Was read to its end a moment ago; what cannot be read now is missing below.
        let _ = self.index.scan(tree, &mut |key, value| match missing.remove(key) {
            Some(expected) if expected == value => {}
            Some(expected) => {
                let message = format!("expected another row of {} under its key", tree.name());
                fault(entry_of(tree, key, &expected), message);
            }
            None if tree == Table::Blobs && orphans.get(key).is_some_and(|row| row == value) => {}
            None => {
                let message = format!("expected no such row of {}, got one", tree.name());
                fault(entry_of(tree, key, value), message);
            }
        });
        for (key, value) in missing {
            let message = format!("expected a row of {}, got none", tree.name());
            fault(entry_of(tree, &key, &value), message);
        }
        faults
    }

    /// The rows that a sound journal asks for in one tree.
    fn expected(&self, tree: Table, layout: &Layout) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut rows = self.contents.get(&tree).cloned().unwrap_or_default();
        let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let _ = survey::all_entries(layout, &mut |batch| {
            for linked in batch {
                let found = Found::of(&linked.facts);
                let of_tree: Vec<Row> = match tree {
                    Table::Accessions => found.accession.into_iter().collect(),
                    Table::Conflicts => found.conflict.into_iter().collect(),
                    Table::Issuers => found.issuers,
                    _ => Vec::new(),
                };
                rows.extend(of_tree);
                found.counted.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
            }
        });
        if tree == Table::Counts {
            rows.extend(counts.into_iter().map(|(key, n)| (key, n.to_be_bytes().to_vec())));
        }
        rows
    }
}

/// The entry a row leads to, where it leads to one.
fn entry_of(tree: Table, key: &[u8], value: &[u8]) -> Option<u64> {
    let number = match tree {
        Table::Issuers => key.last_chunk::<8>(),
        Table::Accessions | Table::Conflicts | Table::Contents => value.first_chunk::<8>(),
        _ => None,
    };
    number.copied().map(u64::from_be_bytes)
}

/// A folder that is removed when it is no longer needed.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // A scratch folder that stays is untidy, not wrong.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let target = to.join(file.file_name());
        if file.file_type()?.is_dir() {
            copy_dir(&file.path(), &target)?;
        } else {
            fs::copy(file.path(), target)?;
        }
    }
    Ok(())
}
