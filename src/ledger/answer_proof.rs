//! The proof of an answer: the question, the answer, and every entry it rests on, in one file.
//! Knows nothing of what the answer means; whoever checks it makes the answer again.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::ledger::chain::{Entry, OpenError};
use crate::ledger::event::{Event, TopicsSealed};
use crate::ledger::merkle::leaf;
use crate::ledger::multiproof::check_many;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::policy::{Accepted, Policy, Refused};
use crate::ledger::proof::ProofError;
use crate::ledger::seal::{Held, Leaf, SealError, SealProof};
use crate::terms::id::{ContentId, TopicId, TreeHash};
use crate::terms::time::{Day, Instant};

/// The first line of the file, but for its version.
pub const FIRST: &str = "blockholder answer-proof v";
/// The most bytes a proof may have.
pub const ANSWER_PROOF_MAX: u64 = 1 << 30;

const CONTEXT: &str = "blockholder v1 answer proof";

/// Why bytes are no proof, or prove nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerProofError {
    /// A line of another form.
    #[error("expected {expected} in line {line} of the proof, got something else")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// Too few bytes, or too many.
    #[error("expected {expected} at offset {offset} of the proof, got something else")]
    Bytes {
        /// What belongs there.
        expected: &'static str,
        /// Where.
        offset: usize,
    },
    /// The file is not the one that was written.
    #[error("expected the digest of all before it at the end of the proof, got another")]
    Digest,
    /// The checkpoint is no note.
    #[error("the proof's checkpoint is no signed note")]
    Note(#[from] NoteError),
    /// The checkpoint is not believed.
    #[error("the proof's checkpoint is refused")]
    Refused(#[from] Refused),
    /// More entries count than are signed.
    #[error("expected a checkpoint of at least {at} entries, got one of {size}")]
    TooSmall {
        /// The question's size.
        at: u64,
        /// The checkpoint's.
        size: u64,
    },
    /// An entry that is none.
    #[error("entry {sequence} of the proof does not open")]
    Entry {
        /// Its sequence.
        sequence: u64,
        /// Why.
        source: OpenError,
    },
    /// The entries are not in the tree.
    #[error("the entries are not those of the signed tree")]
    Proof(#[from] ProofError),
    /// An entry that must be there is not.
    #[error("expected entry {sequence} in the proof, got none")]
    NoEntry {
        /// Which.
        sequence: u64,
    },
    /// Seals that do not join, or entries that are no seals.
    #[error("expected a seal from entry {from} in entry {sequence}, got another or none")]
    NoSeal {
        /// Where it should begin.
        from: u64,
        /// The entry it should be in.
        sequence: u64,
    },
    /// Received bytes out of their order, or twice.
    #[error("expected received bytes by ascending content id, got {content} after a later one")]
    Blobs {
        /// Which.
        content: ContentId,
    },
    /// A seal does not hold.
    #[error("the seal in entry {sequence} proves nothing")]
    Seal {
        /// Its entry.
        sequence: u64,
        /// Why.
        source: SealError,
    },
}

/// Which answer is proven, by the verb that gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// Who holds what: version 1 of the file.
    Holders,
    /// What changed: version 2, as all that follow.
    History,
    /// Who reports together.
    Group,
    /// Which filing amends which.
    Chains,
    /// Which filings came late.
    Late,
    /// What somebody holds, across issuers.
    Person,
}

impl Of {
    /// Every answer that can be proven.
    pub const ALL: [Of; 6] =
        [Of::Holders, Of::History, Of::Group, Of::Chains, Of::Late, Of::Person];

    /// The verb.
    pub fn as_str(self) -> &'static str {
        match self {
            Of::Holders => "holders",
            Of::History => "history",
            Of::Group => "group",
            Of::Chains => "chains",
            Of::Late => "late",
            Of::Person => "person",
        }
    }

    /// The answer of a verb, if it can be proven.
    pub fn named(verb: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.as_str() == verb)
    }

    /// Whether what it says are values, each with its place in received bytes.
    pub fn cites_values(self) -> bool {
        self.is_of_holders() || self == Of::Person
    }

    /// Whether it can be asked for about one holder.
    pub fn is_of_holders(self) -> bool {
        matches!(self, Of::Holders | Of::History)
    }
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Which answer.
    pub of: Of,
    /// A CIK, a CUSIP or an issuer's name; of a person a CIK, a tax number or a name.
    pub about: String,
    /// One holder: a CIK, or part of a name.
    pub holder: Option<String>,
    /// True since.
    pub as_of: Day,
    /// Known since.
    pub known_at: Instant,
    /// How many entries count.
    pub at: u64,
}

