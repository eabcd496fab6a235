//! What a class is called, and what became of it: splits, sizes, names.
//! Knows nothing of who holds it, nor of how filings are told apart by it; `classing` does.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::ledger::event::{ClassChange, ClassChanged, ClassKey, ClassSizeReported, Event};
use crate::terms::id::{Cik, Cusip};
use crate::terms::quantity::Amount;
use crate::terms::statement::Part;
use crate::terms::time::{Day, Instant};
use crate::terms::topic::Topic;
use crate::view::par_value::bare;
use crate::view::question::Question;
use crate::view::timeline::Noted;
use crate::view::title::Kind;

/// By what a class is called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Class {
    /// Title as last printed.
    pub title: Option<String>,
    /// The day since which the first of its filings that print that title is true; told where an
    /// event gives it another.
    pub(super) printed: Option<Day>,
    /// Every title printed, as keys.
    pub(super) titles: BTreeSet<Topic>,
    /// The same without what they say of par value.
    pub(super) bare_titles: BTreeSet<Topic>,
    /// What they say of which of several classes it is.
    pub(super) kinds: BTreeSet<Kind>,
    /// Every CUSIP its filings print, and those it had before or after.
    pub cusips: BTreeSet<Cusip>,
}

/// The events about classes that count for a question, in the order of the ledger.
#[derive(Clone, Debug, Default)]
pub struct ClassEvents<'a> {
    /// Splits and new names.
    pub changes: Vec<(&'a Noted, &'a ClassChanged)>,
    /// Sizes.
    pub sizes: Vec<(&'a Noted, &'a ClassSizeReported)>,
}

fn known(since: Day, known_at: Option<Instant>) -> Instant {
    known_at.unwrap_or_else(|| since.end_eastern())
}

/// The entries of events about classes that later ones take back.
pub(super) fn retracted<'a>(notes: impl Iterator<Item = &'a Noted> + Clone) -> BTreeSet<u64> {
    let mut taken = BTreeSet::new();
    for note in notes.clone() {
        if let Event::ClassRetracted(back) = &note.event {
            let mut of = notes.clone().filter(|one| back.takes_back(one.entry, &one.event));
            taken.extend(of.next().map(|one| one.entry));
        }
    }
    taken
}

