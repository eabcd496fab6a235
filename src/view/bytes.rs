//! Numbers, texts and tables as bytes, for what is kept to be read in place (spec, section 11.5).
//! Knows nothing of what they mean; nothing here is evidence, and what is cut short is `None`.

/// Bytes being written.
#[derive(Default)]
pub struct Out(pub Vec<u8>);

impl Out {
    /// A number: seven bits a byte, the lowest first, each byte but the last with its highest bit.
    pub fn number(&mut self, number: impl Into<u128>) {
        let mut left = number.into();
        while left >= 0x80 {
            self.0.push((left & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        self.0.push(left as u8);
    }

    /// How many of something.
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// No as 0, yes as 1.
    pub fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    /// Nothing as 0, a number as the next one.
    pub fn maybe(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |number| u128::from(number) + 1));
    }

    /// A number that may be below zero: 0, -1, 1, -2 and so on, by their places.
    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    /// A text's length and bytes.
    pub fn text(&mut self, text: &str) {
        self.part(text.as_bytes());
    }

    /// The length of other bytes, and they.
    pub fn part(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// How many parts, where each ends (4 bytes, little-endian), and they one after the other;
    /// nothing where they are longer than that can say.
    pub fn table(&mut self, parts: &[Vec<u8>]) -> Option<()> {
        self.count(parts.len());
        let mut end = 0_u32;
        for part in parts {
            end = end.checked_add(u32::try_from(part.len()).ok()?)?;
            self.0.extend(end.to_le_bytes());
        }
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
        Some(())
    }
}

/// Bytes being read, from the first on.
#[derive(Clone, Copy, Debug, Default)]
pub struct In<'a>(pub &'a [u8]);

impl<'a> In<'a> {
    /// So many bytes.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// As many bytes as the place for them has.
    pub fn fixed<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// A number of at most 64 bits; nearly all are below 128.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        match self.byte()? {
            byte if byte < 0x80 => Some(u64::from(byte)),
            byte => self.longer(u64::from(byte & 0x7f)),
        }
    }

    fn longer(&mut self, mut number: u64) -> Option<u64> {
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            number |= bits << shift;
            if byte < 0x80 {
                return (bits << shift >> shift == bits).then_some(number);
            }
        }
        None
    }

    /// A number of at most 128 bits.
    #[inline]
    pub fn wide(&mut self) -> Option<u128> {
        let before = *self;
        if let Some(number) = self.number() {
            return Some(u128::from(number));
        }
        *self = before;
        self.widest()
    }

    #[cold]
    fn widest(&mut self) -> Option<u128> {
        let mut number = 0;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            number |= bits << shift;
            if byte < 0x80 {
                return (bits << shift >> shift == bits).then_some(number);
            }
        }
        None
    }

    /// How many of something: never more than there are bytes.
    #[inline]
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    /// A place in a list.
    #[inline]
    pub fn place(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// Yes or no.
    #[inline]
    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A number, or nothing.
    #[inline]
    pub fn maybe(&mut self) -> Option<Option<u64>> {
        Some(self.number()?.checked_sub(1))
    }

    /// A number that may be below zero.
    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Other bytes by their length.
    #[inline]
    pub fn part(&mut self) -> Option<&'a [u8]> {
        let len = self.count()?;
        self.take(len)
    }

    /// A text by its length.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.part()?).ok()
    }

    /// A table, to its end.
    pub fn table(&mut self) -> Option<Table<'a>> {
        let len = self.count()?;
        let ends = self.take(len.checked_mul(4)?)?;
        let parts = std::mem::take(&mut self.0);
        let table = Table { ends, parts };
        let end = len.checked_sub(1).map_or(Some(0), |last| table.end(last))?;
        (end == parts.len()).then_some(table)
    }
}

/// Parts by their places.
#[derive(Clone, Copy, Debug, Default)]
pub struct Table<'a> {
    ends: &'a [u8],
    parts: &'a [u8],
}

impl<'a> Table<'a> {
    fn end(&self, at: usize) -> Option<usize> {
        let end = self.ends.get(at.checked_mul(4)?..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*end)).ok()
    }

    /// How many parts.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> u32 {
        u32::try_from(self.ends.len() / 4).unwrap_or(u32::MAX)
    }

    /// The part at a place.
    pub fn get(&self, at: u32) -> Option<&'a [u8]> {
        let at = usize::try_from(at).ok()?;
        let start = at.checked_sub(1).map_or(Some(0), |before| self.end(before))?;
        self.parts.get(start..self.end(at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_what_is_cut_short_does_not() {
        let edges = (0..128).flat_map(|bit| [1_u128 << bit, (1 << bit) - 1, !0 >> bit]);
        for number in edges {
            let mut out = Out::default();
            out.number(number);
            assert_eq!(In(&out.0).wide(), Some(number));
            assert_eq!(In(&out.0).number(), u64::try_from(number).ok());
            let short = &out.0[..out.0.len() - 1];
            assert_eq!((In(short).wide(), In(short).number()), (None, None), "{number}");
        }
        for number in [0, 1, -1, 63, -64, 64, i64::MAX, i64::MIN] {
            let mut out = Out::default();
            out.signed(number);
            assert_eq!(In(&out.0).signed(), Some(number));
        }
        for number in [None, Some(0), Some(7), Some(u64::MAX - 1)] {
            let mut out = Out::default();
            out.maybe(number);
            assert_eq!(In(&out.0).maybe(), Some(number));
        }
        assert_eq!(In(&[0xff; 20]).wide(), None);
        assert_eq!(In(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]).number(), None);
    }

    #[test]
    fn tables_give_their_parts() {
        let parts = [b"one".to_vec(), Vec::new(), b"three".to_vec()];
        let mut out = Out::default();
        out.table(&parts).unwrap();
        let table = In(&out.0).table().unwrap();
        for (at, part) in (0..).zip(&parts) {
            assert_eq!(table.get(at), Some(part.as_slice()));
        }
        assert_eq!((table.get(3), table.get(u32::MAX)), (None, None));
        for len in 0..out.0.len() {
            assert!(In(&out.0[..len]).table().is_none(), "{len}");
        }
        assert!(In(&[0]).table().is_some_and(|table| table.get(0).is_none()));
    }
}
