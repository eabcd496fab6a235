//! Another key signs for a ledger: who may follow, who must not, and what a crash leaves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
#[path = "common/exports.rs"]
mod exports;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use blockholder::ledger::checkpoint::Checkpoint;
use blockholder::ledger::event::{Because, Event, KeyRotated};
use blockholder::ledger::key::{KeyKind, SigningKey, VerifierKey};
use blockholder::ledger::merkle::{Edge, Subtree, leaf};
use blockholder::ledger::note::{Note, Signature};
use blockholder::ledger::policy::{Policy, Refused};
use blockholder::ledger::proof::inclusion;
use blockholder::ledger::rotation::{Keys, RotationError, Rotations};
use blockholder::ledger::tlog_proof::TlogProof;
use blockholder::store::audit::{Report, Scope, audit_within};
use blockholder::store::checkpoints;
use blockholder::store::disk::{Disk, Step, SystemDisk};
use blockholder::store::export_audit::Trust;
use blockholder::store::exported::Folder;
use blockholder::store::import::{ImportError, import};
use blockholder::store::ledger::{Ledger, Mode, NewKey, Options};
use blockholder::store::log::{Log, StoreError, Unsound};
use blockholder::store::notice::Notice;
use blockholder::store::recover::{RecoverError, Sources, recover};
use blockholder::store::tamper::drill;
use common::*;
use exports::Held;

fn because() -> Because {
    Because { reason: "a new machine".to_owned(), who: "me".to_owned() }
}

fn seed(n: u8) -> NewKey {
    NewKey { seed: [n; 32], file: None }
}

fn signing(n: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyKind::Log, &[n; 32]).unwrap()
}

fn vkey(n: u8) -> VerifierKey {
    signing(n).public().clone()
}

/// The key of every ledger here, and those after it.
const FIRST: u8 = 7;
const SECOND: u8 = 8;
const THIRD: u8 = 9;

/// A ledger of five entries whose key was changed in entry 5; one filing came after.
fn rotated(dir: &Path) -> PathBuf {
    let at = tiny_ledger(dir);
    let mut ledger = open(&at, Mode::Write);
    ledger.rotate(NOW, &seed(SECOND), because()).unwrap();
    ledger.append(NOW, vec![draft(10)]).unwrap();
    ledger.close().unwrap();
    at
}

fn check_against(at: &Path, against: &[Note]) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    let scope = Scope { against, ..Scope::default() };
    audit_within(at, scratch.path(), &options(Mode::Read), &scope).unwrap()
}

fn faults(at: &Path) -> Vec<String> {
    let said = check_against(at, &[]).faults;
    said.iter().map(|fault| format!("{} {:?}", fault.class, fault.entry)).collect()
}

fn notes(at: &Path) -> Vec<Note> {
    let all = checkpoints::all(&at.join("checkpoints")).unwrap().notes;
    all.iter().map(|note| Note::parse(note).unwrap()).collect()
}

/// Who signed each checkpoint: its size, and the number of the key.
fn signers(at: &Path) -> Vec<(u64, u8)> {
    let by = |note: &Note| {
        let of = |n: &u8| Checkpoint::open(note, [&vkey(*n)]).is_ok();
        let key = [FIRST, SECOND, THIRD].into_iter().find(of).unwrap();
        (Checkpoint::parse(note.text()).unwrap().size, key)
    };
    notes(at).iter().map(by).collect()
}

