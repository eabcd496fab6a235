//! When a filing was due, by which rule, and whether it came late; or why that cannot be told.
//! Knows the rules' deadlines by era (13d-1, 13d-2), and of the holder only what a filing says.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::terms::calendar::{
    Period, business_days_after, days_after, days_between, end_of, ends, rolled,
};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::statement::{GroupBox, Rule, Schedule};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::FieldName;
use crate::view::chain::{Chain, Link};
use crate::view::due_beside::Beside;
use crate::view::due_early::g_amendment;
use crate::view::duty::{
    Covers, D_SINCE, Duties, Duty, G_SINCE, NO_CALENDAR, Place, QUARTERLY, Verdict, YEARLY,
    above_ten, after, by_era, duty, judged, regular, rules, since,
};
use crate::view::holding::{Absence, FoldedClass, Holding};
use crate::view::row::{Cited, Value};
use crate::view::status::{self, Status};
use crate::view::timeline::{SinceBy, Standing};

/// The day a filing counts as filed on: the header's, else the day of its acceptance, or the next
/// business day where it came after the hour of its time (5:30 pm; 10 pm for these schedules since
/// 2024-02-05; Regulation S-T 13(a)).
pub fn filed_on(filing: &Standing) -> Option<Day> {
    let (read, said) = (&filing.filing.reading, &filing.filing.supplied);
    if let Some(filed) = read.filed_date.value().copied().or(said.filed_date) {
        return Some(filed);
    }
    let accepted = read.accepted_at.value().copied().or(said.accepted_at)?;
    let day = accepted.day_eastern();
    let late = if day >= since(D_SINCE)? { 2 * 3600 } else { 6 * 3600 + 1800 };
    let closes = day.end_eastern().unix_seconds() + 1 - late;
    let next =
        if accepted > Instant::from_unix_seconds(closes)? { days_after(day, 1)? } else { day };
    rolled(next)
}

/// Whether a filing came late, by what it says itself and what its chain told before.
fn verdict(filing: &Standing, place: Place) -> Verdict {
    let cannot = |why: &str| Verdict::CannotTell { why: why.to_owned(), may: Vec::new() };
    let Some(event) = filing.event_date() else { return cannot("no event date is stated") };
    let Some(filed) = filed_on(filing) else { return cannot("no filing date is known") };
    if event > filed {
        return cannot("the event date is after the filing date");
    }
    let Some(form) = filing.filing.form() else { return cannot("the form cannot be read") };
    let duties = match (form.schedule(), form.is_amendment()) {
        (Schedule::D, false) if place.again => return d_again(event, filed),
        (Schedule::D, false) => d_first(event),
        (Schedule::D, true) => {
            let verdict = d_amendment(event).map(|duties| judged(duties, filed));
            return verdict.unwrap_or_else(cannot);
        }
        (Schedule::G, false) if place.again => {
            both(g_first(filing, event), regular("13d-2(b)", event))
        }
        (Schedule::G, false) => g_first(filing, event),
        (Schedule::G, true) => return g_amendment(filing, event, filed, place),
    };
    match duties.map(|duties| judged(duties, filed)) {
        Ok(Verdict::Late { duty, .. }) if place.returns && form.schedule() == Schedule::G => {
            let why = "its holders go back from Schedule 13D (13d-1(h)), for which no day is set";
            Verdict::CannotTell { why: why.to_owned(), may: vec![duty] }
        }
        Ok(verdict) => verdict,
        Err(why) => cannot(why),
    }
}

/// What may be one or the other, where both can be told.
fn both(one: Duties, other: Duties) -> Duties {
    Ok([one?, other?].concat())
}

/// A 13D by somebody who reports on it already: it may amend under the form of an original.
/// Promptly is no later than any number of days.
fn d_again(event: Day, filed: Day) -> Verdict {
    let first = d_first(event);
    let cannot = |why: &str, may| Verdict::CannotTell { why: why.to_owned(), may };
    match (both(first.clone(), d_amendment(event)), first) {
        (Ok(duties), _) => judged(duties, filed),
        (Err(why), Ok(duties)) => match judged(duties.clone(), filed) {
            late @ Verdict::Late { .. } => late,
            _ => cannot(why, duties),
        },
        (Err(why), Err(_)) => cannot(why, Vec::new()),
    }
}

fn d_first(event: Day) -> Duties {
    let old = duty("13d-1(a)", "10 days after the event", after(event, 10));
    let days = business_days_after(event, 5);
    by_era(event, D_SINCE, old, duty("13d-1(a)", "5 business days after the event", days))
}

