//! `person` and `links`: what somebody holds across issuers, and who may be one.
//! Decides nothing about who is who; `view` does, and decisions recorded as events.

use std::collections::BTreeSet;

use crate::cli::ask::{
    self, LogIndex, answer, begin, conflicts, heading, nothing_counts, question, said_beside,
};
use crate::cli::context::Context;
use crate::cli::every::{All, each_issuer};
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::{AskArgs, AskPersonArgs};
use crate::ledger::event::FilingRecorded;
use crate::report::plain::{counted, safe};
use crate::report::{answers, json, notes, sheet, table};
use crate::store::log::Log;
use crate::terms::id::Accession;
use crate::terms::topic::{HolderId, Topic};
use crate::terms::trouble::FieldName;
use crate::view::beside::SaidBeside;
use crate::view::holding::Holding;
use crate::view::identity::header_ciks;
use crate::view::issuer::{Index, gather};
use crate::view::person::{Answer, Found, NAMES_MAX, Wanted, find, ids_of};
use crate::view::persons::Proposal;
use crate::view::question::{Basis, EVERYTHING, Question};
use crate::view::timeline::counting;

/// Shows what the persons meant hold, one after the other.
pub fn person(log: &dyn Log, args: &AskPersonArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let basis = question(log, args.clocks, cx)?;
    let index = LogIndex { log, size: basis.question.at.0 };
    let found = find(&index, &args.person, &basis.question, Wanted::Holdings)?;
    not_too_many(&found, &args.person)?;
    if found.persons.is_empty() {
        if let Some((found, why)) = not_yet(&index, &args.person, &basis)? {
            return nobody_yet(&found, &basis, &why, cx);
        }
        let words =
            format!("expected a holder of this ledger, got {:?}: nobody reports so", args.person);
        return Err(
            Failure::new(Exit::No, words).hint("name it by CIK, tax number, or part of its name")
        );
    }
    if found.persons.len() > 1 {
        cx.notice(format!(
            "{} persons are known so; a number or `link` would make them one",
            found.persons.len()
        ))?;
    }
    for one in &found.persons {
        let conflicts = conflicts(log, accessions(&found, one), basis.question.at.0)?;
        let beside = SaidBeside { conflicts, ..SaidBeside::default() };
        match cx.for_programs() {
            true => {
                let all = json::beside(answers::person(&basis, &found, one), &beside);
                cx.data(&all, &sheet::PERSON)?;
            }
            false => show(&found, one, &basis, cx)?,
        }
        said_beside(&beside, cx)?;
    }
    if !cx.for_programs() {
        cx.words(notes::basis(&basis))?;
    }
    Ok(Exit::Yes)
}

/// The numbers of the filings that what somebody holds is told from.
fn accessions(answer: &Answer, found: &Found) -> BTreeSet<Accession> {
    let at = |(issuer, person): &(usize, usize)| {
        let classes = answer.issuers.get(*issuer).into_iter().flat_map(|one| &one.classes);
        classes
            .flat_map(|class| &class.holders)
            .filter(|one| one.person == *person)
            .flat_map(Holding::accessions)
            .collect::<Vec<_>>()
    };
    found.at.iter().flat_map(at).collect()
}

/// Refuses to answer about the first of a thousand names.
pub fn not_too_many(found: &Answer, asked: &str) -> Result<(), Failure> {
    if !found.too_many {
        return Ok(());
    }
    let words = format!(
        "expected a part of at most {NAMES_MAX} holders' names, got {asked:?}, which is in more"
    );
    Err(Failure::new(Exit::No, words).hint("name it by CIK, tax number, or more of its name"))
}

