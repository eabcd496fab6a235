//! Proofs of answers: made in a ledger, checked where there is none; nothing of one can be changed
//! or left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/whole.rs"]
mod whole;

use std::collections::BTreeSet;
use std::path::Path;

use blockholder::cli::answer_proof::{Checked, check, prove};
use blockholder::cli::args::Command;
use blockholder::cli::context::Context;
use blockholder::cli::outcome::Failure;
use blockholder::cli::seal;
use blockholder::ledger::answer_proof::AnswerProof;
use blockholder::ledger::chain::Entry;
use blockholder::ledger::event::Event;
use blockholder::ledger::multiproof::prove_many;
use blockholder::ledger::policy::Policy;
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::Log;
use common::*;
use whole::{asked, now, within};

/// A ledger of seven entries: five filings by a reader of another program, so that their bytes,
/// which are no filings, are not read again.
fn ledger(dir: &Path) -> Ledger {
    let mut ledger = Ledger::init(&dir.join("ledger"), ORIGIN, NOW, &new_key()).unwrap();
    for n in 1..=5 {
        let mut filing = filing(n);
        filing.reader = 0;
        filing.reading.event_date = blockholder::terms::span::Field::stated(
            format!("2012-01-{n:02}").parse().unwrap(),
            blockholder::terms::span::Span::new(0, 1),
        );
        ledger.append(NOW, vec![draft_of(filing, received(n))]).unwrap();
    }
    ledger
}

/// The same, with a seal over them or without.
fn ledger_of(dir: &Path, sealed: bool) -> Ledger {
    let mut ledger = ledger(dir);
    if sealed {
        with(|cx| seal::seal(&mut ledger, cx)).unwrap();
    }
    ledger
}

fn with<T>(what: impl FnOnce(&mut Context) -> T) -> T {
    within((false, false), &now, what).0
}

fn proved(ledger: &Ledger, line: &str) -> (Vec<u8>, Checked) {
    let words: Vec<&str> = ["prove"].into_iter().chain(line.split(' ')).collect();
    let Command::Prove(args) = asked(&words).command else { panic!() };
    let issuer = args.issuer.clone().unwrap();
    with(|cx| prove(ledger, &issuer, &args, cx)).unwrap_or_else(|error| panic!("{error:?}"))
}

fn trusted(ledger: &Ledger) -> Policy {
    Policy::of_keys(vec![ledger.key().clone()])
}

fn refusal(bytes: &[u8], policy: &Policy) -> String {
    let (status, message) = status(bytes, policy);
    assert_eq!(status, 1, "{message}");
    message
}

fn status(bytes: &[u8], policy: &Policy) -> (u8, String) {
    match check(bytes, policy) {
        Ok(_) => panic!("it is taken"),
        Err(Failure { message, exit, .. }) => (exit.code(), message),
    }
}

/// The proof with other entries, and with the hashes that lead from them to the root: what whoever
/// has the ledger and not its key can make.
fn of_entries(ledger: &Ledger, proof: &AnswerProof, keep: impl Fn(u64) -> bool) -> AnswerProof {
    let mut other = proof.clone();
    let sequence = |stored: &Vec<u8>| Entry::from_bytes(stored).unwrap().sequence();
    other.entries.retain(|stored| keep(sequence(stored)));
    let kept: Vec<u64> = other.entries.iter().map(sequence).collect();
    let tree = ledger.tree().unwrap();
    other.hashes = prove_many(ledger.size(), &kept, &mut |at| tree.hash(at)).unwrap();
    other
}

#[test]
fn no_byte_can_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = ledger(dir.path());
    with(|cx| seal::seal(&mut ledger, cx)).unwrap();
    let policy = trusted(&ledger);
    for asked in [
        "1318605 --holder 3 --as-of 2012-12-31",
        "1318605 --of history --holder 3 --as-of 2012-12-31",
        "1318605 --of late --as-of 2012-01-03",
    ] {
        let (sound, _) = proved(&ledger, asked);
        no_byte_of(&sound, &policy);
    }
}

