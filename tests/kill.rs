//! A process that appends is killed at a random moment, again and again; every batch it said was
//! acknowledged must be there afterwards, and nothing by half.
//!
//! The writer is this test's own program, started again with `BLOCKHOLDER_KILL_DIR` set. The number
//! of kills is `BLOCKHOLDER_KILLS`, 15 where it is not set.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use blockholder::store::audit::audit;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::Log;
use blockholder::store::notice::Notice;
use common::*;

const DIR: &str = "BLOCKHOLDER_KILL_DIR";

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged() {
    if let Ok(dir) = std::env::var(DIR) {
        write_until_killed(Path::new(&dir));
    }
    let kills = std::env::var("BLOCKHOLDER_KILLS").map_or(15, |n| n.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap().close().unwrap();
    let mut numbers = Numbers(7);
    let (mut acknowledged, mut notices) = (1, 0);
    for kill in 0..kills {
        let last = run_and_kill(&at, Duration::from_millis(20 + numbers.below(300)));
        acknowledged = last.unwrap_or(acknowledged).max(acknowledged);
        let ledger = open(&at, Mode::Write);
        let size = ledger.size();
        assert!(size >= acknowledged, "kill {kill}: {size} of {acknowledged} entries");
        assert_eq!((size - 1) % 3, 0, "kill {kill}: batches of three entries are whole");
        for entry in ledger.range(0..size).unwrap() {
            let entry = entry.unwrap();
            if let Some(id) = entry.open().unwrap().content() {
                ledger.blob(id).unwrap();
            }
        }
        for notice in ledger.take_notices() {
            // What went into the index step by step is brought up from where it was broken off.
            assert!(!matches!(notice, Notice::IndexRebuilt { .. }), "kill {kill}: {notice}");
            notices += 1;
        }
        ledger.close().unwrap();
        let report = audit(&at, dir.path(), &options(Mode::Read)).unwrap();
        assert_eq!(report.faults, [], "kill {kill}");
        acknowledged = size;
    }
    assert!(acknowledged > 1, "something was written");
    println!("{kills} kills, {acknowledged} entries, {notices} notices");
}

/// Starts a writer, kills it, and returns the last size it said was acknowledged.
fn run_and_kill(at: &Path, after: Duration) -> Option<u64> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_writer_loses_nothing_it_acknowledged", "--nocapture"])
        .env(DIR, at)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    writer.kill().unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let sizes = lines.map_while(Result::ok).filter_map(|line| {
        line.strip_prefix("acknowledged ").and_then(|size| size.strip_suffix('.')?.parse().ok())
    });
    let last = sizes.last();
    writer.wait().unwrap();
    last
}

fn write_until_killed(at: &Path) -> ! {
    let mut ledger = open(at, Mode::Write);
    // The index is written often, and in many steps, so that kills fall between them.
    ledger.set_lag(30_000);
    ledger.set_step(6_000);
    loop {
        let size = ledger.size();
        let drafts = (size..size + 3).map(draft).collect();
        ledger.append(NOW, drafts).unwrap();
        // One write, so that a line is there whole or is not taken for one.
        let line = format!("acknowledged {}.\n", ledger.size());
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}
