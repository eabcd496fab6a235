//! Checkpoints of C2SP tlog-checkpoint: a ledger's origin, size and root, signed as a note.
//! Knows nothing of files; whoever signs one answers for what it says.

use crate::ledger::armor;
use crate::ledger::key::{KeyKind, SigningKey, VerifierKey};
use crate::ledger::note::{Note, NoteError, Signature, Signed};
use crate::terms::id::TreeHash;

/// Why a note is no checkpoint of this ledger.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The note itself.
    #[error("the checkpoint is no note that a known key signed")]
    Note(#[from] NoteError),
    /// The text has another form.
    #[error("expected {expected} in line {line} of the checkpoint, got {got:?}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// It is another ledger's.
    #[error("expected a checkpoint of {expected}, got one of {got}")]
    Origin {
        /// The ledger whose key was given.
        expected: String,
        /// The origin in the note.
        got: String,
    },
}

/// The head of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Which ledger's.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: TreeHash,
}

impl Checkpoint {
    /// The note's text: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, armor::encode(&self.root.0))
    }

    /// The checkpoint of a text. Lines after the third are allowed and mean nothing here.
    ///
    /// # Errors
    /// A text of another form.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let mut line = |line, expected, right: fn(&str) -> bool| {
            let got = lines.next().unwrap_or_default();
            let wrong = || CheckpointError::Line { line, expected, got: got.to_owned() };
            if right(got) { Ok(got) } else { Err(wrong()) }
        };
        let origin = line(1, "an origin", |got| !got.is_empty())?.to_owned();
        let is_size = |got: &str| got.parse::<u64>().is_ok_and(|size| size.to_string() == got);
        let size = line(2, "a size", is_size)?.parse().unwrap_or_default();
        let root = line(3, "a root", |got| armor::decode_hash(got).is_some())?;
        let root = armor::decode_hash(root).unwrap_or(TreeHash([0; 32]));
        match lines.position(str::is_empty) {
            None => Ok(Self { origin, size, root }),
            Some(at) => {
                let (expected, got) = ("no empty line", String::new());
                Err(CheckpointError::Line { line: at + 4, expected, got })
            }
        }
    }

    /// Signs it as the ledger. Whoever calls this has the entries on disk and this root from them.
    pub fn sign(&self, key: &SigningKey) -> Note {
        let text = self.text();
        let signature = Signature::by_log(key, &text);
        Note::new(text, signature)
    }

    /// The checkpoint of a note that one of the known keys of its ledger signed, with every known
    /// key's signature.
    ///
    /// # Errors
    /// No note, no signature that holds by a ledger's key named like the origin, or no checkpoint.
    pub fn open<'k>(
        note: &Note,
        known: impl IntoIterator<Item = &'k VerifierKey> + Clone,
    ) -> Result<(Self, Vec<Signed<'k>>), CheckpointError> {
        let signed = note.verify(known)?;
        let checkpoint = Self::parse(note.text())?;
        let mut logs = signed.iter().filter(|signed| signed.key.kind() == KeyKind::Log);
        match logs.clone().any(|log| log.key.name() == checkpoint.origin) {
            true => Ok((checkpoint, signed)),
            false => {
                let got = checkpoint.origin;
                let expected = logs.next().map_or("no known ledger", |log| log.key.name());
                Err(CheckpointError::Origin { expected: expected.to_owned(), got })
            }
        }
    }
}
