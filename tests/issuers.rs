//! Which filings are of one issuer (spec, section 17.3), where CIKs are missing and CUSIPs change.
//! Knows nothing of what they say of holders.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

#[path = "common/verbs.rs"]
mod verbs;

use blockholder::ledger::event::FilingRecorded;
use blockholder::store::log::Memory;
use blockholder::terms::span::{Field, Span};

use common::{filing, ledger};
use verbs::run;

const X: &str = "990000119";
const Y: &str = "990000127";
const WHY: &str = "--source 8-K --who us --since 2000-01-01";

/// A filing of a number: under a CIK or none, with these CUSIPs, of a name.
fn of(n: u64, cik: Option<u64>, cusips: &[&str], name: &str) -> FilingRecorded {
    let span = Span::new(1, 2);
    let mut filing = filing(n);
    let reading = &mut filing.reading;
    reading.issuer.cik =
        cik.map_or(Field::Absent, |cik| Field::stated(cik.try_into().unwrap(), span));
    reading.issuer.name = Field::stated(name.to_owned(), span);
    reading.cusips = cusips.iter().map(|one| Field::stated(one.parse().unwrap(), span)).collect();
    reading.event_date = Field::stated("2012-12-31".parse().unwrap(), span);
    reading.accepted_at = Field::stated("2013-02-14T20:00:00Z".parse().unwrap(), span);
    for holder in &mut reading.holders {
        holder.name = Field::stated(format!("Holder {n}"), span);
    }
    filing
}

/// The holders of each issuer, as `holders --all-issuers --csv` lists them.
fn issuers(log: &mut Memory) -> Vec<Vec<String>> {
    let said = run(log, "holders --all-issuers --json --as-of 2026-01-01");
    let objects = said.lines().filter(|line| line.starts_with('{'));
    let of = |line: &str| {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        let issuer = answer["issuer"].to_string();
        let holders = answer["holders"].as_array().cloned().unwrap_or_default();
        let names = holders.iter().map(|one| one["name"].as_str().unwrap().to_owned());
        (issuer, names.collect::<Vec<_>>())
    };
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for (issuer, names) in objects.map(of) {
        match found.last_mut() {
            Some(last) if last.0 == issuer => last.1.extend(names),
            _ => found.push((issuer, names)),
        }
    }
    found
        .into_iter()
        .map(|(_, mut names)| {
            names.sort();
            names
        })
        .collect()
}

#[test]
fn a_cusip_that_was_changed_joins_what_stands_under_both() {
    let filings = || vec![of(1, Some(9_000_001), &[X], "Old Name"), of(2, None, &[Y], "New Name")];
    let mut log = ledger(filings());
    assert_eq!(issuers(&mut log), [["Holder 1"], ["Holder 2"]]);
    run(&mut log, &format!("rename {X} --cusip {Y} {WHY}"));
    assert_eq!(issuers(&mut log), [["Holder 1", "Holder 2"]]);
    // Neither has a CIK.
    let mut log = ledger(vec![of(1, None, &[X], "Old Name"), of(2, None, &[Y], "New Name")]);
    run(&mut log, &format!("rename {X} --cusip {Y} {WHY}"));
    assert_eq!(issuers(&mut log), [["Holder 1", "Holder 2"]]);
    // Two CIKs stay two issuers, whatever their CUSIPs are.
    let two = vec![of(1, Some(9_000_001), &[X], "One"), of(2, Some(9_000_002), &[Y], "Other")];
    let mut log = ledger(two);
    run(&mut log, &format!("rename {X} --cusip {Y} {WHY}"));
    assert_eq!(issuers(&mut log), [["Holder 1"], ["Holder 2"]]);
}

#[test]
fn a_filing_with_both_cusips_joins_what_stands_under_either() {
    let (x, y, both) = (&[X][..], &[Y][..], &[X, Y][..]);
    for order in [[x, y, both], [x, both, y], [both, x, y]] {
        for cik in [None, Some(9_000_001)] {
            let name = |n: u64| ["One", "Two", "Three"][n as usize - 1];
            let own = |cusips: &[&str]| cik.filter(|_| cusips == x);
            let filings = (1..).zip(order).map(|(n, cusips)| of(n, own(cusips), cusips, name(n)));
            let mut log = ledger(filings.collect());
            let expected = [["Holder 1", "Holder 2", "Holder 3"]];
            assert_eq!(issuers(&mut log), expected, "{order:?}, {cik:?}");
        }
    }
}

