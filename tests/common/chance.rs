//! Ledgers by chance: a few issuers, holders who file by every schedule, and decisions laid over
//! what they file. Knows nothing of what is to be answered about them.
#![allow(dead_code)]

use std::path::Path;

use serde_json::{Value, json};

use blockholder::ledger::event::{
    Because, ChainJoined, ClassChange, ClassChanged, ClassKey, ClassRetracted, ClassSizeReported,
    Event, FilingCorrected, FilingDecided, FilingRecorded, FilingRef, FilingReread,
    FilingUncorrected, HolderKey, HoldersDecided, Said, Supplied,
};
use blockholder::store::ledger::{Ledger, Mode};
use blockholder::store::log::{Draft, Log};
use blockholder::terms::quantity::{Amount, Percent};
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{
    Form, GroupBox, Holder, ItemFive, ItemNine, Part, Party, Reading, Rule, Signature,
};
use blockholder::terms::time::{Day, Instant};
use blockholder::terms::topic::HolderId;
use blockholder::terms::trouble::{FieldName, Trouble, TroubleCode};

use crate::common::{NOW, Numbers, ORIGIN, accession, content, new_key, open, received};

/// A class of an issuer: its CUSIP and title.
type Class = (&'static str, &'static str);

/// Names with their CIK and tax number, if they have one; some are one person's.
const PEOPLE: [(&str, u64, &str); 10] = [
    ("Elm Row Partners, L.P.", 201, "13-1111111"),
    ("ELM ROW PARTNERS LP", 0, "13-1111111"),
    ("Elm Row Partners (Offshore) Ltd.", 202, ""),
    ("Jane Q. Roe", 203, ""),
    ("ROE JANE Q", 0, ""),
    ("Oak Lane Fund, Inc.", 204, ""),
    ("Oak Lane Fund Incorporated", 0, ""),
    ("Ash Trust", 0, "00-0000000"),
    ("Beech Company", 205, ""),
    ("Beech Co", 0, ""),
];
/// Per issuer: its CIK, its name, and each class's CUSIP and title.
const ISSUERS: [(u64, &str, [Class; 2]); 3] = [
    (101, "Example Corp", [("88160R101", "Common Stock"), ("037833100", "Class B Common Stock")]),
    (102, "Sample Industries", [("594918104", "Common Stock, $0.01 par value"), ("", "")]),
    (103, "Specimen plc", [("023135106", "Ordinary Shares"), ("", "Ordinary Shares")]),
];
const PERCENTS: [&str; 14] =
    ["6.1", "9.8", "10.4", "16.2", "5", "5.00", "4.9", "0.7", "0", "<1", "<5", "<15", "-", "?"];
const AMOUNTS: [&str; 9] = ["100", "150", "200", "350", "0", "0", "1000.5", "-", "?"];

/// What is asked.
const ASKED: [&str; 3] = ["holders", "late", "chains"];

/// One ledger as it is written.
pub struct Chance {
    numbers: Numbers,
    ledger: Ledger,
    filings: Vec<(FilingRef, Reading)>,
    corrections: Vec<(FilingRef, u64)>,
    classes: Vec<(u64, Event)>,
    place: u64,
}

/// What can be asked about a ledger: its size, the days and the moments at which something changes.
pub struct Written {
    pub size: u64,
    pub days: Vec<Day>,
    pub moments: Vec<Instant>,
}

/// Writes a ledger of a seed into a folder that is not there yet.
pub fn write(at: &Path, seed: u64, filings: usize) -> Written {
    Ledger::init(at, ORIGIN, NOW, &new_key()).unwrap().close().unwrap();
    let ledger = open(at, Mode::Write);
    let mut chance = Chance {
        numbers: Numbers(seed),
        ledger,
        filings: Vec::new(),
        corrections: Vec::new(),
        classes: Vec::new(),
        place: 0,
    };
    while chance.filings.len() < filings {
        chance.file();
        if chance.one_in(3) {
            chance.decide();
        }
    }
    let days = chance.filings.iter().filter_map(|(_, r)| r.event_date.value().copied());
    let moments = chance.filings.iter().filter_map(|(_, r)| r.accepted_at.value().copied());
    let (days, moments) = (days.collect(), moments.collect());
    let size = chance.ledger.size();
    chance.ledger.close().unwrap();
    Written { size, days, moments }
}

