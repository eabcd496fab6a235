//! Reads the arguments, the clock and the terminal, calls `cli`, and ends with its exit status.
//! Nothing else reads a clock or the environment.
#![allow(clippy::print_stderr)]

use std::hash::{BuildHasher, Hasher};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use blockholder::cli::args::{Args, ColorWhen};
use blockholder::cli::context::Context;
use blockholder::cli::outcome::{Exit, Failure};
use blockholder::cli::prove::for_terminal;
use blockholder::cli::run::run;
use blockholder::report::table::Style;
use blockholder::terms::time::RecordedAt;
use clap::Parser;

/// Many threads make readings and one drops them: the system's allocator keeps what falls between,
/// and grows by some 3 KB a filing that is appended.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit status where the reader of the answer went away before its end, as of a program that
/// ends by the signal: what the answer would have been is not known, and 0 would be a lie.
const UNREAD: u8 = 141;

/// How wide tables are where there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 80;

fn main() -> ExitCode {
    let program = std::env::args().next().unwrap_or_else(|| "blockholder".to_owned());
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(said) => {
            let code = u8::try_from(said.exit_code()).unwrap_or(Exit::Trouble.code());
            let told = said.print().map_err(Failure::output);
            let lost = told.is_err_and(|failure| !failure.silent);
            return ExitCode::from(if lost { Exit::Trouble.code() } else { code });
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut context = Context {
        out: &mut out,
        err: &mut io::stderr(),
        input: &mut io::stdin(),
        clock: &now,
        randomness: std::hash::RandomState::new().build_hasher().finish(),
        seed: &seed,
        style: style(args.global.color),
        json: args.global.json,
        watched: io::stderr().is_terminal(),
        csv: args.global.csv.then_some(false),
    };
    let fit = if io::stdout().is_terminal() { for_terminal(&args.command) } else { Ok(()) };
    let done = fit.and_then(|()| run(&args, &program, &mut context));
    let done = out.flush().map_err(Failure::output).and(done);
    match done {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) if failure.silent => ExitCode::from(UNREAD),
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            if let Some(hint) = failure.hint {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(failure.exit.code())
        }
    }
}

/// The time, in microseconds since 1970; 0 on a machine whose clock is before that.
#[allow(clippy::disallowed_methods)]
fn now() -> RecordedAt {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    RecordedAt(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// 32 bytes of the system's randomness, for secret keys.
fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    Ok(seed)
}

fn style(when: ColorWhen) -> Style {
    let terminal = io::stdout().is_terminal();
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let colour = match when {
        ColorWhen::Auto => terminal && wanted,
        ColorWhen::Always => true,
        ColorWhen::Never => false,
    };
    let width = match terminal_size::terminal_size_of(io::stdout()) {
        Some((terminal_size::Width(columns), _)) => usize::from(columns),
        None => WIDTH_WITHOUT_TERMINAL,
    };
    Style { width, colour }
}
