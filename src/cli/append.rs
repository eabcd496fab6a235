//! `append`: open, read, admit, append, four steps in a row, for many files.
//! Knows nothing of what a filing says; the reader and the ledger decide.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};

use crate::cli::args::AppendArgs;
use crate::cli::context::Context;
use crate::cli::files;
use crate::cli::limits::{BATCH_BYTES, BATCH_FILINGS};
use crate::cli::manifest;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::pipeline::{self, Arrived, Decider, Permit, Taken};
use crate::cli::progress::Progress;
use crate::cli::supplied::{Fit, Given, contradictions, not_recorded};
use crate::cli::tally::{Outcome, Refusal, Tally, Why};
use crate::cli::unpack::Unpacked;
use crate::ledger::admit::{Decision, admit};
use crate::ledger::event::{Event, FilingRecorded, Supplied};
use crate::reading::read::{READER_VERSION, not_schedule_13};
use crate::report::json::{VERSION, maybe};
use crate::report::plain::{counted, safe};
use crate::store::log::{BATCH_ENTRIES_MAX, Draft, Log, Receipt};
use crate::terms::id::{Accession, ContentId};
use crate::terms::statement::{Form, Reading};
use crate::terms::trouble::TroubleCode;

/// What became of one thing found.
struct Report {
    file: String,
    outcome: Outcome,
    accession: Option<Accession>,
    receipt: Option<Receipt>,
    holders: usize,
    troubles: Vec<TroubleCode>,
    bytes: u64,
    reason: Option<String>,
    /// What is supplied now, and was not when it was recorded.
    lost: Vec<&'static str>,
    /// What is supplied against what the document says, which stands.
    against: Vec<(&'static str, String, String)>,
}

const WAY_OUT: &str = "a document that is recorded takes up nothing that is supplied later: \
    `correct` says its form, filed_date, accepted_at or issuer_cik, and once its entry is \
    withdrawn (`withdraw`) it can be recorded anew under its accession number";

/// Appends every filing named. The answer is whether all went in.
pub fn append(log: &mut dyn Log, args: &AppendArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let manifest = args.manifest.as_deref().map(manifest::read).transpose()?;
    let given = Given::new(args, manifest);
    if given.by_hand() || args.manifest.is_some() {
        given.is_past((cx.clock)().instant()).map_err(|words| {
            let hint = "a filing of a day to come would count from that day on";
            Failure::new(Exit::Trouble, words).hint(hint)
        })?;
    }
    let (read, mut nothing) = (AtomicU64::new(0), io::empty());
    let (cx, input) = cx.without_input(&mut nothing);
    let progress = match cx.watched {
        true => Progress::new((cx.clock)(), files::measure(&args.paths)),
        false => Progress::default(),
    };
    let (pending, tally, quiet) = (Pending::default(), Tally::default(), args.quiet);
    let (read, decided) = (&read, 0);
    let mut appending =
        Appending { log, cx, given, pending, tally, progress, read, quiet, decided };
    pipeline::run(&args.paths, input, read, &mut appending)?;
    appending.flush()?;
    appending.finish()
}

/// Filings that are read and decided, and not yet acknowledged.
#[derive(Default)]
struct Pending {
    /// In the order they were found in; those with a draft wait for its receipts.
    reports: Vec<(Report, Option<Draft>)>,
    permits: Vec<Permit>,
    accessions: BTreeSet<Accession>,
    contents: BTreeSet<ContentId>,
    drafts: usize,
    entries: usize,
    bytes: usize,
}

struct Appending<'a, 'io> {
    log: &'a mut dyn Log,
    cx: Context<'io>,
    given: Given,
    pending: Pending,
    tally: Tally,
    progress: Progress,
    read: &'a AtomicU64,
    quiet: bool,
    /// How many things were decided.
    decided: u64,
}

impl Decider for Appending<'_, '_> {
    /// Bytes that are recorded already need no reading: that is what makes going on after an
    /// interruption fast.
    fn wants(&mut self, arrived: &Arrived) -> Result<bool, Failure> {
        let Some(content) = arrived.content else { return Ok(false) };
        let supplied = self.given.of(&arrived.found.base);
        Ok(self.recorded(&arrived.found, content, &supplied)?.is_none())
    }

