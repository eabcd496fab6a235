//! What the other statements of a class tell of a filing's duties: whether its holders report on
//! its schedule already, come back from a Schedule 13D, or report on the other schedule by then.
//! Knows who has a cover page where and when, and no deadlines (spec, section 17.9).

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::statement::Schedule;
use crate::terms::time::{Day, Instant};
use crate::view::chain::{Chain, Link};
use crate::view::holding::FoldedClass;
use crate::view::status::Status;
use crate::view::timeline::Standing;

/// The order of filings: the day since which one is true, when it became known, its entry.
type Order = (Day, Instant, u64);

fn order(link: &Link) -> Order {
    (link.true_since, link.known_since, link.entry)
}

/// Each cover page of somebody in one chain, and whether it says that he is out.
type Rows = Vec<(Order, bool)>;

/// The statements of a class, with who has cover pages in them.
pub(crate) struct Beside<'a, 'b> {
    chains: Vec<&'a Chain>,
    filings: BTreeMap<u64, &'a Standing<'b>>,
    /// By person, by the place of the chain.
    rows: BTreeMap<usize, BTreeMap<usize, Rows>>,
}

impl<'a, 'b> Beside<'a, 'b> {
    pub(crate) fn of(class: &'a FoldedClass, filings: &BTreeMap<u64, &'a Standing<'b>>) -> Self {
        let chains: Vec<&Chain> = class.chains.iter().map(|state| &state.chain).collect();
        let mut rows: BTreeMap<usize, BTreeMap<usize, Rows>> = BTreeMap::new();
        for (at, chain) in chains.iter().enumerate() {
            for link in &chain.links {
                let Some(filing) = filings.get(&link.entry) else { continue };
                for (index, person) in link.persons.iter().enumerate() {
                    let out = filing.status(index).0 == Status::Exited;
                    let own = rows.entry(*person).or_default().entry(at).or_default();
                    own.push((order(link), out));
                }
            }
        }
        Self { chains, filings: filings.clone(), rows }
    }

    /// The filing of a link, where it counts.
    pub(crate) fn filing(&self, link: &Link) -> Option<&'a Standing<'b>> {
        self.filings.get(&link.entry).copied()
    }

    /// The chains in their order.
    pub(crate) fn chains(&self) -> impl Iterator<Item = (usize, &'a Chain)> {
        self.chains.iter().copied().enumerate()
    }

    fn began(&self, chain: usize) -> Option<Order> {
        self.chains.get(chain)?.links.first().map(order)
    }

    fn schedule(&self, chain: usize) -> Option<Schedule> {
        self.chains.get(chain)?.schedule
    }

    /// Who has a cover page on a filing or, where none was read, anywhere in its chain.
    fn persons(&self, here: usize, link: &Link) -> BTreeSet<usize> {
        if !link.persons.is_empty() {
            return link.persons.iter().copied().collect();
        }
        let links = self.chains.get(here).into_iter().flat_map(|chain| &chain.links);
        links.flat_map(|link| &link.persons).copied().collect()
    }

    /// Somebody's cover pages in all chains but one.
    fn elsewhere(&self, here: usize, person: usize) -> impl Iterator<Item = (usize, &Rows)> {
        let all = self.rows.get(&person).into_iter().flatten();
        all.map(|(at, rows)| (*at, rows)).filter(move |(at, _)| *at != here)
    }

    /// Whether somebody of it reports on the same schedule already, in another chain that did not
    /// end with an exit of all: what calls itself a first report may be none.
    pub(crate) fn again(&self, here: usize, link: &Link) -> bool {
        let persons = self.persons(here, link);
        let same = |at: usize| {
            self.schedule(at).is_some()
                && self.schedule(at) == self.schedule(here)
                && self.began(at) < self.began(here)
        };
        persons.into_iter().any(|person| {
            self.elsewhere(here, person).any(|(at, rows)| {
                same(at)
                    && rows.first().is_some_and(|(first, _)| *first < order(link))
                    && self.goes_on(at, link.true_since)
            })
        })
    }

    /// Whether the last filing of a chain up to a day says of somebody that he is not out.
    fn goes_on(&self, chain: usize, day: Day) -> bool {
        let Some(links) = self.chains.get(chain).map(|chain| &chain.links) else { return false };
        let upto = links.partition_point(|link| link.true_since <= day);
        let last = upto.checked_sub(1).and_then(|at| links.get(at));
        last.and_then(|link| self.filing(link)).is_some_and(|last| {
            let holders = 0..last.filing.reading.holders.len();
            let out = |at: usize| last.status(at).0 == Status::Exited;
            holders.is_empty() || !holders.into_iter().all(out)
        })
    }

    /// Whether somebody of it had his last cover page before it, in all other chains, on a Schedule
    /// 13D, and was not out there.
    pub(crate) fn returns(&self, here: usize, link: &Link) -> bool {
        self.persons(here, link).into_iter().any(|person| {
            let before = self.elsewhere(here, person).filter_map(|(at, rows)| {
                let upto = rows.partition_point(|(one, _)| *one < order(link));
                let (when, out) = rows.get(upto.checked_sub(1)?)?;
                Some((when, at, *out))
            });
            let last = before.max();
            last.is_some_and(|(_, at, out)| self.schedule(at) == Some(Schedule::D) && !out)
        })
    }

    /// Since when somebody who has a cover page in a chain up to a filing has one in a chain on the
    /// other schedule that began no earlier, and is not out there by the filing's day.
    pub(crate) fn gone(&self, here: usize, link: &Link) -> Option<Day> {
        let chain = self.chains.get(here)?;
        let upto = chain.links.iter().take_while(|one| order(one) <= order(link));
        let mut persons: BTreeSet<usize> = upto.flat_map(|one| &one.persons).copied().collect();
        if persons.is_empty() {
            persons = self.persons(here, link);
        }
        let day = |at: usize| self.began(at).map(|(day, ..)| day);
        let other = |at: usize| {
            let (own, there) = (self.schedule(here), self.schedule(at));
            own.is_some() && there.is_some() && own != there && day(at) >= day(here)
        };
        let found = persons.into_iter().flat_map(|person| {
            self.elsewhere(here, person).filter(|(at, _)| other(*at)).filter_map(|(_, rows)| {
                let upto = rows.partition_point(|((since, ..), _)| *since <= link.true_since);
                let (_, out) = rows.get(upto.checked_sub(1)?)?;
                let ((since, ..), _) = rows.first().filter(|_| !out)?;
                Some(*since)
            })
        });
        found.min()
    }
}
