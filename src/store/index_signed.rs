//! Who vouches for what the index holds: the ledger's key in force, and for what (spec, sections
//! 11.2 and 11.4). Knows nothing of its rows.

use std::path::Path;

use crate::ledger::key::{SigningKey, VerifierKey};
use crate::ledger::rotation::Keys;
use crate::store::index::Index;
use crate::store::index_meta::Kept;
use crate::store::sled::{IndexError, Sled};

/// Who vouches for what sled holds.
pub(super) struct Vouched {
    /// Who signed for it, of those who may.
    pub(super) signer: Option<VerifierKey>,
    /// Whether all of it was put in by this process.
    own: bool,
    /// Signs for what goes in.
    hand: Option<SigningKey>,
}

impl Vouched {
    /// Nobody; and nobody else put anything in where there is nothing.
    pub(super) fn of(kept: Option<&Kept>) -> Self {
        Self { signer: None, own: kept.is_none(), hand: None }
    }

    /// The key at hand, if it may sign: for what was signed for before or put in by this process.
    fn may_sign(&self) -> Option<&SigningKey> {
        self.hand.as_ref().filter(|_| self.own || self.signer.is_some())
    }

    /// Signs for what sled is to hold; returns who did.
    pub(super) fn sign(&self, kept: &mut Kept) -> Option<VerifierKey> {
        let by = self.may_sign()?;
        kept.sign(by);
        Some(by.public().clone())
    }

    /// Whether it has the signature of the key at hand, if that may sign.
    pub(super) fn is_signed_by_hand(&self) -> bool {
        self.may_sign().is_none_or(|key| self.signer.as_ref() == Some(key.public()))
    }

    /// Whether it is signed for, and whoever changed it could not sign.
    pub(super) fn is_anothers(&self) -> bool {
        self.signer.is_some() && self.hand.is_none()
    }
}

impl Index {
    /// Opens what is in a folder as a ledger's index: what is in it must be signed for by the key
    /// in force; without that key at hand it can be unsigned. The key signs for what goes into it
    /// from now on. One that was not at rest is counted over, as in [`Index::open`].
    ///
    /// # Errors
    /// As [`Index::open`], or it is not signed for.
    pub fn open_signed(
        path: &Path,
        keys: &Keys,
        hand: Option<&SigningKey>,
    ) -> Result<Self, IndexError> {
        let mut index = Self::of(Sled::open(path)?, path)?;
        if index.is_forged(keys) {
            return Err(IndexError::new("it is not signed for by the ledger's key"));
        }
        if index.is_unsigned() && hand.is_some() {
            return Err(IndexError::new("it is not signed for"));
        }
        index.vouched.signer = index.is_by(keys).then(|| keys.current().clone());
        index.take_key(hand);
        index.counted()
    }

    /// Lets a key sign for what goes into sled from now on. It never signs for what was neither
    /// signed for before nor put in by this process.
    pub(super) fn take_key(&mut self, key: Option<&SigningKey>) {
        self.vouched.hand = key.cloned();
    }

    /// Whether all that it holds is signed for, or will be once it is in sled.
    pub fn is_signed(&self) -> bool {
        self.vouched.signer.is_some() || self.vouched.may_sign().is_some()
    }

    /// Whether somebody else put in what it holds, and nobody signed for it.
    pub fn is_doubtful(&self) -> bool {
        self.vouched.signer.is_none() && !self.vouched.own
    }

