//! Puts back what a ledger lost, where its chain and last checkpoint vouch for it (spec, 12.4).
//! Invents nothing: an entry comes from the journal or the index's copy, received bytes from files
//! that are given again, and each must have the very hash that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::ledger::chain::Head;
use crate::ledger::rotation::{Keys, Rotations};
use crate::store::checkpoints;
use crate::store::commit::Commit;
use crate::store::disk;
use crate::store::exported::Folder;
use crate::store::given::Given;
use crate::store::journal::{Gone, Packer, Unpacker, load, set_aside, unused};
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::ledger::Options;
use crate::store::lock::Lock;
use crate::store::log::{RECEIVED_MAX, StoreError};
use crate::store::regular;
use crate::store::rotations;
use crate::store::secret;
use crate::store::segment::{
    HEADER_LEN, Header, Item, Place, Records, SEGMENT_ROLL, Stream, Tag, write_record,
};
use crate::store::survey::{self, After, Beginning};
use crate::store::tree;
use crate::store::vouched::Vouched;
use crate::terms::id::{ContentId, EntryHash, TreeHash};

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recovery {
    /// Entries that were put back from the index's copy.
    pub entries: Vec<u64>,
    /// Entries that were put back from an export.
    pub exported: Vec<u64>,
    /// The size and root that the ledger has now, where an export was given.
    pub reaches: Option<(u64, TreeHash)>,
    /// Received bytes that were put back from files.
    pub received: Vec<ContentId>,
    /// Received bytes that are still missing: give the files that hold them.
    pub missing: Vec<ContentId>,
    /// Received bytes that were given, and are not put back, for an entry redacts them.
    pub withheld: Vec<ContentId>,
    /// Entries beyond the last checkpoint that the ledger's key did not write, from and to: they
    /// were set aside.
    pub foreign: Option<(u64, u64)>,
    /// How many entries the ledger once had at least, where that is more than it has now.
    pub had: Option<u64>,
    /// Where the damaged files are now; empty when nothing was rewritten.
    pub kept: Vec<PathBuf>,
    /// Whether the tree's stored hashes were wrong: they are kept under another name, and opening
    /// makes them again.
    pub tree: bool,
}

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Nothing says what the ledger held.
    #[error("expected a checkpoint that vouches for the entries, got none that can be read")]
    NoCheckpoint,
    /// The checkpoints go on with a key that nothing proves to be the ledger's.
    #[error(
        "expected the rotation to the key that signed the checkpoint of {size} entries, got no \
         proof of one"
    )]
    UnknownKey {
        /// The checkpoint's size.
        size: u64,
    },
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
    /// The export that was given is not to be believed.
    #[error("expected an export to recover from, got one that is refused: {0}")]
    Export(String),
    /// The ledger's key signed two histories, and nobody here can tell which is the right one.
    #[error(
        "two histories were signed: expected root {expected} at size {size}, got {}; the export \
         has {export} entries",
        got.map_or("no such entries".to_owned(), |got| got.to_string())
    )]
    TwoHistories {
        /// The size of the checkpoint that is not borne out.
        size: u64,
        /// Its root.
        expected: TreeHash,
        /// The root of the other history at that size.
        got: Option<TreeHash>,
        /// How far the export reaches.
        export: u64,
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

/// Where to look besides the ledger's own files.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Files whose bytes may be missing, as received.
    pub files: Vec<PathBuf>,
    /// An export of the ledger.
    pub export: Option<PathBuf>,
}

