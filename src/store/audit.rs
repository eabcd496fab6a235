//! Audits a ledger's folder and changes nothing in it: every fault, with its class and entry.
//! Trusts no file: the index is compared with the journal, never asked about it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::ledger::audit::{Auditor, Fault, FaultClass, LEVELS};
use crate::ledger::chain::Head;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::event::{Event, TopicsSealed};
use crate::ledger::merkle::slots;
use crate::ledger::note::Note;
use crate::ledger::references::{References, length_said};
use crate::ledger::tree_audit::TreeAudit;
use crate::store::anchors::{self, Anchor, Anchors};
use crate::store::audit_checkpoints::Signed;
use crate::store::audit_entries::{Ajar, Body, Holds, Opener, Ready};
use crate::store::audit_kept::Projector;
use crate::store::audit_keys::Signers;
use crate::store::checkpoints::{self, Acknowledged, Unusable};
use crate::store::compare::{Compare, Rows, Scanned, Shared};
use crate::store::journal::Location;
use crate::store::layout::{Identity, Layout, io_error};
use crate::store::ledger::Options;
use crate::store::lock::Lock;
use crate::store::log::StoreError;
use crate::store::lots::{self, Lots};
use crate::store::readings::{Readings, Recorded};
use crate::store::segment::{Header, Stream};
use crate::store::tree;
use crate::store::unpack::{self, Reader};
use crate::terms::id::{ContentId, EntryHash, TreeHash};

/// How often somebody is told how far it is.
const TICK: Duration = Duration::from_millis(100);

/// What an audit found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// How many entries the journal holds, up to the last whole batch; without one at the end that
    /// no checkpoint is signed for.
    pub size: u64,
    /// The hash of the last of them.
    pub head: EntryHash,
    /// The ledger's origin, where it can be read.
    pub origin: Option<String>,
    /// What was checked.
    pub checked: Vec<String>,
    /// What was not checked, and why.
    pub not_checked: Vec<String>,
    /// Checkpoints that are anchored outside; the tokens themselves are not checked.
    pub anchors: Vec<Anchor>,
    /// What is wrong. Empty: nothing.
    pub faults: Vec<Fault>,
    /// How many received bytes were redacted: no fault.
    pub redacted: Redacted,
    /// How many bytes of entries and of received bytes were hashed.
    pub hashed: u64,
}

/// Received bytes that an entry redacts, by their names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Redacted {
    /// How many are gone.
    pub gone: u64,
    /// How many are still there.
    pub still: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Audits a ledger (spec, section 13). The index is copied into `scratch`, a folder that exists,
/// and the copy is opened, because opening one changes it.
///
/// # Errors
/// No ledger, a newer one, or one that somebody else has open. Damage is no error but a fault.
pub fn audit(dir: &Path, scratch: &Path, options: &Options) -> Result<Report, StoreError> {
    audit_within(dir, scratch, options, &Scope::default())
}

/// How much of a ledger is audited, and against what.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Leaves out received bytes, the index and the seals.
    pub quick: bool,
    /// Checkpoints that were kept elsewhere.
    pub against: &'a [Note],
    /// Goes on from this one, which somebody trusts, and reads nothing before it.
    pub since: Option<&'a Checkpoint>,
    /// Reads received bytes again.
    pub reader: Option<Reader<'a>>,
    /// Knows what is kept for answers, and makes it again if asked for.
    pub projector: Option<Projector<'a>>,
    /// Is told, every now and then, how many bytes of the journal are done, and of how many.
    pub progress: Option<&'a (dyn Fn(u64, u64) + Sync)>,
}

