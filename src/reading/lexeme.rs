//! How amounts, percents and ticks are printed, and what they mean.
//! Knows nothing of rows or pages: it is given a stretch of text and says what stands in it.

use std::ops::Range;

use crate::reading::text::{CELL, EMPTY, LOWERED, PAGE, RAISED, ROW, TICKED, UNCLEAR, is_mark};
use crate::terms::quantity::{Amount, Percent};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Digits with their commas and point.
    Number,
    /// Digits joined by slashes or dashes: a date, a tax number.
    Joined,
    /// Letters, or letters and digits.
    Word,
    /// A footnote's mark, or a parenthesised row number: `(1)`, `(iv)`, `**`, a raised digit.
    Note,
    /// `(a)` or `(b)`, also as `a.` and `A)`.
    Letter(u8),
    /// A box, and whether it is ticked; `None` where that cannot be seen.
    Box(Option<bool>),
    /// A dash between spaces.
    Dash,
    /// `%`.
    Percent,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// The end of a line, cell, row or page; `true` for more than a line.
    Mark(bool),
    /// Anything else.
    Other(char),
}

/// A token and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its first byte in the text.
    pub(crate) start: usize,
    /// One past its last.
    pub(crate) end: usize,
}

impl Token {
    /// Where it stands.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Cuts `range` of `text` into tokens.
pub(crate) fn tokens(text: &str, range: Range<usize>) -> Vec<Token> {
    tokens_in(text, range).collect()
}

/// The tokens of `range` of `text`, cut one by one as they are asked for.
pub(crate) fn tokens_in(text: &str, range: Range<usize>) -> impl Iterator<Item = Token> {
    let end = if text.get(range.clone()).is_some() { range.end } else { range.start };
    let waiting = None;
    let (line_begins, bordered, in_table) = (true, false, false);
    Tokens { text, at: range.start, end, waiting, line_begins, bordered, in_table }
}

struct Tokens<'a> {
    text: &'a str,
    /// The next byte to look at.
    at: usize,
    end: usize,
    /// A token that is cut and not given out yet: marks in a row become one.
    waiting: Option<Token>,
    /// The last token was a mark, or there was none.
    line_begins: bool,
    /// Whether the line is one of a table drawn with bars.
    bordered: bool,
    /// Whether the line before was one.
    in_table: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let next = self.cut();
            let (Some(waiting), Some(token)) = (self.waiting, next) else {
                let given = self.waiting.take();
                self.waiting = next;
                // Nothing waits only before the first token, and after the last.
                if given.is_some() || next.is_none() {
                    return given;
                }
                continue;
            };
            if matches!((waiting.kind, token.kind), (Kind::Mark(_), Kind::Mark(_))) {
                // Two line ends in a row are a blank line.
                self.waiting = Some(Token { kind: Kind::Mark(true), end: token.end, ..waiting });
                continue;
            }
            self.waiting = next;
            return Some(waiting);
        }
    }
}

impl Tokens<'_> {
    /// The next token, whatever came before it; white space and rules drawn across are none.
    fn cut(&mut self) -> Option<Token> {
        loop {
            let rest = self.text.as_bytes().get(self.at..self.end).unwrap_or_default();
            self.at += rest.iter().take_while(|b| **b == b' ').count();
            let rest = self.text.get(self.at..self.end).filter(|rest| !rest.is_empty())?;
            let before = || char_before(self.text, self.at);
            let (mut kind, mut len) = token(rest, before);
            if rest.starts_with('|') {
                // "| |" alone on its line is a box, but below a line of a drawn table.
                let after = rest.get(len..).unwrap_or("").trim_start_matches(' ');
                let ends = after.is_empty() || after.starts_with(is_mark);
                let alone = ends && len <= 5 && !self.in_table;
                self.bordered |= self.line_begins && !alone;
                let blank = kind == Some(Kind::Box(Some(false)));
                let drawn = rest.get(..len).is_some_and(|drawn| drawn.contains('_'));
                if blank && !drawn && (self.bordered || len > 5) {
                    // The border of a drawn table, not a box.
                    (kind, len) = (Some(Kind::Other('|')), 1);
                }
            } else if matches!(kind, Some(Kind::Mark(_))) {
                self.in_table = self.bordered;
                self.bordered = false;
            }
            let rule = Some(rest).filter(|s| self.line_begins && s.starts_with(['|', '_']));
            if let Some(drawn) = rule.and_then(rule_across) {
                (kind, len) = (None, drawn);
            }
            let start = self.at;
            self.at += len.max(1);
            if let Some(kind) = kind {
                self.line_begins = matches!(kind, Kind::Mark(_));
                return Some(Token { kind, start, end: start + len });
            }
        }
    }
}

