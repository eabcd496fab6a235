//! `export` and `import`: a ledger as static files or as lines, and a ledger made of such files.
//! Decides nothing about what may be exported or believed; the store does.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::redact::received;
use crate::cli::verify::trusted;
use crate::report::events;
use crate::report::json::{VERSION, maybe};
use crate::report::plain::safe;
use crate::store::export::{Done, ExportError, export as write};
use crate::store::export_audit::Trust;
use crate::store::exported::Folder;
use crate::store::import::import as make;
use crate::store::ledger::{Ledger, Mode, Options};
use crate::store::log::{Log, StoreError};

/// `export`
#[derive(ClapArgs, Debug)]
pub struct ExportArgs {
    /// Write the ledger's files to this folder, in the form of C2SP tlog-tiles
    #[arg(long, value_name = "DIR", required_unless_present = "jsonl")]
    pub tiles: Option<PathBuf>,
    /// Print an object a line for each entry, to read and not to prove
    #[arg(long, conflicts_with = "tiles")]
    pub jsonl: bool,
}

/// `import`
#[derive(ClapArgs, Debug)]
pub struct ImportArgs {
    /// The folder of the export
    #[arg(value_name = "EXPORT")]
    pub export: PathBuf,
    /// Trust this key, and not the one that the export names itself
    #[arg(long, value_name = "VKEY")]
    pub vkey: Option<String>,
}

/// Writes the ledger's tiles, or prints its entries.
pub fn export(ledger: &Ledger, args: &ExportArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Some(dir) = &args.tiles else { return lines(ledger, cx) };
    if dir.exists() && !dir.is_dir() {
        let words = format!("expected a folder for the export, got a file: {}", dir.display());
        return Err(Failure::new(Exit::Trouble, words).hint("name a folder that is not there yet"));
    }
    let done = write(ledger, &mut Folder::new(dir)).map_err(|error| match error {
        // The store's own errors name their files.
        ExportError::Store(error) => error.into(),
        error => Failure::from(error).about(dir),
    })?;
    let Done { size, from, root, written, kept, redacted, withdrawn } = done;
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "export": dir.display().to_string(),
            "size": size,
            "from": from,
            "root": maybe(root),
            "written": written,
            "redacted": redacted,
            "withdrawn": withdrawn,
            "vkey": ledger.key().to_string(),
        }))?;
        return Ok(Exit::Yes);
    }
    let new = size - from;
    cx.line(format!("exported {size} entries, {new} of them new, to {}", dir.display()))?;
    cx.line(format!("{written} files written, {kept} were there already"))?;
    if redacted > 0 {
        cx.line(format!("redacted, and left out: {}", received(redacted)))?;
    }
    if withdrawn > 0 {
        cx.line(format!("removed from the earlier export: {}", received(withdrawn)))?;
    }
    if let Some(root) = root {
        let key = safe(&ledger.keys().of_size(size).to_string());
        cx.line(format!("root {root}, signed by {key}"))?;
    }
    if ledger.size() > size {
        cx.notice(format!(
            "{} entries that are not acknowledged yet were left out",
            ledger.size() - size
        ))?;
    }
    Ok(Exit::Yes)
}

fn lines(ledger: &Ledger, cx: &mut Context) -> Result<Exit, Failure> {
    for entry in ledger.range(0..ledger.size())? {
        let entry = entry?;
        let sequence = entry.sequence();
        let event = entry.open();
        let event = event.map_err(|source| StoreError::BadEntry { sequence, source })?;
        cx.object(&json!({
            "v": VERSION,
            "entry": sequence,
            "hash": entry.hash().to_string(),
            "previous": entry.envelope.previous.to_string(),
            "recorded_at": entry.envelope.recorded_at.to_string(),
            "kind": event.kind().as_str(),
            "event": events::event(&event),
        }))?;
    }
    Ok(Exit::Yes)
}

/// Makes a ledger from an export.
pub fn import(at: &Global, args: &ImportArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let trust = Trust { key: trusted(args.vkey.as_deref())?, kept: Vec::new(), since: None };
    let options = Options::new(Mode::Read, (cx.clock)(), "import");
    let options = Options { key: at.key.clone(), ..options };
    let ledger = make(&at.ledger, &Folder::new(&args.export), &trust, &options)?;
    let (size, head) = (ledger.size(), ledger.head().hash);
    let (origin, vkey) = (ledger.origin().to_owned(), ledger.key().to_string());
    let root = ledger.tree()?.edge().root();
    let redacted = ledger.redactions()?.len();
    ledger.close()?;
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "ledger": at.ledger.display().to_string(),
            "origin": origin,
            "size": size,
            "head": head.to_string(),
            "root": root.to_string(),
            "redacted": redacted,
            "vkey": vkey,
        }))?;
        return Ok(Exit::Yes);
    }
    let (origin, vkey) = (safe(&origin), safe(&vkey));
    cx.line(format!("made the ledger {origin} in {}, head {head}", at.ledger.display()))?;
    cx.line(format!("{size} entries with the signed root {root}, as in the export"))?;
    if redacted > 0 {
        cx.line(format!("redacted, and not in it: {}", received(redacted as u64)))?;
    }
    if trust.key.is_none() {
        cx.line(format!("signed by the key the export names itself: {vkey}"))?;
    }
    if at.key.is_none() {
        cx.line("it can be read; to write, give its own secret key with --key")?;
    }
    Ok(Exit::Yes)
}
