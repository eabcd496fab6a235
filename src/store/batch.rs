//! Plans a batch: checks drafts, links their events, and says what is to be found under which key.
//! Knows nothing of files: what it returns can be written anywhere, whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::audit::EventOrder;
use crate::ledger::chain::{Entry, Head, Unlinked};
use crate::ledger::codec::EncodeError;
use crate::ledger::event::{Event, FilingRef};
use crate::store::cores;
use crate::store::draft::DraftError;
use crate::store::journal::Gone;
use crate::store::log::{
    BATCH_ENTRIES_MAX, BATCH_RECEIVED_MAX, Draft, Log, RECEIVED_MAX, Receipt, StoreError,
};
use crate::terms::id::{Accession, ContentId};
use crate::terms::time::RecordedAt;
use crate::terms::topic::{HolderId, Topic};

/// Drafts that one thread prepares before it asks for more.
const FEW: usize = 16;

/// How many bytes of an issuer's name the index keeps (spec, section 11).
pub const NAME_KEY_MAX: usize = 256;

/// What an entry is found under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The entry.
    pub sequence: u64,
    /// The accession number of the filing it records.
    pub accession: Option<Accession>,
    /// The received bytes of the filing it records.
    pub recorded: Option<ContentId>,
    /// The conflict it records.
    pub conflict: Option<(Accession, ContentId)>,
    /// Its topics, each as the index keeps it, sorted, each once.
    pub topics: Vec<Topic>,
}

impl Facts {
    /// The facts of one event.
    pub fn of(sequence: u64, event: &Event) -> Self {
        let recorded = match event {
            Event::FilingRecorded(filing) => Some(filing.content),
            _ => None,
        };
        let conflict = conflict_of(event);
        let mut topics: Vec<Topic> = event.topics().into_iter().map(indexed).collect();
        topics.sort();
        topics.dedup();
        Self { sequence, accession: event.accession(), recorded, conflict, topics }
    }
}

/// The conflict that an event records.
fn conflict_of(event: &Event) -> Option<(Accession, ContentId)> {
    match event {
        Event::FilingConflicted(conflict) => Some((conflict.accession, conflict.received)),
        _ => None,
    }
}

/// A topic as the index keeps it: a text is cut after [`NAME_KEY_MAX`] bytes, at a
/// character.
pub fn indexed(key: Topic) -> Topic {
    let cut = |mut name: String| {
        let mut end = NAME_KEY_MAX.min(name.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        name
    };
    let holder = |id| match id {
        HolderId::TaxId(id) => HolderId::TaxId(cut(id)),
        HolderId::Name(name) => HolderId::Name(cut(name)),
        id => id,
    };
    match key {
        Topic::Name(name) => Topic::Name(cut(name)),
        Topic::Holder(id) => Topic::Holder(holder(id)),
        Topic::Linked(id) => Topic::Linked(holder(id)),
        other => other,
    }
}

/// An entry with what it is found under.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The entry.
    pub entry: Entry,
    /// What it is found under.
    pub facts: Facts,
}

/// A batch about to be written.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its entries, linked to the head before.
    pub entries: Vec<Entry>,
    /// The event of each.
    pub events: Vec<Event>,
    /// Received bytes that are not held yet.
    pub blobs: BTreeMap<ContentId, Vec<u8>>,
    /// Received bytes that are not held and that an entry redacts: only a copied ledger has some.
    pub gone: BTreeMap<ContentId, Gone>,
    /// The head after it.
    pub head: Head,
    /// For each draft, its entries.
    pub receipts: Vec<Vec<Receipt>>,
}

impl Batch {
    /// An empty batch after a head.
    pub fn after(head: Head) -> Self {
        let (entries, events, receipts) = (Vec::new(), Vec::new(), Vec::new());
        Self { entries, events, blobs: BTreeMap::new(), gone: BTreeMap::new(), head, receipts }
    }

    /// Checks and links drafts; `held` tells which received bytes are held, and how many they are.
    ///
    /// # Errors
    /// Drafts that may not be appended, or a store that cannot be read.
    pub fn plan(
        log: &dyn Log,
        now: RecordedAt,
        drafts: Vec<Draft>,
        held: impl FnOnce(&BTreeSet<ContentId>) -> Result<BTreeMap<ContentId, u64>, StoreError>,
    ) -> Result<Self, StoreError> {
        within_limits(&drafts)?;
        let drafts = Prepared::all(drafts);
        let events = || drafts.iter().flat_map(|draft| &draft.events).map(|(event, _)| event);
        let received = drafts.iter().filter_map(|draft| Some(draft.received.as_ref()?.0));
        let held = held(&events().filter_map(Event::content).chain(received).collect())?;
        let taken = log.taken(&events().filter_map(Event::accession).collect())?;
        let mut plan = Plan::new(log, now, held, taken);
        for draft in drafts {
            plan.draft(draft)?;
        }
        plan.order.finish().map_err(DraftError::from)?;
        Ok(plan.batch)
    }
}

/// A draft with all that can be told of it without the ledger: the greater part of the work, which
/// many can do at once.
struct Prepared {
    events: Vec<(Event, Result<Unlinked, EncodeError>)>,
    received: Option<(ContentId, Vec<u8>)>,
}

impl Prepared {
    fn all(drafts: Vec<Draft>) -> Vec<Self> {
        cores::each(&mut vec![(); cores::count()], FEW, drafts, |(), draft| Self::of(draft))
    }

    fn of(draft: Draft) -> Self {
        let named = |bytes: Vec<u8>| (ContentId(blake3::hash(&bytes).into()), bytes);
        let unlinked = |event| (Unlinked::of(&event), event);
        let events = draft.events.into_iter().map(unlinked).map(|(bytes, event)| (event, bytes));
        Self { events: events.collect(), received: draft.received.map(named) }
    }
}

