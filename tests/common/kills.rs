//! `kill -9`: at each durable step, and at random moments of everything that writes. After each the
//! ledger is opened, read and audited by whoever calls; nothing acknowledged may be lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use blockholder::cli::keep;
use blockholder::store::audit::{Scope, audit_within};
use blockholder::store::audit_kept::Projector;
use blockholder::store::checkpoints;
use blockholder::store::disk::{Disk, Step, SystemDisk};
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::Log;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::time::{Day, Instant as Moment};
use blockholder::view::projection::PROJECTION;

use crate::common::*;
use crate::packed::*;
use crate::{Rows, acknowledged, blockholder, fresh, sound, times};

/// Set, with a step's number, in a child that kills itself at that step.
const DIES: &str = "BLOCKHOLDER_DIES_AT";
/// Set in a child that writes slowly until it is killed.
const SLOW: &str = "BLOCKHOLDER_WRITES_SLOWLY";
/// The ledger of either.
const DIES_IN: &str = "BLOCKHOLDER_DIES_IN";
/// The test that starts such children, each of which is the test's own program.
const TEST: &str = "nothing_acknowledged_is_lost";

/// In a child that was started to be killed: does what it is to be killed in.
pub fn as_a_child() {
    let dir = || PathBuf::from(std::env::var_os(DIES_IN).unwrap());
    if let Ok(step) = std::env::var(DIES) {
        die_at(&dir(), step.parse().unwrap());
    }
    if std::env::var_os(SLOW).is_some() {
        write_slowly(&dir());
    }
}

/// This test's own program, to be killed in a ledger.
fn child(what: &str, value: &str, at: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture"]).env(what, value).env(DIES_IN, at);
    command.stderr(Stdio::null());
    command
}

pub fn kills(rows: &mut Rows) {
    killed_at_steps(rows);
    killed_in_bulk(rows);
    killed_in_checkpoints(rows);
    killed_in_rebuild(rows);
    killed_in_keeping(rows);
    killed_in_export(rows);
    killed_in_import(rows);
}

/// Kills the process at a step, before or after it is done.
struct Deadly {
    step: Step,
    after: bool,
}

impl Deadly {
    fn die(&self, step: Step, after: bool) {
        if step == self.step && after == self.after {
            let own = std::process::id().to_string();
            Command::new("kill").args(["-9", &own]).status().unwrap();
        }
    }
}

impl Disk for Deadly {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.die(step, false);
        let half = bytes.len() / 2;
        SystemDisk.write(step, file, &bytes[..half])?;
        self.die(step, true);
        SystemDisk.write(step, file, &bytes[half..])
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        self.die(step, false);
        SystemDisk.sync(step, file)?;
        self.die(step, true);
        Ok(())
    }
}

fn die_at(dir: &Path, number: usize) -> ! {
    let deadly = Deadly { step: Step::ALL[number / 2], after: number % 2 == 1 };
    let mut ledger = Ledger::open_on(dir, &options(Mode::Write), Box::new(deadly)).unwrap();
    ledger.append(NOW, vec![draft(3), draft(4)]).unwrap();
    unreachable!("the step was passed");
}

fn killed_at_steps(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..2 * Step::ALL.len() {
        let at = fresh(&dir.path().join(number.to_string()));
        let mut command = child(DIES, &number.to_string(), &at);
        let status = command.stdout(Stdio::null()).status().unwrap();
        assert!(!status.success());
        let size = sound(&at, 3, &format!("killed at {number}"));
        assert!(size == 3 || size == 5, "a batch is whole or not there: {size}");
        // And it goes on.
        let mut ledger = open(&at, Mode::Write);
        ledger.append(NOW, vec![draft(9)]).unwrap();
        ledger.close().unwrap();
        sound(&at, size + 1, "after going on");
    }
    rows.add(
        "`kill -9` before and after each durable step of an append (received bytes, entries, \
         checkpoint: each written by half, written, synced)",
        12,
        "what was set aside or completed, at the next opening",
        "the batch is whole or not there; the ledger goes on",
    );
}

