//! The tamper drill: an export is changed in every way and place, and every change is found, as
//! what it is and where it is. `cargo test --test tamper -- --ignored` tries every byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;
#[path = "common/drill.rs"]
mod drill;
#[path = "common/exports.rs"]
mod exports;

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
#[ignore = "takes minutes: every byte of an export"]
fn every_flipped_byte() {
    let drill = Drill::new();
    let bytes: usize = drill.export.files.values().map(Vec::len).sum();
    let (tried, alone) = all_found(&drill, drill.flips());
    assert_eq!(tried, bytes as u64);
    println!("{tried} bytes flipped, each found; {alone} with a single fault");
}

#[test]
#[ignore = "takes minutes: every place"]
fn every_other_change_at_every_place() {
    let drill = Drill::new();
    let (tried, alone) = all_found(&drill, drill.changes());
    println!("{tried} other changes, each found; {alone} with a single fault");
}

/// What nothing inside an export can show, a checkpoint that was kept elsewhere does.
#[test]
fn a_rollback_and_a_fork_by_the_key_itself_take_a_kept_checkpoint() {
    let drill = Drill::new();
    let kept = |n: usize| {
        let (size, root) = drill.roots[n];
        let kept = vec![Checkpoint { origin: ORIGIN.to_owned(), size, root }];
        Trust { key: None, kept }
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
