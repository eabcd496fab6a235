//! The paper trail: append-only segment files whose sync is the acknowledgement.
//! Never mends anything, and knows nothing of indexes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::ledger::chain::Entry;
use crate::store::batch::Batch;
use crate::store::commit::Commit;
use crate::store::cores;
use crate::store::disk::{self, Disk, Step};
use crate::store::framed;
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::log::{RECEIVED_MAX, StoreError};
use crate::store::regular;
use crate::store::segment::{
    BLOB_PREFIX_LEN, HEADER_LEN, Header, Item, Place, RECORD_HEADER_LEN, Record, Records,
    SEGMENT_ROLL, Stream, Tag, part, write_parts, write_record,
};
use crate::terms::id::{ContentId, TreeHash};

/// Blobs that one thread compresses before it asks for more.
const FEW: usize = 8;
/// Bytes received that are compressed before what comes of them is written.
const PACKED_AT_ONCE: usize = 8 * 1024 * 1024;

/// Where received bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// The segment of the blob's record.
    pub segment: u32,
    /// Where the record begins.
    pub offset: u64,
    /// Bytes of the record, its header with them.
    pub stored_len: u64,
    /// Bytes received.
    pub raw_len: u64,
}

/// Where a stream ends, by its files' names and lengths alone.
///
/// # Errors
/// The folder cannot be read.
pub fn end_of(layout: &Layout, stream: Stream) -> Result<Place, StoreError> {
    let journal = layout.journal();
    let Some(segment) = stream.segments(&journal)?.last().copied() else {
        return Ok(Place { segment: 0, offset: 0 });
    };
    let path = stream.file(&journal, segment);
    let meta = regular::metadata(&path).map_err(|error| io_error("read", &path, error))?;
    Ok(Place { segment, offset: meta.len() })
}

/// Reads a whole segment.
///
/// # Errors
/// The file cannot be read.
pub fn load(layout: &Layout, stream: Stream, number: u32) -> Result<Vec<u8>, StoreError> {
    let path = stream.file(&layout.journal(), number);
    regular::read(&path).map_err(|error| io_error("read", &path, error))
}

/// The name and length of the received bytes of a blob's record; `None` for a body too short.
pub fn blob_name(body: &[u8]) -> Option<(ContentId, u64)> {
    let prefix: &[u8; BLOB_PREFIX_LEN] = body.first_chunk()?;
    Some((ContentId(part(prefix, 0)), u64::from_le_bytes(part(prefix, 32))))
}

/// What stands where received bytes were.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gone {
    /// How many bytes were received.
    pub raw_len: u64,
    /// The entry that redacts them.
    pub entry: u64,
}

/// The least bytes of a tombstone's body: name, length, entry.
const GONE_LEN: usize = BLOB_PREFIX_LEN + 8;

impl Gone {
    /// The body of a tombstone's record, as long as the one whose place it takes.
    pub fn body(self, content: &ContentId, len: usize) -> Vec<u8> {
        let mut body = content.0.to_vec();
        body.extend_from_slice(&self.raw_len.to_le_bytes());
        body.extend_from_slice(&self.entry.to_le_bytes());
        body.resize(len.max(GONE_LEN), 0);
        body
    }

    /// The tombstone of a record's body; `None` for a body that is none.
    pub fn parse(body: &[u8]) -> Option<(ContentId, Self)> {
        let (content, raw_len) = blob_name(body)?;
        let (prefix, rest) = body.split_at_checked(GONE_LEN)?;
        let entry = u64::from_le_bytes(part(prefix, BLOB_PREFIX_LEN));
        rest.iter().all(|byte| *byte == 0).then_some((content, Self { raw_len, entry }))
    }
}

/// A file of received bytes with a tombstone in the place of each blob of a name; `None` where
/// there is none.
pub fn redacted(bytes: &[u8], content: ContentId, gone: Gone) -> Option<Vec<u8>> {
    let mut changed: Option<Vec<u8>> = None;
    for item in Records::new(bytes, 0) {
        let Item::Record(record) = item else { continue };
        if record.tag != Tag::Blob || blob_name(record.body).map(|(name, _)| name) != Some(content)
        {
            continue;
        }
        let (from, to) =
            (usize::try_from(record.offset).ok()?, usize::try_from(record.end()).ok()?);
        let mut tombstone = Vec::with_capacity(to - from);
        write_record(&mut tombstone, Tag::Gone, &gone.body(&content, record.body.len()));
        let target = changed.get_or_insert_with(|| bytes.to_vec()).get_mut(from..to)?;
        target.iter_mut().zip(tombstone).for_each(|(to, from)| *to = from);
    }
    changed
}

