//! Row 1: names and the tax numbers beside them.
//! Knows nothing of who anybody is.

use std::ops::Range;

use crate::reading::addresses;
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::name_question::{self, ID_WORDS};
use crate::reading::text::{RAISED, is_mark};
use crate::reading::{page_headings, rows};

/// What a name may have behind it.
const SENTENCE: &str = "words of a sentence";

/// What row 1 says.
#[derive(Debug, Default)]
pub(crate) struct NameRow {
    /// The name as printed, and where.
    pub(crate) name: Option<(String, Range<usize>)>,
    /// The tax number as printed, and where.
    pub(crate) tax_id: Option<(String, Range<usize>)>,
    /// What the name may have in it that is none of it.
    pub(crate) foreign: Option<&'static str>,
}

/// Reads row 1 from the pieces of its cell; `next_number` is where the next row's number begins.
pub(crate) fn read(text: &str, pieces: &[Range<usize>], next_number: Option<usize>) -> NameRow {
    let mut tokens: Vec<Token> = Vec::new();
    for piece in pieces {
        let mut more = lexeme::tokens(text, piece.clone());
        name_question::drop_no(text, &mut more);
        if tokens.is_empty() {
            tokens = more;
            continue;
        }
        // What the question for a tax number leaves behind: ".", ":", ")".
        let led = |t: &&Token| matches!(t.kind, Kind::Close | Kind::Other('.' | ':'));
        let lead = more.iter().take_while(led).count();
        let more = more.get(lead..).unwrap_or_default();
        // "None" is the answer to that question, asked below the name.
        if !name_question::answers_none(text, more) {
            tokens.extend(more);
        }
    }
    drop_page_heads(text, &mut tokens);
    let again = goes_on_behind_slash(&tokens);
    name_question::join_beside_question(text, &mut tokens);
    name_question::drop_question(text, &mut tokens);
    let end = row_two(text, &tokens, next_number);
    tokens.retain(|token| end.is_none_or(|end| token.start < end));
    if let Some(address) = addresses::begins(text, &tokens) {
        let id = tokens.iter().skip(address).position(|token| is_tax_id(text, &tokens, token));
        let id_end = id.map(|at| address + at);
        let kept: Vec<Token> = tokens
            .iter()
            .enumerate()
            .filter(|(at, _)| *at < address || Some(*at) == id_end)
            .map(|(_, token)| *token)
            .collect();
        tokens = kept;
    }
    name_question::drop_no_number_below(text, &mut tokens);
    let mut row = NameRow::default();
    let id = tokens.iter().position(|token| is_tax_id(text, &tokens, token));
    if let Some(token) = id.and_then(|at| tokens.get(at)) {
        let printed = text.get(token.range()).unwrap_or("").to_owned();
        row.tax_id = Some((printed, token.range()));
    }
    let hidden = hidden_id(text, &tokens);
    if let Some(at) = id.or(hidden) {
        let from = before_id(text, &tokens, at);
        let to = after_id(&tokens, at, hidden.is_some() && id.is_none());
        tokens.drain(from..to);
    }
    name_question::drop_optional(text, &mut tokens);
    name_question::drop_condition(text, &mut tokens);
    name_question::drop_question_beside(text, &mut tokens);
    name_question::drop_none_apart(text, &mut tokens);
    name_question::drop_none_in_bracket(text, &mut tokens);
    name_question::drop_answer_below(text, &mut tokens);
    drop_lei(text, &mut tokens);
    name_question::drop_trailing_id_words(text, &mut tokens);
    name_question::drop_joining_word(text, &mut tokens);
    drop_reference(text, &mut tokens);
    name_question::drop_foreign_number(text, &mut tokens);
    name_question::drop_id_apart(text, &mut tokens);
    row.name = name_of(text, &tokens);
    row.foreign = row.name.as_ref().and_then(|(name, at)| {
        let again = again.then_some("its label in other words");
        foreign_words(name).or_else(|| boxes_in(&tokens, at)).or(again)
    });
    if row.foreign == Some(SENTENCE) {
        row.name = name_of(text, above_empty_line(text, &tokens)).or(row.name);
    }
    row
}

/// The boxes of row 2, whose label was not found, in what should be a name.
fn boxes_in(tokens: &[Token], name: &Range<usize>) -> Option<&'static str> {
    let mut own = tokens.iter().filter(|t| name.contains(&t.start));
    own.any(|t| matches!(t.kind, Kind::Box(Some(_)))).then_some("the boxes of row 2")
}

