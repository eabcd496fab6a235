//! Audits beyond the ledger's own files: against kept checkpoints, of seals, of readings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use blockholder::ledger::audit::{FaultClass, LEVELS};
use blockholder::ledger::chain::Entry;
use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::event::{Because, Event, FilingDecided, FilingRef, TopicsSealed};
use blockholder::ledger::merkle::leaf;
use blockholder::ledger::note::Note;
use blockholder::ledger::seal::Sorting;
use blockholder::reading::read::{READER_VERSION, read};
use blockholder::store::audit::{Report, Scope, audit_within};
use blockholder::store::checkpoints;
use blockholder::store::ledger::{Ledger, Mode, NewKey};
use blockholder::store::log::{Draft, Log, StoreError};
use blockholder::store::segment::{HEADER_LEN, Item, Records, Stream, Tag};
use blockholder::store::unpack::Reader;
use common::*;

fn audited(at: &Path, scope: &Scope<'_>) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    audit_within(at, scratch.path(), &options(Mode::Read), scope).unwrap()
}

fn classes(report: &Report) -> Vec<(FaultClass, Option<u64>)> {
    report.faults.iter().map(|fault| (fault.class, fault.entry)).collect()
}

/// A ledger of five entries, with the checkpoint after each of them.
fn kept(dir: &Path, numbers: [u64; 4]) -> Vec<Note> {
    let mut ledger = Ledger::init(&dir.join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    let mut notes = vec![ledger.checkpoint().unwrap()];
    for n in numbers {
        ledger.append(NOW, vec![draft(n)]).unwrap();
        notes.push(ledger.checkpoint().unwrap());
    }
    ledger.close().unwrap();
    notes
}

/// A ledger that was written anew is sound by itself. Each kept checkpoint shows from where on it
/// is another; one that it does not reach, that it was cut.
#[test]
fn a_kept_checkpoint_shows_another_history() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let notes = kept(one.path(), [1, 2, 3, 4]);
    kept(two.path(), [1, 2, 9, 4]);
    let (own, other) = (one.path().join("ledger"), two.path().join("ledger"));
    let all = Scope { against: &notes, ..Scope::default() };
    assert_eq!(classes(&audited(&own, &all)), []);
    assert_eq!(classes(&audited(&other, &Scope::default())), []);
    let forked = [(FaultClass::Fork, Some(3)), (FaultClass::Fork, Some(4))];
    assert_eq!(classes(&audited(&other, &all)), forked);
    let three = tempfile::tempdir().unwrap();
    let shorter = three.path().join("ledger");
    let mut ledger = Ledger::init(&shorter, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1)]).unwrap();
    ledger.close().unwrap();
    let beyond = vec![(FaultClass::Rollback, Some(2)); 3];
    assert_eq!(classes(&audited(&shorter, &all)), beyond);
}

#[test]
fn a_kept_checkpoint_of_another_ledger_is_named() {
    let dir = tempfile::tempdir().unwrap();
    kept(dir.path(), [1, 2, 3, 4]);
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Ledger::init(&elsewhere.path().join("l"), "example.org/b", NOW, &new_key());
    let notes = [other.unwrap().checkpoint().unwrap()];
    let scope = Scope { against: &notes, ..Scope::default() };
    let found = classes(&audited(&dir.path().join("ledger"), &scope));
    assert_eq!(found, [(FaultClass::Signature, None)]);
}

/// The last checkpoint is after the one that is gone on from, whether it can be read or not.
#[test]
fn a_damaged_last_checkpoint_is_named_by_an_audit_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let notes = kept(dir.path(), [1, 2, 3, 4]);
    let at = dir.path().join("ledger");
    let mut all = fs::read(at.join("checkpoints")).unwrap();
    let last = all.len() - 30;
    all[last] = 0;
    fs::write(at.join("checkpoints"), all).unwrap();
    for note in &notes[..4] {
        let since = Checkpoint::parse(note.text()).unwrap();
        let scope = Scope { since: Some(&since), ..Scope::default() };
        let found = classes(&audited(&at, &scope));
        assert_eq!(found, [(FaultClass::Checkpoint, None)], "from {}", since.size);
    }
}

/// What an entry says counts where it stands, whatever number it says: nothing is found but its
/// number, and no entry is named that is not there.
#[test]
fn an_entry_under_another_number_is_named_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let mut ledger = open(&at, Mode::Write);
    let because = || Because { reason: "r".to_owned(), who: "w".to_owned() };
    let filing = FilingRef { entry: 2, content: content(&received(2)) };
    ledger.redact(NOW, FilingDecided { filing, because: because() }).unwrap();
    ledger.rotate(NOW, &NewKey { seed: [8; 32], file: None }, because()).unwrap();
    ledger.append(NOW, vec![draft(9)]).unwrap();
    ledger.close().unwrap();
    let path = segment(&at, Stream::Entries);
    let sound = records(&path);
    // The filing whose bytes are redacted, the redaction, and the change of the key.
    for entry in [2_u64, 5, 6] {
        let mut changed = sound.clone();
        let mut stored = changed.iter_mut().filter(|(_, tag, _)| *tag == Tag::Entry);
        let (_, _, stored) = stored.nth(entry as usize).unwrap();
        stored[12] ^= 1;
        write_records(&path, Stream::Entries, &changed);
        let found = classes(&audited(&at, &Scope::default()));
        let of_it = |(class, at): &(FaultClass, Option<u64>)| {
            use FaultClass::{Commit, Hash, Index, Leaf, Order};
            let known = [Order, Leaf, Hash, Commit, Index];
            known.contains(class) && *at == Some(entry)
        };
        assert!(!found.is_empty() && found.iter().all(of_it), "{entry}: {found:?}");
    }
}

