//! One person across issuers: everything it reports, found by CIK, tax number or name.
//! Knows nothing of stores; it asks an index, and folds each issuer by itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::topic::{HolderId, Topic};
use crate::view::fold::fold;
use crate::view::history::Change;
use crate::view::holding::{ClassHoldings, Fold};
use crate::view::identity::Links;
use crate::view::issuer::{Candidate, Entered, Index, NameOf, gather};
use crate::view::persons::Whom;
use crate::view::projected::Held;
use crate::view::question::Question;
use crate::view::timeline::{Dossier, Noted};

/// What one issuer's filings tell of somebody.
#[derive(Debug)]
pub struct AtIssuer {
    /// The issuer.
    pub issuer: Candidate,
    /// Its classes.
    pub classes: Vec<ClassHoldings>,
    /// Whoever reports on them.
    pub persons: Vec<Whom>,
    /// What led to that; nothing where the answer was kept.
    pub changes: Vec<Change>,
    /// The decisions among what it rests on, or those about who is who alone.
    notes: Vec<Noted>,
    /// The first of its filings.
    first: Option<u64>,
}

/// What is wanted of persons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// What they hold: what is kept of an issuer answers too.
    Holdings,
    /// What led to it.
    Changes,
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
    /// Whether so many names have the part asked for in them that nobody was looked for.
    pub too_many: bool,
}

/// The most names that are looked under for the part of one.
pub const NAMES_MAX: usize = 1_000;

/// What a person may be asked for by: a CIK, a tax number, a name.
pub fn ids_of(asked: &str) -> BTreeSet<HolderId> {
    // As `link` takes it, and as answers write it.
    let tax = asked.strip_prefix("tax:");
    let numbered = asked.chars().any(|c| c.is_ascii_digit());
    let number = Some(tax.unwrap_or(asked)).filter(|_| numbered).and_then(HolderId::of_tax_id);
    let name = HolderId::of_name(asked).filter(|_| tax.is_none());
    let cik = asked.trim().parse().ok().map(HolderId::Cik);
    cik.into_iter().chain(number).chain(name).collect()
}

/// Finds who is meant by a CIK, a tax number, or all or part of a name, and all it reports.
pub fn find<I: Index>(
    index: &I,
    asked: &str,
    question: &Question,
    of_them: Wanted,
) -> Result<Answer, I::Error> {
    let mut wanted = ids_of(asked);
    let name = wanted.iter().find(|id| matches!(id, HolderId::Name(_))).cloned();
    let (answer, asked) = (Answer::default(), BTreeSet::new());
    let mut search = Search { index, question, of_them, answer, asked, known: BTreeSet::new() };
    search.issuers_of(&wanted)?;
    if let (true, Some(HolderId::Name(part))) = (search.answer.issuers.is_empty(), name) {
        // All of them or none: who is left out would be silently so, and on these clocks perhaps
        // the only one.
        let named = index.names_containing(&part, NameOf::Holder, NAMES_MAX + 1)?;
        if named.len() > NAMES_MAX {
            return Ok(Answer { too_many: true, ..Answer::default() });
        }
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
    of_them: Wanted,
    answer: Answer,
    asked: BTreeSet<HolderId>,
    /// The entries that the issuers found so far rest on.
    known: BTreeSet<u64>,
}

impl<I: Index> Search<'_, I> {
    /// Folds every issuer on which somebody of these ids reports, each once.
    fn issuers_of(&mut self, ids: &BTreeSet<HolderId>) -> Result<(), I::Error> {
        for id in ids {
            if !self.asked.insert(id.clone()) {
                continue;
            }
            for entry in self.index.entries_under(&Topic::Holder(id.clone()))? {
                if !self.known.contains(&entry) {
                    self.issuer_of(entry)?;
                }
            }
        }
        Ok(())
    }

    /// The issuer that an entry is about: as it is kept, else folded.
    fn issuer_of(&mut self, entry: u64) -> Result<(), I::Error> {
        if self.of_them == Wanted::Holdings
            && let Some(kept) = self.index.kept_with(entry, self.question)?
        {
            let first = kept.entries.first().copied();
            self.known.extend(kept.entries);
            let mut notes = Vec::new();
            for link in kept.links {
                if let Entered::Note(note) = self.index.entered(link)? {
                    notes.push(*note);
                }
            }
            let Held { issuer, classes, persons } = kept.held;
            self.add(AtIssuer { issuer, classes, persons, changes: Vec::new(), notes, first });
            return Ok(());
        }
        for (issuer, dossier) in gather(self.index, [entry].into())? {
            let issuer = issuer.known_then(&dossier, self.question);
            let Fold { classes, changes, persons } = fold(&dossier, self.question);
            let classes = classes.into_iter().map(|class| class.holdings).collect();
            let persons = persons.all().iter().map(Whom::from).collect();
            let Dossier { filings, notes } = dossier;
            self.known.extend(filings.iter().map(|filing| filing.entry));
            self.known.extend(notes.iter().map(|note| note.entry));
            let first = filings.first().map(|filing| filing.entry);
            self.add(AtIssuer { issuer, classes, persons, changes, notes, first });
        }
        Ok(())
    }

    /// An issuer that is not there yet: parts of a large filing are no entries of a dossier.
    fn add(&mut self, issuer: AtIssuer) {
        let same = |at: &AtIssuer| match (at.issuer.cik, issuer.issuer.cik) {
            (Some(one), Some(other)) => one == other,
            _ => at.first == issuer.first,
        };
        if !self.answer.issuers.iter().any(same) {
            self.answer.issuers.push(issuer);
        }
    }

    /// From those who were named to all they are: by numbers and decisions, until nothing is new.
    fn follow(mut self, wanted: &BTreeSet<HolderId>) -> Result<Answer, I::Error> {
        loop {
            let persons = self.persons(wanted);
            let ids: BTreeSet<HolderId> =
                persons.iter().flat_map(|person| &person.ids).cloned().collect();
            let mut numbers = self.linked(&ids);
            numbers.extend(ids.into_iter().filter(|id| !matches!(id, HolderId::Name(_))));
            if numbers.is_subset(&self.asked) {
                self.answer.persons = persons;
                return Ok(self.answer);
            }
            self.issuers_of(&numbers)?;
        }
    }

    fn links(&self) -> Links {
        let notes = self.answer.issuers.iter().flat_map(|at| &at.notes);
        let notes = notes.filter(|note| note.entry < self.question.at.0);
        let by_entry: BTreeMap<u64, _> = notes.map(|note| (note.entry, note)).collect();
        Links::counting(&by_entry.into_values().collect::<Vec<_>>(), self.question, None)
    }

    /// Ids that decisions make one with these: a name among them is meant wherever it is printed.
    fn linked(&self, ids: &BTreeSet<HolderId>) -> BTreeSet<HolderId> {
        let links = self.links();
        ids.iter().flat_map(|id| links.with(id)).collect()
    }

    /// The persons of the folds who were named, made one across issuers by numbers and decisions.
    fn persons(&self, wanted: &BTreeSet<HolderId>) -> Vec<Found> {
        let links = self.links();
        let mut all: Vec<Found> = Vec::new();
        for (at, issuer) in self.answer.issuers.iter().enumerate() {
            for (place, person) in issuer.persons.iter().enumerate() {
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
    /// A person's names and numbers as one issuer's filings have them.
    pub fn person(&self, at: (usize, usize)) -> Option<(&AtIssuer, &Whom)> {
        let issuer = self.issuers.get(at.0)?;
        Some((issuer, issuer.persons.get(at.1)?))
    }
}
