//! What somebody put into a folder before it was handed over: sizes that are only
//! claimed. The program says what it found, soon.
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
