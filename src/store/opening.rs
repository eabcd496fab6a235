//! Opens a ledger's files and decides what to trust where they disagree (spec, section 12.2).
//! The journal is evidence, the index is not: the index is brought up, rebuilt or left, never
//! believed over the journal.

use std::collections::BTreeMap;
use std::fs;

use crate::ledger::chain::Head;
use crate::ledger::key::SigningKey;
use crate::ledger::merkle::{Edge, leaf, slots};
use crate::ledger::rotation::{Keys, Rotations};
use crate::store::batch::Linked;
use crate::store::checkpoints::{self, Acknowledged};
use crate::store::cores;
use crate::store::disk;
use crate::store::found::Rows;
use crate::store::index::{Index, Meta};
use crate::store::journal::{Location, end_of, set_aside, write_again};
use crate::store::layout::{Layout, io_error, sync_dir};
use crate::store::ledger::Mode;
use crate::store::log::{StoreError, Unsound};
use crate::store::notice::Notice;
use crate::store::segment::{Place, Stream};
use crate::store::sled::IndexError;
use crate::store::survey::{self, After, Beginning, Beyond, Blobs, Survey};
use crate::store::tree::Tree;
use crate::terms::id::{ContentId, TreeHash};

/// Entries the index takes in one transaction while it is made.
const CHUNK: usize = 1000;
/// Entries whose rows one thread makes before it asks for more.
const FEW: usize = 64;

/// What is held against a ledger's files.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    /// The proofs of its keys.
    pub(crate) rotations: &'a Rotations,
    /// Its keys.
    pub(crate) keys: &'a Keys,
    /// The secret half of the one in force, if it is at hand.
    pub(crate) hand: Option<&'a SigningKey>,
}

/// A ledger's files, open.
pub(crate) struct Opened {
    /// The index, which agrees with the journal unless `unsound` says otherwise.
    pub(crate) index: Index,
    /// How far it reaches.
    pub(crate) meta: Meta,
    /// The tree over its entries; `None` only where the ledger is unsound.
    pub(crate) tree: Option<Tree>,
    /// Batches that nobody acknowledged: they are in neither.
    pub(crate) beyond: Option<Beyond>,
    /// Why the ledger must not be written.
    pub(crate) unsound: Option<Unsound>,
    /// What the user should be told.
    pub(crate) notices: Vec<Notice>,
}

/// Opens the index, and brings it up to the journal if need be.
pub(crate) fn open(layout: &Layout, mode: Mode, held: Held<'_>) -> Result<Opened, StoreError> {
    let mut opened = open_signed(layout, mode, held)?;
    opened.notices.extend(opened.index.is_doubtful().then_some(Notice::IndexUnsigned));
    Ok(opened)
}

fn open_signed(layout: &Layout, mode: Mode, by: Held<'_>) -> Result<Opened, StoreError> {
    let Held { rotations, keys, hand } = by;
    let mut last = checkpoints::last(&layout.checkpoints(), keys)?.checkpoint;
    // A rotation was acknowledged by a checkpoint of its own.
    let proven = rotations.notes().last().and_then(|note| keys.open(note).ok());
    if let (Some(last), Some(proven)) = (&mut last, proven)
        && last.size < proven.size
    {
        *last = Acknowledged { size: proven.size, root: proven.root };
    }
    let (held, why) = match usable_index(layout, keys, hand) {
        Ok(held) => (Some(held), String::new()),
        Err(IndexError { why, .. }) => (None, why),
    };
    let Some((mut index, meta, last_leaf)) = held else {
        return from_journal(layout, mode, (last, hand), None, why);
    };
    let ends = (end_of(layout, Stream::Entries)?, end_of(layout, Stream::Blobs)?);
    let joined = survey::ends_batch(layout, meta.entries_end, &meta.head)?;
    let agree = ends == (meta.entries_end, meta.blobs_end);
    // The root stands for the entries only if the tree ends with the index's last one, whose link
    // stands for all before it.
    let tree = Tree::open(layout, meta.head.size, last_leaf)?;
    if let Some(tree) = tree
        && joined
        && meta.blobs_end <= ends.1
    {
        let (size, root) = (tree.edge().size(), tree.edge().root());
        let level = Tree::reach(layout)? == slots(size);
        let whole = index.seen() == meta.head.size;
        if agree && level && whole && last == Some(Acknowledged { size, root }) {
            if let Err(error) = index.rest() {
                return from_journal(layout, mode, (last, hand), None, error.of_content()?);
            }
            let tree = Some(tree);
            let notices = Vec::new();
            return Ok(Opened { index, meta, tree, beyond: None, unsound: None, notices });
        }
        return match catch_up(layout, mode, last, &mut index, &meta, tree)? {
            Ok(Caught { meta, tree, beyond, notices }) => {
                let tree = Some(tree);
                Ok(Opened { index, meta, tree, beyond, unsound: None, notices })
            }
            Err(IndexError { why, .. }) => {
                from_journal(layout, mode, (last, hand), Some((index, meta)), why)
            }
        };
    }
    let why = "it does not fit the journal, or there is no tree for it".to_owned();
    from_journal(layout, mode, (last, hand), Some((index, meta)), why)
}

