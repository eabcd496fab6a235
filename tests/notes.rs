//! Signed notes, checkpoints, cosignatures, policies, proof files and tiles: against published
//! examples, against other implementations, and with every byte changed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use blockholder::ledger::checkpoint::{Checkpoint, CheckpointError};
use blockholder::ledger::key::{KeyError, KeyKind, SigningKey, VerifierKey};
use blockholder::ledger::merkle::{Edge, leaf};
use blockholder::ledger::note::{NOTE_MAX, Note, NoteError, SIGNATURES_MAX, Signature};
use blockholder::ledger::policy::{Policy, PolicyError, Refused};
use blockholder::ledger::proof::inclusion;
use blockholder::ledger::tiles::{self, Kind, Tile};
use blockholder::ledger::tlog_proof::{TlogProof, TlogProofError};
use blockholder::terms::id::{PublicKey, TreeHash};

fn log_key() -> SigningKey {
    SigningKey::from_seed("example.org/ledger", KeyKind::Log, &[1; 32]).unwrap()
}

fn witness(n: u8) -> SigningKey {
    SigningKey::from_seed(&format!("witness.example/{n}"), KeyKind::Witness, &[100 + n; 32])
        .unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: "example.org/ledger".to_owned(), size, root: leaf(&size.to_be_bytes()) }
}

/// The example of Go's note package.
const NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const NEUMANN_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn published_notes_and_keys() {
    let secret = SigningKey::parse(NEUMANN_SECRET).unwrap();
    let known: VerifierKey = NEUMANN.parse().unwrap();
    assert_eq!((secret.public(), secret.secret_text().as_str()), (&known, NEUMANN_SECRET));
    assert_eq!(known.to_string(), NEUMANN);
    let note = Note::parse(NEUMANN_NOTE.as_bytes()).unwrap();
    assert_eq!(note.to_string(), NEUMANN_NOTE);
    assert_eq!(note.verify([&known]).unwrap().len(), 1);
    assert_eq!(Signature::by_log(&secret, note.text()), note.signatures()[0]);
    let sumdb = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    assert_eq!(sumdb.parse::<VerifierKey>().unwrap().to_string(), sumdb);
    assert!(!format!("{secret:?}").contains("AYEKF"), "a secret was printed");
}

