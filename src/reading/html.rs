//! Markup into characters and structure marks: cells, rows, lines, pages, boxes, raised marks.
//! Knows nothing of what the characters mean. Our own tokenizer: the offsets of every character,
//! symbol fonts, form inputs and tags left open are what a browser's tokenizer does not report.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

use super::html_boxes::Boxes;
use super::html_entities::entity;
use super::html_fonts::{Font, Fonts, symbol, symbol_of_private_use};
use super::html_tags::{Name, has_any};
use super::placed::Placed;
use super::struck::{Left, Strikes};
use super::text::{
    CELL, EMPTY, LINE, LOWERED, PAGE, Pen, RAISED, ROW, TICKED, Text, UNCLEAR, windows_1252,
};
use super::{page_feet, symbol_letters};

/// How far a tag or an entity may reach; longer ones are text.
const LONGEST_TAG: usize = 1 << 16;
/// How many attributes a tag may have; what has more is text.
const MOST_ATTRIBUTES: usize = 200;
/// How many rules across the page are kept in mind; no filing has more.
const MOST_RULES: usize = 1 << 13;
/// A tag up to this length has no style that hides its element.
const NO_STYLE: usize = 16;

/// Whether a document is markup rather than typewritten text with a few tags in it.
pub(crate) fn is_markup(bytes: &[u8]) -> bool {
    const TELLING: [&[u8]; 12] = [
        b"html", b"body", b"div", b"font", b"td", b"tr", b"br", b"p", b"span", b"center", b"pre",
        b"head",
    ];
    let telling = memchr::memchr_iter(b'<', bytes).take(2000).filter(|at| {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let name = Name::of(rest.strip_prefix(b"/").unwrap_or(rest));
        TELLING.contains(&name.as_bytes())
    });
    telling.take(2).count() == 2
}

