//! For whom somebody signs and by what right, in the forms in which blocks are printed: typewritten
//! lines, running text, tables. Knows nothing of cover pages; every text here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::Reading;
use blockholder::terms::trouble::FieldName;

const HEAD: &str = "SCHEDULE 13D\n(Amendment No. 2)\nQuillon Works, Inc.\n(Name of Issuer)\n\
Common Stock\n(Title of Class of Securities)\n748990108\n(CUSIP Number)\n\n";

const HOLDERS: [&str; 5] = [
    "Brae Hollow Partners, L.P.",
    "Brae Hollow Offshore, Ltd.",
    "Brae Hollow Management, LLC",
    "Ida Venn",
    "Venn Family Trust",
];

fn cover(name: &str) -> String {
    format!(
        "1. NAME OF REPORTING PERSON\n   {name}\n\
2. CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP (a) [ ] (b) [X]\n3. SEC USE ONLY\n\
4. SOURCE OF FUNDS\n   WC\n\
5. CHECK BOX IF DISCLOSURE OF LEGAL PROCEEDINGS IS REQUIRED [ ]\n\
6. CITIZENSHIP OR PLACE OF ORGANIZATION\n   Delaware\n7. SOLE VOTING POWER\n   1,250,000\n\
8. SHARED VOTING POWER\n   0\n9. SOLE DISPOSITIVE POWER\n   1,250,000\n\
10. SHARED DISPOSITIVE POWER\n   0\n\
11. AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON\n   1,250,000\n\
12. CHECK BOX IF THE AGGREGATE AMOUNT IN ROW (11) EXCLUDES CERTAIN SHARES [ ]\n\
13. PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (11)\n   6.2%\n\
14. TYPE OF REPORTING PERSON\n   PN\n\n"
    )
}

const SIGNED: &str = "Item 7. Material to be Filed as Exhibits\nNone.\n\nSIGNATURE\n\n\
After reasonable inquiry and to the best of my knowledge and belief, I certify that the \
information set forth in this statement is true, complete and correct.\n\n";

fn filing(holders: &[&str], block: &str) -> String {
    let covers: String = holders.iter().map(|name| cover(name)).collect();
    format!("{HEAD}{covers}{SIGNED}{block}\n")
}

fn text<T: ToString>(field: &Field<T>) -> String {
    field.value().map_or("-".to_owned(), ToString::to_string)
}

/// "For whom: by | title > by | title", a signature each.
fn told(reading: &Reading) -> Vec<String> {
    let one = |signature: &blockholder::terms::statement::Signature| {
        let chain = signature.capacities.iter();
        let chain: Vec<String> =
            chain.map(|c| format!("{} | {}", text(&c.by), text(&c.title))).collect();
        format!("{}: {}", text(&signature.name), chain.join(" > "))
    };
    reading.signatures.iter().map(one).collect()
}

/// What is said of a block in a filing of all holders, with the troubles about signatures.
fn signed(block: &str) -> Vec<String> {
    all(&filing(&HOLDERS, block))
}

fn all(text: &str) -> Vec<String> {
    let reading = read(text.as_bytes());
    let mut said = told(&reading);
    let about = reading.troubles.iter().filter(|t| t.field == FieldName::Signatures);
    said.extend(about.map(|t| format!("! {}", t.message)));
    for signature in &reading.signatures {
        holds(text, &signature.name);
        for capacity in &signature.capacities {
            holds(text, &capacity.by);
            holds(text, &capacity.title);
        }
    }
    said
}

/// The bytes at a field's span, without tags and white space, have the field's value in them.
#[track_caller]
fn holds(text: &str, field: &Field<String>) {
    let Some((value, span)) = field.value().zip(field.span()) else { return };
    let cut = std::str::from_utf8(span.cut(text.as_bytes()).unwrap()).unwrap();
    let mut inside = false;
    let plain: String = cut
        .chars()
        .filter(|c| {
            let tag = inside || *c == '<';
            inside = (inside || *c == '<') && *c != '>';
            !tag && c.is_alphanumeric()
        })
        .flat_map(char::to_lowercase)
        .collect();
    let wanted: String =
        value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    assert!(plain.contains(&wanted), "{value:?} is not in {cut:?}");
}

