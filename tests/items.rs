//! What a text or HTML filing says beyond its cover page: items, what they state, exhibits,
//! agreements. Knows nothing of cover pages; every text here is invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use blockholder::reading::read::read;
use blockholder::terms::span::Span;
use blockholder::terms::statement::Reading;

const COVER: &str = "SCHEDULE 13D\n(Amendment No. 2)\nQuillon Works, Inc.\n(Name of Issuer)\n\
Common Stock\n(Title of Class of Securities)\n748990108\n(CUSIP Number)\n\n\
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

fn texts<T: ToString>(field: &blockholder::terms::span::Field<T>) -> String {
    field.value().map_or(field.state().to_owned(), ToString::to_string)
}

const SIGNED: &str = "Item 7. Material to be Filed as Exhibits\nNone.\n\nSIGNATURE\n\n\
After reasonable inquiry and to the best of my knowledge and belief, I certify that the \
information set forth in this statement is true, complete and correct.\n\n\
Dated: March 4, 2011\n\n";

fn capacities(block: &str) -> Vec<String> {
    let text = filing(&format!("{SIGNED}{block}\n"));
    let reading = read(text.as_bytes());
    let each = reading.signatures.iter().flat_map(|signature| {
        signature.capacities.iter().map(|c| {
            format!(
                "{}: {} | {} | {}",
                texts(&signature.name),
                texts(&c.by),
                texts(&c.title),
                texts(&c.date)
            )
        })
    });
    each.collect()
}

#[test]
fn a_signature_says_through_whom_it_is_given() {
    for block in [
        "BRAE HOLLOW PARTNERS, L.P.\nBy: Brae Hollow Management, LLC,\nGeneral Partner\n\
         By: /s/ Ida Venn\nIda Venn, Co-Managing Member\n",
        "BRAE HOLLOW PARTNERS, L.P.\nBy: Brae Hollow Management, LLC, its General Partner\n\
         By: /s/ Ida Venn\n--------------\nName: Ida Venn\nTitle: Co-Managing Member\n",
        "BRAE HOLLOW PARTNERS, L.P.\nBy: Brae Hollow Management, LLC, General Partner\n\
         By: /s/ Ida Venn\n    Ida Venn\n    Co-Managing Member\n",
    ] {
        let expected = [
            "BRAE HOLLOW PARTNERS, L.P.: Brae Hollow Management, LLC | General Partner | absent",
            "BRAE HOLLOW PARTNERS, L.P.: Ida Venn | Co-Managing Member | absent",
        ];
        assert_eq!(capacities(block), expected, "{block}");
    }
}

#[test]
fn a_title_that_runs_on_is_no_title() {
    let block = "BRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\nIda Venn, under a power granted to\n\
                 her as attorney for the partners\n";
    assert_eq!(capacities(block), ["BRAE HOLLOW PARTNERS, L.P.: Ida Venn | absent | absent"]);
}

#[test]
fn a_date_under_a_signature_is_its_own() {
    let block = "BRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\nName: Ida Venn\nTitle: Manager\n\
                 Date: March 5, 2011\n";
    assert_eq!(capacities(block), ["BRAE HOLLOW PARTNERS, L.P.: Ida Venn | Manager | 2011-03-05"]);
}

#[test]
fn exhibits_are_listed_with_letter_title_and_date() {
    let text = filing(
        "Item 7. Material to be Filed as Exhibits\n\n\
         Exhibit A: Joint Filing Agreement dated as of March 4, 2011.\n\n\
         Exhibit 99.2 - Voting Agreement among the holders,\n    of which Exhibit A speaks\n\n    10\n\n\
         SIGNATURE\n",
    );
    let exhibits = read(text.as_bytes()).exhibits;
    let told: Vec<[String; 3]> =
        exhibits.iter().map(|e| [texts(&e.label), texts(&e.title), texts(&e.date)]).collect();
    let expected = [
        ["A", "Joint Filing Agreement dated as of March 4, 2011.", "2011-03-04"],
        ["99.2", "Voting Agreement among the holders, of which Exhibit A speaks", "absent"],
    ];
    assert_eq!(told, expected);
    assert_eq!(cut(&text, exhibits[0].date.span().unwrap()), "March 4, 2011");
}

