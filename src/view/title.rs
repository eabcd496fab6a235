//! What a title of class says: of what kind it is, and whether it names several classes.
//! Knows nothing of filings, nor of which classes there are.

use crate::terms::topic::Topic;
use crate::view::par_value::bare;

/// What a title says of which of several classes it is: a letter, and whether it is preferred.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Kind {
    letter: Option<String>,
    preferred: bool,
}

impl Kind {
    /// That of a title as printed; a title of several letters is of no one kind.
    pub(super) fn of(title: &str) -> Option<Self> {
        if !Several::of(title).letters.is_empty() {
            return None;
        }
        let words = words(title);
        let mut letters = words.windows(2).filter_map(|pair| match pair {
            [class, letter] if is_class(class) && is_letter(letter) => Some(letter.clone()),
            _ => None,
        });
        let preferred = stock(&words).unwrap_or(false);
        Some(Self { letter: letters.next(), preferred })
    }

    /// Whether it is of another class for sure. A title that has no letter may leave it out.
    pub(super) fn is_other(&self, other: &Kind) -> bool {
        let letters = self.letter.as_ref().zip(other.letter.as_ref());
        self.preferred != other.preferred || letters.is_some_and(|(one, other)| one != other)
    }
}

fn words(title: &str) -> Vec<String> {
    let lower = title.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn is_class(word: &str) -> bool {
    matches!(word, "class" | "series")
}

fn is_letter(word: &str) -> bool {
    word.chars().count() == 1
}

/// Whether the first stock among some words is preferred.
fn stock(words: &[String]) -> Option<bool> {
    words.iter().find_map(|word| match word.as_str() {
        "common" | "ordinary" => Some(false),
        word if word.starts_with("prefer") => Some(true),
        _ => None,
    })
}

/// The classes that one title names beside each other: `Class A and Class B Common Stock`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Several {
    /// What stands between the words that join them, as titles.
    parts: Vec<Topic>,
    /// The letters, where there are two or more, each with what its part says of preferred stock.
    letters: Vec<(String, Option<bool>)>,
}

impl Several {
    /// Those of a title; none where it is of one part.
    pub(super) fn of(title: &str) -> Self {
        let lower = title.to_lowercase().replace(" and ", ";").replace(['&', '/'], ";");
        let parts: Vec<&str> = lower.split(';').filter(|part| !part.trim().is_empty()).collect();
        let mut letters: Vec<(String, Option<bool>)> = Vec::new();
        let mut listed = false;
        for part in lower.split([';', ',']) {
            let words = words(part);
            let letter = match words.as_slice() {
                [class, letter, ..] if is_class(class) || class == "classes" => Some(letter),
                // "Class A and B Common Stock".
                [letter, ..] if listed && letter.chars().all(char::is_alphabetic) => Some(letter),
                _ => None,
            };
            let letter = letter.filter(|letter| is_letter(letter));
            listed = letter.is_some();
            letters.extend(letter.map(|letter| (letter.clone(), stock(&words))));
        }
        if !letters.iter().any(|(letter, _)| letters.iter().any(|(other, _)| other != letter)) {
            letters.clear();
        }
        let all = parts.iter().flat_map(|part| [Topic::name(part), bare(part)]);
        let parts = if parts.len() > 1 { all.collect() } else { Vec::new() };
        Self { parts, letters }
    }

    /// Whether there is one at all.
    pub(super) fn is_none(&self) -> bool {
        self.parts.is_empty() && self.letters.is_empty()
    }

    /// Whether they are told by letters.
    pub(super) fn is_of_letters(&self) -> bool {
        !self.letters.is_empty()
    }

    /// Whether one of them is a title.
    pub(super) fn has(&self, title: &Topic) -> bool {
        self.parts.contains(title)
    }

    /// Whether one of them is of a kind by its letter.
    pub(super) fn is_lettered(&self, kind: &Kind) -> bool {
        let mut letters = self.letters.iter();
        letters.any(|(letter, preferred)| {
            kind.letter.as_ref() == Some(letter) && preferred.is_none_or(|p| p == kind.preferred)
        })
    }
}
