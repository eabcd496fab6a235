//! The numbers that may be a cell's value, and which of them belong to the page instead.
//! Knows nothing of words: what stands around a number was looked at before.

use std::ops::Range;

use crate::reading::labels::Row;
use crate::reading::lexeme;
use crate::reading::text::{CELL, PAGE, ROW, is_mark, near};
use crate::terms::quantity::Amount;

/// A number that may be a cell's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    /// Where its digits stand.
    pub(crate) range: Range<usize>,
    /// What it says; `None` where commas and points fit no number.
    pub(crate) amount: Option<Amount>,
    /// Numbers in the words that follow it.
    pub(crate) inner: Vec<Range<usize>>,
    /// Words stand before it that are not the form's.
    pub(crate) after_words: bool,
    /// A word before it makes it a limit or something else than the value.
    pub(crate) hedged: bool,
    /// The number of a list stands before it: "1. 500,000".
    pub(crate) listed: bool,
    /// It may be the row number of the next label: small, alone in its place.
    pub(crate) small: Option<u8>,
    /// Where the words that belong to it end.
    pub(crate) end: usize,
}

/// What a cell holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cell {
    /// The numbers that may be its value.
    pub(crate) candidates: Vec<Candidate>,
    /// Something stands there that is neither a number nor known to say nothing.
    pub(crate) words: Option<Range<usize>>,
    /// `N/A`, `See Item 5` and the like.
    pub(crate) says_nothing: bool,
    /// The words of these that say where to look: `See Item 5`, `Same as row 9`.
    pub(crate) elsewhere: Option<Range<usize>>,
    /// A lone dash.
    pub(crate) dash: Option<Range<usize>>,
}

/// Drops the numbers of the next rows that were gathered before the values ("6 7 8 14,918 shares");
/// where the next row is `numbered` they stand here only in cells of their own.
pub(crate) fn drop_row_numbers(text: &str, cell: &mut Cell, next: Option<Row>, numbered: bool) {
    let Some(next) = next else { return };
    let in_cell = |candidate: &Candidate| {
        let rest = text.get(candidate.range.end..).unwrap_or("");
        rest.trim_start_matches(' ').starts_with(['|', CELL])
    };
    let [d, g] = next.numbers();
    for first in [d, g] {
        let run = cell
            .candidates
            .iter()
            .zip(first..)
            .take_while(|(candidate, number)| candidate.small == Some(*number))
            .count();
        let alone = !numbered || cell.candidates.first().is_some_and(in_cell);
        // One value must be left: a lone "6" may be six shares.
        if run > 0 && cell.candidates.len() > run && alone {
            cell.candidates.drain(..run);
            return;
        }
    }
}

/// Drops a page's number that stands among the values: alone on its line beside a page break, where
/// a number that is not beside one is left.
pub(crate) fn drop_page_numbers(text: &str, cell: &mut Cell) {
    let paged = |candidate: &Candidate| candidate.small.is_some() && beside_break(text, candidate);
    if cell.candidates.len() > 1 && !cell.candidates.iter().all(paged) {
        cell.candidates.retain(|candidate| !paged(candidate));
    }
}

/// Drops the number of the row below, whose label begins with "Check", "If" or "Does" and is
/// known for one by what follows alone.
pub(crate) fn drop_number_of_check(text: &str, cell: &mut Cell) {
    let leads = |candidate: &Candidate| {
        let head = text.get(..candidate.range.start).unwrap_or("").trim_end_matches(' ');
        let tail = text.get(candidate.range.end..).unwrap_or("");
        let label = lexeme::lower(near(tail, 0, 16));
        let label = label.trim_start_matches([' ', '.', ':', ')', '-']);
        let begins = ["check ", "if ", "does "].iter().any(|word| label.starts_with(word));
        let of_check = candidate.small.is_some_and(|n| Row::Excludes.numbers().contains(&n));
        of_check && begins && head.ends_with(is_mark)
    };
    if cell.candidates.len() > 1 && cell.candidates.last().is_some_and(leads) {
        cell.candidates.pop();
    }
}

/// Keeps of several numbers the last alone, which is said to be what the others make, and is it:
/// "1,000 held directly / 500 under options / Total: 1,500", or below a rule.
pub(crate) fn keep_total(text: &str, cell: &mut Cell) {
    const LEAST: usize = 3;
    let own = |one: &Candidate| std::iter::once(one.range.clone()).chain(one.inner.clone());
    let all: Vec<Range<usize>> = cell.candidates.iter().flat_map(own).collect();
    let [parts @ .., last] = all.as_slice() else { return };
    let Some(before) = parts.last().filter(|_| all.len() >= LEAST) else { return };
    let amount = |at: &Range<usize>| lexeme::amount(text.get(at.clone())?);
    let sum = |parts: &mut dyn Iterator<Item = &Range<usize>>| {
        parts.map(amount).try_fold(Amount::ZERO, |sum, part| sum.checked_add(part?))
    };
    // The days within which an option can be exercised are no part.
    let grouped = |at: &&Range<usize>| text.get((*at).clone()).is_some_and(|s| s.contains(','));
    let total = amount(last);
    let makes = |sum: Option<Amount>| sum.is_some() && sum == total;
    let adds = makes(sum(&mut parts.iter())) || makes(sum(&mut parts.iter().filter(grouped)));
    let between = text.get(before.end..last.start).unwrap_or("");
    let after = lexeme::lower(near(text, last.end, 20));
    let said = lexeme::lower(between).contains("total") || after.contains("total");
    let rule = between.trim_end_matches(|c: char| c == ' ' || is_mark(c));
    let ruled = ["---", "===", "___"].iter().any(|rule_end| rule.ends_with(rule_end));
    if adds && (said || ruled) {
        let at = last.clone();
        let kept = cell.candidates.last().map(|one| Candidate {
            amount: total,
            inner: Vec::new(),
            hedged: false,
            listed: false,
            range: at,
            ..one.clone()
        });
        cell.candidates = kept.into_iter().collect();
    }
}

/// Whether a number may be that of a page: none is 0, and it is alone on its line beside a break.
pub(crate) fn is_page_number(text: &str, candidate: &Candidate) -> bool {
    candidate.small.is_some_and(|number| number > 0) && beside_break(text, candidate)
}

fn beside_break(text: &str, candidate: &Candidate) -> bool {
    let blank = |c: char| matches!(c, ' ' | '-' | '\n' | CELL | ROW);
    let head = text.get(..candidate.range.start).unwrap_or("");
    let tail = text.get(candidate.range.end..).unwrap_or("");
    let line = |c: char| matches!(c, ' ' | '-');
    let alone = head.trim_end_matches(line).ends_with(is_mark)
        && tail.trim_start_matches(line).starts_with(is_mark);
    let after = tail.trim_start_matches(blank);
    // A page's heading begins with the CUSIP.
    let headed = after.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("cusip"));
    alone && (headed || after.starts_with(PAGE) || head.trim_end_matches(blank).ends_with(PAGE))
}