#[test]
fn a_joint_filing_agreement_has_parties_and_a_date() {
    let text = filing(&format!(
        "{SIGNED}BRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\nIda Venn, Manager\n\n\
         JOINT FILING AGREEMENT\n\nThe undersigned agree that this statement is filed jointly.\n\n\
         Dated: March 3, 2011\n\nBRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\nIda Venn, Manager\n\n\
         BRAE HOLLOW MANAGEMENT, LLC\nBy: /s/ Ida Venn\nIda Venn, Manager\n"
    ));
    let reading = read(text.as_bytes());
    let names: Vec<String> = reading.signatures.iter().map(|s| texts(&s.name)).collect();
    assert_eq!(names, ["BRAE HOLLOW PARTNERS, L.P."]);
    assert_eq!(reading.agreements.len(), 1, "{reading:#?}");
    let agreement = &reading.agreements[0];
    let parties: Vec<String> = agreement.parties.iter().map(texts).collect();
    assert_eq!(parties, ["BRAE HOLLOW PARTNERS, L.P.", "BRAE HOLLOW MANAGEMENT, LLC"]);
    assert_eq!(texts(&agreement.date), "2011-03-03");
    assert!(cut(&text, agreement.span.unwrap()).starts_with("JOINT FILING AGREEMENT"));
}

#[test]
fn the_earlier_statement_is_known_by_its_dates() {
    let text = filing(
        "This Amendment No. 2 amends the statement on Schedule 13D originally filed with the \
         Securities and Exchange Commission on June 1, 2009, as amended on\nJuly 9, 2010. The \
         annual report on Form 10-K was filed on March 1, 2011, and an agreement amended on \
         March 2, 2011.\n\nItem 4. Purpose of Transaction\nNo change.\n",
    );
    let earlier: Vec<String> = read(text.as_bytes()).earlier.iter().map(texts).collect();
    assert_eq!(earlier, ["2009-06-01", "2010-07-09"]);
}

const G_ITEM_4: &str = "Item 4. Ownership.\n(a) Amount beneficially owned: 1,250,000 shares\n\
(b) Percent of class: 6.2%\n(c) Number of shares as to which such person has:\n\
    (i) Sole power to vote or to direct the vote: 1,250,000\n\
    (ii) Shared power to vote or to direct the\n     vote: 0\n\
    (iii) Sole power to dispose or to direct the disposition of: See row 7\n\
    (iv) Shared power to dispose or to direct the disposition of: 100 or 200\n";

#[test]
fn item_4_of_a_13g_says_six_numbers_again() {
    let text = filing(G_ITEM_4);
    let item = read(text.as_bytes()).item_4;
    assert_eq!(texts(&item.amount), "1250000");
    assert_eq!(texts(&item.percent), "6.2");
    assert_eq!(texts(&item.sole_voting), "1250000");
    assert_eq!(texts(&item.shared_voting), "0");
    assert!(!item.sole_dispositive.is_stated(), "a row's number is no number of shares");
    assert_eq!(texts(&item.shared_dispositive), "unreadable");
}

#[test]
fn item_4_for_several_persons_says_nothing_sure() {
    let item = read(filing(&G_ITEM_4.repeat(2)).as_bytes()).item_4;
    assert_eq!((texts(&item.amount), texts(&item.percent)), ("absent".into(), "absent".into()));
}

#[test]
fn a_power_that_item_4_gives_otherwise_is_a_contradiction() {
    let text = filing(&G_ITEM_4.replace("the vote: 1,250,000", "the vote: 1,300,000"));
    let troubles = read(text.as_bytes()).troubles;
    let told: Vec<_> = troubles.iter().map(|t| (t.code.as_str(), t.field.as_str())).collect();
    assert_eq!(told, [("contradiction", "sole_voting")], "{troubles:#?}");
}

#[test]
fn the_box_of_item_5_shows_who_has_left() {
    let item = |tick: &str| {
        format!(
            "Item 5. Ownership of Five Percent or Less of a Class\nIf this statement is being \
             filed to report the fact that as of the date hereof the reporting person has ceased \
             to be the beneficial owner of more than five percent of the class of securities, \
             check the following {tick}.\nItem 6. Ownership of More than Five Percent\nNone.\n"
        )
    };
    for (tick, said) in [("[X]", "true"), ("[ ]", "false"), ("|x|", "true"), ("", "blank")] {
        let reading = read(filing(&item(tick)).as_bytes());
        assert_eq!(texts(&reading.five_percent_or_less), said, "{tick}");
    }
}