#[track_caller]
fn each(cases: &[(&str, &[&str])]) {
    for (block, expected) in cases {
        assert_eq!(signed(block), *expected, "{block}");
    }
}

const FUND: &str = "BRAE HOLLOW PARTNERS, L.P.: Brae Hollow Management, LLC | general partner > \
                    Ida Venn | Managing Member";

#[test]
fn a_chain_may_stand_on_one_line() {
    for block in [
        "BRAE HOLLOW PARTNERS, L.P. By: Brae Hollow Management, LLC, its general partner, By: /s/ Ida Venn, Managing Member",
        "Dated: March 4, 2011 BRAE HOLLOW PARTNERS, L.P., By Brae Hollow Management, LLC, its general partner, By /s/ Ida Venn Ida Venn, Managing Member",
        "Dated: March 4, 2011    BRAE HOLLOW PARTNERS, L.P.\nBy: Brae Hollow Management, LLC, general partner; By: /s/ Ida Venn; Title: Managing Member",
        "BRAE HOLLOW PARTNERS, L.P. By: Brae Hollow Management, LLC, its general partner By: /s/ Ida Venn Name: Ida Venn Title: Managing Member Date: March 4, 2011",
        "BRAE HOLLOW PARTNERS, L.P.\nMarch 4, 2011\nBy: Brae Hollow Management, LLC,\nas general partner\nBy: /s/ Ida Venn\nName/Title: Ida Venn, Managing Member",
        "BRAE HOLLOW PARTNERS, L.P.\n\n/s/ Ida Venn\nIda Venn, Managing Member of Brae Hollow Management, LLC,\nthe general partner of BRAE HOLLOW PARTNERS, L.P.",
        "BRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\n    Ida Venn\n    Managing Member of Brae Hollow Management, LLC, its general partner",
    ] {
        let said = signed(block);
        assert_eq!(said[0].to_lowercase(), FUND.to_lowercase(), "{block}");
        assert!(!said.iter().any(|s| s.starts_with('!')), "{block}: {said:?}");
    }
}

#[test]
fn several_may_sign_in_one_paragraph() {
    each(&[
        (
            "Date: March 4, 2011 BRAE HOLLOW PARTNERS, L.P. By: /s/ Ida Venn Name: Ida Venn Title: \
             Managing Member BRAE HOLLOW OFFSHORE, LTD. By: /s/ Olaf Reed Name: Olaf Reed Title: Director \
             7 IDA VENN By: /s/ Ida Venn",
            &[
                "BRAE HOLLOW PARTNERS, L.P.: Ida Venn | Managing Member",
                "BRAE HOLLOW OFFSHORE, LTD.: Olaf Reed | Director",
                "IDA VENN: Ida Venn | -",
            ],
        ),
        (
            "/s/ Ida Venn, individually; Venn Family Trust, by /s/ Olaf Reed, Trustee",
            &["Ida Venn: Ida Venn | -", "Venn Family Trust: Olaf Reed | Trustee"],
        ),
        (
            "BRAE HOLLOW PARTNERS, L.P. and BRAE HOLLOW OFFSHORE, LTD. By: /s/ Olaf Reed, Director",
            &[
                "BRAE HOLLOW PARTNERS, L.P.: Olaf Reed | Director",
                "BRAE HOLLOW OFFSHORE, LTD.: Olaf Reed | Director",
            ],
        ),
    ]);
}

#[test]
fn one_may_sign_for_all_whose_names_stand_above() {
    each(&[(
        "BRAE HOLLOW PARTNERS, L.P., a Delaware limited partnership\nBRAE HOLLOW OFFSHORE, LTD.\n\
         By: /s/ Olaf Reed\nOlaf Reed\nDirector\n\nVENN FAMILY TRUST\nIDA VENN, individually\n\
         By: /s/ Olaf Reed\nOlaf Reed, Attorney-in-Fact\n",
        &[
            "BRAE HOLLOW PARTNERS, L.P.: Olaf Reed | Director",
            "BRAE HOLLOW OFFSHORE, LTD.: Olaf Reed | Director",
            "VENN FAMILY TRUST: Olaf Reed | Attorney-in-Fact",
            "IDA VENN: Olaf Reed | Attorney-in-Fact",
        ],
    )]);
}

