//! `withdraw`, `link`, `join` and the like: what a person decides is an event.
//! Changes nothing that is recorded: an earlier size of the ledger answers as before.

use clap::Args as ClapArgs;
use serde_json::json;

use crate::cli::ask::{LogIndex, not_a_filing, recorded};
use crate::cli::cite::entry_of;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::instant;
use crate::ledger::event::{
    Because, ChainJoined, Event, FilingDecided, FilingRef, FilingSkipped, HolderKey, HoldersDecided,
};
use crate::report::json::VERSION;
use crate::report::plain::{REPLACED, safe, safe_char};
use crate::store::log::{Draft, Log};
use crate::terms::id::{Accession, Cik};
use crate::terms::time::{Day, Instant};
use crate::terms::topic::{HolderId, Topic};
use crate::view::decision::{holder, words};
use crate::view::effect::{OtherIssuer, issuer_words, of_join};
use crate::view::identity::of_filing;
use crate::view::issuer::{Candidate, issuers_of, notes_about};
use crate::view::timeline::{Dossier, Noted, Recorded, Standing};

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
pub fn filing_of(log: &dyn Log, text: &str) -> Result<Recorded, Failure> {
    let entry = entry_of(log, text)?;
    recorded(log, entry)?.ok_or_else(|| not_a_filing(entry))
}

/// The filing as events refer to it.
pub fn reference(filing: &Recorded) -> FilingRef {
    FilingRef { entry: filing.entry, content: filing.filing.content }
}

/// What was decided about a filing so far.
pub fn notes_of(log: &dyn Log, filing: &Recorded) -> Result<Vec<Noted>, Failure> {
    notes_about(&LogIndex { log, size: log.size() }, filing.entry)
}

/// Appends one event, and tells what it says.
pub fn decide(log: &mut dyn Log, event: Event, cx: &mut Context) -> Result<Exit, Failure> {
    decide_with(log, event, &[], cx)
}

/// As [`decide`], and what does not change by it: it is recorded all the same, for filings that
/// come later may make it count.
pub fn decide_with(
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

/// A decision that is not recorded, for it is so already.
pub fn nothing_to_do(what: &str) -> Failure {
    Failure::new(Exit::No, what)
}

/// Lets a filing count no more, or again.
pub fn withdraw(log: &mut dyn Log, args: &WithdrawArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let filing = filing_of(log, &args.filing)?;
    let notes = notes_of(log, &filing)?;
    let stands = Standing::new(&filing, &notes.iter().collect::<Vec<_>>()).is_some();
    let decided = FilingDecided { filing: reference(&filing), because: args.why.because() };
    match (args.undo, stands) {
        (false, true) => decide(log, Event::FilingWithdrawn(decided), cx),
        (true, false) => {
            recorded_anew(log, &filing)?;
            decide(log, Event::FilingReinstated(decided), cx)
        }
        (false, false) => Err(nothing_to_do("the filing is withdrawn already")),
        (true, true) => Err(nothing_to_do("the filing is not withdrawn")),
    }
}

/// Refuses a filing without an accession number that was recorded once more under one.
fn recorded_anew(log: &dyn Log, filing: &Recorded) -> Result<(), Failure> {
    if filing.filing.accession().is_some() {
        return Ok(());
    }
    for entry in log.recorded_anew(filing.entry)? {
        if let Some(own) = log.event(entry)?.accession() {
            let words = format!("these bytes are recorded as {own} in entry {entry} since");
            return Err(nothing_to_do(&words));
        }
    }
    Ok(())
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
        let mut found = log.postings(&Topic::Holder(key.id.clone()))?;
        if let Some(issuer) = key.issuer {
            found = about(log, found, issuer)?;
        }
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

/// Those of some filings that are about an issuer, as they were recorded.
fn about(log: &dyn Log, filings: Vec<u64>, issuer: Cik) -> Result<Vec<u64>, Failure> {
    let mut own = Vec::new();
    for entry in filings {
        let of = recorded(log, entry)?.and_then(|filing| filing.filing.issuer_cik());
        if of.is_none_or(|of| of == issuer) {
            own.push(entry);
        }
    }
    Ok(own)
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
    let words = |issuers: &[(Candidate, Dossier)]| {
        let each = issuers.iter().map(|(who, _)| issuer_words(who));
        each.collect::<Vec<_>>().join(" or ")
    };
    let issuers = issuers_of(&index, filing.entry)?;
    let both =
        |(_, dossier): &&(Candidate, Dossier)| dossier.entries().any(|own| own == with.entry);
    if let Some((_, dossier)) = issuers.iter().find(both) {
        return Ok(dossier.clone());
    }
    let (filing, with) = (words(&issuers), words(&issuers_of(&index, with.entry)?));
    Err(Failure::new(Exit::Trouble, OtherIssuer { filing, with }))
}

/// Lets a filing start a chain of its own.
pub fn unjoin(log: &mut dyn Log, args: &UnjoinArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let filing = filing_of(log, &args.filing)?;
    let notes = notes_of(log, &filing)?;
    let joins = |note: &&Noted| matches!(note.event, Event::ChainJoined(_) | Event::ChainSplit(_));
    let last = notes.iter().rfind(joins);
    let again = last.filter(|note| matches!(note.event, Event::ChainSplit(_)));
    let effect = again.map(|note| format!("nothing changes: entry {} says so already", note.entry));
    let (filing, because) = (reference(&filing), args.why.because());
    decide_with(log, Event::ChainSplit(FilingDecided { filing, because }), effect.as_slice(), cx)
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