#[test]
fn the_old_key_signs_the_rotation_and_the_new_one_what_comes_after() {
    let dir = tempfile::tempdir().unwrap();
    let at = rotated(dir.path());
    assert_eq!(signers(&at), [(1, 7), (2, 7), (4, 7), (5, 7), (6, 7), (7, 8)]);
    let format = fs::read_to_string(at.join("FORMAT")).unwrap();
    assert!(format.ends_with(&format!("key {}\n", vkey(FIRST))), "{format}");
    let secret = |name: &str| {
        SigningKey::parse(fs::read_to_string(at.join(name)).unwrap().trim_end()).unwrap()
    };
    assert_eq!(secret("key").public(), &vkey(SECOND));
    let retired = format!("key-{:08x}", vkey(FIRST).id());
    assert_eq!(secret(&retired).public(), &vkey(FIRST));
    assert!(!at.join("key.next").exists());
    assert_eq!(faults(&at), [""; 0]);
    let ledger = open(&at, Mode::Read);
    assert_eq!((ledger.origin(), ledger.key()), (ORIGIN, &vkey(SECOND)));
    let keys: Vec<_> = ledger.keys().all().map(|(key, from, to)| (key.clone(), from, to)).collect();
    assert_eq!(keys, [(vkey(FIRST), 0, Some(6)), (vkey(SECOND), 6, None)]);
    assert!(ledger.take_notices().is_empty());
    // The file is what anybody can follow, from either key, and no byte of it can be changed.
    let bytes = fs::read(at.join("rotations")).unwrap();
    let held = Rotations::parse(&bytes).unwrap();
    assert_eq!(held.follow(&vkey(FIRST)).0, *ledger.keys());
    let (from_second, done) = held.follow(&vkey(SECOND));
    assert!(done.is_ok() && from_second.rotations().count() == 0);
    // Since when the second one signs is for who trusts the first to say, not for the file.
    assert_eq!(from_second, Keys::of(vkey(SECOND)));
    let proven = ledger.keys().from(&vkey(SECOND)).unwrap();
    assert!(proven.sign(7, &vkey(SECOND)) && !proven.sign(6, &vkey(SECOND)));
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1 << (at % 8);
        let followed = Rotations::parse(&other).map(|held| held.follow(&vkey(FIRST)));
        assert!(!followed.is_ok_and(|(keys, done)| done.is_ok() && keys.reach() > 0), "byte {at}");
    }
}

/// The drill on a copy of such a ledger finds every change, those of the proof among them.
#[test]
fn the_drill_finds_every_change_of_a_ledger_whose_key_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    let at = rotated(dir.path());
    let drilled = drill(&open(&at, Mode::Read)).unwrap();
    for row in drilled.rows {
        assert_eq!(row.tried, row.found, "{}", row.what);
    }
}

/// A FORMAT file with one of the later keys fits all that is signed by it, and none of the rest.
#[test]
fn a_format_file_with_a_later_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let at = rotated(dir.path());
    let mut ledger = open(&at, Mode::Write);
    ledger.rotate(NOW, &seed(THIRD), because()).unwrap();
    ledger.append(NOW, vec![draft(20)]).unwrap();
    ledger.close().unwrap();
    let format = fs::read_to_string(at.join("FORMAT")).unwrap();
    let theirs = format.replace(&vkey(FIRST).to_string(), &vkey(THIRD).to_string());
    fs::write(at.join("FORMAT"), theirs).unwrap();
    let refused = |at: &Path, mode| {
        let error = Ledger::open(at, &options(mode)).unwrap_err();
        assert!(matches!(error, StoreError::NotALedger { .. }), "{error}");
        let (first, third) = (vkey(FIRST), vkey(THIRD));
        let says = format!("with the key {third}, which signed only after {first}");
        assert!(error.to_string().ends_with(&says), "{error}");
    };
    for mode in [Mode::Read, Mode::Write] {
        refused(&at, mode);
    }
    // Without the proofs the journal says so.
    let rotations = fs::read(at.join("rotations")).unwrap();
    fs::remove_file(at.join("rotations")).unwrap();
    refused(&at, Mode::Read);
    fs::write(at.join("rotations"), rotations).unwrap();
    fs::write(at.join("FORMAT"), format).unwrap();
    assert_eq!(faults(&at), [""; 0]);
    // A first checkpoint that is damaged is not taken for another key's.
    let sound = fs::read(at.join("checkpoints")).unwrap();
    let len = checkpoints::to_bytes(&notes(&at)[0]).len();
    for offset in 0..len {
        let mut bytes = sound.clone();
        bytes[offset] ^= 1 << (offset % 8);
        fs::write(at.join("checkpoints"), bytes).unwrap();
        assert!(Ledger::open(&at, &options(Mode::Read)).is_ok(), "byte {offset}");
    }
}

