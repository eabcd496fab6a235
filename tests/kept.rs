//! What is kept for answers: after every append it says what a fold of the entries says, it is what
//! would be made anew, and whatever damage it takes is named.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

#[path = "common/verbs.rs"]
mod verbs;
#[path = "common/whole.rs"]
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use blockholder::cli::ask::{LogIndex, Resolved, entered, resolve};
use blockholder::cli::every::each_issuer;
use blockholder::cli::keep;
use blockholder::cli::seal::seal;
use blockholder::ledger::event::{
    Because, ChainJoined, ClassKey, ClassSizeReported, Event, FilingCorrected, FilingDecided,
    FilingRecorded, FilingRef, FilingReread, FilingSkipped, FilingUncorrected, HolderKey,
    HoldersDecided, Said,
};
use blockholder::report::json;
use blockholder::store::audit::{Report, Scope, audit_within};
use blockholder::store::audit_kept::Projector;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Draft, Log};
use blockholder::store::notice::Notice;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{Form, Holder, Party, Signature};
use blockholder::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize, RecordedAt};
use blockholder::terms::topic::HolderId;
use blockholder::terms::trouble::{FieldName, Trouble, TroubleCode};
use blockholder::view::issuer::Entered;
use blockholder::view::person::{Wanted, find};
use blockholder::view::projected::{Persons, Projected};
use blockholder::view::projection::PROJECTION;
use blockholder::view::question::{Basis, Question};
use blockholder::view::timeline::{Dossier, Standing, counting};
use common::*;
use serde_json::Value;

/// Later than anything is recorded.
fn later() -> String {
    "2030-01-01".to_owned()
}

fn follow(ledger: &Ledger) {
    keep::follow(ledger, &mut |_, _| Ok(())).unwrap_or_else(|error| panic!("{error:?}"));
}

const ISSUERS: u64 = 4;
const CUSIPS: [&str; 3] = ["88160R101", "037833100", "594918104"];

fn day(n: u64) -> Day {
    Day::try_from(15_000 + n as i32).unwrap()
}

fn noon(n: u64) -> Instant {
    Instant::from_unix_seconds((15_000 + n as i64) * 86_400 + 17 * 3600).unwrap()
}

/// When the n-th entry is recorded.
fn hour(n: u64) -> RecordedAt {
    RecordedAt(NOW.0 + n * 3_600_000_000)
}

/// A filing of one of a few issuers by some of a few holders. In a wild ledger one in eight has no CIK of
/// its issuer, and is found under a CUSIP or a name.
fn filing_by_chance(n: u64, numbers: &mut Numbers, wild: bool) -> FilingRecorded {
    let span = Span::new(1, 2);
    let mut filing = filing(n);
    let issuer = numbers.below(ISSUERS);
    let reading = &mut filing.reading;
    let forms = [Form::Sc13D, Form::Sc13DA, Form::Sc13G, Form::Sc13GA];
    reading.form = Field::stated(forms[numbers.below(4) as usize], span);
    reading.issuer.cik = match numbers.below(8) {
        0 if wild => Field::Absent,
        _ => Field::stated((100 + issuer).try_into().unwrap(), span),
    };
    // The last two issuers have a CUSIP in common; now and then it is mistyped.
    let cusip = CUSIPS[issuer.min(2) as usize].parse().unwrap();
    reading.cusips = match numbers.below(10) {
        0 if wild => Vec::new(),
        1 => vec![Field::stated("74841Q999".parse().unwrap(), span)],
        _ => vec![Field::stated(cusip, span)],
    };
    // Now and then its name is a number, which may be somebody's CIK.
    reading.issuer.name = match numbers.below(100) {
        0 => Field::stated(format!("{:06}", 100 + numbers.below(ISSUERS)), span),
        _ => Field::stated(format!("Issuer {issuer}"), span),
    };
    reading.class_title = Field::stated("Common Stock".to_owned(), span);
    let event = numbers.below(60);
    reading.event_date = Field::stated(day(event), span);
    reading.accepted_at = Field::stated(noon(event + numbers.below(20)), span);
    if numbers.below(4) == 0 {
        reading.previous_accession = Field::stated(accession(1 + numbers.below(n)), span);
    }
    reading.holders = (0..numbers.below(4)).map(|_| holder_by_chance(numbers)).collect();
    // Now and then there is no cover page, and its filer or who signs tells whose it is.
    let name = format!("Holder {}", numbers.below(5));
    if numbers.below(4) == 0 {
        let cik = Field::stated((900 + numbers.below(5)).try_into().unwrap(), span);
        let name = Field::stated(name.clone(), span);
        reading.filed_by = vec![Party { name, cik, ..Party::default() }];
    }
    if numbers.below(4) == 0 {
        let name = Field::stated(name, span);
        // Of a document that nothing else dates, it is the last day.
        if numbers.below(4) == 0 {
            (reading.event_date, reading.accepted_at) = (Field::Absent, Field::Absent);
        }
        let date = Field::stated(day(event), span);
        reading.signatures = vec![Signature { name, date, ..Signature::default() }];
    }
    if numbers.below(4) == 0 {
        let (code, holder, field) = match numbers.below(3) {
            2 => (TroubleCode::Contradiction, None, FieldName::EventDate),
            row => (TroubleCode::RowMissing, Some(row as u32), FieldName::Aggregate),
        };
        let message = String::new();
        reading.troubles = vec![Trouble { code, holder, field, span: None, message }];
    }
    filing
}

