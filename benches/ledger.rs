//! Append, replay and verify, each beside what the machine can do at best in the same run.
//!
//! A program of its own rather than criterion or divan: what counts here are ratios between two
//! kinds of work that wait for the same disk, so both have to alternate within one run, and one
//! sample is a whole ledger. `cargo bench --bench ledger -- [filings]`; with the folder of a ledger,
//! of any filings, only that one is verified.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::float_arithmetic)]

#[path = "../tests/common/mod.rs"]
mod common;

#[path = "ledger/least.rs"]
mod least;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use blockholder::ledger::chain::{payload_digest, split};
use blockholder::ledger::event::Event;
use blockholder::ledger::merkle::{leaf, node};
use blockholder::store::audit::audit;
use blockholder::store::journal::{Unpacker, load};
use blockholder::store::layout::Layout;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Draft, Log};
use blockholder::store::segment::{HEADER_LEN, Item, Record, Records, Stream, Tag};
use common::*;

/// As the program has it: what an allocation takes is part of what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 5;
/// How often a ledger is verified: CPU seconds are told in hundredths.
const TURNS: usize = 9;

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let value = work();
    (start.elapsed(), value)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// A filing as they come: seven holders, some 1.5 KB of event, 6 KB of received bytes.
fn usual(n: u64) -> Draft {
    let mut received: Vec<u8> = received(n);
    let mut numbers = Numbers(n);
    while received.len() < 6_000 {
        received.extend_from_slice(format!("row {} of {}\n", numbers.below(1 << 30), n).as_bytes());
    }
    let mut filing = filing(n);
    let mut holder = filing.reading.holders[0].clone();
    holder.sole_voting = holder.aggregate.clone();
    holder.shared_voting = holder.aggregate.clone();
    holder.citizenship = holder.name.clone();
    filing.reading.holders = vec![holder; 7];
    filing.reading.issuer.cik =
        filing.reading.issuer.cik.map(|_| (1 + n % 1000).to_string().parse().unwrap());
    filing.content = content(&received);
    filing.content_len = received.len() as u64;
    draft_of(filing, received)
}

/// As [`usual`], under another accession number, resting on the bytes of that one.
fn again(n: u64, entries: u64) -> Draft {
    let mut draft = usual(n);
    draft.received = None;
    for event in &mut draft.events {
        if let Event::FilingRecorded(filing) = event {
            let other = |_| accession(entries + n);
            filing.reading.accession = std::mem::take(&mut filing.reading.accession).map(other);
        }
    }
    draft
}

fn batches(entries: u64, batch: u64, draft: impl Fn(u64) -> Draft) -> Vec<Vec<Draft>> {
    let numbers: Vec<u64> = (1..=entries).collect();
    let batch = usize::try_from(batch).unwrap();
    numbers.chunks(batch).map(|some| some.iter().map(|n| draft(*n)).collect()).collect()
}

/// How long until the last batch is acknowledged; and then until the ledger is closed.
fn append(mut ledger: Ledger, batches: Vec<Vec<Draft>>) -> [Duration; 2] {
    let (acknowledged, ()) = timed(|| {
        for drafts in batches {
            ledger.append(NOW, drafts).unwrap();
        }
    });
    // The index takes in what waits: part of the work, whenever it is done.
    [acknowledged, timed(|| ledger.close().unwrap()).0]
}

fn new_ledger(at: &Path) -> Ledger {
    Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap()
}

/// The journal's own bytes in as many writes, each synced: what the disk asks for.
fn plain(at: &Path, len: usize, writes: usize) -> Duration {
    let mut file = File::create(at).unwrap();
    let bytes = vec![7; len / writes];
    timed(|| {
        for _ in 0..writes {
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
        }
    })
    .0
}

/// The aim: blake3 and SHA-256 over as many bytes that lie in memory in one piece, on two cores.
fn both_hashes(bytes: &[u8]) {
    use sha2::Digest;
    let both = |bytes: &[u8]| {
        std::hint::black_box((blake3::hash(bytes), sha2::Sha256::digest(bytes)));
    };
    let (left, right) = bytes.split_at(bytes.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| both(left));
        both(right);
    });
}

