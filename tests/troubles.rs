//! Keeps docs/troubles.md true: every code is listed once, in no other place, and every example
//! gives its own code and no other.
#![allow(clippy::unwrap_used, clippy::panic)]

use blockholder::reading::read::read;
use blockholder::terms::trouble::TroubleCode;

const PAGE: &str = include_str!("../docs/troubles.md");

/// Codes whose examples the page cannot have: one is too long to print.
const WITHOUT_EXAMPLE: [TroubleCode; 5] = [
    TroubleCode::LimitReached,
    TroubleCode::RowMissing,
    TroubleCode::RowMisnumbered,
    TroubleCode::PartsSum,
    TroubleCode::ViaSum,
];

/// The section of a code: from its heading to the next.
fn section(code: TroubleCode) -> &'static str {
    let heading = format!("\n### `{code}`\n");
    let (_, after) = PAGE.split_once(&heading).unwrap_or_else(|| panic!("{code} is not listed"));
    assert!(!after.contains(&heading), "{code} is listed twice");
    after.split("\n##").next().unwrap()
}

fn fenced(text: &'static str, kind: &str) -> Option<&'static str> {
    let (_, after) = text.split_once(&format!("```{kind}\n"))?;
    Some(after.split_once("```").unwrap().0)
}

/// The filing of an example: a whole file, or the base with the line of the same name replaced.
fn filing(section: &'static str) -> Option<Vec<u8>> {
    let line = match (fenced(section, "file"), fenced(section, "line")) {
        (Some(file), _) => return Some(file.as_bytes().to_vec()),
        (None, line) => line?.trim_end(),
    };
    let name = line.split_inclusive(['>', '/']).next().unwrap().trim_end_matches(['>', '/']);
    let mut replaced = false;
    let base = fenced(PAGE, "base").unwrap();
    let filing = base.lines().map(|old| {
        let is_it = !replaced && old.starts_with(name);
        replaced |= is_it;
        if is_it { line } else { old }
    });
    let filing = filing.collect::<Vec<_>>().join("\n");
    assert!(replaced, "the base has no line {name}");
    // One byte that is no UTF-8 cannot stand in a page that is.
    let (before, after) = filing.split_once("\\xfc").unwrap_or((&filing, ""));
    let odd: &[u8] = if after.is_empty() { b"" } else { b"\xfc" };
    Some([before.as_bytes(), odd, after.as_bytes()].concat())
}

fn codes(filing: &[u8]) -> Vec<&'static str> {
    let mut codes: Vec<_> =
        read(filing).troubles.iter().map(|trouble| trouble.code.as_str()).collect();
    codes.dedup();
    codes
}

#[test]
fn every_code_is_explained_and_no_other() {
    for code in TroubleCode::ALL {
        assert!(section(*code).trim().len() > 60, "{code} is not explained");
    }
    let headings = PAGE.matches("\n### `").count();
    assert_eq!(headings, TroubleCode::ALL.len(), "the page has headings that are no code");
}

#[test]
fn every_example_gives_its_own_code() {
    let base = fenced(PAGE, "base").unwrap();
    assert_eq!(codes(base.as_bytes()), Vec::<&str>::new(), "the base has no trouble");
    for code in TroubleCode::ALL {
        let Some(filing) = filing(section(*code)) else {
            assert!(WITHOUT_EXAMPLE.contains(code), "{code} has no example");
            continue;
        };
        assert_eq!(codes(&filing), [code.as_str()], "{code}: {:#?}", read(&filing).troubles);
    }
}
