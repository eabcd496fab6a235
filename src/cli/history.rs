//! `history`: what changed from filing to filing, of an issuer, of every one, a person or a filing.
//! Folds nothing itself; `ask` says which issuer is meant, and `view` what changed.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::cli::ask::{
    Answer, LogIndex, Resolved, answer, begin, conflicts, heading, named_classes, none_counting,
    nothing_counts, one_of, question, said_beside,
};
use crate::cli::cite::{entry_within, field_name};
use crate::cli::context::Context;
use crate::cli::every::{All, NONE_COUNTING, each_issuer_but};
use crate::cli::outcome::{Exit, Failure};
use crate::cli::person::{not_too_many, not_yet};
use crate::cli::questions::HistoryArgs;
use crate::cli::since::{self, Passing};
use crate::cli::words::{Received, reworded};
use crate::report::difference::ItemWords;
use crate::report::plain::counted;
use crate::report::{json, notes, sheet, table};
use crate::store::log::Log;
use crate::terms::id::Accession;
use crate::terms::trouble::FieldName;
use crate::view;
use crate::view::beside::SaidBeside;
use crate::view::crossing::Crossing;
use crate::view::fold::fold;
use crate::view::history::{Change, ChangeKind, ClassName, Subject};
use crate::view::holding::ClassHoldings;
use crate::view::issuer::{self, Candidate, Found, issuers_of};
use crate::view::person::Wanted;
use crate::view::question::Basis;

/// Shows what changed from filing to filing.
pub fn history(log: &dyn Log, args: &HistoryArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let wanted = Filter::of(args)?;
    let Some(of) = &args.of else { return every(log, args, &wanted, cx) };
    let Some(told) = changes_of(log, of, args, cx)? else { return Ok(Exit::No) };
    let all = told.entries().len() as u64;
    let told = told.only(log, &wanted)?;
    let Told { basis, subject, mut changes, several, named, mut beside, why } = told;
    let accessions = changes.iter().filter_map(|change| change.accession).collect();
    beside.conflicts = conflicts(log, accessions, basis.question.at.0)?;
    let words = reworded(log, &mut changes)?;
    if changes.is_empty() {
        let why = match (why, all) {
            (Some(why), _) => why,
            (None, 0) => none_counting((log, of), &basis)?,
            (None, many) => wanted.none_of(many),
        };
        let empty = json::history(&basis, &subject, &[], &words, &named);
        return nothing_counts(&basis, subject.who(), (empty, &sheet::HISTORY), &why, cx);
    }
    let told = Told { basis, subject, changes, several, named, beside, why };
    show(&told, &words, cx)?;
    if !cx.for_programs() {
        cx.words(notes::basis(&basis))?;
    }
    Ok(Exit::Yes)
}

/// Shows the changes of every issuer that has some. Where they are asked for since some moment or
/// size, an issuer of which nothing was told since is not folded to find that out.
fn every(
    log: &dyn Log,
    args: &HistoryArgs,
    wanted: &Filter,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let basis = begin(log, args.clocks, cx)?;
    let mut passing = Passing::of(log, &basis, (args.known_since, args.since_size))?;
    let mut all = All::begin(basis, &sheet::HISTORY, cx)?;
    let mut told_any = false;
    each_issuer_but(log, &basis, &mut |issuer| passing.over(issuer), &mut |answer| {
        let told = Told::of(answer);
        told_any |= !told.changes.is_empty();
        let mut told = told.only(log, wanted)?;
        let words = reworded(log, &mut told.changes)?;
        if told.changes.is_empty() {
            return Ok(());
        }
        all.next(cx)?;
        show(&told, &words, cx)
    })?;
    let why = if passing.counts || told_any {
        format!("nothing in the entries that count matches {}", wanted.flags())
    } else {
        NONE_COUNTING.to_owned()
    };
    all.end(&why, cx)
}

/// An issuer's changes as a proof has them: of all holders, or of those whose name has a part.
pub struct Proven {
    told: Told,
    words: ItemWords,
}

impl Proven {
    /// Out of an answer, and the bytes that items are said in.
    pub fn of<R: Received + ?Sized>(
        answer: &Answer,
        holder: Option<&str>,
        received: &R,
    ) -> Result<Self, Failure> {
        let Answer { basis, issuer, fold, .. } = answer;
        let holder = holder.map(str::to_lowercase);
        let own = fold.changes.iter().filter(|change| is_of(change, holder.as_deref()));
        let mut changes = of_issuer(own.cloned(), issuer).collect();
        let words = reworded(received, &mut changes)?;
        let (subject, named) = (Subject::Issuer(issuer.clone()), fold.named_classes());
        let (basis, beside) = (*basis, SaidBeside::default());
        let several = fold.classes.len() > 1;
        let told = Told { basis, subject, changes, several, named, beside, why: None };
        Ok(Self { told, words })
    }

