//! `witness cosign`: a second machine with its own key remembers how far a ledger was, and cosigns.
//! Opens no ledger and no network: files come in, files go out.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::context::Context;
use crate::cli::files;
use crate::cli::key::follow;
use crate::cli::outcome::{Exit, FOLLOW, Failure, chain};
use crate::cli::prove::{in_file, kept, rotations_in};
use crate::cli::written::{expect_new, write_new};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::consistency_proof::{self, ConsistencyProof};
use crate::ledger::key::{KeyKind, SigningKey, VerifierKey};
use crate::ledger::note::{Note, Signature};
use crate::ledger::policy::Policy;
use crate::report::json::VERSION;
use crate::report::plain::{counted, safe};
use crate::store::lock::Lock;
use crate::store::regular;
use crate::store::secret;
use crate::terms::time::{Instant, RecordedAt};

/// More than a checkpoint or a proof between two is long.
const FILE_MAX: u64 = 4 * 1024 * 1024;
/// How long another run of the same witness may take.
const WAIT: Duration = Duration::from_secs(2);

/// `witness`
#[derive(Subcommand, Debug)]
pub enum WitnessCommand {
    /// Cosign a ledger's checkpoint, if it goes on from the one cosigned before
    ///
    /// Takes a signed checkpoint or, from the second time on, the proof that `prove --consistent`
    /// makes from the one cosigned before. What was cosigned last is remembered in a file; a ledger
    /// that was rolled back or forked since is refused.
    ///
    /// Example: blockholder --key my.key witness cosign on.proof --name me --vkey VKEY
    Cosign(CosignArgs),
}

/// `witness cosign`
#[derive(ClapArgs, Debug)]
pub struct CosignArgs {
    /// A signed checkpoint, or a proof that one goes on from the last
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Trust this ledger's key
    #[arg(long, value_name = "VKEY")]
    pub vkey: String,
    /// Follow from that key to those after it, by the proofs in this file (`prove --rotations`)
    #[arg(long, value_name = "FILE")]
    pub rotations: Option<PathBuf>,
    /// Name the witness; its key is in the file of --key, or is made there
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Remember in this file what was cosigned last
    #[arg(long, value_name = "FILE", default_value = "witness-memory")]
    pub memory: PathBuf,
    /// Take the ledger as it is, for nothing of it was cosigned before
    #[arg(long)]
    pub first: bool,
    /// Write the cosigned checkpoint to this file [default: print it]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Who cosigned, and when by that witness's own clock: nobody here has one to judge that by.
pub fn cosigned_by(witness: &str, at: u64) -> String {
    let instant = i64::try_from(at).ok().and_then(Instant::from_unix_seconds);
    let at = instant.map_or(format!("{at} seconds after 1970"), |instant| instant.to_string());
    format!("cosigned by {}, at {at} by its own clock", safe(witness))
}

/// The same for programs, in seconds since 1970.
pub fn cosignatures(witnesses: &[(String, u64)]) -> Value {
    witnesses.iter().map(|(witness, at)| json!({"witness": witness, "at": at})).collect()
}

/// Does what a witness does (spec, section 21.3).
pub fn witness(at: &Global, command: &WitnessCommand, cx: &mut Context) -> Result<Exit, Failure> {
    let WitnessCommand::Cosign(args) = command;
    let file = at.key.as_ref().ok_or_else(|| {
        Failure::new(Exit::Trouble, "expected the file of the witness's own key, got no --key")
            .hint("a witness that signs with the ledger's key is none")
    })?;
    args.output.as_deref().map_or(Ok(()), expect_new)?;
    let log: VerifierKey = args.vkey.parse().map_err(|error| Failure::new(Exit::Trouble, error))?;
    let memory = place(&args.memory)?;
    let _lock = Lock::take(&beside(&memory, ".lock"), WAIT, (cx.clock)(), "witness cosign")?;
    let seed = cx.new_seed()?;
    let (key, _) = secret::make_or_take(file, &args.name, KeyKind::Witness, &seed)?;
    let mut policy = Policy::of_keys(vec![log]);
    if let Some(path) = &args.rotations {
        follow(&mut policy, &rotations_in(path)?)?;
    }
    let note = due(args, &memory, &policy, cx)?;
    let cosigned = cosigned(&note, &key, (cx.clock)())?;
    // Remembered before it is given away: a witness that forgets would cosign a fork.
    remember(&memory, &note)?;
    give(args, &cosigned, key.public(), cx)
}

/// Where the memory is, whatever name leads there: so that its lock is one, too (spec, 21.3).
fn place(memory: &Path) -> Result<PathBuf, Failure> {
    let failed = |error| in_file(memory, &format!("cannot remember in it: {error}"));
    match memory.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = memory.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).map_err(failed)?;
            Ok(memory.file_name().map_or(folder.clone(), |name| folder.join(name)))
        }
        Err(error) => Err(failed(error)),
        Ok(_) => fs::canonicalize(memory).map_err(|error| match error.kind() {
            ErrorKind::NotFound => in_file(memory, &"expected a file, got a link to none")
                .hint("what was cosigned last may be elsewhere: name the file itself"),
            _ => failed(error),
        }),
    }
}

