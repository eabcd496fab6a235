//! A document as one stream of characters with structure marks, each traceable to received bytes.
//! Knows nothing of filings; the offset map stays in here, others get spans.

use std::ops::Range;

use memchr::memchr;

use crate::reading::places::{Places, Unit, Writer};
use crate::reading::struck::{self, Stretch};
use crate::reading::{frames, page_feet, symbol_letters};
use crate::terms::span::Span;

/// The end of a line, or of a block of markup.
pub(crate) const LINE: char = '\n';
/// The beginning of a table cell.
pub(crate) const CELL: char = '\u{1f}';
/// The beginning or end of a table row.
pub(crate) const ROW: char = '\u{1e}';
/// A page break.
pub(crate) const PAGE: char = '\u{0c}';
/// What stands between these two is raised: a footnote's mark.
pub(crate) const RAISED: char = '\u{0e}';
/// The end of what is raised.
pub(crate) const LOWERED: char = '\u{0f}';
/// A box with a mark in it.
pub(crate) const TICKED: char = '\u{2612}';
/// A box with nothing in it.
pub(crate) const EMPTY: char = '\u{2610}';
/// A box, or a picture of one, that does not show which it is.
pub(crate) const UNCLEAR: char = '\u{25a0}';

/// Whether a character is a structure mark.
pub(crate) fn is_mark(c: char) -> bool {
    matches!(c, LINE | CELL | ROW | PAGE)
}

/// What stands before the first structure mark.
pub(crate) fn first_line(text: &str) -> &str {
    let bytes = text.as_bytes();
    let end = memchr::memchr3(LINE as u8, CELL as u8, ROW as u8, bytes).unwrap_or(bytes.len());
    let end = memchr(PAGE as u8, bytes.get(..end).unwrap_or_default()).unwrap_or(end);
    text.get(..end).unwrap_or("")
}

/// At most so many bytes from here on.
pub(crate) fn near(body: &str, from: usize, most: usize) -> &str {
    let mut end = (from + most).min(body.len());
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    body.get(from..end).unwrap_or("")
}

/// At most so many bytes that end here.
pub(crate) fn near_before(body: &str, to: usize, most: usize) -> &str {
    let mut from = to.saturating_sub(most);
    while from < to && !body.is_char_boundary(from) {
        from += 1;
    }
    body.get(from..to).unwrap_or("")
}

/// The characters of a document.
#[derive(Debug, Default)]
pub(crate) struct Text {
    body: String,
    places: Places,
    /// Where a stretch of a text that was put together anew begins, and where it began before.
    moved: Vec<(usize, usize)>,
    /// What is struck out, and left out of the characters.
    struck: Vec<Stretch>,
}

impl Text {
    /// All of it.
    pub(crate) fn as_str(&self) -> &str {
        &self.body
    }

    /// A part of it; nothing where the range is none.
    pub(crate) fn cut(&self, range: Range<usize>) -> &str {
        self.body.get(range).unwrap_or("")
    }

    /// What is struck out.
    pub(crate) fn struck(&self) -> &[Stretch] {
        &self.struck
    }

    /// Says what is struck out of it by markup.
    pub(crate) fn strike(&mut self, stretches: Vec<Stretch>) {
        self.struck.extend(stretches);
    }

    /// Leaves out what is struck out at these places.
    pub(crate) fn strike_at(&mut self, places: &[Range<usize>]) {
        for place in places {
            let raw = self.span(place.clone());
            if let Some(stretch) = Stretch::of(self.cut(place.clone()), raw) {
                self.struck.push(stretch);
            }
        }
        self.blank(|bytes| {
            for place in places {
                let stretch = bytes.get_mut(place.clone()).unwrap_or_default();
                stretch
                    .iter_mut()
                    .filter(|b| !matches!(b, b'\n' | b'\x0c'))
                    .for_each(|b| *b = b' ');
            }
        });
    }

    /// Lets spaces be put in place of whole characters, so that everything else stays where it is.
    pub(crate) fn blank(&mut self, edit: impl FnOnce(&mut [u8])) {
        let mut bytes = std::mem::take(&mut self.body).into_bytes();
        edit(&mut bytes);
        self.body = String::from_utf8(bytes).unwrap_or_default();
    }

