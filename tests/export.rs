//! Exports: what is in them, how they grow, what is made of them, and how they heal a ledger.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/exports.rs"]
mod exports;

use std::fs;
use std::path::Path;

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::ledger::merkle::leaf;
use blockholder::ledger::tiles::{Kind, Tile, entries};
use blockholder::store::export::ExportError;
use blockholder::store::export_audit::Trust;
use blockholder::store::exported::{Files, Folder, blob_path};
use blockholder::store::import::{ImportError, import};
use blockholder::store::ledger::{Ledger, Mode, NewKey, Options};
use blockholder::store::log::{Log, StoreError, Unsound};
use blockholder::store::recover::{RecoverError, Recovery, Sources, recover};
use blockholder::store::segment::{COMMIT_LEN, Stream, Tag};
use common::*;
use exports::Held;

/// A ledger of `count` filings in one batch.
fn many(dir: &Path, count: u64) -> Ledger {
    let mut ledger = Ledger::init(&dir.join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, (1..=count).map(draft).collect()).unwrap();
    ledger
}

fn sources(export: &Path) -> Sources {
    Sources { files: Vec::new(), export: Some(export.to_owned()) }
}

/// Every file of a folder, by name.
fn files(dir: &Path) -> Held {
    let folder = Folder::new(dir);
    let names = folder.names().unwrap();
    let read = |name: String| {
        let bytes = folder.read(&name).unwrap().unwrap();
        (name, bytes)
    };
    Held { files: names.into_iter().map(read).collect(), room: None }
}

#[test]
fn an_export_has_the_ledgers_entries_bytes_and_checkpoints_and_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let held = Held::of(&ledger);
    let report = held.audit().report;
    assert_eq!(report.faults, []);
    assert_eq!((report.size, report.head), (ledger.size(), ledger.head().hash));
    let (name, exported) = held.bundle();
    assert_eq!(name, "tile/entries/000.p/11");
    let stored: Vec<Vec<u8>> =
        ledger.range(0..11).unwrap().map(|entry| entry.unwrap().to_bytes()).collect();
    assert_eq!(exported, stored);
    let hashes: Vec<u8> = stored.iter().flat_map(|entry| leaf(entry).0).collect();
    assert_eq!(held.files["tile/0/000.p/11"], hashes);
    assert_eq!(held.files["checkpoints"], fs::read(at.join("checkpoints")).unwrap());
    assert_eq!(held.files["checkpoint"], ledger.checkpoint().unwrap().to_string().into_bytes());
    assert_eq!(held.files[&blob_path(content(b"other bytes"))], b"other bytes");
    // Seven filings and the bytes that conflict with one; four more files.
    assert_eq!(held.files.len(), 8 + 2 + 3);
    let secret = fs::read(at.join("key")).unwrap();
    let seed = &secret[secret.len() - 30..];
    assert!(held.files.values().all(|bytes| !bytes.windows(30).any(|window| window == seed)));
}

/// An implementation that is not ours rebuilds the root and every entry's proof from the files.
#[test]
fn another_implementation_reads_the_tiles_from_the_folder() {
    struct Theirs<'a>(&'a Folder, std::cell::Cell<usize>);
    impl tlog_tiles::TileReader for Theirs<'_> {
        fn height(&self) -> u8 {
            8
        }
        fn read_tiles(
            &self,
            tiles: &[tlog_tiles::Tile],
        ) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
            self.1.set(self.1.get() + tiles.len());
            // Their path names the height first, which files do not.
            let name = |tile: &tlog_tiles::Tile| tile.path().replacen("tile/8/", "tile/", 1);
            Ok(tiles.iter().map(|tile| self.0.read(&name(tile)).unwrap().unwrap()).collect())
        }
        fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
    }
    let dir = tempfile::tempdir().unwrap();
    let ledger = many(dir.path(), 600);
    let out = dir.path().join("export");
    let mut folder = Folder::new(&out);
    blockholder::store::export::export(&ledger, &mut folder).unwrap();
    let note = signed_note::Note::from_bytes(&folder.read("checkpoint").unwrap().unwrap()).unwrap();
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    let reader = Theirs(&folder, std::cell::Cell::new(0));
    let size = checkpoint.size();
    assert_eq!(size, 601);
    let hashes = tlog_tiles::TileHashReader::new(size, *checkpoint.hash(), &reader);
    assert_eq!(tlog_tiles::tree_hash(size, &hashes).unwrap(), *checkpoint.hash());
    for index in [0, 1, 255, 256, 511, 512, 600] {
        let proof = tlog_tiles::prove_record(size, index, &hashes).unwrap();
        let bundle = Tile::all(size).nth((index / 256) as usize).unwrap();
        assert_eq!(bundle.kind, Kind::Entries);
        let bytes = folder.read(&bundle.path()).unwrap().unwrap();
        let record = tlog_tiles::record_hash(entries(&bytes).0[(index % 256) as usize]);
        tlog_tiles::check_record(&proof, size, *checkpoint.hash(), index, record).unwrap();
    }
    assert!(reader.1.get() > 5);
    // A sibling that was changed leads to another root.
    let mut changed = folder.read("tile/0/001").unwrap().unwrap();
    changed[(301 - 256) * 32] ^= 1;
    fs::write(out.join("tile/0/001"), &changed).unwrap();
    let bytes = folder.read("tile/entries/001").unwrap().unwrap();
    let record = tlog_tiles::record_hash(entries(&bytes).0[300 - 256]);
    let refused = tlog_tiles::prove_record(size, 300, &hashes)
        .and_then(|proof| tlog_tiles::check_record(&proof, size, *checkpoint.hash(), 300, record));
    assert!(refused.is_err());
}

