//! Values of 0 to 14 shares beside the numbers that a cover page counts its rows with, in every
//! layout: each is read back, or is unreadable where it may be either; none is ever another.
//! Knows no real filing, and not how the reader tells the one from the other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

#[path = "common/labels.rs"]
mod labels;

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::Holder;
use labels::LABELS;

const NAME: &str = "Alder Gate Fund LP";
const PLACE: &str = "Ohio";

/// Rows 5 to 9 and the percent, as they are printed.
type Values<'a> = [&'a str; 6];

/// How a row is printed: its number, its label, its value, and where it stands on the page.
type Row = fn(&str, &str, &str, usize) -> String;

/// A way to set a page, and what stands around its rows.
struct Layout {
    name: &'static str,
    row: Row,
    markup: bool,
    flat: bool,
}

/// The number with what stands between it and what follows; nothing where there is none.
fn led(number: &str, between: &str) -> String {
    if number.is_empty() { String::new() } else { format!("{number}{between}") }
}

/// The words beside rows 5 to 8.
const LEGEND: [&str; 4] = ["NUMBER OF", "SHARES", "BENEFICIALLY", "OWNED BY"];

fn beside_legend(n: &str, label: &str, value: &str, at: usize) -> String {
    match at {
        4..8 => format!("{:<16}{n:<5}{label}\n{:<21}{value}\n", LEGEND[at - 4], ""),
        _ => format!("{n:<5}{label}\n     {value}\n\n"),
    }
}

fn cells(n: &str, label: &str, value: &str, at: usize) -> String {
    let legend = match at {
        4 => "<td rowspan=4>NUMBER OF<br>SHARES<br>OWNED BY EACH<br>REPORTING PERSON WITH</td>",
        _ => "",
    };
    format!("<tr>{legend}<td>{n}</td><td>{label}<br>{value}</td></tr>\n")
}

const LAYOUTS: [Layout; 16] = [
    Layout {
        name: "below",
        row: |n, l, v, _| format!("{n:<4}{l}\n\n      {v}\n\n"),
        markup: false,
        flat: false,
    },
    Layout {
        name: "below, close",
        row: |n, l, v, _| format!("{}{l}\n{v}\n", led(n, " ")),
        markup: false,
        flat: false,
    },
    Layout {
        name: "beside",
        row: |n, l, v, _| format!("{n:<4}{l:<70}{v}\n"),
        markup: false,
        flat: false,
    },
    Layout {
        name: "colon",
        row: |n, l, v, _| format!("{}{l}: {v}\n", led(n, " ")),
        markup: false,
        flat: false,
    },
    Layout {
        name: "number on its line",
        row: |n, l, v, _| format!("{}{l}\n{v}\n", led(n, "\n")),
        markup: false,
        flat: false,
    },
    Layout {
        name: "everything on its line",
        row: |n, l, v, _| format!("{}{l}\n\n  {v}\n\n", led(n, "\n\n  ")),
        markup: false,
        flat: false,
    },
    Layout {
        name: "above",
        row: |n, l, v, _| format!("{v}\n{}{l}\n", led(n, " ")),
        markup: false,
        flat: false,
    },
    Layout { name: "legend", row: beside_legend, markup: false, flat: false },
    Layout {
        name: "bars",
        row: |n, l, v, _| format!("|{n:^6}| {l:<69}|\n|      | {v:<69}|\n|{:-<77}|\n", ""),
        markup: false,
        flat: false,
    },
    Layout {
        name: "one line",
        row: |n, l, v, _| format!("{}{l} {v} ", led(n, " ")),
        markup: false,
        flat: true,
    },
    Layout { name: "cells", row: cells, markup: true, flat: false },
    Layout {
        name: "three cells",
        row: |n, l, v, _| format!("<tr><td>{n}</td><td>{l}</td><td>{v}</td></tr>\n"),
        markup: true,
        flat: false,
    },
    Layout {
        name: "two cells",
        row: |n, l, v, _| format!("<tr><td>{} {l}</td><td>{v}</td></tr>\n", n),
        markup: true,
        flat: false,
    },
    Layout {
        name: "next row",
        row: |n, l, v, _| {
            format!("<tr><td>{n}</td><td>{l}</td></tr><tr><td>&nbsp;</td><td>{v}</td></tr>\n")
        },
        markup: true,
        flat: false,
    },
    Layout {
        name: "divisions",
        row: |n, l, v, _| format!("<div>{n} {l}</div><div>&nbsp;{v}</div>\n"),
        markup: true,
        flat: false,
    },
    Layout {
        name: "a division each",
        row: |n, l, v, _| format!("<div>{n}</div><div>{l}</div><div>&nbsp;{v}</div>\n"),
        markup: true,
        flat: false,
    },
];

