//! Questions about a ledger's issuers, drawn by chance: the same for the same ledger and seed.
//! Answers none of them.

use blockholder::cli::questions::Clocks;
use blockholder::ledger::event::Event;
use blockholder::store::log::Log;
use blockholder::terms::id::Cik;
use blockholder::terms::time::Day;

use crate::world::{Numbers, ymd};

/// The last day that is asked about: 2026-06-30, in days since 1970.
const LAST: i64 = 20_634;

/// One question: who holds what of an issuer.
#[derive(Clone)]
pub struct Asked {
    /// The issuer.
    pub cik: Cik,
    /// As of this day.
    pub as_of: Day,
    /// As known at the end of this day, where not now.
    pub known: Option<Day>,
}

impl Asked {
    /// On the clocks of the command line.
    pub fn clocks(&self) -> Clocks {
        let known_at = self.known.map(|day| day.end_eastern());
        Clocks { as_of: Some(self.as_of), known_at, at: None }
    }
}

/// So many questions. Issuers come as often as they are filed about; a day is any from the event of
/// one of the issuer's filings to the end. `historic` asks as it was known on a day from there on.
pub fn drawn(log: &dyn Log, many: usize, historic: bool) -> Vec<Asked> {
    let mut n = Numbers::of(1, 9, log.size());
    let mut questions = Vec::with_capacity(many);
    while questions.len() < many {
        let Event::FilingRecorded(filing) = log.event(n.below(log.size())).unwrap() else {
            continue;
        };
        let (Some(cik), Some(event)) =
            (filing.issuer_cik(), filing.reading.event_date.value().copied())
        else {
            continue;
        };
        let from = (8_500..LAST).find(|number| day(*number) >= event).unwrap_or(LAST - 1);
        let as_of = from + n.below((LAST - from) as u64) as i64;
        let known = as_of + n.below((LAST - as_of + 1) as u64) as i64;
        questions.push(Asked { cik, as_of: day(as_of), known: historic.then(|| day(known)) });
    }
    questions
}

fn day(number: i64) -> Day {
    let (year, month, day) = ymd(number);
    format!("{year:04}-{month:02}-{day:02}").parse().unwrap()
}

/// What half, 99 of 100 and all of some times keep below.
pub fn quantiles(times: &mut [std::time::Duration]) -> [f64; 3] {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    [at(50), at(99), at(100)].map(|time| time.as_secs_f64() * 1e6)
}
