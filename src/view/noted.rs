//! Changes that no filing makes: corrections, rereadings, links, splits, and what was withdrawn.
//! Knows nothing of what stands; it only tells what was decided, and about what.

use std::collections::BTreeSet;

use crate::ledger::event::{Event, FilingCorrected, FilingUncorrected, HoldersDecided, Said};
use crate::terms::span::Span;
use crate::terms::statement::Reading;
use crate::terms::time::Day;
use crate::terms::trouble::FieldName;
use crate::view::class::ClassEvents;
use crate::view::classing::{Classing, classing};
use crate::view::correct;
use crate::view::cover::row_of;
use crate::view::decision::words;
use crate::view::history::{About, Change, ChangeKind, Changes, ClassName, value_of};
use crate::view::identity::{Links, of_filing};
use crate::view::persons::Persons;
use crate::view::question::Question;
use crate::view::row::Value;
use crate::view::timeline::{Dossier, Noted, Standing, noted, withdrawn};

/// What decisions are told of: everything recorded, the filings that count, and who reports on
/// them.
pub struct Folded<'a> {
    /// Everything recorded.
    pub dossier: &'a Dossier,
    /// The clocks.
    pub question: &'a Question,
    /// The filings that count.
    pub standing: &'a [Standing<'a>],
    /// Who reports on them.
    pub persons: &'a Persons,
}

/// Tells every decision of a dossier that counts for a question.
pub fn changes(folded: &Folded, changes: &mut Changes) {
    let Folded { dossier, question, standing, .. } = *folded;
    let notes = noted(dossier, question);
    let aside = match notes.iter().any(|note| note.event.withdraws().is_some()) {
        true => withdrawn(dossier, question),
        false => Vec::new(),
    };
    learn_withdrawn(&aside, &notes, folded, changes);
    for note in &notes {
        let about = note.event.filing().map(|filing| filing.entry);
        let is_it = |filing: &&Standing| Some(filing.entry()) == about;
        let filing = standing.iter().find(is_it).or_else(|| aside.iter().find(is_it));
        match (&note.event, filing) {
            (Event::FilingCorrected(one), Some(filing)) => corrected(note, one, filing, changes),
            (Event::FilingUncorrected(back), Some(filing)) => {
                uncorrected(note, back, filing, &notes, changes);
            }
            (Event::FilingReread(again), Some(filing)) => {
                reread(note, &again.reading, filing, &notes, changes);
            }
            (Event::ChainJoined(_) | Event::ChainSplit(_), Some(filing)) => {
                plain(ChangeKind::Chain, note, filing, changes);
            }
            (Event::FilingWithdrawn(_), Some(filing)) => {
                plain(ChangeKind::Withdrawn, note, filing, changes);
            }
            (Event::FilingReinstated(_), Some(filing)) => {
                plain(ChangeKind::Reinstated, note, filing, changes);
            }
            (Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair), _) => {
                linked(note, pair, folded, changes);
            }
            _ => {}
        }
    }
    classes(&notes, question, changes);
}

/// What became of classes, and what of that was taken back: both are told.
fn classes(notes: &[&Noted], question: &Question, changes: &mut Changes) {
    let events = ClassEvents::told(notes, question);
    let told = events.changes.iter().map(|(note, one)| (*note, one.since));
    let told: Vec<(&Noted, Day)> =
        told.chain(events.sizes.iter().map(|(note, one)| (*note, one.since))).collect();
    for (note, since) in &told {
        let since = Some(*since);
        changes.about_class(note.entry, note, since, words(&note.event));
    }
    for note in notes {
        let Event::ClassRetracted(back) = &note.event else { continue };
        let taken_back = told.iter().find(|(one, _)| back.takes_back(one.entry, &one.event));
        if let Some((one, _)) = taken_back {
            changes.about_class(one.entry, note, None, words(&note.event));
        }
    }
}

