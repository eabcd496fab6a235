//! One person across issuers: everything it reports, found by CIK, tax number or name.
//! Knows nothing of stores; it asks an index, and folds each issuer by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::topic::{HolderId, Topic};
use crate::view::holding::{Fold, fold};
use crate::view::identity::Links;
use crate::view::issuer::{CANDIDATES_MAX, Candidate, Index, NameOf, gather};
use crate::view::persons::Person;
use crate::view::question::Question;
use crate::view::timeline::{Dossier, noted};

/// What one issuer's filings tell of somebody.
#[derive(Debug)]
pub struct AtIssuer {
    /// The issuer.
    pub issuer: Candidate,
    /// Its filings and decisions.
    pub dossier: Dossier,
    /// Them folded.
    pub fold: Fold,
}

/// A person, and where it reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The issuers by their places in the answer, and the person's place in each one's fold.
    pub at: Vec<(usize, usize)>,
    /// Everything it is known by, across them.
    pub ids: BTreeSet<HolderId>,
}

/// Everybody who was meant.
#[derive(Debug, Default)]
pub struct Answer {
    /// The issuers somebody of that number or name reports on.
    pub issuers: Vec<AtIssuer>,
    /// The persons. Across issuers, numbers and decisions make one of two; a name never does.
    pub persons: Vec<Found>,
}

/// Finds who is meant by a CIK, a tax number, or all or part of a name, and all it reports.
pub fn find<I: Index>(index: &I, asked: &str, question: &Question) -> Result<Answer, I::Error> {
    let mut wanted: BTreeSet<HolderId> = BTreeSet::new();
    wanted.extend(asked.trim().parse().ok().map(HolderId::Cik));
    if asked.chars().any(|c| c.is_ascii_digit()) {
        wanted.extend(HolderId::of_tax_id(asked));
    }
    let name = HolderId::of_name(asked);
    wanted.extend(name.clone());
    let mut search = Search { index, question, answer: Answer::default(), asked: BTreeSet::new() };
    search.issuers_of(&wanted)?;
    if let (true, Some(HolderId::Name(part))) = (search.answer.issuers.is_empty(), name) {
        let named = index.names_containing(&part, NameOf::Holder, CANDIDATES_MAX)?;
        wanted.extend(named.into_iter().filter_map(|topic| match topic {
            Topic::Holder(id) => Some(id),
            _ => None,
        }));
        search.issuers_of(&wanted)?;
    }
    search.follow(&wanted)
}

struct Search<'a, I: Index> {
    index: &'a I,
    question: &'a Question,
    answer: Answer,
    asked: BTreeSet<HolderId>,
}

impl<I: Index> Search<'_, I> {
    /// Folds every issuer on which somebody of these ids reports, each once.
    fn issuers_of(&mut self, ids: &BTreeSet<HolderId>) -> Result<(), I::Error> {
        for id in ids {
            if !self.asked.insert(id.clone()) {
                continue;
            }
            for entry in self.index.entries_under(&Topic::Holder(id.clone()))? {
                let known = |at: &AtIssuer| {
                    let filings = at.dossier.filings.iter().map(|filing| filing.entry);
                    let notes = at.dossier.notes.iter().map(|note| note.entry);
                    filings.chain(notes).any(|one| one == entry)
                };
                if self.answer.issuers.iter().any(known) {
                    continue;
                }
                for (issuer, dossier) in gather(self.index, [entry].into())? {
                    let twice = self.answer.issuers.iter().any(|at| {
                        at.dossier.filings.first().map(|filing| filing.entry)
                            == dossier.filings.first().map(|filing| filing.entry)
                    });
                    if !twice {
                        let fold = fold(&dossier, self.question);
                        self.answer.issuers.push(AtIssuer { issuer, dossier, fold });
                    }
                }
            }
        }
        Ok(())
    }

    /// From those who were named to all they are: by numbers and decisions, until nothing is new.
    fn follow(mut self, wanted: &BTreeSet<HolderId>) -> Result<Answer, I::Error> {
        loop {
            let persons = self.persons(wanted);
            let numbers = persons.iter().flat_map(|person| &person.ids);
            let mut numbers: BTreeSet<HolderId> =
                numbers.filter(|id| !matches!(id, HolderId::Name(_))).cloned().collect();
            numbers.extend(self.linked(&numbers));
            if numbers.is_subset(&self.asked) {
                self.answer.persons = persons;
                return Ok(self.answer);
            }
            self.issuers_of(&numbers)?;
        }
    }

    fn links(&self) -> Links {
        let notes = self.answer.issuers.iter().flat_map(|at| noted(&at.dossier, self.question));
        let by_entry: BTreeMap<u64, _> = notes.map(|note| (note.entry, note)).collect();
        Links::counting(&by_entry.into_values().collect::<Vec<_>>(), self.question, None)
    }

    /// Ids that decisions make one with these.
    fn linked(&self, ids: &BTreeSet<HolderId>) -> BTreeSet<HolderId> {
        let links = self.links();
        let all = ids.iter().flat_map(|id| links.with(id));
        all.filter(|id| !matches!(id, HolderId::Name(_))).collect()
    }

    /// The persons of the folds who were named, made one across issuers by numbers and decisions.
    fn persons(&self, wanted: &BTreeSet<HolderId>) -> Vec<Found> {
        let links = self.links();
        let mut all: Vec<Found> = Vec::new();
        for (at, issuer) in self.answer.issuers.iter().enumerate() {
            for (place, person) in issuer.fold.persons.all().iter().enumerate() {
                all.push(Found { at: vec![(at, place)], ids: person.ids.clone() });
            }
        }
        let mut found: Vec<Found> = Vec::new();
        for one in all {
            let same = |other: &Found| one_person(&one, other, &links);
            let (mut joined, apart): (Vec<Found>, Vec<Found>) = found.into_iter().partition(same);
            found = apart;
            joined.push(one);
            let ids = joined.iter().flat_map(|other| other.ids.clone()).collect();
            let at = joined.into_iter().flat_map(|other| other.at).collect();
            found.push(Found { at, ids });
        }
        found.retain(|person| !person.ids.is_disjoint(wanted));
        found.sort_by_key(|person| person.at.first().copied());
        found
    }
}

/// Two persons of one issuer were told apart by its fold already.
fn one_person(a: &Found, b: &Found, links: &Links) -> bool {
    let same_issuer = a.at.iter().any(|(issuer, _)| b.at.iter().any(|(other, _)| other == issuer));
    let number = |id: &&HolderId| !matches!(id, HolderId::Name(_));
    let pairs = || a.ids.iter().flat_map(|x| b.ids.iter().map(move |y| (x, y)));
    if same_issuer || pairs().any(|(x, y)| links.apart(x, y)) {
        return false;
    }
    let ciks = |of: &Found| of.ids.iter().any(|id| matches!(id, HolderId::Cik(_)));
    let shares = |is: fn(&HolderId) -> bool| a.ids.iter().any(|id| is(id) && b.ids.contains(id));
    pairs().any(|(x, y)| links.one(x, y))
        || shares(|id| matches!(id, HolderId::Cik(_)))
        || (!(ciks(a) && ciks(b)) && a.ids.iter().filter(number).any(|id| b.ids.contains(id)))
}

impl Answer {
    /// A person's names and numbers as one issuer's fold has them.
    pub fn person(&self, at: (usize, usize)) -> Option<(&AtIssuer, &Person)> {
        let issuer = self.issuers.get(at.0)?;
        Some((issuer, issuer.fold.person(at.1)?))
    }
}
