//! The ledger beside what else one would use with the same filings, in one run, each in turn: SQLite,
//! a plain file, `b3sum`'s hashing. Only the ratios travel from one machine to another.
//!
//! `cargo run --release -- 10000 [LEDGER...]`: so many invented filings; and for questions alone, ledgers
//! that are there already.
#![allow(dead_code)]

#[path = "../../corpus/made.rs"]
mod made;
#[path = "../../corpus/print.rs"]
mod print;
#[path = "../../corpus/questions.rs"]
mod questions;
mod sqlite;
#[path = "../../corpus/world.rs"]
mod world;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use blockholder::cli::ask::holdings;
use blockholder::cli::context::Context;
use blockholder::cli::keep;
use blockholder::ledger::event::Event;
use blockholder::reading::read::read;
use blockholder::report::table::Style;
use blockholder::store::audit::audit;
use blockholder::store::ledger::{Ledger, Mode, NewKey, Options};
use blockholder::store::log::{Draft, Log};

use questions::{Asked, drawn, quantiles};
use sqlite::{Database, Row};

const RUNS: usize = 5;
const BATCH: usize = 1000;
const QUESTIONS: usize = 1000;
/// A store that answers slowly is asked fewer questions: for so long.
const LONG: Duration = Duration::from_secs(10);

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let value = work();
    (start.elapsed().as_secs_f64(), value)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A filing that was read, and what each store is given of it.
struct Made {
    draft: Draft,
    events: Vec<Vec<u8>>,
    rows: Vec<Row>,
}

impl Made {
    fn new(sequence: u64, draft: Draft) -> Self {
        let bytes = |event| blockholder::ledger::codec::encode(event).unwrap().1;
        let events = draft.events.iter().map(bytes).collect();
        let rows = draft.events.iter().flat_map(|event| rows_of(sequence, event)).collect();
        Self { draft, events, rows }
    }

    fn received(&self) -> &[u8] {
        self.draft.received.as_deref().unwrap_or_default()
    }
}

/// What a table of holders has of a filing: a row for each.
fn rows_of(sequence: u64, event: &Event) -> Vec<Row> {
    let Event::FilingRecorded(filing) = event else { return Vec::new() };
    let reading = &filing.reading;
    let text = |value: Option<String>| value.unwrap_or_default();
    let known_at = reading.accepted_at.value().map(|instant| instant.to_string());
    let each = reading.holders.iter().map(|holder| Row {
        issuer: filing.issuer_cik().map_or(0, |cik| u64::from(cik) as i64),
        cusip: text(reading.cusips.first().and_then(|c| c.value()).map(|c| c.as_str().to_owned())),
        holder: text(holder.name.value().cloned()),
        as_of: text(reading.event_date.value().map(|day| day.to_string())),
        known_at: text(known_at.clone()),
        sequence: sequence as i64,
        sole_voting: text(holder.sole_voting.value().map(|amount| amount.to_string())),
        shared_voting: text(holder.shared_voting.value().map(|amount| amount.to_string())),
        aggregate: text(holder.aggregate.value().map(|amount| amount.to_string())),
        percent: text(holder.percent.value().map(|percent| percent.to_string())),
    });
    each.collect()
}

