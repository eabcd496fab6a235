//! Cover pages that answer for several persons at once, each behind a letter of his own or behind
//! his name in every row: set into a page for each. Knows nothing of what the answers say.

use std::ops::Range;

use crate::reading::labels::{Row, is_half_legend_word, is_legend_word};
use crate::reading::pages::Page;
use crate::reading::text::{LINE, Part, ROW, Text, is_mark, near, near_before};

/// A page longer than this is not looked at.
const LONGEST: usize = 1 << 14;
/// How many persons a page may have: the alphabet.
const MOST: usize = 26;
/// How far after the caption of the names the first letter stands.
const NAMED: usize = 400;
/// An answer for all is no longer: it is written down for each of them.
const SHARED: usize = 1000;

/// How the text is put together with a page for each person; nothing where no page has several.
pub(crate) fn arrange(text: &Text, pages: &[Page]) -> Option<Vec<Part>> {
    let body = text.as_str();
    let mut parts: Vec<Part> = Vec::new();
    let mut done = 0;
    for page in pages {
        let Some((range, own)) = set(body, page).filter(|(range, _)| range.start >= done) else {
            continue;
        };
        parts.push(Part::Slice(done..range.start));
        parts.extend(own);
        done = range.end;
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(Part::Slice(done..body.len()));
    Some(parts)
}

/// The answers of one row.
struct Answers {
    /// The caption, with what stands before it on its line.
    caption: Range<usize>,
    /// One for each person, or one for all.
    own: Vec<Range<usize>>,
}

fn set(body: &str, page: &Page) -> Option<(Range<usize>, Vec<Part>)> {
    let (first, last) = (page.rows.first()?, page.rows.last()?);
    let named = first.row == Row::Name && page.column.is_none() && !page.calls_rows_items;
    if !named || last.end - first.start > LONGEST {
        return None;
    }
    let second = page.rows.get(1)?.start;
    let small = lettered(body, first.end..second, b'a').len() > 1;
    let letters = small || near(body, first.end, NAMED).contains("(A)");
    let a = if small { b'a' } else { b'A' };
    let markers = match letters {
        true => Vec::new(),
        false => names(body, first.end..second, page)?,
    };
    let behind = |cell: Range<usize>, index: usize| match markers.as_slice() {
        [] => lettered(body, cell, a),
        _ if index == 0 => name_lines(body, cell),
        // "by Each Reporting      Alder Fund LP:      1,000"
        names => marked(body, cell, |at, line| {
            let name = names.get(at)?.as_str();
            let apart = line.split_once("   ").map(|(_, rest)| rest.trim_start_matches(' '));
            line.strip_prefix(name).or_else(|| apart?.strip_prefix(name))
        }),
    };
    let line = |at: usize| {
        let head = near_before(body, at, LONGEST);
        head.rfind(is_mark).map_or(at, |mark| at - head.len() + mark + 1)
    };
    let start = line(first.start);
    let mut rows: Vec<Answers> = Vec::new();
    let mut persons = 0;
    let mut from = start;
    for (index, hit) in page.rows.iter().enumerate() {
        let end = page.rows.get(index + 1).map_or(page.end, |next| line(next.start).max(hit.end));
        let own = match hit.row {
            // "(A) [ ] (B) [X]": these letters are the boxes' own.
            Row::Group => Some(Vec::new()),
            // "(X) (a)   ( ) (b)": a box before a letter may be taken for one behind the last.
            Row::Excludes if small && is_ticked(body, hit.end..end) => return None,
            Row::Excludes if small => Some(vec![hit.end..end; persons]),
            _ => Some(behind(hit.end..end, index)).filter(|own| own.len() > 1 || index == 0),
        };
        let beside = || match markers.is_empty() {
            true => side_by_side(body, hit.end..end, persons, a),
            false => Vec::new(),
        };
        let own = own.unwrap_or_else(beside);
        if index == 0 {
            persons = own.len();
            if persons < 2 {
                return None;
            }
        }
        // An answer that some give, or that may be one for all of them together, is left alone.
        let of_each = !matches!(hit.row, Row::Group | Row::SecUse | Row::Legal | Row::Excludes);
        let whole = hit.end..end;
        let own = match own.len() {
            0 if !of_each && whole.len() <= SHARED => vec![whole],
            count if count == persons => own,
            _ => return None,
        };
        let caption = from.max(line(hit.start)).min(hit.start)..hit.end;
        from = own.last()?.end;
        rows.push(Answers { caption, own });
    }
    if !Row::AMOUNTS.iter().all(|row| page.rows.iter().any(|hit| hit.row == *row)) {
        return None;
    }
    Some((start..from, page_each(persons, &rows)?))
}

/// The rows of each person, one after the other.
fn page_each(persons: usize, rows: &[Answers]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    for person in 0..persons {
        for answers in rows {
            parts.push(Part::Mark(LINE));
            parts.push(Part::Slice(answers.caption.clone()));
            parts.push(Part::Mark(LINE));
            let own = answers.own.get(person).or(answers.own.first())?;
            parts.push(Part::Slice(own.clone()));
        }
        parts.push(Part::Mark(ROW));
    }
    Some(parts)
}

/// The lines of the first row that hold letters, each a name.
fn name_lines(body: &str, cell: Range<usize>) -> Vec<Range<usize>> {
    let mut at = cell.start;
    let mut found: Vec<Range<usize>> = Vec::new();
    for line in body.get(cell).unwrap_or("").split_inclusive(is_mark) {
        let said = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        // What the label left on its own line is no name.
        if said.contains(char::is_alphabetic) && !said.ends_with(':') {
            found.push(start..start + said.len());
        } else if !found.is_empty() {
            break;
        }
    }
    found
}

/// Names, a line each, that every power and the aggregate amount are answered behind, with a colon.
fn names(body: &str, cell: Range<usize>, page: &Page) -> Option<Vec<String>> {
    let lines = name_lines(body, cell);
    let names: Vec<String> =
        lines.into_iter().filter_map(|line| Some(format!("{}:", body.get(line)?))).collect();
    let told = |row: &Row| {
        let at = page.rows.iter().position(|hit| hit.row == *row);
        let cell = at.and_then(|at| {
            let end = page.rows.get(at + 1).map_or(page.end, |next| next.start);
            body.get(page.rows.get(at)?.end..end)
        });
        cell.is_some_and(|cell| names.iter().all(|name| cell.contains(name.as_str())))
    };
    (names.len() > 1 && Row::AMOUNTS.iter().all(told)).then_some(names)
}

/// Whether anything but the letters stands in a cell of boxes: a cross, in whatever form.
fn is_ticked(body: &str, cell: Range<usize>) -> bool {
    let mut said = body.get(cell).unwrap_or("").to_owned();
    for letter in b'a'..=b'z' {
        said = said.replace(&format!("({})", char::from(letter)), "");
    }
    let empty = |c: char| is_mark(c) || " ()[]/|_-.".contains(c);
    !said.chars().all(empty)
}

/// The stretches behind `(A)`, `(B)` and so on, or behind small letters.
fn lettered(body: &str, cell: Range<usize>, a: u8) -> Vec<Range<usize>> {
    marked(body, cell, |at, line| {
        let letter = char::from(a + u8::try_from(at).ok()?.min(25));
        line.strip_prefix('(')?.strip_prefix(letter)?.strip_prefix(')')
    })
}

/// The stretches behind marks, each at the beginning of a line; the last ends where a blank line
/// follows.
fn marked<'t>(
    body: &'t str,
    cell: Range<usize>,
    behind: impl Fn(usize, &'t str) -> Option<&'t str>,
) -> Vec<Range<usize>> {
    let part = body.get(cell.clone()).unwrap_or("");
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = cell.start;
    for line in part.split_inclusive(is_mark) {
        let words = line.trim_start_matches(' ');
        at += line.len();
        let after = behind(found.len(), words);
        if let Some(after) = after.filter(|_| found.len() < MOST) {
            found.push(at - after.len()..at);
        } else if words.trim_end_matches(is_mark).trim().is_empty() {
            if !found.is_empty() {
                break;
            }
        } else if let Some(last) = found.last_mut() {
            last.end = at;
        }
    }
    found
}

/// "POWER", "TIVE", "(11)": how captions end, and the second half of a word of theirs.
fn is_caption(word: &str) -> bool {
    let row = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
    row.is_some_and(|row| row.bytes().all(|b| b.is_ascii_digit()))
        || ["power", "tive", "itive", "positive"].iter().any(|end| word.eq_ignore_ascii_case(end))
}

/// As many answers as there are persons, apart from each other on a row's first line, behind the
/// persons' letters or in columns under them; nothing where they are fewer or more.
fn side_by_side(body: &str, cell: Range<usize>, persons: usize, a: u8) -> Vec<Range<usize>> {
    if let Some(found) = behind_letters(body, lettered_block(body, &cell, a), persons, a) {
        return found;
    }
    let part = body.get(cell.clone()).unwrap_or("");
    let mut at = cell.start;
    let lines = part.split_inclusive(is_mark).map(|line| {
        at += line.len();
        (at - line.len(), line.trim_end_matches(is_mark))
    });
    let said = |(_, line): &(usize, &str)| line.contains(char::is_alphanumeric);
    let Some((start, line)) = lines.into_iter().find(said) else { return Vec::new() };
    let mut at = start;
    let mut found: Vec<Range<usize>> = Vec::new();
    for piece in line.split("  ") {
        let lead = piece.len() - piece.trim_start().len();
        let own = at + lead..at + piece.trim_end().len();
        at += piece.len() + 2;
        if !own.is_empty() {
            found.push(own);
        }
    }
    // The caption goes on before them: "8  SHARED VOTING / EACH      POWER     1,000     2,000".
    let captions = found.len().saturating_sub(persons);
    let of_caption = |own: &Range<usize>| {
        let mut words = body.get(own.clone()).unwrap_or("").split_whitespace();
        words.all(|word| is_legend_word(word) || is_half_legend_word(word) || is_caption(word))
    };
    if found.len() < persons || !found.iter().take(captions).all(of_caption) {
        return Vec::new();
    }
    found.split_off(captions)
}

/// From the first letter on, up to a blank line.
fn lettered_block(body: &str, cell: &Range<usize>, a: u8) -> Range<usize> {
    let part = body.get(cell.clone()).unwrap_or("");
    let Some(at) = part.find(&format!("({})", char::from(a))) else { return cell.end..cell.end };
    let mut end = at;
    for line in part.get(at..).unwrap_or("").split_inclusive(is_mark) {
        if line.trim_end_matches(is_mark).trim().is_empty() {
            break;
        }
        end += line.len();
    }
    cell.start + at..cell.start + end
}

/// The stretches behind the letters of so many persons, if all of them are there, in order.
fn behind_letters(
    body: &str,
    block: Range<usize>,
    persons: usize,
    a: u8,
) -> Option<Vec<Range<usize>>> {
    let (line, start) = (body.get(block.clone())?, block.start);
    let letters = (a..=a + 25).take(persons).map(|letter| format!("({})", char::from(letter)));
    let mut places = Vec::new();
    let mut from = 0;
    for letter in letters {
        let at = from + line.get(from..)?.find(&letter)?;
        from = at + letter.len();
        places.push((at, from));
    }
    // The last one's answer ends with its line.
    let (_, last) = *places.last()?;
    let end = line.get(last..)?.find(is_mark).map_or(line.len(), |len| last + len);
    let ends = places.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let own = places.iter().zip(ends).map(|((_, from), to)| start + from..start + to);
    Some(own.collect())
}
