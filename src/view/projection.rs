//! What is kept of an issuer so that who holds what need not be folded anew (spec, section 11.5):
//! for each strand of its filings, the holdings at every set of them that can count.
//! Knows nothing of how it is stored; what it cannot answer for exactly it does not keep.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::event::Event;
use crate::terms::id::{Accession, Cik, ContentId, Cusip};
use crate::terms::span::{Field, Span};
use crate::terms::statement::Part;
use crate::terms::time::{Day, Instant};
use crate::terms::topic::{HolderId, Topic};
use crate::terms::trouble::FieldName;
use crate::view::codes::TroubleCodes;
use crate::view::fold::{Aside, fold_filings};
use crate::view::history::Changes;
use crate::view::holding::{Absence, Holding};
use crate::view::issuer::Candidate;
use crate::view::life::Life;
use crate::view::persons::Person;
use crate::view::question::{EVERYTHING, RULES};
use crate::view::row::{Cited, Value};
use crate::view::status::{Evidence, Status};
use crate::view::strand::strands;
use crate::view::timeline::{Dossier, KnownBy, Noted, Standing, counting, noted};
use crate::view::title::{Kind, Several};

/// The version of what is kept here; raised whenever the same entries would be kept otherwise. The
/// rules of answers are part of it.
pub const PROJECTION: u32 = RULES * 1000 + 6;

/// The most filings of one strand; an issuer with more in one is not kept.
const STRAND_MAX: usize = 128;
/// The most sets of filings of one strand that can count; likewise.
const STATES_MAX: usize = 1024;
/// The context of the digest of an issuer's entries.
const DIGEST_CONTEXT: &str = "blockholder v1 projection";

