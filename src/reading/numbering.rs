//! Which of the numbers that stand right before the labels of a page count its rows: a value of
//! 1 to 14 looks like the number of the next row, so that the page as a whole has to tell.
//! Knows nothing of what the values mean, and of numbers after labels only what the page shows.

use std::ops::Range;

use crate::reading::cells;
use crate::reading::labels::{Hit, Row, is_legend_word};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::pages::{self, Page, RowHit};
use crate::reading::text::{CELL, PAGE, ROW, is_mark};

/// What the number is that stands right before a label.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Before {
    /// There is none, or it is no row's.
    #[default]
    Nothing,
    /// The row's number: where it begins, with its bracket.
    Number(usize),
    /// The row's number, or the value of a cell that has no other.
    Either(Range<usize>),
}

/// How a number is set; pages keep to one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Setting {
    mark: Mark,
    gap: Gap,
    /// Nothing stands before it in its line, or in its row of a table, but words of the legend.
    leads: bool,
}

/// What closes a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    /// `7`
    Bare,
    /// `7.`
    Dotted,
    /// `(7)`, `7)`
    Bracketed,
    /// `7:`
    Colon,
    /// `Item 7`
    Named,
}

/// What stands between a number and its label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gap {
    Beside,
    Cell,
    Line,
    Row,
}

/// A number right before a label.
#[derive(Clone, Debug)]
struct Printed {
    number: u8,
    range: Range<usize>,
    setting: Setting,
}

/// What stands right before each label of a page.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    before: Vec<Before>,
    numbers: Vec<Option<u8>>,
    /// The page counts its rows.
    pub(crate) counts: bool,
}

impl Numbering {
    /// Where the number of a row begins that stands before its label.
    pub(crate) fn number(&self, index: usize) -> Option<usize> {
        match self.before.get(index) {
            Some(Before::Number(at)) => Some(*at),
            _ => None,
        }
    }

    /// What may be the number of a row or the value before it.
    pub(crate) fn doubt(&self, index: usize) -> Option<Range<usize>> {
        match self.before.get(index) {
            Some(Before::Either(range)) => Some(range.clone()),
            _ => None,
        }
    }

    /// The number of a row, where one stands before its label.
    pub(crate) fn printed(&self, index: usize) -> Option<(u8, usize)> {
        Some(((*self.numbers.get(index)?)?, self.number(index)?))
    }
}

/// Tells numbers from values before the labels of a page; `above` where each value stands above its
/// own label.
pub(crate) fn of(text: &str, hits: &[Hit], page: &Page, above: bool) -> Numbering {
    let mut numbering = Numbering::default();
    if page.calls_rows_items {
        // "Item 5: 7": the number is part of what was found as the label.
        return numbering;
    }
    let cover = Cover::of(text, hits, page, above);
    numbering.counts = cover.counts();
    numbering.before = cover.told();
    numbering.numbers = cover.printed.iter().map(|p| p.as_ref().map(|p| p.number)).collect();
    numbering
}

/// A page, and what is printed before its labels.
struct Cover<'a> {
    text: &'a str,
    hits: &'a [Hit],
    rows: &'a [RowHit],
    above: bool,
    printed: Vec<Option<Printed>>,
    /// The schedule whose numbers the page has: 0 for 13D, 1 for 13G.
    column: Option<usize>,
    /// Its own number stands before every label.
    whole: bool,
}

