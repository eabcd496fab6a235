//! Troubles that lie between the values of a reading rather than in one of them. Only warns.
//! Knows nothing of how the values were printed, and changes none of them.

use crate::reading::{arithmetic, filers, words};
use crate::terms::id::Cusip;
use crate::terms::name::{key, same_name, same_name_but_for_kind};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::Field;
use crate::terms::statement::{Party, Reading};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

use rust_decimal::Decimal;

/// Adds what the values of `reading` say against each other to its troubles.
pub fn check(reading: &mut Reading) {
    arithmetic::check(reading);
    let mut found = Vec::new();
    found.extend(cusips(reading));
    found.extend(event_after_filing(reading));
    found.extend(numbered_original(reading));
    found.extend(signers_without_cover(reading));
    found.extend(filers_without_cover(reading));
    found.extend(words::check(reading));
    reading.troubles.extend(found);
}

fn about_filing<T>(code: TroubleCode, field: FieldName, at: &Field<T>, message: String) -> Trouble {
    Trouble { code, holder: None, field, span: at.span(), message }
}

fn cusips(reading: &Reading) -> impl Iterator<Item = Trouble> {
    let wrong = |field: &Field<Cusip>| {
        let cusip = field.value().filter(|cusip| !cusip.is_valid())?;
        let why = if cusip.as_str().bytes().all(|b| b == b'0') {
            "is all zeros".to_owned()
        } else if cusip.as_str().len() != 9 {
            format!("has {} characters, not nine", cusip.as_str().len())
        } else {
            "has a wrong check digit".to_owned()
        };
        let message = format!("CUSIP {cusip} {why}.");
        Some(about_filing(TroubleCode::CusipInvalid, FieldName::Cusips, field, message))
    };
    reading.cusips.iter().filter_map(wrong)
}

/// The event is over when it is filed; without EDGAR's date the last signature's has to do.
fn event_after_filing(reading: &Reading) -> Option<Trouble> {
    let event = reading.event_date.value()?;
    let signed: Option<&Day> = reading.signatures.iter().filter_map(|s| s.date.value()).max();
    let (what, limit) = match (reading.filed_date.value(), signed) {
        (Some(filed), _) => ("filed", filed),
        (None, signed) => ("signed", signed?),
    };
    let message = format!("The event date, {event}, is after the statement was {what}, {limit}.");
    (event > limit).then(|| {
        about_filing(
            TroubleCode::EventAfterFiling,
            FieldName::EventDate,
            &reading.event_date,
            message,
        )
    })
}

/// An original has no amendment number.
fn numbered_original(reading: &Reading) -> Option<Trouble> {
    let form = reading.form.value().filter(|form| !form.is_amendment())?;
    let number = reading.amendment_number.value().filter(|number| **number > 0)?;
    let message = format!("The form is {form}, an original, and its amendment number {number}.");
    let (code, field) = (TroubleCode::Contradiction, FieldName::AmendmentNumber);
    Some(about_filing(code, field, &reading.amendment_number, message))
}

/// Whether two spellings may well be of one name: a warning needs more than a word left out.
fn akin(a: &str, b: &str) -> bool {
    if same_name(a, b) || same_name_but_for_kind(a, b) {
        return true;
    }
    let (a, b) = (key(a), key(b));
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().all(|word| long.contains(word))
}

fn has_holder_named(reading: &Reading, name: &str) -> bool {
    // Nearly every signature prints the cover page's name to the letter.
    let names = || reading.holders.iter().filter_map(|holder| holder.name.value());
    names().any(|holder| holder == name) || names().any(|holder| akin(holder, name))
}

fn signers_without_cover(reading: &Reading) -> impl Iterator<Item = Trouble> {
    // Where a cover page has no readable name, the signatory may be that person.
    let all_named =
        !reading.holders.is_empty() && reading.holders.iter().all(|h| h.name.is_stated());
    // Who signs twice is told once, and not again where the page's reader has told it.
    let told = |span| {
        let mut same = reading.troubles.iter().filter(|t| t.span == span);
        same.any(|t| t.code == TroubleCode::HolderWithoutCover)
    };
    let mut seen: Vec<String> = Vec::new();
    reading.signatures.iter().filter(move |_| all_named).filter_map(move |signature| {
        let name = signature.name.value().filter(|name| !has_holder_named(reading, name))?;
        if told(signature.name.span()) || seen.contains(&key(name)) {
            return None;
        }
        seen.push(key(name));
        let message = format!("{name} signs and has no readable cover page.");
        let (code, field) = (TroubleCode::HolderWithoutCover, FieldName::Signatures);
        Some(about_filing(code, field, &signature.name, message))
    })
}