/// A filing without a CIK is of every issuer that it fits, whatever becomes of another's CIK.
#[test]
fn a_corrected_cik_takes_no_filing_from_another_issuer() {
    let (s, l) = (Some(9_000_001), None);
    for (order, one, other) in [
        ([s, l, s, l, l], "1245", "2345"),
        ([s, s, l, l, l], "1345", "2345"),
        ([l, l, s, s, l], "1235", "1245"),
    ] {
        for cusips in [&[][..], &[X][..]] {
            let own = |cik: Option<u64>| if cik.is_some() { &[X][..] } else { cusips };
            let filings = (1..).zip(order).map(|(n, cik)| of(n, cik, own(cik), "One"));
            let mut log = ledger(filings.collect());
            let second = order.iter().rposition(Option::is_some).unwrap() + 1;
            let why = "--reason r --who w";
            run(&mut log, &format!("correct {second} --field issuer_cik --to 9000002 {why}"));
            let holders =
                |of: &str| -> Vec<String> { of.chars().map(|n| format!("Holder {n}")).collect() };
            let mut found = issuers(&mut log);
            found.sort();
            assert_eq!(found, [holders(one), holders(other)], "{order:?}, {cusips:?}");
        }
    }
}

/// What was taken back is as if it had never been said.
#[test]
fn a_correction_that_is_taken_back_takes_no_filing_along() {
    let (one, two) = (Some(9_000_001), Some(9_000_501));
    let mut log =
        ledger(vec![of(1, one, &[], "One"), of(2, two, &[], "One"), of(3, None, &[], "One")]);
    let before = issuers(&mut log);
    run(&mut log, "correct 1 --field issuer_cik --to 9000501 --reason r --who w");
    run(&mut log, "uncorrect 4 --reason r --who w");
    assert_eq!(issuers(&mut log), before);
    assert_eq!(before, [["Holder 1", "Holder 3"], ["Holder 2", "Holder 3"]]);
    for cik in ["9000001", "9000501"] {
        let said = run(&mut log, &format!("holders {cik} --json --as-of 2026-01-01"));
        assert!(said.contains("Holder 3"), "{cik}: {said}");
    }
}

/// What a person said of a filing counts for whose it is, also while it is withdrawn.
#[test]
fn a_withdrawn_filing_is_of_the_issuer_it_is_understood_to_be_of() {
    let mut log = ledger(vec![of(1, None, &[X], "One"), of(2, Some(9_000_001), &[X], "Two")]);
    run(&mut log, "correct 2 --field cusips --nothing --reason r --who w");
    let before = run(&mut log, &format!("holders {X} --json --as-of 2026-01-01"));
    run(&mut log, "withdraw 2 --reason r --who w");
    let after = run(&mut log, &format!("holders {X} --json --as-of 2026-01-01"));
    let issuer = |said: &str| {
        let line = said.lines().find(|line| line.starts_with('{')).unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["issuer"].to_string()
    };
    assert_eq!(issuer(&before), issuer(&after));
    assert!(issuer(&after).contains("null"), "{after}");
}

