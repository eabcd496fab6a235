//! CUSIP numbers as pages print them: with spaces and dashes, one or several a line.
//! Knows nothing of whose they are, nor whether their check digits are right.

use std::ops::Range;

use crate::reading::lexeme::{self, Kind};
use crate::reading::text::is_mark;
use crate::terms::id::Cusip;

/// Whether a text is a CUSIP and nothing else.
pub(crate) fn cusip_shape(text: &str) -> bool {
    let kept: Vec<char> = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    (8..=9).contains(&kept.len())
        && kept.iter().all(char::is_ascii_alphanumeric)
        && kept.iter().filter(|c| c.is_ascii_digit()).count() >= 4
}

/// The CUSIPs of a range: the last line of it that has any, or the first if the label leads.
pub(crate) fn cusips_in(
    body: &str,
    range: Range<usize>,
    above: bool,
) -> Vec<(Cusip, Range<usize>)> {
    let Some(part) = body.get(range.clone()) else { return Vec::new() };
    let mut at = range.start;
    let mut lines = Vec::new();
    for line in part.split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        let found = cusips_of_line(body, here);
        if !found.is_empty() {
            lines.push(found);
            if !above {
                break;
            }
        }
    }
    // One class a line, each with its whole number; otherwise the line nearest to the label.
    let whole = lines.iter().flatten().all(|(cusip, _)| cusip.as_str().len() == 9);
    if above && whole { lines.concat() } else { lines.pop().unwrap_or_default() }
}

/// Codes of six to nine characters, joined over spaces and dashes, with enough digits to be one.
fn cusips_of_line(body: &str, line: Range<usize>) -> Vec<(Cusip, Range<usize>)> {
    let tokens = lexeme::tokens(body, line);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (mut joined, mut next, mut best) = (String::new(), at, None);
        while let Some(token) = tokens.get(next) {
            let word = body.get(token.range()).unwrap_or("");
            let code = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let dash = token.kind == Kind::Dash;
            // "AND 720189 20 8", "WKN 548822": the word beside a number is none of it.
            let alone = joined.is_empty() && word.len() > 1;
            if alone && word.bytes().all(|b| b.is_ascii_alphabetic()) {
                break;
            }
            if !(matches!(token.kind, Kind::Word | Kind::Number | Kind::Joined) && code
                || dash && !joined.is_empty())
            {
                break;
            }
            joined.extend(word.chars().filter(char::is_ascii_alphanumeric));
            next += 1;
            if joined.len() > 9 {
                break;
            }
            let digits = joined.bytes().filter(u8::is_ascii_digit).count();
            let lower = joined.bytes().any(|b| b.is_ascii_lowercase()) && digits < 5;
            if joined.len() >= 6 && digits >= 3 && !dash && !lower {
                best = Some((joined.clone(), next));
            }
        }
        let start = tokens.get(at).map_or(0, |t| t.start);
        match best.and_then(|(code, end)| Some((code.parse::<Cusip>().ok()?, end))) {
            // "(formerly 69640D102)" is another class's number.
            Some((_, end)) if is_former(body, start) => at = end,
            Some((cusip, end)) => {
                let stop = end.checked_sub(1).and_then(|i| tokens.get(i)).map_or(start, |t| t.end);
                found.push((cusip, start..stop));
                at = end;
            }
            None => at += 1,
        }
    }
    // Beside a whole number, a short one is of another list.
    if found.iter().any(|(cusip, _)| cusip.as_str().len() >= 8) {
        found.retain(|(cusip, _)| cusip.as_str().len() >= 8);
    }
    found
}

/// A code too long for a CUSIP in a place for one: an ISIN, or a number with zeros before it.
pub(crate) fn longer_code(body: &str, range: Range<usize>) -> Option<Range<usize>> {
    let mut tokens = lexeme::tokens(body, range).into_iter();
    let code = tokens.find(|token| {
        let word = body.get(token.range()).unwrap_or("");
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        matches!(token.kind, Kind::Word | Kind::Number)
            && (10..=14).contains(&word.len())
            && digits >= 6
            && word.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    code.map(|token| token.range())
}

/// Whether "formerly", "previously" or "old" stands right before a number.
fn is_former(body: &str, at: usize) -> bool {
    let head = body.get(..at).unwrap_or("").trim_end_matches([' ', ':', '(']);
    let word = head.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    ["formerly", "previously", "old"].iter().any(|former| word.eq_ignore_ascii_case(former))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, above: bool) -> Vec<String> {
        let found = cusips_in(text, 0..text.len(), above);
        found.into_iter().map(|(cusip, _)| cusip.to_string()).collect()
    }

    #[test]
    fn cusips_are_joined_over_spaces_and_dashes() {
        for printed in ["66987V109", "66987V 10 9", "66987V-10-9", "66987V  109 ", "# 66987V109"] {
            assert_eq!(found(printed, true), ["66987V109"], "{printed}");
        }
        assert_eq!(found("66987V109 (Class A)\n66987V208 (Class B)", true).len(), 2);
        for long in ["US66987V1098", "ISIN US66987V1098", "0066987V109"] {
            assert_eq!(found(long, true), Vec::<String>::new(), "{long}");
            assert!(longer_code(long, 0..long.len()).is_some(), "{long}");
        }
        assert_eq!(longer_code("Not applicable", 0..14), None);
        assert_eq!(found("720189 10 9 and 720189 20 8", true), ["720189109", "720189208"]);
        assert_eq!(found("65557R 20 9  WKN 548822", true), ["65557R209"]);
        assert_eq!(found("Suite 12\n66987V109\n", true), ["66987V109"]);
        for none in ["None", "N/A", "not applicable", "Class 5"] {
            assert_eq!(found(none, true), Vec::<String>::new(), "{none}");
        }
    }
}
