//! `gaps`: what EDGAR's own lists name and the ledger does not hold, and the other way round.
//! Knows no index's layout; `filing::listing` does.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::limits::INDEX_LINE_BYTES;
use crate::cli::outcome::{Exit, Failure};
use crate::filing::listing::{Line, Lines, Listed};
use crate::ledger::event::Event;
use crate::report::json::{VERSION, maybe};
use crate::report::plain::safe;
use crate::store::log::Log;
use crate::terms::id::{Accession, Cik};
use crate::terms::statement::Form;
use crate::terms::time::Day;

/// `gaps`
#[derive(ClapArgs, Debug)]
pub struct GapsArgs {
    /// Compare with these lists: master, form, company or crawler indexes, gzipped or not
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub index: Vec<PathBuf>,
}

/// What the lists say of one filing.
struct Entry {
    forms: Vec<Form>,
    /// Under whom it is listed, with their names.
    ciks: BTreeMap<Cik, String>,
    filed: Day,
}

/// What all the lists say.
#[derive(Default)]
struct Lists {
    filings: BTreeMap<Accession, Entry>,
    /// The days each list goes from and to.
    days: Vec<(Day, Day)>,
    wrong: u64,
}

/// What the ledger holds of one filing.
struct Held {
    entry: u64,
    form: Option<Form>,
    filed: Option<Day>,
}

/// What the ledger holds.
#[derive(Default)]
struct Holds {
    filings: BTreeMap<Accession, Held>,
    /// Left out on purpose: in which entry, and why.
    skipped: BTreeMap<Accession, (u64, String)>,
    unnamed: u64,
}

/// How often each finding came.
#[derive(Default)]
struct Count {
    missing: u64,
    form: u64,
    skipped: u64,
    unlisted: u64,
    undated: u64,
}

/// Compares. The answer is yes where the ledger holds what the lists name, and nothing else of
/// their days.
pub fn gaps(log: &dyn Log, args: &GapsArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let mut lists = Lists::default();
    for path in &args.index {
        lists.read(path, cx)?;
    }
    let holds = Holds::of(log)?;
    let mut count = Count::default();
    for (accession, listed) in &lists.filings {
        compare(*accession, listed, &holds, &mut count, cx)?;
    }
    for (accession, held) in &holds.filings {
        if lists.filings.contains_key(accession) {
            continue;
        }
        match held.filed {
            None => count.undated += 1,
            Some(filed) if lists.days.iter().any(|(from, to)| *from <= filed && filed <= *to) => {
                count.unlisted += 1;
                unlisted(*accession, held, cx)?;
            }
            Some(_) => {}
        }
    }
    report(&lists, &holds, &count, cx)?;
    Ok(match count {
        _ if lists.wrong > 0 => Exit::Trouble,
        Count { missing: 0, form: 0, unlisted: 0, .. } => Exit::Yes,
        _ => Exit::No,
    })
}

impl Lists {
    fn read(&mut self, path: &Path, cx: &mut Context) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            Failure::new(Exit::Trouble, format!("{}: cannot read it: {error}", path.display()))
        };
        let mut start = Vec::new();
        let mut file = File::open(path).map_err(failed)?;
        Read::by_ref(&mut file).take(2).read_to_end(&mut start).map_err(failed)?;
        let whole = start.as_slice().chain(file);
        let mut reader: Box<dyn BufRead> = match start.as_slice() {
            [0x1f, 0x8b] => Box::new(BufReader::new(MultiGzDecoder::new(whole))),
            _ => Box::new(BufReader::new(whole)),
        };
        let (mut lines, mut number, mut days) = (Lines::default(), 0_u64, None);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read =
                Read::by_ref(&mut reader).take(INDEX_LINE_BYTES).read_until(b'\n', &mut bytes);
            if read.map_err(failed)? == 0 {
                break;
            }
            number += 1;
            if bytes.len() as u64 == INDEX_LINE_BYTES {
                let words =
                    format!("expected a line of at most {INDEX_LINE_BYTES} bytes, got more");
                return Err(Failure::new(Exit::Trouble, format!("{}: {words}", path.display())));
            }
            let filed = match lines.line(&String::from_utf8_lossy(&bytes)) {
                Ok(Line::Head) => continue,
                Ok(Line::Other(filed)) => filed,
                Ok(Line::Ours(listed)) => self.take(listed),
                Err(words) => {
                    self.wrong += 1;
                    cx.notice(format!("{}, line {number}: {}", path.display(), safe(&words)))?;
                    continue;
                }
            };
            let (from, to) = days.unwrap_or((filed, filed));
            days = Some((filed.min(from), filed.max(to)));
        }
        if !lines.begun() {
            let words = "expected an EDGAR index: a line of columns, and dashes below it";
            return Err(Failure::new(Exit::Trouble, format!("{}: {words}", path.display())));
        }
        self.days.extend(days);
        Ok(())
    }

    /// Takes in one line: a filing is listed once under its issuer and under every filer.
    fn take(&mut self, listed: Listed) -> Day {
        let Listed { accession, forms, cik, name, filed } = listed;
        let new = || Entry { forms: forms.clone(), ciks: BTreeMap::new(), filed };
        let entry = self.filings.entry(accession).or_insert_with(new);
        entry.ciks.insert(cik, name);
        // A list that shows the whole name says more than one that cuts it.
        if entry.forms.len() > forms.len() {
            entry.forms = forms;
        }
        filed
    }
}

