//! See `checks::answer_proof`.
#![no_main]

#[path = "../checks.rs"]
mod checks;
#[path = "../../tests/common/spans.rs"]
mod spans;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::answer_proof(bytes));
