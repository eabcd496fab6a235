//! One field of a reading by its name: what it says, and saying it otherwise.
//! Knows nothing of who decides that, nor when.

use std::num::ParseIntError;
use std::str::{FromStr, ParseBoolError};

use crate::ledger::event::Said;
use crate::terms::id::IdError;
use crate::terms::name;
use crate::terms::quantity::QuantityError;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Form, GroupBox, Holder, Reading, Rule, Schedule};
use crate::terms::time::TimeError;
use crate::terms::trouble::FieldName;

/// Why a field cannot be said otherwise.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CorrectError {
    /// The field is none of those a person can override, or not of this part of the filing.
    #[error("expected {expected}, got {got}")]
    Field {
        /// The fields there are.
        expected: String,
        /// The field that came.
        got: FieldName,
    },
    /// The value is not one of this field's.
    #[error("expected {expected}, got {got:?}")]
    Value {
        /// What would have been right.
        expected: String,
        /// What came.
        got: String,
    },
    /// There is no such holder.
    #[error("expected a holder below {holders}, got {got}")]
    Holder {
        /// How many holders the filing has.
        holders: usize,
        /// The one asked for.
        got: usize,
    },
}

/// The fields of a filing that can be corrected: of the cover page's head, and those of its items
/// that answers go by.
pub const OF_FILING: [FieldName; 18] = [
    FieldName::Form,
    FieldName::AmendmentNumber,
    FieldName::EventDate,
    FieldName::FiledDate,
    FieldName::AcceptedAt,
    FieldName::PreviousAccession,
    FieldName::IssuerName,
    FieldName::IssuerCik,
    FieldName::Cusips,
    FieldName::ClassTitle,
    FieldName::Rules,
    FieldName::FivePercentOrLess,
    FieldName::ItemFiveAmount,
    FieldName::ItemFivePercent,
    FieldName::ItemFiveCeased,
    FieldName::ItemFiveCeasedOn,
    FieldName::ItemNineDissolved,
    FieldName::ItemNineOn,
];

/// The fields of a holder that can be corrected.
pub const OF_HOLDER: [FieldName; 15] = [
    FieldName::Name,
    FieldName::TaxId,
    FieldName::Cik,
    FieldName::Group,
    FieldName::Funds,
    FieldName::LegalProceedings,
    FieldName::Citizenship,
    FieldName::SoleVoting,
    FieldName::SharedVoting,
    FieldName::SoleDispositive,
    FieldName::SharedDispositive,
    FieldName::Aggregate,
    FieldName::ExcludesShares,
    FieldName::Percent,
    FieldName::Types,
];

/// The schedule that alone has a field of a filing; `None` for what both have.
pub fn schedule_of(field: FieldName) -> Option<Schedule> {
    match field {
        FieldName::Rules
        | FieldName::FivePercentOrLess
        | FieldName::ItemNineDissolved
        | FieldName::ItemNineOn => Some(Schedule::G),
        FieldName::ItemFiveAmount
        | FieldName::ItemFivePercent
        | FieldName::ItemFiveCeased
        | FieldName::ItemFiveCeasedOn => Some(Schedule::D),
        _ => None,
    }
}

/// Which holder of a reading a correction is about: the one at its place, unless its name says
/// that it stands elsewhere now. `None` where it is nowhere; `Some(None)` for the filing itself.
pub fn find(reading: &Reading, holder: Option<u32>, named: Option<&str>) -> Option<Option<usize>> {
    let Some(at) = holder else { return Some(None) };
    let at = usize::try_from(at).ok()?;
    let is_named = |holder: &Holder, wanted: &str| {
        holder.name.value().is_some_and(|name| name::key(name) == name::key(wanted))
    };
    let there = reading.holders.get(at);
    match named {
        None => there.map(|_| Some(at)),
        Some(wanted) if there.is_some_and(|holder| is_named(holder, wanted)) => Some(Some(at)),
        Some(wanted) => {
            let mut named = reading.holders.iter().enumerate().filter(|(_, h)| is_named(h, wanted));
            match (named.next(), named.next()) {
                (Some((only, _)), None) => Some(Some(only)),
                // A name that was corrected since: its place still tells.
                (None, _) if there.is_some_and(|holder| !holder.name.is_stated()) => Some(Some(at)),
                _ => None,
            }
        }
    }
}

/// What a field says; `None` where there is no such field or holder.
pub fn get(reading: &Reading, holder: Option<usize>, field: FieldName) -> Option<Said> {
    get_at(reading, holder, field).map(|(said, _)| said)
}