impl<'a> Cover<'a> {
    fn of(text: &'a str, hits: &'a [Hit], page: &'a Page, above: bool) -> Cover<'a> {
        let rows = page.rows.as_slice();
        let ends = [0].into_iter().chain(rows.iter().map(|hit| hit.end));
        let printed = rows.iter().zip(ends).map(|(hit, end)| printed(text, hit.start, end));
        let printed = printed.collect();
        let mut cover = Cover { text, hits, rows, above, printed, column: None, whole: false };
        let of = |column: usize| {
            let fits =
                |(hit, number): (&RowHit, u8)| hit.row.numbers().get(column) == Some(&number);
            cover.safe().filter(|row| fits(*row)).count()
        };
        let (d, g) = (of(0), of(1));
        cover.column = (d != g).then_some(usize::from(g > d));
        let mut all = cover.printed.iter().enumerate();
        cover.whole = all.all(|(index, printed)| {
            printed.as_ref().is_some_and(|p| cover.is_own(index, p.number))
        });
        cover
    }

    /// Whether no value can stand before a label: the cell there holds no number of shares, nor a
    /// percent.
    fn is_safe(&self, index: usize) -> bool {
        let cell = if self.above { Some(index) } else { index.checked_sub(1) };
        let holds = |hit: &RowHit| Row::AMOUNTS.contains(&hit.row) || hit.row == Row::Percent;
        !cell.and_then(|index| self.rows.get(index)).is_some_and(holds)
    }

    /// The rows before whose labels a number is no value, each with its number.
    fn safe(&self) -> impl Iterator<Item = (&RowHit, u8)> {
        let all = self.rows.iter().zip(&self.printed).enumerate();
        all.filter(|(index, _)| self.is_safe(*index))
            .filter_map(|(_, (hit, printed))| Some((hit, printed.as_ref()?.number)))
    }

    /// Whether a number is the row's own.
    fn is_own(&self, index: usize, number: u8) -> bool {
        let Some(numbers) = self.rows.get(index).map(|hit| hit.row.numbers()) else { return false };
        match self.column {
            Some(column) => numbers.get(column) == Some(&number),
            None => numbers.contains(&number),
        }
    }

    /// Whether a number on a line of its own, right before a label, is that of the row above, which
    /// has none before its own label.
    fn is_of_row_above(&self, index: usize, p: &Printed) -> bool {
        let Some(above) = index.checked_sub(1) else { return false };
        let printed = self.printed.get(above).and_then(Option::as_ref);
        let numbered = printed.is_some_and(|p| self.is_own(above, p.number));
        let apart = matches!(p.setting.gap, Gap::Line | Gap::Row);
        let theirs = self.is_own(above, p.number) && !self.is_own(index, p.number);
        self.is_safe(index) && apart && theirs && !numbered
    }

    /// Whether the page counts its rows: a label, before which no value can stand, has its own
    /// number. Before the first a page's number may stand.
    fn counts(&self) -> bool {
        let own = self.safe().filter(|(hit, number)| hit.row.numbers().contains(number));
        own.filter(|(hit, _)| hit.row != Row::Name).count() > 0
    }

    /// How the numbers are set that are certainly rows'.
    fn settings(&self) -> Vec<Setting> {
        let all = self.printed.iter().enumerate().filter(|(index, _)| self.is_safe(*index));
        let all = all.filter_map(|(index, printed)| Some((index, printed.as_ref()?)));
        all.filter(|(index, p)| {
            self.rows.get(*index).is_some_and(|hit| hit.row.numbers().contains(&p.number))
        })
        .map(|(_, p)| p.setting)
        .collect()
    }

    /// Whether the last label above, before which no value can stand, has its own number.
    fn counts_near(&self, index: usize) -> bool {
        let last = (0..index).rev().find(|index| self.is_safe(*index));
        let last = last.and_then(|at| Some((at, self.printed.get(at)?.as_ref()?.number)));
        last.is_some_and(|(at, number)| self.is_own(at, number))
    }

    fn told(&self) -> Vec<Before> {
        let (counts, settings) = (self.counts(), self.settings());
        let mut told: Vec<Before> = Vec::new();
        for (index, printed) in self.printed.iter().enumerate() {
            told.push(match printed {
                None => Before::Nothing,
                Some(p) if self.is_of_row_above(index, p) => Before::Nothing,
                Some(p) if self.is_safe(index) => {
                    let own = self.is_own(index, p.number) && p.setting.leads;
                    match own || counts && counts_safely(p, &settings) {
                        true => Before::Number(p.range.start),
                        false => Before::Nothing,
                    }
                }
                Some(p) if counts => self.on_counted(index, p, &settings),
                Some(p) => self.on_uncounted(index, p),
            });
        }
        if !counts {
            self.doubt_runs(&mut told);
        }
        told
    }

    /// A number before a label of a page that counts its rows.
    fn on_counted(&self, index: usize, p: &Printed, settings: &[Setting]) -> Before {
        let Setting { mark, gap, leads } = p.setting;
        let number = Before::Number(p.range.start);
        let either = || match self.says_more(index, p) {
            true => Before::Number(p.range.start),
            false => Before::Either(p.range.clone()),
        };
        let own = self.is_own(index, p.number);
        let alike = settings.iter().any(|s| s.mark == mark && s.gap == gap);
        // What begins the label's own line, or its row of a table, is no value of the row above.
        let beside =
            leads && matches!(gap, Gap::Beside | Gap::Cell) && settings.iter().any(|s| s.leads);
        match mark {
            Mark::Named => number,
            _ if alike && beside => number,
            // "7." may be a value with a full stop, but not where rows are counted so.
            Mark::Dotted if !alike && gap != Gap::Beside => either(),
            Mark::Dotted | Mark::Bracketed | Mark::Colon => number,
            Mark::Bare if alike && own && self.whole => number,
            Mark::Bare if own && (alike || self.counts_near(index)) => either(),
            Mark::Bare if alike && !self.says_more(index, p) => Before::Either(p.range.clone()),
            Mark::Bare => Before::Nothing,
        }
    }

    /// A number before a label of a page that does not count its rows, as far as can be seen.
    fn on_uncounted(&self, index: usize, p: &Printed) -> Before {
        let Setting { mark, gap, leads } = p.setting;
        if !self.is_own(index, p.number) {
            return Before::Nothing;
        }
        let beside = leads && matches!(gap, Gap::Beside | Gap::Cell);
        match (mark, self.says_more(index, p)) {
            (Mark::Bracketed | Mark::Named | Mark::Colon, _) => Before::Number(p.range.start),
            (Mark::Dotted, false) if gap == Gap::Beside => Before::Number(p.range.start),
            (Mark::Dotted, false) => Before::Either(p.range.clone()),
            (Mark::Dotted, true) => Before::Number(p.range.start),
            (Mark::Bare, true) if beside => Before::Number(p.range.start),
            (Mark::Bare, false) if beside => Before::Either(p.range.clone()),
            // With what else is there it is a second value, or not.
            (Mark::Bare, true) => Before::Either(p.range.clone()),
            (Mark::Bare, false) => Before::Nothing,
        }
    }

    /// Values that count up as the rows do are values, or the rows' numbers before empty cells.
    fn doubt_runs(&self, told: &mut [Before]) {
        const RUN: usize = 3;
        let alone = |index: &usize| {
            let printed = self.printed.get(*index).and_then(Option::as_ref);
            printed.is_some_and(|p| {
                !self.is_safe(*index) && self.is_own(*index, p.number) && !self.says_more(*index, p)
            })
        };
        let all: Vec<usize> = (0..told.len()).filter(alone).collect();
        let runs = all.chunk_by(|a, b| a + 1 == *b).filter(|run| run.len() >= RUN);
        for index in runs.flatten().copied() {
            let printed = self.printed.get(index).and_then(Option::as_ref);
            if let (Some(Before::Nothing), Some(p)) = (told.get(index), printed) {
                let _ = told.get_mut(index).map(|told| *told = Before::Either(p.range.clone()));
            }
        }
    }

    /// Whether the cell before a label says something besides the number.
    fn says_more(&self, index: usize, p: &Printed) -> bool {
        let from = index.checked_sub(1).and_then(|before| self.rows.get(before));
        let from = from.map_or(p.range.start, |hit| hit.end).min(p.range.start);
        let tokens = pages::gap(self.text, from..p.range.start, self.hits);
        let cell = cells::amounts(self.text, &tokens);
        !cell.candidates.is_empty()
            || cell.says_nothing
            || cell.dash.is_some()
            || cell.words.is_some()
    }
}

/// A number where no value can stand may still end a name: "Alder Fund 2 / CHECK THE ...".
fn counts_safely(p: &Printed, settings: &[Setting]) -> bool {
    p.setting.mark != Mark::Bare
        || p.setting.leads
        || p.setting.gap == Gap::Beside
        || settings.contains(&p.setting)
}

/// The number printed right before a label, if it stands after `floor`.
fn printed(text: &str, at: usize, floor: usize) -> Option<Printed> {
    let (number, start) = pages::number_before(text, at)?;
    let tail = text.get(start..at).filter(|_| start >= floor)?;
    let digits = tail.trim_start_matches('(');
    let len = digits.bytes().take_while(u8::is_ascii_digit).count();
    let end = start + (tail.len() - digits.len()) + len;
    let between = text.get(end..at)?;
    let name = name_of_number(text, start);
    let mark = match between.chars().next() {
        _ if name.is_some() => Mark::Named,
        Some(')') => Mark::Bracketed,
        Some('.') => Mark::Dotted,
        Some(':') => Mark::Colon,
        _ => Mark::Bare,
    };
    let gap = if between.contains([ROW, PAGE]) {
        Gap::Row
    } else if between.contains(CELL) {
        Gap::Cell
    } else if between.contains(is_mark) {
        Gap::Line
    } else {
        Gap::Beside
    };
    let start = name.filter(|name| *name >= floor).unwrap_or(start);
    let setting = Setting { mark, gap, leads: leads(text, start) };
    Some(Printed { number, range: start..end, setting })
}

/// Where the word begins that calls a number a row's: "Item 5", "Row 5", "No. 5".
fn name_of_number(text: &str, at: usize) -> Option<usize> {
    let head = text.get(..at)?.trim_end_matches([' ', '.', '#']);
    let letters = head.bytes().rev().take(5).take_while(u8::is_ascii_alphabetic).count();
    let word = head.get(head.len() - letters..)?;
    let named = ["item", "row", "no", "line"].iter().any(|name| word.eq_ignore_ascii_case(name));
    named.then_some(head.len() - letters)
}

/// Whether nothing but bars and words of the legend stands before a place in its line, or in its
/// row of a table.
fn leads(text: &str, at: usize) -> bool {
    const FARTHEST: usize = 200;
    let mut from = at.saturating_sub(FARTHEST);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let head = text.get(from..at).unwrap_or("");
    let line = head.rfind(|c: char| is_mark(c) && c != CELL).map_or(0, |mark| mark + 1);
    let idle = |token: &Token| match token.kind {
        Kind::Word => text.get(token.range()).is_some_and(is_legend_word),
        Kind::Mark(_) | Kind::Box(_) | Kind::Note | Kind::Dash => true,
        Kind::Other(c) => matches!(c, '|' | ')' | ':'),
        Kind::Close => true,
        _ => false,
    };
    lexeme::tokens_in(text, from + line..at).all(|token| idle(&token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::labels;

    fn told(text: &str) -> Vec<String> {
        let hits = labels::find(text);
        let pages = pages::find(text, &hits);
        let page = pages.first().unwrap();
        let numbering = of(text, &hits, page, false);
        let said = |before: &Before| match before {
            Before::Nothing => "-".to_owned(),
            Before::Number(at) => text[*at..].chars().take(2).collect(),
            Before::Either(range) => format!("{}?", &text[range.clone()]),
        };
        numbering.before.iter().map(said).collect()
    }

    #[test]
    fn a_page_that_does_not_count_its_rows_has_values() {
        let page = "NAME OF REPORTING PERSON\nAda\nCITIZENSHIP\nOhio\nSOLE VOTING POWER\n6\nSHARED \
                    VOTING POWER\n7\nSOLE DISPOSITIVE POWER\n6\nSHARED DISPOSITIVE POWER\n7\n";
        assert_eq!(told(page), ["-", "-", "-", "-", "-", "-"]);
        // One that does, on lines of their own.
        let page = "1\nNAME OF REPORTING PERSON\nAda\n4\nCITIZENSHIP\nOhio\n5\nSOLE VOTING POWER\n\
                    6\nSHARED VOTING POWER\n7\nSOLE DISPOSITIVE POWER\n8\nSHARED DISPOSITIVE \
                    POWER\n7\n";
        assert_eq!(told(page), ["1\n", "4\n", "5\n", "6\n", "7\n", "8\n"]);
        // A value where the number is missing, one that may be it, and one that cannot.
        for (value, is) in [("6", "6?"), ("3", "-"), ("0\n\n6", "6\n")] {
            let page = format!(
                "1. NAME OF REPORTING PERSON\nAda\n4. CITIZENSHIP\nOhio\n5. SOLE VOTING \
                 POWER\n{value}\nSHARED VOTING POWER\n7\n7. SOLE DISPOSITIVE POWER\n"
            );
            assert_eq!(told(&page), ["1.", "4.", "5.", is, "7."], "{value}");
        }
    }
}
