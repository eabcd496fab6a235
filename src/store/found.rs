//! The rows that entries and received bytes are found by (spec, section 11.1): keys and values.
//! Knows nothing of how rows are kept.
//!
//! ```text
//! table        key                                 value
//! 0 entries    sequence:8 part:1                   up to 5,000 bytes of the stored entry
//! 1 accessions accession:8                         sequence:8
//! 2 contents   content:32                          sequence:8 of the first filing recorded
//! 3 conflicts  accession:8 content:32              sequence:8
//! 4 issuers    topic sequence:8                    nothing
//! 5 counts     topic                               how many rows of issuers:8
//! 6 blobs      content:32                          segment:4 offset:8 stored:8 raw:8
//! 7 kept       version:4 length:2 name piece:2     up to 4,600 bytes of what is kept
//! topic        1 cik:8 | 2 cusip 0 | 3 name 0 | 4 filing's entry:8 | 5 skipped accession:8
//!              | holder: 6 cik:8 | 7 tax-id 0 | 8 name 0 | linked holder: 9 cik:8 | 10 tax-id 0
//!              | 11 name 0                         (all numbers big-endian)
//! ```

use crate::ledger::chain::Entry;
pub use crate::ledger::topics::key as topic_key;
use crate::store::batch::Facts;
use crate::store::journal::Location;
use crate::store::packed::{Change, Row};
use crate::store::segment::part;
use crate::terms::id::{Accession, Cik, ContentId, Cusip};
use crate::terms::topic::{HolderId, Topic};

/// Entries are cut into pieces of this many bytes.
pub const PIECE: usize = 5_000;

/// A table of rows. Its number is the first byte of each of its keys as they are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Table {
    /// The entries themselves, in pieces.
    Entries = 0,
    /// Filings by accession number.
    Accessions = 1,
    /// Filings by received bytes.
    Contents = 2,
    /// Conflicts by accession number and received bytes.
    Conflicts = 3,
    /// Entries by topic.
    Issuers = 4,
    /// How many entries each topic has.
    Counts = 5,
    /// Where received bytes are.
    Blobs = 6,
    /// Answers kept for issuers. Not made from the journal's rows one by one.
    Kept = 7,
}

impl Table {
    /// The tables whose rows are keys that entries are found under.
    pub const KEYS: [Table; 6] = [
        Table::Accessions,
        Table::Contents,
        Table::Conflicts,
        Table::Issuers,
        Table::Counts,
        Table::Blobs,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Table::Entries => "entries",
            Table::Accessions => "accessions",
            Table::Contents => "contents",
            Table::Conflicts => "conflicts",
            Table::Issuers => "issuers",
            Table::Counts => "counts",
            Table::Blobs => "blobs",
            Table::Kept => "kept",
        }
    }

    /// A key of it as it is kept.
    pub fn key(self, key: &[u8]) -> Vec<u8> {
        [&[self as u8], key].concat()
    }
}

/// The rows one entry is found by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Its row in `accessions`.
    pub accession: Option<Row>,
    /// Its row in `contents`, if it is the first with this content.
    pub content: Option<Row>,
    /// Its row in `conflicts`.
    pub conflict: Option<Row>,
    /// Its rows in `issuers`.
    pub issuers: Vec<Row>,
    /// The keys in `counts` that count it.
    pub counted: Vec<Vec<u8>>,
}

impl Found {
    /// The rows of an entry's facts.
    pub fn of(facts: &Facts) -> Self {
        let at = facts.sequence.to_be_bytes();
        let counted: Vec<Vec<u8>> = facts.topics.iter().map(topic_key).collect();
        let posting = |key: &Vec<u8>| ([key.as_slice(), &at].concat(), Vec::new());
        Self {
            accession: facts.accession.map(|id| (accession_key(id), at.to_vec())),
            content: facts.recorded.map(|id| content_row(id, facts.sequence)),
            conflict: facts.conflict.map(|(id, came)| (conflict_key(id, came), at.to_vec())),
            issuers: counted.iter().map(posting).collect(),
            counted,
        }
    }
}

/// What an entry changes in the index, each key with its table.
pub struct Rows {
    /// The entry.
    pub sequence: u64,
    /// The rows, and what becomes of each.
    pub rows: Vec<(Vec<u8>, Change)>,
}

