//! Which filings of a class are one statement and its amendments, each join with its reason.
//! Knows who the rows' persons are, and nothing of what the rows say.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::Event;
use crate::terms::id::Accession;
use crate::terms::statement::{Form, Schedule};
use crate::terms::time::{Day, Instant};
use crate::view::printed::Printed;
use crate::view::timeline::{Noted, Standing};
use crate::view::uncovered::{Common, Parties, is_uncovered};

/// Why a filing stands in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Join {
    /// It is an original: it starts the chain.
    Original {
        /// What its header names all the same: a statement of others.
        not: Option<Accession>,
    },
    /// Its header names a filing of the chain.
    Pointer {
        /// The filing it names.
        accession: Accession,
        /// Whether that filing counts here.
        counts: bool,
        /// Whether that filing was left out on purpose.
        skipped: bool,
        /// The entry of that filing where it is here, but on the other schedule.
        elsewhere: Option<u64>,
        /// The entry of that filing where it is here, but about another class.
        other_class: Option<u64>,
        /// The entry of that filing where it is recorded and does not count.
        recorded: Option<u64>,
    },
    /// It amends a statement on the same schedule by some of the same holders.
    Holders {
        /// How many holders it has in common with the chain before it.
        common: usize,
        /// Whether its number is the next one.
        next: bool,
        /// What its header names instead: a statement of others.
        not: Option<Accession>,
    },
    /// It has no cover pages, and is filed or signed by who reports in the chain.
    Parties {
        /// What it has in common with the chain before it.
        common: Common,
        /// Whether its number is the next one.
        next: bool,
    },
    /// It has no cover pages, and several chains are as likely to be what it amends.
    CannotTell {
        /// The chains, each by its first filing.
        chains: Vec<u64>,
    },
    /// A decision says so.
    Decision {
        /// The entry of the decision.
        entry: u64,
    },
    /// An amendment of a statement that is not here.
    NoOriginal,
}

impl Join {
    /// As printed in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Join::Original { .. } => "original",
            Join::Pointer { .. } => "pointer",
            Join::Holders { .. } => "holders",
            Join::Parties { .. } => "parties",
            Join::CannotTell { .. } => "cannot-tell",
            Join::Decision { .. } => "decision",
            Join::NoOriginal => "no-original",
        }
    }
}

/// A filing in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The entry that records it.
    pub entry: u64,
    /// Its accession number.
    pub accession: Option<Accession>,
    /// Its form.
    pub form: Option<Form>,
    /// The amendment's number as printed.
    pub number: Option<u32>,
    /// The day since which it is true.
    pub true_since: Day,
    /// When it became known.
    pub known_since: Instant,
    /// Why it stands here.
    pub join: Join,
    /// The person of each of its rows.
    pub persons: Vec<usize>,
}

/// Something irregular about a chain's numbers; all of it is normal (spec, section 17.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Oddity {
    /// The original is not here.
    NoOriginal,
    /// Numbers that no filing here has.
    Skipped {
        /// The first.
        from: u32,
        /// The last.
        to: u32,
    },
    /// Two filings of one number.
    Repeated {
        /// The number.
        number: u32,
        /// The later filing.
        entry: u64,
    },
    /// A number lower than one before it.
    Backwards {
        /// The number.
        number: u32,
        /// The filing.
        entry: u64,
    },
    /// A filing that became known later than one that supersedes it by its later event date.
    Overtaken {
        /// The filing.
        entry: u64,
        /// The one that supersedes it.
        by: u64,
    },
}

/// One statement and its amendments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The entry of its first filing, by which it is called.
    pub id: u64,
    /// The schedule; `None` where the forms cannot be read.
    pub schedule: Option<Schedule>,
    /// Its filings in the order in which they supersede each other.
    pub links: Vec<Link>,
    /// What is irregular about its numbers.
    pub oddities: Vec<Oddity>,
    /// The chain on the other schedule that its holders came from.
    pub switched_from: Option<u64>,
}

impl Chain {
    /// Whether some filing is in both.
    pub fn shares(&self, other: &Chain) -> bool {
        self.links.iter().any(|link| other.links.iter().any(|one| one.entry == link.entry))
    }
}

/// A filing with the persons of its rows.
#[derive(Clone)]
pub struct Filed<'a, 'b> {
    /// The filing.
    pub standing: &'b Standing<'a>,
    /// The person of each row.
    pub persons: Vec<usize>,
}

