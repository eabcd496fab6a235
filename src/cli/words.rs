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

fn text_at<R: Received + ?Sized>(
    received: &R,
    place: Place,
) -> Result<Result<String, u64>, Failure> {
    let bytes = received.bytes(place.content)?;
    Ok(bytes.map(|bytes| difference::text_of(place.span.cut(&bytes).unwrap_or_default())))
}

/// The words at a place of received bytes.
pub fn item_text<R: Received + ?Sized>(received: &R, place: Place) -> Result<String, Failure> {
    let redacted = |entry| format!("[received bytes that entry {entry} redacts]");
    Ok(text_at(received, place)?.unwrap_or_else(redacted))
}

/// What an item says otherwise at one place than at another, word by word; empty where it is the
/// same. Words that are redacted are like no others and unlike none: nothing is told of them.
pub fn item_runs<R: Received + ?Sized>(
    received: &R,
    before: Option<Place>,
    now: Option<Place>,
) -> Result<Vec<Run>, Failure> {
    let text =
        |place: Option<_>| place.map_or(Ok(Ok(String::new())), |place| text_at(received, place));
    match (text(before)?, text(now)?) {
        (Ok(before), Ok(now)) => Ok(difference::words(&before, &now)),
        (Err(entry), _) | (_, Err(entry)) => Ok(difference::unknown(&format!(
            "[cannot be compared: received bytes that entry {entry} redacts]"
        ))),
    }
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
