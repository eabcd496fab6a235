//! The signature block: on whose behalf the statement is signed, and when; and who signs as a
//! reporting person without a cover page that can be read. Knows nothing of exhibits.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use memchr::memmem;

use crate::reading::capacities;
use crate::reading::dates;
use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme;
use crate::reading::pages::{Covers, at_line_start};
use crate::reading::parts::name_key;
use crate::reading::rows;
use crate::reading::text::{Text, is_mark};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Holder, Reading, Signature};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// How far a signature block goes on without a signature.
const QUIET: usize = 1200;
/// How long all of it may be.
const LONGEST: usize = 1 << 17;

/// A line of the block, without its ornaments.
pub(crate) struct Line {
    pub(crate) range: Range<usize>,
    pub(crate) words: String,
}

/// How many signatures are enough, with those through whom they are given: no filing comes near it,
/// and no block is begun after so many.
const MOST: usize = 1000;

/// The names of a filing's holders, to be found again among the names of signatures.
#[derive(Default)]
pub(crate) struct Signers {
    /// Each holder's name in print, by the first holder's place where several share a key.
    by_key: HashMap<String, (usize, String)>,
    longest: usize,
    /// What the names begin with: most other words are told from them by that.
    firsts: BTreeSet<char>,
}

impl Signers {
    pub(crate) fn of(holders: &[Holder]) -> Self {
        let mut signers = Self::default();
        let names = holders.iter().filter_map(|h| h.name.value());
        for (place, name) in names.enumerate() {
            let key = name_key(name);
            if !key.is_empty() {
                signers.firsts.extend(key.chars().next());
                signers.longest = signers.longest.max(key.len());
                signers.by_key.entry(key).or_insert_with(|| (place, name.clone()));
            }
        }
        signers
    }

    /// The first holder whose name these words are, or begin with.
    fn named(&self, words: &str) -> Option<&str> {
        let first = words.chars().find(|c| c.is_alphanumeric())?.to_lowercase().next()?;
        if !self.firsts.contains(&first) {
            return None;
        }
        let key = name_key(words);
        let ends = memchr::memchr_iter(b' ', key.as_bytes()).chain([key.len()]);
        let heads = ends.take_while(|end| *end <= self.longest).filter_map(|end| key.get(..end));
        let found = heads.filter_map(|head| self.by_key.get(head));
        found.min_by_key(|(place, _)| *place).map(|(_, name)| name.as_str())
    }
}

/// Reads the signatures of every block into `reading`; adds troubles for those without a cover.
pub(crate) fn read(
    text: &Text,
    hits: &[Hit],
    covers: &Covers,
    signers: &Signers,
    reading: &mut Reading,
) {
    let body = text.as_str();
    let mut done = 0;
    for hit in hits.iter().filter(|hit| begins(body, hit)) {
        if hit.start < done || covers.at(hit.start).is_some() {
            continue;
        }
        let stop = covers.next_after(hit.end);
        let end = block_end(body, hit.end, stop.unwrap_or(body.len()), hits);
        let signed = block(text, hit.end..end, signers, reading);
        reading.signatures.extend(signed);
        done = end;
        let kept: usize = reading.signatures.iter().map(|s| 1 + s.capacities.len()).sum();
        if kept >= MOST {
            limit_reached(kept, text.span(end..body.len()), reading);
            break;
        }
    }
    without_cover(reading);
}

/// Says that what comes after the last block that was read is left out.
fn limit_reached(kept: usize, span: Span, reading: &mut Reading) {
    reading.troubles.push(Trouble {
        code: TroubleCode::LimitReached,
        holder: None,
        field: FieldName::Signatures,
        span: Some(span),
        message: format!("signatures below the first {kept} are left out"),
    });
}

/// `SIGNATURE` on a line of its own, or the sentence that stands above signatures.
fn begins(body: &str, hit: &Hit) -> bool {
    let label = body.get(hit.range()).unwrap_or("");
    hit.label == Label::Signature
        && label.starts_with(|c: char| c.is_uppercase())
        && (label.len() > 12 || at_line_start(body, hit.start))
}

