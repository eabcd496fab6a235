//! An index that says otherwise than what is signed for, by someone who can write to it and has no
//! key: no entry of it is answered with (spec, section 11.4).
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
use blockholder::store::kept::Reach;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::Log;
use blockholder::store::packed::Change;
use blockholder::view::projection::PROJECTION;
use common::*;

/// Bytes of what is kept in one row, its length included.
const PIECE: usize = 4_600;

/// The filing of number 2, which entry 2 records, with another number of shares.
fn forged() -> Event {
    let mut filing = filing(2);
    filing.reading.holders[0].aggregate = blockholder::terms::span::Field::stated(
        "2000000".parse().unwrap(),
        blockholder::terms::span::Span::new(20, 24),
    );
    event(filing)
}

/// Puts an entry that links and says something else into the index alone, which is at rest and
/// whole with it.
fn forge(at: &Path, sequence: u64) {
    let ledger = open(at, Mode::Read);
    let before = ledger.entry(sequence - 1).unwrap();
    let recorded_at = ledger.entry(sequence).unwrap().envelope.recorded_at;
    ledger.close().unwrap();
    let head = Head { size: sequence, hash: before.hash(), recorded_at: before.head().recorded_at };
    let event = forged();
    let entry = Entry::link(&head, recorded_at, &event).unwrap();
    let mut index = Index::open(&at.join("index")).unwrap();
    let Rows { sequence, mut rows } = Rows::of(&entry, &Facts::of(sequence, &event));
    rows.retain(|(key, change)| key[0] == Table::Entries as u8 && matches!(change, Change::Put(_)));
    let meta = index.meta().unwrap();
    index.apply([Rows { sequence, rows }], &[], &meta).unwrap();
    index.rest().unwrap();
}

fn notices(ledger: &Ledger) -> Vec<String> {
    ledger.take_notices().iter().map(ToString::to_string).collect()
}

#[test]
fn a_forged_entry_of_the_index_is_never_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let size = ledger.size();
    let sound: Vec<Event> = (0..size).map(|n| ledger.event(n).unwrap()).collect();
    ledger.close().unwrap();
    for mode in [Mode::Read, Mode::Write] {
        type Ask = fn(&Ledger) -> Option<Event>;
        let asked: [(&str, Ask); 4] = [
            ("by its number", |ledger| ledger.event(2).ok()),
            ("in a range", |ledger| {
                ledger.range(0..ledger.size()).unwrap().nth(2)?.ok()?.open().ok()
            }),
            ("by its accession number", |ledger| {
                ledger.event(ledger.by_accession(accession(2)).unwrap()?).ok()
            }),
            ("by its bytes", |ledger| {
                ledger.event(ledger.by_content(content(&received(2))).unwrap()?).ok()
            }),
        ];
        for (how, ask) in asked {
            forge(&at, 2);
            let ledger = open(&at, mode);
            assert_eq!(notices(&ledger), Vec::<String>::new(), "{how}");
            assert_eq!(ask(&ledger).as_ref(), Some(&sound[2]), "{how}");
            let said = notices(&ledger);
            assert_eq!(said.len(), 1, "{how}: {said:?}");
            assert!(said[0].contains("not those that are signed for"), "{how}: {said:?}");
            for (event, sequence) in sound.iter().zip(0..) {
                assert_eq!(&ledger.event(sequence).unwrap(), event, "{how}");
            }
            assert_eq!(notices(&ledger), Vec::<String>::new(), "{how}: once");
            ledger.close().unwrap();
        }
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

/// Puts a row of what is kept into the index, as the first piece under a name; without a name, as
/// the reach.
fn put(index: &mut Index, name: &[u8], row: Vec<u8>) {
    let len = if name.is_empty() { u16::MAX } else { name.len() as u16 };
    let key = [&PROJECTION.to_be_bytes()[..], &len.to_be_bytes(), name, &[0; 2]].concat();
    let rows = vec![(Table::Kept.key(&key), Change::Put(row))];
    let meta = index.meta().unwrap();
    index.apply([Rows { sequence: 0, rows }], &[], &meta).unwrap();
}

fn faults(at: &Path, dir: &Path) -> Vec<String> {
    let projector = Some(Projector { version: PROJECTION, differences: None });
    let scope = Scope { projector, ..Scope::default() };
    let report = audit_within(at, dir, &options(Mode::Read), &scope).unwrap();
    report.faults.into_iter().map(|fault| fault.message).collect()
}

/// What is kept for answers, changed in every way by someone without the key: none of it is an
/// answer, and an audit that makes nothing again names it.
#[test]
fn what_is_kept_and_not_signed_for_is_never_an_answer() {
    type Forge = fn(&mut Index, &[u8]);
    let ways: [(&str, &str, Forge); 5] = [
        ("other bytes, and the lists with them", "not signed for", |index, kept| {
            index.keep(PROJECTION, &issuer(), Some(&[kept, b"!"].concat())).unwrap();
        }),
        ("nothing, and the lists with it", "not signed for", |index, _| {
            index.keep(PROJECTION, &issuer(), None).unwrap();
        }),
        ("other bytes", "is not what is signed for", |index, kept| {
            let mut first = [&(kept.len() as u64).to_be_bytes()[..], kept].concat();
            first.truncate(PIECE);
            first[100] ^= 1;
            put(index, &issuer(), first);
        }),
        ("another list", "not the one that is signed for", |index, _| {
            let list = [0, blake3::hash(&issuer()).as_bytes()[0]];
            put(index, &list, vec![0; 8]);
        }),
        ("another signature", "not signed for", |index, _| {
            let Reach { size, head } = index.reach(PROJECTION).unwrap();
            let reach = [&size.to_be_bytes()[..], &head.0, &[7; 64]].concat();
            put(index, &[], reach);
        }),
    ];
    for (what, why, forge) in ways {
        let dir = tempfile::tempdir().unwrap();
        let at = small_ledger(dir.path());
        let ledger = open(&at, Mode::Write);
        keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
        let sound = kept(&ledger).unwrap();
        ledger.close().unwrap();
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{what}");
        let mut index = Index::open(&at.join("index")).unwrap();
        forge(&mut index, &sound);
        index.rest().unwrap();
        drop(index);
        let named = faults(&at, dir.path());
        assert!(named.iter().any(|message| message.contains(why)), "{what}: {named:?}");
        let ledger = open(&at, Mode::Read);
        assert!(kept(&ledger).is_none(), "{what}");
        let said = notices(&ledger);
        assert!(said.len() == 1 && said[0].contains(why), "{what}: {said:?}");
        ledger.close().unwrap();
        let ledger = open(&at, Mode::Write);
        keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
        assert!(kept(&ledger) == Some(sound), "{what}");
        ledger.close().unwrap();
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{what}");
    }
}
