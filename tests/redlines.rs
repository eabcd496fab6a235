//! Pages with text struck out beside what replaces it: what is struck out is no value, and the row
//! says so. Knows no real filing: every line here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "common/labels.rs"]
mod labels;

use blockholder::reading::read::read;
use blockholder::terms::statement::{Holder, Reading};
use blockholder::terms::trouble::{FieldName, TroubleCode};
use labels::LABELS;

const CELLS: [&str; 12] = [
    "Alder Quay Fund LP",
    "(a) [ ] (b) [X]",
    "",
    "Delaware",
    "4,000",
    "500",
    "4,000",
    "500",
    "4,500",
    "[ ]",
    "5.4%",
    "PN",
];
/// What was there before, in the rows that have a value.
const BEFORE: [(usize, &str, FieldName); 10] = [
    (0, "Elder Quay Fund LP", FieldName::Name),
    (1, "(a) [X] (b) [ ]", FieldName::Group),
    (3, "Bermuda", FieldName::Citizenship),
    (4, "9,000", FieldName::SoleVoting),
    (5, "900", FieldName::SharedVoting),
    (6, "9,000", FieldName::SoleDispositive),
    (7, "900", FieldName::SharedDispositive),
    (8, "9,900", FieldName::Aggregate),
    (10, "7.4%", FieldName::Percent),
    (11, "OO", FieldName::Types),
];

/// Ways to strike out in markup, and in a typed page.
const MARKED_UP: [fn(&str) -> String; 12] = [
    |text| format!("<s>{text}</s>"),
    |text| format!("<STRIKE>{text}</STRIKE>"),
    |text| format!("<del cite=\"x\">{text}</del>"),
    |text| format!("<span style=\"text-decoration:line-through\">{text}</span>"),
    |text| format!("<font style=\"TEXT-DECORATION: line-through\">{text}</font>"),
    |text| format!("<p style=\"text-decoration:line-through;margin:0\">{text}</p>"),
    |text| format!("<b><s><font size=\"2\">{text}</font></s></b>"),
    |text| format!("<s>{text}<br></s>"),
    |text| format!("[strike]{text}[/strike]"),
    |text| {
        let css = ".c1{color:red}\n.c2,span.c3 {color:red;text-decoration:line-through}";
        format!("<style type=\"text/css\">{css}</style><span class=\"c0 c3\">{text}</span>")
    },
    |text| {
        format!(
            "<STYLE><!--P.Gone{{TEXT-DECORATION: line-through}}--></STYLE><FONT class=Gone>{text}</FONT>"
        )
    },
    |text| format!("<style>.d{{text-decoration-line:line-through}}</style><p class='d'>{text}</p>"),
];
const TYPED: [fn(&str) -> String; 5] = [
    |text| format!("<STRIKE>{text}</STRIKE>"),
    |text| format!("<DEL>{text}</DEL>"),
    |text| format!("<S>{text}</S>"),
    |text| format!("[strike]{text}[/strike]"),
    |text| format!("[DELETED]{text}[/DELETED]"),
];

const TITLE: &str = "SCHEDULE 13G\nUnder the Securities Exchange Act of 1934\n\nTern Harbor \
                     plc\n(Name of Issuer)\n\nCommon Stock\n(Title of Class of \
                     Securities)\n\n99Y8K3208\n(CUSIP Number)\n\n";

fn typed(cells: &[String; 12]) -> String {
    let rows = LABELS.iter().zip(cells).enumerate();
    let rows = rows.map(|(at, (label, cell))| format!("{}. {label}:  {cell}\n", at + 1));
    format!("{TITLE}{}\nItem 1(a). Name of Issuer: Tern Harbor plc\n", rows.collect::<String>())
}

fn marked_up(cells: &[String; 12]) -> String {
    let title: String = TITLE.lines().map(|line| format!("<p>{line}</p>\n")).collect();
    let rows = LABELS.iter().zip(cells).enumerate();
    let rows = rows.map(|(at, (label, cell))| {
        format!("<tr><td>{}</td><td>{label}<br>{cell}</td></tr>\n", at + 1)
    });
    let rows: String = rows.collect();
    format!(
        "<html><body>{title}<table>{rows}</table><p>Item 1(a). Name of Issuer</p></body></html>"
    )
}

