//! When an amendment of a 13G was due: with the others of its year or quarter, or before them.
//! Knows of what was said before only what the filings of its chain say, as they are here.

use rust_decimal::Decimal;

use crate::terms::calendar::{Period, business_days_after, end_of, ends};
use crate::terms::quantity::Percent;
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Rule};
use crate::terms::time::Day;
use crate::view::duty::{
    Covers, Duty, G_SINCE, NO_CALENDAR, Place, Verdict, above_ten, after, by_era, duty, judged,
    percent, regular, rules, since,
};
use crate::view::timeline::Standing;

/// Whether an amendment tells of a change that is due early: the first time above ten percent, or
/// by more than five percent of the class from there (13d-2(c), (d)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moved {
    /// It does, and the holder's shares went the same way: not the size of the class alone.
    Yes,
    /// It does, but the shares did not go that way, or an amendment in between is not here.
    Perhaps,
    /// It does not.
    No,
    /// The filings that are here do not tell: the page before may have more than ten percent, and
    /// how much cannot be told.
    Untold,
    /// Nor do they where it is this one that may have more than ten.
    CannotTell,
}

/// Whether an amendment of a 13G came late (spec, section 17.9).
pub(crate) fn g_amendment(filing: &Standing, event: Day, filed: Day, place: Place) -> Verdict {
    told(filing, event, filed, place).unwrap_or_else(|why| cannot(why, Vec::new()))
}

fn cannot(why: &str, may: Vec<Duty>) -> Verdict {
    Verdict::CannotTell { why: why.to_owned(), may }
}

fn told(filing: &Standing, event: Day, filed: Day, place: Place) -> Result<Verdict, &'static str> {
    let usual = regular("13d-2(b)", event)?;
    let ticked = rules(filing);
    let exempt = !ticked.is_empty() && ticked.iter().all(|rule| *rule == Rule::D);
    let is_new = event >= since(G_SINCE).ok_or(NO_CALENDAR)?;
    let period = if is_new { Period::Quarter } else { Period::Year };
    // What is dated at the end of its period may be of any day in it.
    let regular = ends(event, period);
    let moved = moved(filing, place);
    let may_be_early = match moved {
        Moved::No => false,
        Moved::Yes | Moved::Perhaps => true,
        Moved::Untold => !regular,
        Moved::CannotTell => {
            above_ten(filing) != Some(false) && (!regular || place.before.is_empty())
        }
    };
    if exempt || !may_be_early {
        return Ok(judged(usual, filed));
    }
    let (early, promptly) = early(&ticked, event)?;
    // By 13d-1(d), which may be the one, nothing is due early.
    let may_be_exempt = ticked.is_empty() || ticked.contains(&Rule::D);
    let sure = moved == Moved::Yes && !regular && !may_be_exempt;
    let mut may = if sure && !promptly { early } else { [early, usual].concat() };
    if !promptly {
        return Ok(judged(may, filed));
    }
    // Promptly is no later than any number of days.
    match judged(may.clone(), filed) {
        late @ Verdict::Late { .. } => Ok(late),
        _ => {
            may.sort_by_key(|duty| duty.due);
            Ok(cannot(PROMPTLY, may))
        }
    }
}

const PROMPTLY: &str = "above 10% and changed by 5%, 13d-2(d) asked for it promptly, which is no \
    number of days";

/// What is due early by the rules that may be ticked, and whether one of them asks for it promptly.
fn early(ticked: &[Rule], event: Day) -> Result<(Vec<Duty>, bool), &'static str> {
    let may_be = |rule: Rule| ticked.is_empty() || ticked.contains(&rule);
    let (mut duties, mut promptly) = (Vec::new(), false);
    if may_be(Rule::B) {
        let month = end_of(event, Period::Month).ok_or(NO_CALENDAR)?;
        let old = "10 days after the month, above 10% and changed by 5%";
        let new = "5 business days after the month, above 10% and changed by 5%";
        let old = duty("13d-2(c)", old, after(month, 10));
        let new = duty("13d-2(c)", new, business_days_after(month, 5));
        duties.extend(by_era(event, G_SINCE, old, new)?);
    }
    if may_be(Rule::C) {
        promptly = event < since(G_SINCE).ok_or(NO_CALENDAR)?;
        let words = "2 business days after the event, above 10% and changed by 5%";
        let new = duty("13d-2(d)", words, business_days_after(event, 2))?;
        duties.extend((!promptly).then_some(new));
    }
    Ok((duties, promptly))
}

/// Whether any of its holders moved so since its last cover page in the chain.
fn moved(filing: &Standing, place: Place) -> Moved {
    // Of one without cover pages nothing is told.
    let uncovered = filing.filing.reading.holders.is_empty();
    let mut all = if uncovered { Moved::CannotTell } else { Moved::No };
    for (person, holder) in (Covers { filing, persons: place.persons }).each() {
        match holder_moved(person, holder, place.before) {
            Moved::Yes if !place.gap => return Moved::Yes,
            Moved::Yes | Moved::Perhaps => all = Moved::Perhaps,
            Moved::Untold if all != Moved::Perhaps => all = Moved::Untold,
            Moved::CannotTell if all == Moved::No => all = Moved::CannotTell,
            Moved::No if place.gap && all == Moved::No => all = Moved::CannotTell,
            Moved::Untold | Moved::CannotTell | Moved::No => {}
        }
    }
    all
}

fn holder_moved(person: usize, holder: &Holder, before: &[Covers]) -> Moved {
    let Some(now) = percent(holder) else { return Moved::CannotTell };
    let mut covers = before.iter().rev().flat_map(|covers| covers.each());
    // Blank or absent, what was said before stands; what cannot be read says something else.
    let says = |cover: &Holder| {
        percent(cover).is_some() || matches!(cover.percent, Field::Unreadable { .. })
    };
    let last = covers.find(|(whose, cover)| *whose == person && says(cover));
    let last = last.map(|(_, cover)| cover);
    if last.is_some_and(|cover| percent(cover).is_none()) {
        return Moved::Untold;
    }
    let Some((last, then)) = last.and_then(|last| Some((last, percent(last)?))) else {
        return match now.at_most(Decimal::TEN) {
            Some(true) => Moved::No,
            _ => Moved::CannotTell,
        };
    };
    // "Less than 15%" is on neither side of ten, nor is it told how far a percent moved to "less
    // than 8%".
    let Some(was_low) = then.at_most(Decimal::TEN) else { return Moved::Untold };
    let Some(is_low) = now.at_most(Decimal::TEN) else { return Moved::CannotTell };
    let exact = matches!(now, Percent::Exact(_));
    let (now, then) = (now.decimal(), then.decimal());
    let crossed = was_low && !is_low;
    let far = !was_low && (now - then).abs() > Decimal::from(5);
    if !crossed && !far {
        return if was_low || exact { Moved::No } else { Moved::Untold };
    }
    let shares = |cover: &Holder| cover.aggregate.value().map(|amount| amount.decimal());
    match shares(last).zip(shares(holder)) {
        Some((before, after)) if before != after && (after > before) == (now > then) => Moved::Yes,
        _ => Moved::Perhaps,
    }
}
