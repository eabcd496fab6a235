//! The index's row about itself: how far it reaches, and what is on its way (spec, section 11.2).
//! Knows nothing of the rows it speaks of.

use crate::ledger::chain::Head;
use crate::ledger::key::SigningKey;
use crate::ledger::rotation::Keys;
use crate::store::digests::{DIGEST_LEN, Top};
use crate::store::segment::{Place, part};
use crate::store::sled::IndexError;
use crate::terms::id::EntryHash;
use crate::terms::time::RecordedAt;

/// The layout of the rows and leaves; another number means that the index is made anew.
pub const INDEX_VERSION: u32 = 5;

/// How far the index reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Meta {
    /// The head of the entries it holds.
    pub head: Head,
    /// Where the journal's entries ended with them.
    pub entries_end: Place,
    /// Where the journal's received bytes ended with them.
    pub blobs_end: Place,
}

impl Meta {
    const LEN: usize = 72;
    /// Before the first entry.
    pub(super) const NONE: Meta =
        Meta { head: Head::NONE, entries_end: Place::START, blobs_end: Place::START };

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend_from_slice(&self.head.size.to_be_bytes());
        bytes.extend_from_slice(&self.head.hash.0);
        bytes.extend_from_slice(&self.head.recorded_at.0.to_be_bytes());
        for place in [self.entries_end, self.blobs_end] {
            bytes.extend_from_slice(&place.segment.to_be_bytes());
            bytes.extend_from_slice(&place.offset.to_be_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let place = |at| Place {
            segment: u32::from_be_bytes(part(bytes, at)),
            offset: u64::from_be_bytes(part(bytes, at + 4)),
        };
        let head = Head {
            size: u64::from_be_bytes(part(bytes, 0)),
            hash: EntryHash(part(bytes, 8)),
            recorded_at: RecordedAt(u64::from_be_bytes(part(bytes, 40))),
        };
        Self { head, entries_end: place(48), blobs_end: place(60) }
    }
}

/// Changes that were on their way into sled, a stretch of keys after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Underway {
    /// How far the index reaches with all of them.
    pub(super) to: Meta,
    /// The rows before this key have them.
    pub(super) next: Vec<u8>,
}

/// What sled holds: how far it reaches, what stands for its leaves, who signed for that, and what
/// is on its way. That is more than one thing where what had been broken off was broken off again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub(super) meta: Meta,
    pub(super) top: Top,
    pub(super) signature: Option<Signature>,
    pub(super) underway: Vec<Underway>,
}

/// An Ed25519 signature.
type Signature = [u8; SIGNATURE_LEN];
const SIGNATURE_LEN: usize = 64;

/// Bytes of what is kept before the signature: version, reach, number of levels, digest.
const TOP_LEN: usize = 4 + Meta::LEN + 1 + DIGEST_LEN;
/// Bytes of what is kept before what is on its way.
const KEPT_LEN: usize = TOP_LEN + SIGNATURE_LEN;

/// What is signed, of the row without the signature.
fn message(origin: &str, row: [&[u8]; 2]) -> Vec<u8> {
    let digest = blake3::hash(&row.concat());
    [format!("blockholder/v1 index\n{origin}\n").as_bytes(), digest.as_bytes()].concat()
}

impl Kept {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Self { meta, top, signature, underway } = self;
        let mut bytes = INDEX_VERSION.to_be_bytes().to_vec();
        bytes.extend(meta.to_bytes());
        bytes.push(top.levels);
        bytes.extend_from_slice(&top.digest);
        bytes.extend_from_slice(&signature.unwrap_or([0; SIGNATURE_LEN]));
        for Underway { to, next } in underway {
            bytes.extend(to.to_bytes());
            // No key is longer than a leaf.
            bytes.extend_from_slice(&(next.len() as u16).to_be_bytes());
            bytes.extend_from_slice(next);
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        let version = u32::from_be_bytes(part(bytes, 0));
        let other =
            || IndexError::new(format!("an index of version {version}, not {INDEX_VERSION}"));
        let (kept, mut rest) = bytes.split_at_checked(KEPT_LEN).ok_or_else(other)?;
        if version != INDEX_VERSION {
            return Err(other());
        }
        let [levels] = part(kept, 4 + Meta::LEN);
        let top = Top { levels, digest: part(kept, 5 + Meta::LEN) };
        let signature = Some(part(kept, TOP_LEN)).filter(|signed| *signed != [0; SIGNATURE_LEN]);
        if !top.is_one() {
            return Err(IndexError::new(format!("expected fewer levels of digests, got {levels}")));
        }
        let meta = Meta::from_bytes(kept.get(4..).unwrap_or_default());
        let mut underway = Vec::new();
        while !rest.is_empty() {
            let (to, next) = rest.split_at_checked(Meta::LEN).ok_or_else(other)?;
            let (len, next) = next.split_first_chunk().ok_or_else(other)?;
            let len = usize::from(u16::from_be_bytes(*len));
            let (next, after) = next.split_at_checked(len).ok_or_else(other)?;
            underway.push(Underway { to: Meta::from_bytes(to), next: next.to_vec() });
            rest = after;
        }
        Ok(Self { meta, top, signature, underway })
    }

    /// The largest size that it names.
    pub(super) fn seen(&self) -> u64 {
        let to = self.underway.iter().map(|underway| underway.to.head.size);
        to.fold(self.meta.head.size, u64::max)
    }

    fn message(&self, origin: &str) -> Vec<u8> {
        let bytes = self.to_bytes();
        let (top, rest) = bytes.split_at(TOP_LEN.min(bytes.len()));
        message(origin, [top, rest.get(SIGNATURE_LEN..).unwrap_or_default()])
    }

    /// Signs for it.
    pub(super) fn sign(&mut self, key: &SigningKey) {
        self.signature = Some(key.sign(&self.message(key.public().name())));
    }

    /// Whether a ledger's key in force signed for it.
    pub(super) fn is_by(&self, keys: &Keys) -> bool {
        let message = self.message(keys.origin());
        self.signature.is_some_and(|signed| keys.current().check(&message, &signed).is_ok())
    }
}