fn no_byte_of(sound: &[u8], policy: &Policy) {
    let body = sound.len() - 32;
    let below = sound.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
    // Of another key of the ledger's name, which six characters name, nobody can tell here.
    let signature = format!("\u{2014} {ORIGIN} ");
    let named = sound.windows(signature.len()).position(|at| at == signature.as_bytes());
    let named = named.unwrap() + signature.len();
    let mut untold = 0;
    for offset in 0..sound.len() {
        let mut bytes = sound.to_vec();
        bytes[offset] ^= 1 << (offset % 8);
        refusal(&bytes, policy);
        // Whoever changes the file can make its digest anew. The question above is another then.
        if (below..body).contains(&offset) {
            let digest = blake3::derive_key("blockholder v1 answer proof", &bytes[..body]);
            bytes[body..].copy_from_slice(&digest);
            let (status, said) = status(&bytes, policy);
            let may = (named..named + 6).contains(&offset) && status == 3;
            assert!(status == 1 || may, "byte {offset}: {status} {said}");
            untold += usize::from(may);
        }
    }
    assert!(untold >= 2, "{untold}");
    for len in 0..sound.len() {
        refusal(&sound[..len], policy);
    }
    refusal(&[sound, &[0]].concat(), policy);
}

#[test]
fn nothing_that_bears_on_the_answer_can_be_left_out() {
    for sealed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger_of(dir.path(), sealed);
        let policy = trusted(&ledger);
        for verb in ["history", "group", "chains", "late"] {
            let asked = format!("1318605 --of {verb} --as-of 2012-12-31");
            let (_, checked) = proved(&ledger, &asked);
            assert!(checked.is_complete());
            for left_out in 1..=5 {
                let other = of_entries(&ledger, &checked.proof, |at| at != left_out);
                refusal(&other.to_bytes(), &policy);
                let mut other = other;
                (other.seals, other.tail) = (Vec::new(), ledger.size());
                refusal(&other.to_bytes(), &policy);
            }
            for left_out in 0..checked.proof.blobs.len() {
                let mut other = checked.proof.clone();
                other.blobs.remove(left_out);
                let said = refusal(&other.to_bytes(), &policy);
                assert!(said.contains("received bytes"), "{said}");
            }
        }
        let (_, checked) = proved(&ledger, "1318605 --as-of 2012-12-31");
        assert!(checked.is_complete());
        assert_eq!(checked.proven.sealed, if sealed { 6 } else { 0 });
        for left_out in 1..=5 {
            let other = of_entries(&ledger, &checked.proof, |at| at != left_out);
            let said = refusal(&other.to_bytes(), &policy);
            let expected = match sealed {
                true => "expected every entry that its seals hold under a topic".to_owned(),
                false => format!("expected entry {left_out} in the proof, got none"),
            };
            assert!(said.contains(&expected), "{said}");
        }
        // Without what shows that it is complete, less is an answer too, and it says what it is.
        let mut other = of_entries(&ledger, &checked.proof, |at| at != 4);
        (other.seals, other.tail) = (Vec::new(), ledger.size());
        let said = refusal(&other.to_bytes(), &policy);
        assert!(said.contains("another answer"), "{said}");
        let mut whole = checked.proof.clone();
        (whole.seals, whole.tail) = (Vec::new(), ledger.size());
        let whole = check(&whole.to_bytes(), &policy).unwrap_or_else(|e| panic!("{e:?}"));
        assert!(!whole.is_complete());
    }
}

/// Of somebody who is there nobody can prove that he is not; and of somebody who is not only a
/// proof that is complete.
#[test]
fn that_nobody_is_there_cannot_be_said_of_somebody() {
    const ALONE: &str = "that nobody is there is shown by a complete one alone";
    for sealed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger_of(dir.path(), sealed);
        let policy = trusted(&ledger);
        for somebody in ["1318605", "1318605 --of late", "Holder_3 --of person"] {
            let (_, checked) = proved(&ledger, somebody);
            let mut other = of_entries(&ledger, &checked.proof, |at| at + 1 == ledger.size());
            other.answer.clear();
            other.blobs.clear();
            let said = refusal(&other.to_bytes(), &policy);
            let expected = match sealed {
                true => "expected every entry that its seals hold under a topic",
                false => "expected entry 0 in the proof, got none",
            };
            assert!(said.contains(expected), "{said}");
            (other.seals, other.tail) = (Vec::new(), ledger.size());
            let said = refusal(&other.to_bytes(), &policy);
            // The last entry, which no proof is without, is a filing about the issuer.
            let about = !sealed && somebody.starts_with("1318605");
            let expected = if about { "its entries make another answer" } else { ALONE };
            assert!(said.contains(expected), "{said}");
        }
        for nobody in ["1318606", "1318606 --of chains", "tax:77 --of person"] {
            let (bytes, checked) = proved(&ledger, nobody);
            assert!(!checked.is_found() && checked.is_complete());
            no_byte_of(&bytes, &policy);
            let mut other = checked.proof;
            (other.seals, other.tail) = (Vec::new(), ledger.size());
            let said = refusal(&other.to_bytes(), &policy);
            assert!(said.contains(ALONE), "{said}");
        }
    }
}

