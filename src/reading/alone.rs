//! Whether bytes that somebody points at, read alone, give a value (spec, section 16, rule 2).
//! Knows nothing of who says so; it reads a few words, never a page.

use crate::reading::dates::dates;
use crate::reading::lexeme::{amount, is_zero_word};
use crate::reading::xml_value;
use crate::terms::trouble::FieldName;

/// Whether the bytes give this value of this field, as `correct` records it. A box that is ticked,
/// a form's title and what an item says in words are no values that can be read alone: there
/// anything that shows will do.
pub fn reads_as(bytes: &[u8], field: FieldName, value: &str) -> bool {
    let text = xml_value::text(bytes);
    match field {
        FieldName::SoleVoting
        | FieldName::SharedVoting
        | FieldName::SoleDispositive
        | FieldName::SharedDispositive
        | FieldName::Aggregate
        | FieldName::ItemFiveAmount => number(&text).is_some_and(|printed| {
            // Who corrects tells which mark parts thousands; the digits are what is printed.
            let read = amount(&printed).map(|amount| amount.to_string());
            let digits_alone = !value.contains('.') && digits(&printed) == value;
            digits_alone || read.is_some_and(|read| same_number(&read, value))
        }),
        FieldName::Percent | FieldName::ItemFivePercent => {
            let value = value.trim_start_matches('<');
            number(&text).is_some_and(|printed| same_number(&printed, value))
        }
        FieldName::EventDate | FieldName::ItemFiveCeasedOn | FieldName::ItemNineOn => {
            let found = dates(&text, 0..text.len());
            matches!(found.as_slice(), [only] if only.day.is_some_and(|d| d.to_string() == value))
                || digits(&text) == digits(value)
        }
        FieldName::FiledDate | FieldName::PreviousAccession => digits(&text) == digits(value),
        // EDGAR prints it in New York's time, a correction may be in any.
        FieldName::AcceptedAt => !digits(&text).is_empty(),
        FieldName::Cik | FieldName::IssuerCik | FieldName::AmendmentNumber => {
            let plain = |text: &str| digits(text).trim_start_matches('0').to_owned();
            plain(&text) == plain(value)
        }
        FieldName::Group
        | FieldName::LegalProceedings
        | FieldName::ExcludesShares
        | FieldName::Rules
        | FieldName::FivePercentOrLess
        | FieldName::ItemFiveCeased
        | FieldName::ItemNineDissolved
        | FieldName::Form => !text.trim().is_empty(),
        FieldName::Cusips | FieldName::Funds | FieldName::Types => {
            let said = letters(&text);
            value.split_whitespace().all(|code| said.contains(&letters(code)))
        }
        _ => letters(&text) == letters(value),
    }
}

/// The only number that is printed, as it is; a word or a dash may say that it is none.
fn number(text: &str) -> Option<String> {
    let part = |c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.'));
    let has_digit = |run: &&str| run.bytes().any(|b| b.is_ascii_digit());
    let mut runs = text.split(part).filter(has_digit);
    let Some(only) = runs.next() else {
        let plain = text.trim();
        let lower = plain.to_lowercase();
        let no_shares = ["no share", "no units"].iter().any(|none| lower.starts_with(none));
        let none = no_shares || plain.split_whitespace().any(is_zero_word);
        let dashes = !plain.is_empty() && plain.chars().all(|c| "-\u{2013}\u{2014}".contains(c));
        return (none || dashes).then(|| "0".to_owned());
    };
    let only = only.trim_matches(|c| matches!(c, ',' | '.'));
    runs.next().is_none().then(|| only.to_owned())
}

fn same_number(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.parse::<rust_decimal::Decimal>().ok();
    plain(a).is_some() && plain(a) == plain(b)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_give_the_value_that_is_printed_there_and_no_other() {
        use FieldName::{Aggregate, Cik, Cusips, EventDate, Group, Name, Percent, Types};
        use FieldName::{FivePercentOrLess, ItemFiveAmount, ItemFivePercent, ItemNineOn};
        for (bytes, field, value, gives) in [
            ("133,316,008", Aggregate, "133316008", true),
            ("133,316,008 shares", Aggregate, "133316008", true),
            ("<td>133,316,008</td>", Aggregate, "133316008", true),
            ("133,316,008", Aggregate, "33316008", false),
            ("1,000 and 2,000", Aggregate, "1000", false),
            ("-0-", Aggregate, "0", true),
            ("None", Aggregate, "0", true),
            ("No shares", Aggregate, "0", true),
            ("SCHEDULE", Aggregate, "0", false),
            ("28.356.418", Aggregate, "28356418", true),
            ("5.234", Aggregate, "5234", true),
            ("5.40%", Percent, "5.4", true),
            ("5.234%", Percent, "5.234", true),
            ("5.234%", Percent, "5234", false),
            ("less than 1%", Percent, "<1", true),
            ("<SEC-D", Percent, "5.4", false),
            ("December 31, 2010", EventDate, "2010-12-31", true),
            ("2010-12-31", EventDate, "2010-12-31", true),
            ("January 31, 2010", EventDate, "2010-12-31", false),
            ("Nelson  Obus", Name, "Nelson Obus", true),
            ("Joshua Landes", Name, "Nelson Obus", false),
            ("0001318605", Cik, "1318605", true),
            ("88160R 10 1", Cusips, "88160R101", true),
            ("OO, IN", Types, "OO IN", true),
            ("OO", Types, "OO IN", false),
            ("[X]", Group, "a", true),
            (" ", Group, "a", false),
            ("[X]", FivePercentOrLess, "true", true),
            (" ", FivePercentOrLess, "false", false),
            ("1,500 shares", ItemFiveAmount, "1500", true),
            ("1,500 shares", ItemFiveAmount, "150", false),
            ("4.80%", ItemFivePercent, "4.8", true),
            ("4.80%", ItemFivePercent, "48", false),
            ("December 15, 2021", ItemNineOn, "2021-12-15", true),
            ("December 15, 2020", ItemNineOn, "2021-12-15", false),
        ] {
            assert_eq!(reads_as(bytes.as_bytes(), field, value), gives, "{bytes} as {value}");
        }
    }
}
