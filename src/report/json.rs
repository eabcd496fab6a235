//! Answers and readings for programs: JSON of a versioned shape, one object a line.
//! Decides nothing: every value was found elsewhere, and nothing here opens a filing.

use serde_json::{Map, Value, json};

use crate::report::difference::{ItemWords, Run};
use crate::terms::id::Accession;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{
    Agreement, Capacity, Document, Exhibit, Holder, Item, ItemFour, Party, Reading, Signature,
};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, Trouble};
use crate::view::beside::{Conflict, SaidBeside};
use crate::view::class::Size;
use crate::view::codes::TroubleCodes;
use crate::view::due::staleness;
use crate::view::duty::Duty;
use crate::view::history::{Change, ClassName, Place, Subject};
use crate::view::holding::{ClassHoldings, Exceeded, Holding};
use crate::view::issuer::Candidate;
use crate::view::others::Other;
use crate::view::question::Basis;
use crate::view::row::{Cited, Value as Row};

/// The version of every shape here; raised when a key changes its meaning or goes.
pub const VERSION: u32 = 1;

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
        "item_5": {
            "amount": field(&reading.item_5.amount, text),
            "percent": field(&reading.item_5.percent, text),
            "ceased": field(&reading.item_5.ceased, |said| (*said).into()),
            "ceased_on": field(&reading.item_5.ceased_on, text),
        },
        "item_8": fields(&reading.item_8, text),
        "item_9": {
            "dissolved": field(&reading.item_9.dissolved, |said| (*said).into()),
            "on": field(&reading.item_9.on, text),
        },
        "five_percent_or_less": field(&reading.five_percent_or_less, |ticked| (*ticked).into()),
        "class_sizes": fields(&reading.class_sizes, text),
        "exhibit_list": reading.exhibit_list.map(span),
        "exhibits": reading.exhibits.iter().map(exhibit).collect::<Value>(),
        "agreements": reading.agreements.iter().map(agreement).collect::<Value>(),
        "earlier": fields(&reading.earlier, text),
        "signatures": reading.signatures.iter().map(signature).collect::<Value>(),
        "troubles": reading.troubles.iter().map(trouble).collect::<Value>(),
    })
}

/// An object with its shape's version before all else.
pub fn versioned(object: Value) -> Value {
    let Value::Object(rest) = object else { return object };
    let version = ("v".to_owned(), Value::from(VERSION));
    Value::Object(std::iter::once(version).chain(rest).collect())
}

/// One reporting person of a reading.
pub fn holder(holder: &Holder) -> Value {
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
        "sub": item.sub.iter().map(|sub| json!({
            "letter": sub.letter.to_string(),
            "span": span(sub.span),
        })).collect::<Value>(),
    })
}

fn agreement(agreement: &Agreement) -> Value {
    json!({
        "parties": fields(&agreement.parties, text),
        "date": field(&agreement.date, text),
        "span": agreement.span.map(span),
    })
}

