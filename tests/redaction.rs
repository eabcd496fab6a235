//! Received bytes that are kept no more: gone from every file, and every proof as it was.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/exports.rs"]
mod exports;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use blockholder::ledger::audit::FaultClass;
use blockholder::ledger::event::{Because, Event, FilingDecided, FilingRef};
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::store::audit::{Redacted, Report, audit};
use blockholder::store::disk::{Outcome, fated};
use blockholder::store::export_audit::Trust;
use blockholder::store::exported::{Folder, blob_path};
use blockholder::store::import::import;
use blockholder::store::ledger::{Ledger, Mode, Options};
use blockholder::store::log::{Draft, Log, StoreError};
use blockholder::store::recover::{Sources, recover};
use blockholder::store::segment::{Stream, Tag};
use common::*;
use exports::Held;

/// A word that stands in the bytes that are redacted, and nowhere else.
const SECRET: &str = "987-65-4320";

fn secret() -> Vec<u8> {
    format!("{SECRET} {}", "an address that somebody wants to be gone ".repeat(9)).into_bytes()
}

fn secret_filing(n: u64) -> Draft {
    let mut filing = filing(n);
    (filing.content, filing.content_len) = (content(&secret()), secret().len() as u64);
    draft_of(filing, secret())
}

/// Entries 1 and 2, then the filing with the secret in entry 3, then 4.
fn begun(at: &Path) {
    let mut ledger = Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1), draft(2)]).unwrap();
    ledger.append(NOW, vec![secret_filing(3)]).unwrap();
    ledger.append(NOW, vec![draft(4)]).unwrap();
    ledger.close().unwrap();
}

fn decided() -> FilingDecided {
    let because = Because { reason: "a tax number".to_owned(), who: "me".to_owned() };
    FilingDecided { filing: FilingRef { entry: 3, content: content(&secret()) }, because }
}

fn redact(at: &Path) -> Result<(u64, Vec<PathBuf>), StoreError> {
    let mut ledger = Ledger::open(at, &options(Mode::Write))?;
    let done = ledger.redact(NOW, decided());
    done.and_then(|done| ledger.close().map(|_| done))
}

fn audited(at: &Path) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    audit(at, scratch.path(), &options(Mode::Read)).unwrap()
}

/// Every file below a folder that has the secret, compressed or not: a blob is small enough that
/// zstd leaves its first words as they are.
fn who_has_it(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(who_has_it(&path));
        } else if fs::read(&path).unwrap().windows(SECRET.len()).any(|w| w == SECRET.as_bytes()) {
            found.push(path);
        }
    }
    found
}

fn gone(gone: u64, still: u64) -> Redacted {
    Redacted { gone, still }
}

#[test]
fn redacted_bytes_are_gone_and_every_proof_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    assert_eq!(who_has_it(&at).len(), 1);
    let ledger = open(&at, Mode::Read);
    let (root, size) = (ledger.tree().unwrap().root_at(5).unwrap(), ledger.size());
    ledger.close().unwrap();
    let lens = |at: &Path| fs::metadata(segment(at, Stream::Blobs)).unwrap().len();
    let before = lens(&at);
    let (entry, files) = redact(&at).unwrap();
    assert_eq!((entry, files, size), (5, vec![segment(&at, Stream::Blobs)], 5));
    assert_eq!((who_has_it(&at), lens(&at)), (vec![], before));
    for _ in 0..2 {
        let report = audited(&at);
        assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)));
        let ledger = open(&at, Mode::Read);
        assert_eq!(ledger.take_notices().len(), usize::from(!at.join("index").exists()));
        assert_eq!(ledger.tree().unwrap().root_at(5).unwrap(), root);
        match ledger.blob(content(&secret())) {
            Err(StoreError::Redacted { entry: 5, .. }) => {}
            other => panic!("{other:?}"),
        }
        for n in [1, 2, 4] {
            ledger.blob(content(&received(n))).unwrap();
        }
        drop(ledger);
        // And with the index made again from the journal.
        let index = at.join("index");
        if index.exists() {
            fs::remove_dir_all(index).unwrap();
            let ledger = open(&at, Mode::Read);
            ledger.take_notices();
            ledger.close().unwrap();
        }
    }
    // It goes on, the same bytes do not come back, and a second redaction finds nothing to do.
    let mut ledger = open(&at, Mode::Write);
    let mut other = filing(1);
    (other.content, other.content_len) = (content(&secret()), secret().len() as u64);
    take(&mut ledger, other, secret());
    ledger.append(NOW, vec![draft(9)]).unwrap();
    ledger.close().unwrap();
    assert_eq!(who_has_it(&at), [] as [PathBuf; 0]);
    assert_eq!(redact(&at).unwrap(), (5, vec![]));
    let report = audited(&at);
    assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)));
}

