//! What changed from filing to filing, one line a change, each with who said so and where.
//! Collects while `holding` folds; decides nothing about state.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::terms::id::{Accession, ContentId, Cusip, EntryHash};
use crate::terms::quantity::Percent;
use crate::terms::span::{Field, Span};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::FieldName;
use crate::view::codes::TroubleCodes;
use crate::view::crossing::{Crossing, Gone, Held, crossed, is_above_five};
use crate::view::issuer::Candidate;
use crate::view::row::{Cited, Value};
use crate::view::timeline::{Noted, Standing};

/// What kind of change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ChangeKind {
    /// Said for the first time in its chain of amendments.
    Reported,
    /// Said otherwise than before.
    Amended,
    /// Left out by an amendment, so that it stands as last stated.
    Carried,
    /// An amendment has a cover page of a holder that says nothing otherwise.
    Restated,
    /// A holder reports on the other schedule than before.
    Switched,
    /// A holder that an amendment has and its chain had not.
    Joined,
    /// A holder that an amendment has no more, neither on a cover page nor among who signed; or
    /// that closes its statement there.
    Left,
    /// An amendment says five percent or less.
    Exited,
    /// An item is said, or said again.
    Item,
    /// A person overrode a reading.
    Corrected,
    /// That was taken back.
    Uncorrected,
    /// The same bytes were read otherwise.
    Reread,
    /// Two holders were found to be one, or to be two.
    Linked,
    /// A class was split, counted or renamed.
    Class,
    /// A filing was joined to a chain or split from it by decision.
    Chain,
    /// A filing was withdrawn.
    Withdrawn,
    /// A filing that was withdrawn counts again.
    Reinstated,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 17] = [
        ChangeKind::Reported,
        ChangeKind::Amended,
        ChangeKind::Carried,
        ChangeKind::Restated,
        ChangeKind::Switched,
        ChangeKind::Joined,
        ChangeKind::Left,
        ChangeKind::Exited,
        ChangeKind::Item,
        ChangeKind::Corrected,
        ChangeKind::Uncorrected,
        ChangeKind::Reread,
        ChangeKind::Linked,
        ChangeKind::Class,
        ChangeKind::Chain,
        ChangeKind::Withdrawn,
        ChangeKind::Reinstated,
    ];

    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Reported => "reported",
            ChangeKind::Amended => "amended",
            ChangeKind::Carried => "carried",
            ChangeKind::Restated => "restated",
            ChangeKind::Switched => "switched",
            ChangeKind::Joined => "joined",
            ChangeKind::Left => "left",
            ChangeKind::Exited => "exited",
            ChangeKind::Item => "item",
            ChangeKind::Corrected => "corrected",
            ChangeKind::Uncorrected => "uncorrected",
            ChangeKind::Reread => "reread",
            ChangeKind::Linked => "linked",
            ChangeKind::Class => "class",
            ChangeKind::Chain => "chain",
            ChangeKind::Withdrawn => "withdrawn",
            ChangeKind::Reinstated => "reinstated",
        }
    }
}

/// A place in received bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The entry of the filing.
    pub entry: u64,
    /// Its bytes.
    pub content: ContentId,
    /// Where in them.
    pub span: Span,
}

/// An item that was said, and where it was said before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemChange {
    /// The item's number.
    pub number: u8,
    /// Where the chain said it last; `None` where it never did.
    pub before: Option<Place>,
    /// Where it is said now.
    pub now: Place,
}

/// Whose changes are shown: those of an issuer or of a filing about one, or of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The issuer.
    Issuer(Candidate),
    /// The person, by name and CIK.
    Person(Candidate),
}

impl Subject {
    /// Whoever that is.
    pub fn who(&self) -> &Candidate {
        let (Subject::Issuer(who) | Subject::Person(who)) = self;
        who
    }
}

