//! Durable steps, as one small seam: what is written, synced and renamed goes through here.
//! Knows nothing of what the bytes mean; tests put a failing disk in its place.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::store::regular;

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

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::BlobWrite | Step::BlobSync => "received bytes",
            Step::EntryWrite | Step::EntrySync => "entries",
            Step::CheckpointWrite | Step::CheckpointSync => "checkpoints",
        }
    }
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
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let place = Path::new(step.as_str());
        let fate = fate(Act::Write, place);
        match fate {
            Outcome::Done => return file.write_all(bytes),
            Outcome::Lost => file.write_all(half(bytes))?,
            Outcome::Kept => file.write_all(bytes)?,
        }
        Err(failed())
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        act(Act::Sync, Path::new(step.as_str()), || Ok(()), || file.sync_data())
    }
}

/// A durable step of anything but an append's own, which are [`Step`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Bytes are written to a file.
    Write,
    /// A file is synced.
    Sync,
    /// A folder's list of names is synced.
    SyncFolder,
    /// A file gets another name, or one more.
    Rename,
    /// A file is cut.
    Cut,
    /// A file or a folder is removed.
    Remove,
}

/// What becomes of a durable step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It fails, and nothing of it is kept, or half.
    Lost,
    /// It fails, and all of it is kept.
    Kept,
}

type Fate = Box<dyn FnMut(Act, &Path) -> Outcome>;

thread_local! {
    /// What becomes of this thread's durable steps; `None`: each is done.
    static FATE: RefCell<Option<Fate>> = const { RefCell::new(None) };
}

/// Runs something while a caller of its own decides what becomes of each durable step of this
/// thread: tests let them fail.
pub fn fated<T>(fate: impl FnMut(Act, &Path) -> Outcome + 'static, run: impl FnOnce() -> T) -> T {
    let before = FATE.with(|own| own.borrow_mut().replace(Box::new(fate)));
    let done = run();
    FATE.with(|own| *own.borrow_mut() = before);
    done
}

/// Does a step, or what a failing one leaves.
fn act<T>(
    act: Act,
    path: &Path,
    lost: impl FnOnce() -> io::Result<()>,
    whole: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    match fate(act, path) {
        Outcome::Done => return whole(),
        Outcome::Lost => lost()?,
        Outcome::Kept => drop(whole()?),
    }
    Err(failed())
}

fn fate(act: Act, path: &Path) -> Outcome {
    let own = |fate: &RefCell<Option<Fate>>| fate.borrow_mut().as_mut().map(|own| own(act, path));
    FATE.with(own).unwrap_or(Outcome::Done)
}

fn failed() -> io::Error {
    io::Error::other("input/output error")
}

fn half(bytes: &[u8]) -> &[u8] {
    bytes.split_at(bytes.len() / 2).0
}

/// Makes a file of these bytes, in the place of one that is there, and syncs it. A link is refused.
pub(crate) fn put_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let make = |bytes: &[u8]| regular::make(path, bytes);
    act(Act::Write, path, || make(half(bytes)), || make(bytes))?;
    sync_new(path, bytes)
}

/// Syncs a file that was just made: where that fails, it may be there by half.
fn sync_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    act(Act::Sync, path, || regular::make(path, half(bytes)), || regular::open(path)?.sync_all())
}

/// Makes a file that is not there yet, syncs it, and leaves it open at its end.
pub(crate) fn new_file(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let make = |bytes: &[u8]| -> io::Result<File> {
        let mut file = OpenOptions::new().append(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        Ok(file)
    };
    let file = act(Act::Write, path, || make(half(bytes)).map(drop), || make(bytes))?;
    sync_new(path, bytes)?;
    Ok(file)
}

/// Writes over the bytes of a file from an offset on, and syncs it.
pub(crate) fn write_over(path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let write = |bytes: &[u8]| -> io::Result<()> {
        let mut file = regular::open_to_write(path, OpenOptions::new().write(true))?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    };
    act(Act::Write, path, || write(half(bytes)), || write(bytes))?;
    sync(path)
}

/// Syncs a file.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    act(Act::Sync, path, || Ok(()), || regular::open(path)?.sync_all())
}

/// Syncs a folder's list of names: a new file's name is not durable until this is done.
pub(crate) fn sync_folder(dir: &Path) -> io::Result<()> {
    act(
        Act::SyncFolder,
        dir,
        || Ok(()),
        || {
            #[cfg(unix)]
            File::open(dir)?.sync_all()?;
            Ok(())
        },
    )
}

/// Gives a file another name, in the place of the file that has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    act(Act::Rename, to, || Ok(()), || fs::rename(from, to))
}

/// Gives a file one more name, or makes a copy of it where a file can have only one.
pub(crate) fn keep_as(from: &Path, to: &Path) -> io::Result<()> {
    act(
        Act::Rename,
        to,
        || Ok(()),
        || {
            regular::may_write(to)?;
            fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
        },
    )
}

/// Cuts a file, and syncs it.
pub(crate) fn cut(path: &Path, len: u64) -> io::Result<()> {
    let whole = || regular::open_to_write(path, OpenOptions::new().write(true))?.set_len(len);
    act(Act::Cut, path, || Ok(()), whole)?;
    sync(path)
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    act(Act::Remove, path, || Ok(()), || fs::remove_file(path))
}

/// Removes a folder and all that is in it.
pub(crate) fn remove_folder(dir: &Path) -> io::Result<()> {
    act(Act::Remove, dir, || Ok(()), || fs::remove_dir_all(dir))
}