/// As [`audit`], of a part or against more.
///
/// # Errors
/// As [`audit`].
pub fn audit_within(
    dir: &Path,
    scratch: &Path,
    options: &Options,
    scope: &Scope<'_>,
) -> Result<Report, StoreError> {
    let layout = Layout::new(dir);
    let identity = layout.identity();
    if !layout.journal().is_dir() || matches!(identity, Err(StoreError::NewerFormat { .. })) {
        identity?;
        let got = "a folder without a journal".to_owned();
        return Err(StoreError::NotALedger { dir: dir.to_owned(), got });
    }
    let _lock = Lock::take(&layout.lock(), options.wait, options.now, &options.what)?;
    let mut work = Audit::new(&layout, identity, scope)?;
    let mut found = work.follow(scratch, scope)?;
    if scope.since.is_some() && !scope.quick {
        found = Some(work.blobs_named()?);
    }
    work.last_checkpoints();
    work.rotations();
    work.beyond();
    work.anchored();
    if let Some(found) = found {
        work.blobs(found);
        if scope.since.is_none() {
            work.seals()?;
        }
    }
    work.index();
    work.kept()?;
    Ok(work.report())
}

/// The notes of the checkpoints' file.
pub(crate) type Notes = Peekable<std::vec::IntoIter<Result<(Acknowledged, Note), Unusable>>>;

/// What the entries say of received bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    /// The first entry that names them.
    pub(crate) entry: u64,
    /// The first that records a filing with them.
    pub(crate) recorded: Option<u64>,
    /// How many there should be.
    pub(crate) len: Option<u64>,
    /// Where they are.
    pub(crate) at: Option<Location>,
}

pub(crate) struct Audit<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) auditor: Auditor,
    pub(crate) identity: Option<Identity>,
    pub(crate) tree: TreeAudit,
    pub(crate) stored: Vec<TreeHash>,
    pub(crate) notes: Notes,
    pub(crate) signers: Signers,
    pub(crate) anchors: Anchors,
    /// What stands after the last whole note.
    pub(crate) torn: Vec<u8>,
    pub(crate) number: u64,
    pub(crate) last: Option<Acknowledged>,
    pub(crate) committed: Head,
    pub(crate) signed: Signed,
    /// The entries since the last commit; those of a batch that was never acknowledged count for
    /// nothing.
    pub(crate) pending: Vec<(u64, Event, Option<Rows>)>,
    pub(crate) contents: BTreeMap<ContentId, Named>,
    references: References,
    pub(crate) orphans: BTreeMap<ContentId, Location>,
    /// Received bytes that an entry redacts, and which.
    pub(crate) redactions: BTreeMap<ContentId, u64>,
    pub(crate) redacted: Redacted,
    pub(crate) index: Option<Result<Compare, String>>,
    /// What the index's tables of keys hold.
    pub(crate) scanned: Scanned,
    pub(crate) seals: Vec<(u64, TopicsSealed)>,
    pub(crate) readings: Readings,
    pub(crate) recorded: BTreeMap<ContentId, Vec<Recorded>>,
    pub(crate) by_another: u64,
    /// What kept checkpoints show: the ledger may be sound by itself all the same.
    pub(crate) of_kept: Vec<Fault>,
    pub(crate) scope: Scope<'a>,
    pub(crate) done: Arc<AtomicU64>,
    pub(crate) not_checked: Vec<String>,
    pub(crate) hashed: u64,
}

impl<'a> Audit<'a> {
    fn new(
        layout: &'a Layout,
        identity: Result<Identity, StoreError>,
        scope: &Scope<'a>,
    ) -> Result<Self, StoreError> {
        let (mut auditor, mut not_checked) = (Auditor::new(), Vec::new());
        if let Err(error) = &identity {
            auditor.fault(FaultClass::Format, None, error.to_string());
            not_checked.push("signatures, for nothing says whose they are".to_owned());
        }
        let checkpoints::All { notes, torn } = checkpoints::all(&layout.checkpoints())?;
        let notes: Vec<_> = notes.iter().map(|note| checkpoints::unproven(note)).collect();
        let mut signers = Signers::new(layout, identity.as_ref().ok().map(|of| &of.key))?;
        let anchors = Anchors::of(anchors::held(layout)?);
        let anchored = anchors.anchors.iter().map(|anchor| &anchor.note);
        scope.against.iter().chain(anchored).for_each(|note| signers.keep(note));
        let stored = tree::stored(layout)?;
        if stored.is_none() {
            let message = "expected the tree's hashes, got none; opening the ledger makes them";
            auditor.fault(FaultClass::Node, None, message.to_owned());
        }
        auditor.mark();
        Ok(Self {
            layout,
            auditor,
            identity: identity.ok(),
            tree: TreeAudit::new(),
            stored: stored.unwrap_or_default(),
            notes: notes.into_iter().peekable(),
            signers,
            anchors,
            torn,
            number: 0,
            last: None,
            committed: Head::NONE,
            signed: Signed::default(),
            pending: Vec::new(),
            contents: BTreeMap::new(),
            references: References::from(scope.since.map_or(0, |kept| kept.size)),
            orphans: BTreeMap::new(),
            redactions: BTreeMap::new(),
            redacted: Redacted::default(),
            index: None,
            scanned: Scanned::default(),
            seals: Vec::new(),
            readings: Readings::default(),
            recorded: BTreeMap::new(),
            by_another: 0,
            of_kept: Vec::new(),
            scope: *scope,
            done: Arc::default(),
            not_checked,
            hashed: 0,
        })
    }

