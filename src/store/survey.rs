//! Reads the journal from a place on and says how far it can be followed (spec, section 12.2).
//! Changes nothing, and knows nothing of indexes: whoever asks takes the batches as they come.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use crate::ledger::chain::{Entry, Head};
use crate::ledger::merkle::{Edge, leaf};
use crate::store::batch::{Facts, Linked};
use crate::store::commit::Commit;
use crate::store::journal::{Gone, Location, blob_name, load};
use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::regular;
use crate::store::segment::{
    AUTHENTICATOR_LEN, COMMIT_LEN, HEADER_LEN, Header, Item, Place, RECORD_HEADER_LEN, Record,
    Records, Stream, Tag,
};
use crate::terms::id::{ContentId, TreeHash};

/// What stands after the last batch that could be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Bytes without a commit: a batch that was never acknowledged, or the remains of one.
    Torn,
    /// Something is wrong, and more batches come after it.
    Damage(String),
}

/// How far the entries of a journal can be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey {
    /// The head of the last whole batch.
    pub head: Head,
    /// Where that batch ends.
    pub end: Place,
    /// What stands after it.
    pub after: After,
    /// The right edge of the tree over those entries.
    pub edge: Edge,
    /// The hashes that the tree has gained since the survey's beginning, in their order.
    pub grown: Vec<TreeHash>,
    /// The root at the size asked for, where a batch ends there.
    pub marked: Option<TreeHash>,
    /// Whole batches beyond that size, which are not handed over.
    pub beyond: Option<Beyond>,
}

/// Whole batches beyond the last checkpoint: nobody acknowledged them (spec, section 12.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beyond {
    /// Their commits, in order.
    pub commits: Vec<Commit>,
    /// Where the last of them ends.
    pub end: Place,
    /// The right edge of the tree with them.
    pub edge: Edge,
}

impl Survey {
    /// Where the last whole batch ends, whether anybody acknowledged it or not.
    pub fn whole_end(&self) -> Place {
        self.beyond.as_ref().map_or(self.end, |beyond| beyond.end)
    }

    /// How many entries can be followed, those that nobody acknowledged among them.
    pub fn reach(&self) -> u64 {
        self.beyond.as_ref().map_or(self.head.size, |beyond| beyond.edge.size())
    }
}

/// Where a survey begins: at the end of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beginning {
    /// Where the batch ends.
    pub place: Place,
    /// The head with it.
    pub head: Head,
    /// The right edge of the tree with it.
    pub edge: Edge,
}

impl Beginning {
    /// Before the first entry.
    pub fn first() -> Self {
        Self { place: Place::START, head: Head::NONE, edge: Edge::default() }
    }
}

/// Follows the entries from the end of a batch, and hands over each whole batch with the head and
/// the place after it, up to a size where one ends; `mark` also asks for the root there.
///
/// # Errors
/// A file cannot be read, or `take` fails.
pub fn entries(
    layout: &Layout,
    from: Beginning,
    mark: Option<u64>,
    take: &mut dyn FnMut(Vec<Linked>, Head, Place) -> Result<(), StoreError>,
) -> Result<Survey, StoreError> {
    let Beginning { place: from, head, edge } = from;
    let (after, grown) = (After::Nothing, Vec::new());
    let survey = Survey { head, end: from, after, edge, grown, marked: None, beyond: None };
    let (pending, leaves) = (Vec::new(), Vec::new());
    let mut walk = Walk { survey, mark, pending, leaves, last: head, wrong: None };
    let segments = Stream::Entries.segments(&layout.journal())?;
    let mut due = from.segment;
    for number in segments.into_iter().filter(|number| *number >= from.segment) {
        let bytes = load(layout, Stream::Entries, number)?;
        if number != due {
            walk.stray(format!("expected segment {due} of entries, got segment {number}"));
        }
        due = number + 1;
        let start = if number == from.segment { from.offset } else { 0 };
        walk.segment(number, start, &bytes, take)?;
    }
    Ok(walk.finish())
}

/// Follows the entries from the beginning as far as they can be followed.
///
/// # Errors
/// A file cannot be read.
pub fn all_entries(
    layout: &Layout,
    take: &mut dyn FnMut(Vec<Linked>),
) -> Result<Survey, StoreError> {
    let mut each = |batch, _, _| {
        take(batch);
        Ok(())
    };
    entries(layout, Beginning::first(), None, &mut each)
}

