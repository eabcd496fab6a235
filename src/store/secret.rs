//! The file of a secret key: made for its owner alone, and read.
//! Knows nothing of what is signed with it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::ledger::key::{KeyKind, SigningKey, VerifierKey};
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::log::StoreError;
use crate::store::regular;

/// Makes the file of a new key from 32 random bytes, or takes the key that is in it already.
///
/// # Errors
/// A name no key can have, a file with another key, or one that cannot be written.
pub fn make_or_take(
    path: &Path,
    name: &str,
    kind: KeyKind,
    seed: &[u8; 32],
) -> Result<SigningKey, StoreError> {
    if path.exists() {
        let key = read(path)?;
        let (public, path) = (key.public(), path.to_owned());
        if public.name() != name || public.kind() != kind {
            let (expected, got) = (format!("a key named {name}"), public.to_string());
            return Err(StoreError::WrongKey { path, expected, got });
        }
        return Ok(key);
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
    Ok(key)
}

/// Reads a key.
///
/// # Errors
/// There is none, or the file holds something else.
pub fn read(path: &Path) -> Result<SigningKey, StoreError> {
    let text = regular::read_to_string(path).map_err(|error| io_error("read the key", path, error))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    SigningKey::parse(line).map_err(|source| StoreError::BadKey { path: path.to_owned(), source })
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
    let held = |path: &Path| read(path).ok().map(|key| key.public().clone());
    if held(&path).as_ref() != Some(public) && held(&next).as_ref() == Some(public) {
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|error| io_error("rename", from, error))
        };
        if let Some(old) = held(&path) {
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
