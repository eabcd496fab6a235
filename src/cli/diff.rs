//! `diff`: what differs between two filings, two dates or two ledger sizes.
//! Decides nothing; `view::diff` compares.

use serde_json::Value;

use crate::cli::ask::{
    Answer, LogIndex, Resolved, answers_at, begin, named_classes, not_a_filing, one_of, question,
    recorded, resolve,
};
use crate::cli::cite::entry_within;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::{Clocks, DiffArgs};
use crate::cli::words::item_runs;
use crate::report::answers::{self, ItemShown};
use crate::report::plain::{counted, safe};
use crate::report::{difference, json as shapes, notes, sheet, table};
use crate::store::log::Log;
use crate::terms::id::Accession;
use crate::terms::time::Day;
use crate::view::diff::{Difference, Differences, ItemDifference, Side, of_answers, of_filings};
use crate::view::holding::{ClassHoldings, Fold};
use crate::view::issuer::{Candidate, notes_about};
use crate::view::question::{Basis, Question};
use crate::view::timeline::{Noted, Standing};

/// The two sides of a comparison, as the asker named them.
enum Sides {
    Filings(Accession, Accession),
    Days(Day, Day),
    Sizes(u64, u64),
}

fn sides(a: &str, b: &str) -> Result<Sides, Failure> {
    let filings = a.parse().ok().zip(b.parse().ok()).map(|(a, b)| Sides::Filings(a, b));
    let days = a.parse().ok().zip(b.parse().ok()).map(|(a, b)| Sides::Days(a, b));
    let sizes = a.parse().ok().zip(b.parse().ok()).map(|(a, b)| Sides::Sizes(a, b));
    filings.or(days).or(sizes).ok_or_else(|| {
        let words = format!(
            "expected two accession numbers, two dates or two ledger sizes, got {a:?} and {b:?}"
        );
        Failure::new(Exit::Trouble, words)
    })
}

/// Shows what differs. The answer is yes where nothing does.
pub fn diff(log: &dyn Log, args: &DiffArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let Compared { who, a, b, found, named, several } = match sides(&args.a, &args.b)? {
        Sides::Filings(a, b) => filings(log, args, (a, b), cx)?,
        Sides::Days(a, b) => {
            let on = |day| Clocks { as_of: Some(day), ..args.clocks };
            let Some(found) = states(log, args, (on(a), on(b)), cx)? else { return Ok(Exit::No) };
            found
        }
        Sides::Sizes(a, b) => {
            [a, b].iter().try_for_each(|size| answers_at("ledger sizes", *size, log))?;
            let at = |size| Clocks { at: Some(size), ..args.clocks };
            let Some(found) = states(log, args, (at(a), at(b)), cx)? else { return Ok(Exit::No) };
            found
        }
    };
    let items = found.items.iter().map(|item| shown(log, item)).collect::<Result<Vec<_>, _>>()?;
    let items: Vec<ItemShown> = items.into_iter().flatten().collect();
    let same = found.rows.is_empty() && items.is_empty();
    if cx.for_programs() {
        let who = who.as_ref();
        let all = answers::difference(who, (a.json, b.json), &found.rows, &items, &named);
        cx.data(&all, &sheet::DIFF)?;
        named_classes(&named, cx)?;
        if cx.csv.is_some() && !items.is_empty() {
            let many = counted(items.len() as u64, "item differs", "items differ");
            cx.notice(format!("{many}, too, which is no row: --json shows the words"))?;
        }
    } else {
        show((&found, several), &items, cx)?;
        named_classes(&named, cx)?;
        cx.words(format!("from: {}", a.words))?;
        cx.words(format!("to: {}", b.words))?;
    }
    Ok(if same { Exit::Yes } else { Exit::No })
}

/// One side of a comparison, by which it can be had again.
struct Named {
    json: Value,
    words: String,
}

/// Two sides, of whom where it is an issuer, and what differs.
struct Compared {
    who: Option<Candidate>,
    a: Named,
    b: Named,
    found: Differences,
    /// Classes that filings about another name, too, on the second side.
    named: Vec<ClassHoldings>,
    /// Whether they are about several classes.
    several: bool,
}

/// Two filings as they are understood at the ledger's size.
fn filings(
    log: &dyn Log,
    args: &DiffArgs,
    (a, b): (Accession, Accession),
    cx: &mut Context,
) -> Result<Compared, Failure> {
    let basis = question(log, args.clocks, cx)?;
    let Question { at, .. } = basis.question;
    let index = LogIndex { log, size: at.0 };
    let mut sides = Vec::new();
    for accession in [a, b] {
        let entry = entry_within(log, accession, at.0)?;
        let filing = recorded(log, entry)?.ok_or_else(|| not_a_filing(entry))?;
        let notes = notes_about(&index, entry)?;
        let notes: Vec<&Noted> = notes.iter().collect();
        sides.push((entry, Standing::understood(&filing, &notes).filing.into_owned()));
    }
    let [(x, first), (y, second)] = sides.as_slice() else {
        return Err(Failure::new(Exit::Trouble, "expected two filings"));
    };
    let head = basis.head;
    let side = |entry: u64, accession: Accession| Named {
        json: shapes::filing(accession, entry),
        words: format!("{accession}, entry {entry}, ledger size {}, head {head}", at.0),
    };
    let found = of_filings((*x, first), (*y, second));
    let (a, b) = (side(*x, a), side(*y, b));
    Ok(Compared { who: None, a, b, found, named: Vec::new(), several: false })
}

