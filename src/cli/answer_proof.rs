//! `prove ISSUER` and the check of what it writes: the answer is made again from the proof alone.
//! Decides nothing about proofs or answers; `ledger` proves, `view` answers.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::cli::ask::{LogIndex, entered, entered_among, one_of, question, resolve};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, FOLLOW, Failure, chain};
use crate::cli::provable::{Told, tell};
use crate::cli::prove::{ProveArgs, Under};
use crate::cli::questions::Clocks;
use crate::cli::seal;
use crate::cli::words::Received;
use crate::ledger::answer_proof::{AnswerProof, Asked, Of, Proven};
use crate::ledger::event::Event;
use crate::ledger::multiproof::prove_many;
use crate::ledger::note::NoteError;
use crate::ledger::policy::Policy;
use crate::ledger::seal::SealProof;
use crate::ledger::topics;
use crate::reading::read::{READER_VERSION, read};
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::terms::id::{ContentId, TopicId};
use crate::terms::time::{AsOf, KnownAt, LedgerSize};
use crate::terms::topic::Topic;
use crate::view::issuer::{Entered, Index, NameOf, notes_about};
use crate::view::question::{Basis, Question, RULES};
use crate::view::timeline::Standing;

/// So many entries after the last seal are put into a proof whole, which shows that none of them
/// was left out as well as a seal would.
const TAIL_MAX: u64 = 256;

/// An index that remembers what it was asked.
struct Recording<'a> {
    inner: LogIndex<'a>,
    asked: RefCell<BTreeSet<Topic>>,
    entries: RefCell<BTreeSet<u64>>,
    searched: Cell<bool>,
}

impl Index for Recording<'_> {
    type Error = Failure;

    fn entries_under(&self, topic: &Topic) -> Result<Vec<u64>, Failure> {
        let found = self.inner.entries_under(topic)?;
        self.asked.borrow_mut().insert(topic.clone());
        self.entries.borrow_mut().extend(&found);
        Ok(found)
    }

    fn entered(&self, entry: u64) -> Result<Entered, Failure> {
        let parts = u64::from(self.inner.log.event(entry)?.continued());
        self.entries.borrow_mut().extend(entry..=entry + parts);
        entered(self.inner.log, entry)
    }

    fn names_containing(&self, p: &str, of: NameOf, limit: usize) -> Result<Vec<Topic>, Failure> {
        self.searched.set(true);
        self.inner.names_containing(p, of, limit)
    }
}

/// The entries of a proof as an index, which refuses what the proof's seals contradict.
struct ProvenIndex<'a> {
    proven: &'a Proven,
    at: u64,
    under: BTreeMap<Topic, Vec<u64>>,
}

impl<'a> ProvenIndex<'a> {
    fn new(proven: &'a Proven, at: u64) -> Self {
        let mut under: BTreeMap<Topic, Vec<u64>> = BTreeMap::new();
        for (sequence, (_, event)) in &proven.entries {
            for topic in event.topics() {
                under.entry(topic).or_default().push(*sequence);
            }
        }
        Self { proven, at, under }
    }
}

impl Index for ProvenIndex<'_> {
    type Error = Failure;

    fn entries_under(&self, topic: &Topic) -> Result<Vec<u64>, Failure> {
        let mut found = self.under.get(topic).cloned().unwrap_or_default();
        let all = self.proven.is_all(topics::id(topic), &found, self.at).map_err(refused)?;
        if !all {
            let words = "expected every entry that its seals hold under a topic, got others";
            return Err(Failure::new(Exit::No, format!("the proof is refused: {words}")));
        }
        found.retain(|entry| *entry < self.at);
        Ok(found)
    }

    fn entered(&self, entry: u64) -> Result<Entered, Failure> {
        entered_among(entry, &|sequence| {
            let lacking = || {
                let words = format!("the proof is refused: expected entry {sequence} in it");
                Failure::new(Exit::No, words)
            };
            self.proven.entries.get(&sequence).cloned().ok_or_else(lacking)
        })
    }

    fn names_containing(&self, _: &str, _: NameOf, _: usize) -> Result<Vec<Topic>, Failure> {
        // A part of a name is found by looking through all names, which no proof shows.
        Ok(Vec::new())
    }
}

