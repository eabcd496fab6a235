//! `received`: gives a filing's bytes back as they came, and shows those that a proof cites.
//! Reads nothing in them; their content id tells that they are the very ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::answer_proof::{Checked, Told, shown};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::prove::in_file;
use crate::cli::redact::content_of;
use crate::cli::written::write_new;
use crate::report::cite;
use crate::report::json::{VERSION, span as span_json};
use crate::report::plain::{counted, safe};
use crate::report::table::value_shown;
use crate::store::log::Log;
use crate::store::regular;
use crate::terms::id::ContentId;
use crate::terms::trouble::FieldName;
use crate::view::holding::Holding;
use crate::view::row::Cited;

/// `received`
#[derive(ClapArgs, Debug)]
pub struct ReceivedArgs {
    /// An accession number, an entry number, or the content id of received bytes
    pub filing: String,
    /// Write them to this file, which must not exist [default: print them]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Gives received bytes back, once their name was made again.
pub fn received(log: &dyn Log, args: &ReceivedArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let content = content_of(log, &args.filing)?;
    let bytes = log.blob(content)?;
    let got = ContentId(blake3::hash(&bytes).into());
    if got != content {
        let words = format!("expected the received bytes {content}, got {got}");
        return Err(Failure::new(Exit::Unverified, words).hint("run `blockholder verify`"));
    }
    let Some(path) = &args.output else {
        cx.out.write_all(&bytes).map_err(Failure::output)?;
        return Ok(Exit::Yes);
    };
    write_new(path, &bytes)?;
    if cx.json {
        cx.object(&json!({
            "v": VERSION,
            "outcome": "written",
            "content": content.to_string(),
            "bytes": bytes.len(),
            "file": path.display().to_string(),
        }))?;
    } else {
        let (many, path) = (counted(bytes.len() as u64, "byte", "bytes"), path.display());
        cx.line(format!("wrote {many} as received, {content}, to {}", safe(&path.to_string())))?;
    }
    Ok(Exit::Yes)
}

/// Writes the received bytes that a proof cites into a folder, each under its content id. What is
/// there already with these bytes is left.
pub fn write_cited(dir: &Path, checked: &Checked, cx: &mut Context) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|error| in_file(dir, &error))?;
    for (content, bytes) in &checked.proven.blobs {
        let path = dir.join(content.to_string());
        if regular::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        write_new(&path, bytes)?;
    }
    let many = counted(checked.proven.blobs.len() as u64, "cited filing is", "cited filings are");
    cx.notice(format!("{many} in {}, as received", safe(&dir.display().to_string())))
}

/// Shows every cited value of an answer at its place in the received bytes that the proof has.
pub fn show_cited(checked: &Checked, told: &Told, cx: &mut Context) -> Result<(), Failure> {
    let blobs = &checked.proven.blobs;
    for class in shown(&told.answer, checked.proof.asked.holder.as_deref()) {
        for holder in &class.holders {
            for (field, cited) in holder.rows.iter() {
                show_one(holder, field, cited, blobs, cx)?;
            }
        }
    }
    Ok(())
}

fn show_one(
    holder: &Holding,
    field: FieldName,
    cited: &Cited,
    blobs: &BTreeMap<ContentId, Vec<u8>>,
    cx: &mut Context,
) -> Result<(), Failure> {
    let content = cited.source.content;
    let place = cited.span().zip(blobs.get(&content));
    let Some((span, Some(cut))) = place.map(|(span, bytes)| (span, cite::cut(bytes, span))) else {
        return Ok(());
    };
    let name = holder.name.as_deref().unwrap_or("(name not readable)");
    let value = cited.value.as_ref().map(ToString::to_string);
    if cx.json {
        return cx.object(&json!({
            "v": VERSION,
            "entry": cited.source.entry,
            "content": content.to_string(),
            "name": name,
            "field": field.as_str(),
            "value": value,
            "span": span_json(span),
            "line": cut.line,
            "column": cut.column,
            "text": cut.text,
        }));
    }
    let label = cited.value.as_ref().map_or("unreadable".to_owned(), value_shown);
    let title = format!("{}: {field} is {label}", safe(name));
    let (entry, start, end) = (cited.source.entry, span.start(), span.end());
    let path = format!("{content} (entry {entry}, bytes {start}-{end})");
    cx.line(cite::draw(&cut, &title, &label, &path, cx.style.colour, cx.style.width))
}
