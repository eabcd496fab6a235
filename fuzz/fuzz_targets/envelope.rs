//! Any bytes are an envelope whose ranges lie within them, the documents in their order.
#![no_main]

use blockholder::filing::{envelope, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let envelope = envelope::open(bytes);
    let mut last = 0;
    if let Some(range) = envelope.header {
        assert!(range.start <= range.end && range.end <= bytes.len());
        header::read(bytes, range);
    }
    for document in envelope.documents {
        let ranges = [
            document.kind,
            document.sequence,
            document.filename,
            document.description,
            document.body.clone(),
        ];
        for range in ranges {
            assert!(range.start <= range.end && range.end <= bytes.len(), "{range:?}");
        }
        assert!(document.body.start >= last, "documents out of order");
        last = document.body.end;
    }
});
