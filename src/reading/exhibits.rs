//! What a filing says of other papers: the exhibits it lists, a joint filing agreement it holds,
//! the earlier statement it names. Knows nothing of cover pages.

use std::ops::Range;

use memchr::memmem;

use crate::reading::dates;
use crate::reading::earlier;
use crate::reading::exhibit_list::listed;
use crate::reading::html;
use crate::reading::labels::{self, Hit, Label};
use crate::reading::lexeme;
use crate::reading::pages::{Covers, at_line_start};
use crate::reading::signatures;
use crate::reading::signers::Signers;
use crate::reading::text::{self, PAGE, Text, is_mark, near};
use crate::terms::span::Field;
use crate::terms::statement::{Agreement, Exhibit, Item, Reading};

/// More of anything than a filing has; the rest is left out.
const MOST: usize = 100;

/// Reads exhibits, agreements and earlier dates into `reading`.
pub(crate) fn read(
    text: &Text,
    hits: &[Hit],
    items: &[(Item, Range<usize>)],
    covers: &Covers,
    signers: &Signers,
    reading: &mut Reading,
) {
    for (item, range) in items.iter().filter(|(item, _)| item.number == 7) {
        let heading = item.heading.value().map_or(String::new(), |h| lexeme::lower(h));
        let titles = ["material", "exhibit", "is hereby", "is amended", "of the s", "of schedule"];
        if titles.iter().any(|title| heading.starts_with(title)) {
            reading.exhibits.extend(listed(text, range.clone()));
        }
    }
    if reading.exhibits.is_empty() {
        reading.exhibits = indexed(text, hits, covers, items);
    }
    let last = items.last().map(|(_, range)| range.end);
    let last = last.or(covers.last().map(|cover| cover.end)).unwrap_or(0);
    reading.earlier = earlier::dates(text, 0..last, signers);
    agreements(text, hits, items, covers, signers, reading);
}

/// The exhibits of a page that is headed as their index, after the items.
fn indexed(
    text: &Text,
    hits: &[Hit],
    covers: &Covers,
    items: &[(Item, Range<usize>)],
) -> Vec<Exhibit> {
    const LONGEST_INDEX: usize = 8000;
    let body = text.as_str();
    let after = items.last().map_or(0, |(_, range)| range.end);
    let is_index = |hit: &&Hit| {
        let words = lexeme::lower(body.get(hit.range()).unwrap_or(""));
        let words: String = words.chars().filter(char::is_ascii_alphabetic).collect();
        hit.start >= after && words == "exhibitindex" && at_line_start(body, hit.start)
    };
    let Some(hit) = hits.iter().find(is_index) else { return Vec::new() };
    let stop = covers.next_after(hit.end).unwrap_or(body.len());
    let part = near(body, hit.end, LONGEST_INDEX.min(stop.saturating_sub(hit.end)));
    let page = part.find(PAGE).unwrap_or(part.len());
    let mut found = listed(text, hit.end..hit.end + page);
    // The exhibits themselves follow: a letter that comes again heads one of them.
    let again = (1..found.len()).find(|index| {
        let label = found.get(*index).and_then(|exhibit| exhibit.label.value());
        found.iter().take(*index).any(|before| before.label.value() == label)
    });
    found.truncate(again.unwrap_or(found.len()));
    found
}

/// Reads the joint filing agreement that is a document of its own, among its submission's exhibits.
pub(crate) fn in_document(received: &[u8], body: Range<usize>, reading: &mut Reading) {
    const LONGEST_DOCUMENT: usize = 1 << 16;
    let bytes = received.get(body.clone()).unwrap_or_default();
    if bytes.len() > LONGEST_DOCUMENT || !jointly(&String::from_utf8_lossy(bytes)) {
        return;
    }
    let text = match html::is_markup(bytes) {
        true => html::read(received, body),
        false => text::read(received, body),
    };
    let hits = labels::find(text.as_str());
    let signers = Signers::of(&reading.holders);
    let before = reading.agreements.len();
    agreements(&text, &hits, &[], &Covers::of(&[]), &signers, reading);
    let whole = 0..text.as_str().len();
    if reading.agreements.len() == before {
        reading.agreements.extend(unsigned(&text, whole, reading));
    }
}

