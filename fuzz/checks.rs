//! What must hold of each reader and each decoder, whatever the bytes: one function a fuzz target.
//! Knows nothing of who makes the bytes: a fuzzer does, and `tests/fuzz_corpus.rs` brings back those
//! that are kept.

use std::ops::Range;

use blockholder::filing::{charset, envelope, header};
use blockholder::ledger::answer_proof::AnswerProof;
use blockholder::ledger::chain::{ENVELOPE_LEN, Entry, payload_digest};
use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::codec;
use blockholder::ledger::event::{Event, FilingRecorded, Supplied};
use blockholder::ledger::event_kind::EventKind;
use blockholder::ledger::key::{SigningKey, VerifierKey};
use blockholder::ledger::note::{Note, Signature};
use blockholder::ledger::policy::Policy;
use blockholder::ledger::rotation::Rotations;
use blockholder::ledger::tlog_proof::TlogProof;
use blockholder::reading::read::{READER_VERSION, read as read_filing};
use blockholder::reading::{kind, legacy as legacy_document, xml as xml_document, xml_value};
use blockholder::store::checkpoints;
use blockholder::store::segment::{Item, Records};
use blockholder::terms::id::{Accession, Cik, ContentId, Cusip};
use blockholder::terms::quantity::{Amount, Percent};
use blockholder::terms::span::Span;
use blockholder::terms::statement::Reading;
use blockholder::terms::time::{Day, Instant};

use crate::spans::{check_spans, is_structured};

/// What holds of any bytes, or panics.
pub type Check = fn(&[u8]);

/// Every target by name.
pub const TARGETS: [(&str, Check); 11] = [
    ("read", read),
    ("envelope", envelope),
    ("header", header),
    ("xml", xml),
    ("legacy", legacy),
    ("codec", codec),
    ("entry", entry),
    ("note", note),
    ("tlog_proof", tlog_proof),
    ("answer_proof", answer_proof),
    ("segment", segment),
];

/// Any bytes are a filing: every value stands in the bytes at its span, and the reading can be kept
/// in a ledger and taken out again unchanged.
pub fn read(bytes: &[u8]) {
    check_spans("input", bytes, is_structured(bytes));
    let reading = read_filing(bytes);
    let event = Event::FilingRecorded(Box::new(FilingRecorded {
        content: ContentId(blake3::hash(bytes).into()),
        content_len: bytes.len() as u64,
        source: "input".to_owned(),
        reader: READER_VERSION,
        supplied: Supplied::default(),
        continued: 0,
        reading,
    }));
    // A reading of more bytes than an event may have is split before it is kept.
    if let Ok((kind, kept)) = codec::encode(&event) {
        assert_eq!(codec::decode(kind.number(), &kept).as_ref(), Ok(&event), "kept and taken out");
    }
}

/// Any bytes are an envelope whose ranges lie within them, the documents in their order.
pub fn envelope(bytes: &[u8]) {
    let envelope = envelope::open(bytes);
    let mut last = 0;
    if let Some(range) = envelope.header {
        within(&range, bytes);
        header::read(bytes, range);
    }
    for document in envelope.documents {
        let head = [document.kind, document.sequence, document.filename, document.description];
        head.iter().for_each(|range| within(range, bytes));
        within(&document.body, bytes);
        assert!(document.body.start >= last, "documents out of order");
        last = document.body.end;
        let body = &bytes[document.body];
        kind::is_tender_offer(body);
        kind::mentions_schedule_13(body);
        let (text, valid) = charset::decode(body);
        assert!(!valid || text.as_bytes() == body, "valid UTF-8 is taken as it stands");
        let collapsed = charset::collapsed(body);
        assert_eq!(charset::collapse(&collapsed), collapsed, "collapsed twice");
    }
}

fn within(range: &Range<usize>, bytes: &[u8]) {
    assert!(range.start <= range.end && range.end <= bytes.len(), "{range:?} of {}", bytes.len());
}

