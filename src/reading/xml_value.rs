//! The text of an XML element into a typed value: what each kind of element may hold.
//! Knows nothing of which element it is; what cannot be told is `None`, never a guess.

use std::borrow::Cow;

use crate::filing::charset;
use crate::terms::quantity::{Amount, Percent};
use crate::terms::statement::{GroupBox, Rule};
use crate::terms::time::Day;

/// The characters of an element's content: references resolved, comments and tags left out.
/// References that XML does not define stay as they stand: nothing is expanded.
pub fn text(content: &[u8]) -> Cow<'_, str> {
    let (text, _) = charset::decode(content);
    if memchr::memchr2(b'<', b'&', content).is_none() {
        return text;
    }
    Cow::Owned(unescape(&without_markup(&text)))
}

fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, markup)) = rest.split_once('<') {
        out.push_str(before);
        rest = if let Some(comment) = markup.strip_prefix("!--") {
            comment.split_once("-->").map_or("", |(_, after)| after)
        } else if let Some(section) = markup.strip_prefix("![CDATA[") {
            let (inside, after) = section.split_once("]]>").unwrap_or((section, ""));
            out.push_str(&inside.replace('&', "&amp;"));
            after
        } else {
            markup.split_once('>').map_or("", |(_, after)| after)
        };
    }
    out.push_str(rest);
    out
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(12).position(|b| b == b';');
        let reference = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        match reference.and_then(|(name, tail)| Some((character(name)?, tail))) {
            Some((character, tail)) => {
                out.push(character);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let code = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let number = match code.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => code.parse().ok()?,
    };
    char::from_u32(number)
}

/// Plain digits with at most one point, as `Amount` wants them; `separators` may part thousands.
fn decimal(text: &str, separators: &[char]) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut groups = whole.split(separators);
    let first = groups.next()?;
    let mut digits = first.to_owned();
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let badly_grouped = grouped && !(1..=3).contains(&first.len());
    let nothing = digits.is_empty() && fraction.is_none_or(str::is_empty);
    if badly_grouped || nothing || !all_digits(&digits) || !fraction.is_none_or(all_digits) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    Some(match fraction {
        Some(fraction) if !fraction.is_empty() => format!("{digits}.{fraction}"),
        _ => digits.to_owned(),
    })
}

/// A number of shares: digits, with commas between thousands or without.
pub fn amount(text: &str) -> Option<Amount> {
    // Nearly every element holds the canonical form already.
    text.parse().ok().or_else(|| decimal(text, &[','])?.parse().ok())
}

/// A percent: a number, with or without its sign, or a bound ("less than 1%").
pub fn percent(text: &str) -> Option<Percent> {
    let text = text.strip_suffix('%').unwrap_or(text).trim_end();
    let bound = text.strip_prefix('<').or_else(|| {
        let words = text.get(.."less than".len())?;
        words.eq_ignore_ascii_case("less than").then(|| text.get(words.len()..))?
    });
    let number = bound.unwrap_or(text).trim_start();
    // A comma in a percent is a number of shares gone astray, or another country's point.
    let number = decimal(number, &[])?.parse().ok()?;
    Some(if bound.is_some() { Percent::LessThan(number) } else { Percent::Exact(number) })
}

/// The one number of a sentence, where it can be no row's and no note's: `5'288'262 shares`. `None`
/// where the text holds no such number or another one besides.
pub fn lone_amount(text: &str) -> Option<Amount> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (before, text) = text.split_at_checked(start)?;
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.' | '\'' | '’')));
    let (number, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let small = number.len() < 4 && !before.is_empty();
    if small || before.ends_with('-') || rest.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    decimal(number.trim_end_matches(['.', ',']), &[',', '\'', '’'])?.parse().ok()
}