/// The length of a line of bars and underscores alone: one drawn across the page, not a box.
fn rule_across(rest: &str) -> Option<usize> {
    const SHORTEST: usize = 24;
    let drawn = rest.bytes().take_while(|b| matches!(b, b'|' | b'_')).count();
    let ends = rest.get(drawn..)?.trim_start_matches([' ', '|']);
    (drawn >= SHORTEST && (ends.is_empty() || ends.starts_with(is_mark))).then_some(drawn)
}

/// The character that ends where another begins.
fn char_before(text: &str, at: usize) -> Option<char> {
    let last = at.checked_sub(1).and_then(|last| text.as_bytes().get(last))?;
    match last.is_ascii() {
        true => Some(char::from(*last)),
        false => text.get(..at)?.chars().next_back(),
    }
}

/// The token that `rest` begins with, after the character that `before` looks up.
fn token(rest: &str, before: impl Fn() -> Option<char>) -> (Option<Kind>, usize) {
    let Some(c) = rest.chars().next() else { return (None, 1) };
    let len = c.len_utf8();
    match c {
        ' ' | '\\' => (None, len),
        RAISED => {
            (Some(Kind::Note), rest.find(LOWERED).filter(|at| *at < 40).map_or(1, |at| at + 1))
        }
        LOWERED => (None, len),
        CELL | ROW | PAGE => (Some(Kind::Mark(true)), len),
        c if is_mark(c) => (Some(Kind::Mark(false)), len),
        TICKED => (Some(Kind::Box(Some(true))), len),
        EMPTY => (Some(Kind::Box(Some(false))), len),
        UNCLEAR => (Some(Kind::Box(None)), len),
        '0'..='9' => number_or_code(rest),
        '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
            && !is_leader(rest)
            && before().is_none_or(|c| !c.is_alphanumeric() && c != '.') =>
        {
            number_or_code(rest)
        }
        c if c.is_alphabetic() => word(rest, before),
        '%' => (Some(Kind::Percent), len),
        '*' | '†' | '‡' => {
            let run = rest.bytes().take_while(|b| *b == b'*').count();
            // A line of asterisks is a rule drawn across the page.
            (if run < 8 { Some(Kind::Note) } else { None }, run.max(len))
        }
        '=' | '~' => {
            let run = rest.bytes().take_while(|b| char::from(*b) == c).count();
            (if run < 3 { Some(Kind::Other(c)) } else { None }, run)
        }
        // The corner of a drawn table.
        '+' if rest.starts_with("+--") || rest.starts_with("+==") => (None, len),
        '+' if before().is_some_and(|c| matches!(c, '-' | '=')) => (None, len),
        '_' => underscores(rest),
        '[' | '(' | '/' | '|' | '{' => bracketed(rest, c),
        ')' => (Some(Kind::Close), len),
        '-' | '–' | '—' | '−' | '‒' => dash(rest),
        _ => (Some(Kind::Other(c)), len),
    }
}

/// The last of the dots that lead to a number with commas: ". . .402,260".
fn is_leader(rest: &str) -> bool {
    let digits = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    digits <= 3 && rest.as_bytes().get(1 + digits) == Some(&b',')
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '−' | '‒')
}

