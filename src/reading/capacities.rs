//! By what right somebody signs: "By: X LLC, General Partner / By: /s/ N, Managing Member".
//! Knows nothing of whom the signature is for; it is given the lines around one.

use std::ops::Range;

use crate::reading::behalf::{heads, looks_like_name};
use crate::reading::dates;
use crate::reading::lexeme;
use crate::reading::parts::name_key;
use crate::reading::signature_lines::{Line, conformed, is_by, is_signed};
use crate::reading::signers::Signers;
use crate::reading::text::Text;
use crate::terms::span::Field;
use crate::terms::statement::Capacity;

/// The longest line that is a name or a title, and no paragraph.
const LONGEST: usize = 200;
/// How many lines below a signature may be about it.
const BELOW: usize = 8;

/// Words that only offices have.
const OFFICES: [&str; 24] = [
    "partner",
    "member",
    "manager",
    "adviser",
    "advisor",
    "trustee",
    "president",
    "officer",
    "director",
    "attorney",
    "attorney-in-fact",
    "secretary",
    "counsel",
    "treasurer",
    "principal",
    "chairman",
    "chief",
    "signatory",
    "controller",
    "executor",
    "administrator",
    "custodian",
    "agent",
    "owner",
];

/// What companies are, after the comma in their names.
const COMPANIES: [&str; 8] = ["llc", "lp", "llp", "inc", "ltd", "corp", "na", "co"];

/// Who signs at one line, and through whom.
pub(crate) struct Signer {
    /// "By: X LLC, General Partner", in the block's order.
    pub(crate) through: Vec<Capacity>,
    /// Who signs.
    pub(crate) hand: Capacity,
    /// The first line that says nothing more of it.
    pub(crate) end: usize,
}

/// Who signs at the line `index`, whose block begins with the line `first`.
pub(crate) fn read(
    text: &Text,
    lines: &[Line],
    first: usize,
    index: usize,
    signers: &Signers,
) -> Signer {
    let body = text.as_str();
    let mut through = Vec::new();
    let mut at = first;
    while at < index {
        let next = (at + 1..index)
            .find(|line| lines.get(*line).is_some_and(|l| is_by(&l.words)))
            .unwrap_or(index);
        through.extend(lines.get(at..next).and_then(|group| link(text, group)));
        at = next;
    }
    let mut hand = Capacity::default();
    let Some(line) = lines.get(index).filter(|line| line.words.len() < LONGEST) else {
        return Signer { through, hand, end: index + 1 };
    };
    let (name, title) = split_office(signed_name(&line.words));
    if !name.is_empty() {
        hand.by = stated(text, body, &line.range, name);
        if let Some(title) = title {
            hand.title = stated(text, body, &line.range, title);
        }
    }
    let end = below(text, lines, index, signers, &mut hand);
    Signer { through, hand, end }
}

/// A value with the place where it stands in a line, or with the line where it is spread over it.
fn stated(text: &Text, body: &str, line: &Range<usize>, value: &str) -> Field<String> {
    let at = body.get(line.clone()).and_then(|line| line.find(value));
    let range = at.map_or(line.clone(), |at| line.start + at..line.start + at + value.len());
    Field::stated(value.to_owned(), text.span(range))
}

/// The words after "By:".
fn after_by(words: &str) -> &str {
    let rest = words.get("by".len()..).filter(|_| is_by(words)).unwrap_or(words);
    rest.trim_start_matches([':', ' ', '/', '*', '|'])
}

/// The name after `/s/`, without what it says of the right by which it is given.
fn signed_name(words: &str) -> &str {
    let at = words.find("/s/").or_else(|| words.find("/S/"));
    let rest = at.and_then(|at| words.get(at + "/s/".len()..)).or(conformed(words)).unwrap_or("");
    let lower = lexeme::lower(rest);
    let rights = [
        ", individually",
        " individually",
        " as ",
        " on behalf of ",
        " in his ",
        " in her ",
        " for ",
        " pursuant to ",
    ];
    // "Ada Reyl, as Manager": an office after a comma is told from the name elsewhere.
    let end = rights.iter().filter_map(|right| lower.find(right)).min().unwrap_or(rest.len());
    let rest = rest.get(..end).filter(|name| !name.contains(',')).unwrap_or(rest);
    let end = lower.find(", individually").unwrap_or(rest.len()).min(rest.len());
    rest.get(..end).unwrap_or(rest).trim_matches([' ', '_', '*', ',', '-', '|', ';', ':'])
}

