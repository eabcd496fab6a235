//! `prove` and `check`: proofs out of a ledger, and their check without one.
//! Decides nothing about proofs; `ledger` makes and checks them, from hashes and signatures alone.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args as ClapArgs};
use serde_json::{Value, json};

use crate::cli::answer_proof::{self, Checked, refused};
use crate::cli::args::Command;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, FOLLOW, Failure, chain};
use crate::cli::provable::NOBODY;
use crate::cli::questions::Clocks;
use crate::cli::received::ReceivedArgs;
use crate::cli::witness::{cosignatures, cosigned_by};
use crate::cli::written::write_new;
use crate::cli::{files, key, received};
use crate::ledger::answer_proof::{self as answer_proof_format, ANSWER_PROOF_MAX, Of};
use crate::ledger::chain::Entry;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::consistency_proof::{self, ConsistencyProof};
use crate::ledger::key::VerifierKey;
use crate::ledger::note::Note;
use crate::ledger::policy::Policy;
use crate::ledger::proof::{consistency, inclusion};
use crate::ledger::rotation::{self, Rotations};
use crate::ledger::tlog_proof::TlogProof;
use crate::report::json::VERSION;
use crate::report::plain::{counted, safe};
use crate::store::checkpoints;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::store::regular;
use crate::view::question::RULES;

/// The checkpoints of some hundred thousand batches.
const CHECKPOINT_FILE_MAX: u64 = 64 * 1024 * 1024;
const ROLLED_BACK: &str = "the ledger was rolled back or forked, or the checkpoint is another's";

/// `prove`
#[derive(ClapArgs, Debug)]
pub struct ProveArgs {
    /// Prove an answer about this issuer: a CIK, a CUSIP, or all or part of its name; of `person`
    /// about this person
    #[arg(value_name = "ISSUER", required_unless_present_any = ["entry", "consistent",
        "rotations"])]
    pub issuer: Option<String>,
    /// Prove what this verb answers: holders, history, group, chains, late or person [default:
    /// holders]
    ///
    /// The exit status is that of the answer: 1 where nothing is found, or a filing came late. The
    /// proof is written all the same. That nobody is there is proven of a number or a whole name.
    #[arg(long, value_name = "VERB", requires = "issuer", value_parser = verb)]
    pub of: Option<Of>,
    /// Prove the answer about this holder only: a CIK, or part of its name; of `history` a part of
    /// its name alone
    ///
    /// That nobody is found is an answer too: the proof is written, and the exit status is 1.
    #[arg(long, value_name = "HOLDER", requires = "issuer")]
    pub holder: Option<String>,
    /// On which clocks
    #[command(flatten)]
    pub clocks: Clocks,
    /// Prove that this entry is in the ledger
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["issuer", "as_of", "known_at", "at"])]
    pub entry: Option<u64>,
    /// Prove that the ledger goes on from the signed checkpoint in this file
    ///
    /// The checkpoint is one that somebody kept, as it stands in the ledger's `checkpoints`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["issuer", "entry", "as_of", "known_at",
        "at"])]
    pub consistent: Option<PathBuf>,
    /// Prove it under the cosigned checkpoint in this file, and not under the last one
    ///
    /// As `witness cosign` gave it back. What came after it is not in the proof; `check --policy`
    /// asks for the witnesses' quorum.
    #[arg(long, value_name = "FILE", conflicts_with = "rotations")]
    pub witnessed: Option<PathBuf>,
    /// Prove that each key that signs for the ledger followed the one before
    ///
    /// Whoever trusts an earlier key gives it to `check` or `witness` with --rotations.
    #[arg(long, conflicts_with_all = ["issuer", "entry", "consistent", "as_of", "known_at", "at"])]
    pub rotations: bool,
    /// Write the proof to this file [default: print it]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The answer of a verb that can be proven.