fn holder_by_chance(numbers: &mut Numbers) -> Holder {
    let span = Span::new(3, 4);
    let who = numbers.below(5);
    let amount = numbers.below(1000).to_string().parse().unwrap();
    Holder {
        name: Field::stated(format!("Holder {who}"), span),
        cik: match numbers.below(3) {
            0 => Field::stated((900 + who).try_into().unwrap(), span),
            _ => Field::Absent,
        },
        aggregate: match numbers.below(5) {
            0 => Field::Absent,
            1 => Field::Unreadable { span },
            _ => Field::stated(amount, span),
        },
        percent: Field::stated(numbers.below(12).to_string().parse().unwrap(), span),
        ..Holder::default()
    }
}

/// Something decided about the filings there are.
fn decision_by_chance(
    filings: &[(u64, FilingRecorded)],
    corrections: &[(u64, FilingRef)],
    numbers: &mut Numbers,
    wild: bool,
) -> Event {
    let because = || Because { reason: "r".into(), who: "w".into() };
    if let [.., (correction, filing)] = *corrections
        && numbers.below(6) == 0
    {
        let because = because();
        return Event::FilingUncorrected(FilingUncorrected { filing, correction, because });
    }
    let one = |numbers: &mut Numbers| &filings[numbers.below(filings.len() as u64) as usize];
    let (entry, recorded) = one(numbers);
    let filing = FilingRef { entry: *entry, content: recorded.content };
    let id = |n: u64| match n {
        0..5 => HolderId::of_name(&format!("Holder {n}")).unwrap(),
        n => HolderId::Cik((895 + n).try_into().unwrap()),
    };
    let corrected = |field, new: String, holder| {
        let (old, new, span) = (Said::Nothing, Said::Stated(new), None);
        let name = None;
        Event::FilingCorrected(FilingCorrected {
            filing,
            holder,
            name,
            field,
            old,
            new,
            span,
            because: because(),
        })
    };
    match numbers.below(if wild { 9 } else { 7 }) {
        0 => Event::FilingWithdrawn(FilingDecided { filing, because: because() }),
        1 => Event::FilingReinstated(FilingDecided { filing, because: because() }),
        2 => {
            let mut reading = recorded.reading.clone();
            reading.holders = vec![holder_by_chance(numbers)];
            Event::FilingReread(Box::new(FilingReread { filing, reader: 2, continued: 0, reading }))
        }
        7 => corrected(FieldName::IssuerCik, (100 + numbers.below(ISSUERS)).to_string(), None),
        4 => corrected(FieldName::Aggregate, numbers.below(9).to_string(), Some(0)),
        5 => {
            let (a, b) = (numbers.below(10), numbers.below(10));
            let key = |n: u64| HolderKey { id: id(n), issuer: None };
            let (a, b) = (key(a), key(if a == b { (b + 1) % 10 } else { b }));
            let (since, known_at) = (None, None);
            let pair = HoldersDecided { a, b, since, known_at, because: because() };
            if numbers.below(3) == 0 {
                Event::HoldersUnlinked(pair)
            } else {
                Event::HoldersLinked(pair)
            }
        }
        6 => {
            let (with, recorded) = one(numbers);
            let with = FilingRef { entry: *with, content: recorded.content };
            Event::ChainJoined(ChainJoined { filing, with, because: because() })
        }
        3 => Event::FilingSkipped(FilingSkipped {
            accession: accession(1 + numbers.below(30)),
            because: because(),
        }),
        _ => {
            let issuer = Some((100 + numbers.below(ISSUERS)).try_into().unwrap());
            let class = ClassKey { issuer, ..ClassKey::default() };
            let (shares, since) = ("1000".parse().unwrap(), day(numbers.below(60)));
            let (source, who) = ("s".to_owned(), "w".to_owned());
            let known_at = None;
            Event::ClassSizeReported(ClassSizeReported {
                class,
                shares,
                since,
                known_at,
                source,
                who,
            })
        }
    }
}

