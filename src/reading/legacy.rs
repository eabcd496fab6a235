//! A text or HTML document, of any era, into statements.
//! Knows nothing of containers and headers: it is told where the document lies in the bytes.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use crate::reading::labels::{Hit, Label, Row};
use crate::reading::pages::{self, Page};
use crate::reading::{
    abreast, agree, columns, exhibits, holders, html, instructions, items, lettered, misspelt,
    outstanding, parts, redlined, signatures, signers, split_cells, struck, tables, text, title,
    uncovered, words,
};
use crate::terms::quantity::Amount;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Reading, Schedule};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// Reads the text or HTML document at `body`.
pub fn read(received: &[u8], body: Range<usize>) -> Reading {
    let mut reading = Reading::default();
    let whole = body.start.min(received.len())..body.end.min(received.len());
    let body = within_limit(whole, &mut reading);
    let bytes = received.get(body.clone()).unwrap_or_default();
    let mut text = if html::is_markup(bytes) {
        let text = html::read(received, body);
        match split_cells::join(text.as_str()) {
            Some(parts) => text.rearranged(&parts),
            None => text,
        }
    } else {
        text::read(received, body)
    };
    let places = struck::in_brackets(text.as_str());
    text.strike_at(&places);
    let mut hits = instructions::labels(text.as_str());
    if let Some(parts) = abreast::arrange(&text, &hits) {
        text = text.rearranged(&parts);
        hits = instructions::labels(text.as_str());
    }
    let pages = pages::find(text.as_str(), &hits);
    let arranged = lettered::arrange(&text, &pages);
    let arranged = arranged.or_else(|| columns::arrange(&text, &hits, &pages));
    let (text, hits, pages) = match arranged.or_else(|| tables::arrange(&text, &hits, &pages)) {
        Some(parts) => {
            let text = text.rearranged(&parts);
            let hits = instructions::labels(text.as_str());
            let pages = pages::find(text.as_str(), &hits);
            (text, hits, pages)
        }
        None => (text, hits, pages),
    };
    let pages = columns::crowded(text.as_str(), pages);
    read_text(&text, &hits, &pages, &mut reading);
    reading
}

/// Offsets are kept in 32 bits; what lies beyond is left out, and said to be.
fn within_limit(body: Range<usize>, reading: &mut Reading) -> Range<usize> {
    const LIMIT: usize = u32::MAX as usize;
    if body.end <= LIMIT {
        return body;
    }
    reading.troubles.push(Trouble {
        code: TroubleCode::LimitReached,
        holder: None,
        field: FieldName::All,
        span: Some(Span::of(LIMIT..body.end)),
        message: format!("the document goes on past its first {LIMIT} bytes"),
    });
    body.start.min(LIMIT)..LIMIT
}

fn read_text(text: &text::Text, hits: &[Hit], pages: &[Page], reading: &mut Reading) {
    let body = text.as_str();
    let covers = pages::Covers::of(pages);
    let first_item = hits.iter().find(|hit| {
        hit.label == Label::Item && items::heading(body, **hit).is_some_and(|h| h.titled)
    });
    let first_cover = covers.first().map_or(body.len(), |cover| cover.start);
    let first_item = first_item.map_or(body.len(), |hit| hit.start);
    // The title page may stand with the cover pages, after the items.
    let late = hits
        .iter()
        .any(|hit| hit.label == Label::EventDate && (first_item..first_cover).contains(&hit.start));
    let title_end = if late { first_cover } else { first_item.min(first_cover) };
    // Then what the items say of the same things comes before it.
    let title_start = if late { title_heading(body, hits, first_cover) } else { 0 };
    let spelt = with_misspelt(body, hits, title_start..title_end);
    title::read(text, &spelt, title_start..title_end, reading);
    reading.troubles.extend(redlined::warn(text, hits, pages, &(title_start..title_end)));
    // Where nobody is read at all, that is said.
    if !pages.is_empty() {
        reading.troubles.extend(persons_unread(text, hits, pages));
    }
    let (mut wholes, has_commas) = (Vec::new(), OnceCell::new());
    for (page, number) in pages.iter().zip(0..) {
        let (holder, whole) =
            holders::read(text, hits, page, number, &has_commas, &mut reading.troubles);
        reading.holders.push(holder);
        wholes.push(whole);
    }
    if pages.is_empty() {
        let message = "the document has no cover page of a reporting person".to_owned();
        let (code, field) = (TroubleCode::HolderWithoutCover, FieldName::All);
        reading.troubles.push(Trouble { code, holder: None, field, span: None, message });
    }
    if pages.len() == pages::MOST_PAGES {
        let message = format!("cover pages after the first {} are left out", pages::MOST_PAGES);
        let (code, field) = (TroubleCode::LimitReached, FieldName::All);
        reading.troubles.push(Trouble { code, holder: None, field, span: None, message });
    }
    let schedule = reading.form.value().map(|form| form.schedule());
    reading.troubles.extend(rows_apart(text, hits, pages, schedule));
    reading.troubles.extend(parts::check_sums(&reading.holders, &wholes));
    let items = items::find(text, hits, &covers, &mut reading.troubles);
    agree::read(text, &items, reading);
    if pages.is_empty() {
        reading.holders.extend(uncovered::read(text, hits, &items, &reading.item_4));
    }
    words::in_text(text, &items, reading);
    reading.class_sizes = class_sizes(text);
    let signers = signers::Signers::of(&reading.holders);
    signatures::read(text, hits, &covers, &signers, reading);
    exhibits::read(text, hits, &items, &covers, &signers, reading);
    reading.items = items.into_iter().map(|(item, _)| item).collect();
}

