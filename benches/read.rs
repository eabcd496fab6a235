//! How fast a filing becomes a reading: each by itself, then all, then what is sent to be slow.
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

/// A filing and what to call it.
struct Named {
    name: String,
    bytes: Vec<u8>,
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} KB)", self.name, self.bytes.len() / 1000)
    }
}

fn legacy() -> Vec<Named> {
    let all = filings::all().into_iter().map(|(name, bytes)| (name.to_string(), bytes));
    all.filter(|(_, bytes)| !is_structured(bytes))
        .map(|(name, bytes)| Named { name, bytes })
        .collect()
}

/// Every text and HTML filing by itself: its median, and received bytes a second.
#[divan::bench(args = legacy(), sample_count = 30)]
fn text_and_html_each(bencher: Bencher, filing: &Named) {
    let bytes = &filing.bytes;
    bencher.counter(BytesCount::of_slice(bytes)).bench(|| read(black_box(bytes)));
}

/// What a stranger may send: one pattern over and over, 5 and 50 MB of it. Time grows tenfold where
/// reading is linear.
fn hostile() -> Vec<Named> {
    const PATTERNS: [(&str, &str); 12] = [
        ("names", "NAME OF REPORTING PERSON\n"),
        ("pages", "NAME OF REPORTING PERSON\nSOLE VOTING POWER 5\nSHARED VOTING POWER 6\n"),
        ("items", "Item 1. Security and Issuer\n"),
        ("cusips", "CUSIP No. 66987V109\n"),
        ("digits", "1,234,567 "),
        ("brackets", "((((("),
        ("bars", "|_|_"),
        ("tags", "<p><td>"),
        ("open tags", "<p <p "),
        ("entities", "&amp;&#"),
        ("signatures", "SIGNATURE\n/s/ X\n"),
        ("spaces", "         \n"),
    ];
    let sizes = [5_usize, 50].into_iter();
    let each = |size: usize| {
        PATTERNS.iter().map(move |(name, pattern)| {
            let head = if pattern.contains('<') { "<html><body>" } else { "" };
            let body = pattern.repeat(size * 1_000_000 / pattern.len());
            let bytes = format!("<DOCUMENT>\n<TYPE>SC 13D\n<TEXT>\n{head}{body}").into_bytes();
            Named { name: (*name).to_owned(), bytes }
        })
    };
    let mut all: Vec<Named> = sizes.flat_map(each).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

#[divan::bench(args = hostile(), sample_count = 1, sample_size = 1)]
fn hostile_each(bencher: Bencher, filing: &Named) {
    let bytes = &filing.bytes;
    bencher.counter(BytesCount::of_slice(bytes)).bench(|| read(black_box(bytes)));
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
