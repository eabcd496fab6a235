//! What the index is asked: entries by their sequence, and where something is recorded.
//! Knows nothing of how rows are kept, and never gives a shorter answer than what was put in.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::chain::{Entry, split};
use crate::store::batch::indexed;
use crate::store::found::{self, Table, piece_key, topic_key};
use crate::store::index::Index;
use crate::store::journal::Location;
use crate::store::segment::part;
use crate::store::sled::IndexError;
use crate::terms::id::{Accession, ContentId};
use crate::terms::topic::Topic;

impl Index {
    /// The entries of `count` sequences from `first`, all of them.
    ///
    /// # Errors
    /// One is missing or incomplete.
    pub fn page(&self, first: u64, count: u64) -> Result<Vec<Entry>, IndexError> {
        entries(&self.stored(first, count)?)
    }

    /// As [`Index::page`], each entry as it is stored.
    ///
    /// # Errors
    /// One is missing or incomplete.
    pub fn stored(&self, first: u64, count: u64) -> Result<Vec<Vec<u8>>, IndexError> {
        let key = |sequence| Table::Entries.key(&piece_key(sequence, 0));
        let end = first.saturating_add(count);
        let (mut due, mut stored, mut stray) = (first, Vec::new(), false);
        self.range(&key(first), &key(end), &mut |key, value| {
            let (sequence, piece) = (u64::from_be_bytes(part(key, 1)), key.last().copied());
            if piece == Some(0) && sequence == due {
                due += 1;
                stored.push(value.to_vec());
            } else if piece != Some(0)
                && sequence + 1 == due
                && let Some(entry) = stored.last_mut()
            {
                entry.extend_from_slice(value);
            } else {
                stray = true;
            }
        })?;
        for (stored, sequence) in stored.iter().zip(first..) {
            if !is_whole(sequence, stored) {
                return Err(IndexError::new(format!("entry {sequence} is missing or incomplete")));
            }
        }
        if stray || due != end {
            return Err(IndexError::new(format!("entry {due} is missing or incomplete")));
        }
        Ok(stored)
    }

    /// Where an accession number's filing is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn accession(&self, accession: Accession) -> Result<Option<u64>, IndexError> {
        self.number(Table::Accessions, &found::accession_key(accession))
    }

    /// Those of some accession numbers under which a filing is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn taken(&self, of: &BTreeSet<Accession>) -> Result<BTreeSet<Accession>, IndexError> {
        let (mut taken, mut known) = (BTreeSet::new(), of.iter().copied());
        let keys = of.iter().copied().map(found::accession_key);
        self.get_each(Table::Accessions, keys, &mut |_, row| {
            let accession = known.next();
            taken.extend(accession.filter(|_| row.is_some()));
        })?;
        Ok(taken)
    }

    /// Those of some received bytes that are held, each with how many were received.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn held(&self, of: &BTreeSet<ContentId>) -> Result<BTreeMap<ContentId, u64>, IndexError> {
        let (mut held, mut damaged) = (BTreeMap::new(), false);
        self.get_each(Table::Blobs, of.iter().map(|content| content.0), &mut |content, row| {
            let at = row.map(|row| found::location(&row));
            damaged |= at == Some(None);
            held.extend(at.flatten().map(|at| (ContentId(content), at.raw_len)));
        })?;
        if damaged {
            Err(IndexError::new("expected a row of 28 bytes, got another"))
        } else {
            Ok(held)
        }
    }

    /// Where the first filing with these received bytes is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn content(&self, content: ContentId) -> Result<Option<u64>, IndexError> {
        self.number(Table::Contents, &content.0)
    }

    /// Where a conflict is recorded.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn conflict(
        &self,
        accession: Accession,
        content: ContentId,
    ) -> Result<Option<u64>, IndexError> {
        self.number(Table::Conflicts, &found::conflict_key(accession, content))
    }

    /// Where the conflicts of an accession number are recorded, ascending.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn conflicts(&self, accession: Accession) -> Result<Vec<u64>, IndexError> {
        let from = Table::Conflicts.key(&found::accession_key(accession));
        let to = [from.as_slice(), &[0xff; 32]].concat();
        let mut entries = Vec::new();
        self.range(&from, &to, &mut |_, row| entries.push(row.first_chunk().copied()))?;
        let entries: Option<Vec<u64>> =
            entries.into_iter().map(|row| row.map(u64::from_be_bytes)).collect();
        let mut entries =
            entries.ok_or_else(|| IndexError::new("expected a row of 8 bytes, got another"))?;
        entries.sort_unstable();
        Ok(entries)
    }

    /// Where received bytes are in the journal.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn blob(&self, content: ContentId) -> Result<Option<Location>, IndexError> {
        let Some(row) = self.get(Table::Blobs, &content.0)? else { return Ok(None) };
        let other = || IndexError::new(format!("expected a row of 28 bytes, got {}", row.len()));
        found::location(&row).map(Some).ok_or_else(other)
    }

    /// The entries found under a topic, ascending, all of them.
    ///
    /// # Errors
    /// The index cannot be read, or holds fewer than it counted.
    pub fn postings(&self, topic: &Topic) -> Result<Vec<u64>, IndexError> {
        let key = topic_key(&indexed(topic.clone()));
        let expected = self.number(Table::Counts, &key)?.unwrap_or(0);
        let from = Table::Issuers.key(&key);
        let to = [from.as_slice(), &[0xff; 8]].concat();
        let mut found = Vec::new();
        self.range(&from, &to, &mut |row, _| {
            found.push(u64::from_be_bytes(part(row, from.len())));
        })?;
        if found.len() as u64 != expected {
            let got = found.len();
            return Err(IndexError::new(format!(
                "expected {expected} entries of a topic, got {got}"
            )));
        }
        Ok(found)
    }

    /// Every topic, with how many entries are found under it.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn topics(&self) -> Result<Vec<(Topic, u64)>, IndexError> {
        let (mut topics, mut damaged) = (Vec::new(), false);
        self.scan(Table::Counts, &mut |key, count| match found::parse_topic_key(key) {
            Some(topic) => topics.push((topic, u64::from_be_bytes(part(count, 0)))),
            None => damaged = true,
        })?;
        if damaged { Err(IndexError::new("a damaged topic")) } else { Ok(topics) }
    }

    /// Hands over every row of a table, in the order of keys.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn scan(&self, table: Table, take: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), IndexError> {
        self.range(&[table as u8], &[table as u8 + 1], &mut |key, value| {
            take(key.get(1..).unwrap_or_default(), value);
        })
    }

    fn number(&self, table: Table, key: &[u8]) -> Result<Option<u64>, IndexError> {
        match self.get(table, key)? {
            Some(row) if row.len() == 8 => Ok(Some(u64::from_be_bytes(part(&row, 0)))),
            Some(row) => {
                Err(IndexError::new(format!("expected a row of 8 bytes, got {}", row.len())))
            }
            None => Ok(None),
        }
    }
}

/// Entries as they are stored, opened.
pub(super) fn entries(stored: &[Vec<u8>]) -> Result<Vec<Entry>, IndexError> {
    let entry = |stored: &Vec<u8>| Entry::from_bytes(stored);
    stored
        .iter()
        .map(entry)
        .collect::<Result<_, _>>()
        .map_err(|error| IndexError::new(error.to_string()))
}

fn is_whole(sequence: u64, stored: &[u8]) -> bool {
    split(stored).is_ok_and(|(envelope, payload)| {
        u64::from(envelope.payload_len) == payload.len() as u64 && envelope.sequence == sequence
    })
}
