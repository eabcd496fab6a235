//! What struck-out text stood beside, which says so: rows of cover pages, fields of the title page.
//! Knows nothing of how it is struck out, nor of values.

use std::ops::Range;

use crate::reading::holders;
use crate::reading::labels::{Hit, Label};
use crate::reading::pages::Page;
use crate::reading::struck::Stretch;
use crate::reading::text::Text;
use crate::terms::span::Span;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// What is to be said of the rows and the fields of the title page that struck-out text stands in.
pub(crate) fn warn(
    text: &Text,
    hits: &[Hit],
    pages: &[Page],
    title: &Range<usize>,
) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if text.struck().is_empty() {
        return troubles;
    }
    let raw = |at: usize| text.span(at..at + 1).start() as usize;
    let mut told = |holder: Option<u32>, field: FieldName, stretch: &Stretch| {
        let message = format!("{:?} is struck out, and left out", stretch.said);
        let (code, span) = (TroubleCode::ValueAmbiguous, Some(Span::of(stretch.raw.clone())));
        troubles.push(Trouble { code, holder, field, span, message });
    };
    let mut rest: Vec<&Stretch> = text.struck().iter().collect();
    for (page, number) in pages.iter().zip(0..) {
        for (index, hit) in page.rows.iter().enumerate() {
            let next = page.rows.get(index + 1).map_or(page.end, |next| next.start);
            let row = raw(hit.start)..raw(next).max(raw(hit.start));
            let inside =
                |stretch: &Stretch| row.start < stretch.raw.end && stretch.raw.start < row.end;
            let here = text.struck().iter().find(|stretch| inside(stretch));
            if let Some(stretch) = here {
                told(Some(number), holders::field_name(hit.row), stretch);
            }
            rest.retain(|stretch| !inside(stretch));
        }
    }
    let fields: Vec<(usize, FieldName)> = hits
        .iter()
        .filter(|hit| title.contains(&hit.start))
        .filter_map(|hit| Some((raw(hit.start), title_field(hit.label)?)))
        .collect();
    let end = if title.is_empty() { 0 } else { raw(title.end) };
    for stretch in rest.into_iter().filter(|stretch| stretch.raw.start < end) {
        // A value stands above its label, or after it.
        let next = fields.iter().find(|(at, _)| *at >= stretch.raw.end);
        let before = fields.iter().rfind(|(at, _)| *at < stretch.raw.start);
        for (_, field) in before.into_iter().chain(next) {
            told(None, *field, stretch);
        }
    }
    troubles
}

fn title_field(label: Label) -> Option<FieldName> {
    Some(match label {
        Label::Issuer => FieldName::IssuerName,
        Label::Class => FieldName::ClassTitle,
        Label::Cusip => FieldName::Cusips,
        Label::EventDate => FieldName::EventDate,
        Label::Amendment => FieldName::AmendmentNumber,
        Label::ScheduleD | Label::ScheduleG => FieldName::Form,
        Label::DesignateRule | Label::RuleBox => FieldName::Rules,
        _ => return None,
    })
}
