//! Chooses a reader by container and content, and puts the header's fields on top of what it read;
//! always returns a reading, whatever the bytes.
//! Knows nothing of ledgers: what was read does not depend on what was read before.

use std::ops::Range;

use crate::filing::charset;
use crate::filing::envelope::{self, Content, Envelope};
use crate::filing::header::{self, Header};
use crate::reading::{checks, exhibits, filers, kind as kind_of, legacy, words, xml};
use crate::terms::name::{nothing_in_common, same_name, same_name_but_for_kind};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Document, Form, Party, Reading, Schedule};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// The version of this reader. Raised whenever any bytes would be read differently than before.
pub const READER_VERSION: u32 = 13;

/// Reads one filing. Pure and total: any bytes give a reading, with troubles where deserved.
pub fn read(received: &[u8]) -> Reading {
    let envelope = envelope::open(received);
    let header = envelope.header.clone().map(|range| header::read(received, range));
    let header = header.unwrap_or_default();
    let chosen = choose(&envelope, &header, received);
    let mut reading = match refusal(received, &header, chosen) {
        Some(trouble) => Reading { troubles: vec![trouble], ..Reading::default() },
        None => body(received, chosen, header.form.is_stated()),
    };
    let structured = chosen.is_some_and(|document| document.content == Content::Structured);
    let document_form = || chosen.map_or(Field::Absent, |document| kind(received, document));
    let edgar = if header.form.is_stated() { header.form.clone() } else { document_form() };
    settle_form(&mut reading, edgar);
    merge(&mut reading, header, structured);
    reading.documents = envelope.documents.iter().map(|d| listed(received, d)).collect();
    agreements(received, &envelope, chosen, &mut reading);
    if structured {
        list_exhibits(received, &mut reading);
        words::in_elements(received, &mut reading);
    }
    checks::item_4(&mut reading);
    checks::check(&mut reading);
    reading
}

/// The joint filing agreements among the submission's other documents.
fn agreements(
    received: &[u8],
    envelope: &Envelope,
    chosen: Option<&envelope::Document>,
    reading: &mut Reading,
) {
    const MOST: usize = 50;
    if reading.holders.len() < 2 {
        return;
    }
    let others = envelope.documents.iter().filter(|d| Some(*d) != chosen);
    for document in others.filter(|d| d.content == Content::Page).take(MOST) {
        exhibits::in_document(received, document.body.clone(), reading);
    }
}

/// The exhibits that the text of a structured 13D's Item 7 lists.
fn list_exhibits(received: &[u8], reading: &mut Reading) {
    if reading.form.value().map(|form| form.schedule()) != Some(Schedule::D) {
        return;
    }
    let sevens = reading.items.iter().filter(|item| item.number == 7);
    let found = sevens.filter_map(|item| {
        let start = usize::try_from(item.span.start()).ok()?;
        let end = usize::try_from(item.span.end()).ok()?;
        Some(exhibits::in_element(received, start..end))
    });
    reading.exhibits = found.flatten().collect();
}

/// Why a filing is no statement on Schedule 13D or 13G, if it is none.
pub fn not_schedule_13(reading: &Reading) -> Option<&Trouble> {
    reading.troubles.iter().find(|trouble| trouble.code == TroubleCode::NotSchedule13)
}

/// The document to read: one of the submission's own type before any other, a structured one
/// before its rendering; exhibits never.
fn choose<'a>(
    envelope: &'a Envelope,
    header: &Header,
    received: &[u8],
) -> Option<&'a envelope::Document> {
    let form = |document: &envelope::Document| kind(received, document).value().copied();
    let wanted = header.form.value().copied();
    let readable =
        |d: &&envelope::Document| matches!(d.content, Content::Structured | Content::Page);
    let ours = || envelope.documents.iter().filter(readable).filter(|d| form(d).is_some());
    let structured = |d: &&envelope::Document| d.content == Content::Structured;
    ours()
        .find(structured)
        .or_else(|| ours().find(|d| form(d) == wanted))
        .or_else(|| ours().next())
        .or_else(|| envelope.documents.iter().find(structured))
        .or_else(|| envelope.documents.iter().find(|d| readable(d) && d.kind.is_empty()))
        .or_else(|| envelope.documents.iter().find(readable).filter(|_| wanted.is_some()))
        .or_else(|| envelope.documents.first())
}

/// What `<TYPE>` says of a document, if it is one of our forms.
fn kind(received: &[u8], document: &envelope::Document) -> Field<Form> {
    stated(received, &document.kind, |text| Form::from_edgar(&text))
}