/// A page with these numbers and values, between a title and the first item.
fn filing(layout: &Layout, numbers: &[String; 12], values: &Values) -> String {
    let page: String = (0..12)
        .map(|at| {
            let value = match at {
                0 => NAME,
                1 => "(a) [ ]  (b) [X]",
                3 => PLACE,
                4..9 => values[at - 4],
                9 => "[ ]",
                10 => values[5],
                11 => "PN",
                _ => "",
            };
            (layout.row)(&numbers[at], LABELS[at], value, at)
        })
        .collect();
    let title = "SCHEDULE 13G\nUnder the Securities Exchange Act of 1934\nNorthwind Traders, Inc.\n\
                 (Name of Issuer)\nCommon Stock\n(Title of Class of Securities)\n66987V109\n\
                 (CUSIP Number)\nDecember 31, 2003\n\
                 (Date of Event Which Requires Filing of this Statement)\n\n";
    let item = "\nItem 1(a). Name of Issuer:\nNorthwind Traders, Inc.\n";
    match (layout.markup, layout.flat) {
        (true, _) => {
            let lines = |text: &str| text.replace('\n', "<br>\n");
            let table =
                if page.starts_with("<tr>") { format!("<table>{page}</table>") } else { page };
            format!(
                "<html><body><p>{}</p>{table}<p>{}</p></body></html>",
                lines(title),
                lines(item)
            )
        }
        (false, false) => format!("{title}CUSIP No. 66987V109\n\n{page}\n{item}"),
        (false, true) => {
            let all = format!("{title}CUSIP No. 66987V109 {page} {item}");
            all.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    }
}

/// The numbers of the form in one style, or those of the other form.
fn numbers(style: &str, wrong: bool) -> [String; 12] {
    const OTHER: [usize; 12] = [1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14];
    std::array::from_fn(|at| {
        style.replace('#', &(if wrong { OTHER[at] } else { at + 1 }).to_string())
    })
}

/// The numbers of some rows only.
fn only(numbers: &[String; 12], keep: impl Fn(usize) -> bool) -> [String; 12] {
    std::array::from_fn(|at| if keep(at) { numbers[at].clone() } else { String::new() })
}

const STYLES: [&str; 5] = ["#", "#.", "(#)", "#)", "Item #:"];

/// Values that look like numbers of rows, beside ones that do not, and cells that are blank.
fn all_values() -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    let mut add = |values: [&str; 6]| all.push(values.map(str::to_owned).to_vec());
    for value in 0..=14 {
        let value = value.to_string();
        add([&value, "0", &value, "0", &value, "5.4%"]);
        add(["0", &value, "0", &value, &value, "5.4%"]);
        add([&value, &value, &value, &value, &value, "5.4"]);
        add([&value, "", "100", &value, "1,234", "12"]);
        add(["-0-", "None", &value, "100", &value, &value]);
    }
    for blank in 0..6 {
        let mut values = ["100", "7", "100", "0", "107", "5.4%"];
        values[blank] = "";
        add(values);
        let mut values = ["6", "0", "0", "9", "15", "12"];
        values[blank] = "";
        add(values);
    }
    add(["", "", "", "", "1,234", "5.4%"]);
    add(["", "", "", "", "", ""]);
    add(["12,500", "1,234,567", "12,500", "1,234,567", "1,247,067", "5.5%"]);
    all
}

