//! A ledger's export, and every change of it that the tamper drill tries, with what must be found.
//! Asserts nothing; it only says what would be right.
#![allow(dead_code)]

use std::collections::BTreeMap;

use blockholder::ledger::chain::{Entry, Head};
use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::event::{Because, Event, FilingSkipped};
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::ledger::merkle::{Edge, leaf};
use blockholder::ledger::tiles::{Kind, Tile, hash_tile};
use blockholder::store::checkpoints::{self, All};
use blockholder::store::exported::blob_path;
use blockholder::store::ledger::Ledger;
use blockholder::store::log::{Draft, Log};
use blockholder::terms::id::{ContentId, TreeHash};

use super::common::*;
use super::exports::{Held, packed};

/// What a change does.
#[derive(Clone, Debug)]
pub enum Change {
    /// One byte of a file is changed.
    Flip(String, usize, u8),
    /// Files are put, or removed.
    Files(BTreeMap<String, Option<Vec<u8>>>),
}

/// A change, and what must be found.
#[derive(Clone, Debug)]
pub struct Case {
    pub what: String,
    pub change: Change,
    /// What the first fault must be, one of these.
    pub classes: Vec<&'static str>,
    /// The entry that it must name.
    pub entry: Option<u64>,
    /// A fault that must be among them: of this class, of the same entry.
    pub and: Option<&'static str>,
}

impl Case {
    pub fn applied(&self, to: &Held) -> Held {
        let mut held = to.clone();
        match &self.change {
            Change::Flip(name, offset, mask) => {
                held.files.get_mut(name).unwrap()[*offset] ^= mask;
            }
            Change::Files(files) => {
                for (name, bytes) in files {
                    match bytes {
                        Some(bytes) => held.files.insert(name.clone(), bytes.clone()),
                        None => held.files.remove(name),
                    };
                }
            }
        }
        held
    }

