//! Holds the stated values of a reading against the bytes at their spans, whatever the bytes are.
//! Used by the tests over whole filings and by the fuzz targets.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice
)]

use blockholder::filing::charset::{collapse, collapsed};
use blockholder::filing::envelope::{self, Content};
use blockholder::reading::{read::read, xml_value};
use blockholder::report::json;
use blockholder::terms::id::Cusip;
use blockholder::terms::statement::Form;
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

/// Every stated value of what is read from bytes.
pub fn all_stated(bytes: &[u8]) -> Vec<(String, String, usize, usize)> {
    let mut out = Vec::new();
    stated("", &json::reading(&read(bytes)), &mut out);
    out
}

/// Whether the document that is read is a structured one: it is of one of our types, or there is no
/// page of one.
pub fn is_structured(bytes: &[u8]) -> bool {
    let documents = envelope::open(bytes).documents;
    let ours =
        |d: &envelope::Document| Form::from_edgar(&collapsed(&bytes[d.kind.clone()])).is_some();
    let structured = || documents.iter().filter(|d| d.content == Content::Structured);
    let page = documents.iter().any(|d| d.content == Content::Page && ours(d));
    structured().any(ours) || (structured().next().is_some() && !page)
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

/// A date of prose as it is printed, read without the reader: "December 31, 2010", "the 31st day of
/// December, 2010", `12/31/10`, `2010-12-31`. Nothing where more than one date can be made of it.
pub fn printed_date(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let month_of = |word: &&str| MONTHS.iter().position(|m| word.starts_with(m)).map(|at| at + 1);
    let months: Vec<usize> = words.iter().filter_map(month_of).collect();
    let number = |word: &&str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        Some((digits.len(), digits.parse::<usize>().ok()?))
    };
    let numbers: Vec<(usize, usize)> = words.iter().filter_map(number).collect();
    let (year, month, day) = match (months.as_slice(), numbers.as_slice()) {
        ([month], [(4, year), (_, day)] | [(_, day), (4, year)]) => (*year, *month, *day),
        ([], [(4, year), (_, month), (_, day)] | [(_, month), (_, day), (4, year)]) => {
            (*year, *month, *day)
        }
        ([], [(_, month), (_, day), (2, year)]) => {
            (if *year < 90 { 2000 } else { 1900 } + *year, *month, *day)
        }
        _ => return None,
    };
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// Holds every stated value against the bytes at its span. In text and HTML a value may be spread
/// over markup, so there only a number's digits are looked for.
pub fn check_spans(file: &str, bytes: &[u8], structured: bool) -> usize {
    let all = all_stated(bytes);
    for (path, value, start, end) in &all {
        let at = bytes.get(*start..*end).unwrap_or_else(|| panic!("{file} {path}: {start}..{end}"));
        let prose = ["/exhibits/", "/agreements/"].iter().any(|part| path.contains(part));
        if structured && prose && field(path) == "date" {
            let text = xml_value::text(at);
            assert_eq!(printed_date(&text).as_ref(), Some(value), "{file} {path}: {text}");
        } else if structured {
            // A header's lines are plain text, in which only the ampersand is written otherwise.
            let plain = collapsed(at).replace("&amp;", "&");
            let mut again = reread(field(path), at).filter(|_| plain != *value).unwrap_or(plain);
            if prose {
                // Words of prose leave out what no page shows.
                again.retain(|c| !c.is_control());
            }
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
