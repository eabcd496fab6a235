//! Word differences between two texts of filings.
//! Knows nothing of where the texts stand; it is given bytes or words.

use std::collections::BTreeMap;

use crate::report::plain::safe;
use crate::terms::span::Span;

/// The word differences of items, by the entry that says an item and the item's number.
pub type ItemWords = BTreeMap<(u64, u8), Vec<Run>>;

/// Words that stand, go or come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Run {
    /// In both.
    Same(Vec<String>),
    /// In the first alone.
    Gone(Vec<String>),
    /// In the second alone.
    Come(Vec<String>),
    /// Why it cannot be told.
    Unknown(Vec<String>),
}

/// How many cells the table of common words may have; beyond, what lies between the common
/// beginning and end is shown as gone and come whole.
const CELLS_MAX: usize = 4_000_000;

/// The words of a piece of a filing: markup left out, the common entities written out.
pub fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let tag = after.strip_prefix('<').unwrap_or(after);
        let opens =
            tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        match tag.split_once('>').filter(|_| opens) {
            Some((_, behind)) => {
                out.push(' ');
                rest = behind;
            }
            None => {
                out.push('<');
                rest = tag;
            }
        }
    }
    out.push_str(rest);
    resolved(&out)
}

/// Whether an item's place in a filing is answers to the questions of a structured Schedule 13G
/// (`Y`, an amount, a name), which has no words of its own; a structured 13D's items are words.
pub fn is_answers(bytes: &[u8], item: Span) -> bool {
    let before = Span::new(0, item.start()).cut(bytes).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    let tag = before.trim_end().strip_suffix('>').and_then(|before| before.rsplit_once('<'));
    tag.is_some_and(|(above, tag)| {
        let name = tag.split_whitespace().next().unwrap_or_default();
        let own = name.rsplit(':').next().unwrap_or_default();
        let numbered = own.strip_prefix("item").is_some_and(|number| number.parse::<u8>().is_ok());
        numbered && !above.contains("items1To7")
    })
}