#[test]
fn words_after_a_signature_say_for_whom_it_is_given() {
    each(&[
        (
            "/s/ Olaf Reed\nOlaf Reed, as attorney-in-fact for Ida Venn\n",
            &["Ida Venn: Olaf Reed | attorney-in-fact"],
        ),
        (
            "/s/ Ida Venn\nIda Venn, individually and on behalf of\nBrae Hollow Management, LLC\n",
            &["Brae Hollow Management, LLC: Ida Venn | -", "Ida Venn: Ida Venn | -"],
        ),
        (
            "/s/ Ida Venn\nIda Venn, individually and as Managing Member of Brae Hollow Management, LLC \
             and Trustee of the Venn Family Trust\n",
            &[
                "Brae Hollow Management, LLC: Ida Venn | Managing Member",
                "Venn Family Trust: Ida Venn | Trustee",
                "Ida Venn: Ida Venn | -",
            ],
        ),
        (
            "/s/ Olaf Reed, in his capacity as trustee of the Venn Family Trust\n",
            &["Venn Family Trust: Olaf Reed | trustee"],
        ),
        (
            "/s/ Olaf Reed\nOlaf Reed\nDuly authorized under Power of Attorney\neffective as of June 1, \
             2008,\nby and on behalf of Brae Hollow Management, LLC\nand its subsidiaries\n",
            &["Brae Hollow Management, LLC: Olaf Reed | -"],
        ),
        (
            "/s/ Ida Venn\nIda Venn, in her individual capacity\nand as Managing\nMember of Brae Hollow \
             Management, LLC\n",
            &["Brae Hollow Management, LLC: Ida Venn | Managing Member", "Ida Venn: Ida Venn | -"],
        ),
        (
            "By: /s/ Ida Venn\nName: Ida Venn\nTitle: Individually and as attorney-in-fact for Brae Hollow \
             Partners, L.P. and Brae Hollow Offshore, Ltd.\n",
            &[
                "Brae Hollow Partners, L.P.: Ida Venn | attorney-in-fact",
                "Brae Hollow Offshore, Ltd.: Ida Venn | attorney-in-fact",
                "Ida Venn: Ida Venn | -",
            ],
        ),
    ]);
}

#[test]
fn a_company_signs_by_the_name_below_its_own() {
    each(&[(
        "VENN FAMILY TRUST\n\n/s/ Olaf Reed\nOlaf Reed, Co-Trustee\n\n/s/ Ida Venn\nIda Venn, Co-Trustee\n",
        &[
            "VENN FAMILY TRUST: Olaf Reed | Co-Trustee > Ida Venn | Co-Trustee",
            "Ida Venn: Ida Venn | -",
        ],
    )]);
}

#[test]
fn what_kind_of_company_it_is_belongs_to_its_name() {
    each(&[
        (
            "BRAE HOLLOW PARTNERS, L.P.,\nBRAE HOLLOW OFFSHORE, LTD.\nBy: Brae Hollow Management, L.L.C.\n    \
             their General Partner\nBy: /s/ Ida Venn\nVice President, Chief Financial\nOfficer and Treasurer\n",
            &[
                "BRAE HOLLOW PARTNERS, L.P.: Brae Hollow Management, L.L.C. | General Partner > Ida Venn | \
                 Vice President, Chief Financial Officer and Treasurer",
                "BRAE HOLLOW OFFSHORE, LTD.: Brae Hollow Management, L.L.C. | General Partner > Ida Venn | \
                 Vice President, Chief Financial Officer and Treasurer",
            ],
        ),
        (
            "REED INVESTMENT COUNSEL, INC.\nBy: /s/ Olaf Reed\nOlaf Reed, Treasurer\n",
            &[
                "REED INVESTMENT COUNSEL, INC.: Olaf Reed | Treasurer",
                "! REED INVESTMENT COUNSEL, INC. signs and has no cover page that can be read",
            ],
        ),
    ]);
    let text = filing(&["Ida Venn (\"Venn\")", "Olaf Reed"], "/s/ Ida Venn\nIDA VENN\n");
    assert_eq!(all(&text), ["Ida Venn: IDA VENN | -"]);
}

