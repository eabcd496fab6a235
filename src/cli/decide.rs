//! `correct`, `withdraw`, `link`, `join` and the like: what a person decides is an event.
//! Changes nothing that is recorded: an earlier size of the ledger answers as before.

use clap::Args as ClapArgs;
use rust_decimal::Decimal;
use serde_json::json;

use crate::cli::ask::{LogIndex, entered, recorded};
use crate::cli::cite::{entry_of, field_name, holder_index};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::instant;
use crate::filing::charset;
use crate::ledger::event::{
    Because, ChainJoined, Event, FilingCorrected, FilingDecided, FilingRef, FilingSkipped,
    HolderKey, HoldersDecided, Said,
};
use crate::reading::alone::reads_as;
use crate::report::json::VERSION;
use crate::report::plain::{REPLACED, safe, safe_char};
use crate::store::log::{Draft, Log};
use crate::terms::id::{Accession, Cik, Cusip};
use crate::terms::span::Span;
use crate::terms::statement::{FUND_CODES, Reading, TYPE_CODES};
use crate::terms::time::{Day, Instant};
use crate::terms::topic::{HolderId, Topic};
use crate::terms::trouble::FieldName;
use crate::view::correct;
use crate::view::decision::{holder, said, words};
use crate::view::effect::{OtherIssuer, issuer_words, of_join};
use crate::view::identity::of_filing;
use crate::view::issuer::{Candidate, Entered, gather};
use crate::view::timeline::{Dossier, Noted, Recorded, Standing};

/// How much of what came is shown in a refusal.
const GOT_CHARS: usize = 60;

/// Words that are there: a decision with a blank reason has none. Marks that no one can see make no
/// word either.
pub fn stated(text: &str) -> Result<String, String> {
    match text.chars().map(safe_char).any(|c| !c.is_whitespace() && c != REPLACED) {
        true => Ok(text.to_owned()),
        false => Err(format!("expected words, got {text:?}")),
    }
}

/// Why, and who: every decision has both.
#[derive(ClapArgs, Clone, Debug)]
pub struct Why {
    /// Say why
    #[arg(long, value_name = "WORDS", value_parser = stated)]
    pub reason: String,
    /// Say who decides
    #[arg(long, value_name = "NAME", env = "BLOCKHOLDER_WHO", value_parser = stated)]
    pub who: String,
}

impl Why {
    /// As it is recorded.
    pub fn because(&self) -> Because {
        Because { reason: self.reason.clone(), who: self.who.clone() }
    }
}

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

