//! The exhibits that Item 7 lists, the agreements and the earlier statements that a text names, in
//! the forms in which lawyers write them. Knows nothing of cover pages; every text here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::Reading;

const COVER: &str = "SCHEDULE 13D\n(Amendment No. 3)\nQuillon Works, Inc.\n(Name of Issuer)\n\
Common Stock\n(Title of Class of Securities)\n748990108\n(CUSIP Number)\n\n\
1. NAME OF REPORTING PERSON\n   Brae Hollow Partners, L.P.\n\
7. SOLE VOTING POWER\n   1,250,000\n\
8. SHARED VOTING POWER\n   0\n9. SOLE DISPOSITIVE POWER\n   1,250,000\n\
10. SHARED DISPOSITIVE POWER\n   0\n\
11. AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON\n   1,250,000\n\
13. PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (11)\n   6.2%\n\
14. TYPE OF REPORTING PERSON\n   PN\n\n";

const SIGNED: &str = "\n\nSIGNATURE\n\nAfter reasonable inquiry I certify that this is true.\n\n\
Dated: March 4, 2011\n\nBRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\n";

fn text<T: ToString>(field: &Field<T>) -> String {
    field.value().map_or("-".to_owned(), ToString::to_string)
}

/// "Label | title | date", an exhibit each; each date and label stands at its span.
fn told(text_of: &str, reading: &Reading) -> Vec<String> {
    let each = reading.exhibits.iter();
    for exhibit in each.clone() {
        let span = exhibit.label.span().unwrap();
        let cut = std::str::from_utf8(span.cut(text_of.as_bytes()).unwrap()).unwrap();
        assert_eq!(cut, exhibit.label.value().unwrap());
    }
    each.map(|e| format!("{} | {} | {}", text(&e.label), text(&e.title), text(&e.date))).collect()
}

fn listed(item: &str) -> Vec<String> {
    let heading = match item.starts_with('(') {
        true => "Item\n7.\nMaterial to be Filed as Exhibits",
        false => "Item 7. Material to be Filed as Exhibits",
    };
    let text = match item.starts_with('<') {
        true => {
            format!("<html><body><pre>{COVER}</pre><p>{heading}</p>{item}<p>SIGNATURE</p></html>")
        }
        false => format!("{COVER}{heading}\n{item}{SIGNED}"),
    };
    told(&text, &read(text.as_bytes()))
}

const THREE: [&str; 3] = [
    "A | Joint Filing Agreement dated March 3, 2005 | 2005-03-03",
    "B | Voting Agreement, dated as of April 4, 2005, among the holders | 2005-04-04",
    "99.1 | Letter to the Board | -",
];

#[test]
fn a_list_of_exhibits_is_read_in_every_form() {
    for item in [
        "The following documents are filed as exhibits: Exhibit A - Joint Filing Agreement dated March 3, \
         2005; Exhibit B - Voting Agreement, dated as of April 4, 2005, among the holders; and Exhibit \
         99.1 - Letter to the Board",
        "The following documents are filed as exhibits:\n\n\
         Exhibit A  Joint Filing Agreement dated March 3, 2005\n\n\
         Exhibit B  Voting Agreement, dated as of April 4, 2005,\n           among the holders\n\n\
         Exhibit 99.1  Letter to the Board\n\n* Filed herewith.\n",
        "<ul><li>Exhibit A: Joint Filing Agreement dated March 3, 2005</li>\
         <li>Exhibit B: Voting Agreement, dated as of April 4, 2005, among the holders</li>\
         <li>Exhibit 99.1: Letter to the Board</li></ul>",
        "<p>&bull; Exhibit A &ndash; Joint Filing Agreement dated March 3, 2005</p>\
         <p>&bull; Exhibit B &ndash; Voting Agreement, dated as of April 4, 2005, among the holders</p>\
         <p>&bull; Exhibit 99.1 &ndash; Letter to the Board</p>",
        "<table><tr><td>Exhibit A</td><td>&nbsp;</td><td>Joint Filing Agreement dated March 3, 2005</td></tr>\
         <tr><td>Exhibit B</td><td></td><td>Voting Agreement, dated as of April 4, 2005, among the \
         holders</td></tr><tr><td>Exhibit 99.1</td><td></td><td>Letter to the Board</td></tr></table>",
        "Exhibit Description Exhibit A Joint Filing Agreement dated March 3, 2005 Exhibit B Voting Agreement, \
         dated as of April 4, 2005, among the holders Exhibit 99.1 Letter to the Board CUSIP No. 748990108 \
         Page 4 of 5",
    ] {
        assert_eq!(listed(item), THREE, "{item}");
    }
}

