//! Writes a ledger as static files that any tlog client can check (spec, section 24.2).
//! Never exports past the signed checkpoint, and nothing whose leaf is not in its tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::chain::Entry;
use crate::ledger::merkle::{Edge, Subtree, leaf, slots};
use crate::ledger::tiles::{self, Kind, Tile};
use crate::store::anchors::{self, ANCHORS, Anchor, Anchors};
use crate::store::checkpoints::{self, Acknowledged, All};
use crate::store::exported::{
    CHECKPOINT, CHECKPOINTS, Outlet, POLICY, ROTATIONS, blob_path, policy_key, policy_text,
};
use crate::store::layout::Layout;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::terms::id::{ContentId, TreeHash};

/// What an export wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// How many entries it has now.
    pub size: u64,
    /// How many it had.
    pub from: u64,
    /// The root over them.
    pub root: Option<TreeHash>,
    /// Files that were written.
    pub written: u64,
    /// Files that were there already.
    pub kept: u64,
    /// Received bytes that were redacted, and left out.
    pub redacted: u64,
    /// How many of those an earlier export had, and this one took away.
    pub withdrawn: u64,
}

/// Why nothing was exported, or not all.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder holds something else.
    #[error("expected an empty folder, or an earlier export of {expected}, got {got}")]
    NotOurs {
        /// The ledger's origin.
        expected: String,
        /// What is there.
        got: String,
    },
    /// A checkpoint that is not signed, or whose root is not the tree's.
    #[error("expected every checkpoint to be signed and to have the tree's root, got {got}")]
    Unsigned {
        /// What is wrong.
        got: String,
    },
    /// An entry whose bytes are not those in the signed tree.
    #[error("expected entry {sequence} as it is in the signed tree, got other bytes")]
    NotInTree {
        /// Which.
        sequence: u64,
    },
    /// The export holds entries that the ledger does not have.
    #[error("the ledger was rolled back: an earlier export has {expected} entries, it has {got}")]
    Ahead {
        /// The export's size.
        expected: u64,
        /// The ledger's.
        got: u64,
    },
    /// The export has another root than the ledger had at its size.
    #[error(
        "the ledger was forked: an earlier export of {size} entries has root {expected}, got {got}"
    )]
    Forked {
        /// The export's size.
        size: u64,
        /// Its root.
        expected: TreeHash,
        /// The ledger's at that size.
        got: String,
    },
    /// The store's own.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Exports a ledger; an earlier export of it is brought up.
///
/// # Errors
/// The ledger does not bear out its own checkpoints, the folder holds something else, or the disk
/// fails. An export that was there stays whole.
pub fn export(ledger: &Ledger, to: &mut dyn Outlet) -> Result<Done, ExportError> {
    export_of(ledger, to, None)
}

/// As [`export`], but no further than the first checkpoint of so many entries or more. Received
/// bytes that a later entry redacts are not there any more, and are left out.
///
/// # Errors
/// As [`export`].
pub fn export_first(
    ledger: &Ledger,
    to: &mut dyn Outlet,
    enough: u64,
) -> Result<Done, ExportError> {
    export_of(ledger, to, Some(enough))
}

fn export_of(
    ledger: &Ledger,
    to: &mut dyn Outlet,
    enough: Option<u64>,
) -> Result<Done, ExportError> {
    let tree = SignedTree::of(ledger, enough)?;
    let from = earlier(ledger, &tree, to)?;
    let size = tree.size;
    let mut redacted = ledger.redactions()?;
    let exported = |entry: &u64| *entry < size;
    let count = redacted.values().filter(|entry| exported(entry)).count() as u64;
    if enough.is_none() {
        redacted.retain(|_, entry| exported(entry));
    }
    let done = Done { size, from, redacted: count, ..Done::default() };
    let mut work = Export { ledger, tree, redacted, to, done };
    let (keys, rotations) = (ledger.keys().up_to(size), ledger.rotations().up_to(size));
    let policy = policy_text(keys.current());
    // A folder that holds other files is taken for an export by its policy.
    let first = work.to.read(POLICY)?.is_none();
    if first {
        work.put(POLICY, policy.as_bytes())?;
    }
    work.entries()?;
    work.hashes()?;
    let (all, last) = (work.tree.notes.concat(), work.tree.last.clone());
    work.put(CHECKPOINTS, &all)?;
    work.anchors()?;
    if !rotations.is_empty() {
        work.put(ROTATIONS, rotations.to_string().as_bytes())?;
    }
    if !first {
        work.put(POLICY, policy.as_bytes())?;
    }
    work.put(CHECKPOINT, &last)?;
    work.remove_replaced()?;
    work.remove_redacted()?;
    work.done.root = Some(work.tree.root);
    Ok(work.done)
}

