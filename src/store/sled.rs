//! The index: entries and the keys they are found under, in sled. The only file that names sled.
//! Never evidence: all of it is made from the journal and can be thrown away (spec, section 11).
//!
//! ```text
//! tree       key                                   value
//! entries    sequence:8 part:1                     up to 6,144 bytes of the stored entry
//! accessions accession:8                           sequence:8
//! contents   content:32                            sequence:8 of the first filing recorded
//! conflicts  accession:8 content:32                sequence:8
//! issuers    issuer-key sequence:8                 nothing
//! counts     issuer-key                            how many rows of issuers:8
//! blobs      content:32                            segment:4 offset:8 stored:8 raw:8
//! meta       "meta"                                version:4 size:8 head:32 time:8
//!                                                  entries' end:4+8 blobs' end:4+8
//! issuer-key 1 cik:8 | 2 cusip 0 | 3 name 0 | 4 filing's entry:8 | 5 skipped accession:8
//!            | holder: 6 cik:8 | 7 tax-id 0 | 8 name 0 | linked holder: 9 cik:8 | 10 tax-id 0
//!            | 11 name 0                           (all numbers big-endian)
//! ```

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use sled::transaction::{TransactionError, Transactional};

use crate::ledger::chain::{Entry, Head};
use crate::ledger::topics::key as topic_key;
use crate::store::batch::{Facts, Linked, indexed};
use crate::store::journal::Location;
use crate::store::segment::{Place, part};
use crate::terms::id::{Accession, Cik, ContentId, Cusip, EntryHash};
use crate::terms::time::RecordedAt;
use crate::terms::topic::{HolderId, Topic};

/// The layout of the trees above; another number in `meta` means that the index is made anew.
pub const INDEX_VERSION: u32 = 2;
/// Values are cut into pieces of this many bytes: sled puts what is much larger into files that it
/// never syncs.
const PIECE: usize = 6_144;
const CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// How long a closed sled may take to let go of its file.
const CLOSING_STEPS: u32 = 100;
const CLOSING_STEP: Duration = Duration::from_millis(5);

/// The index cannot be used: sled failed, panicked, or gave less than it was given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct IndexError(pub String);

fn short(what: impl Into<String>) -> IndexError {
    IndexError(what.into())
}

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

const META_LEN: usize = 76;
const META_KEY: &[u8] = b"meta";

impl Meta {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(META_LEN);
        bytes.extend_from_slice(&INDEX_VERSION.to_be_bytes());
        bytes.extend_from_slice(&self.head.size.to_be_bytes());
        bytes.extend_from_slice(&self.head.hash.0);
        bytes.extend_from_slice(&self.head.recorded_at.0.to_be_bytes());
        for place in [self.entries_end, self.blobs_end] {
            bytes.extend_from_slice(&place.segment.to_be_bytes());
            bytes.extend_from_slice(&place.offset.to_be_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        let version = u32::from_be_bytes(part(bytes, 0));
        if bytes.len() != META_LEN || version != INDEX_VERSION {
            return Err(short(format!("an index of version {version}, not {INDEX_VERSION}")));
        }
        let place = |at| Place {
            segment: u32::from_be_bytes(part(bytes, at)),
            offset: u64::from_be_bytes(part(bytes, at + 4)),
        };
        let head = Head {
            size: u64::from_be_bytes(part(bytes, 4)),
            hash: EntryHash(part(bytes, 12)),
            recorded_at: RecordedAt(u64::from_be_bytes(part(bytes, 44))),
        };
        Ok(Self { head, entries_end: place(52), blobs_end: place(64) })
    }
}

/// The index, open.
pub struct Index {
    db: Option<Trees>,
    path: PathBuf,
}

struct Trees {
    db: sled::Db,
    entries: sled::Tree,
    accessions: sled::Tree,
    contents: sled::Tree,
    conflicts: sled::Tree,
    issuers: sled::Tree,
    counts: sled::Tree,
    blobs: sled::Tree,
    meta: sled::Tree,
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Rows to be put in, tree by tree, in the order of [`Trees::all`].
type Rows = [Vec<Row>; 8];

/// The trees whose rows are keys that entries are found under, by name.
pub const KEY_TREES: [&str; 6] =
    ["accessions", "contents", "conflicts", "issuers", "counts", "blobs"];

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

/// The row in `contents` of received bytes.
pub fn content_row(content: ContentId, sequence: u64) -> Row {
    (content.0.to_vec(), sequence.to_be_bytes().to_vec())
}

/// The row in `blobs` of received bytes.
pub fn blob_row(content: ContentId, at: &Location) -> Row {
    (content.0.to_vec(), location_bytes(at))
}

impl Trees {
    fn open(path: &Path) -> sled::Result<Self> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            // No thread of its own: what sled has not written yet is in the journal.
            .flush_every_ms(None);
        let db = config.open()?;
        Ok(Self {
            entries: db.open_tree("entries")?,
            accessions: db.open_tree("accessions")?,
            contents: db.open_tree("contents")?,
            conflicts: db.open_tree("conflicts")?,
            issuers: db.open_tree("issuers")?,
            counts: db.open_tree("counts")?,
            blobs: db.open_tree("blobs")?,
            meta: db.open_tree("meta")?,
            db,
        })
    }

