//! Whether the numbers of the cover pages can all be right: powers against the aggregate, percents
//! against a stated class size and against each other. Warns only where no rounding explains it.
//! Knows nothing of how the numbers were printed, and changes none of them.

use rust_decimal::Decimal;

use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Reading};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// Adds what the numbers say against each other.
pub fn check(reading: &mut Reading) {
    let mut found: Vec<Trouble> = Vec::new();
    for (at, holder) in reading.holders.iter().enumerate() {
        let about = |code, field, span, message| Trouble {
            code,
            holder: u32::try_from(at).ok(),
            field,
            span,
            message,
        };
        if let Some(message) = powers(holder) {
            let span = holder.aggregate.span().or(holder.sole_voting.span());
            found.push(about(TroubleCode::PowersArithmetic, FieldName::All, span, message));
        }
        if let Some(message) = percent_alone(holder).or_else(|| percent_of_class(holder, reading)) {
            let span = holder.percent.span();
            found.push(about(TroubleCode::PercentMismatch, FieldName::Percent, span, message));
        }
    }
    if found.iter().all(|trouble| trouble.code != TroubleCode::PercentMismatch) {
        found.extend(percents_together(reading));
    }
    reading.troubles.extend(found);
}

fn amount(field: &Field<Amount>) -> Option<Decimal> {
    field.value().map(|amount| amount.decimal())
}

/// The sum of a sole and a shared power, where both are stated.
fn power(sole: &Field<Amount>, shared: &Field<Amount>) -> Option<Decimal> {
    amount(sole)?.checked_add(amount(shared)?)
}

/// max(V, D) <= aggregate <= V + D, for voting power V and dispositive power D. Four zeros say that
/// the aggregate is a right to acquire, over which there is no power yet.
fn powers(holder: &Holder) -> Option<String> {
    let aggregate = amount(&holder.aggregate)?;
    let voting = power(&holder.sole_voting, &holder.shared_voting);
    let dispositive = power(&holder.sole_dispositive, &holder.shared_dispositive);
    for (what, power) in [("voting", voting), ("dispositive", dispositive)] {
        if let Some(power) = power.filter(|power| *power > aggregate) {
            return Some(format!(
                "Sole and shared {what} power make {}, more than the aggregate of {}.",
                grouped(power),
                grouped(aggregate)
            ));
        }
    }
    let both = voting?.checked_add(dispositive?)?;
    (!both.is_zero() && aggregate > both).then(|| {
        format!(
            "The aggregate of {} is more than all voting and dispositive power together, {}.",
            grouped(aggregate),
            grouped(both)
        )
    })
}

/// What is wrong with a percent whatever the class's size.
fn percent_alone(holder: &Holder) -> Option<String> {
    let percent = holder.percent.value().copied()?;
    if percent.decimal() > Decimal::ONE_HUNDRED {
        return Some(format!("{percent}% is more than the whole class."));
    }
    let nothing = holder.aggregate.value()?.is_zero();
    let some = matches!(percent, Percent::Exact(exact) if !exact.is_zero());
    (nothing && some).then(|| format!("{percent}% is stated of an aggregate of no shares."))
}

/// The percent against the one class size that the filing states. A holder's own rights to acquire
/// are added to the class for him alone: the base lies between the class, and class and aggregate.
fn percent_of_class(holder: &Holder, reading: &Reading) -> Option<String> {
    let class = only_class_size(reading)?;
    let aggregate = amount(&holder.aggregate)?;
    let percent = holder.percent.value().copied()?;
    let most = per_hundred(aggregate, class)?;
    let least = per_hundred(aggregate, class.checked_add(aggregate)?)?;
    let fits = match percent {
        Percent::LessThan(bound) => least <= bound,
        Percent::Exact(exact) => {
            let slack = slack(exact);
            is_capped(exact, most) || (least - slack <= exact && exact <= most + slack)
        }
    };
    (!fits).then(|| {
        format!(
            "{} of the {} shares that the filing speaks of are {}%, not {percent}%.",
            grouped(aggregate),
            grouped(class),
            most.round_dp(3).normalize()
        )
    })
}

