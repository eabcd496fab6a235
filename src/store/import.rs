//! Makes a ledger from an export: the same entries, received bytes and checkpoints (spec, 24.4).
//! Believes nothing that was not audited first; makes no key, and signs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ledger::audit::Fault;
use crate::ledger::chain::{Entry, Head};
use crate::ledger::event::Event;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::leaf;
use crate::ledger::tiles::{TILE_WIDTH, Tile};
use crate::store::anchors::{self, ANCHORS, Anchor};
use crate::store::batch::Batch;
use crate::store::commit::Commit;
use crate::store::disk::{self, Disk, Step};
use crate::store::export_audit::{self, Found, Trust};
use crate::store::exported::{Files, Folder, blob_path, bundles};
use crate::store::journal::{Gone, Journal};
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::ledger::{Ledger, Mode, Options};
use crate::store::lock::Lock;
use crate::store::log::{Log, StoreError};
use crate::store::{rotations, secret};
use crate::terms::id::{ContentId, TreeHash};

/// Why no ledger was made.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The export is not sound.
    #[error("expected an export without a fault, got {} of them, first {}", .0.len(), first(.0))]
    Faults(Vec<Fault>),
    /// The folder holds no export.
    #[error("expected an export in {}, got {got}", dir.display())]
    NotAnExport {
        /// The folder.
        dir: PathBuf,
        /// What is there.
        got: &'static str,
    },
    /// The key that somebody trusts has signed nothing in it yet.
    #[error("expected a checkpoint by {key} in the export, got none yet")]
    Unvouched {
        /// Its vkey.
        key: String,
    },
    /// Its files changed while they were read.
    #[error("expected entry {sequence} as it was verified, got other bytes: the export changed")]
    Changed {
        /// The first entry that differs.
        sequence: u64,
    },
    /// The store's own.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn first(faults: &[Fault]) -> String {
    faults.first().map_or(String::new(), |fault| format!("{}: {}", fault.class, fault.message))
}

/// Audits an export that somebody wants to rest on, and hands over each entry in its place.
///
/// # Errors
/// There is none, or a file cannot be read.
pub fn audited(
    files: &Folder,
    trust: &Trust,
    take: &mut dyn FnMut(&Entry, &Event),
) -> Result<Found, ImportError> {
    let dir = || files.dir().to_owned();
    if !files.dir().is_dir() {
        return Err(ImportError::NotAnExport { dir: dir(), got: "no such folder" });
    }
    if Layout::new(files.dir()).format().exists() {
        let got = "a ledger; `export --tiles` makes one of it";
        return Err(ImportError::NotAnExport { dir: dir(), got });
    }
    Ok(export_audit::audit(files, trust, take)?)
}

/// Makes a ledger in a folder that is empty or not there yet, and opens it for reading.
///
/// # Errors
/// The export has a fault, something is in the folder, the secret key given is another, or the
/// disk fails; a folder that could not be finished has no FORMAT file and is no ledger.
pub fn import(
    dir: &Path,
    files: &Folder,
    trust: &Trust,
    options: &Options,
) -> Result<Ledger, ImportError> {
    let mut redacted = BTreeMap::new();
    let found = audited(files, trust, &mut |entry, event| {
        redacted.extend(event.redacted().map(|content| (content, entry.sequence())));
    })?;
    let Some(keys) = found.keys.clone().filter(|_| found.report.ok()) else {
        return Err(ImportError::Faults(found.report.faults));
    };
    if let Some(key) = trust.key.as_ref().filter(|_| !found.vouched) {
        return Err(ImportError::Unvouched { key: key.to_string() });
    }
    if let Some(file) = &options.key {
        secret::read_of(file, keys.current())?;
    }
    let layout = Layout::new(dir);
    empty(&layout)?;
    fs::create_dir_all(dir).map_err(|error| io_error("make", dir, error))?;
    {
        let _lock = Lock::take(&layout.lock(), Duration::ZERO, options.now, "import")?;
        write_journal(&layout, files, &found, &redacted)?;
        write_checkpoints(&layout, &found)?;
        rotations::write(&layout, &found.rotations)?;
        for name in found.report.anchors.iter().flat_map(Anchor::files) {
            let bytes = files.read(&format!("{ANCHORS}/{name}"))?.unwrap_or_default();
            anchors::put(&layout, &name, &bytes)?;
        }
        layout.write_format(keys.first())?;
    }
    let made = opened(dir, keys.current(), &found, options);
    if made.is_err() {
        let format = layout.format();
        disk::remove(&format).map_err(|error| io_error("remove", &format, error))?;
    }
    made
}

fn empty(layout: &Layout) -> Result<(), StoreError> {
    let Ok(mut held) = fs::read_dir(layout.dir()) else { return Ok(()) };
    let got = match held.next() {
        None => return Ok(()),
        Some(_) if layout.format().exists() => "a ledger",
        Some(_) => "other files",
    };
    Err(StoreError::NotEmpty { dir: layout.dir().to_owned(), got: got.to_owned() })
}

