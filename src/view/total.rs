//! How many shares several persons hold together: an interval, and the rule that narrowed it.
//! Never a sum of rows that may hold the same shares twice (spec, section 17.11).

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::terms::name::same_name;
use crate::terms::quantity::Amount;
use crate::terms::statement::Part;
use crate::terms::trouble::{FieldName, TroubleCode};
use crate::view::class::acquirable;
use crate::view::holding::Member;
use crate::view::said::Stated;

/// The rule that narrowed an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// Only one row, or one row that is not nought.
    Single,
    /// The rows say whose shares theirs are, down to rows of a person's own shares.
    Via,
    /// Every row that is not nought says the same numbers, and shares its powers: one position.
    Identical,
    /// One row is the sum of the others: they are disjoint, and it holds them all.
    ParentSumsChildren,
    /// One row's shared powers, to vote and to sell, cover the other row, which has none alone.
    Covers,
    /// Item 5(a) states it, within what the rows allow.
    Stated,
    /// No rule applies: between the largest row and the sum of all that may be positions.
    Bounds,
    /// Rows are missing or cannot be read: no more than the largest that can be.
    Unreadable,
}

impl Rule {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Single => "single",
            Rule::Via => "via",
            Rule::Identical => "identical",
            Rule::ParentSumsChildren => "parent-sums-children",
            Rule::Covers => "covers",
            Rule::Stated => "item-5a-stated",
            Rule::Bounds => "bounds",
            Rule::Unreadable => "unreadable",
        }
    }
}

/// How many shares several persons hold together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Total {
    /// At least so many.
    pub lower: Amount,
    /// At most so many; `None` where rows cannot be read and no class size bounds it.
    pub upper: Option<Amount>,
    /// The rule that narrowed it.
    pub rule: Rule,
    /// The total by the rule, where it gives one, or the least and the most are one number.
    pub total: Option<Amount>,
    /// Totals that rows or Item 5(a) state themselves and that differ from the rule's.
    pub stated: Vec<Amount>,
    /// Whether Item 5(a) states a total that the rows cannot make.
    pub contradicted: bool,
    /// Why, in sentences.
    pub why: Vec<String>,
}

/// How large the class is, which no total can exceed but by what is not issued yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// How many shares are outstanding.
    pub shares: Amount,
    /// Who says so.
    pub by: SizeBy,
}

/// Who says how large a class is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SizeBy {
    /// An entry that reports it.
    Event(u64),
    /// The filing of this entry, which bases its percents on it.
    Filing(u64),
}

/// One member's row: the numbers that tell overlap.
#[derive(Clone, Debug)]
struct Row {
    name: String,
    aggregate: Option<Amount>,
    sole: Option<Decimal>,
    shared: Option<Decimal>,
    powers: [Option<Amount>; 4],
    via: Vec<String>,
    /// Every name its member has.
    names: Vec<String>,
}

impl Row {
    fn of(member: &Member) -> Self {
        let amount = |field| member.rows.get(&field).and_then(|cited| cited.amount());
        let powers = [
            FieldName::SoleVoting,
            FieldName::SharedVoting,
            FieldName::SoleDispositive,
            FieldName::SharedDispositive,
        ]
        .map(amount);
        let [sole_vote, shared_vote, sole_sell, shared_sell] =
            powers.map(|power| power.map(Amount::decimal));
        let most = |a: Option<Decimal>, b: Option<Decimal>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
        Self {
            name: member.name.clone().unwrap_or_default(),
            aggregate: amount(FieldName::Aggregate),
            sole: most(sole_vote, sole_sell),
            shared: most(shared_vote, shared_sell),
            powers,
            via: member.cover.via.iter().map(|via| via.name.clone()).collect(),
            names: member.spellings.iter().cloned().collect(),
        }
    }

    fn all_shared(&self) -> bool {
        self.sole == Some(Decimal::ZERO)
    }

    fn all_sole(&self) -> bool {
        self.shared == Some(Decimal::ZERO)
    }
}

