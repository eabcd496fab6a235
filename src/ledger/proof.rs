//! Proofs over the tree: made from hashes, checked with nothing else.
//! Knows nothing of stores, entries or signatures; a check is always against a size and a root.

use crate::ledger::merkle::{Subtree, hash_of_range, node, split};
use crate::terms::id::TreeHash;

/// The most hashes a proof can have: one a level.
pub const PROOF_MAX: usize = 63;

/// Why a proof proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    /// A leaf that the tree does not have.
    #[error("expected a leaf below {size}, got {index}")]
    PastEnd {
        /// The leaf.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// An older tree that is larger than the newer one, or empty.
    #[error("expected an older size between 1 and {size}, got {old}")]
    NotOlder {
        /// The older tree's size.
        old: u64,
        /// The newer tree's size.
        size: u64,
    },
    /// Too few or too many hashes.
    #[error("expected a proof of {expected} hashes, got {got}")]
    Length {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// The proof leads to another root.
    #[error("expected the root {expected} at size {size}, the proof leads to {got}")]
    Root {
        /// The size of the tree whose root it is.
        size: u64,
        /// The root to be proven.
        expected: TreeHash,
        /// Where the proof leads.
        got: TreeHash,
    },
}

/// Proves that a leaf is in the tree of a size: the siblings on its way up, lowest first.
///
/// # Errors
/// Whatever the source of hashes returns. A leaf past the end has an empty proof, which no check
/// takes.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
) -> Result<Vec<TreeHash>, E> {
    let mut path = Vec::new();
    let (mut start, mut len) = (0, if index < size { size } else { 0 });
    // RFC 6962, 2.1.1: PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n]), or the other way round.
    while len > 1 {
        let k = split(len);
        if index - start < k {
            path.push(hash_of_range(start + k, len - k, source)?);
            len = k;
        } else {
            path.push(hash_of_range(start, k, source)?);
            (start, len) = (start + k, len - k);
        }
    }
    path.reverse();
    Ok(path)
}

/// Checks that a leaf's hash is at an index of the tree with a size and a root.
///
/// # Errors
/// What is wrong with the proof.
pub fn check_inclusion(
    index: u64,
    size: u64,
    leaf: TreeHash,
    path: &[TreeHash],
    root: TreeHash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::PastEnd { index, size });
    }
    let turns = turns(index, size);
    if path.len() != turns.len() {
        return Err(ProofError::Length { expected: turns.len(), got: path.len() });
    }
    let siblings = turns.into_iter().rev().zip(path);
    let got = siblings.fold(leaf, |hash, (turn, sibling)| turn.up(hash, *sibling));
    if got == root { Ok(()) } else { Err(ProofError::Root { size, expected: root, got }) }
}

/// On which side of its sibling a subtree is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Left,
    Right,
}

impl Turn {
    fn up(self, hash: TreeHash, sibling: TreeHash) -> TreeHash {
        match self {
            Turn::Left => node(hash, sibling),
            Turn::Right => node(sibling, hash),
        }
    }
}

/// The turns from the root down to a leaf, as RFC 6962 splits the tree.
fn turns(index: u64, size: u64) -> Vec<Turn> {
    let (mut index, mut len) = (index, size);
    let mut turns = Vec::new();
    while len > 1 {
        let k = split(len);
        if index < k {
            turns.push(Turn::Left);
            len = k;
        } else {
            turns.push(Turn::Right);
            (index, len) = (index - k, len - k);
        }
    }
    turns
}

/// Proves that the tree of a size begins with the tree of an older size.
///
/// # Errors
/// Whatever the source of hashes returns. An older size of 0, or of more than the newer, has an
/// empty proof, which no check takes.
pub fn consistency<E>(
    old: u64,
    size: u64,
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
) -> Result<Vec<TreeHash>, E> {
    let mut path = Vec::new();
    let (mut start, mut old_len, mut len) = (0, old, size);
    if old == 0 || old >= size {
        return Ok(path);
    }
    // RFC 6962, 2.1.2: SUBPROOF(m, D[n], b), until the older tree is a subtree of its own.
    while old_len != len {
        let k = split(len);
        if old_len <= k {
            path.push(hash_of_range(start + k, len - k, source)?);
            len = k;
        } else {
            path.push(hash_of_range(start, k, source)?);
            (start, old_len, len) = (start + k, old_len - k, len - k);
        }
    }
    if start > 0 {
        path.push(hash_of_range(start, len, source)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks that the tree with a size and a root begins with the tree with an older size and root.
///
/// # Errors
/// What is wrong with the proof.
pub fn check_consistency(
    (old, old_root): (u64, TreeHash),
    (size, root): (u64, TreeHash),
    path: &[TreeHash],
) -> Result<(), ProofError> {
    if old == 0 || old > size {
        return Err(ProofError::NotOlder { old, size });
    }
    let (turns, whole) = old_turns(old, size);
    let expected = turns.len() + usize::from(!whole);
    if path.len() != expected {
        return Err(ProofError::Length { expected, got: path.len() });
    }
    let mut path = path.iter().copied();
    // RFC 6962, 2.1.2: the older root itself is left out where it is a subtree of the newer tree.
    let seed = if whole { old_root } else { path.next().unwrap_or(old_root) };
    let (mut of_old, mut of_new) = (seed, seed);
    for (turn, sibling) in turns.into_iter().rev().zip(path) {
        if turn == Turn::Right {
            of_old = node(sibling, of_old);
        }
        of_new = turn.up(of_new, sibling);
    }
    if of_old != old_root {
        return Err(ProofError::Root { size: old, expected: old_root, got: of_old });
    }
    if of_new == root {
        Ok(())
    } else {
        Err(ProofError::Root { size, expected: root, got: of_new })
    }
}

/// The turns from the newer root down to the subtree the older tree ends with, and whether that
/// subtree is the whole older tree.
fn old_turns(old: u64, size: u64) -> (Vec<Turn>, bool) {
    let (mut start, mut old_len, mut len) = (0, old, size);
    let mut turns = Vec::new();
    while old_len != len {
        let k = split(len);
        if old_len <= k {
            turns.push(Turn::Left);
            len = k;
        } else {
            turns.push(Turn::Right);
            (start, old_len, len) = (start + k, old_len - k, len - k);
        }
    }
    (turns, start == 0)
}