/// What is kept of an issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Projection {
    /// The issuer's last entry that is taken into account.
    pub last: u64,
    /// How many entries are.
    pub count: u64,
    /// What stands for them: their sequences and hashes, digested one after the other.
    pub digest: [u8; 32],
    pub(super) issuer: Candidate,
    /// Lists of CUSIPs as printed, each once.
    pub(super) cusips: Vec<BTreeSet<Cusip>>,
    /// In the order in which they supersede each other.
    pub(super) filings: Vec<KeptFiling>,
    /// Their places by their entries.
    places: BTreeMap<u64, u32>,
    /// Filings that do not count, and everything that was decided.
    pub(super) others: Vec<u64>,
    /// What of that makes one of two holders, or keeps two apart.
    pub(super) links: Vec<u64>,
    pub(super) strands: Vec<KeptStrand>,
    /// Those of a strand stand one after the other.
    pub(super) holdings: Vec<KeptHolding>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptFiling {
    pub(super) entry: u64,
    pub(super) accession: Option<Accession>,
    pub(super) content: ContentId,
    pub(super) reread: Option<u64>,
    pub(super) event_date: Option<Day>,
    pub(super) since: Day,
    pub(super) known_at: Instant,
    pub(super) known_by: KnownBy,
    pub(super) class: u32,
    pub(super) cusips: u32,
    pub(super) title: Option<String>,
    pub(super) issuer: Option<String>,
    /// About the whole of it.
    pub(super) troubles: TroubleCodes,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptStrand {
    /// Its filings' places, at most as many as a set has bits.
    pub(super) filings: Vec<u32>,
    /// The place of its first holding.
    pub(super) first: u32,
    /// For each set of its filings that can count, the holdings, by their places from its first.
    pub(super) states: Vec<(u128, Vec<u32>)>,
}

/// What is kept of one holder of one class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptHolding {
    /// The place of the filing it is on.
    pub(super) filing: u32,
    /// The place of the filing it first reported on, and its row there.
    pub(super) first: (u32, u32),
    pub(super) class: u32,
    /// Who it is among the persons of its set of filings.
    pub(super) person: u32,
    pub(super) ids: BTreeSet<HolderId>,
    pub(super) name: Option<String>,
    pub(super) cik: Option<Cik>,
    pub(super) rows: Vec<KeptRow>,
    pub(super) parts: Vec<Part>,
    pub(super) status: Status,
    pub(super) evidence: Option<Evidence>,
    pub(super) life: Life,
    pub(super) chain: u64,
    pub(super) left: Option<(Day, u64, Absence)>,
    /// The places of the filings that became known later.
    pub(super) known_later: Vec<u32>,
    /// Those of its chain that have no cover pages.
    pub(super) uncovered: Vec<u32>,
    /// Those its rows come from that are about several classes.
    pub(super) several: Vec<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptRow {
    pub(super) field: FieldName,
    pub(super) value: Option<Value>,
    pub(super) filing: u32,
    pub(super) span: Option<Span>,
    pub(super) carried: bool,
    pub(super) corrected: Option<u64>,
    pub(super) troubles: TroubleCodes,
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The place of a thing among those there are; it comes last where it is new.
fn noted_once<T: PartialEq>(list: &mut Vec<T>, thing: T) -> u32 {
    let at = list.iter().position(|one| *one == thing).unwrap_or_else(|| {
        list.push(thing);
        list.len() - 1
    });
    place(at)
}

/// What is to be kept of an issuer with all that was recorded about it; nothing where a part of its
/// filings could be answered for otherwise than all of them are (spec, section 11.5).
pub fn project(issuer: &Candidate, dossier: &Dossier) -> Option<Projection> {
    let standing = counting(dossier, &EVERYTHING);
    let notes = noted(dossier, &EVERYTHING);
    let class_of = plain(issuer.cik?, dossier, &standing, &notes)?;
    let mut kept = Projection::of_entries(issuer, dossier, &standing);
    for (filing, class) in standing.iter().zip(&class_of) {
        kept.filing(filing, *class);
    }
    for strand in strands(&standing, &notes) {
        kept.strand(&strand, &standing, &notes)?;
    }
    Some(kept)
}

/// The class of each filing, where every set of the filings would be put into the same classes, and
/// persons be told by the same decisions.
fn plain(cik: Cik, dossier: &Dossier, standing: &[Standing], notes: &[&Noted]) -> Option<Vec<u32>> {
    let dated = |note: &&Noted| match &note.event {
        Event::ClassChanged(_) | Event::ClassSizeReported(_) | Event::ClassRetracted(_) => true,
        Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => {
            pair.since.is_some() || pair.known_at.is_some()
        }
        _ => false,
    };
    let recorded = dossier.filings.iter().map(|filing| filing.filing.issuer_cik());
    let understood = standing.iter().map(|filing| filing.filing.issuer_cik());
    if notes.iter().any(dated) || !recorded.chain(understood).all(|own| own == Some(cik)) {
        return None;
    }
    let printed: Vec<BTreeSet<&Cusip>> = standing
        .iter()
        .map(|filing| filing.filing.reading.cusips.iter().filter_map(Field::value).collect())
        .collect();
    let mut lists: Vec<&BTreeSet<&Cusip>> = Vec::new();
    let of_filing: Vec<u32> = printed.iter().map(|list| noted_once(&mut lists, list)).collect();
    let sure = lists.iter().filter(|list| list.iter().any(|cusip| cusip.is_valid())).count();
    let alone = lists.len() == 1 && lists.iter().all(|list| !list.is_empty());
    if sure == lists.len() || (alone && !several_kinds(standing)) {
        let apart = lists
            .iter()
            .enumerate()
            .all(|(at, list)| lists.iter().skip(at + 1).all(|other| list.is_disjoint(other)));
        // Of a title with several parts it is not kept which classes it names.
        let several =
            lists.len() > 1 && titles(standing).any(|title| !Several::of(title).is_none());
        // Which filing a class is called by goes by its title then.
        let lettered = |title: &str| Several::of(title).is_of_letters();
        let mixed = titles(standing).any(lettered) && !titles(standing).all(lettered);
        return (apart && !several && !mixed).then_some(of_filing);
    }
    // Filings without a valid CUSIP go by their title: one list and one title make one class.
    let title =
        |filing: &Standing| filing.filing.reading.class_title.value().map(|t| Topic::name(t));
    let titles: BTreeSet<Option<Topic>> = standing.iter().map(title).collect();
    let one = sure <= 1 && titles.len() == 1 && !titles.contains(&None);
    one.then(|| vec![0; standing.len()])
}

/// Whether the titles name several classes, which a CUSIP that is not valid does not make one.
fn several_kinds(standing: &[Standing]) -> bool {
    let kinds: BTreeSet<Kind> = titles(standing).filter_map(Kind::of).collect();
    kinds.iter().any(|one| kinds.iter().any(|other| one.is_other(other)))
}

/// The titles that the filings print.
fn titles<'a>(standing: &'a [Standing]) -> impl Iterator<Item = &'a str> {
    let titles = standing.iter().filter_map(|filing| filing.filing.reading.class_title.value());
    titles.map(String::as_str)
}

impl Projection {
    fn of_entries(issuer: &Candidate, dossier: &Dossier, standing: &[Standing]) -> Self {
        let filings = dossier.filings.iter().map(|filing| (filing.entry, filing.hash));
        // Whether a filing was left out on purpose changes nothing of who holds what.
        let bears = |note: &&Noted| !matches!(note.event, Event::FilingSkipped(_));
        let notes = dossier.notes.iter().filter(bears).map(|note| (note.entry, note.hash));
        let entries: BTreeMap<u64, _> = filings.chain(notes).collect();
        let mut digest = blake3::Hasher::new_derive_key(DIGEST_CONTEXT);
        for (entry, hash) in &entries {
            digest.update(&entry.to_le_bytes()).update(&hash.0);
        }
        let links = |note: &&Noted| {
            matches!(note.event, Event::HoldersLinked(_) | Event::HoldersUnlinked(_))
        };
        let counted: BTreeSet<u64> = standing.iter().map(Standing::entry).collect();
        Self {
            last: entries.last_key_value().map_or(0, |(entry, _)| *entry),
            count: entries.len() as u64,
            digest: digest.finalize().into(),
            issuer: issuer.clone(),
            cusips: Vec::new(),
            filings: Vec::new(),
            places: BTreeMap::new(),
            links: dossier.notes.iter().filter(links).map(|note| note.entry).collect(),
            others: entries.into_keys().filter(|entry| !counted.contains(entry)).collect(),
            strands: Vec::new(),
            holdings: Vec::new(),
        }
    }