/// A proof, of which nothing is to be believed before it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnswerProof {
    /// The version of the rules that made the answer.
    pub rules: u32,
    /// The question.
    pub asked: Asked,
    /// The answer, as printed.
    pub answer: String,
    /// The signed checkpoint.
    pub note: Note,
    /// Entries as stored, by ascending sequence.
    pub entries: Vec<Vec<u8>>,
    /// What leads from them to the checkpoint's root.
    pub hashes: Vec<TreeHash>,
    /// Received bytes, by ascending content id.
    pub blobs: Vec<Vec<u8>>,
    /// Seals by the sequences of their entries, each going on where the one before ends.
    pub seals: Vec<(u64, SealProof)>,
    /// From this entry on all are there, up to the size that counts.
    pub tail: u64,
}

/// What a proof proves, the answer aside.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The checkpoint, and who signed it.
    pub accepted: Accepted,
    /// The entries, each with its event.
    pub entries: BTreeMap<u64, (Entry, Event)>,
    /// The received bytes.
    pub blobs: BTreeMap<ContentId, Vec<u8>>,
    /// The seals.
    pub seals: Vec<(TopicsSealed, SealProof)>,
    /// Up to which size the seals reach.
    pub sealed: u64,
}

impl AnswerProof {
    /// Its bytes (spec, section 22.3).
    pub fn to_bytes(&self) -> Vec<u8> {
        let note = self.note.to_string();
        let mut head = match self.asked.of {
            Of::Holders => format!("{FIRST}1\nrules {}\n", self.rules),
            of => format!("{FIRST}2\nrules {}\nof {}\n", self.rules, of.as_str()),
        };
        let _ = writeln!(head, "asked {}", self.asked.about);
        if let Some(holder) = &self.asked.holder {
            let _ = writeln!(head, "holder {holder}");
        }
        let Asked { as_of, known_at, at, .. } = &self.asked;
        let _ = writeln!(head, "as-of {as_of}\nknown-at {known_at}\nat {at}");
        for (name, count) in [
            ("answer", self.answer.len()),
            ("checkpoint", note.len()),
            ("entries", self.entries.len()),
            ("hashes", self.hashes.len()),
            ("blobs", self.blobs.len()),
            ("seals", self.seals.len()),
        ] {
            let _ = writeln!(head, "{name} {count}");
        }
        let _ = writeln!(head, "tail {}\n", self.tail);
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.answer.as_bytes());
        bytes.extend_from_slice(note.as_bytes());
        for entry in &self.entries {
            bytes.extend_from_slice(&(entry.len() as u32).to_le_bytes());
            bytes.extend_from_slice(entry);
        }
        self.hashes.iter().for_each(|hash| bytes.extend_from_slice(&hash.0));
        for blob in &self.blobs {
            bytes.extend_from_slice(&(blob.len() as u64).to_le_bytes());
            bytes.extend_from_slice(blob);
        }
        self.seals.iter().for_each(|(sequence, proof)| write_seal(*sequence, proof, &mut bytes));
        let digest = blake3::derive_key(CONTEXT, &bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// The proof of its bytes; nothing of it is to be believed yet.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, AnswerProofError> {
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(AnswerProofError::Digest)?;
        if blake3::derive_key(CONTEXT, body) != *digest {
            return Err(AnswerProofError::Digest);
        }
        let no_end = AnswerProofError::Line { line: 1, expected: "an empty line below" };
        let end = memchr::memmem::find(body, b"\n\n").ok_or(no_end)?;
        let (head, _) = body.split_at(end);
        let head = std::str::from_utf8(head).map_err(|_| NoteError::Characters)?;
        let mut lines = Lines { lines: head.split('\n').collect(), at: 0 };
        let (rules, asked) = lines.question()?;
        let mut count = |name| lines.number(name);
        let [answer, note, entries, hashes, blobs, seals] =
            ["answer ", "checkpoint ", "entries ", "hashes ", "blobs ", "seals "].map(&mut count);
        let tail = lines.tail(asked.at)?;
        lines.end()?;
        let mut rest = Rest { bytes: body, at: end + 2 };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let answer = text(rest.take(answer?, "the answer")?);
        let answer = answer.ok_or(rest.wrong("an answer in UTF-8 before"))?;
        let note = Note::parse(rest.take(note?, "the checkpoint")?)?;
        let proof = Self {
            rules,
            asked,
            answer,
            note,
            entries: rest.many(entries?, |rest| {
                let len = u64::from(rest.u32("an entry's length")?);
                Ok(rest.take(len, "an entry")?.to_vec())
            })?,
            hashes: rest.many(hashes?, |rest| rest.hash("a hash"))?,
            blobs: rest.many(blobs?, |rest| {
                let len = rest.u64("received bytes' length")?;
                Ok(rest.take(len, "received bytes")?.to_vec())
            })?,
            seals: rest.many(seals?, read_seal)?,
            tail,
        };
        if rest.at == body.len() { Ok(proof) } else { Err(rest.wrong("the digest")) }
    }