/// Takes in what a child says, so that it never waits to say it: a word when it has begun, and all
/// of it.
fn listen(mut said: ChildStdout) -> (Receiver<()>, JoinHandle<Vec<u8>>) {
    let (begins, begun) = channel();
    let all = std::thread::spawn(move || {
        let (mut all, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(len @ 1..) = said.read(&mut piece) {
            all.extend_from_slice(&piece[..len]);
            // Nobody may be waiting any more.
            let _ = begins.send(());
        }
        all
    });
    (begun, all)
}

fn killed_in_bulk(rows: &mut Rows) {
    // Three batches, so that a kill falls between two of them.
    const FILINGS: u64 = 2_200;
    let dir = tempfile::tempdir().unwrap();
    let feed = dir.path().join("feed.tar.gz");
    fs::write(&feed, gzip(&tar(&submissions(FILINGS)))).unwrap();
    let feed = feed.to_str().unwrap();
    let mut numbers = Numbers(11);
    let (mut kills, mut within, mut ended) = (0, 0, 0);
    let mut at = dir.path().join("ledger-0");
    Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap().close().unwrap();
    while kills < times() {
        let mut child = blockholder(&at, &["append", feed])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (begun, told) = listen(child.stdout.take().unwrap());
        if numbers.below(2) == 0 {
            // Half of them once the first batch was told, so that the next is at hand.
            begun.recv().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5 + numbers.below(400)));
        let finished = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let output = Output { status, stdout: told.join().unwrap(), stderr: Vec::new() };
        let size = sound(&at, 1, "killed in a bulk append");
        let told = acknowledged(&output);
        let ledger = open(&at, Mode::Read);
        let held: Vec<String> = recorded(&ledger);
        let expected: Vec<String> = (1..size).map(|n| format!("0009999999-07-{n:06}")).collect();
        assert_eq!(held, expected, "in order, without gaps, none twice");
        for line in told {
            let accession = line.split(", ").nth(1).unwrap();
            assert!(held.iter().any(|one| one == accession), "{line} was told and is not held");
        }
        ledger.close().unwrap();
        if finished {
            assert_eq!(size, FILINGS + 1);
            ended += 1;
            at = dir.path().join(format!("ledger-{ended}"));
            Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap().close().unwrap();
        } else {
            kills += 1;
            within += u64::from(1 < size && size <= FILINGS);
        }
    }
    assert!(within > 0, "no kill fell between two batches");
    rows.random(
        "`kill -9` at a random moment of a bulk append of a `.tar.gz`, then the same command again",
        (kills, within),
        "what was set aside or completed, at the next opening",
        "every filing told as recorded is there, in order, none twice; it goes on where it was",
    );
}

/// A disk on which checkpoints are written byte by byte, so that kills fall between them.
struct Slow;

impl Disk for Slow {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if step != Step::CheckpointWrite {
            return SystemDisk.write(step, file, bytes);
        }
        bytes.chunks(1).try_for_each(|byte| {
            std::thread::sleep(Duration::from_micros(300));
            SystemDisk.write(step, file, byte)
        })
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        if step == Step::CheckpointSync {
            std::thread::sleep(Duration::from_millis(5));
        }
        SystemDisk.sync(step, file)
    }
}

