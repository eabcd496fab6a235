//! What is kept beside the entries so that a question need not replay them: named bytes, in pieces,
//! and how far they follow the entries (spec, section 11.5). Knows nothing of what they mean.

use crate::ledger::chain::Head;
use crate::store::found::Table;
use crate::store::index::Index;
use crate::store::packed::{Change, ROW_MAX};
use crate::store::segment::part;
use crate::store::sled::IndexError;
use crate::terms::id::EntryHash;

/// The most bytes of a name.
pub const NAME_MAX: usize = 400;
/// Bytes of what is kept in one row; the rest of the row is for its key.
const PIECE: usize = ROW_MAX - NAME_MAX - 120;
/// The most memory that is asked for because a length says so.
const RESERVE_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a row's key beside the name: table, version, length, piece.
const KEY_REST: usize = 1 + 4 + 2 + 2;

/// Bytes of a reach.
const REACH_LEN: usize = 40;

/// Up to where what is kept follows the entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// How many entries are taken into account.
    pub size: u64,
    /// The hash of the last of them, which stands for all before it too.
    pub head: EntryHash,
}

impl Reach {
    /// Nothing is taken into account.
    pub const NONE: Reach = Reach { size: 0, head: Head::NONE.hash };
}

fn prefix(version: u32, name: &[u8]) -> Vec<u8> {
    let len = u16::try_from(name.len()).unwrap_or(u16::MAX);
    [version.to_be_bytes().as_slice(), &len.to_be_bytes(), name].concat()
}

fn piece_key(version: u32, name: &[u8], piece: u16) -> Vec<u8> {
    [prefix(version, name).as_slice(), &piece.to_be_bytes()].concat()
}

/// The key of a version's reach, after those of all its names: rows go into sled in the order of
/// their keys, and it must not be there before what it speaks of.
fn reach_key(version: u32) -> Vec<u8> {
    [version.to_be_bytes().as_slice(), &[0xff; 2], &[0; 2]].concat()
}