/// References to characters as the characters; a number of Windows-1252 as what it stands for
/// there, as every browser does.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let found = after.split_once(';').and_then(|(name, behind)| Some((named(name)?, behind)));
        match found {
            Some((character, behind)) => {
                out.push(character);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn named(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#').map(|number| number.strip_prefix(['x', 'X'])) {
        Some(Some(hex)) => u32::from_str_radix(hex, 16).ok()?,
        Some(None) => name.trim_start_matches('#').parse().ok()?,
        None => {
            let names = [
                ("nbsp", ' '),
                ("lt", '<'),
                ("gt", '>'),
                ("quot", '"'),
                ("apos", '\''),
                ("amp", '&'),
                ("sect", '§'),
                ("ldquo", '“'),
                ("rdquo", '”'),
                ("lsquo", '‘'),
                ("rsquo", '’'),
                ("ndash", '–'),
                ("mdash", '—'),
                ("uml", '¨'),
            ];
            return names.into_iter().find(|(own, _)| *own == name).map(|(_, character)| character);
        }
    };
    match number {
        160 => Some(' '),
        0x80..=0x9f => {
            let byte = [u8::try_from(number).ok()?];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next()
        }
        number => char::from_u32(number),
    }
}

/// What differs, as runs of words; empty where the words are the same.
pub fn words(a: &str, b: &str) -> Vec<Run> {
    let a: Vec<&str> = a.split_whitespace().collect();
    let b: Vec<&str> = b.split_whitespace().collect();
    if a == b {
        return Vec::new();
    }
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a.iter().skip(head).rev().zip(b.iter().skip(head).rev());
    let tail = tail.take_while(|(x, y)| x == y).count();
    let middle = |words: &[&'_ str]| -> Vec<String> {
        let end = words.len() - tail;
        words.iter().take(end).skip(head).map(|word| (*word).to_owned()).collect()
    };
    let (gone, come) = (middle(&a), middle(&b));
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut runs = vec![Run::Same(own(a.get(..head).unwrap_or_default()))];
    runs.extend(between(gone, come));
    runs.push(Run::Same(own(a.get(a.len() - tail..).unwrap_or_default())));
    runs.retain(|run| !run.words().is_empty());
    runs
}

impl Run {
    /// Its words.
    pub fn words(&self) -> &[String] {
        match self {
            Run::Same(words) | Run::Gone(words) | Run::Come(words) | Run::Unknown(words) => words,
        }
    }
}

/// That what differs cannot be told, and why.
pub fn unknown(why: &str) -> Vec<Run> {
    vec![Run::Unknown(why.split_whitespace().map(str::to_owned).collect())]
}

fn between(a: Vec<String>, b: Vec<String>) -> Vec<Run> {
    if a.len().saturating_mul(b.len()) > CELLS_MAX {
        return vec![Run::Gone(a), Run::Come(b)];
    }
    let common = common(&a, &b);
    let (mut runs, mut x, mut y) = (Vec::new(), a.into_iter(), b.into_iter());
    for (skip_a, skip_b) in common {
        push(&mut runs, Run::Gone(x.by_ref().take(skip_a).collect()));
        push(&mut runs, Run::Come(y.by_ref().take(skip_b).collect()));
        push(&mut runs, Run::Same(x.by_ref().take(1).collect()));
        y.next();
    }
    push(&mut runs, Run::Gone(x.collect()));
    push(&mut runs, Run::Come(y.collect()));
    runs
}

fn push(runs: &mut Vec<Run>, run: Run) {
    match (runs.last_mut(), run) {
        (_, run) if run.words().is_empty() => {}
        (Some(Run::Same(words)), Run::Same(more)) => words.extend(more),
        (_, run) => runs.push(run),
    }
}

/// The longest common run of words: for each, how many words of either are left out before it.
fn common(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let wide = b.len() + 1;
    let mut lengths = vec![0_u32; (a.len() + 1) * wide];
    let at = |lengths: &[u32], x: usize, y: usize| lengths.get(x * wide + y).copied().unwrap_or(0);
    for (x, one) in a.iter().enumerate().rev() {
        for (y, other) in b.iter().enumerate().rev() {
            let length = match one == other {
                true => at(&lengths, x + 1, y + 1) + 1,
                false => at(&lengths, x + 1, y).max(at(&lengths, x, y + 1)),
            };
            if let Some(cell) = lengths.get_mut(x * wide + y) {
                *cell = length;
            }
        }
    }
    let (mut found, mut x, mut y, mut from) = (Vec::new(), 0, 0, (0, 0));
    while let (Some(one), Some(other)) = (a.get(x), b.get(y)) {
        if one == other {
            found.push((x - from.0, y - from.1));
            (x, y) = (x + 1, y + 1);
            from = (x, y);
        } else if at(&lengths, x + 1, y) >= at(&lengths, x, y + 1) {
            x += 1;
        } else {
            y += 1;
        }
    }
    found
}

/// How many words of what stands are shown on either side of what changes.
const AROUND: usize = 4;

/// A difference as one text: `[-gone-]`, `{+come+}`, and a few words around them.
pub fn shown(runs: &[Run]) -> String {
    let mut out = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let words = run.words();
        match run {
            Run::Gone(_) => out.push(format!("[-{}-]", words.join(" "))),
            Run::Come(_) => out.push(format!("{{+{}+}}", words.join(" "))),
            Run::Unknown(_) => out.push(words.join(" ")),
            Run::Same(_) => {
                let (first, last) = (at == 0, at + 1 == runs.len());
                let before = if first { 0 } else { AROUND.min(words.len()) };
                let after = if last { 0 } else { AROUND.min(words.len() - before) };
                out.extend(words.iter().take(before).cloned());
                if before + after < words.len() {
                    out.push("...".to_owned());
                }
                out.extend(words.iter().skip(words.len() - after).cloned());
            }
        }
    }
    safe(&out.join(" "))
}

