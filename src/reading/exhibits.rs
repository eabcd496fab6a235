//! What a filing says of other papers: the exhibits it lists, a joint filing agreement it holds,
//! the earlier statement it names. Knows nothing of cover pages.

use std::ops::Range;

use memchr::memmem;

use crate::reading::dates;
use crate::reading::html;
use crate::reading::labels::{self, Hit, Label};
use crate::reading::lexeme;
use crate::reading::pages::{Covers, at_line_start};
use crate::reading::signatures;
use crate::reading::signers::Signers;
use crate::reading::text::{self, Text, is_mark};
use crate::terms::span::Field;
use crate::terms::statement::{Agreement, Exhibit, Item, Reading};
use crate::terms::time::Day;

/// More of anything than a filing has; the rest is left out.
const MOST: usize = 100;
/// The longest title of an exhibit.
const LONGEST: usize = 1000;

/// Reads exhibits, agreements and earlier dates into `reading`.
pub(crate) fn read(
    text: &Text,
    hits: &[Hit],
    items: &[(Item, Range<usize>)],
    covers: &Covers,
    signers: &Signers,
    reading: &mut Reading,
) {
    for (item, range) in items {
        let heading = item.heading.value().map_or(String::new(), |h| lexeme::lower(h));
        if item.number == 7 && heading.starts_with("material") {
            reading.exhibits.extend(listed(text, range.clone()));
        }
    }
    let last = items.last().map(|(_, range)| range.end);
    let last = last.or(covers.last().map(|cover| cover.end)).unwrap_or(0);
    reading.earlier = earlier(text, 0..last);
    agreements(text, hits, items, covers, signers, reading);
}

/// Reads the joint filing agreement that is a document of its own, among its submission's exhibits.
pub(crate) fn in_document(received: &[u8], body: Range<usize>, reading: &mut Reading) {
    const LONGEST_DOCUMENT: usize = 1 << 16;
    let bytes = received.get(body.clone()).unwrap_or_default();
    if bytes.len() > LONGEST_DOCUMENT || !jointly(&String::from_utf8_lossy(bytes)) {
        return;
    }
    let text = match html::is_markup(bytes) {
        true => html::read(received, body),
        false => text::read(received, body),
    };
    let hits = labels::find(text.as_str());
    let signers = Signers::of(&reading.holders);
    let before = reading.agreements.len();
    agreements(&text, &hits, &[], &Covers::of(&[]), &signers, reading);
    let whole = 0..text.as_str().len();
    if reading.agreements.len() == before {
        reading.agreements.extend(unsigned(&text, whole, reading));
    }
}

/// An agreement under which names stand and no signatures: those of the reporting persons among
/// them are its parties, if there are two.
fn unsigned(text: &Text, range: Range<usize>, reading: &Reading) -> Option<Agreement> {
    let lower = lexeme::lower(text.cut(range.clone()));
    let starts = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    if !starts.contains("agree") {
        return None;
    }
    let names = reading.holders.iter().filter_map(|h| h.name.value());
    let parties: Vec<Field<String>> = names
        .filter_map(|name| {
            let at = memmem::find(lower.as_bytes(), lexeme::lower(name).as_bytes())?;
            let at = range.start + at..range.start + at + name.len();
            Some(Field::stated(text.cut(at.clone()).to_owned(), text.span(at)))
        })
        .collect();
    let dates = dates::dates(text.as_str(), range.clone());
    let date = match dates.as_slice() {
        [only] => only.day.map(|day| Field::stated(day, text.span(only.range.clone()))),
        _ => None,
    };
    let span = Some(text.span(range));
    (parties.len() > 1).then(|| Agreement { parties, date: date.unwrap_or_default(), span })
}

/// Whether words speak of filing for several persons at once.
fn jointly(words: &str) -> bool {
    let words = lexeme::lower(words);
    ["jointly", "joint filing", "on behalf of each"].iter().any(|word| words.contains(word))
}

/// The exhibits that the text of an XML element lists; references in their titles are resolved.
pub(crate) fn in_element(received: &[u8], range: Range<usize>) -> Vec<Exhibit> {
    let element = received.get(range.clone()).unwrap_or_default();
    // The element that holds the text begins before it and ends after it.
    let start = memchr::memchr(b'>', element).map_or(range.start, |at| range.start + at + 1);
    let end = memchr::memrchr(b'<', element).map_or(range.end, |at| range.start + at);
    let text = text::read(received, start..end.max(start));
    listed(&text, 0..text.as_str().len())
}