/// A ledger by chance, followed after every append or after several.
fn by_chance(at: &Path, seed: u64, entries: u64) -> Ledger {
    let mut numbers = Numbers(seed);
    let wild = numbers.below(4) == 0;
    let mut ledger = Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap();
    let mut filings: Vec<(u64, FilingRecorded)> = Vec::new();
    let mut corrections: Vec<(u64, FilingRef)> = Vec::new();
    for n in 1..=entries {
        if filings.is_empty() || numbers.below(4) > 0 {
            let mut filing = filing_by_chance(n, &mut numbers, wild);
            // Whose it is has to be found by its CUSIP; whoever was kept before is so no more.
            if n == entries && numbers.below(2) == 0 {
                filing.reading.issuer.cik = Field::Absent;
            }
            filings.push((ledger.size(), filing.clone()));
            ledger.append(hour(n), vec![draft_of(filing, received(n))]).unwrap();
        } else {
            let decided = decision_by_chance(&filings, &corrections, &mut numbers, wild);
            if let Event::FilingCorrected(one) = &decided {
                corrections.push((ledger.size(), one.filing));
            }
            let events = vec![decided];
            // The same bytes were not read again twice by one reader, and the like.
            let _ = ledger.append(hour(n), vec![Draft { events, received: None }]);
        }
        if numbers.below(3) == 0 {
            follow(&ledger);
        }
    }
    follow(&ledger);
    ledger
}

/// What somebody holds across issuers is the same, kept or folded.
fn persons(index: &LogIndex, numbers: &mut Numbers, question: &Question) -> usize {
    let who = numbers.below(5);
    let asked =
        if numbers.below(2) == 0 { format!("Holder {who}") } else { format!("{}", 900 + who) };
    let answer =
        |of_them| find(index, &asked, question, of_them).unwrap_or_else(|e| panic!("{e:?}"));
    let (kept, folded) = (answer(Wanted::Holdings), answer(Wanted::Changes));
    assert_eq!(kept.persons, folded.persons, "{asked}, {question:?}");
    for (kept, folded) in kept.issuers.iter().zip(&folded.issuers) {
        assert_eq!(kept.issuer, folded.issuer, "{asked}, {question:?}");
        assert_eq!(kept.persons, folded.persons, "{asked}, {question:?}");
        assert_eq!(kept.classes, folded.classes, "{asked}, {question:?}");
    }
    assert_eq!(kept.issuers.len(), folded.issuers.len(), "{asked}, {question:?}");
    kept.issuers.iter().filter(|at| at.changes.is_empty()).count()
}

#[test]
fn it_says_what_a_fold_says_whatever_was_appended() {
    let (mut held, mut folded, mut of_persons) = (0, 0, 0);
    for seed in 1..=40 {
        let folder = tempfile::tempdir().unwrap();
        let ledger = by_chance(&folder.path().join("ledger"), seed * 7_919, 40);
        let mut numbers = Numbers(seed);
        for _ in 0..40 {
            let asked = match numbers.below(6) {
                0 => CUSIPS[numbers.below(3) as usize].to_owned(),
                1 => format!("Issuer {}", numbers.below(ISSUERS)),
                2 => format!("{:06}", 100 + numbers.below(ISSUERS)),
                _ => (100 + numbers.below(ISSUERS)).to_string(),
            };
            let at = match numbers.below(3) {
                0 => 1 + numbers.below(ledger.size()),
                _ => ledger.size(),
            };
            let question = Question {
                as_of: AsOf(day(numbers.below(70))),
                known_at: KnownAt(noon(numbers.below(90))),
                at: LedgerSize(at),
            };
            let basis = Basis { question, head: ledger.entry(at - 1).unwrap().hash() };
            let kept = keep::held(&ledger, &asked, &basis).unwrap_or_else(|e| panic!("{e:?}"));
            let index = LogIndex { log: &ledger, size: at };
            let answer = resolve(&index, &asked, basis).unwrap_or_else(|e| panic!("{e:?}"));
            let Some(kept) = kept else {
                folded += 1;
                continue;
            };
            held += 1;
            let Resolved::One(answer) = answer else { panic!("seed {seed}: {asked} is not one") };
            let expected: Vec<_> =
                answer.fold.classes.iter().map(|class| class.holdings.clone()).collect();
            assert_eq!(kept.classes, expected, "seed {seed}, {asked}, {question:?}");
            of_persons += persons(&index, &mut numbers, &question);
            assert_eq!(kept.issuer, answer.issuer, "seed {seed}, {asked}, {question:?}");
        }
    }
    println!("{held} answers were kept, {folded} folded; {of_persons} of persons kept");
    assert!(held > 300 && folded > 100 && of_persons > 300, "{held}, {folded}, {of_persons}");
}