struct Walk {
    survey: Survey,
    mark: Option<u64>,
    pending: Vec<Linked>,
    /// The tree's hash of each pending entry.
    leaves: Vec<TreeHash>,
    last: Head,
    /// The first thing that was wrong; from then on only the search for a further commit goes on.
    wrong: Option<String>,
}

impl Walk {
    fn segment(
        &mut self,
        number: u32,
        start: u64,
        bytes: &[u8],
        take: &mut dyn FnMut(Vec<Linked>, Head, Place) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match Header::check(bytes, Stream::Entries, number) {
            Ok(header) if start == 0 && header.first != self.last.size => {
                let (first, size) = (header.first, self.last.size);
                self.stray(format!("expected segment {number} from entry {size}, got {first}"));
            }
            Ok(_) => {}
            Err(what) => self.stray(what),
        }
        let from = usize::try_from(start).unwrap_or(usize::MAX).max(HEADER_LEN);
        if from as u64 == start && from > bytes.len() {
            self.stray(format!("expected {from} bytes in segment {number}, got {}", bytes.len()));
        }
        for item in Records::new(bytes, from) {
            match item {
                Item::Record(record) => self.record(number, &record, take)?,
                Item::Damage { offset, .. } => {
                    self.stray(format!("no record in segment {number} at offset {offset}"));
                }
            }
        }
        if self.wrong.is_none() && self.pending.is_empty() && self.survey.beyond.is_none() {
            self.survey.end = Place { segment: number, offset: bytes.len() as u64 };
        }
        Ok(())
    }

    fn record(
        &mut self,
        number: u32,
        record: &Record<'_>,
        take: &mut dyn FnMut(Vec<Linked>, Head, Place) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let place = format!("in segment {number} at offset {}", record.offset);
        if !record.is_sound() {
            self.stray(format!("a record with another checksum {place}"));
            return Ok(());
        }
        if self.wrong.is_some() {
            if record.tag == Tag::Commit {
                self.survey.after = After::Damage(self.wrong.clone().unwrap_or_default());
            }
            return Ok(());
        }
        match record.tag {
            Tag::Entry => {
                if let Err(what) = self.entry(record.body) {
                    self.survey.after = After::Damage(format!("{what} {place}"));
                    self.wrong = Some(what);
                }
                Ok(())
            }
            Tag::Commit => match Commit::parse(record.body) {
                Some(commit) if (commit.size, commit.hash) == (self.last.size, self.last.hash) => {
                    let end = Place { segment: number, offset: record.end() };
                    self.commit(commit, end, take)
                }
                _ => {
                    self.misplaced(&place);
                    Ok(())
                }
            },
            Tag::Blob | Tag::Gone => {
                self.misplaced(&place);
                Ok(())
            }
        }
    }

    fn misplaced(&mut self, place: &str) {
        let what = format!("a record that does not end the batch before it {place}");
        self.survey.after = After::Damage(what.clone());
        self.wrong = Some(what);
    }

    /// A whole batch: it counts, or it is beyond the size at which the last one that counts ends.
    fn commit(
        &mut self,
        commit: Commit,
        end: Place,
        take: &mut dyn FnMut(Vec<Linked>, Head, Place) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let batch = std::mem::take(&mut self.pending);
        if self.mark == Some(self.survey.head.size) {
            let Survey { beyond, edge, .. } = &mut self.survey;
            let none = || Beyond { commits: Vec::new(), end, edge: edge.clone() };
            let beyond = beyond.get_or_insert_with(none);
            beyond.commits.push(commit);
            beyond.end = end;
            let hashes = &mut Vec::new();
            self.leaves.drain(..).for_each(|leaf| beyond.edge.push(leaf, hashes));
            return Ok(());
        }
        (self.survey.head, self.survey.end) = (self.last, end);
        self.grow();
        take(batch, self.last, end)
    }

    fn grow(&mut self) {
        let Survey { edge, grown, marked, .. } = &mut self.survey;
        self.leaves.drain(..).for_each(|leaf| edge.push(leaf, grown));
        if self.mark == Some(edge.size()) {
            *marked = Some(edge.root());
        }
    }

    /// Takes an entry that follows the last one; anything else in a sound record is no torn write.
    fn entry(&mut self, stored: &[u8]) -> Result<(), String> {
        let entry = Entry::from_bytes(stored).map_err(|error| error.to_string())?;
        let due = self.last.size;
        let (got, time) = (entry.sequence(), entry.envelope.recorded_at);
        if got != due || entry.envelope.previous != self.last.hash || time <= self.last.recorded_at
        {
            return Err(format!("expected entry {due} after {}, got entry {got}", self.last.hash));
        }
        let event = entry.open().map_err(|error| format!("entry {got}: {error}"))?;
        self.last = entry.head();
        self.leaves.push(leaf(stored));
        self.pending.push(Linked { facts: Facts::of(got, &event), entry });
        Ok(())
    }