/// The total of the members that are still there, beside what Item 5(a) states, and no more than
/// the class has where its size is known.
pub fn total(
    members: &[&Member],
    class_size: Option<Bound>,
    stated: Option<&Stated>,
) -> Option<Total> {
    let rows: Vec<Row> = members.iter().map(|member| Row::of(member)).collect();
    let amounts = rows.iter().filter_map(|row| row.aggregate);
    let Some(lower) = amounts.max_by_key(|amount| amount.decimal()) else {
        return unread(&rows, stated);
    };
    let all: Option<Vec<Amount>> = rows.iter().map(|row| row.aggregate).collect();
    let found = by_via(&rows).or_else(|| all.as_ref().and_then(|all| by_numbers(&rows, all)));
    let sum = all
        .as_ref()
        .and_then(|all| all.iter().try_fold(Amount::ZERO, |sum, one| sum.checked_add(*one)));
    let mut total = match (found, &all) {
        (Some(total), _) => total,
        (None, Some(_)) => {
            let (most, twice) = distinct(&rows);
            let why = match twice {
                false => {
                    "no rule tells whose shares overlap: at least the largest row, at most the \
                          sum of all"
                }
                true => {
                    "no rule tells whose shares overlap: at least the largest row, at most the \
                         sum of all, rows of one amount without power alone counted once"
                }
            };
            interval(lower, most, Rule::Bounds, vec![why.to_owned()])
        }
        (None, None) => interval(lower, None, Rule::Unreadable, vec![unread_words(&rows)]),
    };
    if let Some(stated) = stated {
        by_statement(&mut total, stated, (lower, sum));
    }
    if let Some(size) = class_size {
        by_size(&mut total, members, size);
    }
    if total.total.is_none() && total.upper.is_some_and(|most| most.decimal() == lower.decimal()) {
        total.total = Some(lower);
        total.why.push("which is one number: so many are held whoever's shares overlap".to_owned());
    }
    total.why.extend(members.iter().filter_map(|member| left_out(member)));
    Some(total)
}

/// The total of rows none of which can be read: what Item 5(a) states, which nothing contradicts.
fn unread(rows: &[Row], stated: Option<&Stated>) -> Option<Total> {
    let Stated { shares, entry, .. } = stated?;
    let by_rows = unread_words(rows);
    let why =
        format!("item 5(a) stated: {shares} in all (entry {entry}); by the rows alone: {by_rows}");
    Some(point(*shares, Rule::Stated, why))
}

fn unread_words(rows: &[Row]) -> String {
    let unread = rows.iter().filter(|row| row.aggregate.is_none()).count();
    format!("{unread} of {} rows cannot be read", rows.len())
}

/// A row that the member's last filing leaves out where it is due is not known to stand.
fn left_out(member: &Member) -> Option<String> {
    let aggregate = member.rows.get(&FieldName::Aggregate)?;
    let due = aggregate.carried && aggregate.troubles.contains(TroubleCode::RowMissing);
    let name = member.name.as_deref().unwrap_or("somebody");
    due.then(|| format!("{name}'s row is as last stated: entry {} states none", member.entry))
}

/// Item 5(a)'s total is the total where no rule about the rows makes one. Where a rule makes
/// another the interval holds both; where the rows cannot make it, the filing contradicts itself.
fn by_statement(total: &mut Total, item: &Stated, (least, sum): (Amount, Option<Amount>)) {
    let says = item.shares;
    let told = format!("item 5(a) stated: {says} in all (entry {})", item.entry);
    let inside =
        least.decimal() <= says.decimal() && sum.is_none_or(|sum| says.decimal() <= sum.decimal());
    if !inside {
        let sum = sum.map_or("any number".to_owned(), |sum| sum.to_string());
        let why = "the filing contradicts itself";
        total.why.push(format!("{told}, which the rows, {least} to {sum}, cannot make: {why}"));
        total.stated.push(says);
        total.contradicted = true;
        return;
    }
    match total.total {
        None => {
            let rows = total.why.join("; ");
            *total = point(says, Rule::Stated, format!("{told}; by the rows alone: {rows}"));
        }
        Some(sum) if sum.decimal() == says.decimal() => total.why.push(told),
        Some(_) => {
            total.why.push(format!("{told}, which is another number"));
            if total.stated.iter().all(|other| other.decimal() != says.decimal()) {
                total.stated.push(says);
            }
            if says.decimal() < total.lower.decimal() {
                total.lower = says;
            }
            if total.upper.is_some_and(|upper| upper.decimal() < says.decimal()) {
                total.upper = Some(says);
            }
        }
    }
}

/// The class bounds what is not known: what members may acquire is not outstanding yet, and comes
/// on top of it (13d-3(d)(1)).
fn by_size(total: &mut Total, members: &[&Member], size: Bound) {
    let parts = members.iter().map(|member| member.cover.parts.as_slice());
    let mut rights = parts.filter_map(|parts: &[Part]| acquirable(parts));
    let rights = rights.try_fold(Amount::ZERO, |sum, one| sum.checked_add(one));
    let Some(most) = rights.and_then(|rights| size.shares.checked_add(rights)) else { return };
    let over = total.upper.is_none_or(|upper| upper.decimal() > most.decimal());
    if !over || most.decimal() < total.lower.decimal() {
        return;
    }
    total.upper = Some(most);
    let by = match size.by {
        SizeBy::Event(entry) => format!("reported in entry {entry}"),
        SizeBy::Filing(entry) => format!("on which the filing of entry {entry} bases its percents"),
    };
    let more = match most.decimal() == size.shares.decimal() {
        true => "rights to acquire more aside",
        false => "and what members may acquire by the parts of their rows",
    };
    total.why.push(format!("and at most the class, {} {by}, {more}", size.shares));
}

