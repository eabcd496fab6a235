//! The command surface; its doc comments are the manual.
//! Reads no clock and decides nothing: every verb is one file beside this one.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::cli::anchor::AnchorArgs;
use crate::cli::classes::{OutstandingArgs, RenameArgs, SplitArgs};
use crate::cli::correct::{CorrectArgs, UncorrectArgs};
use crate::cli::decide::{JoinArgs, LinkArgs, SkipArgs, UnjoinArgs, WithdrawArgs};
use crate::cli::export::{ExportArgs, ImportArgs};
use crate::cli::gaps::GapsArgs;
use crate::cli::issuers::IssuersArgs;
use crate::cli::key::KeyCommand;
use crate::cli::prove::{CheckArgs, ProveArgs};
use crate::cli::questions::{
    AskArgs, AskPersonArgs, DiffArgs, HistoryArgs, HoldersArgs, LateArgs, count,
};
use crate::cli::received::ReceivedArgs;
use crate::cli::redact::RedactArgs;
use crate::cli::reread::RereadArgs;
use crate::cli::selftest::Selftest;
use crate::cli::verify::VerifyArgs;
use crate::cli::witness::WitnessCommand;
use crate::terms::id::{Accession, Cik};
use crate::terms::statement::Form;
use crate::terms::time::{Day, Instant, TimeError};

