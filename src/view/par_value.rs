//! A title of class without what it says of par value (spec, section 17.4).
//! Knows nothing of which classes there are, nor of what else titles say.

use crate::terms::topic::Topic;

/// Codes of currencies that par values are in.
const CODES: [&str; 19] = [
    "usd", "eur", "gbp", "chf", "cad", "aud", "hkd", "sgd", "jpy", "cny", "rmb", "nis", "ils",
    "sek", "nok", "dkk", "brl", "inr", "zar",
];
const SIGNS: [char; 4] = ['$', '€', '£', '¥'];

/// What is left of a title: `Common Stock` of `Common Stock, $0.001 par value`.
pub(super) fn bare(title: &str) -> Topic {
    let lower = title.to_lowercase();
    match before_par_value(&lower).map(Topic::name) {
        Some(Topic::Name(name)) if !name.is_empty() => Topic::Name(name),
        _ => Topic::name(title),
    }
}

/// A word of a title, without what stands around it.
#[derive(Clone, Copy)]
struct Word<'a> {
    start: usize,
    word: &'a str,
}

fn words(lower: &str) -> Vec<Word<'_>> {
    let cut = |c: char| c.is_whitespace() || c == '-';
    let around = |c: char| !c.is_alphanumeric() && c != '.' && !SIGNS.contains(&c);
    let starts = lower.match_indices(cut).map(|(at, cut)| at + cut.len());
    let words = std::iter::once(0).chain(starts).zip(lower.split(cut));
    let words = words.map(|(start, word)| Word { start, word: word.trim_matches(around) });
    words.filter(|word| !word.word.is_empty()).collect()
}

/// All of a title up to where it speaks of par value, if it does.
fn before_par_value(lower: &str) -> Option<&str> {
    let words = words(lower);
    let mut end = (0..words.len()).find(|at| {
        let (before, rest) = words.split_at(*at);
        speaks(before, rest)
    })?;
    while let Some(before) = words.get(..end).filter(|before| leads(before)) {
        end = before.len() - 1;
    }
    lower.get(..words.get(end)?.start)
}

/// Whether par value is spoken of from here on, behind some words.
fn speaks(before: &[Word], rest: &[Word]) -> bool {
    let before = before.last().map(|word| word.word);
    let (word, next) = match rest {
        [] => return false,
        [word] => (word.word, None),
        [word, next, ..] => (word.word, Some(next.word)),
    };
    let none = matches!(before, Some("no" | "without"));
    let par = matches!(word, "par" | "nominal") && (next == Some("value") || none);
    let beside = is_number(word) && next.is_some_and(is_code)
        || is_code(word) && next.is_some_and(is_number);
    par || beside || is_sum(word)
}

/// Whether the last of some words leads to what is said of par value.
fn leads(words: &[Word]) -> bool {
    let [before @ .., Word { word, .. }] = words else { return false };
    let with = |word: &str| matches!(word, "with" | "having");
    let leading = matches!(*word, "no" | "without" | "of") || with(word);
    // "Class A, $0.01": its letter stays; "with a par value" does not.
    let with_a = *word == "a" && before.last().is_some_and(|before| with(before.word));
    leading || with_a || is_code(word) || (is_number(word) && word.contains('.'))
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
}

fn is_code(word: &str) -> bool {
    CODES.contains(&word)
}

/// A sum in one word: `US$0.01`, `EUR0.04`, `0.04EUR`.
fn is_sum(word: &str) -> bool {
    let joined = |at: usize| word.split_at_checked(at);
    let before = joined(3).is_some_and(|(code, sum)| is_code(code) && is_number(sum));
    let behind = word.len().checked_sub(3).and_then(joined);
    let behind = behind.is_some_and(|(sum, code)| is_code(code) && is_number(sum));
    word.contains(SIGNS) || before || behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_par_value_is_set_aside() {
        for (title, left) in [
            ("Common Stock, $0.001 par value per share", "Common Stock"),
            ("Common Stock (par value $.10)", "Common Stock"),
            ("Common Stock $1 Par", "Common Stock"),
            ("Common Shares, no par value", "Common Shares"),
            ("Common Stock, No Par", "Common Stock"),
            ("Common Stock, no-par value", "Common Stock"),
            ("Common shares without par value", "Common shares"),
            ("Common shares without nominal value", "Common shares"),
            ("Common Stock with a par value of $0.01", "Common Stock"),
            ("Ordinary Shares, Nominal Value €0.01 Per Share", "Ordinary Shares"),
            ("Ordinary Shares, nominal value EUR0.04 per share", "Ordinary Shares"),
            ("Ordinary Shares, US$0.0001 par value", "Ordinary Shares"),
            ("Ordinary Shares of NIS 0.01 par value each", "Ordinary Shares"),
            ("Ordinary Shares of 0.01 NIS each", "Ordinary Shares"),
            ("Registered Shares of CHF 10", "Registered Shares"),
            ("Ordinary Shares, 0.10EUR each", "Ordinary Shares"),
            ("Class A, $.01 par value", "Class A"),
            ("Class A Stock, $.01 par value; Class B Stock, $.01 par value", "Class A Stock"),
            ("Series 2 Preferred Stock, par value $1", "Series 2 Preferred Stock"),
            ("Series 2.5 Notes due 2011", "Series 2.5 Notes due 2011"),
            ("Par Technology Units of a Nominal Trust", "Par Technology Units of a Nominal Trust"),
            ("$0.01 par value", "$0.01 par value"),
            ("of no par value", "of no par value"),
            ("", ""),
        ] {
            assert_eq!(bare(title), Topic::name(left), "{title}");
        }
    }
}
