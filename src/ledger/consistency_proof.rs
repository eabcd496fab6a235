//! The proof that a ledger goes on from an older checkpoint of it: two signed checkpoints and the
//! hashes between them. Knows nothing of entries, nor of whom to believe: a policy says that.

use std::fmt;

use crate::ledger::armor;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::policy::{Accepted, Policy, Refused};
use crate::ledger::proof::{PROOF_MAX, ProofError, check_consistency};
use crate::terms::id::TreeHash;

/// The first line of the file.
pub const FIRST: &str = "blockholder consistency-proof v1";

/// Why bytes are no proof, or prove nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConsistencyProofError {
    /// A line of another form.
    #[error("expected {expected} in line {line} of the proof, got something else")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// A checkpoint is no note.
    #[error("the {which} checkpoint is no signed note")]
    Note {
        /// The older or the newer.
        which: &'static str,
        /// Why.
        source: NoteError,
    },
    /// A checkpoint is not believed.
    #[error("the {which} checkpoint is refused")]
    Refused {
        /// The older or the newer.
        which: &'static str,
        /// Why.
        source: Refused,
    },
    /// They are two ledgers'.
    #[error("expected two checkpoints of {older}, got a newer one of {newer}")]
    Origin {
        /// The older one's ledger.
        older: String,
        /// The newer one's.
        newer: String,
    },
    /// The newer tree does not begin with the older.
    #[error("the newer checkpoint does not go on from the older")]
    Proof(#[from] ProofError),
}

/// A proof that one checkpoint goes on from another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsistencyProof {
    /// RFC 6962's.
    pub hashes: Vec<TreeHash>,
    /// The older checkpoint.
    pub older: Note,
    /// The newer one.
    pub newer: Note,
}

impl ConsistencyProof {
    /// The proof of its bytes (spec, section 22.4); nothing of it is to be believed yet.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConsistencyProofError> {
        let wrong = |line, expected| ConsistencyProofError::Line { line, expected };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong(1, "text in UTF-8"))?;
        let (head, notes) = text.split_once("\n\n").ok_or(wrong(1, "an empty line below"))?;
        let mut lines = (1..).zip(head.split('\n'));
        if lines.next().map(|(_, first)| first) != Some(FIRST) {
            return Err(wrong(1, FIRST));
        }
        let len = lines.next().and_then(|(_, line)| line.strip_prefix("older "));
        let len = len.and_then(|text| text.parse().ok().filter(|n: &usize| n.to_string() == text));
        let len = len.ok_or(wrong(2, "older and a number of bytes"))?;
        let hash = |(line, text)| armor::decode_hash(text).ok_or(wrong(line, "a hash in base64"));
        let hashes = lines.take(PROOF_MAX + 2).map(hash).collect::<Result<_, _>>()?;
        let (older, newer) = notes.split_at_checked(len).ok_or(wrong(2, "fewer bytes"))?;
        let note = |which, text: &str| {
            let note = Note::parse(text.as_bytes());
            note.map_err(|source| ConsistencyProofError::Note { which, source })
        };
        Ok(Self { hashes, older: note("older", older)?, newer: note("newer", newer)? })
    }

    /// Checks that a policy believes both checkpoints, and that the newer goes on from the older.
    ///
    /// # Errors
    /// What is wrong, the checkpoints first.
    pub fn check(&self, policy: &Policy) -> Result<(Accepted, Accepted), ConsistencyProofError> {
        let accept = |which, note| {
            let accepted = policy.accept(note);
            accepted.map_err(|source| ConsistencyProofError::Refused { which, source })
        };
        let (older, newer) = (accept("older", &self.older)?, accept("newer", &self.newer)?);
        let (old, new) = (&older.checkpoint, &newer.checkpoint);
        if old.origin != new.origin {
            let (older, newer) = (old.origin.clone(), new.origin.clone());
            return Err(ConsistencyProofError::Origin { older, newer });
        }
        check_consistency((old.size, old.root), (new.size, new.root), &self.hashes)?;
        Ok((older, newer))
    }
}

/// Its bytes.
impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older = self.older.to_string();
        writeln!(f, "{FIRST}\nolder {}", older.len())?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", armor::encode(&hash.0)))?;
        write!(f, "\n{older}{}", self.newer)
    }
}