/// The ledger's folder where none is named.
pub const LEDGER: &str = "ledger";

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
    /// A ledger is made by `init` (or `import`, or `demo`) alone, never by naming a directory that
    /// is not there.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "BLOCKHOLDER_LEDGER",
        default_value = LEDGER
    )]
    pub ledger: PathBuf,
    /// Sign with the secret key in this file [default: key, in the ledger's directory]
    ///
    /// `init` makes it there, or takes the one that is there. Away from the ledger, whoever changes
    /// the ledger's files cannot sign the change, nor write a batch that is signed for later.
    #[arg(long, global = true, value_name = "FILE", env = "BLOCKHOLDER_KEY")]
    pub key: Option<PathBuf>,
    /// Print JSON, one object a line, instead of tables
    ///
    /// Every object carries its shape's version as "v".
    #[arg(long, global = true)]
    pub json: bool,
    /// Print comma-separated values (RFC 4180) instead of tables
    ///
    /// For the verbs that answer in rows. The first line names the columns; what is not stated is
    /// an empty cell; a cell that a spreadsheet would take for a formula (one that begins with =,
    /// +, - or @) has an apostrophe before it.
    #[arg(long, global = true, conflicts_with = "json")]
    pub csv: bool,
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
    /// Files, directories, archives (tar, zip, gzip, in one another; EDGAR's daily feeds), or `-`
    /// for a filing or an archive on standard input. Appending the same filing again changes
    /// nothing, so that what was interrupted goes on with the same command. One bad file does not
    /// stop the others; the exit status is 2 when not all went in, but for members of archives and
    /// files in directories that say themselves that they are on other forms.
    ///
    /// Example: blockholder append filings/ 20240214.nc.tar.gz
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
    /// The status is `holding` where the last filing says more than 5 percent, for the holder or
    /// for those it reports with; `exited` where an amendment, or Item 5 of a 13G, says 5 percent
    /// or less; `unknown` where the filing does not tell, as where a percent cannot be read.
    ///
    /// Example: blockholder holders 1318605 --as-of 2011-06-30 --known-at 2012-01-01
    ///
    /// Example: blockholder holders --all-issuers --as-of 2011-12-31 --csv
    Holders(HoldersArgs),
    /// Show what changed from filing to filing
    ///
    /// Of an issuer, a person or one filing (by accession number). One line a change: who said so,
    /// when, in which entry, at which bytes; what was amended apart from what was understood later.
    ///
    /// Example: blockholder history 1318605 --field aggregate
    ///
    /// Example: blockholder history --all-issuers --known-since 2012-02-14 --crossed
    ///
    /// Example: blockholder history --all-issuers --since-size 1200
    History(HistoryArgs),
    /// Show everything a person holds, across issuers
    ///
    /// By CIK, tax number or name. Persons of one name at several issuers stay apart unless a
    /// number or a decision makes them one.
    ///
    /// Example: blockholder person 1494730 --as-of 2012-12-31
    Person(AskPersonArgs),
    /// Show who reports together, and what they hold together
    ///
    /// Members since when and by what evidence, who controls whom, and the total as an interval
    /// with the rule that narrowed it. Separate statements that report one bloc are shown as one.
    ///
    /// Example: blockholder group 53634X100 --as-of 2008-10-25
    Group(AskArgs),
    /// Show the chains of amendments, and why each filing stands in its chain
    ///
    /// Example: blockholder chains 53634X100
    Chains(AskArgs),
    /// List filings that came after their due date
    ///
    /// With the rule, the due date and the days; or that it cannot be told, and why. The exit
    /// status is 1 where one is late.
    ///
    /// Example: blockholder late 1318605
    Late(LateArgs),
    /// Show what differs between two filings, two dates or two ledger sizes
    ///
    /// Dates and sizes take --issuer. Items are shown word by word. The exit status is 1 where
    /// anything differs.
    ///
    /// Example: blockholder diff 2011-12-31 2012-12-31 --issuer 1318605
    Diff(DiffArgs),
    /// List holders that may be one person, for `link` or `unlink` to decide
    ///
    /// Example: blockholder links 53634X100
    Links(AskArgs),
    /// Override one field of a reading, with a reason
    ///
    /// What was read stays recorded; an earlier --at still answers with it.
    ///
    /// Example: blockholder correct 3 --holder 0 --field percent --to 6.1 --reason typo --who me
    Correct(CorrectArgs),
    /// Take a correction back; what stood without it stands again
    ///
    /// Example: blockholder uncorrect 7 --reason 'the page is right' --who me
    Uncorrect(UncorrectArgs),
    /// Let a filing count no more
    ///
    /// Example: blockholder withdraw 3 --reason 'filed twice' --who me
    Withdraw(WithdrawArgs),
    /// Say that two holders are one person
    ///
    /// Each is a CIK, `tax:NUMBER` or a name.
    ///
    /// Example: blockholder link 1364742 2012383 --reason 'successor' --who me
    Link(LinkArgs),
    /// Say that two holders are not one person; undoes `link`
    ///
    /// Example: blockholder unlink 1364742 2012383 --reason 'a mistake' --who me
    Unlink(LinkArgs),
    /// Put a filing into another filing's chain of amendments
    ///
    /// Example: blockholder join 4 3 --reason 'amends it' --who me
    Join(JoinArgs),
    /// Let a filing start a chain of its own
    ///
    /// Example: blockholder unjoin 4 --reason 'another statement' --who me
    Unjoin(UnjoinArgs),
    /// Record a split of a class
    ///
    /// Nothing recorded is restated; `holders --adjust` shows earlier amounts restated.
    ///
    /// Example: blockholder split 88160R101 --ratio 5:1 --since 2020-08-31 --source 8-K --who me
    Split(SplitArgs),
    /// Record another CUSIP or title of a class
    ///
    /// Example: blockholder rename 88160R101 --title Shares --since 2020-08-31 --source 8-K
    /// --who me
    Rename(RenameArgs),
    /// Record how many securities of a class are outstanding
    ///
    /// `holders` then shows percents by that size beside the filed ones (13d-3(d)(1)).
    ///
    /// Example: blockholder outstanding 88160R101 --shares 95654000 --since 2011-01-31
    /// --source 10-K --who me
    Outstanding(OutstandingArgs),
    /// Record that a filing was left out on purpose
    ///
    /// Example: blockholder skip 0001193125-12-060227 --reason 'paper' --who me
    Skip(SkipArgs),
    /// Keep received bytes no more, by an event with its reason
    ///
    /// The bytes go from the ledger's own files, and from exports and imports from then on. Entries
    /// stay as they are, and so do all proofs: what was read in the bytes cannot be taken out.
    ///
    /// Example: blockholder redact 0001193125-12-060227 --reason 'a tax number' --who me
    Redact(RedactArgs),
    /// Compare what is held with EDGAR's own lists
    ///
    /// Names every filing that a list has and the ledger does not, or has under another form, and
    /// every filing held of the lists' days that no list has. What was left out on purpose (`skip`)
    /// is told apart. The exit status is 1 where anything is missing or not listed.
    ///
    /// Example: blockholder gaps --index form.20200318.idx
    Gaps(GapsArgs),
    /// Read stored bytes with today's reader, and record what comes out differently
    ///
    /// Example: blockholder reread
    Reread(RereadArgs),
    /// Show the lines of a filing that say something, with the value underlined
    ///
    /// FILING is an accession number or an entry number. Without --field every stated row of the
    /// holder is shown.
    ///
    /// Example: blockholder cite 3 --holder 5 --field aggregate
    Cite(CiteArgs),
    /// Give a filing's bytes back as they were received
    ///
    /// To standard output or into a new file, once they were hashed again. The number of a
    /// conflict's entry gives the second bytes; what is redacted is not there any more. `check
    /// --received` takes them out of a proof.
    ///
    /// Example: blockholder received 0001193125-12-060227 -o filing.txt
    Received(ReceivedArgs),
    /// List the issuers that recorded filings are about
    ///
    /// By name, with CUSIPs, how many filings there are, and the first and last day one was filed
    /// on; as recorded, whatever was corrected since.
    ///
    /// Example: blockholder issuers tesla
    Issuers(IssuersArgs),
    /// List the entries of the ledger
    ///
    /// Example: blockholder log --from 100 --limit 20
    Log(LogArgs),
    /// Check the whole ledger and name every fault
    ///
    /// Reads every entry and every received byte, changes nothing, and exits with 1 when a fault is
    /// proven. Whoever holds the key and every file can write another history: --against a
    /// checkpoint that was kept elsewhere shows that too. That the ledger was rolled back or forked
    /// is such a fault, status 1; a command that would use the ledger, and finds it so, exits with
    /// 4.
    ///
    /// With the folder of an export it needs nothing else; a key that is known from elsewhere makes
    /// it worth more.
    ///
    /// Example: blockholder verify --against kept-checkpoint
    Verify(VerifyArgs),
    /// Put back damaged entries and bytes from what vouches for them
    ///
    /// Entries come from the index's own copy where the chain and the last checkpoint vouch for
    /// them; received bytes from the same files given again; both from an export. The damaged files
    /// are kept beside. This is also the verb for a ledger that refuses to be written because it
    /// was rolled back or forked.
    ///
    /// Example: blockholder recover --from export
    Recover(RecoverArgs),
    /// Write the ledger as static files, or as lines for people
    ///
    /// The files are a backup, a website and what any C2SP tlog-tiles client can check, at once:
    /// `import` makes a ledger of them, `verify` checks them alone. Exporting again to the same
    /// folder writes what is new. The secret key is never exported.
    ///
    /// Example: blockholder export --tiles export
    Export(ExportArgs),
    /// Make a ledger from an export
    ///
    /// Everything is verified before anything is made; the new ledger has the same entries,
    /// checkpoints and root. It can be read only until its own key is given with --key.
    ///
    /// Example: blockholder --ledger copy import export
    Import(ImportArgs),
    /// Write the proof of an answer, of an entry, or that nothing recorded was changed
    ///
    /// Who holds what of an issuer, or with --of another answer, with every entry it rests on, the
    /// filings it cites and the signed checkpoint, in one file. `check` takes it anywhere, without
    /// the ledger, and makes the answer again. --entry proves one entry, in the form of C2SP
    /// tlog-proof; --consistent that the ledger goes on from an older checkpoint of it.
    ///
    /// Example: blockholder prove 1318605 --as-of 2011-12-31 -o answer.proof
    ///
    /// Example: blockholder prove 1318605 --of history -o history.proof
    Prove(ProveArgs),
    /// Check a proof, without a ledger
    ///
    /// It holds for whoever trusts the key: the vkey that `init` printed, or a policy file in the
    /// form of C2SP tlog-policy, which can ask for witnesses too. The answer is no when any byte of
    /// the proof was changed.
    ///
    /// Example: blockholder check answer.proof --policy policy.txt
    Check(CheckArgs),
    /// Try this program on a copy of the ledger
    ///
    /// The ledger itself is left alone.
    #[command(subcommand)]
    Selftest(Selftest),
    /// Seal what is recorded, so that proofs can show that nothing was left out
    ///
    /// Commits, in one more entry, to everything that is found under each issuer, class and holder.
    /// Without it a proof can show that only where it holds all of the last 256 entries.
    ///
    /// Example: blockholder seal
    Seal,
    /// Show the ledger's signing keys, or let another one sign
    ///
    /// Which key signed is part of what is recorded: whoever trusts one can follow to the next.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Have an outside clock say when the ledger was so, and keep what it said
    ///
    /// Writes the last signed checkpoint to a file that any client of a timestamp authority (RFC
    /// 3161) or of OpenTimestamps takes; --add keeps the token that comes back. Nothing is sent
    /// from here, and tokens are not checked here. Without an anchor, a witness or a checkpoint
    /// kept elsewhere, whoever has the key and the files can write all of it anew, with any dates.
    ///
    /// Example: blockholder anchor -o checkpoint.note
    Anchor(AnchorArgs),
    /// Be a witness of a ledger that somebody else keeps
    ///
    /// On another machine, with a key of its own.
    #[command(subcommand)]
    Witness(WitnessCommand),
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
}

