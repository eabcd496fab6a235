//! Batches written into a journal by hand, as anybody can who may write to its file.
//! Knows nothing of what a store would refuse.

use std::fs;
use std::path::Path;

use blockholder::ledger::chain::{Entry, Head};
use blockholder::ledger::event::Event;
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::store::commit::Commit;
use blockholder::store::segment::{Stream, Tag, write_record};
use blockholder::terms::time::RecordedAt;

use crate::common::{ORIGIN, new_key, segment};

/// The key of every ledger that tests make.
pub fn own_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyKind::Log, &new_key().seed).unwrap()
}

/// Writes a batch where the journal ends, and returns the head with it.
pub fn plant(at: &Path, head: &Head, events: &[Event], hand: Option<&SigningKey>) -> Head {
    let (path, mut head) = (segment(at, Stream::Entries), *head);
    let mut bytes = fs::read(&path).unwrap();
    for event in events {
        let now = RecordedAt(head.recorded_at.0 + 1);
        let entry = Entry::link(&head, now, event).unwrap();
        write_record(&mut bytes, Tag::Entry, &entry.to_bytes());
        head = entry.head();
    }
    let commit = Commit::of(&head);
    hand.map_or(commit, |key| commit.by(key)).write(&mut bytes);
    fs::write(path, bytes).unwrap();
    head
}
