//! The file of what was acknowledged: signed checkpoints, one note after the other (spec, section
//! 10). Knows nothing of entries: it remembers what the journal must still be able to show.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use crate::ledger::audit::FaultClass;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::note::Note;
use crate::ledger::rotation::Keys;
use crate::store::disk::{self, Disk, Step};
use crate::store::layout::io_error;
use crate::store::log::StoreError;
use crate::store::regular;
use crate::terms::id::TreeHash;

/// Far more than two of the longest notes that are written here.
const TAIL: u64 = 8 * 1024;
/// Characters of the base64 of a key's number and its signature, 4 and 64 bytes.
const SIGNATURE_CHARS: usize = 92;

/// A size and root that were acknowledged, by the ledger's own signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acknowledged {
    /// How many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: TreeHash,
}

/// What is wrong with a checkpoint, and of what class that is.
pub type Unusable = (FaultClass, String);

/// The checkpoint of a note's bytes: three lines, signed by the key in force at its size and nobody
/// else.
///
/// # Errors
/// Anything else.
pub fn parse(bytes: &[u8], keys: &Keys) -> Result<Acknowledged, Unusable> {
    let (acknowledged, note) = unproven(bytes)?;
    signed(acknowledged, &note, keys)
}

/// The same of a note that was taken apart already.
///
/// # Errors
/// Another key signed it.
pub fn signed(at: Acknowledged, note: &Note, keys: &Keys) -> Result<Acknowledged, Unusable> {
    let key = keys.of_size(at.size);
    match Checkpoint::open(note, [key]) {
        Ok(_) => Ok(at),
        Err(_) => {
            let what = format!("expected a checkpoint signed by {key}, got another's");
            Err((FaultClass::Signature, what))
        }
    }
}

/// The checkpoint of a note's bytes, whoever signed it.
///
/// # Errors
/// More or less than three lines and one signature.
pub fn unproven(bytes: &[u8]) -> Result<(Acknowledged, Note), Unusable> {
    let form = |error: &dyn std::fmt::Display| (FaultClass::Checkpoint, error.to_string());
    let note = Note::parse(bytes).map_err(|error| form(&error))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|error| form(&error))?;
    if note.signatures().len() != 1 || note.text() != checkpoint.text() || checkpoint.size == 0 {
        return Err(form(&"expected three lines and one signature, got more"));
    }
    Ok((Acknowledged { size: checkpoint.size, root: checkpoint.root }, note))
}

/// Where each note of some bytes is, and where the last one ends with its empty line. A note goes
/// from where the one before it ended to the end of the next run of signature lines.
fn notes(bytes: &[u8]) -> (Vec<Range<usize>>, usize) {
    let (mut found, mut start, mut block) = (Vec::new(), 0, 0);
    let ends = bytes.windows(2).enumerate().filter(|(_, pair)| *pair == b"\n\n");
    for (at, _) in ends {
        let signatures = bytes.get(block..).is_some_and(|b| b.starts_with("\u{2014} ".as_bytes()));
        block = at + 2;
        if signatures {
            found.push(start..at + 1);
            start = block;
        }
    }
    (found, start)
}

/// The end of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Last {
    /// The last whole checkpoint; `None` where there is none or it cannot be believed.
    pub checkpoint: Option<Acknowledged>,
    /// How long the file is up to the end of its last whole note.
    pub whole: u64,
    /// How long it is.
    pub len: u64,
}

/// Reads the end of the file; a file that is not there has no notes.
///
/// # Errors
/// The file cannot be read.
pub fn last(path: &Path, keys: &Keys) -> Result<Last, StoreError> {
    let (tail, len) = tail(path)?;
    let (found, end) = notes(&tail);
    let note = found.last().and_then(|note| tail.get(note.clone()));
    let checkpoint = note.and_then(|note| parse(note, keys).ok());
    let torn = (tail.len() - end) as u64;
    let whole = if found.is_empty() { 0 } else { len - torn };
    Ok(Last { checkpoint, whole, len })
}

/// The first note of the file, whoever signed it; `None` where there is none that can be read.
///
/// # Errors
/// The file cannot be read.
pub fn first(path: &Path) -> Result<Option<Note>, StoreError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        regular::open(path)?.take(TAIL).read_to_end(&mut head)?;
        Ok(head)
    };
    let head = match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| io_error("read", path, error))?,
    };
    let (found, _) = notes(&head);
    let note = found.first().and_then(|note| head.get(note.clone()));
    Ok(note.and_then(|note| unproven(note).ok()).map(|(_, note)| note))
}