/// The file beside another, of the same name and an ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// What was cosigned last, by a memory that is in its own place.
fn remembered(args: &CosignArgs, memory: &Path, cx: &mut Context) -> Result<Option<Note>, Failure> {
    let wrong = |what: &dyn std::fmt::Display| in_file(&args.memory, what);
    match memory.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(&error)),
        Ok(found) if found.is_file() => kept(memory, cx).map(Some),
        Ok(_) => Err(wrong(&"expected a file with what was cosigned last, got something else")),
    }
}

/// The checkpoint to cosign: it goes on from the one that is remembered.
fn due(
    args: &CosignArgs,
    memory: &Path,
    policy: &Policy,
    cx: &mut Context,
) -> Result<Note, Failure> {
    let refused = |why: String| {
        Failure::new(Exit::RolledBack, format!("not cosigned: {why}"))
            .hint("keep both checkpoints: together they may show that the ledger was forked")
    };
    let open = |note: &Note| {
        policy.accept(note).map(|accepted| accepted.checkpoint).map_err(|error| {
            let words = format!("not cosigned: {}", chain(&error));
            match error.is_by_another_key() {
                true => Failure::new(Exit::Unverified, words).hint(FOLLOW),
                false => Failure::new(Exit::No, words),
            }
        })
    };
    let bytes =
        files::bytes(&args.file, cx.input, FILE_MAX).map_err(|why| in_file(&args.file, &why))?;
    let proof = match bytes.starts_with(consistency_proof::FIRST.as_bytes()) {
        true => Some(ConsistencyProof::parse(&bytes).map_err(|error| in_file(&args.file, &error))?),
        false => None,
    };
    if let Some(proof) = &proof {
        // Whose they are first: what cannot be told is no fork.
        open(&proof.older)?;
        open(&proof.newer)?;
        proof.check(policy).map_err(|error| refused(chain(&error)))?;
    }
    let note = match &proof {
        Some(proof) => proof.newer.clone(),
        None => kept(&args.file, cx)?,
    };
    let new = open(&note)?;
    let Some(last) = remembered(args, memory, cx)? else {
        let named = args.memory.display();
        let words = format!("expected what was cosigned last in {named}, got none");
        let failure = Failure::new(Exit::Trouble, words)
            .hint("say --first where this is the first time, and never else");
        return if args.first { Ok(note) } else { Err(failure) };
    };
    let last = open(&last)?;
    // Cosigned already, and asked for again: nothing new is vouched for.
    if new == last {
        return Ok(note);
    }
    if args.first {
        return Err(refused(format!("{} entries were cosigned before", last.size)));
    }
    let before = proof.as_ref().map(|proof| open(&proof.older)).transpose()?.unwrap_or(new.clone());
    if (before.size, before.root) == (last.size, last.root) && before.origin == last.origin {
        return Ok(note);
    }
    if before.size != last.size && new.size > last.size {
        return Err(unproven(&last, &new, proof.is_some().then_some(&before), &args.memory));
    }
    Err(refused(format!(
        "expected what goes on from {} entries with root {}, got from {} with root {}",
        last.size, last.root, before.size, before.root
    )))
}

