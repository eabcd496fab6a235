//! The tamper drill: an export is changed in every way and place, and every change is found, as
//! what it is and where it is. `cargo test --test tamper -- --ignored` tries every byte, and holds the
//! table in `docs/faults.md` to what it found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;
#[path = "common/drill.rs"]
mod drill;
#[path = "common/exports.rs"]
mod exports;
#[path = "common/faults_table.rs"]
mod faults_table;

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::store::export_audit::Trust;
use common::*;
use drill::{Case, Drill};

/// Every change of a list is found as what it is, where it is.
fn all_found(drill: &Drill, cases: impl Iterator<Item = Case>) -> (u64, u64) {
    let (mut tried, mut alone) = (0, 0);
    let mut wrong = Vec::new();
    for case in cases {
        tried += 1;
        let faults = case.applied(&drill.export).faults();
        if let Err(why) = case.judge(&faults) {
            wrong.push(format!("{}: {why}: {faults:?}", case.what));
        }
        alone += u64::from(faults.len() == 1);
    }
    let count = wrong.len();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{count} of {tried}\n{}", wrong.join("\n"));
    (tried, alone)
}

#[test]
fn a_sample_of_flipped_bytes() {
    let drill = Drill::new();
    assert!(drill.size >= 50);
    let (tried, _) = all_found(&drill, drill.flips().step_by(401));
    assert!(tried >= 60, "{tried}");
}

#[test]
fn every_other_change_at_a_sample_of_places() {
    let drill = Drill::new();
    let (tried, _) = all_found(&drill, drill.changes().step_by(29));
    assert!(tried >= 60, "{tried}");
}

#[test]
#[ignore = "takes minutes: every byte of an export, and every place"]
fn every_flipped_byte_and_every_other_change() {
    let drill = Drill::new();
    let (flips, changes) = (drill.kinds_of_flips(), drill.kinds_of_changes());
    let bytes: usize = drill.export.files.values().map(Vec::len).sum();
    let flipped: usize = flips.iter().map(|(_, cases)| cases.len()).sum();
    assert_eq!(flipped, bytes, "each byte once");
    let mut rows = Vec::new();
    for (what, cases) in flips.into_iter().chain(changes) {
        let half = cases.len() / 2;
        let (first, second) = cases.split_at(half);
        let found = |cases: &[Case]| all_found(&drill, cases.iter().cloned());
        let (one, two) = std::thread::scope(|threads| {
            let one = threads.spawn(|| found(first));
            let two = found(second);
            (one.join().unwrap(), two)
        });
        let (tried, alone) = (one.0 + two.0, one.1 + two.1);
        println!("{what}: {tried} tried, each found; {alone} by one fault");
        rows.push([what, &tried.to_string(), &alone.to_string()].map(str::to_owned).to_vec());
    }
    faults_table::hold("exports", &["change", "tried, each found", "by one fault"], &rows);
}

/// What nothing inside an export can show, a checkpoint that was kept elsewhere does.
#[test]
fn a_rollback_and_a_fork_by_the_key_itself_take_a_kept_checkpoint() {
    let drill = Drill::new();
    let kept = |n: usize| {
        let (size, root) = drill.roots[n];
        let kept = vec![Checkpoint { origin: ORIGIN.to_owned(), size, root }];
        Trust { key: None, kept, since: None }
    };
    let last = drill.roots.len() - 1;
    for (n, older) in drill.older.iter().enumerate() {
        assert_eq!(older.faults(), [], "{n}");
        let faults = older.audit_with(&kept(last)).report.faults;
        let got: Vec<_> = faults.iter().map(|f| (f.class.as_str(), f.entry)).collect();
        assert_eq!(got, [("rollback", Some(drill.roots[n].0))], "{n}");
        assert_eq!(older.audit_with(&kept(n)).report.faults, [], "{n}");
    }
    for (at, fork) in drill.forks() {
        assert_eq!(fork.faults(), [], "{at}");
        let from = drill.roots.iter().position(|(size, _)| *size > at).unwrap();
        for n in [from, last] {
            let faults = fork.audit_with(&kept(n)).report.faults;
            let got: Vec<_> = faults.iter().map(|f| (f.class.as_str(), f.entry)).collect();
            assert_eq!(got, [("fork", Some(drill.roots[n].0 - 1))], "{at}");
        }
    }
}