fn verb(text: &str) -> Result<Of, String> {
    let names = Of::ALL.map(Of::as_str).join(", ");
    Of::named(text).ok_or_else(|| format!("expected one of {names}, got {text:?}"))
}

/// `check`
#[derive(ClapArgs, Debug)]
#[command(group(ArgGroup::new("trust").required(true)))]
pub struct CheckArgs {
    /// The proof, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Trust this ledger's key
    #[arg(long, value_name = "VKEY", group = "trust")]
    pub vkey: Option<String>,
    /// Follow from that key to those after it, by the proofs in this file (`prove --rotations`)
    #[arg(long, value_name = "FILE")]
    pub rotations: Option<PathBuf>,
    /// Trust whom this policy file names
    #[arg(long, value_name = "FILE", group = "trust")]
    pub policy: Option<PathBuf>,
    /// Write the received bytes that the answer cites into this folder
    ///
    /// Each filing is a file named by its content id.
    #[arg(long, value_name = "DIR")]
    pub received: Option<PathBuf>,
    /// Show each cited value at its place in the received bytes
    #[arg(long)]
    pub cite: bool,
}

/// The checkpoint that a proof is made under.
pub struct Under {
    /// The note, with its cosignatures where there are any.
    pub note: Note,
    /// What it says.
    pub checkpoint: Checkpoint,
}

impl Under {
    /// The last one of a ledger, or one that was cosigned, if it is one of the ledger's.
    ///
    /// # Errors
    /// It is no checkpoint of the ledger, or nobody cosigned it.
    pub fn of(
        ledger: &Ledger,
        witnessed: Option<&Path>,
        cx: &mut Context,
    ) -> Result<Self, Failure> {
        let Some(path) = witnessed else {
            let note = ledger.checkpoint()?;
            ledger.keys().open(&note).map_err(|error| {
                let words = format!("the last checkpoint: {}", chain(&error));
                Failure::new(Exit::Unverified, words)
            })?;
            // A ledger that was rolled back proves nothing more.
            let checkpoint = borne_out(ledger, &note)?;
            return Ok(Self { note, checkpoint });
        };
        let note = kept(path, cx)?;
        if note.signatures().len() < 2 {
            let what = "expected a checkpoint with a witness's cosignature, got one without";
            return Err(in_file(path, &what).hint("`witness cosign` gives one back"));
        }
        let at = borne_out(ledger, &note)?;
        Ok(Self { note, checkpoint: at })
    }
}

/// What a checkpoint says that is signed by the ledger's key and borne out by its entries.
pub fn borne_out(ledger: &Ledger, note: &Note) -> Result<Checkpoint, Failure> {
    let at = ledger.keys().open(note).map_err(|error| {
        let words = format!("the checkpoint is refused: {}", chain(&error));
        match error.is_by_another_key() {
            true => Failure::new(Exit::Unverified, words).hint(FOLLOW),
            false => Failure::new(Exit::No, words),
        }
    })?;
    let size = ledger.size();
    let root = if at.size <= size { Some(ledger.tree()?.root_at(at.size)?) } else { None };
    if root == Some(at.root) {
        return Ok(at);
    }
    let got = root.map_or(format!("{size} entries"), |root| format!("the root {root}"));
    let words = format!("expected {} entries with the root {}, got {got}", at.size, at.root);
    Err(Failure::new(Exit::RolledBack, words).hint(ROLLED_BACK))
}

/// Writes the proof that was asked for, of an answer or of an entry.
pub fn prove(ledger: &Ledger, args: &ProveArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let under = |cx: &mut Context| Under::of(ledger, args.witnessed.as_deref(), cx);
    let (mut found, mut told) = (true, None);
    let bytes = match (&args.issuer, args.entry) {
        (Some(issuer), _) => {
            let (bytes, checked) = answer_proof::prove(ledger, issuer, args, cx)?;
            found = checked.is_found();
            told = Some(checked);
            bytes
        }
        (None, _) if args.rotations => of_rotations(ledger)?.into_bytes(),
        (None, entry) => match &args.consistent {
            Some(path) => {
                let older = kept(path, cx)?;
                of_consistency(ledger, older, under(cx)?)?.into_bytes()
            }
            None => of_entry(ledger, entry.unwrap_or_default(), under(cx)?)?.into_bytes(),
        },
    };
    match &args.output {
        Some(path) => {
            write_new(path, &bytes)?;
            written(path, bytes.len(), told.as_ref(), cx)?;
        }
        None => cx.out.write_all(&bytes).map_err(Failure::output)?,
    }
    Ok(if found { Exit::Yes } else { Exit::No })
}

