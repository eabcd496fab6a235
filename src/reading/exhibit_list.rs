//! The exhibits a statement lists, in lines, tables, running text: letter or number, title, date.
//! Knows nothing of where the list stands; it is given Item 7, or the page that is an index.

use std::ops::Range;

use crate::reading::dates;
use crate::reading::lexeme;
use crate::reading::pages::at_line_start;
use crate::reading::text::{CELL, LINE, PAGE, ROW, Text, is_mark};
use crate::terms::span::Field;
use crate::terms::statement::Exhibit;
use crate::terms::time::Day;

/// More exhibits than a filing has; the rest is left out.
const MOST: usize = 100;
/// The longest title of an exhibit.
const LONGEST: usize = 1000;

/// Where an entry of the list begins, its letter or number, and where its title begins.
struct Entry {
    start: usize,
    label: Range<usize>,
    title: usize,
}

/// The exhibits that a part of a text lists.
pub(crate) fn listed(text: &Text, range: Range<usize>) -> Vec<Exhibit> {
    let body = text.as_str();
    let named = named(body, &range);
    let found = if named.is_empty() { numbered(body, &range) } else { named };
    let ends = found.iter().skip(1).map(|entry| entry.start).chain([range.end]);
    let each = found.iter().zip(ends);
    each.map(|(entry, end)| exhibit(text, entry, end)).collect()
}

/// Entries that begin with the word: "Exhibit A".
fn named(body: &str, range: &Range<usize>) -> Vec<Entry> {
    let part = body.get(range.clone()).unwrap_or("");
    let mut found: Vec<Entry> = Vec::new();
    for at in memchr::memchr2_iter(b'E', b'e', part.as_bytes()) {
        let word = part.as_bytes().get(at..at + "exhibit".len());
        let is_word = word.is_some_and(|word| word.eq_ignore_ascii_case(b"exhibit"));
        if !is_word || found.len() == MOST {
            continue;
        }
        let start = range.start + at;
        let after = start + "exhibit".len();
        let Some(label) = label(body, after) else { continue };
        if at_line_start(body, start) || in_a_sentence(body, range.start, start, label.end) {
            let title = title_start(body, label.end);
            found.push(Entry { start, label, title });
        }
    }
    found
}

/// The letter or number after the word: `A`, `99.1`, `No. 3`.
fn label(body: &str, after: usize) -> Option<Range<usize>> {
    let rest = body.get(after..)?;
    let trimmed = rest.trim_start_matches([' ', CELL]);
    if trimmed.len() == rest.len() {
        return None;
    }
    let trimmed = ["No. ", "No.", "Number ", "no. ", "("]
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

/// Whether "Exhibit B" in running text begins an entry, and is not spoken of: something ended
/// before it, and a title follows.
fn in_a_sentence(body: &str, from: usize, start: usize, label_end: usize) -> bool {
    let head = body.get(from..start).unwrap_or("").trim_end();
    let word = body.get(start..label_end).unwrap_or("");
    if !word.starts_with('E') {
        return false;
    }
    let joined = head.strip_suffix(" and").map(str::trim_end);
    let ended = |head: &str, stops: &[char]| head.ends_with(stops);
    let rest = body.get(label_end..).unwrap_or("");
    let said = rest.trim_start_matches([' ', ')', CELL, LINE, ROW]);
    let divided = said.starts_with(['-', '–', '—', ':', '.']);
    let titled =
        rest.len() > said.len() && said.starts_with(|c: char| c.is_uppercase() || is_quote(c));
    if let Some(head) = joined {
        return ended(head, &[';', ',', '.', ')']) && (divided || titled);
    }
    let last = lexeme::lower(head.rsplit([' ', LINE]).next().unwrap_or(""));
    // "as Exhibit B", "the Exhibit B": it is spoken of.
    const SPOKEN_OF: [&str; 12] =
        ["to", "as", "in", "of", "see", "the", "this", "under", "by", "at", "with", "or"];
    let spoken_of = SPOKEN_OF.contains(&last.as_str()) || last.ends_with(['(', '“', '"']);
    let stopped = ended(head, &[';', ':', '.', ')', ']', '•', '·', '*']);
    (stopped && (divided || titled)) || (!spoken_of && !ended(head, &[',']) && titled)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '\'' | '‘' | '*' | '†')
}

