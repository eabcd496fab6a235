//! Ed25519 keys with their names, as C2SP signed-note writes them; the only file that signs.
//! Makes no randomness: a new key comes from 32 bytes that somebody else drew.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, VerifyingKey};

use crate::ledger::armor;
use crate::ledger::merkle::sha256;
use crate::terms::id::PublicKey;

/// What a key signs, which is part of its identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KeyKind {
    /// Notes: type 0x01 of C2SP signed-note.
    Log,
    /// Timestamped cosignatures of checkpoints: type 0x04 of C2SP tlog-cosignature.
    Witness,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            KeyKind::Log => 0x01,
            KeyKind::Witness => 0x04,
        }
    }
}

/// Why a text or bytes are no key, or a signature not this key's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// A name that signature lines cannot carry.
    #[error("expected a key name without spaces, control characters and +, got {got:?}")]
    Name {
        /// What came.
        got: String,
    },
    /// A text of another form. What came is not repeated: it may be a secret.
    #[error("expected a key written as {expected}, got something else")]
    Form {
        /// The form.
        expected: &'static str,
    },
    /// A key of a kind that this program cannot use.
    #[error("expected a key of type 0x01 or 0x04 (Ed25519), got type {got:#04x}")]
    Kind {
        /// The type's byte.
        got: u8,
    },
    /// The short hash in the text is not the key's.
    #[error("expected the key's hash {expected:08x}, got {got:08x}")]
    Hash {
        /// The key's own.
        expected: u32,
        /// The one in the text.
        got: u32,
    },
    /// Bytes that are no point of the curve, or a weak one.
    #[error("expected an Ed25519 public key, got {got}, which is none")]
    Point {
        /// What came.
        got: PublicKey,
    },
    /// The signature is not this key's over this message.
    #[error("expected a signature by {name} over this text, got another")]
    Signature {
        /// The key's name.
        name: String,
    },
}

/// Whether a name can stand in a signature line (C2SP signed-note, Format).
pub fn is_key_name(name: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && !name.contains(bad)
}

/// A key to check signatures with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    point: VerifyingKey,
}

const COMMIT_CONTEXT: &str = "blockholder v1 commit";
const VKEY: &str = "NAME+HASH+KEY";
const SKEY: &str = "PRIVATE+KEY+NAME+HASH+SECRET";

impl VerifierKey {
    /// A key of a name.
    ///
    /// # Errors
    /// A bad name, or bytes that are no key.
    pub fn new(name: &str, kind: KeyKind, key: PublicKey) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name { got: name.to_owned() });
        }
        let point = VerifyingKey::from_bytes(&key.0).ok().filter(|point| !point.is_weak());
        let point = point.ok_or(KeyError::Point { got: key })?;
        Ok(Self { name: name.to_owned(), kind, point })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key itself.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.point.to_bytes())
    }

    /// The short number that stands before its signatures.
    pub fn id(&self) -> u32 {
        // C2SP signed-note: key ID = SHA-256(key name || 0x0A || signature type || public key)[:4].
        let parts: [&[u8]; 4] =
            [self.name.as_bytes(), b"\n", &[self.kind.byte()], &self.point.to_bytes()];
        let [a, b, c, d, ..] = sha256(&parts).0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Checks a signature over bytes, by the strict rules that leave each one spelling.
    ///
    /// # Errors
    /// It is not this key's.
    pub fn check(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        let refused = |_| KeyError::Signature { name: self.name.clone() };
        self.point.verify_strict(message, &signature).map_err(refused)
    }
}

/// The vkey of C2SP signed-note: `NAME+HASH+base64(type || public key)`.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind.byte()], self.point.to_bytes().as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id(), armor::encode(&key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, hash, kind, key) = parts(text).ok_or(KeyError::Form { expected: VKEY })?;
        let key = Self::new(name, known(kind)?, PublicKey(key))?;
        if key.id() == hash { Ok(key) } else { Err(wrong_hash(&key, hash)) }
    }
}

fn wrong_hash(key: &VerifierKey, got: u32) -> KeyError {
    KeyError::Hash { expected: key.id(), got }
}

fn known(kind: u8) -> Result<KeyKind, KeyError> {
    let kinds = [KeyKind::Log, KeyKind::Witness];
    kinds.into_iter().find(|known| known.byte() == kind).ok_or(KeyError::Kind { got: kind })
}

/// `NAME+HASH+base64(type || 32 bytes)`, taken apart.
fn parts(text: &str) -> Option<(&str, u32, u8, [u8; 32])> {
    let mut parts = text.splitn(3, '+');
    let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
    let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let hash = (hash.len() == 8 && hash.bytes().all(lower)).then_some(hash)?;
    let key = armor::decode(key)?;
    let (kind, key) = key.split_first()?;
    Some((name, u32::from_str_radix(hash, 16).ok()?, *kind, key.try_into().ok()?))
}

/// A key to sign with.
#[derive(Clone)]
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    public: VerifierKey,
}

/// Never shows the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

impl SigningKey {
    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// A bad name.
    pub fn from_seed(name: &str, kind: KeyKind, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let key = PublicKey(secret.verifying_key().to_bytes());
        Ok(Self { public: VerifierKey::new(name, kind, key)?, secret })
    }

    /// Its public half.
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// Signs bytes (RFC 8032, 5.1.6).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    /// What tells this key's own hand from any other's, for whoever has the key (spec, section
    /// 9.5).
    pub fn authenticator(&self, message: &[u8]) -> [u8; 32] {
        let key = blake3::derive_key(COMMIT_CONTEXT, self.secret.as_bytes());
        blake3::keyed_hash(&key, message).into()
    }

    /// The secret as text: `PRIVATE+KEY+NAME+HASH+base64(type || seed)`.
    pub fn secret_text(&self) -> String {
        let seed = [&[self.public.kind.byte()], self.secret.as_bytes().as_slice()].concat();
        let (name, id) = (self.public.name(), self.public.id());
        format!("PRIVATE+KEY+{name}+{id:08x}+{}", armor::encode(&seed))
    }

    /// The key of its text.
    ///
    /// # Errors
    /// A text of another form, or whose hash is not the key's.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let form = KeyError::Form { expected: SKEY };
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(form.clone())?;
        let (name, hash, kind, seed) = parts(rest).ok_or(form)?;
        let key = Self::from_seed(name, known(kind)?, &seed)?;
        if key.public.id() == hash { Ok(key) } else { Err(wrong_hash(&key.public, hash)) }
    }
}
