//! Input that was made to hurt: bombs, cuts, false names and sizes, in files and archives. What can
//! be taken is taken, what cannot is named, and nothing is written beside the ledger.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

mod common;
#[path = "common/faults_table.rs"]
mod faults_table;
#[path = "common/packed.rs"]
mod packed;

use std::fs;
use std::io::Cursor;
use std::path::Path;

use blockholder::cli::outcome::Exit;
use blockholder::ledger::event::Event;
use blockholder::store::log::{Log, Memory};
use blockholder::terms::trouble::TroubleCode;
use packed::*;
use rawzip::CompressionMethod;

/// What was tried, what it was called to be, and what came of it.
struct Tried {
    what: &'static str,
    said: Said,
    log: Memory,
}

impl Tried {
    /// Appends one file of these bytes.
    fn file(what: &'static str, bytes: &[u8]) -> Self {
        let mut log = memory();
        let said = run(&mut log, &["-"], &mut Cursor::new(bytes));
        Self { what, said, log }
    }

    /// Appends a tar archive with a good filing, this, and another good one.
    fn between(what: &'static str, member: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut out = Vec::new();
        tar_member(&mut out, b"1.nc", b'0', &submission(1));
        member(&mut out);
        tar_member(&mut out, b"2.nc", b'0', &submission(2));
        tar_end(&mut out);
        Self::file(what, &out)
    }

    /// A directory that `make` fills, beside two good filings.
    fn folder(what: &'static str, make: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("in");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("1.nc"), submission(1)).unwrap();
        fs::write(inside.join("z.nc"), submission(2)).unwrap();
        make(&inside);
        let mut log = memory();
        let said = run(&mut log, &[inside.to_str().unwrap()], &mut std::io::empty());
        Self { what, said, log }
    }

    /// How many filings were recorded, and what was said of the rest.
    fn row(&self) -> Vec<String> {
        let refused = self.said.refused();
        let mut said: Vec<&str> = refused.iter().map(|(_, reason)| reason.as_str()).collect();
        said.dedup();
        let said = match (said.len(), said.first()) {
            (0, _) => "nothing to say".to_owned(),
            (1, Some(one)) => (*one).to_owned(),
            (more, Some(one)) => format!("{one} (and {} more)", more - 1),
            (_, None) => unreachable!(),
        };
        let troubles = self.said.report["troubles"].as_object().unwrap().keys();
        let troubles: Vec<&str> =
            troubles.map(String::as_str).filter(|code| *code != "via-sum").collect();
        let recorded = self.said.count("recorded");
        vec![self.what.to_owned(), said, troubles.join(", "), recorded.to_string()]
    }

    fn holds(self, good: u64, why: &[&str], rows: &mut Vec<Vec<String>>) {
        let what = self.what;
        let refused = self.said.refused();
        assert_eq!(self.said.count("recorded"), good, "{what}: {refused:?}");
        let held = (0..self.log.size()).map(|at| self.log.event(at).unwrap());
        let held = held.filter(|event| matches!(event, Event::FilingRecorded(_))).count();
        assert_eq!(held as u64, good, "{what}: the ledger holds what is told");
        for why in why {
            assert!(self.said.skipped(why) > 0, "{what}: {} {refused:?}", self.said.report);
        }
        let exit = if why.is_empty() { Exit::Yes } else { Exit::Trouble };
        assert_eq!(self.said.exit, Ok(exit), "{what}");
        rows.push(self.row());
    }
}

#[test]
fn nothing_hostile_hurts() {
    let mut rows = Vec::new();
    bombs(&mut rows);
    cuts(&mut rows);
    members(&mut rows);
    zips(&mut rows);
    names(&mut rows);
    folders(&mut rows);
    filings(&mut rows);
    let header = ["input", "what `append` says of it", "troubles", "filings recorded"];
    faults_table::hold("hostile", &header, &rows);
}

const MIB: usize = 1024 * 1024;

/// So many mebibytes of zeros, packed as members of one gzip stream.
fn zeros(mebibytes: usize) -> Vec<u8> {
    gzip(&vec![0; 16 * MIB]).repeat(mebibytes / 16)
}

