//! The title page: form, amendment, issuer, class, CUSIP, event date, rule boxes.
//! Knows nothing of holders. What the title page lacks is taken from items 1 and 2.

use std::ops::Range;

use crate::reading::cusips::{cusips_in, longer_code};
use crate::reading::dates::{self, PrintedDate};
use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::rows;
use crate::reading::text::{Text, is_mark, near_before};
use crate::terms::id::Cusip;
use crate::terms::span::Field;
use crate::terms::statement::Reading;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// A title page.
pub(super) struct Title<'a> {
    pub(super) text: &'a Text,
    pub(super) body: &'a str,
    pub(super) hits: &'a [Hit],
    /// The title page begins here: at the top, unless it stands after the items.
    pub(super) start: usize,
    /// The title page ends where the first cover page or item begins.
    pub(super) end: usize,
}

/// Reads the title page into `reading`.
pub(crate) fn read(text: &Text, hits: &[Hit], page: Range<usize>, reading: &mut Reading) {
    let title = Title { text, body: text.as_str(), hits, start: page.start, end: page.end };
    title.form_and_amendment(reading);
    reading.issuer.name = title.words(Label::Issuer, reading);
    reading.class_title = title.words(Label::Class, reading);
    title.cusips(reading);
    title.event_date(reading);
    title.rules(reading);
}