/// Words in tags. Setting up a search costs more than searching a tag, so it is done once.
struct Words {
    page_break: [Finder<'static>; 2],
    always: [Finder<'static>; 2],
    display: [Finder<'static>; 3],
    position: [Finder<'static>; 3],
    underline: [Finder<'static>; 2],
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    page_break: ["page-break", "PAGE-BREAK"].map(Finder::new),
    always: ["always", "ALWAYS"].map(Finder::new),
    display: ["display", "DISPLAY", "Display"].map(Finder::new),
    position: ["position", "POSITION", "Position"].map(Finder::new),
    underline: ["underline", "UNDERLINE"].map(Finder::new),
});

struct Reader<'a> {
    bytes: &'a [u8],
    base: usize,
    pen: Pen,
    fonts: Fonts,
    /// The element that an underlined run is in, and where it began, in the text and in the bytes.
    underline: Option<(Name, usize, usize)>,
    preformatted: bool,
    /// The outermost element that is not displayed: its name, how many of that name are open in it,
    /// and where it began in the text.
    unseen: Option<(Name, usize, usize)>,
    /// Where the next comment ends, and the next element of each hidden kind: looked for once.
    ends: [Option<usize>; 4],
    placed: Placed,
    /// Where rules are drawn across the page, beneath its foot perhaps.
    rules: Vec<usize>,
    /// Within a table of one cell that stands in a cell of another: it sets nothing apart.
    framed: bool,
    strikes: Strikes,
    boxes: Boxes,
}

/// How comments and elements that nobody sees end.
const ENDINGS: [&[u8]; 4] = [b"-->", b"</script", b"</style", b"</title"];

/// Reads the markup at `body`.
pub(crate) fn read(received: &[u8], body: Range<usize>) -> Text {
    let bytes = received.get(body.clone()).unwrap_or_default();
    let mut reader = Reader {
        bytes,
        base: body.start,
        pen: Pen::with_room(bytes.len()),
        fonts: Fonts::default(),
        underline: None,
        preformatted: false,
        unseen: None,
        ends: [None; 4],
        placed: Placed::default(),
        rules: Vec::new(),
        framed: false,
        strikes: Strikes::default(),
        boxes: Boxes::default(),
    };
    reader.all();
    let Reader { pen, placed, mut rules, strikes, .. } = reader;
    let mut text = pen.finish();
    text.strike(strikes.found);
    if let Some(parts) = placed.arrange(text.as_str()) {
        text = text.rearranged(&parts);
        rules.clear();
    }
    page_feet::blank(&mut text, &rules);
    symbol_letters::make_ticks(&mut text);
    text
}

impl Reader<'_> {
    fn all(&mut self) {
        let (mut at, mut done) = (0, 0);
        while let Some(found) = self.bytes.get(at..).and_then(|rest| memchr2(b'<', b'&', rest)) {
            at += found;
            let rest = self.bytes.get(at..).unwrap_or_default();
            if rest.first() == Some(&b'&') {
                let Some((c, len)) = entity(rest) else {
                    at += 1;
                    continue;
                };
                self.run(done..at);
                self.character(c, at, len);
                at += len;
            } else {
                let Some(len) = tag_length(rest) else {
                    at += 1;
                    continue;
                };
                self.run(done..at);
                at += self.tag(at, len);
            }
            done = at;
        }
        self.run(done..self.bytes.len());
    }

    /// Characters between tags.
    fn run(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        if self.fonts.drawn() == Font::Letters {
            return self.pen.copy(bytes, self.base + range.start, self.preformatted);
        }
        let text = String::from_utf8_lossy(bytes);
        let lossy = text.len() != bytes.len();
        let mut at = range.start;
        if lossy {
            for byte in bytes {
                self.character(windows_1252(*byte), at, 1);
                at += 1;
            }
        } else {
            for c in text.chars() {
                self.character(c, at, c.len_utf8());
                at += c.len_utf8();
            }
        }
    }

    fn character(&mut self, c: char, at: usize, len: usize) {
        let c = match self.fonts.drawn() {
            Font::Dingbats => symbol(c),
            Font::Greek if matches!(c, 'Ö' | '\u{f0d6}') && self.alone(at, len) => TICKED,
            _ => symbol_of_private_use(c),
        };
        self.pen.character(c, self.base + at, len);
    }

    /// Whether no letter stands beside the character at a place.
    fn alone(&self, at: usize, len: usize) -> bool {
        let letter = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
        let before = at.checked_sub(1).and_then(|at| self.bytes.get(at));
        !letter(before) && !letter(self.bytes.get(at + len))
    }

    /// Acts on the tag of `len` bytes at `at`; returns how many bytes are dealt with.
    fn tag(&mut self, at: usize, len: usize) -> usize {
        let inside = self.bytes.get(at + 1..at + len).unwrap_or_default();
        let inside = inside.strip_suffix(b">").unwrap_or(inside);
        let raw = self.base + at;
        let closing = inside.first() == Some(&b'/');
        let name = Name::of(inside.strip_prefix(b"/").unwrap_or(inside));
        self.displayed(name, inside, closing, raw);
        match name.as_bytes() {
            b"script" if !closing => return self.hidden_until(at, 1).map_or(len, |end| end - at),
            b"style" if !closing => return self.sheet(at, len),
            b"title" if !closing => return self.hidden_until(at, 3).map_or(len, |end| end - at),
            b"" if inside.starts_with(b"!--") => {
                return self.hidden_until(at, 0).map_or(4, |end| end - at);
            }
            b"table" if !closing && self.fonts.in_table() && self.has_one_cell(at + len) => {
                self.framed = true;
                self.pen.mark(LINE, raw);
            }
            b"td" | b"th" | b"tr" | b"table" if self.framed => {
                self.framed = name.as_bytes() != b"table";
                self.pen.mark(LINE, raw);
            }
            b"td" | b"th" if !closing => self.pen.mark(CELL, raw),
            b"tr" | b"table" => self.pen.mark(ROW, raw),
            b"page" => self.pen.mark(PAGE, raw),
            b"pre" => {
                self.preformatted = !closing;
                self.pen.mark(LINE, raw);
            }
            b"br" if !closing => self.pen.line_break(raw),
            b"p" | b"div" | b"br" | b"hr" | b"li" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5"
            | b"h6" | b"center" | b"body" | b"html" | b"ul" | b"ol" | b"dl" | b"dt" | b"dd"
            | b"blockquote" | b"form" | b"text" | b"type" | b"sequence" | b"filename"
            | b"description" => self.block(inside, closing, raw),
            b"sup" => self.pen.put(&if closing { LOWERED } else { RAISED }.to_string(), raw, 0),
            b"u" => self.underlined(name, closing, raw),
            b"span" if closing || underlines(inside) => self.underlined(name, closing, raw),
            b"input" | b"img" => {
                if let Some(c) = box_of_tag(inside) {
                    self.pen.character(c, raw, len);
                }
            }
            _ => {}
        }
        self.bordered(name, inside, closing, raw);
        self.fonts.tag(name, inside, closing);
        if !closing && inside.len() > NO_STYLE && has_any(inside, &WORDS.position) {
            self.placed.tag(inside, self.pen.tail(0));
        }
        let left = self.strikes.tag(name, inside, closing, self.pen.tail(0), raw);
        if let Left::Back(from) = left {
            self.take_back(from, raw);
        }
        len
    }

    /// A style sheet: nothing of it is text.
    fn sheet(&mut self, at: usize, len: usize) -> usize {
        let Some(end) = self.hidden_until(at, 2) else { return len };
        self.strikes.sheet(self.bytes.get(at + len..end).unwrap_or_default());
        end - at
    }

    /// Whether the table whose tag ends here has one cell, and no other table in it.
    fn has_one_cell(&self, from: usize) -> bool {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let mut cells = 0;
        for at in memchr::memchr_iter(b'<', rest) {
            let inside = rest.get(at + 1..).unwrap_or_default();
            let closing = inside.first() == Some(&b'/');
            match Name::of(inside.strip_prefix(b"/").unwrap_or(inside)).as_bytes() {
                b"table" => return closing && cells == 1,
                b"td" | b"th" if !closing => cells += 1,
                _ => {}
            }
            if cells > 1 {
                return false;
            }
        }
        false
    }

    /// What an element holds that is not displayed is taken back where the element is closed; one
    /// that is left open hides nothing.
    fn displayed(&mut self, name: Name, inside: &[u8], closing: bool, raw: usize) {
        let Some((open, depth, from)) = self.unseen.as_mut() else {
            let watched = || matches!(name.as_bytes(), b"div" | b"span" | b"table" | b"tr" | b"td");
            let plain = !closing && inside.len() > NO_STYLE && inside.last() != Some(&b'/');
            if plain && watched() && is_unseen(inside) {
                self.unseen = Some((name, 1, self.pen.len()));
            }
            return;
        };
        if open.as_bytes() != name.as_bytes() || inside.last() == Some(&b'/') {
            return;
        }
        *depth = if closing { depth.saturating_sub(1) } else { *depth + 1 };
        if *depth == 0 {
            let from = *from;
            self.unseen = None;
            self.strikes.cut_back(from);
            self.take_back(from, raw);
        }
    }

    /// Leaves out what was written from a place on.
    fn take_back(&mut self, from: usize, raw: usize) {
        self.underline = None;
        self.pen.cut_back(from);
        self.placed.cut_back(from);
        let kept = self.rules.partition_point(|place| *place <= from);
        self.rules.truncate(kept);
        self.pen.put(" ", raw, 0);
    }

    fn block(&mut self, inside: &[u8], closing: bool, raw: usize) {
        self.pen.mark(LINE, raw);
        if !closing && inside.len() > 16 && breaks_page(inside) {
            self.pen.mark(PAGE, raw);
        }
        if self.rules.len() < MOST_RULES
            && inside.get(..2).is_some_and(|name| name.eq_ignore_ascii_case(b"hr"))
        {
            self.rules.push(self.pen.len());
        }
    }

    /// An underlined run of spaces is a blank to be filled in, and nobody filled it in; within a
    /// name that is underlined piece by piece, it is a space.
    fn underlined(&mut self, name: Name, closing: bool, raw: usize) {
        let open = self.underline.filter(|(open, ..)| *open == name);
        if !closing {
            // Inside of an underlined element another changes nothing.
            if self.underline.is_none() || open.is_some() {
                self.underline = Some((name, self.pen.len(), raw));
            }
            return;
        }
        let Some((_, from, raw_from)) = open else { return };
        self.underline = None;
        let run = self.pen.tail(from);
        let last = from.checked_sub(1).and_then(|at| self.pen.tail(at).first());
        let within = name.as_bytes() == b"span" && last.is_some_and(u8::is_ascii_alphanumeric);
        if run.len() >= 2 && run.iter().all(|b| *b == b' ') && !within {
            self.pen.cut_back(from);
            self.pen.put("____", raw_from, raw - raw_from);
        }
    }

    /// An element whose border draws a box, once it is closed.
    fn bordered(&mut self, name: Name, inside: &[u8], closing: bool, raw: usize) {
        if !closing {
            self.boxes.open(name, inside, (self.pen.len(), raw));
        } else if self.boxes.is_open()
            && let Some(drawn) = self.boxes.close(name, |from| self.pen.tail(from))
        {
            self.underline = None;
            self.pen.cut_back(drawn.from);
            self.placed.cut_back(drawn.from);
            self.pen.put(&drawn.sign.to_string(), drawn.raw, raw - drawn.raw);
        }
    }

    /// The end of the comment or hidden element that begins at `at`. Each end is looked for once
    /// and kept, so that openings without an end cost nothing.
    fn hidden_until(&mut self, at: usize, kind: usize) -> Option<usize> {
        let ending = ENDINGS.get(kind)?;
        let known = self.ends.get(kind).copied().flatten().filter(|end| *end > at);
        let end = match known {
            Some(end) => end,
            None => {
                let rest = self.bytes.get(at..)?;
                let found = find_ignoring_case(rest, ending);
                let after = if kind == 0 { ending.len() } else { 0 };
                found.map_or(usize::MAX, |found| at + found + after)
            }
        };
        *self.ends.get_mut(kind)? = Some(end);
        (end != usize::MAX).then_some(end)
    }
}

/// The first place of a lower-case needle, in either case.
fn find_ignoring_case(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    memchr::memchr_iter(first, bytes).find(|at| {
        bytes.get(*at..*at + needle.len()).is_some_and(|here| here.eq_ignore_ascii_case(needle))
    })
}

/// Whether a tag's style underlines: `text-decoration: underline`, but not `none`.
fn underlines(inside: &[u8]) -> bool {
    has_any(inside, &WORDS.underline) && {
        let style = String::from_utf8_lossy(inside).to_ascii_lowercase();
        style.split("text-decoration").skip(1).any(|rest| {
            let value = rest.split([';', '"', '\'']).next().unwrap_or("");
            value.contains("underline")
        })
    }
}

/// Whether a tag's style says that the element is not displayed.
fn is_unseen(inside: &[u8]) -> bool {
    let style = |inside: &[u8]| -> Vec<u8> {
        let kept = inside.iter().filter(|b| !b.is_ascii_whitespace());
        kept.map(u8::to_ascii_lowercase).collect()
    };
    has_any(inside, &WORDS.display)
        && memchr::memmem::find(&style(inside), b"display:none").is_some()
}

/// Whether a tag's style ends the page.
fn breaks_page(inside: &[u8]) -> bool {
    has_any(inside, &WORDS.page_break) && has_any(inside, &WORDS.always)
}

/// The length of the tag or comment that `rest` begins with; `None`: it is text.
fn tag_length(rest: &[u8]) -> Option<usize> {
    let near = rest.get(..rest.len().min(LONGEST_TAG))?;
    match near.get(1)? {
        b'!' if near.starts_with(b"<!--") => {
            return Some(4);
        }
        b'/' | b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z' => {}
        _ => return None,
    }
    let mut at = 1;
    for _ in 0..MOST_ATTRIBUTES {
        let found = memchr::memchr3(b'>', b'=', b'<', near.get(at..)?)?;
        at += found;
        match near.get(at)? {
            b'>' => return Some(at + 1),
            // A tag left open: the next one begins before it ends.
            b'<' => return Some(at),
            _ => at += 1 + quoted(near.get(at + 1..).unwrap_or_default()),
        }
    }
    None
}

/// The length of a quoted attribute value, if one follows and is closed soon.
fn quoted(rest: &[u8]) -> usize {
    let Some(quote @ (b'"' | b'\'')) = rest.first() else { return 0 };
    let near = rest.get(1..rest.len().min(4096)).unwrap_or_default();
    memchr(*quote, near).map_or(0, |end| end + 2)
}

/// The box that a form input or a picture shows.
pub(crate) fn box_of_tag(inside: &[u8]) -> Option<char> {
    let lower = inside.iter().take(1000).map(|b| char::from(b.to_ascii_lowercase()));
    let lower: String = lower.collect();
    let has = |needle: &str| lower.contains(needle);
    if lower.starts_with("input") {
        if !has("radio") && !has("checkbox") {
            return None;
        }
        return Some(if has(" checked") { TICKED } else { EMPTY });
    }
    if !lower.starts_with("img") {
        return None;
    }
    if has("uncheck") || has("emptybox") || has("empty box") || has("box_empty") || has("boxempty")
    {
        Some(EMPTY)
    } else if has("check") || has("tick") || has("boxx") || has("xbox") || has("x box") {
        Some(TICKED)
    } else if has("box") {
        Some(UNCLEAR)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(raw: &str) -> String {
        read(raw.as_bytes(), 0..raw.len()).as_str().to_owned()
    }

    #[test]
    fn structure_becomes_marks() {
        let page = "<table><tr><td>a</td>\n<td>b\nc</td></tr></table><p>d<br>e<hr>f<pre>g\nh</pre>";
        assert_eq!(text_of(page), "\u{1e}\u{1e}\u{1f}a \u{1f}b c\u{1e}\u{1e}d\ne\nf\ng\nh\n");
    }

    #[test]
    fn letters_of_symbol_fonts_become_boxes() {
        let page = "<font face=\"Wingdings\">x</font>x<span style=\"font-family:wingdings\">\
                    &#168;<font face=Times>o</font>o</span>o&#61694;<FONT FACE=WINGDINGS>&thorn;";
        assert_eq!(text_of(page), "☒x☐o☐o☒☒");
        let form = "<input type=\"radio\"><INPUT TYPE=checkbox CHECKED><img src='checked.gif'>";
        assert_eq!(text_of(form), "☐☒☒");
    }

    #[test]
    fn blanks_and_raised_marks_are_told() {
        assert_eq!(text_of("a<u>&nbsp;&nbsp; </u>b<u>c </u>5<sup>1</sup>"), "a____bc 5\u{e}1\u{f}");
    }

    #[test]
    fn broken_markup_is_read_as_far_as_it_goes() {
        assert_eq!(
            text_of("<p <b>a</b> 5 < 6 &#\n160; AT&T &unknown; <"),
            "\na 5 < 6   AT&T &unknown; <"
        );
        assert_eq!(text_of("a<!-- x > y --><title>t</title>b<a href=\"x>y\">c</a>"), "abc");
    }
}
