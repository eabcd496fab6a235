//! `holders` and `history`: entries, fold, answer, report; and what other questions begin with.
//! Decides nothing about what filings mean; `view` does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cli::args::{AskArgs, Clocks, HistoryArgs, HoldersArgs};
use crate::cli::cite::field_name;
use crate::cli::context::Context;
use crate::cli::keep;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::admit::{self, JoinError};
use crate::ledger::chain::Entry;
use crate::ledger::event::Event;
use crate::report::difference::{self, ItemWords};
use crate::report::plain::{counted, safe};
use crate::report::sheet::{self, Sheet};
use crate::report::{json, table};
use crate::store::log::{Log, StoreError};
use crate::terms::id::{Accession, Cusip};
use crate::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize};
use crate::terms::topic::{HolderId, Topic};
use crate::view;
use crate::view::history::{Change, ChangeKind, ItemChange, Place};
use crate::view::holding::{ClassHoldings, Fold, FoldedClass, fold};
use crate::view::issuer::{
    self, CANDIDATES_MAX, Candidate, Entered, Found, Index, KeptOf, NAMES_MAX, NameOf,
};
use crate::view::person::Wanted;
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
pub struct Answer {
    /// What it rests on.
    pub basis: Basis,
    /// The issuer.
    pub issuer: Candidate,
    /// The class asked for, where the question was a CUSIP.
    pub class: Option<Cusip>,
    /// Everything recorded about the issuer.
    pub dossier: Dossier,
    /// It folded.
    pub fold: Fold,
}

