//! Thresholds that a percent goes through: five, up and down, and one percent of the class.
//! Knows two values of one row; whose they are, and what is told of them, `history` knows.

use rust_decimal::Decimal;

use crate::terms::quantity::Percent;
use crate::terms::time::Instant;
use crate::view::row::Value;
use crate::view::status::at_most_five;

/// A threshold that a percent went through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crossing {
    /// From five percent or less to more than five (13d-1).
    AboveFive,
    /// From more than five percent to five or less (13d-2).
    ToFiveOrLess,
    /// By one percent of the class or more: deemed material (13d-2(a)).
    OnePercent,
}

impl Crossing {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Crossing::AboveFive => "above-5",
            Crossing::ToFiveOrLess => "to-5-or-less",
            Crossing::OnePercent => "by-1",
        }
    }

    /// With five gone through upwards, where a holder that had exited says more again.
    pub(super) fn back(again: bool, mut found: Vec<Self>) -> Vec<Self> {
        if again && !found.contains(&Crossing::AboveFive) {
            found.insert(0, Crossing::AboveFive);
        }
        found
    }

    /// Those between two percents. A bound such as "less than 1%" crosses five, and moves by one
    /// only where every percent under it would.
    fn between(from: Percent, to: Percent) -> Vec<Self> {
        let mut found = Vec::new();
        // A five that is printed is on neither side: what comes from it may have been on the other.
        let may = |of: bool| match from {
            Percent::Exact(_) => at_most_five(from) != Some(!of),
            Percent::LessThan(_) => at_most_five(from) == Some(of),
        };
        match at_most_five(to) {
            Some(false) if may(true) => found.push(Crossing::AboveFive),
            Some(true) if may(false) => found.push(Crossing::ToFiveOrLess),
            _ => {}
        }
        let moved = match (from, to) {
            (Percent::Exact(a), Percent::Exact(b)) => (a - b).abs() >= Decimal::ONE,
            (Percent::LessThan(bound), Percent::Exact(p))
            | (Percent::Exact(p), Percent::LessThan(bound)) => p - bound >= Decimal::ONE,
            _ => false,
        };
        if moved {
            found.push(Crossing::OnePercent);
        }
        found
    }
}

/// What a percent is held against (spec, section 17.12).
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The percent that stood before, and when that became known; nothing where none could be
    /// read.
    pub percent: Option<(Value, Instant)>,
    /// Whether the holder has exited since.
    pub exited: bool,
}

/// What a percent went through, and when what it is held against became known.
pub(super) struct Gone {
    pub(super) crossed: Vec<Crossing>,
    /// Whether it is above 5 and held against nothing.
    pub(super) first: bool,
    pub(super) known: Option<Instant>,
}

impl Held {
    /// What a percent went through since.
    pub(super) fn to(&self, now: Option<&Value>) -> Gone {
        let (above, stood) = (is_above_five(now), self.percent.as_ref());
        let crossed = crossed(stood.map(|(value, _)| value), now);
        Gone {
            crossed: Crossing::back(self.exited && above, crossed),
            first: above && stood.is_none(),
            known: stood.map(|(_, known)| *known),
        }
    }
}

/// Whether a value is a percent above 5.
pub fn is_above_five(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Percent(percent)) => percent.at_most(Decimal::from(5)) == Some(false),
        _ => false,
    }
}

/// The thresholds between two values of a row, where both are percents.
pub fn crossed(before: Option<&Value>, now: Option<&Value>) -> Vec<Crossing> {
    match (before, now) {
        (Some(Value::Percent(from)), Some(Value::Percent(to))) => Crossing::between(*from, *to),
        _ => Vec::new(),
    }
}
