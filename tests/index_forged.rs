//! An index that says otherwise than what is signed for, by someone who can write to it and has no
//! key: nothing of it is an answer (spec, section 11.4).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use blockholder::cli::keep;
use blockholder::ledger::chain::{Entry, Head};
use blockholder::ledger::event::{Because, Event};
use blockholder::ledger::key::{KeyKind, SigningKey};
use blockholder::store::audit::{Scope, audit_within};
use blockholder::store::audit_kept::Projector;
use blockholder::store::batch::Facts;
use blockholder::store::found::{Rows, Table, topic_key};
use blockholder::store::index::Index;
use blockholder::store::ledger::{Ledger, Mode, NewKey};
use blockholder::store::log::{Draft, Log};
use blockholder::store::packed::Change;
use blockholder::store::recover::{Sources, recover};
use blockholder::store::sled::Sled;
use blockholder::terms::id::Cik;
use blockholder::terms::span::{Field, Span};
use blockholder::terms::topic::Topic;
use blockholder::view::projection::PROJECTION;
use common::*;

/// The filing of number 2, which entry 2 records, with another number of shares.
fn forged() -> Event {
    let mut filing = filing(2);
    let aggregate = Field::stated("2000000".parse().unwrap(), Span::new(20, 24));
    filing.reading.holders[0].aggregate = aggregate;
    event(filing)
}

/// Entry 2, that links and says something else.
fn forged_entry(at: &Path) -> Entry {
    let ledger = open(at, Mode::Read);
    let before = ledger.entry(1).unwrap();
    let recorded_at = ledger.entry(2).unwrap().envelope.recorded_at;
    ledger.close().unwrap();
    let head = Head { size: 2, hash: before.hash(), recorded_at: before.head().recorded_at };
    Entry::link(&head, recorded_at, &forged()).unwrap()
}

/// The rows of the table that are made of the filing of number 2.
fn rows_of(at: &Path, table: Table) -> Vec<Vec<u8>> {
    let ledger = open(at, Mode::Read);
    let entry = ledger.entry(2).unwrap();
    let rows = Rows::of(&entry, &Facts::of(2, &entry.open().unwrap())).rows;
    ledger.close().unwrap();
    rows.into_iter().map(|(key, _)| key).filter(|key| key[0] == table as u8).collect()
}

type Changes = Vec<(Vec<u8>, Change)>;
type Way = fn(&Path) -> Changes;

/// What somebody could change, so that every leaf and every count fits.
const WAYS: [(&str, Way); 4] = [
    ("another entry", |at| {
        let entry = forged_entry(at);
        let mut rows = Rows::of(&entry, &Facts::of(2, &forged())).rows;
        let entries = Table::Entries as u8;
        rows.retain(|(key, change)| key[0] == entries && matches!(change, Change::Put(_)));
        rows
    }),
    ("a filing left out", |at| {
        let ledger = open(at, Mode::Read);
        let topics = Facts::of(2, &ledger.event(2).unwrap()).topics;
        let count = |topic: &Topic| ledger.postings(topic).unwrap().len() as u64;
        let less = topics.iter().map(|topic| Change::Put((count(topic) - 1).to_be_bytes().into()));
        let less: Vec<Change> = less.collect();
        ledger.close().unwrap();
        let (rows, counts) = (rows_of(at, Table::Issuers), rows_of(at, Table::Counts));
        assert_eq!((rows.len(), counts.len()), (less.len(), less.len()));
        let rows = rows.into_iter().map(|key| (key, Change::Remove));
        rows.chain(counts.into_iter().zip(less)).collect()
    }),
    ("an accession number", |at| {
        let keys = rows_of(at, Table::Accessions).into_iter();
        keys.map(|key| (key, Change::Remove)).collect()
    }),
    ("the place of the bytes", |_| {
        vec![(Table::Blobs.key(&content(&received(2)).0), Change::Remove)]
    }),
];