    fn all(&self) -> [&sled::Tree; 8] {
        [
            &self.entries,
            &self.accessions,
            &self.contents,
            &self.conflicts,
            &self.issuers,
            &self.counts,
            &self.blobs,
            &self.meta,
        ]
    }
}

impl Index {
    /// Opens the index of a folder, or makes an empty one there.
    ///
    /// # Errors
    /// sled cannot open it, or panics over it.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let db = guarded(|| Trees::open(path))?;
        Ok(Self { db: Some(db), path: path.to_owned() })
    }

    /// How far it reaches; `None` for an empty one.
    ///
    /// # Errors
    /// It cannot be read, or is of another version.
    pub fn meta(&self) -> Result<Option<Meta>, IndexError> {
        let row = self.on(|db| db.meta.get(META_KEY))?;
        row.map(|bytes| Meta::from_bytes(&bytes)).transpose()
    }

    /// Takes in entries, the places of received bytes, and how far it reaches with them, in one
    /// transaction over all trees.
    ///
    /// # Errors
    /// sled cannot write; the index holds all of it or nothing.
    pub fn apply(
        &self,
        entries: &[Linked],
        blobs: &[(ContentId, Location)],
        meta: &Meta,
    ) -> Result<(), IndexError> {
        let rows = self.rows(entries, blobs, meta)?;
        let db = self.trees()?;
        guarded(|| {
            db.all()
                .as_slice()
                .transaction(|trees| {
                    for (tree, rows) in trees.iter().zip(&rows) {
                        for (key, value) in rows {
                            tree.insert(key.as_slice(), value.as_slice())?;
                        }
                    }
                    Ok(())
                })
                .map_err(|error| match error {
                    TransactionError::Storage(error) => error,
                    TransactionError::Abort(()) => sled::Error::Unsupported("abort".into()),
                })
        })
    }

    fn rows(
        &self,
        entries: &[Linked],
        blobs: &[(ContentId, Location)],
        meta: &Meta,
    ) -> Result<Rows, IndexError> {
        let mut rows: Rows = Default::default();
        let [pieces, accessions, contents, conflicts, issuers, counts, places, metas] = &mut rows;
        let mut counted: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for Linked { entry, facts } in entries {
            for (piece, number) in entry.to_bytes().chunks(PIECE).zip(0_u8..) {
                pieces.push((piece_key(facts.sequence, number), piece.to_vec()));
            }
            let found = Found::of(facts);
            accessions.extend(found.accession);
            conflicts.extend(found.conflict);
            if let (Some(content), Some(row)) = (facts.recorded, found.content)
                && seen.insert(content)
                && self.content(content)?.is_none()
            {
                contents.push(row);
            }
            found.counted.into_iter().for_each(|key| *counted.entry(key).or_default() += 1);
            issuers.extend(found.issuers);
        }
        for (key, count) in counted {
            let count = count + self.count(&key)?;
            counts.push((key, count.to_be_bytes().to_vec()));
        }
        places.extend(blobs.iter().map(|(content, at)| blob_row(*content, at)));
        metas.push((META_KEY.to_vec(), meta.to_bytes()));
        Ok(rows)
    }

    /// The entries of `count` sequences from `first`, all of them.
    ///
    /// # Errors
    /// One is missing or incomplete.
    pub fn page(&self, first: u64, count: u64) -> Result<Vec<Entry>, IndexError> {
        let (from, to) = (piece_key(first, 0), piece_key(first.saturating_add(count), 0));
        let rows: Vec<(sled::IVec, sled::IVec)> =
            self.on(|db| db.entries.range(from..to).collect())?;
        let mut entries = Vec::new();
        let mut rows = rows.into_iter().peekable();
        for sequence in first..first.saturating_add(count) {
            let mut stored = Vec::new();
            for piece in 0_u8..=u8::MAX {
                let Some((_, value)) = rows.next_if(|(key, _)| key == &piece_key(sequence, piece))
                else {
                    break;
                };
                stored.extend_from_slice(&value);
            }
            entries.push(whole_entry(sequence, &stored)?);
        }
        match rows.next() {
            Some((key, _)) => Err(short(format!("row {key:?} is not of entry {first} and on"))),
            None => Ok(entries),
        }
    }

