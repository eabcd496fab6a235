//! Row 6 (4): the place a person is of, in the filing's words.
//! Knows nothing of where places lie.

use std::ops::Range;

use crate::reading::labels::is_legend_word;
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::names::{goes_on_behind_slash, joined};
use crate::reading::page_headings::without_page_headings;
use crate::reading::rows::{self, Said};
use crate::reading::text::ROW;

/// Reads the place from the pieces of its cell; `next_number` is where the next row's begins.
pub(crate) fn place(
    text: &str,
    pieces: &[Range<usize>],
    next_number: Option<usize>,
) -> Said<String> {
    let mut tokens: Vec<Token> = Vec::new();
    for piece in pieces {
        tokens.extend(lexeme::tokens(text, piece.clone()));
    }
    tokens.retain(|token| next_number.is_none_or(|end| token.start < end));
    tokens.truncate(rows::above_rule(text, &tokens).len());
    let again = goes_on_behind_slash(&tokens);
    let mut tokens = without_page_headings(text, tokens);
    drop_legend_rows(text, &mut tokens);
    drop_short_legend(text, &mut tokens);
    // A bracket around words of the form alone stays behind when they are taken out.
    let bracket = tokens
        .iter()
        .rposition(|t| t.kind == Kind::Open)
        .filter(|open| !tokens.iter().skip(*open).any(|t| t.kind == Kind::Word));
    tokens.truncate(bracket.unwrap_or(tokens.len()));
    drop_upright_letters(text, &mut tokens);
    drop_label_around(text, &mut tokens);
    drop_note_behind(text, &mut tokens);
    drop_class_headings(text, &mut tokens);
    // The legend beside the next rows may begin before they do, word by word.
    while tokens.last().is_some_and(|t| trails(text, t)) {
        tokens.pop();
    }
    drop_number_below(&mut tokens);
    let lead = tokens.iter().take_while(|t| !matches!(t.kind, Kind::Word)).count();
    let kept = tokens.get(lead..).unwrap_or_default();
    let Some(first) = kept.first() else { return Said::Nothing };
    if rows::says_no(text, kept) || text.get(first.range()) == Some("See") {
        return Said::Nothing;
    }
    match joined(text, kept) {
        // "CITIZENSHIP   U.S.A. / OR PLACE": the label goes on beside its value.
        Some((place, at)) if again || goes_on(&place) => {
            Said::Unclear(at, "the label's words stand around the value".to_owned())
        }
        Some((place, at)) if has_row(text, kept, &place) => {
            Said::Unclear(at, "the label of another row stands in it".to_owned())
        }
        Some((place, at)) => Said::Value(place, at),
        None => Said::Nothing,
    }
}

/// Drops the mark of a footnote behind a place: "Delaware (1)".
fn drop_note_behind(text: &str, tokens: &mut Vec<Token>) {
    let mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let note = |t: &Token| {
        let said = text.get(t.range()).unwrap_or("");
        let number = said.starts_with('(') && said.bytes().any(|b| b.is_ascii_digit());
        t.kind == Kind::Note && (number || said.starts_with('*'))
    };
    let last = tokens.iter().rposition(|t| !mark(t));
    if let Some(at) = last.filter(|at| tokens.get(*at).is_some_and(note)) {
        tokens.truncate(at);
    }
}

/// Drops the rows of a table below a place that begin with a word of the legend, whatever the filer
/// added to it: "Number of ADSs held"; "of Delaware" goes on with the place.
fn drop_legend_rows(text: &str, tokens: &mut Vec<Token>) {
    let word = |t: &Token| t.kind == Kind::Word;
    let Some(first) = tokens.iter().position(word) else { return };
    let begins = tokens.windows(2).skip(first).position(|pair| match pair {
        [before, after] => {
            let gap = text.get(before.start..after.start).unwrap_or("");
            let said = text.get(after.range()).map(lexeme::lower).unwrap_or_default();
            let legend = is_legend_word(&said) && !matches!(said.as_str(), "of" | "by" | "with");
            gap.contains(ROW) && word(after) && legend
        }
        _ => false,
    });
    if let Some(at) = begins {
        tokens.truncate(first + at + 1);
    }
}

