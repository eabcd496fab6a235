//! Cover pages among a document's own exhibits: those of an earlier statement, filed again with it.
//! Knows nothing of values: a copy is known by the exhibit's heading and by the name it has again.

use crate::reading::labels::{Hit, Label};
use crate::reading::pages::{Page, at_line_start};

/// Leaves out the cover pages behind the heading of an exhibit that follows the signatures, if one
/// of them has the name of a cover page before it.
pub(super) fn leave_out(text: &str, hits: &[Hit], pages: &mut Vec<Page>) {
    let Some(first) = pages.first().map(|page| page.range().start) else { return };
    let signed = |hit: &&Hit| {
        hit.label == Label::Signature && hit.start > first && at_line_start(text, hit.start)
    };
    let Some(signed) = hits.iter().find(signed).map(|hit| hit.start) else { return };
    let heads = |hit: &&Hit| {
        let label = text.get(hit.range()).unwrap_or("");
        let capitals = label.chars().all(|c| !c.is_lowercase());
        hit.label == Label::Exhibit && capitals && at_line_start(text, hit.start)
    };
    let mut headings = hits.iter().filter(|hit| hit.start > signed).filter(heads);
    let copies = headings.find_map(|heading| {
        let own = pages.partition_point(|page| page.range().start < heading.start);
        let (own, behind) = pages.split_at(own);
        let again = |page: &Page| own.iter().any(|other| name(text, other) == name(text, page));
        behind.iter().any(again).then_some(own.len())
    });
    pages.truncate(copies.unwrap_or(pages.len()));
}

/// The letters and digits of what stands in a page's first row.
fn name(text: &str, page: &Page) -> Option<String> {
    const LONGEST: usize = 600;
    let from = page.rows.first()?.end;
    let to = page.rows.get(1).map_or(page.end, |next| next.start).min(from + LONGEST);
    let said = text.get(from..to)?.chars().filter(|c| c.is_alphanumeric());
    let said: String = said.flat_map(char::to_lowercase).collect();
    (said.len() > 2 && !page.unnamed).then_some(said)
}