/// Two in a row: the first new key signs nothing but the second rotation.
#[test]
fn two_rotations_in_a_row_are_followed() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let mut ledger = open(&at, Mode::Write);
    ledger.rotate(NOW, &seed(SECOND), because()).unwrap();
    ledger.rotate(NOW, &seed(THIRD), because()).unwrap();
    ledger.append(NOW, vec![draft(10)]).unwrap();
    // A key that signed before never signs again.
    for n in [FIRST, SECOND, THIRD] {
        fs::remove_file(at.join("key.next")).unwrap_or(());
        let error = ledger.rotate(NOW, &seed(n), because()).unwrap_err();
        assert!(matches!(error, StoreError::Rotation { sequence: 8, .. }), "{error}");
    }
    fs::remove_file(at.join("key.next")).unwrap();
    ledger.close().unwrap();
    assert_eq!(signers(&at)[4..], [(6, 7), (7, 8), (8, 9)]);
    assert_eq!(faults(&at), [""; 0]);
    let held = Rotations::parse(&fs::read(at.join("rotations")).unwrap()).unwrap();
    for (n, rotations) in [(FIRST, 2), (SECOND, 1), (THIRD, 0)] {
        let (keys, done) = held.follow(&vkey(n));
        assert!(done.is_ok() && keys.current() == &vkey(THIRD), "{n}");
        assert_eq!(keys.rotations().count(), rotations);
    }
    let export = Held::of(&open(&at, Mode::Read));
    for n in [FIRST, SECOND, THIRD] {
        let found = export.audit_with(&Trust { key: Some(vkey(n)), kept: Vec::new(), since: None });
        assert!(found.report.faults.is_empty() && found.vouched, "{n} {:?}", found.report.faults);
    }
}

/// Fails at one step: what was to be written is lost, or kept.
struct Failing {
    step: Step,
    kept: bool,
}

impl Disk for Failing {
    fn write(&mut self, step: Step, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if step != self.step {
            return SystemDisk.write(step, file, bytes);
        }
        let part = if self.kept { bytes } else { &bytes[..bytes.len() / 2] };
        SystemDisk.write(step, file, part)?;
        Err(io::Error::other("no space left"))
    }

    fn sync(&mut self, step: Step, file: &File) -> io::Result<()> {
        if step == self.step { Err(io::Error::other("gone")) } else { SystemDisk.sync(step, file) }
    }
}

/// Opens for writing, appends, and says how it was signed; what the ledger said is given back.
fn goes_on(at: &Path, second: bool) -> Vec<String> {
    let mut ledger = open(at, Mode::Write);
    let said = ledger.take_notices().iter().map(ToString::to_string).collect();
    let size = ledger.size();
    ledger.append(NOW, vec![draft(40)]).unwrap();
    let key = if second { SECOND } else { FIRST };
    assert_eq!(*ledger.key(), vkey(key));
    ledger.close().unwrap();
    assert_eq!(signers(at).last(), Some(&(size + 1, key)));
    assert_eq!(faults(at), [""; 0]);
    said
}

#[test]
fn a_crash_between_any_two_steps_leaves_a_ledger_that_opens_and_says_what_it_did() {
    for step in Step::ALL.into_iter().filter(|step| *step > Step::BlobSync) {
        for kept in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let at = tiny_ledger(dir.path());
            let disk = Box::new(Failing { step, kept });
            let mut ledger = Ledger::open_on(&at, &options(Mode::Write), disk).unwrap();
            assert!(ledger.rotate(NOW, &seed(SECOND), because()).is_err());
            drop(ledger);
            // For reading nothing is signed; for writing the rotation counts once it was written.
            let read = open(&at, Mode::Read).take_notices();
            let written = step > Step::EntryWrite || kept;
            let mut said: Vec<String> = read.iter().map(ToString::to_string).collect();
            said.extend(goes_on(&at, written));
            assert_eq!(written, said.iter().any(|said| said.contains("in force")), "{said:?}");
            assert_eq!(written, at.join("rotations").exists(), "{step:?} {kept}");
            if !written {
                // The key that was made is taken the next time.
                let mut ledger = open(&at, Mode::Write);
                ledger.rotate(NOW, &seed(THIRD), because()).unwrap();
                assert_eq!(*ledger.key(), vkey(SECOND));
            }
        }
    }
}

