//! Reads parts of a holding out of what is kept of an issuer (spec, section 11.5).
//! Knows nothing of where they stand, nor of what is asked.

use std::rc::Rc;

use rust_decimal::Decimal;

use crate::terms::span::Span;
use crate::terms::statement::Rule;
use crate::terms::time::Day;
use crate::terms::trouble::TroubleCode;
use crate::view::bytes::In;
use crate::view::codes::TroubleCodes;
use crate::view::holding::Absence;
use crate::view::life::{Exit, Life, Regime};
use crate::view::projection_bytes::{ABSENCES, EVIDENCE, RULES, SCHEDULES};
use crate::view::status::Evidence;

/// The member of a closed list by its number.
pub(super) fn member<T>(list: &[T], number: u64) -> Option<&T> {
    list.get(usize::try_from(number).ok()?)
}

/// How many codes, and they.
pub(super) fn troubles(from: &mut In) -> Option<TroubleCodes> {
    let one = |from: &mut In| member(TroubleCode::ALL, from.number()?).copied();
    (0..from.count()?).map(|_| one(from)).collect()
}

/// Where it starts from the one before's start, and its length.
#[inline]
pub(super) fn span(from: &mut In, before: u64) -> Option<Span> {
    let start = before.wrapping_add_signed(from.signed()?);
    Some(Span::new(start, start.checked_add(from.number()?)?))
}

/// All its digits times 32, and how many of them are decimals.
#[inline]
pub(super) fn decimal(from: &mut In) -> Option<Decimal> {
    let number = from.wide()?;
    let (digits, scale) = (number / 32, (number % 32) as u32);
    let parts = [digits, digits >> 32, digits >> 64].map(|part| part as u32);
    let [low, middle, high] = parts;
    let fits = digits >> 96 == 0 && scale <= Decimal::MAX_SCALE;
    fits.then(|| Decimal::from_parts(low, middle, high, false, scale))
}

/// What tells a status, where anything does.
pub(super) fn evidence(from: &mut In) -> Option<Option<Evidence>> {
    Some(match from.maybe()? {
        Some(number) => Some(*member(&EVIDENCE, number)?),
        None => None,
    })
}

/// A day, in days since 1970.
pub(super) fn day(from: &mut In) -> Option<Day> {
    Day::try_from(i32::try_from(from.signed()?).ok()?).ok()
}

/// How a holder left a joint filing, where it did (spec, section 17.10).
pub(super) fn left(from: &mut In) -> Option<Option<(Day, u64, Absence)>> {
    if !from.flag()? {
        return Some(None);
    }
    let (since, entry) = (day(from)?, from.number()?);
    Some(Some((since, entry, *member(&ABSENCES, from.number()?)?)))
}

/// Lists of rules read so far, by their bytes: nearly all holders have one of three.
pub(super) type Seen<'a> = Vec<(&'a [u8], Rc<[Rule]>)>;

/// The rules ticked on a 13G, a byte each.
fn rules<'a>(from: &mut In<'a>, seen: &mut Seen<'a>) -> Option<Rc<[Rule]>> {
    let count = from.count()?;
    let bytes = from.take(count)?;
    if let Some((_, rules)) = seen.iter().find(|(own, _)| *own == bytes) {
        return Some(Rc::clone(rules));
    }
    let rule = |byte: &u8| member(&RULES, u64::from(*byte)).copied();
    let rules: Rc<[Rule]> = bytes.iter().map(rule).collect::<Option<_>>()?;
    seen.push((bytes, Rc::clone(&rules)));
    Some(rules)
}

/// A holder's life in the class (spec, section 17.8).
pub(super) fn life<'a>(from: &mut In<'a>, seen: &mut Seen<'a>) -> Option<Life> {
    let (number, began, began_in) = (from.place()?, day(from)?, from.number()?);
    let schedule = match from.maybe()? {
        Some(number) => Some(*member(&SCHEDULES, number)?),
        None => None,
    };
    let rules = rules(from, seen)?;
    let mut exit = None;
    if from.flag()? {
        let (since, entry) = (day(from)?, from.number()?);
        let evidence = evidence(from)??;
        let stated = if from.flag()? { Some(day(from)?) } else { None };
        exit = Some(Exit { since, entry, evidence, stated });
    }
    Some(Life { number, began, began_in, regime: Regime { schedule, rules }, exit })
}