#[test]
fn item_5_of_a_13d_states_a_total() {
    let item = |more: &str| {
        format!(
            "Item 5. Interest in Securities of the Issuer\n(a) Brae Hollow beneficially owns \
             1,250,000 shares of Common Stock, or 6.2% of the class{more}, based on 20,161,290 \
             shares\noutstanding as of May 1, 2010, which the Issuer's report on Form 10-Q for \
             that quarter gives as the number of its shares of Common Stock then outstanding.\n\
             (b) It has sole power.\nItem 6. Contracts\nNone, nor has there been any contract, \
             arrangement, understanding or relationship with respect to these securities since \
             the statement was first filed, nor is any such thing intended by those who file.\n{}",
            "It has nothing more to say. ".repeat(20)
        )
    };
    let reading = read(filing(&item("")).as_bytes());
    assert_eq!(texts(&reading.item_5.amount), "1250000");
    assert_eq!(texts(&reading.item_5.percent), "6.2");
    assert_eq!(reading.class_sizes.iter().map(texts).collect::<Vec<_>>(), ["20161290"]);
    assert!(reading.troubles.is_empty(), "{:#?}", reading.troubles);
    let several = read(filing(&item(", and Ida Venn 10 shares")).as_bytes());
    assert_eq!(texts(&several.item_5.amount), "unreadable");
    assert_eq!(texts(&several.item_5.percent), "6.2");
}

#[test]
fn a_structured_13d_lists_exhibits_in_the_text_of_item_7() {
    let text = "<edgarSubmission><headerData><submissionType>SCHEDULE 13D</submissionType>\
                </headerData><formData><items1To7><item7><filedExhibits>Exhibit 1: Agreement of \
                Brae Hollow &amp; Co., dated May 2, 2025\nExhibit 99.2 Letter</filedExhibits>\
                </item7></items1To7></formData></edgarSubmission>";
    let exhibits = read(text.as_bytes()).exhibits;
    let told: Vec<[String; 3]> =
        exhibits.iter().map(|e| [texts(&e.label), texts(&e.title), texts(&e.date)]).collect();
    let expected = [
        ["1", "Agreement of Brae Hollow & Co., dated May 2, 2025", "2025-05-02"],
        ["99.2", "Letter", "absent"],
    ];
    assert_eq!(told, expected);
    assert_eq!(cut(text, exhibits[0].date.span().unwrap()), "May 2, 2025");
}

/// A 13D's Item 5 with these parts (a) and (e), in the filing of one holder or of two.
fn item_5(a: &str, e: &str, holders: usize) -> Reading {
    let other = COVER
        .split_at(COVER.find("1. NAME").unwrap())
        .1
        .replace("Brae Hollow Partners, L.P.", "Ida Venn")
        .repeat(holders - 1);
    let text = format!(
        "{COVER}{other}Item 5. Interest in Securities of the Issuer\n(a) {a}\n(b) See rows 7 to 10.\n\
         (e) {e}\nItem 6. Contracts\nNone.\n"
    );
    read(text.as_bytes())
}

#[test]
fn a_total_of_several_persons_is_one_that_is_said_to_be_theirs_together() {
    for (said, total) in [
        (
            "The Reporting Persons own an aggregate of 2,500,000 shares, of which Ida Venn owns \
          10 shares.",
            "2500000",
        ),
        (
            "Ida Venn owns 10 shares. The Reporting Persons beneficially own, in the aggregate, \
          1,250,010 shares of Common Stock.",
            "1250010",
        ),
        (
            "Each of the Reporting Persons owns an aggregate of 7 shares, and Ida Venn 8 shares.",
            "unreadable",
        ),
        ("Ida Venn owns 10 shares.", "unreadable"),
        ("The Reporting Persons may be deemed to own 1,250,000 shares.", "1250000"),
        ("See rows 11 and 13.", "absent"),
    ] {
        assert_eq!(texts(&item_5(said, "None.", 2).item_5.amount), total, "{said}");
    }
}

#[test]
fn a_total_that_the_rows_cannot_make_is_a_trouble() {
    let reading = item_5("The Reporting Persons own an aggregate of 3,000,000 shares.", "None.", 2);
    let told: Vec<&str> = reading.troubles.iter().map(|t| t.message.as_str()).collect();
    let expected = "Item 5(a) states 3,000,000 in all; the cover pages have 1,250,000 at least and \
                    2,500,000 at most.";
    assert_eq!(told, [expected]);
    let inside = item_5("The Reporting Persons own an aggregate of 2,000,000 shares.", "None.", 2);
    assert!(inside.troubles.is_empty(), "{:#?}", inside.troubles);
}

