//! Filings and ledgers for tests: some by number, some by chance.
//! Asserts nothing; what should be true of them is the tests' business.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use blockholder::ledger::admit::{Decision, admit, split};
use blockholder::ledger::event::{Event, FilingRecorded, Supplied};
use blockholder::store::ledger::{Ledger, Mode, NewKey, Options};
use blockholder::store::log::{Draft, Log, Memory, Receipt};
use blockholder::store::segment::{HEADER_LEN, Header, Item, Records, Stream, Tag, write_record};
use blockholder::terms::id::{Accession, Cik, ContentId, Cusip};
use blockholder::terms::quantity::{Amount, Percent};
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{
    Agreement, Capacity, Document, Exhibit, Form, GroupBox, Holder, Issuer, Item as BodyItem,
    ItemFive, ItemFour, ItemNine, Part, Party, Reading, Rule, Signature, SubItem, Via,
};
use blockholder::terms::time::{Day, Instant, RecordedAt};
use blockholder::terms::trouble::{FieldName, Trouble, TroubleCode};

/// The ledgers' origin.
pub const ORIGIN: &str = "example.org/ledger";
/// A moment in 2026.
pub const NOW: RecordedAt = RecordedAt(1_790_000_000_000_000);

pub fn content(bytes: &[u8]) -> ContentId {
    ContentId(blake3::hash(bytes).into())
}

/// The received bytes of the filing of a number.
pub fn received(n: u64) -> Vec<u8> {
    format!("<SEC-DOCUMENT>filing {n}\n").repeat(3).into_bytes()
}

/// A filing of a number: one issuer for all, a holder whose stake is the number.
pub fn filing(n: u64) -> FilingRecorded {
    let bytes = received(n);
    let holder = Holder {
        name: Field::stated(format!("Holder {n}"), Span::new(0, 10)),
        aggregate: Field::stated(n.to_string().parse().unwrap(), Span::new(20, 24)),
        percent: Field::Blank { span: Span::new(30, 31) },
        ..Holder::default()
    };
    let issuer = Issuer {
        name: Field::stated("Tesla Motors, Inc.".to_owned(), Span::new(2, 9)),
        cik: Field::stated("1318605".parse().unwrap(), Span::new(11, 18)),
    };
    let reading = Reading {
        form: Field::stated(Form::Sc13G, Span::new(1, 7)),
        accession: Field::stated(accession(n), Span::new(3, 23)),
        cusips: vec![Field::stated("88160R101".parse().unwrap(), Span::new(40, 49))],
        issuer,
        holders: vec![holder],
        ..Reading::default()
    };
    FilingRecorded {
        content: content(&bytes),
        content_len: bytes.len() as u64,
        source: format!("filing-{n}.txt"),
        reader: 1,
        supplied: Supplied::default(),
        continued: 0,
        reading,
    }
}

pub fn accession(n: u64) -> Accession {
    format!("0001193125-12-{n:06}").parse().unwrap()
}

/// The draft of a filing, with its bytes.
pub fn draft(n: u64) -> Draft {
    draft_of(filing(n), received(n))
}

/// A ledger in memory of filings, each with the received bytes of its place among them, from 1 on.
pub fn ledger(filings: Vec<FilingRecorded>) -> Memory {
    let mut log = Memory::init(ORIGIN, NOW).unwrap();
    for (n, filing) in (1..).zip(filings) {
        log.append(NOW, vec![draft_of(filing, received(n))]).unwrap();
    }
    log
}

pub fn draft_of(filing: FilingRecorded, bytes: Vec<u8>) -> Draft {
    Draft { events: split(filing).unwrap(), received: Some(bytes) }
}

/// A filing that takes three entries.
pub fn large(n: u64) -> FilingRecorded {
    let mut filing = filing(n);
    let holder =
        Holder { name: Field::stated("x".repeat(2000), Span::new(0, 2000)), ..Holder::default() };
    filing.reading.holders = vec![holder; 70];
    filing
}

