//! An invented world of issuers, holders and chains of filings, the same for the same seed.
//! Knows nothing of how a filing is printed.
//!
//! What is drawn, and after what it is shaped, is written down in `benches/README.md`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A stream of numbers from a seed (splitmix64), the same on every machine.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The stream of a thing: of the seed, of what kind it is, and of its number.
    pub fn of(seed: u64, kind: u64, number: u64) -> Self {
        let mut numbers = Self(seed ^ kind.rotate_left(48) ^ number.rotate_left(16));
        numbers.next();
        Self(numbers.next() ^ number)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// One of several, each as often as its weight says.
    pub fn weighted(&mut self, weights: &[(u64, u64)]) -> u64 {
        let mut left = self.below(weights.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in weights {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        weights[0].0
    }

    /// One of several, all as often.
    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }
}

const CHAINS: u64 = 1;
const ISSUERS: u64 = 2;
const HOLDERS: u64 = 3;
const FILINGS: u64 = 4;

/// How a filing is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Print {
    /// As typed.
    Text,
    /// As a word processor saved it.
    Html,
    /// As a form was filled in.
    Xml,
}

/// One holder on one filing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolderFacts {
    pub name: String,
    pub cik: u64,
    pub sole: u64,
    pub shared: u64,
    /// Hundredths of a percent.
    pub percent: u64,
    pub kind: &'static str,
    pub place: &'static str,
    /// As structured filings have it.
    pub place_code: &'static str,
}

impl HolderFacts {
    pub fn aggregate(&self) -> u64 {
        self.sole + self.shared
    }
}

/// Everything that one filing says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    pub accession: String,
    pub schedule_d: bool,
    /// 0 for an original.
    pub amendment: u32,
    pub print: Print,
    pub event: i64,
    pub filed: i64,
    /// Seconds of the day, Eastern.
    pub accepted: u64,
    pub issuer: String,
    pub issuer_cik: u64,
    pub cusip: String,
    pub class: &'static str,
    pub outstanding: u64,
    pub rule: &'static str,
    pub holders: Vec<HolderFacts>,
    /// The first filing of its chain.
    pub first: Option<String>,
    /// How many sentences of prose it has, and which.
    pub prose: u64,
    pub words: Numbers2,
}

/// The stream that chooses words, compared by where it stands.
#[derive(Clone, Debug)]
pub struct Numbers2(pub Numbers);

impl PartialEq for Numbers2 {
    fn eq(&self, other: &Self) -> bool {
        self.0.0 == other.0.0
    }
}
impl Eq for Numbers2 {}

/// 1994-01-01 and 2026-06-30, in days since 1970.
const BEGIN: i64 = 8_766;
const END: i64 = 20_634;
/// From here on filings are structured: 2024-12-18.
const STRUCTURED: i64 = 20_075;
/// Until about here they are text alone: 2001-01-01.
const TYPED: i64 = 11_323;

/// How many filings a chain has: most are short, a few go on for decades. Mean 4.9.
const CHAIN: [(u64, u64); 9] =
    [(1, 34), (2, 16), (3, 11), (4, 8), (6, 10), (8, 8), (11, 6), (16, 5), (28, 2)];
/// How many of each 64 issuers, and how much each of them is filed about beside the others: the same
/// shape in a small world and a large one. Of 40 filings an issuer on the average, the first has 384.
const SHARES: [(u64, u64); 5] = [(1, 300), (3, 120), (10, 65), (20, 25), (30, 5)];
const BLOCK: u64 = 64;
/// Filings there are for each issuer.
const EACH: u64 = 40;
/// How many holders a filing has. Mean 3.2.
const MEMBERS: [(u64, u64); 12] = [
    (1, 36),
    (2, 20),
    (3, 14),
    (4, 11),
    (5, 6),
    (6, 4),
    (7, 3),
    (8, 2),
    (10, 1),
    (12, 1),
    (16, 1),
    (20, 1),
];

/// A chain on its way: when it files next, and what it filed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Next {
    day: i64,
    chain: u64,
    made: u32,
    first: Option<String>,
}

/// The filings of a world, in the order they are filed in.
pub struct World {
    seed: u64,
    issuers: u64,
    queue: BinaryHeap<Reverse<Next>>,
    left: u64,
    year: i64,
    in_year: u64,
}

struct Chain {
    schedule_d: bool,
    length: u32,
    issuer: u64,
    members: Vec<u64>,
    stake: u64,
    every: i64,
    start: i64,
}

