//! `prove` and `check`: one entry's proof out of a ledger, and its check without one.
//! Decides nothing about proofs; `ledger` makes and checks them, from hashes and signatures alone.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::cli::args::{CheckArgs, ProveArgs};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::chain::Entry;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::Policy;
use crate::ledger::proof::inclusion;
use crate::ledger::tlog_proof::TlogProof;
use crate::report::json::VERSION;
use crate::report::plain::safe;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};

/// More than any proof of an entry is long.
const PROOF_FILE_MAX: u64 = 1024 * 1024;

/// Writes the proof that an entry is in the ledger, and checks it before anybody gets it.
pub fn prove(ledger: &Ledger, args: &ProveArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let note = ledger.checkpoint()?;
    let unsigned = |error| Failure::new(Exit::Unverified, format!("the last checkpoint: {error}"));
    let (Checkpoint { size, .. }, _) = Checkpoint::open(&note, [ledger.key()]).map_err(unsigned)?;
    let index = args.entry;
    if index >= size {
        return Err(StoreError::NoEntry { sequence: index, size }.into());
    }
    let tree = ledger.tree()?;
    let path = inclusion(index, size, &mut |subtree| tree.hash(subtree))?;
    let entry = ledger.entry(index)?.to_bytes();
    let proof = TlogProof { extra: Some(entry.clone()), index, path, note };
    proof.check(&entry, &Policy::of_keys(vec![ledger.key().clone()])).map_err(|error| {
        Failure::new(Exit::Unverified, format!("the proof does not hold: {error}"))
            .hint("run `blockholder verify`, then `blockholder recover`")
    })?;
    let failed = |error| Failure::new(Exit::Trouble, format!("cannot write the proof: {error}"));
    match &args.output {
        Some(path) => fs::write(path, proof.to_string()).map_err(failed)?,
        None => write!(cx.out, "{proof}").map_err(Failure::output)?,
    }
    Ok(Exit::Yes)
}

/// Checks the proof of an entry against keys somebody trusts; no ledger is opened.
pub fn check(args: &CheckArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let bytes = crate::cli::files::bytes(&args.file, cx.input, PROOF_FILE_MAX)
        .map_err(|why| Failure::new(Exit::Trouble, format!("{}: {why}", args.file.display())))?;
    let policy = policy(args)?;
    let refused = |why: &dyn std::error::Error| {
        let mut words = format!("the proof is refused: {why}");
        let mut source = why.source();
        while let Some(cause) = source {
            words += &format!(": {cause}");
            source = cause.source();
        }
        Failure::new(Exit::No, words)
    };
    let proof = TlogProof::parse(&bytes).map_err(|error| refused(&error))?;
    let entry = proof.extra.clone().unwrap_or_default();
    let accepted = proof.check(&entry, &policy).map_err(|error| refused(&error))?;
    let entry = Entry::from_bytes(&entry).map_err(|error| refused(&error))?;
    let event = entry.open().map_err(|error| refused(&error))?;
    if entry.sequence() != proof.index {
        let (expected, got) = (proof.index, entry.sequence());
        let words = format!("the proof is refused: expected entry {expected}, got entry {got}");
        return Err(Failure::new(Exit::No, words));
    }
    let Checkpoint { origin, size, root } = accepted.checkpoint;
    let (sequence, at) = (entry.sequence(), entry.envelope.recorded_at);
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "ok": true,
            "origin": origin,
            "entry": sequence,
            "kind": event.kind().as_str(),
            "hash": entry.hash().to_string(),
            "recorded_at": at.to_string(),
            "size": size,
            "root": root.to_string(),
            "witnesses": accepted.witnesses.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Yes);
    }
    let (kind, origin) = (event.kind().as_str(), safe(&origin));
    cx.line(format!("entry {sequence} of {origin} is a {kind} recorded at {at}"))?;
    cx.line(format!("it is in the ledger of {size} entries with root {root}, which is signed"))?;
    for (witness, _) in &accepted.witnesses {
        cx.line(format!("cosigned by {}", safe(witness)))?;
    }
    cx.line("not shown: that no other entry contradicts it, nor that all were shown one ledger")?;
    Ok(Exit::Yes)
}

fn policy(args: &CheckArgs) -> Result<Policy, Failure> {
    if let Some(path) = &args.policy {
        let text = fs::read_to_string(path).map_err(|error| in_file(path, &error))?;
        return Policy::parse(&text).map_err(|error| in_file(path, &error));
    }
    let key = args.vkey.as_deref().unwrap_or_default();
    let key: VerifierKey = key.parse().map_err(|error| {
        Failure::new(Exit::Trouble, error).hint("`init` printed it; it stands in FORMAT, too")
    })?;
    Ok(Policy::of_keys(vec![key]))
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Trouble, format!("{}: {error}", path.display()))
}
