//! Typed tables with a line for each person, under the numbers of the form's rows: put together
//! anew as the form prints them. Knows nothing of what the values say.

use std::collections::VecDeque;
use std::ops::Range;

use crate::reading::lexeme::{self, Kind};
use crate::reading::tables::{
    MOST_PERSONS, MOST_TABLES, Replaced, finish, is_filled, note_after, row_of,
};
use crate::reading::text::{Part, ROW, is_mark, near, near_before};

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

    /// The columns that a rule with a gap between each draws, where each has a row's number above
    /// it on one of the last lines: the numbers may stand in the midst of their columns, and on
    /// two lines. With where the first number stands.
    fn ruled(body: &str, rule: Range<usize>, above: &[Range<usize>]) -> Option<(usize, Columns)> {
        const ENOUGH: usize = 7;
        const LONGEST: usize = 400;
        let printed = body.get(rule.clone())?;
        let drawn = |b: u8| matches!(b, b'-' | b'=' | b'_' | b' ');
        if !(2 * ENOUGH..LONGEST).contains(&printed.len()) || !printed.bytes().all(drawn) {
            return None;
        }
        let mut starts: Vec<usize> = Vec::new();
        let mut last = b' ';
        for (at, sign) in printed.bytes().enumerate() {
            // "- -----": EDGAR's mark of a line that begins with a dash, which it moves right.
            let alone = printed.as_bytes().get(at + 1).is_none_or(|next| *next == b' ');
            if last == b' ' && sign != b' ' && !alone {
                starts.push(at);
            }
            last = sign;
        }
        if starts.len() < ENOUGH {
            return None;
        }
        let moved = if printed.starts_with("- -") { 2 } else { 0 };
        starts.iter_mut().for_each(|start| *start -= moved);
        let mut heads: Vec<Option<(Range<usize>, u8)>> = vec![None; starts.len()];
        let mut from = rule.start;
        for line in above.iter().rev() {
            if heads.iter().all(Option::is_some) {
                break;
            }
            // Under one long line there may be many rules.
            let line =
                line.start..line.start + near(body, line.start, line.len().min(LONGEST)).len();
            for token in lexeme::tokens_in(body, line.clone()) {
                let Some((number, range)) = head(body, &token) else { continue };
                let column = body.get(line.start..range.start)?.chars().count();
                let at = starts.partition_point(|start| *start <= column).saturating_sub(1);
                let place = heads.get_mut(at).filter(|place| place.is_none())?;
                *place = Some((range, number));
                from = from.min(line.start);
            }
        }
        let heads = heads.into_iter().zip(starts);
        let heads = heads.map(|(head, start)| head.map(|(range, number)| (range, start, number)));
        let heads = heads.collect::<Option<Vec<_>>>()?;
        let ascends = heads.is_sorted_by(|(_, _, a), (_, _, b)| a < b);
        let first = heads.first().is_some_and(|(_, _, number)| *number == 1);
        (ascends && first).then_some((from, Columns { heads }))
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
        let start = |column: usize, number: u8| {
            let at = byte(column);
            if at == printed.len() {
                return Some(at);
            }
            let word = printed.get(..at)?.rsplit(' ').next().map_or(0, str::len);
            // A longer word that ends where the column begins is left of it.
            let ends = printed.as_bytes().get(at) == Some(&b' ');
            if word > LEFT {
                return ends.then_some(at);
            }
            // Or the last word of a name that reaches into the amounts.
            let shifted = printed.get(at - word..)?.split(' ').next().unwrap_or_default();
            let named = word > 0 && shifted.starts_with(char::is_alphabetic);
            let named = named && self.is_number(number) && !lexeme::is_zero_word(shifted);
            (!named).then_some(at - word)
        };
        let starts = self.heads.iter().map(|(_, column, number)| start(*column, *number));
        let starts = starts.collect::<Option<Vec<usize>>>()?;
        let lead = starts.first().and_then(|start| printed.get(..*start));
        if !lead.is_some_and(|lead| lead.trim_matches([' ', '|']).is_empty()) {
            return None;
        }
        let ends = starts.iter().skip(1).copied().chain([printed.len()]);
        let ranges = starts.iter().copied().zip(ends);
        Some(ranges.map(|(from, to)| line.start + from..line.start + to).collect())
    }

    /// Whether a row has a number of shares or a percent.
    fn is_number(&self, row: u8) -> bool {
        match self.last() {
            12 => matches!(row, 5..=9 | 11),
            _ => matches!(row, 7..=11 | 13),
        }
    }

    /// Whether a line has words alone: nothing under the numbers of shares and the percent.
    fn has_words_alone(&self, body: &str, cells: &[Range<usize>]) -> bool {
        let words = |number: u8| match self.last() {
            12 => matches!(number, 1..=4 | 12),
            _ => matches!(number, 1..=6 | 14),
        };
        let mut pairs = self.heads.iter().zip(cells);
        pairs.all(|((_, _, number), cell)| words(*number) || !is_filled(body, cell))
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
struct Typed {
    range: Range<usize>,
    columns: Columns,
    persons: Vec<Person>,
}

/// Each cell with the lines on which it goes on.
type Person = Vec<Vec<Range<usize>>>;
/// The cells of a line.
type Cells = Vec<Range<usize>>;

/// How far the words of a line's first cell are indented; nothing where it is empty.
fn indent(body: &str, cells: &Cells) -> Option<usize> {
    const FARTHEST: usize = 200;
    let cell = cells.first().filter(|cell| is_filled(body, cell))?;
    let said = body.get(cell.clone())?;
    let lead = said.len() - said.trim_start_matches([' ', '|']).len();
    let before = near_before(body, cell.start, FARTHEST);
    Some(before.rsplit(is_mark).next().map_or(0, str::len) + lead)
}

/// Lines of words that wait for the next line to tell whose they are.
#[derive(Default)]
struct Waiting {
    lines: Vec<Cells>,
    /// An empty line stands before the first.
    apart: bool,
}

impl Waiting {
    /// The lines that the line with the numbers goes on from, which is indented below them.
    fn lead(&mut self, body: &str, numbers: &Cells) -> Vec<Cells> {
        let below = indent(body, numbers).unwrap_or(usize::MAX);
        let is_lead = |line: &Cells| indent(body, line).is_some_and(|own| own < below);
        let last = self.lines.iter().rposition(is_lead);
        last.map_or(Vec::new(), |at| self.lines.split_off(at))
    }

    /// Adds the lines to the person above them; whether they can be his: all of a line is indented,
    /// or the name alone goes on right below him.
    fn settle(&mut self, body: &str, person: &mut Person) -> bool {
        let first: Cells =
            person.iter().map(|cell| cell.first().cloned().unwrap_or_default()).collect();
        let own = indent(body, &first).unwrap_or(0);
        for line in self.lines.drain(..) {
            let goes_on = !self.apart && is_name_alone(body, &line);
            if !goes_on && indent(body, &line).is_some_and(|indent| indent <= own) {
                return false;
            }
            for (cell, more) in person.iter_mut().zip(line) {
                if is_filled(body, &more) {
                    cell.push(more);
                }
            }
        }
        true
    }

    /// Whether the table may have ended before the lines; a name that goes on below an empty line,
    /// indented, may be the last person's.
    fn is_past(&self, body: &str, person: &Person) -> bool {
        let first: Cells =
            person.iter().map(|cell| cell.first().cloned().unwrap_or_default()).collect();
        let own = indent(body, &first);
        let below = |line: &Cells| is_name_alone(body, line) && indent(body, line) > own;
        self.apart && !self.lines.first().is_some_and(below)
    }
}

fn is_name_alone(body: &str, line: &Cells) -> bool {
    line.iter().skip(1).all(|cell| !is_filled(body, cell))
}

/// What a line is to the table that it may stand in.
enum Line {
    Person(Cells),
    Words(Cells),
    Other,
}

/// Looks for typed tables line by line.
struct Search<'a> {
    body: &'a str,
    found: Vec<Typed>,
    open: Option<Typed>,
    waiting: Waiting,
    /// Whether an empty line stands before this one.
    apart: bool,
    /// How many lines there were since the last table.
    since: usize,
}

