//! What somebody put into a folder before it was handed over: sizes that are only claimed, pipes
//! that would be waited for, links that lead out, keys that others have. The program says what it
//! found, soon, and touches nothing else.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

mod common;
#[path = "common/exports.rs"]
mod exports;
#[path = "common/faults_table.rs"]
mod faults_table;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::store::ledger::Mode;
use blockholder::terms::id::TreeHash;
use common::*;
use exports::Held;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);
/// More bytes than any of it says.
const SAID_MAX: usize = 8 * 1024;

/// A folder with a ledger and its export, and what came of trying something on them.
struct Place {
    dir: tempfile::TempDir,
    rows: Vec<Vec<String>>,
}

impl Place {
    fn new() -> Self {
        let mut place = Self { dir: tempfile::tempdir().unwrap(), rows: Vec::new() };
        place.afresh();
        place
    }

    /// Makes both anew.
    fn afresh(&mut self) {
        self.dir = tempfile::tempdir().unwrap();
        let ledger = open(&small_ledger(self.dir.path()), Mode::Read);
        Held::of(&ledger).write_to(&self.at("export"));
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the program, which must come to an end by itself; its status, and what it said.
    fn run(&self, words: &[&str]) -> (i32, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_blockholder"))
            .args(["--ledger", "ledger"])
            .args(words)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let read = |from: &mut dyn Read| {
            let mut said = String::new();
            from.read_to_string(&mut said).map(|_| said).unwrap()
        };
        let (started, status) = (
            Instant::now(),
            std::thread::scope(|scope| {
                let reading = scope.spawn(move || read(&mut out) + &read(&mut err));
                let started = Instant::now();
                let status = loop {
                    match child.try_wait().unwrap() {
                        Some(status) => break Some(status),
                        None if started.elapsed() > SOON => {
                            child.kill().unwrap();
                            child.wait().unwrap();
                            break None;
                        }
                        None => std::thread::sleep(Duration::from_millis(5)),
                    }
                };
                (status, reading.join().unwrap())
            }),
        );
        let (status, said) = status;
        let status = status.unwrap_or_else(|| panic!("{words:?}: still running: {said}"));
        assert!(started.elapsed() < SOON && said.len() < SAID_MAX, "{words:?}: {}", said.len());
        (status.code().unwrap_or_else(|| panic!("{words:?}: {status}: {said}")), said)
    }

    /// Tries something, which must end with this status and say these words.
    fn tried(&mut self, what: &str, words: &[&str], status: i32, says: &str) {
        let (got, said) = self.run(words);
        assert_eq!(got, status, "{what}: {said}");
        let line = said.lines().find(|line| line.contains(says));
        let line = line.unwrap_or_else(|| panic!("{what}: no {says:?} in {said}"));
        let line: String = line.chars().take(160).collect();
        let asked = words.iter().find(|word| !word.starts_with('-')).unwrap();
        self.rows.push(vec![what.to_owned(), format!("`{asked}`"), line, status.to_string()]);
    }
}

#[test]
fn nothing_planted_hurts() {
    let mut place = Place::new();
    sizes(&mut place);
    pipes(&mut place);
    links(&mut place);
    keys(&mut place);
    let header = ["what is there", "asked", "a line of what is said", "status"];
    faults_table::hold("planted", &header, &place.rows);
}

/// The export, with one more checkpoint that its own key signed.
fn claim(export: &Path, size: u64) {
    let key = SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap();
    let claimed = Checkpoint { origin: ORIGIN.to_owned(), size, root: TreeHash([7; 32]) };
    let note = claimed.sign(&key).to_string();
    let before = fs::read_to_string(export.join("checkpoints")).unwrap();
    fs::write(export.join("checkpoints"), format!("{before}{note}\n")).unwrap();
    fs::write(export.join("checkpoint"), note).unwrap();
}

fn sizes(place: &mut Place) {
    for (what, size) in [
        ("an export of 11 entries that says 100,000,000", 100_000_000),
        ("an export of 11 entries that says 3,000,000,000", 3_000_000_000),
        ("an export of 11 entries that says 2^62", 1 << 62),
        ("an export of 11 entries that says 2^64 - 1", u64::MAX),
    ] {
        place.afresh();
        claim(&place.at("export"), size);
        place.tried(what, &["verify", "export"], 1, "fault rollback entry 0");
    }
    let last = format!("{} missing", u64::MAX);
    assert!(place.rows.last().unwrap()[2].contains(&last), "{:?}", place.rows);
}

fn pipe(at: &Path) {
    let _ = fs::remove_file(at);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
}

fn pipes(place: &mut Place) {
    let export =
        ["policy", "checkpoint", "checkpoints", "rotations", "anchors/x", "tile/0/000.p/11"];
    for name in export {
        place.afresh();
        pipe(&place.at("export").join(name));
        let what = format!("a named pipe as `{name}` of an export");
        place.tried(&what, &["verify", "export"], 2, "expected a file, got a named pipe");
    }
    let ledger = ["FORMAT", "lock", "checkpoints", "tree", "rotations", "anchors/x"];
    for name in ledger.into_iter().chain(["journal/entries-00000000.seg", "index/db"]) {
        place.afresh();
        pipe(&place.at("ledger").join(name));
        let what = format!("a named pipe as `{name}` of a ledger");
        // Without its FORMAT or its index a ledger is still audited.
        let status = if matches!(name, "FORMAT" | "index/db") { 1 } else { 2 };
        place.tried(&what, &["verify"], status, "got a named pipe");
        let (status, said) = place.run(&["log"]);
        assert!(status == 2 && said.contains("got a named pipe"), "{what}: {status} {said}");
    }
    place.afresh();
    pipe(&place.at("pipe"));
    std::os::unix::fs::symlink("/dev/zero", place.at("device")).unwrap();
    let vkey = "example.org/a+cd84c9ec+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    for (what, words) in [
        ("a named pipe as a proof", vec!["check", "pipe", "--vkey", vkey]),
        ("a named pipe as a policy", vec!["check", "export/policy", "--policy", "pipe"]),
        ("a named pipe as a kept checkpoint", vec!["verify", "--against", "pipe"]),
        ("a named pipe as a key", vec!["seal", "--key", "pipe"]),
    ] {
        place.tried(what, &words, 2, "expected a file, got a named pipe");
    }
    let words = ["verify", "--against", "device"];
    place.tried("a link to a device as a kept checkpoint", &words, 2, "got a device");
    place.afresh();
    fs::remove_file(place.at("export/policy")).unwrap();
    fs::create_dir(place.at("export/policy")).unwrap();
    place.tried("a folder as `policy` of an export", &["verify", "export"], 1, "no such file");
}

