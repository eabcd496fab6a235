//! Golden vectors of trees, notes and exports: one case a file under `tests/vectors/v1`.
//!
//! Every file is checked twice: that it is what is made here, and that what it says of its bytes is
//! so. `BLOCKHOLDER_BLESS=1` writes them anew, which no released format may need.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/exports.rs"]
mod exports;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use blockholder::ledger::checkpoint::{Checkpoint, CheckpointError};
use blockholder::ledger::key::{KeyKind, SigningKey, VerifierKey};
use blockholder::ledger::merkle::{Edge, Subtree, hash_of_range, leaf};
use blockholder::ledger::note::{Note, NoteError, Signature};
use blockholder::ledger::proof::{
    ProofError, check_consistency, check_inclusion, consistency, inclusion,
};
use blockholder::store::ledger::Ledger;
use blockholder::store::log::Log;
use blockholder::terms::id::TreeHash;
use common::*;
use exports::Held;

/// A case: its file, and what is in it.
type Case = (String, String);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(pair).collect()
}

fn lines(bytes: &[u8]) -> String {
    bytes.chunks(48).map(|line| format!("  {}\n", hex(line))).collect()
}

/// The bytes of the indented lines after a heading.
fn bytes_after(text: &str, heading: &str) -> Vec<u8> {
    list_after(text, heading).concat()
}

fn list_after(text: &str, heading: &str) -> Vec<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("\n{heading}:\n")).unwrap();
    let indented = rest.lines().take_while(|line| line.starts_with("  "));
    indented.map(|line| unhex(line.trim())).collect()
}

fn value<'a>(text: &'a str, key: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {key} in {text}"))
}

/// Compares cases with the files of a folder, or writes them.
fn settle(name: &str, cases: &[Case]) {
    let dir = folder().join(name);
    if std::env::var_os("BLOCKHOLDER_BLESS").is_some() {
        fs::create_dir_all(&dir).unwrap();
        for (file, text) in cases {
            fs::write(dir.join(format!("{file}.txt")), text).unwrap();
        }
    }
    let mut there: Vec<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    let mut due: Vec<String> = cases.iter().map(|(file, _)| format!("{file}.txt")).collect();
    due.sort();
    assert_eq!(there, due);
    for (file, text) in cases {
        let said = fs::read_to_string(dir.join(format!("{file}.txt"))).unwrap();
        assert!(said == *text, "{name}/{file}: the file is not what is made here");
    }
}

fn said(name: &str, file: &str) -> String {
    fs::read_to_string(folder().join(name).join(format!("{file}.txt"))).unwrap()
}

/// Seven leaves, each of one byte.
fn tree() -> (Vec<TreeHash>, impl Fn(Subtree) -> TreeHash) {
    let leaves: Vec<TreeHash> = (0..7_u8).map(|n| leaf(&[n])).collect();
    let (mut edge, mut stored) = (Edge::default(), Vec::new());
    leaves.iter().for_each(|leaf| edge.push(*leaf, &mut stored));
    (leaves, move |subtree| stored[subtree.slot() as usize])
}

fn root_at(source: &dyn Fn(Subtree) -> TreeHash, size: u64) -> TreeHash {
    hash_of_range(0, size, &mut |at| Ok::<_, Infallible>(source(at))).unwrap()
}

fn verdict(result: Result<(), ProofError>) -> &'static str {
    match result {
        Ok(()) => "holds",
        Err(ProofError::PastEnd { .. } | ProofError::NotOlder { .. }) => "refused by proof, sizes",
        Err(ProofError::Length { .. }) => "refused by proof, length",
        Err(ProofError::Root { .. }) => "refused by proof, root",
    }
}

type Path32 = Vec<TreeHash>;
type Mutation = (&'static str, &'static str, fn(&mut Path32));

const PATHS: [Mutation; 5] = [
    ("sound", "As it was made.", |_| ()),
    ("bit", "One bit of its first hash.", |path| path[0].0[0] ^= 1),
    ("short", "Without its last hash.", |path| {
        path.pop();
    }),
    ("long", "One hash more.", |path| path.push(TreeHash([0; 32]))),
    ("swapped", "Its first two hashes swapped.", |path| path.swap(0, 1)),
];

