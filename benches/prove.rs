//! How fast one entry in a million is proven, and the proof checked; and so for many at once.
//! The tree is made in memory, as its file has it: hashes by their place.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::OnceLock;

use blockholder::ledger::merkle::{Edge, Subtree, leaf};
use blockholder::ledger::multiproof::{check_many, prove_many};
use blockholder::ledger::proof::{check_inclusion, inclusion};
use blockholder::terms::id::TreeHash;
use divan::{Bencher, black_box};

const SIZE: u64 = 1_000_000;
/// Entries of one answer's proof, far apart.
const MANY: u64 = 100;

fn main() {
    divan::main();
}

fn tree() -> &'static (Vec<TreeHash>, TreeHash) {
    static TREE: OnceLock<(Vec<TreeHash>, TreeHash)> = OnceLock::new();
    TREE.get_or_init(|| {
        let (mut edge, mut hashes) = (Edge::default(), Vec::new());
        (0..SIZE).for_each(|n| edge.push(leaf(&n.to_le_bytes()), &mut hashes));
        (hashes, edge.root())
    })
}

fn source(at: Subtree) -> Result<TreeHash, ()> {
    Ok(tree().0[usize::try_from(at.slot()).unwrap()])
}

fn index() -> u64 {
    SIZE / 3
}

#[divan::bench]
fn prove_one(bencher: Bencher) {
    tree();
    bencher.bench(|| inclusion(black_box(index()), SIZE, &mut source).unwrap());
}

#[divan::bench]
fn check_one(bencher: Bencher) {
    let path = inclusion(index(), SIZE, &mut source).unwrap();
    let entry = index().to_le_bytes();
    bencher.bench(|| {
        check_inclusion(index(), SIZE, leaf(black_box(&entry)), &path, tree().1).unwrap();
    });
}

fn places() -> Vec<u64> {
    (0..MANY).map(|n| n * (SIZE / MANY) + n).collect()
}

#[divan::bench]
fn prove_many_at_once(bencher: Bencher) {
    tree();
    bencher.bench(|| prove_many(SIZE, black_box(&places()), &mut source).unwrap());
}

#[divan::bench]
fn check_many_at_once(bencher: Bencher) {
    let hashes = prove_many(SIZE, &places(), &mut source).unwrap();
    bencher.bench(|| {
        let leaves: Vec<_> =
            places().into_iter().map(|n| (n, leaf(&black_box(n).to_le_bytes()))).collect();
        check_many(SIZE, &leaves, &hashes, tree().1).unwrap();
    });
}