/// Values that count up as the rows do.
const RUNS: [Values; 4] = [
    ["5", "6", "7", "8", "9", "5.4%"],
    ["6", "7", "8", "9", "10", "12"],
    ["7", "8", "9", "10", "11", "13"],
    ["8", "9", "10", "11", "12", "14"],
];

fn state<T: ToString>(field: &Field<T>) -> String {
    field.value().map_or_else(|| format!("<{}>", field.state()), ToString::to_string)
}

fn fields(holder: &Holder) -> [(&'static str, String); 6] {
    [
        ("sole_voting", state(&holder.sole_voting)),
        ("shared_voting", state(&holder.shared_voting)),
        ("sole_dispositive", state(&holder.sole_dispositive)),
        ("shared_dispositive", state(&holder.shared_dispositive)),
        ("aggregate", state(&holder.aggregate)),
        ("percent", state(&holder.percent)),
    ]
}

/// What a printed value says.
fn meant(printed: &str) -> String {
    match printed {
        "" => "<blank>".to_owned(),
        "-0-" | "None" => "0".to_owned(),
        other => other.replace([',', '%'], ""),
    }
}

/// Reads a page back. Complains of every value that is another, of whatever is unreadable without a
/// trouble that says so, and of anything unreadable where the page is `sure`.
fn complaints(what: &str, text: &str, values: &Values, sure: bool) -> (Vec<String>, usize) {
    let reading = read(text.as_bytes());
    let [holder] = reading.holders.as_slice() else {
        return (vec![format!("{what}: {} holders\n{text}", reading.holders.len())], 0);
    };
    let mut wrong = Vec::new();
    let mut unread = 0;
    if state(&holder.name) != NAME || state(&holder.citizenship) != PLACE {
        wrong.push(format!("{what}: {:?} {:?}", state(&holder.name), state(&holder.citizenship)));
    }
    for ((name, read), printed) in fields(holder).into_iter().zip(values) {
        let meant = meant(printed);
        if read == meant {
            continue;
        }
        let told = reading.troubles.iter().any(|t| {
            let code = matches!(t.code.as_str(), "value-ambiguous" | "value-unreadable");
            t.field.as_str() == name && code && (printed.is_empty() || t.message.contains(*printed))
        });
        unread += 1;
        if read != "<unreadable>" || !told || sure {
            wrong.push(format!("{what}: {name} is {read} for {meant}, told {told}"));
        }
    }
    (wrong, unread)
}

/// Whether a page that counts some of its rows is, to the letter, one that counts them all and has a
/// blank cell, or one that counts none: then that is what it is taken for.
fn is_another(
    layout: &Layout,
    style: &str,
    some: &[String; 12],
    values: &Values,
    text: &str,
) -> bool {
    let squash = |text: &str| {
        let text =
            text.replace("&nbsp;", " ").replace("<div> </div>", "").replace("<div></div>", "");
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace("> ", ">")
    };
    let (whole, none) = (numbers(style, false), numbers("", false));
    let (mut blank, mut filled) = (*values, *values);
    for (cell, next) in [5, 6, 7, 8, 9, 11].into_iter().enumerate() {
        if some[next].is_empty() && values[cell] == whole[next] {
            blank[cell] = "";
        }
        if !some[next].is_empty() && values[cell].is_empty() {
            filled[cell] = &some[next];
        }
    }
    let same = |numbers, others: &Values| {
        others != values && squash(&filing(layout, numbers, others)) == squash(text)
    };
    same(&whole, &blank) || same(&none, &filled)
}

/// Reads every value in every layout with these numbers; where not `sure`, a part of them each.
fn all_read(what: &str, sure: bool, numbers: impl Fn(&str) -> [String; 12]) -> (usize, usize) {
    let step = if sure { 1 } else { 5 };
    let mut turn = 0;
    let (mut wrong, mut unread, mut read) = (Vec::new(), 0, 0);
    for layout in &LAYOUTS {
        for style in STYLES {
            turn += 1;
            for values in all_values().into_iter().skip(turn % step).step_by(step) {
                let values: Values = std::array::from_fn(|at| values[at].as_str());
                let text = filing(layout, &numbers(style), &values);
                if !sure && is_another(layout, style, &numbers(style), &values, &text) {
                    continue;
                }
                let name = format!("{what}, {}, {style:?}, {values:?}", layout.name);
                let (found, unreadable) = complaints(&name, &text, &values, sure);
                wrong.extend(found);
                unread += unreadable;
                read += 6;
            }
        }
    }
    let count = wrong.len();
    wrong.truncate(12);
    assert!(count == 0, "{count} of {read}:\n{}", wrong.join("\n"));
    println!("{what}: {unread} of {read} unreadable");
    (unread, read)
}

#[test]
fn a_page_that_counts_all_its_rows_is_read_whatever_its_values() {
    all_read("all", true, |style| numbers(style, false));
}

#[test]
fn a_page_with_the_numbers_of_the_other_form_is_read_whatever_its_values() {
    all_read("the other form's", true, |style| numbers(style, true));
}

#[test]
fn a_page_that_counts_no_rows_is_read_whatever_its_values() {
    all_read("none", true, |_| numbers("", false));
}

#[test]
fn values_that_count_up_as_rows_do_are_read_or_told() {
    let mut complaints_of_all = Vec::new();
    let mut check = |layout: &Layout, style: &str, numbers: &[String; 12], values, sure| {
        let text = filing(layout, numbers, values);
        let name = format!("{}, {style:?}, {values:?}", layout.name);
        complaints_of_all.extend(complaints(&name, &text, values, sure).0);
    };
    for layout in &LAYOUTS {
        for values in &RUNS {
            for style in STYLES {
                check(layout, style, &numbers(style, false), values, true);
            }
            // The same page has numbers of the rows on lines of their own and blank cells.
            check(layout, "none", &numbers("", false), values, false);
        }
    }
    assert!(complaints_of_all.is_empty(), "{}", complaints_of_all.join("\n"));
}

/// Which rows have a number: by what is said of them, and whether a row has one.
type Some = (&'static str, fn(usize) -> bool);

#[test]
fn a_page_that_counts_some_of_its_rows_is_never_read_wrong() {
    let some: [Some; 8] = [
        ("the first four", |at| at < 4),
        ("the powers and the aggregate", |at| (4..9).contains(&at)),
        ("all but the powers", |at| !(4..8).contains(&at)),
        ("all but shared voting", |at| at != 5),
        ("all but sole dispositive", |at| at != 6),
        ("all but the aggregate", |at| at != 8),
        ("the last four", |at| at > 7),
        ("every other", |at| at % 2 == 0),
    ];
    for (what, keep) in some {
        let (unread, read) = all_read(what, false, |style| only(&numbers(style, false), keep));
        // What cannot be told is the exception.
        assert!(unread * 10 < read, "{what}: {unread} of {read}");
    }
}

#[test]
fn a_single_number_on_a_page_without_is_never_read_wrong() {
    // On one line the second row's is the end of a name: "Alder Gate Fund LP 2".
    for at in (0..12).filter(|at| *at != 1) {
        let (unread, read) =
            all_read(LABELS[at], false, |style| only(&numbers(style, false), |row| row == at));
        assert!(unread * 10 < read, "{at}: {unread} of {read}");
    }
}

/// Layouts with the number after its label.
const AFTER: [Row; 3] = [
    |n, l, v, _| format!("{l} {n}\n{v}\n"),
    |n, l, v, _| format!("{l}\n{n}\n{v}\n\n"),
    |n, l, v, _| format!("{l}   {n}   {v}\n"),
];

#[test]
fn numbers_after_their_labels_are_no_values_and_values_no_numbers() {
    let mut wrong = Vec::new();
    for (at, row) in AFTER.into_iter().enumerate() {
        let layout = Layout { name: "after", row, markup: false, flat: false };
        for values in &all_values() {
            let values: Values = std::array::from_fn(|at| values[at].as_str());
            for (numbers, sure) in [(numbers("#", false), true), (numbers("", false), true)] {
                let text = filing(&layout, &numbers, &values);
                let name = format!("after {at}, {:?}, {values:?}", numbers[0]);
                wrong.extend(complaints(&name, &text, &values, sure).0);
            }
        }
        for values in &RUNS {
            let text = filing(&layout, &numbers("", false), values);
            wrong.extend(complaints(&format!("after {at}, {values:?}"), &text, values, false).0);
        }
    }
    let count = wrong.len();
    wrong.truncate(12);
    assert!(count == 0, "{count}:\n{}", wrong.join("\n"));
}

#[test]
fn a_lone_number_beside_a_page_break_may_be_the_pages() {
    let layout = &LAYOUTS[0];
    let values = ["2", "100", "0", "0", "102", "5.4%"];
    let text = filing(layout, &numbers("#.", false), &values);
    let broken = text.replacen("\n      2\n\n", "\n      2\n<PAGE>\n\n", 1);
    assert_ne!(text, broken);
    let (wrong, unread) = complaints("a page break", &broken, &values, false);
    assert!(wrong.is_empty() && unread == 1, "{wrong:#?}");
    // None is the page of no number.
    let none = broken.replacen("\n      2\n", "\n      0\n", 1);
    assert_eq!(fields(&read(none.as_bytes()).holders[0])[0].1, "0");
}

/// Pages that do not print the form's labels: rows called items, captions of the filer's own, numbers
/// alone.
const WITHOUT_LABELS: [(&str, Row); 4] = [
    ("items", |n, _, v, at| match at {
        0 => format!("Item 1:\tReporting Person - {v}\n"),
        _ => format!("Item {n}:\t{v}\n"),
    }),
    ("captions beside", |n, l, v, _| format!("{n}.  {:<30}{v}\n", caption(l))),
    ("captions above", |n, l, v, _| format!("{n}) {}\n     {v}\n", caption(l))),
    ("numbers alone", |n, _, v, _| format!("({n})   {v}\n")),
];

/// A filer's own caption of a row.
fn caption(label: &str) -> &'static str {
    const CAPTIONS: [&str; 12] = [
        "Name",
        "Member of a group",
        "SEC use only",
        "Place of organization",
        "Sole vote",
        "Shared vote",
        "Sole disposition",
        "Shared disposition",
        "Aggregate",
        "Aggregate excludes certain shares",
        "Percent of class",
        "Type",
    ];
    CAPTIONS[LABELS.iter().position(|l| *l == label).unwrap()]
}

#[test]
fn pages_without_the_forms_labels_are_read_whatever_their_values() {
    let mut wrong = Vec::new();
    for (name, row) in WITHOUT_LABELS {
        let layout = Layout { name, row, markup: false, flat: false };
        let all = all_values();
        let small = all.iter().map(|all| std::array::from_fn(|at| all[at].as_str()));
        for values in small.chain(RUNS) {
            let text = filing(&layout, &numbers("#", false), &values);
            wrong.extend(complaints(&format!("{name}, {values:?}"), &text, &values, true).0);
        }
    }
    let count = wrong.len();
    wrong.truncate(12);
    assert!(count == 0, "{count}:\n{}", wrong.join("\n"));
}
