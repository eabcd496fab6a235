//! Finds in prose how many shares of the class there are, where a filing says that its percents are
//! based on that: "based on 44,700,000 shares outstanding as of ...".
//! Takes no number that the sentence does not offer as the base of a percent.

use std::ops::Range;

use memchr::memmem;

use crate::reading::xml_value;
use crate::terms::quantity::Amount;
use crate::terms::span::{Field, Span};

/// How far before the word "outstanding" its number can stand.
const REACH: usize = 200;
/// How far before the number the words that make it a base can stand.
const LEAD: usize = 160;
/// How far after the word a sentence can say that the number is only a part of the base.
const AFTER: usize = 400;
/// More than any filing states; the rest is left out.
const MOST: usize = 100;

/// The class sizes stated in the text at `range`, in their order.
pub fn class_sizes(received: &[u8], range: Range<usize>) -> Vec<Field<Amount>> {
    let text = received.get(range.clone()).unwrap_or_default();
    let place = |at: Range<usize>| Span::of(range.start + at.start..range.start + at.end);
    in_lines(text).into_iter().map(|(at, amount)| Field::stated(amount, place(at))).collect()
}

/// The class sizes stated in a text of lines, cells and pages, and where each stands in it.
pub(crate) fn in_lines(text: &[u8]) -> Vec<(Range<usize>, Amount)> {
    let mut found: Vec<(Range<usize>, Amount)> = Vec::new();
    for at in memmem::find_iter(text, b"outstanding") {
        if found.len() == MOST {
            break;
        }
        let Some((number, amount)) = number_before(text, at) else { continue };
        if found.last().is_none_or(|(last, _)| *last != number) {
            found.push((number, amount));
        }
    }
    found
}

/// The number that "outstanding" at `at` speaks of, if it is the base of a percent.
fn number_before(text: &[u8], at: usize) -> Option<(Range<usize>, Amount)> {
    let after = text.get(at + b"outstanding".len()..)?;
    // Where the file ends within the sentence, nobody knows what it goes on to say.
    let near = after.get(..after.len().min(AFTER))?;
    let edge = near.iter().position(is_edge).into_iter().chain(paragraph_end(near)).min();
    let after = lower(after.get(..edge.unwrap_or(AFTER))?);
    let other = ["warrant", "option", "note", "prefer", "convert", "debt", "princip", "balance"];
    if other.iter().any(|word| after.trim_start().starts_with(word)) {
        return None;
    }
    let from = at.saturating_sub(REACH);
    let window = text.get(from..at)?;
    // Never over the edge of an element: what stands there is another text.
    let edge = window.iter().rposition(is_edge).map_or(0, |at| at + 1);
    let window = window.get(edge..)?;
    let last = window.iter().rposition(u8::is_ascii_digit)?;
    let is_number = |b: &u8| b.is_ascii_digit() || *b == b',';
    let before = window.get(..=last)?;
    let len = before.iter().rev().take_while(|b| is_number(b)).count();
    let start = last + 1 - len;
    let number = window.get(start..=last)?;
    let amount = xml_value::amount(std::str::from_utf8(number).ok()?)?;
    let offset = from + edge + start;
    let between = lower(window.get(last + 1..)?);
    let base = lower(text.get(offset.saturating_sub(LEAD)..offset)?);
    let is_base = number.len() >= 5
        && is_of_the_class(&between, &after)
        && is_offered(&base)
        && !is_a_part(&after);
    is_base.then_some((offset..offset + len, amount))
}

/// Where a paragraph ends, or Item 4(c) begins, whose "(ii)" is no term of a sum.
fn paragraph_end(text: &[u8]) -> Option<usize> {
    ["\n\n", "(c)", "(C)"].iter().filter_map(|end| memmem::find(text, end.as_bytes())).min()
}

