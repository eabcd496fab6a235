//! What the title page says of the filing itself: form, amendment number, rule boxes.
//! Knows nothing of the issuer and its securities.

use std::ops::Range;

use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::text::{is_mark, near, near_before};
use crate::reading::title::Title;
use crate::terms::span::Field;
use crate::terms::statement::{Form, Reading, Rule, Schedule};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// The words between "Amendment" and its number.
const NUMBER: [&str; 5] = ["no", "nos", "nr", "number", "num"];
/// How far before a rule its box stands.
const NEAR_RULE: usize = 200;
/// How many rules are looked at; the form prints three.
const MOST_RULES: usize = 100;

impl Title<'_> {
    pub(super) fn form_and_amendment(&self, reading: &mut Reading) {
        reading.amendment_number = self.amendment(reading);
        if let Some(form) = self.leading_form() {
            reading.form = form;
            return;
        }
        let schedule = self
            .on_page()
            .map(|(_, h)| h)
            .find(|h| matches!(h.label, Label::ScheduleD | Label::ScheduleG));
        let schedule = schedule.or_else(|| {
            self.hits.iter().find(|h| matches!(h.label, Label::ScheduleD | Label::ScheduleG))
        });
        let Some(hit) = schedule else { return };
        let rest = self.body.get(hit.end..).unwrap_or("");
        let amended =
            rest.starts_with("/A") || matches!(reading.amendment_number, Field::Stated { .. });
        let schedule = if hit.label == Label::ScheduleD { Schedule::D } else { Schedule::G };
        let form = match (schedule, amended) {
            (Schedule::D, false) => Form::Sc13D,
            (Schedule::D, true) => Form::Sc13DA,
            (Schedule::G, false) => Form::Sc13G,
            (Schedule::G, true) => Form::Sc13GA,
        };
        let end = hit.end + if rest.starts_with("/A") { 2 } else { 0 };
        reading.form = Field::stated(form, self.text.span(hit.start..end));
    }

    /// `SC 13G/A 1 file.htm`: what is left of the document's header when its tags are lost.
    fn leading_form(&self) -> Option<Field<Form>> {
        let start =
            self.body.len() - self.body.trim_start_matches(|c: char| c == ' ' || is_mark(c)).len();
        let head = self.body.get(start..)?;
        let rest = head.strip_prefix("SC 13").or_else(|| head.strip_prefix("SCHEDULE 13"))?;
        let len = head.len() - rest.len();
        let amended = rest.get(1..).is_some_and(|rest| rest.starts_with("/A"));
        let end = len + if amended { 3 } else { 1 };
        let form = Form::from_edgar(head.get(..end)?)?;
        // A title page begins the same way, but no sequence number follows it.
        let next = head.get(end..)?.trim_start_matches(|c: char| c == ' ' || is_mark(c));
        next.starts_with('1').then(|| Field::stated(form, self.text.span(start..start + end)))
    }

    fn amendment(&self, reading: &mut Reading) -> Field<u32> {
        let mut blank = None;
        let from = self.after_other_schedule();
        let ours = |h: &Hit| {
            let said = h.label == Label::Amendment && !self.in_sentence(h.start);
            said && (h.start >= from || self.is_of_ours(*h))
        };
        for (_, hit) in self.on_page().filter(|(_, h)| ours(h)) {
            let label = self.body.get(hit.range()).unwrap_or("");
            if label.len() <= "amendment".len()
                && !matches!(self.char_after(hit.end), Some('#' | 'N' | 'n' | '0'..='9' | ':'))
            {
                // "AMENDMENT SEVEN" on a line of its own.
                let number = amendment_number(self.body, hit.end)
                    .filter(|(_, range)| self.alone(hit.start, range.end));
                let number = number.or_else(|| self.ordinal_before(*hit));
                match number {
                    Some((number, range)) => return Field::stated(number, self.text.span(range)),
                    None => continue,
                }
            }
            match amendment_number(self.body, hit.end) {
                Some((0, _)) | None => match unread_number(self.body, hit.end) {
                    Some(range) => {
                        return self.unreadable(range, FieldName::AmendmentNumber, reading);
                    }
                    None => {
                        blank.get_or_insert(hit.range());
                    }
                },
                Some((_, range)) if second_number(self.body, range.end).is_some() => {
                    let end = second_number(self.body, range.end).unwrap_or(range.end);
                    let range = range.start..end;
                    return self.unreadable(range, FieldName::AmendmentNumber, reading);
                }
                Some((number, range)) => return Field::stated(number, self.text.span(range)),
            }
        }
        // One above our title may be ours, or the other schedule's.
        let above = |h: &Hit| h.label == Label::Amendment && h.start < from;
        let above = self.on_page().map(|(_, h)| h).filter(|h| above(h)).last();
        match (blank, above.and_then(|hit| amendment_number(self.body, hit.end))) {
            (Some(range), _) => Field::Blank { span: self.text.span(range) },
            (None, Some((_, range))) => self.unreadable(range, FieldName::AmendmentNumber, reading),
            (None, None) => Field::Absent,
        }
    }

    /// Whether a word in small letters stands right before, "constitutes Amendment No. 6 to"; at
    /// the end of the line above only one that leads to it, for "as amended" may end a title.
    fn in_sentence(&self, at: usize) -> bool {
        let head = self.body.get(..at).unwrap_or("").trim_end_matches([' ', '\n']);
        let word = head.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let line = self.body.get(head.len()..at).is_some_and(|gap| gap.contains('\n'));
        let leads = matches!(word, "constitutes" | "this" | "to" | "of" | "the" | "and");
        word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase()) && (leads || !line)
    }

    /// Where our schedule is named below the title of a tender offer or of going private, which is
    /// amended too; the beginning where there is none.
    fn after_other_schedule(&self) -> usize {
        let ours = |h: &&Hit| matches!(h.label, Label::ScheduleD | Label::ScheduleG);
        let hits = self.on_page().map(|(_, h)| h);
        let end = |h: &Hit| {
            let amends = self.body.get(h.end..).is_some_and(|rest| rest.starts_with("/A"));
            h.end + if amends { "/A".len() } else { 0 }
        };
        let Some(ours) = hits.filter(ours).find(|h| self.alone(h.start, end(h))) else { return 0 };
        let above = self.body.get(..ours.start).unwrap_or("");
        if schedules(above).any(is_other) { ours.end } else { 0 }
    }

    /// Whether an amendment's number says that it is our schedule's, or stands right below its
    /// title: "AMENDMENT NO. 4 TO SCHEDULE 13D", "SCHEDULE 13D / (Amendment No. 6)".
    fn is_of_ours(&self, hit: Hit) -> bool {
        let after = schedules(near(self.body, hit.end, 60)).next();
        let before = schedules(near_before(self.body, hit.start, 60)).last();
        let ours = |title: &str| title.starts_with("13D") || title.starts_with("13G");
        let mut words = near(self.body, hit.end, 24).split_whitespace().take(4);
        let to = words.any(|word| word.eq_ignore_ascii_case("to"));
        if to { after.is_some_and(ours) } else { before.is_some_and(ours) }
    }

    /// "Third Amendment", "2nd Amendment", on a line of its own.
    fn ordinal_before(&self, hit: Hit) -> Option<(u32, Range<usize>)> {
        let head = self.body.get(..hit.start)?.trim_end_matches(' ');
        let word = head.rsplit(|c: char| !c.is_alphanumeric()).next()?;
        let start = head.len() - word.len();
        let number = ordinal(&lexeme::lower(word)).filter(|_| self.alone(start, hit.end))?;
        Some((number, start..head.len()))
    }

    /// Whether nothing else stands on the lines of a range, but for brackets and marks of notes.
    fn alone(&self, start: usize, end: usize) -> bool {
        let blank = |c: char| matches!(c, ' ' | '(' | ')' | '*');
        let head = self.body.get(..start).unwrap_or("").trim_end_matches(blank);
        let tail = self.body.get(end..).unwrap_or("").trim_start_matches(blank);
        (head.is_empty() || head.ends_with(is_mark))
            && (tail.is_empty() || tail.starts_with(is_mark))
    }

    /// `13d-1(b)` beside a box, where the word "Rule" is not printed before it.
    fn bare_rules(&self, from: Option<Hit>) -> Vec<Hit> {
        const NEAR: usize = 800;
        const LONGEST_PAGE: usize = 1 << 13;
        let start = from.map_or(0, |hit| hit.end);
        let mut end = match from {
            Some(_) => start + NEAR,
            None => self.end.min(LONGEST_PAGE),
        };
        end = end.min(self.body.len()).max(start);
        while !self.body.is_char_boundary(end) {
            end -= 1;
        }
        let part = lexeme::lower(self.body.get(start..end).unwrap_or(""));
        let mut found: Vec<Hit> = Vec::new();
        for (at, name) in part.match_indices("13d-1(") {
            let at = start + at;
            let end = at + name.len() + 1;
            let closed = self.body.get(end..).is_some_and(|rest| rest.starts_with(')'));
            let letter = self.body.get(end - 1..end).unwrap_or("");
            if closed && matches!(letter, "b" | "c" | "d" | "B" | "C" | "D") {
                found.push(Hit { label: Label::RuleBox, start: at, end });
            }
        }
        found
    }

    pub(super) fn rules(&self, reading: &mut Reading) {
        let from = self.first(Label::DesignateRule).map(|(_, hit)| hit);
        let start = from.map_or(0, |hit| hit.end);
        let found: Vec<Hit> = self
            .on_page()
            .map(|(_, hit)| *hit)
            .filter(|h| {
                h.label == Label::RuleBox
                    && h.start >= start
                    && (from.is_none() || h.start < start + 1500)
            })
            .take(MOST_RULES)
            .collect();
        // "Rule: [ ] 13d-1(b)  [x] 13d-1(c)": the word stands before the first alone, and its box
        // between.
        let bare = if found.len() < 2 { self.bare_rules(from) } else { Vec::new() };
        let found = if bare.len() > found.len() { bare } else { found };
        let Some(first) = found.first() else { return };
        if found.len() == MOST_RULES {
            let message = format!("rules after the first {MOST_RULES} are left out");
            let (code, field) = (TroubleCode::LimitReached, FieldName::Rules);
            reading.troubles.push(Trouble { code, holder: None, field, span: None, message });
        }
        let floor = if from.is_some() { start } else { first.start.saturating_sub(40) };
        // Below the caption each box stands before its rule, or after it.
        let before = self.box_in(self.lead(floor, first.start, NEAR_RULE)).is_some();
        let all_after = || self.boxes_after(&found).iter().all(Option::is_some);
        if from.is_none() && !before && !(found.len() > 1 && all_after()) {
            return;
        }
        if let Some(drawn) = self.boxes_above(floor, &found) {
            for ((_, at), hit) in drawn.into_iter().zip(&found).filter(|((ticked, _), _)| *ticked) {
                let range = at.start..self.after_rule(hit.end);
                reading.rules.push(Field::stated(self.rule(*hit), self.text.span(range)));
            }
            return;
        }
        let explicit = self.boxes_after(&found);
        let box_before = before || explicit.iter().all(Option::is_none);
        if !before && self.one_between(&found, &explicit) {
            let range = first.start..found.last().map_or(first.end, |hit| hit.end);
            let field = self.unreadable(range, FieldName::Rules, reading);
            reading.rules.push(field);
            return;
        }
        let last = found.last().map_or(first.end, |hit| hit.end);
        let filled = lexeme::one_filled(self.body, floor..self.line_end(last));
        let mut previous = floor;
        for (index, hit) in found.iter().enumerate() {
            let own = if box_before {
                self.box_in(self.lead(previous, hit.start, NEAR_RULE))
            } else {
                explicit.get(index).cloned().flatten()
            };
            previous = self.after_rule(hit.end);
            let rule = self.rule(*hit);
            match own {
                Some((drawn, range)) if drawn == Some(true) || drawn.is_none() && filled => {
                    let range = range.start.min(hit.start)..range.end.max(previous);
                    reading.rules.push(Field::stated(rule, self.text.span(range)));
                }
                Some((None, range)) => {
                    let field = self.unreadable(range, FieldName::Rules, reading);
                    reading.rules.push(field);
                }
                _ => {}
            }
        }
    }

    fn rule(&self, hit: Hit) -> Rule {
        match self.body.get(hit.range()).and_then(|s| s.chars().next_back()) {
            Some('b' | 'B') => Rule::B,
            Some('c' | 'C') => Rule::C,
            _ => Rule::D,
        }
    }

    /// All boxes above all rules, a line each, as a table comes out that is taken down a column
    /// after the other: whether each is ticked, and where it stands.
    fn boxes_above(&self, floor: usize, found: &[Hit]) -> Option<Vec<(bool, Range<usize>)>> {
        const RULES: usize = 3;
        /// Each box may have a padded line for itself.
        const FARTHEST: usize = 600;
        let first = found.first()?;
        let mut drawn = Vec::new();
        let mut line_begins = false;
        for token in lexeme::tokens(self.body, self.lead(floor, first.start, FARTHEST)) {
            match (token.kind, self.box_of(&token)) {
                (Kind::Mark(_), _) => line_begins = true,
                (_, Some(Some(ticked))) if line_begins => {
                    drawn.push((ticked, token.range()));
                    line_begins = false;
                }
                // "Rule", before the first one's number.
                (Kind::Word, None) if drawn.is_empty() || drawn.len() == RULES => {}
                (Kind::Other('|'), _) => {}
                _ if drawn.is_empty() => {}
                _ => return None,
            }
        }
        let none_after = self.boxes_after(found).iter().all(Option::is_none);
        (drawn.len() == RULES && found.len() == RULES && none_after).then_some(drawn)
    }

    /// On one line, a mark between two rules may belong to either, unless the last has one too.
    fn one_between(
        &self,
        found: &[Hit],
        explicit: &[Option<(Option<bool>, Range<usize>)>],
    ) -> bool {
        let line = match found {
            [first, .., last] => {
                !self.body.get(first.end..last.start).is_some_and(|s| s.contains(is_mark))
            }
            _ => false,
        };
        line && explicit.iter().any(Option::is_some) && explicit.last().is_some_and(Option::is_none)
    }

    fn after_rule(&self, at: usize) -> usize {
        at + self.body.get(at..).filter(|rest| rest.starts_with(')')).map_or(0, |_| 1)
    }

    fn lead(&self, from: usize, to: usize, farthest: usize) -> Range<usize> {
        let from = from.max(to.saturating_sub(farthest)).min(to);
        let mut from = from;
        while !self.body.is_char_boundary(from) {
            from += 1;
        }
        from..to
    }

    fn boxes_after(&self, found: &[Hit]) -> Vec<Option<(Option<bool>, Range<usize>)>> {
        let ends = found.iter().skip(1).map(|h| h.start);
        let last = found.last().map_or(0, |h| self.line_end(h.end));
        found
            .iter()
            .zip(ends.chain([last]))
            .map(|(hit, end)| {
                let from = self.after_rule(hit.end);
                self.box_in(from..end.min(self.line_end(from)).max(from))
            })
            .collect()
    }

    /// The last box in a range.
    fn box_in(&self, range: Range<usize>) -> Option<(Option<bool>, Range<usize>)> {
        let mut range = range;
        while range.end > range.start && !self.body.is_char_boundary(range.end) {
            range.end -= 1;
        }
        let tokens = lexeme::tokens(self.body, range);
        tokens.iter().rev().find_map(|token| Some((self.box_of(token)?, token.range())))
    }

    /// Whether a token that is a box is ticked; a letter may be one where boxes stand.
    fn box_of(&self, token: &Token) -> Option<Option<bool>> {
        Some(match token.kind {
            Kind::Box(ticked) => ticked,
            Kind::Word => match self.body.get(token.range())? {
                "x" | "X" | "þ" | "ý" | "xx" | "XX" => Some(true),
                "o" | "q" => Some(false),
                _ => return None,
            },
            Kind::Other('¨') => Some(false),
            _ => return None,
        })
    }
}

