//! The whole program in order: which verb, which ledger opened for what, which answer.
//! Nothing is decided here but which one it is; each is in the file of its name or its pair's.

use crate::cli::args::{Args, Command, Global, InitArgs};
use crate::cli::context::Context;
use crate::cli::key::KeyCommand;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::selftest::Selftest;
use crate::cli::{
    anchor, append, cite, classes, correct, decide, demo, diff, export, gaps, group, history,
    holders, issuers, keep, key, late, log, person, prove, read, received, recover, redact, reread,
    seal, selftest, verify, witness,
};
use crate::store::layout::Layout;
use crate::store::ledger::{Ledger, Mode, NewKey, Options};
use crate::store::log::Log;
use crate::terms::time::RecordedAt;

/// Runs one command. `program` is what the user called it by, for commands shown to go on with.
pub fn run(args: &Args, program: &str, cx: &mut Context) -> Result<Exit, Failure> {
    let (at, dir) = (&args.global, &args.global.ledger);
    if cx.csv.is_some() && !in_rows(&args.command) {
        let words = "expected --csv with a verb that answers in rows, got it with another";
        let rows = "holders, person, history, group, chains, late, diff, links, issuers, log";
        return Err(Failure::new(Exit::Trouble, words).hint(format!("those are {rows}")));
    }
    match &args.command {
        Command::Init(args) => init(at, args, cx),
        Command::Append(args) => {
            with(at, Mode::Write, "append", cx, |log, cx| append::append(log, args, cx))
        }
        Command::Read(args) => read::read(args, cx),
        Command::Holders(args) => {
            with(at, Mode::Read, "holders", cx, |log, cx| holders::holders(log, args, cx))
        }
        Command::History(args) => {
            with(at, Mode::Read, "history", cx, |log, cx| history::history(log, args, cx))
        }
        Command::Cite(_) | Command::Received(_) | Command::Issuers(_) | Command::Log(_) => {
            with(at, Mode::Read, "show", cx, |log, cx| recorded(log, &args.command, cx))
        }
        Command::Person(args) => {
            with(at, Mode::Read, "person", cx, |log, cx| person::person(log, args, cx))
        }
        Command::Group(args) => {
            with(at, Mode::Read, "group", cx, |log, cx| group::group(log, args, cx))
        }
        Command::Chains(args) => {
            with(at, Mode::Read, "chains", cx, |log, cx| group::chains(log, args, cx))
        }
        Command::Late(args) => {
            with(at, Mode::Read, "late", cx, |log, cx| late::late(log, args, cx))
        }
        Command::Gaps(args) => {
            with(at, Mode::Read, "gaps", cx, |log, cx| gaps::gaps(log, args, cx))
        }
        Command::Diff(args) => {
            with(at, Mode::Read, "diff", cx, |log, cx| diff::diff(log, args, cx))
        }
        Command::Links(args) => {
            with(at, Mode::Read, "links", cx, |log, cx| person::links(log, args, cx))
        }
        Command::Prove(args) => {
            with(at, Mode::Read, "prove", cx, |log, cx| prove::prove(log, args, cx))
        }
        Command::Check(args) => prove::check(args, cx),
        Command::Witness(command) => witness::witness(at, command, cx),
        Command::Anchor(args) => {
            with(at, Mode::Read, "anchor", cx, |log, cx| anchor::anchor(log, args, cx))
        }
        Command::Key(command) => keys(at, command, cx),
        Command::Verify(args) => verify::verify(dir, args, cx),
        Command::Export(args) => {
            with(at, Mode::Read, "export", cx, |log, cx| export::export(log, args, cx))
        }
        Command::Import(args) => export::import(at, args, cx),
        Command::Recover(args) => recover::recover(dir, at.key.as_deref(), args, cx),
        Command::Selftest(Selftest::Tamper) => {
            with(at, Mode::Read, "selftest", cx, |log, cx| selftest::tamper(log, cx))
        }
        Command::Demo(args) => demo::demo(dir, args, program, cx),
        decision => with(at, Mode::Write, "decide", cx, |log, cx| decided(log, decision, cx)),
    }
}

