//! `issuers`: whom the recorded filings are about, one line each.
//! Shows what is recorded, each filing with the issuer that answers put it with; folds nothing.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::cli::ask::LogIndex;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::event::{Event, FilingRecorded};
use crate::report::json::{VERSION, maybe};
use crate::report::{sheet, table};
use crate::store::log::{Log, StoreError};
use crate::terms::id::{Cik, Cusip};
use crate::terms::span::Field;
use crate::terms::time::Day;
use crate::terms::topic::Topic;
use crate::view::issuer::gather;
use crate::view::timeline::Recorded;

/// `issuers`
#[derive(ClapArgs, Debug)]
pub struct IssuersArgs {
    /// Show those whose name, CIK or CUSIP contains this [default: all]
    #[arg(value_name = "PART")]
    pub part: Option<String>,
}

/// How many filings are looked up one by one, rather than going through all.
const FEW: u64 = 4_000;

/// An issuer by its CIK; where there is none, by its name with spellings set aside.
type Whom = Topic;

/// What the filings about one issuer say of it. There is one for each issuer, never for a filing.
#[derive(Default)]
struct About {
    name: Option<String>,
    cusips: BTreeSet<Cusip>,
    filings: u64,
    first: Option<Day>,
    last: Option<Day>,
}

/// Lists issuers by name. The answer is no where there is none.
pub fn issuers(log: &dyn Log, args: &IssuersArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let mut all: BTreeMap<Whom, About> = BTreeMap::new();
    let mut without = Vec::new();
    let mut take = |sequence, filing: &FilingRecorded| match filing.issuer_cik() {
        Some(cik) => all.entry(Topic::Cik(cik)).or_default().take(filing),
        None => without.push(sequence),
    };
    let few = args.part.as_deref().map(|part| few_filings(log, part)).transpose()?.flatten();
    match &few {
        Some(few) => few.iter().for_each(|(sequence, filing)| take(*sequence, filing)),
        None => {
            for (entry, sequence) in log.range(0..log.size())?.zip(0..) {
                let event = entry?.open();
                let event = event.map_err(|source| StoreError::BadEntry { sequence, source })?;
                if let Event::FilingRecorded(filing) = event {
                    take(sequence, &filing);
                }
            }
        }
    }
    let known = whose(log, &without)?;
    let mut take = |sequence, filing: &FilingRecorded| {
        let own = || Topic::name(filing.issuer_name().unwrap_or_default());
        let whom = known.get(&sequence).copied().map_or_else(own, Topic::Cik);
        all.entry(whom).or_default().take(filing);
    };
    for sequence in without {
        if let Some(filing) = few.as_ref().and_then(|few| few.get(&sequence)) {
            take(sequence, filing);
        } else if let Event::FilingRecorded(filing) = log.event(sequence)? {
            take(sequence, &filing);
        }
    }
    let mut all: Vec<(Whom, About)> = all.into_iter().collect();
    if let Some(part) = &args.part {
        all.retain(|(whom, about)| about.is_meant(whom, part));
    }
    if all.is_empty() {
        let words = match &args.part {
            Some(part) => format!("expected an issuer of this ledger, got {part:?}: there is none"),
            None => "no filing is recorded yet".to_owned(),
        };
        return Err(Failure::new(Exit::No, words));
    }
    all.sort_by(|a, b| (&a.1.name, &a.0).cmp(&(&b.1.name, &b.0)));
    if cx.for_programs() {
        all.iter().try_for_each(|(whom, about)| cx.data(&about.object(whom), &sheet::ISSUERS))?;
    } else {
        let header = ["CIK", "Issuer", "CUSIP", "Filings", "First", "Last"];
        let rows: Vec<Vec<String>> = all.iter().map(|(whom, about)| about.row(whom)).collect();
        cx.line(table::list(&header, &rows, cx.style))?;
    }
    Ok(Exit::Yes)
}