/// Every issuer answers as it does alone, kept or folded, and no filing that counts is left out.
#[test]
fn all_issuers_answer_as_each_does_alone() {
    let (mut alone, mut several, mut without, mut beside) = (0, 0, 0, 0);
    for seed in 1..=40 {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = by_chance(&folder.path().join("ledger"), seed * 15_485_863, 40);
        let mut numbers = Numbers(seed);
        for n in 101..=103 {
            let mut filing = filing_by_chance(n, &mut numbers, false);
            filing.reading.issuer.cik = Field::Absent;
            filing.reading.cusips.clear();
            filing.reading.issuer.name =
                Field::stated(format!("Nameless {}", n % 2), Span::new(1, 2));
            ledger.append(NOW, vec![draft_of(filing, received(n))]).unwrap();
        }
        follow(&ledger);
        let (as_of, known_at) = (day(10 + numbers.below(70)), noon(10 + numbers.below(90)));
        let at = if seed % 3 == 0 { ledger.size() / 2 } else { ledger.size() };
        let clocks = format!("--as-of {as_of} --known-at {known_at} --at {at} --json");
        let question =
            Question { as_of: AsOf(as_of), known_at: KnownAt(known_at), at: LedgerSize(at) };
        let basis = Basis { question, head: ledger.entry(at - 1).unwrap().hash() };
        let objects = |said: &str| -> Vec<String> {
            said.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect()
        };
        let all = objects(&verbs::run(&mut ledger, &format!("holders --all-issuers {clocks}")));

        // Kept answers are what a fold says.
        let (mut folded, mut entries) = (Vec::new(), BTreeSet::new());
        each_issuer(&ledger, &basis, &mut |answer| {
            let classes = answer.fold.classes.iter();
            folded.extend(
                classes.map(|class| {
                    json::holders(&basis, &answer.issuer, &class.holdings).to_string()
                }),
            );
            entries.extend(counting(&answer.dossier, &question).iter().map(Standing::entry));
            without += u64::from(answer.issuer.cik.is_none());
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(all, folded, "seed {seed}");

        // No filing that counts is missing.
        let (mut filings, mut notes) = (Vec::new(), Vec::new());
        for entry in 0..at {
            match entered(&ledger, entry).unwrap_or_else(|error| panic!("{error:?}")) {
                Entered::Filing(filing) => filings.push(*filing),
                Entered::Note(note) => notes.push(*note),
                Entered::PartOf(_) => {}
            }
        }
        let dossier = Dossier::new(filings, notes);
        let due: BTreeSet<u64> =
            counting(&dossier, &question).iter().map(Standing::entry).collect();
        assert_eq!(entries, due, "seed {seed}");

        // Each answers as it does alone.
        for cik in (0..ISSUERS).map(|issuer| 100 + issuer) {
            let own = objects(&verbs::run(&mut ledger, &format!("holders {cik} {clocks}")));
            match own.iter().any(|object| object.contains("\"candidate\"")) {
                true => several += 1,
                false => {
                    let of = format!("\"cik\":\"{cik}\"}},\"class\":{{");
                    let own = own.iter().filter(|object| object.contains(&of));
                    let among = all.iter().filter(|object| object.contains(&of));
                    alone += own.clone().count();
                    // What others print is said beside the answer about one issuer alone.
                    let parsed = |object: &String| serde_json::from_str::<Value>(object).unwrap();
                    let own = own.map(|object| {
                        let mut object = parsed(object);
                        let others = object.as_object_mut().unwrap().remove("printed_by_others");
                        beside += u64::from(others.is_some());
                        object
                    });
                    assert!(own.eq(among.map(parsed)), "seed {seed}, {cik}");
                }
            }
        }
    }
    println!("{alone} classes alone, {several} issuers not told apart, {without} without CIK");
    assert!(alone > 100 && without > 5 && beside > 5, "{alone}, {several}, {without}, {beside}");
}

fn told(change: &Value) -> &str {
    change["told_at"].as_str().unwrap()
}

/// What changed since a moment is what of all changes was told since then, whoever is passed over
/// because nothing was.
#[test]
fn changes_since_a_moment_are_among_all_changes() {
    let (mut some, mut quiet) = (0, 0);
    for seed in 1..=40 {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = by_chance(&folder.path().join("ledger"), seed * 32_452_843, 40);
        let mut numbers = Numbers(seed);
        let at = if seed % 4 == 0 { ledger.size() / 2 } else { ledger.size() };
        let as_of = day(40 + numbers.below(60));
        let known_at =
            if seed % 2 == 0 { noon(20 + numbers.below(90)).to_string() } else { later() };
        let asked =
            format!("history --all-issuers --json --as-of {as_of} --known-at {known_at} --at {at}");
        let mut objects = |asked: &str| -> Vec<Value> {
            let said = verbs::run(&mut ledger, asked);
            said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
        };
        let all = objects(&asked);
        for round in 0..8 {
            let last = |object: &Value| -> Instant {
                let changes = object["changes"].as_array().unwrap().iter();
                changes.map(|change| told(change).parse().unwrap()).max().unwrap()
            };
            let since: Instant = match round % 4 {
                0 => hour(1 + numbers.below(40)).instant(),
                1 => hour(38 + numbers.below(4)).instant(),
                2 if !all.is_empty() => last(&all[numbers.below(all.len() as u64) as usize]),
                _ => noon(numbers.below(90)),
            };
            let since_then = |change: &Value| told(change) >= &*since.to_string();
            let mut due = all.clone();
            for object in &mut due {
                object["changes"].as_array_mut().unwrap().retain(since_then);
            }
            due.retain(|object| !object["changes"].as_array().unwrap().is_empty());
            some += due.len();
            quiet += all.len() - due.len();
            assert_eq!(
                objects(&format!("{asked} --known-since {since}")),
                due,
                "seed {seed}, {since}"
            );
        }
    }
    println!("{some} issuers with changes, {quiet} without");
    assert!(some > 300 && quiet > 300, "{some}, {quiet}");
}

/// A ledger is asked about a size at which a filing was not yet understood to have been known long
/// before: then its changes are told, though what is kept knows of none.
#[test]
fn what_is_kept_passes_nobody_over_at_an_earlier_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::init(&folder.path().join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    let mut one = filing(1);
    one.reading.accepted_at = Field::stated(hour(45).instant(), Span::new(1, 2));
    let content = one.content;
    ledger.append(hour(1), vec![draft_of(one, received(1))]).unwrap();
    let corrected = Event::FilingCorrected(FilingCorrected {
        filing: FilingRef { entry: 1, content },
        holder: None,
        name: None,
        field: FieldName::AcceptedAt,
        old: Said::Stated(hour(45).instant().to_string()),
        new: Said::Stated(noon(1).to_string()),
        span: None,
        because: Because { who: "x".into(), reason: "x".into() },
    });
    ledger.append(hour(2), vec![Draft { events: vec![corrected], received: None }]).unwrap();
    follow(&ledger);
    let mut told = |size: u64| {
        let asked = format!("history --all-issuers --known-at {} --at {size}", later());
        verbs::run(&mut ledger, &format!("{asked} --known-since {}", hour(40).instant()))
    };
    assert!(told(2).contains("reported"), "{}", told(2));
    assert!(!told(3).contains("reported"), "{}", told(3));
}

/// Following in steps leaves what following once leaves, which is what a replay makes.
#[test]
fn it_is_what_would_be_made_anew() {
    for seed in 1..=20 {
        let folder = tempfile::tempdir().unwrap();
        let ledger = by_chance(&folder.path().join("ledger"), seed * 104_729, 30);
        let names: Vec<Vec<u8>> = Vec::new();
        let found = keep::differences(&ledger, &names).unwrap();
        assert_eq!(found, Vec::<String>::new(), "seed {seed}");
        assert_eq!(ledger.reach(PROJECTION).unwrap().size, ledger.size());
    }
}

/// Whoever is asked for by CIK is answered for without looking under names; so a name of digits
/// alone that is that CIK must leave nothing kept, whenever it comes.
/// Its number decides which of two statements a later amendment goes on with.
#[test]
fn an_amendment_without_cover_pages_bears_on_who_it_is_filed_by() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::init(&folder.path().join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    let span = Span::new(1, 2);
    let holder = |cik: u64, aggregate: Option<&str>| Holder {
        name: Field::stated(format!("Holder {cik}"), span),
        cik: Field::stated(cik.try_into().unwrap(), span),
        aggregate: aggregate.map_or(Field::Absent, |n| Field::stated(n.parse().unwrap(), span)),
        ..Holder::default()
    };
    let filings = [
        (None, vec![holder(900, Some("10")), holder(901, Some("10"))]),
        (None, vec![holder(900, Some("20"))]),
        (Some(1), Vec::new()),
        (Some(2), vec![holder(900, None)]),
    ];
    for (n, (number, holders)) in (1..).zip(filings) {
        let mut one = filing(n);
        let form = if number.is_some() { Form::Sc13DA } else { Form::Sc13D };
        one.reading.form = Field::stated(form, span);
        one.reading.event_date = Field::stated(day(n), span);
        one.reading.amendment_number = number.map_or(Field::Absent, |n| Field::stated(n, span));
        if holders.is_empty() {
            let cik = Field::stated(901_u64.try_into().unwrap(), span);
            one.reading.filed_by = vec![Party { cik, ..Party::default() }];
        }
        one.reading.holders = holders;
        ledger.append(NOW, vec![draft_of(one, received(n))]).unwrap();
    }
    follow(&ledger);
    let at = LedgerSize(ledger.size());
    let question = Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at };
    let basis = Basis { question, head: ledger.head().hash };
    let held = keep::held(&ledger, "1318605", &basis).unwrap_or_else(|e| panic!("{e:?}"));
    let holders = &held.unwrap().classes[0].holders;
    let aggregate = holders[0].rows.get(&FieldName::Aggregate).unwrap().amount();
    assert_eq!(aggregate.unwrap().to_string(), "10", "it goes on with the first statement");
}

#[test]
fn a_name_that_is_a_cik_leaves_that_issuer_to_be_folded() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::init(&folder.path().join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1)]).unwrap();
    follow(&ledger);
    let held = |ledger: &Ledger, asked: &str| {
        let at = LedgerSize(ledger.size());
        let question = Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at };
        let basis = Basis { question, head: ledger.head().hash };
        keep::held(ledger, asked, &basis).unwrap_or_else(|e| panic!("{e:?}"))
    };
    for asked in ["1318605", "001318605", "0001318605", " 1318605"] {
        assert!(held(&ledger, asked).is_some(), "{asked:?}");
    }
    let mut other = filing(2);
    other.reading.issuer.cik = Field::stated(77_u64.try_into().unwrap(), Span::new(1, 2));
    other.reading.issuer.name = Field::stated("No. 0-01318605".to_owned(), Span::new(3, 9));
    other.reading.cusips = Vec::new();
    other.reading.class_title = Field::stated("Common Stock".to_owned(), Span::new(40, 52));
    let mut numbered = other.clone();
    numbered.reading.issuer.name = Field::stated("0-01318605".to_owned(), Span::new(3, 9));
    ledger.append(NOW, vec![draft_of(other, received(2))]).unwrap();
    follow(&ledger);
    assert!(held(&ledger, "1318605").is_some(), "another name is no number");
    numbered.content = content(&received(3));
    numbered.reading.accession = Field::stated(accession(3), Span::new(3, 23));
    ledger.append(NOW, vec![draft_of(numbered, received(3))]).unwrap();
    follow(&ledger);
    for asked in ["1318605", "001318605", "0001318605"] {
        assert!(held(&ledger, asked).is_none(), "{asked:?}");
    }
    assert!(held(&ledger, "77").is_some());
}

