//! What came back from outside clocks, beside the checkpoints it is for (spec, section 21.5).
//! Cannot tell whether a token holds: that takes whoever made it. Binds it to what it is for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::merkle::sha256;
use crate::ledger::note::Note;
use crate::store::disk;
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::log::StoreError;
use crate::store::regular;
use crate::terms::id::TreeHash;

/// The folder of anchors, in a ledger and in an export.
pub const ANCHORS: &str = "anchors";
/// More bytes than any token has.
pub const TOKEN_MAX: u64 = 1024 * 1024;

/// What is never checked here, and how it is.
pub const UNCHECKED: &str = "the tokens of anchors: each takes the client that made it, with the \
    file in anchors/ that it is for (`openssl ts -verify -data NOTE -in TOKEN`, `ots verify -f \
    NOTE TOKEN`)";

/// A file of the folder: its name, and its bytes.
pub type Held = (String, Vec<u8>);

/// A token that came back for a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its SHA-256.
    pub digest: TreeHash,
    /// How long it is.
    pub len: u64,
    /// Whether the SHA-256 of the checkpoint's note stands anywhere in it.
    pub names_note: bool,
}

/// A checkpoint with the tokens that are kept for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The SHA-256 of its note: what the tokens are for.
    pub digest: TreeHash,
    /// The note.
    pub note: Note,
    /// What it says, whoever signed it.
    pub checkpoint: Checkpoint,
    /// The tokens.
    pub tokens: Vec<Token>,
}

impl Anchor {
    /// The names of its files.
    pub fn files(&self) -> Vec<String> {
        let tokens = self.tokens.iter().map(|token| Some(token.digest));
        std::iter::once(None).chain(tokens).map(|token| name(self.digest, token)).collect()
    }
}

/// The anchors of a folder, and what is wrong with its files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Anchors {
    /// By the size of their checkpoints.
    pub anchors: Vec<Anchor>,
    /// What is wrong, in sentences.
    pub wrong: Vec<String>,
}

/// The SHA-256 of some bytes.
pub fn digest(bytes: &[u8]) -> TreeHash {
    sha256(&[bytes])
}

/// Whether a token names a digest.
pub fn names(token: &[u8], note: TreeHash) -> bool {
    memchr::memmem::find(token, &note.0).is_some()
}

/// The name of a note's file, or of a token's that is for it.
pub fn name(note: TreeHash, token: Option<TreeHash>) -> String {
    token.map_or(note.to_string(), |token| format!("{note}-{token}"))
}

impl Anchors {
    /// The anchors of files; nothing of their checkpoints is to be believed yet.
    pub fn of(files: Vec<Held>) -> Self {
        let mut found = Self::default();
        let mut tokens: BTreeMap<String, Vec<Token>> = BTreeMap::new();
        let mut notes: Vec<Held> = Vec::new();
        for (name, bytes) in files {
            match name.split_once('-') {
                None => notes.push((name, bytes)),
                Some((note, token)) => {
                    let is = digest(&bytes);
                    let fits = !bytes.is_empty() && bytes.len() as u64 <= TOKEN_MAX;
                    if is.to_string() != token || !fits {
                        found.wrong.push(format!("expected a token named {name}, got {is}"));
                        continue;
                    }
                    let names_note = note.parse().is_ok_and(|note| names(&bytes, note));
                    let one = Token { digest: is, len: bytes.len() as u64, names_note };
                    tokens.entry(note.to_owned()).or_default().push(one);
                }
            }
        }
        for (name, bytes) in notes {
            let is = digest(&bytes);
            let note = Note::parse(&bytes).ok();
            let said = note.and_then(|note| Some((Checkpoint::parse(note.text()).ok()?, note)));
            match said.filter(|_| is.to_string() == name) {
                Some((checkpoint, note)) => {
                    let tokens = tokens.remove(&name).unwrap_or_default();
                    found.anchors.push(Anchor { digest: is, note, checkpoint, tokens });
                }
                None => found.wrong.push(format!("expected a checkpoint named {name}, got {is}")),
            }
        }
        for note in tokens.into_keys() {
            found
                .wrong
                .push(format!("expected the checkpoint {note} that a token is for, got none"));
        }
        found.anchors.sort_by_key(|anchor| (anchor.checkpoint.size, anchor.digest.0));
        found
    }
}

/// The files of a ledger's folder of anchors; none where there is no folder.
///
/// # Errors
/// One cannot be read.
pub fn held(layout: &Layout) -> Result<Vec<Held>, StoreError> {
    let dir = layout.anchors();
    let failed = |error| io_error("list", &dir, error);
    let files = match fs::read_dir(&dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut held = Vec::new();
    for file in files {
        let path = file.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // What an interrupted run left has no name yet.
        if !name.starts_with('.') {
            held.push((
                name,
                regular::read(&path).map_err(|error| io_error("read", &path, error))?,
            ));
        }
    }
    held.sort();
    Ok(held)
}

/// Keeps a token for a note: the note first, each written aside, synced and renamed.
///
/// # Errors
/// The disk's.
pub fn keep(layout: &Layout, note: &[u8], token: &[u8]) -> Result<PathBuf, StoreError> {
    let id = digest(note);
    put(layout, &name(id, None), note)?;
    put(layout, &name(id, Some(digest(token))), token)
}

/// Puts a file of anchors in its place, which has the same bytes if it is there already.
///
/// # Errors
/// The disk's.
pub fn put(layout: &Layout, name: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let dir = layout.anchors();
    let (path, aside) = (dir.join(name), dir.join(".writing"));
    let made = !dir.exists();
    let write = |dir: &Path| -> io::Result<()> {
        regular::may_enter(dir)?;
        fs::create_dir_all(dir)?;
        regular::may_write(&path)?;
        disk::put_file(&aside, bytes)?;
        disk::rename(&aside, &path)
    };
    write(&dir).map_err(|error| io_error("write", &path, error))?;
    sync_dir(&dir)?;
    if made {
        sync_dir(layout.dir())?;
    }
    Ok(path)
}
