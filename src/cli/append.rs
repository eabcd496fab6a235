//! `append`: open, read, admit, append, four steps in a row, for many files.
//! Knows nothing of what a filing says; the reader and the ledger decide.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::AppendArgs;
use crate::cli::context::Context;
use crate::cli::files::{self, Found};
use crate::cli::manifest::{self, Manifest};
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::admit::{Decision, admit};
use crate::ledger::event::{FilingRecorded, Supplied};
use crate::reading::read::{READER_VERSION, read};
use crate::report::json::{VERSION, maybe};
use crate::report::plain::safe;
use crate::store::log::{Draft, Log, RECEIVED_MAX, Receipt};
use crate::terms::id::{Accession, ContentId};
use crate::terms::statement::Reading;
use crate::terms::trouble::TroubleCode;

/// A batch is acknowledged after so many filings, so that a sync is shared and none waits long.
const BATCH_FILINGS: usize = 256;
/// And after so many received bytes, so that memory stays small.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// What became of one file.
struct Report {
    file: String,
    outcome: &'static str,
    accession: Option<Accession>,
    receipt: Option<Receipt>,
    holders: usize,
    troubles: usize,
    reason: Option<String>,
}

/// How often each outcome came.
#[derive(Default)]
struct Count {
    recorded: usize,
    exists: usize,
    conflict: usize,
    skipped: usize,
}

/// Appends every filing named. The answer is whether all went in.
pub fn append(log: &mut dyn Log, args: &AppendArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let manifest = args.manifest.as_deref().map(manifest::read).transpose()?.unwrap_or_default();
    let found = files::walk(&args.paths);
    let by_hand = supplied_by_hand(args);
    if by_hand != Supplied::default() && found.len() != 1 {
        let words = format!("expected one file with --accession and the like, got {}", found.len());
        return Err(Failure::new(Exit::Trouble, words).hint("use --manifest for several files"));
    }
    let mut appending = Appending { log, cx, pending: Pending::default(), count: Count::default() };
    for file in &found {
        let supplied = combine(&by_hand, said_of(&manifest, &file.path));
        appending.file(file, supplied)?;
    }
    appending.flush()?;
    appending.finish()
}

fn supplied_by_hand(args: &AppendArgs) -> Supplied {
    Supplied {
        accession: args.accession,
        form: args.form,
        filed_date: args.filed,
        accepted_at: args.accepted_at,
        issuer_cik: args.issuer_cik,
        ..Supplied::default()
    }
}

fn said_of(manifest: &Manifest, path: &Path) -> Supplied {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.and_then(|name| manifest.get(name.as_ref())).cloned().unwrap_or_default()
}

/// What was given by hand, and where nothing was, what the manifest says.
fn combine(by_hand: &Supplied, said: Supplied) -> Supplied {
    Supplied {
        accession: by_hand.accession.or(said.accession),
        form: by_hand.form.or(said.form),
        filed_date: by_hand.filed_date.or(said.filed_date),
        accepted_at: by_hand.accepted_at.or(said.accepted_at),
        issuer_cik: by_hand.issuer_cik.or(said.issuer_cik),
        ..said
    }
}

/// Filings that are read and decided, and not yet acknowledged.
#[derive(Default)]
struct Pending {
    /// In the order of the files; those with a draft wait for its receipts.
    reports: Vec<(Report, Option<Draft>)>,
    accessions: BTreeSet<Accession>,
    contents: BTreeSet<ContentId>,
    drafts: usize,
    bytes: usize,
}

struct Appending<'a, 'c, 'io> {
    log: &'a mut dyn Log,
    cx: &'c mut Context<'io>,
    pending: Pending,
    count: Count,
}

