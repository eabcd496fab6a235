//! Where the cover pages lie: which labels belong to which reporting person, and what stands
//! between them. Knows nothing of values.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::reading::copied;
use crate::reading::items;
use crate::reading::labels::{Hit, Label, Row};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::misspelt;
use crate::reading::numbered;
use crate::reading::of_persons;
use crate::reading::page_headings::{cusip_heading_end, without_page_headings};
use crate::reading::text::{CELL, ROW, first_line, is_mark, near};

/// A row's label on a cover page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowHit {
    /// The row, by its label.
    pub(crate) row: Row,
    /// Where the label stands.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// The label printed is another row's, and order tells which row is meant.
    pub(crate) mislabelled: bool,
}

impl RowHit {
    /// Whether it is only the second half of the label of excluded shares, beside whose first half
    /// the box stands.
    pub(crate) fn is_second_half(&self, body: &str) -> bool {
        let label = body.get(self.start..self.end).unwrap_or("").trim_start();
        let begins = |half: &&str| {
            label.get(..half.len()).is_some_and(|word| word.eq_ignore_ascii_case(half))
        };
        self.row == Row::Excludes
            && ["excludes", "row (", "in row (", "amount in row"].iter().any(begins)
    }
}

/// A cover page: the rows of one reporting person in printed order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// The labels.
    pub(crate) rows: Vec<RowHit>,
    /// Where the last row's cell must end.
    pub(crate) end: usize,
    /// Rows are called items: `Item 5: 577,251`.
    pub(crate) calls_rows_items: bool,
    /// The page does not begin with a name.
    pub(crate) unnamed: bool,
    /// One table holds all persons: this one's cells are in this column of it.
    pub(crate) column: Option<usize>,
    /// Several persons stand in its rows, and which cell is whose cannot be told.
    pub(crate) crowded: bool,
}

impl Page {
    fn has(&self, row: Row) -> bool {
        self.rows.iter().any(|hit| hit.row == row)
    }

    /// From the first label to the end.
    pub(crate) fn range(&self) -> Range<usize> {
        self.rows.first().map_or(self.end, |hit| hit.start)..self.end
    }
}

/// Where the cover pages lie, in their order.
#[derive(Debug)]
pub(crate) struct Covers(Vec<Range<usize>>);

impl Covers {
    pub(crate) fn of(pages: &[Page]) -> Self {
        Self(pages.iter().map(Page::range).collect())
    }

    /// The first cover page.
    pub(crate) fn first(&self) -> Option<&Range<usize>> {
        self.0.first()
    }

    /// The last one.
    pub(crate) fn last(&self) -> Option<&Range<usize>> {
        self.0.last()
    }

    /// The cover page that a place lies on. None begins before another ends, but for those of one
    /// table, which lie on each other.
    pub(crate) fn at(&self, at: usize) -> Option<&Range<usize>> {
        let after = self.0.partition_point(|cover| cover.start <= at);
        let cover = after.checked_sub(1).and_then(|last| self.0.get(last))?;
        cover.contains(&at).then_some(cover)
    }

    /// Where the next cover page after a place begins.
    pub(crate) fn next_after(&self, at: usize) -> Option<usize> {
        let after = self.0.partition_point(|cover| cover.start <= at);
        self.0.get(after).map(|cover| cover.start)
    }
}

/// The rows that show a page to be one; the others may be absent.
fn telling(row: Row) -> bool {
    Row::AMOUNTS.contains(&row) || matches!(row, Row::Percent | Row::Type)
}

/// How many cover pages are read; no filing comes near it.
pub(crate) const MOST_PAGES: usize = 1000;
/// How far after the last label a page may go on.
const LAST_CELL: usize = 3000;
/// How much of a name is compared.
const LONGEST_NAME: usize = 200;

struct Finder<'a> {
    text: &'a str,
    hits: &'a [Hit],
    pages: Vec<Page>,
    open: Option<Page>,
    in_items: bool,
    /// How far a misspelt label of a name has been looked for.
    looked: usize,
    /// The names whose holdings the items tell again.
    told_again: BTreeSet<String>,
    /// Whether what the items tell of a person is a page.
    reads_items: bool,
}

