//! The tables of `docs/faults.md`: each is written, and held to, by the test that tries its rows.
//! Asserts one thing: that the table is what was just tried.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::string_slice, clippy::print_stdout)]

use std::fs;
use std::path::Path;

/// Holds the table of a name against these rows, or writes it, with `BLOCKHOLDER_BLESS`.
pub fn hold(name: &str, header: &[&str], rows: &[Vec<String>]) {
    let table = table(header, rows);
    let there = in_place_of(name, &table);
    assert_eq!(there, table, "BLOCKHOLDER_BLESS=1 writes what was tried");
}

/// Prints the table of a run that is made by hand, and writes it, with `BLOCKHOLDER_BLESS`: what
/// came of chance is another the next time.
pub fn last_run(name: &str, header: &[&str], rows: &[Vec<String>]) {
    let table = table(header, rows);
    println!("{table}");
    in_place_of(name, &table);
}

fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut table = line(&header.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
    table += &format!("|{}\n", "---|".repeat(header.len()));
    for row in rows {
        assert_eq!(row.len(), header.len());
        table += &line(&row.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
    }
    table
}

/// The table of a name as it stands there; with `BLOCKHOLDER_BLESS` this one is put in its place.
fn in_place_of(name: &str, table: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let text = fs::read_to_string(&path).unwrap();
    let (from, to) = (format!("<!-- {name}: -->\n"), format!("<!-- :{name} -->\n"));
    let start = text.find(&from).map(|at| at + from.len());
    let start = start.unwrap_or_else(|| panic!("docs/faults.md has no table {name}"));
    let end = text.find(&to).unwrap_or_else(|| panic!("docs/faults.md has no end of {name}"));
    if std::env::var_os("BLOCKHOLDER_BLESS").is_none() {
        return text[start..end].to_owned();
    }
    fs::write(&path, format!("{}{table}{}", &text[..start], &text[end..])).unwrap();
    table.to_owned()
}

/// What can stand in a cell.
fn plain(text: &str) -> String {
    let safe = blockholder::report::plain::safe(text);
    safe.replace('|', "\\|").replace('<', "&lt;")
}
