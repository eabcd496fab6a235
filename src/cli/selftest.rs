//! `selftest tamper`: shows what would be found if somebody changed this ledger's files.
//! Changes nothing: the drill works on a copy in memory.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::redact::received;
use crate::ledger::audit::Fault;
use crate::report::json::VERSION;
use crate::report::plain::safe;
use crate::store::ledger::Ledger;
use crate::store::tamper::{Drilled, Row, drill};

/// `selftest`
#[derive(Subcommand, Debug)]
pub enum Selftest {
    /// Change a copy of the ledger in every way, and show what is found
    ///
    /// The copy is of the first entries, in memory; the changes are bits, deletions, swaps,
    /// insertions, truncation, rollback and fork.
    ///
    /// Example: blockholder selftest tamper
    Tamper,
}

/// Runs the drill; the answer is no when a change was not found where it was made.
pub fn tamper(ledger: &Ledger, cx: &mut Context) -> Result<Exit, Failure> {
    let drilled = drill(ledger)?;
    let all = |row: &Row| row.found == row.tried && row.placed == row.tried;
    let sound = drilled.unchanged.is_empty() && drilled.rows.iter().all(all);
    if cx.json {
        cx.object(&object(&drilled, sound))?;
    } else {
        words(&drilled, cx)?;
    }
    Ok(if sound { Exit::Yes } else { Exit::No })
}

fn said(fault: &Fault) -> String {
    format!("{}: {}", fault.class, fault.message)
}

fn classes(row: &Row) -> Vec<&'static str> {
    row.classes.iter().map(|class| class.as_str()).collect()
}

fn object(drilled: &Drilled, sound: bool) -> Value {
    let row = |row: &Row| {
        json!({
            "change": row.what,
            "tried": row.tried,
            "found": row.found,
            "placed": row.placed,
            "classes": classes(row),
        })
    };
    json!({
        "v": VERSION,
        "ok": sound,
        "size": drilled.size,
        "lacking": drilled.lacking,
        "unchanged": drilled.unchanged.iter().map(said).collect::<Value>(),
        "rows": drilled.rows.iter().map(row).collect::<Value>(),
    })
}

fn words(drilled: &Drilled, cx: &mut Context) -> Result<(), Failure> {
    cx.line("tried  found  at the right entry  change, and what it is found as")?;
    for row in &drilled.rows {
        let (tried, found, placed) = (row.tried, row.found, row.placed);
        let (what, classes) = (row.what, classes(row).join(", "));
        cx.line(format!("{tried:>5}  {found:>5}  {placed:>18}  {what}: {classes}"))?;
    }
    let tried: u64 = drilled.rows.iter().map(|row| row.tried).sum();
    let found: u64 = drilled.rows.iter().map(|row| row.found).sum();
    let size = drilled.size;
    cx.line(format!("{found} of {tried} changes found, on a copy of the first {size} entries"))?;
    for fault in &drilled.unchanged {
        cx.line(format!("found before anything was changed: {}", safe(&said(fault))))?;
    }
    if drilled.lacking > 0 {
        let received = received(drilled.lacking);
        cx.line(format!("not in the copy: {received}, which later entries redact"))?;
    }
    cx.line("the ledger itself was not touched")
}
