//! Answers for people: tables that fit the terminal they are shown on.
//! Decides nothing, and shows no text of a filing that was not made safe first.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};

use crate::report::difference::{self, ItemWords, Run};
use crate::report::notes::{
    ages, besides, by_size, elsewhere, in_trouble, in_words, named_alike, splits_since,
};
use crate::report::plain::{GLUE, grouped, safe};
use crate::terms::id::Accession;
use crate::terms::statement::Form;
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, TroubleCode};
use crate::view::class::ClassStory;
use crate::view::codes::TroubleCodes;
use crate::view::crossing::Crossing;
use crate::view::history::{Change, ChangeKind, Subject};
use crate::view::holding::{ClassHoldings, Holding};
use crate::view::issuer::Candidate;
use crate::view::row::{Cited, Value};
use crate::view::timeline::SinceBy;

/// How an answer is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape sequences for colour may be used.
    pub colour: bool,
}

/// From this width on every power has a column of its own.
pub const WIDE: usize = 120;

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

/// What the marks behind values mean.
const MARKS: [(char, &str); 7] = [
    ('^', "not restated by the last filing: as last stated"),
    ('?', "stated in a way that cannot be read; see `cite`"),
    ('!', "the filing is in trouble about it, or one that left it out is; see `cite`"),
    ('*', "understood otherwise since the filing was recorded; see `history`"),
    ('~', "restated for a split since"),
    ('≈', "restated for a split since, and rounded"),
    ('†', "not its event date: the day it was filed or signed, the latest it can be"),
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
    // A name is broken rather than a number or a day.
    for at in (1..header.len()).filter(|at| header.get(*at) != Some(&"Type")) {
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut out = table.to_string();
    let legend =
        legend(&marks).into_iter().chain(elsewhere(class.holders.iter().map(|one| &one.rows)));
    let said = in_trouble(&class.holders).into_iter().chain(in_words(class));
    let said = said.chain(named_alike(class));
    let said = said.chain(class.holders.iter().flat_map(besides));
    let below = legend.chain(said).chain(splits_since(class).filter(|_| !adjust));
    let below = below.chain(ages(class, as_of));
    for line in below.chain(by_size(class)) {
        out += &format!("\n{}", wrapped(&line, style.width));
    }
    out
}

/// What the marks that were used mean.
pub fn legend(marks: &str) -> Vec<String> {
    let used = MARKS.iter().filter(|(mark, _)| marks.contains(*mark));
    used.map(|(mark, means)| format!("{mark} {means}")).collect()
}

/// Words in lines of at most `width` columns, those after the first set in; what fits is left as it
/// is. A no-break space keeps two words together, and is shown as a space.
pub fn wrapped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.replace(GLUE, " ");
    }
    let inset = text.len() - text.trim_start().len();
    let (mut out, mut column) = (" ".repeat(inset), inset);
    for (at, word) in text.split([' ', '\n']).filter(|word| !word.is_empty()).enumerate() {
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
    out.replace(GLUE, " ")
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
    let (day, mark) = day_shown(holding);
    row.push(Cell::new(day + mark));
    marks.push_str(mark);
    if wide {
        let aggregate = holding.rows.get(&FieldName::Aggregate);
        let accession = aggregate.and_then(|cited| cited.source.accession);
        row.push(Cell::new(accession.map_or("-".to_owned(), |a| a.to_string())));
    }
    row
}

/// The event date of a holder's last filing; where that tells nothing, with a mark, the day since
/// which the filing is true (spec, section 17.2).
pub fn day_shown(holding: &Holding) -> (String, &'static str) {
    match holding.since_by() {
        SinceBy::EventDate => (holding.since.to_string(), ""),
        SinceBy::Known | SinceBy::Signature => (holding.since.to_string(), "†"),
        SinceBy::Recording => {
            (holding.event_date.map_or("-".to_owned(), |day| day.to_string()), "")
        }
    }
}

/// A value and its marks.
fn shown(cited: Option<&Cited>, story: Option<&ClassStory>) -> (String, String) {
    let Some(cited) = cited else { return ("-".to_owned(), String::new()) };
    let restated = story
        .zip(cited.amount())
        .and_then(|(story, amount)| story.adjusted(amount, cited.source.since));
    let value = match (&cited.value, &restated) {
        (_, Some(adjusted)) => grouped(&adjusted.value.to_string()),
        (Some(value), None) => value_shown(value),
        (None, None) => String::new(),
    };
    let restated = restated.map_or("", |adjusted| if adjusted.exact { "~" } else { "≈" });
    let otherwise = cited.corrected().is_some() || cited.source.reread.is_some();
    let marks =
        marks(cited.value.is_none(), cited.carried, troubled(cited.value.as_ref(), cited.troubles));
    (value, format!("{restated}{marks}{}", if otherwise { "*" } else { "" }))
}

/// The marks of a value that cannot be read, is carried, is in trouble.
pub fn marks(unreadable: bool, carried: bool, troubled: bool) -> String {
    let marks = [('^', carried), ('?', unreadable), ('!', troubled && !unreadable)];
    marks.into_iter().filter(|(_, is)| *is).map(|(mark, _)| mark).collect()
}

