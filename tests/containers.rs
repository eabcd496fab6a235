//! One document in every container EDGAR has carried reads the same, and what is no statement on
//! Schedule 13D or 13G is told apart. The filings are invented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use blockholder::reading::read::{not_schedule_13, read};
use blockholder::report::json;
use blockholder::terms::trouble::TroubleCode;
use serde_json::Value;

const DOCUMENT: &str = include_str!("filings/schedule-13da-two-holders.xml");
const SUBMISSION: &str = include_str!("filings/submission-13da.txt");
const HEADER_ONLY: &str = include_str!("filings/header-only.nc");

/// The header of `SUBMISSION` in EDGAR's other dialect.
const DISSEMINATION_HEADER: &str = "\
<SUBMISSION>
<ACCESSION-NUMBER>0009999901-26-000031
<TYPE>SCHEDULE 13D/A
<PUBLIC-DOCUMENT-COUNT>3
<FILING-DATE>20260304
<ACCEPTANCE-DATETIME>20260304173001
<GROUP-MEMBERS>ALDER GATE ADVISERS LLC
<GROUP-MEMBERS>CALDER INES
<SUBJECT-COMPANY>
<COMPANY-DATA>
<CONFORMED-NAME>QUARRY &amp; SONS MINERALS INC
<CIK>0009999900
<IRS-NUMBER>000000000
</COMPANY-DATA>
<FILING-VALUES>
<FORM-TYPE>SCHEDULE 13D/A
<FILE-NUMBER>005-99991
</FILING-VALUES>
<FORMER-COMPANY>
<FORMER-CONFORMED-NAME>QUARRY BROTHERS CORP
<DATE-CHANGED>20110405
</FORMER-COMPANY>
</SUBJECT-COMPANY>
<FILED-BY>
<COMPANY-DATA>
<CONFORMED-NAME>ALDER GATE FUND LP
<CIK>0009999911
<IRS-NUMBER>999999911
</COMPANY-DATA>
</FILED-BY>
";

/// A reading as JSON without its spans, so that readings of different bytes can be compared.
fn values(bytes: &[u8]) -> Value {
    fn without_spans(value: Value) -> Value {
        match value {
            Value::Object(object) => object
                .into_iter()
                .filter(|(key, _)| !matches!(key.as_str(), "span" | "note"))
                .map(|(key, value)| (key, without_spans(value)))
                .collect(),
            Value::Array(list) => list.into_iter().map(without_spans).collect(),
            other => other,
        }
    }
    without_spans(json::reading(&read(bytes)))
}

/// What the document itself says, without what its container adds.
fn document_values(bytes: &[u8]) -> Value {
    let mut values = values(bytes);
    let object = values.as_object_mut().unwrap();
    for of_header in [
        "accession",
        "filed_date",
        "accepted_at",
        "file_number",
        "filed_by",
        "group_members",
        "documents",
    ] {
        object.remove(of_header);
    }
    values
}

/// The header of `SUBMISSION`, with its tags.
fn sec_header() -> &'static str {
    SUBMISSION.split_once("<DOCUMENT>").unwrap().0
}

fn in_document(body: &str) -> String {
    format!(
        "<DOCUMENT>\n<TYPE>SCHEDULE 13D/A\n<SEQUENCE>1\n<FILENAME>primary_doc.xml\n<TEXT>\n<XML>\n\
         {body}</XML>\n</TEXT>\n</DOCUMENT>\n"
    )
}

