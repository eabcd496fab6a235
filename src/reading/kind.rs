//! What a text or HTML document calls itself, as far as it must be known to choose a reader.
//! Reads no values: it only tells whether there is a Schedule 13D or 13G to read.

use memchr::memmem;

use crate::filing::charset;

/// How far into a page its title can stand.
const TOP: usize = 16 * 1024;

/// Whether the page speaks of Schedule 13D or 13G, or of a rule beside them, anywhere.
pub fn mentions_schedule_13(page: &[u8]) -> bool {
    memmem::find_iter(page, b"13").any(|at| {
        let rest = page.get(at + 2..).unwrap_or_default();
        let letter = match rest.first() {
            Some(b'-' | b' ') => rest.get(1),
            other => other,
        };
        matches!(letter, Some(b'd' | b'D' | b'g' | b'G'))
    })
}

/// Whether the page is a Schedule TO: that title stands first, and no cover page has rows. About
/// one in 1,600 filings of our types is such a statement.
pub fn is_tender_offer(page: &[u8]) -> bool {
    let top = page.get(..page.len().min(TOP)).unwrap_or_default();
    // Few pages say the word at all, and only theirs are worth writing out in capitals.
    if !says_offer(top) {
        return false;
    }
    let top = plain_capitals(top);
    let title = ["SCHEDULE TO ", "SCHEDULE TO-", "SCHEDULE 14D-1"];
    let Some(at) = title.iter().filter_map(|title| top.find(title)).min() else { return false };
    let ours_before = top.get(..at).is_some_and(|before| before.contains("SCHEDULE 13"));
    !ours_before && top.contains("TENDER OFFER STATEMENT") && !has_cover(&plain_capitals(page))
}

/// Whether rows of a cover page stand on it: ours, or those that Schedule 14D-1 had in common with
/// ours, which stood for both where one statement was both.
fn has_cover(page: &str) -> bool {
    let of_both = ["NAMES OF REPORTING PERSON", "NAME OF REPORTING PERSON"];
    page.contains("SOLE VOTING")
        || page.contains("AGGREGATE AMOUNT BENEFICIALLY OWNED")
            && of_both.iter().any(|row| page.contains(row))
}

/// Whether the bytes hold the word "offer", in capitals or not, wherever it stands.
fn says_offer(bytes: &[u8]) -> bool {
    memchr::memchr2_iter(b'f', b'F', bytes).any(|at| {
        let word = at.checked_sub(1).and_then(|from| bytes.get(from..at + 4));
        word.is_some_and(|word| word.eq_ignore_ascii_case(b"offer"))
    })
}

/// The page's words in capitals with single spaces, tags left out.
fn plain_capitals(page: &[u8]) -> String {
    let mut plain = Vec::with_capacity(page.len());
    let mut in_tag = false;
    for byte in page {
        match byte {
            b'<' => in_tag = true,
            b'>' if in_tag => {
                in_tag = false;
                plain.push(b' ');
            }
            _ if in_tag => {}
            byte => plain.push(byte.to_ascii_uppercase()),
        }
    }
    charset::collapsed(&plain).replace("&NBSP;", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tender_offer_is_told_by_its_title() {
        let offer = b"<b>SCHEDULE TO</b> Tender Offer Statement under Section 14(d)(1). \
            [ ] amendment to Schedule 13D under Rule 13d-2.";
        assert!(is_tender_offer(offer));
        for ours in [
            &b"SCHEDULE 13D. The Schedule TO is a Tender Offer Statement."[..],
            b"SCHEDULE TO Tender Offer Statement and SCHEDULE 13D. 7. Sole Voting Power 0",
            b"SCHEDULE 14D-1 Tender Offer Statement and SCHEDULE 13D. 1) Names of Reporting \
              Persons 7) Aggregate Amount Beneficially Owned by Each Reporting Person",
            b"SCHEDULE 13G - TO BE INCLUDED IN STATEMENTS",
        ] {
            assert!(!is_tender_offer(ours));
        }
    }

    #[test]
    fn the_schedule_is_mentioned_in_any_spelling() {
        for page in [&b"Schedule 13D"[..], b"schedule 13-g", b"SC 13G/A", b"Rule 13d-1"] {
            assert!(mentions_schedule_13(page));
        }
        assert!(!mentions_schedule_13(b"Form 10-K, page 13. During 2013 and 13,000"));
    }
}