fn write_slowly(at: &Path) -> ! {
    let mut ledger = Ledger::open_on(at, &options(Mode::Write), Box::new(Slow)).unwrap();
    loop {
        let size = ledger.size();
        ledger.append(NOW, vec![draft(size), draft(size + 1)]).unwrap();
        // One write, so that a line is there whole or is not taken for one.
        let line = format!("acknowledged {}.\n", ledger.size());
        io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

fn killed_in_checkpoints(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(29);
    let mut within = 0;
    for kill in 0..times() {
        let at = dir.path().join(kill.to_string());
        Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap().close().unwrap();
        let mut child = child(SLOW, "1", &at).stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(30 + numbers.below(400)));
        child.kill().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let told = lines.filter_map(|line| {
            line.strip_prefix("acknowledged ")?.strip_suffix('.')?.parse::<u64>().ok()
        });
        let told = told.last().unwrap_or(1);
        child.wait().unwrap();
        let all = checkpoints::all(&at.join("checkpoints")).unwrap();
        within += u64::from(!all.torn.is_empty());
        let size = sound(&at, told, "killed in a checkpoint");
        assert_eq!(size % 2, 1, "batches of two entries are whole: {size}");
        // What was not acknowledged may be there all the same, but only the batch at hand.
        assert!(size <= told + 2, "{told} entries were told, {size} are there");
        let now = checkpoints::all(&at.join("checkpoints")).unwrap();
        assert!(now.notes.starts_with(&all.notes) && now.torn.is_empty());
        assert_eq!(now.notes.len() as u64, size.div_ceil(2), "a checkpoint for each batch");
        fs::remove_dir_all(&at).unwrap();
    }
    assert!(within > 0, "no kill fell within a checkpoint");
    rows.random(
        "`kill -9` at a random moment of appends whose checkpoints are written byte by byte",
        (times(), within),
        "that a batch was completed, at the next opening",
        "every acknowledged batch is there, and at most the one at hand with it; each has its \
         checkpoint, and none that was whole is another",
    );
}

fn killed_in_rebuild(rows: &mut Rows) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    for batch in 0..20_u64 {
        let drafts = (1..=100).map(|n| draft(batch * 100 + n)).collect();
        ledger.append(NOW, drafts).unwrap();
    }
    ledger.close().unwrap();
    let size = 2001;
    let mut numbers = Numbers(13);
    let mut within = 0;
    for kill in 0..times() {
        for part in fs::read_dir(&at).unwrap().map(|part| part.unwrap()) {
            let name = part.file_name().to_string_lossy().into_owned();
            if name == "index" && numbers.below(2) == 0 {
                fs::remove_dir_all(part.path()).unwrap();
            }
        }
        let mut child = blockholder(&at, &["log", "--limit", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(1 + numbers.below(400)));
        child.kill().unwrap();
        child.wait().unwrap();
        let ledger = open(&at, Mode::Read);
        within += u64::from(!ledger.take_notices().is_empty());
        let found = ledger.by_accession(accession(7)).unwrap();
        assert_eq!((ledger.size(), found), (size, Some(7)));
        ledger.close().unwrap();
        if kill % 10 == 9 {
            assert_eq!(sound(&at, size, "killed in a rebuild"), size);
        }
    }
    assert!(within > 0, "no kill fell within a rebuild");
    rows.random(
        "`kill -9` at a random moment of making the index again",
        (times(), within),
        "that the index was rebuilt, and why",
        "the next opening makes it again; every lookup answers",
    );
}

/// A ledger of many issuers, and a filing more.
fn of_issuers(dir: &Path, count: u64) -> (PathBuf, PathBuf) {
    let at = dir.join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    let of_issuer = |n: u64| {
        let mut filing = filing(n);
        let issuer = 1000 + n % (count / 5);
        let span = Span::new(11, 18);
        filing.reading.issuer.cik = Field::stated(issuer.try_into().unwrap(), span);
        filing.reading.event_date = Field::stated(Day::try_from(15_000).unwrap(), span);
        let noon = Moment::from_unix_seconds(15_001 * 86_400 + 61_200).unwrap();
        filing.reading.accepted_at = Field::stated(noon, span);
        filing.reading.cusips = Vec::new();
        draft_of(filing, received(n))
    };
    for batch in 0..count / 100 {
        ledger.append(NOW, (1..=100).map(|n| of_issuer(batch * 100 + n)).collect()).unwrap();
    }
    keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
    ledger.close().unwrap();
    let more = dir.join("more.txt");
    fs::write(&more, submission(1)).unwrap();
    (at, more)
}

/// How far what is kept for answers follows, and how what is kept differs from what would be made.
fn kept(at: &Path) -> (u64, Vec<String>) {
    let ledger = open(at, Mode::Read);
    let reach = ledger.reach(PROJECTION).unwrap().size;
    ledger.close().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let differences = |log: &dyn Log, names: &[Vec<u8>]| keep::differences(log, names);
    let projector = Some(Projector { version: PROJECTION, differences: Some(&differences) });
    let scope = Scope { projector, ..Scope::default() };
    let report = audit_within(at, scratch.path(), &options(Mode::Read), &scope).unwrap();
    (reach, report.faults.into_iter().map(|fault| fault.message).collect())
}

fn killed_in_keeping(rows: &mut Rows) {
    const FILINGS: u64 = 100;
    let dir = tempfile::tempdir().unwrap();
    let (whole, more) = of_issuers(dir.path(), FILINGS);
    let answer = |at: &Path| {
        let words =
            ["holders", "1007", "--as-of", "2026-01-01", "--known-at", "2026-01-01", "--json"];
        let output = blockholder(at, &words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Holder 7"), "{text}");
        // The size it was answered at, and its head, are another once more is recorded.
        let (from, to) = (text.find("\"basis\"").unwrap(), text.find("\"as_of\"").unwrap());
        [&text[..from], &text[to..]].concat()
    };
    let expected = answer(&whole);
    let at = dir.path().join("killed");
    let words = ["append", "-q", more.to_str().unwrap()];
    let begin = || {
        let _ = fs::remove_dir_all(&at);
        copy(&whole, &at);
        fs::remove_dir_all(at.join("index")).unwrap();
    };
    begin();
    succeeds(blockholder(&at, &words), "an append that makes all anew");
    assert_eq!(kept(&at), (FILINGS + 2, vec![]));
    let mut killer = Killer::new(31);
    let (mut kills, mut within) = (0, 0);
    while kills < times() {
        begin();
        if !killer.kills(blockholder(&at, &words)) {
            continue;
        }
        kills += 1;
        let size = sound(&at, FILINGS + 1, "killed while answers were kept");
        let (reach, wrong) = kept(&at);
        assert_eq!(wrong, [] as [String; 0], "what is kept up to {reach} of {size}");
        within += u64::from(size == FILINGS + 2 && reach < size);
        assert_eq!(answer(&at), expected, "kept up to {reach} of {size}");
        succeeds(blockholder(&at, &words), "the same append again");
        assert_eq!(kept(&at), (FILINGS + 2, vec![]));
        assert_eq!(answer(&at), expected);
    }
    assert!(within > 0, "no kill fell within the making of what is kept");
    rows.random(
        "`kill -9` at a random moment of an append that makes what is kept for answers again",
        (kills, within),
        "that the index was brought up or rebuilt, and why",
        "every question is answered as before; what is kept is behind or whole, and the next \
         append makes it whole",
    );
}

/// A ledger of 300 filings in many batches, and the folder it lies in.
fn of_many() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    for batch in 0..30_u64 {
        let drafts = (1..=10).map(|n| draft(batch * 10 + n)).collect();
        ledger.append(NOW, drafts).unwrap();
    }
    ledger.close().unwrap();
    (dir, at)
}

/// Kills commands at random moments, within the time that such a command takes: it looks after
/// that itself, for a busy machine takes longer one time than the next.
struct Killer {
    numbers: Numbers,
    millis: u64,
}

impl Killer {
    fn new(seed: u64) -> Self {
        Self { numbers: Numbers(seed), millis: 200 }
    }

    /// Runs a command and kills it; whether that was before its end.
    fn kills(&mut self, mut command: Command) -> bool {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(self.numbers.below(self.millis + 1)));
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        self.millis = match ended {
            true => self.millis - self.millis / 8,
            false => self.millis + self.millis / 16 + 1,
        };
        !ended
    }
}

