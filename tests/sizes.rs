//! An answer given at a size of the ledger is given again, byte for byte, after much more happened.
//! Runs the command line over a store in memory: what is compared is what a user would see.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/verbs.rs"]
mod verbs;

use std::collections::BTreeSet;

use blockholder::ledger::admit::{Decision, Known, admit};
use blockholder::ledger::event::{
    Because, Event, FilingDecided, FilingRecorded, FilingRef, KeyRotated, Supplied,
};
use blockholder::ledger::event_kind::EventKind;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::reading::read::read;
use blockholder::store::log::{Draft, Log, Memory};
use blockholder::terms::id::ContentId;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{Form, Holder, Issuer, Item, Reading};
use blockholder::terms::time::{Day, Instant};

use verbs::{NOW, run};

/// The filing of a number: two issuers, a handful of holders, chains and switches, items that are
/// reworded.
fn append(log: &mut Memory, n: u64) {
    append_with(log, n, "says", 1 + n % 3);
}

/// Other bytes under an accession number that is recorded.
fn conflict(log: &mut Memory, n: u64) {
    append_with(log, n, "says otherwise:", 1);
}

/// A filing of so many holders that it does not fit into one entry.
fn append_large(log: &mut Memory, n: u64) {
    append_with(log, n, "says", 1500);
}

fn append_with(log: &mut Memory, n: u64, says: &str, holders: u64) {
    let words = format!("<SEC-DOCUMENT> filing {n} item 4 {says} purpose {}", n / 3);
    let received = words.into_bytes();
    let span = Span::new(0, 5);
    let stated = |text: String| Field::stated(text, span);
    let day = Day::try_from(14_000 + 20 * n as i32).unwrap();
    let forms = [Form::Sc13G, Form::Sc13GA, Form::Sc13D, Form::Sc13DA];
    let holder = |at: u64| Holder {
        name: match at {
            0..3 => stated(format!("Holder {} LP", (n + at) % 5)),
            at => stated(format!("One of very many holders, number {at}")),
        },
        cik: match if at < 3 { (n + at) % 3 } else { 1 } {
            0 => Field::stated((900 + (n + at) % 5).try_into().unwrap(), span),
            _ => Field::Absent,
        },
        aggregate: Field::stated((1000 + n * 7 + at).to_string().parse().unwrap(), span),
        percent: Field::stated(((n + at) % 9 + 1).to_string().parse().unwrap(), span),
        ..Holder::default()
    };
    let reading = Reading {
        form: Field::stated(forms[(n % 4) as usize], span),
        event_date: Field::stated(day, span),
        accepted_at: Field::stated(
            Instant::from_unix_seconds(day.end_eastern().unix_seconds() + 86_400).unwrap(),
            span,
        ),
        accession: Field::stated(format!("0001193125-12-{n:06}").parse().unwrap(), span),
        issuer: Issuer {
            name: stated(format!("Issuer {}", n % 2)),
            cik: Field::stated((70 + n % 2).try_into().unwrap(), span),
        },
        cusips: vec![Field::stated(
            ["88160R101", "98978N101"][(n % 2) as usize].parse().unwrap(),
            span,
        )],
        class_title: stated("Common Stock".into()),
        holders: (0..holders).map(holder).collect(),
        items: vec![Item {
            number: 4,
            heading: Field::Absent,
            span: Span::new(0, received.len() as u64),
            sub: Vec::new(),
        }],
        ..Reading::default()
    };
    let filing = FilingRecorded {
        content: ContentId(blake3::hash(&received).into()),
        content_len: received.len() as u64,
        source: format!("{n}.txt"),
        reader: 0,
        supplied: Supplied::default(),
        continued: 0,
        reading,
    };
    let recorded = log.by_accession(filing.accession().unwrap()).unwrap();
    let content = |entry: u64| (entry, log.event(entry).unwrap().content().unwrap());
    let known = Known { by_accession: recorded.map(content), ..Known::default() };
    let events = match admit(filing, &known).unwrap() {
        Decision::Created(events) | Decision::Conflict { events, .. } => events,
        Decision::Exists { .. } => panic!("the same bytes again"),
    };
    log.append(NOW, vec![Draft { events, received: Some(received) }]).unwrap();
}

const WHY: &str = "--reason because --who us";

/// The entry of the last correction there is.
fn last_correction(log: &Memory) -> u64 {
    let is_one = |entry: &u64| matches!(log.event(*entry).unwrap(), Event::FilingCorrected(_));
    (0..log.size()).rev().find(is_one).unwrap()
}

/// A decision of each kind in turn, about what is there.
fn decide_something(log: &mut Memory, n: u64) {
    let filing = format!("0001193125-12-{:06}", n % 20);
    let other = format!("0001193125-12-{:06}", (n + 4) % 20);
    let class = ["88160R101", "98978N101"][(n % 2) as usize];
    let since = format!("--since 20{:02}-01-01 --source 10-K --who us", 8 + n % 10);
    let line = match n % 14 {
        0 => format!("correct {filing} --holder 0 --field aggregate --to {} {WHY}", n * 3),
        1 => format!("correct {filing} --field event_date --to 20{:02}-05-05 {WHY}", 8 + n % 9),
        2 => format!("withdraw {filing} {WHY}"),
        // What is reinstated has to be what was withdrawn.
        3 => format!("withdraw 0001193125-12-{:06} --undo {WHY}", (n - 1) % 20),
        4 => format!("link 90{} 90{} {WHY}", n % 5, (n + 2) % 5),
        5 => format!("unlink 90{} 90{} {WHY}", n % 5, (n + 2) % 5),
        6 => format!("join {filing} {other} {WHY}"),
        7 => format!("unjoin {filing} {WHY}"),
        8 => format!("split {class} --ratio {}:1 {since}", 2 + n % 3),
        9 => format!("outstanding {class} --shares {} {since}", 10_000 + n),
        10 => format!("skip 0001193125-99-{n:06} {WHY}"),
        11 => format!("rename {class} --title Shares_{n} {since}"),
        12 => format!("uncorrect {} {WHY}", last_correction(log)),
        _ => format!("rename {class} --cusip 037833100 {since}"),
    };
    run(log, &line);
}

