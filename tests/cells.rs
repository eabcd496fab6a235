//! What one cell of a cover page says, in the ways that filers have printed it: the value, or that it
//! cannot be told. Every line here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::Reading;
use blockholder::terms::trouble::FieldName;

const PAGE: &str = "\
SCHEDULE 13G
Under the Securities Exchange Act of 1934

Tern Harbor plc
(Name of Issuer)

Common Stock
(Title of Class of Securities)

99Y8K3208
(CUSIP Number)

1. NAME OF REPORTING PERSON
   S.S. OR I.R.S. IDENTIFICATION NO. OF ABOVE PERSON

   {name}

2. CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP

   {group}

3. SEC USE ONLY

4. CITIZENSHIP OR PLACE OF ORGANIZATION

   {citizenship}

5. SOLE VOTING POWER

   4,000

6. SHARED VOTING POWER

   0

7. SOLE DISPOSITIVE POWER

   4,000

8. SHARED DISPOSITIVE POWER

   0

9. AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON

   {aggregate}

10. CHECK BOX IF THE AGGREGATE AMOUNT IN ROW (9) EXCLUDES CERTAIN SHARES

   {excludes_shares}

11. PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (9)

   {percent}

12. TYPE OF REPORTING PERSON

   IN

Item 1(a). Name of Issuer: Tern Harbor plc
";
const PLAIN: [(&str, &str); 6] = [
    ("name", "Ann Quay"),
    ("group", "(a) [ ]   (b) [X]"),
    ("citizenship", "Ohio"),
    ("aggregate", "4,000"),
    ("excludes_shares", "[ ]"),
    ("percent", "5.1%"),
];

fn with(field: &str, printed: &str) -> Reading {
    let mut page = PAGE.to_owned();
    for (name, plain) in PLAIN {
        page = page.replace(&format!("{{{name}}}"), if name == field { printed } else { plain });
    }
    read(page.as_bytes())
}

fn told<T: ToString>(field: &Field<T>) -> String {
    field.value().map_or_else(|| field.state().to_string(), ToString::to_string)
}

/// What a field of the only holder says.
fn said(reading: &Reading, field: &str) -> String {
    let holder = &reading.holders[0];
    match field {
        "name" => told(&holder.name),
        "group" => told(&holder.group.clone().map(|group| group.as_str())),
        "citizenship" => told(&holder.citizenship),
        "aggregate" => told(&holder.aggregate),
        "excludes_shares" => told(&holder.excludes_shares),
        _ => told(&holder.percent),
    }
}

/// The field, what is printed, and what is read.
const CELLS: &[(&str, &str, &str)] = &[
    ("percent", ".5 of 1%", "unreadable"),
    ("percent", "one-half of 1%", "unreadable"),
    ("percent", "5. 1%", "unreadable"),
    ("percent", "5 .1%", "unreadable"),
    ("percent", "4.9% or less", "unreadable"),
    ("percent", "between 5% and 6%", "unreadable"),
    ("percent", "5.0 to 5.5%", "unreadable"),
    ("percent", "5.1% of the 80,000 shares outstanding", "5.1"),
    ("percent", "less than one percent (1%)", "<1"),
    ("aggregate", "(a) 4,000 (b) 5,000", "unreadable"),
    ("aggregate", "1998: 4,000", "unreadable"),
    ("aggregate", "4,000 (a)", "4000"),
    ("aggregate", "As of December 31, 1998: 4,000", "4000"),
    ("aggregate", "1. 4,000", "4000"),
    ("aggregate", "2) 4,000", "4000"),
    // The comma of 1,500,000 may be lost.
    ("aggregate", "1. 500,000", "unreadable"),
    ("aggregate", "1. 4,000; 2. 5,000", "unreadable"),
    ("aggregate", "3,000 held directly\n   1,000 under options\n   Total: 4,000", "4000"),
    ("aggregate", "3,000 held directly\n   1,000 under options\n   4,000 in total", "4000"),
    ("aggregate", "3,000 (shares)\n   1,000 (warrants)\n   --------\n   4,000", "4000"),
    ("aggregate", "3,000 held directly\n   1,000 under options\n   Total: 5,000", "unreadable"),
    ("aggregate", "3,000 held directly\n   1,000 under options\n   4,000 voted", "unreadable"),
    ("excludes_shares", "-0-", "false"),
    ("excludes_shares", "0", "false"),
    ("excludes_shares", "500 shares", "true"),
    ("excludes_shares", "5.1%", "unreadable"),
    ("excludes_shares", "7", "unreadable"),
    ("group", "(a) < >   (b) <X>", "b"),
    ("group", "(a) <x>   (b) <>", "a"),
    ("citizenship", "Delaware (1)", "Delaware"),
    ("citizenship", "Delaware*", "Delaware"),
    ("citizenship", "Ohio\n  ----------\n<PAGE>\nCUSIP No. 9  13G (continued)\n", "Ohio"),
    ("citizenship", "Ohio\n\n5/6.", "Ohio"),
    ("citizenship", "Ohio\n5 SOEL VTNG POWR POWER 4,000", "unreadable"),
    ("citizenship", "Ohio 5 4,000 (see Note 1)", "unreadable"),
    ("citizenship", "Ohio ITEM 2D.", "unreadable"),
    ("name", "Quay Fund, L.P.*", "Quay Fund, L.P."),
    ("name", "Quay Fund (see Item 2)", "Quay Fund"),
    ("name", "Ann Quay     (optional)", "Ann Quay"),
    ("name", "Ann Quay\n   ------------------\n   member of another row", "Ann Quay"),
    ("name", "Ann Quay\n   Not required for individuals", "Ann Quay"),
    ("name", "Quay Fund (formerly Elder Fund)", "Quay Fund (formerly Elder Fund)"),
];