fn exhibit(exhibit: &Exhibit) -> Value {
    json!({
        "label": field(&exhibit.label, text),
        "title": field(&exhibit.title, text),
        "date": field(&exhibit.date, text),
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

/// An optional thing as its text, or `null`.
pub fn maybe<T: ToString>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}

/// What an answer rests on.
pub fn basis(basis: &Basis) -> Value {
    let q = basis.question;
    json!({
        "size": q.at.0,
        "head": basis.head.to_string(),
        "as_of": q.as_of.0.to_string(),
        "known_at": q.known_at.0.to_string(),
    })
}

/// An issuer, as the holder answers name it.
pub fn issuer(issuer: &Candidate) -> Value {
    json!({ "name": maybe(issuer.name.as_ref()), "cik": maybe(issuer.cik) })
}

/// An issuer somebody may have meant.
pub fn candidate(candidate: &Candidate) -> Value {
    json!({
        "v": VERSION,
        "candidate": {
            "name": maybe(candidate.name.as_ref()),
            "cik": maybe(candidate.cik),
            "cusips": candidate.cusips.iter().map(|c| c.as_str()).collect::<Value>(),
        },
    })
}

/// A filing by its accession number and entry.
pub fn filing(accession: Accession, entry: u64) -> Value {
    json!({"accession": accession.to_string(), "entry": entry})
}

/// The value of a row.
pub fn row(value: &Row) -> Value {
    match value {
        Row::Flag(flag) => json!(flag),
        Row::Codes(codes) => json!(codes.as_ref()),
        other => json!(other.to_string()),
    }
}

/// What is in trouble, by its codes.
pub fn trouble_codes(troubles: TroubleCodes) -> Value {
    troubles.iter().map(|code| code.as_str()).collect()
}

/// A value with its source: `null` where nothing was ever stated; `"value": null` where the latest
/// filing states something that cannot be read.
fn cited(cited: Option<&Cited>) -> Value {
    let Some(cited) = cited else { return Value::Null };
    json!({
        "value": cited.value.as_ref().map(row),
        "accession": maybe(cited.source.accession),
        "entry": cited.source.entry,
        "span": cited.span().map(span),
        "carried": cited.carried,
        "since": cited.source.since.to_string(),
        "corrected_by": cited.corrected(),
        "reread_by": cited.source.reread,
        "troubles": trouble_codes(cited.troubles),
    })
}

/// An answer with what is said beside it, where there is such.
pub fn beside(mut answer: Value, SaidBeside { others, conflicts }: &SaidBeside) -> Value {
    let one = |other: &Other| {
        json!({
            "issuer": {"name": maybe(other.name.as_ref()), "cik": maybe(Some(other.cik))},
            "cusips": other.cusips.iter().map(|cusip| cusip.as_str()).collect::<Value>(),
            "entries": other.entries,
        })
    };
    let Some(object) = answer.as_object_mut() else { return answer };
    if !others.is_empty() {
        object.insert("printed_by_others".into(), others.iter().map(one).collect());
    }
    if !conflicts.is_empty() {
        let one = |Conflict { accession, by }: &Conflict| {
            let accession = accession.to_string();
            json!({"accession": accession, "by": by})
        };
        object.insert("in_conflict".into(), conflicts.iter().map(one).collect());
    }
    answer
}

fn exceeded(one: &Exceeded) -> Value {
    json!({
        "entry": one.entry,
        "accession": maybe(one.accession),
        "on": one.on.to_string(),
        "true_since": one.true_since.to_string(),
    })
}

/// What a class is called and told by.
pub fn of_class(class: &ClassHoldings) -> Value {
    // Those that are none by their length or check digit.
    let invalid = class.cusips.iter().filter(|cusip| !cusip.is_valid());
    json!({
        "title": maybe(class.title.as_ref()),
        "cusips": class.cusips.iter().map(|cusip| cusip.as_str()).collect::<Value>(),
        "invalid_cusips": invalid.map(|cusip| cusip.as_str()).collect::<Value>(),
        "renamed": class.story.renamed.as_ref().map(|new| json!({
            "title": new.title,
            "since": new.since.to_string(),
            "entry": new.entry,
            "printed_since": maybe(new.printed_since),
        })),
        "named_by": class.named_by,
        "exceeded": class.exceeded.iter().map(exceeded).collect::<Value>(),
    })
}

/// Who holds what in one class.
pub fn holders(rests_on: &Basis, who: &Candidate, class: &ClassHoldings) -> Value {
    let alike = class.named_alike();
    let holders = class.holders.iter().enumerate();
    let one = |(at, one)| holding(rests_on, class, one, alike.get(&at));
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": issuer(who),
        "class": of_class(class),
        "size": class.story.size.as_ref().map(size),
        "splits": class.story.splits.iter().map(split).collect::<Value>(),
        "holders": holders.map(one).collect::<Value>(),
    })
}

