//! The signature block: on whose behalf the statement is signed, and when; and who signs as a
//! reporting person without a cover page that can be read. Knows nothing of exhibits.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;

use crate::reading::behalf::{self, Party};
use crate::reading::capacities::{self, Signer};
use crate::reading::dates;
use crate::reading::earlier::last_sentence;
use crate::reading::labels::{Hit, Label};
use crate::reading::lexeme;
use crate::reading::pages::{Covers, at_line_start};
use crate::reading::parts::name_key;
use crate::reading::signature_lines::{self, Line, is_by, is_signed};
use crate::reading::signers::Signers;
use crate::reading::text::{Text, is_mark, near_before};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Capacity, Reading, Signature};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// How far a signature block goes on without a signature.
const QUIET: usize = 1200;
/// How long all of it may be.
const LONGEST: usize = 1 << 17;

/// How many signatures are enough, with those through whom they are given: no filing comes near it,
/// and no block is begun after so many.
const MOST: usize = 1000;

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
        let block = block(text, hit.end..end, signers);
        reading.signatures.extend(block.signed);
        reading.troubles.extend(block.unplaced.into_iter().map(unplaced));
        done = end;
        let kept: usize = reading.signatures.iter().map(|s| 1 + s.capacities.len()).sum();
        if kept >= MOST {
            limit_reached(kept, text.span(end..body.len()), reading);
            break;
        }
    }
    without_cover(signers, reading);
}

/// Says that somebody signs, and nobody can tell for whom.
fn unplaced((who, span): (String, Span)) -> Trouble {
    let (code, field) = (TroubleCode::ValueUnreadable, FieldName::Signatures);
    let message = format!("{who}, and for whom cannot be told");
    Trouble { code, holder: None, field, span: Some(span), message }
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
            let begins = || at_line_start(body, hit.start) || heads_running_text(body, hit);
            if hit.label == Label::Exhibit && capitals && begins() {
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

/// Whether "EXHIBIT C POWER OF ATTORNEY" heads what follows, in a text without lines.
fn heads_running_text(body: &str, hit: &Hit) -> bool {
    let head = body.get(..hit.start).unwrap_or("").trim_end();
    let word = head.rsplit([' ', '\n']).next().unwrap_or("");
    let rest = body.get(hit.end..).unwrap_or("").trim_start_matches([' ', ':', '-']);
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let capitals = |word: &str| word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase());
    let label = words.next().is_some_and(|label| label.len() < 5 || capitals(label));
    let titled = label && words.next().is_some_and(capitals);
    let said = body.get(hit.range()).unwrap_or("");
    said.starts_with("EXHIBIT") && titled && !word.ends_with(|c: char| c.is_lowercase() || c == ',')
}

/// The next `/s/` in a stretch of the text.
fn next_signature(body: &str, from: usize, to: usize) -> Option<usize> {
    let bytes = body.as_bytes().get(from..to)?;
    let found = memchr::memchr_iter(b'/', bytes)
        .find(|at| bytes.get(*at..at + 3).is_some_and(|mark| mark.eq_ignore_ascii_case(b"/s/")))?;
    Some(from + found)
}

/// Whether there may be a `/s/`, also with marks between its characters that words are freed of, or
/// a name after "Signature:".
fn may_be_signed(part: &str) -> bool {
    if ["Signature:", "SIGNATURE:"]
        .iter()
        .any(|word| memmem::find(part.as_bytes(), word.as_bytes()).is_some())
    {
        return true;
    }
    let plain = |b: &&u8| !matches!(**b, b'\\' | 0x0e | 0x0f);
    memchr::memchr_iter(b'/', part.as_bytes()).any(|at| {
        let mut after = part.as_bytes().iter().skip(at + 1).filter(plain);
        matches!(after.next(), Some(b's' | b'S')) && after.next() == Some(&b'/')
    })
}

/// The signatures of one block, and those that cannot be placed.
#[derive(Default)]
pub(crate) struct Block {
    pub(crate) signed: Vec<Signature>,
    /// What to say of one that cannot be placed, and where it is.
    unplaced: Vec<(String, Span)>,
    /// The signature of each name, by how names are compared.
    known: HashMap<String, usize>,
    /// The names that somebody else signs for, where a star says so.
    starred: Vec<usize>,
    /// Those who sign with no "By", below the name of somebody for whom they do.
    hands: Vec<(Capacity, Range<usize>)>,
}

/// The signatures of one block.
pub(crate) fn block(text: &Text, range: Range<usize>, signers: &Signers) -> Block {
    let mut block = Block::default();
    if !may_be_signed(text.cut(range.clone())) {
        return block;
    }
    let (lines, untold) = signature_lines::lines(text.as_str(), range.clone(), signers);
    let date = OnceCell::new();
    let date = || date.get_or_init(|| first_date(text, range.clone())).clone();
    let mut done = 0;
    let mut before: Vec<Party> = Vec::new();
    for index in 0..lines.len() {
        let Some(line) = lines.get(index).filter(|line| is_signed(&line.words)) else { continue };
        let (first, by) = first_of(&lines, index, done);
        let signer = capacities::read(text, &lines, first, index, signers);
        let place = Place { index, first, by, done };
        let told = parties(text, &lines, place, &signer, signers, &before);
        done = signer.end.max(index + 1);
        if told.is_empty() && !block.attest(by, line, &signer) {
            block.alone(text, line, signer, signers, date);
            before.clear();
            continue;
        }
        let starred = line.starred
            || first.checked_sub(1).and_then(|at| lines.get(at)).is_some_and(|line| line.starred);
        for party in &told {
            block.sign(text, party, &signer, starred, date());
        }
        if !by {
            block.hands.push((signer.hand.clone(), line.range.clone()));
        }
        before = if by { Vec::new() } else { told };
    }
    let said = "signatures stand side by side".to_owned();
    block.unplaced.extend(untold.into_iter().map(|range| (said.clone(), text.span(range))));
    block.in_person(text, signers, date);
    block
}

/// Where a signature stands among a block's lines.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    /// The first line that is about it.
    first: usize,
    /// Whether it is given "By" somebody.
    by: bool,
    /// The first line that is about no signature before it.
    done: usize,
}