/// The class that a change is about, as the filings that count call it; of a decision that is about
/// no filing that counts, nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ClassName {
    /// Its title.
    pub title: Option<String>,
    /// Its CUSIPs.
    pub cusips: BTreeSet<Cusip>,
}

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The issuer that it is about; nothing within a fold, which is of one issuer.
    pub issuer: Option<Rc<Candidate>>,
    /// The class; nothing where it is about none.
    pub class: Option<Rc<ClassName>>,
    /// What kind.
    pub kind: ChangeKind,
    /// The event date of the filing that says so; the day since which a decision is true.
    pub event_date: Option<Day>,
    /// When that filing became known; when a decision was recorded.
    pub known_at: Instant,
    /// When the change could be known: with that filing, or with the later one that said what was
    /// before.
    pub told_at: Instant,
    /// The filing's accession number.
    pub accession: Option<Accession>,
    /// The entry that vouches for it: the filing's, or the decision's.
    pub entry: u64,
    /// That entry's hash.
    pub hash: EntryHash,
    /// The holder as named there.
    pub holder: Option<String>,
    /// Who that is among the answer's persons.
    pub person: Option<usize>,
    /// Whom else of them it is about: all on a filing that is decided about, or both of a link.
    pub others: Vec<usize>,
    /// The row.
    pub field: FieldName,
    /// What was said before.
    pub from: Option<Value>,
    /// What is said now; `None` where it cannot be read.
    pub to: Option<Value>,
    /// Where it stands in the filing's bytes.
    pub span: Option<Span>,
    /// What tells it, in words, where a row does not.
    pub detail: Option<String>,
    /// What troubles the filing has about the row.
    pub troubles: TroubleCodes,
    /// Thresholds a percent went through.
    pub crossed: Vec<Crossing>,
    /// Whether it is a percent above 5 that is held against nothing: none of its holder's in the
    /// class could be read before, so that it is not known that it went through nothing.
    pub first: bool,
    /// The item, where it is one.
    pub item: Option<ItemChange>,
    /// The day it is ordered by.
    pub day: Day,
}

impl Change {
    /// Whether it is about one of the answer's persons, alone or among others.
    pub fn is_about(&self, person: usize) -> bool {
        self.person == Some(person) || self.others.contains(&person)
    }

    /// Whether it says the same of the same as a change at another size of the ledger: who and what
    /// class that is may be called otherwise there.
    pub fn tells_the_same(&self, other: &Change) -> bool {
        let place = |change: &Change| (change.entry, change.kind, change.field, change.item);
        place(self) == place(other)
            && (&self.holder, &self.from, &self.to) == (&other.holder, &other.from, &other.to)
            && self.crossed == other.crossed
    }

    /// The same, of a percent that went through something.
    fn through(self, Gone { crossed, first, .. }: Gone) -> Self {
        Self { crossed, first, ..self }
    }

    /// The same, known no sooner than what it is a change from.
    fn since_known(self, before: Option<Instant>) -> Self {
        let told_at = before.map_or(self.told_at, |known| known.max(self.told_at));
        Self { told_at, ..self }
    }
}

/// The changes of a fold as they come.
#[derive(Default)]
pub struct Changes {
    list: Vec<Change>,
    class: Option<Rc<ClassName>>,
    /// The class of each filing that was folded and the persons of its rows, for what is decided
    /// about it.
    filings: BTreeMap<u64, (Rc<ClassName>, Vec<usize>)>,
    /// The same of filings that are withdrawn: whom each row may be of, among those who report.
    aside: BTreeMap<u64, (Rc<ClassName>, Vec<Vec<usize>>)>,
    /// The class that each event about one is about; nothing where it fits several.
    events: BTreeMap<u64, Option<Rc<ClassName>>>,
    /// What the percent of each cover page that closes no chain is held against, by the filing's
    /// entry and the page's place.
    held: BTreeMap<(u64, usize), Held>,
    untold: bool,
}

/// What a row is held against.
pub struct Before {
    /// What its chain said before, where it can be read.
    pub value: Option<Value>,
    /// When the filing that said so became known.
    pub known_at: Option<Instant>,
    /// Of a percent, what tells whether it went through something.
    pub held: Option<Held>,
    /// Whether what it went through is told already.
    pub quiet: bool,
}