impl Title<'_> {
    pub(super) fn on_page(&self) -> impl Iterator<Item = (usize, &Hit)> {
        let on_page = self.hits.iter().enumerate().take_while(|(_, hit)| hit.start < self.end);
        on_page.skip_while(|(_, hit)| hit.start < self.start)
    }

    pub(super) fn first(&self, label: Label) -> Option<(usize, Hit)> {
        self.on_page().find(|(_, hit)| hit.label == label).map(|(index, hit)| (index, *hit))
    }

    pub(super) fn char_after(&self, at: usize) -> Option<char> {
        self.body.get(at..)?.chars().find(|c| *c != ' ')
    }

    /// The printed words of a label's value, wherever they stand.
    fn words(&self, label: Label, reading: &mut Reading) -> Field<String> {
        let on_page = self.first(label);
        let elsewhere = || {
            let later =
                self.hits.iter().enumerate().find(|(_, h)| h.label == label && h.start >= self.end);
            later.map(|(index, hit)| (index, *hit))
        };
        let found = on_page.and_then(|(index, hit)| self.words_at(index, hit));
        let captioned = || {
            let range = self.captioned(label).filter(|_| on_page.is_none())?;
            self.value_words(range, false)
        };
        let found = found.or_else(captioned);
        let found =
            found.or_else(|| elsewhere().and_then(|(index, hit)| self.words_at(index, hit)));
        match (found, on_page) {
            (Some((_, range)), _) if self.has_bars(range.clone()) => {
                let field = if label == Label::Issuer {
                    FieldName::IssuerName
                } else {
                    FieldName::ClassTitle
                };
                self.unreadable(range, field, reading)
            }
            (Some((value, range)), _) => Field::stated(value, self.text.span(range)),
            (None, Some((_, hit))) => Field::Blank { span: self.text.span(hit.range()) },
            (None, None) => Field::Absent,
        }
    }

    /// Whether a column of a drawn table stands within a value: another value is beside it.
    fn has_bars(&self, range: Range<usize>) -> bool {
        self.body.get(range).is_some_and(|said| said.contains(" | "))
    }

    fn words_at(&self, index: usize, hit: Hit) -> Option<(String, Range<usize>)> {
        if let Some(range) = self.above_caption(hit) {
            let mut rows = self.further_above(hit, range.start);
            if rows.is_empty() {
                return self.value_words(range, true);
            }
            rows.push(range);
            return rows::words(self.body, &rows);
        }
        if let Some((place, count)) = self.in_one_bracket(hit) {
            return self.value_of_several(index, hit, place, count);
        }
        let first = self.stands_above(hit);
        let side = |above: bool| {
            let range = if above { self.above(index, hit) } else { self.below(index, hit) };
            let begun = self.begun_above(hit, &range).filter(|_| !above);
            let value = self.value_words(range, above)?;
            let Some((first, at)) = begun.and_then(|line| self.value_words(line, false)) else {
                return Some(value);
            };
            Some((format!("{first} {}", value.0), at.start..value.1.end))
        };
        let other = || if first && hit.start < self.end { side(false) } else { None };
        side(first).or_else(other)
    }

    fn cusips(&self, reading: &mut Reading) {
        let here = self.on_page().filter(|(_, h)| h.label == Label::Cusip);
        let later = self
            .hits
            .iter()
            .enumerate()
            .filter(|(_, h)| h.label == Label::Cusip && h.start >= self.end);
        let (mut blank, mut unread) = (None, None);
        // A page repeats its number in its headings; the first few tell.
        for (index, hit) in here.chain(later).take(40) {
            let own = self.above_caption(*hit);
            let above = own.is_some() || self.stands_above(*hit);
            let side = || if above { self.above(index, *hit) } else { self.below(index, *hit) };
            let range = own.unwrap_or_else(side);
            if !above && self.says_none(range.clone()) {
                blank.get_or_insert(*hit);
                continue;
            }
            let mut found = cusips_in(self.body, range.clone(), above);
            if let Some(first) = found.first().map(|(_, at)| at.start) {
                let further = self.further_above(*hit, first);
                let further = further.into_iter().flat_map(|row| cusips_in(self.body, row, above));
                found.splice(0..0, further);
            }
            if found.is_empty() {
                unread = unread.or_else(|| longer_code(self.body, range));
            }
            if found.is_empty() && above {
                found = self.beside_class(*hit);
            }
            if let Some(class_end) = found.first().map(|(_, range)| range.start) {
                self.class_above_cusip(*hit, class_end, reading);
            }
            reading.cusips = found
                .into_iter()
                .map(|(cusip, range)| Field::stated(cusip, self.text.span(range)))
                .collect();
            if !reading.cusips.is_empty() {
                return;
            }
            blank.get_or_insert(*hit);
        }
        if let Some(range) = unread {
            let field = self.unreadable(range, FieldName::Cusips, reading);
            reading.cusips = vec![field];
        } else if let Some(hit) = blank {
            reading.cusips = vec![Field::Blank { span: self.text.span(hit.range()) }];
        }
    }

    /// Whether the first line of a range that says something says that there is none.
    fn says_none(&self, range: Range<usize>) -> bool {
        let part = self.body.get(range.clone()).unwrap_or("");
        let words = part.trim_start_matches(|c: char| is_mark(c) || matches!(c, ' ' | ':' | '.'));
        let start = range.start + (part.len() - words.len());
        let line = words.split(is_mark).next().map_or(0, str::len);
        let said = self.body.get(start..start + line).unwrap_or("");
        let digits = said.bytes().any(|b| b.is_ascii_digit());
        !digits && rows::says_no(self.body, &lexeme::tokens(self.body, start..start + line))
    }

    /// Class and CUSIP side by side in one row, their labels in the next.
    fn beside_class(&self, hit: Hit) -> Vec<(Cusip, Range<usize>)> {
        let Some((index, class)) = self.first(Label::Class).filter(|(_, c)| c.start < hit.start)
        else {
            return Vec::new();
        };
        cusips_in(self.body, self.above(index, class), true)
    }

    /// A title page without the label of the class prints it between issuer and CUSIP.
    fn class_above_cusip(&self, hit: Hit, cusip: usize, reading: &mut Reading) {
        let issuer = self.first(Label::Issuer).map(|(_, h)| h);
        let Some(issuer) = issuer.filter(|h| h.end < cusip && self.stands_above(hit)) else {
            return;
        };
        if self.first(Label::Class).is_some() || !self.stands_above(issuer) {
            return;
        }
        let range = self.after_label(&issuer)..cusip;
        if let Some((value, range)) = self.value_words(range, true) {
            reading.class_title = Field::stated(value, self.text.span(range));
        }
    }

    fn event_date(&self, reading: &mut Reading) {
        let Some((index, hit)) = self.first(Label::EventDate) else {
            return self.captioned_date(reading);
        };
        let own = self.above_caption(hit);
        let bracketed = own.is_some() || self.stands_above(hit);
        let side = || if bracketed { self.above(index, hit) } else { self.below(index, hit) };
        let range = own.unwrap_or_else(side);
        let mut found = dates::dates(self.body, range.clone());
        if found.is_empty() {
            let other = if bracketed { self.below(index, hit) } else { self.above(index, hit) };
            let near = other.start.max(other.end.saturating_sub(120))..other.end;
            found = dates::dates(
                self.body,
                if bracketed { other.start..other.end.min(other.start + 80) } else { near },
            );
        }
        // Above the label may stand a letter's date or an address; the nearest date is the event's.
        let date = if bracketed { found.last() } else { found.first() };
        reading.event_date = match date {
            Some(date) if self.one_of_two(&found, date) => {
                let range = found.first().map_or(date.range.start, |first| first.range.start)
                    ..found.last().map_or(date.range.end, |last| last.range.end);
                self.unreadable(range, FieldName::EventDate, reading)
            }
            Some(date) => match date.day {
                Some(day) => Field::stated(day, self.text.span(date.range.clone())),
                None => self.unreadable(date.range.clone(), FieldName::EventDate, reading),
            },
            None => self.no_date(range, hit, reading),
        };
    }

    /// Whether another date stands on the same line, so that either may be the event's.
    fn one_of_two(&self, found: &[PrintedDate], date: &PrintedDate) -> bool {
        self.day_before(date)
            || found.iter().filter(|other| other.day != date.day).any(|other| {
                let [from, to] = if other.range.start < date.range.start {
                    [other.range.end, date.range.start]
                } else {
                    [date.range.end, other.range.start]
                };
                self.body.get(from..to).is_some_and(|between| !between.contains(is_mark))
            })
    }

    /// Whether a day without a year stands before a date in its line: "May 14 and May 16, 2003".
    fn day_before(&self, date: &PrintedDate) -> bool {
        let head = near_before(self.body, date.range.start, 80);
        let line = head.rfind(is_mark).map_or(head, |at| head.get(at + 1..).unwrap_or(""));
        let tokens = lexeme::tokens(line, 0..line.len());
        let word = |t: &Token| line.get(t.range()).unwrap_or("");
        tokens.windows(2).any(|pair| match pair {
            [month, day] => dates::is_month(word(month)) && day.kind == Kind::Number,
            _ => false,
        })
    }

    fn captioned_date(&self, reading: &mut Reading) {
        let Some(range) = self.captioned(Label::EventDate) else { return };
        let found = dates::dates(self.body, range);
        if let [date] = found.as_slice()
            && let Some(day) = date.day
        {
            reading.event_date = Field::stated(day, self.text.span(date.range.clone()));
        }
    }

    fn no_date(
        &self,
        range: Range<usize>,
        hit: Hit,
        reading: &mut Reading,
    ) -> Field<crate::terms::time::Day> {
        let tokens = lexeme::tokens(self.body, range);
        let month = tokens.iter().rfind(|t| {
            let word = self.body.get(t.range()).unwrap_or("");
            // "Decmber 31, 2004", "20041231": a year is there, and the day is not told.
            let year = t.kind == Kind::Number
                && matches!(word.len(), 4 | 8)
                && (word.starts_with("19") || word.starts_with("20"));
            // "Dec 31,'04": a month, and what its day begins with.
            let rest = self.body.get(t.end..).unwrap_or("").trim_start_matches([' ', '.']);
            let day = word.len() > 3 || rest.starts_with(|c: char| c.is_ascii_digit());
            year || t.kind == Kind::Joined || day && dates::is_month(word)
        });
        match month {
            Some(month) => self.unreadable(month.range(), FieldName::EventDate, reading),
            None => Field::Blank { span: self.text.span(hit.range()) },
        }
    }

    pub(super) fn unreadable<T>(
        &self,
        range: Range<usize>,
        field: FieldName,
        reading: &mut Reading,
    ) -> Field<T> {
        let span = self.text.span(range.clone());
        let printed = self.body.get(range).unwrap_or("").trim();
        reading.troubles.push(Trouble {
            code: TroubleCode::ValueUnreadable,
            holder: None,
            field,
            span: Some(span),
            message: format!("the {field} cannot be read in {printed:?}"),
        });
        Field::Unreadable { span }
    }

    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.body.get(at..).unwrap_or("");
        at + rest
            .char_indices()
            .take(60)
            .find(|(_, c)| *c == '\n')
            .map_or(60.min(rest.len()), |(at, _)| at)
    }
}