    /// The changes.
    pub fn changes(&self) -> &[Change] {
        &self.told.changes
    }

    /// As `history --json` has them.
    pub fn json(&self) -> Json {
        let Told { basis, subject, changes, named, .. } = &self.told;
        json::history(basis, subject, changes, &self.words, named)
    }

    /// Whose they are.
    pub fn who(&self) -> &Candidate {
        self.told.subject.who()
    }

    /// What they rest on.
    pub fn basis(&self) -> &Basis {
        &self.told.basis
    }

    /// Shows them as `history` does, or that there is none.
    pub fn show(&self, cx: &mut Context) -> Result<(), Failure> {
        if self.told.changes.is_empty() {
            heading(self.who(), cx)?;
            return cx.line("nothing is told on these clocks");
        }
        show(&self.told, &self.words, cx)
    }
}

fn show(told: &Told, words: &ItemWords, cx: &mut Context) -> Result<(), Failure> {
    let Told { basis, subject, changes, several, named, beside, .. } = told;
    if cx.for_programs() {
        let all = json::history(basis, subject, changes, words, named);
        cx.data(&json::beside(all, beside), &sheet::HISTORY)?;
    } else {
        heading(subject.who(), cx)?;
        cx.line(table::history(changes, words, (subject, *several), cx.style))?;
    }
    named_classes(named, cx)?;
    said_beside(beside, cx)
}

/// Which changes are shown.
struct Filter<'a> {
    args: &'a HistoryArgs,
    fields: Vec<FieldName>,
    kinds: Vec<ChangeKind>,
    holder: Option<String>,
}

impl<'a> Filter<'a> {
    fn of(args: &'a HistoryArgs) -> Result<Self, Failure> {
        let fields = args.field.iter().map(|name| field_name(name));
        let kinds = args.kind.iter().map(|name| kind(name));
        Ok(Self {
            args,
            fields: fields.collect::<Result<_, _>>()?,
            kinds: kinds.collect::<Result<_, _>>()?,
            holder: args.holder.as_ref().map(|part| part.to_lowercase()),
        })
    }

    fn takes(&self, change: &Change, out: Option<&Out>) -> bool {
        let Self { args, fields, kinds, holder } = self;
        args.since.is_none_or(|since| change.day >= since)
            && args.known_since.is_none_or(|since| change.told_at >= since)
            && out.is_none_or(|out| crossed(change, out))
            && (fields.is_empty() || fields.contains(&change.field))
            && (kinds.is_empty() || kinds.contains(&change.kind))
            && is_of(change, holder.as_deref())
    }

    /// What was left over of what counts, where that is nothing.
    fn none_of(&self, entries: u64) -> String {
        let entries = counted(entries, "entry counts", "entries count");
        format!("{entries}; nothing in them matches {}", self.flags())
    }

    /// What changes were asked for by.
    fn flags(&self) -> String {
        let args = self.args;
        let each = |flag: &str, values: &[String]| -> Vec<String> {
            values.iter().map(|value| format!("--{flag} {value}")).collect()
        };
        let since = args.since.map(|since| format!("--since {since}"));
        let known = args.known_since.map(|since| format!("--known-since {since}"));
        let size = args.since_size.map(|size| format!("--since-size {size}"));
        let holder = args.holder.as_ref().map(|holder| format!("--holder {holder}"));
        let crossed = args.crossed.then(|| "--crossed".to_owned());
        let mut flags: Vec<String> =
            [since, known, size, holder, crossed].into_iter().flatten().collect();
        flags.extend(each("field", &args.field));
        flags.extend(each("kind", &args.kind));
        flags.join(" ")
    }
}

/// Whether the name of whose change it is contains a part, in small letters.
fn is_of(change: &Change, part: Option<&str>) -> bool {
    let named =
        |part| change.holder.as_ref().is_some_and(|name| name.to_lowercase().contains(part));
    part.is_none_or(named)
}

/// Whether a percent went through something. Whose first percent is above 5 came through 5: an
/// original says so, and of an amendment whose original is not here it is not known that it did
/// not, which must not be passed over. Neither must an exit that a box, words or a nought tell, and
/// no percent.
fn crossed(change: &Change, out: &Out) -> bool {
    !change.crossed.is_empty()
        || change.first
        || (change.kind == ChangeKind::Exited && !out.tells(change))
}

fn kind(text: &str) -> Result<ChangeKind, Failure> {
    ChangeKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = ChangeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Failure::new(Exit::Trouble, format!("expected a kind of change, got {text:?}"))
            .hint(format!("the kinds are {}", names.join(", ")))
    })
}

