//! Folds filings into who holds what: per class, per holder, per field the last stated value.
//! Knows nothing of stores; it is given the filings that count, in order.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::Topic;
use crate::terms::id::{Cik, Cusip};
use crate::terms::name;
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Schedule};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::FieldName;
use crate::view::history::{Change, Changes};
use crate::view::life::{self, Status};
use crate::view::row::{self, Cited};
use crate::view::timeline::Recorded;

/// One holder of one class, as the filings that count leave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// The name as last printed; `None` for a cover page whose name cannot be read.
    pub name: Option<String>,
    /// CIK, where a filing has it.
    pub cik: Option<Cik>,
    /// Every row ever stated, with its last value.
    pub rows: BTreeMap<FieldName, Cited>,
    /// The event date of the holder's last filing.
    pub event_date: Option<Day>,
    /// When that filing became known.
    pub known_at: Instant,
    /// Whether it still holds more than five percent, as far as filings tell.
    pub status: Status,
}

/// One class of securities of the issuer, and who reports holding it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassHoldings {
    /// Title of class as last printed.
    pub title: Option<String>,
    /// Every CUSIP its filings print.
    pub cusips: BTreeSet<Cusip>,
    /// The holders in the order in which they first reported.
    pub holders: Vec<Holding>,
}

/// What a fold leaves: the state, and the changes that led to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fold {
    /// The classes in the order in which they were first reported on.
    pub classes: Vec<ClassHoldings>,
    /// Every change, in the order of the filings.
    pub changes: Vec<Change>,
}

/// Folds the filings of one issuer, given in the order in which they supersede each other.
pub fn fold(filings: &[&Recorded]) -> Fold {
    let mut classes: Vec<ClassState> = Vec::new();
    let mut changes = Changes::default();
    for filing in filings {
        let at = class_of(&mut classes, filing);
        if let Some(class) = classes.get_mut(at) {
            class.apply(filing, &mut changes);
        }
    }
    Fold {
        classes: classes.into_iter().map(ClassState::close).collect(),
        changes: changes.into_list(),
    }
}

/// Which class a filing is about: one that shares a CUSIP with it, else one of the same title,
/// else the only one there is; else a new one (spec, section 17.4).
fn class_of(classes: &mut Vec<ClassState>, filing: &Recorded) -> usize {
    let reading = &filing.filing.reading;
    let cusips: BTreeSet<Cusip> = reading.cusips.iter().filter_map(Field::value).cloned().collect();
    let title = reading.class_title.value();
    let shares_cusip = classes.iter().position(|class| !class.cusips.is_disjoint(&cusips));
    let same_title = || {
        let wanted = Topic::name(title?);
        classes.iter().position(|class| {
            (class.cusips.is_empty() || cusips.is_empty())
                && class.title.as_deref().is_some_and(|title| Topic::name(title) == wanted)
        })
    };
    let only_one = || (classes.len() == 1 && cusips.is_empty()).then_some(0);
    let found = shares_cusip.or_else(same_title).or_else(only_one).unwrap_or_else(|| {
        classes.push(ClassState::default());
        classes.len() - 1
    });
    if let Some(class) = classes.get_mut(found) {
        class.cusips.extend(cusips);
        class.title = title.cloned().or_else(|| class.title.take());
    }
    found
}

#[derive(Default)]
struct ClassState {
    title: Option<String>,
    cusips: BTreeSet<Cusip>,
    people: Vec<Person>,
    /// The schedules seen before, so that a newcomer joins rather than starts.
    seen: BTreeSet<Option<Schedule>>,
}