impl<'a> ClassEvents<'a> {
    /// Those that are true, known and recorded at the question's three clocks, and not taken back.
    pub fn counting(notes: &[&'a Noted], question: &Question) -> Self {
        let retracted = retracted(notes.iter().copied());
        let mut events = Self::told(notes, question);
        events.changes.retain(|(note, _)| !retracted.contains(&note.entry));
        events.sizes.retain(|(note, _)| !retracted.contains(&note.entry));
        events
    }

    /// As [`Self::counting`], with those that are taken back.
    pub(super) fn told(notes: &[&'a Noted], question: &Question) -> Self {
        let counts = |since: Day, known_at: Option<Instant>| {
            since <= question.as_of.0 && known(since, known_at) <= question.known_at.0
        };
        let mut events = Self::default();
        for note in notes {
            match &note.event {
                Event::ClassChanged(one) if counts(one.since, one.known_at) => {
                    events.changes.push((note, one));
                }
                Event::ClassSizeReported(one) if counts(one.since, one.known_at) => {
                    events.sizes.push((note, one));
                }
                _ => {}
            }
        }
        events
    }

    /// The entries of those about a class.
    pub(super) fn about(
        &self,
        class: &Class,
        issuer: Option<Cik>,
        only: bool,
    ) -> impl Iterator<Item = u64> {
        let changes = self.changes.iter().map(|(note, one)| (note.entry, &one.class));
        let all = changes.chain(self.sizes.iter().map(|(note, one)| (note.entry, &one.class)));
        all.filter(move |(_, key)| is_about(key, class, issuer, only)).map(|(entry, _)| entry)
    }

    /// The CUSIPs and titles that changes make one with those given.
    pub(super) fn aliases(&self, class: &mut Class, issuer: Option<Cik>) {
        loop {
            let before = (class.cusips.len(), class.titles.len());
            for (_, changed) in &self.changes {
                let same_issuer = changed.class.issuer.is_none() || changed.class.issuer == issuer;
                let old = &changed.class;
                match &changed.change {
                    ClassChange::Cusip(new) => {
                        let named = old.cusip.iter().chain([new]);
                        if named.clone().any(|cusip| class.cusips.contains(cusip)) {
                            class.cusips.extend(named.cloned());
                        }
                    }
                    ClassChange::Title(new) if same_issuer => {
                        let (called, title) = (new.as_str(), old.title.as_deref());
                        let new = Topic::name(called);
                        let was = title.map(Topic::name);
                        let by_title = was.is_some_and(|was| class.titles.contains(&was));
                        let by_cusip = old.cusip.as_ref().is_some_and(|c| class.cusips.contains(c));
                        if by_title || by_cusip || class.titles.contains(&new) {
                            class.titles.insert(new);
                            class.titles.extend(title.map(Topic::name));
                            class.bare_titles.extend([called].into_iter().chain(title).map(bare));
                        }
                    }
                    _ => {}
                }
            }
            if before == (class.cusips.len(), class.titles.len()) {
                return;
            }
        }
    }
}

/// Whether what a key names is this class; `only` where the issuer has no other.
fn is_about(key: &ClassKey, class: &Class, issuer: Option<Cik>, only: bool) -> bool {
    match (&key.cusip, &key.title) {
        (Some(cusip), _) => class.cusips.contains(cusip),
        (None, Some(title)) => key.issuer == issuer && class.titles.contains(&Topic::name(title)),
        (None, None) => key.issuer == issuer && issuer.is_some() && only,
    }
}

/// What became of one class, on the clocks of one question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassStory {
    /// Splits, by the first day on which they are so: the day, new for old, and the entry.
    pub splits: Vec<(Day, u32, u32, u64)>,
    /// The size last reported.
    pub size: Option<Size>,
    /// The title it has by an event, where its filings print another.
    pub renamed: Option<Renamed>,
}

/// What a class is called since a day, and which entry says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renamed {
    /// The title.
    pub title: String,
    /// Since which day.
    pub since: Day,
    /// The entry.
    pub entry: u64,
    /// The day since which its filings print the other title, where that is later: the event's may
    /// be of before.
    pub printed_since: Option<Day>,
}

/// How many securities a class has, and who says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// How many.
    pub shares: Amount,
    /// Since which day.
    pub since: Day,
    /// The entry that reports it.
    pub entry: u64,
    /// Where it stands.
    pub source: String,
}

impl ClassStory {
    /// What of the events is about this class; `only` where the issuer has no other.
    pub fn of(class: &Class, issuer: Option<Cik>, only: bool, events: &ClassEvents) -> Self {
        let about = |key: &ClassKey| is_about(key, class, issuer, only);
        let mut story = Self::default();
        for (note, changed) in events.changes.iter().filter(|(_, changed)| about(&changed.class)) {
            match &changed.change {
                ClassChange::Split { new, old } if *new > 0 && *old > 0 => {
                    story.splits.push((changed.since, *new, *old, note.entry));
                }
                ClassChange::Title(title) => {
                    let (title, since, entry) = (title.clone(), changed.since, note.entry);
                    let last = story.renamed.as_ref().map(|last| (last.since, last.entry));
                    if last < Some((since, entry)) {
                        let printed_since = class.printed.filter(|day| *day > since);
                        story.renamed = Some(Renamed { title, since, entry, printed_since });
                    }
                }
                _ => {}
            }
        }
        let printed = class.title.as_deref().map(Topic::name);
        story.renamed = story.renamed.filter(|new| Some(Topic::name(&new.title)) != printed);
        story.splits.sort_by_key(|(since, .., entry)| (*since, *entry));
        let sizes = events.sizes.iter().filter(|(_, size)| about(&size.class));
        let last = sizes.max_by_key(|(note, size)| (size.since, note.entry));
        story.size = last.map(|(note, size)| Size {
            shares: size.shares,
            since: size.since,
            entry: note.entry,
            source: size.source.clone(),
        });
        story
    }

