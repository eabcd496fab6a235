//! What stands for the leaves of the index: digests of them, and of leaves of digests, up to one
//! (spec, section 11.2). Knows nothing of what the rows mean, nor who signs for the last one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use crate::store::packed::{Change, Leaf, Row, merge};
use crate::store::sled::{Held, IndexError, Sled};

/// Bytes of a digest.
pub(super) const DIGEST_LEN: usize = 32;
/// The level of the leaves that all others stand for.
const ROWS: u8 = 0;
/// No index has more levels: that many would stand for more leaves than there are bytes anywhere.
const LEVELS_MAX: u8 = 16;

/// How many leaves of rows are remembered: some 100 MB of them.
const REMEMBERED: usize = 16_384;

/// The digest of a leaf.
pub(super) type Digest = [u8; DIGEST_LEN];

/// A leaf's key and the digest that it must have, or why these cannot be told.
pub(super) type Told<'a> = Result<(&'a [u8], Digest), IndexError>;

/// What stands for all leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Top {
    /// How many levels there are, that of the rows among them.
    pub(super) levels: u8,
    /// The digest of the last level's leaf; zeros where there is none.
    pub(super) digest: Digest,
}

impl Top {
    /// Whether it can be what stands for leaves.
    pub(super) fn is_one(&self) -> bool {
        self.levels <= LEVELS_MAX
    }
}

/// The digest of a level's leaf with a key.
fn digest(level: u8, key: &[u8], leaf: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(leaf).update(key);
    // No key is longer than a leaf.
    hasher.update(&(key.len() as u16).to_be_bytes()).update(&[level]);
    hasher.finalize().into()
}

/// The key in sled of a leaf of digests.
fn held_under(level: u8, key: &[u8]) -> Vec<u8> {
    [&[level], key].concat()
}

fn other() -> IndexError {
    IndexError::new("a leaf of the index is not the one that its digest stands for")
}

/// The keys from one on to another, or to the last.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    from: &'a [u8],
    to: Option<&'a [u8]>,
}

impl Stretch<'_> {
    /// Whether leaves with these keys, one after the other, make it up: then none is told twice,
    /// whoever made them.
    fn is_covered_by<'a>(&self, keys: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
        let rising = keys.clone().zip(keys.clone().skip(1)).all(|(one, next)| one < next);
        let within = keys.clone().last().is_some_and(|last| self.to.is_none_or(|to| last < to));
        rising && within && keys.clone().next() == Some(self.from)
    }
}

/// The digests of all leaves, read as they are asked for.
#[derive(Debug, Default)]
pub(super) struct Digests {
    top: Top,
    /// Leaves of digests that were found to be the right ones, under their keys in sled.
    sound: RwLock<BTreeMap<Vec<u8>, Held>>,
    /// Leaves of rows that were, under their keys.
    rows: RwLock<HashMap<Vec<u8>, Held>>,
}

impl Digests {
    /// Those that one stands for.
    pub(super) fn of(top: Top) -> Self {
        Self { top, ..Self::default() }
    }

    /// What stands for them all.
    pub(super) fn top(&self) -> Top {
        self.top
    }

