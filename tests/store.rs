//! The store's contract, on every store; and what the one in a folder survives and refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
// Tables of cases, one closure a row.
#![allow(clippy::type_complexity)]

mod common;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use blockholder::ledger::admit::Decision;
use blockholder::ledger::audit::FaultClass;
use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::event::Event;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::store::audit::{Report, audit};
use blockholder::store::batch::Facts;
use blockholder::store::checkpoints;
use blockholder::store::disk::{Disk, Step, SystemDisk};
use blockholder::store::draft::DraftError;
use blockholder::store::found::Rows;
use blockholder::store::ledger::{Ledger, Mode, Options};
use blockholder::store::log::{Draft, Log, Memory, StoreError, Unsound};
use blockholder::store::notice::Notice;
use blockholder::store::recover::{RecoverError, Sources, recover};
use blockholder::store::segment::{Stream, Tag};
use blockholder::terms::time::RecordedAt;
use blockholder::terms::topic::Topic;
use common::*;

fn check(at: &Path) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    audit(at, scratch.path(), &options(Mode::Read)).unwrap()
}

/// The signed checkpoints of a ledger, each without the empty line after it.
fn notes(at: &Path) -> Vec<Vec<u8>> {
    checkpoints::all(&at.join("checkpoints")).unwrap().notes
}

/// Opens, reads everything, closes; returns what was said.
fn read_all(at: &Path, mode: Mode, size: u64) -> Vec<Notice> {
    let ledger = open(at, mode);
    assert_eq!(ledger.size(), size);
    let entries: Vec<_> = ledger.range(0..size).unwrap().map(Result::unwrap).collect();
    assert_eq!(entries.len() as u64, size);
    for entry in &entries {
        let event = entry.open().unwrap();
        if let Some(content) = event.content() {
            assert_eq!(common::content(&ledger.blob(content).unwrap()), content);
        }
        if let Some(accession) = event.accession() {
            assert_eq!(ledger.by_accession(accession).unwrap(), Some(entry.sequence()));
        }
    }
    ledger.take_notices()
}

fn contract(log: &mut dyn Log) {
    assert_eq!(log.size(), 1);
    assert!(matches!(log.event(0).unwrap(), Event::LedgerOpened { origin } if origin == ORIGIN));
    fill(log);
    assert_eq!(log.size(), 11);
    let mut head = blockholder::ledger::chain::Head::NONE;
    for entry in log.range(0..11).unwrap() {
        let entry = entry.unwrap();
        assert_eq!((entry.sequence(), entry.envelope.previous), (head.size, head.hash));
        assert!(entry.envelope.recorded_at > head.recorded_at);
        head = entry.head();
    }
    assert_eq!(log.head(), head);

    // Found under every name, and only there.
    assert_eq!(log.by_accession(accession(3)).unwrap(), Some(3));
    assert_eq!(log.by_accession(accession(99)).unwrap(), None);
    assert_eq!(log.by_content(content(&received(4))).unwrap(), Some(4));
    assert_eq!(log.conflict(accession(3), content(b"other bytes")).unwrap(), Some(6));
    assert_eq!(log.conflicts(accession(3)).unwrap(), [6]);
    for other in [2, 4] {
        assert_eq!(log.conflicts(accession(other)).unwrap(), [0; 0]);
    }
    let tesla = [1, 2, 3, 4, 5, 7, 10];
    for key in [
        Topic::Cik("1318605".parse().unwrap()),
        Topic::Cusip("88160R101".parse().unwrap()),
        Topic::name("TESLA MOTORS INC"),
    ] {
        assert_eq!(log.postings(&key).unwrap(), tesla, "{key:?}");
        assert!(log.topics().unwrap().contains(&(key, 7)));
    }
    assert!(log.postings(&Topic::name("Tesla")).unwrap().is_empty());
    assert_eq!(log.blob(content(b"other bytes")).unwrap(), b"other bytes");
    assert!(matches!(log.blob(content(b"never")), Err(StoreError::NoBytes { .. })));
    assert!(matches!(log.range(0..12), Err(StoreError::NoEntry { sequence: 11, size: 11 })));
    assert!(matches!(log.entry(11), Err(StoreError::NoEntry { .. })));

    // The same again, other bytes again, and bytes of no accession number.
    assert_eq!(take(log, filing(3), received(3)).0, Decision::Exists { sequence: 3 });
    let mut other = filing(3);
    (other.content, other.content_len) = (content(b"other bytes"), 11);
    let again = Decision::Conflict { recorded: 3, events: vec![] };
    assert_eq!(take(log, other, b"other bytes".to_vec()).0, again);
    let mut bare = filing(8);
    bare.reading.accession = Default::default();
    assert!(matches!(take(log, bare.clone(), received(8)).0, Decision::Created(_)));
    assert_eq!(take(log, bare, received(8)).0, Decision::Exists { sequence: 11 });
    assert_eq!(take(log, filing(8), received(8)).0, Decision::Exists { sequence: 11 });

    refusals(log);
}

fn refusals(log: &mut dyn Log) {
    let before = log.head();
    let mut wrong_bytes = draft(20);
    wrong_bytes.received = Some(received(21));
    let mut wrong_length = draft(20);
    let Event::FilingRecorded(said) = &mut wrong_length.events[0] else { panic!() };
    said.content_len += 1;
    // Bytes that are held already need not come again, and still have the length they have.
    let mut held_length = Draft { received: None, ..draft(20) };
    let Event::FilingRecorded(said) = &mut held_length.events[0] else { panic!() };
    said.content = content(&received(4));
    said.content_len = 1;
    let mut half = draft_of(large(20), received(20));
    half.events.pop();
    let mut orphan = draft_of(large(20), received(20));
    orphan.events.remove(0);
    let opened = Event::LedgerOpened { origin: "x".to_owned() };
    let no_bytes = Draft { received: None, ..draft(20) };
    type Expected = fn(&DraftError) -> bool;
    let rows: Vec<(Vec<Draft>, Expected)> = vec![
        (vec![], |e| matches!(e, DraftError::Empty)),
        (vec![Draft::default()], |e| matches!(e, DraftError::Empty)),
        (vec![wrong_bytes], |e| matches!(e, DraftError::WrongBytes { .. })),
        (vec![wrong_length], |e| matches!(e, DraftError::WrongLength { .. })),
        (vec![held_length], |e| matches!(e, DraftError::WrongLength { .. })),
        (vec![no_bytes], |e| matches!(e, DraftError::NoBytes(_))),
        (vec![draft(1)], |e| matches!(e, DraftError::AccessionTaken(_))),
        (vec![draft(20), draft(20)], |e| matches!(e, DraftError::AccessionTaken(_))),
        (vec![half], |e| matches!(e, DraftError::Order(_))),
        (vec![orphan], |e| matches!(e, DraftError::Order(_))),
        (vec![Draft { events: vec![opened], received: None }], |e| {
            matches!(e, DraftError::Order(_))
        }),
        (vec![draft(20); 4097], |e| matches!(e, DraftError::BatchTooLarge { .. })),
    ];
    for (row, (drafts, expected)) in rows.into_iter().enumerate() {
        match log.append(NOW, drafts) {
            Err(StoreError::Draft(error)) if expected(&error) => {}
            other => panic!("row {row}: {other:?}"),
        }
        assert_eq!(log.head(), before, "row {row}");
    }
    // None of them left anything behind.
    log.append(NOW, vec![draft(20)]).unwrap();
}

