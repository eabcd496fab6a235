//! What is kept of issuers, made from the entries, brought up after every append, and asked.
//! Decides nothing of what it says: `view` projects and answers, the store keeps bytes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, Scope};

use crate::cli::ask::{LogIndex, entered};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::ledger::event::Event;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::terms::id::{Cik, Cusip};
use crate::terms::time::{Instant, LedgerSize};
use crate::terms::topic::{HolderId, Topic};
use crate::view::issuer::{
    Candidate, Entered, Index, KeptOf, cik_alone, gather_told, named, written,
};
use crate::view::projected::{Broken, Held, Persons, Projected};
use crate::view::projection::{PROJECTION, project};
use crate::view::question::{Basis, Question};
use crate::view::timeline::Dossier;

/// How many issuers a thread has in hand at a time.
const IN_HAND: usize = 4;

/// Under what an issuer is kept: a letter for what it is, and its CIK.
fn name_of(issuer: Cik) -> Vec<u8> {
    [b"i".as_slice(), &issuer.number().to_be_bytes()].concat()
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Failure::new(Exit::Unverified, format!("what is kept for answers cannot be used: {broken}"))
            .hint("`blockholder verify --reread` makes it again and compares")
    }
}

/// An issuer with all that was recorded about it, as what is to be kept of it is made of.
struct Gathered {
    issuer: Candidate,
    dossier: Dossier,
    /// What is found where its CIK is taken for a name.
    found: Vec<u64>,
}

/// What is to be kept of an issuer is made of; nothing where its questions have to be answered by a
/// fold.
fn gathered(log: &dyn Log, cik: Cik) -> Result<Option<Gathered>, Failure> {
    let index = LogIndex { log, size: log.size() };
    let entries = index.entries_under(&Topic::Cik(cik))?.into_iter().collect();
    let (mut issuers, strangers) = gather_told(&index, entries)?;
    let (Some((issuer, dossier)), None, false) = (issuers.pop(), issuers.pop(), strangers) else {
        return Ok(None);
    };
    if issuer.cik != Some(cik) {
        return Ok(None);
    }
    let mut found = Vec::new();
    for name in written(cik) {
        found.extend(index.entries_under(&name)?);
    }
    Ok(Some(Gathered { issuer, dossier, found }))
}

impl Gathered {
    fn project(&self) -> Option<Vec<u8>> {
        let made = project(&self.issuer, &self.dossier)?;
        let own = self.found.iter().all(|entry| made.rests_on(*entry));
        own.then(|| made.to_bytes()).flatten()
    }
}

/// What is to be kept of an issuer by the entries there are; nothing where its questions have to be
/// answered by a fold.
fn make(log: &dyn Log, issuer: Cik) -> Result<Option<Vec<u8>>, Failure> {
    Ok(gathered(log, issuer)?.and_then(|gathered| gathered.project()))
}

/// A thread that projects issuers, in the order in which they are handed to it.
struct Hand {
    jobs: SyncSender<Gathered>,
    made: Receiver<Option<Vec<u8>>>,
}

impl Hand {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>) -> Self {
        let (jobs, queue) = mpsc::sync_channel::<Gathered>(IN_HAND);
        let (done, made) = mpsc::sync_channel(IN_HAND);
        scope.spawn(move || queue.iter().all(|job| done.send(job.project()).is_ok()));
        Self { jobs, made }
    }

    fn gone<T>(_: T) -> Failure {
        Failure::new(Exit::Trouble, "expected a thread that makes answers, it is gone")
    }

    fn give(&self, job: Gathered) -> Result<(), Failure> {
        self.jobs.send(job).map_err(Self::gone)
    }

    fn take(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.made.recv().map_err(Self::gone)
    }
}

/// Makes what is to be kept of issuers on all cores, and hands it over in their order. Only this
/// thread asks the log.
fn make_all(
    log: &dyn Log,
    issuers: &BTreeSet<Cik>,
    keep: &mut dyn FnMut(Cik, Option<Vec<u8>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let many = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let hands: Vec<Hand> = (0..many).map(|_| Hand::start(scope)).collect();
        let mut due: VecDeque<(Cik, Option<&Hand>)> = VecDeque::new();
        let mut next = |(issuer, hand): (Cik, Option<&Hand>)| {
            let made = hand.map_or(Ok(None), Hand::take)?;
            keep(issuer, made)
        };
        for (issuer, hand) in issuers.iter().zip(hands.iter().cycle()) {
            let job = gathered(log, *issuer)?;
            due.push_back((*issuer, job.is_some().then_some(hand)));
            if let Some(job) = job {
                hand.give(job)?;
            }
            if due.len() >= many * IN_HAND {
                due.pop_front().map_or(Ok(()), &mut next)?;
            }
        }
        due.into_iter().try_for_each(next)
    })
}

