//! Puts back what a ledger lost, where its chain and last checkpoint vouch for it (spec, 12.4).
//! Invents nothing: an entry comes from the journal or the index's copy, received bytes from files
//! that are given again, and each must have the very hash that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::ledger::chain::Head;
use crate::ledger::event::Event;
use crate::ledger::key::VerifierKey;
use crate::store::checkpoints;
use crate::store::journal::{Packer, Unpacker, commit_body, load, unused};
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::ledger::Options;
use crate::store::lock::Lock;
use crate::store::log::{RECEIVED_MAX, StoreError};
use crate::store::segment::{
    HEADER_LEN, Header, Item, Records, SEGMENT_ROLL, Stream, Tag, write_record,
};
use crate::store::survey::{self, After, Survey};
use crate::store::tree;
use crate::store::vouched::Vouched;
use crate::terms::id::{ContentId, EntryHash, TreeHash};

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recovery {
    /// Entries that were put back from the index's copy.
    pub entries: Vec<u64>,
    /// Received bytes that were put back from files.
    pub received: Vec<ContentId>,
    /// Received bytes that are still missing: give the files that hold them.
    pub missing: Vec<ContentId>,
    /// Where the damaged files are now; empty when nothing was rewritten.
    pub kept: Vec<PathBuf>,
    /// Whether the tree's stored hashes were wrong; opening makes them again.
    pub tree: bool,
}

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Nothing says what the ledger held.
    #[error("expected a checkpoint that vouches for the entries, got none that can be read")]
    NoCheckpoint,
    /// An entry that neither the journal nor the index holds as it was.
    #[error("expected entry {sequence} with hash {hash} in the journal or the index, got neither")]
    Unvouched {
        /// Which.
        sequence: u64,
        /// The hash that the entry after it, or the last checkpoint, names.
        hash: EntryHash,
    },
    /// No entry is there that could be the last one.
    #[error("expected entry {sequence}, which the last checkpoint ends with, got none of it")]
    NoLastEntry {
        /// Which.
        sequence: u64,
    },
    /// A chain is there, and it is another one.
    #[error("expected entries with the root {expected} at size {size}, got a chain with {got}")]
    OtherRoot {
        /// The last checkpoint's size.
        size: u64,
        /// Its root.
        expected: TreeHash,
        /// The root of the entries that are there.
        got: TreeHash,
    },
    /// A given file is no filing's.
    #[error("expected files of at most {RECEIVED_MAX} bytes, got {} with {len}", path.display())]
    FileTooLarge {
        /// Which.
        path: PathBuf,
        /// Its length.
        len: u64,
    },
    /// The store's own.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts back entries and received bytes. What is damaged is kept under another name; a ledger
/// without damage is left alone.
///
/// # Errors
/// Nothing vouches for an entry, a file cannot be used, or somebody else has the ledger open. The
/// ledger is then as it was.
pub fn recover(dir: &Path, files: &[PathBuf], options: &Options) -> Result<Recovery, RecoverError> {
    let layout = Layout::new(dir);
    let key = layout.identity()?.key;
    let _lock = Lock::take(&layout.lock(), options.wait, options.now, &options.what)?;
    let given = given(files)?;
    let vouched = Vouched::of(&layout, &key)?;
    let mut done = Recovery::default();
    let survey = survey::all_entries(&layout, &mut |_| ())?;
    let reach = vouched.chain.len() as u64;
    if survey.head.size < reach || matches!(survey.after, After::Damage(_)) {
        rewrite_entries(&layout, &vouched, &survey, &mut done)?;
    }
    rewrite_checkpoints(&layout, &vouched, &key, &mut done)?;
    let stored = tree::stored(&layout)?.unwrap_or_default();
    if !stored.is_empty() && !stored.starts_with(&vouched.grown(&BTreeSet::new()).1) {
        drop_tree(&layout)?;
        done.tree = true;
    }
    put_back_received(&layout, &vouched, &given, &mut done)?;
    Ok(done)
}

/// The bytes of the given files, by name.
fn given(files: &[PathBuf]) -> Result<BTreeMap<ContentId, Vec<u8>>, RecoverError> {
    let mut given = BTreeMap::new();
    for path in files {
        let failed = |error| io_error("read", path, error);
        let len = fs::metadata(path).map_err(failed)?.len();
        if len > RECEIVED_MAX as u64 {
            return Err(RecoverError::FileTooLarge { path: path.clone(), len });
        }
        let bytes = fs::read(path).map_err(failed)?;
        given.insert(ContentId(blake3::hash(&bytes).into()), bytes);
    }
    Ok(given)
}

