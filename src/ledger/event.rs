//! The closed list of things that can happen to a ledger, in the past tense.
//! Says nothing of how an event is encoded, linked or stored, nor how a filing is read.

use serde::{Deserialize, Serialize};

use crate::ledger::event_kind::EventKind;
use crate::terms::id::{Accession, Cik, ContentId, Cusip, TreeHash};
use crate::terms::quantity::Amount;
use crate::terms::span::Span;
use crate::terms::statement::{Form, Holder, Reading};
use crate::terms::time::{Day, Instant};
use crate::terms::topic::HolderId;
use crate::terms::trouble::{FieldName, Trouble};

/// What whoever appends a filing says of it, for documents that have lost EDGAR's header.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Supplied {
    /// Accession number.
    pub accession: Option<Accession>,
    /// The form's type.
    pub form: Option<Form>,
    /// Filed as of.
    pub filed_date: Option<Day>,
    /// Acceptance time.
    pub accepted_at: Option<Instant>,
    /// The issuer's CIK.
    pub issuer_cik: Option<Cik>,
    /// The issuer's name.
    pub issuer_name: Option<String>,
    /// The filer's CIK.
    pub filer_cik: Option<Cik>,
    /// The filer's name.
    pub filer_name: Option<String>,
}

/// A filing was recorded: what was read in the bytes named by `content`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingRecorded {
    /// The received bytes.
    pub content: ContentId,
    /// How many bytes were received.
    pub content_len: u64,
    /// The name the bytes came under; a label, trusted for nothing.
    pub source: String,
    /// The version of the reader that read them.
    pub reader: u32,
    /// What was said of the filing beside its bytes.
    pub supplied: Supplied,
    /// How many `FilingContinued` entries follow this one and belong to it.
    pub continued: u32,
    /// What was read.
    pub reading: Reading,
}

impl FilingRecorded {
    /// The accession number: the header's, else the one supplied.
    pub fn accession(&self) -> Option<Accession> {
        self.reading.accession.value().copied().or(self.supplied.accession)
    }

    /// The form: as read, else as supplied.
    pub fn form(&self) -> Option<Form> {
        self.reading.form.value().copied().or(self.supplied.form)
    }

    /// The issuer's CIK: as read, else as supplied.
    pub fn issuer_cik(&self) -> Option<Cik> {
        self.reading.issuer.cik.value().copied().or(self.supplied.issuer_cik)
    }

    /// The issuer's name: as read, else as supplied.
    pub fn issuer_name(&self) -> Option<&str> {
        let read = self.reading.issuer.name.value().map(String::as_str);
        read.or(self.supplied.issuer_name.as_deref())
    }
}

/// What did not fit into the entry of a filing: more holders, more troubles (spec, section 5.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingContinued {
    /// The received bytes of the filing this continues.
    pub content: ContentId,
    /// Its place among the continuations, from 1.
    pub part: u32,
    /// Further holders, in order.
    pub holders: Vec<Holder>,
    /// Further troubles, in order.
    pub troubles: Vec<Trouble>,
}

/// Other bytes came under an accession number that is already recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingConflicted {
    /// The accession number.
    pub accession: Accession,
    /// The bytes recorded under it before.
    pub recorded: ContentId,
    /// The bytes that came now; they are kept too.
    pub received: ContentId,
    /// How many bytes came.
    pub received_len: u64,
    /// The name they came under.
    pub source: String,
}

/// The filing that an event is about: where it is recorded, and which bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct FilingRef {
    /// The entry that records it.
    pub entry: u64,
    /// Its received bytes.
    pub content: ContentId,
}

/// Why somebody decided something, and who: a decision is always somebody's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Because {
    /// The reason, in a sentence.
    pub reason: String,
    /// Who decided.
    pub who: String,
}

/// A newer reader read the same bytes and something came out differently.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingReread {
    /// Which filing.
    pub filing: FilingRef,
    /// The version of the reader that read it now.
    pub reader: u32,
    /// How many `FilingContinued` entries follow this one and belong to it.
    pub continued: u32,
    /// What was read now, in full.
    pub reading: Reading,
}

/// What a field says, as a correction words it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Said {
    /// Nothing: blank, or no such place.
    Nothing,
    /// Something that cannot be read.
    Unreadable,
    /// A value in its canonical text.
    Stated(String),
}

