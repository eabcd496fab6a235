//! Whom to believe, as C2SP tlog-policy writes it: ledgers' keys, witnesses, groups, a quorum.
//! Reads no file and no clock; it judges one signed checkpoint at a time.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::key::{KeyError, KeyKind, VerifierKey};
use crate::ledger::note::{Note, NoteError, Signed};
use crate::ledger::rotation::{Keys, RotationError, Rotations};
use crate::terms::id::PublicKey;

/// Why a text is no policy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// A line of another form.
    #[error("expected {expected} in line {line} of the policy, got {got:?}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What would have been right.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A key that is none, or of another kind.
    #[error("line {line} of the policy holds no key that can be used there")]
    Key {
        /// Which, from 1.
        line: usize,
        /// Why.
        source: KeyError,
    },
    /// No quorum line, or two.
    #[error("expected exactly one quorum line, got {got}")]
    Quorum {
        /// How many.
        got: usize,
    },
}

/// Why a checkpoint is not accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It is no checkpoint signed by a ledger of the policy.
    #[error("the checkpoint is not one of the policy's ledgers'")]
    Checkpoint(#[from] CheckpointError),
    /// A key signed that is not the one in force at this size.
    #[error("expected {size} entries to be signed by {expected}, got {got}")]
    NotInForce {
        /// The checkpoint's size.
        size: u64,
        /// The key in force there.
        expected: String,
        /// The key that signed.
        got: String,
    },
    /// Too few witnesses.
    #[error("expected the quorum {expected}, got cosignatures by {got}")]
    Quorum {
        /// Its name.
        expected: String,
        /// The witnesses that cosigned.
        got: String,
    },
}

impl Refused {
    /// Whether it may hold all the same, for who follows the ledger's keys to another one.
    pub fn is_by_another_key(&self) -> bool {
        matches!(self, Refused::Checkpoint(CheckpointError::Note(NoteError::OtherKey { .. })))
    }
}

/// Who must have cosigned: one witness, or so many of a group's members.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Member {
    Witness(VerifierKey),
    Group { threshold: usize, members: Vec<String> },
}

/// Whose checkpoints are believed, and who must have cosigned them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    keys: Vec<VerifierKey>,
    members: BTreeMap<String, Member>,
    quorum: Option<String>,
    /// Ledgers whose keys follow one another: each signs the sizes that are its own.
    ledgers: Vec<Keys>,
}

/// A checkpoint that a policy accepts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The witnesses whose cosignatures hold, by name, with the time each says it signed.
    pub witnesses: Vec<(String, u64)>,
}

impl Policy {
    /// Believes one ledger's keys and asks for no witness.
    pub fn of_keys(keys: Vec<VerifierKey>) -> Self {
        Self { keys, members: BTreeMap::new(), quorum: None, ledgers: Vec::new() }
    }

    /// Believes each of a ledger's keys where it was in force, and asks for no witness.
    pub fn of_ledger(keys: Keys) -> Self {
        let all = keys.all().map(|(key, ..)| key.clone()).collect();
        Self { ledgers: vec![keys], ..Self::of_keys(all) }
    }

    /// Believes the keys too that rotations lead to from the keys it names, each where it was in
    /// force. A key that they lead to itself needs no line of its own.
    ///
    /// # Errors
    /// A rotation is not proven.
    pub fn follow(&mut self, rotations: &Rotations) -> Result<(), RotationError> {
        let logs = self.keys.iter().filter(|key| key.kind() == KeyKind::Log);
        let mut followed: Vec<Keys> = Vec::new();
        for key in logs {
            let (keys, done) = rotations.follow(key);
            done?;
            if !followed.iter().any(|other| other.from(key).is_some()) {
                followed.push(keys);
            }
        }
        for key in followed.iter().flat_map(Keys::all).map(|(key, ..)| key) {
            if !self.keys.contains(key) {
                self.keys.push(key.clone());
            }
        }
        self.ledgers = followed;
        Ok(())
    }

    /// The keys of ledgers and witnesses that it names.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The ledgers whose keys follow one another.
    pub fn ledgers(&self) -> &[Keys] {
        &self.ledgers
    }

    /// Accepts a checkpoint that one of the ledgers signed and the quorum cosigned.
    ///
    /// # Errors
    /// Why it is refused. A known key's signature that does not hold refuses the whole note.
    pub fn accept(&self, note: &Note) -> Result<Accepted, Refused> {
        let (checkpoint, signed) = Checkpoint::open(note, &self.keys)?;
        self.in_force(&checkpoint, &signed)?;
        let cosigned =
            |signed: &Signed<'_>| signed.time.map(|time| (signed.key.name().to_owned(), time));
        // Rotations may lead to a key that is named as a witness's.
        let counted: Vec<Signed<'_>> =
            signed.into_iter().filter(|s| s.time.is_some() && !self.is_log(s.key)).collect();
        let keys: BTreeSet<PublicKey> = counted.iter().map(|s| s.key.public()).collect();
        let witnesses: Vec<(String, u64)> = counted.iter().filter_map(cosigned).collect();
        match &self.quorum {
            Some(quorum) if !self.is_met(quorum, &keys) => {
                let names: Vec<&str> = witnesses.iter().map(|(name, _)| name.as_str()).collect();
                let got = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
                Err(Refused::Quorum { expected: quorum.clone(), got })
            }
            _ => Ok(Accepted { checkpoint, witnesses }),
        }
    }

    /// Whether a key signs as a ledger, by whatever name.
    fn is_log(&self, key: &VerifierKey) -> bool {
        let mut logs = self.keys.iter().filter(|held| held.kind() == KeyKind::Log);
        logs.any(|held| held.public() == key.public())
    }

