//! Transcripts of the command line: each command with everything it prints, and its exit status.
//! `BLOCKHOLDER_BLESS=1 cargo test --test scripts` writes what is printed now; read the difference.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use blockholder::cli::args::Args;
use blockholder::cli::context::Context;
use blockholder::cli::run::run;
use blockholder::report::table::{Style, legend};
use blockholder::terms::time::RecordedAt;
use clap::Parser;

/// 2026-01-02T03:04:05Z; every look at the clock is a second later.
const START: u64 = 1_767_323_045_000_000;

/// A folder of its own for each script, and a clock that stands in for the machine's.
struct World {
    dir: tempfile::TempDir,
    clock: Cell<u64>,
    /// What new keys are made of.
    seed: u8,
    width: usize,
    /// Keeps a ledger locked, as another process would.
    held: Option<blockholder::store::ledger::Ledger>,
}

impl World {
    fn path(&self, text: &str) -> String {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let text = text.replace("EXAMPLES", &examples.to_string_lossy());
        text.replace("DIR", &self.dir.path().to_string_lossy())
    }

    fn hide_paths(&self, text: &str) -> String {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let text = text.replace(&*self.dir.path().to_string_lossy(), "DIR");
        let text = text.replace(&*examples.to_string_lossy(), "EXAMPLES");
        text.replace(&format!("process {}", std::process::id()), "process PID")
    }

