//! The structured primary document into statements, element by element, repeats kept.
//! Knows nothing of containers: it is told where the document lies in the received bytes. Asks
//! for no validity: not one published filing satisfies the schema it was submitted under.

use std::ops::Range;
use std::str::FromStr;

use crate::filing::charset::collapse;
use crate::reading::outstanding;
use crate::reading::xml_element::Element;
use crate::reading::xml_fill::{Full, Leaf, MOST, Reader, push};
use crate::reading::xml_scan::{Scanner, Tag};
use crate::reading::xml_value as value;
use crate::terms::quantity::Amount;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Capacity, Form, Holder, Item, ItemFour, Party, Reading, Signature};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// Deeper elements are not told apart; the schemas need nine levels.
const DEEPEST: usize = 32;

/// An element that is open.
struct Frame {
    element: Element,
    name: Range<usize>,
    whole_start: usize,
    inner_start: usize,
}

/// Reads the structured document at `body`.
pub fn read(received: &[u8], body: Range<usize>) -> Reading {
    let mut reader = Reader { received, reading: Reading::default(), full: Full::default() };
    let mut scanner = Scanner::new(received, body.clone());
    reader.document(&mut scanner, body.end.min(received.len()));
    if let Some(fault) = scanner.into_fault() {
        let more =
            if fault.more > 0 { format!(" ({} more faults)", fault.more) } else { String::new() };
        reader.trouble(
            TroubleCode::XmlNotWellFormed,
            None,
            FieldName::All,
            Span::of(fault.at),
            format!("The structured document {}{more}.", fault.what),
        );
    }
    reader.reading.class_sizes = outstanding::class_sizes(received, body.clone());
    if std::str::from_utf8(received.get(body.clone()).unwrap_or_default()).is_err() {
        reader.encoding(body);
    }
    reader.finish()
}

