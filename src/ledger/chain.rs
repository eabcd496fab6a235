//! Binds an entry to the one before it.
//! Knows nothing of files, and reads no clock: whoever appends says what time it is.

use crate::ledger::codec::{self, DecodeError, EncodeError};
use crate::ledger::event::Event;
use crate::ledger::event_kind::EventKind;
use crate::terms::id::{EntryHash, PayloadDigest};
use crate::terms::time::RecordedAt;

/// The version of the envelope this program writes, and the only one it reads.
pub const ENVELOPE_VERSION: u16 = 1;
/// Bytes of an envelope (spec, section 7).
pub const ENVELOPE_LEN: usize = 88;
/// The most bytes an entry can have: its envelope and the largest payload.
pub const ENTRY_MAX: usize = ENVELOPE_LEN + codec::PAYLOAD_MAX;

const ENTRY_CONTEXT: &str = "blockholder v1 entry";
const PAYLOAD_CONTEXT: &str = "blockholder v1 payload";

/// How far a ledger reaches: how many entries, and the hash of the last of them, which stands for
/// all of them. The head of no entries is [`Head::NONE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// How many entries there are.
    pub size: u64,
    /// The hash of the last entry; zeros before the first.
    pub hash: EntryHash,
    /// When the last entry was recorded; zero before the first.
    pub recorded_at: RecordedAt,
}

impl Head {
    /// Before the first entry.
    pub const NONE: Head = Head { size: 0, hash: EntryHash([0; 32]), recorded_at: RecordedAt(0) };
}

/// What is hashed of an entry: 88 bytes that name its place, its time, its payload and the entry
/// before it (spec, section 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// [`ENVELOPE_VERSION`], in what this program writes.
    pub version: u16,
    /// The event's kind, by number (spec, section 5.1).
    pub kind: u16,
    /// Bytes of the payload.
    pub payload_len: u32,
    /// Its place in the ledger, from 0.
    pub sequence: u64,
    /// When it was recorded (spec, section 8).
    pub recorded_at: RecordedAt,
    /// The digest of the payload.
    pub payload_digest: PayloadDigest,
    /// The hash of the entry before; zeros in entry 0.
    pub previous: EntryHash,
}

impl Envelope {
    /// Its bytes, as hashed and as stored.
    pub fn to_bytes(&self) -> [u8; ENVELOPE_LEN] {
        let mut bytes = [0; ENVELOPE_LEN];
        let fields: [&[u8]; 7] = [
            &self.version.to_le_bytes(),
            &self.kind.to_le_bytes(),
            &self.payload_len.to_le_bytes(),
            &self.sequence.to_le_bytes(),
            &self.recorded_at.0.to_le_bytes(),
            &self.payload_digest.0,
            &self.previous.0,
        ];
        let mut rest = bytes.as_mut_slice();
        for field in fields {
            let (here, after) = rest.split_at_mut(field.len());
            here.copy_from_slice(field);
            rest = after;
        }
        bytes
    }

    /// The envelope of its bytes: every 88 bytes are one, right or wrong.
    pub fn from_bytes(bytes: &[u8; ENVELOPE_LEN]) -> Self {
        let mut rest = bytes.as_slice();
        Self {
            version: u16::from_le_bytes(take(&mut rest)),
            kind: u16::from_le_bytes(take(&mut rest)),
            payload_len: u32::from_le_bytes(take(&mut rest)),
            sequence: u64::from_le_bytes(take(&mut rest)),
            recorded_at: RecordedAt(u64::from_le_bytes(take(&mut rest))),
            payload_digest: PayloadDigest(take(&mut rest)),
            previous: EntryHash(take(&mut rest)),
        }
    }

    /// The entry's hash.
    pub fn hash(&self) -> EntryHash {
        EntryHash(blake3::derive_key(ENTRY_CONTEXT, &self.to_bytes()))
    }

    /// The head of the ledger that ends with the entry.
    pub fn head(&self) -> Head {
        Head {
            size: self.sequence.saturating_add(1),
            hash: self.hash(),
            recorded_at: self.recorded_at,
        }
    }

    /// Whether a payload is the one the envelope was made for.
    ///
    /// # Errors
    /// Another version, length or digest.
    pub fn check_payload(&self, payload: &[u8]) -> Result<(), OpenError> {
        if self.version != ENVELOPE_VERSION {
            return Err(OpenError::Version { got: self.version });
        }
        if u64::from(self.payload_len) != payload.len() as u64 {
            let got = payload.len();
            return Err(OpenError::Length { expected: self.payload_len, got });
        }
        let (expected, got) = (self.payload_digest, payload_digest(payload));
        if expected == got { Ok(()) } else { Err(OpenError::Digest { expected, got }) }
    }

    /// The event of a payload, once that is proven to be the one the envelope was made for.
    ///
    /// # Errors
    /// Whatever [`Envelope::check_payload`] or [`codec::decode`] refuses.
    pub fn open(&self, payload: &[u8]) -> Result<Event, OpenError> {
        self.check_payload(payload)?;
        Ok(codec::decode(self.kind, payload)?)
    }
}