fn bombs(rows: &mut Vec<Vec<String>>) {
    let tried = Tried::file("160 MiB of zeros, gzipped to 160 KiB", &zeros(160));
    tried.holds(0, &["too-large"], rows);

    let mut start = Vec::new();
    tar_member(&mut start, b"1.nc", b'0', &submission(1));
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_size(2 << 30);
    header.set_cksum();
    start.extend_from_slice(header.as_bytes());
    let bomb = [gzip(&start), zeros(2 << 10)].concat();
    let tried = Tried::file("a tarball with a member of 2 GiB of zeros, gzipped to 2 MiB", &bomb);
    tried.holds(1, &["too-large", "archive-limit"], rows);

    let mut all = submissions(1);
    let large = vec![0; 130 * MIB];
    let packed = zip(&vec![("0".to_owned(), large)], CompressionMethod::DEFLATE);
    all.extend((0..12).map(|n| (format!("{n}.zip"), packed.clone())));
    all.extend(submissions(2));
    let tried = Tried::file(
        "a zip of 12 zips of 130 MiB of zeros each",
        &zip(&all, CompressionMethod::STORE),
    );
    tried.holds(1, &["too-large", "archive-limit"], rows);

    let mut matryoshka = submission(1);
    for _ in 0..7 {
        matryoshka = gzip(&matryoshka);
    }
    Tried::between("a filing gzipped seven times", |out| {
        tar_member(out, b"m.gz", b'0', &matryoshka);
    })
    .holds(2, &["archive-limit"], rows);

    let mut nested = zip(&submissions(1), CompressionMethod::STORE);
    for _ in 0..100 {
        nested = zip(&vec![("again.zip".to_owned(), nested)], CompressionMethod::STORE);
    }
    Tried::file("100 zips in one another", &nested).holds(0, &["archive-limit"], rows);

    Tried::between("20,000 empty members", |out| {
        for _ in 0..20_000 {
            tar_member(out, b"empty.nc", b'0', b"");
        }
    })
    .holds(2, &["empty"], rows);
}

fn cuts(rows: &mut Vec<Vec<String>>) {
    let whole = tar(&submissions(3));
    let member = whole.len() / 3;
    for (what, bytes, good) in [
        ("a tarball cut within a member", &whole[..member + member / 2], 1),
        ("a tarball cut within a header", &whole[..first_member_end(&whole) + 100], 1),
        ("a tarball cut between members", &whole[..first_member_end(&whole)], 1),
        ("a tarball without its end mark", &whole[..whole.len() - 1024], 3),
    ] {
        Tried::file(what, bytes).holds(good, &["archive-damaged"], rows);
    }
    let mut wrong = whole.clone();
    wrong[first_member_end(&whole) + 3] ^= 1;
    let tried = Tried::file("a tarball with a bit of a header turned", &wrong);
    tried.holds(1, &["archive-damaged"], rows);

    let packed = gzip(&whole);
    let tried = Tried::file("a compressed tarball cut", &packed[..packed.len() - 9]);
    tried.holds(3, &["archive-damaged"], rows);
    let mut wrong = packed.clone();
    let at = packed.len() - 6;
    wrong[at] ^= 1;
    Tried::file("a compressed tarball with a wrong checksum", &wrong).holds(
        3,
        &["archive-damaged"],
        rows,
    );
    let tried = Tried::file(
        "a compressed tarball and rubbish after it",
        &[&packed[..], b"rubbish"].concat(),
    );
    tried.holds(3, &["archive-damaged"], rows);

    let zipped = zip(&submissions(3), CompressionMethod::DEFLATE);
    let tried = Tried::file("a zip cut", &zipped[..zipped.len() / 2]);
    tried.holds(0, &["archive-damaged"], rows);
    let mut wrong = zipped.clone();
    wrong[60] ^= 0x10;
    let tried = Tried::file("a zip with a bit of a member turned", &wrong);
    tried.holds(2, &["archive-damaged"], rows);
}

/// Where the first of several equal members ends.
fn first_member_end(tar: &[u8]) -> usize {
    512 + tar_size(tar).next_multiple_of(512)
}

fn tar_size(tar: &[u8]) -> usize {
    tar::Header::from_byte_slice(&tar[..512]).entry_size().unwrap() as usize
}

