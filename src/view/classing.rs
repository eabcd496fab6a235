//! Which class of an issuer each filing is about, and which filings are about several.
//! Knows nothing of who holds what, nor of what became of a class.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::id::Cusip;
use crate::terms::span::Field;
use crate::terms::topic::Topic;
use crate::view::class::{Class, ClassEvents};
use crate::view::par_value::bare;
use crate::view::timeline::Standing;
use crate::view::title::{Kind, Several};

/// The classes of an issuer's filings.
#[derive(Clone, Debug, Default)]
pub(super) struct Classing {
    /// In the order of their first filings.
    pub(super) classes: Vec<Class>,
    /// The class of each filing, by its place among them.
    pub(super) places: Vec<usize>,
    /// For each class the entries of filings that name it as well, and are answered for in another.
    pub(super) named_by: Vec<Vec<u64>>,
    /// The entries of filings about several classes, each with its filing's place.
    pub(super) several: BTreeMap<u64, usize>,
}

/// What a filing prints of its class.
struct Printed {
    class: Class,
    /// Its valid CUSIPs, one of each that an event makes one.
    distinct: Vec<Cusip>,
    /// Whether its title names several classes by their letters.
    lettered: bool,
}

impl Printed {
    fn of(filing: &Standing, events: &ClassEvents) -> Self {
        let reading = &filing.filing.reading;
        let cusips: BTreeSet<Cusip> =
            reading.cusips.iter().filter_map(Field::value).cloned().collect();
        let title = reading.class_title.value();
        let titles = title.map(|title| Topic::name(title)).into_iter().collect();
        let bare_titles = title.map(|title| bare(title)).into_iter().collect();
        let kinds = title.and_then(|title| Kind::of(title)).into_iter().collect();
        let issuer = filing.filing.issuer_cik();
        let title = title.cloned();
        let mut class = Class { title, printed: None, titles, bare_titles, kinds, cusips };
        let valid: Vec<Cusip> = class.cusips.iter().filter(|one| one.is_valid()).cloned().collect();
        let mut distinct: Vec<Cusip> = Vec::new();
        let mut one: BTreeSet<Cusip> = BTreeSet::new();
        for cusip in valid {
            if one.contains(&cusip) {
                continue;
            }
            let mut same = Class { cusips: [cusip.clone()].into(), ..Class::default() };
            events.aliases(&mut same, issuer);
            one.extend(same.cusips);
            distinct.push(cusip);
        }
        events.aliases(&mut class, issuer);
        let lettered = class.title.as_deref().is_some_and(|t| Several::of(t).is_of_letters());
        Self { class, distinct, lettered }
    }

    /// Whether it says itself that it is about several classes.
    fn is_of_several(&self) -> bool {
        self.lettered || self.distinct.len() > 1
    }
}

/// Tells the classes of filings, which come in the order in which they supersede each other: each
/// is of one that shares a CUSIP with it, else of one of the same title, else of the only one; else
/// of a new one (spec, section 17.4). A filing with the CUSIPs of two classes makes them no one,
/// whenever it comes: it waits for those that have one alone.
pub(super) fn classing(standing: &[&Standing], events: &ClassEvents) -> Classing {
    let printed: Vec<Printed> = standing.iter().map(|one| Printed::of(one, events)).collect();
    let apart = Apart::of(&printed);
    let mut classes = Vec::new();
    let mut places = vec![0; printed.len()];
    for waits in [false, true] {
        let own = printed.iter().zip(&mut places);
        for (one, place) in own.filter(|(one, _)| apart.tells(one) == waits) {
            *place = place_of(&mut classes, &one.class);
        }
    }
    in_order(&mut classes, &mut places);
    entitle(&mut classes, printed.iter().zip(&places));
    if !events.changes.is_empty() {
        for (at, class) in classes.iter_mut().enumerate() {
            let called = class.title.as_deref().map(Topic::name);
            let own = standing.iter().zip(&printed).zip(&places).filter(|(_, place)| **place == at);
            let mut alike = own.filter(|((_, one), _)| {
                called.is_some() && one.class.title.as_deref().map(Topic::name) == called
            });
            class.printed = alike.next().map(|((filing, _), _)| filing.true_since());
        }
    }
    let named_by: Vec<Vec<u64>> =
        (0..classes.len()).map(|place| named_by(place, &classes, standing, &places)).collect();
    let named: BTreeSet<u64> = named_by.iter().flatten().copied().collect();
    let several = standing.iter().zip(&printed).zip(0..);
    let several = several.map(|((filing, one), at)| (filing.entry(), one.is_of_several(), at));
    let several = several.filter(|(entry, own, _)| *own || named.contains(entry));
    let several = several.map(|(entry, _, at)| (entry, at)).collect();
    Classing { classes, places, named_by, several }
}

