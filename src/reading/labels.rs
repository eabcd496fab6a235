//! Where the printed labels of the form stand, however they are spaced, split, cased or joined.
//! Knows nothing of values: what stands between two labels is for others to read.

use std::ops::Range;
use std::sync::LazyLock;

use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// A row of the cover page, whatever number it is printed with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Row {
    /// Name of reporting person.
    Name,
    /// Member of a group.
    Group,
    /// SEC use only.
    SecUse,
    /// Source of funds.
    Funds,
    /// Legal proceedings.
    Legal,
    /// Citizenship or place of organization.
    Citizenship,
    /// Sole voting power.
    SoleVoting,
    /// Shared voting power.
    SharedVoting,
    /// Sole dispositive power.
    SoleDispositive,
    /// Shared dispositive power.
    SharedDispositive,
    /// Aggregate amount.
    Aggregate,
    /// Excludes certain shares.
    Excludes,
    /// Percent of class.
    Percent,
    /// Type of reporting person.
    Type,
}

impl Row {
    /// The rows that hold a number of shares.
    pub(crate) const AMOUNTS: [Row; 5] = [
        Row::SoleVoting,
        Row::SharedVoting,
        Row::SoleDispositive,
        Row::SharedDispositive,
        Row::Aggregate,
    ];

    /// Its number on Schedule 13D and on 13G; 0 where the form has no such row.
    pub(crate) fn numbers(self) -> [u8; 2] {
        match self {
            Row::Name => [1, 1],
            Row::Group => [2, 2],
            Row::SecUse => [3, 3],
            Row::Funds => [4, 0],
            Row::Legal => [5, 0],
            Row::Citizenship => [6, 4],
            Row::SoleVoting => [7, 5],
            Row::SharedVoting => [8, 6],
            Row::SoleDispositive => [9, 7],
            Row::SharedDispositive => [10, 8],
            Row::Aggregate => [11, 9],
            Row::Excludes => [12, 10],
            Row::Percent => [13, 11],
            Row::Type => [14, 12],
        }
    }

    /// The row that has this number on a 13G (`column` 1) or a 13D (`column` 0).
    pub(crate) fn of_number(number: u8, column: usize) -> Option<Row> {
        const ALL: [Row; 14] = [
            Row::Name,
            Row::Group,
            Row::SecUse,
            Row::Funds,
            Row::Legal,
            Row::Citizenship,
            Row::SoleVoting,
            Row::SharedVoting,
            Row::SoleDispositive,
            Row::SharedDispositive,
            Row::Aggregate,
            Row::Excludes,
            Row::Percent,
            Row::Type,
        ];
        ALL.into_iter().find(|row| row.numbers().get(column) == Some(&number))
    }
}

/// What a label announces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Label {
    /// A row of a cover page.
    Row(Row),
    /// `Item 1: Reporting Person`: a cover page that calls its rows items.
    ItemRow,
    /// `Item`, to be looked at more closely.
    Item,
    /// Name of issuer.
    Issuer,
    /// Title of class of securities.
    Class,
    /// CUSIP number.
    Cusip,
    /// Date of event which requires filing.
    EventDate,
    /// `Amendment No.`
    Amendment,
    /// Schedule 13D.
    ScheduleD,
    /// Schedule 13G.
    ScheduleG,
    /// `designate the rule pursuant to which this Schedule is filed`
    DesignateRule,
    /// `Rule 13d-1(b)`, `(c)` or `(d)`.
    RuleBox,
    /// Words of the title page after which something new begins.
    Boundary,
    /// `Signature`, or the sentence above one.
    Signature,
    /// Words of the form that are no part of any value.
    Noise,
    /// The legend beside rows 7 to 10 (5 to 8).
    Legend,
    /// What an item of the body asks for under nearly the same name as a row.
    Elsewhere,
    /// Where exhibits begin: agreements, powers of attorney.
    Exhibit,
    /// The first sentence of the form's own instructions for its cover page.
    Instructions,
}

