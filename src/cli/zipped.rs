//! The members of a zip archive, one after the other in the order of its directory.
//! Holds no list of them: an archive may name as many as it likes.

use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ReaderAt, ZipArchive};

use crate::cli::tally::{Refusal, Why};
use crate::cli::unpack::{Name, Unpacker};

/// More than a directory's record can have: three texts of 65,535 bytes.
const BUFFER: usize = 256 * 1024;

/// The members of a file.
pub fn file(to: &mut Unpacker, name: &Name, file: File) -> ControlFlow<()> {
    match ZipArchive::from_file(file, &mut vec![0; BUFFER]) {
        Ok(archive) => members(to, name, &archive),
        Err(error) => to.refuse(name, damaged(0, &error)),
    }
}

/// The members of an archive that is held, for it came in a stream.
pub fn held(to: &mut Unpacker, name: &Name, bytes: Vec<u8>) -> ControlFlow<()> {
    match ZipArchive::from_seekable(Cursor::new(bytes), &mut vec![0; BUFFER]) {
        Ok(archive) => members(to, name, &archive),
        Err(error) => to.refuse(name, damaged(0, &error)),
    }
}

fn damaged(members: u64, error: &rawzip::Error) -> Refusal {
    let words = format!("after {members} members: expected a member or the end, found {error}");
    Refusal::new(Why::ArchiveDamaged, words)
}

fn members<R: ReaderAt>(
    to: &mut Unpacker,
    name: &Name,
    archive: &ZipArchive<R>,
) -> ControlFlow<()> {
    let mut buffer = vec![0; BUFFER];
    let mut entries = archive.entries(&mut buffer);
    let mut members = 0;
    loop {
        let entry = match entries.next_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(error) => return to.refuse(name, damaged(members, &error)),
        };
        members += 1;
        let own = name.member(entry.file_path().as_bytes());
        if entry.is_dir() && entry.uncompressed_size_hint() == 0 {
            continue;
        }
        let method = entry.compression_method();
        let refusal = if entry.mode().is_symlink() {
            Some(Refusal::new(Why::NotAFile, "expected a file, found a link, not followed"))
        } else if entry.flags().is_encrypted() {
            Some(Refusal::new(Why::Packing, "expected a member that is open, found it encrypted"))
        } else if method != CompressionMethod::STORE && method != CompressionMethod::DEFLATE {
            let words = format!("expected a member stored or deflated, found {method:?}");
            Some(Refusal::new(Why::Packing, words))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            to.refuse(&own, refusal)?;
            continue;
        }
        let found = match archive.get_entry(entry.wayfinder()) {
            Ok(found) => found,
            Err(error) => {
                to.refuse(&own, damaged(members - 1, &error))?;
                continue;
            }
        };
        let packed = found.reader();
        let plain: Box<dyn Read + '_> = match method {
            CompressionMethod::STORE => Box::new(packed),
            _ => Box::new(DeflateDecoder::new(packed)),
        };
        let mut plain = to.expanding(found.verifying_reader(plain));
        to.open(&own, &mut plain)?;
        if to.spent() {
            let words = format!("after {members} members: its packed bytes expand too far");
            return to.refuse(name, Refusal::new(Why::ArchiveLimit, words));
        }
    }
    let expected = archive.entries_hint();
    if expected != members {
        let words = format!("expected {expected} members, as its end says, found {members}");
        return to.refuse(name, Refusal::new(Why::ArchiveDamaged, words));
    }
    ControlFlow::Continue(())
}
