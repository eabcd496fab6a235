//! Pages on which every piece of text is put at a place of its own, as converters of PDF print
//! them: set into lines. Knows nothing of what the pieces say.

use std::ops::Range;

use crate::reading::text::{LINE, PAGE, Part, TICKED, is_mark};

/// So many pieces are put at places where a page is printed this way.
const ENOUGH: usize = 20;
/// How much higher or lower a piece may stand than its line.
const SLACK: i32 = 6;
/// How far right of a box drawn in brackets the cross in it may begin.
const IN_BOX: i32 = 30;
/// How wide a character is at least.
const NARROW: i32 = 5;
/// More pieces than any filing has, some hundred a page; a document of more is left as it stands.
const MOST: usize = 1 << 15;

/// A piece of text, and the place it is put at.
#[derive(Clone, Debug)]
struct Piece {
    /// Ends where it begins until all are known.
    range: Range<usize>,
    page: u32,
    top: i32,
    left: i32,
}

/// The pieces of a document that are put at places.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    page: u32,
    pieces: Vec<Piece>,
    /// Some place is given in another unit than points of the screen or the printer.
    unfit: bool,
}

/// What a style says of a place.
enum Position {
    /// What stands inside is placed anew.
    Relative,
    At(i32, i32),
    /// In inches or parts of the page.
    Elsewhere,
}

fn position(inside: &[u8]) -> Option<Position> {
    let style: Vec<u8> = inside.iter().filter(|b| !b.is_ascii_whitespace()).copied().collect();
    let style = String::from_utf8_lossy(&style).to_ascii_lowercase();
    let (_, rest) = style.split_once("position:")?;
    if rest.starts_with("relative") {
        return Some(Position::Relative);
    }
    rest.starts_with("absolute").then_some(())?;
    let number = |name: &str| {
        let at = style.match_indices(name).map(|(at, _)| at).find(|at| {
            // "margin-top" is no place.
            let before = style.get(..*at).and_then(|head| head.chars().next_back());
            matches!(before, Some(';' | '"' | '\'' | '='))
        })?;
        let said = style.get(at + name.len()..)?;
        let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
        let (number, unit) = said.split_at_checked(end)?;
        let whole = unit.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let plain = whole.starts_with("px") || whole.starts_with("pt");
        let bare = whole.is_empty() || whole.starts_with([';', '"', '\'']);
        Some((number.parse::<i32>().ok()?, plain || bare))
    };
    let ((top, known), (left, also)) = (number("top:")?, number("left:")?);
    Some(if known && also { Position::At(top, left) } else { Position::Elsewhere })
}

fn is_division(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"div")
}

impl Placed {
    /// Takes a tag whose style speaks of a position; its text begins at the end of what is
    /// `written`.
    pub(crate) fn tag(&mut self, inside: &[u8], written: &[u8]) {
        let start = written.len();
        match position(inside) {
            Some(Position::At(top, left)) if self.pieces.len() < MOST => {
                // A piece in which nothing stands but others is their page.
                let blank = |b: &u8| *b == b' ' || is_mark(char::from(*b));
                let last = self.pieces.last().and_then(|last| written.get(last.range.start..));
                if last.is_some_and(|last| last.iter().all(blank)) {
                    self.pieces.pop();
                    self.page += 1;
                }
                self.pieces.push(Piece { range: start..start, page: self.page, top, left });
            }
            // A raised mark is relative too, and no page.
            Some(Position::Relative) if inside.get(..3).is_some_and(is_division) => self.page += 1,
            Some(Position::Elsewhere) => self.unfit = true,
            _ => {}
        }
    }

    /// What was written from a place on is taken back.
    pub(crate) fn cut_back(&mut self, from: usize) {
        let kept = self.pieces.partition_point(|piece| piece.range.start < from);
        self.pieces.truncate(kept);
    }

    /// How the text is put together line by line; nothing where too little of it is placed.
    pub(crate) fn arrange(self, body: &str) -> Option<Vec<Part>> {
        let Placed { mut pieces, unfit, .. } = self;
        if pieces.len() < ENOUGH || pieces.len() == MOST || unfit {
            return None;
        }
        let first = pieces.first()?.range.start;
        let mut end = body.len();
        for piece in pieces.iter_mut().rev() {
            let start = piece.range.start;
            piece.range = bare(body, start..std::mem::replace(&mut end, start));
        }
        pieces.retain(|piece| !piece.range.is_empty());
        // Most of the text stands before the first piece, or in one of them: not such a page.
        let placed: usize = pieces.iter().map(|piece| piece.range.len()).sum();
        let longest = pieces.iter().map(|piece| piece.range.len()).max().unwrap_or(0);
        if first > placed / 2 || longest > placed / 2 {
            return None;
        }
        pieces.sort_by_key(|piece| (piece.page, piece.top));
        // A piece and what parts it from the next.
        let mut parts = Vec::with_capacity(1 + 2 * pieces.len());
        parts.push(Part::Slice(0..first));
        let mut rest = pieces.as_mut_slice();
        let mut page = None;
        while let Some(Piece { page: sheet, top, .. }) = rest.first() {
            let (sheet, top) = (*sheet, *top);
            if page.replace(sheet).is_some_and(|before| before != sheet) {
                parts.push(Part::Mark(PAGE));
            }
            let same = |piece: &&Piece| piece.page == sheet && piece.top - top <= SLACK;
            let count = rest.iter().take_while(same).count();
            let (line, more) = rest.split_at_mut(count);
            line.sort_by_key(|piece| piece.left);
            set(body, line, &mut parts);
            rest = more;
        }
        Some(parts)
    }
}