impl Written {
    /// Questions about an issuer, near the moments at which something changes.
    pub fn questions(&self, seed: u64, count: usize) -> Vec<Value> {
        let mut numbers = Numbers(seed + 7);
        let mut of = |limit: usize| numbers.below(limit as u64) as usize;
        let question = |_| {
            let near = [-1, 0, 0, 1, 30, 400, 2000][of(7)];
            let day = i32::from(self.days[of(self.days.len())]) + near;
            let moment = self.moments[of(self.moments.len())].unix_seconds();
            let known = [moment - 1, moment, moment + 86_400 * 90, 1_900_000_000][of(4)];
            let size = [self.size, self.size - self.size / 4, self.size / 2][of(3)];
            let issuers = ["101", "101", "102", "103", "88160R101", "594918104"];
            json!({
                "ask": ASKED[of(ASKED.len())],
                "issuer": issuers[of(issuers.len())],
                "as_of": Day::try_from(day).unwrap().to_string(),
                "known_at": Instant::from_unix_seconds(known).unwrap().to_string(),
                "at": size,
            })
        };
        (0..count).map(question).collect()
    }
}

impl Chance {
    fn one_in(&mut self, count: u64) -> bool {
        self.numbers.below(count) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.numbers.below(all.len() as u64) as usize].clone()
    }

    fn span(&mut self) -> Span {
        self.place += 3;
        Span::new(self.place, self.place + 2)
    }

    /// A field of a text: `-` is blank, `?` unreadable, nothing is absent.
    fn field<T: std::str::FromStr>(&mut self, text: &str) -> Field<T>
    where
        T::Err: std::fmt::Debug,
    {
        let span = self.span();
        match text {
            "" => Field::Absent,
            "-" => Field::Blank { span },
            "?" => Field::Unreadable { span },
            text => Field::stated(text.parse().unwrap(), span),
        }
    }

    fn maybe<T: std::str::FromStr>(&mut self, count: u64, text: &str) -> Field<T>
    where
        T::Err: std::fmt::Debug,
    {
        let text = if self.one_in(count) { self.of(&["", "-", "?"]) } else { text };
        self.field(text)
    }

    /// A day of five years, more often than not one of few.
    fn day(&mut self) -> String {
        let year = 2020 + self.numbers.below(6);
        let ends = ["03-31", "06-30", "09-30", "12-31", "12-31", "05-12", "05-14", "11-30"];
        if self.one_in(3) {
            let (month, day) = (1 + self.numbers.below(12), 1 + self.numbers.below(28));
            return format!("{year}-{month:02}-{day:02}");
        }
        format!("{year}-{}", self.of(&ends))
    }

    fn append(&mut self, events: Vec<Event>, received: Option<Vec<u8>>) -> u64 {
        let first = self.ledger.size();
        self.ledger.append(NOW, vec![Draft { events, received }]).unwrap();
        first
    }

    /// A filing, in half of all cases like one before it.
    fn file(&mut self) {
        let before = if self.filings.is_empty() || self.one_in(4) {
            None
        } else {
            let last = self.filings.len() as u64;
            let near = self.numbers.below(last.min(8)) as usize;
            self.filings.get(self.filings.len() - 1 - near).map(|(_, reading)| reading.clone())
        };
        let n = self.filings.len() as u64 + 1;
        let mut reading = self.reading(before.as_ref());
        let bytes = received(n);
        let mut supplied = Supplied::default();
        if self.one_in(12) {
            supplied.accession = Some(accession(n));
        } else {
            reading.accession = Field::stated(accession(n), self.span());
        }
        if self.one_in(12) {
            supplied.filer_cik = Some("201".parse().unwrap());
            supplied.filer_name = Some(PEOPLE[0].0.to_owned());
        }
        let filing = FilingRecorded {
            content: content(&bytes),
            content_len: bytes.len() as u64,
            source: format!("filing-{n}.txt"),
            reader: 1,
            supplied,
            continued: 0,
            reading: reading.clone(),
        };
        let content = filing.content;
        let events = blockholder::ledger::admit::split(filing).unwrap();
        let entry = self.append(events, Some(bytes));
        self.filings.push((FilingRef { entry, content }, reading));
    }

    fn reading(&mut self, before: Option<&Reading>) -> Reading {
        let forms = match before.and_then(|before| before.form.value()) {
            Some(Form::Sc13D | Form::Sc13DA) if !self.one_in(6) => ["SC 13D/A", "SC 13D/A"],
            Some(_) if !self.one_in(6) => ["SC 13G/A", "SC 13G/A"],
            Some(_) => ["SC 13G", "SC 13D"],
            None => {
                self.of(&[["SC 13G", "SC 13D"], ["SC 13G", "SC 13D/A"], ["SC 13D", "SC 13G/A"]])
            }
        };
        let form = self.of(&forms);
        let is_13g = form.contains('G');
        let event = self.day();
        let mut reading = Reading {
            form: Field::stated(Form::from_edgar(form).unwrap(), self.span()),
            event_date: self.maybe(12, &event),
            ..Reading::default()
        };
        self.known(&mut reading, event.parse().unwrap());
        self.about(&mut reading, before);
        self.covers(&mut reading, before);
        if form.ends_with('A') {
            let number = (1 + self.numbers.below(4)).to_string();
            reading.amendment_number = self.maybe(3, &number);
        }
        if is_13g {
            let rules = [
                vec![],
                vec![Rule::B],
                vec![Rule::B],
                vec![Rule::C],
                vec![Rule::D],
                vec![Rule::B, Rule::D],
            ];
            let span = self.span();
            reading.rules = self.of(&rules).into_iter().map(|r| Field::stated(r, span)).collect();
            let ticked = self.of(&["", "", "", "true", "false", "false", "?"]);
            reading.five_percent_or_less = self.field(ticked);
            if self.one_in(12) {
                let on = self.day();
                reading.item_9 = ItemNine { dissolved: self.field("true"), on: self.maybe(3, &on) };
            }
        } else {
            let percent = if self.one_in(4) { self.of(&PERCENTS) } else { "" };
            let ceased = if self.one_in(6) { self.of(&["true", "false", "?"]) } else { "" };
            let on = self.day();
            reading.item_5 = ItemFive {
                amount: Field::Absent,
                percent: self.field(percent),
                ceased: self.field(ceased),
                ceased_on: if ceased == "true" { self.maybe(2, &on) } else { Field::Absent },
            };
        }
        reading
    }

    /// When it was accepted, or filed; or nothing says when.
    fn known(&mut self, reading: &mut Reading, event: Day) {
        let days = self.of(&[0, 1, 3, 5, 10, 20, 40, 45, 46, 60, 120, 400, 440]);
        let filed = Day::try_from(i32::from(event) + days).unwrap();
        let hour = self.of(&["05:00:00", "15:30:00", "22:29:59", "22:30:01", "23:59:59"]);
        match self.numbers.below(10) {
            0 => (),
            1 => reading.filed_date = Field::stated(filed, self.span()),
            _ => {
                let at = format!("{filed}T{hour}Z");
                reading.accepted_at = self.field(&at);
            }
        }
    }

    fn about(&mut self, reading: &mut Reading, before: Option<&Reading>) {
        let (cik, name, classes) = self.of(&ISSUERS);
        let (cusip, title) = self.of(&classes);
        reading.issuer.name = self.field(name);
        reading.issuer.cik = self.field(&cik.to_string());
        if !cusip.is_empty() {
            reading.cusips = vec![self.maybe(15, cusip)];
        }
        reading.class_title = self.field(title);
        if let Some(before) = before {
            reading.issuer = before.issuer.clone();
            reading.cusips = before.cusips.clone();
            reading.class_title = before.class_title.clone();
            let named = before.accession.value().copied();
            if let Some(named) = named.filter(|_| self.one_in(5)) {
                reading.previous_accession = Field::stated(named, self.span());
            }
        }
        if self.one_in(25) {
            let wanting = accession(900 + self.numbers.below(3));
            reading.previous_accession = Field::stated(wanting, self.span());
        }
        if self.one_in(25) {
            reading.issuer.cik = Field::Absent;
        }
    }

    fn covers(&mut self, reading: &mut Reading, before: Option<&Reading>) {
        let own: Vec<_> = before.map(|before| before.holders.clone()).unwrap_or_default();
        let mut names: Vec<Holder> =
            own.into_iter().filter(|_| self.numbers.below(6) > 0).collect();
        if names.is_empty() || self.one_in(5) {
            for _ in 0..=self.numbers.below(3) {
                let (name, cik, tax) = self.of(&PEOPLE);
                let cik = if cik == 0 || self.one_in(3) { String::new() } else { cik.to_string() };
                let (name, tax_id, cik) =
                    (self.maybe(30, name), self.maybe(3, tax), self.field(&cik));
                names.push(Holder { name, tax_id, cik, ..Holder::default() });
            }
        }
        if self.one_in(20) {
            names.clear();
        }
        reading.holders = names.into_iter().map(|holder| self.rows(holder)).collect();
        let mut signers: Vec<String> =
            reading.holders.iter().filter_map(|h| h.name.value().cloned()).collect();
        if self.one_in(6) {
            signers.push(self.of(&PEOPLE).0.to_owned());
        }
        if self.one_in(5) {
            signers.clear();
        }
        let day = self.day();
        for name in signers {
            let (name, date) = (self.field(&name), self.maybe(3, &day));
            reading.signatures.push(Signature { name, date, capacities: Vec::new() });
        }
        for _ in 0..self.numbers.below(3) {
            let (name, cik, _) = self.of(&PEOPLE);
            let cik = if cik == 0 { "206".to_owned() } else { cik.to_string() };
            let party = Party { name: self.field(name), cik: self.field(&cik), ..Party::default() };
            reading.filed_by.push(party);
        }
        for _ in 0..self.numbers.below(3) {
            let count = reading.holders.len() as u64;
            let of = (count > 0 && !self.one_in(4)).then(|| self.numbers.below(count) as u32);
            let codes = [
                TroubleCode::RowMissing,
                TroubleCode::PercentMismatch,
                TroubleCode::ValueAmbiguous,
                TroubleCode::HolderWithoutCover,
            ];
            let fields =
                [FieldName::Aggregate, FieldName::Percent, FieldName::All, FieldName::EventDate];
            let (code, field, span) = (self.of(&codes), self.of(&fields), Some(self.span()));
            reading.troubles.push(Trouble {
                code,
                holder: of,
                field,
                span,
                message: String::new(),
            });
        }
    }

    fn rows(&mut self, holder: Holder) -> Holder {
        let power = |chance: &mut Self| {
            let amount = if chance.one_in(2) { "0" } else { chance.of(&AMOUNTS) };
            chance.field::<Amount>(amount)
        };
        let span = self.span();
        let (none, blank) = (Field::Absent, Field::Blank { span });
        let affirms = Field::stated(GroupBox::A, span);
        let boxes = [none, blank, affirms.clone(), affirms, Field::stated(GroupBox::B, span)];
        let group = self.of(&boxes);
        let (aggregate, percent) = (self.of(&AMOUNTS), self.of(&PERCENTS));
        let parts = if self.one_in(6) {
            vec![Part {
                instrument: "options".to_owned(),
                amount: "40".parse().unwrap(),
                span: self.span(),
            }]
        } else {
            Vec::new()
        };
        let kinds = self.of(&["IN", "PN", "-", ""]);
        Holder {
            name: holder.name,
            tax_id: holder.tax_id,
            cik: holder.cik,
            group,
            sole_voting: power(self),
            shared_voting: power(self),
            sole_dispositive: power(self),
            shared_dispositive: power(self),
            aggregate: self.field(aggregate),
            percent: self.field::<Percent>(percent),
            types: if kinds.is_empty() { Vec::new() } else { vec![self.field(kinds)] },
            parts,
            ..Holder::default()
        }
    }
}

