//! Folds filings into who holds what: per class, per holder, per field the last stated value.
//! Knows nothing of stores; it is given a dossier and a question.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::id::Accession;
use crate::terms::span::Field;
use crate::terms::statement::Holder;
use crate::terms::time::Instant;
use crate::terms::trouble::TroubleCode;
use crate::view::chain::{Beside, Filed, chains};
use crate::view::class::{ClassEvents, ClassStory};
use crate::view::classing::{Classing, classing};
use crate::view::cover::{Told, fold_rows, signed};
use crate::view::crossing::Held;
use crate::view::history::{Changes, ClassName, ItemChange, Place, Whose};
use crate::view::holding::{
    Absence, ChainState, ClassHoldings, Exceeded, Fold, FoldedClass, Holding, ItemState, Member,
    box_words,
};
use crate::view::identity::Links;
use crate::view::life::{self, Life};
use crate::view::noted::{self, Folded};
use crate::view::persons::Persons;
use crate::view::question::Question;
use crate::view::row::{Rows, Value};
use crate::view::said::GroupSaid;
use crate::view::status::Evidence;
use crate::view::switch::{Elsewhere, Joint};
use crate::view::timeline::{Dossier, Noted, Standing, counting, noted};

/// Folds the filings of one issuer that count for a question.
pub fn fold(dossier: &Dossier, question: &Question) -> Fold {
    let standing = counting(dossier, question);
    let notes = noted(dossier, question);
    let aside = Aside::of(dossier, question, &standing);
    let mut changes = Changes::default();
    let filings: Vec<&Standing> = standing.iter().collect();
    let (classes, persons) = fold_filings(&filings, &notes, &aside, question, &mut changes);
    let folded = Folded { dossier, question, standing: &standing, persons: &persons };
    noted::changes(&folded, &mut changes);
    Fold { classes, changes: changes.into_list(&standing), persons }
}

/// Filings that do not count, and that others may name.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// Left out on purpose.
    skipped: BTreeSet<Accession>,
    /// Withdrawn, or not true or known yet: by number, the entry.
    recorded: BTreeMap<Accession, u64>,
}

impl Aside {
    fn of(dossier: &Dossier, question: &Question, standing: &[Standing]) -> Self {
        let counting: BTreeSet<u64> = standing.iter().map(Standing::entry).collect();
        let filings = dossier.filings.iter().filter(|one| one.entry < question.at.0);
        let aside = filings.filter(|one| !counting.contains(&one.entry));
        let recorded = aside.filter_map(|one| Some((one.filing.accession()?, one.entry)));
        Self { skipped: dossier.skipped(question.at.0), recorded: recorded.collect() }
    }
}

/// Folds filings, which come in the order in which they supersede each other; `notes` are all that
/// count.
pub fn fold_filings(
    standing: &[&Standing],
    notes: &[&Noted],
    aside: &Aside,
    question: &Question,
    changes: &mut Changes,
) -> (Vec<FoldedClass>, Persons) {
    let issuer = standing.iter().find_map(|filing| filing.filing.issuer_cik());
    let events = ClassEvents::counting(notes, question);
    let all_told = match changes.are_told() {
        true => ClassEvents::told(notes, question),
        false => ClassEvents::default(),
    };
    let mut persons = Persons::new(Links::counting(notes, question, issuer));
    let Classing { classes, places, named_by, several } = classing(standing, &events);
    let mut filed: Vec<Vec<Filed>> = vec![Vec::new(); classes.len()];
    for (filing, place) in standing.iter().zip(places) {
        let persons = persons.of(filing);
        if let Some(class) = filed.get_mut(place) {
            class.push(Filed { standing: filing, persons });
        }
    }
    let only = classes.len() == 1;
    let told = standing.iter().filter(|_| changes.are_told());
    let counting = told.filter_map(|filing| Some((filing.accession()?, filing.entry()))).collect();
    let Aside { skipped, recorded } = aside;
    let beside = Beside { skipped, counting: &counting, recorded };
    let mut folded = Vec::new();
    for ((class, own), named_by) in classes.iter().zip(&filed).zip(named_by) {
        let (title, cusips) = (class.title.clone(), class.cusips.clone());
        let about = all_told.about(class, issuer, only);
        changes.of_class(ClassName { title, cusips }, about);
        let mut state = ClassFold::run(own, notes, beside, &persons, changes);
        let mut holdings = ClassHoldings {
            title: class.title.clone(),
            cusips: class.cusips.clone(),
            holders: state.holders(&several),
            story: ClassStory::of(class, issuer, only, &events),
            named_by,
            exceeded: own.iter().filter_map(|one| Exceeded::of(one.standing)).collect(),
        };
        if !holdings.named_by.is_empty() {
            named_since(&mut holdings, &filed, standing);
        }
        folded.push(FoldedClass { holdings, chains: state.chains });
    }
    changes.of_no_class();
    (folded, persons)
}