/// Tells of a proof that is in a file now.
fn written(
    path: &Path,
    bytes: usize,
    told: Option<&Checked>,
    cx: &mut Context,
) -> Result<(), Failure> {
    if cx.json {
        return cx.object(&json!({
            "v": VERSION,
            "outcome": "written",
            "file": path.display().to_string(),
            "bytes": bytes,
            "entries": told.map(|checked| checked.proof.entries.len()),
            "complete": told.map(Checked::is_complete),
            "found": told.map(Checked::is_found),
        }));
    }
    let Some(checked) = told else { return Ok(()) };
    if !checked.names_somebody() {
        cx.line(NOBODY)?;
    }
    no_such_holder(checked).map_or(Ok(()), |line| cx.line(line))?;
    let count = counted(checked.proof.entries.len() as u64, "entry", "entries");
    cx.line(format!("proved by {count}; {}", completeness(checked)))
}

fn no_such_holder(checked: &Checked) -> Option<String> {
    let asked = checked.proof.asked.holder.as_deref().filter(|_| !checked.is_found())?;
    let named = checked.names_somebody();
    named.then(|| format!("no such holder: {:?} names nobody in the answer", safe(asked)))
}

/// Whether what is asked for can be shown on a terminal: the proof of an answer is no text, and
/// received bytes may be anything.
///
/// # Errors
/// It cannot.
pub fn for_terminal(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Prove(ProveArgs { issuer: Some(_), output: None, .. }) => {
            let words = "expected -o FILE or a pipe for the proof of an answer, got a terminal";
            Err(Failure::new(Exit::Trouble, words))
        }
        Command::Received(ReceivedArgs { output: None, .. }) => {
            let words = "expected -o FILE or a pipe for bytes that strangers wrote, got a terminal";
            Err(Failure::new(Exit::Trouble, words).hint("`cite` shows them safely"))
        }
        _ => Ok(()),
    }
}

/// The proof that an entry is in the ledger, checked before anybody gets it.
fn of_entry(ledger: &Ledger, index: u64, under: Under) -> Result<String, Failure> {
    let Under { note, checkpoint: Checkpoint { size, .. } } = under;
    if index >= size {
        return Err(StoreError::NoEntry { sequence: index, size }.into());
    }
    let tree = ledger.tree()?;
    let path = inclusion(index, size, &mut |subtree| tree.hash(subtree))?;
    let entry = ledger.entry(index)?.to_bytes();
    let proof = TlogProof { extra: Some(entry.clone()), index, path, note };
    proof.check(&entry, &Policy::of_ledger(ledger.keys().clone())).map_err(|error| {
        Failure::new(Exit::Unverified, format!("the proof does not hold: {error}"))
            .hint("run `blockholder verify`, then `blockholder recover`")
    })?;
    Ok(proof.to_string())
}

/// The proof that each key followed the one before, checked before anybody gets it.
fn of_rotations(ledger: &Ledger) -> Result<String, Failure> {
    let rotations = ledger.rotations();
    if rotations.is_empty() {
        let words = format!("the ledger was always signed by {}", ledger.key());
        return Err(Failure::new(Exit::No, words));
    }
    Ok(rotations.to_string())
}

