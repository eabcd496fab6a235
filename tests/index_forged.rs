//! An index that says otherwise than what is signed for, by someone who can write to it and has no
//! key: nothing of it is an answer (spec, section 11.4).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use blockholder::cli::keep;
use blockholder::ledger::chain::{Entry, Head};
use blockholder::ledger::event::Event;
use blockholder::store::audit::{Scope, audit_within};
use blockholder::store::audit_kept::Projector;
use blockholder::store::batch::Facts;
use blockholder::store::found::{Rows, Table};
use blockholder::store::index::Index;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::Log;
use blockholder::store::packed::Change;
use blockholder::store::sled::Sled;
use blockholder::terms::topic::Topic;
use blockholder::view::projection::PROJECTION;
use common::*;

/// The filing of number 2, which entry 2 records, with another number of shares.
fn forged() -> Event {
    let mut filing = filing(2);
    filing.reading.holders[0].aggregate = blockholder::terms::span::Field::stated(
        "2000000".parse().unwrap(),
        blockholder::terms::span::Span::new(20, 24),
    );
    event(filing)
}

/// Entry 2, that links and says something else.
fn forged_entry(at: &Path) -> Entry {
    let ledger = open(at, Mode::Read);
    let before = ledger.entry(1).unwrap();
    let recorded_at = ledger.entry(2).unwrap().envelope.recorded_at;
    ledger.close().unwrap();
    let head = Head { size: 2, hash: before.hash(), recorded_at: before.head().recorded_at };
    Entry::link(&head, recorded_at, &forged()).unwrap()
}

/// The rows of the table that are made of the filing of number 2.
fn rows_of(at: &Path, table: Table) -> Vec<Vec<u8>> {
    let ledger = open(at, Mode::Read);
    let entry = ledger.entry(2).unwrap();
    let rows = Rows::of(&entry, &Facts::of(2, &entry.open().unwrap())).rows;
    ledger.close().unwrap();
    rows.into_iter().map(|(key, _)| key).filter(|key| key[0] == table as u8).collect()
}

type Changes = Vec<(Vec<u8>, Change)>;
type Way = fn(&Path) -> Changes;

/// What somebody could change, so that every leaf and every count fits.
const WAYS: [(&str, Way); 4] = [
    ("another entry", |at| {
        let entry = forged_entry(at);
        let mut rows = Rows::of(&entry, &Facts::of(2, &forged())).rows;
        let entries = Table::Entries as u8;
        rows.retain(|(key, change)| key[0] == entries && matches!(change, Change::Put(_)));
        rows
    }),
    ("a filing left out", |at| {
        let ledger = open(at, Mode::Read);
        let topics = Facts::of(2, &ledger.event(2).unwrap()).topics;
        let count = |topic: &Topic| ledger.postings(topic).unwrap().len() as u64;
        let less = topics.iter().map(|topic| Change::Put((count(topic) - 1).to_be_bytes().into()));
        let less: Vec<Change> = less.collect();
        ledger.close().unwrap();
        let (rows, counts) = (rows_of(at, Table::Issuers), rows_of(at, Table::Counts));
        assert_eq!((rows.len(), counts.len()), (less.len(), less.len()));
        let rows = rows.into_iter().map(|key| (key, Change::Remove));
        rows.chain(counts.into_iter().zip(less)).collect()
    }),
    ("an accession number", |at| {
        let keys = rows_of(at, Table::Accessions).into_iter();
        keys.map(|key| (key, Change::Remove)).collect()
    }),
    ("the place of the bytes", |_| {
        vec![(Table::Blobs.key(&content(&received(2)).0), Change::Remove)]
    }),
];

/// Makes changes to the index alone, which is at rest and whole with them.
fn forge(at: &Path, rows: Changes) {
    let mut index = Index::open(&at.join("index")).unwrap();
    let meta = index.meta().unwrap();
    index.apply([Rows { sequence: 0, rows }], &[], &meta).unwrap();
    index.rest().unwrap();
}

