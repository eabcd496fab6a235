//! Counts what became of everything that was found, and why what was skipped was skipped.
//! Decides nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use serde_json::{Map, Value, json};

use crate::cli::supplied::Fit;
use crate::report::json::VERSION;
use crate::report::plain::counted;
use crate::terms::trouble::TroubleCode;

/// Why something found is not recorded, as a stable name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// A member of an archive, or a file in a directory, that says itself that it is on another
    /// form.
    OtherForm,
    /// It is no filing on Schedule 13D or 13G.
    NotSchedule13,
    /// There are no bytes, or no files.
    Empty,
    /// It has more bytes than a filing may have.
    TooLarge,
    /// The system cannot read it.
    Unreadable,
    /// A link, a device, or the like.
    NotAFile,
    /// A member of an archive that is packed in a way that is not read here.
    Packing,
    /// The archive ends early or contradicts itself; what stood before was taken.
    ArchiveDamaged,
    /// The archive goes on past a limit; what stood before was taken.
    ArchiveLimit,
    /// What was supplied contradicts what the filing says of itself.
    Contradicted,
    /// It has no accession number, and no row of the manifest names it.
    NotInManifest,
    /// It does not fit into the ledger's entries.
    DoesNotFit,
    /// The reader broke off; this is a fault of the program.
    ReaderFailed,
}

impl Why {
    /// The stable name, as printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::OtherForm => "other-form",
            Why::NotSchedule13 => "not-schedule-13",
            Why::Empty => "empty",
            Why::TooLarge => "too-large",
            Why::Unreadable => "unreadable",
            Why::NotAFile => "not-a-file",
            Why::Packing => "packing",
            Why::ArchiveDamaged => "archive-damaged",
            Why::ArchiveLimit => "archive-limit",
            Why::Contradicted => "contradicted",
            Why::NotInManifest => "not-in-manifest",
            Why::DoesNotFit => "does-not-fit",
            Why::ReaderFailed => "reader-failed",
        }
    }
}

/// Why one thing found is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The kind of reason.
    pub why: Why,
    /// What was expected, and what was found.
    pub words: String,
}

impl Refusal {
    /// A refusal with its words.
    pub fn new(why: Why, words: impl Into<String>) -> Self {
        Self { why, words: words.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The refusal that a reader of ours wrapped, if it is one.
    pub fn within(error: &io::Error) -> Option<&Refusal> {
        error.get_ref()?.downcast_ref()
    }

    /// What a failed read means: a reader's own refusal, or that the system cannot read.
    pub fn of(error: &io::Error) -> Refusal {
        let system = || Refusal::new(Why::Unreadable, format!("cannot read it: {error}"));
        Refusal::within(error).cloned().unwrap_or_else(system)
    }
}

/// What became of one thing found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is new in the ledger.
    Recorded,
    /// The ledger had it.
    Exists,
    /// The ledger has other bytes under its accession number.
    Conflict,
    /// It is not recorded.
    Skipped(Why),
}

impl Outcome {
    /// The stable name, as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Recorded => "recorded",
            Outcome::Exists => "exists",
            Outcome::Conflict => "conflict",
            Outcome::Skipped(_) => "skipped",
        }
    }
}

/// How often each outcome came.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    recorded: u64,
    exists: u64,
    conflict: u64,
    skipped: BTreeMap<Why, u64>,
    troubles: BTreeMap<TroubleCode, u64>,
    lost: u64,
    contradicted: u64,
    bytes: u64,
}

impl Tally {
    /// Counts one thing, of so many bytes.
    pub fn count(&mut self, outcome: Outcome, bytes: u64) {
        self.bytes += bytes;
        match outcome {
            Outcome::Recorded => self.recorded += 1,
            Outcome::Exists => self.exists += 1,
            Outcome::Conflict => self.conflict += 1,
            Outcome::Skipped(why) => *self.skipped.entry(why).or_default() += 1,
        }
    }

    /// Counts the troubles of a filing that was recorded.
    pub fn troubles(&mut self, codes: &[TroubleCode]) {
        for code in codes {
            *self.troubles.entry(*code).or_default() += 1;
        }
    }

    /// Counts what was supplied in vain: for a document that is recorded without it, and against
    /// what a document says.
    pub fn supplied(&mut self, lost: bool, contradicted: bool) {
        self.lost += u64::from(lost);
        self.contradicted += u64::from(contradicted);
    }

    /// How many exist without what is supplied now.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// How many things were settled.
    pub fn settled(&self) -> u64 {
        self.recorded + self.exists + self.conflict + self.skipped()
    }

    /// Whether all that was given is in the ledger. A feed holds every form, packed or not, so what
    /// in it says itself that it is on another is no fault of it.
    pub fn all_in(&self) -> bool {
        let others = self.skipped.get(&Why::OtherForm).copied().unwrap_or_default();
        self.conflict == 0 && self.lost == 0 && self.skipped() == others
    }

    /// The report at the end, for people: a line of outcomes, then lists where there is something
    /// to list.
    pub fn words(&self, entries: u64) -> Vec<String> {
        let Self { recorded, exists, conflict, .. } = self;
        let mut lines = vec![format!(
            "{recorded} recorded, {exists} exist already, {conflict} in conflict, {} skipped; \
             the ledger has {}",
            self.skipped(),
            counted(entries, "entry", "entries"),
        )];
        if self.lost > 0 {
            lines.push(format!("not recorded: what is supplied now for {} of those", self.lost));
        }
        if self.contradicted > 0 {
            let many = self.contradicted;
            lines.push(format!("contradicted by the documents: what is supplied for {many}"));
        }
        if !self.skipped.is_empty() {
            lines.push(format!("skipped: {}", listed(&self.skipped, |why| why.as_str())));
        }
        if !self.troubles.is_empty() {
            let list = listed(&self.troubles, |code| code.as_str());
            lines.push(format!("troubles in what was recorded: {list}"));
        }
        lines
    }

    /// The report at the end, for programs.
    pub fn json(&self, entries: u64, fit: Option<&Fit>) -> Value {
        let Self { recorded, exists, conflict, bytes, .. } = self;
        json!({
            "v": VERSION,
            "report": {
                "recorded": recorded,
                "exists": exists,
                "conflict": conflict,
                "skipped": object(&self.skipped, |why| why.as_str()),
                "troubles": object(&self.troubles, |code| code.as_str()),
                "supplied_not_recorded": self.lost,
                "supplied_contradicts": self.contradicted,
                "manifest": fit.map(|fit| {
                    json!({ "rows_without_file": fit.idle, "files_without_row": fit.unnamed })
                }),
                "bytes": bytes,
                "entries": entries,
            },
        })
    }
}

fn listed<K: Copy>(counts: &BTreeMap<K, u64>, name: impl Fn(K) -> &'static str) -> String {
    let each = counts.iter().map(|(key, count)| format!("{count} {}", name(*key)));
    each.collect::<Vec<_>>().join(", ")
}

fn object<K: Copy>(counts: &BTreeMap<K, u64>, name: impl Fn(K) -> &'static str) -> Value {
    let each = counts.iter().map(|(key, count)| (name(*key).to_owned(), json!(count)));
    Value::Object(each.collect::<Map<_, _>>())
}
