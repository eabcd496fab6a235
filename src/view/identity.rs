//! By which numbers and name a row's holder is known, and which of them decisions say are one.
//! Knows one filing at a time; who a holder is across filings is for `persons`.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::{Event, FilingRecorded, HolderKey, HoldersDecided};
use crate::terms::id::Cik;
use crate::terms::name::{same_name, same_name_but_for_kind};
use crate::terms::statement::Holder;
use crate::terms::topic::HolderId;
use crate::view::question::Question;
use crate::view::timeline::Noted;

/// How a row's holder is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identity {
    /// The row's own CIK, else that of the header's filer of the same name.
    pub cik: Option<Cik>,
    /// Whether the CIK is the header's.
    pub cik_from_header: bool,
    /// The row's tax number, else that of the same filer.
    pub tax_id: Option<HolderId>,
    /// The name, spellings set aside.
    pub name: Option<HolderId>,
    /// Names the same filer had before, as the header lists them.
    pub formerly: Vec<String>,
}

impl Identity {
    /// Everything it is known by.
    pub fn ids(&self) -> impl Iterator<Item = HolderId> + '_ {
        let cik = self.cik.map(HolderId::Cik);
        [cik, self.tax_id.clone(), self.name.clone()].into_iter().flatten()
    }
}

/// A filer of the header.
struct Filer<'a> {
    cik: Option<Cik>,
    tax_id: Option<HolderId>,
    names: Vec<&'a str>,
}

/// How each holder of a filing is known, in the order of its cover pages. A header's filer lends
/// its numbers to the one row of its name, and to nobody where there are several: joint holders
/// are never given one CIK (spec, section 17.5).
pub fn of_filing(filing: &FilingRecorded) -> Vec<Identity> {
    let holders = &filing.reading.holders;
    let mut known: Vec<Identity> = holders.iter().map(of_row).collect();
    let taken: BTreeSet<Cik> = known.iter().filter_map(|identity| identity.cik).collect();
    let filers = filers(filing);
    let free = |filer: &&Filer| filer.cik.is_none_or(|cik| !taken.contains(&cik));
    for filer in filers.iter().filter(free) {
        let rows = holders.iter().zip(&mut known).filter(|(row, known)| {
            known.cik.is_none() && row.name.value().is_some_and(|name| filer.is_named(name))
        });
        let mut rows: Vec<(&Holder, &mut Identity)> = rows.collect();
        let [(row, identity)] = rows.as_mut_slice() else { continue };
        let rivals = row.name.value().map_or(0, |name| {
            filers.iter().filter(free).filter(|other| other.is_named(name)).count()
        });
        if rivals == 1 {
            identity.cik = filer.cik;
            identity.cik_from_header = filer.cik.is_some();
            identity.tax_id = identity.tax_id.take().or(filer.tax_id.clone());
            identity.formerly = filer.names.iter().skip(1).map(|name| (*name).to_owned()).collect();
        }
    }
    alone(filing, &filers, &mut known);
    known
}

/// A filing with one reporting person and one filer's CIK, whose names are one but for a company's
/// kind that one of them leaves out ("The Vanguard Group", "VANGUARD GROUP INC"): the person is
/// the filer, for there is nobody else it could be (spec, section 17.5).
fn alone(filing: &FilingRecorded, filers: &[Filer], known: &mut [Identity]) {
    let ([row], [identity]) = (filing.reading.holders.as_slice(), known) else { return };
    let ciks = header_ciks(filing);
    let (Some(name), None, 1) = (row.name.value(), identity.cik, ciks.len()) else { return };
    let named = |filer: &&Filer| {
        filer.names.iter().any(|own| same_name(own, name) || same_name_but_for_kind(own, name))
    };
    let of_cik = filers.iter().filter(|filer| filer.cik == ciks.first().copied());
    if let Some(filer) = of_cik.into_iter().find(named) {
        identity.cik = filer.cik;
        identity.cik_from_header = true;
        identity.tax_id = identity.tax_id.take().or(filer.tax_id.clone());
        identity.formerly = filer.names.iter().skip(1).map(|name| (*name).to_owned()).collect();
    }
}

impl Filer<'_> {
    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|own| same_name(own, name))
    }
}

fn of_row(row: &Holder) -> Identity {
    Identity {
        cik: row.cik.value().copied(),
        cik_from_header: false,
        tax_id: row.tax_id.value().and_then(|text| tax_id(text)),
        name: row.name.value().and_then(|text| HolderId::of_name(text)),
        formerly: Vec::new(),
    }
}