fn stated<T>(
    received: &[u8],
    range: &Range<usize>,
    parse: impl FnOnce(String) -> Option<T>,
) -> Field<T> {
    let text = charset::collapsed(received.get(range.clone()).unwrap_or_default());
    let span = Span::of(range.clone());
    match text.is_empty() {
        true => Field::Absent,
        false => parse(text).map_or(Field::Unreadable { span }, |value| Field::stated(value, span)),
    }
}

fn listed(received: &[u8], document: &envelope::Document) -> Document {
    Document {
        kind: stated(received, &document.kind, Some),
        sequence: stated(received, &document.sequence, |text| text.parse().ok()),
        filename: stated(received, &document.filename, Some),
        description: stated(received, &document.description, Some),
        span: Some(Span::of(document.body.clone())),
    }
}

/// Why there is nothing to read, if there is nothing.
fn refusal(
    received: &[u8],
    header: &Header,
    chosen: Option<&envelope::Document>,
) -> Option<Trouble> {
    if let (false, Some(kind)) = (header.form.is_stated(), header.kind.value()) {
        let message = format!("The submission's type is {kind}, which is no Schedule 13D or 13G.");
        return Some(no_schedule_13(header.kind.span(), message));
    }
    let Some(document) = chosen.filter(|d| !matches!(d.content, Content::Empty | Content::Binary))
    else {
        return Some(nothing_to_read(header, chosen));
    };
    let kind = charset::collapsed(received.get(document.kind.clone()).unwrap_or_default());
    if !header.form.is_stated() && !kind.is_empty() && Form::from_edgar(&kind).is_none() {
        let message = format!("The document's type is {kind}, which is no Schedule 13D or 13G.");
        return Some(no_schedule_13(Some(Span::of(document.kind.clone())), message));
    }
    if document.content == Content::Structured {
        return None;
    }
    let page = received.get(document.body.clone()).unwrap_or_default();
    let at = Some(Span::of(document.body.clone()));
    if kind_of::is_tender_offer(page) {
        let message = "The document is a tender offer statement on Schedule TO.".to_owned();
        return Some(no_schedule_13(at, message));
    }
    let told = header.form.is_stated() || !kind.is_empty() || kind_of::mentions_schedule_13(page);
    let message = || "The document does not mention Schedule 13D or 13G.".to_owned();
    (!told).then(|| no_schedule_13(at, message()))
}

fn nothing_to_read(header: &Header, chosen: Option<&envelope::Document>) -> Trouble {
    let binary = chosen.is_some_and(|document| document.content == Content::Binary);
    if header.form.is_stated() {
        let message = match binary {
            true => "The submission's document is not text.",
            false => "The submission has a header and no document.",
        };
        let (code, field, span) =
            (TroubleCode::DocumentMissing, FieldName::All, header.kind.span());
        return Trouble { code, holder: None, field, span, message: message.to_owned() };
    }
    let message = if binary { "The file is not text." } else { "The file is empty." };
    no_schedule_13(None, message.to_owned())
}

fn no_schedule_13(span: Option<Span>, message: String) -> Trouble {
    let (code, field) = (TroubleCode::NotSchedule13, FieldName::Form);
    Trouble { code, holder: None, field, span, message }
}

/// Reads the chosen document by what it is.
fn body(received: &[u8], chosen: Option<&envelope::Document>, told: bool) -> Reading {
    let Some(document) = chosen else { return Reading::default() };
    let structured = document.content == Content::Structured;
    let reading = match structured {
        true => xml::read(received, document.body.clone()),
        false => legacy::read(received, document.body.clone()),
    };
    let told = told || kind(received, document).is_stated() || reading.form.is_stated();
    let other_form = structured && matches!(reading.form, Field::Unreadable { .. });
    if other_form || (reading.holders.is_empty() && !told) {
        let message = "Nothing in the document says that it is a Schedule 13D or 13G.".to_owned();
        let at = reading.form.span().unwrap_or_else(|| Span::of(document.body.clone()));
        let trouble = no_schedule_13(Some(at), message);
        return Reading { troubles: vec![trouble], ..Reading::default() };
    }
    reading
}

/// Puts the header's fields on top of what the document says.
fn merge(reading: &mut Reading, header: Header, structured: bool) {
    let Header { accession, filed_date, accepted_at, file_number, group_members, .. } = header;
    unreadable(reading, &accession, FieldName::Accession, "accession number");
    unreadable(reading, &filed_date, FieldName::FiledDate, "filing date");
    unreadable(reading, &accepted_at, FieldName::AcceptedAt, "acceptance time");
    reading.accession = accession;
    reading.filed_date = filed_date;
    reading.accepted_at = accepted_at;
    reading.file_number = file_number;
    reading.group_members = group_members;
    merge_issuer(reading, header.subjects);
    if !header.filed_by.is_empty() {
        reading.filed_by = header.filed_by;
    }
    if !structured {
        filers::lend_ciks(reading);
    }
}