/// A holder of a filing, as a change names it.
#[derive(Clone, Copy)]
pub struct Whose<'a> {
    /// The filing.
    pub filing: &'a Standing<'a>,
    /// The name printed there, or as last printed.
    pub name: Option<&'a String>,
    /// Who it is.
    pub person: usize,
}

/// What a decision is about.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// The filing.
    pub filing: &'a Standing<'a>,
    /// The place of one of its cover pages.
    pub row: Option<usize>,
    /// Whether what is decided counts: a percent goes through something only then.
    pub counts: bool,
}

impl Changes {
    /// For whoever wants the state alone: nothing is kept of what led to it.
    pub fn untold() -> Self {
        Self { untold: true, ..Self::default() }
    }

    /// Whether they are kept.
    pub fn are_told(&self) -> bool {
        !self.untold
    }

    /// What comes from here on is about this class, as are the events of these entries.
    pub fn of_class(&mut self, class: ClassName, events: impl Iterator<Item = u64>) {
        let class = Rc::new(class);
        if !self.untold {
            for entry in events {
                let fits = self.events.entry(entry);
                fits.and_modify(|of| *of = None).or_insert(Some(Rc::clone(&class)));
            }
        }
        self.class = Some(class);
    }

    /// What comes from here on is about no class.
    pub fn of_no_class(&mut self) {
        self.class = None;
    }

    /// A filing is withdrawn: what its class would be, and whom its rows would be of.
    pub fn of_withdrawn(&mut self, entry: u64, class: ClassName, rows: Vec<Vec<usize>>) {
        self.aside.insert(entry, (Rc::new(class), rows));
    }

    /// The class of a filing that was folded.
    pub fn class_of(&self, entry: u64) -> Option<&ClassName> {
        self.filings.get(&entry).map(|(class, _)| &**class)
    }

    /// A filing is folded: it is of this class, and its rows are of these persons.
    pub fn of_filing(&mut self, entry: u64, persons: &[usize]) {
        if let Some(class) = self.class.as_ref().filter(|_| !self.untold) {
            self.filings.insert(entry, (Rc::clone(class), persons.to_vec()));
        }
    }

    /// What the percent of a cover page is held against, for what is decided about it.
    pub fn hold(&mut self, entry: u64, row: usize, held: Held) {
        if !self.untold {
            self.held.insert((entry, row), held);
        }
    }

    fn push(&mut self, change: Change) {
        if !self.untold {
            // A person's word that names no place has none.
            let span = change.span.filter(|span| !span.is_empty());
            self.list.push(Change { class: self.class.clone(), span, ..change });
        }
    }

    /// A row is said; kept where it is said otherwise than `before`, or for the first time. Whether
    /// it is.
    pub fn row(&mut self, whose: Whose, field: FieldName, before: Before, now: &Cited) -> bool {
        let Before { value: before, known_at, held, quiet } = before;
        let value = now.value.as_ref();
        let again = held.as_ref().is_some_and(|held| held.exited) && is_above_five(value);
        let kind = match (&before, &now.value) {
            (Some(before), Some(now)) if before.says_the_same(now) && !again => return false,
            (None, _) => ChangeKind::Reported,
            _ => ChangeKind::Amended,
        };
        let gone = held.map(|held| held.to(value));
        let known = gone.as_ref().and_then(|gone| gone.known);
        let change = of_filing(whose, kind, field).since_known(known_at.max(known));
        let change = gone.filter(|_| !quiet).map_or(change.clone(), |gone| change.through(gone));
        let (from, to, span) = (before, now.value.clone(), now.span());
        self.push(Change { from, to, span, troubles: now.troubles, ..change });
        true
    }

    /// A row is left out, and stands as last stated.
    pub fn carried(&mut self, whose: Whose, field: FieldName, stands: &Cited) {
        let change = of_filing(whose, ChangeKind::Carried, field);
        let change = change.since_known(Some(stands.source.known_at));
        let (from, to) = (stands.value.clone(), stands.value.clone());
        self.push(Change { from, to, troubles: stands.troubles, ..change });
    }

