//! Finds the filings of one issuer from whatever name, CIK or CUSIP somebody asks for.
//! Knows nothing of stores: it asks an index through `Index`, and of time only that it passes.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::Topic;
use crate::terms::id::{Cik, Cusip};
use crate::terms::span::Field;
use crate::view::timeline::Recorded;

/// What is asked of whoever keeps the entries.
pub trait Index {
    /// Why it could not answer.
    type Error;

    /// The entries of filings found under `key`.
    fn filings_under(&self, key: &Topic) -> Result<Vec<u64>, Self::Error>;

    /// The filing an entry records, with its continuations.
    fn filing(&self, entry: u64) -> Result<Recorded, Self::Error>;

    /// The keys of names that contain `part`, at most `limit` of them.
    fn names_containing(&self, part: &str, limit: usize) -> Result<Vec<Topic>, Self::Error>;
}

/// An issuer somebody may have meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Candidate {
    /// Its name as last recorded.
    pub name: Option<String>,
    /// Its CIK, where a filing has it.
    pub cik: Option<Cik>,
    /// The CUSIPs of its filings.
    pub cusips: BTreeSet<Cusip>,
}

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// One issuer, and its filings in the order of the ledger.
    One {
        /// Who it is.
        issuer: Candidate,
        /// The class asked for, where the question was a CUSIP.
        class: Option<Cusip>,
        /// Its filings.
        filings: Vec<Recorded>,
    },
    /// Several issuers; the asker has to say which.
    Several(Vec<Candidate>),
    /// Nobody of that name.
    Nobody,
}

/// How many candidates are named at most.
pub const CANDIDATES_MAX: usize = 20;

/// Finds the issuer somebody names by CIK, CUSIP, or all or part of its name.
pub fn find<I: Index>(index: &I, asked: &str) -> Result<Found, I::Error> {
    let cusip = asked.parse::<Cusip>().ok().filter(|cusip| cusip.as_str().len() == 9);
    let mut keys: Vec<Topic> = asked.trim().parse().map(Topic::Cik).into_iter().collect();
    keys.extend(cusip.clone().map(Topic::Cusip));
    keys.push(Topic::name(asked));
    let mut entries = entries_under(index, &keys)?;
    if entries.is_empty() && !matches!(Topic::name(asked), Topic::Name(n) if n.is_empty()) {
        let Topic::Name(part) = Topic::name(asked) else { return Ok(Found::Nobody) };
        entries = entries_under(index, &index.names_containing(&part, CANDIDATES_MAX)?)?;
    }
    let class = cusip.filter(|_| !entries.is_empty());
    gather(index, entries, class)
}

fn entries_under<I: Index>(index: &I, keys: &[Topic]) -> Result<BTreeSet<u64>, I::Error> {
    let mut entries = BTreeSet::new();
    for key in keys {
        entries.extend(index.filings_under(key)?);
    }
    Ok(entries)
}

/// The names by which the filings gathered so far are known.
#[derive(Default)]
struct Names {
    ciks: BTreeSet<Cik>,
    /// Only those whose check digit is right: the others name nothing.
    cusips: BTreeSet<Cusip>,
    names: BTreeSet<Topic>,
}

impl Names {
    fn of(filing: &Recorded) -> Self {
        let printed = filing.filing.reading.cusips.iter().filter_map(Field::value);
        Self {
            ciks: filing.filing.issuer_cik().into_iter().collect(),
            cusips: printed.filter(|cusip| cusip.is_valid()).cloned().collect(),
            names: filing.filing.issuer_name().map(Topic::name).into_iter().collect(),
        }
    }

    fn add(&mut self, other: Names) {
        self.ciks.extend(other.ciks);
        self.cusips.extend(other.cusips);
        self.names.extend(other.names);
    }

    /// Whether a filing is of the same issuer (spec, section 17.3): the same CIK; without a CIK on
    /// one side, a CUSIP in common; with neither on the filing, the same name.
    fn same_issuer(&self, filing: &Names) -> bool {
        if !self.ciks.is_empty() && !filing.ciks.is_empty() {
            return !self.ciks.is_disjoint(&filing.ciks);
        }
        if !self.cusips.is_disjoint(&filing.cusips) {
            return true;
        }
        let nameless = filing.ciks.is_empty() && filing.cusips.is_empty();
        nameless && !self.names.is_disjoint(&filing.names)
    }

    fn keys(&self) -> Vec<Topic> {
        let ciks = self.ciks.iter().copied().map(Topic::Cik);
        let cusips = self.cusips.iter().cloned().map(Topic::Cusip);
        ciks.chain(cusips).chain(self.names.iter().cloned()).collect()
    }
}

/// From some filings of an issuer to all of them.
fn gather<I: Index>(
    index: &I,
    start: BTreeSet<u64>,
    class: Option<Cusip>,
) -> Result<Found, I::Error> {
    let mut filings: BTreeMap<u64, Recorded> = BTreeMap::new();
    let mut names = Names::default();
    for entry in start {
        let filing = index.filing(entry)?;
        names.add(Names::of(&filing));
        filings.insert(entry, filing);
    }
    let mut others: BTreeMap<u64, Recorded> = BTreeMap::new();
    loop {
        for entry in entries_under(index, &names.keys())? {
            if !filings.contains_key(&entry) && !others.contains_key(&entry) {
                others.insert(entry, index.filing(entry)?);
            }
        }
        let same = |filing: &Recorded| names.same_issuer(&Names::of(filing));
        let joined: Vec<u64> =
            others.iter().filter(|(_, filing)| same(filing)).map(|(entry, _)| *entry).collect();
        if joined.is_empty() {
            return Ok(sort_out(filings.into_values().collect(), class));
        }
        for entry in joined {
            if let Some(filing) = others.remove(&entry) {
                names.add(Names::of(&filing));
                filings.insert(entry, filing);
            }
        }
    }
}

/// One issuer, or several where the filings' names fall into groups that nothing joins.
fn sort_out(filings: Vec<Recorded>, class: Option<Cusip>) -> Found {
    let mut groups: Vec<(Names, Candidate)> = Vec::new();
    // Filings with a CIK first: those without one may then join them.
    let with_cik = filings.iter().filter(|filing| filing.filing.issuer_cik().is_some());
    let without = filings.iter().filter(|filing| filing.filing.issuer_cik().is_none());
    for filing in with_cik.chain(without) {
        let names = Names::of(filing);
        let at = groups.iter().position(|(group, _)| group.same_issuer(&names));
        let at = at.unwrap_or_else(|| {
            groups.push(Default::default());
            groups.len() - 1
        });
        let Some((group, candidate)) = groups.get_mut(at) else { continue };
        group.add(names);
        candidate.cik = candidate.cik.or(filing.filing.issuer_cik());
        let name = filing.filing.issuer_name().map(str::to_owned);
        candidate.name = name.or_else(|| candidate.name.take());
        let printed = filing.filing.reading.cusips.iter().filter_map(Field::value);
        candidate.cusips.extend(printed.cloned());
    }
    let mut candidates: Vec<Candidate> = groups.into_iter().map(|(_, who)| who).collect();
    if candidates.len() > 1 {
        candidates.truncate(CANDIDATES_MAX);
        return Found::Several(candidates);
    }
    match candidates.pop() {
        Some(issuer) => Found::One { issuer, class, filings },
        None => Found::Nobody,
    }
}