fn given(files: &[PathBuf]) -> Sources {
    Sources { files: files.to_vec(), export: None }
}

#[test]
fn the_contract_holds_in_memory() {
    contract(&mut Memory::init(ORIGIN, NOW).unwrap());
}

#[test]
fn the_contract_holds_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    contract(&mut ledger);
    ledger.close().unwrap();
    assert_eq!(read_all(&at, Mode::Read, 13), []);
    let report = check(&at);
    assert_eq!(report.faults, []);
    assert_eq!((report.size, report.origin.as_deref()), (13, Some(ORIGIN)));
}

#[test]
fn time_never_goes_back() {
    let mut log = Memory::init(ORIGIN, RecordedAt(1000)).unwrap();
    log.append(RecordedAt(5), vec![draft(1), draft(2)]).unwrap();
    log.append(RecordedAt(2000), vec![draft(3)]).unwrap();
    let times: Vec<u64> =
        log.range(0..4).unwrap().map(|e| e.unwrap().envelope.recorded_at.0).collect();
    assert_eq!(times, [1000, 1001, 1002, 2000]);
}

#[test]
fn segments_roll_between_batches() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.set_roll(600);
    for n in 1..30 {
        ledger.append(NOW, vec![draft(n)]).unwrap();
    }
    ledger.close().unwrap();
    for stream in [Stream::Entries, Stream::Blobs] {
        assert!(stream.segments(&at.join("journal")).unwrap().len() > 3);
    }
    assert_eq!(read_all(&at, Mode::Write, 30), []);
    assert_eq!(check(&at).faults, []);
    fs::remove_dir_all(at.join("index")).unwrap();
    assert_eq!(read_all(&at, Mode::Write, 30).len(), 1);
    assert_eq!(check(&at).faults, []);
    // A segment in the middle is gone.
    fs::remove_file(Stream::Entries.file(&at.join("journal"), 2)).unwrap();
    let report = check(&at);
    assert!(report.faults.iter().any(|f| f.class == FaultClass::Gap), "{:?}", report.faults);
}

/// Whether a report names an entry in one of some classes.
fn names(report: &Report, classes: &[FaultClass], entry: u64) -> bool {
    report.faults.iter().any(|f| f.entry == Some(entry) && classes.contains(&f.class))
}

/// The entry that an offset of the entries' segment belongs to: its own, or that which a commit
/// ends with.
fn entry_at(records: &[(u64, Tag, Vec<u8>)], offset: u64) -> u64 {
    let before = records.iter().take_while(|(at, _, _)| *at <= offset);
    let entries = before.filter(|(_, tag, _)| *tag == Tag::Entry).count() as u64;
    entries.saturating_sub(1)
}

#[test]
fn one_changed_byte_anywhere_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    fs::remove_dir_all(at.join("index")).unwrap();
    let faults = |report: Report| -> Report {
        let faults = report.faults.into_iter().filter(|f| f.class != FaultClass::Index).collect();
        Report { faults, ..report }
    };
    assert_eq!(faults(check(&at)).faults, []);
    for stream in [Stream::Entries, Stream::Blobs] {
        let path = segment(&at, stream);
        let sound = fs::read(&path).unwrap();
        let records = records(&path);
        for offset in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[offset] ^= 1 << (offset % 8);
            fs::write(&path, &bytes).unwrap();
            let report = faults(check(&at));
            let place = format!("{stream:?} at {offset}: {:?}", report.faults);
            assert!(!report.ok(), "{place}");
            assert!(report.faults.iter().any(|f| f.class == FaultClass::Frame), "{place}");
            if stream == Stream::Entries && offset >= 28 {
                let entry = entry_at(&records, offset as u64);
                let named = report
                    .faults
                    .iter()
                    .any(|f| f.entry.is_some_and(|e| e == entry || e == entry + 1));
                assert!(named, "{place} should name {entry}");
            }
        }
        fs::write(&path, sound).unwrap();
    }
    for file in ["checkpoints", "FORMAT"] {
        let path = at.join(file);
        let sound = fs::read(&path).unwrap();
        for offset in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[offset] ^= 1;
            fs::write(&path, &bytes).unwrap();
            let scratch = tempfile::tempdir().unwrap();
            match audit(&at, scratch.path(), &options(Mode::Read)) {
                Ok(report) => assert!(!faults(report).ok(), "{file} at {offset}"),
                Err(StoreError::NewerFormat { .. }) => assert_eq!(file, "FORMAT"),
                Err(error) => panic!("{file} at {offset}: {error}"),
            }
        }
        fs::write(&path, sound).unwrap();
    }
    assert_eq!(faults(check(&at)).faults, []);
}

#[test]
fn one_changed_byte_with_its_checksum_made_right_is_found_and_named() {
    use FaultClass::*;
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    fs::remove_dir_all(at.join("index")).unwrap();
    let path = segment(&at, Stream::Entries);
    let sound = records(&path);
    let mut entry = 0;
    for (n, (_, tag, body)) in sound.iter().enumerate() {
        for offset in 0..body.len() {
            let mut changed = sound.clone();
            changed[n].2[offset] ^= 1 << (offset % 8);
            write_records(&path, Stream::Entries, &changed);
            let report = check(&at);
            let classes: &[FaultClass] = match (tag, offset) {
                // By whose hand: of a batch that is acknowledged nobody asks.
                (Tag::Commit, 40..) => {
                    assert!(report.faults.iter().all(|f| f.class == Index), "{n} at {offset}");
                    continue;
                }
                (Tag::Commit, _) => &[Commit],
                (_, 0..2) => &[Codec],                            // version
                (_, 2..4) => &[Codec],                            // kind
                (_, 4..8) => &[Payload],                          // length
                (_, 8..16) => &[Order, Gap],                      // sequence
                (_, 16..24) => &[Time, Hash, Checkpoint, Commit], // time
                (_, 24..56) => &[Payload],                        // digest
                (_, 56..88) => &[Prev],                           // previous
                (_, _) => &[Payload],                             // payload
            };
            let at = if *tag == Tag::Commit { entry - 1 } else { entry };
            let place = format!("record {n} at {offset}, entry {at}: {:?}", report.faults);
            assert!(names(&report, classes, at), "{place}");
            assert!(!report.faults.iter().any(|f| f.class == Frame), "{place}");
        }
        entry += u64::from(*tag == Tag::Entry);
    }
    write_records(&path, Stream::Entries, &sound);
    let path = segment(&at, Stream::Blobs);
    let sound = records(&path);
    for n in 0..sound.len() {
        for offset in 0..sound[n].2.len() {
            let mut changed = sound.clone();
            changed[n].2[offset] ^= 1 << (offset % 8);
            write_records(&path, Stream::Blobs, &changed);
            let faults = check(&at).faults;
            let named = faults.iter().any(|f| f.class == Blob && f.entry.is_some());
            // A frame of zstd has bits that change nothing; the bytes are then proven the same.
            let same = offset >= 40 && faults.iter().all(|f| f.class == Index);
            assert!(named || same, "blob {n} at {offset}: {faults:?}");
        }
    }
}

/// Changes records of the small ledger's entries, in a copy; entries are records 0, 2, 3, 5 ...
type Change = fn(&mut Vec<(u64, Tag, Vec<u8>)>);

