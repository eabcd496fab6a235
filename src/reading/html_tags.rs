//! What is inside a tag: its name, and whether it has one of some words.
//! Knows nothing of elements, nor of what stands between tags.

use memchr::memmem::Finder;

/// A tag's name in lower case; no more of it than tells one from another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    letters: [u8; 12],
    len: usize,
}

impl Name {
    /// The name that the inside of a tag begins with.
    pub(super) fn of(inside: &[u8]) -> Name {
        let mut name = Name { letters: [0; 12], len: 0 };
        let said = inside.iter().take_while(|b| b.is_ascii_alphanumeric());
        for (letter, said) in name.letters.iter_mut().zip(said) {
            *letter = said.to_ascii_lowercase();
            name.len += 1;
        }
        name
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.letters.get(..self.len).unwrap_or_default()
    }
}

/// Whether the inside of a tag has any of some words.
pub(super) fn has_any(inside: &[u8], words: &[Finder]) -> bool {
    words.iter().any(|word| word.find(inside).is_some())
}
