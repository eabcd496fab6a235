//! Golden vectors: one case a file under `tests/vectors/v1`, and the specimen in `ledger-spec.md`.
//!
//! Every file is checked twice: that it is what this program writes, and that what it says of its
//! bytes is so. `BLOCKHOLDER_BLESS=1` writes them anew, which no released format may need.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use blockholder::ledger::audit::audit;
use blockholder::ledger::chain::{Entry, Head};
use blockholder::ledger::codec::{DecodeError, decode, encode};
use blockholder::ledger::event::{
    Because, ChainJoined, ClassChange, ClassChanged, ClassKey, ClassRetracted, ClassSizeReported,
    Event, FilingConflicted, FilingContinued, FilingCorrected, FilingDecided, FilingRecorded,
    FilingRef, FilingReread, FilingSkipped, FilingUncorrected, HolderKey, HoldersDecided,
    KeyRotated, Said, Supplied, TopicsSealed,
};
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{
    Form, GroupBox, Holder, Issuer, Item, Part, Reading, Rule, Via,
};
use blockholder::terms::time::RecordedAt;
use blockholder::terms::topic::HolderId;
use blockholder::terms::trouble::{FieldName, Trouble, TroubleCode};
use common::{ORIGIN, accession, content};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// Bytes as lines of 32.
fn lines(bytes: &[u8], indent: &str) -> String {
    bytes.chunks(32).map(|line| format!("{indent}{}\n", hex(line))).collect()
}

fn opened() -> Event {
    Event::LedgerOpened { origin: ORIGIN.to_owned() }
}

/// The filing of the specification's specimen, and the bytes it was read in.
fn specimen() -> (FilingRecorded, &'static [u8]) {
    let bytes = b"SC 13G  Tesla Motors, Inc.  Jane Doe  900";
    let holder = Holder {
        name: Field::stated("Jane Doe".to_owned(), Span::new(28, 36)),
        aggregate: Field::stated("900".parse().unwrap(), Span::new(38, 41)),
        ..Holder::default()
    };
    let name = Field::stated("Tesla Motors, Inc.".to_owned(), Span::new(8, 26));
    let reading = Reading {
        form: Field::stated(Form::Sc13G, Span::new(0, 6)),
        issuer: Issuer { name, cik: Field::Absent },
        holders: vec![holder],
        ..Reading::default()
    };
    let filing = FilingRecorded {
        content: content(bytes),
        content_len: bytes.len() as u64,
        source: "doe.txt".to_owned(),
        reader: 1,
        supplied: Supplied { accession: Some(accession(60227)), ..Supplied::default() },
        continued: 0,
        reading,
    };
    (filing, bytes)
}

/// A filing that uses every kind of value.
fn rich() -> FilingRecorded {
    let (mut filing, _) = specimen();
    let span = Span::new(300, 70_000);
    let holder = &mut filing.reading.holders[0];
    holder.group = Field::stated(GroupBox::B, span);
    holder.excludes_shares = Field::stated(true, span);
    holder.percent = Field::stated("<1".parse().unwrap(), span);
    holder.shared_voting = Field::Blank { span };
    holder.sole_voting = Field::Unreadable { span };
    holder.types = vec![Field::stated("IN".to_owned(), span)];
    let (instrument, amount) = ("notes".to_owned(), "433266.5".parse().unwrap());
    holder.parts = vec![Part { instrument, amount, span }];
    holder.via = vec![Via { name: "Fund \u{e9}".to_owned(), span }];
    let reading = &mut filing.reading;
    reading.amendment_number = Field::stated(251, span);
    reading.event_date = Field::stated("1969-12-31".parse().unwrap(), span);
    reading.accepted_at = Field::stated("2012-02-14T21:00:00Z".parse().unwrap(), span);
    reading.cusips = vec![Field::stated("88160R101".parse().unwrap(), span)];
    reading.rules = vec![Field::stated(Rule::C, span)];
    reading.items = vec![Item { number: 4, heading: Field::Absent, span, sub: Vec::new() }];
    let message = "expected 12, got 13".to_owned();
    let (code, field) = (TroubleCode::ViaSum, FieldName::Aggregate);
    reading.troubles = vec![Trouble { code, holder: Some(0), field, span: Some(span), message }];
    filing
}