fn members(rows: &mut Vec<Vec<String>>) {
    for (what, kind) in [
        ("a symbolic link in a tarball", b'2'),
        ("a hard link in a tarball", b'1'),
        ("a device in a tarball", b'3'),
        ("a FIFO in a tarball", b'6'),
    ] {
        let tried = Tried::between(what, |out| tar_member(out, b"/etc/passwd", kind, b""));
        tried.holds(2, &["not-a-file"], rows);
    }
    Tried::between("a symbolic link out of a tarball, and a member beneath it", |out| {
        tar_member(out, b"etc", b'2', b"");
        tar_member(out, b"etc/x.nc", b'0', &submission(3));
    })
    .holds(3, &["not-a-file"], rows);
    Tried::between("a member of an unknown type", |out| tar_member(out, b"x", b'V', b"volume"))
        .holds(2, &["packing"], rows);
    Tried::between("a sparse member", |out| tar_member(out, b"x", b'S', b"holes")).holds(
        1,
        &["packing"],
        rows,
    );
    Tried::between("a name of 1 MiB", |out| {
        tar_member(out, b"././@LongLink", b'L', &vec![b'n'; MIB]);
        tar_member(out, b"short.nc", b'0', &submission(3));
    })
    .holds(3, &["archive-limit"], rows);
    Tried::between("a name of 60,000 bytes", |out| {
        tar_member(out, b"././@LongLink", b'L', &vec![b'n'; 60_000]);
        tar_member(out, b"short.nc", b'0', &submission(3));
    })
    .holds(3, &[], rows);
    Tried::between("a length that an extended header changes", |out| {
        tar_member(out, b"pax", b'x', b"12 size=999\n");
        tar_member(out, b"x.nc", b'0', &submission(3));
    })
    .holds(1, &["packing"], rows);
    Tried::between("a member of 8 EiB by its header", |out| {
        let mut header = tar::Header::new_gnu();
        header.set_path("x.nc").unwrap();
        header.set_size(u64::MAX >> 1);
        header.set_cksum();
        out.extend_from_slice(header.as_bytes());
    })
    // What follows it is taken for its inside, which is a tarball again.
    .holds(2, &["archive-damaged"], rows);
    Tried::between("rubbish that is no text", |out| {
        tar_member(out, b"x.nc", b'0', b"\x00\xff\x13\x37\x80\x81\x82\x83".repeat(99).as_slice());
    })
    .holds(2, &["not-schedule-13"], rows);
}

fn zips(rows: &mut Vec<Vec<String>>) {
    let zipped = || zip(&submissions(3), CompressionMethod::DEFLATE);
    /// Changes a field of the second member's record in the directory, and in its own header.
    fn changed(zip: &mut [u8], local: usize, central: usize, bytes: &[u8]) {
        let nth = |zip: &[u8], signature: &[u8]| {
            let found = zip.windows(4).enumerate().filter(|(_, four)| *four == signature);
            found.map(|(at, _)| at).nth(1).unwrap()
        };
        let at = nth(zip, b"PK\x03\x04") + local;
        zip[at..at + bytes.len()].copy_from_slice(bytes);
        let at = nth(zip, b"PK\x01\x02") + central;
        zip[at..at + bytes.len()].copy_from_slice(bytes);
    }
    let mut wrong = zipped();
    changed(&mut wrong, 6, 8, &[9, 0]);
    Tried::file("an encrypted member of a zip", &wrong).holds(2, &["packing"], rows);
    let mut wrong = zipped();
    changed(&mut wrong, 8, 10, &[12, 0]);
    Tried::file("a member of a zip packed with bzip2", &wrong).holds(2, &["packing"], rows);
    let mut wrong = zipped();
    changed(&mut wrong, 22, 24, &[1, 0, 0, 0]);
    Tried::file("a member of a zip that has more bytes than it says", &wrong).holds(
        2,
        &["archive-damaged"],
        rows,
    );
    let mut wrong = zipped();
    let end = wrong.len() - 22;
    wrong[end + 8..end + 12].copy_from_slice(&[9, 0, 9, 0]);
    Tried::file("a zip that says it has nine members, and has three", &wrong).holds(
        3,
        &["archive-damaged"],
        rows,
    );
    let one = zip(&submissions(1), CompressionMethod::DEFLATE);
    Tried::file("a zip whose directory names one member 5,000 times", &repeated(&one, 5_000))
        .holds(1, &[], rows);
    Tried::file("a zip of nothing", &zip(&Vec::new(), CompressionMethod::STORE)).holds(
        0,
        &[],
        rows,
    );
}

