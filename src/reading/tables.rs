//! Tables that are not set a row of the form a row: a line for each person under the form's rows
//! side by side, or captions stacked in one cell and their values in the next. They are put
//! together anew as the form prints them. Knows nothing of what the values say.

use std::ops::Range;

use crate::reading::labels::{Hit, Label, Row};
use crate::reading::lexeme::{self, Kind};
use crate::reading::numbered;
use crate::reading::pages::Page;
use crate::reading::text::{CELL, LINE, Part, ROW, Text, is_mark, near, near_before};

/// The longest header of a column that is taken for one.
const LONGEST_HEADER: usize = 160;
/// The longest row of a table that is looked at.
const LONGEST_ROW: usize = 1 << 13;
/// How many persons one table may have.
const MOST_PERSONS: usize = 300;
/// How far after a table its note may begin, and how long it may be.
const NOTE: usize = 600;
/// A row below the persons with so few cells is a note.
const NOTE_CELLS: usize = 2;
/// How many tables are set anew.
const MOST_TABLES: usize = 50;
/// How many rows are, that have their value first.
const MOST_ROWS: usize = 1000;

/// A stretch of the text and what stands in its place.
type Replaced = (Range<usize>, Vec<Part>);

/// How the text is put together with its tables as the form prints them; nothing where none is set
/// otherwise.
pub(crate) fn arrange(text: &Text, hits: &[Hit], pages: &[Page]) -> Option<Vec<Part>> {
    let body = text.as_str();
    let mut found = across(body, hits);
    if found.is_empty() {
        found = stacked(body, hits);
    }
    if found.is_empty() {
        found = value_first(body, hits);
    }
    if found.is_empty() && pages.len() < 2 {
        found = typed(body);
    }
    if found.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut done = 0;
    for (range, table) in found {
        parts.push(Part::Slice(done..range.start));
        parts.extend(table);
        done = range.end;
    }
    parts.push(Part::Slice(done..body.len()));
    Some(parts)
}

/// The row of a table around a place.
fn row_around(body: &str, at: usize) -> Option<Range<usize>> {
    // No farther than a row may reach: where there is none, nothing is looked through again.
    let head = near_before(body, at, LONGEST_ROW);
    let start = at - head.len() + head.rfind(ROW)? + ROW.len_utf8();
    let end = at + near(body, at, LONGEST_ROW).find(ROW)?;
    (end - start < LONGEST_ROW).then_some(start..end)
}

/// The next row after a place that has cells; blank ones are passed over.
fn next_row(body: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let rest = body.get(at..)?.strip_prefix(ROW)?;
        let start = at + ROW.len_utf8();
        let len = near(rest, 0, LONGEST_ROW).find(ROW)?;
        let row = rest.get(..len)?;
        if row.contains(|c: char| c.is_alphanumeric()) {
            return (len < LONGEST_ROW).then_some(start..start + len);
        }
        // Between two rows nothing else may stand.
        if row.contains(|c: char| !is_mark(c) && c != ' ' && !is_blank_sign(c)) {
            return None;
        }
        at = start + len;
    }
}

/// Signs that a row of rules may have.
fn is_blank_sign(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | '|')
}

/// The cells of a row, each without the mark before it.
fn cells(body: &str, row: Range<usize>) -> Vec<Range<usize>> {
    let mut at = row.start;
    let mut found = Vec::new();
    for cell in body.get(row).unwrap_or("").split(CELL) {
        found.push(at..at + cell.len());
        at += cell.len() + CELL.len_utf8();
    }
    found.drain(..1);
    found
}

fn is_filled(body: &str, cell: &Range<usize>) -> bool {
    body.get(cell.clone()).is_some_and(|cell| cell.chars().any(|c| !is_mark(c) && c != ' '))
}

