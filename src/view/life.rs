//! The lives of a holder in a class: from a first report to an exit, and again.
//! Knows nothing of what the filings say of anybody else's class.

use std::rc::Rc;

use crate::ledger::event::FilingRecorded;
use crate::terms::statement::{Rule, Schedule};
use crate::terms::time::Day;
use crate::view::status::{Evidence, Status};
use crate::view::timeline::Standing;

/// An exit, and what tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// The day since which the filing is true.
    pub since: Day,
    /// The filing that says so.
    pub entry: u64,
    /// What tells it.
    pub evidence: Evidence,
    /// The day of it, where Item 5(e) of a 13D states one.
    pub stated: Option<Day>,
}

/// A holder's lives in a class: each from its first report to its exit (spec, section 17.8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Life {
    /// Which life this is, from 1.
    pub number: u32,
    /// The day since which its first filing is true.
    pub began: Day,
    /// That filing's entry.
    pub began_in: u64,
    /// How it reports: the schedule and the rule of its last filing.
    pub regime: Regime,
    /// How it ended, where it did.
    pub exit: Option<Exit>,
}

/// Under which duty a holder reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regime {
    /// The schedule; `None` where the form cannot be read.
    pub schedule: Option<Schedule>,
    /// The rules ticked on a 13G; of an answer most holders share theirs.
    pub rules: Rc<[Rule]>,
}

impl Regime {
    /// That of one filing.
    pub fn of(filing: &FilingRecorded) -> Self {
        let rules = filing.reading.rules.iter().filter_map(|rule| rule.value().copied());
        Self { schedule: filing.form().map(|form| form.schedule()), rules: rules.collect() }
    }

    /// As printed: `13D`, `13G`, `13G (13d-1(b))`.
    pub fn words(&self) -> String {
        match self.schedule {
            None => "unknown".to_owned(),
            Some(Schedule::D) => "13D".to_owned(),
            Some(Schedule::G) if self.rules.is_empty() => "13G".to_owned(),
            Some(Schedule::G) => {
                let rules: Vec<&str> = self.rules.iter().map(|rule| rule.as_str()).collect();
                format!("13G ({})", rules.join(", "))
            }
        }
    }
}

/// What one more filing makes of a life: the first begins one, and after an exit one that says more
/// than five percent, or an original, begins another. Returns whether this filing is the exit.
pub fn live(life: &mut Option<Life>, filing: &Standing, index: usize) -> bool {
    let (status, evidence) = filing.status(index);
    let ended = life.as_ref().is_some_and(|life| life.exit.is_some());
    let again = status == Status::Holding || !filing.amends();
    if life.is_none() || (ended && again) {
        let number = life.as_ref().map_or(0, |life| life.number) + 1;
        let (since, began_in) = (filing.true_since(), filing.entry());
        let began = filing.event_date().filter(|event| *event <= since).unwrap_or(since);
        let regime = Regime::of(&filing.filing);
        *life = Some(Life { number, began, began_in, regime, exit: None });
    }
    let Some(life) = life else { return false };
    life.regime = Regime::of(&filing.filing);
    match (status, evidence, life.exit) {
        (Status::Exited, Some(evidence), None) => {
            let (since, entry) = (filing.true_since(), filing.entry());
            let stated = filing.filing.reading.item_5.ceased_on.value().copied();
            life.exit = Some(Exit { since, entry, evidence, stated });
            true
        }
        _ => false,
    }
}
