//! Where something stands in the bytes as received, and the four states a field can be in.
//! Knows nothing of formats: it never looks at the bytes it points to.

use serde::{Deserialize, Serialize};

/// A half-open range of bytes `[start, end)` in a file as received, never in decoded text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "(u64, u64)", into = "(u64, u64)")]
pub struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// The span of `[start, end)`; an `end` before `start` gives the empty span at `start`.
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The span of a range of indices into the received bytes.
    pub fn of(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start as u64, range.end as u64)
    }

    /// First byte.
    pub fn start(self) -> u64 {
        self.start
    }

    /// One past the last byte.
    pub fn end(self) -> u64 {
        self.end
    }

    /// Length in bytes.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether nothing stands here.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The bytes of `received` at this span, or `None` where it reaches past their end.
    pub fn cut(self, received: &[u8]) -> Option<&[u8]> {
        received.get(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)
    }

    /// The smallest span that holds both.
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Stored as start and length (spec, section 5.2), so that a stored span is never backwards.
impl From<Span> for (u64, u64) {
    fn from(span: Span) -> Self {
        (span.start, span.len())
    }
}

impl TryFrom<(u64, u64)> for Span {
    type Error = &'static str;

    fn try_from((start, len): (u64, u64)) -> Result<Self, Self::Error> {
        let end = start.checked_add(len).ok_or("a span's end is past 2^64")?;
        Ok(Self { start, end })
    }
}

/// What a filing says in one place: a value, nothing, no such place, or something we cannot read.
/// The four are never confused, and none of them is zero.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Field<T> {
    /// The value, and where it stands.
    Stated {
        /// The value in its canonical form.
        value: T,
        /// The characters it was read from.
        span: Span,
    },
    /// The place is there and says nothing: an empty cell, `N/A`, a pointer elsewhere.
    Blank {
        /// The place: the cell, or the label that nothing follows.
        span: Span,
    },
    /// The filing has no such place.
    #[default]
    Absent,
    /// Something stands there and it cannot be told what it means; a trouble says why.
    Unreadable {
        /// What could not be read.
        span: Span,
    },
}

impl<T> Field<T> {
    /// A stated value.
    pub fn stated(value: T, span: Span) -> Self {
        Field::Stated { value, span }
    }

    /// The value, where one is stated.
    pub fn value(&self) -> Option<&T> {
        match self {
            Field::Stated { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Where it stands, unless it is absent.
    pub fn span(&self) -> Option<Span> {
        match self {
            Field::Stated { span, .. } | Field::Blank { span } | Field::Unreadable { span } => {
                Some(*span)
            }
            Field::Absent => None,
        }
    }

    /// The state's name as printed in JSON.
    pub fn state(&self) -> &'static str {
        match self {
            Field::Stated { .. } => "stated",
            Field::Blank { .. } => "blank",
            Field::Absent => "absent",
            Field::Unreadable { .. } => "unreadable",
        }
    }

    /// Whether a value is stated.
    pub fn is_stated(&self) -> bool {
        matches!(self, Field::Stated { .. })
    }

    /// The same field with its value passed through `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Stated { value, span } => Field::Stated { value: f(value), span },
            Field::Blank { span } => Field::Blank { span },
            Field::Absent => Field::Absent,
            Field::Unreadable { span } => Field::Unreadable { span },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_cuts_only_what_is_there() {
        let bytes = b"0123456789";
        assert_eq!(Span::new(2, 5).cut(bytes), Some(&b"234"[..]));
        assert_eq!(Span::new(8, 11).cut(bytes), None);
        assert_eq!(Span::new(u64::MAX, u64::MAX).cut(bytes), None);
    }

    #[test]
    fn a_stored_span_cannot_run_past_the_end_of_numbers() {
        assert!(Span::try_from((u64::MAX, 1)).is_err());
        assert_eq!(Span::try_from((3, 4)), Ok(Span::new(3, 7)));
    }
}
