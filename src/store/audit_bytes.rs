//! The part of an audit that goes beyond the entries themselves: received bytes, what they read as,
//! and seals. Follows no journal; it is handed what stands there.

use crate::ledger::audit::{Fault, FaultClass};
use crate::ledger::chain::Entry;
use crate::ledger::seal::Sorting;
use crate::store::audit::Audit;
use crate::store::journal::{Location, load};
use crate::store::log::StoreError;
use crate::store::segment::{HEADER_LEN, Item, Record, Records, Stream, Tag};
use crate::store::unpack;
use crate::terms::id::ContentId;

impl Audit<'_> {
    /// Step 10: the received bytes, as they were found.
    pub(crate) fn blobs(&mut self, found: Vec<Vec<unpack::Found>>) {
        let mut tail: Vec<Fault> = Vec::new();
        for one in found.into_iter().flatten() {
            let (class, entry, message) = match one {
                unpack::Found::Whole(whole) => {
                    self.hashed += whole.at.raw_len;
                    self.found(&whole);
                    tail.drain(..).for_each(|f| self.auditor.fault(f.class, f.entry, f.message));
                    continue;
                }
                unpack::Found::Gone { content, at, entry } => {
                    self.gone(content, at, entry);
                    tail.drain(..).for_each(|f| self.auditor.fault(f.class, f.entry, f.message));
                    continue;
                }
                unpack::Found::Broken { name, sound, what } => {
                    let entry = name.and_then(|name| self.contents.get(&name));
                    let class = if sound { FaultClass::Blob } else { FaultClass::Frame };
                    (class, entry.map(|named| named.entry), what)
                }
                unpack::Found::Frame(what) => (FaultClass::Frame, None, what),
            };
            tail.push(Fault { class, entry, message });
        }
        self.missing_blobs(tail);
        let redacted = self.recorded.iter().filter(|(id, _)| self.redactions.contains_key(id));
        let count: usize = redacted.map(|(_, recorded)| recorded.len()).sum();
        if count > 0 {
            self.not_checked.push(format!("L6 readings: {count} of bytes that are redacted"));
        }
        if self.by_another > 0 {
            let count = self.by_another;
            self.not_checked.push(format!("L6 readings: {count} by another reader than this one"));
        }
    }

    /// A tombstone: an entry must speak for it.
    fn gone(&mut self, content: ContentId, at: Location, entry: u64) {
        let said = self.redactions.get(&content).copied();
        let before = self.read_from();
        let named = self.contents.get_mut(&content);
        let of = named.as_ref().map(|named| (named.entry, named.len));
        let fits = (said == Some(entry) || entry < before)
            && of.is_some_and(|(_, len)| len.is_none_or(|len| len == at.raw_len));
        if !fits {
            let message = format!(
                "expected the received bytes {content}, got a tombstone that names entry {entry}, \
                 which does not redact so many of them"
            );
            self.auditor.fault(FaultClass::Blob, of.map(|(first, _)| first), message);
        }
        if let Some(named) = named.filter(|named| named.at.is_none()) {
            named.at = Some(at);
            self.redacted.gone += u64::from(fits);
        }
    }

    fn found(&mut self, whole: &unpack::Whole) {
        let (at, raw_len) = (whole.at, whole.at.raw_len);
        let Some(named) = self.contents.get_mut(&whole.content) else {
            self.orphans.entry(whole.content).or_insert(at);
            return;
        };
        if named.at.is_some() {
            return;
        }
        named.at = Some(at);
        self.redacted.still += u64::from(self.redactions.contains_key(&whole.content));
        let (entry, expected) = (named.entry, named.len.unwrap_or(raw_len));
        if expected != raw_len {
            let message = format!("expected {expected} received bytes, got {raw_len}");
            self.auditor.fault(FaultClass::Blob, Some(entry), message);
        }
        self.read_again(whole);
    }

    /// Whether received bytes read as the entries say that rest on them.
    fn read_again(&mut self, whole: &unpack::Whole) {
        let (Some(reader), Some(got)) = (self.scope.reader, &whole.reading) else { return };
        for recorded in self.recorded.remove(&whole.content).unwrap_or_default() {
            if recorded.reader != reader.version {
                self.by_another += 1;
            } else if recorded.reading != **got {
                let message = format!(
                    "expected the reading that reader {} makes of the received bytes {}, got \
                     another",
                    recorded.reader, whole.content
                );
                self.auditor.fault(FaultClass::Derivation, Some(recorded.entry), message);
            }
        }
    }

    /// The seals, each made again from the entries; they can be told only where those are sound.
    pub(crate) fn seals(&mut self) -> Result<(), StoreError> {
        let Some(size) = self.seals.iter().map(|(_, seal)| seal.size).max() else { return Ok(()) };
        if !self.auditor.is_sound() {
            self.not_checked.push("L5 the seals, for the journal has faults".to_owned());
            return Ok(());
        }
        let mut sorting = Sorting::from(0);
        for number in Stream::Entries.segments(&self.layout.journal())? {
            let bytes = load(self.layout, Stream::Entries, number)?;
            for item in Records::new(&bytes, HEADER_LEN) {
                let Item::Record(Record { tag: Tag::Entry, body, .. }) = item else { continue };
                if let Ok(entry) = Entry::from_bytes(body)
                    && entry.sequence() < size
                    && let Ok(event) = entry.open()
                {
                    sorting.push(&event);
                }
            }
        }
        let all = sorting.finish();
        for (sequence, seal) in std::mem::take(&mut self.seals) {
            let expected = all.part(seal.from, seal.size).seal();
            if expected != seal {
                let message = format!(
                    "expected {} topics with root {} sealed of entries {} to {}, got {} with {}",
                    expected.topics, expected.root, seal.from, seal.size, seal.topics, seal.root
                );
                self.auditor.fault(FaultClass::Seal, Some(sequence), message);
            }
        }
        Ok(())
    }

    /// Damage at the very end is the remains of a batch that was never acknowledged, unless
    /// received bytes are missing.
    fn missing_blobs(&mut self, tail: Vec<Fault>) {
        let missing: Vec<(ContentId, u64)> = self
            .contents
            .iter()
            .filter(|(_, named)| named.at.is_none())
            .map(|(content, named)| (*content, named.entry))
            .collect();
        if missing.is_empty() && !tail.is_empty() {
            let what = "received bytes after the last whole record, which no entry names";
            self.not_checked.push(what.to_owned());
            return;
        }
        tail.into_iter().for_each(|f| self.auditor.fault(f.class, f.entry, f.message));
        for (content, entry) in missing {
            let or = match self.redactions.contains_key(&content) {
                true => ", or the tombstone in their place",
                false => "",
            };
            let message =
                format!("expected the received bytes {content}{or}, got none that are whole");
            self.auditor.fault(FaultClass::Blob, Some(entry), message);
        }
    }
}