fn d_amendment(event: Day) -> Duties {
    if event < since(D_SINCE).ok_or(NO_CALENDAR)? {
        return Err("13d-2(a) asked for it promptly, which is no number of days");
    }
    let days = business_days_after(event, 2);
    Ok(vec![duty("13d-2(a)", "2 business days after the event", days)?])
}

/// A first 13G: by the rule ticked, or by each of the three where none can be read.
fn g_first(filing: &Standing, event: Day) -> Duties {
    let ticked = rules(filing);
    let ticked = if ticked.is_empty() { [Rule::B, Rule::C, Rule::D].into() } else { ticked };
    let mut duties = Vec::new();
    for rule in ticked.iter().copied() {
        duties.extend(match rule {
            Rule::B => g_first_institution(filing, event)?,
            Rule::C => {
                let old = duty("13d-1(c)", "10 days after the event", after(event, 10));
                let days = business_days_after(event, 5);
                let new = duty("13d-1(c)", "5 business days after the event", days);
                by_era(event, G_SINCE, old, new)?
            }
            Rule::D => regular("13d-1(d)", event)?,
        });
    }
    Ok(duties)
}

fn g_first_institution(filing: &Standing, event: Day) -> Duties {
    let rule = "13d-1(b)(2)";
    let ten = || {
        let month = end_of(event, Period::Month);
        let old = month.and_then(|end| after(end, 10));
        let new = month.and_then(|end| business_days_after(end, 5));
        let old = duty(rule, "10 days after the month, above 10%", old);
        by_era(event, G_SINCE, old, duty(rule, "5 business days after the month, above 10%", new))
    };
    let usual = || regular(rule, event);
    Ok(match above_ten(filing) {
        Some(true) => ten()?,
        Some(false) => usual()?,
        None => [ten()?, usual()?].concat(),
    })
}

/// How old an answer about a holder is, and what a new filing would have been due for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staleness {
    /// Days from the day its last filing is true since to the day asked about; `None` where nothing
    /// states any day of it.
    pub days: Option<i32>,
    /// When the next regular filing would have been due, where there is such a duty and its day is
    /// past.
    pub next_due: Option<Duty>,
    /// The first day from the one asked about on by which a regular filing is due, if there is
    /// something to amend.
    pub upcoming: Option<Duty>,
    /// What silence since then means, in a sentence.
    pub means: &'static str,
}

/// A silence of more days than these, three years, is not explained by that nothing was due.
const LONG: i32 = 1096;

/// What the silence since a holder's last filing means on the day asked about (B10 of the rules).
/// Who owes nothing is not said to owe (spec, section 17.8).
pub fn staleness(holding: &Holding, as_of: Day) -> Staleness {
    let days = days_between(holding.since, as_of);
    let dated = holding.since_by() != SinceBy::Recording;
    let days_told = dated.then_some(days);
    let stale = |next_due, means| Staleness { days: days_told, next_due, upcoming: None, means };
    if let Some(means) = owes_nothing(holding) {
        return stale(None, means);
    }
    if !dated {
        return stale(None, "how old it is cannot be told, nor what was due since");
    }
    match holding.life.regime.schedule {
        Some(Schedule::D) => stale(None, untold(holding).unwrap_or_else(|| silence_on_d(days))),
        Some(Schedule::G) => {
            let Some((_, regular)) = regular_after(holding.since) else {
                return stale(
                    None,
                    "whether an amendment was due cannot be told: the calendar is not known here \
                     for that year",
                );
            };
            // Until the day is over nothing is late.
            let next = Some(regular).filter(|duty| duty.due < as_of);
            let upcoming = upcoming(holding.since, as_of);
            let means = untold(holding).or_else(|| passive_no_more(holding));
            let means = means.unwrap_or_else(|| silence_on_g(holding, next, days));
            Staleness { upcoming, ..stale(next, means) }
        }
        None => stale(None, "the form cannot be read, so no duty can be told"),
    }
}

/// What silence means of those of whom nothing can be said to be due.
fn owes_nothing(holding: &Holding) -> Option<&'static str> {
    if holding.life.exit.is_some() && holding.status != Status::Unknown {
        return Some("nothing is due after an exit: at most 5%, how much is unknown");
    }
    let singly = reports_singly(holding);
    if holding.left.is_some() && !singly {
        return Some(
            "it reports in that statement no more, which is no exit: what it has had since, and \
             whether it owes a report, nothing here tells",
        );
    }
    if !says_at_most_five(holding) {
        return None;
    }
    let group = !singly
        && matches!(
            holding.rows.get(&FieldName::Group).and_then(|cited| cited.value.as_ref()),
            Some(Value::Group(GroupBox::A))
        );
    Some(match holding.status {
        Status::Unknown if !group => "it reported at most 5%: nothing is due until it has more",
        Status::Unknown | Status::Holding | Status::Exited => {
            "alone it reported at most 5%, and owes nothing but as one of those it reports with: \
             silence means what theirs does"
        }
    })
}