#[test]
fn a_cell_says_what_a_careful_reader_would_read_of_it() {
    let wrong: Vec<String> = CELLS
        .iter()
        .filter_map(|(field, printed, wanted)| {
            let reading = with(field, printed);
            let read = said(&reading, field);
            let warned = reading.troubles.iter().any(|t| t.field.as_str() == *field);
            let right = read == *wanted && (read != "unreadable" || warned);
            (!right).then(|| format!("{field} {printed:?}: {read:?} for {wanted:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where every row has the number of a list, and one of them cannot be a lost comma, it is none.
#[test]
fn numbers_of_a_list_before_every_amount() {
    let page = PAGE.replace("   4,000\n", "   1. 504,000\n").replace("   0\n", "   1. 0\n");
    let page = page.replace("{aggregate}", "1. 504,000");
    let reading = read(page.as_bytes());
    let holder = &reading.holders[0];
    assert_eq!(told(&holder.sole_voting), "504000");
    assert_eq!(told(&holder.shared_voting), "0");
    assert_eq!(told(&holder.aggregate), "504000");
    // Without the noughts it may be a comma in each.
    let reading = read(page.replace("1. 0\n", "0\n").as_bytes());
    assert_eq!(told(&reading.holders[0].aggregate), "unreadable");
}

#[test]
fn a_label_that_is_said_once_more_is_no_value() {
    for (label, field) in [
        ("CITIZENSHIP OR PLACE OF ORGANIZATION", FieldName::Citizenship),
        ("IDENTIFICATION NO. OF ABOVE PERSON", FieldName::Name),
    ] {
        let page = PAGE.replace(label, &format!("{label} / In other words"));
        let page = page.replace("{citizenship}", "Ohio").replace("{name}", "Ann Quay");
        let reading = read(page.as_bytes());
        assert!(reading.troubles.iter().any(|t| t.field == field), "{label}");
    }
}

#[test]
fn a_row_of_two_powers_is_neither() {
    for label in ["SOLE / SHARED VOTING POWER", "Sole and Shared Voting Power"] {
        let (rows, both) = PAGE.split_once("5. SOLE VOTING POWER").unwrap();
        let (_, rest) = both.split_once("7. SOLE DISPOSITIVE").unwrap();
        let page = format!("{rows}5/6. {label}\n\n   4,000 / 0\n\n7. SOLE DISPOSITIVE{rest}");
        let reading = read(page.replace("{citizenship}", "Ohio").as_bytes());
        let holder = &reading.holders[0];
        assert_eq!(told(&holder.shared_voting), "unreadable", "{label}");
        assert!(!holder.sole_voting.is_stated(), "{label}");
        assert_eq!(told(&holder.citizenship), "Ohio", "{label}");
        for field in [FieldName::SoleVoting, FieldName::SharedVoting] {
            assert!(reading.troubles.iter().any(|t| t.field == field), "{label}");
        }
    }
}

#[test]
fn a_list_of_persons_in_one_cell_says_so() {
    for list in [
        "1. Quay Fund\n   2. Quay Trust",
        "Quay Fund\n   E.I.N. 13-1234567\n   Ben Wharf\n   ###-##-####",
    ] {
        let reading = with("name", list);
        assert!(reading.troubles.iter().any(|t| t.field == FieldName::Name), "{list}");
    }
}
