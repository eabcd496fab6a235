//! Files that verbs write: never over one that is there, which may be a ledger's key.
//! Knows nothing of what is in them.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::cli::outcome::Failure;
use crate::cli::prove::in_file;

/// Refuses a file that is there, before anything is done that ends with writing it.
pub fn expect_new(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() { Err(there_already(path)) } else { Ok(()) }
}

/// Writes a file that is not there yet.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| file.write_all(bytes)).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => there_already(path),
        _ => in_file(path, &error),
    })
}

fn there_already(path: &Path) -> Failure {
    in_file(path, &"expected a file that is not there yet, got one that is")
        .hint("nothing is written over; name another file, or take that one away first")
}
