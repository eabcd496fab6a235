//! `prove ISSUER` and the check of what it writes: the answer is made again from the proof alone.
//! Decides nothing about proofs or answers; `ledger` proves, `view` answers.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::cli::ask::{
    Answer, LogIndex, Resolved, entered, entered_among, one_of, question, resolve,
};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, FOLLOW, Failure, chain};
use crate::cli::prove::{ProveArgs, Under};
use crate::cli::questions::Clocks;
use crate::cli::seal;
use crate::ledger::answer_proof::{AnswerProof, Asked, Proven};
use crate::ledger::event::Event;
use crate::ledger::multiproof::prove_many;
use crate::ledger::note::NoteError;
use crate::ledger::policy::Policy;
use crate::ledger::seal::SealProof;
use crate::ledger::topics;
use crate::reading::read::{READER_VERSION, read};
use crate::report::json;
use crate::report::plain::json_line;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::terms::id::{ContentId, TopicId};
use crate::terms::time::{AsOf, KnownAt, LedgerSize};
use crate::terms::topic::Topic;
use crate::view::holding::{ClassHoldings, Holding};
use crate::view::issuer::{Entered, Index, NameOf};
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

/// An answer as it goes into a proof, and the received bytes that it cites.
pub struct Told {
    /// Objects of `holders --json`, a line each.
    pub text: String,
    /// What was asked, answered.
    pub answer: Answer,
    /// The filings that are cited, with the bytes they were read in.
    pub cited: BTreeMap<u64, ContentId>,
}

/// What is shown of an answer: all of it, or one holder.
pub fn shown(answer: &Answer, holder: Option<&str>) -> Vec<ClassHoldings> {
    let is_meant = |one: &Holding| {
        holder.is_none_or(|text| {
            let named = one.name.as_ref();
            one.cik.is_some_and(|cik| text.parse() == Ok(cik))
                || named.is_some_and(|name| name.to_lowercase().contains(&text.to_lowercase()))
        })
    };
    let mut classes: Vec<ClassHoldings> =
        answer.classes().into_iter().map(|class| class.holdings.clone()).collect();
    classes.iter_mut().for_each(|class| class.holders.retain(is_meant));
    classes
}