/// Puts back entries and received bytes. What is damaged is kept under another name; a ledger
/// without damage is left alone.
///
/// # Errors
/// Nothing vouches for an entry, a file cannot be used, or somebody else has the ledger open. The
/// ledger is then as it was.
pub fn recover(dir: &Path, from: &Sources, options: &Options) -> Result<Recovery, RecoverError> {
    let layout = Layout::new(dir);
    let first = layout.identity()?.key;
    let _lock = Lock::of_ledger(&layout, options.wait, options.now, &options.what)?;
    let files = given(&from.files)?;
    let export =
        from.export.as_deref().map(|dir| Given::of(Folder::new(dir), &first)).transpose()?;
    let export = export.as_ref();
    if export.is_some() {
        make_journal(&layout)?;
    }
    let (mut rotations, mut keys) = rotations::keys_or_again(&layout, &first)?;
    if let Some((export, further)) = export.and_then(|export| Some((export, export.keys()?)))
        && further.reach() > keys.reach()
    {
        (rotations, keys) = (export.rotations().clone(), further.clone());
    }
    let hand = secret::at_hand(&layout, options.key.as_deref(), keys.current());
    let vouched = Vouched::of(&layout, (&rotations, &keys, hand.as_ref()), export)?;
    let reach = vouched.chain.len() as u64;
    let foreign = vouched.foreign.map(|to| (reach, to));
    let mut done = Recovery { foreign, ..Recovery::default() };
    let ignored = &mut |_, _, _| Ok(());
    let survey = survey::entries(&layout, Beginning::first(), Some(reach), ignored)?;
    let followed = Followed { head: survey.head, end: survey.end };
    let ours = followed.head.size == 0 || vouched.is(followed.head.size, followed.head.hash);
    if !ours || followed.head.size < reach || matches!(survey.after, After::Damage(_)) {
        // A journal that leads elsewhere is written anew from its beginning.
        let followed = if ours { followed } else { Followed::FIRST };
        rewrite_entries(&layout, &vouched, followed, export, &mut done)?;
    } else if survey.beyond.is_some() {
        let moved = set_aside(&layout, Stream::Entries, survey.end)?;
        done.kept.extend(moved.into_iter().map(|(kept, _)| kept));
    }
    rewrite_checkpoints(&layout, &vouched, (&rotations, &keys), export, &mut done)?;
    rotations::write(&layout, &rotations)?;
    export.map_or(Ok(()), |export| export.put_back_anchors(&layout))?;
    let stored = tree::stored(&layout)?.unwrap_or_default();
    let grown = vouched.grown(&BTreeSet::new(), export).1;
    // A file that is too short is only behind.
    let longer = stored.len() > grown.len();
    if longer || stored.iter().zip(&grown).any(|(stored, grown)| stored != grown) {
        done.kept.push(keep_tree(&layout)?);
        done.tree = true;
    }
    // Each entry has one hash of its own, and there are fewer than that over all of them.
    let by_tree = longer.then(|| stored.len() as u64 / 2 + 1);
    let had = by_tree.into_iter().chain(vouched.indexed).max();
    done.had = had.filter(|had| *had > vouched.chain.len() as u64);
    put_back_received(&layout, &vouched, (&files, export), &mut done)?;
    if export.is_some() {
        let last = vouched.roots.last_key_value();
        done.reaches = last.map(|(size, root)| (*size, *root));
    }
    Ok(done)
}

/// How far the journal follows the chain.
#[derive(Clone, Copy)]
struct Followed {
    head: Head,
    end: Place,
}

impl Followed {
    /// Not at all.
    const FIRST: Followed = Followed { head: Head::NONE, end: Place::START };
}

/// A journal's folder that is gone altogether is made again, empty.
fn make_journal(layout: &Layout) -> Result<(), StoreError> {
    let dir = layout.journal();
    fs::create_dir_all(&dir).map_err(|error| io_error("make", &dir, error))
}

/// The bytes of the given files, by name.
fn given(files: &[PathBuf]) -> Result<BTreeMap<ContentId, Vec<u8>>, RecoverError> {
    let mut given = BTreeMap::new();
    for path in files {
        let failed = |error| io_error("read", path, error);
        let len = regular::metadata(path).map_err(failed)?.len();
        if len > RECEIVED_MAX as u64 {
            return Err(RecoverError::FileTooLarge { path: path.clone(), len });
        }
        let bytes = regular::read(path).map_err(failed)?;
        given.insert(ContentId(blake3::hash(&bytes).into()), bytes);
    }
    Ok(given)
}

