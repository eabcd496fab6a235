//! `recover`: has the store put back what it can, and tells what that was.
//! Decides nothing of what can be vouched for; the store does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::args::RecoverArgs;
use crate::cli::context::Context;
use crate::cli::files;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::event::Event;
use crate::report::json::{VERSION, maybe};
use crate::report::plain::safe;
use crate::store::layout::Layout;
use crate::store::ledger::{Ledger, Mode, Options};
use crate::store::log::{Log, StoreError};
use crate::store::recover::{RecoverError, Recovery, Sources, recover as put_back};
use crate::terms::id::{Accession, ContentId};

/// Puts back what is damaged, where the chain and the last checkpoint vouch for it.
pub fn recover(
    dir: &Path,
    key: Option<&Path>,
    args: &RecoverArgs,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let found: Vec<files::Found> = files::walk(&args.paths).collect();
    if let Some((file, why)) = found.iter().find_map(|file| Some((file, file.refused.as_ref()?))) {
        return Err(Failure::new(Exit::Trouble, format!("{}: {why}", file.path.display())));
    }
    let given: Vec<PathBuf> = found.into_iter().map(|file| file.path).collect();
    let from = Sources { files: given, export: args.from.clone() };
    let key = key.map(Path::to_owned);
    let options = Options { key, ..Options::new(Mode::Write, (cx.clock)(), "recover") };
    let done = put_back(dir, &from, &options).map_err(|error| {
        let nowhere = matches!(error, RecoverError::Store(StoreError::NotALedger { .. }));
        let failure = without_journal(dir, error.into());
        match nowhere && args.from.is_some() && !dir.exists() {
            true => failure.hint("`blockholder --ledger DIR import EXPORT` makes it of the export"),
            false => failure,
        }
    })?;
    // Opening makes what is derived from the journal, so that what was put back verifies.
    let opened = Ledger::open(dir, &Options { mode: Mode::Read, ..options })?;
    opened.take_notices().iter().try_for_each(|notice| cx.notice(notice))?;
    let filings = filings_of(&opened, &done)?;
    opened.close()?;
    if cx.json {
        cx.object(&recovered(&done, &filings))?
    } else {
        told(&done, &filings, cx)?
    }
    Ok(match (done.had, done.missing.is_empty()) {
        (Some(_), _) => Exit::RolledBack,
        (None, true) => Exit::Yes,
        (None, false) => Exit::No,
    })
}

/// Says what mends a ledger whose journal is gone.
pub fn without_journal(dir: &Path, failure: Failure) -> Failure {
    let layout = Layout::new(dir);
    if !layout.format().is_file() || layout.journal().exists() {
        return failure;
    }
    failure.hint("its journal is gone: `blockholder recover --from EXPORT` puts it back")
}

/// What received bytes came as: in which entry that is, under which accession number, and the name
/// of the file.
struct CameAs {
    entry: u64,
    accession: Option<Accession>,
    source: String,
}

/// Which filings the received bytes are of that were put back or were not.
fn filings_of(log: &dyn Log, done: &Recovery) -> Result<BTreeMap<ContentId, CameAs>, Failure> {
    let Recovery { received, missing, withheld, .. } = done;
    let named: BTreeSet<ContentId> =
        [received, missing, withheld].into_iter().flatten().copied().collect();
    let mut filings = BTreeMap::new();
    if named.is_empty() {
        return Ok(filings);
    }
    for entry in log.range(0..log.size())? {
        let entry = entry?;
        let Ok(event) = entry.open() else { continue };
        let source = match &event {
            Event::FilingRecorded(filing) => &filing.source,
            Event::FilingConflicted(conflict) => &conflict.source,
            _ => continue,
        };
        if let Some(content) = event.content().filter(|content| named.contains(content)) {
            let (entry, accession, source) = (entry.sequence(), event.accession(), source.clone());
            filings.entry(content).or_insert(CameAs { entry, accession, source });
        }
    }
    Ok(filings)
}

fn recovered(done: &Recovery, filings: &BTreeMap<ContentId, CameAs>) -> Value {
    let bytes = |content: &ContentId| {
        let of = filings.get(content);
        json!({
            "content": content.to_string(),
            "entry": of.map(|of| of.entry),
            "accession": maybe(of.and_then(|of| of.accession)),
            "source": of.map(|of| &of.source),
        })
    };
    let all = |list: &[ContentId]| list.iter().map(bytes).collect::<Value>();
    json!({
        "v": VERSION,
        "entries": done.entries,
        "exported": done.exported,
        "received": all(&done.received),
        "missing": all(&done.missing),
        "withheld": all(&done.withheld),
        "tree": done.tree,
        "had": done.had,
        "foreign": done.foreign.map(|(from, to)| [from, to - 1]),
        "kept": done.kept.iter().map(|path| path.display().to_string()).collect::<Value>(),
    })
}

fn told(
    done: &Recovery,
    filings: &BTreeMap<ContentId, CameAs>,
    cx: &mut Context,
) -> Result<(), Failure> {
    for entry in &done.entries {
        cx.line(format!("put back entry {entry}, from the index's copy"))?;
    }
    if let (Some(first), Some(last)) = (done.exported.first(), done.exported.last()) {
        let run = if first == last {
            format!("entry {first}")
        } else {
            format!("{} entries, {first} to {last},", done.exported.len())
        };
        cx.line(format!("put back {run} from the export"))?;
    }
    for content in &done.received {
        cx.line(format!("put back the received bytes {content}"))?;
    }
    for content in &done.missing {
        let of =
            filings.get(content).map_or(String::new(), |CameAs { entry, accession, source }| {
                let accession =
                    accession.map_or(String::new(), |accession| format!("{accession}, "));
                format!(" of entry {entry}, {accession}{}", safe(source))
            });
        cx.line(format!("still missing: the received bytes {content}{of}; give the file again"))?;
    }
    for content in &done.withheld {
        cx.line(format!(
            "not put back: the received bytes {content}, which are redacted; what was given still \
             has them"
        ))?;
    }
    if let Some((from, to)) = done.foreign {
        cx.line(format!(
            "set aside entries {from} to {}, which stand under no checkpoint and were not written \
             with the ledger's key",
            to - 1
        ))?;
    }
    for path in &done.kept {
        cx.line(format!("the damaged file is kept as {}", path.display()))?;
    }
    if done.tree {
        cx.line("the tree's stored hashes were wrong; opening makes them again")?;
    }
    if let Some(had) = done.had {
        cx.line(format!(
            "the ledger once had at least {had} entries, which are not all here: `recover --from` \
             an export of as many puts them back"
        ))?;
    }
    let withheld = done.withheld.clone();
    let nothing = Recovery { reaches: done.reaches, withheld, ..Recovery::default() };
    if *done == nothing {
        cx.line("nothing to put back")?;
    }
    if let Some((size, root)) = done.reaches {
        cx.line(format!("the ledger has {size} entries again, with the signed root {root}"))?;
    }
    Ok(())
}