/// Drops the legend where its first word is cut short: "U.S.A. / No. of Shares".
fn drop_short_legend(text: &str, tokens: &mut Vec<Token>) {
    let begins = |t: &Token| {
        let rest = text.get(t.end..).unwrap_or("").trim_start_matches(['.', ' ']);
        let rest: String = rest.chars().take(9).collect();
        t.kind == Kind::Word
            && text.get(t.range()).is_some_and(|word| word.eq_ignore_ascii_case("no"))
            && ["of shares", "of units"].iter().any(|of| lexeme::lower(&rest).starts_with(of))
    };
    if let Some(at) = tokens.iter().position(begins).filter(|at| *at > 0) {
        tokens.truncate(at);
    }
}

/// Drops a number in a line or cell of its own below a place: the next row's, where words of the
/// legend stand between it and its label.
fn drop_number_below(tokens: &mut Vec<Token>) {
    while let Some(mark) = tokens.iter().rposition(|t| matches!(t.kind, Kind::Mark(_))) {
        let said = tokens.iter().take(mark).any(|t| t.kind == Kind::Word);
        let below = tokens.get(mark + 1..).unwrap_or_default();
        let number = |t: &Token| {
            matches!(
                t.kind,
                Kind::Number | Kind::Joined | Kind::Note | Kind::Close | Kind::Other('.')
            )
        };
        if !said || !below.iter().all(number) {
            return;
        }
        tokens.truncate(mark);
    }
}

/// Drops the lines below a place that are letters alone: a legend typed downwards begins there.
fn drop_upright_letters(text: &str, tokens: &mut Vec<Token>) {
    let letter =
        |t: &Token| t.kind == Kind::Word && text.get(t.range()).is_some_and(|word| word.len() == 1);
    while let Some(mark) = tokens.iter().rposition(|t| matches!(t.kind, Kind::Mark(_))) {
        let line = tokens.get(mark + 1..).unwrap_or_default();
        let said = tokens.iter().take(mark).any(|t| t.kind == Kind::Word);
        if !said || !line.iter().all(letter) {
            break;
        }
        tokens.truncate(mark);
    }
}

/// Drops the cells and lines below a place that name a class alone: the heads of two columns of
/// powers, one for each class, "USA / Class A / Class B".
fn drop_class_headings(text: &str, tokens: &mut Vec<Token>) {
    const WORDS: [&str; 8] =
        ["class", "series", "common", "preferred", "ordinary", "stock", "shares", "units"];
    let heads = |t: &Token| {
        let said = text.get(t.range()).map(lexeme::lower).unwrap_or_default();
        WORDS.contains(&said.as_str()) || said.len() == 1
    };
    while let Some(mark) = tokens.iter().rposition(|t| matches!(t.kind, Kind::Mark(_))) {
        let line = tokens.get(mark + 1..).unwrap_or_default();
        let said = tokens.iter().take(mark).any(|t| t.kind == Kind::Word);
        if !said || !line.iter().all(heads) {
            break;
        }
        tokens.truncate(mark);
    }
}