/// No class of the issuer is reported on, on these clocks: the lists of an answer are empty.
pub fn no_class(rests_on: &Basis, who: &Candidate, lists: &[&str]) -> Value {
    let mut object = json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": issuer(who),
        "class": null,
    });
    if let Some(map) = object.as_object_mut() {
        map.extend(lists.iter().map(|list| ((*list).to_owned(), json!([]))));
    }
    object
}

fn size(size: &Size) -> Value {
    json!({
        "shares": size.shares.to_string(),
        "since": size.since.to_string(),
        "entry": size.entry,
        "source": size.source,
    })
}

fn split((since, new, old, entry): &(Day, u32, u32, u64)) -> Value {
    json!({"since": since.to_string(), "new": new, "old": old, "entry": entry})
}

/// Amounts restated for the splits since they were stated; only where there are such.
fn adjusted(class: &ClassHoldings, one: &Holding) -> Value {
    let mut object = Map::new();
    for (field, cited) in one.rows.iter() {
        let restated =
            cited.amount().and_then(|amount| class.story.adjusted(amount, cited.source.since));
        if let Some(restated) = restated {
            object.insert(
                field.as_str().into(),
                json!({
                    "value": restated.value.to_string(),
                    "exact": restated.exact,
                    "by": restated.by,
                }),
            );
        }
    }
    Value::Object(object)
}

fn recomputed(class: &ClassHoldings, one: &Holding) -> Value {
    let Some(percent) = one.by_size(&class.story) else { return Value::Null };
    json!({
        "least": percent.least.to_string(),
        "most": percent.most.to_string(),
        "acquirable": maybe(percent.acquirable),
    })
}

fn life(one: &Holding) -> Value {
    let exit = one.life.exit.map(|exit| {
        json!({
            "since": exit.since.to_string(),
            "entry": exit.entry,
            "evidence": exit.evidence.as_str(),
            "stated": maybe(exit.stated),
        })
    });
    json!({
        "number": one.life.number,
        "began": one.life.began.to_string(),
        "began_in": one.life.began_in,
        "reports_on": one.life.regime.words(),
        "exit": exit,
    })
}

fn stale(one: &Holding, as_of: Day) -> Value {
    let stale = staleness(one, as_of);
    let due = |duty: Option<Duty>| {
        duty.map(|duty| json!({"rule": duty.rule, "duty": duty.words, "due": duty.due.to_string()}))
    };
    let (next_due, upcoming) = (due(stale.next_due), due(stale.upcoming));
    json!({"days": stale.days, "next_due": next_due, "upcoming": upcoming, "means": stale.means})
}

/// A holder of a class, as every answer shows one, with the spelling that it shares with others.
pub fn holding(
    rests_on: &Basis,
    class: &ClassHoldings,
    holding: &Holding,
    alike: Option<&String>,
) -> Value {
    let mut object = Map::new();
    object.insert("name".into(), maybe(holding.name.as_ref()));
    object.insert("cik".into(), maybe(holding.cik));
    for field in [
        FieldName::SoleVoting,
        FieldName::SharedVoting,
        FieldName::SoleDispositive,
        FieldName::SharedDispositive,
        FieldName::Aggregate,
        FieldName::Percent,
    ] {
        object.insert(field.as_str().into(), cited(holding.rows.get(&field)));
    }
    let types = holding.rows.get(&FieldName::Types).and_then(|cited| cited.value.as_ref());
    object.insert("types".into(), types.map_or_else(|| json!([]), row));
    object.insert("event_date".into(), maybe(holding.event_date));
    object.insert("known_at".into(), holding.known_at.to_string().into());
    object.insert("known_by".into(), holding.known_by.as_str().into());
    object.insert("true_since_by".into(), holding.since_by().as_str().into());
    object.insert("status".into(), holding.status.as_str().into());
    let evidence = holding.evidence.map(|evidence| evidence.as_str());
    object.insert("evidence".into(), json!(evidence));
    object.insert("entry".into(), holding.entry.into());
    object.insert("accession".into(), maybe(holding.accession));
    object.insert("filing_troubles".into(), trouble_codes(holding.filing_troubles));
    object.insert("chain".into(), holding.chain.into());
    let left = holding.left.map(|(since, entry, absence)| {
        json!({"since": since.to_string(), "entry": entry, "evidence": absence.as_str()})
    });
    object.insert("left".into(), json!(left));
    object.insert("known_later".into(), json!(holding.known_later));
    object.insert("uncovered_since".into(), json!(holding.uncovered));
    object.insert("several_classes".into(), json!(holding.several));
    object.insert("named_since".into(), json!(holding.named_since));
    object.insert("named_alike".into(), json!(alike));
    object.insert("life".into(), life(holding));
    object.insert("stale".into(), stale(holding, rests_on.question.as_of.0));
    object.insert("recomputed_percent".into(), recomputed(class, holding));
    object.insert("adjusted".into(), adjusted(class, holding));
    Value::Object(object)
}

