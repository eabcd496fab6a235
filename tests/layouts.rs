//! The same facts printed in every layout the reader must know, and read back equal.
//! Knows no real filing: every line here is invented.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(clippy::panic, clippy::string_slice)]

#[path = "common/labels.rs"]
mod labels;

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::Reading;
use blockholder::terms::trouble::FieldName;
use labels::LABELS;

/// One reporting person's rows, as they must be read.
struct Person {
    name: &'static str,
    place: &'static str,
    amounts: [&'static str; 5],
    percent: &'static str,
    types: &'static [&'static str],
}

const ISSUER: &str = "Northwind Traders, Inc.";
const CLASS: &str = "Common Stock, par value $.01 per share";
const CUSIP: &str = "66987V109";

const PEOPLE: [Person; 2] = [
    Person {
        name: "Harbor Ridge Partners, L.P.",
        place: "Delaware",
        amounts: ["0", "1,234,567", "0", "1,234,567", "1,234,567"],
        percent: "5.4",
        types: &["PN"],
    },
    Person {
        name: "Jane Q. Doe",
        place: "United States of America",
        amounts: ["12,500", "1,234,567", "12,500", "1,234,567", "1,247,067"],
        percent: "5.5",
        types: &["IN", "HC"],
    },
];

/// The twelve cells of a person, printed in the plainest way.
fn cells(person: &Person) -> [String; 12] {
    let [sole, shared, dispose, together, aggregate] = person.amounts.map(str::to_owned);
    [
        person.name.to_owned(),
        "(a) [ ]  (b) [X]".to_owned(),
        String::new(),
        person.place.to_owned(),
        sole,
        shared,
        dispose,
        together,
        aggregate,
        "[ ]".to_owned(),
        format!("{}%", person.percent),
        person.types.join(", "),
    ]
}

fn title_above() -> String {
    format!(
        "      UNITED STATES\n  SECURITIES AND EXCHANGE COMMISSION\n     Washington, D.C. 20549\n\n\
         SCHEDULE 13G\n\nUnder the Securities Exchange Act of 1934\n(Amendment No. 3)*\n\n\
         {ISSUER}\n--------------------\n(Name of Issuer)\n\n{CLASS}\n--------------\n\
         (Title of Class of Securities)\n\n{CUSIP}\n------------\n(CUSIP Number)\n\n\
         December 31, 2003\n-----------\n\
         (Date of Event Which Requires Filing of this Statement)\n\n\
         Check the appropriate box to designate the rule pursuant to which this Schedule is \
         filed:\n[ ] Rule 13d-1(b)\n[X] Rule 13d-1(c)\n[ ] Rule 13d-1(d)\n\n*The remainder of \
         this cover page shall be filled out for a reporting person's initial filing.\n\n"
    )
}

fn items() -> String {
    format!(
        "\nItem 1(a). Name of Issuer:\n   {ISSUER}\nItem 1(b). Address of Issuer's Principal \
         Executive Offices:\n1 Main Street\nItem 2(a). Name of Person Filing:\n Both of the \
         above\nItem 2(d). Title of Class of Securities:\n{CLASS}\nItem 2(e). CUSIP Number:\n\
         {CUSIP}\nItem 3. Not applicable.\nItem 4. Ownership.\n\
         (a) Amount beneficially owned: 1,247,067\n(b) Percent of class: 5.5%\n\
         (c) Number of shares as to which such person has:\n\
         (i) Sole power to vote or to direct the vote: 12,500\n\
         Item 5. Ownership of Five Percent or Less of a Class.\nNot applicable.\n\
         Item 10. Certification.\nBy signing below I certify.\n\nSIGNATURE\n\n\
         After reasonable inquiry and to the best of my knowledge and belief, I certify that \
         the information is true.\n\nDated: February 10, 2004\n\nHARBOR RIDGE PARTNERS, L.P.\n\n\
         By: /s/ Jane Q. Doe\nJane Q. Doe, General Partner\n\n/s/ Jane Q. Doe\nJane Q. Doe\n"
    )
}

/// Every cover page written by `page`, between title and items.
fn filing(page: impl Fn(&Person) -> String) -> String {
    let pages: String = PEOPLE.iter().map(page).collect();
    format!("{}{pages}{}", title_above(), items())
}

/// Number and label, then the value below.
fn typed(person: &Person, numbers: [&str; 12], labels: [&str; 12]) -> String {
    let mut page = format!("\nCUSIP No. {CUSIP}            13G           Page 2 of 9 Pages\n\n");
    for ((number, label), cell) in numbers.iter().zip(labels).zip(cells(person)) {
        page.push_str(&format!("{number}  {label}\n\n      {cell}\n\n"));
    }
    page
}

const DOTTED: [&str; 12] =
    ["1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.", "10.", "11.", "12."];
const BARE: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
const BRACKETED: [&str; 12] =
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)", "(11)", "(12)"];
const CLOSED: [&str; 12] =
    ["1)", "2)", "3)", "4)", "5)", "6)", "7)", "8)", "9)", "10)", "11)", "12)"];
const NONE: [&str; 12] = [""; 12];
/// The numbers of the other schedule.
const WRONG: [&str; 12] = ["1", "2", "3", "6", "7", "8", "9", "10", "11", "12", "13", "14"];

fn stated<T: ToString>(field: &Field<T>) -> String {
    field.value().map_or_else(|| format!("<{}>", field.state()), ToString::to_string)
}

fn squash(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// What a reading gets wrong; nothing, if all is well.
fn differences(reading: &Reading) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |what: String, got: String, want: &str| {
        let printed = ["name", "place", "issuer", "class"].iter().any(|w| what.ends_with(w));
        let same = squash(&got) == squash(want) && got.starts_with('<') == want.starts_with('<');
        let same = if printed { got == want } else { same };
        if !same {
            wrong.push(format!("{what}: {got:?} for {want:?}"));
        }
    };
    check("issuer".into(), stated(&reading.issuer.name), ISSUER);
    check("class".into(), stated(&reading.class_title), CLASS);
    let cusips: Vec<String> = reading.cusips.iter().map(stated).collect();
    check("cusip".into(), cusips.join(" "), CUSIP);
    check("event".into(), stated(&reading.event_date), "2003-12-31");
    check("amendment".into(), stated(&reading.amendment_number), "3");
    check("form".into(), stated(&reading.form), "SC 13G/A");
    let rules: Vec<&str> =
        reading.rules.iter().filter_map(|r| r.value()).map(|r| r.as_str()).collect();
    check("rules".into(), rules.join(" "), "13d-1(c)");
    check("holders".into(), reading.holders.len().to_string(), "2");
    for (index, (holder, person)) in reading.holders.iter().zip(&PEOPLE).enumerate() {
        let mut row =
            |name: &str, got: String, want: &str| check(format!("{index}.{name}"), got, want);
        row("name", stated(&holder.name), person.name);
        row("group", holder.group.value().map_or("none", |g| g.as_str()).to_owned(), "b");
        row("place", stated(&holder.citizenship), person.place);
        let fields = [
            &holder.sole_voting,
            &holder.shared_voting,
            &holder.sole_dispositive,
            &holder.shared_dispositive,
            &holder.aggregate,
        ];
        for (at, (field, want)) in fields.into_iter().zip(person.amounts).enumerate() {
            row(&format!("amount {at}"), stated(field), want);
        }
        row("excludes", format!("{:?}", holder.excludes_shares.value()), "Some(false)");
        row(
            "percent",
            stated(&holder.percent).replace('.', "point"),
            &person.percent.replace('.', "point"),
        );
        let types: Vec<String> = holder.types.iter().map(stated).collect();
        row("types", types.join(" "), &person.types.join(" "));
    }
    wrong
}

fn reads(what: &str, filing: &str, troubles: usize) {
    let reading = read(filing.as_bytes());
    let wrong = differences(&reading);
    assert!(wrong.is_empty(), "{what}:\n{}\n{filing}", wrong.join("\n"));
    let said: Vec<&str> = reading.troubles.iter().map(|t| t.message.as_str()).collect();
    assert!(said.len() <= troubles, "{what}: {said:?}");
}

/// All white space becomes single spaces: a page saved as one line.
fn flattened(text: &str) -> String {
    let kept = text.split_whitespace().filter(|w| w.len() < 4 || !w.chars().all(|c| c == '-'));
    kept.collect::<Vec<_>>().join(" ")
}

#[test]
fn typed_pages_with_numbers_of_every_style() {
    for numbers in [DOTTED, BARE, BRACKETED, CLOSED, NONE] {
        reads(numbers[0], &filing(|p| typed(p, numbers, LABELS)), 0);
    }
    reads("the other form's numbers", &filing(|p| typed(p, WRONG, LABELS)), 0);
}

#[test]
fn typed_pages_without_lines() {
    for numbers in [DOTTED, BARE, BRACKETED, CLOSED, NONE] {
        reads(numbers[0], &flattened(&filing(|p| typed(p, numbers, LABELS))), 0);
    }
    reads("the other form's numbers", &flattened(&filing(|p| typed(p, WRONG, LABELS))), 0);
}

#[test]
fn lines_may_end_in_any_way() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    reads("carriage return and line feed", &text.replace('\n', "\r\n"), 0);
    reads("carriage return alone", &text.replace('\n', "\r"), 0);
    reads("form feeds", &text.replace("\nCUSIP", "\n\u{c}CUSIP"), 0);
}

#[test]
fn values_on_the_labels_line() {
    for between in [" ", ": ", "  .......... ", " - ", "\t", "          "] {
        let page = |p: &Person| {
            let rows = DOTTED.iter().zip(LABELS).zip(cells(p));
            let rows = rows.map(|((n, label), cell)| format!("{n} {label}{between}{cell}\n"));
            format!("\nCUSIP No. {CUSIP}\n{}", rows.collect::<String>())
        };
        reads(between, &filing(page), 0);
        reads(&format!("flat {between}"), &flattened(&filing(page)), 0);
    }
}

#[test]
fn lower_case_and_mixed_labels() {
    let sentence = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    };
    let mixed = LABELS.map(|label| label.split(' ').map(sentence).collect::<Vec<_>>().join(" "));
    reads("Mixed", &filing(|p| typed(p, DOTTED, mixed.each_ref().map(String::as_str))), 0);
    let small = LABELS.map(sentence);
    reads("Sentence", &filing(|p| typed(p, BRACKETED, small.each_ref().map(String::as_str))), 0);
}

#[test]
fn title_labels_with_a_letter_or_two_wrong() {
    for (label, wrong) in [
        ("(Name of Issuer)", "(Name of lssuer)"),
        ("(Title of Class of Securities)", "(Titl of Clas of Securities)"),
        ("(CUSIP Number)", "(CUSPI Number)"),
        ("(Date of Event Which Requires Filing", "(Date of Evnt Whch Requires Filing"),
    ] {
        let plain = filing(|p| typed(p, DOTTED, LABELS));
        assert!(plain.contains(label), "{label}");
        // The items name the issuer, too.
        let title = title_above();
        let text = plain.replace(&title, &title.replace(label, wrong));
        assert!(text.contains(wrong), "{wrong}");
        reads(wrong, &text, 0);
    }
}

