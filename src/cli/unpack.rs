//! Takes archives apart as they stream by: tar, gzip and zip, in one another, within limits.
//! Writes nothing to disk: a name in an archive is a name to show, never a path to open.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use crate::cli::files;
use crate::cli::limits::{ARCHIVE_DEPTH, EXPANDED_BYTES, EXPANDED_TIMES, FILING_BYTES, NAME_BYTES};
use crate::cli::tally::{Refusal, Why};
use crate::cli::{tarball, zipped};

/// One thing found: a filing's bytes, or why there are none.
#[derive(Debug)]
pub struct Unpacked {
    /// What it is called to people: the file, and the way into it.
    pub shown: String,
    /// Its own name, without directories.
    pub base: String,
    /// Whether it lay in an archive or a directory with others, and was not named itself.
    pub member: bool,
    /// What it holds.
    pub bytes: Result<Vec<u8>, Refusal>,
}

/// Where things found are handed to; it breaks off when nobody wants more.
pub type Taker<'a> = &'a mut dyn FnMut(Unpacked) -> ControlFlow<()>;

/// The name of something on the way into archives.
#[derive(Clone, Debug)]
pub struct Name {
    shown: String,
    base: String,
    member: bool,
    depth: usize,
}

/// The longest own name that is kept, as on a file system.
const BASE_BYTES: usize = 255;

impl Name {
    /// The name of a file, which was found in a directory or named, or `-`.
    pub fn of_file(path: &Path, within: bool) -> Self {
        let base = path.file_name().map_or("-".into(), |name| name.to_string_lossy());
        let base = head(&base, BASE_BYTES).to_owned();
        Self { shown: path.display().to_string(), base, member: within, depth: 0 }
    }

    /// The name of a member of this archive.
    pub fn member(&self, raw: &[u8]) -> Self {
        let name = String::from_utf8_lossy(raw);
        let own = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("-");
        let base = head(own, BASE_BYTES).to_owned();
        let cut = head(&name, NAME_BYTES);
        let more = if cut.len() < name.len() { "…" } else { "" };
        let shown = format!("{}!/{cut}{more}", self.shown);
        Self { shown, base, member: true, depth: self.depth + 1 }
    }

    /// The name of what a compressed file holds.
    fn expanded(&self) -> Self {
        let base = self.base.strip_suffix(".gz").unwrap_or(&self.base).to_owned();
        Self { base, depth: self.depth + 1, ..self.clone() }
    }
}

/// The first `most` bytes, or fewer, so as not to cut a character.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// What a stream is, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Gzip,
    Zip,
    Tar,
    Plain,
}

/// A block of a tar archive, which is as far as a stream's kind can be told.
const BLOCK: usize = 512;

fn kind(head: &[u8]) -> Kind {
    if head.starts_with(&[0x1f, 0x8b, 8]) {
        Kind::Gzip
    } else if is_zip(head) {
        Kind::Zip
    } else if tarball::is_header(head) {
        Kind::Tar
    } else {
        Kind::Plain
    }
}

/// A member first, or the end of an archive without any.
fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// How far one file may expand: a little for each byte of it that was read, however the archives
/// in it lie in one another.
#[derive(Clone)]
pub struct Allowance<'a> {
    read: &'a AtomicU64,
    before: u64,
    expanded: Rc<Cell<u64>>,
}

impl Allowance<'_> {
    fn most(&self) -> (u64, u64) {
        let read = self.read.load(Ordering::Relaxed).saturating_sub(self.before);
        (EXPANDED_BYTES.saturating_add(read.saturating_mul(EXPANDED_TIMES)), read)
    }

    /// Takes so many expanded bytes; a refusal when they are too many.
    fn take(&self, bytes: usize) -> io::Result<()> {
        let expanded = self.expanded.get().saturating_add(bytes as u64);
        self.expanded.set(expanded);
        let (most, read) = self.most();
        if expanded <= most {
            return Ok(());
        }
        let words = format!("expected at most {most} bytes packed in the first {read}, found more");
        Err(io::Error::other(Refusal::new(Why::ArchiveLimit, words)))
    }
}

/// A reader of expanded bytes, within the allowance.
pub struct Expanding<'a, R> {
    inner: R,
    allowance: Allowance<'a>,
}

