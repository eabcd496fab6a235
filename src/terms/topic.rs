//! Under what entries are found again: issuers, classes, filings, holders.
//! Knows nothing of indexes, nor of what the entries say.

use serde::{Deserialize, Serialize};

use crate::terms::id::{Accession, Cik, Cusip};
use crate::terms::name;

/// A number or a name by which a holder is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum HolderId {
    /// EDGAR's number of it.
    Cik(Cik),
    /// Its tax number as printed.
    TaxId(String),
    /// Its name with spellings set aside (`terms::name::key`).
    Name(String),
}

/// What an entry can be found again under, through an index (spec, section 11).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Topic {
    /// An issuer, by CIK.
    Cik(Cik),
    /// A class of an issuer, by CUSIP, as printed.
    Cusip(Cusip),
    /// An issuer, by name: letters and digits only, lower case.
    Name(String),
    /// A recorded filing, by its entry: what was decided about it later.
    Filing(u64),
    /// A filing that was left out.
    Skipped(Accession),
    /// A holder of a filing.
    Holder(HolderId),
    /// A holder that was linked or unlinked.
    Linked(HolderId),
}

impl Topic {
    /// The key of an issuer's name.
    pub fn name(text: &str) -> Self {
        Topic::Name(
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect(),
        )
    }
}

impl HolderId {
    /// The id of a name as printed; `None` where nothing of it is left.
    pub fn of_name(text: &str) -> Option<Self> {
        let key = name::key(text);
        (!key.is_empty()).then_some(HolderId::Name(key))
    }

    /// The id of a tax number as printed: letters and digits alone.
    pub fn of_tax_id(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        (!kept.is_empty()).then_some(HolderId::TaxId(kept))
    }
}
