//! The envelope's header as typed terms, each with its span, in either of EDGAR's dialects:
//! `LABEL: value` lines under headings, and hyphenated tags whose containers alone are closed.
//! Knows nothing of documents, and does not judge what the header says.

use std::ops::Range;
use std::str::FromStr;

use crate::filing::charset;
use crate::terms::id::Accession;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Form, Party};
use crate::terms::time::{Day, Instant};

/// What a header says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// The submission's type, if it is one of ours.
    pub form: Field<Form>,
    /// The submission's type as printed.
    pub kind: Field<String>,
    /// Accession number.
    pub accession: Field<Accession>,
    /// Filed as of.
    pub filed_date: Field<Day>,
    /// Acceptance time.
    pub accepted_at: Field<Instant>,
    /// EDGAR's number for filings about the issuer.
    pub file_number: Field<String>,
    /// The subject companies: the issuer, and rarely more than one.
    pub subjects: Vec<Party>,
    /// Who filed.
    pub filed_by: Vec<Party>,
    /// Group members, one name each.
    pub group_members: Vec<Field<String>>,
}

/// More parties, members or former names than any header has; the rest is left out.
const MOST: usize = 1000;

/// Whose block a line stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Submission,
    Subject,
    FiledBy,
    Other,
}

/// Reads the header at `range`. Total: lines it does not know are passed over.
pub fn read(received: &[u8], range: Range<usize>) -> Header {
    let mut header = Header::default();
    let mut block = Block::Submission;
    for (label, value) in lines(received, range) {
        if let Some(next) = block_of(&label, value.is_empty()) {
            block = next;
            let party = match next {
                Block::Subject => &mut header.subjects,
                Block::FiledBy => &mut header.filed_by,
                _ => continue,
            };
            if party.len() < MOST {
                party.push(Party::default());
            }
            continue;
        }
        match block {
            Block::Submission => submission_line(&mut header, received, &label, value),
            Block::Subject if label == "file number" && header.subjects.len() == 1 => {
                set(&mut header.file_number, received, value, Some);
            }
            Block::Subject => party_line(header.subjects.last_mut(), received, &label, value),
            Block::FiledBy => party_line(header.filed_by.last_mut(), received, &label, value),
            Block::Other => {}
        }
    }
    header
}

/// The lines that say something, as a label in one spelling and the range of a trimmed value.
fn lines(received: &[u8], range: Range<usize>) -> impl Iterator<Item = (String, Range<usize>)> {
    let area = received.get(range.clone()).unwrap_or_default();
    let mut at = range.start;
    let lines = area.split_inclusive(|b| matches!(b, b'\n' | b'\r')).flat_map(|line| {
        let mut from = 0;
        folds(line).into_iter().chain([line.len()]).filter_map(move |to| {
            let piece = line.get(from..to);
            from = to;
            piece
        })
    });
    lines.filter_map(move |line| {
        let start = at;
        at += line.len();
        labelled(line).map(|(label, from, to)| (label, start + from..start + to))
    })
}

/// Where the labels of a header begin that has lost its line ends; nowhere in any other line.
fn folds(line: &[u8]) -> Vec<usize> {
    const SHORTEST: usize = 60;
    const LONGEST: usize = 1 << 16;
    const LABELS: [&str; 31] = [
        "ACCESSION NUMBER:",
        "CONFORMED SUBMISSION TYPE:",
        "PUBLIC DOCUMENT COUNT:",
        "FILED AS OF DATE:",
        "DATE AS OF CHANGE:",
        "EFFECTIVENESS DATE:",
        "SROS:",
        "GROUP MEMBERS:",
        "SUBJECT COMPANY:",
        "FILED BY:",
        "COMPANY DATA:",
        "COMPANY CONFORMED NAME:",
        "CENTRAL INDEX KEY:",
        "STANDARD INDUSTRIAL CLASSIFICATION:",
        "IRS NUMBER:",
        "STATE OF INCORPORATION:",
        "FISCAL YEAR END:",
        "FILING VALUES:",
        "FORM TYPE:",
        "SEC ACT:",
        "SEC FILE NUMBER:",
        "FILM NUMBER:",
        "BUSINESS ADDRESS:",
        "MAIL ADDRESS:",
        "STREET 1:",
        "STREET 2:",
        "BUSINESS PHONE:",
        "FORMER COMPANY:",
        "FORMER CONFORMED NAME:",
        "FORMER NAME:",
        "DATE OF NAME CHANGE:",
    ];
    let finds = |label: &str| memchr::memmem::find(line, label.as_bytes()).is_some();
    let folded = (SHORTEST..LONGEST).contains(&line.len())
        && ["CONFORMED SUBMISSION TYPE:", "FILED AS OF DATE:"].into_iter().all(finds);
    if !folded {
        return Vec::new();
    }
    let begins = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| line.get(before));
        before.is_none_or(|b| b.is_ascii_whitespace() || *b == b'>')
    };
    let places = LABELS.iter().flat_map(|label| memchr::memmem::find_iter(line, label.as_bytes()));
    let mut found: Vec<usize> = places.filter(begins).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A line's label, lower-case words without the dialect's marks, and where its value stands.
