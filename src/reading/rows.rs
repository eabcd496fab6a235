//! The rows of a cover page that hold words, a box or codes.
//! Knows nothing of where a row's label stands; it is given the tokens of the cell.

use std::ops::Range;

use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::text::is_mark;

/// What a cell says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Said<T> {
    /// A value, and where.
    Value(T, Range<usize>),
    /// Nothing.
    Nothing,
    /// Something that cannot be read: where, and why in a few words.
    Unclear(Range<usize>, String),
    /// More than one thing: where, and the candidates.
    Either(Range<usize>, Vec<String>),
}

/// The range that tokens cover.
pub(crate) fn extent(tokens: &[Token]) -> Option<Range<usize>> {
    Some(tokens.first()?.start..tokens.last()?.end)
}

/// The words of a token.
pub(crate) fn word<'a>(text: &'a str, token: &Token) -> &'a str {
    text.get(token.range()).unwrap_or("")
}

/// A token that is a box: drawn, or a letter that is one where boxes stand.
pub(crate) fn tick(text: &str, token: &Token) -> Option<Option<bool>> {
    match token.kind {
        Kind::Box(ticked) => Some(ticked),
        Kind::Word => match word(text, token) {
            "x" | "X" | "þ" | "ý" | "xx" | "XX" | "ü" | "Ü" | "û" => Some(Some(true)),
            "o" | "q" | "O" => Some(Some(false)),
            _ => None,
        },
        Kind::Other('¨' | '□' | '£') => Some(Some(false)),
        Kind::Number if word(text, token) == "0" => Some(Some(false)),
        _ => None,
    }
}

/// Whether a cell says "N/A", "Not applicable", "None", "No".
pub(crate) fn says_no(text: &str, tokens: &[Token]) -> bool {
    let words: String = tokens
        .iter()
        .filter_map(|t| text.get(t.range()))
        .flat_map(str::chars)
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    matches!(words.as_str(), "na" | "notapplicable" | "none" | "no" | "nil" | "inapplicable")
}

/// What stands above the first rule that is drawn across the page below a word: what is below it
/// belongs to another row.
pub(crate) fn above_rule<'t>(text: &str, tokens: &'t [Token]) -> &'t [Token] {
    const RULES: [&str; 3] = ["------", "======", "______"];
    let first = tokens.iter().position(|t| t.kind == Kind::Word).unwrap_or(0);
    let ruled = |pair: &[Token]| match pair {
        [before, after] => {
            // What ends the lines above and below a rule is one token.
            let mark = matches!(before.kind, Kind::Mark(_));
            let from = if mark { before.start } else { before.end };
            let gap = text.get(from..after.start).unwrap_or("");
            before.kind != Kind::Dash && RULES.iter().any(|rule| gap.contains(rule))
        }
        _ => false,
    };
    let rule = tokens.windows(2).skip(first).position(ruled);
    tokens.get(..rule.map_or(tokens.len(), |at| first + at + 1)).unwrap_or_default()
}

