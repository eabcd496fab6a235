//! The proof of every entry, made in a ledger and checked where there is none, with no byte of it
//! to be changed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/whole.rs"]
mod whole;

use std::fs;
use std::path::Path;

use blockholder::store::ledger::Mode;
use blockholder::store::log::Log;
use common::*;
use whole::now;

/// The exit status of a command, and what it says.
fn command(words: &[&str]) -> (u8, String) {
    let no_clock = || panic!("a proof is checked without a clock");
    whole::command(words, if words.contains(&"check") { &no_clock } else { &now })
}

#[test]
fn every_entry_is_proven_and_no_byte_of_a_proof_can_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let (size, vkey) = (ledger.size(), ledger.key().to_string());
    drop(ledger);
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let file = |n: u64| text(&dir.path().join(format!("{n}.tlog-proof")));
    for n in 0..size {
        let made = ["--ledger", &text(&at), "prove", "--entry", &n.to_string(), "-o", &file(n)];
        assert_eq!(command(&made).0, 0, "{n}");
    }
    let past = ["--ledger", &text(&at), "prove", "--entry", &size.to_string()];
    assert_eq!(command(&past).0, 1);
    fs::remove_dir_all(&at).unwrap();
    for n in 0..size {
        let (status, said) = command(&["check", &file(n), "--vkey", &vkey]);
        assert_eq!(status, 0, "{said}");
        assert!(said.starts_with(&format!("entry {n} of {ORIGIN} ")), "{said}");
    }
    let sound = fs::read(file(1)).unwrap();
    let changed = text(&dir.path().join("changed"));
    // Of another key of the ledger's name, which six characters name, nobody can tell here.
    let signature = format!("\u{2014} {ORIGIN} ");
    let named = sound.windows(signature.len()).position(|at| at == signature.as_bytes());
    let named = named.unwrap() + signature.len();
    let mut untold = 0;
    for offset in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[offset] ^= 1 << (offset % 8);
        fs::write(&changed, bytes).unwrap();
        let (status, said) = command(&["check", &changed, "--vkey", &vkey]);
        let may = (named..named + 6).contains(&offset) && status == 3;
        assert!(status == 1 || may, "byte {offset}: {status} {said}");
        untold += usize::from(may);
    }
    assert!(untold >= 2, "{untold}");
    for len in 1..sound.len() {
        fs::write(&changed, &sound[..len]).unwrap();
        assert_eq!(command(&["check", &changed, "--vkey", &vkey]).0, 1, "cut at {len}");
    }
}
