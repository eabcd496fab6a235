//! The rows of a cover page that hold words, boxes or codes.
//! Knows nothing of where a row's label stands; it is given the tokens of the cell.

use std::ops::Range;

use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::text::{CELL, is_mark};
use crate::terms::statement::GroupBox;

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
fn tick(text: &str, token: &Token) -> Option<Option<bool>> {
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
        Some(range) if words.iter().any(|t| t.kind == Kind::Number) => {
            // A box is missing, but the filer says how many shares are left out.
            Said::Value(true, range)
        }
        _ => Said::Nothing,
    }
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

/// The letters of row 2 as `a` and `b`, its boxes as `X` and `o`; `?` where a picture hides which.
fn group_marks(text: &str, tokens: &[Token]) -> Vec<(char, Token)> {
    let mut marks: Vec<(char, Token)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let mark = match (token.kind, tick(text, token)) {
            (Kind::Letter(b'a'), _) => 'a',
            (Kind::Letter(_), _) => 'b',
            (_, Some(Some(true))) => 'X',
            (_, Some(Some(false))) => 'o',
            (_, Some(None)) => '?',
            (Kind::Word, _) => match answer_alone(text, tokens, index) {
                Some(yes) => {
                    if yes {
                        'X'
                    } else {
                        'o'
                    }
                }
                None => continue,
            },
            _ => continue,
        };
        marks.push((mark, *token));
    }
    marks
}

/// Row 2.
pub(crate) fn group(text: &str, tokens: &[Token]) -> Said<GroupBox> {
    let lettered = bare_letters(text, tokens);
    let tokens = lettered.as_deref().unwrap_or(tokens);
    let mut marks = group_marks(text, tokens);
    let sequence: String = marks.iter().map(|(mark, _)| *mark).collect();
    let Some(range) = marks.first().zip(marks.last()).map(|(a, b)| a.1.start..b.1.end) else {
        return Said::Nothing;
    };
    if let Some(said) = letter_alone(text, tokens) {
        return said;
    }
    let Some(first_letter) = sequence.find(['a', 'b']) else {
        let unclear = sequence.contains(['X', '?']);
        let why = "a box without its letter".to_owned();
        return if unclear { Said::Unclear(range, why) } else { Said::Nothing };
    };
    if sequence.contains('?') {
        let why = "a picture of a box".to_owned();
        if sequence.matches('?').count() > 1 || !sequence.contains('o') || sequence.contains('X') {
            return Said::Unclear(range, why);
        }
        // Beside an empty box the one filled in is the ticked one.
        marks.iter_mut().filter(|(mark, _)| *mark == '?').for_each(|(mark, _)| *mark = 'X');
    }
    if let Some(said) = below_letters(text, &marks, range.clone()) {
        return said;
    }
    if let Some(said) = in_columns(text, &marks).or_else(|| by_letter(tokens, &marks)) {
        return said;
    }
    let sequence: String = marks.iter().map(|(mark, _)| *mark).collect();
    let before = match sequence.get(..first_letter).unwrap_or("") {
        "" => None,
        _ => Some(true),
    };
    let after = sequence.ends_with(['X', 'o']).then_some(false);
    let side = match (before, after) {
        (Some(_), None) => Some(true),
        (None, Some(_)) => Some(false),
        // "[ ] (a) [X] (b) [ ]": a box too many, or of another row.
        (Some(_), Some(_)) => (sequence.len() > 4).then_some(false),
        (None, None) => nearest(text, &marks),
    };
    match side {
        Some(box_before) => chosen(&marks, box_before, range),
        None if sequence.contains('X') => {
            Said::Either(range, vec!["(a)".to_owned(), "(b)".to_owned()])
        }
        None => Said::Nothing,
    }
}

/// "(a)" and nothing else, in a cell of its own that answers with it.
fn letter_alone(text: &str, tokens: &[Token]) -> Option<Said<GroupBox>> {
    let mut said = tokens.iter().filter(|t| !matches!(t.kind, Kind::Mark(_)));
    let (only, next) = (said.next()?, said.next());
    let Kind::Letter(letter) = only.kind else { return None };
    let choice = if letter == b'a' { GroupBox::A } else { GroupBox::B };
    let head = text.get(..only.start).unwrap_or("").trim_end_matches(' ');
    (next.is_none() && head.ends_with(CELL)).then(|| Said::Value(choice, only.range()))
}