    /// Entries in their order on this thread; what can be told of each alone, the received bytes
    /// and the index's keys on others.
    fn follow(
        &mut self,
        scratch: &Path,
        scope: &Scope<'_>,
    ) -> Result<Option<Vec<Vec<unpack::Found>>>, StoreError> {
        let (layout, done) = (self.layout, Arc::clone(&self.done));
        let total = files_len(layout)?;
        let (at_end, reader) = (AtomicBool::new(false), scope.reader);
        thread::scope(|threads| {
            let blobs = (!scope.quick && scope.since.is_none())
                .then(|| threads.spawn(|| unpack::blobs(layout, reader, &done)));
            let ticking = scope.progress.map(|progress| {
                let (done, at_end) = (&done, &at_end);
                threads.spawn(move || {
                    while !at_end.load(Ordering::Relaxed) {
                        progress(done.load(Ordering::Relaxed), total);
                        thread::park_timeout(TICK);
                    }
                })
            });
            // Opening waits for the disk more than it works.
            self.index = (!scope.quick && scope.since.is_none())
                .then(|| Compare::open(&layout.index(), scratch));
            let opened = self.index.as_ref().and_then(|index| index.as_ref().ok());
            let index = opened.map(Compare::shared);
            let scanned = index.clone().map(|index| threads.spawn(move || index.scan()));
            let entries = self.entries(index.as_ref());
            let joined = blobs.map(|one| one.join().unwrap_or_else(|p| resume_unwind(p)));
            if let Some(scanned) = scanned {
                self.scanned = scanned.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
            at_end.store(true, Ordering::Relaxed);
            ticking.iter().for_each(|ticking| ticking.thread().unpark());
            entries?;
            joined.transpose()
        })
    }

    /// Steps 2 to 9 of the spec's section 13: the entries' segments, one after the other.
    fn entries(&mut self, index: Option<&Shared>) -> Result<(), StoreError> {
        if let Some(kept) = self.scope.since {
            return self.entries_since(kept);
        }
        self.lots(Lots::of(self.layout, Stream::Entries)?, 0, index)
    }

    /// What stands in segments of entries from a place on. `due` is the first of them.
    pub(crate) fn lots(
        &mut self,
        lots: Lots<'_>,
        mut due: u32,
        index: Option<&Shared>,
    ) -> Result<(), StoreError> {
        let opener = Opener { index, with_readings: self.scope.reader.is_some() };
        lots::in_order(lots, &|| (), &|(), lot| opener.all(lot), &mut |lot, ready| {
            if let Some(header) = &lot.header {
                self.segment(lot.segment, due, header);
            }
            due = lot.segment + 1;
            ready.into_iter().for_each(|ready| self.ready(lot.segment, ready));
        })
    }

    fn segment(&mut self, number: u32, due: u32, header: &Result<Header, String>) {
        if number != due {
            self.frame(format!("expected segment {due} of entries, got segment {number}"));
        }
        let size = self.auditor.expected();
        match header {
            Ok(header) if header.first == size => {}
            Ok(Header { first, .. }) => {
                self.frame(format!("expected segment {number} to begin with {size}, got {first}"));
            }
            Err(what) => self.frame(what.clone()),
        }
    }

    fn frame(&mut self, message: String) {
        let due = self.auditor.expected();
        self.auditor.fault(FaultClass::Frame, Some(due), message);
    }

    fn ready(&mut self, number: u32, ready: Ready) {
        let Ready { offset, len, holds } = ready;
        let at = format_args!("in segment {number} of entries at offset {offset}");
        let (sound, body) = match holds {
            Holds::Record(sound, body) => (sound, body),
            Holds::Damage => {
                return self
                    .frame(format!("expected a record {at}, got {len} bytes that are none"));
            }
        };
        if !sound {
            self.frame(format!("expected a body with its checksum, got another {at}"));
        }
        match body {
            Body::Entry(entry) => self.entry(len, *entry),
            Body::Commit(size, hash) => self.commit(size, hash),
            Body::Other => {
                self.frame(format!("expected an entry or a commit, got another record {at}"));
            }
        }
    }

    fn entry(&mut self, len: u64, entry: Ajar) {
        self.hashed += len;
        self.done.fetch_add(len, Ordering::Relaxed);
        let Ajar { opened, leaf, rows } = entry;
        let due = self.auditor.expected();
        if let Some(size) = self.signed.open.take() {
            let message = format!("expected a batch to end with {size} entries, as was signed");
            self.auditor.fault(FaultClass::Commit, size.checked_sub(1), message);
        }
        if let Some(event) = self.auditor.push_opened(opened) {
            self.origin_of(&event);
            // Where it stands, whatever number it says.
            let place = self.auditor.expected().saturating_sub(1);
            self.pending.push((place, event, rows));
        }
        let size = self.auditor.expected();
        for sequence in due..size {
            // A number far too large is not counted up to: without a hash there is no tree.
            if self.tree.is_lost() {
                break;
            }
            self.grow(sequence, (sequence + 1 == size).then_some(leaf));
        }
        while let Some(checkpoint) = self.checkpoint_up_to(size) {
            if checkpoint.size == size {
                self.tree.judge(size, checkpoint.root);
                self.signed.open = Some(size);
            }
        }
        self.against(size);
    }

    fn grow(&mut self, sequence: u64, leaf: Option<TreeHash>) {
        let at = |size| usize::try_from(slots(size)).unwrap_or(usize::MAX);
        let stored = self.stored.get(at(sequence)..at(sequence + 1)).unwrap_or_default();
        self.tree.push(sequence, leaf, stored);
    }

    fn origin_of(&mut self, event: &Event) {
        let Event::LedgerOpened { origin } = event else { return };
        let said = self.identity.as_ref().map(|of| of.origin().to_owned());
        if let Some(said) = said.filter(|said| said != origin) {
            let message = format!("expected the origin {origin} of entry 0, got {said} in FORMAT");
            self.auditor.fault(FaultClass::Format, Some(0), message);
        }
    }

    fn commit(&mut self, size: u64, hash: EntryHash) {
        self.auditor.vouch(FaultClass::Commit, size, hash);
        self.committed = self.auditor.head();
        self.signed.commit(size, self.committed, self.last.map(|last| last.size));
        self.note_pending();
        self.auditor.mark();
    }

    pub(crate) fn note_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let alone = pending.len() == 1;
        for (sequence, event, rows) in pending {
            if let Event::KeyRotated(rotated) = &event {
                self.rotated(sequence, rotated, alone);
            }
            self.note(sequence, &event, rows);
        }
    }

