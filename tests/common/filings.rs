//! Finds the real filings that the tests are measured by. They are not part of this repository:
//! they lie in `../shared/filings`, or where `BLOCKHOLDER_FILINGS` says.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::{Path, PathBuf};

/// The folder of the real filings. Where there is none: a failure in CI, a loud skip elsewhere.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("BLOCKHOLDER_FILINGS").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/filings"));
    if folder.join("received").is_dir() {
        return Some(folder);
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "CI needs the real filings: there are none in {}", folder.display());
    eprintln!("\nSKIPPED: no real filings in {}; this test proved nothing\n", folder.display());
    None
}

/// The files of a folder, sorted, each with its bytes.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Every real filing there is, hand-labelled or not, and the invented ones of this repository.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let mut all = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filings"));
    if let Some(folder) = folder() {
        all.extend(files(&folder.join("received")));
        all.extend(files(&folder.join("bulk-2026-01/received")));
    }
    all
}
