//! Anchors: what outside clocks said stays bound to the checkpoint that it is for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod common;
#[path = "common/python.rs"]
mod python;
#[path = "common/exports.rs"]
mod exports;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::ledger::merkle::leaf;
use blockholder::store::anchors::{TOKEN_MAX, digest, keep, name};
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
    // What is longer than a token may be is none.
    let large = vec![7; (TOKEN_MAX + 1) as usize];
    let of = format!("{}-{}", files[0].split('-').next().unwrap(), digest(&large));
    let mut more = held.clone();
    more.files.insert(of, large);
    assert_eq!(more.faults(), [("anchor", None)]);
    agrees(dir.path(), &more, "anchor");
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
    let Some(output) = python::second("verify.py", |python| python.arg(&export)) else { return };
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with(&format!("fault {class}")), "{said}");
    assert!(said.contains("1 faults"), "{said}");
}

/// The program on a ledger.
fn blockholder(at: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blockholder"));
    command.arg("--ledger").arg(at).args(words).env_remove("BLOCKHOLDER_LEDGER");
    let output = command.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{words:?}: {said}");
    said
}

/// A clock of one's own, in a folder: a key that may timestamp, and what OpenSSL asks of its keeper.
struct Clock(PathBuf);

impl Clock {
    /// `None`, said aloud, on a machine without OpenSSL.
    #[allow(clippy::print_stderr)]
    fn new(dir: &Path) -> Option<Self> {
        let clock = Self(dir.join("clock"));
        if Command::new("openssl").arg("version").output().is_err() {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "CI needs openssl for real tokens");
            eprintln!("\nSKIPPED: no openssl here; this test proved nothing\n");
            return None;
        }
        fs::create_dir(&clock.0).unwrap();
        let conf = "[tsa]\ndefault_tsa = clock\n[clock]\nserial = ./serial\nsigner_digest = sha256\n\
                    default_policy = 1.2.3.4.1\ndigests = sha256\ness_cert_id_alg = sha256\n";
        fs::write(clock.0.join("clock.cnf"), conf).unwrap();
        fs::write(clock.0.join("serial"), "01\n").unwrap();
        let may = ["-addext", "extendedKeyUsage=critical,timeStamping"];
        let make = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out clock.pem -days 3650 \
                    -subj /CN=clock";
        assert!(clock.openssl(&make.split(' ').chain(may).collect::<Vec<_>>()), "no key");
        Some(clock)
    }

    fn openssl(&self, words: &[&str]) -> bool {
        let output = Command::new("openssl").args(words).current_dir(&self.0).output().unwrap();
        output.status.success()
    }

    /// What comes back for a file: a response, or the token in it alone.
    fn stamp(&self, file: &str, alone: bool) -> String {
        let query = ["ts", "-query", "-data", file, "-sha256", "-cert", "-out", "query"];
        assert!(self.openssl(&query), "no query");
        let back = if alone { "token" } else { "response" };
        let mut reply = "ts -reply -config clock.cnf -queryfile query -signer clock.pem \
                         -inkey key.pem -out"
            .split(' ')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>();
        reply.push(back);
        reply.extend(alone.then_some("-token_out"));
        assert!(self.openssl(&reply), "no reply");
        self.0.join(back).to_string_lossy().into_owned()
    }

    /// Whether OpenSSL takes a token for this data: a file, or the digest of one.
    fn vouches(&self, data: [&str; 2], token: &str, alone: bool) -> bool {
        let words = [&["ts", "-verify"][..], &data, &["-in", token, "-CAfile", "clock.pem"]];
        let alone: &[&str] = if alone { &["-token_in"] } else { &[] };
        self.openssl(&[words.concat().as_slice(), alone].concat())
    }
}

/// A token of RFC 3161, made by OpenSSL for the file that `anchor` wrote, is kept as it came, and
/// OpenSSL takes it for the checkpoint that is kept with it: in the ledger, in an export, and in a
/// ledger that is made of that.
#[test]
fn openssl_vouches_for_what_is_kept_of_its_own_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let Some(clock) = Clock::new(dir.path()) else { return };
    let at = tiny_ledger(dir.path());
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let note = path("last.note");
    blockholder(&at, &["anchor", "-o", &note]);
    let line = fs::read_to_string(path("last.note.sha256")).unwrap();
    let (said, file) = line.trim_end().split_once("  ").unwrap();
    assert_eq!(file, "last.note");
    let bytes = fs::read(&note).unwrap();
    assert_eq!(said, digest(&bytes).to_string());
    let changed = path("changed.note");
    fs::write(&changed, String::from_utf8(bytes).unwrap().replace("\n5\n", "\n6\n")).unwrap();
    let mut kept = Vec::new();
    for alone in [false, true] {
        let token = clock.stamp(&note, alone);
        // The digest that was written is the one that was timestamped.
        assert!(clock.vouches(["-digest", said], &token, alone));
        assert!(clock.vouches(["-data", &note], &token, alone));
        assert!(!clock.vouches(["-data", &changed], &token, alone));
        let told = blockholder(&at, &["anchor", "--add", &token, "--for", &note]);
        assert!(told.contains("the SHA-256 of the checkpoint is in it"), "{told}");
        kept.push((
            name(digest(&fs::read(&note).unwrap()), Some(digest(&fs::read(token).unwrap()))),
            alone,
        ));
    }
    let (export, made) = (path("export"), path("made"));
    blockholder(&at, &["export", "--tiles", &export]);
    blockholder(Path::new(&made), &["import", &export]);
    for place in [at.as_path(), Path::new(&export), Path::new(&made)] {
        for (token, alone) in &kept {
            let anchors = place.join("anchors");
            let file = |name: &str| anchors.join(name).to_string_lossy().into_owned();
            let of = file(token.split_once('-').unwrap().0);
            assert!(clock.vouches(["-data", &of], &file(token), *alone), "{place:?} {token}");
            assert!(!clock.vouches(["-data", &changed], &file(token), *alone));
        }
    }
    let report = check(&at);
    let tokens: Vec<bool> = report.anchors[0].tokens.iter().map(|token| token.names_note).collect();
    assert_eq!((report.faults, tokens), (vec![], vec![true, true]));
    // A token for another file does not have the digest in it, and is said not to.
    let token = clock.stamp(&changed, false);
    let told = blockholder(&at, &["anchor", "--add", &token, "--for", &note]);
    assert!(told.contains("the SHA-256 of the checkpoint is not in it"), "{told}");
    assert!(!clock.vouches(["-data", &note], &token, false));
}
