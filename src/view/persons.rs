//! Which rows of an issuer's filings are one person: by number, by name, by decision.
//! Knows nothing of what the rows say of shares.

use std::collections::BTreeSet;

use crate::terms::id::Cik;
use crate::terms::name::same_name;
use crate::terms::topic::HolderId;
use crate::view::identity::{Identity, Links, of_filing};
use crate::view::timeline::Standing;

/// One person, as far as the filings that count tell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Person {
    /// The name as last printed; `None` where no cover page's can be read.
    pub name: Option<String>,
    /// Every spelling that was printed.
    pub spellings: BTreeSet<String>,
    /// Everything it is known by.
    pub ids: BTreeSet<HolderId>,
    /// Names it had before, as headers list them.
    pub formerly: BTreeSet<String>,
    /// Its CIK: the first that was stated.
    pub cik: Option<Cik>,
    /// Whether that CIK comes from a header alone.
    pub cik_from_header: bool,
}

/// Who somebody is, as answers across issuers need it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Whom {
    /// The name as last printed.
    pub name: Option<String>,
    /// Its CIK.
    pub cik: Option<Cik>,
    /// Everything it is known by.
    pub ids: BTreeSet<HolderId>,
}

impl From<&Person> for Whom {
    fn from(person: &Person) -> Self {
        Self { name: person.name.clone(), cik: person.cik, ids: person.ids.clone() }
    }
}

/// The persons of an issuer's filings.
#[derive(Clone, Debug, Default)]
pub struct Persons {
    people: Vec<Person>,
    links: Links,
}

/// What makes a row one with a person, the strongest first (spec, section 17.5).
#[derive(Clone, Copy)]
enum By {
    /// Its CIK.
    Cik,
    /// A decision, and a tax number or a name in common.
    OwnLinked,
    /// A decision alone: where it makes one of two who have a row each on one filing, whoever has
    /// the name itself comes first.
    Linked,
    /// Its tax number.
    TaxId,
    /// Its name.
    Name,
}

impl By {
    const ROUNDS: [By; 5] = [By::Cik, By::OwnLinked, By::Linked, By::TaxId, By::Name];
}

/// Two persons that may be one, and why: a decision is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// One.
    pub a: HolderId,
    /// The other.
    pub b: HolderId,
    /// Their names as printed.
    pub names: (String, String),
    /// Why they may be one.
    pub why: &'static str,
}

impl Persons {
    /// Nobody yet.
    pub fn new(links: Links) -> Self {
        Self { people: Vec::new(), links }
    }

    /// The person of each row of a filing. Two rows of one filing are two persons, however alike.
    pub fn of(&mut self, filing: &Standing) -> Vec<usize> {
        let identities = of_filing(&filing.filing);
        let placed = self.placed(&identities);
        let rows = filing.filing.reading.holders.iter().zip(identities).zip(placed);
        rows.map(|((row, identity), found)| {
            let at = found.unwrap_or_else(|| {
                self.people.push(Person::default());
                self.people.len() - 1
            });
            if let Some(person) = self.people.get_mut(at) {
                person.learn(row.name.value(), identity);
            }
            at
        })
        .collect()
    }

    /// Whom of those there are the rows of one filing join: in rounds, the strongest first, so that
    /// nobody is taken by a name or a decision from the row that has its number (spec, section
    /// 17.5).
    fn placed(&self, rows: &[Identity]) -> Vec<Option<usize>> {
        let mut taken = BTreeSet::new();
        let mut placed = vec![None; rows.len()];
        for by in By::ROUNDS {
            for (row, place) in rows.iter().zip(&mut placed).filter(|(_, place)| place.is_none()) {
                let free = self.people.iter().enumerate().filter(|(at, _)| !taken.contains(at));
                let mut fit = free.filter(|(_, person)| self.fits(by, row, person));
                *place = fit.next().map(|(at, _)| at);
                taken.extend(*place);
            }
        }
        placed
    }

