//! The lines of a signature block: a line of the page that says several things is cut.
//! Knows nothing of who signs for whom.

use std::ops::Range;

use crate::reading::dates;
use crate::reading::lexeme;
use crate::reading::rows;
use crate::reading::side_by_side;
use crate::reading::signers::Signers;
use crate::reading::text::is_mark;

/// More lines than any block has; what comes after them is not cut.
const MOST_CUTS: usize = 2000;
/// How many words a name in print has at most.
const LONGEST_NAME: usize = 7;

/// A line of the block, without its ornaments.
pub(crate) struct Line {
    pub(crate) range: Range<usize>,
    pub(crate) words: String,
    /// A star before or after it: somebody else signs where the star stands again.
    pub(crate) starred: bool,
}

/// The lines of a block, and the parts of it that stand side by side in no order that can be told.
pub(crate) fn lines(
    body: &str,
    range: Range<usize>,
    signers: &Signers,
) -> (Vec<Line>, Vec<Range<usize>>) {
    let arranged = side_by_side::arrange(body, range);
    let mut lines: Vec<Line> = Vec::new();
    for piece in &arranged.pieces {
        let mut at = piece.start;
        for line in body.get(piece.clone()).unwrap_or("").split_inclusive(is_mark) {
            let here = at..at + line.len();
            at += line.len();
            if lines.len() > MOST_CUTS {
                lines.extend(as_line(body, here));
                continue;
            }
            lines.extend(
                cut(body, here, signers).into_iter().filter_map(|part| as_line(body, part)),
            );
        }
    }
    // A power that somebody gave is signed by them, and is no part of the block.
    let other = |line: &Line| line.words.starts_with("POWER OF ATTORNEY");
    if let Some(end) = lines.iter().position(other) {
        lines.truncate(end);
    }
    (lines, arranged.untold)
}

fn as_line(body: &str, range: Range<usize>) -> Option<Line> {
    let (words, range) = rows::words(body, std::slice::from_ref(&range))?;
    let starred = words.starts_with('*') || words.ends_with('*');
    let words = words.trim_matches(['*', ' ', '-', '=']).to_owned();
    (!words.is_empty()).then_some(Line { range, words, starred })
}

pub(crate) fn is_signed(words: &str) -> bool {
    words.contains("/s/") || words.contains("/S/") || conformed(words).is_some()
}

/// The name after "Signature:", which is how some print a signature that was given.
pub(crate) fn conformed(words: &str) -> Option<&str> {
    let rest = words.strip_prefix("Signature:").or_else(|| words.strip_prefix("SIGNATURE:"))?;
    let name = rest.trim();
    name.starts_with(char::is_alphabetic).then_some(name)
}

/// "By", "By: X", "by /s/ X"; "by and on behalf of" goes on with a sentence.
pub(crate) fn is_by(words: &str) -> bool {
    let by = words.get(..2).is_some_and(|by| by.eq_ignore_ascii_case("by"));
    let Some(rest) = words.get(2..).filter(|_| by) else { return false };
    let next = rest.trim_start();
    rest.is_empty()
        || rest.starts_with([':', '/'])
        || (next.len() < rest.len() && !next.starts_with(|c: char| c.is_lowercase()))
}