fn containers() -> Vec<(&'static str, String)> {
    let full = format!("{}{}</SEC-DOCUMENT>\n", sec_header(), in_document(DOCUMENT));
    let pem = format!(
        "-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type: 2001,MIC-CLEAR\n\
         MIC-Info: RSA-MD5,RSA,\n \
         aaaa\n bbbb==\n\n{full}-----END PRIVACY-ENHANCED MESSAGE-----\n"
    );
    let nc = format!("{DISSEMINATION_HEADER}{}</SUBMISSION>\n", in_document(DOCUMENT));
    let exhibit = in_document("JOINT FILING AGREEMENT").replace("SCHEDULE 13D/A", "EX-99.1");
    let tags = ["<SEC-DOCUMENT>", "</SEC-DOCUMENT>", "<SEC-HEADER>", "</SEC-HEADER>"];
    let stripped = tags.iter().fold(full.clone(), |text, tag| text.replace(tag, ""));
    vec![
        ("blank line before the declaration", format!("\n{DOCUMENT}")),
        ("byte order mark", format!("\u{feff}{DOCUMENT}")),
        ("bare document", in_document(DOCUMENT)),
        ("lower-case tags", in_document(DOCUMENT).replace("DOCUMENT>", "document>")),
        ("no XML wrapper", in_document(DOCUMENT).replace("<XML>\n", "").replace("</XML>\n", "")),
        ("no end tags", in_document(DOCUMENT).replace("</TEXT>\n</DOCUMENT>\n", "")),
        ("exhibit first", format!("{exhibit}{}", in_document(DOCUMENT))),
        ("SEC-DOCUMENT", full.clone()),
        ("IMS-DOCUMENT", full.replace("SEC-DOCUMENT", "IMS-DOCUMENT").replace("SEC-H", "IMS-H")),
        ("PEM envelope", pem),
        ("dissemination form", nc.clone()),
        ("SEC-HEADER in the other dialect", nc.replace("SUBMISSION>", "SEC-HEADER>")),
        ("IMS-HEADER in the other dialect", nc.replace("SUBMISSION>", "IMS-HEADER>")),
        ("bare carriage returns", full.replace('\n', "\r")),
        ("carriage returns and line feeds", full.replace('\n', "\r\n")),
        ("header without tags", stripped),
        ("uuencoded exhibit first", SUBMISSION.to_owned()),
    ]
}

#[test]
fn one_document_reads_the_same_in_every_container() {
    let bare = document_values(DOCUMENT.as_bytes());
    assert_eq!(bare["holders"].as_array().unwrap().len(), 2);
    assert_eq!(bare["troubles"], Value::Array(Vec::new()));
    for (name, bytes) in containers() {
        assert_eq!(document_values(bytes.as_bytes()), bare, "{name}");
    }
}

#[test]
fn a_header_reads_the_same_in_every_container() {
    let wanted = values(SUBMISSION.as_bytes());
    assert_eq!(wanted["accession"]["value"], "0009999901-26-000031");
    assert_eq!(wanted["accepted_at"]["value"], "2026-03-04T22:30:01Z");
    assert_eq!(wanted["file_number"]["value"], "005-99991");
    assert_eq!(wanted["group_members"][1]["value"], "CALDER INES");
    assert_eq!(wanted["filed_by"][0]["tax_id"]["value"], "999999911");
    for (name, bytes) in containers() {
        if !bytes.contains("0009999901-26-000031") {
            continue;
        }
        let values = values(bytes.as_bytes());
        for field in
            ["accession", "filed_date", "accepted_at", "file_number", "group_members", "filed_by"]
        {
            assert_eq!(values[field], wanted[field], "{name} {field}");
        }
    }
}

#[test]
fn a_header_alone_is_a_filing_without_a_document() {
    let reading = values(HEADER_ONLY.as_bytes());
    assert_eq!(reading["form"]["value"], "SC 13G/A");
    assert_eq!(reading["filed_date"]["value"], "1999-02-12");
    assert_eq!(reading["accepted_at"]["value"], "1999-02-12T20:45:00Z");
    assert_eq!(reading["issuer"]["name"]["value"], "TERN HARBOR HOLDINGS PLC");
    assert_eq!(reading["issuer"]["cik"]["value"], "9999902");
    let filers: Vec<_> =
        (0..2).map(|at| reading["filed_by"][at]["name"]["value"].as_str().unwrap()).collect();
    assert_eq!(filers, ["ORIEL BANK & TRUST", "ROE JANE Q"]);
    assert_eq!(reading["troubles"][0]["code"], "document-missing");
    assert_eq!(reading["troubles"].as_array().unwrap().len(), 1);
}

#[test]
fn exhibits_are_listed_and_passed_over() {
    let reading = values(SUBMISSION.as_bytes());
    let listed: Vec<_> = reading["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| {
            let of = |key: &str| document[key]["value"].as_str().unwrap_or("-");
            format!("{} {} {} {}", of("type"), of("sequence"), of("filename"), of("description"))
        })
        .collect();
    assert_eq!(
        listed,
        [
            "EX-99.1 2 letter.pdf LETTER",
            "SCHEDULE 13D/A 1 primary_doc.xml -",
            "EX-99.2 3 joint.txt -"
        ]
    );
}