/// "By: X LLC, General Partner": the one through whom the signature is given.
fn link(text: &Text, group: &[Line]) -> Option<Capacity> {
    let line = group.first().filter(|line| is_by(&line.words))?;
    let range = line.range.start..group.last()?.range.end;
    let own = after_by(&line.words);
    let more = group.iter().skip(1).map(|line| line.words.as_str());
    let words: Vec<&str> =
        std::iter::once(own).chain(more).filter(|words| !words.is_empty()).collect();
    let words = words.join(" ");
    if words.len() > LONGEST {
        return None;
    }
    let (name, title) = split_office(&words);
    if !looks_like_name(name) {
        return None;
    }
    let body = text.as_str();
    let title = title.map_or(Field::Absent, |title| stated(text, body, &range, title));
    Some(Capacity { by: stated(text, body, &range, name), title, date: Field::Absent })
}

/// A name and the office after it: at the first comma after which an office stands.
fn split_office(words: &str) -> (&str, Option<&str>) {
    for (at, _) in words.match_indices(',') {
        let (name, rest) = (words.get(..at), words.get(at + 1..));
        let (Some(name), Some(rest)) = (name, rest) else { continue };
        let rest = without_article(rest.trim_start()).trim_end_matches([' ', ',', '.', ';']);
        // "Alder, L.L.C. Manager": what kind of company it is belongs to the name.
        let kind = rest.split([' ', ',']).next().unwrap_or("");
        if COMPANIES.contains(&name_key(kind).as_str()) {
            let office =
                without_article(rest.get(kind.len()..).unwrap_or("").trim_matches([' ', ',']));
            let end =
                words.len() - words.get(at + 1..).unwrap_or("").trim_start().len() + kind.len();
            if kind.len() < rest.len() && is_office(office.split(',').next().unwrap_or("")) {
                return (words.get(..end).unwrap_or(words), Some(office));
            }
            continue;
        }
        if rest.starts_with("pursuant to") {
            return (name.trim_end(), None);
        }
        if is_office(rest.split(',').next().unwrap_or("")) {
            return (name.trim_end(), Some(rest));
        }
    }
    (words.trim_end_matches([' ', ',', ';']), None)
}

/// "its general partner", "as Manager": the office alone.
pub(crate) fn without_article(office: &str) -> &str {
    const BEFORE: [&str; 6] = ["in its capacity as ", "as ", "its ", "their ", "the ", "a "];
    let mut office = office;
    while let Some(rest) = BEFORE.iter().find_map(|word| {
        let head = office.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| office.get(word.len()..))?
    }) {
        office = rest;
    }
    office
}

/// Whether words name an office: one of its words is only an office's.
pub(crate) fn is_office(words: &str) -> bool {
    let lower = lexeme::lower(words);
    lower
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .any(|word| OFFICES.contains(&word.strip_prefix("co-").unwrap_or(word)))
}

/// What a line begins with says what it holds: `Name:`, `Title:`, `Date:`.
fn captioned<'a>(words: &'a str, captions: &[&str]) -> Option<&'a str> {
    captions.iter().find_map(|caption| {
        let head = words.get(..caption.len())?;
        let rest = words.get(caption.len()..)?.trim_start();
        // The form's own "Name/Title" has no colon.
        let rest = rest.strip_prefix(':').or(Some(rest).filter(|_| caption.contains('/')))?;
        head.eq_ignore_ascii_case(caption).then_some(rest.trim())
    })
}

/// The lines below a signature: the name in print, the title, the date; and the first line after.
fn below(
    text: &Text,
    lines: &[Line],
    index: usize,
    signers: &Signers,
    capacity: &mut Capacity,
) -> usize {
    let body = text.as_str();
    let mut at = index + 1;
    let mut named = false;
    let hand = capacity.by.value().cloned().unwrap_or_default();
    while let Some(line) = lines.get(at).filter(|_| at <= index + BELOW) {
        let words = line.words.as_str();
        let next = lines.get(at + 1);
        if is_signed(words)
            || is_by(words)
            || words.len() > LONGEST
            || heads(lines, at, &hand, signers)
        {
            return at;
        }
        at += 1;
        // A caption's value may stand in the next cell or line.
        let mut value = |said: &str| -> Option<Field<String>> {
            if !said.is_empty() {
                return Some(stated(text, body, &line.range, said));
            }
            let next = next.filter(|next| !next.words.contains(':') && !is_signed(&next.words))?;
            at += 1;
            Some(stated(text, body, &next.range, &next.words))
        };
        if let Some(said) = captioned(words, &["name", "print name", "printed name"]) {
            if let Some(name) = value(said) {
                capacity.by = name;
                named = true;
            }
        } else if let Some(said) =
            captioned(words, &["name and title", "name & title", "name/title"])
        {
            if let Some(both) = value(said) {
                name_and_title(text, &both, line, capacity);
                named = true;
            }
        } else if let Some(said) = captioned(words, &["title", "its", "capacity"]) {
            if let Some(title) = value(said) {
                capacity.title = title;
            }
        } else if let Some(said) = captioned(words, &["date", "dated"]) {
            let range = if said.is_empty() { next.map(|n| n.range.clone()) } else { None };
            let after = at + usize::from(range.is_some());
            capacity.date = only_date(text, range.unwrap_or(line.range.clone()));
            return after;
        } else if matches!(lexeme::lower(words).as_str(), "signature" | "(signature)") {
        } else if let Some(title) = broken_title(text, line, next, capacity) {
            capacity.title = title;
            at += 1;
        } else if !printed(text, line, next, &mut named, capacity) {
            return at - 1;
        }
    }
    at
}

