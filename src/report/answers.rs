//! Answers about chains, groups, persons, lateness and differences, as JSON.
//! Decides nothing; shapes as the specification's section on JSON has them.

use serde_json::{Value, json};

use crate::report::difference::Run;
use crate::report::json::{
    VERSION, basis, holding, issuer, maybe, of_class, place, row, runs_of, span, trouble_codes,
};
use crate::terms::calendar::CLOSINGS_KNOWN_TO;
use crate::terms::topic::HolderId;
use crate::terms::trouble::Trouble;
use crate::view::chain::{Chain, Join, Oddity};
use crate::view::diff::{Difference, Side};
use crate::view::due::Judged;
use crate::view::duty::{Duty, Verdict};
use crate::view::group::{Bloc, Edge, EdgeBy, Group, Membership, blocs, groups, unread};
use crate::view::holding::{ChainState, ClassHoldings, FoldedClass, ItemState};
use crate::view::issuer::Candidate;
use crate::view::person::{Answer, Found};
use crate::view::persons::Proposal;
use crate::view::question::Basis;
use crate::view::total::Total;

/// The chains of one class.
pub fn chains(rests_on: &Basis, who: &Candidate, of: &FoldedClass) -> Value {
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": issuer(who),
        "class": of_class(&of.holdings),
        "chains": of.chains.iter().map(chain_state).collect::<Value>(),
    })
}

fn chain_state(state: &ChainState) -> Value {
    let items = state.items.iter().map(|(number, item)| numbered(*number, item));
    let Chain { id, links, oddities, switched_from, .. } = &state.chain;
    let links = links.iter().map(|link| {
        json!({
            "entry": link.entry,
            "accession": maybe(link.accession),
            "form": maybe(link.form),
            "number": link.number,
            "since": link.true_since.to_string(),
            "join": join(&link.join),
            "troubles": codes(state.troubles.get(&link.entry).into_iter().flatten()),
        })
    });
    let last = state.chain.links.last().and_then(|link| state.troubles.get(&link.entry));
    json!({
        "chain": id,
        "schedule": state.schedule(),
        "switched_from": switched_from,
        "filings": links.collect::<Value>(),
        "oddities": oddities.iter().map(oddity).collect::<Value>(),
        "items": items.collect::<Value>(),
        "troubles": codes(last.into_iter().flatten()),
    })
}

/// The codes of troubles, each once.
pub fn codes<'a>(troubles: impl IntoIterator<Item = &'a Trouble>) -> Value {
    trouble_codes(troubles.into_iter().map(|trouble| trouble.code).collect())
}

fn numbered(number: u8, item: &ItemState) -> Value {
    json!({
        "number": number,
        "accession": maybe(item.accession),
        "entry": item.place.entry,
        "span": span(item.place.span),
        "carried": item.carried,
    })
}

fn join(join: &Join) -> Value {
    let why = join.as_str();
    match join {
        Join::Pointer { accession, counts, skipped, elsewhere, other_class, recorded } => json!({
            "by": why,
            "names": accession.to_string(),
            "counts": counts,
            "skipped": skipped,
            "on_other_schedule": elsewhere,
            "about_other_class": other_class,
            "not_counting": recorded,
        }),
        Join::Holders { common, next, not } => json!({
            "by": why,
            "common": common,
            "next": next,
            "names_others": maybe(*not),
        }),
        Join::Parties { common, next } => {
            json!({"by": why, "filers": common.filers, "signers": common.signers, "next": next})
        }
        Join::CannotTell { chains } => json!({"by": why, "chains": chains}),
        Join::Decision { entry } => json!({"by": why, "decided_in": entry}),
        Join::Original { not } => json!({"by": why, "names_others": maybe(*not)}),
        Join::NoOriginal => json!({"by": why}),
    }
}