    /// Where a part of it stands in the received bytes.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let first = self.origin(range.start);
        if range.is_empty() {
            let start = self.places.raw(first, first).0;
            return Span::new(start, start);
        }
        let (mut start, mut end) = self.places.raw(first, self.origin(range.end - 1));
        // Stretches may come in another order than they were received in.
        let from = self.moved.partition_point(|(new, _)| *new <= range.start);
        for (new, old) in self.moved.iter().skip(from).take_while(|(new, _)| *new < range.end) {
            let before = self.places.raw(first, self.origin(new - 1));
            let after = self.places.raw(*old, *old);
            start = start.min(after.0).min(before.0);
            end = end.max(after.1).max(before.1);
        }
        Span::new(start, end.max(start))
    }

    /// The same characters in another order, with marks between them; each keeps its bytes.
    pub(crate) fn rearranged(self, parts: &[Part]) -> Text {
        let unprinted: usize = parts.iter().map(|part| part.unprinted().len()).sum();
        let mut body = String::with_capacity(self.body.len() + unprinted);
        let mut moved = Vec::with_capacity(parts.len() + unprinted);
        let mut end = 0;
        for part in parts {
            match part {
                Part::Slice(range) => {
                    self.moved_in(range, body.len(), &mut moved);
                    body.push_str(self.body.get(range.clone()).unwrap_or(""));
                    end = range.end.saturating_sub(1);
                }
                Part::Mark(mark) => {
                    moved.push((body.len(), self.origin(end)));
                    body.push(*mark);
                }
                Part::Gap | Part::Label(_) => part.unprinted().chars().for_each(|sign| {
                    moved.push((body.len(), self.origin(end)));
                    body.push(sign);
                }),
            }
        }
        Text { body, places: self.places, moved, struck: self.struck }
    }

    /// Where a range stood first of all, which may be in several stretches, if it is put at `to`.
    fn moved_in(&self, range: &Range<usize>, to: usize, moved: &mut Vec<(usize, usize)>) {
        moved.push((to, self.origin(range.start)));
        let from = self.moved.partition_point(|(new, _)| *new <= range.start);
        let inside = self.moved.iter().skip(from).take_while(|(new, _)| *new < range.end);
        moved.extend(inside.map(|(new, old)| (to + (new - range.start), *old)));
    }

    /// Where a character stood before the text was put together anew.
    fn origin(&self, at: usize) -> usize {
        let after = self.moved.partition_point(|(new, _)| *new <= at);
        let moved = after.checked_sub(1).and_then(|index| self.moved.get(index));
        moved.map_or(at, |(new, old)| old + (at - new))
    }
}

/// A part of a text put together anew.
pub(crate) enum Part {
    /// Characters of the text there was.
    Slice(Range<usize>),
    /// A structure mark.
    Mark(char),
    /// So much room that what stands on both sides is two things.
    Gap,
    /// The form's words for a row, where a table has none, or others, above its values.
    Label(&'static str),
}

impl Part {
    /// The characters that stand nowhere in the received bytes.
    fn unprinted(&self) -> &'static str {
        match self {
            Part::Gap => "   ",
            Part::Label(words) => words,
            Part::Slice(_) | Part::Mark(_) => "",
        }
    }
}

/// Writes a [`Text`], run by run.
#[derive(Default)]
pub(crate) struct Pen {
    body: Vec<u8>,
    places: Writer,
    /// The last character, if it is a structure mark.
    last_mark: Option<char>,
    /// Whether that is the end of a line, not of a block.
    broken: bool,
    /// How many tabs went to their stops.
    tabs: usize,
}

impl Pen {
    /// With room for a document of so many bytes: growing to it would copy it again and again.
    pub(crate) fn with_room(bytes: usize) -> Pen {
        Pen { body: Vec::with_capacity(bytes), ..Pen::default() }
    }

    /// How much is written.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// What is written from `at` on.
    pub(crate) fn tail(&self, at: usize) -> &[u8] {
        self.body.get(at..).unwrap_or_default()
    }

