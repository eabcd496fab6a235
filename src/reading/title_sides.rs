//! On which side of its label a value of the title page stands, and how far it reaches.
//! Knows nothing of which field is asked for, nor of what its words mean.

use std::ops::Range;

use crate::reading::cusips::cusip_shape;
use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme::{self, Kind};
use crate::reading::rows;
use crate::reading::text::{LOWERED, RAISED, first_line, is_mark, near, near_before};
use crate::reading::title::Title;
use crate::reading::title_captions;
use crate::reading::title_form::amendment_number;

/// How far before its label a value of the title page may begin.
const FARTHEST: usize = 1500;
/// How far from its label a CUSIP stands.
const NEAR: usize = 200;

impl Title<'_> {
    /// Whether a label is printed in brackets: its value stands above it.
    pub(super) fn bracketed(&self, hit: Hit) -> bool {
        let before = self.body.get(..hit.start).unwrap_or("").trim_end_matches([' ', '*', '\n']);
        before.ends_with('(')
    }

    /// Where the value of a label in brackets may begin: after the label before.
    pub(super) fn above(&self, index: usize, hit: Hit) -> Range<usize> {
        let floor = hit.start.saturating_sub(FARTHEST);
        let before =
            self.hits.iter().take(index).rev().find(|h| self.bounds(h) && h.end <= hit.start);
        let from = before.map_or(floor, |h| self.after_label(h)).max(floor);
        let open = self.body.get(..hit.start).and_then(|head| head.rfind('('));
        let open = open.filter(|_| self.bracketed(hit)).unwrap_or(hit.start);
        let mut from = from.min(open);
        while !self.body.is_char_boundary(from) {
            from += 1;
        }
        from..open
    }

    fn bounds(&self, hit: &Hit) -> bool {
        !matches!(
            hit.label,
            Label::Noise | Label::Legend | Label::Exhibit | Label::Item | Label::Signature
        )
    }

    /// Past the rest of a label's line: `)`, `*`, `No. 2)`, a rule drawn under it.
    pub(super) fn after_label(&self, hit: &Hit) -> usize {
        let rest = self.body.get(hit.end..).unwrap_or("");
        let closes = rest
            .find(')')
            .filter(|at| *at < 60 && !rest.get(..*at).is_some_and(|inside| inside.contains('(')));
        let number = hit.label == Label::Amendment;
        let bracket = closes.filter(|_| number || self.bracketed(*hit));
        let mut end = hit.end + bracket.map_or(0, |at| at + 1);
        if bracket.is_some() {
            // "(Amendment No. 6)1": the mark of a footnote on its bracket.
            let rest = self.body.get(end..).unwrap_or("");
            let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = rest.len() - tail.len();
            end += if digits <= 2 && tail.starts_with(is_mark) { digits } else { 0 };
            let raised = rest.strip_prefix(RAISED).and_then(|mark| mark.find(LOWERED));
            let lowered = raised.filter(|at| *at < 12).map(|at| at + 1 + LOWERED.len_utf8());
            end += lowered.unwrap_or(0);
        }
        if number && bracket.is_none() {
            end = amendment_number(self.body, hit.end).map_or(end, |(_, range)| range.end);
        }
        if number {
            end = self.after_brackets(end);
        }
        if matches!(hit.label, Label::ScheduleD | Label::ScheduleG) {
            end += self.body.get(end..).filter(|rest| rest.starts_with("/A")).map_or(0, |_| 2);
        }
        if matches!(hit.label, Label::Boundary | Label::RuleBox | Label::DesignateRule) {
            end = self.after_letters(end);
        }
        let rest = self.body.get(end..).unwrap_or("");
        end + (rest.len() - rest.trim_start_matches(['*', ')', '.', ',', ' ', '-', '_']).len())
    }

    /// Past what a dash adds on an amendment number's line: `(Amendment No. 1) - CORRECTED`.
    fn after_remark(&self, from: usize) -> usize {
        const REMARKS: [&str; 8] = [
            "corrected",
            "correction",
            "restated",
            "amended and restated",
            "final",
            "final amendment",
            "exit filing",
            "refiled",
        ];
        let line = first_line(near(self.body, from, 40));
        let said = line.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if REMARKS.contains(&said.as_str()) { from + line.len() } else { from }
    }

    /// Past further brackets on an amendment number's line: `(Amendment No. 5) (Exit Filing)*`.
    fn after_brackets(&self, from: usize) -> usize {
        const LONGEST: usize = 80;
        let rest = self.body.get(from..).unwrap_or("");
        let tail = rest.trim_start_matches([' ', '*']);
        if tail.starts_with(['-', '–', '—']) {
            return self.after_remark(from + rest.len() - tail.len());
        }
        let close = tail.find([')', '\n']).filter(|_| tail.starts_with('('));
        let end =
            close.filter(|at| *at < LONGEST && tail.get(*at..).is_some_and(|t| t.starts_with(')')));
        let bracket = end.map(|at| from + rest.len() - tail.len() + at + 1);
        // A label in brackets is the next thing on the page.
        let plain = |end: &usize| !self.hits.iter().any(|h| (from..*end).contains(&h.start));
        bracket.filter(plain).unwrap_or(from)
    }

    /// Past the rest of a rule's name: `(b), (c) and (d)`.
    fn after_letters(&self, from: usize) -> usize {
        let mut end = from;
        for token in lexeme::tokens(self.body, from..(from + 60).min(self.line_end(from))) {
            let word = self.body.get(token.range()).unwrap_or("");
            let goes = match token.kind {
                Kind::Note | Kind::Letter(_) | Kind::Other(',') | Kind::Close | Kind::Number => {
                    true
                }
                Kind::Word => matches!(word, "and" | "AND" | "or" | "OR"),
                _ => false,
            };
            if !goes {
                break;
            }
            end = token.end;
        }
        end
    }

    /// Where the value of a label that ends in a colon stands: to the next label.
    pub(super) fn below(&self, index: usize, hit: Hit) -> Range<usize> {
        let next = self.hits.iter().skip(index + 1).find(|h| {
            h.start >= hit.end
                && matches!(
                    h.label,
                    Label::Row(_)
                        | Label::Item
                        | Label::Issuer
                        | Label::Class
                        | Label::Cusip
                        | Label::EventDate
                        | Label::Elsewhere
                        | Label::Signature
                        | Label::DesignateRule
                        | Label::ItemRow
                )
        });
        let end = next.map_or(self.body.len(), |h| h.start).min(hit.end + FARTHEST);
        let mut end = self.value_end(hit.end, end);
        while !self.body.is_char_boundary(end) {
            end -= 1;
        }
        // "(Name of Issuer)": the bracket that closes behind the label is no part of the value.
        let rest = self.body.get(hit.end..end).unwrap_or("");
        let closes = rest.len() - rest.trim_start_matches([' ', ')', '*']).len();
        hit.end + if self.bracketed(hit) { closes } else { 0 }..end
    }

    /// A value after its label ends before a sub-item's letter or the next sentence of the form.
    fn value_end(&self, from: usize, end: usize) -> usize {
        let mut to = end;
        while !self.body.is_char_boundary(to) {
            to -= 1;
        }
        let part = self.body.get(from..to).unwrap_or("");
        let stops = ["(a)", "(b)", "(c)", "(d)", "(e)", "Check the", "Address of"];
        let stop = stops.iter().filter_map(|stop| part.get(1..)?.find(stop).map(|at| at + 1)).min();
        from + stop.unwrap_or(part.len())
    }

    /// Whether a label stands alone below a rule drawn across the page, under which the form prints
    /// its labels, and another label of the title page is in brackets, as the form's are.
    fn is_ruled(&self, hit: Hit) -> bool {
        const SHORTEST: usize = 10;
        let head = self.body.get(..hit.start).unwrap_or("").trim_end_matches(' ');
        let above = head.strip_suffix('\n').and_then(|head| head.rsplit(is_mark).next());
        let above = above.unwrap_or("").trim();
        let ruled =
            above.len() >= SHORTEST && above.bytes().all(|b| matches!(b, b'-' | b'_' | b'='));
        let rest = self.body.get(hit.end..).and_then(|rest| rest.split(is_mark).next());
        let alone = rest.unwrap_or("").trim_matches([' ', ':']).is_empty();
        let of_title = |hit: &Hit| {
            matches!(hit.label, Label::Issuer | Label::Class | Label::Cusip | Label::EventDate)
        };
        ruled && alone && self.on_page().any(|(_, hit)| of_title(hit) && self.bracketed(*hit))
    }

    /// Whether the value of a label stands above it: the label is in brackets; or it has neither
    /// brackets nor a colon, and something stands above the issuer's label, which comes first.
    pub(super) fn stands_above(&self, hit: Hit) -> bool {
        if self.bracketed(hit) || hit.start >= self.end {
            return self.bracketed(hit) && !self.captions_lead();
        }
        if self.beside(hit) {
            return false;
        }
        let plain = |hit: Hit| {
            let colon = self.char_after(hit.end) == Some(':') && !self.is_ruled(hit);
            let colon = colon && !self.codes_stand_above();
            !self.bracketed(hit) && !self.beside(hit) && !colon
        };
        let issuer = self.first(Label::Issuer).filter(|(_, issuer)| plain(*issuer) && plain(hit));
        issuer.is_some_and(|(index, issuer)| {
            self.value_words(self.above(index, issuer), true).is_some()
        })
    }

    /// Whether the CUSIP stands above its label, in a line of its own, and none below it.
    pub(super) fn codes_stand_above(&self) -> bool {
        self.codes_around() == Some((true, false))
    }

    /// Whether the CUSIP stands below its label, in a line of its own, and none above it: captions
    /// come before their values, though they are in brackets.
    fn captions_lead(&self) -> bool {
        self.codes_around() == Some((false, true))
    }

    /// Whether a CUSIP stands in the lines next above and below its label, if none is beside it.
    fn codes_around(&self) -> Option<(bool, bool)> {
        let (_, hit) = self.first(Label::Cusip)?;
        let says = |line: &&str| line.contains(char::is_alphanumeric);
        let code = |line: Option<&str>| line.is_some_and(|line| cusip_shape(line.trim()));
        let after = near(self.body, hit.end, NEAR);
        let below = after.split(is_mark).skip(1).find(says);
        let beside = after.split(is_mark).next().unwrap_or("");
        let head = near_before(self.body, hit.start, NEAR);
        let above = head.rsplit(is_mark).skip(1).find(says);
        let alone = beside.trim_matches([' ', ':', ')', '*', '.']).is_empty();
        alone.then(|| (code(above), code(below)))
    }

    /// The words of a range without rules, ornaments and what belongs to the next cell.
    pub(super) fn value_words(
        &self,
        range: Range<usize>,
        above: bool,
    ) -> Option<(String, Range<usize>)> {
        let part = self.body.get(range.clone())?;
        let mut pieces: Vec<Range<usize>> = Vec::new();
        let mut at = range.start;
        for line in part.split_inclusive(is_mark) {
            let here = at..at + line.len();
            at += line.len();
            let kept = line.trim_matches(|c: char| {
                is_mark(c) || matches!(c, ' ' | ':' | '-' | '_' | '=' | '*' | '|' | '+' | '–' | '—')
            });
            if kept.is_empty() {
                // Below its label a value ends with the paragraph.
                if !above && !pieces.is_empty() && line.trim_matches(' ') == "\n" {
                    break;
                }
                continue;
            }
            let from = here.start + line.find(kept).unwrap_or(0);
            // "NAME OF ISSUER......  X": what leads to a value is no part of it.
            let dots = kept.len() - kept.trim_start_matches(['.', ' ']).len();
            let dots = if dots > 2 { dots } else { 0 };
            if dots < kept.len() {
                pieces.push(from + dots..from + kept.len());
            }
        }
        if above {
            keep_last_paragraph(self.body, &mut pieces);
        }
        if let Some(first) = pieces.first_mut() {
            first.start += title_captions::own_caption(self.body.get(first.clone()).unwrap_or(""));
        }
        // Nor is one that stands apart on its line.
        if let Some(last) = pieces.last_mut() {
            let apart = self.body.get(last.clone()).and_then(|line| line.rsplit_once("   "));
            if let Some((class, _)) = apart.filter(|(_, code)| cusip_shape(code)) {
                last.end = last.start + class.trim_end().len();
            }
        }
        // A CUSIP in the next cell of the row is not part of the class.
        if pieces.len() > 1 {
            let last = pieces.last().and_then(|p| self.body.get(p.clone())).unwrap_or("");
            if cusip_shape(last) {
                pieces.pop();
            }
        }
        let said = rows::words(self.body, &pieces);
        said.filter(|(words, _)| words.contains(char::is_alphanumeric))
    }
}

/// Of several typed paragraphs above a label the last is its value; one in brackets ("formerly
/// ...") goes with the one before.
fn keep_last_paragraph(body: &str, pieces: &mut Vec<Range<usize>>) {
    let blank = |pair: &[Range<usize>]| match pair {
        [a, b] => {
            let between = body.get(a.end..b.start).unwrap_or("");
            let lines = between.bytes().filter(|c| *c == b'\n').count();
            let bracket = body.get(b.clone()).is_some_and(|s| s.starts_with('('));
            lines >= 2 && !bracket
        }
        _ => false,
    };
    if let Some(last) = pieces.windows(2).rposition(blank) {
        pieces.drain(..=last);
    }
}
