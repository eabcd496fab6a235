//! Elements whose borders draw a box: whether it is ticked, by what stands within them.
//! Knows nothing of what stands around them.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::html_tags::{Name, has_any};
use super::text::{EMPTY, TICKED};

/// A tag up to this length has no style with a border.
const NO_BORDER: usize = 16;

static BORDER: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["border", "BORDER", "Border"].map(Finder::new));

/// An element with a border on all its sides.
struct Open {
    name: Name,
    /// How many elements of its name are open in it, with itself.
    depth: usize,
    /// Where it begins in the text and in the bytes.
    from: usize,
    raw: usize,
}

/// A box that has been closed: where it begins in the text and in the bytes, and how it is drawn.
pub(super) struct Drawn {
    pub(super) from: usize,
    pub(super) raw: usize,
    pub(super) sign: char,
}

/// The element with a border that is open, if one is.
#[derive(Default)]
pub(super) struct Boxes(Option<Open>);

impl Boxes {
    /// Whether an element may be open that draws a box.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Takes an opening tag in; `at` is where it stands in the text and in the bytes.
    pub(super) fn open(&mut self, name: Name, inside: &[u8], at: (usize, usize)) {
        match self.0.as_mut() {
            Some(open) if open.name == name => open.depth += 1,
            Some(_) => {}
            None if inside.last() != Some(&b'/') && is_bordered(name, inside) => {
                self.0 = Some(Open { name, depth: 1, from: at.0, raw: at.1 });
            }
            None => {}
        }
    }

    /// Takes a closing tag in; the box that it closes, by what `text` has from a place on.
    pub(super) fn close<'t>(
        &mut self,
        name: Name,
        text: impl FnOnce(usize) -> &'t [u8],
    ) -> Option<Drawn> {
        let open = self.0.as_mut().filter(|open| open.name == name)?;
        open.depth -= 1;
        if open.depth > 0 {
            return None;
        }
        let Open { from, raw, .. } = self.0.take()?;
        let sign = match text(from).trim_ascii() {
            b"" => EMPTY,
            b"x" | b"X" => TICKED,
            sign if sign == "✓".as_bytes() || sign == "✔".as_bytes() => TICKED,
            _ => return None,
        };
        Some(Drawn { from, raw, sign })
    }
}

/// Whether an element in a line has a border on all sides. Cells and paragraphs have one as parts
/// of a table or a frame.
fn is_bordered(name: Name, inside: &[u8]) -> bool {
    if inside.len() <= NO_BORDER || !has_any(inside, &*BORDER) {
        return false;
    }
    let kept = inside.iter().filter(|b| !b.is_ascii_whitespace());
    let style: Vec<u8> = kept.map(u8::to_ascii_lowercase).collect();
    let has = |word: &str| memchr::memmem::find(&style, word.as_bytes()).is_some();
    let in_line = match name.as_bytes() {
        b"span" | b"font" => !has("display:block"),
        b"div" => has("display:inline"),
        _ => false,
    };
    let drawn = || {
        let at = memchr::memmem::find(&style, b"border:")?;
        let rest = style.get(at + "border:".len()..)?;
        let end = rest.iter().position(|b| matches!(b, b';' | b'"' | b'\'')).unwrap_or(rest.len());
        rest.get(..end)
    };
    let line = |said: &[u8]| {
        ["solid", "double", "inset", "outset", "ridge", "groove"]
            .iter()
            .any(|line| memchr::memmem::find(said, line.as_bytes()).is_some())
    };
    in_line && drawn().is_some_and(line)
}