/// Where a line of the page is cut: before "By:", `/s/` and captions, after the date it begins
/// with, between a signature and the name in print, before the name of who signs next.
fn cut(body: &str, line: Range<usize>, signers: &Signers) -> Vec<Range<usize>> {
    let part = body.get(line.clone()).unwrap_or("");
    let mut cuts = vec![0];
    let mut last = 0;
    // Both are ASCII, so they can be told from bytes.
    let pairs = part.as_bytes().windows(2).enumerate();
    for (at, _) in
        pairs.filter(|(_, pair)| matches!(*pair, [a, b] if is_before_word(*a) && may_begin(*b)))
    {
        if begins_anew(part, last, at + 1) {
            cuts.push(at + 1);
            last = at + 1;
        }
    }
    let several = cuts.len() > 1;
    cuts.push(part.len());
    let mut found = Vec::new();
    for pair in cuts.windows(2) {
        let [from, to] = pair else { continue };
        let more = part.get(*to..).unwrap_or("");
        let own = part.get(*from..*to).unwrap_or("");
        let mut inner = vec![0];
        inner.extend(after_date(own));
        inner.extend(after_signature(own).filter(|_| several || more.is_empty()));
        if is_by(more) || more.get(..3).is_some_and(is_signed) {
            inner.extend(signers.name_at_end(own));
        }
        inner.sort_unstable();
        inner.dedup();
        inner.push(own.len());
        found.extend(inner.windows(2).filter_map(|pair| {
            let [start, end] = pair else { return None };
            let said = own.get(*start..*end)?;
            let kept = if several { without_joint(said) } else { said };
            let start = line.start + from + start;
            Some(start..start + kept.len())
        }));
    }
    found
}

fn is_before_word(byte: u8) -> bool {
    matches!(byte, b' ' | b';' | b',' | b')' | b'*' | b'|' | b'_' | b'.')
}

/// The first letters of all that begins something else.
fn may_begin(byte: u8) -> bool {
    matches!(byte, b'/' | b'B' | b'b' | b'N' | b'T' | b'I' | b'D' | b'S' | b'P' | b'E' | b'A')
}

/// What joins two parts of a sentence is no part of either.
fn without_joint(said: &str) -> &str {
    let said = said.trim_end_matches([' ', ',', ';']);
    // A page's number after a title is no part of it.
    let number = said
        .rsplit(' ')
        .next()
        .filter(|last| last.len() < 4 && last.bytes().all(|b| b.is_ascii_digit()));
    let titled = number.filter(|_| said.starts_with("Title:"));
    let said = titled.and_then(|number| said.strip_suffix(number)).unwrap_or(said).trim_end();
    said.strip_suffix(" and").unwrap_or(said).trim_end_matches([' ', ',', ';'])
}

const CAPTIONS: [&str; 9] =
    ["Name:", "NAME:", "Title:", "TITLE:", "Its:", "Date:", "DATE:", "Dated:", "Signature:"];

/// Whether a word of a line begins something else than what began at `last`.
fn begins_anew(part: &str, last: usize, at: usize) -> bool {
    let (Some(head), Some(rest)) = (part.get(last..at), part.get(at..)) else { return false };
    let before = head.trim_matches([' ', ':', '*', '|', '_', '.', '-']);
    if rest.get(..3).is_some_and(|mark| mark.eq_ignore_ascii_case("/s/")) {
        let only = ["by", "signature"].iter().any(|word| before.eq_ignore_ascii_case(word));
        return !(only || before.is_empty());
    }
    if before.is_empty() {
        return false;
    }
    if begins_by(before, rest) {
        return true;
    }
    if CAPTIONS.iter().any(|caption| rest.starts_with(caption)) {
        let lower = lexeme::lower(before.rsplit(' ').next().unwrap_or(""));
        return !matches!(lower.as_str(), "print" | "printed" | "and" | "name/" | "&");
    }
    begins_other(rest) && part.get(..at).is_some_and(is_signed)
}

/// "By:", or "By" before a name or a signature.
fn begins_by(before: &str, rest: &str) -> bool {
    let Some(after) =
        rest.get(2..).filter(|_| rest.get(..2).is_some_and(|by| by.eq_ignore_ascii_case("by")))
    else {
        return false;
    };
    let next = after.trim_start();
    if after.starts_with(':') || next.get(..3).is_some_and(is_signed) {
        return true;
    }
    let name = next.len() < after.len() && next.starts_with(|c: char| c.is_uppercase() || c == '/');
    let last = before.rsplit(' ').next().unwrap_or("");
    let ended = last.ends_with([',', '.', ';', ')'])
        || last.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    rest.starts_with('B') && (name || after.starts_with('/')) && ended
}

