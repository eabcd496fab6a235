//! Cuts XML into tags and the text between them, as ranges of the bytes received.
//! Total where XML parsers stop: a fault is noted and the next tag is looked for. Expands nothing
//! and knows nothing of what the elements mean.

use std::ops::Range;

use memchr::{memchr2, memmem};

/// A tag. Ranges are of the bytes received; names are local, without their prefix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tag {
    /// `<name ...>`; `empty` for `<name/>`.
    Open {
        /// The local name.
        name: Range<usize>,
        /// From `<` to past `>`.
        whole: Range<usize>,
        /// Whether it is closed already.
        empty: bool,
    },
    /// `</name>`.
    Close {
        /// The local name.
        name: Range<usize>,
        /// From `<` to past `>`.
        whole: Range<usize>,
    },
}

/// The first place where the bytes are not well-formed XML, and how many more there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong, as the end of a sentence.
    pub what: &'static str,
    /// Where.
    pub at: Range<usize>,
    /// How many further faults there are.
    pub more: u32,
}

/// Gives the tags of `bytes` in their order.
#[derive(Debug)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    fault: Option<Fault>,
}

impl<'a> Scanner<'a> {
    /// Scans `bytes` at `range`.
    pub fn new(bytes: &'a [u8], range: Range<usize>) -> Self {
        let end = range.end.min(bytes.len());
        let bytes = bytes.get(..end).unwrap_or_default();
        Self { bytes, at: range.start, end, fault: None }
    }

    /// Notes that the bytes at `at` are not well-formed.
    pub fn blame(&mut self, what: &'static str, at: Range<usize>) {
        match &mut self.fault {
            Some(fault) => fault.more += 1,
            None => self.fault = Some(Fault { what, at, more: 0 }),
        }
    }

    /// The faults found so far.
    pub fn into_fault(self) -> Option<Fault> {
        self.fault
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Past the next `needle`; a missing one is a fault and leaves nothing to scan.
    fn skip_past(&mut self, from: usize, needle: &[u8], what: &'static str) {
        let start = self.at;
        match memmem::find(self.bytes.get(from..).unwrap_or_default(), needle) {
            Some(len) => self.at = from + len + needle.len(),
            None => {
                self.blame(what, start..self.end);
                self.at = self.end;
            }
        }
    }

    /// At `<!`: a comment, a CDATA section or a document type, whose entities are not read.
    fn skip_declaration(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            self.skip_past(self.at + 4, b"-->", "has a comment that does not end");
        } else if rest.starts_with(b"<![CDATA[") {
            self.skip_past(self.at + 9, b"]]>", "has a CDATA section that does not end");
        } else {
            let subset = memchr2(b'[', b'>', rest).and_then(|at| rest.get(at)) == Some(&b'[');
            let needle: &[u8] = if subset { b"]>" } else { b">" };
            self.skip_past(self.at + 2, needle, "has a declaration that does not end");
        }
    }

    /// At `&`: a reference must end in `;` and be one of XML's own.
    fn check_reference(&mut self) {
        let start = self.at;
        self.at += 1;
        let rest = self.bytes.get(self.at..self.end.min(self.at + 12)).unwrap_or_default();
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
        let name = rest.get(..len).unwrap_or_default();
        let known = matches!(name, b"amp" | b"lt" | b"gt" | b"quot" | b"apos")
            || (name.starts_with(b"#") && name.len() > 1);
        if !known || rest.get(len) != Some(&b';') {
            self.blame("has an ampersand that begins no character reference", start..start + 1);
        }
    }

