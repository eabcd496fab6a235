//! `split`, `rename`, `outstanding`: what became of a class, as an event.
//! Changes nothing that is recorded: an earlier size of the ledger answers as before.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args as ClapArgs;

use crate::cli::ask::{LogIndex, holdings};
use crate::cli::context::Context;
use crate::cli::decide::{decide, nothing_to_do, stated};
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::{Clocks, instant};
use crate::ledger::event::{
    Because, ClassChange, ClassChanged, ClassKey, ClassRetracted, ClassSizeReported, Event,
};
use crate::report::plain::{grouped, safe};
use crate::store::log::{Log, StoreError};
use crate::terms::id::{Cik, Cusip};
use crate::terms::quantity::Amount;
use crate::terms::time::{Day, Instant};
use crate::terms::topic::Topic;
use crate::terms::trouble::FieldName;
use crate::view::issuer::gather;

/// A class, and where it stands what became of it.
#[derive(ClapArgs, Debug)]
pub struct ClassArgs {
    /// The class: a CUSIP, or its issuer's CIK
    pub class: String,
    /// Name the class where the issuer has several
    #[arg(long, value_name = "TITLE", value_parser = stated)]
    pub class_title: Option<String>,
    /// Say since which day it is so
    #[arg(long, value_name = "DATE")]
    pub since: Day,
    /// Say since when it was known [default: the end of that day in New York]
    ///
    /// An instant, or a date for the end of that day in New York.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub known_at: Option<Instant>,
    /// Say where it stands
    #[arg(long, value_name = "WORDS", value_parser = stated)]
    pub source: String,
    /// Say who found it there
    #[arg(long, value_name = "NAME", env = "BLOCKHOLDER_WHO", value_parser = stated)]
    pub who: String,
}

/// `split`
#[derive(ClapArgs, Debug)]
pub struct SplitArgs {
    /// How many became how many, as NEW:OLD
    #[arg(long, value_name = "NEW:OLD")]
    pub ratio: String,
    /// Which class, since when, and who says so
    #[command(flatten)]
    pub class: ClassArgs,
}

/// `rename`
#[derive(ClapArgs, Debug)]
pub struct RenameArgs {
    /// Its CUSIP from that day on
    #[arg(long, value_name = "CUSIP", required_unless_present = "title")]
    pub cusip: Option<Cusip>,
    /// Its title from that day on
    #[arg(long, value_name = "TITLE", conflicts_with = "cusip", value_parser = stated)]
    pub title: Option<String>,
    /// Which class, since when, and who says so
    #[command(flatten)]
    pub class: ClassArgs,
}

/// `outstanding`
#[derive(ClapArgs, Debug)]
pub struct OutstandingArgs {
    /// How many securities of the class are outstanding
    #[arg(long, value_name = "NUMBER")]
    pub shares: Amount,
    /// Which class, since when, and who says so
    #[command(flatten)]
    pub class: ClassArgs,
}

fn class_key(log: &dyn Log, args: &ClassArgs, cx: &mut Context) -> Result<ClassKey, Failure> {
    let by_cusip = args.class.parse::<Cusip>().ok().filter(|cusip| cusip.as_str().len() == 9);
    let by_cik = args.class.parse::<Cik>().ok();
    let known = |cusip: &Cusip| {
        Ok::<_, StoreError>(!log.postings(&Topic::Cusip(cusip.clone()))?.is_empty())
    };
    let (cusip, issuer) = match (by_cusip, by_cik) {
        // Nine digits may be either: whichever the ledger knows, and the CUSIP where it knows both.
        (Some(cusip), Some(cik)) => {
            if known(&cusip)? {
                (Some(cusip), None)
            } else {
                (None, Some(cik))
            }
        }
        // Nine letters may be a name: a CUSIP that nobody knows has at least to be one.
        (Some(cusip), None) if !cusip.is_valid() && !known(&cusip)? => (None, None),
        (cusip, cik) => (cusip, cik),
    };
    if let Some(cusip) = cusip.as_ref().filter(|cusip| !cusip.is_valid()) {
        // It names no class (spec, section 17.4): who asks for the issuer would not be told.
        let words = format!("expected a CUSIP whose check digit is right, got {cusip}");
        let hint =
            "name the class by its issuer's CIK, and by --class-title where there are several";
        return Err(Failure::new(Exit::Trouble, words).hint(hint));
    }
    let class = ClassKey { issuer, cusip, title: args.class_title.clone() };
    let Some(topic) = topic_of(&class) else {
        let words = format!("expected a CUSIP or an issuer's CIK, got {:?}", args.class);
        let hint = "`blockholder holders NAME` says both";
        return Err(Failure::new(Exit::Trouble, words).hint(hint));
    };
    if log.postings(&topic)?.is_empty() {
        cx.notice(format!("no filing is about {} yet", safe(&args.class)))?;
    }
    Ok(class)
}