#[test]
fn labels_misspelt_joined_and_changed() {
    for (at, label) in [
        (0, "NAMES OF REPORTING PERSONS S.S. OR I.R.S. IDENTIFICATION NOS. OF ABOVE PERSONS"),
        (0, "NAME OF REPORTING PERSON\n I.R.S. IDENTIFICATION NO. OF ABOVE PERSON (ENTITIES ONLY)"),
        (0, "NAME OF REPORT PERSON"),
        (0, "NAME OF REPORTING PERSON AND S.S. OR I.R.S. NO.:"),
        (0, "NAME OF PERSON"),
        (1, "CHECK THE APPROPRIATE [LINE] IF A MEMBER OF A GROUP*"),
        (1, "Check the Appropriate Box if a Member of a Group (See Instructions)"),
        (3, "CITIZENSHIP OF PLACE OF ORGANIZATION"),
        (3, "CITIZENSHIP OR PLACE OR ORGANIZATION"),
        (3, "CITIZENSHIP"),
        (3, "PLACE OF ORGANIZATION"),
        (4, "SOLEVOTING POWER"),
        (5, "Sh1red Voting Power"),
        (5, "SHARED OR NO VOTING POWER"),
        (5, "SHARES VOTING POWER"),
        (6, "SOLEDISPOSITIVE POWER"),
        (6, "Sole dispositive voting power"),
        (7, "SHARE DISPOSITIVE POWER"),
        (8, "AGGREGATE AMOUNT OWNED BY EACH REPORTING PERSON"),
        (8, "AGGREGATE AMOUNTIN BENEFICIALLY OWNED BY EACH REPORTING PERSON"),
        (9, "CHECK IF THE AGGREGATE AMOUNTIN ROW 9 EXCLUDES CERTAIN SHARES (SEE INSTRUCTIONS)"),
        (10, "PERCENT OF CLASS REPRESENTED BY ROW 11"),
        (10, "PERCENTAGE OF CLASS REPRESENTED BY AMOUNT IN ROW 9"),
        (11, "TYPE OF REPORTING PERSON* (SEE INSTRUCTIONS)"),
        (11, "TYPE OF PERSON REPORTING"),
    ] {
        let mut labels = LABELS;
        labels[at] = label;
        reads(label, &filing(|p| typed(p, DOTTED, labels)), 0);
        let flat = flattened(&filing(|p| typed(p, DOTTED, labels)));
        reads(&format!("flat {label}"), &flat, 0);
    }
}

#[test]
fn dispositive_rows_labelled_voting() {
    let mut labels = LABELS;
    labels[6] = "SOLE VOTING POWER";
    labels[7] = "SHARED VOTING POWER";
    reads("voting twice", &filing(|p| typed(p, DOTTED, labels)), 4);
}

#[test]
fn the_last_power_labelled_as_the_one_before() {
    let mut labels = LABELS;
    labels[7] = "SOLE DISPOSITIVE POWER";
    for numbers in [DOTTED, BRACKETED] {
        reads("sole twice", &filing(|p| typed(p, numbers, labels)), 2);
    }
}

#[test]
fn a_legend_beside_the_numbers() {
    let page = |p: &Person| {
        let c = cells(p);
        format!(
            "\n1. {l0}\n   {}\n\n2. {l1}   (a) [ ]\n   (b) [X]\n\n3. SEC USE ONLY\n\n4. {l3}\n   \
             {}\n\nNUMBER OF        5.  SOLE VOTING POWER            {}\n SHARES\n\
             BENEFICIALLY     6.  SHARED VOTING POWER\n OWNED BY                        {}\n   \
             EACH           7.  SOLE DISPOSITIVE POWER    {}\n REPORTING\n  \
             PERSON          8.  SHARED DISPOSITIVE POWER\n   WITH             {}\n\n\
             9.  AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH          {}\n    REPORTING PERSON\n\
             10. CHECK BOX IF THE AGGREGATE AMOUNT IN ROW (9) EXCLUDES   [ ]\n    CERTAIN \
             SHARES\n11. PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW 9    {}\n\
             12. TYPE OF REPORTING PERSON*\n   {}\n*SEE INSTRUCTIONS BEFORE FILLING OUT!\n",
            c[0],
            c[3],
            c[4],
            c[5],
            c[6],
            c[7],
            c[8],
            c[10],
            c[11],
            l0 = LABELS[0],
            l1 = LABELS[1],
            l3 = LABELS[3]
        )
    };
    reads("legend", &filing(page), 0);
    reads("flat legend", &flattened(&filing(page)), 0);
}

/// The typed title and items as markup, one paragraph a line.
fn paragraphs(text: &str) -> String {
    text.lines().map(|line| format!("<p>{}</p>\n", line.replace('&', "&amp;"))).collect()
}

fn html(page: impl Fn(&Person) -> String) -> String {
    let pages: String = PEOPLE.iter().map(page).collect();
    format!(
        "<html><head><title>x</title></head><body>{}{pages}{}</body></html>",
        paragraphs(&title_above()),
        paragraphs(&items())
    )
}

fn table(person: &Person, row: impl Fn(&str, &str, &str) -> String) -> String {
    let rows = DOTTED.iter().zip(LABELS).zip(cells(person));
    let rows: String = rows.map(|((n, label), cell)| row(n, label, &cell)).collect();
    format!("<p>CUSIP No. {CUSIP}</p><table>{rows}</table><p>Page 3 of 9</p><hr>")
}

#[test]
fn tables_of_every_kind() {
    type RowOf = fn(&str, &str, &str) -> String;
    let kinds: [(&str, RowOf); 7] = [
        ("value in the same cell", |n, l, c| format!("<tr><td>{n}</td><td>{l}<br>{c}</td></tr>")),
        ("value in the next cell", |n, l, c| {
            format!("<tr><td>{n}</td><td>{l}</td><td>{c}</td></tr>")
        }),
        ("value in the next row", |n, l, c| {
            format!("<tr><td>{n}</td><td>{l}</td></tr>\n<tr><td>&nbsp;</td><td>{c}</td></tr>")
        }),
        ("cells left open", |n, l, c| format!("<TR><TD>{n}<TD>{l}<P>{c}\n")),
        ("words in tags", |n, l, c| {
            let l = l.replace(' ', "</font>\n <font size=2>").replace("POWER", "PO<b>WER</b>");
            format!(
                "<tr><td><div>{n}&#160;</div></td><td><font>{l}</font><div>&nbsp;{c}&nbsp;</div>\
                 </td></tr>"
            )
        }),
        ("number with its label", |n, l, c| format!("<tr><td><p>{n} {l}</p><p>{c}</p></td></tr>")),
        ("no table at all", |n, l, c| format!("<div>{n}&nbsp;&nbsp;{l}</div><div>{c}</div>")),
    ];
    for (what, row) in kinds {
        reads(what, &html(|p| table(p, row)), 0);
    }
}

#[test]
fn a_typed_page_inside_markup() {
    let text = filing(|p| typed(p, DOTTED, LABELS)).replace('&', "&amp;");
    reads("pre", &format!("<HTML><BODY><PRE>{text}</PRE></BODY></HTML>"), 0);
}

#[test]
fn boxes_in_markup() {
    for (ticked, empty) in [
        ("<font face=\"Wingdings\">x</font>", "<font face=\"Wingdings\">o</font>"),
        (
            "<font style=\"font-family:Wingdings\">&#254;</font>",
            "<font style=\"font-family:Wingdings\">&#168;</font>",
        ),
        ("<font face=Wingdings>&thorn;</font>", "<font face=Wingdings>&#111;</font>"),
        ("&#9746;", "&#9744;"),
        ("&#x2612;", "&#x2610;"),
        ("☑", "☐"),
        ("<input type=checkbox checked>", "<input type=checkbox>"),
        ("[<b>X</b>]", "[&nbsp;&nbsp;]"),
        ("|X|", "|_|"),
        ("/X/", "/ /"),
        ("<u>X</u>", "<u>&nbsp;&nbsp;&nbsp;</u>"),
        ("x", "o"),
        ("ý", "¨"),
        ("&#61560;", "&#61608;"),
    ] {
        let page = |p: &Person| {
            let page = table(p, |n, l, c| format!("<tr><td>{n}</td><td>{l}<br>{c}</td></tr>"));
            page.replace("[X]", ticked).replace("[ ]", empty)
        };
        let text = html(page);
        reads(ticked, &text, 0);
        let after = format!("(a) {empty}  (b) {ticked}");
        let before = text.replace(&after, &format!("{empty} (a)  {ticked} (b)"));
        reads(&format!("{ticked} before"), &before, 0);
    }
}

#[test]
fn one_line_items() {
    let page = |p: &Person| {
        let c = cells(p);
        format!(
            "\nCusip #{CUSIP}\nItem 1:\tReporting Person - {}\nItem 2: (a) [ ]\n   (b) [X]\n\
             Item 4:\t{}\nItem 5:\t{}\nItem 6:\t{}\nItem 7:\t{}\nItem 8:\t{}\nItem 9:\t{}\n\
             Item 10: [ ]\nItem 11:\t{}\nItem 12:\t{}\n",
            c[0], c[3], c[4], c[5], c[6], c[7], c[8], c[10], c[11]
        )
    };
    reads("items", &filing(page), 0);
    reads("flat items", &flattened(&filing(page)), 0);
}

#[test]
fn cover_pages_after_the_signature() {
    let pages: String = PEOPLE.iter().map(|p| typed(p, DOTTED, LABELS)).collect();
    reads("after", &format!("{}{}{pages}", title_above(), items()), 0);
}

#[test]
fn labels_above_a_block_of_values() {
    let page = |p: &Person| {
        let c = cells(p);
        format!(
            "\n1 {}\n{}\n2 {}\n{}\n3 SEC USE ONLY\n4 {}\n{}\n5 SOLE VOTING POWER\n6 SHARED VOTING \
             POWER\n7 SOLE DISPOSITIVE POWER\n8 SHARED DISPOSITIVE POWER\nNUMBER OF SHARES \
             BENEFICIALLY OWNED BY EACH REPORTING PERSON WITH\n{}\n\n{}\n\n{}\n\n{}\n\n9 {}\n{}\n\
             10 {}\n{}\n11 {}\n{}\n12 {}\n{}\n",
            LABELS[0],
            c[0],
            LABELS[1],
            c[1],
            LABELS[3],
            c[3],
            c[4],
            c[5],
            c[6],
            c[7],
            LABELS[8],
            c[8],
            LABELS[9],
            c[9],
            LABELS[10],
            c[10],
            LABELS[11],
            c[11]
        )
    };
    reads("bundled", &filing(page), 0);
    // One value short, it cannot be told whose the others are.
    let short = filing(page).replacen("12,500\n\n", "", 1);
    let reading = read(short.as_bytes());
    let holder = &reading.holders[1];
    assert!(!holder.sole_voting.is_stated() && !holder.shared_dispositive.is_stated());
    assert!(reading.troubles.iter().any(|t| t.code.as_str() == "value-ambiguous"));
}