/// The legend beside the rows of powers: where a label is broken, its words stand within it.
macro_rules! legend {
    () => {
        concat!(
            "(NUMBEROF|SHARES|BENEFICIALLY(OWNED)?|OWNED(BY)?|BY(EACH)?|EACH|REPORTING",
            "|PERSONS?|WITH){0,3}"
        )
    };
}

/// How the number is called that row 1 asks for.
macro_rules! tax_number {
    () => {
        "I(N?DENTIFICATION|DENT|D)N(OS?|UMBERS?)"
    };
}

/// The words that the form prints beside the rows of powers.
const LEGEND_WORDS: [&str; 12] = [
    "number",
    "of",
    "shares",
    "units",
    "beneficially",
    "owned",
    "by",
    "each",
    "reporting",
    "person",
    "persons",
    "with",
];

/// Whether a word is one of the legend beside the rows of powers.
pub(crate) fn is_legend_word(word: &str) -> bool {
    LEGEND_WORDS.iter().any(|legend| word.eq_ignore_ascii_case(legend))
}

/// Whether a word is the first or the last half of one that the legend cuts: "Bene- / ficially".
pub(crate) fn is_half_legend_word(word: &str) -> bool {
    const SHORTEST: usize = 3;
    let word = word.to_ascii_lowercase();
    let half = |legend: &str| legend.starts_with(&word) || legend.ends_with(&word);
    word.len() >= SHORTEST && LEGEND_WORDS.iter().any(|legend| half(legend))
}

