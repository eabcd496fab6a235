//! The file of the tree's hashes: each full subtree once, in the order they are completed.
//! Never evidence: all of it is made from the entries and can be made again (spec, section 20.3).

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::ledger::merkle::{Edge, Subtree, hash_of_range, root_with, slots};
use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::regular;
use crate::terms::id::TreeHash;

const HASH_LEN: u64 = 32;
/// How many bytes of the file are read at a time.
const READ_LEN: usize = 64 * 1024;

/// Every stored hash in a tree's file, for an audit that believes none; `None` where there is no
/// file.
///
/// # Errors
/// The file cannot be read.
pub fn stored(layout: &Layout) -> Result<Option<Vec<TreeHash>>, StoreError> {
    let path = layout.tree();
    let failed = |error| io_error("read", &path, error);
    let file = match regular::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    let count = file.metadata().map_err(failed)?.len() / HASH_LEN;
    let mut file = BufReader::with_capacity(READ_LEN, file.take(count * HASH_LEN));
    let mut hashes = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for _ in 0..count {
        let mut hash = [0; 32];
        file.read_exact(&mut hash).map_err(failed)?;
        hashes.push(TreeHash(hash));
    }
    Ok(Some(hashes))
}

/// The tree over a ledger's entries: its right edge in memory, its hashes in the file.
#[derive(Debug)]
pub struct Tree {
    file: File,
    path: PathBuf,
    edge: Edge,
}

impl Tree {
    /// Opens the file for a tree of a size with this last leaf; `None` where it is missing, does
    /// not reach so far, or ends with another leaf. What it holds beyond is written over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(layout: &Layout, size: u64, last: TreeHash) -> Result<Option<Self>, StoreError> {
        let path = layout.tree();
        let failed = |error| io_error("open", &path, error);
        let file = match regular::open_to_write(&path, OpenOptions::new().read(true).write(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        if file.metadata().map_err(failed)?.len() < slots(size) * HASH_LEN {
            return Ok(None);
        }
        let mut tree = Self { file, path: path.clone(), edge: Edge::default() };
        tree.edge = Edge::load(size, &mut |subtree| tree.hash(subtree))?;
        let leaf = Subtree { level: 0, index: size.saturating_sub(1) };
        Ok((tree.hash(leaf)? == last).then_some(tree))
    }

    /// How many hashes the file holds; one that is not there holds none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn reach(layout: &Layout) -> Result<u64, StoreError> {
        let path = layout.tree();
        match regular::metadata(&path) {
            Ok(meta) => Ok(meta.len() / HASH_LEN),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(io_error("read", &path, error)),
        }
    }

    /// Makes the file anew from the hashes of a tree, in their order.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(layout: &Layout, edge: Edge, hashes: &[TreeHash]) -> Result<Self, StoreError> {
        let path = layout.tree();
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        let file = regular::open_to_write(&path, options);
        let file = file.map_err(|error| io_error("make", &path, error))?;
        let mut tree = Self { file, path, edge: Edge::default() };
        tree.write(hashes)?;
        tree.edge = edge;
        Ok(tree)
    }

    /// The right edge.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The stored hash of a full subtree.
    ///
    /// # Errors
    /// The file cannot be read, or ends before it.
    pub fn hash(&self, subtree: Subtree) -> Result<TreeHash, StoreError> {
        let mut hash = TreeHash([0; 32]);
        let mut read = || -> io::Result<()> {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(subtree.slot() * HASH_LEN))?;
            file.read_exact(&mut hash.0)
        };
        read().map_err(|error| io_error("read", &self.path, error))?;
        Ok(hash)
    }

    /// The root of the tree over the first entries.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn root_at(&self, size: u64) -> Result<TreeHash, StoreError> {
        hash_of_range(0, size, &mut |subtree| self.hash(subtree))
    }

    /// Whether these are the leaves from `first` on of the tree that the right edge stands for.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn stands_for(&self, first: u64, leaves: &[TreeHash]) -> Result<bool, StoreError> {
        let root = root_with(self.edge.size(), (first, leaves), &mut |subtree| self.hash(subtree));
        Ok(root? == self.edge.root())
    }

    /// Writes all hashes of the tree over those in the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put_right(&self, hashes: &[TreeHash]) -> Result<(), StoreError> {
        self.write_at(0, hashes)
    }

    /// Takes in the hashes of further leaves; `edge` is the right edge with them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&mut self, edge: Edge, hashes: &[TreeHash]) -> Result<(), StoreError> {
        self.write(hashes)?;
        self.edge = edge;
        Ok(())
    }

    fn write(&mut self, hashes: &[TreeHash]) -> Result<(), StoreError> {
        self.write_at(slots(self.edge.size()), hashes)
    }

    fn write_at(&self, slot: u64, hashes: &[TreeHash]) -> Result<(), StoreError> {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        let mut file = &self.file;
        let written =
            file.seek(SeekFrom::Start(slot * HASH_LEN)).and_then(|_| file.write_all(&bytes));
        written.map_err(|error| io_error("write", &self.path, error))
    }
}