/// `append`
#[derive(ClapArgs, Debug)]
pub struct AppendArgs {
    /// Files, directories, archives, or `-`
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Leave out the line of each filing that is recorded or exists already
    ///
    /// And of each member of an archive, or file in a directory, that says itself that it is on
    /// another form. What else is skipped or in conflict is told, and the report at the end counts
    /// it all.
    #[arg(long, short)]
    pub quiet: bool,
    /// Say what EDGAR's header said of documents that have lost it
    ///
    /// Tab-separated, with a header line naming any of the columns file, accession, form, filed,
    /// accepted_eastern, issuer_cik, issuer, filer_cik, filer. A file is named by its own name:
    /// folders before it count for nothing.
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
    /// Show this item, whole; may be given more than once
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["holder", "field"])]
    pub item: Vec<u8>,
    /// Show these bytes of the filing, whatever they say
    #[arg(long, value_name = "START-END", conflicts_with_all = ["holder", "field", "item"])]
    pub span: Option<String>,
}

/// `log`
#[derive(ClapArgs, Debug)]
pub struct LogArgs {
    /// Start with this entry
    ///
    /// At the ledger's size there is none yet, and the exit status is 1; past it, it is 2.
    #[arg(long, value_name = "ENTRY", default_value_t = 0, value_parser = count)]
    pub from: u64,
    /// Stop after so many
    #[arg(long, value_name = "COUNT", value_parser = count)]
    pub limit: Option<u64>,
}

/// `recover`
#[derive(ClapArgs, Debug)]
pub struct RecoverArgs {
    /// Take what is missing from the export in this folder
    #[arg(long, value_name = "EXPORT")]
    pub from: Option<PathBuf>,
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