    /// Whether somebody signed for it, but not with the ledger's key in force.
    pub(super) fn is_forged(&self, keys: &Keys) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.signature.is_some() && !kept.is_by(keys))
    }

    /// Whether the ledger's key in force signed for what sled holds.
    pub(super) fn is_by(&self, keys: &Keys) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.is_by(keys))
    }

    /// Whether nobody signed for what sled holds.
    pub(super) fn is_unsigned(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.signature.is_none())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ledger::chain::Head;
    use crate::ledger::event::{Because, KeyRotated};
    use crate::ledger::key::KeyKind;
    use crate::store::found::{Rows, Table};
    use crate::store::index::Meta;
    use crate::store::packed::Change;

    fn row(size: u64) -> Rows {
        let key = Table::Contents.key(&size.to_be_bytes());
        Rows { sequence: size - 1, rows: vec![(key, Change::Put(vec![7; 8]))] }
    }

    fn meta(size: u64) -> Meta {
        Meta { head: Head { size, ..Head::NONE }, ..Meta::NONE }
    }

    /// Who may sign for an index, and what becomes of one that nobody signed for.
    #[test]
    fn an_index_is_vouched_for_by_the_ledgers_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        let key = |seed| SigningKey::from_seed("x", KeyKind::Log, &[seed; 32]).unwrap();
        let (own, other) = (key(1), key(2));
        let keys = Keys::of(own.public().clone());
        let signed_by = |key: Option<&SigningKey>, size| {
            fs::remove_dir_all(&path).unwrap();
            let mut index = Index::open(&path).unwrap();
            index.take_key(key);
            index.apply([row(size)], &[], &meta(size)).unwrap();
            index.rest().unwrap();
        };
        let vouch = |hand: Option<&SigningKey>| {
            Index::open_signed(&path, &keys, hand).map(|index| index.is_signed())
        };
        assert_eq!(vouch(Some(&own)), Ok(true), "nothing is in it yet");
        assert_eq!(vouch(None), Ok(false));
        signed_by(None, 1);
        assert_eq!(vouch(None), Ok(false));
        assert_eq!(vouch(Some(&own)), Err(IndexError::new("it is not signed for")));
        signed_by(Some(&other), 2);
        let forged = Err(IndexError::new("it is not signed for by the ledger's key"));
        assert_eq!((vouch(None), vouch(Some(&own))), (forged.clone(), forged.clone()));
        signed_by(Some(&own), 3);
        assert_eq!((vouch(None), vouch(Some(&own))), (Ok(true), Ok(true)));
        // Whoever has no key leaves it as it is.
        let mut index = Index::open_signed(&path, &keys, None).unwrap();
        index.apply([row(4)], &[], &meta(4)).unwrap();
        index.rest().unwrap();
        assert_eq!(index.meta().unwrap().head.size, 4);
        drop(index);
        assert_eq!(Index::open(&path).unwrap().meta().unwrap().head.size, 3);
        assert_eq!(vouch(None), Ok(true));
        // A key that follows signs for it in its turn, though nothing else changes.
        let mut later = keys.clone();
        let rotated = KeyRotated {
            old: own.public().to_string(),
            new: other.public().to_string(),
            because: Because { who: "x".into(), reason: "x".into() },
        };
        later.rotate(1, &rotated).unwrap();
        assert!(Index::open_signed(&path, &later, None).is_err(), "the old key signs no more");
        let mut index = Index::open_signed(&path, &keys, None).unwrap();
        index.take_key(Some(&other));
        index.rest().unwrap();
        drop(index);
        assert!(Index::open_signed(&path, &later, None).unwrap().is_signed());
        signed_by(Some(&own), 3);
        // What nobody signed for gets no signature, whoever comes to have the key.
        signed_by(None, 3);
        let mut index = Index::open_signed(&path, &keys, None).unwrap();
        index.take_key(Some(&own));
        index.apply([row(4)], &[], &meta(4)).unwrap();
        index.rest().unwrap();
        assert!(!index.is_signed());
        drop(index);
        assert_eq!(vouch(None), Ok(false));
        signed_by(Some(&own), 3);
        // Every byte of the row is signed for.
        let sled = Sled::open(&path).unwrap();
        let row = sled.meta().unwrap().unwrap().to_vec();
        for at in 4..row.len() {
            let mut changed = row.clone();
            changed[at] ^= 1;
            sled.write(&[], &[], &changed).unwrap();
            let held = Kept::from_bytes(&changed).unwrap();
            assert!(!held.is_by(&keys), "byte {at}");
        }
    }
}
