//! Audits of an export that go on from a checkpoint somebody trusts: what is read, what is found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/whole.rs"]
mod whole;
#[path = "common/exports.rs"]
mod exports;

use std::path::Path;

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::ledger::tiles::entries;
use blockholder::store::export_audit::{Trust, audit};
use blockholder::store::exported::Files;
use blockholder::store::ledger::Ledger;
use blockholder::store::log::{Log, StoreError};
use common::*;
use exports::{Held, packed};
use whole::{command, now};

/// An export that remembers which of its files were asked for.
struct Seen<'a>(&'a Held, std::cell::RefCell<Vec<String>>);

impl Files for Seen<'_> {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        self.0.names()
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.1.borrow_mut().push(name.to_owned());
        self.0.read(name)
    }
}

/// From each checkpoint on, an audit reads what comes after, finds what is wrong there and nothing
/// before, and that the tiles begin with what the checkpoint stands for.
#[test]
fn an_audit_of_an_export_goes_on_from_a_kept_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let (held, notes) = of_batches(dir.path(), &[255, 1, 43, 5], 1);
    let since = |n: usize| Trust { since: Some(notes[n].clone()), ..Trust::default() };
    let bundles = |seen: &Seen<'_>| {
        let seen = seen.1.borrow();
        seen.iter().filter(|name| name.starts_with("tile/entries/")).count()
    };
    let blobs = |seen: &Seen<'_>| {
        seen.1.borrow().iter().filter(|name| name.starts_with("blob/")).count() as u64
    };
    for (n, read) in [(0, 2), (1, 2), (2, 1), (3, 1), (4, 1)] {
        let from = notes[n].size;
        let seen = Seen(&held, Vec::new().into());
        let found = audit(&seen, &since(n), &mut |_, _| ()).unwrap();
        assert_eq!((found.report.faults, found.report.size), (vec![], 305), "from {from}");
        assert_eq!((bundles(&seen), blobs(&seen)), (read, 305 - from), "from {from}");
        let left = format!("the first {from} entries: only that the tiles begin with");
        assert!(found.report.not_checked.iter().any(|what| what.starts_with(&left)));
    }
    let faults = |held: &Held, n: usize| -> Vec<(&'static str, Option<u64>)> {
        let faults = held.audit_with(&since(n)).report.faults;
        faults.iter().map(|fault| (fault.class.as_str(), fault.entry)).collect()
    };
    // One bit of each entry: before the checkpoint nobody looks, but at the last one.
    for tile in ["tile/entries/000", "tile/entries/001.p/49"] {
        let (mut at, bytes) = (0, &held.files[tile]);
        let first = if tile.ends_with("000") { 0 } else { 256 };
        for (entry, stored) in (first..).zip(entries(bytes).0) {
            let mut changed = bytes.clone();
            changed[at + 2 + 60] ^= 1;
            at += 2 + stored.len();
            // Some of the first, and all around each checkpoint.
            if entry % 37 != 0 && !notes.iter().any(|note| note.size.abs_diff(entry + 1) < 2) {
                continue;
            }
            let other = held.with(tile, changed);
            for (n, note) in notes.iter().enumerate() {
                let found = faults(&other, n);
                let named = found.iter().any(|(_, at)| *at == Some(entry));
                assert_eq!(named, entry + 1 >= note.size, "{entry} from {n}: {found:?}");
                assert_eq!(named, !found.is_empty(), "{entry} from {n}: {found:?}");
            }
        }
    }
    // One hash of each tile: where it is before the checkpoint, it no longer leads to its root, or
    // nobody reads it.
    for (tile, hash) in [
        ("tile/0/000", 3),
        ("tile/0/000", 255),
        ("tile/0/001.p/49", 0),
        ("tile/0/001.p/49", 48),
        ("tile/1/000.p/1", 0),
    ] {
        let mut changed = held.files[tile].clone();
        changed[hash * 32] ^= 1;
        let other = held.with(tile, changed);
        for (n, note) in notes.iter().enumerate() {
            let size = note.size;
            let (first, level) = (if tile.contains("001") { 256 } else { 0 }, tile.contains("/1/"));
            let after = if level { size < 256 } else { first + hash as u64 >= size };
            let found = faults(&other, n);
            // The last entry's own hash is not on its path.
            let own = size == 256 && hash == 255;
            let unread = !level && first == 0 && (size > 256 || own);
            match (after, unread) {
                (true, _) => assert!(found.iter().all(|(class, _)| *class == "node"), "{found:?}"),
                (_, true) => assert_eq!(found, [], "{tile} {hash} from {size}"),
                // The root, or the path of the last entry, where the level above has the root.
                _ => {
                    assert!(
                        matches!(found[0], ("root" | "leaf", at) if at == Some(size - 1)),
                        "{found:?}"
                    );
                }
            }
            assert_eq!(found.is_empty(), unread && !after, "{tile} {hash} from {size}: {found:?}");
        }
        assert!(!other.faults().is_empty());
    }
}

