//! Reads a manifest: what EDGAR's header said of documents that have lost it.
//! Trusts it for nothing the documents themselves say.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use time::macros::format_description;

use crate::cli::outcome::{Exit, Failure};
use crate::ledger::event::Supplied;
use crate::terms::statement::Form;
use crate::terms::time::{Instant, TimeError};

/// The columns a manifest may have, in any order.
pub const COLUMNS: [&str; 9] = [
    "file",
    "accession",
    "form",
    "filed",
    "accepted_eastern",
    "issuer_cik",
    "issuer",
    "filer_cik",
    "filer",
];

/// What is said of each file, by its name without directories.
pub type Manifest = BTreeMap<String, Supplied>;

/// Reads a manifest of tab-separated values with a header line.
pub fn read(path: &Path) -> Result<Manifest, Failure> {
    let refuse = |line: u64, words: String| {
        Failure::new(Exit::Trouble, format!("{}, line {line}: {words}", path.display())).hint(
            format!(
                "a manifest is tab-separated, its first line names some of the columns {}",
                COLUMNS.join(", ")
            ),
        )
    };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path).map_err(
            |error| Failure::new(Exit::Trouble, format!("cannot read {}: {error}", path.display())),
        )?;
    let header = reader.headers().map_err(|error| refuse(1, error.to_string()))?.clone();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(refuse(1, format!("expected a column's name, got {unknown:?}")));
    }
    if !header.iter().any(|name| name == "file") {
        return Err(refuse(1, "expected a column named \"file\", found none".to_owned()));
    }
    let mut manifest = Manifest::new();
    for record in reader.records() {
        let record = record
            .map_err(|error| refuse(error.position().map_or(0, |p| p.line()), error.to_string()))?;
        let line = record.position().map_or(0, |at| at.line());
        let cells: BTreeMap<&str, &str> = header.iter().zip(record.iter()).collect();
        let file = name_of(cells.get("file").copied().unwrap_or_default()).to_owned();
        let supplied = row(&cells).map_err(|words| refuse(line, words))?;
        if manifest.insert(file.clone(), supplied).is_some() {
            return Err(refuse(line, format!("{file:?} is named twice")));
        }
    }
    Ok(manifest)
}

/// A file's own name: where it lies is not what a manifest is asked for.
fn name_of(file: &str) -> &str {
    file.trim().rsplit(['/', '\\']).next().unwrap_or_default()
}

fn row(cells: &BTreeMap<&str, &str>) -> Result<Supplied, String> {
    let form = |text: &str| {
        Form::from_edgar(text)
            .ok_or_else(|| format!("expected a form such as SC 13G/A, got {text:?}"))
    };
    Ok(Supplied {
        accession: cell(cells, "accession")?,
        form: text(cells, "form").map(form).transpose()?,
        filed_date: cell(cells, "filed")?,
        accepted_at: text(cells, "accepted_eastern")
            .map(eastern)
            .transpose()
            .map_err(|error| error.to_string())?,
        issuer_cik: cell(cells, "issuer_cik")?,
        issuer_name: text(cells, "issuer").map(str::to_owned),
        filer_cik: cell(cells, "filer_cik")?,
        filer_name: text(cells, "filer").map(str::to_owned),
    })
}

fn text<'a>(cells: &BTreeMap<&str, &'a str>, column: &str) -> Option<&'a str> {
    cells.get(column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
}

fn cell<T: FromStr<Err: std::fmt::Display>>(
    cells: &BTreeMap<&str, &str>,
    column: &str,
) -> Result<Option<T>, String> {
    let parse = |text: &str| text.parse().map_err(|error| format!("column {column}: {error}"));
    text(cells, column).map(parse).transpose()
}

/// A wall-clock time in New York, as EDGAR prints acceptance times: `2026-01-15T13:11:11`.
fn eastern(text: &str) -> Result<Instant, TimeError> {
    let shape = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    time::PrimitiveDateTime::parse(text, shape).map(Instant::from_eastern).map_err(|_| TimeError {
        expected: "an Eastern wall-clock time such as 2026-01-15T13:11:11",
        got: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Result<Manifest, Failure> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manifest.tsv");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_manifest_says_what_the_header_said() {
        let said = from(concat!(
            "file\taccession\taccepted_eastern\tissuer_cik\n",
            "../received/a.htm\t0001193125-12-060227\t2026-01-15T13:11:11\t0001318605\n"
        ))
        .unwrap();
        let a = &said["a.htm"];
        assert_eq!(a.accession.unwrap().to_string(), "0001193125-12-060227");
        assert_eq!(a.accepted_at.unwrap().to_string(), "2026-01-15T18:11:11Z");
        assert_eq!(a.issuer_cik.unwrap().number(), 1_318_605);
        assert_eq!(a.filed_date, None);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, words) in [
            ("file\tcolour\na\tred\n", "line 1: expected a column's name, got \"colour\""),
            ("accession\n0001193125-12-060227\n", "line 1: expected a column named \"file\""),
            ("file\tfiled\na\t2012-02-14\nb\tsoon\n", "line 3: column filed: expected a day"),
            ("file\tform\na\t10-K\n", "line 2: expected a form"),
            ("file\na\na\n", "line 3: \"a\" is named twice"),
            ("file\n../x/a\ny/a\n", "line 3: \"a\" is named twice"),
            ("file\tform\na\n", "line 2"),
        ] {
            let refusal = from(text).unwrap_err().message;
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
