//! Many small rows in one value: a leaf holds the rows of a stretch of keys, sorted, and says where
//! the next leaf begins (spec, section 11.2). Knows nothing of sled, nor what the rows mean.

/// The most bytes of one leaf. sled puts what is much larger into files that it never syncs.
pub const LEAF_MAX: usize = 6_144;
/// The most bytes of one row's key and value together, so that every row fits a leaf.
pub const ROW_MAX: usize = 5_120;

/// What the rows of a leaf may take; the rest is for the next leaf's key.
const ROOM: usize = LEAF_MAX - 512;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// What is to become of the row under a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It has this value.
    Put(Vec<u8>),
    /// It has this value unless there is one.
    First(Vec<u8>),
    /// It is a number of 8 bytes, and so much is added.
    Add(u64),
    /// It goes.
    Remove,
}

impl Change {
    /// The change that has the effect of this one and then another.
    pub fn then(self, next: Change) -> Change {
        match (self, next) {
            (Change::Add(a), Change::Add(b)) => Change::Add(a.saturating_add(b)),
            (first @ (Change::Put(_) | Change::First(_)), Change::First(_)) => first,
            (Change::Put(value), Change::Add(more)) => Change::Put(sum_of(&value, more)),
            (Change::Remove, Change::First(value)) => Change::Put(value),
            (Change::Remove, Change::Add(more)) => Change::Put(sum_of(&[], more)),
            (_, next) => next,
        }
    }

    /// How many bytes of a value it carries.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        match self {
            Change::Put(value) | Change::First(value) => value.len(),
            Change::Add(_) | Change::Remove => 8,
        }
    }

    /// The value that a row has after it, if there is one.
    pub fn on(&self, held: Option<&[u8]>) -> Option<Vec<u8>> {
        match (self, held) {
            (Change::Put(value), _) | (Change::First(value), None) => Some(value.clone()),
            (Change::First(_), Some(held)) => Some(held.to_vec()),
            (Change::Add(more), held) => Some(sum_of(held.unwrap_or_default(), *more)),
            (Change::Remove, _) => None,
        }
    }
}

fn sum_of(held: &[u8], more: u64) -> Vec<u8> {
    let held = held.try_into().map_or(0, u64::from_be_bytes);
    // A count that somebody made up is not borne out by its rows.
    held.saturating_add(more).to_be_bytes().to_vec()
}

/// A leaf is not one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a leaf of rows, got other bytes at {at}")]
pub struct LeafError {
    /// Where it stops being one.
    pub at: usize,
}

/// The rows of a leaf, read one after the other.
pub struct Leaf<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The first key of the next leaf; the last leaf has none.
    pub upper: Option<&'a [u8]>,
    key: Vec<u8>,
}

impl<'a> Leaf<'a> {
    /// Reads a leaf's beginning.
    ///
    /// # Errors
    /// The bytes are no leaf.
    pub fn open(bytes: &'a [u8]) -> Result<Self, LeafError> {
        let mut leaf = Self { bytes, at: 0, upper: None, key: Vec::new() };
        leaf.upper = match leaf.len()?.checked_sub(1) {
            Some(len) => Some(leaf.take(len)?),
            None => None,
        };
        Ok(leaf)
    }