    /// `$ COMMAND`: what it prints, errors and notes among it, and its status where it is not 0.
    fn command(&self, line: &str) -> String {
        let ledger = self.dir.path().join("ledger").to_string_lossy().into_owned();
        let mut words = vec!["blockholder".to_owned()];
        if !line.contains("--ledger") && !line.split(' ').any(|word| word == "demo") {
            words.extend(["--ledger".to_owned(), ledger]);
        }
        words.extend(shell_words(line).iter().map(|word| self.path(word)));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = match Args::try_parse_from(&words) {
            Err(error) => {
                err.extend(error.render().to_string().into_bytes());
                error.exit_code() as u8
            }
            Ok(args) => {
                let clock = || {
                    self.clock.set(self.clock.get() + 1_000_000);
                    RecordedAt(self.clock.get())
                };
                let mut cx = Context {
                    out: &mut out,
                    err: &mut err,
                    input: &mut std::io::empty(),
                    clock: &clock,
                    randomness: 7,
                    seed: &|| Ok([self.seed; 32]),
                    style: Style { width: self.width, colour: false },
                    json: args.global.json,
                    watched: false,
                    csv: args.global.csv.then_some(false),
                };
                match run(&args, "blockholder", &mut cx) {
                    Ok(exit) => exit.code(),
                    Err(failure) => {
                        err.extend(format!("error: {}\n", failure.message).into_bytes());
                        if let Some(hint) = failure.hint {
                            err.extend(format!("hint: {hint}\n").into_bytes());
                        }
                        failure.exit.code()
                    }
                }
            }
        };
        let mut printed = String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap();
        if status != 0 {
            printed += &format!("? {status}\n");
        }
        let shown = self.hide_paths(&printed);
        shown.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// `! VERB ...`: something done to files behind the program's back.
    fn meddle(&mut self, line: &str) {
        let words = shell_words(line);
        let words: Vec<String> = words.iter().map(|word| hashed(&self.path(word))).collect();
        let at = |index: usize| words[index].as_str();
        match at(0) {
            "text" => {
                let text = words.get(2).map_or("", String::as_str);
                fs::write(at(1), text.replace("\\n", "\n")).unwrap();
            }
            "mode" => {
                use std::os::unix::fs::PermissionsExt;
                let mode = u32::from_str_radix(at(2), 8).unwrap();
                fs::set_permissions(at(1), fs::Permissions::from_mode(mode)).unwrap();
            }
            "bytes" => {
                let hex = at(2);
                let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
                let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
                fs::write(at(1), bytes).unwrap();
            }
            "sparse" => {
                fs::File::create(at(1)).unwrap().set_len(at(2).parse().unwrap()).unwrap();
            }
            "many" => {
                let line = |n: u32| at(3).replace("\\n", "\n").replace('#', &n.to_string());
                let lines: String = (0..at(2).parse::<u32>().unwrap()).map(line).collect();
                fs::write(at(1), fs::read_to_string(at(1)).unwrap_or_default() + &lines).unwrap();
            }
            "folder" => fs::create_dir_all(at(1)).unwrap(),
            "copy" => {
                fs::copy(at(1), at(2)).unwrap();
            }
            "link" => std::os::unix::fs::symlink(at(1), at(2)).unwrap(),
            "remove" => {
                let path = Path::new(at(1));
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
                    .unwrap();
            }
            "replace" => {
                let text = fs::read_to_string(at(1)).unwrap();
                let (old, new) = (at(2).replace("\\n", "\n"), at(3).replace("\\n", "\n"));
                assert!(text.contains(&old), "{line}: not in the file");
                fs::write(at(1), text.replace(&old, &new)).unwrap();
            }
            "flip" => {
                let mut bytes = fs::read(at(1)).unwrap();
                let offset: usize = at(2).parse().unwrap();
                bytes[offset] ^= 1;
                fs::write(at(1), bytes).unwrap();
            }
            "hold" => {
                use blockholder::store::ledger::{Ledger, Mode, Options};
                let now = RecordedAt(START);
                let options = Options::new(Mode::Write, now, "append");
                self.held = Some(Ledger::open(Path::new(at(1)), &options).unwrap());
            }
            "let-go" => self.held = None,
            "seed" => self.seed = at(1).parse().unwrap(),
            "width" => self.width = at(1).parse().unwrap(),
            other => panic!("no such verb: {other}"),
        }
    }
}

/// A file whose name has a hash in it, written as `*`: the one there is, whatever the hash.
fn hashed(path: &str) -> String {
    let Some((folder, (head, tail))) =
        path.rsplit_once('/').and_then(|(folder, name)| Some((folder, name.split_once('*')?)))
    else {
        return path.to_owned();
    };
    let hash = |name: &str| {
        let hash = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
        hash.is_some_and(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let found: Vec<&String> = names.iter().filter(|name| hash(name)).collect();
    assert_eq!(found.len(), 1, "{path}: {names:?}");
    format!("{folder}/{}", found[0])
}

fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether what stands behind a `!` is what the mark means, as a table's legend prints it.
fn is_legend(rest: &str) -> bool {
    legend("!").iter().any(|line| line.strip_prefix("! ") == Some(rest))
}

/// Runs a script again and gives it back with what was printed this time.
fn replay(script: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World { dir, clock: Cell::new(START), seed: 7, width: 80, held: None };
    let mut out = String::new();
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        // A blank line is the script's own only above a comment; others were printed.
        let parts_comments = lines.peek().is_some_and(|next| next.starts_with('#'));
        if let Some(command) = line.strip_prefix("$ ") {
            out += &format!("{line}\n{}", world.command(command));
        } else if let Some(verb) = line.strip_prefix("! ").filter(|rest| !is_legend(rest)) {
            world.meddle(verb);
            out += &format!("{line}\n");
        } else if line.starts_with('#') || (line.is_empty() && parts_comments) {
            out += &format!("{line}\n");
        }
    }
    out
}

fn scripts(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { scripts(&path, found) } else { found.push(path) }
    }
    found.sort();
}

#[test]
fn every_transcript() {
    let mut paths = Vec::new();
    scripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts"), &mut paths);
    assert!(paths.len() >= 5, "only {} scripts", paths.len());
    let bless = std::env::var_os("BLOCKHOLDER_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in paths {
        let recorded = fs::read_to_string(&path).unwrap();
        let replayed = replay(&recorded);
        if replayed == recorded {
            continue;
        }
        if bless {
            fs::write(&path, replayed).unwrap();
        } else {
            wrong.push(difference(&path, &recorded, &replayed));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn difference(path: &Path, recorded: &str, replayed: &str) -> String {
    let (mut a, mut b) = (recorded.lines(), replayed.lines());
    for number in 1.. {
        match (a.next(), b.next()) {
            (a, b) if a == b && a.is_some() => {}
            (a, b) => {
                let (a, b) = (a.unwrap_or("(end)"), b.unwrap_or("(end)"));
                return format!("{}:{number}\n  recorded: {a}\n  replayed: {b}", path.display());
            }
        }
    }
    String::new()
}