/// The index and the tree's hash of its last entry, if it opens, is signed for, and that is the one
/// it says it is.
fn usable_index(
    layout: &Layout,
    keys: &Keys,
    hand: Option<&SigningKey>,
) -> Result<(Index, Meta, TreeHash), IndexError> {
    let path = layout.index();
    if !path.exists() {
        return Err(IndexError::new("there was none"));
    }
    let index = Index::open_signed(&path, keys, hand)?;
    let meta = index.meta().ok_or_else(|| IndexError::new("it was empty"))?;
    let last = match meta.head.size.checked_sub(1) {
        Some(last) => index.page(last, 1)?,
        None => Vec::new(),
    };
    match last.first() {
        Some(entry) if entry.head() == meta.head => Ok((index, meta, leaf(&entry.to_bytes()))),
        _ => Err(IndexError::new("its last entry is not the one it names")),
    }
}

/// An index and a tree that were brought up.
struct Caught {
    meta: Meta,
    tree: Tree,
    beyond: Option<Beyond>,
    notices: Vec<Notice>,
}

/// Brings the index and the tree up from where they are; or why that cannot be done: the journal
/// does not follow from there or lead to the root of the last checkpoint, or the index takes
/// nothing in. It goes to rest before anything else is touched.
fn catch_up(
    layout: &Layout,
    mode: Mode,
    last: Option<Acknowledged>,
    index: &mut Index,
    from: &Meta,
    mut tree: Tree,
) -> Result<Result<Caught, IndexError>, StoreError> {
    let elsewhere = || IndexError::new("it does not lead to where the journal ends");
    // An index that has more than was acknowledged is made again.
    let Some(last) = last.filter(|last| from.head.size <= last.size) else {
        return Ok(Err(elsewhere()));
    };
    let before = (last.size == from.head.size).then(|| tree.edge().root());
    let mut promised = index.promised();
    let blobs = survey::blobs(layout, from.blobs_end)?;
    let mut intake = Intake::new(index, from, &blobs);
    if let Err(error) = intake.blobs(blobs.found.clone()) {
        return Ok(Err(error));
    }
    let mut failed = None;
    let mut lost = Lost::new(&blobs);
    let survey = survey::entries(
        layout,
        Beginning { place: from.entries_end, head: from.head, edge: tree.edge().clone() },
        Some(last.size),
        &mut |batch, head, end| {
            lost.look(&batch, Some(intake.index));
            promised.retain(|due| *due != head);
            failed = failed.take().or(intake.take(batch, head, end).err());
            Ok(())
        },
    )?;
    let reached = before.or(survey.marked) == Some(last.root);
    // What was on its way is of these entries, or the index is of others.
    let reached = reached && promised.is_empty();
    let whole = !matches!(survey.after, After::Damage(_))
        && Tree::reach(layout)? <= slots(survey.head.size);
    if !reached || !whole {
        return Ok(Err(failed.unwrap_or_else(elsewhere)));
    }
    if let Err(error) = failed.map_or_else(|| intake.finish(), Err) {
        return Ok(Err(error));
    }
    if let Err(error) = intake.index.rest() {
        return Ok(Err(IndexError::new(error.of_content()?)));
    }
    let mut notices = Vec::new();
    let (old, to) = (from.head.size, survey.head.size);
    if old < to {
        notices.push(Notice::IndexCaughtUp { from: old, to });
    }
    let lost = lost.some;
    let begun = [(Stream::Entries, from.entries_end), (Stream::Blobs, from.blobs_end)];
    begun.into_iter().try_for_each(|(stream, from)| write_again(layout, stream, from))?;
    let meta = settle_tails(layout, mode, &survey, (&blobs, lost), &mut notices)?;
    index.apply([], &[], &meta).and_then(|()| index.rest())?;
    tree.append(survey.edge, &survey.grown)?;
    Ok(Ok(Caught { meta, tree, beyond: survey.beyond, notices }))
}