#[test]
fn bytes_that_nobody_redacted_stay_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let path = segment(&at, Stream::Blobs);
    let sound = records(&path);
    let faults = |changed: &[(u64, Tag, Vec<u8>)]| {
        write_records(&path, Stream::Blobs, changed);
        let report = audited(&at);
        let blobs = report.faults.iter().filter(|f| f.class == FaultClass::Blob);
        (blobs.map(|f| f.entry).collect::<Vec<_>>(), report.redacted)
    };
    // Gone, and a tombstone that no entry speaks for.
    let mut lost = sound.clone();
    lost.remove(2);
    assert_eq!(faults(&lost), (vec![Some(3)], gone(0, 0)));
    let mut forged = sound.clone();
    let len = forged[2].2.len();
    let tombstone = blockholder::store::journal::Gone { raw_len: secret().len() as u64, entry: 4 };
    forged[2] = (0, Tag::Gone, tombstone.body(&content(&secret()), len));
    assert_eq!(faults(&forged), (vec![Some(3)], gone(0, 0)));
    write_records(&path, Stream::Blobs, &sound);
    // A tombstone for another than the redacted bytes, of another length, of another entry.
    redact(&at).unwrap();
    let sound = records(&path);
    for (at, wrong) in [(32, 1), (40, 1)] {
        let mut other = sound.clone();
        other[2].2[at] ^= wrong;
        assert_eq!(faults(&other).0, [Some(3)], "{at}");
    }
    let named = |n: u64| {
        sound.iter().position(|(_, _, body)| body[..32] == content(&received(n)).0).unwrap()
    };
    let mut other = sound.clone();
    let body = blockholder::store::journal::Gone { raw_len: received(1).len() as u64, entry: 5 };
    let at_one = named(1);
    let len = other[at_one].2.len();
    other[at_one] = (0, Tag::Gone, body.body(&content(&received(1)), len));
    assert_eq!(faults(&other), (vec![Some(1)], gone(1, 0)));
    write_records(&path, Stream::Blobs, &sound);
    assert_eq!(audited(&at).faults, []);
}

/// The event alone: an earlier process was killed before it took the bytes out.
#[test]
fn redacted_bytes_that_are_still_there_are_told_and_taken_out_the_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let mut ledger = open(&at, Mode::Write);
    let events = vec![Event::ContentRedacted(decided())];
    ledger.append(NOW, vec![Draft { events, received: None }]).unwrap();
    // No export takes them along.
    let held = Held::of(&ledger);
    assert!(!held.files.contains_key(&blob_path(content(&secret()))));
    let report = held.audit().report;
    assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)));
    ledger.close().unwrap();
    let report = audited(&at);
    assert_eq!((report.faults, report.redacted), (vec![], gone(0, 1)));
    assert_eq!(redact(&at).unwrap(), (5, vec![segment(&at, Stream::Blobs)]));
    let report = audited(&at);
    assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)));
}

