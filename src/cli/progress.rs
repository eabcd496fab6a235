//! One line on the terminal that says how far long work is, how fast it goes and how long it takes.
//! Knows nothing of the work; counts and times are given to it.

use std::io::{self, Write};

use crate::terms::time::RecordedAt;

/// The line is drawn anew after so many microseconds.
const EVERY: u64 = 200_000;
/// Before so many there is no rate worth showing.
const FIRST: u64 = 1_000_000;

/// The line, if anybody watches.
#[derive(Debug, Default)]
pub struct Progress {
    began: Option<RecordedAt>,
    drawn_at: u64,
    drawn: bool,
    total: Option<u64>,
}

impl Progress {
    /// A line for work of so many bytes, if that is known, which began at `now`.
    pub fn new(now: RecordedAt, total: Option<u64>) -> Self {
        Self { began: Some(now), drawn_at: 0, drawn: false, total }
    }

    /// Draws the line, if it is time to.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn draw(
        &mut self,
        err: &mut dyn Write,
        now: RecordedAt,
        filings: u64,
        bytes: u64,
    ) -> io::Result<()> {
        let total = self.total;
        self.draw_line(err, now, |passed| words(passed, filings, bytes, total))
    }

    /// Draws the line for work that is counted by issuers, if it is time to.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn draw_issuers(
        &mut self,
        err: &mut dyn Write,
        now: RecordedAt,
        done: u64,
    ) -> io::Result<()> {
        let total = self.total.unwrap_or(done);
        self.draw_line(err, now, |passed| issuers(passed, done, total))
    }

    fn draw_line(
        &mut self,
        err: &mut dyn Write,
        now: RecordedAt,
        line: impl Fn(u64) -> String,
    ) -> io::Result<()> {
        let Some(began) = self.began else { return Ok(()) };
        let passed = now.0.saturating_sub(began.0);
        if passed < FIRST || passed < self.drawn_at.saturating_add(EVERY) {
            return Ok(());
        }
        (self.drawn_at, self.drawn) = (passed, true);
        write!(err, "\r\u{1b}[K{}", line(passed))?;
        err.flush()
    }

    /// Takes the line away, for others to be printed.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn clear(&mut self, err: &mut dyn Write) -> io::Result<()> {
        if std::mem::take(&mut self.drawn) {
            write!(err, "\r\u{1b}[K")?;
            err.flush()?;
        }
        Ok(())
    }
}

/// `12,345 filings, 1,203/s, 7.1 MB/s, 34 %, 2 min left`, after so many microseconds.
fn words(passed: u64, filings: u64, bytes: u64, total: Option<u64>) -> String {
    let passed = passed.max(1);
    let a_second = |count: u64| (u128::from(count) * 1_000_000 / u128::from(passed)) as u64;
    let tenths = a_second(bytes) / 100_000;
    let rates = format!(
        "{} filings, {}/s, {}.{} MB/s",
        grouped(filings),
        grouped(a_second(filings)),
        tenths / 10,
        tenths % 10
    );
    let Some(total) = total.filter(|total| *total > 0 && bytes > 0) else { return rates };
    let percent = bytes.min(total).saturating_mul(100) / total;
    let left = u128::from(passed) * u128::from(total.saturating_sub(bytes)) / u128::from(bytes);
    format!("{rates}, {percent} %, {} left", lasting((left / 1_000_000) as u64))
}

/// `keeping answers: 1,203 of 33,107 issuers, 3 %, 2 min left`, after so many microseconds.
fn issuers(passed: u64, done: u64, total: u64) -> String {
    let percent = done.min(total) * 100 / total.max(1);
    let left =
        u128::from(passed) * u128::from(total.saturating_sub(done)) / u128::from(done.max(1));
    let left = lasting((left / 1_000_000) as u64);
    let (done, total) = (grouped(done), grouped(total));
    format!("keeping answers: {done} of {total} issuers, {percent} %, {left} left")
}

fn grouped(number: u64) -> String {
    crate::report::plain::grouped(&number.to_string())
}

fn lasting(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_rates_and_the_time_left() {
        let second = 1_000_000;
        for (passed, filings, bytes, total, line) in [
            (second, 1_234, 5_600_000, None, "1,234 filings, 1,234/s, 5.6 MB/s"),
            (
                10 * second,
                20_000,
                50_000_000,
                Some(100_000_000),
                "20,000 filings, 2,000/s, 5.0 MB/s, 50 %, 10 s left",
            ),
            (60 * second, 6, 1, Some(61), "6 filings, 0/s, 0.0 MB/s, 1 %, 60 min left"),
            (3600 * second, 6, 1, Some(4), "6 filings, 0/s, 0.0 MB/s, 25 %, 3 h 0 min left"),
            (second, 0, 0, Some(4), "0 filings, 0/s, 0.0 MB/s"),
            (0, 1, 9, Some(4), "1 filings, 1,000,000/s, 9.0 MB/s, 100 %, 0 s left"),
        ] {
            assert_eq!(words(passed, filings, bytes, total), line);
        }
    }

    #[test]
    fn it_is_drawn_now_and_then_and_taken_away() {
        let (mut progress, mut err) = (Progress::new(RecordedAt(5), None), Vec::new());
        let mut draw = |progress: &mut Progress, at| {
            progress.draw(&mut err, RecordedAt(at), 1, 1).unwrap();
            err.len()
        };
        assert_eq!(draw(&mut progress, FIRST), 0, "not before there is a rate");
        let once = draw(&mut progress, FIRST + 5);
        assert!(once > 0);
        assert_eq!(draw(&mut progress, FIRST + 10), once, "not again at once");
        assert!(draw(&mut progress, FIRST + 5 + EVERY) > once);
        let mut err = Vec::new();
        progress.clear(&mut err).unwrap();
        assert_eq!(err, b"\r\x1b[K");
        progress.clear(&mut err).unwrap();
        assert_eq!(err, b"\r\x1b[K", "once");
    }
}