/// Writes the entries' segments anew from the batch on that cannot be followed.
fn rewrite_entries(
    layout: &Layout,
    vouched: &Vouched,
    followed: Followed,
    export: Option<&Given>,
    done: &mut Recovery,
) -> Result<(), RecoverError> {
    let mut files = NewSegments::after(layout, followed)?;
    let mut batch = Vec::new();
    vouched.entries(layout, followed.head.size, export, |entry| {
        write_record(&mut batch, Tag::Entry, &entry.to_bytes());
        let head = entry.head();
        if let Some(authenticator) = vouched.ends.get(&head.size) {
            Commit { authenticator: *authenticator, ..Commit::of(&head) }.write(&mut batch);
            files.add(&std::mem::take(&mut batch), head)?;
        }
        Ok(())
    })?;
    let new = files.finish()?;
    swap(layout, Stream::Entries, followed.end.segment, new, done)?;
    done.entries.extend(vouched.from_index.keys());
    done.exported.extend(&vouched.from_export);
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
    fn after(layout: &'a Layout, followed: Followed) -> Result<Self, StoreError> {
        let (number, head) = (followed.end.segment, followed.head);
        let end = usize::try_from(followed.end.offset).unwrap_or(usize::MAX);
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
    disk::put_file(path, bytes).map_err(|error| io_error("write", path, error))
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
            disk::keep_as(&path, &kept)
        } else {
            disk::rename(&path, &kept)
        };
        moved.map_err(|error| io_error("keep", &path, error))?;
        done.kept.push(kept);
    }
    sync_dir(&dir)?;
    for (number, path) in new {
        let to = stream.file(&dir, number);
        disk::rename(&path, &to).map_err(|error| io_error("put in place", &to, error))?;
    }
    sync_dir(&dir)?;
    drop_index(layout)
}

/// Its places are those of the files before; opening makes it again.
fn drop_index(layout: &Layout) -> Result<(), StoreError> {
    let path = layout.index();
    if !path.exists() {
        return Ok(());
    }
    disk::remove_folder(&path).map_err(|error| io_error("remove", &path, error))
}

/// Made from the entries; opening makes it again. What it said may be evidence of more entries.
fn keep_tree(layout: &Layout) -> Result<PathBuf, StoreError> {
    let (path, kept) = (layout.tree(), unused(layout.dir(), "damaged-tree"));
    disk::rename(&path, &kept).map_err(|error| io_error("keep", &path, error))?;
    sync_dir(layout.dir())?;
    Ok(kept)
}

