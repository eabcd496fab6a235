//! Tables that are not set a row of the form a row: a line for each person under the form's rows
//! side by side, or captions stacked in one cell and their values in the next. They are put
//! together anew as the form prints them. Knows nothing of what the values say.

use std::ops::Range;

use crate::reading::items;
use crate::reading::labels::{Hit, Label, Row};
use crate::reading::numbered;
use crate::reading::pages::Page;
use crate::reading::retold;
use crate::reading::text::{CELL, LINE, Part, ROW, Text, is_mark, near, near_before};
use crate::reading::two_lists;
use crate::reading::typed_tables;
use crate::reading::worded_tables;

/// The longest header of a column that is taken for one.
const LONGEST_HEADER: usize = 160;
/// The longest row of a table that is looked at.
const LONGEST_ROW: usize = 1 << 13;
/// How many persons one table may have.
pub(super) const MOST_PERSONS: usize = 300;
/// How far after a table its note may begin, and how long it may be.
const NOTE: usize = 600;
/// A row below the persons with so few cells is a note.
const NOTE_CELLS: usize = 2;
/// How many tables are set anew.
pub(super) const MOST_TABLES: usize = 50;
/// How many rows are, that have their value first.
const MOST_ROWS: usize = 1000;

/// A stretch of the text and what stands in its place.
pub(super) type Replaced = (Range<usize>, Vec<Part>);