#[track_caller]
fn succeeds(mut command: Command, what: &str) {
    let output = command.output().unwrap();
    let (out, err) = (&output.stdout, &output.stderr);
    let said = || [String::from_utf8_lossy(out), String::from_utf8_lossy(err)].concat();
    assert!(output.status.success(), "{what}: {}", said());
}

fn killed_in_export(rows: &mut Rows) {
    let (dir, at) = of_many();
    let export = dir.path().join("export");
    let words = ["export", "--tiles", export.to_str().unwrap()];
    succeeds(blockholder(&at, &words), "an export");
    fs::remove_dir_all(&export).unwrap();
    let mut killer = Killer::new(19);
    let (mut kills, mut within) = (0, 0);
    while kills < times() {
        let whole = export.join("checkpoint");
        if !killer.kills(blockholder(&at, &words)) || whole.exists() {
            // It was done before, or nearly: begin anew.
            succeeds(blockholder(&at, &words), "exported again");
            let _ = fs::remove_dir_all(&export);
            continue;
        }
        kills += 1;
        within += u64::from(export.exists());
        if kills % 3 == 0 {
            succeeds(blockholder(&at, &words), "exported after a kill");
            succeeds(blockholder(&at, &["verify", export.to_str().unwrap()]), "the export");
            fs::remove_dir_all(&export).unwrap();
        }
    }
    assert!(within > 0, "no kill fell within the writing");
    assert_eq!(sound(&at, 301, "killed in an export"), 301);
    rows.random(
        "`kill -9` at a random moment of `export`, up to three times, then the same command again",
        (kills, within),
        "nothing",
        "the export is made whole, and verifies; the ledger is as it was",
    );
}

fn killed_in_import(rows: &mut Rows) {
    let (dir, at) = of_many();
    let export = dir.path().join("export");
    succeeds(blockholder(&at, &["export", "--tiles", export.to_str().unwrap()]), "an export");
    let to = dir.path().join("imported");
    let words = ["import", export.to_str().unwrap()];
    succeeds(blockholder(&to, &words), "an import");
    fs::remove_dir_all(&to).unwrap();
    let mut killer = Killer::new(23);
    let (mut kills, mut within) = (0, 0);
    while kills < times() {
        if !killer.kills(blockholder(&to, &words)) {
            let _ = fs::remove_dir_all(&to);
            continue;
        }
        kills += 1;
        within += u64::from(to.exists());
        if to.join("FORMAT").exists() {
            succeeds(blockholder(&to, &["log", "--limit", "1"]), "a ledger once it says so");
            succeeds(blockholder(&to, &["verify"]), "a ledger once it says so");
        } else {
            let output = blockholder(&to, &["log", "--limit", "1"]).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "it is no ledger yet");
            if to.exists() {
                fs::remove_dir_all(&to).unwrap();
            }
            succeeds(blockholder(&to, &words), "imported after a kill");
        }
        let ledger = open(&to, Mode::Read);
        assert_eq!((ledger.size(), ledger.unsound()), (301, None));
        drop(ledger);
        fs::remove_dir_all(&to).unwrap();
    }
    assert!(within > 0, "no kill fell within the writing");
    rows.random(
        "`kill -9` at a random moment of `import`",
        (kills, within),
        "that the folder is no ledger; or nothing, where it is one",
        "it is a whole ledger or none; removed, the same command makes it",
    );
}
