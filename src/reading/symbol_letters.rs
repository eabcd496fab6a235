//! Boxes of a symbol font in a page that has lost its fonts: an empty one is left as `£`, a
//! ticked one as the letter R, S or T. Knows nothing of rows; a letter elsewhere is a letter.

use memchr::memmem;

use crate::reading::text::{Text, is_mark, near, near_before};

/// How many boxes are looked at; no filing has more.
const MOST: usize = 1 << 12;

/// Puts an X, which is a tick wherever boxes stand, in the place of such letters.
pub(crate) fn make_ticks(text: &mut Text) {
    const EMPTY: &str = "£";
    let body = text.as_str();
    let alone = |at: usize, len: usize| {
        let before = body.get(..at).and_then(|head| head.chars().next_back());
        let after = body.get(at + len..).and_then(|rest| rest.chars().next());
        [before, after].into_iter().all(|c| c.is_none_or(|c| c == ' ' || is_mark(c)))
    };
    let empty = memmem::find_iter(body.as_bytes(), EMPTY).take(MOST);
    let empty = empty.filter(|at| alone(*at, EMPTY.len()) && is_box(body, *at, EMPTY.len()));
    // One alone may be money.
    if empty.take(2).count() < 2 {
        return;
    }
    let letters = memchr::memchr3_iter(b'R', b'S', b'T', body.as_bytes());
    let ticks = letters.filter(|at| alone(*at, 1) && is_box(body, *at, 1)).take(MOST);
    let ticks: Vec<usize> = ticks.collect();
    text.blank(|bytes| {
        for tick in ticks {
            bytes.get_mut(tick).into_iter().for_each(|byte| *byte = b'X');
        }
    });
}

/// Whether a sign stands where a box does: before a rule or a letter of row 2, behind such a
/// letter, or alone in its line.
fn is_box(body: &str, at: usize, len: usize) -> bool {
    const NEAR: usize = 24;
    let after = near(body, at + len, NEAR).trim_start_matches(' ');
    let before = near_before(body, at, NEAR).trim_end_matches(' ');
    let letters = ["(a)", "(b)", "(A)", "(B)"];
    let first = before.is_empty() || before.ends_with(is_mark);
    let last = after.is_empty() || after.starts_with(is_mark);
    letters.iter().any(|letter| before.ends_with(letter) || after.starts_with(letter))
        || ["Rule 13d", "RULE 13d", "RULE 13D"].iter().any(|rule| after.starts_with(rule))
        || first && last
}

#[cfg(test)]
mod tests {
    use crate::reading::text;

    fn read(page: &str) -> String {
        let text = text::read(page.as_bytes(), 0..page.len());
        text.as_str().to_owned()
    }

    #[test]
    fn letters_among_boxes_are_ticks() {
        assert_eq!(
            read("£ Rule 13d-1(b)\nT Rule 13d-1(c)\n"),
            "£ Rule 13d-1(b)\nT Rule 13d-1(c)\n"
        );
        assert_eq!(
            read("£ Rule 13d-1(b)\nT Rule 13d-1(c)\n£ Rule 13d-1(d)\n(a) R (b) £\nS\nT Co"),
            "£ Rule 13d-1(b)\nX Rule 13d-1(c)\n£ Rule 13d-1(d)\n(a) X (b) £\nX\nT Co"
        );
        let money = "T Rule 13d-1(c)\n£ 5\n£ 7\n£\n";
        assert_eq!(read(money), money);
    }
}