// ------------------------------------------------------------------------------- decisions

fn because() -> Because {
    Because { reason: "by chance".to_owned(), who: "chance".to_owned() }
}

impl Chance {
    fn decide(&mut self) {
        let (filing, reading) = self.of(&self.filings.clone());
        let event = match self.numbers.below(11) {
            0 | 1 => return self.correct(filing, &reading),
            2 => self.take_back(),
            3 => Some(Event::FilingWithdrawn(FilingDecided { filing, because: because() })),
            4 => Some(Event::FilingReinstated(FilingDecided { filing, because: because() })),
            5 => {
                let near = self.filings.len() as u64;
                let with = self.filings[self.numbers.below(near) as usize].0;
                let joined = ChainJoined { filing, with, because: because() };
                (with != filing).then_some(Event::ChainJoined(joined))
            }
            6 => Some(Event::ChainSplit(FilingDecided { filing, because: because() })),
            7 => Some(self.holders()),
            8 => return self.class(),
            9 => return self.redact(filing),
            _ => return self.reread(filing, reading),
        };
        if let Some(event) = event {
            self.append(vec![event], None);
        }
    }

    fn correct(&mut self, filing: FilingRef, reading: &Reading) {
        let count = reading.holders.len() as u64;
        let (field, to) = self.of(&[
            (FieldName::Percent, "4.5"),
            (FieldName::Percent, "11.2"),
            (FieldName::Aggregate, "0"),
            (FieldName::Aggregate, "750"),
            (FieldName::Cik, "203"),
            (FieldName::Group, "a"),
            (FieldName::Form, "SC 13D/A"),
            (FieldName::Form, "SC 13G"),
            (FieldName::EventDate, "2022-12-31"),
            (FieldName::AmendmentNumber, "2"),
            (FieldName::Rules, "13d-1(c)"),
            (FieldName::FiledDate, "2023-02-14"),
            (FieldName::Cusips, "037833100"),
        ]);
        let of_holder = matches!(
            field,
            FieldName::Percent | FieldName::Aggregate | FieldName::Cik | FieldName::Group
        );
        if of_holder && count == 0 {
            return;
        }
        let holder = of_holder.then(|| self.numbers.below(count) as u32);
        let name = holder.and_then(|at| reading.holders[at as usize].name.value().cloned());
        // Of a filing without a form nothing is asked here.
        let new = match self.numbers.below(6) {
            0 if field != FieldName::Form => Said::Nothing,
            1 if field != FieldName::Form => Said::Unreadable,
            _ => Said::Stated(to.to_owned()),
        };
        let span = if self.one_in(2) { Some(self.span()) } else { None };
        let (old, because) = (Said::Nothing, because());
        let made = FilingCorrected { filing, holder, name, field, old, new, span, because };
        let entry = self.append(vec![Event::FilingCorrected(made)], None);
        self.corrections.push((filing, entry));
    }

