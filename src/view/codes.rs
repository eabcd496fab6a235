//! What troubles a value, as a set that takes next to no room.
//! Knows nothing of values, nor of what any of the codes means.

use crate::terms::trouble::TroubleCode;

/// Several codes, each once, in the order of their numbers: a bit each, for values are many and few
/// of them are in trouble.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TroubleCodes(u32);

const _: () = assert!(TroubleCode::ALL.len() <= u32::BITS as usize);

impl TroubleCodes {
    /// The set of which these are the bits; nothing where one of them is no code's.
    pub fn of_bits(bits: u32) -> Option<Self> {
        (u64::from(bits) >> TroubleCode::ALL.len() == 0).then_some(Self(bits))
    }

    /// A bit for each code, the lowest for the first.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Adds one.
    pub fn insert(&mut self, code: TroubleCode) {
        self.0 |= 1 << code as u32;
    }

    /// Whether it is among them.
    pub fn contains(self, code: TroubleCode) -> bool {
        self.0 >> code as u32 & 1 == 1
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = TroubleCode> {
        TroubleCode::ALL.iter().copied().filter(move |code| self.contains(*code))
    }
}

impl Extend<TroubleCode> for TroubleCodes {
    fn extend<T: IntoIterator<Item = TroubleCode>>(&mut self, codes: T) {
        codes.into_iter().for_each(|code| self.insert(code));
    }
}

impl FromIterator<TroubleCode> for TroubleCodes {
    fn from_iter<T: IntoIterator<Item = TroubleCode>>(codes: T) -> Self {
        let mut all = Self::default();
        all.extend(codes);
        all
    }
}