    /// Takes back what was written from `at` on, which is where a run ended.
    pub(crate) fn cut_back(&mut self, at: usize) {
        self.body.truncate(at);
        self.places.cut_back(at);
    }

    /// Characters in place of `raw_len` bytes at `raw`.
    pub(crate) fn put(&mut self, text: &str, raw: usize, raw_len: usize) {
        self.places.put(Unit { chars: text.len(), raw: raw_len }, raw);
        self.body.extend_from_slice(text.as_bytes());
        self.last_mark = None;
    }

    /// A structure mark between bytes. A line end after any mark says nothing new.
    pub(crate) fn mark(&mut self, mark: char, raw: usize) {
        if mark == LINE && self.last_mark.is_some() {
            return;
        }
        self.put(mark.encode_utf8(&mut [0; 4]), raw, 0);
        self.last_mark = Some(mark);
        self.broken = false;
    }

    /// The end of a line; where the line before ended so, too, an empty line.
    pub(crate) fn line_break(&mut self, raw: usize) {
        if self.last_mark == Some(LINE) && self.broken {
            self.last_mark = None;
        }
        self.mark(LINE, raw);
        self.broken = true;
    }

    /// Bytes of the document as they stand. Line ends become spaces unless `lines`.
    pub(crate) fn copy(&mut self, bytes: &[u8], raw: usize, lines: bool) {
        if bytes.is_ascii() {
            return self.copy_ascii(bytes, raw, lines);
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.iter().position(|b| !b.is_ascii()).unwrap_or(rest.len());
            self.copy_ascii(rest.get(..plain).unwrap_or_default(), raw + at, lines);
            at += plain;
            if let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
                at += self.copy_one(rest, raw + at);
            }
        }
    }

    fn copy_ascii(&mut self, bytes: &[u8], raw: usize, lines: bool) {
        if bytes.is_empty() {
            return;
        }
        self.places.copy(bytes.len(), raw);
        let from = self.body.len();
        let line_end = if lines { b'\n' } else { b' ' };
        self.body.extend(bytes.iter().map(|b| match b {
            b'\n' => line_end,
            b'\x0c' => b'\x0c',
            0..=0x1f | 0x7f => b' ',
            _ => *b,
        }));
        if lines && memchr(b'\r', bytes).is_some() {
            self.end_lines_at_bare_returns(bytes, from);
        }
        if bytes.iter().any(|b| !b.is_ascii_whitespace()) {
            self.last_mark = None;
        }
    }

    /// Lines may end in a carriage return alone.
    fn end_lines_at_bare_returns(&mut self, bytes: &[u8], from: usize) {
        for (at, byte) in bytes.iter().enumerate() {
            // What follows a run is a tag or a character of its own, and no line end.
            let bare = *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
            if let Some(written) = self.body.get_mut(from + at).filter(|_| bare) {
                *written = b'\n';
            }
        }
    }

    /// One character that is not ASCII: UTF-8 where the bytes are that, Windows-1252 otherwise.
    fn copy_one(&mut self, bytes: &[u8], raw: usize) -> usize {
        let head = bytes.get(..bytes.len().min(4)).unwrap_or_default();
        let valid = match std::str::from_utf8(head) {
            Ok(text) => text,
            Err(error) => {
                let valid = head.get(..error.valid_up_to()).unwrap_or_default();
                std::str::from_utf8(valid).unwrap_or("")
            }
        };
        let (c, len) = match valid.chars().next() {
            Some(c) => (c, c.len_utf8()),
            None => (windows_1252(bytes.first().copied().unwrap_or(b' ')), 1),
        };
        self.character(c, raw, len);
        len
    }

    /// A character in place of bytes, in the form the rest of the reader expects it.
    pub(crate) fn character(&mut self, c: char, raw: usize, raw_len: usize) {
        if is_unseen(c) {
            return;
        }
        self.put(plain(c).encode_utf8(&mut [0; 4]), raw, raw_len);
    }

    /// The text.
    pub(crate) fn finish(self) -> Text {
        // Every write is whole characters, so the bytes are UTF-8.
        let body = String::from_utf8(self.body).unwrap_or_default();
        Text { body, places: self.places.finish(), ..Text::default() }
    }
}