impl Rows {
    /// The rows of an entry.
    pub fn of(entry: &Entry, facts: &Facts) -> Self {
        let Found { accession, content, conflict, issuers, counted } = Found::of(facts);
        let mut rows = Vec::with_capacity(4 + 2 * counted.len());
        let mut left = Some(entry.to_bytes());
        for number in 0_u8.. {
            let Some(mut piece) = left.take() else { break };
            left = (piece.len() > PIECE).then(|| piece.split_off(PIECE));
            let key = Table::Entries.key(&piece_key(facts.sequence, number));
            rows.push((key, Change::Put(piece)));
        }
        let first = content.map(|(key, at)| (Table::Contents.key(&key), Change::First(at)));
        let named = [(Table::Accessions, accession), (Table::Conflicts, conflict)];
        let put = |table: Table, (key, value): Row| (table.key(&key), Change::Put(value));
        rows.extend(first);
        rows.extend(named.into_iter().filter_map(|(table, row)| Some(put(table, row?))));
        rows.extend(issuers.into_iter().map(|row| put(Table::Issuers, row)));
        rows.extend(counted.iter().map(|key| (Table::Counts.key(key), Change::Add(1))));
        Self { sequence: facts.sequence, rows }
    }
}

/// The row in `contents` of received bytes.
pub fn content_row(content: ContentId, sequence: u64) -> Row {
    (content.0.to_vec(), sequence.to_be_bytes().to_vec())
}

/// The row in `blobs` of received bytes.
pub fn blob_row(content: ContentId, at: &Location) -> Row {
    (content.0.to_vec(), location_bytes(at))
}

/// The key in `entries` of a piece of an entry.
pub fn piece_key(sequence: u64, piece: u8) -> Vec<u8> {
    [sequence.to_be_bytes().as_slice(), &[piece]].concat()
}

/// The key in `accessions`.
pub fn accession_key(accession: Accession) -> Vec<u8> {
    u64::from(accession).to_be_bytes().to_vec()
}

/// The key in `conflicts`.
pub fn conflict_key(accession: Accession, content: ContentId) -> Vec<u8> {
    [accession_key(accession).as_slice(), &content.0].concat()
}

/// The topic of a key in `counts`.
pub fn parse_topic_key(key: &[u8]) -> Option<Topic> {
    let (tag, rest) = key.split_first()?;
    let number = || rest.try_into().ok().map(u64::from_be_bytes);
    let text = || {
        let (0, text) = rest.split_last()? else { return None };
        Some(std::str::from_utf8(text).ok()?.to_owned())
    };
    let cik = || Cik::try_from(number()?).ok();
    Some(match tag {
        1 => Topic::Cik(cik()?),
        2 => Topic::Cusip(Cusip::try_from(text()?).ok()?),
        3 => Topic::Name(text()?),
        4 => Topic::Filing(number()?),
        5 => Topic::Skipped(Accession::try_from(number()?).ok()?),
        6 => Topic::Holder(HolderId::Cik(cik()?)),
        7 => Topic::Holder(HolderId::TaxId(text()?)),
        8 => Topic::Holder(HolderId::Name(text()?)),
        9 => Topic::Linked(HolderId::Cik(cik()?)),
        10 => Topic::Linked(HolderId::TaxId(text()?)),
        11 => Topic::Linked(HolderId::Name(text()?)),
        _ => return None,
    })
}

fn location_bytes(at: &Location) -> Vec<u8> {
    let numbers = [at.offset, at.stored_len, at.raw_len];
    let mut bytes = at.segment.to_be_bytes().to_vec();
    bytes.extend(numbers.into_iter().flat_map(u64::to_be_bytes));
    bytes
}

/// The place that a row in `blobs` names.
pub fn location(bytes: &[u8]) -> Option<Location> {
    (bytes.len() == 28).then(|| Location {
        segment: u32::from_be_bytes(part(bytes, 0)),
        offset: u64::from_be_bytes(part(bytes, 4)),
        stored_len: u64::from_be_bytes(part(bytes, 12)),
        raw_len: u64::from_be_bytes(part(bytes, 20)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::batch::indexed;

    #[test]
    fn topics_come_back_from_their_bytes() {
        for key in [
            Topic::Cik("1318605".parse().unwrap()),
            Topic::Cusip("88160R101".parse().unwrap()),
            Topic::name("Caf\u{e9} & S\u{f6}hne, Inc."),
            Topic::name(""),
        ] {
            assert_eq!(parse_topic_key(&topic_key(&key)), Some(key));
        }
        let long = indexed(Topic::Name("\u{e9}".repeat(200)));
        assert_eq!(topic_key(&long).len(), 1 + 256 + 1);
        for bad in [&[][..], &[1, 0], &[2, b'a'], &[12, 0], &[3, 0xff, 0]] {
            assert_eq!(parse_topic_key(bad), None, "{bad:?}");
        }
    }
}
