//! Which key signs for a ledger at which size, and the proof that one followed another (spec, 21.4
//! and 22.5). Knows no file; whoever asks has a key that is trusted, and rotations of anybody's.

use std::fmt;

use crate::ledger::chain::{Entry, OpenError};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::{Event, KeyRotated};
use crate::ledger::key::{KeyError, KeyKind, VerifierKey};
use crate::ledger::merkle::Subtree;
use crate::ledger::note::Note;
use crate::ledger::policy::{Policy, Refused};
use crate::ledger::proof::inclusion;
use crate::ledger::tlog_proof::{TlogProof, TlogProofError};
use crate::terms::id::TreeHash;

/// The first line of the file.
pub const FIRST: &str = "blockholder key-rotations v1";

/// Blocks between empty lines of one proof: its head, the note's text, the note's signatures.
const BLOCKS: usize = 3;

/// Why a key may not follow another, or is not proven to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RotationError {
    /// The bytes have another form.
    #[error("expected {expected}, got something else")]
    Form {
        /// What belongs there.
        expected: &'static str,
    },
    /// One of the proofs is none.
    #[error("the proof of a rotation is refused")]
    Proof(#[from] TlogProofError),
    /// The entry that is proven does not open.
    #[error("the entry of a rotation does not open")]
    Entry(#[from] OpenError),
    /// The entry that is proven is another event, or another entry than the proof says.
    #[error("expected entry {index} to be a KeyRotated, got entry {got}, a {kind}")]
    Kind {
        /// The index of the proof.
        index: u64,
        /// The entry's own sequence.
        got: u64,
        /// What it is.
        kind: &'static str,
    },
    /// A vkey that is none.
    #[error("the rotation names no key")]
    Key(#[from] KeyError),
    /// It does not begin with the key in force.
    #[error("expected the rotation to be from {expected}, got one from {got}")]
    Old {
        /// The key in force.
        expected: String,
        /// The one that is named.
        got: String,
    },
    /// The new key cannot sign for this ledger.
    #[error("expected another key named {name} that never signed for it, got {got}")]
    New {
        /// The ledger's origin.
        name: String,
        /// The key that is named.
        got: String,
    },
    /// It stands before the rotation it should follow, or is acknowledged by another checkpoint.
    #[error("expected {what} from {least} on, got {got}")]
    Order {
        /// What.
        what: &'static str,
        /// The least that is right.
        least: u64,
        /// What came.
        got: u64,
    },
}

/// The keys of a ledger, from one that is trusted on, and from which size on each signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// The sizes that the first key signs are larger than this.
    after: u64,
    first: VerifierKey,
    /// The entries that name further keys, and those.
    later: Vec<(u64, VerifierKey)>,
}

impl Keys {
    /// One key, which signs checkpoints of every size.
    pub fn of(first: VerifierKey) -> Self {
        Self { after: 0, first, later: Vec::new() }
    }

    /// The name they all have: the ledger's origin.
    pub fn origin(&self) -> &str {
        self.first.name()
    }

    /// The first one.
    pub fn first(&self) -> &VerifierKey {
        &self.first
    }

    /// The last one, which signs from here on.
    pub fn current(&self) -> &VerifierKey {
        self.later.last().map_or(&self.first, |(_, key)| key)
    }

    /// Each, with the sizes that it signs: larger than the first number, at most the second.
    pub fn all(&self) -> impl Iterator<Item = (&VerifierKey, u64, Option<u64>)> {
        let ends = self.later.iter().map(|(entry, _)| entry + 1);
        let starts = std::iter::once(self.after).chain(ends.clone());
        let keys = std::iter::once(&self.first).chain(self.later.iter().map(|(_, key)| key));
        keys.zip(starts).zip(ends.map(Some).chain([None])).map(|((key, from), to)| (key, from, to))
    }

    /// The entries that name further keys.
    pub fn rotations(&self) -> impl Iterator<Item = u64> {
        self.later.iter().map(|(entry, _)| *entry)
    }

    /// The size at which the last of them was acknowledged; 0 where there is none.
    pub fn reach(&self) -> u64 {
        self.later.last().map_or(self.after, |(entry, _)| entry + 1)
    }

    /// Whether a key is the one in force at a size.
    pub fn sign(&self, size: u64, key: &VerifierKey) -> bool {
        size > self.after && self.of_size(size) == key
    }

    /// The key in force at a size (spec, section 21.4).
    pub fn of_size(&self, size: u64) -> &VerifierKey {
        let later = self.later.iter().rev().find(|(entry, _)| entry + 1 < size);
        later.map_or(&self.first, |(_, key)| key)
    }

    /// Those that are known from the first entries alone.
    pub fn up_to(&self, size: u64) -> Self {
        let later = self.later.iter().take_while(|(entry, _)| *entry < size).cloned().collect();
        Self { later, ..self.clone() }
    }

    /// Those from one of them on; `None` for a key that is none of them.
    pub fn from(&self, key: &VerifierKey) -> Option<Self> {
        let (_, after, _) = self.all().find(|(held, ..)| *held == key)?;
        let later = self.later.iter().filter(|(entry, _)| entry + 1 > after).cloned().collect();
        Some(Self { after, first: key.clone(), later })
    }

    /// Takes note of the next rotation.
    ///
    /// # Errors
    /// It may not stand there (spec, section 5.5, rule 6).
    pub fn rotate(&mut self, sequence: u64, rotated: &KeyRotated) -> Result<(), RotationError> {
        let due = self.current().to_string();
        if rotated.old != due {
            return Err(RotationError::Old { expected: due, got: rotated.old.clone() });
        }
        let new: VerifierKey = rotated.new.parse()?;
        let fits = new.kind() == KeyKind::Log && new.name() == self.origin();
        if !fits || self.all().any(|(held, ..)| held.public() == new.public()) {
            let name = self.origin().to_owned();
            return Err(RotationError::New { name, got: rotated.new.clone() });
        }
        if sequence < self.reach() {
            let (what, least) = ("a rotation", self.reach());
            return Err(RotationError::Order { what, least, got: sequence });
        }
        self.later.push((sequence, new));
        Ok(())
    }

    /// The checkpoint of a note that the key in force at its size signed.
    ///
    /// # Errors
    /// Why it is not to be believed.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, Refused> {
        Policy::of_ledger(self.clone()).accept(note).map(|accepted| accepted.checkpoint)
    }
}