impl ClassState {
    fn apply(&mut self, filing: &Recorded, changes: &mut Changes) {
        let schedule = filing.filing.form().map(|form| form.schedule());
        let amends = filing.filing.form().is_some_and(|form| form.is_amendment());
        let known_chain = !self.seen.insert(schedule);
        // Two rows of one filing are two persons, however alike their names.
        let mut taken = BTreeSet::new();
        for (index, holder) in filing.filing.reading.holders.iter().enumerate() {
            let at = self.person_of(holder, &taken);
            taken.insert(at);
            let Some(person) = self.people.get_mut(at) else { continue };
            let newcomer = person.chains.is_empty();
            if newcomer && known_chain && amends {
                changes.joined(filing, holder);
            }
            person.apply(filing, index, holder, schedule, amends, changes);
        }
    }

    /// The person a row is about: by CIK, else tax number, else name; a row without any of them
    /// stands for itself (spec, section 17.5).
    fn person_of(&mut self, holder: &Holder, taken: &BTreeSet<usize>) -> usize {
        let (cik, tax_id) = (holder.cik.value(), holder.tax_id.value());
        let name = holder.name.value().map(|name| name::key(name));
        let find = |is: &dyn Fn(&Person) -> bool| {
            let people = self.people.iter().enumerate();
            people.filter(|(at, _)| !taken.contains(at)).find(|(_, p)| is(p)).map(|(at, _)| at)
        };
        let by_cik = || find(&|p| p.cik.is_some() && p.cik.as_ref() == cik);
        let by_tax = || {
            let wanted = tax_id?;
            find(&|p| p.tax_ids.contains(wanted) && p.may_have(cik))
        };
        let by_name = || {
            let wanted = name.as_ref()?;
            find(&|p| p.names.contains(wanted) && p.may_have(cik))
        };
        let found = by_cik().or_else(by_tax).or_else(by_name).unwrap_or_else(|| {
            self.people.push(Person::default());
            self.people.len() - 1
        });
        if let Some(person) = self.people.get_mut(found) {
            person.cik = person.cik.or(cik.copied());
            person.tax_ids.extend(tax_id.cloned());
            person.names.extend(name);
            person.name = holder.name.value().cloned().or_else(|| person.name.take());
        }
        found
    }

    fn close(self) -> ClassHoldings {
        let holders = self.people.into_iter().filter_map(Person::close).collect();
        ClassHoldings { title: self.title, cusips: self.cusips, holders }
    }
}

#[derive(Default)]
struct Person {
    name: Option<String>,
    names: BTreeSet<String>,
    cik: Option<Cik>,
    tax_ids: BTreeSet<String>,
    /// One statement and its amendments each; the last to be touched is last.
    chains: Vec<Chain>,
}

/// One person's rows in one statement on Schedule 13D or 13G and its amendments.
struct Chain {
    schedule: Option<Schedule>,
    rows: BTreeMap<FieldName, Cited>,
    event_date: Option<Day>,
    known_at: Instant,
    status: Status,
}

impl Person {
    fn may_have(&self, cik: Option<&Cik>) -> bool {
        self.cik.is_none() || cik.is_none() || self.cik.as_ref() == cik
    }

    fn apply(
        &mut self,
        filing: &Recorded,
        index: usize,
        holder: &Holder,
        schedule: Option<Schedule>,
        amends: bool,
        changes: &mut Changes,
    ) {
        let same = self.chains.iter().position(|chain| amends && chain.schedule == schedule);
        let mut rows = same.map(|at| self.chains.remove(at).rows).unwrap_or_default();
        rows.values_mut().for_each(|cited| cited.carried = true);
        for (field, said) in row::rows(holder) {
            let before = rows.get(&field).and_then(|cited| cited.value.clone());
            let Some(cited) = Cited::of(filing, said) else { continue };
            changes.row(filing, holder, field, before, &cited);
            rows.insert(field, cited);
        }
        self.chains.push(Chain {
            schedule,
            rows,
            event_date: filing.event_date(),
            known_at: filing.known().0,
            status: life::status(&filing.filing, index),
        });
    }

    fn close(mut self) -> Option<Holding> {
        let Chain { rows, event_date, known_at, status, .. } = self.chains.pop()?;
        Some(Holding { name: self.name, cik: self.cik, rows, event_date, known_at, status })
    }
}
