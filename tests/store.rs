//! The store's contract, on every store; and what the one in a folder survives and refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use blockholder::ledger::admit::Decision;
use blockholder::ledger::audit::FaultClass;
use blockholder::ledger::event::{Event, IssuerKey};
use blockholder::store::audit::{Report, audit};
use blockholder::store::ledger::{Ledger, Mode, Notice};
use blockholder::store::log::{Draft, DraftError, Log, Memory, StoreError};
use blockholder::store::segment::{Stream, Tag};
use blockholder::terms::time::RecordedAt;
use common::*;

fn check(at: &Path) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    audit(at, scratch.path(), &options(Mode::Read)).unwrap()
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
    let tesla = [1, 2, 3, 4, 5, 7, 10];
    for key in [
        IssuerKey::Cik("1318605".parse().unwrap()),
        IssuerKey::Cusip("88160R101".parse().unwrap()),
        IssuerKey::name("TESLA MOTORS INC"),
    ] {
        assert_eq!(log.postings(&key).unwrap(), tesla, "{key:?}");
        assert!(log.issuer_keys().unwrap().contains(&(key, 7)));
    }
    assert!(log.postings(&IssuerKey::name("Tesla")).unwrap().is_empty());
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

#[test]
fn the_contract_holds_in_memory() {
    contract(&mut Memory::init(ORIGIN, NOW).unwrap());
}

#[test]
fn the_contract_holds_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW).unwrap();
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
    let mut ledger = Ledger::init(&at, ORIGIN, NOW).unwrap();
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
    let (entries, last) = before
        .fold((0, Tag::Entry), |(n, _), (_, tag, _)| (n + u64::from(*tag == Tag::Entry), *tag));
    let _ = last;
    u64::saturating_sub(entries, 1)
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
