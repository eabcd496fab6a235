//! The sorted index that a seal commits to: what is found under each topic, and that nothing more
//! is (spec, section 23). Knows nothing of stores: it is made from events alone.

use std::collections::BTreeSet;

use crate::ledger::event::{Event, TopicsSealed};
use crate::ledger::merkle::{Edge, Subtree, leaf};
use crate::ledger::multiproof::{check_many, prove_many};
use crate::ledger::proof::ProofError;
use crate::ledger::topics;
use crate::terms::id::{TopicId, TreeHash};

const POSTINGS_CONTEXT: &str = "blockholder v1 postings";

/// What is found under each topic among a run of entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sorted {
    from: u64,
    size: u64,
    /// Ascending: a topic, and an entry found under it.
    pairs: Vec<(TopicId, u64)>,
    /// Where each topic's pairs begin, and after the last one where they end.
    starts: Vec<usize>,
    /// The tree's stored hashes (spec, section 20.3).
    hashes: Vec<TreeHash>,
    root: Option<TreeHash>,
}

/// The seals that join, the first from entry 0; where several go on from one place, the longest.
pub fn joined(seals: &[(u64, TopicsSealed)]) -> Vec<(u64, TopicsSealed)> {
    let (mut found, mut from) = (Vec::new(), 0);
    loop {
        let next = seals.iter().filter(|(_, seal)| seal.from == from && seal.size > from);
        let Some(next) = next.max_by_key(|(_, seal)| seal.size) else { return found };
        from = next.1.size;
        found.push(*next);
    }
}

/// Takes events one by one, until they are sorted.
#[derive(Clone, Debug, Default)]
pub struct Sorting {
    from: u64,
    size: u64,
    pairs: Vec<(TopicId, u64)>,
}

impl Sorting {
    /// Before the first of a run of entries.
    pub fn from(from: u64) -> Self {
        Self { from, size: from, pairs: Vec::new() }
    }

    /// Takes the next entry's event.
    pub fn push(&mut self, event: &Event) {
        let found = event.topics();
        self.pairs.extend(found.iter().map(|topic| (topics::id(topic), self.size)));
        self.size += 1;
    }

    /// Sorts what came.
    pub fn finish(self) -> Sorted {
        let Self { from, size, mut pairs } = self;
        pairs.sort_unstable();
        let mut starts = Vec::new();
        for (at, (id, _)) in pairs.iter().enumerate() {
            if at == 0 || pairs.get(at - 1).is_none_or(|(before, _)| before != id) {
                starts.push(at);
            }
        }
        starts.push(pairs.len());
        let mut sorted = Sorted { from, size, pairs, starts, ..Sorted::default() };
        let mut edge = Edge::default();
        for place in 0..sorted.topics() {
            let leaf = sorted.leaf(place).map(|(id, of)| leaf_hash(id, digest(of)));
            edge.push(leaf.unwrap_or(TreeHash([0; 32])), &mut sorted.hashes);
        }
        sorted.root = Some(edge.root());
        sorted
    }
}

impl Sorted {
    /// How many topics there are.
    pub fn topics(&self) -> u64 {
        self.starts.len().saturating_sub(1) as u64
    }

    /// The event that commits to it.
    pub fn seal(&self) -> TopicsSealed {
        let root = self.root.unwrap_or(TreeHash([0; 32]));
        TopicsSealed { from: self.from, size: self.size, topics: self.topics(), root }
    }

    /// A topic and the pairs of the entries found under it.
    fn leaf(&self, place: u64) -> Option<(TopicId, &[(TopicId, u64)])> {
        let place = usize::try_from(place).ok()?;
        let (start, end) = (*self.starts.get(place)?, *self.starts.get(place + 1)?);
        let of = self.pairs.get(start..end)?;
        Some((of.first()?.0, of))
    }

