//! The command surface; its doc comments are the manual.
//! Reads no clock and decides nothing: every verb is one file beside this one.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::terms::id::{Accession, Cik};
use crate::terms::statement::Form;
use crate::terms::time::{Day, Instant, TimeError};

/// Keep and question a ledger of beneficial ownership read from SEC Schedules 13D and 13G
///
/// Filings go in as the bytes EDGAR sent; each becomes an event, hash-chained to the one before.
/// Answers say who held what, as of any day and as known at any moment, with the characters of the
/// filing that say so. Start with `blockholder demo`.
#[derive(Parser, Debug)]
#[command(name = "blockholder", version, max_term_width = 80)]
pub struct Args {
    /// Flags every command takes
    #[command(flatten)]
    pub global: Global,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Flags every command takes.
#[derive(ClapArgs, Clone, Debug)]
pub struct Global {
    /// Use the ledger in this directory
    ///
    /// A ledger is made by `init` (or `demo`) alone, never by naming a directory that is not there.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "BLOCKHOLDER_LEDGER",
        default_value = "ledger"
    )]
    pub ledger: PathBuf,
    /// Print JSON, one object a line, instead of tables
    ///
    /// Every object carries its shape's version as "v".
    #[arg(long, global = true)]
    pub json: bool,
    /// Say when to use colour
    ///
    /// `auto` uses colour on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

/// When to use colour.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make a new, empty ledger
    ///
    /// The directory must not exist or be empty. The ledger gets an origin of its own, which every
    /// later hash rests on.
    ///
    /// Example: blockholder --ledger my-ledger init
    Init(InitArgs),
    /// Append filings
    ///
    /// Files, directories, or `-` for one filing on standard input. Appending the same filing again
    /// changes nothing. One bad file does not stop the others; the exit status is 2 when not all
    /// went in.
    ///
    /// Example: blockholder append filings/
    Append(AppendArgs),
    /// Read a filing and print what it says, without a ledger
    ///
    /// Every value comes with its state (stated, blank, absent, unreadable) and the bytes it was
    /// read from.
    ///
    /// Example: blockholder read filing.txt --json
    Read(ReadArgs),
    /// Show who holds what
    ///
    /// As of any day, as known at any moment, at any size of the ledger. A date given for an
    /// instant means the end of that day in New York.
    ///
    /// Example: blockholder holders 1318605 --as-of 2011-06-30 --known-at 2012-01-01
    Holders(AskArgs),
    /// Show what changed from filing to filing
    ///
    /// One line a change: who said so, when, in which entry, at which bytes.
    ///
    /// Example: blockholder history 1318605
    History(AskArgs),
    /// Show the lines of a filing that say something, with the value underlined
    ///
    /// FILING is an accession number or an entry number. Without --field every stated row of the
    /// holder is shown.
    ///
    /// Example: blockholder cite 3 --holder 5 --field aggregate
    Cite(CiteArgs),
    /// List the entries of the ledger
    ///
    /// Example: blockholder log --from 100 --limit 20
    Log(LogArgs),
    /// Check the whole ledger and name every fault
    ///
    /// Reads every entry and every received byte, changes nothing, and exits with 1 when a fault is
    /// proven.
    ///
    /// Example: blockholder verify --json
    Verify,
    /// Put back damaged entries and bytes from what vouches for them
    ///
    /// Entries come from the index's own copy where the chain and the last checkpoint vouch for
    /// them; received bytes from the same files given again. The damaged files are kept beside.
    ///
    /// Example: blockholder recover filings/filing.txt
    Recover(RecoverArgs),
    /// Make a ledger from the example filings and ask it things
    ///
    /// Prints each command before its output, so that you can go on alone.
    ///
    /// Example: blockholder demo
    Demo(DemoArgs),
}

