//! How days are printed, and which day is meant.
//! Knows nothing of labels or pages: it is given a stretch of text and finds the dates in it.

use std::ops::Range;

use crate::reading::lexeme::{Kind, Token, tokens_in};
use crate::terms::time::Day;

/// The number of a month, by its name or the first letters of it.
fn month(word: &str) -> Option<u8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const FIRST: &[u8] = b"jfmasond";
    if !word.bytes().next().is_some_and(|first| FIRST.contains(&first.to_ascii_lowercase())) {
        return None;
    }
    let begins =
        |name: &str| name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let found = MONTHS.iter().position(|name| {
        (word.len() >= 3 && begins(name))
            || (word.eq_ignore_ascii_case("sept") && *name == "september")
    })?;
    u8::try_from(found + 1).ok()
}

/// Whether a word is a month's name: the numbers after it are a day and a year.
pub(crate) fn is_month(word: &str) -> bool {
    month(word).is_some()
}

/// A date among tokens, and the tokens it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PrintedDate {
    /// The day; `None` for a date that is none, such as February 30.
    pub(crate) day: Option<Day>,
    /// Where it stands.
    pub(crate) range: Range<usize>,
}

/// Every date in `range`, in order, each looked for when it is asked for.
pub(crate) fn dates_in(text: &str, range: Range<usize>) -> impl Iterator<Item = PrintedDate> {
    let telling =
        |t: &Token| !matches!(t.kind, Kind::Mark(_) | Kind::Note | Kind::Other(',' | '.'));
    let mut tokens = tokens_in(text, range).filter(telling);
    // The tokens that a date may begin with: no date takes more.
    let mut near: Vec<Token> = Vec::with_capacity(LONGEST_DATE);
    std::iter::from_fn(move || {
        loop {
            near.extend(tokens.by_ref().take(LONGEST_DATE - near.len()));
            let start = near.first()?.start;
            let Some((day, taken)) = date(text, &near) else {
                near.remove(0);
                continue;
            };
            let last = near.get(taken - 1).map_or(0, |t| t.end);
            near.drain(..taken);
            return Some(PrintedDate { day, range: start..last });
        }
    })
}

/// Every date in `range`, in order.
pub(crate) fn dates(text: &str, range: Range<usize>) -> Vec<PrintedDate> {
    dates_in(text, range).collect()
}

/// How many tokens a date takes at most: `31-Dec-2010`.
const LONGEST_DATE: usize = 5;

/// The date that tokens begin with, and how many it takes.
fn date(text: &str, tokens: &[Token]) -> Option<(Option<Day>, usize)> {
    let word = |index: usize| -> Option<&str> {
        let token = tokens.get(index)?;
        matches!(token.kind, Kind::Word | Kind::Number).then(|| text.get(token.range()))?
    };
    let first = tokens.first()?;
    if first.kind == Kind::Joined {
        return joined_date(text.get(first.range())?).map(|day| (day, 1));
    }
    if first.kind == Kind::Number && first.end - first.start >= "1.1.2010".len() {
        return pointed_date(text.get(first.range())?).map(|day| (day, 1));
    }
    if let Some(month) = word(0).and_then(month) {
        // "December 31, 2010" may come as "December 31,2010": one token to the lexer.
        if let Some((day, year)) = word(1).and_then(|w| w.split_once(',')) {
            return Some((ymd(year, month, day)?, 2));
        }
        return Some((ymd(word(2)?, month, word(1)?)?, 3));
    }
    if tokens.get(1).is_some_and(|t| t.kind == Kind::Dash) {
        return dashed_date(text, tokens).map(|day| (day, LONGEST_DATE));
    }
    let month = word(1).and_then(month)?;
    Some((ymd(word(2)?, month, word(0)?)?, 3))
}

