//! Totals over real filings: what holds of every interval, and two worked out by hand.
//! The filings are found at `../shared/filings`, or where `BLOCKHOLDER_FILINGS` says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use blockholder::ledger::event::{FilingRecorded, Supplied};
use blockholder::reading::read::read;
use blockholder::terms::id::{ContentId, EntryHash};
use blockholder::terms::time::{AsOf, KnownAt, LedgerSize, RecordedAt};
use blockholder::view::fold::fold;
use blockholder::view::group::{Group, groups};
use blockholder::view::question::Question;
use blockholder::view::timeline::{Dossier, Recorded};

/// The folder of real filings; `None` where it is not there: said aloud, and a failure in CI.
fn filings() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/filings");
    let folder = std::env::var_os("BLOCKHOLDER_FILINGS").map_or(beside, PathBuf::from);
    if folder.join("received").is_dir() {
        return Some(folder);
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "expected the real filings in {}, got nothing", folder.display());
    eprintln!("SKIPPED: no real filings in {}", folder.display());
    None
}

fn groups_of(path: &Path) -> Vec<Group> {
    let bytes = fs::read(path).unwrap();
    let filing = FilingRecorded {
        content: ContentId(blake3::hash(&bytes).into()),
        content_len: bytes.len() as u64,
        source: "f".into(),
        reader: 1,
        supplied: Supplied::default(),
        continued: 0,
        reading: read(&bytes),
    };
    let recorded =
        Recorded { entry: 1, hash: EntryHash([1; 32]), recorded_at: RecordedAt(1), filing };
    let dossier = Dossier::new(vec![recorded], Vec::new());
    let day = "2100-01-01".parse().unwrap();
    let known_at = KnownAt("2100-01-01T00:00:00Z".parse().unwrap());
    let question = Question { as_of: AsOf(day), known_at, at: LedgerSize(2) };
    fold(&dossier, &question).classes.iter().flat_map(groups).collect()
}

#[test]
fn the_funds_own_rows_make_one_share_more_than_is_stated() {
    let Some(folder) = filings() else { return };
    let groups = groups_of(&folder.join("received/liquidmetal-13da-2008.txt"));
    let total = groups[0].total.as_ref().unwrap();
    assert_eq!(total.rule.as_str(), "via");
    assert_eq!(total.total.unwrap().to_string(), "3731324");
    assert_eq!(
        (total.lower.to_string().as_str(), total.upper.unwrap().to_string().as_str()),
        ("3731323", "3731324")
    );
    assert_eq!(total.stated.iter().map(ToString::to_string).collect::<Vec<_>>(), ["3731323"]);
    assert!(
        total.why.iter().any(|why| why.contains("Nelson Obus states 3731323")),
        "{:?}",
        total.why
    );
}

#[test]
fn a_parent_and_its_three_children_are_told_from_the_real_rows() {
    let Some(folder) = filings() else { return };
    let groups = groups_of(&folder.join("received/sc13d-qxo.xml"));
    let total = groups[0].total.as_ref().unwrap();
    assert_eq!(total.rule.as_str(), "parent-sums-children");
    assert_eq!(total.total.unwrap().to_string(), "32671542");
}

/// Every real filing, one by one and in bulk.
fn every_filing(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: PathBuf| fs::read_dir(folder).ok();
    let folders = [folder.join("received"), folder.join("bulk-2026-01/received")];
    let entries = folders.into_iter().filter_map(list).flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// What Item 5(a) states lies within the rows of the filing itself, and the group's interval holds
/// it: on every real filing that states one. A filing that contradicts itself says so instead.
#[test]
fn every_interval_holds_the_total_that_item_5_a_states() {
    let Some(folder) = filings() else { return };
    let (mut stated, mut held) = (Vec::new(), 0);
    for path in every_filing(&folder) {
        let reading = read(&fs::read(&path).unwrap());
        let Some(says) = reading.item_5.amount.value() else { continue };
        stated.push(path.file_name().unwrap().to_string_lossy().into_owned());
        let outside = reading.troubles.iter().any(|t| t.message.starts_with("Item 5(a) states"));
        assert!(!outside, "{}: {:?}", path.display(), reading.troubles);
        for total in groups_of(&path).into_iter().filter_map(|group| group.total) {
            held += 1;
            let upper = total.upper.map(|upper| upper.decimal());
            assert!(!total.contradicted, "{}: {total:?}", path.display());
            assert!(total.lower.decimal() <= says.decimal(), "{}: {total:?}", path.display());
            assert!(
                upper.is_none_or(|upper| says.decimal() <= upper),
                "{}: {total:?}",
                path.display()
            );
            assert!(total.why.iter().any(|why| why.contains("item 5(a) stated")), "{total:?}");
        }
    }
    eprintln!("{} filings state a total, {held} of them jointly: {stated:?}", stated.len());
    assert!(stated.len() >= 3 && held >= 1, "{stated:?}");
}

/// An interval holds every row of its group, and what its own rule makes of them.
#[test]
fn every_interval_holds_its_rows_and_its_total() {
    let Some(folder) = filings() else { return };
    let mut seen = 0;
    for entry in fs::read_dir(folder.join("received")).unwrap() {
        let path = entry.unwrap().path();
        for total in groups_of(&path).into_iter().filter_map(|group| group.total) {
            seen += 1;
            let lower = total.lower.decimal();
            let upper = total.upper.map(|upper| upper.decimal());
            assert!(upper.is_none_or(|upper| lower <= upper), "{}: {total:?}", path.display());
            if let Some(sum) = total.total {
                assert!(lower <= sum.decimal() && upper.is_none_or(|upper| sum.decimal() <= upper));
            }
        }
    }
    assert!(seen >= 10, "only {seen} groups were seen");
}
