//! Makes text from filings safe to show: it was written by strangers.
//! Changes nothing that is stored; only what is shown.

/// What stands for a character that must not reach a terminal.
pub const REPLACED: char = '\u{fffd}';
/// What keeps two words in one line of a text that is wrapped.
pub const GLUE: char = '\u{a0}';

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

/// An object of JSON as one line, with everything a terminal might obey as `\uXXXX`: to a program
/// that says the same (spec, section 18).
pub fn json_line(object: &serde_json::Value) -> String {
    let line = object.to_string();
    let obeyed = |c: char| c != REPLACED && safe_char(c) == REPLACED;
    if !line.contains(obeyed) {
        return line;
    }
    // Beyond the strings of an object there is nothing but ASCII.
    let mut escaped = String::with_capacity(line.len());
    for c in line.chars() {
        match obeyed(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }),
            false => escaped.push(c),
        }
    }
    escaped
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
    fn objects_are_escaped_and_say_the_same() {
        let hostile = "\u{1b}\u{7f}\u{9b}31m \u{202e}\u{e0041}é\u{a0}\u{fffd}–\u{feff}";
        let object = serde_json::json!({ "name": hostile, hostile: [hostile] });
        let line = json_line(&object);
        let text = "\\u001b\\u007f\\u009b31m \\u202e\\udb40\\udc41é\u{a0}\u{fffd}–\\ufeff";
        assert!(line.contains(&format!("\"name\":\"{text}\"")), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), object);
        assert!(line.chars().map(safe_char).filter(|c| *c == REPLACED).count() == 3, "{line}");
        let plain = serde_json::json!({ "name": "Müller – 東京" });
        assert_eq!(json_line(&plain), plain.to_string());
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