/// What follows the word "Schedule", each time.
fn schedules(text: &str) -> impl Iterator<Item = &str> {
    let words = text.match_indices("SCHEDULE ").chain(text.match_indices("Schedule "));
    words.filter_map(|(at, word)| text.get(at + word.len()..))
}

/// Whether it is the title of a tender offer, or of going private.
fn is_other(title: &str) -> bool {
    // "THIS SCHEDULE TO REPORT" is none.
    let offer = title
        .strip_prefix("TO")
        .is_some_and(|rest| !rest.trim_start_matches(' ').starts_with(char::is_alphanumeric));
    offer || ["14D-1", "13E-3", "13E-4"].iter().any(|other| title.starts_with(other))
}

/// The number after `Amendment No.`, and where it stands.
pub(super) fn amendment_number(body: &str, at: usize) -> Option<(u32, Range<usize>)> {
    for token in lexeme::tokens(body, at..(at + 40).min(body.len())).into_iter().take(8) {
        let word = body.get(token.range())?;
        match token.kind {
            Kind::Number => return Some((word.parse().ok()?, token.range())),
            Kind::Mark(_) | Kind::Dash | Kind::Other('.' | ':' | '#') | Kind::Open => {}
            Kind::Word if NUMBER.contains(&lexeme::lower(word).as_str()) => {}
            Kind::Word => {
                let number = roman(word).or_else(|| spelled(&lexeme::lower(word)))?;
                return Some((number, token.range()));
            }
            Kind::Box(Some(false)) => {
                // "Amendment No. _2_": the number stands on its line.
            }
            _ => return None,
        }
    }
    None
}

