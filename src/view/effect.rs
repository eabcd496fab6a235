//! What a decision about chains, or about who a holder is, would change, told before it is kept.
//! Knows nothing of stores and of how it is said; what it means for holders is for the fold.

use crate::ledger::event::Event;
use crate::terms::id::EntryHash;
use crate::terms::time::RecordedAt;
use crate::view::fold::fold;
use crate::view::holding::{Fold, Holding};
use crate::view::issuer::Candidate;
use crate::view::question::EVERYTHING;
use crate::view::timeline::{Dossier, Noted};

/// Two filings that can never be of one chain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected two filings about one issuer, got one about {filing} and one about {with}")]
pub struct OtherIssuer {
    /// The issuer of the one.
    pub filing: String,
    /// The issuer of the other.
    pub with: String,
}

/// An issuer in a sentence.
pub fn issuer_words(issuer: &Candidate) -> String {
    let name = issuer.name.as_deref().unwrap_or("an issuer without a name");
    issuer.cik.map_or(name.to_owned(), |cik| format!("{name} (CIK {cik})"))
}

/// What does not change by joining the filings of two entries, and why, in a sentence; nothing
/// where holders are answered for otherwise.
pub fn of_join(dossier: &Dossier, join: Event, entries: [u64; 2]) -> Option<&'static str> {
    let before = fold(dossier, &EVERYTHING);
    if together(&before, entries) {
        return Some("nothing changes: they are of one chain already");
    }
    let after = fold(&with(dossier, join), &EVERYTHING);
    if together(&after, entries) {
        let same = holders(&before) == holders(&after);
        return same.then_some(
            "who holds what does not change: the two chains are one now, and no row of the one \
             stands in the other",
        );
    }
    let counts = entries.iter().all(|entry| chain_of(&before, *entry).is_some());
    Some(match counts {
        true => "nothing changes: they are about different classes",
        false => "nothing changes: one of them is withdrawn",
    })
}

/// How many persons more or fewer report about an issuer once an event counts, in a sentence;
/// nothing where they are as many.
pub fn of_persons(dossier: &Dossier, event: Event) -> Option<&'static str> {
    let persons = |dossier: &Dossier| fold(dossier, &EVERYTHING).persons.all().len();
    let (before, after) = (persons(dossier), persons(&with(dossier, event)));
    if after > before {
        return Some(
            "this makes of the holder another than its other filings have; `link` makes one of two",
        );
    }
    (after < before).then_some("this makes one of two holders of the issuer")
}

fn with(dossier: &Dossier, event: Event) -> Dossier {
    let mut decided = dossier.clone();
    let (hash, recorded_at) = (EntryHash([0; 32]), RecordedAt(0));
    decided.notes.push(Noted { entry: u64::MAX - 1, hash, recorded_at, event });
    decided
}

fn chain_of(fold: &Fold, entry: u64) -> Option<u64> {
    let mut chains = fold.classes.iter().flat_map(|class| &class.chains).map(|state| &state.chain);
    chains.find(|chain| chain.links.iter().any(|link| link.entry == entry)).map(|chain| chain.id)
}

fn together(fold: &Fold, [one, other]: [u64; 2]) -> bool {
    chain_of(fold, one).is_some_and(|chain| chain_of(fold, other) == Some(chain))
}

/// All that is answered of holders, but for how their chains are called.
fn holders(fold: &Fold) -> Vec<Holding> {
    let holders = fold.classes.iter().flat_map(|class| &class.holdings.holders);
    let unchained = |one: &Holding| {
        let mut own = one.clone();
        own.chain = 0;
        own
    };
    holders.map(unchained).collect()
}
