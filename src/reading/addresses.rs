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
    tokens.windows(3).enumerate().skip(words).find_map(|(at, window)| match window {
        [mark, first, second] if matches!(mark.kind, Kind::Mark(_)) => {
            let head = text.get(first.range()).unwrap_or("");
            let street = first.kind == Kind::Number
                && head.len() <= 5
                && second.kind == Kind::Word
                && text.get(second.range()).is_some_and(|w| w.starts_with(char::is_uppercase));
            let care = head.eq_ignore_ascii_case("c") && second.kind == Kind::Other('/');
            (street || care).then_some(at)
        }
        _ => None,
    })
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
