//! The durable steps of an append, as one small seam: what is written and synced goes through here.
//! Knows nothing of what the bytes mean; tests put a failing disk in its place.

use std::fs::File;
use std::io::{self, Write};

/// The durable steps of one append, in order (spec, section 9.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// Received bytes are written.
    BlobWrite,
    /// Received bytes are synced.
    BlobSync,
    /// Entries and their commit are written.
    EntryWrite,
    /// Entries and their commit are synced.
    EntrySync,
    /// The checkpoint is written.
    CheckpointWrite,
    /// The checkpoint is synced: the batch is acknowledged.
    CheckpointSync,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 6] = [
        Step::BlobWrite,
        Step::BlobSync,
        Step::EntryWrite,
        Step::EntrySync,
        Step::CheckpointWrite,
        Step::CheckpointSync,
    ];
}

/// Writes and syncs. An error of either leaves open what the disk holds.
pub trait Disk {
    /// Writes all the bytes at the file's end.
    ///
    /// # Errors
    /// Whatever the system says.
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written durable.
    ///
    /// # Errors
    /// Whatever the system says.
    fn sync(&mut self, step: Step, file: &File) -> io::Result<()>;
}

/// The system's own disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn write(&mut self, _: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&mut self, _: Step, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
