//! `cite`: opens a recorded filing at the bytes that say something.
//! Reads nothing anew: what is shown is what was recorded.

use serde_json::json;

use crate::cli::args::CiteArgs;
use crate::cli::ask::recorded;
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::report::cite;
use crate::report::json::{VERSION, maybe, span as span_json};
use crate::report::plain::safe;
use crate::store::log::Log;
use crate::terms::id::Accession;
use crate::terms::name;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Holder, Reading};
use crate::terms::trouble::FieldName;
use crate::view::row::rows;
use crate::view::timeline::Recorded;

/// Something a filing says, or that is wrong with it, at one place.
struct Place {
    holder: Option<usize>,
    field: FieldName,
    title: String,
    value: String,
    span: Span,
}

/// Shows the places asked for. The answer is no where there is none.
pub fn cite(log: &dyn Log, args: &CiteArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let entry = entry_of(log, &args.filing)?;
    let Some(found) = recorded(log, entry)? else {
        let words = format!("expected a filing in entry {entry}, got another kind of entry");
        return Err(Failure::new(Exit::No, words).hint("`blockholder log` lists the entries"));
    };
    let received = log.blob(found.filing.content)?;
    let places = match &args.span {
        Some(text) => vec![by_span(text)?],
        None => chosen(&found.filing.reading, args)?,
    };
    if places.is_empty() {
        return Err(Failure::new(Exit::No, "the filing states nothing of what was asked for"));
    }
    for place in &places {
        show(&found, &received, place, cx)?;
    }
    Ok(Exit::Yes)
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
    log.by_accession(accession)?.ok_or_else(|| {
        Failure::new(
            Exit::No,
            format!("expected a recorded filing, got {accession}, which is none"),
        )
    })
}

fn by_span(text: &str) -> Result<Place, Failure> {
    let refuse = || {
        Failure::new(
            Exit::Trouble,
            format!("expected bytes as START-END, such as 120-130, got {text:?}"),
        )
    };
    let (start, end) = text.split_once('-').ok_or_else(refuse)?;
    let (start, end) =
        (start.parse::<u64>().map_err(|_| refuse())?, end.parse::<u64>().map_err(|_| refuse())?);
    if start >= end {
        return Err(refuse());
    }
    let title = format!("bytes {start} to {end}");
    let (holder, field, value) = (None, FieldName::All, String::new());
    Ok(Place { holder, field, title, value, span: Span::new(start, end) })
}

/// The places that say the fields asked for, of the holders asked for, and the troubles about them.
fn chosen(reading: &Reading, args: &CiteArgs) -> Result<Vec<Place>, Failure> {
    let fields = args.field.iter().map(|name| field_name(name)).collect::<Result<Vec<_>, _>>()?;
    let holder = args.holder.as_deref().map(|text| holder_index(reading, text)).transpose()?;
    let mut places = if holder.is_none() { of_filing(reading) } else { Vec::new() };
    for (index, one) in reading.holders.iter().enumerate() {
        places.extend(of_holder(index, one));
    }
    places.extend(reading.troubles.iter().filter_map(|trouble| {
        Some(Place {
            holder: trouble.holder.and_then(|at| usize::try_from(at).ok()),
            field: trouble.field,
            title: format!("{}: {}", trouble.code, trouble.message),
            value: trouble.code.to_string(),
            span: trouble.span?,
        })
    }));
    places.retain(|place| holder.is_none() || place.holder == holder);
    places.retain(|place| fields.is_empty() || fields.contains(&place.field));
    Ok(places)
}

/// The field of a name.
pub fn field_name(text: &str) -> Result<FieldName, Failure> {
    FieldName::ALL.iter().find(|name| name.as_str() == text).copied().ok_or_else(|| {
        let names: Vec<&str> = FieldName::ALL.iter().map(|name| name.as_str()).collect();
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
    Some(Place { holder: None, field, title, value: value.unwrap_or_default(), span })
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

fn show(found: &Recorded, received: &[u8], place: &Place, cx: &mut Context) -> Result<(), Failure> {
    let span = place.span;
    let cited = cite::cut(received, span).ok_or_else(|| {
        let words = format!(
            "expected bytes {} to {} in a filing of {} bytes",
            span.start(),
            span.end(),
            received.len()
        );
        Failure::new(Exit::Trouble, words)
    })?;
    if cx.json {
        return cx.object(&json!({
            "v": VERSION,
            "entry": found.entry,
            "accession": maybe(found.filing.accession()),
            "content": found.filing.content.to_string(),
            "source": found.filing.source,
            "holder": place.holder,
            "field": place.field.as_str(),
            "value": place.value,
            "says": place.title,
            "span": span_json(span),
            "line": cited.line,
            "column": cited.column,
            "text": cited.text,
        }));
    }
    let path = format!(
        "{} (entry {}, bytes {}-{})",
        found.filing.source,
        found.entry,
        span.start(),
        span.end()
    );
    let (title, label, path) = (safe(&place.title), safe(&place.value), safe(&path));
    cx.line(cite::draw(&cited, &title, &label, &path, cx.style.colour, cx.style.width))
}
