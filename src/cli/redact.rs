//! `redact`: received bytes are kept no more, by an event with its reason.
//! Changes no entry: what was read stays, and so does every proof.

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::ask::not_a_filing;
use crate::cli::cite::entry_of;
use crate::cli::context::Context;
use crate::cli::decide::Why;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::event::{Event, FilingDecided, FilingRef};
use crate::report::json::VERSION;
use crate::report::plain::safe;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::terms::id::ContentId;
use crate::view::decision::words;

/// `redact`
#[derive(ClapArgs, Debug)]
pub struct RedactArgs {
    /// An accession number, an entry number, or the content id of received bytes
    pub filing: String,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// Takes received bytes out of the ledger's own files.
pub fn redact(ledger: &mut Ledger, args: &RedactArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let content = content_of(ledger, &args.filing)?;
    let filing = FilingRef { entry: first_naming(ledger, content)?, content };
    let decided = FilingDecided { filing, because: args.why.because() };
    let says = words(&Event::ContentRedacted(decided.clone()));
    let before = ledger.redactions()?.get(&content).copied();
    let (entry, files) = ledger.redact((cx.clock)(), decided)?;
    if before.is_some() && files.is_empty() {
        let words = format!("the received bytes {content} are redacted already, in entry {entry}");
        return Err(Failure::new(Exit::No, words));
    }
    let hash = ledger.entry(entry)?.hash();
    let outcome = if before.is_some() { "exists" } else { "recorded" };
    let names = files.iter().map(|path| path.file_name().unwrap_or_default().to_string_lossy());
    let names: Vec<String> = names.map(std::borrow::Cow::into_owned).collect();
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "outcome": outcome,
            "kind": "ContentRedacted",
            "entry": entry,
            "hash": hash.to_string(),
            "says": says,
            "content": content.to_string(),
            "files": names.into_iter().collect::<Value>(),
        }))?;
        return Ok(Exit::Yes);
    }
    match before {
        None => cx.line(format!("recorded  ContentRedacted in entry {entry}: {}", safe(&says)))?,
        Some(_) => cx.line(format!("exists  ContentRedacted in entry {entry}"))?,
    }
    cx.line(format!("took the received bytes {content} out of {}", names.join(", ")))?;
    cx.line("what was read in them stays in the entries, and with it every proof")?;
    cx.line("exports, imported ledgers, proofs and backups made before still have the bytes")?;
    Ok(Exit::Yes)
}

/// So many files as received.
pub fn received(count: u64) -> String {
    if count == 1 { "1 received file".to_owned() } else { format!("{count} received files") }
}

/// The received bytes that are meant.
pub fn content_of(log: &dyn Log, text: &str) -> Result<ContentId, Failure> {
    if let Ok(content) = text.parse::<ContentId>() {
        return Ok(content);
    }
    let entry = entry_of(log, text)?;
    match log.event(entry)? {
        Event::FilingRecorded(filing) => Ok(filing.content),
        Event::FilingConflicted(conflict) => Ok(conflict.received),
        _ => Err(not_a_filing(entry)),
    }
}

/// The first entry that names received bytes.
fn first_naming(log: &dyn Log, content: ContentId) -> Result<u64, Failure> {
    for entry in log.range(0..log.size())? {
        let entry = entry?;
        let sequence = entry.sequence();
        let event = entry.open().map_err(|source| StoreError::BadEntry { sequence, source })?;
        if event.content() == Some(content) {
            return Ok(sequence);
        }
    }
    let words = format!("expected received bytes that an entry names, got {content}");
    Err(Failure::new(Exit::No, words).hint("`blockholder log --json` shows content ids"))
}
