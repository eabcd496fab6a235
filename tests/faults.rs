//! The machine's bad days: kills, full and read-only disks, lost power, clocks set back, two at
//! once. After each the ledger is opened, read and audited: nothing acknowledged may be lost.
//!
//! The table in `docs/faults.md` is held to what was tried. `BLOCKHOLDER_FAULTS=500` tries the
//! random ones so often, and with `BLOCKHOLDER_BLESS` writes the table of the last such run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![allow(clippy::string_slice)]

mod common;
#[path = "common/faults_table.rs"]
mod faults_table;
#[path = "common/kills.rs"]
mod kills;
#[path = "common/packed.rs"]
mod packed;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::rc::Rc;
use std::time::{Duration, Instant};

use blockholder::store::audit::audit;
use blockholder::store::disk::{Disk, Step, SystemDisk};
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Log, StoreError};
use blockholder::terms::time::RecordedAt;
use common::*;
use packed::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_blockholder");

/// How often what is random is tried.
fn times() -> u64 {
    std::env::var("BLOCKHOLDER_FAULTS").map_or(30, |n| n.parse().unwrap())
}

/// What was tried, for the table, and what is random of it, for that of many runs.
#[derive(Default)]
struct Rows {
    all: Vec<Vec<String>>,
    random: Vec<Vec<String>>,
}

impl Rows {
    fn add(&mut self, fault: &str, tried: u64, said: &str, after: &str) {
        println!("{fault}: {tried}");
        self.all.push([fault, &tried.to_string(), said, after].map(str::to_owned).to_vec());
    }

    /// As `add`, of something random; and how many times it was found half done.
    fn random(&mut self, fault: &str, (tried, within): (u64, u64), said: &str, after: &str) {
        self.add(fault, tried, said, after);
        let cells = [fault, &tried.to_string(), &within.to_string()];
        self.random.push(cells.map(str::to_owned).to_vec());
    }
}

#[test]
fn nothing_acknowledged_is_lost() {
    kills::as_a_child();
    let mut rows = Rows::default();
    kills::kills(&mut rows);
    disk_full_at_steps(&mut rows);
    file_size_limited(&mut rows);
    power_lost(&mut rows);
    clock_set_back(&mut rows);
    two_at_once(&mut rows);
    disk_read_only(&mut rows);
    match std::env::var_os("BLOCKHOLDER_FAULTS") {
        None => {
            let header = ["fault", "tried", "what is said", "afterwards"];
            faults_table::hold("faults", &header, &rows.all);
        }
        Some(_) => {
            let header = ["fault", "tried", "found half done"];
            faults_table::last_run("many", &header, &rows.random);
        }
    }
}

/// Opens for writing, reads every entry and every received byte, and audits.
#[track_caller]
fn sound(at: &Path, acknowledged: u64, what: &str) -> u64 {
    let ledger = open(at, Mode::Write);
    let size = ledger.size();
    assert!(size >= acknowledged, "{what}: {size} of {acknowledged} entries");
    for entry in ledger.range(0..size).unwrap() {
        if let Some(content) = entry.unwrap().open().unwrap().content() {
            ledger.blob(content).unwrap();
        }
    }
    ledger.close().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let report = audit(at, scratch.path(), &options(Mode::Read)).unwrap();
    assert_eq!(report.faults, [], "{what}");
    size
}

fn fresh(dir: &Path) -> PathBuf {
    let at = dir.join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1), draft(2)]).unwrap();
    ledger.close().unwrap();
    at
}

fn blockholder(at: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--ledger").arg(at).args(words).env_remove("BLOCKHOLDER_LEDGER");
    command
}

/// The lines of a whole run's output that say that a filing is recorded: those were acknowledged.
fn acknowledged(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().filter(|line| line.starts_with("recorded"));
    lines.map(|line| line.split(": ").nth(1).unwrap().to_owned()).collect()
}

/// A disk without room from a step on.
struct Full(Step);

impl Disk for Full {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if step < self.0 {
            return SystemDisk.write(step, file, bytes);
        }
        SystemDisk.write(step, file, &bytes[..bytes.len() / 3])?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        if step < self.0 {
            return SystemDisk.sync(step, file);
        }
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }
}

fn disk_full_at_steps(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    for step in Step::ALL {
        let at = fresh(&dir.path().join(format!("{step:?}")));
        let disk = Box::new(Full(step));
        let mut ledger = Ledger::open_on(&at, &options(Mode::Write), disk).unwrap();
        let error = ledger.append(NOW, vec![draft(3)]).unwrap_err();
        assert!(matches!(error, StoreError::Io { .. }), "{step:?}: {error}");
        let after = ledger.append(NOW, vec![draft(4)]).unwrap_err();
        assert!(matches!(after, StoreError::Poisoned), "{step:?}: {after}");
        drop(ledger);
        sound(&at, 3, &format!("full at {step:?}"));
    }
    rows.add(
        "disk full at each durable step of an append",
        6,
        "cannot write (or sync) the file, no storage space; then that an earlier write failed",
        "the batch is whole or not there; opened again it goes on",
    );
}

