//! The independent checker, `tests/independent/verify.py`, on exports, on every kind of change of
//! one, and on the vectors: what it says must be what this program says.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod common;
#[path = "common/python.rs"]
mod python;
#[path = "common/whole.rs"]
mod whole;

#[path = "common/planted.rs"]
mod planted;
#[path = "common/drill.rs"]
mod drill;
#[path = "common/exports.rs"]
mod exports;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use blockholder::store::ledger::Mode;
use common::*;
use drill::{Case, Change, Drill};
use exports::Held;
use whole::{now, whole};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the checker; `None`, said aloud, on a machine without Python.
fn checker(words: &[&str]) -> Option<Output> {
    python::second("verify.py", |python| python.args(words))
}

fn text(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Runs one of this program's commands.
fn command(words: &[&str]) {
    let (done, _) = whole(words, &now);
    assert_eq!(done.unwrap_or_else(|error| panic!("{words:?}: {error:?}")).code(), 0);
}

/// Bytes that an entry redacts need not be there; others must, and so must what is redacted have
/// been named.
#[test]
fn it_tells_redacted_bytes_from_missing_ones() {
    use blockholder::ledger::event::{Because, Event, FilingDecided, FilingRef};
    use blockholder::store::exported::blob_path;
    use blockholder::store::log::{Draft, Log};
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(&small_ledger(dir.path()), Mode::Write);
    let redacted = |n: u64, entry: u64| {
        let because = Because { reason: "an address".to_owned(), who: "me".to_owned() };
        let filing = FilingRef { entry, content: content(&received(n)) };
        FilingDecided { filing, because }
    };
    ledger.redact(NOW, redacted(3, 3)).unwrap();
    let whole = Held::of(&ledger);
    assert!(!whole.files.contains_key(&blob_path(content(&received(3)))));
    let lacking = whole.without(&blob_path(content(&received(4))));
    // The same bytes under another accession number, and redacted as if they came there first.
    let mut other = filing(4);
    (other.content, other.content_len) = (content(&received(1)), received(1).len() as u64);
    take(&mut ledger, other, received(1));
    let events = vec![Event::ContentRedacted(redacted(1, 12))];
    ledger.append(NOW, vec![Draft { events, received: None }]).unwrap();
    let astray = Held::of(&ledger);
    for (name, held) in [("whole", &whole), ("lacking", &lacking), ("astray", &astray)] {
        let to = dir.path().join(name);
        held.write_to(&to);
        let Some(output) = checker(&[&path(&to)]) else { return };
        let ours = held.faults();
        let said = text(&output);
        let expected: Vec<String> = ours
            .iter()
            .map(|(class, entry)| format!("fault {class} entry {}: ", entry.unwrap()))
            .collect();
        assert_eq!(expected.is_empty(), name == "whole", "{ours:?}");
        for fault in &expected {
            assert!(said.contains(fault), "{name}: {fault} in {said}");
        }
        assert_eq!(said.matches("fault ").count(), expected.len().max(1), "{name}: {said}");
    }
}

/// What names what it may not is found by both, although every hash of it is right.
#[test]
fn it_finds_the_same_that_may_not_be_named() {
    use blockholder::ledger::event::{
        Because, ClassKey, ClassRetracted, Event, FilingConflicted, FilingDecided, FilingRef,
        FilingUncorrected,
    };
    use blockholder::store::log::Log;
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let mut ledger = open(&at, Mode::Write);
    // One that has no accession number.
    let bare = ledger.size();
    let named_so = |number: Option<u64>| {
        let mut own = filing(20);
        own.reading.accession = blockholder::terms::span::Field::Absent;
        own.supplied.accession = number.map(accession);
        own
    };
    take(&mut ledger, named_so(None), received(20));
    let (first, head) = (ledger.size(), ledger.head());
    ledger.close().unwrap();
    let because = || Because { reason: "r".to_owned(), who: "w".to_owned() };
    let of = |entry: u64, n: u64| FilingRef { entry, content: content(&received(n)) };
    let withdrawn = |filing| Event::FilingWithdrawn(FilingDecided { filing, because: because() });
    let reinstated = |filing| Event::FilingReinstated(FilingDecided { filing, because: because() });
    let retracted = |entry| {
        let class = ClassKey { cusip: Some("88160R101".parse().unwrap()), ..ClassKey::default() };
        Event::ClassRetracted(ClassRetracted { class, cusip: None, entry, because: because() })
    };
    let named = (1..first).find(|n| {
        let ledger = open(&at, Mode::Read);
        ledger.event(*n).unwrap().content() == Some(content(&received(3)))
    });
    let named = named.unwrap();
    let mut longer = filing(1);
    longer.reading.accession = blockholder::terms::span::Field::Absent;
    longer.supplied.accession = Some(accession(77));
    longer.content_len += 1;
    let events = [
        (event(filing(1)), Some("event")),
        (withdrawn(of(named, 3)), None),
        (withdrawn(of(named, 4)), Some("event")),
        (withdrawn(of(9999, 3)), Some("event")),
        (
            Event::FilingConflicted(FilingConflicted {
                accession: accession(1),
                recorded: content(&received(1)),
                received: content(&received(1)),
                received_len: received(1).len() as u64,
                source: String::new(),
            }),
            Some("event"),
        ),
        (
            Event::FilingUncorrected(FilingUncorrected {
                filing: of(named, 3),
                correction: 9999,
                because: because(),
            }),
            Some("event"),
        ),
        (retracted(1), None),
        (retracted(9999), Some("event")),
        (event(longer), Some("blob")),
        (event(named_so(Some(78))), Some("event")),
        (withdrawn(of(bare, 20)), None),
        (event(named_so(Some(79))), None),
        (event(named_so(None)), Some("event")),
        (reinstated(of(bare, 20)), None),
        (event(named_so(Some(80))), Some("event")),
    ];
    let planted: Vec<Event> = events.iter().map(|(event, _)| event.clone()).collect();
    planted::plant(&at, &head, &planted, Some(&planted::own_key()));
    let ledger = open(&at, Mode::Write);
    let held = Held::of(&ledger);
    ledger.close().unwrap();
    let expected: Vec<_> = (first..)
        .zip(&events)
        .filter_map(|(entry, (_, class))| Some(((*class)?, Some(entry))))
        .collect();
    let mut ours = held.faults();
    ours.sort_by_key(|(_, entry)| *entry);
    assert_eq!(ours, expected);
    let report = blockholder::store::audit::audit(&at, dir.path(), &options(Mode::Read)).unwrap();
    let mut own: Vec<_> = report.faults.iter().map(|f| (f.class.as_str(), f.entry)).collect();
    own.sort_by_key(|(_, entry)| *entry);
    assert_eq!(own, expected);
    let to = dir.path().join("export");
    held.write_to(&to);
    let Some(output) = checker(&[&path(&to)]) else { return };
    let said = text(&output);
    for (class, entry) in &expected {
        let fault = format!("fault {class} entry {}: ", entry.unwrap());
        assert!(said.contains(&fault), "{fault} in {said}");
    }
    assert_eq!(said.matches("fault ").count(), expected.len(), "{said}");
}

#[test]
fn it_finds_no_fault_in_exports_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small");
    let ledger = open(&small_ledger(dir.path()), Mode::Read);
    let vkey = ledger.key().to_string();
    Held::of(&ledger).write_to(&small);
    let Some(output) = checker(&[&path(&small), "--vkey", &vkey]) else { return };
    assert_eq!(text(&output), "no fault in 11 entries\n");
    assert_eq!(output.status.code(), Some(0));
    let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let output = checker(&[&path(&small), "--vkey", stranger]).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("fault signature"), "{}", text(&output));
    // The demonstration's ledger: real pages, invented names.
    let (demo, export) = (path(&dir.path().join("demo")), path(&dir.path().join("export")));
    command(&["demo", "--dir", &demo]);
    let ledger = format!("{demo}/ledger");
    command(&["--ledger", &ledger, "export", "--tiles", &export]);
    let output = checker(&[&export]).unwrap();
    assert!(text(&output).starts_with("no fault in "), "{}", text(&output));
}

