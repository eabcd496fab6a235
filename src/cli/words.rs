//! The words of items: what stands at a place of received bytes, and what it says otherwise.
//! Knows neither where the bytes are kept nor what an item is about.

use crate::cli::outcome::Failure;
use crate::report::difference::{self, ItemWords, Run};
use crate::store::log::{Log, StoreError};
use crate::terms::id::ContentId;
use crate::view::history::{Change, ItemChange, Place};

/// Where received bytes are had from.
pub trait Received {
    /// The bytes of a content id, or the entry that redacts them.
    fn bytes(&self, content: ContentId) -> Result<Result<Vec<u8>, u64>, Failure>;
}

impl Received for dyn Log + '_ {
    fn bytes(&self, content: ContentId) -> Result<Result<Vec<u8>, u64>, Failure> {
        match self.blob(content) {
            Err(StoreError::Redacted { entry, .. }) => Ok(Err(entry)),
            other => Ok(Ok(other?)),
        }
    }
}

/// What stands at a place, and whether it is answers to a form's questions; or the entry that
/// redacts it.
fn text_at<R: Received + ?Sized>(
    received: &R,
    place: Place,
) -> Result<Result<(String, bool), u64>, Failure> {
    let bytes = received.bytes(place.content)?;
    Ok(bytes.map(|bytes| {
        let text = difference::text_of(place.span.cut(&bytes).unwrap_or_default());
        (text, difference::is_answers(&bytes, place.span))
    }))
}

/// The words at a place of received bytes.
pub fn item_text<R: Received + ?Sized>(received: &R, place: Place) -> Result<String, Failure> {
    let redacted = |entry| format!("[received bytes that entry {entry} redacts]");
    Ok(text_at(received, place)?.map_or_else(redacted, |(text, _)| text))
}

/// What an item says otherwise at one place than at another, word by word; empty where it is the
/// same. Words that are redacted are like no others and unlike none: nothing is told of them; nor
/// is it where the one is words and the other answers to the questions of the structured form.
pub fn item_runs<R: Received + ?Sized>(
    received: &R,
    before: Option<Place>,
    now: Option<Place>,
) -> Result<Vec<Run>, Failure> {
    let text = |place: Option<_>| place.map(|place| text_at(received, place)).transpose();
    let (before, now) = match (text(before)?.transpose(), text(now)?.transpose()) {
        (Ok(before), Ok(now)) => (before, now),
        (Err(entry), _) | (_, Err(entry)) => {
            return Ok(difference::unknown(&format!(
                "[cannot be compared: received bytes that entry {entry} redacts]"
            )));
        }
    };
    let alike = before.as_ref().zip(now.as_ref()).is_none_or(|(a, b)| a.1 == b.1);
    let text = |side: Option<(String, bool)>| side.map_or_else(String::new, |(text, _)| text);
    Ok(match alike {
        true => difference::words(&text(before), &text(now)),
        false => difference::unknown(
            "[cannot be compared word by word: words on one side, answers to the questions of \
             EDGAR's structured form on the other]",
        ),
    })
}

/// What items say otherwise than before, word by word; items said again in the same words are no
/// change.
pub fn reworded<R: Received + ?Sized>(
    received: &R,
    changes: &mut Vec<Change>,
) -> Result<ItemWords, Failure> {
    let mut words = ItemWords::new();
    let mut kept = Vec::with_capacity(changes.len());
    for change in changes.drain(..) {
        if let Some(ItemChange { number, before: Some(before), now }) = change.item {
            let difference = item_runs(received, Some(before), Some(now))?;
            if !difference.is_empty() {
                words.insert((change.entry, number), difference);
                kept.push(change);
            }
        } else {
            kept.push(change);
        }
    }
    *changes = kept;
    Ok(words)
}
