//! Cover pages into holders: each row's cell into its field, and what cannot be told into trouble.
//! Knows nothing of markup, nor of what other filings say.

use std::cell::OnceCell;
use std::ops::Range;

use crate::reading::citizenship;
use crate::reading::columns;
use crate::reading::group_box;
use crate::reading::labels::{Hit, Row};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::names;
use crate::reading::numbering::{self, Numbering};
use crate::reading::numbers_after::After;
use crate::reading::of_persons;
use crate::reading::pages::{Page, RowHit};
use crate::reading::percent;
use crate::reading::rows::{self, Said};
use crate::reading::text::{LINE, ROW, Text, first_line, is_mark, near, near_before};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{FUND_CODES, Holder, TYPE_CODES};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

pub(crate) struct PageReader<'a> {
    pub(super) text: &'a Text,
    pub(super) hits: &'a [Hit],
    pub(super) page: &'a Page,
    number: u32,
    troubles: &'a mut Vec<Trouble>,
    /// What the numbers are that stand before the labels.
    pub(super) numbering: Numbering,
    /// Values stand above their labels, not after them.
    pub(super) above: bool,
    /// Whether row numbers stand after the labels, not before them.
    pub(super) number_after: After,
    /// Whether the document has commas between thousands.
    pub(super) has_commas: &'a OnceCell<bool>,
    /// Whether the page has points there, and the document no commas.
    pub(super) continental: OnceCell<bool>,
    /// Whether numbers of a list stand before the page's amounts.
    pub(super) listed: bool,
    /// The tokens of each row's cell, cut when they are first asked for.
    pub(super) cells: Vec<OnceCell<Vec<Token>>>,
}

/// Reads the holder of one cover page. The second value says whether the parts of the aggregate
/// are said to be all of it. Pages of one document share what they have found of it.
pub(crate) fn read(
    text: &Text,
    hits: &[Hit],
    page: &Page,
    number: u32,
    has_commas: &OnceCell<bool>,
    troubles: &mut Vec<Trouble>,
) -> (Holder, bool) {
    let mut reader = PageReader {
        text,
        hits,
        page,
        number,
        troubles,
        numbering: numbering::of(text.as_str(), hits, page, false),
        above: false,
        number_after: After::No,
        has_commas,
        continental: OnceCell::new(),
        listed: false,
        cells: vec![OnceCell::new(); page.rows.len()],
    };
    if reader.values_stand_above() {
        reader.above = true;
        reader.numbering = numbering::of(text.as_str(), hits, page, true);
        reader.cells.fill(OnceCell::new());
    }
    reader.number_after = reader.numbers_stand_after();
    let mut holder = Holder::default();
    for index in 0..page.rows.len() {
        reader.row(index, &mut holder);
    }
    let whole = reader.amounts(&mut holder);
    reader.missing(&holder);
    (holder, whole)
}