/// Entries that begin with a number or letter alone, one after another: "1.", "(b)", "99.1".
fn numbered(body: &str, range: &Range<usize>) -> Vec<Entry> {
    let part = body.get(range.clone()).unwrap_or("");
    let mut found: Vec<Entry> = Vec::new();
    let mut last: Option<Order> = None;
    let starts = part.char_indices().filter(|(at, c)| {
        let head = part.get(..*at).unwrap_or("");
        let apart = head.is_empty() || head.ends_with(|c| c == ' ' || is_mark(c));
        (c.is_ascii_alphanumeric() || *c == '(') && apart
    });
    for (at, _) in starts {
        let start = range.start + at;
        let Some((label, after)) = number(body, start) else { continue };
        if found.len() == MOST {
            break;
        }
        let Some(order) = body.get(label.clone()).and_then(Order::of) else { continue };
        let line = at_line_start(body, start);
        // In running text something has ended before, and a full stop or bracket follows.
        let closed = after > label.end || matches!(order, Order::Dotted(..));
        let head = part.get(..at).unwrap_or("");
        let begins = line || (closed && stops_before(head));
        if !begins || is_item_number(head) {
            continue;
        }
        if last.is_none_or(|last| order.follows(last, line))
            && (last.is_some() || order.is_first(line))
        {
            last = Some(order);
            let title = title_start(body, after);
            found.push(Entry { start, label, title });
        }
    }
    found
}

/// Whether the number that follows is the item's own.
fn is_item_number(head: &str) -> bool {
    let head = head.trim_end_matches(|c| c == ' ' || is_mark(c));
    let word = head.len().checked_sub("item".len()).and_then(|at| head.get(at..));
    word.is_some_and(|word| word.eq_ignore_ascii_case("item"))
}

/// Whether something ended before an entry of running text.
fn stops_before(head: &str) -> bool {
    let head = head.trim_end();
    let head = head.strip_suffix(" and").map_or(head, str::trim_end);
    head.ends_with([':', ';', '.', ')', ']', '•', '·']) || head.ends_with(" Pages")
}

/// A number or letter that begins an entry, and where what ends it stands: `1.`, `(a)`, `99.1`.
fn number(body: &str, start: usize) -> Option<(Range<usize>, usize)> {
    let rest = body.get(start..)?;
    let open = rest.starts_with('(');
    let inner = rest.strip_prefix('(').unwrap_or(rest);
    let from = start + usize::from(open);
    let len = inner.bytes().take(8).take_while(|b| b.is_ascii_alphanumeric() || *b == b'.').count();
    let label = inner.get(..len)?.trim_end_matches('.');
    let end = from + label.len();
    let tail = body.get(end..)?;
    let closed = tail.strip_prefix(')').or_else(|| tail.strip_prefix('.').filter(|_| !open));
    let closed = closed.or_else(|| tail.strip_prefix(':'));
    if open && !tail.starts_with(')') {
        return None;
    }
    let after = closed.unwrap_or(tail);
    // A number with its full stop may stand on a line of its own.
    let line = closed.is_some() && at_line_start(body, start);
    let skipped = |c: char| matches!(c, ' ' | CELL | '*' | '-' | '–' | '—') || (line && c == LINE);
    let said = after.trim_start_matches(skipped);
    let gap = after.get(..after.len() - said.len())?;
    let titled = said.starts_with(|c: char| c.is_uppercase() || is_quote(c));
    let lower = label.bytes().all(|b| b.is_ascii_lowercase());
    let apart = closed.is_some() || gap.contains(CELL) || gap.len() > 1 || label.contains('.');
    let good = !label.is_empty() && titled && apart && !gap.is_empty() && (!lower || open);
    good.then_some((from..end, body.len() - after.len()))
}

/// The place of an entry in its list.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Order {
    Letter(u8),
    Number(u32),
    Dotted(u32, u32),
}

impl Order {
    fn of(label: &str) -> Option<Order> {
        if let [letter @ (b'a'..=b'z' | b'A'..=b'Z')] = label.as_bytes() {
            return Some(Order::Letter(letter.to_ascii_lowercase()));
        }
        match label.split_once('.') {
            None if label.len() < 3 => label.parse().ok().map(Order::Number),
            None => None,
            Some((whole, part)) => Some(Order::Dotted(whole.parse().ok()?, part.parse().ok()?)),
        }
    }

    /// Whether a list may begin with it; in running text only with the first.
    fn is_first(self, line: bool) -> bool {
        line || matches!(self, Order::Letter(b'a') | Order::Number(1) | Order::Dotted(..))
    }

    /// Whether it comes next; in lines a number may be left out.
    fn follows(self, last: Order, line: bool) -> bool {
        match (last, self) {
            (Order::Letter(last), Order::Letter(next)) => next == last + 1,
            (Order::Number(last), Order::Number(next)) => {
                next == last + 1 || (line && next > last && next < last + 10)
            }
            (Order::Dotted(..), Order::Dotted(..)) => self > last || (line && self != last),
            _ => false,
        }
    }
}