fn within_limits(drafts: &[Draft]) -> Result<(), DraftError> {
    let events: usize = drafts.iter().map(|draft| draft.events.len()).sum();
    if events == 0 || drafts.iter().any(|draft| draft.events.is_empty()) {
        return Err(DraftError::Empty);
    }
    let lens = drafts.iter().filter_map(|draft| draft.received.as_ref()).map(Vec::len);
    if let Some(got) = lens.clone().find(|len| *len > RECEIVED_MAX) {
        return Err(DraftError::ReceivedTooLarge { got });
    }
    for (what, max, got) in
        [("entries", BATCH_ENTRIES_MAX, events), ("bytes received", BATCH_RECEIVED_MAX, lens.sum())]
    {
        if got > max {
            return Err(DraftError::BatchTooLarge { what, max, got });
        }
    }
    Ok(())
}

struct Plan<'a> {
    log: &'a dyn Log,
    now: RecordedAt,
    /// Of the received bytes that come or are named, those that are held.
    held: BTreeMap<ContentId, u64>,
    order: EventOrder,
    /// Of the accession numbers that come, those under which a filing is recorded.
    accessions: BTreeSet<Accession>,
    conflicts: BTreeSet<(Accession, ContentId)>,
    batch: Batch,
}

impl<'a> Plan<'a> {
    fn new(
        log: &'a dyn Log,
        now: RecordedAt,
        held: BTreeMap<ContentId, u64>,
        accessions: BTreeSet<Accession>,
    ) -> Self {
        let batch = Batch::after(log.head());
        let (order, conflicts) = (EventOrder::default(), BTreeSet::new());
        Self { log, now, held, order, accessions, conflicts, batch }
    }

    fn draft(&mut self, draft: Prepared) -> Result<(), StoreError> {
        if let Some(received) = draft.received {
            self.receive(&draft.events, received)?;
        }
        let mut receipts = Vec::with_capacity(draft.events.len());
        for (event, unlinked) in draft.events {
            self.rests_on_bytes(&event)?;
            receipts.push(self.link(event, unlinked)?);
        }
        self.batch.receipts.push(receipts);
        Ok(())
    }

    fn receive(
        &mut self,
        events: &[(Event, Result<Unlinked, EncodeError>)],
        (got, bytes): (ContentId, Vec<u8>),
    ) -> Result<(), StoreError> {
        let mut named = events.iter().filter_map(|(event, _)| event.content());
        if let Some(expected) = named.find(|id| *id != got) {
            return Err(DraftError::WrongBytes { expected, got }.into());
        }
        if !self.held.contains_key(&got) {
            self.batch.blobs.insert(got, bytes);
        }
        Ok(())
    }

    fn rests_on_bytes(&self, event: &Event) -> Result<(), StoreError> {
        let Some(content) = event.content() else { return Ok(()) };
        let got = match self.batch.blobs.get(&content) {
            Some(bytes) => Some(bytes.len() as u64),
            None => self.held.get(&content).copied(),
        };
        let got = got.ok_or(DraftError::NoBytes(content))?;
        for filing in event.filings() {
            self.names(filing, event.redacted().is_some())?;
        }
        let expected = match event {
            Event::FilingRecorded(filing) => filing.content_len,
            Event::FilingConflicted(conflict) => conflict.received_len,
            _ => got,
        };
        if expected == got { Ok(()) } else { Err(DraftError::WrongLength { expected, got }.into()) }
    }

    /// Whether an entry records received bytes, or, where that is asked for, that they conflict.
    fn names(&self, filing: FilingRef, or_conflict: bool) -> Result<(), StoreError> {
        let FilingRef { entry, content } = filing;
        let named = match entry < self.log.size() {
            true => match self.log.event(entry)? {
                Event::FilingRecorded(filing) => Some(filing.content),
                Event::FilingConflicted(conflict) if or_conflict => Some(conflict.received),
                _ => None,
            },
            false => None,
        };
        if named == Some(content) {
            Ok(())
        } else {
            Err(DraftError::NotNamed { entry, content }.into())
        }
    }

    fn link(
        &mut self,
        event: Event,
        unlinked: Result<Unlinked, EncodeError>,
    ) -> Result<Receipt, StoreError> {
        let sequence = self.batch.head.size;
        self.order.check(sequence, &event).map_err(DraftError::from)?;
        self.first_of_its_name(&event)?;
        let entry = unlinked.map_err(DraftError::from)?.link(&self.batch.head, self.now);
        self.batch.head = entry.head();
        self.batch.entries.push(entry);
        self.batch.events.push(event);
        Ok(Receipt { sequence, hash: self.batch.head.hash })
    }

    fn first_of_its_name(&mut self, event: &Event) -> Result<(), StoreError> {
        if let Some(accession) = event.accession()
            && !self.accessions.insert(accession)
        {
            return Err(DraftError::AccessionTaken(accession).into());
        }
        if let Some((accession, received)) = conflict_of(event) {
            let held = self.log.conflict(accession, received)?.is_some();
            if held || !self.conflicts.insert((accession, received)) {
                return Err(DraftError::ConflictTaken(accession, received).into());
            }
        }
        Ok(())
    }
}

/// The draft that makes a ledger.
///
/// # Errors
/// A name that cannot be a ledger's.
pub fn opening(origin: &str) -> Result<Draft, StoreError> {
    let visible = origin.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
    if !visible || !(1..=255).contains(&origin.len()) {
        return Err(StoreError::BadOrigin { got: origin.to_owned() });
    }
    let events = vec![Event::LedgerOpened { origin: origin.to_owned() }];
    Ok(Draft { events, received: None })
}
