//! By what right somebody signs: "By: X LLC, General Partner / By: /s/ N, Managing Member".
//! Knows nothing of whom the signature is for; it is given the lines around one.

use std::ops::Range;

use crate::reading::dates;
use crate::reading::lexeme;
use crate::reading::parts::name_key;
use crate::reading::signatures::{Line, is_by, is_signed, looks_like_name};
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

/// Who signs at the line `index`, whose block begins with the line `first`.
pub(crate) fn read(text: &Text, lines: &[Line], first: usize, index: usize) -> Vec<Capacity> {
    let body = text.as_str();
    let mut found = Vec::new();
    let mut at = first;
    while at < index {
        let next = (at + 1..index)
            .find(|line| lines.get(*line).is_some_and(|l| is_by(&l.words)))
            .unwrap_or(index);
        found.extend(lines.get(at..next).and_then(|group| through(text, group)));
        at = next;
    }
    let Some(line) = lines.get(index).filter(|line| line.words.len() < LONGEST) else {
        return found;
    };
    let (name, title) = split_office(signed_name(&line.words));
    let mut capacity = Capacity::default();
    if !name.is_empty() {
        capacity.by = stated(text, body, &line.range, name);
        if let Some(title) = title {
            capacity.title = stated(text, body, &line.range, title);
        }
    }
    below(text, lines, index, &mut capacity);
    if capacity.by.is_stated() {
        found.push(capacity);
    }
    found
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

/// The name after `/s/`.
fn signed_name(words: &str) -> &str {
    let at = words.find("/s/").or_else(|| words.find("/S/"));
    let rest = at.and_then(|at| words.get(at + "/s/".len()..)).unwrap_or("");
    rest.trim_matches([' ', '_', '*', ',', '-', '|'])
}

/// "By: X LLC, General Partner": the one through whom the signature is given.
fn through(text: &Text, group: &[Line]) -> Option<Capacity> {
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
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("its ").unwrap_or(rest).trim_end_matches([' ', ',', '.']);
        if is_office(rest.split(',').next().unwrap_or("")) {
            return (name.trim_end(), Some(rest));
        }
    }
    (words.trim_end_matches([' ', ',']), None)
}

/// Whether words name an office: one of its words is only an office's.
fn is_office(words: &str) -> bool {
    let lower = lexeme::lower(words);
    lower
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .any(|word| OFFICES.contains(&word.strip_prefix("co-").unwrap_or(word)))
}

/// What a line begins with says what it holds: `Name:`, `Title:`, `Date:`.
fn captioned<'a>(words: &'a str, captions: &[&str]) -> Option<&'a str> {
    captions.iter().find_map(|caption| {
        let head = words.get(..caption.len())?;
        let rest = words.get(caption.len()..)?.trim_start().strip_prefix(':')?;
        head.eq_ignore_ascii_case(caption).then_some(rest.trim())
    })
}

/// The lines below a signature: the name in print, the title, the date.
fn below(text: &Text, lines: &[Line], index: usize, capacity: &mut Capacity) {
    let body = text.as_str();
    let mut at = index + 1;
    while let Some(line) = lines.get(at).filter(|_| at <= index + BELOW) {
        let words = line.words.as_str();
        let next = lines.get(at + 1);
        at += 1;
        if is_signed(words) || is_by(words) || words.len() > LONGEST {
            return;
        }
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
            }
        } else if let Some(said) = captioned(words, &["title", "its", "name/title"]) {
            if let Some(title) = value(said) {
                capacity.title = title;
            }
        } else if let Some(said) = captioned(words, &["date", "dated"]) {
            let range = if said.is_empty() { next.map(|n| n.range.clone()) } else { None };
            capacity.date = only_date(text, range.unwrap_or(line.range.clone()));
            return;
        } else if matches!(lexeme::lower(words).as_str(), "signature" | "(signature)") {
        } else if !printed(text, line, next, capacity) {
            return;
        }
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
fn printed(text: &Text, line: &Line, next: Option<&Line>, capacity: &mut Capacity) -> bool {
    // A line that goes on in the next one is a sentence or a part of a title.
    if next.is_some_and(|next| next.words.starts_with(|c: char| c.is_ascii_lowercase())) {
        return false;
    }
    let body = text.as_str();
    let (name, title) = split_office(&line.words);
    let same = match capacity.by.value() {
        Some(by) => name_key(by) == name_key(name),
        None => looks_like_name(name) && !is_office(name),
    };
    if same {
        capacity.by = stated(text, body, &line.range, name);
        if let Some(title) = title {
            capacity.title = stated(text, body, &line.range, title);
        }
        return true;
    }
    let titled = capacity.title.is_stated() || !capacity.by.is_stated();
    let alone = is_office(&line.words) && line.words.len() < 100 && !titled;
    if alone {
        capacity.title = stated(text, body, &line.range, &line.words);
    }
    alone
}
