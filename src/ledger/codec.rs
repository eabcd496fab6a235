//! Canonical bytes of an event, both ways; the only file that knows the encoding library.
//! Knows nothing of entries, hashes or files.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::enc::write::Writer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ledger::event::Event;
use crate::ledger::event_kind::EventKind;
use crate::terms::statement::Reading;

/// The most bytes an event may have (spec, section 14): with the 88 bytes of its envelope, what two
/// bytes can count, as tiles of entries must (section 24).
pub const PAYLOAD_MAX: usize = 65_535 - 88;

/// What a decoder may claim before it is stopped: it counts a number as long as it is in memory, up
/// to eight bytes for one. Without a limit, a length that is a lie would be allocated.
const CLAIM_MAX: usize = 16 * PAYLOAD_MAX;

type Rules = Configuration<LittleEndian, Varint, Limit<CLAIM_MAX>>;

/// The encoding of spec section 6: little-endian, variable-length integers.
const RULES: Rules = bincode::config::standard().with_limit::<CLAIM_MAX>();

/// Why an event has no canonical bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// It is too large for one entry.
    #[error("expected an event of at most {PAYLOAD_MAX} bytes, got {len}")]
    TooLarge {
        /// Its length in bytes.
        len: usize,
    },
    /// It holds a value that cannot be written.
    #[error("expected an event that can be encoded, got {0}")]
    Unencodable(String),
}

/// Why bytes are not the canonical bytes of an event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// A kind this program has never heard of.
    #[error("expected a kind of event up to {newest}, got {got}: it takes a newer program to read")]
    UnknownKind {
        /// The highest number this program knows.
        newest: u16,
        /// The number that came.
        got: u16,
    },
    /// More bytes than an event may have.
    #[error("expected at most {PAYLOAD_MAX} bytes, got {got}")]
    TooLong {
        /// How many came.
        got: usize,
    },
    /// The bytes do not decode.
    #[error("expected the bytes of a {kind}, got something else: {why}")]
    Malformed {
        /// The kind they should be.
        kind: &'static str,
        /// The decoder's word.
        why: String,
    },
    /// The event ends before the bytes do.
    #[error("expected the {kind} to end with its bytes, got {trailing} more from offset {offset}")]
    Trailing {
        /// The kind.
        kind: &'static str,
        /// Where the event ends.
        offset: usize,
        /// How many bytes follow it.
        trailing: usize,
    },
    /// They decode, but are not the one way to write what they decode to.
    #[error("expected the one canonical form of the {kind}, got another from offset {offset}")]
    NotCanonical {
        /// The kind.
        kind: &'static str,
        /// The first byte that differs.
        offset: usize,
    },
}

/// The canonical bytes of an event, and the kind they are to be read as (spec, section 6).
///
/// # Errors
/// An event of more than [`PAYLOAD_MAX`] bytes is refused.
pub fn encode(event: &Event) -> Result<(EventKind, Vec<u8>), EncodeError> {
    let bytes = unlimited(event)?;
    if bytes.len() > PAYLOAD_MAX {
        return Err(EncodeError::TooLarge { len: bytes.len() });
    }
    Ok((event.kind(), bytes))
}

/// How many bytes a part of an event takes.
pub(crate) fn encoded_len<T: Serialize>(part: &T) -> Result<usize, EncodeError> {
    write(part).map(|bytes| bytes.len())
}

/// What stands for a reading: the blake3 of its canonical bytes. `None` for one that has none.
pub fn reading_digest(reading: &Reading) -> Option<[u8; 32]> {
    write(reading).ok().map(|bytes| blake3::hash(&bytes).into())
}

