//! Rows told by their printed number: with a caption of the filer's own, or with none at all.
//! Knows nothing of values, nor of the form's own labels, which are looked for first.

use std::ops::Range;

use crate::reading::labels::{self, Row};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::pages::{Page, RowHit};
use crate::reading::rows;
use crate::reading::text::{CELL, is_mark};
use crate::terms::statement::TYPE_CODES;

/// A line longer than this has no caption.
const LONGEST_LINE: usize = 400;
/// A stretch longer than this is not looked through.
const LONGEST: usize = 1 << 13;
/// How far after the last row's number its code may stand.
const LAST_CELL: usize = 200;
/// How many rows a page without captions must have.
const ENOUGH: usize = 9;
/// And one whose numbers have cells of their own: the name, five amounts, the percent, the type.
const ENOUGH_IN_CELLS: usize = 8;

/// How a number is set: pages keep to one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    /// `(7)`
    Bracketed,
    /// `7)`
    Closed,
    /// `7.`
    Dotted,
    /// `7:`
    Colon,
    /// `7`
    Bare,
}

/// A row's number at the beginning of a line.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    number: u8,
    style: Style,
    /// Where the number begins, with its bracket.
    start: usize,
    /// Past the number and what closes it.
    end: usize,
}

/// The row number that a line begins with, if it begins with one; the legend may stand before it.
fn row_number(text: &str, line: Range<usize>) -> Option<Numbered> {
    let mut line = line.start..line.end.min(line.start + LONGEST_LINE);
    while !text.is_char_boundary(line.end) {
        line.end -= 1;
    }
    const FARTHEST: usize = 60;
    let printed = text.get(line.clone())?;
    // Most lines have no number near their beginning.
    printed.bytes().take(FARTHEST).find(u8::is_ascii_digit)?;
    let tokens = lexeme::tokens(text, line);
    let before = |at: usize| at.checked_sub(1).and_then(|at| tokens.get(at));
    let leads = |(at, token): &(usize, &Token)| before_number(text, token, before(*at));
    let lead = tokens.iter().take(5).enumerate().take_while(leads).count();
    let first = tokens.get(lead)?;
    let gap = |at: usize| text.get(..at).is_some_and(|head| head.ends_with("  "));
    if lead > 0 && !gap(first.start) && !text.get(..first.start)?.ends_with("| ") {
        return None;
    }
    let printed = text.get(first.range())?;
    let digits = printed.trim_matches(['(', ')']);
    let number: u8 = digits.parse().ok().filter(|n| (1..=14).contains(n))?;
    let next = tokens.get(lead + 1).filter(|next| next.start == first.end).map(|next| next.kind);
    let (style, end) = match (first.kind, next) {
        (Kind::Note, _) if printed.starts_with('(') => (Style::Bracketed, first.end),
        (Kind::Number, Some(Kind::Close)) => (Style::Closed, first.end + 1),
        (Kind::Number, Some(Kind::Other('.'))) => (Style::Dotted, first.end + 1),
        (Kind::Number, Some(Kind::Other(':'))) => (Style::Colon, first.end + 1),
        (Kind::Number, None | Some(Kind::Mark(_))) => (Style::Bare, first.end),
        // "8.Shared": a point right before a word.
        _ => return None,
    };
    Some(Numbered { number, style, start: first.start, end })
}

/// What may stand left of a row's number: words of the legend or halves of them, a letter, a bar.
fn before_number(text: &str, token: &Token, before: Option<&Token>) -> bool {
    match token.kind {
        Kind::Word => {
            let word = text.get(token.range()).unwrap_or("");
            word.len() == 1 || labels::is_legend_word(word) || labels::is_half_legend_word(word)
        }
        Kind::Dash => before.is_some_and(|word| hyphenated(word, token)),
        Kind::Other('|') => true,
        _ => false,
    }
}

/// Whether a dash cuts a word at the end of its line or cell.
fn hyphenated(word: &Token, dash: &Token) -> bool {
    word.kind == Kind::Word && word.end == dash.start
}

/// Words that captions of a row are made of.
const CAPTION: &[&str] = &[
    "name",
    "names",
    "number",
    "no",
    "nos",
    "of",
    "the",
    "reporting",
    "person",
    "persons",
    "and",
    "or",
    "irs",
    "ss",
    "identification",
    "above",
    "entities",
    "only",
    "check",
    "appropriate",
    "box",
    "if",
    "a",
    "an",
    "member",
    "group",
    "sec",
    "use",
    "source",
    "funds",
    "legal",
    "proceedings",
    "disclosure",
    "is",
    "required",
    "pursuant",
    "to",
    "citizenship",
    "citizen",
    "place",
    "organization",
    "organized",
    "incorporation",
    "sole",
    "shared",
    "vote",
    "voting",
    "power",
    "dispose",
    "disposition",
    "dispositive",
    "aggregate",
    "amount",
    "beneficially",
    "owned",
    "by",
    "each",
    "with",
    "excludes",
    "exclude",
    "excluded",
    "certain",
    "shares",
    "percent",
    "percentage",
    "class",
    "represented",
    "row",
    "type",
    "in",
];

