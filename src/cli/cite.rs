//! `cite`: opens a recorded filing at the bytes that say something.
//! Reads nothing anew: what is shown is what was recorded.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::args::CiteArgs;
use crate::cli::ask::{conflicts, not_a_filing, recorded};
use crate::cli::context::Context;
use crate::cli::decide::notes_of;
use crate::cli::outcome::{Exit, Failure};
use crate::ledger::event::{Event, FilingCorrected, Said};
use crate::report::cite;
use crate::report::json::{VERSION, maybe, span as span_json};
use crate::report::notes;
use crate::report::plain::safe;
use crate::store::log::Log;
use crate::terms::id::Accession;
use crate::terms::name;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Holder, Item, Reading, Signature};
use crate::terms::trouble::{FieldName, Trouble};
use crate::view::correct;
use crate::view::decision::said;
use crate::view::row::rows;
use crate::view::timeline::{Recorded, corrections};

/// Something a filing says, or that is wrong with it, at one place or at none.
struct Place {
    holder: Option<usize>,
    field: FieldName,
    title: String,
    state: Option<&'static str>,
    value: Option<String>,
    trouble: Option<Trouble>,
    corrected: Option<Correction>,
    span: Option<Span>,
}

/// What a person says instead of a field, and in which entry.
#[derive(Clone)]
struct Correction {
    entry: u64,
    by: FilingCorrected,
}

/// A filing's reading as it stands, and what was corrected in it.
struct Understood {
    reading: Reading,
    reread: Option<u64>,
    corrections: BTreeMap<(Option<usize>, FieldName), Correction>,
}

/// Shows the places asked for. The answer is no where there is none.
pub fn cite(log: &dyn Log, args: &CiteArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let entry = entry_of(log, &args.filing)?;
    let found = recorded(log, entry)?.ok_or_else(|| not_a_filing(entry))?;
    let received = log.blob(found.filing.content)?;
    let understood = understood(log, &found)?;
    let number = found.filing.accession().into_iter().collect();
    let conflicts = conflicts(log, number, log.size())?;
    notes::conflicts(&conflicts).try_for_each(|line| cx.notice(line))?;
    let places = match &args.span {
        Some(text) => vec![by_span(text)?],
        None => chosen(&understood, args, cx)?,
    };
    if places.is_empty() {
        return Err(Failure::new(Exit::No, "the filing states nothing of what was asked for"));
    }
    for place in &places {
        show((&found, understood.reread), &received, place, cx)?;
    }
    Ok(Exit::Yes)
}

/// The reading that stands, which is what answers cite, before it was corrected.
fn understood(log: &dyn Log, found: &Recorded) -> Result<Understood, Failure> {
    let (mut reading, mut reread) = (found.filing.reading.clone(), None);
    let notes = notes_of(log, found)?;
    for note in &notes {
        if let Event::FilingReread(again) = &note.event {
            (reading, reread) = (again.reading.clone(), Some(note.entry));
        }
    }
    let mut stand = BTreeMap::new();
    for (note, by) in corrections(notes.iter()) {
        if let Some(holder) = correct::find(&reading, by.holder, by.name.as_deref()) {
            let correction = Correction { entry: note.entry, by: by.clone() };
            stand.insert((holder, by.field), correction);
        }
    }
    Ok(Understood { reading, reread, corrections: stand })
}

/// The entry of a filing given by accession number or entry number.
pub fn entry_of(log: &dyn Log, text: &str) -> Result<u64, Failure> {
    if let Ok(entry) = text.parse::<u64>()
        && text.len() < 18
    {
        return Ok(entry);
    }
    let accession: Accession = text.parse().map_err(|_| {
        let words = format!("expected an accession number or an entry number, got {text:?}");
        Failure::new(Exit::Trouble, words)
    })?;
    entry_within(log, accession, log.size())
}

/// The entry of a filing among the first entries of the ledger, so many of them.
pub fn entry_within(log: &dyn Log, accession: Accession, size: u64) -> Result<u64, Failure> {
    log.by_accession(accession)?.filter(|entry| *entry < size).ok_or_else(|| {
        let words = format!("expected a recorded filing, got {accession}, which is none");
        Failure::new(Exit::No, words)
    })
}