/// `-0-` is a number, a short dash is a dash, a long one is a rule drawn across the page.
fn dash(rest: &str) -> (Option<Kind>, usize) {
    let after = |text: &str| text.len() - text.trim_start_matches(' ').len();
    let run: usize = rest.chars().take_while(|c| is_dash(*c)).map(char::len_utf8).sum();
    let count = rest.chars().take_while(|c| is_dash(*c)).count();
    let tail = rest.get(run..).unwrap_or("");
    let gap = after(tail);
    let zeros = tail.get(gap..).unwrap_or("");
    let digits = zeros.bytes().take_while(|b| *b == b'0').count();
    if count <= 2 && gap <= 2 && (1..=2).contains(&digits) {
        let tail = zeros.get(digits..).unwrap_or("");
        let gap_after = after(tail);
        let last = tail.get(gap_after..).and_then(|t| t.chars().next());
        if let Some(last) = last.filter(|c| is_dash(*c) && gap_after <= 2) {
            return (Some(Kind::Number), run + gap + digits + gap_after + last.len_utf8());
        }
    }
    // "- ------": a rule whose first dash was set off for the mail.
    let rule = zeros.chars().take_while(|c| is_dash(*c)).count() > 3 && gap == 1;
    (if count <= 3 && !rule { Some(Kind::Dash) } else { None }, run)
}

/// A number, or something that only begins like one.
fn number_or_code(rest: &str) -> (Option<Kind>, usize) {
    let bytes = rest.as_bytes();
    let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut len = 0;
    let mut slashes = false;
    loop {
        match bytes.get(len) {
            Some(b'0'..=b'9') => len += 1,
            Some(b',' | b'.' | b'\'') if digit_at(len + 1) => len += 2,
            // "1’234’567": three digits behind a typeset apostrophe.
            Some(0xe2) if curly_group(bytes.get(len..).unwrap_or_default()) => len += 6,
            // "1,234/2/": a number and the mark of a footnote.
            Some(b'/') if note_between_slashes(bytes.get(len..).unwrap_or_default()) => break,
            // "1, 234": no; "12/31/1999", "13-3688497": one word.
            Some(b'/' | b'-') if len > 0 && digit_at(len + 1) => {
                slashes = true;
                len += 2;
            }
            _ => break,
        }
    }
    let head = bytes.get(..len).unwrap_or_default();
    let letters = bytes.iter().skip(len).take_while(|b| b.is_ascii_alphabetic()).count();
    if slashes {
        return (Some(Kind::Joined), len);
    }
    // "1,667Shares" is a number and a word, "13D" and "90184L" are codes.
    let long = head.contains(&b',') || letters >= 4;
    if letters > 0 && !long {
        let code = bytes.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        return (Some(Kind::Word), code.max(len));
    }
    (Some(Kind::Number), len)
}

/// A typeset apostrophe with three digits behind it, and no fourth.
fn curly_group(rest: &[u8]) -> bool {
    let digits = rest.strip_prefix("’".as_bytes()).unwrap_or_default();
    digits.iter().take(4).take_while(|b| b.is_ascii_digit()).count() == 3
}

/// `/2/`: how a typewriter raises the mark of a footnote.
fn note_between_slashes(rest: &[u8]) -> bool {
    match rest {
        [b'/', a, b'/', ..] => a.is_ascii_digit(),
        [b'/', a, b, b'/', ..] => a.is_ascii_digit() && b.is_ascii_digit(),
        _ => false,
    }
    .then(|| rest.iter().skip(1).position(|b| *b == b'/'))
    .flatten()
    .is_some_and(|at| !rest.get(at + 2).is_some_and(u8::is_ascii_digit))
}

fn word(rest: &str, before: impl Fn() -> Option<char>) -> (Option<Kind>, usize) {
    let letter = match rest.as_bytes() {
        [b'a' | b'A', b'.' | b')', ..] => Some(b'a'),
        [b'b' | b'B', b'.' | b')', ..] => Some(b'b'),
        _ => None,
    };
    if let Some(letter) = letter
        && before().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '(' | '/'))
    {
        return (Some(Kind::Letter(letter)), 2);
    }
    (Some(Kind::Word), word_len(rest))
}

/// The length of the letters, digits, apostrophes and ampersands that `rest` begins with.
fn word_len(rest: &str) -> usize {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'\'' | b'&');
    let len = rest.bytes().take_while(plain).count();
    if rest.as_bytes().get(len).is_none_or(u8::is_ascii) {
        return len;
    }
    let inner = |c: &char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '&');
    let tail = rest.get(len..).unwrap_or("");
    len + tail.chars().take_while(inner).map(char::len_utf8).sum::<usize>()
}