/// Whether every row of shares has a cell of its own among these labels of one row.
fn all_amounts(body: &str, hits: &[Hit]) -> bool {
    let amounts: Vec<&Hit> = hits
        .iter()
        .filter(|hit| matches!(hit.label, Label::Row(row) if Row::AMOUNTS.contains(&row)))
        .collect();
    let has = |row: Row| amounts.iter().any(|hit| hit.label == Label::Row(row));
    let apart = amounts.windows(2).all(|pair| match pair {
        [a, b] => body.get(a.end..b.start).is_some_and(|between| between.contains(CELL)),
        _ => false,
    });
    Row::AMOUNTS.into_iter().all(has) && apart
}

/// Tables with a line for each person.
fn across(body: &str, hits: &[Hit]) -> Vec<Replaced> {
    let mut found: Vec<Replaced> = Vec::new();
    let mut done = 0;
    let first = hits.iter().filter(|hit| hit.label == Label::Row(Row::SoleVoting));
    // In any other table the label has its row for itself.
    let beside = first.filter(|hit| {
        let row = near(body, hit.end, LONGEST_ROW).split(ROW).next().unwrap_or("");
        row.matches(CELL).count() > 4
    });
    for hit in beside.take(MOST_TABLES) {
        let Some(header) = row_around(body, hit.start).filter(|row| row.start >= done) else {
            continue;
        };
        let from = hits.partition_point(|other| other.start < header.start);
        let to = hits.partition_point(|other| other.start < header.end);
        let here = hits.get(from..to).unwrap_or_default();
        if !all_amounts(body, here) {
            continue;
        }
        let heads = cells(body, header.clone());
        // Cells of nothing may stand before the names.
        let lead = heads.iter().take_while(|head| !is_filled(body, head)).count();
        let mut persons: Vec<Vec<Range<usize>>> = Vec::new();
        let (mut end, mut whole) = (header.end, true);
        while let Some(row) = next_row(body, end).filter(|_| persons.len() < MOST_PERSONS) {
            let own = cells(body, row.clone());
            let named = own.iter().take(lead + 1).any(|name| is_filled(body, name));
            whole = own.len() == heads.len() && named || own.len() <= NOTE_CELLS;
            if own.len() != heads.len() || !named {
                break;
            }
            persons.push(own);
            end = row.end;
        }
        // A row that is not understood may be another person: none is read rather than some.
        if persons.is_empty() || !whole {
            continue;
        }
        let note = note_after(body, end);
        // What stands under a head that is no row's is no part of the cell before it.
        let row = |head: &Range<usize>| {
            let labelled = here
                .iter()
                .any(|hit| matches!(hit.label, Label::Row(_)) && head.contains(&hit.start));
            head.len() <= LONGEST_HEADER && (labelled || numbered::is_numbered(body, head.clone()))
        };
        let mut parts = Vec::new();
        for person in &persons {
            for (head, cell) in heads.iter().zip(person) {
                if row(head) {
                    row_of(head.clone(), std::slice::from_ref(cell), &mut parts);
                }
            }
            finish(&note, &mut parts);
        }
        done = end;
        found.push((header.start..end, parts));
    }
    found
}

/// A row of the form: its caption, and its value in the next cell.
fn row_of(caption: Range<usize>, values: &[Range<usize>], parts: &mut Vec<Part>) {
    parts.push(Part::Mark(ROW));
    parts.push(Part::Slice(caption));
    parts.push(Part::Mark(CELL));
    for value in values {
        parts.push(Part::Slice(value.clone()));
        parts.push(Part::Mark(LINE));
    }
}

fn finish(note: &Option<Range<usize>>, parts: &mut Vec<Part>) {
    parts.push(Part::Mark(ROW));
    if let Some(note) = note {
        parts.push(Part::Slice(note.clone()));
    }
    parts.push(Part::Mark(ROW));
}

/// The line that says what an asterisk in the table means.
fn note_after(body: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    for line in near(body, from, NOTE).split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        if line.trim_start().starts_with('*') && line.contains(char::is_alphabetic) {
            return Some(here);
        }
    }
    None
}

