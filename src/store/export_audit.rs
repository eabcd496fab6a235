//! Audits an export and changes nothing in it: every fault, with its class and entry (spec, 24.3).
//! Needs nothing but its files: no ledger, no clock, no index.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::ledger::audit::{Auditor, Fault, FaultClass};
use crate::ledger::chain::Entry;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::Event;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::{Subtree, leaf};
use crate::ledger::references::References;
use crate::ledger::rotation::{Keys, Rotations};
use crate::ledger::tiles::{self, Found as Tiled, Kind, Piece, TILE_WIDTH, Tile};
use crate::ledger::tree_audit::TreeAudit;
use crate::store::anchors::{ANCHORS, Anchor, Anchors, UNCHECKED};
use crate::store::audit::{Redacted, Report};
use crate::store::checkpoints::{self, Acknowledged, All};
use crate::store::export_bytes::Named;
use crate::store::export_since::from_there_on;
use crate::store::exported::{CHECKPOINT, CHECKPOINTS, Files, POLICY, ROTATIONS, policy_key};
use crate::store::log::StoreError;
use crate::terms::id::{ContentId, TreeHash};

/// What somebody knows of a ledger who does not take an export's word for it.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// A key that signed for it; `None`: the one that the export's policy names.
    pub key: Option<VerifierKey>,
    /// Checkpoints that were kept elsewhere.
    pub kept: Vec<Checkpoint>,
    /// A checkpoint that is trusted, and gone on from.
    pub since: Option<Checkpoint>,
}

/// What an audit of an export found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// As of a ledger.
    pub report: Report,
    /// Whose signatures were believed, where that could be told.
    pub keys: Option<Keys>,
    /// What proves that each of them followed the one before.
    pub rotations: Rotations,
    /// Whether the key that somebody trusts, if one was given, has signed any of it.
    pub vouched: bool,
    /// Every note of the checkpoints that was believed, with its bytes.
    pub checkpoints: Vec<(Acknowledged, Vec<u8>)>,
    /// The tree's hash of each entry.
    pub leaves: Vec<TreeHash>,
}

/// Audits an export, and hands over each entry that has its place in the chain.
///
/// # Errors
/// A file that cannot be read. Damage is no error but a fault.
pub fn audit(
    files: &dyn Files,
    trust: &Trust,
    take: &mut dyn FnMut(&Entry, &Event),
) -> Result<Found, StoreError> {
    let mut work = Audit::new(files, trust)?;
    if work.is_there() {
        work.tiles()?;
        work.entries(take)?;
        work.rotated();
        work.blobs()?;
        work.strays();
    }
    Ok(work.found())
}

/// The size with an entry.
fn after(entry: u64) -> u64 {
    entry + 1
}

/// The hash of a subtree, where tiles have one of that level.
pub(crate) fn in_tiles(tiles: &Tiles, subtree: Subtree) -> Option<TreeHash> {
    let (level, within) = (subtree.level / 8, subtree.level % 8);
    let tile = tiles.get(&(level, subtree.index / TILE_WIDTH))?;
    let at = usize::try_from(subtree.index % TILE_WIDTH).ok()?;
    if within == 0 { tile.get(at).copied() } else { None }
}

/// Hashes by the level and number of their tile.
pub(crate) type Tiles = BTreeMap<(u32, u64), Vec<TreeHash>>;

pub(crate) struct Audit<'a> {
    pub(crate) files: &'a dyn Files,
    /// The files that nothing has asked for yet.
    pub(crate) left: BTreeSet<String>,
    pub(crate) keys: Option<Keys>,
    pub(crate) rotations: Rotations,
    /// The key that somebody trusts.
    pub(crate) trusted: Option<VerifierKey>,
    pub(crate) anchors: Vec<Anchor>,
    /// The rotations that the entries name.
    pub(crate) rotated: Vec<u64>,
    /// The checkpoints believed, and how many of them were judged.
    pub(crate) signed: Vec<(Acknowledged, Vec<u8>)>,
    pub(crate) judged: usize,
    pub(crate) kept: Vec<Checkpoint>,
    pub(crate) since: Option<Checkpoint>,
    pub(crate) size: u64,
    pub(crate) hashes: Tiles,
    pub(crate) auditor: Auditor,
    pub(crate) tree: TreeAudit,
    pub(crate) leaves: Vec<TreeHash>,
    pub(crate) origin: Option<String>,
    pub(crate) contents: BTreeMap<ContentId, Named>,
    pub(crate) references: References,
    /// Received bytes that an entry redacts.
    pub(crate) redactions: BTreeSet<ContentId>,
    pub(crate) redacted: Redacted,
    /// How many entries have their place and could be read.
    pub(crate) opened: u64,
    pub(crate) not_checked: Vec<String>,
    pub(crate) hashed: u64,
}

