//! Batches that somebody else wrote into the journal, all of their hashes right: nobody answers with
//! them, nobody signs for them (spec, sections 9.5 and 12.3).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

#[path = "common/planted.rs"]
mod planted;

use std::fs;
use std::path::Path;

use blockholder::ledger::chain::Entry;
use blockholder::ledger::event::{Because, Event, KeyRotated};
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::store::audit::audit;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Log, StoreError, Unsound};
use blockholder::store::notice::Notice;
use blockholder::store::recover::{Sources, recover};
use blockholder::store::segment::{HEADER_LEN, Stream, Tag};
use common::*;
use planted::{own_key, plant};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyKind::Log, &[seed; 32]).unwrap()
}

fn refused(at: &Path) -> Result<(), StoreError> {
    Ledger::open(at, &options(Mode::Write)).map(drop)
}

fn recovered(at: &Path) -> (Option<(u64, u64)>, usize) {
    let done = recover(at, &Sources::default(), &options(Mode::Write)).unwrap();
    (done.foreign, done.kept.len())
}

fn rotated(to: &SigningKey) -> Event {
    let because = Because { reason: "r".to_owned(), who: "w".to_owned() };
    let [old, new] = [own_key().public().to_string(), to.public().to_string()];
    Event::KeyRotated(KeyRotated { old, new, because })
}

#[test]
fn what_another_hand_wrote_counts_for_nothing_and_is_set_aside() {
    let filing = |n| event(filing(n));
    type Row = (&'static str, Vec<Vec<Event>>, Option<SigningKey>);
    let rows: [Row; 6] = [
        ("a filing", vec![vec![filing(40)]], None),
        ("a filing, by another key", vec![vec![filing(40)]], Some(key(9))),
        ("two batches", vec![vec![filing(40)], vec![filing(41), filing(42)]], None),
        ("a rotation to another key", vec![vec![rotated(&key(9))]], Some(key(9))),
        ("a second opening", vec![vec![Event::LedgerOpened { origin: ORIGIN.to_owned() }]], None),
        ("a filing again", vec![vec![filing(1)]], None),
    ];
    for (what, batches, hand) in rows {
        let dir = tempfile::tempdir().unwrap();
        let at = small_ledger(dir.path());
        let ledger = open(&at, Mode::Read);
        let (before, mut head) = (ledger.head(), ledger.head());
        ledger.close().unwrap();
        let signed = fs::read(at.join("checkpoints")).unwrap();
        for batch in &batches {
            head = plant(&at, &head, batch, hand.as_ref());
        }
        let (from, last) = (before.size, head.size - 1);
        for _ in 0..2 {
            let reading = open(&at, Mode::Read);
            assert_eq!(reading.head(), before, "{what}");
            assert_eq!(reading.take_notices(), [Notice::Unsigned { from, last }], "{what}");
            reading.close().unwrap();
        }
        if batches.len() == 1 {
            let report = audit(&at, dir.path(), &options(Mode::Read)).unwrap();
            assert_eq!((report.size, report.head), (before.size, before.hash), "{what}");
            let beyond = format!("who wrote the last batch, entries {from} to {last}");
            assert!(report.not_checked.iter().any(|said| said.starts_with(&beyond)), "{what}");
        }
        match refused(&at) {
            Err(StoreError::Unsound(got)) => {
                assert_eq!(got, Unsound::Foreign { from, last }, "{what}")
            }
            other => panic!("{what}: {other:?}"),
        }
        assert_eq!(fs::read(at.join("checkpoints")).unwrap(), signed, "{what}");
        assert_eq!(recovered(&at), (Some((from, head.size)), 1), "{what}");
        assert_eq!(recovered(&at), (None, 0), "{what}, once more");
        let mut ledger = open(&at, Mode::Write);
        assert_eq!(ledger.take_notices().len(), 0, "{what}");
        ledger.append(NOW, vec![draft(40)]).unwrap();
        ledger.close().unwrap();
        let report = audit(&at, dir.path(), &options(Mode::Read)).unwrap();
        assert_eq!((report.faults, report.size), (vec![], before.size + 1), "{what}");
    }
}

/// The whole history anew below the first checkpoint, as one batch that could have been the next.
#[test]
fn a_history_that_was_rewritten_after_the_first_checkpoint_is_not_signed() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let first = notes_of(&at).remove(0);
    let entries = segment(&at, Stream::Entries);
    let kept = records(&entries);
    let opened = Entry::from_bytes(&kept[0].2).unwrap();
    write_records(&entries, Stream::Entries, &kept[..2]);
    fs::write(at.join("checkpoints"), &first).unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    fs::remove_file(at.join("tree")).unwrap();
    let events: Vec<Event> = (50..60).map(|n| event(filing(n))).collect();
    plant(&at, &opened.head(), &events, Some(&key(9)));
    assert_eq!(open(&at, Mode::Read).size(), 1);
    let got = refused(&at);
    let expected = Unsound::Foreign { from: 1, last: 10 };
    assert!(matches!(&got, Err(StoreError::Unsound(got)) if *got == expected), "{got:?}");
    assert_eq!(fs::read(at.join("checkpoints")).unwrap(), first);
}

