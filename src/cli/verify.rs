//! `verify`: asks the store what is wrong.
//! Judges nothing by itself; the audit names the faults.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{ArgGroup, Args as ClapArgs};
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::keep;
use crate::cli::outcome::{Exit, FOLLOW, Failure, chain};
use crate::cli::prove::{kept, policy_in};
use crate::cli::recover::without_journal;
use crate::cli::redact::received;
use crate::cli::witness::cosigned_by;
use crate::ledger::audit::{FaultClass, LEVELS};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::note::Note;
use crate::ledger::policy::{Policy, Refused};
use crate::ledger::rotation::{Keys, Rotations};
use crate::reading::read::{READER_VERSION, read};
use crate::report::json::VERSION;
use crate::report::plain::{counted, safe};
use crate::store::anchors::{Anchor, Token};
use crate::store::audit::{Redacted, Report, Scope, audit_within};
use crate::store::audit_kept::{Differences, Projector};
use crate::store::export_audit::{Found, Trust};
use crate::store::export_since::keys_named;
use crate::store::exported::Folder;
use crate::store::import::audited;
use crate::store::layout::Layout;
use crate::store::ledger::{Mode, Options};
use crate::store::log::Log;
use crate::store::rotations;
use crate::store::unpack::Reader;
use crate::terms::time::RecordedAt;
use crate::view::projection::PROJECTION;

/// What became of an audit that did not begin.
const UNAUDITED: &str = "nothing was audited";

/// Characters of the bar that shows how far an audit is.
const BAR_WIDTH: u64 = 30;

/// `verify`
#[derive(ClapArgs, Debug)]
#[command(group(ArgGroup::new("kept").multiple(true)))]
pub struct VerifyArgs {
    /// Check the export in this folder instead of the ledger
    #[arg(value_name = "EXPORT")]
    pub export: Option<PathBuf>,
    /// Trust this key for the export, and not the one it names itself
    #[arg(long, value_name = "VKEY", requires = "export")]
    pub vkey: Option<String>,
    /// Leave out received bytes, the index and the seals; what was left out is said
    #[arg(long, conflicts_with = "export")]
    pub quick: bool,
    /// Read every filing's bytes again, make again what is kept for answers, and compare
    #[arg(long, conflicts_with_all = ["quick", "export"])]
    pub reread: bool,
    /// Compare with the signed checkpoint in this file; may be given more than once
    #[arg(long, value_name = "FILE", group = "kept")]
    pub against: Vec<PathBuf>,
    /// Check only what came after the signed checkpoint in this file, which you trust
    ///
    /// That the ledger's tree begins with what it stands for is proven; the entries before it are
    /// not read, and the report says what that leaves unchecked. An export can be checked so, too.
    #[arg(long, value_name = "FILE", group = "kept")]
    pub since: Option<PathBuf>,
    /// Ask that those checkpoints are cosigned as this policy file says
    #[arg(long, value_name = "FILE", requires = "kept")]
    pub policy: Option<PathBuf>,
}

/// Checks everything that is stored. The answer is no when a fault is proven.
pub fn verify(dir: &Path, args: &VerifyArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let against = args.against.iter().map(|path| kept(path, cx)).collect::<Result<Vec<_>, _>>()?;
    let since = args.since.as_deref().map(|path| kept(path, cx)).transpose()?;
    let policy = args.policy.as_deref().map(policy_in).transpose()?;
    if let Some(policy) = policy.clone() {
        let rotations = rotations_of(args.export.as_deref().unwrap_or(dir))?;
        accept(policy, &rotations, against.iter().chain(&since), cx)?;
    }
    let began = (cx.clock)();
    let mut vouched = true;
    let mut report = match &args.export {
        Some(export) => {
            let files = Folder::new(export);
            let key = match (trusted(args.vkey.as_deref())?, &policy) {
                (None, Some(policy)) => Some(of_policy(policy, &files)?),
                (key, _) => key,
            };
            let found = of_export(export, key, (&against, since.as_ref()))?;
            vouched = found.vouched;
            found.report
        }
        None => of_ledger(dir, args, (&against, since.as_ref()), began, cx)?,
    };
    if !vouched {
        report
            .not_checked
            .push("whether the trusted key vouches for it: it has signed none of it".to_owned());
    }
    let micros = (cx.clock)().0.saturating_sub(began.0).max(1);
    if cx.json {
        cx.object(&object(&report))?
    } else {
        words(&report, micros, cx)?
    }
    Ok(match (report.ok(), vouched) {
        (false, _) => Exit::No,
        (true, false) => Exit::Unverified,
        (true, true) => Exit::Yes,
    })
}

/// Asks that a policy accepts the kept checkpoints, and says who cosigned them.
fn accept<'a>(
    mut policy: Policy,
    rotations: &Rotations,
    kept: impl Iterator<Item = &'a Note>,
    cx: &mut Context,
) -> Result<(), Failure> {
    // What cannot be followed is not believed; the audit names it.
    policy.follow(rotations).unwrap_or_default();
    for note in kept {
        let accepted = policy.accept(note).map_err(|error| {
            let words = format!("the kept checkpoint is refused: {}", chain(&error));
            Failure::new(Exit::Unverified, words).hint(UNAUDITED)
        })?;
        let size = accepted.checkpoint.size;
        let told = if cx.json { Vec::new() } else { accepted.witnesses };
        for (witness, at) in told {
            cx.line(format!("{size} entries were {}", cosigned_by(&witness, at)))?;
        }
    }
    Ok(())
}