impl<'a> Audit<'a> {
    pub(crate) fn new(files: &'a dyn Files, trust: &Trust) -> Result<Self, StoreError> {
        let mut work = Self {
            files,
            left: files.names()?.into_iter().collect(),
            keys: None,
            rotations: Rotations::default(),
            trusted: trust.key.clone(),
            rotated: Vec::new(),
            anchors: Vec::new(),
            signed: Vec::new(),
            judged: 0,
            kept: trust.kept.clone(),
            since: trust.since.clone(),
            size: 0,
            hashes: BTreeMap::new(),
            auditor: Auditor::new(),
            tree: TreeAudit::new(),
            leaves: Vec::new(),
            origin: None,
            contents: BTreeMap::new(),
            references: References::default(),
            redactions: BTreeSet::new(),
            redacted: Redacted::default(),
            opened: 0,
            not_checked: Vec::new(),
            hashed: 0,
        };
        work.policy(trust)?;
        work.checkpoints()?;
        work.anchors()?;
        work.leave_before();
        Ok(work)
    }

    /// A file's bytes, once. One that is not among the names is not there: what is below a link
    /// is no file of the export.
    pub(crate) fn file(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if self.left.remove(name) { self.files.read(name) } else { Ok(None) }
    }

    pub(crate) fn fault(&mut self, class: FaultClass, entry: Option<u64>, message: String) {
        self.auditor.fault(class, entry, message);
    }

    /// Step 1.
    fn policy(&mut self, trust: &Trust) -> Result<(), StoreError> {
        let bytes = self.file(POLICY)?;
        let named = bytes.as_deref().and_then(policy_key);
        let said = named.as_ref().map(ToString::to_string);
        let followed = self.rotations(named.as_ref())?;
        // A key that is trusted may be any of those that followed one another.
        let due = match (&trust.key, &followed) {
            (Some(key), Some(keys)) if keys.from(key).is_some() => Some(keys.clone()),
            (Some(key), _) => Some(Keys::of(key.clone())),
            (None, followed) => followed.clone(),
        };
        match (due.as_ref().map(Keys::current), said) {
            (Some(key), Some(said)) if said != key.to_string() => {
                let message = format!("expected the key {key} in the policy, got {said}");
                self.fault(FaultClass::Format, None, message);
            }
            (_, None) => {
                let got = if bytes.is_some() { "something else" } else { "no such file" };
                let message = format!("expected a policy that trusts one key, got {got}");
                self.fault(FaultClass::Format, None, message);
            }
            _ => {}
        }
        if trust.key.is_none() {
            self.not_checked.push(match &named {
                Some(key) => format!("whose key it is: the export itself says {key}"),
                None => "signatures, for nothing says whose they are".to_owned(),
            });
        }
        self.keys = due.filter(|_| trust.key.is_some() || named.is_some());
        Ok(())
    }

    /// The keys that followed one another, from the first on, as far as that is proven.
    fn rotations(&mut self, named: Option<&VerifierKey>) -> Result<Option<Keys>, StoreError> {
        let Some(bytes) = self.file(ROTATIONS)? else { return Ok(named.cloned().map(Keys::of)) };
        let followed = Rotations::parse(&bytes).and_then(|held| {
            let keys = held.first()?.map(|first| held.follow(&first));
            Ok((held, keys))
        });
        let (keys, wrong) = match followed {
            Ok((held, Some((keys, done)))) => {
                self.rotations = held.up_to(keys.reach());
                (Some(keys), done.err())
            }
            Ok((_, None)) => (None, None),
            Err(error) => (None, Some(error)),
        };
        if let Some(error) = wrong {
            let message = format!("expected the proofs of the key's rotations, got {error}");
            self.fault(FaultClass::Signature, None, message);
        }
        if let Some(keys) = &keys {
            let proven = self.rotations.notes().filter_map(|note| keys.open(note).ok());
            self.kept.extend(proven.collect::<Vec<_>>());
        }
        Ok(keys.or(named.cloned().map(Keys::of)))
    }

