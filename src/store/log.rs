//! The contract of a store, in plain words, and its form in memory, which tests and tools use.
//! Knows nothing of files, and nothing of what the events mean.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use crate::ledger::admit::Known;
use crate::ledger::chain::{Entry, Head, OpenError};
use crate::ledger::event::Event;
use crate::ledger::key::KeyError;
use crate::ledger::rotation::RotationError;
use crate::ledger::topics::OF_THE_LEDGER;
use crate::store::batch::{Batch, Facts};
use crate::store::draft::DraftError;
use crate::store::kept::Reach;
use crate::store::secret::Exposed;
use crate::store::sled::IndexError;
use crate::terms::id::{Accession, ContentId, EntryHash, TreeHash};
use crate::terms::time::RecordedAt;
use crate::terms::topic::Topic;

/// The most received bytes one filing may have (spec, section 14).
pub const RECEIVED_MAX: usize = 128 * 1024 * 1024;
/// The most received bytes one batch may bring.
pub const BATCH_RECEIVED_MAX: usize = 256 * 1024 * 1024;
/// The most entries one batch may bring.
pub const BATCH_ENTRIES_MAX: usize = 4096;

/// Events to be appended together, and the received bytes they rest on where those are new.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The events, in order: one filing, or a filing and its continuations, or a conflict.
    pub events: Vec<Event>,
    /// The bytes as received; they must have the content id that the events name.
    pub received: Option<Vec<u8>>,
}

/// One entry was appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Its place in the ledger.
    pub sequence: u64,
    /// Its hash.
    pub hash: EntryHash,
}

/// Why a ledger cannot be written although it can be read (exit status 4).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unsound {
    /// Acknowledged entries are gone from the journal.
    #[error("the ledger was rolled back: {witness} says {expected} entries, the journal has {got}")]
    RolledBack {
        /// What remembers more.
        witness: &'static str,
        /// How many it remembers.
        expected: u64,
        /// How many the journal has.
        got: u64,
    },
    /// The journal holds another history than the one that was acknowledged.
    #[error("the ledger was forked: at {size} entries expected root {expected}, got {got}")]
    Forked {
        /// The checkpoint's size.
        size: u64,
        /// The checkpoint's root.
        expected: TreeHash,
        /// The journal's root at that size, or at its end where no batch ends there.
        got: TreeHash,
    },
    /// Batches beyond the last checkpoint that are not by the ledger's own hand.
    #[error("entries {from} to {last} stand under no checkpoint and are not by the ledger's key")]
    Foreign {
        /// The first of them.
        from: u64,
        /// The last.
        last: u64,
    },
    /// The journal is damaged before its last acknowledged entry.
    #[error("the journal is damaged: {what}")]
    Damaged {
        /// Where, and how.
        what: String,
    },
}

