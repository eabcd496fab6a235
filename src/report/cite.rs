//! Opens a filing's bytes at a span and shows the characters that were meant, underlined.
//! Does not judge whether they mean it; the reading said so.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::report::plain::safe_char;
use crate::terms::span::Span;

/// What is shown on either side of a span at most, so that a filing of one endless line still
/// gives a citation one can read. Bytes.
const AROUND: usize = 300;

/// How many lines are shown before and after the span.
const LINES: usize = 2;

/// A place in a filing, cut out and ready to be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Citation {
    /// The line the span starts on, from 1; lines end in LF, CR LF or CR.
    pub line: usize,
    /// The byte of that line the span starts at, from 1.
    pub column: usize,
    /// The characters at the span.
    pub text: String,
    /// Some lines around it.
    context: String,
    /// The number of the first of those lines.
    first_line: usize,
    /// Where the span lies in them.
    marked: std::ops::Range<usize>,
}

/// Cuts a citation out of the received bytes; `None` where the span reaches past their end.
pub fn cut(received: &[u8], span: Span) -> Option<Citation> {
    let meant = span.cut(received)?;
    let (start, end) = (usize::try_from(span.start()).ok()?, usize::try_from(span.end()).ok()?);
    let from = start_of_context(received, start);
    let to = end_of_context(received, end);
    let before = show(received.get(from..start)?);
    let text = show(meant);
    let after = show(received.get(end..to)?);
    let head = received.get(..start)?;
    let line_start = head.iter().rposition(|b| is_line_end(*b)).map_or(0, |at| at + 1);
    let first_line = line_number(received.get(..from)?);
    let marked = before.len()..before.len() + text.len();
    Some(Citation {
        line: line_number(head),
        column: start - line_start + 1,
        context: before + &text + &after,
        text,
        first_line,
        marked,
    })
}

/// Draws a citation: `title` above, `label` under the marked characters, `path` as its origin.
pub fn draw(
    citation: &Citation,
    title: &str,
    label: &str,
    path: &str,
    colour: bool,
    width: usize,
) -> String {
    let annotation = AnnotationKind::Primary.span(citation.marked.clone()).label(label);
    let snippet = Snippet::source(citation.context.as_str())
        .line_start(citation.first_line)
        .path(path)
        .annotation(annotation);
    let report = [Level::NOTE.primary_title(title).element(snippet)];
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).term_width(width).render(&report)
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// How many lines begin in `bytes`, counting the one that follows it.
fn line_number(bytes: &[u8]) -> usize {
    let mut lines = 1;
    let mut previous = 0;
    for byte in bytes {
        let second_of_pair = *byte == b'\n' && previous == b'\r';
        if is_line_end(*byte) && !second_of_pair {
            lines += 1;
        }
        previous = *byte;
    }
    lines
}

/// The start of the line `LINES` before, or `AROUND` bytes before where lines are long.
fn start_of_context(received: &[u8], start: usize) -> usize {
    let floor = start.saturating_sub(AROUND);
    let window = received.get(floor..start).unwrap_or_default();
    let ends = window.iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
    match ends.map(|(at, _)| floor + at + 1).nth(LINES) {
        Some(at) => at,
        None => boundary(received, floor),
    }
}

fn end_of_context(received: &[u8], end: usize) -> usize {
    let ceiling = end.saturating_add(AROUND).min(received.len());
    let window = received.get(end..ceiling).unwrap_or_default();
    let mut ends = window.iter().enumerate().filter(|(_, b)| **b == b'\n');
    match ends.nth(LINES) {
        Some((at, _)) => end + at,
        None => boundary(received, ceiling),
    }
}

/// The next byte at or after `at` that does not continue a UTF-8 character.
fn boundary(received: &[u8], at: usize) -> usize {
    let rest = received.get(at..).unwrap_or_default();
    at + rest.iter().take(4).position(|b| b & 0xc0 != 0x80).unwrap_or(0)
}

/// The bytes as text one can show: UTF-8 where it is, else each byte as Windows-1252 prints it.
fn show(bytes: &[u8]) -> String {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    };
    let unified = decoded.replace("\r\n", "\n").replace('\r', "\n");
    unified.chars().map(|c| if c == '\n' { c } else { safe_char(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_marks_exactly_the_span() {
        let page = b"one\r\ntwo 28,356,418 shares\r\nthree\r\nfour\r\nfive";
        let cited = cut(page, Span::new(9, 19)).unwrap();
        assert_eq!((cited.line, cited.column, cited.text.as_str()), (2, 5, "28,356,418"));
        assert_eq!(cited.context.get(cited.marked.clone()), Some("28,356,418"));
        assert_eq!(cited.first_line, 1);
        let drawn = draw(&cited, "aggregate", "28356418", "page.txt", false, 80);
        assert!(drawn.contains("two 28,356,418 shares"), "{drawn}");
        assert!(drawn.contains("^^^^^^^^^^ 28356418"), "{drawn}");
    }

    #[test]
    fn an_endless_line_is_cut_short() {
        let mut page = vec![b'x'; 1_000_000];
        page[500_000..500_003].copy_from_slice(b"5.1");
        let cited = cut(&page, Span::new(500_000, 500_003)).unwrap();
        assert_eq!(cited.text, "5.1");
        assert!(cited.context.len() < 1000);
    }

    #[test]
    fn a_span_past_the_end_gives_no_citation() {
        assert_eq!(cut(b"short", Span::new(3, 9)), None);
    }
}