/// A ledger whose key was changed is followed from either key, and no byte of the proof is idle.
#[test]
fn it_follows_the_rotations_of_the_key() {
    use blockholder::ledger::event::Because;
    use blockholder::store::ledger::NewKey;
    use blockholder::store::log::Log;
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(&tiny_ledger(dir.path()), Mode::Write);
    let first = ledger.key().to_string();
    let because = Because { reason: "a new machine".to_owned(), who: "me".to_owned() };
    ledger.rotate(NOW, &NewKey { seed: [8; 32], file: None }, because).unwrap();
    let second = ledger.key().to_string();
    let check = |name: &str, held: &Held, vkey: &str, status: i32| {
        let export = dir.path().join(name);
        held.write_to(&export);
        let output = checker(&[&path(&export), "--vkey", vkey])?;
        assert_eq!(output.status.code(), Some(status), "{name}: {}", text(&output));
        Some(())
    };
    let between = Held::of(&ledger);
    let Some(()) = check("between", &between, &first, 0) else { return };
    check("between", &between, &second, 3);
    ledger.append(NOW, vec![draft(9)]).unwrap();
    let held = Held::of(&ledger);
    check("after", &held, &first, 0);
    check("after", &held, &second, 0);
    check("after", &held, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 1);
    check("without", &held.without("rotations"), &first, 1);
    let mut cases = String::new();
    for name in ["rotations", "policy", "checkpoint"] {
        for offset in 0..held.files[name].len() {
            cases += &format!("{{\"flip\": [\"{name}\", {offset}, {}]}}\n", 1 << (offset % 8));
        }
    }
    let file = dir.path().join("cases");
    fs::write(&file, &cases).unwrap();
    let output = checker(&[&path(&dir.path().join("after")), "--cases", &path(&file)]).unwrap();
    let said = text(&output);
    assert_eq!(said.lines().count(), cases.lines().count());
    let idle: Vec<_> =
        said.lines().zip(cases.lines()).filter(|(said, _)| *said == "none").collect();
    assert!(idle.is_empty(), "{idle:?}");
}

