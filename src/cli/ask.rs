//! `holders` and `history`: entries, fold, answer, report.
//! Decides nothing about what filings mean; `view` does.

use serde_json::Value;

use crate::cli::args::{AskArgs, Clocks};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::admit::{self, JoinError};
use crate::ledger::event::Event;
use crate::report::plain::safe;
use crate::report::{json, table};
use crate::store::log::Log;
use crate::terms::id::Cusip;
use crate::terms::time::{AsOf, KnownAt, LedgerSize};
use crate::terms::topic::{HolderId, Topic};
use crate::view::holding::{Fold, fold};
use crate::view::issuer::{self, Candidate, Entered, Found, Index, NameOf};
use crate::view::question::{Basis, Question};
use crate::view::timeline::{Noted, Recorded, counting};

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
}

/// What an entry is, its continuations joined to it.
pub fn entered(log: &dyn Log, sequence: u64) -> Result<Entered, Failure> {
    let entry = log.entry(sequence)?;
    let (hash, recorded_at) = (entry.hash(), entry.envelope.recorded_at);
    let event = log.event(sequence)?;
    let mut rest = Vec::new();
    for part in 1..=u64::from(event.continued()) {
        if let Event::FilingContinued(part) = log.event(sequence + part)? {
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

/// The question of the arguments, on the clocks of this ledger and this moment.
pub fn question(log: &dyn Log, clocks: Clocks, cx: &Context) -> Result<Basis, Failure> {
    let now = (cx.clock)().instant();
    let size = clocks.at.unwrap_or(log.size());
    if size == 0 || size > log.size() {
        let words = format!("expected --at between 1 and {}, got {size}", log.size());
        return Err(Failure::new(Exit::Trouble, words));
    }
    let question = Question {
        as_of: AsOf(clocks.as_of.unwrap_or_else(|| now.day_eastern())),
        known_at: KnownAt(clocks.known_at.unwrap_or(now)),
        at: LedgerSize(size),
    };
    let head = if size == log.size() { log.head().hash } else { log.entry(size - 1)?.hash() };
    Ok(Basis { question, head })
}

/// An issuer's filings that count, folded.
struct Answer {
    basis: Basis,
    issuer: Candidate,
    class: Option<Cusip>,
    fold: Fold,
}

/// Answers about one issuer, or tells why it cannot be told which; then there is no answer.
fn answer(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Option<Answer>, Failure> {
    let basis = question(log, args.clocks, cx)?;
    let question = &basis.question;
    if question.known_at.0 < question.as_of.0.end_eastern() && args.clocks.known_at.is_some() {
        cx.notice(format!(
            "--known-at is before the end of --as-of {}: what was filed in between is left out",
            question.as_of.0
        ))?;
    }
    match issuer::find(&LogIndex { log, size: question.at.0 }, &args.issuer)? {
        Found::One { mut issuer, class, dossier } => {
            // Its name as it was known then, not as a later filing has it.
            let filings = counting(&dossier, question);
            let name = filings.iter().rev().find_map(|filing| filing.filing.issuer_name());
            issuer.name = name.map(str::to_owned).or(issuer.name);
            let fold = fold(&dossier, question);
            Ok(Some(Answer { basis, issuer, class, fold }))
        }
        Found::Several(candidates) => {
            cx.notice(format!("{:?} may be any of these; say which by CIK or CUSIP", args.issuer))?;
            if cx.json {
                candidates.iter().try_for_each(|one| cx.object(&json::candidate(one)))?;
            } else {
                cx.line(table::candidates(&candidates, cx.style))?;
            }
            Ok(None)
        }
        Found::Nobody => Err(Failure::new(
            Exit::No,
            format!(
                "expected an issuer of this ledger, got {:?}: no filing is about it",
                args.issuer
            ),
        )
        .hint("name it by CIK, CUSIP, or part of its name; `blockholder log` lists what is here")),
    }
}

/// Shows who holds what.
pub fn holders(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Some(Answer { basis, issuer, class, fold }) = answer(log, args, cx)? else {
        return Ok(Exit::No);
    };
    let asked = |cusips: &std::collections::BTreeSet<Cusip>| {
        class.as_ref().is_none_or(|wanted| cusips.contains(wanted))
    };
    let classes: Vec<_> = fold.classes.iter().filter(|class| asked(&class.cusips)).collect();
    if classes.is_empty() {
        return nothing_counts(&basis, &issuer, json::no_holders(&basis, &issuer), cx);
    }
    for class in classes {
        if cx.json {
            cx.object(&json::holders(&basis, &issuer, class))?;
            continue;
        }
        let cusips: Vec<&str> = class.cusips.iter().map(|cusip| cusip.as_str()).collect();
        heading(&issuer, cx)?;
        let title = class.title.as_deref().map_or("class not stated".to_owned(), safe);
        cx.line(format!("{title}  CUSIP {}", safe(&cusips.join(" "))))?;
        cx.line(table::holders(class, cx.style))?;
        cx.line(table::basis(&basis))?;
    }
    Ok(Exit::Yes)
}

/// Shows what changed from filing to filing.
pub fn history(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Some(Answer { basis, issuer, fold, .. }) = answer(log, args, cx)? else {
        return Ok(Exit::No);
    };
    if fold.changes.is_empty() {
        return nothing_counts(&basis, &issuer, json::history(&basis, &issuer, &[]), cx);
    }
    if cx.json {
        cx.object(&json::history(&basis, &issuer, &fold.changes))?;
    } else {
        heading(&issuer, cx)?;
        cx.line(table::history(&fold.changes, cx.style))?;
        cx.line(table::basis(&basis))?;
    }
    Ok(Exit::Yes)
}

fn heading(issuer: &Candidate, cx: &mut Context) -> Result<(), Failure> {
    let name = issuer.name.as_deref().map_or("issuer not named".to_owned(), safe);
    let cik = issuer.cik.map_or(String::new(), |cik| format!("  CIK {cik}"));
    cx.line(format!("{name}{cik}"))
}

/// The issuer is known, but none of its filings counts on these clocks: an answer, and it is no.
fn nothing_counts(
    basis: &Basis,
    issuer: &Candidate,
    empty: Value,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    if cx.json {
        cx.object(&empty)?;
    } else {
        heading(issuer, cx)?;
        cx.line("no filing about it counts on these clocks")?;
        cx.line(table::basis(basis))?;
    }
    Ok(Exit::No)
}