#[test]
fn a_crash_after_the_signature_is_told_and_the_keys_take_their_places() {
    let retired = format!("key-{:08x}", vkey(FIRST).id());
    for steps in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        let at = tiny_ledger(dir.path());
        let mut ledger = open(&at, Mode::Write);
        ledger.rotate(NOW, &seed(SECOND), because()).unwrap();
        ledger.close().unwrap();
        // 2: only the last rename is missing; 1: both are; 0: the proof is missing too.
        fs::rename(at.join("key"), at.join("key.next")).unwrap();
        if steps < 2 {
            fs::rename(at.join(&retired), at.join("key")).unwrap();
        }
        if steps < 1 {
            fs::remove_file(at.join("rotations")).unwrap();
            let report = check_against(&at, &[]);
            assert!(report.ok(), "{:?}", report.faults);
            let said = report.not_checked.iter().any(|what| what.contains("changes the key"));
            assert!(said, "{:?}", report.not_checked);
        }
        // Who opens for reading leaves the keys alone.
        assert_eq!(*open(&at, Mode::Read).key(), vkey(SECOND));
        assert!(at.join("key.next").exists());
        goes_on(&at, true);
        assert!(at.join(&retired).exists() && !at.join("key.next").exists());
    }
}

/// The proofs are made from the journal and the checkpoints: lost or damaged, they are made again.
#[test]
fn proofs_that_are_lost_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let at = rotated(dir.path());
    let bytes = fs::read(at.join("rotations")).unwrap();
    for damage in [None, Some(40), Some(bytes.len() - 30)] {
        match damage {
            None => fs::remove_file(at.join("rotations")).unwrap(),
            Some(offset) => {
                let mut other = bytes.clone();
                other[offset] ^= 1;
                fs::write(at.join("rotations"), other).unwrap();
            }
        }
        assert!(
            faults(&at).iter().all(|fault| fault.starts_with("signature")),
            "{:?}",
            faults(&at)
        );
        assert!(!faults(&at).is_empty());
        let ledger = open(&at, Mode::Write);
        assert!(ledger.unsound().is_none() && *ledger.key() == vkey(SECOND));
        drop(ledger);
        assert_eq!(fs::read(at.join("rotations")).unwrap(), bytes);
        assert_eq!(faults(&at), [""; 0]);
    }
    // The checkpoint that a rotation rests on is kept twice.
    let mut all = fs::read(at.join("checkpoints")).unwrap();
    let note = checkpoints::to_bytes(&notes(&at)[4]);
    let start = all.windows(note.len()).position(|window| window == note).unwrap();
    let sound = all.clone();
    all[start + note.len() - 10] ^= 1;
    fs::write(at.join("checkpoints"), &all).unwrap();
    assert_eq!(faults(&at), ["signature None"]);
    recover(&at, &Sources::default(), &options(Mode::Write)).unwrap();
    assert_eq!(fs::read(at.join("checkpoints")).unwrap(), sound);
    assert_eq!(faults(&at), [""; 0]);
    // With both gone nobody can tell, and nothing is thrown away.
    fs::write(at.join("checkpoints"), &all).unwrap();
    fs::remove_file(at.join("rotations")).unwrap();
    let opened = Ledger::open(&at, &options(Mode::Write));
    assert!(matches!(opened, Err(StoreError::Unsound(Unsound::Damaged { .. }))));
    let refused = recover(&at, &Sources::default(), &options(Mode::Write)).unwrap_err();
    assert!(matches!(refused, RecoverError::UnknownKey { size: 7 }), "{refused}");
    assert_eq!(fs::read(at.join("checkpoints")).unwrap(), all);
}