/// What a decision says of one filing's chain; the last one counts.
#[derive(Clone, Copy)]
enum Decided {
    Joined { with: u64, entry: u64 },
    Split { entry: u64 },
}

/// What an amendment may name beside the filings of its class.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// Filings that were left out on purpose.
    pub skipped: &'a BTreeSet<Accession>,
    /// All that count, by their numbers; none where nobody asks.
    pub counting: &'a BTreeMap<Accession, u64>,
    /// Those that are recorded and do not count, by their numbers.
    pub recorded: &'a BTreeMap<Accession, u64>,
}

/// The chains of one class, and for each filing its chain's place among them. The filings come in
/// the order in which they supersede each other.
pub fn chains(filings: &[Filed], notes: &[&Noted], beside: Beside) -> (Vec<Chain>, Vec<usize>) {
    let mut joining = Joining::new(filings, decided(notes), beside);
    joining.by_decision_and_pointer();
    joining.by_holders();
    joining.chains()
}

fn decided(notes: &[&Noted]) -> BTreeMap<u64, Decided> {
    let mut last = BTreeMap::new();
    for note in notes {
        let entry = note.entry;
        match &note.event {
            Event::ChainJoined(joined) => {
                last.insert(joined.filing.entry, Decided::Joined { with: joined.with.entry, entry })
            }
            Event::ChainSplit(split) => last.insert(split.filing.entry, Decided::Split { entry }),
            _ => None,
        };
    }
    last
}

struct Joining<'a, 'b, 'c> {
    filings: &'c [Filed<'a, 'b>],
    decided: BTreeMap<u64, Decided>,
    beside: Beside<'c>,
    /// For each filing the least filing of its set.
    sets: Vec<usize>,
    reasons: Vec<Option<Join>>,
    /// Those that name a filing none of whose holders they have, each with that filing, or with the
    /// first that names it, too.
    doubted: BTreeMap<usize, usize>,
    /// Those that name a filing that is not here, and that nobody before them names.
    alone: BTreeSet<usize>,
    /// Who files or signs each, told once and only where a filing has no cover pages.
    parties: OnceCell<Vec<Parties>>,
    /// How each prints its persons, told once and only where that decides.
    printed: OnceCell<Vec<Printed>>,
}

impl<'a, 'b, 'c> Joining<'a, 'b, 'c> {
    fn new(
        filings: &'c [Filed<'a, 'b>],
        decided: BTreeMap<u64, Decided>,
        beside: Beside<'c>,
    ) -> Self {
        let reasons = vec![None; filings.len()];
        let sets = (0..filings.len()).collect();
        let (parties, printed) = (OnceCell::new(), OnceCell::new());
        let (doubted, alone) = (BTreeMap::new(), BTreeSet::new());
        Self { filings, decided, beside, sets, reasons, doubted, alone, parties, printed }
    }

    fn schedule(&self, at: usize) -> Option<Schedule> {
        self.filings.get(at)?.standing.filing.form().map(|form| form.schedule())
    }