#[test]
fn item_5_e_says_since_when_they_are_out() {
    let ceased = "ceased to be the beneficial owners of more than five percent of the class.";
    for (said, out, on) in [
        (format!("On May 18, 2015, the Reporting Persons {ceased}"), "true", "2015-05-18"),
        (format!("As a result of the sale the Reporting Persons {ceased}"), "true", "absent"),
        (
            format!("Between May 1, 2015 and May 18, 2015 the Reporting Persons {ceased}"),
            "true",
            "unreadable",
        ),
        (
            "As of May 18, 2015 the Reporting Persons no longer own more than 5% of the class."
                .into(),
            "true",
            "2015-05-18",
        ),
        ("May 18, 2015.".into(), "true", "2015-05-18"),
        ("Not applicable.".into(), "blank", "absent"),
        ("N/A".into(), "blank", "absent"),
        (format!("Upon closing, the Reporting Persons will have {ceased}"), "unreadable", "absent"),
        (format!("On May 18, 2015, Ida Venn {ceased}"), "unreadable", "absent"),
        ("See Item 4.".into(), "unreadable", "absent"),
    ] {
        let item = item_5("See rows 11 and 13.", &said, 2).item_5;
        assert_eq!(
            (texts(&item.ceased).as_str(), texts(&item.ceased_on).as_str()),
            (out, on),
            "{said}"
        );
    }
    let lone = item_5("See row 11.", &format!("On May 18, 2015, Brae Hollow {ceased}"), 1).item_5;
    assert_eq!(texts(&lone.ceased_on), "2015-05-18");
}

#[test]
fn an_exit_in_words_against_the_cover_page_is_a_trouble() {
    let said = "On May 18, 2015, the Reporting Persons ceased to own more than five percent.";
    let troubles = item_5("See row 11.", said, 1).troubles;
    let told: Vec<_> = troubles.iter().map(|t| (t.code.as_str(), t.field.as_str())).collect();
    assert_eq!(told, [("contradiction", "percent")], "{troubles:#?}");
    let troubles = item_5("See row 11.", "See Item 4.", 1).troubles;
    let told: Vec<_> = troubles.iter().map(|t| (t.code.as_str(), t.field.as_str())).collect();
    assert_eq!(told, [("value-unreadable", "items")], "{troubles:#?}");
}

#[test]
fn items_8_and_9_of_a_13g_say_who_is_of_a_group_and_when_it_ended() {
    let items = |eight: &str, nine: &str| {
        read(
            filing(&format!(
                "Item 8. Identification and Classification of Members of the Group\n{eight}\n\
                 Item 9. Notice of Dissolution of Group\n{nine}\nItem 10. Certification\nNone.\n"
            ))
            .as_bytes(),
        )
    };
    for (said, named) in [
        ("The group is Brae Hollow Partners, L.P. and Ida Venn.", "Brae Hollow Partners, L.P."),
        ("Not applicable.", "blank"),
        ("N/A", "blank"),
        ("See Exhibit A.", "unreadable"),
        ("Brae Hollow Partners, L.P. disclaims membership in a group.", "unreadable"),
        (
            "If a group has filed this schedule pursuant to Rule 13d-1(b)(ii)(J), so indicate.",
            "blank",
        ),
    ] {
        let names: Vec<String> = items(said, "None.").item_8.iter().map(texts).collect();
        assert_eq!(names, [named], "{said}");
    }
    for (said, dissolved, on) in [
        ("The group was dissolved on March 3, 2011.", "true", "2011-03-03"),
        ("The group has been dissolved.", "true", "absent"),
        ("Not applicable.", "blank", "absent"),
        ("N/A", "blank", "absent"),
        ("The group was not dissolved on March 3, 2011.", "unreadable", "absent"),
        (
            "Notice of dissolution of a group may be furnished as an exhibit stating the date.",
            "blank",
            "absent",
        ),
    ] {
        let item = items("None.", said).item_9;
        assert_eq!(
            (texts(&item.dissolved).as_str(), texts(&item.on).as_str()),
            (dissolved, on),
            "{said}"
        );
    }
}