    fn filing(&mut self, filing: &Standing, class: u32) {
        let reading = &filing.filing.reading;
        let (known_at, known_by) = filing.known();
        let printed = reading.cusips.iter().filter_map(Field::value).cloned().collect();
        self.places.insert(filing.entry(), place(self.filings.len()));
        self.filings.push(KeptFiling {
            entry: filing.entry(),
            accession: filing.accession(),
            content: filing.filing.content,
            reread: filing.reread.map(|note| note.entry),
            event_date: filing.event_date(),
            since: filing.true_since(),
            known_at,
            known_by,
            class,
            cusips: noted_once(&mut self.cusips, printed),
            title: reading.class_title.value().cloned(),
            issuer: filing.filing.issuer_name().map(str::to_owned),
            troubles: filing.troubles().map(|trouble| trouble.code).collect(),
        });
    }

    /// Whether it takes an entry into account.
    pub fn rests_on(&self, entry: u64) -> bool {
        self.places.contains_key(&entry) || self.others.contains(&entry)
    }

    /// Folds every set of a strand's filings that can count.
    fn strand(&mut self, strand: &[usize], standing: &[Standing], notes: &[&Noted]) -> Option<()> {
        let of: Vec<&Standing> = strand.iter().filter_map(|at| standing.get(*at)).collect();
        if of.iter().all(|filing| filing.filing.reading.holders.is_empty()) {
            return Some(());
        }
        let mut states = Vec::new();
        let own = self.holdings.len();
        for set in sets(&of)? {
            let counting: Vec<&Standing> = (0..)
                .zip(&of)
                .filter(|(bit, _)| set >> bit & 1 == 1)
                .map(|(_, one)| *one)
                .collect();
            let mut untold = Changes::untold();
            let aside = Aside::default();
            let (classes, persons) =
                fold_filings(&counting, notes, &aside, &EVERYTHING, &mut untold);
            let mut places = Vec::new();
            for holding in classes.iter().flat_map(|class| &class.holdings.holders) {
                let person = persons.get(holding.person)?;
                let kept = self.kept(holding, person)?;
                let held = self.holdings.iter().skip(own).rposition(|one| *one == kept);
                places.push(place(held.unwrap_or(self.holdings.len() - own)));
                if held.is_none() {
                    self.holdings.push(kept);
                }
            }
            states.push((set, places));
        }
        let filings = strand.iter().map(|at| place(*at)).collect();
        self.strands.push(KeptStrand { filings, first: place(own), states });
        Some(())
    }

    fn place_of(&self, entry: u64) -> Option<u32> {
        self.places.get(&entry).copied()
    }

    fn kept(&self, holding: &Holding, person: &Person) -> Option<KeptHolding> {
        let places = |entries: &[u64]| {
            entries.iter().map(|entry| self.place_of(*entry)).collect::<Option<Vec<u32>>>()
        };
        let row = |(field, cited): (FieldName, &Cited)| {
            Some(KeptRow {
                field,
                value: cited.value.clone(),
                filing: self.place_of(cited.source.entry)?,
                span: cited.span(),
                carried: cited.carried,
                corrected: cited.corrected(),
                troubles: cited.troubles,
            })
        };
        let filing = self.place_of(holding.entry)?;
        Some(KeptHolding {
            filing,
            first: (self.place_of(holding.first.0)?, place(holding.first.1)),
            class: self.filings.get(filing as usize)?.class,
            person: place(holding.person),
            ids: person.ids.clone(),
            name: holding.name.clone(),
            cik: holding.cik,
            rows: holding.rows.iter().map(row).collect::<Option<_>>()?,
            parts: holding.parts.clone(),
            status: holding.status,
            evidence: holding.evidence,
            life: holding.life.clone(),
            chain: holding.chain,
            left: holding.left,
            known_later: places(&holding.known_later)?,
            uncovered: places(&holding.uncovered)?,
            several: places(&holding.several)?,
        })
    }
}

/// Every set of a strand's filings that can count at some point of the two clocks; nothing where
/// there are too many. The filings come in the order in which they supersede each other.
fn sets(of: &[&Standing]) -> Option<BTreeSet<u128>> {
    if of.len() > STRAND_MAX {
        return None;
    }
    let known: BTreeSet<Instant> = of.iter().map(|filing| filing.known().0).collect();
    let since: BTreeSet<Day> = of.iter().map(|filing| filing.true_since()).collect();
    let bits = |is: &dyn Fn(&Standing) -> bool| {
        let bits = (0..).zip(of).filter(|(_, filing)| is(filing));
        bits.fold(0_u128, |set, (bit, _)| set | 1 << bit)
    };
    let mut sets = BTreeSet::new();
    for day in since {
        let true_then = bits(&|filing| filing.true_since() <= day);
        for instant in &known {
            sets.insert(true_then & bits(&|filing| filing.known().0 <= *instant));
        }
        if sets.len() > STATES_MAX {
            return None;
        }
    }
    sets.remove(&0);
    Some(sets)
}
