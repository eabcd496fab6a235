//! What differs between two answers about one issuer, or between two filings.
//! Knows nothing of why; `history` tells who said what when.

use std::collections::BTreeMap;

use crate::ledger::event::{FilingRecorded, Said};
use crate::terms::name::same_name;
use crate::terms::span::Field;
use crate::terms::statement::Holder;
use crate::terms::time::Day;
use crate::terms::topic::{HolderId, Topic};
use crate::terms::trouble::FieldName;
use crate::view::codes::TroubleCodes;
use crate::view::correct;
use crate::view::history::Place;
use crate::view::holding::{ChainState, Fold, FoldedClass, Holding};
use crate::view::row::{Cited, Rows, Value, rows, troubles_about};

/// What one side says of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// The value; `None` for one that cannot be read.
    pub value: Option<Value>,
    /// The entry of the filing that says it.
    pub entry: u64,
    /// Whether a later filing of the chain left it out.
    pub carried: bool,
    /// What troubles that filing has about it.
    pub troubles: TroubleCodes,
}

impl Side {
    fn of_answer(cited: &Cited) -> Self {
        let (value, troubles) = (cited.value.clone(), cited.troubles);
        Self { value, entry: cited.source.entry, carried: cited.carried, troubles }
    }

    fn says_the_same(&self, other: &Side) -> bool {
        match (&self.value, &other.value) {
            (Some(one), Some(other)) => one.says_the_same(other),
            (None, None) => true,
            _ => false,
        }
    }
}

/// What differs of a holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A row of its cover page.
    Row(FieldName),
    /// The day of its last report, and the entry.
    LastReport,
    /// Whether it still holds.
    Status,
    /// The schedule it reports on.
    Schedule,
    /// Since when it reports no more in that statement.
    Left,
}

impl What {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            What::Row(field) => field.as_str(),
            What::LastReport => "last-report",
            What::Status => "status",
            What::Schedule => "schedule",
            What::Left => "left",
        }
    }
}

/// One value that differs; `None` on a side that does not say it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The class's title, where the answers have several.
    pub class: Option<String>,
    /// The holder; `None` for what the title page says, and for a name that cannot be read.
    pub holder: Option<String>,
    /// What of it.
    pub what: What,
    /// What the first says.
    pub from: Option<Side>,
    /// What the second says.
    pub to: Option<Side>,
}

/// An item that one side has elsewhere, or has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemDifference {
    /// The chain whose item it is, by its first entry; `None` between two filings.
    pub chain: Option<u64>,
    /// Its number.
    pub number: u8,
    /// Where the first has it.
    pub from: Option<Place>,
    /// Where the second has it.
    pub to: Option<Place>,
}

/// What differs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Differences {
    /// Rows, in the order of the holders.
    pub rows: Vec<Difference>,
    /// Items, by number.
    pub items: Vec<ItemDifference>,
}

/// What differs between two answers about one issuer.
pub fn of_answers(a: &Fold, b: &Fold) -> Differences {
    let mut found = Differences::default();
    let none = FoldedClass::default();
    let paired = pairs(&a.classes, &b.classes, &[&share_filings, &same_class]);
    for (class, old) in b.classes.iter().zip(&paired) {
        let old = old.and_then(|at| a.classes.get(at)).unwrap_or(&none);
        classes((a, old), (b, class), &mut found);
    }
    for (at, class) in a.classes.iter().enumerate() {
        if !paired.contains(&Some(at)) {
            classes((a, class), (b, &none), &mut found);
        }
    }
    found
}

/// Zeros are printed for several classes, and titles are spelt in several ways: what the answers
/// have in common tells more.
fn share_filings(a: &FoldedClass, b: &FoldedClass) -> bool {
    a.chains.iter().any(|one| b.chains.iter().any(|other| one.chain.shares(&other.chain)))
}

/// Two classes of which no filing counts on both sides.
fn same_class(a: &FoldedClass, b: &FoldedClass) -> bool {
    let (a, b) = (&a.holdings, &b.holdings);
    match a.cusips.is_empty() || b.cusips.is_empty() {
        true => a.title.as_deref().map(Topic::name) == b.title.as_deref().map(Topic::name),
        false => !a.cusips.is_disjoint(&b.cusips),
    }
}

fn classes(a: (&Fold, &FoldedClass), b: (&Fold, &FoldedClass), found: &mut Differences) {
    let (old_holdings, holdings) = (&a.1.holdings, &b.1.holdings);
    let title = holdings.title.clone().or(old_holdings.title.clone());
    let id = |fold: &Fold, holding: &Holding| -> Option<HolderId> {
        fold.person(holding.person)?.best_id()
    };
    let same = |old: &&Holding, new: &Holding| {
        let (one, other) = (a.0.person(old.person), b.0.person(new.person));
        let shared = one.zip(other).is_some_and(|(one, other)| !one.ids.is_disjoint(&other.ids));
        shared && (id(a.0, old) == id(b.0, new) || old.cik.is_none() || new.cik.is_none())
    };
    let (olds, news) = (&old_holdings.holders, &holdings.holders);
    // Two of one name are told apart by the page on which each first reported.
    let paired = pairs(
        olds,
        news,
        &[&|old, new| same(&old, new) && old.first == new.first, &|old, new| same(&old, new)],
    );
    for (new, old) in news.iter().zip(&paired) {
        let old = old.and_then(|at| olds.get(at));
        holding(&title, new.name.as_ref(), (old, Some(new)), found);
    }
    for (at, old) in olds.iter().enumerate() {
        if !paired.contains(&Some(at)) {
            holding(&title, old.name.as_ref(), (Some(old), None), found);
        }
    }
    items(a.1, b.1, found);
}