fn interval(lower: Amount, upper: Option<Amount>, rule: Rule, why: Vec<String>) -> Total {
    Total { lower, upper, rule, total: None, stated: Vec::new(), contradicted: false, why }
}

fn point(total: Amount, rule: Rule, why: String) -> Total {
    Total {
        lower: total,
        upper: Some(total),
        rule,
        total: Some(total),
        stated: Vec::new(),
        contradicted: false,
        why: vec![why],
    }
}

/// The sum of the rows that may be positions of their own, and whether some are left out: rows of
/// one amount none of which has power alone are one position in several hands.
fn distinct(rows: &[Row]) -> (Option<Amount>, bool) {
    let mut counted: BTreeSet<Decimal> = BTreeSet::new();
    let (mut sum, mut twice) = (Some(Amount::ZERO), false);
    for row in rows {
        let Some(aggregate) = row.aggregate else { return (None, twice) };
        if row.all_shared() && !aggregate.is_zero() && !counted.insert(aggregate.decimal()) {
            twice = true;
            continue;
        }
        sum = sum.and_then(|sum| sum.checked_add(aggregate));
    }
    (sum, twice)
}

/// Rules that look at the numbers alone. Every row can be read.
fn by_numbers(rows: &[Row], all: &[Amount]) -> Option<Total> {
    let not_nought: Vec<&Row> =
        rows.iter().filter(|row| row.aggregate.is_some_and(|a| !a.is_zero())).collect();
    let largest = *all.iter().max_by_key(|amount| amount.decimal())?;
    match not_nought.as_slice() {
        [] => return Some(point(Amount::ZERO, Rule::Single, "every row is nought".to_owned())),
        [row] => {
            let why = format!("only {} has a row that is not nought", row.name);
            return Some(point(largest, Rule::Single, why));
        }
        _ => {}
    }
    let same = |a: &Row, b: &Row| {
        let equal = |x: Option<Amount>, y: Option<Amount>| match (x, y) {
            (Some(x), Some(y)) => x.decimal() == y.decimal(),
            _ => false,
        };
        equal(a.aggregate, b.aggregate)
            && a.powers.iter().zip(&b.powers).all(|(x, y)| equal(*x, *y))
    };
    let first = not_nought.first()?;
    if not_nought.iter().all(|row| same(first, row) && row.all_shared()) {
        let which = if not_nought.len() == rows.len() { "" } else { " that is not nought" };
        let why = format!("every row{which} says the same numbers and shares its powers");
        return Some(point(largest, Rule::Identical, format!("{why}: one position")));
    }
    parent(&not_nought, largest).or_else(|| covers(&not_nought, largest))
}

/// One row is the sum of all the smaller ones. Rows of one amount that share their powers are one
/// holding in two hands; where one of them has powers alone they may be two, and nothing is told.
fn parent(rows: &[&Row], largest: Amount) -> Option<Total> {
    let mut amounts: BTreeMap<Decimal, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        amounts.entry(row.aggregate?.decimal()).or_default().push(row);
    }
    let one = |alike: &Vec<&Row>| alike.len() == 1 || alike.iter().all(|row| row.all_shared());
    if !amounts.values().all(one) {
        return None;
    }
    let children: Vec<Decimal> =
        amounts.keys().copied().filter(|amount| *amount < largest.decimal()).collect();
    if children.len() < 2 || children.iter().sum::<Decimal>() != largest.decimal() {
        return None;
    }
    let why = format!("the largest row, {largest}, is the sum of the {} smaller", children.len());
    Some(point(largest, Rule::ParentSumsChildren, why))
}

