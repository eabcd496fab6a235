//! `group` and `chains`: who reports together, and which filings are one statement.
//! Decides nothing; `view` does.

use crate::cli::args::AskArgs;
use crate::cli::ask::{answer, class_heading, heading, nothing_counts};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::report::plain::{grouped, safe};
use crate::report::{answers, json, table};
use crate::store::log::Log;
use crate::terms::quantity::Amount;
use crate::view::chain::{Join, Link, Oddity};
use crate::view::group::{Bloc, EdgeBy, Group, blocs, groups};
use crate::view::holding::{ChainState, ClassHoldings};
use crate::view::total::Total;

/// Shows the groups and blocs of each class.
pub fn group(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Some(answer) = answer(log, &args.issuer, args.clocks, cx)? else { return Ok(Exit::No) };
    let (basis, issuer) = (&answer.basis, &answer.issuer);
    let classes = answer.classes();
    if classes.is_empty() {
        return nothing_counts(basis, issuer, json::no_holders(basis, issuer), cx);
    }
    for class in classes {
        let (groups, blocs) = (groups(class), blocs(class));
        if cx.json {
            cx.object(&answers::groups(basis, issuer, class, &groups, &blocs))?;
            continue;
        }
        heading(issuer, cx)?;
        cx.line(class_heading(class))?;
        if groups.is_empty() {
            cx.line("nobody reports jointly")?;
        }
        groups.iter().try_for_each(|group| show_group(class, group, cx))?;
        blocs.iter().try_for_each(|bloc| show_bloc(class, bloc, cx))?;
        cx.line(table::basis(basis))?;
    }
    Ok(Exit::Yes)
}

fn amount(amount: Amount) -> String {
    grouped(&amount.to_string())
}

fn show_group(class: &ClassHoldings, group: &Group, cx: &mut Context) -> Result<(), Failure> {
    let state = class.chains.get(group.chain);
    let schedule = state.map_or("unknown", ChainState::schedule);
    let id = state.map_or(0, |state| state.chain.id);
    cx.line(format!("\njoint {schedule} that began in entry {id}"))?;
    let rows: Vec<Vec<String>> = group
        .members
        .iter()
        .map(|member| {
            let left = member.left.map_or("-".to_owned(), |(since, entry, absence)| {
                format!("{since}, entry {entry}: {}", absence.as_str())
            });
            let name = member.name.clone().unwrap_or_else(|| "(name not readable)".to_owned());
            vec![name, member.since.0.to_string(), member.evidence.to_owned(), left]
        })
        .collect();
    cx.line(table::list(&["Member", "Since", "Evidence", "Not there since"], &rows, cx.style))?;
    for edge in &group.edges {
        let (from, to) = (safe(&edge.from), safe(&edge.to));
        cx.line(match &edge.by {
            EdgeBy::Via => format!("{from} holds through {to}"),
            EdgeBy::Signature(None) => format!("{from} signs for {to}"),
            EdgeBy::Signature(Some(title)) => format!("{from} signs for {to}: {}", safe(title)),
        })?;
    }
    match &group.total {
        None => cx.line("total: no row can be read"),
        Some(total) => show_total(total, cx),
    }
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
    cx.line(format!("total: {words}{stated} (rule {rule})"))?;
    total.why.iter().try_for_each(|why| cx.line(format!("  {}", safe(why))))
}

fn show_bloc(class: &ClassHoldings, bloc: &Bloc, cx: &mut Context) -> Result<(), Failure> {
    let id = |at: &usize| class.chains.get(*at).map_or(0, |state| state.chain.id).to_string();
    let chains: Vec<String> = bloc.chains.iter().map(id).collect();
    let sure = match bloc.proven {
        true => "one bloc: what each may dispose of sums to it",
        false => "perhaps one bloc: the numbers are equal, and nothing proves it",
    };
    let (aggregate, chains) = (amount(bloc.aggregate), chains.join(", "));
    cx.line(format!("\n{aggregate} reported by the statements of entries {chains}: {sure}"))?;
    for (name, part) in &bloc.parts {
        let part = part.map_or("not stated".to_owned(), amount);
        cx.line(format!("  {part}  {}", safe(name)))?;
    }
    Ok(())
}

/// Shows the chains of amendments of each class.
pub fn chains(log: &dyn Log, args: &AskArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Some(answer) = answer(log, &args.issuer, args.clocks, cx)? else { return Ok(Exit::No) };
    let (basis, issuer) = (&answer.basis, &answer.issuer);
    let classes = answer.classes();
    if classes.is_empty() {
        return nothing_counts(basis, issuer, json::no_holders(basis, issuer), cx);
    }
    for class in classes {
        if cx.json {
            cx.object(&answers::chains(basis, issuer, class))?;
            continue;
        }
        heading(issuer, cx)?;
        cx.line(class_heading(class))?;
        class.chains.iter().try_for_each(|state| show_chain(state, cx))?;
        cx.line(table::basis(basis))?;
    }
    Ok(Exit::Yes)
}

fn show_chain(state: &ChainState, cx: &mut Context) -> Result<(), Failure> {
    let from = state.chain.switched_from;
    let from = from.map_or(String::new(), |id| format!(", after the chain of entry {id}"));
    cx.line(format!("\n{} that began in entry {}{from}", state.schedule(), state.chain.id))?;
    let rows: Vec<Vec<String>> = state.chain.links.iter().map(row).collect();
    let header = ["Entry", "Form", "No.", "True since", "Accession", "Why here"];
    cx.line(table::list(&header, &rows, cx.style))?;
    for odd in &state.chain.oddities {
        cx.line(match odd {
            Oddity::NoOriginal => "the original is not here".to_owned(),
            Oddity::Skipped { from, to } if from == to => format!("no amendment {from} is here"),
            Oddity::Skipped { from, to } => format!("no amendments {from} to {to} are here"),
            Oddity::Repeated { number, entry } => {
                format!("entry {entry} has the number {number} again")
            }
            Oddity::Backwards { number, entry } => {
                format!("entry {entry} has the number {number}, lower than one before it")
            }
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
        cx.line(format!("items as last stated: {}", items.join(", ")))
    }
}

fn row(link: &Link) -> Vec<String> {
    let why = match &link.join {
        Join::Original => "original".to_owned(),
        Join::NoOriginal => "amends what is not here".to_owned(),
        Join::Pointer { accession, counts: true, .. } => format!("names {accession}"),
        Join::Pointer { accession, skipped: true, .. } => {
            format!("names {accession}, left out on purpose")
        }
        Join::Pointer { accession, .. } => format!("names {accession}, which is not here"),
        Join::Holders { common, next } => {
            let next = if *next { ", and the next number" } else { "" };
            let holders = if *common == 1 { "holder" } else { "holders" };
            format!("{common} {holders} in common{next}")
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