/// The proof is no proof, or it cannot be told here; why, with every cause.
pub fn refused(why: impl std::error::Error) -> Failure {
    let words = chain(&why);
    let mut source = why.source();
    while let Some(cause) = source {
        if let Some(NoteError::OtherKey { .. }) = cause.downcast_ref() {
            return Failure::new(
                Exit::Unverified,
                format!("the proof cannot be verified: {words}"),
            )
            .hint(FOLLOW);
        }
        source = cause.source();
    }
    Failure::new(Exit::No, format!("the proof is refused: {words}"))
}

/// Writes the proof of an answer, and checks it before anybody gets it.
pub fn prove(
    ledger: &Ledger,
    asked: &str,
    args: &ProveArgs,
    cx: &mut Context,
) -> Result<(Vec<u8>, Checked), Failure> {
    let under = &Under::of(ledger, args.witnessed.as_deref(), cx)?;
    // What came after the checkpoint is not in it.
    let size = under.checkpoint.size;
    let clocks = Clocks { at: Some(args.clocks.at.unwrap_or(size)), ..args.clocks };
    let basis = question(ledger, clocks, cx)?;
    if basis.question.at.0 > size {
        let words = format!("expected --at up to the checkpoint's {size} entries, got more");
        return Err(Failure::new(Exit::Trouble, words));
    }
    let at = basis.question.at.0;
    let text = |text: &str| match (text.chars().any(char::is_control), text.trim()) {
        (true, _) => {
            Err(Failure::new(Exit::Trouble, "expected a question without control characters"))
        }
        (false, "") => Err(Failure::new(Exit::Trouble, "expected a question, got an empty one")),
        (false, text) => Ok(text.to_owned()),
    };
    let of = args.of.unwrap_or(Of::Holders);
    if args.holder.is_some() && !of.is_of_holders() {
        let words =
            format!("expected --holder with holders or history, got it with {}", of.as_str());
        return Err(Failure::new(Exit::Trouble, words));
    }
    let mut asked = Asked {
        of,
        about: text(asked)?,
        holder: args.holder.as_deref().map(text).transpose()?,
        as_of: basis.question.as_of.0,
        known_at: basis.question.known_at.0,
        at,
    };
    let first = recorded(ledger, &asked, basis);
    let (mut recording, mut told) = first.or_else(|why| unnamed(ledger, &asked, basis, why, cx))?;
    if recording.searched.get() {
        let part = asked.about;
        asked.about = told.exact_name().unwrap_or(part.clone());
        (recording, told) = recorded(ledger, &asked, basis)?;
        match (recording.searched.get(), told.names_somebody()) {
            (true, true) => {
                let words = format!("expected a number or a whole name of one, got {part:?}");
                return Err(Failure::new(Exit::No, words).hint("a part of a name cannot be proven"));
            }
            (true, false) => cx.notice(format!("nobody has the number or whole name {part:?}"))?,
            (false, _) => {
                let about = &asked.about;
                cx.notice(format!("the proof asks for {about}, for which it can be complete"))?;
            }
        }
    }
    let mut entries = recording.entries.into_inner();
    entries.insert(at.saturating_sub(1));
    let topics = recording.asked.borrow().iter().map(topics::id).collect();
    let redactions = ledger.redactions()?;
    entries.extend(told.cited.values().filter_map(|content| redactions.get(content)));
    let (seals, sealed) = seals(ledger, size, &topics)?;
    entries.extend(seals.iter().map(|(sequence, _)| sequence));
    let near = sealed < at && at - sealed <= TAIL_MAX;
    let tail = if near { sealed } else { at };
    entries.extend(tail..at);
    let proof = gather((ledger, under), asked, &told, &entries, seals, tail)?;
    let bytes = proof.to_bytes();
    let checked = check(&bytes, &Policy::of_ledger(ledger.keys().clone()))?;
    Ok((bytes, checked))
}

