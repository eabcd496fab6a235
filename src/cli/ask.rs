//! What questions begin with: entries, fold, answer; and how what they come to is shown.
//! Decides nothing about what filings mean; `view` does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::keep;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::Clocks;
use crate::ledger::admit::{self, JoinError};
use crate::ledger::chain::Entry;
use crate::ledger::event::Event;
use crate::report::plain::{counted, safe};
use crate::report::sheet::{self, Sheet};
use crate::report::{json, notes, table};
use crate::store::log::{Log, StoreError};
use crate::terms::id::Accession;
use crate::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize};
use crate::terms::topic::{HolderId, Topic};
use crate::view::beside::{Conflict, SaidBeside};
use crate::view::fold::fold;
use crate::view::holding::{ClassHoldings, Fold};
use crate::view::issuer::{
    self, CANDIDATES_MAX, Candidate, Entered, Found, Index, KeptOf, NAMES_MAX, NameOf,
};
use crate::view::others::Others;
use crate::view::projected::Held;
use crate::view::question::{Basis, Question};
use crate::view::timeline::{Dossier, Noted, Recorded, counting};

/// A log as the index that `view` asks: its first `size` entries, and nothing appended since, or an
/// answer at that size could come out differently later.
pub struct LogIndex<'a> {
    /// The log.
    pub log: &'a dyn Log,
    /// How many of its entries count.
    pub size: u64,
}

impl Index for LogIndex<'_> {
    type Error = Failure;

    fn entries_under(&self, topic: &Topic) -> Result<Vec<u64>, Failure> {
        let mut entries = self.log.postings(topic)?;
        entries.retain(|entry| *entry < self.size);
        Ok(entries)
    }

    fn entered(&self, entry: u64) -> Result<Entered, Failure> {
        entered(self.log, entry)
    }

    fn names_containing(
        &self,
        part: &str,
        of: NameOf,
        limit: usize,
    ) -> Result<Vec<Topic>, Failure> {
        let keys = self.log.topics()?.into_iter().map(|(key, _)| key);
        let named = |key: &Topic| match (key, of) {
            (Topic::Name(name), NameOf::Issuer)
            | (Topic::Holder(HolderId::Name(name)), NameOf::Holder) => name.contains(part),
            _ => false,
        };
        let mut found = Vec::new();
        for key in keys.filter(named) {
            if found.len() < limit && !self.entries_under(&key)?.is_empty() {
                found.push(key);
            }
        }
        Ok(found)
    }

    fn kept_with(&self, entry: u64, asked: &Question) -> Result<Option<KeptOf>, Failure> {
        keep::kept_with(self.log, entry, asked)
    }
}

/// What an entry is, its continuations joined to it.
pub fn entered(log: &dyn Log, sequence: u64) -> Result<Entered, Failure> {
    entered_among(sequence, &|sequence| {
        let entry = log.entry(sequence)?;
        let event = entry.open().map_err(|source| StoreError::BadEntry { sequence, source })?;
        Ok((entry, event))
    })
}

/// What an entry is among entries that somebody hands over, with their events.
pub fn entered_among(
    sequence: u64,
    of: &dyn Fn(u64) -> Result<(Entry, Event), Failure>,
) -> Result<Entered, Failure> {
    let (entry, event) = of(sequence)?;
    let (hash, recorded_at) = (entry.hash(), entry.envelope.recorded_at);
    let mut rest = Vec::new();
    for part in 1..=u64::from(event.continued()) {
        if let (_, Event::FilingContinued(part)) = of(sequence + part)? {
            rest.push(part);
        }
    }
    let broken = |error: JoinError| {
        Failure::new(Exit::Unverified, format!("entry {sequence} does not join: {error}"))
            .hint("run `blockholder verify`")
    };
    let event = match event {
        Event::FilingRecorded(filing) => {
            let filing = admit::join(*filing, rest).map_err(broken)?;
            let recorded = Recorded { entry: sequence, hash, recorded_at, filing };
            return Ok(Entered::Filing(Box::new(recorded)));
        }
        Event::FilingContinued(part) => {
            let of = sequence.saturating_sub(u64::from(part.part));
            return Ok(Entered::PartOf(of));
        }
        Event::FilingReread(again) => {
            Event::FilingReread(Box::new(admit::join_reread(*again, rest).map_err(broken)?))
        }
        event => event,
    };
    Ok(Entered::Note(Box::new(Noted { entry: sequence, hash, recorded_at, event })))
}