    /// Proves what is found under topics, and under which of them nothing is.
    pub fn prove(&self, asked: &BTreeSet<TopicId>) -> SealProof {
        let mut places: BTreeSet<u64> = BTreeSet::new();
        let (last, count) = (self.topics().checked_sub(1), self.topics());
        for id in asked {
            let at = self.place(*id);
            if self.leaf(at).is_some_and(|(held, _)| held == *id) {
                places.insert(at);
            } else {
                // Between two neighbours, or before the first, or after the last.
                places.extend(at.checked_sub(1));
                places.extend(Some(at).filter(|at| *at < count).or(last));
            }
        }
        let shown = |place: &u64| {
            let (id, of) = self.leaf(*place)?;
            let held = match asked.contains(&id) {
                true => Held::Sequences(of.iter().map(|(_, sequence)| *sequence).collect()),
                false => Held::Digest(digest(of)),
            };
            Some(Leaf { place: *place, id, held })
        };
        let leaves = places.iter().filter_map(shown).collect();
        let places: Vec<u64> = places.into_iter().collect();
        let absent = TreeHash([0; 32]);
        let mut source = |at: Subtree| {
            let at = usize::try_from(at.slot()).unwrap_or(usize::MAX);
            Ok::<_, ()>(*self.hashes.get(at).unwrap_or(&absent))
        };
        let hashes = prove_many(count, &places, &mut source).unwrap_or_default();
        SealProof { leaves, hashes }
    }

    /// The place of a topic, or where it would be.
    fn place(&self, id: TopicId) -> u64 {
        let at = self.pairs.partition_point(|(held, _)| *held < id);
        self.starts.partition_point(|start| *start < at) as u64
    }
}

fn digest(of: &[(TopicId, u64)]) -> TreeHash {
    digest_of(of.iter().map(|(_, sequence)| *sequence))
}

fn digest_of(sequences: impl Iterator<Item = u64>) -> TreeHash {
    let mut hasher = blake3::Hasher::new_derive_key(POSTINGS_CONTEXT);
    for sequence in sequences {
        hasher.update(&sequence.to_le_bytes());
    }
    TreeHash(hasher.finalize().into())
}

fn leaf_hash(id: TopicId, postings: TreeHash) -> TreeHash {
    leaf(&[id.0, postings.0].concat())
}

/// What a proof shows of one topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// Only that something is found under it.
    Digest(TreeHash),
    /// Every entry of the run that is found under it.
    Sequences(Vec<u64>),
}

/// A leaf of the sorted tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Its place.
    pub place: u64,
    /// The topic.
    pub id: TopicId,
    /// What is found under it.
    pub held: Held,
}

impl Leaf {
    fn hash(&self) -> TreeHash {
        match &self.held {
            Held::Digest(digest) => leaf_hash(self.id, *digest),
            Held::Sequences(of) => leaf_hash(self.id, digest_of(of.iter().copied())),
        }
    }
}

/// Some leaves of a seal's tree, with the hashes that lead from them to its root.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SealProof {
    /// By ascending place.
    pub leaves: Vec<Leaf>,
    /// As [`prove_many`] makes them.
    pub hashes: Vec<TreeHash>,
}

/// Why a seal's proof proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// The leaves do not lead to the seal's root.
    #[error("the leaves are not those of the seal")]
    Proof(#[from] ProofError),
    /// Leaves of a sorted tree are sorted.
    #[error("expected leaves by ascending topic and entries by ascending sequence, got others")]
    Unsorted,
    /// Nothing is said of a topic that was asked.
    #[error("expected what the seal holds under the topic {id}, got nothing")]
    NotShown {
        /// The topic.
        id: TopicId,
    },
}

