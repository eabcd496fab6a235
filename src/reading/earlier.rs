//! The earlier statement that a text names, by the dates on which it was filed and amended.
//! Knows nothing of chains: which statement that is, others find out.

use std::ops::Range;

use memchr::memmem;

use crate::reading::dates;
use crate::reading::lexeme;
use crate::reading::signers::Signers;
use crate::reading::text::{Text, is_mark, near, near_before};
use crate::terms::span::Field;
use crate::terms::time::Day;

/// How often a verb is looked at; no filing comes near it.
const MOST: usize = 100;
/// How far after its verb a date may stand.
const NEAR: usize = 200;
/// How far before its verb the statement is named.
const BEFORE: usize = 250;

/// The dates that the text gives the statement it amends: "filed on", "as amended on", "dated".
pub(crate) fn dates(text: &Text, range: Range<usize>, signers: &Signers) -> Vec<Field<Day>> {
    let part = text.cut(range.clone());
    let mut found: Vec<(usize, Field<Day>)> = Vec::new();
    for verb in ["filed", "amended", "dated"] {
        for at in memmem::find_iter(part.as_bytes(), verb).take(MOST) {
            let start = range.start + at;
            if !is_statement(text.as_str(), start, verb) {
                continue;
            }
            for (end, date) in dates_after(text, start + verb.len(), signers) {
                if !found.iter().any(|(_, known)| known.value() == date.value()) {
                    found.push((end, date));
                }
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, date)| date).collect()
}

/// The date that follows a verb, and those listed after it: "on May 1, 2008 and May 3, 2008".
fn dates_after(text: &Text, from: usize, signers: &Signers) -> Vec<(usize, Field<Day>)> {
    let body = text.as_str();
    let end = from + near(body, from, NEAR).len();
    let mut found = Vec::new();
    let mut at = from;
    for date in dates::dates_in(body, from..end) {
        let between = body.get(at..date.range.start).unwrap_or("");
        let good = match found.is_empty() {
            true => leads_to_date(between, signers),
            false => is_joint(between),
        };
        let Some(day) = date.day.filter(|_| good) else { break };
        at = date.range.end;
        found.push((date.range.start, Field::stated(day, text.span(date.range))));
    }
    found
}

/// One date after another: ", ", " and ", ", and on ".
fn is_joint(between: &str) -> bool {
    let words = plain(between);
    matches!(words.as_str(), "," | "and" | ", and" | "and on" | ", and on" | ", on")
}

/// Words in one line of single spaces, in lower case, without what stands in brackets.
fn plain(words: &str) -> String {
    let mut depth = 0_usize;
    let outside: String = words
        .chars()
        .filter_map(|c| {
            match c {
                '(' => depth += 1,
                ')' if depth > 0 => {
                    depth -= 1;
                    return Some(' ');
                }
                _ => {}
            }
            let c = if is_mark(c) { ' ' } else { c };
            (depth == 0).then_some(c)
        })
        .collect();
    // A bracket that is not closed may say anything.
    let outside = if depth > 0 { words.to_owned() } else { outside };
    lexeme::lower(&outside.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether the words between a verb and a date say when: "on", "with the Commission on", "by the
/// Reporting Persons on".
fn leads_to_date(between: &str, signers: &Signers) -> bool {
    let words = plain(between);
    let words = words.trim_end_matches([',', ' ']);
    if matches!(words, "" | "on" | "as of") {
        return true;
    }
    let Some(way) = words.strip_suffix(" on").or_else(|| words.strip_suffix(" as of")) else {
        return false;
    };
    let mut way = way.trim_matches([',', ' ']);
    while !way.is_empty() {
        let Some(rest) = without_phrase(way).or_else(|| without_filers(way, signers)) else {
            return false;
        };
        // Names end in full stops of their own.
        way = rest.trim_start_matches([',', ' ', '.']);
    }
    true
}

/// The words after a phrase that says where, or by what, something was filed or amended.
fn without_phrase(words: &str) -> Option<&str> {
    const PHRASES: [&str; 13] = [
        "with the united states securities and exchange commission",
        "with the u.s. securities and exchange commission",
        "with the securities and exchange commission",
        "with the commission",
        "with the sec",
        "jointly",
        "and supplemented",
        "and restated",
        "thereto",
        "thereof",
        "most recently",
        "via edgar",
        "by amendment no.",
    ];
    let rest = PHRASES.iter().find_map(|phrase| words.strip_prefix(phrase))?;
    let rest = rest.trim_start();
    Some(rest.trim_start_matches(|c: char| c.is_ascii_digit() && words.starts_with("by amendment")))
}

/// The words after those who filed, where they are the reporting persons.
fn without_filers<'a>(words: &'a str, signers: &Signers) -> Option<&'a str> {
    const FILERS: [&str; 9] = [
        "the reporting persons",
        "the reporting person",
        "each of the reporting persons",
        "the parties named above",
        "the undersigned",
        "the filing persons",
        "the filing person",
        "certain of the reporting persons",
        "us",
    ];
    let who = ["by ", "on behalf of "].iter().find_map(|by| words.strip_prefix(by))?;
    let known = FILERS.iter().find_map(|filers| who.strip_prefix(filers));
    known.or_else(|| signers.list(who).last().and_then(|last| who.get(last.end..)))
}

/// Whether the words before a verb speak of the schedule and no other form, and of what was done.
fn is_statement(body: &str, at: usize, verb: &str) -> bool {
    let before = lexeme::lower(last_sentence(near_before(body, at, BEFORE)));
    let before = before.trim_end();
    if ["being", "to be", "hereby"].iter().any(|word| before.ends_with(word)) {
        return false;
    }
    let last = |words: &[&str]| words.iter().filter_map(|word| before.rfind(word)).max();
    let ours = last(&[
        "schedule 13",
        " 13d ",
        " 13g ",
        "amendment no",
        "original statement",
        "initial statement",
        "original filing",
        "initial filing",
    ]);
    let other = last(&[
        "form ",
        "proxy",
        "annual report",
        "quarterly",
        "current report",
        "registration",
        "agreement",
        "exhibit",
        "act of",
    ]);
    // What is dated is what was named last: little more than its number stands between.
    let close = verb != "dated" || ours.is_some_and(|at| before.len() - at < 40);
    ours.is_some() && other < ours && close
}

/// What stands after the last full stop that a capital follows.
pub(crate) fn last_sentence(text: &str) -> &str {
    let stops = text.rmatch_indices('.').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let next = rest.trim_start();
        (next.len() < rest.len() && next.starts_with(char::is_uppercase)).then_some(next)
    });
    stops.unwrap_or(text)
}
