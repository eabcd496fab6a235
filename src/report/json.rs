//! Answers and readings for programs: JSON of a versioned shape, one object a line.
//! Decides nothing: every value was found elsewhere, and nothing here opens a filing.

use serde_json::{Map, Value, json};

use crate::terms::span::{Field, Span};
use crate::terms::statement::{
    Capacity, Document, Holder, Item, ItemFour, Party, Reading, Signature,
};
use crate::terms::trouble::Trouble;

/// A span as `[start, end]`, bytes of the file as received.
pub fn span(span: Span) -> Value {
    json!([span.start(), span.end()])
}

/// A field as `{"state", "value", "span"}`; `value` and `span` only where there are such.
fn field<T>(field: &Field<T>, value: impl Fn(&T) -> Value) -> Value {
    let mut object = Map::new();
    object.insert("state".into(), field.state().into());
    if let Some(stated) = field.value() {
        object.insert("value".into(), value(stated));
    }
    if let Some(at) = field.span() {
        object.insert("span".into(), span(at));
    }
    Value::Object(object)
}

fn text<T: ToString>(value: &T) -> Value {
    Value::String(value.to_string())
}

fn fields<T>(list: &[Field<T>], value: impl Fn(&T) -> Value) -> Value {
    list.iter().map(|each| field(each, &value)).collect()
}

/// One reading (design of the shape: every `F` has its state, and its span where it has a place).
pub fn reading(reading: &Reading) -> Value {
    json!({
        "form": field(&reading.form, text),
        "amendment_number": field(&reading.amendment_number, text),
        "event_date": field(&reading.event_date, text),
        "filed_date": field(&reading.filed_date, text),
        "accepted_at": field(&reading.accepted_at, text),
        "accession": field(&reading.accession, text),
        "previous_accession": field(&reading.previous_accession, text),
        "schema_version": field(&reading.schema_version, text),
        "previously_filed": field(&reading.previously_filed, |ticked| (*ticked).into()),
        "issuer": {
            "name": field(&reading.issuer.name, text),
            "cik": field(&reading.issuer.cik, text),
        },
        "file_number": field(&reading.file_number, text),
        "cusips": fields(&reading.cusips, text),
        "class_title": field(&reading.class_title, text),
        "rules": fields(&reading.rules, |rule| rule.as_str().into()),
        "filed_by": reading.filed_by.iter().map(party).collect::<Value>(),
        "group_members": fields(&reading.group_members, text),
        "documents": reading.documents.iter().map(document).collect::<Value>(),
        "holders": reading.holders.iter().map(holder).collect::<Value>(),
        "items": reading.items.iter().map(item).collect::<Value>(),
        "item_4": item_4(&reading.item_4),
        "five_percent_or_less": field(&reading.five_percent_or_less, |ticked| (*ticked).into()),
        "class_sizes": fields(&reading.class_sizes, text),
        "exhibit_list": reading.exhibit_list.map(span),
        "signatures": reading.signatures.iter().map(signature).collect::<Value>(),
        "troubles": reading.troubles.iter().map(trouble).collect::<Value>(),
    })
}

fn holder(holder: &Holder) -> Value {
    json!({
        "name": field(&holder.name, text),
        "tax_id": field(&holder.tax_id, text),
        "cik": field(&holder.cik, text),
        "group": field(&holder.group, |group| group.as_str().into()),
        "funds": fields(&holder.funds, text),
        "legal_proceedings": field(&holder.legal_proceedings, |ticked| (*ticked).into()),
        "citizenship": field(&holder.citizenship, text),
        "sole_voting": field(&holder.sole_voting, text),
        "shared_voting": field(&holder.shared_voting, text),
        "sole_dispositive": field(&holder.sole_dispositive, text),
        "shared_dispositive": field(&holder.shared_dispositive, text),
        "aggregate": field(&holder.aggregate, text),
        "excludes_shares": field(&holder.excludes_shares, |ticked| (*ticked).into()),
        "percent": field(&holder.percent, text),
        "types": fields(&holder.types, text),
        "parts": holder.parts.iter().map(|part| json!({
            "instrument": part.instrument,
            "amount": part.amount.to_string(),
            "span": span(part.span),
        })).collect::<Value>(),
        "via": holder.via.iter().map(|via| json!(via.name)).collect::<Value>(),
        "note": holder.note.map(span),
    })
}

fn party(party: &Party) -> Value {
    json!({
        "name": field(&party.name, text),
        "cik": field(&party.cik, text),
        "tax_id": field(&party.tax_id, text),
        "former_names": fields(&party.former_names, text),
    })
}

fn item(item: &Item) -> Value {
    json!({
        "number": item.number.to_string(),
        "heading": field(&item.heading, text),
        "span": span(item.span),
    })
}

fn item_4(item: &ItemFour) -> Value {
    json!({
        "amount": field(&item.amount, text),
        "percent": field(&item.percent, text),
        "sole_voting": field(&item.sole_voting, text),
        "shared_voting": field(&item.shared_voting, text),
        "sole_dispositive": field(&item.sole_dispositive, text),
        "shared_dispositive": field(&item.shared_dispositive, text),
    })
}

fn document(document: &Document) -> Value {
    json!({
        "type": field(&document.kind, text),
        "sequence": field(&document.sequence, text),
        "filename": field(&document.filename, text),
        "description": field(&document.description, text),
        "span": document.span.map(span),
    })
}

fn signature(signature: &Signature) -> Value {
    json!({
        "name": field(&signature.name, text),
        "date": field(&signature.date, text),
        "capacities": signature.capacities.iter().map(capacity).collect::<Value>(),
    })
}

fn capacity(capacity: &Capacity) -> Value {
    json!({
        "by": field(&capacity.by, text),
        "title": field(&capacity.title, text),
        "date": field(&capacity.date, text),
    })
}

/// One trouble; `holder` and `span` are `null` where it is about no one holder or place.
pub fn trouble(trouble: &Trouble) -> Value {
    json!({
        "code": trouble.code.as_str(),
        "holder": trouble.holder,
        "field": trouble.field.as_str(),
        "span": trouble.span.map(span),
        "message": trouble.message,
    })
}
