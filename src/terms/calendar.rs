//! Business days in New York: no Saturday, no Sunday, no federal holiday, no day on which the
//! federal government was closed by executive order. Knows nothing of what is due when.

use time::{Date, Month, Weekday};

use crate::terms::time::Day;

/// Since when the holidays are known here; an earlier day is no business day nor a holiday, it
/// cannot be told.
pub const FIRST_YEAR: i32 = 1993;

/// Days on which federal offices were closed by executive order, beside the holidays, as far as
/// they are known here: mourning for a President (Nixon, Reagan, Ford, G. H. W. Bush, Carter), and
/// days about Christmas.
const CLOSED: [(i32, u8, u8); 18] = [
    (1994, 4, 27),
    (2001, 12, 24),
    (2002, 12, 24),
    (2003, 12, 26),
    (2004, 6, 11),
    (2007, 1, 2),
    (2007, 12, 24),
    (2008, 12, 26),
    (2012, 12, 24),
    (2014, 12, 26),
    (2018, 12, 5),
    (2018, 12, 24),
    (2019, 12, 24),
    (2020, 12, 24),
    (2024, 12, 24),
    (2025, 1, 9),
    (2025, 12, 24),
    (2025, 12, 26),
];

/// The last year whose closings by executive order are known here; of a later day it is known only
/// that it is no weekend and no holiday.
pub const CLOSINGS_KNOWN_TO: i32 = 2025;

/// Whether closings on a day would be known here.
pub fn closings_known(day: Day) -> bool {
    day.date().year() <= CLOSINGS_KNOWN_TO
}

/// Whether a day is a business day; `None` before [`FIRST_YEAR`].
pub fn is_business_day(day: Day) -> Option<bool> {
    let date = day.date();
    if date.year() < FIRST_YEAR {
        return None;
    }
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let (year, month, of_month) = date.to_calendar_date();
    let closed = CLOSED.contains(&(year, u8::from(month), of_month));
    Some(!weekend && !closed && !is_holiday(date))
}

/// Whether a day is a federal holiday, or the day on which one is observed: the Friday before where
/// it falls on a Saturday, the Monday after where it falls on a Sunday (5 U.S.C. 6103; E.O. 11582).
fn is_holiday(date: Date) -> bool {
    let is = |date: Date| fixed(date) || floating(date);
    let before = date.previous_day().filter(|_| date.weekday() == Weekday::Monday);
    let after = date.next_day().filter(|_| date.weekday() == Weekday::Friday);
    is(date) || before.is_some_and(fixed) || after.is_some_and(fixed)
}

/// Holidays on a day of the month: New Year, Juneteenth (Pub. L. 117-17, since 2021), Independence,
/// Veterans, Christmas.
fn fixed(date: Date) -> bool {
    match (date.month(), date.day()) {
        (Month::January, 1) | (Month::July, 4) | (Month::November, 11) | (Month::December, 25) => {
            true
        }
        (Month::June, 19) => date.year() >= 2021,
        _ => false,
    }
}

/// Holidays on a weekday: Martin Luther King, Washington, Memorial, Labor, Columbus, Thanksgiving.
fn floating(date: Date) -> bool {
    let nth = (date.day() - 1) / 7 + 1;
    let last = date.day() > 24;
    matches!(
        (date.month(), date.weekday(), nth),
        (Month::January | Month::February, Weekday::Monday, 3)
            | (Month::September, Weekday::Monday, 1)
            | (Month::October, Weekday::Monday, 2)
            | (Month::November, Weekday::Thursday, 4)
    ) || (date.month() == Month::May && date.weekday() == Weekday::Monday && last)
}

/// The day so many calendar days later.
pub fn days_after(day: Day, days: u32) -> Option<Day> {
    Day::try_from(i32::from(day).checked_add(i32::try_from(days).ok()?)?).ok()
}

/// How many calendar days lie from one day to another; negative where the other is earlier.
pub fn days_between(from: Day, to: Day) -> i32 {
    i32::from(to) - i32::from(from)
}

/// The day itself where it is a business day, else the next one (Rule 0-3).
pub fn rolled(day: Day) -> Option<Day> {
    let mut day = day;
    while !is_business_day(day)? {
        day = days_after(day, 1)?;
    }
    Some(day)
}