/// The proofs of rotations in a file.
pub fn rotations_in(path: &Path) -> Result<Rotations, Failure> {
    let bytes = files::bytes(path, &mut std::io::empty(), CHECKPOINT_FILE_MAX);
    let bytes = bytes.map_err(|why| in_file(path, &why))?;
    let hint = "`prove --rotations` writes one";
    Rotations::parse(&bytes).map_err(|error| in_file(path, &chain(&error)).hint(hint))
}

/// The checkpoint that somebody kept in a file, which may end with an empty line as it does where
/// the ledger keeps it. Of a file with many, such as the ledger's own, it is the last.
pub fn kept(path: &Path, cx: &mut Context) -> Result<Note, Failure> {
    let bytes = files::bytes(path, &mut std::io::empty(), CHECKPOINT_FILE_MAX);
    let mut bytes = bytes.map_err(|why| in_file(path, &why))?;
    let mut all = checkpoints::All::of(&[bytes.as_slice(), b"\n"].concat()).notes;
    let many = all.len();
    if let Some(last) = all.pop().filter(|_| many > 1) {
        bytes = last;
    }
    if bytes.ends_with(b"\n\n") {
        bytes.pop();
    }
    let note = Note::parse(&bytes)
        .map_err(|error| in_file(path, &error).hint("give one signed checkpoint"))?;
    if many > 1 {
        let size = Checkpoint::parse(note.text()).map(|at| at.size);
        let size = size.map_err(|error| in_file(path, &error))?;
        let path = safe(&path.display().to_string());
        cx.notice(format!(
            "{path} holds {many} checkpoints; the last is taken, of {size} entries"
        ))?;
    }
    Ok(note)
}

/// The proof that the ledger goes on from a kept checkpoint, checked before anybody gets it.
fn of_consistency(ledger: &Ledger, older: Note, under: Under) -> Result<String, Failure> {
    let Under { note: newer, checkpoint: new } = under;
    let old = ledger
        .keys()
        .open(&older)
        .map_err(|error| Failure::new(Exit::Unverified, format!("the kept checkpoint: {error}")))?;
    if old.size > new.size {
        let words = format!("expected at least {} entries, got {}", old.size, new.size);
        let words = format!("the ledger does not go on from the kept checkpoint: {words}");
        return Err(Failure::new(Exit::RolledBack, words).hint(ROLLED_BACK));
    }
    let tree = ledger.tree()?;
    let hashes = consistency(old.size, new.size, &mut |subtree| tree.hash(subtree))?;
    let proof = ConsistencyProof { hashes, older, newer };
    proof.check(&Policy::of_ledger(ledger.keys().clone())).map_err(|error| {
        let words = format!("the ledger does not go on from the kept checkpoint: {error}");
        Failure::new(Exit::RolledBack, words).hint(ROLLED_BACK)
    })?;
    Ok(proof.to_string())
}

/// Checks that one checkpoint goes on from another.
fn check_consistency(bytes: &[u8], policy: &Policy, cx: &mut Context) -> Result<Exit, Failure> {
    let proof = ConsistencyProof::parse(bytes).map_err(refused)?;
    let (older, newer) = proof.check(policy).map_err(refused)?;
    let (old, new) = (older.checkpoint, newer.checkpoint);
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "ok": true,
            "origin": new.origin,
            "older": {"size": old.size, "root": old.root.to_string()},
            "size": new.size,
            "root": new.root.to_string(),
            "witnesses": newer.witnesses.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "cosigned": cosignatures(&newer.witnesses),
        }))?;
        return Ok(Exit::Yes);
    }
    let origin = safe(&new.origin);
    cx.line(format!("the {} entries of {origin} with root {}", new.size, new.root))?;
    cx.line(format!("begin with the {} entries with root {}, unchanged", old.size, old.root))?;
    for (witness, at) in &newer.witnesses {
        cx.line(cosigned_by(witness, *at))?;
    }
    cx.line("not shown: what the entries say, nor that all were shown one ledger")?;
    Ok(Exit::Yes)
}