    /// Whether faults are what must be found.
    pub fn judge(&self, faults: &[(&'static str, Option<u64>)]) -> Result<(), String> {
        let (class, entry) = faults.first().ok_or("nothing was found")?;
        let expected = (&self.classes, self.entry);
        if !self.classes.contains(class) || *entry != self.entry {
            return Err(format!("expected {expected:?} first"));
        }
        let found = self.and.is_none_or(|class| faults.contains(&(class, self.entry)));
        if found { Ok(()) } else { Err(format!("expected {:?} too", self.and)) }
    }

    /// The change as the independent checker takes it.
    pub fn to_json(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        match &self.change {
            Change::Flip(name, offset, mask) => {
                serde_json::json!({ "flip": [name, offset, mask] }).to_string()
            }
            Change::Files(files) => {
                let put: serde_json::Map<_, _> = files
                    .iter()
                    .filter_map(|(name, bytes)| Some((name.clone(), hex(bytes.as_ref()?).into())))
                    .collect();
                let gone: Vec<&String> =
                    files.iter().filter(|(_, bytes)| bytes.is_none()).map(|(n, _)| n).collect();
                serde_json::json!({ "put": put, "remove": gone }).to_string()
            }
        }
    }
}

/// An export of some sixty entries in some thirty batches.
pub struct Drill {
    pub export: Held,
    pub size: u64,
    pub entries: Vec<Vec<u8>>,
    /// The size and root of each checkpoint.
    pub roots: Vec<(u64, TreeHash)>,
    /// The export as it was at each checkpoint but the last.
    pub older: Vec<Held>,
    bundle: String,
    key: SigningKey,
}

impl Drill {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::init(&dir.path().join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
        let mut older = vec![Held::of(&ledger)];
        let mut next = 1;
        for batch in 0..28_u64 {
            let drafts: Vec<Draft> = (next..=next + batch % 3).map(draft).collect();
            next += drafts.len() as u64;
            ledger.append(NOW, drafts).unwrap();
            older.push(Held::of(&ledger));
        }
        let mut other = filing(3);
        (other.content, other.content_len) = (content(b"other bytes"), 11);
        take(&mut ledger, other, b"other bytes".to_vec());
        older.push(Held::of(&ledger));
        let because = Because { reason: "paper".to_owned(), who: "me".to_owned() };
        let skipped = Event::FilingSkipped(FilingSkipped { accession: accession(900), because });
        ledger.append(NOW, vec![Draft { events: vec![skipped], received: None }]).unwrap();
        let export = Held::of(&ledger);
        let (bundle, entries) = export.bundle();
        let parse = |note: &Vec<u8>| checkpoints::parse(note, ledger.keys()).unwrap();
        let notes = All::of(&export.files["checkpoints"]).notes;
        let roots = notes.iter().map(parse).map(|at| (at.size, at.root)).collect();
        let key = SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap();
        Self { size: ledger.size(), export, entries, roots, older, bundle, key }
    }

    /// Which entry a byte of the bundle belongs to, and whether it is of its length.
    fn entry_at(&self, offset: usize) -> (u64, bool) {
        let mut start = 0;
        for (n, entry) in (0..).zip(&self.entries) {
            let end = start + 2 + entry.len();
            if offset < end {
                return (n, offset < start + 2);
            }
            start = end;
        }
        panic!("no entry at {offset}");
    }

    /// Every byte of every file, one bit of it flipped: another one for each place.
    pub fn flips(&self) -> impl Iterator<Item = Case> + '_ {
        let places =
            self.export.files.iter().flat_map(|(name, bytes)| {
                (0..bytes.len()).map(move |offset| (name.clone(), offset))
            });
        places.map(|(name, offset)| self.flip(name, offset, 1 << (offset * 7 % 8)))
    }

    fn flip(&self, name: String, offset: usize, mask: u8) -> Case {
        let (classes, entry, and) = match name.as_str() {
            "policy" => (vec!["format"], None, None),
            "checkpoint" => (vec!["checkpoint"], None, None),
            "checkpoints" => (vec!["checkpoint", "signature"], None, None),
            name if name == self.bundle => match self.entry_at(offset) {
                (entry, true) => (vec!["frame"], Some(entry), None),
                (entry, false) => (ENTRY_CLASSES.to_vec(), Some(entry), Some("leaf")),
            },
            name if name.starts_with("tile/") => (vec!["node"], Some(offset as u64 / 32), None),
            name => (vec!["blob"], Some(self.naming(name)), None),
        };
        let what = format!("{name} at {offset} ^ {mask:#04x}");
        Case { what, change: Change::Flip(name, offset, mask), classes, entry, and }
    }

    /// The first entry that names a blob.
    fn naming(&self, blob: &str) -> u64 {
        let names = |entry: &Vec<u8>| {
            let event = Entry::from_bytes(entry).unwrap().open().unwrap();
            event.content().is_some_and(|content| blob_path(content) == blob)
        };
        self.entries.iter().position(names).unwrap() as u64
    }

    fn put(&self, what: String, name: &str, bytes: Vec<u8>, found: Found) -> Case {
        let files = BTreeMap::from([(name.to_owned(), Some(bytes))]);
        found.case(what, files)
    }

    /// Everything but flips, at every place.
    pub fn changes(&self) -> impl Iterator<Item = Case> + '_ {
        self.kinds_of_changes().into_iter().flat_map(|(_, cases)| cases)
    }