/// The first four bytes are a range, in order, that may go past the end of the rest.
fn ranged(bytes: &[u8]) -> Option<(Range<usize>, &[u8])> {
    let (range, rest) = bytes.split_first_chunk::<4>()?;
    let [a, b, c, d] = range.map(usize::from);
    let (one, two) = (a << 8 | b, c << 8 | d);
    Some((one.min(two)..one.max(two), rest))
}

/// Any range of any bytes is read as a header.
pub fn header(bytes: &[u8]) {
    let Some((range, rest)) = ranged(bytes) else { return };
    let spans = |range| {
        let header = header::read(rest, range);
        let spans = [
            header.form.span(),
            header.kind.span(),
            header.accession.span(),
            header.filed_date.span(),
            header.accepted_at.span(),
            header.file_number.span(),
        ];
        let parties = header.subjects.iter().chain(&header.filed_by);
        spans
            .into_iter()
            .chain(parties.flat_map(|p| [p.name.span(), p.cik.span()]))
            .flatten()
            .collect::<Vec<Span>>()
    };
    for span in spans(range).into_iter().chain(spans(0..rest.len())) {
        assert!(span.cut(rest).is_some(), "{span:?} of {}", rest.len());
    }
}

fn spans_within(reading: &Reading, bytes: &[u8]) {
    let troubles = reading.troubles.iter().filter_map(|trouble| trouble.span);
    let items = reading.items.iter().map(|item| item.span);
    let holders = reading.holders.iter().flat_map(|holder| {
        [
            holder.name.span(),
            holder.percent.span(),
            holder.sole_voting.span(),
            holder.shared_voting.span(),
            holder.sole_dispositive.span(),
            holder.shared_dispositive.span(),
            holder.aggregate.span(),
        ]
    });
    for span in troubles.chain(items).chain(holders.flatten()) {
        assert!(span.cut(bytes).is_some(), "{span:?} of {}", bytes.len());
    }
}

/// Any range of any bytes is read as a structured document, and any text as each of its values.
pub fn xml(bytes: &[u8]) {
    let Some((range, rest)) = ranged(bytes) else { return };
    for range in [range, 0..rest.len()] {
        let reading = xml_document::read(rest, range);
        assert!(reading.holders.len() <= 1000 && reading.troubles.len() <= 1000);
        spans_within(&reading, rest);
    }
    let text = xml_value::text(rest.get(..rest.len().min(200)).unwrap_or_default());
    let amount = xml_value::amount(&text).or_else(|| xml_value::lone_amount(&text));
    if let Some(amount) = amount {
        assert_eq!(xml_value::amount(&amount.to_string()), Some(amount), "{text}");
    }
    if let Some(date) = xml_value::date(&text) {
        assert_eq!(date.to_string().parse(), Ok(date), "{text}");
    }
    if let Some(percent) = xml_value::percent(&text) {
        assert_eq!(percent.to_string().parse(), Ok(percent), "{text}");
    }
    printed_and_parsed(&text);
}

/// What parses as a term prints as text that parses as the same term.
fn printed_and_parsed(text: &str) {
    fn again<T: std::str::FromStr + ToString + PartialEq + std::fmt::Debug>(text: &str) {
        if let Ok(term) = text.parse::<T>() {
            assert_eq!(term.to_string().parse::<T>().ok(), Some(term), "{text}");
        }
    }
    again::<Accession>(text);
    again::<Cik>(text);
    again::<Cusip>(text);
    again::<Amount>(text);
    again::<Percent>(text);
    again::<Day>(text);
    again::<Instant>(text);
}

/// Any range of any bytes is read as a typewritten document, and as a marked-up one.
pub fn legacy(bytes: &[u8]) {
    let Some((range, rest)) = ranged(bytes) else { return };
    spans_within(&legacy_document::read(rest, range), rest);
    let page = [b"<html><body>", rest].concat();
    spans_within(&legacy_document::read(&page, 0..page.len()), &page);
}

