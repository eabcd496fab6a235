//! Bytes of a filing into characters: UTF-8 where they are that, else Windows-1252.
//! Knows nothing of entities and markup.

use std::borrow::Cow;

/// The characters of `bytes`, and whether they were valid UTF-8. Every byte means something in
/// Windows-1252, of which ISO-8859-1's printable characters are a part, so nothing is lost.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), true),
        Err(_) => (encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0, false),
    }
}

/// The characters of `bytes` with every run of white space as one space, and none at the ends.
pub fn collapsed(bytes: &[u8]) -> String {
    collapse(&decode(bytes).0)
}

/// `text` with every run of white space as one space, and none at the ends.
pub fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf_8_are_windows_1252() {
        assert_eq!(decode("Zürich".as_bytes()), ("Zürich".into(), true));
        assert_eq!(decode(b"Z\xfcrich \x96 \x93x\x94"), ("Zürich – “x”".into(), false));
        assert_eq!(collapsed(b"  a \xa0\r\n b "), "a b");
    }
}