/// The least that this format asks of an audit, on two cores that never wait, of bytes that lie in
/// memory already: checksums, frames opened and named, payloads, envelopes and leaves hashed, and
/// a node of the tree for each. Nothing is decoded, read from disk or held against an index.
fn asked_for(records: &[Record<'_>]) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut unpacker = Unpacker::new().unwrap();
        loop {
            let from = next.fetch_add(64, Ordering::Relaxed);
            let some = records.iter().skip(from).take(64);
            if from >= records.len() {
                return;
            }
            for record in some {
                match record.tag {
                    Tag::Blob => drop(std::hint::black_box(unpacker.open(record).unwrap())),
                    Tag::Entry => {
                        assert!(record.is_sound());
                        let (envelope, payload) = split(record.body).unwrap();
                        let leaf = leaf(record.body);
                        let digests = (payload_digest(payload), envelope.hash());
                        std::hint::black_box((digests, node(leaf, leaf)));
                    }
                    _ => {}
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}

/// What comes on top for whoever holds the index against the journal: sled writes to what it opens,
/// so a copy is opened, and every leaf looked at once. Nothing is compared in that.
fn index_walked(at: &Path, scratch: &Path) {
    let (from, to) = (at.join("index"), scratch.join("walked"));
    copy(&from, &to);
    let config = sled::Config::new().path(&to).cache_capacity(64 * 1024 * 1024);
    let db = config.flush_every_ms(None).open().unwrap();
    let leaves = db.open_tree("leaves").unwrap();
    let len: usize = leaves.iter().map(|leaf| leaf.unwrap().1.len()).sum();
    assert!(std::hint::black_box(len) > 0);
    drop((leaves, db));
    std::fs::remove_dir_all(&to).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        match file.file_type().unwrap().is_dir() {
            true => copy(&file.path(), &target),
            false => drop(std::fs::copy(file.path(), target).unwrap()),
        }
    }
}

fn segments(at: &Path) -> Vec<Vec<u8>> {
    let layout = Layout::new(at);
    let of = |stream: Stream| {
        let numbers = stream.segments(&layout.journal()).unwrap();
        numbers.into_iter().map(|n| load(&layout, stream, n).unwrap()).collect::<Vec<_>>()
    };
    [of(Stream::Blobs), of(Stream::Entries)].concat()
}

/// CPU seconds of this process so far, all threads, where the system says so (Linux); else none.
/// Beside other work they tell more than the clock on the wall.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// Wall times of some work, and the CPU seconds of all of it.
#[derive(Default)]
struct Cost {
    walls: Vec<Duration>,
    cpu: f64,
}

impl Cost {
    fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = cpu();
        let (wall, made) = timed(work);
        self.cpu += cpu() - before;
        self.walls.push(wall);
        made
    }
}

/// Verify beside the least that the format asks for, and beside the aim, each in turn.
fn verifying(at: &Path, scratch: &Path) {
    let segments = segments(at);
    let records: Vec<Record<'_>> = segments
        .iter()
        .flat_map(|bytes| Records::new(bytes, HEADER_LEN))
        .filter_map(|item| if let Item::Record(record) = item { Some(record) } else { None })
        .collect();
    let (mut verify, mut least, mut both) = (Cost::default(), Cost::default(), Cost::default());
    let mut index = Cost::default();
    let mut hashed = 0;
    for _ in 0..TURNS {
        let report = verify.of(|| audit(at, scratch, &options(Mode::Read)).unwrap());
        assert!(report.ok());
        hashed = report.hashed as usize;
        least.of(|| asked_for(&records));
        index.of(|| index_walked(at, scratch));
        let bytes = vec![7_u8; hashed];
        both.of(|| both_hashes(&bytes));
    }
    println!("\n| what, on two cores | MiB/s | of both hashes | CPU seconds | of both hashes |");
    println!("|---|---|---|---|---|");
    let aim = (median(both.walls.clone()), both.cpu);
    for (what, cost) in [
        ("BLAKE3 and SHA-256 over as many bytes in one piece", both),
        ("what the format asks for at least", least),
        ("the index copied, opened and walked, alone", index),
        ("verify", verify),
    ] {
        let (wall, cpu) = (median(cost.walls), cost.cpu);
        println!(
            "| {what} | {:.0} | {:.3} | {:.3} | {:.3} |",
            hashed as f64 / wall / 1_048_576.0,
            aim.0 / wall,
            cpu / TURNS as f64,
            aim.1 / cpu,
        );
    }
}

fn folder_len(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().metadata().unwrap().len() as usize).sum()
}

/// Filings with the bytes they were read from, and events alone, that rest on bytes held before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    Bytes,
    Events,
}

/// What one kind of append took, run by run.
#[derive(Default)]
struct Times {
    acknowledged: Vec<Duration>,
    closed: Vec<Duration>,
    plain: Vec<Duration>,
    least: Vec<Duration>,
    /// CPU seconds of all runs: the plain file, the least, until closed.
    cpu: [f64; 3],
}