/// Looks up, admits and appends: what a program does with each filing.
pub fn take(log: &mut dyn Log, filing: FilingRecorded, bytes: Vec<u8>) -> (Decision, Vec<Receipt>) {
    let known = log.known(filing.accession(), filing.content).unwrap();
    let decision = admit(filing, &known).unwrap();
    let events = match &decision {
        Decision::Created(events) | Decision::Conflict { events, .. } => events.clone(),
        Decision::Exists { .. } => Vec::new(),
    };
    if events.is_empty() {
        return (decision, Vec::new());
    }
    let drafts = vec![Draft { events, received: Some(bytes) }];
    let receipts = log.append(NOW, drafts).unwrap().concat();
    (decision, receipts)
}

/// The secret key of every ledger here.
pub fn new_key() -> NewKey {
    NewKey { seed: [7; 32], file: None }
}

/// A ledger of eleven entries in seven batches, with a filing in three parts and a conflict.
pub fn small_ledger(dir: &Path) -> PathBuf {
    let at = dir.join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    fill(&mut ledger);
    ledger.close().unwrap();
    at
}

pub fn fill(log: &mut dyn Log) {
    for batch in [vec![1, 2], vec![3], vec![4, 5]] {
        log.append(NOW, batch.into_iter().map(draft).collect()).unwrap();
    }
    let mut other = filing(3);
    other.content = content(b"other bytes");
    other.content_len = 11;
    take(log, other, b"other bytes".to_vec());
    log.append(NOW, vec![draft_of(large(6), received(6))]).unwrap();
    log.append(NOW, vec![draft(7)]).unwrap();
}

/// A ledger of five entries in four batches, without anything large: every byte of it is changed.
pub fn tiny_ledger(dir: &Path) -> PathBuf {
    let at = dir.join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    for batch in [vec![1], vec![2, 3], vec![4]] {
        ledger.append(NOW, batch.into_iter().map(draft).collect()).unwrap();
    }
    ledger.close().unwrap();
    at
}

pub fn options(mode: Mode) -> Options {
    Options { wait: std::time::Duration::from_millis(40), ..Options::new(mode, NOW, "test") }
}

pub fn open(at: &Path, mode: Mode) -> Ledger {
    Ledger::open(at, &options(mode)).unwrap()
}

/// Writes a file that its owner alone may read, as that of a secret key has to be.
pub fn write_secret(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

pub fn segment(at: &Path, stream: Stream) -> PathBuf {
    stream.file(&at.join("journal"), 0)
}

/// The records of a segment, each with its offset, to be changed and written back.
pub fn records(path: &Path) -> Vec<(u64, Tag, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    Records::new(&bytes, HEADER_LEN)
        .map(|item| match item {
            Item::Record(record) => (record.offset, record.tag, record.body.to_vec()),
            Item::Damage { offset, .. } => panic!("damage at {offset}"),
        })
        .collect()
}

pub fn write_records(path: &Path, stream: Stream, records: &[(u64, Tag, Vec<u8>)]) {
    let mut bytes = Header { stream, number: 0, first: 0 }.to_bytes().to_vec();
    for (_, tag, body) in records {
        write_record(&mut bytes, *tag, body);
    }
    fs::write(path, bytes).unwrap();
}

/// A small generator of numbers, the same for the same seed on every machine.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn span() -> impl Strategy<Value = Span> {
    (any::<u32>(), any::<u16>())
        .prop_map(|(start, len)| Span::new(start.into(), u64::from(start) + u64::from(len)))
}

fn field<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Field<T>> {
    prop_oneof![
        (value, span()).prop_map(|(value, span)| Field::Stated { value, span }),
        span().prop_map(|span| Field::Blank { span }),
        Just(Field::Absent),
        span().prop_map(|span| Field::Unreadable { span }),
    ]
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    "\\PC{0,24}".boxed()
}

fn day() -> BoxedStrategy<Day> {
    (-719_528_i32..2_932_896).prop_map(|n| Day::try_from(n).unwrap()).boxed()
}

fn instant() -> BoxedStrategy<Instant> {
    (0_i64..4_102_444_800).prop_map(|n| Instant::from_unix_seconds(n).unwrap()).boxed()
}