/// "NAME OF REPORTING PERSON / Nom du déclarant" above the value: the label is said once more.
pub(crate) fn goes_on_behind_slash(tokens: &[Token]) -> bool {
    let mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let word = |t: &Token| t.kind == Kind::Word;
    let line = tokens.iter().position(mark).unwrap_or(tokens.len());
    let (first, below) = tokens.split_at(line);
    let slash = first.first().is_some_and(|t| t.kind == Kind::Other('/'));
    slash && first.iter().any(word) && below.iter().any(word)
}

/// "(see Item 2)", "(optional)": a bracket behind the name that points elsewhere.
fn drop_reference(text: &str, tokens: &mut Vec<Token>) {
    let Some(open) = tokens.iter().rposition(|t| t.kind == Kind::Open).filter(|open| *open > 0)
    else {
        return;
    };
    let said = |at: usize| tokens.get(at).and_then(|t| text.get(t.range())).map(lexeme::lower);
    let begins = said(open + 1).unwrap_or_default();
    let place = ["item", "note", "footnote", "exhibit", "page", "attached", "below"];
    let sees = begins == "see" && said(open + 2).is_some_and(|word| place.contains(&word.as_str()));
    let closes = tokens.iter().skip(open).position(|t| t.kind == Kind::Close);
    let ends = |t: &Token| matches!(t.kind, Kind::Mark(_) | Kind::Close);
    let last = closes.is_some_and(|at| tokens.iter().skip(open + at).all(ends));
    if last && (sees || begins == "optional") {
        tokens.truncate(open);
    }
}

/// What stands above the first empty line below a name.
fn above_empty_line<'t>(text: &str, tokens: &'t [Token]) -> &'t [Token] {
    let named = tokens.iter().position(|t| t.kind == Kind::Word).unwrap_or(0);
    let ends = |pair: &[Token]| match pair {
        [mark, next] if matches!(mark.kind, Kind::Mark(_)) => {
            text.get(mark.start..next.start).is_some_and(|gap| gap.matches(is_mark).count() > 1)
        }
        _ => false,
    };
    let empty = tokens.windows(2).skip(named).position(ends);
    tokens.get(..empty.map_or(tokens.len(), |at| named + at)).unwrap_or_default()
}

/// "See attached Schedule A", "Each of the seven persons named on Exhibit 1": no name, but where
/// there are some.
pub(crate) fn points_elsewhere(name: &str) -> bool {
    // "See's Candies" sees nothing.
    let bare = |word: &str| lexeme::lower(word.trim_matches(|c: char| !c.is_alphanumeric()));
    let words: Vec<String> = name.split_whitespace().map(bare).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let place =
        has(&["schedule", "exhibit", "annex", "appendix", "attachment", "attached", "page"]);
    let sees = words.first().is_some_and(|first| first == "see");
    let named = has(&["named", "listed", "identified", "described"]);
    place && (sees || named && has(&["each", "persons", "those", "parties", "entities", "all"]))
}

/// "(A) One LP (B) Two LP", or the heads of a table that was not understood with all its names.
pub(crate) fn names_several(name: &str) -> bool {
    const HEADS: usize = 3;
    let lettered = [("(A)", "(B)"), ("(a)", "(b)")];
    let lettered = lettered.iter().any(|(a, b)| name.starts_with(a) && name.contains(b));
    let headed = || (4..=14).filter(|row| name.contains(&format!("({row})"))).count() >= HEADS;
    lettered || headed()
}

/// Why a name may have words in it that are none of the name: of the form's captions, of its
/// question for a tax number, of a sentence, of an address.
fn foreign_words(name: &str) -> Option<&'static str> {
    const CAPTIONS: [&str; 11] = [
        "reporting",
        "identification",
        "beneficially",
        "citizenship",
        "dispositive",
        "entities only",
        "above person",
        "of above",
        "sec use only",
        "check the",
        "cusip",
    ];
    const VERBS: [&str; 8] = ["is", "are", "was", "were", "has", "have", "been", "see"];
    const OF_FILINGS: [&str; 8] =
        ["information", "reported", "rows", "row", "herein", "restated", "amendment", "item"];
    const LONG: usize = 9;
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(lexeme::lower)
        .collect();
    let said = format!(" {} ", words.join(" "));
    let has = |word: &&str| said.contains(&format!(" {word} "));
    let any = |list: &[&str]| list.iter().any(has);
    // Persons may be called Person: the form's own has a word of the form beside it.
    let form = ["above", "each", "filing", "of", "the", "a", "such", "with", "for", "or", "and"];
    let beside = |at: usize| words.get(at).is_some_and(|word| form.contains(&word.as_str()));
    let set_apart = name.contains("PERSON") && name.contains(char::is_lowercase);
    let person = words.iter().enumerate().any(|(at, word)| {
        let own = matches!(word.as_str(), "person" | "persons");
        own && (set_apart || at == 0 || beside(at - 1) || beside(at + 1) && at + 1 < words.len())
    });
    if any(&CAPTIONS) || person {
        return Some("words of the form");
    }
    if any(&["i r s", "s s or", "e i n", "irs", "ein", "ssn", "fein"]) {
        return Some("words of the question for a tax number");
    }
    let digits = |word: &String| word.bytes().filter(u8::is_ascii_digit).count();
    if words.iter().any(|word| digits(word) > 5) || name.contains("##") {
        return Some("a number");
    }
    // "1. Quay Fund": the first of several.
    if ["1.", "1)", "(1)", "a)", "(a)", "(i)"].iter().any(|head| name.starts_with(head)) {
        return Some("the first letter or number of a list");
    }
    if words.len() > LONG && any(&VERBS) && any(&OF_FILINGS) {
        return Some(SENTENCE);
    }
    addresses::ends_with_one(name).then_some("an address")
}

