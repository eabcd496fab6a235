//! Turns what went wrong into words, a hint and an exit status; the only place that does.
//! Knows no command.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;

use crate::report::plain::safe;
use crate::store::export::ExportError;
use crate::store::import::ImportError;
use crate::store::log::{StoreError, Unsound};
use crate::store::recover::RecoverError;
use crate::store::secret::Exposed;

/// What to do about a signature by a key that nobody here can follow to.
pub const FOLLOW: &str = "if the ledger changed its key, give the proof of that with --rotations; \
    trust in a key leads to the keys after it, not to those before";

/// What to do with a ledger that may be read and not written.
const READ_ONLY: &str = "a ledger is opened under its lock and with its index, which takes the \
    right to write: ask a copy of its folder, or what `import` makes of an export";

/// What to do where a disk is full. The index is made again beside the one that is there.
const FULL: &str = "make room, about twice what the ledger's index takes, and run the command \
    again; what was acknowledged is kept";

/// The exit status of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: done, and the answer is yes.
    Yes,
    /// 1: the answer is no: a fault proven, nothing found where one was asked for.
    No,
    /// 2: usage, or trouble with files.
    Trouble,
    /// 3: could not be verified.
    Unverified,
    /// 4: the ledger was rolled back or forked; it refuses to be written.
    RolledBack,
}

impl Exit {
    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Trouble => 2,
            Exit::Unverified => 3,
            Exit::RolledBack => 4,
        }
    }
}

/// Why a command could not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The status to end with.
    pub exit: Exit,
    /// What was expected, what came, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the reader of the output went away, so that there is nobody to tell.
    pub silent: bool,
}

impl Failure {
    /// A failure with its words.
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: shown(&message), hint: None, silent: false }
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(shown(&hint));
        self
    }

    /// The same, said of the file or folder that it is about.
    pub fn about(mut self, place: &Path) -> Self {
        self.message = format!("{}: {}", shown(&place.display()), self.message);
        self
    }

    /// The answer could not be written. Of a closed pipe nobody is told.
    pub fn output(error: io::Error) -> Self {
        let mut failure = Self::new(Exit::Trouble, format!("cannot write the answer: {error}"));
        failure.silent = error.kind() == io::ErrorKind::BrokenPipe;
        failure
    }
}

/// Words for a terminal: names of files and of people may have anything in them.
fn shown(words: &dyn Display) -> String {
    let words = words.to_string();
    words.lines().map(safe).collect::<Vec<_>>().join("\n")
}

/// An error with its sources, each said once: `Display` never repeats its source.
pub fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words += &format!(": {cause}");
        source = cause.source();
    }
    words
}

