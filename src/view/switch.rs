//! What it means that somebody reports in another chain than before, or closes a statement.
//! Knows two chains of one class, and one row; folds nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::terms::time::Day;
use crate::view::cover::first_read;
use crate::view::crossing::Held;
use crate::view::fold::Row;
use crate::view::history::Changes;
use crate::view::holding::{ChainState, Holding};
use crate::view::status;

/// Everybody with a cover page on a filing, and for each chain that was asked about whether all of
/// them have one there, told once: filings and chains of thousands are.
pub(super) struct Joint<'a> {
    persons: &'a [usize],
    told: RefCell<BTreeMap<u64, bool>>,
}

impl<'a> Joint<'a> {
    pub(super) fn of(persons: &'a [usize]) -> Self {
        Self { persons, told: RefCell::default() }
    }

    /// Whether somebody files it who does not report in a chain.
    fn with_others_than(&self, chain: &ChainState) -> bool {
        *self.told.borrow_mut().entry(chain.chain.id).or_insert_with(|| {
            let there: BTreeSet<usize> = chain.members.iter().map(|one| one.person).collect();
            !self.persons.iter().all(|person| there.contains(person))
        })
    }
}

/// A holder's last report, in another chain.
#[derive(Clone, Copy)]
pub(super) struct Elsewhere<'a> {
    /// The report.
    pub(super) last: &'a Holding,
    /// The day of its exit since, if it had one.
    pub(super) exit: Option<Day>,
    /// Its chain.
    pub(super) there: &'a ChainState,
    /// The chain that the holder is on a cover page of now.
    pub(super) here: &'a ChainState,
    /// Whether the two are on different schedules.
    pub(super) switches: bool,
    /// Whether it has a cover page in this chain before.
    pub(super) known_here: bool,
}

impl Elsewhere<'_> {
    /// Tells the change of the schedule. After an exit it is none but a new life; on one day it may
    /// be both. Returns whether it is one.
    pub(super) fn switched(self, row: Row, held: &Held, changes: &mut Changes) -> bool {
        let Self { last, there, here, .. } = self;
        if self.exit.is_some_and(|exit| exit < row.whose.filing.true_since()) {
            return false;
        }
        let (from, to) = (there.schedule(), here.schedule());
        let how = format!("from Schedule {from}, chain {}, to Schedule {to}", last.chain);
        let first = first_read(row.whose.filing, row.index, row.holder);
        let now = &first.unwrap_or(row.holder).percent;
        changes.switched(row.whose, last.percent_known(), held, now, how);
        true
    }

    /// Whether an amendment of this chain closes it, and says nothing of what stands elsewhere
    /// (spec, section 17.8).
    pub(super) fn is_closed_by(self, row: Row) -> bool {
        let (filing, last) = (row.whose.filing, self.last);
        // Of those who file together each may go another way: the own row tells.
        let exits = status::says_out(&filing.filing, row.index);
        let same_day = last.entry == last.chain && last.since == filing.true_since();
        let closes = match self.switches {
            true => exits || same_day,
            // Whoever files alone amends under an original's form at times: what it says last of
            // itself then stands, in whatever chain. So does what a row says that has shares.
            false => {
                let shares = row.holder.aggregate.value().is_some_and(|own| !own.is_zero());
                exits && (same_day || (!shares && row.joint.with_others_than(self.there)))
            }
        };
        self.known_here && filing.amends() && self.exit.is_none() && closes
    }

    /// What is closed, and what stands.
    pub(super) fn words(self) -> String {
        let (here, there) = (self.here.schedule(), self.there.schedule());
        let (closed, chain) = (self.here.chain.id, self.last.chain);
        format!("closes Schedule {here}, chain {closed}; Schedule {there}, chain {chain}, stands")
    }
}