/// The block ends at an exhibit, or where no signature has come for long.
pub(crate) fn block_end(body: &str, from: usize, stop: usize, hits: &[Hit]) -> usize {
    let stop = stop.min(from + LONGEST).min(body.len());
    let first = hits.partition_point(|hit| hit.start < from);
    let mut later = hits.iter().skip(first).peekable();
    let mut exhibit_before = |limit: usize| {
        // Only labels before the limit are looked at: the next exhibit may be the last of millions.
        while let Some(hit) = later.next_if(|hit| hit.start < limit) {
            let label = body.get(hit.range()).unwrap_or("");
            let capitals = label.chars().all(|c| !c.is_lowercase());
            if hit.label == Label::Exhibit && capitals && at_line_start(body, hit.start) {
                return Some(hit.start);
            }
        }
        None
    };
    let mut end = from;
    let mut near = from + 2 * QUIET;
    while let Some(at) = next_signature(body, end, near.min(stop)) {
        if let Some(exhibit) = exhibit_before(at) {
            return exhibit;
        }
        end = at + 3;
        near = end + QUIET;
    }
    let stop = (end + QUIET / 2).min(stop);
    let mut end = exhibit_before(stop).unwrap_or(stop);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// The next `/s/` in a stretch of the text.
fn next_signature(body: &str, from: usize, to: usize) -> Option<usize> {
    let bytes = body.as_bytes().get(from..to)?;
    let found = memchr::memchr_iter(b'/', bytes)
        .find(|at| bytes.get(*at..at + 3).is_some_and(|mark| mark.eq_ignore_ascii_case(b"/s/")))?;
    Some(from + found)
}

/// Whether there may be a `/s/`, also with marks between its characters that words are freed of.
fn may_be_signed(part: &str) -> bool {
    let plain = |b: &&u8| !matches!(**b, b'\\' | 0x0e | 0x0f);
    memchr::memchr_iter(b'/', part.as_bytes()).any(|at| {
        let mut after = part.as_bytes().iter().skip(at + 1).filter(plain);
        matches!(after.next(), Some(b's' | b'S')) && after.next() == Some(&b'/')
    })
}

/// The signatures of one block.
pub(crate) fn block(
    text: &Text,
    range: Range<usize>,
    signers: &Signers,
    reading: &Reading,
) -> Vec<Signature> {
    let body = text.as_str();
    let mut signed: Vec<Signature> = Vec::new();
    if !may_be_signed(text.cut(range.clone())) {
        return signed;
    }
    let lines = lines(body, range.clone());
    let date = OnceCell::new();
    let date = || date.get_or_init(|| first_date(text, range.clone()));
    let mut known: HashMap<String, usize> = HashMap::new();
    for index in 0..lines.len() {
        let Some((name, at)) = behalf(body, &lines, index, signers) else { continue };
        let capacities = capacities::read(text, &lines, first_of(&lines, index).0, index);
        let place = *known.entry(name_key(&name)).or_insert(signed.len());
        if let Some(signature) = signed.get_mut(place) {
            signature.capacities.extend(capacities);
        } else {
            let name = Field::stated(name, text.span(at));
            signed.push(Signature { name, date: date().clone(), capacities });
        }
    }
    if signed.is_empty() {
        signed = by_holder_names(text, &range, date, reading);
    }
    signed
}

fn first_date(text: &Text, range: Range<usize>) -> Field<Day> {
    let found = dates::dates_in(text.as_str(), range).find_map(|d| Some((d.day?, d.range)));
    found.map_or(Field::Absent, |(day, range)| Field::stated(day, text.span(range)))
}

fn lines(body: &str, range: Range<usize>) -> Vec<Line> {
    let part = body.get(range.clone()).unwrap_or("");
    let mut at = range.start;
    let mut lines = Vec::new();
    for line in part.split_inclusive(is_mark) {
        let here = at..at + line.len();
        at += line.len();
        if let Some((words, range)) = rows::words(body, std::slice::from_ref(&here)) {
            let words = words.trim_matches(['*', ' ', '-', '=']).to_owned();
            if !words.is_empty() {
                lines.push(Line { range, words });
            }
        }
    }
    lines
}

pub(crate) fn is_signed(words: &str) -> bool {
    words.contains("/s/") || words.contains("/S/")
}

pub(crate) fn is_by(words: &str) -> bool {
    let lower = lexeme::lower(words);
    lower == "by"
        || lower.starts_with("by:")
        || lower.starts_with("by ")
        || lower.starts_with("by/")
}

/// The name on whose behalf the signature of a line is given.
fn behalf(
    body: &str,
    lines: &[Line],
    index: usize,
    signers: &Signers,
) -> Option<(String, Range<usize>)> {
    lines.get(index).filter(|line| is_signed(&line.words))?;
    let (first, by) = first_of(lines, index);
    if by {
        let above = lines.get(first.checked_sub(1)?)?;
        let two = first.checked_sub(2).and_then(|at| lines.get(at));
        return name_above(body, two, above);
    }
    individual(lines, index, signers)
}

/// The first line of a signature's own, and whether any of them begins with "By".
fn first_of(lines: &[Line], index: usize) -> (usize, bool) {
    let mut first = index;
    let mut by = lines.get(index).is_some_and(|line| is_by(&line.words));
    // "By: X LLC, General Partner" and its further lines stand between the name and the signature.
    while let Some(above) = first.checked_sub(1).and_then(|at| lines.get(at)) {
        let continues = is_by(&above.words) || (by && is_office(&above.words));
        if !continues || is_signed(&above.words) {
            break;
        }
        by |= is_by(&above.words);
        first -= 1;
    }
    (first, by)
}

fn is_office(words: &str) -> bool {
    let lower = lexeme::lower(words);
    [
        "its ",
        "general partner",
        "managing member",
        "manager",
        "investment adviser",
        "investment manager",
        "its:",
    ]
    .iter()
    .any(|office| lower.starts_with(office))
}

/// The line above "By:", or two lines where a long name is broken.
fn name_above(body: &str, two: Option<&Line>, above: &Line) -> Option<(String, Range<usize>)> {
    if !looks_like_name(&above.words) {
        return None;
    }
    let capitals = |words: &str| !words.chars().any(char::is_lowercase);
    let broken = two.filter(|line| {
        let gap = body.get(line.range.end..above.range.start).unwrap_or("");
        let close = gap.chars().filter(|c| is_mark(*c)).count() <= 1;
        close
            && looks_like_name(&line.words)
            && capitals(&line.words) == capitals(&above.words)
            && !line.words.ends_with(['.', ':'])
            && above.words.split(' ').count() <= 3
    });
    match broken {
        Some(line) => {
            Some((format!("{} {}", line.words, above.words), line.range.start..above.range.end))
        }
        None => Some((above.words.clone(), above.range.clone())),
    }
}

pub(crate) fn looks_like_name(words: &str) -> bool {
    let lower = lexeme::lower(words);
    let other = [
        "date",
        "name",
        "title",
        "signature",
        "by",
        "page",
        "cusip",
        "after reasonable",
        "[",
        "exhibit",
        "its",
        "/",
    ];
    words.len() < 150
        && words.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        && words.chars().filter(|c| c.is_alphabetic()).count() >= 3
        && !other.iter().any(|word| lower.starts_with(word))
        && dates::dates(words, 0..words.len()).is_empty()
        && !is_title(&lower)
        && !lower.contains(" hereby ")
        && !lower.contains("is true")
}

/// Whether a line says what office somebody holds.
fn is_title(lower: &str) -> bool {
    const OFFICES: [&str; 10] = [
        "president",
        "officer",
        "director",
        "attorney",
        "secretary",
        "counsel",
        "chief ",
        "vice ",
        "treasurer",
        "authorized",
    ];
    OFFICES.iter().any(|office| lower.contains(office))
}

/// A person who signs in their own name: the holder of that name, printed below the signature.
fn individual(lines: &[Line], index: usize, signers: &Signers) -> Option<(String, Range<usize>)> {
    let line = lines.get(index)?;
    let signed = line.words.replace("/s/", " ").replace("/S/", " ");
    let below = lines.get(index + 1);
    let found = below.and_then(|l| Some((signers.named(&l.words)?, l.range.clone())));
    let found = found.or_else(|| Some((signers.named(&signed)?, line.range.clone())));
    found.map(|(name, range)| (name.to_owned(), range))
}

/// A block without lines: the holders whose names stand in it sign.
fn by_holder_names<'d>(
    text: &Text,
    range: &Range<usize>,
    date: impl Fn() -> &'d Field<Day>,
    reading: &Reading,
) -> Vec<Signature> {
    let block = lexeme::lower(text.cut(range.clone()));
    if !block.contains("/s/") {
        return Vec::new();
    }
    let names = reading.holders.iter().filter_map(|h| h.name.value());
    let found = names.filter_map(|name| {
        let at = range.start + memmem::find(block.as_bytes(), lexeme::lower(name).as_bytes())?;
        let span = text.span(at..at + name.len());
        let name = Field::stated(name.clone(), span);
        Some(Signature { name, date: date().clone(), capacities: Vec::new() })
    });
    found.collect()
}