/// "a |_|" and "b |X|", a line each: the letters of row 2 without their brackets.
fn bare_letters(text: &str, tokens: &[Token]) -> Option<Vec<Token>> {
    let letter = |at: usize| {
        let token = tokens.get(at)?;
        let letter = match word(text, token) {
            "a" | "A" => b'a',
            "b" | "B" => b'b',
            _ => return None,
        };
        let begins = at.checked_sub(1).and_then(|at| tokens.get(at));
        let begins = begins.is_none_or(|before| matches!(before.kind, Kind::Mark(_)));
        begins.then_some((at, Kind::Letter(letter)))
    };
    let found: Vec<(usize, Kind)> = (0..tokens.len()).filter_map(letter).collect();
    let [(a, first @ Kind::Letter(b'a')), (b, second @ Kind::Letter(b'b'))] = *found else {
        return None;
    };
    if tokens.iter().any(|t| matches!(t.kind, Kind::Letter(_))) {
        return None;
    }
    let mut tokens = tokens.to_vec();
    tokens.get_mut(a)?.kind = first;
    tokens.get_mut(b)?.kind = second;
    Some(tokens)
}

/// "(a) Yes", "(b) No": a word for a box, alone behind a letter, where no box is drawn.
fn answer_alone(text: &str, tokens: &[Token], index: usize) -> Option<bool> {
    let said = word(text, tokens.get(index)?);
    let yes = said.eq_ignore_ascii_case("yes");
    let before = index.checked_sub(1).and_then(|before| tokens.get(before));
    let behind = before.is_some_and(|t| matches!(t.kind, Kind::Letter(_)));
    let alone = |next: &Token| matches!(next.kind, Kind::Letter(_) | Kind::Mark(_));
    let ends = tokens.get(index + 1).is_none_or(alone);
    let drawn = tokens.iter().any(|t| tick(text, t).is_some());
    (behind && ends && !drawn && (yes || said.eq_ignore_ascii_case("no"))).then_some(yes)
}

/// Both letters on one line, apart, and one mark on a line below: it is the letter's above it.
fn below_letters(
    text: &str,
    marks: &[(char, Token)],
    range: Range<usize>,
) -> Option<Said<GroupBox>> {
    const APART: usize = 3;
    let [(first @ ('a' | 'b'), a), (second @ ('a' | 'b'), b), ('X', x)] = marks else {
        return None;
    };
    let column = |at: usize| {
        let head = text.get(..at).unwrap_or("");
        let line = head.rfind(is_mark).map_or(0, |mark| mark + 1);
        head.get(line..).map_or(0, |line| line.chars().count())
    };
    let between = |from: usize, to: usize| text.get(from..to).unwrap_or("");
    let one_line = !between(a.end, b.start).contains(is_mark);
    let below = between(b.end, x.start).contains(is_mark);
    if !one_line || !below || b.start - a.end < APART {
        return None;
    }
    let under = |letter: &Token| {
        let (from, to, at) = (column(letter.start), column(letter.end), column(x.start));
        from <= at + 1 && at <= to
    };
    let choice = |letter: char| if letter == 'a' { GroupBox::A } else { GroupBox::B };
    Some(match (under(a), under(b)) {
        (true, false) => Said::Value(choice(*first), a.start..x.end),
        (false, true) => Said::Value(choice(*second), b.start..x.end),
        _ => Said::Either(range, vec!["(a)".to_owned(), "(b)".to_owned()]),
    })
}

/// Both letters and then both boxes, or the boxes first, a line each, as a table comes out that is
/// taken down a column after the other.
fn in_columns(text: &str, marks: &[(char, Token)]) -> Option<Said<GroupBox>> {
    let kinds: String = marks.iter().map(|(mark, _)| *mark).collect();
    let boxes = match kinds.as_str() {
        "abXo" | "aboX" => 2..4,
        "Xoab" | "oXab" => 0..2,
        _ => return None,
    };
    let apart = marks.windows(2).all(|pair| match pair {
        [(_, a), (_, b)] => text.get(a.end..b.start).is_some_and(|gap| gap.contains(is_mark)),
        _ => false,
    });
    let boxes = marks.get(boxes).filter(|_| apart)?;
    let ticked = boxes.iter().position(|(mark, _)| *mark == 'X')?;
    let choice = if ticked == 0 { GroupBox::A } else { GroupBox::B };
    let (first, last) = (marks.first()?.1, marks.last()?.1);
    Some(Said::Value(choice, first.start..last.end))
}

/// "Member of a Group (a) or (b)", and a letter alone in the next cell.
fn by_letter(tokens: &[Token], marks: &[(char, Token)]) -> Option<Said<GroupBox>> {
    let [('a', _), ('b', asked), (letter @ ('a' | 'b'), answer)] = marks else { return None };
    let at = tokens.iter().position(|t| t == answer)?;
    // "N.A." has a letter in it, too.
    let mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let begins = at > 0 && tokens.get(at - 1).is_some_and(mark) && asked.end <= answer.start;
    let ends = tokens.iter().skip(at + 1).all(mark);
    let choice = if *letter == 'a' { GroupBox::A } else { GroupBox::B };
    (begins && ends).then(|| Said::Value(choice, answer.range()))
}

