//! The command surface and its dispatch; its doc comments are the manual.
//! Reads no clock and decides nothing: every verb is one file beside this one.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Keep and question a ledger of beneficial ownership read from SEC Schedules 13D and 13G
#[derive(Parser, Debug)]
#[command(version, max_term_width = 80)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Read a filing and print what it says, without a ledger
    Read {
        /// The file as received from EDGAR
        file: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}
