//! Audits a run of entries: names every fault, and goes on after each.
//! Knows nothing of files: a store hands it stored bytes, right or wrong, in the order it has them.

use std::fmt;

use crate::ledger::admit::{self, JoinError};
use crate::ledger::chain::{Entry, Envelope, Head, OpenError, split};
use crate::ledger::event::{Event, TopicsSealed};
use crate::terms::id::{ContentId, EntryHash};

macro_rules! fault_classes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The closed list of what can be wrong with a ledger (spec, section 13).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum FaultClass { $($(#[$doc])* $variant,)+ }

        impl FaultClass {
            /// Every class, in the spec's order.
            pub const ALL: &'static [FaultClass] = &[$(FaultClass::$variant,)+];

            /// The stable name, as printed in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(FaultClass::$variant => $text,)+ }
            }
        }
    };
}

fault_classes! {
    /// The file that says what the folder is, or that is missing, says something else.
    Format = "format",
    /// A file that an export of this size does not have.
    Stray = "stray",
    /// A journal file's framing: a header, a length or a checksum.
    Frame = "frame",
    /// Entries are missing.
    Gap = "gap",
    /// An entry stands where another is due: twice, swapped, put in, or misnumbered.
    Order = "order",
    /// An entry was recorded no later than the one before it.
    Time = "time",
    /// An entry does not name the one before it.
    Prev = "prev",
    /// An entry has another hash than the one that a sound entry after it, or a commit, names.
    Hash = "hash",
    /// A payload is not the one its envelope was made for.
    Payload = "payload",
    /// A payload is no event in canonical form.
    Codec = "codec",
    /// An event where the order of events forbids it.
    Event = "event",
    /// The end of a batch says another size or head than its entries have.
    Commit = "commit",
    /// An entry has another hash in the tree than a signed checkpoint answers for.
    Leaf = "leaf",
    /// A stored hash of the tree is not the one its entries have; it can be made again.
    Node = "node",
    /// A signed checkpoint has another root than the entries, and nothing tells which one differs.
    Root = "root",
    /// A checkpoint cannot be read, or stands where it cannot.
    Checkpoint = "checkpoint",
    /// A checkpoint is not signed by the ledger's key.
    Signature = "signature",
    /// Acknowledged entries are gone: a checkpoint, or the index, reaches further than the journal.
    Rollback = "rollback",
    /// What binds a token from outside to a checkpoint is not what its name says.
    Anchor = "anchor",
    /// A checkpoint that was kept elsewhere has another root than the entries: two histories.
    Fork = "fork",
    /// Received bytes are missing, or are not those that their name says.
    Blob = "blob",
    /// The index differs from the journal it was made from.
    Index = "index",
    /// A seal commits to something else than what is found among its entries.
    Seal = "seal",
    /// A filing's received bytes do not read as was recorded, by the reader that it names.
    Derivation = "derivation",
}

/// The levels of an audit, each on top of the one before (spec, section 13).
pub const LEVELS: [(&str, &str); 7] = [
    ("L0", "the format file and the journal's framing"),
    ("L1", "entries: sequence, links, times, hashes, payloads, the order of events, commits"),
    ("L2", "the tree: its stored hashes, and its root at every checkpoint"),
    ("L3", "the signatures of checkpoints"),
    ("L4", "received bytes"),
    ("L5", "the index and the seals, against the journal; kept answers, against their signature"),
    ("L6", "readings, against the received bytes; kept answers, against the entries"),
];

