//! Lines of a document that are nobody's: the number of a page at its foot or head, and the empty
//! line behind every line of a page typed with double spacing. Knows nothing of rows or values.

use std::ops::Range;

use crate::reading::lexeme::lower;
use crate::reading::text::{CELL, LINE, PAGE, Text, is_mark};

/// The longest line that is looked at for a page's number.
const LONGEST: usize = 160;
/// How many pages a document has at most whose numbers are looked for.
const MOST: usize = 1 << 12;

/// A line that is a number and may be a page's.
struct Bare {
    at: Range<usize>,
    number: u32,
    /// Dashes are drawn on both sides: `- 3 -`.
    drawn: bool,
}

/// Blanks the page numbers; `breaks` are the places, besides page marks, where a page may end.
pub(crate) fn blank(text: &mut Text, breaks: &[usize]) {
    let (mut found, mut bare) = (Vec::new(), Vec::new());
    let (mut above, mut broken) = ("", true);
    // The last line, if it may be a number that a break makes a page's.
    let mut waiting: Option<Bare> = None;
    let mut breaks = breaks.iter().copied().peekable();
    let body = text.as_str();
    let mut at = 0;
    for line in body.split_inclusive(is_mark) {
        let end = at + line.len();
        let here = at..at + line.trim_end_matches(is_mark).len();
        let in_cell = at > 0 && body.as_bytes().get(at - 1) == Some(&(CELL as u8));
        at = end;
        if found.len() + bare.len() >= MOST {
            break;
        }
        let printed = body.get(here.clone()).unwrap_or("");
        let begins = here.end - printed.trim_start_matches(' ').len();
        while breaks.next_if(|place| *place <= begins).is_some() {
            bare.extend(waiting.take());
            broken = true;
        }
        let said = printed.trim_matches(' ');
        if said.contains(|c: char| !matches!(c, '-' | '_' | '=' | '*' | ' ')) {
            waiting = None;
            if said.len() < LONGEST && is_page_number(said) && !goes_with(above) {
                found.push(here.clone());
            } else {
                let own = number_alone(said).filter(|_| !in_cell && !line.ends_with(CELL));
                let own = own.map(|(number, drawn)| Bare { at: here.clone(), number, drawn });
                // At the head of a page, or perhaps at the foot.
                if broken {
                    bare.extend(own)
                } else {
                    waiting = own
                }
                above = said;
                broken = false;
            }
        }
        if line.ends_with(PAGE) {
            bare.extend(waiting.take());
            broken = true;
        }
    }
    found.extend(counted(&bare));
    text.blank(|bytes| {
        for range in found {
            if let Some(line) = bytes.get_mut(range) {
                line.fill(b' ');
            }
        }
    });
}

/// Those of the numbers beside page breaks that are drawn as pages' are, or count up.
fn counted(bare: &[Bare]) -> impl Iterator<Item = Range<usize>> + '_ {
    let follows = |a: usize, b: usize| {
        let number = |at: usize| bare.get(at).map(|bare| bare.number);
        number(a).zip(number(b)).is_some_and(|(a, b)| b == a + 1)
    };
    let counts = move |at: usize| {
        follows(at, at + 1) || at.checked_sub(1).is_some_and(|before| follows(before, at))
    };
    let kept = bare.iter().enumerate().filter(move |(at, bare)| bare.drawn || counts(*at));
    kept.map(|(_, bare)| bare.at.clone())
}

/// `3`, `(3)`, `- 3 -`, `3 of 14`: the number, and whether it is drawn as a page's is. `-0-` is no
/// page's.
fn number_alone(said: &str) -> Option<(u32, bool)> {
    let digits = |word: &str| word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit());
    let number = |word: &str| word.parse().ok().filter(|number| *number > 0 && digits(word));
    if let Some((page, of)) = said.split_once(" of ") {
        let (page, of): (u32, u32) = (number(page.trim())?, number(of.trim())?);
        return (page <= of).then_some((page, true));
    }
    let inner = said.trim_matches(|c: char| matches!(c, '-' | '–' | '—' | ' '));
    let drawn = said.starts_with(['-', '–', '—']) && said.ends_with(['-', '–', '—']);
    let bracket = said.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = bracket.unwrap_or(inner);
    let alone = drawn || bracket.is_some() || inner.len() == said.len();
    number(inner).filter(|_| alone).map(|number| (number, drawn))
}