/// Under what the filings about a class are found.
fn topic_of(class: &ClassKey) -> Option<Topic> {
    let by_cusip = class.cusip.clone().map(Topic::Cusip);
    by_cusip.or_else(|| class.issuer.map(Topic::Cik))
}

fn change(
    log: &mut dyn Log,
    args: &ClassArgs,
    change: ClassChange,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let class = class_key(log, args, cx)?;
    let (since, known_at) = (args.since, args.known_at);
    let (source, who) = (args.source.clone(), args.who.clone());
    let event = Event::ClassChanged(ClassChanged { class, change, since, known_at, source, who });
    let said = standing(log, &event)?;
    refuse_again(&said, &event)?;
    other_split(&said, &event, cx)?;
    if let Some((class, Some(cusip))) = event.class()
        && let Some(words) = of_another(log, class, cusip)?
    {
        cx.notice(words)?;
    }
    decide(log, event, cx)
}

/// What entries say of a class under any of an event's topics, and is not taken back.
fn standing(log: &dyn Log, event: &Event) -> Result<BTreeMap<u64, Event>, Failure> {
    let mut all = BTreeMap::new();
    for topic in event.topics() {
        for entry in log.postings(&topic)? {
            let said = log.event(entry)?;
            if said.class().is_some() || said.takes_back().is_some() {
                all.insert(entry, said);
            }
        }
    }
    let back = all.values().filter_map(Event::takes_back).collect::<BTreeSet<u64>>();
    all.retain(|entry, said| said.class().is_some() && !back.contains(entry));
    Ok(all)
}

/// Refuses what an entry says already of a class and what stands: a split that is recorded twice
/// would count twice. A size or a title is said again where another was said since.
fn refuse_again(said: &BTreeMap<u64, Event>, event: &Event) -> Result<(), Failure> {
    let mut alike = said.iter().filter(|(_, one)| is_about_the_same(one, event));
    let again = match event {
        Event::ClassChanged(ClassChanged { change: ClassChange::Title(_), .. })
        | Event::ClassSizeReported(_) => {
            alike.next_back().filter(|(_, one)| says_the_same(one, event))
        }
        _ => alike.find(|(_, one)| says_the_same(one, event)),
    };
    let Some((entry, _)) = again else { return Ok(()) };
    let words = format!("entry {entry} says so already; nothing was recorded");
    Err(Failure::new(Exit::No, words))
}

/// Whether two events say something of one kind of one class since one day.
fn is_about_the_same(a: &Event, b: &Event) -> bool {
    match (a, b) {
        (Event::ClassChanged(a), Event::ClassChanged(b)) => {
            let kind = std::mem::discriminant(&a.change) == std::mem::discriminant(&b.change);
            kind && (&a.class, a.since) == (&b.class, b.since)
        }
        (Event::ClassSizeReported(a), Event::ClassSizeReported(b)) => {
            (&a.class, a.since) == (&b.class, b.since)
        }
        _ => false,
    }
}

/// Whether two events about the same say the same, whoever says so.
fn says_the_same(a: &Event, b: &Event) -> bool {
    match (a, b) {
        (Event::ClassChanged(a), Event::ClassChanged(b)) => a.change == b.change,
        (Event::ClassSizeReported(a), Event::ClassSizeReported(b)) => a.shares == b.shares,
        _ => false,
    }
}

/// Two splits of one day are both counted: whoever means the second for the first is told.
fn other_split(
    said: &BTreeMap<u64, Event>,
    event: &Event,
    cx: &mut Context,
) -> Result<(), Failure> {
    if !matches!(event, Event::ClassChanged(ClassChanged { change: ClassChange::Split { .. }, .. }))
    {
        return Ok(());
    }
    let Some((entry, _)) = said.iter().find(|(_, one)| is_about_the_same(one, event)) else {
        return Ok(());
    };
    cx.notice(format!(
        "entry {entry} says another split since that day: both count; `uncorrect {entry}` takes \
         that one back"
    ))
}

/// Takes back what an entry says of a class.
pub fn retract(
    log: &mut dyn Log,
    (entry, said): (u64, &Event),
    because: Because,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    for topic in said.topics() {
        for other in log.postings(&topic)? {
            if log.event(other)?.takes_back() == Some(entry) {
                let words = format!("entry {other} took entry {entry} back already");
                return Err(nothing_to_do(&words));
            }
        }
    }
    let back = ClassRetracted::of(entry, said, because).ok_or_else(|| {
        Failure::new(Exit::No, format!("expected an entry about a class, got entry {entry}"))
    })?;
    decide(log, Event::ClassRetracted(back), cx)
}

