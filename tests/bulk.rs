//! Many filings at once: every container gives the same ledger, in order, and what was interrupted
//! goes on where it was.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/packed.rs"]
mod packed;

use std::fs;
use std::io::{Cursor, Read};

use blockholder::cli::outcome::Exit;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::Log;
use common::*;
use packed::*;
use rawzip::CompressionMethod;

/// More than one batch of entries would not fit a test; more than the readers hold at once does.
const MANY: u64 = 40;

fn expected(count: u64) -> Vec<String> {
    (1..=count).map(|n| format!("0009999999-07-{n:06}")).collect()
}

#[test]
fn every_container_gives_the_same_ledger() {
    let (dir, all) = (tempfile::tempdir().unwrap(), submissions(MANY));
    let tar_gz = gzip(&tar(&all));
    let halves = [&all[..20], &all[20..]].map(|half| tar(&half.to_vec()));
    let nested = vec![("day/feed.tar.gz".to_owned(), tar_gz.clone())];
    let each_gz = all.iter().map(|(name, bytes)| (format!("{name}.gz"), gzip(bytes))).collect();
    for (name, bytes) in [
        ("feed.tar", tar(&all)),
        ("feed.tar.gz", tar_gz.clone()),
        ("feed.zip", zip(&all, CompressionMethod::DEFLATE)),
        ("stored.zip", zip(&all, CompressionMethod::STORE)),
        ("joined.tar", halves.concat()),
        ("joined.tar.gz", [gzip(&halves[0]), gzip(&halves[1])].concat()),
        ("nested.zip", zip(&nested, CompressionMethod::STORE)),
        ("each.tar", tar(&each_gz)),
        ("zipped.tar", tar(&vec![("x.zip".to_owned(), zip(&all, CompressionMethod::DEFLATE))])),
    ] {
        let mut log = memory();
        let said = append_file(&mut log, dir.path(), name, &bytes);
        assert_eq!(said.exit, Ok(Exit::Yes), "{name}: {:?}", said.refused());
        assert_eq!(recorded(&log), expected(MANY), "{name}");
        assert_eq!(said.count("recorded"), MANY, "{name}");
        fs::remove_file(dir.path().join(name)).unwrap();

        let mut log = memory();
        let said = run(&mut log, &["-"], &mut Cursor::new(bytes));
        assert_eq!(said.exit, Ok(Exit::Yes), "{name}, streamed: {:?}", said.refused());
        assert_eq!(recorded(&log), expected(MANY), "{name}, streamed");
    }
    for (name, bytes) in &all {
        fs::create_dir_all(dir.path().join("feed")).unwrap();
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let mut log = memory();
    let said = run(&mut log, &[dir.path().to_str().unwrap()], &mut std::io::empty());
    assert_eq!((said.exit, recorded(&log)), (Ok(Exit::Yes), expected(MANY)));
}

#[test]
fn a_filing_from_an_archive_is_the_one_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (mut from_file, mut from_archive) = (memory(), memory());
    append_file(&mut from_file, dir.path(), "0001.nc", &submission(1));
    append_file(&mut from_archive, dir.path(), "feed.tar", &tar(&submissions(1)));
    assert_eq!(from_file.entry(1).unwrap().hash(), from_archive.entry(1).unwrap().hash());
}

#[test]
fn a_feed_of_every_form_is_gone_through() {
    let dir = tempfile::tempdir().unwrap();
    let mut feed = submissions(3);
    feed.insert(1, ("feed/report.nc".to_owned(), annual_report(900)));
    feed.push(("feed/last.nc".to_owned(), annual_report(901)));
    let mut log = memory();
    let said = append_file(&mut log, dir.path(), "20070112.nc.tar.gz", &gzip(&tar(&feed)));
    assert_eq!((said.count("recorded"), said.skipped("other-form")), (3, 2));
    assert_eq!(said.exit, Ok(Exit::Yes), "a feed holds every form");
    // Unpacked it is the same feed.
    let unpacked = dir.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    for (name, bytes) in &feed {
        fs::write(unpacked.join(name.trim_start_matches("feed/")), bytes).unwrap();
    }
    let mut other = memory();
    let said = run(&mut other, &[unpacked.to_str().unwrap()], &mut std::io::empty());
    assert_eq!((said.count("recorded"), said.skipped("other-form")), (3, 2));
    assert_eq!((said.exit, recorded(&other)), (Ok(Exit::Yes), recorded(&log)));
    // By itself, the same is a mistake of whoever names it.
    let said = append_file(&mut log, dir.path(), "report.nc", &annual_report(900));
    assert_eq!((said.skipped("not-schedule-13"), said.exit), (1, Ok(Exit::Trouble)));
    // And a member that says nothing of itself may be a filing that was damaged.
    let letter = vec![("letter.txt".to_owned(), b"Dear Sir,\nit is enclosed.\n".to_vec())];
    let said = append_file(&mut log, dir.path(), "letters.tar", &tar(&letter));
    assert_eq!((said.skipped("not-schedule-13"), said.exit), (1, Ok(Exit::Trouble)));
}

/// Gives the bytes up to a point, and then fails as a disk does.
struct FailsAfter {
    bytes: Cursor<Vec<u8>>,
}