/// One box between two letters: the one it stands nearer to is its own.
fn nearest(text: &str, marks: &[(char, Token)]) -> Option<bool> {
    let at = marks.iter().position(|(mark, _)| matches!(mark, 'X' | 'o'))?;
    let (_, token) = marks.get(at)?;
    let before = text.get(marks.get(at.checked_sub(1)?)?.1.end..token.start)?;
    let after = text.get(token.end..marks.get(at + 1)?.1.start)?;
    let lines = |gap: &str| gap.chars().filter(|c| is_mark(*c)).count();
    let (left, right) = ((lines(before), before.len()), (lines(after), after.len()));
    if left.0 != right.0 {
        return Some(right.0 < left.0);
    }
    if left.1 * 2 <= right.1 {
        Some(false)
    } else if right.1 * 2 < left.1 {
        Some(true)
    } else {
        None
    }
}

fn chosen(marks: &[(char, Token)], box_before: bool, range: Range<usize>) -> Said<GroupBox> {
    let mut ticked = Vec::new();
    for (index, (mark, token)) in marks.iter().enumerate() {
        if *mark != 'X' {
            continue;
        }
        let letter = if box_before {
            marks.get(index + 1)
        } else {
            index.checked_sub(1).and_then(|index| marks.get(index))
        };
        match letter {
            Some(('a', other)) => {
                ticked.push((GroupBox::A, token.start.min(other.start)..token.end.max(other.end)))
            }
            Some(('b', other)) => {
                ticked.push((GroupBox::B, token.start.min(other.start)..token.end.max(other.end)))
            }
            _ => return Said::Unclear(range, "a ticked box without its letter".to_owned()),
        }
    }
    match ticked.as_slice() {
        [] => Said::Nothing,
        [(choice, at)] => Said::Value(*choice, at.clone()),
        _ => Said::Either(range, vec!["(a)".to_owned(), "(b)".to_owned()]),
    }
}

/// Words of the label that may follow it into the cell.
pub(crate) fn is_form_word(word: &str) -> bool {
    let word = lexeme::lower(word);
    ["represented", "by", "amount", "in", "row", "the", "of", "class", "item", "see"]
        .contains(&word.as_str())
}

/// The codes of rows 4 and 14 (12).
pub(crate) const FUND_CODES: [&str; 6] = ["SC", "BK", "AF", "WC", "PF", "OO"];
/// Types of reporting person.
pub(crate) const TYPE_CODES: [&str; 14] =
    ["BD", "BK", "IC", "IV", "IA", "EP", "HC", "SA", "CP", "CO", "PN", "IN", "FI", "OO"];

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
    for (index, token) in tokens.iter().enumerate() {
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
                if !found.iter().any(|(other, _)| *other == code) {
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
            let next_is_listed = tokens
                .get(index + 1)
                .is_some_and(|t| matches!(t.kind, Kind::Other(',' | ';' | '/')));
            if !next_is_listed {
                break;
            }
            words.clear();
        }
    }
    let unread = words.first().zip(words.last()).map(|(a, b)| a.start..b.end);
    let unread = unread.filter(|_| found.is_empty());
    (found, unread)
}

/// Whether a word stands apart from others before it, and nothing after it in its line:
/// "Trust   HC".
fn at_line_end(text: &str, word: Range<usize>) -> bool {
    let tail = text.get(word.end..).unwrap_or("").trim_start_matches(' ');
    text.get(..word.start).is_some_and(|head| head.ends_with("  "))
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

    fn group_of(text: &str) -> Said<GroupBox> {
        group(text, &lexeme::tokens(text, 0..text.len()))
    }

    #[test]
    fn the_box_may_stand_before_or_after_its_letter() {
        for b in [
            "(a) [ ]\n(b) [X]",
            "A. B. X",
            "☐ (a)  ☒ (b)",
            "(a) o (b) x",
            "(a) ____ (b) __X__",
            "(a)\n x (b)",
            "a. [ ] b. [X]",
            "(b) x",
            "[_] (a) |X| (b)",
            "(A) / / (B) /X/",
        ] {
            assert!(matches!(group_of(b), Said::Value(GroupBox::B, _)), "{b}");
        }
        for a in ["(a) [X] (b) [ ]", "(a)|X| (b)|_|", "☒ (a) ☐ (b)", "(a) x\n(b)"] {
            assert!(matches!(group_of(a), Said::Value(GroupBox::A, _)), "{a}");
        }
        for none in ["(a) [ ] (b) [ ]", "(a)\n(b)", "N/A", ""] {
            assert_eq!(group_of(none), Said::Nothing, "{none}");
        }
        for unclear in ["(a) [X] (b) [X]", "(a) x (b)", "(a) ■ (b) ■"] {
            assert!(matches!(group_of(unclear), Said::Either(..) | Said::Unclear(..)), "{unclear}");
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