    fn decide(&mut self, taken: Taken) -> Result<(), Failure> {
        let Taken { found, content, reading, permit } = taken;
        self.decided += 1;
        // Told in order, so that what is said of the first does not hang on when the second came.
        if self.given.by_hand() && self.decided > 1 && found.bytes.is_ok() {
            let second = safe(&found.shown);
            let words = format!("expected one filing with --accession and the like, got {second}");
            return Err(Failure::new(Exit::Trouble, format!("{words} too"))
                .hint("use --manifest for several filings"));
        }
        let len = found.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let supplied = self.given.of(&found.base);
        let base = found.base.clone();
        let (report, draft) = match (&found.bytes, content, reading) {
            (Err(refusal), ..) => (Report::skipped(found.shown, refusal.clone()), None),
            (Ok(_), Some(content), None) => match self.recorded(&found, content, &supplied)? {
                Some(report) => (report, None),
                None => {
                    let words = "expected what was recorded when it was found to be so still";
                    return Err(Failure::new(Exit::Unverified, words));
                }
            },
            (Ok(_), Some(content), Some(reading)) => {
                let listed = self.given.lists(&base);
                match not_taken(&reading, &supplied, (found.member, listed)) {
                    Some(refusal) => (Report::skipped(found.shown, refusal), None),
                    None => self.filing(found, content, *reading, supplied)?,
                }
            }
            (Ok(_), None, _) => return Ok(()),
        };
        self.given.came(&base, !matches!(report.outcome, Outcome::Skipped(_)));
        self.settle(Report { bytes: len, ..report }, draft, permit)?;
        self.progress()
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.progress()?;
        // With --accession and the like, a second filing must still find nothing recorded.
        if self.given.by_hand() { Ok(()) } else { self.flush() }
    }
}

impl Appending<'_, '_> {
    /// What is to be said of bytes that the ledger has, where nothing else could be decided about
    /// them: under the accession number that is supplied, if one is.
    fn recorded(
        &self,
        found: &Unpacked,
        content: ContentId,
        supplied: &Supplied,
    ) -> Result<Option<Report>, Failure> {
        let Some(sequence) = self.log.counting(content)? else { return Ok(None) };
        let Event::FilingRecorded(filing) = self.log.event(sequence)? else { return Ok(None) };
        let accession = filing.accession();
        if supplied.accession.is_some() && supplied.accession != accession {
            return Ok(None);
        }
        let (mut holders, mut troubles) = (filing.reading.holders.len(), codes(&filing.reading));
        for part in 1..=u64::from(filing.continued) {
            if let Event::FilingContinued(part) = self.log.event(sequence + part)? {
                holders += part.holders.len();
                troubles.extend(part.troubles.iter().map(|trouble| trouble.code));
            }
        }
        let receipt = Some(self.receipt_of(sequence)?);
        let report = Report::new(found.shown.clone(), Outcome::Exists);
        let lost = not_recorded(&filing, supplied);
        Ok(Some(Report { accession, receipt, holders, troubles, lost, ..report }))
    }

