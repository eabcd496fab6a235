//! Compares an index with the journal it was made from: entries one by one, keys as sets.
//! Works on a copy, because opening an index changes it; believes neither, only that they differ.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::chain::Entry;
use crate::ledger::event::Event;
use crate::store::audit::Named;
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
    index: Arc<Index>,
    _folder: Scratch,
    size: u64,
    sums: BTreeMap<Table, Sum>,
    counts: HashMap<Vec<u8>, u64>,
}

/// What one table of the index holds, or why it cannot be read.
pub(crate) type Scanned = Vec<(Table, Result<Sum, IndexError>)>;

/// The rows that one entry asks for, and whether the index holds the entry itself.
pub(crate) struct Rows {
    sums: Vec<(Table, Sum)>,
    counted: Vec<Vec<u8>>,
    held: Result<(), String>,
}

/// Reads the index's entries in their order, beside others that do.
pub(crate) struct Pages<'a> {
    index: &'a Index,
    size: u64,
    page: std::vec::IntoIter<Entry>,
}

impl Pages<'_> {
    /// What an entry of the journal asks for in the index.
    pub(crate) fn rows(&mut self, entry: &Entry, event: &Event) -> Rows {
        let facts = Facts::of(entry.sequence(), event);
        let found = Found::of(&facts);
        let single = [(Table::Accessions, found.accession), (Table::Conflicts, found.conflict)];
        let mut sums: Vec<(Table, Sum)> = Vec::new();
        for (table, (key, value)) in single.into_iter().filter_map(|(t, row)| Some((t, row?))) {
            let mut sum = Sum::default();
            sum.add(&key, &value);
            sums.push((table, sum));
        }
        let mut issuers = Sum::default();
        found.issuers.iter().for_each(|(key, value)| issuers.add(key, value));
        sums.push((Table::Issuers, issuers));
        Rows { sums, counted: found.counted, held: self.holds(entry) }
    }

    /// Holds the index against an entry of the journal; an error says how it differs.
    fn holds(&mut self, entry: &Entry) -> Result<(), String> {
        let sequence = entry.sequence();
        if sequence >= self.size {
            return Ok(());
        }
        match self.held(sequence)? {
            Some(held) if held == *entry => Ok(()),
            _ => Err(format!("expected the journal's entry {sequence} in the index, got another")),
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
}

/// The index of a [`Compare`], for those who read it beside.
#[derive(Clone)]
pub(crate) struct Shared {
    index: Arc<Index>,
    size: u64,
}

impl Shared {
    /// Its entries.
    pub(crate) fn pages(&self) -> Pages<'_> {
        Pages { index: &self.index, size: self.size, page: Vec::new().into_iter() }
    }

    /// All rows of all tables of keys.
    pub(crate) fn scan(&self) -> Scanned {
        let scanned = |table| {
            let mut sum = Sum::default();
            let done = self.index.scan(table, &mut |key, value| sum.add(key, value));
            (table, done.map(|()| sum))
        };
        Table::KEYS.into_iter().map(scanned).collect()
    }
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
            index: Arc::new(index),
            _folder: folder,
            size,
            sums: BTreeMap::new(),
            counts: HashMap::new(),
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

    /// The same index, for others to read.
    pub(crate) fn shared(&self) -> Shared {
        Shared { index: Arc::clone(&self.index), size: self.size }
    }

    /// Notes the rows that an entry asks for; an error says how the index differs.
    pub(crate) fn take(&mut self, rows: Rows) -> Result<(), String> {
        for (table, sum) in &rows.sums {
            self.sums.entry(*table).or_default().join(sum);
        }
        for key in rows.counted {
            *self.counts.entry(key).or_default() += 1;
        }
        rows.held
    }

    fn add(&mut self, tree: Table, key: &[u8], value: &[u8]) {
        self.sums.entry(tree).or_default().add(key, value);
    }

    /// Every difference between the index's keys, as they were scanned, and the journal's. Received
    /// bytes that no entry names may be in the index or not.
    pub(crate) fn differences(
        &mut self,
        scanned: Scanned,
        layout: &Layout,
        contents: &BTreeMap<ContentId, Named>,
        orphans: &BTreeMap<ContentId, Location>,
    ) -> Vec<Fault> {
        for (table, (key, value)) in contents.iter().flat_map(|(id, named)| rows_of(*id, named)) {
            self.add(table, &key, &value);
        }
        for (key, count) in std::mem::take(&mut self.counts) {
            self.add(Table::Counts, &key, &count.to_be_bytes());
        }
        let orphans: BTreeMap<Vec<u8>, Vec<u8>> =
            orphans.iter().map(|(id, at)| blob_row(*id, at)).collect();
        let mut faults = Vec::new();
        for (table, sum) in scanned {
            let expected = self.sums.get(&table).copied().unwrap_or_default();
            match sum.and_then(|sum| self.without(table, sum, &orphans)) {
                Err(IndexError(why)) => {
                    let message = format!("expected {} that can be read, got {why}", table.name());
                    faults.push(Fault { class: FaultClass::Index, entry: None, message });
                }
                Ok(sum) if sum == expected => {}
                Ok(_) => faults.extend(self.named(table, layout, contents, &orphans)),
            }
        }
        faults
    }

    /// The sum of a table without the rows of received bytes that no entry names.
    fn without(
        &self,
        table: Table,
        mut sum: Sum,
        orphans: &BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Result<Sum, IndexError> {
        for (key, value) in orphans.iter().filter(|_| table == Table::Blobs) {
            if self.index.get(table, key)?.as_ref() == Some(value) {
                sum.remove(key, value);
            }
        }
        Ok(sum)
    }

    /// Names the differences of one tree; only called where there are some.
    fn named(
        &self,
        tree: Table,
        layout: &Layout,
        contents: &BTreeMap<ContentId, Named>,
        orphans: &BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Vec<Fault> {
        let mut missing = expected(tree, layout, contents);
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
}

/// The rows that a sound journal asks for in one tree.
fn expected(
    tree: Table,
    layout: &Layout,
    contents: &BTreeMap<ContentId, Named>,
) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let of_contents = contents.iter().flat_map(|(id, named)| rows_of(*id, named));
    let of_tree = of_contents.filter(|(table, _)| *table == tree);
    let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = of_tree.map(|(_, row)| row).collect();
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

/// The rows of received bytes: the first filing that records them, and where they are.
fn rows_of(id: ContentId, named: &Named) -> impl Iterator<Item = (Table, Row)> {
    let recorded = named.recorded.map(|sequence| (Table::Contents, content_row(id, sequence)));
    let place = named.at.map(|at| (Table::Blobs, blob_row(id, &at)));
    recorded.into_iter().chain(place)
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
