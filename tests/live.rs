//! The drill over a ledger's own files: each is changed, cut, lost, doubled, put back and forked.
//! Each change is named by `verify`, or put right and told at the next opening: never a panic,
//! never silence.
//!
//! What is tried here in a minute is a sample; `BLOCKHOLDER_DRILL=all` tries every place, and holds
//! the table in `docs/faults.md` to what was found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;
#[path = "common/faults_table.rs"]
mod faults_table;
#[path = "common/live.rs"]
mod live;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use blockholder::store::audit::{Scope, audit_within};
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Log, StoreError};
use common::*;
use live::*;

fn all() -> bool {
    std::env::var("BLOCKHOLDER_DRILL").is_ok_and(|what| what == "all")
}

/// One row of the table.
#[derive(Default)]
struct Row {
    tried: u64,
    named: u64,
    told: u64,
    right: u64,
    classes: BTreeSet<&'static str>,
}

/// What a change led to.
struct Seen {
    faults: Vec<(&'static str, Option<u64>)>,
    /// What opening says, for reading and then for writing; a refusal is one more.
    said: Vec<String>,
}

struct Tried {
    live: Live,
    dir: tempfile::TempDir,
    rows: BTreeMap<&'static str, Row>,
    wrong: Vec<String>,
    count: u64,
}

impl Tried {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::new(&dir.path().join("ledger"));
        // One that nobody builds anew while this goes on.
        fs::copy(env!("CARGO_BIN_EXE_blockholder"), dir.path().join("program")).unwrap();
        let (rows, wrong) = (BTreeMap::new(), Vec::new());
        Self { live, dir, rows, wrong, count: 0 }
    }

    /// Verifies, opens for reading, opens for writing, and reads all there is each time.
    fn seen(&self, at: &Path, case: &Case) -> Seen {
        let scratch = self.dir.path().join("scratch");
        fs::create_dir_all(&scratch).unwrap();
        let scope = Scope { against: &case.against, ..Scope::default() };
        let mut faults = Vec::new();
        let mut said = Vec::new();
        match audit_within(at, &scratch, &options(Mode::Read), &scope) {
            Ok(report) => faults.extend(report.faults.iter().map(|f| (f.class.as_str(), f.entry))),
            Err(error) => said.push(error.to_string()),
        }
        for mode in [Mode::Read, Mode::Write] {
            match Ledger::open(at, &options(mode)) {
                Err(error) => said.push(error.to_string()),
                Ok(ledger) => {
                    let size = ledger.size();
                    let sound = ledger.unsound().is_none();
                    for sequence in 0..size {
                        let entry = ledger.entry(sequence);
                        let got = entry.as_ref().ok().map(|entry| entry.to_bytes());
                        let held = self.live.entries.get(sequence as usize);
                        let same = got.as_ref().is_some_and(|got| Some(got) == held);
                        // Another history may be read, as one that is refused.
                        let what = &case.what;
                        assert!(same || !sound || case.another, "{mode:?}: {what}: {sequence}");
                        if let Some(content) = entry.unwrap().open().unwrap().content() {
                            match ledger.blob(content) {
                                Ok(_) | Err(StoreError::Redacted { entry: 11, .. }) => {}
                                Err(error) => said.push(error.to_string()),
                            }
                        }
                    }
                    said.extend(ledger.take_notices().iter().map(ToString::to_string));
                    let _ = ledger.close();
                }
            }
        }
        Seen { faults, said }
    }

    fn case(&mut self, case: &Case) {
        self.count += 1;
        let at = self.dir.path().join("copy");
        self.live.write(&at, &case.changed);
        let seen = self.seen(&at, case);
        let row = self.rows.entry(case.row).or_default();
        row.tried += 1;
        let first = seen.faults.first().copied();
        let named = first.is_some_and(|(class, _)| case.classes.contains(&class))
            && case.entry.is_none_or(|entry| seen.faults.iter().any(|(_, e)| *e == Some(entry)))
            && seen.faults.iter().all(|(_, e)| e.is_none_or(|e| e >= case.from));
        if named {
            row.named += 1;
            row.classes.insert(first.unwrap().0);
        }
        row.told += u64::from(!seen.said.is_empty());
        let silent = seen.faults.is_empty() && seen.said.is_empty();
        row.right += u64::from(silent && case.may_be_unread);
        let ok = match (case.may_be_unread, case.classes.is_empty()) {
            // Nobody reads the byte, or it is made again: whatever is not silent is right.
            (true, _) => silent || !seen.said.is_empty() || seen.faults[0].0 == "index",
            (false, true) => !seen.said.is_empty(),
            (false, false) => named,
        };
        if !ok {
            let expected = (&case.classes, case.entry);
            let Seen { faults, said } = seen;
            self.wrong
                .push(format!("{}: expected {expected:?}, got {faults:?}, {said:?}", case.what));
        }
        if self.count.is_multiple_of(if all() { 400 } else { 40 }) {
            self.by_the_program(&case.what, &at, case);
        }
    }

    /// What a user sees: a status that is one of five, and no panic.
    fn by_the_program(&self, what: &str, at: &Path, case: &Case) {
        for words in [&["verify"][..], &["holders", "1318605"], &["log"]] {
            self.live.write(at, &case.changed);
            let mut command = Command::new(self.dir.path().join("program"));
            command.arg("--ledger").arg(at).args(words).env_remove("BLOCKHOLDER_LEDGER");
            let output = command.output().unwrap();
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            let status = output.status.code();
            assert!(status.is_some_and(|code| code < 5), "{what}: {words:?}: {status:?}: {text}");
            assert!(!text.contains("panicked"), "{what}: {words:?}: {text}");
        }
    }

    /// With what another tried.
    fn with(mut self, other: Self) -> Self {
        for (what, row) in other.rows {
            let own = self.rows.entry(what).or_default();
            own.tried += row.tried;
            own.named += row.named;
            own.told += row.told;
            own.right += row.right;
            own.classes.extend(row.classes);
        }
        self.wrong.extend(other.wrong);
        self.count += other.count;
        self
    }

    fn finish(mut self) -> Vec<Vec<String>> {
        let count = self.wrong.len();
        self.wrong.truncate(40);
        assert!(self.wrong.is_empty(), "{count} of {}\n{}", self.count, self.wrong.join("\n"));
        let cells = |(what, row): (&&'static str, &Row)| {
            let classes: Vec<&str> = row.classes.iter().copied().collect();
            vec![
                (*what).to_owned(),
                row.tried.to_string(),
                row.named.to_string(),
                row.told.to_string(),
                row.right.to_string(),
                classes.join(", "),
            ]
        };
        self.rows.iter().map(cells).collect()
    }
}

#[test]
fn every_change_is_named_or_put_right_and_told() {
    // Each on a ledger of its own, which is the same: two wait for the disk as well as one.
    let workers: usize = 2;
    let part = |first: usize| {
        let mut tried = Tried::new();
        let cases: Vec<Case> = tried.live.cases(all());
        cases.iter().skip(first).step_by(workers).for_each(|case| tried.case(case));
        tried
    };
    let tried = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|n| scope.spawn(move || part(n))).collect();
        threads.into_iter().map(|one| one.join().unwrap()).reduce(Tried::with).unwrap()
    });
    println!("{} cases", tried.count);
    let rows = tried.finish();
    let header =
        ["change", "tried", "named by `verify`", "told at opening", "nobody reads it", "as"];
    rows.iter().for_each(|row| println!("| {} |", row.join(" | ")));
    if all() {
        faults_table::hold("live", &header, &rows);
    }
}