#[test]
fn a_structured_filing_says_them_in_elements() {
    let form = |kind: &str, items: &str| {
        let text = format!(
            "<edgarSubmission><headerData><submissionType>SCHEDULE {kind}</submissionType>\
             </headerData><formData>{items}</formData></edgarSubmission>"
        );
        read(text.as_bytes())
    };
    let d = form(
        "13D/A",
        "<items1To7><item5><percentageOfClassSecurities>The Reporting Persons own an aggregate of \
         1,250,000 shares, or 6.2%.</percentageOfClassSecurities><numberOfShares>See above.\
         </numberOfShares><transactionDesc>They sold 9 shares.</transactionDesc>\
         <date5PercentOwnership>01/31/2025</date5PercentOwnership></item5></items1To7>",
    );
    assert_eq!(texts(&d.item_5.amount), "1250000");
    assert_eq!(texts(&d.item_5.percent), "6.2");
    assert_eq!(
        (texts(&d.item_5.ceased), texts(&d.item_5.ceased_on)),
        ("true".into(), "2025-01-31".into())
    );
    let g = form(
        "13G/A",
        "<items><item8><notApplicableFlag>N</notApplicableFlag><identificationAndClassificationOf\
         GroupMembers>See Exhibit A</identificationAndClassificationOfGroupMembers></item8><item9>\
         <notApplicableFlag>N</notApplicableFlag><groupDissolutionNotice>The group was dissolved on \
         12/31/2024.</groupDissolutionNotice></item9></items>",
    );
    assert_eq!(g.item_8.iter().map(texts).collect::<Vec<_>>(), ["unreadable"]);
    assert_eq!(
        (texts(&g.item_9.dissolved), texts(&g.item_9.on)),
        ("true".into(), "2024-12-31".into())
    );
    let none = "<items><item8><notApplicableFlag>Y</notApplicableFlag></item8><item9>\
                <notApplicableFlag>Y</notApplicableFlag></item9></items>";
    let g = form("13G", none);
    assert_eq!(g.item_8.iter().map(texts).collect::<Vec<_>>(), ["blank"]);
    assert_eq!(texts(&g.item_9.dissolved), "blank");
}

#[test]
fn a_joint_filing_agreement_may_be_a_document_of_its_own() {
    let other = COVER.split_at(COVER.find("1. NAME").unwrap()).1;
    let other = other.replace("Brae Hollow Partners, L.P.", "Brae Hollow Management, LLC");
    let signed = "Dated: March 3, 2011\n\nBRAE HOLLOW PARTNERS, L.P.\nBy: /s/ Ida Venn\nIda Venn, Manager\n\n\
                  BRAE HOLLOW MANAGEMENT, LLC\nBy: /s/ Ida Venn\nIda Venn, Manager\n";
    let unsigned = "Dated: March 3, 2011          BRAE HOLLOW PARTNERS, L.P.\n\
                    \x20                             BRAE HOLLOW MANAGEMENT, LLC\n";
    for names in [signed, unsigned] {
        let text = format!(
            "<DOCUMENT>\n<TYPE>SC 13D\n<TEXT>\n{COVER}{other}</TEXT>\n</DOCUMENT>\n<DOCUMENT>\n<TYPE>EX-99.1\n\
             <TEXT>\n                   EXHIBIT 1\n\n        JOINT FILING AGREEMENT\n\nEach of the undersigned \
             agrees that this statement is filed on behalf of each of them.\n\n{names}</TEXT>\n</DOCUMENT>\n\
             <DOCUMENT>\n<TYPE>EX-99.2\n<TEXT>\nMARGIN AGREEMENT\nBrae Hollow Partners, L.P. and Brae Hollow \
             Management, LLC agree.\n</TEXT>\n</DOCUMENT>\n"
        );
        let reading = read(text.as_bytes());
        let [agreement] = reading.agreements.as_slice() else { panic!("{:?}", reading.agreements) };
        let parties: Vec<String> = agreement.parties.iter().map(texts).collect();
        assert_eq!(parties, ["BRAE HOLLOW PARTNERS, L.P.", "BRAE HOLLOW MANAGEMENT, LLC"]);
        assert_eq!(texts(&agreement.date), "2011-03-03");
        assert_eq!(cut(&text, agreement.date.span().unwrap()), "March 3, 2011");
    }
}