fn path_text(path: &[TreeHash]) -> String {
    path.iter().map(|hash| format!("  {hash}\n")).collect()
}

fn inclusion_cases() -> Vec<Case> {
    let (leaves, source) = tree();
    let mut cases = Vec::new();
    let mut case = |name: &str, what: &str, index: u64, size: u64, leaf: TreeHash, path: &[_]| {
        let root = root_at(&source, size.min(7));
        let expect = verdict(check_inclusion(index, size, leaf, path, root));
        let text = format!(
            "# {what}\nexpect: {expect}\nindex: {index}\nsize: {size}\nleaf: {leaf}\nroot: \
             {root}\npath:\n{}",
            path_text(path)
        );
        cases.push((format!("inclusion-{name}"), text));
    };
    let made = inclusion(4, 7, &mut |at| Ok::<_, Infallible>(source(at))).unwrap();
    for (name, what, change) in PATHS {
        let mut path = made.clone();
        change(&mut path);
        case(name, what, 4, 7, leaves[4], &path);
    }
    case("other-leaf", "Another leaf.", 4, 7, leaves[5], &made);
    case("other-index", "Another index.", 3, 7, leaves[4], &made);
    case("past-end", "An index that the tree does not have.", 7, 7, leaves[4], &made);
    case("one", "A tree of one leaf: no hashes.", 0, 1, leaves[0], &[]);
    cases
}

fn consistency_cases() -> Vec<Case> {
    let (_, source) = tree();
    let mut cases = Vec::new();
    let mut case =
        |name: &str, what: &str, old: (u64, TreeHash), new: (u64, TreeHash), path: &[_]| {
            let expect = verdict(check_consistency(old, new, path));
            let text = format!(
                "# {what}\nexpect: {expect}\nold: {}\nold root: {}\nsize: {}\nroot: {}\npath:\n{}",
                old.0,
                old.1,
                new.0,
                new.1,
                path_text(path)
            );
            cases.push((format!("consistency-{name}"), text));
        };
    let at = |size| (size, root_at(&source, size));
    let made = consistency(3, 7, &mut |at| Ok::<_, Infallible>(source(at))).unwrap();
    for (name, what, change) in PATHS {
        let mut path = made.clone();
        change(&mut path);
        case(name, what, at(3), at(7), &path);
    }
    case("other-old-root", "Another old root.", (3, at(4).1), at(7), &made);
    case("other-root", "Another new root.", at(3), (7, at(6).1), &made);
    case("from-nothing", "From the empty tree.", (0, at(0).1), at(7), &[]);
    case("same", "From a tree to itself: no hashes.", at(7), at(7), &[]);
    cases
}

#[test]
fn tree_vectors() {
    let mut cases = inclusion_cases();
    cases.extend(consistency_cases());
    settle("tree", &cases);
    for (file, _) in &cases {
        let text = said("tree", file);
        let number = |key| value(&text, key).parse::<u64>().unwrap();
        let hash = |key| value(&text, key).parse::<TreeHash>().unwrap();
        let path: Vec<TreeHash> =
            list_after(&text, "path").iter().map(|h| hex(h).parse().unwrap()).collect();
        let (size, root) = (number("size"), hash("root"));
        let got = match file.starts_with("inclusion") {
            true => check_inclusion(number("index"), size, hash("leaf"), &path, root),
            false => check_consistency((number("old"), hash("old root")), (size, root), &path),
        };
        assert_eq!(verdict(got), value(&text, "expect"), "{file}");
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyKind::Log, &[seed; 32]).unwrap()
}

/// What comes of a note's bytes.
fn opened(bytes: &[u8], key: &VerifierKey) -> String {
    let opened = Note::parse(bytes)
        .map_err(CheckpointError::from)
        .and_then(|note| Checkpoint::open(&note, [key]).map(|(checkpoint, _)| checkpoint));
    match opened {
        Ok(Checkpoint { size, root, .. }) => format!("checkpoint {size} {root}"),
        Err(CheckpointError::Note(NoteError::Signature(_))) => "refused by signature".to_owned(),
        Err(CheckpointError::Note(NoteError::Unsigned { .. } | NoteError::OtherKey { .. })) => {
            "refused by key".to_owned()
        }
        Err(CheckpointError::Note(_)) => "refused by note".to_owned(),
        Err(CheckpointError::Line { line, .. }) => format!("refused by checkpoint, line {line}"),
        Err(CheckpointError::Origin { .. }) => "refused by checkpoint, origin".to_owned(),
    }
}

