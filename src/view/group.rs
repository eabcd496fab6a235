//! Who reports together: members over time, who controls whom, what they hold, and which separate
//! statements report one bloc. Takes no joint filing for proof of a group (13d-1(k)).

use crate::terms::quantity::Amount;
use crate::terms::time::Day;
use crate::terms::trouble::FieldName;
use crate::view::history::Place;
use crate::view::holding::{
    Absence, ChainState, ClassHoldings, FoldedClass, Holding, Member, box_words,
};
use crate::view::said::Dissolved;
use crate::view::status::Status;
use crate::view::total::{Bound, SizeBy, Total, total};

/// One statement's holders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The chain of amendments, by its place among the class's.
    pub chain: u64,
    /// Its members, those who left too.
    pub members: Vec<Membership>,
    /// Who controls whom, as far as the last filing tells.
    pub edges: Vec<Edge>,
    /// What those who are there hold together; `None` where no row can be read.
    pub total: Option<Total>,
    /// Where a 13G's Item 8 is, where it says anything.
    pub identified: Option<Place>,
    /// Where a 13G's Item 9 is, where it says anything.
    pub dissolution: Option<Place>,
    /// Its notice of dissolution.
    pub dissolved: Option<Dissolved>,
}

/// A member, since when, and by what evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Its place among the fold's persons.
    pub person: usize,
    /// Its name as printed there.
    pub name: Option<String>,
    /// Since which day, by which entry.
    pub since: (Day, u64),
    /// What row 2 says.
    pub evidence: &'static str,
    /// What else tells that it is a member: an agreement, Item 8, the header.
    pub also: Vec<String>,
    /// Since when it is there no more, by which entry, and what tells that.
    pub left: Option<(Day, u64, Absence)>,
}

/// One person acts for another, or holds through another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Who controls.
    pub from: String,
    /// Who is controlled, or through whom shares are held.
    pub to: String,
    /// What tells it.
    pub by: EdgeBy,
    /// The filing that says so.
    pub entry: u64,
}

/// What tells that one person controls another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EdgeBy {
    /// It signs for the other in this capacity.
    Signature(Option<String>),
    /// Its row says that its shares are the other's.
    Via,
}

/// The statements of a class of which no cover page was read: who reports in them cannot be told.
pub fn unread(class: &FoldedClass) -> Vec<&ChainState> {
    class.chains.iter().filter(|state| state.members.is_empty()).collect()
}

/// The groups of a class: statements that more than one person has reported in.
pub fn groups(class: &FoldedClass) -> Vec<Group> {
    let size = class.holdings.story.size.as_ref();
    let size = size.map(|size| Bound { shares: size.shares, by: SizeBy::Event(size.entry) });
    let joint = class.chains.iter().filter(|state| state.members.len() > 1);
    joint.map(|state| group(state, size, &class.holdings.holders)).collect()
}

fn group(state: &ChainState, size: Option<Bound>, holders: &[Holding]) -> Group {
    let there: Vec<&Member> = state.members.iter().filter(|member| stands(member)).collect();
    let membership = |member: &Member| Membership {
        person: member.person,
        name: member.name.clone(),
        since: member.since,
        evidence: box_words(&member.cover),
        also: state.said.evidence(|name| member.is_named(name)),
        left: member.left,
    };
    let stated =
        state.said.size.map(|size| Bound { shares: size.shares, by: SizeBy::Filing(size.entry) });
    let mut total = total(&there, size.or(stated), state.said.total.as_ref());
    if let Some(total) = &mut total {
        total.why.extend(there.iter().filter_map(|member| elsewhere(member, state, holders)));
    }
    Group {
        chain: state.chain.id,
        members: state.members.iter().map(membership).collect(),
        edges: there.iter().flat_map(|member| edges(member, &there)).collect(),
        total,
        identified: state.said.eight,
        dissolution: state.said.nine,
        dissolved: state.said.dissolved,
    }
}

/// That a member has reported in another statement since: its row here is as it was before.
fn elsewhere(member: &Member, state: &ChainState, holders: &[Holding]) -> Option<String> {
    let holding = holders.iter().find(|holding| holding.person == member.person)?;
    let name = member.name.as_deref().unwrap_or("somebody");
    (holding.chain != state.chain.id).then(|| {
        format!(
            "{name} reports in another statement since {} (entry {}): its row here is that of \
             before",
            holding.since, holding.entry
        )
    })
}

/// Whoever did not leave is there; so is one of whom that cannot be told, as it last reported.
fn stands(member: &Member) -> bool {
    !matches!(member.left, Some((_, _, Absence::Left | Absence::Dissolved | Absence::Closed)))
}

fn edges(member: &Member, there: &[&Member]) -> Vec<Edge> {
    let Some(name) = &member.name else { return Vec::new() };
    let via = member.cover.via.iter().map(|via| Edge {
        from: name.clone(),
        to: via.name.clone(),
        by: EdgeBy::Via,
        entry: member.entry,
    });
    // Only members: a lawyer's signature controls nobody.
    let member_named = |who: &str| there.iter().find(|one| one.is_named(who))?.name.as_ref();
    let signers = member.signed.iter().filter(|(who, ..)| !member.is_named(who));
    let signers = signers.filter_map(|signed| Some((member_named(&signed.0)?, signed)));
    let signed = signers.map(|(who, (_, title, entry))| Edge {
        from: who.clone(),
        to: name.clone(),
        by: EdgeBy::Signature(title.clone()),
        entry: *entry,
    });
    via.chain(signed).collect()
}

/// Separate statements that report one bloc.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bloc {
    /// What each of them reports.
    pub aggregate: Amount,
    /// The chains.
    pub chains: Vec<u64>,
    /// Who reports it, and what of it each may dispose of.
    pub parts: Vec<(String, Option<Amount>)>,
    /// Whether what they may dispose of sums to what each reports: then it is proven.
    pub proven: bool,
}

/// Statements of different persons that report the same aggregate, and no person in common. Equal
/// numbers alone make a bloc likely; the sum of their own parts proves it (spec, section 17.11).
pub fn blocs(class: &ClassHoldings) -> Vec<Bloc> {
    let mut found: Vec<Bloc> = Vec::new();
    for holding in class.holders.iter().filter(|one| one.status != Status::Exited) {
        let amount = |field| holding.rows.get(&field).and_then(|cited| cited.amount());
        let Some(aggregate) = amount(FieldName::Aggregate).filter(|a| !a.is_zero()) else {
            continue;
        };
        let sole = amount(FieldName::SoleDispositive);
        let shared = amount(FieldName::SharedDispositive);
        let part = sole.zip(shared).and_then(|(sole, shared)| sole.checked_add(shared));
        let name = holding.name.clone().unwrap_or_default();
        let bloc = found.iter_mut().find(|one| one.aggregate.decimal() == aggregate.decimal());
        match bloc {
            // Holders of one statement are its group; the first speaks for it.
            Some(bloc) if bloc.chains.contains(&holding.chain) => {}
            Some(bloc) => {
                bloc.chains.push(holding.chain);
                bloc.parts.push((name, part));
            }
            None => found.push(Bloc {
                aggregate,
                chains: vec![holding.chain],
                parts: vec![(name, part)],
                proven: false,
            }),
        }
    }
    found.retain(|bloc| bloc.chains.len() > 1);
    for bloc in &mut found {
        let mut parts = bloc.parts.iter().map(|(_, part)| *part);
        let sum = parts.try_fold(Amount::ZERO, |sum, part| sum.checked_add(part?));
        bloc.proven = sum.is_some_and(|sum| sum.decimal() == bloc.aggregate.decimal());
    }
    found
}