/// "Ada Reyl, Manager" or "Manager" after "Name and Title:".
fn name_and_title(text: &Text, both: &Field<String>, line: &Line, capacity: &mut Capacity) {
    let Some(words) = both.value() else { return };
    let body = text.as_str();
    let (name, title) = words
        .split_once('/')
        .map_or(split_office(words), |(name, title)| (name.trim(), Some(title.trim())));
    match title {
        Some(title) => {
            capacity.by = stated(text, body, &line.range, name);
            capacity.title = stated(text, body, &line.range, title);
        }
        None if is_office(name) => capacity.title = both.clone(),
        None => capacity.by = both.clone(),
    }
}

fn only_date(text: &Text, range: Range<usize>) -> Field<crate::terms::time::Day> {
    let dates = dates::dates(text.as_str(), range);
    match dates.as_slice() {
        [only] => {
            only.day.map_or(Field::Absent, |day| Field::stated(day, text.span(only.range.clone())))
        }
        _ => Field::Absent,
    }
}

/// A line without a caption: the name again, with its office or without, or the office alone.
fn printed(
    text: &Text,
    line: &Line,
    next: Option<&Line>,
    named: &mut bool,
    capacity: &mut Capacity,
) -> bool {
    // A line that goes on in the next one is a sentence or a part of a title.
    if next.is_some_and(|next| next.words.starts_with(|c: char| c.is_ascii_lowercase())) {
        return false;
    }
    let body = text.as_str();
    let (name, title) = again(&line.words, capacity).unwrap_or_else(|| split_office(&line.words));
    let same = match capacity.by.value() {
        Some(by) => name_key(by) == name_key(name),
        None => looks_like_name(name) && !is_office(name),
    };
    if same && !*named {
        *named = true;
        capacity.by = stated(text, body, &line.range, name);
        if let Some(title) = title {
            capacity.title = stated(text, body, &line.range, title);
        }
        return true;
    }
    let titled = capacity.title.is_stated() || !capacity.by.is_stated();
    let alone = is_office(&line.words) && line.words.len() < 100 && !titled && !same;
    if alone {
        capacity.title = stated(text, body, &line.range, &line.words);
    }
    alone
}

/// "Senior Vice President / and Treasurer": an office that goes on in the next line.
fn broken_title(
    text: &Text,
    line: &Line,
    next: Option<&Line>,
    capacity: &Capacity,
) -> Option<Field<String>> {
    const OPEN: [&str; 6] =
        [" Financial", " Executive", " Operating", " Vice", " and", " Managing"];
    let open = OPEN.iter().any(|end| line.words.ends_with(end));
    let goes_on = |next: &&Line| (open || next.words.starts_with("and ")) && next.words.len() < 60;
    let next = next.filter(goes_on)?;
    let office = |line: &Line| is_office(&line.words) && !line.words.contains(" of ");
    let title = office(line) && office(next) && !capacity.title.is_stated();
    let by = capacity.by.value().filter(|_| title)?;
    let range = line.range.start..next.range.end;
    let own = name_key(&line.words).starts_with(&name_key(by));
    let words = format!("{} {}", line.words, next.words);
    (!own).then(|| Field::stated(words, text.span(range)))
}

/// "Ada Reyl Manager": the name again and the office after it, with no comma between them.
fn again<'a>(words: &'a str, capacity: &Capacity) -> Option<(&'a str, Option<&'a str>)> {
    let by = capacity.by.value()?;
    let count = by.split_whitespace().count();
    let end = words.match_indices(' ').nth(count.checked_sub(1)?).map(|(at, _)| at)?;
    let (name, rest) = (words.get(..end)?, words.get(end..)?.trim());
    let same = name_key(by) == name_key(name) && !name.ends_with(',');
    (same && is_office(rest) && !rest.contains(" of ")).then_some((name, Some(rest)))
}