fn oddity(odd: &Oddity) -> Value {
    match odd {
        Oddity::NoOriginal => json!({"kind": "no-original"}),
        Oddity::Skipped { from, to } => json!({"kind": "skipped", "from": from, "to": to}),
        Oddity::Repeated { number, entry } => {
            json!({"kind": "repeated", "number": number, "entry": entry})
        }
        Oddity::Backwards { number, entry } => {
            json!({"kind": "backwards", "number": number, "entry": entry})
        }
        Oddity::Overtaken { entry, by } => json!({"kind": "overtaken", "entry": entry, "by": by}),
    }
}

/// The groups and blocs of one class.
pub fn of_groups(rests_on: &Basis, who: &Candidate, of: &FoldedClass) -> Value {
    let group = |group: &Group| {
        json!({
            "chain": group.chain,
            "members": group.members.iter().map(member).collect::<Value>(),
            "control": group.edges.iter().map(edge).collect::<Value>(),
            "total": group.total.as_ref().map(total),
            "item_8": group.identified.map(place),
            "item_9": group.dissolution.map(place),
            "dissolved": group.dissolved.map(|notice| json!({
                "on": maybe(notice.on),
                "since": notice.since.to_string(),
                "entry": notice.entry,
            })),
        })
    };
    let bloc = |bloc: &Bloc| {
        let parts =
            bloc.parts.iter().map(|(name, part)| json!({"name": name, "part": maybe(*part)}));
        json!({
            "aggregate": bloc.aggregate.to_string(),
            "chains": bloc.chains,
            "parts": parts.collect::<Value>(),
            "proven": bloc.proven,
        })
    };
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": issuer(who),
        "class": of_class(&of.holdings),
        "groups": groups(of).iter().map(group).collect::<Value>(),
        "blocs": blocs(&of.holdings).iter().map(bloc).collect::<Value>(),
        "unread": unread(of).iter().map(|state| state.chain.id).collect::<Value>(),
    })
}

fn member(member: &Membership) -> Value {
    let left = member.left.map(|(since, entry, absence)| {
        json!({"since": since.to_string(), "entry": entry, "evidence": absence.as_str()})
    });
    json!({
        "name": maybe(member.name.as_ref()),
        "since": member.since.0.to_string(),
        "entry": member.since.1,
        "evidence": member.evidence,
        "also": member.also,
        "left": left,
    })
}

fn edge(edge: &Edge) -> Value {
    let (by, title) = match &edge.by {
        EdgeBy::Via => ("via", None),
        EdgeBy::Signature(title) => ("signature", title.clone()),
    };
    json!({"from": edge.from, "to": edge.to, "by": by, "title": title, "entry": edge.entry})
}

fn total(total: &Total) -> Value {
    json!({
        "lower": total.lower.to_string(),
        "upper": maybe(total.upper),
        "rule": total.rule.as_str(),
        "total": maybe(total.total),
        "stated": total.stated.iter().map(|one| one.to_string()).collect::<Value>(),
        "contradicted": total.contradicted,
        "why": total.why,
    })
}

/// What a person is known by.
pub fn holder_id(id: &HolderId) -> Value {
    match id {
        HolderId::Cik(cik) => json!({"cik": cik.to_string()}),
        HolderId::TaxId(number) => json!({"tax_id": number}),
        HolderId::Name(name) => json!({"name": name}),
    }
}

/// One person, and what it holds of each issuer.
pub fn person(rests_on: &Basis, answer: &Answer, found: &Found) -> Value {
    let mut name = None;
    let mut holdings = Vec::new();
    for at in &found.at {
        let Some((issuer_at, person)) = answer.person(*at) else { continue };
        name = person.name.clone().or(name);
        for of in &issuer_at.classes {
            let own = of.holders.iter().enumerate().filter(|(_, one)| one.person == at.1);
            let alike = of.named_alike();
            holdings.extend(own.map(|(place, one)| {
                json!({
                    "issuer": issuer(&issuer_at.issuer),
                    "class": of_class(of),
                    "holder": holding(rests_on, of, one, alike.get(&place)),
                })
            }));
        }
    }
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "person": {"name": name, "known_by": found.ids.iter().map(holder_id).collect::<Value>()},
        "holdings": holdings,
    })
}

