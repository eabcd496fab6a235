//! Every durable step of everything that writes may fail: once what it wrote is lost, once it is
//! kept; once the process goes on, once it is gone. Then it is opened, read and audited.
//!
//! The table in `docs/faults.md` is held to what was tried.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;
#[path = "common/faults_table.rs"]
mod faults_table;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use blockholder::ledger::audit::FaultClass;
use blockholder::ledger::event::Event;
use blockholder::ledger::seal::Sorting;
use blockholder::store::audit::{Report, audit};
use blockholder::store::checkpoints;
use blockholder::store::disk::{Outcome, fated};
use blockholder::store::export::export;
use blockholder::store::export_audit::{Trust, audit as audit_export};
use blockholder::store::exported::Folder;
use blockholder::store::import::import;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Draft, Log};
use blockholder::store::recover::{Sources, recover};
use blockholder::store::segment::Stream;
use common::*;

type Told = Result<(), String>;

fn told<T>(result: Result<T, impl std::fmt::Display>) -> Told {
    result.map(drop).map_err(|error| error.to_string())
}

/// Something that writes: what it begins with, what it does, and what must be true afterwards.
struct Work<'a> {
    what: &'static str,
    after: &'static str,
    begin: &'a dyn Fn(&Path),
    run: &'a dyn Fn(&Path) -> Told,
    check: &'a dyn Fn(&Path, &str, &Told),
}

/// Lets each step fail in each way, one after the other.
fn failing(work: &Work<'_>, rows: &mut Vec<Vec<String>>) {
    let dir = tempfile::tempdir().unwrap();
    let fresh = |name: String| {
        let at = dir.path().join(name);
        (work.begin)(&at);
        at
    };
    let steps = Rc::new(Cell::new(0_u64));
    let counted = Rc::clone(&steps);
    let count = move |_, _: &Path| {
        counted.set(counted.get() + 1);
        Outcome::Done
    };
    let at = fresh("whole".to_owned());
    let done = fated(count, || (work.run)(&at));
    assert_eq!(done, Ok(()), "{}", work.what);
    (work.check)(&at, work.what, &done);
    let steps = steps.get();
    assert!(steps > 0, "{}", work.what);
    let mut tried = 0;
    for step in 0..steps {
        for outcome in [Outcome::Lost, Outcome::Kept] {
            for gone in [false, true] {
                tried += 1;
                let place = Rc::new(Cell::new(String::new()));
                let (seen, mut at_step) = (Rc::clone(&place), 0);
                let fate = move |act, path: &Path| {
                    at_step += 1;
                    match at_step - 1 {
                        now if now == step => {
                            let name = path.file_name().unwrap_or_default().to_string_lossy();
                            seen.set(format!("{act:?} {name}"));
                            outcome
                        }
                        now if gone && now > step => Outcome::Lost,
                        _ => Outcome::Done,
                    }
                };
                let at = fresh(format!("{step}-{outcome:?}-{gone}"));
                let done = fated(fate, || (work.run)(&at));
                let (what, place) = (work.what, place.take());
                let what = format!("{what}, step {step} ({place}) {outcome:?}, gone {gone}");
                assert!(done.is_err(), "{what}: nobody was told");
                (work.check)(&at, &what, &done);
                fs::remove_dir_all(&at).unwrap();
            }
        }
    }
    println!("{}: {steps} steps, {tried} tried", work.what);
    let cells = [work.what, &steps.to_string(), &tried.to_string(), work.after];
    rows.push(cells.map(str::to_owned).to_vec());
}

fn audited(at: &Path) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    audit(at, scratch.path(), &options(Mode::Read)).unwrap()
}

/// The signed checkpoints of a ledger.
fn notes(at: &Path) -> Vec<Vec<u8>> {
    checkpoints::all(&at.join("checkpoints")).unwrap().notes
}

/// Audits, opens, reads everything, audits again; every checkpoint that was there is still there,
/// and each has the root of the entries. Then it goes on.
#[track_caller]
fn sound(at: &Path, acknowledged: u64, before: &[Vec<u8>], what: &str) -> u64 {
    let found = audited(at).faults;
    // What is made from the journal may be behind or gone until it is opened.
    let of_copies = |class| matches!(class, FaultClass::Index | FaultClass::Node);
    assert!(found.iter().all(|fault| of_copies(fault.class)), "{what}: {found:?}");
    let ledger = open(at, Mode::Write);
    let size = ledger.size();
    assert!(size >= acknowledged, "{what}: {size} of {acknowledged} entries");
    for entry in ledger.range(0..size).unwrap() {
        if let Some(content) = entry.unwrap().open().unwrap().content() {
            ledger.blob(content).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
    }
    ledger.close().unwrap();
    assert_eq!(audited(at).faults, [], "{what}");
    assert!(notes(at).starts_with(before), "{what}: a checkpoint is another now");
    let mut ledger = open(at, Mode::Write);
    ledger.append(NOW, vec![draft(90)]).unwrap();
    ledger.close().unwrap();
    assert_eq!(audited(at).faults, [], "{what}: after going on");
    size
}

/// A ledger whose next batch begins new segments.
fn begun(at: &Path) {
    let mut ledger = Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, vec![draft(1), draft(2)]).unwrap();
    ledger.append(NOW, vec![draft(3)]).unwrap();
    ledger.close().unwrap();
}