fn by_span(text: &str) -> Result<Place, Failure> {
    let span = span_of(text)?;
    let title = format!("bytes {} to {}", span.start(), span.end());
    let (holder, field, span) = (None, FieldName::All, Some(span));
    Ok(Place { holder, field, title, span, ..Place::none() })
}

/// Bytes as somebody names them.
pub fn span_of(text: &str) -> Result<Span, Failure> {
    let refuse = || {
        let words = format!("expected bytes as START-END, such as 120-130, got {text:?}");
        Failure::new(Exit::Trouble, words)
    };
    let (start, end) = text.split_once('-').ok_or_else(refuse)?;
    let (start, end) = (start.parse().map_err(|_| refuse())?, end.parse().map_err(|_| refuse())?);
    if start < end { Ok(Span::new(start, end)) } else { Err(refuse()) }
}

/// The places that say the fields asked for, of the holders asked for, and the troubles about them.
fn chosen(
    understood: &Understood,
    args: &CiteArgs,
    cx: &mut Context,
) -> Result<Vec<Place>, Failure> {
    let reading = &understood.reading;
    let fields = args.field.iter().map(|name| field_name(name)).collect::<Result<Vec<_>, _>>()?;
    let holder = args.holder.as_deref().map(|text| holder_index(reading, text)).transpose()?;
    if !args.item.is_empty() {
        let has = |number: &u8| reading.items.iter().any(|item| item.number == *number);
        for number in args.item.iter().filter(|number| !has(number)) {
            cx.notice(format!("the filing has no item {number} that is headed so"))?;
        }
        let items = reading.items.iter().filter(|item| args.item.contains(&item.number));
        return Ok(items.map(of_item).collect());
    }
    let mut places = if holder.is_none() { of_filing(reading) } else { Vec::new() };
    // Whole items are long: they are shown to whoever asks for them.
    if holder.is_none() && fields.contains(&FieldName::Items) {
        places.extend(reading.items.iter().map(of_item));
    }
    if holder.is_none() && fields.contains(&FieldName::Signatures) {
        places.extend(reading.signatures.iter().filter_map(of_signature));
    }
    for (index, one) in reading.holders.iter().enumerate() {
        places.extend(of_holder(index, one));
    }
    for (at, correction) in &understood.corrections {
        corrected(*at, correction, reading, &mut places);
    }
    let wanted = |field| fields.is_empty() || fields.contains(&field);
    places.retain(|place| (holder.is_none() || place.holder == holder) && wanted(place.field));
    let mut troubles: Vec<Place> = reading.troubles.iter().map(of_trouble).collect();
    // What is about all of a holder is about every field of it that is shown.
    let whole = |place: &Place| {
        place.field == FieldName::All && places.iter().any(|other| other.holder == place.holder)
    };
    troubles.retain(|place| {
        (holder.is_none() || place.holder == holder) && (wanted(place.field) || whole(place))
    });
    places.extend(troubles);
    Ok(places)
}

fn of_item(item: &Item) -> Place {
    let title = format!("item {}, from its heading to the next", item.number);
    let value = Some(format!("item {}", item.number));
    Place { field: FieldName::Items, title, value, span: Some(item.span), ..Place::none() }
}

fn of_signature(signature: &Signature) -> Option<Place> {
    let found = place("", FieldName::Signatures, &signature.name)?;
    let name = found.value.as_deref().unwrap_or("somebody who cannot be read");
    Some(Place { title: format!("signed on behalf of {name}"), ..found })
}

fn of_trouble(trouble: &Trouble) -> Place {
    let holder = trouble.holder.and_then(|at| usize::try_from(at).ok());
    let title = format!("{}: {}", trouble.code, trouble.message);
    let (field, span) = (trouble.field, trouble.span);
    Place { holder, field, title, span, trouble: Some(trouble.clone()), ..Place::none() }
}

