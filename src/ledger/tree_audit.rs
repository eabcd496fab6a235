//! Audits the tree: entries, stored hashes and signed roots against each other; names what differs.
//! Reads no file: whoever audits hands in what is there, entry by entry, root by root.

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::merkle::{Edge, Subtree};
use crate::terms::id::TreeHash;

/// Two trees that should be one: of the entries, and of the stored hashes. A signed root tells
/// which of the two was changed, and so which entry.
#[derive(Clone, Debug, Default)]
pub struct TreeAudit {
    of_entries: Option<Edge>,
    of_store: Option<Edge>,
    /// Entries whose own hash is not the stored one, since the last root that was judged.
    differ: Vec<u64>,
    /// The first of a run of checkpoints that neither tree leads to, and how many more.
    astray: Option<(u64, String, u64)>,
    faults: Vec<Fault>,
}

impl TreeAudit {
    /// Before entry 0.
    pub fn new() -> Self {
        let edge = Some(Edge::default());
        Self { of_entries: edge.clone(), of_store: edge, ..Self::default() }
    }

    /// After the entries of a tree's right edge, which somebody else vouches for.
    pub fn from(edge: Edge) -> Self {
        let edge = Some(edge);
        Self { of_entries: edge.clone(), of_store: edge, ..Self::default() }
    }

    /// Takes the next entry: its own hash, or `None` where it is missing, and the hashes stored
    /// for it, or none where they do not reach so far.
    pub fn push(&mut self, sequence: u64, leaf: Option<TreeHash>, stored: &[TreeHash]) {
        let grown = self.grow(sequence, leaf, stored.first().copied()).0;
        if self.of_store.is_some() && grown != stored {
            let message = format!("expected the tree's nodes over entry {sequence}, got others");
            self.faults.push(Fault { class: FaultClass::Node, entry: Some(sequence), message });
        }
    }

    /// As [`TreeAudit::push`], where not every subtree's hash is stored: `nodes` gives those that
    /// are, of the subtrees that this entry completes.
    pub fn push_some(
        &mut self,
        sequence: u64,
        leaf: Option<TreeHash>,
        stored: Option<TreeHash>,
        nodes: &dyn Fn(Subtree) -> Option<TreeHash>,
    ) {
        let (of_store, of_entries) = self.grow(sequence, leaf, stored);
        let longer = of_store.len().max(of_entries.len());
        for (level, at) in (0_u32..).zip(0..longer).skip(1) {
            let subtree = Subtree { level, index: sequence >> level };
            let grown = [of_store.get(at), of_entries.get(at)];
            let (Some(node), [a, b]) = (nodes(subtree), grown) else { continue };
            if a != Some(&node) && b != Some(&node) {
                let message = format!(
                    "expected the hash of the {} entries up to entry {sequence}, got another",
                    1_u64 << level
                );
                let entry = Some(subtree.index << level);
                self.faults.push(Fault { class: FaultClass::Node, entry, message });
            }
        }
    }

    /// Grows both trees by an entry; what each gained.
    fn grow(
        &mut self,
        sequence: u64,
        leaf: Option<TreeHash>,
        stored: Option<TreeHash>,
    ) -> (Vec<TreeHash>, Vec<TreeHash>) {
        let (mut of_store, mut of_entries) = (Vec::new(), Vec::new());
        self.of_store = self.of_store.take().zip(stored).map(|(mut edge, first)| {
            edge.push(first, &mut of_store);
            edge
        });
        match (leaf.or(stored), &mut self.of_entries) {
            (Some(leaf), Some(edge)) => edge.push(leaf, &mut of_entries),
            _ => self.of_entries = None,
        }
        if leaf.zip(stored).is_some_and(|(leaf, stored)| leaf != stored) {
            self.differ.push(sequence);
        }
        (of_store, of_entries)
    }

    /// Judges a signed root over the entries so far.
    pub fn judge(&mut self, size: u64, root: TreeHash) {
        let fits = |edge: &Option<Edge>| edge.as_ref().is_some_and(|edge| edge.root() == root);
        let (entries, store) = (fits(&self.of_entries), fits(&self.of_store));
        let differ = std::mem::take(&mut self.differ);
        if !entries && !store {
            self.stray(size, root);
            return;
        }
        self.settle();
        let (class, what) = match entries {
            true => (FaultClass::Node, "the stored hash is another than the entry's"),
            false => (FaultClass::Leaf, "the entry is not the one in the signed tree"),
        };
        for sequence in differ {
            let message = format!("entry {sequence}: {what}, as the root at {size} entries shows");
            self.faults.push(Fault { class, entry: Some(sequence), message });
        }
        match entries {
            true if self.of_store.is_some() => self.of_store = self.of_entries.clone(),
            true => {}
            false => self.of_entries = self.of_store.clone(),
        }
    }

    fn stray(&mut self, size: u64, root: TreeHash) {
        match &mut self.astray {
            Some((_, _, more)) => *more += 1,
            None => {
                let got = self.of_entries.as_ref().map(Edge::root);
                let got = got.map_or("one that cannot be told".to_owned(), |got| got.to_string());
                let message = format!("expected the root {root} at {size} entries, got {got}");
                self.astray = Some((size, message, 0));
            }
        }
    }

    fn settle(&mut self) {
        let Some((size, message, more)) = self.astray.take() else { return };
        let message = match more {
            0 => message,
            more => format!("{message}; and {more} further checkpoints in a row"),
        };
        let entry = size.checked_sub(1);
        self.faults.push(Fault { class: FaultClass::Root, entry, message });
    }

    /// Whether neither tree can be told any more.
    pub fn is_lost(&self) -> bool {
        self.of_entries.is_none() && self.of_store.is_none()
    }

    /// The root of the entries so far, where it can be told.
    pub fn root(&self) -> Option<TreeHash> {
        self.of_entries.as_ref().map(Edge::root)
    }

    /// Every fault found, in the order of the checkpoints that show them.
    pub fn finish(mut self) -> Vec<Fault> {
        self.settle();
        self.faults
    }
}