/// The class's size, where the filing states one size and speaks of one class.
fn only_class_size(reading: &Reading) -> Option<Decimal> {
    let mut sizes = reading.class_sizes.iter().filter_map(amount);
    let first = sizes.next().filter(|first| !first.is_zero())?;
    (sizes.all(|size| size == first) && is_one_class(reading)).then_some(first)
}

/// Holders of two classes in one filing have percents of either.
fn is_one_class(reading: &Reading) -> bool {
    let title = reading.class_title.value().map(|title| title.to_ascii_lowercase());
    let classes =
        title.map_or(0, |title| title.matches("class").count() + title.matches(" and ").count());
    reading.cusips.len() < 2 && classes < 2
}

/// All percents must leave room for one class size. From a holder's shares and percent follows his
/// own base; the class is that, or less by up to his own shares, if they are rights to acquire.
fn percents_together(reading: &Reading) -> Option<Trouble> {
    if !is_one_class(reading) {
        return None;
    }
    // The largest class that one holder allows, and the smallest that another asks for.
    let mut most: Option<(Decimal, &Holder)> = None;
    let mut least: Option<(Decimal, &Holder)> = None;
    for holder in &reading.holders {
        let Some((low, high)) = class_range(holder) else { continue };
        if least.is_none_or(|(least, _)| low > least) {
            least = Some((low, holder));
        }
        if let Some(high) = high.filter(|high| most.is_none_or(|(most, _)| *high < most)) {
            most = Some((high, holder));
        }
    }
    let ((most, small), (least, large)) = (most?, least?);
    (least > most).then(|| Trouble {
        code: TroubleCode::PercentInconsistent,
        holder: None,
        field: FieldName::Percent,
        span: small.percent.span(),
        message: format!("{} and {} cannot be of one class.", share(small), share(large)),
    })
}

/// The class sizes that a holder's row allows; without an upper end for a percent of nearly nought.
fn class_range(holder: &Holder) -> Option<(Decimal, Option<Decimal>)> {
    let aggregate = amount(&holder.aggregate).filter(|amount| !amount.is_zero())?;
    let Percent::Exact(percent) = holder.percent.value().copied()? else { return None };
    if CAPS.contains(&percent.to_string().as_str()) {
        return None;
    }
    let slack = slack(percent);
    let low = base(aggregate, percent + slack)?.checked_sub(aggregate)?;
    let high = Some(percent - slack).filter(|percent| *percent > Decimal::ZERO);
    Some((low, high.and_then(|percent| base(aggregate, percent))))
}

/// Limits that a conversion may not pass: the shares shown may be more than the percent implies.
const CAPS: [&str; 9] = ["4.9", "4.99", "4.999", "9.9", "9.99", "9.999", "19.9", "19.99", "19.999"];

fn is_capped(percent: Decimal, implied: Decimal) -> bool {
    implied > percent && CAPS.contains(&percent.to_string().as_str())
}

/// How far a printed percent may be from the true one: a unit of its last place for rounding up or
/// down, and one more before calling it wrong. Zeros at the end do not count as places.
fn slack(percent: Decimal) -> Decimal {
    let places = percent.normalize().scale().max(percent.scale().min(1));
    Decimal::new(2, places)
}

fn per_hundred(part: Decimal, whole: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)
}

fn base(part: Decimal, percent: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(percent)
}

fn share(holder: &Holder) -> String {
    let amount = amount(&holder.aggregate).map_or_else(String::new, grouped);
    let percent = holder.percent.value().map_or_else(String::new, ToString::to_string);
    format!("{amount} shares as {percent}%")
}

