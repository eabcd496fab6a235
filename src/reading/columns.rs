//! Typed pages with labels at the left and values in columns, one for each person: set into rows
//! and cells, as a table has them. Knows nothing of what the values say.

use std::ops::Range;

use crate::reading::labels::{self, Hit, Label, Row};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::numbered;
use crate::reading::pages::{Page, RowHit};
use crate::reading::text::{CELL, LINE, Part, ROW, Text, first_line, is_mark, near, near_before};

/// A page longer than this is not looked at.
const LONGEST: usize = 1 << 15;
/// How many pages are looked at; no filing in columns comes near it.
const MOST_BLOCKS: usize = 50;
/// A line without gaps that is longer is no cell.
const ACROSS: usize = 50;
/// How far after the labels that are found a last one is looked for.
const LAST_LABEL: usize = 800;
/// How many rows of shares must have a number in a column.
const ENOUGH: usize = 3;

/// How the text is put together with every page that is typed in columns set into cells; nothing
/// where there is none.
pub(crate) fn arrange(text: &Text, hits: &[Hit], pages: &[Page]) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut done = 0;
    let lost = if pages.is_empty() { without_name(text.as_str(), hits) } else { None };
    for page in
        pages.iter().chain(&lost).filter(|page| in_need(text.as_str(), page)).take(MOST_BLOCKS)
    {
        let Some((range, cells)) = Block::of(text, page).and_then(|block| block.cells()) else {
            continue;
        };
        if range.start >= done {
            parts.push(Part::Slice(done..range.start));
            parts.extend(cells);
            done = range.end;
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(Part::Slice(done..text.as_str().len()));
    Some(parts)
}

/// The rows of a page whose first label cannot be read, since the name stands in the midst of it.
fn without_name(body: &str, hits: &[Hit]) -> Option<Page> {
    const BEFORE: usize = 3000;
    let row = |hit: &Hit| match hit.label {
        Label::Row(row) => Some(RowHit { row, start: hit.start, end: hit.end, mislabelled: false }),
        _ => None,
    };
    let on_page = hits.iter().skip_while(|hit| row(hit).is_none());
    let on_page = on_page.take_while(|hit| !matches!(hit.label, Label::Item | Label::Signature));
    let mut rows: Vec<RowHit> = on_page.filter_map(row).collect();
    let first = rows.first()?.start;
    rows.retain(|hit| hit.start < first + LONGEST / 2);
    let before = near_before(body, first, BEFORE);
    let name = lexeme::lower(before).rfind("name of")? + first - before.len();
    rows.insert(0, RowHit { row: Row::Name, start: name, end: name, mislabelled: false });
    let end = rows.last()?.end;
    let end = end + body.get(end..)?.find("\n\n").unwrap_or(0);
    Some(Page { rows, end, ..Page::default() })
}

/// Whether a page reads wrong line by line: several numbers stand in its rows side by side, or a
/// label goes on below beside its value.
fn in_need(body: &str, page: &Page) -> bool {
    if page.unnamed || page.calls_rows_items || page.column.is_some() {
        return false;
    }
    let has = |row: Row| page.rows.iter().any(|hit| hit.row == row);
    let missing = !Row::AMOUNTS.into_iter().chain([Row::Percent, Row::Type]).all(has);
    missing || goes_on(body, page) || values_beside(body, page)
}

/// Whether several numbers stand side by side in enough rows of shares.
fn values_beside(body: &str, page: &Page) -> bool {
    let line = |at: usize| first_line(near(body, at, LONGEST));
    let amounts = page.rows.iter().filter(|hit| Row::AMOUNTS.contains(&hit.row));
    let beside = amounts.filter(|hit| values_in(line(hit.end)).nth(1).is_some());
    beside.take(ENOUGH).count() == ENOUGH
}

/// Where classes of shares, not persons, head the columns in a line above the rows of shares:
/// "Class A      Class B".
pub(crate) fn classes(body: &str, page: &Page) -> Option<usize> {
    const CLASSES: [&str; 5] = ["class ", "common", "preferred", "series ", "ordinary"];
    let first = page.rows.iter().position(|hit| Row::AMOUNTS.contains(&hit.row));
    let [before, first] = page.rows.get(first?.checked_sub(1)?..)?.first_chunk::<2>()?;
    let from = before.end.max(first.start.saturating_sub(LONGEST));
    let above = body.get(from..first.start)?;
    let class = |piece: &str| {
        let piece = lexeme::lower(piece.trim());
        CLASSES.iter().any(|class| piece.starts_with(class))
    };
    let several = |line: &&str| line.split("   ").filter(|piece| class(piece)).count() > 1;
    let line = above.split(is_mark).find(several)?;
    Some(from + line.as_ptr() as usize - above.as_ptr() as usize)
}

/// The pages, with those of several persons in columns that were not told apart said to be so.
pub(crate) fn crowded(body: &str, mut pages: Vec<Page>) -> Vec<Page> {
    for page in pages.iter_mut().filter(|page| page.column.is_none() && !page.unnamed) {
        let ends = page.rows.iter().skip(1).map(|next| next.start).chain([page.end]);
        let rows = page.rows.iter().zip(ends).filter(|(hit, _)| Row::AMOUNTS.contains(&hit.row));
        let apart = rows.filter(|(hit, end)| {
            // No farther than to the next label: a document may have lost its lines.
            let line = first_line(near(body, hit.end, end.saturating_sub(hit.end)));
            let head = |value: &Token| line.get(..value.start).unwrap_or("");
            values_in(line).filter(|value| head(value).ends_with("   ")).count() > 1
        });
        let several = apart.take(ENOUGH).count() == ENOUGH;
        page.crowded |= several && classes(body, page).is_none();
    }
    pages
}

/// Whether a label's words go on beside it: "CITIZENSHIP OR PLACE   Ohio / OF ORGANIZATION".
fn goes_on(body: &str, page: &Page) -> bool {
    let rest = |hit: &RowHit| body.get(hit.end..).unwrap_or("").trim_start().get(..3);
    let places = page.rows.iter().filter(|hit| hit.row == Row::Citizenship);
    let place = places.filter_map(rest).any(|rest| rest.eq_ignore_ascii_case("or "));
    place || page.rows.iter().any(|hit| hit.is_second_half(body)) || asks(body, page)
}

/// Whether the question for a tax number goes on beside the name.
fn asks(body: &str, page: &Page) -> bool {
    page.rows.first().is_some_and(|name| asks_beside(body, name))
}

/// Whether the question for a tax number goes on below a name, beside the rest of it:
/// "NAME   Alder Gate / S.S. OR I.R.S. IDENTIFICATION   Fund LP / NO. OF ABOVE PERSON".
fn asks_beside(body: &str, name: &RowHit) -> bool {
    if name.row != Row::Name {
        return false;
    }
    let mut at = name.end;
    let own = first_line(near(body, at, LONGEST));
    let mut below = || {
        let mut line = "";
        // Below a line that says something; one that is empty may stand between.
        for _ in 0..2 {
            at += first_line(near(body, at, LONGEST)).len() + 1;
            line = first_line(near(body, at, LONGEST));
            if !line.trim().is_empty() {
                break;
            }
        }
        line
    };
    let (below, further) = (below(), below());
    let asks = |line: &str| {
        let said: String = line.chars().filter(|c| c.is_alphanumeric()).take(8).collect();
        said.eq_ignore_ascii_case("SSORIRSI") || lexeme::lower(&said).starts_with("irsident")
    };
    let goes_on = |line: &str| {
        let line = lexeme::lower(line.trim_start());
        ["no.", "persons (", "person ("].iter().any(|rest| line.starts_with(rest))
    };
    let apart = |line: &str| line.trim().contains("   ");
    // The label may have taken the question's first words: "IRS NOS. / OF ABOVE   Alder Fund".
    let cut = lexeme::lower(own.trim_start_matches(['.', ' '])).starts_with("of above");
    (asks(below) && apart(below) && goes_on(further)) || (cut && apart(own) && goes_on(below))
}

/// The numbers, dashes and words for none that stand in a piece of a line.
fn values_in(piece: &str) -> impl Iterator<Item = Token> {
    let mut tokens = lexeme::tokens_in(piece, 0..piece.len()).peekable();
    let mut before = None;
    std::iter::from_fn(move || {
        loop {
            let token = tokens.next()?;
            // "/1": the mark of a footnote.
            let note = before.replace(token.kind) == Some(Kind::Other('/'));
            let is_value = match token.kind {
                Kind::Number => !note,
                // A dash before a number leads to it.
                Kind::Dash => tokens.peek().is_none_or(|next| next.kind != Kind::Number),
                Kind::Word => piece.get(token.range()).is_some_and(lexeme::is_zero_word),
                _ => false,
            };
            if is_value {
                return Some(token);
            }
        }
    })
}

/// Where the lines above a page's first begin that hold nothing but names in its columns.
fn names_above(body: &str, start: usize, label_end: usize) -> usize {
    const MOST: usize = 3;
    let width = label_end.saturating_sub(start);
    let mut from = start;
    for _ in 0..MOST {
        let Some(head) = body.get(..from).and_then(|head| head.strip_suffix(LINE)) else { break };
        let line = head.rsplit(is_mark).next().unwrap_or("");
        let lead = line.len() - line.trim_start_matches(' ').len();
        let several = line.trim().split("   ").filter(|name| !name.is_empty()).count() > 1;
        let names = line.contains(char::is_alphabetic) && lead >= width && several;
        if !names || line.contains(is_mark) {
            break;
        }
        from = head.len() - line.len();
    }
    from
}

/// Whether a line is of the legend beside the rows of powers alone, which may come near the values.
fn is_legend(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    // Where bars are drawn they tell the columns.
    !line.contains('|') && words.all(labels::is_legend_word)
}

/// The typed lines of a page, from its first label to the end of its last row.
struct Block<'a> {
    text: &'a Text,
    lines: Vec<Range<usize>>,
    /// A single column is set into cells if more labels are found than this.
    found: usize,
    /// And if it has a name, or numbers in enough rows of shares.
    named: bool,
}

