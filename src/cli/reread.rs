//! `reread`: today's reader over stored bytes; what comes out differently is appended.
//! Decides nothing about readings: equal ones are left, different ones recorded.

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::ask::{entered, not_a_filing, recorded};
use crate::cli::cite::entry_of;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::redact::received;
use crate::ledger::admit::split_reread;
use crate::ledger::event::{Event, FilingRef, FilingReread};
use crate::reading::read::{READER_VERSION, read};
use crate::report::json::{VERSION, maybe};
use crate::store::log::{Draft, Log};
use crate::terms::statement::Reading;
use crate::terms::topic::Topic;
use crate::terms::trouble::TroubleCode;
use crate::view::issuer::Entered;
use crate::view::timeline::Recorded;

/// `reread`
#[derive(ClapArgs, Debug)]
pub struct RereadArgs {
    /// Accession or entry numbers [default: every filing of the ledger]
    #[arg(value_name = "FILING")]
    pub filings: Vec<String>,
}

/// Reads stored bytes again. The answer is yes even where nothing came out differently.
pub fn reread(log: &mut dyn Log, args: &RereadArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let entries = match args.filings.is_empty() {
        true => (0..log.size()).collect(),
        false => {
            args.filings.iter().map(|text| entry_of(log, text)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let (mut same, mut differently, mut gone) = (0_u64, 0_u64, 0_u64);
    let redacted = log.redactions()?;
    for entry in entries {
        let Some(filing) = recorded(log, entry)? else {
            if args.filings.is_empty() {
                continue;
            }
            return Err(not_a_filing(entry));
        };
        if redacted.contains_key(&filing.filing.content) {
            gone += 1;
            continue;
        }
        match one(log, &filing, cx)? {
            true => differently += 1,
            false => same += 1,
        }
    }
    if gone > 0 {
        cx.notice(format!("redacted, and not read again: {}", received(gone)))?;
    }
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "report": {
                "differently": differently,
                "same": same,
                "redacted": gone,
                "reader": READER_VERSION,
                "entries": log.size(),
            },
        }))?;
    } else {
        cx.line(format!(
            "{differently} read differently by reader {READER_VERSION}, {same} the same; the \
             ledger has {} entries",
            log.size()
        ))?;
    }
    Ok(Exit::Yes)
}

/// The reading that stands for a filing, and the reader it came from.
fn last_reading(log: &dyn Log, filing: &Recorded) -> Result<(Reading, u32), Failure> {
    let mut last = (filing.filing.reading.clone(), filing.filing.reader);
    for entry in log.postings(&Topic::Filing(filing.entry))? {
        if let Entered::Note(note) = entered(log, entry)?
            && let Event::FilingReread(again) = note.event
        {
            last = (again.reading, again.reader);
        }
    }
    Ok(last)
}

fn one(log: &mut dyn Log, filing: &Recorded, cx: &mut Context) -> Result<bool, Failure> {
    let received = log.blob(filing.filing.content)?;
    let reading = read(&received);
    let (before, reader) = last_reading(log, filing)?;
    if reading == before {
        return Ok(false);
    }
    // An older program must not undo what a newer one understood.
    if reader > READER_VERSION {
        cx.notice(format!(
            "entry {} was read by reader {reader}, newer than {READER_VERSION}: left as it is",
            filing.entry
        ))?;
        return Ok(false);
    }
    if reading.troubles.iter().any(|trouble| trouble.code == TroubleCode::NotSchedule13) {
        cx.notice(format!(
            "entry {} reads as no Schedule 13D or 13G now: recorded so; `withdraw` takes it out",
            filing.entry
        ))?;
    }
    let again = FilingReread {
        filing: FilingRef { entry: filing.entry, content: filing.filing.content },
        reader: READER_VERSION,
        continued: 0,
        reading,
    };
    let events = split_reread(again).map_err(|error| Failure::new(Exit::Trouble, error))?;
    let receipts = log.append((cx.clock)(), vec![Draft { events, received: None }])?;
    let receipt = receipts.first().and_then(|own| own.first());
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "outcome": "recorded",
            "kind": "FilingReread",
            "filing": filing.entry,
            "accession": maybe(filing.filing.accession()),
            "reader": READER_VERSION,
            "entry": receipt.map(|receipt| receipt.sequence),
            "hash": maybe(receipt.map(|receipt| receipt.hash)),
        }))?;
    } else {
        let at = receipt.map_or(String::new(), |receipt| format!(" in entry {}", receipt.sequence));
        cx.line(format!("reread  entry {}{at}", filing.entry))?;
    }
    Ok(true)
}