impl Search<'_> {
    /// The table before ends here.
    fn close(&mut self) {
        self.waiting = Waiting::default();
        self.apart = false;
        self.since = 0;
        self.found.extend(self.open.take().filter(|table| !table.persons.is_empty()));
    }

    fn open(&mut self, range: Range<usize>, columns: Columns) {
        self.close();
        if self.found.len() < MOST_TABLES {
            self.open = Some(Typed { range, columns, persons: Vec::new() });
        }
    }

    fn told(&self, table: &Typed, here: Range<usize>) -> Line {
        match table.columns.cells(self.body, here) {
            Some(cells) if table.columns.begins_person(self.body, &cells) => Line::Person(cells),
            Some(cells) if table.columns.has_words_alone(self.body, &cells) => Line::Words(cells),
            _ => Line::Other,
        }
    }

    /// Lines that wait go to the last person; whether they can.
    fn settle(&mut self) -> bool {
        let Some(table) = self.open.as_mut() else { return true };
        let end = self.waiting.lines.last().and_then(|line| line.last()).map(|cell| cell.end);
        let Some(person) = table.persons.last_mut() else {
            // More of the columns' heads.
            self.waiting.lines.clear();
            return true;
        };
        table.range.end = end.unwrap_or(table.range.end);
        self.waiting.lines.is_empty() || self.waiting.settle(self.body, person)
    }

    /// The table ends; whether what waits below it is understood.
    fn end(&mut self) -> bool {
        let Some(table) = self.open.as_ref() else { return true };
        let past = table.persons.last().is_none_or(|last| self.waiting.is_past(self.body, last));
        if past {
            self.waiting.lines.clear();
        }
        let understood = !self.waiting.apart && self.settle() || self.waiting.lines.is_empty();
        self.close();
        understood
    }

    /// A line without a letter or a digit.
    fn blank(&mut self, line: &str) {
        let Some(table) = &self.open else { return };
        let empty = line.trim().is_empty();
        if table.persons.is_empty() && !empty {
            self.waiting.lines.clear();
        }
        self.apart |= !table.persons.is_empty() && empty;
    }

    /// Whether a line soon after a table is a person's in its columns.
    fn is_left_out(&mut self, here: Range<usize>) -> bool {
        const SOON: usize = 12;
        self.since += 1;
        let last = self.found.last().filter(|_| self.since < SOON);
        last.is_some_and(|table| matches!(self.told(table, here), Line::Person(_)))
    }

    /// A line of a table; whether it is understood. One that is not may be another person.
    fn line(&mut self, here: Range<usize>) -> bool {
        const MOST_WAITING: usize = 6;
        let Some(table) = self.open.as_ref() else { return !self.is_left_out(here) };
        let first = table.persons.is_empty();
        let understood = match self.told(table, here.clone()) {
            Line::Person(cells) => self.person(cells, here.end),
            Line::Words(_) if self.waiting.lines.len() == MOST_WAITING => first || self.end(),
            Line::Words(cells) => {
                if self.waiting.lines.is_empty() {
                    self.waiting.apart = self.apart;
                }
                self.waiting.lines.push(cells);
                true
            }
            // Numbers in columns among the heads may be a person's, too.
            Line::Other if first => {
                self.waiting.lines.clear();
                !has_columns(self.body, here)
            }
            Line::Other => {
                let apart = self.apart || self.waiting.apart && !self.waiting.lines.is_empty();
                apart && !has_columns(self.body, here) && self.end()
            }
        };
        self.apart = false;
        understood
    }

    /// A line with a person's numbers, and the lines before it that are his.
    fn person(&mut self, cells: Cells, end: usize) -> bool {
        let mut lead = self.waiting.lead(self.body, &cells);
        if !self.settle() {
            return false;
        }
        let Some(table) = self.open.as_mut().filter(|t| t.persons.len() < MOST_PERSONS) else {
            return false;
        };
        lead.push(cells);
        let columns = 0..table.columns.heads.len();
        let cell = |column: usize| {
            let lines = lead.iter().filter_map(|line| line.get(column).cloned());
            let filled: Cells = lines.clone().filter(|c| is_filled(self.body, c)).collect();
            if filled.is_empty() { lines.take(1).collect() } else { filled }
        };
        table.persons.push(columns.map(cell).collect());
        table.range.end = end;
        true
    }
}

