//! The numbered items of the body: which headings are headings, and how far each item goes.
//! Knows nothing of what an item says.

use std::ops::Range;

use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme::lower;
use crate::reading::pages::{Covers, at_line_start};
use crate::reading::text::{LINE, Text, first_line, is_mark};
use crate::terms::span::Field;
use crate::terms::statement::{Item, SubItem};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// An item's heading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Heading {
    /// 1 to 10.
    pub(crate) number: u8,
    /// The title that the form gives this item follows.
    pub(crate) titled: bool,
    /// Where the title, or what stands instead, begins.
    pub(crate) title: usize,
}

/// Whether the place where a stretch ends stands in one of the stretch's items: neither a signature
/// nor an exhibit begins between the item's heading and the place.
pub(crate) fn ends_inside(text: &str, hits: &[Hit], stretch: Range<usize>) -> bool {
    let to = hits.partition_point(|hit| hit.start < stretch.end);
    let before = hits.get(..to).unwrap_or_default().iter().rev();
    let mut told = before.take_while(|hit| hit.start >= stretch.start).filter_map(|hit| {
        let begins = || at_line_start(text, hit.start);
        match hit.label {
            Label::Item => heading(text, *hit).filter(|heading| heading.titled).map(|_| true),
            Label::Signature | Label::Exhibit => begins().then_some(false),
            _ => None,
        }
    });
    told.next().unwrap_or(false)
}

/// What the items are called on Schedules 13D and 13G, squashed, by number.
const TITLES: [&[&str]; 10] = [
    &[
        "securityandissuer",
        "nameofissuer",
        "addressof",
        "anameofissuer",
        "nameandaddress",
        "issuer",
        "security",
    ],
    &[
        "identityandbackground",
        "nameof",
        "address",
        "citizenship",
        "titleof",
        "cusip",
        "identity",
        "principal",
    ],
    &[
        "sourceand",
        "sourceof",
        "ifthisstatement",
        "thisstatement",
        "typeof",
        "ifstatement",
        "statusof",
        "source",
        "filing",
        "ifthestatement",
        "theperson",
        "statementfiled",
        "considerationofpersons",
    ],
    &["purposeof", "ownership", "amountbeneficially", "percentof", "numberof", "purpose"],
    &["interestin", "ownershipof", "ownership", "interests"],
    &["contract", "ownership"],
    &["materialto", "materialsto", "identification", "exhibits", "material"],
    &["identification"],
    &["noticeof"],
    &["certification"],
];

/// What may stand where the title is left out.
const INSTEAD: [&str; 5] = ["notapplicable", "na", "inapplicable", "none", "nochange"];

/// How an amendment announces what it changes.
const CHANGED: [&str; 6] = [
    "ishereby",
    "isamended",
    "oftheschedule13dishereby",
    "ofthestatementishereby",
    "oftheschedule13disamended",
    "ofschedule13dishereby",
];

/// The number that follows the word "Item", and where it ends.
pub(crate) fn number(text: &str, hit: Hit) -> Option<(u8, usize)> {
    let rest = text.get(hit.end..)?;
    let gap =
        rest.len() - rest.trim_start_matches(|c: char| c == ' ' || c == '.' || is_mark(c)).len();
    if gap > 60 {
        return None;
    }
    let digits = rest.bytes().skip(gap).take(3).take_while(u8::is_ascii_digit).count();
    let number = rest.get(gap..gap + digits)?.parse().ok().filter(|n| (1..=14).contains(n))?;
    let end = hit.end + gap + digits;
    let next = text.get(end..)?.chars().next();
    (!next.is_some_and(char::is_alphanumeric)).then_some((number, end))
}

/// Whether "Item 5:" stands before the label of a cover page's row as its number.
pub(crate) fn counts_row(text: &str, hit: Hit, next: Option<&Hit>) -> bool {
    let Some((number, end)) = number(text, hit) else { return false };
    let own = |next: &&Hit| match next.label {
        Label::Row(row) => row.numbers().contains(&number),
        _ => false,
    };
    let between = next.filter(own).and_then(|row| text.get(end..row.start));
    let idle = |c: char| c == ' ' || is_mark(c) || matches!(c, '.' | ':' | '-' | ')' | '|');
    between.is_some_and(|between| between.chars().all(idle))
}

