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
    let open = |asked: &String| {
        let own = scratch.path().join(asked);
        let at = match asked.parse::<u64>() {
            Ok(filings) => {
                made::ledger(&own, 1, filings);
                own.as_path()
            }
            Err(_) => Path::new(asked),
        };
        Ledger::open(at, &Options::new(Mode::Read, made::NOW, "ask")).unwrap()
    };
    let opened: Vec<Ledger> = ledgers.iter().map(open).collect();
    for (known, historic) in [("now", false), ("then", true)] {
        let measured = measure(&opened, historic);
        for ((name, ledger), answers) in ledgers.iter().zip(&opened).zip(&measured) {
            print(name, ledger.size(), known, answers);
        }
        ratio(&measured);
    }
}

/// A question's answer: how many holders it has, and what it took each time.
type Answer = (usize, Vec<Duration>);

/// Asks all ledgers in turns, a question each, so that what the machine does besides meets all alike.
fn measure(ledgers: &[Ledger], historic: bool) -> Vec<Vec<Answer>> {
    let questions: Vec<Vec<Asked>> =
        ledgers.iter().map(|ledger| drawn(ledger, QUESTIONS, historic)).collect();
    let begun = Instant::now();
    let mut warm = 0;
    while warm < QUESTIONS && (warm == 0 || begun.elapsed() < LONG) {
        for (ledger, questions) in ledgers.iter().zip(&questions) {
            ask(ledger, &questions[warm]);
        }
        warm += 1;
    }
    let mut answers: Vec<Vec<Answer>> = vec![vec![(0, Vec::new()); warm]; ledgers.len()];
    let begun = Instant::now();
    for at in (0..ROUNDS).flat_map(|_| 0..warm) {
        if begun.elapsed() > LONG {
            break;
        }
        for ((ledger, questions), answers) in ledgers.iter().zip(&questions).zip(&mut answers) {
            let (time, found) = ask(ledger, &questions[at]);
            answers[at].0 = found;
            answers[at].1.push(time);
        }
    }
    answers.iter_mut().for_each(|own| own.retain(|(_, times)| !times.is_empty()));
    answers
}

fn print(name: &str, size: u64, known: &str, answers: &[Answer]) {
    for (words, sizes) in SIZES {
        let own: Vec<_> = answers.iter().filter(|(found, _)| sizes.contains(found)).collect();
        if own.is_empty() {
            continue;
        }
        let each = own.iter().map(|(found, _)| found).sum::<usize>() as f64 / own.len() as f64;
        let mut all: Vec<Duration> = own.iter().flat_map(|(_, times)| times.clone()).collect();
        let mut best = best_of(own.iter().copied());
        let figures = [quantiles(&mut all), quantiles(&mut best)].concat();
        let figures: Vec<String> = figures.iter().map(|one| format!("{one:.0}")).collect();
        let (figures, many) = (figures.join(" | "), own.len());
        println!("| {name} | {size} | {known} | {words} | {many} | {each:.1} | {figures} |");
    }
}

/// What waited for a core is in all times, and hardly ever in the best of each question.
fn best_of<'a>(answers: impl Iterator<Item = &'a Answer>) -> Vec<Duration> {
    answers.map(|(_, times)| *times.iter().min().unwrap()).collect()
}

/// The last ledger beside the first: the 99th of 100 questions, and time a holder.
fn ratio(measured: &[Vec<Answer>]) {
    let [first, .., last] = measured else { return };
    let p99 = |answers: &[Answer]| quantiles(&mut best_of(answers.iter()))[1];
    let holder = |answers: &[Answer]| {
        let holders: usize = answers.iter().map(|(found, _)| found).sum();
        best_of(answers.iter()).iter().sum::<Duration>().as_secs_f64() / holders as f64
    };
    let (p99, holder) = (p99(last) / p99(first), holder(last) / holder(first));
    println!("the last beside the first: p99 {p99:.2}, time a holder {holder:.2}");
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
