//! Where the cell of each row of a cover page lies, and which numbers in it are those of rows.
//! Knows nothing of what a cell says.

use std::ops::Range;

use crate::reading::continental;
use crate::reading::holders::PageReader;
use crate::reading::labels::{Hit, Row};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::names;
use crate::reading::numbering;
use crate::reading::numbers_after::After;
use crate::reading::of_persons;
use crate::reading::pages::{self, RowHit};
use crate::reading::rows;
use crate::terms::statement::TYPE_CODES;

impl PageReader<'_> {
    /// Whether the page prints each value above its label: nothing follows the first label nor
    /// the last two, and a name stands above the first.
    pub(super) fn values_stand_above(&self) -> bool {
        let name = |gap: Range<usize>, number: Option<usize>| {
            let pieces = pages::pieces(self.body(), gap, self.hits);
            names::read(self.body(), &pieces, number).name.is_some()
        };
        let first = self.hit(0).is_some_and(|hit| hit.row == Row::Name);
        let types = self.page.rows.iter().position(|hit| hit.row == Row::Type);
        let no_type = types.is_some_and(|index| {
            rows::codes(self.body(), &self.tokens(index), &TYPE_CODES).0.is_empty()
        });
        first
            && no_type
            && self.page.column.is_none()
            && !name(self.gap(0), self.next_number(0))
            && name(self.gap_above(0), None)
            && self.hits_in(self.gap_above(0)) == 0
            && self.values_above()
    }

    fn hits_in(&self, range: Range<usize>) -> usize {
        let inside = |hit: &&Hit| range.start <= hit.start && hit.end <= range.end;
        let first = self.hits.partition_point(|hit| hit.start < range.start);
        self.hits.iter().skip(first).take(20).filter(inside).count()
    }

    /// Whether a number stands above the label of a row that holds one, besides the row's own.
    fn values_above(&self) -> bool {
        let numbering = numbering::of(self.body(), self.hits, self.page, true);
        let holds = |hit: &RowHit| Row::AMOUNTS.contains(&hit.row) || hit.row == Row::Percent;
        let rows = || self.page.rows.iter().enumerate().filter(|(_, hit)| holds(hit));
        let above = rows().any(|(index, _)| {
            let number = numbering.number(index);
            let before = |t: &Token| number.is_none_or(|number| t.start < number);
            let tokens = pages::gap(self.body(), self.gap_above(index), self.hits);
            tokens.iter().any(|t| t.kind == Kind::Number && before(t))
        });
        let below = || {
            rows().any(|(index, _)| {
                let doubt = self.doubt(index).map(|doubt| doubt.start);
                let number = self.next_number(index).or(doubt);
                let before = |t: &Token| number.is_none_or(|number| t.start < number);
                self.tokens(index).iter().any(|t| t.kind == Kind::Number && before(t))
            })
        };
        // Where all cells are blank, none is taken for another's.
        above || !below()
    }

    /// The line above a page's first label, or the cell after the label before another.
    fn gap_above(&self, index: usize) -> Range<usize> {
        let to = self.hit(index).map_or(0, |hit| hit.start);
        match index.checked_sub(1).and_then(|before| self.hit(before)) {
            Some(before) => before.end.min(to)..to,
            None => {
                let to = self.numbering.number(index).unwrap_or(to);
                let head = self.body().get(..to).unwrap_or("");
                let head = head.trim_end_matches(|c: char| !c.is_alphabetic());
                head.rfind(crate::reading::text::is_mark).map_or(to, |at| at + 1)..to
            }
        }
    }

    /// From a row's label to the next label.
    pub(super) fn gap(&self, index: usize) -> Range<usize> {
        if self.above {
            return self.gap_above(index);
        }
        let from = self.hit(index).map_or(0, |hit| hit.end);
        let to = self.hit(index + 1).map_or(self.page.end, |hit| hit.start).max(from);
        match self.page.column {
            Some(column) => {
                let mut cells = of_persons::cells(self.body(), self.page, from, to);
                if column < cells.len() { cells.swap_remove(column) } else { from..from }
            }
            None => from..to,
        }
    }

    pub(super) fn tokens(&self, index: usize) -> Vec<Token> {
        let cut = || pages::gap(self.body(), self.gap(index), self.hits);
        let mut tokens = self.cells.get(index).map_or_else(cut, |c| c.get_or_init(cut).clone());
        if let Some(own) = self.number_dropped(index, &tokens) {
            tokens.retain(|t| *t != own);
        }
        tokens
    }

    /// The stretches of a row's cell, without its number if that stands there.
    pub(super) fn pieces(&self, index: usize) -> Vec<Range<usize>> {
        let pieces = pages::pieces(self.body(), self.gap(index), self.hits);
        if !matches!(self.number_after, After::Yes | After::Below) {
            return pieces;
        }
        let tokens: Vec<Token> =
            pieces.iter().flat_map(|p| lexeme::tokens(self.body(), p.clone())).collect();
        match self.number_dropped(index, &tokens) {
            Some(own) => pieces
                .into_iter()
                .flat_map(|p| match p.contains(&own.start) {
                    true => vec![p.start..own.start, own.end..p.end],
                    false => vec![p],
                })
                .collect(),
            None => pieces,
        }
    }

    /// Where the number printed before the next label begins, if that is what it is.
    pub(super) fn next_number(&self, index: usize) -> Option<usize> {
        self.numbering.number(self.next_label(index)?)
    }

    /// The label after a row's cell.
    pub(super) fn next_label(&self, index: usize) -> Option<usize> {
        if self.page.column.is_some() {
            return None;
        }
        Some(if self.above { index } else { index + 1 })
    }

    /// What may be a row's value, or the number of a row beside a cell that is blank.
    pub(super) fn doubt(&self, index: usize) -> Option<Range<usize>> {
        if matches!(self.number_after, After::Yes | After::Below) {
            return None;
        }
        let before = self.next_label(index).and_then(|label| self.numbering.doubt(label));
        before.or_else(|| {
            let tokens = self.tokens(index);
            let own =
                self.own_number(index, &tokens).filter(|_| self.number_after == After::Either);
            own.map(|own| own.range())
        })
    }

    /// Whether the page has points between thousands, and its document no commas there.
    pub(super) fn is_continental(&self) -> bool {
        let shown = || {
            let rows = self.page.rows.iter().enumerate();
            let mut rows = rows.filter(|(_, hit)| Row::AMOUNTS.contains(&hit.row));
            rows.any(|(index, _)| {
                let tokens = self.tokens(index);
                tokens.iter().any(|t| continental::shows(self.text.cut(t.range())))
            })
        };
        let commas = || continental::has_commas(self.body());
        *self.continental.get_or_init(|| shown() && !*self.has_commas.get_or_init(commas))
    }
}
