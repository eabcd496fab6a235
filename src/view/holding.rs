//! Who holds what, as a fold leaves it: holders, members of joint filings, statements, classes.
//! Knows nothing of how filings lead to it; `fold` does.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::id::{Accession, Cik, Cusip};
use crate::terms::name::{self, same_name};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Part, Schedule};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::{FieldName, Trouble};
use crate::view::chain::Chain;
use crate::view::class::{ClassStory, Recomputed};
use crate::view::codes::TroubleCodes;
use crate::view::history::{Change, ClassName, Place};
use crate::view::life::Life;
use crate::view::persons::{Person, Persons};
use crate::view::row::{Rows, Value};
use crate::view::said::GroupSaid;
use crate::view::status::{Evidence, Status};
use crate::view::timeline::{KnownBy, SinceBy, Standing};

/// One holder of one class, as the filings that count leave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Its place among the fold's persons.
    pub person: usize,
    /// The name as last printed; `None` for a cover page whose name cannot be read.
    pub name: Option<String>,
    /// CIK, where a filing has it.
    pub cik: Option<Cik>,
    /// Every row ever stated in its chain, with its last value.
    pub rows: Rows,
    /// The cover page of its first report in the class: the filing's entry, the cover's place.
    pub first: (u64, usize),
    /// What its last cover page says it consists of.
    pub parts: Vec<Part>,
    /// The filing that cover page is on.
    pub entry: u64,
    /// That filing's accession number.
    pub accession: Option<Accession>,
    /// What troubles that filing has about the whole of it, as an event date that its header
    /// contradicts, rather than about somebody's rows.
    pub filing_troubles: TroubleCodes,
    /// The event date of the holder's last filing.
    pub event_date: Option<Day>,
    /// The day since which that filing is true.
    pub since: Day,
    /// When that filing became known.
    pub known_at: Instant,
    /// What tells when it became known.
    pub known_by: KnownBy,
    /// Whether it still holds more than five percent, as far as filings tell.
    pub status: Status,
    /// What tells the status.
    pub evidence: Option<Evidence>,
    /// Its life in this class.
    pub life: Life,
    /// The chain that was touched last.
    pub chain: u64,
    /// Since which day and filing it reports there no more, and what tells that.
    pub left: Option<(Day, u64, Absence)>,
    /// The entries of filings with a cover page of it that became known later than the one it is
    /// answered from, and do not stand: what was said last is not what is shown.
    pub known_later: Vec<u64>,
    /// The entries of later filings of its chain of which no cover page was read.
    pub uncovered: Vec<u64>,
    /// The entries of the filings its rows come from that are about several classes: how much is of
    /// which they do not say.
    pub several: Vec<u64>,
    /// The entries of filings with a cover page of it after its last here that name this class,
    /// too, and are answered for in another; of an issuer that is kept there are none.
    pub named_since: Vec<u64>,
}

/// Somebody who reports in a chain together with others, or did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its place among the fold's persons.
    pub person: usize,
    /// The name as printed there.
    pub name: Option<String>,
    /// Every name it has on any filing of the issuer.
    pub spellings: BTreeSet<String>,
    /// Since which day, by which filing.
    pub since: (Day, u64),
    /// When the first of its filings there since became known.
    pub known: Instant,
    /// Its last cover page in the chain.
    pub cover: Holder,
    /// Its rows in the chain.
    pub rows: Rows,
    /// The filing of its last cover page.
    pub entry: u64,
    /// Since which day and filing it is there no more, and what tells that.
    pub left: Option<(Day, u64, Absence)>,
    /// When that filing became known.
    pub left_known: Option<Instant>,
    /// Who signed for it, and by what right, as the filing of that entry has it.
    pub signed: Vec<Signed>,
}

/// Who signed for somebody, the title under the signature, and the filing's entry.
pub type Signed = (String, Option<String>, u64);

impl Member {
    /// Whether it is so called there, or on any other filing: whoever was renamed is told of by
    /// either name.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.iter().chain(&self.spellings).any(|own| same_name(own, name))
    }

    /// It is there no more, by a filing.
    pub fn leave(&mut self, filing: &Standing, absence: Absence) {
        self.left = Some((filing.true_since(), filing.entry(), absence));
        self.left_known = Some(filing.known().0);
    }

    /// Whether it counts as there: nothing tells for sure that it is not.
    pub fn is_there(&self) -> bool {
        matches!(self.left, None | Some((_, _, Absence::CannotTell)))
    }
}