    /// The next row's value; its key is then in [`Leaf::key`].
    ///
    /// # Errors
    /// The bytes are no row.
    pub fn next_row(&mut self) -> Result<Option<&'a [u8]>, LeafError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let at = self.at;
        let (shared, rest, value) = (self.len()?, self.len()?, self.len()?);
        if shared > self.key.len() {
            return Err(LeafError { at });
        }
        let rest = self.take(rest)?;
        self.key.truncate(shared);
        self.key.extend_from_slice(rest);
        self.take(value).map(Some)
    }

    /// The key of the row that was read last.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The value of the first row whose key is not before `sought`; its key is then in
    /// [`Leaf::key`]. To be asked before any row is read.
    ///
    /// Rows before it are passed over by what they share with the row before alone: one that shares
    /// more than the last compared row has in common with `sought` is before `sought` as that was.
    ///
    /// # Errors
    /// The bytes are no row.
    pub fn seek(&mut self, sought: &[u8]) -> Result<Option<&'a [u8]>, LeafError> {
        let (mut common, mut before) = (0, 0);
        while self.at < self.bytes.len() {
            let at = self.at;
            let (shared, rest, value) = (self.len()?, self.len()?, self.len()?);
            let (rest, value) = (self.take(rest)?, self.take(value)?);
            if shared > before {
                return Err(LeafError { at });
            }
            before = shared + rest.len();
            if shared > common {
                continue;
            }
            let left = sought.get(shared..).unwrap_or_default();
            if rest >= left {
                self.key.clear();
                self.key.extend_from_slice(sought.get(..shared).unwrap_or_default());
                self.key.extend_from_slice(rest);
                return Ok(Some(value));
            }
            common = shared + rest.iter().zip(left).take_while(|(a, b)| a == b).count();
        }
        Ok(None)
    }

    /// The value under a key.
    ///
    /// # Errors
    /// The bytes are no leaf.
    pub fn get(mut self, key: &[u8]) -> Result<Option<&'a [u8]>, LeafError> {
        let found = self.seek(key)?;
        Ok(found.filter(|_| self.key() == key))
    }

    /// The value of the last row whose key is not after `sought`; its key is then in [`Leaf::key`].
    /// To be asked before any row is read, and none after; rows are passed over as in
    /// [`Leaf::seek`].
    ///
    /// # Errors
    /// The bytes are no row.
    pub fn floor(&mut self, sought: &[u8]) -> Result<Option<&'a [u8]>, LeafError> {
        let (mut found, mut common) = (None, 0);
        while self.at < self.bytes.len() {
            let at = self.at;
            let (shared, rest, value) = (self.len()?, self.len()?, self.len()?);
            let (rest, value) = (self.take(rest)?, self.take(value)?);
            if shared > self.key.len() {
                return Err(LeafError { at });
            }
            if shared <= common {
                let left = sought.get(shared..).unwrap_or_default();
                if rest > left {
                    break;
                }
                common = shared + rest.iter().zip(left).take_while(|(a, b)| a == b).count();
            }
            self.key.truncate(shared);
            self.key.extend_from_slice(rest);
            found = Some(value);
        }
        Ok(found)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], LeafError> {
        let end = self.at.saturating_add(len);
        let taken = self.bytes.get(self.at..end).ok_or(LeafError { at: self.at })?;
        self.at = end;
        Ok(taken)
    }

    /// A length: seven bits a byte, the lowest first, each byte but the last with its highest bit.
    fn len(&mut self) -> Result<usize, LeafError> {
        let (at, mut len) = (self.at, 0);
        for shift in [0, 7, 14] {
            let byte = *self.take(1)?.first().ok_or(LeafError { at })?;
            len |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(len);
            }
        }
        Err(LeafError { at })
    }
}

fn put_len(out: &mut Vec<u8>, len: usize) {
    let mut left = len;
    while left >= 0x80 {
        out.push(u8::try_from(left & 0x7f).unwrap_or_default() | 0x80);
        left >>= 7;
    }
    out.push(u8::try_from(left).unwrap_or_default());
}

/// A leaf's bytes.
fn pack(rows: &[Row], upper: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(LEAF_MAX);
    put_len(&mut out, upper.map_or(0, |upper| upper.len() + 1));
    out.extend_from_slice(upper.unwrap_or_default());
    let mut last: &[u8] = &[];
    for (key, value) in rows {
        let shared = last.iter().zip(key).take_while(|(a, b)| a == b).count();
        let rest = key.get(shared..).unwrap_or_default();
        [shared, rest.len(), value.len()].into_iter().for_each(|len| put_len(&mut out, len));
        out.extend_from_slice(rest);
        out.extend_from_slice(value);
        last = key;
    }
    out
}

fn packed_len(last: &[u8], (key, value): &Row) -> usize {
    let shared = last.iter().zip(key).take_while(|(a, b)| a == b).count();
    let len_of = |n: usize| 1 + usize::from(n >= 0x80) + usize::from(n >= 0x4000);
    let rest = key.len() - shared;
    len_of(shared) + len_of(rest) + len_of(value.len()) + rest + value.len()
}

/// The leaves that stand in one leaf's place once changes are made to it, each with its key. The
/// first keeps the leaf's key.
///
/// # Errors
/// The bytes are no leaf.
pub fn merge(
    key: &[u8],
    leaf: Option<&[u8]>,
    changes: &[(&[u8], &Change)],
) -> Result<Vec<Row>, LeafError> {
    let (rows, upper, tail) = merged(leaf, changes)?;
    let parts = split(rows, tail);
    let mut keys: Vec<Vec<u8>> = vec![key.to_vec()];
    keys.extend(parts.iter().skip(1).filter_map(|part| part.first()).map(|(key, _)| key.clone()));
    let mut leaves = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let next = keys.get(at + 1).map(Vec::as_slice).or(upper);
        leaves.push((keys.get(at).cloned().unwrap_or_default(), pack(part, next)));
    }
    Ok(leaves)
}

/// The rows after the changes, the next leaf's key, and whether all new rows came after the old.
type Merged<'a> = (Vec<Row>, Option<&'a [u8]>, bool);