/// Whether the words after the number speak of issued shares and not of rights to them.
fn is_of_the_class(between: &str, after: &str) -> bool {
    let rights = [
        "issuable",
        "warrant",
        "option",
        "exercis",
        "convert",
        "prefer",
        "held by",
        "owned",
        "underlying",
        "deemed",
    ];
    let kinds = ["share", "stock", "common", "unit", "ads"];
    let next: String = after.chars().take(16).collect();
    let of_shares = kinds.iter().any(|kind| between.contains(kind) || next.contains(kind));
    of_shares && !between.starts_with('.') && !rights.iter().any(|word| between.contains(word))
}

/// Whether the words before the number offer it as what a percent is taken of.
fn is_offered(base: &str) -> bool {
    // "5.1% of the 44,700,000 shares outstanding".
    let of_it = base.strip_suffix(" of the ").unwrap_or("");
    if ["%", "percent"].iter().any(|percent| of_it.ends_with(percent)) {
        return true;
    }
    // The last such word counts: a new sentence may have begun since an earlier one.
    let at = ["based", "calculated", "divid", "denominator"]
        .iter()
        .filter_map(|word| base.rfind(word))
        .max();
    let since = at.and_then(|at| base.get(at..)).unwrap_or_default();
    let other = [". ", "plus", "includ", "sum of", "(i)"];
    at.is_some() && !other.iter().any(|word| since.contains(word))
}

/// Whether the number is one term of a sum: the base is then larger than it.
fn is_a_part(after: &str) -> bool {
    let more = ["(ii)", " plus ", "increased by", "adjusted", "together with", "in addition to"];
    more.iter().any(|word| after.contains(word))
}

/// The edge of an element, or of a cell, a row or a page.
fn is_edge(byte: &u8) -> bool {
    matches!(byte, b'<' | b'>' | 0x1f | 0x1e | 0x0c)
}

fn lower(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|c| if c == '\n' { ' ' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(text: &str) -> Vec<String> {
        let text = format!("{text}</a>");
        let found = class_sizes(text.as_bytes(), 0..text.len());
        found.iter().map(|field| field.value().unwrap().to_string()).collect()
    }

    #[test]
    fn a_class_size_is_what_percents_are_based_on() {
        for text in [
            "* Based on 44,700,000 shares outstanding of Elm Row, Inc. as of April 29, 2025.",
            "Calculated using 44,700,000 shares of Class A Common Stock issued and \
             outstanding as of May 1.",
            "based upon 44,700,000 outstanding shares of Common Stock, as reported.",
            "5.1% (based on 44,700,000 shares of the Issuer's common stock outstanding on June 1)",
            "It owns 1,000 shares, or 5.1% of the 44,700,000 shares outstanding on June 1.",
            "(b) 5.1%, based on 44,700,000 shares outstanding on June 1.\n(c) (i) 5 (ii) 6",
            "based on 44,700,000 shares outstanding on June 1.\n\nIn addition to them it owns",
        ] {
            assert_eq!(sizes(text), ["44700000"], "{text}");
        }
    }

    #[test]
    fn a_sentence_that_the_file_ends_in_says_nothing() {
        let cut = b"based on 44,700,000 shares outstanding as of May 1 and (";
        assert!(class_sizes(cut, 0..cut.len()).is_empty());
    }

    #[test]
    fn other_numbers_are_no_class_size() {
        for text in [
            "There were 44,700,000 shares outstanding when we met the board of directors.",
            "based on 44,700,000 shares issuable upon exercise of outstanding warrants held",
            "based on 1,000,000 outstanding warrants to purchase shares of Common Stock",
            "Based on the report. It owns 44,700,000 shares, outstanding matters aside, of the",
            "based on the sum of (i) 44,700,000 shares outstanding on May 1 and (ii) 10,000",
            "based on 44,700,000 shares outstanding on May 1, increased by 1,000,000 issued",
            "based on all shares and the 1,000,000 shares of common stock deemed outstanding by",
            "based on </a><b>44,700,000</b> shares outstanding as of the date of this report",
        ] {
            assert!(sizes(text).is_empty(), "{text}");
        }
    }
}