#[test]
fn notes_around_the_numbers() {
    for (from, to) in [
        ("1,234,567", "1,234,567 (1)(2)"),
        ("1,234,567", "1,234,567 shares"),
        ("1,234,567", "1,234,567 (See Item 5)"),
        ("1,234,567", "1,234,567**"),
        ("1,234,567", "1234567"),
        (
            "1,234,567",
            "1,234,567 shares of Common Stock (including 5,000 upon exercise of options)",
        ),
        ("5.4%", "5.4"),
        ("5.4%", "5.4 %"),
        ("5.4%", "5.4% (3)"),
        ("5.4%", "Approximately 5.4%"),
        ("5.4%", "5.4% (based on 22,862,351 shares outstanding)"),
        ("5.4%", "5.4%*"),
        ("5.4%", "Five and four-tenths percent (5.4%)"),
        ("      0\n", "      -0-\n"),
        ("      0\n", "      None\n"),
        ("      0\n", "      zero\n"),
        ("      0\n", "      -\n"),
        ("      0\n", "      0 shares\n"),
        ("      0\n", "      -0- (see Item 4)\n"),
    ] {
        for numbers in [DOTTED, BARE, NONE] {
            let text = filing(|p| typed(p, numbers, LABELS)).replace(from, to);
            reads(to, &text, 0);
            reads(&format!("flat {to}"), &flattened(&text), 0);
        }
    }
}

#[test]
fn title_pages_with_the_label_first() {
    let title = format!(
        "Schedule 13G\nUnder the Securities Exchange Act of 1934\n(Amendment No.: 3 )*\n\
         Name of issuer: {ISSUER}\nTitle of Class of Securities: {CLASS}\nCUSIP Number: {CUSIP}\n\
         Date of Event Which Requires Filing of this Statement: December 31, 2003\n\
         Check the appropriate box to designate the rule pursuant to which this Schedule is \
         filed:\n( ) Rule 13d-1(b)\n(X) Rule 13d-1(c)\n( ) Rule 13d-1(d)\n"
    );
    let pages: String = PEOPLE.iter().map(|p| typed(p, DOTTED, LABELS)).collect();
    let text = format!("{title}{pages}{}", items());
    reads("label first", &text, 0);
    reads("label first, flat", &flattened(&text), 0);
}

#[test]
fn title_pages_in_other_words() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for (from, to) in [
        ("December 31, 2003", "12/31/2003"),
        ("December 31, 2003", "12/31/03"),
        ("December 31, 2003", "31 December 2003"),
        ("December 31, 2003", "DECEMBER 31, 2003"),
        ("(Name of Issuer)", "(Name of Company)"),
        ("(Title of Class of Securities)", "(Title and Class of Securities)"),
        ("(CUSIP Number)", "(CUSIP/SEDOL Number)"),
        ("(CUSIP Number)", "(Cusip Nubmer)"),
        ("66987V109\n-", "66987V 10 9\n-"),
        ("66987V109\n-", "66987V-10-9\n-"),
        ("(Amendment No. 3)*", "(AMENDMENT NO.3)*"),
        ("(Amendment No. 3)*", "Amendment No: 3"),
        ("(Amendment No. 3)*", "(Amendment No. 3; Exit Filing)*"),
        ("(Amendment No. 3)*", "(Amendment No. 3) (Exit Filing)*"),
        ("(Amendment No. 3)*", "(Amendment No. _3_)"),
        ("(Amendment No. 3)*", "AMENDMENT NUMBER 3"),
        ("[X] Rule 13d-1(c)", "/X/ Rule 13d-1(c)"),
        ("[ ] Rule 13d-1(b)\n[X] Rule 13d-1(c)\n[ ]", "    Rule 13d-1(b)\n X  Rule 13d-1(c)\n   "),
        (
            "[ ] Rule 13d-1(b)\n[X] Rule 13d-1(c)\n[ ] Rule 13d-1(d)",
            "Rule 13d-1(b) [ ]\nRule 13d-1(c) [X]\nRule 13d-1(d) [ ]",
        ),
        ("[X] Rule 13d-1(c)", "[X] Rule 13d-l(c)"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        reads(to, &changed, 0);
        if !to.contains("\n X  Rule") {
            reads(&format!("flat {to}"), &flattened(&changed), 0);
        }
    }
}

#[test]
fn a_mark_between_two_rules_on_one_line_is_nobodys() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let text = text.replace("[ ] Rule", "Rule").replace("[X] Rule", "X Rule");
    let reading = read(flattened(&text).as_bytes());
    assert!(reading.rules.iter().all(|rule| !rule.is_stated()));
    assert!(reading.troubles.iter().any(|t| t.field.as_str() == "rules"));
}

#[test]
fn tables_drawn_with_bars() {
    let page = |p: &Person| {
        let c = cells(p);
        let mut page = format!("\nCUSIP No. {CUSIP}\n|{}|\n", "-".repeat(70));
        for (at, label) in LABELS.iter().enumerate() {
            page.push_str(&format!("|{:^7}| {label:<61}|\n|       |{:62}|\n", BARE[at], ""));
            if at == 1 {
                page.push_str(&format!(
                    "|       | {:<61}|\n|       | {:<61}|\n",
                    "(a) |_|", "(b) |X|"
                ));
            } else {
                page.push_str(&format!("|       | {:<61}|\n", c[at]));
            }
            page.push_str(&format!("|{}|\n", "-".repeat(70)));
        }
        page
    };
    reads("bars", &filing(page), 0);
}

/// Label, then the row's number, then the value.
fn numbered_after(person: &Person, between: &str) -> String {
    let rows = BARE.iter().zip(LABELS).zip(cells(person));
    let rows = rows.map(|((n, label), cell)| format!("{label}{between}{n}{between}{cell}\n\n"));
    format!("\nCUSIP No. {CUSIP}\n\n{}\n", rows.collect::<String>())
}

#[test]
fn row_numbers_after_their_labels() {
    for between in [" ", "\n  ", "\n\n      "] {
        let text = filing(|p| numbered_after(p, between));
        reads(between, &text, 0);
        reads("flat", &flattened(&text), 0);
        let blank = text.replacen("1,234,567", "", 1);
        let first = &read(blank.as_bytes()).holders[0];
        assert_eq!(first.shared_voting.state(), "blank", "{blank}");
        let blank = text.replacen("5.4%", "", 1);
        assert_eq!(read(blank.as_bytes()).holders[0].percent.state(), "blank", "{blank}");
    }
}

#[test]
fn the_legend_is_no_part_of_a_place() {
    for legend in [
        "Number of Units Beneficially Owned by Each Reporting Person With:\n",
        "NUMBER OF INTERESTS BENEFICIALLY OWNED BY EACH REPORTING PERSON WITH\n",
        "Nubmer of ",
        "NUMBER OF     ",
        "Number of securities ",
        "NUMBER OF\nUNITS     ",
    ] {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replace("\n5.", &format!("\n{legend}5."));
        reads(legend, &text, 0);
        reads(legend, &flattened(&text), 0);
    }
}

#[test]
fn page_breaks_and_headings_among_the_rows() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for heading in [
        "\n        2\n<PAGE>\n",
        "\n<PAGE>\n       3\n",
        "\n   -2-\n<PAGE>\nCUSIP No. 66987V109 (continued)\n",
        "\n<PAGE>\nCUSIP No. 66987V109    13G    Page 3 of 9 Pages\n",
        "\n<PAGE>\nCUSIP No. 66987V109    13 G    Page 3 of 9 Pages\n",
        "\n       7\nCUSIP No. 66987V109\n",
    ] {
        for row in ["8.  SHARED", "9.  AGGREGATE", "11.  PERCENT"] {
            let broken = text.replace(row, &format!("{heading}{row}"));
            // Of two small numbers on both sides of a break neither shows which is the page's.
            let either = heading.starts_with("\n<PAGE>\n  ") && row.starts_with('8');
            if either {
                assert!(!read(broken.as_bytes()).holders[0].sole_dispositive.is_stated());
            } else {
                reads(heading, &broken, 0);
            }
        }
    }
    let within = "REPORTING PERSON\n\n     2\n<PAGE>\nCUSIP No. 66987V109 (continued)\n";
    reads("within", &text.replace("REPORTING PERSON\n\n      1,2", &format!("{within}  1,2")), 0);
}

#[test]
fn rules_drawn_with_underscores_are_no_boxes() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let bare = text.replace("      [ ]\n", &format!("{}\n", "_".repeat(60)));
    let drawn = text.replace("      [ ]\n", &format!("|___|{}|\n", "_".repeat(60)));
    for text in [bare, drawn] {
        for holder in read(text.as_bytes()).holders {
            assert_eq!(holder.excludes_shares.value(), None, "{text}");
        }
    }
    reads("a short one", &text.replace("      [ ]\n", "      ____\n"), 0);
}

#[test]
fn captions_of_other_hands() {
    for (from, to) in [
        ("NAME OF REPORTING PERSON", "Name of Person Reporting:"),
        ("NAME OF REPORTING PERSON", "Name of Reporting Person and I.R.S. Identification No."),
        ("NAME OF REPORTING PERSON", "Names of Reporting Persons and I.R.S. Identification Nos."),
        ("TYPE OF REPORTING PERSON", "Type of Person Reporting:"),
        (
            "CHECK BOX IF THE AGGREGATE AMOUNT IN ROW (9) EXCLUDES CERTAIN SHARES",
            "Excludes certain shares:",
        ),
        ("BY AMOUNT IN ROW (9)", "BY AMOUNT IN ROW 9"),
        ("BY AMOUNT IN ROW (9)", "BY AMOUNT IN ROW 9 -"),
    ] {
        reads(to, &filing(|p| typed(p, DOTTED, LABELS)).replace(from, to), 0);
    }
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let unsigned = text.replace("ROW (9)\n\n      5.4%", "ROW 9\n      5.4");
    reads("no sign", &unsigned, 0);
    let none = text.replace("ROW (9)\n\n      5.4%", "ROW 9\n\n      NONE");
    assert_eq!(stated(&read(none.as_bytes()).holders[0].percent), "0");
    let blank = text.replace("ROW (9)\n\n      5.4%", "ROW 9\n\n");
    assert_eq!(read(blank.as_bytes()).holders[0].percent.state(), "blank");
}