fn filers_without_cover(reading: &Reading) -> impl Iterator<Item = Trouble> {
    let all_named =
        !reading.holders.is_empty() && reading.holders.iter().all(|h| h.name.is_stated());
    reading.filed_by.iter().filter(move |_| all_named).filter_map(|party| {
        let name = party.name.value().filter(|name| !has_holder_named(reading, name))?;
        if reading.holders.iter().any(|h| is_same_number(party, &h.cik, &h.tax_id)) {
            return None;
        }
        let message = format!("The header has this filed by {name}, who has no cover page.");
        let (code, field) = (TroubleCode::HolderNotInBody, FieldName::All);
        Some(about_filing(code, field, &party.name, message))
    })
}

fn is_same_number(party: &Party, cik: &Field<crate::terms::id::Cik>, tax: &Field<String>) -> bool {
    let digits = |said: &Field<String>| said.value().map(|printed| filers::digits(printed));
    let (theirs, ours) = (digits(&party.tax_id), digits(tax));
    (party.cik.is_stated() && party.cik.value() == cik.value())
        || (theirs.is_some_and(|theirs| Some(theirs) == ours))
}

/// Item 4 of a structured 13G against the cover page, for a filing of one holder: there the two
/// speak of the same numbers. Call it where Item 4's numbers have an element of their own.
pub fn item_4(reading: &mut Reading) {
    let [holder] = &reading.holders[..] else { return };
    let item = &reading.item_4;
    let mut found = Vec::new();
    for (field, what, cover, said) in [
        (FieldName::Aggregate, "amount", &holder.aggregate, &item.amount),
        (FieldName::SoleVoting, "sole voting power", &holder.sole_voting, &item.sole_voting),
        (
            FieldName::SharedVoting,
            "shared voting power",
            &holder.shared_voting,
            &item.shared_voting,
        ),
        (
            FieldName::SoleDispositive,
            "sole dispositive power",
            &holder.sole_dispositive,
            &item.sole_dispositive,
        ),
        (
            FieldName::SharedDispositive,
            "shared dispositive power",
            &holder.shared_dispositive,
            &item.shared_dispositive,
        ),
    ] {
        found.extend(other_amount(field, what, cover, said));
    }
    found.extend(other_percent(&holder.percent, &item.percent));
    found.extend(exit_above_five(reading));
    reading.troubles.extend(found);
}

fn other_amount(
    field: FieldName,
    what: &str,
    cover: &Field<Amount>,
    said: &Field<Amount>,
) -> Option<Trouble> {
    let (on_cover, in_item) = (cover.value()?.decimal(), said.value()?.decimal());
    differ(on_cover, in_item).then(|| Trouble {
        code: TroubleCode::Contradiction,
        holder: Some(0),
        field,
        span: said.span(),
        message: format!(
            "The cover page's {what} is {}, Item 4's {}.",
            arithmetic::grouped(on_cover),
            arithmetic::grouped(in_item)
        ),
    })
}

/// Two numbers contradict each other where the one cannot be the other rounded.
fn differ(a: Decimal, b: Decimal) -> bool {
    let places = a.scale().min(b.scale());
    a != b && (a - b).abs() >= Decimal::new(1, places)
}

fn other_percent(cover: &Field<Percent>, said: &Field<Percent>) -> Option<Trouble> {
    let (Percent::Exact(on_cover), Percent::Exact(in_item)) = (cover.value()?, said.value()?)
    else {
        return None;
    };
    differ(*on_cover, *in_item).then(|| Trouble {
        code: TroubleCode::Contradiction,
        holder: Some(0),
        field: FieldName::Percent,
        span: said.span(),
        message: format!("The cover page's percent is {on_cover}, Item 4's {in_item}."),
    })
}

/// Item 5 says that the owner has five percent or less, and the cover page that he has more.
fn exit_above_five(reading: &Reading) -> Option<Trouble> {
    reading.five_percent_or_less.value().filter(|ticked| **ticked)?;
    let percent = reading.holders.first()?.percent.value()?;
    let over = matches!(percent, Percent::Exact(exact) if *exact > Decimal::from(5));
    let message = format!("Item 5 says five percent or less, the cover page {percent}%.");
    let (code, field) = (TroubleCode::Contradiction, FieldName::Percent);
    let at = &reading.five_percent_or_less;
    over.then(|| Trouble { holder: Some(0), ..about_filing(code, field, at, message) })
}
