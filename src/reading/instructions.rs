//! The form's own instructions for its cover page, left in by who typed into the SEC's form: they
//! name every row and answer none. Knows nothing of values.

use crate::reading::items;
use crate::reading::labels::{self, Hit, Label, Row};

/// How far before their first sentence the name of the row stands that it explains.
const NEAR: usize = 200;
/// How long they are at most; those of Schedule 13D are some 4,000 bytes.
const LONGEST: usize = 12_000;

/// Every label of a document, in order, but for those of rows that its instructions explain.
pub(super) fn labels(text: &str) -> Vec<Hit> {
    let mut hits = labels::find(text);
    leave_out(text, &mut hits);
    hits
}

/// Where instructions stand.
struct Place {
    /// The label of the row that they begin with.
    from: usize,
    /// Their first sentence.
    start: usize,
    /// Their end.
    until: usize,
}

/// Leaves the first label of the instructions, which ends a cover page before them, and none of
/// their rows'. In place: a document may be nothing but labels.
fn leave_out(text: &str, hits: &mut Vec<Hit>) {
    let mut found: Vec<Place> = Vec::new();
    for (at, hit) in hits.iter().enumerate() {
        let within = found.last().is_some_and(|last| hit.start < last.until);
        if hit.label != Label::Instructions || within {
            continue;
        }
        let (before, behind) = hits.split_at(at);
        let first = before.iter().rev().take_while(|one| is_explained(**one, *hit)).last();
        let from = first.map_or(hit.start, |first| first.start);
        let until = end(text, behind.get(1..).unwrap_or_default(), *hit);
        found.push(Place { from, start: hit.start, until });
    }
    if found.is_empty() {
        return;
    }
    let mut next = 0;
    hits.retain(|hit| {
        while found.get(next).is_some_and(|place| hit.start >= place.until) {
            next += 1;
        }
        let place = found.get(next).filter(|place| hit.start >= place.from);
        place.is_none_or(|place| match hit.label {
            Label::Instructions => hit.start == place.start,
            Label::Row(_) => false,
            Label::Noise => hit.start > place.start,
            _ => true,
        })
    });
}

/// Whether a label is that of the row that instructions begin with.
fn is_explained(label: Hit, instructions: Hit) -> bool {
    let begins = matches!(label.label, Label::Row(Row::Name) | Label::Noise);
    begins && instructions.start - label.start < NEAR
}

/// Where instructions end: where an item or the next cover page begins.
fn end(text: &str, behind: &[Hit], instructions: Hit) -> usize {
    let most = instructions.end + LONGEST;
    let ends = |at: usize, hit: &Hit| match hit.label {
        Label::Item => items::heading(text, *hit).is_some(),
        Label::Row(Row::Name) => {
            let mut next = behind.iter().skip(at + 1).take_while(|one| one.start < hit.end + NEAR);
            !next.any(|one| one.label == Label::Instructions)
        }
        Label::ItemRow | Label::Issuer | Label::Signature => true,
        _ => false,
    };
    let mut near = behind.iter().enumerate().take_while(|(_, hit)| hit.start < most);
    near.find(|(at, hit)| ends(*at, hit)).map_or(most, |(_, hit)| hit.start)
}

#[cfg(test)]
mod tests {
    use crate::reading::read::read;

    const COVER: &str = "NAME OF REPORTING PERSON\nAlder Gate Fund LP\nSOLE VOTING POWER\n5\n\
        SHARED VOTING POWER\n6\nAGGREGATE AMOUNT BENEFICIALLY OWNED\n11\n\
        PERCENT OF CLASS REPRESENTED\n5.1%\nTYPE OF REPORTING PERSON\nPN\n";

    /// As the SEC's form has them, shortened.
    const RULES: &str = "Instructions for Cover Page\n\
        (1) Names and I.R.S. Identification Numbers of Reporting Persons--Furnish the\n\
        full legal name of each person for whom the report is filed.\n\
        (4) Citizenship or Place of Organization--Furnish citizenship if a natural person.\n\
        (5)-(9), (11) Aggregate Amount Beneficially Owned By Each Reporting Person, Etc.--Rows \
        (5) through (9) inclusive are to be completed in accordance with\n\
        Item 4 of Schedule 13G. Percentages are to be rounded off to the nearest tenth.\n\
        (12) Type of Reporting Person--Please classify each: Bank BK, Individual IN\n";

    /// The names of a document's persons and the types of the first.
    fn persons(page: &str) -> (Vec<String>, Vec<String>) {
        let document = format!("<DOCUMENT>\n<TYPE>SC 13G\n<TEXT>\nSCHEDULE 13G\n{page}");
        let reading = read(document.as_bytes());
        let types = reading.holders.first().map(|one| one.types.as_slice()).unwrap_or_default();
        let types = types.iter().filter_map(|one| Some(one.value()?.as_str().to_owned()));
        let names = reading.holders.iter().map(|one| one.name.value().cloned());
        (names.map(Option::unwrap_or_default).collect(), types.collect())
    }

    #[test]
    fn instructions_name_nobody() {
        let alder = || (vec!["Alder Gate Fund LP".to_owned()], vec!["PN".to_owned()]);
        let items = "Item 1.\n(a) Name of Issuer: Sample Corp.\nItem 4. Ownership\n";
        assert_eq!(persons(&format!("{COVER}{items}")), alder());
        assert_eq!(persons(&format!("{COVER}{RULES}{items}")), alder());
        assert_eq!(persons(&format!("{COVER}{items}{RULES}")), alder());
        assert_eq!(persons(&format!("{RULES}{COVER}{items}")), alder());
        for dash in [": ", " - ", ". ", "\u{2014}"] {
            assert_eq!(persons(&format!("{COVER}{}{items}", RULES.replace("--", dash))), alder());
        }
        let two = format!("{COVER}{RULES}{}", COVER.replace("Alder", "Birch"));
        assert_eq!(persons(&two).0, ["Alder Gate Fund LP", "Birch Gate Fund LP"]);
        let bare =
            RULES.replace("Names and I.R.S. Identification Numbers of Reporting Persons--", "");
        assert_eq!(persons(&format!("{COVER}{bare}{items}")), alder());
    }
}