/// A ledger that is larger than the one cosigned last, without a proof from there: it may merely
/// have grown, and nothing shows that it did.
fn unproven(
    last: &Checkpoint,
    new: &Checkpoint,
    proven_from: Option<&Checkpoint>,
    memory: &Path,
) -> Failure {
    let many = |of: &Checkpoint| counted(of.size, "entry", "entries");
    let given = match proven_from {
        Some(before) => format!("one from {}", many(before)),
        None => format!("a checkpoint of {} without a proof", many(new)),
    };
    let last = many(last);
    let words = format!(
        "not cosigned: expected a proof that goes on from the {last} cosigned last, got {given}"
    );
    Failure::new(Exit::Trouble, words).hint(format!(
        "`blockholder prove --consistent FILE -o PROOF`, FILE being what was cosigned last (as {} \
         has it), makes one: cosign that in its place",
        memory.display()
    ))
}

fn remember(memory: &Path, note: &Note) -> Result<(), Failure> {
    let new = beside(memory, ".new");
    let write = || -> std::io::Result<()> {
        regular::may_write(memory)?;
        regular::make(&new, note.to_string().as_bytes())?;
        regular::open(&new)?.sync_all()?;
        fs::rename(&new, memory)?;
        let folder = memory.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| in_file(memory, &format!("cannot remember it: {error}")))
}

/// The note with one signature more, if it can be read so: else it would vouch for nothing.
fn cosigned(note: &Note, key: &SigningKey, now: RecordedAt) -> Result<String, Failure> {
    let mut note = note.clone();
    note.add(Signature::by_witness(key, note.text(), now.0 / 1_000_000));
    let text = note.to_string();
    Note::parse(text.as_bytes()).map(|_| text).map_err(|error| {
        let words = format!("not cosigned: nobody could read it with one signature more: {error}");
        Failure::new(Exit::Trouble, words)
            .hint("take signatures off that are not the ledger's: nothing is signed of them")
    })
}

/// Gives the cosigned note away.
fn give(
    args: &CosignArgs,
    text: &str,
    vkey: &VerifierKey,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let shown = safe(&vkey.to_string());
    let told = format!("cosigned by {}, whose key is {shown}", safe(vkey.name()));
    if let Some(path) = &args.output {
        write_new(path, text.as_bytes())?;
    }
    match (cx.json, &args.output) {
        (true, output) => {
            let note = if output.is_none() { Value::from(text) } else { Value::Null };
            let vkey = vkey.to_string();
            cx.object(&json!({"v": VERSION, "outcome": "cosigned", "vkey": vkey, "note": note}))?;
        }
        (false, Some(_)) => cx.line(told)?,
        // The note alone is what comes out, for whoever keeps it.
        (false, None) => {
            write!(cx.out, "{text}").map_err(Failure::output)?;
            cx.notice(told)?;
        }
    }
    Ok(Exit::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No clock judges it, so it is there to be read, however odd.
    #[test]
    fn the_time_that_a_witness_says_is_shown() {
        for (at, said) in [
            (0, "cosigned by w, at 1970-01-01T00:00:00Z by its own clock"),
            (1_679_315_147, "cosigned by w, at 2023-03-20T12:25:47Z by its own clock"),
            (1 << 62, "cosigned by w, at 4611686018427387904 seconds after 1970 by its own clock"),
        ] {
            assert_eq!(cosigned_by("w", at), said);
        }
        let odd = cosigned_by("w\u{202e}", u64::MAX);
        assert!(odd.starts_with("cosigned by w\u{fffd}, at 18446744073709551615 "), "{odd}");
    }
}
