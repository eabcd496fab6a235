//! What the filings of one chain say of all who report in it: their total, the class, the group.
//! Knows nothing of rows; what those come to is for `total`.

use crate::terms::id::Accession;
use crate::terms::quantity::Amount;
use crate::terms::span::{Field, Span};
use crate::terms::time::Day;
use crate::view::history::Place;
use crate::view::timeline::Standing;

/// A number of shares that a filing states in prose, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stated {
    /// How many.
    pub shares: Amount,
    /// Where it stands.
    pub span: Option<Span>,
    /// The filing's entry.
    pub entry: u64,
    /// Its accession number.
    pub accession: Option<Accession>,
}

/// A notice that a group was dissolved (Item 9 of a 13G).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dissolved {
    /// The day it names, where it names one.
    pub on: Option<Day>,
    /// The day since which the filing is true.
    pub since: Day,
    /// The filing's entry.
    pub entry: u64,
}

/// An agreement to file jointly.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Agreed {
    parties: Vec<String>,
    date: Option<Day>,
    entry: u64,
}

/// What a chain's filings say of the group, as last stated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupSaid {
    /// The total of Item 5(a), as long as no later filing restates a row without stating it.
    pub total: Option<Stated>,
    /// The one class size on which the last filing that names any bases its percents.
    pub size: Option<Stated>,
    /// The notice of dissolution.
    pub dissolved: Option<Dissolved>,
    /// Where Item 8 answers, as last stated, where it applies.
    pub eight: Option<Place>,
    /// Where Item 9 answers, likewise.
    pub nine: Option<Place>,
    named: Vec<(String, u64)>,
    listed: Vec<(String, u64)>,
    agreed: Vec<Agreed>,
}

/// Where a field stands; nowhere where a person says what it is and names no place.
fn placed<T>(field: &Field<T>) -> Option<Span> {
    field.span().filter(|span| !span.is_empty())
}

impl GroupSaid {
    /// Takes in one more filing. An original starts over, as everywhere (spec, section 17.6).
    pub fn learn(&mut self, filing: &Standing) {
        if !filing.amends() {
            *self = Self::default();
        }
        let reading = &filing.filing.reading;
        let (entry, accession) = (filing.entry(), filing.accession());
        let place = |field: &Field<Amount>| {
            let (shares, span) = (*field.value()?, placed(field));
            Some(Stated { shares, span, entry, accession })
        };
        let content = filing.filing.content;
        let answer = |span: Span| Place { entry, content, span };
        let restates = reading.holders.iter().any(|holder| holder.aggregate.is_stated());
        match place(&reading.item_5.amount) {
            Some(total) => self.total = Some(total),
            None if restates => self.total = None,
            None => {}
        }
        let mut sizes = reading.class_sizes.iter().filter_map(place);
        if let Some(first) = sizes.next() {
            let same = |other: Stated| other.shares.decimal() == first.shares.decimal();
            self.size = sizes.all(same).then_some(first);
        }
        let stated = |names: &[Field<String>]| -> Vec<(String, u64)> {
            names.iter().filter_map(Field::value).map(|name| (name.clone(), entry)).collect()
        };
        if !reading.item_8.is_empty() {
            self.named = stated(&reading.item_8);
            let said = reading.item_8.iter().filter(|field| !matches!(field, Field::Blank { .. }));
            let span = said.filter_map(Field::span).reduce(Span::join);
            self.eight = span.map(answer);
        }
        let nine = &reading.item_9.dissolved;
        match nine {
            Field::Stated { value: true, .. } => {
                let (on, since) = (reading.item_9.on.value().copied(), filing.true_since());
                self.dissolved = Some(Dissolved { on, since, entry });
                self.nine = placed(nine).map(answer);
            }
            Field::Unreadable { .. } => self.nine = placed(nine).map(answer),
            Field::Stated { value: false, .. } | Field::Blank { .. } => self.nine = None,
            Field::Absent => {}
        }
        let listed = stated(&reading.group_members);
        if !listed.is_empty() {
            self.listed = listed;
        }
        if !reading.agreements.is_empty() {
            let agreed = reading.agreements.iter().map(|agreement| Agreed {
                parties: agreement.parties.iter().filter_map(Field::value).cloned().collect(),
                date: agreement.date.value().copied(),
                entry,
            });
            self.agreed = agreed.collect();
        }
    }

    /// What tells of a member that has these names, beside its row 2.
    pub fn evidence(&self, is_named: impl Fn(&str) -> bool) -> Vec<String> {
        let named = |names: &[(String, u64)]| {
            names.iter().find(|(own, _)| is_named(own)).map(|(_, entry)| *entry)
        };
        let agreed =
            self.agreed.iter().filter(|agreed| agreed.parties.iter().any(|party| is_named(party)));
        let mut found: Vec<String> = agreed
            .map(|agreed| {
                let date = agreed.date.map_or(String::new(), |day| format!(" of {day}"));
                format!("party to the joint filing agreement{date} (entry {})", agreed.entry)
            })
            .collect();
        found.extend(named(&self.named).map(|entry| format!("named in Item 8 (entry {entry})")));
        let listed = named(&self.listed);
        found
            .extend(listed.map(|entry| format!("in the header's list of members (entry {entry})")));
        found
    }
}
