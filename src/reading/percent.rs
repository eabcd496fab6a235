//! The percent of a cover page: among words, signs, references and notes.
//! Knows nothing of where its row stands; it is given the tokens of the cell.

use std::ops::Range;

use crate::reading::continental;
use crate::reading::lexeme::{self, Kind, Token, is_zero_word};
use crate::reading::rows::{Said, is_form_word, word};
use crate::terms::quantity::Percent;

/// Words that make a percent a limit.
const HEDGES: [&str; 9] =
    ["up", "over", "more", "exceed", "exceeds", "excess", "greater", "least", "between"];

/// Words before the number of a row, a note or a page.
const POINTERS: [&str; 13] = [
    "row", "rows", "line", "lines", "item", "items", "note", "notes", "footnote", "page", "pages",
    "exhibit", "on",
];

/// A percent: "5.1%", "Less than 1%", ".02", "is 16.26% of Class B".
///
/// With a comma before its decimals where the page is `continental`.
pub(crate) fn percent(
    text: &str,
    tokens: &[Token],
    drop: &[usize],
    continental: bool,
) -> Said<Percent> {
    let kept: Vec<Token> = tokens.iter().filter(|t| !drop.contains(&t.start)).copied().collect();
    let (mut signed, mut bare) = (Found::new(), Found::new());
    let mut depth = 0_usize;
    let mut bound = false;
    let mut hedged = None;
    let mut skip_to = 0;
    let (mut bracketed, mut in_words) = (Found::new(), false);
    for (index, token) in kept.iter().enumerate() {
        let said = lexeme::lower(word(text, token));
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Number if depth > 0 && kept.get(index + 1).is_some_and(is_sign) => {
                bracketed.push((lexeme::percent(word(text, token), false), token.range()));
                in_words |= said_in_words(text, &kept, index);
            }
            _ if depth > 0 || index < skip_to => {}
            Kind::Word if matches!(said.as_str(), "less" | "under" | "below") => bound = true,
            Kind::Other('<' | '≤') => bound = true,
            Kind::Word if HEDGES.contains(&said.as_str()) => hedged = Some(token.range()),
            Kind::Other('>' | '≥') => hedged = Some(token.range()),
            Kind::Word if is_zero_word(&said) => {
                bare.push((lexeme::percent("0", false), token.range()))
            }
            Kind::Word if POINTERS.contains(&said.as_str()) => {
                skip_to = after_reference(&kept, text, index);
            }
            Kind::Word if bound && number_word(&said).is_some() => {
                let value = number_word(&said).and_then(|n| lexeme::percent(n, true));
                signed.push((value, token.range()));
            }
            Kind::Number => {
                let next = kept.get(index + 1);
                let sign = next.is_some_and(|t| {
                    t.kind == Kind::Percent || word(text, t).eq_ignore_ascii_case("percent")
                });
                let value = number(text, token, next, (bound, continental));
                if sign {
                    signed.push((value, token.range()))
                } else {
                    bare.push((value, token.range()))
                }
                bound = false;
            }
            _ => {}
        }
    }
    let found = if signed.is_empty() { bare } else { signed };
    let mut found = or_bracketed(found, bracketed, in_words);
    if found.first().is_some_and(|(first, _)| first.is_some()) {
        // Numbers of shares in a note below are no percents.
        found.retain(|(value, _)| value.is_some());
    }
    if let Some(range) = hedged.filter(|_| !found.is_empty()) {
        let end = found.first().map_or(range.end, |(_, at)| at.end);
        return Said::Unclear(
            range.start.min(end)..end.max(range.end),
            "a limit, not a value".to_owned(),
        );
    }
    misleads(text, &kept).unwrap_or_else(|| one_percent(text, &kept, &found))
}

/// What has a percent in it that is not the one of the cell.
fn misleads(text: &str, tokens: &[Token]) -> Option<Said<Percent>> {
    let unclear = |range, why: &str| Some(Said::Unclear(range, why.to_owned()));
    if let Some(range) = range(text, tokens) {
        return unclear(range, "from one percent to another");
    }
    if let Some(range) = part_of(text, tokens) {
        return unclear(range, "a part of a percent");
    }
    if let Some(range) = torn_by_spaces(text, tokens) {
        return unclear(range, "a number with a space at its point");
    }
    if let Some(range) = beside_another(text, tokens) {
        return unclear(range, "two numbers before one sign");
    }
    let limit = or_less(text, tokens);
    limit.and_then(|range| unclear(range, "a limit, not a value"))
}