/// A last checkpoint that says more entries than there are is not signed, whatever stands behind
/// the last commit.
#[test]
fn a_changed_size_of_the_last_checkpoint_is_named() {
    for (changed, with_tail) in [("4", false), ("6", false), ("95", false), ("6", true)] {
        let dir = tempfile::tempdir().unwrap();
        kept(dir.path(), [1, 2, 3, 4]);
        let at = dir.path().join("ledger");
        let notes = fs::read_to_string(at.join("checkpoints")).unwrap();
        let (before, after) = notes.rsplit_once("\n5\n").unwrap();
        let other = format!("{before}\n{changed}\n{after}");
        fs::write(at.join("checkpoints"), other).unwrap();
        if with_tail {
            // The entries of a batch that was never ended.
            let longer = tempfile::tempdir().unwrap();
            kept(longer.path(), [1, 2, 3, 4]);
            let mut ledger = open(&longer.path().join("ledger"), Mode::Write);
            ledger.append(NOW, vec![draft(5)]).unwrap();
            ledger.close().unwrap();
            let path = |dir: &Path| segment(&dir.join("ledger"), Stream::Entries);
            let bytes = fs::read(path(longer.path())).unwrap();
            let records = Records::new(&bytes, HEADER_LEN).filter_map(|item| match item {
                Item::Record(record) if record.tag == Tag::Commit => Some(record.offset as usize),
                _ => None,
            });
            fs::write(path(dir.path()), &bytes[..records.last().unwrap()]).unwrap();
        }
        let found = classes(&audited(&at, &Scope::default()));
        let expected = (FaultClass::Signature, None);
        assert_eq!(found.first(), Some(&expected), "{changed} {with_tail}: {found:?}");
    }
}

#[test]
fn a_seal_of_something_else_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let mut ledger = open(&at, Mode::Write);
    let mut seal = |seal: TopicsSealed| {
        let events = vec![Event::TopicsSealed(seal)];
        ledger.append(NOW, vec![Draft { events, received: None }]).unwrap()[0][0].sequence
    };
    let right = |from: u64, size: u64| {
        let ledger = common::open(&copied(&at, dir.path(), from), Mode::Read);
        let mut sorting = Sorting::from(from);
        (from..size).for_each(|n| sorting.push(&ledger.event(n).unwrap()));
        sorting.finish().seal()
    };
    let whole = right(0, 9);
    let sound = [seal(whole), seal(right(3, 11))];
    let false_ones = [
        TopicsSealed { root: leaf(b"another"), ..whole },
        TopicsSealed { topics: whole.topics + 1, ..whole },
        TopicsSealed { size: 8, ..whole },
        TopicsSealed { from: 4, ..whole },
    ];
    let expected = false_ones.map(|one| (FaultClass::Seal, Some(seal(one))));
    assert_eq!(sound, [11, 12]);
    ledger.close().unwrap();
    assert_eq!(classes(&audited(&at, &Scope::default())), expected);
}

fn copied(at: &Path, to: &Path, number: u64) -> std::path::PathBuf {
    let to = to.join(format!("copy-{number}"));
    copy(at, &to);
    to
}

/// Filings that say they were read by this reader and do not read so are named, and no others.
#[test]
fn readings_are_held_against_their_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    for (n, reader) in [(1, READER_VERSION), (2, READER_VERSION + 1), (3, READER_VERSION)] {
        let mut filing = filing(n);
        filing.reader = reader;
        if n == 3 {
            let accession = filing.reading.accession.clone();
            filing.reading = read(&received(n));
            filing.supplied.accession = accession.value().copied();
        }
        ledger.append(NOW, vec![draft_of(filing, received(n))]).unwrap();
    }
    let mut long = large(4);
    long.reader = READER_VERSION;
    ledger.append(NOW, vec![draft_of(long, received(4))]).unwrap();
    ledger.close().unwrap();
    let reader = Some(Reader { version: READER_VERSION, read: &read });
    let report = audited(&at, &Scope { reader, ..Scope::default() });
    let expected = [(FaultClass::Derivation, Some(1)), (FaultClass::Derivation, Some(4))];
    assert_eq!(classes(&report), expected);
    assert!(report.not_checked.contains(&"L6 readings: 1 by another reader than this one".into()));
    assert_eq!(classes(&audited(&at, &Scope::default())), []);
}

