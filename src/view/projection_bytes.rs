//! What is kept of an issuer as bytes that are read where they are asked for (spec, section 11.5).
//! Knows nothing of stores, nor of what is asked: `projected` reads them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::terms::id::Cusip;
use crate::terms::quantity::Percent;
use crate::terms::span::Span;
use crate::terms::statement::{GroupBox, Rule, Schedule};
use crate::terms::time::Day;
use crate::terms::topic::HolderId;
use crate::view::bytes::Out;
use crate::view::holding::Absence;
use crate::view::life::Life;
use crate::view::projection::{KeptFiling, KeptHolding, KeptRow, KeptStrand, Projection};
use crate::view::row::Value;
use crate::view::status::{Evidence, Status};
use crate::view::timeline::KnownBy;

/// Members of closed lists are numbered in these orders.
pub(super) const STATUSES: [Status; 3] = [Status::Holding, Status::Exited, Status::Unknown];
pub(super) const EVIDENCE: [Evidence; 6] = [
    Evidence::ItemFive,
    Evidence::Percent,
    Evidence::Nothing,
    Evidence::ItemFiveE,
    Evidence::OfAnother,
    Evidence::ItemFiveA,
];
pub(super) const SCHEDULES: [Schedule; 2] = [Schedule::D, Schedule::G];
pub(super) const RULES: [Rule; 3] = [Rule::B, Rule::C, Rule::D];
pub(super) const GROUPS: [GroupBox; 2] = [GroupBox::A, GroupBox::B];
pub(super) const KNOWN_BYS: [KnownBy; 3] =
    [KnownBy::Acceptance, KnownBy::FilingDate, KnownBy::Recording];

pub(super) const ABSENCES: [Absence; 4] =
    [Absence::Left, Absence::CannotTell, Absence::Dissolved, Absence::Closed];

/// Bytes of a filing, all alike.
pub(super) const FILING: usize = 93;
/// A day that is none.
pub(super) const NO_DAY: i32 = i32::MIN;

/// What kind of value a row has; its mark says what else it has.
pub(super) mod mark {
    pub(in crate::view) const KIND: u8 = 7;
    pub(in crate::view) const UNREADABLE: u8 = 0;
    pub(in crate::view) const AMOUNT: u8 = 1;
    pub(in crate::view) const EXACT: u8 = 2;
    pub(in crate::view) const LESS_THAN: u8 = 3;
    pub(in crate::view) const GROUP: u8 = 4;
    pub(in crate::view) const FLAG: u8 = 5;
    pub(in crate::view) const WORDS: u8 = 6;
    pub(in crate::view) const SPAN: u8 = 8;
    pub(in crate::view) const CARRIED: u8 = 16;
    pub(in crate::view) const CORRECTED: u8 = 32;
    pub(in crate::view) const TROUBLES: u8 = 64;
    pub(in crate::view) const ELSEWHERE: u8 = 128;
}

/// Parts by which several things are told, each once.
#[derive(Default)]
struct Once {
    places: BTreeMap<Vec<u8>, u64>,
    parts: Vec<Vec<u8>>,
}

impl Once {
    fn place(&mut self, part: Vec<u8>) -> u64 {
        let next = self.parts.len() as u64;
        let place = *self.places.entry(part.clone()).or_insert(next);
        if place == next {
            self.parts.push(part);
        }
        place
    }
}

fn number_in<T: PartialEq>(list: &[T], one: &T) -> Option<u64> {
    list.iter().position(|other| other == one).map(|at| at as u64)
}

impl Projection {
    /// The bytes; nothing where something has none.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut writing = Writing::default();
        let about = self.about();
        let filings = self.filings.iter().map(|filing| writing.filing(filing));
        let filings = filings.collect::<Option<Vec<_>>>()?.concat();
        let mut strands = Out::default();
        self.strands.iter().for_each(|one| strand(&mut strands, one));
        let holdings = self.holdings.iter().map(|one| writing.holding(one));
        let holdings: Vec<Vec<u8>> = holdings.collect::<Option<_>>()?;
        let mut rest = Out::default();
        for entries in [&self.others, &self.links] {
            rest.count(entries.len());
            entries.iter().for_each(|entry| rest.number(*entry));
        }
        let [mut words, mut values, mut held] = [Out::default(), Out::default(), Out::default()];
        words.table(&writing.words.parts)?;
        values.table(&writing.values.parts)?;
        held.table(&holdings)?;
        let mut out = Out::default();
        out.0.extend(self.last.to_le_bytes());
        out.0.extend(self.count.to_le_bytes());
        out.0.extend(self.digest);
        for part in [about, words.0, values.0, filings, strands.0, held.0, rest.0] {
            out.part(&part);
        }
        Some(out.0)
    }

    /// How the issuer is called, and the lists of CUSIPs.
    fn about(&self) -> Vec<u8> {
        let mut out = Out::default();
        let cusips = |out: &mut Out, list: &mut dyn ExactSizeIterator<Item = &Cusip>| {
            out.count(list.len());
            list.for_each(|cusip| out.text(cusip.as_str()));
        };
        out.flag(self.issuer.name.is_some());
        self.issuer.name.iter().for_each(|name| out.text(name));
        out.number(self.issuer.cik.map_or(0, |cik| cik.number()));
        cusips(&mut out, &mut self.issuer.cusips.iter());
        out.count(self.cusips.len());
        self.cusips.iter().for_each(|list| cusips(&mut out, &mut list.iter()));
        out.0
    }
}