/// Characters that show nothing: hyphens where a word may be broken, joiners, marks of order.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Spaces of all kinds become one kind, and boxes of all kinds one of three.
fn plain(c: char) -> char {
    match c {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => ' ',
        '☐' | '□' | '▢' | '◻' | '⬜' | '❏' | '❑' | '❐' | '❒' | '▯' | '○' => {
            EMPTY
        }
        '☒' | '☑' | '✓' | '✔' | '✗' | '✘' | '⊠' | '⌧' | '\u{1f5f7}' | '\u{1f5f9}' | '●' => {
            TICKED
        }
        _ => c,
    }
}

/// The character of a byte in Windows-1252, which is what pages that claim ISO-8859-1 are in.
pub(crate) fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or(' '),
        _ => char::from(byte),
    }
}

/// Where a document says that a page ends, in a tag that may lack its `>`.
const PAGE_TAG: &[u8] = b"<page";

/// A typewritten document: line ends as they stand, the few tags of EDGAR's text format dropped.
pub(crate) fn read(received: &[u8], body: Range<usize>) -> Text {
    let bytes = received.get(body.clone()).unwrap_or_default();
    let mut pen = Pen::with_room(bytes.len());
    let (mut at, mut done) = (0, 0);
    let mut strikes = struck::Typed::default();
    // In text that a mailer has not unquoted the sign of a quotation is looked for too.
    let third = if is_quoted(bytes) { b'=' } else { b'&' };
    while let Some(found) =
        bytes.get(at..).and_then(|rest| memchr::memchr3(b'<', b'&', third, rest))
    {
        at += found;
        let rest = bytes.get(at..).unwrap_or_default();
        let taken = match rest.first() {
            Some(b'&') => super::html_entities::entity(rest).map(|(c, len)| (Some(c), len)),
            Some(b'=') => unquoted(rest),
            _ => tag_in_text(rest),
        };
        let Some((c, len)) = taken else {
            at += 1;
            continue;
        };
        copy_typed(&mut pen, bytes.get(done..at).unwrap_or_default(), body.start + done);
        strikes.tag(rest, pen.tail(0));
        match c {
            Some(c) if is_mark(c) => pen.mark(c, body.start + at),
            Some(c) => pen.character(c, body.start + at, len),
            None => {}
        }
        at += len;
        done = at;
    }
    copy_typed(&mut pen, bytes.get(done..).unwrap_or_default(), body.start + done);
    let mut text = pen.finish();
    text.strike_at(&strikes.found);
    page_feet::single_spaced(&mut text);
    frames::blank(&mut text);
    page_feet::blank(&mut text, &[]);
    symbol_letters::make_ticks(&mut text);
    without_padding(text)
}

/// The text without the spaces that lines are filled up with; as it is where none is.
fn without_padding(text: Text) -> Text {
    /// Fewer make no line long.
    const PADDING: &[u8] = b"        \n";
    /// No filing has more lines; what comes after them stays as it is.
    const MOST: usize = 1 << 13;
    let body = text.as_str();
    let mut parts = Vec::new();
    let mut done = 0;
    for found in memchr::memmem::find_iter(body.as_bytes(), PADDING).take(MOST) {
        let end = found + PADDING.len() - 1;
        let line = body.get(done..end).unwrap_or("").trim_end_matches(' ').len();
        parts.push(Part::Slice(done..done + line));
        done = end;
    }
    if parts.is_empty() {
        return text;
    }
    parts.push(Part::Slice(done..body.len()));
    text.rearranged(&parts)
}