/// A title by an event, and a filing about two classes, are told where each class is headed.
#[test]
fn what_a_class_has_beside_its_filings_is_told_where_it_is_headed() {
    let two = vec![
        of(1, Some(9_000_001), &[X], "One"),
        of(2, Some(9_000_001), &[Y], "One"),
        of(3, Some(9_000_001), &[X, Y], "One"),
    ];
    let mut log = ledger(two);
    run(&mut log, &format!("rename {X} --title Ordinary_Shares {WHY}"));
    for verb in ["holders", "chains", "group"] {
        let said = run(&mut log, &format!("{verb} 9000001 --as-of 2026-01-01"));
        assert!(said.contains("its title is Ordinary"), "{verb}: {said}");
        assert!(said.contains("entry 3 names this class, too"), "{verb}: {said}");
        let said = run(&mut log, &format!("{verb} 9000001 --json --as-of 2026-01-01"));
        assert!(said.contains(r#""named_by":[3]"#), "{verb}: {said}");
        assert!(said.contains(r#""renamed":{"#), "{verb}: {said}");
    }
}

/// Whoever is asked for by a part is whoever of the whole list has it, with all filings about it:
/// under its CIK or none, by a CUSIP alone, by names it had before.
#[test]
fn a_part_of_a_name_lists_what_the_whole_list_has() {
    let mut log = ledger(vec![
        of(1, Some(11), &[X], "Alpha Corp"),
        of(2, Some(11), &[X], "Beta Corp"),
        of(3, None, &[X], "Alpha Corporation"),
        of(4, None, &[], "Beta, Corp."),
        of(5, Some(112), &[Y], "Gamma Inc"),
        of(6, None, &[], "Alpha of nobody"),
        of(7, None, &[Y], "Beta by its CUSIP"),
        of(8, None, &["990000135"], "Delta"),
        of(9, None, &[], "Delta"),
    ]);
    let mut list = |part: &str| -> Vec<serde_json::Value> {
        let said = run(&mut log, &format!("issuers {part} --json"));
        let objects = said.lines().filter(|line| line.starts_with('{'));
        objects.map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = list("");
    assert!(all.len() > 2, "{all:?}");
    let plain = |text: &str| -> String {
        text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
    };
    for part in [
        "alpha",
        "BETA",
        "beta,corp",
        "gamma",
        "11",
        "011",
        "112",
        "9900",
        Y,
        "990000135",
        "o",
        "zz",
    ] {
        let (part, digits) = (plain(part), plain(part).trim_start_matches('0').to_owned());
        let has = |one: &&serde_json::Value| {
            let cusips = one["cusips"].as_array().unwrap();
            plain(one["issuer"]["name"].as_str().unwrap()).contains(&part)
                || one["issuer"]["cik"].as_str().is_some_and(|cik| cik.contains(&digits))
                || cusips.iter().any(|cusip| plain(cusip.as_str().unwrap()).contains(&part))
        };
        let expected: Vec<_> = all.iter().filter(has).cloned().collect();
        assert_eq!(list(&part), expected, "{part}");
    }
}

/// Where classes have no headings it is told all the same, beside a sheet too.
#[test]
fn a_class_that_a_filing_about_another_names_is_told_where_it_is_not_headed() {
    let mut two = vec![
        of(1, Some(9_000_001), &[X], "One"),
        of(2, Some(9_000_001), &[Y], "One"),
        of(3, Some(9_000_001), &[X, Y], "One"),
    ];
    two[1].reading.class_title = Field::stated("Warrants".to_owned(), Span::new(1, 2));
    let mut log = ledger(two);
    let asked = ["history 9000001", "late 9000001 --all", "diff 1 4 --issuer 9000001"];
    for asked in asked {
        let told = format!("entry 3 names Warrants (CUSIP {Y}), too");
        let said = run(&mut log, &format!("{asked} --as-of 2026-01-01"));
        assert!(said.contains(&told), "{asked}: {said}");
        let said = run(&mut log, &format!("{asked} --csv --as-of 2026-01-01"));
        assert!(said.contains(&told), "{asked}: {said}");
        let said = run(&mut log, &format!("{asked} --json --as-of 2026-01-01"));
        assert!(!said.contains(&told), "{asked}: {said}");
        let named = said.split_once(r#""classes_named_by":[{"#).expect(&said).1;
        assert!(named.contains(Y) && named.contains(r#""named_by":[3]"#), "{asked}: {said}");
    }
}

/// What looks for two that may be one answers like all else: where it finds none, that is a no.
#[test]
fn links_that_finds_nothing_says_no() {
    let one = vec![of(1, Some(9_000_001), &[X], "One")];
    let mut log = ledger(one);
    for asked in ["links 9000001", "links 9000001 --json", "links --all-issuers"] {
        let said = run(&mut log, asked);
        assert!(said.contains("no two holders look like one"), "{asked}: {said}");
        assert!(said.ends_with("status 1\n"), "{asked}: {said}");
    }
}
