//! One segment file of the journal: its header, its records, and how to go on after damage.
//! Knows nothing of what a record's body means beyond its tag and its greatest length.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ledger::chain::ENTRY_MAX;
use crate::store::layout::io_error;
use crate::store::log::{RECEIVED_MAX, StoreError};

/// A segment that has grown to this is followed by a new one before the next batch.
pub const SEGMENT_ROLL: u64 = 64 * 1024 * 1024;
/// Bytes of a segment's header (spec, section 9.2).
pub const HEADER_LEN: usize = 28;
/// Bytes of a record's header (spec, section 9.3).
pub const RECORD_HEADER_LEN: usize = 16;
/// Bytes of a commit's body before its authenticator: size and head.
pub const COMMIT_LEN: usize = 40;
/// Bytes of a commit's authenticator, where it has one (spec, section 9.5).
pub const AUTHENTICATOR_LEN: usize = 32;
/// Bytes of a blob's body before its compressed bytes.
pub const BLOB_PREFIX_LEN: usize = 40;

const MAGIC: [u8; 8] = *b"blockhld";
const SEGMENT_VERSION: u16 = 2;
/// Read alike; its commits have no authenticator, and nothing is appended to it.
const OLD_VERSION: u16 = 1;
/// Compression can make bytes longer, by at most this for the longest.
const BLOB_MAX: usize = BLOB_PREFIX_LEN + RECEIVED_MAX + RECEIVED_MAX / 128 + 1024;

/// Which of the journal's two runs of segments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stream {
    /// Entries and commits.
    Entries,
    /// Received bytes.
    Blobs,
}

impl Stream {
    /// What its files' names begin with.
    pub fn as_str(self) -> &'static str {
        match self {
            Stream::Entries => "entries",
            Stream::Blobs => "blobs",
        }
    }

    fn number(self) -> u16 {
        match self {
            Stream::Entries => 0,
            Stream::Blobs => 1,
        }
    }

    /// A segment's file.
    pub fn file(self, journal: &Path, number: u32) -> PathBuf {
        journal.join(format!("{}-{number:08}.seg", self.as_str()))
    }

    /// The numbers of its segments, ascending, as the names in the journal's folder say.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn segments(self, journal: &Path) -> Result<Vec<u32>, StoreError> {
        let failed = |error| io_error("list", journal, error);
        let mut numbers = Vec::new();
        for file in fs::read_dir(journal).map_err(failed)? {
            let name = file.map_err(failed)?.file_name();
            numbers.extend(name.to_str().and_then(|name| self.number_of(name)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn number_of(self, name: &str) -> Option<u32> {
        let digits = name.strip_prefix(self.as_str())?.strip_prefix('-')?.strip_suffix(".seg")?;
        let whole = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
        if whole { digits.parse().ok() } else { None }
    }
}

/// A place in a stream: the start of a record, or the end of the stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// The segment's number.
    pub segment: u32,
    /// Bytes from the start of its file.
    pub offset: u64,
}

impl Place {
    /// Before the first record of a stream.
    pub const START: Place = Place { segment: 0, offset: HEADER_LEN as u64 };
}

/// The header of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Which stream it belongs to.
    pub stream: Stream,
    /// Its number, from 0.
    pub number: u32,
    /// The sequence of its first entry; 0 in a segment of received bytes.
    pub first: u64,
}

impl Header {
    /// Its bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        self.of_version(SEGMENT_VERSION)
    }

    /// Whether a segment's header is of an older version.
    pub fn is_old(&self, header: &[u8]) -> bool {
        header.starts_with(&self.of_version(OLD_VERSION))
    }

    fn of_version(&self, version: u16) -> [u8; HEADER_LEN] {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&version.to_le_bytes());
        bytes.extend_from_slice(&self.stream.number().to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        let mut header = [0; HEADER_LEN];
        header.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        header
    }

    /// Checks a segment's header against the file it stands in, and returns it.
    ///
    /// # Errors
    /// What was expected and what came, in one sentence.
    pub fn check(bytes: &[u8], stream: Stream, number: u32) -> Result<Self, String> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            let got = bytes.len();
            return Err(format!("expected a segment header of {HEADER_LEN} bytes, got {got}"));
        };
        let first = u64::from_le_bytes(part(header, 16));
        let expected = Header { stream, number, first };
        if expected.to_bytes() == *header || expected.is_old(header) {
            return Ok(expected);
        }
        let name = stream.as_str();
        Err(format!(
            "expected the header of segment {number} of {name}, got another or a damaged one"
        ))
    }
}

