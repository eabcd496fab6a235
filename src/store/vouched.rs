//! Finds the chain of entries that a ledger's last signed checkpoint stands for, in what is left.
//! Writes nothing: it says which entries are the right ones, and where each still is.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::chain::Entry;
use crate::ledger::key::SigningKey;
use crate::ledger::merkle::{Edge, leaf};
use crate::ledger::rotation::{Keys, Rotations};
use crate::store::checkpoints::{self, Acknowledged};
use crate::store::commit::Commit;
use crate::store::given::{Given, refused};
use crate::store::index::Index;
use crate::store::journal::load;
use crate::store::layout::Layout;
use crate::store::log::StoreError;
use crate::store::recover::RecoverError;
use crate::store::segment::{AUTHENTICATOR_LEN, HEADER_LEN, Item, Records, Stream, Tag};
use crate::terms::id::{EntryHash, TreeHash};

/// An entry's link to the one before, and where it is.
#[derive(Clone, Copy)]
struct Stored {
    sequence: u64,
    previous: EntryHash,
    segment: u32,
    start: usize,
    len: usize,
    leaf: TreeHash,
}

/// A chain of entries, each vouched for by the one after it, the last by a checkpoint or a commit.
pub(crate) struct Vouched {
    /// The hash of each entry, from entry 0.
    pub(crate) chain: Vec<EntryHash>,
    /// The entries that only the index still holds.
    pub(crate) from_index: BTreeMap<u64, Entry>,
    /// The entries that only an export still holds.
    pub(crate) from_export: BTreeSet<u64>,
    /// The sound entries of the journal.
    journal: BTreeMap<EntryHash, Stored>,
    /// Sizes at which a batch ended, with the authenticators of those that have one.
    pub(crate) ends: BTreeMap<u64, Option<[u8; AUTHENTICATOR_LEN]>>,
    /// How many entries the index has seen.
    pub(crate) indexed: Option<u64>,
    /// How far the journal's batches go on by another hand than the ledger's.
    pub(crate) foreign: Option<u64>,
    /// The root at each of those sizes.
    pub(crate) roots: BTreeMap<u64, TreeHash>,
}

impl Vouched {
    pub(crate) fn of(
        layout: &Layout,
        (rotations, keys, hand): (&Rotations, &Keys, Option<&SigningKey>),
        given: Option<&Given>,
    ) -> Result<Self, RecoverError> {
        let (journal, commits) = sound_entries(layout)?;
        let notes = checkpoints::all(&layout.checkpoints())?.notes;
        let mut signed: Vec<Acknowledged> =
            notes.iter().filter_map(|note| checkpoints::parse(note, keys).ok()).collect();
        signed.extend(given.iter().flat_map(|given| given.checkpoints()));
        let proven = rotations.notes().filter_map(|note| keys.open(note).ok());
        signed.extend(proven.map(|at| Acknowledged { size: at.size, root: at.root }));
        let last = signed.iter().max_by_key(|at| at.size).ok_or(RecoverError::NoCheckpoint)?;
        // With another key's proof, what lies beyond might hold: it is not to be thrown away.
        let unknown = notes.iter().filter_map(|note| checkpoints::unproven(note).ok());
        if let Some((at, _)) = unknown
            .filter(|(at, _)| at.size > last.size)
            .find(|(_, note)| keys.open(note).is_err_and(|error| error.is_by_another_key()))
        {
            return Err(RecoverError::UnknownKey { size: at.size });
        }
        let index =
            layout.index().is_dir().then(|| Index::open_as_it_is(&layout.index()).ok()).flatten();
        let mut vouched = Self {
            chain: Vec::new(),
            from_index: BTreeMap::new(),
            from_export: BTreeSet::new(),
            journal,
            ends: BTreeMap::new(),
            // What nobody signed for is no witness.
            indexed: index.as_ref().filter(|index| index.is_by(keys)).map(Index::seen),
            foreign: None,
            roots: BTreeMap::new(),
        };
        vouched.find_chain(last, &commits, index.as_ref(), given)?;
        vouched.extend(last, &commits, hand);
        vouched.ends = signed.iter().map(|at| (at.size, None)).collect();
        for commit in &commits {
            if !vouched.is(commit.size, commit.hash) {
                continue;
            }
            let held = vouched.ends.entry(commit.size).or_default();
            if held.is_none() || hand.is_some_and(|key| commit.is_by(key)) {
                *held = commit.authenticator;
            }
        }
        vouched.roots = vouched.grown(&vouched.ends.keys().copied().collect(), given).0;
        match given {
            Some(given) => vouched.agrees(&signed, given).map(|()| vouched),
            None => Ok(vouched),
        }
    }

