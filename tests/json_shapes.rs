//! Section 18 of the specification names every key of the JSON that the transcripts show.
//! A transcript is not run here; `scripts.rs` does that.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Keys under these are codes that are counted by, or what an event says (sections 5 and 6).
const OPEN: [&str; 3] = ["skipped", "troubles", "event"];

/// The words in code of section 18.
fn named(spec: &str) -> BTreeSet<&str> {
    let section = spec.split("\n## ").find(|section| section.starts_with("18. JSON")).unwrap();
    let code = section.split('`').skip(1).step_by(2);
    code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).collect()
}

fn keys(value: &Value, at: &Path, found: &mut BTreeMap<String, PathBuf>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                found.entry(key.clone()).or_insert_with(|| at.to_owned());
                if !OPEN.contains(&key.as_str()) {
                    keys(inner, at, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| keys(inner, at, found)),
        _ => {}
    }
}

fn transcripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { transcripts(&path, found) } else { found.push(path) }
    }
    found.sort();
}

#[test]
fn every_key_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = fs::read_to_string(root.join("ledger-spec.md")).unwrap();
    let named = named(&spec);
    let (mut paths, mut found) = (Vec::new(), BTreeMap::new());
    transcripts(&root.join("tests/scripts"), &mut paths);
    for path in &paths {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| line.starts_with(r#"{"v":"#)) {
            keys(&serde_json::from_str(line).unwrap(), path, &mut found);
        }
    }
    assert!(found.len() > 100, "only {} keys in {} transcripts", found.len(), paths.len());
    found.retain(|key, _| !named.contains(key.as_str()));
    assert!(found.is_empty(), "not in section 18: {found:#?}");
}
