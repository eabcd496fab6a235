//! The record that ends a batch, and by whose hand it is (spec, sections 9.3 and 9.5).
//! Knows nothing of files, nor of what the batch says.

use crate::ledger::chain::Head;
use crate::ledger::key::SigningKey;
use crate::store::segment::{AUTHENTICATOR_LEN, COMMIT_LEN, Tag, part, write_parts};
use crate::terms::id::EntryHash;

/// The end of a batch (spec, sections 9.3 and 9.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commit {
    /// The ledger's size with the batch.
    pub size: u64,
    /// The hash of its last entry.
    pub hash: EntryHash,
    /// What tells by whose hand it is.
    pub authenticator: Option<[u8; AUTHENTICATOR_LEN]>,
}

impl Commit {
    /// The end of a batch, by nobody's hand yet.
    pub fn of(head: &Head) -> Self {
        Self { size: head.size, hash: head.hash, authenticator: None }
    }

    /// The same, by the hand that has a key.
    pub fn by(self, key: &SigningKey) -> Self {
        Self { authenticator: Some(key.authenticator(&self.said())), ..self }
    }

    /// Whether it is by the hand that has a key.
    pub fn is_by(&self, key: &SigningKey) -> bool {
        self.authenticator == self.by(key).authenticator
    }

    fn said(&self) -> [u8; COMMIT_LEN] {
        let mut said = [0; COMMIT_LEN];
        let bytes = self.size.to_le_bytes().into_iter().chain(self.hash.0);
        said.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        said
    }

    /// Appends its record.
    pub fn write(&self, to: &mut Vec<u8>) {
        let authenticator = self.authenticator.as_ref().map_or(&[][..], |one| one);
        write_parts(to, Tag::Commit, &[&self.said(), authenticator]);
    }

    /// The commit of a record's body; `None` for a body of another length.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (said, rest) = body.split_first_chunk::<COMMIT_LEN>()?;
        let authenticator = match rest {
            [] => None,
            rest => Some(rest.try_into().ok()?),
        };
        let (size, hash) = (u64::from_le_bytes(part(said, 0)), EntryHash(part(said, 8)));
        Some(Self { size, hash, authenticator })
    }
}