fn keys(at: &Global, command: &KeyCommand, cx: &mut Context) -> Result<Exit, Failure> {
    match command {
        KeyCommand::Show => with(at, Mode::Read, "key show", cx, |log, cx| key::show(log, cx)),
        KeyCommand::Rotate(args) => {
            with(at, Mode::Write, "key rotate", cx, |log, cx| key::rotate(at, log, args, cx))
        }
    }
}

/// Whether a verb answers in rows, so that `--csv` says something.
fn in_rows(command: &Command) -> bool {
    use Command::{Chains, Diff, Group, History, Holders, Issuers, Late, Links, Log, Person};
    matches!(
        command,
        Holders(_)
            | Person(_)
            | History(_)
            | Group(_)
            | Chains(_)
            | Late(_)
            | Diff(_)
            | Links(_)
            | Issuers(_)
            | Log(_)
    )
}

/// What is recorded, as it is.
fn recorded(log: &Ledger, command: &Command, cx: &mut Context) -> Result<Exit, Failure> {
    match command {
        Command::Cite(args) => cite::cite(log, args, cx),
        Command::Received(args) => received::received(log, args, cx),
        Command::Issuers(args) => issuers::issuers(log, args, cx),
        Command::Log(args) => log::log(log, args, cx),
        _ => Err(unknown()),
    }
}

fn unknown() -> Failure {
    Failure::new(Exit::Trouble, "expected a verb that is known, got another")
}

/// What is decided or understood anew; every other verb was taken before.
fn decided(log: &mut Ledger, command: &Command, cx: &mut Context) -> Result<Exit, Failure> {
    match command {
        Command::Correct(args) => correct::correct(log, args, cx),
        Command::Uncorrect(args) => correct::uncorrect(log, args, cx),
        Command::Withdraw(args) => decide::withdraw(log, args, cx),
        Command::Link(args) => decide::link(log, args, true, cx),
        Command::Unlink(args) => decide::link(log, args, false, cx),
        Command::Join(args) => decide::join(log, args, cx),
        Command::Unjoin(args) => decide::unjoin(log, args, cx),
        Command::Split(args) => classes::split(log, args, cx),
        Command::Rename(args) => classes::rename(log, args, cx),
        Command::Outstanding(args) => classes::outstanding(log, args, cx),
        Command::Skip(args) => decide::skip(log, args, cx),
        Command::Reread(args) => reread::reread(log, args, cx),
        Command::Seal => seal::seal(log, cx),
        Command::Redact(args) => redact::redact(log, args, cx),
        _ => Err(unknown()),
    }
}

fn init(at: &Global, args: &InitArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let dir = &at.ledger;
    let now = (cx.clock)();
    let origin = args.origin.clone().unwrap_or_else(|| made_origin(now, cx.randomness));
    let seed = cx.new_seed()?;
    let key = NewKey { seed, file: at.key.clone() };
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
        let secret = at.key.clone().unwrap_or_else(|| Layout::new(dir).key());
        let secret = secret.display();
        cx.line(format!("back up {secret}: without it nothing can be added to this ledger again"))?;
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
    at: &Global,
    mode: Mode,
    what: &str,
    cx: &mut Context,
    verb: impl FnOnce(&mut Ledger, &mut Context) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let options = Options { key: at.key.clone(), ..Options::new(mode, (cx.clock)(), what) };
    let opened = Ledger::open(&at.ledger, &options);
    let mut ledger =
        opened.map_err(|error| recover::without_journal(&at.ledger, Failure::from(error)))?;
    notices(&ledger, cx)?;
    let mut done = verb(&mut ledger, cx);
    if mode == Mode::Write {
        done = done.and_then(|exit| keep::follow_watched(&ledger, cx).map(|()| exit));
    }
    notices(&ledger, cx)?;
    let closed = ledger.close();
    let exit = done?;
    closed?.iter().try_for_each(|notice| cx.notice(notice))?;
    Ok(exit)
}

fn notices(ledger: &Ledger, cx: &mut Context) -> Result<(), Failure> {
    ledger.take_notices().iter().try_for_each(|notice| cx.notice(notice))
}