/// Other bytes than those that were kept are an error or another answer, and never a panic; what is
/// cut short is an error.
/// An issuer of one list of two CUSIPs is kept: whose rows do not say of which they are, it says.
#[test]
fn what_is_kept_says_which_filings_are_about_several_classes() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::init(&folder.path().join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    for n in 1..=2 {
        let mut two = filing(n);
        let second = "98978N101".parse().unwrap();
        two.reading.cusips.push(Field::stated(second, Span::new(50, 59)));
        ledger.append(NOW, vec![draft_of(two, received(n))]).unwrap();
    }
    follow(&ledger);
    let at = LedgerSize(ledger.size());
    let question = Question { as_of: AsOf(Day::LAST), known_at: KnownAt(Instant::LAST), at };
    let basis = Basis { question, head: ledger.head().hash };
    let held = keep::held(&ledger, "1318605", &basis).unwrap().expect("it is kept");
    let holders = held.classes.iter().flat_map(|class| &class.holders);
    let several: Vec<_> = holders.map(|one| (one.entry, one.several.clone())).collect();
    assert_eq!(several, [(1, vec![1]), (2, vec![2])]);
}

#[test]
fn damaged_bytes_are_read_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = by_chance(&folder.path().join("ledger"), 104_729, 30);
    let name = |cik: u64| [b"i".as_slice(), &cik.to_be_bytes()].concat();
    let kept = |cik| ledger.kept(PROJECTION, &name(cik)).unwrap();
    let sound = (100..100 + ISSUERS).find_map(kept).unwrap();
    let (as_of, known_at) = (AsOf(Day::LAST), KnownAt(Instant::LAST));
    let question = Question { as_of, known_at, at: LedgerSize(ledger.size()) };
    for len in 0..sound.len() {
        assert!(Projected::open(&sound[..len]).is_err(), "cut to {len}");
    }
    let mut refused = 0;
    for at in 0..sound.len() {
        for bits in [1, 0x80, 0xff] {
            let mut flipped = sound.clone();
            flipped[at] ^= bits;
            let answered = Projected::open(&flipped).and_then(|kept| {
                kept.entries()?;
                kept.links()?;
                kept.answer(&question, Persons::Told)
            });
            refused += usize::from(answered.is_err());
        }
    }
    println!("{refused} of {} damages refused", 3 * sound.len());
    assert!(refused > sound.len() / 2, "{refused} of {}", 3 * sound.len());
}

