//! What a user should be told about a ledger that was opened all the same, in words.
//! Decides nothing: whoever opens and writes says what happened.

use std::fmt;
use std::path::PathBuf;

use crate::store::log::Unsound;

/// Something the user should be told about a ledger that was opened all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// The index was made again from the journal.
    IndexRebuilt {
        /// What was wrong with it.
        why: String,
        /// How many entries it was made from.
        entries: u64,
    },
    /// The index was brought up to the journal.
    IndexCaughtUp {
        /// How many entries it had.
        from: u64,
        /// How many it has.
        to: u64,
    },
    /// Nobody signed for the index that was there, and no key is at hand to make it again with.
    IndexUnsigned,
    /// Bytes of a batch that was never acknowledged were set aside.
    TailSetAside {
        /// Where they are.
        kept: PathBuf,
        /// How many.
        bytes: u64,
    },
    /// Bytes of a batch that was never acknowledged are at the journal's end; writing sets them
    /// aside.
    TailIgnored,
    /// A batch that was whole on disk but not acknowledged is taken as recorded.
    BatchCompleted {
        /// The size with it.
        size: u64,
    },
    /// Another key signs from now on, as the last entry says.
    KeyRotated {
        /// Its vkey.
        key: String,
    },
    /// Batches beyond the last checkpoint; they count for nothing yet.
    Unsigned {
        /// The first of their entries.
        from: u64,
        /// The last.
        last: u64,
    },
    /// Received bytes are damaged; the entries are not.
    BlobsDamaged {
        /// Where.
        what: String,
    },
    /// The ledger can be read and refuses to be written.
    Unsound(Unsound),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::IndexRebuilt { why, entries } => {
                write!(f, "the index was rebuilt from the journal's {entries} entries: {why}")
            }
            Notice::IndexCaughtUp { from, to } => {
                write!(f, "the index was brought up from {from} to {to} entries")
            }
            Notice::IndexUnsigned => f.write_str(
                "the ledger's key is not at hand, and nobody signed for the index: whoever could \
                 write to it can have left entries out of answers, which `verify` would name",
            ),
            Notice::TailSetAside { kept, bytes } => write!(
                f,
                "{bytes} bytes that were never acknowledged were set aside as {}",
                kept.display()
            ),
            Notice::TailIgnored => {
                f.write_str("the journal ends in bytes that were never acknowledged")
            }
            Notice::BatchCompleted { size } => {
                write!(f, "what was on disk without a checkpoint is recorded: {size} entries")
            }
            Notice::KeyRotated { key } => {
                write!(f, "a rotation that was on disk is in force: from now on {key} signs")
            }
            Notice::Unsigned { from, last } => write!(
                f,
                "entries {from} to {last} stand under no checkpoint and count for nothing: whoever \
                 opens the ledger with its key to write can tell whether it wrote them"
            ),
            Notice::BlobsDamaged { what } => write!(f, "received bytes are damaged: {what}"),
            Notice::Unsound(why) => write!(f, "reading only, for {why}"),
        }
    }
}
