//! Whether a holder still holds, as far as one filing tells.
//! Knows nothing of what came before or after that filing.

use rust_decimal::Decimal;

use crate::ledger::event::FilingRecorded;
use crate::terms::quantity::{Amount, Percent};
use crate::terms::statement::Holder;

/// Where a holder stands after its last filing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// More than five percent, alone or with the others of the filing.
    Holding,
    /// An amendment says five percent or less (Rule 13d-2(b); nothing more is due after it).
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

/// What a filing tells of its holder number `index`. A person at five percent or less is out only
/// where nobody else of the filing is above: members of a group are often below it one by one.
pub fn status(filing: &FilingRecorded, index: usize) -> Status {
    let holders = &filing.reading.holders;
    let above = |holder: &Holder| at_most_five(holder) == Some(false);
    let Some(holder) = holders.get(index) else { return Status::Unknown };
    let amends = filing.form().is_some_and(|form| form.is_amendment());
    match at_most_five(holder) {
        Some(false) => Status::Holding,
        Some(true) if holders.iter().any(above) => Status::Holding,
        Some(true) if amends => Status::Exited,
        _ => Status::Unknown,
    }
}

/// Whether the cover page says five percent or less; a stated aggregate of nought says so too.
fn at_most_five(holder: &Holder) -> Option<bool> {
    let percent = holder.percent.value().copied();
    let told = percent.and_then(|percent: Percent| percent.at_most(Decimal::from(5)));
    let nothing = holder.aggregate.value().copied().is_some_and(Amount::is_zero);
    told.or_else(|| nothing.then_some(true))
}
