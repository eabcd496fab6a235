//! Text that is struck out, beside what replaces it on a redlined page: where it stands.
//! Knows nothing of rows and values, nor of which of two texts is the right one.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::reading::html_tags::{Name, has_any};
use crate::reading::lexeme;
use crate::reading::text::{CELL, ROW, near_before};
use crate::terms::span::Span;

/// How many stretches are kept in mind; no filing has more.
const MOST: usize = 1 << 12;
/// How many classes that strike out are kept in mind.
const MOST_CLASSES: usize = 100;
/// How many characters of what is struck out are quoted.
const QUOTED: usize = 40;

/// A tag up to this length has no style that strikes out.
const SHORTEST_STYLE: usize = 16;

/// Setting up a search costs more than searching a tag, so it is done once.
static THROUGH: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["ine-through", "INE-THROUGH", "ine-Through"].map(Finder::new));

/// A stretch that is struck out: where it stands in the received bytes, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) raw: Range<usize>,
    pub(crate) said: String,
}

impl Stretch {
    /// A stretch that says something.
    pub(super) fn of(struck: &str, raw: Span) -> Option<Stretch> {
        let range = usize::try_from(raw.start()).ok()?..usize::try_from(raw.end()).ok()?;
        struck.contains(says).then(|| Stretch { raw: range, said: quoted(struck) })
    }
}

/// An element that strikes out what it holds.
struct Open {
    name: Name,
    /// How many of that name are open in it.
    depth: usize,
    /// Where it begins, in the text and in the bytes.
    from: usize,
    raw: usize,
}

/// The element that is open, and what was struck out before.
#[derive(Default)]
pub(super) struct Strikes {
    open: Option<Open>,
    /// Classes whose style strikes out.
    classes: Vec<String>,
    pub(super) found: Vec<Stretch>,
}

/// What the end of an element asks of the text.
pub(super) enum Left {
    Alone,
    /// All from here on is struck out and taken back.
    Back(usize),
}

impl Strikes {
    /// Takes the rules of a style sheet in: of those that strike out, the last class that each
    /// selector names.
    pub(super) fn sheet(&mut self, css: &[u8]) {
        if !has_any(css, &*THROUGH) {
            return;
        }
        let css = String::from_utf8_lossy(css);
        for rule in css.split('}') {
            let Some((selectors, style)) = rule.rsplit_once('{') else { continue };
            if !is_line_through(style) {
                continue;
            }
            let name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let classes = selectors.split(',').filter_map(|selector| {
                let (_, class) = selector.trim().rsplit_once('.')?;
                class.chars().all(name).then(|| class.to_owned())
            });
            let room = MOST_CLASSES.saturating_sub(self.classes.len());
            self.classes.extend(classes.take(room));
        }
    }

    /// Whether a tag has a class whose style strikes out.
    fn is_classed(&self, inside: &[u8]) -> bool {
        if self.classes.is_empty() {
            return false;
        }
        let inside = String::from_utf8_lossy(inside);
        let Some(at) = lexeme::lower(&inside).find("class=") else { return false };
        let value = inside.get(at + "class=".len()..).unwrap_or("");
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value.split(quote).nth(1),
            _ => value.split_whitespace().next(),
        };
        let mut classes = value.unwrap_or("").split_whitespace();
        classes.any(|class| self.classes.iter().any(|struck| struck == class))
    }

    /// Takes a tag in, after which `written` is in the text; `raw` is where the tag stands.
    pub(super) fn tag(
        &mut self,
        name: Name,
        inside: &[u8],
        closing: bool,
        written: &[u8],
        raw: usize,
    ) -> Left {
        let Some(open) = self.open.as_mut() else {
            let strikes = || strikes(name, inside) || self.is_classed(inside);
            if !closing && inside.last() != Some(&b'/') && strikes() {
                self.open = Some(Open { name, depth: 1, from: written.len(), raw });
            }
            return Left::Alone;
        };
        if open.name != name {
            return Left::Alone;
        }
        // A cell or a paragraph holds no other, and ends where the next begins.
        let nests = !matches!(name.as_bytes(), b"p" | b"td" | b"th" | b"tr" | b"li");
        open.depth = if closing || !nests { open.depth - 1 } else { open.depth + 1 };
        if open.depth > 0 {
            return Left::Alone;
        }
        let Some(open) = self.open.take() else { return Left::Alone };
        let struck = String::from_utf8_lossy(written.get(open.from..).unwrap_or_default());
        if !struck.contains(says) || self.found.len() == MOST {
            return Left::Alone;
        }
        // What goes over several cells stays where it is: cells must not be lost.
        let within = !struck.contains([CELL, ROW]);
        self.found.push(Stretch { raw: open.raw..raw, said: quoted(&struck) });
        if within { Left::Back(open.from) } else { Left::Alone }
    }

    /// What was written from here on is gone.
    pub(super) fn cut_back(&mut self, to: usize) {
        if self.open.as_ref().is_some_and(|open| open.from > to) {
            self.open = None;
        }
    }
}