/// The envelope and the payload of stored bytes. Nothing is checked but that an envelope is there.
///
/// # Errors
/// Fewer bytes than an envelope has.
pub fn split(stored: &[u8]) -> Result<(Envelope, &[u8]), OpenError> {
    let short = OpenError::Short { got: stored.len() };
    let (envelope, payload) = stored.split_first_chunk().ok_or(short)?;
    Ok((Envelope::from_bytes(envelope), payload))
}

/// Takes the next `N` bytes; zeros once there are no more, which a whole envelope never meets.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let Some((first, tail)) = rest.split_first_chunk() else { return [0; N] };
    *rest = tail;
    *first
}

/// The digest of a payload (spec, section 6).
pub fn payload_digest(payload: &[u8]) -> PayloadDigest {
    PayloadDigest(blake3::derive_key(PAYLOAD_CONTEXT, payload))
}

/// Why an entry does not open to its event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Too few bytes to be an entry.
    #[error("expected at least {ENVELOPE_LEN} bytes of envelope, got {got}")]
    Short {
        /// How many there are.
        got: usize,
    },
    /// An envelope of another version.
    #[error("expected an envelope of version {ENVELOPE_VERSION}, got {got}")]
    Version {
        /// Its version.
        got: u16,
    },
    /// The payload has another length than the envelope says.
    #[error("expected a payload of {expected} bytes, got {got}")]
    Length {
        /// What the envelope says.
        expected: u32,
        /// How many there are.
        got: usize,
    },
    /// The payload is not the one the envelope was made for.
    #[error("expected a payload with the digest {expected}, got {got}")]
    Digest {
        /// What the envelope says.
        expected: PayloadDigest,
        /// What the payload has.
        got: PayloadDigest,
    },
    /// The payload is not an event in canonical form.
    #[error("the payload is no canonical event")]
    Decode(#[from] DecodeError),
}

/// An event with its link: what is stored, and what is hashed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The link.
    pub envelope: Envelope,
    /// The event's canonical bytes.
    pub payload: Vec<u8>,
}

impl Entry {
    /// Links an event to the head of a ledger.
    ///
    /// # Errors
    /// An event without canonical bytes.
    pub fn link(head: &Head, now: RecordedAt, event: &Event) -> Result<Self, EncodeError> {
        Ok(Unlinked::of(event)?.link(head, now))
    }

    /// Its bytes, as stored: the envelope, then the payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ENVELOPE_LEN + self.payload.len());
        bytes.extend_from_slice(&self.envelope.to_bytes());
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// The entry of stored bytes. Nothing is checked but that an envelope is there.
    ///
    /// # Errors
    /// Fewer bytes than an envelope has.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpenError> {
        let (envelope, payload) = split(bytes)?;
        Ok(Self { envelope, payload: payload.to_vec() })
    }

    /// Its hash, which the next entry carries.
    pub fn hash(&self) -> EntryHash {
        self.envelope.hash()
    }

    /// Its place in the ledger.
    pub fn sequence(&self) -> u64 {
        self.envelope.sequence
    }

    /// The head of the ledger that ends with it.
    pub fn head(&self) -> Head {
        self.envelope.head()
    }

    /// Whether the payload is the one the envelope was made for.
    ///
    /// # Errors
    /// Another version, length or digest.
    pub fn check_payload(&self) -> Result<(), OpenError> {
        self.envelope.check_payload(&self.payload)
    }

    /// The event, once the payload is proven to be the one the envelope was made for.
    ///
    /// # Errors
    /// Whatever [`Entry::check_payload`] or [`codec::decode`] refuses.
    pub fn open(&self) -> Result<Event, OpenError> {
        self.envelope.open(&self.payload)
    }
}

/// An event's canonical bytes with their digest: all of an entry that does not depend on its place,
/// and so can be made before the place is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unlinked {
    kind: EventKind,
    payload: Vec<u8>,
    digest: PayloadDigest,
}

impl Unlinked {
    /// The bytes of an event.
    ///
    /// # Errors
    /// An event without canonical bytes.
    pub fn of(event: &Event) -> Result<Self, EncodeError> {
        let (kind, payload) = codec::encode(event)?;
        Ok(Self { kind, digest: payload_digest(&payload), payload })
    }

    /// The entry of them, linked to the head of a ledger.
    pub fn link(self, head: &Head, now: RecordedAt) -> Entry {
        let envelope = Envelope {
            version: ENVELOPE_VERSION,
            kind: self.kind.number(),
            // Within PAYLOAD_MAX, or the codec would have refused it.
            payload_len: self.payload.len() as u32,
            sequence: head.size,
            // Time never goes back (spec, section 8): a clock that was set back costs a label only.
            recorded_at: RecordedAt(now.0.max(head.recorded_at.0.saturating_add(1))),
            payload_digest: self.digest,
            previous: head.hash,
        };
        Entry { envelope, payload: self.payload }
    }
}