fn note_cases() -> Vec<Case> {
    let (ours, stranger) = (key(7), key(9));
    let checkpoint = |size| Checkpoint { origin: ORIGIN.to_owned(), size, root: leaf(b"an entry") };
    let sound = checkpoint(3).sign(&ours).to_string();
    let signed = |text: &str| {
        let note = Note::new(text.to_owned(), Signature::by_log(&ours, text));
        note.to_string().into_bytes()
    };
    let text = checkpoint(3).text();
    let mut both = checkpoint(3).sign(&ours);
    both.add(Signature::by_log(&stranger, &text));
    let flipped = |at: usize| {
        let mut bytes = sound.clone().into_bytes();
        bytes[at] ^= 1;
        bytes
    };
    let replaced = |from: &str, to: &str| sound.replace(from, to).into_bytes();
    let reroot = signed(&text.replace("=\n", "\n"));
    let rows: Vec<(&str, &str, Vec<u8>)> = vec![
        ("sound", "Three lines and a signature.", sound.clone().into_bytes()),
        ("two-signatures", "A second one by a key that nobody knows.", both.to_string().into()),
        ("extended", "A fourth line, which means nothing.", signed(&format!("{text}more\n"))),
        ("size", "Another size.", replaced("\n3\n", "\n4\n")),
        ("root", "One bit of the root.", flipped(ORIGIN.len() + 5)),
        ("signature", "One bit of the signature.", flipped(sound.len() - 20)),
        ("key-hash", "Another number before the signature.", flipped(sound.len() - 92)),
        (
            "stranger",
            "Signed by another key of the name.",
            checkpoint(3).sign(&stranger).to_string().into(),
        ),
        ("unsigned", "No signature line.", format!("{text}\n").into_bytes()),
        ("no-empty-line", "No empty line before the signature.", replaced("\n\n", "\n")),
        ("no-line-feed", "No line feed at the end.", sound.trim_end().as_bytes().to_vec()),
        ("tab", "A control character.", replaced("example", "exa\tple")),
        (
            "control",
            "A control character beyond ASCII, signed.",
            signed(&format!("{text}a\u{9b}31m\n")),
        ),
        (
            "size-zeros",
            "A size with a needless zero, signed.",
            signed(&text.replace("\n3\n", "\n03\n")),
        ),
        ("size-sign", "A size with a sign, signed.", signed(&text.replace("\n3\n", "\n+3\n"))),
        ("size-none", "No size, signed.", signed(&text.replace("\n3\n", "\n\u{2014}\n"))),
        ("root-unpadded", "A root without padding, signed.", reroot),
        ("origin", "Another origin, signed.", signed(&text.replace("example", "other"))),
    ];
    rows.into_iter()
        .map(|(name, what, bytes)| {
            let expect = opened(&bytes, ours.public());
            let body = lines(&bytes);
            let vkey = ours.public();
            (name.to_owned(), format!("# {what}\nvkey: {vkey}\nexpect: {expect}\nbytes:\n{body}"))
        })
        .collect()
}

#[test]
fn note_vectors() {
    let cases = note_cases();
    settle("note", &cases);
    for (file, _) in &cases {
        let text = said("note", file);
        let key: VerifierKey = value(&text, "vkey").parse().unwrap();
        assert_eq!(opened(&bytes_after(&text, "bytes"), &key), value(&text, "expect"), "{file}");
    }
}

/// An export of four entries in three batches.
fn small_export() -> Held {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::init(&dir.path().join("l"), ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1), draft(2)]).unwrap();
    ledger.append(NOW, vec![draft(3)]).unwrap();
    Held::of(&ledger)
}

fn words(held: &Held) -> String {
    let word = |(class, entry): (&str, Option<u64>)| {
        entry.map_or(class.to_owned(), |entry| format!("{class} {entry}"))
    };
    let faults: Vec<String> = held.faults().into_iter().map(word).collect();
    if faults.is_empty() { "no fault".to_owned() } else { faults.join(", ") }
}