fn main() {
    let (mut filings, mut ledgers) = (10_000, Vec::new());
    for arg in std::env::args().skip(1) {
        match arg.parse() {
            Ok(number) => filings = number,
            Err(_) => ledgers.push(arg),
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let world = world::World::new(1, filings).zip(1..);
    let all: Vec<Made> = world.map(|(facts, n)| Made::new(n, made::draft(&facts))).collect();
    println!("{filings} filings, medians of {RUNS}, in turn\n");
    println!("| what | beside it | ledger | beside it | ratio |");
    println!("|---|---|---|---|---|");
    let ledger = scratch.path().join("ledger");
    reading(scratch.path());
    appending(&all, scratch.path(), &ledger);
    verifying(&ledger, scratch.path());
    keeping(&ledger);
    ledgers.insert(0, ledger.to_string_lossy().into_owned());
    for ledger in &ledgers {
        asking(Path::new(ledger), scratch.path());
    }
}

fn row(what: &str, beside: &str, [ours, theirs]: [f64; 2], ratio: f64) {
    println!("| {what} | {beside} | {ours:.0} | {theirs:.0} | {ratio:.3} |");
}

/// Structured filings read in this process, beside edgartools where `PYTHON` (or `python3`) has it.
fn reading(scratch: &Path) {
    let folder = scratch.join("structured");
    std::fs::create_dir(&folder).unwrap();
    let facts = world::World::new(1, 10_000).filter(|facts| facts.print == world::Print::Xml);
    let pages: Vec<String> = facts.take(500).map(|facts| print::submission(&facts)).collect();
    for (at, page) in pages.iter().enumerate() {
        std::fs::write(folder.join(format!("{at:03}.txt")), page).unwrap();
    }
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("edgar_xml.py");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let read = || pages.iter().map(|page| read(page.as_bytes()).holders.len()).sum::<usize>();
        let (time, holders) = timed(read);
        ours.push(time);
        let output = Command::new(&python).arg(&script).arg(&folder).output();
        let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let numbers = said.unwrap_or_default();
        let mut numbers = numbers.split_whitespace();
        let Some(Ok(time)) = numbers.next().map(str::parse) else { break };
        assert_eq!(numbers.nth(1), Some(holders.to_string().as_str()), "the same holders");
        theirs.push(time);
    }
    if theirs.is_empty() {
        return println!("| structured filings read | edgartools: {python} has none | | | |");
    }
    let pair = [&mut ours, &mut theirs].map(|times| pages.len() as f64 / median(times));
    row("structured filings read/s, one core", "edgartools", pair, pair[0] / pair[1]);
}

/// Durable appends of filings that were read already, in batches.
fn appending(all: &[Made], scratch: &Path, ledger: &Path) {
    let mut times: [Vec<f64>; 4] = Default::default();
    for run in 0..RUNS {
        let _ = std::fs::remove_dir_all(ledger);
        let drafts: Vec<Vec<Draft>> = all
            .chunks(BATCH)
            .map(|some| some.iter().map(|one| one.draft.clone()).collect())
            .collect();
        times[0].push(timed(|| into_ledger(ledger, drafts)).0);
        let at = scratch.join(format!("{run}.sqlite"));
        times[1].push(timed(|| into_sqlite(&at, all)).0);
        std::fs::remove_file(&at).unwrap();
        let at = scratch.join("plain");
        times[2].push(timed(|| into_plain(&at, all, false)).0);
        times[3].push(timed(|| into_plain(&at, all, true)).0);
    }
    let rate = |times: &mut Vec<f64>| all.len() as f64 / median(times);
    let ours = rate(&mut times[0]);
    for (at, beside) in [
        (1, "SQLite, WAL, FULL"),
        (2, "plain file, fdatasync"),
        (3, "plain file, zstd and BLAKE3, fdatasync"),
    ] {
        let theirs = rate(&mut times[at]);
        row("append and close, 1,000 a batch, filings/s", beside, [ours, theirs], ours / theirs);
    }
}

fn into_ledger(at: &Path, batches: Vec<Vec<Draft>>) {
    let key = NewKey { seed: [7; 32], file: None };
    let mut ledger = Ledger::init(at, "example.org/peers", made::NOW, &key).unwrap();
    for drafts in batches {
        ledger.append(made::NOW, drafts).unwrap();
    }
    ledger.close().unwrap();
}

fn into_sqlite(at: &Path, all: &[Made]) {
    let mut database = Database::new(at);
    for batch in all.chunks(BATCH) {
        database
            .append(batch.iter().map(|one| (one.events.as_slice(), one.received(), &*one.rows)));
    }
    database.close();
}

/// The same bytes in a file; `packed`, with what the ledger does with each byte at the least.
fn into_plain(at: &Path, all: &[Made], packed: bool) {
    let mut file = File::create(at).unwrap();
    let mut packer = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL).unwrap();
    let mut bytes = Vec::new();
    for batch in all.chunks(BATCH) {
        bytes.clear();
        for one in batch {
            for event in &one.events {
                bytes.extend_from_slice(event);
                if packed {
                    bytes.extend_from_slice(blake3::hash(event).as_bytes());
                }
            }
            if packed {
                bytes.extend_from_slice(blake3::hash(one.received()).as_bytes());
                bytes.extend_from_slice(&packer.compress(one.received()).unwrap());
            } else {
                bytes.extend_from_slice(one.received());
            }
        }
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
    }
}

/// What `append` does at its end: answers are kept, to be asked for.
fn keeping(ledger: &Path) {
    let ledger = Ledger::open(ledger, &Options::new(Mode::Write, made::NOW, "keep")).unwrap();
    let (time, ()) = timed(|| keep::follow(&ledger, &mut |_, _| Ok(())).unwrap());
    println!("| answers kept, filings/s | | {:.0} | | |", ledger.size() as f64 / time);
    ledger.close().unwrap();
}