/// A yes-or-no row: legal proceedings, certain shares excluded.
pub(crate) fn ticked(text: &str, tokens: &[Token]) -> Said<bool> {
    let tokens = without_label_end(text, tokens);
    let boxes: Vec<(Option<bool>, &Token)> =
        tokens.iter().filter_map(|t| Some((tick(text, t)?, t))).collect();
    if let Some(said) = yes_or_no(text, tokens) {
        return said;
    }
    let sure: Vec<_> = boxes.iter().filter_map(|(b, t)| Some(((*b)?, *t))).collect();
    if let Some((_, token)) = sure.iter().find(|(ticked, _)| *ticked) {
        return Said::Value(true, token.range());
    }
    if let Some((_, token)) = boxes.iter().find(|(b, _)| b.is_none()) {
        return Said::Unclear(token.range(), "a picture of a box".to_owned());
    }
    let words: Vec<Token> = tokens
        .iter()
        .filter(|t| matches!(t.kind, Kind::Word | Kind::Number) && tick(text, t).is_none())
        .copied()
        .collect();
    let said = |t: &Token| lexeme::lower(word(text, t));
    let none: Vec<String> = words.iter().take(4).map(said).collect();
    let none: Vec<&str> = none.iter().map(String::as_str).collect();
    if matches!(none.as_slice(), ["none" | "not", "excluded"] | ["no", "shares", "excluded"])
        && let Some(range) = extent(&words)
    {
        return Said::Value(false, range);
    }
    let excludes = words.iter().any(|t| said(t).starts_with("exclud") || said(t) == "yes");
    if let Some(range) = extent(&words).filter(|_| excludes) {
        return Said::Value(true, range);
    }
    if let Some((_, token)) = sure.first() {
        return Said::Value(false, token.range());
    }
    // A short line drawn where the box is to be: "---".
    let drawn = |t: &&Token| t.kind == Kind::Dash && matches!(word(text, t), "---" | "--");
    if let Some(blank) = tokens.iter().find(drawn).filter(|_| words.is_empty()) {
        return Said::Value(false, blank.range());
    }
    match extent(&words) {
        Some(range) if says_no(text, &words) => Said::Value(false, range),
        // "-0-": no share is left out.
        Some(range) if !words.is_empty() && words.iter().all(|t| is_nought(text, t)) => {
            Said::Value(false, range)
        }
        // The percent of the row below, whose label was not found.
        Some(range) if tokens.iter().any(|t| t.kind == Kind::Percent) => {
            Said::Unclear(range, "a percent stands in it".to_owned())
        }
        // The number of a page or a row alone.
        Some(range) if words.iter().all(|t| t.kind == Kind::Number && word(text, t).len() < 3) => {
            Said::Unclear(range, "a short number may count a page".to_owned())
        }
        Some(range) if words.iter().any(|t| t.kind == Kind::Number) => {
            // A box is missing, but the filer says how many shares are left out.
            Said::Value(true, range)
        }
        _ => Said::Nothing,
    }
}

/// A number that is zero.
fn is_nought(text: &str, token: &Token) -> bool {
    let digits = |c: char| c.is_ascii_digit();
    token.kind == Kind::Number && word(text, token).chars().filter(|c| digits(*c)).all(|c| c == '0')
}

/// "EXCLUDES CERTAIN      N/A / SHARES": without the word of the label below the answer.
fn without_label_end<'a>(text: &str, tokens: &'a [Token]) -> &'a [Token] {
    let is_mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let end = tokens.iter().rposition(|t| !is_mark(t)).map_or(0, |last| last + 1);
    match tokens.get(..end) {
        Some([answer @ .., mark, last])
            if is_mark(mark) && word(text, last).eq_ignore_ascii_case("shares") =>
        {
            answer
        }
        _ => tokens,
    }
}

/// `[ ] Yes [X] No`, `Yes __ No _X_`, `[X] No`: what a box beside such a word says.
fn yes_or_no(text: &str, tokens: &[Token]) -> Option<Said<bool>> {
    /// A word, yes or not, or a box, ticked or not.
    enum Item {
        Answer(bool),
        Box(Option<bool>),
    }
    let item = |token: &Token| {
        let said = word(text, token);
        let answer = ["no", "yes"].iter().position(|answer| said.eq_ignore_ascii_case(answer));
        let item = match answer {
            Some(answer) => Item::Answer(answer == 1),
            None => Item::Box(tick(text, token)?),
        };
        Some((item, *token))
    };
    let items: Vec<(Item, Token)> = tokens.iter().filter_map(item).collect();
    let words = tokens.iter().filter(|t| t.kind == Kind::Word && item(t).is_none());
    if words.count() > 0 {
        // A sentence may have either word in it; with both, it is one that is not understood.
        let has =
            |wanted| items.iter().any(|(item, _)| matches!(item, Item::Answer(a) if *a == wanted));
        let both = has(true) && has(false);
        let (first, last) = (items.first()?.1, items.last()?.1);
        return both.then(|| Said::Unclear(first.start..last.end, "yes and no".to_owned()));
    }
    let before = matches!(items.first()?, (Item::Box(_), _));
    let pairs = items.chunks(2).map(|pair| match pair {
        [(Item::Box(drawn), at), (Item::Answer(yes), _)] if before => Some((*yes, *drawn, *at)),
        [(Item::Answer(yes), _), (Item::Box(drawn), at)] if !before => Some((*yes, *drawn, *at)),
        _ => None,
    });
    let pairs: Vec<(bool, Option<bool>, Token)> = pairs.collect::<Option<_>>()?;
    let (first, last) = (pairs.first()?.2, pairs.last()?.2);
    let ticked: Vec<_> = pairs.iter().filter(|(_, drawn, _)| *drawn != Some(false)).collect();
    Some(match ticked.as_slice() {
        [(yes, Some(true), at)] => Said::Value(*yes, at.range()),
        [] if pairs.len() == 1 => Said::Value(false, first.range()),
        [] => Said::Nothing,
        _ => Said::Unclear(first.start..last.end, "yes and no".to_owned()),
    })
}