    /// Checks everything but the answer itself.
    ///
    /// # Errors
    /// What is wrong first, in the order of the spec.
    pub fn check(&self, policy: &Policy) -> Result<Proven, AnswerProofError> {
        let accepted = policy.accept(&self.note)?;
        let (size, at) = (accepted.checkpoint.size, self.asked.at);
        if at > size {
            return Err(AnswerProofError::TooSmall { at, size });
        }
        let mut entries = BTreeMap::new();
        let mut leaves = Vec::with_capacity(self.entries.len());
        for stored in &self.entries {
            let refused = |sequence| move |source| AnswerProofError::Entry { sequence, source };
            let entry = Entry::from_bytes(stored).map_err(refused(0))?;
            let event = entry.open().map_err(refused(entry.sequence()))?;
            leaves.push((entry.sequence(), leaf(stored)));
            entries.insert(entry.sequence(), (entry, event));
        }
        check_many(size, &leaves, &self.hashes, accepted.checkpoint.root)?;
        let last = at.checked_sub(1).ok_or(AnswerProofError::TooSmall { at, size })?;
        let mut must = (self.tail..at).chain([last]);
        if let Some(sequence) = must.find(|sequence| !entries.contains_key(sequence)) {
            return Err(AnswerProofError::NoEntry { sequence });
        }
        let (seals, sealed) = self.check_seals(&entries)?;
        let named = |blob: &Vec<u8>| (ContentId(blake3::hash(blob).into()), blob.clone());
        let named: Vec<(ContentId, Vec<u8>)> = self.blobs.iter().map(named).collect();
        let mut pairs = named.iter().zip(named.iter().skip(1));
        if let Some((_, (content, _))) = pairs.find(|((a, _), (b, _))| a >= b) {
            return Err(AnswerProofError::Blobs { content: *content });
        }
        let blobs = named.into_iter().collect();
        Ok(Proven { accepted, entries, blobs, seals, sealed })
    }

