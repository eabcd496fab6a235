//! What a stranger may send: one pattern over and over. So many times the bytes take no more than
//! about as many times the work, and memory stays within a few times the file.
//! Work that grows with the square of the bytes hides behind what else there is to do until there are
//! many of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::float_arithmetic)]

use std::process::Command;
use std::time::Instant;
use std::{env, fs};

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
    "Alder\n<PAGE>\nPage 3 of 13 Pages\n",
    "£\nR\n",
    "&amp;&#",
    "a&shy;",
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
    "NAME OF REPORTNG PERSONS\nSOLE VOTING POWER 5\nTYPE OF REPORTING PERSON\nCUSIP No. 1\n",
    "NAME OF REPORTING PERSON\nSOLE VOTING POWER 5\nSHARED VOTING POWER 6\n",
    "NAME OF REPORTING PERSON\n(A) x\n(B) y\nSOLE VOTING POWER\n(A) 5\n(B) 6\n",
    "NAME OF REPORTING PERSON\nSOLE VOTING POWER 5\nPERCENT OF CLASS 5%\nN N N\nPERCENT OF CLASS\n",
    "Item 1. Security and Issuer\n",
    "Item 1. Security and Issuer\nItem 2. Identity and Background\n",
    "Item 4. Ownership\nItem 5. Ownership\n",
    "Item 1(\n",
    "Item 1: 5\nItem 2: 6\n",
    "Item 1: Reporting Person\n",
    "See Item 5 ",
    "Exhibit A\n",
    "SIGNATURE\nEXHIBIT A\nNAME OF REPORTING PERSON\nHolder # LP\nSOLE VOTING POWER 5\n",
    "NAME OF REPORTING PERSON\nFurnish the full legal name\nSOLE VOTING POWER 5\n",
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
    "<td>1</td>",
    "<td>414,</td><td>245</td>",
    "<td>cusip</td><td>1</td><td></td>",
    "<tr><td>cusip</td><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td></tr>",
    "<div style=\"position:absolute;top:5px;left:7px\">x</div>",
    "<div style=\"position:absolute;top:5px;left:7px\">",
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

/// What a reading takes: how long it runs, and how much memory at once beside the bytes themselves.
fn taken(bytes: &[u8]) -> (f64, usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let work = work(bytes, 1);
    (work, MEMORY.peak_usage() - before)
}

/// Large enough that what every reading takes, whatever its bytes, is little beside the rest: rows
/// that are searched up to a limit take the same of every larger document.
const SMALL: usize = 1 << 17;
/// The small document is read so often, for the clock to tell something.
const READINGS: usize = 4;
/// How many times larger the large document is.
const TIMES: usize = 32;
/// Above what bytes alone explain, for a noisy machine. A quadratic reader is near [`TIMES`].
const SLACK: f64 = 2.5;
/// How many times the file a reading may take beside it, and how much besides: tables of the size of
/// a signature block, of a thousand items.
const MEMORY_TIMES: f64 = 3.0;
const LABELS_TIMES: f64 = 6.0;
const MEMORY_BESIDES: f64 = 1024.0 * 1024.0;

/// Which of the patterns a process tries: memory is counted of a whole process, so two go side by
/// side.
const PART: &str = "BLOCKHOLDER_LINEAR_PART";
const PARTS: usize = 2;

#[test]
fn work_and_memory_grow_with_the_bytes() {
    if let Ok(part) = env::var(PART) {
        return of_a_part(part.parse().unwrap());
    }
    let own = env::current_exe().unwrap();
    let start = |part: usize| {
        let mut child = Command::new(&own);
        child.args(["--exact", "work_and_memory_grow_with_the_bytes", "--nocapture"]);
        child.env(PART, part.to_string()).spawn().unwrap()
    };
    let mut children: Vec<_> = (0..PARTS).map(start).collect();
    let fine: Vec<bool> = children.iter_mut().map(|one| one.wait().unwrap().success()).collect();
    assert!(fine.iter().all(|fine| *fine), "one of the parts complains above: {fine:?}");
}

fn of_a_part(part: usize) {
    let deep: [(&str, String); 3] = [
        ("", String::new()),
        ("in a row of a cover page: ", COVER.split("11\n").next().unwrap().to_owned()),
        ("in a signature: ", format!("{COVER}Item 5. Interest in\nSIGNATURE\n/s/ ")),
    ];
    let text = TEXT.iter().map(|pattern| (*pattern, false, MEMORY_TIMES));
    let labels = LABELS.iter().map(|pattern| (*pattern, false, LABELS_TIMES));
    let markup = MARKUP.iter().map(|pattern| (*pattern, true, MEMORY_TIMES));
    let mut complaints = Vec::new();
    let all = text.chain(labels).chain(markup).skip(part).step_by(PARTS);
    for (pattern, markup, most) in all {
        for (place, deep) in &deep {
            let small = document(pattern, SMALL, markup, deep);
            let large = document(pattern, SMALL * TIMES, markup, deep);
            let times = large.len() as f64 / small.len() as f64;
            let mut memory = 0;
            let mut slow = || {
                let (work_of_large, memory_of_large) = taken(&large);
                memory = memory_of_large;
                work_of_large * READINGS as f64 / work(&small, READINGS) / times
            };
            // What disturbs a measurement does not disturb the next one, too.
            let tries: Vec<f64> = (0..3)
                .map(|_| slow())
                .scan(true, |go, slow| std::mem::replace(go, slow > SLACK).then_some(slow))
                .collect();
            if tries.iter().all(|slow| *slow > SLACK) {
                complaints.push(format!("{place}{pattern:?}: {tries:.1?} times linear work"));
            }
            let memory = (memory as f64 - MEMORY_BESIDES) / large.len() as f64;
            println!("{place}{pattern:?}: {tries:.2?} times linear work, {memory:.1} the bytes");
            if deep.is_empty() && memory > most {
                complaints.push(format!("{pattern:?}: {memory:.1} times the bytes"));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}
