//! Structured filings that are not as they should be: one edit to a good one, and what is read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::time::{Duration, Instant};

use blockholder::reading::read::read;
use blockholder::report::json;
use serde_json::{Value, json};

const G: &str = include_str!("filings/schedule-13g-prefixed.xml");
const D: &str = include_str!("filings/schedule-13da-two-holders.xml");

fn reading(text: &str) -> Value {
    json::reading(&read(text.as_bytes()))
}

/// The value of a field, or its state where it has none.
fn at(reading: &Value, path: &str) -> Value {
    let field = reading.pointer(path).unwrap_or_else(|| panic!("no {path}"));
    match field.get("value") {
        Some(value) => value.clone(),
        None => field.get("state").unwrap_or(field).clone(),
    }
}

fn codes(reading: &Value) -> Vec<String> {
    let troubles = reading["troubles"].as_array().unwrap().iter();
    troubles
        .map(|t| format!("{} {}", t["code"].as_str().unwrap(), t["field"].as_str().unwrap()))
        .collect()
}

/// Makes one edit to `text`, which must be possible, and holds fields and troubles against it.
#[track_caller]
fn edited(text: &str, old: &str, new: &str, fields: &[(&str, &str)], troubles: &[&str]) {
    assert!(text.contains(old), "nothing to edit: {old}");
    let reading = reading(&text.replacen(old, new, 1));
    for (path, value) in fields {
        assert_eq!(at(&reading, path), json!(value), "{new}: {path}");
    }
    assert_eq!(codes(&reading), troubles, "{new}: {:#}", reading["troubles"]);
}

#[test]
fn every_element_is_read() {
    let reading = reading(G);
    for (path, value) in [
        ("/form", json!("SCHEDULE 13G")),
        ("/event_date", json!("2025-09-30")),
        ("/issuer/name", json!("Tern Harbor Holdings plc")),
        ("/issuer/cik", json!("9999902")),
        ("/cusips/0", json!("99Y8K3208")),
        ("/class_title", json!("Class A Ordinary Shares")),
        ("/rules/0", json!("13d-1(b)")),
        ("/rules/1", json!("13d-1(c)")),
        ("/filed_by/0/cik", json!("9999922")),
        ("/amendment_number", json!("absent")),
        ("/holders/0/name", json!("Oriel Bank & Trust")),
        ("/holders/0/cik", json!("absent")),
        ("/holders/0/group", json!("b")),
        ("/holders/0/citizenship", json!("X0")),
        ("/holders/0/sole_voting", json!("5000000")),
        ("/holders/0/shared_dispositive", json!("blank")),
        ("/holders/0/aggregate", json!("5288262")),
        ("/holders/0/excludes_shares", json!(false)),
        ("/holders/0/percent", json!("5.3")),
        ("/holders/0/types/1", json!("FI")),
        ("/item_4/amount", json!("5288262")),
        ("/item_4/percent", json!("5.29")),
        ("/item_4/sole_voting", json!("unreadable")),
        ("/item_4/shared_voting", json!("absent")),
        ("/five_percent_or_less", json!(false)),
        ("/signatures/0/name", json!("Oriel Bank & Trust")),
        ("/signatures/0/date", json!("2025-10-14")),
        ("/signatures/0/capacities/0/by", json!("Tomas Reyl")),
        ("/signatures/0/capacities/0/title", json!("Counsel")),
    ] {
        assert_eq!(at(&reading, path), value, "{path}");
    }
    assert_eq!(reading["items"].as_array().unwrap().len(), 3);
    assert!(reading["exhibit_list"].is_array());
    assert!(codes(&reading).is_empty(), "{:#}", reading["troubles"]);
}

