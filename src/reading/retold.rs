//! Tables that tell again what the cover pages say: in an item, or of the same persons.
//! Knows nothing of values, and takes no table for one that has a person besides.

use std::ops::Range;

use crate::reading::items;
use crate::reading::labels::{Hit, Label, Row};
use crate::reading::pages::Page;

/// Whether a table of so many persons stands in the items behind as many cover pages or more,
/// without the rows that these have besides; `heads` are the labels at the head of its columns.
pub(super) fn in_items(
    body: &str,
    hits: &[Hit],
    pages: &[Page],
    heads: &[Hit],
    persons: usize,
) -> bool {
    let (Some(cover), Some(first)) = (pages.first(), heads.first()) else { return false };
    let own = |row: Row| heads.iter().any(|hit| hit.label == Label::Row(row));
    persons <= pages.len()
        && ![Row::Group, Row::Citizenship, Row::Type].into_iter().any(own)
        && items::ends_inside(body, hits, cover.range().start..first.start)
}

/// Whether every one of these names stands in the first row of a cover page of its own.
pub(super) fn all_told<'a>(
    body: &str,
    pages: &[Page],
    mut names: impl Iterator<Item = &'a Range<usize>>,
) -> bool {
    const LONGEST: usize = 600;
    let letters = |range: Range<usize>| -> String {
        let said = body.get(range).unwrap_or("").chars();
        said.filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let row = |page: &Page| {
        let from = page.rows.first().map_or(page.end, |hit| hit.end);
        let to = page.rows.get(1).map_or(page.end, |hit| hit.start).min(from + LONGEST);
        letters(from..to.max(from))
    };
    let mut rows: Vec<String> = pages.iter().map(row).collect();
    // One cover page for several persons tells what none of them holds.
    let mut told = |name: String| {
        let own = |(_, row): &(usize, &String)| !name.is_empty() && row.contains(&name);
        // "Quay Fund" is named by its own page rather than by that of "Quay Fund GP".
        let nearest = rows.iter().enumerate().filter(own).min_by_key(|(_, row)| row.len());
        let at = nearest.map(|(at, _)| at);
        at.map(|at| rows.swap_remove(at)).is_some()
    };
    names.all(|name| told(letters(name.clone())))
}
