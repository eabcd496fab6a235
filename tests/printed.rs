//! What one place of a filing may print, and how it is read: `tests/printed/*.table`, a line each.
//! Knows no real filing: the filing around each line is invented.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::{GroupBox, Reading};

/// A typed filing with one place left open.
const FILING: &str = include_str!("printed/filing.txt");

/// How a field was read: a state, and the value where one is stated.
fn said<T: ToString>(field: &Field<T>) -> String {
    match field {
        Field::Stated { value, .. } => value.to_string(),
        Field::Blank { .. } => "blank".to_owned(),
        Field::Unreadable { .. } => "unreadable".to_owned(),
        Field::Absent => "absent".to_owned(),
    }
}

fn several<T: ToString>(fields: &[Field<T>]) -> String {
    fields.iter().map(said).collect::<Vec<_>>().join(" ")
}

/// The filing with `printed` in the place called `place`, and what others say.
fn filled(place: &str, printed: &str) -> String {
    let mut text = FILING.to_owned();
    for (name, usual) in [
        ("event_date", "December 31, 2004"),
        ("cusip", "68557N103"),
        ("amendment", "(Amendment No. 3)"),
        ("name", "Hale Partners LP"),
        ("citizenship", "Delaware"),
        ("group", "(a) [ ]  (b) [X]"),
        ("amount", "1,000"),
        ("excludes", "[ ]"),
        ("percent", "5.1%"),
        ("types", "PN"),
    ] {
        let here = if name == place { printed } else { usual };
        text = text.replace(&format!("{{{name}}}"), here);
    }
    text
}

fn read_back(place: &str, printed: &str) -> (String, Reading) {
    let reading = read(filled(place, printed).as_bytes());
    let holder = reading.holders.first().expect("the filing has a holder");
    let found = match place {
        "event_date" => said(&reading.event_date),
        "cusip" => several(&reading.cusips),
        "amendment" => said(&reading.amendment_number),
        "name" => format!("{}; {}", said(&holder.name), said(&holder.tax_id)),
        "citizenship" => said(&holder.citizenship),
        "group" => said(&holder.group.clone().map(GroupBox::as_str)),
        "amount" => said(&holder.sole_voting),
        "percent" => said(&holder.percent),
        "excludes" => said(&holder.excludes_shares),
        "types" => several(&holder.types),
        other => panic!("no place is called {other}"),
    };
    (found, reading)
}

/// Each line of a table is read as it says, and whatever cannot be read is told.
fn check(place: &str, table: &str) {
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (printed, expected) = line.split_once(" => ").expect("printed => read");
        let (found, reading) = read_back(place, &printed.replace("\\n", "\n"));
        if found != expected {
            wrong.push(format!("{place} {printed:?}: expected {expected}, read {found}"));
        }
        let told = reading.troubles.iter().any(|t| t.code.to_string().starts_with("value-"));
        if found.contains("unreadable") != told {
            wrong.push(format!("{place} {printed:?}: {found}, troubles {:?}", reading.troubles));
        }
        let around = reading.holders.iter().all(|h| said(&h.aggregate) == "1000");
        if reading.holders.len() != 1 || !around {
            wrong.push(format!("{place} {printed:?}: another row is read otherwise"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! tables {
    ($($place:ident)*) => {$(
        #[test]
        fn $place() {
            check(stringify!($place), include_str!(concat!("printed/", stringify!($place), ".table")));
        }
    )*};
}

tables! { event_date cusip amendment name citizenship group amount excludes percent types }