/// The proofs of a ledger's rotations, of which nothing is to be believed before it is followed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rotations {
    proofs: Vec<TlogProof>,
}

impl Rotations {
    /// The proofs of their bytes (spec, section 22.5).
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, RotationError> {
        let form = |expected| RotationError::Form { expected };
        let text = std::str::from_utf8(bytes).map_err(|_| form("text in UTF-8"))?;
        let body = text.strip_prefix(FIRST).and_then(|rest| rest.strip_prefix("\n\n"));
        let body = body.and_then(|body| body.strip_suffix("\n\n"));
        let body = body.ok_or(form("`blockholder key-rotations v1`, proofs and empty lines"))?;
        let blocks: Vec<&str> = body.split("\n\n").collect();
        let proof = |of: &[&str]| TlogProof::parse(format!("{}\n", of.join("\n\n")).as_bytes());
        let proofs = blocks.chunks(BLOCKS).map(proof).collect::<Result<Vec<_>, _>>()?;
        for (before, proof) in proofs.iter().zip(proofs.iter().skip(1)) {
            let (what, least, got) = ("the next rotation", before.index, proof.index);
            if got <= least {
                let least = least.saturating_add(1);
                return Err(RotationError::Order { what, least, got });
            }
        }
        let rotations = Self { proofs };
        match rotations.to_string() == text {
            true => Ok(rotations),
            false => Err(form("the one way to write the proofs")),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.proofs.is_empty()
    }

    /// The checkpoints that they rest on, in order.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.proofs.iter().map(|proof| &proof.note)
    }

    /// Those of the first entries.
    pub fn up_to(&self, size: u64) -> Self {
        let proofs = self.proofs.iter().take_while(|proof| proof.index < size).cloned().collect();
        Self { proofs }
    }

    /// Adds the proof of one more: the stored bytes of its entry, in the tree with these hashes,
    /// and the checkpoint that acknowledges it.
    ///
    /// # Errors
    /// Whatever the source of hashes returns.
    pub fn add<E>(
        &mut self,
        (index, entry): (u64, Vec<u8>),
        note: Note,
        hashes: &mut dyn FnMut(Subtree) -> Result<TreeHash, E>,
    ) -> Result<(), E> {
        let path = inclusion(index, index + 1, hashes)?;
        self.proofs.push(TlogProof { extra: Some(entry), index, path, note });
        Ok(())
    }

    /// The key that the first one is from, whoever signed it.
    ///
    /// # Errors
    /// It is no rotation.
    pub fn first(&self) -> Result<Option<VerifierKey>, RotationError> {
        let Some(proof) = self.proofs.first() else { return Ok(None) };
        Ok(Some(of(proof)?.old.parse()?))
    }

    /// Whether one of them names a key, as old or as new; by itself that proves nothing.
    pub fn names(&self, key: &VerifierKey) -> bool {
        let vkey = key.to_string();
        let mut named = self.proofs.iter().filter_map(|proof| of(proof).ok());
        named.any(|rotated| rotated.old == vkey || rotated.new == vkey)
    }

    /// The keys that somebody can follow to who trusts one, and why no further.
    pub fn follow(&self, trusted: &VerifierKey) -> (Keys, Result<(), RotationError>) {
        let mut keys = Keys::of(trusted.clone());
        let (mut started, vkey) = (false, trusted.to_string());
        for proof in &self.proofs {
            let rotated = match of(proof) {
                Ok(rotated) => rotated,
                Err(error) => return (keys, Err(error)),
            };
            started |= rotated.old == vkey;
            // What comes before it was signed by nobody who is trusted: nothing is made of it.
            if !started {
                continue;
            }
            if let Err(error) = follow_one(&mut keys, proof, &rotated) {
                return (keys, Err(error));
            }
        }
        (keys, Ok(()))
    }
}

/// The event that a proof is of.
fn of(proof: &TlogProof) -> Result<KeyRotated, RotationError> {
    let entry = Entry::from_bytes(proof.extra.as_deref().unwrap_or_default());
    let entry = entry.map_err(|_| RotationError::Form { expected: "an entry as extra data" })?;
    match entry.open()? {
        Event::KeyRotated(rotated) if entry.sequence() == proof.index => Ok(rotated),
        other => Err(RotationError::Kind {
            index: proof.index,
            got: entry.sequence(),
            kind: other.kind().as_str(),
        }),
    }
}

fn follow_one(
    keys: &mut Keys,
    proof: &TlogProof,
    rotated: &KeyRotated,
) -> Result<(), RotationError> {
    let policy = Policy::of_keys(vec![keys.current().clone()]);
    let accepted = proof.check(proof.extra.as_deref().unwrap_or_default(), &policy)?;
    let (got, least) = (accepted.checkpoint.size, proof.index + 1);
    if got != least {
        return Err(RotationError::Order { what: "the checkpoint of a rotation", least, got });
    }
    keys.rotate(proof.index, rotated)
}

/// Their bytes.
impl fmt::Display for Rotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FIRST}\n\n")?;
        self.proofs.iter().try_for_each(|proof| writeln!(f, "{proof}"))
    }
}
