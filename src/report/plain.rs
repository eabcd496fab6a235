//! Makes text from filings safe to show: it was written by strangers.
//! Changes nothing that is stored; only what is shown.

/// What stands for a character that must not reach a terminal.
pub const REPLACED: char = '\u{fffd}';

/// The text with everything a terminal might obey replaced: control characters, and the marks
/// that turn the direction of writing, which can make one name look like another.
pub fn safe(text: &str) -> String {
    text.chars().map(safe_char).collect()
}

/// One character, made safe; line ends and tabs become spaces.
pub fn safe_char(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{a0}' => ' ',
        c if c.is_control() => REPLACED,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => REPLACED,
        '\u{61c}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => REPLACED,
        c => c,
    }
}

/// So many of something, with the word for one or for many.
pub fn counted<N: Into<i128> + Copy>(count: N, one: &str, many: &str) -> String {
    let count: i128 = count.into();
    let word = if count == 1 { one } else { many };
    format!("{count} {word}")
}

/// Digits with a comma every three: `28356418` as `28,356,418`; anything else as it is.
pub fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_obeys_is_left() {
        // Every character of the property Bidi_Control among them.
        let hostile = "Evil\u{1b}[2J\u{202e}Corp\u{7}\0\u{9b}31m\u{61c}\u{200f}\u{2066}\u{2069}";
        let shown = safe(hostile);
        let seen = |c: char| c.is_ascii_graphic() || c == ' ' || c == '\u{fffd}';
        assert!(shown.chars().all(seen), "{shown:?}");
        assert_eq!(safe("plain – names’ stay"), "plain – names’ stay");
    }

    #[test]
    fn numbers_are_grouped_and_words_are_not() {
        for (raw, shown) in [
            ("28356418", "28,356,418"),
            ("0", "0"),
            ("942779.94", "942,779.94"),
            ("123", "123"),
            ("<1", "<1"),
            ("", ""),
        ] {
            assert_eq!(grouped(raw), shown);
        }
    }
}
