//! What `tests/independent/answers.py` answers about ledgers by chance must be what this program
//! answers. Knows nothing of how either comes to its answer.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod common;
#[path = "common/python.rs"]
mod python;
#[path = "common/chance.rs"]
mod chance;
#[path = "common/exports.rs"]
mod exports;
#[path = "common/whole.rs"]
mod whole;

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use blockholder::store::ledger::Mode;
use common::*;
use exports::Held;
use serde_json::Value;
use whole::{now, whole};

/// How many filings each ledger has, and what is asked about it.
const FILINGS: usize = 40;
const QUESTIONS: usize = 60;

/// The second answers to a file of questions; `None`, said aloud, on a machine without Python.
fn answers(export: &Path, questions: &Path) -> Option<String> {
    let questions = fs::File::open(questions).unwrap();
    let output = python::second("answers.py", |python| python.arg(export).stdin(questions))?;
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The words of a question.
fn words(question: &Value, ledger: &Path) -> Vec<String> {
    let text = |key: &str| match &question[key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut words = vec![text("ask"), text("issuer"), "--json".to_owned()];
    for (flag, key) in [("--as-of", "as_of"), ("--known-at", "known_at"), ("--at", "at")] {
        words.extend([flag.to_owned(), text(key)]);
    }
    words.extend(["--ledger".to_owned(), ledger.to_string_lossy().into_owned()]);
    words
}

/// Where an answer says otherwise than the one from the spec, in what that one says.
fn differences(place: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, theirs) in theirs {
                let ours = ours.get(key).unwrap_or(&Value::Null);
                differences(&format!("{place}.{key}"), ours, theirs, found);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                differences(&format!("{place}.{at}"), ours, theirs, found);
            }
        }
        _ if ours == theirs => (),
        _ => found.push(format!("{place}: here {ours}, there {theirs}")),
    }
}

/// What this program answers, a line an object; or why it does not: nobody is meant, or several.
fn own_answer(words: &[String]) -> Value {
    let (done, printed) = whole(&words.iter().map(String::as_str).collect::<Vec<_>>(), &now);
    match done {
        Ok(_) if printed.contains("\"candidate\":") => Value::String("several issuers".to_owned()),
        Ok(_) => printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect(),
        Err(failure) => Value::String(failure.message),
    }
}

/// Asks both the same about the ledgers of these seeds.
fn answer_alike(seeds: RangeInclusive<u64>) {
    let (mut compared, mut refused, mut differ) = (0, 0, Vec::new());
    for seed in seeds {
        let dir = tempfile::tempdir().unwrap();
        let (at, export) = (dir.path().join("ledger"), dir.path().join("export"));
        let written = chance::write(&at, seed, FILINGS);
        Held::of(&open(&at, Mode::Read)).write_to(&export);
        let asked = written.questions(seed, QUESTIONS);
        let file = dir.path().join("questions");
        let lines: String = asked.iter().map(|one| one.to_string() + "\n").collect();
        fs::write(&file, lines).unwrap();
        let Some(said) = answers(&export, &file) else { return };
        assert_eq!(said.lines().count(), asked.len());
        for (question, theirs) in asked.iter().zip(said.lines()) {
            let theirs: Value = serde_json::from_str(theirs).unwrap();
            let ours = own_answer(&words(question, &at));
            let mut found = Vec::new();
            if theirs.is_string() && ours.is_string() {
                refused += 1;
            } else {
                differences("", &ours, &theirs, &mut found);
                compared += 1;
            }
            if !found.is_empty() {
                differ.push(format!("seed {seed} {question}\n  {}", found.join("\n  ")));
            }
        }
    }
    println!("{compared} answers compared, {refused} refused by both, {} differ", differ.len());
    assert!(differ.is_empty(), "{} of {compared} differ\n{}", differ.len(), differ.join("\n"));
    assert!(compared > refused, "{compared} answers compared, {refused} refused");
}

#[test]
fn who_holds_what_is_answered_alike() {
    answer_alike(1..=12);
}

#[test]
#[ignore = "takes minutes: BLOCKHOLDER_SEEDS=1-200"]
fn who_holds_what_is_answered_alike_about_many() {
    let seeds = std::env::var("BLOCKHOLDER_SEEDS").unwrap_or("1-100".to_owned());
    let (first, last) = seeds.split_once('-').unwrap();
    answer_alike(first.parse().unwrap()..=last.parse().unwrap());
}