/// A zip of one member whose directory names it so many times.
fn repeated(zip: &[u8], times: u16) -> Vec<u8> {
    let (start, end) = (find(zip, b"PK\x01\x02"), find(zip, b"PK\x05\x06"));
    let directory = zip[start..end].repeat(times.into());
    let mut last = zip[end..].to_vec();
    last[8..10].copy_from_slice(&times.to_le_bytes());
    last[10..12].copy_from_slice(&times.to_le_bytes());
    last[12..16].copy_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
    [&zip[..start], &directory, &last].concat()
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

/// A gzipped submission under a name in its own header.
fn gzipped_as(name: &[u8]) -> Vec<u8> {
    let packed = gzip(&submission(1));
    let mut header = packed[..10].to_vec();
    header[3] = 8;
    [&header, name, b"\0", &packed[10..]].concat()
}

fn names(rows: &mut Vec<Vec<String>>) {
    let before: Vec<_> = fs::read_dir(".").unwrap().map(|f| f.unwrap().path()).collect();
    let paths = [
        "../../outside.nc",
        "/tmp/outside.nc",
        "..\\..\\outside.nc",
        "C:\\outside.nc",
        "a/../../b.nc",
        "..",
    ];
    let all: Members =
        paths.iter().zip(1..).map(|(path, n)| ((*path).to_owned(), submission(n))).collect();
    for (what, bytes) in [
        ("names that lead out of a tarball", tar(&all)),
        ("names that lead out of a zip", zip(&all, CompressionMethod::DEFLATE)),
    ] {
        let tried = Tried::file(what, &bytes);
        let sources: Vec<String> = (1..=all.len() as u64).map(|n| source(&tried.log, n)).collect();
        let own = ["outside.nc", "outside.nc", "outside.nc", "outside.nc", "b.nc", ".."];
        assert_eq!(sources, own, "only the own name is kept");
        tried.holds(6, &[], rows);
    }
    let after: Vec<_> = fs::read_dir(".").unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(before, after, "nothing is written");
    assert!(!Path::new("../outside.nc").exists() && !Path::new("/tmp/outside.nc").exists());

    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}cn.gnilif\u{200f}\r\u{9b}31m\0.nc";
    let pax = |name: &str| {
        let text = format!(" path={name}\n");
        let len = (1..).find(|len: &usize| len.to_string().len() + text.len() == *len).unwrap();
        format!("{len}{text}").into_bytes()
    };
    let tried = Tried::between("a name with escapes, right-to-left marks and a NUL", |out| {
        tar_member(out, b"pax", b'x', &pax(evil));
        tar_member(out, b"x.nc", b'0', b"no filing");
        tar_member(out, b"pax", b'x', &pax(evil));
        tar_member(out, b"x.nc", b'0', &submission(3));
    });
    tried.holds(3, &["not-schedule-13"], rows);
    let all = vec![(evil.to_owned(), submission(1)), ("2.nc".to_owned(), submission(2))];
    Tried::file("the same name in a zip", &zip(&all, CompressionMethod::DEFLATE)).holds(
        2,
        &[],
        rows,
    );
    Tried::file("the same name in a gzip header", &gzipped_as(evil.replace('\0', "").as_bytes()))
        .holds(1, &[], rows);
    Tried::file("a name of 1 MiB in a gzip header", &gzipped_as(&vec![b'n'; MIB])).holds(
        0,
        &["archive-damaged"],
        rows,
    );
    let mut log = memory();
    let mut bytes = Vec::new();
    tar_member(&mut bytes, b"pax", b'x', &pax(evil));
    tar_member(&mut bytes, b"x.nc", b'0', b"no filing");
    tar_member(&mut bytes, b"\xff\xfe\x00.nc", b'0', &submission(1));
    tar_end(&mut bytes);
    let words = run_words(&mut log, &["-"], &mut Cursor::new(bytes));
    let obeyed = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!words.contains(obeyed), "{words:?}");
    assert!(words.contains("owned") && words.contains("recorded"), "{words}");
}

fn source(log: &Memory, entry: u64) -> String {
    let Event::FilingRecorded(filing) = log.event(entry).unwrap() else { panic!("no filing") };
    filing.source
}

