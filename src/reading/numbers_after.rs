//! Row numbers that stand after their labels: beside the values, or on lines of their own.
//! Knows nothing of what the values mean.

use crate::reading::cells;
use crate::reading::holders::PageReader;
use crate::reading::labels::Row;
use crate::reading::lexeme::{Kind, Token};
use crate::reading::pages::RowHit;
use crate::reading::text::is_mark;

/// Whether the numbers that the cells of a page begin with are their rows'.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// They are values.
    No,
    /// They are the rows' numbers.
    Yes,
    /// They are, on lines of their own below the labels.
    Below,
    /// They count up as the rows do, and nothing else shows what they are.
    Either,
}

impl PageReader<'_> {
    /// A cell's first number, if it is the row's own, and none stands before the label.
    pub(super) fn own_number(&self, index: usize, tokens: &[Token]) -> Option<Token> {
        if self.numbering.number(index).is_some() {
            return None;
        }
        let numbers = self.hit(index)?.row.numbers();
        let first = tokens.iter().find(|t| t.kind == Kind::Number)?;
        let printed: u8 = self.text.cut(first.range()).parse().ok()?;
        (printed != 0 && numbers.contains(&printed)).then_some(*first)
    }

    /// The number in a row's cell that is no part of its value.
    pub(super) fn number_dropped(&self, index: usize, tokens: &[Token]) -> Option<Token> {
        let own = self.own_number(index, tokens)?;
        let dropped = match self.number_after {
            After::Yes => true,
            After::Below => self.has_own_line(&own) && self.says_more(index, tokens),
            After::No | After::Either => false,
        };
        dropped.then_some(own)
    }

    /// Whether nothing else stands on a token's line, or in its cell.
    fn has_own_line(&self, token: &Token) -> bool {
        let before = self.body().get(..token.start).unwrap_or("").trim_end_matches(' ');
        let after = self.body().get(token.end..).unwrap_or("").trim_start_matches(['.', ' ']);
        before.ends_with(is_mark) && (after.is_empty() || after.starts_with(is_mark))
    }

    /// Whether a row of shares or the percent's has another number than its own.
    fn says_more(&self, index: usize, tokens: &[Token]) -> bool {
        let holds = |hit: RowHit| Row::AMOUNTS.contains(&hit.row) || hit.row == Row::Percent;
        let numbers = || tokens.iter().filter(|t| t.kind == Kind::Number).count();
        !self.hit(index).is_some_and(holds) || numbers() > 1
    }

    /// Whether most rows of shares begin with their own number, which stands before no label; or
    /// rows of words have it on a line of its own, beside rows of shares that are numbered before
    /// their labels.
    pub(super) fn numbers_stand_after(&self) -> After {
        const ENOUGH: usize = 3;
        if self.page.column.is_some() || self.page.calls_rows_items {
            return After::No;
        }
        let own = |(index, hit): (usize, &RowHit)| {
            let tokens = self.tokens(index);
            let own = self.own_number(index, &tokens)?;
            Some((hit.row, self.text.cut(own.range()).parse::<u8>().ok()?, index))
        };
        let own: Vec<(Row, u8, usize)> =
            self.page.rows.iter().enumerate().filter_map(own).collect();
        let of = |column: usize| {
            let fits = move |(row, number, _): &&(Row, u8, usize)| {
                row.numbers().get(column) == Some(number)
            };
            own.iter().filter(fits)
        };
        let is_amount = |(row, ..): &&(Row, u8, usize)| Row::AMOUNTS.contains(row);
        let Some(column) = [0, 1].into_iter().find(|c| of(*c).filter(is_amount).count() >= ENOUGH)
        else {
            return if self.numbers_stand_below() { After::Below } else { After::No };
        };
        // Rows that hold no number, or those whose value stands after it.
        let shows = |(row, _, index): &&(Row, u8, usize)| {
            let shares = Row::AMOUNTS.contains(row);
            (!shares && *row != Row::Percent)
                || (shares
                    && cells::amounts(self.body(), &self.tokens(*index)).candidates.len() > 1)
        };
        if of(column).filter(shows).count() >= 2 { After::Yes } else { After::Either }
    }

    /// Whether rows of words have their number on a line of its own below the label, and rows of
    /// shares have theirs before it.
    fn numbers_stand_below(&self) -> bool {
        const ENOUGH: usize = 3;
        let rows = || self.page.rows.iter().enumerate();
        let amounts = rows().filter(|(_, hit)| Row::AMOUNTS.contains(&hit.row));
        let before = amounts.filter(|(index, _)| self.numbering.number(*index).is_some()).count();
        let words =
            rows().filter(|(_, hit)| !Row::AMOUNTS.contains(&hit.row) && hit.row != Row::Percent);
        let below = words.filter(|(index, _)| {
            let own = self.own_number(*index, &self.tokens(*index));
            own.is_some_and(|own| self.has_own_line(&own))
        });
        before >= ENOUGH && below.count() >= ENOUGH
    }
}
