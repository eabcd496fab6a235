//! The tamper drill: a copy of a ledger, in memory, changed in every way and audited each time.
//! Never touches the ledger it is shown; says what was found, and whether at the right entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::audit::FaultClass;
use crate::ledger::chain::{Entry, Head};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::Event;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::leaf;
use crate::ledger::tiles::{Kind, TILE_WIDTH, Tile, add_entry, entries, hash_tile};
use crate::store::checkpoints::{self, All};
use crate::store::export::{ExportError, export_up_to};
use crate::store::export_audit::{Trust, audit};
use crate::store::exported::{CHECKPOINT, CHECKPOINTS, Files, Outlet, POLICY, blob_path};
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
    /// One row a kind of change.
    pub rows: Vec<Row>,
}

/// An export in memory.
#[derive(Clone, Default)]
struct Copy(BTreeMap<String, Vec<u8>>);

impl Files for Copy {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(name).cloned())
    }
}

impl Outlet for Copy {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        self.0.insert(name.to_owned(), bytes.to_vec());
        Ok(true)
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        self.0.remove(name);
        Ok(())
    }
}

/// Changes a copy of the ledger's first entries, up to a checkpoint within one tile, in every way.
///
/// # Errors
/// The ledger cannot be exported.
pub fn drill(ledger: &Ledger) -> Result<Drilled, ExportError> {
    let mut copy = Copy::default();
    let size = export_up_to(ledger, &mut copy, Some(TILE_WIDTH))?.size;
    let keys = ledger.keys().up_to(size);
    let mut work = Drill::new(copy, size, keys.current())?;
    work.files()?;
    work.entries()?;
    work.history()?;
    Ok(Drilled { size, rows: work.rows })
}

struct Drill {
    copy: Copy,
    size: u64,
    trust: Trust,
    bundle: String,
    tile: String,
    entries: Vec<Vec<u8>>,
    rows: Vec<Row>,
}

impl Drill {
    fn new(copy: Copy, size: u64, key: &VerifierKey) -> Result<Self, StoreError> {
        let path = |kind| {
            let tile = Tile::all(size).find(|tile| tile.kind == kind);
            tile.map_or(String::new(), Tile::path)
        };
        let (bundle, tile) = (path(Kind::Entries), path(Kind::Hashes { level: 0 }));
        let bytes = copy.read(&bundle)?.unwrap_or_default();
        let stored = entries(&bytes).0.into_iter().map(<[u8]>::to_vec).collect();
        let last = copy.read(CHECKPOINT)?.unwrap_or_default();
        let kept = checkpoints::unproven(&last).ok().map(|(at, _)| Checkpoint {
            origin: key.name().to_owned(),
            size: at.size,
            root: at.root,
        });
        let trust = Trust { key: Some(key.clone()), kept: kept.into_iter().collect() };
        Ok(Self { copy, size, trust, bundle, tile, entries: stored, rows: Vec::new() })
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
        changes: Vec<(Copy, Option<u64>)>,
    ) -> Result<(), StoreError> {
        let mut row = Row { what, tried: 0, found: 0, placed: 0, classes: BTreeSet::new() };
        for (changed, entry) in changes {
            row.tried += 1;
            let found = audit(&changed, &self.trust, &mut |_, _| ())?;
            let faults = found.report.faults;
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
        copy.0.insert(name.to_owned(), bytes);
        copy
    }

    fn with_entries(&self, entries: &[Vec<u8>]) -> Copy {
        let mut bytes = Vec::new();
        entries.iter().for_each(|entry| {
            add_entry(&mut bytes, entry);
        });
        self.with(&self.bundle, bytes)
    }

    /// One bit of a file, at some of its bytes; `entry` says which one a byte belongs to.
    fn flips(&self, name: &str, entry: &dyn Fn(u64) -> Option<u64>) -> Vec<(Copy, Option<u64>)> {
        let bytes = self.copy.0.get(name).cloned().unwrap_or_default();
        let flip = |at: u64| {
            let mut other = bytes.clone();
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
        let of_hash = self.flips(&self.tile, &|at| Some(at / 32));
        self.row("a bit of a tile", of_hash)?;
        let blobs: Vec<String> =
            self.copy.0.keys().filter(|name| name.starts_with("blob/")).cloned().collect();
        let some: Vec<&String> = Self::places(blobs.len() as u64)
            .filter_map(|at| blobs.get(usize::try_from(at).ok()?))
            .collect();
        let bits = some.iter().flat_map(|name| self.flips(name, &nothing).into_iter().take(3));
        self.row("a bit of received bytes", bits.collect())?;
        let without = |name: &String| {
            let mut copy = self.copy.clone();
            copy.0.remove(name);
            (copy, None)
        };
        let no_blob = some.into_iter().map(without).collect();
        let names = self.copy.0.keys().filter(|name| !name.starts_with("blob/"));
        let no_file = names.map(without).collect();
        self.row("received bytes gone", no_blob)?;
        self.row("another file gone", no_file)?;
        let stray = [(self.with("index.html", b"hello".to_vec()), None)];
        self.row("a file put in", stray.to_vec())
    }

    /// Which entry a byte of the bundle belongs to.
    fn entry_at(&self, at: u64) -> Option<u64> {
        let mut end = 0;
        let past = self.entries.iter().position(|entry| {
            end += 2 + entry.len() as u64;
            at < end
        });
        past.map(|n| n as u64)
    }

    fn entries(&mut self) -> Result<(), StoreError> {
        let bits = self.flips(&self.bundle, &|at| self.entry_at(at));
        self.row("a bit of an entry", bits)?;
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
        let notes = All::of(self.copy.0.get(CHECKPOINTS).map_or(&[], Vec::as_slice)).notes;
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
        self.row("put back from an older copy (seen by a kept checkpoint)", older.collect())?;
        let forked = Self::places(self.size).map(|n| (self.forked(n), None));
        self.row("history written anew from an entry on, unsigned", forked.collect())
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
        copy.0.insert(CHECKPOINTS.to_owned(), all);
        copy.0.insert(CHECKPOINT.to_owned(), notes.last().cloned().unwrap_or_default());
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
        let mut bundle = Vec::new();
        entries.iter().for_each(|entry| {
            add_entry(&mut bundle, entry);
        });
        let hashes: Vec<_> = entries.iter().map(|entry| leaf(entry)).collect();
        for tile in Tile::all(size) {
            let bytes = match tile.kind {
                Kind::Entries => bundle.clone(),
                Kind::Hashes { level: 0 } => hash_tile(&hashes),
                Kind::Hashes { .. } => continue,
            };
            self.0.insert(tile.path(), bytes);
        }
        self
    }
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
