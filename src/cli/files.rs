//! Finds the files somebody names, in a fixed order, and reads them within a limit.
//! Knows nothing of what is in them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::tally::{Refusal, Why};
use crate::store::regular;

/// A file found, or why it is passed over.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was found in a directory, and not named itself.
    pub within: bool,
    /// Why it cannot be taken, where it cannot.
    pub refused: Option<Refusal>,
}

impl Found {
    fn taken(path: PathBuf, within: bool) -> Self {
        Self { path, within, refused: None }
    }

    fn refused(path: &Path, why: Why, words: impl Into<String>) -> Self {
        Self { path: path.to_owned(), within: true, refused: Some(Refusal::new(why, words)) }
    }
}

/// All files under the paths given, each directory's in the order of their names. Symbolic links
/// inside directories are not followed, and said. Of a tree only the lists of the directories on
/// the way to the current file are held.
pub fn walk(paths: &[PathBuf]) -> Walk<'_> {
    Walk { paths: paths.iter(), open: Vec::new(), found: 0 }
}

/// The files of a walk, one by one.
#[derive(Debug)]
pub struct Walk<'a> {
    paths: std::slice::Iter<'a, PathBuf>,
    open: Vec<Directory>,
    found: u64,
}

/// A directory on the way.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
    rest: std::vec::IntoIter<(PathBuf, fs::FileType)>,
    /// How much was found before it.
    before: u64,
}

impl Walk<'_> {
    fn named(&mut self, path: &Path) -> Option<Found> {
        if path.as_os_str() == "-" {
            return Some(Found::taken(path.to_owned(), false));
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.enter(path),
            Ok(_) => Some(Found::taken(path.to_owned(), false)),
            Err(error) => Some(unreadable(path, &error)),
        }
    }

    fn enter(&mut self, path: &Path) -> Option<Found> {
        match entries(path) {
            Ok(rest) => {
                let rest = rest.into_iter();
                self.open.push(Directory { path: path.to_owned(), rest, before: self.found });
                None
            }
            Err(error) => Some(unreadable(path, &error)),
        }
    }

    fn entry(&mut self, path: PathBuf, kind: fs::FileType) -> Option<Found> {
        if kind.is_dir() {
            return self.enter(&path);
        }
        if kind.is_file() {
            return Some(Found::taken(path, true));
        }
        let words = "expected a file, found a symbolic link or a device, which is not followed";
        Some(Found::refused(&path, Why::NotAFile, words))
    }

    /// A directory that holds none is said too.
    fn leave(&mut self) -> Option<Found> {
        let left = self.open.pop()?;
        let words = "expected a directory with filings in it, found one without files";
        let empty = self.found == left.before;
        empty.then(|| Found::refused(&left.path, Why::Empty, words))
    }
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let next = match self.open.last_mut().map(|directory| directory.rest.next()) {
                Some(Some((path, kind))) => self.entry(path, kind),
                Some(None) => self.leave(),
                None => {
                    let path = self.paths.next()?;
                    self.named(path)
                }
            };
            if next.is_some() {
                self.found += 1;
                return next;
            }
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Found {
    Found { path: path.to_owned(), within: false, refused: Some(Refusal::of(error)) }
}

fn entries(directory: &Path) -> io::Result<Vec<(PathBuf, fs::FileType)>> {
    let entries = fs::read_dir(directory)?;
    let mut entries = entries
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

/// How many bytes all the files have together; nothing where a stream is among them.
pub fn measure(paths: &[PathBuf]) -> Option<u64> {
    let len = |found: Found| match fs::metadata(&found.path) {
        Ok(meta) if meta.is_file() => Some(meta.len()),
        Ok(_) => None,
        Err(_) => found.refused.map(|_| 0),
    };
    walk(paths).filter(|found| found.refused.is_none()).map(len).sum()
}

/// The bytes of a file, or why they are not taken. Never reads more than `limit` bytes and one.
pub fn bytes(path: &Path, input: &mut dyn Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    if path.as_os_str() == "-" {
        return all(input, limit);
    }
    all(&mut regular::open(path).map_err(|error| Refusal::of(&error))?, limit)
}

/// As [`bytes`], and of what is no file, too: a filing may come through a pipe.
pub fn stream(path: &Path, input: &mut dyn Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    if path.as_os_str() == "-" {
        return all(input, limit);
    }
    all(&mut fs::File::open(path).map_err(|error| Refusal::of(&error))?, limit)
}

/// What is said of bytes that [`is_no_text`].
pub const NO_TEXT: &str = "expected a filing, which is text, found bytes that are none";

/// Whether bytes are those of a program, a picture or the like, whatever text is embedded in them:
/// one in so many is a control character that no page has.
pub fn is_no_text(bytes: &[u8]) -> bool {
    const ONE_IN: usize = 32;
    let control = |b: &&u8| **b < b' ' && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a);
    bytes.iter().filter(control).count() > bytes.len() / ONE_IN
}

/// All the bytes of a stream, or why they are not taken.
pub fn all(stream: &mut dyn Read, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = stream.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| Refusal::of(&error))?;
    if bytes.is_empty() {
        let words = "expected a file with bytes in it, found an empty one";
        return Err(Refusal::new(Why::Empty, words));
    }
    if bytes.len() as u64 > limit {
        let words = format!("expected at most {limit} bytes, found more");
        return Err(Refusal::new(Why::TooLarge, words));
    }
    Ok(bytes)
}