/// What stands after `Amendment No.` with a digit in it, or alone, and is no number: "3A", "l",
/// "(2))", which is a number or the mark of a note.
fn unread_number(body: &str, at: usize) -> Option<Range<usize>> {
    let tokens = lexeme::tokens(body, at..(at + 40).min(body.len()));
    let leads = |t: &Token| match t.kind {
        Kind::Word => NUMBER.contains(&lexeme::lower(body.get(t.range()).unwrap_or("")).as_str()),
        _ => matches!(t.kind, Kind::Other('.' | ':') | Kind::Open),
    };
    let mut tokens = tokens.iter().take(8).skip_while(|t| leads(t));
    let found = tokens.next()?;
    let closed = tokens.next().is_some_and(|next| next.kind == Kind::Close);
    let may_be = found.kind == Kind::Word || found.kind == Kind::Note && closed;
    let word = body.get(found.range()).filter(|_| may_be)?;
    let digits = word.bytes().any(|b| b.is_ascii_digit());
    // A lone X is the tenth, or a mark in a blank.
    (digits || matches!(word, "l" | "x" | "X")).then(|| found.range())
}

/// Where a second number ends that follows the first: "3 and 4", "1 2".
fn second_number(body: &str, at: usize) -> Option<usize> {
    let mut end = (at + 16).min(body.len());
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    let tokens = lexeme::tokens(body, at..end);
    let joined = |t: &&Token| {
        let word = lexeme::lower(body.get(t.range()).unwrap_or(""));
        t.kind == Kind::Other('&') || ["and", "or"].contains(&word.as_str())
    };
    let after = usize::from(tokens.first().as_ref().is_some_and(joined));
    tokens.get(after).filter(|t| t.kind == Kind::Number).map(|t| t.end)
}