/// Makes blobs' records; one for many, since a compressor takes long to set up.
pub struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    /// A packer.
    ///
    /// # Errors
    /// The compressor's.
    pub fn new() -> io::Result<Self> {
        zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL).map(Self)
    }

    /// A blob's record for received bytes (spec, section 9.3).
    ///
    /// # Errors
    /// The compressor's.
    pub fn record(&mut self, content: &ContentId, received: &[u8]) -> io::Result<Vec<u8>> {
        let packed = self.0.compress(received)?;
        let len = RECORD_HEADER_LEN + BLOB_PREFIX_LEN + packed.len();
        let mut record = Vec::with_capacity(len);
        let body = [content.0.as_slice(), &(received.len() as u64).to_le_bytes(), &packed];
        write_parts(&mut record, Tag::Blob, &body);
        Ok(record)
    }
}

/// Opens blobs' records; one for many, since a decompressor takes long to set up, and fresh memory
/// for each longer than opening it.
pub struct Unpacker {
    zstd: zstd::bulk::Decompressor<'static>,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// An unpacker.
    ///
    /// # Errors
    /// The decompressor's.
    pub fn new() -> io::Result<Self> {
        Ok(Self { zstd: zstd::bulk::Decompressor::new()?, buffer: Vec::new() })
    }

    /// The received bytes of a blob's record, proven to be those of its name.
    ///
    /// # Errors
    /// What was expected and what came, in one sentence.
    pub fn open(&mut self, record: &Record<'_>) -> Result<(ContentId, &[u8]), String> {
        let named = blob_name(record.body).filter(|_| record.tag == Tag::Blob);
        let (content, len) = named.ok_or("expected a blob's record, got another")?;
        if !record.is_sound() {
            return Err("expected a body with its checksum, got another body".to_owned());
        }
        let raw = usize::try_from(len).ok().filter(|len| *len <= RECEIVED_MAX);
        let raw = raw.ok_or_else(|| format!("expected at most {RECEIVED_MAX} bytes, got {len}"))?;
        let packed = record.body.get(BLOB_PREFIX_LEN..).unwrap_or_default();
        // No room for more than there should be, nor for more than there is.
        let bound = zstd::bulk::Decompressor::upper_bound(packed);
        let room = bound.map_or(raw, |bound| bound.min(raw));
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        let room = self.buffer.get_mut(..room).unwrap_or_default();
        let unpacked = self.zstd.decompress_to_buffer(packed, room);
        let unpacked = unpacked
            .map_err(|error| format!("expected {len} bytes compressed by zstd, got {error}"))?;
        let received = self.buffer.get(..unpacked).unwrap_or_default();
        let got = ContentId(blake3::hash(received).into());
        if received.len() != raw || got != content {
            let got_len = received.len();
            return Err(format!("expected {raw} bytes named {content}, got {got_len} named {got}"));
        }
        Ok((content, received))
    }
}