#[test]
fn deleted_swapped_inserted_and_repeated_entries_are_named() {
    use FaultClass::*;
    // Records: e0 c | e1 e2 c | e3 c | e4 e5 c | e6 c | e7 e8 e9 c | e10 c
    let rows: &[(&str, Change, &[(FaultClass, u64)])] = &[
        ("e4 deleted", |r| drop(r.remove(7)), &[(Gap, 4)]),
        ("e0 deleted", |r| drop(r.remove(0)), &[(Gap, 0)]),
        ("e10 deleted", |r| drop(r.remove(16)), &[(Commit, 9), (Rollback, 10)]),
        ("e4 and e5 swapped", |r| r.swap(7, 8), &[(Gap, 4), (Order, 4)]),
        ("e1 and e2 swapped", |r| r.swap(2, 3), &[(Gap, 1), (Order, 1)]),
        ("e4 twice", |r| r.insert(8, r[7].clone()), &[(Order, 4)]),
        ("e1 put in again later", |r| r.insert(8, r[2].clone()), &[(Order, 1)]),
        ("the batch of e3 deleted", |r| drop(r.drain(5..7)), &[(Gap, 3)]),
        ("the last batch deleted", |r| r.truncate(16), &[(Rollback, 10)]),
        ("a commit deleted", |r| drop(r.remove(6)), &[(Commit, 3)]),
        ("e8 deleted, a part of e7", |r| drop(r.remove(13)), &[(Gap, 8), (Event, 9)]),
    ];
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let path = segment(&at, Stream::Entries);
    let sound = records(&path);
    for (what, change, expected) in rows {
        let mut changed = sound.clone();
        change(&mut changed);
        write_records(&path, Stream::Entries, &changed);
        let faults = check(&at).faults;
        for (class, entry) in *expected {
            let named = faults.iter().any(|f| f.class == *class && f.entry == Some(*entry));
            assert!(named, "{what}: expected {class} of {entry}, got {faults:#?}");
        }
        assert_eq!(expected.is_empty(), faults.is_empty(), "{what}: {faults:#?}");
        assert!(faults.iter().all(|f| f.class != Frame), "{what}: {faults:#?}");
    }
}

/// An entry that was written anew, with its own hash right and everything before it untouched.
#[test]
fn a_forged_entry_is_named_by_those_that_vouch_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let path = segment(&at, Stream::Entries);
    let sound = records(&path);
    let forged = |record: usize| {
        let old = blockholder::ledger::chain::Entry::from_bytes(&sound[record].2).unwrap();
        let before = blockholder::ledger::chain::Head {
            size: old.sequence(),
            hash: old.envelope.previous,
            recorded_at: RecordedAt(old.envelope.recorded_at.0 - 1),
        };
        let mut filing = filing(old.sequence());
        filing.source = "forged".to_owned();
        let new = blockholder::ledger::chain::Entry::link(&before, NOW, &event(filing)).unwrap();
        new.to_bytes()
    };
    for (record, entry, class) in
        [(2, 1, FaultClass::Hash), (5, 3, FaultClass::Commit), (16, 10, FaultClass::Leaf)]
    {
        let mut changed = sound.clone();
        changed[record].2 = forged(record);
        write_records(&path, Stream::Entries, &changed);
        let report = check(&at);
        assert!(names(&report, &[class], entry), "{entry}: {:#?}", report.faults);
        assert!(names(&report, &[FaultClass::Index], entry), "{entry}: {:#?}", report.faults);
    }
    // With its commit and checkpoint made right too, the index still tells.
    fs::write(&path, b"").unwrap();
    write_records(&path, Stream::Entries, &sound);
    assert_eq!(check(&at).faults, []);
}

/// A ledger that was written with an event that lies about its bytes: all hashes are right.
#[test]
fn a_length_that_is_not_that_of_the_bytes_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let path = segment(&at, Stream::Entries);
    let opened = records(&path)[0].2.clone();
    let head = blockholder::ledger::chain::Entry::from_bytes(&opened).unwrap().head();
    let mut lies = filing(1);
    lies.content_len += 1;
    let entry = blockholder::ledger::chain::Entry::link(&head, NOW, &event(lies)).unwrap();
    let commit = entry.head().size.to_le_bytes().into_iter().chain(entry.hash().0).collect();
    let kept =
        [(0, Tag::Entry, opened), (0, Tag::Entry, entry.to_bytes()), (0, Tag::Commit, commit)];
    write_records(&path, Stream::Entries, &kept);
    let mut edge = blockholder::ledger::merkle::Edge::default();
    for bytes in [&kept[0].2, &kept[1].2] {
        edge.push(blockholder::ledger::merkle::leaf(bytes), &mut Vec::new());
    }
    let (origin, size, root) = (ORIGIN.to_owned(), edge.size(), edge.root());
    let key = SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap();
    let signed = Checkpoint { origin, size, root }.sign(&key);
    fs::write(at.join("checkpoints"), checkpoints::to_bytes(&signed)).unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    fs::remove_file(at.join("tree")).unwrap();
    assert_eq!(read_all(&at, Mode::Read, 2).len(), 1);
    let faults = check(&at).faults;
    assert_eq!((faults.len(), faults[0].class, faults[0].entry), (1, FaultClass::Blob, Some(1)));
}

/// As many rows as there should be, but one of them is another.
#[test]
fn a_changed_row_of_the_index_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let mut index = blockholder::store::index::Index::open(&at.join("index")).unwrap();
    let (id, meta) = (content(&received(4)), index.meta().unwrap());
    let mut place = index.blob(id).unwrap().unwrap();
    place.offset += 1;
    index.apply([], &[(id, place)], &meta).unwrap();
    index.rest().unwrap();
    drop(index);
    let faults = check(&at).faults;
    assert_eq!((faults.len(), faults[0].class), (1, FaultClass::Index), "{faults:?}");
    // Nobody signed for it: with the key at hand it is made again, and without it the bytes that the
    // row leads to are held against their name.
    let secret = fs::read(at.join("key")).unwrap();
    fs::remove_file(at.join("key")).unwrap();
    assert!(matches!(open(&at, Mode::Read).blob(id), Err(StoreError::NoBytes { .. })));
    write_secret(&at.join("key"), secret);
    assert_eq!(open(&at, Mode::Read).blob(id).unwrap(), received(4));
}

/// Counts that the rows do not bear out, and counts that wrong rows bear out: both are told.
#[test]
fn a_wrong_count_of_the_index_is_found() {
    let dir = tempfile::tempdir().unwrap();
    for (extra, expected) in [(None, ["counts"; 2].as_slice()), (Some("x"), &["issuers", "counts"])]
    {
        let at = dir.path().join(extra.unwrap_or("again"));
        fs::create_dir(&at).unwrap();
        let at = small_ledger(&at);
        let mut index = blockholder::store::index::Index::open(&at.join("index")).unwrap();
        let meta = index.meta().unwrap();
        let entry = index.page(1, 1).unwrap().remove(0);
        let mut facts = Facts::of(1, &entry.open().unwrap());
        facts.topics.truncate(2);
        if let Some(name) = extra {
            facts.topics = vec![Topic::name(name)];
        }
        index.apply([Rows::of(&entry, &facts)], &[], &meta).unwrap();
        index.rest().unwrap();
        drop(index);
        let faults = check(&at).faults;
        let classes: Vec<FaultClass> = faults.iter().map(|fault| fault.class).collect();
        assert_eq!(classes, [FaultClass::Index; 2], "{faults:?}");
        for (fault, table) in faults.iter().zip(expected) {
            assert!(fault.message.contains(table), "{faults:?}");
        }
    }
}