/// Words of the label that may follow it into the cell.
pub(crate) fn is_form_word(word: &str) -> bool {
    let word = lexeme::lower(word);
    ["represented", "by", "amount", "in", "row", "the", "of", "class", "item", "see"]
        .contains(&word.as_str())
}

/// Codes and where they stand; and what stands where none can be read.
pub(crate) type Codes = (Vec<(String, Range<usize>)>, Option<Range<usize>>);

/// "H C": a code with a space in it, and nothing else.
fn spaced_code(text: &str, tokens: &[Token], list: &[&str]) -> Option<(String, Range<usize>)> {
    let mut said = tokens.iter().filter(|t| !matches!(t.kind, Kind::Mark(_)));
    let (one, two) = (said.next()?, said.next()?);
    let spaced = two.start == one.end + 1 && text.get(one.end..two.start) == Some(" ");
    let letters =
        spaced && said.next().is_none() && one.range().len() == 1 && two.range().len() == 1;
    let code = code_of(&[word(text, one), word(text, two)].concat(), list)?;
    letters.then_some((code, one.start..two.end))
}

/// The codes of a cell, and what could not be read as one.
pub(crate) fn codes(text: &str, tokens: &[Token], list: &[&str]) -> Codes {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    let mut words: Vec<Range<usize>> = Vec::new();
    if let Some(spaced) = spaced_code(text, tokens, list) {
        return (vec![spaced], None);
    }
    let mut depth = 0_usize;
    let mut done = false;
    let mut from = 0;
    for (index, token) in tokens.iter().enumerate() {
        if index < from {
            continue;
        }
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Mark(_) if !found.is_empty() => {
                // Another line of codes may follow a comma, or begin with a code.
                let next = tokens.get(index + 1).map(|t| word(text, t)).unwrap_or("");
                done |= code_of(next, list).is_none() || !words.is_empty();
            }
            Kind::Mark(true) if !words.is_empty() => done = true,
            _ => {}
        }
        if done {
            break;
        }
        let alone = matches!(tokens.get(index + 1).map(|t| t.kind), Some(Kind::Close))
            && index.checked_sub(1).and_then(|at| tokens.get(at)).map(|t| t.kind)
                == Some(Kind::Open);
        if alone && found.is_empty() {
            // "Investment Adviser (IA)".
            if let Some(code) = code_of(word(text, token), list) {
                found.push((code, token.range()));
                words.clear();
            }
        }
        if depth > 0 || !matches!(token.kind, Kind::Word | Kind::Number) {
            continue;
        }
        match code_of(word(text, token), list) {
            Some(code)
                if words.is_empty() || !found.is_empty() || at_line_end(text, token.range()) =>
            {
                words.clear();
                let known = found.iter().any(|(other, _)| *other == code);
                let again = || found.last().is_some_and(|last| is_again(text, last, &code, token));
                if !known || again() {
                    found.push((code, token.range()));
                }
            }
            _ if joins_codes(word(text, token))
                || is_form_word(word(text, token))
                || token.kind == Kind::Number => {}
            _ => words.push(token.range()),
        }
        // Words after a code explain it; a code among them is one no more.
        if !words.is_empty() && !found.is_empty() {
            let Some(listed) = next_listed(text, tokens, index, list) else { break };
            from = listed;
            words.clear();
        }
    }
    let unread = words.first().zip(words.last()).map(|(a, b)| a.start..b.end);
    let unread = unread.filter(|_| found.is_empty());
    (found, unread)
}