/// The exhibits that lines beginning with the word list.
pub(crate) fn listed(text: &Text, range: Range<usize>) -> Vec<Exhibit> {
    let body = text.as_str();
    let part = text.cut(range.clone());
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    for at in memchr::memchr2_iter(b'E', b'e', part.as_bytes()) {
        let word = part.as_bytes().get(at..at + "exhibit".len());
        let is_word = word.is_some_and(|word| word.eq_ignore_ascii_case(b"exhibit"));
        let start = range.start + at;
        if !is_word || found.len() == MOST || !at_line_start(body, start) {
            continue;
        }
        let Some(label) = label(body, start + "exhibit".len()) else { continue };
        ends.push(start);
        let title = title_start(body, label.end);
        found.push((label, title));
    }
    let ends = ends.into_iter().skip(1).chain([range.end]);
    found
        .into_iter()
        .zip(ends)
        .map(|((label, title), end)| exhibit(text, label, title, end))
        .collect()
}

/// The letter or number after the word: `A`, `99.1`, `No. 3`.
fn label(body: &str, after: usize) -> Option<Range<usize>> {
    let rest = body.get(after..)?;
    let trimmed = rest.trim_start_matches([' ', '\u{1f}']);
    let trimmed = ["No. ", "No.", "Number ", "no. "]
        .iter()
        .find_map(|number| trimmed.strip_prefix(number))
        .unwrap_or(trimmed);
    let start = after + (rest.len() - trimmed.len());
    let len = trimmed
        .bytes()
        .take(9)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .count();
    let label = trimmed.get(..len)?.trim_end_matches(['.', '-']);
    let digits = label.bytes().any(|b| b.is_ascii_digit());
    let letters = label.len() <= 2 && label.bytes().all(|b| b.is_ascii_uppercase());
    let good = !label.is_empty() && label.len() <= 8 && (digits || letters);
    good.then(|| start..start + label.len())
}

fn title_start(body: &str, after: usize) -> usize {
    let rest = body.get(after..).unwrap_or("");
    let skip = |c: char| is_mark(c) || matches!(c, ' ' | ':' | '.' | '-' | '–' | '—' | ')' | '*');
    after + (rest.len() - rest.trim_start_matches(skip).len())
}

fn exhibit(text: &Text, label: Range<usize>, start: usize, end: usize) -> Exhibit {
    let printed = text.cut(start..end.max(start));
    let blank = |c: char| is_mark(c) || c == ' ';
    let printed = printed.trim_end_matches(blank);
    // The last exhibit is often the page's last line; below it stands the page's number.
    let number = printed.rsplit(is_mark).next().filter(|last| last.len() < printed.len());
    let number = number.filter(|last| last.trim().bytes().all(|b| b.is_ascii_digit()));
    let printed = number.and_then(|number| printed.strip_suffix(number)).unwrap_or(printed);
    let printed = printed.trim_end_matches(blank);
    let range = start..start + printed.len();
    let label = Field::stated(text.cut(label.clone()).to_owned(), text.span(label));
    if printed.is_empty() || printed.len() > LONGEST {
        return Exhibit { label, ..Exhibit::default() };
    }
    let words = |c: char| c.is_whitespace() || is_mark(c);
    let title: Vec<&str> = printed.split(words).filter(|word| !word.is_empty()).collect();
    let dates = dates::dates(text.as_str(), range.clone());
    let date = match dates.as_slice() {
        [only] => only.day.map(|day| Field::stated(day, text.span(only.range.clone()))),
        _ => None,
    };
    let title = Field::stated(title.join(" "), text.span(range));
    Exhibit { label, title, date: date.unwrap_or_default() }
}