fn sealed(ledger: &mut Ledger) -> Told {
    let mut sorting = Sorting::from(0);
    (0..ledger.size()).for_each(|n| sorting.push(&ledger.event(n).unwrap()));
    let events = vec![Event::TopicsSealed(sorting.finish().seal())];
    told(ledger.append(NOW, vec![Draft { events, received: None }]))
}

fn writing(rows: &mut Vec<Vec<String>>) {
    let opened = || tempfile::tempdir().unwrap();
    let whole = opened();
    let at = whole.path().join("ledger");
    begun(&at);
    let before = notes(&at);
    let whole_or_not = |with: u64| {
        let before = before.clone();
        move |at: &Path, what: &str, done: &Told| {
            let size = sound(at, 4, &before, what);
            assert!(size == 4 || size == with, "{what}: {size}");
            assert!(done.is_err() || size == with, "{what}: told as done, and is not there");
        }
    };
    let after = "the batch is whole or not there; no checkpoint is another; it goes on";
    let append = |at: &Path| -> Told {
        let mut ledger = Ledger::open(at, &options(Mode::Write)).map_err(|e| e.to_string())?;
        ledger.set_roll(100);
        told(ledger.append(NOW, vec![draft(5), draft(6)]))
    };
    let what = "append, a new segment of each kind with it: received bytes, entries, checkpoint";
    let check = whole_or_not(6);
    failing(&Work { what, after, begin: &begun, run: &append, check: &check }, rows);
    let seal = |at: &Path| -> Told {
        sealed(&mut Ledger::open(at, &options(Mode::Write)).map_err(|e| e.to_string())?)
    };
    let what = "seal: the entry, and the checkpoint over it";
    let check = whole_or_not(5);
    failing(&Work { what, after, begin: &begun, run: &seal, check: &check }, rows);
    let check = |at: &Path, what: &str, _: &Told| {
        assert_eq!(sound(at, 6, &before, what), 6, "{what}");
    };
    let lagging = |at: &Path| {
        begun(at);
        let mut ledger = open(at, Mode::Write);
        ledger.append(NOW, vec![draft(5), draft(6)]).unwrap();
    };
    let close = |at: &Path| told(Ledger::open(at, &options(Mode::Read)));
    let after = "the index is made again where it is not whole; nothing else is touched";
    let what = "opening what was not closed, and putting the index to rest";
    failing(&Work { what, after, begin: &lagging, run: &close, check: &check }, rows);
    let torn = |at: &Path| {
        lagging(at);
        let tail = |stream| segment(at, stream);
        for (path, bytes) in [(tail(Stream::Entries), &[7; 40][..]), (tail(Stream::Blobs), b"blob")]
        {
            fs::write(&path, [&fs::read(&path).unwrap()[..], bytes].concat()).unwrap();
        }
        let all = fs::read(at.join("checkpoints")).unwrap();
        let last = notes(at).pop().unwrap().len() + 1;
        fs::write(at.join("checkpoints"), &all[..all.len() - last + 20]).unwrap();
    };
    let reopen = |at: &Path| told(Ledger::open(at, &options(Mode::Write)));
    let after = "the tail is set aside once, the batch that was on disk is acknowledged once";
    let what = "opening after a kill: a torn tail, and a batch that no checkpoint has yet";
    failing(&Work { what, after, begin: &torn, run: &reopen, check: &check }, rows);
}

fn exporting(rows: &mut Vec<Vec<String>>) {
    let begin = |at: &Path| {
        begun(&at.join("ledger"));
        let ledger = open(&at.join("ledger"), Mode::Read);
        export(&ledger, &mut Folder::new(&at.join("export"))).unwrap();
        ledger.close().unwrap();
        let mut ledger = open(&at.join("ledger"), Mode::Write);
        ledger.append(NOW, vec![draft(5), draft(6)]).unwrap();
        ledger.close().unwrap();
    };
    let run = |at: &Path| -> Told {
        let ledger = Ledger::open(&at.join("ledger"), &options(Mode::Read)).unwrap();
        told(export(&ledger, &mut Folder::new(&at.join("export"))))
    };
    let check = |at: &Path, what: &str, done: &Told| {
        let files = Folder::new(&at.join("export"));
        let found = audit_export(&files, &Trust::default(), &mut |_, _| ()).unwrap().report;
        let beside = |class| matches!(class, FaultClass::Stray | FaultClass::Checkpoint);
        assert!(found.faults.iter().all(|f| beside(f.class)), "{what}: {:?}", found.faults);
        assert!(done.is_err() || found.ok(), "{what}: {:?}", found.faults);
        assert!(found.size == 4 || found.size == 6, "{what}: {}", found.size);
        let ledger = open(&at.join("ledger"), Mode::Read);
        export(&ledger, &mut Folder::new(&at.join("export"))).unwrap();
        let found = audit_export(&files, &Trust::default(), &mut |_, _| ()).unwrap().report;
        assert_eq!((found.faults, found.size), (vec![], 6), "{what}");
    };
    let after = "the export is the one before with files beside it, or the new one; the same \
                 command makes it whole";
    let what = "export over an earlier one: each file, and the checkpoint last";
    failing(&Work { what, after, begin: &begin, run: &run, check: &check }, rows);
}

