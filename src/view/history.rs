//! What changed from filing to filing, one line a change, each with who said so and where.
//! Collects while `holding` folds; decides nothing about state.

use crate::terms::id::{Accession, EntryHash};
use crate::terms::span::{Field, Span};
use crate::terms::statement::Holder;
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::FieldName;
use crate::view::row::{Cited, Value};
use crate::view::timeline::Recorded;

/// What kind of change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// Said for the first time in its chain of amendments.
    Reported,
    /// Said otherwise than before.
    Amended,
    /// A holder that an amendment has and its chain had not.
    Joined,
}

impl ChangeKind {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Reported => "reported",
            ChangeKind::Amended => "amended",
            ChangeKind::Joined => "joined",
        }
    }
}

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What kind.
    pub kind: ChangeKind,
    /// The event date of the filing that says so.
    pub event_date: Option<Day>,
    /// When that filing became known.
    pub known_at: Instant,
    /// Its accession number.
    pub accession: Option<Accession>,
    /// Its entry.
    pub entry: u64,
    /// That entry's hash.
    pub hash: EntryHash,
    /// The holder as named there.
    pub holder: Option<String>,
    /// The row.
    pub field: FieldName,
    /// What was said before.
    pub from: Option<Value>,
    /// What is said now; `None` where it cannot be read.
    pub to: Option<Value>,
    /// Where it stands in the filing's bytes.
    pub span: Option<Span>,
}

/// The changes of a fold as they come.
#[derive(Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// A holder appears that its chain had not.
    pub fn joined(&mut self, filing: &Recorded, holder: &Holder) {
        let span = holder.name.span();
        self.push(filing, holder, ChangeKind::Joined, FieldName::All, None, None, span);
    }

    /// A row is said; kept where it is said otherwise than `before`.
    pub fn row(
        &mut self,
        filing: &Recorded,
        holder: &Holder,
        field: FieldName,
        before: Option<Value>,
        now: &Cited,
    ) {
        let kind = match (&before, &now.value) {
            (Some(before), Some(now)) if before.says_the_same(now) => return,
            (None, _) => ChangeKind::Reported,
            _ => ChangeKind::Amended,
        };
        self.push(filing, holder, kind, field, before, now.value.clone(), Some(now.span));
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        filing: &Recorded,
        holder: &Holder,
        kind: ChangeKind,
        field: FieldName,
        from: Option<Value>,
        to: Option<Value>,
        span: Option<Span>,
    ) {
        self.0.push(Change {
            kind,
            event_date: filing.event_date(),
            known_at: filing.known().0,
            accession: filing.filing.accession(),
            entry: filing.entry,
            hash: filing.hash,
            holder: Field::value(&holder.name).cloned(),
            field,
            from,
            to,
            span,
        });
    }

    /// All of them, in the order in which they came.
    pub fn into_list(self) -> Vec<Change> {
        self.0
    }
}