/// That filings of another issuer print the CUSIP that a class is to get.
fn of_another(log: &dyn Log, class: &ClassKey, cusip: &Cusip) -> Result<Option<String>, Failure> {
    let issuer = |topic: Option<Topic>| -> Result<_, Failure> {
        let index = LogIndex { log, size: log.size() };
        let entries = topic.map_or(Ok(Vec::new()), |topic| log.postings(&topic))?;
        let found = gather(&index, entries.into_iter().collect())?;
        Ok(found.into_iter().map(|(who, _)| who).collect::<Vec<_>>())
    };
    let own = issuer(topic_of(class))?;
    let theirs = issuer(Some(Topic::Cusip(cusip.clone())))?;
    let other = theirs.iter().find(|who| !own.contains(who));
    Ok(other.map(|who| {
        let name = who.name.as_deref().map_or("another issuer".to_owned(), safe);
        format!(
            "filings about {name} print {cusip}: where they have no CIK they are answered for \
             with this class from now on"
        )
    }))
}

/// Records a split of a class.
pub fn split(log: &mut dyn Log, args: &SplitArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let refuse = || {
        let words = format!("expected a ratio as NEW:OLD, such as 3:1, got {:?}", args.ratio);
        Failure::new(Exit::Trouble, words)
    };
    let (new, old) = args.ratio.split_once(':').ok_or_else(refuse)?;
    let (new, old): (u32, u32) =
        (new.parse().map_err(|_| refuse())?, old.parse().map_err(|_| refuse())?);
    if new == 0 || old == 0 || new == old {
        return Err(refuse());
    }
    change(log, &args.class, ClassChange::Split { new, old }, cx)
}

/// Records another CUSIP or title of a class.
pub fn rename(log: &mut dyn Log, args: &RenameArgs, cx: &mut Context) -> Result<Exit, Failure> {
    match (&args.cusip, &args.title) {
        (Some(cusip), _) if !cusip.is_valid() => {
            let words = format!("expected a CUSIP whose check digit is right, got {cusip}");
            Err(Failure::new(Exit::Trouble, words))
        }
        (Some(cusip), _) => change(log, &args.class, ClassChange::Cusip(cusip.clone()), cx),
        (None, Some(title)) => change(log, &args.class, ClassChange::Title(title.clone()), cx),
        (None, None) => {
            Err(Failure::new(Exit::Trouble, "expected --cusip or --title, got neither"))
        }
    }
}

/// That somebody alone holds more than there are to be of a class: a size with a digit too few.
fn held_by_one(
    log: &dyn Log,
    topic: Option<Topic>,
    (args, shares): (&ClassArgs, Amount),
    cx: &mut Context,
) -> Result<Option<String>, Failure> {
    let clocks = Clocks { as_of: Some(args.since), known_at: None, at: None };
    if topic.map_or(Ok(true), |topic| log.postings(&topic).map(|all| all.is_empty()))? {
        return Ok(None);
    }
    let found = holdings(log, &args.class, clocks, cx)?;
    // Of several classes it is not told here which one is meant.
    let classes = found.map(|found| found.classes).filter(|classes| classes.len() == 1);
    let classes = classes.unwrap_or_default();
    let more = classes.iter().flat_map(|class| &class.holders).find_map(|holder| {
        let held = holder.rows.get(&FieldName::Aggregate)?.amount()?;
        (held.decimal() > shares.decimal()).then_some((holder, held))
    });
    Ok(more.map(|(holder, held)| {
        let name = holder.name.as_deref().map_or("somebody".to_owned(), safe);
        let held = grouped(&held.to_string());
        let shares = grouped(&shares.to_string());
        format!("{name} alone holds {held} on that day: more than the {shares} that are recorded")
    }))
}

/// Records how many securities of a class are outstanding.
pub fn outstanding(
    log: &mut dyn Log,
    args: &OutstandingArgs,
    cx: &mut Context,
) -> Result<Exit, Failure> {
    let class = class_key(log, &args.class, cx)?;
    if args.shares.is_zero() {
        return Err(Failure::new(Exit::Trouble, "expected a class of more than 0, got 0"));
    }
    let ClassArgs { since, known_at, source, who, .. } = &args.class;
    let (since, known_at, shares) = (*since, *known_at, args.shares);
    let (source, who) = (source.clone(), who.clone());
    let topic = topic_of(&class);
    let size = ClassSizeReported { class, shares, since, known_at, source, who };
    let event = Event::ClassSizeReported(size);
    refuse_again(&standing(log, &event)?, &event)?;
    if let Some(words) = held_by_one(log, topic, (&args.class, shares), cx)? {
        cx.notice(words)?;
    }
    decide(log, event, cx)
}