    fn stray(&mut self, what: String) {
        if self.wrong.is_none() {
            self.survey.after = After::Torn;
            self.wrong = Some(what);
        }
    }

    fn finish(mut self) -> Survey {
        if self.survey.after == After::Nothing && !self.pending.is_empty() {
            self.survey.after = After::Torn;
        }
        self.survey
    }
}

/// The received bytes that a journal holds from a place on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Blobs {
    /// Where each is, the first sound record of each.
    pub found: BTreeMap<ContentId, Location>,
    /// Where the last sound record ends.
    pub end: Place,
    /// Whether something stands after it.
    pub torn: bool,
    /// What is wrong before it.
    pub damage: Vec<String>,
}

/// Finds the received bytes from a place on, by their records' checksums.
///
/// # Errors
/// A file cannot be read.
pub fn blobs(layout: &Layout, from: Place) -> Result<Blobs, StoreError> {
    let mut blobs = Blobs { end: from, ..Blobs::default() };
    let mut wrong = None;
    let mut due = from.segment;
    let segments = Stream::Blobs.segments(&layout.journal())?;
    for number in segments.into_iter().filter(|number| *number >= from.segment) {
        let bytes = load(layout, Stream::Blobs, number)?;
        if number != due {
            blobs.damage.push(format!("expected segment {due} of blobs, got segment {number}"));
        }
        due = number + 1;
        let start = if number == from.segment { from.offset } else { 0 };
        let start = usize::try_from(start).unwrap_or(usize::MAX).max(HEADER_LEN);
        match Header::check(&bytes, Stream::Blobs, number) {
            Ok(_) if wrong.is_none() => {
                blobs.end = blobs.end.max(Place { segment: number, offset: start as u64 });
            }
            Ok(_) => {}
            Err(what) => wrong = wrong.or(Some(what)),
        }
        for item in Records::new(&bytes, start) {
            let sound = match &item {
                Item::Record(record) if record.is_sound() => {
                    let named = match record.tag {
                        Tag::Blob => blob_name(record.body),
                        Tag::Gone => Gone::parse(record.body).map(|(id, gone)| (id, gone.raw_len)),
                        Tag::Entry | Tag::Commit => None,
                    };
                    named.map(|(content, raw_len)| (content, raw_len, *record))
                }
                _ => None,
            };
            let Some((content, raw_len, record)) = sound else {
                let what = format!("no sound record in segment {number} of blobs");
                wrong = wrong.or(Some(what));
                continue;
            };
            blobs.damage.extend(wrong.take());
            let stored_len = record.end() - record.offset;
            let at = Location { segment: number, offset: record.offset, stored_len, raw_len };
            blobs.found.entry(content).or_insert(at);
            blobs.end = Place { segment: number, offset: record.end() };
        }
    }
    blobs.torn = wrong.is_some();
    Ok(blobs)
}

/// Whether a batch with this head ends at a place: the commit before it says so. In a segment that
/// has no batch yet, its header does.
///
/// # Errors
/// The file cannot be read, other than that it is not there.
pub fn ends_batch(layout: &Layout, place: Place, head: &Head) -> Result<bool, StoreError> {
    let path = Stream::Entries.file(&layout.journal(), place.segment);
    let commit_len = (RECORD_HEADER_LEN + COMMIT_LEN + AUTHENTICATOR_LEN) as u64;
    let at_header = place.offset == HEADER_LEN as u64;
    let from = if at_header { 0 } else { place.offset.saturating_sub(commit_len) };
    let read = || -> io::Result<Vec<u8>> {
        let mut file = regular::open(&path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(place.offset - from).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = match read() {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(io_error("read", &path, error)),
    };
    if at_header {
        let header = Header::check(&bytes, Stream::Entries, place.segment);
        return Ok(header.is_ok_and(|header| header.first == head.size));
    }
    // With its authenticator, or without one.
    Ok([0, AUTHENTICATOR_LEN].into_iter().any(|from| match Records::new(&bytes, from).next() {
        Some(Item::Record(record))
            if record.tag == Tag::Commit
                && record.is_sound()
                && record.offset == from as u64
                && record.end() == bytes.len() as u64 =>
        {
            Commit::parse(record.body)
                .is_some_and(|commit| (commit.size, commit.hash) == (head.size, head.hash))
        }
        _ => false,
    }))
}
