//! Where each character of a text stands in the received bytes, in a few bytes a run of them.
//! Knows nothing of what the characters are.

/// What one piece of a run is: so many bytes of text that stand for so many received bytes. Where
/// both are equal they agree byte for byte; otherwise all of the text stands for all of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    /// Bytes of text.
    pub(crate) chars: usize,
    /// Received bytes.
    pub(crate) raw: usize,
}

/// Text and bytes that agree byte for byte.
const FAITHFUL: Unit = Unit { chars: 1, raw: 1 };

/// Units of one kind, one right after the other both in the text and in the bytes.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Where it begins in the text.
    at: usize,
    /// Where it begins in the bytes.
    raw: usize,
    unit: Unit,
    count: usize,
}

impl Run {
    fn end(&self) -> usize {
        self.at + self.unit.chars * self.count
    }

    fn raw_end(&self) -> usize {
        self.raw + self.unit.raw * self.count
    }

    /// The bytes that one of its characters came from.
    fn raw_of(&self, at: usize) -> (u64, u64) {
        let into = at.min(self.end()) - self.at;
        if self.unit == FAITHFUL {
            let start = self.raw + into;
            return (start as u64, (start + 1).min(self.raw_end()) as u64);
        }
        let index = (into / self.unit.chars.max(1)).min(self.count.saturating_sub(1));
        let start = self.raw + self.unit.raw * index;
        (start as u64, (start + self.unit.raw) as u64)
    }
}

/// So many runs are written one after the other; then their place is kept, to be looked up.
const RUNS: usize = 32;

/// Where a block of runs begins.
#[derive(Clone, Copy, Debug)]
struct Block {
    at: usize,
    raw: usize,
    /// In the bytes that the runs are written in.
    from: usize,
}

/// The runs of a text.
///
/// A run is written as numbers in base 128, low digits first, the last with its high bit clear: how
/// many received bytes were left out before it; twice its count, and one more where it is not
/// faithful; and then the two numbers of its unit.
#[derive(Debug, Default)]
pub(crate) struct Places {
    blocks: Vec<Block>,
    written: Vec<u8>,
}

impl Places {
    /// The bytes that the characters from `first` to `last` came from: from where, to where.
    pub(crate) fn raw(&self, first: usize, last: usize) -> (u64, u64) {
        let run = self.run_at(first);
        let same = (run.at..run.end()).contains(&last);
        let end = if same { run.raw_of(last) } else { self.run_at(last).raw_of(last) };
        (run.raw_of(first).0, end.1)
    }

    /// The run that a character lies in.
    fn run_at(&self, at: usize) -> Run {
        let after = self.blocks.partition_point(|block| block.at <= at);
        let Some(block) = after.checked_sub(1).and_then(|index| self.blocks.get(index)) else {
            return Run { at: 0, raw: 0, unit: FAITHFUL, count: 0 };
        };
        let mut rest = self.written.get(block.from..).unwrap_or_default();
        let mut run = Run { at: block.at, raw: block.raw, unit: FAITHFUL, count: 0 };
        for _ in 0..RUNS {
            let Some(next) = read_run(&mut rest, &run) else { break };
            run = next;
            if at < run.end() {
                break;
            }
        }
        run
    }
}

fn write_number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn read_number(from: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}

fn write_run(to: &mut Vec<u8>, run: &Run, before: usize) {
    // Runs come in the order of their bytes.
    write_number(to, run.raw.saturating_sub(before));
    let faithful = run.unit == FAITHFUL;
    write_number(to, run.count << 1 | usize::from(!faithful));
    if !faithful {
        write_number(to, run.unit.chars);
        write_number(to, run.unit.raw);
    }
}

/// The run that follows `before`.
fn read_run(from: &mut &[u8], before: &Run) -> Option<Run> {
    let raw = before.raw_end() + read_number(from)?;
    let count = read_number(from)?;
    let unit = match count & 1 {
        0 => FAITHFUL,
        _ => Unit { chars: read_number(from)?, raw: read_number(from)? },
    };
    Some(Run { at: before.end(), raw, unit, count: count >> 1 })
}

/// Writes [`Places`], run by run.
#[derive(Default)]
pub(crate) struct Writer {
    places: Places,
    /// How many runs the last block has.
    runs: usize,
    /// The run that may still go on, and where the bytes of the one before it end.
    open: Option<(Run, usize)>,
}

impl Writer {
    /// The next `len` bytes of text stand for as many received bytes from `raw` on.
    pub(crate) fn copy(&mut self, len: usize, raw: usize) {
        self.run(FAITHFUL, len, raw);
    }