#[test]
fn words_beside_a_nought_leave_it_one() {
    for to in [
        "NONE      Beneficial ownership disclaimed pursuant to\n      Rule 13d-4",
        "None (Item 4)",
        "None; see Item 5",
        "0 (see Rule 13d-4)",
        "-0-   (Item 4)",
    ] {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replace("1,234,567", to);
        let holder = &read(text.as_bytes()).holders[0];
        assert_eq!(stated(&holder.aggregate), "0", "{to}");
        assert_eq!(stated(&holder.shared_voting), "0", "{to}");
    }
}

#[test]
fn a_mark_of_a_footnote_is_no_part_of_the_issuer() {
    for to in ["(Amendment No. 3)1\n", "(Amendment No. 3)*\n", "(Amendment No. 3) 1\n"] {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replace("(Amendment No. 3)*\n", to);
        reads(to, &text, 0);
    }
}

#[test]
fn a_filled_box_among_empty_ones_is_ticked() {
    let text = filing(|p| typed(p, DOTTED, LABELS)).replace("[ ]", "□").replace("[X]", "■");
    reads("filled", &text, 0);
    let all = text.replace('□', "■");
    let reading = read(all.as_bytes());
    assert!(reading.rules.iter().all(|rule| !rule.is_stated()), "{:?}", reading.rules);
    assert!(!reading.holders[0].group.is_stated());
}

#[test]
fn persons_typed_side_by_side_are_told() {
    let rows: String = (0..12)
        .map(|at| {
            let [a, b] = [0, 1].map(|person| cells(&PEOPLE[person])[at].clone());
            format!("{} {:<60}{a:>30}{b:>30}\n", DOTTED[at], LABELS[at])
        })
        .collect();
    // Without the gaps between the columns whose a number is cannot be told.
    let text = flattened(&format!("{}{rows}{}", title_above(), items()));
    let reading = read(text.as_bytes());
    assert!(reading.holders.iter().all(|holder| !holder.name.is_stated()), "{reading:?}");
    assert!(reading.troubles.iter().any(|t| t.code.as_str() == "holder-unnamed"));
}

/// Words on lines of at most `width` characters.
fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < width => line.push_str(&format!(" {word}")),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Labels at the left on lines of `width`, values right of them in a column for each person.
fn in_columns(people: &[[String; 12]], width: usize, column: usize, between: &str) -> String {
    let mut page = String::new();
    for at in 0..12 {
        for (line, label) in wrapped(LABELS[at], width - 6).into_iter().enumerate() {
            let number = if line == 0 { BRACKETED[at] } else { "" };
            let label = format!("{number:<5}{label:<width$}");
            let values: String = people
                .iter()
                .map(|cells| format!("{:<column$}", if line == 0 { &cells[at] } else { "" }))
                .collect();
            page.push_str(format!("{label}{values}").trim_end());
            page.push('\n');
        }
        page.push_str(between);
    }
    page
}

#[test]
fn typed_columns_are_read_column_by_column() {
    let people: Vec<[String; 12]> = PEOPLE.iter().map(cells).collect();
    for between in ["", "\n", "------------------------------\n"] {
        for (width, column) in [(30, 32), (40, 40), (24, 29)] {
            let page = in_columns(&people, width, column, between);
            let text = format!("{}\n{page}{}", title_above(), items());
            reads(&format!("{width} {column} {between}"), &text, 0);
            let marked = format!("<html><body><pre>{text}</pre><p>&nbsp;</p></body></html>");
            reads(&format!("pre {width} {column} {between}"), &marked, 0);
        }
    }
    // A page for each person, its values beside labels that go on below them.
    let pages = |width: usize| {
        people.iter().map(move |one| in_columns(std::slice::from_ref(one), width, 40, "\n"))
    };
    let text = format!("{}\n{}{}", title_above(), pages(30).collect::<String>(), items());
    reads("one", &text, 0);
}

#[test]
fn three_persons_in_columns_with_one_letter_for_all_boxes() {
    let text = format!(
        "{}\n1. Name of Reporting Person    Heron Fund        Heron Offshore     Ivo Plume\n\n\
         2. Member of a Group (a)          [ ]               [ ]                [X]\n\
         {:23}(b)          [X]               [X]                [ ]\n\n3. SEC Use Only\n\n\
         4. Place of Organization       Delaware          Bermuda            Canada\n\n\
         5. Sole Voting Power           None              250,500            -0-\n\
         6. Shared Voting Power         7                 0                  350,500\n\
         7. Sole Dispositive Power      None              250,500            -0-\n\
         8. Shared Dispositive Power    7                 0                  350,500\n\
         9. Aggregate Amount            7                 250,500            350,500\n   \
         Beneficially Owned\n11. Percent of Class           *                 4.0%               \
         5.6%\n12. Type of Reporting Person   PN                CO                 IN, HC\n\
         {}",
        title_above(),
        "",
        items()
    );
    let reading = read(text.as_bytes());
    let rows: Vec<String> = reading
        .holders
        .iter()
        .map(|h| {
            let group = h.group.value().map_or("-", |group| group.as_str());
            let types: Vec<String> = h.types.iter().map(stated).collect();
            format!(
                "{} {group} {} {} {} {} {} {} {} {}",
                stated(&h.name),
                stated(&h.citizenship),
                stated(&h.sole_voting),
                stated(&h.shared_voting),
                stated(&h.sole_dispositive),
                stated(&h.shared_dispositive),
                stated(&h.aggregate),
                stated(&h.percent),
                types.join(",")
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "Heron Fund b Delaware 0 7 0 7 7 <unreadable> PN",
            "Heron Offshore b Bermuda 250500 0 250500 0 250500 4.0 CO",
            "Ivo Plume a Canada 0 350500 0 350500 350500 5.6 IN,HC",
        ],
        "{text}"
    );
}

#[test]
fn what_is_not_quite_a_number_is_neither_one_nor_nought() {
    for to in ["l2,000", "1,2E4,567", "1O.234,567", "2,215,O04", "abt. 1.2 million", "12/34"] {
        for numbers in [DOTTED, BARE, NONE] {
            let text = filing(|p| typed(p, numbers, LABELS)).replacen("1,234,567", to, 1);
            let ruled = text.replace("\n\n6", "\n- ---------------\n6");
            for text in [text, ruled] {
                let holder = &read(text.as_bytes()).holders[0];
                assert_eq!(holder.shared_voting.state(), "unreadable", "{to}\n{text}");
            }
        }
    }
    let text = filing(|p| typed(p, DOTTED, LABELS)).replacen("5.4%", "1O.4%", 1);
    assert_eq!(read(text.as_bytes()).holders[0].percent.state(), "unreadable");
    let noted = filing(|p| typed(p, DOTTED, LABELS));
    let noted = noted.replace("1,234,567", "1,234,567/2/").replace("5.4%", "5.4%/3/");
    reads("notes between slashes", &noted, 0);
    let name = filing(|p| typed(p, DOTTED, LABELS));
    reads(
        "a misspelt name",
        &name.replace("NAME OF REPORTING PERSON", "NAMES OF REPORTNG PERSONS"),
        0,
    );
    let label = "SHARED DISPOSITIVE  12,500\n    POWER";
    let around = filing(|p| typed(p, NONE, LABELS)).replace("SHARED DISPOSITIVE POWER", label);
    assert_eq!(read(around.as_bytes()).holders[0].shared_dispositive.state(), "absent");
}

#[test]
fn a_number_for_each_class_is_no_number() {
    for both in [
        "Class A: 1,234,567\n      Class B: 89,000",
        "1,234,567 Class A\n      89,000 Class B",
        "1,234,567 shares of Class A; 89,000 shares of Class B",
    ] {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replacen("1,234,567", both, 1);
        let holder = &read(text.as_bytes()).holders[0];
        assert_eq!(holder.shared_voting.state(), "unreadable", "{both}");
        let none = text.replace("89,000", "0").replacen("1,234,567", "0", 1);
        assert_eq!(stated(&read(none.as_bytes()).holders[0].shared_voting), "0", "{none}");
    }
    let inside = "1,234,567, consisting of\n      1,000,000 Class A and 234,567 Class B";
    let text = filing(|p| typed(p, DOTTED, LABELS)).replace("1,234,567", inside);
    assert_eq!(stated(&read(text.as_bytes()).holders[0].aggregate), "1234567");
}

#[test]
fn values_above_labels_in_brackets() {
    let page = |p: &Person| {
        let rows = CLOSED.iter().zip(LABELS).zip(cells(p));
        let rows = rows.map(|((n, label), cell)| format!("{n}  {cell}\n    ({label})\n\n"));
        format!("\nCUSIP No. {CUSIP}\n\n{}\n", rows.collect::<String>())
    };
    reads("brackets", &filing(page), 0);
}

#[test]
fn text_that_a_mailer_left_quoted() {
    let text = filing(|p| typed(p, DOTTED, LABELS)).replace('=', "=3D");
    let quoted = text.replace('\n', "=20\n").replace("REPORTING PERSON", "REPORTING=\n PERSON");
    reads("quoted", &quoted, 0);
    reads("quoted, CRLF", &quoted.replace('\n', "\r\n"), 0);
}

#[test]
fn a_document_without_cover_pages_says_so() {
    let reading = read(format!("{}{}", title_above(), items()).as_bytes());
    assert!(reading.holders.is_empty());
    let codes: Vec<&str> = reading.troubles.iter().map(|t| t.code.as_str()).collect();
    assert_eq!(codes, ["holder-without-cover"]);
}

#[test]
fn a_row_that_must_say_something_and_does_not_is_told() {
    for (from, field) in
        [("5.4%", "percent"), ("      PN\n", "types"), ("      Delaware\n", "citizenship")]
    {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replacen(from, "", 1);
        let reading = read(text.as_bytes());
        let told: Vec<&str> = reading.troubles.iter().map(|t| t.field.as_str()).collect();
        assert_eq!(told, [field], "{text}");
    }
}

#[test]
fn a_label_that_goes_on_around_its_value_is_no_part_of_it() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let around = "CITIZENSHIP  Delaware\n    OR PLACE OF ORGANIZATION\n";
    let text = text.replacen("CITIZENSHIP OR PLACE OF ORGANIZATION\n\n      Delaware\n", around, 1);
    let holder = &read(text.as_bytes()).holders[0];
    assert_ne!(stated(&holder.citizenship), "Delaware OR PLACE OF ORGANIZATION", "{text}");
}

#[test]
fn titles_without_brackets() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let above = text
        .replace("(Name of Issuer)", "Name of Issuer")
        .replace("(Title of Class of Securities)", "Title of Class of Securities")
        .replace("(CUSIP Number)", "CUSIP Number");
    reads("above", &above, 0);
    let below = text
        .replace(
            &format!("{ISSUER}\n--------------------\n(Name of Issuer)"),
            &format!("NAME OF ISSUER\n{ISSUER}"),
        )
        .replace(
            &format!("{CLASS}\n--------------\n(Title of Class of Securities)"),
            &format!("TITLE OF CLASS OF SECURITIES\n{CLASS}"),
        )
        .replace(
            &format!("{CUSIP}\n------------\n(CUSIP Number)"),
            &format!("CUSIP NUMBER\n{CUSIP}"),
        );
    reads("below", &below, 0);
}

