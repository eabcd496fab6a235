//! Whose an amendment without cover pages is: by the header's filers, else by those who sign.
//! Knows nothing of chains; `chain` joins by it, and `strand` ties what may be joined.

use std::collections::BTreeSet;

use crate::terms::id::Cik;
use crate::terms::span::Field;
use crate::terms::topic::HolderId;
use crate::view::identity::{header_ciks, of_filing};
use crate::view::timeline::Standing;

/// Whoever files or signs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parties {
    /// The header's filers, and reporting persons by their CIKs.
    pub filers: BTreeSet<Cik>,
    /// The names of reporting persons; without cover pages, of those for whom it is signed.
    pub names: BTreeSet<HolderId>,
}

/// What an amendment without cover pages has in common with a chain: filers, then signatories.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Common {
    /// How many filers.
    pub filers: usize,
    /// How many signatories by name.
    pub signers: usize,
}

/// Whether no cover page of a filing was read.
pub fn is_uncovered(filing: &Standing) -> bool {
    filing.filing.reading.holders.is_empty()
}

impl Parties {
    /// Those of one filing.
    pub fn of(filing: &Standing) -> Self {
        let rows = of_filing(&filing.filing);
        let own = rows.iter().filter_map(|row| row.cik);
        let filers = header_ciks(&filing.filing).into_iter().chain(own).collect();
        let mut names: BTreeSet<HolderId> =
            rows.iter().filter_map(|row| row.name.clone()).collect();
        if is_uncovered(filing) {
            let signers = filing.filing.reading.signatures.iter().map(|one| &one.name);
            let signers = signers.filter_map(Field::value);
            names.extend(signers.filter_map(|name| HolderId::of_name(name)));
        }
        Self { filers, names }
    }

    /// Takes in those of another filing.
    pub fn add(&mut self, other: &Self) {
        self.filers.extend(&other.filers);
        self.names.extend(other.names.iter().cloned());
    }

    /// Those of them that a filing has, too.
    pub fn among(&self, filing: &Standing) -> Vec<HolderId> {
        if self.filers.is_empty() && self.names.is_empty() {
            return Vec::new();
        }
        let of = Self::of(filing);
        let filers = of.filers.intersection(&self.filers).copied().map(HolderId::Cik);
        filers.chain(of.names.intersection(&self.names).cloned()).collect()
    }

    /// What they have in common (spec, section 17.7): filers; names alone tell only where one of
    /// the two has no filer, for different filers of one name are two.
    pub fn common(&self, other: &Self) -> Option<Common> {
        let filers = self.filers.intersection(&other.filers).count();
        let signers = self.names.intersection(&other.names).count();
        let unnumbered = self.filers.is_empty() || other.filers.is_empty();
        (filers > 0 || (unnumbered && signers > 0)).then_some(Common { filers, signers })
    }
}