/// Makes changes to the index alone, which is at rest and whole with them.
fn forge(at: &Path, rows: Changes) {
    let mut index = Index::open(&at.join("index")).unwrap();
    let meta = index.meta().unwrap();
    index.apply([Rows { sequence: 0, rows }], &[], &meta).unwrap();
    index.rest().unwrap();
}

/// The same, but what stands for the leaves is left as it was signed for.
fn forge_leaves(at: &Path, rows: Changes) {
    let beside = at.join("beside");
    fs::create_dir(&beside).unwrap();
    copy(&at.join("index"), &beside.join("index"));
    forge(&beside, rows);
    {
        let own = Sled::open(&at.join("index")).unwrap();
        let meta = own.meta().unwrap().unwrap();
        let theirs = Sled::open(&beside.join("index")).unwrap();
        let (mut leaves, mut changed) = (theirs.leaves().unwrap(), Vec::new());
        while let Some((key, leaf)) = leaves.next_leaf().unwrap() {
            changed.push((key.to_vec(), leaf.to_vec()));
        }
        own.write(&changed, &[], &meta).unwrap();
        own.sync().unwrap();
    }
    fs::remove_dir_all(beside).unwrap();
}

fn notices(ledger: &Ledger) -> Vec<String> {
    ledger.take_notices().iter().map(ToString::to_string).collect()
}

/// All that can be asked of a ledger about the filing of number 2.
fn asked(ledger: &Ledger) -> String {
    let event = ledger.event(2).unwrap();
    let range = ledger.range(0..ledger.size()).unwrap().nth(2).unwrap().unwrap();
    let found = (ledger.by_accession(accession(2)), ledger.by_content(content(&received(2))));
    let mut under = Vec::new();
    for topic in Facts::of(2, &forged()).topics {
        under.push(ledger.postings(&topic).unwrap());
    }
    let topics = ledger.topics().unwrap().len();
    let bytes = ledger.blob(content(&received(2))).ok();
    format!("{event:?} {range:?} {found:?} {under:?} {topics} {bytes:?}")
}

/// Hides the secret key while something is done.
fn without_key<T>(at: &Path, act: impl FnOnce() -> T) -> T {
    let secret = fs::read(at.join("key")).unwrap();
    fs::remove_file(at.join("key")).unwrap();
    let done = act();
    write_secret(&at.join("key"), secret);
    done
}

#[test]
fn what_nobody_signed_for_is_never_an_answer_where_the_key_is_at_hand() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let sound = asked(&open(&at, Mode::Read));
    for (what, way) in WAYS {
        for mode in [Mode::Read, Mode::Write] {
            let changes = way(&at);
            forge(&at, changes.clone());
            assert!(!faults(&at, dir.path()).is_empty(), "{what}");
            let ledger = open(&at, mode);
            assert_eq!(asked(&ledger), sound, "{what}");
            let said = notices(&ledger);
            assert!(said.len() == 1 && said[0].contains("not signed for"), "{what}: {said:?}");
            ledger.close().unwrap();
            forge_leaves(&at, changes);
            let named = faults(&at, dir.path());
            assert!(named.iter().any(|why| why.contains("another leaf of rows")), "{named:?}");
            let ledger = open(&at, mode);
            assert_eq!(asked(&ledger), sound, "{what}");
            let said = notices(&ledger);
            let stands = "not the one that its digest stands for";
            assert!(said.len() == 1 && said[0].contains(stands), "{what}: {said:?}");
            ledger.close().unwrap();
            assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{what}");
        }
    }
}

