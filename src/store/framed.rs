//! The entries of a batch as they are written, made on all cores; and whether a file holds them so.
//! Writes nothing.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::ledger::chain::{ENVELOPE_LEN, Entry};
use crate::ledger::merkle::leaf_of_parts;
use crate::store::cores;
use crate::store::regular;
use crate::store::segment::{Item, RECORD_HEADER_LEN, Records, Tag, write_parts};
use crate::terms::id::TreeHash;

/// Entries that one thread makes records of at a time.
const LOT: usize = 64;
/// Bytes that are read back at a time.
const READ_BACK: usize = 64 * 1024;

/// The records of entries, one after the other, and their hashes in the tree.
pub(crate) fn entries(entries: &[Entry]) -> (Vec<u8>, Vec<TreeHash>) {
    let lots = entries.chunks(LOT).collect();
    let lots = cores::each(&mut vec![(); cores::count()], 1, lots, |(), entries| lot(entries));
    let mut bytes = Vec::with_capacity(lots.iter().map(|(lot, _)| lot.len() + LOT).sum());
    let mut leaves = Vec::with_capacity(entries.len());
    for (lot, hashes) in lots {
        bytes.extend_from_slice(&lot);
        leaves.extend(hashes);
    }
    (bytes, leaves)
}

fn lot(entries: &[Entry]) -> (Vec<u8>, Vec<TreeHash>) {
    let len = |entry: &Entry| RECORD_HEADER_LEN + ENVELOPE_LEN + entry.payload.len();
    let mut bytes = Vec::with_capacity(entries.iter().map(len).sum());
    let hashed = entries.iter().map(|entry| {
        let stored: [&[u8]; 2] = [&entry.envelope.to_bytes(), &entry.payload];
        write_parts(&mut bytes, Tag::Entry, &stored);
        leaf_of_parts(&stored)
    });
    let leaves = hashed.collect();
    (bytes, leaves)
}

/// The first byte that a file does not hold as it was written from an offset on, to its end.
pub(crate) fn differs(path: &Path, offset: u64, written: &[u8]) -> io::Result<Option<usize>> {
    let mut file = regular::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let (mut left, mut held) = (written, vec![0; READ_BACK]);
    loop {
        let at = written.len() - left.len();
        let len = match file.read(&mut held) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            len => len?,
        };
        let held = held.get(..len).unwrap_or_default();
        if len == 0 {
            return Ok((!left.is_empty()).then_some(at));
        }
        match left.strip_prefix(held) {
            Some(rest) => left = rest,
            None => {
                let same = held.iter().zip(left).take_while(|(a, b)| a == b).count();
                return Ok(Some(at + same));
            }
        }
    }
}

/// In which of a batch's entries a byte of its records is, from 0; in the last, if after all.
pub(crate) fn entry_at(records: &[u8], at: usize) -> u64 {
    let later = Records::new(records, 0).skip(1).take_while(
        |item| matches!(item, Item::Record(r) if r.tag == Tag::Entry && r.offset <= at as u64),
    );
    later.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::chain::Head;
    use crate::ledger::event::Event;
    use crate::ledger::merkle::leaf;
    use crate::store::segment::write_record;
    use crate::terms::time::RecordedAt;

    fn made(count: usize) -> Vec<Entry> {
        let mut head = Head::NONE;
        let lengths = (0..count).map(|n| 1 + n * n * 37 % 3_000);
        lengths
            .map(|len| {
                let event = Event::LedgerOpened { origin: "x".repeat(len) };
                let entry = Entry::link(&head, RecordedAt(1), &event).unwrap();
                head = entry.head();
                entry
            })
            .collect()
    }

    #[test]
    fn records_are_those_of_one_entry_after_the_other() {
        for count in [0, 1, LOT - 1, LOT, LOT + 1, 5 * LOT + 3] {
            let made = made(count);
            let mut expected = Vec::new();
            made.iter().for_each(|one| write_record(&mut expected, Tag::Entry, &one.to_bytes()));
            let leaves: Vec<TreeHash> = made.iter().map(|one| leaf(&one.to_bytes())).collect();
            assert!(entries(&made) == (expected, leaves), "{count}");
        }
    }

    /// Any one byte that is another, missing or too many is found, and the entry it is in is named.
    #[test]
    fn what_is_not_held_as_it_was_written_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let (mut records, _) = entries(&made(70));
        write_record(&mut records, Tag::Commit, &[0; 40]);
        let ends: Vec<usize> = Records::new(&records, 0)
            .map(|item| match item {
                Item::Record(record) => record.end() as usize,
                Item::Damage { .. } => unreachable!(),
            })
            .collect();
        let write = |bytes: &[u8]| std::fs::write(&path, [b"before", bytes].concat()).unwrap();
        write(&records);
        assert_eq!(differs(&path, 6, &records).unwrap(), None);
        assert!(records.len() > READ_BACK + 1_000, "{}", records.len());
        let places = [0, 1, 119, READ_BACK - 1, READ_BACK, records.len() - 57, records.len() - 1];
        for at in places {
            let mut other = records.clone();
            other[at] ^= 1;
            write(&other);
            assert_eq!(differs(&path, 6, &records).unwrap(), Some(at));
            write(&records[..at]);
            assert_eq!(differs(&path, 6, &records).unwrap(), Some(at));
            let entry = ends.iter().position(|end| at < *end).unwrap().min(69);
            assert_eq!(entry_at(&records, at), entry as u64, "{at}");
        }
        write(&[records.as_slice(), b"x"].concat());
        assert_eq!(differs(&path, 6, &records).unwrap(), Some(records.len()));
    }
}
