//! Rows whose captions are missing, stand in a list of their own or are heads in words over a typed
//! table, and boxes that nothing but a border draws. Every line here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use blockholder::reading::read::read;
use blockholder::terms::statement::{GroupBox, Holder, Reading};
use blockholder::terms::trouble::{FieldName, TroubleCode};

const TITLE: &str = "SCHEDULE 13G\nUnder the Securities Exchange Act of 1934\n\nTern Harbor \
                     plc\n(Name of Issuer)\n\nCommon Stock\n(Title of Class of \
                     Securities)\n\n99Y8K3208\n(CUSIP Number)\n\n";

/// The rows of a person: number, caption and answer.
const ROWS: [(u8, &str, &str); 12] = [
    (1, "NAME OF REPORTING PERSON", "Ann Quay"),
    (2, "CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP", "(a) [ ] (b) [X]"),
    (3, "SEC USE ONLY", ""),
    (4, "CITIZENSHIP OR PLACE OF ORGANIZATION", "Ohio"),
    (5, "SOLE VOTING POWER", "4,000"),
    (6, "SHARED VOTING POWER", "1,000"),
    (7, "SOLE DISPOSITIVE POWER", "4,100"),
    (8, "SHARED DISPOSITIVE POWER", "900"),
    (9, "AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON", "5,000"),
    (10, "CHECK BOX IF THE AGGREGATE AMOUNT IN ROW (9) EXCLUDES CERTAIN SHARES", "[ ]"),
    (11, "PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (9)", "5.1%"),
    (12, "TYPE OF REPORTING PERSON", "IN"),
];

fn filing(rows: &str) -> Reading {
    let filing = format!("{TITLE}{rows}\n\nItem 1(a). Name of Issuer: Tern Harbor plc\n");
    read(filing.as_bytes())
}

/// A page of markup with the rows below the title page.
fn marked(rows: &str) -> Reading {
    let title = TITLE.replace('\n', "<br>\n");
    let page = format!(
        "<html><body><p>{title}</p>{rows}<p>Item 1(a). Name of Issuer: Tern Harbor plc</p></body>"
    );
    read(page.as_bytes())
}

/// The page with each row as it is set.
fn page(set: impl Fn(u8, &str, &str) -> String) -> String {
    ROWS.iter().map(|(number, caption, answer)| set(*number, caption, answer)).collect()
}

fn says(reading: &Reading, code: TroubleCode, field: FieldName) -> bool {
    reading.troubles.iter().any(|t| t.code == code && t.field == field)
}

/// What a holder's rows of shares say, and the percent.
fn numbers(holder: &Holder) -> Vec<String> {
    let amounts = [
        &holder.sole_voting,
        &holder.shared_voting,
        &holder.sole_dispositive,
        &holder.shared_dispositive,
        &holder.aggregate,
    ];
    let said = amounts.iter().map(|field| field.value().map_or("?".into(), ToString::to_string));
    said.chain([holder.percent.value().map_or("?".into(), ToString::to_string)]).collect()
}

fn names(reading: &Reading) -> Vec<&str> {
    reading.holders.iter().filter_map(|h| h.name.value()).map(String::as_str).collect()
}

#[test]
fn a_page_without_a_row_of_boxes_says_so() {
    let without = |left: &[u8]| {
        let set = |number: u8, caption: &str, answer: &str| match left.contains(&number) {
            true => String::new(),
            false => format!("{number}. {caption}\n   {answer}\n"),
        };
        filing(&page(set))
    };
    let (group, excludes) = (FieldName::Group, FieldName::ExcludesShares);
    let missing = |left: &[u8]| {
        let reading = without(left);
        [group, excludes].map(|field| says(&reading, TroubleCode::RowMissing, field))
    };
    assert_eq!(missing(&[]), [false, false]);
    assert_eq!(missing(&[2]), [true, false]);
    assert_eq!(missing(&[10]), [false, true]);
    // Both boxes empty say something.
    let empty = filing(&page(|n, c, a| format!("{n}. {c}\n   {a}\n")).replace("[X]", "[ ]"));
    assert!(!says(&empty, TroubleCode::RowMissing, group));
    // The number of the row and that there is no group, without its caption.
    for answer in ["2.  N/A", "(2) Not applicable", "2: None"] {
        let rows = page(|n, c, a| match n {
            2 => format!("{answer}\n"),
            _ => format!("{n}. {c}\n   {a}\n"),
        });
        assert!(!says(&filing(&rows), TroubleCode::RowMissing, group), "{answer}");
    }
    // Boxes under a caption that is not understood.
    let other = page(|n, c, a| match n {
        2 => "2. Do you act with others?\n   (a) [ ] (b) [X]\n".to_owned(),
        _ => format!("{n}. {c}\n   {a}\n"),
    });
    assert!(says(&filing(&other), TroubleCode::RowMissing, group));
}

