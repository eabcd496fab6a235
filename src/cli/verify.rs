//! `verify` and `recover`: asks the store what is wrong, and has it put back what it can.
//! Judges nothing by itself; the audit names the faults.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::args::{RecoverArgs, VerifyArgs};
use crate::cli::context::Context;
use crate::cli::files;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::key::VerifierKey;
use crate::report::json::VERSION;
use crate::report::plain::safe;
use crate::store::audit::{Report, audit};
use crate::store::export_audit::Trust;
use crate::store::exported::Folder;
use crate::store::import::audited;
use crate::store::ledger::{Mode, Options};
use crate::store::recover::{Recovery, Sources, recover as put_back};

/// Checks everything that is stored. The answer is no when a fault is proven.
pub fn verify(dir: &Path, args: &VerifyArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let began = (cx.clock)();
    let report = match &args.export {
        Some(export) => {
            let trust = Trust { key: trusted(args.vkey.as_deref())?, kept: Vec::new() };
            audited(&Folder::new(export), &trust, &mut |_, _| ())?.report
        }
        None => {
            let scratch = Scratch::new(cx.randomness)?;
            audit(dir, &scratch.0, &Options::new(Mode::Read, began, "verify"))?
        }
    };
    let micros = (cx.clock)().0.saturating_sub(began.0).max(1);
    if cx.json {
        cx.object(&object(&report))?
    } else {
        words(&report, micros, cx)?
    }
    Ok(if report.ok() { Exit::Yes } else { Exit::No })
}

/// The key that somebody knows from elsewhere, where one is given.
pub fn trusted(vkey: Option<&str>) -> Result<Option<VerifierKey>, Failure> {
    let Some(vkey) = vkey else { return Ok(None) };
    let key: Result<VerifierKey, _> = vkey.parse();
    key.map(Some).map_err(|error| {
        Failure::new(Exit::Trouble, error).hint("`init` printed it; it stands in FORMAT, too")
    })
}

fn object(report: &Report) -> Value {
    let faults = report.faults.iter().map(|fault| {
        json!({ "class": fault.class.as_str(), "entry": fault.entry, "message": fault.message })
    });
    json!({
        "v": VERSION,
        "ok": report.ok(),
        "size": report.size,
        "head": report.head.to_string(),
        "checked": report.checked,
        "not_checked": report.not_checked,
        "faults": faults.collect::<Value>(),
    })
}

fn words(report: &Report, micros: u64, cx: &mut Context) -> Result<(), Failure> {
    for fault in &report.faults {
        let entry = fault.entry.map_or(String::new(), |entry| format!(" entry {entry}"));
        cx.line(format!("fault {}{entry}: {}", fault.class, safe(&fault.message)))?;
    }
    for (heading, list) in [("checked", &report.checked), ("not checked", &report.not_checked)] {
        for line in list {
            cx.line(format!("{heading}: {}", safe(line)))?;
        }
    }
    let (hashed, rate) = (report.hashed, report.hashed.saturating_mul(1_000_000) / micros);
    let (size, head, faults) = (report.size, report.head, report.faults.len());
    let verdict = if report.ok() { "no fault".to_owned() } else { format!("{faults} faults") };
    cx.line(format!("{verdict} in {size} entries, head {head}"))?;
    cx.line(format!("{} hashed, {}/s", bytes(hashed), bytes(rate)))
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} bytes"),
        10_000..10_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{} MB", count / 1_000_000),
    }
}

/// Puts back what is damaged, where the chain and the last checkpoint vouch for it.
pub fn recover(dir: &Path, args: &RecoverArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let found = files::walk(&args.paths);
    if let Some((file, why)) = found.iter().find_map(|file| Some((file, file.refused.as_ref()?))) {
        return Err(Failure::new(Exit::Trouble, format!("{}: {why}", file.path.display())));
    }
    let given: Vec<PathBuf> = found.into_iter().map(|file| file.path).collect();
    let from = Sources { files: given, export: args.from.clone() };
    let done = put_back(dir, &from, &Options::new(Mode::Write, (cx.clock)(), "recover"))?;
    if cx.json {
        cx.object(&recovered(&done))?
    } else {
        told(&done, cx)?
    }
    Ok(if done.missing.is_empty() { Exit::Yes } else { Exit::No })
}

fn recovered(done: &Recovery) -> Value {
    let names = |list: &[crate::terms::id::ContentId]| -> Value {
        list.iter().map(|content| content.to_string()).collect()
    };
    json!({
        "v": VERSION,
        "entries": done.entries,
        "exported": done.exported,
        "received": names(&done.received),
        "missing": names(&done.missing),
        "tree": done.tree,
        "kept": done.kept.iter().map(|path| path.display().to_string()).collect::<Value>(),
    })
}

fn told(done: &Recovery, cx: &mut Context) -> Result<(), Failure> {
    for entry in &done.entries {
        cx.line(format!("put back entry {entry}, from the index's copy"))?;
    }
    if let (Some(first), Some(last)) = (done.exported.first(), done.exported.last()) {
        let run = if first == last {
            format!("entry {first}")
        } else {
            format!("{} entries, {first} to {last},", done.exported.len())
        };
        cx.line(format!("put back {run} from the export"))?;
    }
    for content in &done.received {
        cx.line(format!("put back the received bytes {content}"))?;
    }
    for content in &done.missing {
        cx.line(format!("still missing: the received bytes {content}; give the file again"))?;
    }
    for path in &done.kept {
        cx.line(format!("the damaged file is kept as {}", path.display()))?;
    }
    if done.tree {
        cx.line("removed the tree's stored hashes, which were wrong; opening makes them again")?;
    }
    let nothing = Recovery { reaches: done.reaches, ..Recovery::default() };
    if *done == nothing {
        cx.line("nothing to put back")?;
    }
    if let Some((size, root)) = done.reaches {
        cx.line(format!("the ledger has {size} entries again, with the signed root {root}"))?;
    }
    Ok(())
}

/// A folder of this run's own, for the copy of the index that an audit opens; gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(randomness: u64) -> Result<Self, Failure> {
        let name = format!("blockholder-verify-{}-{randomness:016x}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| {
            let words = format!("cannot make {}: {error}", path.display());
            Failure::new(Exit::Trouble, words).hint("set TMPDIR to a folder with room")
        })?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the system's temporary folder hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
