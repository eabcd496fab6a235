//! What is said in words below a table: of a class, of a holder, of how old an answer is.
//! Decides nothing and draws nothing; `table` does, and fits the words to the terminal.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::plain::{GLUE, grouped, safe};
use crate::terms::time::Day;
use crate::terms::trouble::{Trouble, TroubleCode};
use crate::view::beside::Conflict;
use crate::view::codes::TroubleCodes;
use crate::view::due::staleness;
use crate::view::duty::Duty;
use crate::view::holding::{ClassHoldings, Exceeded, Holding};
use crate::view::others::Other;
use crate::view::question::Basis;
use crate::view::row::{Cited, Rows};
use crate::view::status::Evidence;
use crate::view::timeline::{KnownBy, SinceBy};

/// What an answer rests on, in the words with which it can be asked for again.
pub fn basis(basis: &Basis) -> String {
    let q = basis.question;
    format!(
        "as of {}, known at {}, ledger size {}, head{GLUE}{}",
        q.as_of.0, q.known_at.0, q.at.0, basis.head
    )
}

/// What a class is called otherwise than its filings print, and which filings about another class
/// name it, too.
pub fn class_notes(class: &ClassHoldings) -> impl Iterator<Item = String> {
    let renamed = class.story.renamed.as_ref().map(|new| {
        let printed = new
            .printed_since
            .map_or(String::new(), |day| format!("; its filings print the one above since {day}"));
        let title = safe(&new.title);
        format!("its title is {title} since {} (entry {}){printed}", new.since, new.entry)
    });
    let exceeded = class.exceeded.iter().map(|one| {
        let Exceeded { entry, on, true_since, .. } = one;
        format!(
            "one of the holders of entry {entry}, or all together, came to have more than 5% on \
             {on}, how much is not stated: what it reports is of {true_since}"
        )
    });
    renamed.into_iter().chain(named_by(class, "this class")).chain(exceeded)
}

fn named_by(class: &ClassHoldings, called: &str) -> Option<String> {
    let entries: Vec<String> = class.named_by.iter().map(u64::to_string).collect();
    let (are, name) = if entries.len() == 1 { ("entry", "names") } else { ("entries", "name") };
    (!entries.is_empty()).then(|| {
        format!(
            "{are} {} {name} {called}, too: what it says is answered for in the other alone",
            entries.join(", ")
        )
    })
}

/// Which filings about another class name each of these, where classes have no headings.
pub fn named_classes(classes: &[ClassHoldings]) -> impl Iterator<Item = String> {
    classes.iter().filter_map(|class| {
        let cusips: Vec<&str> = class.cusips.iter().map(|cusip| cusip.as_str()).collect();
        let title = class.title.as_deref().map_or("a class without a title".to_owned(), safe);
        named_by(class, &format!("{title} (CUSIP {})", safe(&cusips.join(" "))))
    })
}

/// Under which filings' numbers other bytes came, each by the entry that says so.
pub fn conflicts(conflicts: &[Conflict]) -> impl Iterator<Item = String> {
    let each = |one: &Conflict| one.by.iter().map(|by| (one.accession, *by)).collect::<Vec<_>>();
    conflicts.iter().flat_map(each).map(|(accession, entry)| {
        format!(
            "other bytes came under {accession}: entry {entry}; they count for nothing, and \
             `received {entry}` gives them back"
        )
    })
}

/// Which filings of other issuers print a CUSIP of the class: no number makes one issuer of two.
pub fn printed_by(others: &[Other]) -> impl Iterator<Item = String> {
    const SHOWN: usize = 8;
    others.iter().map(|Other { cik, name, cusips, entries }| {
        let shown: Vec<String> = entries.iter().take(SHOWN).map(u64::to_string).collect();
        let more = match entries.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (are, print, they) = match entries.len() {
            1 => ("entry", "prints", "it says"),
            _ => ("entries", "print", "they say"),
        };
        let name = name.as_deref().map_or("an issuer without a name".to_owned(), safe);
        let cusips: Vec<&str> = cusips.iter().map(|cusip| cusip.as_str()).collect();
        format!(
            "{are} {}{more} of {name} (CIK {cik}) {print} CUSIP {}, too: what {they} is answered \
             for under that CIK alone",
            shown.join(", "),
            cusips.join(", ")
        )
    })
}

/// That splits lie between what is shown and now.
pub(super) fn splits_since(class: &ClassHoldings) -> impl Iterator<Item = String> {
    let cited = class.holders.iter().flat_map(|one| one.rows.values());
    let adjusted = cited.filter_map(|cited| {
        class.story.adjusted(cited.amount()?, cited.source.since).map(|adjusted| adjusted.by)
    });
    let entries: BTreeSet<u64> = adjusted.flatten().collect();
    let entries: Vec<String> = entries.iter().map(u64::to_string).collect();
    let told = (!entries.is_empty()).then(|| {
        format!(
            "amounts are those of before a split (entry {}): --adjust restates them",
            entries.join(", ")
        )
    });
    told.into_iter()
}