    /// The next bytes of text stand for received bytes at `raw`.
    pub(crate) fn put(&mut self, unit: Unit, raw: usize) {
        match unit.chars == unit.raw {
            true => self.run(FAITHFUL, unit.chars, raw),
            false => self.run(unit, 1, raw),
        }
    }

    fn run(&mut self, unit: Unit, count: usize, raw: usize) {
        if let Some((open, _)) = &mut self.open
            && open.unit == unit
            && open.raw_end() == raw
        {
            open.count += count;
            return;
        }
        let (at, before) = self.open.map_or((0, 0), |(open, _)| (open.end(), open.raw_end()));
        self.close();
        self.open = Some((Run { at, raw, unit, count }, before));
    }

    /// Writes down the run that went on until now.
    fn close(&mut self) {
        let Some((run, before)) = self.open.take() else { return };
        if self.runs == 0 {
            let from = self.places.written.len();
            self.places.blocks.push(Block { at: run.at, raw: run.raw, from });
        }
        // A block knows where its first run begins.
        let before = if self.runs == 0 { run.raw } else { before };
        write_run(&mut self.places.written, &run, before);
        self.runs = (self.runs + 1) % RUNS;
    }

    /// Takes back all runs from `at` in the text on, which is where one ended.
    pub(crate) fn cut_back(&mut self, at: usize) {
        self.close();
        let keep = self.places.blocks.partition_point(|block| (block.at) < at);
        let Some(last) = keep.checked_sub(1).and_then(|index| self.places.blocks.get(index)) else {
            *self = Self::default();
            return;
        };
        let Block { at: first, raw, from } = *last;
        let written = self.places.written.split_off(from);
        self.places.blocks.truncate(keep - 1);
        self.runs = 0;
        let mut rest = written.as_slice();
        let mut run = Run { at: first, raw, unit: FAITHFUL, count: 0 };
        while let Some(next) = read_run(&mut rest, &run).filter(|next| next.at < at) {
            self.close();
            self.open = Some((next, run.raw_end()));
            run = next;
        }
    }

    /// The runs.
    pub(crate) fn finish(mut self) -> Places {
        self.close();
        self.places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each byte of the text, the bytes it came from.
    type Naive = Vec<(u64, u64)>;

    fn put(writer: &mut Writer, naive: &mut Naive, unit: Unit, raw: usize) {
        writer.put(unit, raw);
        for index in 0..unit.chars {
            let start = (raw + if unit.chars == unit.raw { index } else { 0 }) as u64;
            let len = if unit.chars == unit.raw { 1 } else { unit.raw as u64 };
            naive.push((start, start + len));
        }
    }

    #[test]
    fn every_character_is_found_again() {
        let mut random = 0x9e37_79b9_u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((random >> 33) % below) as usize
        };
        for round in 0..300 {
            let (mut writer, mut naive, mut raw) = (Writer::default(), Naive::new(), 7);
            for _ in 0..round {
                let unit = [(1, 1), (1, 6), (3, 1), (2, 2), (1, 0), (4, 300)][next(6)];
                let unit = Unit { chars: unit.0, raw: unit.1 };
                let gap = [0, 0, 0, 1, 5000][next(5)];
                raw += gap;
                if gap > 0 && next(20) == 0 {
                    // What was written since some gap is taken back.
                    let keep = naive.len() - naive.len().min(next(60));
                    let kept = naive.get(..keep).unwrap();
                    let mut gaps = (1..keep).filter(|at| kept[*at].0 > kept[*at - 1].1);
                    let at = gaps.next_back().unwrap_or(0);
                    naive.truncate(at);
                    writer.cut_back(at);
                }
                for _ in 0..[1, 1, 3, 200][next(4)] {
                    put(&mut writer, &mut naive, unit, raw);
                    raw += unit.raw;
                }
            }
            let places = writer.finish();
            for (at, there) in naive.iter().enumerate() {
                assert_eq!(places.raw(at, at), *there, "{at} in round {round}");
            }
        }
    }

    #[test]
    fn runs_take_few_bytes() {
        let mut writer = Writer::default();
        for raw in 0..100_000 {
            writer.put(Unit { chars: 1, raw: 6 }, raw * 8);
            writer.copy(2, raw * 8 + 6);
        }
        let places = writer.finish();
        let bytes = places.written.len() + places.blocks.len() * size_of::<Block>();
        assert!(bytes < 8 * 100_000, "{bytes} bytes");
    }
}