impl World {
    /// The world of a seed, of so many filings.
    pub fn new(seed: u64, filings: u64) -> Self {
        let queue = BinaryHeap::new();
        let issuers = (filings / EACH).next_multiple_of(BLOCK).max(BLOCK);
        let mut world = Self { seed, issuers, queue, left: filings, year: 0, in_year: 0 };
        // As many chains as it takes, so that the whole time is filled.
        let mut will_file = 0;
        for chain in 0.. {
            if will_file >= filings {
                break;
            }
            let about = world.chain_of(chain);
            let (mut day, mut made) = (about.start, 0);
            while made < about.length && day < END {
                made += 1;
                day = world.after(day, chain, made, &about);
            }
            will_file += u64::from(made);
            world.queue.push(Reverse(Next { day: about.start, chain, made: 0, first: None }));
        }
        world
    }

    /// When a chain files again.
    fn after(&self, day: i64, number: u64, made: u32, chain: &Chain) -> i64 {
        let mut n = Numbers::of(self.seed, FILINGS, !((number << 8) | u64::from(made)));
        day + chain.every + n.below(1 + chain.every as u64 / 6) as i64
    }

    fn chain_of(&self, number: u64) -> Chain {
        let mut n = Numbers::of(self.seed, CHAINS, number);
        let schedule_d = n.below(100) < 36;
        let length = n.weighted(&CHAIN) as u32;
        let issuer = n.below(self.issuers / BLOCK) * BLOCK + among_block(&mut n);
        let count = n.weighted(&MEMBERS);
        // One chain in three is one of some fifty institutions', which hold a little of much.
        let institution = !schedule_d && n.below(3) == 0;
        let people = self.issuers * 40;
        let first = if institution { n.below(50) } else { 50 + n.below(people) };
        let members =
            (0..count).map(|k| if k == 0 { first } else { 50 + (first * 20 + k) % people });
        let members = members.collect();
        let stake = if schedule_d { 500 + n.below(4_000) } else { 500 + n.below(900) };
        let every = if schedule_d { 20 + n.below(500) as i64 } else { 365 };
        let start = BEGIN + n.below((END - BEGIN - 60) as u64) as i64;
        Chain { schedule_d, length, issuer, members, stake, every, start }
    }

    fn holder(&self, number: u64) -> (String, u64, &'static str) {
        let mut n = Numbers::of(self.seed, HOLDERS, number);
        let own = word(&mut n) + &word(&mut n).to_lowercase();
        let cik = 9_500_000_u64 + number;
        if number < 50 {
            let kind = n.one(&["Asset Management LLC", "Trust Company", "Advisers Inc."]);
            return (format!("{own} {kind}"), cik, "IA");
        }
        match n.below(5) {
            0 => (format!("{own} Partners LP"), cik, "PN"),
            1 => (format!("{own} Capital LLC"), cik, "OO"),
            2 => (format!("{own} Holdings Inc."), cik, "CO"),
            _ => {
                let given =
                    n.one(&["Ada", "Bruno", "Clara", "Dario", "Edith", "Felix", "Greta", "Hugo"]);
                (format!("{given} {} {own}", (b'A' + n.below(26) as u8) as char), cik, "IN")
            }
        }
    }

    fn issuer(&self, number: u64) -> (String, u64, String, &'static str, u64) {
        let mut n = Numbers::of(self.seed, ISSUERS, number);
        let end = n.one(&["Corp", "Inc", "Technologies Inc", "Bancorp", "Minerals Inc", "plc"]);
        let name = format!("{}{} {end}", word(&mut n), word(&mut n).to_lowercase());
        let class = n.one(&["Common Stock", "Class A Common Stock", "Ordinary Shares"]);
        let outstanding = 1_000_000 * (2 + n.below(30) * n.below(30));
        (name, 9_000_000 + number, cusip(number), class, outstanding)
    }

    fn accession(&mut self, filed: i64) -> String {
        let (year, _, _) = ymd(filed);
        if year != self.year {
            (self.year, self.in_year) = (year, 0);
        }
        self.in_year += 1;
        let agent = 9_990_000 + self.in_year % 7;
        format!("{agent:010}-{:02}-{:06}", year % 100, self.in_year)
    }

