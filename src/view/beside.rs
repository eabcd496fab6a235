//! What is said beside an answer and is no part of it: filings of other issuers, and other bytes.
//! Decides nothing of what counts, and looks for none of it.

use crate::terms::id::Accession;
use crate::view::others::Other;

/// A filing under whose accession number other bytes came, too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The number.
    pub accession: Accession,
    /// The entries that say so, ascending.
    pub by: Vec<u64>,
}

/// All that is said beside an answer (spec, section 17.3).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SaidBeside {
    /// Filings of other issuers that print a CUSIP that it is about.
    pub others: Vec<Other>,
    /// Its filings whose numbers came with other bytes.
    pub conflicts: Vec<Conflict>,
}
