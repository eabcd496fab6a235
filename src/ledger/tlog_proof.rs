//! The proof that one entry is in a ledger, as C2SP tlog-proof writes it.
//! Knows nothing of entries but their bytes, nor of whom to believe: a policy says that.

use std::fmt;

use crate::ledger::armor;
use crate::ledger::merkle::leaf;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::policy::{Accepted, Policy, Refused};
use crate::ledger::proof::{PROOF_MAX, ProofError, check_inclusion};
use crate::terms::id::TreeHash;

const FIRST: &str = "c2sp.org/tlog-proof@v1";

/// Why bytes are no proof, or prove nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TlogProofError {
    /// A line of another form.
    #[error("expected {expected} in line {line} of the proof, got something else")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// The checkpoint is no note.
    #[error("the proof's checkpoint is no signed note")]
    Note(#[from] NoteError),
    /// The checkpoint is not believed.
    #[error("the proof's checkpoint is refused")]
    Refused(#[from] Refused),
    /// The entry is not in the tree.
    #[error("the entry is not where the proof says")]
    Proof(#[from] ProofError),
}

/// A proof that one entry is in a ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlogProof {
    /// Bytes that come along and prove nothing by themselves.
    pub extra: Option<Vec<u8>>,
    /// Which entry.
    pub index: u64,
    /// Siblings on the way up, lowest first.
    pub path: Vec<TreeHash>,
    /// The signed checkpoint.
    pub note: Note,
}

impl TlogProof {
    /// The proof of its bytes; nothing of it is to be believed yet.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        let wrong = |line, expected| TlogProofError::Line { line, expected };
        let text = std::str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        let (head, note) = text.split_once("\n\n").ok_or(wrong(1, "an empty line below"))?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        if lines.next().map(|(_, first)| first) != Some(FIRST) {
            return Err(wrong(1, FIRST));
        }
        let mut extra = None;
        if let Some((line, text)) = lines.next_if(|(_, line)| line.starts_with("extra ")) {
            let text = text.strip_prefix("extra ").unwrap_or_default();
            extra = Some(armor::decode(text).ok_or(wrong(line, "base64 after extra"))?);
        }
        let index = lines.next().and_then(|(_, line)| line.strip_prefix("index "));
        let index =
            index.and_then(|text| text.parse().ok().filter(|n: &u64| n.to_string() == text));
        let index = index.ok_or(wrong(2 + usize::from(extra.is_some()), "index and a number"))?;
        let hash = |(line, text)| armor::decode_hash(text).ok_or(wrong(line, "a hash in base64"));
        let path: Vec<TreeHash> = lines.take(PROOF_MAX + 1).map(hash).collect::<Result<_, _>>()?;
        Ok(Self { extra, index, path, note: Note::parse(note.as_bytes())? })
    }

    /// Checks that the entry of these bytes is in the ledger that the policy believes.
    ///
    /// # Errors
    /// What is wrong, the checkpoint first.
    pub fn check(&self, entry: &[u8], policy: &Policy) -> Result<Accepted, TlogProofError> {
        let accepted = policy.accept(&self.note)?;
        let (size, root) = (accepted.checkpoint.size, accepted.checkpoint.root);
        check_inclusion(self.index, size, leaf(entry), &self.path, root)?;
        Ok(accepted)
    }
}

/// Its bytes.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", armor::encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", armor::encode(&hash.0)))?;
        write!(f, "\n{}", self.note)
    }
}