/// What takes a ledger's own files elsewhere: here the events alone.
fn redact_and_rotate(log: &mut Memory) {
    let entry = log.by_accession("0001193125-12-000003".parse().unwrap()).unwrap().unwrap();
    let content = log.event(entry).unwrap().content().unwrap();
    let because = Because { reason: "because".into(), who: "us".into() };
    let filing = FilingRef { entry, content };
    let keys = [3, 4].map(|seed| SigningKey::from_seed("example/sizes", KeyKind::Log, &[seed; 32]));
    let [old, new] = keys.map(|key| key.unwrap().public().to_string());
    for event in [
        Event::ContentRedacted(FilingDecided { filing, because: because.clone() }),
        Event::KeyRotated(KeyRotated { old, new, because }),
    ] {
        log.append(NOW, vec![Draft { events: vec![event], received: None }]).unwrap();
    }
}

#[test]
fn an_answer_at_a_size_is_the_same_after_a_thousand_more_events_of_every_kind() {
    let mut log = Memory::init("example/sizes", NOW).unwrap();
    for n in 0..20 {
        append(&mut log, n);
        decide_something(&mut log, n);
        decide_something(&mut log, n + 7);
    }
    let size = log.size();
    let clocks = [
        format!("--at {size} --as-of 2026-01-01 --known-at 2026-01-01"),
        format!("--at {} --as-of 2009-06-01 --known-at 2009-09-01", size / 2),
    ];
    let mut questions = Vec::new();
    let shapes = ["", " --json", " --csv"];
    for (clocks, json) in clocks.iter().flat_map(|clocks| shapes.map(|shape| (clocks, shape))) {
        for verb in ["holders 70", "holders 71 --adjust", "history 70", "group 71", "chains 70"] {
            questions.push(format!("{verb} {clocks}{json}"));
        }
        for verb in ["late 70 --all", "links 71", "person 903", "person Holder_1", "holders Issuer"]
        {
            questions.push(format!("{verb} {clocks}{json}"));
        }
        for verb in ["holders", "history", "late", "chains", "group", "links"] {
            questions.push(format!("{verb} --all-issuers {clocks}{json}"));
        }
        questions.push(format!("history 0001193125-12-000004 {clocks}{json}"));
        questions.push(format!("diff 2008-06-01 2009-01-01 --issuer 70 {clocks}{json}"));
        questions.push(format!("diff 0001193125-12-000000 0001193125-12-000004 {clocks}{json}"));
    }
    questions.push(format!(
        "diff {} {size} --issuer 71 --as-of 2026-01-01 --known-at 2026-01-01",
        size / 2
    ));
    let before: Vec<String> = questions.iter().map(|line| run(&mut log, line)).collect();
    for n in 20..400 {
        append(&mut log, n);
        decide_something(&mut log, n * 5);
        decide_something(&mut log, n * 7 + 3);
    }
    append_large(&mut log, 401);
    append_large(&mut log, 402);
    conflict(&mut log, 0);
    conflict(&mut log, 5);
    run(&mut log, "reread");
    run(&mut log, "seal");
    redact_and_rotate(&mut log);
    // Also what the answers at that size rest on.
    let of_classes = (1..log.size()).filter(|entry| log.event(*entry).unwrap().class().is_some());
    for entry in of_classes.collect::<Vec<u64>>() {
        let said = run(&mut log, &format!("uncorrect {entry} --reason because --who us"));
        assert!(said.contains("ClassRetracted"), "{said}");
    }
    assert!(log.size() > size + 1000, "{} to {}", size, log.size());
    // Of every kind that there is, but the first of all.
    let since: BTreeSet<u16> =
        (size..log.size()).map(|entry| log.event(entry).unwrap().kind().number()).collect();
    let all = EventKind::ALL.into_iter().filter(|kind| *kind != EventKind::LedgerOpened);
    assert_eq!(since, all.map(EventKind::number).collect());
    for (line, before) in questions.iter().zip(before) {
        // Where no two holders look like one, there is only the sheet's header.
        let least = if line.starts_with("links") && line.ends_with("--csv") { 40 } else { 60 };
        assert!(before.len() > least, "{line}: {before}");
        assert_eq!(run(&mut log, line), before, "{line}");
    }
}

/// Every kind of event was among them, and a rereading appends nothing the second time.
#[test]
fn a_rereading_appends_only_what_came_out_differently() {
    let mut log = Memory::init("example/sizes", NOW).unwrap();
    append(&mut log, 0);
    let said = run(&mut log, "reread");
    assert!(said.contains("1 read differently"), "{said}");
    let size = log.size();
    let again = run(&mut log, "reread");
    assert!(again.contains("0 read differently"), "{again}");
    assert_eq!(log.size(), size);
    // What the bytes really say: nothing. The event keeps the whole reading.
    assert_eq!(read(&log.blob(log.event(1).unwrap().content().unwrap()).unwrap()).holders, vec![]);
    let before = run(&mut log, "holders 70 --at 2 --as-of 2026-01-01 --known-at 2026-01-01");
    assert!(before.contains("1,000"), "{before}");
}