/// Those that wait and those that were put away before, those of many leaves, and those of nobody.
#[test]
fn many_names_are_looked_up_as_each_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, (1..=300).map(draft).collect()).unwrap();
    ledger.close().unwrap();
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, (301..=400).map(draft).collect()).unwrap();
    let asked: BTreeSet<_> = (1..=500).step_by(3).map(accession).collect();
    let mut expected = asked.clone();
    expected.retain(|one| ledger.by_accession(*one).unwrap().is_some());
    assert_eq!(expected.len(), 134);
    assert_eq!(ledger.taken(&asked).unwrap(), expected);
    ledger.close().unwrap();
    let index = blockholder::store::index::Index::open(&at.join("index")).unwrap();
    let asked: BTreeSet<_> = (1..=500).map(|n| content(&received(n))).collect();
    let held = index.held(&asked).unwrap();
    assert_eq!(held.len(), 400);
    for id in asked {
        let alone = index.blob(id).unwrap().map(|at| at.raw_len);
        assert_eq!(held.get(&id).copied(), alone, "{id}");
    }
}

#[test]
fn a_damaged_index_is_rebuilt_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let sound = small_ledger(dir.path());
    let mut numbers = Numbers(20_260_101);
    let db = |at: &Path| at.join("index").join("db");
    let len = fs::metadata(db(&sound)).unwrap().len();
    let mut damages: Vec<(String, Box<dyn Fn(&Path)>)> = vec![
        ("all of it deleted".into(), Box::new(|at| fs::remove_dir_all(at.join("index")).unwrap())),
        ("db deleted".into(), Box::new(move |at| fs::remove_file(db(at)).unwrap())),
        ("conf deleted".into(), Box::new(|at| fs::remove_file(at.join("index/conf")).unwrap())),
        ("conf emptied".into(), Box::new(|at| fs::write(at.join("index/conf"), b"").unwrap())),
        (
            "a file in its place".into(),
            Box::new(|at| {
                fs::remove_dir_all(at.join("index")).unwrap();
                fs::write(at.join("index"), b"not a folder").unwrap();
            }),
        ),
    ];
    for _ in 0..20 {
        let keep = numbers.below(len);
        damages.push((
            format!("db cut to {keep}"),
            Box::new(move |at| {
                OpenOptions::new().write(true).open(db(at)).unwrap().set_len(keep).unwrap();
            }),
        ));
    }
    let mut rebuilt = 0;
    for (what, damage) in damages {
        let at = dir.path().join("copy");
        let _ = fs::remove_dir_all(&at);
        copy(&sound, &at);
        damage(&at);
        let notices = read_all(&at, Mode::Write, 11);
        let said =
            |n: &Notice| matches!(n, Notice::IndexRebuilt { .. } | Notice::IndexCaughtUp { .. });
        assert!(notices.iter().all(said), "{what}: {notices:?}");
        rebuilt += notices.len();
        let tesla = Topic::Cik("1318605".parse().unwrap());
        assert_eq!(open(&at, Mode::Read).postings(&tesla).unwrap().len(), 7, "{what}");
        assert_eq!(check(&at).faults, [], "{what}");
    }
    assert!(rebuilt > 15, "most damage is noticed: {rebuilt}");
}

/// A ledger of 31 entries with some 4 MB of index: sled panics over damage in the middle of its log,
/// and calls it a torn tail at the end.
fn wide_ledger(at: &Path, closed: bool) -> u64 {
    let mut ledger = Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.set_lag(0);
    for n in 1..31 {
        ledger.append(NOW, vec![draft_of(large(n), received(n))]).unwrap();
    }
    let size = ledger.size();
    if closed {
        ledger.close().unwrap();
    }
    size
}

/// Flips a bit of one file of the index, each time another, and says how often that was noticed,
/// and how often sled panicked over it. Whatever it is, the ledger answers in full and verifies.
fn flip(closed: bool, file: &str, times: usize, seed: u64) -> (usize, usize) {
    let dir = tempfile::tempdir().unwrap();
    let sound = dir.path().join("ledger");
    let size = wide_ledger(&sound, closed);
    let path = match fs::read_dir(sound.join("index"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(file))
    {
        Some(path) => path.strip_prefix(&sound).unwrap().to_owned(),
        None => return (times, 0),
    };
    let bytes = fs::read(sound.join(&path)).unwrap();
    // Only where something was written: the rest of sled's file is zeros that it never reads.
    let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let mut numbers = Numbers(20_260_100 + seed);
    let (mut noticed, mut panicked) = (0, 0);
    for _ in 0..times {
        let at = dir.path().join("copy");
        let _ = fs::remove_dir_all(&at);
        copy(&sound, &at);
        let offset = written[numbers.below(written.len() as u64) as usize];
        let mut bytes = bytes.clone();
        bytes[offset] ^= 1 << numbers.below(8);
        fs::write(at.join(&path), bytes).unwrap();
        let notices = read_all(&at, Mode::Write, size);
        for notice in &notices {
            match notice {
                Notice::IndexRebuilt { why, .. } => {
                    panicked += usize::from(why.contains("panicked"))
                }
                Notice::IndexCaughtUp { .. } => {}
                other => panic!("{offset}: {other:?}"),
            }
        }
        noticed += usize::from(!notices.is_empty());
        let tesla = Topic::Cik("1318605".parse().unwrap());
        assert_eq!(open(&at, Mode::Read).postings(&tesla).unwrap().len(), 30, "{offset}");
        assert_eq!(check(&at).faults, [], "{offset}");
    }
    (noticed, panicked)
}

#[test]
fn an_index_with_a_flipped_bit_is_rebuilt_and_that_is_said() {
    // BLOCKHOLDER_FLIPS=100 for the figure in the documentation.
    let flips = std::env::var("BLOCKHOLDER_FLIPS").map_or(20, |flips| flips.parse().unwrap());
    // At rest, sled reads only what is asked for, and notices what it reads; most of its file is
    // what it wrote before and no longer needs.
    let (noticed, _) = flip(true, "db", flips, 1);
    assert!(noticed > flips / 20, "{noticed} were noticed");
    // Not at rest, sled reads its whole log when it opens, and all of it is counted over.
    // How much of its file sled no longer needs depends on when its threads wrote: of one ledger
    // two thirds to five sixths of the flips are noticed, and nine of twenty were once. Of three
    // ledgers together it is more than half.
    let of_each = (1..=3).map(|seed| flip(false, "db", flips, seed));
    let (noticed, panicked) = of_each.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    assert!(noticed > 3 * flips / 2 && panicked > 6, "{noticed} were noticed, {panicked} panicked");
    for file in ["snap", "conf", "at-rest"] {
        let (noticed, _) = flip(true, file, 3, 1);
        assert!(noticed == 3 || file == "at-rest", "{file}: {noticed} were noticed");
    }
}

#[test]
fn an_index_that_is_behind_is_brought_up() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let old = dir.path().join("old index");
    copy(&at.join("index"), &old);
    let mut ledger = open(&at, Mode::Write);
    for n in 30..40 {
        ledger.append(NOW, vec![draft(n)]).unwrap();
    }
    ledger.close().unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    copy(&old, &at.join("index"));
    assert_eq!(check(&at).faults, []);
    let notices = read_all(&at, Mode::Read, 21);
    assert_eq!(notices, [Notice::IndexCaughtUp { from: 11, to: 21 }]);
    assert_eq!(read_all(&at, Mode::Read, 21), []);
    assert_eq!(check(&at).faults, []);
}

