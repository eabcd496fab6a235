//! A ledger's own files, and every change of them that the drill tries, with what must be found.
//! Asserts nothing of the program; it only says what would be right.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use blockholder::ledger::event::{Because, Event, FilingDecided, FilingRef, FilingSkipped};
use blockholder::ledger::merkle::slots;
use blockholder::ledger::note::Note;
use blockholder::store::checkpoints::All;
use blockholder::store::journal::blob_name;
use blockholder::store::ledger::Ledger;
use blockholder::store::log::{Draft, Log};
use blockholder::store::segment::{HEADER_LEN, Item, Records, Tag};

use super::common::*;

/// The files of a ledger, by name; a folder's without files is left out.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A change, and what must be found.
pub struct Case {
    pub row: &'static str,
    pub what: String,
    /// Files put in, or removed.
    pub changed: BTreeMap<String, Option<Vec<u8>>>,
    /// What the first fault must be, one of these; none: the next opening must tell.
    pub classes: Vec<&'static str>,
    /// The entry that must be named.
    pub entry: Option<u64>,
    /// The first entry that may be named.
    pub from: u64,
    /// Whether it may be that nobody reads what was changed, and so nothing is said.
    pub may_be_unread: bool,
    /// Whether another history is read, as one that is sound by itself.
    pub another: bool,
    /// A checkpoint that was kept elsewhere.
    pub against: Vec<Note>,
}

pub fn files_of(dir: &Path) -> Files {
    let mut files = Files::new();
    let mut stack = vec![String::new()];
    while let Some(below) = stack.pop() {
        for file in fs::read_dir(dir.join(&below)).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            if file.file_type().unwrap().is_dir() {
                stack.push(name);
            } else {
                files.insert(name, fs::read(file.path()).unwrap());
            }
        }
    }
    files
}

pub struct Live {
    pub files: Files,
    pub entries: Vec<Vec<u8>>,
    notes: Vec<Note>,
    /// The files as they were after each batch but the last, with the size then.
    older: Vec<(u64, Files)>,
    /// The files of another history that the same key signed, from an entry on.
    forks: Vec<(u64, Files)>,
}

const ROLL: u64 = 350;

/// A ledger of several segments: filings, a conflict, a decision, and bytes that were redacted.
fn made(at: &Path, numbers: &[u64], each: &mut dyn FnMut(&Path, u64)) {
    let mut ledger = Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap();
    for n in numbers {
        ledger.set_roll(ROLL);
        let batch = if n % 3 == 0 { vec![draft(*n), draft(n + 1000)] } else { vec![draft(*n)] };
        ledger.append(NOW, batch).unwrap();
        let size = ledger.size();
        ledger.close().unwrap();
        each(at, size);
        ledger = open(at, blockholder::store::ledger::Mode::Write);
    }
    ledger.set_roll(ROLL);
    let mut other = filing(2);
    (other.content, other.content_len) = (content(b"other bytes"), 11);
    take(&mut ledger, other, b"other bytes".to_vec());
    let because = Because { reason: "paper".to_owned(), who: "me".to_owned() };
    let skipped = Event::FilingSkipped(FilingSkipped { accession: accession(900), because });
    ledger.append(NOW, vec![Draft { events: vec![skipped], received: None }]).unwrap();
    let (Event::FilingRecorded(filing), entry) = (ledger.event(3).unwrap(), 3) else { panic!() };
    let filing = FilingRef { entry, content: filing.content };
    let because = Because { reason: "a tax number".to_owned(), who: "me".to_owned() };
    ledger.redact(NOW, FilingDecided { filing, because }).unwrap();
    ledger.close().unwrap();
}

impl Live {
    pub fn new(at: &Path) -> Self {
        let mut older = Vec::new();
        made(at, &[1, 2, 3, 4, 5, 6], &mut |at, size| older.push((size, files_of(at))));
        let ledger = open(at, blockholder::store::ledger::Mode::Read);
        let entries = (0..ledger.size()).map(|n| ledger.entry(n).unwrap().to_bytes()).collect();
        ledger.close().unwrap();
        let mut files = files_of(at);
        // As long whatever number this process has.
        let (lock, pid) = (&files["lock"], std::process::id().to_string());
        let lock = std::str::from_utf8(lock).unwrap().replacen(&pid, "12345", 1);
        files.insert("lock".to_owned(), lock.into_bytes());
        let notes = All::of(&files["checkpoints"]).notes;
        let notes = notes.iter().map(|note| Note::parse(note).unwrap()).collect();
        let fork = |n: usize| {
            let mut numbers = [1, 2, 3, 4, 5, 6];
            numbers[n] += 40;
            let at = at.with_file_name(format!("fork-{n}"));
            made(&at, &numbers, &mut |_, _| ());
            // One batch of one entry or two before each.
            (older[n].0 - if (n + 1).is_multiple_of(3) { 2 } else { 1 }, files_of(&at))
        };
        let forks = [0, 3, 4].map(fork).into_iter().collect();
        Self { files, entries, notes, older, forks }
    }

    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Writes the files, as changed, to a folder that is made anew.
    pub fn write(&self, at: &Path, changed: &BTreeMap<String, Option<Vec<u8>>>) {
        let _ = fs::remove_dir_all(at);
        let mut files: BTreeMap<&String, &Vec<u8>> = self.files.iter().collect();
        for (name, bytes) in changed {
            match bytes {
                Some(bytes) => files.insert(name, bytes),
                None => files.remove(name),
            };
        }
        fs::create_dir_all(at.join("journal")).unwrap();
        fs::create_dir_all(at.join("index/blobs")).unwrap();
        for (name, bytes) in files {
            let path = at.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if name.starts_with("key") {
                write_secret(&path, bytes);
            } else {
                fs::write(path, bytes).unwrap();
            }
        }
    }

