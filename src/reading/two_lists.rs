//! Pages that print all captions in one list and the answers in another, under the same numbers:
//! put together anew as the form prints them. Knows nothing of what the answers say.

use std::ops::Range;

use crate::reading::labels::{Hit, Label, Row};
use crate::reading::lexeme::{self, Kind};
use crate::reading::tables::{Replaced, row_of};
use crate::reading::text::{CELL, Part, ROW, is_mark, near};

/// How many captions such a list has at least.
const ENOUGH: usize = 8;
/// How far apart two captions of it stand at most, and how far the answers reach.
const APART: usize = 120;
const ANSWERS: usize = 4000;
/// How many pages are set anew.
const MOST: usize = 1000;

/// A caption behind its number.
struct Caption {
    number: u8,
    range: Range<usize>,
}

/// The number that stands last in a stretch, before a caption.
fn number_before(body: &str, gap: Range<usize>) -> Option<(u8, usize)> {
    let tokens = lexeme::tokens(body, gap);
    let idle = |t: &&lexeme::Token| {
        matches!(t.kind, Kind::Mark(_) | Kind::Close | Kind::Other('.' | ':' | ')' | '-' | '|'))
    };
    let token = tokens.iter().rev().find(|t| !idle(t))?;
    let printed = body.get(token.range())?.trim_matches(['(', ')', '.']);
    let number = printed.parse().ok().filter(|number| (1..=14).contains(number))?;
    Some((number, token.start))
}

/// Whether nothing is answered between two captions: there are numbers, signs, and the form's words
/// for a row alone.
fn is_idle(body: &str, hits: &[Hit], gap: Range<usize>) -> bool {
    let noise = |t: &lexeme::Token| {
        let within = |hit: &Hit| hit.start <= t.start && t.end <= hit.end;
        hits.iter().any(|hit| matches!(hit.label, Label::Noise | Label::Legend) && within(hit))
    };
    let tokens = lexeme::tokens(body, gap);
    let numbers = tokens.iter().filter(|t| t.kind == Kind::Number).count();
    numbers <= 1
        && tokens.iter().all(|t| match t.kind {
            Kind::Word => {
                let said = body.get(t.range()).map(lexeme::lower).unwrap_or_default();
                noise(t) || matches!(said.as_str(), "row" | "item" | "line" | "rows")
            }
            Kind::Box(_) | Kind::Letter(_) | Kind::Percent | Kind::Dash => false,
            _ => true,
        })
}

/// A list of captions that begins with the one for a name: how many hits it takes, and each.
fn captions(body: &str, hits: &[Hit]) -> Option<(usize, Vec<Caption>)> {
    let mut found: Vec<Caption> = Vec::new();
    let mut taken = 0;
    let mut last: Option<&Hit> = None;
    for (at, hit) in hits.iter().enumerate() {
        if matches!(hit.label, Label::Noise | Label::Legend) {
            continue;
        }
        if !matches!(hit.label, Label::Row(_)) {
            break;
        }
        let from = last.map_or(hit.start.saturating_sub(APART), |last| last.end);
        let from = (from..=hit.start).find(|at| body.is_char_boundary(*at))?;
        if last.is_some() && hit.start.saturating_sub(from) > APART {
            break;
        }
        let between = hits.get(taken..at).unwrap_or_default();
        if last.is_some() && !is_idle(body, between, from..hit.start) {
            break;
        }
        let Some((number, start)) = number_before(body, from..hit.start) else { break };
        if found.last().is_some_and(|last| last.number >= number) {
            break;
        }
        found.push(Caption { number, range: start..hit.end });
        last = Some(hit);
        taken = at + 1;
    }
    (found.len() >= ENOUGH).then_some((taken, found))
}

/// The number that a line or a cell begins with, and where what is behind it begins.
fn numbered(body: &str, line: &Range<usize>) -> Option<(u8, usize)> {
    let said = body.get(line.clone())?.trim_start_matches(' ');
    let word = ["Row", "ROW", "row", "Item", "ITEM"].iter().find_map(|w| said.strip_prefix(w));
    let said = word.unwrap_or(said).trim_start_matches([' ', '(']);
    let len = said.bytes().take_while(u8::is_ascii_digit).count();
    let number = said.get(..len)?.parse().ok().filter(|number| (1..=14).contains(number))?;
    let rest = said.get(len..)?;
    let after = rest.trim_start_matches([')', '.', ':']);
    let told = rest.is_empty() || after.len() < rest.len();
    let apart = after.is_empty() || after.starts_with(' ');
    (told && apart).then(|| (number, after.as_ptr() as usize - body.as_ptr() as usize))
}

/// The answers behind a list of captions, one for each number, in order.
fn answers(body: &str, captions: &[Caption], from: usize) -> Option<Vec<Range<usize>>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut wanted = captions.iter().map(|caption| caption.number).peekable();
    let mut at = from;
    for line in near(body, from, ANSWERS).split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        let Some(next) = wanted.peek() else { break };
        match numbered(body, &here).filter(|(number, _)| number == next) {
            Some((_, start)) => {
                wanted.next();
                found.push(start..here.end);
            }
            // The answers begin below no more than a heading.
            None if found.is_empty() && here.start > from + APART => return None,
            None => {
                if let Some(last) = found.last_mut() {
                    last.end = here.end;
                }
            }
        }
    }
    if wanted.peek().is_some() {
        return None;
    }
    // The last answer's cell may follow its number.
    let last = found.last_mut().filter(|last| !body.get((**last).clone()).is_some_and(is_said));
    if let Some(last) = last {
        let rest = near(body, last.end, APART).strip_prefix([CELL, ' '])?;
        let cell = rest.split([CELL, ROW]).next()?;
        last.end = rest.as_ptr() as usize - body.as_ptr() as usize + cell.len();
    }
    Some(found)
}

fn is_said(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

/// Such pages, as rows of the form.
pub(super) fn set_anew(body: &str, hits: &[Hit]) -> Vec<Replaced> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(hit) = hits.get(at) {
        at += 1;
        if hit.label != Label::Row(Row::Name) || found.len() == MOST {
            continue;
        }
        let Some((taken, captions)) = captions(body, hits.get(at - 1..).unwrap_or_default()) else {
            continue;
        };
        at += taken - 1;
        let (Some(first), Some(last)) = (captions.first(), captions.last()) else { continue };
        let Some(answers) = answers(body, &captions, last.range.end) else { continue };
        let mut parts = Vec::new();
        for (caption, answer) in captions.iter().zip(&answers) {
            row_of(caption.range.clone(), std::slice::from_ref(answer), &mut parts);
        }
        parts.push(Part::Mark(ROW));
        let end = answers.last().map_or(last.range.end, |answer| answer.end);
        found.push((first.range.start..end, parts));
    }
    found
}