    /// At `<` or `</` before a name: the tag, or `None` where no name follows.
    fn tag(&mut self) -> Option<Tag> {
        let start = self.at;
        let close = self.byte(start + 1) == Some(b'/');
        let name_start = start + 1 + usize::from(close);
        let rest = self.bytes.get(name_start..).unwrap_or_default();
        let len = rest.iter().take_while(|b| is_name(**b)).count();
        if len == 0 || rest.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        {
            self.blame("has a < that begins no tag", start..start + 1);
            self.at = start + 1;
            return None;
        }
        let name = rest.get(..len).unwrap_or_default();
        let prefix = name.iter().rposition(|b| *b == b':').map_or(0, |at| at + 1);
        let name_end = name_start + len;
        let (end, whole) = self.tag_end(name_end);
        if !whole {
            self.blame("has a tag that does not end", start..end);
        }
        let empty = !close && whole && self.byte(end.saturating_sub(2)) == Some(b'/');
        self.at = end;
        let (name, whole) = (name_start + prefix..name_end, start..end);
        Some(if close { Tag::Close { name, whole } } else { Tag::Open { name, whole, empty } })
    }

    /// Past the `>` that ends a tag, minding quotes; or, without one, where the next tag begins.
    fn tag_end(&self, from: usize) -> (usize, bool) {
        let mut quote = None;
        for (len, byte) in self.bytes.get(from..).unwrap_or_default().iter().enumerate() {
            match (byte, quote) {
                (b'<', _) => return (from + len, false),
                (b'>', None) => return (from + len + 1, true),
                (b'"' | b'\'', None) => quote = Some(byte),
                (_, Some(open)) if byte == open => quote = None,
                _ => {}
            }
        }
        (self.end, false)
    }
}

impl Iterator for Scanner<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let Some(len) = memchr2(b'<', b'&', rest) else {
                self.at = self.end;
                return None;
            };
            self.at += len;
            match (self.byte(self.at), self.byte(self.at + 1)) {
                (Some(b'&'), _) => self.check_reference(),
                (_, Some(b'?')) => {
                    self.skip_past(self.at + 2, b"?>", "has an instruction that does not end");
                }
                (_, Some(b'!')) => self.skip_declaration(),
                _ => {
                    if let Some(tag) = self.tag() {
                        return Some(tag);
                    }
                }
            }
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tags of `text`, one a line, then the fault.
    fn scan(text: &str) -> String {
        let mut scanner = Scanner::new(text.as_bytes(), 0..text.len());
        let mut out = String::new();
        for tag in &mut scanner {
            out += &match tag {
                Tag::Open { name, empty: true, .. } => format!("<{}/>", &text[name]),
                Tag::Open { name, .. } => format!("<{}>", &text[name]),
                Tag::Close { name, whole } => format!("</{}>{}", &text[name], whole.len()),
            };
        }
        match scanner.into_fault() {
            Some(fault) => format!("{out} {} at {:?} +{}", fault.what, fault.at, fault.more),
            None => out,
        }
    }

    #[test]
    fn tags_are_found_whatever_their_prefix() {
        assert_eq!(scan("<?xml version='1.0'?><p:a x=\"1>2\"><b/>t&amp;</p:a >"), "<a><b/></a>7");
        assert_eq!(scan("<a><!-- <b> --><![CDATA[<c>]]></a>"), "<a></a>4");
        assert_eq!(scan("<!DOCTYPE a [<!ENTITY e \"<x>\">]><a>&#13;</a>"), "<a></a>4");
    }

    #[test]
    fn a_fault_is_noted_and_the_next_tag_found() {
        for (text, found) in [
            ("<a><b>1</b\n</a>", "<a><b></b>4</a>4 has a tag that does not end at 7..11 +0"),
            ("<a>1 < 2 & 3</a>", "<a></a>4 has a < that begins no tag at 5..6 +1"),
            (
                "<a>&nbsp;</a>",
                "<a></a>4 has an ampersand that begins no character reference at 3..4 +0",
            ),
            ("<a><!-- </a>", "<a> has a comment that does not end at 3..12 +0"),
            ("<a x='<b>", "<a><b> has a tag that does not end at 0..6 +0"),
            ("<", " has a < that begins no tag at 0..1 +0"),
            ("</", " has a < that begins no tag at 0..1 +0"),
        ] {
            assert_eq!(scan(text), found, "{text}");
        }
    }
}
