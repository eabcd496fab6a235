//! Whose hand kept what is kept for answers: lists of its digests, and a signature over them (spec,
//! section 11.5). Knows nothing of what is kept.

use std::collections::BTreeSet;

use crate::ledger::rotation::Keys;
use crate::store::index::{Index, short};
use crate::store::kept::Reach;
use crate::store::sled::IndexError;

/// The name under which the digests of all lists stand.
const LISTS: [u8; 1] = [0];
/// How many lists there are.
const COUNT: usize = 256;
/// Bytes of a digest.
const DIGEST_LEN: usize = 32;

type Digest = [u8; DIGEST_LEN];

/// What a signature is made of, and who makes it.
pub(crate) type Sign<'a> = dyn Fn(&[u8]) -> [u8; 64] + 'a;

/// Whether a name is that of a list.
pub(super) fn is_list(name: &[u8]) -> bool {
    name.first() == Some(&0)
}

fn digest(bytes: &[u8]) -> Digest {
    blake3::hash(bytes).into()
}

/// The list that a name is on.
fn list_of(name: &[u8]) -> [u8; 2] {
    let [first, ..] = digest(name);
    [0, first]
}

/// The names of a list with their digests, in order; an error where it is none.
fn parsed(mut list: &[u8]) -> Result<Vec<(&[u8], Digest)>, IndexError> {
    let cut = || short("expected a list of what is kept, got a part of one");
    let mut each = Vec::new();
    while !list.is_empty() {
        let (len, rest) = list.split_first_chunk().ok_or_else(cut)?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (name, rest) = rest.split_at_checked(len).ok_or_else(cut)?;
        let (digest, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        each.push((name, *digest));
        list = rest;
    }
    Ok(each)
}

fn written(each: &[(&[u8], Digest)]) -> Vec<u8> {
    let mut list = Vec::new();
    for (name, digest) in each {
        // No name is longer.
        list.extend_from_slice(&(name.len() as u16).to_be_bytes());
        list.extend_from_slice(name);
        list.extend_from_slice(digest);
    }
    list
}

/// What is signed.
fn message(origin: &str, version: u32, reach: &Reach, lists: &[u8]) -> Vec<u8> {
    let mut message = format!("blockholder/v1 kept\n{origin}\n").into_bytes();
    message.extend_from_slice(&version.to_be_bytes());
    message.extend_from_slice(&reach.size.to_be_bytes());
    message.extend_from_slice(&reach.head.0);
    message.extend_from_slice(&digest(lists));
    message
}

/// The digests of all lists, as somebody signed for them.
pub(crate) struct Signed {
    version: u32,
    lists: Vec<u8>,
    /// Names that were found to be as they are listed.
    found: BTreeSet<Vec<u8>>,
}

impl Signed {
    /// Whether it is of a version.
    pub(crate) fn is_of(&self, version: u32) -> bool {
        self.version == version
    }

    /// That what is kept under a name, or that nothing is, was signed for.
    ///
    /// # Errors
    /// It was not.
    pub(crate) fn holds(
        &mut self,
        index: &Index,
        name: &[u8],
        kept: Option<&[u8]>,
    ) -> Result<(), IndexError> {
        if self.found.contains(name) {
            return Ok(());
        }
        let list = self.list(index, list_of(name))?;
        let mut listed = parsed(&list)?.into_iter().filter(|(other, _)| *other == name);
        if listed.next().map(|(_, digest)| digest) != kept.map(digest) {
            return Err(short(format!("what is kept under {name:?} is not what is signed for")));
        }
        self.found.insert(name.to_vec());
        Ok(())
    }

    /// A list, if it is the one that was signed for.
    fn list(&self, index: &Index, name: [u8; 2]) -> Result<Vec<u8>, IndexError> {
        let list = index.kept(self.version, &name)?.unwrap_or_default();
        let [_, number] = name;
        let due = self.lists.chunks(DIGEST_LEN).nth(usize::from(number));
        match due == Some(&digest(&list)) {
            true => Ok(list),
            false => Err(short("a list of what is kept is not the one that is signed for")),
        }
    }
}

impl Index {
    /// Lists what is kept under a name from now on, or that nothing is.
    pub(super) fn list(
        &mut self,
        version: u32,
        name: &[u8],
        kept: Option<&[u8]>,
    ) -> Result<(), IndexError> {
        let own = list_of(name);
        let before = self.kept(version, &own)?.unwrap_or_default();
        let mut each = parsed(&before)?;
        each.retain(|(other, _)| *other != name);
        if let Some(kept) = kept {
            let at = each.partition_point(|(other, _)| *other < name);
            each.insert(at, (name, digest(kept)));
        }
        let list = written(&each);
        let mut lists = self.lists(version)?;
        let [_, number] = own;
        let due = lists.chunks_mut(DIGEST_LEN).nth(usize::from(number));
        due.into_iter().for_each(|due| due.copy_from_slice(&digest(&list)));
        self.put(version, &own, Some(&list).filter(|list| !list.is_empty()).map(Vec::as_slice))?;
        self.put(version, &LISTS, Some(&lists))
    }

    /// The digests of all lists.
    fn lists(&self, version: u32) -> Result<Vec<u8>, IndexError> {
        match self.kept(version, &LISTS)? {
            Some(lists) if lists.len() == COUNT * DIGEST_LEN => Ok(lists),
            Some(_) => Err(short("expected the digests of all lists of what is kept")),
            None => Ok(digest(&[]).repeat(COUNT)),
        }
    }

    /// The signature of what a version keeps up to a place.
    pub(super) fn signature(
        &self,
        (version, origin): (u32, &str),
        reach: &Reach,
        sign: &Sign<'_>,
    ) -> Result<[u8; 64], IndexError> {
        Ok(sign(&message(origin, version, reach, &self.lists(version)?)))
    }

    /// The digests of what a version keeps, if one of the keys signed for them; nothing where it
    /// follows no entries.
    ///
    /// # Errors
    /// The index cannot be read, or nobody signed for what it keeps.
    pub(crate) fn signed(&self, version: u32, keys: &Keys) -> Result<Option<Signed>, IndexError> {
        let Some((reach, signature)) = self.reach_signed(version)? else { return Ok(None) };
        let lists = self.lists(version)?;
        let message = message(keys.origin(), version, &reach, &lists);
        let mut due = [keys.of_size(reach.size), keys.of_size(reach.size + 1)].into_iter();
        if due.all(|key| key.check(&message, &signature).is_err()) {
            return Err(short("what is kept for answers is not signed for"));
        }
        Ok(Some(Signed { version, lists, found: BTreeSet::new() }))
    }

    /// How what a version keeps differs from what is signed for, each difference in words.
    ///
    /// # Errors
    /// The index cannot be read.
    pub(crate) fn not_signed(&self, version: u32, keys: &Keys) -> Result<Vec<String>, IndexError> {
        let mut signed = match self.signed(version, keys) {
            Ok(Some(signed)) => signed,
            Ok(None) => return Ok(Vec::new()),
            Err(IndexError(why)) => return Ok(vec![why]),
        };
        let (mut names, mut wrong) = (BTreeSet::from_iter(self.kept_names(version)?), Vec::new());
        for number in 0..=u8::MAX {
            match signed.list(self, [0, number]) {
                Ok(list) => names.extend(parsed(&list)?.into_iter().map(|(name, _)| name.to_vec())),
                Err(IndexError(why)) => {
                    wrong.push(why);
                    // Nothing can be told of the names on it.
                    names.retain(|name| list_of(name) != [0, number]);
                }
            }
        }
        for name in names {
            let held = self.kept(version, &name);
            let held = held.and_then(|kept| signed.holds(self, &name, kept.as_deref()));
            wrong.extend(held.err().map(|IndexError(why)| why));
        }
        Ok(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::{KeyKind, SigningKey};
    use crate::terms::id::EntryHash;

    /// A list that is another hides nothing of the other lists.
    #[test]
    fn every_difference_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::open(folder.path()).unwrap();
        let names: Vec<Vec<u8>> = (1..=9).map(|n| vec![n]).collect();
        for name in &names {
            index.keep(7, name, Some(b"kept")).unwrap();
        }
        let key = SigningKey::from_seed("x", KeyKind::Log, &[7; 32]).unwrap();
        let reach = Reach { size: 3, head: EntryHash([3; 32]) };
        index.follow((7, "x"), &reach, &|said| key.sign(said)).unwrap();
        let keys = Keys::of(key.public().clone());
        assert_eq!(index.not_signed(7, &keys).unwrap(), Vec::<String>::new());
        index.put(7, &list_of(&names[0]), None).unwrap();
        index.put(7, &names[1], Some(b"other")).unwrap();
        index.put(7, &names[2], None).unwrap();
        let named = index.not_signed(7, &keys).unwrap();
        let lists = named.iter().filter(|why| why.starts_with("a list")).count();
        assert_eq!((named.len(), lists), (3, 1), "{named:?}");
    }
}
