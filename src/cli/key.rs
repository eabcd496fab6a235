//! `key`: shows which keys signed for the ledger, and lets another one sign from now on.
//! Decides nothing about which key may follow which; `ledger` does.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::context::Context;
use crate::cli::decide::Why;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::Policy;
use crate::ledger::rotation::{Keys, Rotations};
use crate::report::json::VERSION;
use crate::report::plain::safe;
use crate::store::ledger::{Ledger, NewKey};
use crate::store::rotate::Rotated;

/// `key`
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Show which key signed which sizes of the ledger
    ///
    /// Example: blockholder key show
    Show,
    /// Let another key sign for the ledger from now on
    ///
    /// Recorded as an event that the key of until now signs, so that whoever trusts that one can
    /// follow (`prove --rotations`). It does not take back what a stolen key can do: whoever has it
    /// can sign another history, and whoever trusts that key alone cannot tell the two apart.
    ///
    /// Example: blockholder key rotate --reason 'a new machine' --who me
    Rotate(RotateArgs),
}

/// `key rotate`
#[derive(ClapArgs, Debug)]
pub struct RotateArgs {
    /// Make the new key in this file, or take the one that is there [default: key, in the ledger's
    /// directory, where the old one is kept as key-HASH]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// Records a rotation, and says what is to be done with both keys.
pub fn rotate(
    at: &Global,
    ledger: &mut Ledger,
    args: &RotateArgs,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    if at.key.is_some() && args.to.is_none() {
        let words = "expected a file for the new key with --to, for the old one is not in the \
                     ledger's folder";
        return Err(Failure::new(Exit::Trouble, words).hint("name another file than the old key's"));
    }
    let seed = cx.new_seed()?;
    let new = NewKey { seed, file: args.to.clone() };
    let old = ledger.key().to_string();
    let Rotated { receipt, taken, file, retired } =
        ledger.rotate((cx.clock)(), &new, args.why.because())?;
    let vkey = ledger.key().to_string();
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "outcome": "recorded",
            "kind": "KeyRotated",
            "entry": receipt.sequence,
            "hash": receipt.hash.to_string(),
            "old": old,
            "vkey": vkey,
            "taken": taken,
            "retired": retired.map(|path| path.display().to_string()),
        }))?;
        return Ok(Exit::Yes);
    }
    let (size, old, vkey) = (receipt.sequence + 1, safe(&old), safe(&vkey));
    cx.line(format!("recorded  KeyRotated in entry {}", receipt.sequence))?;
    cx.line(format!("up to {size} entries the ledger is signed by {old}"))?;
    cx.line(format!("its key from then on, to check what it signs: {vkey}"))?;
    if taken {
        let file = safe(&file.display().to_string());
        cx.line(format!("that key was in {file} already: taken, not made"))?;
        cx.words(
            "if you did not put it there, whoever did can sign for the ledger: rotate again at \
             once",
        )?;
    }
    if let Some(file) = &args.to {
        cx.line(format!("give the new key's file from now on: --key {}", file.display()))?;
    }
    match retired {
        Some(path) => cx.line(format!("the old key signs no more: destroy {}", path.display()))?,
        None => cx.line("the old key signs no more: destroy it")?,
    }
    cx.words(
        "tell those who trust the old key, and give them `prove --rotations`; a thief who has \
              the old key can still deceive who trusts it alone",
    )?;
    Ok(Exit::Yes)
}

/// Shows the keys of a ledger.
pub fn show(ledger: &Ledger, cx: &mut Context) -> Result<Exit, Failure> {
    told(ledger.keys(), true, cx)?;
    Ok(Exit::Yes)
}

/// Which key signs which sizes. Of one that is trusted it is not always known since when it does.
fn told(keys: &Keys, is_first: bool, cx: &mut Context) -> Result<(), Failure> {
    if cx.json {
        return cx.object(&object(keys, is_first));
    }
    for (key, from, to) in sizes(keys, is_first) {
        let key = safe(&key.to_string());
        match (from, to) {
            (Some(from), Some(to)) => cx.line(format!("{from} to {to} entries  {key}"))?,
            (Some(from), None) => cx.line(format!("from {from} entries on  {key}"))?,
            (None, Some(to)) => cx.line(format!("to {to} entries  {key}"))?,
            (None, None) => cx.line(format!("the last key, not shown since when  {key}"))?,
        }
    }
    Ok(())
}

/// Each key, with the first and the last size that it signs, as far as they are known.
fn sizes(
    keys: &Keys,
    is_first: bool,
) -> impl Iterator<Item = (&VerifierKey, Option<u64>, Option<u64>)> {
    let known = move |after: u64| (is_first || after > 0).then_some(after + 1);
    keys.all().map(move |(key, after, to)| (key, known(after), to))
}

fn object(keys: &Keys, is_first: bool) -> Value {
    let each = sizes(keys, is_first)
        .map(|(key, from, to)| json!({ "vkey": key.to_string(), "from": from, "to": to }));
    json!({
        "v": VERSION,
        "ok": true,
        "origin": keys.origin(),
        "keys": each.collect::<Value>(),
        "vkey": keys.current().to_string(),
    })
}

/// Checks proofs of rotations for whoever trusts a key, and shows where they lead.
pub fn check(rotations: &Rotations, policy: &Policy, cx: &mut Context) -> Result<Exit, Failure> {
    let mut policy = policy.clone();
    follow(&mut policy, rotations)?;
    let first = rotations.first().ok().flatten();
    for keys in policy.ledgers().to_vec() {
        told(&keys, first.as_ref() == Some(keys.first()), cx)?;
    }
    if !cx.json {
        cx.words("not shown: that the old key was not stolen, and signed another rotation too")?;
    }
    Ok(Exit::Yes)
}

/// Lets a policy believe the keys that rotations lead to.
pub fn follow(policy: &mut Policy, rotations: &Rotations) -> Result<(), Failure> {
    policy.follow(rotations).map_err(crate::cli::answer_proof::refused)?;
    if policy.keys().iter().any(|key| rotations.names(key)) {
        return Ok(());
    }
    let words = "cannot be verified: expected rotations that name the trusted key, got others";
    Err(Failure::new(Exit::Unverified, words).hint("the file is of another ledger, or too old"))
}
