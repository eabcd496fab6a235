//! The kinds of events, by the numbers that entries carry and by name.
//! Knows nothing of what an event of a kind says.

/// The number of an event's kind, as entries carry it (spec, section 5.1); never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventKind {
    /// 0
    LedgerOpened,
    /// 1
    FilingRecorded,
    /// 2
    FilingContinued,
    /// 3
    FilingConflicted,
    /// 4
    FilingReread,
    /// 5
    FilingCorrected,
    /// 6
    FilingWithdrawn,
    /// 7
    FilingReinstated,
    /// 8
    HoldersLinked,
    /// 9
    HoldersUnlinked,
    /// 10
    ClassSizeReported,
    /// 11
    ClassChanged,
    /// 12
    ChainJoined,
    /// 13
    ChainSplit,
    /// 14
    FilingSkipped,
    /// 15
    TopicsSealed,
    /// 16
    KeyRotated,
    /// 17
    ContentRedacted,
    /// 18
    FilingUncorrected,
    /// 19
    ClassRetracted,
}

impl EventKind {
    /// Every kind this program knows, by number.
    pub const ALL: [EventKind; 20] = [
        EventKind::LedgerOpened,
        EventKind::FilingRecorded,
        EventKind::FilingContinued,
        EventKind::FilingConflicted,
        EventKind::FilingReread,
        EventKind::FilingCorrected,
        EventKind::FilingWithdrawn,
        EventKind::FilingReinstated,
        EventKind::HoldersLinked,
        EventKind::HoldersUnlinked,
        EventKind::ClassSizeReported,
        EventKind::ClassChanged,
        EventKind::ChainJoined,
        EventKind::ChainSplit,
        EventKind::FilingSkipped,
        EventKind::TopicsSealed,
        EventKind::KeyRotated,
        EventKind::ContentRedacted,
        EventKind::FilingUncorrected,
        EventKind::ClassRetracted,
    ];

    /// The number entries carry.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The kind of a number; `None` for one this program does not know.
    pub fn from_number(number: u16) -> Option<Self> {
        EventKind::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::LedgerOpened => "LedgerOpened",
            EventKind::FilingRecorded => "FilingRecorded",
            EventKind::FilingContinued => "FilingContinued",
            EventKind::FilingConflicted => "FilingConflicted",
            EventKind::FilingReread => "FilingReread",
            EventKind::FilingCorrected => "FilingCorrected",
            EventKind::FilingWithdrawn => "FilingWithdrawn",
            EventKind::FilingReinstated => "FilingReinstated",
            EventKind::HoldersLinked => "HoldersLinked",
            EventKind::HoldersUnlinked => "HoldersUnlinked",
            EventKind::ClassSizeReported => "ClassSizeReported",
            EventKind::ClassChanged => "ClassChanged",
            EventKind::ChainJoined => "ChainJoined",
            EventKind::ChainSplit => "ChainSplit",
            EventKind::FilingSkipped => "FilingSkipped",
            EventKind::TopicsSealed => "TopicsSealed",
            EventKind::KeyRotated => "KeyRotated",
            EventKind::ContentRedacted => "ContentRedacted",
            EventKind::FilingUncorrected => "FilingUncorrected",
            EventKind::ClassRetracted => "ClassRetracted",
        }
    }
}
