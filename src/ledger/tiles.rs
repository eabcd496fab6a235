//! The files of C2SP tlog-tiles: which there are for a size, how they are named, what they hold.
//! Writes nothing: it says what a file's bytes are, and whoever has files puts them there.

use crate::ledger::merkle::Subtree;
use crate::terms::id::TreeHash;

/// Hashes or entries in a full tile.
pub const TILE_WIDTH: u64 = 256;
/// How many levels of the tree one tile spans.
const TILE_HEIGHT: u32 = 8;

/// What a tile holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Entries, each after its length.
    Entries,
    /// Hashes of a level: 0 is leaves, each further one 256 times wider.
    Hashes {
        /// The level.
        level: u32,
    },
}

/// One file of a tiled log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tile {
    /// What it holds.
    pub kind: Kind,
    /// Its place among those of its kind, from 0.
    pub index: u64,
    /// How many hashes or entries it has: 256, or fewer at the right edge.
    pub width: u64,
}

impl Tile {
    /// Every tile of a tree of a size: entries, then hashes level by level.
    pub fn all(size: u64) -> impl Iterator<Item = Tile> {
        let entries = std::iter::once((Kind::Entries, size));
        let hashes = (0..).map_while(move |level| {
            let count = size.checked_shr(level * TILE_HEIGHT).filter(|count| *count > 0)?;
            Some((Kind::Hashes { level }, count))
        });
        entries.chain(hashes).flat_map(|(kind, count)| {
            (0..count.div_ceil(TILE_WIDTH)).map(move |index| {
                let width = TILE_WIDTH.min(count - index * TILE_WIDTH);
                Tile { kind, index, width }
            })
        })
    }

    /// The index of its first hash or entry.
    pub fn first(self) -> u64 {
        self.index * TILE_WIDTH
    }

    /// Its file, below the log's folder.
    pub fn path(self) -> String {
        let kind = match self.kind {
            Kind::Entries => "entries".to_owned(),
            Kind::Hashes { level } => level.to_string(),
        };
        // C2SP tlog-tiles, Merkle Tree: three digits a path element, all but the last after an x.
        let mut path = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        match self.width {
            TILE_WIDTH => format!("tile/{kind}/{path}"),
            width => format!("tile/{kind}/{path}.p/{width}"),
        }
    }

    /// The subtrees whose hashes a tile of hashes holds, in order; none for entries.
    pub fn subtrees(self) -> impl Iterator<Item = Subtree> {
        let (level, width) = match self.kind {
            Kind::Entries => (0, 0),
            Kind::Hashes { level } => (level * TILE_HEIGHT, self.width),
        };
        let first = self.first();
        (first..first + width).map(move |index| Subtree { level, index })
    }
}

/// The bytes of a tile of hashes.
pub fn hash_tile(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Adds an entry to the bytes of a tile of entries; `false`, and nothing added, for one that two
/// bytes cannot count.
pub fn add_entry(to: &mut Vec<u8>, entry: &[u8]) -> bool {
    // C2SP tlog-tiles, Log entries: big-endian uint16 length-prefixed.
    let Ok(len) = u16::try_from(entry.len()) else { return false };
    to.extend_from_slice(&len.to_be_bytes());
    to.extend_from_slice(entry);
    true
}

/// The entries of a tile's bytes, and the bytes after the last whole one.
pub fn entries(mut bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut entries = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk::<2>() {
        let len = usize::from(u16::from_be_bytes(*len));
        let Some((entry, rest)) = rest.split_at_checked(len) else { break };
        entries.push(entry);
        bytes = rest;
    }
    (entries, bytes)
}
