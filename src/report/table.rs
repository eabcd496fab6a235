//! Answers for people: tables that fit the terminal they are shown on.
//! Decides nothing, and shows no text of a filing that was not made safe first.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};

use crate::report::plain::{grouped, safe};
use crate::terms::trouble::FieldName;
use crate::view::history::Change;
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

/// The holders of one class. `^` marks a value carried from an earlier filing, `?` one that the
/// latest filing states in a way that cannot be read.
pub fn holders(class: &ClassHoldings, style: Style) -> String {
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
    let mut marks = String::new();
    for holding in &class.holders {
        table.add_row(holder_row(holding, wide, &mut marks));
    }
    let mut out = table.to_string();
    if marks.contains('^') {
        out += "\n^ not restated by the last filing: as last stated";
    }
    if marks.contains('?') {
        out += "\n? stated in a way that cannot be read; see `cite`";
    }
    out
}

fn holder_row(holding: &Holding, wide: bool, marks: &mut String) -> Vec<Cell> {
    let mut cell = |field: FieldName| {
        let shown = shown(holding.rows.get(&field));
        marks.extend(shown.chars().filter(|c| matches!(c, '^' | '?')));
        shown
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

fn shown(cited: Option<&Cited>) -> String {
    match cited {
        None => "-".to_owned(),
        Some(Cited { value: None, .. }) => "?".to_owned(),
        Some(Cited { value: Some(value), carried, .. }) => {
            let mark = if *carried { "^" } else { "" };
            value_shown(value) + mark
        }
    }
}

/// A value as people write it.
pub fn value_shown(value: &Value) -> String {
    match value {
        Value::Amount(amount) => grouped(&amount.to_string()),
        other => safe(&other.to_string()),
    }
}

/// Changes, a table for each filing, under the entry that vouches for it.
pub fn history(changes: &[Change], style: Style) -> String {
    let filings = changes.chunk_by(|one, next| one.entry == next.entry);
    filings.map(|filing| changes_of(filing, style)).collect::<Vec<_>>().join("\n\n")
}

fn changes_of(changes: &[Change], style: Style) -> String {
    let Some(first) = changes.first() else { return String::new() };
    let day = first.event_date.map_or("no event date".to_owned(), |day| day.to_string());
    let accession = first.accession.map_or(String::new(), |a| format!("{a}, "));
    let (known, entry, hash) = (first.known_at, first.entry, first.hash);
    let mut table = new_table(style, &["Change", "Holder", "Row", "From", "To"]);
    for change in changes {
        let value = |v: &Option<Value>| v.as_ref().map_or("-".to_owned(), value_shown);
        table.add_row(vec![
            Cell::new(change.kind.as_str()),
            Cell::new(change.holder.as_deref().map_or("-".to_owned(), safe)),
            Cell::new(change.field.as_str()),
            right(value(&change.from)),
            right(value(&change.to)),
        ]);
    }
    for whole in [0, 2, 3, 4] {
        if let Some(column) = table.column_mut(whole) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    format!("{day}  {accession}known {known}, entry {entry} {hash}\n{table}")
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