/// The key of an export that a policy names as a ledger's: checkpoints that the policy accepts say
/// nothing of an export that somebody else signs (spec, section 24.3).
fn of_policy(policy: &Policy, files: &Folder) -> Result<VerifierKey, Failure> {
    let named = keys_named(files)?;
    let mut keys = named.iter().flat_map(Keys::all).map(|(key, ..)| key);
    if let Some(key) = keys.find(|key| policy.keys().contains(key)) {
        return Ok(key.clone());
    }
    let got = named.as_ref().map_or("none".to_owned(), |keys| keys.current().to_string());
    let words = format!(
        "cannot be verified: expected an export by a ledger's key that the policy names, got {got}"
    );
    Err(Failure::new(Exit::Unverified, words).hint(UNAUDITED))
}

/// The proofs of rotations in the folder of a ledger or of an export, which are believed only as
/// far as they can be followed.
fn rotations_of(dir: &Path) -> Result<Rotations, Failure> {
    Ok(rotations::held(&Layout::new(dir))?)
}

/// What a kept checkpoint says. Where no key is known it is believed for having been kept.
fn said(note: &Note, keys: Option<&Keys>) -> Result<Checkpoint, Failure> {
    let said = match keys {
        Some(keys) => keys.open(note),
        None => Checkpoint::parse(note.text()).map_err(Refused::from),
    };
    said.map_err(|error| {
        let words = format!("the kept checkpoint is refused: {}", chain(&error));
        match error.is_by_another_key() {
            true => Failure::new(Exit::Unverified, words).hint(FOLLOW),
            false => Failure::new(Exit::No, words),
        }
    })
}

/// Audits the export of a folder.
fn of_export(
    dir: &Path,
    key: Option<VerifierKey>,
    (against, since): (&[Note], Option<&Note>),
) -> Result<Found, Failure> {
    let files = Folder::new(dir);
    let rotations = rotations_of(dir)?;
    let keys = key.as_ref().map(|key| rotations.follow(key).0);
    let kept = against.iter().map(|note| said(note, keys.as_ref())).collect::<Result<_, _>>()?;
    let since = match (since, keys) {
        (None, _) => None,
        (Some(note), Some(keys)) => Some(said(note, Some(&keys))?),
        (Some(note), None) => Some(said(note, keys_named(&files)?.as_ref())?),
    };
    let trust = Trust { key, kept, since };
    Ok(audited(&files, &trust, &mut |_, _| ())?)
}