/// The event of a kind's number and its canonical bytes (spec, section 6).
///
/// # Errors
/// Unknown kinds, and any bytes [`encode`] would not have written.
pub fn decode(kind: u16, bytes: &[u8]) -> Result<Event, DecodeError> {
    let newest = EventKind::ALL.into_iter().map(EventKind::number).max().unwrap_or(0);
    let kind =
        EventKind::from_number(kind).ok_or(DecodeError::UnknownKind { newest, got: kind })?;
    if bytes.len() > PAYLOAD_MAX {
        return Err(DecodeError::TooLong { got: bytes.len() });
    }
    let event = match kind {
        EventKind::LedgerOpened => Event::LedgerOpened { origin: read(kind, bytes)? },
        EventKind::FilingRecorded => Event::FilingRecorded(Box::new(read(kind, bytes)?)),
        EventKind::FilingContinued => Event::FilingContinued(read(kind, bytes)?),
        EventKind::FilingConflicted => Event::FilingConflicted(read(kind, bytes)?),
        EventKind::FilingReread => Event::FilingReread(Box::new(read(kind, bytes)?)),
        EventKind::FilingCorrected => Event::FilingCorrected(read(kind, bytes)?),
        EventKind::FilingWithdrawn => Event::FilingWithdrawn(read(kind, bytes)?),
        EventKind::FilingReinstated => Event::FilingReinstated(read(kind, bytes)?),
        EventKind::HoldersLinked => Event::HoldersLinked(read(kind, bytes)?),
        EventKind::HoldersUnlinked => Event::HoldersUnlinked(read(kind, bytes)?),
        EventKind::ClassSizeReported => Event::ClassSizeReported(read(kind, bytes)?),
        EventKind::ClassChanged => Event::ClassChanged(read(kind, bytes)?),
        EventKind::ChainJoined => Event::ChainJoined(read(kind, bytes)?),
        EventKind::ChainSplit => Event::ChainSplit(read(kind, bytes)?),
        EventKind::FilingSkipped => Event::FilingSkipped(read(kind, bytes)?),
        EventKind::TopicsSealed => Event::TopicsSealed(read(kind, bytes)?),
        EventKind::KeyRotated => Event::KeyRotated(read(kind, bytes)?),
        EventKind::ContentRedacted => Event::ContentRedacted(read(kind, bytes)?),
        EventKind::FilingUncorrected => Event::FilingUncorrected(read(kind, bytes)?),
        EventKind::ClassRetracted => Event::ClassRetracted(read(kind, bytes)?),
    };
    only_form(&event, bytes)?;
    Ok(event)
}

/// What most events fit in, so that their bytes need not move while they grow.
const USUAL_LEN: usize = 2048;

fn unlimited(event: &Event) -> Result<Vec<u8>, EncodeError> {
    let mut to = Bytes(Vec::with_capacity(USUAL_LEN));
    write_event(event, &mut to)?;
    Ok(to.0)
}

fn write_event(event: &Event, to: &mut impl Writer) -> Result<(), EncodeError> {
    match event {
        Event::LedgerOpened { origin } => write_to(origin, to),
        Event::FilingRecorded(filing) => write_to(filing, to),
        Event::FilingContinued(rest) => write_to(rest, to),
        Event::FilingConflicted(conflict) => write_to(conflict, to),
        Event::FilingReread(again) => write_to(again, to),
        Event::FilingCorrected(corrected) => write_to(corrected, to),
        Event::FilingWithdrawn(decided)
        | Event::FilingReinstated(decided)
        | Event::ChainSplit(decided)
        | Event::ContentRedacted(decided) => write_to(decided, to),
        Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => write_to(pair, to),
        Event::ClassSizeReported(size) => write_to(size, to),
        Event::ClassChanged(changed) => write_to(changed, to),
        Event::ChainJoined(joined) => write_to(joined, to),
        Event::FilingSkipped(skipped) => write_to(skipped, to),
        Event::TopicsSealed(sealed) => write_to(sealed, to),
        Event::KeyRotated(rotated) => write_to(rotated, to),
        Event::FilingUncorrected(back) => write_to(back, to),
        Event::ClassRetracted(back) => write_to(back, to),
    }
}

/// Bytes that are kept.
struct Bytes(Vec<u8>);

impl Writer for Bytes {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Bytes that are held against those that are expected, and kept nowhere.
struct Expected<'a>(&'a [u8]);

impl Writer for Expected<'_> {
    // Most writes are of one to three bytes, whose number is known where they are written.
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        let other = bincode::error::EncodeError::Other("other bytes than expected");
        self.0 = self.0.strip_prefix(bytes).ok_or(other)?;
        Ok(())
    }
}

fn write_to<T: Serialize>(value: &T, to: &mut impl Writer) -> Result<(), EncodeError> {
    bincode::serde::encode_into_writer(value, to, RULES)
        .map_err(|error| EncodeError::Unencodable(error.to_string()))
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut to = Bytes(Vec::new());
    write_to(value, &mut to)?;
    Ok(to.0)
}

fn read<T: DeserializeOwned>(kind: EventKind, bytes: &[u8]) -> Result<T, DecodeError> {
    let kind = kind.as_str();
    let (value, used) = bincode::serde::decode_from_slice(bytes, RULES)
        .map_err(|error| DecodeError::Malformed { kind, why: error.to_string() })?;
    if used < bytes.len() {
        return Err(DecodeError::Trailing { kind, offset: used, trailing: bytes.len() - used });
    }
    Ok(value)
}

/// Integers and strings have more than one spelling that decodes; only the one that is written is
/// taken, so that equal events have equal bytes and equal bytes equal hashes.
fn only_form(event: &Event, bytes: &[u8]) -> Result<(), DecodeError> {
    let mut left = Expected(bytes);
    if write_event(event, &mut left).is_ok() && left.0.is_empty() {
        return Ok(());
    }
    let kind = event.kind().as_str();
    let again = unlimited(event)
        .map_err(|error| DecodeError::Malformed { kind, why: error.to_string() })?;
    let same = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(DecodeError::NotCanonical { kind, offset: same })
}
