//! The limits of what is taken in, each named once; what is over one is reported, never cut short.
//! Knows nothing of who keeps to them.

use crate::store::log::RECEIVED_MAX;

/// The most bytes one filing may have (spec, section 14); and an archive inside a stream, which
/// has to be held to be opened.
pub const FILING_BYTES: u64 = RECEIVED_MAX as u64;

/// How deep archives may lie in one another. A daily feed is two: a tarball, compressed.
pub const ARCHIVE_DEPTH: usize = 6;

/// What any archive may expand to, however small it is.
pub const EXPANDED_BYTES: u64 = 1024 * 1024 * 1024;

/// What it may expand to beyond that, for each byte it has. Filings compress to a fifth or a
/// twentieth; what compresses to less than a 250th was made to fill a disk.
pub const EXPANDED_TIMES: u64 = 250;

/// The longest name of a member that is shown and kept whole; four times a file system's.
pub const NAME_BYTES: usize = 1020;

/// The most bytes an extended header of a tar member may have: a name and some attributes.
pub const HEADER_BYTES: u64 = 64 * 1024;

/// Bytes of filings that are read or wait, so that memory stays small whatever comes in.
pub const IN_FLIGHT_BYTES: u64 = 256 * 1024 * 1024;

/// What a filing counts for at least in that sum: its reading is larger than a small filing.
pub const IN_FLIGHT_LEAST: u64 = 96 * 1024;

/// The longest line of an index.
pub const INDEX_LINE_BYTES: u64 = 64 * 1024;

/// A batch is acknowledged after so many filings, so that a sync is shared and none waits long.
pub const BATCH_FILINGS: usize = 1000;

/// And after so many received bytes.
pub const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// How long a filing from a stream waits for others to share its batch, in milliseconds.
pub const IDLE_MILLISECONDS: u64 = 200;

/// The most threads that read filings.
pub const READERS: usize = 16;
