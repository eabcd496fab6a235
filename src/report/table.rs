//! Answers for people: tables that fit the terminal they are shown on.
//! Decides nothing, and shows no text of a filing that was not made safe first.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};

use crate::report::difference::{self, ItemWords, Run};
use crate::report::plain::{grouped, safe};
use crate::terms::time::Day;
use crate::terms::trouble::FieldName;
use crate::view::class::ClassStory;
use crate::view::due::{Staleness, staleness};
use crate::view::history::{Change, ChangeKind, Crossing};
use crate::view::holding::{ClassHoldings, Holding};
use crate::view::issuer::Candidate;
use crate::view::question::Basis;
use crate::view::row::{Cited, Value};

/// How an answer is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape sequences for colour may be used.
    pub colour: bool,
}

/// From this width on every power has a column of its own.
const WIDE: usize = 120;

/// A line under the header and none elsewhere: room is for values.
const UNDERLINED_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

fn new_table(style: Style, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UNDERLINED_HEADER);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
    table.set_header(header);
    table
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// What an answer rests on, in the words with which it can be asked for again.
pub fn basis(basis: &Basis) -> String {
    let q = basis.question;
    format!(
        "as of {}, known at {}, ledger size {}, head {}",
        q.as_of.0, q.known_at.0, q.at.0, basis.head
    )
}

/// What the marks behind values mean.
const MARKS: [(char, &str); 5] = [
    ('^', "not restated by the last filing: as last stated"),
    ('?', "stated in a way that cannot be read; see `cite`"),
    ('!', "the filing is in trouble about it; see `cite`"),
    ('*', "understood otherwise since the filing was recorded; see `history`"),
    ('~', "restated for a split since"),
];

/// The holders of one class, as of a day, with marks for what is carried, unreadable, in trouble or
/// understood otherwise, and below them how old the answer is. `adjust` restates for splits.
pub fn holders(class: &ClassHoldings, as_of: Day, adjust: bool, style: Style) -> String {
    let wide = style.width >= WIDE;
    let header: &[&str] = if wide {
        &[
            "Holder",
            "Sole vote",
            "Shared vote",
            "Sole disp.",
            "Shared disp.",
            "Aggregate",
            "%",
            "Type",
            "Status",
            "Event date",
            "Filing",
        ]
    } else {
        &["Holder", "Aggregate", "%", "Type", "Status", "Event date"]
    };
    let mut table = new_table(style, header);
    let story = adjust.then_some(&class.story);
    let mut marks = String::new();
    for holding in &class.holders {
        table.add_row(holder_row(holding, story, wide, &mut marks));
    }
    let mut out = table.to_string();
    for (mark, means) in MARKS {
        if marks.contains(mark) {
            out += &format!("\n{mark} {means}");
        }
    }
    for line in ages(class, as_of).into_iter().chain(by_size(class)) {
        out += &format!("\n{}", wrapped(&line, style.width));
    }
    out
}

/// Words in lines of at most `width` columns, those after the first set in.
fn wrapped(text: &str, width: usize) -> String {
    let inset = text.len() - text.trim_start().len();
    let (mut out, mut column) = (" ".repeat(inset), inset);
    for (at, word) in text.split_whitespace().enumerate() {
        let long = word.chars().count();
        if at > 0 && column + 1 + long > width {
            out += "\n  ";
            column = 2;
        } else if at > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += long;
    }
    out
}

