//! Decides which events a reading justifies, given what was already recorded.
//! Knows nothing of stores: whoever asks looks up what is known.

use crate::ledger::codec::{self, EncodeError, PAYLOAD_MAX};
use crate::ledger::event::{
    Event, FilingConflicted, FilingContinued, FilingRecorded, FilingReread,
};
use crate::terms::id::{Accession, ContentId};
use crate::terms::statement::{Holder, Reading};
use crate::terms::trouble::Trouble;

/// What a ledger already holds of a filing that is about to be admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The filing recorded under its accession number: where, and which bytes.
    pub by_accession: Option<(u64, ContentId)>,
    /// The filing recorded with the same bytes, of several the one that counts: where, and under
    /// which accession number.
    pub by_content: Option<(u64, Option<Accession>)>,
    /// Whether that one is withdrawn, and recorded without an accession number where this has one.
    pub withdrawn: bool,
    /// Where it was recorded that these bytes conflict with those under the accession number.
    pub conflict: Option<u64>,
}

/// What is to be done with a filing (spec, section 5.5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It is new: append these events, in this order, as one draft.
    Created(Vec<Event>),
    /// The same bytes are recorded already; nothing is to be appended.
    Exists {
        /// The entry that records them.
        sequence: u64,
    },
    /// Other bytes are recorded under its accession number.
    Conflict {
        /// The entry that records those.
        recorded: u64,
        /// What to append; empty when this conflict is on record already.
        events: Vec<Event>,
    },
}