#[test]
fn a_redaction_of_nothing_is_refused_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let mut ledger = open(&at, Mode::Write);
    let of = |entry, bytes: &[u8]| {
        let filing = FilingRef { entry, content: content(bytes) };
        Event::ContentRedacted(FilingDecided { filing, ..decided() })
    };
    for (entry, bytes) in [(9, received(1)), (1, b"never".to_vec()), (2, received(1))] {
        let events = vec![of(entry, &bytes)];
        let refused = ledger.append(NOW, vec![Draft { events, received: None }]);
        assert!(matches!(refused, Err(StoreError::Draft(_))), "{refused:?}");
    }
    // Bytes under another entry than the first that names them: only an audit looks so far back.
    let mut other = filing(1);
    (other.content, other.content_len) = (content(&secret()), secret().len() as u64);
    take(&mut ledger, other, secret());
    let events = vec![of(5, &secret())];
    ledger.append(NOW, vec![Draft { events, received: None }]).unwrap();
    let held = Held::of(&ledger);
    ledger.close().unwrap();
    let faults = audited(&at).faults;
    assert_eq!((faults.len(), faults[0].class, faults[0].entry), (1, FaultClass::Event, Some(6)));
    assert!(held.faults().contains(&("event", Some(6))));
}

/// Exports before and after, brought up, imported, recovered from.
#[test]
fn copies_do_not_take_redacted_bytes_along() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let ledger = open(&at, Mode::Read);
    let mut export = Held::of(&ledger);
    let older = export.clone();
    ledger.close().unwrap();
    let name = blob_path(content(&secret()));
    assert!(older.files.contains_key(&name));
    redact(&at).unwrap();
    let ledger = open(&at, Mode::Read);
    let done = export.export(&ledger).unwrap();
    assert_eq!((done.redacted, done.withdrawn), (1, 1));
    assert_eq!(Held::of(&ledger).files, export.files);
    ledger.close().unwrap();
    assert_eq!(export.audit().report.redacted, gone(1, 0));
    // With the bytes put back into the export: told, and no fault.
    let mut back = export.clone();
    back.files.insert(name.clone(), secret());
    let report = back.audit().report;
    assert_eq!((report.faults, report.redacted), (vec![], gone(0, 1)));
    // Without the event they are missing.
    assert_eq!(older.without(&name).faults(), [("blob", Some(3))]);
    for (what, held, redacted) in [("new", &export, 1), ("put back", &back, 1), ("old", &older, 0)]
    {
        let (from, to) = (dir.path().join(format!("{what} export")), dir.path().join(what));
        held.write_to(&from);
        let options = options(Mode::Read);
        import(&to, &Folder::new(&from), &Trust::default(), &options).unwrap().close().unwrap();
        let report = audited(&to);
        assert_eq!((report.faults, report.redacted), (vec![], gone(redacted, 0)), "{what}");
        assert_eq!(who_has_it(&to).is_empty(), redacted == 1, "{what}");
    }
    // An older export has the bytes, and recovering from it does not bring them back, nor does the
    // file itself, whatever became of the segment.
    let from = dir.path().join("old export");
    let file = dir.path().join("the file");
    fs::write(&file, secret()).unwrap();
    for hurt in [false, true] {
        if hurt {
            fs::remove_file(segment(&at, Stream::Blobs)).unwrap();
        }
        let sources = Sources { files: vec![file.clone()], export: Some(from.clone()) };
        let done = recover(&at, &sources, &options(Mode::Write)).unwrap();
        assert_eq!(done.withheld, [content(&secret())]);
        assert_eq!((done.missing, done.received.len()), (vec![], if hurt { 3 } else { 0 }));
        open(&at, Mode::Write).close().unwrap();
        let report = audited(&at);
        assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)), "{hurt}");
        assert_eq!(who_has_it(&at), [] as [PathBuf; 0], "{hurt}");
    }
}