/// Calls each class by the last title that its filings print; by one that names several classes by
/// their letters only where they print no other.
fn entitle<'a>(classes: &mut [Class], printed: impl Iterator<Item = (&'a Printed, &'a usize)>) {
    let mut of_one = vec![false; classes.len()];
    for (one, place) in printed {
        let (class, of_one) = (classes.get_mut(*place), of_one.get_mut(*place));
        let (Some(class), Some(of_one), Some(title)) = (class, of_one, &one.class.title) else {
            continue;
        };
        if !one.lettered || !*of_one {
            class.title = Some(title.clone());
        }
        *of_one |= !one.lettered;
    }
}

/// Puts classes in the order of their first filings.
fn in_order(classes: &mut Vec<Class>, places: &mut [usize]) {
    let mut order: Vec<usize> = Vec::new();
    for place in places {
        let at = order.iter().position(|one| one == place).unwrap_or_else(|| {
            order.push(*place);
            order.len() - 1
        });
        *place = at;
    }
    let mut old: Vec<Option<Class>> = std::mem::take(classes).into_iter().map(Some).collect();
    classes.extend(order.iter().filter_map(|at| old.get_mut(*at)?.take()));
}

/// For each CUSIP the titles of filings that print it alone.
#[derive(Default)]
struct Apart<'a>(BTreeMap<&'a Cusip, BTreeSet<&'a Topic>>);

impl<'a> Apart<'a> {
    fn of(printed: &'a [Printed]) -> Self {
        let mut alone: BTreeMap<&Cusip, BTreeSet<&Topic>> = BTreeMap::new();
        // Nobody asks where no filing prints two.
        if printed.iter().all(|one| one.distinct.len() < 2) {
            return Self(alone);
        }
        for Printed { class, .. } in printed.iter().filter(|one| one.distinct.len() == 1) {
            for cusip in &class.cusips {
                alone.entry(cusip).or_default().extend(class.titles.union(&class.bare_titles));
            }
        }
        Self(alone)
    }

    /// Whether a filing prints the CUSIPs of two classes: filings that print one of them alone have
    /// titles, and none in common.
    fn tells(&self, printed: &Printed) -> bool {
        let several = printed.distinct.as_slice();
        if several.len() < 2 {
            return false;
        }
        let of: Vec<&BTreeSet<&Topic>> = several.iter().filter_map(|one| self.0.get(one)).collect();
        let told = || of.iter().filter(|titles| !titles.is_empty());
        told().any(|one| told().any(|other| one.is_disjoint(other)))
    }
}

impl Class {
    /// Whether it is told by a CUSIP: by those that are valid, or by all where none is. A mistyped
    /// one beside a good one names nothing, nor do the zeros that many classes have.
    fn is_told_by(&self, cusip: &Cusip) -> bool {
        self.cusips.contains(cusip) && (cusip.is_valid() || !self.is_sure())
    }

    /// Whether the titles of the two name two classes, and none of them is the same.
    fn is_other(&self, other: &Class) -> bool {
        let mut pairs = self.kinds.iter().flat_map(|one| other.kinds.iter().map(move |k| (one, k)));
        self.titles.is_disjoint(&other.titles) && pairs.any(|(one, kind)| one.is_other(kind))
    }

    /// The CUSIPs by which it is told.
    fn telling(&self) -> impl Iterator<Item = &Cusip> {
        self.cusips.iter().filter(|cusip| self.is_told_by(cusip))
    }