    /// A cover page says nothing otherwise than what became known at `known`.
    pub fn restated(&mut self, whose: Whose, span: Option<Span>, known: Option<Instant>) {
        let change = of_filing(whose, ChangeKind::Restated, FieldName::All).since_known(known);
        self.push(Change { span, ..change });
    }

    /// A holder reports on the other schedule; the change is known no sooner than what it stated
    /// on the one.
    pub fn switched(
        &mut self,
        whose: Whose,
        (from, known): (Option<Value>, Instant),
        held: &Held,
        now: &Field<Percent>,
        how: String,
    ) {
        let to = now.value().map(|percent| Value::Percent(*percent));
        let gone = held.to(to.as_ref());
        let change = of_filing(whose, ChangeKind::Switched, FieldName::Percent);
        let change = change.since_known(gone.known.max(Some(known))).through(gone);
        let span = now.span().filter(|span| !span.is_empty());
        self.push(Change { from, to, span, detail: Some(how), ..change });
    }

    /// A holder appears that its chain had not, or had no more: `left` is when that became known.
    pub fn joined(
        &mut self,
        whose: Whose,
        span: Option<Span>,
        detail: String,
        left: Option<Instant>,
    ) {
        let change = of_filing(whose, ChangeKind::Joined, FieldName::All).since_known(left);
        self.push(Change { span, detail: Some(detail), ..change });
    }

    /// A holder is left out, or closes its statement here; `known` is when it became known that it
    /// was there, and what stands elsewhere.
    pub fn left(&mut self, whose: Whose, detail: String, known: Instant) {
        let change = of_filing(whose, ChangeKind::Left, FieldName::All).since_known(Some(known));
        self.push(Change { detail: Some(detail), ..change });
    }

    /// An amendment says five percent or less.
    pub fn exited(&mut self, whose: Whose, evidence: String, span: Option<Span>) {
        let change = of_filing(whose, ChangeKind::Exited, FieldName::Percent);
        self.push(Change { span, detail: Some(evidence), ..change });
    }

    /// An item is said; `known` is when what its chain said of it before became known.
    pub fn item(&mut self, filing: &Standing, item: ItemChange, known: Option<Instant>) {
        let whose = Whose { filing, name: None, person: 0 };
        let change = of_filing(whose, ChangeKind::Item, FieldName::Items).since_known(known);
        let span = Some(item.now.span);
        self.push(Change { person: None, span, item: Some(item), ..change });
    }

    /// A decision about a filing, or one of its rows; `fill` says what it is about.
    pub fn decided(
        &mut self,
        kind: ChangeKind,
        note: &Noted,
        about: About,
        fill: impl FnOnce(Change) -> Change,
    ) {
        let About { filing, row, .. } = about;
        let whose = Whose { filing, name: None, person: 0 };
        let change = of_filing(whose, kind, FieldName::All);
        let (entry, hash, known_at) = (note.entry, note.hash, note.recorded_at.instant());
        let told_at = known_at;
        let change = fill(Change { person: None, entry, hash, known_at, told_at, ..change });
        if self.untold {
            return;
        }
        let change = match self.filings.get(&filing.entry()) {
            Some((class, persons)) => {
                let change = self.held_against(about, change);
                let person = row.and_then(|row| persons.get(row).copied());
                let others = if person.is_some() { Vec::new() } else { persons.clone() };
                Change { class: Some(Rc::clone(class)), person, others, ..change }
            }
            None => self.of_aside(filing, row, change),
        };
        self.list.push(change);
    }

    /// What a percent that is decided went through: since the one that it takes the place of or,
    /// where that is none, since what its page's own is held against. Nothing where the page closes
    /// its chain.
    fn held_against(&self, about: About, change: Change) -> Change {
        let row = about.row.filter(|_| about.counts && change.field == FieldName::Percent);
        let held = row.and_then(|row| self.held.get(&(about.filing.entry(), row)));
        let Some(held) = held else { return change };
        if change.from.is_some() {
            let crossed = crossed(change.from.as_ref(), change.to.as_ref());
            return Change { crossed, ..change };
        }
        let gone = held.to(change.to.as_ref());
        change.since_known(gone.known).through(gone)
    }

