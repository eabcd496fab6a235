//! `group` and `chains`: who reports together, and which filings are one statement.
//! Decides nothing; `view` does.

use crate::cli::ask::Shown;
use crate::cli::context::Context;
use crate::cli::every::each_class;
use crate::cli::holders::NOBODY;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::AskArgs;
use crate::cli::words::{Received, item_text};
use crate::report::plain::{grouped, safe};
use crate::report::{answers, notes, sheet, table};
use crate::store::log::Log;
use crate::terms::quantity::Amount;
use crate::view::chain::{Join, Link, Oddity};
use crate::view::group::{Bloc, EdgeBy, Group, blocs, groups, unread};
use crate::view::history::Place;
use crate::view::holding::{ChainState, FoldedClass};
use crate::view::total::Total;

/// How groups are shown to programs.
pub fn shown_groups() -> Shown<'static, FoldedClass> {
    let untold = |class: &FoldedClass| unread(class).len() == class.chains.len();
    Shown {
        sheet: &sheet::GROUP,
        json: answers::of_groups,
        lists: &["groups", "blocs"],
        untold: (untold, NOBODY),
        accessions: FoldedClass::accessions,
    }
}

/// How chains are shown to programs.
pub fn shown_chains() -> Shown<'static, FoldedClass> {
    let untold: (fn(&_) -> bool, _) = (|_| false, "");
    let accessions = FoldedClass::accessions;
    Shown { sheet: &sheet::CHAINS, json: answers::chains, lists: &["chains"], untold, accessions }
}

/// Shows the groups and blocs of each class.
pub fn group(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    each_class(log, args, &shown_groups(), cx, |_, class, cx| show_groups(log, class, cx))
}

/// Shows the chains of amendments of each class.
pub fn chains(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    each_class(log, args, &shown_chains(), cx, |_, class, cx| show_chains(class, cx))
}

/// Shows the groups and blocs of a class.
pub fn show_groups<R: Received + ?Sized>(
    received: &R,
    class: &FoldedClass,
    cx: &mut Context,
) -> Result<(), Failure> {
    let (groups, unread) = (groups(class), unread(class));
    for state in &unread {
        cx.words(format!(
            "who reports in the {} that began in entry {}, and whether jointly, cannot be told: no \
             cover page was read",
            state.schedule(),
            state.chain.id
        ))?;
    }
    if groups.is_empty() && unread.len() < class.chains.len() {
        let else_where = if unread.is_empty() { "" } else { " else" };
        cx.line(format!("nobody{else_where} reports jointly"))?;
    }
    groups.iter().try_for_each(|group| show_group(received, class, group, cx))?;
    blocs(&class.holdings).iter().try_for_each(|bloc| show_bloc(bloc, cx))
}

/// Shows the chains of a class.
pub fn show_chains(class: &FoldedClass, cx: &mut Context) -> Result<(), Failure> {
    class.chains.iter().try_for_each(|state| show_chain(state, cx))
}

fn amount(amount: Amount) -> String {
    grouped(&amount.to_string())
}