fn file_size_limited(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let feed = dir.path().join("feed.tar");
    fs::write(&feed, tar(&submissions(60))).unwrap();
    let mut tried = 0;
    for blocks in [8, 40, 100, 200, 300, 400, 520, 700, 1000] {
        let at = dir.path().join(format!("ledger-{blocks}"));
        Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap().close().unwrap();
        // No file may be longer; the signal that would come with it is ignored.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &script, "sh", PROGRAM, "--ledger"])
            .arg(&at)
            .arg("append")
            .arg(&feed)
            .output()
            .unwrap();
        let told = acknowledged(&output).len() as u64;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            assert!(error.contains("error: ") || error.contains("panicked"), "{blocks}: {error}");
            tried += 1;
        }
        sound(&at, 1 + told, &format!("files of at most {blocks} blocks: {error}"));
        let again = blockholder(&at, &["append", "-q"]).arg(&feed).output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(sound(&at, 61, "gone on"), 61);
    }
    assert!(tried >= 3, "only {tried} limits were hit");
    rows.add(
        "files limited to 4 KB ... 500 KB in a bulk append (`ulimit -f`, its signal ignored)",
        9,
        "which file cannot be written, and what the system says",
        "every filing told as recorded is there; with room again, the same command goes on",
    );
}

/// What a disk has for sure, and what it may lose with its power.
#[derive(Default)]
struct Platter {
    synced: BTreeMap<u64, u64>,
    written: BTreeMap<u64, u64>,
    /// Steps until the power goes.
    left: u64,
}

#[derive(Clone)]
struct Powered(Rc<RefCell<Platter>>);

impl Powered {
    fn step(&self, file: &File, before: bool) -> io::Result<u64> {
        let mut platter = self.0.borrow_mut();
        let meta = file.metadata()?;
        if before {
            platter.synced.entry(meta.ino()).or_insert(meta.len());
        }
        platter.written.insert(meta.ino(), meta.len());
        Ok(platter.left)
    }

    fn spend(&self) -> io::Result<()> {
        let mut platter = self.0.borrow_mut();
        platter.left = platter.left.checked_sub(1).ok_or_else(|| io::Error::other("no power"))?;
        Ok(())
    }
}

impl Disk for Powered {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.step(file, true)?;
        self.spend()?;
        SystemDisk.write(step, file, bytes)?;
        self.step(file, false).map(|_| ())
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        self.step(file, true)?;
        self.spend()?;
        SystemDisk.sync(step, file)?;
        let meta = file.metadata()?;
        self.0.borrow_mut().synced.insert(meta.ino(), meta.len());
        Ok(())
    }
}

/// The ledger as the disk may have it when the power comes back: what was synced, any part of what
/// was written after it, and the index and the tree as they were at any time.
fn what_is_left(at: &Path, before: &Path, platter: &Platter, to: &Path, numbers: &mut Numbers) {
    let _ = fs::remove_dir_all(to);
    copy(at, to);
    let mut stack = vec![PathBuf::new()];
    while let Some(dir) = stack.pop() {
        for file in fs::read_dir(at.join(&dir)).unwrap() {
            let file = file.unwrap();
            let name = dir.join(file.file_name());
            if file.file_type().unwrap().is_dir() {
                stack.push(name);
                continue;
            }
            let ino = file.metadata().unwrap().ino();
            let (Some(synced), Some(written)) =
                (platter.synced.get(&ino), platter.written.get(&ino))
            else {
                continue;
            };
            let lost = written.saturating_sub(*synced);
            let kept = if lost == 0 { 0 } else { numbers.below(lost + 1) };
            let mut bytes = fs::read(to.join(&name)).unwrap();
            bytes.truncate((synced + kept) as usize);
            // The length may reach the disk before what is in it.
            if numbers.below(2) == 0 {
                bytes[*synced as usize..].fill(0);
            }
            fs::write(to.join(&name), bytes).unwrap();
        }
    }
    for part in ["index", "tree"] {
        let (now, then) = (to.join(part), before.join(part));
        let remove = |path: &Path| match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => {
                let _ = fs::remove_file(path);
            }
        };
        match numbers.below(4) {
            0 => remove(&now),
            1 if then.is_dir() => {
                remove(&now);
                copy(&then, &now);
            }
            1 if then.exists() => {
                remove(&now);
                fs::copy(&then, &now).unwrap();
            }
            _ => {}
        }
    }
}