/// Persons beside each other or in the lines of a table, of whom there is no cover page to read.
fn persons_unread(text: &text::Text, hits: &[Hit], pages: &[Page]) -> Vec<Trouble> {
    let body = text.as_str();
    let tables = tables::unread(body, hits, pages).into_iter();
    let tables = tables.map(|at| (at, "the persons of a table are not read"));
    let abreast = abreast::untold(body, hits);
    let abreast = abreast.map(|at| (at, "cover pages stand beside each other and are not read"));
    let told = tables.chain(abreast).map(|(at, message)| Trouble {
        code: TroubleCode::HolderWithoutCover,
        holder: None,
        field: FieldName::All,
        span: Some(text.span(at)),
        message: message.to_owned(),
    });
    told.collect()
}

/// Rows that stand apart from the cover pages, none of which has them: answered for all persons in
/// a sentence above a table of them, perhaps.
fn rows_apart(
    text: &text::Text,
    hits: &[Hit],
    pages: &[Page],
    schedule: Option<Schedule>,
) -> Vec<Trouble> {
    let end = pages.iter().map(|page| page.range().end).max().unwrap_or(0);
    let apart = |row: Row| {
        let printed = pages.iter().any(|page| page.rows.iter().any(|hit| hit.row == row));
        let mut above = hits.iter().take_while(|hit| hit.start < end && !printed);
        above.find(|hit| hit.label == Label::Row(row)).map(|hit| (row, text.span(hit.range())))
    };
    // A 13G has neither of the last two.
    let rows = [Row::Group, Row::Excludes, Row::Funds, Row::Legal];
    let found = rows.into_iter().take(if schedule == Some(Schedule::G) { 2 } else { 4 });
    let found = found.filter_map(apart);
    let told = found.map(|(row, span)| {
        let field = holders::field_name(row);
        let message = format!("the {field} row stands apart from the cover pages");
        let code = TroubleCode::RowMissing;
        Trouble { code, holder: None, field, span: Some(span), message }
    });
    told.collect()
}

/// The labels, with those of the title page that it lacks and has with a letter or two wrong.
fn with_misspelt<'a>(body: &str, hits: &'a [Hit], title: Range<usize>) -> Cow<'a, [Hit]> {
    let mut all = Cow::Borrowed(hits);
    for label in [Label::Issuer, Label::Class, Label::Cusip, Label::EventDate] {
        if hits.iter().any(|hit| hit.label == label && title.contains(&hit.start)) {
            continue;
        }
        if let Some(found) = misspelt::find(body, title.clone(), label) {
            let at = all.partition_point(|hit| hit.start < found.start);
            all.to_mut().insert(at, found);
        }
    }
    all
}

/// Where the last heading that names the schedule begins, above the date of the event that comes
/// before a place; the beginning where none stands on a line of its own.
fn title_heading(body: &str, hits: &[Hit], before: usize) -> usize {
    let date = hits.iter().rfind(|hit| hit.label == Label::EventDate && hit.start < before);
    let date = date.map_or(0, |hit| hit.start);
    let heading = |hit: &&Hit| {
        matches!(hit.label, Label::ScheduleD | Label::ScheduleG)
            && hit.start < date
            && pages::at_line_start(body, hit.start)
    };
    hits.iter().rfind(heading).map_or(0, |hit| hit.start)
}

/// What the text says percents are based on.
fn class_sizes(text: &text::Text) -> Vec<Field<Amount>> {
    let body = text.as_str();
    let found = outstanding::in_lines(body.as_bytes());
    found.into_iter().map(|(at, amount)| Field::stated(amount, text.span(at))).collect()
}