#[test]
fn a_rotation_that_is_rolled_back_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let before = tiny_ledger(dir.path());
    let old = dir.path().join("old");
    copy(&before, &old);
    let mut ledger = open(&before, Mode::Write);
    ledger.rotate(NOW, &seed(SECOND), because()).unwrap();
    ledger.append(NOW, vec![draft(10)]).unwrap();
    let kept = [ledger.checkpoint().unwrap()];
    ledger.close().unwrap();
    // All put back but the proofs.
    fs::copy(before.join("rotations"), old.join("rotations")).unwrap();
    let error = Ledger::open(&old, &options(Mode::Write)).unwrap_err();
    assert!(
        matches!(&error, StoreError::Unsound(Unsound::RolledBack { expected: 6, got: 5, .. })),
        "{error}"
    );
    assert_eq!(faults(&old), ["rollback Some(5)"]);
    // All put back: a checkpoint by the new key shows it, though it cannot be followed to.
    fs::remove_file(old.join("rotations")).unwrap();
    assert_eq!(faults(&old), [""; 0]);
    assert_eq!(check_against(&old, &kept).faults.len(), 1);
    assert!(check_against(&before, &kept).ok());
    // The old key signs on by itself: what it signs beyond its time is refused.
    let mut ledger = open(&old, Mode::Write);
    ledger.append(NOW, vec![draft(11), draft(12)]).unwrap();
    let forked = ledger.checkpoint().unwrap();
    ledger.close().unwrap();
    let faults = check_against(&before, std::slice::from_ref(&forked)).faults;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].message.contains("expected 7 entries to be signed by"), "{faults:?}");
    let ledger = open(&before, Mode::Read);
    let refused = ledger.keys().open(&forked).unwrap_err();
    assert!(matches!(refused, Refused::NotInForce { size: 7, .. }), "{refused}");
}

/// The rotation of a ledger of one entry, by a signer, as proofs of it say.
fn proof_of(rotated: KeyRotated, signer: &SigningKey, size: u64) -> Rotations {
    use blockholder::ledger::chain::{Entry, Head};
    let opened = Event::LedgerOpened { origin: ORIGIN.to_owned() };
    let first = Entry::link(&Head::NONE, NOW, &opened).unwrap();
    let entry = Entry::link(&first.head(), NOW, &Event::KeyRotated(rotated)).unwrap();
    let (mut edge, mut grown) = (Edge::default(), Vec::new());
    for bytes in [first.to_bytes(), entry.to_bytes(), b"one more".to_vec()] {
        if edge.size() < size {
            edge.push(leaf(&bytes), &mut grown);
        }
    }
    let note = Checkpoint { origin: ORIGIN.to_owned(), size, root: edge.root() }.sign(signer);
    let mut hash = |subtree: Subtree| grown.get(subtree.slot() as usize).copied().ok_or(());
    let path = inclusion(1, size, &mut hash).unwrap();
    let proof = TlogProof { extra: Some(entry.to_bytes()), index: 1, path, note };
    Rotations::parse(format!("blockholder key-rotations v1\n\n{proof}\n").as_bytes()).unwrap()
}