impl Answer {
    /// The classes asked for.
    pub fn classes(&self) -> Vec<&FoldedClass> {
        let asked = |class: &&FoldedClass| {
            self.class.as_ref().is_none_or(|wanted| class.holdings.cusips.contains(wanted))
        };
        self.fold.classes.iter().filter(asked).collect()
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
            Resolved::One(Box::new(Answer { basis, issuer, class, dossier, fold }))
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
    let size = basis.question.at.0;
    match resolve(&LogIndex { log, size }, asked, basis)? {
        Resolved::One(answer) => Ok(Some(*answer)),
        Resolved::Several(candidates) => {
            several(&LogIndex { log, size }, asked, &candidates, cx)?;
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
fn begin(log: &dyn Log, clocks: Clocks, cx: &mut Context) -> Result<Basis, Failure> {
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

/// Shows who holds what.
pub fn holders(log: &dyn Log, args: &HoldersArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let shown = Shown { sheet: &sheet::HOLDERS, json: json::holders };
    let AskArgs { issuer, clocks } = &args.ask;
    let show = |basis: &Basis, class: &ClassHoldings, cx: &mut Context| {
        cx.line(table::holders(class, basis.question.as_of.0, args.adjust, cx.style))
    };
    let Some(answer) = holdings(log, issuer, *clocks, cx)? else { return Ok(Exit::No) };
    let classes: Vec<_> = answer.classes.iter().collect();
    each_of((log, issuer), &answer.basis, &answer.issuer, &classes, &shown, cx, show)
}

/// Who holds what of one issuer.
pub struct Holdings {
    /// What it rests on.
    pub basis: Basis,
    /// The issuer.
    pub issuer: Candidate,
    /// The classes asked for.
    pub classes: Vec<ClassHoldings>,
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
        return Ok(Some(Holdings { basis, issuer, classes }));
    }
    let answer = answer_on(log, asked, basis, cx)?;
    Ok(answer.map(|answer| {
        let classes = answer.classes().into_iter().map(|class| class.holdings.clone()).collect();
        Holdings { basis, issuer: answer.issuer, classes }
    }))
}

/// How an answer about one class is shown to programs.
pub struct Shown<'a, C> {
    /// Its columns.
    pub sheet: &'a Sheet,
    /// Its JSON.
    pub json: fn(&Basis, &Candidate, &C) -> Value,
}

/// Shows each class asked for: to programs as it is said here, to people under its heading.
pub fn each_class(
    log: &dyn Log,
    args: &AskArgs,
    shown: &Shown<FoldedClass>,
    cx: &mut Context,
    show: impl Fn(&Basis, &FoldedClass, &mut Context) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let Some(answer) = answer(log, &args.issuer, args.clocks, cx)? else { return Ok(Exit::No) };
    let asked = (log, args.issuer.as_str());
    each_of(asked, &answer.basis, &answer.issuer, &answer.classes(), shown, cx, show)
}

fn each_of<C: AsRef<ClassHoldings>>(
    asked: (&dyn Log, &str),
    basis: &Basis,
    issuer: &Candidate,
    classes: &[&C],
    shown: &Shown<C>,
    cx: &mut Context,
    show: impl Fn(&Basis, &C, &mut Context) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    if classes.is_empty() {
        let why = none_counting(asked, basis)?;
        let empty = (json::no_holders(basis, issuer), shown.sheet);
        return nothing_counts(basis, issuer, empty, &why, cx);
    }
    for class in classes {
        if cx.for_programs() {
            cx.data(&(shown.json)(basis, issuer, class), shown.sheet)?;
            continue;
        }
        heading(issuer, cx)?;
        cx.words(class_heading((*class).as_ref()))?;
        show(basis, class, cx)?;
        cx.words(table::basis(basis))?;
    }
    Ok(Exit::Yes)
}

/// A class by title and CUSIPs.
pub fn class_heading(class: &ClassHoldings) -> String {
    let cusips = class.cusips.iter().map(|cusip| match cusip.is_valid() {
        true => cusip.to_string(),
        false => format!("{cusip} (not valid)"),
    });
    let cusips: Vec<String> = cusips.collect();
    let title = class.title.as_deref().map_or("class not stated".to_owned(), safe);
    format!("{title}  CUSIP {}", safe(&cusips.join(" ")))
}

/// Shows what changed from filing to filing.
pub fn history(log: &dyn Log, args: &HistoryArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let fields = args.field.iter().map(|name| field_name(name)).collect::<Result<Vec<_>, _>>()?;
    let kinds = args.kind.iter().map(|name| kind(name)).collect::<Result<Vec<_>, _>>()?;
    let Some((basis, subject, changes)) = changes_of(log, args, cx)? else {
        return Ok(Exit::No);
    };
    let wanted = |change: &Change| {
        args.since.is_none_or(|since| change.day >= since)
            && (fields.is_empty() || fields.contains(&change.field))
            && (kinds.is_empty() || kinds.contains(&change.kind))
            && args.holder.as_deref().is_none_or(|part| {
                let part = part.to_lowercase();
                change.holder.as_ref().is_some_and(|name| name.to_lowercase().contains(&part))
            })
    };
    let all: BTreeSet<u64> = changes.iter().map(|change| change.entry).collect();
    let mut changes: Vec<Change> = changes.into_iter().filter(wanted).collect();
    let words = item_words(log, &mut changes)?;
    if changes.is_empty() {
        let why = match all.len() {
            0 => none_counting((log, &args.of), &basis)?,
            many => none_matching(many as u64, args),
        };
        let empty = json::history(&basis, &subject, &[], &words);
        return nothing_counts(&basis, &subject, (empty, &sheet::HISTORY), &why, cx);
    }
    if cx.for_programs() {
        cx.data(&json::history(&basis, &subject, &changes, &words), &sheet::HISTORY)?;
    } else {
        heading(&subject, cx)?;
        cx.line(table::history(&changes, &words, cx.style))?;
        cx.words(table::basis(&basis))?;
    }
    Ok(Exit::Yes)
}

fn kind(text: &str) -> Result<ChangeKind, Failure> {
    ChangeKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = ChangeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Failure::new(Exit::Trouble, format!("expected a kind of change, got {text:?}"))
            .hint(format!("the kinds are {}", names.join(", ")))
    })
}

/// Whose changes are asked for: a filing's, an issuer's, or else a person's.
fn changes_of(
    log: &dyn Log,
    args: &HistoryArgs,
    cx: &mut Context,
) -> Result<Option<(Basis, Candidate, Vec<Change>)>, Failure> {
    let basis = question(log, args.clocks, cx)?;
    let index = LogIndex { log, size: basis.question.at.0 };
    if let Ok(accession) = args.of.parse::<Accession>() {
        let entry = log.by_accession(accession)?.filter(|entry| *entry < basis.question.at.0);
        let Some(entry) = entry else {
            let words = format!("expected a recorded filing, got {accession}, which is none");
            return Err(Failure::new(Exit::No, words));
        };
        let Some((issuer, dossier)) = issuer::gather(&index, [entry].into())?.pop() else {
            return Ok(None);
        };
        let about = |one: u64| {
            let note = dossier.notes.iter().find(|note| note.entry == one);
            note.and_then(|note| note.event.filing()).map_or(one, |filing| filing.entry)
        };
        let mut changes = fold(&dossier, &basis.question).changes;
        changes.retain(|change| about(change.entry) == entry);
        return Ok(Some((basis, issuer, changes)));
    }
    if !matches!(issuer::find(&index, &args.of)?, Found::Nobody) {
        let found = answer(log, &args.of, args.clocks, cx)?;
        return Ok(found.map(|answer| (answer.basis, answer.issuer, answer.fold.changes)));
    }
    let found = view::person::find(&index, &args.of, &basis.question, Wanted::Changes)?;
    let mut changes = Vec::new();
    let mut subject = Candidate { name: Some(args.of.clone()), ..Candidate::default() };
    for at in found.persons.iter().flat_map(|person| &person.at) {
        let Some((issuer, person)) = found.person(*at) else { continue };
        subject.name = person.name.clone().or(subject.name);
        subject.cik = person.cik.or(subject.cik);
        let own = issuer.changes.iter().filter(|change| change.person == Some(at.1));
        changes.extend(own.cloned());
    }
    if found.persons.is_empty() {
        let words =
            format!("expected an issuer, a person or a filing of this ledger, got {:?}", args.of);
        let hint = match accession_of(log, &args.of)? {
            Some(accession) => format!("entry {} is the filing {accession}: ask for that", args.of),
            None => "`blockholder issuers` and `log` list what is here".to_owned(),
        };
        return Err(Failure::new(Exit::No, words).hint(hint));
    }
    if found.persons.len() > 1 {
        let many = found.persons.len();
        cx.notice(format!("{many} persons are known so; a number or `link` would make them one"))?;
        subject = Candidate { name: Some(args.of.clone()), ..Candidate::default() };
    }
    changes.sort_by_key(|change| (change.day, change.known_at, change.entry));
    Ok(Some((basis, subject, changes)))
}

/// The accession number of the filing of an entry, where a number is one.
fn accession_of(log: &dyn Log, text: &str) -> Result<Option<Accession>, Failure> {
    match text.parse() {
        Ok(entry) if entry < log.size() => Ok(log.event(entry)?.accession()),
        _ => Ok(None),
    }
}

/// What items say otherwise than before, word by word; items said again in the same words are no
/// change.
fn item_words(log: &dyn Log, changes: &mut Vec<Change>) -> Result<ItemWords, Failure> {
    let mut words = ItemWords::new();
    let mut kept = Vec::with_capacity(changes.len());
    for change in changes.drain(..) {
        if let Some(ItemChange { number, before: Some(before), now }) = change.item {
            let difference = difference::words(&item_text(log, before)?, &item_text(log, now)?);
            if !difference.is_empty() {
                words.insert((change.entry, number), difference);
                kept.push(change);
            }
        } else {
            kept.push(change);
        }
    }
    *changes = kept;
    Ok(words)
}

/// The words at a place of received bytes.
pub fn item_text(log: &dyn Log, place: Place) -> Result<String, Failure> {
    let received = match log.blob(place.content) {
        Err(StoreError::Redacted { entry, .. }) => {
            return Ok(format!("[received bytes that entry {entry} redacts]"));
        }
        other => other?,
    };
    Ok(difference::text_of(place.span.cut(&received).unwrap_or_default()))
}

/// Who an answer is about.
pub fn heading(issuer: &Candidate, cx: &mut Context) -> Result<(), Failure> {
    let name = issuer.name.as_deref().map_or("issuer not named".to_owned(), safe);
    let cik = issuer.cik.map_or(String::new(), |cik| format!("  CIK {cik}"));
    cx.words(format!("{name}{cik}"))
}

/// The issuer is known, but there is nothing to show of it, and why: an answer, and it is no.
fn nothing_counts(
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
        cx.words(table::basis(basis))?;
    }
    Ok(Exit::No)
}

