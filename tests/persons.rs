//! Persons beside each other, in tables, or among other words: whoever is not read is said not to
//! be, and a name that has words in it which are none says so. Every line here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use blockholder::reading::read::read;
use blockholder::terms::statement::Reading;
use blockholder::terms::trouble::{FieldName, TroubleCode};

const TITLE: &str = "SCHEDULE 13G\nUnder the Securities Exchange Act of 1934\n\nTern Harbor \
                     plc\n(Name of Issuer)\n\nCommon Stock\n(Title of Class of \
                     Securities)\n\n99Y8K3208\n(CUSIP Number)\n\n";

/// The rows of a person, two lines each, with a name in place of `NAME` and a percent of `PERCENT`.
const ROWS: &str = "\
1 NAME OF REPORTING PERSON
  NAME
2 CHECK BOX IF A MEMBER OF A GROUP
  (a) [ ] (b) [X]
4 CITIZENSHIP
  Ohio
5 SOLE VOTING POWER
  4,000
6 SHARED VOTING POWER
  0
7 SOLE DISPOSITIVE POWER
  4,000
8 SHARED DISPOSITIVE POWER
  0
9 AGGREGATE AMOUNT OWNED
  4,000
11 PERCENT OF CLASS
  PERCENT
12 TYPE OF REPORTING PERSON
  IN
";

fn rows(name: &str, percent: &str) -> String {
    let named = ROWS.replace("  NAME\n", &format!("  {name}\n"));
    named.replace("  PERCENT\n", &format!("  {percent}\n"))
}

fn filing(rows: &str) -> Reading {
    let filing = format!("{TITLE}{rows}\n\nItem 1(a). Name of Issuer: Tern Harbor plc\n");
    read(filing.as_bytes())
}

fn says(reading: &Reading, code: TroubleCode, field: FieldName) -> bool {
    reading.troubles.iter().any(|t| t.code == code && t.field == field)
}

/// Two covers typed beside each other, the second at a column of characters.
fn abreast(column: usize, divider: &str) -> String {
    let (left, right) = (rows("Ann Quay", "5.1%"), rows("Ben Wharf", "5.2%"));
    let lines = left.lines().zip(right.lines());
    lines.map(|(left, right)| format!("{left:column$}{divider}{right}\n")).collect()
}

#[test]
fn cover_pages_beside_each_other_are_read_one_by_one() {
    for divider in ["", "|", "| "] {
        let reading = filing(&abreast(40, divider));
        let names: Vec<&str> =
            reading.holders.iter().map(|h| h.name.value().unwrap().as_str()).collect();
        assert_eq!(names, ["Ann Quay", "Ben Wharf"], "{divider:?}");
        let percents: Vec<String> =
            reading.holders.iter().map(|h| h.percent.value().unwrap().to_string()).collect();
        assert_eq!(percents, ["5.1", "5.2"]);
        assert!(reading.holders.iter().all(|h| h.aggregate.value().unwrap().to_string() == "4000"));
        assert!(!says(&reading, TroubleCode::HolderWithoutCover, FieldName::All));
    }
}

#[test]
fn cover_pages_whose_columns_run_into_each_other_say_so() {
    // The line of a name reaches into the next column.
    let page =
        abreast(40, "").replacen("Ann Quay", "Ann Quay, as trustee under a very long deed", 1);
    let reading = filing(&page);
    assert!(says(&reading, TroubleCode::HolderWithoutCover, FieldName::All), "{page}");
}

#[test]
fn a_person_above_those_that_are_understood_is_not_passed_over() {
    let table = "
 (1)            (5)       (6)     (7)       (8)     (9)      (11)   (12)
Wilma Marr and her 10,100      0     10,100      0     10,100    0.5%    IN
Odell Marr      61,000    0       61,000    0       61,000   2.8%   IN
";
    let reading = filing(table);
    let named =
        |name: &str| reading.holders.iter().any(|h| h.name.value().is_some_and(|n| n == name));
    assert!(!named("Odell Marr") || named("Wilma Marr and her"), "{:?}", reading.holders.len());
    assert!(says(&reading, TroubleCode::HolderWithoutCover, FieldName::All));
}