/// What both say of each change of an export is the same.
fn agree(held: &Held, cases: &[Case]) {
    let dir = tempfile::tempdir().unwrap();
    let export = dir.path().join("export");
    held.write_to(&export);
    let file = dir.path().join("cases");
    let lines: String = cases.iter().map(|case| case.to_json() + "\n").collect();
    fs::write(&file, lines).unwrap();
    let Some(output) = checker(&[&path(&export), "--cases", &path(&file)]) else { return };
    let said = text(&output);
    assert_eq!(said.lines().count(), cases.len());
    let mut differ = Vec::new();
    for (case, theirs) in cases.iter().zip(said.lines()) {
        let faults = case.applied(held).faults();
        let word = |(class, entry): &(&str, Option<u64>)| {
            entry.map_or(format!("{class}:-"), |entry| format!("{class}:{entry}"))
        };
        let mut ours: Vec<String> = faults.iter().map(word).collect();
        let mut said: Vec<&str> = theirs.split(' ').collect();
        // Of one entry, the order in which faults come up is nobody's promise.
        ours.sort();
        said.sort_unstable();
        let ours = if ours.is_empty() { "none".to_owned() } else { ours.join(" ") };
        if ours != said.join(" ") {
            differ.push(format!("{}\n  here:  {ours}\n  there: {theirs}", case.what));
        }
    }
    let count = differ.len();
    differ.truncate(20);
    assert!(differ.is_empty(), "{count} of {} differ\n{}", cases.len(), differ.join("\n"));
    println!("{} changes: the same faults, word for word", cases.len());
}

#[test]
fn it_finds_the_same_in_a_sample_of_changes() {
    let drill = Drill::new();
    let cases: Vec<Case> = drill.flips().step_by(401).chain(drill.changes().step_by(29)).collect();
    assert!(cases.len() > 100, "{}", cases.len());
    agree(&drill.export, &cases);
}

#[test]
#[ignore = "takes minutes: every byte and every place"]
fn it_finds_the_same_in_every_change() {
    let drill = Drill::new();
    let cases: Vec<Case> = drill.flips().chain(drill.changes()).collect();
    agree(&drill.export, &cases);
}

/// A named pipe is told, not waited for, where a file is asked for; else it is a file too many.
#[test]
#[cfg(unix)]
fn it_does_not_wait_for_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(&small_ledger(dir.path()), Mode::Read);
    for (name, status) in [("policy", 2), ("tile/0/000.p/11", 2), ("blob/zz", 1)] {
        let to = dir.path().join(name.replace('/', "-"));
        Held::of(&ledger).write_to(&to);
        let _ = fs::remove_file(to.join(name));
        assert!(Command::new("mkfifo").arg(to.join(name)).status().unwrap().success());
        let Some(output) = checker(&[&path(&to)]) else { return };
        assert_eq!(output.status.code(), Some(status), "{name}: {output:?}");
    }
    // What is below a link is not there, and the link is one file too many: here and there.
    let to = dir.path().join("linked");
    Held::of(&ledger).write_to(&to);
    fs::rename(to.join("blob"), dir.path().join("blob")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("blob"), to.join("blob")).unwrap();
    let files = blockholder::store::exported::Folder::new(&to);
    let ours = blockholder::store::export_audit::audit(&files, &Default::default(), &mut |_, _| ());
    let ours = ours.unwrap().report.faults;
    let output = checker(&[&path(&to)]).unwrap();
    let theirs = text(&output);
    let count = |class: &str| theirs.matches(&format!("fault {class}")).count();
    assert_eq!((count("blob"), count("stray"), count("")), (ours.len() - 1, 1, ours.len()));
}