fn strand(out: &mut Out, strand: &KeptStrand) {
    let KeptStrand { filings, first, states } = strand;
    out.number(*first);
    out.count(filings.len());
    filings.iter().for_each(|filing| out.number(*filing));
    let bytes = filings.len().div_ceil(8);
    let mut lists = Out::default();
    let mut sets = Vec::new();
    for (set, places) in states {
        sets.extend(set.to_le_bytes().into_iter().take(bytes));
        let mut list = Out::default();
        places.iter().for_each(|place| list.number(*place));
        lists.part(&list.0);
    }
    out.count(states.len());
    out.part(&sets);
    out.part(&lists.0);
}

/// What is written once and named by its place.
#[derive(Default)]
struct Writing {
    words: Once,
    values: Once,
}

impl Writing {
    fn word(&mut self, word: &str) -> u64 {
        self.words.place(word.as_bytes().to_vec())
    }

    fn filing(&mut self, filing: &KeptFiling) -> Option<Vec<u8>> {
        let day = |day: Day| i32::from(day).to_le_bytes();
        let maybe = |number: Option<u64>| number.map_or(0, |number| number + 1);
        let mut word = |word: &Option<String>| {
            u32::try_from(maybe(word.as_ref().map(|word| self.word(word)))).ok()
        };
        let mut out = Vec::with_capacity(FILING);
        out.extend(day(filing.since));
        out.extend(filing.known_at.unix_seconds().to_le_bytes());
        out.extend(filing.class.to_le_bytes());
        out.extend(filing.cusips.to_le_bytes());
        out.extend(word(&filing.title)?.to_le_bytes());
        out.extend(word(&filing.issuer)?.to_le_bytes());
        out.extend(filing.entry.to_le_bytes());
        out.extend(maybe(filing.accession.map(u64::from)).to_le_bytes());
        out.extend(filing.content.0);
        out.extend(maybe(filing.reread).to_le_bytes());
        out.extend(filing.event_date.map_or(NO_DAY.to_le_bytes(), day));
        out.push(number_in(&KNOWN_BYS, &filing.known_by)? as u8);
        out.extend(filing.troubles.bits().to_le_bytes());
        Some(out)
    }

    fn holding(&mut self, holding: &KeptHolding) -> Option<Vec<u8>> {
        let mut out = Out::default();
        let (first, row) = holding.first;
        for number in [holding.filing, first, row, holding.class, holding.person] {
            out.number(number);
        }
        out.maybe(holding.name.as_ref().map(|name| self.word(name)));
        out.number(holding.cik.map_or(0, |cik| cik.number()));
        out.number(number_in(&STATUSES, &holding.status)?);
        evidence(&mut out, holding.evidence)?;
        life(&mut out, &holding.life)?;
        out.number(holding.chain);
        left(&mut out, holding.left)?;
        for filings in [&holding.known_later, &holding.uncovered, &holding.several] {
            out.count(filings.len());
            filings.iter().for_each(|filing| out.number(*filing));
        }
        out.count(holding.parts.len());
        for part in &holding.parts {
            out.number(self.word(&part.instrument));
            decimal(&mut out, part.amount.decimal())?;
            span(&mut out, part.span, 0);
        }
        out.count(holding.rows.len());
        let mut before = 0;
        for row in &holding.rows {
            self.row(&mut out, row, holding.filing, &mut before)?;
        }
        out.count(holding.ids.len());
        for id in &holding.ids {
            let (kind, number) = match id {
                HolderId::Cik(cik) => (0, cik.number()),
                HolderId::TaxId(id) => (1, self.word(id)),
                HolderId::Name(name) => (2, self.word(name)),
            };
            out.count(kind);
            out.number(number);
        }
        Some(out.0)
    }