/// Leaves only signed checkpoints that the chain bears out, if there are others.
fn rewrite_checkpoints(
    layout: &Layout,
    vouched: &Vouched,
    (rotations, keys): (&Rotations, &Keys),
    export: Option<&Given>,
    done: &mut Recovery,
) -> Result<(), StoreError> {
    let path = layout.checkpoints();
    let (mut right, mut size, mut wrong) = (BTreeMap::new(), 0, false);
    for note in checkpoints::all(&path)?.notes {
        match checkpoints::parse(&note, keys) {
            Ok(at) if at.size > size && vouched.roots.get(&at.size) == Some(&at.root) => {
                right.insert(at.size, note);
                size = at.size;
            }
            _ => wrong = true,
        }
    }
    for (at, note) in export.iter().flat_map(|export| export.notes()) {
        wrong |= !right.contains_key(&at.size);
        right.entry(at.size).or_insert_with(|| note.to_vec());
    }
    // The checkpoint that a rotation rests on is kept twice.
    for note in rotations.notes() {
        let at = keys.open(note).map_or(0, |at| at.size);
        if at > 0 && !right.contains_key(&at) {
            wrong = true;
            right.insert(at, note.to_string().into_bytes());
        }
    }
    if !wrong {
        return Ok(());
    }
    if path.exists() {
        let kept = unused(layout.dir(), "damaged-checkpoints");
        disk::keep_as(&path, &kept).map_err(|error| io_error("keep", &path, error))?;
        done.kept.push(kept);
    }
    let notes: Vec<u8> =
        right.into_values().flat_map(|note| [note, b"\n".to_vec()].concat()).collect();
    let new = layout.dir().join("new-checkpoints");
    write_synced(&new, &notes)?;
    disk::rename(&new, &path).map_err(|error| io_error("put in place", &path, error))?;
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
    (files, export): (&BTreeMap<ContentId, Vec<u8>>, Option<&Given>),
    done: &mut Recovery,
) -> Result<(), RecoverError> {
    let (named, gone) = named(layout, vouched, export)?;
    let mut held = held(layout, &gone)?;
    let path = layout.journal();
    let failed = |error| io_error("compress for", &path, error);
    let mut packer = Packer::new().map_err(failed)?;
    let mut records = Vec::new();
    for content in gone.keys() {
        let exported = || export.map_or(Ok(None), |export| export.received(*content));
        if files.contains_key(content) || exported()?.is_some() {
            done.withheld.push(*content);
        }
    }
    for content in named.difference(&held.sound) {
        if let Some(gone) = gone.get(content) {
            write_record(&mut records, Tag::Gone, &gone.body(content, 0));
            continue;
        }
        let exported = match export {
            Some(export) if !files.contains_key(content) => export.received(*content)?,
            _ => None,
        };
        let Some(bytes) = files.get(content).or(exported.as_ref()) else {
            done.missing.push(*content);
            continue;
        };
        records.extend(packer.record(content, bytes).map_err(failed)?);
        done.received.push(*content);
        if records.len() as u64 >= SEGMENT_ROLL {
            let (number, header) =
                (held.next, Header { stream: Stream::Blobs, number: held.next, first: 0 });
            let bytes = [header.to_bytes().as_slice(), &std::mem::take(&mut records)].concat();
            let file = write_new(layout, Stream::Blobs, number, &bytes)?;
            replace_one(layout, number, file.1, done)?;
            held.next += 1;
        }
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
        disk::keep_as(&path, &kept).map_err(|error| io_error("keep", &path, error))?;
        done.kept.push(kept);
    }
    disk::rename(&new, &path).map_err(|error| io_error("put in place", &path, error))?;
    sync_dir(&dir)
}

/// What the chain's events say of received bytes: which they name, and which they redact.
type Named = (BTreeSet<ContentId>, BTreeMap<ContentId, Gone>);

fn named(
    layout: &Layout,
    vouched: &Vouched,
    export: Option<&Given>,
) -> Result<Named, RecoverError> {
    let (mut lens, mut gone) = (BTreeMap::new(), BTreeMap::new());
    vouched.entries(layout, 0, export, |entry| {
        let Ok(event) = entry.open() else { return Ok(()) };
        if let Some(content) = event.redacted() {
            let raw_len = lens.get(&content).copied().unwrap_or_default();
            gone.entry(content).or_insert(Gone { raw_len, entry: entry.sequence() });
        } else if let Some(content) = event.content() {
            lens.entry(content).or_insert(event.content_len());
        }
        Ok(())
    })?;
    Ok((lens.into_keys().collect(), gone))
}

fn held(layout: &Layout, gone: &BTreeMap<ContentId, Gone>) -> Result<Held, StoreError> {
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
                Item::Record(record) if record.tag == Tag::Gone => Gone::parse(record.body)
                    .filter(|(id, said)| record.is_sound() && gone.get(id) == Some(said))
                    .map(|(id, _)| (id, record)),
                Item::Record(record) => unpacker.open(record).ok().map(|(id, _)| (id, record)),
                Item::Damage { .. } => None,
            };
            let Some((content, record)) = opened else {
                damaged = true;
                continue;
            };
            held.sound.insert(content);
            write_record(&mut kept, record.tag, record.body);
        }
        if damaged {
            held.damaged.insert(number, kept);
        }
    }
    Ok(held)
}
