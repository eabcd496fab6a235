//! Keeps the house: who may use whom, where I/O happens, who may name which library, how files look.
//! Each rule is a function from text to complaints, and is itself shown something it must refuse.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// Folder, and what it may use. `ledger::event` stands for that one file of `ledger`.
const ARROWS: &[(&str, &[&str])] = &[
    ("terms", &["terms"]),
    ("filing", &["terms", "filing"]),
    ("reading", &["terms", "filing", "reading"]),
    ("ledger", &["terms", "ledger"]),
    ("store", &["terms", "ledger", "store"]),
    ("view", &["terms", "ledger::event", "view"]),
    ("report", &["terms", "ledger::event", "view", "report"]),
    ("cli", &["terms", "filing", "reading", "ledger", "store", "view", "report", "cli"]),
];

/// A library, and the file that may name it; one that reads and one that writes has two.
const LIBRARIES: &[(&str, &str)] = &[
    ("sled", "store/sled.rs"),
    ("bincode", "ledger/codec.rs"),
    ("sha2", "ledger/merkle.rs"),
    ("ed25519_dalek", "ledger/key.rs"),
    ("base64", "ledger/armor.rs"),
    ("comfy_table", "report/table.rs"),
    ("annotate_snippets", "report/cite.rs"),
    ("csv", "cli/manifest.rs"),
    ("tar", "cli/tarball.rs"),
    ("rawzip", "cli/zipped.rs"),
    ("csv", "report/sheet.rs"),
    ("mimalloc", "main.rs"),
];

/// Where files may be opened and bytes written.
const PLACES_OF_IO: &[&str] = &["store/", "cli/", "main.rs"];

const LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;

struct Source {
    /// Path below `src`, with forward slashes.
    path: String,
    text: String,
}

impl Source {
    fn folder(&self) -> Option<&str> {
        self.path.split_once('/').map(|(folder, _)| folder)
    }

    /// The text up to the tests at the bottom.
    fn production(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or("")
    }

    /// Production lines without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.production().lines().enumerate();
        lines
            .map(|(at, line)| (at + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    assert!(found.len() > 20, "the walk over src found only {} files", found.len());
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let below = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            Source { path: below, text }
        })
        .collect()
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn arrows(source: &Source) -> Vec<String> {
    let Some(folder) = source.folder() else { return Vec::new() };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
        return vec![format!("{}: no arrows are drawn for folder {folder}", source.path)];
    };
    let mut complaints = Vec::new();
    for (line, code) in source.code() {
        for used in code.split("crate::").skip(1) {
            let may = allowed
                .iter()
                .any(|name| used.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_word)));
            if !may {
                complaints.push(format!("{}:{line}: {folder} may not use {used}", source.path));
            }
        }
    }
    complaints
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn names_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

fn libraries(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (line, code) in source.code() {
        for (library, place) in LIBRARIES {
            let named = names_word(code, library)
                && (code.contains(&format!("{library}::"))
                    || code.contains(&format!("use {library}")));
            // `crate::store::sled` is our own file of that name.
            let ours = code.contains(&format!("::{library}"));
            let mut places = LIBRARIES.iter().filter(|(other, _)| other == library);
            let may = places.any(|(_, place)| source.path == *place);
            if named && !ours && !may {
                complaints.push(format!("{}:{line}: only {place} may name {library}", source.path));
            }
        }
    }
    complaints
}

fn io(source: &Source) -> Vec<String> {
    if PLACES_OF_IO.iter().any(|place| source.path.starts_with(place)) {
        return Vec::new();
    }
    let banned = ["std::fs", "std::net", "std::env", "std::process", "File::open", "SystemTime"];
    let found = source.code().filter(|(_, code)| banned.iter().any(|b| code.contains(b)));
    found.map(|(line, code)| format!("{}:{line}: I/O here: {code}", source.path)).collect()
}

/// Only `main` reads the clock, so that everything below gives the same answer twice.
fn clock(source: &Source) -> Vec<String> {
    if source.path == "main.rs" {
        return Vec::new();
    }
    let banned = ["SystemTime::now", "OffsetDateTime::now", "UtcDateTime::now"];
    let found = source.code().filter(|(_, code)| banned.iter().any(|b| code.contains(b)));
    found.map(|(line, _)| format!("{}:{line}: only main reads the clock", source.path)).collect()
}

