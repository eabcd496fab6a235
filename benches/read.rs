//! How fast a filing becomes a reading: each structured filing by itself, then all, in bytes a second.
//! Over the real filings where there are any, else over the invented ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, clippy::print_stdout)]

use blockholder::filing::envelope::{self, Content};
use blockholder::reading::read::read;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

#[path = "../tests/common/filings.rs"]
mod filings;

fn main() {
    divan::main();
}

fn is_structured(bytes: &[u8]) -> bool {
    envelope::open(bytes).documents.iter().any(|d| d.content == Content::Structured)
}

/// The filings of a kind, those of 10 to 20 KB apart.
fn some(structured: bool) -> Vec<Vec<u8>> {
    let all = filings::all().into_iter().map(|(_, bytes)| bytes);
    all.filter(|bytes| is_structured(bytes) == structured).collect()
}

/// The one filing that takes the median time of those between 10 and 20 KB.
#[divan::bench]
fn structured_of_10_to_20_kb_median(bencher: Bencher) {
    let mut timed: Vec<_> = some(true)
        .into_iter()
        .filter(|bytes| (10_000..20_000).contains(&bytes.len()))
        .map(|bytes| (time(&bytes), bytes))
        .collect();
    timed.sort();
    let Some((_, median)) = timed.get(timed.len() / 2) else { return };
    bencher.counter(BytesCount::of_slice(median)).bench(|| read(black_box(median)));
}

#[divan::bench]
fn structured_all(bencher: Bencher) {
    bench_all(bencher, some(true));
}

#[divan::bench]
fn text_and_html_all(bencher: Bencher) {
    bench_all(bencher, some(false));
}

/// Only the cut into header and documents.
#[divan::bench]
fn envelopes_all(bencher: Bencher) {
    let filings: Vec<Vec<u8>> = filings::all().into_iter().map(|(_, bytes)| bytes).collect();
    let bytes: usize = filings.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        filings.iter().for_each(|bytes| {
            black_box(envelope::open(black_box(bytes)));
        });
    });
}

fn bench_all(bencher: Bencher, filings: Vec<Vec<u8>>) {
    let bytes: usize = filings.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        filings.iter().for_each(|bytes| {
            black_box(read(black_box(bytes)));
        });
    });
}

/// The fastest of a few readings.
fn time(bytes: &[u8]) -> std::time::Duration {
    let runs = (0..20).map(|_| {
        let start = std::time::Instant::now();
        black_box(read(black_box(bytes)));
        start.elapsed()
    });
    runs.min().unwrap()
}