/// ".5 of 1%", "one-half of 1%".
fn part_of(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    const PARTS: [&str; 6] = ["half", "third", "quarter", "fourth", "fifth", "tenth"];
    let said = |t: &Token| lexeme::lower(word(text, t));
    let part = |t: &Token| {
        let printed = said(t);
        let last = printed.rsplit('-').next().unwrap_or("").trim_end_matches('s');
        t.kind == Kind::Number || lexeme::is_fraction(text, t) || PARTS.contains(&last)
    };
    let number = |t: &Token| t.kind == Kind::Number || number_word(&said(t)).is_some();
    let found = tokens.windows(3).find(|three| match three {
        [first, of, whole] => part(first) && said(of) == "of" && number(whole),
        _ => false,
    });
    let ends = found.and_then(|three| three.first().zip(three.last()))?;
    let sign = tokens.iter().find(|t| t.start >= ends.1.end);
    let signed = |t: &&Token| is_sign(t) || said(t) == "percent";
    sign.filter(signed).map(|_| ends.0.start..ends.1.end)
}

/// "5.6 3%": a percent with the number of a note before its sign, or another percent. A row's
/// number has no decimals before "1.1%".
fn beside_another(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let number = |t: &Token| t.kind == Kind::Number;
    let found = tokens.windows(3).find(|three| match three {
        [first, second, sign] => {
            let decimals = word(text, first).trim_end_matches('0').contains('.');
            let both = number(first) && number(second) && word(text, first) != word(text, second);
            both && decimals && is_sign(sign)
        }
        _ => false,
    })?;
    Some(found.first()?.start..found.last()?.end)
}

/// "5. 1%", "5 .1%": which is neither 1 nor 0.1. A row's number has its point before "5.1%".
fn torn_by_spaces(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let whole = |t: &Token| t.kind == Kind::Number && !word(text, t).contains('.');
    let point = |t: &Token| t.kind == Kind::Other('.');
    let decimals = |t: &Token| t.kind == Kind::Number && word(text, t).starts_with('.');
    let found = tokens.iter().enumerate().find_map(|(at, first)| {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        let (last, after) = match rest {
            [dot, last, after, ..] if point(dot) && whole(last) => (last, after),
            [last, after, ..] if decimals(last) => (last, after),
            _ => return None,
        };
        (whole(first) && is_sign(after)).then_some(first.start..last.end)
    });
    found.filter(|range| text.get(range.clone()).is_some_and(|printed| printed.len() < 9))
}

/// "4.9% or less".
fn or_less(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let said = |t: &Token| lexeme::lower(word(text, t));
    let number = tokens.iter().position(|t| t.kind == Kind::Number)?;
    let mut rest =
        tokens.iter().skip(number + 1).skip_while(|t| is_sign(t) || said(t) == "percent");
    let (or, bound) = (rest.next()?, rest.next()?);
    let limits = ["less", "more", "greater", "fewer"].contains(&said(bound).as_str());
    (said(or) == "or" && limits).then(|| tokens.get(number).map_or(0, |t| t.start)..bound.end)
}

/// "28% to 29%", "5.0-5.5%": where a cell says from what to what.
fn range(text: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let signed = |t: &Token| is_sign(t) || word(text, t).eq_ignore_ascii_case("percent");
    let leads = |t: &Token| {
        t.kind == Kind::Dash || ["to", "through"].contains(&lexeme::lower(word(text, t)).as_str())
    };
    let is_number = |t: &Token| t.kind == Kind::Number;
    tokens.iter().enumerate().find_map(|(at, first)| {
        let sign = tokens.get(at + 1).is_some_and(signed);
        let joint = at + 1 + usize::from(sign);
        // "11 - 5.2%": the number of a row.
        let whole = sign || word(text, first).contains('.');
        let last = tokens.get(joint + 1).filter(|t| is_number(t))?;
        tokens.get(joint).filter(|t| leads(t) && whole && is_number(first))?;
        tokens.get(joint + 2).filter(|t| signed(t))?;
        (word(text, first) != word(text, last)).then_some(first.start..last.end)
    })
}

/// A number as a percent, if it is whole.
fn number(
    text: &str,
    token: &Token,
    next: Option<&Token>,
    (bound, continental): (bool, bool),
) -> Option<Percent> {
    // "5 1/2%": no number is written so here, and 5 is not it.
    let mixed = next.is_some_and(|t| lexeme::is_fraction(text, t));
    if mixed || lexeme::is_torn(text, token.range()) {
        return None;
    }
    let printed = word(text, token);
    lexeme::percent(printed, bound)
        .or_else(|| continental::percent(printed, bound).filter(|_| continental))
}

/// Numbers that may be a percent, and where they stand.
type Found = Vec<(Option<Percent>, Range<usize>)>;