/// Which filings about another class name this one, too, and have a cover page of one of its
/// holders after its last here: what they say of this class stands in the other alone.
fn named_since(class: &mut ClassHoldings, filed: &[Vec<Filed>], standing: &[&Standing]) {
    let places: BTreeMap<u64, usize> = standing.iter().map(|one| one.entry()).zip(0..).collect();
    let names = |one: &&Filed| class.named_by.contains(&one.standing.entry());
    let mut naming: Vec<&Filed> = filed.iter().flatten().filter(names).collect();
    naming.sort_by_key(|one| places.get(&one.standing.entry()));
    for holding in &mut class.holders {
        let last = places.get(&holding.entry);
        let since = naming.iter().filter(|one| {
            one.persons.contains(&holding.person) && places.get(&one.standing.entry()) > last
        });
        holding.named_since = since.map(|one| one.standing.entry()).collect();
    }
}

struct ClassFold<'p> {
    persons: &'p Persons,
    chains: Vec<ChainState>,
    /// By the order in which they first reported.
    people: BTreeMap<usize, Reporting>,
    order: BTreeMap<usize, usize>,
}

/// A person as it reports on one class, in whatever chain.
struct Reporting {
    person: usize,
    first: (u64, usize),
    last: Option<Holding>,
    life: Option<Life>,
    /// The percent that it last stated, in whatever chain, and when that became known.
    percent: Option<(Value, Instant)>,
    /// When each filing with a cover page of it became known, and its entry.
    pages: Vec<(Instant, u64)>,
    /// The filings of its chain since the last of them that have no cover pages.
    uncovered: Vec<u64>,
}

impl Reporting {
    fn new(person: usize, first: (u64, usize)) -> Self {
        let (pages, uncovered) = (Vec::new(), Vec::new());
        Self { person, first, last: None, life: None, percent: None, pages, uncovered }
    }

    fn has_exited(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.exit.is_some())
    }

    /// What a filing makes of its life, and that it exits.
    fn live(&mut self, row: Row, evidence: Option<Evidence>, changes: &mut Changes) {
        let (filing, holder) = (row.whose.filing, row.holder);
        let exits = life::live(&mut self.life, filing, row.index);
        if let (true, Some(evidence)) = (exits, evidence) {
            let stated = filing.filing.reading.item_5.ceased_on.value();
            let on = stated.map_or(String::new(), |day| format!("; Item 5(e) states {day}"));
            let words = format!("{}{on}", evidence.as_str());
            changes.exited(row.whose, words, holder.percent.span().or(holder.aggregate.span()));
        }
    }

    fn close(self, persons: &Persons, chains: &[ChainState]) -> Option<Holding> {
        let (mut holding, life) = (self.last?, self.life?);
        let chain = chains.iter().find(|state| state.chain.id == holding.chain)?;
        let member = chain.members.iter().find(|member| member.person == self.person);
        // Of whom it cannot be told is counted as there (spec, section 17.10).
        let left = member.and_then(|member| member.left);
        holding.left = left.filter(|(_, _, absence)| *absence != Absence::CannotTell);
        let person = persons.get(self.person);
        holding.name = person.and_then(|person| person.name.clone());
        holding.cik = person.and_then(|person| person.cik);
        holding.life = life;
        let later = self.pages.iter().filter(|(known, _)| *known > holding.known_at);
        holding.known_later = later.map(|(_, entry)| *entry).collect();
        holding.uncovered = self.uncovered;
        Some(holding)
    }
}