/// With which issuers answers put filings that have no CIK, where those have one (spec, section
/// 17.3): whoever goes through this list must not meet anybody twice.
fn whose(log: &dyn Log, filings: &[u64]) -> Result<BTreeMap<u64, Cik>, Failure> {
    let index = LogIndex { log, size: log.size() };
    let (mut known, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for entry in filings {
        if seen.contains(entry) {
            continue;
        }
        for (issuer, dossier) in gather(&index, [*entry].into())? {
            let own = dossier.filings.iter().map(|filing| filing.entry);
            seen.extend(own.clone());
            known.extend(own.filter_map(|entry| Some((entry, issuer.cik?))));
        }
    }
    Ok(known)
}

/// All filings about the issuers that a part may mean, as far as names, CIKs and CUSIPs under which
/// entries are found tell; nothing where they are so many that to go through all is faster.
fn few_filings(
    log: &dyn Log,
    part: &str,
) -> Result<Option<BTreeMap<u64, FilingRecorded>>, Failure> {
    let part = plain(part);
    let topics = log.topics()?;
    let mut meant = Vec::new();
    for (topic, count) in &topics {
        let fits = match topic {
            Topic::Name(name) => name.contains(&part),
            Topic::Cik(cik) => is_part_of(*cik, &part),
            Topic::Cusip(cusip) => plain(cusip.as_str()).contains(&part),
            _ => false,
        };
        meant.extend(fits.then_some((topic, count)));
    }
    if meant.iter().map(|(_, count)| **count).sum::<u64>() > FEW {
        return Ok(None);
    }
    let mut entries = BTreeSet::new();
    for (topic, _) in meant {
        entries.extend(log.postings(topic)?);
    }
    let index = LogIndex { log, size: log.size() };
    let (mut few, mut due) = (BTreeMap::new(), BTreeSet::new());
    for (issuer, dossier) in gather(&index, entries)? {
        due.extend(issuer.cik.map(Topic::Cik));
        for Recorded { entry, filing, .. } in dossier.filings {
            let name = filing.issuer_name().filter(|_| issuer.cik.is_none());
            due.extend(name.map(Topic::name));
            few.insert(entry, filing);
        }
    }
    // All that is found with it may not be all of another: that is what is found under its own.
    for topic in due {
        for (_, dossier) in gather(&index, log.postings(&topic)?.into_iter().collect())? {
            few.extend(dossier.filings.into_iter().map(|filing| (filing.entry, filing.filing)));
        }
    }
    Ok(Some(few))
}

/// Letters and digits alone, as names are found under.
fn plain(text: &str) -> String {
    match Topic::name(text) {
        Topic::Name(name) => name,
        _ => String::new(),
    }
}

fn is_part_of(cik: Cik, part: &str) -> bool {
    cik.to_string().contains(part.trim_start_matches('0'))
}

fn cik_of(whom: &Whom) -> Option<Cik> {
    match whom {
        Topic::Cik(cik) => Some(*cik),
        _ => None,
    }
}

impl About {
    fn take(&mut self, filing: &FilingRecorded) {
        let (read, said) = (&filing.reading, &filing.supplied);
        let accepted = || {
            let read = read.accepted_at.value().copied().or(said.accepted_at);
            read.map(|accepted| accepted.day_eastern())
        };
        let filed = read.filed_date.value().copied().or(said.filed_date).or_else(accepted);
        // The later filing tells the name, and of two of one day the later entry.
        if (self.name.is_none() || filed >= self.last)
            && let Some(name) = filing.issuer_name()
        {
            self.name = Some(name.to_owned());
        }
        self.cusips.extend(read.cusips.iter().filter_map(Field::value).cloned());
        self.filings += 1;
        self.first = self.first.into_iter().chain(filed).min();
        self.last = self.last.max(filed);
    }

    fn is_meant(&self, whom: &Whom, part: &str) -> bool {
        let part = plain(part);
        self.name.as_deref().is_some_and(|name| plain(name).contains(&part))
            || cik_of(whom).is_some_and(|cik| is_part_of(cik, &part))
            || self.cusips.iter().any(|cusip| plain(cusip.as_str()).contains(&part))
    }

    fn cusips(&self) -> Vec<&str> {
        self.cusips.iter().map(Cusip::as_str).collect()
    }

    fn row(&self, whom: &Whom) -> Vec<String> {
        let dash = || "-".to_owned();
        vec![
            cik_of(whom).map_or_else(dash, |cik| cik.to_string()),
            self.name.clone().unwrap_or_else(dash),
            self.cusips().join(" "),
            self.filings.to_string(),
            self.first.map_or_else(dash, |day| day.to_string()),
            self.last.map_or_else(dash, |day| day.to_string()),
        ]
    }

    fn object(&self, whom: &Whom) -> Value {
        json!({
            "v": VERSION,
            "issuer": { "name": self.name, "cik": maybe(cik_of(whom)) },
            "cusips": self.cusips(),
            "filings": self.filings,
            "first_filed": maybe(self.first),
            "last_filed": maybe(self.last),
        })
    }
}
