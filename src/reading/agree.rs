//! What items 4 and 5 of a 13G say again in numbers: amounts, percents, the box of those who have
//! left. Knows nothing of cover pages; whether the two agree is asked elsewhere.

use std::ops::Range;

use crate::reading::cells;
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::percent;
use crate::reading::rows::{self, Said};
use crate::reading::text::{Text, is_mark};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::Field;
use crate::terms::statement::{Item, ItemFour, Reading};

/// How far after its caption an answer may go on.
const ANSWER: usize = 400;
/// An item longer than this is prose, and its captions are words of it.
const LONGEST: usize = 1 << 15;

/// Reads the items' own numbers into `reading`.
pub(crate) fn read(text: &Text, items: &[(Item, Range<usize>)], reading: &mut Reading) {
    let of = |number: u8, heading: &str| {
        let mut found = items.iter().filter(move |(item, range)| {
            let head = item.heading.value().map_or(String::new(), |h| lexeme::lower(h));
            item.number == number && head.starts_with(heading) && range.len() < LONGEST
        });
        // Items for each person of their own: nobody knows yet which is whose.
        found.next().filter(|_| found.next().is_none())
    };
    if let Some((_, range)) = of(4, "ownership") {
        reading.item_4 = item_four(text, range);
    }
    if let Some((_, range)) = of(5, "ownership") {
        reading.five_percent_or_less = exit_box(text, range);
    }
}

/// The letters of a text in lower case, and where each of them stands.
struct Letters {
    letters: String,
    at: Vec<usize>,
}

impl Letters {
    fn of(text: &Text, range: &Range<usize>) -> Self {
        let mut found = Letters { letters: String::new(), at: Vec::new() };
        for (at, byte) in text.cut(range.clone()).bytes().enumerate() {
            if byte.is_ascii_alphabetic() {
                found.letters.push(char::from(byte.to_ascii_lowercase()));
                found.at.push(range.start + at);
            }
        }
        found
    }

    /// Where the only one of some words stands, with the words that may go on with it.
    fn only(&self, words: &[&str], more: &[&str]) -> Option<Range<usize>> {
        let mut found = words.iter().flat_map(|word| {
            self.letters.match_indices(word).map(|(at, word)| at..at + word.len())
        });
        let (first, None) = (found.next()?, found.next()) else { return None };
        let rest = self.letters.get(first.end..)?;
        let more = more.iter().find(|more| rest.starts_with(**more)).map_or(0, |more| more.len());
        let last = *self.at.get(first.end + more - 1)?;
        Some(*self.at.get(first.start)?..last + 1)
    }
}

const VOTE: [&str; 3] = ["ortodirectthevote", "ordirectthevote", "ordirectvote"];
const DISPOSE: [&str; 5] = [
    "ortodirectthedispositionof",
    "ordirectthedispositionof",
    "ortodirectthedisposition",
    "ordirectthedisposition",
    "of",
];

fn item_four(text: &Text, item: &Range<usize>) -> ItemFour {
    let letters = Letters::of(text, item);
    let amount = letters.only(&["amountbeneficiallyowned"], &["asof"]);
    // The form's own sentence above says "the percent of the class owned".
    let percent = letters.only(&["percentofclass"], &[]);
    let percent = percent.or_else(|| letters.only(&["percentoftheclass"], &[]));
    let sole_voting = letters.only(&["solepowertovote"], &VOTE);
    let shared_voting = letters.only(&["sharedpowertovote"], &VOTE);
    let sole_dispositive = letters.only(&["solepowertodispose"], &DISPOSE);
    let shared_dispositive = letters.only(&["sharedpowertodispose"], &DISPOSE);
    let powers = letters.only(&["numberofshares"], &[]);
    let captions: Vec<usize> = [
        &amount,
        &percent,
        &sole_voting,
        &shared_voting,
        &sole_dispositive,
        &shared_dispositive,
        &powers,
    ]
    .into_iter()
    .flatten()
    .map(|caption| caption.start)
    .collect();
    let answer = |caption: &Range<usize>| {
        let next = captions.iter().filter(|at| **at > caption.start).min();
        caption.end..next.copied().unwrap_or(item.end)
    };
    let number = |caption: Option<Range<usize>>| {
        caption.map_or(Field::Absent, |caption| stated_amount(text, answer(&caption)))
    };
    ItemFour {
        percent: percent.map_or(Field::Absent, |c| stated_percent(text, answer(&c))),
        amount: number(amount),
        sole_voting: number(sole_voting),
        shared_voting: number(shared_voting),
        sole_dispositive: number(sole_dispositive),
        shared_dispositive: number(shared_dispositive),
    }
}

