//! Runs one of the second implementations in Python that `tests/independent` has.
//! Knows nothing of what it says.

use std::path::Path;
use std::process::{Command, Output};

/// What a script puts out, given words and input; `None`, said aloud, on a machine without Python.
pub fn second(script: &str, with: impl FnOnce(&mut Command) -> &mut Command) -> Option<Output> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent").join(script);
    let mut python = Command::new("python3");
    if let Ok(output) = with(python.arg("-B").arg(script)).output() {
        return Some(output);
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "CI needs python3 for the second implementations");
    eprintln!("\nSKIPPED: no python3 here; this test proved nothing\n");
    None
}