#[test]
fn a_star_says_who_signs_for_another() {
    each(&[(
        "VENN FAMILY TRUST*\nBy: /s/ Ida Venn\nIda Venn, Trustee\n\nBRAE HOLLOW OFFSHORE, LTD.\n\
         By: /s/ Olaf Reed\nOlaf Reed, Director\n\n*By: /s/ Pia Lund\nPia Lund, Attorney-in-Fact\n",
        &[
            "VENN FAMILY TRUST: Ida Venn | Trustee > Pia Lund | Attorney-in-Fact",
            "BRAE HOLLOW OFFSHORE, LTD.: Olaf Reed | Director",
        ],
    )]);
}

#[test]
fn the_name_above_the_next_signature_is_not_the_one_below_the_last() {
    each(&[
        (
            "BRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Olaf Reed\nIda Venn, individually\nBy: /s/ Ida Venn\n",
            &["BRAE HOLLOW PARTNERS, L.P.: Olaf Reed | -", "Ida Venn: Ida Venn | -"],
        ),
        (
            "BRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\nIda Venn, Managing Member\nIda Venn\n\
             By: /s/ Ida Venn\nIda Venn\n",
            &["BRAE HOLLOW PARTNERS, L.P.: Ida Venn | Managing Member", "Ida Venn: Ida Venn | -"],
        ),
        (
            "VENN FAMILY TRUST\nBy: /s/ Olaf Reed\nOlaf Reed, Trustee\nBy: /s/ Ida Venn\nIda Venn\n",
            &["VENN FAMILY TRUST: Olaf Reed | Trustee", "Ida Venn: Ida Venn | -"],
        ),
        (
            "/s/ Ida Venn\nBRAE HOLLOW OFFSHORE, LTD.\nBy: /s/ Olaf Reed\n",
            &["Ida Venn: Ida Venn | -", "BRAE HOLLOW OFFSHORE, LTD.: Olaf Reed | -"],
        ),
    ]);
}

#[test]
fn signatures_side_by_side_are_read_one_after_the_other() {
    let expected = [
        "BRAE HOLLOW PARTNERS, L.P.: Ida Venn | Managing Member",
        "BRAE HOLLOW OFFSHORE, LTD.: Olaf Reed | Director",
    ];
    for block in [
        "BRAE HOLLOW PARTNERS, L.P.         BRAE HOLLOW OFFSHORE, LTD.\n\n\
         By: /s/ Ida Venn                   By: /s/ Olaf Reed\n\
         ----------------------             ---------------------\n\
         Name: Ida Venn                     Name: Olaf Reed\n\
         Title: Managing Member             Title: Director\n",
        "BRAE HOLLOW PARTNERS, L.P.         BRAE HOLLOW OFFSHORE, LTD.\n\
         By:   /s/ Ida Venn                 By:   /s/ Olaf Reed\n\
         \x20     Ida Venn                         Olaf Reed\n\
         \x20     Managing Member                  Director\n",
        "<table><tr><td>BRAE HOLLOW PARTNERS, L.P.</td><td>BRAE HOLLOW OFFSHORE, LTD.</td></tr>\
         <tr><td>By: /s/ Ida Venn</td><td>By: /s/ Olaf Reed</td></tr>\
         <tr><td>Name: Ida Venn</td><td>Name: Olaf Reed</td></tr>\
         <tr><td>Title: Managing Member</td><td>Title: Director</td></tr></table>",
        "<table><tr><td colspan=2>BRAE HOLLOW PARTNERS, L.P.</td><td></td><td colspan=2>BRAE HOLLOW \
         OFFSHORE, LTD.</td></tr>\
         <tr><td>By:</td><td>/s/ Ida Venn</td><td></td><td>By:</td><td>/s/ Olaf Reed</td></tr>\
         <tr><td>Name:</td><td>Ida Venn</td><td></td><td>Name:</td><td>Olaf Reed</td></tr>\
         <tr><td>Title:</td><td>Managing Member</td><td></td><td>Title:</td><td>Director</td></tr></table>",
        "<table><tr><td>BRAE HOLLOW PARTNERS, L.P.<br>By: /s/ Ida Venn<br>Ida Venn, Managing Member</td>\
         <td>BRAE HOLLOW OFFSHORE, LTD.<br>By: /s/ Olaf Reed<br>Olaf Reed, Director</td></tr></table>",
    ] {
        let html = block.starts_with('<');
        let text = filing(&HOLDERS, block);
        let text = if html { format!("<html><body><pre>{text}</body></html>") } else { text };
        assert_eq!(all(&text), expected, "{block}");
    }
}

