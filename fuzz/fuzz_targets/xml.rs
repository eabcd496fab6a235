//! Any bytes are read as a structured document, whatever range of them it is said to be.
#![no_main]

use blockholder::reading::xml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, u16, &[u8])| {
    let (start, end, bytes) = input;
    let reading = xml::read(bytes, usize::from(start)..usize::from(end));
    assert!(reading.holders.len() <= 1000 && reading.troubles.len() <= 1000);
    xml::read(bytes, 0..bytes.len());
});
