//! Duties to file, with the days they were due by era, and what a filing's day says of them.
//! Knows no holder but by the percents of one filing.

use std::rc::Rc;

use rust_decimal::Decimal;

use crate::terms::calendar::{Period, days_after, days_between, end_of, rolled};
use crate::terms::quantity::Percent;
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Rule};
use crate::terms::time::Day;
use crate::view::life::Regime;
use crate::view::timeline::Standing;

/// A duty that a filing may have met, and the day it was due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duty {
    /// The rule.
    pub rule: &'static str,
    /// The duty in words.
    pub words: &'static str,
    /// The day it was due.
    pub due: Day,
}

/// Whether a filing came late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// By the due date of every duty it may have met.
    OnTime(Duty),
    /// After the due date of every duty it may have met: by at least so many days.
    Late {
        /// The duty with the latest due date.
        duty: Duty,
        /// Calendar days after it.
        days: i32,
    },
    /// It cannot be told.
    CannotTell {
        /// Why.
        why: String,
        /// Duties it may have met, where some can be named.
        may: Vec<Duty>,
    },
}

/// From this day on 13D's deadlines count in business days (Release 33-11253).
pub(crate) const D_SINCE: (i32, u8, u8) = (2024, 2, 5);
/// From this day on 13G's deadlines are the new ones.
pub(crate) const G_SINCE: (i32, u8, u8) = (2024, 9, 30);

pub(crate) fn since(day: (i32, u8, u8)) -> Option<Day> {
    Day::from_ymd(day.0, day.1, day.2)
}

/// A filing with the person of each of its rows.
#[derive(Clone, Copy, Debug)]
pub struct Covers<'a, 'b> {
    /// The filing.
    pub filing: &'a Standing<'b>,
    /// The persons.
    pub persons: &'a [usize],
}

impl<'a> Covers<'a, '_> {
    /// Each cover page with the person it is of.
    pub fn each(self) -> impl Iterator<Item = (usize, &'a Holder)> {
        self.persons.iter().copied().zip(&self.filing.filing.reading.holders)
    }
}

/// A filing's place in its chain: what tells whether it came late beside what it says itself.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a, 'b> {
    /// The chain's filings before it, in their order.
    pub before: &'a [Covers<'a, 'b>],
    /// The persons of its own rows.
    pub persons: &'a [usize],
    /// Whether amendments between it and the one before are not here.
    pub gap: bool,
    /// Of an original, whether its holders reported on Schedule 13D before.
    pub returns: bool,
    /// Of an original, whether somebody of it reports on its schedule already, in another chain.
    pub again: bool,
}

/// Late only where it is late by every duty it may have met, and on time likewise.
pub(crate) fn judged(mut duties: Vec<Duty>, filed: Day) -> Verdict {
    duties.sort_by_key(|duty| duty.due);
    let (Some(first), Some(last)) = (duties.first().copied(), duties.last().copied()) else {
        return Verdict::CannotTell { why: NO_CALENDAR.to_owned(), may: Vec::new() };
    };
    if filed <= first.due {
        return Verdict::OnTime(first);
    }
    if filed > last.due {
        return Verdict::Late { duty: last, days: days_between(last.due, filed) };
    }
    let words = |duty: Duty| format!("{}, due {}", duty.rule, duty.due);
    let why = format!("late by {}, and not by {}", words(first), words(last));
    Verdict::CannotTell { why, may: duties }
}

/// The words of the duties that are due by the year.
pub(crate) const YEARLY: &str = "45 days after the year";
/// The words of the duties that are due by the quarter.
pub(crate) const QUARTERLY: &str = "45 days after the quarter";

pub(crate) type Duties = Result<Vec<Duty>, &'static str>;

pub(crate) const NO_CALENDAR: &str = "the calendar is not known here for that year";

pub(crate) fn duty(
    rule: &'static str,
    words: &'static str,
    due: Option<Day>,
) -> Result<Duty, &'static str> {
    due.map(|due| Duty { rule, words, due }).ok_or(NO_CALENDAR)
}

pub(crate) fn after(event: Day, days: u32) -> Option<Day> {
    rolled(days_after(event, days)?)
}

/// What a 13G is due for by the year, and since the new rules by the quarter.
pub(crate) fn regular(rule: &'static str, event: Day) -> Duties {
    let end = |period| after(end_of(event, period)?, 45);
    let old = duty(rule, YEARLY, end(Period::Year));
    by_era(event, G_SINCE, old, duty(rule, QUARTERLY, end(Period::Quarter)))
}

/// An event before a new rule whose old deadline ends after it: both are possible.
pub(crate) fn by_era(
    event: Day,
    new_since: (i32, u8, u8),
    old: Result<Duty, &'static str>,
    new: Result<Duty, &'static str>,
) -> Duties {
    let Some(since) = since(new_since) else { return Err(NO_CALENDAR) };
    if event >= since {
        return Ok(vec![new?]);
    }
    let old = old?;
    if old.due < since {
        return Ok(vec![old]);
    }
    let mut new = new?;
    // Nothing is due by a rule before it is one: its first quarter is the one that ends then.
    if new.due < since && new.words == QUARTERLY {
        let first = end_of(since, Period::Quarter).and_then(|end| after(end, 45));
        new.due = first.ok_or(NO_CALENDAR)?;
    }
    Ok(if new.due < since { vec![old] } else { vec![old, new] })
}

pub(crate) fn rules(filing: &Standing) -> Rc<[Rule]> {
    Regime::of(&filing.filing).rules
}

/// The percent that a cover page states; none of the class's shares are 0 percent of it.
pub(crate) fn percent(holder: &Holder) -> Option<Percent> {
    let nothing = || holder.aggregate.value().is_some_and(|amount| amount.is_zero());
    match &holder.percent {
        Field::Stated { value, .. } => Some(*value),
        _ => nothing().then_some(Percent::Exact(Decimal::ZERO)),
    }
}

/// Whether some holder of the filing has more than ten percent; `None` where some row does not tell
/// and may have. A row without a percent is told by one of no fewer shares that has no more.
pub(crate) fn above_ten(filing: &Standing) -> Option<bool> {
    let holders = &filing.filing.reading.holders;
    let at_most_ten = |holder: &Holder| percent(holder)?.at_most(Decimal::TEN);
    if holders.iter().any(|holder| at_most_ten(holder) == Some(false)) {
        return Some(true);
    }
    let shares = |holder: &Holder| holder.aggregate.value().map(|amount| amount.decimal());
    let low = holders.iter().filter(|holder| at_most_ten(holder) == Some(true));
    let most = low.filter_map(shares).max();
    let told = |holder: &Holder| match (percent(holder), shares(holder)) {
        (Some(_), _) => at_most_ten(holder).is_some(),
        (None, Some(own)) => most.is_some_and(|most| own <= most),
        (None, None) => false,
    };
    (!holders.is_empty() && holders.iter().all(told)).then_some(false)
}