/// Rows of shares with their number, their value, and their caption last.
fn value_first(body: &str, hits: &[Hit]) -> Vec<Replaced> {
    const ENOUGH: usize = 2;
    let mut found: Vec<Replaced> = Vec::new();
    let mut done = 0;
    for hit in hits {
        let Label::Row(row) = hit.label else { continue };
        if hit.start < done || !Row::AMOUNTS.contains(&row) {
            continue;
        }
        let around = row_around(body, hit.start).filter(|around| around.start >= done);
        let Some(around) = around else { continue };
        // Whatever a row holds, it is looked at once.
        done = around.end;
        let filled: Vec<Range<usize>> =
            cells(body, around.clone()).into_iter().filter(|cell| is_filled(body, cell)).collect();
        let [number, value, caption] = filled.as_slice() else { continue };
        let said =
            |cell: &Range<usize>| body.get(cell.clone()).unwrap_or("").trim_matches([' ', LINE]);
        let own = said(number).trim_matches(['(', ')', '.']).parse::<u8>();
        let own = own.is_ok_and(|number| row.numbers().contains(&number));
        let holds = said(value).starts_with(|c: char| c.is_ascii_digit() || c == '-');
        if own && holds && caption.contains(&hit.start) {
            let mut parts = vec![Part::Mark(ROW), Part::Mark(CELL), Part::Slice(number.clone())];
            parts.extend([Part::Mark(CELL), Part::Slice(caption.clone()), Part::Mark(CELL)]);
            parts.extend([Part::Slice(value.clone()), Part::Mark(ROW)]);
            found.push((around, parts));
        }
        if found.len() == MOST_ROWS {
            break;
        }
    }
    if found.len() < ENOUGH { Vec::new() } else { found }
}

/// Captions stacked in one cell, a line each, and in a cell after it as many lines.
fn stacked(body: &str, hits: &[Hit]) -> Vec<Replaced> {
    let mut found: Vec<Replaced> = Vec::new();
    let mut done = 0;
    for (index, hit) in hits.iter().enumerate() {
        if !matches!(hit.label, Label::Row(_)) || hit.start < done {
            continue;
        }
        // The next label follows on the next line, with nothing between them.
        let next = hits.get(index + 1).filter(|next| matches!(next.label, Label::Row(_)));
        let close = next.and_then(|next| body.get(hit.end..next.start));
        if !close.is_some_and(|gap| gap.contains(LINE) && gap.trim().is_empty()) {
            continue;
        }
        let Some(row) = row_around(body, hit.start).filter(|row| row.start >= done) else {
            continue;
        };
        done = row.end;
        if let Some(parts) = zipped(body, hits, row.clone()) {
            found.push((row, parts));
        }
        if found.len() == MOST_TABLES {
            break;
        }
    }
    found
}

/// The lines of a cell that are not blank.
fn lines(body: &str, cell: Range<usize>) -> Vec<Range<usize>> {
    let mut at = cell.start;
    let mut found = Vec::new();
    for line in body.get(cell).unwrap_or("").split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        if is_filled(body, &here) {
            found.push(here);
        }
    }
    found
}

/// A row of stacked cells as rows of the form, if each caption has its line of values.
fn zipped(body: &str, hits: &[Hit], row: Range<usize>) -> Option<Vec<Part>> {
    const LEAST: usize = 3;
    let stacks: Vec<Vec<Range<usize>>> =
        cells(body, row).into_iter().map(|cell| lines(body, cell)).collect();
    let labelled = |line: &Range<usize>| {
        let at = hits.partition_point(|hit| hit.start < line.start);
        let hit = hits.get(at).filter(|hit| hit.end <= line.end);
        hit.is_some_and(|hit| matches!(hit.label, Label::Row(_)))
    };
    let at = stacks.iter().position(|stack| stack.iter().any(labelled))?;
    let captions =
        stacks.get(at).filter(|stack| stack.len() >= LEAST && stack.iter().all(labelled))?;
    let mut values = stacks.iter().skip(at + 1).filter(|stack| !stack.is_empty());
    let (own, None) = (values.next()?, values.next()) else { return None };
    if own.len() != captions.len() || own.iter().any(labelled) {
        return None;
    }
    let numbers = stacks.iter().take(at).find(|stack| stack.len() == captions.len());
    let mut numbers = numbers.into_iter().flatten();
    let mut parts = Vec::new();
    for (caption, value) in captions.iter().zip(own) {
        if let Some(number) = numbers.next() {
            parts.extend([Part::Mark(ROW), Part::Slice(number.clone()), Part::Mark(CELL)]);
        }
        row_of(caption.clone(), std::slice::from_ref(value), &mut parts);
    }
    parts.push(Part::Mark(ROW));
    Some(parts)
}

