//! Cover pages typed beside each other, a column of the paper for each: put one below the other.
//! Knows nothing of what rows say; where the columns cannot be told, none is moved.

use std::ops::Range;

use crate::reading::labels::{self, Hit, Label, Row};
use crate::reading::text::{LINE, PAGE, Part, Text, first_line, is_mark, near, near_before};

/// How many lines a cover page has at most, and how many follow its last label.
const MOST_LINES: usize = 150;
const LAST_LINES: usize = 4;
/// How many covers stand beside each other at most, and how many such blocks are moved.
const MOST_ABREAST: usize = 4;
const MOST_BLOCKS: usize = 100;
/// A line that is longer is that of a document that has lost its lines.
const LONGEST_LINE: usize = 240;
/// How many rows each column must have.
const ENOUGH: usize = 8;
/// A column may begin so many characters left of the number of its first row.
const LEFT: usize = 3;

/// How the text is put together with such pages below each other; nothing where there is none.
pub(crate) fn arrange(text: &Text, hits: &[Hit]) -> Option<Vec<Part>> {
    let body = text.as_str();
    let mut parts = Vec::new();
    let mut done = 0;
    let named = hits.iter().filter(|hit| hit.label == Label::Row(Row::Name));
    let mut blocks = 0;
    for hit in named {
        if hit.start < done || blocks == MOST_BLOCKS || beside(body, hits, hit).len() < 2 {
            continue;
        }
        let Some((range, columns)) = Block::of(body, hits, hit).and_then(|block| block.columns())
        else {
            continue;
        };
        blocks += 1;
        parts.push(Part::Slice(done..range.start));
        for column in columns {
            for line in column {
                parts.push(Part::Slice(line));
                parts.push(Part::Mark(LINE));
            }
            parts.push(Part::Mark(PAGE));
        }
        done = range.end;
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(Part::Slice(done..body.len()));
    Some(parts)
}

/// Labels of one row that stand in the line of the first of them, which is given.
fn beside(body: &str, hits: &[Hit], first: &Hit) -> Vec<Hit> {
    let line = first_line(near(body, first.start, LONGEST_LINE)).len();
    let from = hits.partition_point(|hit| hit.start < first.start);
    let near = hits.iter().skip(from).take_while(|hit| hit.start < first.start + line);
    near.filter(|hit| hit.label == first.label).take(MOST_ABREAST + 1).copied().collect()
}

/// Where labels of enough rows of shares stand twice in their lines: cover pages beside each other
/// that were not put below each other.
pub(crate) fn untold(body: &str, hits: &[Hit]) -> Option<Range<usize>> {
    const ROWS: usize = 3;
    let twice = |hit: &&Hit| {
        let shares = |row: Row| hit.label == Label::Row(row);
        if !Row::AMOUNTS.into_iter().any(shares) {
            return false;
        }
        let again = beside(body, hits, hit).get(1).map(|other| hit.end..other.start);
        let between = again.and_then(|gap| body.get(gap));
        between.is_some_and(|gap| gap.contains("   ") || gap.contains('|'))
    };
    let found: Vec<&Hit> = hits.iter().filter(twice).take(ROWS).collect();
    match found.as_slice() {
        [first, .., last] if found.len() == ROWS => Some(first.start..last.end),
        _ => None,
    }
}

/// What the lines of a block have in one column.
type Lines = Vec<Range<usize>>;

/// The lines that such pages take.
struct Block<'a> {
    body: &'a str,
    lines: Vec<Range<usize>>,
    /// The characters before the label of each name in its line.
    starts: Vec<usize>,
}