/// Changes, and of whom.
struct Told {
    basis: Basis,
    subject: Subject,
    changes: Vec<Change>,
    /// Whether what they are asked of has several classes; those that are shown may be of one.
    several: bool,
    /// Classes that filings about another name, too.
    named: Vec<ClassHoldings>,
    /// What is said beside them.
    beside: SaidBeside,
    /// Why there are none, where somebody found out already.
    why: Option<String>,
}

impl Told {
    fn of(answer: Answer) -> Self {
        let Answer { basis, issuer, fold, .. } = answer;
        let (named, filings) = (fold.named_classes(), fold.entries().len());
        let several = fold.classes.len() > 1;
        let changes: Vec<Change> = of_issuer(fold.changes, &issuer).collect();
        let subject = Subject::Issuer(issuer);
        let why = changes.is_empty().then(|| untold(filings)).flatten();
        Self { basis, subject, changes, several, named, beside: SaidBeside::default(), why }
    }

    /// The entries that have told a change.
    fn entries(&self) -> BTreeSet<u64> {
        self.changes.iter().map(|change| change.entry).collect()
    }

    fn only(mut self, log: &dyn Log, wanted: &Filter) -> Result<Self, Failure> {
        let about = self.entries();
        // Asked for with what went through a threshold alone.
        let out = wanted.args.crossed.then(|| Out::of(&self.changes));
        self.changes.retain(|change| wanted.takes(change, out.as_ref()));
        if let Some(size) = wanted.args.since_size {
            since::within(size, &self.basis)?;
            since::told_anew(log, (&mut self.changes, &about), &self.basis, size)?;
        }
        Ok(self)
    }
}

/// By which filings a percent of whom went to 5 or less: beside that an exit is no crossing of its
/// own.
struct Out(BTreeSet<(Holder, u64)>);

/// A holder of a class of an issuer.
type Holder = (Option<Rc<Candidate>>, Option<Rc<ClassName>>, usize);

impl Out {
    fn of(changes: &[Change]) -> Self {
        let through = changes.iter().filter(|one| one.crossed.contains(&Crossing::ToFiveOrLess));
        Self(through.filter_map(|change| Some((holder_of(change)?, change.entry))).collect())
    }

    /// Whether a percent tells an exit.
    fn tells(&self, change: &Change) -> bool {
        holder_of(change).is_some_and(|holder| self.0.contains(&(holder, change.entry)))
    }
}

fn holder_of(change: &Change) -> Option<Holder> {
    Some((change.issuer.clone(), change.class.clone(), change.person?))
}

/// That filings count and there is nothing to tell of them; nothing where none counts.
fn untold(filings: usize) -> Option<String> {
    let (count, them, their) = match filings {
        0 => return None,
        1 => ("1 filing counts".to_owned(), "it", "its"),
        many => (format!("{many} filings count"), "them", "their"),
    };
    Some(format!(
        "{count}, and nothing is told of {them}: neither a cover page nor an item was read; \
         `blockholder chains` lists {them} with {their} troubles"
    ))
}

/// Changes with the issuer that they are about.
fn of_issuer(
    changes: impl IntoIterator<Item = Change>,
    issuer: &Candidate,
) -> impl Iterator<Item = Change> {
    let issuer = Rc::new(issuer.clone());
    changes.into_iter().map(move |change| Change { issuer: Some(Rc::clone(&issuer)), ..change })
}

/// The changes that one filing makes, and what is decided about it. Where it is of several issuers
/// it says which, and there are none.
fn of_filing(
    log: &dyn Log,
    accession: Accession,
    basis: &Basis,
    cx: &mut Context,
) -> Result<Option<Told>, Failure> {
    let index = LogIndex { log, size: basis.question.at.0 };
    let entry = entry_within(log, accession, index.size)?;
    let mut issuers = issuers_of(&index, entry)?;
    if issuers.len() > 1 {
        let several = Resolved::Several(issuers.into_iter().map(|(who, _)| who).collect());
        one_of(several, &index, &accession.to_string(), cx)?;
        return Ok(None);
    }
    let Some((issuer, dossier)) = issuers.pop() else { return Ok(None) };
    let about = |one: u64| {
        let note = dossier.notes.iter().find(|note| note.entry == one);
        note.and_then(|note| note.event.filing()).map_or(one, |filing| filing.entry)
    };
    let fold = fold(&dossier, &basis.question);
    let mut named = fold.named_classes();
    named.retain(|class| class.named_by.contains(&entry));
    let (counts, several) = (fold.entries().contains(&entry), fold.classes.len() > 1);
    let mut changes: Vec<Change> = of_issuer(fold.changes, &issuer).collect();
    changes.retain(|change| about(change.entry) == entry);
    let why = (counts && changes.is_empty()).then(|| untold(1)).flatten();
    let (basis, subject) = (*basis, Subject::Issuer(issuer));
    let beside = SaidBeside::default();
    Ok(Some(Told { basis, subject, changes, several, named, beside, why }))
}