/// Who is meant where nobody is on these clocks, without what they hold; and since when they
/// report. Nothing where nobody ever reports so.
pub fn not_yet<I: Index<Error = Failure>>(
    index: &I,
    asked: &str,
    basis: &Basis,
) -> Result<Option<(Answer, String)>, Failure> {
    let at = basis.question.at;
    let mut found = find(index, asked, &Question { at, ..EVERYTHING }, Wanted::Changes)?;
    let first = found.persons.iter().flat_map(|person| &person.at).filter_map(|at| {
        let (issuer, _) = found.person(*at)?;
        let own = issuer.changes.iter().filter(|change| change.person == Some(at.1));
        own.map(|change| (change.known_at, change.day)).min()
    });
    let Some((known_at, day)) = first.min() else {
        let why = match found.persons.is_empty() {
            true => unanswered(index, asked, basis)?,
            false => Some("no filing of it counts on these clocks".to_owned()),
        };
        return Ok(why.map(|why| (found, why)));
    };
    for issuer in &mut found.issuers {
        issuer.classes.clear();
    }
    let why = format!(
        "no filing of it counts on these clocks: the first known counts from --as-of {day} and \
         --known-at {known_at} on"
    );
    Ok(Some((found, why)))
}

/// That entries name somebody of this number or name, and why nobody is answered for all the same:
/// a filing that counts may name it as a filer, without a cover page; any other is withdrawn or
/// understood otherwise.
fn unanswered<I: Index<Error = Failure>>(
    index: &I,
    asked: &str,
    basis: &Basis,
) -> Result<Option<String>, Failure> {
    let (ids, mut named) = (ids_of(asked), BTreeSet::new());
    for id in &ids {
        named.extend(index.entries_under(&Topic::Holder(id.clone()))?);
    }
    let question = Question { at: basis.question.at, ..EVERYTHING };
    let mut filed = BTreeSet::new();
    for (_, dossier) in gather(index, named.clone())? {
        let filings = counting(&dossier, &question).into_iter();
        let by_it = filings.filter(|one| files(&one.filing, &ids)).map(|one| one.entry());
        filed.extend(by_it.filter(|entry| named.contains(entry)));
    }
    let others = (named.len() - filed.len()) as u64;
    let filed = (!filed.is_empty()).then(|| {
        let many = counted(filed.len() as u64, "entry names", "entries name");
        format!("{many} it as a filer, and no cover page of it was read there")
    });
    let others = (others > 0).then(|| {
        let many = counted(others, "entry names it", "entries name it");
        format!("{many}, and none counts: withdrawn, or understood otherwise")
    });
    let said: Vec<String> = filed.into_iter().chain(others).collect();
    Ok((!said.is_empty()).then(|| said.join("; ")))
}

/// Whether a filing's header, or what was supplied, names somebody as its filer.
fn files(filing: &FilingRecorded, ids: &BTreeSet<HolderId>) -> bool {
    let ciks = header_ciks(filing).into_iter().map(HolderId::Cik);
    let parties = filing.reading.filed_by.iter();
    let tax = parties.filter_map(|party| HolderId::of_tax_id(party.tax_id.value()?));
    ciks.chain(tax).any(|id| ids.contains(&id))
}

fn nobody_yet(found: &Answer, basis: &Basis, why: &str, cx: &mut Context) -> Result<Exit, Failure> {
    for one in &found.persons {
        if cx.for_programs() {
            cx.data(&answers::person(basis, found, one), &sheet::PERSON)?;
            continue;
        }
        cx.words(heading_of(found, one))?;
    }
    if cx.for_programs() {
        cx.notice(why)?;
    } else {
        cx.words(why)?;
        cx.words(notes::basis(basis))?;
    }
    Ok(Exit::No)
}

/// Who somebody is: by the name that is printed last, and all it is known by.
pub fn heading_of(answer: &Answer, found: &Found) -> String {
    let name = found.at.iter().rev().find_map(|at| answer.person(*at)?.1.name.clone());
    let ids: Vec<String> = found.ids.iter().map(known_by).collect();
    format!("{}  ({})", safe(&name.unwrap_or_default()), safe(&ids.join("; ")))
}

fn known_by(id: &HolderId) -> String {
    match id {
        HolderId::Cik(cik) => format!("CIK {cik}"),
        HolderId::TaxId(number) => format!("tax number {number}"),
        HolderId::Name(name) => name.clone(),
    }
}