/// Why there is no answer: where several issuers may be meant, after which.
fn unnamed<T>(
    ledger: &Ledger,
    asked: &Asked,
    basis: Basis,
    why: Failure,
    cx: &mut Context,
) -> Result<T, Failure> {
    if asked.of == Of::Person {
        return Err(why);
    }
    let index = LogIndex { log: ledger, size: asked.at };
    one_of(resolve(&index, &asked.about, basis)?, &index, &asked.about, cx)?;
    Err(why)
}

/// The answer out of a ledger, and what was asked of the index for it.
fn recorded<'a>(
    ledger: &'a Ledger,
    asked: &Asked,
    basis: Basis,
) -> Result<(Recording<'a>, Told), Failure> {
    let log: &dyn Log = ledger;
    let recording = Recording {
        inner: LogIndex { log, size: asked.at },
        asked: RefCell::default(),
        entries: RefCell::default(),
        searched: Cell::new(false),
    };
    let told = tell(&recording, asked, basis, log)?;
    Ok((recording, told))
}

/// The seals that join from the first entry on, and what each shows of some topics.
fn seals(
    ledger: &Ledger,
    size: u64,
    asked: &BTreeSet<TopicId>,
) -> Result<(Vec<(u64, SealProof)>, u64), Failure> {
    let (mut proofs, mut sealed) = (Vec::new(), 0);
    for (sequence, seal) in seal::seals(ledger, size)? {
        let sorted = seal::sorted(ledger, seal.from, seal.size)?;
        if sorted.seal() != seal {
            let words = format!("the seal in entry {sequence} is not what its entries make");
            return Err(Failure::new(Exit::Unverified, words).hint("run `blockholder verify`"));
        }
        proofs.push((sequence, sorted.prove(asked)));
        sealed = seal.size;
    }
    Ok((proofs, sealed))
}

fn gather(
    (ledger, under): (&Ledger, &Under),
    asked: Asked,
    told: &Told,
    entries: &BTreeSet<u64>,
    seals: Vec<(u64, SealProof)>,
    tail: u64,
) -> Result<AnswerProof, Failure> {
    let sequences: Vec<u64> = entries.iter().copied().collect();
    let tree = ledger.tree()?;
    let hashes = prove_many(under.checkpoint.size, &sequences, &mut |subtree| tree.hash(subtree))?;
    let stored = |sequence: &u64| Ok(ledger.entry(*sequence)?.to_bytes());
    let mut contents: BTreeSet<ContentId> = told.cited.values().copied().collect();
    let redactions = ledger.redactions()?;
    contents.retain(|content| !redactions.contains_key(content));
    Ok(AnswerProof {
        rules: RULES,
        asked,
        answer: told.text.clone(),
        note: under.note.clone(),
        entries: sequences.iter().map(stored).collect::<Result<_, StoreError>>()?,
        hashes,
        blobs: contents.into_iter().map(|id| ledger.blob(id)).collect::<Result<_, _>>()?,
        seals,
        tail,
    })
}

/// A proof of an answer that holds.
pub struct Checked {
    /// The proof.
    pub proof: AnswerProof,
    /// What it proves.
    pub proven: Proven,
    /// The answer, made again; `None` where it was made by other rules than these.
    pub told: Option<Told>,
    /// How many of the cited filings were read again, and how many take another reader.
    pub reread: (usize, usize),
}

impl Checked {
    /// How many of the cited filings have no bytes in it, for an entry redacts them.
    pub fn redacted(&self) -> usize {
        let redacted = redacted(&self.proven);
        let cited = self.told.iter().flat_map(|told| told.cited.values());
        cited.filter(|content| redacted.contains(content)).count()
    }

    /// Whether the answer is yes; where it could not be made again nobody says no.
    pub fn is_found(&self) -> bool {
        self.told.as_ref().is_none_or(|told| told.found)
    }

    /// Whether the answer names anybody at all; one that could not be made again does for all that
    /// is known here.
    pub fn names_somebody(&self) -> bool {
        self.told.as_ref().is_none_or(Told::names_somebody)
    }

    /// Whether nothing that bears on the answer was left out.
    pub fn is_complete(&self) -> bool {
        self.proof.tail <= self.proven.sealed || self.proven.sealed >= self.proof.asked.at
    }
}

