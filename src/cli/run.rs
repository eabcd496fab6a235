//! The whole program in order: which verb, which ledger opened for what, which answer.
//! Every verb is in a file of its own; nothing is decided here but which one it is.

use std::path::Path;

use crate::cli::args::{Args, Command, InitArgs};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::{append, ask, cite, demo, log, read, verify};
use crate::store::ledger::{Ledger, Mode, NewKey, Options};
use crate::store::log::Log;
use crate::terms::time::RecordedAt;

/// Runs one command. `program` is what the user called it by, for commands shown to go on with.
pub fn run(args: &Args, program: &str, cx: &mut Context) -> Result<Exit, Failure> {
    let dir = &args.global.ledger;
    match &args.command {
        Command::Init(args) => init(dir, args, cx),
        Command::Append(args) => {
            let options = Options::new(Mode::Write, (cx.clock)(), "append");
            let options = Options { key: args.key.clone(), ..options };
            on(dir, &options, cx, |log, cx| append::append(log, args, cx))
        }
        Command::Read(args) => read::read(args, cx),
        Command::Holders(args) => {
            with(dir, Mode::Read, "holders", cx, |log, cx| ask::holders(log, args, cx))
        }
        Command::History(args) => {
            with(dir, Mode::Read, "history", cx, |log, cx| ask::history(log, args, cx))
        }
        Command::Cite(args) => {
            with(dir, Mode::Read, "cite", cx, |log, cx| cite::cite(log, args, cx))
        }
        Command::Log(args) => with(dir, Mode::Read, "log", cx, |log, cx| log::log(log, args, cx)),
        Command::Verify => verify::verify(dir, cx),
        Command::Recover(args) => verify::recover(dir, args, cx),
        Command::Demo(args) => demo::demo(args, program, cx),
    }
}

fn init(dir: &Path, args: &InitArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let now = (cx.clock)();
    let origin = args.origin.clone().unwrap_or_else(|| made_origin(now, cx.randomness));
    let seed = (cx.seed)().map_err(|error| {
        Failure::new(Exit::Trouble, format!("cannot draw randomness for a key: {error}"))
    })?;
    let key = NewKey { seed, file: args.key.clone() };
    let ledger = Ledger::init(dir, &origin, now, &key)?;
    let head = ledger.head().hash;
    if cx.json {
        cx.object(&serde_json::json!({
            "v": crate::report::json::VERSION,
            "ledger": dir.display().to_string(),
            "origin": origin,
            "size": ledger.size(),
            "head": head.to_string(),
            "vkey": ledger.key().to_string(),
        }))?;
    } else {
        cx.line(format!("made the ledger {origin} in {}, head {head}", dir.display()))?;
        cx.line(format!("its key, to check what it signs: {}", ledger.key()))?;
    }
    ledger.close()?;
    Ok(Exit::Yes)
}

/// A name no other ledger has: the second it was made in, and 64 bits of the machine's randomness.
fn made_origin(now: RecordedAt, randomness: u64) -> String {
    format!("blockholder/{}/{randomness:016x}", now.instant())
}

/// Opens the ledger, tells what was found on the way, runs the verb, and closes it.
fn with(
    dir: &Path,
    mode: Mode,
    what: &str,
    cx: &mut Context,
    verb: impl FnOnce(&mut Ledger, &mut Context) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    on(dir, &Options::new(mode, (cx.clock)(), what), cx, verb)
}

fn on(
    dir: &Path,
    options: &Options,
    cx: &mut Context,
    verb: impl FnOnce(&mut Ledger, &mut Context) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let mut ledger = Ledger::open(dir, options)?;
    notices(&ledger, cx)?;
    let done = verb(&mut ledger, cx);
    notices(&ledger, cx)?;
    let closed = ledger.close();
    let exit = done?;
    closed?;
    Ok(exit)
}

fn notices(ledger: &Ledger, cx: &mut Context) -> Result<(), Failure> {
    ledger.take_notices().iter().try_for_each(|notice| cx.notice(notice))
}