/// The cover pages in printed order.
pub(crate) fn find(text: &str, hits: &[Hit]) -> Vec<Page> {
    let (mut pages, told_again) = Finder::new(text, hits).run();
    // Under one cover page for all, the items alone tell what each holds.
    if told_again.len() > pages.len() {
        pages = Finder { reads_items: true, ..Finder::new(text, hits) }.run().0;
    }
    if pages.is_empty() {
        pages = numbered::pages(text);
    }
    for page in &mut pages {
        add_misspelt(text, page);
    }
    copied::leave_out(text, hits, &mut pages);
    pages.into_iter().flat_map(|page| of_persons::columns(text, page)).take(MOST_PAGES).collect()
}

impl<'a> Finder<'a> {
    fn new(text: &'a str, hits: &'a [Hit]) -> Self {
        let (pages, told_again) = (Vec::new(), BTreeSet::new());
        let (open, in_items, looked, reads_items) = (None, false, 0, false);
        Finder { text, hits, pages, open, in_items, looked, told_again, reads_items }
    }

    /// The pages, and the names whose holdings the items tell again.
    fn run(mut self) -> (Vec<Page>, BTreeSet<String>) {
        for (index, hit) in self.hits.iter().enumerate() {
            self.take(index, *hit);
        }
        self.close(self.text.len());
        (self.pages, self.told_again)
    }

    fn take(&mut self, index: usize, hit: Hit) {
        match hit.label {
            Label::Row(Row::Name) if self.heads_table(hit) => {}
            Label::Row(Row::Name) if self.begins_page(index) && self.tells_again(index) => {
                let name = near(self.text, hit.end, LONGEST_NAME);
                let name = first_line(name.trim_start_matches(|c| is_mark(c) || c == ' '));
                self.told_again.insert(name.split_whitespace().collect());
            }
            Label::Row(Row::Name) if self.begins_page(index) => {
                self.close(hit.start);
                self.begin(hit, false);
            }
            Label::ItemRow => {
                self.close(hit.start);
                self.begin(hit, true);
            }
            Label::Row(Row::Name) => {}
            Label::Row(row) => self.row(index, row, hit),
            Label::Item if items::counts_row(self.text, hit, self.hits.get(index + 1)) => {}
            Label::Item => self.item(hit),
            Label::Signature if at_line_start(self.text, hit.start) => self.close(hit.start),
            Label::Instructions => self.close(hit.start),
            Label::Cusip if self.open.as_ref().is_some_and(|page| page.has(Row::Type)) => {
                self.close(hit.start);
            }
            _ => {}
        }
    }

    fn begin(&mut self, hit: Hit, calls_rows_items: bool) {
        let name = RowHit { row: Row::Name, start: hit.start, end: hit.end, mislabelled: false };
        self.in_items = false;
        self.open = Some(Page { rows: vec![name], calls_rows_items, ..Page::default() });
    }

    fn close(&mut self, end: usize) {
        let Some(mut page) = self.open.take() else { return };
        let last = page.rows.last().map_or(end, |hit| hit.end);
        page.end = end.min(last + LAST_CELL);
        while !self.text.is_char_boundary(page.end) {
            page.end -= 1;
        }
        if self.pages.len() < MOST_PAGES {
            self.pages.push(page);
        }
    }

    /// Whether a label of a name is the head of a column, beside those of other rows: their values
    /// do not stand in the same row.
    fn heads_table(&self, hit: Hit) -> bool {
        const LONGEST: usize = 1 << 12;
        let row = near(self.text, hit.end, LONGEST).split(ROW).next().unwrap_or("");
        let end = hit.end + row.len();
        let next = self.hits.partition_point(|other| other.start < hit.end);
        let beside = self.hits.iter().skip(next).take_while(|other| other.end <= end);
        let heads = beside.filter(|hit| matches!(hit.label, Label::Row(row) if telling(row)));
        let value = |token: &Token| match self.text.get(token.range()) {
            Some(number) if token.kind == Kind::Number => {
                number.parse().map_or(true, |number: u8| !(1..=14).contains(&number))
            }
            Some(word) => token.kind == Kind::Word && lexeme::is_zero_word(word),
            None => false,
        };
        row.matches(CELL).count() > 2
            && heads.count() > 2
            && !lexeme::tokens_in(self.text, hit.end..end).any(|token| value(&token))
    }

