//! The tree against published values, against another implementation, and against its own proofs
//! with every byte changed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::convert::Infallible;

use blockholder::ledger::merkle::{
    Edge, Subtree, empty_root, hash_of_range, leaf, root_with, slots,
};
use blockholder::ledger::proof::{
    ProofError, check_consistency, check_inclusion, consistency, inclusion,
};
use blockholder::terms::id::TreeHash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

/// A tree with its stored hashes in memory.
#[derive(Default)]
struct Grown {
    edge: Edge,
    stored: Vec<TreeHash>,
}

impl Grown {
    fn of<T: AsRef<[u8]>>(leaves: &[T]) -> Self {
        let mut grown = Self::default();
        leaves.iter().for_each(|bytes| grown.edge.push(leaf(bytes.as_ref()), &mut grown.stored));
        assert_eq!(slots(leaves.len() as u64), grown.stored.len() as u64);
        grown
    }

    fn source(&self) -> impl FnMut(Subtree) -> Result<TreeHash, Infallible> {
        |subtree| Ok(self.stored[subtree.slot() as usize])
    }

    fn root_at(&self, size: u64) -> TreeHash {
        hash_of_range(0, size, &mut self.source()).unwrap()
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<TreeHash> {
        inclusion(index, size, &mut self.source()).unwrap()
    }

    fn consistency(&self, old: u64, size: u64) -> Vec<TreeHash> {
        consistency(old, size, &mut self.source()).unwrap()
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// The tree of eight leaves that Certificate Transparency's implementations are tested with.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const F: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

fn hashes(texts: &[&str]) -> Vec<TreeHash> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn published_values_of_the_eight_leaf_tree() {
    let leaves: Vec<Vec<u8>> = LEAVES.iter().map(|text| hex(text)).collect();
    let grown = Grown::of(&leaves);
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty_root().to_string(), empty);
    assert_eq!(Edge::default().root(), empty_root());
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(grown.root_at(size).to_string(), root, "size {size}");
        assert_eq!(Grown::of(&leaves[..size as usize]).edge.root().to_string(), root);
    }
    for (index, size, path) in [
        (0, 8, [A, B, C].as_slice()),
        (5, 8, &[D, E, ROOTS[3]]),
        (2, 3, &[ROOTS[1]]),
        (1, 5, &[ROOTS[0], B, D]),
        (0, 1, &[]),
    ] {
        assert_eq!(grown.inclusion(index, size), hashes(path), "{index} of {size}");
    }
    for (old, size, path) in
        [(1, 8, [A, B, C].as_slice()), (6, 8, &[F, E, ROOTS[3]]), (2, 5, &[B, D]), (8, 8, &[])]
    {
        assert_eq!(grown.consistency(old, size), hashes(path), "{old} to {size}");
    }
}

#[test]
fn every_proof_of_every_small_tree_checks_and_no_other_does() {
    let leaves: Vec<[u8; 1]> = (0..40).map(|n| [n]).collect();
    let grown = Grown::of(&leaves);
    for size in 1..=40_u64 {
        let root = grown.root_at(size);
        for index in 0..size {
            let path = grown.inclusion(index, size);
            let hash = leaf(&leaves[index as usize]);
            assert_eq!(check_inclusion(index, size, hash, &path, root), Ok(()));
            refuses_mutations(&path, |path| check_inclusion(index, size, hash, path, root));
            for other in (0..size + 2).filter(|other| *other != index) {
                assert!(check_inclusion(other, size, hash, &path, root).is_err());
            }
            let wrong = check_inclusion(index, size, leaf(b"other"), &path, root);
            assert!(matches!(wrong, Err(ProofError::Root { .. })));
        }
        for old in 1..=size {
            let path = grown.consistency(old, size);
            let (before, after) = ((old, grown.root_at(old)), (size, root));
            assert_eq!(check_consistency(before, after, &path), Ok(()), "{old} to {size}");
            refuses_mutations(&path, |path| check_consistency(before, after, path));
            // Either root alone being another's must not pass: two histories would share a proof.
            let other = leaf(b"another history");
            assert!(check_consistency((old, other), after, &path).is_err());
            assert!(check_consistency(before, (size, other), &path).is_err());
            let swapped = ((old, root), (size, before.1));
            assert_eq!(check_consistency(swapped.0, swapped.1, &path).is_ok(), old == size);
        }
        assert!(check_consistency((0, empty_root()), (size, root), &[]).is_err());
        let newer = (size + 1, grown.root_at(size));
        assert!(check_consistency(newer, (size, root), &[]).is_err());
    }
}

fn refuses_mutations(path: &[TreeHash], check: impl Fn(&[TreeHash]) -> Result<(), ProofError>) {
    for at in 0..path.len() {
        for byte in [0, 31] {
            let mut other = path.to_vec();
            other[at].0[byte] ^= 1;
            assert!(check(&other).is_err());
        }
        let mut shorter = path.to_vec();
        shorter.remove(at);
        assert!(matches!(check(&shorter), Err(ProofError::Length { .. })));
        if at > 0 && path[at] != path[at - 1] {
            let mut swapped = path.to_vec();
            swapped.swap(at, at - 1);
            assert!(check(&swapped).is_err());
        }
    }
    let longer = [path, &[TreeHash([0; 32])]].concat();
    assert!(matches!(check(&longer), Err(ProofError::Length { .. })));
}

/// A leaf is never taken for a node, nor a node for a leaf.
#[test]
fn leaves_and_nodes_are_told_apart() {
    let grown = Grown::of(&["a", "b", "c"]);
    let pair = [leaf(b"a").0, leaf(b"b").0].concat();
    assert_ne!(Grown::of(&[pair.as_slice(), b"c"]).edge.root(), grown.edge.root());
    assert_ne!(leaf(&pair), Grown::of(&["a", "b"]).edge.root());
}

#[test]
fn an_edge_is_loaded_at_any_size() {
    let leaves: Vec<[u8; 1]> = (0..100).map(|n| [n]).collect();
    let grown = Grown::of(&leaves);
    for size in 0..=100 {
        let mut edge = Edge::load(size, &mut grown.source()).unwrap();
        assert_eq!((edge.size(), edge.root()), (size, grown.root_at(size)));
        let mut added = Vec::new();
        leaves[size as usize..].iter().for_each(|bytes| edge.push(leaf(bytes), &mut added));
        assert_eq!(added, grown.stored[slots(size) as usize..]);
        assert_eq!(edge, grown.edge);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Another implementation builds the same roots and proofs, and takes ours for its own.
    #[test]
    fn ct_merkle_agrees(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..90)) {
        let grown = Grown::of(&leaves);
        let mut theirs: MemoryBackedTree<Sha256, Vec<u8>> = MemoryBackedTree::new();
        let mut roots = Vec::new();
        for bytes in &leaves {
            theirs.push(bytes.clone());
            roots.push(theirs.root());
        }
        let size = leaves.len() as u64;
        for (at, root) in (1..).zip(&roots) {
            let ours = grown.root_at(at);
            prop_assert_eq!(root.as_bytes().as_slice(), ours.0.as_slice());
        }
        for index in 0..leaves.len() {
            let path = grown.inclusion(index as u64, size);
            let bytes: Vec<u8> = path.iter().flat_map(|hash| hash.0).collect();
            let proof = theirs.prove_inclusion(index);
            prop_assert_eq!(proof.as_bytes(), bytes.as_slice());
        }
        for old in 1..leaves.len() {
            let path = grown.consistency(old as u64, size);
            let bytes: Vec<u8> = path.iter().flat_map(|hash| hash.0).collect();
            let proof = theirs.prove_consistency(leaves.len() - old);
            prop_assert_eq!(proof.as_bytes(), bytes.as_slice(), "{} to {}", old, size);
        }
    }

    /// Any run of leaves leads to the root with what is stored beside it, and no other run does.
    #[test]
    fn a_run_of_leaves_leads_to_the_root(size in 1_u64..200, a in 0_u64..200, b in 0_u64..200) {
        let leaves: Vec<Vec<u8>> = (0..size).map(|n| n.to_be_bytes().to_vec()).collect();
        let grown = Grown::of(&leaves);
        let (first, end) = (a.min(b).min(size), a.max(b).min(size));
        let run = &leaves[first as usize..end as usize];
        let mut run: Vec<TreeHash> = run.iter().map(|bytes| leaf(bytes)).collect();
        let with = |run: &[TreeHash]| root_with(size, (first, run), &mut grown.source()).unwrap();
        prop_assert_eq!(with(&run), grown.root_at(size));
        for at in 0..run.len() {
            run[at].0[31] ^= 1;
            prop_assert_ne!(with(&run), grown.root_at(size));
            run[at].0[31] ^= 1;
        }
    }
}