/// What tells that somebody is of a joint filing no more. None of it is an exit (spec 17.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// The amendment has neither a cover page nor a signature of it.
    Left,
    /// It has no cover page; whether it signed cannot be told.
    CannotTell,
    /// Item 9 gives notice that the group was dissolved.
    Dissolved,
    /// It closed its statement here, and stands by another.
    Closed,
}

impl Absence {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Absence::Left => "no-cover-and-no-signature",
            Absence::CannotTell => "no-cover",
            Absence::Dissolved => "item-9",
            Absence::Closed => "closed",
        }
    }
}

/// An item of a chain's statement, as last stated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemState {
    /// Where.
    pub place: Place,
    /// Which filing.
    pub accession: Option<Accession>,
    /// When that became known.
    pub known_at: Instant,
    /// Whether a later filing of the chain left it out.
    pub carried: bool,
}

/// A chain of amendments with what stands in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainState {
    /// The chain.
    pub chain: Chain,
    /// Everybody who has reported in it.
    pub members: Vec<Member>,
    /// Its items by number.
    pub items: BTreeMap<u8, ItemState>,
    /// What its filings say of all who report.
    pub said: GroupSaid,
    /// The troubles about the whole of a filing, rather than a holder, by the filing's entry.
    pub troubles: BTreeMap<u64, Vec<Trouble>>,
}

/// One class of securities of the issuer, and who reports holding it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClassHoldings {
    /// Title of class as last printed.
    pub title: Option<String>,
    /// Every CUSIP its filings print.
    pub cusips: BTreeSet<Cusip>,
    /// The holders in the order in which they first reported.
    pub holders: Vec<Holding>,
    /// Splits and sizes.
    pub story: ClassStory,
    /// The entries of filings that name it as well and are answered for in another class.
    pub named_by: Vec<u64>,
    /// Filings that tell no more of the day asked about than that their holders had more than five
    /// percent; of an issuer that is kept there are none.
    pub exceeded: Vec<Exceeded>,
}

/// A filing whose holders had more than five percent on its event date: how much is not stated
/// (spec, section 17.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exceeded {
    /// Its entry.
    pub entry: u64,
    /// Its accession number.
    pub accession: Option<Accession>,
    /// Its event date.
    pub on: Day,
    /// The day since which what it reports is true.
    pub true_since: Day,
}

impl Exceeded {
    /// One that counts for that alone.
    pub fn of(filing: &Standing) -> Option<Self> {
        let (entry, accession) = (filing.entry(), filing.accession());
        let on = filing.event_date()?;
        filing.announces.map(|true_since| Self { entry, accession, on, true_since })
    }
}

/// One class as a fold leaves it: who holds it, and the statements that say so.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FoldedClass {
    /// Who holds what.
    pub holdings: ClassHoldings,
    /// Its chains in the order in which they began.
    pub chains: Vec<ChainState>,
}

impl ClassHoldings {
    /// The class itself, whoever holds it.
    #[must_use]
    pub fn without_holders(&self) -> Self {
        Self {
            title: self.title.clone(),
            cusips: self.cusips.clone(),
            story: self.story.clone(),
            named_by: self.named_by.clone(),
            exceeded: self.exceeded.clone(),
            holders: Vec::new(),
        }
    }

    /// The numbers of the filings that its holders are told from.
    pub fn accessions(&self) -> BTreeSet<Accession> {
        self.holders.iter().flat_map(Holding::accessions).collect()
    }

    /// Those who are named as others of the class are, on other filings, and are counted apart: by
    /// their places among the holders, the spelling that they share (spec, 17.5). One person whose
    /// number changed is there once for each number.
    pub fn named_alike(&self) -> BTreeMap<usize, String> {
        let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, holding) in self.holders.iter().enumerate() {
            if let Some(name) = &holding.name {
                named.entry(name::key(name)).or_default().push(at);
            }
        }
        let entry = |at: &usize| self.holders.get(*at).map(|one| one.entry);
        let apart = |all: &[usize]| all.iter().any(|at| entry(at) != all.first().and_then(entry));
        let alike = named.into_iter().filter(|(name, all)| !name.is_empty() && apart(all));
        alike.flat_map(|(name, all)| all.into_iter().map(move |at| (at, name.clone()))).collect()
    }
}

