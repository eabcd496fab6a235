//! A cover page's rows as one list of named values, so that folding and comparing treat all alike.
//! Knows nothing of what was said before or after: it looks at one holder of one filing.

use std::fmt;
use std::num::NonZeroU64;
use std::rc::Rc;

use crate::ledger::event::FilingRecorded;
use crate::terms::id::{Accession, ContentId};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{GroupBox, Holder};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::{FieldName, TroubleCode};
use crate::view::codes::TroubleCodes;
use crate::view::timeline::Standing;

/// The value of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Shares.
    Amount(Amount),
    /// A percent of the class.
    Percent(Percent),
    /// Words as printed.
    Text(Rc<str>),
    /// Row 2.
    Group(GroupBox),
    /// A box that is ticked or not.
    Flag(bool),
    /// Codes in printed order.
    Codes(Rc<[String]>),
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

/// A value with where it was said. An answer has some ten of them a holder, and its time is mostly
/// that of writing them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cited {
    /// The value; `None` where the latest filing says something that cannot be read.
    pub value: Option<Value>,
    /// The filing that says so. Counted by this thread alone: a count that others share waits for
    /// what was written before, and costs a tenth of an answer.
    pub source: Rc<Source>,
    /// Where in its bytes; empty where a person says so and names no place.
    span: Span,
    /// Whether a later filing of the chain left it out, so that it stands as last stated.
    pub carried: bool,
    /// What troubles that filing has about this value, and later ones that left it out.
    pub troubles: TroubleCodes,
    /// The entry of the correction that says so; entry 0 is none.
    corrected: Option<NonZeroU64>,
}

const _: () = assert!(size_of::<Cited>() <= 64);

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
    /// When it became known.
    pub known_at: Instant,
    /// The entry of its rereading, where its bytes were read again.
    pub reread: Option<u64>,
}

impl Source {
    /// That of a filing.
    pub fn of(filing: &Standing) -> Rc<Self> {
        Rc::new(Self {
            entry: filing.entry(),
            accession: filing.accession(),
            content: filing.filing.content,
            since: filing.true_since(),
            known_at: filing.known().0,
            reread: filing.reread.map(|note| note.entry),
        })
    }
}

/// Rows by their fields, in the order of the fields, which are a bit each: the bits below that of a
/// field tell its place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    fields: u64,
    cited: Vec<Cited>,
}

const _: () = assert!(FieldName::ALL.len() <= u64::BITS as usize);

fn bit(field: FieldName) -> u64 {
    1 << field as u64
}

impl Rows {
    /// None yet, and room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self { fields: 0, cited: Vec::with_capacity(count) }
    }

    fn place(&self, field: FieldName) -> usize {
        (self.fields & (bit(field) - 1)).count_ones() as usize
    }

    fn has(&self, field: FieldName) -> bool {
        self.fields & bit(field) != 0
    }

    /// What a field says.
    pub fn get(&self, field: &FieldName) -> Option<&Cited> {
        self.has(*field).then(|| self.cited.get(self.place(*field))).flatten()
    }

    /// What a field says, to be said otherwise.
    pub fn get_mut(&mut self, field: &FieldName) -> Option<&mut Cited> {
        let place = self.place(*field);
        self.has(*field).then(|| self.cited.get_mut(place)).flatten()
    }

    /// A field says something else from here on.
    pub fn insert(&mut self, field: FieldName, cited: Cited) {
        match self.get_mut(&field) {
            Some(own) => *own = cited,
            None => {
                self.cited.insert(self.place(field), cited);
                self.fields |= bit(field);
            }
        }
    }

    /// A field after all that are there; nothing where it is not.
    pub fn push(&mut self, field: FieldName, cited: Cited) -> Option<()> {
        (self.fields < bit(field)).then(|| {
            self.fields |= bit(field);
            self.cited.push(cited);
        })
    }

    /// Each field with what it says.
    pub fn iter(&self) -> impl Iterator<Item = (FieldName, &Cited)> {
        let fields = FieldName::ALL.iter().copied().filter(|field| self.has(*field));
        fields.zip(&self.cited)
    }

    /// What the fields say.
    pub fn values(&self) -> impl Iterator<Item = &Cited> {
        self.cited.iter()
    }

    /// What the fields say, to be said otherwise.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Cited> {
        self.cited.iter_mut()
    }
}

impl Cited {
    /// What a filing says in a row of its holder number `index`; nothing where it leaves the row
    /// out or blank, so that what was last stated stands.
    pub fn of(
        filing: &Standing,
        source: &Rc<Source>,
        index: usize,
        (field, said): (FieldName, Field<Value>),
    ) -> Option<Self> {
        let (value, span) = match said {
            Field::Stated { value, span } => (Some(value), span),
            Field::Unreadable { span } => (None, span),
            Field::Blank { .. } | Field::Absent => return None,
        };
        let holder = u32::try_from(index).ok();
        let corrected = filing.corrected.get(&(holder, field)).map(|note| note.entry);
        let troubles = troubles_about(&filing.filing, index, field).collect();
        Some(Self::new(value, source.clone(), Some(span), corrected, troubles))
    }

    /// A value that a filing says, at a place if it has one, or a correction instead of it.
    pub fn new(
        value: Option<Value>,
        source: Rc<Source>,
        span: Option<Span>,
        corrected: Option<u64>,
        troubles: TroubleCodes,
    ) -> Self {
        let span = span.unwrap_or(Span::new(0, 0));
        let corrected = corrected.and_then(NonZeroU64::new);
        Self { value, source, span, carried: false, troubles, corrected }
    }

    /// Where in its filing's bytes; `None` where a person says so and names no place.
    pub fn span(&self) -> Option<Span> {
        (!self.span.is_empty()).then_some(self.span)
    }

    /// The entry of the correction that says so, where a person overrode the reading.
    pub fn corrected(&self) -> Option<u64> {
        self.corrected.map(NonZeroU64::get)
    }

    /// It stands as last stated, for a filing leaves it out or blank. Where that filing is in
    /// trouble about it, as where "See Item 5" stands in its place, so is what stands.
    pub fn carry(&mut self, filing: &Standing, index: usize, field: FieldName) {
        self.troubles.extend(troubles_about(&filing.filing, index, field));
    }

    /// A percent that stands as last stated is not that of a page which says that its holder has no
    /// shares.
    pub fn beside(&mut self, field: FieldName, page: &Holder) {
        let nothing = page.aggregate.value().copied().is_some_and(Amount::is_zero);
        let some =
            matches!(self.value, Some(Value::Percent(Percent::Exact(one))) if !one.is_zero());
        if field == FieldName::Percent && nothing && some {
            self.troubles.extend([TroubleCode::PercentMismatch]);
        }
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
pub fn troubles_about(
    filing: &FilingRecorded,
    index: usize,
    field: FieldName,
) -> impl Iterator<Item = TroubleCode> {
    let holder = u32::try_from(index).ok();
    let about = filing.reading.troubles.iter().filter(move |trouble| {
        let whole = trouble.field == FieldName::All;
        trouble.holder == holder && (trouble.field == field || whole)
    });
    about.map(|trouble| trouble.code)
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
