//! `late`: filings that came after their due date.
//! Knows no rule; `view::due` does.

use serde_json::json;

use crate::cli::args::LateArgs;
use crate::cli::ask::{answer, heading, none_counting, nothing_counts};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::report::json::maybe;
use crate::report::plain::counted;
use crate::report::{answers, sheet, table};
use crate::store::log::Log;
use crate::terms::calendar::{CLOSINGS_KNOWN_TO, closings_known, days_between};
use crate::view::due::{Duty, Judged, Verdict, judged_all};
use crate::view::timeline::{Standing, counting};

/// Lists late filings, and those of which it cannot be told. The answer is yes where none is late.
pub fn late(log: &dyn Log, args: &LateArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Some(answer) = answer(log, &args.issuer, args.clocks, cx)? else { return Ok(Exit::No) };
    let filings = counting(&answer.dossier, &answer.basis.question);
    if filings.is_empty() {
        let why = none_counting((log, &args.issuer), &answer.basis)?;
        let empty = answers::late(&answer.basis, &answer.issuer, &[]);
        return nothing_counts(&answer.basis, &answer.issuer, (empty, &sheet::LATE), &why, cx);
    }
    let mut judged = judged_all(&answer.fold.classes, &filings);
    let late = judged.iter().any(|one| matches!(one.verdict, Verdict::Late { .. }));
    judged.retain(|one| args.all || !matches!(one.verdict, Verdict::OnTime(_)));
    if cx.for_programs() {
        let with = judged.into_iter().map(|one| {
            let filing = filing_of(&filings, &one).map(|filing| {
                json!({
                    "accession": maybe(filing.accession()),
                    "form": maybe(filing.filing.form()),
                    "event_date": maybe(filing.event_date()),
                })
            });
            (one, json!(filing))
        });
        let with: Vec<_> = with.collect();
        cx.data(&answers::late(&answer.basis, &answer.issuer, &with), &sheet::LATE)?;
    } else {
        heading(&answer.issuer, cx)?;
        let rows: Vec<Vec<String>> = judged.iter().map(|one| row(&filings, one)).collect();
        match rows.is_empty() {
            true => cx.line("no filing came late")?,
            false => show(rows, cx)?,
        }
        if judged.iter().any(beyond_calendar) {
            cx.words(format!(
                "closings of federal offices by executive order are known here to the end of \
                 {CLOSINGS_KNOWN_TO}: a later due date may be a day or two later"
            ))?;
        }
        cx.words(table::basis(&answer.basis))?;
    }
    Ok(if late { Exit::No } else { Exit::Yes })
}

/// The rule has a column of its own where there is room, and a line below where there is not.
fn show(mut rows: Vec<Vec<String>>, cx: &mut Context) -> Result<(), Failure> {
    let header = ["Entry", "Form", "Event date", "Filed", "Due", "Verdict", "Rule, or why not"];
    if cx.style.width >= table::WIDE {
        return cx.line(table::list(&header, &rows, cx.style));
    }
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for row in &mut rows {
        let (Some(why), Some(entry)) = (row.pop(), row.first().cloned()) else { continue };
        match reasons.iter_mut().find(|(one, _)| *one == why) {
            Some((_, entries)) => entries.push(entry),
            None => reasons.push((why, vec![entry])),
        }
    }
    let header = header.get(..header.len() - 1).unwrap_or_default();
    cx.line(table::list(header, &rows, cx.style))?;
    reasons.iter().try_for_each(|(why, entries)| {
        let entry = if entries.len() == 1 { "entry" } else { "entries" };
        cx.words(format!("{entry} {}: {why}", entries.join(", ")))
    })
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

fn row(filings: &[Standing], judged: &Judged) -> Vec<String> {
    let filing = filing_of(filings, judged);
    let dash = || "-".to_owned();
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
                format!("; filed {} after the event date", counted(days, "day", "days"))
            });
            (dash(), "cannot tell".to_owned(), why.clone() + &after)
        }
    };
    vec![
        judged.entry.to_string(),
        form.map_or_else(dash, |form| form.to_string()),
        event.map_or_else(dash, |day| day.to_string()),
        judged.filed.map_or_else(dash, |day| day.to_string()),
        due,
        verdict,
        why,
    ]
}