/// Whether a character is a letter, a digit, or a box.
fn says(c: char) -> bool {
    c.is_alphanumeric() || ('\u{2610}'..='\u{2612}').contains(&c)
}

fn quoted(struck: &str) -> String {
    let words: Vec<&str> = struck.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(QUOTED).collect()
}

/// Whether a tag strikes out what its element holds.
fn strikes(name: Name, inside: &[u8]) -> bool {
    if matches!(name.as_bytes(), b"s" | b"strike" | b"del") {
        return true;
    }
    inside.len() > SHORTEST_STYLE && has_any(inside, &*THROUGH) && {
        is_line_through(&String::from_utf8_lossy(inside))
    }
}

/// Whether a style strikes out.
fn is_line_through(style: &str) -> bool {
    let style = lexeme::lower(style);
    style.split("text-decoration").skip(1).any(|rest| {
        rest.split([';', '"', '\'']).next().is_some_and(|value| value.contains("line-through"))
    })
}

/// What is struck out of a typed page, where the few tags of one stand in it.
#[derive(Default)]
pub(super) struct Typed {
    open: Option<usize>,
    pub(super) found: Vec<Range<usize>>,
}

impl Typed {
    /// Takes in the tag that `rest` begins with, before which `written` is in the text.
    pub(super) fn tag(&mut self, rest: &[u8], written: &[u8]) {
        let begins =
            |tag: &&[u8]| rest.get(..tag.len()).is_some_and(|r| r.eq_ignore_ascii_case(tag));
        let opens: [&[u8]; 3] = [b"<strike>", b"<del>", b"<s>"];
        let closes: [&[u8]; 3] = [b"</strike>", b"</del>", b"</s>"];
        if opens.iter().any(begins) {
            self.open = Some(written.len());
        } else if closes.iter().any(begins) && self.found.len() < MOST {
            // `<S>` is the head of a column, too, which has no end: it strikes nothing out.
            let within = |from: &usize| {
                let struck = written.get(*from..).unwrap_or_default();
                begins(&b"</s>".as_slice()) && struck.contains(&b'\n')
            };
            let from = self.open.take().filter(|from| !within(from));
            self.found.extend(from.map(|from| from..written.len()));
        }
    }
}

/// Stretches between words in brackets: `[strike]91,150[/strike] 88,150`.
pub(crate) fn in_brackets(body: &str) -> Vec<Range<usize>> {
    const WORDS: [&str; 4] = ["strike", "del", "deleted", "strikethrough"];
    const LONGEST: usize = 2000;
    let mut found: Vec<Range<usize>> = Vec::new();
    for close in memchr::memmem::find_iter(body.as_bytes(), b"[/").take(MOST) {
        let after = body.get(close + 2..).unwrap_or("");
        let word = WORDS.into_iter().find(|word| {
            let head = after.get(..word.len()).unwrap_or("");
            head.eq_ignore_ascii_case(word)
                && after.get(word.len()..).unwrap_or("").starts_with(']')
        });
        let done = found.last().map_or(0, |last| last.end);
        let Some(word) = word else { continue };
        let before = near_before(body, close, (close - done).min(LONGEST));
        let opened = before.to_ascii_lowercase().rfind(&format!("[{word}]"));
        if let Some(at) = opened {
            found.push(close - before.len() + at..close + "[/]".len() + word.len());
        }
    }
    found
}