/// `___` is an empty blank, `_X_` a ticked one.
fn underscores(rest: &str) -> (Option<Kind>, usize) {
    let run = |text: &str| text.bytes().take_while(|b| *b == b'_').count();
    let first = run(rest);
    let tail = rest.get(first..).unwrap_or("");
    let marked = tail.starts_with(['X', 'x', TICKED]);
    let mark = if marked { tail.chars().next().map_or(0, char::len_utf8) } else { 0 };
    let second = run(tail.get(mark..).unwrap_or(""));
    if marked && second > 0 {
        return (Some(Kind::Box(Some(true))), first + mark + second);
    }
    (Some(Kind::Box(Some(false))), first)
}

/// `[X]`, `/ /`, `|_|`, `(x)`, `(1)`, `(iv)`, `(a)`, or only the bracket.
fn bracketed(rest: &str, open: char) -> (Option<Kind>, usize) {
    let close = match open {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        other => other,
    };
    let plain = match open {
        '(' => Kind::Open,
        other => Kind::Other(other),
    };
    let tail = rest.get(open.len_utf8()..).unwrap_or("");
    // "[", "]" in two cells of a table, with an empty one between them.
    let ends = |c: char| c == close || is_mark(c) && (open != '[' || c != CELL);
    let Some((at, _)) = tail.char_indices().take(12).find(|(_, c)| ends(*c)) else {
        return (Some(plain), open.len_utf8());
    };
    let inside = tail.get(..at).unwrap_or("");
    let closed = tail.get(at..).is_some_and(|tail| tail.starts_with(close));
    // "| |X|": the border of a cell, and a box in it.
    let border =
        open == '|' && inside.trim().is_empty() && is_bar_box(tail.get(at..).unwrap_or(""));
    let kind = if closed && !border { inside_brackets(inside, open) } else { None };
    match kind {
        Some(kind) => (Some(kind), open.len_utf8() + at + close.len_utf8()),
        None => (Some(plain), open.len_utf8()),
    }
}

/// `|X|`, `|_|`: a box drawn with bars.
fn is_bar_box(rest: &str) -> bool {
    let inside = rest.strip_prefix('|').and_then(|rest| rest.strip_prefix(['X', 'x', '_']));
    inside.is_some_and(|rest| rest.trim_start_matches('_').starts_with('|'))
}

fn inside_brackets(inside: &str, open: char) -> Option<Kind> {
    let said = inside.trim_matches([' ', '_', CELL]);
    let boxed = open != '(' && open != '|' && open != '/';
    match said {
        // "()" and "//" hold nothing, not even a space for a mark.
        "" if inside.is_empty() && !boxed => None,
        "" => Some(Kind::Box(Some(false))),
        "X" | "x" | "XX" | "xx" | "X X" | "✓" | "√" | "ü" | "þ" | "ý" => {
            Some(Kind::Box(Some(true)))
        }
        "*" if boxed => Some(Kind::Box(Some(true))),
        "o" | "O" if boxed => Some(Kind::Box(Some(false))),
        _ if said.starts_with(TICKED) => Some(Kind::Box(Some(true))),
        _ if said.starts_with(EMPTY) => Some(Kind::Box(Some(false))),
        "a" | "A" if open == '(' => Some(Kind::Letter(b'a')),
        "b" | "B" if open == '(' => Some(Kind::Letter(b'b')),
        _ if open == '(' || open == '[' => note(said).then_some(Kind::Note),
        // "/2/" closes where it says so, not at the next slash of a date.
        _ if open == '/' && inside.len() <= 2 => {
            inside.bytes().all(|b| b.is_ascii_digit()).then_some(Kind::Note)
        }
        _ => None,
    }
}

/// What footnote marks and the letters and numbers of a list look like.
fn note(said: &str) -> bool {
    // No list begins at 0: "(0)" is a number.
    let digits = said.len() <= 2 && said != "0" && said.bytes().all(|b| b.is_ascii_digit());
    let roman = said.len() <= 5 && said.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'));
    let letter = said.len() == 1 && said.bytes().all(|b| b.is_ascii_alphabetic());
    let stars = said.bytes().all(|b| b == b'*' || b == b'+');
    !said.is_empty() && (digits || roman || letter || stars)
}

