//! Which filings of an issuer bear on each other's rows: a strand is a set of filings that nothing
//! ties to the others. Knows nothing of what the rows say.

use std::collections::BTreeMap;

use crate::ledger::event::Event;
use crate::terms::id::Accession;
use crate::terms::topic::HolderId;
use crate::view::identity::of_filing;
use crate::view::timeline::{Noted, Standing};
use crate::view::uncovered::{Parties, is_uncovered};

/// Something by which one filing can change what another's rows come to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Tie {
    /// A number or name of a holder: rows that share none are never one person.
    Holder(HolderId),
    /// The filing of this number, or one that names it as an earlier one.
    Named(Accession),
    /// The filing of this entry, or one that a decision joins with it.
    Entry(u64),
}

/// Sets of things that are tied, each known by its least member.
#[derive(Default)]
struct Ties {
    places: BTreeMap<Tie, usize>,
    sets: Vec<usize>,
}

impl Ties {
    fn place(&mut self, tie: Tie) -> usize {
        let next = self.sets.len();
        let place = *self.places.entry(tie).or_insert(next);
        if place == next {
            self.sets.push(next);
        }
        place
    }

    fn set(&self, mut at: usize) -> usize {
        while let Some(up) = self.sets.get(at).filter(|up| **up != at) {
            at = *up;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.set(a), self.set(b));
        if let Some(up) = self.sets.get_mut(a.max(b)) {
            *up = a.min(b);
        }
    }

    fn join_all(&mut self, ties: impl IntoIterator<Item = Tie>) -> Option<usize> {
        let mut first = None;
        for tie in ties {
            let place = self.place(tie);
            self.join(*first.get_or_insert(place), place);
        }
        first
    }
}

/// The strands of an issuer's filings, each with its filings' places in their order. What the rows
/// of one strand come to is the same whichever filings of the others count: persons are told by
/// what rows have in common, chains by persons, pointers and decisions (spec, 17.5 and 17.7).
pub fn strands(filings: &[Standing], notes: &[&Noted]) -> Vec<Vec<usize>> {
    let mut ties = Ties::default();
    for note in notes {
        match &note.event {
            Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => {
                ties.join_all([&pair.a, &pair.b].map(|key| Tie::Holder(key.id.clone())));
            }
            Event::ChainJoined(joined) => {
                ties.join_all([joined.filing.entry, joined.with.entry].map(Tie::Entry));
            }
            _ => {}
        }
    }
    // A filing without cover pages may join any that its filers and signatories are of.
    let mut sought = Parties::default();
    for filing in filings.iter().filter(|filing| is_uncovered(filing)) {
        sought.add(&Parties::of(filing));
    }
    let mut own = Vec::with_capacity(filings.len());
    for filing in filings {
        let rows = of_filing(&filing.filing);
        let ids = rows.iter().flat_map(|row| row.ids()).chain(sought.among(filing));
        let ids = ids.map(Tie::Holder);
        let earlier = filing.filing.reading.previous_accession.value().copied();
        let named = filing.accession().into_iter().chain(earlier).map(Tie::Named);
        own.push(ties.join_all([Tie::Entry(filing.entry())].into_iter().chain(named).chain(ids)));
    }
    let mut strands: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, place) in own.into_iter().enumerate() {
        if let Some(place) = place {
            strands.entry(ties.set(place)).or_default().push(at);
        }
    }
    strands.into_values().collect()
}
