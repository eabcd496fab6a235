//! Which font the characters of markup are drawn in, as far as it makes boxes or Greek of letters;
//! elements that are left open end where a browser ends them. Knows nothing of what is said.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::html_tags::{Name, has_any};
use super::text::{EMPTY, TICKED, UNCLEAR};

/// How many open elements are watched for their font, and how many tables.
const DEEPEST: usize = 256;

/// Words in tags that tell of fonts.
struct Words {
    /// The end of "Wingdings" and "Webdings", as they are cased.
    symbols: [Finder<'static>; 3],
    greek: [Finder<'static>; 2],
    fonts: [Finder<'static>; 4],
}

static FONTS: LazyLock<Words> = LazyLock::new(|| Words {
    symbols: ["ingdings", "INGDINGS", "ebdings"].map(Finder::new),
    greek: ["ymbol", "YMBOL"].map(Finder::new),
    fonts: ["face", "amily", "FACE", "AMILY"].map(Finder::new),
});

/// What the characters of a font are drawn as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Font {
    /// As what they are.
    Letters,
    /// Boxes and ticks: Wingdings, Webdings.
    Dingbats,
    /// Greek letters and signs: Symbol.
    Greek,
}

/// The open elements that may set a font.
#[derive(Default)]
pub(super) struct Fonts {
    /// Name, and what its characters are drawn as.
    open: Vec<(Name, Font)>,
    /// How many were open where each open table begins.
    tables: Vec<usize>,
}

impl Fonts {
    /// What characters are drawn as.
    pub(super) fn drawn(&self) -> Font {
        self.open.last().map_or(Font::Letters, |(_, font)| *font)
    }

    /// Whether a table is open.
    pub(super) fn in_table(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Takes a tag in.
    pub(super) fn tag(&mut self, name: Name, inside: &[u8], closing: bool) {
        self.end_fonts(name, closing);
        self.font(name, inside, closing);
    }

    /// Closes what a tag closes without saying so: a cell or a row the cells before it, a paragraph
    /// the paragraph before.
    fn end_fonts(&mut self, name: Name, closing: bool) {
        let base = self.tables.last().copied().unwrap_or(0);
        match name.as_bytes() {
            b"table" if closing => self.open.truncate(self.tables.pop().unwrap_or(0)),
            b"table" if self.tables.len() < DEEPEST => self.tables.push(self.open.len()),
            b"tr" if !closing => self.open.truncate(base),
            b"td" | b"th" if !closing => {
                let in_row = self.open.get(base).is_some_and(|(open, _)| open.as_bytes() == b"tr");
                self.open.truncate(base + usize::from(in_row));
            }
            b"p" | b"div" | b"center" | b"ul" | b"ol" | b"li" | b"hr" | b"pre" if !closing => {
                let of = if name.as_bytes() == b"li" { b"li".as_slice() } else { b"p" };
                let mut at = 0;
                self.open.retain(|(open, _)| {
                    at += 1;
                    at <= base || open.as_bytes() != of
                });
            }
            _ => {}
        }
    }

    fn font(&mut self, name: Name, inside: &[u8], closing: bool) {
        let of_font = matches!(name.as_bytes(), b"font" | b"span");
        let other = matches!(name.as_bytes(), b"p" | b"td" | b"div" | b"b" | b"i" | b"tr" | b"li");
        if !of_font && !other {
            return;
        }
        if closing {
            let near = self.open.iter().rev().take(16).position(|(open, _)| *open == name);
            if let Some(back) = near {
                self.open.truncate(self.open.len() - back - 1);
            }
            return;
        }
        let said = if has_any(inside, &FONTS.symbols) {
            Some(Font::Dingbats)
        } else if has_any(inside, &FONTS.greek) && is_greek(inside) {
            Some(Font::Greek)
        } else {
            has_any(inside, &FONTS.fonts).then_some(Font::Letters)
        };
        // Paragraphs are often left open, so only those that say a font are watched.
        let watched = of_font || said.is_some_and(|font| font != Font::Letters);
        if watched && self.open.len() < DEEPEST && inside.last() != Some(&b'/') {
            self.open.push((name, said.unwrap_or_else(|| self.drawn())));
        }
    }
}

/// Whether the first font of a tag is Symbol, and not Segoe UI Symbol or one that stands in for
/// another.
fn is_greek(inside: &[u8]) -> bool {
    let said = String::from_utf8_lossy(inside).to_ascii_lowercase();
    ["face", "font-family"].iter().any(|name| {
        let rest = said.split(name).nth(1).unwrap_or("");
        let first = rest.trim_start_matches([' ', '=', ':', '"', '\'']);
        first.split([',', ';', '"', '\'', '>']).next().is_some_and(|font| font.trim() == "symbol")
    })
}

/// What a letter looks like in a font of symbols.
pub(super) fn symbol(c: char) -> char {
    let code = match u32::from(c) {
        code @ 0xf000..=0xf0ff => code - 0xf000,
        code => code,
    };
    match u8::try_from(code).map(char::from) {
        Ok('x' | 'X' | 'þ' | 'ý' | 'ü' | 'û' | 'R' | 'S' | 'T' | 'Q' | 'P' | 'O' | 'V') => {
            TICKED
        }
        Ok('o' | 'q' | 'p' | 'r' | '¨' | '£' | 'c' | 'm') => EMPTY,
        Ok('n' | 'g' | '§') => UNCLEAR,
        _ => c,
    }
}

/// Symbol fonts put their letters at U+F000 when a document is converted without the font.
pub(super) fn symbol_of_private_use(c: char) -> char {
    if ('\u{f000}'..='\u{f0ff}').contains(&c) { symbol(c) } else { c }
}