/// Says of the places of a field that a person overrode it; and shows the place that they name, if
/// they name another.
fn corrected(
    (holder, field): (Option<usize>, FieldName),
    correction: &Correction,
    reading: &Reading,
    places: &mut Vec<Place>,
) {
    let Correction { entry, by } = correction;
    let to = said(&by.new);
    let because = format!("{} ({})", by.because.reason, by.because.who);
    let mut known = Vec::new();
    for place in places.iter_mut().filter(|one| (one.holder, one.field) == (holder, field)) {
        place.title += &format!("; entry {entry} corrects it to {to}: {because}");
        place.corrected = Some(correction.clone());
        known.push(place.span);
    }
    if !known.is_empty() && (by.span.is_none() || known.contains(&by.span)) {
        return;
    }
    let who = holder.and_then(|at| reading.holders.get(at)).map(holder_name);
    let who = who.map_or(String::new(), |name| format!("{name}: "));
    let title = format!("{who}{field} is {to}, as entry {entry} corrects it: {because}");
    let value = match &by.new {
        Said::Stated(value) => Some(value.clone()),
        Said::Nothing | Said::Unreadable => None,
    };
    let (span, corrected) = (by.span, Some(correction.clone()));
    places.push(Place { holder, field, title, value, corrected, span, ..Place::none() });
}

/// The field of a name.
pub fn field_name(text: &str) -> Result<FieldName, Failure> {
    field_among(FieldName::ALL, text)
}

/// The one of some fields that has a name.
pub fn field_among(fields: &[FieldName], text: &str) -> Result<FieldName, Failure> {
    fields.iter().find(|name| name.as_str() == text).copied().ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|name| name.as_str()).collect();
        Failure::new(Exit::Trouble, format!("expected a field, got {text:?}"))
            .hint(format!("the fields are {}", names.join(", ")))
    })
}

/// A holder of a reading, by its place or its name.
pub fn holder_index(reading: &Reading, text: &str) -> Result<usize, Failure> {
    let names: Vec<String> = reading.holders.iter().map(holder_name).collect();
    let by_number = text.parse::<usize>().ok().filter(|at| *at < names.len());
    let wanted = name::key(text);
    let by_name = || names.iter().position(|name| name::key(name) == wanted);
    by_number.or_else(by_name).ok_or_else(|| {
        let list: Vec<String> =
            names.iter().enumerate().map(|(at, n)| format!("{at} {n}")).collect();
        Failure::new(Exit::No, format!("expected a holder of this filing, got {text:?}"))
            .hint(format!("its holders are {}", safe(&list.join("; "))))
    })
}

fn holder_name(holder: &Holder) -> String {
    holder.name.value().cloned().unwrap_or_else(|| "(name not readable)".to_owned())
}

fn place<T: ToString>(who: &str, field: FieldName, said: &Field<T>) -> Option<Place> {
    let span = said.span()?;
    let value = said.value().map(ToString::to_string);
    let meaning = value.clone().unwrap_or_else(|| said.state().to_owned());
    let title = format!("{who}{field} is {meaning}");
    let (state, span) = (Some(said.state()), Some(span));
    Some(Place { field, title, state, value, span, ..Place::none() })
}

fn of_filing(reading: &Reading) -> Vec<Place> {
    let cusips = reading.cusips.iter().map(|cusip| place("", FieldName::Cusips, cusip));
    [
        place("", FieldName::Form, &reading.form),
        place("", FieldName::AmendmentNumber, &reading.amendment_number),
        place("", FieldName::EventDate, &reading.event_date),
        place("", FieldName::FiledDate, &reading.filed_date),
        place("", FieldName::AcceptedAt, &reading.accepted_at),
        place("", FieldName::Accession, &reading.accession),
        place("", FieldName::PreviousAccession, &reading.previous_accession),
        place("", FieldName::IssuerName, &reading.issuer.name),
        place("", FieldName::IssuerCik, &reading.issuer.cik),
        place("", FieldName::ClassTitle, &reading.class_title),
        place("", FieldName::FivePercentOrLess, &reading.five_percent_or_less),
        place("", FieldName::ItemFiveAmount, &reading.item_5.amount),
        place("", FieldName::ItemFivePercent, &reading.item_5.percent),
        place("", FieldName::ItemFiveCeased, &reading.item_5.ceased),
        place("", FieldName::ItemFiveCeasedOn, &reading.item_5.ceased_on),
        place("", FieldName::ItemNineDissolved, &reading.item_9.dissolved),
        place("", FieldName::ItemNineOn, &reading.item_9.on),
    ]
    .into_iter()
    .chain(cusips)
    .flatten()
    .collect()
}