    /// The same by what is changed.
    pub fn kinds_of_changes(&self) -> [(&'static str, Vec<Case>); 5] {
        let places =
            |count: usize, of: &dyn Fn(usize) -> Vec<Case>| (0..count).flat_map(of).collect();
        let (entries, notes) = (self.entries.len(), self.roots.len());
        let files = self.export.files.keys().flat_map(|name| self.of_file(name)).collect();
        let forks = (1..entries).flat_map(|n| self.forged(n)).collect();
        [
            ("entries, and bytes of them", places(entries, &|n| self.of_entry(n))),
            ("hashes", places(entries, &|n| self.of_hash(n))),
            ("checkpoints", places(notes, &|n| self.of_note(n))),
            ("files", files),
            ("the history from an entry on, written anew", forks),
        ]
    }

    /// Every flip by what it changes.
    pub fn kinds_of_flips(&self) -> [(&'static str, Vec<Case>); 6] {
        let flips = |of: &dyn Fn(&str) -> bool| {
            let named = |case: &Case| matches!(&case.change, Change::Flip(name, ..) if of(name));
            self.flips().filter(named).collect()
        };
        [
            ("a bit of the policy", flips(&|name| name == "policy")),
            ("a bit of the last checkpoint", flips(&|name| name == "checkpoint")),
            ("a bit of the checkpoints", flips(&|name| name == "checkpoints")),
            ("a bit of the entries", flips(&|name| name == self.bundle)),
            ("a bit of the hashes", flips(&|name| name.starts_with("tile/0/"))),
            ("a bit of received bytes", flips(&|name| name.starts_with("blob/"))),
        ]
    }

    /// Entries deleted, swapped, put in twice, put in from elsewhere, moved, cut off; bytes of the
    /// bundle lost, put in, doubled.
    fn of_entry(&self, n: usize) -> Vec<Case> {
        let (at, entries) = (n as u64, &self.entries);
        let last = n + 1 == entries.len();
        let bundle = |what: &str, entries: Vec<Vec<u8>>, found: Found| {
            self.put(format!("entry {n} {what}"), &self.bundle, packed(&entries), found)
        };
        let mut cases = Vec::new();
        let mut other = entries.clone();
        other.remove(n);
        let missing = if last { "rollback" } else { "gap" };
        cases.push(bundle("deleted", other, Found::at(&[missing], at)));
        let cut = entries[..n].to_vec();
        cases.push(bundle("and all after it cut off", cut, Found::at(&["rollback"], at)));
        let mut other = entries.clone();
        other.insert(n, entries[n].clone());
        // The second one stands where the next one is due.
        cases.push(bundle("twice", other, Found::at(&["order"], at)));
        if !last {
            let mut other = entries.clone();
            other.swap(n, n + 1);
            cases.push(bundle("swapped with the next", other, Found::at(&["gap", "order"], at)));
            let mut other = entries.clone();
            let moved = other.remove(n);
            other.push(moved);
            cases.push(bundle("moved to the end", other, Found::at(&["gap"], at)));
        }
        // An entry that links well, put in before this one.
        let head = n.checked_sub(1).map_or(Head::NONE, |before| head_of(&entries[before]));
        let forged = Entry::link(&head, NOW, &event(filing(777))).unwrap().to_bytes();
        let mut other = entries.clone();
        other.insert(n, forged.clone());
        cases.push(bundle("behind one put in", other, Found::first(at)));
        let mut other = entries.clone();
        other[n] = forged;
        // It names received bytes that are not there.
        let mut found = Found::first(at);
        found.classes.push("blob");
        cases.push(bundle("replaced by another that links", other, found));
        cases.extend(self.of_bytes(n));
        cases
    }

    fn of_bytes(&self, n: usize) -> Vec<Case> {
        let start: usize = self.entries[..n].iter().map(|entry| 2 + entry.len()).sum();
        let whole = &self.export.files[&self.bundle];
        let mut cases = Vec::new();
        for within in [0, 1, 2, 5, 50, 90, 120] {
            let at = start + within;
            if within >= self.entries[n].len() {
                continue;
            }
            let put = |what: &str, bytes: Vec<u8>| {
                let what = format!("a byte of entry {n} at {within} {what}");
                self.put(what, &self.bundle, bytes, Found::first(n as u64))
            };
            cases.push(put("lost", [&whole[..at], &whole[at + 1..]].concat()));
            cases.push(put("put in", [&whole[..at], &[0xa5], &whole[at..]].concat()));
            cases.push(put("cut off with all after it", whole[..at.max(1)].to_vec()));
            cases.push(put("zero, with 16 after it", {
                let mut bytes = whole.clone();
                let end = (at + 17).min(start + 2 + self.entries[n].len());
                bytes[at..end].fill(0);
                if bytes == *whole { [&whole[..at], &whole[at + 1..]].concat() } else { bytes }
            }));
        }
        cases
    }

    /// Hashes lost, doubled, swapped, replaced.
    fn of_hash(&self, n: usize) -> Vec<Case> {
        let name = format!("tile/0/000.p/{}", self.size);
        let tile = &self.export.files[&name];
        let (start, end) = (n * 32, n * 32 + 32);
        let put = |what: &str, bytes: Vec<u8>| {
            let found = Found::at(&["node"], n as u64);
            self.put(format!("the hash of entry {n} {what}"), &name, bytes, found)
        };
        let mut cases = vec![
            put("lost", [&tile[..start], &tile[end..]].concat()),
            put("zero", [&tile[..start], &[0; 32], &tile[end..]].concat()),
            put("cut off with all after it", tile[..start + 7].to_vec()),
        ];
        if end < tile.len() {
            let next = end + 32;
            let swapped = [&tile[..start], &tile[end..next], &tile[start..end], &tile[next..]];
            cases.push(put("swapped with the next", swapped.concat()));
        }
        let twice = [&tile[..end], &tile[start..]].concat();
        let found = Found::at(&["node"], (n as u64 + 1).min(self.size - 1));
        cases.push(self.put(format!("the hash of entry {n} twice"), &name, twice, found));
        cases
    }

    /// Notes lost, doubled, swapped, by another key, and the last checkpoint replaced by each.
    fn of_note(&self, n: usize) -> Vec<Case> {
        let notes = All::of(&self.export.files["checkpoints"]).notes;
        let file = |notes: &[Vec<u8>]| -> Vec<u8> {
            notes.iter().flat_map(|note| [note.as_slice(), b"\n"].concat()).collect()
        };
        let put = |what: &str, bytes, classes: &[&'static str]| {
            let found = Found { classes: classes.to_vec(), entry: None, and: None };
            self.put(format!("note {n} {what}"), "checkpoints", bytes, found)
        };
        let last = n + 1 == notes.len();
        let mut cases = Vec::new();
        let mut other = notes.clone();
        other.insert(n, notes[n].clone());
        cases.push(put("twice", file(&other), &["checkpoint"]));
        let stranger = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[9; 32]).unwrap();
        let (size, root) = self.roots[n];
        let forged = Checkpoint { origin: ORIGIN.to_owned(), size, root }.sign(&stranger);
        let mut other = notes.clone();
        other[n] = forged.to_string().into_bytes();
        cases.push(put("signed by another key", file(&other), &["signature"]));
        let cut = file(&notes[..n]).len() + notes[n].len() / 2;
        let half = file(&notes)[..cut].to_vec();
        cases.push(put("cut in the middle", half, &["checkpoint"]));
        let whole = file(&notes)[..file(&notes[..n]).len() + notes[n].len()].to_vec();
        cases.push(put("without its empty line, and all after", whole, &["checkpoint"]));
        if !last {
            let mut other = notes.clone();
            other.swap(n, n + 1);
            cases.push(put("swapped with the next", file(&other), &["checkpoint"]));
            let found = Found { classes: vec!["checkpoint"], entry: None, and: None };
            let what = format!("the checkpoint replaced by note {n}");
            cases.push(self.put(what, "checkpoint", notes[n].clone(), found));
        }
        if last {
            cases.push(put("lost", file(&notes[..n]), &["checkpoint"]));
        }
        cases
    }

    /// A file lost, empty, longer, under another name, or in the place of another.
    fn of_file(&self, name: &str) -> Vec<Case> {
        let bytes = &self.export.files[name];
        let found = |at_end: bool| self.of_damage(name, at_end);
        let mut cases = vec![
            found(false).case(format!("{name} lost"), BTreeMap::from([(name.to_owned(), None)])),
            self.put(format!("{name} empty"), name, Vec::new(), found(false)),
            self.put(format!("{name} longer"), name, [bytes, &b"x"[..]].concat(), found(true)),
        ];
        // The second run of entries begins with entry 0 again.
        let again = if *name == self.bundle { Found::at(&["order"], 0) } else { found(true) };
        let twice = [&bytes[..], bytes].concat();
        cases.push(self.put(format!("{name} twice"), name, twice, again));
        let stray = Found { classes: vec!["stray"], entry: None, and: None };
        for copy in [format!("{name}.copy"), format!("more/{name}")] {
            cases.push(self.put(format!("{copy} put in"), &copy, bytes.clone(), stray.clone()));
        }
        if name.starts_with("blob/") {
            let shelf = self.export.files.range(name.to_owned()..);
            let next = shelf.skip(1).find(|(name, _)| name.starts_with("blob/"));
            if let Some((next, other)) = next {
                let files = BTreeMap::from([
                    (name.to_owned(), Some(other.clone())),
                    (next.clone(), Some(bytes.clone())),
                ]);
                let entry = self.naming(name).min(self.naming(next));
                cases.push(Found::at(&["blob"], entry).case(format!("{name} and {next}"), files));
            }
        }
        cases
    }

    fn of_damage(&self, name: &str, at_end: bool) -> Found {
        let none =
            |classes: &[&'static str]| Found { classes: classes.to_vec(), entry: None, and: None };
        match name {
            "policy" => none(&["format"]),
            "checkpoint" | "checkpoints" => none(&["checkpoint"]),
            name if name == self.bundle && at_end => Found::end(self.size),
            name if name == self.bundle => Found::at(&["rollback"], 0),
            name if name.starts_with("tile/") && at_end => Found::at(&["node"], self.size - 1),
            name if name.starts_with("tile/") => Found::at(&["node"], 0),
            name => Found::at(&["blob"], self.naming(name)),
        }
    }

    /// The history from an entry on written anew, tiles and all: without the key it cannot be
    /// signed, and with another key it is not the ledger's.
    fn forged(&self, n: usize) -> Vec<Case> {
        let (entries, roots) = self.rewritten(n);
        let tile = self.tile(&entries);
        let mut files = BTreeMap::from([
            (self.bundle.clone(), Some(packed(&entries))),
            (format!("tile/0/000.p/{}", self.size), Some(tile)),
        ]);
        let moved = self.roots.iter().find(|(size, _)| *size > n as u64).unwrap();
        let lost = self.naming_of(&entries[n]);
        // The forged entry names bytes that are not there; they are put there, too.
        files.insert(blob_path(lost.0), Some(lost.1));
        let unsigned = Found::at(&["root"], moved.0 - 1);
        let stray = self.orphan(n);
        files.extend(stray.map(|name| (name, None)));
        let mut cases = vec![unsigned.case(format!("forked at {n}, unsigned"), files.clone())];
        let stranger = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[9; 32]).unwrap();
        files.extend(signed(&roots, &stranger));
        let found = Found { classes: vec!["signature", "checkpoint"], entry: None, and: None };
        cases.push(found.case(format!("forked at {n}, signed by another key"), files));
        cases
    }

    /// The ledger's own key signs another history: nothing inside shows it.
    pub fn forks(&self) -> Vec<(u64, Held)> {
        let fork = |n: usize| {
            let (entries, roots) = self.rewritten(n);
            let mut held = self.export.with_entries(&entries);
            held.files.insert(format!("tile/0/000.p/{}", self.size), self.tile(&entries));
            let (content, bytes) = self.naming_of(&entries[n]);
            held.files.insert(blob_path(content), bytes);
            if let Some(name) = self.orphan(n) {
                held.files.remove(&name);
            }
            let files = signed(&roots, &self.key);
            held.files.extend(files.into_iter().map(|(name, bytes)| (name, bytes.unwrap())));
            (n as u64, held)
        };
        (1..self.entries.len()).step_by(7).map(fork).collect()
    }

    /// Entries with another filing at a place, and everything after it linked anew.
    fn rewritten(&self, n: usize) -> (Vec<Vec<u8>>, Vec<(u64, TreeHash)>) {
        let mut head = Head::NONE;
        let (mut edge, mut entries, mut roots) = (Edge::default(), Vec::new(), Vec::new());
        for (at, stored) in self.entries.iter().enumerate() {
            let entry = Entry::from_bytes(stored).unwrap();
            let mut said = entry.open().unwrap();
            if at == n {
                said = event(filing(777));
            }
            let entry = Entry::link(&head, entry.envelope.recorded_at, &said).unwrap();
            head = entry.head();
            edge.push(leaf(&entry.to_bytes()), &mut Vec::new());
            entries.push(entry.to_bytes());
            if self.roots.iter().any(|(size, _)| *size == edge.size()) {
                roots.push((edge.size(), edge.root()));
            }
        }
        (entries, roots)
    }

    fn tile(&self, entries: &[Vec<u8>]) -> Vec<u8> {
        let tile = Tile::all(self.size).find(|t| t.kind == Kind::Hashes { level: 0 }).unwrap();
        assert_eq!(tile.width, self.size);
        hash_tile(&entries.iter().map(|entry| leaf(entry)).collect::<Vec<_>>())
    }

    fn naming_of(&self, entry: &[u8]) -> (ContentId, Vec<u8>) {
        let event = Entry::from_bytes(entry).unwrap().open().unwrap();
        assert_eq!(event.content(), Some(content(&received(777))));
        (content(&received(777)), received(777))
    }

    /// The blob that nothing names any more once an entry is replaced.
    fn orphan(&self, n: usize) -> Option<String> {
        let event = Entry::from_bytes(&self.entries[n]).unwrap().open().unwrap();
        event.content().map(blob_path)
    }
}

/// What may be first of an entry that was changed.
const ENTRY_CLASSES: &[&str] =
    &["order", "gap", "time", "prev", "hash", "payload", "codec", "event", "leaf", "format"];

/// What must be found first.
#[derive(Clone)]
struct Found {
    classes: Vec<&'static str>,
    entry: Option<u64>,
    and: Option<&'static str>,
}

impl Found {
    fn at(classes: &[&'static str], entry: u64) -> Self {
        Self { classes: classes.to_vec(), entry: Some(entry), and: None }
    }

    /// Anything that is wrong with an entry or its frame.
    fn first(entry: u64) -> Self {
        let classes = [ENTRY_CLASSES, &["frame", "rollback"]].concat();
        Self { classes, entry: Some(entry), and: None }
    }

    /// More than there should be: what stands after the last entry.
    fn end(size: u64) -> Self {
        Self { classes: vec!["frame", "order"], entry: Some(size), and: None }
    }

    fn case(self, what: String, files: BTreeMap<String, Option<Vec<u8>>>) -> Case {
        let Self { classes, entry, and } = self;
        Case { what, change: Change::Files(files), classes, entry, and }
    }
}

fn head_of(entry: &[u8]) -> Head {
    Entry::from_bytes(entry).unwrap().head()
}

fn signed(roots: &[(u64, TreeHash)], key: &SigningKey) -> BTreeMap<String, Option<Vec<u8>>> {
    let note = |(size, root): &(u64, TreeHash)| {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: *size, root: *root };
        checkpoint.sign(key)
    };
    let all: Vec<u8> = roots.iter().flat_map(|at| checkpoints::to_bytes(&note(at))).collect();
    let last = note(roots.last().unwrap()).to_string().into_bytes();
    BTreeMap::from([("checkpoints".to_owned(), Some(all)), ("checkpoint".to_owned(), Some(last))])
}