fn merged<'a>(
    leaf: Option<&'a [u8]>,
    changes: &[(&[u8], &Change)],
) -> Result<Merged<'a>, LeafError> {
    let (mut rows, mut upper, mut tail) = (Vec::new(), None, true);
    let mut changes = changes.iter().peekable();
    if let Some(bytes) = leaf {
        let mut leaf = Leaf::open(bytes)?;
        upper = leaf.upper;
        while let Some(value) = leaf.next_row()? {
            while let Some((new, change)) = changes.next_if(|(new, _)| *new < leaf.key()) {
                rows.extend(change.on(None).map(|value| (new.to_vec(), value)));
                tail = false;
            }
            let value = match changes.next_if(|(new, _)| *new == leaf.key()) {
                Some((_, change)) => change.on(Some(value)),
                None => Some(value.to_vec()),
            };
            rows.extend(value.map(|value| (leaf.key().to_vec(), value)));
        }
    }
    let new = |(new, change): &(&[u8], &Change)| Some((new.to_vec(), change.on(None)?));
    rows.extend(changes.filter_map(new));
    Ok((rows, upper, tail))
}

/// Cuts rows into leaves. Rows that came at the end fill leaf after leaf, for the next will come
/// there too; else each leaf gets about as much, so that all have room.
fn split(rows: Vec<Row>, tail: bool) -> Vec<Vec<Row>> {
    let mut last: &[u8] = &[];
    let mut total = 0;
    for row in &rows {
        total += packed_len(last, row);
        last = &row.0;
    }
    let fill = if tail { ROOM } else { total.div_ceil(total.div_ceil(ROOM).max(1)) };
    let (mut parts, mut part, mut used): (Vec<Vec<Row>>, Vec<Row>, usize) =
        (Vec::new(), Vec::new(), 0);
    for row in rows {
        let last = part.last().map(|(key, _): &Row| key.as_slice()).unwrap_or_default();
        let len = packed_len(last, &row);
        if !part.is_empty() && used + len > fill {
            parts.push(std::mem::take(&mut part));
            used = packed_len(&[], &row);
        } else {
            used += len;
        }
        part.push(row);
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn rows_of(leaves: &[Row]) -> Vec<Row> {
        let mut rows = Vec::new();
        for (_, bytes) in leaves {
            let mut leaf = Leaf::open(bytes).unwrap();
            while let Some(value) = leaf.next_row().unwrap() {
                rows.push((leaf.key().to_vec(), value.to_vec()));
            }
        }
        rows
    }

    /// A stretch of leaves as sled would hold them, with changes merged in leaf by leaf.
    fn apply(leaves: &mut BTreeMap<Vec<u8>, Vec<u8>>, changes: &BTreeMap<Vec<u8>, Change>) {
        let all: Vec<(&[u8], &Change)> = changes.iter().map(|(k, c)| (k.as_slice(), c)).collect();
        let mut rest = all.as_slice();
        while let Some((first, _)) = rest.first() {
            let held = leaves.range(..=first.to_vec()).next_back();
            let (key, old) = held.map_or((vec![], None), |(k, v)| (k.clone(), Some(v.clone())));
            let upper = old.as_ref().and_then(|old| Leaf::open(old).unwrap().upper);
            let n = upper.map_or(rest.len(), |upper| rest.partition_point(|(k, _)| *k < upper));
            leaves.extend(merge(&key, old.as_deref(), &rest[..n]).unwrap());
            rest = &rest[n..];
        }
    }

    fn sought(bytes: &[u8], key: &[u8]) -> Option<Row> {
        let mut leaf = Leaf::open(bytes).unwrap();
        let value = leaf.seek(key).unwrap()?;
        let found = (leaf.key().to_vec(), value.to_vec());
        // The rows after it are read from there.
        let next = leaf.next_row().unwrap().map(|_| leaf.key().to_vec());
        assert!(next.is_none_or(|next| next > found.0));
        Some(found)
    }

    /// As `seek` does, row by row.
    fn seek_plainly(bytes: &[u8], key: &[u8]) -> Option<Row> {
        let mut leaf = Leaf::open(bytes).unwrap();
        while let Some(value) = leaf.next_row().unwrap() {
            if leaf.key() >= key {
                return Some((leaf.key().to_vec(), value.to_vec()));
            }
        }
        None
    }

    fn floored(bytes: &[u8], key: &[u8]) -> Option<Row> {
        let mut leaf = Leaf::open(bytes).unwrap();
        let value = leaf.floor(key).unwrap()?;
        Some((leaf.key().to_vec(), value.to_vec()))
    }

    /// As `floor` does, row by row.
    fn floor_plainly(bytes: &[u8], key: &[u8]) -> Option<Row> {
        let (mut leaf, mut last) = (Leaf::open(bytes).unwrap(), None);
        while let Some(value) = leaf.next_row().unwrap() {
            let row = (leaf.key().to_vec(), value.to_vec());
            last = if leaf.key() <= key { Some(row) } else { last };
        }
        last
    }

    fn change_of(number: u16, kind: u8, len: usize) -> (Vec<u8>, Change) {
        let table = u8::try_from(number % 3).unwrap();
        let text = format!("key {}", number / 7).repeat(1 + usize::from(number % 30));
        let change = match kind {
            2 if len.is_multiple_of(3) => Change::Remove,
            _ if table == 2 => Change::Add(u64::from(number)),
            0 => Change::First(vec![kind; len]),
            _ => Change::Put(vec![kind; len * 12]),
        };
        ([&[table], text.as_bytes()].concat(), change)
    }

    fn check(leaves: BTreeMap<Vec<u8>, Vec<u8>>, model: &BTreeMap<Vec<u8>, Vec<u8>>) {
        for (key, value) in model {
            let (_, bytes) = leaves.range(..=key.clone()).next_back().unwrap();
            assert_eq!(Leaf::open(bytes).unwrap().get(key).unwrap(), Some(&value[..]));
            // What is just before and just after it is found from where it is not.
            let after = [key.as_slice(), &[0]].concat();
            for sought in [key, &after, &key[..key.len() - 1]] {
                assert_eq!(floor_plainly(bytes, sought), floored(bytes, sought));
            }
            assert_eq!(seek_plainly(bytes, &after), sought(bytes, &after));
            let before = &key[..key.len() - 1];
            assert_eq!(seek_plainly(bytes, before), sought(bytes, before));
        }
        let held: Vec<Row> = leaves.into_iter().collect();
        assert_eq!(rows_of(&held), model.clone().into_iter().collect::<Vec<_>>());
        for (at, (_, bytes)) in held.iter().enumerate() {
            assert!(bytes.len() <= LEAF_MAX);
            let next = held.get(at + 1).map(|(key, _)| key.as_slice());
            assert_eq!(Leaf::open(bytes).unwrap().upper, next);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
        #[test]
        fn leaves_hold_what_a_map_holds(batches in proptest::collection::vec(
            proptest::collection::vec((0_u16..4000, 0_u8..3, 0_usize..400), 1..150), 1..12)
        ) {
            let (mut model, mut leaves) = (BTreeMap::new(), BTreeMap::new());
            for batch in batches {
                let mut changes: BTreeMap<Vec<u8>, Change> = BTreeMap::new();
                for (number, kind, len) in batch {
                    let (key, change) = change_of(number, kind, len);
                    match change.on(model.get(&key).map(Vec::as_slice)) {
                        Some(value) => drop(model.insert(key.clone(), value)),
                        None => drop(model.remove(&key)),
                    }
                    let change = match changes.remove(&key) {
                        Some(before) => before.then(change),
                        None => change,
                    };
                    changes.insert(key, change);
                }
                apply(&mut leaves, &changes);
            }
            check(leaves, &model);
        }
    }

    #[test]
    fn the_largest_rows_fit() {
        let row = |n: u8| (vec![n; 300], Change::Put(vec![n; ROW_MAX - 300]));
        let changes: Vec<_> = (0..9).map(row).collect();
        let changes: Vec<(&[u8], &Change)> = changes.iter().map(|(k, c)| (&k[..], c)).collect();
        let leaves = merge(&[], None, &changes).unwrap();
        assert_eq!(leaves.len(), 9);
        assert!(leaves.iter().all(|(_, leaf)| leaf.len() <= LEAF_MAX));
    }

    #[test]
    fn other_bytes_are_no_leaf() {
        let change = Change::Put(b"value".to_vec());
        let leaves = merge(&[], None, &[(b"a", &change), (b"ab", &change)]).unwrap();
        let sound = &leaves[0].1;
        let read = |bytes: &[u8]| -> Result<usize, LeafError> {
            let mut leaf = Leaf::open(bytes)?;
            let mut rows = 0;
            while leaf.next_row()?.is_some() {
                rows += 1;
            }
            Ok(rows)
        };
        assert_eq!(read(sound), Ok(2));
        for len in 0..sound.len() {
            assert!(read(&sound[..len]).is_err() || len == 1 || len == 10, "{len}");
        }
        assert_eq!(read(&[0, 1, 0, 0]), Err(LeafError { at: 1 }), "nothing to share a key with");
        assert_eq!(read(&[0xff, 0xff, 0xff]), Err(LeafError { at: 0 }));
    }
}
