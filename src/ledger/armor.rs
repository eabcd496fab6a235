//! Base64 as signed notes and proofs use it; the only file that knows the library.
//! Takes one spelling of each value: other padding or stray last bits are refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::terms::id::TreeHash;

/// RFC 4648, section 4.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a text; `None` for any other spelling than [`encode`]'s.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The hash of a text; `None` for what is no hash.
pub fn decode_hash(text: &str) -> Option<TreeHash> {
    decode(text)?.try_into().ok().map(TreeHash)
}