/// Without the key nobody can sign for what is made again; what is signed for is asked all the same,
/// and what is not is told of, and no entry of it is believed.
#[test]
fn without_the_key_what_nobody_signed_for_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let sound = asked(&open(&at, Mode::Read));
    let unsigned = "nobody signed for the index";
    for (what, way) in WAYS {
        let changes = way(&at);
        without_key(&at, || {
            let ledger = open(&at, Mode::Read);
            assert_eq!((asked(&ledger), notices(&ledger)), (sound.clone(), Vec::new()), "{what}");
            ledger.close().unwrap();
            forge_leaves(&at, changes.clone());
            let ledger = open(&at, Mode::Read);
            assert_eq!(asked(&ledger), sound, "{what}");
            assert_eq!(notices(&ledger).len(), 1, "{what}: made again");
            ledger.close().unwrap();
            let ledger = open(&at, Mode::Read);
            assert_eq!(asked(&ledger), sound, "{what}");
            let said = notices(&ledger);
            assert!(said.len() == 1 && said[0].contains(unsigned), "{what}: {said:?}");
            ledger.close().unwrap();
            forge(&at, changes);
            let ledger = open(&at, Mode::Read);
            let said = notices(&ledger);
            assert!(said.len() == 1 && said[0].contains(unsigned), "{what}: {said:?}");
            let same = asked(&ledger) == sound;
            assert_eq!(same, what == "another entry", "{what}");
            let healed = notices(&ledger);
            assert_eq!(healed.len(), usize::from(same), "{what}: {healed:?}");
            ledger.close().unwrap();
        });
        assert_eq!(faults(&at, dir.path()).is_empty(), what == "another entry", "{what}");
        let ledger = open(&at, Mode::Write);
        assert_eq!((asked(&ledger), notices(&ledger).len()), (sound.clone(), 1), "{what}");
        ledger.close().unwrap();
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{what}");
    }
}

/// What a signature of the index is of, for one who has a key (spec, section 11.2).
fn sign_by(at: &Path, key: &SigningKey, change: impl FnOnce(&mut Vec<u8>)) {
    const SIGNATURE: Range<usize> = 109..173;
    let sled = Sled::open(&at.join("index")).unwrap();
    let mut row = sled.meta().unwrap().unwrap().to_vec();
    change(&mut row);
    let rest = [&row[..SIGNATURE.start], &row[SIGNATURE.end..]].concat();
    let digest = blake3::hash(&rest);
    let said = [format!("blockholder/v1 index\n{ORIGIN}\n").as_bytes(), digest.as_bytes()].concat();
    row[SIGNATURE].copy_from_slice(&key.sign(&said));
    sled.write(&[], &[], &row).unwrap();
    sled.sync().unwrap();
    fs::write(at.join("index/at-rest"), row).unwrap();
}

/// Puts an index that was kept elsewhere in the ledger's place for it.
fn put_back(at: &Path, old: &Path) {
    fs::remove_dir_all(at.join("index")).unwrap();
    copy(old, &at.join("index"));
}

fn rotated(at: &Path) {
    let mut ledger = open(at, Mode::Write);
    let new = NewKey { seed: [9; 32], file: None };
    let because = Because { reason: "x".to_owned(), who: "me".to_owned() };
    ledger.rotate(NOW, &new, because).unwrap();
    ledger.close().unwrap();
}

/// The key in force is found only once a rotation is proven again: it signs for nothing that was
/// not signed for before.
#[test]
fn a_key_that_comes_late_signs_for_nothing_that_was_there() {
    let dir = tempfile::tempdir().unwrap();
    for (mode, name) in [(Mode::Read, "read"), (Mode::Write, "write")] {
        fs::create_dir(dir.path().join(name)).unwrap();
        let at = small_ledger(&dir.path().join(name));
        rotated(&at);
        let sound = asked(&open(&at, Mode::Read));
        let changes = WAYS[1].1(&at);
        forge(&at, changes);
        fs::remove_file(at.join("rotations")).unwrap();
        let ledger = open(&at, mode);
        assert_eq!(asked(&ledger), sound);
        assert!(notices(&ledger).iter().any(|said| said.contains("it is not signed for")));
        ledger.close().unwrap();
        let ledger = open(&at, Mode::Read);
        assert_eq!((asked(&ledger), notices(&ledger)), (sound, Vec::new()));
        ledger.close().unwrap();
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new());
    }
}

