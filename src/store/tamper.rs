//! The tamper drill: a copy of a ledger, in memory, changed in every way and audited each time.
//! Never touches the ledger it is shown; says what was found, and whether at the right entry.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::chain::{Entry, Head};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::Event;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::{Edge, Subtree, leaf};
use crate::ledger::tiles::{Kind, TILE_WIDTH, Tile, add_entry, entries, hash_tile};
use crate::store::anchors::ANCHORS;
use crate::store::checkpoints::{self, All};
use crate::store::export::{ExportError, export_first};
use crate::store::export_audit::{Trust, audit};
use crate::store::exported::{
    CHECKPOINT, CHECKPOINTS, Files, Outlet, POLICY, ROTATIONS, blob_path, bundles,
};
use crate::store::ledger::Ledger;
use crate::store::log::StoreError;

/// Places at which each change is tried.
const PLACES: u64 = 16;

/// One kind of change, at several places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// What was changed.
    pub what: &'static str,
    /// At how many places.
    pub tried: u64,
    /// How many were found.
    pub found: u64,
    /// How many were found at the entry that was changed, where it was about one.
    pub placed: u64,
    /// What the first fault was.
    pub classes: BTreeSet<FaultClass>,
}

/// What the drill did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drilled {
    /// How many entries were copied.
    pub size: u64,
    /// How many received bytes are not in the copy: entries after it redact them.
    pub lacking: u64,
    /// What is found in the copy before it is changed: nothing, in a ledger that is sound.
    pub unchanged: Vec<Fault>,
    /// One row a kind of change.
    pub rows: Vec<Row>,
}

/// An export in memory. What is changed of it is another one that shares the rest.
#[derive(Clone, Default)]
struct Copy(BTreeMap<String, Rc<Vec<u8>>>);

impl Files for Copy {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(name).map(|bytes| bytes.to_vec()))
    }
}

impl Outlet for Copy {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        self.0.insert(name.to_owned(), Rc::new(bytes.to_vec()));
        Ok(true)
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        self.0.remove(name);
        Ok(())
    }
}

/// Changes a copy of the ledger's first entries, up to a checkpoint of a tile or more, in every
/// way.
///
/// # Errors
/// The ledger cannot be exported.
pub fn drill(ledger: &Ledger) -> Result<Drilled, ExportError> {
    let mut copy = Copy::default();
    let size = export_first(ledger, &mut copy, TILE_WIDTH)?.size;
    let keys = ledger.keys().up_to(size);
    let mut work = Drill::new(copy, size, keys.current())?;
    let unchanged = work.before()?;
    work.files()?;
    work.entries()?;
    work.history()?;
    Ok(Drilled { size, lacking: work.lacking.len() as u64, unchanged, rows: work.rows })
}

struct Drill {
    copy: Copy,
    size: u64,
    trust: Trust,
    entries: Vec<Vec<u8>>,
    /// What is said of each received bytes that the copy lacks, though nothing was changed.
    lacking: BTreeSet<String>,
    rows: Vec<Row>,
}

impl Drill {
    fn new(copy: Copy, size: u64, key: &VerifierKey) -> Result<Self, StoreError> {
        let mut stored = Vec::new();
        for tile in bundles(size) {
            let bytes = copy.read(&tile.path())?.unwrap_or_default();
            stored.extend(entries(&bytes).0.into_iter().map(<[u8]>::to_vec));
        }
        let last = copy.read(CHECKPOINT)?.unwrap_or_default();
        let kept = checkpoints::unproven(&last).ok().map(|(at, _)| Checkpoint {
            origin: key.name().to_owned(),
            size: at.size,
            root: at.root,
        });
        let trust = Trust { key: Some(key.clone()), kept: kept.into_iter().collect(), since: None };
        let (lacking, rows) = (BTreeSet::new(), Vec::new());
        Ok(Self { copy, size, trust, entries: stored, lacking, rows })
    }

    /// What is found before anything is changed. That received bytes are not there is no fault of
    /// the copy: the export leaves out none but those that later entries redact.
    fn before(&mut self) -> Result<Vec<Fault>, StoreError> {
        let faults = audit(&self.copy, &self.trust, &mut |_, _| ())?.report.faults;
        let (lacking, others): (Vec<Fault>, Vec<Fault>) =
            faults.into_iter().partition(|fault| fault.class == FaultClass::Blob);
        self.lacking = lacking.into_iter().map(|fault| fault.message).collect();
        Ok(others)
    }

