//! Rows 7 to 11 (5 to 9) of a cover page into numbers of shares, and what may be two into trouble.
//! Knows nothing of the other rows, nor of where labels stand.

use std::ops::Range;

use crate::reading::candidates::{self, Candidate, Cell};
use crate::reading::cells;
use crate::reading::columns;
use crate::reading::continental;
use crate::reading::holders::{PageReader, field_name};
use crate::reading::labels::Row;
use crate::reading::lexeme;
use crate::reading::parts;
use crate::reading::text::{is_mark, near_before};
use crate::terms::quantity::Amount;
use crate::terms::span::Field;
use crate::terms::statement::Holder;
use crate::terms::trouble::TroubleCode;

/// A holder's row that holds shares, with what stands in it.
struct AmountRow {
    row: Row,
    label: Range<usize>,
    cell: Cell,
    /// Its last number, where that may be the number of a row or a page.
    doubt: Option<Range<usize>>,
}

/// The field of a row that holds shares.
fn amount_field(holder: &mut Holder, row: Row) -> Option<&mut Field<Amount>> {
    Some(match row {
        Row::SoleVoting => &mut holder.sole_voting,
        Row::SharedVoting => &mut holder.shared_voting,
        Row::SoleDispositive => &mut holder.sole_dispositive,
        Row::SharedDispositive => &mut holder.shared_dispositive,
        Row::Aggregate => &mut holder.aggregate,
        _ => return None,
    })
}

