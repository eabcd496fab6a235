//! What holds of every reading, whatever the bytes: a span read again alone gives its value, a
//! file cut short or damaged never gives a number that is not in its bytes, and nothing panics.
//! Runs over the invented filings of this repository, and over the real ones where there are any.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

#[path = "common/filings.rs"]
mod filings;

use blockholder::filing::charset::{collapse, collapsed};
use blockholder::filing::envelope::{self, Content};
use blockholder::filing::header;
use blockholder::reading::{read::read, xml_value};
use blockholder::report::json;
use blockholder::terms::id::Cusip;
use blockholder::terms::time::{Day, Instant};
use serde_json::Value;

/// Every field of a reading that states a value: its path, its value and its span.
fn stated(path: &str, value: &Value, out: &mut Vec<(String, String, usize, usize)>) {
    match value {
        Value::Object(object) if object.get("state").is_some_and(|state| state == "stated") => {
            let text = match &object["value"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let at = |i: usize| object["span"][i].as_u64().unwrap() as usize;
            out.push((path.to_owned(), text, at(0), at(1)));
        }
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| stated(&format!("{path}/{key}"), value, out));
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(at, value)| {
            stated(&format!("{path}/{at}"), value, out);
        }),
        _ => {}
    }
}

fn all_stated(bytes: &[u8]) -> Vec<(String, String, usize, usize)> {
    let mut out = Vec::new();
    stated("", &json::reading(&read(bytes)), &mut out);
    out
}

fn is_structured(bytes: &[u8]) -> bool {
    envelope::open(bytes).documents.iter().any(|d| d.content == Content::Structured)
}

/// Reads the bytes at a span of a structured filing or a header alone, as the kind of value that
/// stands there.
fn reread(field: &str, bytes: &[u8]) -> Option<String> {
    let text = xml_value::text(bytes);
    let text = text.trim();
    let plain = |day: Option<Day>| day.map(|day| day.to_string());
    match field {
        "sole_voting" | "shared_voting" | "sole_dispositive" | "shared_dispositive"
        | "aggregate" | "amount" | "class_sizes" => xml_value::amount(text)
            .or_else(|| xml_value::lone_amount(text))
            .map(|amount| amount.to_string()),
        "percent" => xml_value::percent(text).map(|percent| percent.to_string()),
        "event_date" | "date" => plain(xml_value::date(text)),
        "filed_date" => Some(format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..)?)),
        "accepted_at" => Instant::from_edgar(text).map(|instant| instant.to_string()),
        "group" => xml_value::group(text).map(|group| group.as_str().to_owned()),
        "rules" => xml_value::rule(text).map(|rule| rule.as_str().to_owned()),
        "excludes_shares" | "legal_proceedings" | "previously_filed" | "five_percent_or_less" => {
            xml_value::flag(text).map(|flag| flag.to_string())
        }
        "cik" => Some(text.trim_start_matches('0').to_owned()),
        "amendment_number" | "sequence" => text.parse::<u32>().ok().map(|n| n.to_string()),
        "cusips" => text.parse::<Cusip>().ok().map(|cusip| cusip.to_string()),
        "form" => Some(text.to_uppercase()),
        _ => Some(collapse(text)),
    }
}

/// The last name in a path: the list's, not the place in it.
fn field(path: &str) -> &str {
    path.rsplit('/').find(|part| part.parse::<u32>().is_err()).unwrap()
}