/// A person overrode one field of a reading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingCorrected {
    /// Which filing.
    pub filing: FilingRef,
    /// Which holder, by its place on the filing from 0; `None`: the cover page's head.
    pub holder: Option<u32>,
    /// The holder's name as read when it was corrected: it finds the holder again in a rereading.
    pub name: Option<String>,
    /// Which field.
    pub field: FieldName,
    /// What stood before.
    pub old: Said,
    /// What is right: `Stated`, or `Nothing` where the filing does not say it.
    pub new: Said,
    /// Where the filing says so, where it does.
    pub span: Option<Span>,
    /// Why, and who.
    pub because: Because,
}

/// A correction is taken back: it counts no more, as if it had never been made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingUncorrected {
    /// Which filing.
    pub filing: FilingRef,
    /// The entry of the correction.
    pub correction: u64,
    /// Why, and who.
    pub because: Because,
}

/// A decision about one filing: withdrawn, reinstated, split from its chain, its bytes redacted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingDecided {
    /// Which filing.
    pub filing: FilingRef,
    /// Why, and who.
    pub because: Because,
}

/// Two filings belong to one chain of amendments, whatever the rules say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChainJoined {
    /// Which filing.
    pub filing: FilingRef,
    /// A filing of the chain it belongs to.
    pub with: FilingRef,
    /// Why, and who.
    pub because: Because,
}

/// A holder that a decision is about. A name is somebody's only within an issuer, unless none is
/// given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct HolderKey {
    /// Its number or name.
    pub id: HolderId,
    /// The issuer within which a name is meant; `None`: everywhere.
    pub issuer: Option<Cik>,
}

/// Two holders were found to be one person, or found not to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldersDecided {
    /// One.
    pub a: HolderKey,
    /// The other.
    pub b: HolderKey,
    /// The day since which it is true; `None`: always.
    pub since: Option<Day>,
    /// The instant since which it could be known; `None`: always.
    pub known_at: Option<Instant>,
    /// Why, and who.
    pub because: Because,
}

/// A class of securities that an event is about; at least one of the three is given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ClassKey {
    /// The issuer.
    pub issuer: Option<Cik>,
    /// One of the class's CUSIPs.
    pub cusip: Option<Cusip>,
    /// The class's title, where the issuer has several.
    pub title: Option<String>,
}

/// How many securities of a class are outstanding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClassSizeReported {
    /// Which class.
    pub class: ClassKey,
    /// How many.
    pub shares: Amount,
    /// The day since which.
    pub since: Day,
    /// The instant since which it was known; `None`: the end of that day in New York.
    pub known_at: Option<Instant>,
    /// Where it stands.
    pub source: String,
    /// Who says that it stands there.
    pub who: String,
}

/// What became of a class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ClassChange {
    /// Every `old` securities became `new`.
    Split {
        /// How many there are after for every `old`.
        new: u32,
        /// How many there were.
        old: u32,
    },
    /// It has another CUSIP.
    Cusip(Cusip),
    /// It has another title.
    Title(String),
}

/// A class was split, or got another CUSIP or title.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClassChanged {
    /// Which class, by what it was called before.
    pub class: ClassKey,
    /// What became of it.
    pub change: ClassChange,
    /// The first day on which it is so.
    pub since: Day,
    /// The instant since which it was known; `None`: the end of that day in New York.
    pub known_at: Option<Instant>,
    /// Where it stands.
    pub source: String,
    /// Who says that it stands there.
    pub who: String,
}

/// What was recorded of a class counts no more, as if it had never been.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClassRetracted {
    /// The class, as the event that is taken back names it.
    pub class: ClassKey,
    /// The CUSIP that it gave.
    pub cusip: Option<Cusip>,
    /// The entry that is taken back.
    pub entry: u64,
    /// Why, and who.
    pub because: Because,
}

impl ClassRetracted {
    /// What takes back an event about a class; nothing for any other event.
    pub fn of(entry: u64, event: &Event, because: Because) -> Option<Self> {
        let (class, cusip) = event.class()?;
        Some(Self { class: class.clone(), cusip: cusip.cloned(), entry, because })
    }

    /// Whether an entry is the one that it takes back.
    pub fn takes_back(&self, entry: u64, event: &Event) -> bool {
        entry == self.entry && event.class() == Some((&self.class, self.cusip.as_ref()))
    }
}