/// What a bracket says, where nothing else does, "Six and one-quarter percent (6.25%)", or where
/// the rest is only a bound of it: "Less than 5% (4.02%)".
fn or_bracketed(found: Found, bracketed: Found, in_words: bool) -> Found {
    // "Thirty-five percent (35.2%) of Class A; 58.9% of the votes": the bracket says it in figures.
    if let ([(_, first), ..], [(Some(_), at)]) = (found.as_slice(), bracketed.as_slice())
        && at.end < first.start
        && in_words
        && found.iter().all(|(value, _)| *value != bracketed.first().and_then(|(v, _)| *v))
    {
        return [bracketed, found].concat();
    }
    let closer = match (found.as_slice(), bracketed.as_slice()) {
        ([(Some(Percent::LessThan(bound)), _)], [(Some(Percent::Exact(exact)), _)]) => {
            exact < bound
        }
        (found, _) => found.is_empty(),
    };
    if closer { bracketed } else { found }
}

/// Whether a bracket has a percent alone, right behind the word: "percent (35.2%)".
fn said_in_words(text: &str, tokens: &[Token], at: usize) -> bool {
    let kind = |at: usize| tokens.get(at).map(|t| t.kind);
    let word = at.checked_sub(2).and_then(|at| tokens.get(at)).map_or("", |t| word(text, t));
    let alone = kind(at.wrapping_sub(1)) == Some(Kind::Open) && kind(at + 2) == Some(Kind::Close);
    alone && (word.eq_ignore_ascii_case("percent") || word.eq_ignore_ascii_case("cent"))
}

fn is_sign(token: &Token) -> bool {
    token.kind == Kind::Percent
}

fn number_word(word: &str) -> Option<&'static str> {
    match word {
        "one" => Some("1"),
        "two" => Some("2"),
        "five" => Some("5"),
        "ten" => Some("10"),
        _ => None,
    }
}

/// Past `row (9)`, `Item 5`, `on 81,733,247 shares`.
fn after_reference(tokens: &[Token], text: &str, at: usize) -> usize {
    let next = tokens.get(at + 1);
    let counts = next.is_some_and(|t| matches!(t.kind, Kind::Number | Kind::Note));
    let percent = tokens.get(at + 2).is_some_and(|t| t.kind == Kind::Percent);
    let point = next.is_some_and(|t| word(text, t).contains('.'));
    if counts && !percent && !point { at + 2 } else { at + 1 }
}

fn one_percent(
    text: &str,
    tokens: &[Token],
    found: &[(Option<Percent>, Range<usize>)],
) -> Said<Percent> {
    let Some((value, range)) = found.first() else {
        return match tokens.iter().find(|t| t.kind == Kind::Note && word(text, t).starts_with('*'))
        {
            Some(star)
                if tokens.iter().all(|t| t.kind != Kind::Word || is_form_word(word(text, t))) =>
            {
                Said::Unclear(star.range(), "only a footnote's mark".to_owned())
            }
            _ => no_percent(text, tokens),
        };
    };
    let others = found.iter().skip(1).filter(|(other, at)| {
        // Later numbers in the same sentence explain the first.
        (other.is_none() || other != value) && apart(text, range.end..at.start)
    });
    let others: Vec<&Range<usize>> = others.map(|(_, at)| at).collect();
    if let Some(last) = others.last() {
        let mut candidates = vec![text.get(range.clone()).unwrap_or("").to_owned()];
        candidates
            .extend(others.iter().filter_map(|at| text.get((*at).clone())).map(str::to_owned));
        return Said::Either(range.start..last.end, candidates);
    }
    match value {
        Some(value) => Said::Value(*value, range.clone()),
        None => Said::Unclear(range.clone(), "no percent is written so".to_owned()),
    }
}

/// The percent of a footnote: a cell says only "*", and below stands "* Less than 1%".
pub(crate) fn noted_percent(text: &str, star: Range<usize>, end: usize) -> Said<Percent> {
    let mark = text.get(star.clone()).unwrap_or("*");
    let mut at = star.end;
    for line in text.get(star.end..end).unwrap_or("").split_inclusive(crate::reading::text::is_mark)
    {
        let here = at..at + line.len();
        at += line.len();
        let said = line.trim_start_matches([' ', '|']);
        let Some(note) = said.strip_prefix(mark).filter(|note| !note.starts_with('*')) else {
            continue;
        };
        let from = here.end - note.len();
        let tokens = lexeme::tokens(text, from..here.end);
        if let found @ Said::Value(..) = percent(text, &tokens, &[], false) {
            return found;
        }
    }
    Said::Unclear(star, "only a footnote's mark".to_owned())
}