fn show_group<R: Received + ?Sized>(
    received: &R,
    class: &FoldedClass,
    group: &Group,
    cx: &mut Context,
) -> Result<(), Failure> {
    let id = group.chain;
    let state = class.chains.iter().find(|state| state.chain.id == id);
    let schedule = state.map_or("unknown", ChainState::schedule);
    cx.line(format!("\njoint {schedule} that began in entry {id}"))?;
    let rows: Vec<Vec<String>> = group
        .members
        .iter()
        .map(|member| {
            let left = member.left.map_or("-".to_owned(), |(since, entry, absence)| {
                format!("{since}, entry {entry}: {}", absence.as_str())
            });
            let name = member.name.clone().unwrap_or_else(|| "(name not readable)".to_owned());
            let evidence = [vec![member.evidence.to_owned()], member.also.clone()].concat();
            vec![name, member.since.0.to_string(), evidence.join("; "), left]
        })
        .collect();
    cx.line(table::list(&["Member", "Since", "Evidence", "Not there since"], &rows, cx.style))?;
    for edge in &group.edges {
        let (from, to) = (safe(&edge.from), safe(&edge.to));
        cx.words(match &edge.by {
            EdgeBy::Via => format!("{from} holds through {to}"),
            EdgeBy::Signature(None) => format!("{from} signs for {to}"),
            EdgeBy::Signature(Some(title)) => format!("{from} signs for {to}: {}", safe(title)),
        })?;
    }
    show_item(received, 8, group.identified, cx)?;
    show_item(received, 9, group.dissolution, cx)?;
    if let Some(notice) = &group.dissolved {
        let on = notice.on.map_or("a day it does not name".to_owned(), |day| day.to_string());
        cx.words(format!("the group was dissolved on {on}, by Item 9 in entry {}", notice.entry))?;
    }
    match (&group.total, group.members.iter().all(|member| member.left.is_some())) {
        (None, true) => cx.line("total: nobody is there any more"),
        (None, false) => cx.line("total: no row can be read"),
        (Some(total), _) => show_total(total, cx),
    }
}

/// The words of an item, cut where they are many.
fn show_item<R: Received + ?Sized>(
    received: &R,
    number: u8,
    place: Option<Place>,
    cx: &mut Context,
) -> Result<(), Failure> {
    const MOST: usize = 300;
    let Some(place) = place else { return Ok(()) };
    let words = item_text(received, place)?;
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = words.chars().take(MOST).collect();
    let more = if cut.len() < words.len() { " ..." } else { "" };
    cx.words(format!("Item {number}, entry {}: {}{more}", place.entry, safe(&cut)))
}

fn show_total(total: &Total, cx: &mut Context) -> Result<(), Failure> {
    let rule = total.rule.as_str();
    let words = match (total.total, total.upper) {
        (Some(sum), _) => amount(sum),
        (None, Some(upper)) => format!("{} to {}", amount(total.lower), amount(upper)),
        (None, None) => format!("at least {}", amount(total.lower)),
    };
    let stated: Vec<String> = total.stated.iter().map(|one| amount(*one)).collect();
    let stated = match stated.is_empty() {
        true => String::new(),
        false => format!(", with {} stated", stated.join(" and ")),
    };
    let against = if total.contradicted { ": the filing contradicts itself" } else { "" };
    cx.words(format!("total: {words}{stated} (rule {rule}){against}"))?;
    total.why.iter().try_for_each(|why| cx.words(format!("  {}", safe(why))))
}

fn show_bloc(bloc: &Bloc, cx: &mut Context) -> Result<(), Failure> {
    let chains: Vec<String> = bloc.chains.iter().map(u64::to_string).collect();
    let sure = match bloc.proven {
        true => "one bloc: what each may dispose of sums to it",
        false => "perhaps one bloc: the numbers are equal, and nothing proves it",
    };
    let (aggregate, chains) = (amount(bloc.aggregate), chains.join(", "));
    cx.line("")?;
    cx.words(format!("{aggregate} reported by the statements of entries {chains}: {sure}"))?;
    for (name, part) in &bloc.parts {
        let part = part.map_or("not stated".to_owned(), amount);
        cx.words(format!("  {part}  {}", safe(name)))?;
    }
    Ok(())
}