/// The filing an entry records; `None` for another kind of entry.
pub fn recorded(log: &dyn Log, sequence: u64) -> Result<Option<Recorded>, Failure> {
    match entered(log, sequence)? {
        Entered::Filing(filing) => Ok(Some(*filing)),
        _ => Ok(None),
    }
}

/// Whoever names an entry for its filing named another kind of entry.
pub fn not_a_filing(entry: u64) -> Failure {
    let words = format!("expected a filing in entry {entry}, got another kind of entry");
    Failure::new(Exit::No, words).hint("`blockholder log` lists the entries")
}

/// Refuses a size that the ledger never had. Nothing is known of it, which is no answer: whoever
/// took that for a no would take a ledger that lost its end for one to which nothing was added.
pub fn within(flag: &str, size: u64, most: u64) -> Result<(), Failure> {
    match size <= most {
        true => Ok(()),
        false => {
            let words = format!("expected {flag} of at most {most}, got {size}");
            Err(Failure::new(Exit::Trouble, words))
        }
    }
}

/// Refuses a size at which nothing can be asked: one that the ledger never had, or nothing.
pub fn answers_at(what: &str, size: u64, log: &dyn Log) -> Result<(), Failure> {
    if size == 0 || size > log.size() {
        let words = format!("expected {what} between 1 and {}, got {size}", log.size());
        return Err(Failure::new(Exit::Trouble, words));
    }
    Ok(())
}

/// The question of the arguments, on the clocks of this ledger and this moment.
pub fn question(log: &dyn Log, clocks: Clocks, cx: &Context) -> Result<Basis, Failure> {
    let now = (cx.clock)().instant();
    let size = clocks.at.unwrap_or(log.size());
    answers_at("--at", size, log)?;
    let question = Question {
        as_of: AsOf(clocks.as_of.unwrap_or_else(|| now.day_eastern())),
        known_at: KnownAt(clocks.known_at.unwrap_or(now)),
        at: LedgerSize(size),
    };
    let head = if size == log.size() { log.head().hash } else { log.entry(size - 1)?.hash() };
    Ok(Basis { question, head })
}

/// An issuer's filings that count, folded.
pub struct Answer {
    /// What it rests on.
    pub basis: Basis,
    /// The issuer.
    pub issuer: Candidate,
    /// Everything recorded about the issuer.
    pub dossier: Dossier,
    /// It folded; of the class asked for alone, where the question was a CUSIP.
    pub fold: Fold,
}

impl Answer {
    /// Filings of other issuers that print a CUSIP of its classes.
    pub fn others(&self, log: &dyn Log) -> Result<Others, Failure> {
        let classes = self.fold.classes.iter().map(|class| &class.holdings);
        let cusips = classes.flat_map(|class| class.cusips.iter().cloned()).collect();
        let question = &self.basis.question;
        let index = LogIndex { log, size: question.at.0 };
        let own = self.dossier.entries().collect();
        Others::of(&index, (self.issuer.cik, &own), &cusips, question)
    }
}

/// What a question about an issuer comes to.
pub enum Resolved {
    /// One issuer.
    One(Box<Answer>),
    /// Several that may be meant.
    Several(Vec<Candidate>),
    /// Nobody.
    Nobody,
}

/// Answers about one issuer out of an index.
pub fn resolve<I: Index<Error = Failure>>(
    index: &I,
    asked: &str,
    basis: Basis,
) -> Result<Resolved, Failure> {
    let question = &basis.question;
    Ok(match issuer::find(index, asked)? {
        Found::One { issuer, class, dossier } => {
            let issuer = issuer.known_then(&dossier, question);
            let fold = fold(&dossier, question);
            let fold = match &class {
                Some(cusip) => fold.of_class(cusip),
                None => fold,
            };
            Resolved::One(Box::new(Answer { basis, issuer, dossier, fold }))
        }
        Found::Several(candidates) => Resolved::Several(candidates),
        Found::Nobody => Resolved::Nobody,
    })
}

