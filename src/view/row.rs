//! A cover page's rows as one list of named values, so that folding and comparing treat all alike.
//! Knows nothing of what was said before or after: it looks at one holder of one filing.

use std::fmt;
use std::sync::Arc;

use crate::terms::id::{Accession, ContentId};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{GroupBox, Holder};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, TroubleCode};
use crate::view::timeline::Standing;

/// The value of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Shares.
    Amount(Amount),
    /// A percent of the class.
    Percent(Percent),
    /// Words as printed.
    Text(Arc<str>),
    /// Row 2.
    Group(GroupBox),
    /// A box that is ticked or not.
    Flag(bool),
    /// Codes in printed order.
    Codes(Arc<[String]>),
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
    /// The filing that says so.
    pub source: Arc<Source>,
    /// Where in its bytes; `None` where a person says so and names no place.
    pub span: Option<Span>,
    /// Whether a later filing of the chain left it out, so that it stands as last stated.
    pub carried: bool,
    /// The entry of the correction that says so, where a person overrode the reading.
    pub corrected: Option<u64>,
    /// What troubles that filing has about this value, and later ones that left it out.
    pub troubles: Vec<TroubleCode>,
}

/// A filing that says something; all that it says shares one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Its entry.
    pub entry: u64,
    /// Its accession number.
    pub accession: Option<Accession>,
    /// Its received bytes.
    pub content: ContentId,
    /// The day since which it is true.
    pub since: Day,
    /// The entry of its rereading, where its bytes were read again.
    pub reread: Option<u64>,
}

impl Source {
    /// That of a filing.
    pub fn of(filing: &Standing) -> Arc<Self> {
        Arc::new(Self {
            entry: filing.entry(),
            accession: filing.accession(),
            content: filing.filing.content,
            since: filing.true_since(),
            reread: filing.reread.map(|note| note.entry),
        })
    }
}

/// Rows by their fields, in the order of the fields: a dozen at most, so that looking through them
/// is quicker than any tree of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows(Vec<(FieldName, Cited)>);

impl Rows {
    /// Rows that come in the order of their fields; nothing where they do not.
    pub fn sorted(rows: Vec<(FieldName, Cited)>) -> Option<Self> {
        let sorted = rows.is_sorted_by(|(one, _), (next, _)| one < next);
        sorted.then_some(Self(rows))
    }

    fn place(&self, field: FieldName) -> Result<usize, usize> {
        self.0.binary_search_by_key(&field, |(own, _)| *own)
    }

    /// What a field says.
    pub fn get(&self, field: &FieldName) -> Option<&Cited> {
        let place = self.place(*field).ok()?;
        self.0.get(place).map(|(_, cited)| cited)
    }

    /// What a field says, to be said otherwise.
    pub fn get_mut(&mut self, field: &FieldName) -> Option<&mut Cited> {
        let place = self.place(*field).ok()?;
        self.0.get_mut(place).map(|(_, cited)| cited)
    }

    /// A field says something else from here on.
    pub fn insert(&mut self, field: FieldName, cited: Cited) {
        match self.place(field) {
            Ok(at) => drop(self.0.get_mut(at).map(|(_, own)| std::mem::replace(own, cited))),
            Err(at) => self.0.insert(at, (field, cited)),
        }
    }

    /// Each field with what it says.
    pub fn iter(&self) -> impl Iterator<Item = (FieldName, &Cited)> {
        self.0.iter().map(|(field, cited)| (*field, cited))
    }

    /// What the fields say.
    pub fn values(&self) -> impl Iterator<Item = &Cited> {
        self.0.iter().map(|(_, cited)| cited)
    }

    /// What the fields say, to be said otherwise.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Cited> {
        self.0.iter_mut().map(|(_, cited)| cited)
    }
}

impl Cited {
    /// What a filing says in a row of its holder number `index`; nothing where it leaves the row
    /// out or blank, so that what was last stated stands.
    pub fn of(
        filing: &Standing,
        source: &Arc<Source>,
        index: usize,
        (field, said): (FieldName, Field<Value>),
    ) -> Option<Self> {
        let (value, span) = match said {
            Field::Stated { value, span } => (Some(value), span),
            Field::Unreadable { span } => (None, span),
            Field::Blank { .. } | Field::Absent => return None,
        };
        let holder = u32::try_from(index).ok();
        let troubles = troubles_about(filing, index, field);
        Some(Self {
            value,
            source: source.clone(),
            span: (!span.is_empty()).then_some(span),
            carried: false,
            corrected: filing.corrected.get(&(holder, field)).map(|note| note.entry),
            troubles,
        })
    }

    /// It stands as last stated, for a filing leaves it out or blank. Where that filing is in
    /// trouble about it, as where "See Item 5" stands in its place, so is what stands.
    pub fn carry(&mut self, filing: &Standing, index: usize, field: FieldName) {
        self.troubles.extend(troubles_about(filing, index, field));
        self.troubles.sort();
        self.troubles.dedup();
    }

    /// The amount, where it is one.
    pub fn amount(&self) -> Option<Amount> {
        match self.value {
            Some(Value::Amount(amount)) => Some(amount),
            _ => None,
        }
    }
}

/// The troubles of a filing about a field of its holder number `index`, or about all of them.
fn troubles_about(filing: &Standing, index: usize, field: FieldName) -> Vec<TroubleCode> {
    let holder = u32::try_from(index).ok();
    let about = filing.filing.reading.troubles.iter().filter(|trouble| {
        let whole = trouble.field == FieldName::All;
        trouble.holder == holder && (trouble.field == field || whole)
    });
    let mut codes: Vec<TroubleCode> = about.map(|trouble| trouble.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// The rows of one holder that an amendment may restate, in the order of the form.
pub fn rows(holder: &Holder) -> Vec<(FieldName, Field<Value>)> {
    let amount = |field: &Field<Amount>| field.clone().map(Value::Amount);
    vec![
        (FieldName::Group, holder.group.clone().map(Value::Group)),
        (FieldName::Funds, codes(&holder.funds)),
        (FieldName::LegalProceedings, holder.legal_proceedings.clone().map(Value::Flag)),
        (FieldName::Citizenship, holder.citizenship.clone().map(|text| Value::Text(text.into()))),
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
        Field::stated(Value::Codes(stated.into()), span)
    }
}