/// Reads received bytes at a location.
///
/// # Errors
/// They are not there, or are not those of the name.
pub fn read_blob(
    layout: &Layout,
    content: ContentId,
    at: &Location,
) -> Result<Vec<u8>, StoreError> {
    let path = Stream::Blobs.file(&layout.journal(), at.segment);
    let place = format!("segment {} of blobs at offset {}", at.segment, at.offset);
    let read = || -> io::Result<Vec<u8>> {
        let mut file = regular::open(&path)?;
        file.seek(SeekFrom::Start(at.offset))?;
        let mut bytes = Vec::new();
        file.take(at.stored_len).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let damaged = |what: String| StoreError::NoBytes {
        content,
        got: format!("a damaged record: {what} in {place}"),
    };
    let bytes = read().map_err(|error| damaged(error.to_string()))?;
    let opened = match Records::new(&bytes, 0).next() {
        Some(Item::Record(record)) if record.tag == Tag::Gone && record.is_sound() => {
            match Gone::parse(record.body) {
                Some((name, gone)) if name == content => {
                    return Err(StoreError::Redacted { content, entry: gone.entry });
                }
                _ => Err("another's tombstone".to_owned()),
            }
        }
        Some(Item::Record(record)) => {
            Unpacker::new().map_err(|error| error.to_string()).and_then(|mut unpacker| {
                unpacker.open(&record).map(|(name, received)| (name, received.to_vec()))
            })
        }
        _ => Err("no record".to_owned()),
    };
    match opened.map_err(damaged)? {
        (got, received) if got == content => Ok(received),
        (got, _) => Err(damaged(format!("the bytes named {got}"))),
    }
}

/// The end of a stream, open for appending.
#[derive(Debug)]
struct Tail {
    file: File,
    place: Place,
    /// Whether it is of an older version, and is not appended to.
    old: bool,
}

/// A batch that was written.
pub struct Written {
    /// Where its received bytes are.
    pub locations: Vec<(ContentId, Location)>,
    /// The tree's hashes of its entries, which were read back from the file after the sync and are
    /// what was to be written.
    pub leaves: Vec<TreeHash>,
}

/// The journal, open for appending.
pub struct Journal {
    layout: Layout,
    disk: Box<dyn Disk>,
    entries: Tail,
    blobs: Tail,
    /// One for each thread that compresses.
    packers: Vec<Packer>,
    roll: u64,
}

impl Journal {
    /// Makes the first segments of a new ledger.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn create(layout: &Layout, disk: Box<dyn Disk>) -> Result<Self, StoreError> {
        let dir = layout.journal();
        fs::create_dir_all(&dir).map_err(|error| io_error("make", &dir, error))?;
        let entries = create_segment(layout, Stream::Entries, 0, 0)?;
        let blobs = create_segment(layout, Stream::Blobs, 0, 0)?;
        Self::at(layout, disk, entries, blobs)
    }

    /// Opens the ends of both streams, which must be where they are said to be.
    ///
    /// # Errors
    /// A file that cannot be written, or has another length.
    pub fn open(
        layout: &Layout,
        disk: Box<dyn Disk>,
        entries: Place,
        blobs: Place,
    ) -> Result<Self, StoreError> {
        let entries = open_segment(layout, Stream::Entries, entries)?;
        let blobs = open_segment(layout, Stream::Blobs, blobs)?;
        Self::at(layout, disk, entries, blobs)
    }

    fn at(
        layout: &Layout,
        disk: Box<dyn Disk>,
        entries: Tail,
        blobs: Tail,
    ) -> Result<Self, StoreError> {
        let packers: io::Result<_> = (0..cores::count()).map(|_| Packer::new()).collect();
        let packers = packers.map_err(|error| io_error("compress for", layout.dir(), error))?;
        Ok(Self { layout: layout.clone(), disk, entries, blobs, packers, roll: SEGMENT_ROLL })
    }

    /// Rolls segments at another length than [`SEGMENT_ROLL`].
    pub fn set_roll(&mut self, bytes: u64) {
        self.roll = bytes;
    }

    /// The disk, for what is written beside the journal under the same contract.
    pub fn disk(&mut self) -> &mut dyn Disk {
        &mut *self.disk
    }

    /// Where the streams end: entries, then received bytes.
    pub fn ends(&self) -> (Place, Place) {
        (self.entries.place, self.blobs.place)
    }

    /// Writes a batch and makes it durable: first the received bytes, then the entries with their
    /// commit (spec, section 9.4), which are read back from the file. Returns where the received
    /// bytes are, and the entries' hashes in the tree.
    ///
    /// # Errors
    /// Any failed step, or entries that are not read back as they were written; what the disk holds
    /// is then not known.
    pub fn append(&mut self, batch: &Batch, commit: Commit) -> Result<Written, StoreError> {
        let locations = self.append_blobs(batch)?;
        let first = batch.entries.first().map_or(0, Entry::sequence);
        self.roll_to_fit(Stream::Entries, first)?;
        let (mut bytes, leaves) = framed::entries(&batch.entries);
        commit.write(&mut bytes);
        let Place { segment, offset } = self.entries.place;
        self.write(Stream::Entries, Step::EntryWrite, &bytes)?;
        self.sync(Stream::Entries, Step::EntrySync)?;
        let path = Stream::Entries.file(&self.layout.journal(), segment);
        let differs = framed::differs(&path, offset, &bytes);
        match differs.map_err(|error| io_error("read back", &path, error))? {
            None => Ok(Written { locations, leaves }),
            Some(at) => {
                Err(StoreError::ReadBack { sequence: first + framed::entry_at(&bytes, at) })
            }
        }
    }

    fn append_blobs(&mut self, batch: &Batch) -> Result<Vec<(ContentId, Location)>, StoreError> {
        let mut locations = Vec::with_capacity(batch.blobs.len());
        let mut blobs = batch.blobs.iter().peekable();
        if blobs.peek().is_some() {
            self.roll_to_fit(Stream::Blobs, 0)?;
        }
        while blobs.peek().is_some() {
            let (mut group, mut len) = (Vec::new(), 0);
            while let Some((content, received)) = blobs.next_if(|_| len < PACKED_AT_ONCE) {
                len += received.len();
                group.push((content, received));
            }
            let pack = |packer: &mut Packer, (content, received): (&ContentId, &Vec<u8>)| {
                (*content, received.len(), packer.record(content, received))
            };
            let records = cores::each(&mut self.packers, FEW, group, pack);
            self.write_blobs(records, &mut locations)?;
        }
        for (content, gone) in &batch.gone {
            self.roll_to_fit(Stream::Blobs, 0)?;
            let mut record = Vec::new();
            write_record(&mut record, Tag::Gone, &gone.body(content, 0));
            let Place { segment, offset } = self.blobs.place;
            let (stored_len, raw_len) = (record.len() as u64, gone.raw_len);
            self.write(Stream::Blobs, Step::BlobWrite, &record)?;
            locations.push((*content, Location { segment, offset, stored_len, raw_len }));
        }
        if !locations.is_empty() {
            self.sync(Stream::Blobs, Step::BlobSync)?;
        }
        Ok(locations)
    }

    /// Writes blobs' records, those for one segment in one go.
    fn write_blobs(
        &mut self,
        records: Vec<(ContentId, usize, io::Result<Vec<u8>>)>,
        locations: &mut Vec<(ContentId, Location)>,
    ) -> Result<(), StoreError> {
        let mut run = Vec::new();
        for (content, raw_len, record) in records {
            if self.blobs.place.offset + run.len() as u64 >= self.roll {
                self.write(Stream::Blobs, Step::BlobWrite, &run)?;
                run.clear();
                if !locations.is_empty() {
                    self.sync(Stream::Blobs, Step::BlobSync)?;
                }
                self.roll_to_fit(Stream::Blobs, 0)?;
            }
            let Place { segment, offset } = self.blobs.place;
            let path = Stream::Blobs.file(&self.layout.journal(), segment);
            let record = record.map_err(|error| io_error("compress for", &path, error))?;
            let (offset, stored_len) = (offset + run.len() as u64, record.len() as u64);
            let raw_len = raw_len as u64;
            locations.push((content, Location { segment, offset, stored_len, raw_len }));
            run.extend_from_slice(&record);
        }
        self.write(Stream::Blobs, Step::BlobWrite, &run)
    }

    /// Puts a tombstone in the place of received bytes, in every file that has them, whatever it
    /// was set aside for (spec, section 25.2). Returns the files that were written anew.
    ///
    /// # Errors
    /// A file that cannot be read or written; what was written anew stays so.
    pub fn redact(&mut self, content: ContentId, gone: Gone) -> Result<Vec<PathBuf>, StoreError> {
        let dir = self.layout.journal();
        let new = dir.join("new-blobs-redacted");
        if new.exists() {
            disk::remove(&new).map_err(|error| io_error("remove", &new, error))?;
        }
        let failed = |error| io_error("list", &dir, error);
        let mut paths = Vec::new();
        for file in fs::read_dir(&dir).map_err(failed)? {
            let path = file.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.contains("blobs-") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut written = Vec::new();
        for path in paths {
            let bytes = regular::read(&path).map_err(|error| io_error("read", &path, error))?;
            let Some(bytes) = redacted(&bytes, content, gone) else { continue };
            disk::put_file(&new, &bytes).map_err(|error| io_error("write", &new, error))?;
            let renamed = disk::rename(&new, &path);
            renamed.map_err(|error| io_error("put in place", &path, error))?;
            sync_dir(&dir)?;
            written.push(path);
        }
        // The end of the stream may be in a file that was replaced.
        self.blobs = open_segment(&self.layout, Stream::Blobs, self.blobs.place)?;
        Ok(written)
    }

    fn tail(&mut self, stream: Stream) -> &mut Tail {
        match stream {
            Stream::Entries => &mut self.entries,
            Stream::Blobs => &mut self.blobs,
        }
    }

    fn roll_to_fit(&mut self, stream: Stream, first: u64) -> Result<(), StoreError> {
        let roll = self.roll;
        let tail = self.tail(stream);
        if tail.place.offset < roll && !tail.old {
            return Ok(());
        }
        let number = tail.place.segment + 1;
        *self.tail(stream) = create_segment(&self.layout, stream, number, first)?;
        Ok(())
    }

    fn write(&mut self, stream: Stream, step: Step, bytes: &[u8]) -> Result<(), StoreError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let tail = match stream {
            Stream::Entries => &mut self.entries,
            Stream::Blobs => &mut self.blobs,
        };
        let written = self.disk.write(step, &mut tail.file, bytes);
        let path = stream.file(&self.layout.journal(), tail.place.segment);
        written.map_err(|error| io_error("write", &path, error))?;
        tail.place.offset += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self, stream: Stream, step: Step) -> Result<(), StoreError> {
        let tail = match stream {
            Stream::Entries => &self.entries,
            Stream::Blobs => &self.blobs,
        };
        let path = stream.file(&self.layout.journal(), tail.place.segment);
        self.disk.sync(step, &tail.file).map_err(|error| io_error("sync", &path, error))
    }
}

