//! The filings of what is kept of an issuer, read where they stand (spec, section 11.5).
//! Knows nothing of holders, nor of what is answered.

use std::rc::Rc;

use crate::terms::id::{Accession, ContentId};
use crate::terms::time::{Day, Instant};
use crate::view::bytes::In;
use crate::view::codes::TroubleCodes;
use crate::view::projection_bytes::{FILING, KNOWN_BYS, NO_DAY};
use crate::view::question::Question;
use crate::view::row::Source;
use crate::view::timeline::KnownBy;

/// All of them, in their order. A question reads most of few of them: none is taken apart before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filings<'a>(&'a [[u8; FILING]]);

impl<'a> Filings<'a> {
    /// Nothing where the last one is cut short.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (all, rest) = bytes.as_chunks();
        rest.is_empty().then_some(Self(all))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, at: u32) -> Option<Filing<'a>> {
        Filing::read(self.0.get(usize::try_from(at).ok()?)?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Filing<'a>> {
        // Each has all its bytes.
        self.0.iter().filter_map(|one| Filing::read(one))
    }
}

/// A filing as far as every question asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filing<'a> {
    pub(super) since: i32,
    pub(super) known_at: i64,
    pub(super) class: u32,
    pub(super) cusips: u32,
    pub(super) title: Option<u32>,
    pub(super) issuer: Option<u32>,
    /// What only answers with a holding on it ask for.
    rest: In<'a>,
}

/// A filing with a holding on it.
pub(super) struct Opened {
    pub(super) source: Rc<Source>,
    pub(super) event_date: Option<Day>,
    pub(super) known_at: Instant,
    pub(super) known_by: KnownBy,
    pub(super) troubles: TroubleCodes,
}

fn word_of(number: u32) -> Option<u32> {
    number.checked_sub(1)
}

impl<'a> Filing<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut from = In(bytes);
        Some(Self {
            since: i32::from_le_bytes(from.fixed()?),
            known_at: i64::from_le_bytes(from.fixed()?),
            class: u32::from_le_bytes(from.fixed()?),
            cusips: u32::from_le_bytes(from.fixed()?),
            title: word_of(u32::from_le_bytes(from.fixed()?)),
            issuer: word_of(u32::from_le_bytes(from.fixed()?)),
            rest: from,
        })
    }

    pub(super) fn counts(&self, asked: &Question) -> bool {
        let (as_of, known_at) = (i32::from(asked.as_of.0), asked.known_at.0.unix_seconds());
        self.since <= as_of && self.known_at <= known_at
    }

    /// Whether it is known, and what it reports not true yet.
    pub(super) fn is_known_alone(&self, asked: &Question) -> bool {
        let (as_of, known_at) = (i32::from(asked.as_of.0), asked.known_at.0.unix_seconds());
        self.since > as_of && self.known_at <= known_at
    }

    pub(super) fn entry(&self) -> Option<u64> {
        self.rest.clone().fixed().map(u64::from_le_bytes)
    }

    pub(super) fn open(&self) -> Option<Opened> {
        let mut from = self.rest;
        let entry = u64::from_le_bytes(from.fixed()?);
        let accession = u64::from_le_bytes(from.fixed()?).checked_sub(1);
        let source = Source {
            entry,
            accession: accession.map(Accession::try_from).transpose().ok()?,
            content: ContentId(from.fixed()?),
            since: Day::try_from(self.since).ok()?,
            known_at: Instant::from_unix_seconds(self.known_at)?,
            reread: u64::from_le_bytes(from.fixed()?).checked_sub(1),
        };
        let event = i32::from_le_bytes(from.fixed()?);
        let event_date = (event != NO_DAY).then(|| Day::try_from(event)).transpose().ok()?;
        let known_by = *KNOWN_BYS.get(usize::from(from.byte()?))?;
        let troubles = TroubleCodes::of_bits(u32::from_le_bytes(from.fixed()?))?;
        let known_at = Instant::from_unix_seconds(self.known_at)?;
        Some(Opened { source: Rc::new(source), event_date, known_at, known_by, troubles })
    }
}
