//! Typed tables with a line for each person under heads in words, "Sole / Voting", above the items:
//! put together anew as the form prints them. Knows nothing of what the values say.

use std::collections::VecDeque;
use std::ops::Range;

use crate::reading::labels::Row;
use crate::reading::lexeme::{self, Kind};
use crate::reading::tables::{MOST_PERSONS, MOST_TABLES, Replaced, finish, note_after};
use crate::reading::text::{CELL, LINE, Part, ROW, is_mark};

/// How many columns such a table has at least: a name, four powers, and their sum.
const LEAST: usize = 6;
/// A longer line is none of a typed table.
const LONGEST_LINE: usize = 400;
/// How many lines the heads take at most.
const HEADS: usize = 6;

/// The heads of columns in letters alone, each row's, and how the form calls it.
const WORDS: [(Row, &str, &[&str]); 8] = [
    (Row::Citizenship, "CITIZENSHIP OR PLACE OF ORGANIZATION", &["CITIZENSHIP", "PLACEOF"]),
    (Row::SoleVoting, "SOLE VOTING POWER", &["SOLEVOTING", "SOLEPOWERTOVOTE"]),
    (Row::SharedVoting, "SHARED VOTING POWER", &["SHAREDVOTING", "SHAREDPOWERTOVOTE"]),
    (
        Row::SoleDispositive,
        "SOLE DISPOSITIVE POWER",
        &["SOLEDISPOSITIVE", "SOLEINVESTMENT", "SOLEPOWERTODISPOSE"],
    ),
    (
        Row::SharedDispositive,
        "SHARED DISPOSITIVE POWER",
        &["SHAREDDISPOSITIVE", "SHAREDINVESTMENT", "SHAREDPOWERTODISPOSE"],
    ),
    (Row::Aggregate, "AGGREGATE AMOUNT BENEFICIALLY OWNED", &["AGGREGATE", "TOTALAMOUNT"]),
    (Row::Percent, "PERCENT OF CLASS", &["PERCENT", "OFCLASS", "CLASS"]),
    (Row::Type, "TYPE OF REPORTING PERSON", &["TYPE"]),
];
/// What may follow such a head.
const ENDS: [&str; 22] = [
    "POWER",
    "POWERS",
    "AUTHORITY",
    "AMOUNT",
    "NUMBER",
    "OF",
    "SHARES",
    "BENEFICIALLY",
    "OWNED",
    "BY",
    "EACH",
    "THE",
    "CLASS",
    "AGE",
    "REPORTING",
    "PERSON",
    "ORGANIZATION",
    "OR",
    "PLACE",
    "STATE",
    "COUNTRY",
    "IN",
];
/// What the head of the names may have in it.
const NAME_WORDS: [&str; 9] =
    ["NAMES", "NAME", "OF", "REPORTING", "PERSONS", "PERSON", "FILING", "HOLDER", "ENTITY"];

/// A line of cells with gaps between them: where each stands in the bytes and in characters.
type Cells = Vec<(Range<usize>, Range<usize>)>;

/// The cells of a line: what stands apart from the rest by two spaces or a bar.
fn cells(body: &str, line: &Range<usize>) -> Cells {
    let mut found = Cells::new();
    let mut blanks = 2;
    for (column, (at, c)) in body.get(line.clone()).unwrap_or("").char_indices().enumerate() {
        if matches!(c, ' ' | '|') {
            blanks += if c == ' ' { 1 } else { 2 };
            continue;
        }
        let end = line.start + at + c.len_utf8();
        match found.last_mut().filter(|_| blanks < 2) {
            Some((bytes, columns)) => {
                bytes.end = end;
                columns.end = column + 1;
            }
            None => found.push((line.start + at..end, column..column + 1)),
        }
        blanks = 0;
    }
    found
}

/// The words of a cell.
fn words(body: &str, cell: &(Range<usize>, Range<usize>)) -> Cells {
    let mut found = Cells::new();
    let mut apart = true;
    let said = body.get(cell.0.clone()).unwrap_or("");
    for (column, (at, c)) in said.char_indices().enumerate() {
        if c == ' ' {
            apart = true;
            continue;
        }
        let (at, column) = (cell.0.start + at, cell.1.start + column);
        match found.last_mut().filter(|_| !apart) {
            Some((bytes, columns)) => {
                bytes.end = at + c.len_utf8();
                columns.end = column + 1;
            }
            None => found.push((at..at + c.len_utf8(), column..column + 1)),
        }
        apart = false;
    }
    found
}