/// What it means where a value is carried because the filing that should restate it says nothing in
/// its place, as "See Item 5" does.
pub fn elsewhere<'a>(rows: impl IntoIterator<Item = &'a Rows>) -> Option<String> {
    let missing = |cited: &Cited| cited.carried && cited.troubles.contains(TroubleCode::RowMissing);
    let any = rows.into_iter().any(|rows| rows.values().any(missing));
    any.then(|| {
        "^! no number stands there in the last filing, which may say it elsewhere, as in its items"
            .to_owned()
    })
}

/// Exits that no cover page tells of.
pub(super) fn in_words(class: &ClassHoldings) -> Vec<String> {
    let exits = class.holders.iter().filter_map(|one| Some((one, one.life.exit?)));
    let said = exits.filter(|(_, exit)| exit.evidence == Evidence::ItemFiveE);
    said.map(|(one, exit)| {
        let name = one.name.as_deref().map_or("(name not readable)".to_owned(), safe);
        let on = exit.stated.map_or("a day it does not name".to_owned(), |day| day.to_string());
        format!("{name} is out by the words of Item 5(e) alone (entry {}), on {on}", exit.entry)
    })
    .collect()
}

/// Who is named as others of the class are, on other filings: what it had then beside what it has
/// now, if it is one.
pub fn named_alike(class: &ClassHoldings) -> impl Iterator<Item = String> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, key) in class.named_alike() {
        let Some(holding) = class.holders.get(at) else { continue };
        let name = holding.name.as_deref().map_or(String::new(), safe);
        let said = holding.cik.map_or(name.clone(), |cik| format!("{name} (CIK {cik})"));
        named.entry(key).or_default().push(said);
    }
    named.into_values().map(|all| {
        format!(
            "{} are named alike and counted apart; if they are one, what was reported last stands \
             alone: `blockholder links` proposes, `link` and `unlink` decide",
            all.join(", ")
        )
    })
}

/// What else there is of somebody, and does not stand or was not read.
pub fn besides(holding: &Holding) -> impl Iterator<Item = String> {
    let name = holding.name.as_deref().map_or("(name not readable)".to_owned(), safe);
    let entries = |all: &[u64]| {
        let all: Vec<String> = all.iter().map(u64::to_string).collect();
        match all.len() {
            0 => None,
            1 => Some(format!("entry {}", all.join(", "))),
            _ => Some(format!("entries {}", all.join(", "))),
        }
    };
    let later = entries(&holding.known_later).map(|entries| {
        format!(
            "{name}: what became known later than this and does not stand, for it is true since an \
             earlier day or closes another statement: {entries}; see `history`"
        )
    });
    let uncovered = entries(&holding.uncovered).map(|entries| {
        format!(
            "{name}: later amendments of its statement of which no cover page was read: {entries}"
        )
    });
    let several = entries(&holding.several).map(|entries| {
        format!(
            "{name}: its rows are of a filing about several classes, and do not say how much is of \
             which: {entries}"
        )
    });
    let named = entries(&holding.named_since).map(|entries| {
        format!(
            "{name}: later filings about another class name this one, too, and have a cover page \
             of it; what they say is answered for there alone: {entries}"
        )
    });
    later.into_iter().chain(uncovered).chain(several).chain(named)
}

/// Which filings that holders are told from are in trouble as a whole: a line each.
pub fn in_trouble<'a>(holders: impl IntoIterator<Item = &'a Holding>) -> Vec<String> {
    let mut filings: BTreeMap<u64, (TroubleCodes, Vec<String>)> = BTreeMap::new();
    for one in holders.into_iter().filter(|one| !one.filing_troubles.is_empty()) {
        let (_, names) =
            filings.entry(one.entry).or_insert_with(|| (one.filing_troubles, Vec::new()));
        names.push(one.name.as_deref().map_or("(name not readable)".to_owned(), safe));
    }
    let told = filings.into_iter().map(|(entry, (codes, names))| {
        let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let (codes, names) = (codes.join(", "), names.join("; "));
        format!("entry {entry} is in trouble as a whole ({codes}); what is told from it: {names}")
    });
    told.collect()
}

/// What a filing is in trouble about.
pub fn trouble(entry: u64, trouble: &Trouble) -> String {
    format!("entry {entry}: {}: {}", trouble.code, safe(&trouble.message))
}

