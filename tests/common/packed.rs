//! Archives and filings for tests, made in memory; and `append` run over them.
//! Asserts nothing; what should come of them is the tests' business.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Read, Write};
use std::path::Path;

use blockholder::cli::append::append;
use blockholder::cli::args::{Args, Command};
use blockholder::cli::context::Context;
use blockholder::cli::outcome::{Exit, Failure};
use blockholder::report::table::Style;
use blockholder::store::log::{Log, Memory};
use blockholder::terms::time::RecordedAt;
use clap::Parser;
use serde_json::Value;

use crate::common::{NOW, ORIGIN};

/// A whole submission of a number: an example filing under an accession number of its own.
pub fn submission(n: u64) -> Vec<u8> {
    let text = include_str!("../../examples/wynnefield-13d-2007.txt");
    assert!(text.contains("0009999999-07-000001"));
    text.replace("0009999999-07-000001", &format!("0009999999-07-{n:06}")).into_bytes()
}

/// A submission on another form, as most in a daily feed are.
pub fn annual_report(n: u64) -> Vec<u8> {
    format!(
        "<SUBMISSION>\n<ACCESSION-NUMBER>0009999999-07-{n:06}\n<TYPE>10-K\n<FILING-DATE>20070112\n\
         <FILER>\n<COMPANY-DATA>\n<CONFORMED-NAME>Somebody Inc\n<CIK>0000000001\n</COMPANY-DATA>\n\
         </FILER>\n<DOCUMENT>\n<TYPE>10-K\n<SEQUENCE>1\n<FILENAME>annual.txt\n<TEXT>\n\
         Annual report.\n</TEXT>\n</DOCUMENT>\n</SUBMISSION>\n"
    )
    .into_bytes()
}

/// Members of an archive: names and bytes.
pub type Members = Vec<(String, Vec<u8>)>;

/// So many submissions, with names in order.
pub fn submissions(count: u64) -> Members {
    (1..=count).map(|n| (format!("feed/{n:04}.nc"), submission(n))).collect()
}

/// The header and bytes of one member of any type, its name as it is.
pub fn tar_member(out: &mut Vec<u8>, name: &[u8], kind: u8, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

/// Two blocks of zeros.
pub fn tar_end(out: &mut Vec<u8>) {
    out.resize(out.len() + 1024, 0);
}

pub fn tar(members: &Members) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in members {
        tar_member(&mut out, name.as_bytes(), b'0', bytes);
    }
    tar_end(&mut out);
    out
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zip(members: &Members, method: rawzip::CompressionMethod) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, bytes) in members {
        let path = rawzip::path::EntryPath::verbatim(name.as_bytes());
        let (mut entry, config) =
            archive.new_file(path).compression_method(method).start().unwrap();
        let descriptor = if method == rawzip::CompressionMethod::DEFLATE {
            let level = flate2::Compression::default();
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, level);
            let mut writer = config.wrap(encoder);
            writer.write_all(bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    out
}

/// What `append --json` said: one object for each thing found, and the report.
#[derive(Debug)]
pub struct Said {
    pub exit: Result<Exit, Failure>,
    pub each: Vec<Value>,
    pub report: Value,
    pub err: String,
}

impl Said {
    pub fn count(&self, what: &str) -> u64 {
        self.report[what].as_u64().unwrap()
    }

    pub fn skipped(&self, why: &str) -> u64 {
        self.report["skipped"][why].as_u64().unwrap_or_default()
    }

    /// The names and reasons of what was skipped.
    pub fn refused(&self) -> Vec<(String, String)> {
        let skipped = self.each.iter().filter(|one| one["outcome"] == "skipped");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        skipped.map(|one| (text(&one["file"]), text(&one["reason"]))).collect()
    }
}

pub fn memory() -> Memory {
    Memory::init(ORIGIN, NOW).unwrap()
}

/// Runs `append --json` with these words after it.
pub fn run(log: &mut dyn Log, words: &[&str], input: &mut (dyn Read + Send)) -> Said {
    let (exit, text, err) = run_as(log, words, input, true);
    let mut each: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let report = if exit.is_ok() { each.pop().unwrap()["report"].clone() } else { Value::Null };
    Said { exit, each, report, err }
}

/// Runs `append`, and returns the words it prints.
pub fn run_words(log: &mut dyn Log, words: &[&str], input: &mut (dyn Read + Send)) -> String {
    let (_, out, err) = run_as(log, words, input, false);
    out + &err
}

fn run_as(
    log: &mut dyn Log,
    words: &[&str],
    input: &mut (dyn Read + Send),
    json: bool,
) -> (Result<Exit, Failure>, String, String) {
    let all = [&["blockholder", "append"], words].concat();
    let args = Args::try_parse_from(all).unwrap();
    let Command::Append(args) = args.command else { panic!("append") };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let clock = || RecordedAt(NOW.0 + 1);
    let mut cx = Context {
        out: &mut out,
        err: &mut err,
        input,
        clock: &clock,
        randomness: 7,
        seed: &|| Ok([7; 32]),
        style: Style { width: 80, colour: false },
        json,
        watched: false,
        csv: None,
    };
    let exit = append(log, &args, &mut cx);
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// Writes a file and appends it.
pub fn append_file(log: &mut dyn Log, dir: &Path, name: &str, bytes: &[u8]) -> Said {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    run(log, &[path.to_str().unwrap()], &mut std::io::empty())
}

/// The accession numbers recorded, in order.
pub fn recorded(log: &dyn Log) -> Vec<String> {
    let events = (0..log.size()).map(|at| log.event(at).unwrap());
    events.filter_map(|event| event.accession()).map(|accession| accession.to_string()).collect()
}
