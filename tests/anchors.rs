//! Anchors: what outside clocks said stays bound to the checkpoint that it is for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/exports.rs"]
mod exports;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::ledger::merkle::leaf;
use blockholder::store::anchors::{digest, keep, name};
use blockholder::store::audit::{Report, audit};
use blockholder::store::export_audit::Trust;
use blockholder::store::exported::Folder;
use blockholder::store::import::import;
use blockholder::store::layout::Layout;
use blockholder::store::ledger::Mode;
use blockholder::store::recover::{Sources, recover};
use common::*;
use exports::Held;

fn check(at: &Path) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    audit(at, scratch.path(), &options(Mode::Read)).unwrap()
}

fn classes(report: &Report) -> Vec<&'static str> {
    report.faults.iter().map(|fault| fault.class.as_str()).collect()
}

/// A ledger whose last checkpoint has two tokens, one of which names it.
fn anchored(dir: &Path) -> (PathBuf, String) {
    let at = tiny_ledger(dir);
    let note = open(&at, Mode::Read).checkpoint().unwrap().to_string();
    let layout = Layout::new(&at);
    let id = digest(note.as_bytes());
    keep(&layout, note.as_bytes(), &[b"a clock of ", id.0.as_slice()].concat()).unwrap();
    keep(&layout, note.as_bytes(), b"another clock").unwrap();
    // Kept again, it is there once.
    keep(&layout, note.as_bytes(), b"another clock").unwrap();
    (at, note)
}

#[test]
fn anchors_are_counted_and_every_change_of_their_files_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (at, note) = anchored(dir.path());
    let report = check(&at);
    assert_eq!(classes(&report), [""; 0]);
    let [anchor] = report.anchors.as_slice() else { panic!("{:?}", report.anchors) };
    assert_eq!((anchor.checkpoint.size, anchor.digest), (5, digest(note.as_bytes())));
    let named: Vec<bool> = anchor.tokens.iter().map(|token| token.names_note).collect();
    assert_eq!(named.iter().filter(|named| **named).count(), 1);
    assert_eq!(named.len(), 2);
    assert!(report.not_checked.iter().any(|what| what.starts_with("the tokens of anchors")));
    // The export has them, and so has a ledger that is made of it.
    let held = Held::of(&open(&at, Mode::Read));
    assert_eq!(held.audit().report.anchors, report.anchors);
    let out = dir.path().join("export");
    held.write_to(&out);
    let made = dir.path().join("made");
    import(&made, &Folder::new(&out), &Trust::default(), &options(Mode::Read)).unwrap();
    assert_eq!(check(&made).anchors, report.anchors);
    fs::remove_dir_all(made.join("anchors")).unwrap();
    let sources = Sources { files: Vec::new(), export: Some(out) };
    recover(&made, &sources, &options(Mode::Write)).unwrap();
    assert_eq!(check(&made).anchors, report.anchors);
    let files: Vec<String> =
        held.files.keys().filter(|name| name.starts_with("anchors/")).cloned().collect();
    assert_eq!(files.len(), 3);
    for file in &files {
        let sound = &held.files[file];
        for byte in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[byte] ^= 1 << (byte % 8);
            fs::write(at.join(file), &bytes).unwrap();
            assert!(classes(&check(&at)).contains(&"anchor"), "{file} {byte}");
            let faults = held.with(file, bytes).faults();
            assert!(faults.contains(&("anchor", None)), "{file} {byte} {faults:?}");
        }
        fs::write(at.join(file), sound).unwrap();
        let mut named = held.clone();
        named.files.insert(format!("{file}x"), sound.clone());
        assert!(!named.audit().report.ok());
    }
    // Without its checkpoint a token says nothing; a checkpoint without tokens is no fault.
    let (notes, tokens): (Vec<_>, Vec<_>) = files.iter().partition(|name| !name.contains('-'));
    assert_eq!(held.without(notes[0]).faults(), [("anchor", None)]);
    assert!(held.without(tokens[0]).without(tokens[1]).audit().report.ok());
}

/// An anchored checkpoint is one that was kept: entries that do not bear it out are found.
#[test]
fn an_anchored_checkpoint_shows_another_history() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let key = |n| SigningKey::from_seed(ORIGIN, KeyKind::Log, &[n; 32]).unwrap();
    let note = |size, n| {
        let (origin, root) = (ORIGIN.to_owned(), leaf(b"another history"));
        Checkpoint { origin, size, root }.sign(&key(n)).to_string().into_bytes()
    };
    for (size, n, class) in [(3, 7, "fork"), (9, 7, "rollback"), (3, 8, "anchor")] {
        let _ = fs::remove_dir_all(at.join("anchors"));
        let bytes = note(size, n);
        keep(&Layout::new(&at), &bytes, b"a clock").unwrap();
        assert_eq!(classes(&check(&at)), [class], "{size} {n}");
        let mut held = Held::of(&open(&at, Mode::Read));
        for (id, bytes) in [(None, bytes.as_slice()), (Some(digest(b"a clock")), b"a clock")] {
            let file = name(digest(&note(size, n)), id);
            held.files.insert(format!("anchors/{file}"), bytes.to_vec());
        }
        let found: Vec<_> = held.faults().into_iter().map(|(class, _)| class).collect();
        assert_eq!(found, [class], "{size} {n}");
        agrees(dir.path(), &held, class);
    }
}

/// The independent checker says the same, where there is Python.
fn agrees(dir: &Path, held: &Held, class: &str) {
    let export = dir.join(class);
    held.write_to(&export);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/verify.py");
    let Ok(output) = Command::new("python3").arg("-B").arg(script).arg(&export).output() else {
        return;
    };
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with(&format!("fault {class}")), "{said}");
    assert!(said.contains("1 faults"), "{said}");
}
