//! Persons that are alike, across issuers and between two answers (spec, section 17.5).
//! Knows nothing of how one issuer's filings are folded; `timelines` has that.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

#[path = "common/verbs.rs"]
mod verbs;

use blockholder::ledger::event::FilingRecorded;
use blockholder::store::log::Memory;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{Form, Holder, Item};
use serde_json::Value;

use common::{accession, filing, ledger};
use verbs::run;

/// A filing of a number about an issuer: holders with their CIK, or none, and shares.
fn of(n: u64, issuer: u64, day: &str, holders: &[(&str, Option<u64>, u64)]) -> FilingRecorded {
    let span = Span::new(1, 2);
    let mut filing = filing(n);
    let reading = &mut filing.reading;
    reading.issuer.cik = Field::stated(issuer.try_into().unwrap(), span);
    reading.issuer.name = Field::stated(format!("Issuer {issuer}"), span);
    reading.cusips = Vec::new();
    reading.event_date = Field::stated(day.parse().unwrap(), span);
    reading.accepted_at = Field::stated(format!("{day}T20:00:00Z").parse().unwrap(), span);
    let holder = |(name, cik, shares): &(&str, Option<u64>, u64)| Holder {
        name: Field::stated((*name).to_owned(), span),
        cik: cik.map_or(Field::Absent, |cik| Field::stated(cik.try_into().unwrap(), span)),
        aggregate: Field::stated(shares.to_string().parse().unwrap(), span),
        ..Holder::default()
    };
    reading.holders = holders.iter().map(holder).collect();
    filing
}

fn objects(said: &str) -> Vec<Value> {
    let lines = said.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whoever is linked by a name reports under that name wherever it is printed.
#[test]
fn a_name_that_a_decision_makes_one_with_a_number_is_looked_for_under_every_issuer() {
    let old = of(1, 71, "2012-12-31", &[("Old Fund LP", None, 10)]);
    let new = of(2, 72, "2013-12-31", &[("New Fund LP", Some(5), 20)]);
    let mut log = ledger(vec![old, new]);
    let held = |log: &mut Memory, who: &str| {
        let said = run(log, &format!("person {who} --json --as-of 2020-01-01"));
        let all: Vec<Value> = objects(&said);
        all.iter().map(|one| one["holdings"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!((held(&mut log, "5"), held(&mut log, "Old_Fund_LP")), (vec![1], vec![1]));
    run(&mut log, "link 5 Old_Fund_LP --reason r --who w");
    assert_eq!((held(&mut log, "5"), held(&mut log, "Old_Fund_LP")), (vec![2], vec![2]));
}

/// Rows that differ, as `diff --json` has them: the field, from and to.
fn differences(log: &mut Memory, line: &str) -> Vec<[String; 3]> {
    let said = objects(&run(log, &format!("diff {line} --json")));
    let rows = said[0]["rows"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    rows.map(|row| [text(&row["field"]), text(&row["from"]), text(&row["to"])]).collect()
}

#[test]
fn two_of_one_name_are_compared_each_with_itself() {
    let two = |first, second| [("Fund LP", None, first), ("Fund LP", None, second)];
    let mut log =
        ledger(vec![of(1, 71, "2012-12-31", &two(10, 20)), of(2, 71, "2013-12-31", &two(10, 21))]);
    let none: Vec<[String; 3]> = Vec::new();
    assert_eq!(differences(&mut log, "2013-01-31 2013-02-28 --issuer 71"), none);
    let filings = format!("{} {}", accession(1), accession(2));
    let moved = [["event_date", "2012-12-31", "2013-12-31"], ["aggregate", "20", "21"]];
    assert_eq!(differences(&mut log, &filings), moved.map(|row| row.map(str::to_owned)));
}

/// The page that has the number is compared with the one that has it, whatever comes first.
#[test]
fn a_number_tells_more_than_a_name_between_two_filings() {
    let a = of(1, 71, "2012-12-31", &[("John Smith", Some(5), 10), ("John Smith", None, 30)]);
    let b = of(2, 71, "2013-12-31", &[("John Smith", None, 30), ("John Smith", Some(5), 11)]);
    let mut log = ledger(vec![a, b]);
    let moved = [["event_date", "2012-12-31", "2013-12-31"], ["aggregate", "10", "11"]];
    let filings = format!("{} {}", accession(1), accession(2));
    assert_eq!(differences(&mut log, &filings), moved.map(|row| row.map(str::to_owned)));
}

/// How a title is spelt is no difference of a class, nor when it has no CUSIP.
#[test]
fn a_class_is_the_same_however_its_title_is_spelt() {
    let titled = |filing: FilingRecorded, title: &str| {
        let mut filing = filing;
        filing.reading.class_title = Field::stated(title.to_owned(), Span::new(1, 2));
        filing
    };
    let mut log = ledger(vec![
        titled(of(1, 71, "2012-12-31", &[("Fund LP", Some(5), 10)]), "Common Stock"),
        titled(of(2, 71, "2013-12-31", &[("Other LP", Some(6), 30)]), "COMMON STOCK"),
    ]);
    let moved = differences(&mut log, "2013-01-31 2014-02-28 --issuer 71");
    assert!(moved.iter().all(|[_, from, _]| from == "-"), "{moved:?}");
}

/// A statement whose original is found later is the same statement: what its items say of before is
/// no difference.
#[test]
fn items_are_compared_with_those_of_their_statement_whatever_begins_it() {
    let with_item = |filing: FilingRecorded, form: Form| {
        let mut filing = filing;
        let span = Span::new(1, 2);
        let item = Item { number: 4, heading: Field::Absent, span, sub: Vec::new() };
        filing.reading.form = Field::stated(form, span);
        filing.reading.items = vec![item];
        filing
    };
    let fund = |n: u64, day: &str| of(n, 71, day, &[("Fund LP", Some(5), 10)]);
    let mut log = ledger(vec![
        with_item(fund(1, "2013-12-31"), Form::Sc13DA),
        with_item(fund(2, "2012-12-31"), Form::Sc13D),
    ]);
    let said = objects(&run(&mut log, "diff 2 3 --issuer 71 --as-of 2020-01-01 --json"));
    assert_eq!(said[0]["items"].as_array().unwrap().len(), 0, "{}", said[0]);
}
