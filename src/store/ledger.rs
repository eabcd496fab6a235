//! A ledger in a folder: the contract on the journal and the index together.
//! What to trust when they disagree is `opening`'s business, not this file's.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ledger::chain::Head;
use crate::ledger::event::{Event, FilingDecided};
use crate::ledger::key::{KeyKind, SigningKey, VerifierKey};
use crate::ledger::merkle::Edge;
use crate::ledger::note::Note;
use crate::ledger::rotation::{Keys, Rotations};
use crate::store::acknowledge;
use crate::store::batch::{Batch, opening};
use crate::store::checkpoints::{self, Checkpoints};
use crate::store::disk::{Disk, SystemDisk};
use crate::store::index::{Index, Meta};
use crate::store::journal::{Gone, Journal};
use crate::store::kept::Reach;
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::lock::Lock;
use crate::store::log::{Draft, Log, Receipt, StoreError, Unsound};
use crate::store::notice::Notice;
use crate::store::opening::{Held, Opened};
use crate::store::rotations;
use crate::store::secret;
use crate::store::sled::IndexError;
use crate::store::tree::{self, Tree};
use crate::store::writer::{Acknowledged, Writer};
use crate::terms::id::{ContentId, TreeHash};
use crate::terms::time::RecordedAt;

/// What a ledger is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Questions only; also where writing is refused.
    Read,
    /// Appending too.
    Write,
}

/// How to open a ledger.
#[derive(Clone, Debug)]
pub struct Options {
    /// What for.
    pub mode: Mode,
    /// How long to wait for another process to let go of it.
    pub wait: Duration,
    /// The time, for others to see since when it is held.
    pub now: RecordedAt,
    /// What is being done, for others to see.
    pub what: String,
    /// Where the secret key is, if not in the ledger's folder; only writing needs it.
    pub key: Option<PathBuf>,
}

impl Options {
    /// Opens for a purpose, waiting two seconds.
    pub fn new(mode: Mode, now: RecordedAt, what: &str) -> Self {
        Self { mode, wait: Duration::from_secs(2), now, what: what.to_owned(), key: None }
    }
}

/// Where a new ledger's key comes from.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// 32 random bytes, for a key that is not there yet.
    pub seed: [u8; 32],
    /// The key's file, if not in the ledger's folder; a key that is there already is taken.
    pub file: Option<PathBuf>,
}

/// A ledger in a folder, open. One process at a time has it open.
pub struct Ledger {
    pub(crate) layout: Layout,
    pub(crate) rotations: Rotations,
    pub(crate) keys: Keys,
    pub(crate) head: Head,
    pub(crate) tree: Option<Tree>,
    pub(super) index: RefCell<Option<Index>>,
    /// The ledger's key, if it is at hand: it signs for what is written, and for the index.
    pub(super) hand: Option<SigningKey>,
    pub(crate) writer: Option<Writer>,
    pub(crate) unsound: Option<Unsound>,
    pub(crate) notices: RefCell<Vec<Notice>>,
    /// How often the index was made again.
    pub(super) remade: Cell<u64>,
    _lock: Lock,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("dir", &self.layout.dir()).field("head", &self.head).finish()
    }
}

impl Ledger {
    /// Makes a ledger in a folder that is empty or not there yet.
    ///
    /// # Errors
    /// Something is there, the origin is no name for a ledger, or the disk fails.
    pub fn init(
        dir: &Path,
        origin: &str,
        now: RecordedAt,
        key: &NewKey,
    ) -> Result<Self, StoreError> {
        let layout = Layout::new(dir);
        let first = opening(origin)?;
        if let Ok(mut files) = fs::read_dir(dir) {
            let got = match files.next() {
                None => None,
                Some(_) if layout.format().exists() => Some("a ledger"),
                Some(_) => Some("other files"),
            };
            if let Some(got) = got {
                return Err(StoreError::NotEmpty { dir: dir.to_owned(), got: got.to_owned() });
            }
        }
        fs::create_dir_all(dir).map_err(|error| io_error("make", dir, error))?;
        let lock = Lock::take(&layout.lock(), Duration::ZERO, now, "init")?;
        let file = key.file.clone().unwrap_or(layout.key());
        let (key, _) = secret::make_or_take(&file, origin, KeyKind::Log, &key.seed)?;
        let keys = Keys::of(key.public().clone());
        let journal = Journal::create(&layout, Box::new(SystemDisk))?;
        let checkpoints = Checkpoints::open(&layout.checkpoints(), &keys)?;
        let tree = Some(Tree::create(&layout, Edge::default(), &[])?);
        sync_dir(dir)?;
        let mut index = Index::open(&layout.index())?;
        index.take_key(Some(&key));
        let writer = Writer { journal, checkpoints, poisoned: false };
        let mut ledger = Self {
            rotations: Rotations::default(),
            keys,
            head: Head::NONE,
            tree,
            index: RefCell::new(Some(index)),
            hand: Some(key),
            writer: Some(writer),
            unsound: None,
            notices: RefCell::default(),
            remade: Cell::default(),
            _lock: lock,
            layout,
        };
        ledger.append(now, vec![first])?;
        ledger.layout.write_format(ledger.keys.first())?;
        Ok(ledger)
    }

