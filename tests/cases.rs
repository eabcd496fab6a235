//! Golden transcripts of four cases: what each question prints, whole.
//! `BLOCKHOLDER_BLESS=1 cargo test --test cases` writes what is printed now; read the difference.
//! The figures are those of public filings, or invented; no page of a filing is here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/verbs.rs"]
mod verbs;

use std::fs;
use std::path::Path;

use blockholder::ledger::admit::{Decision, Known, admit};
use blockholder::ledger::event::{FilingRecorded, Supplied};
use blockholder::store::log::{Draft, Log, Memory};
use blockholder::terms::id::ContentId;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{
    Capacity, Form, Holder, Issuer, Item, Part, Reading, Rule, Signature, Via,
};
use verbs::{NOW, run};

/// A filing written down in one line for each thing it says; the bytes are that very text.
struct Page<'a> {
    text: &'a str,
    reading: Reading,
}

impl<'a> Page<'a> {
    /// `form SC 13D/A 2`, `event DAY`, `known INSTANT`, `accession N`, `issuer NAME / CIK / CUSIP`,
    /// `rule c`, `item N: words`, `signed NAME by NAME, TITLE`, `holder NAME: field=value ...`.
    fn read(text: &'a str) -> Self {
        let mut page = Self { text, reading: Reading::default() };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let span = Span::new(at as u64, (at + line.trim_end().len()) as u64);
            at += line.len();
            if let Some((verb, rest)) = line.trim().split_once(' ') {
                page.line(verb, rest, span);
            }
        }
        page
    }

    fn line(&mut self, verb: &str, rest: &str, span: Span) {
        let stated = |text: &str| Field::stated(text.to_owned(), span);
        let reading = &mut self.reading;
        match verb {
            "form" => {
                let (form, number) = rest.rsplit_once('#').unwrap_or((rest, ""));
                reading.form = Field::stated(Form::from_edgar(form.trim()).unwrap(), span);
                reading.amendment_number =
                    number.parse().map_or(Field::Absent, |number| Field::stated(number, span));
            }
            "event" => reading.event_date = Field::stated(rest.parse().unwrap(), span),
            "filed" => reading.filed_date = Field::stated(rest.parse().unwrap(), span),
            "accession" => reading.accession = Field::stated(rest.parse().unwrap(), span),
            "issuer" => {
                let parts: Vec<&str> = rest.split(" / ").collect();
                let cik = Field::stated(parts[1].parse().unwrap(), span);
                reading.issuer = Issuer { name: stated(parts[0]), cik };
                reading.cusips = vec![Field::stated(parts[2].parse().unwrap(), span)];
                reading.class_title = stated("Common Stock");
            }
            "rule" => {
                let rules = [Rule::B, Rule::C, Rule::D];
                let rule = rules.into_iter().find(|rule| rule.as_str() == rest).unwrap();
                reading.rules.push(Field::stated(rule, span));
            }
            "item" => {
                let number = rest.split(':').next().unwrap().parse().unwrap();
                reading.items.push(Item { number, heading: Field::Absent, span, sub: Vec::new() });
            }
            "signed" => {
                let (name, by) = rest.split_once(" by ").unwrap_or((rest, ""));
                let by = by.split_once(", ").map(|(by, title)| Capacity {
                    by: stated(by),
                    title: stated(title),
                    ..Capacity::default()
                });
                let capacities = by.into_iter().collect();
                let name = stated(name);
                reading.signatures.push(Signature { name, capacities, ..Signature::default() });
            }
            "holder" => reading.holders.push(holder(rest, span)),
            other => panic!("no such line: {other}"),
        }
    }
}

fn holder(text: &str, span: Span) -> Holder {
    let (name, fields) = text.split_once(':').unwrap();
    let name = match name {
        "?" => Field::Unreadable { span },
        name => Field::stated(name.to_owned(), span),
    };
    let mut holder = Holder { name, ..Holder::default() };
    for pair in fields.split_whitespace() {
        let (field, value) = pair.split_once('=').unwrap();
        let amount = || Field::stated(value.replace(',', "").parse().unwrap(), span);
        match field {
            "aggregate" => holder.aggregate = amount(),
            "sole" => (holder.sole_voting, holder.sole_dispositive) = (amount(), amount()),
            "shared" => (holder.shared_voting, holder.shared_dispositive) = (amount(), amount()),
            "percent" => holder.percent = Field::stated(value.parse().unwrap(), span),
            "type" => holder.types = vec![Field::stated(value.to_owned(), span)],
            "cik" => holder.cik = Field::stated(value.parse().unwrap(), span),
            "shares" | "warrants" => holder.parts.push(Part {
                instrument: field.to_owned(),
                amount: value.replace(',', "").parse().unwrap(),
                span,
            }),
            "via" => {
                let via = |name: &str| Via { name: name.replace('_', " "), span };
                holder.via = value.split(';').map(via).collect();
            }
            other => panic!("no such field: {other}"),
        }
    }
    holder
}

