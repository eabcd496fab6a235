//! What is kept of issuers, made from the entries, brought up after every append, and asked.
//! Decides nothing of what it says: `view` projects and answers, the store keeps bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::ask::{LogIndex, entered};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::ledger::codec::{pack, unpack};
use crate::ledger::event::Event;
use crate::store::ledger::Ledger;
use crate::store::log::{Log, StoreError};
use crate::terms::id::{Cik, Cusip};
use crate::terms::topic::{HolderId, Topic};
use crate::view::issuer::{Entered, Index, KeptOf, gather_told, named};
use crate::view::projection::{Held, KeptHolding, PROJECTION, Projection, project};
use crate::view::question::{Basis, Question};

/// Under what an issuer is kept: a letter for what it is, and its CIK.
fn name_of(issuer: Cik) -> Vec<u8> {
    [b"i".as_slice(), &issuer.number().to_be_bytes()].concat()
}

fn unkeepable(what: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Unverified, format!("what is kept of an issuer cannot be used: {what}"))
        .hint("`blockholder verify --reread` makes it again and compares")
}

/// A projection as bytes: its length, itself, where each holding ends, the holdings.
fn to_bytes(projection: &Projection, holdings: &[KeptHolding]) -> Result<Vec<u8>, Failure> {
    let head = pack(projection).map_err(unkeepable)?;
    let mut bytes = (head.len() as u64).to_be_bytes().to_vec();
    bytes.extend(head);
    bytes.extend((holdings.len() as u64).to_be_bytes());
    let (mut ends, mut all) = (Vec::new(), Vec::new());
    for holding in holdings {
        all.extend(pack(holding).map_err(unkeepable)?);
        ends.extend((all.len() as u64).to_be_bytes());
    }
    bytes.extend(ends);
    bytes.extend(all);
    Ok(bytes)
}

/// Those bytes, read where they are asked for.
struct Kept<'a> {
    projection: Projection,
    ends: &'a [u8],
    holdings: &'a [u8],
}

impl<'a> Kept<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let short = || unkeepable("expected its whole length, got less");
        let count = |bytes: &'a [u8]| {
            let (number, rest) = bytes.split_first_chunk::<8>().ok_or_else(short)?;
            let number = usize::try_from(u64::from_be_bytes(*number)).map_err(unkeepable)?;
            Ok::<_, Failure>((number, rest))
        };
        let (len, rest) = count(bytes)?;
        let (head, rest) = rest.split_at_checked(len).ok_or_else(short)?;
        let (holdings, rest) = count(rest)?;
        let (ends, holdings) =
            rest.split_at_checked(holdings.saturating_mul(8)).ok_or_else(short)?;
        Ok(Self { projection: unpack(head, "projection").map_err(unkeepable)?, ends, holdings })
    }

    fn end(&self, at: usize) -> Option<usize> {
        let end = self.ends.get(at * 8..)?.first_chunk::<8>()?;
        usize::try_from(u64::from_be_bytes(*end)).ok()
    }

    fn holding(&self, at: u32) -> Result<KeptHolding, Failure> {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(Some(0), |before| self.end(before));
        let bytes = start.zip(self.end(at)).and_then(|(from, to)| self.holdings.get(from..to));
        let bytes = bytes.ok_or_else(|| unkeepable("expected a holding, got none"))?;
        unpack(bytes, "holding").map_err(unkeepable)
    }
}

/// What is to be kept of an issuer by the entries there are; nothing where its questions have to be
/// answered by a fold.
fn make(log: &dyn Log, issuer: Cik) -> Result<Option<Vec<u8>>, Failure> {
    let index = LogIndex { log, size: log.size() };
    let entries = index.entries_under(&Topic::Cik(issuer))?.into_iter().collect();
    let (mut issuers, strangers) = gather_told(&index, entries)?;
    let (Some((candidate, dossier)), None, false) = (issuers.pop(), issuers.pop(), strangers)
    else {
        return Ok(None);
    };
    if candidate.cik != Some(issuer) {
        return Ok(None);
    }
    let made = project(&candidate, &dossier);
    made.map(|(projection, holdings)| to_bytes(&projection, &holdings)).transpose()
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
        match event {
            Event::FilingRecorded(filing) => match filing.issuer_cik() {
                Some(cik) => drop(self.issuers.insert(cik)),
                None => self.under(event.topics()),
            },
            Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => {
                self.linked([pair.a.id.clone(), pair.b.id.clone()].into())?;
            }
            Event::ClassChanged(_) | Event::ClassSizeReported(_) => self.under(event.topics()),
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
/// still wait for it. `show` is told how many issuers are done, and of how many.
pub fn follow(
    log: &Ledger,
    show: &mut dyn FnMut(u64, u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let reach = log.reach(PROJECTION)?;
    let size = log.size();
    if reach.size >= size {
        return Ok(());
    }
    let (issuers, topics) = (BTreeSet::new(), BTreeSet::new());
    let mut touched = Touched { log, issuers, topics, filings: BTreeMap::new() };
    for (entry, sequence) in log.range(reach.size..size)?.zip(reach.size..) {
        let event = entry?.open().map_err(|source| StoreError::BadEntry { sequence, source })?;
        touched.by(sequence, &event)?;
    }
    let issuers = touched.all()?;
    for (issuer, done) in issuers.iter().zip(0..) {
        log.keep(PROJECTION, &name_of(*issuer), make(log, *issuer)?.as_deref())?;
        show(done, issuers.len() as u64)?;
    }
    log.kept_all(PROJECTION)?;
    Ok(())
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
    let index = LogIndex { log, size: basis.question.at.0 };
    let (entries, cusip) = named(&index, asked)?;
    let Some(first) = entries.first().copied() else { return Ok(None) };
    let kept = kept_with(log, first, &basis.question)?;
    let kept = kept.filter(|kept| entries.is_subset(&kept.entries));
    Ok(kept.map(|kept| of_class(kept.held, cusip.as_ref())))
}

/// What is kept of the issuer that an entry is about, if that entry is among what it rests on.
pub fn kept_with(
    log: &dyn Log,
    entry: u64,
    question: &Question,
) -> Result<Option<KeptOf>, Failure> {
    let reach = log.reach(PROJECTION)?;
    if (reach.size, reach.head) != (log.size(), log.head().hash) {
        return Ok(None);
    }
    let Event::FilingRecorded(filing) = log.event(entry)? else { return Ok(None) };
    let Some(issuer) = filing.issuer_cik() else { return Ok(None) };
    let Some(bytes) = log.kept(PROJECTION, &name_of(issuer))? else { return Ok(None) };
    let kept = Kept::open(&bytes)?;
    let held = kept.projection.answer(question, &mut |at| kept.holding(at))?;
    let entries = kept.projection.entries();
    let links = kept.projection.links().to_vec();
    let of = held.map(|held| KeptOf { held, entries, links });
    Ok(of.filter(|of| of.entries.contains(&entry)))
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