/// A typed table with the rows' numbers in brackets at the head of its columns.
struct Columns {
    /// Where each number stands, its column of characters, and the number.
    heads: Vec<(Range<usize>, usize, u8)>,
}

impl Columns {
    /// A line that is the head of such a table, or of a part of one.
    fn of(body: &str, line: Range<usize>) -> Option<Columns> {
        const ENOUGH: usize = 3;
        // Most lines have not so many signs and digits.
        let marks = |line: &&str| {
            let signs = line.bytes().filter(|b| matches!(b, b'(' | b':' | b'.' | b')'));
            signs.count() >= ENOUGH && line.bytes().filter(u8::is_ascii_digit).count() >= ENOUGH
        };
        let printed = body.get(line.clone()).filter(marks)?;
        let mut heads: Vec<(Range<usize>, usize, u8)> = Vec::new();
        for token in lexeme::tokens_in(body, line.clone()) {
            // Of a frame that has not every line, the bars stay.
            let sign = matches!(token.kind, Kind::Close | Kind::Other('.' | ':' | '|'));
            if sign || matches!(token.kind, Kind::Word | Kind::Dash) {
                continue;
            }
            let (number, range) = head(body, &token)?;
            let ascends = heads.last().is_none_or(|(_, _, last)| *last < number);
            if !ascends {
                return None;
            }
            let column = printed.get(..token.start - line.start)?.chars().count();
            heads.push((range, column, number));
        }
        let first = heads.first().is_some_and(|(_, _, number)| *number == 1);
        (first && heads.len() >= ENOUGH).then_some(Columns { heads })
    }

    /// Whether it has columns for numbers of shares, or the sum of them.
    fn has_shares(&self) -> bool {
        self.heads.iter().filter(|(_, _, number)| (5..=11).contains(number)).count() > 1
    }

    fn last(&self) -> u8 {
        self.heads.last().map_or(0, |(_, _, number)| *number)
    }

    /// Whether every row of shares has its column, and the last is the form's last.
    fn is_whole(&self) -> bool {
        let has = |numbers: std::ops::RangeInclusive<u8>| {
            numbers.into_iter().all(|n| self.heads.iter().any(|(_, _, number)| *number == n))
        };
        match self.last() {
            14 => has(7..=11),
            12 => has(5..=9),
            _ => false,
        }
    }

    /// The cells of a line, if it leaves the gaps between the columns free.
    fn cells(&self, body: &str, line: Range<usize>) -> Option<Vec<Range<usize>>> {
        // The last bar of a frame that not every line has.
        let printed = body.get(line.clone())?.trim_end_matches([' ', '|']);
        let byte = |column: usize| {
            printed.char_indices().nth(column).map_or(printed.len(), |(byte, _)| byte)
        };
        // A value may begin a few characters left of its column's number.
        const LEFT: usize = 3;
        let start = |column: usize| {
            let at = byte(column);
            if at == printed.len() {
                return Some(at);
            }
            let word = printed.get(..at)?.rsplit(' ').next().map_or(0, str::len);
            (word <= LEFT).then_some(at - word)
        };
        let starts = self.heads.iter().map(|(_, column, _)| start(*column));
        let starts = starts.collect::<Option<Vec<usize>>>()?;
        let lead = starts.first().and_then(|start| printed.get(..*start));
        if !lead.is_some_and(|lead| lead.trim_matches([' ', '|']).is_empty()) {
            return None;
        }
        let ends = starts.iter().skip(1).copied().chain([printed.len()]);
        let ranges = starts.iter().copied().zip(ends);
        Some(ranges.map(|(from, to)| line.start + from..line.start + to).collect())
    }

