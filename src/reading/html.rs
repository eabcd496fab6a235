//! Markup into characters and structure marks: cells, rows, lines, pages, boxes, raised marks.
//! Knows nothing of what the characters mean. Our own tokenizer: the offsets of every character,
//! symbol fonts, form inputs and tags left open are what a browser's tokenizer does not report.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

use super::html_entities::entity;
use super::placed::Placed;
use super::text::{
    CELL, EMPTY, LINE, LOWERED, PAGE, Pen, RAISED, ROW, TICKED, Text, UNCLEAR, windows_1252,
};

/// How far a tag or an entity may reach; longer ones are text.
const LONGEST_TAG: usize = 1 << 16;
/// How many attributes a tag may have; what has more is text.
const MOST_ATTRIBUTES: usize = 200;
/// A tag up to this length has no style that hides its element.
const NO_STYLE: usize = 16;
/// How many open elements are watched for their font.
const DEEPEST: usize = 256;

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

/// A tag's name in lower case; no more of it than tells one from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    letters: [u8; 12],
    len: usize,
}

impl Name {
    /// The name that the inside of a tag begins with.
    fn of(inside: &[u8]) -> Name {
        let mut name = Name { letters: [0; 12], len: 0 };
        let said = inside.iter().take_while(|b| b.is_ascii_alphanumeric());
        for (letter, said) in name.letters.iter_mut().zip(said) {
            *letter = said.to_ascii_lowercase();
            name.len += 1;
        }
        name
    }

    fn as_bytes(&self) -> &[u8] {
        self.letters.get(..self.len).unwrap_or_default()
    }
}

/// Words in tags. Setting up a search costs more than searching a tag, so it is done once.
struct Words {
    /// The end of "Wingdings" and "Webdings", as they are cased.
    symbols: [Finder<'static>; 3],
    greek: [Finder<'static>; 2],
    fonts: [Finder<'static>; 4],
    page_break: [Finder<'static>; 2],
    always: [Finder<'static>; 2],
    display: [Finder<'static>; 3],
    position: [Finder<'static>; 3],
    underline: [Finder<'static>; 2],
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    symbols: ["ingdings", "INGDINGS", "ebdings"].map(Finder::new),
    greek: ["ymbol", "YMBOL"].map(Finder::new),
    fonts: ["face", "amily", "FACE", "AMILY"].map(Finder::new),
    page_break: ["page-break", "PAGE-BREAK"].map(Finder::new),
    always: ["always", "ALWAYS"].map(Finder::new),
    display: ["display", "DISPLAY", "Display"].map(Finder::new),
    position: ["position", "POSITION", "Position"].map(Finder::new),
    underline: ["underline", "UNDERLINE"].map(Finder::new),
});

fn has_any(inside: &[u8], words: &[Finder]) -> bool {
    words.iter().any(|word| word.find(inside).is_some())
}

/// What the characters of a font are drawn as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Font {
    /// As what they are.
    Letters,
    /// Boxes and ticks: Wingdings, Webdings.
    Dingbats,
    /// Greek letters and signs: Symbol.
    Greek,
}

struct Reader<'a> {
    bytes: &'a [u8],
    base: usize,
    pen: Pen,
    /// Open elements that may set a font: name, and what its characters are drawn as.
    fonts: Vec<(Name, Font)>,
    /// The element that an underlined run is in, and where it began, in the text and in the bytes.
    underline: Option<(Name, usize, usize)>,
    preformatted: bool,
    /// The outermost element that is not displayed: its name, how many of that name are open in it,
    /// and where it began in the text.
    unseen: Option<(Name, usize, usize)>,
    /// Where the next comment ends, and the next element of each hidden kind: looked for once.
    ends: [Option<usize>; 4],
    placed: Placed,
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
        fonts: Vec::new(),
        underline: None,
        preformatted: false,
        unseen: None,
        ends: [None; 4],
        placed: Placed::default(),
    };
    reader.all();
    let Reader { pen, placed, .. } = reader;
    let text = pen.finish();
    match placed.arrange(text.as_str()) {
        Some(parts) => text.rearranged(&parts),
        None => text,
    }
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

    fn drawn(&self) -> Font {
        self.fonts.last().map_or(Font::Letters, |(_, font)| *font)
    }

    /// Characters between tags.
    fn run(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        if self.drawn() == Font::Letters {
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
        let c = match self.drawn() {
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
            b"style" if !closing => return self.hidden_until(at, 2).map_or(len, |end| end - at),
            b"title" if !closing => return self.hidden_until(at, 3).map_or(len, |end| end - at),
            b"" if inside.starts_with(b"!--") => {
                return self.hidden_until(at, 0).map_or(4, |end| end - at);
            }
            b"td" | b"th" if !closing => self.pen.mark(CELL, raw),
            b"tr" | b"table" => self.pen.mark(ROW, raw),
            b"page" => self.pen.mark(PAGE, raw),
            b"pre" => {
                self.preformatted = !closing;
                self.pen.mark(LINE, raw);
            }
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
        self.font(name, inside, closing);
        if !closing && inside.len() > NO_STYLE && has_any(inside, &WORDS.position) {
            self.placed.tag(inside, self.pen.tail(0));
        }
        len
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
            self.underline = None;
            self.pen.cut_back(from);
            self.placed.cut_back(from);
            self.pen.put(" ", raw, 0);
        }
    }

    fn block(&mut self, inside: &[u8], closing: bool, raw: usize) {
        self.pen.mark(LINE, raw);
        if !closing && inside.len() > 16 && breaks_page(inside) {
            self.pen.mark(PAGE, raw);
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

    fn font(&mut self, name: Name, inside: &[u8], closing: bool) {
        let of_font = matches!(name.as_bytes(), b"font" | b"span");
        let other = matches!(name.as_bytes(), b"p" | b"td" | b"div" | b"b" | b"i" | b"tr" | b"li");
        if !of_font && !other {
            return;
        }
        if closing {
            let near = self.fonts.iter().rev().take(16).position(|(open, _)| *open == name);
            if let Some(back) = near {
                self.fonts.truncate(self.fonts.len() - back - 1);
            }
            return;
        }
        let said = if has_any(inside, &WORDS.symbols) {
            Some(Font::Dingbats)
        } else if has_any(inside, &WORDS.greek) && is_greek(inside) {
            Some(Font::Greek)
        } else {
            has_any(inside, &WORDS.fonts).then_some(Font::Letters)
        };
        // Paragraphs are often left open, so only those that say a font are watched.
        let watched = of_font || said.is_some_and(|font| font != Font::Letters);
        if watched && self.fonts.len() < DEEPEST && inside.last() != Some(&b'/') {
            self.fonts.push((name, said.unwrap_or_else(|| self.drawn())));
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

/// What a letter looks like in a font of symbols.
fn symbol(c: char) -> char {
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
fn symbol_of_private_use(c: char) -> char {
    if ('\u{f000}'..='\u{f0ff}').contains(&c) { symbol(c) } else { c }
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