/// A way to be the same.
type Way<'a, T> = &'a dyn Fn(&T, &T) -> bool;

/// For each of some things the place of the one it is among others, each taken once: by the first
/// of the ways to be the same, then by the next.
fn pairs<T>(olds: &[T], news: &[T], ways: &[Way<T>]) -> Vec<Option<usize>> {
    let mut paired: Vec<Option<usize>> = vec![None; news.len()];
    for is_same in ways {
        for (place, new) in news.iter().enumerate() {
            let mut free = (0..).zip(olds).filter(|(at, _)| !paired.contains(&Some(*at)));
            let found = free.find(|(_, old)| is_same(old, new)).map(|(at, _)| at);
            if let Some(own @ None) = paired.get_mut(place) {
                *own = found;
            }
        }
    }
    paired
}

fn holding(
    class: &Option<String>,
    holder: Option<&String>,
    (old, new): (Option<&Holding>, Option<&Holding>),
    found: &mut Differences,
) {
    // Two reports of one day are told apart by their entries.
    let one_day = old.zip(new).is_some_and(|(old, new)| old.since == new.since);
    for what in [What::LastReport, What::Status, What::Schedule, What::Left] {
        let side = |one: Option<&Holding>| one.and_then(|one| standing(one, what, one_day));
        push(class, holder, what, (side(old), side(new)), found);
    }
    let empty = Rows::default();
    let old = old.map_or(&empty, |one| &one.rows);
    let new = new.map_or(&empty, |one| &one.rows);
    let mut fields: Vec<FieldName> = old.iter().chain(new.iter()).map(|(field, _)| field).collect();
    fields.sort();
    fields.dedup();
    for field in fields {
        let side = |rows: &Rows| rows.get(&field).map(Side::of_answer);
        push(class, holder, What::Row(field), (side(old), side(new)), found);
    }
}

/// Where a holder stands, as a row of its own.
fn standing(one: &Holding, what: What, with_entry: bool) -> Option<Side> {
    let at = |day: Day, entry: u64| match with_entry {
        true => format!("{day} (entry {entry})"),
        false => day.to_string(),
    };
    let words = match what {
        What::Row(_) => None,
        What::LastReport => Some(at(one.since, one.entry)),
        What::Status => Some(one.status.as_str().to_owned()),
        What::Schedule => one.life.regime.schedule.map(|_| one.life.regime.words()),
        What::Left => one.left.map(|(since, entry, _)| at(since, entry)),
    };
    let troubles = TroubleCodes::default();
    let value = Some(Value::Text(words?.into()));
    Some(Side { value, entry: one.entry, carried: false, troubles })
}

fn push(
    class: &Option<String>,
    holder: Option<&String>,
    what: What,
    (from, to): (Option<Side>, Option<Side>),
    found: &mut Differences,
) {
    let same = match (&from, &to) {
        (Some(from), Some(to)) => from.says_the_same(to),
        (None, None) => true,
        _ => false,
    };
    if !same {
        let (class, holder) = (class.clone(), holder.cloned());
        found.rows.push(Difference { class, holder, what, from, to });
    }
}

/// Items of the chains that both answers have, which are those with a filing in common: one that
/// became known later may begin it. Those of others on one side.
fn items(a: &FoldedClass, b: &FoldedClass, found: &mut Differences) {
    // By the same first filing before any: no two are called alike then.
    let ways: [Way<ChainState>; 2] =
        [&|old, new| old.chain.id == new.chain.id, &|old, new| old.chain.shares(&new.chain)];
    let paired = pairs(&a.chains, &b.chains, &ways);
    let id_of = |at: usize, state: &ChainState| {
        let now = paired.iter().position(|old| *old == Some(at));
        now.and_then(|now| b.chains.get(now)).map_or(state.chain.id, |state| state.chain.id)
    };
    let place = |id: u64, state: &ChainState| -> Vec<((u64, u8), Place)> {
        state.items.iter().map(|(number, item)| ((id, *number), item.place)).collect()
    };
    let old: BTreeMap<(u64, u8), Place> = a
        .chains
        .iter()
        .enumerate()
        .flat_map(|(at, state)| place(id_of(at, state), state))
        .collect();
    let new: BTreeMap<(u64, u8), Place> =
        b.chains.iter().flat_map(|state| place(state.chain.id, state)).collect();
    let mut keys: Vec<(u64, u8)> = old.keys().chain(new.keys()).copied().collect();
    keys.sort();
    keys.dedup();
    for (chain, number) in keys {
        let (from, to) = (old.get(&(chain, number)), new.get(&(chain, number)));
        if from != to {
            let (chain, from, to) = (Some(chain), from.copied(), to.copied());
            found.items.push(ItemDifference { chain, number, from, to });
        }
    }
}