/// Puts a link to a file of somebody else in a place; what was there is in that file.
fn link(place: &Place, at: &str) -> Vec<u8> {
    let (theirs, at) = (place.at("theirs"), place.at(at));
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::rename(&at, &theirs).or_else(|_| fs::write(&theirs, "precious")).unwrap();
    std::os::unix::fs::symlink(&theirs, at).unwrap();
    fs::read(theirs).unwrap()
}

/// Moves a folder elsewhere, and leaves a link to it; what is in it then.
fn moved(place: &Place, folder: &str) -> Vec<(PathBuf, u64)> {
    let (folder, elsewhere) = (place.at(folder), place.at("elsewhere"));
    fs::rename(&folder, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
    held(&elsewhere)
}

/// Every file in a folder, and how long it is.
fn held(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let (path, meta) = file.map(|file| (file.path(), file.metadata().unwrap())).unwrap();
        if meta.is_dir() { files.extend(held(&path)) } else { files.push((path, meta.len())) }
    }
    files.sort();
    files
}

fn links(place: &mut Place) {
    let export = ["export", "--tiles", "export"];
    let another =
        |place: &Place| take(&mut open(&place.at("ledger"), Mode::Write), filing(20), received(20));
    for name in [".writing", "checkpoint", "tile/entries/000.p/12"] {
        place.afresh();
        another(place);
        let before = link(place, &format!("export/{name}"));
        let what = format!("a link to another file as `{name}` of an export");
        place.tried(&what, &export, 2, "that is no link, got a link");
        assert_eq!(fs::read(place.at("theirs")).unwrap(), before, "{what}");
    }
    for name in ["blob", "tile", "tile/entries"] {
        place.afresh();
        another(place);
        let before = moved(place, &format!("export/{name}"));
        let what = format!("a link to another folder as `{name}` of an export");
        place.tried(&what, &export, 2, "that is no link, got a link");
        assert_eq!(held(&place.at("elsewhere")), before, "{what}");
        let (status, said) = place.run(&["verify", "export"]);
        assert_eq!(status, 1, "{what}: {said}");
    }
    let ledger = ["lock", "checkpoints", "tree", "rotations", "anchors/x", "index/db"];
    for name in ledger.into_iter().chain(["journal/entries-00000000.seg", "index/blobs/1"]) {
        place.afresh();
        let before = link(place, &format!("ledger/{name}"));
        let what = format!("a link to another file as `{name}` of a ledger");
        place.tried(&what, &["log"], 2, "that is no link, got a link");
        let (status, said) = place.run(&["recover"]);
        assert!(status == 2 && said.contains("got a link"), "{what}: {status} {said}");
        assert_eq!(fs::read(place.at("theirs")).unwrap(), before, "{what}");
    }
    for name in ["journal", "index"] {
        place.afresh();
        let before = moved(place, &format!("ledger/{name}"));
        let what = format!("a link to another folder as `{name}` of a ledger");
        place.tried(&what, &["log"], 2, "a folder that is no link, got a link");
        assert_eq!(held(&place.at("elsewhere")), before, "{what}");
    }
    // What may be one.
    place.afresh();
    moved(place, "ledger");
    fs::rename(place.at("ledger/key"), place.at("key")).unwrap();
    std::os::unix::fs::symlink(place.at("key"), place.at("ledger/key")).unwrap();
    place.tried("a link as the ledger's folder, and as its `key`", &["seal"], 0, "recorded");
    fs::rename(place.at("export"), place.at("to")).unwrap();
    std::os::unix::fs::symlink(place.at("to"), place.at("export")).unwrap();
    place.tried("a link as the export's folder", &export, 0, "export");
}