impl<'p> ClassFold<'p> {
    fn run(
        filed: &[Filed],
        notes: &[&Noted],
        beside: Beside,
        persons: &'p Persons,
        changes: &mut Changes,
    ) -> Self {
        let (chains, places) = chains(filed, notes, beside);
        let empty = |chain| ChainState {
            chain,
            members: Vec::new(),
            items: BTreeMap::new(),
            said: GroupSaid::default(),
            troubles: BTreeMap::new(),
        };
        let chains = chains.into_iter().map(empty).collect();
        let (people, order) = (BTreeMap::new(), BTreeMap::new());
        let mut fold = Self { persons, chains, people, order };
        let mut started = BTreeSet::new();
        for (filed, place) in filed.iter().zip(places) {
            fold.filing(filed, place, started.insert(place), changes);
        }
        // Only where several report is anybody told of by a name.
        let joint = fold.chains.iter_mut().filter(|state| state.members.len() > 1);
        for member in joint.flat_map(|state| &mut state.members) {
            let person = persons.get(member.person);
            member.spellings = person.map(|one| one.spellings.clone()).unwrap_or_default();
        }
        fold
    }

    /// Everybody as it reported last, in the order in which they first did.
    /// `several` are the filings about several classes, each with its place.
    fn holders(&mut self, several: &BTreeMap<u64, usize>) -> Vec<Holding> {
        let people = std::mem::take(&mut self.people).into_values();
        let closed = people.filter_map(|person| person.close(self.persons, &self.chains));
        if several.is_empty() {
            return closed.collect();
        }
        closed
            .map(|mut holding| {
                let places = holding.sources().into_iter();
                let places = places.filter_map(|entry| Some((*several.get(&entry)?, entry)));
                let places: BTreeMap<usize, u64> = places.collect();
                holding.several = places.into_values().collect();
                holding
            })
            .collect()
    }

    fn filing(&mut self, filed: &Filed, place: usize, first: bool, changes: &mut Changes) {
        let filing = filed.standing;
        changes.of_filing(filing.entry(), &filed.persons);
        let holders = &filing.filing.reading.holders;
        let joint = Joint::of(&filed.persons);
        for (index, (holder, person)) in holders.iter().zip(&filed.persons).enumerate() {
            let printed = self.persons.get(*person).and_then(|person| person.name.as_ref());
            let name = holder.name.value().or(printed);
            let whose = Whose { filing, name, person: *person };
            self.row(Row { index, holder, first, whose, joint: &joint }, place, changes);
        }
        let Some(chain) = self.chains.get_mut(place) else { return };
        if holders.is_empty() {
            let id = chain.chain.id;
            let of_chain = |one: &&mut Reporting| one.last.as_ref().is_some_and(|l| l.chain == id);
            let people = self.people.values_mut().filter(of_chain);
            people.for_each(|person| person.uncovered.push(filing.entry()));
        } else if !first && filing.amends() {
            chain.absences(filed, self.persons, changes);
        }
        chain.items(filing, changes);
        chain.said.learn(filing);
        if chain.said.dissolved.is_some_and(|notice| notice.entry == filing.entry()) {
            chain.dissolve(filing, changes);
        }
        let own: Vec<_> = filing.troubles().cloned().collect();
        if !own.is_empty() {
            chain.troubles.insert(filing.entry(), own);
        }
    }

