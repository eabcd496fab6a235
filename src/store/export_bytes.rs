//! The part of an export's audit that looks at received bytes, and at files that do not belong.
//! Reads no entry: it is handed what stands in each.

use crate::ledger::audit::FaultClass;
use crate::ledger::event::Event;
use crate::ledger::references::length_said;
use crate::store::export_audit::Audit;
use crate::store::exported::blob_path;
use crate::store::log::StoreError;
use crate::terms::id::ContentId;

/// What the entries say of received bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    entry: u64,
    len: Option<u64>,
}

impl Audit<'_> {
    /// What an event says of the ledger's name and of received bytes.
    pub(crate) fn names(&mut self, sequence: u64, event: &Event) {
        if let Event::LedgerOpened { origin } = event {
            let said = self.keys.as_ref().map(|keys| keys.origin().to_owned());
            if let Some(said) = said.filter(|said| said != origin) {
                let message =
                    format!("expected the origin {origin} of entry 0, got a key of {said}");
                self.fault(FaultClass::Format, Some(0), message);
            }
            self.origin = Some(origin.clone());
        }
        if matches!(event, Event::KeyRotated(_)) {
            self.rotated.push(sequence);
        }
        let len = match event {
            Event::FilingRecorded(filing) => Some(filing.content_len),
            Event::FilingConflicted(conflict) => Some(conflict.received_len),
            _ => None,
        };
        if let Some(content) = event.redacted() {
            let first = self.contents.get(&content).map(|named| named.entry);
            let said = event.filing().map(|filing| filing.entry);
            // What is named before the checkpoint that is gone on from was not read.
            let unread = said.is_some_and(|entry| entry < self.begun());
            if unread || (first == said && said.is_some()) {
                self.redactions.insert(content);
                let named = Named { entry: said.unwrap_or_default(), len: None };
                self.contents.entry(content).or_insert(named);
            } else {
                let said = said.unwrap_or_default();
                let message =
                    format!("expected a redaction of the bytes that entry {said} names first");
                self.fault(FaultClass::Event, Some(sequence), message);
            }
        } else if let Some(content) = event.content() {
            let first = Named { entry: sequence, len: None };
            let named = self.contents.entry(content).or_insert(first);
            if let Some(message) = length_said(&mut named.len, len) {
                self.fault(FaultClass::Blob, Some(sequence), message);
            }
        }
        if let Some(message) = self.references.note(sequence, event) {
            self.fault(FaultClass::Event, Some(sequence), message);
        }
    }

    /// Step 6.
    pub(crate) fn blobs(&mut self) -> Result<(), StoreError> {
        for (content, Named { entry, len }) in std::mem::take(&mut self.contents) {
            let bytes = self.file(&blob_path(content))?;
            if self.redactions.contains(&content) {
                self.redacted.gone += u64::from(bytes.is_none());
                self.redacted.still += u64::from(bytes.is_some());
                if bytes.is_none() {
                    continue;
                }
            }
            let Some(bytes) = bytes else {
                let message = format!("expected the received bytes {content}, got no such file");
                self.fault(FaultClass::Blob, Some(entry), message);
                continue;
            };
            self.hashed += bytes.len() as u64;
            let (got, got_len) = (ContentId(blake3::hash(&bytes).into()), bytes.len() as u64);
            let expected = len.unwrap_or(got_len);
            if got != content {
                let message = format!("expected the received bytes {content}, got {got}");
                self.fault(FaultClass::Blob, Some(entry), message);
            } else if expected != got_len {
                let message = format!("expected {expected} received bytes, got {got_len}");
                self.fault(FaultClass::Blob, Some(entry), message);
            }
        }
        Ok(())
    }

    /// Step 3, the files that nothing has asked for.
    pub(crate) fn strays(&mut self) {
        let size = self.size;
        let mut left = std::mem::take(&mut self.left);
        if self.opened < size {
            // What an entry names that is unreadable, or was not read, is not known.
            let before = left.len();
            left.retain(|name| !name.starts_with("blob/"));
            if left.len() < before {
                let count = before - left.len();
                let what = format!("{count} received bytes that no entry that was read names");
                self.not_checked.push(what);
            }
        }
        for name in left {
            let message = format!("expected no such file in an export of {size} entries: {name}");
            self.fault(FaultClass::Stray, None, message);
        }
    }
}