/// An export of the begun ledger, and two entries more.
fn exported(at: &Path) -> PathBuf {
    begun(&at.join("ledger"));
    let mut ledger = open(&at.join("ledger"), Mode::Write);
    ledger.append(NOW, vec![draft(5), draft(6)]).unwrap();
    let to = at.join("export");
    export(&ledger, &mut Folder::new(&to)).unwrap();
    ledger.close().unwrap();
    to
}

fn importing(rows: &mut Vec<Vec<String>>) {
    let begin = |at: &Path| drop(exported(at));
    let run = |at: &Path| -> Told {
        let files = Folder::new(&at.join("export"));
        told(import(&at.join("made"), &files, &Trust::default(), &options(Mode::Read)))
    };
    let check = |at: &Path, what: &str, done: &Told| {
        let made = at.join("made");
        let opened = Ledger::open(&made, &options(Mode::Read));
        let says_so = made.join("FORMAT").exists();
        assert!(done.is_err() && !says_so || opened.is_ok(), "{what}: {opened:?}");
        if opened.is_ok() {
            drop(opened);
            fs::copy(at.join("ledger/key"), made.join("key")).unwrap();
            let before = notes(&at.join("ledger"));
            assert_eq!(sound(&made, 6, &before, what), 6, "{what}");
        }
        let _ = fs::remove_dir_all(&made);
        assert_eq!(run(at), Ok(()), "{what}");
    };
    let after = "no ledger, or the whole ledger; made again in an empty folder it is the same";
    let what = "import: segments, checkpoints, FORMAT last, and the first opening";
    failing(&Work { what, after, begin: &begin, run: &run, check: &check }, rows);
}

fn recovering(rows: &mut Vec<Vec<String>>) {
    let hurt = |path: PathBuf, at: usize| {
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let begin = |at: &Path| {
        exported(at);
        let own = at.join("ledger");
        hurt(segment(&own, Stream::Entries), 250);
        hurt(segment(&own, Stream::Blobs), 100);
        hurt(own.join("checkpoints"), 30);
        hurt(own.join("tree"), 40);
    };
    let run = |at: &Path| -> Told {
        let from = Sources { files: Vec::new(), export: Some(at.join("export")) };
        told(recover(&at.join("ledger"), &from, &options(Mode::Write)))
    };
    let check = |at: &Path, what: &str, _: &Told| {
        assert_eq!(run(at), Ok(()), "{what}: recovered again");
        assert_eq!(sound(&at.join("ledger"), 6, &[], what), 6, "{what}");
    };
    let after = "the same command puts back the rest; nothing acknowledged is lost";
    let what = "recover from an export: entries, checkpoints, hashes, received bytes";
    failing(&Work { what, after, begin: &begin, run: &run, check: &check }, rows);
}

#[test]
fn every_durable_step_may_fail() {
    let groups: [fn(&mut Vec<Vec<String>>); 4] = [writing, exporting, importing, recovering];
    let rows: Vec<Vec<String>> = std::thread::scope(|scope| {
        let run = |group: fn(&mut Vec<Vec<String>>)| {
            scope.spawn(move || {
                let mut rows = Vec::new();
                group(&mut rows);
                rows
            })
        };
        let threads = groups.map(run);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let header = ["what writes", "durable steps", "tried", "afterwards"];
    faults_table::hold("steps", &header, &rows);
}

/// A batch whose writer was killed before it was synced is synced before it is acknowledged, and
/// received bytes that nobody has named yet before anybody does.
#[test]
fn what_an_earlier_process_wrote_is_synced_before_it_is_relied_on() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    begun(&at);
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, vec![draft(5), draft(6)]).unwrap();
    drop(ledger);
    let all = fs::read(at.join("checkpoints")).unwrap();
    let last = notes(&at).pop().unwrap().len() + 1;
    fs::write(at.join("checkpoints"), &all[..all.len() - last]).unwrap();
    let seen = Rc::new(std::cell::RefCell::new(Vec::new()));
    let own = Rc::clone(&seen);
    let fate = move |act, path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        own.borrow_mut().push(format!("{act:?} {name}"));
        Outcome::Done
    };
    let ledger = fated(fate, || open(&at, Mode::Write));
    assert_eq!(ledger.size(), 6);
    let place = |what: &str| seen.borrow().iter().position(|one| one == what);
    let written = place("Write checkpoints").unwrap();
    for segment in ["entries-00000000.seg", "blobs-00000000.seg"] {
        for act in ["Write", "Sync"] {
            let before = place(&format!("{act} {segment}"));
            assert!(before.is_some_and(|at| at < written), "{act} {segment}: {seen:?}");
        }
    }
}