/// Whoever has a key that signs no more signs for no index, of no size.
#[test]
fn a_retired_key_vouches_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let (old, secret) = (dir.path().join("old"), fs::read_to_string(at.join("key")).unwrap());
    copy(&at.join("index"), &old);
    let changes = WAYS[1].1(&at);
    rotated(&at);
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, vec![draft(20)]).unwrap();
    let sound = asked(&ledger);
    ledger.close().unwrap();
    put_back(&at, &old);
    forge(&at, changes);
    sign_by(&at, &SigningKey::parse(secret.trim_end()).unwrap(), |_| {});
    let ledger = open(&at, Mode::Read);
    assert_eq!(asked(&ledger), sound);
    let said = notices(&ledger);
    assert!(said.len() == 1 && said[0].contains("by the ledger's key"), "{said:?}");
}

/// What was on its way is held against the journal when that is followed past it.
#[test]
fn what_was_on_its_way_must_be_of_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let old = dir.path().join("old");
    copy(&at.join("index"), &old);
    let key = SigningKey::parse(fs::read_to_string(at.join("key")).unwrap().trim_end()).unwrap();
    let mut ledger = open(&at, Mode::Write);
    let mut heads = Vec::new();
    for n in 20..24 {
        ledger.append(NOW, vec![draft(n)]).unwrap();
        heads.push(ledger.head());
    }
    let sound = asked(&ledger);
    ledger.close().unwrap();
    for (other, again) in [(0, "brought up"), (1, "does not lead")] {
        put_back(&at, &old);
        sign_by(&at, &key, |row| {
            let mut to = row[4..76].to_vec();
            to[..8].copy_from_slice(&heads[1].size.to_be_bytes());
            to[8..40].copy_from_slice(&heads[1].hash.0);
            to[8] ^= other;
            to[40..48].copy_from_slice(&heads[1].recorded_at.0.to_be_bytes());
            row.extend(to);
            // Nothing of it was put in yet.
            row.extend([0, 1, 0]);
        });
        let ledger = open(&at, Mode::Read);
        assert_eq!(asked(&ledger), sound);
        let said = notices(&ledger);
        assert!(said.len() == 1 && said[0].contains(again), "{said:?}");
        ledger.close().unwrap();
    }
}

/// A ledger that may only be read is not answered from an index that nobody vouches for, nor from
/// one that has less than the journal.
#[test]
fn an_unsound_ledger_is_not_answered_from_what_nobody_signed_for() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let old = dir.path().join("old");
    copy(&at.join("index"), &old);
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, vec![draft(20)]).unwrap();
    let sound = asked(&ledger);
    ledger.close().unwrap();
    let hashes = fs::read(at.join("tree")).unwrap();
    let ask = || {
        fs::write(at.join("tree"), [hashes.as_slice(), &[7; 64]].concat()).unwrap();
        let ledger = open(&at, Mode::Read);
        assert!(ledger.unsound().is_some());
        let answer = asked(&ledger);
        ledger.close().unwrap();
        fs::write(at.join("tree"), &hashes).unwrap();
        answer
    };
    for (what, way) in WAYS {
        let changes = way(&at);
        forge(&at, changes);
        assert_eq!(ask(), sound, "{what}");
        open(&at, Mode::Write).close().unwrap();
    }
    put_back(&at, &old);
    assert_eq!(ask(), sound, "an older one");
}

/// What an index says that nobody signed for is no reason to say that the ledger once had more.
#[test]
fn recovery_takes_no_word_of_an_index_that_nobody_signed_for() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let stranger = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[5; 32]).unwrap();
    sign_by(&at, &stranger, |row| {
        let mut to = row[4..76].to_vec();
        to[..8].copy_from_slice(&u64::MAX.to_be_bytes());
        row.extend(to);
        row.extend([0, 1, 7]);
    });
    let done = recover(&at, &Sources::default(), &options(Mode::Write)).unwrap();
    assert_eq!(done.had, None);
}