/// A filing is known to exist and was left out on purpose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilingSkipped {
    /// Its accession number.
    pub accession: Accession,
    /// Why, and who.
    pub because: Because,
}

/// What is found under each topic among some entries was committed to (spec, section 23).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TopicsSealed {
    /// The first of the entries.
    pub from: u64,
    /// Where they end: the first that is not among them.
    pub size: u64,
    /// Under how many topics they are found.
    pub topics: u64,
    /// The root of the tree over these, ordered by their ids.
    pub root: TreeHash,
}

/// Another key signs for the ledger from the next checkpoint on (spec, section 21.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyRotated {
    /// The vkey of the key in force, which signs the checkpoint with this event.
    pub old: String,
    /// The vkey of the key that signs from then on.
    pub new: String,
    /// Why, and who.
    pub because: Because,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The ledger was made: always the first entry, and only the first.
    LedgerOpened {
        /// A name unlike any other ledger's: it ties every later hash to this ledger.
        origin: String,
    },
    /// A filing was recorded.
    FilingRecorded(Box<FilingRecorded>),
    /// The rest of a filing too large for one entry.
    FilingContinued(FilingContinued),
    /// Other bytes came under a recorded accession number.
    FilingConflicted(FilingConflicted),
    /// We understood the same bytes otherwise.
    FilingReread(Box<FilingReread>),
    /// A person overrode a reading.
    FilingCorrected(FilingCorrected),
    /// A filing counts no more.
    FilingWithdrawn(FilingDecided),
    /// A withdrawn filing counts again.
    FilingReinstated(FilingDecided),
    /// Two holders are one person.
    HoldersLinked(HoldersDecided),
    /// Two holders are not one person.
    HoldersUnlinked(HoldersDecided),
    /// A class has so many securities.
    ClassSizeReported(ClassSizeReported),
    /// A class was split, or is called otherwise.
    ClassChanged(ClassChanged),
    /// Two filings are of one chain of amendments.
    ChainJoined(ChainJoined),
    /// A filing continues no chain: it starts one.
    ChainSplit(FilingDecided),
    /// A filing was left out on purpose.
    FilingSkipped(FilingSkipped),
    /// What is found under each topic was committed to.
    TopicsSealed(TopicsSealed),
    /// Another key signs from now on.
    KeyRotated(KeyRotated),
    /// Received bytes are kept no more; the reference is to the first entry that names them.
    ContentRedacted(FilingDecided),
    /// A correction counts no more.
    FilingUncorrected(FilingUncorrected),
    /// See [`ClassRetracted`].
    ClassRetracted(ClassRetracted),
}

impl Event {
    /// Its kind.
    pub fn kind(&self) -> EventKind {
        match self {
            Event::LedgerOpened { .. } => EventKind::LedgerOpened,
            Event::FilingRecorded(_) => EventKind::FilingRecorded,
            Event::FilingContinued(_) => EventKind::FilingContinued,
            Event::FilingConflicted(_) => EventKind::FilingConflicted,
            Event::FilingReread(_) => EventKind::FilingReread,
            Event::FilingCorrected(_) => EventKind::FilingCorrected,
            Event::FilingWithdrawn(_) => EventKind::FilingWithdrawn,
            Event::FilingReinstated(_) => EventKind::FilingReinstated,
            Event::HoldersLinked(_) => EventKind::HoldersLinked,
            Event::HoldersUnlinked(_) => EventKind::HoldersUnlinked,
            Event::ClassSizeReported(_) => EventKind::ClassSizeReported,
            Event::ClassChanged(_) => EventKind::ClassChanged,
            Event::ChainJoined(_) => EventKind::ChainJoined,
            Event::ChainSplit(_) => EventKind::ChainSplit,
            Event::FilingSkipped(_) => EventKind::FilingSkipped,
            Event::TopicsSealed(_) => EventKind::TopicsSealed,
            Event::KeyRotated(_) => EventKind::KeyRotated,
            Event::ContentRedacted(_) => EventKind::ContentRedacted,
            Event::FilingUncorrected(_) => EventKind::FilingUncorrected,
            Event::ClassRetracted(_) => EventKind::ClassRetracted,
        }
    }