#[test]
fn the_head_of_a_document_without_its_tags_is_understood() {
    for text in [
        "SC 13D/A 1 elmrow.htm elmrow.htm - SCHEDULE 13D ...",
        "\nSC 13D/A\n\n1\nelmrow.htm\nSCHEDULE 13D\n",
    ] {
        let reading = read(text.as_bytes());
        assert_eq!(reading.form.value().unwrap().as_str(), "SC 13D/A", "{text}");
        assert_eq!(reading.documents[0].filename.value().unwrap(), "elmrow.htm", "{text}");
    }
}

#[test]
fn what_is_no_statement_is_told_apart() {
    let ten_k = SUBMISSION.replace("SCHEDULE 13D/A", "10-K");
    let offer = "<DOCUMENT>\n<TYPE>SC 13D\n<TEXT>\n<h1>SCHEDULE TO</h1> \
                 Tender Offer Statement under \
                 Section 14(d)(1) [ ] amendment to Schedule 13D under Rule 13d-2\n\
                 </TEXT>\n</DOCUMENT>";
    let other_xml = DOCUMENT.replace("SCHEDULE 13D/A", "13F-HR");
    let utf_16: Vec<u8> = "<SCHEDULE 13D>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, why) in [
        (&b""[..], "The file is empty."),
        (b" \r\n\t", "The file is empty."),
        (b"\x00\x01\x02 SC 13D", "The file is not text."),
        (b"%PDF-1.7 Schedule 13D", "The file is not text."),
        (&utf_16, "The file is not text."),
        (b"A letter about nothing.", "The document does not mention Schedule 13D or 13G."),
        (ten_k.as_bytes(), "The submission's type is 10-K, which is no Schedule 13D or 13G."),
        (
            b"<DOCUMENT>\n<TYPE>EX-99.1\n<TEXT>\nJoint filing of Schedule 13D\n</TEXT>",
            "The document's type is EX-99.1, which is no Schedule 13D or 13G.",
        ),
        (offer.as_bytes(), "The document is a tender offer statement on Schedule TO."),
        (other_xml.as_bytes(), "Nothing in the document says that it is a Schedule 13D or 13G."),
    ] {
        let reading = read(bytes);
        let trouble = not_schedule_13(&reading).unwrap_or_else(|| panic!("{why}"));
        assert_eq!((trouble.message.as_str(), reading.troubles.len()), (why, 1));
        assert!(reading.holders.is_empty());
    }
    assert_eq!(not_schedule_13(&read(DOCUMENT.as_bytes())), None);
}

#[test]
fn the_header_and_the_document_may_disagree() {
    let codes = |bytes: String| -> Vec<(TroubleCode, String)> {
        let troubles = read(bytes.as_bytes()).troubles;
        troubles.into_iter().map(|t| (t.code, t.field.to_string())).collect()
    };
    let typed = SUBMISSION.replace("TYPE:\tSCHEDULE 13D/A", "TYPE:\tSCHEDULE 13G/A");
    assert_eq!(codes(typed), [(TroubleCode::Contradiction, "form".to_owned())]);
    let subject = SUBMISSION.replace("KEY:\t\t\t0009999900", "KEY:\t\t\t0009999999");
    assert_eq!(codes(subject), [(TroubleCode::Contradiction, "issuer_cik".to_owned())]);
    let filer = SUBMISSION.replace(
        "ALDER GATE FUND LP\n\t\tCENTRAL INDEX KEY:\t\t\t0009999911",
        "BIRCH FIELD TRUST\n\t\tCENTRAL INDEX KEY:\t\t\t0009999977",
    );
    assert_eq!(codes(filer), [(TroubleCode::HolderNotInBody, "*".to_owned())]);
    // The same number, and by all its names another company's; a former name may be the cover's.
    let header = sec_header().replace("QUARRY &amp; SONS MINERALS INC", "BIRCH FIELD CORP");
    let header = header.replace("QUARRY & SONS MINERALS INC", "BIRCH FIELD CORP");
    let renamed = SUBMISSION.replace(sec_header(), &header);
    assert!(renamed != SUBMISSION && codes(renamed).is_empty());
    let other = header.replace("QUARRY BROTHERS CORP", "BIRCH BROOK CORP");
    let other = SUBMISSION.replace(sec_header(), &other);
    assert_eq!(codes(other), [(TroubleCode::Contradiction, "issuer_name".to_owned())]);
    let day = SUBMISSION.replace("FILED AS OF DATE:\t\t20260304", "FILED AS OF DATE:\t\t2026O304");
    assert_eq!(codes(day), [(TroubleCode::ValueUnreadable, "filed_date".to_owned())]);
}