#[test]
fn keys_of_another_form_are_refused() {
    let vkey = log_key().public().to_string();
    for (text, says) in [
        (vkey.replace("+", "-"), "NAME+HASH+KEY"),
        (vkey.replacen("example", "example.", 1), "hash"),
        (vkey.replace("example.org/ledger", ""), "name"),
        (vkey.to_uppercase(), "NAME+HASH+KEY"),
        (NEUMANN.replace("+AR", "+BR"), "type"),
        (format!("{vkey}A"), "NAME+HASH+KEY"),
        // The identity point: every message has a signature under it.
        ("a+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), "none"),
    ] {
        let error = text.parse::<VerifierKey>().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb"] {
        let made = SigningKey::from_seed(name, KeyKind::Log, &[1; 32]);
        assert!(matches!(made, Err(KeyError::Name { .. })), "{name:?}");
    }
    let error = SigningKey::parse("PRIVATE+KEY+secret").unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn another_implementation_takes_our_notes_and_we_take_theirs() {
    use signed_note::{Note as Theirs, StandardSigner, StandardVerifier, VerifierList};
    let key = log_key();
    let note = checkpoint(7).sign(&key);
    let verifier = StandardVerifier::new(&key.public().to_string()).unwrap();
    let list = VerifierList::new(vec![Box::new(verifier)]);
    let theirs = Theirs::from_bytes(note.to_string().as_bytes()).unwrap();
    assert_eq!(theirs.verify(&list).unwrap().0.len(), 1);
    let read = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
    assert_eq!((read.origin(), read.size()), ("example.org/ledger", 7));
    assert_eq!(read.hash().0, checkpoint(7).root.0);

    let signer = StandardSigner::new(&key.secret_text()).unwrap();
    let mut theirs = Theirs::new(checkpoint(9).text().as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    let ours = Note::parse(&theirs.to_bytes()).unwrap();
    assert_eq!(Checkpoint::open(&ours, [key.public()]).unwrap().0, checkpoint(9));
}

#[test]
fn no_byte_of_a_note_can_be_changed() {
    let key = log_key();
    let bytes = checkpoint(20_852_163).sign(&key).to_string().into_bytes();
    let opens = |bytes: &[u8]| {
        let note = Note::parse(bytes).map_err(CheckpointError::from)?;
        Checkpoint::open(&note, [key.public()]).map(|_| ())
    };
    assert_eq!(opens(&bytes), Ok(()));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            assert!(opens(&other).is_err(), "byte {at}, bit {bit}");
        }
        assert!(opens(&bytes[..at]).is_err(), "cut at {at}");
        let mut longer = bytes.clone();
        longer.insert(at, b'a');
        assert!(opens(&longer).is_err(), "a byte more at {at}");
    }
}

#[test]
fn unknown_signatures_are_passed_over_and_known_ones_never() {
    let (key, stranger) = (log_key(), witness(9));
    let mut note = checkpoint(3).sign(&key);
    note.add(Signature::by_witness(&stranger, note.text(), 5));
    let same_name = SigningKey::from_seed("example.org/ledger", KeyKind::Log, &[2; 32]).unwrap();
    note.add(Signature::by_log(&same_name, "another text\n"));
    assert_eq!(note.verify([key.public()]).unwrap().len(), 1);
    assert_eq!(note.verify([key.public(), stranger.public()]).unwrap()[1].time, Some(5));
    let refused = note.verify([key.public(), same_name.public()]);
    assert!(matches!(refused, Err(NoteError::Signature(_))), "{refused:?}");
    let other = witness(8);
    let nobody = note.verify([other.public()]);
    assert!(matches!(nobody, Err(NoteError::Unsigned { .. })), "{nobody:?}");
    // A witness's key is no ledger's.
    let mut alone = Note::new(checkpoint(3).text(), Signature::by_witness(&stranger, "x\n", 1));
    alone.add(Signature::by_witness(&stranger, alone.text(), 1));
    assert!(Checkpoint::open(&alone, [stranger.public()]).is_err());
    let as_witness = SigningKey::from_seed("example.org/ledger", KeyKind::Witness, &[1; 32]);
    let as_witness = as_witness.unwrap();
    let text = checkpoint(3).text();
    let cosigned = Note::new(text.clone(), Signature::by_witness(&as_witness, &text, 1));
    let opened = Checkpoint::open(&cosigned, [as_witness.public()]);
    assert!(matches!(opened, Err(CheckpointError::Origin { .. })), "{opened:?}");
    // Nor does one ledger's key speak for another ledger.
    let foreign = SigningKey::from_seed("example.org/another", KeyKind::Log, &[1; 32]).unwrap();
    let opened = Note::new(text.clone(), Signature::by_log(&foreign, &text));
    let opened = Checkpoint::open(&opened, [foreign.public()]);
    assert!(matches!(opened, Err(CheckpointError::Origin { .. })), "{opened:?}");
}

#[test]
fn cosignatures_are_over_their_time_and_text() {
    let key = witness(1);
    let text = checkpoint(3).text();
    let signature = Signature::by_witness(&key, &text, 1_679_315_147);
    let message = format!("cosignature/v1\ntime 1679315147\n{text}");
    let (time, bytes) = signature.bytes.split_at(8);
    assert_eq!(time, 1_679_315_147_u64.to_be_bytes());
    assert_eq!(key.public().check(message.as_bytes(), bytes.try_into().unwrap()), Ok(()));
    let good = Note::new(text, signature.clone());
    assert_eq!(good.verify([key.public()]).unwrap()[0].time, Some(1_679_315_147));
    for at in 0..signature.bytes.len() {
        let mut other = signature.clone();
        other.bytes[at] ^= 1;
        let note = Note::new(good.text().to_owned(), other);
        assert!(note.verify([key.public()]).is_err(), "byte {at}");
    }
}

#[test]
fn notes_have_limits() {
    let key = log_key();
    let mut note = checkpoint(3).sign(&key);
    for n in 0..SIGNATURES_MAX as u8 - 1 {
        note.add(Signature { name: format!("w{n}"), id: 1, bytes: vec![n; 64] });
    }
    assert!(Note::parse(note.to_string().as_bytes()).unwrap().verify([key.public()]).is_ok());
    note.add(Signature { name: "one".to_owned(), id: 1, bytes: vec![1] });
    let refused = Note::parse(note.to_string().as_bytes());
    assert!(matches!(refused, Err(NoteError::TooMany { .. })));
    assert!(matches!(Note::parse(&vec![b'a'; NOTE_MAX + 1]), Err(NoteError::TooLong { .. })));
    for bad in ["", "a\n", "a\n\n", "a\n\n— b", "a\n\n— b AAAA\n", "a\n\nb AAAAAAAA\n"] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    // Those that a terminal obeys though they are no ASCII among them.
    for control in
        ['\0', '\u{1}', '\t', '\r', '\u{1b}', '\u{7f}', '\u{80}', '\u{85}', '\u{9b}', '\u{9f}']
    {
        for bad in
            [format!("a{control}\n\n— b AAAAAAAA\n"), format!("a\n\n— {control}b AAAAAAAA\n")]
        {
            assert_eq!(Note::parse(bad.as_bytes()), Err(NoteError::Characters), "{control:?}");
        }
    }
    assert!(Note::parse("a\u{a0}\n\n— b AAAAAAAA\n".as_bytes()).is_ok());
    assert!(Note::parse(b"a\xff\n\n\xe2\x80\x94 b AAAAAAAA\n").is_err());
    let empty_lines = Note::parse("a\n\nb\n\n— b AAAAAAAA\n".as_bytes()).unwrap();
    assert_eq!(empty_lines.text(), "a\n\nb\n");
}

#[test]
fn checkpoints_have_one_spelling() {
    let text = checkpoint(0).text();
    assert_eq!(Checkpoint::parse(&text), Ok(checkpoint(0)));
    assert_eq!(Checkpoint::parse(&format!("{text}more\n")), Ok(checkpoint(0)));
    for bad in [
        text.replace("\n0\n", "\n00\n"),
        text.replace("\n0\n", "\n+0\n"),
        text.replace("\n0\n", "\n18446744073709551616\n"),
        text.replace("example.org/ledger", ""),
        text.replace("=", ""),
        format!("{text}\n"),
        format!("{text}\nmore\n"),
        "a\n1\n".to_owned(),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
}

fn policy_text() -> String {
    let vkey = |n| witness(n).public().to_string();
    format!(
        "# two of three, and one of two\nlog {}\n\twitness X1 {}\nwitness X2 {} https://x2.example\n\
         witness X3 {}\ngroup X 2 X1 X2 X3\nwitness Y1 {}\nwitness Y2 {}\ngroup Y any Y1 Y2\n\
         group all-of-it all X Y\n\nquorum all-of-it\n",
        log_key().public(),
        vkey(1),
        vkey(2),
        vkey(3),
        vkey(4),
        vkey(5)
    )
}

#[test]
fn a_quorum_is_met_or_not() {
    let policy = Policy::parse(&policy_text()).unwrap();
    for (cosigners, met) in [
        (vec![], false),
        (vec![1, 2], false),
        (vec![1, 4], false),
        (vec![1, 1, 4], false),
        (vec![1, 2, 9], false),
        (vec![1, 2, 4], true),
        (vec![2, 3, 5], true),
        (vec![1, 2, 3, 4, 5], true),
    ] {
        let mut note = checkpoint(3).sign(&log_key());
        for (time, n) in (1..).zip(&cosigners) {
            note.add(Signature::by_witness(&witness(*n), note.text(), time));
        }
        let accepted = policy.accept(&note);
        assert_eq!(accepted.is_ok(), met, "{cosigners:?}");
        match accepted {
            Ok(accepted) => assert_eq!(accepted.checkpoint, checkpoint(3)),
            Err(refused) => assert!(matches!(refused, Refused::Quorum { .. })),
        }
    }
    let mut forged = checkpoint(3).sign(&log_key());
    forged.add(Signature::by_witness(&witness(1), "another text\n", 1));
    assert!(matches!(policy.accept(&forged), Err(Refused::Checkpoint(_))));
    let none = Policy::parse(&format!("log {}\nquorum none", log_key().public())).unwrap();
    assert!(none.accept(&checkpoint(3).sign(&log_key())).is_ok());
    let stranger = SigningKey::from_seed("example.org/ledger", KeyKind::Log, &[7; 32]).unwrap();
    assert!(none.accept(&checkpoint(3).sign(&stranger)).is_err());
}

#[test]
fn policies_with_a_wrong_line_are_refused_at_that_line() {
    let good = policy_text();
    for (from, to, line) in [
        ("group X 2", "group X 4", 6),
        ("group X 2", "group X 0", 6),
        ("group X 2", "group X +2", 6),
        ("group X 2", "group X 02", 6),
        ("group X 2 X1 X2 X3", "group X any", 6),
        ("X1 X2 X3", "X1 X2 Y1", 6),
        ("X1 X2 X3", "X1 X2 X2", 6),
        ("any Y1 Y2", "any Y1 X1", 9),
        ("group Y", "group X", 9),
        ("group Y", "group none", 9),
        ("witness Y2", "witness Y1", 8),
        ("quorum all", "quorum al", 12),
        ("# two", "two", 1),
        ("# two", "\u{1}# two", 1),
        ("witness X1", "log", 3),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        match Policy::parse(&text) {
            Err(PolicyError::Line { line: got, .. }) => assert_eq!(got, line, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
    let twice = good.replace(&witness(2).public().to_string(), &witness(1).public().to_string());
    assert!(matches!(Policy::parse(&twice), Err(PolicyError::Line { line: 4, .. })));
    // The ledger's own key as a witness, by its own or another name, before or after the ledger.
    for name in ["example.org/ledger", "w"] {
        let own = SigningKey::from_seed(name, KeyKind::Witness, &[1; 32]).unwrap();
        let lines =
            [format!("log {}\n", log_key().public()), format!("witness w {}\n", own.public())];
        for text in [lines.concat(), format!("{}{}", lines[1], lines[0])] {
            let refused = Policy::parse(&format!("{text}quorum w\n"));
            assert!(matches!(refused, Err(PolicyError::Line { line: 2, .. })), "{refused:?}");
        }
    }
    let broken = good.replacen("witness.example/1+", "witness.example/0+", 1);
    assert!(matches!(Policy::parse(&broken), Err(PolicyError::Key { line: 3, .. })));
    for quorums in ["", "quorum none\nquorum none\n"] {
        assert!(matches!(Policy::parse(quorums), Err(PolicyError::Quorum { .. })));
    }
}

/// A tree of `size` entries with its stored hashes, and the note over it.
fn grown(size: u64) -> (Edge, Vec<TreeHash>, Note) {
    let (mut edge, mut stored) = (Edge::default(), Vec::new());
    (0..size).for_each(|n| edge.push(leaf(format!("entry {n}").as_bytes()), &mut stored));
    let root = edge.root();
    let note = Checkpoint { origin: "example.org/ledger".to_owned(), size, root }.sign(&log_key());
    (edge, stored, note)
}

#[test]
fn proof_files_prove_their_entry_and_nothing_when_changed() {
    let (_, stored, note) = grown(11);
    let policy = Policy::of_keys(vec![log_key().public().clone()]);
    let path = inclusion(6, 11, &mut |s| Ok::<_, ()>(stored[s.slot() as usize])).unwrap();
    let extra = Some(b"seven".to_vec());
    let proof = TlogProof { extra, index: 6, path, note };
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra c2V2ZW4=\nindex 6\n"));
    let check = |bytes: &[u8], entry: &[u8]| {
        TlogProof::parse(bytes).and_then(|proof| proof.check(entry, &policy)).map(|_| ())
    };
    assert_eq!(TlogProof::parse(text.as_bytes()), Ok(proof.clone()));
    assert_eq!(check(text.as_bytes(), b"entry 6"), Ok(()));
    assert!(matches!(check(text.as_bytes(), b"entry 5"), Err(TlogProofError::Proof(_))));
    let from = text.find("index").unwrap();
    for at in from..text.len() {
        for bit in 0..8 {
            let mut other = text.clone().into_bytes();
            other[at] ^= 1 << bit;
            assert!(check(&other, b"entry 6").is_err(), "byte {at}, bit {bit}");
        }
    }
    let bare = TlogProof { extra: None, ..proof };
    assert_eq!(check(bare.to_string().as_bytes(), b"entry 6"), Ok(()));
    for (from, to) in [("index 6", "index 06"), ("index 6", "index"), ("@v1", "@v2")] {
        assert!(check(text.replace(from, to).as_bytes(), b"entry 6").is_err(), "{to}");
    }
}

#[test]
fn tiles_are_named_and_filled_as_another_implementation_does() {
    for (size, count) in [(0, 0), (1, 2), (255, 2), (256, 3), (257, 5), (70_000, 551)] {
        let ours: Vec<Tile> = Tile::all(size).collect();
        assert_eq!(ours.len(), count, "{size}");
        let mut paths: Vec<String> = ours.iter().map(|tile| tile.path()).collect();
        let mut theirs = tlog_tiles::Tile::new_tiles(8, 0, size);
        let data = theirs.iter().filter(|tile| tile.level() == 0).cloned();
        let data: Vec<tlog_tiles::Tile> =
            data.map(|t| tlog_tiles::Tile::new(8, 0, t.level_index(), t.width(), true)).collect();
        theirs.extend(data);
        let name = |tile: &tlog_tiles::Tile| {
            tile.path().replace("tile/8/", "tile/").replace("data", "entries")
        };
        let mut expected: Vec<String> = theirs.iter().map(name).collect();
        paths.sort();
        expected.sort();
        assert_eq!(paths, expected, "{size}");
    }
    let far = Tile { kind: Kind::Entries, index: 1_234_067, width: 256 };
    assert_eq!(far.path(), "tile/entries/x001/x234/067");
    let (_, stored, note) = grown(600);
    let checkpoint = Checkpoint::open(&note, [log_key().public()]).unwrap().0;
    // Their reader rebuilds our root from our tiles, and takes our proof.
    let hash = |s: blockholder::ledger::merkle::Subtree| stored[s.slot() as usize];
    let level: Vec<Vec<u8>> = Tile::all(600)
        .filter(|tile| tile.kind == Kind::Hashes { level: 0 })
        .map(|tile| tiles::hash_tile(&tile.subtrees().map(hash).collect::<Vec<_>>()))
        .collect();
    let full = tlog_tiles::Tile::subtree_hash(&level[0]);
    let upper = Tile { kind: Kind::Hashes { level: 1 }, index: 0, width: 2 };
    assert_eq!(full.0, hash(upper.subtrees().next().unwrap()).0);
    let path = inclusion(421, 600, &mut |s| Ok::<_, ()>(hash(s))).unwrap();
    let path: Vec<tlog_tiles::Hash> = path.iter().map(|hash| tlog_tiles::Hash(hash.0)).collect();
    let record = tlog_tiles::record_hash(b"entry 421");
    let root = tlog_tiles::Hash(checkpoint.root.0);
    tlog_tiles::check_record(&path, 600, root, 421, record).unwrap();
}

#[test]
fn bundles_hold_entries_by_their_length() {
    let mut bytes = Vec::new();
    assert!(tiles::add_entry(&mut bytes, b"one"));
    assert!(tiles::add_entry(&mut bytes, &[7; 65_535]));
    assert!(!tiles::add_entry(&mut bytes, &[7; 65_536]));
    assert_eq!(&bytes[..6], b"\x00\x03one\xff");
    assert_eq!(tiles::entries(&bytes), (vec![b"one".as_slice(), &[7; 65_535]], [].as_slice()));
    assert_eq!(tiles::entries(&bytes[..9]), (vec![b"one".as_slice()], &bytes[5..9]));
}

#[test]
fn ed25519_as_published() {
    // RFC 8032, 7.1, test 1.
    let hex = |text: &str| -> [u8; 32] { text.parse::<PublicKey>().unwrap().0 };
    let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let halves = [
        hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"),
        hex("5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ];
    let key = SigningKey::from_seed("a", KeyKind::Log, &seed).unwrap();
    assert_eq!(key.public().public().0, public);
    assert_eq!(key.sign(b"").as_slice(), halves.concat());
}