/// Answers about one issuer, or tells why it cannot be told which; then there is no answer.
pub fn answer(
    log: &dyn Log,
    asked: &str,
    clocks: Clocks,
    cx: &mut Context,
) -> Result<Option<Answer>, Failure> {
    let basis = begin(log, clocks, cx)?;
    answer_on(log, asked, basis, cx)
}

fn answer_on(
    log: &dyn Log,
    asked: &str,
    basis: Basis,
    cx: &mut Context,
) -> Result<Option<Answer>, Failure> {
    let index = LogIndex { log, size: basis.question.at.0 };
    one_of(resolve(&index, asked, basis)?, &index, asked, cx)
}

/// The answer about the one issuer meant. Where several may be meant, it says which, and there is
/// none.
pub fn one_of(
    resolved: Resolved,
    index: &LogIndex,
    asked: &str,
    cx: &mut Context,
) -> Result<Option<Answer>, Failure> {
    match resolved {
        Resolved::One(answer) => Ok(Some(*answer)),
        Resolved::Several(candidates) => {
            several(index, asked, &candidates, cx)?;
            Ok(None)
        }
        Resolved::Nobody => Err(Failure::new(
            Exit::No,
            format!("expected an issuer of this ledger, got {asked:?}: no filing is about it"),
        )
        .hint(
            "name it by CIK, CUSIP, or part of its name; `blockholder issuers` lists who is here",
        )),
    }
}

/// Shows whom somebody may have meant, as many as one can look through, and how many more.
fn several(
    index: &LogIndex,
    asked: &str,
    candidates: &[Candidate],
    cx: &mut Context,
) -> Result<(), Failure> {
    cx.notice(format!("{asked:?} may be any of these; say which by CIK or CUSIP"))?;
    let (shown, more) = candidates.split_at(candidates.len().min(CANDIDATES_MAX));
    if cx.for_programs() {
        shown.iter().try_for_each(|one| cx.data(&json::candidate(one), &sheet::CANDIDATES))?;
    } else {
        cx.line(table::candidates(shown, cx.style))?;
    }
    if more.is_empty() {
        return Ok(());
    }
    let Topic::Name(part) = Topic::name(asked) else { return Ok(()) };
    let all = index.names_containing(&part, NameOf::Issuer, NAMES_MAX + 1)?.len() <= NAMES_MAX;
    let more = more.len();
    if cx.json {
        cx.object(&json!({ "v": json::VERSION, "more": more, "all_counted": all }))?;
    }
    let least = if all { "" } else { "at least " };
    cx.notice(format!("and {least}{more} more; `blockholder issuers {asked:?}` lists them"))
}

/// The question of the arguments; says where its clocks leave a gap.
pub fn begin(log: &dyn Log, clocks: Clocks, cx: &mut Context) -> Result<Basis, Failure> {
    let basis = question(log, clocks, cx)?;
    let question = &basis.question;
    if question.known_at.0 < question.as_of.0.end_eastern() && clocks.known_at.is_some() {
        cx.notice(format!(
            "--known-at is before the end of --as-of {}: what was filed in between is left out",
            question.as_of.0
        ))?;
    }
    Ok(basis)
}

/// Who holds what of one issuer.
pub struct Holdings {
    /// What it rests on.
    pub basis: Basis,
    /// The issuer.
    pub issuer: Candidate,
    /// The classes asked for.
    pub classes: Vec<ClassHoldings>,
    /// The entries that it was folded from; nothing where it was kept.
    folded: Option<BTreeSet<u64>>,
}

impl Holdings {
    /// Filings of other issuers that print a CUSIP of the classes.
    pub fn others(&self, log: &dyn Log) -> Result<Others, Failure> {
        let index = LogIndex { log, size: self.basis.question.at.0 };
        let own = match (&self.folded, self.issuer.cik) {
            (Some(entries), _) => entries.clone(),
            // All that is found under the CIK of an issuer that is kept is its own.
            (None, Some(cik)) => index.entries_under(&Topic::Cik(cik))?.into_iter().collect(),
            (None, None) => BTreeSet::new(),
        };
        let cusips = self.classes.iter().flat_map(|class| class.cusips.iter().cloned()).collect();
        Others::of(&index, (self.issuer.cik, &own), &cusips, &self.basis.question)
    }
}

