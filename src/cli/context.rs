//! What a command is given besides its arguments: where to write, how wide, and the clock.
//! Holds nothing of the ledger.

use std::io::{self, Write};

use serde_json::Value;

use crate::cli::outcome::{Exit, Failure};
use crate::report::plain::{json_line, safe};
use crate::report::sheet::Sheet;
use crate::report::table::{self, Style};
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
    /// Whether to print CSV, and then whether its header was printed.
    pub csv: Option<bool>,
}

impl Context<'_> {
    /// The same without its input, and the input, for another thread to read.
    pub fn without_input<'b>(
        &'b mut self,
        nothing: &'b mut (dyn io::Read + Send),
    ) -> (Context<'b>, &'b mut (dyn io::Read + Send)) {
        let Self { out, err, input, clock, randomness, seed, style, json, watched, csv } = self;
        let (randomness, style, json) = (*randomness, *style, *json);
        let (watched, csv) = (*watched, *csv);
        let (clock, seed) = (*clock, *seed);
        let rest = Context {
            out,
            err,
            input: nothing,
            clock,
            randomness,
            seed,
            style,
            json,
            watched,
            csv,
        };
        (rest, input)
    }

    /// What a new secret key is made of.
    pub fn new_seed(&self) -> Result<[u8; 32], Failure> {
        (self.seed)().map_err(|error| {
            let words = format!("cannot draw randomness for a key: {error}");
            Failure::new(Exit::Trouble, words)
        })
    }

    /// Prints one line of an answer.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::output)
    }

    /// Prints one JSON object.
    pub fn object(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(json_line(value))
    }

    /// Whether an answer is for programs: JSON, or CSV.
    pub fn for_programs(&self) -> bool {
        self.json || self.csv.is_some()
    }

    /// Prints an answer for programs: as JSON, or as the rows of its sheet.
    pub fn data(&mut self, value: &Value, sheet: &Sheet) -> Result<(), Failure> {
        if self.csv.is_none() {
            return self.object(value);
        }
        self.header(sheet)?;
        sheet.lines(value).iter().try_for_each(|line| self.record(line))
    }

    /// Prints the names of a sheet's columns, once and only where they are wanted.
    pub fn header(&mut self, sheet: &Sheet) -> Result<(), Failure> {
        if self.csv != Some(false) {
            return Ok(());
        }
        self.csv = Some(true);
        sheet.header().map_or(Ok(()), |header| self.record(&header))
    }

    /// RFC 4180 ends a record with both.
    fn record(&mut self, line: &str) -> Result<(), Failure> {
        write!(self.out, "{line}\r\n").map_err(Failure::output)
    }

    /// Prints sentences of an answer, in lines no longer than the terminal's.
    pub fn words(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.line(table::wrapped(text.as_ref(), self.style.width))
    }

    /// Tells the user something beside the answer.
    pub fn notice(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        writeln!(self.err, "note: {}", safe(&text.to_string())).map_err(Failure::output)
    }
}