/// The tree that the ledger's checkpoints are signed for, built anew from its leaves.
struct SignedTree {
    size: u64,
    root: TreeHash,
    /// Each note with the empty line after it.
    notes: Vec<Vec<u8>>,
    /// The last note without it.
    last: Vec<u8>,
    checkpoints: Vec<Acknowledged>,
    /// The hash of each full subtree, in the order of the ledger's own file.
    hashes: Vec<TreeHash>,
}

impl SignedTree {
    fn of(ledger: &Ledger, enough: Option<u64>) -> Result<Self, ExportError> {
        let All { mut notes, .. } = ledger.checkpoints()?;
        let unsigned = |number: usize, what: &str| {
            let got = format!("{what} in note {}", number + 1);
            ExportError::Unsigned { got }
        };
        let mut checkpoints: Vec<Acknowledged> = Vec::new();
        for (number, note) in notes.iter().enumerate() {
            let parsed = checkpoints::parse(note, ledger.keys());
            let at = parsed.map_err(|(_, what)| unsigned(number, &what))?;
            if checkpoints.last().is_some_and(|last| last.size >= at.size) {
                return Err(unsigned(number, "a size that does not grow"));
            }
            checkpoints.push(at);
        }
        let end = enough.and_then(|least| checkpoints.iter().position(|at| at.size >= least));
        if let Some(end) = end {
            checkpoints.truncate(end + 1);
            notes.truncate(end + 1);
        }
        let none = || ExportError::Unsigned { got: "none".to_owned() };
        let Acknowledged { size, root } = *checkpoints.last().ok_or_else(none)?;
        let stored = ledger.stored_hashes()?;
        let (mut edge, mut hashes) = (Edge::default(), Vec::new());
        let mut due = checkpoints.iter().enumerate().peekable();
        for sequence in 0..size {
            let leaf = usize::try_from(slots(sequence)).ok().and_then(|at| stored.get(at));
            edge.push(*leaf.ok_or(ExportError::NotInTree { sequence })?, &mut hashes);
            while let Some((number, at)) = due.next_if(|(_, at)| at.size == edge.size()) {
                if at.root != edge.root() {
                    return Err(unsigned(number, "another root than the tree's"));
                }
            }
        }
        let last = notes.last().cloned().unwrap_or_default();
        let notes = notes.into_iter().map(|note| [note, b"\n".to_vec()].concat()).collect();
        Ok(Self { size, root, notes, last, checkpoints, hashes })
    }

    fn hash(&self, subtree: Subtree) -> Option<TreeHash> {
        usize::try_from(subtree.slot()).ok().and_then(|at| self.hashes.get(at)).copied()
    }
}

/// The size of an earlier export in the place, if it is one of this ledger.
fn earlier(ledger: &Ledger, tree: &SignedTree, to: &dyn Outlet) -> Result<u64, ExportError> {
    let expected = ledger.origin().to_owned();
    let not_ours = |got: &str| ExportError::NotOurs { expected: expected.clone(), got: got.into() };
    match to.read(POLICY)? {
        None if to.names()?.iter().all(|name| name.starts_with('.')) => return Ok(0),
        None => return Err(not_ours("other files")),
        Some(policy)
            if policy_key(&policy).is_none_or(|key| ledger.keys().from(&key).is_none()) =>
        {
            return Err(not_ours("the policy of another ledger or key"));
        }
        Some(_) => {}
    }
    let Some(note) = to.read(CHECKPOINT)? else { return Ok(0) };
    let held = checkpoints::parse(&note, ledger.keys());
    let Acknowledged { size, root } =
        held.map_err(|_| not_ours("a checkpoint that this ledger's key did not sign"))?;
    if size > tree.size {
        return Err(ExportError::Ahead { expected: size, got: tree.size });
    }
    match tree.checkpoints.iter().find(|at| at.size == size) {
        Some(at) if at.root == root => Ok(size),
        other => {
            let got = other.map_or("no checkpoint there".to_owned(), |at| at.root.to_string());
            Err(ExportError::Forked { size, expected: root, got })
        }
    }
}