/// Follows the journal from its beginning. A sound one gets a new index; an unsound one leaves the
/// index as it is, for reading.
fn from_journal(
    layout: &Layout,
    mode: Mode,
    (last, hand): (Option<Acknowledged>, Option<&SigningKey>),
    held: Option<(Index, Meta)>,
    why: String,
) -> Result<Opened, StoreError> {
    let mark = last.map(|last| last.size);
    let blobs = survey::blobs(layout, Place::START)?;
    let mut lost = Lost::new(&blobs);
    let survey = survey::entries(layout, Beginning::first(), mark, &mut |batch, _, _| {
        lost.look(&batch, None);
        Ok(())
    })?;
    let lost = lost.some;
    // What nobody signed for is no witness, and answers nothing that the journal can answer.
    let seen = held.as_ref().filter(|(index, _)| index.is_signed()).map(|(index, _)| index.seen());
    let unsound = judge(&survey, last, seen, Tree::reach(layout)?);
    // One that was broken off while it took entries in is of no one state, and answers nothing.
    let held = held.filter(|(index, meta)| index.seen() == meta.head.size);
    let held = held.filter(|(index, meta)| match &unsound {
        Some(Unsound::Damaged { .. }) => true,
        Some(Unsound::RolledBack { .. }) if meta.head.size < survey.head.size => false,
        _ => index.is_signed(),
    });
    if let (Mode::Write, Some(unsound)) = (mode, &unsound) {
        return Err(unsound.clone().into());
    }
    match (unsound, held) {
        (None, held) => {
            drop(held);
            let mut notices = Vec::new();
            for stream in [Stream::Entries, Stream::Blobs] {
                let segment = end_of(layout, stream)?.segment;
                write_again(layout, stream, Place { segment, ..Place::START })?;
            }
            let meta = settle_tails(layout, mode, &survey, (&blobs, lost), &mut notices)?;
            let Rebuilt { mut index, .. } = rebuild(layout, mark, hand.zip(last))?;
            index.apply([], &[], &meta).and_then(|()| index.rest())?;
            let tree = Some(Tree::create(layout, survey.edge, &survey.grown)?);
            notices.push(Notice::IndexRebuilt { why, entries: meta.head.size });
            let beyond = survey.beyond;
            Ok(Opened { index, meta, tree, beyond, unsound: None, notices })
        }
        (Some(unsound), Some((index, meta))) => {
            let unsound = Some(unsound);
            let notices = Vec::new();
            Ok(Opened { index, meta, tree: None, beyond: None, unsound, notices })
        }
        (Some(unsound @ Unsound::Damaged { .. }), None) => {
            let why = format!("{why}; and it cannot be rebuilt, for {unsound}");
            Err(StoreError::Index(IndexError::new(why)))
        }
        (Some(unsound), None) => {
            let Rebuilt { index, meta, .. } = rebuild(layout, mark, None)?;
            let notices = vec![Notice::IndexRebuilt { why, entries: meta.head.size }];
            let unsound = Some(unsound);
            Ok(Opened { index, meta, tree: None, beyond: None, unsound, notices })
        }
    }
}