fn power_lost(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(17);
    let cuts = if times() > 30 { 200.max(times()) } else { 60 };
    let mut within = 0;
    for cut in 0..cuts {
        let own = dir.path().join(cut.to_string());
        let at = fresh(&own);
        let before = own.join("before");
        copy(&at, &before);
        let platter = Rc::new(RefCell::new(Platter::default()));
        platter.borrow_mut().left = numbers.below(40);
        let disk = Box::new(Powered(Rc::clone(&platter)));
        let mut ledger = Ledger::open_on(&at, &options(Mode::Write), disk).unwrap();
        ledger.set_roll(6_000);
        let mut acknowledged = 3;
        for batch in 0.. {
            let first = 10 + batch * 3;
            let drafts = (first..first + 1 + numbers.below(3)).map(draft).collect();
            match ledger.append(NOW, drafts) {
                Ok(_) => acknowledged = ledger.size(),
                Err(_) => break,
            }
        }
        let left = own.join("left");
        what_is_left(&at, &before, &platter.borrow(), &left, &mut numbers);
        drop(ledger);
        let size = sound(&left, acknowledged, &format!("power cut {cut}"));
        within += u64::from(size > acknowledged);
        fs::remove_dir_all(&own).unwrap();
    }
    rows.random(
        "power lost at a random step of appends: what was not synced is gone, there by half, or \
         zeros; the index and the tree are as now, as before, or gone (simulated)",
        (cuts, within),
        "what was set aside, completed or rebuilt, at the next opening",
        "every acknowledged entry is there, and the received bytes with it",
    );
}

fn clock_set_back(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let at = fresh(dir.path());
    let mut ledger = open(&at, Mode::Write);
    ledger.append(RecordedAt(NOW.0 - 86_400_000_000), vec![draft(3)]).unwrap();
    ledger.append(RecordedAt(0), vec![draft(4)]).unwrap();
    let times: Vec<RecordedAt> =
        ledger.range(0..5).unwrap().map(|entry| entry.unwrap().envelope.recorded_at).collect();
    assert!(times.windows(2).all(|two| two[0] <= two[1]), "{times:?}");
    ledger.close().unwrap();
    sound(&at, 5, "a clock set back");
    rows.add(
        "clock set back a day, and to 1970",
        2,
        "nothing",
        "entries are recorded, at a time no earlier than the one before",
    );
}

fn two_at_once(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let at = fresh(dir.path());
    let feed = dir.path().join("feed.tar");
    fs::write(&feed, tar(&submissions(3))).unwrap();
    let held = open(&at, Mode::Write);
    for words in [&["append", feed.to_str().unwrap()][..], &["holders", "1318605"], &["log"]] {
        let begun = Instant::now();
        let output = blockholder(&at, words).output().unwrap();
        let took = begun.elapsed();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
        let own = format!("held by process {}, since 20", std::process::id());
        assert!(error.contains(&own) && error.contains("doing test"), "{error}");
        assert!(took < Duration::from_secs(10), "{words:?} waited {took:?}");
    }
    drop(held);
    assert_eq!(sound(&at, 3, "two writers"), 3);
    rows.add(
        "a second writer, and two questions, while somebody appends",
        3,
        "expected a ledger that nobody else has open, got one held by process N, since when, doing \
         what: after two seconds",
        "the first goes on; nothing was written by the second",
    );
}

/// As root, permissions stop nobody: a read-only mount in a namespace of its own does.
fn disk_read_only(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let at = fresh(dir.path());
    let feed = dir.path().join("feed.tar");
    fs::write(&feed, tar(&submissions(3))).unwrap();
    let script =
        "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && shift 0 && exec \"$@\"";
    let root = fs::metadata(&at).unwrap().uid() == 0;
    let run = |words: &[&str]| -> Output {
        if !root {
            return blockholder(&at, words).output().unwrap();
        }
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script]).arg(&at).arg(PROGRAM).arg("--ledger").arg(&at);
        command.args(words).output().unwrap()
    };
    let locked = |read_only| {
        for path in [at.clone(), at.join("lock")] {
            let mut permissions = fs::metadata(&path).unwrap().permissions();
            permissions.set_readonly(read_only);
            fs::set_permissions(&path, permissions).unwrap();
        }
    };
    if !root {
        locked(true);
    }
    for words in [&["append", feed.to_str().unwrap()][..], &["log"]] {
        let output = run(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
        assert!(error.contains("error: cannot open ") && error.contains("lock"), "{error}");
    }
    if !root {
        #[allow(clippy::permissions_set_readonly_false)]
        locked(false);
    }
    assert_eq!(sound(&at, 3, "a read-only disk"), 3);
    rows.add(
        "a read-only disk: `append`, and a question",
        2,
        "cannot open the lock file, and what the system says",
        "nothing was changed",
    );
}