/// An index of another ledger, and one of the same ledger before it was made again.
#[test]
fn an_index_of_another_ledger_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let (at, other) = (small_ledger(&dir.path().join("a")), small_ledger(&dir.path().join("b")));
    let mut ledger = open(&other, Mode::Write);
    ledger.append(NOW, vec![draft(50)]).unwrap();
    ledger.close().unwrap();
    let third = dir.path().join("third");
    let mut ledger = Ledger::init(&third, "example.org/third", NOW, &new_key()).unwrap();
    fill(&mut ledger);
    ledger.close().unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    copy(&third.join("index"), &at.join("index"));
    assert!(matches!(read_all(&at, Mode::Write, 11)[..], [Notice::IndexRebuilt { .. }]));
    assert_eq!(check(&at).faults, []);
}

#[test]
fn a_torn_tail_is_set_aside_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let sound = small_ledger(dir.path());
    let mut ledger = open(&sound, Mode::Write);
    let lens = |at: &Path| {
        [Stream::Entries, Stream::Blobs].map(|s| fs::metadata(segment(at, s)).unwrap().len())
    };
    let before = lens(&sound);
    let tree = fs::read(sound.join("tree")).unwrap();
    ledger.append(NOW, vec![draft(40), draft(41)]).unwrap();
    drop(ledger);
    let after = lens(&sound);
    let shorter = notes(&sound).iter().rev().skip(1).map(|note| note.len() as u64 + 1).sum();
    // The batch is torn at every byte of its entries, before it was acknowledged.
    for keep in (before[0]..after[0]).step_by(7) {
        let at = dir.path().join("copy");
        let _ = fs::remove_dir_all(&at);
        copy(&sound, &at);
        let cut = |path: PathBuf, len| {
            OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
        };
        cut(segment(&at, Stream::Entries), keep);
        cut(at.join("checkpoints"), shorter);
        // The tree and the index have seen nothing of it, for they come last.
        fs::write(at.join("tree"), &tree).unwrap();
        fs::remove_dir_all(at.join("index")).unwrap();
        let report = check(&at);
        let faults: Vec<_> =
            report.faults.iter().filter(|f| f.class != FaultClass::Index).collect();
        assert_eq!((faults.len(), report.size), (0, 11), "{keep}: {faults:?}");
        let ignored = read_all(&at, Mode::Read, 11);
        assert_eq!(ignored.contains(&Notice::TailIgnored), keep > before[0], "{keep}");
        assert_eq!(lens(&at)[0], keep, "reading changes nothing");
        let notices = read_all(&at, Mode::Write, 11);
        let aside: u64 = notices
            .iter()
            .map(|n| match n {
                Notice::TailSetAside { kept, bytes } => {
                    assert_eq!(fs::metadata(kept).unwrap().len(), *bytes);
                    *bytes
                }
                _ => 0,
            })
            .sum();
        assert_eq!(aside, keep - before[0]);
        let mut ledger = open(&at, Mode::Write);
        ledger.append(NOW, vec![draft(40)]).unwrap();
        ledger.close().unwrap();
        assert_eq!(read_all(&at, Mode::Read, 12), []);
        assert_eq!(check(&at).faults, [], "{keep}");
    }
}

#[test]
fn a_batch_on_disk_that_nobody_acknowledged_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let path = at.join("checkpoints");
    let lines = fs::read(&path).unwrap();
    let last = notes(&at).pop().unwrap().len() + 1;
    for torn in [0, 1, 30, 80, 120, 160, last - 2, last - 1] {
        fs::write(&path, &lines[..lines.len() - last + torn]).unwrap();
        assert_eq!(check(&at).faults, [], "{torn}");
        // An index that has more than was acknowledged is not taken at its word.
        let why = "it does not lead to where the journal ends".to_owned();
        let expected = [
            Notice::IndexRebuilt { why, entries: 10 },
            Notice::BatchCompleted { size: 11 },
            Notice::IndexCaughtUp { from: 10, to: 11 },
        ];
        assert_eq!(read_all(&at, Mode::Write, 11), expected, "{torn:?}");
        assert_eq!(fs::read(&path).unwrap(), lines);
    }
}

#[test]
fn a_ledger_that_was_rolled_back_or_forked_refuses_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let sound = small_ledger(dir.path());
    let path = segment(&sound, Stream::Entries);
    let kept = records(&path);
    let cut = |at: &Path, records: usize| {
        write_records(&segment(at, Stream::Entries), Stream::Entries, &kept[..records]);
    };
    let no_index = |at: &Path| fs::remove_dir_all(at.join("index")).unwrap();
    let lines = |at: &Path, n: usize| {
        let text: Vec<Vec<u8>> =
            notes(at).into_iter().take(n).map(|note| [note, b"\n".to_vec()].concat()).collect();
        fs::write(at.join("checkpoints"), text.concat()).unwrap();
    };
    type Hurt<'a> = Box<dyn Fn(&Path) + 'a>;
    let rows: Vec<(&str, Hurt<'_>, fn(&Unsound) -> bool, u64)> = vec![
        (
            "journal cut",
            Box::new(|at| cut(at, 16)),
            |u| matches!(u, Unsound::RolledBack { expected: 11, got: 10, .. }),
            11,
        ),
        (
            "journal and index cut",
            Box::new(|at| {
                cut(at, 16);
                no_index(at);
            }),
            |u| matches!(u, Unsound::RolledBack { witness: "the last checkpoint", got: 10, .. }),
            10,
        ),
        (
            "journal and checkpoints cut",
            Box::new(|at| {
                cut(at, 16);
                lines(at, 6);
            }),
            |u| matches!(u, Unsound::RolledBack { witness: "the index", expected: 11, got: 10 }),
            11,
        ),
        (
            "checkpoints deleted",
            Box::new(|at| {
                fs::remove_file(at.join("checkpoints")).unwrap();
            }),
            |u| matches!(u, Unsound::Damaged { .. }),
            11,
        ),
        (
            "another history",
            Box::new(|at| {
                let other = dir.path().join("other");
                let _ = fs::remove_dir_all(&other);
                let mut ledger =
                    Ledger::init(&other, "example.org/other", NOW, &new_key()).unwrap();
                fill(&mut ledger);
                ledger.close().unwrap();
                fs::copy(segment(&other, Stream::Entries), segment(at, Stream::Entries)).unwrap();
                no_index(at);
            }),
            |u| matches!(u, Unsound::Forked { size: 11, .. }),
            11,
        ),
        (
            "damage in the middle",
            Box::new(|at| {
                let mut bytes = fs::read(segment(at, Stream::Entries)).unwrap();
                bytes[300] ^= 1;
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                fs::write(segment(at, Stream::Entries), bytes).unwrap();
            }),
            |u| matches!(u, Unsound::Damaged { .. }),
            11,
        ),
    ];
    for (what, hurt, expected, size) in rows {
        let at = dir.path().join("copy");
        let _ = fs::remove_dir_all(&at);
        copy(&sound, &at);
        hurt(&at);
        let before = fs::read(segment(&at, Stream::Entries)).unwrap();
        match Ledger::open(&at, &options(Mode::Write)) {
            Err(StoreError::Unsound(unsound)) if expected(&unsound) => {}
            other => panic!("{what}: {other:?}"),
        }
        let mut ledger = open(&at, Mode::Read);
        assert!(ledger.unsound().is_some_and(expected), "{what}");
        assert_eq!(ledger.size(), size, "{what}");
        ledger.range(0..size).unwrap().for_each(|entry| drop(entry.unwrap()));
        assert!(matches!(ledger.append(NOW, vec![draft(60)]), Err(StoreError::ReadOnly)));
        drop(ledger);
        assert!(!check(&at).ok(), "{what}");
        assert_eq!(fs::read(segment(&at, Stream::Entries)).unwrap(), before, "{what}");
    }
}