fn header(source: &Source) -> Vec<String> {
    let mut lines = source.text.lines();
    let said = |line: Option<&str>| line.is_some_and(|l| l.len() > 10 && l.starts_with("//! "));
    let (first, second) = (said(lines.next()), said(lines.next()));
    let exempt = source.path == "lib.rs" || source.path == "main.rs";
    if first && (second || exempt) {
        return Vec::new();
    }
    vec![format!(
        "{}: the first line says what the file is for, the second what it must not know",
        source.path
    )]
}

fn sizes(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = source.production().lines().count();
    if lines > LINES_MAX {
        complaints.push(format!("{}: {lines} lines, at most {LINES_MAX}", source.path));
    }
    let long = source.text.lines().enumerate().filter(|(_, l)| l.chars().count() > COLUMNS_MAX);
    complaints.extend(
        long.map(|(at, _)| format!("{}:{}: over {COLUMNS_MAX} columns", source.path, at + 1)),
    );
    let mut open: Option<(usize, String)> = None;
    for (at, line) in source.production().lines().enumerate() {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let trimmed = line.trim_start();
        let starts = ["fn ", "pub fn ", "pub(crate) fn ", "const fn ", "pub const fn "];
        if starts.iter().any(|s| trimmed.starts_with(s))
            && open.is_none()
            && !trimmed.ends_with(';')
        {
            open = Some((at, indent));
        } else if let Some((start, indent)) = &open
            && line == format!("{indent}}}")
        {
            if at - start + 1 > FUNCTION_LINES_MAX {
                complaints.push(format!(
                    "{}:{}: a function of {} lines",
                    source.path,
                    start + 1,
                    at - start + 1
                ));
            }
            open = None;
        } else if open.as_ref().is_some_and(|(start, _)| *start == at) && trimmed.ends_with('}') {
            open = None;
        }
    }
    complaints
}

/// Every file is on the map: `lib.rs` declares it under its folder.
fn on_the_map(source: &Source, map: &str) -> Vec<String> {
    let Some((folder, file)) = source.path.split_once('/') else { return Vec::new() };
    let module = file.trim_end_matches(".rs");
    let declared = map
        .split_once(&format!("pub mod {folder} {{"))
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .is_some_and(|(body, _)| body.contains(&format!("mod {module};")));
    if declared { Vec::new() } else { vec![format!("{}: not on the map in lib.rs", source.path)] }
}

fn check(rule: impl Fn(&Source) -> Vec<String>) {
    let complaints: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn refuses(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) {
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    assert!(!rule(&source).is_empty(), "the rule takes what it must refuse: {text}");
}

#[test]
fn arrows_point_downstream() {
    refuses(arrows, "terms/id.rs", "use crate::reading::read::read;");
    refuses(arrows, "ledger/chain.rs", "let x = crate::store::log::Log;");
    refuses(arrows, "view/row.rs", "use crate::ledger::codec::encode;");
    refuses(arrows, "view/row.rs", "use crate::ledger::events::Event;");
    refuses(arrows, "lost/row.rs", "");
    check(arrows);
}

#[test]
fn libraries_are_named_in_one_place() {
    refuses(libraries, "store/journal.rs", "let db = sled::open(path)?;");
    refuses(libraries, "ledger/chain.rs", "use bincode::config;");
    check(libraries);
}

#[test]
fn files_are_opened_in_store_and_cli_alone() {
    refuses(io, "reading/read.rs", "std::fs::read(path)");
    refuses(clock, "store/log.rs", "let now = std::time::SystemTime::now();");
    check(io);
    check(clock);
}

#[test]
fn every_file_says_what_it_is_for() {
    refuses(header, "terms/id.rs", "//! Names of things.\nuse std::fmt;");
    refuses(header, "terms/id.rs", "use std::fmt;");
    check(header);
}

#[test]
fn nothing_grows_past_its_size() {
    refuses(sizes, "terms/id.rs", &"let x = 1;\n".repeat(LINES_MAX + 1));
    refuses(sizes, "terms/id.rs", &"x".repeat(COLUMNS_MAX + 1));
    let long = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(FUNCTION_LINES_MAX));
    refuses(sizes, "terms/id.rs", &long);
    check(sizes);
}

#[test]
fn every_file_is_on_the_map() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    refuses(|source| on_the_map(source, &map), "terms/forgotten.rs", "");
    check(|source| on_the_map(source, &map));
}