fn folders(rows: &mut Vec<Vec<String>>) {
    Tried::folder("a symbolic link in a directory", |dir| {
        std::os::unix::fs::symlink("/etc/passwd", dir.join("link.nc")).unwrap();
    })
    .holds(2, &["not-a-file"], rows);
    Tried::folder("a directory that links to itself", |dir| {
        std::os::unix::fs::symlink(dir, dir.join("loop")).unwrap();
    })
    .holds(2, &["not-a-file"], rows);
    Tried::folder("a FIFO in a directory", |dir| {
        let made = std::process::Command::new("mkfifo").arg(dir.join("fifo")).status().unwrap();
        assert!(made.success());
    })
    .holds(2, &["not-a-file"], rows);
    Tried::folder("a socket in a directory", |dir| {
        drop(std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap());
    })
    .holds(2, &["not-a-file"], rows);
    Tried::folder("200 directories in one another", |dir| {
        let deep = (0..200).fold(dir.to_owned(), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("3.nc"), submission(3)).unwrap();
    })
    .holds(3, &[], rows);
    Tried::folder("a file of 300 MB, all holes", |dir| {
        fs::File::create(dir.join("huge.nc")).unwrap().set_len(300_000_000).unwrap();
    })
    .holds(2, &["too-large"], rows);
    Tried::folder("a file whose name has escapes and right-to-left marks", |dir| {
        fs::write(dir.join("\u{1b}[2J\u{202e}cn.gnilif\u{61c}\r.nc"), submission(3)).unwrap();
    })
    .holds(3, &[], rows);
    Tried::folder("a file whose name is no text", |dir| {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"\xff\x1b[2J.nc");
        fs::write(dir.join(name), submission(3)).unwrap();
    })
    .holds(3, &[], rows);
}

const XML: &str = include_str!("filings/schedule-13da-two-holders.xml");
const TEXT: &str = include_str!("../examples/wynnefield-13d-2007.txt");

/// The filing of these bytes, by itself, must be recorded with these troubles.
fn filing(what: &'static str, bytes: &[u8], codes: &[TroubleCode], rows: &mut Vec<Vec<String>>) {
    let tried = Tried::file(what, bytes);
    let troubles = &tried.said.report["troubles"];
    for code in codes {
        assert!(troubles[code.as_str()].is_u64(), "{what}: {troubles}");
    }
    tried.holds(1, &[], rows);
}

/// The part of a text from one mark to the end of another.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    &text[start..end]
}

fn filings(rows: &mut Vec<Vec<String>>) {
    let holder = part(XML, "<reportingPersonInfo>", "</reportingPersonInfo>\n");
    let many = XML.replacen(holder, &holder.repeat(100_000), 1);
    let limit = [TroubleCode::LimitReached];
    filing("a structured filing with 100,000 holders", many.as_bytes(), &limit, rows);

    let cover = part(
        TEXT,
        "CUSIP No. 53634X100               SCHEDULE 13D",
        "\n14   TYPE OF REPORTING PERSON\n\n     PN\n",
    );
    let many = TEXT.replacen(cover, &cover.repeat(5_000), 1);
    filing("a text filing with 5,000 cover pages", many.as_bytes(), &limit, rows);

    let digits = "9".repeat(10_000);
    let amount = part(XML, "<aggregateAmountOwned>", "</aggregateAmountOwned>");
    let large =
        XML.replacen(amount, &format!("<aggregateAmountOwned>{digits}</aggregateAmountOwned>"), 1);
    let unreadable = [TroubleCode::ValueUnreadable];
    filing("a number of 10,000 digits, structured", large.as_bytes(), &unreadable, rows);
    let large = TEXT.replacen("965,176", &digits, 9);
    filing("a number of 10,000 digits, in text", large.as_bytes(), &[], rows);

    let open = "<a>".repeat(100_000);
    let deep = XML.replacen("</edgarSubmission>", &format!("{open}</edgarSubmission>"), 1);
    let malformed = [TroubleCode::XmlNotWellFormed];
    filing("100,000 elements in one another", deep.as_bytes(), &malformed, rows);
    let deep = TEXT.replacen(
        "<TEXT>",
        &format!("<TEXT><html>{}", "<div><table><tr><td>".repeat(50_000)),
        1,
    );
    filing("200,000 tags in one another", deep.as_bytes(), &[], rows);
    let cell = "<td colspan=1000000000 rowspan=1000000000>x</td>".repeat(1_000);
    let wide = TEXT.replacen("<TEXT>", &format!("<TEXT><html><table><tr>{cell}</tr></table>"), 1);
    filing("a thousand cells of 10^9 columns and rows each", wide.as_bytes(), &[], rows);
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>";
    let text = XML.replacen("<edgarSubmission", &format!("{bomb}<edgarSubmission"), 1);
    filing("entities that expand into entities", text.as_bytes(), &[], rows);

    let name = "\u{1b}[2J\u{202e}=HYPERLINK(\"http://x\")|+1";
    let evil = TEXT.replacen("Liquidmetal Technologies, Inc.", name, 9);
    filing("an issuer's name with escapes and a formula", evil.as_bytes(), &[], rows);
    filing("names that are formulas, with escapes and marks", evil_names().as_bytes(), &[], rows);
    shown(evil_names().as_bytes());
}