#[test]
fn a_damaged_journal_without_an_index_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let path = segment(&at, Stream::Entries);
    let mut bytes = fs::read(&path).unwrap();
    bytes[300] ^= 1;
    fs::write(&path, &bytes).unwrap();
    fs::write(at.join("index/db"), [7; 5000]).unwrap();
    for mode in [Mode::Read, Mode::Write] {
        match (mode, Ledger::open(&at, &options(mode))) {
            (Mode::Read, Err(StoreError::Index { .. })) => {}
            (Mode::Write, Err(StoreError::Unsound(Unsound::Damaged { .. }))) => {}
            (_, other) => panic!("{other:?}"),
        }
    }
    assert!(at.join("index/db").exists(), "the index's files are kept");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

/// Restores a ledger after each kind of damage that something vouches for.
#[test]
fn recovery_puts_back_what_the_chain_vouches_for() {
    let dir = tempfile::tempdir().unwrap();
    let sound = small_ledger(dir.path());
    let files = dir.path().join("files");
    fs::create_dir(&files).unwrap();
    for n in 1..8 {
        fs::write(files.join(n.to_string()), received(n)).unwrap();
    }
    fs::write(files.join("other"), b"other bytes").unwrap();
    let files: Vec<PathBuf> =
        fs::read_dir(&files).unwrap().map(|file| file.unwrap().path()).collect();
    let entries = segment(&sound, Stream::Entries);
    let kept = records(&entries);
    let flip = |path: PathBuf, offset: usize| {
        let mut bytes = fs::read(&path).unwrap();
        bytes[offset] ^= 4;
        fs::write(path, bytes).unwrap();
    };
    type Hurt<'a> = Box<dyn Fn(&Path) + 'a>;
    let payload = |record: usize| kept[record].0 as usize + 16 + 100;
    let rows: Vec<(&str, Hurt<'_>, Vec<u64>, usize)> = vec![
        ("nothing", Box::new(|_| ()), vec![], 0),
        ("a payload", Box::new(|at| flip(segment(at, Stream::Entries), payload(5))), vec![3], 0),
        (
            "the last payload",
            Box::new(|at| flip(segment(at, Stream::Entries), payload(16))),
            vec![10],
            0,
        ),
        (
            "a record's header",
            Box::new(|at| {
                flip(segment(at, Stream::Entries), kept[7].0 as usize + 5);
            }),
            vec![4],
            0,
        ),
        ("the segment's header", Box::new(|at| flip(segment(at, Stream::Entries), 3)), vec![], 0),
        (
            "a commit",
            Box::new(|at| {
                flip(segment(at, Stream::Entries), kept[9].0 as usize + 20);
            }),
            vec![],
            0,
        ),
        (
            "the journal's end",
            Box::new(|at| {
                write_records(&segment(at, Stream::Entries), Stream::Entries, &kept[..9]);
            }),
            vec![6, 7, 8, 9, 10],
            0,
        ),
        (
            "all entries",
            Box::new(|at| fs::remove_file(segment(at, Stream::Entries)).unwrap()),
            (0..11).collect(),
            0,
        ),
        (
            "two entries swapped",
            Box::new(|at| {
                let mut swapped = kept.clone();
                swapped.swap(7, 8);
                write_records(&segment(at, Stream::Entries), Stream::Entries, &swapped);
            }),
            vec![],
            0,
        ),
        ("received bytes", Box::new(|at| flip(segment(at, Stream::Blobs), 120)), vec![], 1),
        (
            "all received bytes",
            Box::new(|at| fs::remove_file(segment(at, Stream::Blobs)).unwrap()),
            vec![],
            8,
        ),
        (
            "both",
            Box::new(|at| {
                flip(segment(at, Stream::Blobs), 120);
                flip(segment(at, Stream::Entries), payload(2));
            }),
            vec![1],
            1,
        ),
        ("a node of the tree", Box::new(|at| flip(at.join("tree"), 4 * 32 + 3)), vec![], 0),
        ("a line of the checkpoints", Box::new(|at| flip(at.join("checkpoints"), 4)), vec![], 0),
    ];
    for (what, hurt, entries, received) in rows {
        let at = dir.path().join("copy");
        let _ = fs::remove_dir_all(&at);
        copy(&sound, &at);
        hurt(&at);
        assert_eq!(check(&at).ok(), what == "nothing", "{what}");
        let done = recover(&at, &given(&files), &options(Mode::Write)).unwrap();
        assert_eq!((&done.entries, done.received.len()), (&entries, received), "{what}");
        assert_eq!(done.missing, [], "{what}");
        assert_eq!(
            done.kept.is_empty(),
            matches!(what, "nothing" | "all entries" | "all received bytes"),
            "{what}"
        );
        read_all(&at, Mode::Write, 11);
        assert_eq!(check(&at).faults, [], "{what}");
        let mut ledger = open(&at, Mode::Write);
        ledger.append(NOW, vec![draft(70)]).unwrap();
        ledger.close().unwrap();
        assert_eq!(read_all(&at, Mode::Read, 12), [], "{what}");
        assert_eq!(check(&at).faults, [], "{what}");
    }
}