/// Whether a journal that was followed from its beginning can be believed.
fn judge(
    survey: &Survey,
    last: Option<Acknowledged>,
    index: Option<u64>,
    hashes: u64,
) -> Option<Unsound> {
    let got = survey.reach();
    if let After::Damage(what) = &survey.after {
        return Some(Unsound::Damaged { what: what.clone() });
    }
    let Some(last) = last else {
        let what = "the last checkpoint is missing, cannot be read, or is not signed by the ledger"
            .to_owned();
        return Some(Unsound::Damaged { what });
    };
    if last.size > got {
        let witness = "the last checkpoint";
        return Some(Unsound::RolledBack { witness, expected: last.size, got });
    }
    match survey.marked {
        Some(root) if root == last.root => {}
        root => {
            let got = root.unwrap_or(survey.edge.root());
            let (size, expected) = (last.size, last.root);
            return Some(Unsound::Forked { size, expected, got });
        }
    }
    // The index and the tree take what the journal has for sure, so they can never be ahead.
    if let Some(expected) = index.filter(|size| *size > got) {
        return Some(Unsound::RolledBack { witness: "the index", expected, got });
    }
    // Each entry has one hash of its own, and there are fewer than that over all of them.
    let expected = Some(got.max(hashes / 2) + 1).filter(|_| hashes > slots(got))?;
    Some(Unsound::RolledBack { witness: "the file of hashes", expected, got })
}

/// Whether entries name received bytes that are no longer whole.
struct Lost<'a> {
    blobs: &'a Blobs,
    some: bool,
}

impl<'a> Lost<'a> {
    fn new(blobs: &'a Blobs) -> Self {
        Self { blobs, some: false }
    }

    fn look(&mut self, batch: &[Linked], index: Option<&Index>) {
        for facts in batch.iter().map(|linked| &linked.facts) {
            let named = facts.recorded.or(facts.conflict.map(|(_, content)| content));
            self.some |= named.is_some_and(|content| !self.holds(content, index));
        }
    }

    fn holds(&self, content: ContentId, index: Option<&Index>) -> bool {
        let indexed = |index: &Index| index.blob(content).is_ok_and(|at| at.is_some());
        self.blobs.found.contains_key(&content) || index.is_some_and(indexed)
    }
}

/// Sets torn tails aside when writing, and says where the streams end. A tail of received bytes
/// that entries name was acknowledged: it is damage, not torn, and stays where it is.
fn settle_tails(
    layout: &Layout,
    mode: Mode,
    survey: &Survey,
    (blobs, lost): (&Blobs, bool),
    notices: &mut Vec<Notice>,
) -> Result<Meta, StoreError> {
    let what = blobs.damage.iter().cloned();
    notices.extend(what.map(|what| Notice::BlobsDamaged { what }));
    let mut blobs_end = blobs.end;
    if blobs.torn && lost {
        let what = "entries name received bytes at the end that are not whole".to_owned();
        notices.push(Notice::BlobsDamaged { what });
        blobs_end = end_of(layout, Stream::Blobs)?;
    } else if lost {
        let what = "entries name received bytes that are not there".to_owned();
        notices.push(Notice::BlobsDamaged { what });
    }
    for (stream, end, torn) in [
        (Stream::Entries, survey.whole_end(), survey.after == After::Torn),
        (Stream::Blobs, blobs.end, blobs.torn && !lost),
    ] {
        if torn && mode == Mode::Write {
            let moved = set_aside(layout, stream, end)?;
            notices.extend(
                moved.into_iter().map(|(kept, bytes)| Notice::TailSetAside { kept, bytes }),
            );
        } else if torn {
            notices.push(Notice::TailIgnored);
        }
    }
    Ok(Meta { head: survey.head, entries_end: survey.end, blobs_end })
}

