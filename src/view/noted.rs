//! Changes that no filing makes: corrections, rereadings, links, splits, and what was withdrawn.
//! Knows nothing of what stands; it only tells what was decided, and about what.

use crate::ledger::event::{Event, FilingCorrected, FilingUncorrected, HoldersDecided, Said};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Reading};
use crate::terms::time::Day;
use crate::terms::trouble::FieldName;
use crate::view::class::ClassEvents;
use crate::view::correct;
use crate::view::cover::row_of;
use crate::view::decision::words;
use crate::view::history::{Change, ChangeKind, Changes, crossed, stated, value_of};
use crate::view::identity::{Identity, of_filing};
use crate::view::persons::Persons;
use crate::view::question::Question;
use crate::view::row::{Value, rows};
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
    let Folded { dossier, question, standing, persons } = *folded;
    let notes = noted(dossier, question);
    let aside = match notes.iter().any(|note| note.event.withdraws().is_some()) {
        true => withdrawn(dossier, question),
        false => Vec::new(),
    };
    for note in &notes {
        let about = note.event.filing().map(|filing| filing.entry);
        let is_it = |filing: &&Standing| Some(filing.entry()) == about;
        let filing = standing.iter().find(is_it);
        match (&note.event, filing) {
            (Event::FilingCorrected(one), Some(filing)) => corrected(note, one, filing, changes),
            (Event::FilingUncorrected(back), Some(filing)) => {
                uncorrected(note, back, filing, &notes, changes);
            }
            (Event::FilingReread(again), Some(filing)) => {
                reread(note, &again.reading, filing, &notes, changes);
            }
            (Event::ChainJoined(_) | Event::ChainSplit(_), Some(filing)) => {
                let fill = |change| Change { detail: Some(words(&note.event)), ..change };
                changes.decided(ChangeKind::Chain, note, (filing, None), fill);
            }
            (Event::FilingWithdrawn(_) | Event::FilingReinstated(_), _) => {
                let filing = filing.or_else(|| aside.iter().find(is_it));
                filing.iter().for_each(|filing| counts_no_more(note, filing, persons, changes));
            }
            (Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair), _) => {
                linked(note, pair, (question, persons), changes);
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
    changes.decided(ChangeKind::Corrected, note, (filing, row), |change| Change {
        holder: one.name.clone(),
        field: one.field,
        from: value(&one.old),
        to: value(&one.new),
        // What counts for nothing goes through nothing.
        crossed: match orphaned {
            true => Vec::new(),
            false => crossed(value(&one.old).as_ref(), value(&one.new).as_ref()),
        },
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
    changes.decided(ChangeKind::Uncorrected, note, (filing, row), |change| Change {
        holder: one.name.clone(),
        field: one.field,
        crossed: crossed(from.as_ref(), to.as_ref()),
        from,
        to,
        detail: Some(words(&note.event)),
        ..change
    });
}

/// One line for each row that came out otherwise than the reading before.
fn reread(note: &Noted, now: &Reading, filing: &Standing, notes: &[&Noted], changes: &mut Changes) {
    let earlier = notes.iter().rev().filter(|one| one.entry < note.entry);
    let before = earlier.filter_map(|one| match &one.event {
        Event::FilingReread(again) if again.filing.entry == filing.entry() => Some(&again.reading),
        _ => None,
    });
    let before = before.into_iter().next().unwrap_or(&filing.recorded.filing.reading);
    let mut told = 0;
    for (index, holder) in now.holders.iter().enumerate() {
        let old = row_of(&before.holders, holder, index).and_then(|at| before.holders.get(at));
        for (field, from, to) in differences(old, holder) {
            told += 1;
            let row = row_of(&filing.filing.reading.holders, holder, index);
            changes.decided(ChangeKind::Reread, note, (filing, row), |change| Change {
                holder: holder.name.value().cloned(),
                field,
                // Over a person's word a rereading counts for nothing.
                crossed: match row.and_then(|row| u32::try_from(row).ok()) {
                    row if filing.corrected.contains_key(&(row, field)) => Vec::new(),
                    _ => crossed(stated(&from).0.as_ref(), stated(&to).0.as_ref()),
                },
                from: stated(&from).0,
                to: stated(&to).0,
                span: stated(&to).1,
                ..change
            });
        }
    }
    if told == 0 {
        let detail = Some("what came out otherwise is not in a holder's rows".to_owned());
        changes.decided(ChangeKind::Reread, note, (filing, None), |change| Change {
            detail,
            ..change
        });
    }
}

type Difference = (FieldName, Field<Value>, Field<Value>);

fn differences(old: Option<&Holder>, new: &Holder) -> Vec<Difference> {
    let name = |holder: &Holder| {
        (FieldName::Name, holder.name.clone().map(|name| Value::Text(name.into())))
    };
    let all = |holder: &Holder| [vec![name(holder)], rows(holder)].concat();
    let old = old.map(all).unwrap_or_default();
    let says = |field: &Field<Value>| (field.state(), field.value().cloned());
    let mut found = Vec::new();
    for (at, (field, to)) in all(new).into_iter().enumerate() {
        let from = old.get(at).map_or(Field::Absent, |(_, from)| from.clone());
        if says(&from) != says(&to) {
            found.push((field, from, to));
        }
    }
    found
}

/// That a filing was withdrawn, or counts again.
fn counts_no_more(note: &Noted, filing: &Standing, persons: &Persons, changes: &mut Changes) {
    let kind = match note.event {
        Event::FilingReinstated(_) => ChangeKind::Reinstated,
        _ => ChangeKind::Withdrawn,
    };
    // What is withdrawn is no filing that counts; who else reports tells whose it was.
    let ids = of_filing(&filing.filing);
    let others = persons.known_by(&ids.iter().flat_map(Identity::ids).collect());
    let detail = Some(words(&note.event));
    changes.decided(kind, note, (filing, None), |change| Change { others, detail, ..change });
}

fn linked(
    note: &Noted,
    pair: &HoldersDecided,
    (question, persons): (&Question, &Persons),
    changes: &mut Changes,
) {
    let counts = pair.since.is_none_or(|day| day <= question.as_of.0)
        && pair.known_at.is_none_or(|instant| instant <= question.known_at.0);
    if counts {
        let others = persons.known_by(&[pair.a.id.clone(), pair.b.id.clone()].into());
        changes.event((ChangeKind::Linked, note), pair.since, words(&note.event), others);
    }
}
