//! Signed notes of C2SP signed-note: a text, and signature lines under it.
//! Knows nothing of what a text says; until a known key has signed it, it says nothing.

use std::collections::BTreeSet;

use crate::ledger::armor;
use crate::ledger::key::{KeyError, KeyKind, SigningKey, VerifierKey, is_key_name};

/// The most bytes a note may have.
pub const NOTE_MAX: usize = 128 * 1024;
/// The most signatures a note may have; readers must take at least 16.
pub const SIGNATURES_MAX: usize = 64;

const DASH: &str = "\u{2014} ";

/// Why bytes are no signed note, or not signed by a known key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    /// More bytes than a note may have.
    #[error("expected a note of at most {NOTE_MAX} bytes, got {got}")]
    TooLong {
        /// How many came.
        got: usize,
    },
    /// More signatures than a note may have.
    #[error("expected at most {SIGNATURES_MAX} signatures, got {got}")]
    TooMany {
        /// How many came.
        got: usize,
    },
    /// Not UTF-8, or with control characters.
    #[error("expected UTF-8 without control characters but line feeds, got other bytes")]
    Characters,
    /// No text, an empty line, and signature lines.
    #[error("expected a text, an empty line and signature lines, got {got}")]
    Form {
        /// What is missing.
        got: &'static str,
    },
    /// A line that is no signature.
    #[error("expected a signature in line {line} below the text, got something else")]
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// A known key's signature that is none.
    #[error("the note's signature does not hold")]
    Signature(#[from] KeyError),
    /// Another key of a known key's name has signed: whether it follows that one is not known here.
    #[error("expected a signature by {expected}, got one by another key of that name, {got:08x}")]
    OtherKey {
        /// The key that is known.
        expected: String,
        /// The other one's short number.
        got: u32,
    },
    /// No known key has signed.
    #[error("expected a signature by {expected}, got none")]
    Unsigned {
        /// The keys that were known.
        expected: String,
    },
}

/// A signature line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The key's name.
    pub name: String,
    /// The key's short number.
    pub id: u32,
    /// What the key made of the text.
    pub bytes: Vec<u8>,
}

impl Signature {
    /// A note's signature by a log's key, over its text.
    pub fn by_log(key: &SigningKey, text: &str) -> Self {
        Self::of(key, key.sign(text.as_bytes()).to_vec())
    }

    /// A witness's timestamped cosignature of a checkpoint's text; seconds since 1970.
    pub fn by_witness(key: &SigningKey, text: &str, time: u64) -> Self {
        let signature = key.sign(cosigned(text, time).as_bytes());
        // C2SP tlog-cosignature: timestamped_signature = u64 timestamp || ed25519_signature[64].
        Self::of(key, [time.to_be_bytes().as_slice(), &signature].concat())
    }

    fn of(key: &SigningKey, bytes: Vec<u8>) -> Self {
        Self { name: key.public().name().to_owned(), id: key.public().id(), bytes }
    }

    /// Its line, with its line feed.
    pub fn line(&self) -> String {
        let bytes = [self.id.to_be_bytes().as_slice(), &self.bytes].concat();
        format!("{DASH}{} {}\n", self.name, armor::encode(&bytes))
    }

    /// The signature of a line without its line feed; `None` for what is none.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = armor::decode(signature)?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        let whole = is_key_name(name) && !bytes.is_empty();
        let (name, bytes) = (name.to_owned(), bytes.to_vec());
        whole.then_some(Self { name, id: u32::from_be_bytes(*id), bytes })
    }

    fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    /// Checks it over a text; a witness's carries the time it was made, in seconds since 1970.
    fn check(&self, key: &VerifierKey, text: &str) -> Result<Option<u64>, KeyError> {
        let refused = || KeyError::Signature { name: self.name.clone() };
        match key.kind() {
            KeyKind::Log => {
                let signature = self.bytes.as_slice().try_into().map_err(|_| refused())?;
                key.check(text.as_bytes(), signature).map(|()| None)
            }
            KeyKind::Witness => {
                let (time, signature) = self.bytes.split_first_chunk().ok_or_else(refused)?;
                let time = u64::from_be_bytes(*time);
                let signature = signature.try_into().map_err(|_| refused())?;
                if time > i64::MAX as u64 {
                    return Err(refused());
                }
                key.check(cosigned(text, time).as_bytes(), signature).map(|()| Some(time))
            }
        }
    }
}

/// What a witness signs: C2SP tlog-cosignature, Ed25519 signed message.
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// A known key's signature that holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signed<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// When a witness says it signed, in seconds since 1970.
    pub time: Option<u64>,
}

/// A text and its signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A text with its first signature. The text ends with a line feed.
    pub fn new(text: String, signature: Signature) -> Self {
        Self { text, signatures: vec![signature] }
    }

    /// The note of its bytes; nothing of it is to be believed yet.
    ///
    /// # Errors
    /// What is no note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_MAX {
            return Err(NoteError::TooLong { got: bytes.len() });
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        if whole.chars().any(|c| c != '\n' && c.is_control()) {
            return Err(NoteError::Characters);
        }
        // The text may hold empty lines; the signatures come after the last one.
        let got = "no empty line";
        let (text, lines) = whole.rsplit_once("\n\n").ok_or(NoteError::Form { got })?;
        let got = "no line feed at the end";
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form { got })?;
        let count = lines.split('\n').count();
        if count > SIGNATURES_MAX {
            return Err(NoteError::TooMany { got: count });
        }
        let signature = |(line, text)| Signature::parse(text).ok_or(NoteError::Line { line });
        let signatures = (1..).zip(lines.split('\n')).map(signature).collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The text, with its last line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature below the others; the same line is not added twice.
    pub fn add(&mut self, signature: Signature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// Every signature by a known key. Those of unknown keys are passed over.
    ///
    /// # Errors
    /// A known key's signature does not hold, or no known key has signed.
    pub fn verify<'k>(
        &self,
        known: impl IntoIterator<Item = &'k VerifierKey> + Clone,
    ) -> Result<Vec<Signed<'k>>, NoteError> {
        let mut signed: Vec<Signed<'k>> = Vec::new();
        for signature in &self.signatures {
            for key in known.clone() {
                if signature.is_by(key) {
                    let time = signature.check(key, &self.text)?;
                    signed.push(Signed { key, time });
                }
            }
        }
        if signed.is_empty() {
            let named = |one: &Signature| {
                let log = |key: &&VerifierKey| key.kind() == KeyKind::Log && one.name == key.name();
                known.clone().into_iter().find(log).map(|key| (one.id, key.to_string()))
            };
            if let Some((got, expected)) = self.signatures.iter().find_map(named) {
                return Err(NoteError::OtherKey { expected, got });
            }
            let names: BTreeSet<&str> = known.into_iter().map(VerifierKey::name).collect();
            let expected = names.into_iter().collect::<Vec<_>>().join(" or ");
            return Err(NoteError::Unsigned { expected });
        }
        Ok(signed)
    }
}

/// Its bytes, as kept and sent.
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}\n{}",
            self.text,
            self.signatures.iter().map(Signature::line).collect::<String>()
        )
    }
}