/// As [`get`], and where it stands.
pub fn get_at(reading: &Reading, holder: Option<usize>, field: FieldName) -> Option<At> {
    let Some(at) = holder else {
        return Some(match field {
            FieldName::Form => one(&reading.form),
            FieldName::AmendmentNumber => one(&reading.amendment_number),
            FieldName::EventDate => one(&reading.event_date),
            FieldName::FiledDate => one(&reading.filed_date),
            FieldName::AcceptedAt => one(&reading.accepted_at),
            FieldName::PreviousAccession => one(&reading.previous_accession),
            FieldName::IssuerName => one(&reading.issuer.name),
            FieldName::IssuerCik => one(&reading.issuer.cik),
            FieldName::Cusips => many(&reading.cusips, ToString::to_string),
            FieldName::ClassTitle => one(&reading.class_title),
            FieldName::Rules => many(&reading.rules, |rule| rule.as_str().to_owned()),
            FieldName::FivePercentOrLess => one(&reading.five_percent_or_less),
            FieldName::ItemFiveAmount => one(&reading.item_5.amount),
            FieldName::ItemFivePercent => one(&reading.item_5.percent),
            FieldName::ItemFiveCeased => one(&reading.item_5.ceased),
            FieldName::ItemFiveCeasedOn => one(&reading.item_5.ceased_on),
            FieldName::ItemNineDissolved => one(&reading.item_9.dissolved),
            FieldName::ItemNineOn => one(&reading.item_9.on),
            _ => return None,
        });
    };
    let holder = reading.holders.get(at)?;
    Some(match field {
        FieldName::Name => one(&holder.name),
        FieldName::TaxId => one(&holder.tax_id),
        FieldName::Cik => one(&holder.cik),
        FieldName::Group => one(&holder.group.clone().map(|group| group.as_str())),
        FieldName::Funds => many(&holder.funds, Clone::clone),
        FieldName::LegalProceedings => one(&holder.legal_proceedings),
        FieldName::Citizenship => one(&holder.citizenship),
        FieldName::SoleVoting => one(&holder.sole_voting),
        FieldName::SharedVoting => one(&holder.shared_voting),
        FieldName::SoleDispositive => one(&holder.sole_dispositive),
        FieldName::SharedDispositive => one(&holder.shared_dispositive),
        FieldName::Aggregate => one(&holder.aggregate),
        FieldName::ExcludesShares => one(&holder.excludes_shares),
        FieldName::Percent => one(&holder.percent),
        FieldName::Types => many(&holder.types, Clone::clone),
        _ => return None,
    })
}

/// What a field says, and its place, where it has one.
type At = (Said, Option<Span>);

fn one<T: ToString>(field: &Field<T>) -> At {
    let said = match field {
        Field::Stated { value, .. } => Said::Stated(value.to_string()),
        Field::Blank { .. } | Field::Absent => Said::Nothing,
        Field::Unreadable { .. } => Said::Unreadable,
    };
    (said, field.span())
}

fn many<T>(fields: &[Field<T>], text: impl Fn(&T) -> String) -> At {
    let span = fields.iter().filter_map(Field::span).reduce(Span::join);
    if fields.iter().any(|field| matches!(field, Field::Unreadable { .. })) {
        return (Said::Unreadable, span);
    }
    let stated: Vec<String> = fields.iter().filter_map(Field::value).map(text).collect();
    let said = if stated.is_empty() { Said::Nothing } else { Said::Stated(stated.join(" ")) };
    (said, span)
}

/// Says one field otherwise. Without a span the value has no place: what stood there says another.
///
/// # Errors
/// A field, a value or a holder that there is not; then nothing is changed.
pub fn set(
    reading: &mut Reading,
    holder: Option<usize>,
    field: FieldName,
    new: &Said,
    span: Option<Span>,
) -> Result<(), CorrectError> {
    let Some(at) = holder else { return set_of_filing(reading, field, new, span) };
    let holders = reading.holders.len();
    let none = CorrectError::Holder { holders, got: at };
    let holder = reading.holders.get_mut(at).ok_or(none)?;
    match field {
        FieldName::Name => put(&mut holder.name, new, span, text),
        FieldName::TaxId => put(&mut holder.tax_id, new, span, text),
        FieldName::Cik => put(&mut holder.cik, new, span, parsed),
        FieldName::Group => put(&mut holder.group, new, span, group),
        FieldName::Funds => put_many(&mut holder.funds, new, span, text),
        FieldName::LegalProceedings => put(&mut holder.legal_proceedings, new, span, parsed),
        FieldName::Citizenship => put(&mut holder.citizenship, new, span, text),
        FieldName::SoleVoting => put(&mut holder.sole_voting, new, span, parsed),
        FieldName::SharedVoting => put(&mut holder.shared_voting, new, span, parsed),
        FieldName::SoleDispositive => put(&mut holder.sole_dispositive, new, span, parsed),
        FieldName::SharedDispositive => put(&mut holder.shared_dispositive, new, span, parsed),
        FieldName::Aggregate => put(&mut holder.aggregate, new, span, parsed),
        FieldName::ExcludesShares => put(&mut holder.excludes_shares, new, span, parsed),
        FieldName::Percent => put(&mut holder.percent, new, span, parsed),
        FieldName::Types => put_many(&mut holder.types, new, span, text),
        got => Err(CorrectError::Field { expected: names(&OF_HOLDER), got }),
    }
}