    /// Whether the rotations in the entries are those that are proven.
    fn rotated(&mut self) {
        let proven: Vec<u64> = self.keys.iter().flat_map(Keys::rotations).collect();
        let said = std::mem::take(&mut self.rotated);
        let begun = self.begun();
        let reach = (begun + self.opened).min(self.size);
        let proven: Vec<u64> = proven.into_iter().filter(|entry| *entry >= begun).collect();
        let lacks = said.iter().find(|entry| !proven.contains(entry));
        let more = proven.iter().find(|entry| **entry < reach && !said.contains(entry));
        if let Some(entry) = lacks.or(more) {
            let message =
                "expected the proof of each rotation of the key, and no other, got others";
            self.fault(FaultClass::Signature, Some(*entry), message.to_owned());
        }
    }

    /// Step 2: which checkpoints are believed, and so which size the export has.
    fn checkpoints(&mut self) -> Result<(), StoreError> {
        let all = All::of(&self.file(CHECKPOINTS)?.unwrap_or_default());
        for (number, note) in (1..).zip(&all.notes).skip(self.passed_over(&all.notes)) {
            self.note(note, &format!("note {number} of the checkpoints"));
        }
        if !all.torn.is_empty() {
            let message = "expected the checkpoints to end with a note and an empty line, got more";
            self.fault(FaultClass::Checkpoint, None, message.to_owned());
        }
        let last = self.file(CHECKPOINT)?;
        if last.is_none() || last.as_ref() != all.notes.last() {
            let got = if last.is_some() { "another" } else { "no such file" };
            let message = format!("expected the last of the checkpoints as checkpoint, got {got}");
            self.fault(FaultClass::Checkpoint, None, message);
            // The larger of the two says how much there must be.
            let note = last.unwrap_or_default();
            let parsed = self.parse(&note).ok();
            let reach = self.signed.last().map_or(self.begun(), |(last, _)| last.size);
            self.signed.extend(parsed.filter(|at| at.size > reach).map(|at| (at, note)));
        }
        let no_further = self.no_further(&all.notes);
        self.size = self.signed.last().map_or(no_further, |(last, _)| last.size);
        if self.size == 0 {
            let what = "entries and received bytes, for no checkpoint says how many there are";
            self.not_checked.push(what.to_owned());
        }
        Ok(())
    }

    fn parse(&self, note: &[u8]) -> Result<Acknowledged, checkpoints::Unusable> {
        match &self.keys {
            Some(keys) => checkpoints::parse(note, keys),
            None => checkpoints::unproven(note).map(|(at, _)| at),
        }
    }

    pub(crate) fn note(&mut self, note: &[u8], place: &str) {
        let reach = self.signed.last().map_or(self.begun(), |(last, _)| last.size);
        match self.parse(note) {
            Ok(at) if at.size > reach => self.signed.push((at, note.to_vec())),
            Ok(at) => {
                let message = format!("expected more than {reach} entries, got {}", at.size);
                self.fault(FaultClass::Checkpoint, None, format!("{message} in {place}"));
            }
            Err((class, what)) => self.fault(class, None, format!("{what} in {place}")),
        }
    }

    /// What is anchored: each checkpoint is one that the entries have to bear out.
    fn anchors(&mut self) -> Result<(), StoreError> {
        let below = format!("{ANCHORS}/");
        let is_ours = |name: &&String| name.starts_with(&below);
        let names: Vec<String> = self.left.iter().filter(is_ours).cloned().collect();
        let mut files = Vec::new();
        for path in names {
            let bytes = self.file(&path)?.unwrap_or_default();
            files.push((path.strip_prefix(&below).unwrap_or_default().to_owned(), bytes));
        }
        let Anchors { anchors, wrong } = Anchors::of(files);
        for message in wrong {
            self.fault(FaultClass::Anchor, None, message);
        }
        for anchor in &anchors {
            let keys = self.keys.as_ref();
            match keys.map_or(Ok(anchor.checkpoint.clone()), |keys| keys.open(&anchor.note)) {
                Ok(checkpoint) => self.kept.push(checkpoint),
                Err(error) => {
                    let message = format!(
                        "expected a checkpoint of this ledger in anchor {}, got {error}",
                        anchor.digest
                    );
                    self.fault(FaultClass::Anchor, None, message);
                }
            }
        }
        if !anchors.is_empty() {
            self.not_checked.push(UNCHECKED.to_owned());
        }
        self.anchors = anchors;
        Ok(())
    }

    /// The tiles that the size asks for, by the files that are there.
    fn tiles_found(&self) -> Vec<Tiled> {
        tiles::found(self.size, self.begun(), self.left.iter().map(String::as_str))
    }