    fn check_seals(
        &self,
        entries: &BTreeMap<u64, (Entry, Event)>,
    ) -> Result<(Vec<(TopicsSealed, SealProof)>, u64), AnswerProofError> {
        let (mut seals, mut from) = (Vec::new(), 0);
        for (sequence, proof) in &self.seals {
            let sequence = *sequence;
            let seal = match entries.get(&sequence).map(|(_, event)| event) {
                Some(Event::TopicsSealed(seal)) if seal.from == from && seal.size > from => *seal,
                _ => return Err(AnswerProofError::NoSeal { from, sequence }),
            };
            let refused = |source| AnswerProofError::Seal { sequence, source };
            proof.check(&seal).map_err(refused)?;
            from = seal.size;
            seals.push((seal, proof.clone()));
        }
        Ok((seals, from))
    }
}

impl Proven {
    /// Whether the seals hold nothing under a topic, below a size, but the entries of the proof
    /// that are found there; which they are is given.
    ///
    /// # Errors
    /// A seal holds others, or says nothing of the topic.
    pub fn is_all(&self, id: TopicId, found: &[u64], at: u64) -> Result<bool, SealError> {
        let mut expected = Vec::new();
        for (seal, proof) in &self.seals {
            let below = proof.under(id, seal)?.iter().filter(|sequence| **sequence < at);
            expected.extend(below.copied());
        }
        let sealed = found.iter().filter(|sequence| **sequence < self.sealed && **sequence < at);
        Ok(expected.iter().eq(sealed))
    }
}

fn write_seal(sequence: u64, proof: &SealProof, to: &mut Vec<u8>) {
    to.extend_from_slice(&sequence.to_le_bytes());
    to.extend_from_slice(&(proof.leaves.len() as u32).to_le_bytes());
    for leaf in &proof.leaves {
        to.extend_from_slice(&leaf.place.to_le_bytes());
        to.extend_from_slice(&leaf.id.0);
        match &leaf.held {
            Held::Digest(digest) => {
                to.push(0);
                to.extend_from_slice(&digest.0);
            }
            Held::Sequences(of) => {
                to.push(1);
                to.extend_from_slice(&(of.len() as u32).to_le_bytes());
                of.iter().for_each(|sequence| to.extend_from_slice(&sequence.to_le_bytes()));
            }
        }
    }
    to.extend_from_slice(&(proof.hashes.len() as u32).to_le_bytes());
    proof.hashes.iter().for_each(|hash| to.extend_from_slice(&hash.0));
}

fn read_seal(rest: &mut Rest<'_>) -> Result<(u64, SealProof), AnswerProofError> {
    let sequence = rest.u64("a seal's entry")?;
    let count = rest.u32("a count of leaves")?;
    let leaves = rest.many(u64::from(count), |rest| {
        let place = rest.u64("a leaf's place")?;
        let id = TopicId(rest.chunk("a topic id")?);
        let held = match rest.chunk::<1>("00 or 01")? {
            [0] => Held::Digest(rest.hash("a digest")?),
            [1] => {
                let count = rest.u32("a count of entries")?;
                Held::Sequences(rest.many(u64::from(count), |rest| rest.u64("a sequence"))?)
            }
            _ => return Err(rest.wrong("00 or 01 before")),
        };
        Ok(Leaf { place, id, held })
    })?;
    let count = rest.u32("a count of hashes")?;
    let hashes = rest.many(u64::from(count), |rest| rest.hash("a hash"))?;
    Ok((sequence, SealProof { leaves, hashes }))
}