/// Whether the name on the cover page has a subject company's whole name in it.
fn mentions(cover: &Option<String>, party: &Party) -> bool {
    let squash = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    match (cover, party.name.value()) {
        (Some(cover), Some(name)) => squash(cover).contains(&squash(name)),
        _ => false,
    }
}

fn unreadable<T>(reading: &mut Reading, value: &Field<T>, field: FieldName, what: &str) {
    let Field::Unreadable { span } = value else { return };
    let message = format!("The header's {what} cannot be read.");
    let (code, span) = (TroubleCode::ValueUnreadable, Some(*span));
    reading.troubles.push(Trouble { code, holder: None, field, span, message });
}

/// The issuer's CIK, and its name where the document has none. Of several subject companies the
/// one that the cover page names is meant; where it names none of them, none is taken.
fn merge_issuer(reading: &mut Reading, mut subjects: Vec<Party>) {
    let cover = reading.issuer.name.value().cloned();
    let named = |party: &Party| match (&cover, party.name.value()) {
        (Some(cover), Some(name)) => same_name(cover, name) || same_name_but_for_kind(cover, name),
        _ => false,
    };
    let at = match subjects.len() {
        0 => return,
        1 => Some(0),
        // "X, Inc. (now Y, Inc.)" names two.
        _ => subjects.iter().position(named).filter(|_| {
            let told = subjects.iter().filter(|party| named(party) || mentions(&cover, party));
            told.count() == 1
        }),
    };
    let Some(at) = at else {
        let span = subjects.first().and_then(|party| party.cik.span());
        let names: Vec<String> = subjects.iter().filter_map(|p| p.name.value().cloned()).collect();
        let message = format!("The header names several subject companies: {}.", names.join(", "));
        let (code, field) = (TroubleCode::ValueAmbiguous, FieldName::IssuerCik);
        reading.troubles.push(Trouble { code, holder: None, field, span, message });
        return;
    };
    let subject = subjects.swap_remove(at);
    if let Some(called) = stranger(&subject, cover.as_deref()) {
        let message = format!(
            "The header's subject company is \"{called}\", the document's issuer \"{}\".",
            cover.as_deref().unwrap_or_default()
        );
        let (code, field) = (TroubleCode::Contradiction, FieldName::IssuerName);
        let span = reading.issuer.name.span();
        reading.troubles.push(Trouble { code, holder: None, field, span, message });
    }
    match (reading.issuer.cik.value(), subject.cik.value()) {
        (Some(document), Some(header)) if document != header => {
            let message = format!(
                "The header's subject company is CIK {header}, the document's issuer {document}."
            );
            let (code, field) = (TroubleCode::Contradiction, FieldName::IssuerCik);
            let span = reading.issuer.cik.span();
            reading.troubles.push(Trouble { code, holder: None, field, span, message });
        }
        (None, _) => reading.issuer.cik = subject.cik,
        _ => {}
    }
    if !reading.issuer.name.is_stated() && subject.name.is_stated() {
        reading.issuer.name = subject.name;
    }
}

/// What a header calls a subject company that the cover page's issuer cannot be, by none of its
/// names: the filing may stand under another company's number.
fn stranger<'a>(subject: &'a Party, cover: Option<&str>) -> Option<&'a str> {
    let (called, cover) = (subject.name.value()?, cover?);
    let former = subject.former_names.iter().filter_map(Field::value);
    let mut names = former.chain([called]);
    names.all(|name| nothing_in_common(name, cover)).then_some(called.as_str())
}

/// The form is what EDGAR took it for: the header's type, else the document's, else the printed.
fn settle_form(reading: &mut Reading, edgar: Field<Form>) {
    let (Some(edgar_form), Some(span)) = (edgar.value().copied(), edgar.span()) else { return };
    let same = |printed: Form| {
        // Amendments print the schedule's title without the "/A".
        printed.schedule() == edgar_form.schedule()
            && (edgar_form.is_amendment() || !printed.is_amendment())
    };
    let printed = reading.form.value().copied();
    if let Some(printed) = printed.filter(|printed| !same(*printed)) {
        let message =
            format!("EDGAR has this as {edgar_form}; the document calls itself {printed}.");
        let span = reading.form.span();
        let (code, field) = (TroubleCode::Contradiction, FieldName::Form);
        reading.troubles.push(Trouble { code, holder: None, field, span, message });
    }
    reading.form = Field::stated(edgar_form, span);
}