    /// The first entry that is read.
    pub(crate) fn read_from(&self) -> u64 {
        self.scope.since.map_or(0, |kept| kept.size)
    }

    /// What the entry names, to be looked for later, and whether the index holds the same entry.
    fn note(&mut self, sequence: u64, event: &Event, rows: Option<Rows>) {
        let (len, records) = match event {
            Event::FilingRecorded(filing) => (Some(filing.content_len), true),
            Event::FilingConflicted(conflict) => (Some(conflict.received_len), false),
            _ => (None, false),
        };
        if let Event::TopicsSealed(seal) = event {
            self.seals.push((sequence, *seal));
        }
        if let Some(message) = self.references.note(sequence, event) {
            self.auditor.fault(FaultClass::Event, Some(sequence), message);
        }
        if self.scope.reader.is_some()
            && let Some(recorded) = self.readings.push(sequence, event)
        {
            self.recorded.entry(recorded.content).or_default().push(recorded);
        }
        if let Some(content) = event.redacted() {
            let first = self.contents.get(&content).map(|named| named.entry);
            let said = event.filing().map(|filing| filing.entry);
            // What is named before the checkpoint that is gone on from was not read.
            let unread = said.is_some_and(|entry| entry < self.read_from());
            if !unread && (first != said || said.is_none()) {
                let message = format!(
                    "expected a redaction of the bytes that entry {} is the first to name",
                    said.unwrap_or_default()
                );
                self.auditor.fault(FaultClass::Event, Some(sequence), message);
            } else {
                self.redactions.entry(content).or_insert(sequence);
                let entry = said.unwrap_or_default();
                let named = Named { entry, recorded: None, len: None, at: None };
                self.contents.entry(content).or_insert(named);
            }
        } else if let Some(content) = event.content() {
            let first = Named { entry: sequence, recorded: None, len: None, at: None };
            let named = self.contents.entry(content).or_insert(first);
            named.recorded = named.recorded.or(records.then_some(sequence));
            if let Some(message) = length_said(&mut named.len, len) {
                self.auditor.fault(FaultClass::Blob, Some(sequence), message);
            }
        }
        if let (Some(Ok(index)), Some(rows)) = (&mut self.index, rows)
            && let Err(what) = index.take(rows)
        {
            self.auditor.fault(FaultClass::Index, Some(sequence), what);
        }
    }