/// A tax number that tells one from another: `00-0000000` stands for none, and many print it.
fn tax_id(text: &str) -> Option<HolderId> {
    let id = HolderId::of_tax_id(text)?;
    let HolderId::TaxId(printed) = &id else { return None };
    let (first, rest) = printed.split_at_checked(1)?;
    let filler = !rest.is_empty() && rest.chars().all(|one| first.starts_with(one));
    (!filler).then_some(id)
}

/// The CIKs of the header's filers, and the one supplied.
pub fn header_ciks(filing: &FilingRecorded) -> BTreeSet<Cik> {
    let stated = filing.reading.filed_by.iter().filter_map(|party| party.cik.value().copied());
    stated.chain(filing.supplied.filer_cik).collect()
}

fn filers(filing: &FilingRecorded) -> Vec<Filer<'_>> {
    let parties = filing.reading.filed_by.iter().map(|party| {
        let former = party.former_names.iter().filter_map(|name| name.value());
        Filer {
            cik: party.cik.value().copied(),
            tax_id: party.tax_id.value().and_then(|text| tax_id(text)),
            names: party.name.value().into_iter().chain(former).map(String::as_str).collect(),
        }
    });
    let mut filers: Vec<Filer> = parties.filter(|filer| !filer.names.is_empty()).collect();
    let said = &filing.supplied;
    if let (Some(cik), Some(name)) = (said.filer_cik, said.filer_name.as_deref())
        && !filers.iter().any(|filer| filer.cik == Some(cik))
    {
        filers.push(Filer { cik: Some(cik), tax_id: None, names: vec![name] });
    }
    filers
}

/// What was decided about who is who, as it counts for one question within one issuer.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Each id that is linked, and the least id of its set.
    sets: BTreeMap<HolderId, HolderId>,
    /// Pairs that are never one person, the lesser first.
    apart: BTreeSet<(HolderId, HolderId)>,
}

impl Links {
    /// The decisions that count: the last about each pair.
    pub fn counting(notes: &[&Noted], question: &Question, issuer: Option<Cik>) -> Self {
        let mut last: BTreeMap<(HolderId, HolderId), bool> = BTreeMap::new();
        for note in notes {
            let (pair, one) = match &note.event {
                Event::HoldersLinked(pair) => (pair, true),
                Event::HoldersUnlinked(pair) => (pair, false),
                _ => continue,
            };
            if Self::counts(pair, question, issuer) {
                last.insert(ordered(&pair.a.id, &pair.b.id), one);
            }
        }
        let mut links = Links::default();
        for ((a, b), one) in last {
            match one {
                true => links.join(&a, &b),
                false => _ = links.apart.insert((a, b)),
            }
        }
        links
    }

    /// Whether a decision counts, taken back since or not.
    pub fn counts(pair: &HoldersDecided, question: &Question, issuer: Option<Cik>) -> bool {
        let meant = |key: &HolderKey| key.issuer.is_none() || key.issuer == issuer;
        let since = pair.since.is_none_or(|day| day <= question.as_of.0);
        let known = pair.known_at.is_none_or(|instant| instant <= question.known_at.0);
        meant(&pair.a) && meant(&pair.b) && since && known
    }

    fn join(&mut self, a: &HolderId, b: &HolderId) {
        let (a, b) = (self.set_of(a), self.set_of(b));
        let (least, other) = ordered(&a, &b);
        self.sets.insert(least.clone(), least.clone());
        self.sets.insert(other.clone(), least.clone());
        self.sets.values_mut().filter(|set| **set == other).for_each(|set| *set = least.clone());
    }

    fn set_of(&self, id: &HolderId) -> HolderId {
        self.sets.get(id).unwrap_or(id).clone()
    }

    /// Whether decisions make them one person.
    pub fn one(&self, a: &HolderId, b: &HolderId) -> bool {
        self.sets.get(a).is_some_and(|set| self.sets.get(b) == Some(set))
    }

    /// All that decisions make one with an id.
    pub fn with(&self, id: &HolderId) -> Vec<HolderId> {
        let set = self.sets.get(id);
        let same = self.sets.iter().filter(|(_, own)| Some(*own) == set);
        same.map(|(other, _)| other.clone()).collect()
    }

    /// Whether a decision says they are two.
    pub fn apart(&self, a: &HolderId, b: &HolderId) -> bool {
        self.apart.contains(&ordered(a, b))
    }
}

fn ordered(a: &HolderId, b: &HolderId) -> (HolderId, HolderId) {
    if a <= b { (a.clone(), b.clone()) } else { (b.clone(), a.clone()) }
}
