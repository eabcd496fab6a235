//! `correct` and `uncorrect`: a person's word over one field of a reading, and the end of it, or of
//! what was recorded of a class.
//! Changes nothing that is recorded: an earlier size of the ledger answers as before.

use clap::Args as ClapArgs;
use rust_decimal::Decimal;

use crate::cli::ask::LogIndex;
use crate::cli::cite::{field_among, holder_index, span_of};
use crate::cli::classes::retract;
use crate::cli::context::Context;
use crate::cli::decide::{Why, decide_with, filing_of, notes_of, nothing_to_do, reference};
use crate::cli::outcome::{Exit, Failure};
use crate::filing::charset;
use crate::ledger::event::{Event, FilingCorrected, FilingRecorded, FilingUncorrected, Said};
use crate::reading::alone::reads_as;
use crate::store::log::Log;
use crate::terms::id::Cusip;
use crate::terms::span::Span;
use crate::terms::statement::{FUND_CODES, Reading, Schedule, TYPE_CODES};
use crate::terms::trouble::FieldName;
use crate::view::correct::{self, OF_FILING, OF_HOLDER};
use crate::view::decision::said;
use crate::view::effect::of_persons;
use crate::view::issuer::issuers_of;
use crate::view::timeline::{Noted, Recorded, Standing};

/// How much of what came is shown in a refusal.
const GOT_CHARS: usize = 60;

