//! Real text and HTML filings, cut short and damaged: no panic, and no number that is not there.
//! Knows where the filings lie; without them it says so, and fails where CI must have them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

#[path = "common/filings.rs"]
mod filings_folder;

use blockholder::reading::legacy;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::Reading;

/// Every text and HTML filing: name and bytes.
fn filings() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = filings_folder::folder() else { return Vec::new() };
    let mut all = filings_folder::files(&folder.join("received"));
    all.retain(|(_, bytes)| !bytes.windows(16).any(|w| w == b"<edgarSubmission"));
    all
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect::<String>().trim_start_matches('0').to_owned()
}

/// The characters at a span as a reader of the page sees them.
fn seen(bytes: &[u8], span: Span) -> String {
    let cut = span.cut(bytes).expect("a span within the file");
    let mut out = String::new();
    let mut in_tag = false;
    for c in String::from_utf8_lossy(cut).chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            c if !in_tag => out.push(c),
            _ => {}
        }
    }
    out
}

fn number_is_there<T: ToString>(what: &str, bytes: &[u8], field: &Field<T>) {
    let (Some(value), Some(span)) = (field.value(), field.span()) else { return };
    let (want, have) = (digits(&value.to_string()), digits(&seen(bytes, span)));
    if want.is_empty() {
        let zero = ["0", "none", "nil", "zero", "-", "–", "—", "&#", "\u{fffd}", "&"];
        let text = seen(bytes, span).to_lowercase();
        assert!(zero.iter().any(|z| text.contains(z)), "{what}: zero at {text:?}");
    } else {
        assert_eq!(want, have, "{what}: {} at {span:?}", value.to_string());
    }
}

/// Every stated number stands at its span.
fn holds(what: &str, bytes: &[u8], reading: &Reading) {
    for holder in &reading.holders {
        for field in [
            &holder.sole_voting,
            &holder.shared_voting,
            &holder.sole_dispositive,
            &holder.shared_dispositive,
            &holder.aggregate,
        ] {
            number_is_there(what, bytes, field);
        }
        number_is_there(what, bytes, &holder.percent);
        for part in &holder.parts {
            number_is_there(what, bytes, &Field::stated(part.amount, part.span));
        }
    }
    let spans = reading.troubles.iter().filter_map(|t| t.span);
    for span in spans.chain(reading.items.iter().map(|item| item.span)) {
        assert!(span.cut(bytes).is_some(), "{what}: a span past the end");
    }
}

fn read(bytes: &[u8]) -> Reading {
    legacy::read(bytes, 0..bytes.len())
}

#[test]
fn every_number_stands_at_its_span() {
    for (name, bytes) in filings() {
        holds(&name, &bytes, &read(&bytes));
    }
}

#[test]
fn filings_cut_short_give_no_number_that_is_not_there() {
    for (name, bytes) in filings() {
        for end in (0..bytes.len()).step_by(512) {
            let cut = &bytes[..end];
            holds(&format!("{name} cut at {end}"), cut, &read(cut));
        }
    }
}

#[test]
fn filings_with_damaged_bytes_give_no_number_that_is_not_there() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for (name, bytes) in filings() {
        for round in 0..40 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + bytes.len() / 400 {
                let at = next() as usize % damaged.len();
                damaged[at] =
                    if round % 2 == 0 { next() as u8 } else { damaged[at] ^ (1 << (next() % 8)) };
            }
            holds(&format!("{name} damaged {round}"), &damaged, &read(&damaged));
        }
    }
}

#[test]
fn a_page_that_a_converter_broke_is_read_as_far_as_it_goes() {
    let all = filings();
    let Some((_, bytes)) = all.iter().find(|(name, _)| name == "liquidmetal-13da-2008.txt") else {
        return;
    };
    let reading = read(bytes);
    let codes: Vec<(&str, Option<u32>)> =
        reading.troubles.iter().map(|t| (t.code.as_str(), t.holder)).collect();
    assert_eq!(reading.holders.len(), 7);
    assert!(!reading.holders[2].name.is_stated() && reading.holders[2].percent.is_stated());
    assert!(codes.contains(&("holder-unnamed", Some(2))), "{codes:?}");
    assert!(codes.contains(&("via-sum", Some(5))), "{codes:?}");
    assert!(codes.contains(&("holder-without-cover", None)), "{codes:?}");
    let sum = reading.troubles.iter().find(|t| t.code.as_str() == "via-sum").unwrap();
    assert!(sum.message.contains("3731324, 1 more than the 3731323"), "{}", sum.message);
    let parts: Vec<String> =
        reading.holders[5].parts.iter().map(|part| part.amount.to_string()).collect();
    assert_eq!(parts, ["1073554", "1547377", "1110392"]);
    assert_eq!(reading.holders[5].via.len(), 3);
    for row in [4, 6] {
        assert!(!reading.holders[row].shared_voting.is_stated());
        assert!(codes.contains(&("value-ambiguous", Some(row as u32))), "{codes:?}");
    }
    let items: Vec<u8> = reading.items.iter().map(|item| item.number).collect();
    assert_eq!(items, [4, 7]);
}