    /// That a leaf of rows is the one that is stood for. One that was is remembered: to be the same
    /// as it, mostly at the same place, is far cheaper to tell than to hash it again.
    ///
    /// # Errors
    /// It is not, or a leaf of digests above it is not.
    pub(super) fn check(&self, sled: &Sled, key: &[u8], leaf: &Held) -> Result<(), IndexError> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        if rows.get(key).is_some_and(|sound| sound.is(leaf)) {
            return Ok(());
        }
        drop(rows);
        let (_, due) = self.due(sled, ROWS, key)?;
        if !is_of(key, leaf, due) {
            return Err(other());
        }
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= REMEMBERED {
            rows.clear();
        }
        rows.insert(key.to_vec(), leaf.clone());
        Ok(())
    }

    /// Of a level, the leaf that a key belongs to: its own key, and its digest.
    fn due(&self, sled: &Sled, level: u8, key: &[u8]) -> Result<(Vec<u8>, Digest), IndexError> {
        if level + 1 >= self.top.levels {
            return if level < self.top.levels {
                Ok((Vec::new(), self.top.digest))
            } else {
                Err(other())
            };
        }
        let (_, above) = self.leaf_of(sled, level + 1, key)?;
        let mut above = Leaf::open(&above)?;
        let due = above.floor(key)?.and_then(|due| due.try_into().ok()).ok_or_else(other)?;
        Ok((above.key().to_vec(), due))
    }

    /// The leaf of digests of a level that a key belongs to, with its own key.
    fn leaf_of(&self, sled: &Sled, level: u8, key: &[u8]) -> Result<(Vec<u8>, Held), IndexError> {
        let under = held_under(level, key);
        let sound = self.sound.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((own, leaf)) = sound.range(..=under).next_back()
            && let Some((of, own)) = own.split_first()
            && *of == level
            && Leaf::open(leaf)?.upper.is_none_or(|upper| key < upper)
        {
            return Ok((own.to_vec(), leaf.clone()));
        }
        drop(sound);
        let (own, due) = self.due(sled, level, key)?;
        let under = held_under(level, &own);
        let leaf = sled.digests(&under)?.ok_or_else(other)?;
        let within = Leaf::open(&leaf)?.upper.is_none_or(|upper| key < upper);
        if digest(level, &own, &leaf) != due || !within {
            return Err(other());
        }
        let mut sound = self.sound.write().unwrap_or_else(PoisonError::into_inner);
        sound.insert(under, leaf.clone());
        Ok((own, leaf))
    }

    /// The leaves of digests with those of some leaves of rows, which are in the order of their
    /// keys and all that stand in the place of those that they change; and what stands for all.
    ///
    /// # Errors
    /// A leaf of digests is not the one that is stood for.
    pub(super) fn with(&self, sled: &Sled, leaves: &[Row]) -> Result<(Vec<Row>, Top), IndexError> {
        if leaves.is_empty() {
            return Ok((Vec::new(), self.top));
        }
        let due = |level, (key, leaf): &Row| (key.clone(), digest(level, key, leaf));
        let mut changed: Vec<(Vec<u8>, Digest)> =
            leaves.iter().map(|leaf| due(ROWS, leaf)).collect();
        let (mut written, mut level) = (Vec::new(), ROWS);
        loop {
            level += 1;
            // Above the last level, what changed is all there is of it.
            let last = level >= self.top.levels;
            if let ([(_, digest)], true) = (changed.as_slice(), last) {
                return Ok((written, Top { levels: level, digest: *digest }));
            }
            let changes: Vec<(Vec<u8>, Change)> =
                changed.into_iter().map(|(key, due)| (key, Change::Put(due.to_vec()))).collect();
            let changes: Vec<(&[u8], &Change)> =
                changes.iter().map(|(key, change)| (key.as_slice(), change)).collect();
            let made = if last {
                merge(&[], None, &changes)?
            } else {
                self.merged(sled, level, &changes)?
            };
            changed = made.iter().map(|leaf| due(level, leaf)).collect();
            written.extend(made.into_iter().map(|(key, leaf)| (held_under(level, &key), leaf)));
        }
    }

    /// A level's leaves with changes, as many as change.
    fn merged(
        &self,
        sled: &Sled,
        level: u8,
        mut changes: &[(&[u8], &Change)],
    ) -> Result<Vec<Row>, IndexError> {
        let mut made = Vec::new();
        while let Some((first, _)) = changes.first() {
            let (own, leaf) = self.leaf_of(sled, level, first)?;
            let upper = Leaf::open(&leaf)?.upper;
            let here = |upper| changes.partition_point(|(key, _)| *key < upper);
            let (here, others) = changes.split_at(upper.map_or(changes.len(), here));
            made.extend(merge(&own, Some(&leaf), here)?);
            changes = others;
        }
        Ok(made)
    }

    /// Hands over the key of each leaf of rows, in their order, with the digest that it must have,
    /// or why they cannot be told.
    pub(super) fn each(&self, sled: &Sled, take: &mut dyn FnMut(Told<'_>)) {
        if self.top.levels > 0 {
            let all = Stretch { from: &[], to: None };
            self.each_below(sled, self.top.levels - 1, (all, self.top.digest), take);
        }
    }

    fn each_below(
        &self,
        sled: &Sled,
        level: u8,
        (own, due): (Stretch<'_>, Digest),
        take: &mut dyn FnMut(Told<'_>),
    ) {
        let key = own.from;
        if level == ROWS {
            return take(Ok((key, due)));
        }
        let below = || -> Result<Vec<(Vec<u8>, Digest)>, IndexError> {
            let leaf = sled.digests(&held_under(level, key))?.ok_or_else(other)?;
            if digest(level, key, &leaf) != due {
                return Err(other());
            }
            let (mut leaf, mut rows) = (Leaf::open(&leaf)?, Vec::new());
            while let Some(due) = leaf.next_row()? {
                rows.push((leaf.key().to_vec(), due.try_into().map_err(|_| other())?));
            }
            if own.is_covered_by(rows.iter().map(|(key, _)| key.as_slice())) {
                Ok(rows)
            } else {
                Err(other())
            }
        };
        match below() {
            Ok(rows) => {
                let ends = rows.iter().skip(1).map(|(key, _)| Some(key.as_slice()));
                for ((from, due), to) in rows.iter().zip(ends.chain([own.to])) {
                    self.each_below(sled, level - 1, (Stretch { from, to }, *due), take);
                }
            }
            Err(error) => take(Err(error)),
        }
    }
}

/// Whether a leaf of rows is the one of a digest.
pub(super) fn is_of(key: &[u8], leaf: &[u8], due: Digest) -> bool {
    digest(ROWS, key, leaf) == due
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A leaf's key: long, so that few stand in a leaf of digests, and there are many levels.
    fn key(number: u32) -> Vec<u8> {
        match number {
            0 => Vec::new(),
            _ => format!("{number:0250}").chars().rev().collect::<String>().into_bytes(),
        }
    }

    fn told(digests: &Digests, sled: &Sled) -> Vec<Result<(Vec<u8>, Digest), IndexError>> {
        let mut told = Vec::new();
        let mut take = |due: Told<'_>| {
            told.push(due.map(|(key, due)| (key.to_vec(), due)));
        };
        digests.each(sled, &mut take);
        told
    }

    /// Leaves as many times as they change: each is stood for, and nothing else.
    #[test]
    fn every_leaf_is_stood_for_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let sled = Sled::open(dir.path()).unwrap();
        let (mut leaves, mut digests) = (BTreeMap::new(), Digests::default());
        let mut number = 1_u32;
        for round in 0..40 {
            let mut changed = BTreeMap::from([(key(0), vec![round; 20])]);
            for _ in 0..40 {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let leaf = format!("leaf {number} of round {round}").into_bytes();
                changed.insert(key(1 + (number >> 8) % 1_200), leaf);
            }
            leaves.extend(changed.clone());
            let changed: Vec<Row> = changed.into_iter().collect();
            let (above, top) = digests.with(&sled, &changed).unwrap();
            sled.write(&changed, &above, &[]).unwrap();
            digests = Digests::of(top);
            let due = leaves.iter().map(|(key, leaf)| Ok((key.clone(), digest(ROWS, key, leaf))));
            assert_eq!(told(&digests, &sled), due.collect::<Vec<_>>(), "round {round}");
            for (key, leaf) in &leaves {
                let held = |bytes: &[u8]| Held::from(bytes);
                let longer = held(&[leaf.as_slice(), b"!"].concat());
                let (leaf, other) = (held(leaf), held(&[&[leaf[0] ^ 1], &leaf[1..]].concat()));
                let beside = [key.as_slice(), b"!"].concat();
                // The second time it is remembered, the third time it is at another place.
                for leaf in [&leaf, &leaf.clone(), &held(&leaf)] {
                    digests.check(&sled, key, leaf).unwrap();
                    assert!(digests.check(&sled, key, &other).is_err());
                    assert!(digests.check(&sled, key, &longer).is_err());
                    assert!(digests.check(&sled, &beside, leaf).is_err());
                }
            }
        }
        assert!(digests.top().levels >= 4, "{:?}", digests.top());
        // Nothing changes, and nothing else stands for it.
        assert_eq!(digests.with(&sled, &[]).unwrap(), (Vec::new(), digests.top()));
    }

    /// Leaves of digests that somebody made to be gone through again and again.
    #[test]
    fn no_leaf_is_told_twice() {
        let dir = tempfile::tempdir().unwrap();
        let sled = Sled::open(dir.path()).unwrap();
        let leaf = |keys: &[&[u8]], due: Digest| {
            let put = Change::Put(due.to_vec());
            let rows: Vec<(&[u8], &Change)> = keys.iter().map(|key| (*key, &put)).collect();
            merge(&[], None, &rows).unwrap().remove(0).1
        };
        let sound: [&[&[u8]]; 2] = [&[b""], &[b"", b"a", b"b"]];
        let crafted: [&[&[u8]]; 4] =
            [&[b"", b""], &[b"", b"a", b"a"], &[b"", b"b", b"a"], &[b"a", b"b"]];
        for (keys, fits) in
            sound.iter().map(|keys| (keys, true)).chain(crafted.iter().map(|keys| (keys, false)))
        {
            let bytes = leaf(keys, [7; DIGEST_LEN]);
            let top = Top { levels: 2, digest: digest(1, &[], &bytes) };
            sled.write(&[], &[(held_under(1, &[]), bytes)], &[]).unwrap();
            let told = told(&Digests::of(top), &sled);
            let each = if fits { keys.len() } else { 1 };
            assert_eq!((told.len(), told.iter().all(Result::is_ok)), (each, fits), "{keys:?}");
        }
    }

    /// A leaf of digests that ends before it begins: nothing is looked for in it for ever.
    #[test]
    fn a_leaf_of_digests_without_room_takes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let sled = Sled::open(dir.path()).unwrap();
        // The next leaf's key is the empty one, too.
        let bytes = [&[1, 0, 0, DIGEST_LEN as u8], [7; DIGEST_LEN].as_slice()].concat();
        let top = Top { levels: 2, digest: digest(1, &[], &bytes) };
        sled.write(&[], &[(held_under(1, &[]), bytes)], &[]).unwrap();
        let leaves = [(b"a".to_vec(), b"rows".to_vec())];
        assert_eq!(Digests::of(top).with(&sled, &leaves), Err(other()));
        assert_eq!(Digests::of(top).check(&sled, b"a", &b"rows"[..].into()), Err(other()));
    }

    /// A leaf of digests that is another or none: nothing below it is believed, and all beside it.
    #[test]
    fn a_leaf_of_digests_that_is_another_stands_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let sled = Sled::open(dir.path()).unwrap();
        let leaves: Vec<Row> =
            BTreeMap::from_iter((0..600).map(|n| (key(n), b"rows".to_vec()))).into_iter().collect();
        let (above, top) = Digests::default().with(&sled, &leaves).unwrap();
        sled.write(&leaves, &above, &[]).unwrap();
        assert!(above.len() > 30, "{}", above.len());
        for (under, bytes) in &above {
            let mut other = bytes.clone();
            *other.last_mut().unwrap() ^= 1;
            sled.write(&[], &[(under.clone(), other)], &[]).unwrap();
            let digests = Digests::of(top);
            let believed =
                |(key, leaf): &&Row| digests.check(&sled, key, &leaf.as_slice().into()).is_ok();
            let sound = leaves.iter().filter(believed).count();
            let told = told(&digests, &sled);
            assert_eq!(told.iter().filter(|due| due.is_ok()).count(), sound, "{under:?}");
            assert_eq!(told.iter().filter(|due| due.is_err()).count(), 1, "{under:?}");
            assert!(sound < leaves.len());
            assert!(digests.with(&sled, &leaves).is_err(), "{under:?}");
            sled.write(&[], &[(under.clone(), bytes.clone())], &[]).unwrap();
        }
    }
}