/// An agreement under which names stand and no signatures: those of the reporting persons among
/// them are its parties, if there are two.
fn unsigned(text: &Text, range: Range<usize>, reading: &Reading) -> Option<Agreement> {
    let lower = lexeme::lower(text.cut(range.clone()));
    let starts = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    if !starts.contains("agree") {
        return None;
    }
    let names = reading.holders.iter().filter_map(|h| h.name.value());
    let parties: Vec<Field<String>> = names
        .filter_map(|name| {
            let at = memmem::find(lower.as_bytes(), lexeme::lower(name).as_bytes())?;
            let at = range.start + at..range.start + at + name.len();
            Some(Field::stated(text.cut(at.clone()).to_owned(), text.span(at)))
        })
        .collect();
    let dates = dates::dates(text.as_str(), range.clone());
    let date = match dates.as_slice() {
        [only] => only.day.map(|day| Field::stated(day, text.span(only.range.clone()))),
        _ => None,
    };
    let span = Some(text.span(range));
    (parties.len() > 1).then(|| Agreement { parties, date: date.unwrap_or_default(), span })
}

/// Whether words speak of filing for several persons at once.
fn jointly(words: &str) -> bool {
    let words = lexeme::lower(words);
    ["jointly", "joint filing", "on behalf of each"].iter().any(|word| words.contains(word))
}

/// The exhibits that the text of an XML element lists; references in their titles are resolved.
pub(crate) fn in_element(received: &[u8], range: Range<usize>) -> Vec<Exhibit> {
    let element = received.get(range.clone()).unwrap_or_default();
    // The element that holds the text begins before it and ends after it.
    let start = memchr::memchr(b'>', element).map_or(range.start, |at| range.start + at + 1);
    let end = memchr::memrchr(b'<', element).map_or(range.end, |at| range.start + at);
    let text = text::read(received, start..end.max(start));
    listed(&text, 0..text.as_str().len())
}

/// Agreements to file jointly that stand in the document itself, after the items.
fn agreements(
    text: &Text,
    hits: &[Hit],
    items: &[(Item, Range<usize>)],
    covers: &Covers,
    signers: &Signers,
    reading: &mut Reading,
) {
    let body = text.as_str();
    let mut done = items.last().map_or(0, |(_, range)| range.end);
    for hit in hits.iter().filter(|hit| hit.label == Label::Exhibit) {
        let covered = covers.at(hit.start).is_some();
        let told = lexeme::lower(body.get(hit.range()).unwrap_or(""));
        // In a text without lines only capitals tell a heading from what is spoken of.
        let headed = at_line_start(body, hit.start)
            || body.get(hit.range()).is_some_and(|label| label.starts_with("JOINT FILING"));
        let named = told.contains("agreement") && headed;
        if hit.start < done || covered || !named || reading.agreements.len() == MOST {
            continue;
        }
        if !jointly(near(body, hit.end, 2500)) {
            continue;
        }
        let stop = covers.next_after(hit.end);
        let end = signatures::block_end(body, hit.end, stop.unwrap_or(body.len()), hits);
        // Nothing is looked through twice, whatever comes of it.
        done = end;
        let signed = signatures::block(text, hit.end..end, signers).signed;
        // Every signature of a block has the block's date.
        let Some(date) = signed.first().map(|first| first.date.clone()) else { continue };
        let parties: Vec<Field<String>> = signed.into_iter().map(|s| s.name).collect();
        // One alone agrees with nobody: the others sign in a way that was not understood.
        let parties = if parties.len() > 1 { parties } else { Vec::new() };
        let printed = text.cut(hit.start..end);
        let last = printed.trim_end_matches(|c: char| is_mark(c) || c == ' ').len();
        let span = Some(text.span(hit.start..hit.start + last));
        reading.agreements.push(Agreement { parties, date, span });
    }
}