/// What follows the signatures on a page: its number, an exhibit.
fn begins_other(rest: &str) -> bool {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    match first {
        "Page" | "PAGE" => second.starts_with(|c: char| c.is_ascii_digit()),
        "EXHIBIT" | "Exhibit" | "APPENDIX" | "Appendix" | "SCHEDULE" | "Attention:" => {
            second.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        }
        _ => false,
    }
}

/// Where a line that begins with a date goes on with something else.
fn after_date(own: &str) -> Option<usize> {
    let start = own.len() - own.trim_start().len();
    let head = own.get(start..)?;
    let dated = head.starts_with("Date") || head.starts_with("DATE");
    if !dated && !head.starts_with(|c: char| c.is_ascii_digit() || c.is_uppercase()) {
        return None;
    }
    let end = (start + 60).min(own.len());
    let end = (end..own.len()).find(|at| own.is_char_boundary(*at)).unwrap_or(own.len());
    let date = dates::dates_in(own, start..end).next()?;
    let caption = own.get(start..date.range.start)?.trim_end_matches([' ', ':', '|']);
    let at_once = caption.is_empty() || (dated && caption.len() <= 5);
    let rest = own.get(date.range.end..)?;
    let said = rest.trim_start_matches([' ', ',', ';', '.', '|', '_', '-']);
    let name = said.starts_with(|c: char| c.is_uppercase());
    (at_once && name).then(|| own.len() - said.len())
}

/// Where the name of a signature in one line comes again in print.
fn after_signature(own: &str) -> Option<usize> {
    let mark = own.find("/s/").or_else(|| own.find("/S/"))?;
    let after = own.get(mark + 3..)?;
    let plain = |word: &str| -> String {
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let words: Vec<(usize, String)> = after
        .split([' ', '|'])
        .map(|word| (word.as_ptr() as usize - own.as_ptr() as usize, plain(word)))
        .filter(|(_, word)| !word.is_empty())
        .take(2 * LONGEST_NAME)
        .collect();
    (2..=LONGEST_NAME.min(words.len() / 2)).find_map(|count| {
        let (name, again) = (words.get(..count)?, words.get(count..2 * count)?);
        let same = name.iter().zip(again).all(|((_, a), (_, b))| a == b);
        same.then(|| again.first().map(|(at, _)| *at))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_up(text: &str) -> Vec<String> {
        let (lines, untold) = lines(text, 0..text.len(), &Signers::default());
        assert!(untold.is_empty());
        lines.into_iter().map(|line| line.words).collect()
    }

    #[test]
    fn a_line_that_says_several_things_is_several_lines() {
        for (line, parts) in [
            (
                "Dated: May 4, 2011 ALDER FUND LP By: Alder LLC, its manager, By: /s/ A. Reyl",
                &[
                    "Dated: May 4, 2011",
                    "ALDER FUND LP",
                    "By: Alder LLC, its manager",
                    "By: /s/ A. Reyl",
                ][..],
            ),
            (
                "ALDER FUND LP By Alder LLC By /s/ Ada Reyl Ada Reyl, Manager Page 4 of 5",
                &[
                    "ALDER FUND LP",
                    "By Alder LLC",
                    "By /s/ Ada Reyl",
                    "Ada Reyl, Manager",
                    "Page 4 of 5",
                ],
            ),
            ("/s/ Ada Reyl; /s/ Ben Oriel", &["/s/ Ada Reyl", "/s/ Ben Oriel"]),
            (
                "By: /s/ Ada Reyl Name: Ada Reyl Title: Manager Date: 5/4/2011",
                &["By: /s/ Ada Reyl", "Name: Ada Reyl", "Title: Manager", "Date: 5/4/2011"],
            ),
            ("Name and Title: Ada Reyl, Manager", &["Name and Title: Ada Reyl, Manager"]),
            ("By:    /s/ Ada Reyl", &["By: /s/ Ada Reyl"]),
            ("filed by Alder LLC on its own", &["filed by Alder LLC on its own"]),
        ] {
            assert_eq!(cut_up(line), parts, "{line}");
        }
    }
}