fn accessions() -> BoxedStrategy<Accession> {
    (0_u64..1_000_000_000_000_000_000).prop_map(|n| Accession::try_from(n).unwrap()).boxed()
}

fn cik() -> BoxedStrategy<Cik> {
    (1_u64..10_000_000_000).prop_map(|n| Cik::try_from(n).unwrap()).boxed()
}

fn cusip() -> BoxedStrategy<Cusip> {
    "[0-9A-Z*@#]{1,12}".prop_map(|text| text.parse().unwrap()).boxed()
}

fn amount() -> BoxedStrategy<Amount> {
    "(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?".prop_map(|text| text.parse().unwrap()).boxed()
}

fn percent() -> BoxedStrategy<Percent> {
    "<?(0|[1-9][0-9]?)(\\.[0-9]{1,4})?".prop_map(|text| text.parse().unwrap()).boxed()
}

fn any_of<T: std::fmt::Debug + Clone + 'static>(all: &'static [T]) -> BoxedStrategy<T> {
    prop::sample::select(all).boxed()
}

fn holder() -> impl Strategy<Value = Holder> {
    let who = (field(text()), field(text()), field(cik()), field(text()));
    let boxes = (
        field(any_of(&[GroupBox::A, GroupBox::B])),
        vec(field(text()), 0..3),
        field(any::<bool>()),
        field(any::<bool>()),
    );
    let powers =
        (field(amount()), field(amount()), field(amount()), field(amount()), field(amount()));
    let rest = (
        field(percent()),
        vec(field(text()), 0..3),
        vec((text(), amount(), span()), 0..3),
        vec((text(), span()), 0..3),
        option::of(span()),
    );
    (who, boxes, powers, rest).prop_map(|(who, boxes, powers, rest)| Holder {
        name: who.0,
        tax_id: who.1,
        cik: who.2,
        citizenship: who.3,
        group: boxes.0,
        funds: boxes.1,
        legal_proceedings: boxes.2,
        excludes_shares: boxes.3,
        sole_voting: powers.0,
        shared_voting: powers.1,
        sole_dispositive: powers.2,
        shared_dispositive: powers.3,
        aggregate: powers.4,
        percent: rest.0,
        types: rest.1,
        parts: rest
            .2
            .into_iter()
            .map(|(instrument, amount, span)| Part { instrument, amount, span })
            .collect(),
        via: rest.3.into_iter().map(|(name, span)| Via { name, span }).collect(),
        note: rest.4,
    })
}

fn item() -> impl Strategy<Value = BodyItem> {
    let letter = prop::char::range('a', 'l');
    let sub = (letter, span()).prop_map(|(letter, span)| SubItem { letter, span });
    (1_u8..11, field(text()), span(), vec(sub, 0..3))
        .prop_map(|(number, heading, span, sub)| BodyItem { number, heading, span, sub })
}

fn signature() -> impl Strategy<Value = Signature> {
    let capacity = (field(text()), field(text()), field(day()))
        .prop_map(|(by, title, date)| Capacity { by, title, date });
    (field(text()), field(day()), vec(capacity, 0..3))
        .prop_map(|(name, date, capacities)| Signature { name, date, capacities })
}

fn party() -> impl Strategy<Value = Party> {
    (field(text()), field(cik()), field(text()), vec(field(text()), 0..3))
        .prop_map(|(name, cik, tax_id, former_names)| Party { name, cik, tax_id, former_names })
}

fn document() -> impl Strategy<Value = Document> {
    (field(text()), field(any::<u32>()), field(text()), field(text()), option::of(span())).prop_map(
        |(kind, sequence, filename, description, span)| Document {
            kind,
            sequence,
            filename,
            description,
            span,
        },
    )
}

fn agreement() -> impl Strategy<Value = Agreement> {
    (vec(field(text()), 0..3), field(day()), option::of(span()))
        .prop_map(|(parties, date, span)| Agreement { parties, date, span })
}

fn exhibit() -> impl Strategy<Value = Exhibit> {
    (field(text()), field(text()), field(day())).prop_map(|(label, title, date)| Exhibit {
        label,
        title,
        date,
    })
}

