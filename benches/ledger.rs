//! Append, replay and verify, each beside what the machine can do at best in the same run.
//!
//! A program of its own rather than criterion or divan: what counts here are ratios between two
//! kinds of work that wait for the same disk, so both have to alternate within one run, and one
//! sample is a whole ledger. `cargo bench --bench ledger -- [entries]`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(clippy::float_arithmetic)]

#[path = "../tests/common/mod.rs"]
mod common;

#[path = "ledger/least.rs"]
mod least;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use blockholder::ledger::event::Event;
use blockholder::store::audit::audit;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Draft, Log};
use common::*;

/// As the program has it: what an allocation takes is part of what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 5;

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let value = work();
    (start.elapsed(), value)
}

/// CPU seconds of this process so far, on all cores; 0 where no file says so. The wall clock of a
/// busy machine is the others' too.
fn cpu() -> f64 {
    let said = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = said.split_whitespace().skip(13).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
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

/// The least that an audit must do: blake3 and SHA-256 over all bytes, on two cores.
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
    reading(&at, dir.path(), entries);
}

fn reading(at: &Path, scratch: &Path, entries: u64) {
    let (mut opens, mut replays, mut audits, mut hashes) = (vec![], vec![], vec![], vec![]);
    let (mut payload, mut hashed, mut both) = (0, 0, vec![]);
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
        let (time, report) = timed(|| audit(at, scratch, &options(Mode::Read)).unwrap());
        assert!(report.ok());
        audits.push(time);
        hashed = report.hashed as usize;
        let bytes = vec![7_u8; hashed];
        hashes.push(timed(|| std::hint::black_box(blake3::hash(&bytes))).0);
        both.push(timed(|| both_hashes(&bytes)).0);
    }
    let mib = |bytes: usize, seconds: f64| bytes as f64 / seconds / 1_048_576.0;
    let (open, replay, audit) = (median(opens), median(replays), median(audits));
    let hash = median(hashes);
    println!("\n| what | ms | entries/s | MiB/s | blake3 over the same bytes, MiB/s | ratio |");
    println!("|---|---|---|---|---|---|");
    println!("| open | {:.1} | | | | |", open * 1e3);
    let rate = |seconds: f64| entries as f64 / seconds;
    let (speed, best) = (mib(payload, replay), mib(hashed, hash));
    println!(
        "| replay | {:.1} | {:.0} | {speed:.0} | {best:.0} | {:.3} |",
        replay * 1e3,
        rate(replay),
        speed / best
    );
    let speed = mib(hashed, audit);
    println!(
        "| verify | {:.1} | {:.0} | {speed:.0} | {best:.0} | {:.3} |",
        audit * 1e3,
        rate(audit),
        speed / best
    );
    let least = mib(hashed, median(both));
    println!(
        "\nverify beside blake3 and SHA-256 over the same bytes on two cores: {speed:.0} MiB/s \
         beside {least:.0}, {:.3}",
        speed / least
    );
}