/// Opens what was made: the index and the tree come from its journal, not from the export.
fn opened(
    dir: &Path,
    key: &VerifierKey,
    found: &Found,
    options: &Options,
) -> Result<Ledger, ImportError> {
    let ledger = Ledger::open(dir, &Options { mode: Mode::Read, ..options.clone() })?;
    ledger.take_notices();
    if let Some(unsound) = ledger.unsound() {
        return Err(StoreError::Unsound(unsound.clone()).into());
    }
    let sequence = ledger.size().min(found.report.size);
    let last = found.checkpoints.last().map(|(at, _)| (at.size, at.root));
    let tree = ledger.tree()?;
    match last == Some((ledger.size(), tree.edge().root())) && ledger.key() == key {
        true => Ok(ledger),
        false => Err(ImportError::Changed { sequence }),
    }
}

/// Reads an export's entries again, each proven to be the one that was audited.
pub(crate) struct Reader<'a> {
    files: &'a dyn Files,
    leaves: &'a [TreeHash],
    open: Option<(Tile, Vec<Entry>)>,
}

impl<'a> Reader<'a> {
    /// Reads entries whose leaves are known.
    pub(crate) fn new(files: &'a dyn Files, leaves: &'a [TreeHash]) -> Self {
        Self { files, leaves, open: None }
    }

    /// One entry; asked for in order, each file is read once.
    pub(crate) fn entry(&mut self, sequence: u64) -> Result<Entry, ImportError> {
        let number = sequence / TILE_WIDTH;
        let held = self.open.as_ref().is_some_and(|(tile, _)| tile.index == number);
        if !held {
            let tile = usize::try_from(number).ok().and_then(|n| bundles(self.size()).nth(n));
            let tile = tile.ok_or(ImportError::Changed { sequence })?;
            self.open = Some((tile, self.files.bundle(tile)?));
        }
        let at = usize::try_from(sequence % TILE_WIDTH).unwrap_or(usize::MAX);
        let entry = self.open.as_ref().and_then(|(_, entries)| entries.get(at));
        let leaf_due = usize::try_from(sequence).ok().and_then(|at| self.leaves.get(at));
        let same = entry.filter(|entry| leaf_due == Some(&leaf(&entry.to_bytes())));
        same.cloned().ok_or(ImportError::Changed { sequence })
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }
}

/// Received bytes of an export, proven to be those of the name; `None` where it lacks them.
pub(crate) fn received(
    files: &dyn Files,
    content: ContentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let bytes = files.read(&blob_path(content))?;
    Ok(bytes.filter(|bytes| ContentId(blake3::hash(bytes).into()) == content))
}

/// Writes now and syncs once at the end: nothing is a ledger before FORMAT is there.
struct Later;

impl Disk for Later {
    fn write(&mut self, _: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&mut self, _: Step, _: &File) -> io::Result<()> {
        Ok(())
    }
}

/// A batch for each checkpoint, with the received bytes that no batch before it brought.
fn write_journal(
    layout: &Layout,
    files: &Folder,
    found: &Found,
    redacted: &BTreeMap<ContentId, u64>,
) -> Result<(), ImportError> {
    let mut journal = Journal::create(layout, Box::new(Later))?;
    let mut reader = Reader::new(files, &found.leaves);
    let mut next = 0;
    let mut held: BTreeSet<ContentId> = BTreeSet::new();
    for (checkpoint, _) in &found.checkpoints {
        let mut batch = Batch::after(Head::NONE);
        for sequence in next..checkpoint.size {
            let entry = reader.entry(sequence)?;
            let bad = |source| StoreError::BadEntry { sequence, source };
            let event = entry.open().map_err(bad)?;
            if let Some(content) = event.content().filter(|content| held.insert(*content)) {
                match redacted.get(&content) {
                    Some(entry) => {
                        let gone = Gone { raw_len: event.content_len(), entry: *entry };
                        batch.gone.insert(content, gone);
                    }
                    None => {
                        let bytes = received(files, content)?;
                        let bytes = bytes.ok_or(ImportError::Changed { sequence })?;
                        batch.blobs.insert(content, bytes);
                    }
                }
            }
            batch.head = entry.head();
            batch.entries.push(entry);
        }
        next = checkpoint.size;
        let commit = Commit::of(&batch.head);
        journal.append(&batch, commit)?;
    }
    drop(journal);
    let dir = layout.journal();
    for file in fs::read_dir(&dir).map_err(|error| io_error("list", &dir, error))? {
        let path = file.map_err(|error| io_error("list", &dir, error))?.path();
        let synced = disk::sync(&path);
        synced.map_err(|error| io_error("sync", &path, error))?;
    }
    Ok(sync_dir(&dir)?)
}

fn write_checkpoints(layout: &Layout, found: &Found) -> Result<(), StoreError> {
    let path = layout.checkpoints();
    let notes = found.checkpoints.iter().flat_map(|(_, note)| [note, &b"\n"[..]].concat());
    let written = disk::new_file(&path, &notes.collect::<Vec<u8>>());
    written.map(drop).map_err(|error| io_error("write", &path, error))
}