/// Shows what one person holds.
pub fn show(
    answer: &Answer,
    found: &Found,
    basis: &Basis,
    cx: &mut Context,
) -> Result<(), Failure> {
    let (mut rows, mut marks, mut cited) = (Vec::new(), String::new(), Vec::new());
    let (mut beside, mut ages) = (Vec::new(), Vec::new());
    for at in &found.at {
        let Some((issuer, _)) = answer.person(*at) else { continue };
        let own = |one: &&Holding| one.person == at.1;
        let held = issuer.classes.iter().filter(|class| class.holders.iter().any(|one| own(&one)));
        let several = held.count() > 1;
        for class in &issuer.classes {
            for one in class.holders.iter().filter(own) {
                let mut value = |field| {
                    let (value, marked) = table::marked(one.rows.get(&field));
                    marks.push_str(&marked);
                    value + &marked
                };
                cited.push(&one.rows);
                let (aggregate, percent) = (value(FieldName::Aggregate), value(FieldName::Percent));
                let (day, mark) = table::day_shown(one);
                marks.push_str(mark);
                rows.push(vec![
                    issuer.issuer.name.clone().unwrap_or_else(|| "-".to_owned()),
                    class.title.clone().unwrap_or_else(|| "-".to_owned()),
                    aggregate,
                    percent,
                    one.status.as_str().to_owned(),
                    day + mark,
                ]);
                let issuer = issuer.issuer.name.as_deref().map_or("-".to_owned(), safe);
                let issuer = match class.title.as_deref().filter(|_| several) {
                    Some(title) => format!("{issuer}, {}", safe(title)),
                    None => issuer,
                };
                let words = notes::class_notes(class).chain(notes::in_trouble([one]));
                let words = words.chain(notes::besides(one));
                beside.extend(words.map(|words| format!("{issuer}: {words}")));
                ages.push((issuer, notes::age(one, basis.question.as_of.0)));
            }
        }
    }
    cx.words(heading_of(answer, found))?;
    let header = ["Issuer", "Class", "Aggregate", "%", "Status", "Event date"];
    cx.line(table::list(&header, &rows, cx.style))?;
    let legend = table::legend(&marks).into_iter().chain(notes::elsewhere(cited));
    legend.into_iter().try_for_each(|line| cx.words(line))?;
    let ages = notes::of_each(ages, "holdings");
    beside.iter().chain(&ages).try_for_each(|line| cx.words(line))
}

/// Lists holders of an issuer, or of every one, that may be one person.
pub fn links(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    const NONE: &str = "no two holders look like one";
    let Some(issuer) = &args.issuer else {
        let basis = begin(log, args.clocks, cx)?;
        let mut all = All::begin(basis, &sheet::LINKS, cx)?;
        each_issuer(log, &basis, &mut |answer| {
            let proposals = answer.fold.persons.proposals();
            if proposals.is_empty() {
                return Ok(());
            }
            all.next(cx)?;
            if !cx.for_programs() {
                heading(&answer.issuer, cx)?;
            }
            proposed(&answer, &proposals, cx)
        })?;
        return all.end(NONE, cx);
    };
    let Some(answer) = answer(log, issuer, args.clocks, cx)? else { return Ok(Exit::No) };
    let proposals = answer.fold.persons.proposals();
    if proposals.is_empty() {
        let empty = (answers::links(&answer.basis, &answer.issuer, &[]), &sheet::LINKS);
        return nothing_counts(&answer.basis, &answer.issuer, empty, NONE, cx);
    }
    proposed(&answer, &proposals, cx)?;
    if !cx.for_programs() {
        cx.words(notes::basis(&answer.basis))?;
    }
    Ok(Exit::Yes)
}

fn proposed(answer: &ask::Answer, proposals: &[Proposal], cx: &mut Context) -> Result<(), Failure> {
    if cx.for_programs() {
        return cx.data(&answers::links(&answer.basis, &answer.issuer, proposals), &sheet::LINKS);
    }
    let row = |(name, id): (&String, &HolderId)| format!("{name} ({})", known_by(id));
    let rows: Vec<Vec<String>> = proposals
        .iter()
        .map(|one| {
            let (a, b) = (row((&one.names.0, &one.a)), row((&one.names.1, &one.b)));
            vec![a, b, one.why.to_owned()]
        })
        .collect();
    cx.line(table::list(&["One", "Other", "Why"], &rows, cx.style))
}
