//! Reads a stream's segments some records at a time, into buffers that are used again, and has each
//! lot worked on by one of many, in order. Knows nothing of what records hold, nor what is wanted.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use crate::store::layout::{Layout, io_error};
use crate::store::log::StoreError;
use crate::store::regular;
use crate::store::segment::{
    HEADER_LEN, Header, Place, RECORD_HEADER_LEN, Records, Stream, record_len,
};

/// About how many bytes are read at a time: few enough to be in a core's cache still while they are
/// checked.
const LOT: usize = 256 * 1024;
/// How many lots each worker has before it or behind it, at most.
const AHEAD: usize = 4;

/// Whole records of one segment, one after the other; or all that is left of a damaged one.
pub(crate) struct Lot {
    /// The segment's number.
    pub(crate) segment: u32,
    /// The segment's header, in the first of its lots.
    pub(crate) header: Option<Result<Header, String>>,
    bytes: Vec<u8>,
    from: usize,
    base: u64,
}

impl Lot {
    /// What stands in it; offsets count from the start of the file.
    pub(crate) fn records(&self) -> Records<'_> {
        Records::within(&self.bytes, self.from, self.base)
    }
}

/// The lots of a stream, read as they are asked for.
pub(crate) struct Lots<'a> {
    layout: &'a Layout,
    stream: Stream,
    numbers: std::vec::IntoIter<u32>,
    from: Place,
    size: usize,
    open: Option<Open>,
    spare: Vec<Vec<u8>>,
}

/// A segment that is being read.
struct Open {
    file: File,
    path: PathBuf,
    number: u32,
    len: u64,
    /// Whether nothing of it was handed out yet.
    first: bool,
    /// Where the bytes that were read and not handed out begin.
    base: u64,
    rest: Vec<u8>,
}

/// Where a lot can end.
#[derive(Debug, PartialEq, Eq)]
enum Cut {
    /// Before the record that begins here.
    At(usize),
    /// Beyond the bytes that were read so far.
    Further,
    /// Nowhere before the end of the file: it is damaged, and the rest is searched for records.
    Nowhere,
}

impl<'a> Lots<'a> {
    /// All of a stream.
    ///
    /// # Errors
    /// The journal's folder cannot be read.
    pub(crate) fn of(layout: &'a Layout, stream: Stream) -> Result<Self, StoreError> {
        Self::from(layout, stream, Place { segment: 0, offset: 0 })
    }

    /// A stream from a place on, where a record ends.
    ///
    /// # Errors
    /// The journal's folder cannot be read.
    pub(crate) fn from(
        layout: &'a Layout,
        stream: Stream,
        from: Place,
    ) -> Result<Self, StoreError> {
        let numbers = stream.segments(&layout.journal())?;
        let numbers: Vec<u32> =
            numbers.into_iter().filter(|number| *number >= from.segment).collect();
        let numbers = numbers.into_iter();
        Ok(Self { layout, stream, numbers, from, size: LOT, open: None, spare: Vec::new() })
    }

    /// The next lot; each segment has at least one.
    fn next(&mut self) -> Result<Option<Lot>, StoreError> {
        let open = match &mut self.open {
            Some(open) => open,
            None => match self.numbers.next() {
                Some(number) => {
                    let path = self.stream.file(&self.layout.journal(), number);
                    let from = if number == self.from.segment { self.from.offset } else { 0 };
                    let opened = Open::at(path.clone(), number, from);
                    self.open.insert(opened.map_err(|error| io_error("read", &path, error))?)
                }
                None => return Ok(None),
            },
        };
        let lot = open.next(self.stream, self.size, self.spare.pop().unwrap_or_default());
        let lot = lot.map_err(|error| io_error("read", &open.path, error))?;
        if open.base >= open.len {
            self.open = None;
        }
        Ok(Some(lot))
    }