fn of_holder(index: usize, holder: &Holder) -> Vec<Place> {
    let who = format!("{}: ", holder_name(holder));
    let named = [
        place(&who, FieldName::Name, &holder.name),
        place(&who, FieldName::TaxId, &holder.tax_id),
        place(&who, FieldName::Cik, &holder.cik),
    ];
    let rows = rows(holder).into_iter().map(|(field, said)| place(&who, field, &said));
    let parts = holder.parts.iter().map(|part| {
        let said = Field::stated(format!("{} {}", part.amount, part.instrument), part.span);
        place(&who, FieldName::Parts, &said)
    });
    let via = holder
        .via
        .iter()
        .map(|via| place(&who, FieldName::Via, &Field::stated(via.name.clone(), via.span)));
    let all = named.into_iter().chain(rows).chain(parts).chain(via).flatten();
    all.map(|place| Place { holder: Some(index), ..place }).collect()
}

impl Place {
    fn none() -> Self {
        Self {
            holder: None,
            field: FieldName::All,
            title: String::new(),
            state: None,
            value: None,
            trouble: None,
            corrected: None,
            span: None,
        }
    }

    /// What stands under the marked characters.
    fn label(&self) -> String {
        let code = self.trouble.as_ref().map(|trouble| trouble.code.to_string());
        self.value.clone().or(code).unwrap_or_default()
    }
}

fn show(
    (found, reread): (&Recorded, Option<u64>),
    received: &[u8],
    place: &Place,
    cx: &mut Context,
) -> Result<(), Failure> {
    let beyond = |span: Span| {
        let (start, end, len) = (span.start(), span.end(), received.len());
        let words = format!("expected bytes {start} to {end} in a filing of {len} bytes");
        Failure::new(Exit::Trouble, words)
    };
    let cut = |span| cite::cut(received, span).ok_or_else(|| beyond(span));
    let cited = place.span.map(cut).transpose()?;
    if cx.json {
        return cx.object(&object(found, reread, place, cited.as_ref()));
    }
    let title = safe(&place.title);
    let (Some(span), Some(cited)) = (place.span, cited) else {
        return cx.words(format!("note: {title}"));
    };
    let (source, entry) = (&found.filing.source, found.entry);
    let path = format!("{source} (entry {entry}, bytes {}-{})", span.start(), span.end());
    let (label, path) = (safe(&place.label()), safe(&path));
    cx.line(cite::draw(&cited, &title, &label, &path, cx.style.colour, cx.style.width))
}

fn object(
    found: &Recorded,
    reread: Option<u64>,
    place: &Place,
    cited: Option<&cite::Citation>,
) -> Value {
    let trouble = place
        .trouble
        .as_ref()
        .map(|trouble| json!({ "code": trouble.code.as_str(), "message": trouble.message }));
    let corrected = place.corrected.as_ref().map(|Correction { entry, by }| {
        let to = match &by.new {
            Said::Stated(value) => Some(value),
            Said::Nothing | Said::Unreadable => None,
        };
        let (reason, who) = (&by.because.reason, &by.because.who);
        json!({ "entry": entry, "to": to, "reason": reason, "who": who })
    });
    json!({
        "v": VERSION,
        "entry": found.entry,
        "accession": maybe(found.filing.accession()),
        "content": found.filing.content.to_string(),
        "source": found.filing.source,
        "reread_by": reread,
        "holder": place.holder,
        "field": place.field.as_str(),
        "state": place.state,
        "value": place.value,
        "trouble": trouble,
        "corrected": corrected,
        "says": place.title,
        "span": place.span.map(span_json),
        "line": cited.map(|cited| cited.line),
        "column": cited.map(|cited| cited.column),
        "text": cited.map(|cited| cited.text.as_str()),
    })
}