/// A number with commas between its thousands, as filings print it.
pub fn grouped(number: Decimal) -> String {
    let plain = number.normalize().to_string();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::span::Span;

    /// A holder of five amounts and a percent; `-` is absent.
    fn holder(row: &str) -> Holder {
        let at = Span::new(0, 1);
        let mut cells = row.split_whitespace().map(|cell| match cell {
            "-" => Field::Absent,
            cell => Field::stated(cell.to_owned(), at),
        });
        let mut next = || cells.next().unwrap_or_default();
        let mut amount = || next().map(|cell| cell.parse().unwrap());
        let mut holder = Holder {
            sole_voting: amount(),
            shared_voting: amount(),
            sole_dispositive: amount(),
            shared_dispositive: amount(),
            aggregate: amount(),
            ..Holder::default()
        };
        holder.percent = next().map(|cell| cell.parse().unwrap());
        holder
    }

    fn codes(class: &str, rows: &[&str]) -> Vec<String> {
        let sizes = class
            .split_whitespace()
            .map(|size| Field::stated(size.parse().unwrap(), Span::new(0, 1)));
        let holders = rows.iter().map(|row| holder(row)).collect();
        let mut reading = Reading { holders, class_sizes: sizes.collect(), ..Reading::default() };
        check(&mut reading);
        reading.troubles.iter().map(|t| format!("{}{:?}", t.code, t.holder)).collect()
    }

    #[test]
    fn rows_that_can_be_right_have_no_trouble() {
        for row in [
            "0 100 0 100 100 5.1",
            "90 0 100 0 100 5.1",     // may vote fewer than it may sell
            "60 0 0 40 100 5.1",      // some to vote, others to sell
            "0 0 0 0 128500000 41.2", // a right to acquire
            "- - 100 0 100 5.1",      // rows left out
            "100 - - - 100 5.1",
            "0 0 0 0 0 0.0",
            "0.5 0 0.5 0 0.50 -",
        ] {
            assert!(codes("", &[row]).is_empty(), "{row}: {:?}", codes("", &[row]));
        }
    }

    #[test]
    fn rows_that_cannot_be_right_have_one_trouble() {
        for row in [
            "100 100 100 100 100 5.1", // one power printed as both
            "100 0 50 0 80 5.1",
            "- - 100 1 100 5.1",
            "10 0 10 0 100 5.1",
        ] {
            assert_eq!(codes("", &[row]), ["powers-arithmeticSome(0)"], "{row}");
        }
        assert_eq!(codes("", &["0 0 0 0 0 5.1"]), ["percent-mismatchSome(0)"]);
        assert_eq!(codes("", &["0 0 0 0 10 5000"]), ["percent-mismatchSome(0)"]);
    }

    #[test]
    fn a_percent_fits_its_class_under_some_rounding_or_not_at_all() {
        // 5,149 of 100,000: rounded down, to the nearest, up; and with own rights to acquire.
        for percent in ["5.1", "5.15", "5.2", "5.3", "5", "5.14", "4.9", "<6"] {
            let row = format!("5149 0 5149 0 5149 {percent}");
            assert!(codes("100000", &[&row]).is_empty(), "{percent}");
        }
        for percent in ["5.4", "5.18", "4.5", "0", "<4", "51.49"] {
            let row = format!("5149 0 5149 0 5149 {percent}");
            assert_eq!(codes("100000", &[&row]), ["percent-mismatchSome(0)"], "{percent}");
        }
        // A conversion limit; two sizes, so that neither can be held against the percent.
        assert!(codes("100000", &["0 0 0 0 25000 9.99"]).is_empty());
        assert!(codes("100000 200000", &["0 0 0 0 25000 12.5"]).is_empty());
    }

    #[test]
    fn percents_of_one_filing_are_of_one_class() {
        let five = "5000 0 5000 0 5000 5.0";
        for other in [
            "2500 0 2500 0 2500 2.5",
            "1 0 1 0 1 0.0",
            "9000 0 9000 0 9000 8.5",
            "50000 0 50000 0 50000 33.3", // rights to acquire: 50,000 of 100,000 and 50,000 more
        ] {
            assert!(
                codes("", &[five, other]).is_empty(),
                "{other}: {:?}",
                codes("", &[five, other])
            );
        }
        for other in ["2500 0 2500 0 2500 5.0", "9000 0 9000 0 9000 0.9", "900 0 900 0 900 0.0"] {
            assert_eq!(codes("", &[five, other]), ["percent-inconsistentNone"], "{other}");
        }
    }

    #[test]
    fn numbers_are_grouped_as_filings_print_them() {
        for (plain, printed) in [("1234567.50", "1,234,567.5"), ("100", "100"), ("1000", "1,000")] {
            assert_eq!(grouped(plain.parse().unwrap()), printed);
        }
    }
}