/// Writes the entries' segments anew from the batch on that cannot be followed.
fn rewrite_entries(
    layout: &Layout,
    vouched: &Vouched,
    survey: &Survey,
    done: &mut Recovery,
) -> Result<(), StoreError> {
    let mut files = NewSegments::after(layout, survey)?;
    let mut batch = Vec::new();
    vouched.entries(layout, survey.head.size, |entry| {
        write_record(&mut batch, Tag::Entry, &entry.to_bytes());
        let head = entry.head();
        if vouched.ends.contains(&head.size) {
            write_record(&mut batch, Tag::Commit, &commit_body(&head));
            files.add(&std::mem::take(&mut batch), head)?;
        }
        Ok(())
    })?;
    let new = files.finish()?;
    swap(layout, Stream::Entries, survey.end.segment, new, done)?;
    done.entries.extend(vouched.from_index.keys());
    Ok(())
}

/// Segments being written beside those they will replace.
struct NewSegments<'a> {
    layout: &'a Layout,
    number: u32,
    bytes: Vec<u8>,
    head: Head,
    written: Vec<(u32, PathBuf)>,
}

impl<'a> NewSegments<'a> {
    /// Begins with what could be followed of the segment in which that ended.
    fn after(layout: &'a Layout, survey: &Survey) -> Result<Self, StoreError> {
        let (number, head) = (survey.end.segment, survey.head);
        let end = usize::try_from(survey.end.offset).unwrap_or(usize::MAX);
        let mut bytes =
            Header { stream: Stream::Entries, number, first: head.size }.to_bytes().to_vec();
        if end > HEADER_LEN {
            let old = load(layout, Stream::Entries, number)?;
            bytes = old.get(..end).unwrap_or_default().to_vec();
        }
        Ok(Self { layout, number, bytes, head, written: Vec::new() })
    }

    fn add(&mut self, batch: &[u8], head: Head) -> Result<(), StoreError> {
        if self.bytes.len() as u64 >= SEGMENT_ROLL {
            self.close()?;
            self.number += 1;
            let (number, first) = (self.number, self.head.size);
            self.bytes = Header { stream: Stream::Entries, number, first }.to_bytes().to_vec();
        }
        self.bytes.extend_from_slice(batch);
        self.head = head;
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.bytes);
        self.written.push(write_new(self.layout, Stream::Entries, self.number, &bytes)?);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(u32, PathBuf)>, StoreError> {
        self.close()?;
        Ok(self.written)
    }
}

/// Writes a segment beside the one it will replace.
fn write_new(
    layout: &Layout,
    stream: Stream,
    number: u32,
    bytes: &[u8],
) -> Result<(u32, PathBuf), StoreError> {
    let path = layout.journal().join(format!("new-{}-{number:08}", stream.as_str()));
    write_synced(&path, bytes)?;
    Ok((number, path))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || -> io::Result<()> {
        fs::write(path, bytes)?;
        File::open(path)?.sync_all()
    };
    write().map_err(|error| io_error("write", path, error))
}

/// Puts new segments in the place of those from a number on, which are kept under another name.
/// Each replacement is one rename, so that a segment is never missing.
fn swap(
    layout: &Layout,
    stream: Stream,
    from: u32,
    new: Vec<(u32, PathBuf)>,
    done: &mut Recovery,
) -> Result<(), StoreError> {
    let dir = layout.journal();
    let replaced: BTreeSet<u32> = new.iter().map(|(number, _)| *number).collect();
    for number in stream.segments(&dir)?.into_iter().filter(|number| *number >= from) {
        let path = stream.file(&dir, number);
        let kept = unused(&dir, &format!("damaged-{}-{number:08}", stream.as_str()));
        let moved = if replaced.contains(&number) {
            fs::hard_link(&path, &kept).or_else(|_| fs::copy(&path, &kept).map(|_| ()))
        } else {
            fs::rename(&path, &kept)
        };
        moved.map_err(|error| io_error("keep", &path, error))?;
        done.kept.push(kept);
    }
    sync_dir(&dir)?;
    for (number, path) in new {
        let to = stream.file(&dir, number);
        fs::rename(&path, &to).map_err(|error| io_error("put in place", &to, error))?;
    }
    sync_dir(&dir)?;
    drop_index(layout)
}

/// Its places are those of the files before; opening makes it again.
fn drop_index(layout: &Layout) -> Result<(), StoreError> {
    let path = layout.index();
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", &path, error))
        }
        _ => Ok(()),
    }
}

/// Made from the entries; opening makes it again.
fn drop_tree(layout: &Layout) -> Result<(), StoreError> {
    let path = layout.tree();
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", &path, error))
        }
        _ => Ok(()),
    }
}

