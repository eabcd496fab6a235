//! The files of an export: what they are called, and a folder of them (spec, section 24.1).
//! Believes nothing of what is in them, and knows nothing of the ledger they came from.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::ledger::chain::Entry;
use crate::ledger::key::VerifierKey;
use crate::ledger::tiles::{self, Kind, Tile};
use crate::store::disk;
use crate::store::layout::{io_error, sync_dir};
use crate::store::log::{RECEIVED_MAX, StoreError};
use crate::store::regular;
use crate::terms::id::ContentId;

/// Whose key to trust.
pub const POLICY: &str = "policy";
/// The last signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Every signed checkpoint up to it.
pub const CHECKPOINTS: &str = "checkpoints";

/// The proofs that one key followed another, where one did.
pub const ROTATIONS: &str = "rotations";

/// Where a file is written before it gets its name.
const ASIDE: &str = ".writing";
/// More bytes than any file of an export has: a full bundle is shorter than the longest filing.
const FILE_MAX: u64 = RECEIVED_MAX as u64;

/// The policy of an export that one key signs.
pub fn policy_text(key: &VerifierKey) -> String {
    format!("log {key}\nquorum none\n")
}

/// The key of a policy that names one, and asks for no witness.
pub fn policy_key(text: &[u8]) -> Option<VerifierKey> {
    let line = std::str::from_utf8(text).ok()?.lines().next()?;
    let key: VerifierKey = line.strip_prefix("log ")?.parse().ok()?;
    (policy_text(&key).as_bytes() == text).then_some(key)
}

/// The file of received bytes.
pub fn blob_path(content: ContentId) -> String {
    let name = content.to_string();
    let (shelf, _) = name.split_at_checked(2).unwrap_or(("", ""));
    format!("blob/{shelf}/{name}")
}

/// The files of an export, wherever they are.
pub trait Files {
    /// The names of all there are, each as a path with forward slashes.
    ///
    /// # Errors
    /// They cannot be listed.
    fn names(&self) -> Result<Vec<String>, StoreError>;

    /// The bytes of one; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The entries of a tile of entries, right or wrong; none where it is missing.
    ///
    /// # Errors
    /// It cannot be read.
    fn bundle(&self, tile: Tile) -> Result<Vec<Entry>, StoreError> {
        let bytes = self.read(&tile.path())?.unwrap_or_default();
        let (entries, _) = tiles::entries(&bytes);
        Ok(entries.into_iter().filter_map(|entry| Entry::from_bytes(entry).ok()).collect())
    }
}

/// The tiles of entries of a size, in order.
pub fn bundles(size: u64) -> impl Iterator<Item = Tile> {
    Tile::all(size).take_while(|tile| tile.kind == Kind::Entries)
}

/// Where the files of an export are put.
pub trait Outlet: Files {
    /// Puts a file in its place, whole or not at all; one with the same bytes stays. Whether it
    /// was written.
    ///
    /// # Errors
    /// The disk's.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool, StoreError>;

    /// Takes a file away.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&mut self, name: &str) -> Result<(), StoreError>;
}

/// An export in a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// The export in a folder, which need not be there yet.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a file is written: no link is there, nor on the way from the export's folder.
    fn place(&self, name: &str) -> Result<PathBuf, StoreError> {
        let mut path = self.dir.clone();
        let mut parts = name.split('/').peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            let free = match parts.peek() {
                Some(_) => regular::may_enter(&path),
                None => regular::may_write(&path).map(drop),
            };
            free.map_err(|error| io_error("write", &path, error))?;
        }
        Ok(path)
    }

    fn list(&self, below: &str, to: &mut Vec<String>) -> Result<(), StoreError> {
        let dir = self.dir.join(below);
        let failed = |error| io_error("list", &dir, error);
        for file in fs::read_dir(&dir).map_err(failed)? {
            let file = file.map_err(failed)?;
            let name = file.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            match file.file_type().map_err(failed)? {
                kind if kind.is_dir() => self.list(&path, to)?,
                _ => to.push(path),
            }
        }
        Ok(())
    }
}

impl Files for Folder {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        if self.dir.exists() {
            self.list("", &mut names)?;
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.dir.join(name);
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            regular::open(&path)?.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) if bytes.len() as u64 > FILE_MAX => {
                let what = format!("expected at most {FILE_MAX} bytes, got more");
                Err(io_error("read", &path, io::Error::other(what)))
            }
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error("read", &path, error)),
        }
    }
}

impl Outlet for Folder {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let path = self.place(name)?;
        if fs::metadata(&path).is_ok_and(|meta| meta.len() == bytes.len() as u64)
            && self.read(name)?.as_deref() == Some(bytes)
        {
            return Ok(false);
        }
        let failed = |error| io_error("write", &path, error);
        let folder = path.parent().unwrap_or(&self.dir).to_owned();
        let made = !folder.exists();
        fs::create_dir_all(&folder).map_err(failed)?;
        let aside = self.place(ASIDE)?;
        let write = || -> io::Result<()> {
            disk::put_file(&aside, bytes)?;
            disk::rename(&aside, &path)
        };
        write().map_err(failed)?;
        sync_dir(&folder)?;
        // A new folder's name is in the one above it, up to the export's own.
        let above = folder.ancestors().skip(1).take_while(|dir| dir.starts_with(&self.dir));
        for dir in above.filter(|_| made) {
            sync_dir(dir)?;
        }
        Ok(true)
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        let path = self.place(name)?;
        disk::remove(&path).map_err(|error| io_error("remove", &path, error))?;
        // The folder of a last tile goes with it, where nothing else is in it.
        let _ = path.parent().map(fs::remove_dir);
        Ok(())
    }
}