impl Read for FailsAfter {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.bytes.read(buffer)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn what_was_interrupted_goes_on_where_it_was() {
    let bytes = tar(&submissions(MANY));
    for part in 1..8 {
        let mut log = memory();
        let mut cut = bytes.clone();
        cut.truncate(bytes.len() * part / 8);
        let said = run(&mut log, &["-"], &mut FailsAfter { bytes: Cursor::new(cut) });
        assert_eq!(said.exit, Ok(Exit::Trouble));
        let refused = said.refused();
        assert!(refused.last().unwrap().1.contains("the disk is gone"), "{refused:?}");
        let before = recorded(&log);
        assert_eq!(before, expected(before.len() as u64), "part {part}: no gap");
        assert!(before.len() >= 4 * part, "part {part}: what came was recorded");
        let said = run(&mut log, &["-"], &mut Cursor::new(bytes.clone()));
        assert_eq!(said.exit, Ok(Exit::Yes), "{:?}", said.refused());
        assert_eq!(recorded(&log), expected(MANY), "part {part}: none twice");
        assert_eq!(said.count("exists") as usize, before.len());
        assert_eq!(said.count("recorded") + said.count("exists"), MANY);
    }
}

#[test]
fn what_exists_is_told_as_a_reading_would_tell_it() {
    let mut log = memory();
    let bytes = tar(&submissions(2));
    let first = run(&mut log, &["-"], &mut Cursor::new(bytes.clone()));
    let again = run(&mut log, &["-"], &mut Cursor::new(bytes));
    for (first, again) in first.each.iter().zip(&again.each) {
        assert_eq!((&first["outcome"], &again["outcome"]), (&"recorded".into(), &"exists".into()));
        for key in ["file", "accession", "entry", "hash", "holders", "troubles"] {
            assert_eq!(first[key], again[key], "{key}");
        }
    }
}

#[test]
fn a_filing_twice_in_one_input_is_recorded_once() {
    let mut twice = submissions(2);
    twice.extend(submissions(2));
    let mut other = String::from_utf8(submission(1)).unwrap();
    other.push_str("one line more\n");
    twice.push(("feed/other.nc".to_owned(), other.into_bytes()));
    let mut log = memory();
    let said = run(&mut log, &["-"], &mut Cursor::new(tar(&twice)));
    assert_eq!((said.count("recorded"), said.count("exists")), (2, 2));
    assert_eq!((said.count("conflict"), said.exit), (1, Ok(Exit::Trouble)));
}

#[test]
fn a_manifest_names_members_by_their_own_name() {
    let dir = tempfile::tempdir().unwrap();
    let bare = "SCHEDULE 13G\nUnder the Securities Exchange Act of 1934\n";
    let manifest = dir.path().join("m.tsv");
    fs::write(&manifest, "file\taccession\tform\na.txt\t0009999999-12-000007\tSC 13G\n").unwrap();
    let mut log = memory();
    let bytes = tar(&vec![("x/y/a.txt".to_owned(), bare.as_bytes().to_vec())]);
    let words = ["-", "--manifest", manifest.to_str().unwrap()];
    let said = run(&mut log, &words, &mut Cursor::new(bytes.clone()));
    assert_eq!(said.count("recorded"), 1, "{:?}", said.refused());
    assert_eq!(recorded(&log), ["0009999999-12-000007"]);
    // The same bytes under another number are another filing, though the ledger has the bytes.
    fs::write(&manifest, "file\taccession\tform\na.txt\t0009999999-12-000008\tSC 13G\n").unwrap();
    let said = run(&mut log, &words, &mut Cursor::new(bytes));
    assert_eq!(said.count("recorded"), 1, "{:?}", said.refused());
    assert_eq!(recorded(&log), ["0009999999-12-000007", "0009999999-12-000008"]);
}

#[test]
fn by_hand_is_for_one_filing_wherever_the_second_lies() {
    let words = ["-", "--filed", "2007-01-12"];
    let mut log = memory();
    let said = run(&mut log, &words, &mut Cursor::new(tar(&submissions(2))));
    let failure = said.exit.unwrap_err();
    assert!(failure.message.contains("-!/feed/0002.nc"), "{}", failure.message);
    assert_eq!(log.size(), 1, "nothing is recorded");
}

/// A stream that never says that it has ended: a feed that goes on.
struct Endless {
    bytes: Cursor<Vec<u8>>,
    sent: std::sync::mpsc::Receiver<()>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.bytes.read(buffer)? {
            0 => {
                // Until the test has seen what it waits for.
                let _ = self.sent.recv();
                Ok(0)
            }
            read => Ok(read),
        }
    }
}

#[test]
fn what_came_in_a_stream_is_acknowledged_before_the_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    let (done, sent) = std::sync::mpsc::channel();
    let mut bytes = tar(&submissions(3));
    bytes.truncate(bytes.len() - 1024);
    let mut input = Endless { bytes: Cursor::new(bytes), sent };
    let checkpoints = at.join("checkpoints");
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let begun = std::time::Instant::now();
            let lines = || fs::read_to_string(&checkpoints).unwrap_or_default();
            while !lines().contains("\n4\n") && begun.elapsed().as_secs() < 60 {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            let acknowledged = lines().contains("\n4\n");
            done.send(()).unwrap();
            acknowledged
        });
        let said = run(&mut ledger, &["-"], &mut input);
        assert_eq!(said.count("recorded"), 3);
        assert!(watcher.join().unwrap(), "acknowledged while the stream was still open");
    });
    ledger.close().unwrap();
    assert_eq!(open(&at, Mode::Read).size(), 4);
}