/// How the text is put together with its tables as the form prints them; nothing where none is set
/// otherwise.
pub(crate) fn arrange(text: &Text, hits: &[Hit], pages: &[Page]) -> Option<Vec<Part>> {
    let body = text.as_str();
    let mut found = across(body, hits, pages);
    if found.is_empty() {
        found = stacked(body, hits);
    }
    if found.is_empty() {
        found = value_first(body, hits);
    }
    if found.is_empty() && pages.len() < 2 {
        found = typed_tables::set_anew(body);
    }
    if found.is_empty() && pages.len() < 2 {
        found = worded(body, hits, pages);
    }
    if found.is_empty() {
        found = two_lists::set_anew(body, hits);
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

/// Typed tables of persons above the items, where no page stands outside of them.
fn worded(body: &str, hits: &[Hit], pages: &[Page]) -> Vec<Replaced> {
    let titled = |hit: &&Hit| {
        hit.label == Label::Item && items::heading(body, **hit).is_some_and(|h| h.titled)
    };
    let before = hits.iter().find(titled).map_or(body.len(), |hit| hit.start);
    let found = worded_tables::set_anew(body, before);
    let within = |page: &Page| found.iter().any(|(range, _)| range.contains(&page.range().start));
    if pages.iter().all(within) { found } else { Vec::new() }
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

pub(super) fn is_filled(body: &str, cell: &Range<usize>) -> bool {
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

/// Tables with a line for each person; not those that tell again what the cover pages say.
fn across(body: &str, hits: &[Hit], pages: &[Page]) -> Vec<Replaced> {
    let mut found: Vec<Replaced> = Vec::new();
    let mut done = 0;
    let first = hits.iter().filter(|hit| hit.label == Label::Row(Row::SoleVoting));
    // In any other table the label has its row for itself.
    let several = |row: &Range<usize>| {
        body.get(row.clone()).is_some_and(|row| row.matches(CELL).count() > Row::AMOUNTS.len())
    };
    let headers = first.filter_map(|hit| row_around(body, hit.start).filter(several));
    for header in headers.take(MOST_TABLES) {
        if header.start < done {
            continue;
        }
        let from = hits.partition_point(|other| other.start < header.start);
        let to = hits.partition_point(|other| other.start < header.end);
        let here = hits.get(from..to).unwrap_or_default();
        if !all_amounts(body, here) {
            continue;
        }
        let heads = cells(body, header.clone());
        let Some((persons, end)) = persons_below(body, &heads, header.end) else { continue };
        let unnamed = unnamed(body, here, &heads, &persons);
        let named = unnamed.or_else(|| name_column(here, &heads));
        let names = persons.iter().filter_map(|person| person.get(named?));
        let told = named.is_some() && retold::all_told(body, pages, names);
        if told || retold::in_items(body, hits, pages, here, persons.len()) {
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
            if let Some(name) = unnamed.and_then(|at| person.get(at)) {
                let label = Part::Label("NAME OF REPORTING PERSON");
                let label = [Part::Mark(ROW), label, Part::Mark(CELL)];
                parts.extend(label.into_iter().chain([Part::Slice(name.clone())]));
            }
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

/// Each person's cells.
type Persons = Vec<Vec<Range<usize>>>;

/// The rows below the heads of a table, a person each, and where the last ends. Nothing where one
/// of them is not understood: it may be another person, and none is read rather than some.
fn persons_below(body: &str, heads: &[Range<usize>], mut end: usize) -> Option<(Persons, usize)> {
    // Cells of nothing may stand before the names.
    let lead = heads.iter().take_while(|head| !is_filled(body, head)).count();
    let (mut persons, mut whole) = (Persons::new(), true);
    while let Some(row) = next_row(body, end).filter(|_| persons.len() < MOST_PERSONS) {
        let own = cells(body, row.clone());
        if !persons.is_empty() && is_total(body, &own) {
            end = row.end;
            // Nobody may follow below it.
            let more = next_row(body, end).map(|row| cells(body, row));
            whole = more.is_none_or(|more| more.len() != heads.len());
            break;
        }
        let named = own.iter().take(lead + 1).any(|name| is_filled(body, name));
        whole = own.len() == heads.len() && named || own.len() <= NOTE_CELLS;
        if own.len() != heads.len() || !named {
            break;
        }
        persons.push(own);
        end = row.end;
    }
    (!persons.is_empty() && whole).then_some((persons, end))
}

/// The column under the form's label of a name.
fn name_column(hits: &[Hit], heads: &[Range<usize>]) -> Option<usize> {
    let name = hits.iter().find(|hit| hit.label == Label::Row(Row::Name))?;
    heads.iter().position(|head| head.contains(&name.start))
}

/// The column of the names where its head is none of the form's: the first that says something,
/// left of the rows, under an empty head or a plain word for who holds.
fn unnamed(
    body: &str,
    hits: &[Hit],
    heads: &[Range<usize>],
    persons: &[Vec<Range<usize>>],
) -> Option<usize> {
    const WORDS: [&str; 8] =
        ["name", "names", "person", "persons", "holder", "holders", "shareholder", "entity"];
    let labels = || hits.iter().filter(|hit| matches!(hit.label, Label::Row(_)));
    let named = labels().any(|hit| hit.label == Label::Row(Row::Name));
    let first = labels().map(|hit| hit.start).min().filter(|_| !named)?;
    let said = |cell: &Range<usize>| body.get(cell.clone()).unwrap_or("").to_ascii_lowercase();
    let plain = |head: &Range<usize>| {
        !numbered::is_numbered(body, head.clone())
            && said(head).split(|c: char| !c.is_alphanumeric()).all(|word| {
                word.is_empty() || WORDS.contains(&word) || matches!(word, "of" | "reporting")
            })
    };
    let alphabetic = |cell: &Range<usize>| said(cell).contains(char::is_alphabetic);
    let left = heads.iter().take_while(|head| head.end <= first).enumerate();
    let full = |at: &usize| persons.iter().all(|person| person.get(*at).is_some_and(alphabetic));
    left.filter(|(_, head)| plain(head)).map(|(at, _)| at).find(full)
}

/// The last row of a table, which sums up those of the persons.
fn is_total(body: &str, row: &[Range<usize>]) -> bool {
    let mut filled = row.iter().filter(|cell| is_filled(body, cell));
    let said = filled.next().and_then(|cell| body.get(cell.clone())).unwrap_or("");
    let said = said.trim_matches(|c: char| !c.is_alphabetic());
    ["total", "totals"].iter().any(|total| said.eq_ignore_ascii_case(total))
}

/// A row of the form: its caption, and its value in the next cell.
pub(super) fn row_of(caption: Range<usize>, values: &[Range<usize>], parts: &mut Vec<Part>) {
    parts.push(Part::Mark(ROW));
    parts.push(Part::Slice(caption));
    parts.push(Part::Mark(CELL));
    for value in values {
        parts.push(Part::Slice(value.clone()));
        parts.push(Part::Mark(LINE));
    }
}

pub(super) fn finish(note: &Option<Range<usize>>, parts: &mut Vec<Part>) {
    parts.push(Part::Mark(ROW));
    if let Some(note) = note {
        parts.push(Part::Slice(note.clone()));
    }
    parts.push(Part::Mark(ROW));
}

/// The line that says what an asterisk in the table means.
pub(super) fn note_after(body: &str, from: usize) -> Option<Range<usize>> {
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

/// Whether the persons of a table have cover pages.
fn is_told(body: &str, hits: &[Hit], header: &Range<usize>, pages: &[Page]) -> bool {
    let heads = cells(body, header.clone());
    let persons = persons_below(body, &heads, header.end).map(|(persons, _)| persons);
    persons.is_some_and(|persons| {
        let named = unnamed(body, hits, &heads, &persons).or_else(|| name_column(hits, &heads));
        let names = persons.iter().filter_map(|person| person.get(named?));
        named.is_some() && retold::all_told(body, pages, names)
    })
}

/// Tables with a line for each person that were not put together anew: where their heads stand.
pub(crate) fn unread(body: &str, hits: &[Hit], pages: &[Page]) -> Vec<Range<usize>> {
    let mut found = typed_tables::unread(body);
    let first = hits.iter().filter(|hit| hit.label == Label::Row(Row::SoleVoting));
    for header in first.take(MOST_TABLES).filter_map(|hit| row_around(body, hit.start)) {
        let from = hits.partition_point(|other| other.start < header.start);
        let to = hits.partition_point(|other| other.start < header.end);
        let here = hits.get(from..to).unwrap_or_default();
        let several = body.get(header.clone()).is_some_and(|row| row.matches(CELL).count() > 4);
        if several && all_amounts(body, here) && !is_told(body, here, &header, pages) {
            found.push(header);
        }
    }
    found
}