impl SealProof {
    /// Checks that the leaves are in the seal's tree.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, seal: &TopicsSealed) -> Result<(), SealError> {
        let leaves: Vec<_> = self.leaves.iter().map(|leaf| (leaf.place, leaf.hash())).collect();
        check_many(seal.topics, &leaves, &self.hashes, seal.root)?;
        let mut pairs = self.leaves.iter().zip(self.leaves.iter().skip(1));
        let ascend = pairs.all(|(a, b)| a.id < b.id);
        let within = |of: &[u64]| {
            let mut pairs = of.iter().zip(of.iter().skip(1));
            pairs.all(|(a, b)| a < b) && of.iter().all(|at| (seal.from..seal.size).contains(at))
        };
        let sorted = self.leaves.iter().all(|leaf| match &leaf.held {
            Held::Digest(_) => true,
            Held::Sequences(of) => !of.is_empty() && within(of),
        });
        if ascend && sorted { Ok(()) } else { Err(SealError::Unsorted) }
    }

    /// Every entry that the seal holds under a topic; none, where that is what is shown.
    ///
    /// # Errors
    /// Neither the topic nor its absence is shown.
    pub fn under(&self, id: TopicId, seal: &TopicsSealed) -> Result<&[u64], SealError> {
        let at = self.leaves.partition_point(|leaf| leaf.id < id);
        let after = self.leaves.get(at);
        match after {
            Some(Leaf { id: held, held: Held::Sequences(of), .. }) if *held == id => {
                return Ok(of);
            }
            Some(leaf) if leaf.id == id => return Err(SealError::NotShown { id }),
            _ => {}
        }
        let before = at.checked_sub(1).and_then(|at| self.leaves.get(at));
        let next = before.map_or(0, |leaf| leaf.place.saturating_add(1));
        let gap = after.map_or(seal.topics, |leaf| leaf.place) == next;
        if gap { Ok(&[]) } else { Err(SealError::NotShown { id }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::{FilingDecided, FilingRef};

    /// An event found under the filing of a number, and nothing else.
    fn about(entry: u64) -> Event {
        let filing = FilingRef { entry, content: crate::terms::id::ContentId([0; 32]) };
        let because = crate::ledger::event::Because { reason: String::new(), who: String::new() };
        Event::FilingWithdrawn(FilingDecided { filing, because })
    }

    fn id(entry: u64) -> TopicId {
        topics::id(&crate::terms::topic::Topic::Filing(entry))
    }

    /// Of every small index, each topic that is there and each that is not is shown as it is; and
    /// a proof for one seal is none for another.
    #[test]
    fn what_is_there_and_what_is_not() {
        for count in 0_u64..12 {
            let mut sorting = Sorting::from(5);
            let under = |n: u64| n % 7;
            (0..count).for_each(|n| sorting.push(&about(under(n))));
            let sorted = sorting.finish();
            let seal = sorted.seal();
            assert_eq!((seal.from, seal.size, seal.topics), (5, 5 + count, count.min(7)));
            let everything: BTreeSet<TopicId> = (0..12).map(id).collect();
            let one_each = (0..12).map(|n| BTreeSet::from([id(n)]));
            for asked in one_each.chain([everything]) {
                let proof = sorted.prove(&asked);
                proof.check(&seal).unwrap();
                for n in (0..12).filter(|n| asked.contains(&id(*n))) {
                    let expected: Vec<u64> =
                        (0..count).filter(|at| under(*at) == n).map(|at| at + 5).collect();
                    assert_eq!(proof.under(id(n), &seal).unwrap(), expected);
                }
                let other = TopicsSealed { root: leaf(b""), ..seal };
                assert!(proof.check(&other).is_err());
                for at in 0..proof.leaves.len() {
                    let mut less = proof.clone();
                    less.leaves.remove(at);
                    assert!(less.check(&seal).is_err());
                }
            }
        }
    }

    /// A topic between two leaves that are not neighbours may be there.
    #[test]
    fn a_gap_is_no_absence() {
        let mut sorting = Sorting::from(0);
        (0..20).for_each(|n| sorting.push(&about(n)));
        let sorted = sorting.finish();
        let mut ids: Vec<TopicId> = (0..20).map(id).collect();
        ids.sort();
        let proof = sorted.prove(&BTreeSet::from([ids[3], ids[9]]));
        proof.check(&sorted.seal()).unwrap();
        for at in [0, 4, 7, 12, 19] {
            let shown = proof.under(ids[at], &sorted.seal());
            assert_eq!(shown, Err(SealError::NotShown { id: ids[at] }));
        }
    }
}
