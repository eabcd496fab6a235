//! The generator of invented filings: the same seed gives the same bytes, and what it knows of a
//! filing is what the readers read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub, missing_docs)]

#[path = "../benches/corpus/print.rs"]
mod print;
#[path = "../benches/corpus/world.rs"]
mod world;

use std::collections::BTreeMap;

use blockholder::reading::read::read;
use blockholder::terms::statement::Reading;
use world::{Facts, Print, World};

/// Of the first thousand filings of seed 1. When the generator is changed, so is this.
const DIGEST: &str = "6bd079c55dd95dcb0086590ebb51f1efc5729c49fa87b2b12bb1b316cdcb996e";

fn digest(seed: u64, filings: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    for facts in World::new(seed, filings) {
        hasher.update(print::submission(&facts).as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(digest(1, 1000), DIGEST);
    assert_ne!(digest(2, 1000), DIGEST, "another seed gives others");
}

/// What is read of one filing, as the generator would say it.
fn compare(facts: &Facts, reading: &Reading) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut hold = |what: &str, expected: String, got: Option<String>| {
        if got.as_ref() != Some(&expected) {
            wrong.push(format!("{what}: expected {expected:?}, got {got:?}"));
        }
    };
    let day = |day: i64| {
        let (y, m, d) = world::ymd(day);
        format!("{y:04}-{m:02}-{d:02}")
    };
    hold("accession", facts.accession.clone(), reading.accession.value().map(ToString::to_string));
    hold("form", print::form(facts), reading.form.value().map(ToString::to_string));
    hold("event date", day(facts.event), reading.event_date.value().map(ToString::to_string));
    hold("filed", day(facts.filed), reading.filed_date.value().map(ToString::to_string));
    hold(
        "issuer",
        facts.issuer_cik.to_string(),
        reading.issuer.cik.value().map(ToString::to_string),
    );
    hold("CUSIP", facts.cusip.clone(), reading.cusips[0].value().map(ToString::to_string));
    hold("class", facts.class.to_owned(), reading.class_title.value().cloned());
    if facts.amendment > 0 {
        let number = reading.amendment_number.value().map(ToString::to_string);
        hold("amendment", facts.amendment.to_string(), number);
    }
    hold("holders", facts.holders.len().to_string(), Some(reading.holders.len().to_string()));
    for (holder, read) in facts.holders.iter().zip(&reading.holders) {
        hold("name", holder.name.clone(), read.name.value().cloned());
        for (what, expected, got) in [
            ("sole voting", holder.sole, &read.sole_voting),
            ("shared voting", holder.shared, &read.shared_voting),
            ("sole dispositive", holder.sole, &read.sole_dispositive),
            ("shared dispositive", holder.shared, &read.shared_dispositive),
            ("aggregate", holder.aggregate(), &read.aggregate),
        ] {
            let got = got.value().map(|amount| amount.to_string());
            hold(what, expected.to_string(), got.map(|got| got.replace(".00", "")));
        }
        let expected = print::percent(holder.percent);
        let got = read.percent.value().map(ToString::to_string);
        hold("percent", expected, got);
        hold("type", holder.kind.to_owned(), read.types[0].value().cloned());
    }
    wrong
}

#[test]
fn what_is_printed_is_read_back() {
    let (mut prints, mut troubles) = (BTreeMap::<&str, u64>::new(), BTreeMap::new());
    let (mut holders, mut late, mut amendments, mut sizes) = (0, 0, 0, Vec::new());
    for facts in World::new(3, 600) {
        let text = print::submission(&facts);
        let reading = read(text.as_bytes());
        let wrong = compare(&facts, &reading);
        assert!(wrong.is_empty(), "{}\n{text}", wrong.join("\n"));
        for trouble in &reading.troubles {
            *troubles.entry(trouble.code.as_str()).or_insert(0) += 1;
        }
        let print = match facts.print {
            Print::Text => "text",
            Print::Html => "html",
            Print::Xml => "xml",
        };
        *prints.entry(print).or_default() += 1;
        holders += facts.holders.len();
        late += usize::from(facts.filed - facts.event > 48);
        amendments += usize::from(facts.amendment > 0);
        sizes.push(text.len());
    }
    assert_eq!(troubles, BTreeMap::new(), "what is invented contradicts nothing");
    assert_eq!(prints.len(), 3, "{prints:?}");
    assert!((1500..2500).contains(&holders), "{holders} holders");
    assert!((20..150).contains(&late) && (200..500).contains(&amendments), "{late} {amendments}");
    sizes.sort_unstable();
    assert!((4_000..14_000).contains(&sizes[300]), "half are below {}", sizes[300]);
}
