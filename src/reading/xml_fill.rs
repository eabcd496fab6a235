//! Puts the text of elements into a reading's fields: four states, repeats, what to say of them.
//! Knows nothing of the order of elements; which text belongs to which field is decided elsewhere.

use std::ops::Range;

use crate::filing::charset::collapse;
use crate::reading::xml_element::Element;
use crate::reading::xml_value as value;
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Holder, Reading};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// The most of anything that repeats; the schemas allow 100 holders with 50 signatures each.
pub(crate) const MOST: usize = 1000;

/// The text of an element: where it stands without white space around it, and where the element
/// does, which is what an empty one is cited by.
pub(crate) struct Leaf {
    pub(crate) element: Element,
    pub(crate) inner: Range<usize>,
    pub(crate) whole: Range<usize>,
    /// The file ends inside of it, so the text may go on.
    pub(crate) cut: bool,
}

/// A reading in the making.
pub(crate) struct Reader<'a> {
    pub(crate) received: &'a [u8],
    pub(crate) reading: Reading,
    pub(crate) full: Full,
}

/// Whether there are more of something than are kept, the element that is open among them.
#[derive(Default)]
pub(crate) struct Full {
    pub(crate) holders: bool,
    pub(crate) signatures: bool,
    pub(crate) lists: bool,
}