    /// Places to try of so many: the first, the last, and some between.
    fn places(count: u64) -> impl Iterator<Item = u64> {
        let step = count.div_ceil(PLACES).max(1);
        let some = (0..count).step_by(usize::try_from(step).unwrap_or(usize::MAX));
        some.chain(count.checked_sub(1)).collect::<BTreeSet<u64>>().into_iter()
    }

    /// Tries one kind of change; each comes with the entry that must be named, where it is about
    /// one.
    fn row(
        &mut self,
        what: &'static str,
        changes: impl IntoIterator<Item = (Copy, Option<u64>)>,
    ) -> Result<(), StoreError> {
        let mut row = Row { what, tried: 0, found: 0, placed: 0, classes: BTreeSet::new() };
        for (changed, entry) in changes {
            row.tried += 1;
            let found = audit(&changed, &self.trust, &mut |_, _| ())?;
            let mut faults = found.report.faults;
            faults.retain(|fault| !self.lacking.contains(&fault.message));
            let Some(first) = faults.first() else { continue };
            row.found += 1;
            row.classes.insert(first.class);
            row.placed += u64::from(entry.is_none() || faults.iter().any(|f| f.entry == entry));
        }
        if row.tried > 0 {
            self.rows.push(row);
        }
        Ok(())
    }

    fn with(&self, name: &str, bytes: Vec<u8>) -> Copy {
        let mut copy = self.copy.clone();
        copy.0.insert(name.to_owned(), Rc::new(bytes));
        copy
    }

    /// With other entries, in the bundles that there are: what is too much is in the last.
    fn with_entries(&self, entries: &[Vec<u8>]) -> Copy {
        let (mut copy, mut rest) = (self.copy.clone(), entries);
        let tiles: Vec<Tile> = bundles(self.size).collect();
        for (tile, left) in tiles.iter().zip((0..tiles.len()).rev()) {
            let width = usize::try_from(tile.width).unwrap_or(usize::MAX);
            let (own, after) = match left {
                0 => (rest, [].as_slice()),
                _ => rest.split_at(width.min(rest.len())),
            };
            rest = after;
            let bytes = bundle(own);
            if copy.0.get(&tile.path()).is_none_or(|held| **held != bytes) {
                copy.0.insert(tile.path(), Rc::new(bytes));
            }
        }
        copy
    }

    /// One bit of a file, at some of its bytes; `entry` says which one a byte belongs to.
    fn flips(&self, name: &str, entry: &dyn Fn(u64) -> Option<u64>) -> Vec<(Copy, Option<u64>)> {
        let bytes = self.copy.0.get(name).cloned().unwrap_or_default();
        let flip = |at: u64| {
            let mut other = bytes.to_vec();
            let place = usize::try_from(at).ok().and_then(|at| other.get_mut(at));
            place.into_iter().for_each(|byte| *byte ^= 1 << (at % 8));
            (self.with(name, other), entry(at))
        };
        Self::places(bytes.len() as u64).map(flip).collect()
    }

