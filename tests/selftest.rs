//! `selftest tamper` on every kind of ledger a user may have: nothing is found before a change, and
//! every change is found where it was made.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/exports.rs"]
mod exports;

use std::path::{Path, PathBuf};

use blockholder::ledger::audit::FaultClass;
use blockholder::ledger::event::{Because, FilingDecided, FilingRef};
use blockholder::ledger::tiles::TILE_WIDTH;
use blockholder::store::anchors;
use blockholder::store::export::export_first;
use blockholder::store::layout::Layout;
use blockholder::store::ledger::{Ledger, Mode, NewKey};
use blockholder::store::log::Log;
use blockholder::store::tamper::{Drilled, drill};
use common::*;
use exports::Held;

/// A ledger of filings in batches of these sizes.
fn batches(dir: &Path, sizes: &[u64]) -> PathBuf {
    let at = dir.join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    let mut next = 1;
    for size in sizes {
        ledger.append(NOW, (next..next + size).map(draft).collect()).unwrap();
        next += size;
    }
    ledger.close().unwrap();
    at
}

fn because() -> Because {
    Because { reason: "an address".to_owned(), who: "me".to_owned() }
}

fn redact(at: &Path, n: u64) {
    let mut ledger = open(at, Mode::Write);
    let filing = FilingRef { entry: n, content: content(&received(n)) };
    ledger.redact(NOW, FilingDecided { filing, because: because() }).unwrap();
    ledger.close().unwrap();
}

/// The drill on a ledger, each of whose changes is found where it was made.
#[track_caller]
fn all_found(at: &Path) -> Drilled {
    let drilled = drill(&open(at, Mode::Read)).unwrap();
    assert_eq!(drilled.unchanged, []);
    for row in &drilled.rows {
        assert!(row.tried > 0, "{}", row.what);
        assert_eq!((row.found, row.placed), (row.tried, row.tried), "{}", row.what);
    }
    drilled
}

fn tried(drilled: &Drilled, what: &str) -> u64 {
    drilled.rows.iter().find(|row| row.what == what).map_or(0, |row| row.tried)
}

#[test]
fn a_ledger_of_one_entry() {
    let dir = tempfile::tempdir().unwrap();
    let drilled = all_found(&batches(dir.path(), &[]));
    assert_eq!((drilled.size, drilled.lacking), (1, 0));
    assert_eq!(tried(&drilled, "two entries swapped"), 0);
    assert_eq!(tried(&drilled, "an entry deleted"), 1);
}

/// A batch larger than a tile is drilled whole, tiles of the second level with it. What a later
/// entry redacts is not in the copy, and that is no change of it.
#[test]
fn a_first_batch_larger_than_a_tile_and_bytes_that_a_later_entry_redacts() {
    let dir = tempfile::tempdir().unwrap();
    let at = batches(dir.path(), &[260, 3]);
    for n in [2, 7, 262] {
        redact(&at, n);
    }
    let drilled = all_found(&at);
    assert_eq!((drilled.size, drilled.lacking), (261, 2));
    // Two tiles of leaves, and one above them, of one hash.
    assert_eq!(tried(&drilled, "a bit of a tile"), 3 * 17);
    assert_eq!(tried(&drilled, "a bit of an entry"), 2 * 17);
    assert_eq!(tried(&drilled, "received bytes gone"), 17);
    // Nor is a change found by what is lacking anyway.
    let of_entries = drilled.rows.iter().find(|row| row.what == "a bit of an entry").unwrap();
    assert!(!of_entries.classes.contains(&FaultClass::Blob));
}

/// The copy ends with the first checkpoint of a tile's entries or more.
#[test]
fn no_further_than_a_tile_needs() {
    for (sizes, size) in [(&[100, 100, 100, 100][..], 301), (&[255, 1], 256), (&[10], 11)] {
        let dir = tempfile::tempdir().unwrap();
        let at = batches(dir.path(), sizes);
        let mut copy = Held::default();
        let done = export_first(&open(&at, Mode::Read), &mut copy, TILE_WIDTH).unwrap();
        assert_eq!(done.size, size, "{sizes:?}");
        assert_eq!(copy.faults(), []);
    }
}

#[test]
fn bytes_that_are_redacted_in_the_copy() {
    let dir = tempfile::tempdir().unwrap();
    let at = batches(dir.path(), &[3]);
    redact(&at, 2);
    assert_eq!(all_found(&at).lacking, 0);
    for n in [1, 3] {
        redact(&at, n);
    }
    assert_eq!(tried(&all_found(&at), "received bytes gone"), 0);
}

#[test]
fn a_ledger_with_another_key_and_anchors() {
    let dir = tempfile::tempdir().unwrap();
    let at = batches(dir.path(), &[3]);
    let mut ledger = open(&at, Mode::Write);
    let note = ledger.checkpoint().unwrap().to_string();
    for token in [b"a clock".as_slice(), b"another"] {
        anchors::keep(&Layout::new(&at), note.as_bytes(), token).unwrap();
    }
    ledger.rotate(NOW, &NewKey { seed: [8; 32], file: None }, because()).unwrap();
    ledger.append(NOW, vec![draft(9)]).unwrap();
    ledger.close().unwrap();
    let drilled = all_found(&at);
    assert!(tried(&drilled, "a bit of the rotations of the key") > 15);
    assert!(tried(&drilled, "a bit of an anchor") > 30);
}