/// The day so many business days later; day 1 is the first business day after `day`.
pub fn business_days_after(day: Day, count: u32) -> Option<Day> {
    let mut day = day;
    for _ in 0..count {
        day = rolled(days_after(day, 1)?)?;
    }
    Some(day)
}

/// The last day of the month, the calendar quarter or the year of a day.
pub fn end_of(day: Day, period: Period) -> Option<Day> {
    let (year, month, _) = day.date().to_calendar_date();
    let month = u8::from(month);
    let month = match period {
        Period::Month => month,
        Period::Quarter => month.div_ceil(3) * 3,
        Period::Year => 12,
    };
    let last = Month::try_from(month).ok()?.length(year);
    Day::from_ymd(year, month, last)
}

/// Whether a month, quarter or year ends with a day: nothing but a Saturday and a Sunday is left.
pub fn ends(day: Day, period: Period) -> bool {
    let weekend = |day: &Day| matches!(day.date().weekday(), Weekday::Saturday | Weekday::Sunday);
    let left = end_of(day, period).map_or(u32::MAX, |end| days_between(day, end).unsigned_abs());
    left <= 2 && (1..=left).filter_map(|days| days_after(day, days)).all(|day| weekend(&day))
}

/// A stretch of the calendar that duties are counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn holidays_and_the_days_they_are_observed_on() {
        for closed in [
            "1993-01-18", // Martin Luther King
            "1994-04-27", // mourning for President Nixon
            "1999-12-31", // New Year 2000 on a Saturday
            "2004-06-11", // mourning for President Reagan
            "2010-12-31", // New Year 2011 on a Saturday
            "2011-12-26", // Christmas on a Sunday
            "2020-02-17", // Washington
            "2021-06-18", // Juneteenth on a Saturday, its first year
            "2021-12-24", // Christmas on a Saturday
            "2022-06-20", // Juneteenth on a Sunday
            "2022-05-30", // Memorial
            "2023-09-04", // Labor
            "2023-10-09", // Columbus
            "2023-11-10", // Veterans on a Saturday
            "2023-11-23", // Thanksgiving
            "2025-01-09", // mourning for President Carter
            "2025-12-26", // by Executive Order 14371
            "2026-06-19", // Juneteenth
            "2026-07-03", // Independence on a Saturday
            "2026-11-26", // Thanksgiving
            "2024-02-17", // a Saturday
        ] {
            assert_eq!(is_business_day(day(closed)), Some(false), "{closed}");
        }
        for open in ["2020-06-19", "2024-02-16", "2022-05-23", "2023-11-24", "2001-09-12"] {
            assert_eq!(is_business_day(day(open)), Some(true), "{open}");
        }
        assert_eq!(is_business_day(day("1992-12-31")), None);
        assert!(closings_known(day("2025-12-31")) && !closings_known(day("2026-01-01")));
    }

    #[test]
    fn business_days_begin_the_day_after() {
        assert_eq!(business_days_after(day("2024-02-09"), 5), Some(day("2024-02-16")));
        assert_eq!(business_days_after(day("2024-02-16"), 2), Some(day("2024-02-21")));
        assert_eq!(rolled(day("2021-02-14")), Some(day("2021-02-16")));
        assert_eq!(end_of(day("2024-02-09"), Period::Quarter), Some(day("2024-03-31")));
        assert_eq!(end_of(day("2024-02-09"), Period::Month), Some(day("2024-02-29")));
        assert_eq!(days_between(day("2024-02-28"), day("2024-03-01")), 2);
    }

    #[test]
    fn a_period_ends_with_its_last_friday_where_only_a_weekend_is_left() {
        for (last, period) in [
            ("2022-12-30", Period::Year),
            ("2022-12-31", Period::Year),
            ("2023-12-29", Period::Quarter),
            ("2024-06-28", Period::Month),
            ("2025-12-31", Period::Year),
            ("2017-12-30", Period::Year),
        ] {
            assert!(ends(day(last), period), "{last}");
        }
        for (other, period) in [
            ("2022-12-29", Period::Year),
            ("2025-12-30", Period::Year),
            // A Thursday before the holiday of the new year.
            ("2010-12-30", Period::Year),
            ("2024-03-28", Period::Quarter),
            ("2022-09-30", Period::Year),
        ] {
            assert!(!ends(day(other), period), "{other}");
        }
    }
}