/// The issuers whose answers entries can change.
struct Touched<'a> {
    log: &'a dyn Log,
    issuers: BTreeSet<Cik>,
    /// CUSIPs and names: whoever is found under them may be one issuer.
    topics: BTreeSet<Topic>,
    filings: BTreeMap<u64, Vec<Topic>>,
}

impl Touched<'_> {
    fn by(&mut self, sequence: u64, event: &Event) -> Result<(), Failure> {
        // A name of digits alone is found by whoever asks for the CIK that they are.
        self.issuers.extend(event.topics().into_iter().filter_map(|topic| match topic {
            Topic::Name(name) => name.parse::<Cik>().ok(),
            _ => None,
        }));
        match event {
            Event::FilingRecorded(filing) => match filing.issuer_cik() {
                Some(cik) => drop(self.issuers.insert(cik)),
                None => self.under(event.topics()),
            },
            Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => {
                self.linked([pair.a.id.clone(), pair.b.id.clone()].into())?;
            }
            Event::ClassChanged(_) | Event::ClassSizeReported(_) | Event::ClassRetracted(_) => {
                self.under(event.topics());
            }
            event if event.filing().is_some() => {
                self.under(event.topics());
                self.filing_of(sequence)?;
            }
            _ => {}
        }
        if let Event::ChainJoined(joined) = event {
            self.filing_of(joined.with.entry)?;
        }
        Ok(())
    }

    fn under(&mut self, topics: Vec<Topic>) {
        for topic in topics {
            match topic {
                Topic::Cik(cik) => drop(self.issuers.insert(cik)),
                Topic::Cusip(_) | Topic::Name(_) => drop(self.topics.insert(topic)),
                _ => {}
            }
        }
    }

    /// The issuers of the filing that an entry is, is a part of or is about; before and after
    /// whatever was decided about it.
    fn filing_of(&mut self, entry: u64) -> Result<(), Failure> {
        let filing = match entered(self.log, entry)? {
            Entered::Filing(_) => entry,
            Entered::PartOf(filing) => filing,
            Entered::Note(note) => match note.event.filing() {
                Some(filing) => filing.entry,
                None => return Ok(()),
            },
        };
        if !self.filings.contains_key(&filing) {
            let mut topics = self.log.event(filing)?.topics();
            for note in self.log.postings(&Topic::Filing(filing))? {
                topics.extend(self.log.event(note)?.topics());
            }
            self.filings.insert(filing, topics);
        }
        let topics = self.filings.get(&filing).cloned().unwrap_or_default();
        self.under(topics);
        Ok(())
    }

    /// The issuers on whom somebody of these ids reports, or of those that are one with them.
    fn linked(&mut self, mut due: BTreeSet<HolderId>) -> Result<(), Failure> {
        let mut asked = BTreeSet::new();
        while let Some(id) = due.pop_first() {
            if !asked.insert(id.clone()) {
                continue;
            }
            for entry in self.log.postings(&Topic::Holder(id.clone()))? {
                self.filing_of(entry)?;
            }
            for note in self.log.postings(&Topic::Linked(id))? {
                let event = self.log.event(note)?;
                if let Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) = event {
                    due.extend([pair.a.id, pair.b.id]);
                }
            }
        }
        Ok(())
    }

    fn all(mut self) -> Result<BTreeSet<Cik>, Failure> {
        let mut asked = BTreeSet::new();
        while let Some(topic) = self.topics.difference(&asked).next().cloned() {
            for entry in self.log.postings(&topic)? {
                let event = self.log.event(entry)?;
                match event.filing() {
                    Some(_) => self.filing_of(entry)?,
                    None => self.issuers.extend(event.topics().into_iter().filter_map(|topic| {
                        if let Topic::Cik(cik) = topic { Some(cik) } else { None }
                    })),
                }
            }
            asked.insert(topic);
        }
        Ok(self.issuers)
    }
}

