//! A text or HTML document, of any era, into statements.
//! Knows nothing of containers and headers: it is told where the document lies in the received bytes.

use std::ops::Range;

use crate::terms::statement::Reading;

/// Reads the text or HTML document at `body`.
pub fn read(_received: &[u8], _body: Range<usize>) -> Reading {
    Reading::default()
}