/// Whether a name, as it is compared, is one that only companies and funds bear.
fn is_company(key: &str) -> bool {
    const WORDS: [&str; 16] = [
        "inc",
        "lp",
        "llc",
        "ltd",
        "llp",
        "corp",
        "trust",
        "fund",
        "partners",
        "plc",
        "nv",
        "sa",
        "gmbh",
        "plan",
        "foundation",
        "bank",
    ];
    key.split(' ').any(|word| WORDS.contains(&word))
}

/// A signatory that is a company and whose name is no holder's has lost its cover page.
fn without_cover(reading: &mut Reading) {
    let holders: Vec<String> =
        reading.holders.iter().filter_map(|h| h.name.value()).map(|name| name_key(name)).collect();
    if holders.is_empty() {
        return;
    }
    let unnamed = reading.holders.iter().any(|h| !h.name.is_stated());
    for signature in &reading.signatures {
        let Some((name, span)) = signature.name.value().zip(signature.name.span()) else {
            continue;
        };
        let key = name_key(name);
        let begins = |name: &str, with: &str| {
            name.strip_prefix(with).is_some_and(|rest| rest.starts_with(' '))
        };
        let close =
            |holder: &String| holder == &key || begins(holder, &key) || begins(&key, holder);
        let exact = holders.contains(&key);
        if exact || !is_company(&key) || (!unnamed && holders.iter().any(close)) {
            continue;
        }
        reading.troubles.push(Trouble {
            code: TroubleCode::HolderWithoutCover,
            holder: None,
            field: FieldName::Signatures,
            span: Some(span),
            message: format!("{name} signs and has no cover page that can be read"),
        });
    }
}
