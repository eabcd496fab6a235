//! Signatures side by side, in a table or on a typewritten page: put one below the other.
//! Knows nothing of names; what is no pair of columns stays as it is.

use std::ops::Range;

use crate::reading::signature_lines::{is_by, is_signed};
use crate::reading::text::{CELL, LINE, PAGE, ROW};

/// So many spaces divide columns on a typewritten page.
const GAP: usize = 3;

/// What stands in one column of one row.
struct Piece {
    range: Range<usize>,
    /// On a typewritten page the place in the line, in a table the cell's number.
    column: usize,
}

#[derive(Default)]
struct Row {
    pieces: Vec<Piece>,
    /// How many cells a table's row has; 0 for a line.
    cells: usize,
    range: Range<usize>,
}

/// A block's parts in the order in which they are to be read.
#[derive(Default)]
pub(crate) struct Arranged {
    pub(crate) pieces: Vec<Range<usize>>,
    /// What stands side by side and cannot be put in order.
    pub(crate) untold: Vec<Range<usize>>,
}

/// The parts of a block in order.
pub(crate) fn arrange(body: &str, range: Range<usize>) -> Arranged {
    let mut arranged = Arranged::default();
    let signed = |piece: &Piece| body.get(piece.range.clone()).is_some_and(is_signed);
    let rows = rows(body, &range);
    let mut done = 0;
    for (at, row) in rows.iter().enumerate() {
        if at < done {
            continue;
        }
        let columns: Vec<usize> =
            row.pieces.iter().filter(|p| signed(p)).map(|p| p.column).collect();
        if columns.len() < 2 {
            continue;
        }
        let fits = |other: &Row| assigned(other, row, &columns);
        let first = (done..at)
            .rev()
            .take_while(|index| rows.get(*index).is_some_and(|r| fits(r).is_some()));
        let first = first.last().unwrap_or(at);
        let last = (at + 1..rows.len())
            .take_while(|index| rows.get(*index).is_some_and(|r| fits(r).is_some()));
        let last = last.last().unwrap_or(at);
        arranged
            .pieces
            .extend(rows.get(done..first).unwrap_or_default().iter().map(|r| r.range.clone()));
        let region = rows.get(first..=last).unwrap_or_default();
        done = last + 1;
        let above = rows.get(..first).and_then(|rows| rows.iter().rfind(|r| !r.pieces.is_empty()));
        // Names that do not stand in the columns of those who sign for them.
        let by = |piece: &Piece| {
            let said = body.get(piece.range.clone()).unwrap_or("").trim_start_matches([CELL, ' ']);
            signed(piece) && is_by(said)
        };
        let bare =
            region.iter().find(|r| !r.pieces.is_empty()).is_some_and(|r| r.pieces.iter().any(by));
        if bare && above.is_some_and(|above| above.cells > 0) {
            arranged.untold.push(row.range.clone());
            continue;
        }
        for column in 0..columns.len() {
            for (row, places) in region.iter().filter_map(|row| Some((row, fits(row)?))) {
                let own = row.pieces.iter().zip(places).filter(|(_, place)| *place == column);
                arranged.pieces.extend(own.map(|(piece, _)| piece.range.clone()));
            }
        }
    }
    arranged.pieces.extend(rows.get(done..).unwrap_or_default().iter().map(|r| r.range.clone()));
    arranged
}

/// The column of each of a row's pieces; nothing where one belongs to none, or to two.
fn assigned(row: &Row, signed: &Row, columns: &[usize]) -> Option<Vec<usize>> {
    let count = row.pieces.len();
    if count == 0 {
        return Some(Vec::new());
    }
    if (row.cells > 0) != (signed.cells > 0) {
        return None;
    }
    if row.cells > 0 && count > 0 && count.is_multiple_of(columns.len()) {
        let each = count / columns.len();
        return Some((0..count).map(|index| index / each).collect());
    }
    if row.cells > 0 && count > 0 && row.cells != signed.cells {
        return None;
    }
    let slack = if row.cells > 0 { 0 } else { GAP };
    row.pieces
        .iter()
        .map(|piece| {
            let place = columns.partition_point(|column| *column <= piece.column + slack);
            let end =
                if row.cells > 0 { piece.column + 1 } else { piece.column + piece.range.len() };
            let next = columns.get(place.max(1));
            next.is_none_or(|next| end <= *next).then_some(place.saturating_sub(1))
        })
        .collect()
}

/// The rows of tables and the lines between them.
fn rows(body: &str, range: &Range<usize>) -> Vec<Row> {
    let part = body.get(range.clone()).unwrap_or("");
    let mut rows = Vec::new();
    let mut start = 0;
    let mut cells: Vec<usize> = Vec::new();
    let mut end_row = |start: usize, end: usize, cells: &mut Vec<usize>| {
        let row = range.start + start..range.start + end;
        let pieces = match cells.is_empty() {
            true => typed(body, &row),
            false => in_cells(body, &row, cells),
        };
        rows.push(Row { pieces, cells: cells.len(), range: row });
        cells.clear();
    };
    for (at, c) in part.char_indices() {
        match c {
            CELL => cells.push(range.start + at),
            ROW => {
                end_row(start, at + c.len_utf8(), &mut cells);
                start = at + c.len_utf8();
            }
            LINE | PAGE if cells.is_empty() => {
                end_row(start, at + c.len_utf8(), &mut cells);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    end_row(start, part.len(), &mut cells);
    rows
}

/// The pieces of a table's row: cells that say something, "By:" with the cell after it.
fn in_cells(body: &str, row: &Range<usize>, cells: &[usize]) -> Vec<Piece> {
    let ends = cells.iter().skip(1).copied().chain([row.end]);
    let pieces = cells.iter().zip(ends).enumerate();
    let pieces = pieces.map(|(column, (start, end))| Piece { range: *start..end, column });
    joined(body, pieces)
}

/// The pieces of a typewritten line, between gaps.
fn typed(body: &str, row: &Range<usize>) -> Vec<Piece> {
    let line = body.get(row.clone()).unwrap_or("");
    let mut pieces: Vec<Piece> = Vec::new();
    for word in line.split([' ', LINE, ROW, PAGE]).filter(|word| !word.is_empty()) {
        let at = word.as_ptr() as usize - line.as_ptr() as usize;
        let range = row.start + at..row.start + at + word.len();
        match pieces.last_mut() {
            Some(piece) if range.start - piece.range.end < GAP => piece.range.end = range.end,
            _ => pieces.push(Piece { range, column: at }),
        }
    }
    joined(body, pieces.into_iter())
}

/// Pieces that say something; "By:" or a caption alone goes with what it stands before.
fn joined(body: &str, pieces: impl Iterator<Item = Piece>) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    for piece in pieces {
        let said = |range: &Range<usize>| {
            let words = body.get(range.clone()).unwrap_or("");
            words.trim_matches([' ', '*', '_', '|', '-', CELL, LINE, ROW]).to_owned()
        };
        if said(&piece.range).is_empty() {
            continue;
        }
        let alone = |words: &str| {
            (is_by(words) && words.len() <= 3) || (words.ends_with(':') && words.len() < 8)
        };
        match found.last_mut() {
            Some(before) if alone(&said(&before.range)) => before.range.end = piece.range.end,
            _ => found.push(piece),
        }
    }
    found
}