    fn facts(&mut self, next: &Next, chain: &Chain) -> Facts {
        let mut n = Numbers::of(self.seed, FILINGS, next.chain << 8 | u64::from(next.made));
        let filed = weekday(next.day);
        // Most are in time, one in 25 is late.
        let usual = if chain.schedule_d { 1 + n.below(9) } else { 5 + n.below(38) };
        let delay = if n.below(25) == 0 { usual + 11 + n.below(150) } else { usual };
        let event = (filed - delay as i64).max(BEGIN - 200);
        let (issuer, issuer_cik, cusip, class, outstanding) = self.issuer(chain.issuer);
        let made = next.made;
        let last = made + 1 == chain.length && made > 0 && n.below(3) == 0;
        let moved = chain.stake * (100 + n.below(40)) / 120;
        let stake = if last { n.below(480) } else { moved };
        let members = chain.members.clone();
        let alone = members.len() == 1;
        let holders = members.into_iter().map(|number| {
            let (name, cik, kind) = self.holder(number);
            // Of a group each shares all; alone, one has all to itself.
            let amount = outstanding / 10_000 * stake;
            let percent = (amount * 20_000 / outstanding).div_ceil(2);
            let (sole, shared) = if alone { (amount, 0) } else { (0, amount) };
            let (place, place_code) =
                [("Delaware", "DE"), ("New York", "NY"), ("Ohio", "OH")][(number % 3) as usize];
            HolderFacts { name, cik, sole, shared, percent, kind, place, place_code }
        });
        let holders = holders.collect();
        let print = match filed {
            STRUCTURED.. => Print::Xml,
            TYPED.. if n.below(100) < 70 => Print::Html,
            _ => Print::Text,
        };
        // Prose makes the sizes: short for 13G, long and very long for some 13D.
        let prose = match chain.schedule_d {
            true => 20 + n.weighted(&[(0, 50), (40, 30), (150, 15), (700, 5)]),
            false => 4 + n.below(14),
        };
        let rule = n.one(&["13d-1(b)", "13d-1(c)", "13d-1(d)"]);
        let (accession, accepted) = (self.accession(filed), 6 * 3600 + n.below(15 * 3600));
        let (first, words) = (next.first.clone(), Numbers2(n));
        let (schedule_d, amendment) = (chain.schedule_d, made);
        Facts {
            accession,
            schedule_d,
            amendment,
            print,
            event,
            filed,
            accepted,
            issuer,
            issuer_cik,
            cusip,
            class,
            outstanding,
            rule,
            holders,
            first,
            prose,
            words,
        }
    }
}

impl Iterator for World {
    type Item = Facts;

    fn next(&mut self) -> Option<Facts> {
        if self.left == 0 {
            return None;
        }
        let Reverse(next) = self.queue.pop()?;
        self.left -= 1;
        let chain = self.chain_of(next.chain);
        let facts = self.facts(&next, &chain);
        let made = next.made + 1;
        let day = self.after(next.day, next.chain, made, &chain);
        if made < chain.length && day < END {
            let first = next.first.or_else(|| Some(facts.accession.clone()));
            self.queue.push(Reverse(Next { day, chain: next.chain, made, first }));
        }
        Some(facts)
    }
}

/// An issuer's place among the 64 of its block: a few are filed about much more than others.
fn among_block(n: &mut Numbers) -> u64 {
    let weighted: Vec<(u64, u64)> =
        SHARES.iter().map(|(many, each)| (*many, many * each)).collect();
    let many = n.weighted(&weighted);
    let before = SHARES.iter().take_while(|(other, _)| *other != many).map(|(other, _)| other);
    before.sum::<u64>() + n.below(many)
}

/// A part of a name, as nobody is called.
fn word(n: &mut Numbers) -> String {
    let mut out = String::new();
    for at in 0..2 {
        out +=
            n.one(&["Br", "D", "F", "G", "K", "L", "M", "N", "P", "Qu", "R", "S", "T", "V", "W"]);
        out += n.one(&["a", "e", "i", "o", "u", "ae", "ie"]);
        if at == 1 {
            out += n.one(&["l", "n", "r", "s", "th", "x", "m"]);
        }
    }
    out.chars()
        .enumerate()
        .map(|(at, c)| if at == 0 { c } else { c.to_ascii_lowercase() })
        .collect()
}

/// Nine characters with a check digit that holds; `99` begins what nobody is given.
fn cusip(number: u64) -> String {
    let digits = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut out = String::from("99");
    let mut left = number;
    for _ in 0..4 {
        out.push(digits[(left % 34) as usize] as char);
        left /= 34;
    }
    out += "10";
    let sum: u32 = out
        .chars()
        .enumerate()
        .map(|(at, c)| {
            let value = c.to_digit(36).unwrap_or(0) * if at % 2 == 1 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    out + &((10 - sum % 10) % 10).to_string()
}

/// The day itself, or the Monday after it.
fn weekday(day: i64) -> i64 {
    match (day + 4).rem_euclid(7) {
        0 => day + 1,
        6 => day + 2,
        _ => day,
    }
}

/// Year, month and day of a day since 1970.
pub fn ymd(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}