#[test]
fn only_the_key_in_force_names_the_next_one() {
    let rotation = |old: u8, new: &VerifierKey| KeyRotated {
        old: vkey(old).to_string(),
        new: new.to_string(),
        because: because(),
    };
    let named = |name: &str, kind| {
        SigningKey::from_seed(name, kind, &[SECOND; 32]).unwrap().public().clone()
    };
    let good = rotation(FIRST, &vkey(SECOND));
    assert!(proof_of(good.clone(), &signing(FIRST), 2).follow(&vkey(FIRST)).1.is_ok());
    for (what, rotated, signer, size) in [
        ("signed by a third key", good.clone(), THIRD, 2),
        ("signed by the new key alone", good.clone(), SECOND, 2),
        ("acknowledged by a later checkpoint", good.clone(), FIRST, 3),
        ("to the key itself", rotation(FIRST, &vkey(FIRST)), FIRST, 2),
        ("to a key of another name", rotation(FIRST, &named("other", KeyKind::Log)), FIRST, 2),
        ("to a witness's key", rotation(FIRST, &named(ORIGIN, KeyKind::Witness)), FIRST, 2),
    ] {
        let (keys, done) = proof_of(rotated, &signing(signer), size).follow(&vkey(FIRST));
        assert!(done.is_err(), "{what}");
        assert_eq!(keys, Keys::of(vkey(FIRST)), "{what}");
    }
    // From a third key: nothing leads on from the first, nor is anything said of it.
    let foreign = proof_of(rotation(THIRD, &vkey(SECOND)), &signing(THIRD), 2);
    assert_eq!(foreign.follow(&vkey(FIRST)).0, Keys::of(vkey(FIRST)));
    // A policy that names the first key believes each where it was in force, and not beyond.
    let mut policy = Policy::of_keys(vec![vkey(FIRST)]);
    let rotations = proof_of(good, &signing(FIRST), 2);
    policy.follow(&rotations).unwrap();
    let note = |size, n| {
        Checkpoint { origin: ORIGIN.to_owned(), size, root: leaf(b"any") }.sign(&signing(n))
    };
    for (size, n, holds) in [(1, 7, true), (2, 7, true), (3, 7, false), (2, 8, false), (3, 8, true)]
    {
        assert_eq!(policy.accept(&note(size, n)).is_ok(), holds, "{size} by {n}");
    }
    let stranger = policy.accept(&note(3, THIRD)).unwrap_err();
    assert!(stranger.is_by_another_key(), "{stranger}");
    // A key that they lead to is no witness, whatever the policy calls it.
    let own = SigningKey::from_seed("w", KeyKind::Witness, &[SECOND; 32]).unwrap();
    let text = format!("log {}\nwitness w {}\nquorum w\n", vkey(FIRST), own.public());
    let mut policy = Policy::parse(&text).unwrap();
    let mut cosigned = note(2, FIRST);
    cosigned.add(Signature::by_witness(&own, cosigned.text(), 1));
    assert!(policy.accept(&cosigned).is_ok());
    policy.follow(&rotations).unwrap();
    assert!(matches!(policy.accept(&cosigned), Err(Refused::Quorum { .. })));
}

/// There is one order, and what a stranger puts before the trusted key is passed over, no more.
#[test]
fn proofs_stand_in_their_order_and_nothing_is_made_of_those_that_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let at = rotated(dir.path());
    let mut ledger = open(&at, Mode::Write);
    ledger.rotate(NOW, &seed(THIRD), because()).unwrap();
    ledger.close().unwrap();
    let text = fs::read_to_string(at.join("rotations")).unwrap();
    let parts: Vec<&str> = text.split("c2sp.org/tlog-proof@v1\n").collect();
    let [head, first, second] = parts.as_slice() else { panic!("{} parts", parts.len()) };
    let file = |proofs: &[&str]| {
        let proof = |proof: &&str| format!("c2sp.org/tlog-proof@v1\n{proof}");
        format!("{head}{}", proofs.iter().map(proof).collect::<String>())
    };
    assert_eq!(file(&[first, second]), text);
    for (least, got, proofs) in
        [(8, 5, [second, first]), (6, 5, [first, first]), (8, 7, [second, second])]
    {
        match Rotations::parse(file(&proofs.map(|proof| *proof)).as_bytes()) {
            Err(RotationError::Order { what: _, least: l, got: g }) => {
                assert_eq!((l, g), (least, got));
            }
            other => panic!("{other:?}"),
        }
    }
    // A stranger's own rotation to the first key, in an entry between those that it signed.
    let stranger = SigningKey::from_seed(ORIGIN, KeyKind::Log, &[66; 32]).unwrap();
    let (old, new) = (stranger.public().to_string(), vkey(FIRST).to_string());
    let forged = proof_of(KeyRotated { old, new, because: because() }, &stranger, 2).to_string();
    let forged = forged.split("c2sp.org/tlog-proof@v1\n").nth(1).unwrap();
    let with = Rotations::parse(file(&[forged, first, second]).as_bytes()).unwrap();
    let mut policy = Policy::of_keys(vec![vkey(FIRST)]);
    policy.follow(&with).unwrap();
    for note in notes(&at) {
        assert!(policy.accept(&note).is_ok(), "{note}");
    }
    assert_eq!(with.follow(&vkey(FIRST)).0, *open(&at, Mode::Read).keys());
}

