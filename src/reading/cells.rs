//! The numbers that stand in a cell of the cover page: which are its value, which belong to the
//! sentence around it. Knows nothing of other cells, except the number printed before the next.

use std::ops::Range;

use crate::reading::candidates::{Candidate, Cell};
use crate::reading::dates::{self, is_month};
use crate::reading::labels::{is_half_legend_word, is_legend_word};
use crate::reading::lexeme::{self, Kind, Token, is_zero_word};
use crate::terms::quantity::Amount;

/// Words of quantity, and of the form besides those of its legend, that carry no value.
const FORM_WORDS: [&str; 32] = [
    "share",
    "as",
    "common",
    "stock",
    "class",
    "unit",
    "the",
    "in",
    "row",
    "amount",
    "represented",
    "approximately",
    "approx",
    "an",
    "aggregate",
    "ordinary",
    "voting",
    "power",
    "and",
    "is",
    "for",
    "total",
    "owner",
    "a",
    "item",
    "ads",
    "adss",
    "benefically",
    "about",
    "security",
    "interests",
    "on",
];

/// Words after which a number is a bound, not the value.
const HEDGES: [&str; 8] =
    ["exclud", "except", "maximum", "exceed", "excess", "more", "greater", "minimum"];

/// Words that point elsewhere; the numbers after them count items, rows and pages.
const POINTERS: [&str; 24] = [
    "item",
    "items",
    "row",
    "rows",
    "exhibit",
    "note",
    "notes",
    "footnote",
    "footnotes",
    "page",
    "pages",
    "section",
    "rule",
    "schedule",
    "annex",
    "appendix",
    "paragraph",
    "questions",
    "question",
    "amendment",
    "line",
    "series",
    "no",
    "attachment",
];

/// A reader of one cell.
pub(crate) struct CellReader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    cell: Cell,
    depth: usize,
    /// Words that are not the form's, since the last number.
    words: Vec<Range<usize>>,
    hedged: bool,
    /// The number of a list stands before the next number.
    listed: bool,
    /// A sum of money, which is no number of shares.
    money: Option<Range<usize>>,
}

/// Reads the amounts of a cell.
pub(crate) fn amounts(text: &str, tokens: &[Token]) -> Cell {
    let mut reader = CellReader {
        text,
        tokens,
        cell: Cell::default(),
        depth: 0,
        words: Vec::new(),
        hedged: false,
        listed: false,
        money: None,
    };
    let mut at = 0;
    while at < tokens.len() {
        at = reader.take(at);
    }
    reader.finish()
}

