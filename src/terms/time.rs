//! Days and instants, and the three clocks as three types that cannot be swapped for each other.
//! Reads no clock: whoever asks says what time it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::macros::date;
use time::{Date, Duration, Month, PrimitiveDateTime, Time, UtcDateTime, Weekday};

/// Why a text is not a day or an instant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct TimeError {
    /// What would have been right.
    pub expected: &'static str,
    /// What came.
    pub got: String,
}

const EPOCH_JULIAN_DAY: i32 = 2_440_588;
const A_DAY: &str = "a day as YYYY-MM-DD, such as 2011-12-31";
const AN_INSTANT: &str = "an instant as YYYY-MM-DDThh:mm:ssZ (or with an offset such as -05:00)";

/// A calendar day. Stored as days since 1970-01-01 (spec, section 5.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct Day(Date);

impl Day {
    /// The last day there is.
    pub const LAST: Day = Day(date!(9999 - 12 - 31));

    /// The day of a calendar date; `None` for a date that is none.
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        let month = Month::try_from(month).ok()?;
        let date = Date::from_calendar_date(year, month, day).ok()?;
        (0..=9999).contains(&year).then_some(Self(date))
    }

    /// The last second of this day, Eastern: what a day means where an instant is asked for.
    pub fn end_eastern(self) -> Instant {
        let last = Time::from_hms(23, 59, 59).unwrap_or(Time::MIDNIGHT);
        Instant::from_eastern(PrimitiveDateTime::new(self.0, last))
    }

    /// The first second of this day, Eastern.
    pub fn begin_eastern(self) -> Instant {
        Instant::from_eastern(PrimitiveDateTime::new(self.0, Time::MIDNIGHT))
    }

    /// The calendar date.
    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

impl FromStr for Day {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || TimeError { expected: A_DAY, got: text.to_owned() };
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| match at {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let mut parts = text.split('-');
        let (Some(y), Some(m), Some(d), true) = (parts.next(), parts.next(), parts.next(), shape)
        else {
            return Err(refuse());
        };
        let number = |part: &str| part.parse::<u16>().map_err(|_| refuse());
        let (year, month, day) = (number(y)?, number(m)?, number(d)?);
        Day::from_ymd(i32::from(year), month as u8, day as u8).ok_or_else(refuse)
    }
}

impl From<Day> for i32 {
    fn from(day: Day) -> Self {
        day.0.to_julian_day() - EPOCH_JULIAN_DAY
    }
}

impl TryFrom<i32> for Day {
    type Error = &'static str;

    fn try_from(days: i32) -> Result<Self, Self::Error> {
        let refusal = "expected a day between the years 0 and 9999";
        let julian = days.checked_add(EPOCH_JULIAN_DAY).ok_or(refusal)?;
        let date = Date::from_julian_day(julian).map_err(|_| refusal)?;
        if (0..=9999).contains(&date.year()) { Ok(Self(date)) } else { Err(refusal) }
    }
}

/// A moment to the second, UTC. Stored as seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Instant(i64);

impl Instant {
    /// The last instant there is.
    pub const LAST: Instant = Instant(253_402_300_799);

    /// The instant of a wall-clock time in New York, as EDGAR prints them, by the daylight-saving
    /// rules of its year. A time that occurs twice is taken as the first (daylight) one; a time
    /// that is skipped is taken as if the clocks had not yet been set forward.
    pub fn from_eastern(wall: PrimitiveDateTime) -> Self {
        let hours = if is_daylight(wall) { 4 } else { 5 };
        // The last evening of all ends in New York after the last instant there is.
        Self(wall.assume_utc().unix_timestamp() + hours * 3600).min(Self::LAST)
    }

    /// The instant of EDGAR's `ACCEPTANCE-DATETIME`: fourteen digits, `YYYYMMDDhhmmss`, Eastern.
    pub fn from_edgar(digits: &str) -> Option<Self> {
        if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u16>().ok();
        let day = Day::from_ymd(i32::from(part(0..4)?), part(4..6)? as u8, part(6..8)? as u8)?;
        let (h, m, s) = (part(8..10)? as u8, part(10..12)? as u8, part(12..14)? as u8);
        Some(Self::from_eastern(PrimitiveDateTime::new(day.0, Time::from_hms(h, m, s).ok()?)))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> i64 {
        self.0
    }

    /// The instant of so many seconds since 1970-01-01T00:00:00Z.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let moment = UtcDateTime::from_unix_timestamp(seconds).ok()?;
        (0..=9999).contains(&moment.year()).then_some(Self(seconds))
    }

    /// The calendar day in New York at this instant.
    pub fn day_eastern(self) -> Day {
        let standard = utc(self.0 - 5 * 3600);
        let wall = PrimitiveDateTime::new(standard.date(), standard.time()) + Duration::hours(1);
        if is_daylight(wall) { Day(wall.date()) } else { Day(standard.date()) }
    }
}

fn utc(seconds: i64) -> UtcDateTime {
    UtcDateTime::from_unix_timestamp(seconds).unwrap_or(UtcDateTime::UNIX_EPOCH)
}