    fn row(&mut self, out: &mut Out, row: &KeptRow, own: u32, before: &mut u64) -> Option<()> {
        let kind = match &row.value {
            None => mark::UNREADABLE,
            Some(Value::Amount(_)) => mark::AMOUNT,
            Some(Value::Percent(Percent::Exact(_))) => mark::EXACT,
            Some(Value::Percent(Percent::LessThan(_))) => mark::LESS_THAN,
            Some(Value::Group(_)) => mark::GROUP,
            Some(Value::Flag(_)) => mark::FLAG,
            Some(Value::Text(_) | Value::Codes(_)) => mark::WORDS,
        };
        let also = [
            (mark::SPAN, row.span.is_some()),
            (mark::CARRIED, row.carried),
            (mark::CORRECTED, row.corrected.is_some()),
            (mark::TROUBLES, !row.troubles.is_empty()),
            (mark::ELSEWHERE, row.filing != own),
        ];
        let also = also.iter().filter(|(_, has)| *has);
        out.0.push(u8::try_from(row.field as usize).ok()?);
        out.0.push(also.fold(kind, |mark, (bit, _)| mark | bit));
        match &row.value {
            None => {}
            Some(Value::Amount(amount)) => decimal(out, amount.decimal())?,
            Some(Value::Percent(percent)) => decimal(out, percent.decimal())?,
            Some(Value::Group(group)) => out.number(number_in(&GROUPS, group)?),
            Some(Value::Flag(flag)) => out.flag(*flag),
            Some(words) => out.number(self.values.place(words_of(words))),
        }
        if row.filing != own {
            out.number(row.filing);
        }
        if let Some(one) = row.span {
            span(out, one, *before);
            *before = one.start();
        }
        row.corrected.iter().for_each(|entry| out.number(*entry));
        if !row.troubles.is_empty() {
            out.count(row.troubles.len());
            row.troubles.iter().for_each(|code| out.count(code as usize));
        }
        Some(())
    }
}

/// A text as 0 and the text; codes as 1, how many, and the texts.
fn words_of(value: &Value) -> Vec<u8> {
    let mut out = Out::default();
    match value {
        Value::Codes(codes) => {
            out.count(1);
            out.count(codes.len());
            codes.iter().for_each(|code| out.text(code));
        }
        text => {
            out.count(0);
            out.text(&text.to_string());
        }
    }
    out.0
}

/// Where it starts from the one before, and how long it is.
fn span(out: &mut Out, span: Span, before: u64) {
    out.signed(span.start().wrapping_sub(before) as i64);
    out.number(span.len());
}

/// All its digits times 32, and how many of them are decimals.
fn decimal(out: &mut Out, decimal: Decimal) -> Option<()> {
    let digits = u128::try_from(decimal.mantissa()).ok()?;
    out.number(digits * 32 + u128::from(decimal.scale()));
    (!decimal.is_sign_negative()).then_some(())
}

fn evidence(out: &mut Out, evidence: Option<Evidence>) -> Option<()> {
    match evidence {
        Some(evidence) => out.maybe(Some(number_in(&EVIDENCE, &evidence)?)),
        None => out.maybe(None),
    }
    Some(())
}

fn left(out: &mut Out, left: Option<(Day, u64, Absence)>) -> Option<()> {
    out.flag(left.is_some());
    if let Some((since, entry, absence)) = left {
        out.signed(i64::from(i32::from(since)));
        out.number(entry);
        out.number(number_in(&ABSENCES, &absence)?);
    }
    Some(())
}

fn life(out: &mut Out, life: &Life) -> Option<()> {
    let day = |out: &mut Out, day: Day| out.signed(i64::from(i32::from(day)));
    out.number(life.number);
    day(out, life.began);
    out.number(life.began_in);
    match &life.regime.schedule {
        Some(schedule) => out.maybe(Some(number_in(&SCHEDULES, schedule)?)),
        None => out.maybe(None),
    }
    out.count(life.regime.rules.len());
    for rule in &*life.regime.rules {
        out.number(number_in(&RULES, rule)?);
    }
    out.flag(life.exit.is_some());
    if let Some(exit) = &life.exit {
        day(out, exit.since);
        out.number(exit.entry);
        evidence(out, Some(exit.evidence))?;
        out.flag(exit.stated.is_some());
        exit.stated.iter().for_each(|stated| day(out, *stated));
    }
    Some(())
}
