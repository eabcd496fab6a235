//! Proofs of several leaves of one tree at once: each hash on the way to the root stands once.
//! Knows nothing of stores, entries or signatures; a check is always against a size and a root.

use crate::ledger::merkle::{Subtree, empty_root, hash_of_range, node, split};
use crate::ledger::proof::ProofError;
use crate::terms::id::TreeHash;

/// Proves that leaves are in the tree of a size (spec, section 22.2). Their places ascend, each
/// once, all below the size.
///
/// # Errors
/// Whatever the source of hashes returns.
pub fn prove_many<E>(
    size: u64,
    leaves: &[u64],
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
) -> Result<Vec<TreeHash>, E> {
    let mut hashes = Vec::new();
    if size > 0 {
        gather(0, size, leaves, source, &mut hashes)?;
    }
    Ok(hashes)
}

fn gather<E>(
    start: u64,
    len: u64,
    leaves: &[u64],
    source: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
    hashes: &mut Vec<TreeHash>,
) -> Result<(), E> {
    if leaves.is_empty() {
        hashes.push(hash_of_range(start, len, source)?);
        return Ok(());
    }
    if len <= 1 {
        return Ok(());
    }
    let k = split(len);
    let (left, right) = leaves.split_at(leaves.partition_point(|leaf| *leaf < start + k));
    gather(start, k, left, source, hashes)?;
    gather(start + k, len - k, right, source, hashes)
}

/// Checks that leaves' hashes are at their places in the tree with a size and a root.
///
/// # Errors
/// What is wrong with the proof. Places that do not ascend, or lie past the end, prove nothing.
pub fn check_many(
    size: u64,
    leaves: &[(u64, TreeHash)],
    hashes: &[TreeHash],
    root: TreeHash,
) -> Result<(), ProofError> {
    let beyond = leaves.iter().map(|(at, _)| *at).find(|at| *at >= size);
    if let Some(index) = beyond {
        return Err(ProofError::PastEnd { index, size });
    }
    if let Some(index) = unordered(leaves) {
        return Err(ProofError::PastEnd { index, size });
    }
    let mut rest = hashes.iter().copied();
    let got = if size == 0 { Some(empty_root()) } else { climb(0, size, leaves, &mut rest) };
    let (Some(got), 0) = (got, rest.len()) else {
        let expected = needed(0, size, leaves);
        return Err(ProofError::Length { expected, got: hashes.len() });
    };
    if got == root { Ok(()) } else { Err(ProofError::Root { size, expected: root, got }) }
}

fn unordered(leaves: &[(u64, TreeHash)]) -> Option<u64> {
    let mut pairs = leaves.iter().zip(leaves.iter().skip(1));
    pairs.find(|((a, _), (b, _))| a >= b).map(|(_, (b, _))| *b)
}

/// The hash over a range of leaves; `None` where the hashes run out.
fn climb(
    start: u64,
    len: u64,
    leaves: &[(u64, TreeHash)],
    hashes: &mut impl Iterator<Item = TreeHash>,
) -> Option<TreeHash> {
    let Some((_, first)) = leaves.first() else { return hashes.next() };
    if len <= 1 {
        return Some(*first);
    }
    let k = split(len);
    let (left, right) = leaves.split_at(leaves.partition_point(|(leaf, _)| *leaf < start + k));
    let left = climb(start, k, left, hashes)?;
    Some(node(left, climb(start + k, len - k, right, hashes)?))
}

fn needed(start: u64, len: u64, leaves: &[(u64, TreeHash)]) -> usize {
    if leaves.is_empty() {
        return usize::from(len > 0);
    }
    if len <= 1 {
        return 0;
    }
    let k = split(len);
    let (left, right) = leaves.split_at(leaves.partition_point(|(leaf, _)| *leaf < start + k));
    needed(start, k, left) + needed(start + k, len - k, right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::{Edge, leaf};

    /// Every set of leaves of every tree of up to nine is proven, and by nothing else.
    #[test]
    fn every_set_of_leaves_of_small_trees() {
        for size in 1_u64..=9 {
            let (mut edge, mut hashes) = (Edge::default(), Vec::new());
            (0..size).for_each(|n| edge.push(leaf(&n.to_le_bytes()), &mut hashes));
            let mut source = |at: Subtree| Ok::<_, ()>(hashes[at.slot() as usize]);
            for set in 0_u64..1 << size {
                let places: Vec<u64> = (0..size).filter(|n| set >> n & 1 == 1).collect();
                let proof = prove_many(size, &places, &mut source).unwrap();
                let leaves: Vec<_> = places.iter().map(|n| (*n, leaf(&n.to_le_bytes()))).collect();
                assert_eq!(check_many(size, &leaves, &proof, edge.root()), Ok(()));
                for at in 0..proof.len() {
                    let mut other = proof.clone();
                    other[at].0[0] ^= 1;
                    assert!(check_many(size, &leaves, &other, edge.root()).is_err());
                    other.remove(at);
                    let short = check_many(size, &leaves, &other, edge.root());
                    assert!(matches!(short, Err(ProofError::Length { .. })), "{short:?}");
                }
                let longer = [proof.as_slice(), &[edge.root()]].concat();
                assert!(check_many(size, &leaves, &longer, edge.root()).is_err());
                for at in 0..leaves.len() {
                    let mut other = leaves.clone();
                    other[at].1.0[31] ^= 1;
                    assert!(check_many(size, &other, &proof, edge.root()).is_err());
                    other[at] = (size, leaves[at].1);
                    assert!(check_many(size, &other, &proof, edge.root()).is_err());
                }
                let twice: Vec<_> = leaves.iter().chain(leaves.last()).copied().collect();
                assert_eq!(check_many(size, &twice, &proof, edge.root()).is_ok(), twice.is_empty());
            }
        }
    }

    /// One leaf's proof has the hashes of RFC 6962's, in another order.
    #[test]
    fn one_leaf_takes_the_hashes_of_an_inclusion_proof() {
        let (mut edge, mut hashes) = (Edge::default(), Vec::new());
        (0..100_u64).for_each(|n| edge.push(leaf(&n.to_le_bytes()), &mut hashes));
        let mut source = |at: Subtree| Ok::<_, ()>(hashes[at.slot() as usize]);
        for index in 0..100 {
            let mut many = prove_many(100, &[index], &mut source).unwrap();
            let mut one = crate::ledger::proof::inclusion(index, 100, &mut source).unwrap();
            many.sort();
            one.sort();
            assert_eq!(many, one);
        }
    }
}
