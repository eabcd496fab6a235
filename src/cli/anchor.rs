//! `anchor`: the last checkpoint for an outside clock, and what came back from it.
//! Sends nothing anywhere and checks no token; it keeps each with the checkpoint that it is for.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::files;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::prove::{borne_out, in_file, kept};
use crate::cli::written::{expect_new, write_new};
use crate::ledger::checkpoint::Checkpoint;
use crate::report::json::VERSION;
use crate::store::anchors::{self, TOKEN_MAX, UNCHECKED};
use crate::store::layout::Layout;
use crate::store::ledger::Ledger;
use crate::store::regular;

/// `anchor`
#[derive(ClapArgs, Debug)]
pub struct AnchorArgs {
    /// Write the last signed checkpoint to this file, and its SHA-256 to FILE.sha256
    #[arg(long, short, value_name = "FILE", required_unless_present = "add")]
    pub output: Option<PathBuf>,
    /// Keep the token in this file, which came back for a checkpoint
    #[arg(long, value_name = "TOKEN", requires = "note", conflicts_with = "output")]
    pub add: Option<PathBuf>,
    /// The checkpoint that the token is for: the very file that was timestamped
    #[arg(long = "for", value_name = "FILE", requires = "add")]
    pub note: Option<PathBuf>,
}

/// Writes a checkpoint to be timestamped, or keeps what came back for one.
pub fn anchor(ledger: &Ledger, args: &AnchorArgs, cx: &mut Context) -> Result<Exit, Failure> {
    match (&args.output, &args.add, &args.note) {
        (Some(file), ..) => write(ledger, file, cx),
        (None, Some(token), Some(note)) => add(ledger, token, note, cx),
        _ => Err(Failure::new(Exit::Trouble, "expected a token and the checkpoint it is for")),
    }
}

fn write(ledger: &Ledger, file: &Path, cx: &mut Context) -> Result<Exit, Failure> {
    let note = ledger.checkpoint()?;
    let size = Checkpoint::parse(note.text()).map_or(0, |checkpoint| checkpoint.size);
    let bytes = note.to_string();
    let digest = anchors::digest(bytes.as_bytes());
    let beside = PathBuf::from(format!("{}.sha256", file.display()));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    expect_new(&beside)?;
    write_new(file, bytes.as_bytes())?;
    write_new(&beside, format!("{digest}  {name}\n").as_bytes())?;
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "outcome": "written",
            "size": size,
            "note": file.display().to_string(),
            "sha256": digest.to_string(),
        }))?;
        return Ok(Exit::Yes);
    }
    let file = file.display();
    cx.line(format!("the checkpoint of {size} entries is in {file}"))?;
    cx.line(format!("its SHA-256: {digest}"))?;
    cx.line("have it timestamped, and keep what comes back:")?;
    let asks = format!("  openssl ts -query -data {file} -sha256 -cert -out {file}.tsq");
    cx.line(format!("{asks}    (RFC 3161)"))?;
    cx.line(format!("  ots stamp {file}    (OpenTimestamps)"))?;
    cx.line(format!("  blockholder anchor --add TOKEN --for {file}"))?;
    cx.line("until then no outside clock shows when the ledger was so")?;
    Ok(Exit::Yes)
}

fn add(ledger: &Ledger, token: &Path, file: &Path, cx: &mut Context) -> Result<Exit, Failure> {
    let note = kept(file, cx)?;
    let at = borne_out(ledger, &note)?;
    let bytes = files::bytes(token, cx.input, TOKEN_MAX).map_err(|why| in_file(token, &why))?;
    let note = note.to_string();
    if regular::read(file).map_err(|error| in_file(file, &error))? != note.as_bytes() {
        let what = "expected the very file that was timestamped, got a checkpoint and more";
        return Err(in_file(file, &what).hint("`anchor -o FILE` writes it as it is"));
    }
    let digest = anchors::digest(note.as_bytes());
    let layout = Layout::new(ledger.dir());
    let path = anchors::keep(&layout, note.as_bytes(), &bytes)?;
    let names = anchors::names(&bytes, digest);
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "outcome": "kept",
            "size": at.size,
            "note": digest.to_string(),
            "token": path.display().to_string(),
            "names_note": names,
        }))?;
        return Ok(Exit::Yes);
    }
    cx.line(format!("kept as {} for the checkpoint of {} entries", path.display(), at.size))?;
    match names {
        true => cx.line("the SHA-256 of the checkpoint is in it")?,
        false => cx.notice(
            "the SHA-256 of the checkpoint is not in it: it may be by another digest, or for \
             another file",
        )?,
    }
    cx.words(format!("not checked: {UNCHECKED}"))?;
    Ok(Exit::Yes)
}
