//! Runs commands in this process, as the program does with the same words.
//! Asserts nothing; what they should print is the tests' business.
#![allow(dead_code)]

use blockholder::cli::args::Args;
use blockholder::cli::context::Context;
use blockholder::cli::outcome::{Exit, Failure};
use blockholder::cli::run;
use blockholder::report::table::Style;
use blockholder::terms::time::RecordedAt;
use clap::Parser;

use crate::common::NOW;

/// A time that is always the same.
pub fn now() -> RecordedAt {
    NOW
}

/// What these words ask for, the program's own name being before them.
pub fn asked(words: &[&str]) -> Args {
    let all = std::iter::once("blockholder").chain(words.iter().copied());
    Args::try_parse_from(all).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// Does something as a command does it, to print JSON or CSV or neither, and returns what that
/// printed as its answer, too.
pub fn within<T>(
    (json, csv): (bool, bool),
    clock: &dyn Fn() -> RecordedAt,
    what: impl FnOnce(&mut Context) -> T,
) -> (T, String) {
    let mut out = Vec::new();
    let done = what(&mut Context {
        out: &mut out,
        err: &mut Vec::new(),
        input: &mut std::io::empty(),
        clock,
        randomness: 7,
        seed: &|| Ok([7; 32]),
        style: Style { width: 80, colour: false },
        json,
        watched: false,
        csv: csv.then_some(false),
    });
    (done, String::from_utf8(out).unwrap())
}

/// Runs a whole command, and returns what it printed, too.
pub fn whole(words: &[&str], clock: &dyn Fn() -> RecordedAt) -> (Result<Exit, Failure>, String) {
    let args = asked(words);
    let as_asked = (args.global.json, args.global.csv);
    within(as_asked, clock, |cx| run::run(&args, "blockholder", cx))
}

/// The exit status of a whole command, and what it says.
pub fn command(words: &[&str], clock: &dyn Fn() -> RecordedAt) -> (u8, String) {
    match whole(words, clock) {
        (Ok(exit), printed) => (exit.code(), printed),
        (Err(failure), _) => (failure.exit.code(), failure.message),
    }
}