/// Leaves only signed checkpoints that the chain bears out, if there are others.
fn rewrite_checkpoints(
    layout: &Layout,
    vouched: &Vouched,
    key: &VerifierKey,
    done: &mut Recovery,
) -> Result<(), StoreError> {
    let path = layout.checkpoints();
    let mut kept_notes = Vec::new();
    let (mut wrong, mut size) = (false, 0);
    for note in checkpoints::all(&path)?.notes {
        match checkpoints::parse(&note, key) {
            Ok(at) if at.size > size && vouched.roots.get(&at.size) == Some(&at.root) => {
                kept_notes.extend_from_slice(&note);
                kept_notes.push(b'\n');
                size = at.size;
            }
            _ => wrong = true,
        }
    }
    if !wrong {
        return Ok(());
    }
    let kept = unused(layout.dir(), "damaged-checkpoints");
    fs::copy(&path, &kept).map_err(|error| io_error("keep", &path, error))?;
    let new = layout.dir().join("new-checkpoints");
    write_synced(&new, &kept_notes)?;
    fs::rename(&new, &path).map_err(|error| io_error("put in place", &path, error))?;
    done.kept.push(kept);
    sync_dir(layout.dir())
}

/// What the blobs' segments hold.
#[derive(Default)]
struct Held {
    sound: BTreeSet<ContentId>,
    /// Segments that are damaged or not there, each with its sound records.
    damaged: BTreeMap<u32, Vec<u8>>,
    /// The number after the last segment's.
    next: u32,
}

/// Puts back received bytes. Damaged segments are written anew only when nothing that an entry
/// names is missing any more; until then they may still hold it.
fn put_back_received(
    layout: &Layout,
    vouched: &Vouched,
    given: &BTreeMap<ContentId, Vec<u8>>,
    done: &mut Recovery,
) -> Result<(), StoreError> {
    let held = held(layout)?;
    let path = layout.journal();
    let failed = |error| io_error("compress for", &path, error);
    let mut packer = Packer::new().map_err(failed)?;
    let mut records = Vec::new();
    for content in named(layout, vouched)?.difference(&held.sound) {
        let Some(bytes) = given.get(content) else {
            done.missing.push(*content);
            continue;
        };
        records.extend(packer.record(content, bytes).map_err(failed)?);
        done.received.push(*content);
    }
    let mut new = BTreeMap::new();
    if done.missing.is_empty() {
        new = held.damaged;
    }
    if !records.is_empty() {
        let number = new.first_key_value().map_or(held.next, |(number, _)| *number);
        let header = || Header { stream: Stream::Blobs, number, first: 0 }.to_bytes().to_vec();
        new.entry(number).or_insert_with(header).extend(records);
    }
    for (number, bytes) in new {
        let file = write_new(layout, Stream::Blobs, number, &bytes)?;
        replace_one(layout, number, file.1, done)?;
    }
    Ok(())
}

fn replace_one(
    layout: &Layout,
    number: u32,
    new: PathBuf,
    done: &mut Recovery,
) -> Result<(), StoreError> {
    let dir = layout.journal();
    let path = Stream::Blobs.file(&dir, number);
    // First the index goes: it may know a place in the file that is about to change.
    drop_index(layout)?;
    if path.exists() {
        let kept = unused(&dir, &format!("damaged-blobs-{number:08}"));
        fs::hard_link(&path, &kept)
            .or_else(|_| fs::copy(&path, &kept).map(|_| ()))
            .map_err(|error| io_error("keep", &path, error))?;
        done.kept.push(kept);
    }
    fs::rename(&new, &path).map_err(|error| io_error("put in place", &path, error))?;
    sync_dir(&dir)
}

/// The received bytes that the chain's events name.
fn named(layout: &Layout, vouched: &Vouched) -> Result<BTreeSet<ContentId>, StoreError> {
    let mut named = BTreeSet::new();
    vouched.entries(layout, 0, |entry| {
        named.extend(entry.open().ok().as_ref().and_then(Event::content));
        Ok(())
    })?;
    Ok(named)
}

fn held(layout: &Layout) -> Result<Held, StoreError> {
    let mut held = Held::default();
    let path = layout.journal();
    let mut unpacker = Unpacker::new().map_err(|error| io_error("unpack", &path, error))?;
    let numbers = Stream::Blobs.segments(&layout.journal())?;
    held.next = numbers.last().map_or(0, |last| last + 1);
    for number in 0..held.next {
        let header = Header { stream: Stream::Blobs, number, first: 0 }.to_bytes();
        if !numbers.contains(&number) {
            held.damaged.insert(number, header.to_vec());
            continue;
        }
        let bytes = load(layout, Stream::Blobs, number)?;
        let mut damaged = Header::check(&bytes, Stream::Blobs, number).is_err();
        let mut kept = header.to_vec();
        for item in Records::new(&bytes, HEADER_LEN) {
            let opened = match &item {
                Item::Record(record) => unpacker.open(record).ok().map(|(id, _)| (id, record)),
                Item::Damage { .. } => None,
            };
            let Some((content, record)) = opened else {
                damaged = true;
                continue;
            };
            held.sound.insert(content);
            write_record(&mut kept, Tag::Blob, record.body);
        }
        if damaged {
            held.damaged.insert(number, kept);
        }
    }
    Ok(held)
}
