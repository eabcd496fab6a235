//! The file of a secret key: made for its owner alone, and read.
//! Knows nothing of what is signed with it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::ledger::key::{KeyKind, SigningKey, VerifierKey};
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::log::StoreError;
use crate::store::regular;

/// More bytes than the file of a key has.
const FILE_MAX: u64 = 4096;

/// Who else than its owner may have a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Exposed {
    /// Its group or others may use the file, whose mode this is.
    #[error("one of mode {0:03o}")]
    ToMode(u32),
    /// It is this user's, who does not run the program nor own the folder.
    #[error("one of user {0}")]
    ToUser(u32),
}

/// Makes the file of a new key from 32 random bytes, or takes the key that is in it already.
/// Whether it was taken.
///
/// # Errors
/// A name no key can have, a file with another key, or one that cannot be written.
pub fn make_or_take(
    path: &Path,
    name: &str,
    kind: KeyKind,
    seed: &[u8; 32],
) -> Result<(SigningKey, bool), StoreError> {
    if path.exists() {
        let key = read(path)?;
        let (public, path) = (key.public(), path.to_owned());
        if public.name() != name || public.kind() != kind {
            let (expected, got) = (format!("a key named {name}"), public.to_string());
            return Err(StoreError::WrongKey { path, expected, got });
        }
        return Ok((key, true));
    }
    let key = SigningKey::from_seed(name, kind, seed)
        .map_err(|source| StoreError::BadKey { path: path.to_owned(), source })?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut file = options.open(path)?;
        file.write_all(format!("{}\n", key.secret_text()).as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| io_error("write", path, error))?;
    Ok((key, false))
}

/// Reads a key, which its owner alone may read (spec, section 21.1).
///
/// # Errors
/// There is none, it is not for its owner alone, or the file holds something else.
pub fn read(path: &Path) -> Result<SigningKey, StoreError> {
    let failed = |error| io_error("read the key", path, error);
    let mut file = regular::open(path).map_err(failed)?;
    for_its_owner_alone(path, &file)?;
    let mut text = String::new();
    Read::by_ref(&mut file).take(FILE_MAX).read_to_string(&mut text).map_err(failed)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    SigningKey::parse(line).map_err(|source| StoreError::BadKey { path: path.to_owned(), source })
}

/// Refuses a key that others may read or write, or that is somebody else's: neither of whoever runs
/// this, nor of who owns the folder that it was named in.
#[cfg(unix)]
fn for_its_owner_alone(path: &Path, file: &File) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;
    const OTHERS: u32 = 0o077;
    let failed = |error| io_error("read the key", path, error);
    let found = file.metadata().map_err(failed)?;
    let (path, mode, owner) = (path.to_owned(), found.mode() & 0o777, found.uid());
    if mode & OTHERS != 0 {
        let got = Exposed::ToMode(mode);
        return Err(StoreError::ExposedKey { path, got });
    }
    let folder = path.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new("."));
    let folder = fs::metadata(folder).map_err(failed)?.uid();
    match owner == folder || owner == own_id().map_err(failed)? {
        true => Ok(()),
        false => Err(StoreError::ExposedKey { path, got: Exposed::ToUser(owner) }),
    }
}

/// Whose files this process makes: a pipe is one that leaves nothing behind.
#[cfg(unix)]
fn own_id() -> io::Result<u32> {
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt;
    let (reader, _writer) = io::pipe()?;
    Ok(File::from(OwnedFd::from(reader)).metadata()?.uid())
}

/// Nothing is asked where files have no modes.
#[cfg(not(unix))]
fn for_its_owner_alone(_: &Path, _: &File) -> Result<(), StoreError> {
    Ok(())
}

/// The key in force of a ledger, from a file that is named or else from the folder, where it may
/// still have to take its place (spec, section 21.4, step 5).
///
/// # Errors
/// There is none, or it is another.
pub fn of_ledger(
    layout: &Layout,
    file: Option<&Path>,
    public: &VerifierKey,
) -> Result<SigningKey, StoreError> {
    if let Some(file) = file {
        return read_of(file, public);
    }
    let (path, next) = (layout.key(), layout.next_key());
    let held = |path: &Path| match read(path) {
        Ok(key) => Ok(Some(key.public().clone())),
        Err(error @ StoreError::ExposedKey { .. }) => Err(error),
        Err(_) => Ok(None),
    };
    if held(&path)?.as_ref() != Some(public) && held(&next)?.as_ref() == Some(public) {
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|error| io_error("rename", from, error))
        };
        if let Some(old) = held(&path)? {
            rename(&path, &layout.retired_key(old.id()))?;
        }
        rename(&next, &path)?;
        sync_dir(layout.dir())?;
    }
    read_of(&path, public)
}

/// The ledger's secret key, if it is at hand; nothing is moved for it.
pub fn at_hand(layout: &Layout, file: Option<&Path>, public: &VerifierKey) -> Option<SigningKey> {
    let own = [layout.key(), layout.next_key()];
    let mut paths = file.into_iter().chain(own.iter().map(PathBuf::as_path));
    paths.find_map(|path| read_of(path, public).ok())
}

/// Reads the key whose public half is known.
///
/// # Errors
/// There is none, or it is another.
pub fn read_of(path: &Path, public: &VerifierKey) -> Result<SigningKey, StoreError> {
    if !path.exists() {
        return Err(StoreError::NoKey { path: path.to_owned(), expected: public.to_string() });
    }
    let key = read(path)?;
    if key.public() == public {
        return Ok(key);
    }
    let (expected, got) = (public.to_string(), key.public().to_string());
    Err(StoreError::WrongKey { path: path.to_owned(), expected, got })
}
