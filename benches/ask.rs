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
use std::path::Path;
use std::time::{Duration, Instant};

use blockholder::cli::ask::holdings;
use blockholder::cli::context::Context;
use blockholder::report::table::Style;
use blockholder::store::ledger::{Ledger, Mode, Options};
use blockholder::store::log::Log;

use questions::{Asked, drawn, quantiles};

/// Different questions a ledger is asked, all of them once before any is timed, and then this often.
const QUESTIONS: usize = 1000;
const ROUNDS: usize = 3;
/// A ledger that answers slowly is asked fewer: each time for so long.
const LONG: Duration = Duration::from_secs(10);

fn main() {
    let ledgers: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let ledgers = if ledgers.is_empty() { vec!["10000".to_owned()] } else { ledgers };
    println!(
        "| ledger | entries | known | asked | holders an answer | p50, us | p99, us | max, us |"
    );
    println!("|---|---|---|---|---|---|---|---|");
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
        let (mut holders, mut times) = (0, Vec::with_capacity(QUESTIONS * ROUNDS));
        let begun = Instant::now();
        for asked in questions[..warm].iter().cycle().take(warm * ROUNDS) {
            if begun.elapsed() > LONG {
                break;
            }
            let (time, found) = ask(&ledger, asked);
            times.push(time);
            holders += found;
        }
        let each = holders as f64 / times.len() as f64;
        let [half, most, all] = quantiles(&mut times);
        let (size, many) = (ledger.size(), times.len());
        println!(
            "| {name} | {size} | {known} | {many} | {each:.1} | {half:.0} | {most:.0} | {all:.0} |"
        );
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