    /// Takes in the tiles of hashes.
    fn tiles(&mut self) -> Result<(), StoreError> {
        for found in self.tiles_found() {
            match found {
                Tiled::There(tile) => self.tile(tile)?,
                Tiled::Missing { first, last } => self.missing(first, last),
            }
        }
        Ok(())
    }

    fn tile(&mut self, tile: Tile) -> Result<(), StoreError> {
        let Kind::Hashes { level } = tile.kind else { return Ok(()) };
        let path = tile.path();
        if self.is_passed_over(&tile) {
            self.left.remove(&path);
            return Ok(());
        }
        let Some(bytes) = self.file(&path)? else {
            self.missing(tile, tile);
            return Ok(());
        };
        let (hashes, rest) = bytes.as_chunks::<32>();
        if hashes.len() as u64 != tile.width || !rest.is_empty() {
            let message =
                format!("expected {} hashes in {path}, got {} bytes", tile.width, bytes.len());
            self.no_hash(tile, hashes.len() as u64, message);
        }
        let hashes = hashes.iter().map(|hash| TreeHash(*hash)).collect();
        self.hashes.insert((level, tile.index), hashes);
        Ok(())
    }

    /// Tiles of one level, from one to another, are not there.
    fn missing(&mut self, first: Tile, last: Tile) {
        let (path, count) = (first.path(), last.index - first.index + 1);
        let message = match count {
            1 => format!("expected {} hashes in {path}, got no such file", first.width),
            _ => format!("expected {count} tiles, {path} to {}, got none of them", last.path()),
        };
        self.no_hash(first, 0, message);
    }

    /// A tile is wrong after so many hashes.
    fn no_hash(&mut self, tile: Tile, whole: u64, message: String) {
        let Kind::Hashes { .. } = tile.kind else { return };
        let entry = usize::try_from(whole).ok().and_then(|at| tile.subtrees().nth(at));
        let entry = entry.map_or(self.size, |subtree| subtree.index << subtree.level);
        self.fault(FaultClass::Node, Some(entry.min(self.size - 1)), message);
    }

    /// Steps 3 to 5: bundle after bundle.
    fn entries(&mut self, take: &mut dyn FnMut(&Entry, &Event)) -> Result<(), StoreError> {
        let mut begun = self.begin();
        for found in self.tiles_found() {
            let Tiled::There(tile @ Tile { kind: Kind::Entries, .. }) = found else { continue };
            let path = tile.path();
            if self.is_passed_over(&tile) {
                self.left.remove(&path);
                continue;
            }
            let bytes = self.file(&path)?.unwrap_or_default();
            for piece in tiles::pieces(&bytes) {
                match begun {
                    true => self.piece(tile, piece, take),
                    false => begun = self.begins_after(piece),
                }
            }
        }
        if !begun {
            return self.not_begun();
        }
        let got = self.auditor.expected();
        if got < self.size {
            let message = format!(
                "expected {} entries, as the last checkpoint says, got {got}: {} missing",
                self.size,
                self.size - got
            );
            self.fault(FaultClass::Rollback, Some(got), message);
            self.grow_over(got..self.size);
        }
        self.kept_beyond();
        Ok(())
    }

    pub(crate) fn piece(
        &mut self,
        tile: Tile,
        piece: Piece<'_>,
        take: &mut dyn FnMut(&Entry, &Event),
    ) {
        let due = self.auditor.expected();
        let stored = match piece {
            Piece::Entry(bytes) => bytes,
            Piece::Damaged { offset, bytes } => {
                let at = format!("at offset {offset} of {}", tile.path());
                let message =
                    format!("expected the length of the entry behind it, got another {at}");
                self.fault(FaultClass::Frame, Some(due), message);
                if Entry::from_bytes(bytes).is_err() {
                    return;
                }
                bytes
            }
        };
        self.hashed += stored.len() as u64;
        let opened = self.auditor.push(stored);
        let size = self.auditor.expected();
        let hash = leaf(stored);
        if opened.is_some() && self.stored(size.saturating_sub(1)) == Some(hash) {
            self.auditor.vouch_for_last();
        }
        if (due..size).any(|entry| !(tile.first()..tile.first() + tile.width).contains(&entry)) {
            let message = format!("expected other entries in {}, got entry {due}", tile.path());
            self.fault(FaultClass::Frame, Some(due), message);
        }
        if due < size && size <= self.size {
            self.grow_over(due..size - 1);
            self.grow(size - 1, Some(hash));
        } else {
            self.grow_over(due..self.size.min(size));
        }
        if let Some((entry, event)) = opened {
            self.opened += 1;
            // Where it stands, whatever number it says.
            self.names(size.saturating_sub(1), &event);
            take(&entry, &event);
        }
    }