    /// An amount stated as of one day in the securities of the question's day; `None` where no
    /// split lies between, or the number has too many digits.
    pub fn adjusted(&self, amount: Amount, stated: Day) -> Option<Adjusted> {
        let after: Vec<_> = self.splits.iter().filter(|(since, ..)| stated < *since).collect();
        let mut value = amount.decimal();
        let (mut up, mut down) = (Decimal::ONE, Decimal::ONE);
        for (_, new, old, _) in &after {
            up = up.checked_mul(Decimal::from(*new))?;
            down = down.checked_mul(Decimal::from(*old))?;
        }
        value = value.checked_mul(up)?.checked_div(down)?;
        let rounded = value.round_dp(6).normalize();
        let exact = rounded.checked_mul(down) == amount.decimal().checked_mul(up);
        let by = after.iter().map(|(.., entry)| *entry).collect();
        (!after.is_empty()).then_some(Adjusted { value: Amount::new(rounded)?, exact, by })
    }

    fn restated(&self, amount: Amount, stated: Day) -> Amount {
        self.adjusted(amount, stated).map_or(amount, |adjusted| adjusted.value)
    }

    /// The percent of the class by its size as reported (13d-3(d)(1)): what the holder may acquire
    /// counts in its own denominator and in nobody else's. Where the filing does not say how much
    /// of the aggregate that is, the percent lies between the two bounds. The parts may be of a
    /// later filing than the aggregate; each comes with the day it is of.
    pub fn percent(
        &self,
        (aggregate, stated): (Amount, Day),
        (parts, of_parts): (&[Part], Day),
    ) -> Option<Recomputed> {
        let size = self.size.as_ref()?;
        let outstanding = self.restated(size.shares, size.since).decimal();
        let aggregate = self.restated(aggregate, stated).decimal();
        let acquirable = acquirable(parts).map(|amount| self.restated(amount, of_parts));
        let of = |denominator: Decimal| {
            let share = aggregate.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(denominator)?;
            Some(share.round_dp(4).normalize())
        };
        let (least, most) = match acquirable {
            Some(own) => {
                let exact = of(outstanding.checked_add(own.decimal())?)?;
                (exact, exact)
            }
            None => (of(outstanding.checked_add(aggregate)?)?, of(outstanding)?),
        };
        Some(Recomputed { least, most, acquirable })
    }
}

/// An amount in the securities of a later day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adjusted {
    /// How many; to six decimals where it is not exact.
    pub value: Amount,
    /// Whether the division came out even.
    pub exact: bool,
    /// The entries of the splits between.
    pub by: Vec<u64>,
}

/// A percent by the class's reported size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recomputed {
    /// At least so much, to four decimals.
    pub least: Decimal,
    /// At most so much.
    pub most: Decimal,
    /// What of the aggregate may be acquired and is not outstanding, where the row's parts tell.
    pub acquirable: Option<Amount>,
}

/// How much of a row may be acquired and is not held yet, by its parts; `None` without parts.
pub fn acquirable(parts: &[Part]) -> Option<Amount> {
    let right = |part: &&Part| {
        let words = part.instrument.to_lowercase();
        ["issuable", "exercis", "conver", "warrant", "option", "right to acquire", "vest"]
            .iter()
            .any(|word| words.contains(word))
    };
    if parts.is_empty() {
        return None;
    }
    parts.iter().filter(right).try_fold(Amount::ZERO, |sum, part| sum.checked_add(part.amount))
}