/// Whether a cell holds a number of shares, a dash or a word for none, with a note perhaps.
fn is_amount(body: &str, cell: &Range<usize>) -> bool {
    let tokens = lexeme::tokens(body, cell.clone());
    let value = |token: &lexeme::Token| match token.kind {
        Kind::Number | Kind::Percent => true,
        Kind::Dash => token.range().len() <= 3,
        Kind::Word => body.get(token.range()).is_some_and(lexeme::is_zero_word),
        _ => false,
    };
    tokens.first().is_some_and(value)
        && tokens.iter().all(|token| value(token) || token.kind == Kind::Note)
}

/// A person's line: a name, and enough amounts behind it.
fn is_person(body: &str, cells: &Cells) -> bool {
    let named = cells.first().and_then(|(name, _)| body.get(name.clone()));
    let named = named.is_some_and(|name| name.starts_with(char::is_alphabetic));
    let amounts = cells.iter().skip(1).filter(|(cell, _)| is_amount(body, cell)).count();
    named && cells.len() >= LEAST && amounts + 1 >= LEAST
}

fn is_total(body: &str, cells: &Cells) -> bool {
    let said = cells.first().and_then(|(name, _)| body.get(name.clone())).unwrap_or("");
    let said = said.trim_matches(|c: char| !c.is_alphabetic());
    ["total", "totals"].iter().any(|total| said.eq_ignore_ascii_case(total))
}

/// The persons of a table.
#[derive(Default)]
struct Persons {
    lines: Vec<Cells>,
    /// Where a name goes on, for each.
    more: Vec<Vec<Range<usize>>>,
    end: usize,
}

impl Persons {
    /// From a person's line on; nothing where a line is not understood that may be another's.
    fn from(body: &str, lines: impl Iterator<Item = Range<usize>>) -> Option<Persons> {
        const SOON: usize = 8;
        let mut persons = Persons::default();
        let mut ended = None;
        for (at, line) in lines.enumerate() {
            let own = if line.len() > LONGEST_LINE { Cells::new() } else { cells(body, &line) };
            if !body.get(line.clone())?.contains(char::is_alphanumeric) {
                continue;
            }
            if ended.is_some_and(|ended| at - ended > SOON) {
                break;
            }
            let first = persons.lines.first().cloned().unwrap_or_default();
            let total = is_total(body, &own);
            if is_person(body, &own) && !total {
                let alike = first.is_empty() || own.len() == first.len();
                if !alike || ended.is_some() || persons.lines.len() == MOST_PERSONS {
                    return None;
                }
                persons.end = line.end;
                persons.lines.push(own);
                persons.more.push(Vec::new());
            } else if ended.is_none() && !total && is_more(&first, &own) {
                let [(name, _)] = own.as_slice() else { return None };
                persons.more.last_mut()?.push(name.clone());
                persons.end = line.end;
            } else {
                ended = ended.or(Some(at));
            }
        }
        (!persons.lines.is_empty()).then_some(persons)
    }

    /// Where each column stands in its lines.
    fn columns(&self) -> Vec<Range<usize>> {
        let columns = 0..self.lines.first().map_or(0, Vec::len);
        let columns = columns.map(|at| {
            let cells = || self.lines.iter().filter_map(|line| line.get(at)).map(|(_, c)| c);
            let start = cells().map(|c| c.start).min().unwrap_or(0);
            start..cells().map(|c| c.end).max().unwrap_or(0)
        });
        columns.collect()
    }
}

/// Whether a line has nothing but more of a name, indented below it.
fn is_more(first: &Cells, own: &Cells) -> bool {
    match (first.as_slice(), own.as_slice()) {
        ([(_, name), (_, next), ..], [(_, more)]) => {
            more.start > name.start && more.end < next.start
        }
        _ => false,
    }
}

/// The column that a head stands over: one that it reaches over alone, or the one that is nearest.
fn column_of(columns: &[Range<usize>], head: &Range<usize>) -> Option<usize> {
    let gap = |column: &Range<usize>| {
        let before = column.start.saturating_sub(head.end);
        before.max(head.start.saturating_sub(column.end))
    };
    let over = |column: &Range<usize>| head.start < column.end && column.start < head.end;
    let mut under = columns.iter().enumerate().filter(|(_, column)| over(column));
    if let Some((at, _)) = under.next() {
        return under.next().is_none().then_some(at);
    }
    let nearest = columns.iter().map(gap).min()?;
    let mut found = columns.iter().enumerate().filter(|(_, column)| gap(column) == nearest);
    let (at, _) = found.next()?;
    found.next().is_none().then_some(at)
}