    /// Refuses a second history: with an export, every signed checkpoint must be of one.
    fn agrees(&self, signed: &[Acknowledged], given: &Given) -> Result<(), RecoverError> {
        for Acknowledged { size, root } in signed {
            match self.roots.get(size) {
                Some(got) if got == root => {}
                got => {
                    let got = got.copied();
                    return Err(RecoverError::TwoHistories {
                        size: *size,
                        expected: *root,
                        got,
                        export: given.size(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Finds the chain that the last checkpoint's root stands for, among all that might end it.
    fn find_chain(
        &mut self,
        last: &Acknowledged,
        commits: &[Commit],
        index: Option<&Index>,
        given: Option<&Given>,
    ) -> Result<(), RecoverError> {
        let Acknowledged { size, root: expected } = *last;
        let sequence = size.saturating_sub(1);
        let in_journal = self.journal.iter().filter(|(_, at)| at.sequence == sequence);
        let mut ends: BTreeSet<EntryHash> = in_journal.map(|(hash, _)| *hash).collect();
        ends.extend(commits.iter().filter(|one| one.size == size).map(|one| one.hash));
        ends.extend(held_by(index, sequence).map(|entry| entry.hash()));
        ends.extend(given.and_then(|given| given.hash(sequence)));
        let mut refused = RecoverError::NoLastEntry { sequence };
        for end in ends {
            (self.chain, self.from_index) = (Vec::new(), BTreeMap::new());
            self.from_export = BTreeSet::new();
            match self.walk_back(size, end, index, given) {
                Err(error) => refused = error,
                Ok(()) => match self.grown(&BTreeSet::from([size]), given).0.get(&size) {
                    Some(got) if *got == expected => return Ok(()),
                    // A missing entry says more than another ledger's whole chain.
                    Some(got) if matches!(refused, RecoverError::NoLastEntry { .. }) => {
                        refused = RecoverError::OtherRoot { size, expected, got: *got };
                    }
                    _ => {}
                },
            }
        }
        Err(refused)
    }

    /// The roots at some sizes, and every hash that is stored for the tree.
    pub(crate) fn grown(
        &self,
        sizes: &BTreeSet<u64>,
        given: Option<&Given>,
    ) -> (BTreeMap<u64, TreeHash>, Vec<TreeHash>) {
        let (mut edge, mut roots, mut stored) = (Edge::default(), BTreeMap::new(), Vec::new());
        for (hash, sequence) in self.chain.iter().zip(0_u64..) {
            let in_journal = self.journal.get(hash).map(|stored| stored.leaf);
            let in_index = || self.from_index.get(&sequence).map(|entry| leaf(&entry.to_bytes()));
            let in_export = || given.and_then(|given| given.leaf(sequence, *hash));
            let Some(leaf) = in_journal.or_else(in_index).or_else(in_export) else { break };
            edge.push(leaf, &mut stored);
            if sizes.contains(&edge.size()) {
                roots.insert(edge.size(), edge.root());
            }
        }
        (roots, stored)
    }

    /// Whether the chain has a hash at a size.
    pub(crate) fn is(&self, size: u64, hash: EntryHash) -> bool {
        let at = size.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.chain.get(at)) == Some(&hash)
    }

    /// Walks from the entry that makes a size to entry 0: each step asks for one hash.
    fn walk_back(
        &mut self,
        size: u64,
        end: EntryHash,
        index: Option<&Index>,
        given: Option<&Given>,
    ) -> Result<(), RecoverError> {
        let mut hash = end;
        for sequence in (0..size).rev() {
            self.chain.push(hash);
            hash = match self.journal.get(&hash).filter(|stored| stored.sequence == sequence) {
                Some(stored) => stored.previous,
                None => {
                    let entry = held_by(index, sequence).filter(|entry| entry.hash() == hash);
                    let exported = given.and_then(|given| given.previous(sequence, hash));
                    match (entry, exported) {
                        (Some(entry), _) => {
                            let previous = entry.envelope.previous;
                            self.from_index.insert(sequence, entry);
                            previous
                        }
                        (None, Some(previous)) => {
                            self.from_export.insert(sequence);
                            previous
                        }
                        (None, None) => return Err(RecoverError::Unvouched { sequence, hash }),
                    }
                }
            };
        }
        self.chain.reverse();
        Ok(())
    }

    /// Goes on with whole batches that the journal holds beyond the last checkpoint, as far as they
    /// are by the ledger's own hand; without its key nobody can tell.
    fn extend(&mut self, last: &Acknowledged, commits: &[Commit], hand: Option<&SigningKey>) {
        let mut further: Vec<_> = commits.iter().filter(|one| one.size > last.size).collect();
        further.sort_by_key(|one| std::cmp::Reverse(one.size));
        let own = |one: &Commit| hand.is_none_or(|key| one.is_by(key));
        for Commit { size, hash: head, .. } in &further {
            let mut hash = *head;
            let mut run = Vec::new();
            for sequence in (last.size..*size).rev() {
                let Some(stored) = self.journal.get(&hash).filter(|s| s.sequence == sequence)
                else {
                    break;
                };
                run.push(hash);
                hash = stored.previous;
            }
            if Some(&hash) != self.chain.last() || run.len() as u64 != size - last.size {
                continue;
            }
            let at = |one: &Commit| usize::try_from(size.checked_sub(one.size)?).ok();
            let on_the_way = |one: &Commit| at(one).and_then(|at| run.get(at)) == Some(&one.hash);
            let within = further.iter().filter(|one| on_the_way(one));
            let ends: BTreeSet<u64> = within.clone().map(|one| one.size).collect();
            let owned = within.filter(|one| own(one)).map(|one| one.size).collect();
            if ends == owned {
                self.chain.extend(run.into_iter().rev());
                return;
            }
            self.foreign = self.foreign.or(Some(*size));
        }
    }

    /// Hands over each entry from a sequence on, in order.
    pub(crate) fn entries(
        &self,
        layout: &Layout,
        from: u64,
        given: Option<&Given>,
        mut take: impl FnMut(Entry) -> Result<(), StoreError>,
    ) -> Result<(), RecoverError> {
        let mut exported = given.map(Given::reader);
        let mut open: (Option<u32>, Vec<u8>) = (None, Vec::new());
        for (hash, sequence) in self.chain.iter().zip(0_u64..).skip_while(|(_, s)| *s < from) {
            let entry = match (self.from_index.get(&sequence), self.journal.get(hash)) {
                (Some(entry), _) => Some(entry.clone()),
                (None, Some(stored)) => {
                    if open.0 != Some(stored.segment) {
                        let bytes = load(layout, Stream::Entries, stored.segment)?;
                        open = (Some(stored.segment), bytes);
                    }
                    let end = stored.start + stored.len;
                    open.1.get(stored.start..end).and_then(|at| Entry::from_bytes(at).ok())
                }
                (None, None) if self.from_export.contains(&sequence) => match &mut exported {
                    Some(exported) => Some(exported.entry(sequence).map_err(refused)?),
                    None => None,
                },
                (None, None) => None,
            };
            let missing = || StoreError::NoEntry { sequence, size: self.chain.len() as u64 };
            take(entry.ok_or_else(missing)?)?;
        }
        Ok(())
    }
}

/// The index's copy of an entry, if its payload is the one its envelope was made for.
fn held_by(index: Option<&Index>, sequence: u64) -> Option<Entry> {
    let entry = index?.page(sequence, 1).ok()?.into_iter().next()?;
    entry.check_payload().ok().map(|()| entry)
}

type Sound = (BTreeMap<EntryHash, Stored>, Vec<Commit>);

/// Every entry of the journal whose payload fits, by hash, and every commit.
fn sound_entries(layout: &Layout) -> Result<Sound, StoreError> {
    let mut entries = BTreeMap::new();
    let mut commits = Vec::new();
    for segment in Stream::Entries.segments(&layout.journal())? {
        let bytes = load(layout, Stream::Entries, segment)?;
        for item in Records::new(&bytes, HEADER_LEN) {
            let Item::Record(record) = item else { continue };
            if record.tag == Tag::Commit && record.is_sound() {
                commits.extend(Commit::parse(record.body));
            }
            let Ok(entry) = Entry::from_bytes(record.body) else { continue };
            if record.tag != Tag::Entry || entry.check_payload().is_err() {
                continue;
            }
            let (sequence, previous) = (entry.sequence(), entry.envelope.previous);
            let (len, leaf) = (record.body.len(), leaf(record.body));
            let start = usize::try_from(record.end()).unwrap_or(usize::MAX) - len;
            entries.insert(entry.hash(), Stored { sequence, previous, segment, start, len, leaf });
        }
    }
    Ok((entries, commits))
}