fn export_cases() -> Vec<Case> {
    let sound = small_export();
    let (bundle, entries) = sound.bundle();
    let tile = "tile/0/000.p/4";
    let blob = sound.files.keys().find(|name| name.starts_with("blob/")).unwrap().clone();
    let flip = |name: &str, at: usize| {
        let mut bytes = sound.files[name].clone();
        bytes[at] ^= 1;
        sound.with(name, bytes)
    };
    let with = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut other = entries.clone();
        change(&mut other);
        sound.with_entries(&other)
    };
    let mut stray = sound.clone();
    stray.files.insert("index.html".to_owned(), b"hello".to_vec());
    let second = 2 + entries[0].len();
    let checkpoints = String::from_utf8(sound.files["checkpoints"].clone()).unwrap();
    let notes: Vec<&str> = checkpoints.split_inclusive("\n\n").collect();
    let first = notes[..2].concat();
    let lost = notes[2..].concat().into_bytes();
    let rows: Vec<(&str, &str, Held)> = vec![
        ("sound", "Four entries in three batches.", sound.clone()),
        ("policy", "One bit of the policy.", flip("policy", 40)),
        ("policy-lost", "No policy.", sound.without("policy")),
        ("checkpoint", "One bit of the checkpoint.", flip("checkpoint", 30)),
        (
            "checkpoint-old",
            "The first checkpoint in the place of the last.",
            sound.with(
                "checkpoint",
                first
                    .trim_end_matches('\n')
                    .to_owned()
                    .into_bytes()
                    .into_iter()
                    .chain(*b"\n")
                    .collect(),
            ),
        ),
        ("checkpoints", "One bit of the first checkpoint's root.", flip("checkpoints", 30)),
        ("checkpoints-short", "Without the first checkpoint.", sound.with("checkpoints", lost)),
        ("length", "One bit of an entry's length.", flip(&bundle, second + 1)),
        ("payload", "One bit of a payload.", flip(&bundle, second + 2 + 100)),
        ("previous", "One bit of a previous hash.", flip(&bundle, second + 2 + 60)),
        ("sequence", "One bit of a sequence.", flip(&bundle, second + 2 + 8)),
        ("deleted", "An entry is gone.", with(&|e| drop(e.remove(1)))),
        ("swapped", "Two entries swapped.", with(&|e| e.swap(1, 2))),
        ("twice", "An entry stands twice.", with(&|e| e.insert(1, e[1].clone()))),
        ("cut", "The last entry is gone.", with(&|e| drop(e.pop()))),
        ("bundle-lost", "No entries at all.", sound.without(&bundle)),
        ("hash", "One bit of a tile.", flip(tile, 70)),
        (
            "tile-short",
            "A tile without its last hash.",
            sound.with(tile, sound.files[tile][..96].to_vec()),
        ),
        ("tile-lost", "No tile.", sound.without(tile)),
        ("blob", "One bit of received bytes.", flip(&blob, 5)),
        ("blob-lost", "Received bytes are gone.", sound.without(&blob)),
        ("stray", "A file that does not belong there.", stray),
    ];
    rows.into_iter()
        .map(|(name, what, held)| {
            let files: String = held
                .files
                .iter()
                .map(|(name, bytes)| format!("file {name}:\n{}", lines(bytes)))
                .collect();
            (name.to_owned(), format!("# {what}\nexpect: {}\n{files}", words(&held)))
        })
        .collect()
}

/// The files of an export's vector.
fn files_of(text: &str) -> Held {
    let names = text.lines().filter_map(|line| line.strip_prefix("file ")?.strip_suffix(':'));
    let file = |name: &str| (name.to_owned(), bytes_after(text, &format!("file {name}")));
    Held { files: names.map(file).collect::<BTreeMap<_, _>>(), room: None }
}

#[test]
fn export_vectors() {
    let cases = export_cases();
    settle("export", &cases);
    for (file, _) in &cases {
        let text = said("export", file);
        assert_eq!(words(&files_of(&text)), value(&text, "expect"), "{file}");
    }
}
