//! Where a value of the title page stands whose label the form would print otherwise: beside it,
//! above one of several captions, beside a caption of the filer's own.
//! Knows nothing of what the values mean.

use std::ops::Range;

use crate::reading::cusips::cusip_shape;
use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme;
use crate::reading::pages;
use crate::reading::rows;
use crate::reading::text::{CELL, LINE, PAGE, ROW, is_mark, near, near_before};
use crate::reading::title::Title;

impl Title<'_> {
    /// The line above a label, where a value beside the label begins there: it stands in the
    /// value's column, and nothing left of it.
    pub(super) fn begun_above(&self, hit: Hit, value: &Range<usize>) -> Option<Range<usize>> {
        const LEAST: usize = 12;
        if !self.beside(hit) {
            return None;
        }
        let line = self.body.get(..hit.start)?.rfind(is_mark).map_or(0, |at| at + 1);
        let rest = self.body.get(value.clone())?;
        let start = value.start + rest.len() - rest.trim_start_matches([' ', ':', '.']).len();
        let column = start.checked_sub(line).filter(|column| *column >= LEAST)?;
        let above = self.body.get(..line)?.strip_suffix(LINE)?;
        let from = above.rfind(is_mark).map_or(0, |at| at + 1);
        let text = above.get(from..)?;
        let lead = text.len() - text.trim_start_matches(' ').len();
        (lead == column && text.len() > lead && !text.contains(':')).then_some(from..above.len())
    }

    /// "(Name of issuer; title of class)": which of how many labels in one bracket a label is.
    pub(super) fn in_one_bracket(&self, hit: Hit) -> Option<(usize, usize)> {
        const LONGEST: usize = 120;
        let head = self.body.get(..hit.start)?;
        let open = head.rfind('(').filter(|open| hit.start - open < LONGEST)?;
        let close = hit.end + self.body.get(hit.end..)?.find(')')?;
        let inside = self.body.get(open..hit.start)?;
        if close - open > LONGEST || inside.contains(')') {
            return None;
        }
        let title = |h: &&Hit| {
            let named = matches!(h.label, Label::Issuer | Label::Class | Label::EventDate);
            named && open < h.start && h.end <= close
        };
        let all: Vec<&Hit> = self.hits.iter().filter(title).collect();
        let place = all.iter().position(|h| h.start == hit.start)?;
        (all.len() > 1).then_some((place, all.len()))
    }

    /// One of several values that stand above one bracket, with semicolons between them.
    pub(super) fn value_of_several(
        &self,
        index: usize,
        hit: Hit,
        place: usize,
        count: usize,
    ) -> Option<(String, Range<usize>)> {
        let mut first = self.hits.get(..=index)?.iter().rev().take(count);
        let begin = first.find(|h| self.in_one_bracket(**h).is_some_and(|(at, _)| at == 0));
        let (at, begin) = (index.checked_sub(place)?, *begin.unwrap_or(&hit));
        let range = self.above(at, begin);
        let (_, range) = self.value_words(range, true)?;
        let part = self.body.get(range.clone())?;
        let pieces: Vec<&str> = part.split(';').collect();
        if pieces.len() != count {
            return None;
        }
        let piece = pieces.get(place)?.trim();
        let start = piece.as_ptr() as usize - self.body.as_ptr() as usize;
        rows::words(self.body, std::slice::from_ref(&(start..start + piece.len())))
    }

    /// Whether words stand beside a label at the beginning of a line, and no other label does.
    pub(super) fn beside(&self, hit: Hit) -> bool {
        const APART: &str = "   ";
        let rest = self.body.get(hit.end..).unwrap_or("").split(is_mark).next().unwrap_or("");
        let end = hit.end + rest.len();
        let said = rest.trim_start_matches(['.', ':', '*', ' ']);
        let apart = rest.starts_with(APART) || rest.starts_with("..") || rest.starts_with(": ");
        let plain = !self.hits.iter().any(|h| (hit.end..end).contains(&h.start));
        let first = pages::at_line_start(self.body, hit.start);
        first && apart && plain && said.chars().filter(|c| c.is_alphanumeric()).count() > 2
    }

    /// The value of one of several captions that stand side by side: it stands above its own, in
    /// the row of cells or the line of columns before theirs.
    pub(super) fn above_caption(&self, hit: Hit) -> Option<Range<usize>> {
        const LONGEST: usize = 600;
        if hit.start >= self.end {
            return None;
        }
        let head = self.body.get(..hit.start)?;
        let cells = |row: Range<usize>| self.cells(row);
        // A row of a table.
        let row = head.rfind(ROW).map_or(0, |at| at + 1);
        let next = hit.end + self.body.get(hit.end..)?.find(ROW).unwrap_or(0);
        if head.get(row..)?.contains(CELL) && next - row < LONGEST {
            let above = self.body.get(..row)?.trim_end_matches([ROW, CELL, '\n', ' ']);
            let start = above.rfind(ROW).map_or(0, |at| at + 1);
            return self.above_own(hit, cells(row..next), cells(start..above.len()));
        }
        // A line of columns.
        let row = head.rfind(is_mark).map_or(0, |at| at + 1);
        let next = hit.end + self.body.get(hit.end..)?.find(is_mark).unwrap_or(0);
        let above = self.body.get(..row)?.strip_suffix('\n')?;
        let start = above.rfind(is_mark).map_or(0, |at| at + 1);
        if next - row > LONGEST || above.len() - start > LONGEST {
            return None;
        }
        self.above_own(hit, cells(row..next), cells(start..above.len()))
    }

    /// The cells above the one that stands above a label's own caption and begins at `from`, as far
    /// as rows go that have a CUSIP above the caption of it: several classes, each with its own.
    pub(super) fn further_above(&self, hit: Hit, from: usize) -> Vec<Range<usize>> {
        const MOST: usize = 20;
        let mut found = Vec::new();
        let Some(captions) = self.own_row(hit.start).map(|row| self.cells(row)) else {
            return found;
        };
        let code = self.hits.iter().take_while(|h| h.start < self.end).find(|h| {
            h.label == Label::Cusip && captions.iter().any(|cell| cell.contains(&h.start))
        });
        let Some(code) = code else { return found };
        let mut at = self.own_row(from).map_or(0, |row| row.start);
        while let Some(above) = self.body.get(..at).filter(|_| found.len() < MOST) {
            let above = above.trim_end_matches([ROW, CELL, '\n', ' ']);
            let Some(row) = self.own_row(above.len().saturating_sub(1)) else { break };
            let (start, cells) = (row.start, self.cells(row));
            let class = self.above_own(*code, captions.clone(), cells.clone());
            let is_code =
                |cell: Range<usize>| self.body.get(cell).is_some_and(|s| cusip_shape(s.trim()));
            let own = self.above_own(hit, captions.clone(), cells);
            let Some(own) = own.filter(|_| class.is_some_and(is_code)) else { break };
            found.insert(0, own);
            at = start;
        }
        found
    }

    /// The row of a table around a place, where it has cells and is no longer than a title's are.
    fn own_row(&self, at: usize) -> Option<Range<usize>> {
        const LONGEST: usize = 600;
        let head = near_before(self.body, at, LONGEST);
        let start = at - head.len() + head.rfind(ROW)? + 1;
        let end = at + near(self.body, at, LONGEST).find(ROW)?;
        self.body.get(start..end)?.contains(CELL).then_some(start..end)
    }

    /// The filled cells of a row, or the columns of a line, set apart by three spaces or more.
    pub(super) fn cells(&self, row: Range<usize>) -> Vec<Range<usize>> {
        let part = self.body.get(row.clone()).unwrap_or("");
        let pieces: Vec<&str> = match part.contains(CELL) {
            true => part.split(CELL).collect(),
            false => part.split("   ").collect(),
        };
        let filled = pieces.into_iter().filter(|piece| piece.contains(char::is_alphanumeric));
        filled
            .map(|piece| {
                let at = piece.as_ptr() as usize - self.body.as_ptr() as usize;
                at..at + piece.len()
            })
            .collect()
    }

    /// The cell above a caption's own, where there are as many as captions, and more than one.
    pub(super) fn above_own(
        &self,
        hit: Hit,
        captions: Vec<Range<usize>>,
        values: Vec<Range<usize>>,
    ) -> Option<Range<usize>> {
        let own = captions.iter().position(|cell| cell.contains(&hit.start))?;
        let labelled = |cell: &Range<usize>| {
            let title = |h: &Hit| {
                matches!(h.label, Label::Issuer | Label::Class | Label::Cusip | Label::EventDate)
            };
            let first = self.hits.partition_point(|h| h.start < cell.start);
            self.hits.iter().skip(first).take_while(|h| h.start < cell.end).any(title)
        };
        let all = captions.len() > 1 && captions.iter().all(labelled);
        let none = !values.iter().any(labelled);
        (all && none && captions.len() == values.len()).then(|| values.get(own).cloned()).flatten()
    }

    /// A value beside a short caption of the filer's own, at the beginning of a line: "ISSUER   X".
    pub(super) fn captioned(&self, label: Label) -> Option<Range<usize>> {
        const FARTHEST: usize = 1 << 13;
        let captions: &[&str] = match label {
            Label::Issuer => &["issuer"],
            Label::Class => &["class", "title of class"],
            Label::EventDate => &["event", "event date", "date of event"],
            _ => return None,
        };
        let mut end = self.end.min(FARTHEST);
        while !self.body.is_char_boundary(end) {
            end -= 1;
        }
        let mut at = 0;
        for line in self.body.get(..end)?.split_inclusive([LINE, ROW, PAGE]) {
            let here = at..at + line.trim_end_matches(is_mark).len();
            at += line.len();
            let said = line.trim_start_matches([' ', CELL, '|']);
            let lower = lexeme::lower(said);
            let after = captions.iter().find_map(|caption| {
                let rest = lower.strip_prefix(caption)?;
                let told = rest.starts_with(':') || rest.starts_with("   ");
                (told || rest.trim_start().starts_with(CELL)).then_some(rest.len())
            });
            if let Some(len) = after.filter(|len| *len > 1) {
                let start = (at - len).min(here.end);
                return Some(start..here.end.max(start));
            }
        }
        None
    }
}

/// How long a caption of the filer's own before a value is, which stands above the form's own:
/// "ISSUER:          Alder Gate Corp / (NAME OF ISSUER)".
pub(crate) fn own_caption(line: &str) -> usize {
    const CAPTIONS: [&str; 6] =
        ["issuer", "company", "name of issuer", "class", "title of class", "security"];
    let Some((caption, value)) = line.split_once(':') else { return 0 };
    let apart =
        value.starts_with("  ") && CAPTIONS.contains(&lexeme::lower(caption.trim()).as_str());
    if apart { line.len() - value.trim_start().len() } else { 0 }
}
