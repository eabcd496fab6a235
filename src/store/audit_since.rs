//! The part of an audit that goes on from a checkpoint that somebody trusts: where it begins, and
//! that the tree begins with what the checkpoint stands for. Reads no entry before it but the last.

use std::collections::BTreeSet;
use std::io::Read;

use crate::ledger::audit::FaultClass;
use crate::ledger::chain::{Entry, Head};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::merkle::{Edge, Subtree, hash_of_range, leaf};
use crate::ledger::proof::{check_inclusion, inclusion};
use crate::ledger::tree_audit::TreeAudit;
use crate::store::audit::Audit;
use crate::store::audit_checkpoints::Signed;
use crate::store::checkpoints::Acknowledged;
use crate::store::journal::load;
use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::lots::Lots;
use crate::store::regular;
use crate::store::segment::{HEADER_LEN, Header, Item, Place, Records, Stream, Tag};
use crate::store::unpack;
use crate::terms::id::TreeHash;

/// The stored hashes end before one that is needed.
struct Lacking;

impl Audit<'_> {
    /// Steps 2 to 9 from the size of a trusted checkpoint on (spec, section 13).
    pub(crate) fn entries_since(&mut self, kept: &Checkpoint) -> Result<(), StoreError> {
        let size = kept.size;
        self.pass_over_checkpoints(kept);
        let before = self.begin(kept).map_err(|Lacking| StoreError::NoHashes { size })?;
        let segments = Stream::Entries.segments(&self.layout.journal())?;
        let first = first_segment(self.layout, &segments, size)?;
        for segment in segments.into_iter().filter(|number| *number >= first) {
            let bytes = load(self.layout, Stream::Entries, segment)?;
            if let Some(offset) = self.begin_in(kept, &bytes, &before) {
                let from = Place { segment, offset };
                let lots = Lots::from(self.layout, Stream::Entries, from)?;
                return self.lots(lots, segment, None);
            }
        }
        Err(StoreError::NotReached { size })
    }

    /// Checkpoints up to the trusted one are not looked at.
    fn pass_over_checkpoints(&mut self, kept: &Checkpoint) {
        let notes: Vec<_> = self.notes.by_ref().collect();
        // One that cannot be read after the last of them is not among them.
        let earlier = |note: &Result<(Acknowledged, _), _>| {
            note.as_ref().is_ok_and(|(at, _)| at.size <= kept.size)
        };
        let old = notes.iter().rposition(earlier).map_or(0, |last| last + 1);
        self.number = old as u64;
        self.notes = notes.into_iter().skip(old).collect::<Vec<_>>().into_iter().peekable();
        self.last = Some(Acknowledged { size: kept.size, root: kept.root });
        self.signers.since(kept.size);
    }

    /// Whether the stored hashes lead to the trusted root; the tree goes on from them. Gives back
    /// the path of the last entry before.
    fn begin(&mut self, kept: &Checkpoint) -> Result<Vec<TreeHash>, Lacking> {
        let size = kept.size;
        let stored = &self.stored;
        let mut hash = |subtree: Subtree| {
            let at = usize::try_from(subtree.slot()).ok();
            at.and_then(|at| stored.get(at)).copied().ok_or(Lacking)
        };
        let root = hash_of_range(0, size, &mut hash)?;
        let path = inclusion(size.saturating_sub(1), size, &mut hash)?;
        let edge = Edge::load(size, &mut hash)?;
        if root != kept.root {
            let message = format!(
                "expected the root {} at {size} entries, as the checkpoint given says, got {root} \
                 by the stored hashes; an audit of everything tells which entries differ",
                kept.root
            );
            self.auditor.fault(FaultClass::Root, size.checked_sub(1), message);
        }
        self.tree = TreeAudit::from(edge);
        Ok(path)
    }

    /// The end of the last entry before, if this segment has it: from there the audit goes on.
    fn begin_in(&mut self, kept: &Checkpoint, bytes: &[u8], path: &[TreeHash]) -> Option<u64> {
        let last = kept.size.saturating_sub(1);
        let found = Records::new(bytes, HEADER_LEN).find_map(|item| match item {
            Item::Record(record) if record.tag == Tag::Entry => {
                let entry = Entry::from_bytes(record.body).ok()?;
                (entry.sequence() == last).then(|| (entry, record.end()))
            }
            _ => None,
        });
        let (entry, end) = found?;
        self.hashed += entry.to_bytes().len() as u64;
        self.go_on_after(&entry, kept, path);
        Some(end)
    }

    fn go_on_after(&mut self, entry: &Entry, kept: &Checkpoint, path: &[TreeHash]) {
        let (last, size) = (entry.sequence(), kept.size);
        let is = leaf(&entry.to_bytes());
        if check_inclusion(last, size, is, path, kept.root).is_err() {
            let message = format!(
                "entry {last}: the entry is not the one in the tree of {size} entries that the \
                 checkpoint given stands for"
            );
            self.auditor.fault(FaultClass::Leaf, Some(last), message);
        }
        let head: Head = entry.head();
        self.committed = head;
        self.signed = Signed::after(head);
        self.auditor.go_on_after(head);
    }

    /// The received bytes that new entries name, wherever they stand.
    pub(crate) fn blobs_named(&mut self) -> Result<Vec<Vec<unpack::Found>>, StoreError> {
        let named: BTreeSet<_> = self.contents.keys().copied().collect();
        unpack::named(self.layout, self.scope.reader, &self.done, &named)
    }

    /// What an audit from a checkpoint on leaves unchecked.
    pub(crate) fn left_before(&mut self, size: u64) {
        self.not_checked.push(format!(
            "the first {size} entries: only that the tree begins with those that the checkpoint \
             given stands for; the journal's copy of them, their received bytes and what they say \
             were not read"
        ));
    }
}

/// The segment with the last entry before a size: the last one that begins below it.
fn first_segment(layout: &Layout, segments: &[u32], size: u64) -> Result<u32, StoreError> {
    for number in segments.iter().rev() {
        let path = Stream::Entries.file(&layout.journal(), *number);
        let mut header = Vec::new();
        let read = regular::open(&path)
            .and_then(|file| file.take(HEADER_LEN as u64).read_to_end(&mut header));
        read.map_err(|error| io_error("read", &path, error))?;
        let begins = Header::check(&header, Stream::Entries, *number);
        if begins.is_ok_and(|header| header.first < size) {
            return Ok(*number);
        }
    }
    Ok(0)
}