    fn set(&self, at: usize) -> usize {
        self.sets.get(at).copied().unwrap_or(at)
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.set(a), self.set(b));
        let (least, other) = (a.min(b), a.max(b));
        self.sets.iter_mut().filter(|set| **set == other).for_each(|set| *set = least);
    }

    fn reason(&mut self, at: usize, join: Join) {
        if let Some(reason) = self.reasons.get_mut(at) {
            *reason = Some(join);
        }
    }

    /// Decisions, then pointers: a pointer says "of the same chain", not "the one before", so that
    /// all who name one filing are of one chain even where that filing is not here.
    fn by_decision_and_pointer(&mut self) {
        let entries: BTreeMap<u64, usize> = (0..self.filings.len())
            .filter_map(|at| Some((self.filings.get(at)?.standing.entry(), at)))
            .collect();
        let mut named: BTreeMap<(Accession, Option<Schedule>), usize> = BTreeMap::new();
        for (at, filed) in self.filings.iter().enumerate() {
            if let Some(accession) = filed.standing.accession() {
                named.entry((accession, self.schedule(at))).or_insert(at);
            }
        }
        let recorded = named.clone();
        let filings = self.filings;
        for (at, filed) in filings.iter().enumerate() {
            if self.by_decision(at, &entries) {
                continue;
            }
            let pointer = filed.standing.filing.reading.previous_accession.value().copied();
            let Some(accession) = pointer else { continue };
            let key = (accession, self.schedule(at));
            let counts = recorded.contains_key(&key);
            let with = *named.entry(key).or_insert(at);
            if with == at && !counts {
                self.alone.insert(at);
            } else if self.is_doubtful(at, with) {
                self.doubted.insert(at, with);
            } else {
                self.join(at, with);
            }
            let skipped = self.beside.skipped.contains(&accession);
            let other_class = self.beside.counting.get(&accession).copied();
            let other_class = other_class.filter(|entry| !entries.contains_key(entry));
            let named = |one: &&Filed| one.standing.accession() == Some(accession);
            let elsewhere = filings.iter().find(named).filter(|_| !counts);
            let elsewhere = elsewhere.map(|one| one.standing.entry());
            let recorded = self.beside.recorded.get(&accession).copied().filter(|_| !counts);
            let named =
                Join::Pointer { accession, counts, skipped, elsewhere, other_class, recorded };
            self.reason(at, named);
        }
    }

    /// Whether a decision places a filing.
    fn by_decision(&mut self, at: usize, entries: &BTreeMap<u64, usize>) -> bool {
        let entry = self.filings.get(at).map(|filed| filed.standing.entry());
        match entry.and_then(|entry| self.decided.get(&entry)).copied() {
            Some(Decided::Joined { with, entry }) => {
                let Some(with) = entries.get(&with) else { return false };
                self.join(at, *with);
                self.reason(at, Join::Decision { entry });
            }
            Some(Decided::Split { entry }) => self.reason(at, Join::Decision { entry }),
            None => return false,
        }
        true
    }

    /// Whether a filing and the one it names have cover pages, and of nobody in common: the
    /// number may be that of a statement of others.
    fn is_doubtful(&self, at: usize, with: usize) -> bool {
        let (Some(one), Some(named)) = (self.filings.get(at), self.filings.get(with)) else {
            return false;
        };
        let (own, theirs) = (&one.persons, &named.persons);
        let covered = !own.is_empty() && !theirs.is_empty();
        covered && !own.iter().any(|person| theirs.contains(person))
    }

    /// A doubted filing is of the chain it names where that has one of its holders by now. Else an
    /// original starts one of its own; so an amendment goes by its holders where any chain has one,
    /// and is of the chain it names where none has. Either says what it names.
    fn by_doubted(&mut self, at: usize, with: usize, accession: Accession) {
        let Some(filed) = self.filings.get(at) else { return };
        let of_chain = |(other, _): &(usize, &Filed)| self.set(*other) == self.set(with);
        let mut chain = self.filings.iter().enumerate().filter(of_chain);
        let common =
            chain.any(|(_, other)| other.persons.iter().any(|p| filed.persons.contains(p)));
        if !common && !filed.standing.amends() {
            return self.reason(at, Join::Original { not: Some(accession) });
        }
        match self.best(at) {
            (Some(before), Join::Holders { common: count, next, .. }) if !common => {
                self.join(at, before);
                self.reason(at, Join::Holders { common: count, next, not: Some(accession) });
            }
            _ => self.join(at, with),
        }
    }

    /// An amendment that no decision and no pointer places amends the chain on its schedule with
    /// which it has most holders in common; of several, the one that prints most of them alike; of
    /// several, the one whose number it follows; then the one touched last. One without cover pages
    /// goes by its filers and signatories.
    fn by_holders(&mut self) {
        let filings = self.filings;
        for (at, filed) in filings.iter().enumerate() {
            let doubted = self.doubted.get(&at).copied();
            let placed = match self.reasons.get(at).cloned().flatten() {
                Some(Join::Pointer { accession, .. }) => {
                    doubted.iter().for_each(|with| self.by_doubted(at, *with, accession));
                    !self.alone.contains(&at)
                }
                Some(_) => true,
                None => false,
            };
            if placed {
                continue;
            }
            if !filed.standing.amends() {
                self.reason(at, Join::Original { not: None });
                continue;
            }
            let (before, join) = match is_uncovered(filed.standing) {
                true => self.by_parties(at),
                false => self.best(at),
            };
            if let Some(before) = before {
                self.join(at, before);
            }
            // What a pointer that leads to nobody says is still why it stands there.
            if matches!(self.reasons.get(at), Some(None)) {
                self.reason(at, join);
            }
        }
    }

    /// The chain before `at` to which it belongs best, by one of its filings; and why.
    fn best(&self, at: usize) -> (Option<usize>, Join) {
        let ranked = self.ranked(at).and_then(|ranked| ranked.into_iter().max());
        ranked.map_or((None, Join::NoOriginal), |(common, _, next, touched)| {
            (Some(touched), Join::Holders { common, next, not: None })
        })
    }

    /// The chains before `at` with which it has most holders in common: how many, how many of them
    /// are printed alike, whether the number follows, and the filing that touched it last.
    fn ranked(&self, at: usize) -> Option<Vec<(usize, usize, bool, usize)>> {
        let own: BTreeSet<usize> = self.filings.get(at)?.persons.iter().copied().collect();
        let number = number_of(self.filings.get(at)?);
        let mut chains: BTreeMap<usize, (BTreeSet<usize>, Option<u32>, usize)> = BTreeMap::new();
        for (before, filed) in self.filings.iter().enumerate().take(at) {
            if self.schedule(before) != self.schedule(at) {
                continue;
            }
            let chain = chains.entry(self.set(before)).or_default();
            chain.0.extend(filed.persons.iter().copied());
            chain.1 = number_of(filed).or(chain.1);
            chain.2 = before;
        }
        let common = |persons: &BTreeSet<usize>| persons.intersection(&own).count();
        let most = chains.values().map(|(persons, ..)| common(persons)).max()?;
        chains.retain(|_, (persons, ..)| most > 0 && common(persons) == most);
        let alike = if chains.len() > 1 { self.alike(at) } else { BTreeMap::new() };
        let ranked = chains.into_iter().map(|(set, (_, last, touched))| {
            let alike = alike.get(&set).copied().unwrap_or(0);
            (most, alike, follows(number, last), touched)
        });
        Some(ranked.collect())
    }

    /// How many holders of `at` each chain before it on its schedule prints as it does.
    fn alike(&self, at: usize) -> BTreeMap<usize, usize> {
        let printed: &Vec<Printed> =
            self.printed.get_or_init(|| self.filings.iter().map(Printed::of).collect());
        let Some(own) = printed.get(at) else { return BTreeMap::new() };
        let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (before, theirs) in printed.iter().enumerate().take(at) {
            if self.schedule(before) == self.schedule(at) {
                found.entry(self.set(before)).or_default().extend(own.alike(theirs));
            }
        }
        found.into_iter().map(|(set, persons)| (set, persons.len())).collect()
    }

    /// The chain before `at` that those who file or sign it report in, where one fits better than
    /// all others.
    fn by_parties(&self, at: usize) -> (Option<usize>, Join) {
        let told = || self.filings.iter().map(|filed| Parties::of(filed.standing)).collect();
        let parties: &Vec<Parties> = self.parties.get_or_init(told);
        let Some((filed, own)) = self.filings.get(at).zip(parties.get(at)) else {
            return (None, Join::NoOriginal);
        };
        let number = number_of(filed);
        let mut chains: BTreeMap<usize, (Parties, Option<u32>)> = BTreeMap::new();
        for (before, (filed, theirs)) in self.filings.iter().zip(parties).enumerate().take(at) {
            if self.schedule(before) == self.schedule(at) {
                let chain = chains.entry(self.set(before)).or_default();
                chain.0.add(theirs);
                chain.1 = number_of(filed).or(chain.1);
            }
        }
        let ranked = chains.into_iter().filter_map(|(chain, (parties, last))| {
            Some(((own.common(&parties)?, follows(number, last)), chain))
        });
        let ranked: Vec<_> = ranked.collect();
        let Some((best, _)) = ranked.iter().max() else { return (None, Join::NoOriginal) };
        let alike: Vec<usize> =
            ranked.iter().filter(|(rank, _)| rank == best).map(|(_, chain)| *chain).collect();
        match alike.as_slice() {
            [one] => (Some(*one), Join::Parties { common: best.0, next: best.1 }),
            several => {
                let entry = |at: &usize| Some(self.filings.get(*at)?.standing.entry());
                (None, Join::CannotTell { chains: several.iter().filter_map(entry).collect() })
            }
        }
    }

    fn chains(self) -> (Vec<Chain>, Vec<usize>) {
        let mut chains: Vec<Chain> = Vec::new();
        // Of each chain everybody so far, and the place of its last filing.
        let mut people: Vec<(BTreeSet<usize>, usize)> = Vec::new();
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let mut of_filing = Vec::with_capacity(self.filings.len());
        for (at, filed) in self.filings.iter().enumerate() {
            let place = *places.entry(self.set(at)).or_insert_with(|| {
                let schedule = self.schedule(at);
                let switched_from = came_from(&chains, &people, filed, schedule);
                let (id, links, oddities) = (filed.standing.entry(), Vec::new(), Vec::new());
                chains.push(Chain { id, schedule, links, oddities, switched_from });
                people.push((BTreeSet::new(), at));
                chains.len() - 1
            });
            of_filing.push(place);
            let join = self.reasons.get(at).cloned().flatten().unwrap_or(Join::NoOriginal);
            if let (Some(chain), Some(people)) = (chains.get_mut(place), people.get_mut(place)) {
                chain.links.push(link(filed, join));
                people.0.extend(filed.persons.iter().copied());
                people.1 = at;
            }
        }
        for chain in &mut chains {
            chain.oddities = oddities(&chain.links);
        }
        (chains, of_filing)
    }
}