/// Files that were set aside have the bytes, too.
#[test]
fn files_that_were_set_aside_lose_them_too() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let path = segment(&at, Stream::Blobs);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let given = |n: u64| {
        let file = dir.path().join(n.to_string());
        fs::write(&file, received(n)).unwrap();
        file
    };
    let sources = Sources { files: vec![given(1), given(2)], export: None };
    recover(&at, &sources, &options(Mode::Write)).unwrap();
    assert_eq!(who_has_it(&at).len(), 2);
    let (_, files) = redact(&at).unwrap();
    assert_eq!((files.len(), who_has_it(&at)), (2, vec![]));
    assert_eq!(audited(&at).faults, []);
}

/// Each durable step fails, lost and kept, and the process goes on or is gone.
#[test]
fn every_step_of_a_redaction_may_fail() {
    let dir = tempfile::tempdir().unwrap();
    let steps = Rc::new(Cell::new(0_u64));
    let counted = Rc::clone(&steps);
    let at = dir.path().join("whole");
    begun(&at);
    let count = move |_, _: &Path| {
        counted.set(counted.get() + 1);
        Outcome::Done
    };
    fated(count, || redact(&at)).unwrap();
    for step in 0..steps.get() {
        for outcome in [Outcome::Lost, Outcome::Kept] {
            for dies in [false, true] {
                let at = dir.path().join(format!("{step}-{outcome:?}-{dies}"));
                begun(&at);
                let mut now = 0;
                let fate = move |_, _: &Path| {
                    now += 1;
                    match now - 1 {
                        at if at == step => outcome,
                        at if dies && at > step => Outcome::Lost,
                        _ => Outcome::Done,
                    }
                };
                let what = format!("step {step} {outcome:?} dies {dies}");
                assert!(fated(fate, || redact(&at)).is_err(), "{what}: nobody was told");
                // Never gone without the event that says so.
                let faults = audited(&at).faults;
                assert!(!faults.iter().any(|f| f.class == FaultClass::Blob), "{what}: {faults:?}");
                redact(&at).unwrap();
                let report = audited(&at);
                assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)), "{what}");
                let left: Vec<_> = who_has_it(&at);
                assert_eq!(left, [] as [PathBuf; 0], "{what}");
            }
        }
    }
}

/// An audit that goes on from a checkpoint knows nothing of what was named before it.
#[test]
fn an_audit_from_a_checkpoint_on_takes_redactions_as_they_are() {
    use blockholder::ledger::checkpoint::Checkpoint;
    use blockholder::store::audit::{Scope, audit_within};
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let last = |at: &Path| {
        let note = open(at, Mode::Read).checkpoint().unwrap();
        Checkpoint::parse(note.text()).unwrap()
    };
    let before = last(&at);
    redact(&at).unwrap();
    let after = last(&at);
    let mut ledger = open(&at, Mode::Write);
    let events = vec![Event::FilingWithdrawn(decided())];
    ledger.append(NOW, vec![Draft { events, received: None }]).unwrap();
    ledger.close().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for since in [&before, &after] {
        let scope = Scope { since: Some(since), ..Scope::default() };
        let report = audit_within(&at, scratch.path(), &options(Mode::Read), &scope).unwrap();
        assert_eq!((report.faults, report.redacted), (vec![], gone(1, 0)), "{}", since.size);
    }
}

/// The key of the ledger signs what it always signed.
#[test]
fn a_checkpoint_from_before_is_borne_out_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let kept = open(&at, Mode::Read).checkpoint().unwrap();
    redact(&at).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let against = [kept];
    let scope = blockholder::store::audit::Scope { against: &against, ..Default::default() };
    let options = Options { ..options(Mode::Read) };
    let report =
        blockholder::store::audit::audit_within(&at, scratch.path(), &options, &scope).unwrap();
    assert_eq!(report.faults, []);
    let key = SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap();
    assert!(against[0].verify([key.public()]).is_ok());
}
