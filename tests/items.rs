//! What a text or HTML filing says beyond its cover page: items, what they state, exhibits,
//! agreements. Knows nothing of cover pages; every text here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use blockholder::reading::read::read;
use blockholder::terms::span::Span;
use blockholder::terms::statement::Reading;

const COVER: &str = "SCHEDULE 13D\n(Amendment No. 2)\nQuillon Works, Inc.\n(Name of Issuer)\n\
Common Stock\n(Title of Class of Securities)\n748990105\n(CUSIP Number)\n\n\
1. NAME OF REPORTING PERSON\n   Brae Hollow Partners, L.P.\n\
2. CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP (a) [ ] (b) [X]\n3. SEC USE ONLY\n\
4. SOURCE OF FUNDS\n   WC\n\
5. CHECK BOX IF DISCLOSURE OF LEGAL PROCEEDINGS IS REQUIRED [ ]\n\
6. CITIZENSHIP OR PLACE OF ORGANIZATION\n   Delaware\n7. SOLE VOTING POWER\n   1,250,000\n\
8. SHARED VOTING POWER\n   0\n9. SOLE DISPOSITIVE POWER\n   1,250,000\n\
10. SHARED DISPOSITIVE POWER\n   0\n\
11. AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON\n   1,250,000\n\
12. CHECK BOX IF THE AGGREGATE AMOUNT IN ROW (11) EXCLUDES CERTAIN SHARES [ ]\n\
13. PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW (11)\n   6.2%\n\
14. TYPE OF REPORTING PERSON\n   PN\n\n";

fn filing(items: &str) -> String {
    format!("{COVER}{items}")
}

fn numbers(reading: &Reading) -> Vec<u8> {
    reading.items.iter().map(|item| item.number).collect()
}

fn cut(text: &str, span: Span) -> &str {
    std::str::from_utf8(span.cut(text.as_bytes()).unwrap()).unwrap()
}

#[test]
fn the_last_line_of_a_table_of_contents_is_no_item() {
    let long = "The Reporting Person answers this item in a good many words. ".repeat(4);
    let contents = "Item 5. Interest in Securities of the Issuer ..... 3\n\
                    Item 6. Contracts, Arrangements ..... 3\n\
                    Item 7. Material to be Filed as Exhibits ..... 4\n\n";
    let body = format!(
        "Item 5. Interest in Securities of the Issuer\n{long}\n\
         Item 6. Contracts, Arrangements\n{long}\n\
         Item 7. Material to be Filed as Exhibits\n{long}\n"
    );
    let text = filing(&format!("{contents}{body}"));
    assert_eq!(numbers(&read(text.as_bytes())), [5, 6, 7]);
}

#[test]
fn letters_at_the_beginning_of_a_line_are_parts_of_an_item() {
    let text = filing(
        "Item 2. Identity and Background\n(a) This is filed by Brae Hollow.\n\n\
         (b) Its address is 4 Mill Lane, as said in (a) above.\n   (c)  It invests.\n\
         Item 4. Purpose of Transaction\nNone of the matters in (a) to (j) of\n\
         (j) the form.\nItem 5. Interest in Securities of the Issuer\n(b) None.\n",
    );
    let reading = read(text.as_bytes());
    assert_eq!(numbers(&reading), [2, 4, 5]);
    let parts: Vec<(char, &str)> =
        reading.items[0].sub.iter().map(|sub| (sub.letter, cut(&text, sub.span))).collect();
    let expected = [
        ('a', "(a) This is filed by Brae Hollow."),
        ('b', "(b) Its address is 4 Mill Lane, as said in (a) above."),
        ('c', "(c)  It invests."),
    ];
    assert_eq!(parts, expected);
    assert!(reading.items[1].sub.is_empty(), "a letter out of order heads nothing");
}

#[test]
fn item_and_letter_are_one_heading() {
    let text = filing(
        "Item 1(a). Name of Issuer: Quillon Works, Inc. Item 1(b). Address of Issuer: 9 Pier Road \
         Item 2(a). Name of Person Filing: Brae Hollow. Item 3. Not applicable.\n",
    );
    let reading = read(text.as_bytes());
    assert_eq!(numbers(&reading), [1, 2, 3]);
    let letters: String = reading.items[0].sub.iter().map(|sub| sub.letter).collect();
    assert_eq!(letters, "ab");
    assert_eq!(cut(&text, reading.items[0].sub[1].span), "(b). Address of Issuer: 9 Pier Road");
}
