//! Opens files that are files: a named pipe, a device or a folder in their place is refused, not
//! waited for; where something is written, a link is too (spec, section 9.1). Knows nothing of
//! what is in them.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// What stands where a file is expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got}")]
pub struct NotAFile {
    /// What may stand there.
    expected: &'static str,
    /// What does.
    got: &'static str,
}

const A_FILE: &str = "a file";
const NO_LINK: &str = "a file that is no link";

fn refused(expected: &'static str, kind: FileType) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NotAFile { expected, got: name(kind) })
}

/// What stands in a file's place, where an error says so.
pub fn other(error: &io::Error) -> Option<&'static str> {
    error.get_ref()?.downcast_ref().map(|found: &NotAFile| found.got)
}

/// What a kind is called.
fn name(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_symlink() => "a link",
        () if kind.is_file() => "a file",
        () => "something else",
    }
}

/// What is known of a file, which may be a link to one.
///
/// # Errors
/// It is none, or is not there.
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    let found = fs::metadata(path)?;
    if found.is_file() { Ok(found) } else { Err(refused(A_FILE, found.file_type())) }
}

/// Opens a file for reading, which may be a link to one.
///
/// # Errors
/// It is none, or cannot be read.
pub fn open(path: &Path) -> io::Result<File> {
    metadata(path)?;
    File::open(path)
}

/// Reads a whole file.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let len = file.metadata().map_or(0, |found| found.len());
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a whole file of text.
///
/// # Errors
/// As [`open`], or it is no UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Refuses what must not be written over: all but a file, and nothing. Whether a file is there.
///
/// # Errors
/// A link, a folder or the like.
pub fn may_write(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(found) => Err(refused(NO_LINK, found.file_type())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Opens a file to write to it.
///
/// # Errors
/// It is a link or no file, or cannot be written.
pub fn open_to_write(path: &Path, options: &OpenOptions) -> io::Result<File> {
    may_write(path)?;
    options.open(path)
}

/// Makes a file anew of these bytes, in the place of one that is there.
///
/// # Errors
/// A link or no file is there, or the disk's.
pub fn make(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if may_write(path)? {
        fs::remove_file(path)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

/// Refuses a link in the place of a folder that is written into.
///
/// # Errors
/// A link.
pub fn may_enter(dir: &Path) -> io::Result<()> {
    const EXPECTED: &str = "a folder that is no link";
    match fs::symlink_metadata(dir) {
        Ok(found) if found.is_symlink() => Err(refused(EXPECTED, found.file_type())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_opened_and_no_link_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("file"), b"x").unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"x");
        assert_eq!(read(&at("folder")).unwrap_err().to_string(), "expected a file, got a folder");
        assert_eq!(read(&at("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        make(&at("file"), b"y").unwrap();
        make(&at("new"), b"z").unwrap();
        assert!(make(&at("folder"), b"y").is_err());
        assert!(may_enter(&at("folder")).is_ok() && may_enter(&at("none")).is_ok());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
            std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
            assert_eq!(read(&at("link")).unwrap(), b"y");
            let said = make(&at("link"), b"w").unwrap_err().to_string();
            assert_eq!(said, "expected a file that is no link, got a link");
            assert!(make(&at("dangling"), b"w").is_err() && !at("nowhere").exists());
            std::os::unix::fs::symlink(at("folder"), at("to-folder")).unwrap();
            assert!(may_enter(&at("to-folder")).is_err());
            assert_eq!(read(&at("file")).unwrap(), b"y");
        }
    }
}
