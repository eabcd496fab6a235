//! A frame of bars drawn around a typed page: taken away, so that what stands in it reads alone.
//! Knows nothing of what that is; bars between columns stay.

use std::ops::Range;

use crate::reading::text::{LINE, Text};

/// So many lines between the same bars are a frame.
const ENOUGH: usize = 8;
/// The longest line that is looked at.
const LONGEST: usize = 400;

/// A line between bars: where both stand, their columns, and whether there are bars between them.
struct Framed {
    left: usize,
    right: usize,
    columns: (usize, usize),
    divided: bool,
}

/// Blanks the frames of a text.
pub(crate) fn blank(text: &mut Text) {
    let mut dropped: Vec<Range<usize>> = Vec::new();
    let mut run: Vec<Framed> = Vec::new();
    let mut at = 0;
    for line in text.as_str().split_inclusive(LINE) {
        let here = at;
        at += line.len();
        let line = line.trim_end_matches([LINE, ' ']);
        let framed = framed(line, here);
        let goes_on = match (&framed, run.last()) {
            (Some(framed), Some(last)) => framed.columns == last.columns,
            (None, _) => line.is_empty(),
            (Some(_), None) => true,
        };
        if !goes_on {
            take(&mut run, &mut dropped);
        }
        run.extend(framed);
    }
    take(&mut run, &mut dropped);
    text.blank(&dropped);
}

/// The bars of a run of lines, if they are a frame.
fn take(run: &mut Vec<Framed>, dropped: &mut Vec<Range<usize>>) {
    const ONE_IN: usize = 5;
    let divided = run.iter().filter(|line| line.divided).count();
    if run.len() >= ENOUGH && divided * ONE_IN <= run.len() {
        let bars = run.iter().flat_map(|line| [line.left, line.right]);
        dropped.extend(bars.map(|bar| bar..bar + 1));
    }
    run.clear();
}

/// A line that begins and ends with a bar, or with the corners of a frame.
fn framed(line: &str, at: usize) -> Option<Framed> {
    const BAR: [char; 2] = ['|', '+'];
    if line.len() > LONGEST {
        return None;
    }
    let lead = line.len() - line.trim_start_matches(' ').len();
    let inner = line.get(lead..)?.strip_prefix(BAR)?.strip_suffix(BAR)?;
    // "|_|" is a box and no frame.
    let drawn = inner.trim_end_matches(['-', '=', '_']);
    let ruled = inner.len() - drawn.len();
    if !(inner.ends_with(' ') || ruled > 3) {
        return None;
    }
    let columns = (lead, line.chars().count());
    let divided = inner.contains(" | ") || inner.contains("-|-") || inner.contains("-+-");
    Some(Framed { left: at + lead, right: at + line.len() - 1, columns, divided })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::text;

    fn without(line: &str) -> String {
        let page = format!("{line}\n").repeat(ENOUGH);
        let text = text::read(page.as_bytes(), 0..page.len());
        text.as_str().lines().next().unwrap_or("").to_owned()
    }

    #[test]
    fn a_frame_is_taken_away_and_bars_between_columns_stay() {
        for (line, left) in [
            ("| 5 SOLE VOTING POWER     1,000 |", "  5 SOLE VOTING POWER     1,000  "),
            ("|     (a) |_|   (b) |X|         |", "      (a) |_|   (b) |X|          "),
            ("+-------------------------------+", " ------------------------------- "),
            ("| 5 | SOLE VOTING POWER | 1,000 |", "| 5 | SOLE VOTING POWER | 1,000 |"),
            ("|X| (a)   |_| (b)   |_|", "|X| (a)   |_| (b)   |_|"),
        ] {
            assert_eq!(without(line).trim_end(), left.trim_end());
        }
    }
}
