//! The arguments of the questions: about whom, on which clocks, and what of the answer is shown.
//! Reads no clock: what is not given is filled in by whoever answers.

use clap::Args as ClapArgs;

use crate::terms::time::{Day, Instant, TimeError};

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
    #[arg(long, value_name = "SIZE", value_parser = count)]
    pub at: Option<u64>,
}

/// A question about an issuer, or about all of them
#[derive(ClapArgs, Debug)]
pub struct AskArgs {
    /// The issuer: a CIK, a CUSIP, or all or part of its name
    #[arg(required_unless_present = "all_issuers")]
    pub issuer: Option<String>,
    /// Answer for every issuer of the ledger, one after the other
    #[arg(long, conflicts_with = "issuer")]
    pub all_issuers: bool,
    /// On which clocks
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `holders`
#[derive(ClapArgs, Debug)]
pub struct HoldersArgs {
    /// Whose holders, on which clocks
    #[command(flatten)]
    pub ask: AskArgs,
    /// Show amounts restated for the splits since
    #[arg(long)]
    pub adjust: bool,
}

/// `history`
#[derive(ClapArgs, Debug)]
pub struct HistoryArgs {
    /// The issuer, the person, or the accession number of a filing
    #[arg(required_unless_present = "all_issuers")]
    pub of: Option<String>,
    /// Show the changes of every issuer of the ledger, one after the other
    #[arg(long, conflicts_with = "of")]
    pub all_issuers: bool,
    /// On which clocks
    #[command(flatten)]
    pub clocks: Clocks,
    /// Show changes that are true since this day or later
    #[arg(long, value_name = "DATE")]
    pub since: Option<Day>,
    /// Show changes that became known then or later
    ///
    /// An instant, or a date for the beginning of that day in New York. Decisions are known since
    /// they were recorded.
    #[arg(long, value_name = "INSTANT", value_parser = beginning)]
    pub known_since: Option<Instant>,
    /// Show changes that were not told when the ledger had SIZE entries
    ///
    /// Whenever they became known: what was recorded since, and what is told otherwise for it. The
    /// size is that of an earlier answer.
    #[arg(long, value_name = "SIZE", value_parser = count)]
    pub since_size: Option<u64>,
    /// Show changes of this field only; may be given more than once
    #[arg(long, value_name = "FIELD")]
    pub field: Vec<String>,
    /// Show changes of the holders whose name contains this
    #[arg(long, value_name = "NAME")]
    pub holder: Option<String>,
    /// Show changes of this kind only; may be given more than once
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,
    /// Show percents that went through 5, or moved by 1 or more, or are above 5 and the first of
    /// their holder, and exits that no percent tells, only
    ///
    /// First is the first that could be read, in any filing here that tells of the holder and the
    /// class, whichever filing is asked about. Where that is an amendment of one that is not here,
    /// or comes after a percent that could not be read, the holder may have been above 5 before.
    #[arg(long)]
    pub crossed: bool,
}

/// `person`
#[derive(ClapArgs, Debug)]
pub struct AskPersonArgs {
    /// The person: a CIK, a tax number, or all or part of its name
    pub person: String,
    /// On which clocks
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `late`
#[derive(ClapArgs, Debug)]
pub struct LateArgs {
    /// Whose filings, on which clocks
    #[command(flatten)]
    pub ask: AskArgs,
    /// Show filings that were on time too
    #[arg(long)]
    pub all: bool,
    /// Show filings that were not listed so when the ledger had SIZE entries
    #[arg(long, value_name = "SIZE", value_parser = count)]
    pub since_size: Option<u64>,
}

/// `diff`
#[derive(ClapArgs, Debug)]
pub struct DiffArgs {
    /// An accession number, a date, or a ledger size
    pub a: String,
    /// Another of the same kind
    pub b: String,
    /// Whose holders to compare at two dates or sizes: a CIK, a CUSIP, or a name
    #[arg(long, value_name = "ISSUER")]
    pub issuer: Option<String>,
    /// On which clocks
    #[command(flatten)]
    pub clocks: Clocks,
}

/// A number of entries, or of one.
pub fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a number such as 1200, got {text:?}"))
}

/// An instant, or a day for its last second in New York.
pub fn instant(text: &str) -> Result<Instant, TimeError> {
    moment(text, Day::end_eastern)
}

/// An instant, or a day for its first second in New York.
fn beginning(text: &str) -> Result<Instant, TimeError> {
    moment(text, Day::begin_eastern)
}

fn moment(text: &str, of_day: impl Fn(Day) -> Instant) -> Result<Instant, TimeError> {
    text.parse::<Day>().map(of_day).or_else(|_| {
        text.parse().map_err(|_| TimeError {
            expected: "a day (2012-02-14) or an instant (2012-02-14T17:01:02Z)",
            got: text.to_owned(),
        })
    })
}