    /// Where an accession number's filing is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn accession(&self, accession: Accession) -> Result<Option<u64>, IndexError> {
        self.number(|db| db.accessions.get(accession_key(accession)))
    }

    /// Where the first filing with these received bytes is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn content(&self, content: ContentId) -> Result<Option<u64>, IndexError> {
        self.number(|db| db.contents.get(content.0))
    }

    /// Where a conflict is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn conflict(
        &self,
        accession: Accession,
        content: ContentId,
    ) -> Result<Option<u64>, IndexError> {
        self.number(|db| db.conflicts.get(conflict_key(accession, content)))
    }

    /// Where received bytes are in the journal.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn blob(&self, content: ContentId) -> Result<Option<Location>, IndexError> {
        let row = self.on(|db| db.blobs.get(content.0))?;
        row.map(|bytes| location(&bytes)).transpose()
    }

    /// The entries found under a topic, ascending, all of them.
    ///
    /// # Errors
    /// The index cannot be read, or holds fewer than it counted.
    pub fn postings(&self, topic: &Topic) -> Result<Vec<u64>, IndexError> {
        let key = topic_key(&indexed(topic.clone()));
        let expected = self.count(&key)?;
        let rows: Vec<sled::IVec> = self.on(|db| db.issuers.scan_prefix(&key).keys().collect())?;
        if rows.len() as u64 != expected {
            let got = rows.len();
            return Err(short(format!("expected {expected} entries of a topic, got {got}")));
        }
        Ok(rows.iter().map(|row| u64::from_be_bytes(part(row, key.len()))).collect())
    }

    /// Every topic, with how many entries are found under it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn topics(&self) -> Result<Vec<(Topic, u64)>, IndexError> {
        let rows: Vec<(sled::IVec, sled::IVec)> = self.on(|db| db.counts.iter().collect())?;
        let parse = |(key, count): &(sled::IVec, sled::IVec)| {
            parse_topic_key(key).map(|key| (key, u64::from_be_bytes(part(count, 0))))
        };
        rows.iter().map(parse).collect::<Option<_>>().ok_or_else(|| short("a damaged topic"))
    }

    /// Hands over every row of one of the [`KEY_TREES`], or of `entries`, in the order of keys.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn scan(&self, tree: &str, mut take: impl FnMut(&[u8], &[u8])) -> Result<(), IndexError> {
        self.on(|db| {
            let tree = match tree {
                "accessions" => &db.accessions,
                "contents" => &db.contents,
                "conflicts" => &db.conflicts,
                "issuers" => &db.issuers,
                "counts" => &db.counts,
                "blobs" => &db.blobs,
                _ => &db.entries,
            };
            tree.iter().try_for_each(|row| row.map(|(key, value)| take(&key, &value)))
        })
    }

    /// Writes out what sled still holds in memory.
    ///
    /// # Errors
    /// sled cannot write.
    pub fn flush(&self) -> Result<(), IndexError> {
        self.on(|db| db.db.flush().map(|_| ()))
    }

    fn count(&self, key: &[u8]) -> Result<u64, IndexError> {
        Ok(self.number(|db| db.counts.get(key))?.unwrap_or(0))
    }

    fn number(
        &self,
        get: impl FnOnce(&Trees) -> sled::Result<Option<sled::IVec>>,
    ) -> Result<Option<u64>, IndexError> {
        match self.on(get)? {
            Some(row) if row.len() == 8 => Ok(Some(u64::from_be_bytes(part(&row, 0)))),
            Some(row) => Err(short(format!("expected a row of 8 bytes, got {}", row.len()))),
            None => Ok(None),
        }
    }

    fn on<T>(&self, ask: impl FnOnce(&Trees) -> sled::Result<T>) -> Result<T, IndexError> {
        let db = self.trees()?;
        guarded(|| ask(db))
    }

    fn trees(&self) -> Result<&Trees, IndexError> {
        self.db.as_ref().ok_or_else(|| short("the index is closed"))
    }
}

impl Drop for Index {
    /// A damaged sled can panic while it closes, too. A sound one writes on from threads of its own
    /// for a moment, during which its files must be neither copied nor opened: they are at rest
    /// once its lock on them is gone.
    fn drop(&mut self) {
        let db = self.db.take();
        let _ = guarded(|| {
            drop(db);
            Ok(())
        });
        let Ok(file) = File::open(self.path.join("db")) else { return };
        for _ in 0..CLOSING_STEPS {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => std::thread::sleep(CLOSING_STEP),
                _ => return,
            }
        }
    }
}

