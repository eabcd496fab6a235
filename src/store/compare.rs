//! Compares an index with the journal it was made from: entries one by one, keys as sets.
//! Works on a copy, because opening an index changes it; believes neither, only that they differ.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::event::Event;
use crate::store::audit::Named;
use crate::store::batch::Facts;
use crate::store::found::{Found, PIECE, Table, blob_row, content_row, piece_key};
use crate::store::index::Index;
use crate::store::journal::{Location, unused};
use crate::store::layout::Layout;
use crate::store::packed::Row;
use crate::store::regular;
use crate::store::sled::IndexError;
use crate::store::survey;
use crate::terms::id::ContentId;

/// How many differences of one tree are named.
pub(crate) const NAMED_MAX: usize = 1000;

/// A copy of the index, and sums of what the journal says should be in it.
pub(crate) struct Compare {
    // Closed before its folder goes.
    index: Arc<Index>,
    _folder: Scratch,
    size: u64,
    secret: RandomState,
    sums: BTreeMap<Table, Tally>,
}

/// A set of rows, as a count and a sum of keyed hashes. The key is drawn anew for each audit and
/// told nobody, so two sets that were made to have one sum cannot be found beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    rows: u64,
    hashes: u64,
}

impl Tally {
    fn add(&mut self, secret: &RandomState, key: &[u8], value: &[u8]) {
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(hash(secret, key, value));
    }

    fn remove(&mut self, secret: &RandomState, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.hashes = self.hashes.wrapping_sub(hash(secret, key, value));
    }

    fn join(&mut self, other: &Tally) {
        self.rows += other.rows;
        self.hashes = self.hashes.wrapping_add(other.hashes);
    }
}

fn hash(secret: &RandomState, key: &[u8], value: &[u8]) -> u64 {
    let mut hasher = secret.build_hasher();
    hasher.write_u64(key.len() as u64);
    hasher.write(key);
    hasher.write(value);
    hasher.finish()
}

/// What the tables of keys of an index hold.
#[derive(Default)]
pub(crate) struct Scanned {
    /// The rows of each table, or why it cannot be read.
    tables: Vec<(Table, Result<Tally, IndexError>)>,
    /// The rows that `counts` must have for those that `issuers` has, where these stand in order.
    counted: Option<Tally>,
    /// How the leaves are not those that their digests stand for.
    pub(crate) leaves: Vec<String>,
}

/// The rows that one entry asks for, and whether the index holds the entry itself.
pub(crate) struct Rows {
    sums: [(Table, Tally); 3],
    pub(crate) held: Result<(), String>,
}

/// The index of a [`Compare`], for those who read it beside.
#[derive(Clone)]
pub(crate) struct Shared {
    index: Arc<Index>,
    size: u64,
    secret: RandomState,
}

impl Shared {
    /// What an entry of the journal asks for in the index, the entry itself left out.
    pub(crate) fn rows(&self, sequence: u64, event: &Event) -> Rows {
        let found = Found::of(&Facts::of(sequence, event));
        let tally = |rows: &mut dyn Iterator<Item = &Row>| {
            let mut tally = Tally::default();
            rows.for_each(|(key, value)| tally.add(&self.secret, key, value));
            tally
        };
        let sums = [
            (Table::Accessions, tally(&mut found.accession.iter())),
            (Table::Conflicts, tally(&mut found.conflict.iter())),
            (Table::Issuers, tally(&mut found.issuers.iter())),
        ];
        Rows { sums, held: Ok(()) }
    }

    /// Holds the index against entries of the journal, of each its sequence and its stored bytes;
    /// an error says how it differs.
    pub(crate) fn held(&self, entries: &[(u64, &[u8])]) -> Vec<Result<(), String>> {
        let mut held = Vec::with_capacity(entries.len());
        for run in entries.chunk_by(|(one, _), (next, _)| one.checked_add(1) == Some(*next)) {
            let reach = run.partition_point(|(sequence, _)| *sequence < self.size);
            let (within, beyond) = run.split_at(reach);
            if self.has(within) {
                held.extend(within.iter().map(|_| Ok(())));
            } else {
                // One bad entry must not hide the good ones beside it.
                held.extend(within.iter().map(|(sequence, stored)| self.holds(*sequence, stored)));
            }
            held.extend(beyond.iter().map(|_| Ok(())));
        }
        held
    }

    /// Whether the index has just these entries, whose sequences follow one another: all pieces of
    /// each, and nothing between them.
    fn has<'a>(&self, run: &[(u64, &'a [u8])]) -> bool {
        let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { return true };
        let pieces = |(sequence, stored): (u64, &'a [u8])| {
            let key = move |number| Table::Entries.key(&piece_key(sequence, number));
            stored.chunks(PIECE).zip(0_u8..).map(move |(piece, number)| (key(number), piece))
        };
        let from = Table::Entries.key(&piece_key(*first, 0));
        let to = Table::Entries.key(&piece_key(last.saturating_add(1), 0));
        let (mut due, mut same) = (run.iter().copied().flat_map(pieces), true);
        let read = self.index.range(&from, &to, &mut |key, value| {
            let fits = |(expected, piece): (Vec<u8>, &[u8])| expected == key && piece == value;
            same = same && due.next().is_some_and(fits);
        });
        read.is_ok() && same && due.next().is_none()
    }

    /// As [`Shared::held`], of one entry.
    fn holds(&self, sequence: u64, stored: &[u8]) -> Result<(), String> {
        let held = self.index.stored(sequence, 1).map_err(|IndexError { why, .. }| why)?;
        if held.first().is_some_and(|held| held == stored) {
            return Ok(());
        }
        Err(format!("expected the journal's entry {sequence} in the index, got another"))
    }

    /// All rows of all tables of keys, and what stands for the leaves.
    pub(crate) fn scan(&self) -> Scanned {
        let leaves = self.index.not_stood_for().unwrap_or_else(|IndexError { why, .. }| vec![why]);
        let mut scanned = Scanned { leaves, ..Scanned::default() };
        for table in Table::KEYS {
            let (mut sum, mut counts) = (Tally::default(), Counts::new(&self.secret));
            let read = self.index.scan(table, &mut |key, value| {
                sum.add(&self.secret, key, value);
                if table == Table::Issuers {
                    counts.push(key);
                }
            });
            if table == Table::Issuers && read.is_ok() {
                scanned.counted = counts.finish();
            }
            scanned.tables.push((table, read.map(|()| sum)));
        }
        scanned
    }
}