/// Whether its last filing is the notice by which its group was dissolved, and states its percent:
/// since then it reports for itself.
fn reports_singly(holding: &Holding) -> bool {
    let notice =
        matches!(holding.left, Some((_, entry, Absence::Dissolved)) if entry == holding.entry);
    notice && holding.percent().is_some() && !is_carried(holding)
}

/// Whether its last filing says 5 percent or less of it: none of the class's shares are 0 percent.
fn says_at_most_five(holding: &Holding) -> bool {
    let aggregate = holding.rows.get(&FieldName::Aggregate).filter(|cited| !cited.carried);
    let nothing = || aggregate.and_then(Cited::amount).is_some_and(Amount::is_zero);
    match holding.rows.get(&FieldName::Percent) {
        Some(cited) if !cited.carried => at_most_five(holding),
        _ => nothing(),
    }
}

fn at_most_five(holding: &Holding) -> bool {
    holding.percent().and_then(status::at_most_five) == Some(true)
}

/// Whether the percent that stands is one of before: the last filing states none.
fn is_carried(holding: &Holding) -> bool {
    holding.rows.get(&FieldName::Percent).is_some_and(|cited| cited.carried)
}

/// What silence means of those whose last filing does not say whether they owe anything: a percent
/// of before does not say it either.
fn untold(holding: &Holding) -> Option<&'static str> {
    if !holding.named_since.is_empty() {
        return Some(
            "a later filing about another class names this one, too, and has a cover page of it: \
             what it has of this class since, and what it owes, cannot be told",
        );
    }
    if holding.percent().is_some_and(status::is_five) && holding.status == Status::Unknown {
        return Some(
            "it reported 5%, which may be rounded from more or from less: what it owes cannot be \
             told; silence means no change, or a filing that is late or not here, if it had more",
        );
    }
    if holding.life.exit.is_some() {
        return Some(
            "its last filing, after its exit, does not tell whether it has more than 5% again: \
             what it owes cannot be told; silence means no change, or a filing that is late or not \
             here, if it has",
        );
    }
    (at_most_five(holding) && is_carried(holding)).then_some(
        "its last filing states no percent, and one before at most 5%: what it owes cannot be \
         told; silence means no change, or a filing that is late or not here, if it had more",
    )
}

/// The day since which 13d-1(c) is for passive investors and ends at 20 percent; those of 13d-1(d)
/// were in it before (Release 34-39538).
const PASSIVE_SINCE: (i32, u8, u8) = (1998, 2, 17);

/// Of one that reports by 13d-1(c) alone: its last filing says more than it may. A percent printed
/// as 20 is rounded, from more or from less.
fn passive_no_more(holding: &Holding) -> Option<&'static str> {
    let twenty = Decimal::from(20);
    let more = matches!(holding.percent(), Some(Percent::Exact(percent)) if percent > twenty);
    let passive =
        *holding.life.regime.rules == [Rule::C] && Some(holding.since) >= since(PASSIVE_SINCE);
    (more && passive && !is_carried(holding)).then_some(
        "who has 20% or more may not report by 13d-1(c): a Schedule 13D is due (13d-1(f)), and is \
         late or not here, once its days are over",
    )
}

fn silence_on_d(days: i32) -> &'static str {
    if days > LONG {
        return "a change of 1% of the class would have been due, but a silence of years tells \
                little: filings may not be here, and the holder or the class may be no more";
    }
    "a change of 1% of the class would have been due: silence means within that, or a filing that \
     is late or not here"
}

fn silence_on_g(holding: &Holding, next: Option<Duty>, days: i32) -> &'static str {
    match next {
        None if holding.event_date.is_none() => {
            "no amendment was due yet if it is of the day it became known; its event date is not \
             stated, and one may have been due for an earlier year"
        }
        None if holding.since_by() != SinceBy::EventDate => {
            "no amendment was due yet if it is of the day it became known; its event date is after \
             that day, and one may have been due for an earlier year"
        }
        None => "no amendment was due yet",
        Some(_) if days > LONG => {
            "an amendment would have been due for changes since, but a silence of years tells \
             little: filings may not be here, and the holder or the class may be no more"
        }
        Some(duty) if duty.rule == "13d-2(b)" && Some(duty.due) < since(G_SINCE) => {
            "any change would have been due by then: silence means none, or a filing that is late \
             or not here"
        }
        Some(_) => {
            "a material change would have been due by then: silence means none, or a filing that \
             is late or not here"
        }
    }
}