/// Whether a number is the next after a chain's last.
fn follows(number: Option<u32>, last: Option<u32>) -> bool {
    number.is_some() && number == last.unwrap_or(0).checked_add(1)
}

fn number_of(filed: &Filed) -> Option<u32> {
    filed.standing.filing.reading.amendment_number.value().copied()
}

fn link(filed: &Filed, join: Join) -> Link {
    let standing = filed.standing;
    Link {
        entry: standing.entry(),
        accession: standing.accession(),
        form: standing.filing.form(),
        number: number_of(filed),
        true_since: standing.true_since(),
        known_since: standing.known().0,
        join,
        persons: filed.persons.clone(),
    }
}

/// The chain on the other schedule that was touched last by one of these holders.
fn came_from(
    chains: &[Chain],
    people: &[(BTreeSet<usize>, usize)],
    filed: &Filed,
    schedule: Option<Schedule>,
) -> Option<u64> {
    let common = |of: &BTreeSet<usize>| filed.persons.iter().any(|person| of.contains(person));
    let others = chains.iter().zip(people).filter(|(chain, (people, _))| {
        schedule.is_some()
            && chain.schedule.is_some()
            && chain.schedule != schedule
            && common(people)
    });
    others.max_by_key(|(_, (_, last))| *last).map(|(chain, _)| chain.id)
}

