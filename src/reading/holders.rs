//! Cover pages into holders: each row's cell into its field, and what cannot be told into trouble.
//! Knows nothing of markup, nor of what other filings say.

use std::ops::Range;

use crate::reading::cells::{self, Candidate, Cell};
use crate::reading::labels::{Hit, Row};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::names;
use crate::reading::pages::{self, Page, RowHit};
use crate::reading::parts;
use crate::reading::rows::{self, Said};
use crate::reading::text::Text;
use crate::terms::quantity::Amount;
use crate::terms::span::{Field, Span};
use crate::terms::statement::Holder;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// A holder's row that holds shares, with what stands in it.
struct AmountRow {
    row: Row,
    label: Range<usize>,
    cell: Cell,
}

pub(crate) struct PageReader<'a> {
    text: &'a Text,
    hits: &'a [Hit],
    page: &'a Page,
    number: u32,
    troubles: &'a mut Vec<Trouble>,
    /// The page prints numbers before most of its labels.
    numbered: bool,
    /// Values stand above their labels, not after them.
    above: bool,
}

/// Reads the holder of one cover page. The second value says whether the parts of the aggregate
/// are said to be all of it.
pub(crate) fn read(
    text: &Text,
    hits: &[Hit],
    page: &Page,
    number: u32,
    troubles: &mut Vec<Trouble>,
) -> (Holder, bool) {
    let numbered = page.rows.iter().filter(|hit| {
        pages::number_before(text.as_str(), hit.start)
            .is_some_and(|(n, _)| hit.row.numbers().contains(&n))
    });
    let numbered = numbered.count() >= 2 || page.calls_rows_items;
    let mut reader = PageReader { text, hits, page, number, troubles, numbered, above: false };
    reader.above = reader.values_stand_above();
    let mut holder = Holder::default();
    for index in 0..page.rows.len() {
        reader.row(index, &mut holder);
    }
    let whole = reader.amounts(&mut holder);
    reader.missing();
    (holder, whole)
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

/// The name of a row's field.
fn field_name(row: Row) -> FieldName {
    match row {
        Row::Name => FieldName::Name,
        Row::Group => FieldName::Group,
        Row::SecUse => FieldName::All,
        Row::Funds => FieldName::Funds,
        Row::Legal => FieldName::LegalProceedings,
        Row::Citizenship => FieldName::Citizenship,
        Row::SoleVoting => FieldName::SoleVoting,
        Row::SharedVoting => FieldName::SharedVoting,
        Row::SoleDispositive => FieldName::SoleDispositive,
        Row::SharedDispositive => FieldName::SharedDispositive,
        Row::Aggregate => FieldName::Aggregate,
        Row::Excludes => FieldName::ExcludesShares,
        Row::Percent => FieldName::Percent,
        Row::Type => FieldName::Types,
    }
}

impl PageReader<'_> {
    fn body(&self) -> &str {
        self.text.as_str()
    }

    fn hit(&self, index: usize) -> Option<RowHit> {
        self.page.rows.get(index).copied()
    }

    fn span(&self, range: Range<usize>) -> Span {
        self.text.span(range)
    }

    /// Whether the page prints each value above its label: nothing follows the first label nor
    /// the last two, and a name stands above the first.
    fn values_stand_above(&self) -> bool {
        let name = |gap: Range<usize>, number: Option<usize>| {
            let pieces = pages::pieces(self.body(), gap, self.hits);
            names::read(self.body(), &pieces, number).name.is_some()
        };
        let first = self.hit(0).is_some_and(|hit| hit.row == Row::Name);
        let types = self.page.rows.iter().position(|hit| hit.row == Row::Type);
        let no_type = types.is_some_and(|index| {
            rows::codes(self.body(), &self.tokens(index), &rows::TYPE_CODES).0.is_empty()
        });
        first
            && no_type
            && self.page.column.is_none()
            && !name(self.gap(0), self.next_number(0))
            && name(self.gap_above(0), None)
    }

    /// The line above a page's first label, or the cell after the label before another.
    fn gap_above(&self, index: usize) -> Range<usize> {
        let to = self.hit(index).map_or(0, |hit| hit.start);
        let from = match index.checked_sub(1).and_then(|before| self.hit(before)) {
            Some(before) => before.end.min(to),
            None => {
                let head = self.body().get(..to).unwrap_or("");
                let head = head.trim_end_matches(|c: char| !c.is_alphabetic());
                head.rfind(crate::reading::text::is_mark).map_or(to, |at| at + 1)
            }
        };
        from..to
    }

    /// From a row's label to the next label.
    fn gap(&self, index: usize) -> Range<usize> {
        if self.above {
            return self.gap_above(index);
        }
        let from = self.hit(index).map_or(0, |hit| hit.end);
        let to = self.hit(index + 1).map_or(self.page.end, |hit| hit.start).max(from);
        match self.page.column {
            Some(column) => {
                let mut cells = pages::cells_of_row(self.body(), from, to);
                if column < cells.len() { cells.swap_remove(column) } else { from..from }
            }
            None => from..to,
        }
    }

    fn tokens(&self, index: usize) -> Vec<Token> {
        pages::gap(self.body(), self.gap(index), self.hits)
    }

    /// Where the number printed before the next label begins, if that is what it is.
    fn next_number(&self, index: usize) -> Option<usize> {
        if self.above {
            let own = self.hit(index)?;
            return pages::number_before(self.body(), own.start).map(|(_, at)| at);
        }
        let next = self.hit(index + 1).filter(|_| self.page.column.is_none())?;
        let (number, at) = pages::number_before(self.body(), next.start)?;
        let own = next.row.numbers().contains(&number);
        let after_label = at >= self.gap(index).start;
        (after_label && self.numbered && (own || self.page.calls_rows_items || number <= 14))
            .then_some(at)
    }

    fn trouble(&mut self, code: TroubleCode, row: Row, span: Span, message: String) {
        self.troubles.push(Trouble {
            code,
            holder: Some(self.number),
            field: field_name(row),
            span: Some(span),
            message,
        });
    }

    fn row(&mut self, index: usize, holder: &mut Holder) {
        let Some(hit) = self.hit(index) else { return };
        if hit.mislabelled {
            let span = self.span(hit.start..hit.end);
            let message = format!("the {} row has the label of another row", field_name(hit.row));
            self.trouble(TroubleCode::RowMisnumbered, hit.row, span, message);
        }
        self.check_number(hit);
        match hit.row {
            Row::Name => self.name(index, holder),
            Row::Group => holder.group = self.choice(index, hit, rows::group),
            Row::Legal => holder.legal_proceedings = self.choice(index, hit, rows::ticked),
            Row::Excludes => holder.excludes_shares = self.choice(index, hit, rows::ticked),
            Row::Citizenship => holder.citizenship = self.citizenship(index, hit),
            Row::Percent => holder.percent = self.percent(index, hit),
            Row::Funds => holder.funds = self.codes(index, hit, &rows::FUND_CODES),
            Row::Type => holder.types = self.codes(index, hit, &rows::TYPE_CODES),
            _ => {}
        }
    }

    fn check_number(&mut self, hit: RowHit) {
        if !self.numbered || self.page.calls_rows_items {
            return;
        }
        let printed = pages::number_before(self.body(), hit.start);
        let Some((number, at)) = printed.filter(|(n, _)| !hit.row.numbers().contains(n)) else {
            return;
        };
        // What stands before may be the last row's value.
        let before = self.page.rows.iter().rev().find(|other| other.end <= at);
        let amount = before.is_some_and(|other| Row::AMOUNTS.contains(&other.row));
        let glued = self.body().get(at..hit.start).is_some_and(|s| s.contains(['.', ')']));
        if amount && !glued {
            return;
        }
        let span = self.span(at..hit.end);
        let message = format!("the {} row is numbered {number}", field_name(hit.row));
        self.trouble(TroubleCode::RowMisnumbered, hit.row, span, message);
    }

    fn name(&mut self, index: usize, holder: &mut Holder) {
        let pieces = pages::pieces(self.body(), self.gap(index), self.hits);
        let read = names::read(self.body(), &pieces, self.next_number(index));
        let label = self.hit(index).map_or(0..0, |hit| hit.start..hit.end);
        holder.name = match read.name {
            Some((name, range)) => Field::stated(name, self.span(range)),
            None => {
                let span = self.span(label);
                self.trouble(
                    TroubleCode::HolderUnnamed,
                    Row::Name,
                    span,
                    "the cover page has no name".to_owned(),
                );
                Field::Blank { span }
            }
        };
        if let Some((id, range)) = read.tax_id {
            holder.tax_id = Field::stated(id, self.span(range));
        }
    }

    fn citizenship(&mut self, index: usize, hit: RowHit) -> Field<String> {
        let pieces = pages::pieces(self.body(), self.gap(index), self.hits);
        match names::place(self.body(), &pieces, self.next_number(index)) {
            Some((place, range)) => Field::stated(place, self.span(range)),
            None => Field::Blank { span: self.span(hit.start..hit.end) },
        }
    }

    /// A row of boxes. A box may stand among the words of the label itself.
    fn choice<T>(
        &mut self,
        index: usize,
        hit: RowHit,
        read: fn(&str, &[Token]) -> Said<T>,
    ) -> Field<T> {
        let number = self.next_number(index);
        let inside = lexeme::tokens(self.body(), hit.start..hit.end);
        let mut tokens: Vec<Token> = inside
            .into_iter()
            .filter(|t| {
                matches!(t.kind, Kind::Box(_))
                    || (hit.row == Row::Group && matches!(t.kind, Kind::Letter(_)))
            })
            .collect();
        tokens.extend(self.tokens(index).into_iter().filter(|t| Some(t.start) != number));
        let said = read(self.body(), &tokens);
        self.field(hit, said)
    }

    fn percent(&mut self, index: usize, hit: RowHit) -> Field<crate::terms::quantity::Percent> {
        let drop: Vec<usize> = self.next_number(index).into_iter().collect();
        let tokens = self.tokens(index);
        let said = match rows::percent(self.body(), &tokens, &drop) {
            Said::Unclear(star, _) if self.text.cut(star.clone()).starts_with('*') => {
                rows::noted_percent(self.body(), star, self.page.end)
            }
            said => said,
        };
        self.field(hit, said)
    }

    /// What a cell says as a field, with trouble where it says nothing readable.
    fn field<T>(&mut self, hit: RowHit, said: Said<T>) -> Field<T> {
        let name = field_name(hit.row);
        match said {
            Said::Value(value, range) => Field::stated(value, self.span(range)),
            Said::Nothing => Field::Blank { span: self.span(hit.start..hit.end) },
            Said::Unclear(range, why) => {
                let span = self.span(range.clone());
                let printed = self.printed(range);
                let message = format!("the {name} cannot be read in {printed:?}: {why}");
                self.trouble(TroubleCode::ValueUnreadable, hit.row, span, message);
                Field::Unreadable { span }
            }
            Said::Either(range, candidates) => {
                let span = self.span(range);
                let message = format!("the {name} may be {}", candidates.join(" or "));
                self.trouble(TroubleCode::ValueAmbiguous, hit.row, span, message);
                Field::Unreadable { span }
            }
        }
    }

    /// A short quotation.
    fn printed(&self, range: Range<usize>) -> String {
        let words = self.text.cut(range).split_whitespace().take(12);
        words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(80).collect()
    }

    fn codes(&mut self, index: usize, hit: RowHit, list: &[&str]) -> Vec<Field<String>> {
        let number = self.next_number(index);
        let tokens: Vec<Token> =
            self.tokens(index).into_iter().filter(|t| Some(t.start) != number).collect();
        let (found, unread) = rows::codes(self.body(), &tokens, list);
        if !found.is_empty() {
            return found
                .into_iter()
                .map(|(code, range)| Field::stated(code, self.span(range)))
                .collect();
        }
        let no = rows::says_no(self.body(), &tokens);
        match unread
            .filter(|range| !no && self.text.cut(range.clone()).split_whitespace().count() <= 8)
        {
            Some(range) => {
                let why = "not a code of the form's list".to_owned();
                vec![self.field(hit, Said::Unclear(range, why))]
            }
            None => vec![Field::Blank { span: self.span(hit.start..hit.end) }],
        }
    }

    /// Rows 7 to 11 (5 to 9), together: labels may be bundled above a block of values.
    fn amounts(&mut self, holder: &mut Holder) -> bool {
        let rows = self.amount_rows();
        let mut whole = false;
        let mut empty_before = 0;
        for (index, row) in rows.iter().enumerate() {
            let count = row.cell.candidates.len();
            match count {
                0 => {
                    let field = self.no_amount(row);
                    empty_before = if is_empty(&row.cell) { empty_before + 1 } else { 0 };
                    set(holder, row.row, field);
                    continue;
                }
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

    fn amount_rows(&self) -> Vec<AmountRow> {
        let mut rows = Vec::new();
        for index in 0..self.page.rows.len() {
            let Some(hit) = self.hit(index).filter(|hit| Row::AMOUNTS.contains(&hit.row)) else {
                continue;
            };
            let mut cell = cells::amounts(self.body(), &self.tokens(index));
            let next = self.hit(index + 1).map(|hit| hit.row);
            cells::drop_row_numbers(
                &mut cell,
                next.filter(|_| self.numbered),
                self.next_number(index),
            );
            rows.push(AmountRow { row: hit.row, label: hit.start..hit.end, cell });
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
            None => Field::Blank { span: label },
        }
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
        let second = parts::second_value(self.body(), candidate)
            .or_else(|| candidate.inner.first().cloned().filter(|_| candidate.after_words));
        if let Some(second) = second {
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

    /// A cell with several numbers after rows with none: as many as the labels, each has its own.
    fn several(&mut self, bundle: &[AmountRow], holder: &mut Holder, whole: &mut bool) {
        let Some(last) = bundle.last() else { return };
        let candidates = &last.cell.candidates;
        if candidates.len() == bundle.len() {
            for (row, candidate) in bundle.iter().zip(candidates) {
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

    fn missing(&mut self) {
        let span = self.span(self.page.range());
        if self.page.unnamed {
            self.troubles.push(Trouble {
                code: TroubleCode::HolderUnnamed,
                holder: Some(self.number),
                field: FieldName::All,
                span: Some(span),
                message: "a cover page has only its last rows; whose they are cannot be told"
                    .to_owned(),
            });
            return;
        }
        for row in Row::AMOUNTS.into_iter().chain([Row::Percent]) {
            if !self.page.rows.iter().any(|hit| hit.row == row) {
                let message = format!("the cover page has no {} row", field_name(row));
                self.trouble(TroubleCode::RowMissing, row, span, message);
            }
        }
    }
}

fn set(holder: &mut Holder, row: Row, field: Field<Amount>) {
    if let Some(place) = amount_field(holder, row) {
        *place = field;
    }
}

fn is_empty(cell: &Cell) -> bool {
    cell.words.is_none() && !cell.says_nothing && cell.dash.is_none()
}
