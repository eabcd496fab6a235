//! What a command is given besides its arguments: where to write, how wide, and the clock.
//! Holds nothing of the ledger.

use std::io::{self, Write};

use serde_json::Value;

use crate::cli::outcome::Failure;
use crate::report::table::Style;
use crate::terms::time::RecordedAt;

/// What every command is given.
pub struct Context<'a> {
    /// Answers.
    pub out: &'a mut dyn Write,
    /// Notices and errors.
    pub err: &'a mut dyn Write,
    /// Standard input, for `-`.
    pub input: &'a mut (dyn io::Read + Send),
    /// The time now. Called once a batch, never by what is below `cli`.
    pub clock: &'a dyn Fn() -> RecordedAt,
    /// A number nobody can guess, for names nobody else has.
    pub randomness: u64,
    /// Draws 32 random bytes for a new secret key.
    pub seed: &'a dyn Fn() -> io::Result<[u8; 32]>,
    /// How tables are drawn.
    pub style: Style,
    /// Whether to print JSON.
    pub json: bool,
    /// Whether somebody watches `err`, so that it can show how far long work is.
    pub watched: bool,
}

impl Context<'_> {
    /// The same without its input, and the input, for another thread to read.
    pub fn without_input<'b>(
        &'b mut self,
        nothing: &'b mut (dyn io::Read + Send),
    ) -> (Context<'b>, &'b mut (dyn io::Read + Send)) {
        let Self { out, err, input, clock, randomness, seed, style, json, watched } = self;
        let (randomness, style, json, watched) = (*randomness, *style, *json, *watched);
        let (clock, seed) = (*clock, *seed);
        let rest =
            Context { out, err, input: nothing, clock, randomness, seed, style, json, watched };
        (rest, input)
    }

    /// Prints one line of an answer.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::output)
    }

    /// Prints one JSON object.
    pub fn object(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(value)
    }

    /// Tells the user something beside the answer.
    pub fn notice(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        writeln!(self.err, "note: {text}").map_err(Failure::output)
    }
}