#[test]
fn what_may_be_two_things_is_no_value() {
    for to in [
        "1,234, 567",
        "1 234 567",
        "1,234,567 (common) 500 (warrants)",
        "1,234,567\n\n      2,345,678",
        "1,000,000 shares of Class A and 234,567 shares of Class B",
        "12,34,567",
        "1.234.567",
        "up to 1,234,567",
        "more than 1,234,567 shares",
    ] {
        for numbers in [DOTTED, BARE, NONE] {
            let text = filing(|p| typed(p, numbers, LABELS)).replace("1,234,567", to);
            for text in [flattened(&text), text] {
                let reading = read(text.as_bytes());
                let holder = &reading.holders[0];
                assert!(!holder.aggregate.is_stated(), "{to}: {:?}\n{text}", holder.aggregate);
                let named =
                    |t: &&blockholder::terms::trouble::Trouble| t.field.as_str() == "aggregate";
                assert!(reading.troubles.iter().any(|t| named(&t)), "{to}");
            }
        }
    }
}

#[test]
fn cells_that_say_nothing_are_blank() {
    for to in [
        "",
        "N/A",
        "Not applicable",
        "See Item 5",
        "See response to row 5.",
        "n/a",
        "see Item 4(a)",
    ] {
        for numbers in [DOTTED, BARE, NONE] {
            let text = filing(|p| typed(p, numbers, LABELS)).replace("1,234,567", to);
            for text in [flattened(&text), text] {
                let reading = read(text.as_bytes());
                let holder = &reading.holders[1];
                for (field, blank) in [(&holder.sole_voting, false), (&holder.shared_voting, true)]
                {
                    let state = if blank { "blank" } else { "stated" };
                    assert_eq!(field.state(), state, "{to}: {:?}\n{text}", reading.troubles);
                }
                assert_eq!(holder.sole_dispositive.state(), "stated", "{to}");
            }
        }
    }
}

#[test]
fn values_above_their_labels() {
    let page = |p: &Person| {
        let rows = BRACKETED.iter().zip(LABELS).zip(cells(p));
        let rows = rows.map(|((n, label), cell)| format!("{cell}\n{n} {label}\n"));
        format!("\nCUSIP No. {CUSIP}\n\n{}\n", rows.collect::<String>())
    };
    reads("above", &filing(page), 0);
}

#[test]
fn one_table_for_all_persons() {
    let cells: Vec<[String; 12]> = PEOPLE.iter().map(cells).collect();
    let rows: String = (0..12)
        .map(|at| {
            let columns: String = cells.iter().map(|c| format!("<td>{}</td>", c[at])).collect();
            format!("<tr><td>{}</td><td>{}</td>{columns}</tr>", DOTTED[at], LABELS[at])
        })
        .collect();
    let (title, items) = (paragraphs(&title_above()), paragraphs(&items()));
    reads("wide", &format!("<html><body>{title}<table>{rows}</table>{items}</body></html>"), 0);
}

#[test]
fn a_percent_in_a_footnote() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let text = text.replacen("5.4%", "*", 1).replacen("PN\n", "PN\n\n* Less than 1%\n", 1);
    let reading = read(text.as_bytes());
    assert_eq!(stated(&reading.holders[0].percent), "<1");
    let unsaid = text.replace("* Less than 1%", "");
    assert_eq!(read(unsaid.as_bytes()).holders[0].percent.state(), "unreadable");
}

#[test]
fn addresses_and_tax_numbers_are_no_part_of_a_name() {
    for after in [
        "\n      1 Main Street, Boston, MA 02110",
        "\n      c/o Northwind, 1 Main Street",
        "\n      13-1234567",
        " - 13-1234567",
        " (I.R.S. Identification No. 13-1234567)",
        "\n      TAX ID #: 13-1234567",
        ", I.D. No. 13-1234567",
        "   EIN: 13-1234567",
        ", 131234567",
        "\n      131234567",
        "  S.S. No. Omitted",
        "  S.S. No. Omitted\n==============================",
        "   Social Security Number: not given",
        " (I.D. No. withheld)",
        ", S.S. ###-##-####",
    ] {
        let name = PEOPLE[0].name;
        let text = filing(|p| typed(p, DOTTED, LABELS));
        let text = text.replacen(name, &format!("{name}{after}"), 1);
        let reading = read(text.as_bytes());
        assert_eq!(stated(&reading.holders[0].name), name, "{after}");
        let printed = ["13-1234567", "131234567"].into_iter().find(|id| after.contains(id));
        let tax = printed.unwrap_or("<absent>");
        assert_eq!(stated(&reading.holders[0].tax_id), tax, "{after}");
    }
}

#[test]
fn an_item_that_contradicts_the_only_cover_page_is_told() {
    let person = &PEOPLE[1];
    let text = format!("{}{}{}", title_above(), typed(person, DOTTED, LABELS), items());
    let said = |text: &str| -> Vec<String> {
        let reading = read(text.as_bytes());
        let troubles = reading.troubles.iter().filter(|t| t.code.as_str() == "contradiction");
        troubles.map(|t| t.field.to_string()).collect()
    };
    assert_eq!(said(&text), Vec::<String>::new());
    let amount = text.replace("owned: 1,247,067", "owned: 1,247,068");
    assert_eq!(said(&amount), ["aggregate"]);
    let percent = text.replace("class: 5.5%", "class: 5.9%");
    assert_eq!(said(&flattened(&percent)), ["percent"]);
    let elsewhere = text.replace("owned: 1,247,067", "owned: see row 9");
    assert_eq!(said(&elsewhere), Vec::<String>::new());
}

#[test]
fn items_are_headings_and_not_mentions() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let text = text.replace(
        "Not applicable.\nItem 10.",
        "As set forth in\nItem 4 of this statement, and see Item 7. Nothing else.\nItem 10.",
    );
    for text in [flattened(&text), text] {
        let reading = read(text.as_bytes());
        let numbers: Vec<u8> = reading.items.iter().map(|item| item.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 10]);
    }
}

#[test]
fn names_and_places_are_printed_without_what_stood_around_them() {
    for (from, to) in [
        (
            "\n\n5.",
            "\n\n(For questions 5-8, report the number of shares beneficially owned by each reporting person with:)\n\n5.",
        ),
        ("\n\n5.", "\n\nNUMBER OF SHARES BENEFICIALLY OWNED BY EACH REPORTING PERSON WITH:\n\n5."),
        (
            "\n\n      Harbor",
            "\nI.R.S. Identification Nos. of Above Persons [Entities Only]\n      Harbor",
        ),
    ] {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replace(from, to);
        for text in [flattened(&text), text] {
            let reading = read(text.as_bytes());
            for (holder, person) in reading.holders.iter().zip(&PEOPLE) {
                assert_eq!(stated(&holder.name), person.name, "{text}");
                assert_eq!(stated(&holder.citizenship), person.place, "{text}");
            }
        }
    }
}

/// The facts of a person in the plainest way, with a caption of the filer's own a row.
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

#[test]
fn captions_of_the_filers_own_beside_row_numbers() {
    for numbers in [DOTTED, BARE, BRACKETED, CLOSED] {
        for between in [":   ", "        ", "\n      "] {
            let page = |p: &Person| {
                let rows = numbers.iter().zip(CAPTIONS).zip(cells(p));
                let rows = rows.map(|((n, label), cell)| format!("{n}  {label}{between}{cell}\n"));
                format!("\nCUSIP No. {CUSIP}\n{}\n", rows.collect::<String>())
            };
            reads(&format!("{} {between}", numbers[0]), &filing(page), 0);
        }
    }
}

#[test]
fn some_captions_of_the_filers_own_among_labels() {
    for at in [1, 3, 8, 9, 10, 11] {
        let mut labels = LABELS;
        labels[at] = CAPTIONS[at];
        for numbers in [DOTTED, BARE, BRACKETED, CLOSED] {
            reads(CAPTIONS[at], &filing(|p| typed(p, numbers, labels)), 0);
        }
    }
}

#[test]
fn rows_told_by_their_numbers_alone() {
    for numbers in [DOTTED, BRACKETED, CLOSED] {
        for between in ["  ", "\t", "          "] {
            let page = |p: &Person| {
                let rows = numbers.iter().zip(cells(p));
                let rows = rows.map(|(n, cell)| format!("{n}{between}{cell}\n"));
                format!("\nCUSIP No. {CUSIP}\n{}\n", rows.collect::<String>())
            };
            reads(numbers[0], &filing(page), 0);
            let marked = html(|p| {
                let rows = numbers.iter().zip(cells(p));
                rows.map(|(n, cell)| format!("<p>{n} {cell}</p>")).collect()
            });
            reads(&format!("markup {}", numbers[0]), &marked, 0);
        }
    }
}

#[test]
fn numbers_that_are_no_rows_make_no_page() {
    // A list of the body runs from 1 to 12, and so do years of a table.
    let list: String = (1..=12).map(|n| format!("({n})  The {n}th thing to be said.\n")).collect();
    let bare: String = (1..=12).map(|n| format!("{n}   10{n}\n")).collect();
    for list in [list, bare] {
        let reading = read(format!("{}{list}{}", title_above(), items()).as_bytes());
        assert!(reading.holders.is_empty(), "{:?}", reading.holders);
    }
}

#[test]
fn a_legend_that_breaks_the_labels_beside_it() {
    let page = |p: &Person| {
        let c = cells(p);
        format!(
            "\n1) {}\n   {}\n\n2) {}   (a) [ ]\n   (b) [X]\n\n3) SEC USE ONLY\n\n4) {}\n   {}\n\n\
             {:21}5)  SOLE VOTING\n     NUMBER OF           POWER........  {}\n     SHARES\n     \
             BENEFICIALLY    6)  SHARED VOTING\n     OWNED BY            POWER........  {}\n     \
             EACH\n     REPORTING       7)  SOLE\n     PERSON              DISPOSITIVE\n     WITH   \
             {:13}POWER........  {}\n\n{:21}8)  SHARED\n{:25}DISPOSITIVE\n{:25}POWER........  {}\n\n\
             9) {}\n   {}\n\n10) {}\n   {}\n\n11) {}\n   {}\n\n12) {}\n   {}\n\n",
            LABELS[0],
            c[0],
            LABELS[1],
            LABELS[3],
            c[3],
            "",
            c[4],
            c[5],
            "",
            c[6],
            "",
            "",
            "",
            c[7],
            LABELS[8],
            c[8],
            LABELS[9],
            c[9],
            LABELS[10],
            c[10],
            LABELS[11],
            c[11],
        )
    };
    reads("legend within labels", &filing(page), 0);
}