/// What is said of a field, as a value.
fn worded(field: FieldName, said: &Said) -> Option<Value> {
    match said {
        Said::Stated(text) => Some(value_of(field, text)),
        Said::Nothing | Said::Unreadable => None,
    }
}

fn corrected(note: &Noted, one: &FilingCorrected, filing: &Standing, changes: &mut Changes) {
    let orphaned = filing.orphaned.iter().any(|orphan| orphan.entry == note.entry);
    let value = |said: &Said| worded(one.field, said);
    let reason = match orphaned {
        true => format!("{}; it finds its holder no more and does not count", one.because.reason),
        false => one.because.reason.clone(),
    };
    let row = correct::find(&filing.filing.reading, one.holder, one.name.as_deref()).flatten();
    let about = About { filing, row, counts: !orphaned };
    changes.decided(ChangeKind::Corrected, note, about, |change| Change {
        holder: one.name.clone(),
        field: one.field,
        from: value(&one.old),
        to: value(&one.new),
        span: one.span,
        detail: Some(format!("{reason} ({})", one.because.who)),
        ..change
    });
}

/// From what stood to what stands since: another correction may stand over the one taken back, or
/// stand again.
fn uncorrected(
    note: &Noted,
    back: &FilingUncorrected,
    filing: &Standing,
    notes: &[&Noted],
    changes: &mut Changes,
) {
    let taken_back = notes.iter().find_map(|one| match &one.event {
        Event::FilingCorrected(corrected) if one.entry == back.correction => Some(corrected),
        _ => None,
    });
    // Whoever takes back what is no correction of the filing changes nothing.
    let Some(one) = taken_back.filter(|one| one.filing == back.filing) else { return };
    let stood = |below: u64| {
        let before: Vec<&Noted> = notes.iter().filter(|one| one.entry < below).copied().collect();
        let reading = &Standing::understood(filing.recorded, &before).filing.reading;
        let at = correct::find(reading, one.holder, one.name.as_deref())?;
        worded(one.field, &correct::get(reading, at, one.field)?)
    };
    let (from, to) = (stood(note.entry), stood(note.entry + 1));
    let row = correct::find(&filing.filing.reading, one.holder, one.name.as_deref()).flatten();
    let about = About { filing, row, counts: true };
    changes.decided(ChangeKind::Uncorrected, note, about, |change| Change {
        holder: one.name.clone(),
        field: one.field,
        from,
        to,
        detail: Some(words(&note.event)),
        ..change
    });
}

/// One line for each field that came out otherwise than in the reading before: of the filing, of
/// each cover page, and of those that are none any more (spec, section 17.12).
fn reread(note: &Noted, now: &Reading, filing: &Standing, notes: &[&Noted], changes: &mut Changes) {
    let earlier = notes.iter().rev().filter(|one| one.entry < note.entry);
    let before = earlier.filter_map(|one| match &one.event {
        Event::FilingReread(again) if again.filing.entry == filing.entry() => Some(&again.reading),
        _ => None,
    });
    let before = before.into_iter().next().unwrap_or(&filing.recorded.filing.reading);
    let mut tell = |page: Page, found: Vec<Difference>| {
        for (field, from, (to, span)) in &found {
            let (from, to) = (worded(*field, from), worded(*field, to));
            let row = page.row.and_then(|row| u32::try_from(row).ok());
            // Over a person's word a rereading counts for nothing.
            let counts = !filing.corrected.contains_key(&(row, *field));
            let about = About { filing, row: page.row, counts };
            changes.decided(ChangeKind::Reread, note, about, |change| Change {
                holder: page.name.cloned(),
                field: *field,
                from,
                to,
                span: *span,
                ..change
            });
        }
        !found.is_empty()
    };
    let own = Page { name: None, row: None };
    let mut told = tell(own, differences((before, None), (now, None), &correct::OF_FILING));
    let mut found_again = BTreeSet::new();
    for (index, holder) in now.holders.iter().enumerate() {
        let old = row_of(&before.holders, holder, index);
        found_again.extend(old);
        let old = old.or(Some(before.holders.len()));
        let row = row_of(&filing.filing.reading.holders, holder, index);
        let page = Page { name: holder.name.value(), row };
        told |= tell(page, differences((before, old), (now, Some(index)), &correct::OF_HOLDER));
    }
    for (index, holder) in before.holders.iter().enumerate() {
        if !found_again.contains(&index) {
            let page = Page { name: holder.name.value(), row: None };
            let none = (now, Some(now.holders.len()));
            told |= tell(page, differences((before, Some(index)), none, &correct::OF_HOLDER));
        }
    }
    if !told {
        let detail = Some("what came out otherwise is no field of a cover page".to_owned());
        let about = About { filing, row: None, counts: true };
        changes.decided(ChangeKind::Reread, note, about, |change| Change { detail, ..change });
    }
}