/// Whose changes are asked for: a filing's, an issuer's, or else a person's.
fn changes_of(
    log: &dyn Log,
    of: &str,
    args: &HistoryArgs,
    cx: &mut Context,
) -> Result<Option<Told>, Failure> {
    let basis = question(log, args.clocks, cx)?;
    let index = LogIndex { log, size: basis.question.at.0 };
    if let Ok(accession) = of.parse::<Accession>() {
        return of_filing(log, accession, &basis, cx);
    }
    if !matches!(issuer::find(&index, of)?, Found::Nobody) {
        let Some(answer) = answer(log, of, args.clocks, cx)? else { return Ok(None) };
        let beside = SaidBeside { others: answer.others(log)?.all(), ..SaidBeside::default() };
        return Ok(Some(Told { beside, ..Told::of(answer) }));
    }
    of_person(log, of, basis, cx).map(Some)
}

/// The changes of a person, about all issuers.
fn of_person(log: &dyn Log, of: &str, basis: Basis, cx: &mut Context) -> Result<Told, Failure> {
    let index = LogIndex { log, size: basis.question.at.0 };
    let found = view::person::find(&index, of, &basis.question, Wanted::Changes)?;
    not_too_many(&found, of)?;
    let mut changes = Vec::new();
    let mut subject = Candidate { name: Some(of.to_owned()), ..Candidate::default() };
    for at in found.persons.iter().flat_map(|person| &person.at) {
        let Some((issuer, person)) = found.person(*at) else { continue };
        subject.name = person.name.clone().or(subject.name);
        subject.cik = person.cik.or(subject.cik);
        let own = issuer.changes.iter().filter(|change| change.is_about(at.1));
        changes.extend(of_issuer(own.cloned(), &issuer.issuer));
    }
    if found.persons.is_empty()
        && let Some((found, why)) = not_yet(&index, of, &basis)?
    {
        let whom = |at: &(usize, usize)| found.person(*at).map(|(_, person)| person);
        let person =
            found.persons.iter().flat_map(|person| &person.at).filter_map(whom).next_back();
        let name = person.and_then(|person| person.name.clone()).or(Some(of.to_owned()));
        let cik = person.and_then(|person| person.cik);
        let who = Candidate { name, cik, ..Candidate::default() };
        let (subject, why) = (Subject::Person(who), Some(why));
        let (named, beside) = (Vec::new(), SaidBeside::default());
        return Ok(Told { basis, subject, changes, several: true, named, beside, why });
    }
    if found.persons.is_empty() {
        let words = format!("expected an issuer, a person or a filing of this ledger, got {of:?}");
        let hint = match accession_of(log, of)? {
            Some(accession) => format!("entry {of} is the filing {accession}: ask for that"),
            None => "`blockholder issuers` and `log` list what is here".to_owned(),
        };
        return Err(Failure::new(Exit::No, words).hint(hint));
    }
    if found.persons.len() > 1 {
        let many = found.persons.len();
        cx.notice(format!("{many} persons are known so; a number or `link` would make them one"))?;
        subject = Candidate { name: Some(of.to_owned()), ..Candidate::default() };
    }
    // Those of each issuer are in order already.
    changes.sort_by_key(|change| (change.day, change.known_at));
    // Who is who is decided once, whatever issuers somebody reports on.
    let mut links = BTreeSet::new();
    changes.retain(|change| change.kind != ChangeKind::Linked || links.insert(change.entry));
    let named = named_beside(&found, &changes);
    let (subject, beside) = (Subject::Person(subject), SaidBeside::default());
    Ok(Told { basis, subject, changes, several: true, named, beside, why: None })
}

/// The classes that filings about another name, where changes are of the one or by such a filing.
fn named_beside(found: &view::person::Answer, changes: &[Change]) -> Vec<ClassHoldings> {
    let classes = found.issuers.iter().flat_map(|issuer| &issuer.classes);
    let told = |class: &&ClassHoldings| {
        changes.iter().any(|change| {
            let own = |of: &Rc<ClassName>| of.title == class.title && of.cusips == class.cusips;
            change.class.as_ref().is_some_and(own) || class.named_by.contains(&change.entry)
        })
    };
    let named = classes.filter(|class| !class.named_by.is_empty()).filter(told);
    named.map(ClassHoldings::without_holders).collect()
}

/// The accession number of the filing of an entry, where a number is one.
fn accession_of(log: &dyn Log, text: &str) -> Result<Option<Accession>, Failure> {
    match text.parse() {
        Ok(entry) if entry < log.size() => Ok(log.event(entry)?.accession()),
        _ => Ok(None),
    }
}
