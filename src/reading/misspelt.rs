//! Labels with a letter or two wrong, where one is missed: looked for in a short stretch alone.
//! Knows nothing of pages: it is told where to look, and for what.

use std::ops::Range;

use crate::reading::labels::{Hit, Label, Row, Squashed};

/// Looks for a label misspelt by a letter or two, between `range`.
pub(crate) fn find(text: &str, range: Range<usize>, label: Label) -> Option<Hit> {
    const LONGEST_PAGE: usize = 1 << 15;
    let wanted: &[u8] = match label {
        Label::Issuer => b"NAMEOFISSUER",
        Label::Class => b"TITLEOFCLASSOFSECURITIES",
        Label::Cusip => b"CUSIPNUMBER",
        Label::EventDate => b"DATEOFEVENTWHICHREQUIRESFILING",
        Label::Row(row) => of_row(row)?,
        _ => return None,
    };
    let end = range.end.min(range.start + LONGEST_PAGE);
    let mut squashed = Squashed::default();
    let page = text.get(range.start..end)?;
    squashed.fill(page, 0);
    let allowed = if wanted.len() > 16 { 3 } else { 2 };
    let bytes = page.as_bytes();
    let first = *wanted.first()?;
    for index in memchr::memchr_iter(first, &squashed.letters) {
        let before = squashed.position(page, index)?.checked_sub(1).and_then(|at| bytes.get(at));
        if before.is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        let tail = squashed.letters.get(index..)?;
        let Some(len) = near_prefix(wanted, tail, allowed) else { continue };
        // "PERSONS": a word is taken whole.
        let len = len + usize::from(tail.get(len) == Some(&b'S'));
        let hit = squashed.hit(page, label, index..index + len).map(|(hit, _)| hit);
        let takes_value = |hit: &Hit| page.get(hit.range()).is_some_and(has_value);
        if let Some(hit) = hit.filter(|hit| !takes_value(hit)) {
            let (start, end) = (hit.start + range.start, hit.end + range.start);
            return Some(Hit { label, start, end });
        }
    }
    None
}

/// The letters of a row's label; nothing where those of others are near to them.
fn of_row(row: Row) -> Option<&'static [u8]> {
    Some(match row {
        Row::Name => b"NAMEOFREPORTINGPERSON",
        Row::Group => b"MEMBEROFAGROUP",
        Row::Excludes => b"EXCLUDESCERTAINSHARES",
        Row::SoleVoting => b"SOLEVOTINGPOWER",
        Row::SharedVoting => b"SHAREDVOTINGPOWER",
        Row::SoleDispositive => b"SOLEDISPOSITIVEPOWER",
        Row::SharedDispositive => b"SHAREDDISPOSITIVEPOWER",
        Row::Aggregate => b"AGGREGATEAMOUNTBENEFICIALLYOWNED",
        Row::Percent => b"PERCENTOFCLASSREPRESENTED",
        Row::Type => b"TYPEOFREPORTINGPERSON",
        _ => return None,
    })
}

/// Whether a number, or a word for none, stands among the words of a label.
fn has_value(label: &str) -> bool {
    let mut words = label.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| {
        let number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        number || ["none", "nil", "zero"].iter().any(|zero| word.eq_ignore_ascii_case(zero))
    })
}

/// The length of the beginning of `tail` that differs from `wanted` by at most `allowed` letters.
fn near_prefix(wanted: &[u8], tail: &[u8], allowed: usize) -> Option<usize> {
    let tail = tail.get(..tail.len().min(wanted.len() + allowed))?;
    let mut row: Vec<usize> = (0..=tail.len()).collect();
    // The row before, and its letter: two letters that change places are one mistake.
    let mut before: Option<(Vec<usize>, u8)> = None;
    for (done, letter) in wanted.iter().enumerate() {
        let mut diagonal = done;
        let mut left = done + 1;
        let mut next = vec![left];
        for (index, other) in tail.iter().enumerate() {
            let above = row.get(index + 1).copied()?;
            let cost = diagonal + usize::from(letter != other);
            let swapped =
                before.as_ref().filter(|(_, last)| last == other).and_then(|(costs, _)| {
                    let at = index.checked_sub(1).filter(|at| tail.get(*at) == Some(letter))?;
                    costs.get(at).map(|cost| cost + 1)
                });
            left = cost.min(above + 1).min(left + 1).min(swapped.unwrap_or(usize::MAX));
            next.push(left);
            diagonal = above;
        }
        before = Some((std::mem::replace(&mut row, next), *letter));
        if row.iter().all(|cost| *cost > allowed) {
            return None;
        }
    }
    let (len, cost) = row.iter().enumerate().min_by_key(|(_, cost)| **cost)?;
    (*cost <= allowed).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_labels_are_found_when_looked_for() {
        for around in ["SHARED DISPOSITIVE Nil\n POWER", "SHARED DISPOSITIVE 100 POWER"] {
            let found = find(around, 0..around.len(), Label::Row(Row::SharedDispositive));
            assert!(found.is_none(), "{around}");
        }
        let text = "6. Sh1red Voting Power 5 AGGREGTE AMOUNTIN BENEFICIALY OWNED";
        let found = find(text, 0..text.len(), Label::Row(Row::SharedVoting)).unwrap();
        assert_eq!(text.get(found.range()).unwrap(), "Sh1red Voting Power");
        assert!(find(text, 0..text.len(), Label::Row(Row::SoleDispositive)).is_none());
        let text = "5 SOEL VOTNG POWER ..... 4,000";
        let found = find(text, 0..text.len(), Label::Row(Row::SoleVoting)).unwrap();
        assert_eq!(text.get(found.range()).unwrap(), "SOEL VOTNG POWER");
    }
}
