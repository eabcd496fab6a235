//! Filings of other issuers that print a CUSIP of the one asked for, which makes no two CIKs one.
//! Says that they are there, and nothing of what they mean: a successor's, or a slip.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::id::{Cik, Cusip};
use crate::terms::span::Field;
use crate::terms::topic::Topic;
use crate::view::issuer::{Entered, Index, notes_about};
use crate::view::question::Question;
use crate::view::timeline::{Dossier, counting};

/// The filings of one other issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// Its CIK.
    pub cik: Cik,
    /// Its name, as the last of them prints it.
    pub name: Option<String>,
    /// The CUSIPs that they print.
    pub cusips: BTreeSet<Cusip>,
    /// Their entries.
    pub entries: Vec<u64>,
}

/// Those of every other issuer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Others {
    /// For each filing its issuer, and which of the CUSIPs it prints.
    filings: BTreeMap<u64, (Cik, Option<String>, BTreeSet<Cusip>)>,
}

impl Others {
    /// The filings that print one of some CUSIPs, count for a question, and have another CIK than
    /// the issuer's; `own` are entries that need not be looked at.
    ///
    /// # Errors
    /// The index cannot be asked.
    pub fn of<I: Index>(
        index: &I,
        (issuer, own): (Option<Cik>, &BTreeSet<u64>),
        cusips: &BTreeSet<Cusip>,
        question: &Question,
    ) -> Result<Self, I::Error> {
        let mut others = Self::default();
        let Some(issuer) = issuer else { return Ok(others) };
        let mut looked_at = BTreeSet::new();
        for cusip in cusips.iter().filter(|cusip| cusip.is_valid()) {
            for entry in index.entries_under(&Topic::Cusip(cusip.clone()))? {
                if !own.contains(&entry) && looked_at.insert(entry) {
                    others.look_at(index, entry, (issuer, cusips), question)?;
                }
            }
        }
        Ok(others)
    }

    fn look_at<I: Index>(
        &mut self,
        index: &I,
        entry: u64,
        (issuer, cusips): (Cik, &BTreeSet<Cusip>),
        question: &Question,
    ) -> Result<(), I::Error> {
        let Entered::Filing(filing) = index.entered(entry)? else { return Ok(()) };
        let dossier = Dossier::new(vec![*filing], notes_about(index, entry)?);
        for filing in counting(&dossier, question) {
            let Some(cik) = filing.filing.issuer_cik().filter(|cik| *cik != issuer) else {
                continue;
            };
            let printed = filing.filing.reading.cusips.iter().filter_map(Field::value);
            let printed: BTreeSet<Cusip> =
                printed.filter(|one| one.is_valid() && cusips.contains(one)).cloned().collect();
            if !printed.is_empty() {
                let name = filing.filing.issuer_name().map(str::to_owned);
                self.filings.insert(entry, (cik, name, printed));
            }
        }
        Ok(())
    }

    /// By issuer those that print a CUSIP of some.
    pub fn printing(&self, cusips: &BTreeSet<Cusip>) -> Vec<Other> {
        let mut found: BTreeMap<Cik, Other> = BTreeMap::new();
        for (entry, (cik, name, printed)) in &self.filings {
            let common: BTreeSet<Cusip> = printed.intersection(cusips).cloned().collect();
            if common.is_empty() {
                continue;
            }
            let other = found.entry(*cik).or_insert_with(|| Other {
                cik: *cik,
                name: None,
                cusips: BTreeSet::new(),
                entries: Vec::new(),
            });
            other.name = name.clone().or(other.name.take());
            other.cusips.extend(common);
            other.entries.push(*entry);
        }
        found.into_values().collect()
    }

    /// All of them, by issuer.
    pub fn all(&self) -> Vec<Other> {
        let printed = self.filings.values().flat_map(|(.., printed)| printed);
        self.printing(&printed.cloned().collect())
    }
}