#[test]
fn repeats_are_kept_and_the_flat_and_nested_schemas_agree() {
    let one = "<issuerCusipNumber>99Z9Q9107</issuerCusipNumber>";
    let two = format!("{one}{}", one.replace("99Z9Q9107", "99Y8K3208"));
    edited(D, one, &two, &[("/cusips/0", "99Z9Q9107"), ("/cusips/1", "99Y8K3208")], &[]);
    let reading = reading(D);
    assert_eq!(at(&reading, "/previous_accession"), json!("0009999901-24-000017"));
    assert_eq!(at(&reading, "/schema_version"), json!("X0202"));
    assert_eq!(at(&reading, "/holders/0/funds/1"), json!("BK"));
    assert_eq!(at(&reading, "/holders/0/legal_proceedings"), json!(false));
    assert_eq!(at(&reading, "/holders/1/legal_proceedings"), json!("absent"));
    assert_eq!(at(&reading, "/holders/1/cik"), json!("blank"));
    assert_eq!(at(&reading, "/signatures/0/capacities/1/title"), json!("Managing Member"));
    assert_eq!(at(&reading, "/class_sizes/0"), json!("20000000"));
    assert!(reading["holders"][0]["note"].is_array());
}

#[test]
fn four_states_are_never_confused() {
    let row = "<sharedVotingPower>1250000.50</sharedVotingPower>";
    let field = "/holders/0/shared_voting";
    for (new, state, troubles) in [
        ("", "absent", &[][..]),
        ("<sharedVotingPower/>", "blank", &[]),
        ("<sharedVotingPower>\n &#160;</sharedVotingPower>", "blank", &[]),
        ("<sharedVotingPower><!-- none --></sharedVotingPower>", "blank", &[]),
        ("<sharedVotingPower>0.00</sharedVotingPower>", "0.00", &[]),
        ("<sharedVotingPower> 1,250,000.50 </sharedVotingPower>", "1250000.50", &[]),
        (
            "<sharedVotingPower>see Item 5</sharedVotingPower>",
            "unreadable",
            &["value-unreadable shared_voting"],
        ),
        (
            "<sharedVotingPower>-5</sharedVotingPower>",
            "unreadable",
            &["value-unreadable shared_voting"],
        ),
        (
            "<sharedVotingPower>1</sharedVotingPower><sharedVotingPower>2</sharedVotingPower>",
            "unreadable",
            &["value-ambiguous shared_voting"],
        ),
    ] {
        edited(D, row, new, &[(field, state)], troubles);
    }
}

#[test]
fn what_is_not_well_formed_is_read_around() {
    let fault = &["xml-not-well-formed *"];
    let all = &[
        ("/holders/0/sole_voting", "5000000"),
        ("/holders/0/shared_voting", "0"),
        ("/holders/0/aggregate", "5288262"),
        ("/holders/0/percent", "5.3"),
        ("/signatures/0/name", "Oriel Bank & Trust"),
    ];
    for (old, new) in [
        ("</sch:soleVotingPower>", "</sch:soleVotingPower"),
        ("</sch:soleVotingPower>", "</sch:soleVoti\n"),
        ("</sch:soleVotingPower>", "</sch:soleVoting>"),
        ("</sch:soleVotingPower>", ""),
        ("</sch:item1>", ""),
        ("</sch:reportingPersonBeneficiallyOwnedNumberOfShares>", ""),
        ("<sch:items>", "<sch:items"),
        ("Power of attorney", "Power of < attorney"),
        ("Power of attorney", "Power &nbsp; of attorney"),
        ("Power of attorney", "Power & attorney"),
        ("</sch:edgarSubmission>", ""),
        ("</sch:edgarSubmission>", "</sch:edgarSubmission><more/>"),
        ("</sch:formData>\n</sch:edgarSubmission>", "</sch:formData>\n<!-- "),
    ] {
        edited(G, old, new, all, fault);
    }
    // A start tag that is lost takes its value with it, and nothing else.
    edited(G, "<sch:soleVotingPower>", "", &[("/holders/0/sole_voting", "absent")], fault);
}