/// Whether any of a filing's troubles is about this value: sums that do not add up say nothing
/// against a citizenship or a type.
pub fn troubled(value: Option<&Value>, troubles: TroubleCodes) -> bool {
    use TroubleCode::{PartsSum, PercentInconsistent, PercentMismatch, PowersArithmetic, ViaSum};
    const SUMS: [TroubleCode; 5] =
        [PowersArithmetic, PartsSum, ViaSum, PercentMismatch, PercentInconsistent];
    let number = matches!(value, None | Some(Value::Amount(_) | Value::Percent(_)));
    troubles.iter().any(|code| number || !SUMS.contains(&code))
}

/// A value as stated, and its marks.
pub fn marked(cited: Option<&Cited>) -> (String, String) {
    shown(cited, None)
}

/// A table of plain rows; every cell is made safe here.
pub fn list(header: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let mut table = new_table(style, header);
    for row in rows {
        table.add_row(row.iter().map(|cell| Cell::new(safe(cell))));
    }
    // A day or a number is never broken; neither is an accession number, alone or among words, nor
    // a word of a form's name.
    for at in 0..header.len() {
        let cells = || rows.iter().filter_map(|row| row.get(at));
        let most = cells().map(|cell| cell.chars().count()).max().unwrap_or(0);
        let words = cells().flat_map(|cell| {
            let form = of_form(cell);
            cell.split(' ').filter(move |word| form || of_accession(word))
        });
        let constraint = match words.map(|word| word.chars().count()).max() {
            _ if most <= DAY => ColumnConstraint::ContentWidth,
            Some(long) if most == long => ColumnConstraint::ContentWidth,
            Some(long) => ColumnConstraint::LowerBoundary(Width::Fixed(long as u16 + PADDING)),
            None => continue,
        };
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(constraint);
        }
    }
    table.to_string()
}