/// What is said in a range, without the blanks and marks around it.
fn bare(body: &str, range: Range<usize>) -> Range<usize> {
    let blank = |c: char| c == ' ' || is_mark(c);
    let words = body.get(range.clone()).unwrap_or("");
    let kept = words.trim_start_matches(blank);
    let start = range.start + (words.len() - kept.len());
    start..start + kept.trim_end_matches(blank).len()
}

/// The pieces of one line, from left to right.
fn set(body: &str, line: &[Piece], parts: &mut Vec<Part>) {
    let words = |range: &Range<usize>| body.get(range.clone()).unwrap_or("");
    let cross = |range: &Range<usize>| {
        let said = words(range);
        said.eq_ignore_ascii_case("x") || said.chars().eq([TICKED])
    };
    let mut first = true;
    let mut at = 0;
    while let Some(Piece { range, left, .. }) = line.get(at) {
        at += 1;
        let next = line.get(at);
        let said = words(range);
        // A blank to be filled in, and what it is filled with.
        let width = NARROW.saturating_mul(i32::try_from(said.len()).unwrap_or(i32::MAX));
        let over = next.is_some_and(|next| next.left < left.saturating_add(width));
        if over && said.bytes().all(|b| b == b'_') {
            continue;
        }
        if !std::mem::take(&mut first) {
            parts.push(Part::Gap);
        }
        let in_box = next.filter(|next| {
            said.starts_with('[') && cross(&next.range) && next.left - left <= IN_BOX
        });
        if let Some(cross) = in_box {
            parts.push(Part::Slice(range.start..range.start + 1));
            parts.push(Part::Slice(cross.range.clone()));
            parts.push(Part::Slice(range.start + 1..range.end));
            at += 1;
        } else {
            parts.push(Part::Slice(range.clone()));
        }
    }
    parts.push(Part::Mark(LINE));
}

#[cfg(test)]
mod tests {
    use crate::reading::html;

    fn text_of(page: &str) -> String {
        html::read(page.as_bytes(), 0..page.len()).as_str().to_owned()
    }

    fn piece(top: i32, left: i32, words: &str) -> String {
        format!(
            "<DIV style=\"position:absolute; top:{top}px; left:{left}px\"><b>{words}</b></DIV>\n"
        )
    }

    #[test]
    fn pieces_are_set_into_lines_wherever_they_stand_in_the_document() {
        let mut page = "<html><body><div style=\"position:relative;width:816\">".to_owned();
        for row in 0..20 {
            page += &piece(100 + 20 * row, 90, &format!("label {row}"));
        }
        page += &piece(103, 300, "____________");
        page += &piece(97, 310, "190,400");
        page += &piece(120, 300, "[&nbsp;&nbsp;] Rule 13d-1(c)");
        page += &piece(120, 306, "X");
        let text = text_of(&page);
        let lines: Vec<&str> = text.trim_start().lines().collect();
        assert_eq!(lines[..2], ["label 0   190,400", "label 1   [X  ] Rule 13d-1(c)"]);
        assert_eq!(lines.len(), 20);
    }

    #[test]
    fn pages_that_are_placed_themselves_stay_apart() {
        let mut page = String::new();
        for sheet in 0..2 {
            page += "<div style=\"position:absolute;top:0px;left:0px\">\n";
            for row in (0..12).rev() {
                page += &piece(100 + 20 * row, 90, &format!("{sheet}-{row}"));
            }
            page += "</div>";
        }
        let text = text_of(&page);
        let rows: Vec<&str> = text.split_whitespace().collect();
        let expected: Vec<String> =
            (0..2).flat_map(|sheet| (0..12).map(move |row| format!("{sheet}-{row}"))).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn places_in_inches_are_none() {
        let mut page = String::new();
        for row in (0..20).rev() {
            page += &piece(row, 90, &format!("label {row}")).replace("px", "in");
        }
        let text = text_of(&page);
        assert!(text.find("label 19") < text.find("label 0"));
    }

    #[test]
    fn what_is_raised_or_not_displayed_is_no_page_and_no_piece() {
        let mut page = String::new();
        for row in (0..20).rev() {
            page += &piece(100 + 20 * row, 90, &format!("label {row}"));
            page += "<span style=\"position:relative;top:-3px\"></span>";
            page += "<div style=\"display:none\">";
            page += &piece(90, 90, "unseen");
            page += "</div>";
        }
        let text = text_of(&page);
        assert!(text.find("label 0") < text.find("label 19") && !text.contains("unseen"));
    }

    #[test]
    fn a_few_pieces_leave_a_page_as_it_stands() {
        let mut page = "<p>first</p>".to_owned();
        for row in (0..5).rev() {
            page += &piece(100 + 20 * row, 90, &format!("label {row}"));
        }
        let text = text_of(&page);
        assert!(text.find("label 4") < text.find("label 3") && text.contains("label 0"));
    }
}