/// An answer without the letter of the next caption and the white space around it.
fn trimmed(text: &Text, answer: Range<usize>) -> Range<usize> {
    let part = text.cut(answer.clone());
    let blank = |c: char| c == ' ' || is_mark(c) || matches!(c, ':' | '.' | ';' | '-' | '|');
    let end = part.trim_end_matches(blank);
    let lettered = end.strip_suffix(')').and_then(|head| head.rsplit_once('('));
    let end = match lettered {
        Some((head, letter)) if letter.len() <= 3 => head.trim_end_matches(blank).len(),
        _ => end.len(),
    };
    let end = answer.start + end;
    let start = (answer.end - part.trim_start_matches(blank).len()).min(end);
    // What stands in a paragraph of its own below an answer speaks of something else.
    let said = text.cut(start..end);
    let mut lines = 0;
    let paragraph = said.char_indices().find(|(_, c)| {
        lines = if *c == '\n' {
            lines + 1
        } else if *c == ' ' {
            lines
        } else {
            0
        };
        lines == 2
    });
    start
        ..start
            + paragraph.map_or(said.len(), |(at, _)| said.get(..at).unwrap_or("").trim_end().len())
}

/// Prose that has numbers and is too long for an answer, or one that cannot be told, is unreadable.
fn without_number<T>(text: &Text, at: Range<usize>) -> Field<T> {
    let span = text.span(at.clone());
    match text.cut(at).contains(|c: char| c.is_ascii_digit()) {
        true => Field::Unreadable { span },
        false => Field::Blank { span },
    }
}

fn stated_amount(text: &Text, answer: Range<usize>) -> Field<Amount> {
    let at = trimmed(text, answer);
    if at.len() > ANSWER {
        return without_number(text, at);
    }
    let tokens = lexeme::tokens(text.as_str(), at.clone());
    let cell = cells::amounts(text.as_str(), &tokens);
    let [only] = cell.candidates.as_slice() else {
        let span = text.span(at.clone());
        let several = cell.candidates.len() > 1;
        return if several { Field::Unreadable { span } } else { without_number(text, at) };
    };
    let lone = !only.hedged && !only.after_words && only.inner.is_empty();
    let sure = only.amount.filter(|_| lone);
    let span = text.span(only.range.clone());
    sure.map_or(Field::Unreadable { span }, |amount| Field::stated(amount, span))
}

fn stated_percent(text: &Text, answer: Range<usize>) -> Field<Percent> {
    let at = trimmed(text, answer);
    if at.len() > ANSWER {
        return without_number(text, at);
    }
    let tokens = lexeme::tokens(text.as_str(), at.clone());
    match percent::percent(text.as_str(), &tokens, &[], false) {
        Said::Value(percent, range) => Field::stated(percent, text.span(range)),
        Said::Unclear(range, _) | Said::Either(range, _) => {
            Field::Unreadable { span: text.span(range) }
        }
        Said::Nothing => without_number(text, at),
    }
}

/// Item 5 of a 13G: the box after "check the following".
fn exit_box(text: &Text, item: &Range<usize>) -> Field<bool> {
    const NEAR: usize = 80;
    let letters = Letters::of(text, item);
    let ask = ["checkthefollowing", "checkhere"];
    let Some(caption) = letters.only(&ask, &["box"]) else { return Field::Absent };
    let mut end = item.end.min(caption.end + NEAR);
    while !text.as_str().is_char_boundary(end) {
        end -= 1;
    }
    let is_box = |token: &Token| match token.kind {
        Kind::Box(_) => true,
        Kind::Word => matches!(text.cut(token.range()), "x" | "X" | "þ" | "ý" | "o"),
        Kind::Other(c) => matches!(c, '¨' | '□' | '£'),
        _ => false,
    };
    let mut tokens = lexeme::tokens(text.as_str(), caption.end..end);
    tokens.retain(is_box);
    match rows::ticked(text.as_str(), &tokens) {
        Said::Value(ticked, range) => Field::stated(ticked, text.span(range)),
        Said::Unclear(range, _) | Said::Either(range, _) => {
            Field::Unreadable { span: text.span(range) }
        }
        Said::Nothing => Field::Blank { span: text.span(caption) },
    }
}