/// A rotation that a third key forges into the files: written well, and signed by nobody in force.
#[test]
fn a_rotation_forged_into_the_ledger_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let key = at.join("key");
    let secret = fs::read(&key).unwrap();
    // A thief without the key puts his own in its place, names it in FORMAT, and goes on.
    let format = fs::read_to_string(at.join("FORMAT")).unwrap();
    fs::write(&key, signing(THIRD).secret_text()).unwrap();
    let error = Ledger::open(&at, &options(Mode::Write)).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
    let theirs = format.replace(&vkey(FIRST).to_string(), &vkey(THIRD).to_string());
    fs::write(at.join("FORMAT"), theirs).unwrap();
    let error = Ledger::open(&at, &options(Mode::Write)).unwrap_err();
    assert!(matches!(error, StoreError::Unsound(Unsound::Damaged { .. })), "{error}");
    fs::write(at.join("FORMAT"), &format).unwrap();
    // He makes the old key's rotation, which it never signed, with proofs that he signs.
    fs::write(&key, &secret).unwrap();
    let mut ledger = open(&at, Mode::Write);
    ledger.rotate(NOW, &seed(THIRD), because()).unwrap();
    ledger.close().unwrap();
    let all = notes(&at);
    let last = Checkpoint::parse(all.last().unwrap().text()).unwrap();
    let forged = last.sign(&signing(THIRD));
    let before = all[..all.len() - 1].iter().flat_map(checkpoints::to_bytes);
    let bytes: Vec<u8> = before.chain(checkpoints::to_bytes(&forged)).collect();
    fs::write(at.join("checkpoints"), bytes).unwrap();
    let rotations = fs::read_to_string(at.join("rotations")).unwrap();
    let right = all.last().unwrap().to_string();
    assert!(rotations.contains(&right));
    fs::write(at.join("rotations"), rotations.replace(&right, &forged.to_string())).unwrap();
    let error = Ledger::open(&at, &options(Mode::Write)).unwrap_err();
    assert!(matches!(error, StoreError::Unsound(Unsound::Damaged { .. })), "{error}");
    let faults = faults(&at);
    assert!(faults.contains(&"signature None".to_owned()), "{faults:?}");
}

