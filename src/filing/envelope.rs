//! Cuts a submission into header and documents, as ranges of the bytes received.
//! Knows nothing of what a header or a document says.

use std::ops::Range;

use memchr::memmem;

use crate::terms::statement::Form;

/// A submission, cut. Every range is of the bytes received.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Envelope {
    /// The header, without the tags around it; `None` for a bare document.
    pub header: Option<Range<usize>>,
    /// The documents in their order; none where a submission is a header alone.
    pub documents: Vec<Document>,
}

/// One document. A range is empty where the document does not say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The value of `<TYPE>`.
    pub kind: Range<usize>,
    /// The value of `<SEQUENCE>`.
    pub sequence: Range<usize>,
    /// The value of `<FILENAME>`.
    pub filename: Range<usize>,
    /// The value of `<DESCRIPTION>`.
    pub description: Range<usize>,
    /// The content, without the wrappers around it.
    pub body: Range<usize>,
    /// What the content is.
    pub content: Content,
}

/// What a document's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// A structured submission: XML whose root is `edgarSubmission`.
    Structured,
    /// Text or HTML.
    Page,
    /// Something that is not for reading: a uuencoded file, a PDF, bytes with NULs.
    Binary,
    /// Nothing but white space.
    Empty,
}

/// More documents than any submission has; the rest is left out.
const MOST_DOCUMENTS: usize = 1000;
/// How far a document's own head can reach: five short lines.
const LONGEST_HEAD: usize = 4096;
/// How far into a document to look for what it is.
const SNIFF: usize = 16 * 1024;

/// Cuts `received`. Total: any bytes are an envelope, if only of one document or of none.
pub fn open(received: &[u8]) -> Envelope {
    let upper = line_start_tag(received, 0, b"<DOCUMENT>").map(|at| (at, &b"<DOCUMENT>"[..]));
    let lower = || line_start_tag(received, 0, b"<document>").map(|at| (at, &b"<document>"[..]));
    let first = upper.or_else(lower);
    let header = header_range(received, first.map_or(received.len(), |(at, _)| at));
    let documents = match (first, &header) {
        (Some((first, tag)), _) => documents(received, first, tag),
        (None, Some(header)) => rest(received, header.end),
        (None, None) => rest(received, 0),
    };
    Envelope { header, documents }
}

/// Where `tag` first stands at the start of a line, from `from`.
fn line_start_tag(received: &[u8], from: usize, tag: &[u8]) -> Option<usize> {
    let area = received.get(from..)?;
    memmem::find_iter(area, tag).map(|at| from + at).find(|at| starts_line(received, *at))
}

fn starts_line(received: &[u8], at: usize) -> bool {
    let before = received.get(..at).unwrap_or_default();
    let blank = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    matches!(
        before.len().checked_sub(blank + 1).and_then(|i| before.get(i)),
        None | Some(b'\n' | b'\r')
    )
}

/// The header: between its tags, or from its first labelled line where the tags are lost.
fn header_range(received: &[u8], limit: usize) -> Option<Range<usize>> {
    let area = received.get(..limit)?;
    let top = area.get(..area.len().min(SNIFF))?;
    let opened = [&b"<SEC-HEADER>"[..], b"<IMS-HEADER>", b"<SUBMISSION>"]
        .iter()
        .find_map(|tag| Some(memmem::find(top, tag)? + tag.len()));
    let start = match opened {
        Some(start) => start,
        None => has_labels(top).then_some(0)?,
    };
    let inner = area.get(start..)?;
    let closed = [&b"</SEC-HEADER>"[..], b"</IMS-HEADER>", b"</SUBMISSION>"]
        .iter()
        .find_map(|tag| memmem::find(inner, tag));
    let end = closed.or_else(|| stripped_head_line(inner)).map_or(limit, |len| start + len);
    Some(start..end)
}

/// A header whose tags were taken away still has its accession number or its type on a line.
fn has_labels(top: &[u8]) -> bool {
    [&b"ACCESSION NUMBER:"[..], b"CONFORMED SUBMISSION TYPE:"]
        .iter()
        .filter_map(|label| memmem::find(top, label))
        .any(|at| at < 2048 && starts_line(top, at))
}