impl Holds {
    fn of(log: &dyn Log) -> Result<Self, Failure> {
        let mut holds = Self::default();
        for entry in log.range(0..log.size())? {
            let entry = entry?;
            let sequence = entry.sequence();
            let event = entry
                .open()
                .map_err(|source| crate::store::log::StoreError::BadEntry { sequence, source })?;
            match event {
                Event::FilingRecorded(filing) => {
                    let form = filing.form();
                    let read = filing.reading.filed_date.value().copied();
                    let filed = read.or(filing.supplied.filed_date);
                    match filing.accession() {
                        Some(accession) => {
                            let held = Held { entry: sequence, form, filed };
                            holds.filings.insert(accession, held);
                        }
                        None => holds.unnamed += 1,
                    }
                }
                Event::FilingSkipped(skipped) => {
                    let because = (sequence, skipped.because.reason);
                    holds.skipped.insert(skipped.accession, because);
                }
                _ => {}
            }
        }
        Ok(holds)
    }
}

fn compare(
    accession: Accession,
    listed: &Entry,
    holds: &Holds,
    count: &mut Count,
    cx: &mut Context,
) -> Result<(), Failure> {
    let forms = names(&listed.forms);
    let of = |(cik, name): (&Cik, &String)| format!("{} (CIK {cik})", safe(name));
    let whose: Vec<String> = listed.ciks.iter().map(of).collect();
    match (holds.filings.get(&accession), holds.skipped.get(&accession)) {
        (Some(held), _) if held.form.is_some_and(|form| listed.forms.contains(&form)) => Ok(()),
        (Some(held), _) => {
            count.form += 1;
            let form = held.form.map_or("no form".to_owned(), |form| form.to_string());
            if cx.json {
                return finding("form", accession, listed, Some(held), cx);
            }
            let entry = held.entry;
            cx.line(format!(
                "form      {accession}  entry {entry}: listed as {forms}, held as {form}"
            ))
        }
        (None, Some((entry, reason))) => {
            count.skipped += 1;
            if cx.json {
                let held = Held { entry: *entry, form: None, filed: None };
                return finding("skipped", accession, listed, Some(&held), cx);
            }
            cx.line(format!("skipped   {accession}  entry {entry}: {}", safe(reason)))
        }
        (None, None) => {
            count.missing += 1;
            if cx.json {
                return finding("missing", accession, listed, None, cx);
            }
            let (filed, whose) = (listed.filed, whose.join(", "));
            cx.line(format!("missing   {accession}  {forms}, filed {filed}, {whose}"))
        }
    }
}

fn names(forms: &[Form]) -> String {
    forms.iter().map(|form| form.as_str()).collect::<Vec<_>>().join(" or ")
}

fn finding(
    kind: &str,
    accession: Accession,
    listed: &Entry,
    held: Option<&Held>,
    cx: &mut Context,
) -> Result<(), Failure> {
    cx.object(&json!({
        "v": VERSION,
        "finding": kind,
        "accession": accession.to_string(),
        "forms": listed.forms.iter().map(|form| form.as_str()).collect::<Value>(),
        "filed": listed.filed.to_string(),
        "ciks": listed.ciks.keys().map(Cik::to_string).collect::<Value>(),
        "names": listed.ciks.values().cloned().collect::<Value>(),
        "entry": held.map(|held| held.entry),
        "held_form": maybe(held.and_then(|held| held.form)),
    }))
}

fn unlisted(accession: Accession, held: &Held, cx: &mut Context) -> Result<(), Failure> {
    let Held { entry, form, filed } = held;
    if cx.json {
        return cx.object(&json!({
            "v": VERSION,
            "finding": "unlisted",
            "accession": accession.to_string(),
            "filed": maybe(*filed),
            "entry": entry,
            "held_form": maybe(*form),
        }));
    }
    let form = form.map_or("no form".to_owned(), |form| form.to_string());
    let filed = filed.map_or("on no day".to_owned(), |day| day.to_string());
    cx.line(format!("unlisted  {accession}  entry {entry}: {form}, filed {filed}"))
}

fn report(lists: &Lists, holds: &Holds, count: &Count, cx: &mut Context) -> Result<(), Failure> {
    let Count { missing, form, skipped, unlisted, undated } = count;
    let listed = lists.filings.len();
    let (unnamed, wrong) = (holds.unnamed, lists.wrong);
    if cx.json {
        return cx.object(&json!({
            "v": VERSION,
            "report": {
                "listed": listed,
                "missing": missing,
                "form": form,
                "skipped": skipped,
                "unlisted": unlisted,
                "undated": undated,
                "unnamed": unnamed,
                "wrong_lines": wrong,
            },
        }));
    }
    cx.line(format!(
        "{listed} listed: {missing} missing, {skipped} left out on purpose, {form} under another \
         form; {unlisted} held and not listed"
    ))?;
    if undated + unnamed > 0 {
        cx.line(format!(
            "not compared: {undated} held without a filing date, {unnamed} without an accession \
             number"
        ))?;
    }
    if wrong > 0 {
        cx.line(format!("{wrong} lines of the lists could not be read"))?;
    }
    Ok(())
}