/// Bytes of a typewritten document, with what a tab leaves free up to the next stop; far right, or
/// after more tabs than any filing has, a tab is a space.
fn copy_typed(pen: &mut Pen, bytes: &[u8], raw: usize) {
    const STOP: usize = 8;
    const STOPS: &str = "        ";
    const LONGEST_LINE: usize = 200;
    const MOST: usize = 1 << 15;
    let mut done = 0;
    for at in memchr::memchr_iter(b'\t', bytes) {
        if pen.tabs == MOST {
            break;
        }
        pen.copy(bytes.get(done..at).unwrap_or_default(), raw + done, true);
        done = at;
        let near = pen.tail(pen.len().saturating_sub(LONGEST_LINE));
        let line = near.rsplit(|b| matches!(b, b'\n' | b'\x0c')).next().unwrap_or_default();
        if line.len() < LONGEST_LINE {
            let column = line.iter().filter(|b| !matches!(b, 0x80..=0xbf)).count();
            pen.put(STOPS.get(column % STOP..).unwrap_or(" "), raw + at, 1);
            pen.tabs += 1;
            done = at + 1;
        }
    }
    pen.copy(bytes.get(done..).unwrap_or_default(), raw + done, true);
}

/// Whether a text is still in the quoted-printable form in which mail is sent: several of its
/// first lines end in a quoted space.
fn is_quoted(bytes: &[u8]) -> bool {
    const LOOKED_THROUGH: usize = 1 << 14;
    let head = bytes.get(..bytes.len().min(LOOKED_THROUGH)).unwrap_or_default();
    let ends = |at: usize| matches!(head.get(at + 3), Some(b'\n' | b'\r'));
    memchr::memmem::find_iter(head, b"=20").filter(|at| ends(*at)).take(3).count() == 3
}

/// What a quotation stands for, `=20` or `=` at the end of a line, and its length.
fn unquoted(rest: &[u8]) -> Option<(Option<char>, usize)> {
    match rest {
        [b'=', b'\r', b'\n', ..] => return Some((None, 3)),
        [b'=', b'\n', ..] => return Some((None, 2)),
        _ => {}
    }
    let code = std::str::from_utf8(rest.get(1..3)?).ok()?;
    let byte = u8::from_str_radix(code, 16).ok().filter(|_| !code.starts_with('+'))?;
    Some((Some(windows_1252(byte)), 3))
}

/// What a tag in a typewritten document stands for, and its length; `None`: it is no tag.
fn tag_in_text(rest: &[u8]) -> Option<(Option<char>, usize)> {
    const LONGEST: usize = 400;
    let near = rest.get(..rest.len().min(LONGEST)).unwrap_or_default();
    let stop = memchr::memchr3(b'>', b'\n', b'<', near.get(1..)?).map(|at| at + 1);
    let closed = stop.filter(|at| near.get(*at) == Some(&b'>'));
    if near.get(..PAGE_TAG.len()).is_some_and(|head| head.eq_ignore_ascii_case(PAGE_TAG)) {
        return Some((Some(PAGE), closed.map_or(PAGE_TAG.len(), |at| at + 1)));
    }
    let closed = closed?;
    let inside = near.get(1..closed)?;
    // "(a) < >  (b) <X>": boxes, and no tags.
    match inside {
        b"X" | b"x" | b" X " | b" x " => return Some((Some(TICKED), closed + 1)),
        b"" | b" " | b"  " | b"   " => return Some((Some(EMPTY), closed + 1)),
        _ => {}
    }
    let name = inside.strip_prefix(b"/").unwrap_or(inside);
    if !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    Some((super::html::box_of_tag(inside), closed + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans_agree(raw: &[u8], text: &Text) {
        for (at, c) in text.as_str().char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()) {
            let cut = text.span(at..at + 1).cut(raw).unwrap();
            assert!(cut == [c as u8] || cut.first() == Some(&b'&'), "{at} {c:?} {cut:?}");
        }
    }

    #[test]
    fn every_character_knows_its_bytes() {
        let raw = b"a\x92b &amp; <PAGE>\r\ncaf\xc3\xa9 12\rx <0.1% <b>z &#49;<PAGE\ny";
        let text = read(raw, 0..raw.len());
        assert_eq!(text.as_str(), "a’b & \u{c} \ncafé 12\nx <0.1% z 1\u{c}\ny");
        spans_agree(raw, &text);
    }

    #[test]
    fn a_span_covers_whole_replacements() {
        let raw = b"x &nbsp;&eacute;t 5";
        let text = read(raw, 0..raw.len());
        assert_eq!(text.as_str(), "x  ét 5");
        assert_eq!(text.span(3..6), Span::new(8, 17));
    }
}
