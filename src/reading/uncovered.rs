//! A 13G without cover pages: its one reporting person as items 2 and 4 speak of it.
//! Knows nothing of cover pages; where the items do not give every number, it reads nobody.

use std::ops::Range;

use crate::reading::labels::{Hit, Label, Row};
use crate::reading::lexeme;
use crate::reading::rows;
use crate::reading::text::{Text, is_mark};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Item, ItemFour};

/// The longest name or place.
const LONGEST: usize = 400;

/// The person of items 2 and 4, if they speak of one and give the six numbers of a cover page.
pub(crate) fn read(
    text: &Text,
    hits: &[Hit],
    items: &[(Item, Range<usize>)],
    four: &ItemFour,
) -> Option<Holder> {
    let powers =
        [&four.sole_voting, &four.shared_voting, &four.sole_dispositive, &four.shared_dispositive];
    let whole = powers.iter().all(|power| power.is_stated())
        && four.amount.is_stated()
        && four.percent.is_stated();
    let mut twos = items.iter().filter(|(item, _)| item.number == 2);
    let (Some(from), true) = (twos.next().map(|(_, range)| range.start), whole) else {
        return None;
    };
    let to = items.iter().filter(|(item, _)| item.number > 2).map(|(_, range)| range.start).min();
    let range = from..to.unwrap_or(text.as_str().len()).max(from);
    let name = answer(text, hits, &range, |hit| {
        hit.label == Label::Elsewhere && lexeme::lower(text.cut(hit.range())).starts_with("name")
    })?;
    let listed = lexeme::lower(text.cut(name.clone()));
    if listed.contains(';') || listed.contains("above") || listed.contains("cover page") {
        return None;
    }
    let place = answer(text, hits, &range, |hit| hit.label == Label::Row(Row::Citizenship));
    Some(Holder {
        name: stated(text, name)?,
        citizenship: place.and_then(|place| stated(text, place)).unwrap_or_default(),
        sole_voting: four.sole_voting.clone(),
        shared_voting: four.shared_voting.clone(),
        sole_dispositive: four.sole_dispositive.clone(),
        shared_dispositive: four.shared_dispositive.clone(),
        aggregate: four.amount.clone(),
        percent: four.percent.clone(),
        ..Holder::default()
    })
}

/// What stands between the only label of a kind in a stretch and what comes next.
fn answer(
    text: &Text,
    hits: &[Hit],
    range: &Range<usize>,
    wanted: impl Fn(&Hit) -> bool,
) -> Option<Range<usize>> {
    let first = hits.partition_point(|hit| hit.start < range.start);
    let inside = || hits.iter().skip(first).take_while(|hit| hit.start < range.end);
    let mut found = inside().filter(|hit| wanted(hit));
    let (hit, None) = (found.next()?, found.next()) else { return None };
    let end = inside().find(|next| next.start >= hit.end).map_or(range.end, |next| next.start);
    let printed = text.cut(hit.end..end);
    // "(b) Address": the next part of the item has no label of its own.
    let next = printed.match_indices('(').map(|(at, _)| at).find(|at| {
        let head = printed.get(..*at).unwrap_or("").trim_end_matches([' ', '*']);
        let letter = printed.get(at + 1..at + 3).is_some_and(|letter| letter.ends_with(')'));
        letter && head.ends_with(is_mark)
    });
    let printed = printed.get(..next.unwrap_or(printed.len()))?;
    let blank = |c: char| is_mark(c) || matches!(c, ' ' | '.' | ':' | '-' | '*');
    let start = hit.end + printed.len() - printed.trim_start_matches(blank).len();
    let end = hit.end + printed.trim_end_matches(|c: char| is_mark(c) || c == ' ').len();
    (start < end && end - start <= LONGEST).then_some(start..end)
}

fn stated(text: &Text, at: Range<usize>) -> Option<Field<String>> {
    let (words, at) = rows::words(text.as_str(), std::slice::from_ref(&at))?;
    words.contains(char::is_alphabetic).then(|| Field::stated(words, text.span(at)))
}