/// `correct`
#[derive(ClapArgs, Debug)]
pub struct CorrectArgs {
    /// An accession number or an entry number
    pub filing: String,
    /// Correct this holder: its place on the filing from 0, or its name [default: the filing]
    #[arg(long, value_name = "HOLDER")]
    pub holder: Option<String>,
    /// Correct this field
    #[arg(long, value_name = "FIELD")]
    pub field: String,
    /// Say what is right, as `read --json` prints such a value
    #[arg(long, value_name = "VALUE", required_unless_present = "nothing")]
    pub to: Option<String>,
    /// Say that the filing says nothing there
    #[arg(long, conflicts_with = "to")]
    pub nothing: bool,
    /// Say which bytes of the filing say so
    #[arg(long, value_name = "START-END")]
    pub span: Option<String>,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// `uncorrect`
#[derive(ClapArgs, Debug)]
pub struct UncorrectArgs {
    /// The entry of the correction, or of a split, a name or a size of a class
    pub correction: u64,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// Overrides one field of a reading.
pub fn correct(log: &mut dyn Log, args: &CorrectArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let filing = filing_of(log, &args.filing)?;
    let notes = notes_of(log, &filing)?;
    let notes: Vec<&Noted> = notes.iter().collect();
    // What stands now is what is overridden: as reread, and as corrected before.
    let standing = Standing::new(&filing, &notes);
    let understood = standing.as_ref().map_or(&filing.filing, |one| &*one.filing);
    let reading = &understood.reading;
    let holder = args.holder.as_deref().map(|text| holder_index(reading, text)).transpose()?;
    let fields = holder.map_or(OF_FILING.as_slice(), |_| OF_HOLDER.as_slice());
    let field = field_among(fields, &args.field)?;
    let new = args.to.clone().map_or(Said::Nothing, Said::Stated);
    let span = args.span.as_deref().map(span_of).transpose()?;
    let mut trial = reading.clone();
    correct::set(&mut trial, holder, field, &new, span)
        .map_err(|error| Failure::new(Exit::Trouble, error))?;
    let old = correct::get(reading, holder, field).unwrap_or(Said::Nothing);
    // As it would be printed, so that equal values have one spelling in the ledger.
    let new = correct::get(&trial, holder, field).unwrap_or(Said::Nothing);
    if old == new {
        let words = format!("{field} is {} already; nothing was recorded", said(&old));
        return Err(nothing_to_do(&words));
    }
    within_bounds(&trial, holder, field)?;
    of_its_schedule(understood, field, &new)?;
    of_the_form(field, &new, cx)?;
    if let Some(span) = span {
        said_there(log, &filing, span, (field, &new))?;
    }
    let name = holder.and_then(|at| reading.holders.get(at)?.name.value().cloned());
    let event = Event::FilingCorrected(FilingCorrected {
        filing: reference(&filing),
        holder: holder.and_then(|at| u32::try_from(at).ok()),
        name,
        field,
        old,
        new,
        span,
        because: args.why.because(),
    });
    let effect = effect_on_persons(log, &filing, field, &event)?;
    decide_with(log, event, effect.as_slice(), cx)
}

/// Whether a corrected name or number makes of a holder another one, or one of two.
fn effect_on_persons(
    log: &dyn Log,
    filing: &Recorded,
    field: FieldName,
    event: &Event,
) -> Result<Option<String>, Failure> {
    if !matches!(field, FieldName::Name | FieldName::Cik | FieldName::TaxId) {
        return Ok(None);
    }
    let index = LogIndex { log, size: log.size() };
    let issuers = issuers_of(&index, filing.entry)?;
    let effect = issuers.iter().find_map(|(_, dossier)| of_persons(dossier, event.clone()));
    Ok(effect.map(str::to_owned))
}

/// Codes are those of the form; a CUSIP that is none is said to be so, for a page may print it.
fn of_the_form(field: FieldName, new: &Said, cx: &mut Context) -> Result<(), Failure> {
    let Said::Stated(text) = new else { return Ok(()) };
    let codes: &[&str] = match field {
        FieldName::Types => &TYPE_CODES,
        FieldName::Funds => &FUND_CODES,
        FieldName::Cusips => {
            let bad = |word: &&str| word.parse::<Cusip>().is_ok_and(|cusip| !cusip.is_valid());
            return text.split_whitespace().filter(bad).try_for_each(|cusip| {
                cx.notice(format!("{cusip} is no CUSIP by its length or check digit"))
            });
        }
        _ => return Ok(()),
    };
    match text.split_whitespace().find(|word| !codes.contains(word)) {
        Some(other) => {
            let words = format!("expected codes of the form in {field}, got {other}");
            Err(Failure::new(Exit::Trouble, words).hint(format!("they are {}", codes.join(", "))))
        }
        None => Ok(()),
    }
}

/// No one owns more than all of a class. Asked of new corrections alone: what was recorded stands.
fn within_bounds(trial: &Reading, at: Option<usize>, field: FieldName) -> Result<(), Failure> {
    let percent = match field {
        FieldName::Percent => at.and_then(|at| trial.holders.get(at)?.percent.value()),
        FieldName::ItemFivePercent => trial.item_5.percent.value(),
        _ => None,
    };
    match percent {
        Some(percent) if percent.decimal() > Decimal::ONE_HUNDRED => {
            let words = format!("expected a percent of at most 100, got {percent}");
            Err(Failure::new(Exit::Trouble, words))
        }
        _ => Ok(()),
    }
}

/// A statement on one schedule has not what the other alone has. Asked of new corrections alone, as
/// above; to say that nothing stands there is right of any.
fn of_its_schedule(filing: &FilingRecorded, field: FieldName, new: &Said) -> Result<(), Failure> {
    let stated = matches!(new, Said::Stated(_));
    let (Some(form), Some(of)) = (filing.form().filter(|_| stated), correct::schedule_of(field))
    else {
        return Ok(());
    };
    if form.schedule() == of {
        return Ok(());
    }
    let on = match of {
        Schedule::D => "13D",
        Schedule::G => "13G",
    };
    let words = format!("expected a field of {form}, got {field}, which is of a Schedule {on}");
    Err(Failure::new(Exit::Trouble, words)
        .hint("where the form is wrong, correct it first: `correct FILING --field form`"))
}

/// The bytes that are said to hold a value are in the filing, and hold it.
fn said_there(
    log: &dyn Log,
    filing: &Recorded,
    span: Span,
    (field, new): (FieldName, &Said),
) -> Result<(), Failure> {
    let received = log.blob(filing.filing.content)?;
    let (start, end) = (span.start(), span.end());
    let bytes = span.cut(&received).ok_or_else(|| {
        let len = received.len();
        let words = format!("expected bytes within the filing's {len}, got {start}-{end}");
        Failure::new(Exit::Trouble, words)
    })?;
    match new {
        Said::Stated(value) if !reads_as(bytes, field, value) => {
            let got: String = charset::collapsed(bytes).chars().take(GOT_CHARS).collect();
            let words = format!("expected bytes that read as {value}, got {got:?}");
            Err(Failure::new(Exit::Trouble, format!("{words} in bytes {start}-{end}"))
                .hint("`cite FILING --span START-END` shows what stands there"))
        }
        _ => Ok(()),
    }
}

/// Takes a correction back, or what was recorded of a class: what stood without it stands again.
pub fn uncorrect(
    log: &mut dyn Log,
    args: &UncorrectArgs,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let correction = args.correction;
    let event = log.event(correction)?;
    if event.class().is_some() {
        return retract(log, (correction, &event), args.why.because(), cx);
    }
    let Event::FilingCorrected(corrected) = event else {
        let words = format!(
            "expected a correction in entry {correction}, or a split, a name or a size of a \
             class, got something else"
        );
        return Err(Failure::new(Exit::No, words)
            .hint("`history ISSUER --kind corrected --kind class` names their entries"));
    };
    let filing = filing_of(log, &corrected.filing.entry.to_string())?;
    let notes = notes_of(log, &filing)?;
    let back = notes.iter().find(|note| match &note.event {
        Event::FilingUncorrected(back) => back.correction == correction,
        _ => false,
    });
    if let Some(back) = back {
        let words = format!("entry {} took entry {correction} back already", back.entry);
        return Err(nothing_to_do(&words));
    }
    let effect = effect_of(&filing, &notes, correction);
    let (filing, because) = (reference(&filing), args.why.because());
    let event = Event::FilingUncorrected(FilingUncorrected { filing, correction, because });
    decide_with(log, event, effect.as_slice(), cx)
}

/// Why it changes nothing to take a correction back.
fn effect_of(filing: &Recorded, notes: &[Noted], correction: u64) -> Option<String> {
    let notes: Vec<&Noted> = notes.iter().collect();
    let Some(standing) = Standing::new(filing, &notes) else {
        return Some("nothing changes: the filing is withdrawn".to_owned());
    };
    if standing.corrected.values().any(|stands| stands.entry == correction) {
        return None;
    }
    Some("nothing changes: the correction does not stand, or another stands over it".to_owned())
}