    /// Takes a buffer back.
    fn again(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= 4 * self.size {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

impl Open {
    fn at(path: PathBuf, number: u32, from: u64) -> io::Result<Self> {
        let mut file = regular::open(&path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(from))?;
        Ok(Self { file, path, number, len, first: true, base: from, rest: Vec::new() })
    }

    fn next(&mut self, stream: Stream, size: usize, mut bytes: Vec<u8>) -> io::Result<Lot> {
        bytes.append(&mut self.rest);
        // Only what begins with the file begins with a header.
        let begins = std::mem::replace(&mut self.first, false) && self.base == 0;
        let from = if begins { HEADER_LEN } else { 0 };
        let base = self.base;
        let mut more = size;
        loop {
            bytes.reserve(more);
            let got = (&self.file).take(more as u64).read_to_end(&mut bytes)?;
            let at_end = got == 0 || base + bytes.len() as u64 >= self.len;
            match cut(&bytes, from, self.len.saturating_sub(base)) {
                _ if at_end => self.base = self.len,
                Cut::At(at) => {
                    self.rest.extend_from_slice(bytes.get(at..).unwrap_or_default());
                    bytes.truncate(at);
                    self.base = base + at as u64;
                }
                Cut::Further => {
                    more = bytes.len();
                    continue;
                }
                Cut::Nowhere => {
                    (&self.file).read_to_end(&mut bytes)?;
                    self.base = self.len;
                }
            }
            let header = begins.then(|| Header::check(&bytes, stream, self.number));
            return Ok(Lot { segment: self.number, header, bytes, from, base });
        }
    }
}

/// Where to cut the bytes that begin so long before the end of their file: before the last record
/// that begins in them, if its header is sound and the file has all of it, for then the records
/// after the cut are the same as if nothing had been cut.
fn cut(bytes: &[u8], from: usize, left: u64) -> Cut {
    let (mut at, mut last) = (from, Cut::Further);
    while at + RECORD_HEADER_LEN <= bytes.len() {
        let end = record_len(bytes, at).and_then(|len| at.checked_add(len));
        let Some(end) = end.filter(|end| *end as u64 <= left) else { return Cut::Nowhere };
        if at > from {
            last = Cut::At(at);
        }
        at = end;
    }
    last
}

/// One who works on lots.
struct Worker<'scope, T> {
    give: SyncSender<Lot>,
    take: Receiver<(Lot, T)>,
    thread: ScopedJoinHandle<'scope, ()>,
}

impl<'scope, T: Send + 'scope> Worker<'scope, T> {
    fn start<'env, S>(
        scope: &'scope Scope<'scope, 'env>,
        begin: &'env (dyn Fn() -> S + Sync),
        work: &'env (dyn Fn(&mut S, &Lot) -> T + Sync),
    ) -> Self {
        // As much room as there can ever be lots, so that nobody waits to hand one over.
        let (give, given) = sync_channel::<Lot>(AHEAD);
        let (done, take) = sync_channel(AHEAD);
        let thread = scope.spawn(move || {
            let mut state = begin();
            for lot in given {
                let made = work(&mut state, &lot);
                if done.send((lot, made)).is_err() {
                    return;
                }
            }
        });
        Self { give, take, thread }
    }
}

/// Hands over what is made of each lot, in their order: one worker a core makes it, while this
/// thread reads and takes. Each worker begins with a state of its own.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn in_order<S, T: Send>(
    mut lots: Lots<'_>,
    begin: &(dyn Fn() -> S + Sync),
    work: &(dyn Fn(&mut S, &Lot) -> T + Sync),
    take: &mut dyn FnMut(&Lot, T),
) -> Result<(), StoreError> {
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        let mut idle: VecDeque<Worker<'_, T>> = VecDeque::new();
        idle.extend((0..cores).map(|_| Worker::start(scope, begin, work)));
        let outcome = deal(&mut lots, &mut idle, take);
        for Worker { give, take, thread } in idle {
            drop((give, take));
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        outcome
    })
}

