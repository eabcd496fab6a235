//! Where an address begins below the name in row 1, which asks for none.
//! Knows nothing of names: what stands first is one, and stays.

use crate::reading::lexeme::{self, Kind, Token};

/// The mark before the first line of an address.
pub(crate) fn begins(text: &str, tokens: &[Token]) -> Option<usize> {
    numbered_street(text, tokens).into_iter().chain(postal(text, tokens)).min()
}

/// Where an address begins below a name: a line with a street number and a house's words, "c/o",
/// or a post office box.
fn numbered_street(text: &str, tokens: &[Token]) -> Option<usize> {
    let words = tokens.iter().position(|token| token.kind == Kind::Word)?;
    let is_mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let begins = |at: usize| {
        let below = tokens.get(at + 1..).unwrap_or_default();
        // The bars of a drawn cell stand before its lines.
        let bars = below.iter().take_while(|t| t.kind == Kind::Other('|')).count();
        let line = below.get(bars..).unwrap_or_default();
        let line = line.split(is_mark).next().unwrap_or_default();
        let [first, second, rest @ ..] = line else { return false };
        let head = text.get(first.range()).unwrap_or("");
        let capital =
            |t: &Token| text.get(t.range()).is_some_and(|w| w.starts_with(char::is_uppercase));
        // "12, rue de la Loge".
        let comma =
            second.kind == Kind::Other(',') && rest.first().is_some_and(|t| t.kind == Kind::Word);
        let house = second.kind == Kind::Word && capital(second) || comma;
        let street = first.kind == Kind::Number && head.len() <= 5 && house;
        let care = head.eq_ignore_ascii_case("c") && second.kind == Kind::Other('/');
        let printed = line.last().and_then(|last| text.get(first.start..last.end)).unwrap_or("");
        care || street && (!is_year(head) || is_street(printed) || has_postal_code(printed))
    };
    let marks = tokens.iter().enumerate().skip(words).filter(|(_, token)| is_mark(token));
    marks.map(|(at, _)| at).find(|at| begins(*at))
}

/// "1994": the year of a trust or a plan, whose name goes on below, rather than a house.
fn is_year(number: &str) -> bool {
    number.len() == 4 && number.parse().is_ok_and(|year: u32| (1900..2040).contains(&year))
}

/// Where the lines of an address begin that ends with a postal code: "D-80538 Muenchen, Germany",
/// "Greenwich, Connecticut 06830". The first line is the name's.
fn postal(text: &str, tokens: &[Token]) -> Option<usize> {
    let marks: Vec<usize> = (0..tokens.len())
        .filter(|at| tokens.get(*at).is_some_and(|t| matches!(t.kind, Kind::Mark(_))))
        .collect();
    let line = |at: usize| {
        let mark = *marks.get(at)?;
        let end = marks.get(at + 1).copied().unwrap_or(tokens.len());
        let line = tokens.get(mark + 1..end)?;
        text.get(line.first()?.start..line.last()?.end)
    };
    let named = tokens.iter().position(|t| t.kind == Kind::Word)?;
    let first = marks.iter().position(|mark| *mark > named)?;
    let coded = (first..marks.len()).find(|at| line(*at).is_some_and(has_postal_code))?;
    let street = |at: &usize| line(*at).is_some_and(is_street);
    let lines = (first..coded).rev().take_while(street).count();
    marks.get(coded - lines).copied()
}

/// Whether a line has a comma and a code of a country's own, or ends with that of a state.
fn has_postal_code(line: &str) -> bool {
    let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let european = |word: &str| {
        let parts = word.split_once('-');
        parts.is_some_and(|(country, code)| {
            (1..=2).contains(&country.len())
                && country.bytes().all(|b| b.is_ascii_uppercase())
                && (4..=5).contains(&code.len())
                && digits(code)
        })
    };
    let last = line.rsplit(' ').next().unwrap_or("");
    let zip = last.split('-').next().unwrap_or("");
    let after_state = line.strip_suffix(last).is_some_and(|head| {
        head.trim_end().ends_with(|c: char| c.is_alphabetic() || c == '.') && head.contains(',')
    });
    line.split([' ', ',']).any(european) && line.contains(',')
        || after_state && zip.len() == 5 && digits(zip)
}

/// Whether a name on one line goes on as an address: with a house number and a street, or with a
/// postal code.
pub(crate) fn ends_with_one(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let number = |word: &&str| {
        let digits = word.trim_end_matches(',');
        (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let house = words.iter().skip(1).position(number).map(|at| at + 1);
    let beyond = house.and_then(|at| words.get(at + 1..)).unwrap_or_default().join(" ");
    has_postal_code(name) || is_street(&beyond)
}

/// Whether a line names a street, a house or a box.
fn is_street(line: &str) -> bool {
    const PLACES: [&str; 16] = [
        "street",
        "avenue",
        "ave",
        "road",
        "drive",
        "boulevard",
        "blvd",
        "plaza",
        "square",
        "floor",
        "suite",
        "center",
        "tower",
        "lane",
        "parkway",
        "box",
    ];
    let mut words = line.split(|c: char| !c.is_alphanumeric()).map(lexeme::lower);
    words.any(|word| PLACES.contains(&word.as_str()))
}