/// What was left over of what counts, where that is nothing.
fn none_matching(entries: u64, args: &HistoryArgs) -> String {
    let each = |flag: &str, values: &[String]| -> Vec<String> {
        values.iter().map(|value| format!("--{flag} {value}")).collect()
    };
    let since = args.since.map(|since| format!("--since {since}"));
    let holder = args.holder.as_ref().map(|holder| format!("--holder {holder}"));
    let mut flags: Vec<String> = since.into_iter().chain(holder).collect();
    flags.extend(each("field", &args.field));
    flags.extend(each("kind", &args.kind));
    let entries = counted(entries, "entry counts", "entries count");
    format!("{entries}; nothing in them matches {}", flags.join(" "))
}

/// That no filing counts, how many there are, and from when on the first one does.
fn none_counting((log, asked): (&dyn Log, &str), basis: &Basis) -> Result<String, Failure> {
    let none = "no filing about it counts on these clocks";
    let at = basis.question.at;
    let Found::One { dossier, .. } = issuer::find(&LogIndex { log, size: at.0 }, asked)? else {
        return Ok(none.to_owned());
    };
    let ever = Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at };
    let here = dossier.filings.iter().filter(|filing| filing.entry < at.0).count() as u64;
    let here = counted(here, "filing is here", "filings are here");
    let all = counting(&dossier, &ever);
    Ok(match all.iter().min_by_key(|filing| (filing.known().0, filing.true_since())) {
        None => format!("{none}: {here}, and withdrawn"),
        Some(first) => format!(
            "{none}: {here}, and the first known counts from --as-of {} and --known-at {} on",
            first.true_since(),
            first.known().0
        ),
    })
}