/// A hash inside the tree's file that is another: whatever rests on it is answered all the same, and
/// the file is put right from the journal.
#[test]
fn a_hash_of_the_tree_that_is_another_is_put_right_when_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Read);
    let sound: Vec<Event> = (0..ledger.size()).map(|n| ledger.event(n).unwrap()).collect();
    ledger.close().unwrap();
    let hashes = fs::read(at.join("tree")).unwrap();
    let mut told = 0;
    for slot in 0..hashes.len() / 32 {
        let mut other = hashes.clone();
        other[slot * 32] ^= 1;
        fs::write(at.join("tree"), &other).unwrap();
        let ledger = open(&at, Mode::Read);
        for (event, sequence) in sound.iter().zip(0..) {
            assert_eq!(&ledger.event(sequence).unwrap(), event, "hash {slot}");
        }
        told += notices(&ledger).len();
        ledger.close().unwrap();
        assert_eq!(fs::read(at.join("tree")).unwrap(), hashes, "hash {slot}");
    }
    assert_eq!(told, hashes.len() / 32, "each is needed by some entry, and told once");
}

/// Asks for what is kept of the issuer of all filings, as `holders` does.
fn kept(ledger: &Ledger) -> Option<Vec<u8>> {
    let reach = ledger.reach(PROJECTION).unwrap();
    let current = (reach.size, reach.head) == (ledger.size(), ledger.head().hash);
    current.then(|| ledger.kept(PROJECTION, &issuer()).unwrap()).flatten()
}

fn issuer() -> Vec<u8> {
    [b"i".as_slice(), &1_318_605_u64.to_be_bytes()].concat()
}

fn faults(at: &Path, dir: &Path) -> Vec<String> {
    let projector = Some(Projector { version: PROJECTION, differences: None });
    let scope = Scope { projector, ..Scope::default() };
    let report = audit_within(at, dir, &options(Mode::Read), &scope).unwrap();
    report.faults.into_iter().map(|fault| fault.message).collect()
}

/// What is kept for answers, changed by someone without the key: with the key at hand it is made
/// again, and without it nothing of it is an answer.
#[test]
fn what_is_kept_and_not_signed_for_is_never_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let at = small_ledger(dir.path());
    let ledger = open(&at, Mode::Write);
    keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
    let sound = kept(&ledger).unwrap();
    ledger.close().unwrap();
    let other = [sound.as_slice(), b"!"].concat();
    for bytes in [Some(other.as_slice()), None] {
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new());
        let held = without_key(&at, || kept(&open(&at, Mode::Read)));
        assert!(held == Some(sound.clone()), "signed for, and no key is needed to tell");
        let mut index = Index::open(&at.join("index")).unwrap();
        index.keep(PROJECTION, &issuer(), bytes).unwrap();
        index.rest().unwrap();
        drop(index);
        assert!(without_key(&at, || kept(&open(&at, Mode::Read))).is_none());
        let ledger = open(&at, Mode::Read);
        assert!(kept(&ledger).is_none());
        let said = notices(&ledger);
        assert!(said.len() == 1 && said[0].contains("not signed for"), "{said:?}");
        ledger.close().unwrap();
        let ledger = open(&at, Mode::Write);
        keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
        assert!(kept(&ledger) == Some(sound.clone()));
        ledger.close().unwrap();
    }
}

/// Makes the leaf of rows that has a key another, as damage would; what stands for it stays.
fn spoil(at: &Path, key: &[u8]) {
    let sled = Sled::open(&at.join("index")).unwrap();
    let meta = sled.meta().unwrap().unwrap();
    let (key, leaf) = sled.leaf_before(key).unwrap().unwrap();
    let mut other = leaf.to_vec();
    *other.last_mut().unwrap() ^= 1;
    sled.write(&[(key.to_vec(), other)], &[], &meta).unwrap();
    sled.sync().unwrap();
}