/// The lines at the head of a proof.
struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn wrong(&self, expected: &'static str) -> AnswerProofError {
        AnswerProofError::Line { line: self.at + 1, expected }
    }

    fn after(&mut self, name: &'static str) -> Result<&'a str, AnswerProofError> {
        let line = self.lines.get(self.at).and_then(|line| line.strip_prefix(name));
        let line = line.ok_or(self.wrong(name))?;
        if line.chars().any(char::is_control) {
            return Err(self.wrong("no control characters"));
        }
        self.at += 1;
        Ok(line)
    }

    /// A value that is printed one way.
    fn value<T: std::str::FromStr + ToString>(
        &mut self,
        name: &'static str,
    ) -> Result<T, AnswerProofError> {
        let text = self.after(name)?;
        let value = text.parse::<T>().ok().filter(|value| value.to_string() == text);
        self.at -= usize::from(value.is_none());
        value.ok_or(self.wrong(name))
    }

    fn number(&mut self, name: &'static str) -> Result<u64, AnswerProofError> {
        self.value(name)
    }

    /// What somebody asked for, with nothing around it.
    fn text(&mut self, name: &'static str) -> Result<String, AnswerProofError> {
        let text = self.after(name)?;
        let bare = !text.is_empty() && text.trim() == text;
        self.at -= usize::from(!bare);
        if bare { Ok(text.to_owned()) } else { Err(self.wrong("a text without spaces around it")) }
    }

    fn tail(&mut self, at: u64) -> Result<u64, AnswerProofError> {
        let tail = self.number("tail ")?;
        self.at -= usize::from(tail > at);
        if tail <= at { Ok(tail) } else { Err(self.wrong("tail and at most the size asked at")) }
    }

    fn question(&mut self) -> Result<(u32, Asked), AnswerProofError> {
        let version = self.after(FIRST)?;
        if !["1", "2"].contains(&version) {
            self.at -= 1;
            return Err(self.wrong("the version of a proof, 1 or 2"));
        }
        let rules = self.value("rules ")?;
        let of = if version == "1" { Of::Holders } else { self.of()? };
        let about = self.text("asked ")?;
        let one = self.lines.get(self.at).is_some_and(|line| line.starts_with("holder "));
        let one = one && of.is_of_holders();
        let holder = if one { Some(self.text("holder ")?) } else { None };
        let (as_of, known_at) = (self.value("as-of ")?, self.value("known-at ")?);
        let at = self.value("at ")?;
        Ok((rules, Asked { of, about, holder, as_of, known_at, at }))
    }

    /// An answer that version 1 does not prove.
    fn of(&mut self) -> Result<Of, AnswerProofError> {
        let of = Of::named(self.after("of ")?).filter(|of| *of != Of::Holders);
        self.at -= usize::from(of.is_none());
        of.ok_or(self.wrong("history, group, chains, late or person"))
    }

    fn end(&self) -> Result<(), AnswerProofError> {
        if self.at == self.lines.len() { Ok(()) } else { Err(self.wrong("an empty line")) }
    }
}

/// The bytes below the head, from where they are not read yet.
struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn wrong(&self, expected: &'static str) -> AnswerProofError {
        AnswerProofError::Bytes { expected, offset: self.at }
    }

    fn take(&mut self, len: u64, what: &'static str) -> Result<&'a [u8], AnswerProofError> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or(self.wrong(what))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], AnswerProofError> {
        let taken = self.take(N as u64, what)?;
        taken.try_into().map_err(|_| self.wrong(what))
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, AnswerProofError> {
        self.chunk(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &'static str) -> Result<u64, AnswerProofError> {
        self.chunk(what).map(u64::from_le_bytes)
    }

    fn hash(&mut self, what: &'static str) -> Result<TreeHash, AnswerProofError> {
        self.chunk(what).map(TreeHash)
    }

    /// So many things, each of at least one byte: a count that is a lie ends with the bytes.
    fn many<T>(
        &mut self,
        count: u64,
        mut one: impl FnMut(&mut Self) -> Result<T, AnswerProofError>,
    ) -> Result<Vec<T>, AnswerProofError> {
        let mut many = Vec::new();
        for _ in 0..count {
            many.push(one(self)?);
        }
        Ok(many)
    }
}