fn oddities(links: &[Link]) -> Vec<Oddity> {
    let mut found = Vec::new();
    let original = |link: &Link| link.form.is_some_and(|form| !form.is_amendment());
    let untold = |link: &Link| matches!(link.join, Join::CannotTell { .. });
    if !links.iter().any(|link| original(link) || untold(link)) {
        found.push(Oddity::NoOriginal);
    }
    let mut last: Option<u32> = None;
    for link in links {
        if original(link) {
            last = Some(0);
        }
        let Some(number) = link.number.filter(|_| !original(link)) else { continue };
        match last {
            Some(before) if number == before => {
                found.push(Oddity::Repeated { number, entry: link.entry });
            }
            Some(before) if number < before => {
                found.push(Oddity::Backwards { number, entry: link.entry });
            }
            Some(before) if number > before + 1 => {
                found.extend(missing(links, before + 1, number - 1));
            }
            _ => {}
        }
        last = Some(last.map_or(number, |before| before.max(number)));
    }
    found.extend(overtaken(links));
    found
}

/// The numbers from one to another that no filing of the chain has, wherever it stands.
fn missing(links: &[Link], from: u32, to: u32) -> Vec<Oddity> {
    let mut there: Vec<u32> = links.iter().filter_map(|link| link.number).collect();
    there.retain(|number| (from..=to).contains(number));
    there.sort_unstable();
    let (mut found, mut next) = (Vec::new(), from);
    for number in there {
        if number > next {
            found.push(Oddity::Skipped { from: next, to: number - 1 });
        }
        next = number + 1;
    }
    if next <= to {
        found.push(Oddity::Skipped { from: next, to });
    }
    found
}

/// Filings of which one that was known before them stands later in the chain, each with the first.
fn overtaken(links: &[Link]) -> impl Iterator<Item = Oddity> + '_ {
    links.iter().enumerate().filter_map(|(at, link)| {
        let mut after = links.iter().skip(at + 1);
        let by = after.find(|later| later.known_since < link.known_since)?.entry;
        Some(Oddity::Overtaken { entry: link.entry, by })
    })
}