/// Why a store does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder is not there, or holds something else.
    #[error("expected a ledger in {}, got {got}", dir.display())]
    NotALedger {
        /// The folder.
        dir: PathBuf,
        /// What is there.
        got: String,
    },
    /// A ledger is to be made where something is already.
    #[error("expected an empty folder for a new ledger, got {got} in {}", dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
        /// What is there.
        got: String,
    },
    /// A ledger of a format this program does not read.
    #[error("expected a ledger of format {reads}, got format {got}: it takes a newer program")]
    NewerFormat {
        /// The format this program reads.
        reads: u32,
        /// The ledger's.
        got: String,
    },
    /// A name that cannot be a ledger's.
    #[error("expected an origin of 1 to 255 visible ASCII characters, none of them +, got {got:?}")]
    BadOrigin {
        /// What came.
        got: String,
    },
    /// There is no secret key to sign with.
    #[error("expected the secret key of {expected} in {}, got no such file", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// The public half.
        expected: String,
    },
    /// A file that holds no secret key.
    #[error("expected a secret key in {}, got something else", path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A secret key that is not for its owner alone.
    #[error("expected a secret key in {} that its owner alone may read, got {got}", path.display())]
    ExposedKey {
        /// The file.
        path: PathBuf,
        /// To whom else.
        got: Exposed,
    },
    /// The secret key is not the one asked for.
    #[error("expected {expected} in {}, got {got}", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
        /// The public half asked for.
        expected: String,
        /// That of the key in the file.
        got: String,
    },
    /// The tree's file does not reach as far as a checkpoint that an audit is to go on from.
    #[error("expected the tree's hashes of {size} entries to go on from, got fewer")]
    NoHashes {
        /// The checkpoint's size.
        size: u64,
    },
    /// The journal does not reach a checkpoint that an audit is to go on from.
    #[error("the ledger was rolled back: expected {size} entries to go on from, got fewer")]
    NotReached {
        /// The checkpoint's size.
        size: u64,
    },
    /// A change of the key that may not stand there.
    #[error("entry {sequence} cannot change the key")]
    Rotation {
        /// The entry.
        sequence: u64,
        /// Why.
        source: RotationError,
    },
    /// What was written is not what is read back; nothing was signed.
    #[error("expected entry {sequence} to be read back as it was written, got other bytes")]
    ReadBack {
        /// The first that differs.
        sequence: u64,
    },
    /// Another process has the ledger open.
    #[error("expected a ledger that nobody else has open, got one held by {holder}")]
    Locked {
        /// Who, since when, and doing what.
        holder: String,
    },
    /// The ledger was opened for reading only.
    #[error("expected a ledger opened for writing, got one opened for reading")]
    ReadOnly,
    /// The journal contradicts what was acknowledged.
    #[error("the ledger refuses to write")]
    Unsound(#[from] Unsound),
    /// Drafts that cannot be appended.
    #[error("the batch cannot be appended")]
    Draft(#[from] DraftError),
    /// An earlier write failed, so that nobody knows what the disk holds.
    #[error("expected a sound handle, got one whose write failed before: open the ledger again")]
    Poisoned,
    /// An entry the ledger does not have.
    #[error("expected an entry below {size}, got {sequence}")]
    NoEntry {
        /// What was asked for.
        sequence: u64,
        /// The ledger's size.
        size: u64,
    },
    /// An entry that does not open.
    #[error("entry {sequence} does not open")]
    BadEntry {
        /// Which.
        sequence: u64,
        /// Why.
        source: OpenError,
    },
    /// Received bytes the ledger does not hold, or no longer holds whole.
    #[error("expected the received bytes {content}, got {got}")]
    NoBytes {
        /// Their name.
        content: ContentId,
        /// What is there.
        got: String,
    },
    /// Received bytes that are kept no more.
    #[error("expected the received bytes {content}, got none: entry {entry} redacts them")]
    Redacted {
        /// Their name.
        content: ContentId,
        /// The entry that says so.
        entry: u64,
    },
    /// The index cannot be used and cannot be made again.
    #[error("expected an index that can be read or rebuilt, got {0}")]
    Index(IndexError),
    /// The batch is in the journal, but the index did not take it.
    #[error("the batch is recorded up to {size} entries, but the index failed ({why}): open again")]
    RecordedNotIndexed {
        /// The ledger's size with the batch.
        size: u64,
        /// What the index said.
        why: String,
    },
    /// A file could not be used.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<IndexError> for StoreError {
    fn from(error: IndexError) -> Self {
        StoreError::Index(error)
    }
}

/// What a store promises.
///
/// Entries are numbered from 0 without gaps and never change. A batch is there whole or not at all,
/// and once `append` returns it survives the loss of the process and of power. Reads see every
/// acknowledged batch; a read that cannot be answered in full is an error, never a shorter answer.
pub trait Log {
    /// How far the ledger reaches.
    fn head(&self) -> Head;

    /// Appends drafts as one batch, and returns one list of receipts for each draft.
    ///
    /// # Errors
    /// Refusals leave the ledger as it was; after a failed write the handle takes nothing more.
    fn append(
        &mut self,
        now: RecordedAt,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Vec<Receipt>>, StoreError>;

    /// The entries of a range, in order, all of them.
    ///
    /// # Errors
    /// A range that ends past the ledger's size.
    fn range(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError>;

    /// Where the filing of an accession number is recorded.
    ///
    /// # Errors
    /// The store cannot be read.
    fn by_accession(&self, accession: Accession) -> Result<Option<u64>, StoreError>;

    /// Those of some accession numbers under which a filing is recorded.
    ///
    /// # Errors
    /// The store cannot be read.
    fn taken(&self, of: &BTreeSet<Accession>) -> Result<BTreeSet<Accession>, StoreError> {
        let mut taken = BTreeSet::new();
        for accession in of {
            taken.extend(self.by_accession(*accession)?.map(|_| *accession));
        }
        Ok(taken)
    }

    /// Where the first filing with these received bytes is recorded.
    ///
    /// # Errors
    /// The store cannot be read.
    fn by_content(&self, content: ContentId) -> Result<Option<u64>, StoreError>;

    /// Where it is recorded that these bytes conflict with those under an accession number.
    ///
    /// # Errors
    /// The store cannot be read.
    fn conflict(
        &self,
        accession: Accession,
        received: ContentId,
    ) -> Result<Option<u64>, StoreError>;

    /// Where it is recorded that other bytes came under an accession number, ascending.
    ///
    /// # Errors
    /// The store cannot be read.
    fn conflicts(&self, accession: Accession) -> Result<Vec<u64>, StoreError>;

    /// The entries found under a topic, ascending. A name is looked up by its first 256 bytes, so
    /// that a very long one may find another's entries too.
    ///
    /// # Errors
    /// The store cannot be read.
    fn postings(&self, topic: &Topic) -> Result<Vec<u64>, StoreError>;

    /// Every topic under which entries can be found, with their number.
    ///
    /// # Errors
    /// The store cannot be read.
    fn topics(&self) -> Result<Vec<(Topic, u64)>, StoreError>;

    /// Received bytes, proven to be those of the name.
    ///
    /// # Errors
    /// The ledger does not hold them, or not whole.
    fn blob(&self, content: ContentId) -> Result<Vec<u8>, StoreError>;

    /// Up to where what a version of the projections keeps follows the entries.
    ///
    /// # Errors
    /// The store cannot be read.
    fn reach(&self, _version: u32) -> Result<Reach, StoreError> {
        Ok(Reach::NONE)
    }

    /// What a version of the projections keeps under a name. It is made from the entries, and is
    /// worth only as much as [`Log::reach`] says.
    ///
    /// # Errors
    /// The store cannot be read.
    fn kept(&self, _version: u32, _name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    /// How many entries there are.
    fn size(&self) -> u64 {
        self.head().size
    }

    /// One entry.
    ///
    /// # Errors
    /// There is none of that number, or the store cannot be read.
    fn entry(&self, sequence: u64) -> Result<Entry, StoreError> {
        let past_end = StoreError::NoEntry { sequence, size: self.size() };
        let end = sequence.saturating_add(1);
        if end > self.size() {
            return Err(past_end);
        }
        self.range(sequence..end)?.next().unwrap_or(Err(past_end))
    }

    /// One event, its payload proven to be the one that was linked.
    ///
    /// # Errors
    /// As [`Log::entry`], and an entry that does not open.
    fn event(&self, sequence: u64) -> Result<Event, StoreError> {
        let entry = self.entry(sequence)?;
        entry.open().map_err(|source| StoreError::BadEntry { sequence, source })
    }

    /// The received bytes that entries redact, each with the entry that does.
    ///
    /// # Errors
    /// The store cannot be read.
    fn redactions(&self) -> Result<BTreeMap<ContentId, u64>, StoreError> {
        let mut found = BTreeMap::new();
        for sequence in self.postings(&OF_THE_LEDGER)? {
            if let Some(content) = self.event(sequence)?.redacted() {
                found.entry(content).or_insert(sequence);
            }
        }
        Ok(found)
    }

    /// What is held of a filing about to be admitted, for [`crate::ledger::admit::admit`].
    ///
    /// # Errors
    /// The store cannot be read.
    fn known(&self, filing: Option<Accession>, content: ContentId) -> Result<Known, StoreError> {
        let mut known = Known::default();
        if let Some(accession) = filing {
            known.conflict = self.conflict(accession, content)?;
            if let Some(sequence) = self.by_accession(accession)? {
                let held = self.event(sequence)?.content();
                known.by_accession = held.map(|content| (sequence, content));
            }
        }
        if let Some(sequence) = self.counting(content)? {
            let recorded = self.event(sequence)?.accession();
            known.by_content = Some((sequence, recorded));
            known.withdrawn = recorded.is_none() && filing.is_some() && self.withdrawn(sequence)?;
        }
        Ok(known)
    }

    /// Where the filing with these received bytes is recorded that counts: the first, or where that
    /// is withdrawn the one that they were recorded anew as.
    ///
    /// # Errors
    /// The store cannot be read.
    fn counting(&self, content: ContentId) -> Result<Option<u64>, StoreError> {
        let Some(first) = self.by_content(content)? else { return Ok(None) };
        if self.withdrawn(first)? {
            for entry in self.recorded_anew(first)? {
                if !self.withdrawn(entry)? {
                    return Ok(Some(entry));
                }
            }
        }
        Ok(Some(first))
    }

    /// Where the received bytes of a filing are recorded once more after it, ascending: the same
    /// bytes are found under the same issuer.
    ///
    /// # Errors
    /// The store cannot be read.
    fn recorded_anew(&self, filing: u64) -> Result<Vec<u64>, StoreError> {
        let event = self.event(filing)?;
        let mut after = BTreeSet::new();
        for topic in event.topics() {
            if let Topic::Cik(_) | Topic::Cusip(_) | Topic::Name(_) = topic {
                after.extend(self.postings(&topic)?.into_iter().filter(|entry| *entry > filing));
            }
        }
        let mut anew = Vec::new();
        for entry in after {
            let other = self.event(entry)?;
            let recorded = matches!(other, Event::FilingRecorded(_));
            if recorded && other.content() == event.content() {
                anew.push(entry);
            }
        }
        Ok(anew)
    }

    /// Whether a filing is withdrawn by the last that was decided of that.
    ///
    /// # Errors
    /// The store cannot be read.
    fn withdrawn(&self, filing: u64) -> Result<bool, StoreError> {
        let mut withdrawn = false;
        for entry in self.postings(&Topic::Filing(filing))? {
            withdrawn = self.event(entry)?.withdraws().unwrap_or(withdrawn);
        }
        Ok(withdrawn)
    }
}

/// The entries of a range; the first error ends it.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>;

/// The contract in memory.
#[derive(Debug)]
pub struct Memory {
    head: Head,
    entries: Vec<Vec<u8>>,
    accessions: BTreeMap<Accession, u64>,
    contents: BTreeMap<ContentId, u64>,
    conflicts: BTreeMap<(Accession, ContentId), u64>,
    issuers: BTreeMap<Topic, Vec<u64>>,
    blobs: BTreeMap<ContentId, Vec<u8>>,
}

impl Memory {
    /// A new ledger of this origin: entry 0 is there.
    ///
    /// # Errors
    /// A name that cannot be a ledger's.
    pub fn init(origin: &str, now: RecordedAt) -> Result<Self, StoreError> {
        let mut memory = Self {
            head: Head::NONE,
            entries: Vec::new(),
            accessions: BTreeMap::new(),
            contents: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            issuers: BTreeMap::new(),
            blobs: BTreeMap::new(),
        };
        memory.append(now, vec![crate::store::batch::opening(origin)?])?;
        Ok(memory)
    }

    fn index(&mut self, facts: Facts) {
        let at = facts.sequence;
        if let Some(accession) = facts.accession {
            self.accessions.insert(accession, at);
        }
        if let Some(content) = facts.recorded {
            self.contents.entry(content).or_insert(at);
        }
        if let Some(conflict) = facts.conflict {
            self.conflicts.insert(conflict, at);
        }
        for key in facts.topics {
            self.issuers.entry(key).or_default().push(at);
        }
    }
}

impl Log for Memory {
    fn head(&self) -> Head {
        self.head
    }

    fn append(
        &mut self,
        now: RecordedAt,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Vec<Receipt>>, StoreError> {
        let len = |id: &ContentId| Some((*id, self.blobs.get(id)?.len() as u64));
        let held = |of: &BTreeSet<ContentId>| Ok(of.iter().filter_map(len).collect());
        let batch = Batch::plan(&*self, now, drafts, held)?;
        for (entry, event) in batch.entries.iter().zip(&batch.events) {
            self.entries.push(entry.to_bytes());
            self.index(Facts::of(entry.sequence(), event));
        }
        self.blobs.extend(batch.blobs);
        self.head = batch.head;
        Ok(batch.receipts)
    }

    fn range(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        let size = self.size();
        if range.end > size {
            return Err(StoreError::NoEntry { sequence: range.end - 1, size });
        }
        Ok(Box::new(range.map(move |sequence| {
            let stored = usize::try_from(sequence).ok().and_then(|at| self.entries.get(at));
            let stored = stored.ok_or(StoreError::NoEntry { sequence, size })?;
            Entry::from_bytes(stored).map_err(|source| StoreError::BadEntry { sequence, source })
        })))
    }

    fn by_accession(&self, accession: Accession) -> Result<Option<u64>, StoreError> {
        Ok(self.accessions.get(&accession).copied())
    }

    fn by_content(&self, content: ContentId) -> Result<Option<u64>, StoreError> {
        Ok(self.contents.get(&content).copied())
    }

    fn conflict(
        &self,
        accession: Accession,
        received: ContentId,
    ) -> Result<Option<u64>, StoreError> {
        Ok(self.conflicts.get(&(accession, received)).copied())
    }

    fn conflicts(&self, accession: Accession) -> Result<Vec<u64>, StoreError> {
        let own = self.conflicts.iter().filter(|((one, _), _)| *one == accession);
        let mut entries: Vec<u64> = own.map(|(_, entry)| *entry).collect();
        entries.sort_unstable();
        Ok(entries)
    }

    fn postings(&self, topic: &Topic) -> Result<Vec<u64>, StoreError> {
        let key = crate::store::batch::indexed(topic.clone());
        Ok(self.issuers.get(&key).cloned().unwrap_or_default())
    }

    fn topics(&self) -> Result<Vec<(Topic, u64)>, StoreError> {
        Ok(self.issuers.iter().map(|(key, at)| (key.clone(), at.len() as u64)).collect())
    }

    fn blob(&self, content: ContentId) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::NoBytes { content, got: "nothing of that name".to_owned() };
        self.blobs.get(&content).cloned().ok_or_else(missing)
    }
}