    fn in_force(&self, of: &Checkpoint, signed: &[Signed<'_>]) -> Result<(), Refused> {
        let size = of.size;
        let logs = || {
            let named = |one: &&Signed<'_>| one.key.name() == of.origin;
            signed.iter().filter(|one| one.key.kind() == KeyKind::Log).filter(named)
        };
        let within = |one: &Signed<'_>| {
            let mut ledgers = self.ledgers.iter().filter(|keys| keys.from(one.key).is_some());
            ledgers.next().is_none_or(|keys| keys.sign(size, one.key))
        };
        if logs().any(within) {
            return Ok(());
        }
        let key = logs().next().map(|one| one.key);
        let ledger =
            self.ledgers.iter().find(|keys| key.is_some_and(|key| keys.from(key).is_some()));
        let expected = ledger.map_or(String::new(), |keys| keys.of_size(size).to_string());
        let got = key.map_or(String::new(), ToString::to_string);
        Err(Refused::NotInForce { size, expected, got })
    }

    /// Members stand on earlier lines than their groups, so this ends.
    fn is_met(&self, name: &str, cosigned: &BTreeSet<PublicKey>) -> bool {
        match self.members.get(name) {
            Some(Member::Witness(key)) => cosigned.contains(&key.public()),
            Some(Member::Group { threshold, members }) => {
                members.iter().filter(|member| self.is_met(member, cosigned)).count() >= *threshold
            }
            None => false,
        }
    }

    /// The policy of its text.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut parsing = Parsing { policy: Self::of_keys(Vec::new()), grouped: BTreeSet::new() };
        let mut quorums = 0;
        for (number, line) in (1..).zip(text.split('\n')) {
            let wrong = |expected| {
                let got = line.to_owned();
                PolicyError::Line { line: number, expected, got }
            };
            if line.chars().any(|c| c != '\t' && c.is_ascii_control()) {
                return Err(wrong("no control characters but tabs"));
            }
            // Spaces and tabs only: other white space is part of a name.
            let words: Vec<&str> =
                line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["log", key] | ["log", key, _] => parsing.log(number, key, &wrong)?,
                ["witness", name, key] | ["witness", name, key, _] => {
                    parsing.witness(number, name, key, &wrong)?;
                }
                ["group", name, threshold, members @ ..] => {
                    parsing.group(name, threshold, members, &wrong)?;
                }
                ["quorum", name] => {
                    quorums += 1;
                    parsing.quorum(name, &wrong)?;
                }
                _ => return Err(wrong("log, witness, group or quorum with its words")),
            }
        }
        if quorums == 1 { Ok(parsing.policy) } else { Err(PolicyError::Quorum { got: quorums }) }
    }
}

struct Parsing {
    policy: Policy,
    grouped: BTreeSet<String>,
}

type Wrong<'a> = &'a dyn Fn(&'static str) -> PolicyError;

impl Parsing {
    fn log(&mut self, line: usize, key: &str, wrong: Wrong<'_>) -> Result<(), PolicyError> {
        self.key(line, key, KeyKind::Log, wrong).map(|_| ())
    }

    fn witness(
        &mut self,
        line: usize,
        name: &str,
        key: &str,
        wrong: Wrong<'_>,
    ) -> Result<(), PolicyError> {
        let key = self.key(line, key, KeyKind::Witness, wrong)?;
        self.define(name, Member::Witness(key), wrong)
    }

    fn key(
        &mut self,
        line: usize,
        key: &str,
        kind: KeyKind,
        wrong: Wrong<'_>,
    ) -> Result<VerifierKey, PolicyError> {
        let key: VerifierKey = key.parse().map_err(|source| PolicyError::Key { line, source })?;
        if key.kind() != kind {
            return Err(wrong("a ledger's key after log, a witness's key after witness"));
        }
        let mut held = self.policy.keys.iter().filter(|held| held.public() == key.public());
        if held.clone().any(|held| held.kind() == kind) {
            return Err(wrong("each key once"));
        }
        // Whoever signs as the ledger is no witness of it (spec, section 21.3).
        if held.next().is_some() {
            return Err(wrong("a witness's key that is no ledger's"));
        }
        self.policy.keys.push(key.clone());
        Ok(key)
    }

    fn define(&mut self, name: &str, is: Member, wrong: Wrong<'_>) -> Result<(), PolicyError> {
        if name == "none" || self.policy.members.contains_key(name) {
            return Err(wrong("a name that is not taken"));
        }
        self.policy.members.insert(name.to_owned(), is);
        Ok(())
    }

    fn group(
        &mut self,
        name: &str,
        threshold: &str,
        members: &[&str],
        wrong: Wrong<'_>,
    ) -> Result<(), PolicyError> {
        for member in members {
            if !self.policy.members.contains_key(*member) {
                return Err(wrong("members defined on earlier lines"));
            }
            // So that each witness counts in one way only.
            if !self.grouped.insert((*member).to_owned()) {
                return Err(wrong("each name as a member once"));
            }
        }
        let threshold = match threshold {
            "all" => members.len(),
            "any" => 1,
            number => {
                let spelled = |n: &usize| n.to_string() == number;
                number.parse().ok().filter(spelled).unwrap_or(0)
            }
        };
        if !(1..=members.len()).contains(&threshold) {
            return Err(wrong("all, any, or a number from 1 to that of the members"));
        }
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.define(name, Member::Group { threshold, members }, wrong)
    }

    fn quorum(&mut self, name: &str, wrong: Wrong<'_>) -> Result<(), PolicyError> {
        if name == "none" {
            return Ok(());
        }
        if !self.policy.members.contains_key(name) {
            return Err(wrong("a quorum defined on an earlier line, or none"));
        }
        self.policy.quorum = Some(name.to_owned());
        Ok(())
    }
}