/// Letters and digits in capitals, nothing else, and what they announce. The first that matches
/// at a place wins.
const PATTERNS: &[(&str, Label)] = &[
    ("NAMES?OFPERSONS?FILING", Label::Elsewhere),
    (r"TYPEOFPERSONFILING", Label::Elsewhere),
    (
        concat!(
            "NAMES?(ANDADDRESS(ES)?)?(ANDIRS",
            tax_number!(),
            ")?(SSORIRS",
            tax_number!(),
            ")?(OF|FO)(THE|EACH)?(REPORT(ING)?)PERSONS?(AND|OR)?(S?SS?(NO)?ORIRS",
            tax_number!(),
            "(OF)?(THE)?(ABOVE|REPORTING)?PERSONS?)?((S?SS?(NO)?OR)?IRSN(OS?|UMBERS?))?((IRS)?",
            tax_number!(),
            "((OF)?(THE)?(ABOVE|REPORTING)?PERSONS?)?)?(ENTITI?ESONLY)?",
            "((AND|OR)?SOCIALSECURITYN(OS?|UMBERS?))?"
        ),
        Label::Row(Row::Name),
    ),
    (
        concat!(
            "NAMES?OFPERSONS?(REPORTING)?(S?SS?ORIRS",
            tax_number!(),
            "(OF)?(THE)?(ABOVE)?PERSONS?)?"
        ),
        Label::Row(Row::Name),
    ),
    (r"NAMEOFREPORTING(ENTITY|COMPANY|OWNER)", Label::Row(Row::Name)),
    (r"ITEM1REPORTINGPERSONS?", Label::ItemRow),
    (
        r"(?x)CHECK(THE)?(APPROPRIATE)?(BOX|LINE|ROW|SPACE)?(ES)?(A?X?)IFA?[ABX]{0,4}(MEMBER
            |PART)[ABX]{0,4}OFA?[ABX]{0,4}GROUP",
        Label::Row(Row::Group),
    ),
    (r"(IF)?A?MEMBEROFA?GROUP", Label::Row(Row::Group)),
    (r"(FOR)?SECUSEONLY", Label::Row(Row::SecUse)),
    (r"SOURCES?OFFUNDS?", Label::Row(Row::Funds)),
    (
        r"(?x)CHECK(THE)?(BOX|LINE|ROW|SPACE)?IF(THE)?DISCLOSUREOFLEGAL(PROCEEDINGS?|ACTIONS?
            |PROCEEDINGSORACTIONS)(IS|ARE)?(REQUIRED)?(PURSUANT)?(TO)?(ITEMS?)?(2?D?OR2?E)?",
        Label::Row(Row::Legal),
    ),
    (
        r"(?x)CITIZENSHIP(S)?(OR|OF|AND|ON)(THE)?(PLACE|STATE|JURISDICTION|COUNTRY|PLAGE)(OF|OR)?
            (ORGANI[SZ]ATION|INCORPORATION|FORMATION)",
        Label::Row(Row::Citizenship),
    ),
    (
        r"(PLACE|STATE|JURISDICTION|COUNTRY)OF(ORGANI[SZ]ATION|INCORPORATION|FORMATION)",
        Label::Row(Row::Citizenship),
    ),
    (r"CITIZENSHIP(ORGANI[SZ]ATION)?S?", Label::Row(Row::Citizenship)),
    (r"SOLE(AND|OR|ANDOR)?SHAREDVOTINGPOWERS?", Label::Row(Row::SharedVoting)),
    (r"SOLE(AND|OR|ANDOR)?SHAREDDISPOSITIVEPOWERS?", Label::Row(Row::SharedDispositive)),
    (concat!("SOLE", legend!(), "DISPOSITIVE(OR)?VOTINGPOWERS?"), Label::Row(Row::SoleDispositive)),
    (
        concat!("SHARE[DS]?", legend!(), "DISPOSITIVE(OR)?VOTINGPOWERS?"),
        Label::Row(Row::SharedDispositive),
    ),
    (concat!("SOLE", legend!(), "(OR)?VOTING", legend!(), "POWERS?"), Label::Row(Row::SoleVoting)),
    (
        concat!("SHARE[DS]?", legend!(), "(OR)?(NO)?VOTING", legend!(), "POWERS?"),
        Label::Row(Row::SharedVoting),
    ),
    (
        concat!(
            "SOLE",
            legend!(),
            "(POWERTODISPOSE|DISPOSITI(VE|ON)",
            legend!(),
            "POWERS?|INVESTMENT",
            legend!(),
            "POWER)"
        ),
        Label::Row(Row::SoleDispositive),
    ),
    (
        concat!(
            "SHARE[DS]?",
            legend!(),
            "(OR)?(NO)?(POWERTODISPOSE|DISPOSITI(VE|ON)",
            legend!(),
            "POWERS?|INVESTMENT",
            legend!(),
            "POWER)"
        ),
        Label::Row(Row::SharedDispositive),
    ),
    (
        r"(?x)CHECK(THE)?(APPROPRIATE)?(BOX|LINE|ROW|SPACE)?IF(THE)?(AGG?REGATE)?X?AMOUNT
            [X\d]{0,3}(IN)?[X\d]{0,3}(ROW|ITEM)?[X\d]*(ABOVE)?EXCLUDES?[X]?
            (CERT(AI|IA)N)?((1[02])?SHARES|UNITS|INTERESTS|SECURITIES)?",
        Label::Row(Row::Excludes),
    ),
    (
        r"(THE)?AGG?(REGATE)?AM(OUN)?T((IN)?(ROW|ITEM)\d*)?EXCLUDES?(CERT(AI|IA)N)?(SHARES|UNITS)?",
        Label::Row(Row::Excludes),
    ),
    (r"(AMOUNT(IN)?)?(ROW|LINE)\d{1,2}EXCLUDES?CERT(AI|IA)NSHARES", Label::Row(Row::Excludes)),
    (r"EXCLUDESCERTAINSHARES", Label::Row(Row::Excludes)),
    (r"CERTAINSHARESEXCLUDEDFROM(ROW|ITEM)\d{0,2}", Label::Row(Row::Excludes)),
    (
        r"(?x)DOES(THE)?((TOTAL|AGG?REGATE)?AMOUNT(IN)?)?(ROW|ITEM|LINE)?\d{0,2}(EXCLUDE|LEAVEOUT)
            (ANY|CERTAIN)?SHARES",
        Label::Row(Row::Excludes),
    ),
    (
        r"AGG?REGATE(AMOUNT|NUMBER)(OF)?(SHARES)?(BENEFI[A-Z]{3,7}OWNED|OWNED)",
        Label::Row(Row::Aggregate),
    ),
    (r"AGGAM(OUN)?TBENEFICIALLYOWNED", Label::Row(Row::Aggregate)),
    (r"TOTALAMOUNT(BENEFICIALLY)?OWNED(BENEFICIALLY)?", Label::Row(Row::Aggregate)),
    (
        r"(?x)PERCENT(AGE)?(OF|OR)?(THE)?(CLASS|SERIES)(OF)?(SECURITIES)?REPRESENTED
            (BY)?(THE)?(AMOUNT)?(IN)?(ROW|ITEM)?",
        Label::Row(Row::Percent),
    ),
    (r"PERCENT(AGE)?OF(THE)?CLASS", Label::Row(Row::Percent)),
    (r"TYPEOF(THE)?(REPORT(ING)?)(PERSON|ENTITY|OWNER)S?", Label::Row(Row::Type)),
    (r"TYPEOFPERSONS?REPORTING", Label::Row(Row::Type)),
    (
        r"(?x)NUMBEROF(((CLASS|SERIES)[A-Z])?(COMMON|ORDINARY|CAPITAL|VOTING|PREFERRED|REGISTERED
            |DEPOSITARY|AMERICAN|BENEFICIAL)*(SHARES|UNITS|INTERESTS|SECURITIES|STOCK|ADSS?))?
            (OF(THE)?(CLASS[A-Z])?(COMMON|ORDINARY|CAPITAL|VOTING|PREFERRED)?(STOCK|SHARES|UNITS))?
            (BENEFICIALLY)?(OWNED)?(BY)?(EACH)?(REPORTING)?(PERSONS?)?(WITH)?",
        Label::Legend,
    ),
    (
        r"(FOR)?QUESTIONS?\d*REPORTTHENUMBEROFSHARESBENEFICIALLYOWNEDBYEACHREPORTINGPERSONWITH",
        Label::Legend,
    ),
    (r"BENEFICIALLYOWNED(AT|ASOF|BY)", Label::Legend),
    (r"(BY)?EACHREPORTINGPERSON(WITH)?", Label::Legend),
    (r"NAMEOF(THE)?(ISSUER|COMPANY|SUBJECTCOMPANY)", Label::Issuer),
    (r"(TITLES?|TITEL)(OF|AND)(THE)?CLASS(ES)?(OF)?(THE)?(SECURIT(Y|IES)|STOCK)?", Label::Class),
    (r"CUSIP(SEDOL)?(IN?DENTIFICATION)?(NUMBERS?|NUBMERS?|NOS?)?", Label::Cusip),
    (
        r"(?x)DATEOF(THE)?EVENTS?(WHICH|THAT)?REQUIR(ES?|ING)(THE)?FILING(OF)?(THIS|THE)?
            (STATEMENT|SCHEDULE)?",
        Label::EventDate,
    ),
    (r"DATEOFEVENT", Label::EventDate),
    (r"AMENDMENT(NO|NUMBER|NUM|NR)?", Label::Amendment),
    (r"SCHEDULE13D", Label::ScheduleD),
    (r"SCHEDULE13G", Label::ScheduleG),
    (r"DESIGNATETHERULE|RULEPURSUANTTOWHICHTHISSCHEDULEISFILED", Label::DesignateRule),
    (r"RULE(240)?13D[1LI][BCD]", Label::RuleBox),
    (
        r"(?x)UNDERTHESECURIT(Y|IES)(AND)?(EXCHANGE)?ACTOF19(34|33)
            |SECURITIESANDEXCHANGECOMMISSION|WASHINGTONDC(20549)?|RULE13D(1|2|102|101)
            |INFORMATIONTOBEINCLUDED|AUTHORIZEDTORECEIVENOTICES(AND)?(COMMUNICATIONS)?
            |TELEPHONENUMBEROFPERSONS?|(AND)?AMENDMENTSTHERETOFILED|PURSUANTTORULE|PURSUANTTO
            (240)?13D[12]",
        Label::Boundary,
    ),
    (r"AFTERREASONABLEINQUIRY|SIGNATURES?", Label::Signature),
    (
        r"(JOINT)?(FILING)?AGREEMENT|POWEROFATTORNEY|EXHIBIT(S|INDEX)?|APPENDIX|ANNEX|SCHEDULE[AI]",
        Label::Exhibit,
    ),
    (r"OF(THE)?ABOVEPERSONS?", Label::Noise),
    (
        concat!(
            "(S?SS?|SOCIALSECURITY)(NO)?ORIRS",
            tax_number!(),
            "(OF)?(THE)?(ABOVE|REPORTING|SUCH)?(PERSONS?|ENTIT(Y|IES))?(ENTITI?ESONLY)?"
        ),
        Label::Noise,
    ),
    (
        concat!(
            "IRS",
            tax_number!(),
            "(OF)?(THE)?(ABOVE|REPORTING|SUCH)(PERSONS?|ENTIT(Y|IES))(ENTITI?ESONLY)?"
        ),
        Label::Noise,
    ),
    (
        r"(PLEASE)?SEEINSTRUCTIONS?(BEFOREFILLINGOUT)?|ENTITI?ESONLY|CONTINUEDONFOLLOWINGPAGES?",
        Label::Noise,
    ),
    (r"FURNISHTHEFULLLEGALNAME", Label::Instructions),
    (r"ITEM", Label::Item),
];

static MATCHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let patterns: Vec<&str> = PATTERNS.iter().map(|(pattern, _)| *pattern).collect();
    let ascii = syntax::Config::new().unicode(false).utf8(false);
    Regex::builder().syntax(ascii).build_many(&patterns).ok()
});

/// A label in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hit {
    /// What it announces.
    pub(crate) label: Label,
    /// Its first character.
    pub(crate) start: usize,
    /// One past its last.
    pub(crate) end: usize,
}

impl Hit {
    /// From the first to past the last character.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// How many letters and digits are looked through at once, and how many again with the next lot.
const WINDOW: usize = 1 << 16;
const OVERLAP: usize = 400;

/// Every label, in order. Takes time linear in the text: windows overlap by a fixed length.
pub(crate) fn find(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let Some(matcher) = MATCHER.as_ref() else { return hits };
    let mut squashed = Squashed::default();
    let mut from = 0;
    loop {
        let next = squashed.fill(text, from);
        let last = next >= text.len();
        let limit = if last { squashed.letters.len() } else { WINDOW - OVERLAP };
        let mut again = None;
        let mut at = 0;
        while let Some(found) = matcher.find(Input::new(&squashed.letters).range(at..)) {
            if found.start() >= limit {
                break;
            }
            let label = PATTERNS.get(found.pattern().as_usize()).map(|(_, label)| *label);
            match label.and_then(|label| squashed.hit(text, label, found.range())) {
                Some((hit, end)) => {
                    again = Some(hit.end);
                    hits.push(hit);
                    at = end;
                }
                // "Associates / S.S. OR": the label begins after the last letter of a word.
                None => at = found.start() + 1,
            }
        }
        if last {
            return hits;
        }
        let resume = squashed.position(text, limit).unwrap_or(next);
        from = resume.max(again.unwrap_or(0)).max(from + 1);
    }
}

/// The letters and digits of a stretch of text in capitals, and where each stands.
#[derive(Default)]
pub(super) struct Squashed {
    pub(super) letters: Vec<u8>,
    /// Where the stretch begins in the text.
    from: usize,
    /// How many letters come before each block of the stretch.
    before: Vec<usize>,
}

/// How many bytes of text are squashed between two counts of their letters.
const BLOCK: usize = 32;

/// The capital of a letter, or a digit itself; 0 for all other bytes.
const CAPITALS: [u8; 256] = {
    let mut capitals = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            let (_, tail) = capitals.split_at_mut(byte as usize);
            if let Some(place) = tail.first_mut() {
                *place = byte.to_ascii_uppercase();
            }
        }
        byte += 1;
    }
    capitals
};