/// A row of the block: its label, and the lines it takes.
struct Lines {
    row: Row,
    lines: Range<usize>,
}

impl<'a> Block<'a> {
    fn of(text: &'a Text, page: &Page) -> Option<Block<'a>> {
        let body = text.as_str();
        let (first, last) = (page.rows.first()?, page.rows.last()?);
        let start = body.get(..first.start)?.rfind(is_mark).map_or(0, |at| at + 1);
        let start = names_above(body, start, first.end);
        // The last label, if values stand in the midst of it.
        let after: String = body.get(last.end..)?.chars().take(LAST_LABEL).collect();
        let types = lexeme::lower(&after).find("type of").filter(|_| last.row != Row::Type);
        let last = types.map_or(last.end, |at| last.end + at);
        let part = body.get(start..page.end.max(last))?;
        let rest = body.get(start + part.len()..)?.find("\n\n").filter(|_| types.is_some());
        let part = body.get(start..start + part.len() + rest.unwrap_or(0))?;
        if part.len() > LONGEST || part.contains([CELL, ROW]) {
            return None;
        }
        let mut lines = Vec::new();
        let mut at = start;
        for line in part.split_inclusive(is_mark) {
            let here = at..at + line.trim_end_matches(is_mark).len();
            at += line.len();
            if here.start > last && body.get(here.clone())?.trim().is_empty() {
                break;
            }
            lines.push(here);
        }
        let found = page.rows.len() - usize::from(goes_on(body, page));
        Some(Block { text, lines, found, named: asks(body, page) })
    }

    fn line(&self, index: usize) -> &str {
        self.lines.get(index).map_or("", |line| self.text.cut(line.clone()))
    }

    /// Whether a line is one of the columns: not blank, no rule, no heading of a page.
    fn in_columns(line: &str) -> bool {
        let said = line.trim();
        let letters = said.chars().any(char::is_alphanumeric);
        let heading = lexeme::lower(said).starts_with("cusip") || said.starts_with("Page ");
        // A sentence that runs across the page.
        let across = said.len() > ACROSS && !said.contains("   ");
        letters && !heading && !across
    }

    /// Where no line has anything for two characters or more: where each such gap ends.
    fn gutters(&self) -> Vec<usize> {
        let mut taken: Vec<bool> = Vec::new();
        for index in 0..self.lines.len() {
            let line = self.line(index);
            if !Self::in_columns(line) || is_legend(line) {
                continue;
            }
            // The bars of a drawn table stand between its columns.
            for (at, c) in line.chars().enumerate().filter(|(_, c)| !matches!(c, ' ' | '|')) {
                if taken.len() <= at {
                    taken.resize(at + 1, false);
                }
                let _ = taken.get_mut(at).map(|place| *place |= c != '|');
            }
        }
        let (mut found, mut free) = (Vec::new(), 0);
        for (at, taken) in taken.iter().enumerate() {
            if *taken {
                if free >= 2 && free < at {
                    found.push(at);
                }
                free = 0;
            } else {
                free += 1;
            }
        }
        found
    }

    /// The part of a line between two columns of characters.
    fn cut(&self, index: usize, from: usize, to: usize) -> Range<usize> {
        let line = self.line(index);
        let start = self.lines.get(index).map_or(0, |line| line.start);
        let byte = |at: usize| line.char_indices().nth(at).map_or(line.len(), |(byte, _)| byte);
        start + byte(from)..start + byte(to)
    }

    /// The rows that the text left of a column of characters has labels of, if it has the page's
    /// and the right has none.
    fn rows_left_of(&self, edge: usize) -> Option<Vec<Lines>> {
        let (mut left, mut right) = (String::new(), String::new());
        let mut starts = Vec::new();
        for index in 0..self.lines.len() {
            starts.push(left.len());
            let whole = if Self::in_columns(self.line(index)) { edge } else { usize::MAX };
            left.push_str(self.text.cut(self.cut(index, 0, whole)));
            right.push_str(self.text.cut(self.cut(index, whole, usize::MAX)));
            left.push(LINE);
            right.push(LINE);
        }
        let row = |label: Label| match label {
            Label::Row(row) => Some(row),
            _ => None,
        };
        if labels::find(&right).into_iter().any(|hit| row(hit.label).is_some()) {
            return None;
        }
        let line = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
        let labels = labels::find(&left).into_iter();
        let labels = labels.filter_map(|hit| Some((line(hit.start), row(hit.label)?)));
        // Rows that have a caption of the filer's own.
        let ends = starts.iter().skip(1).copied().chain([left.len()]);
        let captions = starts.iter().zip(ends).map(|(start, end)| *start..end).enumerate();
        let captions = captions
            .filter_map(|(line, range)| Some((line, numbered::captioned_row(&left, range)?)));
        let mut all: Vec<(usize, Row)> = labels.chain(captions).collect();
        all.sort_by_key(|(line, _)| *line);
        let mut rows: Vec<Lines> = Vec::new();
        for (line, row) in all {
            if rows.iter().any(|other| other.row == row) {
                continue;
            }
            if let Some(last) = rows.last_mut() {
                if last.lines.start == line {
                    return None;
                }
                last.lines.end = line;
            }
            rows.push(Lines { row, lines: line..self.lines.len() });
        }
        let amounts = rows.iter().filter(|row| Row::AMOUNTS.contains(&row.row)).count();
        let named = rows.first().is_some_and(|first| first.row == Row::Name);
        (named && amounts > ENOUGH && rows.len() > 6).then_some(rows)
    }

    /// The columns right of the labels that have a number in enough rows of shares, each with what
    /// stands right of it up to the next.
    fn columns(&self, rows: &[Lines], edges: &[usize]) -> Vec<Range<usize>> {
        let mut starts: Vec<usize> = Vec::new();
        for (index, edge) in edges.iter().enumerate() {
            let to = edges.get(index + 1).copied().unwrap_or(usize::MAX);
            if starts.is_empty() || self.is_filled(rows, &(*edge..to)) {
                starts.push(*edge);
            }
        }
        let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
        starts.iter().copied().zip(ends).map(|(from, to)| from..to).collect()
    }

    /// Whether a column has a number in enough rows of shares.
    fn is_filled(&self, rows: &[Lines], column: &Range<usize>) -> bool {
        let amounts = rows.iter().filter(|row| Row::AMOUNTS.contains(&row.row));
        let filled = amounts.filter(|row| {
            row.lines.clone().any(|line| {
                let cell = self.text.cut(self.cut(line, column.start, column.end));
                values_in(cell).next().is_some()
            })
        });
        filled.count() >= ENOUGH
    }

    /// The block as rows of cells, and the range it stands for.
    fn cells(&self) -> Option<(Range<usize>, Vec<Part>)> {
        let gutters = self.gutters();
        let tried = gutters.iter().enumerate().take(12);
        let mut tried = tried.filter_map(|(at, edge)| Some((at, self.rows_left_of(*edge)?)));
        let (at, mut rows) = tried.next()?;
        let columns = self.columns(&rows, gutters.get(at..)?);
        let only = columns.first().filter(|_| columns.len() < 2);
        if let Some(only) = only {
            let filled = self.named || self.is_filled(&rows, only);
            if rows.len() <= self.found || !filled {
                return None;
            }
        }
        let edge = columns.first()?.start;
        // Names may begin above the line of their label.
        let first = 0;
        rows.first_mut()?.lines.start = first;
        let mut parts = Vec::new();
        for row in &rows {
            parts.push(Part::Mark(ROW));
            for line in row.lines.clone() {
                let whole = if Self::in_columns(self.line(line)) { edge } else { usize::MAX };
                parts.push(Part::Slice(self.cut(line, 0, whole)));
                parts.push(Part::Mark(LINE));
            }
            for column in &columns {
                parts.push(Part::Mark(CELL));
                self.cell(row, column, edge, &mut parts);
            }
        }
        parts.push(Part::Mark(ROW));
        let start = self.lines.get(first)?.start;
        Some((start..self.lines.last()?.end, parts))
    }

    fn cell(&self, row: &Lines, column: &Range<usize>, edge: usize, parts: &mut Vec<Part>) {
        for line in row.lines.clone() {
            if !Self::in_columns(self.line(line)) {
                continue;
            }
            let own = self.cut(line, column.start, column.end);
            // Beside the question for a tax number stands one, or an answer; the name only if the
            // numbers stand below.
            let left = self.text.cut(self.cut(line, 0, edge));
            let asks = ["i.r.s", "irs", "s.s"].iter().any(|word| {
                let said = left.trim_start_matches(|c: char| !c.is_alphanumeric());
                lexeme::lower(said).starts_with(word)
            });
            let numbered = |range: Range<usize>| {
                self.text.cut(range).contains(|c: char| c.is_ascii_digit() || c == '#')
            };
            let below = (line + 1..row.lines.end)
                .any(|line| numbered(self.cut(line, column.start, column.end)));
            let identifies = lexeme::lower(left).contains("identif");
            if row.row == Row::Name && asks && !numbered(own.clone()) && !below && !identifies {
                continue;
            }
            // The letter of a box may stand once, at the left of all of them.
            let left = self.cut(line, 0, edge);
            let letter = |range: &Range<usize>| {
                let tokens = lexeme::tokens(self.text.as_str(), range.clone());
                tokens.into_iter().rfind(|t| matches!(t.kind, Kind::Letter(_)))
            };
            let of_all = letter(&left).filter(|_| row.row == Row::Group && letter(&own).is_none());
            if let Some(token) = of_all {
                parts.push(Part::Slice(token.range()));
            }
            parts.push(Part::Slice(own));
            parts.push(Part::Mark(LINE));
        }
    }
}