#[test]
fn exporting_again_writes_what_is_new_and_makes_the_same_files_as_exporting_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = many(dir.path(), 250);
    let out = dir.path().join("export");
    let mut folder = Folder::new(&out);
    let first = blockholder::store::export::export(&ledger, &mut folder).unwrap();
    assert_eq!((first.size, first.from), (251, 0));
    for batch in [251..=254_u64, 255..=255, 256..=520] {
        let new = batch.clone().count() as u64;
        ledger.append(NOW, batch.map(draft).collect()).unwrap();
        let done = blockholder::store::export::export(&ledger, &mut folder).unwrap();
        assert_eq!((done.size - done.from, done.size), (new, ledger.size()));
        // Blobs, bundles and tiles that grew, and two files of checkpoints.
        assert!(done.written <= new + 8, "{done:?}");
        assert!(files(&out) == Held::of(&ledger), "{}", ledger.size());
        assert_eq!(files(&out).faults(), []);
    }
    let again = blockholder::store::export::export(&ledger, &mut folder).unwrap();
    assert_eq!((again.written, again.from), (0, again.size));
}

/// The disk fails at every file in turn: the export before stays what counts, and exporting again
/// makes it whole.
#[test]
fn an_interrupted_export_is_made_whole_by_exporting_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = many(dir.path(), 5);
    let before = Held::of(&ledger);
    ledger.append(NOW, (6..=9).map(draft).collect()).unwrap();
    let after = Held::of(&ledger);
    let mut failures = 0;
    for room in 0.. {
        let mut held = Held { room: Some(room), ..before.clone() };
        let done = held.export(&ledger);
        let interrupted = held.audit().report;
        if done.is_ok() {
            break;
        }
        failures += 1;
        let whole = if held.files["checkpoint"] == after.files["checkpoint"] { 10 } else { 6 };
        assert_eq!(interrupted.size, interrupted.size.max(whole), "{room}");
        for (name, bytes) in &before.files {
            let gone = name.contains(".p/") && whole == 10;
            let grows = name.starts_with("checkpoint");
            assert!(gone || grows || held.files[name] == *bytes, "{name} after {room}");
        }
        held.room = None;
        held.export(&ledger).unwrap();
        assert!(held == after, "{room}");
    }
    assert!(failures >= 9, "{failures}");
    assert_eq!(after.faults(), []);
}

#[test]
fn what_is_not_acknowledged_is_not_exported() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let text = fs::read_to_string(at.join("checkpoints")).unwrap();
    let notes: Vec<&str> = text.split_inclusive("\n\n").collect();
    let kept: String = notes[..notes.len() - 2].concat();
    fs::write(at.join("checkpoints"), &kept).unwrap();
    let ledger = open(&at, Mode::Read);
    assert_eq!(ledger.size(), 10);
    let held = Held::of(&ledger);
    assert_eq!(held.faults(), []);
    assert_eq!(held.audit().report.size, 10);
    assert_eq!(held.files["checkpoints"], kept.into_bytes());
}

#[test]
fn a_folder_of_something_else_and_another_ledgers_export_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = many(dir.path(), 3);
    let mut held = Held::default();
    held.files.insert("note.txt".to_owned(), b"hello".to_vec());
    let other = held.clone();
    assert!(matches!(held.export(&ledger), Err(ExportError::NotOurs { .. })));
    assert!(held == other);
    let key = NewKey { seed: [9; 32], file: None };
    let second = Ledger::init(&dir.path().join("second"), ORIGIN, NOW, &key).unwrap();
    let mut held = Held::of(&second);
    assert!(matches!(held.export(&ledger), Err(ExportError::NotOurs { .. })));
}