impl FaultClass {
    /// At which of the [`LEVELS`] it is found.
    pub fn level(self) -> usize {
        match self {
            FaultClass::Format | FaultClass::Frame | FaultClass::Stray => 0,
            FaultClass::Gap
            | FaultClass::Order
            | FaultClass::Time
            | FaultClass::Prev
            | FaultClass::Hash
            | FaultClass::Payload
            | FaultClass::Codec
            | FaultClass::Event
            | FaultClass::Commit => 1,
            FaultClass::Leaf
            | FaultClass::Node
            | FaultClass::Root
            | FaultClass::Checkpoint
            | FaultClass::Rollback => 2,
            FaultClass::Signature | FaultClass::Anchor | FaultClass::Fork => 3,
            FaultClass::Blob => 4,
            FaultClass::Index | FaultClass::Seal => 5,
            FaultClass::Derivation => 6,
        }
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What kind of thing.
    pub class: FaultClass,
    /// The entry it is about, where it is about one.
    pub entry: Option<u64>,
    /// One sentence: what was expected, what came, where.
    pub message: String,
}

/// An event where the order of events forbids it (spec, section 5.5).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OrderError {
    /// The first entry is something else, or the ledger is opened again.
    #[error("expected LedgerOpened as entry 0 and only there, got {got} as entry {sequence}")]
    Opening {
        /// The event that came.
        got: &'static str,
        /// Where.
        sequence: u64,
    },
    /// A filing is not followed by as many continuations as it says.
    #[error("expected part {due} of {of} of the filing before, got {got}")]
    Unfinished {
        /// The part that is due.
        due: u32,
        /// How many parts there are.
        of: u32,
        /// The event that came.
        got: &'static str,
    },
    /// A seal of entries that are not before it.
    #[error("expected a seal of entries before entry {sequence}, got one from {from} to {size}")]
    Seal {
        /// The seal's entry.
        sequence: u64,
        /// The first that is sealed.
        from: u64,
        /// Where they end.
        size: u64,
    },
    /// A redaction of bytes that no entry before it names.
    #[error("expected a redaction of what an entry before {sequence} names, got one of {entry}")]
    Redaction {
        /// The redaction's entry.
        sequence: u64,
        /// The entry it refers to.
        entry: u64,
    },
    /// An entry is taken back that is not before it.
    #[error("expected an entry before {sequence} to be taken back, got {entry}")]
    TakenBack {
        /// The entry that takes it back.
        sequence: u64,
        /// The entry it refers to.
        entry: u64,
    },
    /// A continuation of no filing.
    #[error("expected a filing that is to be continued, got a continuation alone")]
    Orphan,
    /// A continuation of another filing, or out of its place.
    #[error("the continuation does not belong here")]
    Foreign(#[from] JoinError),
}

/// A filing that still lacks parts.
#[derive(Clone, Copy, Debug)]
struct Unfinished {
    content: ContentId,
    due: u32,
    of: u32,
}

/// Follows a run of events and says which may come next (spec, section 5.5).
#[derive(Clone, Debug, Default)]
pub struct EventOrder {
    open: Option<Unfinished>,
}

impl EventOrder {
    /// Takes note of the next event.
    ///
    /// # Errors
    /// An event that may not stand here; what comes after it is judged without it.
    pub fn check(&mut self, sequence: u64, event: &Event) -> Result<(), OrderError> {
        let got = event.kind().as_str();
        let open = self.open.take();
        if let (Some(content), of @ 1..) = (event.content(), event.continued()) {
            self.expect(Unfinished { content, due: 1, of });
        }
        if matches!(event, Event::LedgerOpened { .. }) != (sequence == 0) {
            return Err(OrderError::Opening { got, sequence });
        }
        if let Event::TopicsSealed(TopicsSealed { from, size, .. }) = *event
            && !(from < size && size <= sequence)
        {
            return Err(OrderError::Seal { sequence, from, size });
        }
        if let Event::ContentRedacted(decided) = event
            && decided.filing.entry >= sequence
        {
            return Err(OrderError::Redaction { sequence, entry: decided.filing.entry });
        }
        if let Some(entry) = event.takes_back()
            && entry >= sequence
        {
            return Err(OrderError::TakenBack { sequence, entry });
        }
        match (open, event) {
            (Some(open), Event::FilingContinued(part)) => {
                admit::follows(open.content, part, open.due)?;
                self.expect(Unfinished { due: open.due + 1, ..open });
                Ok(())
            }
            (Some(Unfinished { due, of, .. }), _) => Err(OrderError::Unfinished { due, of, got }),
            (None, Event::FilingContinued(_)) => Err(OrderError::Orphan),
            (None, _) => Ok(()),
        }
    }

    /// Whether a run may end here.
    ///
    /// # Errors
    /// A filing still lacks parts.
    pub fn finish(&self) -> Result<(), OrderError> {
        match self.open {
            Some(Unfinished { due, of, .. }) => {
                Err(OrderError::Unfinished { due, of, got: "the end" })
            }
            None => Ok(()),
        }
    }