const TABLE: &str = "\
 (1)                    (4)       (5)       (6)     (7)       (8)     (9)      (11)   (12)
Wilma Marr             U.S.A.    10,100      0     10,100      0     10,100    0.5%    IN
Marr & Sons, a         Tennes-     held of record for the members' account and at call
  partnership          see          0     61,000      0     61,000   61,000    2.8%    PN
";

#[test]
fn a_table_of_persons_that_is_not_read_says_so_beside_cover_pages_too() {
    for table in [TABLE.to_owned(), TABLE.replace("(1) ", "1:  "), TABLE.replace(")  ", "): ")] {
        for covers in [1, 3] {
            let pages = rows("Odell Marr", "5.1%").repeat(covers);
            let reading = filing(&format!("{pages}\n\nThe other members:\n\n{table}"));
            assert_eq!(reading.holders.len(), covers);
            let code = TroubleCode::HolderWithoutCover;
            assert!(says(&reading, code, FieldName::All), "{covers} covers\n{table}");
        }
    }
}

/// A row of a table in markup.
fn cells(cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr>{cells}</tr>")
}

#[test]
fn a_table_of_persons_in_markup_that_is_not_read_says_so() {
    let heads = [
        "NAME OF REPORTING PERSON",
        "SOLE VOTING POWER",
        "SHARED VOTING POWER",
        "SOLE DISPOSITIVE POWER",
        "SHARED DISPOSITIVE POWER",
        "AGGREGATE AMOUNT BENEFICIALLY OWNED",
        "PERCENT OF CLASS",
    ];
    let line = ["Ann Quay", "1,000", "0", "1,000", "0", "1,000", "1.1%"];
    // The second person's row lacks cells.
    let table = [cells(&heads), cells(&line), cells(&line[..4])].concat();
    let cover = rows("Odell Marr", "5.1%").replace('\n', "<br>\n");
    let title = TITLE.replace('\n', "<br>\n");
    let page = format!(
        "<html><body><p>{title}</p><p>{cover}</p><p>Others:</p><table>{table}</table><p>Item 1(a). Name of Issuer</p></body></html>"
    );
    let reading = read(page.as_bytes());
    assert!(
        says(&reading, TroubleCode::HolderWithoutCover, FieldName::All),
        "{:?}",
        reading.troubles
    );
}

/// A filing in markup: a cover page for each of two persons, and around the first item's heading
/// what else there is.
fn covered(above: &str, below: &str) -> Reading {
    let marked = |rows: &str| rows.replace('\n', "<br>\n");
    let covers = marked(&rows("Ann Quay", "5.1%")) + "<hr>" + &marked(&rows("Ben Wharf", "5.2%"));
    let page = format!(
        "<html><body><p>{}</p><p>{covers}</p>{above}<p>Item 4. Ownership</p>{below}\
         <p>Item 5. Ownership of Five Percent or Less of a Class</p><p>None</p></body></html>",
        marked(TITLE)
    );
    read(page.as_bytes())
}

/// A table of persons under the form's labels, and a head for their names.
fn table(name: &str, persons: &[&str], last: &str) -> String {
    let heads = [
        name,
        "SOLE VOTING POWER",
        "SHARED VOTING POWER",
        "SOLE DISPOSITIVE POWER",
        "SHARED DISPOSITIVE POWER",
        "AGGREGATE AMOUNT BENEFICIALLY OWNED",
        "PERCENT OF CLASS",
        "CITIZENSHIP",
        "TYPE OF REPORTING PERSON",
    ];
    let held = ["4,000", "0", "4,000", "0", "4,000", "5.1%", "Ohio", "IN"];
    let upto = if last.is_empty() { held.len() } else { 6 };
    let row = |name: &&str| cells(&[&[*name], &held[..upto]].concat());
    let rows: String = persons.iter().map(row).collect();
    format!("<table>{}{rows}</table>", cells(&heads[..=upto]))
}