#[test]
fn an_export_that_remembers_more_or_otherwise_shows_a_rollback_or_a_fork() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = many(dir.path(), 3);
    let back = dir.path().join("back");
    drop(ledger);
    copy(&dir.path().join("ledger"), &back);
    let mut ledger = open(&dir.path().join("ledger"), Mode::Write);
    ledger.append(NOW, vec![draft(4)]).unwrap();
    let held = Held::of(&ledger);
    let mut older = open(&back, Mode::Write);
    let ahead = held.clone().export(&older);
    assert!(matches!(ahead, Err(ExportError::Ahead { expected: 5, got: 4 })), "{ahead:?}");
    older.append(NOW, vec![draft(5), draft(6)]).unwrap();
    let forked = held.clone().export(&older);
    assert!(matches!(forked, Err(ExportError::Forked { size: 5, .. })), "{forked:?}");
}

fn imported(dir: &Path, export: &Path, key: Option<&Path>) -> Result<Ledger, ImportError> {
    let options = Options { key: key.map(Path::to_owned), ..options(Mode::Read) };
    import(&dir.join("imported"), &Folder::new(export), &Trust::default(), &options)
}

#[test]
fn an_imported_ledger_is_the_same_and_takes_its_own_key_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let held = Held::of(&ledger);
    let out = dir.path().join("export");
    held.write_to(&out);
    let made = imported(dir.path(), &out, None).unwrap();
    assert_eq!(made.head(), ledger.head());
    assert_eq!(made.tree().unwrap().edge(), ledger.tree().unwrap().edge());
    for n in 0..made.size() {
        assert_eq!(made.entry(n).unwrap(), ledger.entry(n).unwrap());
    }
    assert_eq!(made.blob(content(b"other bytes")).unwrap(), b"other bytes");
    assert_eq!(
        made.by_accession(accession(4)).unwrap(),
        ledger.by_accession(accession(4)).unwrap()
    );
    assert!(Held::of(&made) == held);
    drop((made, ledger));
    let new = dir.path().join("imported");
    for file in ["checkpoints", "FORMAT", "tree"] {
        assert_eq!(fs::read(new.join(file)).unwrap(), fs::read(at.join(file)).unwrap(), "{file}");
    }
    // The journal's batches end where they did; by whose hand they are only a key could say.
    let said = |at: &Path| {
        let bodies = records(&segment(at, Stream::Entries)).into_iter().map(|(_, tag, body)| {
            let len = if tag == Tag::Commit { COMMIT_LEN } else { body.len() };
            (tag, body.get(..len).map(<[u8]>::to_vec))
        });
        bodies.collect::<Vec<_>>()
    };
    assert_eq!(said(&new), said(&at));
    let refused = Ledger::open(&new, &options(Mode::Write));
    assert!(matches!(refused, Err(StoreError::NoKey { .. })), "{refused:?}");
    let other = dir.path().join("other-key");
    let key = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[9; 32]).unwrap();
    write_secret(&other, key.secret_text());
    let with = |key: &Path| Options { key: Some(key.to_owned()), ..options(Mode::Write) };
    let refused = Ledger::open(&new, &with(&other));
    assert!(matches!(refused, Err(StoreError::WrongKey { .. })), "{refused:?}");
    let mut written = Ledger::open(&new, &with(&at.join("key"))).unwrap();
    written.append(NOW, vec![draft(8)]).unwrap();
    assert_eq!(written.size(), 12);
}

#[test]
fn a_damaged_export_makes_no_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let held = Held::of(&open(&small_ledger(dir.path()), Mode::Read));
    for name in held.files.keys() {
        let mut bytes = held.files[name].clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let out = dir.path().join("export");
        held.with(name, bytes).write_to(&out);
        let refused = imported(dir.path(), &out, None);
        assert!(matches!(refused, Err(ImportError::Faults(_))), "{name}: {refused:?}");
        assert!(!dir.path().join("imported").exists());
        fs::remove_dir_all(&out).unwrap();
    }
    let out = dir.path().join("export");
    held.write_to(&out);
    let trust = Trust {
        key: Some(SigningKey::from_seed(ORIGIN, KeyKind::Log, &[9; 32]).unwrap().public().clone()),
        ..Trust::default()
    };
    let to = dir.path().join("imported");
    let refused = import(&to, &Folder::new(&out), &trust, &options(Mode::Read));
    assert!(matches!(refused, Err(ImportError::Faults(_))), "{refused:?}");
    let ledger = imported(dir.path(), &dir.path().join("ledger"), None);
    assert!(matches!(ledger, Err(ImportError::NotAnExport { .. })), "{ledger:?}");
}