/// The heads of a table with a line for each person.
const HEADS: [&str; 12] = [
    "(1) Name of Reporting Person",
    "(2)",
    "(3) SEC Use Only",
    "(4) Citizenship or Place of Organization",
    "(5) Sole Voting Power",
    "(6) Shared Voting Power",
    "(7) Sole Dispositive Power",
    "(8) Shared Dispositive Power",
    "(9) Aggregate Amount Beneficially Owned",
    "(10) Excludes Certain Shares",
    "(11) Percent of Class",
    "(12) Type",
];

#[test]
fn a_table_with_a_line_for_each_person() {
    let cell = |text: &str| format!("<td>{text}</td>");
    for spacer in ["", "<td></td>", "<td>&nbsp;</td>"] {
        let row = |cells: &[String]| {
            let cells: String = cells.iter().map(|c| format!("{}{spacer}", cell(c))).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let heads = row(&HEADS.map(str::to_owned));
        let people: String = PEOPLE.iter().map(|person| row(&cells(person))).collect();
        let (title, items) = (paragraphs(&title_above()), paragraphs(&items()));
        let page = |rows: &str| {
            format!("<html><body>{title}<table>{heads}{rows}</table>{items}</body></html>")
        };
        reads(spacer, &page(&people), 0);
        // A head that is no row's: what stands under it is nobody's.
        let other = page(&people).replace("<td>(2)</td>", "<td>Notes</td>");
        assert_eq!(stated(&read(other.as_bytes()).holders[0].name), PEOPLE[0].name);
        // A row that is not understood leaves all of it unread, and that is said.
        let odd = format!("{people}<tr>{}</tr>", cell("Ada Fenn").repeat(7));
        let reading = read(page(&odd).as_bytes());
        assert!(reading.holders.iter().all(|h| !h.aggregate.is_stated()), "{odd}");
        assert!(!reading.troubles.is_empty());
    }
}

#[test]
fn a_typed_table_with_a_line_for_each_person() {
    let width = [31, 17, 6, 26, 12, 12, 12, 12, 12, 6, 7, 8];
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(width).map(|(cell, width)| format!("{cell:<width$}"));
        format!(" {}\n", cells.collect::<String>())
    };
    for left in [0, 1, 2, 3] {
        let heads: Vec<String> = BRACKETED.iter().map(|n| format!("{:left$}{n}", "")).collect();
        let words: Vec<String> =
            ["Name", "Group", "SEC", "Place"].into_iter().map(str::to_owned).collect();
        let people: String = PEOPLE.iter().map(|p| line(&cells(p))).collect();
        let rule = format!("{}\n", "-".repeat(150));
        let text = format!(
            "{}\n<TABLE>\n{}{}{rule}\n{people}</TABLE>\n\n{}",
            title_above(),
            line(&heads),
            line(&words),
            items()
        );
        if left < 2 {
            reads(&format!("{left}"), &text, 0);
        }
        // Numbers farther right than what stands under them: right, or not read.
        for (holder, person) in read(text.as_bytes()).holders.iter().zip(&PEOPLE) {
            let fields = [&holder.sole_voting, &holder.shared_voting, &holder.aggregate];
            let wanted = [person.amounts[0], person.amounts[1], person.amounts[4]];
            for (field, wanted) in fields.into_iter().zip(wanted).filter(|(f, _)| f.is_stated()) {
                assert_eq!(stated(field), wanted.replace(',', ""), "{left}");
            }
        }
        let odd =
            text.replace("</TABLE>", " Ada Fenn 1,000 of all the shares that there are\n</TABLE>");
        let reading = read(odd.as_bytes());
        assert!(reading.holders.is_empty() && !reading.troubles.is_empty());
    }
}

/// Persons behind letters whose numbers stand in columns: as many in each row as there are persons,
/// or it is not told whose they are.
#[test]
fn letters_over_columns_of_numbers() {
    let page = include_str!("invented/received/letters-over-columns.txt");
    let said = |page: &str| -> Vec<(String, String)> {
        let holders = read(page.as_bytes()).holders;
        holders.iter().map(|h| (stated(&h.name), stated(&h.shared_voting))).collect()
    };
    let shared: Vec<String> = said(page).into_iter().map(|(_, shared)| shared).collect();
    assert_eq!(shared, ["902315", "127315", "775000", "127315"]);
    let line = "POWER         902,315     127,315       775,000     127,315";
    for other in [
        "POWER         902,315                   775,000     127,315",
        "POWER         902,315     127,315       775,000     127,315     1,000",
        "POWER     about   902,315     127,315       775,000     127,315",
    ] {
        let page = page.replacen(line, other, 1);
        let reading = read(page.as_bytes());
        assert!(reading.holders.iter().all(|h| !h.shared_voting.is_stated()), "{other}");
        assert!(reading.troubles.iter().any(|t| t.field.as_str() == "shared_voting"), "{other}");
    }
}

/// The same persons in two tables, the second of which goes on with the rows' numbers.
#[test]
fn a_typed_table_in_two_parts() {
    const WIDTH: usize = 30;
    let line = |cells: &[&str]| -> String {
        let cells: String = cells.iter().map(|cell| format!("{cell:<WIDTH$}")).collect();
        format!("{}\n", cells.trim_end())
    };
    let heads = ["(1) NAME", "(4) CITIZEN-", "(5) SOLE", "(6) SHARED", "(7) SOLE", "(8) SHARED"];
    let more = ["(1) NAME", "(9) AGGREGATE", "(11) PERCENT", "(12) TYPE"];
    let first = |person: &Person| {
        let [a, b, c, d, _] = person.amounts;
        line(&[person.name, person.place, a, b, c, d])
    };
    let second = |person: &Person| {
        let [.., percent, types] = cells(person);
        line(&[person.name, person.amounts[4], &percent, &types])
    };
    let page = |second: String| {
        let first: String = PEOPLE.iter().map(first).collect();
        let (above, below) = (line(&heads), line(&more));
        let ship = line(&["", "SHIP", "VOTING", "VOTING", "POWER TO", "POWER TO"]);
        let of_all = "(2) CHECK THE APPROPRIATE BOX (each person)   (a) [ ]   (b) [X]";
        format!(
            "{}\n{above}{ship}\n{first}\n\n{below}\n{second}\n\n{of_all}\n\n{}",
            title_above(),
            items()
        )
    };
    let reading = read(page(PEOPLE.iter().map(second).collect()).as_bytes());
    assert_eq!(reading.holders.len(), PEOPLE.len());
    for (holder, person) in reading.holders.iter().zip(&PEOPLE) {
        let fields = [&holder.sole_voting, &holder.shared_dispositive, &holder.aggregate];
        let wanted = [person.amounts[0], person.amounts[3], person.amounts[4]];
        assert_eq!(fields.map(stated), wanted.map(|wanted| wanted.replace(',', "")));
        assert_eq!(stated(&holder.name), person.name);
    }
    // What stands once for all of them is not read, and that is said.
    assert!(reading.troubles.iter().any(|t| t.field.as_str() == "group"));
    // Other persons, or in another order: nobody's rows are put together, and that is said.
    let others: String = PEOPLE.iter().rev().map(second).collect();
    let reading = read(page(others).as_bytes());
    assert!(reading.holders.iter().all(|h| !h.name.is_stated() && !h.aggregate.is_stated()));
    assert!(!reading.troubles.is_empty());
}

#[test]
fn captions_stacked_beside_their_values() {
    let stack = |lines: &[&str]| format!("<td>{}</td>", lines.join("<br>"));
    let page = |p: &Person| {
        let c = cells(p);
        let c: Vec<&str> = c.iter().map(String::as_str).collect();
        format!(
            "<p>CUSIP No. {CUSIP}</p><table><tr><td>1</td><td>{}<br>{}</td></tr>\
             <tr><td>2</td><td>{}<br>{}</td></tr><tr><td>4</td><td>{}<br>{}</td></tr>\
             <tr><td>Number of shares</td>{}{}{}</tr><tr>{}{}{}</tr></table>",
            LABELS[0],
            c[0],
            LABELS[1],
            c[1],
            LABELS[3],
            c[3],
            stack(&BARE[4..8]),
            stack(&LABELS[4..8]),
            stack(&c[4..8]),
            stack(&BARE[8..12]),
            stack(&LABELS[8..12]),
            stack(&c[8..12]),
        )
    };
    reads("stacked", &html(page), 0);
}

#[test]
fn a_drawn_grid_with_a_column_for_each_person() {
    let people: Vec<[String; 12]> = PEOPLE.iter().map(cells).collect();
    let rule = format!("+{}+{}+{}+\n", "-".repeat(28), "-".repeat(30), "-".repeat(30));
    let mut page = rule.clone();
    for at in 0..12 {
        for (line, label) in wrapped(LABELS[at], 20).into_iter().enumerate() {
            let first = line == 0;
            let number = if first { BARE[at] } else { "" };
            let values: String = people
                .iter()
                .map(|cells| format!(" {:<28} |", if first { cells[at].as_str() } else { "" }))
                .collect();
            page.push_str(&format!("| {number:>2}. {label:<22} |{values}\n"));
        }
        page.push_str(&rule);
    }
    let page = page.replace("|   .", "|    ");
    reads("grid", &format!("{}\n{page}\n{}", title_above(), items()), 0);
}

#[test]
fn names_that_begin_above_the_line_of_their_label() {
    let people: Vec<[String; 12]> = PEOPLE.iter().map(cells).collect();
    let page = in_columns(&people, 30, 32, "\n");
    let split = page.replacen("Harbor Ridge Partners, L.P.", "Partners, L.P.             ", 1);
    let split = split.replacen("Jane Q. Doe", "Q. Doe     ", 1);
    let above = format!("{:35}{:<32}{}\n{}", "", "Harbor Ridge", "Jane", split.trim_start());
    reads("above", &format!("{}\n{above}{}", title_above(), items()), 0);
}

