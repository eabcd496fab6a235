//! Where the files of a ledger are, and the file that says it is one (spec, section 9.1).
//! Knows nothing of what the other files hold.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::ledger::key::VerifierKey;
use crate::store::disk;
use crate::store::log::StoreError;
use crate::store::regular;

/// The format this program makes, and the only one it reads.
pub const FORMAT_VERSION: u32 = 1;
const FORMAT_NAME: &str = "blockholder ledger";

/// Which ledger it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The first key that signed for it, named like its origin.
    pub key: VerifierKey,
}

impl Identity {
    /// The ledger's origin.
    pub fn origin(&self) -> &str {
        self.key.name()
    }
}

/// A ledger's folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// The layout of a folder, which need not exist.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file that says that this is a ledger.
    pub fn format(&self) -> PathBuf {
        self.dir.join("FORMAT")
    }

    /// The lock.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// The secret key, unless it is kept elsewhere.
    pub fn key(&self) -> PathBuf {
        self.dir.join("key")
    }

    /// The secret key that signs next, while it is made.
    pub fn next_key(&self) -> PathBuf {
        self.dir.join("key.next")
    }

    /// A secret key that signs no more, by its short number.
    pub fn retired_key(&self, id: u32) -> PathBuf {
        self.dir.join(format!("key-{id:08x}"))
    }

    /// The proofs that one key followed another.
    pub fn rotations(&self) -> PathBuf {
        self.dir.join("rotations")
    }

    /// The folder of what came back from outside clocks.
    pub fn anchors(&self) -> PathBuf {
        self.dir.join("anchors")
    }

    /// The tree's hashes.
    pub fn tree(&self) -> PathBuf {
        self.dir.join("tree")
    }

    /// What was acknowledged: signed checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.dir.join("checkpoints")
    }

    /// The folder of the journal's segments.
    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    /// The folder of the index.
    pub fn index(&self) -> PathBuf {
        self.dir.join("index")
    }

    /// Where an index is built before it takes its place.
    pub fn index_new(&self) -> PathBuf {
        self.dir.join("index.new")
    }

    /// Refuses links where a process writes that has the ledger open (spec, section 9.1). FORMAT
    /// and keys are only read, and may be links.
    ///
    /// # Errors
    /// There is one, or a folder cannot be listed.
    pub fn refuse_links(&self) -> Result<(), StoreError> {
        for path in [self.lock(), self.rotations(), self.checkpoints(), self.tree()] {
            regular::may_write(&path).map_err(|error| io_error("use", &path, error))?;
        }
        for dir in [self.anchors(), self.journal(), self.index(), self.index_new()] {
            regular::may_enter(&dir).map_err(|error| io_error("use", &dir, error))?;
            refuse_links_in(&dir)?;
        }
        Ok(())
    }

    /// What the ledger is called and which key signed for it first, if this program reads it.
    ///
    /// # Errors
    /// No ledger, or one of a newer format.
    pub fn identity(&self) -> Result<Identity, StoreError> {
        let path = self.format();
        let text = match regular::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if self.dir.is_dir() && error.kind() == io::ErrorKind::NotFound => {
                return Err(self.no_ledger("a folder without a FORMAT file"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.no_ledger("no such folder"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(self.no_ledger("a file"));
            }
            Err(error) => {
                let what = regular::other(&error).map(|got| format!("{got} as its FORMAT file"));
                return Err(what.map_or(io_error("read", &path, error), |got| self.no_ledger(&got)));
            }
        };
        self.parse_format(&text)
    }

    fn parse_format(&self, text: &str) -> Result<Identity, StoreError> {
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT_NAME) {
            return Err(self.no_ledger("a FORMAT file of something else"));
        }
        let version = lines.next().and_then(|line| line.strip_prefix("version "));
        match version.and_then(|number| number.parse::<u32>().ok()) {
            Some(FORMAT_VERSION) => {}
            Some(newer) if newer > FORMAT_VERSION => {
                let got = newer.to_string();
                return Err(StoreError::NewerFormat { reads: FORMAT_VERSION, got });
            }
            _ => return Err(self.no_ledger("a FORMAT file with a damaged version line")),
        }
        let origin = lines.next().and_then(|line| line.strip_prefix("origin "));
        let origin = origin.ok_or(self.no_ledger("a FORMAT file with a damaged origin line"))?;
        let key = lines.next().and_then(|line| line.strip_prefix("key "));
        match key.and_then(|key| key.parse::<VerifierKey>().ok()) {
            Some(key) if text == format_text(&key) && key.name() == origin => Ok(Identity { key }),
            _ => Err(self.no_ledger("a FORMAT file with a damaged key line")),
        }
    }

    /// Writes the FORMAT file; the last step of making a ledger.
    pub(crate) fn write_format(&self, key: &VerifierKey) -> Result<(), StoreError> {
        let (path, new) = (self.format(), self.dir.join("new-FORMAT"));
        // A folder is a ledger from here on: it is told by a whole file or none.
        let written = disk::put_file(&new, format_text(key).as_bytes());
        let written = written.and_then(|()| disk::rename(&new, &path));
        written.map_err(|error| io_error("write", &path, error))?;
        sync_dir(&self.dir)
    }

    /// That the folder is no ledger, and why.
    pub(crate) fn no_ledger(&self, got: &str) -> StoreError {
        StoreError::NotALedger { dir: self.dir.clone(), got: got.to_owned() }
    }
}

/// Refuses links in a folder, however deep; what is none has none, and is found wrong elsewhere.
fn refuse_links_in(dir: &Path) -> Result<(), StoreError> {
    let failed = |error| io_error("list", dir, error);
    let files = match fs::read_dir(dir) {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(());
        }
        files => files.map_err(failed)?,
    };
    for file in files {
        let file = file.map_err(failed)?;
        let path = file.path();
        match file.file_type().map_err(failed)? {
            kind if kind.is_dir() => refuse_links_in(&path)?,
            kind if kind.is_file() => {}
            _ => {
                regular::may_write(&path).map_err(|error| io_error("use", &path, error))?;
            }
        }
    }
    Ok(())
}

fn format_text(key: &VerifierKey) -> String {
    let origin = key.name();
    format!("{FORMAT_NAME}\nversion {FORMAT_VERSION}\norigin {origin}\nkey {key}\n")
}

/// An error of the system, with what was being done to which file.
pub(crate) fn io_error(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { doing, path: path.to_owned(), source }
}

/// Makes a folder's list of names durable: a new file's name is not, until this is done.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    disk::sync_folder(dir).map_err(|error| io_error("sync", dir, error))
}