/// Who holds what of one issuer: out of what is kept where it can be, else folded. Where it cannot
/// be told which issuer is meant there is no answer.
pub fn holdings(
    log: &dyn Log,
    asked: &str,
    clocks: Clocks,
    cx: &mut Context,
) -> Result<Option<Holdings>, Failure> {
    let basis = begin(log, clocks, cx)?;
    if let Some(Held { issuer, classes, .. }) = keep::held(log, asked, &basis)? {
        return Ok(Some(Holdings { basis, issuer, classes, folded: None }));
    }
    let Some(answer) = answer_on(log, asked, basis, cx)? else { return Ok(None) };
    let classes = answer.fold.classes.iter().map(|class| class.holdings.clone()).collect();
    let folded = Some(answer.dossier.entries().collect());
    Ok(Some(Holdings { basis, issuer: answer.issuer, classes, folded }))
}

/// How an answer about one class is shown to programs.
pub struct Shown<'a, C> {
    /// Its columns.
    pub sheet: &'a Sheet,
    /// Its JSON.
    pub json: fn(&Basis, &Candidate, &C) -> Value,
    /// What is a list in it, and empty where nothing counts.
    pub lists: &'static [&'static str],
    /// Whether nothing can be told of a class though filings count, and what is said where that is
    /// so of all.
    pub untold: (fn(&C) -> bool, &'static str),
    /// The numbers of the filings that it is told from.
    pub accessions: fn(&C) -> BTreeSet<Accession>,
}

/// An issuer as it was asked for, and whose filings print a CUSIP of it, too.
pub struct Asked<'a> {
    /// Where.
    pub log: &'a dyn Log,
    /// In these words.
    pub words: &'a str,
    /// The filings of other issuers.
    pub others: Others,
}

/// Shows each class asked for: to programs as it is said here, to people under its heading.
pub fn each_of<C: AsRef<ClassHoldings>>(
    asked: &Asked,
    basis: &Basis,
    issuer: &Candidate,
    classes: &[&C],
    shown: &Shown<C>,
    cx: &mut Context,
    show: impl Fn(&Basis, &C, &mut Context) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    if classes.is_empty() {
        let why = none_counting((asked.log, asked.words), basis)?;
        let empty = (json::no_class(basis, issuer, shown.lists), shown.sheet);
        return nothing_counts(basis, issuer, empty, &why, cx);
    }
    for class in classes {
        let others = asked.others.printing(&(*class).as_ref().cusips);
        let conflicts = conflicts(asked.log, (shown.accessions)(class), basis.question.at.0)?;
        let beside = SaidBeside { others, conflicts };
        show_class(basis, issuer, (*class, &beside), shown, cx, &show)?;
        if !cx.for_programs() {
            cx.words(notes::basis(basis))?;
        }
    }
    let (untold, why) = shown.untold;
    if classes.iter().all(|class| untold(class)) {
        cx.notice(why)?;
        return Ok(Exit::No);
    }
    Ok(Exit::Yes)
}

/// Shows one class, without what the answer rests on, and what is said beside it.
pub fn show_class<C: AsRef<ClassHoldings>>(
    basis: &Basis,
    issuer: &Candidate,
    (class, beside): (&C, &SaidBeside),
    shown: &Shown<C>,
    cx: &mut Context,
    show: impl Fn(&Basis, &C, &mut Context) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if cx.for_programs() {
        let object = json::beside((shown.json)(basis, issuer, class), beside);
        cx.data(&object, shown.sheet)?;
        return said_beside(beside, cx);
    }
    heading(issuer, cx)?;
    class_heading(class.as_ref()).into_iter().try_for_each(|line| cx.words(line))?;
    said_beside(beside, cx)?;
    show(basis, class, cx)
}