fn appending(entries: u64, batch: u64, with: With, times: &mut Times) {
    let dir = tempfile::tempdir().unwrap();
    let (at, journal) = (dir.path().join("ledger"), dir.path().join("ledger/journal"));
    let mut ledger = new_ledger(&at);
    let draft = |n| if with == With::Bytes { usual(n) } else { again(n, entries) };
    if with == With::Events {
        append(ledger, batches(entries, 1000, usual));
        ledger = open(&at, Mode::Write);
    }
    let before = folder_len(&journal);
    let given = batches(entries, batch, draft);
    let start = cpu();
    let [acknowledged, closing] = append(ledger, given);
    times.cpu[2] += cpu() - start;
    times.acknowledged.push(acknowledged);
    times.closed.push(acknowledged + closing);
    let (len, writes) = (folder_len(&journal) - before, entries.div_ceil(batch) as usize);
    let start = cpu();
    times.plain.push(plain(&dir.path().join("plain"), len, writes));
    times.cpu[0] += cpu() - start;
    let given = least::given(&batches(entries, batch, draft));
    let start = cpu();
    times.least.push(least::write(dir.path(), &given));
    times.cpu[1] += cpu() - start;
}

fn main() {
    let ledger = std::env::args().skip(1).find(|arg| Path::new(arg).join("FORMAT").exists());
    if let Some(ledger) = ledger {
        let scratch = tempfile::tempdir().unwrap();
        return verifying(Path::new(&ledger), scratch.path());
    }
    let entries = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(2000_u64);
    println!("{entries} filings, a quarter of them one a batch, medians of {RUNS} runs\n");
    println!(
        "| what | plain file + fdatasync, filings/s | what the format asks for | of the plain file \
         | acknowledged | of the plain file | and closed | of the plain file \
         | CPU us a filing: plain, least, closed |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (with, what) in [(With::Bytes, "filings with their bytes"), (With::Events, "events alone")]
    {
        for batch in [1, 100, 1000] {
            let entries = if batch == 1 { entries / 4 } else { entries };
            let mut times = Times::default();
            (0..RUNS).for_each(|_| appending(entries, batch, with, &mut times));
            let rate = |times| entries as f64 / median(times);
            let plain = rate(times.plain);
            let ours = [times.least, times.acknowledged, times.closed].map(rate);
            let cells = ours.map(|rate| format!("{rate:.0} | {:.3}", rate / plain));
            let each = times.cpu.map(|all| all * 1e6 / (entries * RUNS as u64) as f64);
            let each = each.map(|one| format!("{one:.1}")).join(", ");
            let cells = cells.join(" | ");
            println!("| {what}, {batch} a batch | {plain:.0} | {cells} | {each} |");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    append(new_ledger(&at), batches(entries, 1000, usual));
    reading(&at, entries);
    verifying(&at, dir.path());
}

fn reading(at: &Path, entries: u64) {
    let (mut opens, mut replays, mut hashes) = (vec![], vec![], vec![]);
    let mut payload = 0;
    for _ in 0..RUNS {
        let (time, ledger) = timed(|| open(at, Mode::Read));
        opens.push(time);
        let (time, bytes) = timed(|| {
            let entries = ledger.range(0..ledger.size()).unwrap().map(Result::unwrap);
            entries
                .map(|entry| {
                    let event = entry.open().unwrap();
                    std::hint::black_box(event);
                    entry.payload.len()
                })
                .sum::<usize>()
        });
        (payload, _) = (bytes, replays.push(time));
        drop(ledger);
        let bytes = vec![7_u8; payload];
        hashes.push(timed(|| std::hint::black_box(blake3::hash(&bytes))).0);
    }
    let mib = |bytes: usize, seconds: f64| bytes as f64 / seconds / 1_048_576.0;
    let (open, replay, hash) = (median(opens), median(replays), median(hashes));
    println!("\n| what | ms | entries/s | MiB/s | blake3 over the same bytes, MiB/s | ratio |");
    println!("|---|---|---|---|---|---|");
    println!("| open | {:.1} | | | | |", open * 1e3);
    let rate = |seconds: f64| entries as f64 / seconds;
    let (speed, best) = (mib(payload, replay), mib(payload, hash));
    println!(
        "| replay | {:.1} | {:.0} | {speed:.0} | {best:.0} | {:.3} |",
        replay * 1e3,
        rate(replay),
        speed / best
    );
}
