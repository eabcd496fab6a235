//! Reads the arguments and the clock and calls `cli`; nothing else reads a clock.
#![allow(clippy::print_stdout)]

use blockholder::cli::args::{Args, Command};
use clap::Parser;

fn main() {
    let Command::Read(args) = Args::parse().command else { return };
    let file = args.file;
    let Ok(bytes) = std::fs::read(&file) else { std::process::exit(2) };
    println!("{}", blockholder::report::json::reading(&blockholder::reading::read::read(&bytes)));
}
