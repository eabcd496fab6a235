//! The names of a filing's holders, to be found again among the words of a signature block.
//! Knows nothing of signatures.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::reading::lexeme;
use crate::reading::parts::name_key;
use crate::terms::span::Field;
use crate::terms::statement::Holder;

/// The names of a filing's holders.
#[derive(Default)]
pub(crate) struct Signers {
    /// Each holder's name in print, by the first holder's place where several share a key.
    by_key: HashMap<String, (usize, String)>,
    longest: usize,
    /// What the names begin with: most other words are told from them by that.
    firsts: BTreeSet<char>,
    /// The only holder there is.
    sole: Option<Field<String>>,
}

impl Signers {
    pub(crate) fn of(holders: &[Holder]) -> Self {
        let mut signers = Self::default();
        let names = holders.iter().filter_map(|h| h.name.value());
        for (place, name) in names.enumerate() {
            signers.learn(name, place);
            // `Alder Fund, L.P. ("AF")` signs without its short name.
            if let Some((short, _)) = name.split_once('(') {
                signers.learn(short.trim_end(), place);
            }
        }
        if let [only] = holders {
            signers.sole = Some(only.name.clone()).filter(Field::is_stated);
        }
        signers
    }

    fn learn(&mut self, words: &str, place: usize) {
        let key = name_key(words);
        if !key.is_empty() {
            self.firsts.extend(key.chars().next());
            self.longest = self.longest.max(key.len());
            self.by_key.entry(key).or_insert_with(|| (place, words.to_owned()));
        }
    }

    /// The name of the only holder there is.
    pub(crate) fn sole(&self) -> Option<&Field<String>> {
        self.sole.as_ref()
    }

    /// Whether there is a holder at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Whether a holder's name begins as these words do.
    pub(crate) fn may_begin(&self, words: &str) -> bool {
        let first = words.chars().find(|c| c.is_alphanumeric());
        let first = first.and_then(|first| first.to_lowercase().next());
        first.is_some_and(|first| self.firsts.contains(&first))
    }

    /// The first holder whose name these words are, or begin with.
    pub(crate) fn named(&self, words: &str) -> Option<&str> {
        if !self.may_begin(words) {
            return None;
        }
        let key = name_key(words);
        let ends = memchr::memchr_iter(b' ', key.as_bytes()).chain([key.len()]);
        let heads = ends.take_while(|end| *end <= self.longest).filter_map(|end| key.get(..end));
        let found = heads.filter_map(|head| self.by_key.get(head));
        found.min_by_key(|(place, _)| *place).map(|(_, name)| name.as_str())
    }

    /// The holder whose name these words are.
    pub(crate) fn whole(&self, words: &str) -> Option<&str> {
        if !self.may_begin(words) {
            return None;
        }
        self.by_key.get(&name_key(words)).map(|(_, name)| name.as_str())
    }

    /// The length of the longest holder's name that these words begin with.
    fn head(&self, words: &str) -> Option<usize> {
        if !self.may_begin(words) {
            return None;
        }
        let ends = words.char_indices().filter(|(_, c)| !c.is_alphanumeric()).map(|(at, _)| at);
        let mut found: Option<(usize, String)> = None;
        for end in ends.chain([words.len()]) {
            let key = name_key(words.get(..end)?);
            if key.len() > self.longest {
                break;
            }
            let new = found.as_ref().is_none_or(|(_, known)| *known != key);
            if new && self.by_key.contains_key(&key) {
                found = Some((end, key));
            }
        }
        let (end, _) = found?;
        // The full stop of "L.P." and "Inc." is the name's.
        let last = words.get(..end)?.rsplit([' ', ',']).next()?;
        let short =
            ["inc", "ltd", "corp", "co", "jr", "sr"].contains(&lexeme::lower(last).as_str());
        let short = short || last.ends_with(char::is_uppercase);
        Some(end + usize::from(short && words.get(end..)?.starts_with('.')))
    }

    /// Where the holder's name begins that these words end with.
    pub(crate) fn name_at_end(&self, words: &str) -> Option<usize> {
        let words = words.trim_end_matches([' ', ',', ';', '*']);
        let starts = words.char_indices().rev().filter(|(at, c)| {
            c.is_alphanumeric()
                && words.get(..*at).is_some_and(|head| head.ends_with([' ', '*', '_']))
        });
        let mut found = None;
        for (at, _) in starts {
            let rest = words.get(at..)?;
            if rest.len() > 2 * self.longest {
                break;
            }
            if self.whole(rest).is_some() {
                found = Some(at);
            }
        }
        found
    }

    /// The holders that a list names at its beginning, "A, B and C", and where; nothing where
    /// it begins with other words.
    pub(crate) fn list(&self, words: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = words.get(at..) {
            let skipped = rest.trim_start_matches([' ', ',', ';', '&']);
            let skipped = skipped.strip_prefix("and ").unwrap_or(skipped).trim_start();
            let skipped = skipped.strip_prefix("the ").unwrap_or(skipped);
            let start = at + (rest.len() - skipped.len());
            // Names that follow without anything between them are no list.
            if !found.is_empty() && start == at {
                break;
            }
            let Some(len) = self.head(skipped) else { break };
            found.push(start..start + len);
            at = start + len;
        }
        found
    }
}