    /// Opens a ledger; never makes one. What was found and put right on the way is in
    /// [`Ledger::take_notices`].
    ///
    /// # Errors
    /// No ledger, a newer one, one that somebody else has open, one that cannot be written (in
    /// [`Mode::Write`]), or one whose index is gone while its journal is damaged.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        Self::open_on(dir, options, Box::new(SystemDisk))
    }

    /// As [`Ledger::open`], on a disk of one's own: tests let its steps fail.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_on(
        dir: &Path,
        options: &Options,
        mut disk: Box<dyn Disk>,
    ) -> Result<Self, StoreError> {
        let layout = Layout::new(dir);
        let identity = layout.identity()?;
        let lock = Lock::of_ledger(&layout, options.wait, options.now, &options.what)?;
        let (rotations, keys) = rotations::keys_or_again(&layout, &identity.key)?;
        let hand = secret::at_hand(&layout, options.key.as_deref(), keys.current());
        let held = Held { rotations: &rotations, keys: &keys, hand: hand.as_ref() };
        let opened = acknowledge::open(&layout, options, held, &mut *disk)?;
        let Opened { index, meta, tree, unsound, mut notices, .. } = opened;
        if let (Mode::Write, Some(unsound)) = (options.mode, &unsound) {
            return Err(unsound.clone().into());
        }
        notices.extend(unsound.clone().map(Notice::Unsound));
        let mut ledger = Self {
            rotations,
            keys,
            head: meta.head,
            tree,
            index: RefCell::new(Some(index)),
            hand,
            writer: None,
            unsound,
            notices: RefCell::new(notices),
            remade: Cell::default(),
            _lock: lock,
            layout,
        };
        ledger.prove_rotation()?;
        // Who signs may be another by now than when the index was opened.
        let (layout, current, file) = (&ledger.layout, ledger.keys.current(), &options.key);
        let hand = match options.mode {
            Mode::Read => secret::at_hand(layout, file.as_deref(), current),
            Mode::Write => {
                let journal = Journal::open(layout, disk, meta.entries_end, meta.blobs_end)?;
                let checkpoints = Checkpoints::open(&layout.checkpoints(), &ledger.keys)?;
                let key = secret::of_ledger(layout, file.as_deref(), current)?;
                ledger.writer = Some(Writer { journal, checkpoints, poisoned: false });
                Some(key)
            }
        };
        ledger.sign_by(hand)?;
        Ok(ledger)
    }

    /// Lets a key sign from now on, for the index too, which is made again if nobody signed for it.
    pub(super) fn sign_by(&mut self, key: Option<SigningKey>) -> Result<(), StoreError> {
        self.hand = key.filter(|_| self.unsound.is_none());
        match self.index.get_mut() {
            Some(index) if self.hand.is_none() || index.is_signed() => {
                index.take_key(self.hand.as_ref());
                Ok(())
            }
            _ => self.remake("it is not signed for".to_owned()),
        }
    }

    /// The ledger's origin, the name in its first entry.
    pub fn origin(&self) -> &str {
        self.keys.origin()
    }

    /// The key that signs for it now.
    pub fn key(&self) -> &VerifierKey {
        self.keys.current()
    }

    /// Every key that signed for it, each with its sizes.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The proofs that each key followed the one before.
    pub fn rotations(&self) -> &Rotations {
        &self.rotations
    }

    /// The tree over its entries.
    ///
    /// # Errors
    /// There is none for a ledger that was rolled back, forked or damaged.
    pub fn tree(&self) -> Result<&Tree, StoreError> {
        let why = || StoreError::Index(IndexError::new("there is no tree for an unsound ledger"));
        self.tree.as_ref().ok_or_else(why)
    }

    /// The last signed checkpoint, as a note.
    ///
    /// # Errors
    /// The file cannot be read, or holds none that the ledger's key signed.
    pub fn checkpoint(&self) -> Result<Note, StoreError> {
        let path = self.layout.checkpoints();
        let last = checkpoints::all(&path)?.notes.pop().unwrap_or_default();
        let unsigned = |got: String| {
            let what = format!("expected a signed checkpoint at the end of it, got {got}");
            io_error("use", &path, std::io::Error::other(what))
        };
        checkpoints::parse(&last, &self.keys).map_err(|(_, what)| unsigned(what))?;
        Note::parse(&last).map_err(|error| unsigned(error.to_string()))
    }

    /// Every checkpoint, as notes; none of them is proven here.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn checkpoints(&self) -> Result<checkpoints::All, StoreError> {
        checkpoints::all(&self.layout.checkpoints())
    }

    /// Every stored hash of the tree, for whoever proves them.
    ///
    /// # Errors
    /// There is no tree, or its file cannot be read.
    pub fn stored_hashes(&self) -> Result<Vec<TreeHash>, StoreError> {
        self.tree()?;
        Ok(tree::stored(&self.layout)?.unwrap_or_default())
    }

    /// The ledger's folder.
    pub fn dir(&self) -> &Path {
        self.layout.dir()
    }

    /// Why it refuses to be written, if it does.
    pub fn unsound(&self) -> Option<&Unsound> {
        self.unsound.as_ref()
    }

    /// What the user should be told, each once.
    pub fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices.borrow_mut())
    }

    /// Lets another number of bytes wait before the index writes them: tests let none.
    pub fn set_lag(&mut self, bytes: usize) {
        if let Some(index) = self.index.borrow_mut().as_mut() {
            index.set_lag(bytes);
        }
    }

    /// Lets another number of bytes go into the index at a time: tests let few.
    pub fn set_step(&mut self, bytes: usize) {
        if let Some(index) = self.index.borrow_mut().as_mut() {
            index.set_step(bytes);
        }
    }

    /// Rolls the journal's segments at another length: tests make many small ones.
    pub fn set_roll(&mut self, bytes: u64) {
        if let Some(writer) = &mut self.writer {
            writer.journal.set_roll(bytes);
        }
    }

    /// Keeps bytes under a name, in the place of what was there, or nothing. They go into the index
    /// with the entries that still wait, in one transaction.
    ///
    /// # Errors
    /// The ledger was opened for reading, or the index cannot be written.
    pub fn keep(&self, version: u32, name: &[u8], bytes: Option<&[u8]>) -> Result<(), StoreError> {
        self.put_into_index(|index| index.keep(version, name, bytes))
    }

    /// Says that what a version keeps follows every entry there is.
    ///
    /// # Errors
    /// As [`Ledger::keep`].
    pub fn kept_all(&self, version: u32) -> Result<(), StoreError> {
        let reach = Reach { size: self.head.size, head: self.head.hash };
        self.put_into_index(|index| index.follow(version, &reach))
    }

    /// Makes the index again from the journal where another version than this keeps something in
    /// it: sled would hold what is deleted in memory, and clear its free segments at each opening.
    ///
    /// # Errors
    /// The ledger was opened for reading, or the index cannot be read or made.
    pub fn keep_afresh(&self, version: u32) -> Result<(), StoreError> {
        match &self.writer {
            None => Err(StoreError::ReadOnly),
            Some(_) if !self.ask(|index| index.keeps_another(version))? => Ok(()),
            Some(_) => self.remake("it kept answers by other rules".to_owned()),
        }
    }

    /// How often the index was made again since the ledger was opened: all that was kept in it
    /// before is gone.
    pub fn remade(&self) -> u64 {
        self.remade.get()
    }

    fn put_into_index(
        &self,
        put: impl Fn(&mut Index) -> Result<(), IndexError>,
    ) -> Result<(), StoreError> {
        let done = match self.index.borrow_mut().as_mut() {
            _ if self.writer.is_none() => return Err(StoreError::ReadOnly),
            Some(index) => put(index),
            None => return Err(StoreError::Poisoned),
        };
        done.or_else(|error| self.mend(error))
    }

    /// Closes it. The index takes in what it has not yet and is put to rest, or is made again where
    /// it cannot be; a ledger that is not closed does that when it is opened next. Returns what the
    /// user was not told yet.
    ///
    /// # Errors
    /// The index cannot be written; everything appended is in the journal all the same.
    pub fn close(self) -> Result<Vec<Notice>, StoreError> {
        let rested = self.index.borrow_mut().as_mut().map_or(Ok(()), Index::rest);
        rested.or_else(|error| self.mend(error))?;
        Ok(self.take_notices())
    }

    /// Keeps received bytes no more: records that, once, and then puts tombstones in their place
    /// in every file of the journal's folder (spec, section 25.2). Returns the entry that says so,
    /// and the files that had them.
    ///
    /// # Errors
    /// The ledger does not hold the bytes, or the disk fails: asked again, it goes on.
    pub fn redact(
        &mut self,
        now: RecordedAt,
        decided: FilingDecided,
    ) -> Result<(u64, Vec<PathBuf>), StoreError> {
        let content = decided.filing.content;
        let entry = match self.redactions()?.get(&content) {
            Some(entry) => *entry,
            None => {
                let events = vec![Event::ContentRedacted(decided)];
                self.append(now, vec![Draft { events, received: None }])?;
                self.size().saturating_sub(1)
            }
        };
        let held = self.ask(|index| index.blob(content))?.map(|at| at.raw_len);
        let missing = || StoreError::NoBytes { content, got: "nothing of that name".to_owned() };
        let gone = Gone { raw_len: held.ok_or_else(missing)?, entry };
        let writer = self.writer.as_mut().ok_or(StoreError::ReadOnly)?;
        writer.poisoned = true;
        let files = writer.journal.redact(content, gone)?;
        writer.poisoned = false;
        Ok((entry, files))
    }

    pub(crate) fn append_any(
        &mut self,
        now: RecordedAt,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Vec<Receipt>>, StoreError> {
        match &self.writer {
            None => return Err(StoreError::ReadOnly),
            Some(writer) if writer.poisoned => return Err(StoreError::Poisoned),
            Some(_) => {}
        }
        let held = |contents: &BTreeSet<ContentId>| self.ask(|index| index.held(contents));
        let mut batch = Batch::plan(&*self, now, drafts, held)?;
        let receipts = std::mem::take(&mut batch.receipts);
        self.write(batch)?;
        Ok(receipts)
    }

    /// Writes a planned batch: journal, checkpoint, tree, index, in this order. Only the first two
    /// can lose it, and either failing leaves open what the disk holds. What the index is to take
    /// in is made ready meanwhile; one that does not take it is made again.
    fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        let Self { writer: Some(writer), tree: Some(tree), hand: Some(key), .. } = self else {
            return Err(StoreError::ReadOnly);
        };
        writer.poisoned = true;
        let (head, path) = (batch.head, self.layout.checkpoints());
        let (acknowledged, rows) = writer.write(batch, tree.edge().clone(), (key, &path))?;
        let Acknowledged { locations, edge, grown } = acknowledged;
        self.head = head;
        tree.append(edge, &grown)?;
        let (entries_end, blobs_end) = writer.journal.ends();
        let meta = Meta { head, entries_end, blobs_end };
        let index = self.index.get_mut().as_mut().ok_or(StoreError::Poisoned)?;
        let applied = index.apply(rows, &locations, &meta);
        if let Err(error) = applied {
            let size = head.size;
            self.mend(error).map_err(|error| {
                let why = error.to_string();
                StoreError::RecordedNotIndexed { size, why }
            })?;
        }
        if let Some(writer) = &mut self.writer {
            writer.poisoned = false;
        }
        Ok(())
    }
}