#[test]
fn recovery_refuses_what_nothing_vouches_for() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let path = segment(&at, Stream::Entries);
    let kept = records(&path);
    // Damaged, and the index gone.
    let mut bytes = fs::read(&path).unwrap();
    bytes[kept[5].0 as usize + 120] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let index = dir.path().join("index");
    fs::rename(at.join("index"), &index).unwrap();
    match recover(&at, &Sources::default(), &options(Mode::Write)) {
        Err(RecoverError::Unvouched { sequence: 3, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
    // Received bytes are missing until the right file is given.
    fs::rename(&index, at.join("index")).unwrap();
    let blobs = segment(&at, Stream::Blobs);
    let mut bytes = fs::read(&blobs).unwrap();
    bytes[120] ^= 1;
    fs::write(&blobs, bytes).unwrap();
    // An index of another ledger holds another entry 3.
    let third = dir.path().join("third");
    let mut ledger = Ledger::init(&third, "example.org/third", NOW, &new_key()).unwrap();
    fill(&mut ledger);
    ledger.close().unwrap();
    fs::rename(at.join("index"), &index).unwrap();
    copy(&third.join("index"), &at.join("index"));
    match recover(&at, &Sources::default(), &options(Mode::Write)) {
        Err(RecoverError::Unvouched { sequence: 3, .. }) => {}
        other => panic!("{other:?}"),
    }
    fs::remove_dir_all(at.join("index")).unwrap();
    fs::rename(&index, at.join("index")).unwrap();
    let damaged = fs::read(&blobs).unwrap();
    let done = recover(&at, &Sources::default(), &options(Mode::Write)).unwrap();
    assert_eq!((done.entries, done.missing.len()), (vec![3], 1));
    assert_eq!(fs::read(&blobs).unwrap(), damaged, "what is missing may still be told from it");
    let missing = done.missing[0];
    let report = check(&at);
    assert!(report.faults.iter().any(|f| f.class == FaultClass::Blob && f.entry.is_some()));
    let ledger = open(&at, Mode::Read);
    assert!(matches!(ledger.blob(missing), Err(StoreError::NoBytes { .. })));
    drop(ledger);
    fs::remove_file(at.join("checkpoints")).unwrap();
    fs::write(at.join("checkpoints"), "").unwrap();
    assert!(matches!(
        recover(&at, &Sources::default(), &options(Mode::Write)),
        Err(RecoverError::NoCheckpoint)
    ));
}

/// Every byte of the tree's file and of the key's: found, said and made again, or refused.
#[test]
fn one_changed_byte_of_the_tree_is_found_and_put_right() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let path = at.join("tree");
    let sound = fs::read(&path).unwrap();
    for offset in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[offset] ^= 0x10;
        fs::write(&path, &bytes).unwrap();
        let report = check(&at);
        assert!(report.faults.iter().all(|f| f.class == FaultClass::Node), "{report:?}");
        assert!(report.faults.iter().any(|f| f.entry.is_some()), "{offset}");
        let done = recover(&at, &Sources::default(), &options(Mode::Write)).unwrap();
        assert!(done.tree && done.entries.is_empty());
        read_all(&at, Mode::Write, 5);
        assert_eq!(fs::read(&path).unwrap(), sound);
    }
    for len in 0..sound.len() {
        fs::write(&path, &sound[..len]).unwrap();
        read_all(&at, Mode::Read, 5);
        assert_eq!(fs::read(&path).unwrap(), sound, "{len}");
    }
}

#[test]
fn writing_takes_the_ledgers_own_key_and_reading_takes_none() {
    use blockholder::store::ledger::NewKey;
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let key = at.join("key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let secret = fs::read_to_string(&key).unwrap();
    for offset in 0..secret.trim_end().len() {
        let mut other = secret.clone().into_bytes();
        other[offset] ^= 1;
        fs::write(&key, &other).unwrap();
        match Ledger::open(&at, &options(Mode::Write)) {
            Err(
                StoreError::BadKey { .. } | StoreError::WrongKey { .. } | StoreError::Io { .. },
            ) => {}
            other => panic!("{offset}: {other:?}"),
        }
    }
    let other = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[8; 32]).unwrap();
    fs::write(&key, other.secret_text()).unwrap();
    let wrong = Ledger::open(&at, &options(Mode::Write));
    assert!(matches!(wrong, Err(StoreError::WrongKey { .. })), "{wrong:?}");
    let elsewhere = dir.path().join("elsewhere");
    write_secret(&elsewhere, &secret);
    fs::remove_file(&key).unwrap();
    read_all(&at, Mode::Read, 5);
    assert!(matches!(Ledger::open(&at, &options(Mode::Write)), Err(StoreError::NoKey { .. })));
    let with_key = Options { key: Some(elsewhere.clone()), ..options(Mode::Write) };
    Ledger::open(&at, &with_key).unwrap().append(NOW, vec![draft(30)]).unwrap();
    assert_eq!(check(&at).faults, []);
    // A new ledger takes a key that is there, if it is named like it.
    let taken = NewKey { seed: [9; 32], file: Some(elsewhere) };
    let second = dir.path().join("second");
    let ledger = Ledger::init(&second, ORIGIN, NOW, &taken).unwrap();
    assert!(fs::read_to_string(second.join("FORMAT")).unwrap().contains(&ledger.key().to_string()));
    assert!(!second.join("key").exists());
    let third = Ledger::init(&dir.path().join("third"), "example.org/third", NOW, &taken);
    assert!(matches!(third, Err(StoreError::WrongKey { .. })), "{third:?}");
}

/// A disk that says it wrote what it did not.
struct LyingDisk;

impl Disk for LyingDisk {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let mut bytes = bytes.to_vec();
        if step == Step::EntryWrite {
            bytes[16 + 100] ^= 1;
        }
        SystemDisk.write(step, file, &bytes)
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        SystemDisk.sync(step, file)
    }
}

#[test]
fn nothing_is_signed_that_does_not_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let before = notes(&at);
    let mut ledger = Ledger::open_on(&at, &options(Mode::Write), Box::new(LyingDisk)).unwrap();
    let error = ledger.append(NOW, vec![draft(30)]).unwrap_err();
    assert!(matches!(error, StoreError::ReadBack { sequence: 5 }), "{error}");
    assert!(matches!(ledger.append(NOW, vec![draft(31)]), Err(StoreError::Poisoned)));
    drop(ledger);
    assert_eq!(notes(&at), before);
}

/// Checkpoints that were acknowledged are signed, and each is a tree the next one begins with.
#[test]
fn every_checkpoint_is_signed_and_contradicts_no_other() {
    use blockholder::ledger::proof::{check_consistency, check_inclusion, consistency, inclusion};
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let tree = ledger.tree().unwrap();
    let mut source = |subtree| tree.hash(subtree);
    let signed: Vec<_> =
        notes(&at).iter().map(|note| checkpoints::parse(note, ledger.keys()).unwrap()).collect();
    assert_eq!(signed.iter().map(|s| s.size).collect::<Vec<_>>(), [1, 3, 4, 6, 7, 10, 11]);
    for (n, new) in signed.iter().enumerate() {
        assert_eq!(tree.root_at(new.size).unwrap(), new.root);
        for old in &signed[..n] {
            let path = consistency(old.size, new.size, &mut source).unwrap();
            check_consistency((old.size, old.root), (new.size, new.root), &path).unwrap();
        }
        for sequence in 0..new.size {
            let path = inclusion(sequence, new.size, &mut source).unwrap();
            let entry = ledger.entry(sequence).unwrap().to_bytes();
            let leaf = blockholder::ledger::merkle::leaf(&entry);
            check_inclusion(sequence, new.size, leaf, &path, new.root).unwrap();
        }
    }
    let last = ledger.checkpoint().unwrap();
    assert_eq!(last.verify([ledger.key()]).unwrap().len(), 1);
}

#[test]
fn a_checkpoint_of_another_key_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let forger = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[8; 32]).unwrap();
    let sound = notes(&at);
    for n in 0..sound.len() {
        let text = String::from_utf8(sound[n].clone()).unwrap();
        let forged = Checkpoint::parse(text.split("\n\n").next().unwrap()).unwrap().sign(&forger);
        let mut changed = sound.clone();
        changed[n] = forged.to_string().into_bytes();
        let bytes: Vec<u8> =
            changed.into_iter().flat_map(|note| [note, vec![b'\n']].concat()).collect();
        fs::write(at.join("checkpoints"), bytes).unwrap();
        let report = check(&at);
        assert!(report.faults.iter().any(|f| f.class == FaultClass::Signature), "{n}: {report:?}");
    }
}