/// A cover page of a rereading: the name on it, and which row of the filing it is now.
struct Page<'a> {
    name: Option<&'a String>,
    row: Option<usize>,
}

type Difference = (FieldName, Said, (Said, Option<Span>));

/// The fields of a filing, or of a cover page at a place, that say something else; of a page that
/// is not there each says nothing.
fn differences(
    (before, old): (&Reading, Option<usize>),
    (now, new): (&Reading, Option<usize>),
    fields: &[FieldName],
) -> Vec<Difference> {
    let said = |reading, page, field| correct::get_at(reading, page, field);
    let of = |field: &FieldName| {
        let (from, _) = said(before, old, *field).unwrap_or((Said::Nothing, None));
        let to = said(now, new, *field).unwrap_or((Said::Nothing, None));
        (from != to.0).then_some((*field, from, to))
    };
    fields.iter().filter_map(of).collect()
}

/// What classes withdrawn filings would be of if each alone counted again, and whom their rows
/// would be of: who else reports tells whose they are.
fn learn_withdrawn(aside: &[Standing], notes: &[&Noted], folded: &Folded, changes: &mut Changes) {
    let events = ClassEvents::counting(notes, folded.question);
    for filing in aside {
        let mut all: Vec<&Standing> = folded.standing.iter().chain([filing]).collect();
        all.sort_by_key(|one| one.order());
        let Classing { classes, places, .. } = classing(&all, &events);
        let placed = || all.iter().map(|one| one.entry()).zip(&places);
        let own = placed().find(|(entry, _)| *entry == filing.entry());
        let Some((_, place)) = own else { continue };
        let others = placed().filter(|(_, other)| *other == place);
        let known = others.into_iter().find_map(|(entry, _)| changes.class_of(entry)).cloned();
        let new = classes.get(*place);
        let new = new.map(|new| ClassName { title: new.title.clone(), cusips: new.cusips.clone() });
        let ids = of_filing(&filing.filing);
        let rows = ids.iter().map(|row| folded.persons.known_by(&row.ids().collect()));
        changes.of_withdrawn(filing.entry(), known.or(new).unwrap_or_default(), rows.collect());
    }
}

/// A decision that its own words tell.
fn plain(kind: ChangeKind, note: &Noted, filing: &Standing, changes: &mut Changes) {
    let detail = Some(words(&note.event));
    let about = About { filing, row: None, counts: true };
    changes.decided(kind, note, about, |change| Change { detail, ..change });
}

fn linked(note: &Noted, pair: &HoldersDecided, folded: &Folded, changes: &mut Changes) {
    let counting = folded.standing.iter().find_map(|filing| filing.filing.issuer_cik());
    let recorded = || folded.dossier.filings.iter().find_map(|one| one.filing.issuer_cik());
    let issuer = counting.or_else(recorded);
    if Links::counts(pair, folded.question, issuer) {
        let others = folded.persons.known_by(&[pair.a.id.clone(), pair.b.id.clone()].into());
        changes.event((ChangeKind::Linked, note), pair.since, words(&note.event), others);
    }
}