/// Makes the rows of `counts` from those of `issuers`, as they come in the order of their keys.
struct Counts<'a> {
    secret: &'a RandomState,
    last: Vec<u8>,
    count: u64,
    in_order: bool,
    tally: Tally,
}

impl<'a> Counts<'a> {
    fn new(secret: &'a RandomState) -> Self {
        Self { secret, last: Vec::new(), count: 0, in_order: true, tally: Tally::default() }
    }

    fn topic(key: &[u8]) -> Option<&[u8]> {
        key.split_last_chunk::<8>().map(|(topic, _)| topic)
    }

    fn push(&mut self, key: &[u8]) {
        self.in_order &= self.count == 0 || self.last.as_slice() < key;
        if Self::topic(key) != Self::topic(&self.last) {
            self.end();
        }
        self.count += 1;
        self.last.clear();
        self.last.extend_from_slice(key);
    }

    fn end(&mut self) {
        let count = std::mem::take(&mut self.count);
        if let Some(topic) = Self::topic(&self.last).filter(|_| count > 0) {
            self.tally.add(self.secret, topic, &count.to_be_bytes());
        }
    }

    /// The sum; `None` for keys out of order, of which one topic could be counted twice.
    fn finish(mut self) -> Option<Tally> {
        self.end();
        self.in_order.then_some(self.tally)
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
        let unusable = |IndexError { why, .. }| format!("expected an index that opens, got {why}");
        let index = Index::open_as_it_is(&folder.0).map_err(unusable)?;
        let size = index.meta().map_or(0, |meta| meta.head.size);
        Ok(Self {
            index: Arc::new(index),
            _folder: folder,
            size,
            secret: RandomState::new(),
            sums: BTreeMap::new(),
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
        Shared { index: Arc::clone(&self.index), size: self.size, secret: self.secret.clone() }
    }

    /// Notes the rows that an entry asks for; an error says how the index differs.
    pub(crate) fn take(&mut self, rows: Rows) -> Result<(), String> {
        for (table, sum) in &rows.sums {
            self.sums.entry(*table).or_default().join(sum);
        }
        rows.held
    }

    fn add(&mut self, tree: Table, key: &[u8], value: &[u8]) {
        self.sums.entry(tree).or_default().add(&self.secret, key, value);
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
        let orphans: BTreeMap<Vec<u8>, Vec<u8>> =
            orphans.iter().map(|(id, at)| blob_row(*id, at)).collect();
        let mut faults = Vec::new();
        let Scanned { tables, mut counted, .. } = scanned;
        for (table, sum) in tables {
            let of_journal = self.sums.get(&table).copied().unwrap_or_default();
            // What `issuers` asks for is what the journal asks for, if `issuers` is sound.
            let expected = if table == Table::Counts { counted } else { Some(of_journal) };
            if table == Table::Issuers && sum.as_ref() != Ok(&of_journal) {
                counted = None;
            }
            match sum.and_then(|sum| self.without(table, sum, &orphans)) {
                Err(IndexError { why, .. }) => {
                    let message = format!("expected {} that can be read, got {why}", table.name());
                    faults.push(Fault { class: FaultClass::Index, entry: None, message });
                }
                Ok(sum) if Some(sum) == expected => {}
                Ok(_) => faults.extend(self.named(table, layout, contents, &orphans)),
            }
        }
        faults
    }

    /// The sum of a table without the rows of received bytes that no entry names.
    fn without(
        &self,
        table: Table,
        mut sum: Tally,
        orphans: &BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Result<Tally, IndexError> {
        for (key, value) in orphans.iter().filter(|_| table == Table::Blobs) {
            if self.index.get(table, key)?.as_ref() == Some(value) {
                sum.remove(&self.secret, key, value);
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
            regular::metadata(&file.path())?;
            fs::copy(file.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(secret: &RandomState, keys: &[&[u8]]) -> Option<Tally> {
        let mut counts = Counts::new(secret);
        keys.iter().for_each(|key| counts.push(key));
        counts.finish()
    }

    #[test]
    fn rows_in_order_say_what_is_to_be_counted() {
        let secret = RandomState::new();
        let (one, two, other) = (b"a\0\0\0\0\0\0\0\0\x01", b"a\0\0\0\0\0\0\0\0\x02", [b'b'; 10]);
        let mut expected = Tally::default();
        assert_eq!(counted(&secret, &[]), Some(expected));
        expected.add(&secret, b"a\0", &2_u64.to_be_bytes());
        expected.add(&secret, b"bb", &1_u64.to_be_bytes());
        assert_eq!(counted(&secret, &[one, two, &other]), Some(expected));
        // One topic in two places would be counted as two.
        assert_eq!(counted(&secret, &[one, &other, two]), None);
        assert_eq!(counted(&secret, &[one, one]), None);
    }
}
