//! Events as JSON, for people who look through a ledger; every kind with all it says.
//! Proves nothing: what is hashed is the event's canonical bytes, not this.

use serde_json::{Value, json};

use crate::ledger::event::{
    Because, ClassChange, ClassKey, Event, FilingDecided, FilingRecorded, FilingRef, HolderKey,
    HoldersDecided, Said, Supplied,
};
use crate::report::json::{holder, maybe, reading, span, trouble};
use crate::terms::id::Cusip;
use crate::terms::topic::HolderId;

/// One event.
pub fn event(event: &Event) -> Value {
    match event {
        Event::LedgerOpened { origin } => json!({ "origin": origin }),
        Event::FilingRecorded(filing) => recorded(filing),
        Event::FilingContinued(rest) => json!({
            "content": rest.content.to_string(),
            "part": rest.part,
            "holders": rest.holders.iter().map(holder).collect::<Value>(),
            "troubles": rest.troubles.iter().map(trouble).collect::<Value>(),
        }),
        Event::FilingConflicted(conflict) => json!({
            "accession": conflict.accession.to_string(),
            "recorded": conflict.recorded.to_string(),
            "received": conflict.received.to_string(),
            "received_len": conflict.received_len,
            "source": conflict.source,
        }),
        Event::FilingReread(again) => json!({
            "filing": filing(&again.filing),
            "reader": again.reader,
            "continued": again.continued,
            "reading": reading(&again.reading),
        }),
        Event::FilingCorrected(corrected) => json!({
            "filing": filing(&corrected.filing),
            "holder": corrected.holder,
            "name": corrected.name,
            "field": corrected.field.as_str(),
            "old": said(&corrected.old),
            "new": said(&corrected.new),
            "span": corrected.span.map(span),
            "because": because(&corrected.because),
        }),
        Event::FilingWithdrawn(decided)
        | Event::FilingReinstated(decided)
        | Event::ChainSplit(decided)
        | Event::ContentRedacted(decided) => about(decided),
        Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => holders(pair),
        Event::ChainJoined(joined) => json!({
            "filing": filing(&joined.filing),
            "with": filing(&joined.with),
            "because": because(&joined.because),
        }),
        Event::FilingUncorrected(back) => json!({
            "filing": filing(&back.filing),
            "correction": back.correction,
            "because": because(&back.because),
        }),
        Event::FilingSkipped(skipped) => json!({
            "accession": skipped.accession.to_string(),
            "because": because(&skipped.because),
        }),
        Event::TopicsSealed(sealed) => json!({
            "from": sealed.from,
            "size": sealed.size,
            "topics": sealed.topics,
            "root": sealed.root.to_string(),
        }),
        Event::KeyRotated(rotated) => json!({
            "old": rotated.old,
            "new": rotated.new,
            "because": because(&rotated.because),
        }),
        Event::ClassSizeReported(_) | Event::ClassChanged(_) | Event::ClassRetracted(_) => {
            of_class(event)
        }
    }
}

fn of_class(event: &Event) -> Value {
    match event {
        Event::ClassSizeReported(size) => json!({
            "class": class(&size.class),
            "shares": size.shares.to_string(),
            "since": size.since.to_string(),
            "known_at": maybe(size.known_at),
            "source": size.source,
            "who": size.who,
        }),
        Event::ClassChanged(changed) => json!({
            "class": class(&changed.class),
            "change": change(&changed.change),
            "since": changed.since.to_string(),
            "known_at": maybe(changed.known_at),
            "source": changed.source,
            "who": changed.who,
        }),
        Event::ClassRetracted(back) => json!({
            "class": class(&back.class),
            "cusip": back.cusip.as_ref().map(Cusip::as_str),
            "entry": back.entry,
            "because": because(&back.because),
        }),
        _ => Value::Null,
    }
}

fn recorded(filing: &FilingRecorded) -> Value {
    json!({
        "content": filing.content.to_string(),
        "content_len": filing.content_len,
        "source": filing.source,
        "reader": filing.reader,
        "supplied": supplied(&filing.supplied),
        "continued": filing.continued,
        "reading": reading(&filing.reading),
    })
}

fn supplied(supplied: &Supplied) -> Value {
    json!({
        "accession": maybe(supplied.accession),
        "form": maybe(supplied.form),
        "filed_date": maybe(supplied.filed_date),
        "accepted_at": maybe(supplied.accepted_at),
        "issuer_cik": maybe(supplied.issuer_cik),
        "issuer_name": supplied.issuer_name,
        "filer_cik": maybe(supplied.filer_cik),
        "filer_name": supplied.filer_name,
    })
}

fn filing(filing: &FilingRef) -> Value {
    json!({ "entry": filing.entry, "content": filing.content.to_string() })
}

fn because(because: &Because) -> Value {
    json!({ "reason": because.reason, "who": because.who })
}

fn about(decided: &FilingDecided) -> Value {
    json!({ "filing": filing(&decided.filing), "because": because(&decided.because) })
}

fn said(said: &Said) -> Value {
    match said {
        Said::Nothing => json!({ "says": "nothing" }),
        Said::Unreadable => json!({ "says": "unreadable" }),
        Said::Stated(value) => json!({ "says": "stated", "value": value }),
    }
}

fn holders(pair: &HoldersDecided) -> Value {
    json!({
        "a": key(&pair.a),
        "b": key(&pair.b),
        "since": maybe(pair.since),
        "known_at": maybe(pair.known_at),
        "because": because(&pair.because),
    })
}

fn key(key: &HolderKey) -> Value {
    let (kind, id) = match &key.id {
        HolderId::Cik(cik) => ("cik", cik.to_string()),
        HolderId::TaxId(id) => ("tax_id", id.clone()),
        HolderId::Name(name) => ("name", name.clone()),
    };
    json!({ kind: id, "issuer_cik": maybe(key.issuer) })
}

fn class(class: &ClassKey) -> Value {
    json!({
        "issuer_cik": maybe(class.issuer),
        "cusip": maybe(class.cusip.as_ref()),
        "title": class.title,
    })
}

fn change(change: &ClassChange) -> Value {
    match change {
        ClassChange::Split { new, old } => json!({ "split": { "new": new, "old": old } }),
        ClassChange::Cusip(cusip) => json!({ "cusip": cusip.to_string() }),
        ClassChange::Title(title) => json!({ "title": title }),
    }
}
