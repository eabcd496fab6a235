//! Whether a holder still holds, as far as one filing tells, and what tells it.
//! Knows nothing of other filings, nor since when this one is true.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::ledger::event::FilingRecorded;
use crate::terms::name::same_name;
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Rule, Schedule};

/// Where a holder stands after its last filing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// More than five percent, alone or with the others of the filing.
    Holding,
    /// An amendment says five percent or less (Rule 13d-2(b); nothing more is due after it), or
    /// Item 5 of a Schedule 13G does, whichever filing it is in.
    Exited,
    /// The filing does not tell.
    Unknown,
}

impl Status {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Holding => "holding",
            Status::Exited => "exited",
            Status::Unknown => "unknown",
        }
    }
}

/// What a filing's word on five percent rests on, the strongest first (spec, section 17.8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Evidence {
    /// Item 5 of a Schedule 13G is ticked, and the row agrees.
    ItemFive,
    /// The cover page's percent.
    Percent,
    /// The cover page's aggregate is nought and no percent is stated.
    Nothing,
    /// Item 5(e) of a 13D says so in words, and the cover page does not tell.
    ItemFiveE,
    /// The percent of another holder of the same filing.
    OfAnother,
    /// What Item 5(a) of a 13D states of all, of who affirms a group in row 2.
    ItemFiveA,
    /// The event date of an original that reports its exit; of an issuer that is kept none has it.
    EventDate,
}

impl Evidence {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::ItemFive => "item-5",
            Evidence::Percent => "percent",
            Evidence::Nothing => "zero",
            Evidence::ItemFiveE => "item-5e",
            Evidence::OfAnother => "percent-of-another",
            Evidence::ItemFiveA => "item-5a",
            Evidence::EventDate => "event-date",
        }
    }
}

/// What a filing tells of its holder number `index`, and what tells it. A person at five percent
/// or less is out only where nobody else of the filing is above: members of a group are often
/// below it one by one. Who has no share at all and affirms no group holds nothing with anybody.
pub fn status(filing: &FilingRecorded, index: usize) -> (Status, Option<Evidence>) {
    let holders = &filing.reading.holders;
    let unboxed = filing.reading.five_percent_or_less.value() == Some(&false);
    let above = |holder: &Holder| match cover_says(holder) {
        Some((at_most, _)) => !at_most,
        None => unboxed && states_five(holder),
    };
    let Some(holder) = holders.get(index) else { return (Status::Unknown, None) };
    let amends = filing.form().is_some_and(|form| form.is_amendment());
    let (in_words, against) = words_of_e(filing);
    // After a notice of dissolution each holds what its own row says (13G, Item 9).
    let dissolved = filing.reading.item_9.dissolved.value() == Some(&true);
    match says(filing, holder) {
        Some((false, evidence)) => (Status::Holding, Some(evidence)),
        Some((true, _)) if !dissolved && !has_nothing(holder) && holders.iter().any(above) => {
            (Status::Holding, Some(Evidence::OfAnother))
        }
        Some((true, evidence @ (Evidence::Percent | Evidence::Nothing)))
            if affirms_group(holder) && !in_words && !dissolved =>
        {
            if against {
                (Status::Unknown, None)
            } else {
                of_group(filing, evidence, amends)
            }
        }
        // An original may report an exit, too, where its Item 5 is ticked: that says so in words.
        Some((true, evidence)) if amends || evidence == Evidence::ItemFive => {
            (Status::Exited, Some(evidence))
        }
        _ => (Status::Unknown, None),
    }
}

/// Whether a filing says of a holder alone that it is out, whatever others of the filing have.
pub fn says_out(filing: &FilingRecorded, index: usize) -> bool {
    let own = filing.reading.holders.get(index).and_then(|holder| says(filing, holder));
    own.is_some_and(|(at_most, _)| at_most)
}

/// Whether the words of Item 5(e) tell an exit, and whether they are contradicted: where Item 5(a)
/// states more than five percent in all, one of the two is of others, or wrong.
fn words_of_e(filing: &FilingRecorded) -> (bool, bool) {
    let in_all = filing.reading.item_5.percent.value().copied().and_then(at_most_five);
    let ceased = filing.reading.item_5.ceased.value() == Some(&true);
    (ceased && in_all != Some(false), ceased && in_all == Some(false))
}

/// Whether a filing says five percent or less of a holder: its cover page or, where that does not
/// say otherwise, the box of Item 5, which is one for all, or the words of Item 5(e).
fn says(filing: &FilingRecorded, holder: &Holder) -> Option<(bool, Evidence)> {
    let boxed = filing.reading.five_percent_or_less.value().copied();
    match cover_says(holder) {
        Some((true, _)) | None if boxed == Some(true) => Some((true, Evidence::ItemFive)),
        None if boxed == Some(false) && states_five(holder) => Some((false, Evidence::ItemFive)),
        None if words_of_e(filing).0 => Some((true, Evidence::ItemFiveE)),
        told => told,
    }
}

