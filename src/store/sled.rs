//! Leaves of rows and how far they reach, in sled. The only file that names sled.
//! Never evidence: all of it is made from the journal and can be thrown away (spec, section 11).

use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::io;
use std::ops::Deref;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use sled::transaction::{TransactionError, Transactional};

use crate::store::packed::Row;

const CACHE_BYTES: u64 = 256 * 1024 * 1024;
/// The same for who reads everything once, in the order of keys.
const CACHE_ONCE_BYTES: u64 = 64 * 1024 * 1024;
const META_KEY: &[u8] = b"meta";

/// How long a closed sled may take to let go of its file.
const CLOSING_STEPS: u32 = 100;
const CLOSING_STEP: Duration = Duration::from_millis(5);

/// The index cannot be used: sled failed, panicked, or gave less than it was given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{why}")]
pub struct IndexError {
    /// What is wrong.
    pub why: String,
    /// How the system failed, where it did: then making the index again would mend nothing.
    pub failed: Option<io::ErrorKind>,
}

impl IndexError {
    /// What the index holds is not what it should.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), failed: None }
    }

    /// The system failed.
    pub fn failed(why: impl Into<String>, how: io::ErrorKind) -> Self {
        Self { why: why.into(), failed: Some(how) }
    }

    /// What is wrong with what the index holds, so that making it again mends that.
    ///
    /// # Errors
    /// Nothing is, as far as is known: the system failed.
    pub fn of_content(self) -> Result<String, Self> {
        if self.failed.is_some() { Err(self) } else { Ok(self.why) }
    }
}

/// A value as sled holds it.
#[derive(Clone, Debug)]
pub struct Held(sled::IVec);

impl Held {
    /// Whether it is the same bytes as another. Those that are also at the same place are told
    /// without looking at them, for sled changes no value that somebody else holds.
    pub fn is(&self, other: &Held) -> bool {
        std::ptr::eq::<[u8]>(&**self, &**other) || **self == **other
    }
}

impl From<&[u8]> for Held {
    fn from(bytes: &[u8]) -> Self {
        Held(bytes.into())
    }
}

impl Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Leaves in the order of their keys.
#[derive(Default)]
pub struct Leaves(Option<sled::Iter>);

impl Leaves {
    /// The next leaf, which has this key.
    ///
    /// # Errors
    /// sled cannot read it, or has none, or another.
    pub fn due(&mut self, key: &[u8]) -> Result<Held, IndexError> {
        let own = self.next_leaf()?.filter(|(own, _)| **own == *key);
        let missing = || IndexError::new("expected a leaf of rows, got none");
        own.map(|(_, leaf)| leaf).ok_or_else(missing)
    }

    /// The next leaf, with its key.
    ///
    /// # Errors
    /// sled cannot read it.
    pub fn next_leaf(&mut self) -> Result<Option<(Held, Held)>, IndexError> {
        let next = guarded(|| self.0.as_mut().and_then(Iterator::next).transpose())?;
        Ok(next.map(|(key, leaf)| (Held(key), Held(leaf))))
    }
}

/// sled, open on a folder.
pub struct Sled {
    trees: Option<Trees>,
    path: PathBuf,
}

struct Trees {
    db: sled::Db,
    leaves: sled::Tree,
    digests: sled::Tree,
    meta: sled::Tree,
}

impl Trees {
    fn open(path: &Path, cache: u64) -> sled::Result<Self> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache)
            // No thread of its own: what sled has not written yet is in the journal.
            .flush_every_ms(None);
        let db = config.open()?;
        let [leaves, digests, meta] = ["leaves", "digests", "meta"].map(|name| db.open_tree(name));
        Ok(Self { leaves: leaves?, digests: digests?, meta: meta?, db })
    }
}