fn named(audit: &Report) -> Vec<&str> {
    audit.faults.iter().map(|fault| fault.message.as_str()).collect()
}

/// What stands in the index and was not made of the entries is named, by whoever makes it again.
#[test]
fn damage_to_it_is_named_and_being_behind_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1), draft(2)]).unwrap();
    follow(&ledger);
    let issuer = [b"i".as_slice(), &1_318_605_u64.to_be_bytes()].concat();
    let sound = ledger.kept(PROJECTION, &issuer).unwrap().unwrap();
    ledger.close().unwrap();
    let differences = |log: &dyn Log, names: &[Vec<u8>]| keep::differences(log, names);
    let projector = Some(Projector { version: PROJECTION, differences: Some(&differences) });
    let audit = || {
        let scope = Scope { projector, ..Scope::default() };
        audit_within(&at, folder.path(), &options(Mode::Read), &scope).unwrap()
    };
    assert_eq!(named(&audit()), Vec::<&str>::new());
    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (name, bytes, said) in [
        (issuer.as_slice(), Some(flipped.as_slice()), "expected what the entries make of issuer"),
        (&issuer, None, "got nothing kept"),
        (b"stranger", Some(b"x".as_slice()), "names no issuer"),
    ] {
        let ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
        ledger.keep(PROJECTION, name, bytes).unwrap();
        ledger.kept_all(PROJECTION).unwrap();
        ledger.close().unwrap();
        let report = audit();
        assert_eq!(report.faults.len(), 1, "{:?}", named(&report));
        assert!(named(&report)[0].contains(said), "{said}: {:?}", named(&report));
        let ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
        ledger.keep(PROJECTION, b"stranger", None).unwrap();
        ledger.keep(PROJECTION, &issuer, Some(&sound)).unwrap();
        ledger.kept_all(PROJECTION).unwrap();
        ledger.close().unwrap();
    }
    let mut ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
    ledger.append(NOW, vec![draft(3)]).unwrap();
    ledger.close().unwrap();
    let report = audit();
    assert_eq!(named(&report), Vec::<&str>::new());
    let behind = "what is kept for answers, for it follows 3 of 4 entries until more are appended";
    assert!(report.not_checked.iter().any(|what| what == behind), "{:?}", report.not_checked);
    // An index that was thrown away loses it; whoever appends next makes it again, the same.
    let ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
    follow(&ledger);
    let grown = ledger.kept(PROJECTION, &issuer).unwrap().unwrap();
    ledger.close().unwrap();
    std::fs::remove_dir_all(at.join("index")).unwrap();
    let ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
    assert_eq!(ledger.reach(PROJECTION).unwrap().size, 0);
    follow(&ledger);
    assert_eq!(ledger.kept(PROJECTION, &issuer).unwrap().unwrap(), grown);
    assert_ne!(grown, sound, "it was made of three entries, and is of four");
    ledger.close().unwrap();
    assert_eq!(named(&audit()), Vec::<&str>::new());
    let ledger = Ledger::open(&at, &options(Mode::Read)).unwrap();
    assert_eq!(ledger.reach(PROJECTION).unwrap().size, 4);
}