/// Checks a proof against keys somebody trusts; no ledger is opened.
pub fn check(args: &CheckArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let bytes = files::bytes(&args.file, cx.input, ANSWER_PROOF_MAX)
        .map_err(|why| Failure::new(Exit::Trouble, format!("{}: {why}", args.file.display())))?;
    let policy = policy(args)?;
    if bytes.starts_with(answer_proof_format::FIRST.as_bytes()) {
        let checked = answer_proof::check(&bytes, &policy)?;
        let of = checked.proof.asked.of;
        if args.cite && !of.cites_values() {
            let of = of.as_str();
            let words = format!("expected a proof of values with --cite, got one of {of}");
            return Err(in_file(&args.file, &words));
        }
        if let Some(told) = checked.told.as_ref().filter(|_| args.cite) {
            received::show_cited(&checked, told, cx)?;
        }
        let exit = check_answer(&checked, cx)?;
        args.received.as_ref().map_or(Ok(()), |dir| received::write_cited(dir, &checked, cx))?;
        return Ok(exit);
    }
    if args.cite || args.received.is_some() {
        let words = "expected the proof of an answer, which has received bytes, got another proof";
        return Err(in_file(&args.file, &words));
    }
    if bytes.starts_with(consistency_proof::FIRST.as_bytes()) {
        return check_consistency(&bytes, &policy, cx);
    }
    if bytes.starts_with(rotation::FIRST.as_bytes()) {
        return key::check(&Rotations::parse(&bytes).map_err(refused)?, &policy, cx);
    }
    check_entry(&bytes, &policy, cx)
}

/// Whether anything may have been left out of a proof, in words.
fn completeness(checked: &Checked) -> String {
    let (at, sealed, tail) = (checked.proof.asked.at, checked.proven.sealed, checked.proof.tail);
    match (checked.is_complete(), sealed) {
        (true, 0) => format!("complete: all of the first {at} entries are in it"),
        (true, _) if sealed >= at => {
            format!("complete up to {at} entries, as the ledger's seals show")
        }
        (true, _) => format!(
            "complete up to {at} entries: its seals show it up to {sealed}, and all from there on \
             are in it"
        ),
        (false, 0) => "not complete: entries that are not in it may bear on the answer".to_owned(),
        (false, _) => format!(
            "complete up to {sealed} entries, as the ledger's seals show; not complete from there \
             to {tail}"
        ),
    }
}

fn check_answer(checked: &Checked, cx: &mut Context) -> Result<Exit, Failure> {
    let Checkpoint { origin, size, root } = &checked.proven.accepted.checkpoint;
    let witnesses = &checked.proven.accepted.witnesses;
    // The proof holds either way; the status is that of the answer it proves.
    let verdict = if checked.is_found() { Exit::Yes } else { Exit::No };
    let Some(told) = &checked.told else {
        let (theirs, ours) = (checked.proof.rules, RULES);
        let words = format!(
            "the entries are proven, but the answer was made by rules {theirs}, and this program \
             has rules {ours}"
        );
        return Err(Failure::new(Exit::Unverified, words).hint("use the program that made it"));
    };
    if cx.json {
        let lines = checked.proof.answer.lines();
        let answer = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        cx.object(&json!({
            "v": VERSION,
            "ok": true,
            "origin": origin,
            "of": checked.proof.asked.of.as_str(),
            "asked": checked.proof.asked.about,
            "holder": checked.proof.asked.holder,
            "found": checked.is_found(),
            "answer": answer.collect::<Value>(),
            "entries": checked.proven.entries.keys().collect::<Vec<_>>(),
            "complete": checked.is_complete(),
            "sealed": checked.proven.sealed,
            "reread": checked.reread.0,
            "redacted": checked.redacted(),
            "size": size,
            "root": root.to_string(),
            "witnesses": witnesses.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "cosigned": cosignatures(witnesses),
        }))?;
        return Ok(verdict);
    }
    no_such_holder(checked).map_or(Ok(()), |line| cx.line(line))?;
    told.show(checked.proof.asked.holder.as_deref(), &checked.proven, cx)?;
    let count = counted(checked.proven.entries.len() as u64, "entry", "entries");
    cx.line(format!("this follows from {count} of {}", safe(origin)))?;
    cx.line(format!("they are in the ledger of {size} entries with root {root}, which is signed"))?;
    for (witness, at) in witnesses {
        cx.line(cosigned_by(witness, *at))?;
    }
    let (same, other) = checked.reread;
    let filings =
        |count| if count == 1 { "1 filing".to_owned() } else { format!("{count} filings") };
    if same > 0 {
        cx.line(format!("the received bytes of {}, read again, say so", filings(same)))?;
    }
    if other > 0 {
        let of = filings(other);
        cx.line(format!("not read again: the received bytes of {of}, read by another reader"))?;
    }
    if checked.redacted() > 0 {
        let of = filings(checked.redacted());
        cx.line(format!("not in it: the received bytes of {of}, which an entry redacts"))?;
    }
    cx.line(completeness(checked))?;
    let seals = if checked.proven.sealed > 0 { "that the seals are right, nor " } else { "" };
    cx.line(format!("not shown: {seals}that all were shown one ledger"))?;
    Ok(verdict)
}

