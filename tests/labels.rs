//! Scores readings of real filings, and of invented ones in layouts that are hard to read, against
//! hand-read labels, field by field.
//!
//! `right` is the label's value; `flagged` is another, with a trouble or an `unreadable` that says
//! so; `silent` is another without a word, the worst outcome. Every number and date is also read
//! again in the bytes at its own span. Raise the floors in `SETS` as reading gets better.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "common/filings.rs"]
mod filings;

use std::path::Path;

use blockholder::reading::xml_value;
use serde_json::Value;

const NUMBERS: [&str; 6] = [
    "sole_voting",
    "shared_voting",
    "sole_dispositive",
    "shared_dispositive",
    "aggregate",
    "percent",
];
const WORDS: [&str; 6] = ["name", "tax_id", "cik", "group", "citizenship", "excludes_shares"];
const COVER: [&str; 8] = [
    "form",
    "amendment_number",
    "event_date",
    "filed_date",
    "accession",
    "issuer_name",
    "issuer_cik",
    "class_title",
];

/// A set of labelled filings and what is asked of it: at least so many percent right (times 100),
/// at most so many silent.
struct Set {
    name: &'static str,
    folder: &'static str,
    wanted: fn(&str) -> bool,
    cover_right: u64,
    rows_right: u64,
    silent: u64,
}

/// Structured documents, bare or in a submission, are to be right to the last field.
fn structured(file: &str) -> bool {
    file.ends_with(".xml") || file == "fitlife-13g-2025.txt"
}

const SETS: [Set; 3] = [
    Set {
        name: "structured",
        folder: "",
        wanted: structured,
        cover_right: 10_000,
        rows_right: 10_000,
        silent: 0,
    },
    Set {
        name: "structured, January 2026",
        folder: "bulk-2026-01",
        wanted: structured,
        cover_right: 10_000,
        rows_right: 10_000,
        silent: 0,
    },
    Set {
        name: "text and HTML",
        folder: "",
        wanted: |file| !structured(file),
        cover_right: 10_000,
        rows_right: 10_000,
        silent: 0,
    },
];

#[derive(Default)]
struct Tally {
    right: u64,
    flagged: u64,
    silent: u64,
    spans: u64,
    bad_spans: u64,
    no_span: u64,
    notes: Vec<String>,
}

impl Tally {
    fn right_in_ten_thousand(&self) -> u64 {
        let all = self.right + self.flagged + self.silent;
        (self.right * 10_000).checked_div(all).unwrap_or(10_000)
    }
}