#[test]
fn entities_are_not_expanded() {
    let bomb = "<!DOCTYPE s [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;\">]>";
    let root = "<sch:edgarSubmission";
    let text = G.replacen(root, &format!("{bomb}{root}"), 1).replace("Counsel", "&b;");
    let reading = reading(&text);
    assert_eq!(at(&reading, "/signatures/0/capacities/0/title"), json!("&b;"));
    assert_eq!(at(&reading, "/holders/0/aggregate"), json!("5288262"));
    assert_eq!(codes(&reading), ["xml-not-well-formed *"]);
}

#[test]
fn a_cover_page_and_its_item_may_disagree() {
    let amount = "5'288'262 shares";
    edited(G, amount, "5,288,262.4 shares", &[], &[]);
    edited(G, amount, "See row 9", &[("/item_4/amount", "unreadable")], &[]);
    edited(G, amount, "5'288'263 shares", &[], &["contradiction aggregate"]);
    edited(G, "5.29%", "5.4%", &[], &["contradiction percent"]);
    let flag = "<sch:classOwnership5PercentOrLess>N";
    edited(G, flag, "<sch:classOwnership5PercentOrLess>Y", &[], &["contradiction percent"]);
    let signer = "<signatureReportingPerson>Alder Gate Advisers LLC";
    edited(D, signer, "<signatureReportingPerson>Alder Gate Advisers L.L.C.", &[], &[]);
    let stranger = "<signatureReportingPerson>Birch Field Trust";
    edited(D, signer, stranger, &[], &["holder-without-cover signatures"]);
}

#[test]
fn more_holders_than_are_kept_are_said_to_be() {
    let person = "<reportingPersonInfo><reportingPersonName>Alder Gate Fund LP\
                  </reportingPersonName></reportingPersonInfo>";
    let text = D.replacen(
        "</reportingPersons>",
        &format!("{}</reportingPersons>", person.repeat(1200)),
        1,
    );
    let reading = reading(&text);
    assert_eq!(reading["holders"].as_array().unwrap().len(), 1000);
    assert_eq!(codes(&reading), ["limit-reached *"]);
}

/// Bytes made to be slow, four megabytes of each kind.
fn hostile() -> Vec<(&'static str, String)> {
    let megabytes = |unit: &str| unit.repeat(4_000_000 / unit.len());
    let inside = |middle: String| D.replacen("</items1To7>", &format!("{middle}</items1To7>"), 1);
    vec![
        ("an endless line", inside(megabytes("shares "))),
        ("open tags", inside(megabytes("<a>"))),
        ("end tags", inside(megabytes("</a>"))),
        ("cut tags", inside(megabytes("<a b='"))),
        ("comments that do not end", inside(megabytes("<!--"))),
        ("sections that do not end", inside(megabytes("<![CDATA["))),
        ("ampersands", inside(megabytes("&"))),
        ("numbers outstanding", inside(megabytes("based on 1,000,000 shares outstanding "))),
        ("holders", inside(megabytes("<reportingPersonInfo>"))),
        ("leaves without an end", inside(megabytes("<soleVotingPower>1"))),
        ("documents", megabytes("<DOCUMENT>\n<TYPE>SC 13D\n")),
        ("texts", format!("<DOCUMENT>\n{}", megabytes("<TEXT>\n</TEXT>\n"))),
        ("header lines", format!("<SEC-HEADER>\n{}", megabytes("FILED BY:\n"))),
        ("blanks", megabytes(" \t")),
        ("blank-led documents", megabytes("          <DOCUMENT> ")),
    ]
}

#[test]
fn hostile_bytes_take_linear_time() {
    // A hundredth of the work at a tenth of a second would be a second here; a quadratic reader
    // takes hours. The bound is loose because test builds are slow and machines are busy.
    for (name, bytes) in hostile() {
        let start = Instant::now();
        let reading = read(bytes.as_bytes());
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        assert!(reading.troubles.len() <= 1100, "{name}: {} troubles", reading.troubles.len());
    }
}
