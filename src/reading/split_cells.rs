//! Values cut over cells, a letter in each or a group of digits: put together again.
//! Knows nothing of rows of the form; a value that may as well be two stays as it is.

use std::ops::Range;

use memchr::memchr2_iter;

use crate::reading::text::{CELL, Part, ROW, is_mark};

/// So many cells of one letter each are one value; fewer may be as many answers.
const LETTERS: usize = 5;
/// A row of more cells is none of the form's.
const MOST_CELLS: usize = 500;
/// More values than any filing has cut; a document of more is left as it stands.
const MOST_CUTS: usize = 1 << 14;
/// How many digits an amendment's number has at most.
const LONGEST_NUMBER: usize = 3;

/// How the text is put together without what stands between the parts of a value; nothing where
/// no value is cut.
pub(crate) fn join(body: &str) -> Option<Vec<Part>> {
    let mut cuts: Vec<Range<usize>> = Vec::new();
    let mut cells: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    for at in memchr2_iter(CELL as u8, ROW as u8, body.as_bytes()) {
        let cell = open.take().map(|start| start..at);
        // One more than may be shows that there are too many.
        cells.extend(cell.filter(|_| cells.len() <= MOST_CELLS));
        if body.as_bytes().get(at) == Some(&(CELL as u8)) {
            open = Some(at + CELL.len_utf8());
        } else {
            cut_in(body, &cells, &mut cuts);
            cells.clear();
        }
    }
    cells.extend(open.map(|start| start..body.len()));
    cut_in(body, &cells, &mut cuts);
    if cuts.is_empty() || cuts.len() > MOST_CUTS {
        return None;
    }
    let mut parts = Vec::new();
    let mut done = 0;
    for cut in cuts {
        parts.push(Part::Slice(done..cut.start));
        done = cut.end;
    }
    parts.push(Part::Slice(done..body.len()));
    Some(parts)
}

/// What stands between the parts of the values of one row.
fn cut_in(body: &str, cells: &[Range<usize>], cuts: &mut Vec<Range<usize>>) {
    if cells.len() < 2 || cells.len() > MOST_CELLS || cuts.len() > MOST_CUTS {
        return;
    }
    let bare = |c: char| c == ' ' || is_mark(c);
    let said: Vec<(usize, &str)> = cells
        .iter()
        .map(|cell| {
            let words = body.get(cell.clone()).unwrap_or("");
            let kept = words.trim_start_matches(bare);
            (cell.start + (words.len() - kept.len()), kept.trim_end_matches(bare))
        })
        .collect();
    let word = |at: usize| said.get(at).map_or("", |(_, word)| *word);
    let mut at = 0;
    while at + 1 < said.len() {
        let run = letters_from(at, word);
        let whole = run > 1 && said.get(..at).is_some_and(asks_for_code);
        let amendment = amendment_from(at, word);
        // "[", a cross or nothing, "]".
        let drawn = word(at) == "[" && word(at + 2) == "]" && word(at + 1).len() < 2;
        let more = match (whole, amendment) {
            _ if drawn => 2,
            _ if word(at) == "[" && word(at + 1) == "]" => 1,
            (true, _) => run - 1,
            (false, 0) if at > 0 => match groups_from(at, word) {
                0 if said.get(..at).is_some_and(asks_for_percent) && is_parted(at, word) => 2,
                0 => usize::from(goes_on(word(at), word(at + 1), word(at + 2))),
                groups => groups,
            },
            (false, 0) => 0,
            (false, digits) => digits,
        };
        for pair in said.get(at..=at + more).unwrap_or_default().windows(2) {
            if let [(start, before), (next, _)] = pair {
                cuts.push(start + before.len()..*next);
            }
        }
        at += more.max(run).max(1);
    }
}

/// Whether the cell before is the label of a percent.
fn asks_for_percent(before: &[(usize, &str)]) -> bool {
    let label = before.iter().rev().map(|(_, word)| *word).find(|word| !word.is_empty());
    label.unwrap_or("").to_ascii_lowercase().contains("percent")
}

/// Whether a number, its point and its decimals have a cell each: "8", ".", "07".
fn is_parted<'a>(at: usize, word: impl Fn(usize) -> &'a str) -> bool {
    let short = |s: &str| (1..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    short(word(at)) && word(at + 1) == "." && short(word(at + 2))
}

/// Whether the cell before asks for a number that has no other way to be read: answers of several
/// persons may stand side by side, too, a digit each.
fn asks_for_code(before: &[(usize, &str)]) -> bool {
    let label = before.iter().rev().map(|(_, word)| *word).find(|word| !word.is_empty());
    let label = label.unwrap_or("").to_ascii_lowercase();
    ["cusip", "date", "identification", "i.r.s."].iter().any(|word| label.contains(word))
}

/// How many cells from here on have one letter each, if they are many; an empty one may part them.
fn letters_from<'a>(at: usize, word: impl Fn(usize) -> &'a str) -> usize {
    let letter = |at: usize| match word(at).as_bytes() {
        [byte] => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'.' | b','),
        _ => false,
    };
    let apart = |at: usize| word(at).is_empty() && letter(at + 1);
    let count = (at..).take_while(|at| letter(*at) || apart(*at)).count();
    let letters = (at..at + count).filter(|at| letter(*at)).count();
    if letter(at) && letters >= LETTERS { count } else { 0 }
}