impl Sled {
    /// Opens what is in a folder, or makes it.
    ///
    /// # Errors
    /// sled cannot open it, or panics over it.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        Self::with_cache(path, CACHE_BYTES)
    }

    /// As [`Sled::open`], to read everything once.
    ///
    /// # Errors
    /// As [`Sled::open`].
    pub fn open_to_read_once(path: &Path) -> Result<Self, IndexError> {
        Self::with_cache(path, CACHE_ONCE_BYTES)
    }

    fn with_cache(path: &Path, cache: u64) -> Result<Self, IndexError> {
        let trees = guarded(|| Trees::open(path, cache))?;
        Ok(Self { trees: Some(trees), path: path.to_owned() })
    }

    /// The row that says how far the leaves reach.
    ///
    /// # Errors
    /// sled cannot read it.
    pub fn meta(&self) -> Result<Option<Held>, IndexError> {
        Ok(self.on(|trees| trees.meta.get(META_KEY))?.map(Held))
    }

    /// The leaf with this key.
    #[cfg(test)]
    pub(crate) fn leaf(&self, key: &[u8]) -> Result<Option<Held>, IndexError> {
        Ok(self.on(|trees| trees.leaves.get(key))?.map(Held))
    }

    /// The leaf of digests with this key.
    ///
    /// # Errors
    /// sled cannot read it.
    pub fn digests(&self, key: &[u8]) -> Result<Option<Held>, IndexError> {
        Ok(self.on(|trees| trees.digests.get(key))?.map(Held))
    }

    /// The leaves after this key, one after the other: cheaper than each by its key.
    ///
    /// # Errors
    /// The index is closed.
    pub fn leaves_after(&self, key: &[u8]) -> Result<Leaves, IndexError> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = (Excluded(key), Unbounded);
        Ok(Leaves(Some(self.on(|trees| Ok(trees.leaves.range::<&[u8], _>(after)))?)))
    }

    /// All leaves, one after the other.
    ///
    /// # Errors
    /// The index is closed.
    pub fn leaves(&self) -> Result<Leaves, IndexError> {
        Ok(Leaves(Some(self.on(|trees| Ok(trees.leaves.iter()))?)))
    }

    /// The last leaf whose key is not after this one.
    ///
    /// # Errors
    /// sled cannot read it.
    pub fn leaf_before(&self, key: &[u8]) -> Result<Option<(Held, Held)>, IndexError> {
        let after = [key, &[0]].concat();
        let found = self.on(|trees| trees.leaves.get_lt(after))?;
        Ok(found.map(|(key, leaf)| (Held(key), Held(leaf))))
    }

    /// Puts leaves in, leaves of digests, and the row that says how far they reach: all of it or
    /// nothing.
    ///
    /// # Errors
    /// sled cannot write.
    pub fn write(&self, leaves: &[Row], digests: &[Row], meta: &[u8]) -> Result<(), IndexError> {
        self.on(|trees| {
            let all = (&trees.leaves, &trees.digests, &trees.meta);
            let written = all.transaction(|(to, above, reach)| {
                for (tree, rows) in [(to, leaves), (above, digests)] {
                    for (key, leaf) in rows {
                        tree.insert(key.as_slice(), leaf.as_slice())?;
                    }
                }
                reach.insert(META_KEY, meta)?;
                Ok(())
            });
            written.map_err(|error| match error {
                TransactionError::Storage(error) => error,
                TransactionError::Abort(()) => sled::Error::Unsupported("abort".into()),
            })
        })
    }

    /// Takes a leaf away, as damage would.
    #[cfg(test)]
    pub(crate) fn remove(&self, key: &[u8]) -> Result<(), IndexError> {
        self.on(|trees| trees.leaves.remove(key)).map(drop)
    }

    /// Writes out what sled still holds in memory, and syncs its file, which sled does not.
    ///
    /// # Errors
    /// sled or the system cannot write.
    pub fn sync(&self) -> Result<(), IndexError> {
        self.on(|trees| trees.db.flush())?;
        let synced = File::open(self.path.join("db")).and_then(|file| file.sync_data());
        synced.map_err(|error| {
            IndexError::failed(format!("cannot sync the index: {error}"), error.kind())
        })
    }

    fn on<T>(&self, ask: impl FnOnce(&Trees) -> sled::Result<T>) -> Result<T, IndexError> {
        match &self.trees {
            Some(trees) => guarded(|| ask(trees)),
            None => Err(IndexError::new("the index is closed")),
        }
    }
}

impl Drop for Sled {
    /// A damaged sled can panic while it closes, too. A sound one writes on from threads of its own
    /// for a moment, during which its files must be neither copied nor opened: they are at rest
    /// once its lock on them is gone.
    fn drop(&mut self) {
        let trees = self.trees.take();
        let _ = guarded(|| {
            drop(trees);
            Ok(())
        });
        let Ok(file) = File::open(self.path.join("db")) else { return };
        for _ in 0..CLOSING_STEPS {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => std::thread::sleep(CLOSING_STEP),
                _ => return,
            }
        }
    }
}

thread_local! {
    /// Whether this thread is inside sled.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Asks sled for something: an error or a panic of its own comes back as an [`IndexError`]. sled
/// panics over damaged files, here and on its own threads, whose names begin with `sled`; those
/// panics, and no others, are kept from the user's terminal.
fn guarded<T>(ask: impl FnOnce() -> sled::Result<T>) -> Result<T, IndexError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let sleds_thread = std::thread::current().name().is_some_and(|n| n.starts_with("sled"));
            if !INSIDE.get() && !sleds_thread {
                usual(panic);
            }
        }));
    });
    let before = INSIDE.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(ask));
    INSIDE.set(before);
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let why = format!("sled failed: {error}");
            Err(match &error {
                sled::Error::Io(system) => IndexError::failed(why, system.kind()),
                _ => IndexError::new(why),
            })
        }
        Err(_) => Err(IndexError::new("sled panicked over its files")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_an_error_outside() {
        let outcome: Result<(), _> = guarded(|| panic!("damaged"));
        assert_eq!(outcome, Err(IndexError::new("sled panicked over its files")));
        assert!(!INSIDE.get());
        assert_eq!(guarded(|| Ok(7)), Ok(7));
    }
}