/// The whole audit, beside what `b3sum` does with the same files: hash each with all cores.
fn verifying(ledger: &Path, scratch: &Path) {
    let (mut audits, mut sums) = (Vec::new(), Vec::new());
    let mut files: Vec<_> = Vec::new();
    for folder in [ledger.to_owned(), ledger.join("journal"), ledger.join("index")] {
        let found = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.extend(found.filter(|path| path.is_file()));
    }
    let bytes: u64 = files.iter().map(|path| path.metadata().unwrap().len()).sum();
    for _ in 0..RUNS {
        let options = Options::new(Mode::Read, made::NOW, "verify");
        let (time, report) = timed(|| audit(ledger, scratch, &options).unwrap());
        assert!(report.ok());
        audits.push(time);
        let sum = |path| {
            let mut hasher = blake3::Hasher::new();
            hasher.update_mmap_rayon(path).unwrap();
            std::hint::black_box(hasher.finalize());
        };
        sums.push(timed(|| files.iter().for_each(sum)).0);
    }
    let rate = |times: &mut [f64]| bytes as f64 / median(times) / 1_048_576.0;
    let (ours, theirs) = (rate(&mut audits), rate(&mut sums));
    row("verify, MiB of files/s", "b3sum's hashing", [ours, theirs], ours / theirs);
}

/// Opening and the first answer, and then many answers in an open store. Times: a ratio below 1 is
/// less time than the other takes.
fn asking(at: &Path, scratch: &Path) {
    let options = Options::new(Mode::Read, made::NOW, "ask");
    let ledger = Ledger::open(at, &options).unwrap();
    let size = ledger.size();
    let file = scratch.join(format!("asked-{size}.sqlite"));
    let mut database = Database::new(&file);
    let mut rows = Vec::new();
    for (sequence, entry) in (0..).zip(ledger.range(0..size).unwrap()) {
        rows.extend(rows_of(sequence, &entry.unwrap().open().unwrap()));
        if rows.len() > 10_000 {
            database.append_rows(&rows);
            rows.clear();
        }
    }
    database.append_rows(&rows);
    database.close();
    let [now, then] = [false, true].map(|historic| drawn(&ledger, QUESTIONS, historic));
    drop(ledger);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for asked in now.iter().take(RUNS) {
        ours.push(timed(|| ask(&Ledger::open(at, &options).unwrap(), asked)).0 * 1e6);
        theirs.push(timed(|| Database::open(&file).ask(asked)).0 * 1e6);
    }
    let pair = [median(&mut ours), median(&mut theirs)];
    let ratio = pair[0] / pair[1];
    row(&format!("open {size} entries and answer, us"), "SQLite", pair, ratio);
    let ledger = Ledger::open(at, &options).unwrap();
    let database = Database::open(&file);
    for (known, questions) in [("now", now), ("then", then)] {
        let ours = many(&questions, |asked| ask(&ledger, asked));
        let theirs = many(&questions, |asked| database.ask(asked));
        for (at, part) in ["p50", "p99", "max"].iter().enumerate() {
            let what = format!("as-of answer of {size} entries, known {known}, {part}, us");
            row(&what, "SQLite", [ours[at], theirs[at]], ours[at] / theirs[at]);
        }
    }
}

/// The quantiles of all questions, each asked once before any is timed.
fn many(questions: &[Asked], ask: impl Fn(&Asked) -> usize) -> [f64; 3] {
    let begun = Instant::now();
    let warm = questions.iter().take_while(|asked| (ask(asked), begun.elapsed() < LONG).1).count();
    let mut times = Vec::new();
    for asked in &questions[..warm.max(1)] {
        let start = Instant::now();
        std::hint::black_box(ask(asked));
        times.push(start.elapsed());
    }
    quantiles(&mut times)
}

fn ask(ledger: &Ledger, asked: &Asked) -> usize {
    let mut context = Context {
        out: &mut io::sink(),
        err: &mut io::sink(),
        input: &mut io::empty(),
        clock: &|| made::NOW,
        randomness: 0,
        seed: &|| Ok([0; 32]),
        style: Style { width: 80, colour: false },
        json: false,
        watched: false,
        csv: None,
    };
    let found = holdings(ledger, &asked.cik.to_string(), asked.clocks(), &mut context).unwrap();
    found.map_or(0, |found| found.classes.iter().map(|class| class.holders.len()).sum())
}