/// Checks the bytes of a proof (spec, section 22.3).
pub fn check(bytes: &[u8], policy: &Policy) -> Result<Checked, Failure> {
    let proof = AnswerProof::parse(bytes).map_err(refused)?;
    let proven = proof.check(policy).map_err(refused)?;
    let at = proof.asked.at;
    let last = at.checked_sub(1).and_then(|last| proven.entries.get(&last));
    let head = last.map(|(entry, _)| entry.hash());
    let no_head = || Failure::new(Exit::No, "the proof is refused: its last entry is missing");
    let question = Question {
        as_of: AsOf(proof.asked.as_of),
        known_at: KnownAt(proof.asked.known_at),
        at: LedgerSize(at),
    };
    let basis = Basis { question, head: head.ok_or_else(no_head)? };
    if proof.rules != RULES {
        return Ok(Checked { proof, proven, told: None, reread: (0, 0) });
    }
    let index = ProvenIndex::new(&proven, at);
    let told = tell(&index, &proof.asked, basis, &proven)?;
    if told.text != proof.answer {
        let words = "the proof is refused: its entries make another answer than the one in it";
        return Err(Failure::new(Exit::No, words));
    }
    let reread = read_again(&told, &index)?;
    let checked = Checked { proof, proven, told: Some(told), reread };
    if !checked.names_somebody() && !checked.is_complete() {
        let words = "the proof is refused: that nobody is there is shown by a complete one alone";
        return Err(Failure::new(Exit::No, words).hint("`seal` lets a proof be complete"));
    }
    Ok(checked)
}

impl Received for Proven {
    fn bytes(&self, content: ContentId) -> Result<Result<Vec<u8>, u64>, Failure> {
        if let Some(bytes) = self.blobs.get(&content) {
            return Ok(Ok(bytes.clone()));
        }
        let mut entries = self.entries.iter();
        let redacts = entries.find(|(_, (_, event))| event.redacted() == Some(content));
        redacts.map(|(entry, _)| Err(*entry)).ok_or_else(|| {
            let words = format!("the proof is refused: expected the received bytes {content}");
            Failure::new(Exit::No, words)
        })
    }
}

/// The received bytes that an entry of the proof redacts.
fn redacted(proven: &Proven) -> BTreeSet<ContentId> {
    proven.entries.values().filter_map(|(_, event)| event.redacted()).collect()
}

/// Whether the received bytes are those that are cited, and say what was recorded of them.
fn read_again(told: &Told, index: &ProvenIndex) -> Result<(usize, usize), Failure> {
    let proven = index.proven;
    let no = |words: String| Failure::new(Exit::No, format!("the proof is refused: {words}"));
    let mut named: BTreeSet<&ContentId> = told.cited.values().collect();
    let redacted = redacted(proven);
    named.retain(|content| !redacted.contains(content));
    if !named.into_iter().eq(proven.blobs.keys()) {
        let words = "expected the received bytes of exactly the filings that are cited, got others";
        return Err(no(words.to_owned()));
    }
    let (mut same, mut other) = (0, 0);
    for (entry, content) in &told.cited {
        let Some(received) = proven.blobs.get(content) else { continue };
        let Entered::Filing(filing) = index.entered(*entry)? else {
            return Err(no(format!("expected a filing in entry {entry}, got something else")));
        };
        let (expected, got) = (filing.filing.content_len, received.len() as u64);
        if expected != got {
            let words = format!("expected {expected} received bytes, got {got}");
            return Err(no(format!("entry {entry}: {words}")));
        }
        let mut about = notes_about(index, *entry)?;
        about.retain(|note| matches!(note.event, Event::FilingReread(_)));
        let about: Vec<_> = about.iter().collect();
        let Some(standing) = Standing::new(&filing, &about) else { continue };
        if standing.filing.reader != READER_VERSION {
            other += 1;
        } else if read(received) == standing.filing.reading {
            same += 1;
        } else {
            let words = "its bytes do not read as it says, by the reader it names";
            return Err(no(format!("entry {entry}: {words}")));
        }
    }
    Ok((same, other))
}
