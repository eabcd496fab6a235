//! What holds of every reading, whatever the bytes: a span read again alone gives its value, a
//! file cut short or damaged never gives a number that is not in its bytes, and nothing panics.
//! Runs over the invented filings of this repository, and over the real ones where there are any.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

#[path = "common/filings.rs"]
mod filings;
#[path = "common/spans.rs"]
mod spans;

use blockholder::filing::envelope;
use blockholder::filing::header;
use spans::{all_stated, check_spans, is_structured, printed_date};

#[test]
fn every_span_read_alone_gives_its_value() {
    let mut values = 0;
    for (file, bytes) in filings::all() {
        values += check_spans(&file, &bytes, is_structured(&bytes));
    }
    assert!(values > 100, "only {values} values");
}

#[test]
fn dates_of_prose_are_compared_whole() {
    for printed in [
        "December 31, 2010",
        "Dec. 31, 2010",
        "31 December 2010",
        "the 31st day of December, 2010",
        "12/31/2010",
        "12-31-10",
        "2010-12-31",
    ] {
        assert_eq!(printed_date(printed).as_deref(), Some("2010-12-31"), "{printed}");
    }
    for none in ["December 2010", "2010", "December 31, 2010 and 2011", "", "May or June 1, 2010"] {
        assert_eq!(printed_date(none), None, "{none}");
    }
}

#[test]
fn a_structured_file_cut_short_says_less_and_nothing_else() {
    for (file, bytes) in filings::all() {
        let structured = is_structured(&bytes);
        let whole = all_stated(&bytes);
        for cut in (0..bytes.len()).step_by(512) {
            check_spans(&file, &bytes[..cut], structured);
            if !structured {
                continue;
            }
            let header = envelope::open(&bytes[..cut]).header.unwrap_or(0..0);
            for said in all_stated(&bytes[..cut]) {
                // A header's last line may be cut, and its issuer stands in for the document's.
                let in_header = header.contains(&said.2) || said.0.starts_with("/documents");
                assert!(in_header || whole.contains(&said), "{file} cut at {cut}: {said:?}");
            }
        }
    }
}

#[test]
fn a_damaged_file_never_says_what_is_not_in_it() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (file, bytes) in filings::all() {
        let rounds = if bytes.len() > 50_000 { 3 } else { 6 };
        for _ in 0..rounds {
            let mut damaged = bytes.clone();
            for _ in 0..=next() % 24 {
                let at = next() as usize % damaged.len().max(1);
                if let Some(byte) = damaged.get_mut(at) {
                    *byte = (next() >> 24) as u8;
                }
            }
            check_spans(&file, &damaged, is_structured(&damaged));
        }
    }
}

/// Splices pieces of the invented filings into each other: tags without their partners, headers in
/// documents, documents in headers. A bounded stand-in for coverage-guided fuzzing (see `fuzz/`).
#[test]
fn pieces_of_filings_put_together_wrongly_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filings");
    let filings: Vec<Vec<u8>> =
        filings::files(&folder).into_iter().map(|(_, bytes)| bytes).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below.max(1)
    };
    for round in 0..2_000 {
        let mut bytes = filings[next(filings.len())].clone();
        for _ in 0..=next(4) {
            let piece = &filings[next(filings.len())];
            let (from, len) = (next(piece.len()), next(400));
            let piece = piece[from..piece.len().min(from + len)].to_vec();
            let (at, cut) = (next(bytes.len()), next(300));
            let end = bytes.len().min(at + cut);
            bytes.splice(at..end, piece);
        }
        check_spans(&format!("round {round}"), &bytes, is_structured(&bytes));
    }
}

#[test]
fn the_readers_below_hold_for_any_range() {
    for (_, bytes) in
        filings::files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filings"))
    {
        for start in (0..bytes.len()).step_by(97) {
            header::read(&bytes, start..bytes.len());
            header::read(&bytes, 0..start);
            blockholder::reading::xml::read(&bytes, start..bytes.len() + 10);
        }
    }
}