/// A size is only a claim: what is missing of it is named by a few faults, the same by both.
#[test]
fn it_is_not_led_by_the_size_that_a_checkpoint_says() {
    use blockholder::ledger::checkpoint::Checkpoint;
    use blockholder::ledger::key::{KeyKind, SigningKey};
    use blockholder::terms::id::TreeHash;
    let dir = tempfile::tempdir().unwrap();
    let held = Held::of(&open(&small_ledger(dir.path()), Mode::Read));
    let key = SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap();
    let (bundle, entries) = held.bundle();
    let far = |number: u64| {
        let mut entry = entries[10].clone();
        entry[8..16].copy_from_slice(&number.to_le_bytes());
        exports::packed(&[entry])
    };
    let of = |names: &[(&str, Vec<u8>)]| -> Vec<(String, Option<Vec<u8>>)> {
        names.iter().map(|(name, bytes)| ((*name).to_owned(), Some(bytes.clone()))).collect()
    };
    let first = [("tile/entries/000", &bundle), ("tile/0/000", &"tile/0/000.p/11".to_owned())]
        .map(|(name, of)| (name, held.files[of].clone()));
    let beside = [
        Vec::new(),
        of(&first),
        of(&[("tile/0/x001/234", vec![9; 8192]), ("tile/1/007", vec![9; 8191])]),
        of(&[("tile/entries/x390/624", far(99_999_999)), ("tile/entries/012", far(1 << 61))]),
        of(&[("tile/entries/002", far(u64::MAX)), ("tile/0/1", vec![9; 32])]),
    ];
    let mut cases = Vec::new();
    for size in [12, 300, 70_000, 100_000_000, 3_000_000_000, 1 << 62, u64::MAX] {
        let claimed = Checkpoint { origin: ORIGIN.to_owned(), size, root: TreeHash([7; 32]) };
        let note = claimed.sign(&key).to_string().into_bytes();
        let all = [&held.files["checkpoints"][..], &note, b"\n"].concat();
        for (number, beside) in beside.iter().enumerate() {
            let said = [("checkpoint", note.clone()), ("checkpoints", all.clone())];
            let files = of(&said).into_iter().chain(beside.iter().cloned()).collect();
            let (what, classes) = (format!("{size} claimed, {number}"), Vec::new());
            cases.push(Case {
                what,
                change: Change::Files(files),
                classes,
                entry: None,
                and: None,
            });
        }
    }
    for case in &cases {
        let faults = case.applied(&held).faults();
        assert!((1..20).contains(&faults.len()), "{}: {faults:?}", case.what);
    }
    agree(&held, &cases);
}

/// An export with everything that the drill's lacks: another key from an entry on, redacted bytes,
/// a seal, an anchor with two tokens, bytes in conflict.
fn of_everything(dir: &Path) -> Held {
    use blockholder::ledger::event::{Because, Event, FilingDecided, FilingRef};
    use blockholder::ledger::seal::Sorting;
    use blockholder::store::anchors;
    use blockholder::store::layout::Layout;
    use blockholder::store::ledger::NewKey;
    use blockholder::store::log::{Draft, Log};
    let because = || Because { reason: "an address".to_owned(), who: "me".to_owned() };
    let at = tiny_ledger(dir);
    let mut ledger = open(&at, Mode::Write);
    let mut other = filing(3);
    (other.content, other.content_len) = (content(b"other bytes"), 11);
    take(&mut ledger, other, b"other bytes".to_vec());
    let note = ledger.checkpoint().unwrap().to_string();
    for token in [b"a clock".as_slice(), b"another clock"] {
        anchors::keep(&Layout::new(&at), note.as_bytes(), token).unwrap();
    }
    ledger.rotate(NOW, &NewKey { seed: [8; 32], file: None }, because()).unwrap();
    let filing = FilingRef { entry: 2, content: content(&received(2)) };
    ledger.redact(NOW, FilingDecided { filing, because: because() }).unwrap();
    ledger.append(NOW, vec![draft(9), draft(10)]).unwrap();
    let mut sorting = Sorting::from(0);
    (0..ledger.size()).for_each(|n| sorting.push(&ledger.event(n).unwrap()));
    let events = vec![Event::TopicsSealed(sorting.finish().seal())];
    ledger.append(NOW, vec![Draft { events, received: None }]).unwrap();
    ledger.rotate(NOW, &NewKey { seed: [9; 32], file: None }, because()).unwrap();
    Held::of(&ledger)
}