    fn expect(&mut self, next: Unfinished) {
        self.open = (next.due <= next.of).then_some(next);
    }
}

/// A link that does not fit. Which of its two ends was changed is told by what comes after: if the
/// later entry is vouched for by its own successor, the earlier one is at fault.
#[derive(Clone, Copy, Debug)]
struct Misfit {
    later: u64,
    says: EntryHash,
    is: EntryHash,
}

/// How far an audit has come.
#[derive(Clone, Debug, Default)]
struct State {
    last: Option<Head>,
    expected: u64,
    misnumbered: Option<u64>,
    misfit: Option<Misfit>,
    order: Option<EventOrder>,
}

/// A stored entry with all that can be told of it by itself, without the entries around it: the
/// greater part of the work, which many can do at once.
#[derive(Debug)]
pub struct Opened {
    /// Its envelope.
    pub envelope: Envelope,
    /// The head of a ledger that ends with it.
    pub head: Head,
    /// Its event, or why there is none.
    pub event: Result<Event, OpenError>,
}

impl Opened {
    /// Opens a stored entry.
    ///
    /// # Errors
    /// Fewer bytes than an envelope has.
    pub fn of(stored: &[u8]) -> Result<Self, OpenError> {
        let (envelope, payload) = split(stored)?;
        Ok(Self { head: envelope.head(), event: envelope.open(payload), envelope })
    }
}

/// Audits stored entries one after the other. Memory does not grow with the ledger, only with its
/// faults.
#[derive(Debug, Default)]
pub struct Auditor {
    state: State,
    faults: Vec<Fault>,
    mark: (State, usize),
}

impl Auditor {
    /// Before entry 0.
    pub fn new() -> Self {
        let state = State { order: Some(EventOrder::default()), ..State::default() };
        Self { mark: (state.clone(), 0), faults: Vec::new(), state }
    }

    /// Goes on after an entry that somebody else vouches for, as if all before it were sound.
    pub fn go_on_after(&mut self, head: Head) {
        self.state.last = Some(head);
        self.state.expected = head.size;
        self.mark();
    }

    /// The sequence that is due next.
    pub fn expected(&self) -> u64 {
        self.state.expected
    }

    /// The head after the last entry that took its place in the chain.
    pub fn head(&self) -> Head {
        self.state.last.unwrap_or(Head::NONE)
    }

    /// Adds a fault found by the store.
    pub fn fault(&mut self, class: FaultClass, entry: Option<u64>, message: String) {
        self.faults.push(Fault { class, entry, message });
    }

    /// Adds a fault that going back to the mark does not take back: it is not about the entries
    /// after it.
    pub fn lasting_fault(&mut self, class: FaultClass, entry: Option<u64>, message: String) {
        let (_, before) = &mut self.mark;
        self.faults.insert(*before, Fault { class, entry, message });
        *before += 1;
    }

    /// Whether no fault was found so far.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.state.misfit.is_none()
    }

    /// Marks the end of a batch.
    pub fn mark(&mut self) {
        self.mark = (self.state.clone(), self.faults.len());
    }

    /// Goes back to the last mark: what came after it was never acknowledged.
    pub fn back_to_mark(&mut self) {
        self.faults.truncate(self.mark.1);
        self.state = self.mark.0.clone();
    }

    /// Takes the next stored entry; gives it back with its event where it has a place in the chain
    /// and opens.
    pub fn push(&mut self, stored: &[u8]) -> Option<(Entry, Event)> {
        let event = self.push_opened(Opened::of(stored))?;
        Some((Entry::from_bytes(stored).ok()?, event))
    }