impl Squashed {
    /// Takes a window of letters from `from` on; returns where it ended.
    pub(super) fn fill(&mut self, text: &str, from: usize) -> usize {
        let bytes = text.as_bytes().get(from..).unwrap_or_default();
        self.letters.resize(bytes.len().min(WINDOW) + BLOCK, 0);
        self.before.clear();
        self.from = from;
        let mut len = 0;
        for block in bytes.chunks(BLOCK) {
            let Some(room) = self.letters.get_mut(len..).and_then(<[u8]>::first_chunk_mut) else {
                break;
            };
            self.before.push(len);
            len += squash(block, room);
            if len > WINDOW {
                break;
            }
        }
        let over = len > WINDOW;
        self.letters.truncate(len.min(WINDOW));
        if over { self.position(text, WINDOW).unwrap_or(text.len()) } else { text.len() }
    }

    /// Where a letter stands in the text.
    pub(super) fn position(&self, text: &str, letter: usize) -> Option<usize> {
        let block = self.before.partition_point(|before| *before <= letter).checked_sub(1)?;
        let into = letter - self.before.get(block)?;
        let start = self.from + block * BLOCK;
        let bytes = text.as_bytes().get(start..)?.iter().take(BLOCK);
        let letters = bytes.enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric());
        letters.map(|(at, _)| start + at).nth(into)
    }

    /// A match as a hit, if it begins where a word begins, and past which letter it ends; what it
    /// took of a further word is given back: "POWER / SHARED" has no "POWERS" in it.
    pub(super) fn hit(
        &self,
        text: &str,
        label: Label,
        found: Range<usize>,
    ) -> Option<(Hit, usize)> {
        let bytes = text.as_bytes();
        let start = self.position(text, found.start)?;
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        if before.is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let least = found.start + (found.len() / 2).max(4).min(found.len());
        let mut last = found.end - 1;
        let mut here = self.position(text, last)?;
        while last + 1 >= least {
            let letter = bytes.get(here)?.is_ascii_alphabetic();
            let goes_on = bytes.get(here + 1).is_some_and(u8::is_ascii_alphabetic);
            // "PersonsAlder Fund": a value that has lost the space before it.
            let value = bytes.get(here).is_some_and(u8::is_ascii_lowercase)
                && bytes.get(here + 1).is_some_and(u8::is_ascii_uppercase);
            if !(letter && goes_on) || value {
                return Some((Hit { label, start, end: here + 1 }, last + 1));
            }
            last = last.checked_sub(1)?;
            here = bytes.get(..here)?.iter().rposition(u8::is_ascii_alphanumeric)?;
        }
        None
    }
}

