//! The files of C2SP tlog-tiles: which there are for a size, how they are named, what they hold.
//! Writes nothing: it says what a file's bytes are, and whoever has files puts them there.

use std::collections::BTreeSet;

use crate::ledger::chain::{ENVELOPE_LEN, ENVELOPE_VERSION, Envelope};
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
        kinds(size).flat_map(|(kind, count)| {
            (0..count.div_ceil(TILE_WIDTH)).map(move |index| Tile::at(kind, count, index))
        })
    }

    /// The tile of a place among those of its kind, which have so many hashes or entries.
    fn at(kind: Kind, count: u64, index: u64) -> Tile {
        let width = TILE_WIDTH.min(count.saturating_sub(index.saturating_mul(TILE_WIDTH)));
        Tile { kind, index, width }
    }

    /// The tile whose file has this name; `None` where none has.
    pub fn named(path: &str) -> Option<Tile> {
        let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes { level: level.parse().ok()? },
        };
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => (groups, width.parse().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let index = groups.split('/').try_fold(0_u64, |index, group| {
            let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
            index.checked_mul(1000)?.checked_add(digits)
        })?;
        // Its name, and not another way to write it.
        Some(Tile { kind, index, width }).filter(|tile| tile.path() == path)
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

/// What a tree of a size has: entries, then hashes level by level, and how many of each.
fn kinds(size: u64) -> impl Iterator<Item = (Kind, u64)> {
    let hashes = (0..).map_while(move |level| {
        let count = size.checked_shr(level * TILE_HEIGHT).filter(|count| *count > 0)?;
        Some((Kind::Hashes { level }, count))
    });
    std::iter::once((Kind::Entries, size)).chain(hashes)
}

/// Tiles that a size asks for: one that is there, or a run of them that is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Its file is there.
    There(Tile),
    /// All from one to another of its kind have no file.
    Missing {
        /// The first.
        first: Tile,
        /// The last.
        last: Tile,
    },
}

/// The tiles of a size in the order of [`Tile::all`], told by the names of the files that are
/// there: as much work as there are names, whatever the size. Tiles of entries before `from` alone
/// are not missed.
pub fn found<'a>(size: u64, from: u64, names: impl Iterator<Item = &'a str>) -> Vec<Found> {
    let there: BTreeSet<Tile> = names.filter_map(Tile::named).collect();
    let mut found = Vec::new();
    for (kind, count) in kinds(size) {
        let level = if let Kind::Hashes { level } = kind { level } else { 0 };
        let last_before = (from >> (level * TILE_HEIGHT)).div_ceil(TILE_WIDTH);
        let (mut due, end) = (last_before.saturating_sub(1), count.div_ceil(TILE_WIDTH));
        let missing = |due: u64, next: u64| Found::Missing {
            first: Tile::at(kind, count, due),
            last: Tile::at(kind, count, next - 1),
        };
        let ours = |tile: &&Tile| {
            tile.kind == kind && tile.index < end && **tile == Tile::at(kind, count, tile.index)
        };
        for tile in there.iter().filter(ours) {
            found.extend((due < tile.index).then(|| missing(due, tile.index)));
            found.push(Found::There(*tile));
            due = due.max(tile.index + 1);
        }
        found.extend((due < end).then(|| missing(due, end)));
    }
    found
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

/// What the bytes of a tile of entries are cut into, right or wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// The bytes of an entry, as long as its length says.
    Entry(&'a [u8]),
    /// Bytes up to the next entry that their length does not fit.
    Damaged {
        /// Where, from the start of the tile.
        offset: usize,
        /// What stands there after the length.
        bytes: &'a [u8],
    },
}

/// Cuts a tile of entries, and goes on after damage at the next place where a length and an
/// envelope agree (spec, section 24.3).
pub fn pieces(bytes: &[u8]) -> Vec<Piece<'_>> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if let Some((entry, _)) = agreeing(bytes, at) {
            pieces.push(Piece::Entry(entry));
            at += 2 + entry.len();
            continue;
        }
        let begins = |at: &usize| {
            agreeing(bytes, *at).is_some_and(|(_, version)| version == ENVELOPE_VERSION)
        };
        let next = (at + 1..bytes.len()).find(begins).unwrap_or(bytes.len());
        let here = bytes.get(at + 2..next).unwrap_or_default();
        let fits = bytes.get(at..at + 2) == Some(&length(here));
        pieces.push(match fits {
            true => Piece::Entry(here),
            false => Piece::Damaged { offset: at, bytes: here },
        });
        at = next;
    }
    pieces
}

/// The two bytes before an entry; of one that they cannot count, those of the largest.
fn length(entry: &[u8]) -> [u8; 2] {
    u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// The entry at a place whose length is that of its envelope and payload, and its version.
fn agreeing(bytes: &[u8], at: usize) -> Option<(&[u8], u16)> {
    let (len, rest) = bytes.get(at..)?.split_first_chunk::<2>()?;
    let envelope = Envelope::from_bytes(rest.first_chunk::<ENVELOPE_LEN>()?);
    let len = usize::from(u16::from_be_bytes(*len));
    let whole = u64::from(envelope.payload_len) + ENVELOPE_LEN as u64 == len as u64;
    whole.then_some((rest.get(..len)?, envelope.version))
}