/// How old the answer is about each holder, those of one age in one line.
fn ages(class: &ClassHoldings, as_of: Day) -> Vec<String> {
    let mut lines: Vec<(Staleness, Day, usize)> = Vec::new();
    for holding in &class.holders {
        let stale = staleness(holding, as_of);
        match lines.iter_mut().find(|(one, since, _)| *one == stale && *since == holding.since) {
            Some((.., count)) => *count += 1,
            None => lines.push((stale, holding.since, 1)),
        }
    }
    let all = lines.len() == 1;
    let line = |(stale, since, count): (Staleness, Day, usize)| {
        let who = match (all, count) {
            (true, _) => String::new(),
            (false, 1) => "1 holder ".to_owned(),
            (false, count) => format!("{count} holders "),
        };
        let due = stale.next_due.map_or(String::new(), |duty| {
            format!("; next due by {} ({} {})", duty.due, duty.rule, duty.words)
        });
        let days =
            if stale.days == 1 { "1 day".to_owned() } else { format!("{} days", stale.days) };
        format!("{who}last reported as of {since}, {days} before{due}: {}", stale.means)
    };
    lines.into_iter().map(line).collect()
}

/// Percents by the class's size as reported, where it is.
fn by_size(class: &ClassHoldings) -> Vec<String> {
    let Some(size) = &class.story.size else { return Vec::new() };
    let shares = grouped(&size.shares.to_string());
    let source = safe(&size.source);
    let mut lines = vec![format!("of {shares} outstanding since {} ({source}):", size.since)];
    for holding in &class.holders {
        let aggregate = holding.rows.get(&FieldName::Aggregate);
        let percent = aggregate.and_then(|cited| {
            class.story.percent(cited.amount()?, cited.since, &holding.cover.parts)
        });
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

fn holder_row(
    holding: &Holding,
    story: Option<&ClassStory>,
    wide: bool,
    marks: &mut String,
) -> Vec<Cell> {
    let mut cell = |field: FieldName| {
        let (shown, marked) = shown(holding.rows.get(&field), story);
        marks.push_str(&marked);
        shown + &marked
    };
    let name = holding.name.as_deref().map_or("(name not readable)".to_owned(), safe);
    let mut row = vec![Cell::new(name)];
    if wide {
        let powers = [
            FieldName::SoleVoting,
            FieldName::SharedVoting,
            FieldName::SoleDispositive,
            FieldName::SharedDispositive,
        ];
        row.extend(powers.map(|power| right(cell(power))));
    }
    row.push(right(cell(FieldName::Aggregate)));
    row.push(right(cell(FieldName::Percent)));
    row.push(Cell::new(cell(FieldName::Types)));
    row.push(Cell::new(holding.status.as_str()));
    row.push(Cell::new(holding.event_date.map_or("-".to_owned(), |day| day.to_string())));
    if wide {
        let aggregate = holding.rows.get(&FieldName::Aggregate);
        let accession = aggregate.and_then(|cited| cited.accession);
        row.push(Cell::new(accession.map_or("-".to_owned(), |a| a.to_string())));
    }
    row
}

/// A value and its marks.
fn shown(cited: Option<&Cited>, story: Option<&ClassStory>) -> (String, String) {
    let Some(cited) = cited else { return ("-".to_owned(), String::new()) };
    let restated = story.zip(cited.amount()).and_then(|(story, amount)| {
        story.adjusted(amount, cited.since).map(|adjusted| adjusted.value)
    });
    let value = match (&cited.value, restated) {
        (_, Some(amount)) => grouped(&amount.to_string()),
        (Some(value), None) => value_shown(value),
        (None, None) => String::new(),
    };
    let marks = [
        ('~', restated.is_some()),
        ('^', cited.carried),
        ('?', cited.value.is_none()),
        ('!', !cited.troubles.is_empty() && cited.value.is_some()),
        ('*', cited.corrected.is_some() || cited.reread.is_some()),
    ];
    (value, marks.into_iter().filter(|(_, is)| *is).map(|(mark, _)| mark).collect())
}

/// A table of plain rows; every cell is made safe here.
pub fn list(header: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let mut table = new_table(style, header);
    for row in rows {
        table.add_row(row.iter().map(|cell| Cell::new(safe(cell))));
    }
    table.to_string()
}

/// A value as people write it.
pub fn value_shown(value: &Value) -> String {
    match value {
        Value::Amount(amount) => grouped(&amount.to_string()),
        other => safe(&other.to_string()),
    }
}

/// Changes, a table for each filing or decision, under the entry that vouches for it.
pub fn history(changes: &[Change], items: &ItemWords, style: Style) -> String {
    let filings = changes.chunk_by(|one, next| one.entry == next.entry);
    filings.map(|filing| changes_of(filing, items, style)).collect::<Vec<_>>().join("\n\n")
}

fn changes_of(changes: &[Change], items: &ItemWords, style: Style) -> String {
    let Some(first) = changes.first() else { return String::new() };
    let day = first.event_date.map_or("no event date".to_owned(), |day| day.to_string());
    let accession = first.accession.map_or(String::new(), |a| format!("{a}, "));
    let (known, entry, hash) = (first.known_at, first.entry, first.hash);
    let mut table = new_table(style, &["Change", "Holder", "Row", "From", "To"]);
    let mut below = String::new();
    let (mut rows, mut carried) = (0, Vec::new());
    for change in changes {
        if change.kind == ChangeKind::Carried {
            carried.push(change);
            continue;
        }
        if let Some(item) = change.item {
            below += &item_line(item.number, items.get(&(entry, item.number)));
            continue;
        }
        let value = |v: &Option<Value>| v.as_ref().map_or("-".to_owned(), value_shown);
        rows += 1;
        table.add_row(vec![
            Cell::new(change.kind.as_str()),
            Cell::new(change.holder.as_deref().map_or("-".to_owned(), safe)),
            Cell::new(change.field.as_str()),
            right(value(&change.from)),
            right(value(&change.to)),
        ]);
        below += &crossings(change);
        if let Some(detail) = &change.detail {
            below += &format!("\n{}: {}", change.kind.as_str(), safe(detail));
        }
    }
    if !carried.is_empty() {
        let mut holders: Vec<String> =
            carried.iter().filter_map(|change| change.holder.as_deref()).map(safe).collect();
        holders.dedup();
        below += &format!("\ncarried: {} rows of {}", carried.len(), holders.join("; "));
    }
    for whole in [0, 2, 3, 4] {
        if let Some(column) = table.column_mut(whole) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let table = if rows == 0 { String::new() } else { format!("\n{table}") };
    format!("{day}  {accession}known {known}, entry {entry} {hash}{table}{below}")
}

fn crossings(change: &Change) -> String {
    let words = change.crossed.iter().map(|crossing| match crossing {
        Crossing::AboveFive => "above 5%",
        Crossing::ToFiveOrLess => "to 5% or less",
        Crossing::OnePercent => "by 1% of the class or more",
    });
    let words: Vec<&str> = words.collect();
    let who = change.holder.as_deref().map_or(String::new(), safe);
    if words.is_empty() { String::new() } else { format!("\n{who}: {}", words.join(", ")) }
}

fn item_line(number: u8, words: Option<&Vec<Run>>) -> String {
    match words {
        None => format!("\nitem {number}: stated"),
        Some(runs) => format!("\nitem {number}: {}", difference::shown(runs)),
    }
}

/// Rows of a reading: field, value, and the bytes it was read from.
pub fn rows_of(rows: &[[String; 3]], style: Style) -> String {
    let mut table = new_table(style, &["Row", "Value", "Bytes"]);
    for [field, value, at] in rows {
        table.add_row(vec![Cell::new(field), Cell::new(value), right(at.clone())]);
    }
    table.to_string()
}

/// Issuers somebody may have meant.
pub fn candidates(candidates: &[Candidate], style: Style) -> String {
    let mut table = new_table(style, &["Issuer", "CIK", "CUSIP"]);
    for candidate in candidates {
        let cusips: Vec<&str> = candidate.cusips.iter().map(|c| c.as_str()).collect();
        table.add_row(vec![
            Cell::new(candidate.name.as_deref().map_or("-".to_owned(), safe)),
            Cell::new(candidate.cik.map_or("-".to_owned(), |cik| cik.to_string())),
            Cell::new(safe(&cusips.join(" "))),
        ]);
    }
    table.to_string()
}