    /// Whether a filing that is answered for in another class names this one as well: by a valid
    /// CUSIP, or by a part of a title that has several (spec, section 17.4).
    fn is_named_by(&self, filing: &Standing, own: &Class) -> bool {
        let reading = &filing.filing.reading;
        let mut printed = reading.cusips.iter().filter_map(Field::value);
        let several = reading.class_title.value().map(|title| Several::of(title));
        let several = several.unwrap_or_default();
        let new = |title: &&Topic| !own.titles.contains(title) && !own.bare_titles.contains(title);
        let mut titles = self.titles.union(&self.bare_titles).filter(new);
        let other = |kind: &&Kind| own.kinds.iter().all(|one| one.is_other(kind));
        printed.any(|cusip| cusip.is_valid() && self.is_told_by(cusip))
            || titles.any(|title| several.has(title))
            || self.kinds.iter().filter(other).any(|kind| several.is_lettered(kind))
    }

    fn is_sure(&self) -> bool {
        self.cusips.iter().any(Cusip::is_valid)
    }

    /// The one class that a filing is about where its CUSIP or the class's is not valid: the only
    /// one of its title, else the only one there is where one of them has no title.
    fn mistyped(&self, classes: &[Class]) -> Option<usize> {
        let mistyped = |class: &Class| !class.cusips.is_empty() && !class.is_sure();
        let may = |class: &Class| mistyped(class) || mistyped(self);
        let alike = classes.iter().enumerate().filter(|(_, class)| {
            let titles = !class.titles.is_disjoint(&self.titles);
            may(class) && (titles || !class.bare_titles.is_disjoint(&self.bare_titles))
        });
        let alike: Vec<usize> = alike.map(|(at, _)| at).collect();
        match (alike.as_slice(), classes) {
            ([one], _) => Some(*one),
            ([], [only]) => {
                let untitled = only.titles.is_empty() || self.titles.is_empty();
                (untitled && may(only)).then_some(0)
            }
            _ => None,
        }
    }
}

/// Which class something printed is of, by its place; a new one where it is of none. Only a valid
/// CUSIP makes one of two classes by their titles: zeros and "None" are printed for each of them.
fn place_of(classes: &mut Vec<Class>, own: &Class) -> usize {
    let shares_cusip = classes.iter().position(|class| {
        let may_be = |cusip: &Cusip| cusip.is_valid() || !own.is_other(class);
        let told = |cusip: &Cusip| own.is_told_by(cusip) && class.is_told_by(cusip);
        class.cusips.iter().any(|cusip| told(cusip) && may_be(cusip))
    });
    let same_title = || {
        classes.iter().position(|class| {
            (class.cusips.is_empty() || own.cusips.is_empty())
                && !class.titles.is_disjoint(&own.titles)
        })
    };
    let only_one = || match classes.as_slice() {
        [only] => (own.cusips.is_empty() && !own.is_other(only)).then_some(0),
        _ => None,
    };
    let found = shares_cusip.or_else(same_title).or_else(only_one);
    let found = found.or_else(|| own.mistyped(classes)).unwrap_or_else(|| {
        classes.push(Class::default());
        classes.len() - 1
    });
    // A filing about two classes is no reason to take the one for the other from then on.
    let others = classes.iter().enumerate().filter(|(at, _)| *at != found);
    let of_others: BTreeSet<Cusip> =
        others.flat_map(|(_, class)| class.telling()).cloned().collect();
    if let Some(class) = classes.get_mut(found) {
        class.cusips.extend(own.cusips.iter().filter(|one| !of_others.contains(one)).cloned());
        class.titles.extend(own.titles.iter().cloned());
        class.bare_titles.extend(own.bare_titles.iter().cloned());
        class.kinds.extend(own.kinds.iter().cloned());
    }
    found
}

/// The filings that name a class as well, and are answered for in another.
fn named_by(place: usize, classes: &[Class], standing: &[&Standing], places: &[usize]) -> Vec<u64> {
    let Some(class) = classes.get(place).filter(|_| classes.len() > 1) else { return Vec::new() };
    let others = standing.iter().zip(places).filter(|(_, at)| **at != place);
    let named = others
        .filter(|(filing, at)| classes.get(**at).is_some_and(|own| class.is_named_by(filing, own)));
    named.map(|(filing, _)| filing.entry()).collect()
}
