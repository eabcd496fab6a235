//! How long the as-of answer of an issuer takes inside a process that has the ledger open: through
//! the very functions `holders` calls, once everything is warm.
//!
//! `cargo bench --bench ask -- 10000 some/ledger`: each number makes a ledger of so many invented
//! filings, each path opens one. A program of its own rather than criterion or divan, for what counts
//! are the slowest of many different questions, not the mean of one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, clippy::panic)]
#![allow(clippy::float_arithmetic, unreachable_pub, dead_code)]

#[path = "corpus/made.rs"]
mod made;
#[path = "corpus/print.rs"]
mod print;
#[path = "corpus/questions.rs"]
mod questions;
#[path = "corpus/world.rs"]
mod world;

use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, Instant};

use blockholder::cli::ask::holdings;
use blockholder::cli::context::Context;
use blockholder::report::table::Style;
use blockholder::store::ledger::{Ledger, Mode, Options};
use blockholder::store::log::Log;

use questions::{Asked, drawn, quantiles};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Different questions a ledger is asked, all of them once before any is timed, and then this often.
const QUESTIONS: usize = 1000;
const ROUNDS: usize = 5;
/// Answers are told apart by how many holders they have.
const SIZES: [(&str, RangeInclusive<usize>); 4] = [
    ("any", 0..=usize::MAX),
    ("to 20", 0..=20),
    ("21 to 100", 21..=100),
    ("more", 101..=usize::MAX),
];
/// A ledger that answers slowly is asked fewer: each time for so long.
const LONG: Duration = Duration::from_secs(10);

fn main() {
    let ledgers: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let ledgers = if ledgers.is_empty() { vec!["10000".to_owned()] } else { ledgers };
    println!(
        "| ledger | entries | known | holders | questions | holders an answer | p50, us | p99, us | max, us | \
         best of {ROUNDS}: p50, us | p99, us | max, us |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let scratch = tempfile::tempdir().unwrap();
    for asked in ledgers {
        match asked.parse::<u64>() {
            Ok(filings) => {
                let at = scratch.path().join(&asked);
                made::ledger(&at, 1, filings);
                measure(&asked, &at);
            }
            Err(_) => measure(&asked, Path::new(&asked)),
        }
    }
}

fn measure(name: &str, at: &Path) {
    let ledger = Ledger::open(at, &Options::new(Mode::Read, made::NOW, "ask")).unwrap();
    for (known, historic) in [("now", false), ("then", true)] {
        let questions = drawn(&ledger, QUESTIONS, historic);
        let begun = Instant::now();
        let soon = |asked: &&Asked| (ask(&ledger, asked), begun.elapsed() < LONG).1;
        let warm = questions.iter().take_while(soon).count().max(1);
        let mut answers: Vec<(usize, Vec<Duration>)> = vec![(0, Vec::new()); warm];
        let begun = Instant::now();
        for (asked, answer) in (0..ROUNDS).flat_map(|_| questions[..warm].iter().zip(0..)) {
            if begun.elapsed() > LONG {
                break;
            }
            let (time, found) = ask(&ledger, asked);
            answers[answer].0 = found;
            answers[answer].1.push(time);
        }
        answers.retain(|(_, times)| !times.is_empty());
        for (words, sizes) in SIZES {
            let own: Vec<_> = answers.iter().filter(|(found, _)| sizes.contains(found)).collect();
            if own.is_empty() {
                continue;
            }
            let each = own.iter().map(|(found, _)| found).sum::<usize>() as f64 / own.len() as f64;
            let mut all: Vec<Duration> = own.iter().flat_map(|(_, times)| times.clone()).collect();
            // What waited for a core is in all, and hardly ever in the best.
            let mut best: Vec<Duration> =
                own.iter().map(|(_, times)| *times.iter().min().unwrap()).collect();
            let (size, many) = (ledger.size(), own.len());
            let figures = [quantiles(&mut all), quantiles(&mut best)].concat();
            let figures: Vec<String> = figures.iter().map(|one| format!("{one:.0}")).collect();
            let figures = figures.join(" | ");
            println!("| {name} | {size} | {known} | {words} | {many} | {each:.1} | {figures} |");
        }
    }
}

fn ask(ledger: &Ledger, asked: &Asked) -> (Duration, usize) {
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
    let cik = asked.cik.to_string();
    let start = Instant::now();
    let answer = holdings(ledger, &cik, asked.clocks(), &mut context).unwrap();
    let time = start.elapsed();
    let holders = answer.map_or(0, |found| found.classes.iter().map(|c| c.holders.len()).sum());
    (time, holders)
}