fn title_start(body: &str, after: usize) -> usize {
    let rest = body.get(after..).unwrap_or("");
    let skip =
        |c: char| is_mark(c) || matches!(c, ' ' | ':' | '.' | '-' | '–' | '—' | ')' | '*' | '|');
    after + (rest.len() - rest.trim_start_matches(skip).len())
}

fn exhibit(text: &Text, entry: &Entry, end: usize) -> Exhibit {
    let body = text.as_str();
    let label = entry.label.clone();
    let label = Field::stated(text.cut(label.clone()).to_owned(), text.span(label));
    let row = entry.title..row_end(body, entry.title..end.max(entry.title));
    let range = entry.title..title_end(body, row.clone());
    let printed = text.cut(range.clone());
    if printed.is_empty() || printed.len() > LONGEST {
        return Exhibit { label, ..Exhibit::default() };
    }
    let words = |c: char| c.is_whitespace() || is_mark(c);
    let title: Vec<&str> = printed.split(words).filter(|word| !word.is_empty()).collect();
    let own = range.start..range.start + own_words(printed);
    let date = only_date(text, own).or_else(|| {
        // A column of dates.
        let none = dates::dates_in(body, range.clone()).next().is_none();
        none.then(|| only_date(text, range.end..row.end))?
    });
    let title = Field::stated(title.join(" "), text.span(range));
    Exhibit { label, title, date: date.unwrap_or_default() }
}

fn only_date(text: &Text, range: Range<usize>) -> Option<Field<Day>> {
    let mut dates = dates::dates_in(text.as_str(), range);
    let (only, None) = (dates.next()?, dates.next()) else { return None };
    only.day.map(|day| Field::stated(day, text.span(only.range)))
}

/// How much of a title speaks of the exhibit itself, and not of where it was filed before.
fn own_words(title: &str) -> usize {
    let lower = lexeme::lower(title);
    let others =
        ["incorporated ", "previously filed", "filed as ", "filed with ", "filed on ", "filed by "];
    others.iter().filter_map(|word| lower.find(word)).min().unwrap_or(title.len())
}

/// Where the entry's row of a table ends, its paragraph, or the page.
fn row_end(body: &str, range: Range<usize>) -> usize {
    let part = body.get(range.clone()).unwrap_or("");
    let mut end = part.len();
    let mut line = 0;
    for (at, c) in part.char_indices().filter(|(_, c)| matches!(*c, ROW | PAGE | LINE)) {
        let blank = part.get(line..at).is_some_and(|line| line.trim().is_empty());
        let next = part.get(at + c.len_utf8()..).unwrap_or("").trim_start_matches([' ', CELL]);
        if c != LINE || (line > 0 && blank) || next.starts_with('*') {
            end = if line > 0 && blank { line - 1 } else { at };
            break;
        }
        line = at + 1;
    }
    let said = part.get(..end).unwrap_or("");
    // What stands at the top and the foot of a page.
    let furniture = ["CUSIP No", "CUSIP NO", "Page ", "SIGNATURE"];
    let at = furniture.iter().filter_map(|word| {
        let at = said.find(word)?;
        let rest = said.get(at + word.len()..)?;
        (*word != "Page " || rest.starts_with(|c: char| c.is_ascii_digit())).then_some(at)
    });
    range.start + at.min().unwrap_or(end)
}

/// Where the title ends: before the next cell, a page's number, what joins it to the next entry.
fn title_end(body: &str, row: Range<usize>) -> usize {
    let printed = body.get(row.clone()).unwrap_or("");
    let cell = printed.find(CELL).unwrap_or(printed.len());
    let blank = |c: char| is_mark(c) || matches!(c, ' ' | ';' | ',' | '•' | '·');
    let mut printed = printed.get(..cell).unwrap_or("").trim_end_matches(blank);
    let number = printed.rsplit(|c| is_mark(c) || c == ' ').next().unwrap_or("");
    let head = printed.strip_suffix(number).unwrap_or(printed);
    let apart = head.ends_with("  ") || head.ends_with(is_mark) || head.trim_end().ends_with("..");
    if !number.is_empty() && apart && number.bytes().all(|b| b.is_ascii_digit()) {
        printed = head.trim_end_matches(|c| blank(c) || c == '.');
    }
    let printed = [" and", "; and"]
        .iter()
        .find_map(|and| printed.strip_suffix(and).filter(|head| head.ends_with([';', ',', '.'])))
        .unwrap_or(printed);
    row.start + printed.trim_end_matches(blank).len()
}
