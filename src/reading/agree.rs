//! Whether item 4 of a Schedule 13G says the same as the cover page of its one reporting person.
//! Knows nothing of layouts; with several persons item 4 may speak of any of them, and is left.

use std::ops::Range;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::reading::cells;
use crate::reading::lexeme::{self, Token};
use crate::reading::rows::{self, Said};
use crate::reading::text::Text;
use crate::terms::quantity::Percent;
use crate::terms::statement::{Item, Reading};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// How far after its caption an answer may stand.
const ANSWER: usize = 400;

/// Adds a trouble where the amount or the percent differs.
pub(crate) fn check(text: &Text, items: &[(Item, Range<usize>)], reading: &mut Reading) {
    let ownership = items.iter().filter(|(item, _)| {
        let heading = item.heading.value().map_or(String::new(), |h| lexeme::lower(h));
        item.number == 4 && heading.starts_with("ownership")
    });
    let ownership: Vec<&Range<usize>> = ownership.map(|(_, range)| range).collect();
    let ([_], [item]) = (reading.holders.as_slice(), ownership.as_slice()) else { return };
    let found = [amount(text, item, reading), percent(text, item, reading)];
    reading.troubles.extend(found.into_iter().flatten());
}

/// The tokens after a caption, up to the next one.
fn answer(text: &Text, item: &Range<usize>, caption: &str, next: &[&str]) -> Option<Vec<Token>> {
    let body = text.as_str();
    let lower = lexeme::lower(body.get(item.clone())?);
    let from = lower.find(caption)? + caption.len();
    let rest = lower.get(from..)?;
    let stop = next.iter().filter_map(|next| rest.find(next)).min()?.min(ANSWER);
    let mut end = item.start + from + stop;
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    Some(lexeme::tokens(body, item.start + from..end))
}

fn trouble(text: &Text, field: FieldName, at: Range<usize>, said: &str, cover: &str) -> Trouble {
    Trouble {
        code: TroubleCode::Contradiction,
        holder: Some(0),
        field,
        span: Some(text.span(at)),
        message: format!("item 4 gives {said} as the {field}, the cover page {cover}"),
    }
}

fn amount(text: &Text, item: &Range<usize>, reading: &Reading) -> Option<Trouble> {
    let cover = *reading.holders.first()?.aggregate.value()?;
    let tokens = answer(text, item, "amount beneficially owned", &["percent of class", "(b)"])?;
    let cell = cells::amounts(text.as_str(), &tokens);
    let [only] = cell.candidates.as_slice() else { return None };
    let said = only.amount.filter(|_| !only.hedged && !only.after_words)?;
    let same = said.decimal() == cover.decimal();
    (!same).then(|| {
        let range = only.range.clone();
        trouble(text, FieldName::Aggregate, range, &said.to_string(), &cover.to_string())
    })
}

fn percent(text: &Text, item: &Range<usize>, reading: &Reading) -> Option<Trouble> {
    let cover = *reading.holders.first()?.percent.value()?;
    let tokens = answer(text, item, "percent of class", &["number of shares", "(c)"])?;
    let Said::Value(said, range) = rows::percent(text.as_str(), &tokens, &[]) else { return None };
    let (Percent::Exact(a), Percent::Exact(b)) = (said, cover) else { return None };
    (!agree(a, b))
        .then(|| trouble(text, FieldName::Percent, range, &said.to_string(), &cover.to_string()))
}

/// Equal, or one is the other with fewer decimals, rounded or cut.
fn agree(a: Decimal, b: Decimal) -> bool {
    let scale = a.scale().min(b.scale());
    let ways = [RoundingStrategy::MidpointAwayFromZero, RoundingStrategy::ToZero];
    ways.into_iter()
        .any(|way| a.round_dp_with_strategy(scale, way) == b.round_dp_with_strategy(scale, way))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_no_contradiction() {
        let agrees = |a: &str, b: &str| agree(a.parse().unwrap(), b.parse().unwrap());
        assert!(agrees("5.5", "5.50") && agrees("5.08", "5.1") && agrees("9.96", "9.9"));
        assert!(!agrees("5.5", "5.6") && !agrees("14.25", "14.5") && !agrees("4", "5.0"));
    }
}