/// Holders that may be one, two by two.
pub fn links(rests_on: &Basis, who: &Candidate, proposals: &[Proposal]) -> Value {
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": issuer(who),
        "proposals": proposals.iter().map(proposal).collect::<Value>(),
    })
}

fn proposal(proposal: &Proposal) -> Value {
    json!({
        "a": {"name": proposal.names.0, "id": holder_id(&proposal.a)},
        "b": {"name": proposal.names.1, "id": holder_id(&proposal.b)},
        "why": proposal.why,
    })
}

fn duty(duty: &Duty) -> Value {
    json!({"rule": duty.rule, "duty": duty.words, "due": duty.due.to_string()})
}

/// Filings, and whether they came late.
pub fn late(
    rests_on: &Basis,
    who: &Candidate,
    judged: &[(Judged, Value)],
    named: &[ClassHoldings],
) -> Value {
    let one = |(judged, filing): &(Judged, Value)| {
        let (verdict, duties, days, why) = match &judged.verdict {
            Verdict::OnTime(one) => ("on-time", vec![*one], None, None),
            Verdict::Late { duty, days } => ("late", vec![*duty], Some(*days), None),
            Verdict::CannotTell { why, may } => {
                ("cannot-tell", may.clone(), None, Some(why.clone()))
            }
        };
        // What it was judged by; where it cannot be told there is no one such duty.
        let by = duties.first().filter(|_| verdict != "cannot-tell");
        json!({
            "entry": judged.entry,
            "filing": filing,
            "filed": maybe(judged.filed),
            "verdict": verdict,
            "rule": by.map(|duty| duty.rule),
            "duty": by.map(|duty| duty.words),
            "due": by.map(|duty| duty.due.to_string()),
            "duties": duties.iter().map(duty).collect::<Value>(),
            "days": days,
            "why": why,
        })
    };
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": issuer(who),
        "filings": judged.iter().map(one).collect::<Value>(),
        "classes_named_by": named.iter().map(of_class).collect::<Value>(),
        "closings_known_to": CLOSINGS_KNOWN_TO,
    })
}

/// An item that differs: where either side has it, and the words.
pub struct ItemShown {
    /// The chain whose item it is; `None` between two filings.
    pub chain: Option<u64>,
    /// The item's number.
    pub number: u8,
    /// The entry that has it on the first side.
    pub from: Option<u64>,
    /// The entry that has it on the second side.
    pub to: Option<u64>,
    /// The words.
    pub runs: Vec<Run>,
}

/// What differs between two filings or two answers.
pub fn difference(
    who: Option<&Candidate>,
    (a, b): (Value, Value),
    rows: &[Difference],
    items: &[ItemShown],
    named: &[ClassHoldings],
) -> Value {
    let troubles = |side: &Side| trouble_codes(side.troubles);
    let one = |one: &Difference| {
        json!({
            "class": maybe(one.class.as_ref()),
            "holder": maybe(one.holder.as_ref()),
            "field": one.what.as_str(),
            "from": one.from.as_ref().map(|side| side.value.as_ref().map(row)),
            "from_in": one.from.as_ref().map(|side| side.entry),
            "from_carried": one.from.as_ref().map(|side| side.carried),
            "from_troubles": one.from.as_ref().map(troubles),
            "to": one.to.as_ref().map(|side| side.value.as_ref().map(row)),
            "to_in": one.to.as_ref().map(|side| side.entry),
            "to_carried": one.to.as_ref().map(|side| side.carried),
            "to_troubles": one.to.as_ref().map(troubles),
        })
    };
    let item = |item: &ItemShown| {
        let words = runs_of(&item.runs);
        json!({
            "chain": item.chain,
            "number": item.number,
            "from": item.from,
            "to": item.to,
            "words": words,
        })
    };
    json!({
        "v": VERSION,
        "issuer": who.map(issuer),
        "a": a,
        "b": b,
        "rows": rows.iter().map(one).collect::<Value>(),
        "items": items.iter().map(item).collect::<Value>(),
        "classes_named_by": named.iter().map(of_class).collect::<Value>(),
    })
}