/// `31-Dec-2010`, with nothing between its five tokens.
fn dashed_date(text: &str, tokens: &[Token]) -> Option<Option<Day>> {
    let [day, first, month_name, second, year] = tokens else { return None };
    let tight = tokens.windows(2).all(|pair| matches!(pair, [a, b] if a.end == b.start));
    let dashes = first.kind == Kind::Dash && second.kind == Kind::Dash;
    let month = month(text.get(month_name.range())?).filter(|_| tight && dashes)?;
    let year = text.get(year.range())?;
    ymd(&full_year(year)?.to_string(), month, text.get(day.range())?)
}

/// `12.31.2010`. A point is the mark of Europe, where the day comes first: where both may be, it is
/// no date that can be told.
fn pointed_date(printed: &str) -> Option<Option<Day>> {
    let parts: Vec<&str> = printed.split('.').collect();
    let [a, b, year] = parts.as_slice() else { return None };
    if a.len() > 2 || b.len() > 2 || year.len() != 4 {
        return None;
    }
    let (first, second): (u8, u8) = (a.parse().ok()?, b.parse().ok()?);
    let (month, day) = if first > 12 { (second, a) } else { (first, b) };
    let told = first == second || first.max(second) > 12;
    ymd(year, month, day).map(|found| found.filter(|_| told))
}

/// `None`: no date at all; `Some(None)`: a date that is none.
fn ymd(year: &str, month: u8, day: &str) -> Option<Option<Day>> {
    let number = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (year, of_month): (i32, u8) = (year.parse().ok()?, number.parse().ok()?);
    // "3l" is no third, but a 31st with a letter for its last digit.
    let ending = day.get(number.len()..).unwrap_or("");
    let ordinal = ["", "st", "nd", "rd", "th"].iter().any(|end| ending.eq_ignore_ascii_case(end));
    let found = (1900..2200).contains(&year).then(|| Day::from_ymd(year, month, of_month))?;
    Some(found.filter(|_| ordinal))
}

/// `12/31/1999`, `12-31-99`, `1999-12-31`.
fn joined_date(printed: &str) -> Option<Option<Day>> {
    let mut parts = printed.split(['/', '-']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    if a.len() == 4 {
        return ymd(a, b.parse().ok()?, c);
    }
    if a.len() > 2 || b.len() > 2 {
        return None;
    }
    let (month, day): (u8, u8) = (a.parse().ok()?, b.parse().ok()?);
    Some(Day::from_ymd(full_year(c)?, month, day))
}

/// A year of four digits, or of two: EDGAR begins in 1993.
fn full_year(printed: &str) -> Option<i32> {
    let year: i32 = printed.parse().ok()?;
    match printed.len() {
        4 => Some(year),
        2 if year >= 90 => Some(1900 + year),
        2 => Some(2000 + year),
        _ => None,
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_form() {
        for printed in [
            "December 31, 2010",
            "DECEMBER 31 2010",
            "Dec. 31, 2010",
            "31 December 2010",
            "12/31/2010",
            "12-31-10",
            "2010-12-31",
            "December 31st, 2010",
            "December\n31,2010",
            "31-Dec-2010",
            "31-DEC-10",
            "12.31.2010",
            "31.12.2010",
        ] {
            let found = dates(printed, 0..printed.len());
            assert_eq!(found.len(), 1, "{printed}");
            assert_eq!(found[0].day.unwrap().to_string(), "2010-12-31", "{printed}");
            assert_eq!(found[0].range, 0..printed.len(), "{printed}");
        }
        for no_day in ["February 30, 2010", "December 3l, 2010", "01.02.2010", "31/12/2010"] {
            assert_eq!(dates(no_day, 0..no_day.len())[0].day, None, "{no_day}");
        }
        for none in
            ["December 2010", "13-3688497", "May be 5 or 6", "1,234", "1.2.3", "5 - Dec - 2010"]
        {
            assert_eq!(dates(none, 0..none.len()), [], "{none}");
        }
    }
}
