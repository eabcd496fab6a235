//! `log`: lists the entries of the ledger, one line each.
//! Shows what is recorded, and folds nothing.

use serde_json::{Value, json};

use crate::cli::args::LogArgs;
use crate::cli::ask::within;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::chain::Entry;
use crate::ledger::event::Event;
use crate::report::json::{VERSION, maybe};
use crate::report::plain::safe;
use crate::report::sheet;
use crate::store::log::Log;
use crate::view::decision;

/// Lists entries from `--from` on.
pub fn log(log: &dyn Log, args: &LogArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let size = log.size();
    within("--from", args.from, size)?;
    if args.from == size {
        let words = format!("expected an entry from {size} on, got a ledger of {size} entries");
        return Err(Failure::new(Exit::No, words));
    }
    let end = args.limit.map_or(size, |limit| args.from.saturating_add(limit).min(size));
    for entry in log.range(args.from..end)? {
        let entry = entry?;
        let sequence = entry.sequence();
        let event = entry.open().map_err(|source| {
            Failure::new(Exit::Unverified, format!("entry {sequence} does not open: {source}"))
                .hint("run `blockholder verify`")
        })?;
        match cx.for_programs() {
            true => cx.data(&object(&entry, &event), &sheet::LOG)?,
            false => cx.line(words(&entry, &event))?,
        }
    }
    Ok(Exit::Yes)
}

fn object(entry: &Entry, event: &Event) -> Value {
    let filing = match event {
        Event::FilingRecorded(filing) => Some(filing),
        _ => None,
    };
    let accession = match event {
        Event::FilingConflicted(conflict) => Some(conflict.accession),
        Event::FilingSkipped(skipped) => Some(skipped.accession),
        event => event.accession(),
    };
    json!({
        "v": VERSION,
        "entry": entry.sequence(),
        "hash": entry.hash().to_string(),
        "kind": event.kind().as_str(),
        "recorded_at": entry.envelope.recorded_at.to_string(),
        "content": maybe(event.content()),
        "accession": maybe(accession),
        "form": maybe(filing.and_then(|filing| filing.form())),
        "issuer": maybe(filing.and_then(|filing| filing.issuer_name())),
        "issuer_cik": maybe(filing.and_then(|filing| filing.issuer_cik())),
        "says": Some(decision::words(event)).filter(|words| !words.is_empty()),
        "reason": event.because().map(|because| &because.reason),
        "who": who(event),
        "filing": event.filing().map(|filing| filing.entry),
    })
}

/// Who decided, or found a class's size or change where it names its source.
fn who(event: &Event) -> Option<&str> {
    match event {
        Event::ClassSizeReported(size) => Some(&size.who),
        Event::ClassChanged(changed) => Some(&changed.who),
        decided => decided.because().map(|because| because.who.as_str()),
    }
}

fn words(entry: &Entry, event: &Event) -> String {
    let hash: String = entry.hash().to_string().chars().take(12).collect();
    let about = match event {
        Event::LedgerOpened { origin } => origin.clone(),
        Event::FilingRecorded(filing) => {
            let accession = filing.accession().map(|accession| accession.to_string());
            let form = filing.form().map(|form| form.to_string());
            let issuer = filing.issuer_name().map(str::to_owned);
            let said = [accession, form, issuer].into_iter().flatten();
            said.collect::<Vec<_>>().join("  ")
        }
        Event::FilingContinued(rest) => format!("part {}", rest.part),
        Event::FilingConflicted(conflict) => conflict.accession.to_string(),
        Event::ClassSizeReported(_) | Event::ClassChanged(_) => {
            format!("{} ({})", decision::words(event), who(event).unwrap_or_default())
        }
        decided => decision::words(decided),
    };
    let (sequence, at) = (entry.sequence(), entry.envelope.recorded_at);
    format!("{sequence:>6}  {hash}  {at}  {}  {}", event.kind().as_str(), safe(&about))
}