impl CellReader<'_> {
    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    fn word(&self, at: usize) -> &str {
        self.token(at).and_then(|t| self.text.get(t.range())).unwrap_or("")
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.token(at).map(|t| t.kind)
    }

    /// Deals with the token at `at`; returns the next one to deal with.
    fn take(&mut self, at: usize) -> usize {
        let Some(token) = self.token(at) else { return at + 1 };
        if let Some(last) = self
            .cell
            .candidates
            .last_mut()
            .filter(|_| !matches!(token.kind, Kind::Mark(_) | Kind::Box(_)))
        {
            last.end = token.end;
        }
        match token.kind {
            Kind::Number => self.number(at, token),
            Kind::Word => return self.take_word(at, token),
            Kind::Open => self.depth += 1,
            Kind::Close => self.depth = self.depth.saturating_sub(1),
            Kind::Mark(true) => self.depth = 0,
            Kind::Other('§' | '#') => return at + 2,
            Kind::Other('$' | '€' | '£') => {
                let end = self.token(at + 1).map_or(token.end, |sum| sum.end);
                self.money.get_or_insert(token.start..end);
                return at + 2;
            }
            Kind::Joined => self.words.push(token.range()),
            Kind::Other('+') => self.adds(at),
            Kind::Dash if self.cell.dash.is_none() => self.cell.dash = Some(token.range()),
            _ => {}
        }
        at + 1
    }

    fn take_word(&mut self, at: usize, token: Token) -> usize {
        let word = lexeme::lower(self.word(at));
        if is_zero_word(&word) && self.stands_alone(at) {
            // "0 (zero)" says it twice.
            let again = self.cell.candidates.last().is_some_and(|last| {
                last.amount.is_some_and(Amount::is_zero) && token.start - last.range.end < 4
            });
            if !again {
                self.push(at, token, Some(Amount::ZERO));
            }
            return at + 1;
        }
        let month = is_month(&word) && word.len() >= 3;
        if let Some(next) = month.then(|| self.after_date(at)).flatten() {
            return next;
        }
        if let Some(next) = self.nothing_said(at, &word) {
            return next;
        }
        if let Some(next) = self.no_shares(at, token, &word) {
            return next;
        }
        if POINTERS.contains(&word.as_str()) {
            return self.after_pointer(at);
        }
        if word == "up" && self.word(at + 1).eq_ignore_ascii_case("to") {
            self.hedged = true;
        }
        if word == "plus" {
            self.adds(at);
        }
        self.hedged |= HEDGES.iter().any(|hedge| word.starts_with(hedge));
        let legend = is_legend_word(&word) || is_half_legend_word(&word);
        if !legend && !FORM_WORDS.contains(&word.as_str()) {
            self.words.push(token.range());
        }
        at + 1
    }

    /// "1,204,500 plus 2,860,000": the first number is a part of the value.
    fn adds(&mut self, at: usize) {
        let near = self.tokens.iter().skip(at + 1).take(4);
        let mut words = near.filter(|t| !matches!(t.kind, Kind::Mark(_) | Kind::Other('|')));
        let number = words.next().is_some_and(|t| t.kind == Kind::Number);
        if let Some(last) = self.cell.candidates.last_mut().filter(|_| number && self.depth == 0) {
            last.hedged = true;
        }
    }

    /// "None" as an answer, not as the first word of "none of the shares".
    fn stands_alone(&self, at: usize) -> bool {
        let mut next = at + 1;
        while matches!(self.kind(next), Some(Kind::Note | Kind::Other('.' | ',' | ';' | ':'))) {
            next += 1;
        }
        match self.kind(next) {
            Some(Kind::Word) if self.set_apart(next) => true,
            Some(Kind::Word) => {
                let word = lexeme::lower(self.word(next));
                [
                    "shares",
                    "share",
                    "see",
                    "voting",
                    "beneficially",
                    "owned",
                    "each",
                    "reporting",
                    "person",
                    "with",
                    "common",
                ]
                .contains(&word.as_str())
            }
            _ => true,
        }
    }

    /// "No shares", where no number follows that it may leave out.
    fn no_shares(&mut self, at: usize, token: Token, word: &str) -> Option<usize> {
        let first = word == "no" && self.cell.candidates.is_empty();
        let shares = self.token(at + 1).filter(|_| first)?;
        let held =
            matches!(lexeme::lower(self.word(at + 1)).as_str(), "shares" | "share" | "units");
        let rest = self.tokens.get(at + 2..).unwrap_or_default();
        let number = |t: &Token| t.kind == Kind::Number && t.end - t.start > 3;
        if !held || rest.iter().any(number) {
            return None;
        }
        self.push(at, Token { end: shares.end, ..token }, Some(Amount::ZERO));
        Some(at + 2)
    }

    /// Whether a gap, not one space, stands before a token.
    fn set_apart(&self, at: usize) -> bool {
        let start = self.token(at).map_or(0, |t| t.start);
        self.text.get(..start).is_some_and(|head| head.ends_with("   "))
    }

    /// `December 31, 2010`.
    fn after_date(&self, at: usize) -> Option<usize> {
        let near = self.tokens.get(at..(at + 5).min(self.tokens.len()))?;
        let last = near.last()?.end;
        let start = near.first()?.start;
        let found = dates::dates_in(self.text, start..last).next()?;
        let taken = near.iter().take_while(|t| t.end <= found.range.end).count();
        (found.range.start == start && taken > 0).then_some(at + taken)
    }

    /// `N/A`, `Not applicable`, `See ...`, `Same as ...`: returns what comes after.
    fn nothing_said(&mut self, at: usize, word: &str) -> Option<usize> {
        let next = lexeme::lower(self.word(at + 1));
        let taken = match word {
            "n" if self.kind(at + 1) == Some(Kind::Other('/'))
                && self.word(at + 2).eq_ignore_ascii_case("a") =>
            {
                3
            }
            "n" if self.kind(at + 1) == Some(Kind::Other('.'))
                && self.kind(at + 2) == Some(Kind::Letter(b'a')) =>
            {
                3
            }
            "na" => 1,
            "not" if next == "applicable" => 2,
            "inapplicable" => 1,
            "see" | "refer" | "same" | "please" => {
                self.cell.says_nothing = true;
                let after = self.after_sentence(at);
                let said = self.token(at).zip(after.checked_sub(1).and_then(|at| self.token(at)));
                let said = said.filter(|_| !next.starts_with("instruction"));
                if let Some((first, last)) = said {
                    self.cell.elsewhere.get_or_insert(first.start..last.end);
                }
                return Some(after);
            }
            _ => return None,
        };
        self.cell.says_nothing = true;
        Some(at + taken)
    }

    /// Past a pointer elsewhere: to the end of its sentence, bracket or line, and past its numbers.
    fn after_sentence(&self, at: usize) -> usize {
        let mut next = at + 1;
        let mut depth = 0_usize;
        loop {
            match self.kind(next) {
                None | Some(Kind::Mark(true)) => return next,
                Some(Kind::Mark(false)) if self.line_is_new(next) => return next,
                Some(Kind::Other('.' | ';')) if depth == 0 => return next + 1,
                Some(Kind::Close) if depth == 0 => return next,
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth -= 1,
                // A number with commas is a number of shares, not of an item.
                Some(Kind::Number) if self.word(next).contains(',') => return next,
                _ => {}
            }
            next += 1;
        }
    }

    /// Whether the line after a mark begins with a number.
    fn line_is_new(&self, at: usize) -> bool {
        matches!(self.kind(at + 1), Some(Kind::Number | Kind::Mark(_) | Kind::Dash) | None)
    }

    /// Past `Item 4(a)`, `Rows 5, 6 and 7`.
    fn after_pointer(&self, at: usize) -> usize {
        let mut next = at + 1;
        while matches!(self.kind(next), Some(Kind::Other('.' | '#' | ':'))) {
            next += 1;
        }
        let counts = |reader: &Self, at: usize| match reader.kind(at) {
            Some(Kind::Number) => !reader.word(at).contains(',') && reader.word(at).len() <= 3,
            Some(Kind::Note | Kind::Letter(_)) => true,
            Some(Kind::Word) => reader.word(at).starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if !counts(self, next) {
            return at + 1;
        }
        loop {
            next += 1;
            let joins = match self.kind(next) {
                Some(Kind::Note | Kind::Letter(_)) => continue,
                Some(Kind::Other(',' | '&')) | Some(Kind::Dash) => true,
                Some(Kind::Word) => ["and", "or", "through", "to"]
                    .contains(&lexeme::lower(self.word(next)).as_str()),
                _ => false,
            };
            let two = usize::from(
                joins && self.word(next) == "," && self.word(next + 1).eq_ignore_ascii_case("and"),
            );
            if !joins || !counts(self, next + 1 + two) {
                return next;
            }
            next += 1 + two;
        }
    }

    fn number(&mut self, at: usize, token: Token) {
        let printed = self.word(at);
        if matches!(self.kind(at + 1), Some(Kind::Percent)) {
            self.words.push(token.range());
            return;
        }
        if self.heads_list(at, token) {
            self.listed = true;
            // The second of a list is a part, as the first was.
            self.cell.candidates.iter_mut().for_each(|first| first.hedged = true);
            return;
        }
        // "1,000 1/" is a footnote's mark in an old hand.
        let footnote = matches!(self.kind(at + 1), Some(Kind::Other('/'))) && printed.len() <= 2;
        if footnote && !self.cell.candidates.is_empty() {
            return;
        }
        let times = ["million", "thousand", "billion", "mm"];
        let times = times.iter().any(|word| self.word(at + 1).eq_ignore_ascii_case(word));
        // "311,046 1/2": half a share more than is read.
        let mixed = self.token(at + 1).is_some_and(|next| lexeme::is_fraction(self.text, &next));
        let torn = times || mixed || lexeme::is_torn(self.text, token.range());
        let amount = lexeme::amount(printed).filter(|_| !torn && !self.is_broken(at));
        let inner = !self.begins_value(at);
        match self.cell.candidates.last_mut().filter(|_| inner) {
            Some(last) => last.inner.push(token.range()),
            None => self.push(at, token, amount),
        }
    }

    /// "1. 500,000", "2) 4,000": the number of a list, which is smaller than that of any row of
    /// shares, right before its point, and the value apart behind it.
    fn heads_list(&self, at: usize, token: Token) -> bool {
        let sign = self.token(at + 1).filter(|sign| sign.start == token.end);
        let sign = sign.filter(|sign| matches!(sign.kind, Kind::Other('.') | Kind::Close));
        let value = self.token(at + 2).filter(|value| value.kind == Kind::Number);
        let apart = sign.zip(value).is_some_and(|(sign, value)| sign.end < value.start);
        apart && self.depth == 0 && matches!(self.word(at), "1" | "2" | "3" | "4")
    }

    /// "1,234, 567", and what is broken over two lines: whether these are one number or two cannot
    /// be told.
    fn is_broken(&self, at: usize) -> bool {
        let three = |at: usize| {
            self.kind(at) == Some(Kind::Number)
                && self.word(at).split(',').next().map(str::len) == Some(3)
        };
        let comma = |at: usize| self.kind(at) == Some(Kind::Other(','));
        // "962" and "," and "400" in three cells.
        let apart = usize::from(matches!(self.kind(at + 1), Some(Kind::Mark(true))));
        let after = at + 2 + apart;
        let after = after + usize::from(matches!(self.kind(after), Some(Kind::Mark(true))));
        if apart == 1 && comma(at + 2) && three(after) {
            return true;
        }
        let line = |at: usize| usize::from(self.kind(at) == Some(Kind::Mark(false)));
        let before = at.checked_sub(1).and_then(|before| before.checked_sub(line(before)));
        let number =
            |comma: usize| comma.checked_sub(1).and_then(|at| self.kind(at)) == Some(Kind::Number);
        (comma(at + 1) && three(at + 2 + line(at + 2)))
            || (three(at) && before.is_some_and(|before| comma(before) && number(before)))
    }

    fn push(&mut self, at: usize, token: Token, amount: Option<Amount>) {
        if let Some(last) = self.cell.candidates.last_mut() {
            last.end = last.end.min(token.start);
        }
        self.keep_words();
        let printed = self.word(at);
        let small = if printed.len() <= 2 { printed.parse().ok() } else { None };
        self.cell.candidates.push(Candidate {
            range: token.range(),
            amount,
            inner: Vec::new(),
            after_words: !self.words.is_empty(),
            hedged: self.hedged,
            listed: self.listed,
            small,
            end: token.end,
        });
        self.words.clear();
        (self.hedged, self.listed) = (false, false);
    }

    /// Whether a number begins a value, or belongs to the words after the last one.
    fn begins_value(&self, at: usize) -> bool {
        let Some(last) = self.cell.candidates.last() else { return true };
        if self.depth > 0 {
            return false;
        }
        let mut before = at;
        let mut line = false;
        let mut break_ = false;
        let previous = loop {
            let Some(index) = before.checked_sub(1) else { return true };
            before = index;
            match self.kind(index) {
                Some(Kind::Mark(strong)) => {
                    line = true;
                    break_ |= strong;
                }
                Some(Kind::Note | Kind::Box(_) | Kind::Dash) => {}
                Some(Kind::Other('.')) if line => return true,
                Some(Kind::Other('|')) => {
                    line = true;
                    break_ = true;
                }
                _ => break index,
            }
        };
        let token = self.token(previous);
        if token.is_some_and(|t| t.range() == last.range) {
            return true;
        }
        let word = lexeme::lower(self.word(previous));
        match token.map(|t| t.kind) {
            Some(Kind::Close) => true,
            Some(Kind::Number | Kind::Percent) => line,
            Some(Kind::Other('.')) => line,
            Some(Kind::Word) if break_ => !JOINING.contains(&word.as_str()),
            Some(Kind::Word) => line && FINAL.contains(&word.as_str()),
            Some(Kind::Other(',' | ';' | ':' | '(')) => false,
            _ => break_,
        }
    }

    /// Words before the first number stay known: it may be the next row's, and not a value.
    fn keep_words(&mut self) {
        if self.cell.candidates.is_empty() {
            let words = self.words.first().zip(self.words.last());
            let words = words.map(|(first, last)| first.start..last.end);
            self.cell.words = words.or_else(|| self.money.clone());
        }
    }

    fn finish(mut self) -> Cell {
        self.keep_words();
        if self.cell.words.is_some() || self.cell.says_nothing {
            self.cell.dash = None;
        }
        self.cell
    }
}