    /// Whether a line's cell under the aggregate amount, or under a power where that is in another
    /// part of the table, holds a number, a dash or a word for none.
    fn begins_person(&self, body: &str, cells: &[Range<usize>]) -> bool {
        const A_POWER: u8 = 7;
        let told = if matches!(self.last(), 12 | 14) { self.last() - 3 } else { A_POWER };
        let at = self.heads.iter().position(|(_, _, number)| *number == told);
        let cell = at.and_then(|at| cells.get(at)).cloned().unwrap_or(0..0);
        let tokens = lexeme::tokens(body, cell);
        let value = |token: &lexeme::Token| match token.kind {
            Kind::Number => true,
            Kind::Dash => body.get(token.range()).is_some_and(|dash| dash.len() <= 2),
            Kind::Word => body.get(token.range()).is_some_and(lexeme::is_zero_word),
            _ => false,
        };
        tokens.iter().any(value) && tokens.iter().all(|t| value(t) || t.kind == Kind::Note)
    }
}

/// The number at the head of a column, and where it stands with what encloses it: "(5)", "5:".
fn head(body: &str, token: &lexeme::Token) -> Option<(u8, Range<usize>)> {
    let printed = body.get(token.range())?;
    let bracketed = printed.strip_prefix('(').and_then(|number| number.strip_suffix(')'));
    let follows = |sign: &[char]| body.get(token.end..).is_some_and(|rest| rest.starts_with(sign));
    let (number, len) = match token.kind {
        Kind::Note => (bracketed?, 0),
        Kind::Number if follows(&[':', ')', '.']) => (printed, 1),
        _ => return None,
    };
    let number = number.parse().ok().filter(|n| (1..=14).contains(n))?;
    Some((number, token.start..token.end + len))
}

/// Whether two numbers or more stand in a line as in columns, each behind a gap.
fn has_columns(body: &str, line: Range<usize>) -> bool {
    let apart = |at: usize| body.get(..at).is_some_and(|head| head.ends_with("  "));
    let numbers = lexeme::tokens_in(body, line).filter(|t| t.kind == Kind::Number);
    numbers.filter(|number| apart(number.start)).count() >= 2
}

/// A typed table: where it stands, its columns, and the cells of each person.
type Typed = (Range<usize>, Columns, Vec<Person>);
/// Each cell with the lines on which it goes on.
type Person = Vec<Vec<Range<usize>>>;

/// Typed tables with a line for each person.
fn typed(body: &str) -> Vec<Replaced> {
    let mut found: Vec<Typed> = Vec::new();
    let mut open: Option<Typed> = None;
    // Whether an empty line stands before this one.
    let mut apart = false;
    let mut at = 0;
    for line in body.split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        if let Some(columns) = Columns::of(body, here.clone()) {
            found.extend(open.take().filter(|(_, _, persons)| !persons.is_empty()));
            if found.len() < MOST_TABLES {
                open = Some((here, columns, Vec::new()));
            }
            continue;
        }
        let Some((range, columns, persons)) = open.as_mut() else { continue };
        let blank = !line.contains(char::is_alphanumeric);
        if blank {
            apart |= !persons.is_empty() && line.trim().is_empty();
            continue;
        }
        let cells = columns.cells(body, here.clone());
        let begins = cells.as_ref().is_some_and(|cells| columns.begins_person(body, cells));
        let name_alone =
            |cells: &Vec<Range<usize>>| cells.iter().skip(1).all(|cell| !is_filled(body, cell));
        let room = persons.len() < MOST_PERSONS;
        match (cells, persons.last_mut()) {
            (Some(cells), _) if begins && room => {
                persons.push(cells.into_iter().map(|cell| vec![cell]).collect());
                range.end = here.end;
            }
            // The name goes on, or a tax number stands below it.
            (Some(cells), Some(person)) if name_alone(&cells) && !apart => {
                if let (Some(name), Some(more)) = (person.first_mut(), cells.first()) {
                    name.push(more.clone());
                }
                range.end = here.end;
            }
            // More of the columns' heads.
            (_, None) => {}
            _ if apart && !has_columns(body, here) => found.extend(open.take()),
            // A line that is not understood may be another person: none is read rather than some.
            _ => return Vec::new(),
        }
        apart = false;
    }
    found.extend(open.take().filter(|(_, _, persons)| !persons.is_empty()));
    put_together(body, found)
}

