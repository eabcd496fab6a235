//! The tree over the entries, of RFC 6962 with SHA-256: its hashes, its right edge, its roots.
//! Knows nothing of what an entry holds, nor where hashes are kept: they are handed in.

use sha2::{Digest, Sha256};

use crate::terms::id::TreeHash;

/// Levels of the largest tree that 64 bits can count.
pub const LEVELS: u32 = 64;

/// The hash of a leaf: one entry's bytes.
pub fn leaf(entry: &[u8]) -> TreeHash {
    leaf_of_parts(&[entry, &[]])
}

/// The hash of a leaf whose bytes are two parts, one after the other.
pub fn leaf_of_parts([first, second]: &[&[u8]; 2]) -> TreeHash {
    // RFC 6962, 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0)).
    sha256(&[&[0x00], first, second])
}

/// The hash of a node over its two children.
pub fn node(left: TreeHash, right: TreeHash) -> TreeHash {
    // RFC 6962, 2.1: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])).
    sha256(&[&[0x01], &left.0, &right.0])
}

/// The root of a tree without leaves.
pub fn empty_root() -> TreeHash {
    // RFC 6962, 2.1: MTH({}) = SHA-256().
    sha256(&[])
}

/// SHA-256 of parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> TreeHash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    TreeHash(hasher.finalize().into())
}

/// The largest power of two smaller than a size of 2 or more: where RFC 6962 splits a tree.
pub(crate) fn split(size: u64) -> u64 {
    let below = size.saturating_sub(1);
    1_u64.checked_shl(below.checked_ilog2().unwrap_or(0)).unwrap_or(0)
}

/// A full subtree: the leaves from `index << level`, `1 << level` of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subtree {
    /// How many times leaves were paired.
    pub level: u32,
    /// Its place among the subtrees of its level, from 0.
    pub index: u64,
}

impl Subtree {
    /// Its place among stored hashes, where each full subtree follows the leaf that completes it,
    /// lower ones first (spec, section 20.3).
    pub fn slot(self) -> u64 {
        let last = ((self.index + 1) << self.level) - 1;
        slots(last) + u64::from(self.level)
    }
}

/// How many hashes are stored for a tree of a size: its full subtrees.
pub fn slots(size: u64) -> u64 {
    size.saturating_mul(2).saturating_sub(u64::from(size.count_ones()))
}

/// The full subtrees that side by side make up the leaves from `start` on, `len` of them, where
/// `start` is a multiple of the power of two that `len` does not exceed. Largest first.
fn subtrees(mut start: u64, mut len: u64) -> impl Iterator<Item = Subtree> {
    std::iter::from_fn(move || {
        let level = len.checked_ilog2()?;
        let subtree = Subtree { level, index: start >> level };
        start += 1 << level;
        len -= 1 << level;
        Some(subtree)
    })
}

/// The hash over a range of leaves as it stands in any tree that holds that range as a subtree,
/// from the hashes of full subtrees. The root of a tree of `len` leaves begins at 0.
///
/// # Errors
/// Whatever the source of hashes returns.
pub fn hash_of_range<E>(
    start: u64,
    len: u64,
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
) -> Result<TreeHash, E> {
    let hashes = subtrees(start, len).map(source).collect::<Result<Vec<_>, E>>()?;
    Ok(join(&hashes))
}

/// The root of a tree of a size with these leaves from `first` on, and the hashes of full subtrees
/// for all others.
///
/// # Errors
/// Whatever the source of hashes returns.
pub fn root_with<E>(
    size: u64,
    (first, leaves): (u64, &[TreeHash]),
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
) -> Result<TreeHash, E> {
    hash_with((0, size), (first, leaves), source)
}

fn hash_with<E>(
    (start, len): (u64, u64),
    (first, leaves): (u64, &[TreeHash]),
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
) -> Result<TreeHash, E> {
    let beside = first >= start + len || first + leaves.len() as u64 <= start;
    let own = usize::try_from(start.wrapping_sub(first)).ok().and_then(|at| leaves.get(at));
    match (beside, len, own) {
        (false, 1, Some(leaf)) => Ok(*leaf),
        (false, 2.., _) => {
            let k = split(len);
            let left = hash_with((start, k), (first, leaves), source)?;
            Ok(node(left, hash_with((start + k, len - k), (first, leaves), source)?))
        }
        _ => hash_of_range(start, len, source),
    }
}

/// Joins full subtrees, largest first, into one hash: the smallest pair is joined first.
fn join(peaks: &[TreeHash]) -> TreeHash {
    let mut peaks = peaks.iter().rev().copied();
    let last = peaks.next();
    last.map_or_else(empty_root, |last| peaks.fold(last, |right, left| node(left, right)))
}

/// The right edge of a growing tree: its size and its full subtrees, largest first, at most 64.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edge {
    size: u64,
    peaks: Vec<TreeHash>,
}

impl Edge {
    /// The edge of a tree of a size.
    ///
    /// # Errors
    /// Whatever the source of hashes returns.
    pub fn load<E>(
        size: u64,
        source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
    ) -> Result<Self, E> {
        let peaks = subtrees(0, size).map(source).collect::<Result<_, E>>()?;
        Ok(Self { size, peaks })
    }

    /// Adds a leaf, and appends what is to be stored for it to `to`: its hash, and that of each
    /// subtree it completes.
    pub fn push(&mut self, leaf: TreeHash, to: &mut Vec<TreeHash>) {
        let mut hash = leaf;
        to.push(hash);
        // Each trailing one of the size is a full subtree waiting for its right neighbour.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node(left, hash);
            to.push(hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree so far.
    pub fn root(&self) -> TreeHash {
        join(&self.peaks)
    }
}