/// What was kept elsewhere shows an older export, and another history.
#[test]
fn a_kept_checkpoint_shows_a_rollback_and_a_fork() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = many(dir.path(), 3);
    let held = Held::of(&ledger);
    let root = ledger.tree().unwrap().root_at(3).unwrap();
    let kept = |size, root| {
        let kept = vec![Checkpoint { origin: ORIGIN.to_owned(), size, root }];
        let found = held.audit_with(&Trust { key: None, kept, since: None });
        let faults = found.report.faults;
        faults.iter().map(|fault| (fault.class.as_str(), fault.entry)).collect::<Vec<_>>()
    };
    assert_eq!(kept(3, root), []);
    assert_eq!(kept(3, leaf(b"another")), [("fork", Some(2))]);
    assert_eq!(kept(7, root), [("rollback", Some(4))]);
}

/// A ledger, its export, and the ledger's folder to be harmed.
fn harmed(dir: &Path, harm: impl Fn(&Path)) -> (std::path::PathBuf, std::path::PathBuf) {
    let at = small_ledger(dir);
    let out = dir.join("export");
    Held::of(&open(&at, Mode::Read)).write_to(&out);
    harm(&at);
    (at, out)
}

fn sound(at: &Path, size: u64) {
    drop(open(at, Mode::Write));
    let scratch = tempfile::tempdir().unwrap();
    let audited = blockholder::store::audit::audit(at, scratch.path(), &options(Mode::Read));
    let report = audited.unwrap();
    assert_eq!((report.faults, report.size), (vec![], size));
}

/// Takes the entries from a size on away: journal, index and tree; the checkpoints remember.
fn roll_back(at: &Path, keep: usize) {
    let path = segment(at, Stream::Entries);
    let records = records(&path);
    let ends: Vec<usize> = (0..records.len()).filter(|i| records[*i].1 == Tag::Commit).collect();
    write_records(&path, Stream::Entries, &records[..=ends[keep]]);
    fs::remove_dir_all(at.join("index")).unwrap();
    fs::remove_file(at.join("tree")).unwrap();
}

#[test]
fn a_ledger_that_was_rolled_back_is_recovered_from_its_export() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |at| roll_back(at, 2));
    let refused = Ledger::open(&at, &options(Mode::Write));
    let rolled = matches!(refused, Err(StoreError::Unsound(Unsound::RolledBack { .. })));
    assert!(rolled, "{refused:?}");
    let alone = recover(&at, &Sources::default(), &options(Mode::Write));
    assert!(matches!(
        alone,
        Err(RecoverError::Unvouched { .. } | RecoverError::NoLastEntry { .. })
    ));
    let done = recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    assert_eq!(done.exported, (4..11).collect::<Vec<u64>>());
    assert_eq!(done.reaches.unwrap().0, 11);
    assert!(!done.kept.is_empty());
    sound(&at, 11);
    assert!(Held::of(&open(&at, Mode::Read)) == files(&out));
    let again = recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    assert_eq!(again, Recovery { reaches: done.reaches, ..Recovery::default() });
}

/// The whole folder was put back from an old copy: only the export remembers more.
#[test]
fn an_old_copy_of_a_ledger_is_brought_up_from_its_export() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |at| {
        roll_back(at, 2);
        let text = fs::read_to_string(at.join("checkpoints")).unwrap();
        let notes: Vec<&str> = text.split_inclusive("\n\n").collect();
        fs::write(at.join("checkpoints"), notes[..6].concat()).unwrap();
    });
    assert_eq!(open(&at, Mode::Read).size(), 4);
    let checkpoints = files(&out).files["checkpoints"].clone();
    recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    assert_eq!(fs::read(at.join("checkpoints")).unwrap(), checkpoints);
    sound(&at, 11);
}

#[test]
fn a_forked_journal_is_replaced_from_the_export_and_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |at| {
        // Another history of the same length, made without the key's signature.
        let other = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::init(&other.path().join("l"), ORIGIN, NOW, &new_key()).unwrap();
        ledger.append(NOW, (20..30).map(draft).collect()).unwrap();
        drop(ledger);
        let from = segment(&other.path().join("l"), Stream::Entries);
        fs::copy(from, segment(at, Stream::Entries)).unwrap();
        fs::remove_dir_all(at.join("index")).unwrap();
        fs::remove_file(at.join("tree")).unwrap();
    });
    let refused = Ledger::open(&at, &options(Mode::Write));
    assert!(matches!(refused, Err(StoreError::Unsound(Unsound::Forked { .. }))), "{refused:?}");
    let forged = fs::read(segment(&at, Stream::Entries)).unwrap();
    let done = recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    // Entry 0 is of both histories.
    assert_eq!(done.exported, (1..11).collect::<Vec<u64>>());
    assert!(done.kept.iter().any(|path| fs::read(path).unwrap() == forged));
    sound(&at, 11);
}