    fn filing(
        &mut self,
        found: Unpacked,
        content: ContentId,
        reading: Reading,
        supplied: Supplied,
    ) -> Result<(Report, Option<Draft>), Failure> {
        let Unpacked { shown, base: source, bytes, .. } = found;
        let bytes = bytes.unwrap_or_default();
        let (holders, troubles) = (reading.holders.len(), codes(&reading));
        let (content_len, reader) = (bytes.len() as u64, READER_VERSION);
        let filing = FilingRecorded {
            content,
            content_len,
            source,
            reader,
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
        let (said, against) =
            (filing.supplied.clone(), contradictions(&filing.supplied, &filing.reading));
        let report = Report::new(shown, Outcome::Recorded);
        let report = Report { accession, holders, troubles, ..report };
        let (report, events) = match admit(filing, &known) {
            Ok(Decision::Created(events)) => (Report { against, ..report }, events),
            Ok(Decision::Exists { sequence }) => {
                let receipt = Some(self.receipt_of(sequence)?);
                let event = self.log.event(sequence)?;
                let lost = match &event {
                    Event::FilingRecorded(recorded) => not_recorded(recorded, &said),
                    _ => Vec::new(),
                };
                let (accession, outcome) = (event.accession(), Outcome::Exists);
                (Report { outcome, accession, receipt, lost, ..report }, Vec::new())
            }
            Ok(Decision::Conflict { recorded, events }) => {
                let receipt = Some(self.receipt_of(known.conflict.unwrap_or(recorded))?);
                let reason = format!(
                    "other bytes are recorded under this accession number in entry {recorded}; \
                     both are kept, and the recorded ones stand"
                );
                let (outcome, reason) = (Outcome::Conflict, Some(reason));
                (Report { outcome, receipt, reason, ..report }, events)
            }
            Err(error) => return Ok((report.does_not_fit(error), None)),
        };
        if events.len() > BATCH_ENTRIES_MAX {
            let got = events.len();
            let words = format!("expected at most {BATCH_ENTRIES_MAX} entries, it takes {got}");
            return Ok((report.does_not_fit(words), None));
        }
        if events.is_empty() {
            return Ok((report, None));
        }
        self.pending.accessions.extend(accession);
        self.pending.contents.insert(content);
        Ok((report, Some(Draft { events, received: Some(bytes) })))
    }

    fn receipt_of(&self, sequence: u64) -> Result<Receipt, Failure> {
        Ok(Receipt { sequence, hash: self.log.entry(sequence)?.hash() })
    }

    fn settle(
        &mut self,
        report: Report,
        draft: Option<Draft>,
        permit: Permit,
    ) -> Result<(), Failure> {
        if let Some(draft) = draft {
            let entries = draft.events.len();
            if self.pending.entries + entries > BATCH_ENTRIES_MAX {
                self.flush()?;
            }
            self.pending.entries += entries;
            self.pending.drafts += 1;
            self.pending.bytes += draft.received.as_ref().map_or(0, Vec::len);
            self.pending.permits.push(permit);
            self.pending.reports.push((report, Some(draft)));
        } else {
            // Only what is to be appended holds its bytes; this one just waits to be told.
            self.pending.reports.push((report, None));
        }
        let pending = &self.pending;
        let full = pending.drafts >= BATCH_FILINGS || pending.bytes >= BATCH_BYTES;
        let long = pending.reports.len() >= 4 * BATCH_FILINGS;
        if full || long || pending.drafts == 0 { self.flush() } else { Ok(()) }
    }

    /// Appends what is pending as one batch, and tells what became of each once it is on disk.
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
        self.tally.count(report.outcome, report.bytes);
        if report.outcome == Outcome::Recorded {
            self.tally.troubles(&report.troubles);
        }
        self.tally.supplied(!report.lost.is_empty(), !report.against.is_empty());
        let usual = Outcome::Skipped(Why::OtherForm);
        let expected = [Outcome::Recorded, Outcome::Exists, usual].contains(&report.outcome);
        if self.quiet && expected && report.lost.is_empty() && report.against.is_empty() {
            return Ok(());
        }
        self.progress.clear(self.cx.err).map_err(Failure::output)?;
        if self.cx.json { self.cx.object(&report.json()) } else { self.cx.line(report.words()) }
    }

    fn progress(&mut self) -> Result<(), Failure> {
        if !self.cx.watched {
            return Ok(());
        }
        let (now, read) = ((self.cx.clock)(), pipeline::so_far(self.read));
        let settled = self.tally.settled();
        self.progress.draw(self.cx.err, now, settled, read).map_err(Failure::output)
    }