/// Checks the proof of an entry.
fn check_entry(bytes: &[u8], policy: &Policy, cx: &mut Context) -> Result<Exit, Failure> {
    let proof = TlogProof::parse(bytes).map_err(refused)?;
    let entry = proof.extra.clone().unwrap_or_default();
    let accepted = proof.check(&entry, policy).map_err(refused)?;
    let entry = Entry::from_bytes(&entry).map_err(refused)?;
    let event = entry.open().map_err(refused)?;
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
            "cosigned": cosignatures(&accepted.witnesses),
        }))?;
        return Ok(Exit::Yes);
    }
    let (kind, origin) = (event.kind().as_str(), safe(&origin));
    cx.line(format!("entry {sequence} of {origin} is a {kind} recorded at {at}"))?;
    cx.line(format!("it is in the ledger of {size} entries with root {root}, which is signed"))?;
    for (witness, at) in &accepted.witnesses {
        cx.line(cosigned_by(witness, *at))?;
    }
    cx.line("not shown: that no other entry contradicts it, nor that all were shown one ledger")?;
    Ok(Exit::Yes)
}

fn policy(args: &CheckArgs) -> Result<Policy, Failure> {
    let mut policy = match &args.policy {
        Some(path) => policy_in(path)?,
        None => {
            let key = args.vkey.as_deref().unwrap_or_default();
            let key: VerifierKey = key.parse().map_err(|error| {
                Failure::new(Exit::Trouble, error)
                    .hint("`init` printed it; it stands in FORMAT, too")
            })?;
            Policy::of_keys(vec![key])
        }
    };
    if let Some(path) = &args.rotations {
        key::follow(&mut policy, &rotations_in(path)?)?;
    }
    Ok(policy)
}

/// The policy in a file.
pub fn policy_in(path: &Path) -> Result<Policy, Failure> {
    let text = regular::read_to_string(path).map_err(|error| in_file(path, &error))?;
    Policy::parse(&text).map_err(|error| in_file(path, &error))
}

/// Trouble with a file.
pub fn in_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Trouble, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Args;

    #[test]
    fn a_terminal_gets_text_alone() {
        for (line, fits) in [
            ("prove 1318605", false),
            ("prove 1318605 -o answer.proof", true),
            ("prove --entry 1", true),
            ("received 1", false),
            ("received 1 -o filing.txt", true),
            ("cite 1", true),
        ] {
            let words = std::iter::once("blockholder").chain(line.split(' '));
            let args = Args::try_parse_from(words).unwrap();
            assert_eq!(for_terminal(&args.command).is_ok(), fits, "{line}");
        }
    }
}