/// The name of a row's field.
pub(super) fn field_name(row: Row) -> FieldName {
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

/// Rows that every cover page has.
const MUST_HAVE: [Row; 8] = [
    Row::Citizenship,
    Row::SoleVoting,
    Row::SharedVoting,
    Row::SoleDispositive,
    Row::SharedDispositive,
    Row::Aggregate,
    Row::Percent,
    Row::Type,
];

/// Whether a row that always says something says nothing; a power may be left blank.
fn says_nothing(holder: &Holder, row: Row) -> bool {
    match row {
        Row::Citizenship => matches!(holder.citizenship, Field::Blank { .. }),
        Row::Aggregate => matches!(holder.aggregate, Field::Blank { .. }),
        Row::Percent => matches!(holder.percent, Field::Blank { .. }),
        Row::Type => holder.types.iter().all(|code| matches!(code, Field::Blank { .. })),
        _ => false,
    }
}

impl PageReader<'_> {
    pub(super) fn body(&self) -> &str {
        self.text.as_str()
    }

    pub(super) fn hit(&self, index: usize) -> Option<RowHit> {
        self.page.rows.get(index).copied()
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        self.text.span(range)
    }

    pub(super) fn trouble(&mut self, code: TroubleCode, row: Row, span: Span, message: String) {
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
        self.check_number(index, hit);
        if of_persons::is_out_of_step(self.body(), self.page, index) {
            let span = self.span(hit.start..hit.end);
            let message = format!("the {} row has not a cell for each person", field_name(hit.row));
            self.trouble(TroubleCode::ValueAmbiguous, hit.row, span, message);
        }
        match hit.row {
            Row::Name => self.name(index, holder),
            Row::Group => holder.group = self.choice(index, hit, group_box::group),
            Row::Legal => holder.legal_proceedings = self.choice(index, hit, rows::ticked),
            Row::Excludes => holder.excludes_shares = self.choice(index, hit, rows::ticked),
            Row::Citizenship => holder.citizenship = self.citizenship(index, hit),
            Row::Percent => holder.percent = self.percent(index, hit),
            Row::Funds => holder.funds = self.codes(index, hit, &FUND_CODES),
            Row::Type => holder.types = self.codes(index, hit, &TYPE_CODES),
            _ => {}
        }
    }

    fn check_number(&mut self, index: usize, hit: RowHit) {
        let printed = self.numbering.printed(index);
        let Some((number, at)) = printed.filter(|(n, _)| !hit.row.numbers().contains(n)) else {
            return;
        };
        let span = self.span(at..hit.end);
        let message = format!("the {} row is numbered {number}", field_name(hit.row));
        self.trouble(TroubleCode::RowMisnumbered, hit.row, span, message);
    }

    fn name(&mut self, index: usize, holder: &mut Holder) {
        let pieces = self.pieces(index);
        let read = names::read(self.body(), &pieces, self.next_number(index));
        let label = self.hit(index).map_or(0..0, |hit| hit.start..hit.end);
        holder.name = match read.name {
            // One page for several persons, which could not be told apart.
            Some((name, range)) if names::names_several(&name) => {
                let (span, printed) = (self.span(range.clone()), self.printed(range));
                let message = format!("{printed:?} names several persons");
                self.trouble(TroubleCode::ValueAmbiguous, Row::Name, span, message);
                Field::Unreadable { span }
            }
            Some((name, range)) => {
                let span = self.span(range);
                let elsewhere = names::points_elsewhere(&name);
                if elsewhere {
                    let message =
                        format!("{name:?} says where persons without cover pages are named");
                    self.trouble(TroubleCode::HolderWithoutCover, Row::Name, span, message);
                }
                if let Some(words) = read.foreign.filter(|_| !elsewhere) {
                    let message = format!("the name may have {words} in it");
                    self.trouble(TroubleCode::ValueAmbiguous, Row::Name, span, message);
                }
                Field::stated(name, span)
            }
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
        if let Some((id, range)) = read.tax_id.or_else(|| self.tax_id_apart(index)) {
            holder.tax_id = Field::stated(id, self.span(range));
        }
    }

    /// A tax number that does not stand with the name: in the label's own bracket, or in a row of
    /// its own where one table holds all persons.
    fn tax_id_apart(&self, index: usize) -> Option<(String, Range<usize>)> {
        let hit = self.hit(index)?;
        let to = self.hit(index + 1).map_or(self.page.end, |hit| hit.start).max(hit.end);
        let after = self.body().get(hit.end..to)?;
        if self.above {
            let bracket = after.split([')', LINE]).next().map_or(0, str::len);
            return names::tax_id_in(self.body(), hit.end..hit.end + bracket);
        }
        let column = self.page.column?;
        let names = of_persons::cells_of_row(self.body(), hit.end, to).len();
        after.split_inclusive(ROW).skip(1).find_map(|row| {
            let at = row.as_ptr() as usize - self.body().as_ptr() as usize;
            let mut cells = of_persons::cells_of_row(self.body(), at, at + row.len());
            // The caption of this row has a cell of its own.
            let extra = cells.len().checked_sub(names)?;
            let cell = cells.drain(extra..).nth(column)?;
            names::tax_id_in(self.body(), cell)
        })
    }

    fn citizenship(&mut self, index: usize, hit: RowHit) -> Field<String> {
        let pieces = self.pieces(index);
        let classes = columns::classes(self.body(), self.page);
        let end = self.next_number(index).into_iter().chain(classes).min();
        let said = citizenship::place(self.body(), &pieces, end);
        self.field(hit, said)
    }

    /// A row of boxes. A box may stand among the words of the label itself.
    fn choice<T>(
        &mut self,
        index: usize,
        hit: RowHit,
        read: fn(&str, &[Token]) -> Said<T>,
    ) -> Field<T> {
        /// The most characters of a box.
        const BOX: usize = 12;
        let number = self.next_number(index);
        // A box may begin among the label's words and end after them.
        let line = hit.end + first_line(near(self.body(), hit.end, BOX)).len();
        let inside = lexeme::tokens_in(self.body(), hit.start..line);
        let inside = inside.take_while(|t| t.start < hit.end);
        let label = self.text.cut(hit.start..hit.end);
        let asked = || hit.start + lexeme::lower(label).find("member").unwrap_or(label.len());
        let mut tokens: Vec<Token> = inside
            .filter(|t| {
                // Before "a member" a cross belongs to the words "appropriate box".
                let cross = || matches!(self.text.cut(t.range()), "x" | "X") && t.start > asked();
                matches!(t.kind, Kind::Box(_))
                    || (hit.row == Row::Group && (matches!(t.kind, Kind::Letter(_)) || cross()))
            })
            .collect();
        tokens.extend(self.boxes_above(index, hit));
        tokens.extend(
            self.tokens(index).into_iter().filter(|t| number.is_none_or(|at| t.start < at)),
        );
        let said = read(self.body(), &tokens);
        self.field(hit, said)
    }

    /// The boxes beside the first half of a label, where only its second half is known for one:
    /// `Check if the Aggregate Amount in Row 11   [X] 12,000 of hers / Excludes Certain Shares`; or
    /// the answer there that there are none.
    fn boxes_above(&self, index: usize, hit: RowHit) -> Vec<Token> {
        const NEAR: usize = 200;
        const FIRST_LINE: usize = 80;
        let before = index.checked_sub(1).and_then(|before| self.hit(before));
        let Some(before) = before.filter(|_| hit.is_second_half(self.body())) else {
            return Vec::new();
        };
        let between =
            near_before(self.body(), hit.start, NEAR.min(hit.start.saturating_sub(before.end)));
        let said = lexeme::lower(between);
        let aggregate = said.rfind("aggregate");
        // "CHECK BOX IF THE      [X] / AGGREGATE AMOUNT IN"
        let check = said
            .rfind("check")
            .filter(|check| aggregate.is_none_or(|at| *check < at && at - check < FIRST_LINE));
        let half = check.or(aggregate).map(|at| hit.start - between.len() + at);
        let tokens = half.map(|from| lexeme::tokens(self.body(), from..hit.start));
        let tokens = tokens.unwrap_or_default();
        let boxes = tokens.iter().filter(|t| matches!(t.kind, Kind::Box(_)));
        boxes.chain(self.no_beside(&tokens)).copied().collect()
    }

    /// "N/A" or "None" apart from what stands before it on its line, by a gap or a bar.
    fn no_beside<'t>(&self, tokens: &'t [Token]) -> &'t [Token] {
        let apart = |t: &Token| {
            let before = near_before(self.body(), t.start, 3);
            t.kind == Kind::Word && (before == "   " || before.trim_end_matches(' ').ends_with('|'))
        };
        // The label's own first word stands apart from the row's number, too.
        let after = tokens.get(1..).unwrap_or_default();
        let Some(from) = after.iter().position(apart) else { return &[] };
        let rest = after.get(from..).unwrap_or_default();
        let len = rest.iter().take_while(|t| !matches!(t.kind, Kind::Mark(_))).count();
        let answer = rest.get(..len).unwrap_or_default();
        if rows::says_no(self.body(), answer) { answer } else { &[] }
    }

    fn percent(&mut self, index: usize, hit: RowHit) -> Field<crate::terms::quantity::Percent> {
        let number = self.next_number(index);
        let mut tokens = self.tokens(index);
        tokens.retain(|t| number.is_none_or(|at| t.start < at));
        let drop: Vec<usize> = self.row_meant(hit, &tokens).into_iter().collect();
        let said = match percent::percent(self.body(), &tokens, &drop, self.is_continental()) {
            Said::Unclear(star, _) if self.text.cut(star.clone()).starts_with('*') => {
                percent::noted_percent(self.body(), star, self.page.end)
            }
            said => said,
        };
        let doubted = |at: &Range<usize>| self.doubt(index).is_some_and(|doubt| doubt == *at);
        let said = match said {
            Said::Value(_, at) if doubted(&at) => {
                let printed = self.printed(at.clone());
                Said::Either(at, vec![printed, "blank beside the number of a row".to_owned()])
            }
            said => said,
        };
        self.field(hit, said)
    }

    /// The number after a label that ends in "ROW": of the row that the percent is of.
    fn row_meant(&self, hit: RowHit, tokens: &[Token]) -> Option<usize> {
        let label = lexeme::lower(self.text.cut(hit.start..hit.end));
        let [first, rest @ ..] = tokens else { return None };
        let numbered = matches!(self.text.cut(first.range()), "9" | "11" | "13");
        let percent = rest.first().is_some_and(|t| t.kind == Kind::Percent);
        (numbered && !percent && label.ends_with("row")).then_some(first.start)
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
    pub(super) fn printed(&self, range: Range<usize>) -> String {
        let words = self.text.cut(range).split_whitespace().take(12);
        words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(80).collect()
    }

    fn codes(&mut self, index: usize, hit: RowHit, list: &[&str]) -> Vec<Field<String>> {
        let number = self.next_number(index);
        let tokens: Vec<Token> = self
            .tokens(index)
            .into_iter()
            .filter(|t| number.is_none_or(|at| t.start < at))
            .collect();
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

    /// Whether the number of row 2 stands alone before the answer that there is none: "2. N/A".
    fn answers_no_group(&self) -> bool {
        let Some(from) = self.hit(0).map(|hit| hit.end) else { return false };
        let to = self.hit(1).map_or(self.page.end, |hit| hit.start).max(from);
        let lines = self.body().get(from..to).unwrap_or("").split(is_mark);
        let mut answers = lines.filter_map(|line| {
            let rest = line.trim_start_matches([' ', '(']).strip_prefix('2')?;
            let answer = rest.trim_start_matches(['.', ')', ':', ' ']);
            let at = answer.as_ptr() as usize - self.body().as_ptr() as usize;
            (answer.len() < rest.len()).then_some(at..at + answer.len())
        });
        answers.any(|at| rows::says_no(self.body(), &lexeme::tokens(self.body(), at)))
    }

    fn missing(&mut self, holder: &Holder) {
        let span = self.span(self.page.range());
        if self.page.crowded {
            let message = "values of several stand beside each other in its rows".to_owned();
            let (code, field) = (TroubleCode::HolderWithoutCover, FieldName::All);
            let holder = Some(self.number);
            self.troubles.push(Trouble { code, holder, field, span: Some(span), message });
        }
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
        // Where rows are called items, those without a ticked box are left out.
        let boxes: &[Row] = match (self.page.calls_rows_items, self.answers_no_group()) {
            (true, _) => &[],
            (false, true) => &[Row::Excludes],
            (false, false) => &[Row::Group, Row::Excludes],
        };
        let has = |row: Row| self.page.rows.iter().any(|hit| hit.row == row);
        // A page of a 13D asks for both.
        let funds: &[Row] = if has(Row::Legal) { &[Row::Funds] } else { &[] };
        for row in MUST_HAVE.into_iter().chain(boxes.iter().chain(funds).copied()) {
            let hit = self.page.rows.iter().find(|hit| hit.row == row);
            let message = match hit {
                None => format!("the cover page has no {} row", field_name(row)),
                Some(_) if says_nothing(holder, row) => {
                    format!("the {} row says nothing", field_name(row))
                }
                Some(_) => continue,
            };
            let span = hit.map_or(span, |hit| self.span(hit.start..hit.end));
            self.trouble(TroubleCode::RowMissing, row, span, message);
        }
    }
}