struct Export<'a> {
    ledger: &'a Ledger,
    tree: SignedTree,
    /// Received bytes that an entry redacts.
    redacted: BTreeMap<ContentId, u64>,
    to: &'a mut dyn Outlet,
    done: Done,
}

impl Export<'_> {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        match self.to.put(name, bytes)? {
            true => self.done.written += 1,
            false => self.done.kept += 1,
        }
        Ok(())
    }

    /// Entry bundles that the export before did not have so, and the received bytes of its new
    /// entries before them.
    fn entries(&mut self) -> Result<(), ExportError> {
        let new = |tile: &Tile, from: u64| tile.first() + tile.width > from;
        let (size, from) = (self.tree.size, self.done.from);
        let bundles = Tile::all(size).take_while(|tile| tile.kind == Kind::Entries);
        for tile in bundles.filter(|tile| new(tile, from)) {
            let (mut bundle, mut named) = (Vec::new(), BTreeSet::new());
            for entry in self.ledger.range(tile.first()..tile.first() + tile.width)? {
                let entry = entry?;
                let sequence = entry.sequence();
                let stored = self.proven(&entry)?;
                if !tiles::add_entry(&mut bundle, &stored) {
                    return Err(ExportError::NotInTree { sequence });
                }
                if sequence >= from {
                    let event = entry.open();
                    let event =
                        event.map_err(|source| StoreError::BadEntry { sequence, source })?;
                    named.extend(event.content());
                }
            }
            named.into_iter().try_for_each(|content| self.blob(content))?;
            self.put(&tile.path(), &bundle)?;
        }
        Ok(())
    }

    /// The stored bytes of an entry, which have the leaf that the signed tree has for it.
    fn proven(&self, entry: &Entry) -> Result<Vec<u8>, ExportError> {
        let (sequence, stored) = (entry.sequence(), entry.to_bytes());
        let expected = self.tree.hash(Subtree { level: 0, index: sequence });
        match expected == Some(leaf(&stored)) {
            true => Ok(stored),
            false => Err(ExportError::NotInTree { sequence }),
        }
    }

    fn blob(&mut self, content: ContentId) -> Result<(), ExportError> {
        if self.redacted.contains_key(&content) {
            return Ok(());
        }
        let received = self.ledger.blob(content)?;
        Ok(self.put(&blob_path(content), &received)?)
    }

    /// What is anchored of the checkpoints that are exported.
    fn anchors(&mut self) -> Result<(), ExportError> {
        let files = anchors::held(&Layout::new(self.ledger.dir()))?;
        let reach = |anchor: &Anchor| anchor.checkpoint.size <= self.tree.size;
        let anchors = Anchors::of(files.clone()).anchors;
        let names: BTreeSet<String> =
            anchors.iter().filter(|a| reach(a)).flat_map(Anchor::files).collect();
        for (name, bytes) in files.iter().filter(|(name, _)| names.contains(name)) {
            self.put(&format!("{ANCHORS}/{name}"), bytes)?;
        }
        Ok(())
    }

    fn hashes(&mut self) -> Result<(), ExportError> {
        let from = self.done.from;
        for tile in Tile::all(self.tree.size) {
            let Kind::Hashes { level } = tile.kind else { continue };
            let had = from.checked_shr(8 * level).unwrap_or(0);
            if tile.first() + tile.width <= had {
                continue;
            }
            let hashes: Option<Vec<TreeHash>> =
                tile.subtrees().map(|subtree| self.tree.hash(subtree)).collect();
            let sequence = tile.first();
            let hashes = hashes.ok_or(ExportError::NotInTree { sequence })?;
            self.put(&tile.path(), &tiles::hash_tile(&hashes))?;
        }
        Ok(())
    }

    /// Takes away received bytes that an earlier export still had.
    fn remove_redacted(&mut self) -> Result<(), StoreError> {
        for content in self.redacted.keys() {
            let name = blob_path(*content);
            if self.to.read(&name)?.is_some() {
                self.to.remove(&name)?;
                self.done.withdrawn += 1;
            }
        }
        Ok(())
    }

    /// Takes away tiles that larger ones have replaced, and what an interrupted export left.
    fn remove_replaced(&mut self) -> Result<(), StoreError> {
        let due: BTreeSet<String> = Tile::all(self.tree.size).map(Tile::path).collect();
        for name in self.to.names()? {
            let ours = name.starts_with("tile/") || name.starts_with('.');
            if ours && !due.contains(&name) {
                self.to.remove(&name)?;
            }
        }
        Ok(())
    }
}