impl Reader<'_> {
    pub(crate) fn content(&self, leaf: &Leaf) -> &[u8] {
        self.received.get(leaf.inner.clone()).unwrap_or_default()
    }

    pub(crate) fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let area = self.received.get(range.clone()).unwrap_or_default();
        let Some(first) = area.iter().position(|b| !b.is_ascii_whitespace()) else {
            return range.start..range.start;
        };
        let last = area.iter().rposition(|b| !b.is_ascii_whitespace()).unwrap_or(first);
        range.start + first..range.start + last + 1
    }

    /// The four states of an element that is there.
    pub(crate) fn field<T>(&self, leaf: &Leaf, parse: impl FnOnce(&str) -> Option<T>) -> Field<T> {
        let span = Span::of(leaf.inner.clone());
        if leaf.cut {
            return Field::Unreadable { span };
        }
        let content = value::text(self.content(leaf));
        match content.trim() {
            "" => Field::Blank { span: Span::of(leaf.whole.clone()) },
            said => match parse(said) {
                Some(value) => Field::stated(value, span),
                None => Field::Unreadable { span },
            },
        }
    }

    /// Reads an element into a field of the filing.
    pub(crate) fn take<T: PartialEq>(
        &mut self,
        leaf: &Leaf,
        name: FieldName,
        parse: impl FnOnce(&str) -> Option<T>,
        slot: impl for<'r> FnOnce(&'r mut Reading) -> Option<&'r mut Field<T>>,
    ) {
        let field = self.field(leaf, parse);
        self.put(slot, field, name, leaf);
    }

    /// Reads an element into a field of the holder whose block is open.
    pub(crate) fn take_row<T: PartialEq>(
        &mut self,
        leaf: &Leaf,
        name: FieldName,
        parse: impl FnOnce(&str) -> Option<T>,
        slot: impl for<'r> FnOnce(&'r mut Holder) -> &'r mut Field<T>,
    ) {
        self.take(leaf, name, parse, |reading| reading.holders.last_mut().map(slot));
    }

    /// Fills a field. The same element twice with two values is a value in neither.
    pub(crate) fn put<T: PartialEq>(
        &mut self,
        slot: impl for<'r> FnOnce(&'r mut Reading) -> Option<&'r mut Field<T>>,
        field: Field<T>,
        name: FieldName,
        leaf: &Leaf,
    ) {
        let Some(slot) = slot(&mut self.reading) else { return };
        match (&*slot, &field) {
            (Field::Absent | Field::Blank { .. }, _) => {
                let unreadable = matches!(field, Field::Unreadable { .. });
                *slot = field;
                if unreadable {
                    self.unreadable(name, leaf);
                }
            }
            (_, Field::Absent | Field::Blank { .. }) => {}
            (Field::Stated { value: old, .. }, Field::Stated { value: new, .. }) if old == new => {}
            (old, new) => {
                let spans = [old.span(), new.span()];
                let [Some(first), Some(second)] = spans else { return };
                *slot = Field::Unreadable { span: first };
                self.ambiguous(name, first, second);
            }
        }
    }

    /// Reads an element into a field that repeats.
    pub(crate) fn take_each<T>(
        &mut self,
        leaf: &Leaf,
        name: FieldName,
        parse: impl FnOnce(&str) -> Option<T>,
        list: impl for<'r> FnOnce(&'r mut Reading) -> Option<&'r mut Vec<Field<T>>>,
    ) {
        let field = self.field(leaf, parse);
        let Some(list) = list(&mut self.reading) else { return };
        let unreadable = matches!(field, Field::Unreadable { .. });
        self.full.lists |= !push(list, field);
        if unreadable {
            self.unreadable(name, leaf);
        }
    }

    fn holder(&self, name: FieldName) -> Option<u32> {
        let of_row = FieldName::Name <= name && name <= FieldName::Via;
        let last = self.reading.holders.len().checked_sub(1).filter(|_| of_row)?;
        u32::try_from(last).ok()
    }

    fn unreadable(&mut self, name: FieldName, leaf: &Leaf) {
        let said = excerpt(self.content(leaf));
        let message = match leaf.cut {
            true => format!("The file ends inside {name}, after \"{said}\"."),
            false => format!("\"{said}\" cannot be read as {}.", wanted(name)),
        };
        let span = Span::of(leaf.inner.clone());
        self.trouble(TroubleCode::ValueUnreadable, self.holder(name), name, span, message);
    }

    fn ambiguous(&mut self, name: FieldName, first: Span, second: Span) {
        let said = |span: Span| excerpt(span.cut(self.received).unwrap_or_default());
        let message =
            format!("{name} is given twice: \"{}\" and \"{}\".", said(first), said(second));
        self.trouble(TroubleCode::ValueAmbiguous, self.holder(name), name, second, message);
    }

    pub(crate) fn trouble(
        &mut self,
        code: TroubleCode,
        holder: Option<u32>,
        field: FieldName,
        span: Span,
        message: String,
    ) {
        push(
            &mut self.reading.troubles,
            Trouble { code, holder, field, span: Some(span), message },
        );
    }

    /// Bytes that are not UTF-8 are read as Windows-1252, which is right only where it is declared.
    pub(crate) fn encoding(&mut self, body: Range<usize>) {
        let bytes = self.received.get(body.clone()).unwrap_or_default();
        let declaration = bytes.get(..bytes.len().min(200)).unwrap_or_default();
        let declared = declaration.to_ascii_lowercase();
        let one_byte = [&b"iso-8859-1"[..], b"windows-1252", b"latin1"];
        if one_byte.iter().any(|name| memchr::memmem::find(&declared, name).is_some()) {
            return;
        }
        let good = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
        let at = body.start + good;
        self.trouble(
            TroubleCode::EncodingInvalid,
            None,
            FieldName::All,
            Span::of(at..at + 1),
            "The structured document is not valid UTF-8 here; read as Windows-1252.".to_owned(),
        );
    }
}

/// Adds to a list unless it is as long as any can be; says whether it did.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) -> bool {
    let room = list.len() < MOST;
    if room {
        list.push(item);
    }
    room
}

/// The beginning of a text, for a message.
fn excerpt(content: &[u8]) -> String {
    let text = collapse(&value::text(content));
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What a field should have held.
fn wanted(name: FieldName) -> &'static str {
    use FieldName::*;
    match name {
        SoleVoting | SharedVoting | SoleDispositive | SharedDispositive | Aggregate => {
            "a number of shares"
        }
        Percent => "a percent",
        EventDate | Signatures => "a date as MM/DD/YYYY",
        AmendmentNumber => "a number",
        Accession | PreviousAccession => "an accession number",
        IssuerCik | Cik => "a CIK",
        Cusips => "a CUSIP",
        Rules => "one of the rules 13d-1(b), (c) and (d)",
        Form => "a form's type",
        Group => "the box a or b",
        _ => "yes or no",
    }
}