impl Reader<'_> {
    /// Walks the tags. A lost end tag closes at the end of what holds it.
    fn document(&mut self, scanner: &mut Scanner<'_>, end: usize) {
        let mut open: Vec<Frame> = Vec::with_capacity(DEEPEST);
        let mut too_deep = 0_u32;
        let mut rooted = false;
        while let Some(tag) = scanner.next() {
            match tag {
                Tag::Open { empty, .. } if open.len() == DEEPEST => too_deep += u32::from(!empty),
                Tag::Open { name, whole, empty } => {
                    if open.is_empty() && std::mem::replace(&mut rooted, true) {
                        scanner.blame("has more than one root", whole.clone());
                    }
                    self.open(scanner, &mut open, name, whole, empty);
                }
                Tag::Close { .. } if too_deep > 0 => too_deep -= 1,
                Tag::Close { name, whole } => self.close(scanner, &mut open, name, whole),
            }
        }
        if !open.is_empty() {
            scanner.blame("ends before its last end tag", end..end);
        }
        while let Some(frame) = open.pop() {
            self.end_of(&open, frame, end..end, true);
        }
    }

    fn finish(mut self) -> Reading {
        for (full, field, what) in [
            (self.full.holders, FieldName::All, "reporting persons"),
            (self.full.signatures, FieldName::Signatures, "signatures"),
            (self.full.lists, FieldName::All, "numbers or codes in one list"),
        ] {
            let message = format!("There are more than {MOST} {what}; the rest is left out.");
            if full {
                let (code, holder, span) = (TroubleCode::LimitReached, None, None);
                push(&mut self.reading.troubles, Trouble { code, holder, field, span, message });
            }
        }
        for at in 0..self.reading.holders.len() {
            let Some(holder) = self.reading.holders.get(at) else { break };
            if !holder.name.is_stated() {
                let (holder, field) = (u32::try_from(at).ok(), FieldName::Name);
                let span = holder_span(self.reading.holders.get(at));
                let message = format!("Reporting person {} has no name.", at + 1);
                let code = TroubleCode::HolderUnnamed;
                push(&mut self.reading.troubles, Trouble { code, holder, field, span, message });
            }
        }
        self.reading
    }

    fn open(
        &mut self,
        scanner: &mut Scanner<'_>,
        open: &mut Vec<Frame>,
        name: Range<usize>,
        whole: Range<usize>,
        empty: bool,
    ) {
        let element = Element::of(self.received.get(name.clone()).unwrap_or_default());
        // Text does not hold elements of ours: the end tag before this one was lost.
        if element != Element::Other && open.last().is_some_and(|top| !top.element.is_container()) {
            scanner.blame("lacks an end tag", whole.start..whole.start);
            if let Some(frame) = open.pop() {
                self.end_of(open, frame, whole.start..whole.start, false);
            }
        }
        self.begin(element, open.last().map(|frame| frame.element));
        let inner_start = whole.end;
        let frame = Frame { element, name, whole_start: whole.start, inner_start };
        if empty {
            self.end_of(open, frame, inner_start..inner_start, false);
        } else {
            open.push(frame);
        }
    }

    /// What an opening element brings about by itself.
    fn begin(&mut self, element: Element, parent: Option<Element>) {
        let reading = &mut self.reading;
        match element {
            Element::Person => {
                self.full.holders = !push(&mut reading.holders, Holder::default());
            }
            Element::Signer => {
                self.full.signatures = !push(&mut reading.signatures, Signature::default());
            }
            Element::SignatureDetails if parent == Some(Element::Signer) => {
                if let Some(signature) = reading.signatures.last_mut() {
                    self.full.signatures |= !push(&mut signature.capacities, Capacity::default());
                }
            }
            _ => {}
        }
    }

    fn close(
        &mut self,
        scanner: &mut Scanner<'_>,
        open: &mut Vec<Frame>,
        name: Range<usize>,
        whole: Range<usize>,
    ) {
        let named = |range: &Range<usize>| self.received.get(range.clone()).unwrap_or_default();
        let closing = named(&name);
        let Some(depth) = open.iter().rposition(|frame| named(&frame.name) == closing) else {
            scanner.blame("has an end tag that closes nothing", whole.clone());
            // A name cut short still ends the element that it begins the name of.
            let cut_short = open.last().is_some_and(|top| named(&top.name).starts_with(closing));
            if let (true, Some(frame)) = (cut_short, open.pop()) {
                self.end_of(open, frame, whole, false);
            }
            return;
        };
        while open.len() > depth + 1 {
            scanner.blame("lacks an end tag", whole.start..whole.start);
            let Some(frame) = open.pop() else { return };
            self.end_of(open, frame, whole.start..whole.start, false);
        }
        if let Some(frame) = open.pop() {
            self.end_of(open, frame, whole, false);
        }
    }

    /// An element has ended at `tag`, its end tag.
    fn end_of(&mut self, open: &[Frame], frame: Frame, tag: Range<usize>, cut: bool) {
        let parent = open.last().map_or(Element::Other, |frame| frame.element);
        let inner = self.trimmed(frame.inner_start..tag.start.max(frame.inner_start));
        if let Some(number) = frame.element.item() {
            if !inner.is_empty() {
                let (span, sub) = (Span::of(inner), Vec::new());
                let item = Item { number, heading: Field::Absent, span, sub };
                push(&mut self.reading.items, item);
            }
        } else if !frame.element.is_container() {
            let whole = frame.whole_start..tag.end.max(frame.inner_start);
            self.leaf(parent, Leaf { element: frame.element, inner, whole, cut });
        }
    }

    fn leaf(&mut self, parent: Element, leaf: Leaf) {
        match parent {
            Element::Root | Element::HeaderData | Element::FilerCredentials => self.header(leaf),
            Element::CoverPage | Element::Cusips | Element::Rules => self.cover(leaf),
            Element::IssuerInfo => self.issuer(leaf),
            Element::Person | Element::Powers if self.full.holders => {}
            Element::Signer | Element::SignatureDetails if self.full.signatures => {}
            Element::Person | Element::Powers => self.row(leaf),
            Element::Item4 | Element::Item4Powers => self.item_4(leaf),
            Element::Signer | Element::SignatureDetails => self.signature(leaf),
            Element::Item5 if leaf.element == Element::FivePercentOrLess => {
                self.take(&leaf, FieldName::Items, value::flag, |r| {
                    Some(&mut r.five_percent_or_less)
                })
            }
            Element::FormData if leaf.element == Element::ExhibitInfo && !leaf.inner.is_empty() => {
                self.reading.exhibit_list = Some(Span::of(leaf.inner));
            }
            _ => {}
        }
    }

    fn header(&mut self, leaf: Leaf) {
        match leaf.element {
            Element::SchemaVersion => {
                self.take(&leaf, FieldName::All, words, |r| Some(&mut r.schema_version))
            }
            Element::SubmissionType => {
                self.take(&leaf, FieldName::Form, Form::from_edgar, |r| Some(&mut r.form))
            }
            Element::PreviousAccession => {
                self.take(&leaf, FieldName::PreviousAccession, parsed, |r| {
                    Some(&mut r.previous_accession)
                })
            }
            Element::FilerCik => {
                let cik = self.field(&leaf, parsed);
                push(&mut self.reading.filed_by, Party { cik, ..Party::default() });
            }
            _ => {}
        }
    }

    fn cover(&mut self, leaf: Leaf) {
        match leaf.element {
            Element::AmendmentNo => self
                .take(&leaf, FieldName::AmendmentNumber, parsed, |r| Some(&mut r.amendment_number)),
            Element::ClassTitle => {
                self.take(&leaf, FieldName::ClassTitle, words, |r| Some(&mut r.class_title))
            }
            Element::EventDate => {
                self.take(&leaf, FieldName::EventDate, value::date, |r| Some(&mut r.event_date))
            }
            Element::PreviouslyFiled => {
                self.take(&leaf, FieldName::All, value::flag, |r| Some(&mut r.previously_filed))
            }
            Element::Cusip => {
                self.take_each(&leaf, FieldName::Cusips, parsed, |r| Some(&mut r.cusips))
            }
            Element::Rule => {
                self.take_each(&leaf, FieldName::Rules, value::rule, |r| Some(&mut r.rules))
            }
            _ => {}
        }
    }

    fn issuer(&mut self, leaf: Leaf) {
        match leaf.element {
            Element::IssuerCik => {
                self.take(&leaf, FieldName::IssuerCik, parsed, |r| Some(&mut r.issuer.cik))
            }
            Element::IssuerName => {
                self.take(&leaf, FieldName::IssuerName, words, |r| Some(&mut r.issuer.name))
            }
            // Older schemas have one number, without the list around it.
            Element::Cusip => self.cover(leaf),
            _ => {}
        }
    }

    fn row(&mut self, leaf: Leaf) {
        use Element::*;
        match leaf.element {
            SoleVoting => self.shares(leaf, FieldName::SoleVoting, |h| &mut h.sole_voting),
            SharedVoting => self.shares(leaf, FieldName::SharedVoting, |h| &mut h.shared_voting),
            SoleDispositive => {
                self.shares(leaf, FieldName::SoleDispositive, |h| &mut h.sole_dispositive);
            }
            SharedDispositive => {
                self.shares(leaf, FieldName::SharedDispositive, |h| &mut h.shared_dispositive);
            }
            Aggregate => self.shares(leaf, FieldName::Aggregate, |h| &mut h.aggregate),
            PercentOfClass | ClassPercent => {
                self.take_row(&leaf, FieldName::Percent, value::percent, |h| &mut h.percent)
            }
            _ => self.person(leaf),
        }
    }

    fn shares(
        &mut self,
        leaf: Leaf,
        name: FieldName,
        slot: impl for<'r> FnOnce(&'r mut Holder) -> &'r mut Field<Amount>,
    ) {
        self.take_row(&leaf, name, value::amount, slot);
    }

    fn person(&mut self, leaf: Leaf) {
        match leaf.element {
            Element::PersonName => self.take_row(&leaf, FieldName::Name, words, |h| &mut h.name),
            Element::PersonCik => self.take_row(&leaf, FieldName::Cik, parsed, |h| &mut h.cik),
            // "No CIK" is a place that says there is none.
            Element::PersonNoCik if self.field(&leaf, value::flag).value() == Some(&true) => {
                let span = Span::of(leaf.inner.clone());
                let slot = Field::Blank { span };
                self.put(|r| Some(&mut r.holders.last_mut()?.cik), slot, FieldName::Cik, &leaf);
            }
            Element::Group => {
                self.take_row(&leaf, FieldName::Group, value::group, |h| &mut h.group)
            }
            Element::LegalProceedings => {
                self.take_row(&leaf, FieldName::LegalProceedings, value::flag, |h| {
                    &mut h.legal_proceedings
                })
            }
            Element::Citizenship => {
                self.take_row(&leaf, FieldName::Citizenship, words, |h| &mut h.citizenship)
            }
            Element::ExcludesShares => {
                self.take_row(&leaf, FieldName::ExcludesShares, value::flag, |h| {
                    &mut h.excludes_shares
                })
            }
            Element::Funds => self.take_each(&leaf, FieldName::Funds, words, |r| {
                Some(&mut r.holders.last_mut()?.funds)
            }),
            Element::PersonType => self.take_each(&leaf, FieldName::Types, words, |r| {
                Some(&mut r.holders.last_mut()?.types)
            }),
            Element::Comment if !leaf.inner.is_empty() => {
                if let Some(holder) = self.reading.holders.last_mut() {
                    holder.note = Some(Span::of(leaf.inner));
                }
            }
            _ => {}
        }
    }

    /// Item 4 is prose, so a number it does not have is no trouble.
    fn item_4(&mut self, leaf: Leaf) {
        let span = Span::of(leaf.inner.clone());
        let content = value::text(self.content(&leaf));
        // A text that goes on past the end of the file is not the text.
        let said = if leaf.cut { "" } else { content.trim() };
        if leaf.element == Element::ClassPercent {
            self.reading.item_4.percent = prose(said, span, value::percent);
            return;
        }
        let amount = prose(said, span, value::lone_amount);
        let ItemFour { sole_voting, shared_voting, sole_dispositive, shared_dispositive, .. } =
            &mut self.reading.item_4;
        match leaf.element {
            Element::Item4Amount => self.reading.item_4.amount = amount,
            Element::Item4SoleVoting => *sole_voting = amount,
            Element::Item4SharedVoting => *shared_voting = amount,
            Element::Item4SoleDispositive => *sole_dispositive = amount,
            Element::Item4SharedDispositive => *shared_dispositive = amount,
            _ => {}
        }
    }

    fn signature(&mut self, leaf: Leaf) {
        fn last(reading: &mut Reading) -> Option<&mut Capacity> {
            reading.signatures.last_mut()?.capacities.last_mut()
        }
        match leaf.element {
            Element::SignerName | Element::PersonName => {
                self.take(&leaf, FieldName::Signatures, words, |r| {
                    Some(&mut r.signatures.last_mut()?.name)
                })
            }
            Element::SignatureBy => {
                self.take(&leaf, FieldName::Signatures, words, |r| Some(&mut last(r)?.by))
            }
            Element::SignatureTitle => {
                self.take(&leaf, FieldName::Signatures, words, |r| Some(&mut last(r)?.title))
            }
            Element::SignatureDate => {
                let field = self.field(&leaf, value::date);
                let signature = self.reading.signatures.last_mut();
                if let Some(first) = signature.filter(|s| matches!(s.date, Field::Absent)) {
                    first.date = field.clone();
                }
                self.put(|r| Some(&mut last(r)?.date), field, FieldName::Signatures, &leaf);
            }
            _ => {}
        }
    }
}

/// Somewhere in a person's block, for want of a name to point at.
fn holder_span(holder: Option<&Holder>) -> Option<Span> {
    let holder = holder?;
    holder.name.span().or(holder.aggregate.span()).or(holder.sole_voting.span())
}

fn prose<T>(said: &str, span: Span, parse: impl FnOnce(&str) -> Option<T>) -> Field<T> {
    if !said.contains(|c: char| c.is_ascii_digit()) {
        return Field::Blank { span };
    }
    parse(said).map_or(Field::Unreadable { span }, |value| Field::stated(value, span))
}

fn words(text: &str) -> Option<String> {
    Some(collapse(text))
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