#[test]
fn a_name_that_goes_on_beside_the_question_for_a_tax_number() {
    let around = "1)   NAME OF REPORTING PERSON.........  Harbor Ridge\n     S.S. OR I.R.S. \
                  IDENTIFICATION      Partners, L.P.\n     NO. OF ABOVE PERSON..............  \
                  13-1234567\n";
    let text = filing(|p| typed(p, CLOSED, LABELS));
    let text = text.replacen(
        "1)  NAME OF REPORTING PERSON\n\n      Harbor Ridge Partners, L.P.\n",
        around,
        1,
    );
    reads("leaders", &text, 0);
    assert_eq!(stated(&read(text.as_bytes()).holders[0].tax_id), "13-1234567");
    for (from, to) in [
        (
            "NAME OF REPORTING PERSON\n\n      Harbor Ridge Partners, L.P.",
            "NAME OF REPORTING PERSON            : Harbor Ridge Partners,\n    S.S. OR I.R.S. \
             IDENTIFICATION NO.   : L.P.\n    OF ABOVE PERSON                     :",
        ),
        (
            "Harbor Ridge Partners, L.P.",
            "Harbor Ridge Partners, L.P.\n      IRS IDENTIFICATION NOS. OF ABOVE PERSONS (ENTITIES \
             ONLY)\n      None (foreign)",
        ),
        ("Harbor Ridge Partners, L.P.", "Harbor Ridge Partners, L.P. (no I.R.S. number)"),
        ("Harbor Ridge Partners, L.P.", "Harbor Ridge Partners, L.P. (NONE)"),
        (
            "Harbor Ridge Partners, L.P.",
            "Harbor Ridge Partners, L.P. (No I.R.S. Identification\n      No.)",
        ),
        (
            "Harbor Ridge Partners, L.P.",
            "Harbor Ridge Partners, L.P.\n      SS NO. (VOLUNTARY): N/A",
        ),
        ("Delaware\n", "Delaware\n\nNO. OF SHARES\nOWNED BY\n"),
        ("Harbor Ridge Partners, L.P.", "Harbor Ridge Partners, L.P.(1)"),
        ("Harbor Ridge Partners, L.P.", "Harbor Ridge Partners, L.P. - LEI 529900T8PK3QL0000042"),
    ] {
        let text = filing(|p| typed(p, DOTTED, LABELS));
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        reads(to, &changed, 0);
    }
}

#[test]
fn titles_with_values_beside_or_above_several_captions() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let start = text.find(ISSUER).unwrap();
    let end = text.find("December 31, 2003").unwrap();
    let with = |title: &str| format!("{}{title}{}", &text[..start], &text[end..]);
    let beside = format!(
        "                                        Year: 2003\n   Name of Issuer                       \
         {ISSUER}\n   --------------\n   Title of Class of Securities         {CLASS}\n   \
         -----------\n   CUSIP Number                         {CUSIP}\n   ------------\n\n\n"
    );
    reads("beside", &with(&beside), 0);
    let above = format!(
        "{ISSUER}\n(Name of Issuer)\n\n   {CLASS}       {CUSIP}\n   (Title of Class of Securities)   \
         \t        (CUSIP Number)\n\n"
    );
    reads("side by side", &with(&above), 0);
    let own = format!(
        "ISSUER            {ISSUER}\n\nCLASS             {CLASS}\n\nCUSIP             {CUSIP}\n\n"
    );
    reads("own captions", &with(&own), 0);
    let one = format!(
        "{ISSUER}; {CLASS}\n(Name of issuer; title of class)\n\n{CUSIP}\n(CUSIP Number)\n\n"
    );
    reads("one bracket", &with(&one), 0);
    let (short, rest) = ISSUER.split_at(10);
    let begun = format!(
        "                        {short}\nName of Issuer:         {}\n\nTitle of Class of Securities: \
         {CLASS}\nCUSIP Number: {CUSIP}\n",
        rest.trim()
    );
    reads("begun above", &with(&begun), 0);
    let table = paragraphs(&with("@"));
    let (head, tail) = table.split_once("<p>@").unwrap();
    let cells = format!(
        "<table><tr><td>{ISSUER}</td><td>{CLASS}</td></tr><tr><td>Name of Issuer</td><td>Title of Class \
         of Securities</td></tr><tr><td>{CUSIP}</td><td>December 31, 2003</td></tr><tr><td>CUSIP \
         Number</td><td>Date of Event Which Requires Filing of this Statement</td></tr></table>"
    );
    let rest = tail.split_once("Filing of this Statement)</p>").unwrap().1;
    reads("cells", &format!("<html><body>{head}{cells}{rest}</body></html>"), 0);
}

#[test]
fn a_title_page_after_the_items() {
    let pages: String = PEOPLE.iter().map(|p| typed(p, DOTTED, LABELS)).collect();
    reads("late", &format!("SCHEDULE 13G\n{}{}{pages}", items(), title_above()), 0);
}

#[test]
fn amendments_and_rules_in_other_words() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for (from, to) in [
        ("(Amendment No. 3)*", "AMENDMENT THREE*"),
        (
            "Check the appropriate box to designate the rule pursuant to which this Schedule is filed:\n[ ] Rule 13d-1(b)\n[X] Rule 13d-1(c)\n[ ] Rule 13d-1(d)",
            "Rule pursuant to which this Schedule is filed:   ___ 13d-1(b)\n     _X_ 13d-1(c)\n     ___ 13d-1(d)",
        ),
        ("66987V109\n-", "66987V109 (formerly 66987V208)\n-"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        reads(to, &changed, 0);
    }
}

#[test]
fn a_box_below_its_letter() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for (line, told) in
        [("(a)      (b)\n                X", Some("b")), ("(a)      (b)\n       X", Some("a"))]
    {
        let reading = read(text.replace("(a) [ ]  (b) [X]", line).as_bytes());
        assert_eq!(reading.holders[0].group.value().map(|g| g.as_str()), told, "{line}");
    }
    let drawn = text.replace("      [ ]\n", "      ---\n");
    reads("a line drawn", &drawn, 0);
}

#[test]
fn what_is_not_displayed_is_not_read() {
    let shown = html(|p| table(p, |n, l, c| format!("<tr><td>{n}</td><td>{l}<br>{c}</td></tr>")));
    let hidden = "<div style=\"DISPLAY: none\">Name of Issuer: SAMPLE CORP. <div>CUSIP Number: \
                  123456782</div> 9. Aggregate Amount 3,000,000</div>";
    reads("hidden", &shown.replace("<body>", &format!("<body>{hidden}")), 0);
    // One that is never closed hides nothing.
    reads("open", &shown.replace("<body>", "<body><span style=\"display:none\">"), 0);
}

#[test]
fn a_sum_spelled_out_is_no_value() {
    for to in [
        "1,000,000 plus 234,567",
        "1,000,000 shares + 234,567 warrants",
        "1,000,000\n plus\n 234,567\n = 1,234,567",
    ] {
        let text = filing(|p| typed(p, DOTTED, LABELS)).replace("1,234,567", to);
        assert!(!read(text.as_bytes()).holders[0].aggregate.is_stated(), "{to}");
    }
}

#[test]
fn one_person_without_a_cover_page() {
    let four = "Item 4. Ownership.\nIf the percent of the class owned exceeds five percent, provide the \
                following.\n(a) Amount beneficially owned ....... 1,247,067\n(b) Percent of class ...... \
                5.5\n(c) Number of shares as to which such person has:\n(i) sole power to vote or to direct \
                the vote ... 12,500\n(ii) shared power to vote or to direct the vote ... 1,234,567\n(iii) \
                sole power to dispose or to direct the disposition of ... -0-\n(iv) shared power to dispose \
                or to direct the disposition of ... 1,247,067\n\nThe Trustee disclaims 7,067 of them.\n";
    let text = format!(
        "SCHEDULE 13G\nItem 1(a) Name of Issuer ..... {ISSUER}\nItem 2(a) Name of Person Filing ....... Heron \
         Trust Company,\n     as Trustee\nItem 2(b) Address ..... 1 Main Street\nItem 2(c) Citizenship ..... \
         Ohio\nItem 2(d) Title of Class of Securities .. {CLASS}\nItem 2(e) CUSIP Number ..... {CUSIP}\n\
         Item 3. Not applicable.\n{four}Item 5. Ownership of Five Percent or Less of a Class\nN/A\n"
    );
    let reading = read(text.as_bytes());
    let [holder] = reading.holders.as_slice() else { panic!("{:?}", reading.holders) };
    assert_eq!(stated(&holder.name), "Heron Trust Company, as Trustee");
    assert_eq!(stated(&holder.citizenship), "Ohio");
    let told = [&holder.sole_voting, &holder.shared_voting, &holder.sole_dispositive];
    assert_eq!(told.map(stated), ["12500", "1234567", "0"]);
    assert_eq!(
        (stated(&holder.aggregate), stated(&holder.percent)),
        ("1247067".into(), "5.5".into())
    );
    assert!(reading.troubles.iter().any(|t| t.code.as_str() == "holder-without-cover"));
    // Of two persons, or with a number missing, nobody is read.
    for (from, to) in [("5.5\n", "see above\n"), ("as Trustee", "as Trustee; Ada Fenn")] {
        assert!(read(text.replacen(from, to, 1).as_bytes()).holders.is_empty(), "{to}");
    }
}

#[test]
fn short_captions_without_numbers() {
    let page = |p: &Person| {
        let c = cells(p);
        let rows = [
            ("Reporting person", 0),
            ("Member of a Group", 1),
            ("Citizenship", 3),
            ("Sole voting power", 4),
            ("Shared voting power", 5),
            ("Sole dispositive power", 6),
            ("Shared dispositive power", 7),
            ("Aggregate amount", 8),
            ("Excludes certain shares", 9),
            ("Percent of class", 10),
            ("Type", 11),
        ];
        let rows = rows.map(|(caption, at)| format!("{:<30}{}\n", format!("{caption}:"), c[at]));
        format!("\n{}\n", rows.concat())
    };
    reads("captions", &filing(page), 0);
}

#[test]
fn a_line_that_says_there_is_no_tax_number() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let name = stated(&read(text.as_bytes()).holders[0].name);
    for none in ["No S.S. or I.R.S. Identification No.", "NO I.R.S. IDENTIFICATION NO."] {
        let text = text.replacen(&name, &format!("{name}\n          {none}"), 1);
        assert_eq!(stated(&read(text.as_bytes()).holders[0].name), name, "{none}");
    }
}

#[test]
fn drawn_grids_with_corners_add_nothing_up() {
    let rule = format!("+{}+{}+\n", "-".repeat(5), "-".repeat(67));
    let page = |p: &Person| {
        let c = cells(p);
        let rows = BARE.iter().zip(LABELS).zip(&c).map(|((n, label), cell)| {
            format!("{rule}| {n:<3} | {label:<66}|\n|     | {cell:<66}|\n")
        });
        format!("\nCUSIP NO. {CUSIP}\n{}{rule}\n", rows.collect::<String>())
    };
    reads("corners", &filing(page), 0);
    reads("double", &filing(page).replace('-', "=").replace("13d=1", "13d-1"), 0);
}

