//! `late`: filings that came after their due date.
//! Knows no rule; `view::due` does.

use serde_json::{Value, json};

use crate::cli::ask::{
    Answer, answer, begin, conflicts, heading, named_classes, none_counting, nothing_counts,
    said_beside,
};
use crate::cli::context::Context;
use crate::cli::every::{All, NONE_COUNTING, each_issuer_but};
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::{AskArgs, LateArgs};
use crate::cli::since::{self, Passing};
use crate::report::json::{self, maybe};
use crate::report::plain::counted;
use crate::report::{answers, notes, sheet, table};
use crate::store::log::Log;
use crate::terms::calendar::{CLOSINGS_KNOWN_TO, closings_known, days_between};
use crate::terms::trouble::{FieldName, Trouble};
use crate::view::beside::SaidBeside;
use crate::view::due::{Judged, judged_all};
use crate::view::duty::{Duty, Verdict};
use crate::view::holding::FoldedClass;
use crate::view::timeline::{Standing, counting};

/// Lists late filings, and those of which it cannot be told. The answer is yes where none is late.
pub fn late(log: &dyn Log, args: &LateArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let AskArgs { issuer, clocks, .. } = &args.ask;
    let Some(issuer) = issuer else { return every(log, args, cx) };
    let Some(answer) = answer(log, issuer, *clocks, cx)? else { return Ok(Exit::No) };
    let listed = Listed::of(&answer, args.all).anew(log, args.since_size)?;
    if listed.filings.is_empty() {
        let why = none_counting((log, issuer), &answer.basis)?;
        let empty = answers::late(&answer.basis, &answer.issuer, &[], &[]);
        return nothing_counts(&answer.basis, &answer.issuer, (empty, &sheet::LATE), &why, cx);
    }
    let accessions = answer.fold.classes.iter().flat_map(FoldedClass::accessions).collect();
    let conflicts = conflicts(log, accessions, answer.basis.question.at.0)?;
    let beside = SaidBeside { others: answer.others(log)?.all(), conflicts };
    listed.show(&beside, &none(args.since_size), cx)?;
    if !cx.for_programs() {
        if listed.judged.iter().any(beyond_calendar) {
            cx.words(calendar_ends())?;
        }
        cx.words(notes::basis(&answer.basis))?;
    }
    Ok(if listed.has_late() { Exit::No } else { Exit::Yes })
}

/// Lists those of every issuer that has some.
fn every(log: &dyn Log, args: &LateArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let basis = begin(log, args.ask.clocks, cx)?;
    let mut all = All::begin(basis, &sheet::LATE, cx)?;
    let (mut some, mut any, mut beyond) = (false, false, false);
    let mut passing = Passing::of(log, &basis, (None, args.since_size))?;
    each_issuer_but(log, &basis, &mut |issuer| passing.over(issuer), &mut |answer| {
        let listed = Listed::of(&answer, args.all).anew(log, args.since_size)?;
        some |= !listed.filings.is_empty();
        any |= listed.has_late();
        beyond |= listed.judged.iter().any(beyond_calendar);
        if listed.judged.is_empty() {
            return Ok(());
        }
        all.next(cx)?;
        listed.show(&SaidBeside::default(), &none(args.since_size), cx)
    })?;
    some |= passing.counts;
    if beyond && !cx.for_programs() {
        all.next(cx)?;
        cx.words(calendar_ends())?;
    }
    let why = if some { none(args.since_size) } else { NONE_COUNTING.to_owned() };
    all.end(&why, cx)?;
    Ok(if any || !some { Exit::No } else { Exit::Yes })
}

/// Why none is listed.
fn none(since: Option<u64>) -> String {
    match since {
        Some(size) => format!("no filing that was not listed so at size {size} came late"),
        None => "no filing came late".to_owned(),
    }
}

/// What is listed of an issuer's filings.
pub struct Listed<'a> {
    answer: &'a Answer,
    filings: Vec<Standing<'a>>,
    judged: Vec<Judged>,
}

impl<'a> Listed<'a> {
    /// Those that are late, and those of which it cannot be told; or all.
    pub fn of(answer: &'a Answer, all: bool) -> Self {
        let filings = counting(&answer.dossier, &answer.basis.question);
        let mut judged = judged_all(&answer.fold.classes, &filings);
        judged.retain(|one| all || !matches!(one.verdict, Verdict::OnTime(_)));
        Self { answer, filings, judged }
    }

    /// Those of them that were not listed so at an earlier size, where one is given.
    fn anew(mut self, log: &dyn Log, size: Option<u64>) -> Result<Self, Failure> {
        let Some(size) = size else { return Ok(self) };
        let basis = &self.answer.basis;
        since::within(size, basis)?;
        since::judged_anew(log, &mut self.judged, basis, size)?;
        Ok(self)
    }

    /// Whether any of them is late.
    pub fn has_late(&self) -> bool {
        self.judged.iter().any(|one| matches!(one.verdict, Verdict::Late { .. }))
    }

