//! A ledger of invented filings, made in this process: for benches that ask it things.
//! Knows nothing of what is asked.

use std::path::Path;

use blockholder::cli::keep;
use blockholder::ledger::admit::{Decision, Known, admit};
use blockholder::ledger::event::{FilingRecorded, Supplied};
use blockholder::reading::read::{READER_VERSION, read};
use blockholder::store::ledger::{Ledger, NewKey};
use blockholder::store::log::{Draft, Log};
use blockholder::terms::id::ContentId;
use blockholder::terms::time::RecordedAt;

use crate::world::{Facts, World};

/// A moment in November 2026, after everything that is invented.
pub const NOW: RecordedAt = RecordedAt(1_795_000_000_000_000);
/// Filings of one batch.
const BATCH: usize = 1000;

/// One filing, as the program would read and admit it.
pub fn draft(facts: &Facts) -> Draft {
    let received = crate::print::submission(facts).into_bytes();
    let filing = FilingRecorded {
        content: ContentId(*blake3::hash(&received).as_bytes()),
        content_len: received.len() as u64,
        source: format!("{}.txt", facts.accession),
        reader: READER_VERSION,
        supplied: Supplied::default(),
        continued: 0,
        reading: read(&received),
    };
    match admit(filing, &Known::default()).unwrap() {
        Decision::Created(events) => Draft { events, received: Some(received) },
        other => panic!("expected a new filing, got {other:?}"),
    }
}

/// Makes a ledger of so many filings in a folder that is not there yet, and closes it.
pub fn ledger(at: &Path, seed: u64, filings: u64) {
    let key = NewKey { seed: [7; 32], file: None };
    let mut ledger = Ledger::init(at, "example.org/corpus", NOW, &key).unwrap();
    let mut drafts = Vec::new();
    for facts in World::new(seed, filings) {
        drafts.push(draft(&facts));
        if drafts.len() == BATCH {
            ledger.append(NOW, std::mem::take(&mut drafts)).unwrap();
        }
    }
    if !drafts.is_empty() {
        ledger.append(NOW, drafts).unwrap();
    }
    keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
    ledger.close().unwrap();
}
