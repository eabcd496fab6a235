//! A frame of bars drawn around a typed page: taken away, so that what stands in it reads alone.
//! Knows nothing of what that is; bars between columns stay.

use crate::reading::text::{LINE, Text};

/// So many lines between the same bars are a frame.
const ENOUGH: usize = 8;
/// And so many are looked at together.
const MOST: usize = 500;
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
    text.blank(|bytes| {
        let mut run: Vec<Framed> = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let len = memchr::memchr(LINE as u8, rest).unwrap_or(rest.len());
            // A page mark ends a frame.
            let line = rest.get(..len).unwrap_or_default();
            let said = line.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
            let line = line.get(..said).unwrap_or_default();
            let framed = framed(line, at);
            let goes_on = match (&framed, run.last()) {
                (Some(framed), Some(last)) => framed.columns == last.columns && run.len() < MOST,
                (None, _) => line.is_empty(),
                (Some(_), None) => true,
            };
            if !goes_on {
                take(&mut run, bytes);
            }
            run.extend(framed);
            at += len + 1;
        }
        take(&mut run, bytes);
    });
}

/// Blanks the bars of a run of lines, if they are a frame.
fn take(run: &mut Vec<Framed>, bytes: &mut [u8]) {
    const ONE_IN: usize = 5;
    let divided = run.iter().filter(|line| line.divided).count();
    if run.len() >= ENOUGH && divided * ONE_IN <= run.len() {
        for bar in run.iter().flat_map(|line| [line.left, line.right]) {
            bytes.get_mut(bar).into_iter().for_each(|bar| *bar = b' ');
        }
    }
    run.clear();
}

/// A line that begins and ends with a bar, or with the corners of a frame.
fn framed(line: &[u8], at: usize) -> Option<Framed> {
    let bar = |byte: Option<&u8>| matches!(byte, Some(b'|' | b'+'));
    let lead = line.iter().take_while(|byte| **byte == b' ').count();
    if line.len() > LONGEST || line.len() < lead + 2 || !bar(line.get(lead)) || !bar(line.last()) {
        return None;
    }
    let inner = line.get(lead + 1..line.len() - 1)?;
    // "|_|" is a box and no frame.
    let ruled = inner.iter().rev().take_while(|byte| matches!(byte, b'-' | b'=' | b'_')).count();
    if inner.last() != Some(&b' ') && ruled <= 3 {
        return None;
    }
    let width = line.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count();
    let divides = |three: &[u8]| matches!(three, b" | " | b"-|-" | b"-+-");
    let divided = inner.windows(3).any(divides);
    Some(Framed { left: at + lead, right: at + line.len() - 1, columns: (lead, width), divided })
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
