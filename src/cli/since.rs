//! What an answer tells that it did not when the ledger was smaller.
//! Asks the same question of that size; knows neither when anything became known, nor why.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::ask::{self, LogIndex};
use crate::cli::keep::{self, Since};
use crate::cli::outcome::Failure;
use crate::store::log::Log;
use crate::terms::id::Cik;
use crate::terms::time::{Instant, LedgerSize};
use crate::view::due::{Judged, judged_all};
use crate::view::fold::fold;
use crate::view::history::{Change, ChangeKind};
use crate::view::issuer::issuers_of;
use crate::view::question::{Basis, Question};
use crate::view::timeline::{Dossier, counting};

/// Refuses a size that the answer's ledger never had.
pub fn within(size: u64, basis: &Basis) -> Result<(), Failure> {
    ask::within("--since-size", size, basis.question.at.0)
        .map_err(|failure| failure.hint("an answer's basis names the size it rests on"))
}

/// Who is passed over because nothing was told since then.
pub struct Passing<'a> {
    log: &'a dyn Log,
    question: Question,
    since: Option<Since>,
    /// Whether a filing counts of one that was passed over.
    pub counts: bool,
}

impl<'a> Passing<'a> {
    /// Nobody, where it is asked for since no moment and no size.
    pub fn of(
        log: &'a dyn Log,
        basis: &Basis,
        (known, size): (Option<Instant>, Option<u64>),
    ) -> Result<Self, Failure> {
        size.map_or(Ok(()), |size| within(size, basis))?;
        let since = Since::of(log, known, size)?;
        Ok(Self { log, question: basis.question, since, counts: false })
    }

    /// The entries on which an issuer is passed over, if it is.
    pub fn over(&mut self, issuer: Cik) -> Result<Option<BTreeSet<u64>>, Failure> {
        let Some(since) = self.since else { return Ok(None) };
        let found = keep::quiet(self.log, issuer, &self.question, since)?;
        self.counts |= found.as_ref().is_some_and(|found| found.counts);
        Ok(found.map(|found| found.entries))
    }
}

/// What these entries are about, as the ledger had it then.
fn then(
    log: &dyn Log,
    entries: impl IntoIterator<Item = u64>,
    basis: &Basis,
    size: u64,
) -> Result<(Vec<Dossier>, Question), Failure> {
    let index = LogIndex { log, size };
    let (mut dossiers, mut seen) = (Vec::new(), BTreeSet::new());
    for entry in entries.into_iter().filter(|entry| *entry < size) {
        if seen.contains(&entry) {
            continue;
        }
        for (_, dossier) in issuers_of(&index, entry)? {
            seen.extend(dossier.entries());
            dossiers.push(dossier);
        }
    }
    Ok((dossiers, Question { at: LedgerSize(size), ..basis.question }))
}

/// Leaves the changes that were not told when the ledger had so many entries; `about` are the
/// entries of all changes that are told of the same issuers now.
pub fn told_anew(
    log: &dyn Log,
    (changes, about): (&mut Vec<Change>, &BTreeSet<u64>),
    basis: &Basis,
    size: u64,
) -> Result<(), Failure> {
    if changes.iter().all(|change| change.entry >= size) {
        return Ok(());
    }
    let (dossiers, question) = then(log, about.iter().copied(), basis, size)?;
    let mut before: BTreeMap<u64, Vec<Change>> = BTreeMap::new();
    for change in dossiers.iter().flat_map(|dossier| fold(dossier, &question).changes) {
        before.entry(change.entry).or_default().push(change);
    }
    changes.retain(|change| {
        // Who is who, and what became of a class, was told then of whomever it was about.
        if matches!(change.kind, ChangeKind::Linked | ChangeKind::Class) {
            return change.entry >= size;
        }
        let own = before.get(&change.entry).map(Vec::as_slice).unwrap_or_default();
        !own.iter().any(|told| told.tells_the_same(change))
    });
    Ok(())
}

/// Leaves the filings that were not judged so when the ledger had so many entries.
pub fn judged_anew(
    log: &dyn Log,
    judged: &mut Vec<Judged>,
    basis: &Basis,
    size: u64,
) -> Result<(), Failure> {
    let (dossiers, question) = then(log, judged.iter().map(|one| one.entry), basis, size)?;
    for dossier in &dossiers {
        let before = judged_all(&fold(dossier, &question).classes, &counting(dossier, &question));
        judged.retain(|one| !before.contains(one));
    }
    Ok(())
}