/// Typed tables as rows of the form, each with the parts that go on with it.
fn put_together(body: &str, found: Vec<Typed>) -> Vec<Replaced> {
    let note = found.last().and_then(|(range, ..)| note_after(body, range.end));
    let mut set = Vec::new();
    let mut found = found.into_iter().peekable();
    while let Some((range, mut columns, mut persons)) = found.next() {
        let mut others = Vec::new();
        while let Some((other, ..)) =
            found.next_if(|next| joins(body, &mut columns, &mut persons, next))
        {
            others.push((other, vec![Part::Mark(ROW)]));
        }
        // A part of a table alone leaves rows unread, and is left as it is.
        if !columns.is_whole() {
            continue;
        }
        let mut parts = Vec::new();
        for person in &persons {
            for ((head, ..), values) in columns.heads.iter().zip(person) {
                row_of(head.clone(), values, &mut parts);
            }
            finish(&note, &mut parts);
        }
        set.push((range, parts));
        set.extend(others);
    }
    set
}

/// Tables with a line for each person that were not put together anew: where their heads stand.
pub(crate) fn unread(body: &str, hits: &[Hit]) -> Vec<Range<usize>> {
    const LINES: usize = 40;
    let mut found = Vec::new();
    let mut at = 0;
    for line in body.split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        let columns = Columns::of(body, here.clone()).filter(Columns::has_shares);
        if found.len() == MOST_TABLES || columns.is_none() {
            continue;
        }
        let mut below = at;
        let persons =
            body.get(at..).unwrap_or("").split_inclusive(is_mark).take(LINES).any(|line| {
                let line = below..below + line.len();
                below = line.end;
                has_columns(body, line)
            });
        if persons {
            found.push(here);
        }
    }
    let first = hits.iter().filter(|hit| hit.label == Label::Row(Row::SoleVoting));
    for header in first.take(MOST_TABLES).filter_map(|hit| row_around(body, hit.start)) {
        let from = hits.partition_point(|other| other.start < header.start);
        let to = hits.partition_point(|other| other.start < header.end);
        let here = hits.get(from..to).unwrap_or_default();
        let several = body.get(header.clone()).is_some_and(|row| row.matches(CELL).count() > 4);
        if several && all_amounts(body, here) {
            found.push(header);
        }
    }
    found
}

/// Puts the columns of a table's next part behind those before, if it goes on with the rows'
/// numbers and has the same persons in the same order.
fn joins(body: &str, columns: &mut Columns, persons: &mut [Person], next: &Typed) -> bool {
    let (_, more, others) = next;
    let name = |person: &Person| -> String {
        let lines = person.first().into_iter().flatten();
        let words = lines.flat_map(|line| body.get(line.clone()).unwrap_or("").split_whitespace());
        words.collect::<Vec<_>>().join(" ")
    };
    let goes_on = more.heads.get(1).is_some_and(|(_, _, number)| *number > columns.last());
    let same = persons.iter().map(name).eq(others.iter().map(name));
    if goes_on && same {
        columns.heads.extend(more.heads.iter().skip(1).cloned());
        for (person, other) in persons.iter_mut().zip(others) {
            person.extend(other.iter().skip(1).cloned());
        }
    }
    goes_on && same
}