/// Letters and digits, lower case: what must be equal of two texts.
fn squash(text: &str) -> String {
    text.replace("&amp;", "&")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn decimal(text: &str) -> String {
    let text = text.replace(',', "");
    if !text.contains('.') {
        let whole = text.trim_start_matches('0');
        return if whole.is_empty() { "0".to_owned() } else { whole.to_owned() };
    }
    let short = text.trim_start_matches('0').trim_end_matches('0').trim_end_matches('.');
    match short {
        "" => "0".to_owned(),
        short if short.starts_with('.') => format!("0{short}"),
        short => short.to_owned(),
    }
}

fn said(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn same(name: &str, label: Option<&str>, read: Option<&str>) -> bool {
    let (Some(label), Some(read)) = (label, read) else { return label.is_none() && read.is_none() };
    if NUMBERS.contains(&name) || name == "amendment_number" {
        return decimal(label) == decimal(read);
    }
    match name {
        "cik" | "issuer_cik" => label.trim_start_matches('0') == read.trim_start_matches('0'),
        "tax_id" => label.replace('-', "") == read.replace('-', ""),
        "form" => {
            let plain = |text: &str| squash(&text.to_uppercase().replace("SCHEDULE", "SC"));
            plain(label) == plain(read)
        }
        _ => squash(label) == squash(read),
    }
}

/// Whether the bytes at a span say the value.
fn holds(name: &str, value: &str, at: &[u8]) -> bool {
    let text = xml_value::text(at);
    if name == "event_date" {
        let year = value.split('-').next().unwrap();
        return text.contains(year) || text.contains(&year[2..]);
    }
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let (want, have) = (digits(&decimal(value)), digits(&text));
    if want.trim_matches('0').is_empty() {
        let lower = text.to_lowercase();
        return ["0", "none", "zero", "nil", "-"].iter().any(|word| lower.contains(word))
            || text.trim().is_empty();
    }
    // ".02" is printed without the nought that the value is written with.
    let printed_bare = text.trim_start().starts_with('.') && value.starts_with("0.");
    have.contains(if printed_bare { &want[1..] } else { &want })
}

struct Filing<'a> {
    file: &'a str,
    bytes: &'a [u8],
    reading: &'a Value,
}

impl Filing<'_> {
    fn warned(&self, holder: Option<usize>, name: &str) -> bool {
        self.reading["troubles"].as_array().unwrap().iter().any(|trouble| {
            let field = trouble["field"].as_str().unwrap();
            let about = trouble["holder"].as_u64().map(|at| at as usize);
            (field == name || field == "*") && (about.is_none() || about == holder)
        })
    }

    fn judge(
        &self,
        tally: &mut Tally,
        holder: Option<usize>,
        name: &str,
        label: &Value,
        read: &Value,
    ) {
        let label = said(label);
        let value = if read["state"] == "stated" { said(&read["value"]) } else { None };
        let place = format!("{} {holder:?} {name}", self.file);
        if same(name, label.as_deref(), value.as_deref()) {
            tally.right += 1;
            if let Some(value) = value.filter(|_| NUMBERS.contains(&name) || name == "event_date") {
                self.judge_span(tally, &place, name, &value, &read["span"]);
            }
        } else if read["state"] == "unreadable" || self.warned(holder, name) {
            tally.flagged += 1;
            tally.notes.push(format!("flagged {place}: label {label:?}, read {read}"));
        } else {
            tally.silent += 1;
            tally.notes.push(format!("SILENT {place}: label {label:?}, read {read}"));
        }
    }

    fn judge_span(&self, tally: &mut Tally, place: &str, name: &str, value: &str, span: &Value) {
        let Some([start, end]) = span.as_array().map(Vec::as_slice) else {
            tally.no_span += 1;
            return;
        };
        tally.spans += 1;
        let range = start.as_u64().unwrap() as usize..end.as_u64().unwrap() as usize;
        if !self.bytes.get(range).is_some_and(|at| holds(name, value, at)) {
            tally.bad_spans += 1;
            tally.notes.push(format!("BAD SPAN {place}: {value} is not at {span}"));
        }
    }

    fn judge_list(
        &self,
        tally: &mut Tally,
        holder: Option<usize>,
        name: &str,
        label: &Value,
        read: &Value,
    ) {
        let read = read.as_array().map(Vec::as_slice).unwrap_or_default();
        let values =
            read.iter().filter(|each| each["state"] == "stated").map(|each| &each["value"]);
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        let have = sorted(values.filter_map(said).map(|text| squash(&text)).collect());
        let labels = label.as_array().map(Vec::as_slice).unwrap_or_default();
        let want = sorted(labels.iter().filter_map(said).map(|text| squash(&text)).collect());
        if have == want {
            tally.right += 1;
        } else if self.warned(holder, name) || read.iter().any(|each| each["state"] == "unreadable")
        {
            tally.flagged += 1;
            tally
                .notes
                .push(format!("flagged {} {holder:?} {name}: {want:?}, {have:?}", self.file));
        } else {
            tally.silent += 1;
            tally.notes.push(format!("SILENT {} {holder:?} {name}: {want:?}, {have:?}", self.file));
        }
    }

    /// The cover, then the rows. Holders are paired by name, else by place.
    fn score(&self, label: &Value, cover: &mut Tally, rows: &mut Tally) {
        for name in COVER.iter().filter(|name| label.get(**name).is_some()) {
            let read = match *name {
                "issuer_name" => &self.reading["issuer"]["name"],
                "issuer_cik" => &self.reading["issuer"]["cik"],
                name => &self.reading[name],
            };
            self.judge(cover, None, name, &label[*name], read);
        }
        for name in ["cusips", "rules"] {
            self.judge_list(cover, None, name, &label[name], &self.reading[name]);
        }
        let read = self.reading["holders"].as_array().unwrap();
        let mut free: Vec<usize> = (0..read.len()).collect();
        for (at, label) in label["holders"].as_array().unwrap().iter().enumerate() {
            let name = squash(&said(&label["name"]).unwrap_or_default());
            let named = |i: &usize| {
                let read = squash(&said(&read[*i]["name"]["value"]).unwrap_or_default());
                read == name || (!read.is_empty() && (name.contains(&read) || read.contains(&name)))
            };
            let found = free.iter().position(named).or_else(|| free.iter().position(|i| *i == at));
            let fields = || NUMBERS.iter().chain(&WORDS).filter(|name| label.get(**name).is_some());
            let Some(found) = found else {
                rows.silent += fields().count() as u64;
                rows.notes.push(format!("SILENT {} holder {at} was not read", self.file));
                continue;
            };
            let holder = free.remove(found);
            for name in fields() {
                self.judge(rows, Some(holder), name, &label[*name], &read[holder][*name]);
            }
            for name in ["funds", "types"] {
                self.judge_list(rows, Some(holder), name, &label[name], &read[holder][name]);
            }
        }
        rows.silent += free.len() as u64;
        rows.notes
            .extend(free.iter().map(|at| format!("SILENT {} holder {at} is none", self.file)));
    }
}