#[test]
fn the_question_for_a_tax_number_is_no_name_however_it_is_spelled() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for question in [
        "S.S. OR I.R.S. IDENTIFCATION NO. OF ABOVE PERSON",
        "s.s. or i.r.s. identification no. of above person",
        "SS OR IRS IDENTIFICTION NO. OF ABOVE PERSN",
        "I.R.S. IDENTIFICATON NO.\n    OF ABOVE PERSON (ENTITIES ONLY)",
    ] {
        let asked = format!("NAME OF REPORTING PERSON\n    {question}\n");
        let asked = text.replace("NAME OF REPORTING PERSON\n", &asked);
        for (holder, person) in read(asked.as_bytes()).holders.iter().zip(&PEOPLE) {
            assert_eq!(stated(&holder.name), person.name, "{asked}");
        }
    }
    for person in &PEOPLE {
        for beside in ["E.I. No. 54-1722290", "(APPLIED FOR)", "(pending)", "(no I.R.S. number)"] {
            let beside = format!("{}   {beside}\n", person.name);
            let beside = text.replacen(&format!("{}\n", person.name), &beside, 1);
            reads(&beside, &beside, 0);
        }
        let below = format!("{}\n\n      Tax number - not an entity\n", person.name);
        reads("below", &text.replacen(&format!("{}\n", person.name), &below, 1), 0);
    }
    for answer in ["NOT APPLICABLE", "(applied for)", "N/A", "To be applied for"] {
        for person in &PEOPLE {
            let answered = format!("{}\n      {answer}\n", person.name);
            let answered = text.replacen(&format!("{}\n", person.name), &answered, 1);
            reads(answer, &answered, 0);
        }
    }
}

#[test]
fn who_is_named_elsewhere_is_said_to_be_missing() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let said = |name: &str| {
        let reading = read(text.replacen(PEOPLE[0].name, name, 1).as_bytes());
        let about = reading.troubles.into_iter().filter(|t| t.holder == Some(0));
        let codes: Vec<&str> = about.map(|t| t.code.as_str()).collect();
        (reading.holders[0].name.value().cloned(), codes)
    };
    for name in ["See attached Schedule A", "Each of the persons listed on Exhibit 1"] {
        assert_eq!(said(name), (Some(name.to_owned()), vec!["holder-without-cover"]), "{name}");
    }
    for name in ["Exhibit Partners, L.P.", "See's Schedule Fund", "Harbor Page Trust"] {
        assert_eq!(said(name), (Some(name.to_owned()), Vec::new()), "{name}");
    }
    let heads = "(4) CITIZEN- (5) SOLE (6) SHARED Alder Gate Fund Ohio 1,000 0";
    assert_eq!(said(heads), (None, vec!["value-ambiguous"]));
    assert_eq!(said("Alder (4) Gate (5) Fund").0.as_deref(), Some("Alder (4) Gate (5) Fund"));
    // What the question for a tax number leaves behind is no name.
    assert_eq!(said("SS or"), (None, vec!["holder-unnamed"]));
}

#[test]
fn labels_around_their_value_and_with_a_letter_wrong() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let label = "CITIZENSHIP OR PLACE OF ORGANIZATION\n\n      Delaware\n";
    for around in [
        "CITIZENSHIP OR PLACE             Delaware\n    OF ORGANIZATION\n",
        "CITIZENSHIP OR PLACE OF ORGANIZTION\n\n     Delaware\n",
        "CITIZENSHIP OR            Delaware\n    PLACE OF ORGANIZATION\n",
        "CITIZENSHIP OR PLACE OF ORGINIZATION\n     Delaware\n",
        "CITIZENSHIP OR PLACE OF       Delaware\n    ORGANIZATION\n",
    ] {
        let around = text.replacen(label, around, 1);
        assert_ne!(around, text);
        reads("place", &around, 0);
    }
    let label = "CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP\n\n      (a) [ ]  (b) [X]\n";
    let boxes = "Check the Appropriate Box           (a) /   /\n    if a Member of a Group      \
                 (b) / X /\n";
    reads("boxes", &text.replace(label, boxes), 0);
}

#[test]
fn title_labels_below_a_rule_with_a_colon() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for colon in [true, false] {
        let end = if colon { ":" } else { "" };
        let title = text
            .replace("(Name of Issuer)", &format!("NAME OF ISSUER{end}"))
            .replace("(Title of Class of Securities)", "TITLE OF CLASS OF SECURITIES")
            .replace("(CUSIP Number)", "CUSIP NUMBER");
        reads(end, &title, 0);
    }
}

#[test]
fn amendment_numbers_in_roman_letters() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    for roman in ["(Amendment No. III)*", "(Amendment No.  III  )*", "Amendment Number III"] {
        reads(roman, &text.replacen("(Amendment No. 3)*", roman, 1), 0);
    }
    // A lone X is a mark in a blank, and a number in brackets of its own may be one of a note.
    for unclear in ["(Amendment No. X)*", "(Amendment No. (2))*"] {
        let marked = read(text.replacen("(Amendment No. 3)*", unclear, 1).as_bytes());
        assert!(matches!(marked.amendment_number, Field::Unreadable { .. }), "{unclear}");
        assert!(marked.troubles.iter().any(|one| one.field == FieldName::AmendmentNumber));
    }
    let noted = read(text.replacen("(Amendment No. 3)*", "(Amendment No. )(2)", 1).as_bytes());
    assert!(matches!(noted.amendment_number, Field::Blank { .. }));
}

/// A submission filed by one person, around a document.
fn submission(filer: &str, document: &str) -> String {
    format!(
        "<SEC-DOCUMENT>0000912057-04-000001.txt : 20040210\n<SEC-HEADER>\nACCESSION NUMBER:\t\t\
         0000912057-04-000001\nCONFORMED SUBMISSION TYPE:\tSC 13G/A\nFILED AS OF DATE:\t\t20040210\n\n\
         FILED BY:\n\n\tCOMPANY DATA:\n\t\tCOMPANY CONFORMED NAME:\t\t\t{filer}\n\t\tCENTRAL INDEX \
         KEY:\t\t\t0001254467\n</SEC-HEADER>\n<DOCUMENT>\n<TYPE>SC 13G/A\n<SEQUENCE>1\n<TEXT>\n\
         {document}\n</TEXT>\n</DOCUMENT>\n</SEC-DOCUMENT>\n"
    )
}

#[test]
fn the_headers_number_is_lent_to_the_person_it_names() {
    let text = filing(|p| typed(p, DOTTED, LABELS));
    let ciks = |text: &str| -> Vec<String> {
        let reading = read(submission("DOE JANE Q", text).as_bytes());
        reading.holders.iter().map(|h| stated(&h.cik)).collect()
    };
    assert_eq!(ciks(&text), ["<absent>", "1254467"]);
    for printed in ["Jane Q. Doe, M.D.", "Jane Q. Doe, dba Doe Farms", "Jane Q. Doe, Ph.D."] {
        let titled = text.replace("      Jane Q. Doe\n", &format!("      {printed}\n"));
        assert_ne!(titled, text);
        assert_eq!(ciks(&titled), ["<absent>", "1254467"], "{printed}");
    }
    // A page for each class is the same person's; two ways to print it may be two persons.
    let both = text.replace("      Harbor Ridge Partners, L.P.\n", "      Jane Q. Doe\n");
    assert_eq!(ciks(&both), ["1254467", "1254467"]);
    let two = text.replace("      Harbor Ridge Partners, L.P.\n", "      Jane Quill Doe\n");
    assert_eq!(ciks(&two), ["<absent>", "<absent>"]);
}

#[test]
fn a_font_ends_where_its_paragraph_does() {
    for (what, open) in [
        ("a paragraph", "<P STYLE=\"font: 10pt Wingdings\">&nbsp;"),
        ("a cell", "<TD STYLE=\"font-family: Wingdings\">&nbsp;"),
    ] {
        let row = |n: &str, l: &str, c: &str| format!("<TR><TD>{n}<TD>{l}<TD>{open}<TD>{c}\n");
        reads(what, &html(|p| table(p, row)), 0);
    }
}

/// A table with a column for each person, its rows by `row`.
fn beside(row: impl Fn(usize, &str, &str) -> String) -> String {
    let rows = PEOPLE.each_ref().map(cells);
    let rows = LABELS.iter().enumerate().map(|(at, label)| {
        let label = format!("{} {label}", DOTTED[at]);
        format!("<tr><td>{label}</td>{}</tr>", row(at, &rows[0][at], &rows[1][at]))
    });
    let rows: String = rows.collect();
    let (title, items) = (paragraphs(&title_above()), paragraphs(&items()));
    format!("<html><body>{title}<table>{rows}</table>{items}</body></html>")
}

#[test]
fn cells_that_are_not_as_many_as_persons() {
    let plain = |a: &str, b: &str| format!("<td>{a}</td><td>{b}</td>");
    reads("columns", &beside(|_, a, b| plain(a, b)), 0);
    let sign = |a: &str| format!("<td>{}</td><td>%</td>", a.trim_end_matches('%'));
    let signs = beside(|at, a, b| if at == 10 { sign(a) + &sign(b) } else { plain(a, b) });
    reads("a cell for each sign", &signs, 0);
    let told = |page: &str| -> Vec<String> {
        let troubles = read(page.as_bytes()).troubles;
        troubles.iter().map(|t| format!("{} {}", t.code, t.field)).collect()
    };
    let more =
        beside(|at, a, b| if at == 3 { plain(a, "or") + &plain(b, "") } else { plain(a, b) });
    assert!(told(&more).contains(&"value-ambiguous citizenship".to_owned()), "{:?}", told(&more));
    let apart = |a: &str, b: &str| format!("<td></td><td>{a}</td><td></td><td>{b}</td>");
    let crowded = beside(|at, a, b| if at == 0 { plain(a, b) } else { apart(a, b) });
    assert!(told(&crowded).contains(&"holder-without-cover *".to_owned()), "{:?}", told(&crowded));
}

#[test]
fn a_footnotes_mark_above_a_label_is_no_number_of_a_row() {
    // The numbers of the rows of shares stand below their labels, the others before them.
    let page = |p: &Person| {
        let rows = BARE.iter().zip(LABELS).zip(cells(p)).enumerate();
        let rows = rows.map(|(at, ((number, label), cell))| {
            let rule = "-".repeat(70);
            match at {
                4..=8 => {
                    format!("            {label}\n    {number}\n            {cell} (1)\n{rule}\n")
                }
                _ => format!("    {number}       {label}\n            {cell}\n{rule}\n"),
            }
        });
        format!("\nCUSIP No. {CUSIP}\n\n{}", rows.collect::<String>())
    };
    reads("marks", &filing(page), 0);
}

#[test]
fn a_number_cut_by_empty_cells_is_not_its_first_digits() {
    let cut = |_: &str, l: &str, c: &str| {
        let c = c.replace(',', "</td><td>&nbsp;</td><td>,</td><td>&nbsp;</td><td>");
        format!("<tr><td>{l}</td><td>{c}</td></tr>")
    };
    let reading = read(html(|p| table(p, cut)).as_bytes());
    for holder in &reading.holders {
        assert!(matches!(holder.aggregate, Field::Unreadable { .. }), "{:?}", holder.aggregate);
    }
}
