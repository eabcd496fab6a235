//! Keeps docs/troubles.md true: every code is listed once, in no other place, and every example
//! gives its own code and no other.
#![allow(clippy::unwrap_used, clippy::panic)]

use blockholder::reading::read::read;
use blockholder::terms::trouble::TroubleCode;

const PAGE: &str = include_str!("../docs/troubles.md");

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

/// The typed page with the lines after `-` taken out, each in its order, and those after `+` put in.
fn changed(diff: &str) -> String {
    let mut page = fenced(PAGE, "page").unwrap().lines();
    let mut out = Vec::new();
    for line in diff.lines() {
        match line.split_at(1) {
            ("-", old) => {
                let kept: Vec<&str> = page.by_ref().take_while(|line| *line != old).collect();
                out.extend(kept);
            }
            ("+", new) => out.push(new),
            _ => panic!("{line:?} neither takes out nor puts in"),
        }
    }
    out.extend(page);
    out.join("\n")
}

/// The filing of an example: a whole file, the base with the line of the same name replaced or
/// with a line many times over, or the typed page with some lines changed.
fn filing(section: &'static str) -> Option<Vec<u8>> {
    if let Some(diff) = fenced(section, "diff") {
        return Some(changed(diff).into_bytes());
    }
    if let Some(line) = fenced(section, "repeat") {
        let at = "<signatureInformation>";
        let many = format!("{}{at}", line.repeat(1001));
        return Some(fenced(PAGE, "base").unwrap().replacen(at, &many, 1).into_bytes());
    }
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
    let page = fenced(PAGE, "page").unwrap();
    assert_eq!(codes(base.as_bytes()), Vec::<&str>::new(), "the base has no trouble");
    assert_eq!(codes(page.as_bytes()), Vec::<&str>::new(), "the page has no trouble");
    for code in TroubleCode::ALL {
        let filing = filing(section(*code)).unwrap_or_else(|| panic!("{code} has no example"));
        assert_eq!(codes(&filing), [code.as_str()], "{code}: {:#?}", read(&filing).troubles);
    }
}