fn keys(place: &mut Place) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let rotate = ["key", "rotate", "--reason", "a new machine", "--who", "me"];
    let theirs = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[8; 32]).unwrap().secret_text();
    let next = "ledger/key.next";
    for mode in [0o666, 0o604, 0o640, 0o620] {
        place.afresh();
        write_secret(&place.at(next), &theirs);
        fs::set_permissions(place.at(next), fs::Permissions::from_mode(mode)).unwrap();
        let what = format!("a `key.next` of mode {mode:o}");
        place.tried(&what, &rotate, 2, "that its owner alone may read");
    }
    place.afresh();
    fs::set_permissions(place.at("ledger/key"), fs::Permissions::from_mode(0o644)).unwrap();
    place.tried("a `key` of mode 644", &["seal"], 2, "that its owner alone may read");
    place.afresh();
    write_secret(&place.at(next), &theirs);
    place.tried("a `key.next` for its owner alone", &rotate, 0, "taken, not made");
    // Only root can read a key that is for another user alone, or make one.
    if fs::metadata(place.dir.path()).unwrap().uid() == 0 {
        place.afresh();
        write_secret(&place.at(next), &theirs);
        chown(place.at(next), Some(65534), None).unwrap();
        let (status, said) = place.run(&rotate);
        assert!(status == 2 && said.contains("got one of user 65534"), "{status} {said}");
    }
}
