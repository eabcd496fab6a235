//! `history`: what changed from filing to filing, of an issuer, a person or one filing.
//! Folds nothing itself; `ask` says which issuer is meant, and `view` what changed.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::cli::args::HistoryArgs;
use crate::cli::ask::{
    Answer, LogIndex, answer, heading, item_text, none_counting, nothing_counts, question,
};
use crate::cli::cite::field_name;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::report::difference::{self, ItemWords};
use crate::report::plain::counted;
use crate::report::{json, sheet, table};
use crate::store::log::Log;
use crate::terms::id::Accession;
use crate::view;
use crate::view::history::{Change, ChangeKind, ItemChange, Subject};
use crate::view::holding::fold;
use crate::view::issuer::{self, Candidate, Found};
use crate::view::person::Wanted;
use crate::view::question::Basis;

/// Shows what changed from filing to filing.
pub fn history(log: &dyn Log, args: &HistoryArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let fields = args.field.iter().map(|name| field_name(name)).collect::<Result<Vec<_>, _>>()?;
    let kinds = args.kind.iter().map(|name| kind(name)).collect::<Result<Vec<_>, _>>()?;
    let Some(Told { basis, subject, changes }) = changes_of(log, args, cx)? else {
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
        return nothing_counts(&basis, subject.who(), (empty, &sheet::HISTORY), &why, cx);
    }
    if cx.for_programs() {
        cx.data(&json::history(&basis, &subject, &changes, &words), &sheet::HISTORY)?;
    } else {
        heading(subject.who(), cx)?;
        cx.line(table::history(&changes, &words, &subject, cx.style))?;
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

/// Changes, and of whom.
struct Told {
    basis: Basis,
    subject: Subject,
    changes: Vec<Change>,
}

/// Changes with the issuer that they are about.
fn of_issuer(
    changes: impl IntoIterator<Item = Change>,
    issuer: &Candidate,
) -> impl Iterator<Item = Change> {
    let issuer = Rc::new(issuer.clone());
    changes.into_iter().map(move |change| Change { issuer: Some(Rc::clone(&issuer)), ..change })
}

/// Whose changes are asked for: a filing's, an issuer's, or else a person's.
fn changes_of(
    log: &dyn Log,
    args: &HistoryArgs,
    cx: &mut Context,
) -> Result<Option<Told>, Failure> {
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
        let changes = of_issuer(changes, &issuer).collect();
        return Ok(Some(Told { basis, subject: Subject::Issuer(issuer), changes }));
    }
    if !matches!(issuer::find(&index, &args.of)?, Found::Nobody) {
        let found = answer(log, &args.of, args.clocks, cx)?;
        return Ok(found.map(|Answer { basis, issuer, fold, .. }| {
            let changes = of_issuer(fold.changes, &issuer).collect();
            Told { basis, subject: Subject::Issuer(issuer), changes }
        }));
    }
    let found = view::person::find(&index, &args.of, &basis.question, Wanted::Changes)?;
    let mut changes = Vec::new();
    let mut subject = Candidate { name: Some(args.of.clone()), ..Candidate::default() };
    for at in found.persons.iter().flat_map(|person| &person.at) {
        let Some((issuer, person)) = found.person(*at) else { continue };
        subject.name = person.name.clone().or(subject.name);
        subject.cik = person.cik.or(subject.cik);
        let own = issuer.changes.iter().filter(|change| change.person == Some(at.1));
        changes.extend(of_issuer(own.cloned(), &issuer.issuer));
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
    Ok(Some(Told { basis, subject: Subject::Person(subject), changes }))
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