/// Why a filing cannot be recorded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AdmitError {
    /// What is not a list of holders or troubles does not fit into one entry.
    #[error("expected at most {PAYLOAD_MAX} bytes before the first holder, got {len}")]
    HeaderTooLarge {
        /// Its length in bytes.
        len: usize,
    },
    /// One holder does not fit into an entry of its own.
    #[error("expected holder {index} to fit into an entry of {PAYLOAD_MAX} bytes, got {len}")]
    HolderTooLarge {
        /// Which, from 0.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// One trouble does not fit into an entry of its own.
    #[error("expected trouble {index} to fit into an entry of {PAYLOAD_MAX} bytes, got {len}")]
    TroubleTooLarge {
        /// Which, from 0.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// It holds a value that has no canonical bytes.
    #[error("the filing cannot be encoded")]
    Encode(#[from] EncodeError),
}

/// Decides what a filing becomes. The accession number decides, and the bytes' own name where
/// there is none.
///
/// # Errors
/// A filing that cannot be split into entries.
pub fn admit(filing: FilingRecorded, known: &Known) -> Result<Decision, AdmitError> {
    let Some(accession) = filing.accession() else {
        return match known.by_content {
            Some((sequence, _)) => Ok(Decision::Exists { sequence }),
            None => split(filing).map(Decision::Created),
        };
    };
    match (known.by_accession, known.by_content) {
        (Some((sequence, content)), _) if content == filing.content => {
            Ok(Decision::Exists { sequence })
        }
        (Some((recorded, content)), _) => {
            let conflict = conflicted(filing, accession, content);
            let events = if known.conflict.is_some() { Vec::new() } else { vec![conflict] };
            Ok(Decision::Conflict { recorded, events })
        }
        // Recorded before its accession number was known: the same bytes are not recorded twice.
        (None, Some((sequence, None))) if !known.withdrawn => Ok(Decision::Exists { sequence }),
        (None, _) => split(filing).map(Decision::Created),
    }
}

fn conflicted(filing: FilingRecorded, accession: Accession, recorded: ContentId) -> Event {
    Event::FilingConflicted(FilingConflicted {
        accession,
        recorded,
        received: filing.content,
        received_len: filing.content_len,
        source: filing.source,
    })
}

/// Room kept for what grows after a part is measured: two list lengths of up to three bytes, of
/// which one byte each is measured already.
const LENGTHS_ROOM: usize = 4;

/// Splits a filing into events that each fit into an entry (spec, section 5.3): the filing with as
/// many holders, then troubles, as fit, then continuations with as many as fit.
///
/// # Errors
/// What is no list does not fit, or one holder or trouble alone does not.
pub fn split(mut filing: FilingRecorded) -> Result<Vec<Event>, AdmitError> {
    let lists = Lists::take(&mut filing.reading);
    // Measured with the longest count, so that the count cannot change what fits.
    filing.continued = u32::MAX;
    let mut parts = lists.spread(filing.content, codec::encoded_len(&filing)?)?.into_iter();
    filing.continued = parts.len() as u32 - 1;
    if let Some(own) = parts.next() {
        filing.reading.holders = own.holders;
        filing.reading.troubles = own.troubles;
    }
    let filing = Event::FilingRecorded(Box::new(filing));
    Ok(std::iter::once(filing).chain(parts.map(Event::FilingContinued)).collect())
}

/// Splits a rereading as [`split`] does a filing.
///
/// # Errors
/// As [`split`].
pub fn split_reread(mut again: FilingReread) -> Result<Vec<Event>, AdmitError> {
    let lists = Lists::take(&mut again.reading);
    again.continued = u32::MAX;
    let content = again.filing.content;
    let mut parts = lists.spread(content, codec::encoded_len(&again)?)?.into_iter();
    again.continued = parts.len() as u32 - 1;
    if let Some(own) = parts.next() {
        again.reading.holders = own.holders;
        again.reading.troubles = own.troubles;
    }
    let again = Event::FilingReread(Box::new(again));
    Ok(std::iter::once(again).chain(parts.map(Event::FilingContinued)).collect())
}

/// What of a reading may be continued in entries of its own.
struct Lists {
    holders: Vec<Holder>,
    troubles: Vec<Trouble>,
}

impl Lists {
    fn take(reading: &mut Reading) -> Self {
        let holders = std::mem::take(&mut reading.holders);
        Self { holders, troubles: std::mem::take(&mut reading.troubles) }
    }

    /// Spreads the lists over parts: the first goes into the entry whose other bytes are `header`.
    fn spread(self, content: ContentId, header: usize) -> Result<Vec<FilingContinued>, AdmitError> {
        let header = header + LENGTHS_ROOM;
        if header > PAYLOAD_MAX {
            return Err(AdmitError::HeaderTooLarge { len: header });
        }
        let mut parts = Parts::new(content, PAYLOAD_MAX - header)?;
        for (index, holder) in self.holders.into_iter().enumerate() {
            let len = codec::encoded_len(&holder)?;
            parts.room_for(len).map_err(|len| AdmitError::HolderTooLarge { index, len })?;
            parts.last.holders.push(holder);
        }
        for (index, trouble) in self.troubles.into_iter().enumerate() {
            let len = codec::encoded_len(&trouble)?;
            parts.room_for(len).map_err(|len| AdmitError::TroubleTooLarge { index, len })?;
            parts.last.troubles.push(trouble);
        }
        parts.full.push(parts.last);
        Ok(parts.full)
    }
}

/// The parts of a filing being split; part 0 goes into the filing's own entry.
struct Parts {
    full: Vec<FilingContinued>,
    last: FilingContinued,
    room: usize,
    room_of_each: usize,
}

impl Parts {
    fn new(content: ContentId, room: usize) -> Result<Self, EncodeError> {
        let (holders, troubles) = (Vec::new(), Vec::new());
        let widest = FilingContinued { content, part: u32::MAX, holders, troubles };
        let room_of_each = PAYLOAD_MAX - codec::encoded_len(&widest)? - LENGTHS_ROOM;
        let last = FilingContinued { part: 0, ..widest };
        Ok(Self { full: Vec::new(), last, room, room_of_each })
    }

    /// Makes room for `len` bytes, in a new part if need be; an error where no part has as many.
    fn room_for(&mut self, len: usize) -> Result<(), usize> {
        if len > self.room {
            if len > self.room_of_each {
                return Err(len);
            }
            let part = self.last.part + 1;
            let (content, holders, troubles) = (self.last.content, Vec::new(), Vec::new());
            let next = FilingContinued { content, part, holders, troubles };
            self.full.push(std::mem::replace(&mut self.last, next));
            self.room = self.room_of_each;
        }
        self.room -= len;
        Ok(())
    }
}

/// Why events do not make up one filing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JoinError {
    /// Too few or too many continuations.
    #[error("expected {expected} continuations, got {got}")]
    Count {
        /// What the filing says.
        expected: u32,
        /// How many there are.
        got: usize,
    },
    /// A continuation out of its place.
    #[error("expected part {expected}, got part {got}")]
    Part {
        /// The part that is due.
        expected: u32,
        /// The part that came.
        got: u32,
    },
    /// A continuation of another filing.
    #[error("expected a continuation of {expected}, got one of {got}")]
    Content {
        /// The filing's received bytes.
        expected: ContentId,
        /// Those of the continuation.
        got: ContentId,
    },
}

/// Puts a filing that was split together again; `continued` is 0 in what comes back.
///
/// # Errors
/// The continuations are not this filing's, or not all, or not in order.
pub fn join(
    mut filing: FilingRecorded,
    rest: Vec<FilingContinued>,
) -> Result<FilingRecorded, JoinError> {
    gather(filing.content, filing.continued, &mut filing.reading, rest)?;
    filing.continued = 0;
    Ok(filing)
}

/// Puts a rereading that was split together again, as [`join`] does a filing.
///
/// # Errors
/// As [`join`].
pub fn join_reread(
    mut again: FilingReread,
    rest: Vec<FilingContinued>,
) -> Result<FilingReread, JoinError> {
    gather(again.filing.content, again.continued, &mut again.reading, rest)?;
    again.continued = 0;
    Ok(again)
}

fn gather(
    content: ContentId,
    expected: u32,
    reading: &mut Reading,
    rest: Vec<FilingContinued>,
) -> Result<(), JoinError> {
    if rest.len() as u64 != u64::from(expected) {
        return Err(JoinError::Count { expected, got: rest.len() });
    }
    for (part, due) in rest.into_iter().zip(1_u32..) {
        follows(content, &part, due)?;
        reading.holders.extend(part.holders);
        reading.troubles.extend(part.troubles);
    }
    Ok(())
}

/// Whether a continuation is the one that is due.
pub(crate) fn follows(
    content: ContentId,
    part: &FilingContinued,
    due: u32,
) -> Result<(), JoinError> {
    if part.content != content {
        return Err(JoinError::Content { expected: content, got: part.content });
    }
    if part.part != due {
        return Err(JoinError::Part { expected: due, got: part.part });
    }
    Ok(())
}