/// A Legal Entity Identifier behind a name: "LEI 529900T8PK3QL0000042".
fn drop_lei(text: &str, tokens: &mut Vec<Token>) {
    let said = |t: &Token, word: &str| text.get(t.range()) == Some(word);
    let Some(at) = tokens.iter().rposition(|t| said(t, "LEI")).filter(|at| *at > 0) else { return };
    let code = tokens.iter().skip(at + 1).find(|t| t.kind == Kind::Word);
    let is_code = |code: &str| {
        (18..=20).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if code.and_then(|t| text.get(t.range())).is_some_and(is_code) {
        tokens.truncate(at);
    }
}

/// The heads of pages within the cell, and "NAME OF REPORTING PERSON      Page 2 of 6 Pages": a
/// page's number beside the label.
fn drop_page_heads(text: &str, tokens: &mut Vec<Token>) {
    page_headings::drop_running_heads(text, tokens);
    let lead = tokens.iter().take_while(|t| matches!(t.kind, Kind::Mark(_))).count();
    // "Page 3" alone may begin a name.
    let len = page_headings::page_number(text, tokens.get(lead..).unwrap_or_default());
    if let Some(len) = len.filter(|len| *len >= 4) {
        tokens.drain(lead..lead + len);
    }
}

/// A tax number anywhere in a stretch of the text.
pub(crate) fn tax_id_in(text: &str, range: Range<usize>) -> Option<(String, Range<usize>)> {
    let tokens = lexeme::tokens(text, range);
    let id = tokens.iter().find(|t| t.kind == Kind::Joined && is_tax_id(text, &tokens, t))?;
    Some((text.get(id.range())?.to_owned(), id.range()))
}

/// Where the next row begins, if its label is not there to say so: "2." at the start of a line.
fn row_two(text: &str, tokens: &[Token], next_number: Option<usize>) -> Option<usize> {
    let found = tokens.windows(3).find(|window| match window {
        [mark, number, after] => {
            let printed = text.get(number.range()).unwrap_or("");
            let two = printed == "2" || printed == "(2)";
            two && matches!(mark.kind, Kind::Mark(_))
                && (matches!(after.kind, Kind::Other('.' | ':') | Kind::Close | Kind::Mark(_))
                    || printed == "(2)")
        }
        _ => false,
    });
    let found = found.and_then(|window| window.get(1)).map(|token| token.start);
    found.into_iter().chain(next_number).min()
}

fn is_tax_id(text: &str, tokens: &[Token], token: &Token) -> bool {
    let printed = text.get(token.range()).unwrap_or("");
    let digits = printed.bytes().filter(u8::is_ascii_digit).count();
    match token.kind {
        Kind::Joined => {
            let mut parts = printed.split('-').map(str::len);
            let shape = (parts.next(), parts.next(), parts.next());
            matches!(shape, (Some(2), Some(7), None) | (Some(3), Some(2), Some(4)))
        }
        Kind::Number => {
            digits == 9 && printed.len() == 9 && {
                let at = tokens.iter().position(|t| t == token).unwrap_or(0);
                before_id(text, tokens, at) + 1 < at
                    || text.get(..token.start).is_some_and(|head| head.ends_with("   "))
                    || tokens
                        .get(at.wrapping_sub(1))
                        .is_some_and(|t| matches!(t.kind, Kind::Mark(_) | Kind::Other(',')))
            }
        }
        _ => false,
    }
}

/// A number blacked out: `###-##-####`, `XXX-XX-1234`.
fn hidden_id(text: &str, tokens: &[Token]) -> Option<usize> {
    tokens.windows(3).position(|window| match window {
        [a, b, c] => {
            let hash = |t: &Token| t.kind == Kind::Other('#');
            let crosses = text.get(a.range()) == Some("XXX") && b.kind == Kind::Dash;
            (hash(a) && hash(b) && hash(c)) || crosses
        }
        _ => false,
    })
}

/// The first token of the words that announce the number at `at`.
fn before_id(text: &str, tokens: &[Token], at: usize) -> usize {
    let mut from = at;
    let mut crossed = false;
    while let Some((index, token)) = from.checked_sub(1).and_then(|i| Some((i, tokens.get(i)?))) {
        let word = lexeme::lower(text.get(token.range()).unwrap_or(""));
        let dotted = tokens.get(index + 1).is_some_and(|t| t.kind == Kind::Other('.'));
        let goes = match token.kind {
            Kind::Mark(_) => {
                crossed = true;
                true
            }
            Kind::Dash | Kind::Open | Kind::Other('.' | ':' | '#' | ',' | '/' | ';') => true,
            Kind::Word => {
                ID_WORDS.contains(&word.as_str()) && (word.len() > 1 || (dotted && !crossed))
            }
            _ => false,
        };
        if !goes {
            break;
        }
        from = index;
    }
    // A full stop or bracket before these words is the name's own: "Inc.", "L.P.".
    while from < at && tokens.get(from).is_some_and(|t| t.kind == Kind::Other('.')) {
        from += 1;
    }
    from
}

fn after_id(tokens: &[Token], at: usize, hidden: bool) -> usize {
    let mut to = at + 1;
    while tokens.get(to).is_some_and(|t| match t.kind {
        Kind::Close => true,
        Kind::Other('#') | Kind::Dash | Kind::Word | Kind::Joined => hidden,
        _ => false,
    }) {
        to += 1;
    }
    to
}

fn name_of(text: &str, tokens: &[Token]) -> Option<(String, Range<usize>)> {
    let skip = |t: &&Token| {
        matches!(
            t.kind,
            Kind::Mark(_)
                | Kind::Dash
                | Kind::Other('.' | ':' | ',' | ';' | '|' | '/' | '"' | ']' | '[')
                | Kind::Close
                | Kind::Box(_)
        )
    };
    let ornament = |t: &&Token| {
        skip(t)
            || (t.kind == Kind::Note
                && text.get(t.range()).is_some_and(|s| s.starts_with('*') || s == "(1)"))
    };
    let tokens = rows::above_rule(text, tokens);
    let lead = tokens.iter().take_while(ornament).count();
    let noted = |t: &Token| {
        let mark = text.get(t.range()).unwrap_or("").trim_start_matches(RAISED);
        let number = mark.starts_with('(') && mark.bytes().any(|b| b.is_ascii_digit());
        t.kind == Kind::Note && (number || mark.starts_with('*'))
    };
    let trail = tokens.iter().rev().take_while(|t| {
        noted(t)
            || matches!(
                t.kind,
                Kind::Mark(_)
                    | Kind::Dash
                    | Kind::Open
                    | Kind::Box(_)
                    | Kind::Other(':' | ',' | ';' | '|' | '/')
            )
    });
    let end = tokens.len() - trail.count().min(tokens.len());
    let kept = tokens.get(lead..end).filter(|kept| !kept.is_empty())?;
    let word = |t: &&Token| t.kind == Kind::Word;
    // What the label's words leave behind is no name.
    let joining =
        |t: &Token| matches!(text.get(t.range()), Some("and" | "or" | "of" | "the" | "AND" | "OR"));
    let letter = |t: &Token| text.get(t.range()).is_some_and(|word| word.chars().count() == 1);
    let asks = |t: &Token| {
        text.get(t.range()).is_some_and(|word| ID_WORDS.contains(&lexeme::lower(word).as_str()))
    };
    let named = kept.iter().filter(word).any(|t| !joining(t) && !letter(t) && !asks(t));
    if !named || rows::says_no(text, kept) {
        return None;
    }
    joined(text, kept)
}

/// The characters that tokens cover, without what was dropped between them.
pub(crate) fn joined(text: &str, tokens: &[Token]) -> Option<(String, Range<usize>)> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for token in tokens {
        match pieces.last_mut() {
            Some(last)
                if text.get(last.end..token.start).is_some_and(|between| {
                    between.chars().all(|c| c == ' ' || is_mark(c) || matches!(c, '\\'))
                }) =>
            {
                last.end = token.end
            }
            _ => pieces.push(token.range()),
        }
    }
    rows::words(text, &pieces)
}
