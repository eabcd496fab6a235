//! Tables of filings and questions: what the fold answers on each clock, row by row.
//! Each table in `tests/timelines` has filings above and questions below, the verdict last.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use blockholder::ledger::event::{FilingRecorded, Supplied};
use blockholder::terms::id::{ContentId, EntryHash};
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{Form, Holder, Issuer, Reading};
use blockholder::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize, RecordedAt};
use blockholder::terms::trouble::FieldName;
use blockholder::view::holding::fold;
use blockholder::view::question::Question;
use blockholder::view::row::Cited;
use blockholder::view::timeline::{Recorded, counting};

/// One table: filings in ledger order, and the names its questions use for them.
#[derive(Default)]
struct Ledger {
    filings: Vec<Recorded>,
    names: BTreeMap<u64, String>,
}

/// `filing NAME | FORM | EVENT DATE | KNOWN | HOLDER: field=value field=value; HOLDER: ...`
///
/// A dash stands for a field that is blank, a question mark for one that cannot be read; a field
/// that is not named is absent. KNOWN is an acceptance time, or a day for a filing date alone.
fn filing(ledger: &mut Ledger, row: &str) {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let entry = ledger.filings.len() as u64 + 1;
    let span = Span::new(entry, entry + 1);
    let stated_day = |text: &str| match text {
        "-" => Field::Absent,
        day => Field::stated(day.parse::<Day>().unwrap(), span),
    };
    let known = cells[3];
    let accepted = known.parse::<Instant>().ok();
    let reading = Reading {
        form: Field::stated(Form::from_edgar(cells[1]).unwrap(), span),
        event_date: stated_day(cells[2]),
        filed_date: if accepted.is_none() { stated_day(known) } else { Field::Absent },
        accepted_at: accepted.map_or(Field::Absent, |at| Field::stated(at, span)),
        issuer: Issuer {
            name: Field::stated("Example Corp".to_owned(), span),
            cik: Field::stated("77".parse().unwrap(), span),
        },
        cusips: vec![Field::stated("88160R101".parse().unwrap(), span)],
        class_title: Field::stated("Common Stock".to_owned(), span),
        holders: cells[4].split(';').map(|text| holder(text, span)).collect(),
        ..Reading::default()
    };
    ledger.names.insert(entry, cells[0].to_owned());
    ledger.filings.push(Recorded {
        entry,
        hash: EntryHash([entry as u8; 32]),
        recorded_at: RecordedAt(1_800_000_000_000_000 + entry),
        filing: FilingRecorded {
            content: ContentId([entry as u8; 32]),
            content_len: 1,
            source: cells[0].to_owned(),
            reader: 1,
            supplied: Supplied::default(),
            continued: 0,
            reading,
        },
    });
}

fn holder(text: &str, span: Span) -> Holder {
    let (name, fields) = text.split_once(':').unwrap();
    let mut holder =
        Holder { name: Field::stated(name.trim().to_owned(), span), ..Holder::default() };
    for pair in fields.split_whitespace() {
        let (field, value) = pair.split_once('=').unwrap();
        let said = || match value {
            "-" => Field::Blank { span },
            "?" => Field::Unreadable { span },
            text => Field::stated(text.to_owned(), span),
        };
        let amount = || said().map(|text: String| text.parse().unwrap());
        match field {
            "aggregate" => holder.aggregate = amount(),
            "sole_voting" => holder.sole_voting = amount(),
            "shared_voting" => holder.shared_voting = amount(),
            "sole_dispositive" => holder.sole_dispositive = amount(),
            "shared_dispositive" => holder.shared_dispositive = amount(),
            "percent" => holder.percent = said().map(|text: String| text.parse().unwrap()),
            "citizenship" => holder.citizenship = said(),
            "types" => holder.types = vec![said()],
            "cik" => holder.cik = Field::stated(value.parse().unwrap(), span),
            "tax_id" => holder.tax_id = Field::stated(value.to_owned(), span),
            other => panic!("no such field: {other}"),
        }
    }
    holder
}

/// `ask AS OF | KNOWN AT | SIZE | HOLDER | FIELD | VERDICT`
///
/// The verdict is `VALUE from FILING`, with `, carried` where a later filing left it out; `? from
/// FILING` for one that cannot be read; `nothing` where it was never stated; `not listed` where the
/// holder is not. The field `status` has a status as its verdict, `holders` a count.
fn ask(ledger: &Ledger, row: &str) -> Result<(), String> {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let known_at = cells[1].parse::<Day>().map(Day::end_eastern);
    let size = if cells[2] == "all" { u64::MAX } else { cells[2].parse().unwrap() };
    let question = Question {
        as_of: AsOf(cells[0].parse().unwrap()),
        known_at: KnownAt(known_at.unwrap_or_else(|_| cells[1].parse().unwrap())),
        at: LedgerSize(size),
    };
    let folded = fold(&counting(&ledger.filings, &question));
    let holders = folded.classes.first().map(|class| class.holders.as_slice()).unwrap_or_default();
    let found = holders.iter().find(|holding| holding.name.as_deref() == Some(cells[3]));
    let answer = match (cells[4], found) {
        ("holders", _) => holders.len().to_string(),
        (_, None) => "not listed".to_owned(),
        ("status", Some(holding)) => holding.status.as_str().to_owned(),
        (field, Some(holding)) => {
            let field = FieldName::ALL.iter().find(|name| name.as_str() == field).unwrap();
            holding.rows.get(field).map_or("nothing".to_owned(), |cited| said(ledger, cited))
        }
    };
    if answer == cells[5] { Ok(()) } else { Err(format!("{row}\n    answered: {answer}")) }
}

fn said(ledger: &Ledger, cited: &Cited) -> String {
    let value = cited.value.as_ref().map_or("?".to_owned(), |value| value.to_string());
    let carried = if cited.carried { ", carried" } else { "" };
    format!("{value} from {}{carried}", ledger.names[&cited.entry])
}

#[test]
fn every_row_of_every_table() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timelines");
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let (mut asked, mut wrong) = (0, Vec::new());
    for path in paths {
        let mut ledger = Ledger::default();
        for line in fs::read_to_string(&path).unwrap().lines() {
            match line.split_once(' ') {
                _ if line.starts_with('#') || line.trim().is_empty() => {}
                Some(("table", _)) => ledger = Ledger::default(),
                Some(("filing", row)) => filing(&mut ledger, row),
                Some(("ask", row)) => {
                    asked += 1;
                    if let Err(complaint) = ask(&ledger, row) {
                        wrong.push(format!("{}: {complaint}", path.display()));
                    }
                }
                _ => panic!("{}: not a row: {line}", path.display()),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= 40, "only {asked} rows were asked");
}