    fn take_back(&mut self) -> Option<Event> {
        if self.one_in(2) {
            let (filing, correction) = self.corrections.pop()?;
            let back = FilingUncorrected { filing, correction, because: because() };
            return Some(Event::FilingUncorrected(back));
        }
        let (entry, event) = self.classes.pop()?;
        ClassRetracted::of(entry, &event, because()).map(Event::ClassRetracted)
    }

    fn holders(&mut self) -> Event {
        let mut key = || {
            let (name, cik, tax) = self.of(&PEOPLE);
            let cik = (cik != 0).then(|| HolderId::Cik(cik.to_string().parse().unwrap()));
            let tax = HolderId::of_tax_id(tax);
            let all: Vec<_> = [cik, tax, HolderId::of_name(name)].into_iter().flatten().collect();
            let id = self.of(&all);
            let within = matches!(id, HolderId::Name(_)) && self.one_in(2);
            HolderKey { id, issuer: within.then(|| ISSUERS[0].0.to_string().parse().unwrap()) }
        };
        let (a, b) = (key(), key());
        let since = if self.one_in(3) { Some(self.day().parse().unwrap()) } else { None };
        let decided = HoldersDecided { a, b, since, known_at: None, because: because() };
        if self.one_in(3) { Event::HoldersUnlinked(decided) } else { Event::HoldersLinked(decided) }
    }