    /// As `late --json` has them.
    pub fn json(&self) -> Value {
        let with = self.judged.iter().map(|one| {
            let filing = filing_of(&self.filings, one).map(|filing| {
                json!({
                    "accession": maybe(filing.accession()),
                    "form": maybe(filing.filing.form()),
                    "event_date": maybe(filing.event_date()),
                    "troubles": answers::codes(troubles(filing)),
                })
            });
            (one.clone(), json!(filing))
        });
        let (with, named) = (with.collect::<Vec<_>>(), self.answer.fold.named_classes());
        answers::late(&self.answer.basis, &self.answer.issuer, &with, &named)
    }

    /// Shows them, or why there is none; and what is said beside them.
    pub fn show(&self, beside: &SaidBeside, none: &str, cx: &mut Context) -> Result<(), Failure> {
        let named = self.answer.fold.named_classes();
        if cx.for_programs() {
            cx.data(&json::beside(self.json(), beside), &sheet::LATE)?;
            named_classes(&named, cx)?;
            return said_beside(beside, cx);
        }
        heading(&self.answer.issuer, cx)?;
        let rows: Vec<Vec<String>> =
            self.judged.iter().map(|one| row(&self.filings, one)).collect();
        cx.line(match rows.is_empty() {
            true => none.to_owned(),
            false => table::with_reasons(&HEADER, rows, cx.style),
        })?;
        let judged = self.judged.iter().filter_map(|one| filing_of(&self.filings, one));
        let troubled = judged
            .flat_map(|filing| troubles(filing).map(|one| notes::trouble(filing.entry(), one)));
        let troubled: Vec<String> = troubled.collect();
        let legend = table::legend(if troubled.is_empty() { "" } else { "!" });
        legend.iter().chain(&troubled).try_for_each(|line| cx.words(line))?;
        named_classes(&named, cx)?;
        said_beside(beside, cx)
    }
}

fn calendar_ends() -> String {
    format!(
        "closings of federal offices by executive order are known here to the end of \
         {CLOSINGS_KNOWN_TO}: a later due date may be a day or two later"
    )
}

/// Whether a due date counts days whose closings are not known here.
fn beyond_calendar(judged: &Judged) -> bool {
    let known = |duty: &Duty| closings_known(duty.due);
    match &judged.verdict {
        Verdict::OnTime(duty) | Verdict::Late { duty, .. } => !known(duty),
        Verdict::CannotTell { may, .. } => !may.iter().all(known),
    }
}

fn filing_of<'a>(filings: &'a [Standing<'a>], judged: &Judged) -> Option<&'a Standing<'a>> {
    filings.iter().find(|filing| filing.entry() == judged.entry)
}

const HEADER: [&str; 7] =
    ["Entry", "Form", "Event date", "Filed", "Due", "Verdict", "Rule, or why not"];

/// What a verdict rests on: which form it is, and under which rule; when its event was; when it was
/// filed.
const FORM: [FieldName; 3] = [FieldName::Form, FieldName::AmendmentNumber, FieldName::Rules];
const EVENT: [FieldName; 1] = [FieldName::EventDate];
const FILED: [FieldName; 2] = [FieldName::FiledDate, FieldName::AcceptedAt];

/// The troubles about what a verdict rests on, but for fields that a person corrected.
fn troubles<'a>(filing: &'a Standing) -> impl Iterator<Item = &'a Trouble> {
    let fields: [&[FieldName]; 3] = [&FORM, &EVENT, &FILED];
    fields.into_iter().flat_map(|about| troubles_about(filing, about))
}

/// Those about some fields.
fn troubles_about<'a>(
    filing: &'a Standing,
    about: &'static [FieldName],
) -> impl Iterator<Item = &'a Trouble> {
    filing.troubles().filter(move |one| about.contains(&one.field))
}

fn row(filings: &[Standing], judged: &Judged) -> Vec<String> {
    let filing = filing_of(filings, judged);
    let dash = || "-".to_owned();
    let mark = |fields: &'static [FieldName]| {
        let any = filing.is_some_and(|filing| troubles_about(filing, fields).next().is_some());
        table::marks(false, false, any)
    };
    let form = filing.and_then(|filing| filing.filing.form());
    let event = filing.and_then(Standing::event_date);
    let (due, verdict, why) = match &judged.verdict {
        Verdict::OnTime(duty) => {
            (duty.due.to_string(), "on time".to_owned(), format!("{} {}", duty.rule, duty.words))
        }
        Verdict::Late { duty, days } => {
            let days = format!("{} late", counted(*days, "day", "days"));
            (duty.due.to_string(), days, format!("{} {}", duty.rule, duty.words))
        }
        Verdict::CannotTell { why, .. } => {
            let after = event.zip(judged.filed).map(|(event, filed)| days_between(event, filed));
            let after = after.map_or(String::new(), |days| {
                let side = if days < 0 { "before" } else { "after" };
                format!("; filed {} {side} the event date", counted(days.abs(), "day", "days"))
            });
            (dash(), "cannot tell".to_owned(), why.clone() + &after)
        }
    };
    vec![
        judged.entry.to_string(),
        form.map_or_else(dash, |form| form.to_string()) + &mark(&FORM),
        event.map_or_else(dash, |day| day.to_string()) + &mark(&EVENT),
        judged.filed.map_or_else(dash, |day| day.to_string()) + &mark(&FILED),
        due,
        verdict,
        why,
    ]
}