/// Whether one box of a range is filled in a way that tells nothing alone, and the others are
/// empty: beside them it is the ticked one.
pub(crate) fn one_filled(text: &str, range: Range<usize>) -> bool {
    let boxes = tokens(text, range).into_iter().filter_map(|t| match t.kind {
        Kind::Box(ticked) => Some(ticked),
        _ => None,
    });
    let (filled, others): (Vec<_>, Vec<_>) = boxes.partition(Option::is_none);
    filled.len() == 1 && !others.is_empty() && !others.contains(&Some(true))
}

/// The text in lower case, for comparing words.
pub(crate) fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Whether a number is only the end or the beginning of something longer: "1O.4", "2,215,O04",
/// "l,000", "5..1", "5½".
pub(crate) fn is_torn(text: &str, number: Range<usize>) -> bool {
    let joined = |mut chars: Box<dyn Iterator<Item = char> + '_>| {
        let point = matches!(chars.next(), Some('.' | ','));
        point && chars.take_while(|c| c.is_alphanumeric()).any(|c| c.is_ascii_digit())
    };
    let before = text.get(..number.start).unwrap_or("");
    let after = text.get(number.end..).unwrap_or("");
    let comma = before.strip_suffix(',').is_some_and(|head| head.ends_with(char::is_alphanumeric));
    // Two points are a slip of the hand, more of them lead to a value.
    let points = before.strip_suffix("..").is_some_and(|head| head.ends_with(char::is_numeric))
        || after.strip_prefix("..").is_some_and(|tail| tail.starts_with(char::is_numeric));
    let fraction = after.starts_with(|c: char| c.is_numeric() && !c.is_ascii());
    comma
        || points
        || fraction
        || joined(Box::new(before.chars().rev()))
        || joined(Box::new(after.chars()))
}

/// `1/2`, `3/8`.
pub(crate) fn is_fraction(text: &str, token: &Token) -> bool {
    let parts = text.get(token.range()).and_then(|printed| printed.split_once('/'));
    token.kind == Kind::Joined
        && parts.is_some_and(|(above, below)| above.len() <= 2 && below.len() <= 2)
}

/// A number as a canonical decimal; `None` where its commas and points fit no number.
fn canonical(printed: &str) -> Option<String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = match printed.split_once('.') {
        Some((whole, fraction)) if digits(fraction) => (whole, Some(fraction)),
        Some(_) => return None,
        None => (printed, None),
    };
    let separator = whole.chars().find(|c| matches!(c, ',' | '\'' | '’'));
    let mut groups = whole.split([',', '\'', '’']);
    let first = groups.next().unwrap_or("");
    let grouped = separator.is_some();
    let good = (digits(first) || (first.is_empty() && fraction.is_some() && !grouped))
        // "0,123" has lost what stood before it, or was an O.
        && (!grouped || first.len() <= 3 && !first.starts_with('0'))
        && groups.all(|group| group.len() == 3 && digits(group));
    let mixed = whole.chars().any(|c| !c.is_ascii_digit() && Some(c) != separator);
    if !good || mixed {
        return None;
    }
    let plain: String = whole.chars().filter(char::is_ascii_digit).collect();
    let plain = plain.trim_start_matches('0');
    let plain = if plain.is_empty() { "0" } else { plain };
    Some(match fraction {
        Some(fraction) => format!("{plain}.{fraction}"),
        None => plain.to_owned(),
    })
}

/// A printed number of shares; `-0-` is none of them.
pub(crate) fn amount(printed: &str) -> Option<Amount> {
    let printed = printed.trim_matches(|c: char| is_dash(c) || c == ' ');
    // "5.234" may be thousands in a continental hand: with commas, or more decimals, it is not.
    if let Some((whole, fraction)) = printed.split_once('.') {
        let continental = fraction.len() == 3 && !whole.contains(',') && whole.len() <= 3;
        if continental && !whole.trim_start_matches('0').is_empty() {
            return None;
        }
    }
    canonical(printed)?.parse().ok()
}

