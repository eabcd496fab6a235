//! The members of a tar archive, streamed: EDGAR's daily feeds are such, of `.nc` files.
//! Opens no file: links and devices in an archive are named and passed over.

use std::io::{self, Read};
use std::ops::ControlFlow;

use tar::{Archive, Entry, EntryType, PaxExtensions};

use crate::cli::limits::HEADER_BYTES;
use crate::cli::tally::{Refusal, Why};
use crate::cli::unpack::{Name, Unpacker};

/// A block: a header, or a piece of a member.
const BLOCK: usize = 512;
/// Where a header keeps the sum of its bytes, counted with spaces in its place.
const SUM: std::ops::Range<usize> = 148..156;

/// Whether these bytes begin as a tar header: the sum it states is the sum it has. The oldest
/// archives say nothing else of themselves.
pub fn is_header(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK) else { return false };
    let stated = block.get(SUM).unwrap_or_default();
    let digits = stated.iter().skip_while(|b| **b == b' ').take_while(|b| b.is_ascii_digit());
    let stated = digits.fold(0_u64, |sum, digit| sum * 8 + u64::from(digit - b'0'));
    let byte = |(at, byte): (usize, &u8)| u64::from(if SUM.contains(&at) { b' ' } else { *byte });
    let zeros = block.iter().all(|byte| *byte == 0);
    !zeros && stated == block.iter().enumerate().map(byte).sum::<u64>()
}

/// Hands on every member, in order. The library is asked for raw entries: it would hold a long
/// name of any length in memory.
pub fn members(to: &mut Unpacker, name: &Name, stream: &mut dyn Read) -> ControlFlow<()> {
    let mut marked = Marked { inner: stream, zeros: 0 };
    let mut archive = Archive::new(&mut marked);
    // Archives are joined by joining their bytes: what comes after an end mark counts.
    archive.set_ignore_zeros(true);
    let mut state = State::default();
    let entries = match archive.entries() {
        Ok(entries) => entries.raw(true),
        Err(error) => return to.refuse(name, state.damaged(&error)),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return to.refuse(name, state.damaged(&error)),
        };
        if let Err(refusal) = state.entry(to, name, entry)? {
            return to.refuse(name, refusal);
        }
    }
    if marked.zeros < BLOCK {
        let words = "expected a block of zeros at the end, found none: it may have been cut";
        return to.refuse(name, state.after(Why::ArchiveDamaged, words));
    }
    ControlFlow::Continue(())
}

/// What was read of an archive so far.
#[derive(Default)]
struct State {
    members: u64,
    /// The next member's name, where it is longer than a header holds.
    long: Option<Vec<u8>>,
    /// The next member's length, where an extended header says it.
    size: Option<u64>,
}

impl State {
    /// One entry; the inner error is a refusal of all that follows.
    fn entry<R: Read>(
        &mut self,
        to: &mut Unpacker,
        name: &Name,
        mut entry: Entry<R>,
    ) -> ControlFlow<(), Result<(), Refusal>> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::GNULongName | EntryType::XHeader) {
            return self.extended(to, name, &mut entry, kind);
        }
        if matches!(kind, EntryType::GNULongLink | EntryType::XGlobalHeader) {
            return ControlFlow::Continue(Ok(()));
        }
        self.members += 1;
        let long = self.long.take();
        let own = name.member(&long.unwrap_or_else(|| entry.header().path_bytes().into_owned()));
        let size = self.size.take();
        if size.is_some_and(|size| size != entry.size()) || kind == EntryType::GNUSparse {
            let words = "expected the member's length in its own header, found it elsewhere";
            return ControlFlow::Continue(Err(self.after(Why::Packing, words)));
        }
        match kind {
            EntryType::Directory => {}
            EntryType::Regular | EntryType::Continuous => {
                let left = entry.size();
                to.open(&own, &mut Whole { inner: &mut entry, left })?;
            }
            EntryType::Symlink
            | EntryType::Link
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo => {
                let words = "expected a file, found a link or a device, which is not followed";
                to.refuse(&own, Refusal::new(Why::NotAFile, words))?;
            }
            other => {
                let words = format!(
                    "expected a file, found a member of type {:?}",
                    char::from(other.as_byte())
                );
                to.refuse(&own, Refusal::new(Why::Packing, words))?;
            }
        }
        ControlFlow::Continue(Ok(()))
    }

    /// A header that says more of the next member.
    fn extended<R: Read>(
        &mut self,
        to: &mut Unpacker,
        name: &Name,
        entry: &mut Entry<R>,
        kind: EntryType,
    ) -> ControlFlow<(), Result<(), Refusal>> {
        if entry.size() > HEADER_BYTES {
            let got = entry.size();
            let words = format!(
                "expected a member's extended header of at most {HEADER_BYTES} bytes, found one \
                 of {got}: the member goes by its short name"
            );
            to.refuse(name, self.after(Why::ArchiveLimit, &words))?;
            return ControlFlow::Continue(Ok(()));
        }
        let mut bytes = Vec::new();
        let left = entry.size();
        if let Err(error) = (Whole { inner: entry, left }).read_to_end(&mut bytes) {
            return ControlFlow::Continue(Err(self.damaged(&error)));
        }
        if kind == EntryType::GNULongName {
            bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
            self.long = Some(bytes);
            return ControlFlow::Continue(Ok(()));
        }
        for extension in PaxExtensions::new(&bytes).flatten() {
            match extension.key_bytes() {
                b"path" => self.long = Some(extension.value_bytes().to_vec()),
                b"size" => self.size = extension.value().ok().and_then(|size| size.parse().ok()),
                _ => {}
            }
        }
        ControlFlow::Continue(Ok(()))
    }

    /// The archive cannot be followed any further.
    fn damaged(&self, error: &io::Error) -> Refusal {
        match Refusal::within(error) {
            Some(refusal) => self.after(refusal.why, &refusal.words),
            None => {
                let words = format!("expected a member or the end, found damage: {error}");
                self.after(Why::ArchiveDamaged, &words)
            }
        }
    }

    fn after(&self, why: Why, words: &str) -> Refusal {
        Refusal::new(why, format!("after {} members: {words}", self.members))
    }
}

/// Counts the zeros that a stream ended in.
struct Marked<'a> {
    inner: &'a mut dyn Read,
    zeros: usize,
}

impl Read for Marked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        match bytes.iter().rposition(|byte| *byte != 0) {
            Some(at) => self.zeros = read - at - 1,
            None => self.zeros = self.zeros.saturating_add(read),
        }
        Ok(read)
    }
}

/// A member that has all the bytes its header says, or is refused.
struct Whole<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            let words = format!("expected {} bytes more, found the archive's end", self.left);
            return Err(io::Error::other(Refusal::new(Why::ArchiveDamaged, words)));
        }
        Ok(read)
    }
}
