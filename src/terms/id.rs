//! The names filings and ledgers use; each parses one way and prints one way.
//! Knows nothing of where a name was found.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not such a name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct IdError {
    /// What would have been right.
    pub expected: &'static str,
    /// What came.
    pub got: String,
}

fn refuse(expected: &'static str, got: &str) -> IdError {
    IdError { expected, got: got.to_owned() }
}

/// EDGAR's number of one submission: `NNNNNNNNNN-YY-SSSSSS`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Accession(u64);

impl Accession {
    const LIMIT: u64 = 1_000_000_000_000_000_000;
}

impl fmt::Display for Accession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        write!(f, "{:010}-{:02}-{:06}", n / 100_000_000, n / 1_000_000 % 100, n % 1_000_000)
    }
}

/// With its dashes, or as the eighteen digits of a folder name.
impl FromStr for Accession {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "an accession number such as 0001193125-12-060227";
        let dashed = text.len() == 20
            && text.bytes().enumerate().all(|(at, b)| (at == 10 || at == 13) == (b == b'-'));
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let whole = digits.len() == 18 && digits.bytes().all(|b| b.is_ascii_digit());
        if !whole || !(dashed || text.len() == 18) {
            return Err(refuse(expected, text));
        }
        digits.parse().map(Self).map_err(|_| refuse(expected, text))
    }
}

impl From<Accession> for u64 {
    fn from(accession: Accession) -> Self {
        accession.0
    }
}

impl TryFrom<u64> for Accession {
    type Error = &'static str;

    fn try_from(digits: u64) -> Result<Self, Self::Error> {
        if digits < Self::LIMIT { Ok(Self(digits)) } else { Err("an accession has 18 digits") }
    }
}

/// EDGAR's number of an issuer or a filer, printed without leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Cik(u64);

impl Cik {
    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Cik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Cik {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "a CIK: one to ten digits, not all zero";
        let shape = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number: u64 = if shape { text.parse().unwrap_or(0) } else { 0 };
        Cik::try_from(number).map_err(|_| refuse(expected, text))
    }
}

impl From<Cik> for u64 {
    fn from(cik: Cik) -> Self {
        cik.0
    }
}

impl TryFrom<u64> for Cik {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if (1..10_000_000_000).contains(&number) {
            Ok(Self(number))
        } else {
            Err("a CIK has one to ten digits and is not zero")
        }
    }
}

/// The number of a class of securities as a filing prints it, without spaces and dashes, in
/// capitals. Filings print wrong ones: `is_valid` tells, and nothing is refused for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cusip(String);

impl Cusip {
    /// The longest text kept as a CUSIP; schema 1.0 allows 12.
    pub const LONGEST: usize = 12;

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nine characters with the right check digit, and not the zeros that stand for "none".
    pub fn is_valid(&self) -> bool {
        let Some((last, head)) = self.0.as_bytes().split_last() else { return false };
        let digit = last.wrapping_sub(b'0');
        head.len() == 8
            && head.iter().any(|b| *b != b'0')
            && Self::check_digit(head) == Some(u32::from(digit))
    }

    /// The ninth character that the first eight ask for.
    fn check_digit(head: &[u8]) -> Option<u32> {
        let mut sum = 0;
        for (at, byte) in head.iter().enumerate() {
            let value = match byte {
                b'0'..=b'9' => u32::from(byte - b'0'),
                b'A'..=b'Z' => u32::from(byte - b'A') + 10,
                b'*' => 36,
                b'@' => 37,
                b'#' => 38,
                _ => return None,
            };
            let value = if at % 2 == 1 { value * 2 } else { value };
            sum += value / 10 + value % 10;
        }
        Some((10 - sum % 10) % 10)
    }
}

impl fmt::Display for Cusip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cusip {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kept: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'@' | b'#');
        if (1..=Self::LONGEST).contains(&kept.len()) && kept.bytes().all(allowed) {
            Ok(Self(kept))
        } else {
            Err(refuse("a CUSIP: up to 12 letters, digits, *, @ or #", text))
        }
    }
}

impl From<Cusip> for String {
    fn from(cusip: Cusip) -> Self {
        cusip.0
    }
}

impl TryFrom<String> for Cusip {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parsed: Cusip = text.parse()?;
        if parsed.0 == text { Ok(parsed) } else { Err(refuse("a CUSIP in capitals", &text)) }
    }
}

fn hex(bytes: &[u8; 32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn unhex(text: &str, expected: &'static str) -> Result<[u8; 32], IdError> {
    let mut bytes = [0; 32];
    let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if text.len() != 64 || !lower {
        return Err(refuse(expected, text));
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        let pair = text.get(2 * at..2 * at + 2).unwrap_or("");
        *byte = u8::from_str_radix(pair, 16).map_err(|_| refuse(expected, text))?;
    }
    Ok(bytes)
}

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                unhex(text, $expected).map(Self)
            }
        }
    };
}

digest!(
    /// The name of received bytes: their plain blake3, the same that `b3sum` prints.
    ContentId,
    "a content id: 64 hexadecimal digits"
);
digest!(
    /// The hash of one entry, which the next entry carries (spec, section 7).
    EntryHash,
    "an entry hash: 64 hexadecimal digits"
);
digest!(
    /// The digest of an entry's payload, the event's canonical bytes (spec, section 6).
    PayloadDigest,
    "a payload digest: 64 hexadecimal digits"
);
digest!(
    /// A hash of the tree over the entries: of a leaf, of a node, or a root (spec, section 20).
    TreeHash,
    "a tree hash: 64 hexadecimal digits"
);
digest!(
    /// What stands for a topic in seals (spec, section 23.1).
    TopicId,
    "a topic id: 64 hexadecimal digits"
);
digest!(
    /// An Ed25519 public key, as encoded by RFC 8032.
    PublicKey,
    "a public key: 64 hexadecimal digits"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accessions_print_one_way() {
        for text in ["0001193125-12-060227", "000119312512060227"] {
            assert_eq!(text.parse::<Accession>().unwrap().to_string(), "0001193125-12-060227");
        }
        for bad in ["", "1193125-12-060227", "0001193125-12-06022", "0001193125-12060227", "x"] {
            assert!(bad.parse::<Accession>().is_err(), "{bad:?}");
        }
        assert!(Accession::try_from(u64::MAX).is_err());
    }

    #[test]
    fn ciks_lose_their_zeros() {
        assert_eq!("0001318605".parse::<Cik>().unwrap().to_string(), "1318605");
        for bad in ["", "0", "0000000000", "12345678901", "-1", "1e3"] {
            assert!(bad.parse::<Cik>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_check_digit_alone_proves_nothing() {
        for good in ["53634X100", "88160R101", "33817P306", "98978N101"] {
            assert!(good.parse::<Cusip>().unwrap().is_valid(), "{good}");
        }
        for bad in ["000000000", "53634X101", "5363410", "88160R10I", "00279#AA0"] {
            assert!(!bad.parse::<Cusip>().unwrap().is_valid(), "{bad}");
        }
        assert_eq!("53634 X 100".parse::<Cusip>().unwrap().as_str(), "53634X100");
        assert_eq!("00130H-10-5".parse::<Cusip>().unwrap().as_str(), "00130H105");
    }

    #[test]
    fn digests_print_and_parse_in_hexadecimal() {
        let text = "00ff".repeat(16);
        assert_eq!(text.parse::<ContentId>().unwrap().to_string(), text);
        assert!(text.to_uppercase().parse::<ContentId>().is_err());
        assert!("00".parse::<EntryHash>().is_err());
    }
}
