//! The closed list of things that can happen to a ledger, in the past tense.
//! Says nothing of how an event is encoded, linked or stored, nor how a filing is read.

use serde::{Deserialize, Serialize};

use crate::terms::id::{Accession, Cik, ContentId, Cusip};
use crate::terms::span::Field;
use crate::terms::statement::{Form, Holder, Reading};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::Trouble;

/// The number of an event's kind, as entries carry it (spec, section 5.1); never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventKind {
    /// 0
    LedgerOpened,
    /// 1
    FilingRecorded,
    /// 2
    FilingContinued,
    /// 3
    FilingConflicted,
}

impl EventKind {
    /// Every kind this program knows, by number.
    pub const ALL: [EventKind; 4] = [
        EventKind::LedgerOpened,
        EventKind::FilingRecorded,
        EventKind::FilingContinued,
        EventKind::FilingConflicted,
    ];

    /// The number entries carry.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The kind of a number; `None` for one this program does not know.
    pub fn from_number(number: u16) -> Option<Self> {
        EventKind::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::LedgerOpened => "LedgerOpened",
            EventKind::FilingRecorded => "FilingRecorded",
            EventKind::FilingContinued => "FilingContinued",
            EventKind::FilingConflicted => "FilingConflicted",
        }
    }
}

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
}

/// A name under which an issuer's filings can be found again through an index.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IssuerKey {
    /// By CIK.
    Cik(Cik),
    /// By CUSIP, as printed.
    Cusip(Cusip),
    /// By name: letters and digits only, lower case.
    Name(String),
}

impl IssuerKey {
    /// The key of a name.
    pub fn name(text: &str) -> Self {
        IssuerKey::Name(
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect(),
        )
    }
}

impl Event {
    /// Its kind.
    pub fn kind(&self) -> EventKind {
        match self {
            Event::LedgerOpened { .. } => EventKind::LedgerOpened,
            Event::FilingRecorded(_) => EventKind::FilingRecorded,
            Event::FilingContinued(_) => EventKind::FilingContinued,
            Event::FilingConflicted(_) => EventKind::FilingConflicted,
        }
    }

    /// The accession number it is found under: that of the filing it records.
    pub fn accession(&self) -> Option<Accession> {
        match self {
            Event::FilingRecorded(filing) => filing.accession(),
            _ => None,
        }
    }

    /// The received bytes it rests on.
    pub fn content(&self) -> Option<ContentId> {
        match self {
            Event::LedgerOpened { .. } => None,
            Event::FilingRecorded(filing) => Some(filing.content),
            Event::FilingContinued(rest) => Some(rest.content),
            Event::FilingConflicted(conflict) => Some(conflict.received),
        }
    }

    /// The names its issuer's filings are found under; empty for what is no filing.
    pub fn issuer_keys(&self) -> Vec<IssuerKey> {
        let Event::FilingRecorded(filing) = self else { return Vec::new() };
        let mut keys: Vec<IssuerKey> =
            filing.issuer_cik().map(IssuerKey::Cik).into_iter().collect();
        keys.extend(
            filing.reading.cusips.iter().filter_map(Field::value).cloned().map(IssuerKey::Cusip),
        );
        let names = [filing.reading.issuer.name.value(), filing.supplied.issuer_name.as_ref()];
        keys.extend(names.into_iter().flatten().map(|name| IssuerKey::name(name)));
        keys.sort();
        keys.dedup();
        keys
    }
}