/// Words after which a number goes on with the sentence, even in a new cell.
const JOINING: [&str; 14] = [
    "of",
    "and",
    "to",
    "the",
    "including",
    "includes",
    "or",
    "for",
    "by",
    "plus",
    "than",
    "least",
    "consisting",
    "is",
];

/// Words with which a value's line may end, so that a number on the next line is another value.
const FINAL: [&str; 11] = [
    "shares", "share", "stock", "units", "none", "direct", "directly", "below", "common",
    "options", "warrants",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::candidates::drop_row_numbers;
    use crate::reading::labels::Row;

    fn values(text: &str) -> Vec<String> {
        let tokens = lexeme::tokens(text, 0..text.len());
        let mut cell = amounts(text, &tokens);
        drop_row_numbers(text, &mut cell, Some(Row::SharedVoting), false);
        cell.candidates
            .iter()
            .map(|c| c.amount.map_or("?".to_owned(), |amount| amount.to_string()))
            .collect()
    }

    #[test]
    fn a_cell_says_one_number_in_many_ways() {
        for (text, value) in [
            ("1,667 Shares", "1667"),
            (": 5,820,500 (1)(2)", "5820500"),
            ("28,356,418 (See Item 4(a) below)", "28356418"),
            ("14,918 shares - (Does not include 55 shares)", "14918"),
            ("- 4,444,899 **", "4444899"),
            ("  -0- (See Items 2, 3 and 5)", "0"),
            ("None", "0"),
            ("NONE.\n", "0"),
            ("1,019 shares, consisting of (i) 275 shares; (ii) 433\nshares and 310 more", "1019"),
            ("31,567 shares, of which 26,058 are owned by A and\n 2,809 by B", "31567"),
            ("6 7 8 14,918 shares", "14918"),
            ("BENEFICIALLY\nOWNED AS OF December 31, 2010\n 38,369", "38369"),
            ("1,667Shares", "1667"),
            ("12,500\u{e}1\u{f}", "12500"),
            ("1,000 1/", "1000"),
            ("(see row 7) 5,000", "5000"),
            ("No shares", "0"),
            ("No shares of Common Stock.", "0"),
            ("6,020 shares of Class A and no shares of\nClass B", "6020"),
        ] {
            assert_eq!(values(text), [value], "{text}");
        }
    }

    #[test]
    fn nothing_is_not_zero() {
        for text in
            ["", "N/A", "N.A.", "Not applicable", "See response to row 5.", "See Item 5", "SHARES"]
        {
            let tokens = lexeme::tokens(text, 0..text.len());
            let cell = amounts(text, &tokens);
            assert!(cell.candidates.is_empty() && cell.words.is_none(), "{text} {cell:?}");
        }
    }

    #[test]
    fn where_to_look_is_told() {
        for (text, said) in [
            ("See Item 5", Some("See Item 5")),
            ("Same as row 9", Some("Same as row 9")),
            ("See response to row 5.\n", Some("See response to row 5.")),
            ("N/A", None),
            ("(See Instructions)", None),
        ] {
            let cell = amounts(text, &lexeme::tokens(text, 0..text.len()));
            assert_eq!(cell.elsewhere.map(|at| &text[at]), said, "{text}");
        }
        assert_ne!(values("No shares other than 5,000"), ["0"]);
    }

    #[test]
    fn a_torn_number_is_no_value_and_money_no_nothing() {
        for torn in ["l,000", "O,125", "0,125", "I,234,567", "1..000", "311,046 1/2 shares"] {
            assert_eq!(values(torn), ["?"], "{torn}");
        }
        assert_eq!(values("1,\n204,600"), ["?"]);
        let money = "$1,000";
        let cell = amounts(money, &lexeme::tokens(money, 0..money.len()));
        assert_eq!((cell.candidates.len(), cell.words), (0, Some(0..money.len())));
        let next = "$1,000\n6";
        let cell = amounts(next, &lexeme::tokens(next, 0..next.len()));
        assert_eq!(cell.words, Some(0..money.len()));
    }

    #[test]
    fn two_values_stay_two() {
        for text in ["0 3,731 shares", "0\n\n5,000", "1,000 shares\n2,000 shares", "5 | 6"] {
            assert_eq!(values(text).len(), 2, "{text}");
        }
    }
}