fn said(holder: &Holder) -> Vec<String> {
    let value = |value: Option<String>| value.unwrap_or_default();
    let mut said = vec![
        value(holder.name.value().cloned()),
        value(holder.group.value().map(|group| group.as_str().to_owned())),
        value(holder.citizenship.value().cloned()),
        value(holder.percent.value().map(ToString::to_string)),
    ];
    let amounts = [
        &holder.sole_voting,
        &holder.shared_voting,
        &holder.sole_dispositive,
        &holder.shared_dispositive,
        &holder.aggregate,
    ];
    said.extend(amounts.map(|amount| value(amount.value().map(ToString::to_string))));
    said.extend(holder.types.iter().map(|code| value(code.value().cloned())));
    said
}

fn warned(reading: &Reading, field: FieldName) -> bool {
    let told = |code| code == TroubleCode::ValueAmbiguous;
    reading.troubles.iter().any(|t| t.field == field && t.holder == Some(0) && told(t.code))
}

/// Strikes an earlier value out before each value in turn: what is read must stay the same, and
/// the row must say so.
fn every_row_says_so(page: fn(&[String; 12]) -> String, ways: &[fn(&str) -> String]) {
    let plain = CELLS.map(str::to_owned);
    let reading = read(page(&plain).as_bytes());
    assert!(reading.troubles.iter().all(|t| t.holder.is_none()), "{:?}", reading.troubles);
    let wanted = said(&reading.holders[0]);
    assert_eq!(wanted[0], CELLS[0]);
    for (way, strike) in ways.iter().enumerate() {
        for (row, before, field) in BEFORE {
            let mut cells = plain.clone();
            cells[row] = format!("{} {}", strike(before), CELLS[row]);
            let reading = read(page(&cells).as_bytes());
            let what = format!("way {way}, {field}: {:?}", reading.troubles);
            assert_eq!(reading.holders.len(), 1, "{what}");
            assert_eq!(said(&reading.holders[0]), wanted, "{what}");
            assert!(warned(&reading, field), "{what}");
            // What replaces it may stand first.
            cells[row] = format!("{} {}", CELLS[row], strike(before));
            let reading = read(page(&cells).as_bytes());
            assert_eq!(said(&reading.holders[0]), wanted, "after, way {way}, {field}");
            assert!(warned(&reading, field), "after, way {way}, {field}");
        }
    }
}

#[test]
fn what_is_struck_out_in_markup_is_no_value() {
    every_row_says_so(marked_up, &MARKED_UP);
}

#[test]
fn what_is_struck_out_in_a_typed_page_is_no_value() {
    every_row_says_so(typed, &TYPED);
}

#[test]
fn a_value_that_is_struck_out_and_not_replaced_is_none() {
    for strike in MARKED_UP {
        let mut cells = CELLS.map(str::to_owned);
        cells[8] = strike(CELLS[8]);
        let reading = read(marked_up(&cells).as_bytes());
        assert_eq!(reading.holders[0].aggregate.value(), None);
        assert!(warned(&reading, FieldName::Aggregate), "{:?}", reading.troubles);
    }
}

#[test]
fn what_is_struck_out_on_the_title_page_is_no_value() {
    let page = marked_up(&CELLS.map(str::to_owned));
    let page = page.replace("<p>99Y8K3208</p>", "<p><s>99Y8K3109</s> 99Y8K3208</p>");
    let reading = read(page.as_bytes());
    let cusips: Vec<&str> =
        reading.cusips.iter().filter_map(|c| c.value()).map(|c| c.as_str()).collect();
    assert_eq!(cusips, ["99Y8K3208"]);
    assert!(reading.troubles.iter().any(|t| t.field == FieldName::Cusips));
}

/// `<S>` without an end is the head of a column, or a tag left open: it strikes nothing out.
#[test]
fn an_element_left_open_strikes_nothing_out() {
    let plain = CELLS.map(str::to_owned);
    let wanted = said(&read(typed(&plain).as_bytes()).holders[0]);
    let mut cells = plain.clone();
    cells[4] = format!("<S> {}", CELLS[4]);
    for page in [typed(&cells), marked_up(&cells)] {
        let reading = read(page.as_bytes());
        assert_eq!(said(&reading.holders[0]), wanted, "{:?}", reading.troubles);
    }
    // A tag that ends rows below it strikes out no cells between.
    cells[6] = format!("{}</S>", CELLS[6]);
    let reading = read(marked_up(&cells).as_bytes());
    assert_eq!(said(&reading.holders[0]), wanted);
    let rows = [FieldName::SoleVoting, FieldName::SharedVoting, FieldName::SoleDispositive];
    assert!(rows.iter().all(|field| warned(&reading, *field)), "{:?}", reading.troubles);
}