/// The same, but what stands for the leaves is left as it was signed for.
fn forge_leaves(at: &Path, rows: Changes) {
    let beside = at.join("beside");
    fs::create_dir(&beside).unwrap();
    copy(&at.join("index"), &beside.join("index"));
    forge(&beside, rows);
    {
        let own = Sled::open(&at.join("index")).unwrap();
        let meta = own.meta().unwrap().unwrap();
        let theirs = Sled::open(&beside.join("index")).unwrap();
        let (mut leaves, mut changed) = (theirs.leaves().unwrap(), Vec::new());
        while let Some((key, leaf)) = leaves.next_leaf().unwrap() {
            changed.push((key.to_vec(), leaf.to_vec()));
        }
        own.write(&changed, &[], &meta).unwrap();
        own.sync().unwrap();
    }
    fs::remove_dir_all(beside).unwrap();
}

fn notices(ledger: &Ledger) -> Vec<String> {
    ledger.take_notices().iter().map(ToString::to_string).collect()
}

/// All that can be asked of a ledger about the filing of number 2.
fn asked(ledger: &Ledger) -> String {
    let event = ledger.event(2).unwrap();
    let range = ledger.range(0..ledger.size()).unwrap().nth(2).unwrap().unwrap();
    let found = (ledger.by_accession(accession(2)), ledger.by_content(content(&received(2))));
    let mut under = Vec::new();
    for topic in Facts::of(2, &forged()).topics {
        under.push(ledger.postings(&topic).unwrap());
    }
    let topics = ledger.topics().unwrap().len();
    let bytes = ledger.blob(content(&received(2))).ok();
    format!("{event:?} {range:?} {found:?} {under:?} {topics} {bytes:?}")
}

/// Hides the secret key while something is done.
fn without_key<T>(at: &Path, act: impl FnOnce() -> T) -> T {
    let secret = fs::read(at.join("key")).unwrap();
    fs::remove_file(at.join("key")).unwrap();
    let done = act();
    write_secret(&at.join("key"), secret);
    done
}

#[test]
fn what_nobody_signed_for_is_never_an_answer_where_the_key_is_at_hand() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let sound = asked(&open(&at, Mode::Read));
    for (what, way) in WAYS {
        for mode in [Mode::Read, Mode::Write] {
            let changes = way(&at);
            forge(&at, changes.clone());
            assert!(!faults(&at, dir.path()).is_empty(), "{what}");
            let ledger = open(&at, mode);
            assert_eq!(asked(&ledger), sound, "{what}");
            let said = notices(&ledger);
            assert!(said.len() == 1 && said[0].contains("not signed for"), "{what}: {said:?}");
            ledger.close().unwrap();
            forge_leaves(&at, changes);
            let named = faults(&at, dir.path());
            assert!(named.iter().any(|why| why.contains("another leaf of rows")), "{named:?}");
            let ledger = open(&at, mode);
            assert_eq!(asked(&ledger), sound, "{what}");
            let said = notices(&ledger);
            let stands = "not the one that its digest stands for";
            assert!(said.len() == 1 && said[0].contains(stands), "{what}: {said:?}");
            ledger.close().unwrap();
            assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{what}");
        }
    }
}

/// Without the key nobody can sign for what is made again; what is signed for is asked all the same,
/// and what is not is told of, and no entry of it is believed.
#[test]
fn without_the_key_what_nobody_signed_for_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let sound = asked(&open(&at, Mode::Read));
    let unsigned = "nobody signed for the index";
    for (what, way) in WAYS {
        let changes = way(&at);
        without_key(&at, || {
            let ledger = open(&at, Mode::Read);
            assert_eq!((asked(&ledger), notices(&ledger)), (sound.clone(), Vec::new()), "{what}");
            ledger.close().unwrap();
            forge_leaves(&at, changes.clone());
            let ledger = open(&at, Mode::Read);
            assert_eq!(asked(&ledger), sound, "{what}");
            let said = notices(&ledger);
            assert!(said.len() == 2 && said[1].contains(unsigned), "{what}: {said:?}");
            ledger.close().unwrap();
            forge(&at, changes);
            let ledger = open(&at, Mode::Read);
            let said = notices(&ledger);
            assert!(said.len() == 1 && said[0].contains(unsigned), "{what}: {said:?}");
            let same = asked(&ledger) == sound;
            assert_eq!(same, what == "another entry", "{what}");
            let healed = notices(&ledger);
            assert_eq!(healed.len(), usize::from(same), "{what}: {healed:?}");
            ledger.close().unwrap();
        });
        assert_eq!(faults(&at, dir.path()).is_empty(), what == "another entry", "{what}");
        let ledger = open(&at, Mode::Write);
        assert_eq!((asked(&ledger), notices(&ledger).len()), (sound.clone(), 1), "{what}");
        ledger.close().unwrap();
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{what}");
    }
}