/// An older journal and older checkpoints beside a newer file of hashes, or a newer index: what is
/// gone is said, and stays said.
#[test]
fn recovery_says_that_the_ledger_once_had_more() {
    for newer in ["tree", "index"] {
        let dir = tempfile::tempdir().unwrap();
        let at = small_ledger(dir.path());
        let old = dir.path().join("old");
        copy(&at, &old);
        let mut ledger = open(&at, Mode::Write);
        for n in 40..44 {
            ledger.append(NOW, vec![draft(n)]).unwrap();
        }
        let size = ledger.size();
        ledger.close().unwrap();
        let (from, to) = (at.join(newer), old.join(newer));
        if from.is_dir() {
            fs::remove_dir_all(&to).unwrap();
            copy(&from, &to);
            fs::copy(at.join("index/at-rest"), to.join("at-rest")).unwrap();
        } else {
            fs::copy(from, to).unwrap();
        }
        let done = recover(&old, &Sources::default(), &options(Mode::Write)).unwrap();
        let had = done.had.unwrap_or_default();
        assert!(had > 11 && had <= size, "{newer}: {had} of {size}");
        assert_eq!(old.join("damaged-tree").exists(), newer == "tree");
    }
}

/// What the ledger's own hand wrote gets its checkpoint, of the journal's bytes, whatever the file
/// of hashes says.
#[test]
fn what_its_own_hand_wrote_is_signed_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let head = ledger.head();
    ledger.close().unwrap();
    let bytes = received(40);
    let mut blobs = fs::read(segment(&at, Stream::Blobs)).unwrap();
    let mut packer = blockholder::store::journal::Packer::new().unwrap();
    blobs.extend(packer.record(&content(&bytes), &bytes).unwrap());
    fs::write(segment(&at, Stream::Blobs), blobs).unwrap();
    let last = plant(&at, &head, &[event(filing(40))], Some(&own_key()));
    let mut hashes = fs::read(at.join("tree")).unwrap();
    hashes.extend([7; 32]);
    fs::write(at.join("tree"), hashes).unwrap();
    let ledger = open(&at, Mode::Write);
    assert_eq!(ledger.head(), last);
    assert!(ledger.take_notices().contains(&Notice::BatchCompleted { size: last.size }));
    ledger.close().unwrap();
    let report = audit(&at, dir.path(), &options(Mode::Read)).unwrap();
    assert_eq!((report.faults, report.size), (vec![], last.size));
}

/// A journal of the first version, without authenticators, is read, and gone on with in a segment of
/// its own.
#[test]
fn a_segment_of_the_first_version_is_read_and_not_appended_to() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    for stream in [Stream::Entries, Stream::Blobs] {
        let path = segment(&at, stream);
        let mut kept = records(&path);
        for (_, tag, body) in &mut kept {
            if *tag == Tag::Commit {
                body.truncate(40);
            }
        }
        write_records(&path, stream, &kept);
        let mut bytes = fs::read(&path).unwrap();
        bytes[8] = 1;
        let sum = crc32fast::hash(&bytes[..HEADER_LEN - 4]).to_le_bytes();
        bytes[HEADER_LEN - 4..HEADER_LEN].copy_from_slice(&sum);
        fs::write(&path, bytes).unwrap();
    }
    fs::remove_dir_all(at.join("index")).unwrap();
    let old =
        [Stream::Entries, Stream::Blobs].map(|stream| fs::read(segment(&at, stream)).unwrap());
    let mut ledger = open(&at, Mode::Write);
    let size = ledger.size();
    ledger.append(NOW, vec![draft(40)]).unwrap();
    ledger.close().unwrap();
    let now = [Stream::Entries, Stream::Blobs].map(|stream| stream.file(&at.join("journal"), 0));
    assert_eq!(now.map(|path| fs::read(path).unwrap()), old);
    let report = audit(&at, dir.path(), &options(Mode::Read)).unwrap();
    assert_eq!((report.faults, report.size), (vec![], size + 1));
}

fn notes_of(at: &Path) -> Vec<Vec<u8>> {
    let notes = blockholder::store::checkpoints::all(&at.join("checkpoints")).unwrap().notes;
    notes.into_iter().map(|note| [note, b"\n".to_vec()].concat()).collect()
}