#[test]
fn a_border_draws_a_box() {
    let styles = [
        "border: 1px solid #000",
        "display:inline-block;width:10px;border:solid 1px black",
        "BORDER: Black 1pt solid",
    ];
    for style in styles {
        for (ticked, sign) in
            [(false, "&nbsp;&nbsp;"), (false, ""), (true, "X"), (true, "&#10003;")]
        {
            let rows = page(|n, c, a| {
                let a = match n {
                    10 => format!("<span style=\"{style}\">{sign}</span>"),
                    2 => format!(
                        "(a) <span style='{style}'>&#160;</span> (b) <span style='{style}'>X</span>"
                    ),
                    _ => a.to_owned(),
                };
                format!("<p>{n}. {c}<br>{a}</p>")
            });
            let reading = marked(&rows);
            let holder = &reading.holders[0];
            assert_eq!(holder.excludes_shares.value(), Some(&ticked), "{style} {sign}");
            assert_eq!(holder.group.value(), Some(&GroupBox::B), "{style}");
        }
    }
    // A line below a blank, no line, or a border around words is no box.
    for style in ["border-bottom: 1px solid", "border: none", "border:0"] {
        let rows = page(|n, c, a| {
            let blank = format!("<span style=\"{style}\">&nbsp;</span>");
            let a = if n == 10 { &blank } else { a };
            format!("<p>{n}. {c}<br>{a}</p>")
        });
        assert_eq!(marked(&rows).holders[0].excludes_shares.value(), None, "{style}");
    }
    let framed =
        page(|n, c, a| format!("<p>{n}. {c}<br><span style='border:1px solid'>{a}</span>"));
    assert_eq!(names(&marked(&framed)), ["Ann Quay"]);
}

#[test]
fn captions_in_one_list_and_answers_in_another() {
    let typed = |heading: &str, number: &dyn Fn(u8) -> String| {
        let captions = page(|n, c, _| format!("{} {c}\n", number(n)));
        let answers = page(|n, _, a| format!("{} {a}\n", number(n)));
        filing(&format!("{captions}\n{heading}\n{answers}"))
    };
    let table = || {
        let captions = page(|n, c, _| format!("<tr><td>Row {n}</td><td>{c}</td></tr>"));
        let answers = page(|n, _, a| format!("<tr><td>Row {n}</td><td>{a}</td></tr>"));
        marked(&format!("<table>{captions}</table><table>{answers}</table>"))
    };
    let readings = [
        typed("RESPONSES:", &|n| format!("({n})")),
        typed("", &|n| format!("{n}.")),
        typed("Answers", &|n| format!("{n})")),
        table(),
    ];
    for reading in readings {
        assert_eq!(names(&reading), ["Ann Quay"]);
        let holder = &reading.holders[0];
        assert_eq!(numbers(holder), ["4000", "1000", "4100", "900", "5000", "5.1"]);
        assert_eq!(holder.group.value(), Some(&GroupBox::B));
        assert_eq!(holder.citizenship.value().map(String::as_str), Some("Ohio"));
        assert_eq!(holder.excludes_shares.value(), Some(&false));
        assert_eq!(holder.types[0].value().map(String::as_str), Some("IN"));
    }
    // Answers under other numbers are not told to be theirs.
    let captions = page(|n, c, _| format!("({n}) {c}\n"));
    let answers = page(|n, _, a| format!("({}) {a}\n", n + 1));
    let reading = filing(&format!("{captions}\n{answers}"));
    assert!(reading.holders.iter().all(|h| !h.aggregate.is_stated()));
}

/// Heads in words over a typed table, a line for each person.
const TABLE: &str = "
                          Sole    Shared     Sole       Shared    Aggregate Percent  Type of
                         Voting   Voting  Dispositive Dispositive   Amount  of Class Person
---------------------   -------  -------  ----------- ----------- --------- -------- ------
Ann Quay                  4,000        0        4,000           0     4,000     5.1%  IN
Ben Wharf and Company     3,000    1,000        3,000       1,000     4,000     5.1%  IA, PN
  Limited Partnership
";

#[test]
fn a_typed_table_under_heads_in_words_is_read() {
    for (from, to) in [
        ("---------------------   -------  ", "----------------------------------"),
        ("                          Sole ", "Name of Reporting Person  Sole "),
        ("Aggregate Percent", "Aggregate    %   "),
        ("Dispositive Dispositive", "Investment  Investment "),
    ] {
        let reading = filing(&TABLE.replace(from, to));
        assert_eq!(
            names(&reading),
            ["Ann Quay", "Ben Wharf and Company Limited Partnership"],
            "{to}"
        );
        let held: Vec<Vec<String>> = reading.holders.iter().map(numbers).collect();
        assert_eq!(held[0], ["4000", "0", "4000", "0", "4000", "5.1"]);
        assert_eq!(held[1], ["3000", "1000", "3000", "1000", "4000", "5.1"]);
        let types = reading.holders[1].types.iter().map(|code| code.value().unwrap().as_str());
        assert_eq!(types.collect::<Vec<_>>(), ["IA", "PN"]);
        assert!(says(&reading, TroubleCode::RowMissing, FieldName::Citizenship));
    }
    // A column under a head that is none of the form's, or a line with a cell less: nobody is read.
    for (from, to) in [("Amount", "Price"), ("        0        4,000", "                 4,000")] {
        let reading = filing(&TABLE.replacen(from, to, 1));
        assert!(reading.holders.is_empty(), "{to}");
        assert!(says(&reading, TroubleCode::HolderWithoutCover, FieldName::All), "{to}");
    }
    // In an item it tells who holds besides: directors, or those with cover pages.
    let below =
        format!("{TITLE}Item 4. Ownership\n\n{TABLE}\n\nItem 5. Ownership of Five Percent\n");
    assert!(read(below.as_bytes()).holders.is_empty());
}

#[test]
fn what_counts_the_answers_is_no_part_of_a_place() {
    let rows = page(|n, c, a| format!("Q{n}: {c}?\nA{n}: {a}\n"));
    let reading = filing(&rows);
    let place = reading.holders.first().and_then(|h| h.citizenship.value().cloned());
    assert!(place.is_none() || place.as_deref() == Some("Ohio"), "{place:?}");
    assert!(
        place.is_some() || says(&reading, TroubleCode::ValueUnreadable, FieldName::Citizenship)
    );
}