#[test]
fn seals_that_do_not_hold_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = ledger(dir.path());
    with(|cx| seal::seal(&mut ledger, cx)).unwrap();
    let policy = trusted(&ledger);
    let (_, checked) = proved(&ledger, "1318605 --as-of 2012-12-31");
    let proof = &checked.proof;
    assert_eq!(proof.seals.len(), 1);
    let leaves = proof.seals[0].1.leaves.len();
    for at in 0..leaves {
        let mut other = proof.clone();
        other.seals[0].1.leaves.remove(at);
        refusal(&other.to_bytes(), &policy);
    }
    let mut other = proof.clone();
    other.seals[0].0 = 3;
    assert!(refusal(&other.to_bytes(), &policy).contains("expected a seal from entry 0"));
    let mut twice = proof.clone();
    twice.seals.push(twice.seals[0].clone());
    assert!(refusal(&twice.to_bytes(), &policy).contains("expected a seal from entry 6"));
}

/// At every size, whatever is sealed by then, the proof says what `holders` says, and is complete.
#[test]
fn every_size_and_every_seal() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    let mut sizes = BTreeSet::new();
    for n in 1..=12 {
        ledger.append(NOW, vec![draft_of(filing_by_another_reader(n), received(n))]).unwrap();
        if [2, 3, 7, 11].contains(&n) {
            with(|cx| seal::seal(&mut ledger, cx)).unwrap();
            let seals = seal::seals(&ledger, ledger.size()).unwrap();
            sizes.insert(seals.len());
            assert_eq!(seals.last().unwrap().1.size, ledger.size() - 1);
        }
    }
    assert_eq!(sizes, BTreeSet::from([1, 2]), "some seals take others in, some go on from them");
    for at in 1..=ledger.size() {
        let opened = matches!(ledger.event(at - 1).unwrap(), Event::LedgerOpened { .. });
        if opened {
            continue;
        }
        let (_, checked) = proved(&ledger, &format!("1318605 --as-of 2012-12-31 --at {at}"));
        assert!(checked.is_complete(), "{at}");
        let line = format!("holders 1318605 --as-of 2012-12-31 --at {at} --json");
        let args = asked(&line.split(' ').collect::<Vec<_>>());
        let Command::Holders(args) = args.command else { panic!() };
        let holders = |cx: &mut Context| blockholder::cli::holders::holders(&ledger, &args, cx);
        let (done, printed) = within((true, false), &now, holders);
        done.unwrap();
        assert_eq!(printed, checked.proof.answer, "{at}");
    }
    drop(ledger);
    open(&at, Mode::Read);
}

fn filing_by_another_reader(n: u64) -> blockholder::ledger::event::FilingRecorded {
    let mut filing = filing(n);
    filing.reader = 0;
    filing
}

/// A proof made by other rules is not called wrong: it cannot be told.
#[test]
fn other_rules_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = ledger(dir.path());
    let (_, checked) = proved(&ledger, "1318605 --as-of 2012-12-31");
    let mut other = checked.proof.clone();
    other.rules += 1;
    other.answer = "{}\n".to_owned();
    let checked = check(&other.to_bytes(), &trusted(&ledger)).unwrap_or_else(|e| panic!("{e:?}"));
    assert!(checked.told.is_none());
}

/// Received bytes that do not read as recorded refuse a proof that names this program's reader.
#[test]
fn readings_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("ledger");
    let mut ledger = Ledger::init(&at, ORIGIN, NOW, &new_key()).unwrap();
    let mut false_reading = filing(1);
    false_reading.reader = blockholder::reading::read::READER_VERSION;
    ledger.append(NOW, vec![draft_of(false_reading, received(1))]).unwrap();
    let words = ["prove", "1318605", "--as-of", "2030-01-01"];
    let Command::Prove(args) = asked(&words).command else { panic!() };
    let refused = with(|cx| prove(&ledger, "1318605", &args, cx));
    let said = refused.err().unwrap().message;
    assert!(said.contains("do not read as it says"), "{said}");
}