impl Index {
    /// Up to where what a version keeps follows the entries.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn reach(&self, version: u32) -> Result<Reach, IndexError> {
        match self.get(Table::Kept, &reach_key(version))? {
            Some(row) if row.len() == REACH_LEN => {
                let (size, head) = (u64::from_be_bytes(part(&row, 0)), EntryHash(part(&row, 8)));
                Ok(Reach { size, head })
            }
            Some(row) => Err(IndexError::new(format!(
                "expected a reach of {REACH_LEN} bytes, got {}",
                row.len()
            ))),
            None => Ok(Reach::NONE),
        }
    }

    /// What a version keeps under a name, whole.
    ///
    /// # Errors
    /// The index cannot be read, or holds it in part.
    pub fn kept(&self, version: u32, name: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let (mut kept, mut len, mut pieces, mut gap) = (Vec::new(), None, 0_u16, false);
        self.pieces(version, name, &mut |piece, bytes| {
            gap |= piece != pieces;
            pieces += 1;
            let Some((first, rest)) = bytes.split_first_chunk().filter(|_| piece == 0) else {
                return kept.extend_from_slice(bytes);
            };
            let expected = u64::from_be_bytes(*first);
            len = Some(expected);
            kept.reserve(usize::try_from(expected).unwrap_or(0).min(RESERVE_MAX));
            kept.extend_from_slice(rest);
        })?;
        if pieces == 0 {
            return Ok(None);
        }
        let Some(expected) = len.filter(|_| !gap) else {
            return Err(IndexError::new(
                "expected every piece of what is kept, got a part".to_owned(),
            ));
        };
        if expected != kept.len() as u64 {
            let got = kept.len();
            return Err(IndexError::new(format!(
                "expected {expected} bytes that are kept, got {got}"
            )));
        }
        Ok(Some(kept))
    }

    fn pieces(
        &self,
        version: u32,
        name: &[u8],
        take: &mut dyn FnMut(u16, &[u8]),
    ) -> Result<(), IndexError> {
        let from = Table::Kept.key(&piece_key(version, name, 0));
        let to = Table::Kept.key(&[prefix(version, name).as_slice(), &[0xff; 3]].concat());
        self.range(&from, &to, &mut |key, bytes| {
            if key.len() == KEY_REST + name.len() {
                take(u16::from_be_bytes(part(key, key.len() - 2)), bytes);
            }
        })
    }

    /// Keeps bytes under a name in the place of what was there; or nothing.
    ///
    /// # Errors
    /// The index cannot be read or written, or the name or the bytes are too long to be kept.
    pub fn keep(
        &mut self,
        version: u32,
        name: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<(), IndexError> {
        let len = bytes.map_or(0, <[u8]>::len);
        let fits = name.len() <= NAME_MAX && !name.is_empty() && len / PIECE < u16::MAX.into();
        if !fits {
            let got = name.len();
            return Err(IndexError::new(format!(
                "expected less to keep, got {len} bytes under {got}"
            )));
        }
        let mut there = 0;
        self.pieces(version, name, &mut |piece, _| there = there.max(piece + 1))?;
        let whole =
            bytes.map(|bytes| [(bytes.len() as u64).to_be_bytes().as_slice(), bytes].concat());
        let mut pieces = 0_u16;
        for piece in whole.iter().flat_map(|whole| whole.chunks(PIECE)) {
            let key = piece_key(version, name, pieces);
            self.change(Table::Kept, &key, Change::Put(piece.to_vec()));
            pieces += 1;
        }
        for piece in pieces..there {
            self.change(Table::Kept, &piece_key(version, name, piece), Change::Remove);
        }
        self.flush_if_due()
    }

    /// From here on what a version keeps follows the entries up to a place.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn follow(&mut self, version: u32, reach: &Reach) -> Result<(), IndexError> {
        let bytes = [reach.size.to_be_bytes().as_slice(), &reach.head.0].concat();
        self.change(Table::Kept, &reach_key(version), Change::Put(bytes));
        self.flush_if_due()
    }

    /// Whether another version than this keeps something.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn keeps_another(&self, version: u32) -> Result<bool, IndexError> {
        let of = |version: u32| Table::Kept.key(&version.to_be_bytes());
        let mut some = false;
        for (from, to) in [(of(0), of(version)), (of(version + 1), of(u32::MAX))] {
            self.range(&from, &to, &mut |_, _| some = true)?;
        }
        Ok(some)
    }

    /// The names under which a version keeps something, in the order of their bytes.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn kept_names(&self, version: u32) -> Result<Vec<Vec<u8>>, IndexError> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let from = Table::Kept.key(&version.to_be_bytes());
        let to = Table::Kept.key(&(version + 1).to_be_bytes());
        self.range(&from, &to, &mut |key, _| {
            let name = key.get(KEY_REST - 2..key.len().saturating_sub(2)).unwrap_or_default();
            if !name.is_empty() && names.last().map(Vec::as_slice) != Some(name) {
                names.push(name.to_vec());
            }
        })?;
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(at: &std::path::Path) -> Index {
        let mut index = Index::open(at).unwrap();
        // Every change goes into sled at once.
        index.set_lag(0);
        index
    }

    #[test]
    fn what_is_kept_comes_back_whole_longer_shorter_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = open(folder.path());
        for len in [0, 1, PIECE - 8, PIECE - 7, 5 * PIECE, 3, 2 * PIECE] {
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            index.keep(7, b"one", Some(&bytes)).unwrap();
            index.keep(7, b"on", Some(b"a name before it")).unwrap();
            index.keep(7, b"onex", Some(b"a name after it")).unwrap();
            assert_eq!(index.kept(7, b"one").unwrap(), Some(bytes), "{len}");
        }
        assert_eq!(
            index.kept_names(7).unwrap(),
            [b"on".to_vec(), b"one".to_vec(), b"onex".to_vec()]
        );
        index.keep(7, b"one", None).unwrap();
        assert_eq!(index.kept(7, b"one").unwrap(), None);
        assert_eq!(index.kept(7, b"on").unwrap().unwrap(), b"a name before it");
        assert_eq!(index.kept(6, b"on").unwrap(), None);
        assert!(index.keep(7, b"", Some(b"x")).is_err(), "no name");
        assert!(index.keep(7, &[b'n'; NAME_MAX + 1], Some(b"x")).is_err(), "too long a name");
        index.keep(7, &[b'n'; NAME_MAX], Some(&[1; 3 * PIECE])).unwrap();
        assert_eq!(index.kept(7, &[b'n'; NAME_MAX]).unwrap().unwrap().len(), 3 * PIECE);
    }

    #[test]
    fn a_reach_goes_in_after_what_it_speaks_of() {
        let last = piece_key(7, &[0xff; NAME_MAX], u16::MAX);
        assert!(last < reach_key(7) && reach_key(7) < piece_key(8, b"", 0));
    }

    #[test]
    fn a_part_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = open(folder.path());
        for piece in 0..3 {
            index.keep(7, b"one", Some(&[1; 3 * PIECE - 8])).unwrap();
            index.change(Table::Kept, &piece_key(7, b"one", piece), Change::Remove);
            assert!(index.kept(7, b"one").is_err(), "without piece {piece}");
        }
        index.change(Table::Kept, &piece_key(7, b"one", 0), Change::Put(vec![1; 7]));
        assert!(index.kept(7, b"one").is_err(), "seven bytes");
        index.change(Table::Kept, &reach_key(7), Change::Put(vec![1; 39]));
        assert!(index.reach(7).is_err(), "a short reach");
    }

    #[test]
    fn what_another_version_keeps_is_told_of_and_is_not_this_ones() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = open(folder.path());
        let reach = |size| Reach { size, head: EntryHash([size as u8; 32]) };
        let keeps = |index: &Index| [6, 7, 8].map(|version| index.keeps_another(version).unwrap());
        assert_eq!(keeps(&index), [false; 3]);
        index.follow(7, &reach(3)).unwrap();
        assert_eq!(keeps(&index), [true, false, true], "a reach alone");
        index.keep(7, b"one", Some(b"of seven")).unwrap();
        index.keep(8, b"one", Some(b"of eight")).unwrap();
        assert_eq!(keeps(&index), [true; 3]);
        assert_eq!((index.reach(7).unwrap(), index.reach(8).unwrap()), (reach(3), Reach::NONE));
        assert_eq!(index.kept(7, b"one").unwrap().unwrap(), b"of seven");
    }
}