/// Copies `N` bytes from an offset; zeros past the end, which no caller reaches.
pub(crate) fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// What a record holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// An entry: envelope and payload.
    Entry,
    /// The end of a batch: size, head, and by whose hand.
    Commit,
    /// Received bytes: name, length, compressed bytes.
    Blob,
    /// What stands where received bytes were: name, length, the entry that redacts them.
    Gone,
}

impl Tag {
    const ALL: [Tag; 4] = [Tag::Entry, Tag::Commit, Tag::Blob, Tag::Gone];

    fn bytes(self) -> [u8; 4] {
        match self {
            Tag::Entry => *b"entr",
            Tag::Commit => *b"comt",
            Tag::Blob => *b"blob",
            Tag::Gone => *b"gone",
        }
    }

    fn longest(self) -> usize {
        match self {
            Tag::Entry => ENTRY_MAX,
            Tag::Commit => COMMIT_LEN + AUTHENTICATOR_LEN,
            Tag::Blob | Tag::Gone => BLOB_MAX,
        }
    }
}

/// Appends a record to `to`.
pub fn write_record(to: &mut Vec<u8>, tag: Tag, body: &[u8]) {
    write_parts(to, tag, &[body]);
}

/// Appends a record whose body is these parts, one after the other.
pub(crate) fn write_parts(to: &mut Vec<u8>, tag: Tag, parts: &[&[u8]]) {
    let mut body = crc32fast::Hasher::new();
    parts.iter().for_each(|part| body.update(part));
    // Every body is within its tag's longest, far below what four bytes count.
    let len = parts.iter().map(|part| part.len()).sum::<usize>() as u32;
    let mut header = crc32fast::Hasher::new();
    for field in [tag.bytes(), len.to_le_bytes(), body.finalize().to_le_bytes()] {
        header.update(&field);
        to.extend_from_slice(&field);
    }
    to.extend_from_slice(&header.finalize().to_le_bytes());
    parts.iter().for_each(|part| to.extend_from_slice(part));
}

/// A record whose header is sound.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Where its header begins, from the start of the file.
    pub offset: u64,
    /// What it holds.
    pub tag: Tag,
    /// Its body, sound or not.
    pub body: &'a [u8],
    checksum: u32,
}

impl Record<'_> {
    /// Whether the body has the checksum its header says.
    pub fn is_sound(&self) -> bool {
        crc32fast::hash(self.body) == self.checksum
    }

    /// One past its last byte, from the start of the file.
    pub fn end(&self) -> u64 {
        self.offset + (RECORD_HEADER_LEN + self.body.len()) as u64
    }
}

/// What stands next in a segment.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A record.
    Record(Record<'a>),
    /// Bytes that are no record.
    Damage {
        /// From the start of the file.
        offset: u64,
        /// To the next record, or to the end.
        len: u64,
    },
}

/// The records of a segment from an offset on; after damage it goes on at the next sound header.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    base: u64,
    at: usize,
    search_from: usize,
}

/// What a sound record header says at an offset: tag, length and checksum of the body.
fn header(bytes: &[u8], at: usize) -> Option<(Tag, usize, u32)> {
    let header: &[u8; RECORD_HEADER_LEN] = bytes.get(at..)?.first_chunk()?;
    let tag = Tag::ALL.into_iter().find(|tag| tag.bytes() == part::<4>(header, 0))?;
    let (covered, _) = header.split_at(12);
    let sound = crc32fast::hash(covered) == u32::from_le_bytes(part(header, 12));
    let len = usize::try_from(u32::from_le_bytes(part(header, 4))).ok()?;
    (sound && len <= tag.longest()).then_some((tag, len, u32::from_le_bytes(part(header, 8))))
}