/// `Page 3 of 13 Pages`, `(Page 3 of 13)`, `Page - 3 -`: nothing else on its line.
fn is_page_number(said: &str) -> bool {
    let plain = |c: char| matches!(c, '(' | ')' | '[' | ']' | '-' | '–' | '—' | '.' | ' ' | '*');
    let Some(rest) = said
        .trim_matches(plain)
        .get(..4)
        .and_then(|head| head.eq_ignore_ascii_case("page").then(|| said.trim_matches(plain)))
    else {
        return false;
    };
    let low = lower(rest.get(4..).unwrap_or(""));
    if !low.starts_with(|c: char| plain(c)) {
        return false;
    }
    let mut words = low.split(plain).filter(|word| !word.is_empty());
    let number = |word: Option<&str>| {
        word.is_some_and(|word| word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit()))
    };
    if !number(words.next()) {
        return false;
    }
    match words.next() {
        None => true,
        Some("of") => {
            number(words.next())
                && words.next().is_none_or(|word| word.starts_with("page"))
                && words.next().is_none()
        }
        Some("pages" | "page") => words.next().is_none(),
        Some(_) => false,
    }
}

/// Whether a page's number is the last line of a running head, which is known by it.
fn goes_with(above: &str) -> bool {
    above.get(..12).is_some_and(|head| head.eq_ignore_ascii_case("amendment no"))
}

/// Makes one line end of two where a document is typed with an empty line behind every line.
pub(crate) fn single_spaced(text: &mut Text) {
    const ENOUGH: usize = 40;
    const ONE_IN: usize = 50;
    let (mut lines, mut close, mut empty) = (0, 0, true);
    for line in text.as_str().split(LINE) {
        let says = !line.trim_matches(' ').is_empty();
        lines += usize::from(says);
        close += usize::from(says && !empty);
        empty = !says;
    }
    if lines >= ENOUGH && close * ONE_IN <= lines {
        text.blank(halve_line_ends);
    }
}

/// Puts a space in place of the first of each two line ends with nothing but spaces between.
fn halve_line_ends(bytes: &mut [u8]) {
    let mut open: Option<usize> = None;
    for at in 0..bytes.len() {
        match bytes.get(at) {
            Some(b' ') => {}
            Some(b'\n') => match open.take() {
                Some(first) => bytes.get_mut(first).into_iter().for_each(|byte| *byte = b' '),
                None => open = Some(at),
            },
            _ => open = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::reading::text;

    fn left(page: &str) -> String {
        let text = text::read(page.as_bytes(), 0..page.len());
        text.as_str().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_of_pages_are_nobodys() {
        for foot in
            ["Page 3 of 13 Pages", "(Page 3 of 13)", "PAGE 3", "- Page 3 -", "-3-", "3 of 13"]
        {
            assert_eq!(left(&format!("Alder\n   {foot}\n<PAGE>\nGate")), "Alder Gate", "{foot}");
        }
        assert_eq!(left("a\n  1\n<PAGE>\nb\n\n  2\n\n<PAGE>\nc\n"), "a b c");
        assert_eq!(left("a\n (1)\n<PAGE>\nb\n\n (2)\n\n<PAGE>\nc\n"), "a b c");
        assert_eq!(left("a\n<PAGE>\n  2\nb\n<PAGE>\n\n  3\n\nc\n"), "a b c");
    }

    #[test]
    fn what_may_be_a_value_stays() {
        for kept in [
            "a -0- <PAGE> b",
            "a 5 <PAGE> b 5 <PAGE> c",
            "a (5) <PAGE> b (5) <PAGE> c",
            "a 0 <PAGE> b 5 <PAGE> c",
            "Page 3 Partners <PAGE> b",
            "See page 3 <PAGE> b",
            "a 1 b 2 c",
        ] {
            let page = kept.replace(' ', "\n").replace("Page\n3\nP", "Page 3 P");
            let page = page.replace("See\npage\n3", "See page 3");
            assert_eq!(left(&page), kept.replace("<PAGE> ", ""), "{kept}");
        }
    }

    #[test]
    fn double_spacing_is_told_from_empty_lines() {
        let lines = |text: &str, between: &str| -> String {
            let page = text.replace(' ', between);
            let text = text::read(page.as_bytes(), 0..page.len());
            let lines: Vec<&str> = text.as_str().lines().map(str::trim_end).collect();
            lines.join("/")
        };
        let words = "a ".repeat(60) + "b";
        assert_eq!(lines(&words, "\n\n"), lines(&words, "\n"));
        assert_eq!(lines(&words, "\r\r\n"), lines(&words, "\n"));
        assert!(lines("a b", "\n\n").contains("//"));
    }
}