/// Invented filings in layouts that were misread once: nothing is wrong in silence, and what is
/// left unread says so.
const INVENTED: Set = Set {
    name: "invented",
    folder: "",
    wanted: |_| true,
    cover_right: 9_950,
    rows_right: 9_500,
    silent: 0,
};

#[test]
fn labelled_filings_are_read_as_labelled() {
    let Some(folder) = filings::folder() else { return };
    let failed: Vec<String> =
        SETS.iter().flat_map(|set| score(set, &folder.join(set.folder))).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn invented_filings_are_read_as_labelled_or_say_that_they_are_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invented");
    let failed = score(&INVENTED, &folder);
    assert!(failed.is_empty(), "{failed:#?}");
}

fn score(set: &Set, base: &Path) -> Vec<String> {
    let (mut cover, mut rows, mut count) = (Tally::default(), Tally::default(), 0);
    for (file, label) in filings::files(&base.join("labels")) {
        let label: Value = serde_json::from_slice(&label).unwrap_or_else(|e| panic!("{file}: {e}"));
        let file = label["file"].as_str().unwrap();
        if !(set.wanted)(file) {
            continue;
        }
        score_file(base, file, &label, &mut cover, &mut rows);
        count += 1;
    }
    report(set, count, &cover, &rows)
}

fn score_file(base: &Path, file: &str, label: &Value, cover: &mut Tally, rows: &mut Tally) {
    let bytes =
        std::fs::read(base.join("received").join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let reading = blockholder::report::json::reading(&blockholder::reading::read::read(&bytes));
    Filing { file, bytes: &bytes, reading: &reading }.score(label, cover, rows);
}

/// Prints a set's figures and says what falls short of them.
fn report(set: &Set, count: u64, cover: &Tally, rows: &Tally) -> Vec<String> {
    let mut failed = Vec::new();
    println!("{}: {count} filings", set.name);
    for (what, tally, floor) in [("cover", cover, set.cover_right), ("rows", rows, set.rows_right)]
    {
        let right = tally.right_in_ten_thousand();
        println!(
            "  {what:5} right {} ({}.{:02}%) flagged {} silent {}; spans {} bad {} without {}",
            tally.right,
            right / 100,
            right % 100,
            tally.flagged,
            tally.silent,
            tally.spans,
            tally.bad_spans,
            tally.no_span
        );
        let floor_kept = right >= floor && tally.silent <= set.silent;
        if !floor_kept || tally.bad_spans + tally.no_span > 0 {
            let notes = tally.notes.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
            failed.push(format!("{} {what}\n{notes}", set.name));
        }
    }
    if count == 0 {
        failed.push(format!("{}: no labelled filing", set.name));
    }
    failed
}