    fn files(&mut self) -> Result<(), StoreError> {
        let nothing = |_| None;
        self.row("a bit of the policy", self.flips(POLICY, &nothing))?;
        self.row("a bit of the last checkpoint", self.flips(CHECKPOINT, &nothing))?;
        self.row("a bit of a checkpoint", self.flips(CHECKPOINTS, &nothing))?;
        self.row("a bit of the rotations of the key", self.flips(ROTATIONS, &nothing))?;
        let anchors = self.copy.0.keys().filter(|name| name.starts_with(ANCHORS));
        let of_anchors: Vec<_> = anchors.flat_map(|name| self.flips(name, &nothing)).collect();
        self.row("a bit of an anchor", of_anchors)?;
        let tiles = Tile::all(self.size).filter_map(|tile| match tile.kind {
            Kind::Hashes { level } => Some((tile, level)),
            Kind::Entries => None,
        });
        let of_hashes = tiles.flat_map(|(tile, level)| {
            let first = |at: u64| Some((tile.first() + at / 32) << (8 * level));
            self.flips(&tile.path(), &first)
        });
        self.row("a bit of a tile", of_hashes.collect::<Vec<_>>())?;
        let blobs: Vec<String> =
            self.copy.0.keys().filter(|name| name.starts_with("blob/")).cloned().collect();
        let some: Vec<&String> = Self::places(blobs.len() as u64)
            .filter_map(|at| blobs.get(usize::try_from(at).ok()?))
            .collect();
        let bits = some.iter().flat_map(|name| self.flips(name, &nothing).into_iter().take(3));
        self.row("a bit of received bytes", bits.collect::<Vec<_>>())?;
        let without = |name: &String| {
            let mut copy = self.copy.clone();
            copy.0.remove(name);
            (copy, None)
        };
        let no_blob: Vec<_> = some.into_iter().map(without).collect();
        let names = self.copy.0.keys().filter(|name| self.is_needed(name));
        let no_file: Vec<_> = names.map(without).collect();
        self.row("received bytes gone", no_blob)?;
        self.row("another file gone", no_file)?;
        let stray = [(self.with("index.html", b"hello".to_vec()), None)];
        self.row("a file put in", stray.to_vec())
    }

    /// Whether a file that is no received bytes has to be there. A token need not, nor the
    /// checkpoint of an anchor without one (spec, section 21.5).
    fn is_needed(&self, name: &str) -> bool {
        let token = format!("{name}-");
        let has_token = || self.copy.0.keys().any(|other| other.starts_with(&token));
        !name.starts_with("blob/") && (!name.starts_with(ANCHORS) || has_token())
    }

    /// One bit of a bundle, at some of its bytes, with the entry that it is of.
    fn entry_bits(&self, tile: Tile) -> Vec<(Copy, Option<u64>)> {
        let first = usize::try_from(tile.first()).unwrap_or(usize::MAX);
        let here = self.entries.get(first..).unwrap_or_default();
        let entry_at = |at: u64| {
            let mut end = 0;
            let past = here.iter().position(|entry| {
                end += 2 + entry.len() as u64;
                at < end
            });
            past.map(|n| tile.first() + n as u64)
        };
        self.flips(&tile.path(), &entry_at)
    }

    fn entries(&mut self) -> Result<(), StoreError> {
        let bits = bundles(self.size).flat_map(|tile| self.entry_bits(tile));
        self.row("a bit of an entry", bits.collect::<Vec<_>>())?;
        let of = |change: &dyn Fn(&mut Vec<Vec<u8>>, usize), count: u64| {
            let changed = |n: u64| {
                let mut entries = self.entries.clone();
                change(&mut entries, usize::try_from(n).unwrap_or(0));
                (self.with_entries(&entries), Some(n))
            };
            Self::places(count).map(changed).collect::<Vec<_>>()
        };
        let deleted = of(
            &|entries, n| {
                entries.remove(n);
            },
            self.size,
        );
        let swapped = of(&|entries, n| entries.swap(n, n + 1), self.size - 1);
        let twice = of(
            &|entries, n| {
                let again = entries.get(n).cloned().unwrap_or_default();
                entries.insert(n, again);
            },
            self.size,
        );
        let cut = of(&|entries, n| entries.truncate(n), self.size);
        let put_in = of(&|entries, n| entries.insert(n, forged(entries, n)), self.size);
        let replaced = of(
            &|entries, n| {
                let other = forged(entries, n);
                entries.get_mut(n).into_iter().for_each(|entry| entry.clone_from(&other));
            },
            self.size,
        );
        self.row("an entry deleted", deleted)?;
        self.row("two entries swapped", swapped)?;
        self.row("an entry twice", twice)?;
        self.row("an entry put in that links well", put_in)?;
        self.row("an entry replaced by one that links well", replaced)?;
        self.row("the last entries cut off", cut)
    }