    fn fits(&self, by: By, row: &Identity, person: &Person) -> bool {
        let has = |id: &Option<HolderId>| id.as_ref().is_some_and(|id| person.ids.contains(id));
        let linked = || row.ids().any(|id| person.ids.iter().any(|own| self.links.one(&id, own)));
        let fits = match by {
            By::Cik => has(&row.cik.map(HolderId::Cik)),
            By::OwnLinked => (has(&row.tax_id) || has(&row.name)) && linked(),
            By::Linked => linked(),
            By::TaxId => has(&row.tax_id) && person.may_have(row.cik),
            By::Name => has(&row.name) && person.may_have(row.cik),
        };
        fits && !self.apart(row, person)
    }

    fn apart(&self, row: &Identity, person: &Person) -> bool {
        row.ids().any(|id| person.ids.iter().any(|own| self.links.apart(&id, own)))
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<&Person> {
        self.people.get(at)
    }

    /// Whether one of them is so called on any filing that counts: whoever was renamed may sign by
    /// either name.
    pub fn is_named(&self, at: usize, name: &str) -> bool {
        let person = self.people.get(at);
        person.is_some_and(|person| person.spellings.iter().any(|own| same_name(own, name)))
    }

    /// The places of those known by any of these.
    pub fn known_by(&self, ids: &BTreeSet<HolderId>) -> Vec<usize> {
        let all = self.people.iter().enumerate();
        all.filter(|(_, one)| !one.ids.is_disjoint(ids)).map(|(at, _)| at).collect()
    }

    /// All of them, in the order in which they first reported.
    pub fn all(&self) -> &[Person] {
        &self.people
    }

    /// Who may be one person and is not: names alike but for order and initials, a name a header
    /// lists as former. Pairs that a decision keeps apart are not proposed again.
    pub fn proposals(&self) -> Vec<Proposal> {
        let mut found = Vec::new();
        for (at, a) in self.people.iter().enumerate() {
            for b in self.people.iter().skip(at + 1) {
                found.extend(self.proposal(a, b));
            }
        }
        found
    }

    fn proposal(&self, a: &Person, b: &Person) -> Option<Proposal> {
        let alike = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.iter().any(|x| other.iter().any(|y| same_name(x, y)))
        };
        let why = if alike(&a.spellings, &b.spellings) {
            "their names are spelt alike"
        } else if alike(&a.formerly, &b.spellings) || alike(&b.formerly, &a.spellings) {
            "a header lists the one's name as a former name of the other"
        } else {
            return None;
        };
        let kept_apart = a.ids.iter().any(|x| b.ids.iter().any(|y| self.links.apart(x, y)));
        let (id_a, id_b) = (a.best_id()?, b.best_id()?);
        let names = (a.name.clone()?, b.name.clone()?);
        (!kept_apart && id_a != id_b).then_some(Proposal { a: id_a, b: id_b, names, why })
    }
}

impl Person {
    fn may_have(&self, cik: Option<Cik>) -> bool {
        let mut own = self.ids.iter().filter(|id| matches!(id, HolderId::Cik(_))).peekable();
        cik.is_none_or(|cik| own.peek().is_none() || own.any(|id| *id == HolderId::Cik(cik)))
    }

    fn learn(&mut self, name: Option<&String>, row: Identity) {
        if self.cik.is_none() && row.cik.is_some() {
            (self.cik, self.cik_from_header) = (row.cik, row.cik_from_header);
        }
        self.cik_from_header &= row.cik.is_none() || row.cik_from_header;
        self.ids.extend(row.ids());
        self.formerly.extend(row.formerly);
        self.spellings.extend(name.cloned());
        self.name = name.cloned().or_else(|| self.name.take());
    }

    /// What it is known by best: its CIK, else its tax number, else its name.
    pub fn best_id(&self) -> Option<HolderId> {
        let cik = self.cik.map(HolderId::Cik);
        let of = |is: fn(&HolderId) -> bool| self.ids.iter().find(|id| is(id)).cloned();
        cik.or_else(|| of(|id| matches!(id, HolderId::TaxId(_))))
            .or_else(|| of(|id| matches!(id, HolderId::Name(_))))
    }
}