/// The heading that a word "Item" begins, if it is one.
pub(crate) fn heading(text: &str, hit: Hit) -> Option<Heading> {
    let (number, after) = number(text, hit).filter(|(number, _)| *number <= 10)?;
    let word = text.get(hit.range())?;
    if !word.starts_with('I') {
        return None;
    }
    let (title, divided) = skip_to_title(text, after);
    let said = squash(text.get(title..)?);
    let begins = |names: &[&str]| names.iter().any(|name| said.starts_with(name));
    let titles = TITLES.get(usize::from(number) - 1).copied().unwrap_or_default();
    let first = text.get(title..)?.chars().next();
    let at_start = at_line_start(text, hit.start);
    let capital = first.is_some_and(|c| c.is_uppercase()) || at_start;
    let titled = begins(titles) && capital && (at_start || !mentioned(text, hit.start));
    if titled || (at_start && begins(&CHANGED)) {
        return Some(Heading { number, titled: true, title });
    }
    // Words without lines: only the stop between number and words tells a heading from a mention.
    let stopped = divided && capital && !mentioned(text, hit.start);
    let instead = begins(&INSTEAD) && (at_start || stopped);
    let bare = at_start && divided && !runs_on(text, hit.start);
    (instead || bare).then_some(Heading { number, titled: false, title })
}

/// Past `(a)`, `.`, `:`, dashes and line ends; and whether any of these stood there.
fn skip_to_title(text: &str, after: usize) -> (usize, bool) {
    let rest = text.get(after..).unwrap_or("");
    let mut at = 0;
    let mut divided = false;
    loop {
        let tail = rest.get(at..).unwrap_or("");
        let inside = tail.strip_prefix('(').map(|inner| inner.bytes().take(3));
        if let Some(len) = inside.and_then(|mut inside| inside.position(|b| b == b')')) {
            at += len + 2;
            continue;
        }
        match tail.chars().next() {
            Some(c) if is_mark(c) || matches!(c, '.' | ':' | '-' | '–' | '—' | '|') => {
                divided = true;
                at += c.len_utf8();
            }
            Some(' ' | ',' | '*' | '&') => at += 1,
            None => return (after + at, true),
            _ => return (after + at, divided),
        }
        if at > 400 {
            return (after + at, divided);
        }
    }
}

/// The next letters and digits, in lower case.
fn squash(rest: &str) -> String {
    let near: String =
        rest.chars().take(200).filter(char::is_ascii_alphanumeric).take(40).collect();
    let near = lower(&near);
    // "Item 2(a) and (b) Name of Person Filing".
    near.strip_prefix("andb").or_else(|| near.strip_prefix("and")).unwrap_or(&near).to_owned()
}

/// Whether the word before makes it a mention: "see Item 4", "this Item 3".
fn mentioned(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or("").trim_end_matches([' ', LINE]);
    let word: String = head.chars().rev().take(12).take_while(|c| c.is_alphabetic()).collect();
    let word: String = word.chars().rev().collect();
    let word = lower(&word);
    ["see", "in", "this", "to", "of", "and", "under", "amends", "with", "the"]
        .contains(&word.as_str())
}

/// Whether the line before ends in the middle of a sentence.
fn runs_on(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or("");
    let gap = head.trim_end_matches(|c: char| c == ' ' || is_mark(c));
    let marks = head.get(gap.len()..).unwrap_or("").chars().filter(|c| is_mark(*c)).count();
    let last = gap.chars().next_back();
    marks <= 1 && last.is_some_and(|c| c.is_ascii_lowercase() || c == ',' || c == '(')
}

/// How many items are read; no filing comes near it.
const MOST: usize = 1000;

/// Every item with its extent: from its heading to the next item's, or to the signature.
pub(crate) fn find(
    text: &Text,
    hits: &[Hit],
    covers: &Covers,
    troubles: &mut Vec<Trouble>,
) -> Vec<(Item, Range<usize>)> {
    let body = text.as_str();
    let mut open: Option<(Heading, usize)> = None;
    let mut found: Vec<(Heading, usize, usize)> = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        let ends = match hit.label {
            Label::Item if counts_row(body, *hit, hits.get(index + 1)) => None,
            Label::Item if covers.at(hit.start).is_none() => heading(body, *hit).map(Some),
            Label::Signature if at_line_start(body, hit.start) => Some(None),
            Label::Signature if body.get(hit.range()).is_some_and(|s| s.len() > 12) => Some(None),
            Label::Row(_) | Label::ItemRow
                if covers.at(hit.start).is_some_and(|c| c.start == hit.start) =>
            {
                Some(None)
            }
            _ => None,
        };
        let Some(next) = ends else { continue };
        match (open, next) {
            // "Item 1(b)" goes on with item 1.
            (Some((now, _)), Some(next)) if now.number == next.number => continue,
            _ => {}
        }
        if let Some((heading, start)) = open.take() {
            found.push((heading, start, hit.start));
        }
        if found.len() == MOST {
            let span = Some(text.span(hit.start..body.len()));
            let message = format!("items after the first {MOST} are left out");
            let (code, field) = (TroubleCode::LimitReached, FieldName::Items);
            troubles.push(Trouble { code, holder: None, field, span, message });
            break;
        }
        open = next.map(|heading| (heading, hit.start));
    }
    if let Some((heading, start)) = open {
        found.push((heading, start, body.len()));
    }
    without_contents(&found)
        .map(|(heading, start, end)| (item(text, heading, start, end), start..end))
        .collect()
}