/// `init`
#[derive(ClapArgs, Debug)]
pub struct InitArgs {
    /// Name the ledger's origin instead of having one made
    ///
    /// A name no other ledger has, such as a domain you own and a year. Without it, one is made of
    /// the time and the machine's randomness.
    #[arg(long, value_name = "NAME")]
    pub origin: Option<String>,
    /// Keep the ledger's secret key in this file [default: key, in the ledger's directory]
    ///
    /// Away from the ledger, whoever changes the ledger's files cannot sign the change. A key that
    /// is in the file already is taken. Give --key with every command that appends, too.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// `append`
#[derive(ClapArgs, Debug)]
pub struct AppendArgs {
    /// Files, directories, or `-`
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Sign with the secret key in this file [default: key, in the ledger's directory]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Say what EDGAR's header said of documents that have lost it
    ///
    /// Tab-separated, with a header line naming any of the columns file, accession, form, filed,
    /// accepted_eastern, issuer_cik, issuer, filer_cik, filer.
    #[arg(long, value_name = "TSV")]
    pub manifest: Option<PathBuf>,
    /// Give the accession number of one bare document
    #[arg(long, value_name = "ACCESSION")]
    pub accession: Option<Accession>,
    /// Give the acceptance time of one bare document
    ///
    /// An instant such as 2012-02-14T17:01:02-05:00, or EDGAR's fourteen digits, Eastern.
    #[arg(long, value_name = "INSTANT", value_parser = acceptance)]
    pub accepted_at: Option<Instant>,
    /// Give the filing date of one bare document
    #[arg(long, value_name = "DATE")]
    pub filed: Option<Day>,
    /// Give the form of one bare document
    #[arg(long, value_name = "FORM", value_parser = form)]
    pub form: Option<Form>,
    /// Give the issuer's CIK of one bare document
    #[arg(long, value_name = "CIK")]
    pub issuer_cik: Option<Cik>,
}

/// `read`
#[derive(ClapArgs, Debug)]
pub struct ReadArgs {
    /// The file as received, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The three clocks.
#[derive(ClapArgs, Clone, Copy, Debug)]
pub struct Clocks {
    /// Answer as of this day (true since: the event date) [default: today]
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// Answer with what was known then (EDGAR's acceptance) [default: now]
    ///
    /// An instant, or a date for the end of that day in New York.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub known_at: Option<Instant>,
    /// Answer with the first SIZE entries of the ledger [default: all]
    #[arg(long, value_name = "SIZE")]
    pub at: Option<u64>,
}

/// `holders` and `history`
#[derive(ClapArgs, Debug)]
pub struct AskArgs {
    /// The issuer: a CIK, a CUSIP, or all or part of its name
    pub issuer: String,
    /// On which clocks
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `cite`
#[derive(ClapArgs, Debug)]
pub struct CiteArgs {
    /// An accession number or an entry number
    pub filing: String,
    /// Show this holder: its place on the filing from 0, or its name [default: all]
    #[arg(long, value_name = "HOLDER")]
    pub holder: Option<String>,
    /// Show this field only; may be given more than once
    #[arg(long, value_name = "FIELD")]
    pub field: Vec<String>,
    /// Show these bytes of the filing, whatever they say
    #[arg(long, value_name = "START-END", conflicts_with_all = ["holder", "field"])]
    pub span: Option<String>,
}

/// `log`
#[derive(ClapArgs, Debug)]
pub struct LogArgs {
    /// Start with this entry
    #[arg(long, value_name = "ENTRY", default_value_t = 0)]
    pub from: u64,
    /// Stop after so many
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<u64>,
}

/// `recover`
#[derive(ClapArgs, Debug)]
pub struct RecoverArgs {
    /// Files whose bytes may be missing, as received
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// `demo`
#[derive(ClapArgs, Debug)]
pub struct DemoArgs {
    /// Make the demonstration's ledger here [default: a fresh folder]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// An instant, or a day for its last second in New York.
fn instant(text: &str) -> Result<Instant, TimeError> {
    text.parse::<Day>().map(Day::end_eastern).or_else(|_| {
        text.parse().map_err(|_| TimeError {
            expected: "a day (2012-02-14) or an instant (2012-02-14T17:01:02Z)",
            got: text.to_owned(),
        })
    })
}

/// An instant, or EDGAR's fourteen digits.
fn acceptance(text: &str) -> Result<Instant, TimeError> {
    Instant::from_edgar(text).map_or_else(|| text.parse(), Ok)
}

fn form(text: &str) -> Result<Form, String> {
    Form::from_edgar(text).ok_or_else(|| {
        let names: Vec<&str> = Form::ALL.iter().map(|form| form.as_str()).collect();
        format!("expected one of {}, got {text:?}", names.join(", "))
    })
}