/// Where the list goes on behind the words that explain a code: "PN - limited partnership; IA".
/// Behind a comma only a code that ends the line does, and no "Bank Hale, SA".
fn next_listed(text: &str, tokens: &[Token], index: usize, list: &[&str]) -> Option<usize> {
    for (at, token) in tokens.iter().enumerate().skip(index + 1) {
        let Kind::Other(mark @ (',' | ';' | '/')) = token.kind else {
            if token.kind == Kind::Word {
                continue;
            }
            return None;
        };
        let code = tokens.get(at + 1).and_then(|next| code_of(word(text, next), list));
        let after = tokens.get(at + 2).map(|t| t.kind);
        let ends = after.is_none_or(|kind| matches!(kind, Kind::Mark(_) | Kind::Other(',' | ';')));
        let kind_of_company = |code: &str| matches!(code, "SA" | "CO");
        let behind_comma = ends && code.as_deref().is_some_and(|code| !kind_of_company(code));
        if at == index + 1 || mark == ';' && code.is_some() || mark == ',' && behind_comma {
            return Some(at);
        }
    }
    None
}

/// Whether a code is the last one over again, beside it in its line: "IN, IN" is what two persons
/// of one page are. Elsewhere in the cell a code that was said is a word about it.
fn is_again(text: &str, last: &(String, Range<usize>), code: &str, token: &Token) -> bool {
    let between = text.get(last.1.end..token.start).unwrap_or("");
    let parts = |c: char| matches!(c, ' ' | ',' | ';' | '/' | '&');
    last.0 == code && between.replace("and", "").chars().all(parts)
}

/// Whether a word stands apart from others before it, and nothing after it in its line:
/// "Trust   HC", "Trust - HC".
fn at_line_end(text: &str, word: Range<usize>) -> bool {
    let tail = text.get(word.end..).unwrap_or("").trim_start_matches(' ');
    let head = text.get(..word.start).unwrap_or("");
    ["  ", "- ", "– ", "— "].iter().any(|apart| head.ends_with(apart))
        && (tail.is_empty() || tail.starts_with(is_mark))
}

fn joins_codes(word: &str) -> bool {
    matches!(lexeme::lower(word).as_str(), "and" | "or" | "&")
}

fn code_of(word: &str, list: &[&str]) -> Option<String> {
    // Two noughts are how "OO" is often typed.
    let word = if word == "00" { "OO" } else { word };
    list.iter().find(|code| **code == word).map(|code| (*code).to_owned())
}

/// Words of a cell joined by single spaces, and the span from the first to the last.
pub(crate) fn words(text: &str, pieces: &[Range<usize>]) -> Option<(String, Range<usize>)> {
    let mut all = String::new();
    let mut range: Option<Range<usize>> = None;
    for piece in pieces {
        let part = text.get(piece.clone()).unwrap_or("");
        for word in part.split(|c: char| c == ' ' || is_mark(c)) {
            let before = all.len();
            if before > 0 {
                all.push(' ');
            }
            let start = all.len();
            all.extend(word.chars().filter(|c| !c.is_control() && *c != '\\'));
            let clean = all.get(start..).unwrap_or("");
            if clean.chars().all(|c| matches!(c, '|' | '_' | '☐' | '☒')) {
                all.truncate(before);
                continue;
            }
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            let end = at + word.len();
            range = Some(range.map_or(at..end, |r| r.start..end));
        }
    }
    range.map(|range| (all, range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::statement::TYPE_CODES;

    #[test]
    fn a_code_stands_behind_a_dash() {
        for (text, code) in [("Corporation - CO", Some("CO")), ("Trust   HC", Some("HC"))] {
            let tokens = lexeme::tokens(text, 0..text.len());
            let found = codes(text, &tokens, &TYPE_CODES).0;
            assert_eq!(found.first().map(|(code, _)| code.as_str()), code, "{text}");
        }
    }

    #[test]
    fn codes_are_taken_from_the_list_alone() {
        let types = |text: &str| -> Vec<String> {
            let tokens = lexeme::tokens(text, 0..text.len());
            codes(text, &tokens, &TYPE_CODES).0.into_iter().map(|(code, _)| code).collect()
        };
        assert_eq!(types("HC, CO"), ["HC", "CO"]);
        assert_eq!(types("IA/PN"), ["IA", "PN"]);
        assert_eq!(types("OO (Limited Liability Company), HC"), ["OO", "HC"]);
        assert_eq!(types("IN\n\n* The CO of"), ["IN"]);
        assert_eq!(types("00 - trust"), ["OO"]);
        assert_eq!(types("PN\n2\nCUSIP No. CO"), ["PN"]);
        assert_eq!(types("corporation"), Vec::<String>::new());
    }
}