fn item_four() -> impl Strategy<Value = ItemFour> {
    let stake = (field(amount()), field(percent()));
    let powers = (field(amount()), field(amount()), field(amount()), field(amount()));
    (stake, powers).prop_map(|(stake, powers)| ItemFour {
        amount: stake.0,
        percent: stake.1,
        sole_voting: powers.0,
        shared_voting: powers.1,
        sole_dispositive: powers.2,
        shared_dispositive: powers.3,
    })
}

fn item_five() -> impl Strategy<Value = ItemFive> {
    (field(amount()), field(percent()), field(any::<bool>()), field(day())).prop_map(
        |(amount, percent, ceased, ceased_on)| ItemFive { amount, percent, ceased, ceased_on },
    )
}

fn item_nine() -> impl Strategy<Value = ItemNine> {
    (field(any::<bool>()), field(day())).prop_map(|(dissolved, on)| ItemNine { dissolved, on })
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let what = (any_of(TroubleCode::ALL), any_of(FieldName::ALL));
    (what, option::of(any::<u32>()), option::of(span()), text()).prop_map(
        |((code, field), holder, span, message)| Trouble { code, holder, field, span, message },
    )
}

/// Any reading at all, within what the terms allow.
pub fn reading() -> impl Strategy<Value = Reading> {
    let header = (
        field(any_of(&Form::ALL)),
        field(any::<u32>()),
        field(day()),
        field(day()),
        field(instant()),
        field(accessions()),
        field(accessions()),
    );
    let issuer = (field(text()), field(cik()), vec(field(cusip()), 0..3), field(text()));
    let more = (field(text()), field(any::<bool>()), field(text()));
    let people = (vec(holder(), 0..4), vec(party(), 0..3), vec(field(text()), 0..3));
    let items = (
        vec(item(), 0..4),
        item_four(),
        item_five(),
        vec(field(text()), 0..3),
        item_nine(),
        field(any::<bool>()),
    );
    let papers = (
        vec(document(), 0..3),
        option::of(span()),
        vec(exhibit(), 0..3),
        vec(agreement(), 0..3),
        vec(field(day()), 0..3),
    );
    let rest = (
        vec(field(any_of(&[Rule::B, Rule::C, Rule::D])), 0..3),
        vec(field(amount()), 0..3),
        vec(signature(), 0..3),
        vec(trouble(), 0..4),
    );
    // Every field is named: one that is added has to be generated, too.
    (header, issuer, more, people, items, papers, rest).prop_map(
        |(header, issuer, more, people, items, papers, rest)| Reading {
            form: header.0,
            amendment_number: header.1,
            event_date: header.2,
            filed_date: header.3,
            accepted_at: header.4,
            accession: header.5,
            previous_accession: header.6,
            schema_version: more.0,
            previously_filed: more.1,
            issuer: Issuer { name: issuer.0, cik: issuer.1 },
            file_number: more.2,
            cusips: issuer.2,
            class_title: issuer.3,
            rules: rest.0,
            filed_by: people.1,
            group_members: people.2,
            documents: papers.0,
            holders: people.0,
            items: items.0,
            item_4: items.1,
            item_5: items.2,
            item_8: items.3,
            item_9: items.4,
            five_percent_or_less: items.5,
            class_sizes: rest.1,
            exhibit_list: papers.1,
            exhibits: papers.2,
            agreements: papers.3,
            earlier: papers.4,
            signatures: rest.2,
            troubles: rest.3,
        },
    )
}

/// Any filing at all.
pub fn any_filing() -> impl Strategy<Value = FilingRecorded> {
    (any::<[u8; 32]>(), any::<u64>(), text(), any::<u32>(), option::of(accessions()), reading())
        .prop_map(|(content, content_len, source, reader, accession, reading)| FilingRecorded {
            content: ContentId(content),
            content_len,
            source,
            reader,
            supplied: Supplied { accession, ..Supplied::default() },
            continued: 0,
            reading,
        })
}

/// The event of a filing.
pub fn event(filing: FilingRecorded) -> Event {
    Event::FilingRecorded(Box::new(filing))
}