/// Brings what is kept up to the last entry, in the index's next batch, with the entries that
/// still wait for it; by rules other than those it was kept by, in an index made anew. `show` is
/// told how many issuers are done, and of how many.
pub fn follow(
    log: &Ledger,
    show: &mut dyn FnMut(u64, u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    log.keep_afresh(PROJECTION)?;
    // An index that is made again on the way has nothing of what went into it before: once more.
    for _ in 0..2 {
        let (made, reach) = (log.remade(), log.reach(PROJECTION)?);
        if reach.size >= log.size() {
            break;
        }
        keep_since(log, reach.size, show)?;
        if log.remade() == made {
            log.kept_all(PROJECTION)?;
            break;
        }
    }
    Ok(())
}

/// Keeps what is answered of every issuer that the entries from one on can change.
fn keep_since(
    log: &Ledger,
    from: u64,
    show: &mut dyn FnMut(u64, u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (issuers, topics) = (BTreeSet::new(), BTreeSet::new());
    let mut touched = Touched { log, issuers, topics, filings: BTreeMap::new() };
    for (entry, sequence) in log.range(from..log.size())?.zip(from..) {
        let event = entry?.open().map_err(|source| StoreError::BadEntry { sequence, source })?;
        touched.by(sequence, &event)?;
    }
    let issuers = touched.all()?;
    let mut done = 0;
    make_all(log, &issuers, &mut |issuer, made| {
        log.keep(PROJECTION, &name_of(issuer), made.as_deref())?;
        show(done, issuers.len() as u64)?;
        done += 1;
        Ok(())
    })
}

/// As [`follow`], with a line on the terminal where somebody watches.
pub fn follow_watched(log: &Ledger, cx: &mut Context) -> Result<(), Failure> {
    if !cx.watched {
        return follow(log, &mut |_, _| Ok(()));
    }
    let mut progress: Option<Progress> = None;
    let done = follow(log, &mut |done, total| {
        let now = (cx.clock)();
        let line = progress.get_or_insert_with(|| Progress::new(now, Some(total)));
        line.draw_issuers(cx.err, now, done).map_err(Failure::output)
    });
    progress.unwrap_or_default().clear(cx.err).map_err(Failure::output)?;
    done
}

/// Who holds what, out of what is kept; nothing where it has to be folded: what is kept is behind,
/// the question is about an earlier size, or the issuer is not kept.
pub fn held(log: &dyn Log, asked: &str, basis: &Basis) -> Result<Option<Held>, Failure> {
    let question = &basis.question;
    // Whoever is kept rests on all that is found under its CIK, however it is written.
    if let Some(issuer) = cik_alone(asked)
        && let Some(bytes) = current(log, issuer)?
    {
        return Ok(Projected::open(&bytes)?.answer(question, Persons::Untold)?);
    }
    let index = LogIndex { log, size: question.at.0 };
    let (entries, cusip) = named(&index, asked)?;
    let Some(first) = entries.first().copied() else { return Ok(None) };
    let kept = kept_with(log, first, question)?;
    let kept = kept.filter(|kept| entries.is_subset(&kept.entries));
    Ok(kept.map(|kept| of_class(kept.held, cusip.as_ref())))
}

/// As [`held`], of the issuer of a CIK; with the entries that it rests on.
pub fn held_of(
    log: &dyn Log,
    issuer: Cik,
    question: &Question,
) -> Result<Option<(Held, BTreeSet<u64>)>, Failure> {
    let Some(bytes) = current(log, issuer)? else { return Ok(None) };
    let kept = Projected::open(&bytes)?;
    let Some(held) = kept.answer(question, Persons::Untold)? else { return Ok(None) };
    Ok(Some((held, kept.entries()?)))
}

/// From when on something has to be told.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// A moment, and the first entry that was recorded since then: entries are recorded in the
    /// order of time.
    moment: Option<(Instant, u64)>,
    size: Option<LedgerSize>,
}

impl Since {
    /// From an instant on, where there is one, and from a size of the ledger on, where there is;
    /// nothing where there is neither.
    pub fn of(
        log: &dyn Log,
        known: Option<Instant>,
        size: Option<u64>,
    ) -> Result<Option<Self>, StoreError> {
        let first = known.map(|known| Self::first_recorded(log, known)).transpose()?;
        let moment = known.zip(first);
        let some = moment.is_some() || size.is_some();
        Ok(some.then_some(Self { moment, size: size.map(LedgerSize) }))
    }

    fn first_recorded(log: &dyn Log, known: Instant) -> Result<u64, StoreError> {
        let (mut entry, mut end) = (0, log.size());
        while entry < end {
            let middle = entry.midpoint(end);
            if log.entry(middle)?.envelope.recorded_at.instant() < known {
                entry = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(entry)
    }

    /// Whether nothing of an issuer can have been told since.
    fn is_quiet(self, kept: &Projected) -> Result<bool, Failure> {
        if self.size.is_some_and(|size| kept.is_whole_at(size)) {
            return Ok(true);
        }
        let Some((known, entry)) = self.moment else { return Ok(false) };
        Ok(!kept.tells_since(known, entry)?)
    }
}

/// An issuer of which nothing was told since a moment.
pub struct Quiet {
    /// Whether a filing of it counts.
    pub counts: bool,
    /// The entries that this rests on.
    pub entries: BTreeSet<u64>,
}

/// That nothing was told of an issuer since then, out of what is kept; nothing where something
/// was, or where what is kept does not say.
pub fn quiet(
    log: &dyn Log,
    issuer: Cik,
    question: &Question,
    since: Since,
) -> Result<Option<Quiet>, Failure> {
    let Some(bytes) = current(log, issuer)? else { return Ok(None) };
    let kept = Projected::open(&bytes)?;
    if !kept.is_whole_at(question.at) || !since.is_quiet(&kept)? {
        return Ok(None);
    }
    Ok(Some(Quiet { counts: kept.counts(question), entries: kept.entries()? }))
}

/// What is kept of an issuer, where it follows every entry there is.
fn current(log: &dyn Log, issuer: Cik) -> Result<Option<Vec<u8>>, Failure> {
    let reach = log.reach(PROJECTION)?;
    if (reach.size, reach.head) != (log.size(), log.head().hash) {
        return Ok(None);
    }
    Ok(log.kept(PROJECTION, &name_of(issuer))?)
}

/// What is kept of the issuer that an entry is about, if that entry is among what it rests on.
pub fn kept_with(
    log: &dyn Log,
    entry: u64,
    question: &Question,
) -> Result<Option<KeptOf>, Failure> {
    let Event::FilingRecorded(filing) = log.event(entry)? else { return Ok(None) };
    let Some(issuer) = filing.issuer_cik() else { return Ok(None) };
    let Some(bytes) = current(log, issuer)? else { return Ok(None) };
    let kept = Projected::open(&bytes)?;
    let Some(held) = kept.answer(question, Persons::Told)? else { return Ok(None) };
    let (entries, links) = (kept.entries()?, kept.links()?);
    Ok(entries.contains(&entry).then_some(KeptOf { held, entries, links }))
}

/// The class asked for, where the question was a CUSIP.
fn of_class(mut held: Held, cusip: Option<&Cusip>) -> Held {
    if let Some(cusip) = cusip {
        held.classes.retain(|class| class.cusips.contains(cusip));
    }
    held
}

/// How what is kept under these names differs from what the entries make, in words; and whose
/// answers are not kept that would be (spec, section 13).
pub fn differences(log: &dyn Log, names: &[Vec<u8>]) -> Result<Vec<String>, StoreError> {
    let issuers = log.topics()?.into_iter().filter_map(|(topic, _)| match topic {
        Topic::Cik(cik) => Some(cik),
        _ => None,
    });
    let mut due: BTreeMap<Vec<u8>, Cik> = issuers.map(|cik| (name_of(cik), cik)).collect();
    let mut found = Vec::new();
    for name in names {
        if !due.contains_key(name) {
            found.push(format!("expected nothing kept under {name:?}, which names no issuer"));
        }
    }
    while let Some((name, issuer)) = due.pop_first() {
        let made = match make(log, issuer) {
            Ok(made) => made,
            Err(failure) => {
                found.push(format!("issuer {issuer} cannot be folded: {}", failure.message));
                continue;
            }
        };
        let of = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => format!("{} bytes", bytes.len()),
            None => "nothing".to_owned(),
        };
        let kept = log.kept(PROJECTION, &name)?;
        if kept != made {
            let (made, kept) = (of(made.as_deref()), of(kept.as_deref()));
            found.push(format!(
                "expected what the entries make of issuer {issuer} ({made}), got {kept} kept"
            ));
        }
    }
    Ok(found)
}