/// Bytes of the record whose sound header stands at an offset, header included; `None` where none
/// stands there.
pub(crate) fn record_len(bytes: &[u8], at: usize) -> Option<usize> {
    header(bytes, at)?.1.checked_add(RECORD_HEADER_LEN)
}

impl<'a> Records<'a> {
    /// The records of a file's bytes from an offset; from past the end there are none.
    pub fn new(bytes: &'a [u8], from: usize) -> Self {
        Self::within(bytes, from, 0)
    }

    /// As [`Records::new`], of the bytes that a file has from `base` on; `from` counts from there.
    pub(crate) fn within(bytes: &'a [u8], from: usize, base: u64) -> Self {
        Self { bytes, base, at: from, search_from: from }
    }

    fn record(&self, at: usize) -> Option<Record<'a>> {
        let (tag, len, checksum) = header(self.bytes, at)?;
        let start = at + RECORD_HEADER_LEN;
        let body = self.bytes.get(start..start.checked_add(len)?)?;
        Some(Record { offset: self.base + at as u64, tag, body, checksum })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let start = self.at;
        if start >= self.bytes.len() {
            return None;
        }
        if let Some(record) = self.record(start) {
            // Were bytes lost inside the body, the next record begins before its end.
            self.search_from = start + RECORD_HEADER_LEN;
            self.at = start + RECORD_HEADER_LEN + record.body.len();
            return Some(Item::Record(record));
        }
        let from = self.search_from.min(start + 1);
        let next = (from..self.bytes.len()).find(|at| *at != start && self.record(*at).is_some());
        self.at = next.unwrap_or(self.bytes.len());
        self.search_from = self.at;
        let len = self.at.saturating_sub(start) as u64;
        Some(Item::Damage { offset: self.base + start as u64, len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<u8> {
        let mut bytes = Header { stream: Stream::Entries, number: 0, first: 0 }.to_bytes().to_vec();
        for body in [[1; 50], [2; 50], [3; 50]] {
            write_record(&mut bytes, Tag::Entry, &body);
        }
        bytes
    }

    /// The first byte of each sound body, and how many stretches are no record.
    fn found(bytes: &[u8]) -> (Vec<u8>, usize) {
        let (mut sound, mut damage) = (Vec::new(), 0);
        for item in Records::new(bytes, HEADER_LEN) {
            match item {
                Item::Record(record) if record.is_sound() => sound.push(record.body[0]),
                Item::Record(_) => {}
                Item::Damage { .. } => damage += 1,
            }
        }
        (sound, damage)
    }

    #[test]
    fn reading_goes_on_after_damage() {
        let sound = three();
        assert_eq!(found(&sound), (vec![1, 2, 3], 0));
        let second = HEADER_LEN + RECORD_HEADER_LEN + 50;
        let mut body = sound.clone();
        body[second + 30] ^= 1;
        assert_eq!(found(&body), (vec![1, 3], 0));
        let mut header = sound.clone();
        header[second + 5] ^= 1;
        assert_eq!(found(&header), (vec![1, 3], 1));
        // Bytes lost inside the second body: its length now reaches into the third record.
        let mut lost = sound.clone();
        lost.drain(second + 20..second + 30);
        assert_eq!(found(&lost), (vec![1, 3], 1));
        let mut torn = sound.clone();
        torn.truncate(sound.len() - 1);
        assert_eq!(found(&torn), (vec![1, 2], 1));
        assert_eq!(found(&[sound, vec![0; 100]].concat()), (vec![1, 2, 3], 1));
    }

    #[test]
    fn a_header_belongs_to_one_file() {
        let bytes = Header { stream: Stream::Blobs, number: 7, first: 0 }.to_bytes();
        assert!(Header::check(&bytes, Stream::Blobs, 7).is_ok());
        assert!(Header::check(&bytes, Stream::Entries, 7).is_err());
        assert!(Header::check(&bytes, Stream::Blobs, 8).is_err());
        assert!(Header::check(&bytes[1..], Stream::Blobs, 7).is_err());
    }
}