/// Another history of the same length, whole in itself, is not what the checkpoint stands for.
#[test]
fn recovery_takes_no_other_history() {
    let dir = tempfile::tempdir().unwrap();
    let (at, other) = (tiny_ledger(&dir.path().join("a")), dir.path().join("other"));
    let mut ledger = Ledger::init(&other, ORIGIN, RecordedAt(NOW.0 + 5), &new_key()).unwrap();
    for batch in [vec![1], vec![2, 3], vec![4]] {
        ledger.append(NOW, batch.into_iter().map(draft).collect()).unwrap();
    }
    ledger.close().unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    fs::copy(segment(&other, Stream::Entries), segment(&at, Stream::Entries)).unwrap();
    match recover(&at, &Sources::default(), &options(Mode::Write)) {
        Err(RecoverError::OtherRoot { size: 5, .. }) => {}
        other => panic!("{other:?}"),
    }
    match Ledger::open(&at, &options(Mode::Write)) {
        Err(StoreError::Unsound(Unsound::Forked { size: 5, .. })) => {}
        other => panic!("{other:?}"),
    }
    let report = check(&at);
    assert!(names(&report, &[FaultClass::Leaf], 0), "{report:?}");
}

/// Received bytes that were acknowledged are damage where they are no longer whole, even at the
/// very end: they are not set aside as if nobody had been told of them.
#[test]
fn damaged_received_bytes_at_the_end_stay_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let path = segment(&at, Stream::Blobs);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    let mut ledger = open(&at, Mode::Write);
    let notices = ledger.take_notices();
    assert!(notices.iter().any(|n| matches!(n, Notice::BlobsDamaged { .. })), "{notices:?}");
    assert!(!notices.iter().any(|n| matches!(n, Notice::TailSetAside { .. })), "{notices:?}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert!(matches!(ledger.blob(content(&received(7))), Err(StoreError::NoBytes { .. })));
    ledger.append(NOW, vec![draft(80)]).unwrap();
    drop(ledger);
    assert!(fs::read(&path).unwrap().starts_with(&bytes));
    assert!(names(&check(&at), &[FaultClass::Blob], 10));
    let file = dir.path().join("again");
    fs::write(&file, received(7)).unwrap();
    let done = recover(&at, &given(&[file]), &options(Mode::Write)).unwrap();
    assert_eq!(done.received, [content(&received(7))]);
    read_all(&at, Mode::Write, 12);
    assert_eq!(check(&at).faults, []);
}

#[test]
fn a_second_process_is_told_who_holds_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let held = open(&at, Mode::Read);
    match Ledger::open(&at, &options(Mode::Read)) {
        Err(StoreError::Locked { holder }) => {
            let pid = std::process::id().to_string();
            for part in [pid.as_str(), "2026-09-21T14:13:20.000000Z", "doing test"] {
                assert!(holder.contains(part), "{holder}");
            }
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    open(&at, Mode::Write);
}

#[test]
fn what_is_no_ledger_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let format = |text: &str| fs::write(at.join("FORMAT"), text).unwrap();
    let refusal = |at: &Path| Ledger::open(at, &options(Mode::Read)).unwrap_err().to_string();
    for (text, expected) in [
        ("", "a FORMAT file of something else"),
        ("blockholder ledger\nversion 2\norigin x\n", "format 2: it takes a newer program"),
        ("blockholder ledger\nversion 0\norigin x\n", "a damaged version line"),
        ("blockholder ledger\nversion 1\norigin x", "a damaged key line"),
        ("blockholder ledger\nversion 1\norigin x\nkey x\n", "a damaged key line"),
        ("blockholder ledger\nversion 1\nname x\n", "a damaged origin line"),
    ] {
        format(text);
        assert!(refusal(&at).contains(expected), "{text:?}: {}", refusal(&at));
    }
    let nowhere = dir.path().join("nowhere");
    assert!(refusal(&nowhere).contains("no such folder"));
    assert!(!nowhere.exists(), "a mistyped path makes nothing");
    assert!(refusal(&at.join("FORMAT")).contains("got a file"), "{}", refusal(&at.join("FORMAT")));
    assert!(refusal(dir.path()).contains("a folder without a FORMAT file"));
    for (dir, expected) in [(at.as_path(), "got a ledger"), (dir.path(), "got other files")] {
        let error = Ledger::init(dir, ORIGIN, NOW, &new_key()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for origin in ["", "a+b", "two words", "line\nfeed", &"x".repeat(256), "\u{e9}"] {
        let error = Ledger::init(&nowhere, origin, NOW, &new_key()).unwrap_err();
        assert!(matches!(error, StoreError::BadOrigin { .. }), "{origin:?}");
    }
    assert!(!nowhere.exists());
}

/// Fails one step of one append: the bytes are lost, or kept in spite of the error.
struct FailingDisk {
    step: Step,
    after: u32,
    kept: bool,
    fired: Rc<Cell<bool>>,
}

impl FailingDisk {
    fn fails(&mut self, step: Step) -> bool {
        if step != self.step || self.fired.get() {
            return false;
        }
        self.after = self.after.saturating_sub(1);
        self.fired.set(self.after == 0);
        self.fired.get()
    }
}

impl Disk for FailingDisk {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if !self.fails(step) {
            return SystemDisk.write(step, file, bytes);
        }
        let part = if self.kept { bytes } else { &bytes[..bytes.len() / 2] };
        SystemDisk.write(step, file, part)?;
        Err(io::Error::other("no space left"))
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        if !self.fails(step) {
            return SystemDisk.sync(step, file);
        }
        if !self.kept {
            let len = file.metadata()?.len();
            file.set_len(len - len.min(30))?;
        }
        Err(io::Error::other("input/output error"))
    }
}

#[test]
fn every_durable_step_may_fail_lost_or_kept() {
    for step in Step::ALL {
        for kept in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let at = small_ledger(dir.path());
            let fired = Rc::new(Cell::new(false));
            let disk = FailingDisk { step, after: 2, kept, fired: fired.clone() };
            let options = options(Mode::Write);
            let mut ledger = Ledger::open_on(&at, &options, Box::new(disk)).unwrap();
            ledger.append(NOW, vec![draft(40)]).unwrap();
            let error = ledger.append(NOW, vec![draft(41)]).unwrap_err();
            let what = format!("{step:?} kept {kept}");
            assert!(fired.get() && matches!(error, StoreError::Io { .. }), "{what}: {error}");
            let after = ledger.append(NOW, vec![draft(42)]);
            assert!(matches!(after, Err(StoreError::Poisoned)), "{what}: {after:?}");
            assert_eq!(ledger.size(), 12, "{what}");
            drop(ledger);
            let report = check(&at);
            assert_eq!(report.faults, [], "{what}");
            let size = open(&at, Mode::Write).size();
            // What was acknowledged is there; what was not may be, whole or not at all.
            let whole = step > Step::EntrySync || (kept && step >= Step::EntryWrite);
            assert_eq!(size, if whole { 13 } else { 12 }, "{what}");
            read_all(&at, Mode::Write, size);
            let mut ledger = open(&at, Mode::Write);
            let (decision, _) = take(&mut ledger, filing(41), received(41));
            assert_eq!(matches!(decision, Decision::Exists { .. }), size == 13, "{what}");
            ledger.close().unwrap();
            assert_eq!(read_all(&at, Mode::Read, 13), [], "{what}");
            assert_eq!(check(&at).faults, [], "{what}");
        }
    }
}
