//! One process at a time: the lock of a ledger's folder, and who holds it (spec, section 12.1).
//! Knows nothing of what is done under the lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::regular;
use crate::terms::time::RecordedAt;

const RETRY: Duration = Duration::from_millis(20);
/// More than any lock file holds.
const TEXT_MAX: u64 = 1024;

/// The lock, held until dropped. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// As [`Lock::take`], of a ledger's folder in which nothing that is written to is a link.
    ///
    /// # Errors
    /// There is such a link, or somebody else holds it.
    pub fn of_ledger(
        layout: &Layout,
        wait: Duration,
        now: RecordedAt,
        what: &str,
    ) -> Result<Self, StoreError> {
        layout.refuse_links()?;
        Self::take(&layout.lock(), wait, now, what)
    }

    /// Takes the lock, waiting for it at most about `wait`, and writes down who holds it.
    ///
    /// # Errors
    /// Somebody else holds it.
    pub fn take(
        path: &Path,
        wait: Duration,
        now: RecordedAt,
        what: &str,
    ) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = regular::open_to_write(path, &options)
            .map_err(|error| io_error("open", path, error))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(io_error("lock", path, error)),
                Err(TryLockError::WouldBlock) if waited >= wait => {
                    return Err(StoreError::Locked { holder: holder(&mut file) });
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(RETRY);
                    waited += RETRY;
                }
            }
        }
        let pid = std::process::id();
        let what: String = what.chars().filter(|c| !c.is_control()).take(80).collect();
        let text = format!("process {pid}, since {now}, doing {what}\n");
        // Who holds it is a courtesy to others; the lock itself is held without it.
        let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = Read::by_ref(file).take(TEXT_MAX).read_to_string(&mut text);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if read.is_err() || text.is_empty() { "another process".to_owned() } else { text }
}