/// How old the answer is about each holder, those of one age in one line.
pub(super) fn ages(class: &ClassHoldings, as_of: Day) -> Vec<String> {
    let name =
        |holding: &Holding| holding.name.as_deref().map_or("(name not readable)".to_owned(), safe);
    let ages = class.holders.iter().map(|holding| (name(holding), age(holding, as_of)));
    let ages: Vec<(String, String)> = ages.collect();
    match ages.as_slice() {
        [(_, only)] => vec![only.clone()],
        [(_, first), rest @ ..] if rest.iter().all(|(_, age)| age == first) => {
            vec![format!("each {first}")]
        }
        _ => of_each(ages, "holders"),
    }
}

/// What is said of each of several, once for all of whom the same is said: by their names where
/// they are few.
pub fn of_each(said: impl IntoIterator<Item = (String, String)>, many: &str) -> Vec<String> {
    const FEW: usize = 3;
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (name, words) in said {
        match lines.iter_mut().find(|(one, _)| *one == words) {
            Some((_, names)) => names.push(name),
            None => lines.push((words, vec![name])),
        }
    }
    let line = |(words, mut names): (String, Vec<String>)| {
        let count = names.len();
        names.dedup();
        match count {
            1 => format!("{}: {words}", names.concat()),
            _ if names.len() > FEW => format!("{count} {many}: each {words}"),
            _ => format!("{}: each {words}", names.join("; ")),
        }
    };
    lines.into_iter().map(line).collect()
}

/// How old a holder's last report is, and what was due since.
pub fn age(holding: &Holding, as_of: Day) -> String {
    let (stale, since) = (staleness(holding, as_of), holding.since);
    let words = |what: &str, duty: Duty| {
        format!("; {what} due by {} ({} {})", duty.due, duty.rule, duty.words)
    };
    let due = match (stale.next_due, stale.upcoming) {
        (Some(past), _) => words("a new filing would have been", past),
        (None, Some(next)) => words("the next regular filing is", next),
        (None, None) => String::new(),
    };
    // Without an event date its numbers can have become true earlier than anybody can tell; so can
    // they with one that is after the filing.
    let undated = |without: &str| match holding.event_date {
        None => format!("without {without}"),
        Some(event) => format!("for its event date, {event}, is after that"),
    };
    // That of an original that reports its own exit.
    let exceeded = holding.event_date.filter(|event| *event < holding.since);
    let exceeded = exceeded.map_or(String::new(), |event| event.to_string());
    let since = match (holding.since_by(), holding.known_by) {
        (SinceBy::EventDate, _) => format!("as of {since}"),
        _ if !exceeded.is_empty() => {
            format!("on {since}, its event date, {exceeded}, being of more than 5%")
        }
        (SinceBy::Known, KnownBy::FilingDate) => {
            format!("on {since}, the filing date, {}", undated("an event date"))
        }
        (SinceBy::Known, _) => format!("on {since}, {}", undated("an event date")),
        (SinceBy::Signature, _) => {
            let undated = undated("an event or a filing date");
            format!("on {since}, the last day it is signed, {undated}")
        }
        (SinceBy::Recording, _) => {
            format!("on a day that nothing states: {since} is when it was recorded here")
        }
    };
    let days = stale.days.map_or(String::new(), |days| format!(", {} before", days_words(days)));
    format!("last reported {since}{days}{due}: {}", stale.means)
}

/// Days, and months where there are some.
fn days_words(days: i32) -> String {
    // 1,461 days are 48 months.
    match (days, i64::from(days) * 48 / 1461) {
        (1, _) => "1 day".to_owned(),
        (days, 0..3) => format!("{days} days"),
        (days, months) => format!("{days} days ({months} months)"),
    }
}

/// Percents by the class's size as reported, where it is.
pub(super) fn by_size(class: &ClassHoldings) -> Vec<String> {
    let Some(size) = &class.story.size else { return Vec::new() };
    let shares = grouped(&size.shares.to_string());
    let source = safe(&size.source);
    let since = size.since;
    let mut lines = vec![match class.story.adjusted(size.shares, since) {
        None => format!("of {shares} outstanding since {since} ({source}):"),
        // The percents below are of what those have become.
        Some(now) => format!(
            "of {} outstanding, which {shares} since {since} ({source}) are by a split since:",
            grouped(&now.value.to_string())
        ),
    }];
    for holding in &class.holders {
        let percent = holding.by_size(&class.story);
        let name = holding.name.as_deref().map_or("(name not readable)".to_owned(), safe);
        if let Some(percent) = percent {
            lines.push(match percent.least == percent.most {
                true => format!("  {}%  {name}", percent.least),
                false => format!("  {}% to {}%  {name}", percent.least, percent.most),
            });
        }
    }
    lines
}