/// Holds every stated value against the bytes at its span. In text and HTML a value may be spread
/// over markup, so there only a number's digits are looked for.
fn check_spans(file: &str, bytes: &[u8], structured: bool) -> usize {
    let all = all_stated(bytes);
    for (path, value, start, end) in &all {
        let at = bytes.get(*start..*end).unwrap_or_else(|| panic!("{file} {path}: {start}..{end}"));
        if structured && path.contains("/exhibits/") && field(path) == "date" {
            // A date in prose: its day and year stand there.
            let text = String::from_utf8_lossy(at);
            assert!(text.contains(value.get(..4).unwrap()), "{file} {path}: {value}, {text}");
        } else if structured {
            // A header's lines are plain text, in which only the ampersand is written otherwise.
            let plain = collapsed(at).replace("&amp;", "&");
            let again = reread(field(path), at).filter(|_| plain != *value).unwrap_or(plain);
            assert_eq!(again, *value, "{file} {path} at {start}..{end}");
        } else if field(path) == "aggregate" || field(path).ends_with("voting") {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let (want, have) = (digits(value), digits(&String::from_utf8_lossy(at)));
            let nought = want.trim_matches('0').is_empty();
            assert!(nought || have.contains(&want), "{file} {path}: {value} at {start}..{end}");
        }
    }
    all.len()
}

#[test]
fn every_span_read_alone_gives_its_value() {
    let mut values = 0;
    for (file, bytes) in filings::all() {
        values += check_spans(&file, &bytes, is_structured(&bytes));
    }
    assert!(values > 100, "only {values} values");
}

#[test]
fn a_structured_file_cut_short_says_less_and_nothing_else() {
    for (file, bytes) in filings::all() {
        let structured = is_structured(&bytes);
        // A page of hundreds of kilobytes is cut in fewer places.
        let step = if structured { 512 } else { bytes.len() / 40 + 512 };
        let whole = all_stated(&bytes);
        for cut in (0..bytes.len()).step_by(step) {
            check_spans(&file, &bytes[..cut], structured);
            if !structured {
                continue;
            }
            let header = envelope::open(&bytes[..cut]).header.unwrap_or(0..0);
            for said in all_stated(&bytes[..cut]) {
                // A header's last line may be cut, and its issuer stands in for the document's.
                let in_header = header.contains(&said.2) || said.0.starts_with("/documents");
                assert!(in_header || whole.contains(&said), "{file} cut at {cut}: {said:?}");
            }
        }
    }
}

#[test]
fn a_damaged_file_never_says_what_is_not_in_it() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (file, bytes) in filings::all() {
        let rounds = if bytes.len() > 50_000 { 3 } else { 6 };
        for _ in 0..rounds {
            let mut damaged = bytes.clone();
            for _ in 0..=next() % 24 {
                let at = next() as usize % damaged.len().max(1);
                if let Some(byte) = damaged.get_mut(at) {
                    *byte = (next() >> 24) as u8;
                }
            }
            check_spans(&file, &damaged, is_structured(&damaged));
        }
    }
}

/// Splices pieces of the invented filings into each other: tags without their partners, headers in
/// documents, documents in headers. A bounded stand-in for coverage-guided fuzzing (see `fuzz/`).
#[test]
fn pieces_of_filings_put_together_wrongly_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filings");
    let filings: Vec<Vec<u8>> =
        filings::files(&folder).into_iter().map(|(_, bytes)| bytes).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below.max(1)
    };
    for round in 0..2_000 {
        let mut bytes = filings[next(filings.len())].clone();
        for _ in 0..=next(4) {
            let piece = &filings[next(filings.len())];
            let (from, len) = (next(piece.len()), next(400));
            let piece = piece[from..piece.len().min(from + len)].to_vec();
            let (at, cut) = (next(bytes.len()), next(300));
            let end = bytes.len().min(at + cut);
            bytes.splice(at..end, piece);
        }
        check_spans(&format!("round {round}"), &bytes, is_structured(&bytes));
    }
}

#[test]
fn the_readers_below_hold_for_any_range() {
    for (_, bytes) in
        filings::files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filings"))
    {
        for start in (0..bytes.len()).step_by(97) {
            header::read(&bytes, start..bytes.len());
            header::read(&bytes, 0..start);
            blockholder::reading::xml::read(&bytes, start..bytes.len() + 10);
        }
    }
}