/// A ledger of so many filings that each table has leaves of its own, of three issuers in turn.
fn of_three(dir: &Path) -> PathBuf {
    let at = dir.join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    ledger.append(NOW, (1..=300).map(of_one).collect()).unwrap();
    keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
    ledger.close().unwrap();
    at
}

/// A filing about the issuer of three whose turn it is.
fn of_one(n: u64) -> Draft {
    let mut filing = filing(n);
    filing.reading.issuer.cik = Field::stated(cik(n), Span::new(11, 18));
    let cusip = ["88160R101", "037833100", "594918104"][n as usize % 3].parse().unwrap();
    filing.reading.cusips = vec![Field::stated(cusip, Span::new(40, 49))];
    draft_of(filing, received(n))
}

fn cik(n: u64) -> Cik {
    (101 + n % 3).to_string().parse().unwrap()
}

/// A leaf that is another, and that nobody asks for before rows are to go into it: the index is
/// made again, whoever has it take them in.
#[test]
fn a_leaf_that_is_another_is_made_again_where_rows_go_into_it() {
    let stands = "not the one that its digest stands for";
    for when in ["appended", "closed", "opened"] {
        let dir = tempfile::tempdir().unwrap();
        let at = of_three(dir.path());
        let under = topic_key(&Topic::Cik(cik(301)));
        spoil(&at, &Table::Issuers.key(&[under.as_slice(), &[0xff; 8]].concat()));
        let mut ledger = open(&at, Mode::Write);
        ledger.set_lag(if when == "appended" { 0 } else { usize::MAX });
        ledger.append(NOW, vec![of_one(301)]).unwrap();
        let said = match when {
            "appended" => {
                let said = notices(&ledger);
                ledger.close().unwrap();
                said
            }
            "closed" => {
                assert_eq!(notices(&ledger), Vec::<String>::new(), "nobody asked for it");
                ledger.close().unwrap().iter().map(ToString::to_string).collect()
            }
            _ => {
                drop(ledger);
                notices(&open(&at, Mode::Read))
            }
        };
        assert!(said.len() == 1 && said[0].contains(stands), "{when}: {said:?}");
        let ledger = open(&at, Mode::Read);
        let about = ledger.postings(&Topic::Cik(cik(301))).unwrap();
        assert_eq!((about.len(), notices(&ledger)), (101, Vec::new()), "{when}");
        ledger.close().unwrap();
        assert_eq!(faults(&at, dir.path()), Vec::<String>::new(), "{when}");
    }
}

/// What was kept for answers is gone with an index that is made again while more is kept: all of it
/// is kept once more.
#[test]
fn an_index_that_is_made_again_while_answers_are_kept_has_them_all() {
    let dir = tempfile::tempdir().unwrap();
    let at = of_three(dir.path());
    let name = |n: u64| [b"i".as_slice(), &u64::from(cik(n)).to_be_bytes()].concat();
    let last = name(302);
    let row = [&PROJECTION.to_be_bytes()[..], &[0, last.len() as u8], &last, &[0, 0]].concat();
    spoil(&at, &Table::Kept.key(&row));
    let mut ledger = open(&at, Mode::Write);
    ledger.append(NOW, (301..304).map(of_one).collect()).unwrap();
    keep::follow(&ledger, &mut |_, _| Ok(())).unwrap();
    let said = notices(&ledger);
    assert!(said.len() == 1 && said[0].contains("digest stands for"), "{said:?}");
    assert_eq!(ledger.reach(PROJECTION).unwrap().size, ledger.size());
    for n in 301..304 {
        assert!(ledger.kept(PROJECTION, &name(n)).unwrap().is_some(), "issuer {}", cik(n));
    }
    ledger.close().unwrap();
    assert_eq!(faults(&at, dir.path()), Vec::<String>::new());
}