fn whole_entry(sequence: u64, stored: &[u8]) -> Result<Entry, IndexError> {
    let missing = || short(format!("entry {sequence} is missing or incomplete"));
    let entry = Entry::from_bytes(stored).map_err(|_| missing())?;
    let whole = u64::from(entry.envelope.payload_len) == entry.payload.len() as u64;
    if whole && entry.sequence() == sequence { Ok(entry) } else { Err(missing()) }
}

fn piece_key(sequence: u64, piece: u8) -> Vec<u8> {
    [sequence.to_be_bytes().as_slice(), &[piece]].concat()
}

fn accession_key(accession: Accession) -> Vec<u8> {
    u64::from(accession).to_be_bytes().to_vec()
}

fn conflict_key(accession: Accession, content: ContentId) -> Vec<u8> {
    [accession_key(accession).as_slice(), &content.0].concat()
}

fn parse_topic_key(key: &[u8]) -> Option<Topic> {
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

fn location(bytes: &[u8]) -> Result<Location, IndexError> {
    if bytes.len() != 28 {
        return Err(short(format!("expected a row of 28 bytes, got {}", bytes.len())));
    }
    Ok(Location {
        segment: u32::from_be_bytes(part(bytes, 0)),
        offset: u64::from_be_bytes(part(bytes, 4)),
        stored_len: u64::from_be_bytes(part(bytes, 12)),
        raw_len: u64::from_be_bytes(part(bytes, 20)),
    })
}

thread_local! {
    /// Whether this thread is inside sled.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Asks sled for something: an error or a panic of its own comes back as an [`IndexError`]. sled
/// panics over damaged files, here and on its own threads, whose names begin with `sled`; those
/// panics, and no others, are kept from the user's terminal.
fn guarded<T>(ask: impl FnOnce() -> sled::Result<T>) -> Result<T, IndexError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let sleds_thread = std::thread::current().name().is_some_and(|n| n.starts_with("sled"));
            if !INSIDE.get() && !sleds_thread {
                usual(panic);
            }
        }));
    });
    let before = INSIDE.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(ask));
    INSIDE.set(before);
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(short(format!("sled failed: {error}"))),
        Err(_) => Err(short("sled panicked over its files")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_an_error_outside() {
        let outcome: Result<(), _> = guarded(|| panic!("damaged"));
        assert_eq!(outcome, Err(short("sled panicked over its files")));
        assert!(!INSIDE.get());
        assert_eq!(guarded(|| Ok(7)), Ok(7));
    }

    fn linked(sequence: u64, len: usize) -> Linked {
        let origin = "x".repeat(len);
        let head = Head { size: sequence, ..Head::NONE };
        let event = crate::ledger::event::Event::LedgerOpened { origin };
        let entry = Entry::link(&head, RecordedAt(1), &event).unwrap();
        let mut facts = Facts::of(sequence, &event);
        facts.topics = vec![Topic::name("a")];
        Linked { entry, facts }
    }

    #[test]
    fn less_than_was_put_in_is_never_an_answer() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(&dir.path().join("index")).unwrap();
        let end = Place::START;
        let meta = Meta { head: Head::NONE, entries_end: end, blobs_end: end };
        let entries: Vec<Linked> = (0..5).map(|n| linked(n, 20_000)).collect();
        index.apply(&entries, &[], &meta).unwrap();
        let sound: Vec<Entry> = entries.into_iter().map(|linked| linked.entry).collect();
        assert_eq!(index.page(0, 5).unwrap(), sound);
        let key = Topic::name("a");
        assert_eq!(index.postings(&key).unwrap(), [0, 1, 2, 3, 4]);
        let trees = index.trees().unwrap();
        let posting = [topic_key(&key).as_slice(), &3_u64.to_be_bytes()].concat();
        trees.issuers.remove(posting).unwrap();
        assert!(index.postings(&key).is_err());
        for piece in [0, 2, 3] {
            let row = trees.entries.remove(piece_key(3, piece)).unwrap().unwrap();
            assert!(index.page(0, 5).is_err(), "piece {piece}");
            assert_eq!(index.page(0, 3).unwrap(), sound[..3]);
            trees.entries.insert(piece_key(3, piece), row).unwrap();
        }
        assert_eq!(index.page(0, 5).unwrap(), sound);
        assert!(index.page(0, 6).is_err());
    }

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
