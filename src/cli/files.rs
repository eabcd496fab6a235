//! Finds the files somebody names, in a fixed order, and reads them within the limit of a filing.
//! Knows nothing of what is in them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::outcome::{Exit, Failure};

/// A file found, or why it is passed over.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Why it cannot be taken, where it cannot.
    pub refused: Option<String>,
}

/// All files under the paths given, each directory's in the order of their names. Symbolic links
/// inside directories are not followed, and said.
pub fn walk(paths: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Found { path: path.clone(), refused: None });
            continue;
        }
        let meta = fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
        if meta.is_dir() {
            let before = found.len();
            walk_directory(path, &mut found)?;
            if found.len() == before {
                let words = format!("{} is a directory without files", path.display());
                return Err(Failure::new(Exit::Trouble, words).hint(
                    "expected a file, a directory with filings in it, or - for standard input",
                ));
            }
        } else {
            found.push(Found { path: path.clone(), refused: None });
        }
    }
    Ok(found)
}

fn walk_directory(directory: &Path, found: &mut Vec<Found>) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::file(directory, &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        entries.push((entry.path(), entry.file_type().map_err(failed)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, kind) in entries {
        if kind.is_dir() {
            walk_directory(&path, found)?;
        } else if kind.is_file() {
            found.push(Found { path, refused: None });
        } else {
            let refused =
                "expected a file, found a symbolic link or a device, which is not followed";
            found.push(Found { path, refused: Some(refused.to_owned()) });
        }
    }
    Ok(())
}

/// The bytes of a file, or why they are not taken. Never reads more than `limit` bytes and one.
pub fn bytes(path: &Path, input: &mut dyn Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        input.take(limit + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("cannot read it: {error}"))?;
    if bytes.is_empty() {
        return Err("expected a filing, found an empty file".to_owned());
    }
    if bytes.len() as u64 > limit {
        return Err(format!("expected at most {limit} bytes, found more"));
    }
    Ok(bytes)
}