/// Those for whom one signature is given.
fn parties(
    text: &Text,
    lines: &[Line],
    place: Place,
    signer: &Signer,
    signers: &Signers,
    before: &[Party],
) -> Vec<Party> {
    let body = text.as_str();
    let hand = signer.hand.by.value().map_or("", String::as_str);
    let own = || behalf::individual(lines, place.index, hand, signers);
    let said = behalf::said(lines, place.index, hand, signers);
    let mut told = behalf::above(body, lines, place.done, place.first, signers);
    if place.by && !told.is_empty() {
        for party in &mut told {
            party.through.clone_from(&said.through);
            party.title.clone_from(&said.title);
            party.said = said.range.clone();
        }
        told.extend(own().filter(|_| said.own));
        return told;
    }
    if !said.parties.is_empty() {
        let mut told = said.parties;
        told.extend(own().filter(|_| said.own));
        return told;
    }
    let company =
        |party: &Party| signers.named(&party.name).is_some() && is_company(&name_key(&party.name));
    told.retain(company);
    let person = own();
    let itself = person.as_ref().is_some_and(|own| is_company(&name_key(&own.name)));
    if !told.is_empty() && !said.own && !itself {
        return told;
    }
    // "By" below words that are no name: for whom, they would have said.
    let hidden =
        place.first.checked_sub(1).filter(|at| *at >= place.done).and_then(|at| lines.get(at));
    if place.by && hidden.is_some_and(|line| !ends_before(&line.words)) {
        return Vec::new();
    }
    let office = signer.hand.title.is_stated() && !said.own;
    if office && !place.by && !before.is_empty() && before.iter().all(company) {
        return before.to_vec();
    }
    person.into_iter().collect()
}

/// Whether a line is what stands above a block: the end of a sentence, a date, a heading.
fn ends_before(words: &str) -> bool {
    let heading = lexeme::lower(words).starts_with("signature");
    heading
        || words.ends_with(['.', ':'])
        || dates::dates_in(words, 0..words.len()).next().is_some()
}

impl Block {
    /// A signature for somebody.
    fn sign(
        &mut self,
        text: &Text,
        party: &Party,
        signer: &Signer,
        starred: bool,
        date: Field<Day>,
    ) {
        let stated = |value: &String| {
            Field::stated(value.clone(), text.span(within(text, &party.said, value)))
        };
        let mut hand = signer.hand.clone();
        let own = hand.by.value().is_some_and(|by| name_key(by) == name_key(&party.name));
        if let Some(title) = &party.title {
            hand.title = stated(title);
        }
        let through = party.through.iter().map(|(name, office)| Capacity {
            by: stated(name),
            title: stated(office),
            date: Field::Absent,
        });
        let mut capacities = signer.through.clone();
        capacities.extend(through);
        if hand.by.is_stated() {
            if own
                && party.title.is_none()
                && signer.hand.title.value().is_some_and(|t| speaks_of_others(t))
            {
                hand.title = Field::Absent;
            }
            capacities.push(hand);
        }
        let place = *self.known.entry(name_key(&party.name)).or_insert(self.signed.len());
        if starred {
            self.starred.push(place);
        }
        if let Some(signature) = self.signed.get_mut(place) {
            extend(signature, capacities);
        } else {
            let range = within(text, &party.range, &party.name);
            let name = Field::stated(party.name.clone(), text.span(range));
            self.signed.push(Signature { name, date, capacities });
        }
    }