/// A hash inside the tree's file that is another: whatever rests on it is answered all the same, and
/// the file is put right from the journal.
#[test]
fn a_hash_of_the_tree_that_is_another_is_put_right_when_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let sound: Vec<Event> = (0..ledger.size()).map(|n| ledger.event(n).unwrap()).collect();
    ledger.close().unwrap();
    let hashes = fs::read(at.join("tree")).unwrap();
    let mut told = 0;
    for slot in 0..hashes.len() / 32 {
        let mut other = hashes.clone();
        other[slot * 32] ^= 1;
        fs::write(at.join("tree"), &other).unwrap();
        let ledger = open(&at, Mode::Read);
        for (event, sequence) in sound.iter().zip(0..) {
            assert_eq!(&ledger.event(sequence).unwrap(), event, "hash {slot}");
        }
        told += notices(&ledger).len();
        ledger.close().unwrap();
        assert_eq!(fs::read(at.join("tree")).unwrap(), hashes, "hash {slot}");
    }
    assert_eq!(told, hashes.len() / 32, "each is needed by some entry, and told once");
}

/// Asks for what is kept of the issuer of all filings, as `holders` does.
fn kept(ledger: &Ledger) -> Option<Vec<u8>> {
    let reach = ledger.reach(PROJECTION).unwrap();
    let current = (reach.size, reach.head) == (ledger.size(), ledger.head().hash);
    current.then(|| ledger.kept(PROJECTION, &issuer()).unwrap()).flatten()
}

fn issuer() -> Vec<u8> {
    [b"i".as_slice(), &1_318_605_u64.to_be_bytes()].concat()
}

fn faults(at: &Path, dir: &Path) -> Vec<String> {
    let projector = Some(Projector { version: PROJECTION, differences: None });
    let scope = Scope { projector, ..Scope::default() };
    let report = audit_within(at, dir, &options(Mode::Read), &scope).unwrap();
    report.faults.into_iter().map(|fault| fault.message).collect()
}

/// What is kept for answers, changed by someone without the key: with the key at hand it is made
/// again, and without it nothing of it is an answer.
#[test]
fn what_is_kept_and_not_signed_for_is_never_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Write);
    keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
    let sound = kept(&ledger).unwrap();
    ledger.close().unwrap();
    let other = [sound.as_slice(), b"!"].concat();
    for bytes in [Some(other.as_slice()), None] {
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new());
        let held = without_key(&at, || kept(&open(&at, Mode::Read)));
        assert!(held == Some(sound.clone()), "signed for, and no key is needed to tell");
        let mut index = Index::open(&at.join("index")).unwrap();
        index.keep(PROJECTION, &issuer(), bytes).unwrap();
        index.rest().unwrap();
        drop(index);
        assert!(without_key(&at, || kept(&open(&at, Mode::Read))).is_none());
        let ledger = open(&at, Mode::Read);
        assert!(kept(&ledger).is_none());
        let said = notices(&ledger);
        assert!(said.len() == 1 && said[0].contains("not signed for"), "{said:?}");
        ledger.close().unwrap();
        let ledger = open(&at, Mode::Write);
        keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
        assert!(kept(&ledger) == Some(sound.clone()));
        ledger.close().unwrap();
    }
}
