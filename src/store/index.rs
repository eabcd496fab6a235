//! The index: entries and the rows they are found by. New rows wait in memory, for the journal has
//! them already; many at a time go into sled's leaves (spec, section 11).
//! Never evidence, and never a shorter answer than what was put in.

use std::io;
use std::path::{Path, PathBuf};

use crate::ledger::chain::Head;
use crate::store::digests::{Digests, is_of};
use crate::store::disk;
use crate::store::found::{self, Rows, Table};
pub use crate::store::index_meta::Meta;
use crate::store::index_meta::{Kept, Underway};
use crate::store::index_signed::Vouched;
use crate::store::journal::Location;
use crate::store::packed::{Change, Leaf, LeafError, Row, merge};
use crate::store::regular;
use crate::store::sled::{Held, IndexError, Sled};
use crate::store::waiting::Waiting;
use crate::terms::id::ContentId;

/// How many bytes of rows wait in memory at most.
pub const LAG_BYTES: usize = 128 * 1024 * 1024;
/// How many bytes of leaves go into sled in one transaction: it holds each of them four times.
const STEP_BYTES: usize = 8 * 1024 * 1024;
/// The file that says that the index was at rest, beside sled's own.
const AT_REST: &str = "at-rest";

/// Leaves, and the changes that are still to be made.
type Planned<'a> = (Vec<Row>, &'a [(&'a [u8], &'a Change)]);

impl From<LeafError> for IndexError {
    fn from(error: LeafError) -> Self {
        IndexError::new(error.to_string())
    }
}

/// The index, open.
pub struct Index {
    sled: Option<Sled>,
    path: PathBuf,
    pub(super) kept: Option<Kept>,
    meta: Option<Meta>,
    digests: Digests,
    /// Whether leaves are held against their digests.
    believed: bool,
    /// Who vouches for what sled holds.
    pub(super) vouched: Vouched,
    changes: Waiting,
    waiting: usize,
    lag: usize,
    step: usize,
    rested: bool,
}