/// What was kept by other rules goes with the index it stands in: the new one is made of the
/// journal and of the rules of today alone, once.
#[test]
fn what_was_kept_by_other_rules_goes_with_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1), draft(2)]).unwrap();
    follow(&ledger);
    let issuer = [b"i".as_slice(), &1_318_605_u64.to_be_bytes()].concat();
    let made = ledger.kept(PROJECTION, &issuer).unwrap().unwrap();
    let rebuilt = |ledger: &Ledger| ledger.take_notices().iter().map(Notice::to_string).collect();
    assert_eq!(rebuilt(&ledger), Vec::<String>::new());
    ledger.close().unwrap();
    for other in [PROJECTION - 1, PROJECTION + 1] {
        let ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
        ledger.keep(other, &issuer, Some(b"by other rules")).unwrap();
        ledger.keep(PROJECTION, &issuer, Some(b"of a process that was killed")).unwrap();
        ledger.close().unwrap();
        let ledger = Ledger::open(&at, &options(Mode::Write)).unwrap();
        follow(&ledger);
        let said: Vec<String> = rebuilt(&ledger);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("3 entries: it kept answers by other rules"), "{said:?}");
        follow(&ledger);
        assert_eq!(rebuilt(&ledger), Vec::<String>::new(), "once");
        assert_eq!(ledger.kept(other, &issuer).unwrap(), None);
        assert_eq!(ledger.kept(PROJECTION, &issuer).unwrap().unwrap(), made);
        ledger.close().unwrap();
    }
}

/// What of a change says that it is the same at another size of the ledger.
fn same(change: &Value) -> Vec<Value> {
    let keys = ["entry", "kind", "field", "holder", "from", "to", "crossed"];
    let item = &change["item"];
    let mut own: Vec<Value> = keys.iter().map(|key| change[*key].clone()).collect();
    own.extend(["number", "from"].map(|key| item[key].clone()));
    own
}

