//! Row 2: which of its boxes is ticked, (a) or (b), however letters and boxes stand to each other.
//! Knows nothing of where the row's label stands; it is given the tokens of the cell.

use std::ops::Range;

use crate::reading::lexeme::{Kind, Token};
use crate::reading::rows::{Said, tick, word};
use crate::reading::text::{CELL, is_mark};
use crate::terms::statement::GroupBox;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::lexeme;

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
}