#[test]
fn exports_from_before_and_after_are_followed_imported_and_recovered_from() {
    let dir = tempfile::tempdir().unwrap();
    let at = tiny_ledger(dir.path());
    let mut held = Held::of(&open(&at, Mode::Read));
    let mut ledger = open(&at, Mode::Write);
    ledger.rotate(NOW, &seed(SECOND), because()).unwrap();
    let trust = |n: u8| Trust { key: Some(vkey(n)), kept: Vec::new(), since: None };
    // The rotation alone: the new key has signed nothing yet.
    let mut between = held.clone();
    between.export(&ledger).unwrap();
    assert!(between.files["policy"].starts_with(format!("log {}\n", vkey(SECOND)).as_bytes()));
    for (n, vouched) in [(FIRST, true), (SECOND, false)] {
        let found = between.audit_with(&trust(n));
        assert_eq!((found.report.ok(), found.vouched), (true, vouched), "{n}");
    }
    // Without the proof all of it is signed by the old key, and the entry says that it is not all.
    let policy = format!("log {}\nquorum none\n", vkey(FIRST)).into_bytes();
    let lacking = between.without("rotations").with("policy", policy);
    assert_eq!(lacking.faults(), [("signature", Some(5))]);
    ledger.append(NOW, vec![draft(10)]).unwrap();
    ledger.close().unwrap();
    let before = held.clone();
    held.export(&open(&at, Mode::Read)).unwrap();
    let ledger = open(&at, Mode::Read);
    assert!(held == Held::of(&ledger));
    // Interrupted after any file, it is made whole by exporting again.
    for room in 0.. {
        let mut interrupted = Held { room: Some(room), ..before.clone() };
        let done = interrupted.export(&ledger);
        interrupted.room = None;
        interrupted.export(&ledger).unwrap();
        assert!(interrupted == held, "{room}");
        if done.is_ok() {
            assert!(room > 6);
            break;
        }
    }
    drop(ledger);
    for n in [FIRST, SECOND] {
        let found = held.audit_with(&trust(n));
        assert_eq!((found.report.faults.len(), found.vouched), (0, true), "{n}");
    }
    assert!(held.audit().report.ok());
    assert!(!held.audit_with(&trust(THIRD)).report.ok());
    assert!(!before.audit_with(&trust(SECOND)).report.ok());
    // Without the proofs it is not believed, nor with those of others.
    assert!(!held.without("rotations").audit_with(&trust(FIRST)).report.ok());
    assert!(!held.without("rotations").audit().report.ok());
    let mut foreign = before.clone();
    foreign.files.insert("rotations".to_owned(), held.files["rotations"].clone());
    assert!(!foreign.audit().report.ok());
    for name in ["rotations", "policy"] {
        for byte in 0..held.files[name].len() {
            let mut bytes = held.files[name].clone();
            bytes[byte] ^= 1 << (byte % 8);
            assert!(!held.with(name, bytes).audit().report.ok(), "{name} {byte}");
        }
    }

    // A ledger made of it has the first key in FORMAT, and goes on with the last.
    let out = dir.path().join("export");
    held.write_to(&out);
    let made = dir.path().join("made");
    let folder = Folder::new(&out);
    let imported = import(&made, &folder, &trust(FIRST), &options(Mode::Read)).unwrap();
    assert_eq!(*imported.key(), vkey(SECOND));
    drop(imported);
    for name in ["FORMAT", "rotations", "checkpoints"] {
        assert_eq!(fs::read(made.join(name)).unwrap(), fs::read(at.join(name)).unwrap(), "{name}");
    }
    let with = |key: &str| Options { key: Some(at.join(key)), ..options(Mode::Write) };
    let retired = format!("key-{:08x}", vkey(FIRST).id());
    assert!(matches!(Ledger::open(&made, &with(&retired)), Err(StoreError::WrongKey { .. })));
    let mut ledger = Ledger::open(&made, &with("key")).unwrap();
    ledger.append(NOW, vec![draft(20)]).unwrap();
    drop(ledger);
    assert_eq!(faults(&made), [""; 0]);
    let early = dir.path().join("early");
    between.write_to(&early);
    let error =
        import(&dir.path().join("no"), &Folder::new(&early), &trust(SECOND), &options(Mode::Read));
    assert!(matches!(error, Err(ImportError::Unvouched { .. })));

    // A ledger that lost its journal, its checkpoints and its proofs has all of them again.
    let healed = dir.path().join("healed");
    copy(&at, &healed);
    for name in ["journal", "index", "checkpoints", "tree", "rotations"] {
        let path = healed.join(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    let sources = Sources { files: Vec::new(), export: Some(out) };
    recover(&healed, &sources, &options(Mode::Write)).unwrap();
    for name in ["FORMAT", "rotations", "checkpoints"] {
        assert_eq!(
            fs::read(healed.join(name)).unwrap(),
            fs::read(at.join(name)).unwrap(),
            "{name}"
        );
    }
    let ledger = open(&healed, Mode::Write);
    assert!(ledger.take_notices().iter().all(|n| matches!(n, Notice::IndexRebuilt { .. })));
    drop(ledger);
    assert_eq!(faults(&healed), [""; 0]);
}

/// A change of the key goes through the one place that lets the new key sign.
#[test]
fn a_change_of_the_key_is_never_appended_like_other_events() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(&tiny_ledger(dir.path()), Mode::Write);
    let (old, new) = (vkey(FIRST).to_string(), vkey(SECOND).to_string());
    let events = vec![Event::KeyRotated(KeyRotated { old, new, because: because() })];
    let drafts = vec![blockholder::store::log::Draft { events, received: None }];
    assert!(matches!(ledger.append(NOW, drafts), Err(StoreError::Draft(_))));
}