    /// Whether a label of a name in the items behind a cover page heads what the person holds, told
    /// again: without the rows that a cover page has besides.
    fn tells_again(&self, index: usize) -> bool {
        let next = |hit: &&Hit| !matches!(hit.label, Label::Row(Row::Name) | Label::ItemRow);
        let mut rows = self.hits.iter().skip(index + 1).take_while(next);
        let own = |label: Label| {
            let rows = [Row::Group, Row::Citizenship, Row::Type];
            rows.into_iter().any(|row| label == Label::Row(row))
        };
        self.in_items
            && !self.reads_items
            && (!self.pages.is_empty() || self.open.is_some())
            && !rows.any(|hit| own(hit.label))
    }

    /// Whether enough rows follow a name before the next one.
    fn begins_page(&self, index: usize) -> bool {
        let mut rows = 0;
        for hit in self.hits.iter().skip(index + 1) {
            match hit.label {
                Label::Row(Row::Name) | Label::ItemRow => {
                    // The same label twice on one page: "NAME OF REPORTING PERSON" as a heading.
                    return rows >= 2;
                }
                Label::Row(row) if telling(row) && row_like(self.text, hit) => rows += 1,
                Label::Item if items::heading(self.text, *hit).is_some_and(|h| h.titled) => break,
                _ => {}
            }
            if rows >= 2 {
                return true;
            }
        }
        rows >= 2
    }

    fn row(&mut self, index: usize, row: Row, hit: Hit) {
        if !row_like(self.text, &hit) {
            return;
        }
        let (start, end) = (hit.start, hit.end);
        let plain = RowHit { row, start, end, mislabelled: false };
        if self.open.is_none() && !self.in_items && telling(row) {
            self.begin_at_misspelt_name(index, hit.start);
        }
        if telling(row) {
            self.begin_at_captioned_name(index, row, hit.start);
        }
        let Some(page) = self.open.as_mut() else {
            let lost = !self.in_items && !self.pages.is_empty() && telling(row);
            if lost && self.ends_with_type(index) {
                self.open = Some(Page { rows: vec![plain], unnamed: true, ..Page::default() });
            }
            return;
        };
        if !page.has(row) {
            page.rows.push(plain);
            return;
        }
        let meant = match row {
            Row::SoleVoting => Row::SoleDispositive,
            Row::SharedVoting => Row::SharedDispositive,
            Row::SoleDispositive if has_number(self.text, start, Row::SharedDispositive) => {
                Row::SharedDispositive
            }
            _ => row,
        };
        if meant != row && page.has(Row::SharedVoting) && !page.has(meant) {
            page.rows.push(RowHit { row: meant, mislabelled: true, ..plain });
        } else if page.has(Row::Type) && telling(row) && self.ends_with_type(index) {
            self.close(start);
            self.open = Some(Page { rows: vec![plain], unnamed: true, ..Page::default() });
        }
    }

    /// Begins the next page where a row comes again below a caption of a name.
    fn begin_at_captioned_name(&mut self, index: usize, row: Row, start: usize) {
        const FARTHEST: usize = 3000;
        let again = self.open.as_ref().filter(|page| page.has(row));
        let Some(last) = again.and_then(|page| page.rows.last()).map(|last| last.end) else {
            return;
        };
        // What was looked through once is not looked through again.
        let last = last.max(self.looked);
        if last >= start || start - last > FARTHEST {
            return;
        }
        self.looked = start;
        let captioned = || {
            let found = numbered::find_name_before(self.text, last..start)?;
            Some(Hit { label: Label::Row(Row::Name), start: found.start, end: found.end })
        };
        let misspelt = misspelt::find(self.text, last..start, Label::Row(Row::Name));
        let name = misspelt.or_else(captioned).filter(|name| !self.heads_table(*name));
        if let Some(name) = name {
            self.close(name.start);
            self.begin(name, false);
            self.rows_before(index, name.end);
        }
    }