fn set_of_filing(
    reading: &mut Reading,
    field: FieldName,
    new: &Said,
    span: Option<Span>,
) -> Result<(), CorrectError> {
    match field {
        FieldName::Form => put(&mut reading.form, new, span, |text| {
            Form::from_edgar(text).ok_or_else(|| "a form such as SC 13D/A".to_owned())
        }),
        FieldName::AmendmentNumber => put(&mut reading.amendment_number, new, span, parsed),
        FieldName::EventDate => put(&mut reading.event_date, new, span, parsed),
        FieldName::FiledDate => put(&mut reading.filed_date, new, span, parsed),
        FieldName::AcceptedAt => put(&mut reading.accepted_at, new, span, parsed),
        FieldName::PreviousAccession => put(&mut reading.previous_accession, new, span, parsed),
        FieldName::IssuerName => put(&mut reading.issuer.name, new, span, text),
        FieldName::IssuerCik => put(&mut reading.issuer.cik, new, span, parsed),
        FieldName::Cusips => put_many(&mut reading.cusips, new, span, parsed),
        FieldName::ClassTitle => put(&mut reading.class_title, new, span, text),
        FieldName::Rules => put_many(&mut reading.rules, new, span, rule),
        FieldName::FivePercentOrLess => put(&mut reading.five_percent_or_less, new, span, parsed),
        FieldName::ItemFiveAmount => put(&mut reading.item_5.amount, new, span, parsed),
        FieldName::ItemFivePercent => put(&mut reading.item_5.percent, new, span, parsed),
        FieldName::ItemFiveCeased => put(&mut reading.item_5.ceased, new, span, parsed),
        FieldName::ItemFiveCeasedOn => put(&mut reading.item_5.ceased_on, new, span, parsed),
        FieldName::ItemNineDissolved => put(&mut reading.item_9.dissolved, new, span, parsed),
        FieldName::ItemNineOn => put(&mut reading.item_9.on, new, span, parsed),
        got => Err(CorrectError::Field { expected: names(&OF_FILING), got }),
    }
}

fn names(fields: &[FieldName]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
    format!("one of {}", names.join(", "))
}

fn put<T>(
    place: &mut Field<T>,
    new: &Said,
    span: Option<Span>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<(), CorrectError> {
    let span = span.unwrap_or(Span::new(0, 0));
    *place = match new {
        Said::Nothing => Field::Blank { span },
        Said::Unreadable => Field::Unreadable { span },
        Said::Stated(text) => Field::stated(value(text, parse)?, span),
    };
    Ok(())
}

fn put_many<T>(
    places: &mut Vec<Field<T>>,
    new: &Said,
    span: Option<Span>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<(), CorrectError> {
    let span = span.unwrap_or(Span::new(0, 0));
    *places = match new {
        Said::Nothing => Vec::new(),
        Said::Unreadable => vec![Field::Unreadable { span }],
        Said::Stated(text) => {
            let each = text.split_whitespace().map(|one| value(one, &parse));
            each.map(|one| Ok(Field::stated(one?, span))).collect::<Result<_, _>>()?
        }
    };
    Ok(())
}

fn value<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, CorrectError> {
    parse(text).map_err(|expected| CorrectError::Value { expected, got: text.to_owned() })
}

fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("some words".to_owned()) } else { Ok(text.to_owned()) }
}

fn parsed<T: FromStr<Err: Expecting>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.expecting().to_owned())
}

/// What a text that does not parse should have been.
trait Expecting {
    fn expecting(&self) -> &str;
}

macro_rules! expecting {
    ($($error:ty: $words:expr;)+) => {
        $(impl Expecting for $error {
            fn expecting(&self) -> &str {
                let words: fn(&$error) -> &str = $words;
                words(self)
            }
        })+
    };
}

expecting! {
    IdError: |error| error.expected;
    QuantityError: |error| error.expected;
    TimeError: |error| error.expected;
    ParseIntError: |_| "a whole number";
    ParseBoolError: |_| "true or false";
}

fn group(text: &str) -> Result<GroupBox, String> {
    match text {
        "a" => Ok(GroupBox::A),
        "b" => Ok(GroupBox::B),
        _ => Err("a or b".to_owned()),
    }
}

fn rule(text: &str) -> Result<Rule, String> {
    let rules = [Rule::B, Rule::C, Rule::D];
    let found = rules.into_iter().find(|rule| rule.as_str() == text);
    found.ok_or_else(|| "one of 13d-1(b), 13d-1(c), 13d-1(d)".to_owned())
}
