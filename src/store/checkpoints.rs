//! The file of sizes and heads that were acknowledged, one line each (spec, section 10).
//! Knows nothing of entries: it remembers what the journal must still be able to show.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::ledger::chain::Head;
use crate::store::disk::{Disk, Step};
use crate::store::layout::io_error;
use crate::store::log::StoreError;
use crate::terms::id::EntryHash;

/// More than two of the longest lines.
const TAIL: u64 = 256;

/// A size and head that were acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// How many entries.
    pub size: u64,
    /// The hash of the last of them.
    pub hash: EntryHash,
}

impl Checkpoint {
    /// The checkpoint of a head.
    pub fn of(head: &Head) -> Self {
        Self { size: head.size, hash: head.hash }
    }

    /// Its line.
    pub fn line(&self) -> String {
        format!("{} {}\n", self.size, self.hash)
    }

    /// The checkpoint of a line without its line feed; `None` for any other spelling.
    pub fn parse(line: &str) -> Option<Self> {
        let (size, hash) = line.split_once(' ')?;
        let checkpoint = Self { size: size.parse().ok()?, hash: hash.parse().ok()? };
        (checkpoint.size > 0 && checkpoint.line().trim_end() == line).then_some(checkpoint)
    }
}

/// The end of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Last {
    /// The last whole line; `None` where there is none or it cannot be read.
    pub checkpoint: Option<Checkpoint>,
    /// How long the file is up to its last line feed.
    pub whole: u64,
    /// How long it is.
    pub len: u64,
}

/// Reads the end of the file; a file that is not there has no lines.
///
/// # Errors
/// The file cannot be read.
pub fn last(path: &Path) -> Result<Last, StoreError> {
    let read = || -> io::Result<(Vec<u8>, u64)> {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        Ok((tail, len))
    };
    let (tail, len) = match read() {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), 0),
        Err(error) => return Err(io_error("read", path, error)),
    };
    let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else {
        return Ok(Last { checkpoint: None, whole: 0, len });
    };
    let torn = (tail.len() - end - 1) as u64;
    let line = tail.split(|byte| *byte == b'\n').rev().nth(1).unwrap_or_default();
    let checkpoint = std::str::from_utf8(line).ok().and_then(Checkpoint::parse);
    Ok(Last { checkpoint, whole: len - torn, len })
}

/// What stands after the last line feed: the beginning of a line that was never acknowledged.
///
/// # Errors
/// The file cannot be read.
pub fn torn(path: &Path) -> Result<Vec<u8>, StoreError> {
    let whole = last(path)?.whole;
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(whole))?;
        let mut rest = Vec::new();
        file.take(TAIL).read_to_end(&mut rest)?;
        Ok(rest)
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.map_err(|error| io_error("read", path, error)),
    }
}

/// Every line of the file in order, each parsed if it can be; the first error ends it.
///
/// # Errors
/// The file cannot be read.
pub fn lines(
    path: &Path,
) -> Result<impl Iterator<Item = io::Result<Option<Checkpoint>>> + use<>, StoreError> {
    let file = File::open(path).map_err(|error| io_error("open", path, error))?;
    let whole = last(path)?.whole;
    let lines = BufReader::new(file.take(whole)).split(b'\n');
    Ok(lines
        .map(|line| line.map(|line| std::str::from_utf8(&line).ok().and_then(Checkpoint::parse))))
}

/// The file, open at its end.
#[derive(Debug)]
pub struct Checkpoints {
    file: File,
}

impl Checkpoints {
    /// Opens the file for appending, after its last whole line: what follows that was never
    /// acknowledged and is the beginning of a line that is written again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error| io_error("open", path, error);
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        let last = last(path)?;
        if last.whole < last.len {
            file.set_len(last.whole).map_err(failed)?;
        }
        Ok(Self { file })
    }

    /// Appends a head and syncs: what is acknowledged is acknowledged by this.
    ///
    /// # Errors
    /// The disk's.
    pub fn append(&mut self, disk: &mut dyn Disk, head: &Head) -> io::Result<()> {
        let line = Checkpoint::of(head).line();
        disk.write(Step::CheckpointWrite, &mut self.file, line.as_bytes())?;
        disk.sync(Step::CheckpointSync, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_one_spelling() {
        let hash = "00ff".repeat(16);
        let line = format!("12 {hash}");
        let checkpoint = Checkpoint::parse(&line).unwrap();
        assert_eq!((checkpoint.size, checkpoint.line()), (12, format!("{line}\n")));
        for bad in [
            format!("012 {hash}"),
            format!("+12 {hash}"),
            format!("0 {hash}"),
            format!("12  {hash}"),
            format!("12 {hash} "),
            format!("12 {}", hash.to_uppercase()),
            format!("12 {}", &hash[1..]),
            String::new(),
        ] {
            assert_eq!(Checkpoint::parse(&bad), None, "{bad:?}");
        }
    }
}