    fn finish(mut self) -> Result<Exit, Failure> {
        self.progress.clear(self.cx.err).map_err(Failure::output)?;
        let entries = self.log.size();
        let fit = self.given.fit();
        if self.cx.json {
            self.cx.object(&self.tally.json(entries, fit.as_ref()))?;
        } else {
            self.tally.words(entries).into_iter().try_for_each(|line| self.cx.line(line))?;
        }
        if self.tally.lost() > 0 {
            self.cx.notice(WAY_OUT)?;
        }
        self.misfits(fit)?;
        Ok(if self.tally.all_in() { Exit::Yes } else { Exit::Trouble })
    }
}

impl Appending<'_, '_> {
    /// Tells what of the manifest was of no use, and which filings it says nothing of.
    fn misfits(&mut self, fit: Option<Fit>) -> Result<(), Failure> {
        let Some(Fit { idle, unnamed }) = fit else { return Ok(()) };
        if let Some(first) = idle.first() {
            let (rows, first) = (counted(idle.len() as u64, "row", "rows"), safe(first));
            let verb = if idle.len() == 1 { "names" } else { "name" };
            self.cx
                .notice(format!("{rows} of the manifest {verb} no file given, first {first}"))?;
        }
        match unnamed {
            0 => Ok(()),
            1 => self.cx.notice("1 file is named by no row of the manifest"),
            many => self.cx.notice(format!("{many} files are named by no row of the manifest")),
        }
    }
}

/// Why a reading is no filing to record, where it is none; of something found it is told whether
/// it is a member of an archive, and whether a manifest lists it.
fn not_taken(
    reading: &Reading,
    supplied: &Supplied,
    (member, listed): (bool, bool),
) -> Option<Refusal> {
    if let Some(trouble) = not_schedule_13(reading) {
        let why = if member && other_form(reading) { Why::OtherForm } else { Why::NotSchedule13 };
        return Some(Refusal::new(why, trouble.message.clone()));
    }
    let stated = reading.accession.value();
    match (stated, supplied.accession) {
        (Some(stated), Some(said)) if *stated != said => {
            let words =
                format!("expected accession {said} as supplied, the file itself says {stated}");
            Some(Refusal::new(Why::Contradicted, words))
        }
        (None, None) if !listed => {
            let words = "expected an accession number or a row of the manifest, got neither";
            Some(Refusal::new(Why::NotInManifest, words))
        }
        _ => None,
    }
}

fn codes(reading: &Reading) -> Vec<TroubleCode> {
    reading.troubles.iter().map(|trouble| trouble.code).collect()
}

/// Whether its documents say what they are, and none says it is one of ours.
fn other_form(reading: &Reading) -> bool {
    let mut kinds = reading.documents.iter().filter_map(|document| document.kind.value());
    let first = kinds.next().map(|kind| Form::from_edgar(kind).is_none());
    first == Some(true) && kinds.all(|kind| Form::from_edgar(kind).is_none())
}

impl Report {
    fn new(file: String, outcome: Outcome) -> Self {
        let (accession, receipt, reason, troubles) = (None, None, None, Vec::new());
        let (lost, against) = (Vec::new(), Vec::new());
        let (holders, bytes) = (0, 0);
        Self { file, outcome, accession, receipt, holders, troubles, bytes, reason, lost, against }
    }

    fn skipped(file: String, refusal: Refusal) -> Self {
        let reason = Some(refusal.words);
        Self { reason, ..Self::new(file, Outcome::Skipped(refusal.why)) }
    }

    fn does_not_fit(self, words: impl ToString) -> Self {
        Self::skipped(self.file, Refusal::new(Why::DoesNotFit, words.to_string()))
    }

    fn json(&self) -> Value {
        let mut object = json!({
            "v": VERSION,
            "file": self.file,
            "outcome": self.outcome.as_str(),
            "accession": maybe(self.accession),
            "entry": self.receipt.map(|receipt| receipt.sequence),
            "hash": maybe(self.receipt.map(|receipt| receipt.hash)),
            "holders": self.holders,
            "troubles": self.troubles.len(),
        });
        let Some(map) = object.as_object_mut() else { return object };
        if let Some(reason) = &self.reason {
            map.insert("reason".to_owned(), json!(reason));
        }
        if !self.lost.is_empty() {
            map.insert("supplied_not_recorded".to_owned(), json!(self.lost));
        }
        if !self.against.is_empty() {
            let each = self.against.iter().map(|(name, supplied, stated)| {
                json!({ "field": name, "supplied": supplied, "stated": stated })
            });
            map.insert("supplied_contradicts".to_owned(), each.collect());
        }
        if let Outcome::Skipped(why) = self.outcome {
            map.insert("why".to_owned(), json!(why.as_str()));
        }
        object
    }

    fn words(&self) -> String {
        let (file, outcome) = (safe(&self.file), self.outcome.as_str());
        let entry = self.receipt.map_or(String::new(), |r| format!("entry {}, ", r.sequence));
        let accession = self.accession.map_or(String::new(), |a| format!("{a}, "));
        let holders = counted(self.holders as u64, "holder", "holders");
        let troubles = counted(self.troubles.len() as u64, "trouble", "troubles");
        let counts = format!("{holders}, {troubles}");
        let mut line = match &self.reason {
            Some(reason) => format!("{outcome}  {file}: {}", safe(reason)),
            None => format!("{outcome}  {file}: {entry}{accession}{counts}"),
        };
        if !self.lost.is_empty() {
            line += &format!("; NOT recorded: what is supplied now as {}", self.lost.join(", "));
        }
        for (name, supplied, stated) in &self.against {
            line += &format!(
                "; contradiction: {name} {supplied} is supplied, and the document says {}, \
                 which stands",
                safe(stated)
            );
        }
        line
    }
}