/// What was not told when the ledger was smaller is all that is told less all that was told then,
/// whoever is passed over because nothing came of it since; and so are the filings judged.
#[test]
fn what_is_told_anew_is_what_was_not_told_before() {
    let (mut anew, mut older, mut judged) = (0, 0, 0);
    for seed in 1..=20 {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = by_chance(&folder.path().join("ledger"), seed * 15_485_863, 40);
        let mut numbers = Numbers(seed);
        let at = if seed % 4 == 0 { ledger.size() - 5 } else { ledger.size() };
        let (as_of, known_at) = (day(40 + numbers.below(60)), later());
        let mut objects = |verb: &str, at: u64, more: &str| -> Vec<Value> {
            let asked = format!(
                "{verb} --all-issuers --json --as-of {as_of} --known-at {known_at} --at {at} {more}"
            );
            let said = verbs::run(&mut ledger, &asked);
            said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
        };
        for _ in 0..4 {
            let size = 1 + numbers.below(at);
            for (verb, list) in [("history", "changes"), ("late --all", "filings")] {
                let each = |objects: Vec<Value>| -> Vec<Value> {
                    let lists = objects.into_iter().map(|object| object[list].clone());
                    lists.flat_map(|list| list.as_array().unwrap().clone()).collect()
                };
                let key = |one: &Value| match verb {
                    "history" => same(one),
                    _ => {
                        let mut one = one.clone();
                        one.as_object_mut().unwrap().remove("filing");
                        vec![one]
                    }
                };
                let before: Vec<_> = each(objects(verb, size, "")).iter().map(key).collect();
                let mut due = each(objects(verb, at, ""));
                let all = due.len();
                due.retain(|one| match one["kind"].as_str() {
                    Some("linked" | "class") => one["entry"].as_u64() >= Some(size),
                    _ => !before.contains(&key(one)),
                });
                let now = each(objects(verb, at, &format!("--since-size {size}")));
                let lacking = due.iter().find(|one| !now.contains(one));
                let more = now.iter().find(|one| !due.contains(one));
                assert_eq!((lacking, more), (None, None), "seed {seed}, {verb}, {size} of {at}");
                assert_eq!(now, due, "seed {seed}, {verb}, {size} of {at}");
                (anew, older) = (anew + due.len(), older + all - due.len());
                judged += if verb == "history" { 0 } else { due.len() };
            }
        }
    }
    println!("{anew} told anew, {judged} of them judged, {older} told before");
    assert!(anew > 1000 && older > 1000 && judged > 500, "{anew}, {older}, {judged}");
}

/// The proof of an answer says what its verb says, out of its own entries alone, and is complete:
/// whatever was decided, kept, sealed and left out by the clocks.
#[test]
fn proofs_say_what_their_verbs_say() {
    use blockholder::cli::answer_proof::prove;
    use blockholder::cli::args::Command;
    let (mut proven, mut nobody) = (BTreeMap::new(), 0);
    for seed in 1..=15 {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = by_chance(&folder.path().join("ledger"), seed * 32_416_190, 40);
        let mut numbers = Numbers(seed);
        if seed % 3 > 0 {
            whole::within((false, false), &whole::now, |cx| seal(&mut ledger, cx)).0.unwrap();
        }
        for verb in ["holders", "history", "group", "chains", "late", "person"] {
            for _ in 0..4 {
                let about = match (verb, numbers.below(4)) {
                    ("person", 0) => format!("Holder_{}", numbers.below(5)),
                    ("person", _) => format!("{}", 900 + numbers.below(5)),
                    (_, 0) => CUSIPS[numbers.below(3) as usize].to_owned(),
                    _ => (100 + numbers.below(ISSUERS)).to_string(),
                };
                let at = if numbers.below(3) == 0 { ledger.size() / 2 } else { ledger.size() };
                let (as_of, known_at) = (day(numbers.below(70)), noon(30 + numbers.below(60)));
                let clocks = format!("--as-of {as_of} --known-at {known_at} --at {at}");
                let asked = format!("{verb} {about} --json {clocks}");
                let line = format!("prove {about} --of {verb} {clocks}");
                let words: Vec<String> = line.split(' ').map(|one| one.replace('_', " ")).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let Command::Prove(args) = whole::asked(&words).command else { panic!() };
                let about = args.issuer.clone().unwrap();
                let (made, _) = whole::within((false, false), &whole::now, |cx| {
                    prove(&ledger, &about, &args, cx)
                });
                let said = verbs::run(&mut ledger, &asked);
                let (_, checked) = match made {
                    Ok(made) => made,
                    // Several issuers.
                    Err(why) => {
                        let own = why.message.contains("to name one issuer");
                        assert!(own, "seed {seed}, {line}: {}", why.message);
                        assert!(!said.contains("\"entry\""), "seed {seed}, {line}: {said}");
                        continue;
                    }
                };
                assert!(checked.is_complete(), "seed {seed}, {line}");
                nobody += usize::from(!checked.names_somebody());
                let answer = checked.proof.answer;
                let objects = said.lines().filter(|line| line.starts_with('{'));
                let said = objects.map(|line| match line.split_once(",\"printed_by_others\"") {
                    // No part of the answer, and at its end.
                    Some((own, _)) => format!("{own}}}\n"),
                    None => format!("{line}\n"),
                });
                assert_eq!(answer, said.collect::<String>(), "seed {seed}, {line}");
                *proven.entry(verb).or_insert(0) += usize::from(answer.len() > 400);
            }
        }
    }
    println!("{proven:?}, {nobody}");
    assert!(proven.len() == 6 && proven.values().all(|many| *many >= 10), "{proven:?}");
    assert!(nobody >= 5, "{nobody}");
}
