//! The store's contract, on every store; and what the one in a folder survives.

use blockholder::ledger::event::{Event, FilingRecorded, Supplied};
use blockholder::store::ledger::{Ledger, Mode, Options};
use blockholder::store::log::{Draft, Log};
use blockholder::terms::id::ContentId;
use blockholder::terms::statement::Reading;
use blockholder::terms::time::RecordedAt;
use blockholder::terms::topic::Topic;

fn draft(n: u64) -> Draft {
    let bytes = format!("filing {n}").into_bytes();
    let supplied = Supplied {
        accession: Some(format!("0001193125-12-{n:06}").parse().unwrap()),
        issuer_cik: Some("1318605".parse().unwrap()),
        ..Supplied::default()
    };
    let filing = FilingRecorded {
        content: ContentId(blake3::hash(&bytes).into()),
        content_len: bytes.len() as u64,
        source: "a".into(),
        reader: 1,
        supplied,
        continued: 0,
        reading: Reading::default(),
    };
    Draft { events: vec![Event::FilingRecorded(Box::new(filing))], received: Some(bytes) }
}

#[test]
fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("l");
    let mut ledger = Ledger::init(&at, "example.org/x", RecordedAt(5)).unwrap();
    for n in 0..10 {
        ledger.append(RecordedAt(7), vec![draft(2 * n), draft(2 * n + 1)]).unwrap();
    }
    ledger.close().unwrap();
    for mode in [Mode::Read, Mode::Write] {
        let ledger = Ledger::open(&at, &Options::new(mode, RecordedAt(9), "test")).unwrap();
        assert_eq!(ledger.take_notices(), []);
        assert_eq!(ledger.size(), 21);
        let key = Topic::Cik("1318605".parse().unwrap());
        assert_eq!(ledger.postings(&key).unwrap().len(), 20);
        for entry in ledger.range(0..21).unwrap() {
            let event = entry.unwrap().open().unwrap();
            if let Some(content) = event.content() {
                ledger.blob(content).unwrap();
            }
        }
    }
    std::fs::remove_dir_all(at.join("index")).unwrap();
    let ledger = Ledger::open(&at, &Options::new(Mode::Read, RecordedAt(9), "test")).unwrap();
    assert_eq!(ledger.take_notices().len(), 1);
    assert_eq!(ledger.size(), 21);
}
