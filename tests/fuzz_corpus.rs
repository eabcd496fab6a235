//! Every input the fuzzer keeps, and every one that once failed, holds what its target checks.
//! Finds nothing new: that is for `cargo fuzz run`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice
)]

#[path = "../fuzz/checks.rs"]
mod checks;
#[path = "common/filings.rs"]
mod filings;
#[path = "common/spans.rs"]
mod spans;

use std::path::Path;

#[test]
fn what_the_fuzzer_keeps_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (target, check) in checks::TARGETS {
        let kept = filings::files(&folder.join("corpus").join(target));
        assert!(kept.len() >= 3, "{target}: only {} inputs are kept", kept.len());
        for (name, bytes) in kept {
            // Printed only where the check below fails.
            println!("fuzz/corpus/{target}/{name}");
            check(&bytes);
        }
    }
}