    /// Begins the page whose first row of shares is at `start`, if a label like that of a name
    /// stands before it.
    fn begin_at_misspelt_name(&mut self, index: usize, start: usize) {
        const FARTHEST: usize = 2500;
        let done = self.pages.last().map_or(0, |page| page.end);
        // What was looked through once is not looked through again.
        let mut from = start.saturating_sub(FARTHEST).max(done.min(start)).max(self.looked);
        self.looked = start.max(self.looked);
        if from >= start {
            return;
        }
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let name = misspelt::find(self.text, from..start, Label::Row(Row::Name));
        let captioned = || {
            let found = numbered::find_name_before(self.text, from..start)?;
            Some(Hit { label: Label::Row(Row::Name), start: found.start, end: found.end })
        };
        let name = name.or_else(captioned).filter(|name| !self.heads_table(*name));
        let Some(name) = name else { return };
        self.begin(name, false);
        self.rows_before(index, name.end);
    }

    /// Takes the rows from a place on, up to a label, into the page that is open.
    fn rows_before(&mut self, index: usize, from: usize) {
        let text = self.text;
        let first = self.hits.partition_point(|hit| hit.start < from);
        let rows = self.hits.get(first..index).unwrap_or_default().iter();
        for hit in rows.filter(|hit| row_like(text, hit)) {
            let (Label::Row(row), Some(page)) = (hit.label, self.open.as_mut()) else { continue };
            if !page.has(row) {
                let (start, end) = (hit.start, hit.end);
                page.rows.push(RowHit { row, start, end, mislabelled: false });
            }
        }
    }

    /// Whether the rows from here on run to a type of person before anything else begins.
    fn ends_with_type(&self, index: usize) -> bool {
        self.hits
            .iter()
            .skip(index)
            .take(40)
            .take_while(|hit| !matches!(hit.label, Label::Row(Row::Name) | Label::Item))
            .any(|hit| hit.label == Label::Row(Row::Type) && row_like(self.text, hit))
    }

    fn item(&mut self, hit: Hit) {
        let heading = items::heading(self.text, hit);
        if let Some(page) = self.open.as_mut().filter(|page| page.calls_rows_items) {
            let number = items::number(self.text, hit);
            if let Some((number, end)) = number.filter(|_| !heading.is_some_and(|h| h.titled)) {
                let column = usize::from(!page.has(Row::Funds));
                if let Some(row) = Row::of_number(number, column).filter(|row| !page.has(*row)) {
                    page.rows.push(RowHit { row, start: hit.start, end, mislabelled: false });
                }
                return;
            }
        }
        if heading.is_some() {
            self.close(hit.start);
            self.in_items = true;
        }
    }
}

/// Adds the labels that were not found because a letter or two is wrong, or because the filer has a
/// shorter caption.
fn add_misspelt(text: &str, page: &mut Page) {
    if page.unnamed || page.calls_rows_items {
        return;
    }
    for row in [
        Row::Group,
        Row::Funds,
        Row::Legal,
        Row::Citizenship,
        Row::SoleVoting,
        Row::SharedVoting,
        Row::SoleDispositive,
        Row::SharedDispositive,
        Row::Aggregate,
        Row::Excludes,
        Row::Percent,
        Row::Type,
    ] {
        if page.has(row) {
            continue;
        }
        let before = page.rows.iter().rposition(|hit| hit.row < row);
        let after = before.map_or(0, |at| at + 1);
        let from = before.and_then(|at| page.rows.get(at)).map_or(0, |hit| hit.end);
        let to = page.rows.get(after).map_or(page.end, |hit| hit.start);
        let misspelt = || {
            let hit = misspelt::find(text, from..to, Label::Row(row))?;
            Some(RowHit { row, start: hit.start, end: hit.end, mislabelled: false })
        };
        let captioned = || numbered::find_captioned(text, from..to, row);
        // Of a row of boxes only the end of the label is looked for, a caption is whole.
        let found = match row {
            Row::Group | Row::Excludes => captioned().or_else(misspelt),
            _ => misspelt().or_else(captioned),
        };
        if let Some(found) = found {
            page.rows.insert(after, found);
        }
    }
}

/// Whether nothing but spaces and ornaments stands between here and the beginning of the line.
pub(crate) fn at_line_start(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or("");
    let before = head.chars().rev().find(|c| !matches!(c, ' ' | '|' | '*' | '#' | '"' | '“'));
    before.is_none_or(is_mark)
}