fn has_nothing(holder: &Holder) -> bool {
    holder.aggregate.value().copied().is_some_and(Amount::is_zero) && !affirms_group(holder)
}

fn affirms_group(holder: &Holder) -> bool {
    holder.group.value().is_some_and(|group| group.as_str() == "a")
}

/// What a filing whose rows are all at five percent or less tells of who affirms a group: each of
/// its members owns what all of them own (13d-5(b)). Of members who sign it and have no cover page
/// on it, it does not say what they own.
fn of_group(
    filing: &FilingRecorded,
    evidence: Evidence,
    amends: bool,
) -> (Status, Option<Evidence>) {
    let stated = filing.reading.item_5.percent.value().copied().and_then(at_most_five);
    match stated {
        Some(false) => return (Status::Holding, Some(Evidence::ItemFiveA)),
        Some(true) if amends => return (Status::Exited, Some(Evidence::ItemFiveA)),
        _ if !amends => return (Status::Unknown, None),
        _ => {}
    }
    let covers = || filing.reading.holders.iter().filter_map(|holder| holder.name.value());
    let signers = filing.reading.signatures.iter().filter_map(|signer| signer.name.value());
    for signer in signers {
        if !covers().any(|name| same_name(name, signer)) {
            return (Status::Unknown, None);
        }
    }
    // Of rows that share an aggregate the greatest percent counts, and once.
    let mut shared: BTreeMap<Decimal, Option<Decimal>> = BTreeMap::new();
    let mut most = Some(Decimal::ZERO);
    for holder in &filing.reading.holders {
        // What cannot be read is said to be something: it may be a power alone.
        let own = |power: &Field<Amount>| match power {
            Field::Stated { value, .. } => !value.is_zero(),
            Field::Unreadable { .. } => true,
            Field::Blank { .. } | Field::Absent => false,
        };
        let aggregate = holder.aggregate.value().copied();
        let alone = own(&holder.sole_voting) || own(&holder.sole_dispositive);
        let percent = holder.percent.value().map(|percent| percent.decimal());
        let percent = percent.or(aggregate.filter(|one| one.is_zero()).map(|_| Decimal::ZERO));
        match aggregate.filter(|_| !alone) {
            Some(aggregate) => {
                let told = shared.entry(aggregate.decimal()).or_default();
                *told = (*told).max(percent);
            }
            None => most = most.zip(percent).and_then(|(sum, one)| sum.checked_add(one)),
        }
    }
    for percent in shared.into_values() {
        most = most.zip(percent).and_then(|(sum, one)| sum.checked_add(one));
    }
    match most {
        Some(most) if most < FIVE => (Status::Exited, Some(evidence)),
        _ => (Status::Unknown, None),
    }
}

const FIVE: Decimal = Decimal::from_parts(5, 0, 0, false, 0);

/// Whether a percent is five or less. A five that is printed is rounded, from more or from less.
pub fn at_most_five(percent: Percent) -> Option<bool> {
    percent.at_most(FIVE).filter(|_| !is_five(percent))
}

/// Whether it is a printed five, which says neither.
pub fn is_five(percent: Percent) -> bool {
    percent == Percent::Exact(FIVE)
}

fn states_five(holder: &Holder) -> bool {
    holder.percent.value().copied().is_some_and(is_five)
}

/// Whether an original says that its holders have ceased to own more than five percent, for which
/// it is filed: its event date is that on which they came to. By 13d-1(d) it need not be.
pub fn ends_as_it_begins(filing: &FilingRecorded) -> bool {
    let original =
        filing.form().is_some_and(|form| form.schedule() == Schedule::G && !form.is_amendment());
    let reading = &filing.reading;
    let has = |rule: Rule| reading.rules.iter().any(|one| one.value() == Some(&rule));
    let due = (has(Rule::B) || has(Rule::C)) && !has(Rule::D);
    let above = |holder: &Holder| cover_says(holder).is_some_and(|(at_most, _)| !at_most);
    let boxed = reading.five_percent_or_less.value() == Some(&true);
    original && due && boxed && !reading.holders.is_empty() && !reading.holders.iter().any(above)
}

/// Whether the cover page says five percent or less; a stated aggregate of nought says so too.
fn cover_says(holder: &Holder) -> Option<(bool, Evidence)> {
    let percent = holder.percent.value().copied();
    let told = percent.and_then(at_most_five);
    let nothing = holder.aggregate.value().copied().is_some_and(Amount::is_zero);
    let told = told.map(|at_most| (at_most, Evidence::Percent));
    told.or_else(|| nothing.then_some((true, Evidence::Nothing)))
}
