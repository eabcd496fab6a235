//! What may be asked, and the basis every answer names so that it can be had again.
//! Knows nothing of stores and of how answers are printed.

use crate::terms::id::EntryHash;
use crate::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize};

/// The version of the rules that make an answer from entries (spec, sections 17 and 18). It is
/// raised whenever the same entries would be answered otherwise, so that whoever checks an older
/// proof is told so rather than that it is wrong.
pub const RULES: u32 = 13;

/// One point on each of the three clocks; every question has all three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Question {
    /// True since: filings whose event date is this day or before count.
    pub as_of: AsOf,
    /// Known since: filings EDGAR had accepted at this instant count.
    pub known_at: KnownAt,
    /// Sworn at: only this many entries of the ledger count.
    pub at: LedgerSize,
}

/// A question that everything counts for.
pub const EVERYTHING: Question =
    Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at: LedgerSize(u64::MAX) };

/// What an answer rests on; asking again with it gives the same answer, byte for byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Basis {
    /// The question's three clocks.
    pub question: Question,
    /// The hash of the last entry that counts, which vouches for all before it.
    pub head: EntryHash,
}