/// The end of the first period after a day for which a 13G is amended, and by when it is.
fn regular_after(last_day: Day) -> Option<(Day, Duty)> {
    // What is dated on a Friday with which a quarter ends is of that quarter.
    let last = Some(last_day).filter(|last| !ends(*last, Period::Quarter));
    let last = last.or_else(|| end_of(last_day, Period::Quarter))?;
    let (next, since) = (days_after(last, 1)?, since(G_SINCE)?);
    let of = |period: Period, end: Day| {
        let words = match period {
            Period::Year => YEARLY,
            _ => QUARTERLY,
        };
        Some((end, duty("13d-2(b)", words, after(end, 45)).ok()?))
    };
    let year = of(Period::Year, end_of(next, Period::Year)?)?;
    // A year that ends under the new rules is cut short by their first quarter.
    if next < since && year.1.due < since {
        return Some(year);
    }
    of(Period::Quarter, end_of(next.max(since), Period::Quarter)?)
}

/// The first regular day from the one asked about on.
fn upcoming(last: Day, as_of: Day) -> Option<Duty> {
    // Of periods that ended more than a year before nothing is still to come.
    let recent = Day::try_from(i32::from(as_of).saturating_sub(500)).ok();
    let (mut end, mut duty) = regular_after(recent.map_or(last, |recent| recent.max(last)))?;
    while duty.due < as_of {
        (end, duty) = regular_after(end)?;
    }
    Some(duty)
}

/// A filing's place in its class, and whether it came late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// Its entry.
    pub entry: u64,
    /// The day it counts as filed on.
    pub filed: Option<Day>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Whoever reports on the other schedule by then may owe no amendment, but close a statement.
fn closing(verdict: Verdict, gone: Option<Day>) -> Verdict {
    match (verdict, gone) {
        (Verdict::Late { duty, .. }, Some(gone)) => Verdict::CannotTell {
            why: format!("holders of it report on the other schedule since {gone}"),
            may: vec![duty],
        },
        (verdict, _) => verdict,
    }
}

/// Whoever corrects what was filed before says it again of the same day, whenever that is found
/// out.
fn correcting(verdict: Verdict, filing: &Standing, place: Place) -> Verdict {
    let Verdict::Late { duty, days } = verdict else { return verdict };
    if !filing.amends() {
        return verdict;
    }
    let same = |covers: &Covers| covers.filing.event_date() == filing.event_date();
    let what = if place.before.iter().any(same) {
        "the filing before of the same event date"
    } else if place.before.is_empty() || place.gap {
        "a filing that is not here"
    } else {
        return verdict;
    };
    let word = if days == 1 { "day" } else { "days" };
    let why =
        format!("it may correct {what}, for which no day is set; else it is {days} {word} late");
    Verdict::CannotTell { why, may: vec![duty] }
}

/// Every filing of the classes, judged, in the order of the chains.
pub fn judged_all(classes: &[FoldedClass], filings: &[Standing]) -> Vec<Judged> {
    let filings: BTreeMap<u64, &Standing> = filings.iter().map(|one| (one.entry(), one)).collect();
    let of_class = |class: &FoldedClass| -> Vec<Judged> {
        let beside = Beside::of(class, &filings);
        beside.chains().flat_map(|(here, chain)| judged_chain(&beside, here, chain)).collect()
    };
    classes.iter().flat_map(of_class).collect()
}

fn judged_chain(beside: &Beside, here: usize, chain: &Chain) -> Vec<Judged> {
    let mut before: Vec<Covers> = Vec::new();
    let mut judged = Vec::new();
    for (at, link) in chain.links.iter().enumerate() {
        let Some(filing) = beside.filing(link) else { continue };
        let last = at.checked_sub(1).and_then(|at| chain.links.get(at));
        let (persons, gap) = (link.persons.as_slice(), is_gap(last, link));
        let amends = filing.amends();
        let (again, returns) = match amends {
            true => (false, false),
            false => (beside.again(here, link), beside.returns(here, link)),
        };
        let place = Place { before: &before, persons, gap, returns, again };
        let mut verdict = verdict(filing, place);
        if amends && matches!(verdict, Verdict::Late { .. }) {
            verdict = closing(verdict, beside.gone(here, link));
        }
        let verdict = correcting(verdict, filing, place);
        judged.push(Judged { entry: link.entry, filed: filed_on(filing), verdict });
        before.push(Covers { filing, persons });
    }
    judged
}

/// Whether numbers are left out between a filing of a chain and the one before.
fn is_gap(last: Option<&Link>, link: &Link) -> bool {
    let amends = |link: &Link| link.form.is_none_or(|form| form.is_amendment());
    let Some(last) = last else { return amends(link) };
    let number = |link: &Link| if amends(link) { link.number } else { Some(0) };
    number(last).zip(number(link)).is_some_and(|(last, next)| next > last + 1)
}