/// One issuer at two points of the clocks.
fn states(
    log: &dyn Log,
    args: &DiffArgs,
    (a, b): (Clocks, Clocks),
    cx: &mut Context,
) -> Result<Option<Compared>, Failure> {
    let Some(issuer) = &args.issuer else {
        let words = "expected --issuer with two dates or two ledger sizes, got none";
        return Err(Failure::new(Exit::Trouble, words)
            .hint("a filing is named by its accession number here; `log` has it by its entry"));
    };
    let (a, b) = (at_one_side(log, issuer, a, cx)?, at_one_side(log, issuer, b, cx)?);
    let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
    if let (None, None) = (&a.answer, &b.answer) {
        let index = LogIndex { log, size: b.basis.question.at.0 };
        return one_of(Resolved::Nobody, &index, issuer, cx).map(|_| None);
    }
    // Whoever is on one side alone is new there, or gone.
    let nothing = Fold::default();
    let found = of_answers(a.fold(&nothing), b.fold(&nothing));
    let side =
        |of: &AtOne| Named { json: shapes::basis(&of.basis), words: notes::basis(&of.basis) };
    let who = b.answer.as_ref().or(a.answer.as_ref()).map(|answer| answer.issuer.clone());
    let named = b.fold(&nothing).named_classes();
    let several = [&a, &b].iter().any(|of| of.fold(&nothing).classes.len() > 1)
        || found.rows.windows(2).any(|rows| matches!(rows, [a, b] if a.class != b.class));
    Ok(Some(Compared { who, a: side(&a), b: side(&b), found, named, several }))
}

/// One side of a comparison: the issuer's answer; none where no filing is about it yet.
struct AtOne {
    basis: Basis,
    answer: Option<Answer>,
}

impl AtOne {
    fn fold<'a>(&'a self, nothing: &'a Fold) -> &'a Fold {
        self.answer.as_ref().map_or(nothing, |answer| &answer.fold)
    }
}

/// Nothing where several may be meant, which is said.
fn at_one_side(
    log: &dyn Log,
    issuer: &str,
    clocks: Clocks,
    cx: &mut Context,
) -> Result<Option<AtOne>, Failure> {
    let basis = begin(log, clocks, cx)?;
    let index = LogIndex { log, size: basis.question.at.0 };
    match resolve(&index, issuer, basis)? {
        Resolved::Nobody => Ok(Some(AtOne { basis, answer: None })),
        resolved => {
            let answer = one_of(resolved, &index, issuer, cx)?;
            Ok(answer.map(|answer| AtOne { basis, answer: Some(answer) }))
        }
    }
}

/// The words of an item that differ; `None` where they are the same.
fn shown(log: &dyn Log, item: &ItemDifference) -> Result<Option<ItemShown>, Failure> {
    let runs = item_runs(log, item.from, item.to)?;
    let (from, to) = (item.from.map(|place| place.entry), item.to.map(|place| place.entry));
    let (chain, number) = (item.chain, item.number);
    Ok((!runs.is_empty()).then_some(ItemShown { chain, number, from, to, runs }))
}

/// Rows, under the class they are of where there are several; then items.
fn show(
    (found, several): (&Differences, bool),
    items: &[ItemShown],
    cx: &mut Context,
) -> Result<(), Failure> {
    if found.rows.is_empty() && items.is_empty() {
        return cx.line("nothing differs");
    }
    let mut marks = String::new();
    for of_one in found.rows.chunk_by(|one, other| one.class == other.class) {
        if several {
            let class = of_one.first().and_then(|one| one.class.as_deref());
            cx.line(class.map_or("class not stated".to_owned(), safe))?;
        }
        let rows = rows_shown(of_one, &mut marks);
        cx.line(table::list(&["Holder", "Row", "From", "To"], &rows, cx.style))?;
    }
    table::legend(&marks).iter().try_for_each(|line| cx.words(line))?;
    let items = items.iter().map(|item| {
        let chain = item.chain.map_or(String::new(), |chain| format!(" of chain {chain}"));
        (item.number, format!("{chain}: {}", difference::shown(&item.runs)))
    });
    difference::together(items).into_iter().try_for_each(|line| cx.words(line))
}

fn rows_shown(differences: &[Difference], marks: &mut String) -> Vec<Vec<String>> {
    let dash = || "-".to_owned();
    let mut rows = Vec::new();
    for one in differences {
        let mut side = |side: &Option<Side>| {
            let Some(side) = side else { return dash() };
            let value = side.value.as_ref();
            let troubled = table::troubled(value, side.troubles);
            let marked = table::marks(value.is_none(), side.carried, troubled);
            marks.push_str(&marked);
            value.map_or_else(String::new, table::value_shown) + &marked
        };
        let (from, to) = (side(&one.from), side(&one.to));
        rows.push(vec![
            one.holder.clone().unwrap_or_else(dash),
            one.what.as_str().to_owned(),
            from,
            to,
        ]);
    }
    rows
}
