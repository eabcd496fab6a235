//! `seal`: commits to what is found under each topic, so that proofs can show they are complete.
//! Decides nothing about the sorted index; `ledger` makes it.

use crate::cli::context::Context;
use crate::cli::decide::decide;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::event::{Event, TopicsSealed};
use crate::ledger::seal::{Sorted, Sorting, joined};
use crate::ledger::topics::OF_THE_LEDGER;
use crate::store::log::{Log, StoreError};

/// The seals among the first entries of a ledger that join from the first one on, with the
/// sequences of their entries.
pub fn seals(log: &dyn Log, size: u64) -> Result<Vec<(u64, TopicsSealed)>, Failure> {
    let mut found = Vec::new();
    for sequence in log.postings(&OF_THE_LEDGER)?.into_iter().filter(|entry| *entry < size) {
        if let Event::TopicsSealed(seal) = log.event(sequence)? {
            found.push((sequence, seal));
        }
    }
    Ok(joined(&found))
}

/// The sorted index of a run of entries.
pub fn sorted(log: &dyn Log, from: u64, size: u64) -> Result<Sorted, Failure> {
    let mut sorting = Sorting::from(from);
    for entry in log.range(from..size)? {
        let entry = entry?;
        let sequence = entry.sequence();
        let event = entry.open().map_err(|source| StoreError::BadEntry { sequence, source })?;
        sorting.push(&event);
    }
    Ok(sorting.finish())
}

/// Seals what is not sealed yet (spec, section 23.2).
pub fn seal(log: &mut dyn Log, cx: &mut Context) -> Result<Exit, Failure> {
    let size = log.size();
    let mut seals = seals(log, size)?;
    let mut from = seals.last().map_or(0, |(_, seal)| seal.size);
    let mut news = false;
    for entry in from..size {
        news |= !matches!(log.event(entry)?, Event::TopicsSealed(_));
        if news {
            break;
        }
    }
    if !news {
        return Err(Failure::new(Exit::No, "nothing was recorded since the last seal"));
    }
    // A seal takes in the one before it where that is no longer than what is new, so that there are
    // few of them and each entry is sorted few times.
    while let Some((_, last)) = seals.pop().filter(|(_, last)| last.size - last.from <= size - from)
    {
        from = last.from;
    }
    let seal = sorted(log, from, size)?.seal();
    decide(log, Event::TopicsSealed(seal), cx)
}
