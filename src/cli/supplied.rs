//! What somebody says of documents beside their bytes: by hand, or in a manifest; who used it.
//! Decides nothing about filings: it compares what is said with what is read and recorded.

use std::collections::BTreeSet;

use crate::cli::args::AppendArgs;
use crate::cli::manifest::Manifest;
use crate::ledger::event::{FilingRecorded, Supplied};
use crate::terms::statement::Reading;
use crate::terms::time::Instant;

/// What was given for this run, and which of it was of use.
pub struct Given {
    by_hand: Supplied,
    manifest: Option<Manifest>,
    used: BTreeSet<String>,
    /// Filings that no row of the manifest names.
    unnamed: u64,
}

/// How a manifest and the files fit together.
pub struct Fit {
    /// The rows that name no file given.
    pub idle: Vec<String>,
    /// How many files no row names.
    pub unnamed: u64,
}

impl Given {
    /// What the arguments say, and a manifest, if there is one.
    pub fn new(args: &AppendArgs, manifest: Option<Manifest>) -> Self {
        let by_hand = Supplied {
            accession: args.accession,
            form: args.form,
            filed_date: args.filed,
            accepted_at: args.accepted_at,
            issuer_cik: args.issuer_cik,
            ..Supplied::default()
        };
        Self { by_hand, manifest, used: BTreeSet::new(), unnamed: 0 }
    }

    /// Whether anything was said by hand, which is about one document alone.
    pub fn by_hand(&self) -> bool {
        self.by_hand != Supplied::default()
    }

    /// Refuses what is said, by hand or in the manifest, to be filed later than now.
    pub fn is_past(&self, now: Instant) -> Result<(), String> {
        let today = now.day_eastern();
        let past = |said: &Supplied, filed: &str, accepted: &str| {
            if let Some(got) = said.filed_date.filter(|day| *day > today) {
                return Err(format!("expected {filed} up to today, {today}, got {got}"));
            }
            match said.accepted_at.filter(|instant| *instant > now) {
                Some(got) => Err(format!("expected {accepted} up to now, {now}, got {got}")),
                None => Ok(()),
            }
        };
        past(&self.by_hand, "--filed", "--accepted-at")?;
        self.manifest.iter().flatten().try_for_each(|(file, said)| {
            past(said, "column filed", "column accepted_eastern")
                .map_err(|words| format!("the manifest's row of {file:?}: {words}"))
        })
    }

    /// What is said of a file: by hand, and where nothing was, by the manifest.
    pub fn of(&self, file: &str) -> Supplied {
        let row = self.manifest.as_ref().and_then(|manifest| manifest.get(file));
        let said = row.cloned().unwrap_or_default();
        let by_hand = &self.by_hand;
        Supplied {
            accession: by_hand.accession.or(said.accession),
            form: by_hand.form.or(said.form),
            filed_date: by_hand.filed_date.or(said.filed_date),
            accepted_at: by_hand.accepted_at.or(said.accepted_at),
            issuer_cik: by_hand.issuer_cik.or(said.issuer_cik),
            ..said
        }
    }

    /// Whether a file has its row in the manifest; where there is none, every file has.
    pub fn lists(&self, file: &str) -> bool {
        self.manifest.as_ref().is_none_or(|manifest| manifest.contains_key(file))
    }

    /// Notes that a file came, and whether it is a filing.
    pub fn came(&mut self, file: &str, filing: bool) {
        let Some(manifest) = &self.manifest else { return };
        if manifest.contains_key(file) {
            self.used.insert(file.to_owned());
        } else if filing {
            self.unnamed += 1;
        }
    }

    /// What of the manifest was of use; nothing where there is none.
    pub fn fit(&self) -> Option<Fit> {
        let rows = self.manifest.as_ref()?.keys();
        let idle = rows.filter(|row| !self.used.contains(*row)).cloned().collect();
        Some(Fit { idle, unnamed: self.unnamed })
    }
}

/// Each thing that can be supplied for a document that has lost its header: its name, what is
/// supplied, and what the document itself says, as they are printed.
fn compared(supplied: &Supplied, reading: &Reading) -> [Said; 5] {
    [
        said("accession", supplied.accession, reading.accession.value()),
        said("form", supplied.form.as_ref(), reading.form.value()),
        said("filed", supplied.filed_date, reading.filed_date.value()),
        said("accepted_at", supplied.accepted_at, reading.accepted_at.value()),
        said("issuer_cik", supplied.issuer_cik, reading.issuer.cik.value()),
    ]
}

/// A name, what is supplied under it, and what is read.
type Said = (&'static str, Option<String>, Option<String>);

fn said(name: &'static str, supplied: Option<impl ToString>, read: Option<&impl ToString>) -> Said {
    (name, supplied.map(|it| it.to_string()), read.map(ToString::to_string))
}

/// What is supplied and contradicts what the document says: name, supplied, said.
pub fn contradictions(
    supplied: &Supplied,
    reading: &Reading,
) -> Vec<(&'static str, String, String)> {
    let both = compared(supplied, reading).into_iter();
    both.filter_map(|(name, a, b)| Some((name, a?, b?))).filter(|(_, a, b)| a != b).collect()
}

/// The names of what is supplied now for a document that is recorded without it.
pub fn not_recorded(recorded: &FilingRecorded, supplied: &Supplied) -> Vec<&'static str> {
    let before = compared(&recorded.supplied, &recorded.reading);
    let now = compared(supplied, &recorded.reading);
    let pairs = now.into_iter().zip(before);
    let lost = pairs.filter(|((_, now, read), (_, before, _))| {
        now.is_some() && read.is_none() && now != before
    });
    lost.map(|((name, ..), _)| name).collect()
}