/// A cell without a percent that can be read: nothing, a dash, or words that say something.
fn no_percent(text: &str, tokens: &[Token]) -> Said<Percent> {
    let words: Vec<&Token> = tokens.iter().filter(|t| t.kind == Kind::Word).collect();
    let said = |t: &&Token| lexeme::lower(word(text, t));
    let nothing = words.iter().any(|t| {
        ["see", "n", "na", "applicable", "inapplicable", "same", "refer"]
            .contains(&said(t).as_str())
    });
    let says_percent = words.iter().find(|t| said(t).starts_with("percent"));
    match says_percent.filter(|_| !nothing) {
        Some(token) => Said::Unclear(token.range(), "a percent in words".to_owned()),
        None => dash_percent(tokens),
    }
}

/// A lone dash says nought.
fn dash_percent(tokens: &[Token]) -> Said<Percent> {
    let mut dashes = tokens.iter().filter(|t| t.kind == Kind::Dash);
    let only = tokens
        .iter()
        .all(|t| matches!(t.kind, Kind::Dash | Kind::Mark(_) | Kind::Note | Kind::Percent));
    match (dashes.next(), dashes.next()) {
        (Some(dash), None) if only => match lexeme::percent("0", false) {
            Some(zero) => Said::Value(zero, dash.range()),
            None => Said::Nothing,
        },
        _ => Said::Nothing,
    }
}

/// Whether two numbers are separate answers: no sentence leads from one to the other.
fn apart(text: &str, between: Range<usize>) -> bool {
    let between = text.get(between).unwrap_or("");
    let words = between.chars().filter(|c| c.is_alphabetic()).count();
    let line = between.chars().any(crate::reading::text::is_mark);
    let joined = between.split_whitespace().any(|w| ["to", "or", "and"].contains(&w));
    words == 0
        || (joined && words <= "and".len())
        || (line && words < 12)
        || ["class", "series", "common"].iter().any(|w| lexeme::lower(between).contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent_of(text: &str) -> String {
        said(text, false)
    }

    fn said(text: &str, continental: bool) -> String {
        match percent(text, &lexeme::tokens(text, 0..text.len()), &[], continental) {
            Said::Value(value, _) => value.to_string(),
            Said::Nothing => "nothing".to_owned(),
            Said::Unclear(..) => "unclear".to_owned(),
            Said::Either(..) => "either".to_owned(),
        }
    }

    #[test]
    fn a_comma_parts_decimals_only_on_a_continental_page() {
        for (text, value) in [
            ("11,35%", "11.35"),
            ("less than 0,1%", "<0.1"),
            ("< 0,1%", "<0.1"),
            ("5,25 1/2%", "unclear"),
            ("5,1% to 6,2%", "unclear"),
            ("5.1%", "5.1"),
        ] {
            assert_eq!(said(text, true), value, "{text}");
        }
        assert_eq!(said("11,35%", false), "unclear");
    }

    #[test]
    fn percents_are_found_among_words() {
        for (text, value) in [
            ("9.1%", "9.1"),
            ("5.4", "5.4"),
            (" .02 ", "0.02"),
            ("3.34 %", "3.34"),
            ("59.6% (3)", "59.6"),
            ("0.06% (See Item 5)*", "0.06"),
            ("..... 4.63%*", "4.63"),
            ("Approximately 19.8%", "19.8"),
            ("Less than 0.1%", "<0.1"),
            ("<0.1%", "<0.1"),
            ("less than one percent", "<1"),
            ("is 16.26% of Class B Stock (assumes 5%)", "16.26"),
            ("17.4% (based on 81,733,247 shares outstanding)", "17.4"),
            ("NONE", "0"),
            ("-0-", "0"),
            ("Up to 9.9999%**", "unclear"),
            ("***", "unclear"),
            ("", "nothing"),
            ("REPRESENTED BY AMOUNT IN ROW (9) 1.1%", "1.1"),
            ("5.0%\n6.1%", "either"),
            ("N/A", "nothing"),
            ("5,000", "unclear"),
            ("- ", "0"),
            ("See line 9, above", "nothing"),
            ("see note 3", "nothing"),
            (">5%", "unclear"),
            ("5 1/2%", "unclear"),
            ("5½%", "unclear"),
            ("5..1%", "unclear"),
            ("5.1% to 6.2%", "unclear"),
            ("5.1% or 6.2%", "either"),
            ("6.25% (5.1% fully diluted)", "6.25"),
            ("28.90 %", "28.90"),
        ] {
            assert_eq!(percent_of(text), value, "{text}");
        }
    }
}