impl Index {
    /// Opens the index of a folder, or makes an empty one there. One that was not at rest is
    /// counted over: sled can lose what it was given without a word.
    ///
    /// # Errors
    /// sled cannot open it, or panics over it; it is of another version, or lacks what it had.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        Self::of(Sled::open(path)?, path)?.counted()
    }

    /// As [`Index::open`], without counting, and what it holds is read as it is: for those who
    /// believe none of it.
    ///
    /// # Errors
    /// sled cannot open it, or panics over it; or it is of another version.
    pub fn open_as_it_is(path: &Path) -> Result<Self, IndexError> {
        Ok(Self { believed: false, ..Self::of(Sled::open_to_read_once(path)?, path)? })
    }

    /// Itself, if it was at rest or every leaf is there.
    pub(super) fn counted(self) -> Result<Self, IndexError> {
        match self.rested {
            true => Ok(self),
            false => self.not_stood_for()?.pop().map_or(Ok(self), |why| Err(IndexError::new(why))),
        }
    }

    /// The heads that it will have reached with what was on its way.
    pub(super) fn promised(&self) -> Vec<Head> {
        self.underway().iter().map(|underway| underway.to.head).collect()
    }

    /// Closes its files so that they can be moved.
    pub(super) fn let_go(&mut self) {
        self.sled = None;
    }

    /// Opens its files where they were moved to.
    ///
    /// # Errors
    /// They do not open, or are not those that it let go of.
    pub(super) fn take_up(&mut self, path: &Path) -> Result<(), IndexError> {
        let sled = Sled::open(path)?;
        let (held, due) = (sled.meta()?, self.kept.as_ref().map(Kept::to_bytes));
        if held.as_deref() != due.as_deref() {
            return Err(IndexError::new("the files of the index are not those that were made"));
        }
        self.path = path.to_owned();
        self.sled = Some(sled);
        Ok(())
    }

    pub(super) fn of(sled: Sled, path: &Path) -> Result<Self, IndexError> {
        let held = sled.meta()?;
        let kept = held.as_deref().map(Kept::from_bytes).transpose()?;
        let noted = regular::read(&path.join(AT_REST)).ok();
        let rested = noted.is_some() && noted.as_deref() == held.as_deref();
        Ok(Self {
            sled: Some(sled),
            path: path.to_owned(),
            meta: kept.as_ref().map(|kept| kept.meta),
            digests: Digests::of(kept.as_ref().map(|kept| kept.top).unwrap_or_default()),
            believed: true,
            vouched: Vouched::of(kept.as_ref()),
            kept,
            changes: Waiting::default(),
            waiting: 0,
            lag: LAG_BYTES,
            step: STEP_BYTES,
            rested,
        })
    }

    /// How far it reaches; `None` for an empty one.
    pub fn meta(&self) -> Option<Meta> {
        self.meta
    }

    /// Lets another number of bytes wait in memory: tests let none.
    pub fn set_lag(&mut self, bytes: usize) {
        self.lag = bytes;
    }

    /// Lets another number of bytes go into sled at a time: tests let few.
    pub fn set_step(&mut self, bytes: usize) {
        self.step = bytes;
    }

    /// How many entries it has ever seen: more than it reaches where it was broken off while they
    /// went into sled. Until it has seen as many again its rows are not of one state.
    pub fn seen(&self) -> u64 {
        let reaches = self.meta.map_or(0, |meta| meta.head.size);
        self.kept.as_ref().map_or(reaches, |kept| reaches.max(kept.seen()))
    }

    fn underway(&self) -> &[Underway] {
        self.kept.as_ref().map_or(&[], |kept| &kept.underway)
    }

    /// Takes in the rows of entries, the places of received bytes, and how far it reaches then.
    ///
    /// # Errors
    /// sled cannot write; the index holds all of it or nothing.
    pub fn apply(
        &mut self,
        entries: impl IntoIterator<Item = Rows>,
        blobs: &[(ContentId, Location)],
        meta: &Meta,
    ) -> Result<(), IndexError> {
        for Rows { sequence, rows } in entries {
            for (key, change) in rows {
                if !self.has_counted(sequence, &key) {
                    self.waiting += self.changes.push(key, change);
                }
            }
        }
        for (content, at) in blobs {
            let (key, value) = found::blob_row(*content, at);
            self.change(Table::Blobs, &key, Change::Put(value));
        }
        self.meta = Some(*meta);
        self.flush_if_due()
    }

    pub(super) fn flush_if_due(&mut self) -> Result<(), IndexError> {
        let whole = self.meta.is_some_and(|meta| meta.head.size >= self.seen());
        if self.waiting > self.lag && whole { self.flush() } else { Ok(()) }
    }

    /// Whether a row is a count that has this entry already, from a time when it was taken in and
    /// broken off. All other changes can be made twice.
    fn has_counted(&self, sequence: u64, key: &[u8]) -> bool {
        self.underway().iter().any(|underway| {
            let before = sequence < underway.to.head.size && key < underway.next.as_slice();
            before && key.first() == Some(&(Table::Counts as u8))
        })
    }

    pub(super) fn change(&mut self, table: Table, key: &[u8], change: Change) {
        self.waiting += self.changes.push(table.key(key), change);
    }

    /// Puts what waits in memory into sled, a stretch of keys after the other, each in a
    /// transaction that says how far it is. A process can be killed between two of them.
    ///
    /// # Errors
    /// sled cannot write, or does not hold what it was given; the index is then closed.
    pub fn flush(&mut self) -> Result<(), IndexError> {
        let Some(meta) = self.meta.filter(|_| !self.is_level()) else { return Ok(()) };
        let (expected, got) = (self.seen(), meta.head.size);
        if got < expected {
            return Err(IndexError::new(format!(
                "expected {expected} entries as it had before, got {got}"
            )));
        }
        let changes = std::mem::take(&mut self.changes);
        let flushed = self.wake().and_then(|()| self.flush_all(&changes, meta));
        if flushed.is_err() {
            self.sled = None;
        }
        self.waiting = 0;
        flushed
    }

    /// Whether sled holds all there is.
    fn is_level(&self) -> bool {
        let held = self.kept.as_ref().map(|kept| kept.meta);
        self.changes.is_empty() && held == self.meta && self.vouched.is_signed_by_hand()
    }

    fn flush_all(&mut self, changes: &Waiting, to: Meta) -> Result<(), IndexError> {
        let changes: Vec<(&[u8], &Change)> = changes.iter().collect();
        let mut rest = changes.as_slice();
        loop {
            rest = self.flush_step(rest, to)?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Puts the first of some changes into sled, in one transaction, and returns the others.
    fn flush_step<'a>(
        &mut self,
        changes: &'a [(&'a [u8], &'a Change)],
        to: Meta,
    ) -> Result<&'a [(&'a [u8], &'a Change)], IndexError> {
        let (leaves, rest) = self.planned(changes)?;
        let (above, top) = self.digests.with(self.sled()?, &leaves)?;
        let before = self.kept.as_ref().map_or(Meta::NONE, |kept| kept.meta);
        let signature = None;
        let mut kept = match rest.first() {
            Some((next, _)) => {
                // What was broken off before and is further than this.
                let further = self.underway().iter().filter(|other| other.next.as_slice() > *next);
                let mut underway: Vec<Underway> = further.cloned().collect();
                underway.push(Underway { to, next: next.to_vec() });
                Kept { meta: before, top, signature, underway }
            }
            None => Kept { meta: to, top, signature, underway: Vec::new() },
        };
        let signer = self.vouched.sign(&mut kept);
        self.sled()?.write(&leaves, &above, &kept.to_bytes())?;
        self.vouched.signer = signer;
        self.digests = Digests::of(top);
        self.kept = Some(kept);
        Ok(rest)
    }

    /// The leaves that take the first of some changes in, as many as go in one step, and the other
    /// changes.
    fn planned<'a>(
        &self,
        changes: &'a [(&'a [u8], &'a Change)],
    ) -> Result<Planned<'a>, IndexError> {
        let (mut leaves, mut len) = (Vec::new(), 0);
        let mut rest = changes;
        while let Some((first, _)) = rest.first()
            && len < self.step
        {
            let (key, old) = match self.leaf_of(first)? {
                Some((key, old)) => (key.to_vec(), Some(old)),
                None => (Vec::new(), None),
            };
            let upper = match &old {
                Some(old) => Leaf::open(old)?.upper,
                None => None,
            };
            let here = |upper| rest.partition_point(|(key, _)| *key < upper);
            let (here, _) = rest.split_at(upper.map_or(rest.len(), here));
            // A leaf can take any number of changes: it becomes many. The others have to wait until
            // those are in sled.
            let mut room = self.step.saturating_sub(len);
            let fit = here.iter().take_while(|(key, change)| {
                let fits = room > 0;
                room = room.saturating_sub(key.len() + change.len());
                fits
            });
            let (now, later) = rest.split_at(fit.count());
            let cut = now.len() < here.len();
            for (key, leaf) in merge(&key, old.as_deref(), now)? {
                len += leaf.len();
                leaves.push((key, leaf));
            }
            rest = later;
            if cut {
                break;
            }
        }
        Ok((leaves, rest))
    }

    /// Puts the index to rest: all of it in sled, sled's file synced, and sled opened anew, for
    /// only then does it write its snapshot. Without one, a bit that flips can cost rows without
    /// a word, and opening takes seconds a million entries. Without a key nothing goes into a
    /// signed one: what waits is in the journal.
    ///
    /// # Errors
    /// The index cannot be written, or does not open again.
    pub fn rest(&mut self) -> Result<(), IndexError> {
        if self.vouched.is_anothers() && !self.is_level() {
            return Ok(());
        }
        self.flush()?;
        let Some(kept) = self.kept.as_ref().filter(|_| !self.rested).map(Kept::to_bytes) else {
            return Ok(());
        };
        self.sled()?.sync()?;
        self.sled = None;
        self.sled = Some(Sled::open(&self.path)?);
        let path = self.path.join(AT_REST);
        let written = disk::put_file(&path, &kept);
        written.map_err(|error| {
            IndexError::failed(format!("cannot write {}: {error}", path.display()), error.kind())
        })?;
        self.rested = true;
        Ok(())
    }

    /// From here on sled is written: until it is at rest again, opening counts it over.
    fn wake(&mut self) -> Result<(), IndexError> {
        let path = self.path.join(AT_REST);
        self.rested = false;
        if !path.exists() {
            return Ok(());
        }
        let failed = |error: io::Error| {
            IndexError::failed(format!("cannot remove {}: {error}", path.display()), error.kind())
        };
        disk::remove(&path).map_err(failed)?;
        disk::sync_folder(&self.path).map_err(|error| {
            IndexError::failed(
                format!("cannot sync {}: {error}", self.path.display()),
                error.kind(),
            )
        })
    }

    /// How the leaves in sled are not those that their digests stand for, each in words.
    ///
    /// # Errors
    /// sled cannot read them.
    pub(super) fn not_stood_for(&self) -> Result<Vec<String>, IndexError> {
        let (sled, mut wrong, mut known) = (self.sled()?, Vec::new(), true);
        let mut leaves = sled.leaves()?;
        let mut next = leaves.next_leaf();
        self.digests.each(sled, &mut |due| {
            let (due, digest) = match due {
                Ok(due) => due,
                Err(IndexError { why, .. }) => {
                    known = false;
                    return wrong.push(why);
                }
            };
            while let Ok(Some((key, _))) = &next
                && **key < *due
            {
                if known {
                    wrong.push(format!("expected no leaf of rows from {key:02x?} on, got one"));
                }
                next = leaves.next_leaf();
            }
            match &next {
                Ok(Some((key, leaf))) if **key == *due => {
                    if !is_of(key, leaf, digest) {
                        wrong.push(format!("expected another leaf of rows from {due:02x?} on"));
                    }
                    next = leaves.next_leaf();
                }
                _ => wrong.push(format!("expected a leaf of rows from {due:02x?} on, got none")),
            }
        });
        while let Some((key, _)) = next? {
            if known {
                wrong.push(format!("expected no leaf of rows from {key:02x?} on, got one"));
            }
            next = leaves.next_leaf();
        }
        Ok(wrong)
    }

    /// That a leaf of rows is the one that was put in.
    fn believe(&self, key: &[u8], leaf: &Held) -> Result<(), IndexError> {
        if self.believed { self.digests.check(self.sled()?, key, leaf) } else { Ok(()) }
    }

    /// The leaf that has a key, if anyone has; with the leaf's own key.
    fn leaf_of(&self, key: &[u8]) -> Result<Option<(Held, Held)>, IndexError> {
        if self.digests.top().levels == 0 {
            return Ok(None);
        }
        let missing = || IndexError::new("expected a leaf of rows, got none");
        let found = self.sled()?.leaf_before(key)?.ok_or_else(missing)?;
        self.believe(&found.0, &found.1)?;
        match Leaf::open(&found.1)?.upper {
            Some(upper) if key >= upper => Err(missing()),
            _ => Ok(Some(found)),
        }
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let mut found = None;
        self.get_each(table, std::iter::once(key), &mut |_, row| found = row)?;
        Ok(found)
    }

    /// Hands over what is under each of some keys. If they are sorted, each leaf is fetched once.
    pub(super) fn get_each<K: AsRef<[u8]>>(
        &self,
        table: Table,
        keys: impl Iterator<Item = K>,
        take: &mut dyn FnMut(K, Option<Vec<u8>>),
    ) -> Result<(), IndexError> {
        let mut last: Option<(Held, Held)> = None;
        for given in keys {
            let key = table.key(given.as_ref());
            let change = self.changes.get(&key);
            if let Some(change @ (Change::Put(_) | Change::Remove)) = change {
                take(given, change.on(None));
                continue;
            }
            let here = match &last {
                Some((from, bytes)) => {
                    let upper = Leaf::open(bytes)?.upper;
                    key.as_slice() >= &**from && upper.is_none_or(|upper| key.as_slice() < upper)
                }
                None => false,
            };
            if !here {
                last = self.leaf_of(&key)?;
            }
            let held = match &last {
                Some((_, bytes)) => Leaf::open(bytes)?.get(&key)?,
                None => None,
            };
            let row = change.map_or_else(|| held.map(<[u8]>::to_vec), |change| change.on(held));
            take(given, row);
        }
        Ok(())
    }

    /// Hands over the rows of a stretch of kept keys, sorted, with the changes that wait.
    pub(super) fn range(
        &self,
        from: &[u8],
        to: &[u8],
        take: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), IndexError> {
        let mut changes = self.changes.range(from, to).peekable();
        let found = self.leaf_of(from)?;
        let after = found.as_ref().map(|(key, _)| self.sled()?.leaves_after(key)).transpose()?;
        let mut after = after.unwrap_or_default();
        let mut next = found.map(|(_, bytes)| bytes);
        while let Some(bytes) = next {
            let mut leaf = Leaf::open(&bytes)?;
            let mut row = leaf.seek(from)?;
            while let Some(value) = row.filter(|_| leaf.key() < to) {
                while let Some((key, change)) = changes.next_if(|(key, _)| &key[..] < leaf.key()) {
                    change.on(None).iter().for_each(|value| take(key, value));
                }
                match changes.next_if(|(key, _)| key.as_slice() == leaf.key()) {
                    Some((key, change)) => {
                        change.on(Some(value)).iter().for_each(|value| take(key, value));
                    }
                    None => take(leaf.key(), value),
                }
                row = leaf.next_row()?;
            }
            next = match leaf.upper {
                Some(upper) if upper < to => {
                    let due = after.due(upper)?;
                    self.believe(upper, &due)?;
                    Some(due)
                }
                _ => None,
            };
        }
        for (key, change) in changes {
            change.on(None).iter().for_each(|value| take(key, value));
        }
        Ok(())
    }

    fn sled(&self) -> Result<&Sled, IndexError> {
        self.sled.as_ref().ok_or_else(|| IndexError::new("the index is closed"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ledger::chain::{Entry, Head};
    use crate::store::batch::{Facts, Linked};
    use crate::store::segment::Place;
    use crate::terms::time::RecordedAt;
    use crate::terms::topic::Topic;

    const END: Place = Place::START;

    fn linked(sequence: u64, len: usize) -> Linked {
        let origin = "x".repeat(len);
        let head = Head { size: sequence, ..Head::NONE };
        let event = crate::ledger::event::Event::LedgerOpened { origin };
        let entry = Entry::link(&head, RecordedAt(1), &event).unwrap();
        let mut facts = Facts::of(sequence, &event);
        facts.topics = vec![Topic::name("a"), Topic::name(&format!("only {sequence}"))];
        Linked { entry, facts }
    }

    fn rows(Linked { entry, facts }: &Linked) -> Rows {
        Rows::of(entry, facts)
    }

    fn meta(size: u64) -> Meta {
        Meta { head: Head { size, ..Head::NONE }, entries_end: END, blobs_end: END }
    }

    fn length(n: u64) -> usize {
        1 + usize::try_from(n * n * 37 % 20_000).unwrap()
    }

    /// Entries of many sizes, some in sled and the rest waiting.
    fn filled(path: &Path, in_sled: u64, all: u64) -> (Index, Vec<Entry>) {
        let mut index = Index::open(path).unwrap();
        let entries: Vec<Linked> = (0..all).map(|n| linked(n, length(n))).collect();
        for linked in &entries {
            let sequence = linked.facts.sequence;
            index.apply([rows(linked)], &[], &meta(sequence + 1)).unwrap();
            if sequence < in_sled && sequence % 7 == 0 || sequence + 1 == in_sled {
                index.flush().unwrap();
            }
        }
        (index, entries.into_iter().map(|linked| linked.entry).collect())
    }

    fn check(index: &Index, sound: &[Entry]) {
        let size = sound.len() as u64;
        assert_eq!(index.meta().unwrap().head.size, size);
        for (first, count) in [(0, size), (3, 1), (size - 1, 1), (5, 6), (size, 0)] {
            let range = usize::try_from(first).unwrap()..usize::try_from(first + count).unwrap();
            assert_eq!(index.page(first, count).unwrap(), sound[range]);
        }
        assert!(index.page(0, size + 1).is_err());
        let all: Vec<u64> = (0..size).collect();
        assert_eq!(index.postings(&Topic::name("a")).unwrap(), all);
        assert_eq!(index.postings(&Topic::name("only 3")).unwrap(), [3]);
        assert_eq!(index.postings(&Topic::name("only")).unwrap(), [0_u64; 0]);
        assert_eq!(index.topics().unwrap().len() as u64, size + 1);
        assert!(index.topics().unwrap().contains(&(Topic::name("a"), size)));
    }

    #[test]
    fn what_waits_and_what_sled_holds_are_one_index() {
        let steps = [20, 100, 300, 3_000, STEP_BYTES];
        for (in_sled, step) in [0, 1, 20, 39, 40].into_iter().flat_map(|n| steps.map(|s| (n, s))) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("index");
            let (mut index, sound) = filled(&path, in_sled, 40);
            check(&index, &sound);
            index.set_step(step);
            index.rest().unwrap();
            assert_eq!(index.not_stood_for().unwrap(), Vec::<String>::new());
            check(&index, &sound);
            drop(index);
            check(&Index::open(&path).unwrap(), &sound);
        }
    }

    #[test]
    fn what_was_not_flushed_is_as_if_it_had_never_come() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        let (index, sound) = filled(&path, 20, 40);
        drop(index);
        check(&Index::open(&path).unwrap(), &sound[..20]);
    }

    /// Takes in entries up to a number and puts them into sled, but breaks off after some steps;
    /// says whether it was done before.
    fn broken_off(path: &Path, to: u64, steps: usize) -> bool {
        let mut index = Index::open(path).unwrap();
        index.set_step(20);
        for sequence in index.meta().unwrap().head.size..to {
            let next = rows(&linked(sequence, length(sequence)));
            index.apply([next], &[], &meta(sequence + 1)).unwrap();
        }
        let changes = index.changes.clone();
        let changes: Vec<(&[u8], &Change)> = changes.iter().collect();
        let mut rest = changes.as_slice();
        index.wake().unwrap();
        for _ in 0..steps {
            if !rest.is_empty() {
                rest = index.flush_step(rest, meta(to)).unwrap();
            }
        }
        rest.is_empty()
    }

    /// Broken off twice, after any number of steps, and brought up again from what was kept before:
    /// the same index as of entries that went in without a break.
    #[test]
    fn a_flush_that_is_broken_off_is_made_up_for() {
        let (mut steps, mut done) = (0_usize, false);
        while !done {
            for again in [steps / 2, steps + steps / 2] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("index");
                let (index, _) = filled(&path, 8, 8);
                drop(index);
                done = broken_off(&path, 16, steps);
                let index = Index::open(&path).unwrap();
                assert_eq!(index.meta().unwrap().head.size, if done { 16 } else { 8 }, "{steps}");
                assert_eq!(index.seen(), if steps > 0 { 16 } else { 8 }, "{steps}");
                drop(index);
                broken_off(&path, 20, again);
                let mut index = Index::open(&path).unwrap();
                index.set_lag(0);
                for sequence in index.meta().unwrap().head.size..24 {
                    let next = rows(&linked(sequence, length(sequence)));
                    let early = sequence + 1 < index.seen();
                    index.apply([next], &[], &meta(sequence + 1)).unwrap();
                    assert!(!early || index.flush().is_err(), "{steps}: not of one state before");
                }
                let sound: Vec<Entry> = (0..24).map(|n| linked(n, length(n)).entry).collect();
                check(&index, &sound);
                index.rest().unwrap();
                drop(index);
                check(&Index::open(&path).unwrap(), &sound);
            }
            steps += 1;
        }
        assert!(steps > 20, "{steps}");
    }

    /// Every leaf, lost, stale, or one that nobody put in: noticed by the count, and by whoever
    /// asks for anything in it.
    #[test]
    fn other_than_was_put_in_is_never_an_answer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        let (mut index, sound) = filled(&path, 30, 30);
        let sled = index.sled().unwrap();
        let (mut leaves, mut next) = (Vec::new(), Some(Vec::new()));
        while let Some(key) = next {
            let bytes = sled.leaf(&key).unwrap().unwrap().to_vec();
            next = Leaf::open(&bytes).unwrap().upper.map(<[u8]>::to_vec);
            leaves.push((key, bytes));
        }
        assert!(leaves.len() > 20, "{}", leaves.len());
        let held = sled.meta().unwrap().unwrap().to_vec();
        let whole = |index: &Index| -> Result<(), IndexError> {
            index.page(0, 30)?;
            index.topics()?;
            index.postings(&Topic::name("a")).map(drop)
        };
        let wrong = |index: &Index| index.not_stood_for().unwrap().len();
        whole(&index).unwrap();
        for (at, (key, bytes)) in leaves.iter().enumerate() {
            let sled = index.sled().unwrap();
            // The leaf as it was before its last row came.
            let mut rows = Vec::new();
            let mut leaf = Leaf::open(bytes).unwrap();
            while let Some(value) = leaf.next_row().unwrap() {
                rows.push((leaf.key().to_vec(), Change::Put(value.to_vec())));
            }
            rows.pop();
            let rows: Vec<(&[u8], &Change)> = rows.iter().map(|(k, c)| (&k[..], c)).collect();
            let (_, stale) = merge(key, None, &rows).unwrap().remove(0);
            sled.write(&[(key.clone(), stale)], &[], &held).unwrap();
            assert_eq!(wrong(&index), 1, "stale leaf {at}");
            assert!(whole(&index).is_err(), "stale leaf {at}");
            sled.remove(key).unwrap();
            assert_eq!(wrong(&index), 1, "lost leaf {at}");
            assert!(whole(&index).is_err(), "lost leaf {at}");
            sled.write(&[(key.clone(), bytes.clone())], &[], &held).unwrap();
            assert_eq!(wrong(&index), 0);
            let stray = [key.as_slice(), &[0, 1]].concat();
            sled.write(&[(stray.clone(), bytes.clone())], &[], &held).unwrap();
            assert_eq!(wrong(&index), 1, "stray leaf after {at}");
            sled.remove(&stray).unwrap();
        }
        check(&index, &sound);
        index.sled().unwrap().remove(&leaves[3].0).unwrap();
        index.sled = None;
        assert!(Index::open(&path).is_err());
    }

    #[test]
    fn rest_ends_when_sled_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        let (mut index, _) = filled(&path, 10, 10);
        assert!(!path.join(AT_REST).exists());
        index.rest().unwrap();
        assert!(path.join(AT_REST).exists());
        let more = rows(&linked(10, 5));
        index.apply([more], &[], &meta(11)).unwrap();
        assert!(path.join(AT_REST).exists(), "it waits in memory");
        index.flush().unwrap();
        assert!(!path.join(AT_REST).exists());
        drop(index);
        // The note of another state says nothing.
        let index = Index::open(&path).unwrap();
        assert!(!index.rested);
        let (top, underway) = (index.digests.top(), Vec::new());
        let older = Kept { meta: meta(10), top, signature: None, underway };
        fs::write(path.join(AT_REST), older.to_bytes()).unwrap();
        drop(index);
        assert!(!Index::open(&path).unwrap().rested);
    }

    #[test]
    fn an_index_of_another_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        let (index, _) = filled(&path, 3, 3);
        let mut kept = index.sled().unwrap().meta().unwrap().unwrap().to_vec();
        kept[3] = 2;
        index.sled().unwrap().write(&[], &[], &kept).unwrap();
        drop(index);
        let refused = Index::open(&path).err().unwrap();
        assert_eq!(refused.to_string(), "an index of version 2, not 5");
    }
}