    /// As [`Auditor::push`], of an entry that was opened before. Of its event only what the order
    /// of events asks for is looked at.
    pub fn push_opened(&mut self, opened: Result<Opened, OpenError>) -> Option<Event> {
        let Opened { envelope, head, event } = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.fault(FaultClass::Frame, Some(self.state.expected), error.to_string());
                return None;
            }
        };
        let place = self.place(&envelope);
        if let Err(error) = &event {
            self.unreadable(place.unwrap_or(envelope.sequence), error);
        }
        let place = place?;
        self.time(place, &envelope);
        self.state.last = Some(Head { size: place.saturating_add(1), ..head });
        self.state.expected = place.saturating_add(1);
        match event {
            Ok(event) => {
                self.event(place, &event);
                Some(event)
            }
            Err(_) => {
                // What an unreadable entry asked for is not known, so nothing is missed after it.
                self.state.order = None;
                None
            }
        }
    }

    /// Holds the run so far against a size and hash that were written down for it.
    pub fn vouch(&mut self, class: FaultClass, size: u64, hash: EntryHash) {
        let head = self.head();
        let fits = head.size == size && head.hash == hash;
        self.settle(fits);
        if !fits {
            let (got_size, got_hash) = (head.size, head.hash);
            let message = format!(
                "expected {size} entries with head {hash}, got {got_size} with head {got_hash}"
            );
            self.fault(class, head.size.checked_sub(1), message);
        }
    }

    /// Takes it that the last entry is as it was written: somebody else has its hash.
    pub fn vouch_for_last(&mut self) {
        if self.state.misfit.is_some_and(|misfit| misfit.later + 1 == self.state.expected) {
            self.settle(true);
        }
    }

    /// Every fault found, in the order of the ledger as far as it could be told.
    pub fn finish(mut self) -> Vec<Fault> {
        self.settle(false);
        if let Some(Err(error)) = self.state.order.as_ref().map(EventOrder::finish) {
            self.fault(FaultClass::Event, self.state.expected.checked_sub(1), error.to_string());
        }
        self.faults
    }

    /// The place of an entry in the chain, or `None` for one that has none.
    fn place(&mut self, envelope: &Envelope) -> Option<u64> {
        let (due, got) = (self.state.expected, envelope.sequence);
        let misnumbered = self.state.misnumbered.take();
        let head = self.head();
        let follows = envelope.previous == head.hash;
        if got == due || misnumbered == Some(got) {
            self.link(got, envelope, &head);
            return Some(got);
        }
        if follows {
            self.settle(true);
            let message = format!("expected entry {due}, got its bytes numbered {got}");
            self.fault(FaultClass::Order, Some(due), message);
            return Some(due);
        }
        self.settle(false);
        if got < due {
            let message = format!("expected entry {due}, got entry {got}, which was due before");
            self.fault(FaultClass::Order, Some(got), message);
            return None;
        }
        let message = format!("expected entry {due}, got entry {got}: {} missing", got - due);
        self.fault(FaultClass::Gap, Some(due), message);
        self.state.misnumbered = due.checked_add(1);
        Some(got)
    }

    fn link(&mut self, at: u64, envelope: &Envelope, head: &Head) {
        let (says, is) = (envelope.previous, head.hash);
        self.settle(says == is);
        if says != is {
            self.state.misfit = Some(Misfit { later: at, says, is });
        }
    }

    /// Decides who is to blame for the misfit before, now that it is known whether the later of its
    /// entries is vouched for.
    fn settle(&mut self, later_is_vouched_for: bool) {
        let Some(Misfit { later, says, is }) = self.state.misfit.take() else { return };
        let earlier = later.saturating_sub(1);
        if later_is_vouched_for && later > 0 {
            let message = format!(
                "expected hash {says}, as entry {later} names it, got {is}: the entry was changed"
            );
            self.fault(FaultClass::Hash, Some(earlier), message);
        } else {
            let whose = match later {
                0 => "as nothing comes before it".to_owned(),
                _ => format!("the hash of entry {earlier}"),
            };
            let message = format!("expected {is}, {whose}, as previous hash, got {says}");
            self.fault(FaultClass::Prev, Some(later), message);
        }
    }

    fn time(&mut self, place: u64, envelope: &Envelope) {
        let (before, now) = (self.head().recorded_at, envelope.recorded_at);
        if now <= before {
            let message = format!("expected a time after {before}, got {now}");
            self.fault(FaultClass::Time, Some(place), message);
        }
    }

    fn unreadable(&mut self, at: u64, error: &OpenError) {
        let (class, message) = match error {
            OpenError::Decode(why) => (FaultClass::Codec, why.to_string()),
            OpenError::Version { .. } => (FaultClass::Codec, error.to_string()),
            other => (FaultClass::Payload, other.to_string()),
        };
        self.fault(class, Some(at), message);
    }

    fn event(&mut self, place: u64, event: &Event) {
        if self.state.order.is_none() && !matches!(event, Event::FilingContinued(_)) {
            self.state.order = Some(EventOrder::default());
        }
        if let Some(Err(error)) = self.state.order.as_mut().map(|order| order.check(place, event)) {
            self.fault(FaultClass::Event, Some(place), error.to_string());
        }
    }
}

/// Audits a whole run of stored entries from entry 0.
pub fn audit<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<Fault> {
    let mut auditor = Auditor::new();
    for stored in entries {
        auditor.push(stored);
    }
    auditor.finish()
}