fn labelled(line: &[u8]) -> Option<(String, usize, usize)> {
    let first = line.iter().position(|b| !b.is_ascii_whitespace())?;
    let rest = line.get(first..)?;
    let (label, value_at) = if let Some(tag) = rest.strip_prefix(b"<") {
        let close = memchr::memchr(b'>', tag)?;
        (tag.get(..close)?, first + close + 2)
    } else {
        let colon = memchr::memchr(b':', rest)?;
        (rest.get(..colon)?, first + colon + 1)
    };
    if label.len() > 60 || label.starts_with(b"/") {
        return None;
    }
    let value = line.get(value_at..)?;
    // Some tagged lines are closed after all: `<CIK>0000000001</CIK>`.
    let len = memchr::memmem::find(value, b"</").unwrap_or(value.len());
    let value = value.get(..len)?;
    let blank_before = value.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let blank_after = value.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    let end = value_at + (value.len() - blank_after).max(blank_before);
    Some((spelling(label), value_at + blank_before.min(value.len()), end))
}

/// One spelling for a label of either dialect.
fn spelling(label: &[u8]) -> String {
    let words = charset::collapsed(label).to_ascii_lowercase().replace('-', " ");
    let one = match words.as_str() {
        "conformed submission type" => "type",
        "filed as of date" => "filing date",
        "company conformed name" => "conformed name",
        "central index key" => "cik",
        "sec file number" => "file number",
        "former name" | "former company" => "former company",
        _ => return words,
    };
    one.to_owned()
}

/// The block that a heading opens; headings inside a party's block change nothing.
fn block_of(label: &str, bare: bool) -> Option<Block> {
    match label {
        "subject company" if bare => Some(Block::Subject),
        "filed by" | "filer" if bare => Some(Block::FiledBy),
        "filed for" | "reporting owner" | "issuer" | "depositor" if bare => Some(Block::Other),
        _ => None,
    }
}

fn submission_line(header: &mut Header, received: &[u8], label: &str, value: Range<usize>) {
    match label {
        "accession number" => set(&mut header.accession, received, value, parsed),
        "type" => {
            set(&mut header.kind, received, value.clone(), Some);
            set(&mut header.form, received, value, |text| Form::from_edgar(&text));
        }
        "filing date" => set(&mut header.filed_date, received, value, day),
        "acceptance datetime" => {
            set(&mut header.accepted_at, received, value, |text| Instant::from_edgar(&text));
        }
        "group members" if header.group_members.len() < MOST => {
            let mut member = Field::Absent;
            set(&mut member, received, value, Some);
            header.group_members.push(member);
        }
        _ => {}
    }
}

fn party_line(party: Option<&mut Party>, received: &[u8], label: &str, value: Range<usize>) {
    let Some(party) = party else { return };
    match label {
        "conformed name" => set(&mut party.name, received, value, Some),
        "cik" => set(&mut party.cik, received, value, parsed),
        "irs number" if is_filler(received.get(value.clone())) => {
            party.tax_id = Field::Blank { span: Span::of(value) };
        }
        "irs number" => set(&mut party.tax_id, received, value, Some),
        "former conformed name" if party.former_names.len() < MOST => {
            let mut former = Field::Absent;
            set(&mut former, received, value, Some);
            party.former_names.push(former);
        }
        _ => {}
    }
}

/// A tax number of nothing but zeros stands for none.
fn is_filler(value: Option<&[u8]>) -> bool {
    value.unwrap_or_default().iter().all(|b| *b == b'0')
}

/// Fills `slot` from the value at `range`; the first line of a kind counts.
fn set<T>(
    slot: &mut Field<T>,
    received: &[u8],
    range: Range<usize>,
    parse: impl Fn(String) -> Option<T>,
) {
    if !matches!(slot, Field::Absent) {
        return;
    }
    let text = charset::collapsed(received.get(range.clone()).unwrap_or_default());
    let span = Span::of(range);
    *slot = match text.is_empty() {
        true => Field::Blank { span },
        false => match parse(text.replace("&amp;", "&")) {
            Some(value) => Field::stated(value, span),
            None => Field::Unreadable { span },
        },
    };
}

fn parsed<T: FromStr>(text: String) -> Option<T> {
    text.parse().ok()
}

/// `YYYYMMDD`.
fn day(text: String) -> Option<Day> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: Range<usize>| text.get(range)?.parse::<u16>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    Day::from_ymd(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}