/// A filing whose issuer and holders have names that a spreadsheet or a terminal might obey.
fn evil_names() -> String {
    let names = [
        ("Wynnefield Partners Small Cap Value LP I\n", "=HYPERLINK(\"http://x\",\"y\")\n"),
        ("Wynnefield Partners Small Cap Value LP\n", "+1+cmd|' /C calc'!A0\n"),
        ("Wynnefield Small Cap Value Offshore Fund Ltd.\n", "@SUM(A1:A9)\n"),
        ("Wynnefield Capital, Inc.\n", "\u{1b}]0;owned\u{7}\u{1b}[2JInc.\n"),
        ("Nelson Obus\n", "\u{202e}subO\u{202c} nosleN\u{61c}\u{200f}\n"),
        ("Joshua Landes\n", "-2+3\u{9b}31m\n"),
        ("Liquidmetal Technologies, Inc.\n", "=1+1\u{1b}[8m, Inc.\n"),
    ];
    names.iter().fold(TEXT.to_owned(), |text, (name, evil)| {
        assert!(text.contains(name), "{name}");
        text.replace(name, evil)
    })
}

/// What the program shows of a filing: nothing that a terminal obeys, and no cell that a
/// spreadsheet takes for a formula.
fn shown(filing: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("evil.txt");
    fs::write(&file, filing).unwrap();
    let file = file.to_str().unwrap();
    let run = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_blockholder"));
        command.arg("--ledger").arg(dir.path().join("ledger")).args(words);
        let output = command.env_remove("BLOCKHOLDER_LEDGER").output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {text}");
        text
    };
    run(&["init"]);
    let proof = dir.path().join("answer.proof");
    let proof = proof.to_str().unwrap();
    let questions: [&[&str]; 15] = [
        &["append", file],
        &["read", file],
        &["log"],
        &["log", "--json"],
        &["cite", "1"],
        &["holders", "53634X100", "--as-of", "2008-01-01"],
        &["history", "53634X100"],
        &["group", "53634X100", "--as-of", "2008-01-01"],
        &["chains", "53634X100"],
        &["person", "cmd", "--as-of", "2008-01-01"],
        &["verify"],
        &["export", "--jsonl"],
        &["holders", "53634X100", "--as-of", "2008-01-01", "--json"],
        &["history", "53634X100", "--json"],
        // The answer in a proof is what `holders --json` prints, and is made again as that.
        &["prove", "53634X100", "--as-of", "2008-01-01", "-o", proof],
    ];
    let marks = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for words in questions {
        let text = run(words);
        // JSON too, which says what was read all the same.
        let obeyed = |c: char| (c.is_control() && c != '\n') || marks(c);
        assert!(!text.contains(obeyed), "{words:?}: {text:?}");
    }
    let mut guarded = 0;
    for words in [
        &["holders", "53634X100", "--as-of", "2008-01-01", "--csv"][..],
        &["history", "53634X100", "--csv"],
    ] {
        let text = run(words);
        let mut sheet = csv::Reader::from_reader(text.as_bytes());
        for record in sheet.records() {
            for cell in &record.unwrap() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
                assert!(!cell.contains(|c: char| c.is_control() || marks(c)), "{cell:?}");
                guarded += u64::from(cell.starts_with('\''));
            }
        }
    }
    assert!(guarded >= 8, "only {guarded} cells had to be guarded");
}
