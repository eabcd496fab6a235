//! Shares and percents as exact decimals, as they are printed; never floats.
//! Knows nothing of how a page prints them: `reading::lexeme` turns characters into these.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

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
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let led_by_zero = whole.len() > 1 && whole.starts_with('0');
    let good = digits(whole) && !led_by_zero && fraction.is_none_or(digits);
    if good { Decimal::from_str_exact(text).ok() } else { None }
}

/// A decimal as it is printed, built from its last digit on; the longest has 28 decimals and one
/// digit before them, or 29 digits.
struct Printed {
    bytes: [u8; 32],
    start: usize,
}

impl Printed {
    fn of(value: Decimal) -> Self {
        let mut printed = Printed { bytes: [0; 32], start: 32 };
        if value.is_sign_negative() {
            return printed.of_text(&value.to_string());
        }
        let (mut rest, scale) = (value.mantissa().unsigned_abs(), value.scale());
        let mut digits = 0;
        while rest > 0 || digits <= scale {
            if digits == scale && scale > 0 {
                printed.put(b'.');
            }
            // Nearly all numbers are short, and long ones are slow to divide.
            let digit = match u64::try_from(rest) {
                Ok(short) => {
                    rest = u128::from(short / 10);
                    short % 10
                }
                Err(_) => {
                    let digit = (rest % 10) as u64;
                    rest /= 10;
                    digit
                }
            };
            printed.put(b'0' + digit as u8);
            digits += 1;
        }
        printed
    }

    fn of_text(mut self, text: &str) -> Self {
        text.bytes().rev().for_each(|byte| self.put(byte));
        self
    }

    /// Puts a byte before the others.
    fn put(&mut self, byte: u8) {
        self.start = self.start.saturating_sub(1);
        if let Some(place) = self.bytes.get_mut(self.start) {
            *place = byte;
        }
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(self.start..).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// A quantity's canonical text, read where it lies.
struct Text<T>(std::marker::PhantomData<T>);

impl<T: FromStr<Err = QuantityError>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// A number of shares (or units): not negative, exact, with the decimals it was printed with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Printed::of(self.0).as_str())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(std::marker::PhantomData))
    }
}

/// A percent of a class as printed: a number (`5.34`) or a bound (`<1` for "less than 1%").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut printed = Printed::of(self.decimal());
        if matches!(self, Percent::LessThan(_)) {
            printed.put(b'<');
        }
        serializer.serialize_str(printed.as_str())
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(std::marker::PhantomData))
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
    fn what_is_taken_is_printed_as_it_was() {
        let longest = "79228162514264337593543950335";
        let small = format!("0.{}1", "0".repeat(27));
        let texts = ["0", "00", "0.0", "9", "10", "07", "0.10", "1.00", "18446744073709551616"]
            .into_iter()
            .chain([longest, "7922816251426433759354395.0335", small.as_str(), "1.", ".", "1.1.1"])
            .chain(["79228162514264337593543950336", "0.00000000000000000000000000001", "١", "-0"]);
        for text in texts {
            let exact =
                Decimal::from_str_exact(text).ok().filter(|value| value.to_string() == text);
            let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            assert_eq!(canonical_decimal(text), exact.filter(|_| digits), "{text}");
            if let Some(value) = canonical_decimal(text) {
                assert_eq!(Printed::of(value).as_str(), text);
            }
        }
        let mut random = 7_u64;
        for _ in 0..2000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mantissa = i128::from(random >> (random % 64)) * i128::from(random % 4_000_000_000);
            let value = Decimal::from_i128_with_scale(mantissa, (random >> 40) as u32 % 29);
            for value in [value, -value] {
                assert_eq!(Printed::of(value).as_str(), value.to_string());
            }
        }
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
