//! One table for several persons, a column for each: which cell of a row is whose.
//! Knows nothing of values.

use std::ops::Range;

use crate::reading::labels::Row;
use crate::reading::pages::Page;
use crate::reading::text::{CELL, ROW};

/// So many rows of shares with a number for each show whose column is whose.
const ENOUGH: usize = 3;

/// The cells that follow a label in its row of a table.
pub(crate) fn cells_of_row(text: &str, from: usize, limit: usize) -> Vec<Range<usize>> {
    let row = text.get(from..limit).unwrap_or("").split(ROW).next().unwrap_or("");
    let mut at = from;
    let mut cells = Vec::new();
    for cell in row.split(CELL) {
        cells.push(at..at + cell.len());
        at += cell.len() + CELL.len_utf8();
    }
    cells.drain(..1);
    cells
}

/// One table for all persons, a column each: as many pages as there are names in its first row.
/// Columns of nothing may stand between them.
pub(crate) fn columns(text: &str, page: Page) -> Vec<Page> {
    let cells = |index: usize| -> Vec<&str> {
        let Some(hit) = page.rows.get(index) else { return Vec::new() };
        let limit = page.rows.get(index + 1).map_or(page.end, |next| next.start);
        let cells = cells_of_row(text, hit.end, limit);
        cells.into_iter().map(|cell| text.get(cell).unwrap_or("").trim()).collect()
    };
    let filled = |cells: &[&str]| -> Vec<usize> {
        (0..cells.len()).filter(|at| cells.get(*at).is_some_and(|cell| !cell.is_empty())).collect()
    };
    let first = cells(0);
    let names = filled(&first);
    let plain = names.len() == first.len();
    // Between empty cells only what is a name counts: not a footnote's mark.
    let name = |at: &usize| first.get(*at).is_some_and(|c| c.contains(char::is_alphabetic));
    let amount = |index: usize| {
        let own = cells(index);
        let note =
            |at: &usize| own.get(*at).is_some_and(|c| c.starts_with(['(', '*']) && c.len() < 6);
        let (held, others): (Vec<usize>, Vec<usize>) =
            filled(&own).into_iter().partition(|at| names.contains(at));
        own.len() == first.len() && held == names && others.iter().all(note)
    };
    let amounts = (0..page.rows.len())
        .filter(|index| page.rows.get(*index).is_some_and(|hit| Row::AMOUNTS.contains(&hit.row)));
    let several = names.len() > 1 && !page.unnamed && (plain || names.iter().all(name));
    if !several || amounts.filter(|index| amount(*index)).count() < ENOUGH {
        let crowded =
            is_crowded(&first, page.rows.iter().zip(0..).map(|(hit, at)| (hit.row, cells(at))));
        return vec![Page { crowded, ..page }];
    }
    names.into_iter().map(|column| Page { column: Some(column), ..page.clone() }).collect()
}

/// Whether several names stand beside each other in the first row, and several numbers in enough
/// rows of shares.
fn is_crowded<'a>(names: &[&str], rows: impl Iterator<Item = (Row, Vec<&'a str>)>) -> bool {
    let words = names.iter().filter(|name| name.contains(char::is_alphabetic)).count();
    let number = |cell: &&&str| {
        let bare = cell.trim_end_matches('%').trim();
        !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'-'))
    };
    let several = |cells: &Vec<&str>| cells.iter().filter(number).count() > 1;
    let shares = rows.filter(|(row, _)| Row::AMOUNTS.contains(row));
    words > 1 && shares.filter(|(_, cells)| several(cells)).count() >= ENOUGH
}

/// Where the cells of a row lie.
fn limits(page: &Page, index: usize) -> Range<usize> {
    let from = page.rows.get(index).map_or(0, |hit| hit.end);
    let to = page.rows.get(index + 1).map_or(page.end, |hit| hit.start);
    from..to.max(from)
}

/// The cells of a row that stand under the persons; a sign of percent may have a cell of its own.
pub(crate) fn cells(text: &str, page: &Page, from: usize, to: usize) -> Vec<Range<usize>> {
    let names = limits(page, 0);
    let persons = cells_of_row(text, names.start, names.end).len();
    let mut cells = cells_of_row(text, from, to);
    if cells.len() > persons {
        cells.retain(|cell| text.get(cell.clone()).unwrap_or("").trim() != "%");
    }
    cells
}

/// Whether a row says something in more or fewer cells than there are persons: whose they are
/// cannot be told.
pub(crate) fn is_out_of_step(text: &str, page: &Page, index: usize) -> bool {
    let row = page.rows.get(index).map(|hit| hit.row).filter(|_| page.column.is_some());
    let (own, names) = (limits(page, index), limits(page, 0));
    let persons = cells_of_row(text, names.start, names.end).len();
    let cells = cells(text, page, own.start, own.end);
    let said = |cell: &Range<usize>| {
        text.get(cell.clone()).is_some_and(|cell| cell.contains(char::is_alphanumeric))
    };
    row.is_some_and(|row| row != Row::SecUse) && cells.len() != persons && cells.iter().any(said)
}
