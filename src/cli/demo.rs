//! `demo`: makes a ledger from the example filings and asks it things, each command printed first.
//! Uses the very commands a reader would type; it has no way of its own to do anything.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;

use crate::cli::args::{Args, DemoArgs, LEDGER};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::run::run;
use crate::report::json::VERSION;
use crate::report::plain::safe;

/// The example filings, carried along so that the demonstration runs anywhere.
const FILINGS: [(&str, &[u8]); 3] = [
    ("wynnefield-13d-2007.txt", include_bytes!("../../examples/wynnefield-13d-2007.txt")),
    ("wynnefield-13da-1-2008.txt", include_bytes!("../../examples/wynnefield-13da-1-2008.txt")),
    ("wynnefield-13da-2-2008.txt", include_bytes!("../../examples/wynnefield-13da-2-2008.txt")),
];

/// What is shown, in order: words, then the command's arguments.
const STEPS: [(&str, &[&str]); 8] = [
    ("A new ledger, and three filings appended: an original and two amendments.", &["init"]),
    ("", &["append", "{filings}"]),
    (
        "Who held what on 25 September 2008? A value marked ^ stands as last stated.",
        &["holders", "53634X100", "--as-of", "2008-09-25"],
    ),
    (
        "And a month later, after the second amendment?",
        &["holders", "liquidmetal", "--as-of", "2008-10-25"],
    ),
    (
        "What changed for one of them, who said so, and in which entry of the ledger?",
        &["history", "liquidmetal", "--holder", "Nelson Obus"],
    ),
    (
        "What do they hold together? A total is an interval, with the rule that narrowed it.",
        &["group", "liquidmetal", "--as-of", "2008-10-25"],
    ),
    (
        "Where does the filing say so? The characters themselves, and what is wrong about them.",
        &[
            "cite",
            "0009999999-08-000002",
            "--holder",
            "Nelson Obus",
            "--field",
            "aggregate",
            "--field",
            "via",
        ],
    ),
    ("Is everything that is stored still what was recorded?", &["verify"]),
];

/// The demonstration makes a ledger of its own.
fn refuse_ledger(given: &Path) -> Result<(), Failure> {
    if given == Path::new(LEDGER) {
        return Ok(());
    }
    let given = safe(&given.display().to_string());
    let words = format!("expected no ledger for the demonstration, which makes one, got {given}");
    Err(Failure::new(Exit::Trouble, words)
        .hint("leave out --ledger (and BLOCKHOLDER_LEDGER), and name the folder with --dir"))
}

/// Runs the demonstration. The answer is no as soon as one of its commands says so.
pub fn demo(
    given: &Path,
    args: &DemoArgs,
    program: &str,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    refuse_ledger(given)?;
    let folder = args.dir.clone().map_or_else(fresh_folder, Ok)?;
    let filings = folder.join("filings");
    write_filings(&filings)?;
    let ledger = folder.join("ledger");
    for (words, command) in STEPS {
        if !words.is_empty() && !cx.json {
            cx.line(format!("\n# {words}"))?;
        }
        let filings = filings.display().to_string();
        let command = command.iter().map(|arg| arg.replace("{filings}", &filings));
        let command: Vec<String> = ["--ledger".to_owned(), ledger.display().to_string()]
            .into_iter()
            .chain(command)
            .collect();
        match cx.json {
            true => cx.object(&json!({ "v": VERSION, "words": words, "command": command }))?,
            false => cx.line(format!("$ {program} {}", quoted(&command)))?,
        }
        let exit = step(program, &command, cx)?;
        if exit != Exit::Yes {
            return Ok(exit);
        }
    }
    let ledger = ledger.display().to_string();
    if cx.json {
        cx.object(&json!({ "v": VERSION, "ledger": ledger }))?;
        return Ok(Exit::Yes);
    }
    cx.line(format!("\n# The ledger is in {ledger}. `{program} help` lists the commands."))?;
    Ok(Exit::Yes)
}

fn step(program: &str, command: &[String], cx: &mut Context) -> Result<Exit, Failure> {
    let words = std::iter::once(program).chain(command.iter().map(String::as_str));
    let args = Args::try_parse_from(words)
        .map_err(|error| Failure::new(Exit::Trouble, error.to_string()))?;
    run(&args, program, cx)
}

/// `blockholder-demo` here, or the first of its numbered names that is free.
fn fresh_folder() -> Result<PathBuf, Failure> {
    let numbered = (2..1000).map(|number| format!("blockholder-demo-{number}"));
    let mut names = std::iter::once("blockholder-demo".to_owned()).chain(numbered);
    names.find(|name| !Path::new(name).exists()).map(PathBuf::from).ok_or_else(|| {
        let words = "expected a free name for the folder, got blockholder-demo-999 taken too";
        Failure::new(Exit::Trouble, words).hint("remove some, or name one with --dir")
    })
}

fn write_filings(folder: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(Exit::Trouble, format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, bytes) in FILINGS {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// The arguments as one would type them.
fn quoted(command: &[String]) -> String {
    let quote = |arg: &String| match arg.contains(' ') {
        true => format!("'{arg}'"),
        false => arg.clone(),
    };
    command.iter().map(quote).collect::<Vec<_>>().join(" ")
}