/// Writes the letters and digits of a block in capitals; returns how many they are.
fn squash(block: &[u8], room: &mut [u8; BLOCK]) -> usize {
    let mut len = 0;
    for byte in block.iter().take(BLOCK) {
        // Every byte is written down, and the next one over it unless it is to be kept.
        let capital = CAPITALS.get(usize::from(*byte)).copied().unwrap_or(0);
        if let Some(place) = room.get_mut(len % BLOCK) {
            *place = capital;
        }
        len += usize::from(capital != 0);
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<(Label, &str)> {
        find(text).into_iter().map(|hit| (hit.label, text.get(hit.range()).unwrap())).collect()
    }

    #[test]
    fn labels_are_found_however_they_are_spaced() {
        for text in ["7 SOLE\n   VOTING | POWER 5", "(5)Sole voting power 1", "7.SOLEVOTING POWER:"]
        {
            assert!(labels(text).iter().any(|(l, _)| *l == Label::Row(Row::SoleVoting)), "{text}");
        }
        let name = labels("(1)Names of reporting persons. Steven Stark");
        assert_eq!(name, [(Label::Row(Row::Name), "Names of reporting persons")]);
        let name = labels("NAME OF REPORTING PERSON STARK LLC");
        assert_eq!(name, [(Label::Row(Row::Name), "NAME OF REPORTING PERSON")]);
        assert_eq!(labels("consoles voting power"), []);
    }

    #[test]
    fn windows_lose_no_label() {
        let mut text = "word ".repeat(13_000);
        for _ in 0..2000 {
            text.push_str("sole voting power 5 ");
        }
        let hits = find(&text);
        assert_eq!(hits.len(), 2000);
        assert!(hits.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }
}