impl PageReader<'_> {
    /// Rows 7 to 11 (5 to 9), together: labels may be bundled above a block of values.
    pub(super) fn amounts(&mut self, holder: &mut Holder) -> bool {
        let rows = self.amount_rows();
        self.listed = is_listed(self.body(), &rows);
        self.side_by_side(&rows, holder);
        let mut whole = false;
        let mut empty_before = 0;
        for (index, row) in rows.iter().enumerate() {
            let count = row.cell.candidates.len();
            if count > 0 && self.is_joint(row) {
                self.joint(row, holder);
                empty_before = 0;
                continue;
            }
            match count {
                0 => {
                    let field = self.no_amount(row);
                    empty_before = if is_empty(&row.cell) { empty_before + 1 } else { 0 };
                    set(holder, row.row, field);
                    continue;
                }
                1 if row.doubt.is_some() => self.doubted(row, holder),
                1 => self.one(row, holder, &mut whole),
                _ => self.several(
                    rows.get(index - empty_before..=index).unwrap_or_default(),
                    holder,
                    &mut whole,
                ),
            }
            empty_before = 0;
        }
        whole
    }

    /// Several persons typed side by side: no cell of the page is one person's.
    fn side_by_side(&mut self, rows: &[AmountRow], holder: &mut Holder) {
        let in_line = |row: &&AmountRow| match row.cell.candidates.as_slice() {
            [first, .., last] => {
                let between = self.text.cut(first.range.end..last.range.start);
                !between.chars().any(|c| is_mark(c) || c.is_alphabetic())
                    && !self.is_spaced_number(&row.cell.candidates)
            }
            _ => false,
        };
        if rows.iter().filter(in_line).count() < 3
            || columns::classes(self.body(), self.page).is_some()
        {
            return;
        }
        for (row, code) in [
            (Row::Name, TroubleCode::HolderUnnamed),
            (Row::Citizenship, TroubleCode::ValueAmbiguous),
            (Row::Type, TroubleCode::ValueAmbiguous),
        ] {
            let hit = self.page.rows.iter().find(|hit| hit.row == row);
            let range = hit.map_or(self.page.range(), |hit| hit.start..hit.end);
            let span = self.span(range);
            let message = format!("the {} is printed for several at once", field_name(row));
            self.trouble(code, row, span, message);
            match row {
                Row::Name => holder.name = Field::Unreadable { span },
                Row::Citizenship => holder.citizenship = Field::Unreadable { span },
                _ => holder.types = vec![Field::Unreadable { span }],
            }
        }
    }

    /// `12 480 115`: one number with spaces between its thousands, or so it may be.
    fn is_spaced_number(&self, candidates: &[Candidate]) -> bool {
        candidates.windows(2).all(|pair| match pair {
            [first, second] => {
                let gap = self.text.cut(first.range.end..second.range.start);
                gap.len() == 1 && second.range.len() == 3
            }
            _ => true,
        })
    }

    fn amount_rows(&self) -> Vec<AmountRow> {
        let mut rows = Vec::new();
        for index in 0..self.page.rows.len() {
            let Some(hit) = self.hit(index).filter(|hit| Row::AMOUNTS.contains(&hit.row)) else {
                continue;
            };
            let number = self.next_number(index);
            let mut tokens = self.tokens(index);
            tokens.retain(|token| number.is_none_or(|number| token.start < number));
            let mut cell = cells::amounts(self.body(), &tokens);
            let next = self.hit(index + 1).map(|hit| hit.row);
            let next = next.filter(|_| self.numbering.counts);
            candidates::drop_row_numbers(self.body(), &mut cell, next, number.is_some());
            candidates::drop_page_numbers(self.body(), &mut cell);
            candidates::drop_number_of_check(self.body(), &mut cell);
            candidates::keep_total(self.body(), &mut cell);
            let doubt = match cell.candidates.as_slice() {
                [only] if candidates::is_page_number(self.body(), only) => Some(only.range.clone()),
                all => {
                    let last = all.last().map(|last| &last.range);
                    self.doubt(index).filter(|doubt| Some(doubt) == last)
                }
            };
            rows.push(AmountRow { row: hit.row, label: hit.start..hit.end, cell, doubt });
        }
        if self.is_continental() {
            for one in rows.iter_mut().flat_map(|row| &mut row.cell.candidates) {
                let printed = self.text.cut(one.range.clone());
                if printed.contains('.') {
                    one.amount = continental::amount(printed);
                }
            }
        }
        rows
    }

    fn no_amount(&mut self, row: &AmountRow) -> Field<Amount> {
        let label = self.span(row.label.clone());
        if let Some(dash) = &row.cell.dash {
            return Field::stated(Amount::ZERO, self.span(dash.clone()));
        }
        match row.cell.words.clone().filter(|_| !row.cell.says_nothing) {
            Some(range) => {
                let span = self.span(range.clone());
                let printed = self.printed(range);
                let message = format!("the {} holds no number: {printed:?}", field_name(row.row));
                self.trouble(TroubleCode::ValueUnreadable, row.row, span, message);
                Field::Unreadable { span }
            }
            None => {
                // That the aggregate says nothing is said of its row.
                if let Some(at) = row.cell.elsewhere.clone().filter(|_| row.row != Row::Aggregate) {
                    let (name, printed) = (field_name(row.row), self.printed(at.clone()));
                    let message = format!("the {name} row has no number, but {printed:?}");
                    let span = self.span(at);
                    self.trouble(TroubleCode::RowMissing, row.row, span, message);
                }
                Field::Blank { span: label }
            }
        }
    }

    /// Whether a label is of two rows at once: "Sole / Shared Voting Power".
    fn is_joint(&self, row: &AmountRow) -> bool {
        let label = lexeme::lower(self.text.cut(row.label.clone()));
        label.starts_with("sole") && label.contains("shared")
    }

    /// A row that answers for the sole power and the shared one.
    fn joint(&mut self, row: &AmountRow, holder: &mut Holder) {
        let span = self.span(row.label.clone());
        let message = format!("the {} row is that of the sole power, too", field_name(row.row));
        self.trouble(TroubleCode::ValueAmbiguous, row.row, span, message);
        set(holder, row.row, Field::Unreadable { span });
    }

    fn one(&mut self, row: &AmountRow, holder: &mut Holder, whole: &mut bool) {
        let Some(candidate) = row.cell.candidates.first() else { return };
        let field = self.candidate(row.row, candidate);
        if row.row == Row::Aggregate && field.is_stated() {
            (holder.parts, *whole) = parts::parts(self.text, candidate);
            holder.via = parts::via(self.text, candidate);
        }
        set(holder, row.row, field);
    }

    /// A number that is the row's value, or stands there for a row or a page where none is.
    fn doubted(&mut self, row: &AmountRow, holder: &mut Holder) {
        let Some(at) = row.doubt.clone() else { return };
        let (name, printed) = (field_name(row.row), self.printed(at.clone()));
        let span = self.span(at);
        let message =
            format!("the {name} may be {printed} or blank: {printed} may count a row or a page");
        self.trouble(TroubleCode::ValueAmbiguous, row.row, span, message);
        set(holder, row.row, Field::Unreadable { span });
    }

    /// The value of a row with one number; or why it is not.
    fn candidate(&mut self, row: Row, candidate: &Candidate) -> Field<Amount> {
        let span = self.span(candidate.range.clone());
        let name = field_name(row);
        let printed = self.printed(candidate.range.clone());
        let Some(amount) = candidate.amount else {
            let message = format!("the {name} is no number as it is printed: {printed:?}");
            self.trouble(TroubleCode::ValueUnreadable, row, span, message);
            return Field::Unreadable { span };
        };
        if candidate.hedged {
            let message = format!("the {name} has {printed:?} as a limit or beside other shares");
            self.trouble(TroubleCode::ValueUnreadable, row, span, message);
            return Field::Unreadable { span };
        }
        if candidate.listed && !self.listed && is_group(&printed) {
            let message = format!("the {name} may be {printed}, or with the number before it");
            self.trouble(TroubleCode::ValueAmbiguous, row, span, message);
            return Field::Unreadable { span };
        }
        let second = self
            .behind_heads(candidate)
            .or_else(|| parts::second_value(self.body(), candidate))
            .or_else(|| candidate.inner.first().cloned().filter(|_| candidate.after_words));
        let both_none = |second: &Range<usize>| {
            let other = lexeme::amount(self.text.cut(second.clone()));
            amount.is_zero() && other.is_some_and(Amount::is_zero)
        };
        if let Some(second) = second.filter(|second| !both_none(second)) {
            let other = lexeme::amount(self.text.cut(second.clone()));
            let sum = other.and_then(|other| amount.checked_add(other));
            let sum = sum.map_or(String::new(), |sum| format!(" or their sum {sum}"));
            let message =
                format!("the {name} may be {printed} or {}{sum}", self.printed(second.clone()));
            let span = self.span(candidate.range.start..second.end);
            self.trouble(TroubleCode::ValueAmbiguous, row, span, message);
            return Field::Unreadable { span };
        }
        Field::stated(amount, span)
    }

    /// The next number, where both stand behind letters, "(a) 4,000 (b) 5,000", or the first is a
    /// year that leads to it, "1998: 4,000".
    fn behind_heads(&self, candidate: &Candidate) -> Option<Range<usize>> {
        let next = candidate.inner.first().cloned()?;
        let between = self.text.cut(candidate.range.end..next.start).trim_matches([' ', ';', ',']);
        let letter = |said: &str| {
            let inside = said.strip_prefix('(').and_then(|said| said.strip_suffix(')'));
            inside.is_some_and(|c| c.len() == 1 && c.chars().all(|c| c.is_ascii_alphabetic()))
        };
        let head = near_before(self.body(), candidate.range.start, 8).trim_end_matches(' ');
        let lettered = head.len() >= 3 && head.get(head.len() - 3..).is_some_and(letter);
        let printed = self.text.cut(candidate.range.clone());
        let year = printed.len() == 4
            && printed.parse().is_ok_and(|n: u32| n / 100 == 19 || n / 100 == 20);
        (lettered && letter(between) || year && between == ":").then_some(next)
    }

    /// Values below a bundle of labels, each behind the number of its row: "5. None",
    /// "6. 1,344,000".
    fn by_number(&self, bundle: &[AmountRow], candidates: &[Candidate]) -> Option<Vec<Candidate>> {
        if bundle.len() < 2 {
            return None;
        }
        let inner = |candidate: &Candidate, at: &Range<usize>| {
            let amount = lexeme::amount(self.text.cut(at.clone()));
            Candidate { range: at.clone(), amount, inner: Vec::new(), ..candidate.clone() }
        };
        let all: Vec<Candidate> = candidates
            .iter()
            .flat_map(|one| {
                let own = Candidate { inner: Vec::new(), ..one.clone() };
                std::iter::once(own).chain(one.inner.iter().map(|at| inner(one, at)))
            })
            .collect();
        let own = |row: &AmountRow, pair: &[Candidate]| match pair {
            [number, value] => {
                let printed = self.text.cut(number.range.clone()).parse();
                let counts = printed.is_ok_and(|number| row.row.numbers().contains(&number));
                counts.then(|| value.clone())
            }
            _ => None,
        };
        let paired = all.len() == 2 * bundle.len();
        let pairs = bundle.iter().zip(all.chunks(2));
        pairs.map(|(row, pair)| own(row, pair)).collect::<Option<_>>().filter(|_| paired)
    }

    /// A cell with several numbers after rows with none: as many as the labels, each has its own.
    fn several(&mut self, bundle: &[AmountRow], holder: &mut Holder, whole: &mut bool) {
        let Some(last) = bundle.last() else { return };
        let candidates = &last.cell.candidates;
        let numbered = self.by_number(bundle, candidates);
        // Of each class none: the number of either.
        let none = |one: &Candidate| one.amount.is_some_and(Amount::is_zero);
        if let ([row], Some(first)) = (bundle, candidates.first())
            && candidates.iter().all(none)
        {
            let field = self.candidate(row.row, first);
            return set(holder, row.row, field);
        }
        let one_each = candidates.len() == bundle.len() && last.doubt.is_none();
        if let Some(values) = numbered.or_else(|| one_each.then(|| candidates.clone())) {
            for (row, candidate) in bundle.iter().zip(&values) {
                let field = self.candidate(row.row, candidate);
                if row.row == Row::Aggregate && field.is_stated() {
                    (holder.parts, *whole) = parts::parts(self.text, candidate);
                    holder.via = parts::via(self.text, candidate);
                }
                set(holder, row.row, field);
            }
            return;
        }
        let mut printed: Vec<String> =
            candidates.iter().map(|c| self.printed(c.range.clone())).collect();
        printed.dedup();
        if candidates.len() < bundle.len() {
            printed.push("blank".to_owned());
        }
        let from = candidates.first().map_or(0, |c| c.range.start);
        let to = candidates.last().map_or(from, |c| c.range.end);
        let span = self.span(from..to);
        for row in bundle {
            let message = format!(
                "the {} may be {}: {} values follow {} labels",
                field_name(row.row),
                printed.join(" or "),
                candidates.len(),
                bundle.len()
            );
            self.trouble(TroubleCode::ValueAmbiguous, row.row, span, message);
            set(holder, row.row, Field::Unreadable { span });
        }
    }
}

fn set(holder: &mut Holder, row: Row, field: Field<Amount>) {
    if let Some(place) = amount_field(holder, row) {
        *place = field;
    }
}

/// Whether the numbers of a page's rows of shares stand behind numbers of a list: in each of them,
/// and in one so that it cannot be a comma that was lost.
fn is_listed(text: &str, rows: &[AmountRow]) -> bool {
    const ENOUGH: usize = 3;
    let first = rows.iter().filter_map(|row| row.cell.candidates.first());
    let sure = |one: &Candidate| !text.get(one.range.clone()).is_some_and(is_group);
    first.clone().count() >= ENOUGH
        && first.clone().all(|one| one.listed)
        && first.into_iter().any(sure)
}

/// "500,000" and "234": what may stand behind the comma of a larger number.
fn is_group(printed: &str) -> bool {
    let digits = printed.split(',').next().unwrap_or("");
    digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_empty(cell: &Cell) -> bool {
    cell.words.is_none() && !cell.says_nothing && cell.dash.is_none()
}