impl FoldedClass {
    /// The numbers of its filings.
    pub fn accessions(&self) -> BTreeSet<Accession> {
        let links = self.chains.iter().flat_map(|state| &state.chain.links);
        links.filter_map(|link| link.accession).collect()
    }
}

impl AsRef<ClassHoldings> for FoldedClass {
    fn as_ref(&self) -> &ClassHoldings {
        &self.holdings
    }
}

impl AsRef<ClassHoldings> for ClassHoldings {
    fn as_ref(&self) -> &ClassHoldings {
        self
    }
}

/// What a fold leaves: the state, and the changes that led to it.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    /// The classes in the order in which they were first reported on.
    pub classes: Vec<FoldedClass>,
    /// Every change, in the order of the filings.
    pub changes: Vec<Change>,
    /// Who is who.
    pub persons: Persons,
}

impl ChainState {
    /// Its schedule, as printed.
    pub fn schedule(&self) -> &'static str {
        match self.chain.schedule {
            Some(Schedule::D) => "13D",
            Some(Schedule::G) => "13G",
            None => "unknown",
        }
    }
}

/// Row 2 as evidence of membership.
pub fn box_words(holder: &Holder) -> &'static str {
    match &holder.group {
        Field::Stated { value, .. } => match value.as_str() {
            "a" => "row 2 (a): affirms a group",
            _ => "row 2 (b): does not affirm a group",
        },
        Field::Unreadable { .. } => "row 2 cannot be read",
        Field::Blank { .. } | Field::Absent => "row 2 blank: files jointly",
    }
}

impl Fold {
    /// The classes that filings name which are answered for in another, without who holds them.
    pub fn named_classes(&self) -> Vec<ClassHoldings> {
        let named = self.classes.iter().map(|class| &class.holdings);
        let named = named.filter(|class| !class.named_by.is_empty());
        named.map(ClassHoldings::without_holders).collect()
    }

    /// It, about the class of one CUSIP alone, and what is decided about no one class.
    pub fn of_class(mut self, cusip: &Cusip) -> Self {
        self.classes.retain(|class| class.holdings.cusips.contains(cusip));
        let is_about = |class: &ClassName| class.cusips.contains(cusip);
        self.changes.retain(|change| change.class.as_deref().is_none_or(is_about));
        self
    }

    /// The filings that count, by their entries.
    pub fn entries(&self) -> BTreeSet<u64> {
        let chains = self.classes.iter().flat_map(|class| &class.chains);
        chains.flat_map(|state| &state.chain.links).map(|link| link.entry).collect()
    }

    /// A person of the answer.
    pub fn person(&self, at: usize) -> Option<&Person> {
        self.persons.get(at)
    }
}

impl Holding {
    /// What tells since when its last filing is true.
    pub fn since_by(&self) -> SinceBy {
        SinceBy::of(self.event_date, self.since, (self.known_at, self.known_by))
    }

    /// The entries of the filings that its last cover page and its rows are of.
    pub fn sources(&self) -> BTreeSet<u64> {
        let rows = self.rows.values().map(|cited| cited.source.entry);
        rows.chain([self.entry]).collect()
    }

    /// The numbers of these filings.
    pub fn accessions(&self) -> impl Iterator<Item = Accession> {
        let rows = self.rows.values().filter_map(|cited| cited.source.accession);
        rows.chain(self.accession)
    }

    /// The percent that stands for it, and since when it is known that it does: another filing than
    /// its last may have stated it, and come later.
    pub fn percent_known(&self) -> (Option<Value>, Instant) {
        let said = self.rows.get(&FieldName::Percent);
        let known = said.map_or(self.known_at, |said| said.source.known_at.max(self.known_at));
        (said.and_then(|said| said.value.clone()), known)
    }

    /// The percent of the class by its size as reported (spec, section 17.4).
    pub fn by_size(&self, story: &ClassStory) -> Option<Recomputed> {
        let cited = self.rows.get(&FieldName::Aggregate)?;
        story.percent((cited.amount()?, cited.source.since), (&self.parts, self.since))
    }

    /// The percent of the class it last stated, where it can be read.
    pub fn percent(&self) -> Option<crate::terms::quantity::Percent> {
        match self.rows.get(&FieldName::Percent)?.value {
            Some(Value::Percent(percent)) => Some(percent),
            _ => None,
        }
    }
}
