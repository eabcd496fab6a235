//! Who is meant by a part of a name, and an answer that nobody reads to its end: nothing is left out
//! without a word, and no status says yes of what was not answered.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

#[path = "common/verbs.rs"]
mod verbs;

use std::process::{Command, Stdio};

use blockholder::store::log::{Log, Memory};
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::Holder;
use blockholder::terms::time::Instant;
use common::*;

/// A ledger in memory whose filings, a hundred holders each, are by holders of all these names.
fn ledger_of(names: &[String]) -> Memory {
    let mut log = Memory::init(ORIGIN, NOW).unwrap();
    for (n, names) in (1..).zip(names.chunks(100)) {
        let holder = |name: &String| Holder {
            name: Field::stated(name.clone(), Span::new(0, 10)),
            aggregate: Field::stated("5".parse().unwrap(), Span::new(20, 24)),
            ..Holder::default()
        };
        let mut one = filing(n);
        one.reading.holders = names.iter().map(holder).collect();
        one.reading.issuer.cik = Field::stated((100 + n).try_into().unwrap(), Span::new(1, 2));
        one.reading.accepted_at =
            Field::stated(Instant::from_unix_seconds(1_300_000_000).unwrap(), Span::new(1, 2));
        log.append(NOW, vec![draft_of(one, received(n))]).unwrap();
    }
    log
}

#[test]
fn everybody_whose_name_has_the_part_is_answered_for_or_nobody() {
    let names = |many: usize| -> Vec<String> {
        (0..many).map(|n| format!("Quay {n:04} Capital LP")).collect()
    };
    for (many, named) in [(25, 25), (1_000, 1_000), (1_001, 0)] {
        let mut log = ledger_of(&names(many));
        let said = verbs::run(&mut log, "person capital --json");
        let answers = said.lines().filter(|line| line.starts_with('{')).count();
        assert_eq!(answers, named, "{many}: {}", said.lines().last().unwrap());
        let history = verbs::run(&mut log, "history capital --field aggregate --json");
        assert_eq!(history.matches("\"reported\"").count(), named, "{many}");
        let refused = "part of at most 1000 holders' names";
        assert_eq!((said.contains(refused), history.contains(refused)), (named == 0, named == 0));
        // Whoever has the name itself is meant, however many have it in theirs.
        let one = verbs::run(&mut log, "person Quay_0007_Capital_LP --json");
        assert!(one.contains("\"aggregate\""), "{one}");
    }
}

/// Nobody reads what is printed: what the answer would have been is not known.
#[test]
fn an_answer_that_nobody_reads_is_no_yes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("ledger");
    let run = |args: &[&str], unread: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blockholder"));
        command.arg("--ledger").arg(&at).args(args).stderr(Stdio::null()).stdout(Stdio::null());
        if unread {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer);
        }
        command.status().unwrap().code()
    };
    assert_eq!(run(&["init"], false), Some(0));
    for (args, status) in [
        (&["log"][..], 0),
        (&["verify"], 0),
        (&["verify", "--json"], 0),
        (&["holders", "--all-issuers"], 1),
        (&["append", "Cargo.toml"], 2),
    ] {
        assert_eq!((run(args, false), run(args, true)), (Some(status), Some(141)), "{args:?}");
    }
}