/// How many further cells go on with "(Amendment No.", a digit in each.
fn amendment_from<'a>(at: usize, word: impl Fn(usize) -> &'a str) -> usize {
    let label = word(at).to_ascii_lowercase();
    if !label.contains("amendment") || !label.ends_with("no.") {
        return 0;
    }
    let digit = |at: &usize| matches!(word(*at).as_bytes(), [byte] if byte.is_ascii_digit());
    let digits = (at + 1..).take_while(digit).count();
    if digits <= LONGEST_NUMBER { digits } else { 0 }
}

/// How many further cells go on with a number whose commas have cells of their own: "1", ",",
/// "204", ",", "816".
fn groups_from<'a>(at: usize, word: impl Fn(usize) -> &'a str) -> usize {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let group = |at: usize| word(at) == "," && word(at + 1).len() == 3 && digits(word(at + 1));
    let first = word(at);
    match first.len() <= 3 && digits(first) {
        true => 2 * (at + 1..).step_by(2).take_while(|at| group(*at)).count(),
        false => 0,
    }
}

/// Whether a cell goes on with the number that the one before holds: "414," and "245", "7." and
/// "87" before "%". A row's number is none: "11." and "5%" are two.
fn goes_on(number: &str, cell: &str, next: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let three = |s: &str| s.len() == 3 && digits(s);
    if let Some(head) = number.strip_suffix(',') {
        let mut groups = head.split(',');
        let first = groups.next().is_some_and(|first| digits(first) && first.len() <= 3);
        let end = cell.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(cell.len());
        let tail = cell.get(..end).unwrap_or("");
        let tail = tail.strip_suffix(',').unwrap_or(tail);
        return first && groups.all(three) && tail.split(',').all(three);
    }
    let percent = cell.strip_suffix('%').map(str::trim_end);
    let decimals = percent.or_else(|| next.starts_with('%').then_some(cell));
    let Some(decimals) = decimals else { return false };
    let whole = number.strip_suffix('.').unwrap_or(number);
    let parted = number.ends_with('.') != decimals.starts_with('.');
    let row = matches!(whole, "9" | "11" | "13");
    parted && !row && whole.len() <= 2 && digits(whole) && digits(decimals.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(row: &str) -> String {
        let body = format!("\u{1e}\u{1f}{}\u{1e}", row.replace('|', "\u{1f}"));
        let Some(parts) = join(&body) else { return row.to_owned() };
        let slices = parts.iter().map(|part| match part {
            Part::Slice(range) => body.get(range.clone()).unwrap_or(""),
            Part::Mark(_) | Part::Gap | Part::Label(_) => "",
        });
        let all: String = slices.collect();
        let row = all.strip_prefix("\u{1e}\u{1f}").and_then(|row| row.strip_suffix('\u{1e}'));
        row.unwrap().replace('\u{1f}', "|")
    }

    #[test]
    fn a_value_cut_over_cells_is_one() {
        for (row, whole) in [
            ("SOLE VOTING POWER||101,|338|", "SOLE VOTING POWER||101,338|"),
            ("9|1,|204,|338 |shares", "9|1,204,338 |shares"),
            ("11|7.|87|%|", "11|7.87|%|"),
            ("5|SOLE VOTING POWER|1|,|204|,|816", "5|SOLE VOTING POWER|1,204,816"),
            ("SHARED VOTING POWER||962|,|400|", "SHARED VOTING POWER||962,400|"),
            ("11|Percent of Class||8|.|07", "11|Percent of Class||8.07"),
            ("11| 5 |.87%", "11| 5.87%"),
            ("Date|1|2|/|3|1|/|2|0|0|2|", "Date|12/31/2002|"),
            ("(Amendment No.|1|1|)", "(Amendment No.11|)"),
            ("(a)|[||]|(b)|[| X |]|", "(a)|[]|(b)|[X]|"),
            ("Excludes Certain Shares|[|]", "Excludes Certain Shares|[]"),
            ("CUSIP Number:|8|8|5|6|3|V||1|0||5|", "CUSIP Number:|88563V105|"),
        ] {
            assert_eq!(joined(row), whole);
        }
    }

    #[test]
    fn several_answers_side_by_side_stay_several() {
        for row in [
            "5|0|0|0|0|0|0",
            "5||0||0||0||0||0||0||0||0",
            "1|2|3|4|5|6|7|8|9",
            "|1|2|3|",
            "SOLE VOTING POWER|0|0|0|0|5",
            "PERCENT OF CLASS|0|0|0|5|9",
            "11.|5%",
            "PERCENT OF CLASS IN ROW|9|.5%",
            "PERCENT OF CLASS IN ROW 9.|5%",
            "PERCENT OF CLASS IN ROW 7|.5%",
            "SOLE VOTING POWER|See Item 5,|245 shares",
            "5|101,|33|8",
            "5|101|338",
            "SOLE VOTING POWER|101|,|33|,|8",
            "SOLE VOTING POWER|1014|,|338",
            "SOLE VOTING POWER|8|.|07",
            "x|o|o|x|o|x",
            "(Amendment No.|)",
            "11|9.|87",
            "a,|bcd",
        ] {
            assert_eq!(joined(row), row);
        }
    }
}