/// The changes of one issuer, person or filing; each says which issuer and class it is about.
pub fn history(
    rests_on: &Basis,
    subject: &Subject,
    changes: &[Change],
    items: &ItemWords,
    named: &[ClassHoldings],
) -> Value {
    let (who, person) = match subject {
        Subject::Issuer(who) => (issuer(who), Value::Null),
        Subject::Person(who) => (Value::Null, issuer(who)),
    };
    json!({
        "v": VERSION,
        "basis": basis(rests_on),
        "issuer": who,
        "person": person,
        "changes": changes.iter().map(|one| change(one, items)).collect::<Value>(),
        "classes_named_by": named.iter().map(of_class).collect::<Value>(),
    })
}

fn class_name(class: &ClassName) -> Value {
    let cusips: Vec<&str> = class.cusips.iter().map(|cusip| cusip.as_str()).collect();
    json!({ "title": maybe(class.title.as_ref()), "cusips": cusips })
}

/// A place in received bytes.
pub fn place(place: Place) -> Value {
    json!({"entry": place.entry, "span": span(place.span)})
}

fn change(change: &Change, items: &ItemWords) -> Value {
    let mut object = json!({
        "issuer": change.issuer.as_deref().map(issuer),
        "class": change.class.as_deref().map(class_name),
        "kind": change.kind.as_str(),
        "event_date": maybe(change.event_date),
        "true_since": change.day.to_string(),
        "known_at": change.known_at.to_string(),
        "told_at": change.told_at.to_string(),
        "accession": maybe(change.accession),
        "entry": change.entry,
        "hash": change.hash.to_string(),
        "holder": maybe(change.holder.as_ref()),
        "field": change.field.as_str(),
        "from": change.from.as_ref().map(row),
        "to": change.to.as_ref().map(row),
        "span": change.span.map(span),
        "detail": change.detail,
        "troubles": trouble_codes(change.troubles),
    });
    let Some(map) = object.as_object_mut() else { return object };
    if !change.crossed.is_empty() {
        let crossed = change.crossed.iter().map(|one| one.as_str()).collect::<Value>();
        map.insert("crossed".into(), crossed);
    }
    if let Some(item) = change.item {
        let words = items.get(&(change.entry, item.number));
        map.insert(
            "item".into(),
            json!({
                "number": item.number,
                "from": item.before.map(place),
                "to": place(item.now),
                "words": words.map(|runs| runs_of(runs)),
            }),
        );
    }
    object
}

/// A word difference as a list of `{"same"|"gone"|"come"|"unknown": text}`.
pub fn runs_of(runs: &[Run]) -> Value {
    let run = |run: &Run| {
        let words = run.words().join(" ");
        match run {
            Run::Same(_) => json!({"same": words}),
            Run::Gone(_) => json!({"gone": words}),
            Run::Come(_) => json!({"come": words}),
            Run::Unknown(_) => json!({"unknown": words}),
        }
    };
    runs.iter().map(run).collect()
}