/// A history that the same key wrote anew, one that is shorter, and a last checkpoint that cannot
/// be read.
#[test]
fn an_export_that_does_not_go_on_from_a_kept_checkpoint_is_named() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (held, notes) = of_batches(one.path(), &[3, 2, 2], 1);
    let (other, _) = of_batches(two.path(), &[3, 2, 2], 900);
    let of = |held: &Held, since: &Checkpoint| -> Vec<(&'static str, Option<u64>)> {
        let trust = Trust { since: Some(since.clone()), ..Trust::default() };
        let faults = held.audit_with(&trust).report.faults;
        faults.iter().map(|fault| (fault.class.as_str(), fault.entry)).collect()
    };
    let leaf_and_root = [("root", Some(5)), ("leaf", Some(5))];
    assert_eq!(of(&other, &notes[2]), leaf_and_root);
    let beyond = Checkpoint { size: 11, ..notes[3].clone() };
    assert_eq!(of(&held, &beyond), [("rollback", Some(8))]);
    let (bundle, stored) = held.bundle();
    assert_eq!(of(&held.with(&bundle, packed(&stored[..5])), &notes[2]), [("rollback", Some(5))]);
    let mut checkpoints = held.files["checkpoints"].clone();
    let last = checkpoints.len() - 30;
    checkpoints[last] = 0;
    let damaged = held.with("checkpoints", checkpoints);
    for since in &notes[..3] {
        assert_eq!(of(&damaged, since)[0], ("checkpoint", None));
    }
}

/// The exit status of `verify`, and what it says.
fn verify(words: &[&str]) -> (u8, String) {
    command(&[&["verify"], words].concat(), &now)
}

/// Entries that the ledger signed, signed by somebody else too: a policy that names the ledger's
/// key is about its exports, not only about the checkpoint that was kept.
#[test]
fn an_export_by_a_key_that_the_policy_does_not_name_cannot_be_told() {
    let dir = tempfile::tempdir().unwrap();
    let (held, notes) = of_batches(dir.path(), &[3, 2], 1);
    let text = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let key = |n| SigningKey::from_seed(ORIGIN, KeyKind::Log, &[n; 32]).unwrap();
    let (ours, theirs) =
        (SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap(), key(66));
    let policy = |key: &SigningKey| format!("log {}\nquorum none\n", key.public()).into_bytes();
    let signed: Vec<String> = notes.iter().map(|note| note.sign(&theirs).to_string()).collect();
    let all: String = signed.iter().map(|note| format!("{note}\n")).collect();
    let other = held.with("policy", policy(&theirs)).with("checkpoints", all.into_bytes());
    let other = other.with("checkpoint", signed.last().unwrap().clone().into_bytes());
    held.write_to(&dir.path().join("ours"));
    other.write_to(&dir.path().join("theirs"));
    std::fs::write(text("kept"), notes[1].sign(&ours).to_string()).unwrap();
    std::fs::write(text("policy"), policy(&ours)).unwrap();
    for kind in ["--against", "--since"] {
        let with = |export: &str| {
            verify(&[&text(export), kind, &text("kept"), "--policy", &text("policy")])
        };
        let (status, said) = with("ours");
        assert_eq!(status, 0, "{said}");
        assert!(!said.contains("whose key it is"), "{said}");
        let (status, said) = with("theirs");
        assert_eq!(status, 3, "{said}");
        assert!(said.ends_with(&format!("got {}", theirs.public())), "{said}");
    }
    // By its own word it is sound.
    assert_eq!(verify(&[&text("theirs")]).0, 0);
    // The policy's key alone is believed: that an export names it, too, does not sign anything.
    other.with("policy", policy(&ours)).write_to(&dir.path().join("half"));
    let half = verify(&[&text("half"), "--against", &text("kept"), "--policy", &text("policy")]);
    assert_eq!(half.0, 1, "{}", half.1);
}

/// An export of batches of filings from a number on, and the ledger's checkpoints.
fn of_batches(dir: &Path, sizes: &[u64], mut next: u64) -> (Held, Vec<Checkpoint>) {
    let mut ledger = Ledger::init(&dir.join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    let note = |ledger: &Ledger| Checkpoint::parse(ledger.checkpoint().unwrap().text()).unwrap();
    let mut notes = vec![note(&ledger)];
    for size in sizes {
        ledger.append(NOW, (next..next + size).map(draft).collect()).unwrap();
        next += size;
        notes.push(note(&ledger));
    }
    (Held::of(&ledger), notes)
}