#[test]
fn a_table_that_tells_the_holdings_again_adds_nobody() {
    const AGAIN: &str = "no more columns";
    for head in ["NAME OF REPORTING PERSON", "Name", "Reporting Person", ""] {
        let table = table(head, &["Ann Quay", "Ben Wharf"], AGAIN);
        for (above, below) in [("", table.as_str()), (table.as_str(), "")] {
            let reading = covered(above, below);
            assert_eq!(reading.holders.len(), 2, "{head:?} {above}");
            assert!(!says(&reading, TroubleCode::HolderWithoutCover, FieldName::All), "{head:?}");
        }
    }
    // One who has no cover page is not read in an item, and that is said.
    let reading =
        covered("", &table("NAME OF REPORTING PERSON", &["Ann Quay", "Odell Marr"], AGAIN));
    assert_eq!(reading.holders.len(), 2);
    assert!(says(&reading, TroubleCode::HolderWithoutCover, FieldName::All));
}

#[test]
fn a_list_in_an_item_that_tells_the_holdings_again_adds_nobody() {
    let own = |name: &str| {
        format!(
            "<p>Name of Reporting Person: {name}</p><p>(a) Aggregate Amount Beneficially Owned: \
             4,000</p><p>Percent of Class: 5.1%</p><p>(b) Sole Voting Power: 4,000</p><p>Shared \
             Voting Power: 0</p><p>Sole Dispositive Power: 4,000</p><p>Shared Dispositive Power: \
             0</p>"
        )
    };
    let reading = covered("", &(own("Ann Quay") + &own("Ben Wharf")));
    assert_eq!(reading.holders.len(), 2);
}

/// One cover page for all: what each of them holds is in the item alone.
#[test]
fn what_the_items_tell_under_one_cover_page_for_all_is_read() {
    let named = ["Ann Quay", "Ben Wharf", "Odell Marr"];
    let cover = rows(&named.join("\n  "), "5.1%").replace('\n', "<br>\n");
    let table = table("NAME OF REPORTING PERSON", &named, "no more columns");
    let title = TITLE.replace('\n', "<br>\n");
    let page = format!(
        "<html><body><p>{title}</p><p>{cover}</p><p>Item 4. Ownership</p>{table}<p>Item 5. \
         Ownership of Five Percent or Less of a Class</p></body></html>"
    );
    let reading = read(page.as_bytes());
    let held = |name: &str| {
        let own = |h: &&blockholder::terms::statement::Holder| {
            h.name.value().is_some_and(|n| n == name) && h.aggregate.is_stated()
        };
        reading.holders.iter().filter(own).count()
    };
    assert_eq!(named.map(held), [1, 1, 1]);
}

#[test]
fn a_table_without_a_head_over_its_names_is_read() {
    for head in ["", "&nbsp;", "Name", "Reporting Persons"] {
        for total in ["", "Total"] {
            let sum =
                "<tr><td>Total</td>".to_owned() + &"<td>8,000</td>".repeat(8) + "</tr></table>";
            let mut persons = table(head, &["Ann Quay", "Ben Wharf"], "");
            if !total.is_empty() {
                persons = persons.replace("</table>", &sum);
            }
            let title = TITLE.replace('\n', "<br>\n");
            let page =
                format!("<html><body><p>{title}</p>{persons}<p>Item 1(a). Name of Issuer</p>");
            let reading = read(page.as_bytes());
            let names: Vec<&str> =
                reading.holders.iter().filter_map(|h| h.name.value()).map(String::as_str).collect();
            assert_eq!(names, ["Ann Quay", "Ben Wharf"], "{head:?} {total}");
            let held = reading.holders.iter().all(|h| h.aggregate.is_stated());
            assert!(held && reading.holders.iter().all(|h| h.citizenship.is_stated()), "{head:?}");
        }
    }
}