/// An index made from the journal, with what the journal makes of the tree.
pub(crate) struct Rebuilt {
    /// It.
    pub(crate) index: Index,
    /// How far it reaches.
    pub(crate) meta: Meta,
    /// The right edge of the tree over its entries.
    pub(crate) edge: Edge,
    /// All hashes of that tree, as they are stored.
    pub(crate) hashes: Vec<TreeHash>,
}

/// Makes the index again from the journal up to a size, beside the old one, and puts it in its
/// place. The key at hand signs for it where the entries lead to the root that goes with it.
///
/// # Errors
/// The journal cannot be read, or sled cannot write.
pub(crate) fn rebuild(
    layout: &Layout,
    upto: Option<u64>,
    hand: Option<(&SigningKey, Acknowledged)>,
) -> Result<Rebuilt, StoreError> {
    let (new, old) = (layout.index_new(), layout.index());
    remove_dir(&new)?;
    let mut index = Index::open(&new)?;
    if index.meta().is_some() {
        return Err(IndexError::new("somebody else made an index, too").into());
    }
    let nothing = Meta { head: Head::NONE, entries_end: Place::START, blobs_end: Place::START };
    let blobs = survey::blobs(layout, Place::START)?;
    let mut intake = Intake::new(&mut index, &nothing, &blobs);
    intake.blobs(blobs.found.clone())?;
    let survey = survey::entries(layout, Beginning::first(), upto, &mut |batch, head, end| {
        intake.take(batch, head, end).map_err(StoreError::from)
    })?;
    intake.finish()?;
    let meta = Meta { head: survey.head, entries_end: survey.end, blobs_end: blobs.end };
    let made = Acknowledged { size: survey.edge.size(), root: survey.edge.root() };
    let hand = hand.filter(|(_, due)| *due == made).map(|(key, _)| key);
    index.take_key(hand);
    index.apply([], &[], &meta).and_then(|()| index.rest())?;
    index.let_go();
    remove_dir(&old)?;
    disk::rename(&new, &old).map_err(|error| io_error("rename", &new, error))?;
    sync_dir(layout.dir())?;
    index.take_up(&old)?;
    Ok(Rebuilt { index, meta, edge: survey.edge, hashes: survey.grown })
}

fn remove_dir(dir: &std::path::Path) -> Result<(), StoreError> {
    let removed = match fs::symlink_metadata(dir) {
        Ok(found) if found.is_dir() => disk::remove_folder(dir),
        Ok(_) => disk::remove(dir),
        Err(_) => Ok(()),
    };
    removed.map_err(|error| io_error("remove", dir, error))
}

/// Feeds the index while it is brought up: many small batches in one transaction.
struct Intake<'a> {
    index: &'a mut Index,
    meta: Meta,
    blobs_end: Place,
    pending: Vec<Linked>,
}

impl<'a> Intake<'a> {
    fn new(index: &'a mut Index, from: &Meta, blobs: &Blobs) -> Self {
        Self { index, meta: *from, blobs_end: blobs.end, pending: Vec::new() }
    }

    /// Takes in the places of received bytes that the index does not know yet.
    fn blobs(&mut self, found: BTreeMap<ContentId, Location>) -> Result<(), IndexError> {
        let mut new = Vec::new();
        for (content, at) in found {
            if self.index.blob(content)?.is_none() {
                new.push((content, at));
            }
        }
        for chunk in new.chunks(CHUNK) {
            self.index.apply([], chunk, &self.meta)?;
        }
        Ok(())
    }

    fn take(&mut self, batch: Vec<Linked>, head: Head, end: Place) -> Result<(), IndexError> {
        self.pending.extend(batch);
        self.meta = Meta { head, entries_end: end, blobs_end: self.blobs_end };
        if self.pending.len() >= CHUNK { self.finish() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), IndexError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let rows = |(): &mut (), Linked { entry, facts }| Rows::of(&entry, &facts);
        let rows = cores::each(&mut vec![(); cores::count()], FEW, pending, rows);
        self.index.apply(rows, &[], &self.meta)
    }
}