/// What was decided or understood later, a specimen of each kind.
fn decided(kind: u16) -> Event {
    let filing = FilingRef { entry: 300, content: specimen().0.content };
    let because = || Because { reason: "the page says so".to_owned(), who: "Jane Roe".to_owned() };
    let decided = || FilingDecided { filing, because: because() };
    let class = ClassKey {
        issuer: Some("1318605".parse().unwrap()),
        cusip: Some("88160R101".parse().unwrap()),
        title: None,
    };
    let since = "2012-02-29".parse().unwrap();
    let known_at = Some("2012-03-01T21:00:00Z".parse().unwrap());
    let (source, who) = ("10-K, cover page".to_owned(), "Jane Roe".to_owned());
    let pair = || HoldersDecided {
        a: HolderKey { id: HolderId::Cik("1494730".parse().unwrap()), issuer: None },
        b: HolderKey {
            id: HolderId::of_name("Doe, Jane").unwrap(),
            issuer: Some("1318605".parse().unwrap()),
        },
        since: Some(since),
        known_at,
        because: because(),
    };
    match kind {
        4 => Event::FilingReread(Box::new(FilingReread {
            filing,
            reader: 2,
            continued: 0,
            reading: specimen().0.reading,
        })),
        5 => Event::FilingCorrected(FilingCorrected {
            filing,
            holder: Some(0),
            name: Some("Jane Doe".to_owned()),
            field: FieldName::Aggregate,
            old: Said::Unreadable,
            new: Said::Stated("900".to_owned()),
            span: Some(Span::new(38, 41)),
            because: because(),
        }),
        6 => Event::FilingWithdrawn(decided()),
        7 => Event::FilingReinstated(decided()),
        8 => Event::HoldersLinked(pair()),
        9 => Event::HoldersUnlinked(pair()),
        10 => {
            let shares = "94908370".parse().unwrap();
            let size = ClassSizeReported { class, shares, since, known_at, source, who };
            Event::ClassSizeReported(size)
        }
        11 => {
            let change = ClassChange::Split { new: 5, old: 1 };
            let changed = ClassChanged { class, change, since, known_at: None, source, who };
            Event::ClassChanged(changed)
        }
        12 => {
            let with = FilingRef { entry: 7, content: content(b"other bytes") };
            Event::ChainJoined(ChainJoined { filing, with, because: because() })
        }
        13 => Event::ChainSplit(decided()),
        14 => {
            Event::FilingSkipped(FilingSkipped { accession: accession(60227), because: because() })
        }
        15 => {
            let root = blockholder::ledger::merkle::leaf(b"a topic");
            Event::TopicsSealed(TopicsSealed { from: 0, size: 300, topics: 1, root })
        }
        16 => {
            let key = |n| SigningKey::from_seed(ORIGIN, KeyKind::Log, &[n; 32]).unwrap();
            let [old, new] = [1, 2].map(|n| key(n).public().to_string());
            Event::KeyRotated(KeyRotated { old, new, because: because() })
        }
        17 => Event::ContentRedacted(decided()),
        18 => Event::FilingUncorrected(FilingUncorrected {
            filing,
            correction: 9,
            because: because(),
        }),
        19 => Event::ClassRetracted(ClassRetracted {
            class,
            cusip: Some("037833100".parse().unwrap()),
            entry: 9,
            because: because(),
        }),
        other => panic!("no specimen of kind {other}"),
    }
}

fn variant(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::UnknownKind { .. } => "unknown-kind",
        DecodeError::TooLong { .. } => "too-long",
        DecodeError::Malformed { .. } => "malformed",
        DecodeError::Trailing { .. } => "trailing",
        DecodeError::NotCanonical { .. } => "not-canonical",
    }
}

