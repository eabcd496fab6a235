//! `read`: reads one filing and prints what it says; no ledger is needed.
//! Adds nothing to the reading.

use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::files;
use crate::cli::outcome::{Exit, Failure};
use crate::reading::read::read as read_filing;
use crate::report::{json, reading};
use crate::store::log::RECEIVED_MAX;
use crate::terms::trouble::TroubleCode;

/// Reads a file and prints the reading. The answer is no where the file is no 13D or 13G.
pub fn read(args: &ReadArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let bytes = files::stream(&args.file, cx.input, RECEIVED_MAX as u64).map_err(|reason| {
        Failure::new(Exit::Trouble, format!("{}: {reason}", args.file.display()))
    })?;
    if files::is_no_text(&bytes) {
        let words = format!("{}: {}", args.file.display(), files::NO_TEXT);
        return Err(Failure::new(Exit::No, words));
    }
    let found = read_filing(&bytes);
    let foreign = found.troubles.iter().any(|t| t.code == TroubleCode::NotSchedule13);
    if cx.json {
        cx.object(&json::versioned(json::reading(&found)))?;
    } else {
        cx.line(reading::words(&found, cx.style))?;
    }
    Ok(if foreign { Exit::No } else { Exit::Yes })
}
