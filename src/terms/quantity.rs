//! Shares and percents as exact decimals, as they are printed; never floats.
//! Knows nothing of how a page prints them: `reading::lexeme` turns characters into these.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Why a text is not a quantity in canonical form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct QuantityError {
    /// What would have been right.
    pub expected: &'static str,
    /// What came.
    pub got: String,
}

/// Parses a canonical decimal: digits, at most one point with digits on both sides, no leading
/// zeros, no sign, at most 28 significant digits (spec, section 5.2).
fn canonical_decimal(text: &str) -> Option<Decimal> {
    let digits_only = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = if digits_only { Decimal::from_str_exact(text).ok()? } else { return None };
    (value.to_string() == text).then_some(value)
}

/// A number of shares (or units): not negative, exact, with the decimals it was printed with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(Decimal);

impl Amount {
    /// No shares: a stated `-0-`, `None` or `zero`.
    pub const ZERO: Amount = Amount(Decimal::ZERO);

    /// An amount, unless the number is negative.
    pub fn new(value: Decimal) -> Option<Self> {
        (!value.is_sign_negative() || value.is_zero()).then(|| Self(value.abs()))
    }

    /// The number.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// Whether it is nought, however many decimals it was printed with.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum, or `None` past 28 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Amount {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        canonical_decimal(text).map(Self).ok_or_else(|| QuantityError {
            expected: "a decimal without sign, commas or leading zeros, such as 942779.94",
            got: text.to_owned(),
        })
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl TryFrom<String> for Amount {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A percent of a class as printed: a number (`5.34`) or a bound (`<1` for "less than 1%").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Percent {
    /// The number printed, with its decimals: they tell how it was rounded.
    Exact(Decimal),
    /// "Less than" the number.
    LessThan(Decimal),
}

impl Percent {
    /// The number, or the bound.
    pub fn decimal(self) -> Decimal {
        match self {
            Percent::Exact(d) | Percent::LessThan(d) => d,
        }
    }

    /// Whether the person owns at most `limit` percent; `None` where the text does not tell.
    pub fn at_most(self, limit: Decimal) -> Option<bool> {
        match self {
            Percent::Exact(d) => Some(d <= limit),
            Percent::LessThan(d) if d <= limit => Some(true),
            Percent::LessThan(_) => None,
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Percent::Exact(d) => fmt::Display::fmt(d, f),
            Percent::LessThan(d) => write!(f, "<{d}"),
        }
    }
}

impl FromStr for Percent {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.strip_prefix('<') {
            Some(bound) => canonical_decimal(bound).map(Percent::LessThan),
            None => canonical_decimal(text).map(Percent::Exact),
        };
        parsed.ok_or_else(|| QuantityError {
            expected: "a percent without sign or leading zeros, such as 5.34 or <1",
            got: text.to_owned(),
        })
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

impl TryFrom<String> for Percent {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_of_a_number_is_taken() {
        for good in ["0", "0.00", "28356418", "942779.94", "0.02"] {
            assert_eq!(good.parse::<Amount>().unwrap().to_string(), good);
        }
        for bad in ["", "-1", "+1", "01", "1,000", "1.", ".5", "1e3", "1_000", "00.1", " 1"] {
            assert!(bad.parse::<Amount>().is_err(), "{bad:?}");
        }
        assert!("9".repeat(40).parse::<Amount>().is_err());
    }

    #[test]
    fn a_bound_is_not_a_number() {
        let less: Percent = "<1".parse().unwrap();
        assert_eq!(less, Percent::LessThan(Decimal::ONE));
        assert_eq!(less.at_most(Decimal::from(5)), Some(true));
        let nine: Percent = "<9.9".parse().unwrap();
        assert_eq!(nine.at_most(Decimal::from(5)), None);
        assert_eq!("5.0".parse::<Percent>().unwrap().at_most(Decimal::from(5)), Some(true));
    }
}
