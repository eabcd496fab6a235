//! A cover page's rows as one list of named values, so that folding and comparing treat all alike.
//! Knows nothing of what was said before or after: it looks at one holder of one filing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::terms::id::{Accession, ContentId};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{GroupBox, Holder};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, TroubleCode};
use crate::view::timeline::Standing;

/// The value of a row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Shares.
    Amount(Amount),
    /// A percent of the class.
    Percent(Percent),
    /// Words as printed.
    Text(String),
    /// Row 2.
    Group(GroupBox),
    /// A box that is ticked or not.
    Flag(bool),
    /// Codes in printed order.
    Codes(Vec<String>),
}

impl Value {
    /// Whether two filings say the same: `233990` and `233990.00` do.
    pub fn says_the_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Amount(a), Value::Amount(b)) => a.decimal() == b.decimal(),
            (Value::Percent(a), Value::Percent(b)) => match (a, b) {
                (Percent::Exact(a), Percent::Exact(b)) => a == b,
                (Percent::LessThan(a), Percent::LessThan(b)) => a == b,
                _ => false,
            },
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Amount(amount) => amount.fmt(f),
            Value::Percent(percent) => percent.fmt(f),
            Value::Text(text) => text.fmt(f),
            Value::Group(group) => group.as_str().fmt(f),
            Value::Flag(flag) => flag.fmt(f),
            Value::Codes(codes) => codes.join(" ").fmt(f),
        }
    }
}

/// A value with where it was said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cited {
    /// The value; `None` where the latest filing says something that cannot be read.
    pub value: Option<Value>,
    /// The entry of the filing that says so.
    pub entry: u64,
    /// That filing's accession number.
    pub accession: Option<Accession>,
    /// The bytes of that filing.
    pub content: ContentId,
    /// Where in those bytes; `None` where a person says so and names no place.
    pub span: Option<Span>,
    /// The day since which that filing is true.
    pub since: Day,
    /// Whether a later filing of the chain left it out, so that it stands as last stated.
    pub carried: bool,
    /// The entry of the correction that says so, where a person overrode the reading.
    pub corrected: Option<u64>,
    /// The entry of the rereading that says so, where the bytes were read again.
    pub reread: Option<u64>,
    /// What troubles that filing has about this value.
    pub troubles: Vec<TroubleCode>,
}

impl Cited {
    /// What a filing says in a row of its holder number `index`; nothing where it leaves the row
    /// out or blank, so that what was last stated stands.
    pub fn of(
        filing: &Standing,
        index: usize,
        field: FieldName,
        said: Field<Value>,
    ) -> Option<Self> {
        let (value, span) = match said {
            Field::Stated { value, span } => (Some(value), span),
            Field::Unreadable { span } => (None, span),
            Field::Blank { .. } | Field::Absent => return None,
        };
        let holder = u32::try_from(index).ok();
        let about = filing.filing.reading.troubles.iter().filter(|trouble| {
            let whole = trouble.field == FieldName::All;
            trouble.holder == holder && (trouble.field == field || whole)
        });
        let mut troubles: Vec<TroubleCode> = about.map(|trouble| trouble.code).collect();
        troubles.sort();
        troubles.dedup();
        Some(Self {
            value,
            entry: filing.entry(),
            accession: filing.accession(),
            content: filing.filing.content,
            span: (!span.is_empty()).then_some(span),
            since: filing.true_since(),
            carried: false,
            corrected: filing.corrected.get(&(holder, field)).map(|note| note.entry),
            reread: filing.reread.map(|note| note.entry),
            troubles,
        })
    }

    /// The amount, where it is one.
    pub fn amount(&self) -> Option<Amount> {
        match self.value {
            Some(Value::Amount(amount)) => Some(amount),
            _ => None,
        }
    }
}

/// The rows of one holder that an amendment may restate, in the order of the form.
pub fn rows(holder: &Holder) -> Vec<(FieldName, Field<Value>)> {
    let amount = |field: &Field<Amount>| field.clone().map(Value::Amount);
    vec![
        (FieldName::Group, holder.group.clone().map(Value::Group)),
        (FieldName::Funds, codes(&holder.funds)),
        (FieldName::LegalProceedings, holder.legal_proceedings.clone().map(Value::Flag)),
        (FieldName::Citizenship, holder.citizenship.clone().map(Value::Text)),
        (FieldName::SoleVoting, amount(&holder.sole_voting)),
        (FieldName::SharedVoting, amount(&holder.shared_voting)),
        (FieldName::SoleDispositive, amount(&holder.sole_dispositive)),
        (FieldName::SharedDispositive, amount(&holder.shared_dispositive)),
        (FieldName::Aggregate, amount(&holder.aggregate)),
        (FieldName::ExcludesShares, holder.excludes_shares.clone().map(Value::Flag)),
        (FieldName::Percent, holder.percent.clone().map(Value::Percent)),
        (FieldName::Types, codes(&holder.types)),
    ]
}

/// Several codes as one value: stated where all are, unreadable where one is.
fn codes(fields: &[Field<String>]) -> Field<Value> {
    let Some(span) = fields.iter().filter_map(Field::span).reduce(Span::join) else {
        return Field::Absent;
    };
    if fields.iter().any(|field| matches!(field, Field::Unreadable { .. })) {
        return Field::Unreadable { span };
    }
    let stated: Vec<String> = fields.iter().filter_map(Field::value).cloned().collect();
    if stated.is_empty() {
        Field::Blank { span }
    } else {
        Field::stated(Value::Codes(stated), span)
    }
}
