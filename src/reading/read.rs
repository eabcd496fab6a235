//! Chooses a reader by container and form; always returns a reading, whatever the bytes.
//! Knows nothing of ledgers: what was read does not depend on what was read before.

use crate::reading::{legacy, xml};
use crate::terms::statement::Reading;

/// The version of this reader. Raised whenever any bytes would be read differently than before.
pub const READER_VERSION: u32 = 1;

/// Reads one filing. Pure and total: any bytes give a reading, with troubles where they deserve it.
pub fn read(received: &[u8]) -> Reading {
    let looks_xml = received.windows(16).any(|w| w == b"<edgarSubmission");
    let whole = 0..received.len();
    if looks_xml { xml::read(received, whole) } else { legacy::read(received, whole) }
}
