//! `received`: gives a filing's bytes back as they came, and shows those that a proof cites.
//! Reads nothing in them; their content id tells that they are the very ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::answer_proof::Checked;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::provable::{Answered, Told, held_by, held_by_persons};
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
use crate::terms::span::Span;
use crate::terms::trouble::FieldName;
use crate::view::holding::Holding;
use crate::view::row::Value;

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

/// Shows every cited value of an answer at its place in the received bytes that the proof has:
/// what is held, or what changed.
pub fn show_cited(checked: &Checked, told: &Told, cx: &mut Context) -> Result<(), Failure> {
    let Checked { proof, proven, .. } = checked;
    match &told.answer {
        Answered::History(told_of) => {
            let changes = told_of.changes().iter();
            let each = changes.filter_map(|change| {
                let (content, span) = (*told.cited.get(&change.entry)?, change.span?);
                let (name, field) = (change.holder.as_deref(), change.field);
                let (entry, value) = (change.entry, change.to.as_ref());
                Some(Cite { name, field, value, entry, content, span })
            });
            each.into_iter().try_for_each(|one| one.show(&proven.blobs, cx))
        }
        Answered::Holders(answer) => {
            let classes = held_by(answer, proof.asked.holder.as_deref());
            let mut holders = classes.iter().flat_map(|class| &class.holders);
            holders.try_for_each(|one| show_rows(one, &proven.blobs, cx))
        }
        // They have no values of rows.
        Answered::Group(_) | Answered::Chains(_) | Answered::Late(_) | Answered::Nobody(_) => {
            Ok(())
        }
        Answered::Person(found, ..) => {
            held_by_persons(found).try_for_each(|one| show_rows(one, &proven.blobs, cx))
        }
    }
}

/// Shows the cited values of one holder.
fn show_rows(
    holder: &Holding,
    blobs: &BTreeMap<ContentId, Vec<u8>>,
    cx: &mut Context,
) -> Result<(), Failure> {
    let each = holder.rows.iter().filter_map(|(field, cited)| {
        let (name, value) = (holder.name.as_deref(), cited.value.as_ref());
        let (entry, content) = (cited.source.entry, cited.source.content);
        Some(Cite { name, field, value, entry, content, span: cited.span()? })
    });
    each.into_iter().try_for_each(|one| one.show(blobs, cx))
}

/// A value, and where it stands.
struct Cite<'a> {
    name: Option<&'a str>,
    field: FieldName,
    value: Option<&'a Value>,
    entry: u64,
    content: ContentId,
    span: Span,
}

impl Cite<'_> {
    /// Shows it, where its bytes are there.
    fn show(&self, blobs: &BTreeMap<ContentId, Vec<u8>>, cx: &mut Context) -> Result<(), Failure> {
        let Self { name, field, value, entry, content, span } = *self;
        let Some(cut) = blobs.get(&content).and_then(|bytes| cite::cut(bytes, span)) else {
            return Ok(());
        };
        let name = name.unwrap_or("(name not readable)");
        if cx.json {
            return cx.object(&json!({
                "v": VERSION,
                "entry": entry,
                "content": content.to_string(),
                "name": name,
                "field": field.as_str(),
                "value": value.map(ToString::to_string),
                "span": span_json(span),
                "line": cut.line,
                "column": cut.column,
                "text": cut.text,
            }));
        }
        let label = value.map_or("unreadable".to_owned(), value_shown);
        let title = format!("{}: {field} is {label}", safe(name));
        let (start, end) = (span.start(), span.end());
        let path = format!("{content} (entry {entry}, bytes {start}-{end})");
        cx.line(cite::draw(&cut, &title, &label, &path, cx.style.colour, cx.style.width))
    }
}