/// Deals lots to the workers in turns, and takes what they made in the same turns.
fn deal<T>(
    lots: &mut Lots<'_>,
    workers: &mut VecDeque<Worker<'_, T>>,
    take: &mut dyn FnMut(&Lot, T),
) -> Result<(), StoreError> {
    let (most, mut given, mut taken) = (workers.len() * AHEAD, 0, 0);
    let mut next = lots.next()?;
    loop {
        let count = workers.len();
        if let Some(lot) = next.take_if(|_| given - taken < most) {
            let worker = workers.get(given % count);
            if worker.is_none_or(|worker| worker.give.send(lot).is_err()) {
                return Ok(());
            }
            given += 1;
            next = lots.next()?;
        } else if taken < given {
            // One who is gone has panicked, which is told when it is joined.
            let made = workers.get(taken % count).map(|worker| worker.take.recv());
            let Some(Ok((lot, made))) = made else { return Ok(()) };
            taken += 1;
            take(&lot, made);
            lots.again(lot.bytes);
        } else {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::segment::{Item, Tag, write_record};

    /// What stands somewhere: where, how long, and of a record whether it is sound and its tag.
    type Standing = (u64, u64, Option<(bool, Tag)>);

    fn standing(records: Records<'_>) -> Vec<Standing> {
        let of = |item| match item {
            Item::Record(record) => {
                let len = record.body.len() as u64;
                (record.offset, len, Some((record.is_sound(), record.tag)))
            }
            Item::Damage { offset, len } => (offset, len, None),
        };
        records.map(of).collect()
    }

    fn read(bytes: &[u8], size: usize, from: usize) -> Vec<Standing> {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        std::fs::create_dir_all(layout.journal()).unwrap();
        std::fs::write(Stream::Entries.file(&layout.journal(), 0), bytes).unwrap();
        let place = Place { segment: 0, offset: from as u64 };
        let mut lots = Lots::from(&layout, Stream::Entries, place).unwrap();
        lots.size = size;
        let (mut came, mut headers) = (Vec::new(), Vec::new());
        in_order(lots, &|| (), &|(), lot| standing(lot.records()), &mut |lot, one| {
            came.extend(one);
            headers.push(lot.header.is_some());
        })
        .unwrap();
        let first = headers.iter().position(|is| *is);
        assert_eq!(first, (from == 0).then_some(0), "only the file's first lot has a header");
        assert!(headers.iter().skip(1).all(|has| !has));
        came
    }

    fn segment() -> (Vec<u8>, Vec<usize>) {
        let header = Header { stream: Stream::Entries, number: 0, first: 0 };
        let (mut bytes, mut ends) = (header.to_bytes().to_vec(), Vec::new());
        for number in 0..60_usize {
            let tag = if number % 9 == 8 { Tag::Commit } else { Tag::Entry };
            let len = if tag == Tag::Commit { 40 } else { 1 + number * 37 % 900 };
            write_record(&mut bytes, tag, &vec![u8::try_from(number).unwrap(); len]);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn lots_of_any_size_have_what_the_file_has() {
        let (bytes, ends) = segment();
        for size in [1, 20, 400, 1_000, 5_000, bytes.len(), 2 * bytes.len()] {
            let expected = standing(Records::new(&bytes, HEADER_LEN));
            assert_eq!(read(&bytes, size, 0), expected, "{size}");
            for end in [ends[0], ends[30], ends[59]] {
                let expected = standing(Records::new(&bytes, end));
                assert_eq!(read(&bytes, size, end), expected, "{size} from {end}");
            }
        }
    }

    #[test]
    fn damage_anywhere_is_the_same_damage() {
        let (sound, ends) = segment();
        let mut number = 1_u64;
        let mut below = |n: usize| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(number >> 33).unwrap() % n
        };
        for round in 0..600 {
            let mut bytes = sound.clone();
            let at = match round % 3 {
                // In a header, where the chain of records breaks.
                0 => ends[below(59)] + below(RECORD_HEADER_LEN),
                _ => below(bytes.len()),
            };
            match round % 5 {
                0 => drop(bytes.drain(at..(at + 1 + below(40)).min(sound.len()))),
                1 => bytes.truncate(at),
                2 => drop(bytes.splice(at..at, vec![7; 1 + below(40)])),
                _ => bytes[at] ^= 1 << below(8),
            }
            let expected = standing(Records::new(&bytes, HEADER_LEN));
            for size in [1, 700, 6_000] {
                assert_eq!(read(&bytes, size, 0), expected, "round {round}, lots of {size}");
            }
        }
    }
}
