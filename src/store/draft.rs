//! Why drafts are not appended: what whoever appends is told, before anything is written.
//! Knows nothing of how drafts are checked; `batch` does that.

use crate::ledger::audit::OrderError;
use crate::ledger::codec::EncodeError;
use crate::store::log::RECEIVED_MAX;
use crate::terms::id::{Accession, ContentId};

/// Why drafts are not appended. The ledger is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DraftError {
    /// A change of the key among other events.
    #[error("expected a change of the key alone, got one among other events")]
    NotAlone,
    /// A draft or a batch without events.
    #[error("expected at least one event, got none")]
    Empty,
    /// More than a batch may bring.
    #[error("expected at most {max} {what} in one batch, got {got}")]
    BatchTooLarge {
        /// Entries, or bytes received.
        what: &'static str,
        /// The limit.
        max: usize,
        /// What came.
        got: usize,
    },
    /// A filing larger than the ledger keeps.
    #[error("expected at most {RECEIVED_MAX} received bytes, got {got}")]
    ReceivedTooLarge {
        /// How many came.
        got: usize,
    },
    /// The bytes are not those the events name.
    #[error("expected received bytes named {expected}, got bytes named {got}")]
    WrongBytes {
        /// The name in the events.
        expected: ContentId,
        /// The name of the bytes that came.
        got: ContentId,
    },
    /// The bytes have another length than the event says.
    #[error("expected {expected} received bytes, got {got}")]
    WrongLength {
        /// What the event says.
        expected: u64,
        /// How many there are.
        got: u64,
    },
    /// An event names bytes that neither came with it nor are held.
    #[error("expected the received bytes named {0} with the event that rests on them, got none")]
    NoBytes(ContentId),
    /// A decision about bytes that its entry does not record.
    #[error("expected entry {entry} to record the received bytes {content}, it does not")]
    NotNamed {
        /// The entry.
        entry: u64,
        /// The bytes.
        content: ContentId,
    },
    /// A filing is already recorded under the accession number.
    #[error("expected an accession number that is not recorded, got {0}")]
    AccessionTaken(Accession),
    /// This conflict is already recorded.
    #[error("expected a conflict that is not recorded, got {0} and {1} again")]
    ConflictTaken(Accession, ContentId),
    /// An event where the order of events forbids it.
    #[error("the event may not stand here")]
    Order(#[from] OrderError),
    /// An event that has no canonical bytes.
    #[error("the event cannot be encoded")]
    Encode(#[from] EncodeError),
}