/// Flips of bytes of every file, files that are lost, empty, longer, or have another's bytes.
fn changes(held: &Held, every: usize) -> Vec<Case> {
    let case = |what: String, change| {
        let (classes, entry, and) = (Vec::new(), None, None);
        Case { what, change, classes, entry, and }
    };
    let mut cases = Vec::new();
    for (name, bytes) in &held.files {
        for offset in (0..bytes.len()).step_by(every) {
            let flip = Change::Flip(name.clone(), offset, 1 << (offset * 7 % 8));
            cases.push(case(format!("{name} at {offset}"), flip));
        }
        let mut put = |what: &str, bytes: Option<Vec<u8>>| {
            let files = [(name.clone(), bytes)].into();
            cases.push(case(format!("{name} {what}"), Change::Files(files)));
        };
        put("lost", None);
        put("empty", Some(Vec::new()));
        put("longer", Some([bytes, b"x".as_slice()].concat()));
        put("cut", Some(bytes[..bytes.len() / 2].to_vec()));
        let others = held.files.iter().filter(|(other, _)| *other != name);
        others
            .step_by(3)
            .for_each(|(other, bytes)| put(&format!("as {other}"), Some(bytes.clone())));
    }
    cases
}

#[test]
fn it_finds_the_same_where_the_key_was_changed_and_bytes_are_redacted_sealed_and_anchored() {
    let dir = tempfile::tempdir().unwrap();
    let held = of_everything(dir.path());
    assert_eq!(held.faults(), []);
    agree(&held, &changes(&held, 11));
}

#[test]
#[ignore = "takes minutes: every byte"]
fn it_finds_the_same_in_every_byte_of_those() {
    let dir = tempfile::tempdir().unwrap();
    let held = of_everything(dir.path());
    agree(&held, &changes(&held, 1));
}

/// The vectors of exports: the faults that each names, and no others.
#[test]
fn it_finds_the_faults_of_the_vectors() {
    let folder = root().join("tests/vectors/v1/export");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 15);
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let case = |text: &String| {
        let mut put = serde_json::Map::new();
        for part in text.split("\nfile ").skip(1) {
            let (name, lines) = part.split_once(":\n").unwrap();
            let hex: String = lines.lines().map(str::trim).collect();
            put.insert(name.to_owned(), hex.into());
        }
        serde_json::json!({ "put": put }).to_string() + "\n"
    };
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let cases = dir.path().join("cases");
    fs::write(&cases, texts.iter().map(case).collect::<String>()).unwrap();
    let Some(output) = checker(&[&path(&empty), "--cases", &path(&cases)]) else { return };
    for ((file, text), said) in files.iter().zip(&texts).zip(text(&output).lines()) {
        let expect = text.lines().find_map(|line| line.strip_prefix("expect: ")).unwrap();
        let word = |fault: &str| match fault.split_once(' ') {
            Some((class, entry)) => format!("{class}:{entry}"),
            None => format!("{fault}:-"),
        };
        let expect = match expect {
            "no fault" => "none".to_owned(),
            faults => faults.split(", ").map(word).collect::<Vec<_>>().join(" "),
        };
        assert_eq!(said, expect, "{}", file.display());
    }
}

/// The vectors of events: decoded where they are sound, and refused where they are not.
#[test]
fn it_decodes_the_vectors_and_refuses_what_is_not_canonical() {
    let folder = root().join("tests/vectors/v1/codec");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let words: Vec<String> =
        std::iter::once("--codec".to_owned()).chain(files.iter().map(|file| path(file))).collect();
    let Some(output) = checker(&words.iter().map(String::as_str).collect::<Vec<_>>()) else {
        return;
    };
    let said = text(&output);
    assert_eq!(said.lines().count(), files.len());
    for (file, said) in files.iter().zip(said.lines()) {
        let sound = fs::read_to_string(file).unwrap().contains("\nexpect: event\n");
        assert_eq!(said.starts_with("event"), sound, "{}: {said}", file.display());
    }
}