/// Typed tables with a line for each person, as rows of the form.
pub(super) fn set_anew(body: &str) -> Vec<Replaced> {
    /// How many lines above a rule its columns may have their heads on.
    const HEAD: usize = 6;
    let mut search = Search {
        body,
        found: Vec::new(),
        open: None,
        waiting: Waiting::default(),
        apart: false,
        since: 0,
    };
    let mut above: VecDeque<Range<usize>> = VecDeque::new();
    let mut at = 0;
    for line in body.split_inclusive(is_mark) {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        if !line.contains(char::is_alphanumeric) {
            let headed = search.open.as_ref().is_none_or(|table| table.persons.is_empty());
            let ruled = || Columns::ruled(body, here.clone(), above.make_contiguous());
            match headed.then(ruled).flatten() {
                Some((from, columns)) => search.open(from..here.end, columns),
                None => search.blank(line),
            }
            continue;
        }
        let columns = Columns::of(body, here.clone());
        let understood = if columns.is_some() { search.end() } else { search.line(here.clone()) };
        if !understood {
            return Vec::new();
        }
        if let Some(columns) = columns {
            search.open(here.clone(), columns);
        }
        above.push_back(here);
        above.drain(..above.len().saturating_sub(HEAD));
    }
    if !search.end() {
        return Vec::new();
    }
    put_together(body, search.found)
}

/// Typed tables as rows of the form, each with the parts that go on with it.
fn put_together(body: &str, found: Vec<Typed>) -> Vec<Replaced> {
    let note = found.last().and_then(|table| note_after(body, table.range.end));
    let mut set = Vec::new();
    let mut found = found.into_iter().peekable();
    while let Some(Typed { range, mut columns, mut persons }) = found.next() {
        let mut others = Vec::new();
        while let Some(other) = found.next_if(|next| joins(body, &mut columns, &mut persons, next))
        {
            others.push((other.range, vec![Part::Mark(ROW)]));
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

/// Where the heads of such tables stand that were not put together anew.
pub(super) fn unread(body: &str) -> Vec<Range<usize>> {
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
    found
}

/// Puts the columns of a table's next part behind those before, if it goes on with the rows'
/// numbers and has the same persons in the same order.
fn joins(body: &str, columns: &mut Columns, persons: &mut [Person], next: &Typed) -> bool {
    let Typed { columns: more, persons: others, .. } = next;
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