    /// The accession number it is found under: that of the filing it records.
    pub fn accession(&self) -> Option<Accession> {
        match self {
            Event::FilingRecorded(filing) => filing.accession(),
            _ => None,
        }
    }

    /// The filing it decides about.
    pub fn filing(&self) -> Option<FilingRef> {
        match self {
            Event::FilingReread(again) => Some(again.filing),
            Event::FilingCorrected(corrected) => Some(corrected.filing),
            Event::FilingWithdrawn(decided)
            | Event::FilingReinstated(decided)
            | Event::ChainSplit(decided)
            | Event::ContentRedacted(decided) => Some(decided.filing),
            Event::ChainJoined(joined) => Some(joined.filing),
            Event::FilingUncorrected(back) => Some(back.filing),
            _ => None,
        }
    }

    /// Whether the filing it is about is withdrawn by it, or reinstated.
    pub fn withdraws(&self) -> Option<bool> {
        match self {
            Event::FilingWithdrawn(_) => Some(true),
            Event::FilingReinstated(_) => Some(false),
            _ => None,
        }
    }

    /// The reason of a decision, and who decided.
    pub fn because(&self) -> Option<&Because> {
        match self {
            Event::FilingCorrected(corrected) => Some(&corrected.because),
            Event::FilingUncorrected(back) => Some(&back.because),
            Event::FilingWithdrawn(decided)
            | Event::FilingReinstated(decided)
            | Event::ChainSplit(decided)
            | Event::ContentRedacted(decided) => Some(&decided.because),
            Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => Some(&pair.because),
            Event::ClassRetracted(back) => Some(&back.because),
            Event::ChainJoined(joined) => Some(&joined.because),
            Event::FilingSkipped(skipped) => Some(&skipped.because),
            Event::KeyRotated(rotated) => Some(&rotated.because),
            // Every kind is named, so that none that comes is forgotten.
            Event::LedgerOpened { .. }
            | Event::FilingRecorded(_)
            | Event::FilingContinued(_)
            | Event::FilingConflicted(_)
            | Event::FilingReread(_)
            | Event::ClassSizeReported(_)
            | Event::ClassChanged(_)
            | Event::TopicsSealed(_) => None,
        }
    }

    /// The entry that it takes back.
    pub fn takes_back(&self) -> Option<u64> {
        match self {
            Event::FilingUncorrected(back) => Some(back.correction),
            Event::ClassRetracted(back) => Some(back.entry),
            _ => None,
        }
    }

    /// The class that it says something of, and the CUSIP that it gives it.
    pub fn class(&self) -> Option<(&ClassKey, Option<&Cusip>)> {
        match self {
            Event::ClassSizeReported(size) => Some((&size.class, None)),
            Event::ClassChanged(changed) => Some((
                &changed.class,
                match &changed.change {
                    ClassChange::Cusip(cusip) => Some(cusip),
                    ClassChange::Split { .. } | ClassChange::Title(_) => None,
                },
            )),
            _ => None,
        }
    }

    /// Every filing that it names: the one it decides about, and one that it is joined with.
    pub fn filings(&self) -> impl Iterator<Item = FilingRef> {
        let with = match self {
            Event::ChainJoined(joined) => Some(joined.with),
            _ => None,
        };
        self.filing().into_iter().chain(with)
    }

    /// The received bytes it rests on.
    pub fn content(&self) -> Option<ContentId> {
        match self {
            Event::FilingRecorded(filing) => Some(filing.content),
            Event::FilingContinued(rest) => Some(rest.content),
            Event::FilingConflicted(conflict) => Some(conflict.received),
            _ => self.filing().map(|filing| filing.content),
        }
    }

    /// How many received bytes it says there were; 0 where it says nothing of them.
    pub fn content_len(&self) -> u64 {
        match self {
            Event::FilingRecorded(filing) => filing.content_len,
            Event::FilingConflicted(conflict) => conflict.received_len,
            _ => 0,
        }
    }

    /// The received bytes that it says are kept no more.
    pub fn redacted(&self) -> Option<ContentId> {
        match self {
            Event::ContentRedacted(decided) => Some(decided.filing.content),
            _ => None,
        }
    }

    /// How many `FilingContinued` entries must follow.
    pub fn continued(&self) -> u32 {
        match self {
            Event::FilingRecorded(filing) => filing.continued,
            Event::FilingReread(again) => again.continued,
            _ => 0,
        }
    }
}