/// Items with what is said of each, a line for all of which the same is said.
pub fn together(items: impl IntoIterator<Item = (u8, String)>) -> Vec<String> {
    let mut lines: Vec<(Vec<String>, String)> = Vec::new();
    for (number, said) in items {
        match lines.iter_mut().find(|(_, one)| *one == said) {
            Some((numbers, _)) => numbers.push(number.to_string()),
            None => lines.push((vec![number.to_string()], said)),
        }
    }
    let line = |(numbers, said): (Vec<String>, String)| match numbers.as_slice() {
        [number] => format!("item {number}{said}"),
        numbers => format!("items {}{said}", numbers.join(", ")),
    };
    lines.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_go_and_come() {
        let shown = |a, b| super::shown(&words(a, b));
        assert_eq!(shown("a b c d", "a b c d"), "");
        assert_eq!(
            shown("to hold the shares", "to sell the shares"),
            "to [-hold-] {+sell+} the shares"
        );
        assert_eq!(shown("a b c", "a x b c y"), "a {+x+} b c {+y+}");
        assert_eq!(shown("", "new"), "{+new+}");
        assert_eq!(shown("1 2 3 4 5 6 7 8 9 x", "1 2 3 4 5 6 7 8 9 y"), "... 6 7 8 9 [-x-] {+y+}");
        assert_eq!(shown("x 1 2 3 4 5 6", "y 1 2 3 4 5 6"), "[-x-] {+y+} 1 2 3 4 ...");
        assert_eq!(
            shown("x 1 2 3 4 5 6 7 8 9 x", "y 1 2 3 4 5 6 7 8 9 y"),
            "[-x-] {+y+} 1 2 3 4 ... 6 7 8 9 [-x-] {+y+}"
        );
        assert_eq!(shown("a a", "a a a"), "a a {+a+}");
    }

    #[test]
    fn too_many_words_that_differ_are_gone_and_come_whole() {
        let many = |word: &str| format!("we {} end", format!("{word} both ").repeat(1_500));
        let runs = words(&many("old"), &many("new"));
        let counted: Vec<(char, usize)> = runs
            .iter()
            .map(|run| match run {
                Run::Same(words) => ('=', words.len()),
                Run::Gone(words) => ('-', words.len()),
                Run::Come(words) => ('+', words.len()),
                Run::Unknown(words) => ('?', words.len()),
            })
            .collect();
        assert_eq!(counted, [('=', 1), ('-', 2_999), ('+', 2_999), ('=', 2)]);
    }

    #[test]
    fn what_is_said_of_several_items_is_said_once() {
        let of = |number: u8, said: &str| (number, said.to_owned());
        let items = [of(1, ": stated"), of(2, " of chain 3: x"), of(4, ": stated")];
        assert_eq!(together(items), ["items 1, 4: stated", "item 2 of chain 3: x"]);
    }

    #[test]
    fn a_structured_13g_answers_and_a_structured_13d_has_words() {
        let answers = |text: &str| {
            let at = text.find('#').unwrap() as u64;
            is_answers(text.as_bytes(), Span::new(at, at + 1))
        };
        assert!(answers("<items>\n<item5>\n#</item5></items>"));
        assert!(answers("<p:items><p:item10 a=\"b\">#</p:item10></p:items>"));
        assert!(!answers("<items1To7><item4>#</item4></items1To7>"));
        assert!(!answers("<p>Item 5</p> <p>#</p>"));
        assert!(!answers("<items>#</items>"));
        assert!(!answers("Item 5. #"));
    }

    #[test]
    fn markup_is_no_word() {
        assert_eq!(text_of(b"<p>a&nbsp;<b>b</b> &amp; 5 < 6</p>").trim(), "a  b  & 5 < 6");
        assert_eq!(text_of(b"5&#160;%"), "5 %");
        assert_eq!(
            text_of(b"&#167;240 &#150; &#x2019; A&B; C & D &#99999999;"),
            "\u{a7}240 \u{2013} \u{2019} A&B; C & D &#99999999;"
        );
    }
}