    fn of(&self, prefix: &str) -> Vec<String> {
        self.files.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    pub fn cases(&self, all: bool) -> Vec<Case> {
        let mut cases = self.flips(all);
        cases.extend(self.cuts(all));
        cases.extend(self.of_files());
        // A sample has every other size: each has as many choices of parts.
        let older = self.rolled_back().into_iter();
        cases.extend(older.filter(|case| all || case.entry.is_none_or(|size| size % 2 == 0)));
        cases.extend(self.forked());
        cases
    }

    /// Every place of some bytes, or a sample: another place for each number.
    fn places(len: usize, every: usize) -> impl Iterator<Item = usize> {
        (0..len).step_by(every)
    }

    fn put(&self, row: &'static str, what: String, name: &str, bytes: Vec<u8>) -> Case {
        let changed = BTreeMap::from([(name.to_owned(), Some(bytes))]);
        let (classes, against) = (Vec::new(), Vec::new());
        let (entry, may_be_unread, another) = (None, false, false);
        Case { row, what, changed, classes, entry, from: 0, may_be_unread, another, against }
    }

    fn flips(&self, all: bool) -> Vec<Case> {
        let mut cases = Vec::new();
        for (name, bytes) in &self.files {
            let every = match (name.starts_with("index/"), all) {
                (false, true) => 1,
                (false, false) => 149,
                // Most of sled's file is zeros that it never reads.
                (true, true) => (bytes.len() / 400).max(1),
                (true, false) => (bytes.len() / 6).max(1),
            };
            for offset in Self::places(bytes.len(), every) {
                let mut changed = bytes.clone();
                changed[offset] ^= 1 << (offset * 7 % 8);
                let what = format!("{name} at {offset}");
                let case = self.put(row_of(name), what, name, changed);
                cases.push(self.judged(case, name, offset, false));
            }
        }
        cases
    }

    /// What must be found of a file that is damaged from a place on.
    fn judged(&self, mut case: Case, name: &str, offset: usize, cut: bool) -> Case {
        let bytes = &self.files[name];
        if name.starts_with("index/") || name == "lock" {
            case.may_be_unread = true;
        } else if name == "key" || name == "FORMAT" {
            case.classes = if name == "key" { vec![] } else { vec!["format"] };
            // The line feed at the key's end may lack.
            case.may_be_unread = cut && name == "key" && offset + 1 == bytes.len();
            // A newer version is not audited at all: that is told.
            let version = bytes.windows(8).position(|at| at == b"version ").map(|at| at + 8);
            if name == "FORMAT" && version == Some(offset) {
                case.classes = vec![];
            }
        } else if name == "checkpoints" {
            case.classes = vec!["checkpoint", "signature", "rollback"];
        } else if name == "tree" {
            case.classes = vec!["node"];
            let slot = (offset / 32) as u64;
            case.entry = (0..self.size()).find(|n| slots(*n + 1) > slot);
            if cut {
                // A file that is too short is only behind.
                (case.classes, case.entry) = (vec![], None);
            }
        } else if name.starts_with("journal/entries") {
            case.classes = vec!["frame", "gap", "rollback", "commit"];
            let (due, at_commit) = self.due_at(name, offset);
            // Without its commit the last batch of a segment goes on into the next.
            case.entry = Some(if cut && at_commit { due - 1 } else { due });
        } else {
            case.classes = vec!["frame", "blob"];
            case.entry = self.naming_at(name, offset);
        }
        case
    }

    /// The entry that is due where a byte of a segment stands, and whether a commit begins there.
    fn due_at(&self, name: &str, offset: usize) -> (u64, bool) {
        let mut due = 0;
        for segment in self.of("journal/entries") {
            for item in Records::new(&self.files[&segment], HEADER_LEN) {
                let Item::Record(record) = item else { panic!("{segment}") };
                if segment == name && record.end() > offset as u64 {
                    let begins = record.offset == offset as u64;
                    return (due, begins && record.tag == Tag::Commit);
                }
                due += u64::from(record.tag == Tag::Entry);
            }
            if segment == name {
                return (due, false);
            }
        }
        panic!("no such segment");
    }

    /// The first entry that names the received bytes of the record at a byte; `None` in the header.
    fn naming_at(&self, name: &str, offset: usize) -> Option<u64> {
        let mut records = Records::new(&self.files[name], HEADER_LEN);
        let at = records.find_map(|item| match item {
            Item::Record(at) if at.offset <= offset as u64 && at.end() > offset as u64 => Some(at),
            _ => None,
        });
        let (content, _) = blob_name(at?.body)?;
        let names = |entry: &Vec<u8>| {
            let entry = blockholder::ledger::chain::Entry::from_bytes(entry).unwrap();
            entry.open().unwrap().content() == Some(content)
        };
        Some(self.entries.iter().position(names).unwrap() as u64)
    }

    fn cuts(&self, all: bool) -> Vec<Case> {
        let mut cases = Vec::new();
        for (name, bytes) in &self.files {
            let every = match (name.starts_with("index/"), all) {
                (false, true) => 1,
                (false, false) => 211,
                (true, true) => (bytes.len() / 100).max(1),
                (true, false) => (bytes.len() / 4).max(1),
            };
            for len in Self::places(bytes.len(), every) {
                let what = format!("{name} cut to {len}");
                let row = "a file cut at a place";
                let case = self.put(row, what, name, bytes[..len].to_vec());
                let mut case = self.judged(case, name, len, true);
                if name == "checkpoints" {
                    self.cut_notes(&mut case, len);
                }
                cases.push(case);
            }
        }
        cases
    }

    /// Checkpoints that are gone. The last one alone may be one that was about to be signed.
    fn cut_notes(&self, case: &mut Case, len: usize) {
        let all = All::of(&self.files["checkpoints"]).notes.len();
        let left = All::of(&self.files["checkpoints"][..len]).notes.len();
        if left + 1 >= all {
            case.classes = vec![];
        } else {
            case.classes = vec!["checkpoint"];
        }
    }

    fn of_files(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        let names: Vec<&String> = self.files.keys().collect();
        for name in &names {
            let what = format!("{name} gone");
            let mut case = self.put("a file gone", what, name, Vec::new());
            case.changed.insert((*name).clone(), None);
            let mut case = self.judged(case, name, 0, true);
            match name.as_str() {
                "checkpoints" => case.classes = vec!["checkpoint"],
                "tree" => case.classes = vec!["node"],
                _ => {}
            }
            cases.push(case);
            let twice = [&self.files[*name][..], &self.files[*name]].concat();
            let case = self.put("a file twice over", format!("{name} twice"), name, twice);
            let mut case = self.judged(case, name, 0, false);
            case.entry = None;
            match name.as_str() {
                "tree" => case.classes = vec!["rollback"],
                "checkpoints" => case.classes = vec!["checkpoint"],
                // What comes after the last commit counts for nothing.
                name if name.starts_with("journal/entries") => {
                    case.classes.extend(["order", "hash", "prev"]);
                }
                name if name.starts_with("journal/blobs") => {
                    let last = self.of("journal/blobs").pop().unwrap() == name;
                    // The same bytes once more, behind what is no record: nobody misses any.
                    if last {
                        case.classes = vec![];
                    }
                }
                _ => {}
            }
            cases.push(case);
        }
        cases.extend(self.segments_in_wrong_places());
        for (a, b) in [("checkpoints", "tree"), ("FORMAT", "key"), ("tree", "FORMAT")] {
            let mut case = self.put("two files swapped", format!("{a} and {b}"), a, Vec::new());
            case.changed.insert(a.to_owned(), Some(self.files[b].clone()));
            case.changed.insert(b.to_owned(), Some(self.files[a].clone()));
            case.classes = vec!["format", "checkpoint", "node", "signature"];
            cases.push(case);
        }
        cases
    }

    fn segments_in_wrong_places(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for stream in ["journal/entries", "journal/blobs"] {
            let segments = self.of(stream);
            let next = format!("{stream}-{:08}.seg", segments.len());
            for (n, name) in segments.iter().enumerate() {
                let what = format!("{name} as {next}");
                let bytes = self.files[name].clone();
                let mut case = self.put("a segment twice", what, &next, bytes);
                case.classes = vec!["frame", "order"];
                if stream == "journal/blobs" {
                    case.classes = vec!["frame"];
                }
                cases.push(case);
                for other in &segments[n + 1..] {
                    let what = format!("{name} and {other}");
                    let mut case = self.put("two segments swapped", what, name, Vec::new());
                    case.changed.insert(name.clone(), Some(self.files[other].clone()));
                    case.changed.insert(other.clone(), Some(self.files[name].clone()));
                    case.classes = vec!["frame", "gap"];
                    cases.push(case);
                }
            }
        }
        for (a, b) in self.of("journal/entries").iter().zip(self.of("journal/blobs")) {
            let mut case = self.put("two segments swapped", format!("{a} and {b}"), a, Vec::new());
            case.changed.insert(a.clone(), Some(self.files[&b].clone()));
            case.changed.insert(b.clone(), Some(self.files[a].clone()));
            case.classes = vec!["frame", "gap"];
            cases.push(case);
        }
        cases
    }

    /// Some of the ledger's parts taken from other files of the same names.
    fn parts(&self, from: &Files, parts: &[&str]) -> BTreeMap<String, Option<Vec<u8>>> {
        let ours = |name: &str| parts.iter().any(|part| name.starts_with(part));
        let gone = self.files.keys().filter(|name| ours(name)).map(|name| (name.clone(), None));
        let put = from.iter().filter(|(name, _)| ours(name));
        gone.chain(put.map(|(name, bytes)| (name.clone(), Some(bytes.clone())))).collect()
    }

    /// Each choice of parts, with its name.
    fn choices() -> impl Iterator<Item = Vec<&'static str>> {
        const PARTS: [&str; 4] = ["journal/", "checkpoints", "tree", "index/"];
        (1..1_u8 << PARTS.len()).map(|bits| {
            (0..PARTS.len()).filter(|at| bits & (1 << at) != 0).map(|at| PARTS[at]).collect()
        })
    }