/// Under which of some numbers other bytes came, too, by the entries below a size.
pub fn conflicts(
    log: &dyn Log,
    accessions: BTreeSet<Accession>,
    size: u64,
) -> Result<Vec<Conflict>, Failure> {
    let mut found = Vec::new();
    for accession in accessions {
        let mut by = log.conflicts(accession)?;
        by.retain(|entry| *entry < size);
        if !by.is_empty() {
            found.push(Conflict { accession, by });
        }
    }
    Ok(found)
}

/// What is said beside an answer, be it a sheet, whose rows cannot say it.
pub fn said_beside(said: &SaidBeside, cx: &mut Context) -> Result<(), Failure> {
    beside(notes::printed_by(&said.others).chain(notes::conflicts(&said.conflicts)), cx)
}

/// Says something of an answer that its JSON has: to people with it, beside a sheet.
fn beside(lines: impl Iterator<Item = String>, cx: &mut Context) -> Result<(), Failure> {
    for line in lines {
        match (cx.for_programs(), cx.csv) {
            (true, None) => {}
            (true, Some(_)) => cx.notice(line)?,
            (false, _) => cx.words(line)?,
        }
    }
    Ok(())
}

/// A class by title and CUSIPs; below it what it is called by an event, and by which filings it is
/// named beside the one they are answered for in.
pub fn class_heading(class: &ClassHoldings) -> Vec<String> {
    let cusips = class.cusips.iter().map(|cusip| match cusip.is_valid() {
        true => cusip.to_string(),
        false => format!("{cusip} (not valid)"),
    });
    let cusips: Vec<String> = cusips.collect();
    let title = class.title.as_deref().map_or("class not stated".to_owned(), safe);
    let heading = format!("{title}  CUSIP {}", safe(&cusips.join(" ")));
    [heading].into_iter().chain(notes::class_notes(class)).collect()
}

/// Which filings about another class name a class, too, where classes have no headings; beside a
/// sheet, whose rows cannot say it.
pub fn named_classes(named: &[ClassHoldings], cx: &mut Context) -> Result<(), Failure> {
    beside(notes::named_classes(named), cx)
}

/// Who an answer is about.
pub fn heading(issuer: &Candidate, cx: &mut Context) -> Result<(), Failure> {
    let name = issuer.name.as_deref().map_or("issuer not named".to_owned(), safe);
    let cik = issuer.cik.map_or(String::new(), |cik| format!("  CIK {cik}"));
    cx.words(format!("{name}{cik}"))
}

/// The issuer is known, but there is nothing to show of it, and why: an answer, and it is no.
pub fn nothing_counts(
    basis: &Basis,
    issuer: &Candidate,
    (empty, sheet): (Value, &Sheet),
    why: &str,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    if cx.for_programs() {
        cx.data(&empty, sheet)?;
        cx.notice(safe(why))?;
    } else {
        heading(issuer, cx)?;
        cx.words(safe(why))?;
        cx.words(notes::basis(basis))?;
    }
    Ok(Exit::No)
}

/// That no filing counts, how many there are, and from when on the first one does.
pub fn none_counting((log, asked): (&dyn Log, &str), basis: &Basis) -> Result<String, Failure> {
    let none = "no filing about it counts on these clocks";
    let at = basis.question.at;
    let Found::One { dossier, class, .. } = issuer::find(&LogIndex { log, size: at.0 }, asked)?
    else {
        return Ok(none.to_owned());
    };
    let ever = Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at };
    let mut here = dossier.filings.iter().filter(|filing| filing.entry < at.0).count();
    let mut all = counting(&dossier, &ever);
    // Those of its other classes are not about the class asked for; what is withdrawn is of none.
    let own = class.map(|cusip| fold(&dossier, &ever).of_class(&cusip).entries());
    if let Some(own) = own.filter(|own| !own.is_empty()) {
        all.retain(|filing| own.contains(&filing.entry()));
        here = all.len();
    }
    let here = counted(here as u64, "filing is here", "filings are here");
    Ok(match all.iter().min_by_key(|filing| (filing.known().0, filing.counts_since())) {
        None => format!("{none}: {here}, and withdrawn"),
        Some(first) => format!(
            "{none}: {here}, and the first known counts from --as-of {} and --known-at {} on",
            first.counts_since(),
            first.known().0
        ),
    })
}