#[test]
fn a_name_with_words_in_it_that_are_none_says_so() {
    for name in [
        "Kansai Lens PERSON Kaisha",
        "Quay Fund LP REPORTING",
        "Identification Quay Fund LP",
        "Quay Fund LP, whose address is as reported in the rows of Amendment No. 6",
        "Quay Fund LP (N.I.F. B-82110934)",
        "Quay Fund LP 12 Dock Street Boston",
        "Quay Fund LP, Boston, Massachusetts 02109",
        "Quay Fund LP (a) [X] of a kind",
    ] {
        let reading = filing(&rows(name, "5.1%"));
        let told = says(&reading, TroubleCode::ValueAmbiguous, FieldName::Name);
        let read = reading.holders[0].name.value();
        assert!(told || read.is_some_and(|read| read == "Quay Fund LP"), "{read:?}");
    }
    for name in [
        "Quay Fund 1994 LP",
        "Trust under the will of A. B. Quay, of which C. Wharf is trustee",
        "2004 Quay Family Trust",
        "IRSA Inversiones y Representaciones S.A.",
        "The Quay Reportings Company",
        "Gunnar Person",
        "Ida M. Person Family Trust",
        "Gordon Persons",
    ] {
        let reading = filing(&rows(name, "5.1%"));
        assert_eq!(reading.holders[0].name.value().unwrap(), name);
        assert!(!says(&reading, TroubleCode::ValueAmbiguous, FieldName::Name), "{name}");
    }
}

#[test]
fn a_number_of_another_country_is_no_name() {
    for (printed, name) in [
        ("Quay Fund S.A. (N.I.F. B-48.220.117)", "Quay Fund S.A."),
        ("Quay Fund S.A. (CIF A48220117)", "Quay Fund S.A."),
        ("Quay Fund Limited           I.D. Foreign Corporation", "Quay Fund Limited"),
        ("Quay Fund Limited           I.D. No. Foreign Entity", "Quay Fund Limited"),
        ("Quay Fund S.A. (VAT)", "Quay Fund S.A. (VAT)"),
        ("Quay I.D. Foreign Trust", "Quay I.D. Foreign Trust"),
    ] {
        let reading = filing(&rows(printed, "5.1%"));
        assert_eq!(reading.holders[0].name.value().unwrap(), name, "{printed}");
    }
}

#[test]
fn a_power_that_is_said_elsewhere_says_so() {
    let page = rows("Ann Quay", "5.1%");
    let shared = "SHARED VOTING POWER\n  0";
    for (said, told) in [
        ("See Item 5", true),
        ("Same as row 9", true),
        ("See response to row 5.", true),
        ("N/A", false),
        ("", false),
    ] {
        let reading = filing(&page.replace(shared, &format!("SHARED VOTING POWER\n  {said}")));
        let missing = says(&reading, TroubleCode::RowMissing, FieldName::SharedVoting);
        assert_eq!((missing, reading.holders[0].shared_voting.value()), (told, None), "{said}");
    }
    let reading = filing(&page.replace(shared, "SHARED VOTING POWER\n  No shares"));
    assert!(reading.holders[0].shared_voting.value().unwrap().is_zero());
    assert!(!says(&reading, TroubleCode::RowMissing, FieldName::SharedVoting));
}

#[test]
fn the_year_of_a_trust_is_no_house_number() {
    let reading = filing(&rows("The Quay\n  1994 Trust", "5.1%"));
    assert_eq!(reading.holders[0].name.value().unwrap(), "The Quay 1994 Trust");
    for address in
        ["1994 Main Street", "12, rue de la Loge", "100 Elm Place", "1994 Elm, Troy, NY 12180"]
    {
        let reading = filing(&rows(&format!("The Quay Trust\n  {address}"), "5.1%"));
        assert_eq!(reading.holders[0].name.value().unwrap(), "The Quay Trust", "{address}");
    }
}

#[test]
fn a_range_of_percents_is_none_of_them() {
    for range in
        ["between 28% and 29%", "28% to 29%", "28.0-29.5%", "28.0 to 29.5 percent", "5.1% - 6%"]
    {
        let reading = filing(&rows("Ann Quay", range));
        let percent = &reading.holders[0].percent;
        assert!(!percent.is_stated(), "{range}: {percent:?}");
        assert!(reading.troubles.iter().any(|t| t.field == FieldName::Percent), "{range}");
    }
}