fn create_segment(
    layout: &Layout,
    stream: Stream,
    number: u32,
    first: u64,
) -> Result<Tail, StoreError> {
    let dir = layout.journal();
    let path = stream.file(&dir, number);
    let made = disk::new_file(&path, &Header { stream, number, first }.to_bytes());
    let file = made.map_err(|error| io_error("make", &path, error))?;
    sync_dir(&dir)?;
    let place = Place { segment: number, offset: HEADER_LEN as u64 };
    Ok(Tail { file, place, old: false })
}

fn open_segment(layout: &Layout, stream: Stream, place: Place) -> Result<Tail, StoreError> {
    let path = stream.file(&layout.journal(), place.segment);
    let failed = |error| io_error("open", &path, error);
    let file = regular::open_to_write(&path, OpenOptions::new().append(true)).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    if len != place.offset {
        let grew = format!("expected {} bytes, got {len}", place.offset);
        return Err(failed(io::Error::other(grew)));
    }
    let mut header = Vec::new();
    let read =
        regular::open(&path).and_then(|file| file.take(HEADER_LEN as u64).read_to_end(&mut header));
    read.map_err(failed)?;
    let (number, first) = (place.segment, u64::from_le_bytes(part(&header, 16)));
    let old = Header { stream, number, first }.is_old(&header);
    Ok(Tail { file, place, old })
}