    fn report(mut self) -> Report {
        let reach = slots(self.committed.size);
        if !self.stored.is_empty() && (self.stored.len() as u64) < reach {
            let what = "the tree's last stored hashes: opening the ledger makes them";
            self.not_checked.push(what.to_owned());
        }
        for fault in std::mem::take(&mut self.tree).finish() {
            self.auditor.fault(fault.class, fault.entry, fault.message);
        }
        for fault in std::mem::take(&mut self.of_kept) {
            self.auditor.fault(fault.class, fault.entry, fault.message);
        }
        let outside = "whether all of it was rewritten: nothing outside the ledger was compared";
        if self.scope.against.is_empty() && self.scope.since.is_none() {
            self.not_checked.push(outside.to_owned());
        }
        let since = self.scope.since.map(|kept| kept.size);
        if let Some(size) = since {
            self.left_before(size);
        }
        let with_reader = self.scope.reader.is_some() && !self.scope.quick;
        let (bytes, index) = (!self.scope.quick, !self.scope.quick && since.is_none());
        let done = [true, true, true, true, bytes, index, with_reader];
        let from = since.map_or(String::new(), |size| format!(", from entry {size} on"));
        let (mut checked, mut left) = (Vec::new(), Vec::new());
        checked.extend(since.map(|size| {
            format!("that the tree goes on from the {size} entries of the checkpoint given")
        }));
        for ((level, what), done) in LEVELS.into_iter().zip(done) {
            match done {
                true => checked.push(format!("{level} {what}{from}")),
                false => left.push(format!("{level} {what}")),
            }
        }
        left.append(&mut self.not_checked);
        let counts = self.signed.counts(self.committed);
        Report {
            size: counts.size,
            head: counts.hash,
            origin: self.identity.map(|of| of.key.name().to_owned()),
            checked,
            not_checked: left,
            anchors: self.anchors.anchors,
            faults: self.auditor.finish(),
            redacted: self.redacted,
            hashed: self.hashed,
        }
    }
}

/// How many bytes the journal's files have.
fn files_len(layout: &Layout) -> Result<u64, StoreError> {
    let journal = layout.journal();
    let mut total = 0;
    for stream in [Stream::Entries, Stream::Blobs] {
        for number in stream.segments(&journal)? {
            let path = stream.file(&journal, number);
            let meta = std::fs::metadata(&path).map_err(|error| io_error("read", &path, error))?;
            total += meta.len();
        }
    }
    Ok(total)
}