/// Whatever a quick audit leaves out it says, and finds nothing there.
#[test]
fn a_quick_audit_says_what_it_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let blobs = segment(&at, blockholder::store::segment::Stream::Blobs);
    let mut bytes = std::fs::read(&blobs).unwrap();
    let last = bytes.len() - 1;
    bytes[last - 40] ^= 1;
    std::fs::write(&blobs, bytes).unwrap();
    let quick = audited(&at, &Scope { quick: true, ..Scope::default() });
    assert_eq!(classes(&quick), []);
    for (level, _) in &LEVELS[4..] {
        assert!(quick.not_checked.iter().any(|what| what.starts_with(level)), "{level}");
    }
    assert_eq!(quick.checked.len(), 4);
    let whole = audited(&at, &Scope::default());
    assert!(!whole.ok());
    assert_eq!(whole.checked.len(), 6);
}

#[test]
fn progress_ends_within_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let most = AtomicU64::new(0);
    let progress = |done: u64, total: u64| {
        assert!(done <= total);
        most.fetch_max(total, Ordering::Relaxed);
    };
    audited(&at, &Scope { progress: Some(&progress), ..Scope::default() });
    assert!(most.load(Ordering::Relaxed) > 1000);
}

/// From a kept checkpoint on: what came after is audited, what came before only by its tree.
#[test]
fn an_audit_goes_on_from_a_kept_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.set_roll(1500);
    fill(&mut ledger);
    ledger.close().unwrap();
    let notes = checkpoints::all(&at.join("checkpoints")).unwrap().notes;
    let parsed = |note: &Vec<u8>| {
        let note = Note::parse(note).unwrap();
        Checkpoint::parse(note.text()).unwrap()
    };
    let kept: Vec<Checkpoint> = notes.iter().map(parsed).collect();
    let size = kept.last().unwrap().size;
    let since = |at: &Path, kept: &Checkpoint| {
        let scratch = tempfile::tempdir().unwrap();
        let scope = Scope { since: Some(kept), ..Scope::default() };
        audit_within(at, scratch.path(), &options(Mode::Read), &scope).unwrap()
    };
    let mut hashed = u64::MAX;
    for kept in &kept {
        let report = since(&at, kept);
        assert!(report.ok(), "{}: {:?}", kept.size, report.faults);
        assert_eq!(report.size, size);
        let said = |part: &str, of: &[String]| of.iter().any(|line| line.contains(part));
        assert!(said(&format!("the {} entries of the checkpoint", kept.size), &report.checked));
        assert!(said(&format!("the first {} entries", kept.size), &report.not_checked));
        assert!(said("L5 ", &report.not_checked) && said("L4 ", &report.checked));
        assert!(report.hashed < hashed, "{} of {hashed}", report.hashed);
        hashed = report.hashed;
    }
    // Each entry, changed: one that came after is found, one before only where the trees meet.
    let middle = &kept[3];
    let segments = Stream::Entries.segments(&at.join("journal")).unwrap();
    assert!(segments.len() > 2);
    let mut found = Vec::new();
    for number in segments {
        let path = Stream::Entries.file(&at.join("journal"), number);
        let sound = fs::read(&path).unwrap();
        for item in Records::new(&sound, HEADER_LEN) {
            let Item::Record(record) = item else { panic!("damage") };
            let Some(entry) = Some(record).filter(|r| r.tag == Tag::Entry) else { continue };
            let sequence = Entry::from_bytes(entry.body).unwrap().sequence();
            let mut bytes = sound.clone();
            bytes[record.end() as usize - 1] ^= 1;
            fs::write(&path, bytes).unwrap();
            let report = since(&at, middle);
            assert!(report.faults.iter().all(|fault| fault.entry.is_none_or(|at| at == sequence)));
            found.extend((!report.ok()).then_some(sequence));
        }
        fs::write(&path, sound).unwrap();
    }
    assert_eq!(found, (middle.size - 1..size).collect::<Vec<_>>());
    // Another root, another size, hashes that lead elsewhere.
    let other = Checkpoint { root: kept[0].root, ..middle.clone() };
    assert!(classes(&since(&at, &other)).iter().any(|(class, _)| *class == FaultClass::Root));
    let larger = Checkpoint { size: size + 1, ..middle.clone() };
    let refused = |kept: &Checkpoint| {
        let scratch = tempfile::tempdir().unwrap();
        let scope = Scope { since: Some(kept), ..Scope::default() };
        audit_within(&at, scratch.path(), &options(Mode::Read), &scope).unwrap_err()
    };
    assert!(matches!(refused(&larger), StoreError::NoHashes { .. }));
    let tree = fs::read(at.join("tree")).unwrap();
    fs::write(at.join("tree"), [tree.clone(), tree.clone()].concat()).unwrap();
    assert!(matches!(refused(&larger), StoreError::NotReached { .. }));
    for (offset, is_found) in [(0, false), (3 * 32, true)] {
        // The first leaf is under a node that stands for it; that node is not.
        let mut bytes = tree.clone();
        bytes[offset] ^= 1;
        fs::write(at.join("tree"), bytes).unwrap();
        assert_eq!(!since(&at, &kept[1]).ok(), is_found, "{offset}");
    }
    fs::remove_file(at.join("tree")).unwrap();
    assert!(matches!(refused(middle), StoreError::NoHashes { .. }));
}