#[test]
fn numbers_and_letters_alone_may_list_exhibits() {
    let expected = |labels: [&str; 2]| {
        let [one, two] = labels;
        [
            format!("{one} | Joint Filing Agreement, dated June 11, 2006. | 2006-06-11"),
            format!("{two} | Form of Lock-up Agreement. | -"),
        ]
    };
    for (item, labels) in [
        (
            "1. Joint Filing Agreement, dated June 11, 2006.\n\n2. Form of Lock-up\n   Agreement.\n",
            ["1", "2"],
        ),
        (
            "The following are filed: 1. Joint Filing Agreement, dated June 11, 2006. 2. Form of Lock-up \
             Agreement.",
            ["1", "2"],
        ),
        (
            "(a) Joint Filing Agreement, dated June 11, 2006.\n(b) Form of Lock-up Agreement.\n",
            ["a", "b"],
        ),
        (
            "A.  Joint Filing Agreement, dated June 11, 2006.\nB.  Form of Lock-up Agreement.\n",
            ["A", "B"],
        ),
        (
            "Item 7 is amended to add: 99.1 Joint Filing Agreement, dated June 11, 2006. 99.2 Form of Lock-up \
             Agreement.",
            ["99.1", "99.2"],
        ),
        (
            "99.1      Joint Filing Agreement, dated June 11, 2006.\n10.2      Form of Lock-up Agreement.\n",
            ["99.1", "10.2"],
        ),
        (
            "<table><tr><td>No.</td><td>Description</td></tr><tr><td>1</td><td>Joint Filing Agreement, dated \
             June 11, 2006.</td></tr><tr><td>2</td><td>Form of Lock-up Agreement.</td></tr></table>",
            ["1", "2"],
        ),
    ] {
        assert_eq!(listed(item), expected(labels), "{item}");
    }
    for none in
        ["None.", "The 1 agreement and the 2 letters were filed before.", "See page 4.\n10\n"]
    {
        assert!(listed(none).is_empty(), "{none}: {:?}", listed(none));
    }
}

#[test]
fn the_date_of_an_exhibit_is_its_own() {
    for (item, expected) in [
        (
            "<table><tr><td>Exhibit 1</td><td>Voting Agreement</td><td>March 3, 2005</td></tr></table>",
            "1 | Voting Agreement | 2005-03-03",
        ),
        (
            "Exhibit 1: Voting Agreement dated March 3, 2005 (incorporated by reference to Exhibit 2 to the \
             Schedule 13D filed on April 1, 2005).",
            "1 | Voting Agreement dated March 3, 2005 (incorporated by reference to Exhibit 2 to the \
             Schedule 13D filed on April 1, 2005). | 2005-03-03",
        ),
        (
            "Exhibit 1: Form of Note (incorporated by reference to Exhibit 4.1 to the Issuer's Form 8-K filed \
             on May 1, 2018).",
            "1 | Form of Note (incorporated by reference to Exhibit 4.1 to the Issuer's Form 8-K filed on \
             May 1, 2018). | -",
        ),
        (
            "Exhibit 1: Note of May 1, 2018, amended May 2, 2018",
            "1 | Note of May 1, 2018, amended May 2, 2018 | -",
        ),
    ] {
        assert_eq!(listed(item), [expected], "{item}");
    }
}

#[test]
fn an_index_after_the_signatures_lists_them_too() {
    let text = format!(
        "{COVER}Item 7. Material to be Filed as Exhibits\nSee the Exhibit Index.\n{SIGNED}\n\
         EXHIBIT INDEX\n\nExhibit A: Joint Filing Agreement     7\nExhibit B: Power of Attorney ....... 8\n\n\
         EXHIBIT A\nJOINT FILING AGREEMENT\n"
    );
    let expected = ["A | Joint Filing Agreement | -", "B | Power of Attorney | -"];
    assert_eq!(told(&text, &read(text.as_bytes())), expected);
}