/// Audits the ledger of a folder.
fn of_ledger(
    dir: &Path,
    args: &VerifyArgs,
    (against, since): (&[Note], Option<&Note>),
    began: RecordedAt,
    cx: &Context,
) -> Result<Report, Failure> {
    let layout = Layout::new(dir);
    let since = match since {
        Some(note) => {
            let first = layout.identity()?.key;
            Some(said(note, Some(&rotations::keys(&layout, &first)?.1))?)
        }
        None => None,
    };
    let scratch = Scratch::new(cx.randomness)?;
    let reader = Reader { version: READER_VERSION, read: &read };
    let differences = |log: &dyn Log, names: &[Vec<u8>]| keep::differences(log, names);
    let again = args.reread.then_some(&differences as &Differences<'_>);
    let projector = Projector { version: PROJECTION, differences: again };
    let bar = Bar { began: Instant::now() };
    let show = |done, total| bar.show(done, total);
    let scope = Scope {
        quick: args.quick,
        against,
        since: since.as_ref(),
        reader: args.reread.then_some(reader),
        projector: Some(projector),
        progress: std::io::stderr().is_terminal().then_some(&show),
    };
    let options = Options::new(Mode::Read, began, "verify");
    let report = audit_within(dir, &scratch.0, &options, &scope);
    if scope.progress.is_some() {
        bar.clear();
    }
    report.map_err(|error| without_journal(dir, error.into()))
}

/// How far an audit is, on the terminal itself: it is no part of what is printed.
struct Bar {
    began: Instant,
}

impl Bar {
    fn show(&self, done: u64, total: u64) {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        let rate = done.saturating_mul(1_000_000) / micros;
        let parts = done.saturating_mul(BAR_WIDTH).checked_div(total).unwrap_or(BAR_WIDTH);
        let full = usize::try_from(parts.min(BAR_WIDTH)).unwrap_or(0);
        let bar: String =
            (0..BAR_WIDTH as usize).map(|n| if n < full { '#' } else { '.' }).collect();
        let (done, total, rate) = (bytes(done), bytes(total), bytes(rate));
        // Nobody is there to be told where the terminal is gone.
        let _ = write!(std::io::stderr(), "\r[{bar}] {done} of {total}, {rate}/s \x1b[K");
    }

    fn clear(&self) {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

/// The first and the last of some entries, where there are any.
type Range = Option<(u64, u64)>;

/// The faults of each class: how many, and from which entry to which.
fn classes(report: &Report) -> Vec<(FaultClass, usize, Range)> {
    let of = |class: FaultClass| {
        let faults = report.faults.iter().filter(move |fault| fault.class == class);
        let entries = faults.clone().filter_map(|fault| fault.entry);
        let range = entries.clone().min().zip(entries.max());
        (class, faults.count(), range)
    };
    FaultClass::ALL.iter().map(|class| of(*class)).filter(|(_, count, _)| *count > 0).collect()
}

/// The key that somebody knows from elsewhere, where one is given.
pub fn trusted(vkey: Option<&str>) -> Result<Option<VerifierKey>, Failure> {
    let Some(vkey) = vkey else { return Ok(None) };
    let key: Result<VerifierKey, _> = vkey.parse();
    key.map(Some).map_err(|error| {
        Failure::new(Exit::Trouble, error).hint("`init` printed it; it stands in FORMAT, too")
    })
}

fn object(report: &Report) -> Value {
    let classes = classes(report).into_iter().map(|(class, count, range)| {
        let (first, last) = range.unzip();
        let level = LEVELS.get(class.level()).map(|(level, _)| *level);
        json!({
            "class": class.as_str(), "level": level, "count": count, "first": first, "last": last
        })
    });
    let faults = report.faults.iter().map(|fault| {
        json!({ "class": fault.class.as_str(), "entry": fault.entry, "message": fault.message })
    });
    json!({
        "v": VERSION,
        "ok": report.ok(),
        "size": report.size,
        "head": report.head.to_string(),
        "checked": report.checked,
        "not_checked": report.not_checked,
        "anchors": report.anchors.iter().map(anchored).collect::<Value>(),
        "redacted": { "gone": report.redacted.gone, "still_there": report.redacted.still },
        "classes": classes.collect::<Value>(),
        "faults": faults.collect::<Value>(),
    })
}

fn anchored(anchor: &Anchor) -> Value {
    let token = |token: &Token| {
        json!({
            "sha256": token.digest.to_string(), "bytes": token.len, "names_note": token.names_note
        })
    };
    json!({
        "size": anchor.checkpoint.size,
        "root": anchor.checkpoint.root.to_string(),
        "note": anchor.digest.to_string(),
        "tokens": anchor.tokens.iter().map(token).collect::<Value>(),
    })
}

fn words(report: &Report, micros: u64, cx: &mut Context) -> Result<(), Failure> {
    for fault in &report.faults {
        let entry = fault.entry.map_or(String::new(), |entry| format!(" entry {entry}"));
        cx.line(format!("fault {}{entry}: {}", fault.class, safe(&fault.message)))?;
    }
    for (class, count, range) in classes(report).into_iter().filter(|(_, count, _)| *count > 1) {
        let entries = range.map_or(String::new(), |(a, b)| format!(", entries {a} to {b}"));
        cx.line(format!("{count} faults of class {class}{entries}"))?;
    }
    for (heading, list) in [("checked", &report.checked), ("not checked", &report.not_checked)] {
        for line in list {
            cx.line(format!("{heading}: {}", safe(line)))?;
        }
    }
    for anchor in &report.anchors {
        let (size, digest) = (anchor.checkpoint.size, anchor.digest);
        let tokens = match anchor.tokens.len() {
            1 => "1 token".to_owned(),
            count => format!("{count} tokens"),
        };
        let named = anchor.tokens.iter().filter(|token| token.names_note).count();
        let told = format!("{named} of them with its SHA-256 in it");
        cx.line(format!("anchored: {size} entries, in anchors/{digest}, by {tokens}, {told}"))?;
    }
    let Redacted { gone, still } = report.redacted;
    if gone > 0 {
        cx.line(format!("redacted: {}, as entries say", received(gone)))?;
    }
    if still > 0 {
        cx.line(format!(
            "redacted, and still there: {}; `redact` again takes them out",
            received(still)
        ))?;
    }
    let (hashed, rate) = (report.hashed, report.hashed.saturating_mul(1_000_000) / micros);
    let (size, head, faults) = (report.size, report.head, report.faults.len());
    let verdict = match faults {
        0 => "no fault".to_owned(),
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    };
    let entries = counted(size, "entry", "entries");
    cx.line(format!("{verdict} in {entries}, head {head}"))?;
    cx.line(format!("{} hashed, {}/s", bytes(hashed), bytes(rate)))
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} bytes"),
        10_000..10_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{} MB", count / 1_000_000),
    }
}

/// A folder of this run's own, for the copy of the index that an audit opens; gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(randomness: u64) -> Result<Self, Failure> {
        let name = format!("blockholder-verify-{}-{randomness:016x}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| {
            let words = format!("cannot make {}: {error}", path.display());
            Failure::new(Exit::Trouble, words).hint("set TMPDIR to a folder with room")
        })?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the system's temporary folder hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