/// One row's powers cover the other row's, which has no power alone: neither to vote nor to sell
/// does it share more than that one shares. Of two rows of one amount either may cover the other.
fn covers(rows: &[&Row], largest: Amount) -> Option<Total> {
    // Whoever shares must share with somebody of the filing: with one other row, that is this one.
    let [one, other] = rows else { return None };
    let of_it = |own: Option<Amount>, all: Option<Amount>| {
        own.zip(all).is_some_and(|(own, all)| own.decimal() <= all.decimal())
    };
    let covers = |cover: &Row, own: &Row| {
        let ([_, may_vote, _, may_sell], [_, votes, _, sells]) = (cover.powers, own.powers);
        cover.aggregate.is_some_and(|a| a.decimal() == largest.decimal())
            && cover.sole.zip(cover.shared).is_some_and(|(a, b)| a + b >= largest.decimal())
            && own.all_shared()
            && of_it(votes, may_vote)
            && of_it(sells, may_sell)
    };
    let mut either = [(one, other), (other, one)].into_iter();
    let (cover, _) = either.find(|(cover, own)| covers(cover, own))?;
    let why = format!("{}'s shared powers cover the other row, which has none alone", cover.name);
    Some(point(largest, Rule::Covers, why))
}

/// Rows that say whose shares theirs are ("owned by ...") are resolved to rows of a person's own
/// shares. A row of somebody's own shares must have its powers alone, or it may overlap; one whose
/// own row is lost is known by a row that holds through it and nobody else.
fn by_via(rows: &[Row]) -> Option<Total> {
    if rows.iter().all(|row| row.via.is_empty()) {
        return None;
    }
    let mut leaves: BTreeMap<usize, String> = BTreeMap::new();
    let mut through: Vec<(&Row, BTreeSet<usize>)> = Vec::new();
    let place = |leaves: &mut BTreeMap<usize, String>, name: &str| {
        let found = leaves.iter().find(|(_, own)| same_name(own, name)).map(|(at, _)| *at);
        found.unwrap_or_else(|| {
            leaves.insert(leaves.len(), name.to_owned());
            leaves.len() - 1
        })
    };
    // Whoever was renamed is named by either name.
    let called = |via: &String| {
        let printed = rows.iter().find(|row| same_name(&row.name, via));
        let any = || rows.iter().find(|row| row.names.iter().any(|name| same_name(name, via)));
        printed.or_else(any).map_or_else(|| via.clone(), |row| row.name.clone())
    };
    let mut own: BTreeMap<usize, (Amount, String)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.via.is_empty()) {
        // A cover page that is lost: what it holds must be told by somebody who holds through it.
        let Some(aggregate) = row.aggregate else { continue };
        if !row.all_sole() {
            return None;
        }
        let at = place(&mut leaves, &row.name);
        let states = format!("{aggregate} as {} states", row.name);
        // Two of one name: whose shares are meant nothing tells.
        if own.insert(at, (aggregate, states)).is_some() {
            return None;
        }
    }
    for row in rows.iter().filter(|row| !row.via.is_empty()) {
        let via = row.via.iter().map(|name| place(&mut leaves, &called(name))).collect();
        through.push((row, via));
    }
    for (row, via) in &through {
        if let (Some(only), 1, Some(aggregate)) = (via.first(), via.len(), row.aggregate) {
            let name = leaves.get(only).cloned().unwrap_or_default();
            let words = format!("{aggregate} of {name} as {} states", row.name);
            own.entry(*only).or_insert((aggregate, words));
        }
    }
    if leaves.keys().any(|leaf| !own.contains_key(leaf)) {
        return None;
    }
    resolved(&own, &through)
}

fn resolved(
    own: &BTreeMap<usize, (Amount, String)>,
    through: &[(&Row, BTreeSet<usize>)],
) -> Option<Total> {
    let sum = |leaves: Vec<&(Amount, String)>| {
        let mut amounts = leaves.into_iter().map(|(amount, _)| *amount);
        amounts.try_fold(Amount::ZERO, Amount::checked_add)
    };
    let total = sum(own.values().collect())?;
    let words: Vec<&str> = own.values().map(|(_, words)| words.as_str()).collect();
    let mut found = point(total, Rule::Via, format!("own rows: {}", words.join("; ")));
    for (row, via) in through {
        let by_own = sum(via.iter().filter_map(|leaf| own.get(leaf)).collect())?;
        let Some(says) = row.aggregate.filter(|says| says.decimal() != by_own.decimal()) else {
            continue;
        };
        found.why.push(format!("{} states {says} for what those own rows make {by_own}", row.name));
        if via.len() == own.len() {
            if found.stated.iter().all(|stated| stated.decimal() != says.decimal()) {
                found.stated.push(says);
            }
            let (least, most) = (found.lower.decimal(), found.upper.unwrap_or(total).decimal());
            found.lower = Amount::new(least.min(says.decimal()))?;
            found.upper = Amount::new(most.max(says.decimal()));
        } else if says.decimal() > by_own.decimal() {
            // It says more than the own rows of those it holds through: that much may be missing.
            let more = says.decimal() - by_own.decimal();
            let most = found.upper.unwrap_or(total).decimal() + more;
            found.upper = Amount::new(most);
        }
    }
    Some(found)
}
