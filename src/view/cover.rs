//! One cover page over what its chain left: rows that are said, said otherwise, left out.
//! Knows one row of one filing, and what is told of it; decides nothing about chains.

use crate::terms::name::same_name;
use crate::terms::statement::Holder;
use crate::terms::trouble::FieldName;
use crate::view::crossing::Held;
use crate::view::fold::Row;
use crate::view::history::{Before, Changes};
use crate::view::holding::Signed;
use crate::view::row::{self, Cited, Rows, Source};
use crate::view::timeline::Standing;

/// What tells of a cover page beside its rows.
pub(super) struct Told {
    /// Whether it closes its statement.
    pub(super) closes: bool,
    /// Whether it is on the other schedule than the last, and that tells what its percent went
    /// through.
    pub(super) switched: bool,
    /// What its holder's percent came to after its last report, in whatever chain.
    pub(super) last: Held,
    /// Who signed for its holder.
    pub(super) signed: Vec<Signed>,
}

impl Told {
    fn before(&self, field: FieldName, cited: Option<&Cited>) -> Before {
        let percent = field == FieldName::Percent && !self.closes;
        Before {
            value: cited.and_then(|cited| cited.value.clone()),
            known_at: cited.map(|cited| cited.source.known_at),
            held: percent.then(|| self.held(cited)),
            quiet: self.switched,
        }
    }

    /// What its percent is held against.
    fn held(&self, cited: Option<&Cited>) -> Held {
        let stood = cited.filter(|_| !self.switched);
        let stood = stood.and_then(|own| Some((own.value.clone()?, own.source.known_at)));
        let Held { percent, exited } = &self.last;
        Held { percent: stood.or_else(|| percent.clone()), exited: *exited }
    }
}

/// Folds one cover page's rows over those its chain left, and tells what changed. What changed is
/// told as the filing was first read: a correction and a rereading are changes of their own.
/// Whether a row was told.
pub(super) fn fold_rows(rows: &mut Rows, row: Row, told: &Told, changes: &mut Changes) -> bool {
    let Row { index, holder, whose, .. } = row;
    let filing = whose.filing;
    rows.values_mut().for_each(|cited| cited.carried = true);
    let first = first_read(filing, index, holder).filter(|_| changes.are_told());
    let first = first.map(row::rows).unwrap_or_default();
    let source = Source::of(filing);
    let mut any = false;
    for (at, (field, said)) in row::rows(holder).into_iter().enumerate() {
        if changes.are_told() {
            let read = first.get(at).map_or_else(|| said.clone(), |(_, read)| read.clone());
            let before = told.before(field, rows.get(&field));
            if let Some(held) = &before.held {
                changes.hold(filing.entry(), index, held.clone());
            }
            match (Cited::of(filing, &source, index, (field, read)), rows.get(&field)) {
                (Some(read), _) => any |= changes.row(whose, field, before, &read),
                (None, Some(stands)) => {
                    let mut stands = stands.clone();
                    stands.carry(filing, index, field);
                    stands.beside(field, holder);
                    changes.carried(whose, field, &stands);
                }
                (None, None) => {}
            }
        }
        match Cited::of(filing, &source, index, (field, said)) {
            Some(now) => rows.insert(field, now),
            None => {
                if let Some(stands) = rows.get_mut(&field) {
                    stands.carry(filing, index, field);
                    stands.beside(field, holder);
                }
            }
        }
    }
    any
}

/// The same cover page as it was recorded, where it was understood otherwise since.
pub(super) fn first_read<'a>(
    filing: &Standing<'a>,
    index: usize,
    holder: &Holder,
) -> Option<&'a Holder> {
    if filing.announces.is_some() {
        return None;
    }
    let recorded = &filing.recorded.filing.reading.holders;
    if filing.reread.is_none() {
        return recorded.get(index);
    }
    row_of(recorded, holder, index).and_then(|at| recorded.get(at))
}

/// Whose row it is among other holders: the one's at its place, where that is named as it is, else
/// the first that is, else the one's at its place.
pub(super) fn row_of(holders: &[Holder], holder: &Holder, index: usize) -> Option<usize> {
    let named = |one: &Holder| match (one.name.value(), holder.name.value()) {
        (Some(one), Some(other)) => same_name(one, other),
        _ => false,
    };
    let there = holders.get(index);
    let own = there.filter(|one| named(one)).map(|_| index);
    own.or_else(|| holders.iter().position(named)).or(there.map(|_| index))
}

/// Who signed for a holder, by whatever name of it, and by what right.
pub(super) fn signed(filing: &Standing, is_named: impl Fn(&str) -> bool) -> Vec<Signed> {
    let signatures = filing.filing.reading.signatures.iter();
    let own = signatures.filter(|one| one.name.value().is_some_and(|who| is_named(who)));
    own.flat_map(|one| &one.capacities)
        .filter_map(|capacity| {
            let title = capacity.title.value().cloned();
            Some((capacity.by.value()?.clone(), title, filing.entry()))
        })
        .collect()
}