/// Writes what stands after a place of a stream once more where it stands, and syncs it. Whoever
/// wrote it may not have lived to sync it, or was told that it cannot be: then nobody knows whether
/// the disk has what the system shows.
///
/// # Errors
/// A file that cannot be read or written.
pub fn write_again(layout: &Layout, stream: Stream, from: Place) -> Result<(), StoreError> {
    let dir = layout.journal();
    for number in stream.segments(&dir)?.into_iter().filter(|number| *number >= from.segment) {
        let offset = if number == from.segment { from.offset } else { 0 };
        let bytes = load(layout, stream, number)?;
        let tail = usize::try_from(offset).ok().and_then(|from| bytes.get(from..));
        let Some(tail) = tail.filter(|tail| !tail.is_empty()) else { continue };
        let path = stream.file(&dir, number);
        let written = disk::write_over(&path, offset, tail);
        written.map_err(|error| io_error("write again", &path, error))?;
    }
    sync_dir(&dir)
}

/// Moves what stands after a place of a stream into files of its own beside the segments, so that
/// nothing is lost, and ends the stream there. Returns the file's name and how many bytes went.
///
/// # Errors
/// A file that cannot be read or written; what was moved already stays moved.
pub fn set_aside(
    layout: &Layout,
    stream: Stream,
    end: Place,
) -> Result<Vec<(PathBuf, u64)>, StoreError> {
    let dir = layout.journal();
    let mut moved = Vec::new();
    for number in stream.segments(&dir)?.into_iter().rev().filter(|n| *n >= end.segment) {
        let from = if number == end.segment { end.offset } else { 0 };
        let bytes = load(layout, stream, number)?;
        let Some(tail) = usize::try_from(from).ok().and_then(|from| bytes.get(from..)) else {
            continue;
        };
        if tail.is_empty() && from > 0 {
            continue;
        }
        let path = stream.file(&dir, number);
        let kept = unused(&dir, &format!("torn-{}-{number:08}-{from}", stream.as_str()));
        let written = disk::put_file(&kept, tail);
        written.map_err(|error| io_error("write", &kept, error))?;
        sync_dir(&dir)?;
        let cut = if from == 0 { disk::remove(&path) } else { disk::cut(&path, from) };
        cut.map_err(|error| io_error("cut", &path, error))?;
        sync_dir(&dir)?;
        moved.push((kept, tail.len() as u64));
    }
    Ok(moved)
}

/// A name in a folder that nothing has yet.
pub(crate) fn unused(dir: &std::path::Path, name: &str) -> PathBuf {
    let first = dir.join(name);
    let later = (2..u32::MAX).map(|n| dir.join(format!("{name}.{n}")));
    std::iter::once(first).chain(later).find(|path| !path.exists()).unwrap_or(dir.join(name))
}