/// A printed percent, without its sign.
pub(crate) fn percent(printed: &str, less_than: bool) -> Option<Percent> {
    let printed = printed.trim_matches(|c: char| is_dash(c) || c == ' ');
    let plain = canonical(printed)?;
    let percent: Percent = plain.parse().ok()?;
    let value = percent.decimal();
    let whole = printed.contains(',') || value > rust_decimal::Decimal::ONE_HUNDRED;
    match (whole, less_than) {
        (true, _) => None,
        (false, true) => Some(Percent::LessThan(value)),
        (false, false) => Some(percent),
    }
}

/// Words that say there are no shares.
pub(crate) fn is_zero_word(word: &str) -> bool {
    ["none", "nil", "zero", "nill"].iter().any(|zero| word.eq_ignore_ascii_case(zero))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text, 0..text.len()).into_iter().map(|t| t.kind).collect()
    }

    #[test]
    fn amounts_are_read_as_printed() {
        for (printed, value) in [
            ("28,356,418", "28356418"),
            ("2083191", "2083191"),
            ("-0-", "0"),
            ("– 0 –", "0"),
            ("00", "0"),
            ("942,779.94", "942779.94"),
            ("5'288'262", "5288262"),
            ("5’288’262", "5288262"),
            ("0.500", "0.500"),
        ] {
            assert_eq!(amount(printed).unwrap().to_string(), value, "{printed}");
        }
        for bad in ["1,23,456", "12,34", "1.234.567", "5.234", "1234,567", "0,123", ""] {
            assert_eq!(amount(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_rule_is_no_dash_even_behind_one() {
        for rule in ["----", "- ------", "- ----|------"] {
            assert!(!kinds(rule).contains(&Kind::Dash), "{rule}");
        }
        for dash in ["-", "- ", "- --", "-  ------", "-\n------"] {
            assert_eq!(kinds(dash).first(), Some(&Kind::Dash), "{dash}");
        }
    }

    #[test]
    fn percents_keep_their_decimals() {
        for (printed, value) in [("28.90", "28.90"), (".02", "0.02"), ("0", "0"), ("05.1", "5.1")] {
            assert_eq!(percent(printed, false).unwrap().to_string(), value, "{printed}");
        }
        assert_eq!(percent("0.1", true).unwrap().to_string(), "<0.1");
        for bad in ["5,000", "101", "5,4", "x"] {
            assert_eq!(percent(bad, false), None, "{bad}");
        }
    }

    #[test]
    fn bars_are_borders_or_boxes() {
        let boxes = |text: &str| -> Vec<Option<bool>> {
            let kinds = kinds(text).into_iter();
            kinds.filter_map(|kind| if let Kind::Box(b) = kind { Some(b) } else { None }).collect()
        };
        assert_eq!(boxes("            | |\n"), [Some(false)]);
        assert_eq!(boxes("|    |        |\n"), []);
        assert_eq!(boxes("EXCLUDES   | |X| (3)      |\n"), [Some(true)]);
        assert_eq!(boxes("| 12 | EXCLUDES   | |_|      |\n"), [Some(false)]);
    }

    #[test]
    fn boxes_are_drawn_in_many_ways() {
        for ticked in
            ["[X]", "[ x ]", "/X/", "/ x /", "|X|", "__X__", "(x)", "( X )", "{X}", "☒", "[_X_]"]
        {
            assert_eq!(kinds(ticked), [Kind::Box(Some(true))], "{ticked}");
        }
        for empty in ["[ ]", "[_]", "[]", "/ /", "/  /", "|_|", "_____", "( )", "☐", "[   ]"] {
            assert_eq!(kinds(empty), [Kind::Box(Some(false))], "{empty}");
        }
        assert_eq!(kinds("x | |").last(), Some(&Kind::Box(Some(false))));
        assert!(!kinds("| | x |\n|  |").contains(&Kind::Box(Some(false))));
        assert_eq!(kinds("(a)b."), [Kind::Letter(b'a'), Kind::Letter(b'b')]);
        assert_eq!(kinds("(1)(iv)**"), [Kind::Note; 3]);
        assert_eq!(kinds("1,234/2/"), [Kind::Number, Kind::Note]);
        assert_eq!(kinds("13.6%/12/"), [Kind::Number, Kind::Percent, Kind::Note]);
        assert_eq!(kinds("2/1/99"), [Kind::Joined]);
    }
}