/// Drops the words of the label that stand around a place: all of them on its first line, with a
/// letter wrong, "OR PLACE OF ORGANIZTION / Ohio"; or on both sides of it where it stands apart,
/// "OR PLACE   Ohio / OF ORGANIZATION".
fn drop_label_around(text: &str, tokens: &mut Vec<Token>) {
    let is_mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let said = |tokens: &[Token]| {
        let words = tokens.iter().filter(|t| t.kind == Kind::Word);
        let words: Vec<&str> = words.filter_map(|t| text.get(t.range())).collect();
        lexeme::lower(&words.join(" "))
    };
    // "ORGINIZATION", "ORGANIZTION".
    let ends = |said: &str| {
        said.starts_with("organi")
            || said.starts_with("incorp")
            || (said.starts_with("org") && said.ends_with("tion"))
    };
    let first = tokens.iter().take_while(|t| !is_mark(t)).count();
    let line = said(tokens.get(..first).unwrap_or_default());
    let whole = ["or place of ", "or place or ", "of place of "];
    let rest = whole.iter().find_map(|head| line.strip_prefix(head));
    if let Some(rest) = rest.filter(|rest| ends(rest)) {
        if !rest.contains(' ') && first < tokens.len() {
            tokens.drain(..first);
        }
        return;
    }
    let idle = |t: &&Token| is_mark(t) || t.kind == Kind::Other('|');
    let end = tokens.len() - tokens.iter().rev().take_while(idle).count();
    let last = tokens.iter().take(end).rposition(is_mark).filter(|last| *last >= first);
    let Some(last) = last else { return };
    let below = said(tokens.get(last + 1..).unwrap_or_default());
    let head = tokens.iter().take(first).take_while(|t| {
        text.get(t.range())
            .is_some_and(|w| matches!(lexeme::lower(w).as_str(), "or" | "place" | "of"))
    });
    let words = head.count();
    // A bar may part the labels of a page from its values.
    let bars = tokens.iter().skip(words).take_while(|t| t.kind == Kind::Other('|')).count();
    let head = if words > 0 { words + bars } else { 0 };
    let apart = bars > 0
        || tokens.get(head).and_then(|t| text.get(..t.start)).is_some_and(|s| s.ends_with("   "));
    let tail = ["place of ", "of "].iter().find_map(|head| below.strip_prefix(head));
    let tail = tail.unwrap_or(&below);
    if head > 0 && apart && ends(tail) && !tail.contains(' ') {
        tokens.truncate(last);
        tokens.drain(..head);
    }
}

/// Whether words of the label stand in what should be a place: "or place Ohio of organization".
fn goes_on(place: &str) -> bool {
    let place = lexeme::lower(place);
    place.starts_with("or ") || place.contains(" or place of ")
}

/// Whether another row stands in what should be a place, whose label was not found: "Ohio 5 SOEL
/// VTNG POWER", "Ohio 5 4,000 shares", "Ohio ITEM 2D"; or what counts the rows, "A4: Ohio Q5". A
/// place alone may be a code with a digit, "E9".
fn has_row(text: &str, tokens: &[Token], place: &str) -> bool {
    const WORDS: [&str; 3] = ["power", "voting", "item"];
    let amount = |t: &Token| {
        t.kind == Kind::Number && text.get(t.range()).is_some_and(|number| number.contains(','))
    };
    let words = lexeme::lower(place);
    let said: Vec<&str> = words.split(' ').collect();
    let counts = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.ends_with(|c: char| c.is_ascii_digit())
            && word.len() <= 3
    };
    words.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
        || tokens.iter().any(amount)
        || said.len() > 1 && said.iter().any(counts)
}

/// Whether a word is one of the legend's, or a long one of them with letters exchanged.
fn of_legend(word: &str) -> bool {
    const MORE: [&str; 4] = ["INTERESTS", "SECURITIES", "NUMBERS", "SHARE"];
    const LONG: [&str; 4] = ["NUMBER", "SHARES", "BENEFICIALLY", "REPORTING"];
    let sorted = |word: &str| {
        let mut letters: Vec<u8> = word.bytes().collect();
        letters.sort_unstable();
        letters
    };
    let word = word.to_ascii_uppercase();
    let exchanged = || LONG.iter().any(|wanted| sorted(wanted) == sorted(&word));
    is_legend_word(&word) || MORE.contains(&word.as_str()) || exchanged()
}

fn trails(text: &str, token: &Token) -> bool {
    match token.kind {
        Kind::Word => {
            let word = text.get(token.range()).unwrap_or("");
            of_legend(word)
        }
        Kind::Close | Kind::Note | Kind::Letter(_) | Kind::Other('.') => false,
        _ => true,
    }
}