    fn rolled_back(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (size, files) in &self.older {
            for parts in Self::choices() {
                let what = format!("{parts:?} as at {size}");
                let row = "some parts put back from an older copy";
                let mut case = self.put(row, what, "", Vec::new());
                case.changed = self.parts(files, &parts);
                let has = |part| parts.contains(&part);
                let behind = self.notes.len() - All::of(&files["checkpoints"]).notes.len();
                match (has("journal/"), has("checkpoints")) {
                    (true, true) if parts.len() == 4 => {
                        case.row = "the whole ledger put back from an older copy";
                        case.classes = vec!["rollback"];
                        case.entry = Some(*size);
                        case.against = vec![self.notes.last().unwrap().clone()];
                    }
                    (true, _) => {
                        case.classes = vec!["rollback"];
                        case.entry = Some(*size);
                    }
                    (false, true) if behind > 1 => {
                        case.classes = vec!["checkpoint"];
                        case.entry = Some(*size);
                    }
                    // The index and the tree are brought up, which is told.
                    (false, _) => case.classes = vec![],
                }
                cases.push(case);
            }
        }
        cases
    }

    fn forked(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (from, files) in &self.forks {
            for parts in Self::choices() {
                let what = format!("{parts:?} of a history that is another from {from} on");
                let row = "some parts of another history that the same key signed";
                let mut case = self.put(row, what, "", Vec::new());
                case.changed = self.parts(files, &parts);
                let has = |part| parts.contains(&part);
                case.from = *from;
                case.another = has("journal/") && has("checkpoints");
                case.classes = match (has("journal/"), has("checkpoints"), has("tree")) {
                    (true, true, true) if parts.len() == 4 => {
                        case.row = "the whole of another history that the same key signed";
                        case.against = vec![self.notes.last().unwrap().clone()];
                        vec!["fork"]
                    }
                    (true, true, true) => vec!["index"],
                    (true, false, _) => vec!["leaf", "root", "index", "commit"],
                    (true, true, false) => vec!["node", "index", "rollback"],
                    (false, true, _) => vec!["leaf", "root", "index", "commit"],
                    (false, false, true) => vec!["node", "index", "rollback"],
                    (false, false, false) => vec!["index", "rollback"],
                };
                cases.push(case);
            }
        }
        cases
    }
}

fn row_of(name: &str) -> &'static str {
    match name.split(['-', '/', '.']).take(2).collect::<Vec<_>>().as_slice() {
        ["journal", "entries"] => "a bit of the entries' segments",
        ["journal", "blobs"] => "a bit of the received bytes' segments",
        ["index", ..] => "a bit of the index (places by step)",
        ["checkpoints", ..] => "a bit of the checkpoints",
        ["tree", ..] => "a bit of the file of hashes",
        ["key", ..] => "a bit of the secret key's file",
        ["FORMAT", ..] => "a bit of FORMAT",
        _ => "a bit of the lock",
    }
}