    /// The whole history: put back from an older copy, and written anew.
    fn history(&mut self) -> Result<(), StoreError> {
        let notes = All::of(self.copy.0.get(CHECKPOINTS).map_or(&[], |all| all.as_slice())).notes;
        let ends: Vec<(u64, usize)> = (1..)
            .zip(&notes)
            .filter_map(|(count, note)| Some((checkpoints::unproven(note).ok()?.0.size, count)))
            .filter(|(size, _)| *size < self.size)
            .collect();
        let some =
            Self::places(ends.len() as u64).filter_map(|n| ends.get(usize::try_from(n).ok()?));
        let older = some.map(|(size, count)| {
            (self.older(*size, notes.get(..*count).unwrap_or(&[])), Some(*size))
        });
        let older: Vec<_> = older.collect();
        self.row("put back from an older copy (seen by a kept checkpoint)", older)?;
        let forked = Self::places(self.size).map(|n| (self.forked(n), None));
        self.row("history written anew from an entry on, unsigned", forked.collect::<Vec<_>>())
    }

    /// The export as it was at a checkpoint before.
    fn older(&self, size: u64, notes: &[Vec<u8>]) -> Copy {
        let mut copy = self.copy.clone();
        let kept = usize::try_from(size).ok().and_then(|size| self.entries.get(..size));
        let kept = kept.unwrap_or(&[]);
        let named: BTreeSet<String> = kept
            .iter()
            .filter_map(|entry| Entry::from_bytes(entry).ok()?.open().ok()?.content())
            .map(blob_path)
            .collect();
        let beside = |name: &String| !name.starts_with("tile/") && !name.starts_with("blob/");
        copy.0.retain(|name, _| beside(name) || named.contains(name));
        copy = copy.written(size, kept);
        let all = notes.iter().flat_map(|note| [note.as_slice(), b"\n"].concat()).collect();
        copy.0.insert(CHECKPOINTS.to_owned(), Rc::new(all));
        let last = notes.last().cloned().unwrap_or_default();
        copy.0.insert(CHECKPOINT.to_owned(), Rc::new(last));
        copy
    }

    fn forked(&self, n: u64) -> Copy {
        let (mut head, mut entries) = (Head::NONE, Vec::new());
        for (at, stored) in (0..).zip(&self.entries) {
            let linked = Entry::from_bytes(stored).ok().and_then(|entry| {
                let time = entry.envelope.recorded_at;
                let event = if at == n { other_event() } else { entry.open().ok()? };
                Entry::link(&head, time, &event).ok()
            });
            let Some(entry) = linked else { break };
            head = entry.head();
            entries.push(entry.to_bytes());
        }
        self.copy.clone().written(self.size, &entries)
    }
}

impl Copy {
    /// With these entries and the tiles over them.
    fn written(mut self, size: u64, entries: &[Vec<u8>]) -> Self {
        let (mut edge, mut hashes) = (Edge::default(), Vec::new());
        entries.iter().for_each(|entry| edge.push(leaf(entry), &mut hashes));
        let hash = |subtree: Subtree| {
            usize::try_from(subtree.slot()).ok().and_then(|at| hashes.get(at)).copied()
        };
        for tile in Tile::all(size) {
            let bytes = match tile.kind {
                Kind::Entries => bundle(slice(entries, tile)),
                Kind::Hashes { .. } => {
                    hash_tile(&tile.subtrees().filter_map(hash).collect::<Vec<_>>())
                }
            };
            self.0.insert(tile.path(), Rc::new(bytes));
        }
        self
    }
}

/// The entries of a tile of entries.
fn slice(entries: &[Vec<u8>], tile: Tile) -> &[Vec<u8>] {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(entries.len());
    entries.get(place(tile.first())..place(tile.first() + tile.width)).unwrap_or_default()
}

fn bundle(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    entries.iter().for_each(|entry| {
        add_entry(&mut bytes, entry);
    });
    bytes
}

/// An event that no ledger has after its beginning.
fn other_event() -> Event {
    Event::LedgerOpened { origin: "example.org/another".to_owned() }
}

/// An entry that links well before a place, and is another one.
fn forged(entries: &[Vec<u8>], n: usize) -> Vec<u8> {
    let before = n.checked_sub(1).and_then(|before| entries.get(before));
    let head = before.and_then(|entry| Entry::from_bytes(entry).ok());
    let head = head.map_or(Head::NONE, |entry| entry.head());
    let entry = Entry::link(&head, head.recorded_at, &other_event());
    entry.map(|entry| entry.to_bytes()).unwrap_or_default()
}