fn show_chain(state: &ChainState, cx: &mut Context) -> Result<(), Failure> {
    let from = state.chain.switched_from;
    let from = from.map_or(String::new(), |id| format!(", after the chain of entry {id}"));
    cx.line(format!("\n{} that began in entry {}{from}", state.schedule(), state.chain.id))?;
    let rows: Vec<Vec<String>> = state.chain.links.iter().map(row).collect();
    let header = ["Entry", "Form", "No.", "True since", "Accession", "Why here"];
    let named = rows.iter().filter_map(|row| row.last()).any(|why| table::names_filing(why));
    cx.line(match named {
        true => table::with_reasons(&header, rows, cx.style),
        false => table::list(&header, &rows, cx.style),
    })?;
    for (entry, own) in &state.troubles {
        own.iter().try_for_each(|one| cx.words(notes::trouble(*entry, one)))?;
    }
    for odd in &state.chain.oddities {
        cx.words(match odd {
            Oddity::NoOriginal => "the original is not here".to_owned(),
            Oddity::Skipped { from, to } if from == to => format!("no amendment {from} is here"),
            Oddity::Skipped { from, to } => format!("no amendments {from} to {to} are here"),
            Oddity::Repeated { number, entry } => {
                format!("entry {entry} has the number {number} again")
            }
            Oddity::Backwards { number, entry } => {
                format!("entry {entry} has the number {number}, lower than one before it")
            }
            Oddity::Overtaken { entry, by } => format!(
                "entry {entry} was filed after entry {by}, which stands over it by its later \
                 event date"
            ),
        })?;
    }
    let items: Vec<String> = state
        .items
        .iter()
        .map(|(number, item)| {
            let mark = if item.carried { "^" } else { "" };
            format!("{number}{mark} (entry {})", item.place.entry)
        })
        .collect();
    if items.is_empty() {
        Ok(())
    } else {
        cx.words(format!("items as last stated: {}", items.join(", ")))
    }
}

fn row(link: &Link) -> Vec<String> {
    let why = match &link.join {
        Join::Original { not: None } => "original".to_owned(),
        Join::Original { not: Some(named) } => {
            format!("original; it names {named}, a statement of others: see `join`")
        }
        Join::NoOriginal => "amends what is not here".to_owned(),
        Join::Pointer { accession, counts: true, .. } => format!("names {accession}"),
        Join::Pointer { accession, skipped: true, .. } => {
            format!("names {accession}, left out on purpose")
        }
        Join::Pointer { accession, elsewhere: Some(entry), .. } => {
            format!("names {accession}, entry {entry}, which is on the other schedule")
        }
        Join::Pointer { accession, other_class: Some(entry), .. } => format!(
            "names {accession}, entry {entry}, which is about another class; if its CUSIP changed \
             see `rename`"
        ),
        Join::Pointer { accession, recorded: Some(entry), .. } => format!(
            "names {accession}, entry {entry}, which does not count: it is withdrawn, or not known \
             or true yet"
        ),
        Join::Pointer { accession, .. } => format!("names {accession}, which is not here"),
        Join::Holders { common, next, not } => {
            let next = if *next { ", and the next number" } else { "" };
            let holders = if *common == 1 { "holder" } else { "holders" };
            let not = not.map_or(String::new(), |named| {
                format!("; it names {named}, a statement of others: see `join`")
            });
            format!("{common} {holders} in common{next}{not}")
        }
        Join::Parties { common, next } => {
            let count = |many: usize, one: &str, more: &str| match many {
                0 => None,
                1 => Some(format!("1 {one}")),
                many => Some(format!("{many} {more}")),
            };
            let filers = count(common.filers, "filer", "filers");
            let signers = count(common.signers, "signatory", "signatories");
            let both: Vec<String> = filers.into_iter().chain(signers).collect();
            let next = if *next { ", and the next number" } else { "" };
            format!("{} in common{next}", both.join(" and "))
        }
        Join::CannotTell { chains } => {
            let chains: Vec<String> = chains.iter().map(u64::to_string).collect();
            let chains = chains.join(" or ");
            format!("it cannot be told whether it amends {chains}; see `join`")
        }
        Join::Decision { entry } => format!("decided in entry {entry}"),
    };
    let dash = || "-".to_owned();
    vec![
        link.entry.to_string(),
        link.form.map_or_else(dash, |form| form.to_string()),
        link.number.map_or_else(dash, |number| number.to_string()),
        link.true_since.to_string(),
        link.accession.map_or_else(dash, |accession| accession.to_string()),
        why,
    ]
}