/// Leaves out the lines of a table of contents: the same number comes again, with a text.
fn without_contents(
    found: &[(Heading, usize, usize)],
) -> impl Iterator<Item = (Heading, usize, usize)> {
    const LINE_LENGTH: usize = 160;
    let is_short = |index: Option<usize>| {
        index.and_then(|index| found.get(index)).is_some_and(|(_, s, e)| e - s < LINE_LENGTH)
    };
    let repeats = repeats(found);
    let longest_after = longest_after(found);
    let listed = |index: usize, number: u8, len: usize| {
        // The last line has a text after it, and lines of the contents before it.
        let begins_again = found.get(index + 1).is_some_and(|(h, _, _)| h.number < number);
        len < LINE_LENGTH
            && longest_after.get(index).is_some_and(|longest| *longest > len)
            && (is_short(Some(index + 1)) || (begins_again && is_short(index.checked_sub(1))))
    };
    let kept: Vec<_> = found
        .iter()
        .enumerate()
        .filter(|(index, (h, s, e))| !(repeats && listed(*index, h.number, e - s)))
        .map(|(_, entry)| *entry)
        .collect();
    kept.into_iter()
}

/// For each item, how long the longest of the same number after it is; 0 where none comes.
fn longest_after(found: &[(Heading, usize, usize)]) -> Vec<usize> {
    let mut longest = [0; TITLES.len() + 1];
    let mut after = vec![0; found.len()];
    for ((heading, start, end), after) in found.iter().zip(&mut after).rev() {
        let Some(longest) = longest.get_mut(usize::from(heading.number)) else { continue };
        *after = *longest;
        *longest = (*longest).max(end - start);
    }
    after
}

/// Whether the first item comes again with a text after a run of short ones: a table of contents.
fn repeats(found: &[(Heading, usize, usize)]) -> bool {
    let short = found.iter().take_while(|(_, s, e)| e - s < 160).count();
    short >= 3
}

fn item(text: &Text, heading: Heading, start: usize, end: usize) -> Item {
    let body = text.cut(start..end);
    let end = start + body.trim_end_matches(|c: char| c == ' ' || is_mark(c)).len();
    let title = text.cut(heading.title..end);
    let line = first_line(title);
    let line = line.split_inclusive(['.', ':']).next().unwrap_or("").trim_end();
    let title_end = heading.title + line.trim_end_matches(['.', ':', ' ']).len();
    let heading_field = if line.is_empty() || !heading.titled || line.len() > 300 {
        Field::Absent
    } else {
        let words = text.cut(heading.title..title_end).split_whitespace();
        let value = words.collect::<Vec<_>>().join(" ");
        Field::stated(value, text.span(heading.title..title_end))
    };
    let sub = sub_items(text, start..end);
    Item { number: heading.number, heading: heading_field, span: text.span(start..end), sub }
}

/// The most parts of one item that are told apart.
const MOST_PARTS: usize = 200;

/// The parts of an item that a letter heads, at the beginning of a line or after the word "Item":
/// `(a)`, `Item 2(b)`. Letters follow one another, and may begin again for another person.
fn sub_items(text: &Text, item: Range<usize>) -> Vec<SubItem> {
    let body = text.as_str();
    let mut found: Vec<(char, usize)> = Vec::new();
    let part = text.cut(item.clone());
    for at in memchr::memchr_iter(b'(', part.as_bytes()) {
        let Some(&[letter @ b'a'..=b'l', b')']) = part.as_bytes().get(at + 1..at + 3) else {
            continue;
        };
        let start = item.start + at;
        let last = found.last().map(|(letter, _)| *letter);
        let letter = char::from(letter);
        let next = last.map(|last| u32::from(last) + 1);
        let follows = letter == 'a' || next == Some(u32::from(letter));
        if !follows || found.len() == MOST_PARTS {
            continue;
        }
        let heads = at_line_start(body, start) || after_number(part.get(..at).unwrap_or(""));
        if heads {
            found.push((letter, start));
        }
    }
    let ends = found.iter().skip(1).map(|(_, at)| *at).chain([item.end]);
    let parts = found.iter().zip(ends);
    parts
        .map(|((letter, start), end)| {
            let blank = |c: char| c == ' ' || is_mark(c);
            let end = start + text.cut(*start..end).trim_end_matches(blank).len();
            SubItem { letter: *letter, span: text.span(*start..end) }
        })
        .collect()
}

/// Whether a text ends with an item's own number: "Item 2", "Item 2.".
fn after_number(head: &str) -> bool {
    let head = head.trim_end_matches([' ', '.', LINE]);
    let word = head.trim_end_matches(|c: char| c.is_ascii_digit());
    word.len() < head.len() && word.trim_end().ends_with(['m', 'M'])
}