/// Whether New York's clocks are on daylight time at this wall-clock time: from 2007 the second
/// Sunday of March to the first of November; before, the first (to 1986 the last) Sunday of April
/// to the last of October; each at 2:00 (Energy Policy Act of 2005; Uniform Time Act as amended).
fn is_daylight(wall: PrimitiveDateTime) -> bool {
    let year = wall.year();
    let (begins, ends) = if year >= 2007 {
        (nth_sunday(year, Month::March, 2), nth_sunday(year, Month::November, 1))
    } else if year >= 1987 {
        (nth_sunday(year, Month::April, 1), last_sunday(year, Month::October))
    } else {
        (last_sunday(year, Month::April), last_sunday(year, Month::October))
    };
    let two = Time::from_hms(2, 0, 0).unwrap_or(Time::MIDNIGHT);
    match (begins, ends) {
        (Some(begins), Some(ends)) => {
            let skipped_hour_over = PrimitiveDateTime::new(begins, two) + Duration::hours(1);
            wall >= skipped_hour_over && wall < PrimitiveDateTime::new(ends, two)
        }
        _ => false,
    }
}

fn nth_sunday(year: i32, month: Month, nth: i64) -> Option<Date> {
    let first = Date::from_calendar_date(year, month, 1).ok()?;
    let to_sunday = (7 - i64::from(first.weekday().number_days_from_sunday())) % 7;
    first.checked_add(Duration::days(to_sunday + 7 * (nth - 1)))
}

fn last_sunday(year: i32, month: Month) -> Option<Date> {
    let mut day = Date::from_calendar_date(year, month, month.length(year)).ok()?;
    while day.weekday() != Weekday::Sunday {
        day = day.previous_day()?;
    }
    Some(day)
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = utc(self.0);
        let (h, m, s) = moment.time().as_hms();
        write!(f, "{}T{h:02}:{m:02}:{s:02}Z", Day(moment.date()))
    }
}

impl FromStr for Instant {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use time::format_description::well_known::Rfc3339;
        let refuse = || TimeError { expected: AN_INSTANT, got: text.to_owned() };
        let moment = time::OffsetDateTime::parse(text, &Rfc3339).map_err(|_| refuse())?;
        Instant::from_unix_seconds(moment.unix_timestamp()).ok_or_else(refuse)
    }
}

impl From<Instant> for i64 {
    fn from(instant: Instant) -> Self {
        instant.0
    }
}

impl TryFrom<i64> for Instant {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        Instant::from_unix_seconds(seconds)
            .ok_or("expected an instant between the years 0 and 9999")
    }
}

/// First clock, **true since**: the day a question is about; filings count by their event date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AsOf(pub Day);

/// Second clock, **known since**: the moment of knowledge; filings count by EDGAR's acceptance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KnownAt(pub Instant);

/// Third clock, **sworn at**: how many entries of this ledger an answer rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct LedgerSize(pub u64);

/// When an entry was recorded here: microseconds since 1970-01-01T00:00:00Z, strictly increasing
/// along the ledger (spec, section 8). A label; the order of entries is their sequence.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct RecordedAt(pub u64);

impl RecordedAt {
    /// The second it falls in.
    pub fn instant(self) -> Instant {
        let seconds = i64::try_from(self.0 / 1_000_000).unwrap_or(0);
        Instant::from_unix_seconds(seconds).unwrap_or(Instant(0))
    }
}

impl fmt::Display for RecordedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.instant().to_string();
        write!(f, "{}.{:06}Z", seconds.trim_end_matches('Z'), self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acceptance_times_follow_the_rules_of_their_year() {
        for (edgar, utc) in [
            ("20250117215738", "2025-01-18T02:57:38Z"), // winter
            ("20250717215738", "2025-07-18T01:57:38Z"), // summer
            ("20060401120000", "2006-04-01T17:00:00Z"), // the day before April's first Sunday
            ("20060402120000", "2006-04-02T16:00:00Z"), // April's first Sunday, to 2006
            ("20070311015959", "2007-03-11T06:59:59Z"), // a second before the change, from 2007
            ("20070311030000", "2007-03-11T07:00:00Z"), // a second after
            ("20061029005959", "2006-10-29T04:59:59Z"), // still daylight
            ("20061029020000", "2006-10-29T07:00:00Z"), // October's last Sunday, to 2006
            ("20071104020000", "2007-11-04T07:00:00Z"), // November's first Sunday, from 2007
        ] {
            assert_eq!(Instant::from_edgar(edgar).unwrap().to_string(), utc, "{edgar}");
        }
        for bad in ["2025011721573", "20250117215738Z", "20251301000000", "20250117245738"] {
            assert_eq!(Instant::from_edgar(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_ends_in_new_york() {
        let day: Day = "2012-02-14".parse().unwrap();
        assert_eq!(day.end_eastern().to_string(), "2012-02-15T04:59:59Z");
        assert_eq!(day.end_eastern().day_eastern(), day);
        let summer: Day = "2012-07-01".parse().unwrap();
        assert_eq!(summer.end_eastern().to_string(), "2012-07-02T03:59:59Z");
        assert_eq!(summer.end_eastern().day_eastern(), summer);
    }

    #[test]
    fn days_and_instants_parse_one_way() {
        for bad in ["2012-2-1", "2012-02-30", "12-02-01", "2012/02/01", "", "2012-02-011"] {
            assert!(bad.parse::<Day>().is_err(), "{bad:?}");
        }
        let instant: Instant = "2012-02-15T00:00:00-05:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2012-02-15T05:00:00Z");
        for day in ["0000-01-01", "1969-12-31", "1970-01-01", "9999-12-31"] {
            let day: Day = day.parse().unwrap();
            assert_eq!(Day::try_from(i32::from(day)), Ok(day));
        }
        assert_eq!(i32::from("1970-01-02".parse::<Day>().unwrap()), 1);
        assert!(Day::try_from(i32::MAX).is_err());
    }
}