fn tail(path: &Path) -> Result<(Vec<u8>, u64), StoreError> {
    let read = || -> io::Result<(Vec<u8>, u64)> {
        let mut file = regular::open(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        Ok((tail, len))
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), 0)),
        other => other.map_err(|error| io_error("read", path, error)),
    }
}

/// Every note of the file, in order, and what stands after the last whole one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct All {
    /// Each note's bytes, right or wrong.
    pub notes: Vec<Vec<u8>>,
    /// The beginning of a note that was never acknowledged, or the remains of one.
    pub torn: Vec<u8>,
}

/// Reads the file; one that is not there has no notes.
///
/// # Errors
/// The file cannot be read.
pub fn all(path: &Path) -> Result<All, StoreError> {
    let bytes = match regular::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(All::default()),
        other => other.map_err(|error| io_error("read", path, error))?,
    };
    Ok(All::of(&bytes))
}

impl All {
    /// The notes of the file's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let (found, end) = notes(bytes);
        let cut = |range: Range<usize>| bytes.get(range).unwrap_or_default().to_vec();
        Self { notes: found.into_iter().map(cut).collect(), torn: cut(end..bytes.len()) }
    }
}

/// Whether bytes are the beginning of the note that this key makes of a checkpoint.
pub fn is_begun(torn: &[u8], checkpoint: &Checkpoint, key: &VerifierKey) -> bool {
    let text = checkpoint.text();
    let before = format!("{text}\n\u{2014} {} ", key.name());
    let Some(rest) = torn.strip_prefix(before.as_bytes()) else {
        return before.as_bytes().starts_with(torn);
    };
    let (signature, end) = rest.split_at(SIGNATURE_CHARS.min(rest.len()));
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let whole = signature.len() == SIGNATURE_CHARS;
    let keys = Keys::of(key.clone());
    let signed = || parse(&[before.as_bytes(), signature, b"\n"].concat(), &keys).is_ok();
    signature.iter().all(base64) && (!whole || signed()) && matches!(end, b"" | b"\n")
}

/// The bytes of a note in the file: the note and an empty line.
pub fn to_bytes(note: &Note) -> Vec<u8> {
    format!("{note}\n").into_bytes()
}

/// The file, open at its end.
#[derive(Debug)]
pub struct Checkpoints {
    file: File,
}

impl Checkpoints {
    /// Opens the file for appending, after its last whole note: what follows that was never
    /// acknowledged and is the beginning of a note that is written again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn open(path: &Path, keys: &Keys) -> Result<Self, StoreError> {
        let failed = |error| io_error("open", path, error);
        let mut options = OpenOptions::new();
        let file = regular::open_to_write(path, options.create(true).append(true));
        let file = file.map_err(failed)?;
        let last = last(path, keys)?;
        if last.whole < last.len {
            disk::cut(path, last.whole).map_err(failed)?;
        }
        Ok(Self { file })
    }

    /// Appends a signed checkpoint and syncs: what is acknowledged is acknowledged by this.
    ///
    /// # Errors
    /// The disk's.
    pub fn append(&mut self, disk: &mut dyn Disk, note: &Note) -> io::Result<()> {
        disk.write(Step::CheckpointWrite, &mut self.file, &to_bytes(note))?;
        disk.sync(Step::CheckpointSync, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::{KeyKind, SigningKey};

    /// Exactly the beginnings of the note that is due are beginnings of it.
    #[test]
    fn a_note_that_was_begun_is_told_from_anything_else() {
        let key = SigningKey::from_seed("example.org/a", KeyKind::Log, &[1; 32]).unwrap();
        let due = Checkpoint { origin: "example.org/a".into(), size: 12, root: TreeHash([7; 32]) };
        let whole = to_bytes(&due.sign(&key));
        let keys = Keys::of(key.public().clone());
        assert_eq!(parse(&whole[..whole.len() - 1], &keys).unwrap().size, 12);
        for len in 0..whole.len() {
            assert!(is_begun(&whole[..len], &due, key.public()), "{len}");
            for bit in [1, 0x20, 0x80] {
                let mut other = whole[..=len].to_vec();
                other[len] ^= bit;
                let text = whole.len() - SIGNATURE_CHARS - 2;
                // Half a signature may be anything: nobody can tell how it would have gone on.
                let told = len < text || len >= text + SIGNATURE_CHARS - 1;
                assert!(!told || !is_begun(&other, &due, key.public()), "{len} ^ {bit:#x}");
            }
        }
        assert!(!is_begun(&[whole.as_slice(), b"x"].concat(), &due, key.public()));
        let other = Checkpoint { size: 13, ..due };
        assert!(!is_begun(&whole[..40], &other, key.public()));
    }
}
