//! Cover pages among a document's own exhibits: those of an earlier statement, filed again with it.
//! Knows nothing of values: a copy is known by the exhibit's heading and by the name it has again.

use std::collections::BTreeMap;

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
    let mut repeat = None;
    let copies = headings.find_map(|heading| {
        let own = pages.partition_point(|page| page.range().start < heading.start);
        let repeat = repeat.get_or_insert_with(|| repeated(text, pages));
        repeat.get(own).is_some_and(|again| *again).then_some(own)
    });
    pages.truncate(copies.unwrap_or(pages.len()));
}

/// Of each page whether it or one behind it has the name of one before it. A page whose name
/// cannot be told has nobody's. Each name is read once: pages and headings may be many.
fn repeated(text: &str, pages: &[Page]) -> Vec<bool> {
    let names: Vec<Option<String>> = pages.iter().map(|page| name(text, page)).collect();
    let named = |at: usize| Some((names.get(at)?.as_ref()?, at));
    let last: BTreeMap<&String, usize> = (0..names.len()).filter_map(named).collect();
    // How far the names of the pages so far come again.
    let mut reach = 0;
    let repeats = names.iter().enumerate().map(|(at, name)| {
        let repeats = at > 0 && reach >= at;
        reach = name.as_ref().and_then(|name| last.get(name)).map_or(reach, |to| reach.max(*to));
        repeats
    });
    repeats.collect()
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

#[cfg(test)]
mod tests {
    use crate::reading::read::read;

    /// How many persons a filing has, one of the name before its signature and others behind the
    /// heading of an exhibit.
    fn persons(before: &str, behind: &[&str]) -> usize {
        let cover = |name: &&str| {
            format!(
                "NAME OF REPORTING PERSON\n{name}\nSOLE VOTING POWER\n5\nSHARED VOTING POWER\n6\n\
                 AGGREGATE AMOUNT BENEFICIALLY OWNED\n11\nPERCENT OF CLASS REPRESENTED\n5.1%\n\
                 TYPE OF REPORTING PERSON\nPN\n"
            )
        };
        let behind: String = behind.iter().map(cover).collect();
        let page = format!("{}SIGNATURE\n/s/ X\nEXHIBIT A\n{behind}", cover(&before));
        read(format!("<DOCUMENT>\n<TYPE>SC 13D\n<TEXT>\n{page}").as_bytes()).holders.len()
    }

    #[test]
    fn a_copy_is_known_by_a_name_that_can_be_told() {
        assert_eq!(persons("Alder Gate Fund LP", &["Alder Gate Fund LP"]), 1);
        assert_eq!(persons("Alder Gate Fund LP", &["Birch Gate Fund LP", "ALDER GATE FUND LP"]), 1);
        assert_eq!(persons("Alder Gate Fund LP", &["Birch Gate Fund LP"]), 2);
        assert_eq!(persons("", &[""]), 2);
    }
}
