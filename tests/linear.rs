//! What a stranger may send: one pattern over and over. Sixteen times the bytes take no more than
//! about sixteen times the work, and memory stays within a few times the file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::time::Instant;

use blockholder::reading::read::read;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const COVER: &str = "NAME OF REPORTING PERSON\nAlder Gate Fund LP\nSOLE VOTING POWER\n5\n\
    SHARED VOTING POWER\n6\nSOLE DISPOSITIVE POWER\n5\nSHARED DISPOSITIVE POWER\n6\n\
    AGGREGATE AMOUNT BENEFICIALLY OWNED\n11\nPERCENT OF CLASS REPRESENTED\n5.1%\n\
    TYPE OF REPORTING PERSON\nPN\n";

/// Patterns of text; `#` becomes a number that counts up.
const TEXT: &[&str] = &[
    "x",
    "shares ",
    "1,234,567 ",
    "1,",
    "12/",
    "#\n",
    "Holder # LP\n",
    " \n",
    "((((\n",
    "(a) ",
    "(a)\n",
    "(1)",
    "*",
    "[ ] ",
    "|_|",
    "___ ",
    "-0- ",
    "5.1% of class ",
    "\u{a0}",
    "\u{e9}x",
    "\u{2610}",
    "/s/ X\n",
    "By:\n",
    "By: /s/ X\n",
    "HOLDER # LP\nBy: /s/ X\n",
    "SCHEDULE 14D-1 TENDER OFFER STATEMENT ",
    "based on 44,700,000 shares outstanding ",
    "as amended on September 18, 2008 ",
    "1,000 shares of common stock, consisting of (i) 275 shares; ",
    "of which 5 shares held by ",
    "Page 3 of 13 Pages\n",
    "<PAGE>\n5\n",
    "&amp;&#",
    "<DOCUMENT>\n<TYPE>SC 13D\n",
    "begin 644 x\n",
];

/// Patterns of labels: each is a place in a list that doubles when it is full.
const LABELS: &[&str] = &[
    "SIGNATURE\n",
    "SIGNATURE\n/s/ X\n",
    "After reasonable inquiry ",
    "Dated: May 1, 2009\n",
    "NAME OF REPORTING PERSON\n",
    "SOLE VOTING POWER 5\n",
    "TYPE OF REPORTING PERSON\n",
    "SOLE VOTING POWER\nTYPE OF REPORTING PERSON\n",
    "NAME OF REPORTING PERSON\nSOLE VOTING POWER 5\nSHARED VOTING POWER 6\n",
    "Item 1. Security and Issuer\n",
    "Item 1. Security and Issuer\nItem 2. Identity and Background\n",
    "Item 4. Ownership\nItem 5. Ownership\n",
    "Item 1(\n",
    "Item 1: 5\nItem 2: 6\n",
    "Item 1: Reporting Person\n",
    "See Item 5 ",
    "Exhibit A\n",
    "AGREEMENT jointly\n",
    "JOINT FILING AGREEMENT\njointly /s/ X\n",
    "CUSIP No. 66987V109\n",
    "(CUSIP Number)\n",
    "(Name of Issuer)\n",
    "(Date of Event Which Requires Filing)\n",
    "Amendment No. 3 ",
    "[X] Rule 13d-1(b)\n",
];

/// Patterns of markup.
const MARKUP: &[&str] = &[
    "<p>",
    "<table><tr><td>",
    "<tr><td>1</td><td>5</td></tr>",
    "<p <p ",
    "<",
    "<a b=\"",
    "<a b='<' ",
    "<!--",
    "<title>",
    "<font face=wingdings>",
    "<u> </u>",
    "<sup>1</sup>",
    "<input type=checkbox>",
    "<hr style=\"page-break-before:always\">",
    "&amp;",
    "&amp;&#",
    "&nbsp;x",
];

/// The nanoseconds that this thread has been running for: not those it had to wait.
fn clock(since: Instant) -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat");
    let ran = stat.ok().and_then(|stat| stat.split(' ').next()?.parse().ok());
    ran.unwrap_or_else(|| since.elapsed().as_nanos() as u64)
}

/// A document of about `size` bytes of the pattern, after a cover page and the beginning of an item
/// where `deep`.
fn document(pattern: &str, size: usize, markup: bool, deep: &str) -> Vec<u8> {
    let head = if markup { "<html><body>" } else { "" };
    let mut document = format!("<DOCUMENT>\n<TYPE>SC 13D\n<TEXT>\n{head}{deep}");
    for number in 0..size {
        if document.len() >= size {
            break;
        }
        match pattern.contains('#') && !pattern.contains('&') {
            true => document.push_str(&pattern.replace('#', &number.to_string())),
            false => document.push_str(pattern),
        }
    }
    document.into_bytes()
}

/// How long so many readings take.
fn work(bytes: &[u8], readings: usize) -> f64 {
    // The clock may be a few milliseconds behind.
    const BEHIND: u64 = 4_000_000;
    let since = Instant::now();
    let start = clock(since);
    for _ in 0..readings {
        drop(read(bytes));
    }
    (clock(since) - start + BEHIND) as f64
}

/// The most memory that a reading takes at once, beside the bytes themselves.
fn memory(bytes: &[u8]) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    drop(read(bytes));
    MEMORY.peak_usage() - before
}

const SMALL: usize = 1 << 13;
const TIMES: usize = 16;
/// Above what bytes alone explain, for a noisy machine. A quadratic reader is near [`TIMES`].
const SLACK: f64 = 2.5;
/// Of a file this large, memory is counted.
const HEAVY: usize = 1 << 20;
/// How many times the file a reading may take beside it, and how much besides: tables of the size of
/// a signature block, of a thousand items.
const MEMORY_TIMES: f64 = 3.0;
const LABELS_TIMES: f64 = 6.0;
const MEMORY_BESIDES: f64 = 1024.0 * 1024.0;

#[test]
fn work_and_memory_grow_with_the_bytes() {
    let deep: [(&str, String); 3] = [
        ("", String::new()),
        ("in a row of a cover page: ", COVER.split("11\n").next().unwrap().to_owned()),
        ("in a signature: ", format!("{COVER}Item 5. Interest in\nSIGNATURE\n/s/ ")),
    ];
    let text = TEXT.iter().map(|pattern| (*pattern, false, MEMORY_TIMES));
    let labels = LABELS.iter().map(|pattern| (*pattern, false, LABELS_TIMES));
    let markup = MARKUP.iter().map(|pattern| (*pattern, true, MEMORY_TIMES));
    let mut complaints = Vec::new();
    for (pattern, markup, most) in text.chain(labels).chain(markup) {
        for (place, deep) in &deep {
            let small = document(pattern, SMALL, markup, deep);
            let large = document(pattern, SMALL * TIMES, markup, deep);
            let bytes = large.len() as f64 / (small.len() * TIMES) as f64;
            let slow = || work(&large, 1) / work(&small, TIMES) / bytes;
            // What disturbs a measurement does not disturb the next one, too.
            let slow = (0..3).map(|_| slow()).find(|slow| *slow <= SLACK);
            if slow.is_none() {
                complaints.push(format!("{place}{pattern:?}: more than {SLACK} times linear work"));
            }
        }
        let heavy = document(pattern, HEAVY, markup, "");
        let taken = (memory(&heavy) as f64 - MEMORY_BESIDES) / heavy.len() as f64;
        println!("{pattern:?}: {taken:.2} times the bytes");
        if taken > most {
            complaints.push(format!("{pattern:?}: {taken:.1} times the bytes"));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}