impl<'a> Block<'a> {
    fn of(body: &'a str, hits: &[Hit], first: &Hit) -> Option<Block<'a>> {
        // No farther than a typed line may reach: where there is none, nothing is looked through
        // again.
        let before = near_before(body, first.start, LONGEST_LINE);
        let start = first.start - before.len() + before.rfind(is_mark)? + 1;
        let names = beside(body, hits, first);
        let column = |hit: &Hit| body.get(start..hit.start).map(|head| head.chars().count());
        let starts = names.iter().map(column).collect::<Option<Vec<usize>>>()?;
        let from = hits.partition_point(|hit| hit.start <= names.last().map_or(0, |n| n.start));
        let types = hits.iter().skip(from).take_while(|hit| hit.label != first.label);
        let mut types = types.filter(|hit| hit.label == Label::Row(Row::Type));
        let last = types.find(|hit| beside(body, hits, hit).len() == names.len())?;
        let mut lines = Vec::new();
        let (mut at, mut after) = (start, 0);
        for line in near(body, start, MOST_LINES * LONGEST_LINE).split_inclusive(is_mark) {
            let here = at..at + line.trim_end_matches(is_mark).len();
            let said = line.contains(char::is_alphanumeric);
            if here.start > last.start && (!said && after > 0 || after == LAST_LINES) {
                break;
            }
            after += usize::from(here.start > last.start && said);
            at += line.len();
            lines.push(here);
            if line.len() > LONGEST_LINE {
                return None;
            }
            if line.ends_with(PAGE) && here_is_past(&lines, last.start) {
                break;
            }
        }
        (lines.len() <= MOST_LINES).then_some(Block { body, lines, starts })
    }

    /// What each line has in each column, and the range that all of it takes; nothing unless each
    /// column has the same rows.
    fn columns(&self) -> Option<(Range<usize>, Vec<Lines>)> {
        let mut edges = vec![0];
        for start in self.starts.iter().skip(1) {
            edges.push(self.edge(*start)?);
        }
        let ends = edges.iter().skip(1).copied().chain([usize::MAX]);
        let columns: Vec<Lines> = edges
            .iter()
            .copied()
            .zip(ends)
            .map(|(from, to)| self.lines.iter().map(|line| self.cut(line, from, to)).collect())
            .collect();
        let rows: Vec<Vec<Row>> = columns.iter().map(|column| self.rows(column)).collect();
        let first = rows.first()?;
        let whole = first.len() >= ENOUGH && first.first() == Some(&Row::Name);
        let alike = whole && self.starts.len() <= MOST_ABREAST && rows.iter().all(|r| r == first);
        let range = self.lines.first()?.start..self.lines.last()?.end;
        alike.then_some((range, columns))
    }

    /// Where the column of a label begins: behind what every line leaves free.
    fn edge(&self, label: usize) -> Option<usize> {
        // The row's number before the label is a part of its column.
        let head: Vec<char> =
            self.lines.first().and_then(|l| self.body.get(l.clone()))?.chars().collect();
        let head = head.get(..label)?;
        let lead = head.iter().rev().take_while(|c| **c == ' ').count();
        let number = head.iter().rev().skip(lead).take_while(|c| !matches!(c, ' ' | '|')).count();
        let numbered = head.iter().rev().skip(lead).take(number);
        let is_number = number <= 4 && numbered.clone().any(char::is_ascii_digit);
        let edge = if is_number { label - lead - number } else { label };
        let free = |at: usize| {
            self.lines.iter().all(|line| {
                let line = self.body.get(line.clone()).unwrap_or("");
                let rule = !line.contains(char::is_alphanumeric);
                rule || at == 0 || line.chars().nth(at - 1).is_none_or(|c| matches!(c, ' ' | '|'))
            })
        };
        (edge.saturating_sub(LEFT)..=edge).rev().find(|at| free(*at))
    }

    /// What a line has between two columns of characters; nothing of a rule.
    fn cut(&self, line: &Range<usize>, from: usize, to: usize) -> Range<usize> {
        let printed = self.body.get(line.clone()).unwrap_or("");
        let byte = |column: usize| {
            printed.char_indices().nth(column).map_or(printed.len(), |(byte, _)| byte)
        };
        let (start, end) = (byte(from), byte(to));
        let cell = printed.get(start..end).unwrap_or("");
        let rule = !printed.contains(char::is_alphanumeric);
        let len = if rule { 0 } else { cell.trim_end_matches([' ', '|']).len() };
        line.start + start..line.start + start + len
    }

    fn rows(&self, column: &[Range<usize>]) -> Vec<Row> {
        let lines = column.iter().map(|line| self.body.get(line.clone()).unwrap_or(""));
        let text = lines.collect::<Vec<_>>().join("\n");
        let rows = labels::find(&text).into_iter().filter_map(|hit| match hit.label {
            Label::Row(row) => Some(row),
            _ => None,
        });
        rows.collect()
    }
}

fn here_is_past(lines: &[Range<usize>], last: usize) -> bool {
    lines.last().is_some_and(|line| line.start > last)
}