const UNITS: [(&str, &str); 12] = [
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("four", "fourth"),
    ("five", "fifth"),
    ("six", "sixth"),
    ("seven", "seventh"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("ten", "tenth"),
    ("eleven", "eleventh"),
    ("twelve", "twelfth"),
];

fn spelled(word: &str) -> Option<u32> {
    UNITS.iter().position(|(unit, _)| *unit == word).and_then(|at| u32::try_from(at + 1).ok())
}

/// `third`, `3rd`.
fn ordinal(word: &str) -> Option<u32> {
    let named = UNITS.iter().position(|(_, name)| *name == word);
    if let Some(at) = named {
        return u32::try_from(at + 1).ok();
    }
    let number = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending))?;
    number.parse().ok().filter(|number| (1..100).contains(number))
}

/// A number in Roman letters below forty, as they are written and no other way.
fn roman(word: &str) -> Option<u32> {
    const UNITS: [&str; 10] = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
    let tens = word.bytes().take_while(|b| *b == b'X').count();
    let unit = UNITS.iter().position(|unit| word.get(tens..) == Some(*unit))?;
    let number = u32::try_from(tens * 10 + unit).ok()?;
    ((1..40).contains(&number) && word != "X").then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amendment_is_numbered_in_many_ways() {
        let number = |text: &str| amendment_number(text, 0).map(|(number, _)| number);
        for (text, value) in [
            (" No. 34)", Some(34)),
            (" No. IV", Some(4)),
            (" NO. XII)", Some(12)),
            (" No. XXXIX", Some(39)),
            (" No. IIII", None),
            (" No. One)", Some(1)),
            (" No. n/a)", None),
            (" No. 3A)", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
        for unread in [" No. 3A)", " No. l)", ": 1st)"] {
            assert!(unread_number(unread, 0).is_some(), "{unread}");
        }
        for blank in [" No. n/a)", " No.: )", " No. to Schedule 13D"] {
            assert_eq!(unread_number(blank, 0), None, "{blank}");
        }
        for two in [" and 4)", " 2)", " & 4"] {
            assert!(second_number(two, 0).is_some(), "{two}");
        }
        for one in [")1", " to Schedule 13G", "; Exit Filing)", ""] {
            assert_eq!(second_number(one, 0), None, "{one}");
        }
        for (word, value) in [("third", Some(3)), ("2nd", Some(2)), ("final", None), ("0th", None)]
        {
            assert_eq!(ordinal(word), value, "{word}");
        }
    }
}