/// Whether a label stands where the form prints one, and is not words of a sentence.
fn row_like(text: &str, hit: &Hit) -> bool {
    let label = text.get(hit.range()).unwrap_or("");
    if !label.starts_with(|c: char| c.is_ascii_uppercase()) {
        return false;
    }
    // How EDGAR shows what a structured filing adds to a row.
    let head = text.get(..hit.start).unwrap_or("").trim_end_matches(' ');
    if ["Comment for", "comment for"].iter().any(|words| head.ends_with(words)) {
        return false;
    }
    // "Sole and Shared Voting Power" is a title, too.
    let capitals = label
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| word.len() > 2 && *word != "and");
    let titled = capitals.clone().all(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    let bracket = text.get(..hit.start).and_then(|head| head.strip_suffix('('));
    let start = bracket.map_or(hit.start, str::len);
    titled || at_line_start(text, start) || number_before(text, hit.start).is_some()
}

/// Whether a label has the number of a row before it, of either schedule.
fn has_number(text: &str, at: usize, row: Row) -> bool {
    number_before(text, at).is_some_and(|(number, _)| row.numbers().contains(&number))
}

/// The row number printed before a label, and where it begins.
pub(crate) fn number_before(text: &str, at: usize) -> Option<(u8, usize)> {
    let head = text.get(..at)?;
    let skip =
        |c: char| c == ' ' || is_mark(c) || matches!(c, '.' | ')' | '|' | ':' | '*' | '-' | '(');
    let trimmed = head.trim_end_matches(skip);
    let digits = trimmed.bytes().rev().take(3).take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 2 {
        return None;
    }
    let from = trimmed.len() - digits;
    if is_note_above(text, from, trimmed.len()..at) {
        return None;
    }
    let number = trimmed.get(from..)?.parse().ok().filter(|n| (1..=14).contains(n))?;
    let before = trimmed.get(..from)?.chars().next_back();
    let joined = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ',' | '.' | '$' | '/'));
    let from = if before == Some('(') { from - 1 } else { from };
    (!joined).then_some((number, from))
}

/// "512,300 (1)" at the end of a line above a label: the mark of a footnote, and no row's number.
fn is_note_above(text: &str, from: usize, between: Range<usize>) -> bool {
    let value = text.get(..from).and_then(|head| head.strip_suffix('(')).unwrap_or("");
    let above = text.get(between).is_some_and(|gap| gap.contains(is_mark));
    above && value.trim_end_matches([' ', '%']).ends_with(|c: char| c.is_ascii_digit())
}

/// The stretches between two labels that are not words of the form.
pub(crate) fn pieces(text: &str, range: Range<usize>, hits: &[Hit]) -> Vec<Range<usize>> {
    const LONGEST: usize = 1 << 14;
    let mut end = range.end.min(range.start + LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut all = Vec::new();
    let mut from = range.start;
    let first = hits.partition_point(|hit| hit.start < range.start);
    for hit in hits.iter().skip(first).take_while(|hit| hit.start < end) {
        let skipped = match hit.label {
            Label::Noise | Label::Legend => hit.end,
            Label::Cusip => cusip_heading_end(text, hit.end),
            _ => continue,
        };
        if hit.start >= from {
            all.push(from..hit.start);
            from = skipped.min(end);
            if hit.label == Label::Legend {
                all.extend(dash_inside(text, hit.start..from));
            }
        }
    }
    all.push(from..end.max(from));
    all
}

/// A dash set apart within the legend beside the rows: the value of a row it runs along.
fn dash_inside(text: &str, legend: Range<usize>) -> Option<Range<usize>> {
    let dash = |t: &Token| {
        let head = text.get(legend.start..t.start).unwrap_or("");
        let apart = head.ends_with("   ") || head.trim_end_matches(' ').ends_with(is_mark);
        t.kind == Kind::Dash && apart
    };
    lexeme::tokens(text, legend.clone()).into_iter().find(dash).map(|t| t.range())
}

/// The tokens between two labels, without the words of the form that may stand there.
pub(crate) fn gap(text: &str, range: Range<usize>, hits: &[Hit]) -> Vec<Token> {
    let pieces = pieces(text, range, hits);
    let tokens = pieces.into_iter().flat_map(|piece| lexeme::tokens(text, piece)).collect();
    without_page_headings(text, tokens)
}