    fn row(&mut self, row: Row, place: usize, changes: &mut Changes) {
        let Row { index, holder, whose, .. } = row;
        let filing = whose.filing;
        let elsewhere = self.elsewhere(row, place);
        let closes = elsewhere.filter(|other| other.is_closed_by(row));
        let person = self.order.get(&whose.person).and_then(|order| self.people.get(order));
        let last = Held {
            percent: person.and_then(|person| person.percent.clone()),
            exited: person.is_some_and(Reporting::has_exited),
        };
        let switched = elsewhere.filter(|other| other.switches && closes.is_none());
        let switched = switched.is_some_and(|other| other.switched(row, &last, changes));
        let closes = closes.map(|other| (other.words(), other.last.known_at));
        let closes_here = closes.is_some();
        let signed = signed(filing, |who| self.persons.is_named(whose.person, who));
        let told = Told { closes: closes_here, switched, last, signed };
        let Some(chain) = self.chains.get_mut(place) else { return };
        let member = chain.members.iter().find(|one| one.person == whose.person);
        // When what may be said again became known.
        let known = member.and_then(|one| one.rows.values().map(|row| row.source.known_at).max());
        let came = member.filter(|one| one.is_there()).map(|one| one.known);
        let closed = member.and_then(|one| one.left).is_some_and(|left| left.2 == Absence::Closed);
        let ((rows, any_told), chain_id) = (chain.row(row, &told, changes), chain.chain.id);
        if (came.is_some() || closes_here) && filing.amends() && !any_told {
            changes.restated(whose, holder.name.span(), known);
        }
        let next = self.order.len();
        let order = *self.order.entry(whose.person).or_insert(next);
        let new = || Reporting::new(whose.person, (filing.entry(), index));
        let person = self.people.entry(order).or_insert_with(new);
        person.pages.push((filing.known().0, filing.entry()));
        if let Some((words, known)) = closes {
            chain.close(row);
            if !closed {
                changes.left(whose, words, came.map_or(known, |came| came.max(known)));
            }
            return;
        }
        let (status, evidence) = filing.status(index);
        person.live(row, evidence, changes);
        let Some(life) = person.life.clone() else { return };
        let last = person.last.insert(Holding {
            person: whose.person,
            name: None,
            cik: None,
            rows,
            first: person.first,
            parts: holder.parts.clone(),
            entry: filing.entry(),
            accession: filing.accession(),
            filing_troubles: filing.troubles().map(|trouble| trouble.code).collect(),
            event_date: filing.event_date(),
            since: filing.true_since(),
            known_at: filing.known().0,
            known_by: filing.known().1,
            status,
            evidence,
            life,
            chain: chain_id,
            left: None,
            known_later: Vec::new(),
            uncovered: Vec::new(),
            several: Vec::new(),
            named_since: Vec::new(),
        });
        if let (Some(percent), known) = last.percent_known() {
            person.percent = Some((percent, known));
        }
        person.uncovered.clear();
    }
}

impl ClassFold<'_> {
    /// Where somebody with a cover page in a chain reported last, if that is another chain.
    fn elsewhere(&self, row: Row, place: usize) -> Option<Elsewhere<'_>> {
        let person = self.people.get(self.order.get(&row.whose.person)?)?;
        let (last, here) = (person.last.as_ref()?, self.chains.get(place)?);
        if last.chain == here.chain.id {
            return None;
        }
        let there = self.chains.iter().find(|state| state.chain.id == last.chain)?;
        let schedules = there.chain.schedule.zip(here.chain.schedule);
        let switches = schedules.is_some_and(|(there, here)| there != here);
        let known_here = here.members.iter().any(|member| member.person == row.whose.person);
        let exit = person.life.as_ref().and_then(|life| life.exit).map(|exit| exit.since);
        Some(Elsewhere { last, exit, there, here, switches, known_here })
    }
}

/// A row of a filing about to be folded.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) index: usize,
    pub(super) holder: &'a Holder,
    /// Whether the filing is its chain's first.
    pub(super) first: bool,
    pub(super) whose: Whose<'a>,
    /// Everybody with a cover page on the filing.
    pub(super) joint: &'a Joint<'a>,
}