    /// "*By: /s/ X, Attorney-in-Fact" below names with a star: X signs for them.
    fn attest(&mut self, by: bool, line: &Line, signer: &Signer) -> bool {
        if !by || !line.starred || self.starred.is_empty() || !signer.hand.by.is_stated() {
            return false;
        }
        for place in std::mem::take(&mut self.starred) {
            if let Some(signature) = self.signed.get_mut(place) {
                extend(signature, vec![signer.hand.clone()]);
            }
        }
        true
    }

    /// A signature below no name: the only reporting person's, if there is only one.
    fn alone(
        &mut self,
        text: &Text,
        line: &Line,
        signer: Signer,
        signers: &Signers,
        date: impl Fn() -> Field<Day>,
    ) {
        let Some(sole) = signers.sole().filter(|_| signer.hand.by.is_stated()) else {
            let who = signer
                .hand
                .by
                .value()
                .map_or("somebody signs".to_owned(), |by| format!("{by} signs"));
            if !signers.is_empty() {
                self.unplaced.push((who, text.span(line.range.clone())));
            }
            return;
        };
        let key = sole.value().map_or(String::new(), |name| name_key(name));
        let place = *self.known.entry(key).or_insert(self.signed.len());
        if line.starred {
            self.starred.push(place);
        }
        let mut capacities = signer.through;
        capacities.push(signer.hand);
        match self.signed.get_mut(place) {
            Some(signature) => extend(signature, capacities),
            None => self.signed.push(Signature { name: sole.clone(), date: date(), capacities }),
        }
    }

    /// Reporting persons who sign for somebody, and nowhere else, with no "By" sign for themselves.
    fn in_person(&mut self, text: &Text, signers: &Signers, date: impl Fn() -> Field<Day>) {
        for (hand, range) in std::mem::take(&mut self.hands) {
            let Some(by) = hand.by.value().filter(|by| signers.whole(by).is_some()) else {
                continue;
            };
            if self.known.contains_key(&name_key(by)) {
                continue;
            }
            self.known.insert(name_key(by), self.signed.len());
            let name = Field::stated(by.clone(), text.span(within(text, &range, by)));
            let own = Capacity { by: hand.by.clone(), ..Capacity::default() };
            self.signed.push(Signature { name, date: date(), capacities: vec![own] });
        }
    }
}

/// Adds what is not said of a signature already.
fn extend(signature: &mut Signature, capacities: Vec<Capacity>) {
    for new in capacities {
        let same = |known: &Capacity| {
            known.by.value() == new.by.value()
                && known.title.value() == new.title.value()
                && known.date.value() == new.date.value()
        };
        if !signature.capacities.iter().any(same) {
            signature.capacities.push(new);
        }
    }
}

/// Where a value stands in a part of the text, or the part where it is spread over it.
fn within(text: &Text, range: &Range<usize>, value: &str) -> Range<usize> {
    let at = text.cut(range.clone()).find(value);
    at.map_or(range.clone(), |at| range.start + at..range.start + at + value.len())
}

/// "individually and as Manager of X": no office that somebody holds towards themselves.
fn speaks_of_others(title: &str) -> bool {
    let lower = lexeme::lower(title);
    [" of ", " for ", "individual"].iter().any(|word| lower.contains(word))
}

fn first_date(text: &Text, range: Range<usize>) -> Field<Day> {
    let body = text.as_str();
    let own = |at: &Range<usize>| !is_of_power(body, range.start, at.start);
    let mut dates = dates::dates_in(body, range.clone()).filter(|d| own(&d.range));
    let found = dates.find_map(|d| Some((d.day?, d.range)));
    found.map_or(Field::Absent, |(day, range)| Field::stated(day, text.span(range)))
}

/// Whether a date is that of a power which a sentence above the signatures speaks of.
fn is_of_power(body: &str, from: usize, at: usize) -> bool {
    const BEFORE: usize = 250;
    let head = near_before(body, at, BEFORE.min(at - from));
    let line = head.rsplit(is_mark).next().unwrap_or("").trim_matches([' ', ':']);
    let captioned = ["Date", "DATE", "Dated", "DATED"].contains(&line);
    let ended = head.trim_end_matches(|c: char| c == ' ' || is_mark(c)).ends_with('.');
    !captioned && !ended && lexeme::lower(last_sentence(head)).contains("power of attorney")
}

/// The first line of a signature's own, and whether any of them begins with "By".
fn first_of(lines: &[Line], index: usize, done: usize) -> (usize, bool) {
    let mut first = index;
    let mut by = lines.get(index).is_some_and(|line| is_by(&line.words));
    // "By: X LLC, General Partner" and its further lines stand between the name and the signature.
    let above = |first: usize| first.checked_sub(1).filter(|at| *at >= done);
    while let Some(above) = above(first).and_then(|at| lines.get(at)) {
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
        "their ",
        "as ",
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
fn without_cover(signers: &Signers, reading: &mut Reading) {
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
        let exact = holders.contains(&key) || signers.whole(name).is_some();
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