/// What decodes as an event is written in no other way.
pub fn codec(bytes: &[u8]) {
    let Some((kind, payload)) = bytes.split_first_chunk::<2>() else { return };
    // Both as a number that may be unknown, and as the number of some kind.
    let number = u16::from_le_bytes(*kind);
    let kinds = EventKind::ALL;
    let known = kinds[usize::from(number) % kinds.len()].number();
    for number in [number, known] {
        if let Ok(event) = codec::decode(number, payload) {
            let (kind, again) = codec::encode(&event).unwrap();
            assert_eq!((kind.number(), again.as_slice()), (number, payload), "{event:?}");
            event.topics();
        }
    }
}

/// Any bytes with an envelope are an entry of the same bytes; with the digest and length put right,
/// it opens to an event that links to the same bytes again, or is refused.
pub fn entry(bytes: &[u8]) {
    let Ok(mut entry) = Entry::from_bytes(bytes) else {
        assert!(bytes.len() < ENVELOPE_LEN);
        return;
    };
    assert_eq!(entry.to_bytes(), bytes);
    let (_, opened) = (entry.head(), entry.open());
    entry.envelope.payload_digest = payload_digest(&entry.payload);
    entry.envelope.payload_len = entry.payload.len() as u32;
    if opened.is_ok() {
        assert_eq!(entry.to_bytes(), bytes, "opened with another digest or length");
    }
    if let Ok(event) = entry.open() {
        let (kind, payload) = codec::encode(&event).unwrap();
        assert_eq!((kind.number(), payload), (entry.envelope.kind, entry.payload));
    }
}

/// Notes, their signature lines, checkpoints, keys and policies: what parses is written in no other
/// way.
pub fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert!(note.text().starts_with(&checkpoint.text()));
        }
        let _ = checkpoints::unproven(bytes);
        assert!(note.verify([]).is_err(), "signed by nobody");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert!(text.starts_with(checkpoint.text().trim_end_matches('\n')));
    }
    if let Some(signature) = Signature::parse(text) {
        assert_eq!(signature.line(), format!("{text}\n"));
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = SigningKey::parse(text) {
        assert_eq!(key.secret_text(), text);
    }
    let _ = Policy::parse(text);
}

/// What parses as a proof is written in no other way, and proves nothing to who believes nobody.
pub fn tlog_proof(bytes: &[u8]) {
    if let Ok(rotations) = Rotations::parse(bytes) {
        assert_eq!(rotations.to_string().as_bytes(), bytes);
    }
    let Ok(proof) = TlogProof::parse(bytes) else { return };
    assert_eq!(proof.to_string().as_bytes(), bytes);
    assert!(proof.check(b"entry", &Policy::of_keys(Vec::new())).is_err());
}

/// What parses as the proof of an answer is written in no other way, and proves nothing to who
/// believes nobody. Its digest, which no mutation would keep, is made here.
pub fn answer_proof(body: &[u8]) {
    let digest = blake3::derive_key("blockholder v1 answer proof", body);
    let bytes = [body, &digest].concat();
    let Ok(proof) = AnswerProof::parse(&bytes) else { return };
    assert_eq!(proof.to_bytes(), bytes);
    assert!(proof.check(&Policy::of_keys(Vec::new())).is_err());
}

/// The records of a segment come in their order, one begun inside another after it, and all that is
/// found lies within the bytes.
pub fn segment(bytes: &[u8]) {
    let mut last = None;
    for item in Records::new(bytes, 0) {
        let end = match item {
            Item::Record(record) => {
                assert!(last < Some(record.offset), "{} after {last:?}", record.offset);
                last = Some(record.offset);
                record.is_sound();
                record.end()
            }
            Item::Damage { offset, len } => offset + len,
        };
        assert!(end <= bytes.len() as u64, "{end} of {}", bytes.len());
    }
}