/// `withdraw`
#[derive(ClapArgs, Debug)]
pub struct WithdrawArgs {
    /// An accession number or an entry number
    pub filing: String,
    /// Let a withdrawn filing count again
    #[arg(long)]
    pub undo: bool,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// `link` and `unlink`
#[derive(ClapArgs, Debug)]
pub struct LinkArgs {
    /// One: a CIK, `tax:NUMBER`, or a name
    pub a: String,
    /// The other
    pub b: String,
    /// Mean the names as this issuer's filings use them, by CIK [default: everywhere]
    #[arg(long, value_name = "CIK")]
    pub issuer: Option<Cik>,
    /// Say since which day it is so [default: always]
    #[arg(long, value_name = "DATE")]
    pub since: Option<Day>,
    /// Say since when it could be known [default: always]
    ///
    /// An instant, or a date for the end of that day in New York.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub known_at: Option<Instant>,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// `join`
#[derive(ClapArgs, Debug)]
pub struct JoinArgs {
    /// An accession number or an entry number
    pub filing: String,
    /// A filing of the statement it belongs to
    pub with: String,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// `unjoin`
#[derive(ClapArgs, Debug)]
pub struct UnjoinArgs {
    /// An accession number or an entry number
    pub filing: String,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// `skip`
#[derive(ClapArgs, Debug)]
pub struct SkipArgs {
    /// The accession number of a filing that is not in the ledger
    pub accession: Accession,
    /// Why, and who
    #[command(flatten)]
    pub why: Why,
}

/// A filing of the ledger, as recorded.
fn filing_of(log: &dyn Log, text: &str) -> Result<Recorded, Failure> {
    let entry = entry_of(log, text)?;
    recorded(log, entry)?.ok_or_else(|| {
        let words = format!("expected a filing in entry {entry}, got another kind of entry");
        Failure::new(Exit::No, words).hint("`blockholder log` lists the entries")
    })
}

fn reference(filing: &Recorded) -> FilingRef {
    FilingRef { entry: filing.entry, content: filing.filing.content }
}

/// What was decided about a filing so far.
pub fn notes_of(log: &dyn Log, filing: &Recorded) -> Result<Vec<Noted>, Failure> {
    let mut notes = Vec::new();
    for entry in log.postings(&Topic::Filing(filing.entry))? {
        if let Entered::Note(note) = entered(log, entry)? {
            notes.push(*note);
        }
    }
    Ok(notes)
}

/// Appends one event, and tells what it says.
pub fn decide(log: &mut dyn Log, event: Event, cx: &mut Context) -> Result<Exit, Failure> {
    decide_with(log, event, &[], cx)
}

/// As [`decide`], and what does not change by it: it is recorded all the same, for filings that
/// come later may make it count.
fn decide_with(
    log: &mut dyn Log,
    event: Event,
    effect: &[String],
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let draft = Draft { events: vec![event.clone()], received: None };
    let receipts = log.append((cx.clock)(), vec![draft])?;
    let Some(receipt) = receipts.first().and_then(|own| own.first()) else {
        return Err(Failure::new(Exit::Trouble, "the ledger took the event and gave no receipt"));
    };
    if cx.json {
        let mut told = json!({
            "v": VERSION,
            "outcome": "recorded",
            "kind": event.kind().as_str(),
            "entry": receipt.sequence,
            "hash": receipt.hash.to_string(),
            "says": words(&event),
        });
        if let (Some(map), false) = (told.as_object_mut(), effect.is_empty()) {
            map.insert("effect".into(), json!(effect));
        }
        cx.object(&told)?;
    } else {
        let (kind, entry) = (event.kind().as_str(), receipt.sequence);
        cx.line(format!("recorded  {kind} in entry {entry}: {}", safe(&words(&event))))?;
        effect.iter().try_for_each(|words| cx.words(safe(words)))?;
    }
    Ok(Exit::Yes)
}

fn nothing_to_do(what: &str) -> Failure {
    Failure::new(Exit::No, what)
}

/// Overrides one field of a reading.
pub fn correct(log: &mut dyn Log, args: &CorrectArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let filing = filing_of(log, &args.filing)?;
    let notes = notes_of(log, &filing)?;
    let notes: Vec<&Noted> = notes.iter().collect();
    // What stands now is what is overridden: as reread, and as corrected before.
    let standing = Standing::new(&filing, &notes);
    let reading = standing.as_ref().map_or(&filing.filing.reading, |one| &one.filing.reading);
    let field = field_name(&args.field)?;
    let holder = args.holder.as_deref().map(|text| holder_index(reading, text)).transpose()?;
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
    decide(log, event, cx)
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
    let percent = at.and_then(|at| trial.holders.get(at)?.percent.value());
    match percent {
        Some(percent)
            if field == FieldName::Percent && percent.decimal() > Decimal::ONE_HUNDRED =>
        {
            let words = format!("expected a percent of at most 100, got {percent}");
            Err(Failure::new(Exit::Trouble, words))
        }
        _ => Ok(()),
    }
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

fn span_of(text: &str) -> Result<Span, Failure> {
    let refuse = || {
        let words = format!("expected bytes as START-END, such as 120-130, got {text:?}");
        Failure::new(Exit::Trouble, words)
    };
    let (start, end) = text.split_once('-').ok_or_else(refuse)?;
    let (start, end) = (start.parse().map_err(|_| refuse())?, end.parse().map_err(|_| refuse())?);
    if start < end { Ok(Span::new(start, end)) } else { Err(refuse()) }
}

/// Lets a filing count no more, or again.
pub fn withdraw(log: &mut dyn Log, args: &WithdrawArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let filing = filing_of(log, &args.filing)?;
    let notes = notes_of(log, &filing)?;
    let stands = Standing::new(&filing, &notes.iter().collect::<Vec<_>>()).is_some();
    let decided = FilingDecided { filing: reference(&filing), because: args.why.because() };
    match (args.undo, stands) {
        (false, true) => decide(log, Event::FilingWithdrawn(decided), cx),
        (true, false) => decide(log, Event::FilingReinstated(decided), cx),
        (false, false) => Err(nothing_to_do("the filing is withdrawn already")),
        (true, true) => Err(nothing_to_do("the filing is not withdrawn")),
    }
}

fn holder_key(text: &str, issuer: Option<Cik>) -> Result<HolderKey, Failure> {
    let id = match (text.strip_prefix("tax:"), text.parse::<Cik>()) {
        (Some(number), _) => HolderId::of_tax_id(number),
        (None, Ok(cik)) => Some(HolderId::Cik(cik)),
        (None, Err(_)) => HolderId::of_name(text),
    };
    let id = id.ok_or_else(|| {
        let words = format!("expected a CIK, tax:NUMBER, or a name, got {text:?}");
        Failure::new(Exit::Trouble, words)
    })?;
    // A number is its holder's everywhere; a name may be somebody else's at another issuer.
    let issuer = issuer.filter(|_| matches!(id, HolderId::Name(_)));
    Ok(HolderKey { id, issuer })
}

/// Makes one person of two, or two of one.
pub fn link(
    log: &mut dyn Log,
    args: &LinkArgs,
    one: bool,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let a = holder_key(&args.a, args.issuer)?;
    let b = holder_key(&args.b, args.issuer)?;
    if a.id == b.id {
        return Err(Failure::new(Exit::Trouble, "expected two holders, got one twice"));
    }
    let effect = effect_of_link(log, &a, &b, one)?;
    let (since, known_at, because) = (args.since, args.known_at, args.why.because());
    let pair = HoldersDecided { a, b, since, known_at, because };
    let event = if one { Event::HoldersLinked(pair) } else { Event::HoldersUnlinked(pair) };
    decide_with(log, event, &effect, cx)
}

/// How many filings with both of two holders are looked at.
const LOOKED_AT: usize = 20;

/// Why it changes nothing to make one of two holders or two of one, as far as that can be told by
/// who reports.
fn effect_of_link(
    log: &dyn Log,
    a: &HolderKey,
    b: &HolderKey,
    one: bool,
) -> Result<Vec<String>, Failure> {
    let mut why = Vec::new();
    let mut filings: Vec<Vec<u64>> = Vec::new();
    for key in [a, b] {
        let found = log.postings(&Topic::Holder(key.id.clone()))?;
        if found.is_empty() {
            why.push(format!("nothing changes: nobody in this ledger reports as {}", holder(key)));
        }
        filings.push(found);
    }
    let mut last = None;
    for entry in log.postings(&Topic::Linked(a.id.clone()))? {
        let (pair, linked) = match log.event(entry)? {
            Event::HoldersLinked(pair) => (pair, true),
            Event::HoldersUnlinked(pair) => (pair, false),
            _ => continue,
        };
        let same = [(a, b), (b, a)].contains(&(&pair.a, &pair.b));
        last = if same { Some((entry, linked)) } else { last };
    }
    if let Some((entry, _)) = last.filter(|(_, linked)| *linked == one) {
        why.push(format!("nothing changes: entry {entry} says so already"));
    }
    let [of_a, of_b] = filings.as_slice() else { return Ok(why) };
    let both = of_a.iter().filter(|entry| of_b.contains(entry)).take(LOOKED_AT);
    for entry in both.filter(|_| one) {
        let Some(filing) = recorded(log, *entry)? else { continue };
        let rows = of_filing(&filing.filing);
        let has = |key: &HolderKey| rows.iter().position(|row| row.ids().any(|id| id == key.id));
        if let (Some(x), Some(y)) = (has(a), has(b)) {
            // One by that filing, and two by a decision that this one takes back.
            if x == y && last.is_some_and(|(_, linked)| !linked) {
                break;
            }
            why.push(match x == y {
                true => format!("nothing changes: entry {entry} has both for one holder"),
                false => format!(
                    "nothing changes about one issuer at least: entry {entry} has a cover page of \
                     each, and two of one filing are two persons"
                ),
            });
            break;
        }
    }
    Ok(why)
}

/// Puts a filing into another's chain.
pub fn join(log: &mut dyn Log, args: &JoinArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let (filing, with) = (filing_of(log, &args.filing)?, filing_of(log, &args.with)?);
    if filing.entry == with.entry {
        return Err(Failure::new(Exit::Trouble, "expected two filings, got one twice"));
    }
    let dossier = dossier_of_both(log, &filing, &with)?;
    let entries = [filing.entry, with.entry];
    let (filing, with, because) = (reference(&filing), reference(&with), args.why.because());
    let event = Event::ChainJoined(ChainJoined { filing, with, because });
    let effect = of_join(&dossier, event.clone(), entries).map(str::to_owned);
    decide_with(log, event, effect.as_slice(), cx)
}

/// Everything recorded about the issuer of two filings, which must be of one.
fn dossier_of_both(log: &dyn Log, filing: &Recorded, with: &Recorded) -> Result<Dossier, Failure> {
    let index = LogIndex { log, size: log.size() };
    let of = |one: &Recorded| -> Result<Option<(Candidate, Dossier)>, Failure> {
        let has = |dossier: &Dossier| dossier.filings.iter().any(|own| own.entry == one.entry);
        Ok(gather(&index, [one.entry].into())?.into_iter().find(|(_, dossier)| has(dossier)))
    };
    let Some((issuer, dossier)) = of(filing)? else { return Ok(Dossier::default()) };
    if dossier.filings.iter().any(|own| own.entry == with.entry) {
        return Ok(dossier);
    }
    let other = of(with)?.map(|(issuer, _)| issuer).unwrap_or_default();
    let (filing, with) = (issuer_words(&issuer), issuer_words(&other));
    Err(Failure::new(Exit::Trouble, OtherIssuer { filing, with }))
}

/// Lets a filing start a chain of its own.
pub fn unjoin(log: &mut dyn Log, args: &UnjoinArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let filing = reference(&filing_of(log, &args.filing)?);
    decide(log, Event::ChainSplit(FilingDecided { filing, because: args.why.because() }), cx)
}

/// Records that a filing was left out on purpose.
pub fn skip(log: &mut dyn Log, args: &SkipArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let accession = args.accession;
    if let Some(entry) = log.by_accession(accession)? {
        return Err(nothing_to_do(&format!("{accession} is recorded in entry {entry}")));
    }
    if let Some(entry) = log.postings(&Topic::Skipped(accession))?.first() {
        return Err(nothing_to_do(&format!("{accession} is left out already, by entry {entry}")));
    }
    let because = args.why.because();
    decide(log, Event::FilingSkipped(FilingSkipped { accession, because }), cx)
}