    fn class(&mut self) {
        let (_, _, classes) = self.of(&ISSUERS);
        let class = ClassKey { cusip: Some(classes[0].0.parse().unwrap()), ..ClassKey::default() };
        let (since, known_at) = (self.day().parse().unwrap(), None);
        let (source, who) = ("8-K".to_owned(), "chance".to_owned());
        let event = if self.one_in(2) {
            let shares = self.of(&["900", "2000", "3100"]).parse().unwrap();
            let sized = ClassSizeReported { class, shares, since, known_at, source, who };
            Event::ClassSizeReported(sized)
        } else {
            let change = match self.numbers.below(3) {
                0 => ClassChange::Split { new: 2, old: 1 },
                1 => ClassChange::Title("Voting Stock".to_owned()),
                _ => ClassChange::Cusip("037833100".parse().unwrap()),
            };
            Event::ClassChanged(ClassChanged { class, change, since, known_at, source, who })
        };
        let entry = self.append(vec![event.clone()], None);
        self.classes.push((entry, event));
    }

    /// Bytes that are gone change no answer.
    fn redact(&mut self, filing: FilingRef) {
        if self.one_in(2) {
            self.ledger.redact(NOW, FilingDecided { filing, because: because() }).unwrap();
        }
    }

    fn reread(&mut self, filing: FilingRef, mut reading: Reading) {
        reading.holders = reading.holders.into_iter().map(|holder| self.rows(holder)).collect();
        if self.one_in(3) {
            reading.holders.reverse();
        }
        let reread = FilingReread { filing, reader: 2, continued: 0, reading };
        self.append(vec![Event::FilingReread(Box::new(reread))], None);
    }
}