    /// Grows the tree by entries that are missing. Where no hash is there either, only checkpoints
    /// are left to be judged: numbers far too large must not be counted up to.
    fn grow_over(&mut self, missing: Range<u64>) {
        let mut sequence = missing.start;
        while sequence < missing.end {
            if self.tree.is_lost() {
                let signed = self.signed.get(self.judged).map(|(at, _)| at.size);
                let sizes = self.kept.iter().map(|kept| kept.size).chain(signed);
                let next = sizes.filter(|size| *size > sequence).min();
                sequence = next.map_or(missing.end, |size| size - 1);
                if sequence >= missing.end {
                    break;
                }
            }
            self.grow(sequence, None);
            sequence += 1;
        }
    }

    /// Grows the tree by an entry, and judges the checkpoints of that size.
    pub(crate) fn grow(&mut self, sequence: u64, leaf: Option<TreeHash>) {
        let stored = self.stored(sequence);
        let node = |subtree| in_tiles(&self.hashes, subtree);
        self.tree.push_some(sequence, leaf, stored, &node);
        self.leaves.extend(leaf.or(stored));
        let size = sequence + 1;
        if let Some((checkpoint, _)) = self.signed.get(self.judged)
            && checkpoint.size == size
        {
            self.judged += 1;
            self.tree.judge(size, checkpoint.root);
        }
        let root = self.tree.root();
        for kept in self.kept.iter().filter(|kept| kept.size == size) {
            if root != Some(kept.root) {
                let got = root.map_or("one that cannot be told".to_owned(), |got| got.to_string());
                let message = format!(
                    "expected the root {} at {size} entries, as a kept checkpoint says, got {got}",
                    kept.root
                );
                self.auditor.fault(FaultClass::Fork, Some(sequence), message);
            }
        }
    }

    /// The hash that the tiles have for an entry.
    pub(crate) fn stored(&self, sequence: u64) -> Option<TreeHash> {
        in_tiles(&self.hashes, Subtree { level: 0, index: sequence })
    }

    fn kept_beyond(&mut self) {
        let size = self.size;
        for kept in std::mem::take(&mut self.kept).iter().filter(|kept| kept.size > size) {
            let expected = kept.size;
            let message =
                format!("expected {expected} entries, as a kept checkpoint says, got {size}");
            self.fault(FaultClass::Rollback, Some(size), message);
        }
    }

    fn found(mut self) -> Found {
        for fault in std::mem::take(&mut self.tree).finish() {
            self.fault(fault.class, fault.entry, fault.message);
        }
        let (head, begun) = (self.auditor.head(), self.begun());
        let mut faults: Vec<Fault> = self.auditor.finish();
        // A blob that nothing names any more only follows from what else is wrong.
        faults.sort_by_key(|fault| (fault.class == FaultClass::Stray, fault.entry));
        let not_again = "whether the events follow from the received bytes (reading them again)";
        self.not_checked.push(not_again.to_owned());
        if self.size > 0 {
            let outside = "whether all of it was rewritten by whoever holds the key, or is old";
            self.not_checked.push(format!("{outside}, beyond the checkpoints given"));
        }
        let checked = [
            "the policy",
            "every checkpoint's form, order and signature",
            "which files there are",
            "the sequence, links, times and hashes of entries",
            "payloads, and that each is an event in canonical form",
            "the order of events",
            "the tree: its tiles, and its root at every signed checkpoint",
            "received bytes",
        ];
        let checked =
            if self.size > 0 { checked.as_slice() } else { checked.get(..3).unwrap_or(&[]) };
        let checked = from_there_on(begun, checked);
        Found {
            report: Report {
                size: head.size,
                head: head.hash,
                origin: self.origin,
                checked,
                not_checked: self.not_checked,
                anchors: self.anchors,
                faults,
                redacted: self.redacted,
                hashed: self.hashed,
            },
            vouched: self.trusted.is_none_or(|key| {
                let notes = self.signed.iter().map(|(at, _)| at.size);
                let notes = notes.chain(self.since.as_ref().map(|kept| kept.size));
                let mut sizes = notes.chain(self.keys.iter().flat_map(Keys::rotations).map(after));
                sizes.any(|size| self.keys.as_ref().is_some_and(|keys| *keys.of_size(size) == key))
            }),
            keys: self.keys,
            rotations: self.rotations,
            checkpoints: self.signed,
            leaves: self.leaves,
        }
    }
}
