//! What holds for every event, every reading and every run of bytes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use proptest::collection::vec;
use proptest::prelude::*;

use blockholder::ledger::admit::{AdmitError, join, split};
use blockholder::ledger::audit::audit;
use blockholder::ledger::chain::{Entry, Head};
use blockholder::ledger::codec::{DecodeError, PAYLOAD_MAX, decode, encode};
use blockholder::ledger::event::{Event, FilingContinued, FilingRecorded};
use blockholder::ledger::event_kind::EventKind;
use blockholder::terms::span::{Field, Span};
use common::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn an_event_comes_back_from_its_bytes(filing in any_filing()) {
        let event = event(filing);
        let (kind, bytes) = encode(&event).unwrap();
        prop_assert_eq!(decode(kind.number(), &bytes).unwrap(), event);
    }

    #[test]
    fn bytes_decode_in_one_form_or_not_at_all(kind in 0_u16..6, bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(event) = decode(kind, &bytes) {
            prop_assert_eq!(encode(&event).unwrap().1, bytes);
        }
    }

    #[test]
    fn changed_bytes_are_refused_or_are_another_event(
        filing in any_filing(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let (kind, mut bytes) = encode(&event(filing)).unwrap();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(event) = decode(kind.number(), bytes) {
                prop_assert_eq!(&encode(&event).unwrap().1[..], bytes);
            }
        }
    }

    #[test]
    fn a_filing_is_whole_again_after_it_was_split(
        filing in any_filing(),
        times in 1_usize..400,
    ) {
        let mut filing = filing;
        filing.reading.holders = vec![filing.reading.holders.clone(); times].concat();
        filing.reading.troubles = vec![filing.reading.troubles.clone(); times].concat();
        let events = split(filing.clone()).unwrap();
        for event in &events {
            prop_assert!(encode(event).unwrap().1.len() <= PAYLOAD_MAX);
        }
        prop_assert_eq!(joined(events), filing);
    }

    #[test]
    fn a_changed_chain_has_a_fault(
        at in any::<prop::sample::Index>(),
        entry in 0_usize..6,
        bit in 0_u8..8,
    ) {
        let mut stored = chain();
        let at = at.index(stored[entry].len());
        stored[entry][at] ^= 1 << bit;
        let last = Entry::from_bytes(&stored[5]).unwrap().hash();
        let sound = Entry::from_bytes(&chain()[5]).unwrap().hash();
        let faults = audit(stored.iter().map(Vec::as_slice));
        // The last entry's own hash is vouched for by nothing but a checkpoint.
        prop_assert!(!faults.is_empty() || last != sound);
    }
}

fn joined(events: Vec<Event>) -> FilingRecorded {
    let mut events = events.into_iter();
    let Some(Event::FilingRecorded(filing)) = events.next() else { panic!("no filing first") };
    let rest: Vec<FilingContinued> = events
        .map(|event| match event {
            Event::FilingContinued(part) => part,
            other => panic!("{:?} among the continuations", other.kind()),
        })
        .collect();
    join(*filing, rest).unwrap()
}

fn chain() -> Vec<Vec<u8>> {
    let mut head = Head::NONE;
    let opened = Event::LedgerOpened { origin: ORIGIN.to_owned() };
    let filings = (1..6).map(|n| event(filing(n)));
    std::iter::once(opened)
        .chain(filings)
        .map(|event| {
            let entry = Entry::link(&head, NOW, &event).unwrap();
            head = entry.head();
            entry.to_bytes()
        })
        .collect()
}

#[test]
fn a_sound_chain_has_no_fault() {
    assert_eq!(audit(chain().iter().map(Vec::as_slice)), []);
}

#[test]
fn a_length_that_is_a_lie_is_refused_before_it_is_believed() {
    for kind in EventKind::ALL {
        for lie in [[253, 255, 255, 255, 255, 255, 255, 255, 127], [253; 9], [255; 9]] {
            assert!(decode(kind.number(), &lie).is_err(), "{kind:?} {lie:?}");
        }
    }
    let lie = [252, 255, 255, 255, 127];
    assert!(matches!(decode(0, &lie), Err(DecodeError::Malformed { .. })));
}

#[test]
fn an_event_as_large_as_may_be_comes_back() {
    let mut origin = "x".repeat(PAYLOAD_MAX - 3);
    let (_, bytes) = encode(&Event::LedgerOpened { origin: origin.clone() }).unwrap();
    assert_eq!(bytes.len(), PAYLOAD_MAX);
    assert!(decode(0, &bytes).is_ok());
    origin.push('x');
    assert!(encode(&Event::LedgerOpened { origin }).is_err());
    // Many short fields: the decoder counts each as long as it is in memory.
    let mut filing = filing(1);
    filing.reading.filed_by = vec![Default::default(); 15_000];
    let events = split(filing.clone()).unwrap();
    let (kind, bytes) = encode(&events[0]).unwrap();
    assert!(bytes.len() > 60_000 && decode(kind.number(), &bytes).is_ok());
}

#[test]
fn what_fits_into_no_entry_is_refused_by_name() {
    let long = || Field::stated("x".repeat(70_000), Span::new(0, 0));
    let mut header = filing(1);
    header.reading.class_title = long();
    assert!(matches!(split(header), Err(AdmitError::HeaderTooLarge { .. })));
    let mut holder = filing(1);
    holder.reading.holders.push(Default::default());
    holder.reading.holders[1].citizenship = long();
    assert!(matches!(split(holder), Err(AdmitError::HolderTooLarge { index: 1, .. })));
}