/// The dates that the text gives the statement it amends: "filed on", "as amended on".
fn earlier(text: &Text, range: Range<usize>) -> Vec<Field<Day>> {
    let body = text.as_str();
    let part = text.cut(range.clone());
    let mut found: Vec<(usize, Field<Day>)> = Vec::new();
    for verb in ["filed", "amended"] {
        for at in memmem::find_iter(part.as_bytes(), verb).take(MOST) {
            let end = range.start + at + verb.len();
            let date = date_of_statement(text, end).filter(|_| is_statement(body, end));
            let Some(date) = date else { continue };
            if !found.iter().any(|(_, known)| known.value() == date.value()) {
                found.push((end, date));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, date)| date).collect()
}

/// The date that follows at once: "on September 18, 2008", "with the Commission on ...".
fn date_of_statement(text: &Text, from: usize) -> Option<Field<Day>> {
    let body = text.as_str();
    // Marks are one byte long, so places stay what they are.
    let window = near(body, from, 120);
    let window: String = window.chars().map(|c| if is_mark(c) { ' ' } else { c }).collect();
    let on = window.find("on ").filter(|at| {
        let before = window.get(..*at).unwrap_or("").trim();
        matches!(
            lexeme::lower(before).split_whitespace().collect::<Vec<_>>().join(" ").as_str(),
            "" | "with the sec" | "with the commission" | "by the reporting persons"
        )
    });
    let on = on.or_else(|| {
        // "Commission on" has an "on" of its own.
        let at = window.find("ommission on ")?;
        let lower = lexeme::lower(window.get(..at)?);
        lower.trim_start().starts_with("with the s").then_some(at + "ommission ".len())
    })?;
    let start = from + on + "on ".len();
    let date = near(body, start, 24).len();
    let first = dates::dates_in(body, start..start + date).next()?;
    let blank = |c: char| c == ' ' || is_mark(c);
    let at_once = body.get(start..first.range.start)?.trim_matches(blank).is_empty();
    let day = first.day.filter(|_| at_once)?;
    Some(Field::stated(day, text.span(first.range)))
}

/// Whether the words before speak of the schedule, and of no other form.
fn is_statement(body: &str, at: usize) -> bool {
    const BEFORE: usize = 250;
    let mut from = at.saturating_sub(BEFORE);
    while !body.is_char_boundary(from) {
        from += 1;
    }
    let before = lexeme::lower(last_sentence(body.get(from..at).unwrap_or("")));
    let last = |words: &[&str]| words.iter().filter_map(|word| before.rfind(word)).max();
    let ours = last(&["schedule 13", "amendment no", "original statement", "initial statement"]);
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
    ours.is_some() && other < ours
}

/// What stands after the last full stop that a capital follows.
fn last_sentence(text: &str) -> &str {
    let stops = text.rmatch_indices('.').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let next = rest.trim_start();
        (next.len() < rest.len() && next.starts_with(char::is_uppercase)).then_some(next)
    });
    stops.unwrap_or(text)
}

/// At most so many bytes from here on.
fn near(body: &str, from: usize, most: usize) -> &str {
    let mut end = (from + most).min(body.len());
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    body.get(from..end).unwrap_or("")
}

/// Agreements to file jointly that stand in the document itself, after the items.
fn agreements(
    text: &Text,
    hits: &[Hit],
    items: &[(Item, Range<usize>)],
    covers: &Covers,
    signers: &Signers,
    reading: &mut Reading,
) {
    let body = text.as_str();
    let mut done = items.last().map_or(0, |(_, range)| range.end);
    for hit in hits.iter().filter(|hit| hit.label == Label::Exhibit) {
        let covered = covers.at(hit.start).is_some();
        let told = lexeme::lower(body.get(hit.range()).unwrap_or(""));
        let named = told.contains("agreement") && at_line_start(body, hit.start);
        if hit.start < done || covered || !named || reading.agreements.len() == MOST {
            continue;
        }
        if !jointly(near(body, hit.end, 2500)) {
            continue;
        }
        let stop = covers.next_after(hit.end);
        let end = signatures::block_end(body, hit.end, stop.unwrap_or(body.len()), hits);
        // Nothing is looked through twice, whatever comes of it.
        done = end;
        let signed = signatures::block(text, hit.end..end, signers).signed;
        // Every signature of a block has the block's date.
        let Some(date) = signed.first().map(|first| first.date.clone()) else { continue };
        let parties: Vec<Field<String>> = signed.into_iter().map(|s| s.name).collect();
        // One alone agrees with nobody: the others sign in a way that was not understood.
        let parties = if parties.len() > 1 { parties } else { Vec::new() };
        let printed = text.cut(hit.start..end);
        let last = printed.trim_end_matches(|c: char| is_mark(c) || c == ' ').len();
        let span = Some(text.span(hit.start..hit.start + last));
        reading.agreements.push(Agreement { parties, date, span });
    }
}