impl ChainState {
    /// The rows as they stand then, and whether any of them was told as a change.
    fn row(&mut self, row: Row, told: &Told, changes: &mut Changes) -> (Rows, bool) {
        let Row { holder, first, whose, .. } = row;
        let filing = whose.filing;
        let amends = filing.amends();
        let at = self.members.iter().position(|member| member.person == whose.person);
        let before = at.and_then(|at| self.members.get(at));
        if !first && amends && !before.is_some_and(Member::is_there) && !told.closes {
            let left = before.and_then(|member| member.left_known);
            changes.joined(whose, holder.name.span(), box_words(holder).to_owned(), left);
        }
        let before = at.map(|at| self.members.remove(at));
        let known = filing.known().0;
        let (since, known) = match &before {
            Some(member) if member.is_there() => (member.since, member.known.min(known)),
            _ => ((filing.true_since(), filing.entry()), known),
        };
        let mut rows = before.filter(|_| amends).map(|member| member.rows).unwrap_or_default();
        let any_told = fold_rows(&mut rows, row, told, changes);
        let member = Member {
            person: whose.person,
            name: whose.name.cloned(),
            spellings: BTreeSet::new(),
            since,
            known,
            cover: holder.clone(),
            rows: rows.clone(),
            entry: filing.entry(),
            left: None,
            left_known: None,
            signed: told.signed.clone(),
        };
        let at = at.unwrap_or(self.members.len());
        self.members.insert(at, member);
        (rows, any_told)
    }

    /// A holder reports here no more, and stands elsewhere.
    fn close(&mut self, row: Row) {
        let filing = row.whose.filing;
        let own = self.members.iter_mut().find(|member| member.person == row.whose.person);
        if let Some(member) = own {
            member.leave(filing, Absence::Closed);
        }
    }

    /// Who was in the chain and is not on this amendment.
    fn absences(&mut self, filed: &Filed, persons: &Persons, changes: &mut Changes) {
        let filing = filed.standing;
        let reading = &filing.filing.reading;
        let signers: Vec<&String> =
            reading.signatures.iter().filter_map(|signer| signer.name.value()).collect();
        let lost =
            reading.troubles.iter().any(|trouble| trouble.code == TroubleCode::HolderWithoutCover);
        let unnamed = reading.holders.iter().any(|holder| !holder.name.is_stated());
        // Whose a signature is that cannot be read is anybody's guess.
        let mut signed = reading.signatures.iter();
        let unread = signed.any(|signer| matches!(signer.name, Field::Unreadable { .. }));
        for member in &mut self.members {
            if !member.is_there() || filed.persons.contains(&member.person) {
                continue;
            }
            let name = member.name.as_ref();
            if signers.iter().any(|signer| persons.is_named(member.person, signer)) {
                (member.left, member.left_known) = (None, None);
                continue;
            }
            if signers.is_empty() || unread || lost || unnamed || name.is_none() {
                if member.left.is_none() {
                    member.leave(filing, Absence::CannotTell);
                }
                continue;
            }
            let name = member.name.clone();
            member.leave(filing, Absence::Left);
            let whose = Whose { filing, name: name.as_ref(), person: member.person };
            changes.left(whose, Absence::Left.as_str().to_owned(), member.known);
        }
    }

    /// A notice of dissolution: from then on each reports singly (13G, Item 9).
    fn dissolve(&mut self, filing: &Standing, changes: &mut Changes) {
        for member in self.members.iter_mut().filter(|member| member.is_there()) {
            member.leave(filing, Absence::Dissolved);
            let whose = Whose { filing, name: member.name.as_ref(), person: member.person };
            changes.left(whose, Absence::Dissolved.as_str().to_owned(), member.known);
        }
    }

    fn items(&mut self, filing: &Standing, changes: &mut Changes) {
        if !filing.amends() {
            self.items.clear();
        }
        self.items.values_mut().for_each(|item| item.carried = true);
        let (entry, content) = (filing.entry(), filing.filing.content);
        for item in &filing.filing.reading.items {
            let now = Place { entry, content, span: item.span };
            let before = self.items.get(&item.number);
            let (before, known) = (before.map(|own| own.place), before.map(|own| own.known_at));
            let twice = before.is_some_and(|before| before.entry == entry);
            if !twice {
                changes.item(filing, ItemChange { number: item.number, before, now }, known);
            }
            let (accession, known_at) = (filing.accession(), filing.known().0);
            let state = ItemState { place: now, accession, known_at, carried: false };
            self.items.insert(item.number, state);
        }
    }
}
