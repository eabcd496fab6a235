//! A reading for people: what a filing says, row by row, and what is wrong with it.
//! Shows no text of a filing that was not made safe first.

use crate::report::plain::{grouped, safe};
use crate::report::table::{Style, rows_of};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Reading};
use crate::terms::trouble::FieldName;
use crate::view::row::rows;

/// The reading as text.
pub fn words(reading: &Reading, style: Style) -> String {
    let mut out = cover(reading);
    for (index, holder) in reading.holders.iter().enumerate() {
        out += &format!("\n\n{index}  {}\n", said(FieldName::Name, &holder.name));
        out += &rows_of(&holder_rows(holder), style);
    }
    let items: Vec<String> = reading.items.iter().map(|item| item.number.to_string()).collect();
    out += &format!("\n\nitems {}", if items.is_empty() { "none".into() } else { items.join(" ") });
    for trouble in &reading.troubles {
        let holder = trouble.holder.map_or(String::new(), |at| format!(" holder {at}"));
        let message = safe(&trouble.message);
        out += &format!("\n{}{holder} {}: {message}", trouble.code, trouble.field);
    }
    out
}

fn cover(reading: &Reading) -> String {
    let cusips: Vec<String> =
        reading.cusips.iter().map(|cusip| said(FieldName::Cusips, cusip)).collect();
    let lines = [
        ("form", said(FieldName::Form, &reading.form)),
        ("amendment", said(FieldName::AmendmentNumber, &reading.amendment_number)),
        ("event date", said(FieldName::EventDate, &reading.event_date)),
        ("accepted", said(FieldName::AcceptedAt, &reading.accepted_at)),
        ("accession", said(FieldName::Accession, &reading.accession)),
        ("issuer", said(FieldName::IssuerName, &reading.issuer.name)),
        ("issuer CIK", said(FieldName::IssuerCik, &reading.issuer.cik)),
        ("class", said(FieldName::ClassTitle, &reading.class_title)),
        ("CUSIP", cusips.join(" ")),
    ];
    let lines: Vec<String> =
        lines.iter().map(|(name, value)| format!("{name:<11} {value}")).collect();
    lines.join("\n")
}

fn holder_rows(holder: &Holder) -> Vec<[String; 3]> {
    let mut table: Vec<[String; 3]> =
        rows(holder).iter().map(|(field, value)| row(*field, value)).collect();
    for part in &holder.parts {
        let amount = grouped(&part.amount.to_string());
        let at = format!("{}-{}", part.span.start(), part.span.end());
        table.push([format!("of it {}", safe(&part.instrument)), amount, at]);
    }
    for via in &holder.via {
        let at = format!("{}-{}", via.span.start(), via.span.end());
        table.push(["held through".to_owned(), safe(&via.name), at]);
    }
    table
}

fn row<T: ToString>(field: FieldName, value: &Field<T>) -> [String; 3] {
    let at = value.span().map_or(String::new(), |s| format!("{}-{}", s.start(), s.end()));
    [field.to_string(), said(field, value), at]
}

fn said<T: ToString>(field: FieldName, value: &Field<T>) -> String {
    let numeric = matches!(
        field,
        FieldName::SoleVoting
            | FieldName::SharedVoting
            | FieldName::SoleDispositive
            | FieldName::SharedDispositive
            | FieldName::Aggregate
    );
    match value.value() {
        Some(value) if numeric => grouped(&value.to_string()),
        Some(value) => safe(&value.to_string()),
        None => format!("({})", value.state()),
    }
}