    /// What is decided about a filing that is withdrawn: it goes through nothing.
    fn of_aside(&self, filing: &Standing, row: Option<usize>, change: Change) -> Change {
        let Some((class, rows)) = self.aside.get(&filing.entry()) else { return change };
        let mut others = match row {
            Some(row) => rows.get(row).cloned().unwrap_or_default(),
            None => rows.concat(),
        };
        others.sort_unstable();
        others.dedup();
        Change { class: Some(Rc::clone(class)), others, ..change }
    }

    /// What became of a class by the event of an entry, or that it is taken back.
    pub fn about_class(&mut self, entry: u64, note: &Noted, since: Option<Day>, detail: String) {
        let class = self.events.get(&entry).cloned().flatten();
        let before = std::mem::replace(&mut self.class, class);
        self.event((ChangeKind::Class, note), since, detail, Vec::new());
        self.class = before;
    }

    /// A decision about no filing that counts, and whom it is about.
    pub fn event(
        &mut self,
        (kind, note): (ChangeKind, &Noted),
        since: Option<Day>,
        detail: String,
        others: Vec<usize>,
    ) {
        let known_at = note.recorded_at.instant();
        self.push(Change {
            issuer: None,
            class: None,
            kind,
            event_date: since,
            known_at,
            told_at: known_at,
            accession: None,
            entry: note.entry,
            hash: note.hash,
            holder: None,
            person: None,
            others,
            field: FieldName::All,
            from: None,
            to: None,
            span: None,
            detail: Some(detail),
            troubles: TroubleCodes::default(),
            crossed: Vec::new(),
            first: false,
            item: None,
            day: since.unwrap_or_else(|| known_at.day_eastern()),
        });
    }

    /// All of them, by the day since which they are true, then by when they became known; of one
    /// moment filings in the order in which they supersede each other, then what was decided in the
    /// ledger's order. Those of one filing stand in the order of its rows.
    pub fn into_list(mut self, standing: &[Standing]) -> Vec<Change> {
        let places: BTreeMap<u64, usize> =
            standing.iter().enumerate().map(|(at, filing)| (filing.entry(), at)).collect();
        let place = |entry: u64| places.get(&entry).copied().unwrap_or(usize::MAX);
        let key = |one: &Change| (one.day, one.known_at, place(one.entry), one.entry);
        self.list.sort_by_key(key);
        self.list
    }
}

fn of_filing(whose: Whose, kind: ChangeKind, field: FieldName) -> Change {
    let filing = whose.filing;
    Change {
        issuer: None,
        class: None,
        kind,
        event_date: filing.event_date(),
        known_at: filing.known().0,
        told_at: filing.known().0,
        accession: filing.accession(),
        entry: filing.entry(),
        hash: filing.hash(),
        holder: whose.name.cloned(),
        person: Some(whose.person),
        others: Vec::new(),
        field,
        from: None,
        to: None,
        span: None,
        detail: None,
        troubles: TroubleCodes::default(),
        crossed: Vec::new(),
        first: false,
        item: None,
        day: filing.true_since(),
    }
}

/// The value of a text that a correction says of a field.
pub fn value_of(field: FieldName, text: &str) -> Value {
    let words = || text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    match field {
        FieldName::Funds | FieldName::Types => Value::Codes(words().into()),
        FieldName::Percent => {
            text.parse().map_or_else(|_| Value::Text(text.into()), Value::Percent)
        }
        FieldName::LegalProceedings
        | FieldName::ExcludesShares
        | FieldName::FivePercentOrLess
        | FieldName::ItemFiveCeased
        | FieldName::ItemNineDissolved => {
            text.parse().map_or_else(|_| Value::Text(text.into()), Value::Flag)
        }
        FieldName::SoleVoting
        | FieldName::SharedVoting
        | FieldName::SoleDispositive
        | FieldName::SharedDispositive
        | FieldName::Aggregate
        | FieldName::ItemFiveAmount => {
            text.parse().map_or_else(|_| Value::Text(text.into()), Value::Amount)
        }
        // What all have together goes through no threshold: it is no holder's percent.
        _ => Value::Text(text.into()),
    }
}