/// How the disk failed, where it did.
fn of_disk(error: &StoreError) -> Option<io::ErrorKind> {
    match error {
        StoreError::Io { source, .. } => Some(source.kind()),
        StoreError::Index(error) => error.failed,
        _ => None,
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
        let (exit, hint) = match &error {
            disk if of_disk(disk) == Some(StorageFull) => (Exit::Trouble, FULL),
            disk if matches!(of_disk(disk), Some(PermissionDenied | ReadOnlyFilesystem)) => {
                (Exit::Trouble, READ_ONLY)
            }
            disk if of_disk(disk).is_some() => return Failure::new(Exit::Trouble, chain(&error)),
            StoreError::NotALedger { dir, .. } if dir.join("journal").is_dir() => (
                Exit::Trouble,
                "its journal is there: put its FORMAT file back, or make the ledger anew from an \
                 export with `import`; `verify` says what else is wrong",
            ),
            StoreError::NotALedger { .. } => (
                Exit::Trouble,
                "make one with `blockholder --ledger DIR init`, or name another with --ledger",
            ),
            StoreError::NotEmpty { .. } => (Exit::Trouble, "name a folder that is not there yet"),
            StoreError::NewerFormat { .. } => {
                (Exit::Trouble, "use a newer blockholder for this ledger")
            }
            StoreError::Locked { .. } => (Exit::Trouble, "try again when it is done"),
            StoreError::Unsound(Unsound::Damaged { .. }) => {
                (Exit::Unverified, "run `blockholder verify`, then `blockholder recover`")
            }
            StoreError::Unsound(Unsound::Foreign { .. }) => (
                Exit::RolledBack,
                "nothing was signed; `blockholder recover`, with the ledger's key, sets them aside",
            ),
            StoreError::Unsound(_) => {
                (Exit::RolledBack, "nothing was written; run `blockholder recover --from EXPORT`")
            }
            StoreError::BadEntry { .. } | StoreError::NoBytes { .. } | StoreError::Index(_) => {
                (Exit::Unverified, "run `blockholder verify`, then `blockholder recover`")
            }
            StoreError::Rotation { .. } => (Exit::No, "name another file with --to"),
            StoreError::Redacted { .. } => {
                (Exit::No, "what was read in them stays; `log` says who redacted them, and why")
            }
            StoreError::NoHashes { .. } => {
                (Exit::Unverified, "`blockholder log` makes them; or leave out --since")
            }
            StoreError::NotReached { .. } => {
                (Exit::No, "`blockholder verify --against` with it shows what is left")
            }
            StoreError::NoEntry { .. } => (Exit::No, "`blockholder log` lists the entries"),
            StoreError::NoKey { .. } => (
                Exit::Trouble,
                "an imported ledger can be read; to write, name its own key's file with --key",
            ),
            StoreError::BadKey { .. } | StoreError::WrongKey { .. } => {
                (Exit::Trouble, "name the file of the ledger's own secret key with --key")
            }
            StoreError::ExposedKey { got: Exposed::ToMode(_), .. } => (
                Exit::Trouble,
                "`chmod 600` it, if nobody read or wrote it before; else sign with another key",
            ),
            StoreError::ExposedKey { got: Exposed::ToUser(_), .. } => (
                Exit::Trouble,
                "if you did not put it there, take it away: whoever did knows the key",
            ),
            StoreError::Poisoned | StoreError::RecordedNotIndexed { .. } => {
                (Exit::Trouble, "run the command again; what was acknowledged is kept")
            }
            _ => return Failure::new(Exit::Trouble, chain(&error)),
        };
        Failure::new(exit, chain(&error)).hint(hint)
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::NotOurs { .. } => {
                Failure::new(Exit::Trouble, error).hint("name a folder that is not there yet")
            }
            ExportError::Unsigned { .. } | ExportError::NotInTree { .. } => {
                Failure::new(Exit::Unverified, error)
                    .hint("run `blockholder verify`, then `blockholder recover`")
            }
            ExportError::Ahead { .. } | ExportError::Forked { .. } => {
                Failure::new(Exit::RolledBack, error)
                    .hint("the export was left as it is; keep it, and look at both with `verify`")
            }
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::NotAnExport { .. } => Failure::new(Exit::Trouble, error),
            ImportError::Unvouched { .. } => Failure::new(Exit::Unverified, error).hint(
                "nothing was made; give the key of before, or export again once it has signed",
            ),
            ImportError::Faults(_) | ImportError::Changed { .. } => Failure::new(Exit::No, error)
                .hint("nothing was made; `blockholder verify EXPORT` names every fault"),
        }
    }
}

impl From<RecoverError> for Failure {
    fn from(error: RecoverError) -> Self {
        match error {
            RecoverError::Store(error) => error.into(),
            RecoverError::FileTooLarge { .. } => Failure::new(Exit::Trouble, error),
            RecoverError::Export(_) => Failure::new(Exit::Unverified, error)
                .hint("nothing was changed; `blockholder verify EXPORT` names every fault"),
            RecoverError::TwoHistories { .. } => Failure::new(Exit::RolledBack, error).hint(
                "nothing was changed; ask whoever keeps checkpoints which one they were shown",
            ),
            RecoverError::UnknownKey { .. } => Failure::new(Exit::Unverified, error)
                .hint("nothing was changed; give an export with --from, which has the proof"),
            RecoverError::NoCheckpoint
            | RecoverError::Unvouched { .. }
            | RecoverError::NoLastEntry { .. }
            | RecoverError::OtherRoot { .. } => Failure::new(Exit::Unverified, error)
                .hint("nothing was changed; put the ledger's files back from a copy"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::IndexError;

    #[test]
    fn a_disk_that_takes_nothing_says_what_to_do() {
        for (kind, hint) in [
            (io::ErrorKind::PermissionDenied, Some(READ_ONLY)),
            (io::ErrorKind::ReadOnlyFilesystem, Some(READ_ONLY)),
            (io::ErrorKind::StorageFull, Some(FULL)),
            (io::ErrorKind::TimedOut, None),
        ] {
            let (doing, path) = ("open", "ledger/lock".into());
            let file = StoreError::Io { doing, path, source: kind.into() };
            let index = StoreError::Index(IndexError::failed("sled failed", kind));
            for failure in [Failure::from(file), index.into()] {
                assert_eq!(failure.hint.as_deref(), hint, "{failure:?}");
                assert_eq!(failure.exit, Exit::Trouble, "{failure:?}");
            }
        }
        let damaged = StoreError::Index(IndexError::new("a leaf is another"));
        assert_eq!(Failure::from(damaged).exit, Exit::Unverified);
    }

    #[test]
    fn words_keep_their_lines_and_nothing_else_a_terminal_obeys() {
        let failure = Failure::new(Exit::Trouble, "a\u{1b}[31m\nb").hint("\u{7}c");
        assert_eq!(failure.message, "a\u{fffd}[31m\nb");
        assert_eq!(failure.hint.as_deref(), Some("\u{fffd}c"));
    }
}