/// What tells of a filing what it is about: whoever compares those of two issuers or classes is not
/// to take them for one stake that changed.
const TITLE_PAGE: [FieldName; 8] = [
    FieldName::Form,
    FieldName::AmendmentNumber,
    FieldName::EventDate,
    FieldName::IssuerName,
    FieldName::IssuerCik,
    FieldName::Cusips,
    FieldName::ClassTitle,
    FieldName::Rules,
];

/// What differs between two filings: their title pages; rows of the holders they have in common by
/// number or name, and of those that one has alone; items by number.
pub fn of_filings(a: (u64, &FilingRecorded), b: (u64, &FilingRecorded)) -> Differences {
    let mut found = Differences::default();
    for field in TITLE_PAGE {
        push(&None, None, What::Row(field), (title(a, field), title(b, field)), &mut found);
    }
    let ciks = |old: &Holder, new: &Holder| old.cik.value().copied().zip(new.cik.value().copied());
    let named = |old: &Holder, new: &Holder| {
        let names = old.name.value().zip(new.name.value());
        ciks(old, new).is_none() && names.is_some_and(|(a, b)| same_name(a, b))
    };
    let (olds, news) = (&a.1.reading.holders, &b.1.reading.holders);
    let by_cik = |old: &Holder, new: &Holder| ciks(old, new).is_some_and(|(a, b)| a == b);
    let paired = pairs(olds, news, &[&by_cik, &named]);
    for (place, (new, old)) in news.iter().zip(&paired).enumerate() {
        let old = old.map_or_else(Vec::new, |at| sides(a, at));
        covers(new.name.value(), old, sides(b, place), &mut found);
    }
    for (at, old) in olds.iter().enumerate() {
        if !paired.contains(&Some(at)) {
            covers(old.name.value(), sides(a, at), Vec::new(), &mut found);
        }
    }
    let places = |(entry, filing): (u64, &FilingRecorded)| -> BTreeMap<u8, Place> {
        let place = |span| Place { entry, content: filing.content, span };
        filing.reading.items.iter().map(|item| (item.number, place(item.span))).collect()
    };
    let (old, new) = (places(a), places(b));
    let mut numbers: Vec<u8> = old.keys().chain(new.keys()).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let (from, to) = (old.get(&number).copied(), new.get(&number).copied());
        found.items.push(ItemDifference { chain: None, number, from, to });
    }
    found
}

/// What the title page of a filing says, or what was supplied where it says nothing.
fn title((entry, filing): (u64, &FilingRecorded), field: FieldName) -> Option<Side> {
    let supplied = match field {
        FieldName::Form => filing.form().map(|form| form.to_string()),
        FieldName::IssuerName => filing.issuer_name().map(str::to_owned),
        FieldName::IssuerCik => filing.issuer_cik().map(|cik| cik.to_string()),
        _ => None,
    };
    let value = match (correct::get(&filing.reading, None, field)?, supplied) {
        (Said::Stated(text), _) | (_, Some(text)) => Some(text),
        (Said::Unreadable, None) => None,
        (Said::Nothing, None) => return None,
    };
    let own = filing.reading.troubles.iter().filter(|trouble| trouble.holder.is_none());
    let troubles = own.filter(|trouble| trouble.field == field).map(|trouble| trouble.code);
    let value = value.map(|text| Value::Text(text.into()));
    Some(Side { value, entry, carried: false, troubles: troubles.collect() })
}

/// What one cover page of a filing says, row by row; `None` for a row that is blank or absent.
fn sides((entry, filing): (u64, &FilingRecorded), at: usize) -> Vec<(FieldName, Option<Side>)> {
    let Some(holder) = filing.reading.holders.get(at) else { return Vec::new() };
    let troubles = |field: FieldName| troubles_about(filing, at, field).collect();
    let side = |(field, said): (FieldName, Field<Value>)| {
        let value = match said {
            Field::Stated { value, .. } => Some(value),
            Field::Unreadable { .. } => None,
            Field::Blank { .. } | Field::Absent => return (field, None),
        };
        (field, Some(Side { value, entry, carried: false, troubles: troubles(field) }))
    };
    rows(holder).into_iter().map(side).collect()
}

type Sides = Vec<(FieldName, Option<Side>)>;

fn covers(name: Option<&String>, old: Sides, new: Sides, found: &mut Differences) {
    let fields: Vec<FieldName> =
        if new.is_empty() { &old } else { &new }.iter().map(|(field, _)| *field).collect();
    for field in fields {
        let of = |sides: &Sides| {
            sides.iter().find(|(own, _)| *own == field).and_then(|(_, side)| side.clone())
        };
        push(&None, name, What::Row(field), (of(&old), of(&new)), found);
    }
}