impl Appending<'_, '_, '_> {
    fn file(&mut self, file: &Found, supplied: Supplied) -> Result<(), Failure> {
        let name = file.path.display().to_string();
        let bytes = match &file.refused {
            Some(reason) => Err(reason.clone()),
            None => files::bytes(&file.path, self.cx.input, RECEIVED_MAX as u64),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(reason) => return self.skip(name, reason),
        };
        let reading = read(&bytes);
        if let Some(reason) = not_taken(&reading, &supplied) {
            return self.skip(name, reason);
        }
        self.filing(name, &file.path, bytes, reading, supplied)
    }

    fn skip(&mut self, file: String, reason: String) -> Result<(), Failure> {
        self.settle(Report { reason: Some(reason), ..Report::new(file, "skipped") }, None)
    }

    fn filing(
        &mut self,
        name: String,
        path: &Path,
        bytes: Vec<u8>,
        reading: Reading,
        supplied: Supplied,
    ) -> Result<(), Failure> {
        let (holders, troubles) = (reading.holders.len(), reading.troubles.len());
        let content = ContentId(*blake3::hash(&bytes).as_bytes());
        let source = path.file_name().map_or("-".into(), |name| name.to_string_lossy());
        let filing = FilingRecorded {
            content,
            content_len: bytes.len() as u64,
            source: source.into_owned(),
            reader: READER_VERSION,
            supplied,
            continued: 0,
            reading,
        };
        let accession = filing.accession();
        let twice = accession.is_some_and(|a| self.pending.accessions.contains(&a))
            || self.pending.contents.contains(&content);
        if twice {
            // What is pending decides about this one, so it must be in the ledger first.
            self.flush()?;
        }
        let known = self.log.known(accession, content)?;
        let report = Report { accession, holders, troubles, ..Report::new(name, "recorded") };
        let (report, events) = match admit(filing, &known) {
            Ok(Decision::Created(events)) => (report, events),
            Ok(Decision::Exists { sequence }) => {
                let receipt = Some(self.receipt_of(sequence)?);
                (Report { outcome: "exists", receipt, ..report }, Vec::new())
            }
            Ok(Decision::Conflict { recorded, events }) => {
                let receipt = Some(self.receipt_of(known.conflict.unwrap_or(recorded))?);
                let reason = format!(
                    "other bytes are recorded under this accession number in entry {recorded}; \
                     both are kept, and the recorded ones stand"
                );
                (Report { outcome: "conflict", receipt, reason: Some(reason), ..report }, events)
            }
            Err(error) => return self.skip(report.file, error.to_string()),
        };
        if events.is_empty() {
            return self.settle(report, None);
        }
        self.pending.accessions.extend(accession);
        self.pending.contents.insert(content);
        self.pending.bytes += bytes.len();
        self.settle(report, Some(Draft { events, received: Some(bytes) }))
    }

    fn receipt_of(&self, sequence: u64) -> Result<Receipt, Failure> {
        Ok(Receipt { sequence, hash: self.log.entry(sequence)?.hash() })
    }

    fn settle(&mut self, report: Report, draft: Option<Draft>) -> Result<(), Failure> {
        self.pending.drafts += usize::from(draft.is_some());
        self.pending.reports.push((report, draft));
        let full = self.pending.drafts >= BATCH_FILINGS || self.pending.bytes >= BATCH_BYTES;
        if full || self.pending.drafts == 0 { self.flush() } else { Ok(()) }
    }

    /// Appends what is pending as one batch, and tells what became of each file once it is on disk.
    fn flush(&mut self) -> Result<(), Failure> {
        let pending = std::mem::take(&mut self.pending);
        let mut reports = Vec::new();
        let mut drafts = Vec::new();
        for (report, draft) in pending.reports {
            reports.push((report, draft.is_some()));
            drafts.extend(draft);
        }
        let receipts = match drafts.is_empty() {
            true => Vec::new(),
            false => self.log.append((self.cx.clock)(), drafts)?,
        };
        let mut receipts = receipts.into_iter();
        for (mut report, drafted) in reports {
            if drafted {
                report.receipt = receipts.next().and_then(|own| own.first().copied());
            }
            self.tell(&report)?;
        }
        Ok(())
    }

    fn tell(&mut self, report: &Report) -> Result<(), Failure> {
        match report.outcome {
            "recorded" => self.count.recorded += 1,
            "exists" => self.count.exists += 1,
            "conflict" => self.count.conflict += 1,
            _ => self.count.skipped += 1,
        }
        if self.cx.json { self.cx.object(&report.json()) } else { self.cx.line(report.words()) }
    }

    fn finish(self) -> Result<Exit, Failure> {
        let Count { recorded, exists, conflict, skipped } = self.count;
        if !self.cx.json {
            self.cx.line(format!(
                "{recorded} recorded, {exists} exist already, {conflict} in conflict, \
                 {skipped} skipped; the ledger has {} entries",
                self.log.size()
            ))?;
        }
        Ok(if conflict + skipped == 0 { Exit::Yes } else { Exit::Trouble })
    }
}

/// Why a reading is no filing to record, where it is none.
fn not_taken(reading: &Reading, supplied: &Supplied) -> Option<String> {
    let foreign = reading.troubles.iter().find(|t| t.code == TroubleCode::NotSchedule13);
    if let Some(trouble) = foreign {
        return Some(trouble.message.clone());
    }
    let stated = reading.accession.value();
    match (stated, supplied.accession) {
        (Some(stated), Some(said)) if *stated != said => {
            Some(format!("expected accession {said} as supplied, the file itself says {stated}"))
        }
        _ => None,
    }
}

impl Report {
    fn new(file: String, outcome: &'static str) -> Self {
        let (accession, receipt, reason) = (None, None, None);
        Self { file, outcome, accession, receipt, holders: 0, troubles: 0, reason }
    }

    fn json(&self) -> Value {
        let mut object = json!({
            "v": VERSION,
            "file": self.file,
            "outcome": self.outcome,
            "accession": maybe(self.accession),
            "entry": self.receipt.map(|receipt| receipt.sequence),
            "hash": maybe(self.receipt.map(|receipt| receipt.hash)),
            "holders": self.holders,
            "troubles": self.troubles,
        });
        if let (Some(reason), Some(object)) = (&self.reason, object.as_object_mut()) {
            object.insert("reason".to_owned(), json!(reason));
        }
        object
    }

    fn words(&self) -> String {
        let file = safe(&self.file);
        let entry = self.receipt.map_or(String::new(), |r| format!("entry {}, ", r.sequence));
        let accession = self.accession.map_or(String::new(), |a| format!("{a}, "));
        let counts = format!("{} holders, {} troubles", self.holders, self.troubles);
        match &self.reason {
            Some(reason) => format!("{}  {file}: {}", self.outcome, safe(reason)),
            None => format!("{}  {file}: {entry}{accession}{counts}", self.outcome),
        }
    }
}
