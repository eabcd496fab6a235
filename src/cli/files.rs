//! Finds the files somebody names, in a fixed order, and reads them within the limit of a filing.
//! Knows nothing of what is in them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file found, or why it is passed over.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Why it cannot be taken, where it cannot.
    pub refused: Option<String>,
}

impl Found {
    fn refused(path: &Path, why: String) -> Self {
        Self { path: path.to_owned(), refused: Some(why) }
    }
}

/// All files under the paths given, each directory's in the order of their names. Symbolic links
/// inside directories are not followed, and said.
pub fn walk(paths: &[PathBuf]) -> Vec<Found> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Found { path: path.clone(), refused: None });
            continue;
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk_directory(path, &mut found),
            Ok(_) => found.push(Found { path: path.clone(), refused: None }),
            Err(error) => found.push(Found::refused(path, format!("cannot read it: {error}"))),
        }
    }
    found
}

/// The files of a directory and those below it; a directory that holds none is said too.
fn walk_directory(directory: &Path, found: &mut Vec<Found>) {
    let before = found.len();
    match entries(directory) {
        Ok(entries) => entries.into_iter().for_each(|(path, kind)| walk_entry(path, kind, found)),
        Err(error) => found.push(Found::refused(directory, format!("cannot read it: {error}"))),
    }
    if found.len() == before {
        let words = "expected a directory with filings in it, found one without files";
        found.push(Found::refused(directory, words.to_owned()));
    }
}

fn entries(directory: &Path) -> io::Result<Vec<(PathBuf, fs::FileType)>> {
    let entries = fs::read_dir(directory)?;
    let mut entries = entries
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

fn walk_entry(path: PathBuf, kind: fs::FileType, found: &mut Vec<Found>) {
    if kind.is_dir() {
        walk_directory(&path, found);
    } else if kind.is_file() {
        found.push(Found { path, refused: None });
    } else {
        let words = "expected a file, found a symbolic link or a device, which is not followed";
        found.push(Found::refused(&path, words.to_owned()));
    }
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
        return Err("expected a file with bytes in it, found an empty one".to_owned());
    }
    if bytes.len() as u64 > limit {
        return Err(format!("expected at most {limit} bytes, found more"));
    }
    Ok(bytes)
}