impl<R: Read> Read for Expanding<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = |error: io::Error| match Refusal::within(&error) {
            Some(_) => error,
            None => {
                let words = format!("expected packed data that opens, found damage: {error}");
                io::Error::other(Refusal::new(Why::ArchiveDamaged, words))
            }
        };
        let read = self.inner.read(buffer).map_err(damaged)?;
        self.allowance.take(read)?;
        Ok(read)
    }
}

/// Counts what is read of a file or of standard input.
struct Metered<'a, R> {
    inner: R,
    read: &'a AtomicU64,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Takes files apart and hands on what is in them.
pub struct Unpacker<'a> {
    taker: Taker<'a>,
    allowance: Allowance<'a>,
}

impl<'a> Unpacker<'a> {
    /// Hands on to `taker`, and counts in `read` what is read.
    pub fn new(taker: Taker<'a>, read: &'a AtomicU64) -> Self {
        let allowance = Allowance { read, before: 0, expanded: Rc::default() };
        Self { taker, allowance }
    }

    /// Everything in one file that was found, or on standard input.
    pub fn file(&mut self, found: files::Found, input: &mut dyn Read) -> ControlFlow<()> {
        let name = Name::of_file(&found.path, found.within);
        let read = self.allowance.read;
        self.allowance =
            Allowance { read, before: read.load(Ordering::Relaxed), expanded: Rc::default() };
        if let Some(refusal) = found.refused {
            return self.refuse(&name, refusal);
        }
        if found.path.as_os_str() == "-" {
            return self.open(&name, &mut Metered { inner: input, read });
        }
        let opened = File::open(&found.path).and_then(|mut file| {
            let zip = file.metadata()?.is_file() && begins_as_zip(&mut file)?;
            Ok((file, zip))
        });
        match opened {
            Err(error) => self.refuse(&name, Refusal::of(&error)),
            Ok((file, false)) => self.open(&name, &mut Metered { inner: file, read }),
            Ok((file, true)) => {
                read.fetch_add(file.metadata().map_or(0, |meta| meta.len()), Ordering::Relaxed);
                zipped::file(self, &name, file)
            }
        }
    }

    /// Everything in a stream.
    pub fn open(&mut self, name: &Name, stream: &mut dyn Read) -> ControlFlow<()> {
        let mut start = Vec::with_capacity(BLOCK);
        if let Err(error) = stream.take(BLOCK as u64).read_to_end(&mut start) {
            return self.refuse(name, Refusal::of(&error));
        }
        let kind = kind(&start);
        let mut whole = start.as_slice().chain(stream);
        if kind != Kind::Plain && name.depth >= ARCHIVE_DEPTH {
            let words = format!("expected at most {ARCHIVE_DEPTH} archives in one another");
            let words = format!("{words}, found one more");
            return self.refuse(name, Refusal::new(Why::ArchiveLimit, words));
        }
        match kind {
            Kind::Plain => {
                let bytes = files::all(&mut whole, FILING_BYTES);
                self.hand_on(name, bytes)
            }
            Kind::Gzip => {
                let mut inner = self.expanding(MultiGzDecoder::new(whole));
                self.open(&name.expanded(), &mut inner)
            }
            Kind::Tar => tarball::members(self, name, &mut whole),
            Kind::Zip => match files::all(&mut whole, FILING_BYTES) {
                Ok(bytes) => zipped::held(self, name, bytes),
                Err(refusal) => self.refuse(name, refusal),
            },
        }
    }

    /// A reader of expanded bytes, within what this file may expand to.
    pub fn expanding<R: Read>(&self, inner: R) -> Expanding<'a, R> {
        Expanding { inner, allowance: self.allowance.clone() }
    }

    /// Whether this file expanded to more than it may, so that nothing more can come of it.
    pub fn spent(&self) -> bool {
        self.allowance.expanded.get() > self.allowance.most().0
    }

    /// Says why something is not taken.
    pub fn refuse(&mut self, name: &Name, refusal: Refusal) -> ControlFlow<()> {
        self.hand_on(name, Err(refusal))
    }

    fn hand_on(&mut self, name: &Name, bytes: Result<Vec<u8>, Refusal>) -> ControlFlow<()> {
        let Name { shown, base, member, .. } = name.clone();
        (self.taker)(Unpacked { shown, base, member, bytes })
    }
}

fn begins_as_zip(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(4).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(is_zip(&start))
}