/// What only the index still has is found also where the journal leads elsewhere.
#[test]
fn a_forked_journal_is_replaced_from_the_index_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (at, _) = harmed(dir.path(), |at| {
        let other = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::init(&other.path().join("l"), ORIGIN, NOW, &new_key()).unwrap();
        ledger.append(NOW, (20..30).map(draft).collect()).unwrap();
        drop(ledger);
        let from = segment(&other.path().join("l"), Stream::Entries);
        fs::copy(from, segment(at, Stream::Entries)).unwrap();
    });
    let done = recover(&at, &Sources::default(), &options(Mode::Write)).unwrap();
    assert_eq!(done.entries, (1..11).collect::<Vec<u64>>());
    sound(&at, 11);
}

#[test]
fn received_bytes_and_a_journal_that_is_gone_come_from_the_export() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |at| {
        fs::remove_file(segment(at, Stream::Blobs)).unwrap();
        fs::remove_dir_all(at.join("index")).unwrap();
    });
    let done = recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    assert_eq!((done.received.len(), done.missing.len()), (8, 0));
    sound(&at, 11);
    for gone in ["journal", "index"] {
        fs::remove_dir_all(at.join(gone)).unwrap();
    }
    fs::remove_file(at.join("checkpoints")).unwrap();
    let done = recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    assert_eq!((done.exported.len(), done.received.len()), (11, 8));
    sound(&at, 11);
}

/// The export is older than the ledger: it gives what it has, and the rest stays.
#[test]
fn an_older_export_gives_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |_| ());
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, vec![draft(8), draft(9)]).unwrap();
    drop(ledger);
    let path = segment(&at, Stream::Entries);
    let mut bytes = fs::read(&path).unwrap();
    let (offset, _, body) = records(&path)[5].clone();
    bytes[offset as usize + 16 + body.len() / 2] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::remove_dir_all(at.join("index")).unwrap();
    let done = recover(&at, &sources(&out), &options(Mode::Write)).unwrap();
    assert_eq!(done.exported, [3]);
    sound(&at, 13);
}

/// Everything but the lock and the index, which looking changes.
fn assert_evidence_is(at: &Path, before: &Held) {
    let after = files(at);
    for (name, bytes) in &before.files {
        let looks = name == "lock" || name.starts_with("index/");
        assert!(looks || after.files[name] == *bytes, "{name}");
    }
    assert!(
        after.files.keys().all(|name| before.files.contains_key(name) || name.contains("index/"))
    );
}

#[test]
fn two_signed_histories_are_never_made_one() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |_| ());
    let back = dir.path().join("back");
    let made = import(&back, &Folder::new(&out), &Trust::default(), &options(Mode::Read)).unwrap();
    drop(made);
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, vec![draft(8)]).unwrap();
    let longer = dir.path().join("longer");
    Held::of(&ledger).write_to(&longer);
    drop(ledger);
    let with = Options { key: Some(at.join("key")), ..options(Mode::Write) };
    let mut other = Ledger::open(&back, &with).unwrap();
    other.append(NOW, vec![draft(9)]).unwrap();
    drop(other);
    let before = files(&back);
    let refused = recover(&back, &sources(&longer), &options(Mode::Write));
    assert!(matches!(refused, Err(RecoverError::TwoHistories { size: 12, .. })), "{refused:?}");
    assert_evidence_is(&back, &before);
}

#[test]
fn a_damaged_export_recovers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (at, out) = harmed(dir.path(), |at| roll_back(at, 2));
    let held = files(&out);
    let (name, mut entries) = held.bundle();
    entries[8][100] ^= 1;
    fs::write(out.join(&name), exports::packed(&entries)).unwrap();
    let before = files(&at);
    let refused = recover(&at, &sources(&out), &options(Mode::Write));
    assert!(matches!(refused, Err(RecoverError::Export(_))), "{refused:?}");
    assert_evidence_is(&at, &before);
    let no_export = recover(&at, &sources(&at.join("journal")), &options(Mode::Write));
    assert!(matches!(no_export, Err(RecoverError::Export(_))), "{no_export:?}");
}