/// Makes the answer to a question out of an index.
fn tell<I: Index<Error = Failure>>(
    index: &I,
    asked: &Asked,
    basis: Basis,
) -> Result<Told, Failure> {
    let answer = match resolve(index, &asked.issuer, basis)? {
        Resolved::One(answer) => *answer,
        Resolved::Several(_) | Resolved::Nobody => {
            let words = format!("expected {:?} to name one issuer, it does not", asked.issuer);
            return Err(Failure::new(Exit::No, words));
        }
    };
    let classes = shown(&answer, asked.holder.as_deref());
    let of_class = |class| json_line(&json::holders(&answer.basis, &answer.issuer, class));
    let mut lines: Vec<String> = classes.iter().map(of_class).collect();
    if classes.is_empty() {
        lines.push(json_line(&json::no_class(&answer.basis, &answer.issuer, &["holders"])));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    let holders = classes.iter().flat_map(|class| &class.holders);
    let entries: BTreeSet<u64> = holders
        .flat_map(|one| one.rows.values())
        .filter(|cited| cited.span().is_some())
        .map(|cited| cited.source.entry)
        .collect();
    let filings = answer.dossier.filings.iter().filter(|filing| entries.contains(&filing.entry));
    let cited = filings.map(|filing| (filing.entry, filing.filing.content)).collect();
    Ok(Told { text, answer, cited })
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
    let mut asked = Asked {
        issuer: text(asked)?,
        holder: args.holder.as_deref().map(text).transpose()?,
        as_of: basis.question.as_of.0,
        known_at: basis.question.known_at.0,
        at,
    };
    let first = recorded(ledger, &asked, basis);
    let (mut recording, mut told) = first.or_else(|why| unnamed(ledger, &asked, basis, why, cx))?;
    if recording.searched.get() {
        let part = std::mem::take(&mut asked.issuer);
        asked.issuer = exact_name(&told.answer).unwrap_or_default();
        (recording, told) = recorded(ledger, &asked, basis)?;
        if recording.searched.get() {
            let words = format!("expected a CIK, a CUSIP or a whole name, got {part:?}");
            return Err(Failure::new(Exit::No, words).hint("a part of a name cannot be proven"));
        }
        cx.notice(format!("the proof asks for {}, for which it can be complete", asked.issuer))?;
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

/// Why there is no answer: where the question names no one issuer, after whom it may mean.
fn unnamed<T>(
    ledger: &Ledger,
    asked: &Asked,
    basis: Basis,
    why: Failure,
    cx: &mut Context,
) -> Result<T, Failure> {
    let index = LogIndex { log: ledger, size: asked.at };
    one_of(resolve(&index, &asked.issuer, basis)?, &index, &asked.issuer, cx)?;
    Err(why)
}

/// The answer out of a ledger, and what was asked of the index for it.
fn recorded<'a>(
    ledger: &'a Ledger,
    asked: &Asked,
    basis: Basis,
) -> Result<(Recording<'a>, Told), Failure> {
    let recording = Recording {
        inner: LogIndex { log: ledger, size: asked.at },
        asked: RefCell::default(),
        entries: RefCell::default(),
        searched: Cell::new(false),
    };
    let told = tell(&recording, asked, basis)?;
    Ok((recording, told))
}

/// What an issuer that was found by a part of its name can be asked for by. A CUSIP would ask for
/// one class only.
fn exact_name(answer: &Answer) -> Option<String> {
    let cik = answer.issuer.cik.map(|cik| cik.to_string());
    cik.or(answer.issuer.name.clone())
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

    /// Whether somebody is found who was asked for, if anybody was.
    pub fn finds_holder(&self) -> bool {
        let Some(asked) = self.proof.asked.holder.as_deref() else { return true };
        let classes = self.told.iter().flat_map(|told| shown(&told.answer, Some(asked)));
        self.told.is_none() || classes.into_iter().any(|class| !class.holders.is_empty())
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
    let told = tell(&ProvenIndex::new(&proven, at), &proof.asked, basis)?;
    if told.text != proof.answer {
        let words = "the proof is refused: its entries make another answer than the one in it";
        return Err(Failure::new(Exit::No, words));
    }
    let reread = read_again(&told, &proven)?;
    Ok(Checked { proof, proven, told: Some(told), reread })
}

/// The received bytes that an entry of the proof redacts.
fn redacted(proven: &Proven) -> BTreeSet<ContentId> {
    proven.entries.values().filter_map(|(_, event)| event.redacted()).collect()
}

/// Whether the received bytes are those that are cited, and say what was recorded of them.
fn read_again(told: &Told, proven: &Proven) -> Result<(usize, usize), Failure> {
    let no = |words: String| Failure::new(Exit::No, format!("the proof is refused: {words}"));
    let mut named: BTreeSet<&ContentId> = told.cited.values().collect();
    let redacted = redacted(proven);
    named.retain(|content| !redacted.contains(content));
    if !named.into_iter().eq(proven.blobs.keys()) {
        let words = "expected the received bytes of exactly the filings that are cited, got others";
        return Err(no(words.to_owned()));
    }
    let (mut same, mut other) = (0, 0);
    for filing in &told.answer.dossier.filings {
        let cited = told.cited.get(&filing.entry);
        let Some(received) = cited.and_then(|content| proven.blobs.get(content)) else { continue };
        let (expected, got) = (filing.filing.content_len, received.len() as u64);
        if expected != got {
            let words = format!("expected {expected} received bytes, got {got}");
            return Err(no(format!("entry {}: {words}", filing.entry)));
        }
        let about = told.answer.dossier.notes.iter().filter(|note| {
            matches!(note.event, Event::FilingReread(_))
                && note.event.filing().is_some_and(|of| of.entry == filing.entry)
                && note.entry < told.answer.basis.question.at.0
        });
        let about: Vec<_> = about.collect();
        let Some(standing) = Standing::new(filing, &about) else { continue };
        if standing.filing.reader != READER_VERSION {
            other += 1;
        } else if read(received) == standing.filing.reading {
            same += 1;
        } else {
            let words = "its bytes do not read as it says, by the reader it names";
            return Err(no(format!("entry {}: {words}", filing.entry)));
        }
    }
    Ok((same, other))
}
