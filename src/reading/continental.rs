//! Numbers in a continental hand: points between thousands, a comma before decimals.
//! Knows nothing of pages: whoever calls it has seen that a page is written so, and no other hand
//! in its document.

use crate::reading::lexeme;
use crate::terms::quantity::{Amount, Percent};

/// Whether a text has commas between thousands, as in `1,234`.
pub(crate) fn has_commas(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b',', bytes).any(|at| {
        at > 0 && digit(at - 1) && (1..4).all(|ahead| digit(at + ahead)) && !digit(at + 4)
    })
}

/// Whether a number can be nothing else: `1.234.567` has two points.
pub(crate) fn shows(printed: &str) -> bool {
    printed.matches('.').count() > 1 && amount(printed).is_some()
}

/// `58.400` as 58,400: groups of three digits, but for the first.
pub(crate) fn amount(printed: &str) -> Option<Amount> {
    lexeme::amount(&printed.replace('.', ",")).filter(|_| !printed.contains(','))
}

/// `11,35` as 11.35.
pub(crate) fn percent(printed: &str, less_than: bool) -> Option<Percent> {
    let (whole, decimals) = printed.split_once(',')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(decimals))
        .then(|| lexeme::percent(&format!("{whole}.{decimals}"), less_than))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_groups_are_thousands() {
        assert!(shows("1.234.567") && shows("12.345.678"));
        for other in ["1.234", "1,234.567", "1.234.56", "1.2345.678", "0.123.456", "1.234.567,8"] {
            assert!(!shows(other), "{other}");
        }
        assert_eq!(amount("58.400").unwrap().to_string(), "58400");
        for other in ["58.4", "58,400", "5840", "0.400"] {
            let read = amount(other).map(|amount| amount.to_string());
            assert_eq!(read, (other == "5840").then(|| "5840".to_owned()), "{other}");
        }
        assert!(has_commas("of 1,234 shares") && !has_commas("May 1,2004, 5,1% or 12,34"));
        assert_eq!(percent("11,35", false).unwrap().to_string(), "11.35");
        assert_eq!(percent("0,1", true).unwrap().to_string(), "<0.1");
        assert!(percent("11.35", false).is_none() && percent("200,5", false).is_none());
    }
}