/// "Disposi-", "Repre-": the first half of a word of captions, which a dash cuts.
fn is_cut_caption(word: &str, token: &Token, next: Option<&Token>) -> bool {
    let cut = next.is_some_and(|next| next.kind == Kind::Dash && hyphenated(token, next));
    cut && CAPTION.iter().any(|whole| whole.starts_with(word))
}

/// Whether words name a row.
fn names(row: Row, words: &[String]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let begins = |wanted: &str| words.iter().any(|word| word.starts_with(wanted));
    match row {
        // "EACH REPORTING PERSON WITH" is the end of the legend.
        Row::Name => {
            let person = has("reporting") && has("person") && !has("with");
            has("name") || has("names") || person
        }
        Row::Group => has("group"),
        Row::SecUse => has("sec"),
        Row::Funds => has("funds"),
        Row::Legal => has("legal"),
        Row::Citizenship => {
            has("citizenship")
                || has("citizen")
                || has("organization")
                || has("organized")
                || has("place")
        }
        Row::SoleVoting => has("sole") && begins("vot"),
        Row::SharedVoting => has("shared") && begins("vot"),
        Row::SoleDispositive => has("sole") && begins("dispos"),
        Row::SharedDispositive => has("shared") && begins("dispos"),
        Row::Aggregate => has("aggregate") && !begins("exclude"),
        Row::Excludes => begins("exclude"),
        Row::Percent => begins("percent"),
        Row::Type => has("type"),
    }
}

/// The caption that begins at `from`, on this line and the next: its words as long as they are a
/// caption's. Nothing where they do not name the row.
fn caption(text: &str, from: usize, limit: usize, row: Row) -> Option<Range<usize>> {
    let mut to = limit.min(from + LONGEST_LINE).max(from);
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let tokens = lexeme::tokens(text, from..to);
    let mut words: Vec<String> = Vec::new();
    let mut range: Option<Range<usize>> = None;
    let mut lines = 0;
    for (at, token) in tokens.iter().enumerate() {
        let word = text.get(token.range()).map(lexeme::lower).unwrap_or_default();
        let cut = || is_cut_caption(&word, token, tokens.get(at + 1));
        let code = text.get(token.range()).is_some_and(|word| TYPE_CODES.contains(&word));
        if row == Row::Type && code {
            break;
        }
        let after_row = words.last().is_some_and(|last| last == "row");
        match token.kind {
            Kind::Word if CAPTION.contains(&word.as_str()) || cut() => {
                // A word apart from the caption's begins the value.
                let apart = range.as_ref().is_some_and(|range| {
                    let gap = text.get(range.end..token.start).unwrap_or("");
                    gap.contains("   ") && !gap.contains(is_mark)
                });
                if apart {
                    break;
                }
                words.push(word);
                range = Some(range.map_or(token.range(), |range| range.start..token.end));
            }
            Kind::Number | Kind::Note if after_row => {
                range = range.map(|range| range.start..token.end);
                words.push(String::new());
            }
            Kind::Mark(false) if lines == 0 && !words.is_empty() => lines += 1,
            Kind::Dash if range.as_ref().is_some_and(|range| range.end == token.start) => {}
            Kind::Other('.' | '*' | '?' | '/') | Kind::Open | Kind::Close if !words.is_empty() => {}
            _ => break,
        }
    }
    range.filter(|_| names(row, &words))
}

/// Whether a stretch begins with a row's number.
pub(crate) fn is_numbered(text: &str, range: Range<usize>) -> bool {
    row_number(text, range).is_some()
}

/// The row whose number and caption a line begins with.
pub(crate) fn captioned_row(text: &str, line: Range<usize>) -> Option<Row> {
    let numbered = row_number(text, line.clone())?;
    let rows = [0, 1].into_iter().filter_map(|column| Row::of_number(numbered.number, column));
    rows.into_iter().find(|row| caption(text, numbered.end, line.end, *row).is_some())
}

/// A row's number and caption between `range`, where the form's own label is not to be found; the
/// last four rows are known by a caption alone that stands apart.
pub(crate) fn find_captioned(text: &str, range: Range<usize>, row: Row) -> Option<RowHit> {
    let alone = matches!(row, Row::Aggregate | Row::Excludes | Row::Percent | Row::Type);
    captioned(text, range, row, alone)
}