fn earlier(said: &str) -> Vec<String> {
    let filing = format!("{COVER}{said}\n\nItem 4. Purpose of Transaction\nNo change.\n{SIGNED}");
    read(filing.as_bytes()).earlier.iter().map(text).collect()
}

#[test]
fn the_earlier_statement_is_named_in_many_forms() {
    for (said, dates) in [
        ("amends the Schedule 13D filed June 1, 2009.", &["2009-06-01"][..]),
        (
            "amends the statement on Schedule 13D filed with the Securities and Exchange Commission (the \
             \"SEC\") on June 1, 2009.",
            &["2009-06-01"],
        ),
        (
            "amends the Schedule 13D filed by the Reporting Persons with the SEC on June 1, 2009.",
            &["2009-06-01"],
        ),
        (
            "amends the Schedule 13D filed by Brae Hollow Partners, L.P. on June 1, 2009.",
            &["2009-06-01"],
        ),
        (
            "amends the Schedule 13D dated June 1, 2009, as amended by Amendment No. 1 dated July 9, 2010 and \
             Amendment No. 2 thereto, dated as of August 2, 2010.",
            &["2009-06-01", "2010-07-09", "2010-08-02"],
        ),
        (
            "amends the Schedule 13D originally filed on June 1, 2009, as amended on July 9, 2010, August 2, \
             2010 and September\n3, 2010 (the \"Schedule 13D\").",
            &["2009-06-01", "2010-07-09", "2010-08-02", "2010-09-03"],
        ),
        (
            "amends the Schedule 13D, as amended by Amendments No. 1 and No. 2 filed on July 9, 2010 and August \
             2, 2010, respectively.",
            &["2010-07-09", "2010-08-02"],
        ),
        (
            "amends the Schedule 13D, as amended and supplemented by Amendment No. 1 on July 9, 2010.",
            &["2010-07-09"],
        ),
        (
            "amends the Schedule 13D (filed on 06/01/2009) and Amendment No. 1 (filed 7/9/2010).",
            &["2009-06-01", "2010-07-09"],
        ),
        ("speaks of the Schedule 13D filed by Crestline Capital LLC on June 1, 2009.", &[]),
        ("This Schedule 13D is being filed on March 4, 2011.", &[]),
        ("The Schedule 13D speaks of a note and a Voting Agreement dated June 1, 2009.", &[]),
        ("The Schedule 13D was filed. On June 1, 2009 it bought shares.", &[]),
        ("The Schedule 13D speaks of the Form 4 filed on June 1, 2009.", &[]),
    ] {
        let said = format!("This Amendment No. 3 {said}");
        assert_eq!(earlier(&said), dates, "{said}");
    }
}

#[test]
fn an_agreement_in_running_text_has_parties_and_a_date() {
    let other = COVER.split_at(COVER.find("1. NAME").unwrap()).1;
    let other = other.replace("Brae Hollow Partners, L.P.", "Ida Venn");
    let text_of = format!(
        "{COVER}{other}Item 7. Material to be Filed as Exhibits\nNone.{SIGNED}\nPage 5 of 6 EXHIBIT A JOINT FILING \
         AGREEMENT The undersigned hereby agree that this statement is filed jointly on behalf of each of \
         them. Dated: March 3, 2011 BRAE HOLLOW PARTNERS, L.P. By: /s/ Ida Venn Name: Ida Venn Title: Manager \
         IDA VENN By: /s/ Ida Venn\n"
    );
    let reading = read(text_of.as_bytes());
    let [agreement] = reading.agreements.as_slice() else { panic!("{:#?}", reading.agreements) };
    let parties: Vec<String> = agreement.parties.iter().map(text).collect();
    assert_eq!(parties, ["BRAE HOLLOW PARTNERS, L.P.", "IDA VENN"]);
    assert_eq!(text(&agreement.date), "2011-03-03");
}