/// Name, what it is, kind, verdict, bytes.
type Codec = (&'static str, &'static str, u16, &'static str, Vec<u8>);

/// The bytes of a filing with one byte string in them replaced by another.
fn patched(filing: &FilingRecorded, from: &[u8], to: &[u8]) -> Vec<u8> {
    let bytes = encode(&common::event(filing.clone())).unwrap().1;
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn codec_cases() -> Vec<Codec> {
    let bytes = |event: &Event| encode(event).unwrap().1;
    let (filing, rich) = (specimen().0, rich());
    let part = FilingContinued {
        content: filing.content,
        part: 1,
        holders: filing.reading.holders.clone(),
        troubles: rich.reading.troubles.clone(),
    };
    let conflict = FilingConflicted {
        accession: accession(60227),
        recorded: filing.content,
        received: content(b"other bytes"),
        received_len: 11,
        source: "again.txt".to_owned(),
    };
    let origin = bytes(&opened());
    let number = u64::from(accession(60227)).to_le_bytes();
    let limit = 1_000_000_000_000_000_000_u64.to_le_bytes();
    let swap = |from: &[u8], to: &[u8]| patched(&rich, from, to);
    let span = [0xfb, 0x2c, 0x01, 0xfc, 0x44, 0x10, 0x01, 0x00];
    // Row 12's box, then the percent that begins row 13.
    let flag = |value| [&[0, value][..], &span, b"\x00\x02<1"].concat();
    let Event::FilingCorrected(corrected) = decided(5) else { panic!("no correction") };
    let boxed = Event::FilingCorrected(FilingCorrected {
        holder: None,
        name: None,
        field: FieldName::FivePercentOrLess,
        old: Said::Nothing,
        new: Said::Stated("true".to_owned()),
        ..corrected
    });
    // What was and is said of the box follow its number.
    let mut other = bytes(&boxed);
    let at = other.windows(3).position(|window| window == [32, 0, 2]).unwrap();
    other[at] = 250;
    vec![
        ("opened", "Entry 0 of a ledger.", 0, "event", origin.clone()),
        ("filing", "The specimen's filing.", 1, "event", bytes(&common::event(filing.clone()))),
        ("filing-rich", "Every kind of value.", 1, "event", bytes(&common::event(rich.clone()))),
        ("continued", "More of a filing.", 2, "event", bytes(&Event::FilingContinued(part))),
        ("conflicted", "Other bytes.", 3, "event", bytes(&Event::FilingConflicted(conflict))),
        ("reread", "A rereading.", 4, "event", bytes(&decided(4))),
        ("corrected", "A correction.", 5, "event", bytes(&decided(5))),
        ("corrected-box", "One of a filing's box.", 5, "event", bytes(&boxed)),
        ("corrected-other", "A field not listed.", 5, "malformed", other),
        ("withdrawn", "A withdrawal.", 6, "event", bytes(&decided(6))),
        ("reinstated", "Its undoing.", 7, "event", bytes(&decided(7))),
        ("linked", "Two holders are one.", 8, "event", bytes(&decided(8))),
        ("unlinked", "Two holders are two.", 9, "event", bytes(&decided(9))),
        ("class-size", "A class's size.", 10, "event", bytes(&decided(10))),
        ("class-changed", "A split.", 11, "event", bytes(&decided(11))),
        ("chain-joined", "A filing put into a chain.", 12, "event", bytes(&decided(12))),
        ("chain-split", "A filing that starts one.", 13, "event", bytes(&decided(13))),
        ("skipped", "A filing left out.", 14, "event", bytes(&decided(14))),
        ("sealed", "What is found where.", 15, "event", bytes(&decided(15))),
        ("rotated", "Another key signs.", 16, "event", bytes(&decided(16))),
        ("redacted", "Bytes kept no more.", 17, "event", bytes(&decided(17))),
        ("uncorrected", "A correction taken back.", 18, "event", bytes(&decided(18))),
        ("retracted", "A change of a class taken back.", 19, "event", bytes(&decided(19))),
        ("empty", "No bytes at all.", 0, "malformed", vec![]),
        ("kind-unknown", "A kind of a later program.", 999, "unknown-kind", origin.clone()),
        ("kind-other", "An origin read as a conflict.", 3, "malformed", origin.clone()),
        ("trailing", "One byte more.", 0, "trailing", [&origin[..], &[0]].concat()),
        ("cut", "One byte less.", 0, "malformed", origin[..origin.len() - 1].to_vec()),
        (
            "long-integer",
            "A length of 18 in three bytes instead of one.",
            0,
            "not-canonical",
            [&[0xfb, 18, 0], &origin[1..]].concat(),
        ),
        (
            "longer-integer",
            "A length of 18 in nine bytes.",
            0,
            "not-canonical",
            [&[0xfd, 18, 0, 0, 0, 0, 0, 0, 0], &origin[1..]].concat(),
        ),
        (
            "utf8",
            "A text that is not UTF-8.",
            0,
            "malformed",
            [&origin[..1], &[0xff], &origin[2..]].concat(),
        ),
        (
            "length-lie",
            "A text said to have 2^62 bytes.",
            0,
            "malformed",
            vec![0xfd, 0, 0, 0, 0, 0, 0, 0, 0x40],
        ),
        (
            "amount-zero",
            "An amount with a leading zero.",
            1,
            "malformed",
            swap(b"\x08433266.5", b"\x080433266."),
        ),
        (
            "amount-sign",
            "An amount with a sign.",
            1,
            "malformed",
            swap(b"\x08433266.5", b"\x08-33266.5"),
        ),
        ("percent", "A percent of two bounds.", 1, "malformed", swap(b"\x02<1", b"\x02<<")),
        ("cusip", "A CUSIP in small letters.", 1, "malformed", swap(b"88160R101", b"88160r101")),
        ("boolean", "A boolean of 2.", 1, "malformed", swap(&flag(1), &flag(2))),
        (
            "state",
            "A field in a fifth state.",
            1,
            "malformed",
            swap(&[&[0x03][..], &span].concat(), &[&[0x04][..], &span].concat()),
        ),
        (
            "span",
            "A span that ends past 2^64.",
            1,
            "malformed",
            swap(
                &[&[0x03][..], &span].concat(),
                &[&[0x03][..], &[0xfd, 255, 255, 255, 255, 255, 255, 255, 255], &span[3..]]
                    .concat(),
            ),
        ),
        (
            "accession",
            "An accession number of nineteen digits.",
            1,
            "malformed",
            swap(&number, &limit),
        ),
    ]
}

fn codec_text((name, what, kind, verdict, bytes): &Codec) -> (PathBuf, String) {
    let expect = match *verdict {
        "event" => "expect: event\n".to_owned(),
        refusal => format!("expect: refused by codec, {refusal}\n"),
    };
    let text = format!("# {what}\nkind: {kind}\n{expect}bytes:\n{}", lines(bytes, "  "));
    (root().join("codec").join(format!("{name}.txt")), text)
}

fn link(events: Vec<Event>) -> Vec<Vec<u8>> {
    let mut head = Head::NONE;
    events
        .into_iter()
        .map(|event| {
            let entry = Entry::link(&head, RecordedAt(1_790_000_000_000_000), &event).unwrap();
            head = entry.head();
            entry.to_bytes()
        })
        .collect()
}

/// Name, what it is, entries, faults as `class entry`.
type Chain = (&'static str, &'static str, Vec<Vec<u8>>, &'static str);

fn chain_cases() -> Vec<Chain> {
    let filing = |n: u64| {
        let (mut filing, _) = specimen();
        filing.source = format!("{n}.txt");
        common::event(filing)
    };
    let sound = || link(vec![opened(), filing(1), filing(2), filing(3), filing(4)]);
    let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut entries = sound();
        change(&mut entries);
        entries
    };
    let flip = |entry: usize, at: usize| changed(&|e| e[entry][at] ^= 1);
    let same_time = |e: &mut Vec<Vec<u8>>| {
        let time = e[1][16..24].to_vec();
        e[2][16..24].copy_from_slice(&time);
    };
    let part = |part| {
        let (holders, troubles) = (vec![], vec![]);
        Event::FilingContinued(FilingContinued {
            content: specimen().0.content,
            part,
            holders,
            troubles,
        })
    };
    let mut whole = specimen().0;
    whole.continued = 2;
    let whole = || common::event(whole.clone());
    vec![
        ("sound", "Five entries without a fault.", sound(), ""),
        (
            "parts",
            "A filing in three entries.",
            link(vec![opened(), whole(), part(1), part(2)]),
            "",
        ),
        ("payload", "One bit of a payload.", flip(1, 100), "payload 1"),
        ("digest", "One bit of a payload's digest.", flip(1, 30), "payload 1, hash 1"),
        ("version", "An envelope of version 3.", changed(&|e| e[1][0] = 3), "codec 1, hash 1"),
        ("kind", "A kind that is not known.", flip(1, 3), "codec 1, hash 1"),
        ("length", "One bit of the payload's length.", flip(1, 4), "payload 1, hash 1"),
        ("number", "One bit of a sequence.", flip(1, 8), "order 1, hash 1"),
        ("number-far", "One bit of a sequence, far off.", flip(2, 14), "order 2, hash 2"),
        ("previous", "One bit of a previous hash.", flip(2, 60), "prev 2, hash 2"),
        ("previous-first", "Entry 0 names one before it.", flip(0, 60), "prev 0, hash 0"),
        ("time", "Recorded before the entry before.", changed(&|e| e[2][22] = 0), "time 2, hash 2"),
        ("time-same", "Recorded when the entry before was.", changed(&same_time), "time 2, hash 2"),
        (
            "number-and-previous",
            "One bit of a sequence, far off, and one of the previous hash.",
            changed(&|e| {
                e[2][14] ^= 1;
                e[2][60] ^= 1;
            }),
            "gap 2, hash 2",
        ),
        ("time-later", "One bit of a time.", flip(2, 20), "time 3, hash 2"),
        ("deleted", "Entry 2 is missing.", changed(&|e| drop(e.remove(2))), "gap 2"),
        ("swapped", "Entries 1 and 2 swapped.", changed(&|e| e.swap(1, 2)), "gap 1, order 1"),
        ("twice", "Entry 2 twice.", changed(&|e| e.insert(3, e[2].clone())), "order 2"),
        ("cut", "Too few bytes for an envelope.", changed(&|e| e[4].truncate(87)), "frame 4"),
        ("opened-twice", "A ledger opened again.", link(vec![opened(), opened()]), "event 1"),
        ("never-opened", "Entry 0 records a filing.", link(vec![filing(1)]), "event 0"),
        (
            "redacted-ahead",
            "Bytes kept no more that no entry before names.",
            link(vec![opened(), filing(1), decided(17)]),
            "event 2",
        ),
        (
            "uncorrected-ahead",
            "A correction taken back that is not before.",
            link(vec![opened(), filing(1), decided(18)]),
            "event 2",
        ),
        ("orphan", "A continuation alone.", link(vec![opened(), part(1)]), "event 1"),
        (
            "part-missing",
            "Part 1 of 2 is missing.",
            link(vec![opened(), whole(), part(2)]),
            "event 2",
        ),
        (
            "unfinished",
            "Part 2 of 2 is missing.",
            link(vec![opened(), whole(), part(1), filing(1)]),
            "event 3",
        ),
    ]
}

fn chain_text((name, what, entries, faults): &Chain) -> (PathBuf, String) {
    let expect = match *faults {
        "" => "expect: no fault\n".to_owned(),
        faults => format!("expect: refused by chain, {faults}\n"),
    };
    let mut text = format!("# {what}\n{expect}");
    for stored in entries {
        text += &format!("entry:\n{}", lines(stored, "  "));
        if let Ok(entry) = Entry::from_bytes(stored) {
            text += &format!("# its hash: {}\n", entry.hash());
        }
    }
    (root().join("chain").join(format!("{name}.txt")), text)
}

fn generated() -> BTreeMap<PathBuf, String> {
    let codec = codec_cases();
    let chain = chain_cases();
    codec.iter().map(codec_text).chain(chain.iter().map(chain_text)).collect()
}

fn bless() -> bool {
    std::env::var("BLOCKHOLDER_BLESS").is_ok_and(|value| value == "1")
}

#[test]
fn the_vectors_are_what_this_program_writes() {
    let generated = generated();
    if bless() {
        for (path, text) in &generated {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    for (path, text) in &generated {
        assert_eq!(&fs::read_to_string(path).unwrap(), text, "{}", path.display());
    }
    for folder in ["codec", "chain"] {
        for file in fs::read_dir(root().join(folder)).unwrap() {
            let path = file.unwrap().path();
            assert!(generated.contains_key(&path), "nothing makes {}", path.display());
        }
    }
}

/// The value after a key at the beginning of a line.
fn value<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim()
}

#[test]
fn codec_vectors_are_read_or_refused_as_they_say() {
    for file in fs::read_dir(root().join("codec")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let bytes = unhex(text.split_once("bytes:\n").unwrap().1);
        let verdict = match decode(value(&text, "kind:").parse().unwrap(), &bytes) {
            Ok(event) => {
                assert_eq!(encode(&event).unwrap().1, bytes, "{}", path.display());
                "event".to_owned()
            }
            Err(error) => format!("refused by codec, {}", variant(&error)),
        };
        assert_eq!(verdict, value(&text, "expect:"), "{}", path.display());
    }
}

#[test]
fn chain_vectors_have_the_faults_they_say() {
    for file in fs::read_dir(root().join("chain")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let bare: String =
            text.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
        let entries: Vec<Vec<u8>> = bare.split("entry:\n").skip(1).map(unhex).collect();
        let faults = audit(entries.iter().map(Vec::as_slice));
        let named: Vec<String> =
            faults.iter().map(|f| format!("{} {}", f.class, f.entry.unwrap())).collect();
        let verdict = match named.is_empty() {
            true => "no fault".to_owned(),
            false => format!("refused by chain, {}", named.join(", ")),
        };
        assert_eq!(verdict, value(&text, "expect:"), "{}", path.display());
    }
}

fn specimen_text() -> String {
    let (filing, received) = specimen();
    let entries = link(vec![opened(), common::event(filing.clone())]);
    let [first, second] = [0, 1].map(|at: usize| Entry::from_bytes(&entries[at]).unwrap());
    let mut text = String::from("```text\n");
    let envelope = |text: &mut String, entry: &Entry| {
        let bytes = entry.envelope.to_bytes();
        let rows = [
            ("version", 0..2, entry.envelope.version.to_string()),
            ("kind", 2..4, entry.envelope.kind.to_string()),
            ("payload length", 4..8, entry.envelope.payload_len.to_string()),
            ("sequence", 8..16, entry.envelope.sequence.to_string()),
            ("recorded at", 16..24, entry.envelope.recorded_at.to_string()),
            ("payload digest", 24..56, String::new()),
            ("previous hash", 56..88, String::new()),
        ];
        for (name, range, value) in rows {
            let line = format!("  {name:14}  {}  {value}", hex(&bytes[range]));
            writeln!(text, "{}", line.trim_end()).unwrap();
        }
        writeln!(text, "  entry hash      {}\n", entry.hash()).unwrap();
    };
    writeln!(text, "entry 0, LedgerOpened\n  payload").unwrap();
    text += &lines(&first.payload, "    ");
    envelope(&mut text, &first);
    writeln!(text, "received bytes, {} of them\n  {}", received.len(), received.escape_ascii())
        .unwrap();
    writeln!(text, "  content id      {}\n", filing.content).unwrap();
    writeln!(text, "entry 1, FilingRecorded\n  payload").unwrap();
    text += &lines(&second.payload, "    ");
    envelope(&mut text, &second);
    writeln!(text, "checkpoint\n  2 {}\n```", second.hash()).unwrap();
    text
}

/// What a payload's parts are made of, from the terms themselves.
fn parts_text() -> String {
    let event = include_str!("../src/ledger/event.rs");
    let statement = include_str!("../src/terms/statement.rs");
    let trouble = include_str!("../src/terms/trouble.rs");
    let mut text = String::from("| part | values |\n|---|---|\n");
    let supplied = event.split("\npub struct ").filter(|body| body.starts_with("Supplied"));
    let all = [statement, trouble].into_iter().flat_map(|text| text.split("\npub struct ").skip(1));
    for body in supplied.chain(all) {
        let (name, body) = body.split_once(" {").unwrap();
        let body = body.split_once("\n}").unwrap().0;
        let values: Vec<String> = body
            .lines()
            .filter_map(|line| {
                line.trim().strip_prefix("pub ")?.strip_suffix(',')?.split_once(": ")
            })
            .map(|(name, ty)| format!("{name}: {}", value_of(ty)))
            .collect();
        writeln!(text, "| {} | {} |", words(name), values.join("; ")).unwrap();
    }
    text
}

/// A type in the words of section 5.2.
fn value_of(ty: &str) -> String {
    let inner = |name: &str| ty.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
    if let Some(member) = inner("Vec") {
        return format!("[{}]", value_of(member));
    }
    if let Some(value) = inner("Field") {
        return format!("F {}", value_of(value));
    }
    if let Some(value) = inner("Option") {
        return format!("{}?", value_of(value));
    }
    match ty {
        "String" => "text".to_owned(),
        "bool" => "boolean".to_owned(),
        "u8" => "8-bit integer".to_owned(),
        "u32" | "u64" => "unsigned".to_owned(),
        "Cik" | "Cusip" => ty.to_uppercase(),
        "TroubleCode" => "code".to_owned(),
        other => words(other),
    }
}

/// `GroupBox` as `group box`.
fn words(name: &str) -> String {
    let spaced = name.chars().fold(String::new(), |text, c| {
        let gap = if c.is_uppercase() && !text.is_empty() { " " } else { "" };
        format!("{text}{gap}{c}")
    });
    spaced.to_lowercase()
}

/// The numbered lists of section 5.4.
fn troubles_text() -> String {
    let list = |what: &str, names: Vec<&str>| {
        let mut text = format!("{what}, from 0:");
        let mut width = text.len();
        for (number, name) in names.iter().enumerate() {
            let end = if number + 1 == names.len() { "." } else { "," };
            let next = format!("{number} `{name}`{end}");
            let gap = if width + next.len() < 99 { " " } else { "\n" };
            width = if gap == " " { width + next.len() + 1 } else { next.len() };
            text += &format!("{gap}{next}");
        }
        text
    };
    let codes = TroubleCode::ALL.iter().map(|code| code.as_str()).collect();
    let fields = FieldName::ALL.iter().map(|field| field.as_str()).collect();
    format!("{}\n\n{}\n", list("Codes", codes), list("Fields", fields))
}

#[test]
fn the_specification_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger-spec.md");
    let mut spec = fs::read_to_string(&path).unwrap();
    let said = spec.clone();
    for (name, text) in
        [("specimen", specimen_text()), ("troubles", troubles_text()), ("parts", parts_text())]
    {
        let begin = format!("<!-- {name}: written by tests/vectors.rs -->\n");
        let end = format!("<!-- end of {name} -->\n");
        let (before, rest) = spec.split_once(&begin).unwrap();
        let (_, after) = rest.split_once(&end).unwrap();
        spec = format!("{before}{begin}{text}{end}{after}");
    }
    if bless() {
        fs::write(&path, spec).unwrap();
    } else {
        let differ = said.lines().zip(spec.lines()).find(|(said, is)| said != is);
        assert_eq!(differ, None, "what is said, and what is so");
    }
}