fn append(log: &mut Memory, page: &Page) {
    let received = page.text.as_bytes().to_vec();
    let filing = FilingRecorded {
        content: ContentId(blake3::hash(&received).into()),
        content_len: received.len() as u64,
        source: "page".to_owned(),
        reader: 1,
        supplied: Supplied::default(),
        continued: 0,
        reading: page.reading.clone(),
    };
    let Decision::Created(events) = admit(filing, &Known::default()).unwrap() else { panic!() };
    log.append(NOW, vec![Draft { events, received: Some(received) }]).unwrap();
}

/// Pages are parted by lines of dashes; a line `$ verb ...` is run where it stands.
fn transcript(case: &str) -> String {
    let mut log = Memory::init("example/cases", NOW).unwrap();
    let mut out = String::new();
    for block in case.split("\n---\n") {
        if let Some(command) = block.trim().strip_prefix("$ ") {
            out += &format!("$ {command}\n{}\n", run(&mut log, command));
        } else {
            append(&mut log, &Page::read(block));
        }
    }
    out
}

/// Invented: a firm and those behind it, an original and 28 amendments over seven years. Some leave
/// most out, one is late, two numbers are wrong, one holder leaves, the firm exits.
fn long_chain() -> String {
    let issuer = "issuer Old Harbor Brokerage Inc / 65596 / 826176109";
    let names = [
        "Harbor Holdings LLC",
        "Pier One Fund LP",
        "Pier Two Fund LP",
        "Ann Quay",
        "Ben Wharf",
        "Cora Dock",
    ];
    let mut pages = Vec::new();
    for n in 0..=28_u32 {
        let form = if n == 0 { "SC 13D".to_owned() } else { format!("SC 13D/A #{}", number(n)) };
        let (year, month) = (2001 + n / 4, 1 + 3 * (n % 4));
        let filed =
            if n == 9 { format!("{}-01-15", year + 1) } else { format!("{year}-{month:02}-09") };
        let mut page = format!(
            "form {form}\nevent {year}-{month:02}-02\nfiled {filed}\naccession 0009999998-{:02}-{:06}\n{issuer}\n",
            year % 100,
            n + 1
        );
        let there = if n < 20 { 6 } else { 5 };
        for (at, name) in names.iter().enumerate().take(there) {
            // Most amendments restate two of the six; every fourth restates all.
            if n % 4 != 0 && at as u32 != n % 6 && at != 0 {
                page += &format!("signed {name}\n");
                continue;
            }
            let shares = 100_000 * (at as u32 + 1) + 1_000 * n;
            let percent = if n == 28 { "4.1".to_owned() } else { format!("{}.{}", 6 + at, n % 10) };
            page += &format!(
                "holder {name}: sole={shares} shared=0 aggregate={shares} percent={percent}\nsigned {name}\n"
            );
        }
        if n % 5 == 0 {
            page += &format!(
                "item 4: The persons hold the shares for investment and may buy {n} more.\n"
            );
        }
        pages.push(page);
    }
    pages.join("\n---\n")
}

/// Amendment 12 is numbered 13, and 20 is numbered 19.
fn number(n: u32) -> u32 {
    match n {
        12 => 13,
        20 => 19,
        n => n,
    }
}

/// Lines for people that do not fit 80 columns; JSON, CSV, notes and the commands are for others.
fn too_wide(transcript: &str) -> impl Iterator<Item = &str> {
    let for_people = |line: &&str| {
        let others = ["{", "$ ", "note: ", "status "];
        !line.ends_with('\r') && !others.iter().any(|other| line.starts_with(other))
    };
    transcript
        .split('\n')
        .filter(for_people)
        .filter(|line| !line.starts_with("recorded") && line.trim_end().chars().count() > 80)
}

#[test]
fn every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<(String, String)> = Vec::new();
    for name in ["tesla", "qxo", "liquidmetal"] {
        let text = fs::read_to_string(root.join(format!("{name}.case"))).unwrap();
        cases.push((name.to_owned(), text));
    }
    let questions = [
        "chains 65596 --as-of 2009-01-01",
        "holders 65596 --as-of 2004-01-01 --known-at 2003-12-31",
        "holders 65596 --as-of 2004-01-01 --known-at 2004-12-31",
        "group 65596 --as-of 2007-06-01",
        "history 65596 --as-of 2009-01-01 --kind joined --kind left --kind exited --kind item",
        "history 65596 --as-of 2009-01-01 --holder Quay --field aggregate",
        "diff 2002-01-01 2003-01-01 --issuer 65596",
    ];
    let questions: String = questions.map(|line| format!("\n---\n$ {line}")).concat();
    cases.push(("long-chain".to_owned(), long_chain() + &questions));
    let mut wrong = Vec::new();
    for (name, case) in cases {
        let path = root.join(format!("{name}.txt"));
        let now = transcript(&case);
        if std::env::var_os("BLOCKHOLDER_BLESS").is_some() {
            fs::write(&path, &now).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        wrong.extend(too_wide(&now).map(|line| format!("{name}: over 80 columns: {line}")));
        let differs = golden.lines().zip(now.lines()).find(|(a, b)| a != b);
        if golden != now {
            wrong.push(format!("{name}: {differs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