/// The row's number and caption, or its caption `alone` where it stands apart on its line.
fn captioned(text: &str, range: Range<usize>, row: Row, alone: bool) -> Option<RowHit> {
    let end = range.end.min(range.start + LONGEST);
    let part = text.get(range.start..end)?;
    let mut at = range.start;
    for line in part.split_inclusive(is_mark) {
        let here = at..at + line.len();
        at = here.end;
        let hit =
            |at: Range<usize>| RowHit { row, start: at.start, end: at.end, mislabelled: false };
        if let Some(numbered) = row_number(text, here.clone()) {
            if !row.numbers().contains(&numbered.number) {
                continue;
            }
            if let Some(at) = caption(text, numbered.end, end, row) {
                return Some(hit(at));
            }
            let rest = text.get(numbered.end..end).unwrap_or("");
            let rest = rest.trim_start_matches(|c: char| c == ' ' || is_mark(c));
            if row == Row::Group && rest.starts_with('(') {
                return Some(hit(numbered.end..numbered.end));
            }
        } else if alone {
            let start = here.start + (line.len() - line.trim_start_matches([' ', '|']).len());
            let found = caption(text, start, end, row).filter(|found| found.start == start);
            let apart = |found: &Range<usize>| {
                let rest = text.get(found.end..).unwrap_or("");
                let rest = rest.trim_start_matches(['.', '?', '*']);
                rest.starts_with("  ") || rest.starts_with(':') || rest.starts_with(is_mark)
            };
            if let Some(at) = found.filter(apart) {
                return Some(hit(at));
            }
        }
    }
    None
}

/// The last caption of a name before a place.
pub(crate) fn find_name_before(text: &str, range: Range<usize>) -> Option<RowHit> {
    let part = text.get(range.clone())?;
    let mut at = range.start;
    let mut found = None;
    for line in part.split_inclusive(is_mark) {
        let here = at..at + line.len();
        at = here.end;
        found = captioned(text, here, Row::Name, true).or(found);
    }
    found
}

/// The pages of a document none of whose labels are the form's: runs of numbers from 1 to 12 or 14
/// at the beginnings of lines, with every row of shares, and a code of the form's list at the last.
pub(crate) fn pages(text: &str) -> Vec<Page> {
    let mut found = Vec::new();
    let mut chain: Vec<Numbered> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(is_mark) {
        let here = at..at + line.len();
        at = here.end;
        let begins = line.trim_start_matches([' ', '|']).get(..4).unwrap_or("");
        if begins.eq_ignore_ascii_case("item") || begins.eq_ignore_ascii_case("sign") {
            found.extend(page(text, &chain, here.start));
            chain.clear();
            continue;
        }
        let Some(numbered) = row_number(text, here.clone()) else { continue };
        if numbered.number == 1 {
            found.extend(page(text, &chain, here.start));
            chain.clear();
            chain.push(numbered);
            continue;
        }
        let goes_on = chain.last().is_some_and(|last| {
            // The heads of a table that was set anew are set as they were, and are not all there.
            let cells = in_cell(text, last) && in_cell(text, &numbered);
            let step = if cells { 6 } else { 3 };
            let next = last.number + 1..=last.number + step;
            (cells || last.style == numbered.style) && next.contains(&numbered.number)
        });
        if goes_on {
            chain.push(numbered);
        }
    }
    found.extend(page(text, &chain, text.len()));
    found
}

/// Whether the next cell follows a number: it has one for itself.
fn in_cell(text: &str, numbered: &Numbered) -> bool {
    text.get(numbered.end..).is_some_and(|rest| rest.trim_start().starts_with(CELL))
}

/// A run of row numbers as a page, if it is one.
fn page(text: &str, chain: &[Numbered], limit: usize) -> Option<Page> {
    let cells = chain.iter().all(|numbered| in_cell(text, numbered));
    let enough = if cells { ENOUGH_IN_CELLS } else { ENOUGH };
    let last = chain.last().filter(|_| chain.len() >= enough)?;
    let column = match last.number {
        14 => 0,
        12 => 1,
        _ => return None,
    };
    let mut hits = Vec::new();
    for (index, numbered) in chain.iter().enumerate() {
        let Some(row) = Row::of_number(numbered.number, column) else { continue };
        let limit = chain.get(index + 1).map_or(limit, |next| next.start);
        let caption = caption(text, numbered.end, limit, row);
        // A bare number is a row's only where its caption, or its cell, follows.
        let cell = in_cell(text, numbered);
        let telling = Row::AMOUNTS.contains(&row) || matches!(row, Row::Name | Row::Percent);
        if numbered.style == Style::Bare && telling && caption.is_none() && !cell {
            return None;
        }
        let at = caption.unwrap_or(numbered.end..numbered.end);
        hits.push(RowHit { row, start: at.start, end: at.end, mislabelled: false });
    }
    let has = |row: Row| hits.iter().any(|hit| hit.row == row);
    if !Row::AMOUNTS.into_iter().chain([Row::Name, Row::Percent]).all(has) {
        return None;
    }
    let from = hits.last()?.end;
    let mut end = limit.min(from + LAST_CELL).max(from);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let codes = rows::codes(text, &lexeme::tokens(text, from..end), &TYPE_CODES).0;
    (!codes.is_empty()).then_some(Page { rows: hits, end, ..Page::default() })
}