#[test]
fn columns_that_cannot_be_told_are_said_to_be_unclear() {
    let block = "<table><tr><td></td><td></td><td colspan=3>BRAE HOLLOW OFFSHORE, LTD.</td></tr>\
         <tr><td>By: /s/ Ida Venn</td><td>By: /s/ Olaf Reed</td></tr></table>";
    let text = format!("<html><body><pre>{}</body></html>", filing(&HOLDERS, block));
    assert_eq!(all(&text), ["! signatures stand side by side, and for whom cannot be told"]);
}

#[test]
fn the_only_reporting_person_need_not_be_named_again() {
    let text = |block: &str| filing(&["Brae Hollow Management, LLC"], block);
    for block in [
        "Date: March 4, 2011\nBy: /s/ Olaf Reed\nName: Olaf Reed\nTitle: Manager\n",
        "/s/ Olaf Reed\nOlaf Reed, Manager\n",
        "Signature: Olaf Reed\nName/Title   Manager\n",
        "March 4, 2011 By /s/ Olaf Reed Olaf Reed Manager",
    ] {
        assert_eq!(
            all(&text(block)),
            ["Brae Hollow Management, LLC: Olaf Reed | Manager"],
            "{block}"
        );
    }
}

#[test]
fn who_signs_for_nobody_that_is_told_is_a_trouble() {
    each(&[
        (
            "By: /s/ Olaf Reed\nName: Olaf Reed\nTitle: Manager\n",
            &["! Olaf Reed signs, and for whom cannot be told"],
        ),
        (
            "IDA VENN\nBy: /s/ Ida Venn\n\n/s/ Olaf Reed\nOlaf Reed, Manager of Another Fund, L.P.\n",
            &["IDA VENN: Ida Venn | -", "! Olaf Reed signs, and for whom cannot be told"],
        ),
        (
            "VENN FAMILY TRUST By: /s/ Ida Venn Title: Trustee STRANGE FUND II By: /s/ Olaf Reed",
            &[
                "VENN FAMILY TRUST: Ida Venn | Trustee STRANGE FUND II",
                "! Olaf Reed signs, and for whom cannot be told",
            ],
        ),
    ]);
}

#[test]
fn a_power_of_attorney_below_is_no_part_of_the_block() {
    each(&[(
        "IDA VENN\nBy: /s/ Olaf Reed\nOlaf Reed, Attorney-in-Fact\n\nPOWER OF ATTORNEY\n\nKnow all men that \
         Ida Venn appoints Olaf Reed.\n\n/s/ Ida Venn\nIda Venn\n",
        &["IDA VENN: Olaf Reed | Attorney-in-Fact"],
    )]);
    let long = "The Reporting Person said what it had to say in one long line. ".repeat(20);
    each(&[(
        &format!(
            "IDA VENN By: /s/ Olaf Reed Name: Olaf Reed Title: Attorney-in-fact 8 EXHIBIT C POWER OF ATTORNEY \
             Know all men that VENN FAMILY TRUST appoints Olaf Reed. /s/ Pia Lund Pia Lund, Trustee {long}"
        ),
        &["IDA VENN: Olaf Reed | Attorney-in-fact"],
    )]);
}

#[test]
fn the_date_of_a_power_above_the_signatures_is_none_of_theirs() {
    for (power, date) in [
        (
            "A Power of Attorney, dated\nMay 5, 2001, is attached.\n\nDated: March 5, 2011",
            "2011-03-05",
        ),
        ("By power of attorney filed on May 5, 2001.\n\nMarch 5, 2011", "2011-03-05"),
        ("pursuant to a power of attorney\nDate: March 5, 2011", "2011-03-05"),
        ("under a power of attorney of May 5, 2001", "-"),
        ("Filed on March 5, 2011", "2011-03-05"),
    ] {
        let block = format!("{power}\n\n{}\nBy: /s/ Ida Venn\nTitle: Manager\n", HOLDERS[0]);
        let reading = read(filing(&HOLDERS[..1], &block).as_bytes());
        let [signature] = reading.signatures.as_slice() else { panic!("{power}") };
        assert_eq!(text(&signature.date), date, "{power}");
    }
}
