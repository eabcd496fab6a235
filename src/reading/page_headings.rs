//! What stands at the top of a page in the midst of a cell: its number, the form, the CUSIP again.
//! Knows nothing of rows; what is left is for others to read.

use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::text::{LINE, PAGE, first_line, near};

/// Where the number after a page heading's `CUSIP No.` ends: within its line.
pub(crate) fn cusip_heading_end(text: &str, at: usize) -> usize {
    let line = first_line(text.get(at..).unwrap_or(""));
    let mut codes = 0;
    let mut end = at;
    for token in lexeme::tokens(text, at..at + line.len().min(60)) {
        match token.kind {
            Kind::Word | Kind::Number | Kind::Joined if codes < 9 => {
                codes += token.range().len();
                end = token.end;
            }
            Kind::Other('.' | ':' | '#') | Kind::Dash => {}
            _ => break,
        }
    }
    end
}

/// Where a running head of several lines ends, which begins with the line that names the form: the
/// amendment's number stands below, and at the end of the next line the page's. Else that line.
fn head_end(text: &str, at: usize) -> usize {
    const LONGEST: usize = 120;
    let form = at + first_line(near(text, at, LONGEST)).len();
    let below = |end: usize| {
        let rest = near(text, end, LONGEST).strip_prefix(LINE)?;
        let line = first_line(rest);
        Some((line.to_ascii_lowercase(), end + 1 + line.len()))
    };
    let Some((amendment, end)) = below(form) else { return form };
    let Some((page, end)) = below(end) else { return form };
    let numbered = page.rsplit_once("page ").is_some_and(|(_, number)| {
        let mut words = number.split_whitespace();
        let first = words.next().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()));
        first && words.next() == Some("of") && words.count() <= 2
    });
    if amendment.trim_start().starts_with("amendment no") && numbered { end } else { form }
}

/// How many tokens a page's number has that they begin with: `Page 3`, `Page 3 of 13 Pages`.
pub(crate) fn page_number(text: &str, tokens: &[Token]) -> Option<usize> {
    let word = |index: usize| tokens.get(index).and_then(|t| text.get(t.range())).unwrap_or("");
    let number = |index: usize| tokens.get(index).is_some_and(|t| t.kind == Kind::Number);
    if !word(0).eq_ignore_ascii_case("page") || !number(1) {
        return None;
    }
    let of = word(2).eq_ignore_ascii_case("of") && number(3);
    let len = if of { 4 } else { 2 };
    Some(len + usize::from(word(len).eq_ignore_ascii_case("pages")))
}

/// "13 G      Page 3 of 13 Pages": the letter of the form, apart from its number.
fn is_spaced_form(text: &str, after: &[Token]) -> bool {
    let [letter, rest @ ..] = after else { return false };
    let form = matches!(text.get(letter.range()), Some("D" | "G" | "D/A" | "G/A"));
    let ends = rest.first().is_none_or(|next| matches!(next.kind, Kind::Mark(_)));
    form && (ends || page_number(text, rest).is_some())
}

/// Drops `Page 3 of 13 Pages`, `13D`, and lines that name the form.
pub(crate) fn without_page_headings(text: &str, tokens: Vec<Token>) -> Vec<Token> {
    let word = |index: usize| -> &str {
        tokens.get(index).and_then(|t| text.get(t.range())).unwrap_or("")
    };
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let this = word(at);
        if let Some(len) = page_number(text, tokens.get(at..).unwrap_or_default()) {
            at += len;
            continue;
        }
        if this == "13" && is_spaced_form(text, tokens.get(at + 1..).unwrap_or_default()) {
            at += 2;
            continue;
        }
        // "Rule 13d-4" is no heading.
        let rule = text.get(token.end..).is_some_and(|rest| rest.starts_with('-'));
        if !rule && matches!(this, "13D" | "13G" | "13d" | "13g" | "13D/A" | "13G/A") {
            // The line that names the form is a converter's or a printer's, not the filer's.
            let line = kept.iter().rposition(|t: &Token| matches!(t.kind, Kind::Mark(_)));
            let from = line.map_or(0, |at| at + 1);
            let names_form = |t: &Token| {
                let word = text.get(t.range()).unwrap_or("");
                ["form", "sc", "schedule"].iter().any(|name| word.eq_ignore_ascii_case(name))
            };
            let before = kept.get(from..).unwrap_or_default();
            let form = line.is_some() && before.len() < 20 && before.iter().any(names_form);
            if kept.last().is_some_and(names_form) {
                kept.pop();
            }
            if form {
                kept.truncate(from);
                let ends = head_end(text, token.end);
                at = tokens.partition_point(|t| t.start < ends).max(at + 1);
            } else {
                at += 1;
            }
            continue;
        }
        kept.push(*token);
        at += 1;
    }
    kept
}

/// Drops lines at the top of a page that goes on with a name's cell, or ends it: `13D`,
/// `Schedule 13G`, `Page 3 of 14 Pages`, beside the CUSIP or below it. A name like "13D Partners"
/// is more than that.
pub(crate) fn drop_running_heads(text: &str, tokens: &mut Vec<Token>) {
    /// How many lines a head has.
    const MOST: usize = 3;
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let (mut end, mut left) = (tokens.first().map_or(0, |first| first.start), 0);
    for line in tokens.chunk_by(|_, next| !matches!(next.kind, Kind::Mark(_))) {
        let from = line.iter().find(|t| !matches!(t.kind, Kind::Mark(_))).map(|t| t.start);
        let Some(from) = from else {
            kept.extend(line);
            continue;
        };
        if text.get(end..from).is_some_and(|gap| gap.contains(PAGE)) {
            left = MOST;
        }
        end = line.last().map_or(from, |last| last.end);
        let mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
        let head = (left > 0).then(|| without_page_headings(text, line.to_vec()));
        if let Some(marks) = head.filter(|said| said.iter().all(mark)) {
            left -= 1;
            kept.extend(marks);
        } else {
            left = 0;
            kept.extend(line);
        }
    }
    *tokens = kept;
}
