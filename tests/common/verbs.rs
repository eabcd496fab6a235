//! Runs verbs over a store in memory, as the command line would.
//! Asserts nothing; what they should print is the tests' business.
#![allow(dead_code)]

use blockholder::cli::args::{Args, Command};
use blockholder::cli::context::Context;
use blockholder::cli::{
    classes, correct, decide, diff, group, history, holders, issuers, late, person, reread, seal,
};
use blockholder::report::table::Style;
use blockholder::store::log::Log;
use blockholder::terms::time::RecordedAt;
use clap::Parser;

/// The clock's time.
pub const NOW: RecordedAt = RecordedAt(1_800_000_000_000_000);

/// Runs a verb, and returns everything it prints; `_` is a space within a word, but in the name of
/// a field.
pub fn run(log: &mut dyn Log, line: &str) -> String {
    let mut before = "";
    let words = line.split_whitespace().map(|word| match std::mem::replace(&mut before, word) {
        "--field" => word.to_owned(),
        _ => word.replace('_', " "),
    });
    let words: Vec<String> = ["blockholder".to_owned()].into_iter().chain(words).collect();
    let args = Args::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut cx = Context {
        out: &mut out,
        err: &mut err,
        input: &mut std::io::empty(),
        clock: &|| NOW,
        randomness: 7,
        seed: &|| Ok([7; 32]),
        style: Style { width: 80, colour: false },
        json: args.global.json,
        watched: false,
        csv: args.global.csv.then_some(false),
    };
    let done = match &args.command {
        Command::Holders(args) => holders::holders(log, args, &mut cx),
        Command::History(args) => history::history(log, args, &mut cx),
        Command::Person(args) => person::person(log, args, &mut cx),
        Command::Links(args) => person::links(log, args, &mut cx),
        Command::Group(args) => group::group(log, args, &mut cx),
        Command::Chains(args) => group::chains(log, args, &mut cx),
        Command::Late(args) => late::late(log, args, &mut cx),
        Command::Diff(args) => diff::diff(log, args, &mut cx),
        Command::Correct(args) => correct::correct(log, args, &mut cx),
        Command::Uncorrect(args) => correct::uncorrect(log, args, &mut cx),
        Command::Withdraw(args) => decide::withdraw(log, args, &mut cx),
        Command::Link(args) => decide::link(log, args, true, &mut cx),
        Command::Unlink(args) => decide::link(log, args, false, &mut cx),
        Command::Join(args) => decide::join(log, args, &mut cx),
        Command::Unjoin(args) => decide::unjoin(log, args, &mut cx),
        Command::Split(args) => classes::split(log, args, &mut cx),
        Command::Rename(args) => classes::rename(log, args, &mut cx),
        Command::Outstanding(args) => classes::outstanding(log, args, &mut cx),
        Command::Skip(args) => decide::skip(log, args, &mut cx),
        Command::Reread(args) => reread::reread(log, args, &mut cx),
        Command::Issuers(args) => issuers::issuers(log, args, &mut cx),
        Command::Seal => seal::seal(log, &mut cx),
        other => panic!("not asked here: {other:?}"),
    };
    let end = match done {
        Ok(exit) => format!("status {}", exit.code()),
        Err(failure) => format!("status {}: {}", failure.exit.code(), failure.message),
    };
    let text = [out, err].concat();
    format!("{}{end}\n", String::from_utf8(text).unwrap())
}