/// `MM/DD/YYYY`; other orders of the same digits are not guessed at.
pub fn date(text: &str) -> Option<Day> {
    let mut parts = text.split('/');
    let mut number = |most: usize| -> Option<u16> {
        let part = parts.next()?;
        let digits = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    let (month, day, year) = (number(2)?, number(2)?, number(4)?);
    if parts.next().is_some() || year < 1000 {
        return None;
    }
    Day::from_ymd(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// `Y` and `N`, `true` and `false`.
pub fn flag(text: &str) -> Option<bool> {
    match text {
        "Y" | "y" | "true" | "TRUE" | "1" => Some(true),
        "N" | "n" | "false" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

/// Row 2's box.
pub fn group(text: &str) -> Option<GroupBox> {
    match text {
        "a" | "A" => Some(GroupBox::A),
        "b" | "B" => Some(GroupBox::B),
        _ => None,
    }
}

/// `Rule 13d-1(c)`.
pub fn rule(text: &str) -> Option<Rule> {
    let squashed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match squashed.to_ascii_lowercase().trim_start_matches("rule") {
        "13d-1(b)" => Some(Rule::B),
        "13d-1(c)" => Some(Rule::C),
        "13d-1(d)" => Some(Rule::D),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_the_markup_says() {
        for (content, said) in [
            ("A &amp; B", "A & B"),
            ("A &#38; B&#x26;", "A & B&"),
            ("A <!-- no -->B", "A B"),
            ("<![CDATA[A &amp; <B>]]>", "A &amp; <B>"),
            ("&unknown; & &#xFFFFFFF;", "&unknown; & &#xFFFFFFF;"),
            ("&amp;amp;", "&amp;"),
        ] {
            assert_eq!(text(content.as_bytes()), said);
        }
        assert_eq!(text(b"Z\xfcrich"), "Zürich");
    }

    #[test]
    fn numbers_keep_their_decimals_and_lose_their_commas() {
        for (text, value) in [
            ("233990.00", "233990.00"),
            ("0", "0"),
            ("1,234,567.8", "1234567.8"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
        ] {
            assert_eq!(amount(text).unwrap().to_string(), value);
        }
        for none in ["", ".", "1,23", "12345,678", "-1", "1e3", "5%", "1 2", "N/A", "1.2.3", ",1"] {
            assert_eq!(amount(none), None, "{none:?}");
        }
    }

    #[test]
    fn percents_are_numbers_or_bounds() {
        for (text, value) in [
            ("5.1", "5.1"),
            ("5.10 %", "5.10"),
            ("Less than 1%", "<1"),
            ("<0.1", "<0.1"),
            ("0", "0"),
        ] {
            assert_eq!(percent(text).unwrap().to_string(), value);
        }
        for none in ["", "%", "5,000", "5,1", "less than", "five", "-1"] {
            assert_eq!(percent(none), None, "{none:?}");
        }
    }

    #[test]
    fn prose_has_a_number_only_where_it_has_one() {
        for (text, value) in [
            ("5'288'262 shares", "5288262"),
            ("Total: 1,000.", "1000"),
            ("9 shares", "9"),
            ("12", "12"),
        ] {
            assert_eq!(lone_amount(text).unwrap().to_string(), value);
        }
        for none in [
            "See Item 9 and 10",
            "See row 9.",
            "Item 9",
            "none",
            "-5",
            "1,000 of 2,000",
            "12,34",
            "",
        ] {
            assert_eq!(lone_amount(none), None, "{none:?}");
        }
    }

    #[test]
    fn dates_flags_and_rules_have_one_form() {
        assert_eq!(date("02/14/2025").unwrap().to_string(), "2025-02-14");
        assert_eq!(date("2/4/2025").unwrap().to_string(), "2025-02-04");
        for none in ["", "2025-02-14", "14/02/2025", "02/30/2025", "02/14/25", "02/14/2025/1"] {
            assert_eq!(date(none), None, "{none:?}");
        }
        assert_eq!((flag("Y"), flag("false"), flag("yes")), (Some(true), Some(false), None));
        assert_eq!((rule("Rule 13d-1(c)"), rule("13d-1(e)")), (Some(Rule::C), None));
    }
}