/// The rows of the columns by the lines above them, and where the heads begin.
fn heads(
    body: &str,
    columns: &[Range<usize>],
    above: &[Range<usize>],
) -> Option<(usize, Vec<Option<&'static str>>)> {
    let mut said: Vec<Vec<&str>> = vec![Vec::new(); columns.len()];
    let is_said = |line: &&Range<usize>| {
        body.get((*line).clone()).is_some_and(|line| line.contains(char::is_alphanumeric))
    };
    let short = |line: &&Range<usize>| line.len() <= LONGEST_LINE;
    for line in above.iter().rev().take_while(short).filter(is_said).take(HEADS) {
        let mut own: Vec<Vec<&str>> = vec![Vec::new(); columns.len()];
        for cell in cells(body, line) {
            let whole = column_of(columns, &cell.1).map(|at| (at, cell.0.clone()));
            let apart = words(body, &cell).into_iter();
            let apart = apart.map(|(bytes, place)| Some((column_of(columns, &place)?, bytes)));
            let placed = match whole {
                Some(whole) => vec![whole],
                None => apart.collect::<Option<Vec<_>>>()?,
            };
            for (at, bytes) in placed {
                own.get_mut(at)?.push(body.get(bytes)?);
            }
        }
        for (column, own) in said.iter_mut().zip(own) {
            column.splice(0..0, own);
        }
        if let Some(rows) = rows(&said) {
            return Some((line.start, rows));
        }
    }
    None
}

/// What the form calls each column, where the heads of all are understood; the first is the names'.
fn rows(said: &[Vec<&str>]) -> Option<Vec<Option<&'static str>>> {
    let squashed = said.iter().map(|words| {
        let all = words.iter().flat_map(|word| word.chars());
        all.filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect::<String>()
    });
    let squashed: Vec<String> = squashed.collect();
    let (name, rest) = squashed.split_first()?;
    if !is_made_of(name, &NAME_WORDS) {
        return None;
    }
    let row = |head: &String| {
        WORDS.iter().find(|(_, _, begins)| {
            let rest = begins.iter().find_map(|begin| head.strip_prefix(begin));
            rest.is_some_and(|rest| is_made_of(rest, &ENDS))
        })
    };
    let found = rest.iter().map(row).collect::<Option<Vec<_>>>()?;
    let once = |row: Row| found.iter().filter(|(own, ..)| *own == row).count() == 1;
    let known = found.iter().all(|(row, ..)| once(*row));
    let whole = known && Row::AMOUNTS.into_iter().all(once);
    let labels = || found.iter().map(|(_, label, _)| Some(*label));
    whole.then(|| [None].into_iter().chain(labels()).collect())
}

/// Whether letters are nothing but some words one behind the other.
fn is_made_of(mut letters: &str, words: &[&str]) -> bool {
    while !letters.is_empty() {
        let Some(rest) = words.iter().find_map(|word| letters.strip_prefix(word)) else {
            return false;
        };
        letters = rest;
    }
    true
}

/// The lines from a place on.
fn lines(body: &str, mut at: usize) -> impl Iterator<Item = Range<usize>> {
    body.get(at..).unwrap_or("").split_inclusive(is_mark).map(move |line| {
        let here = at..at + line.trim_end_matches(is_mark).len();
        at += line.len();
        here
    })
}

/// Such tables before a place, as rows of the form.
pub(super) fn set_anew(body: &str, before: usize) -> Vec<Replaced> {
    let mut found = Vec::new();
    let mut above: VecDeque<Range<usize>> = VecDeque::new();
    let mut done = 0;
    for line in lines(body, 0).take_while(|line| line.start < before) {
        let own = line.start >= done && line.len() <= LONGEST_LINE;
        if own && found.len() < MOST_TABLES && is_person(body, &cells(body, &line)) {
            let Some(persons) = Persons::from(body, lines(body, line.start)) else {
                return Vec::new();
            };
            // Whatever is above them, lines of persons are looked at once.
            done = persons.end;
            if let Some((start, rows)) = heads(body, &persons.columns(), above.make_contiguous()) {
                found.push((start..persons.end, put_together(body, &persons, &rows)));
            }
        }
        above.push_back(line);
        above.drain(..above.len().saturating_sub(2 * HEADS));
    }
    found
}

/// The persons of a table, each with the rows of the form.
fn put_together(body: &str, persons: &Persons, rows: &[Option<&'static str>]) -> Vec<Part> {
    let note = note_after(body, persons.end);
    let mut parts = Vec::new();
    for (line, more) in persons.lines.iter().zip(&persons.more) {
        for ((cell, _), row) in line.iter().zip(rows) {
            let label = row.unwrap_or("NAME OF REPORTING PERSON");
            parts.extend([Part::Mark(ROW), Part::Label(label), Part::Mark(CELL)]);
            parts.extend([Part::Slice(cell.clone()), Part::Mark(LINE)]);
            for more in more.iter().filter(|_| row.is_none()) {
                parts.extend([Part::Slice(more.clone()), Part::Mark(LINE)]);
            }
        }
        finish(&note, &mut parts);
    }
    parts
}