/// Where, in a header without tags, a line names a document's type and nothing else.
fn stripped_head_line(header: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in header.split_inclusive(|b| matches!(b, b'\n' | b'\r')) {
        if form_length(line).is_some_and(|len| line.get(len..).is_some_and(is_blank)) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

fn documents(received: &[u8], first: usize, tag: &[u8]) -> Vec<Document> {
    let mut out = Vec::new();
    let mut next = Some(first);
    while let (Some(at), true) = (next, out.len() < MOST_DOCUMENTS) {
        let inside = at + tag.len();
        next = line_start_tag(received, inside, tag);
        let limit = next.unwrap_or(received.len());
        let area = received.get(inside..limit).unwrap_or_default();
        let end = find_tag(area, b"</DOCUMENT>").map_or(limit, |len| inside + len);
        out.push(document(received, inside..end));
    }
    out
}

/// One document between its tags: a head of tagged lines, then the text.
fn document(received: &[u8], inside: Range<usize>) -> Document {
    let area = received.get(inside.clone()).unwrap_or_default();
    let top = area.get(..area.len().min(LONGEST_HEAD)).unwrap_or_default();
    let text = find_tag(top, b"<TEXT>");
    let head = inside.start..inside.start + text.unwrap_or(0);
    let body_start = text.map_or(0, |at| at + b"<TEXT>".len());
    let body = area.get(body_start..).unwrap_or_default();
    let body_len = memmem::rfind(body, b"</TEXT>").unwrap_or(body.len());
    let body = inside.start + body_start..inside.start + body_start + body_len;
    let (body, content) = unwrapped(received, body);
    let value = |tag: &[u8]| head_value(received, &head, tag);
    Document {
        kind: value(b"<TYPE>"),
        sequence: value(b"<SEQUENCE>"),
        filename: value(b"<FILENAME>"),
        description: value(b"<DESCRIPTION>"),
        body,
        content,
    }
}

/// `tag` in capitals or in lower case.
fn find_tag(area: &[u8], tag: &[u8]) -> Option<usize> {
    memmem::find(area, tag).or_else(|| memmem::find(area, &tag.to_ascii_lowercase()))
}

/// What follows `tag` on its line, trimmed.
fn head_value(received: &[u8], head: &Range<usize>, tag: &[u8]) -> Range<usize> {
    let area = received.get(head.clone()).unwrap_or_default();
    let Some(at) = find_tag(area, tag) else { return head.start..head.start };
    let start = head.start + at + tag.len();
    let line = received.get(start..head.end).unwrap_or_default();
    let len = line.iter().position(|b| matches!(b, b'\n' | b'\r' | b'<')).unwrap_or(line.len());
    trimmed(received, start..start + len)
}

/// What stands outside of any `<DOCUMENT>`: one bare document, or nothing after a header.
fn rest(received: &[u8], from: usize) -> Vec<Document> {
    let area = received.get(from..).unwrap_or_default();
    let mut start = from + closing_tag_length(area);
    start = skip_pem(received, start);
    let mut body = trimmed(received, start..received.len());
    for tail in
        [&b"-----END PRIVACY-ENHANCED MESSAGE-----"[..], b"</SEC-DOCUMENT>", b"</IMS-DOCUMENT>"]
    {
        let inside = received.get(body.clone()).unwrap_or_default();
        if inside.ends_with(tail) {
            body = trimmed(received, body.start..body.end - tail.len());
        }
    }
    if body.is_empty() && from > 0 {
        return Vec::new();
    }
    vec![bare(received, body)]
}

/// The length of the closing tag that a header ends with.
fn closing_tag_length(area: &[u8]) -> usize {
    let tag = area.starts_with(b"</");
    if tag { memchr::memchr(b'>', area).map_or(0, |at| at + 1) } else { 0 }
}

/// Past the lines of a PEM envelope, which end with a blank one.
fn skip_pem(received: &[u8], from: usize) -> usize {
    let start = trimmed(received, from..received.len()).start;
    let area = received.get(start..).unwrap_or_default();
    if !area.starts_with(b"-----BEGIN PRIVACY-ENHANCED MESSAGE-----") {
        return from;
    }
    let blank = memmem::find(area, b"\n\n").or_else(|| memmem::find(area, b"\r\n\r\n"));
    start + blank.unwrap_or(0)
}

/// A document without its tags. What is left of a head from which the tags were taken is told
/// by its order: a form's type, a number, a file name.
fn bare(received: &[u8], body: Range<usize>) -> Document {
    let none = body.start..body.start;
    let mut document = Document {
        kind: none.clone(),
        sequence: none.clone(),
        filename: none.clone(),
        description: none,
        body: body.clone(),
        content: Content::Empty,
    };
    let area = received.get(body.clone()).unwrap_or_default();
    if let Some(len) = form_length(area) {
        let mut words = words_after(received, body.start + len..body.end);
        let sequence = words.next().unwrap_or(0..0);
        let digits = received.get(sequence.clone()).unwrap_or_default();
        if (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
            document.kind = body.start..body.start + len;
            document.body.start = sequence.end;
            document.sequence = sequence;
            let filename = words.next().unwrap_or(0..0);
            if is_filename(received.get(filename.clone()).unwrap_or_default()) {
                document.body.start = filename.end;
                document.filename = filename;
            }
        }
    }
    (document.body, document.content) = unwrapped(received, document.body);
    document
}

/// The length of the form's type that `area` begins with.
fn form_length(area: &[u8]) -> Option<usize> {
    let longest = Form::ALL.into_iter().map(Form::as_str).filter(|name| {
        area.starts_with(name.as_bytes())
            && area.get(name.len()).is_none_or(u8::is_ascii_whitespace)
    });
    longest.map(str::len).max()
}

fn words_after(received: &[u8], range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let area = received.get(at..range.end)?;
        let start = at + area.iter().position(|b| !b.is_ascii_whitespace())?;
        let word = received.get(start..range.end)?;
        let len = word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len());
        at = start + len;
        Some(start..at)
    })
}

