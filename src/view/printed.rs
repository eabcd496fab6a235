//! How the persons of a filing's cover pages are printed there: by which number, by which name.
//! Knows nothing of who is whom; it is told, and compares the prints of one person.

use std::collections::BTreeMap;

use crate::terms::id::Cik;
use crate::terms::topic::HolderId;
use crate::view::chain::Filed;
use crate::view::identity::of_filing;

/// The persons of one filing, each with the number and the name it has there.
pub struct Printed(BTreeMap<usize, (Option<Cik>, Option<HolderId>)>);

impl Printed {
    /// Those of a filing.
    pub fn of(filed: &Filed) -> Self {
        let known = of_filing(&filed.standing.filing).into_iter();
        let known = known.map(|one| (one.cik, one.name));
        Self(filed.persons.iter().copied().zip(known).collect())
    }

    /// Who is printed alike in both: by the same CIK or, where one of the two has none, by the same
    /// name. Of two that a decision made one, one may print the other's name.
    pub fn alike(&self, other: &Printed) -> impl Iterator<Item = usize> {
        let own = self.0.iter().filter(|(person, (cik, name))| {
            other.0.get(person).is_some_and(|(number, called)| match cik.zip(*number) {
                Some((own, number)) => own == number,
                None => name.is_some() && name == called,
            })
        });
        own.map(|(person, _)| *person)
    }
}