/// A table of plain rows whose last cells are reasons: a column of its own where there is room, and
/// below it where there is not, each reason once, behind the first cells of its rows.
pub fn with_reasons(header: &[&str], mut rows: Vec<Vec<String>>, style: Style) -> String {
    if style.width >= WIDE {
        return list(header, &rows, style);
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
    let below = reasons.iter().map(|(why, entries)| {
        let entry = if entries.len() == 1 { "entry" } else { "entries" };
        let line = format!("{entry} {}: {}", entries.join(", "), safe(why));
        format!("\n{}", wrapped(&line, style.width))
    });
    list(header, &rows, style) + &below.collect::<String>()
}

/// Whether a reason names a filing: such a word takes a column's room.
pub fn names_filing(reason: &str) -> bool {
    reason.split(' ').any(of_accession)
}

/// Whether a word is an accession number, whatever stands around it.
fn of_accession(word: &str) -> bool {
    word.trim_matches(|c: char| !c.is_ascii_digit()).parse::<Accession>().is_ok()
}

/// Whether a cell is a form's name, marked or not.
fn of_form(cell: &str) -> bool {
    Form::from_edgar(cell.trim_end_matches('!')).is_some()
}

/// Columns between the words of a cell and the next cell's.
const PADDING: u16 = 2;

/// How many characters a day has, with a mark.
const DAY: usize = 11;

/// A value as people write it.
pub fn value_shown(value: &Value) -> String {
    match value {
        Value::Amount(amount) => grouped(&amount.to_string()),
        other => safe(&other.to_string()),
    }
}

/// Changes, a table for each filing or decision, under the entry that vouches for it; and under the
/// class, where the subject has `several`: those shown may be of one of them alone.
pub fn history(
    changes: &[Change],
    items: &ItemWords,
    (subject, several): (&Subject, bool),
    style: Style,
) -> String {
    let person = matches!(subject, Subject::Person(_));
    let said = Said { issuer: person, class: several };
    let filings = changes.chunk_by(|one, next| {
        (one.entry, &one.issuer, &one.class) == (next.entry, &next.issuer, &next.class)
    });
    filings.map(|filing| changes_of(filing, items, said, style)).collect::<Vec<_>>().join("\n\n")
}

/// What the heading of a filing's changes has to say, where it is not the same for all of them.
#[derive(Clone, Copy)]
struct Said {
    issuer: bool,
    class: bool,
}

impl Said {
    /// The line that names issuer and class, if it is needed.
    fn line(self, change: &Change) -> Option<String> {
        let issuer = change.issuer.as_deref().filter(|_| self.issuer).map(|issuer| {
            let name = issuer.name.as_deref().map_or("issuer not named".to_owned(), safe);
            issuer.cik.map_or(name.clone(), |cik| format!("{name}, CIK {cik}"))
        });
        let class = change.class.as_ref().and_then(|class| class.title.as_deref());
        let class = class.filter(|_| self.class).map(safe);
        let parts: Vec<String> = issuer.into_iter().chain(class).collect();
        (!parts.is_empty()).then(|| parts.join(": "))
    }
}

/// How many characters a number of shares has at most, with its commas; more is words.
const NUMBER: usize = 16;

/// The day since which a change is true: that of its filing's event, if that is not of another.
fn day_of(change: &Change) -> String {
    match change.event_date {
        Some(event) if event < change.day => format!("{}, event date {event}", change.day),
        Some(event) => event.to_string(),
        None => "no event date".to_owned(),
    }
}

fn changes_of(changes: &[Change], items: &ItemWords, said: Said, style: Style) -> String {
    let Some(first) = changes.first() else { return String::new() };
    let day = day_of(first);
    let accession = first.accession.map_or(String::new(), |a| format!("  {a}"));
    let (known, entry, hash) = (first.known_at, first.entry, first.hash);
    let mut table = new_table(style, &["Change", "Holder", "Row", "From", "To"]);
    let mut below = String::new();
    let (mut rows, mut used) = (0, String::new());
    let (mut carried, mut restated): (Vec<&Change>, Vec<&Change>) = (Vec::new(), Vec::new());
    let (mut longest, mut said_items) = (0, Vec::new());
    for change in changes {
        match change.kind {
            ChangeKind::Carried => carried.push(change),
            ChangeKind::Restated => restated.push(change),
            _ => {}
        }
        if matches!(change.kind, ChangeKind::Carried | ChangeKind::Restated) {
            continue;
        }
        if let Some(item) = change.item {
            said_items.push((item.number, item_said(items.get(&(entry, item.number)))));
            continue;
        }
        let value = |v: &Option<Value>| v.as_ref().map_or("-".to_owned(), value_shown);
        let said = matches!(change.kind, ChangeKind::Reported | ChangeKind::Amended);
        let unreadable = said && change.to.is_none();
        let marked = marks(unreadable, false, troubled(change.to.as_ref(), change.troubles));
        let to = if unreadable { String::new() } else { value(&change.to) };
        longest = longest.max(value(&change.from).chars().count()).max(to.chars().count());
        used.push_str(&marked);
        rows += 1;
        table.add_row(vec![
            Cell::new(change.kind.as_str()),
            Cell::new(change.holder.as_deref().map_or("-".to_owned(), safe)),
            Cell::new(row_of(change)),
            right(value(&change.from)),
            right(to + &marked),
        ]);
        below += &crossings(change);
        if let Some(detail) = &change.detail {
            let who =
                change.holder.as_deref().map_or(String::new(), |who| format!(", {}", safe(who)));
            let line = format!("{}{who}: {}", change.kind.as_str(), safe(detail));
            below += &format!("\n{}", wrapped(&line, style.width));
        }
    }
    let mut lines = difference::together(said_items);
    if !restated.is_empty() {
        lines.push(format!("restated, no row otherwise: {}", holders_of(&restated)));
    }
    if !carried.is_empty() {
        let rows = if carried.len() == 1 { "1 row" } else { &format!("{} rows", carried.len()) };
        lines.push(format!("carried: {rows} of {}", holders_of(&carried)));
    }
    below.extend(lines.iter().map(|line| format!("\n{}", wrapped(line, style.width))));
    // A number is never broken; words are, rather than that a name is.
    let whole = [0, 2, 3, 4].into_iter().filter(|at| *at < 3 || longest <= NUMBER);
    for whole in whole {
        if let Some(column) = table.column_mut(whole) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let table = if rows == 0 { String::new() } else { format!("\n{table}") };
    let legend: String = legend(&used).iter().map(|line| format!("\n{line}")).collect();
    let head = format!("{day}{accession}, known {known}, entry{GLUE}{entry} {hash}");
    let about = said.line(first).map(|line| format!("\n{}", wrapped(&line, style.width)));
    let about = about.unwrap_or_default();
    format!("{}{about}{table}{legend}{below}", wrapped(&head, style.width))
}

/// The row that a change is of; who is out is so as a whole, by whatever tells it.
fn row_of(change: &Change) -> &'static str {
    match change.kind {
        ChangeKind::Exited => FieldName::All.as_str(),
        _ => change.field.as_str(),
    }
}

/// Whose changes they are, each once.
fn holders_of(changes: &[&Change]) -> String {
    let mut holders: Vec<String> =
        changes.iter().filter_map(|change| change.holder.as_deref()).map(safe).collect();
    holders.dedup();
    holders.join("; ")
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

fn item_said(words: Option<&Vec<Run>>) -> String {
    words.map_or(": stated".to_owned(), |runs| format!(": {}", difference::shown(runs)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_said_against_numbers_alone() {
        let codes = Value::Codes(vec!["IN".to_owned()].into());
        let percent = Value::Percent("5.4".parse().unwrap());
        let (sum, contradiction) = (TroubleCode::PowersArithmetic, TroubleCode::Contradiction);
        for (value, code, marked) in [
            (Some(&codes), sum, false),
            (Some(&codes), contradiction, true),
            (Some(&percent), sum, true),
            (None, sum, true),
        ] {
            assert_eq!(troubled(value, [code].into_iter().collect()), marked, "{value:?} {code}");
        }
    }
}