fn is_filename(word: &[u8]) -> bool {
    let Some(dot) = word.iter().rposition(|b| *b == b'.') else { return false };
    let extension = word.get(dot + 1..).unwrap_or_default().to_ascii_lowercase();
    dot > 0 && matches!(&extension[..], b"htm" | b"html" | b"txt" | b"xml" | b"pdf" | b"paper")
}

/// The content without `<XML>` or `<PDF>` around it, and what it is.
fn unwrapped(received: &[u8], body: Range<usize>) -> (Range<usize>, Content) {
    let inner = trimmed(received, body.clone());
    let area = received.get(inner.clone()).unwrap_or_default();
    if area.is_empty() {
        return (inner, Content::Empty);
    }
    let wrapper = area.get(..5.min(area.len())).unwrap_or_default().to_ascii_uppercase();
    if wrapper == b"<XML>" {
        let len = find_tag(area, b"</XML>").unwrap_or(area.len());
        let xml = trimmed(received, inner.start + 5..inner.start + len.max(5));
        let content = sniff(received.get(xml.clone()).unwrap_or_default());
        return (xml, content);
    }
    if wrapper == b"<PDF>" {
        return (inner, Content::Binary);
    }
    // A page keeps its white space: the text reader may need to see where it begins.
    let content = sniff(area);
    (if content == Content::Page { body } else { inner }, content)
}

fn sniff(area: &[u8]) -> Content {
    let top = area.get(..area.len().min(SNIFF)).unwrap_or_default();
    if top.is_empty() {
        Content::Empty
    } else if is_binary(top) {
        Content::Binary
    } else if is_structured(top) {
        Content::Structured
    } else {
        Content::Page
    }
}

fn is_binary(top: &[u8]) -> bool {
    let uuencoded = top.starts_with(b"begin ")
        && top.get(6..9).is_some_and(|mode| mode.iter().all(|b| matches!(b, b'0'..=b'7')))
        && top.get(9) == Some(&b' ');
    let magic = [&b"%PDF"[..], b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"GIF8", b"\xff\xd8\xff"];
    uuencoded
        || magic.iter().any(|magic| top.starts_with(magic))
        || memchr::memchr(0, top).is_some()
}

/// Whether the first element is `edgarSubmission`, under any prefix; what stands before it may
/// be broken, so the name is looked for rather than parsed up to.
fn is_structured(top: &[u8]) -> bool {
    memmem::find_iter(top, b"edgarSubmission").any(|at| {
        let before = top.get(..at).unwrap_or_default();
        let prefix = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b':');
        let open = before.len().checked_sub(prefix.count() + 1);
        open.and_then(|i| before.get(i)) == Some(&b'<')
    })
}

fn trimmed(received: &[u8], range: Range<usize>) -> Range<usize> {
    let area = received.get(range.clone()).unwrap_or_default();
    let Some(first) = area.iter().position(|b| !b.is_ascii_whitespace()) else {
        return range.start..range.start;
    };
    let last = area.iter().rposition(|b| !b.is_ascii_whitespace()).unwrap_or(first);
    range.start + first..range.start + last + 1
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}
