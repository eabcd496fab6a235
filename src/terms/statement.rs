//! What a filing says, whatever its form: the cover page, a row per reporting person, items.
//! Statements are claims of the filer; nothing here judges them or knows how they were printed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::terms::id::{Accession, Cik, Cusip};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::{Field, Span};
use crate::terms::time::{Day, Instant};
use crate::terms::trouble::Trouble;

/// The form's type, under the names EDGAR used to 2024-12 (`SC`) and since (`SCHEDULE`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Form {
    /// `SC 13D`
    Sc13D,
    /// `SC 13D/A`
    Sc13DA,
    /// `SC 13G`
    Sc13G,
    /// `SC 13G/A`
    Sc13GA,
    /// `SCHEDULE 13D`
    Schedule13D,
    /// `SCHEDULE 13D/A`
    Schedule13DA,
    /// `SCHEDULE 13G`
    Schedule13G,
    /// `SCHEDULE 13G/A`
    Schedule13GA,
}

/// Which of the two schedules a form is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Schedule {
    /// Schedule 13D.
    D,
    /// Schedule 13G.
    G,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 8] = [
        Form::Sc13D,
        Form::Sc13DA,
        Form::Sc13G,
        Form::Sc13GA,
        Form::Schedule13D,
        Form::Schedule13DA,
        Form::Schedule13G,
        Form::Schedule13GA,
    ];

    /// EDGAR's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Sc13D => "SC 13D",
            Form::Sc13DA => "SC 13D/A",
            Form::Sc13G => "SC 13G",
            Form::Sc13GA => "SC 13G/A",
            Form::Schedule13D => "SCHEDULE 13D",
            Form::Schedule13DA => "SCHEDULE 13D/A",
            Form::Schedule13G => "SCHEDULE 13G",
            Form::Schedule13GA => "SCHEDULE 13G/A",
        }
    }

    /// The form of EDGAR's name, in any case and spacing.
    pub fn from_edgar(text: &str) -> Option<Self> {
        let squash = |s: &str| -> String {
            s.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
        };
        let wanted = squash(text);
        Form::ALL.into_iter().find(|form| squash(form.as_str()) == wanted)
    }

    /// Schedule 13D or 13G.
    pub fn schedule(self) -> Schedule {
        match self {
            Form::Sc13D | Form::Sc13DA | Form::Schedule13D | Form::Schedule13DA => Schedule::D,
            Form::Sc13G | Form::Sc13GA | Form::Schedule13G | Form::Schedule13GA => Schedule::G,
        }
    }

    /// Whether it amends an earlier statement.
    pub fn is_amendment(self) -> bool {
        matches!(self, Form::Sc13DA | Form::Sc13GA | Form::Schedule13DA | Form::Schedule13GA)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rule under which a Schedule 13G is filed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// 13d-1(b): institutions.
    B,
    /// 13d-1(c): passive investors.
    C,
    /// 13d-1(d): exempt investors.
    D,
}

impl Rule {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::B => "13d-1(b)",
            Rule::C => "13d-1(c)",
            Rule::D => "13d-1(d)",
        }
    }
}

/// Row 2: which box a reporting person ticked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum GroupBox {
    /// (a): affirms membership of a group.
    A,
    /// (b): disclaims it, or describes a relationship without affirming it.
    B,
}

impl GroupBox {
    /// As printed in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            GroupBox::A => "a",
            GroupBox::B => "b",
        }
    }
}

/// The issuer as the filing names it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Issuer {
    /// Name of issuer.
    pub name: Field<String>,
    /// Its CIK, where the filing has it.
    pub cik: Field<Cik>,
}

/// A part of what a row says it consists of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What kind of security, in the filing's words without the holder's name.
    pub instrument: String,
    /// How many shares of it.
    pub amount: Amount,
    /// Where the amount stands.
    pub span: Span,
}

/// One whose shares a row's shares are, as the row names it ("collectively owned by ...").
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Via {
    /// The name as printed.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// A reporting person: one cover page's rows. Row numbers are 13D's, then 13G's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Holder {
    /// Row 1.
    pub name: Field<String>,
    /// Row 1 on old forms: S.S. or I.R.S. identification number.
    pub tax_id: Field<String>,
    /// The person's CIK, where the filing has it.
    pub cik: Field<Cik>,
    /// Row 2.
    pub group: Field<GroupBox>,
    /// Row 4 of 13D: source of funds, codes.
    pub funds: Vec<Field<String>>,
    /// Row 5 of 13D: the legal proceedings box.
    pub legal_proceedings: Field<bool>,
    /// Row 6 or 4.
    pub citizenship: Field<String>,
    /// Row 7 or 5, shares.
    pub sole_voting: Field<Amount>,
    /// Row 8 or 6, shares.
    pub shared_voting: Field<Amount>,
    /// Row 9 or 7, shares.
    pub sole_dispositive: Field<Amount>,
    /// Row 10 or 8, shares.
    pub shared_dispositive: Field<Amount>,
    /// Row 11 or 9, shares.
    pub aggregate: Field<Amount>,
    /// Row 12 or 10: whether row 11 (9) leaves certain shares out.
    pub excludes_shares: Field<bool>,
    /// Row 13 or 11, percent of the class.
    pub percent: Field<Percent>,
    /// Row 14 or 12: type codes.
    pub types: Vec<Field<String>>,
    /// What the aggregate is said to consist of.
    pub parts: Vec<Part>,
    /// Whose shares the aggregate's are said to be.
    pub via: Vec<Via>,
    /// The cover page's comment or footnotes; the text itself is not kept here.
    pub note: Option<Span>,
}

/// A numbered item of the schedule's body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Its number, 1 to 10.
    pub number: u8,
    /// Its heading as printed.
    pub heading: Field<String>,
    /// From its heading to the next, in the received bytes; the text itself is not kept here.
    pub span: Span,
    /// Its parts under letters of their own, in the order they stand.
    pub sub: Vec<SubItem>,
}

/// A part of an item under a letter: `(a)`, `Item 2(b)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubItem {
    /// The letter, `a` to `l`.
    pub letter: char,
    /// From the letter to the next, or to the end of the item.
    pub span: Span,
}

/// One line of a signature block: who signed, and by what right ("Managing Member").
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Capacity {
    /// Whose signature it is.
    pub by: Field<String>,
    /// The title under it.
    pub title: Field<String>,
    /// The date beside it.
    pub date: Field<Day>,
}

/// Somebody who signed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Signature {
    /// On whose behalf: the reporting person's name in the signature block.
    pub name: Field<String>,
    /// The signature's date.
    pub date: Field<Day>,
    /// Who signed on the person's behalf, in the block's order.
    pub capacities: Vec<Capacity>,
}

/// What Item 4 of a 13G says again in its own words. Most of it is prose: `Blank` where it only
/// points to the cover page, `Unreadable` where it holds more than one number.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ItemFour {
    /// (a) Amount beneficially owned.
    pub amount: Field<Amount>,
    /// (b) Percent of class.
    pub percent: Field<Percent>,
    /// (c)(i) Sole power to vote.
    pub sole_voting: Field<Amount>,
    /// (c)(ii) Shared power to vote.
    pub shared_voting: Field<Amount>,
    /// (c)(iii) Sole power to dispose.
    pub sole_dispositive: Field<Amount>,
    /// (c)(iv) Shared power to dispose.
    pub shared_dispositive: Field<Amount>,
}

/// What Item 5 of a 13D states of all who report: their total, and whether they have left.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ItemFive {
    /// (a) The number of shares in all. `Unreadable` where it states more than one number and does
    /// not say which is what they have together.
    pub amount: Field<Amount>,
    /// (a) The percent of the class, likewise.
    pub percent: Field<Percent>,
    /// (e) `true` where it says that they ceased to own more than five percent; `Blank` where it
    /// does not apply, `Unreadable` where it says so of others, or of what may come.
    pub ceased: Field<bool>,
    /// (e) Since which day, where it names one.
    pub ceased_on: Field<Day>,
}

/// What Item 9 of a 13G states: the notice that a group was dissolved.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ItemNine {
    /// `true` where it says so; `Blank` where it does not apply, `Unreadable` for other words.
    pub dissolved: Field<bool>,
    /// Since which day, where it names one.
    pub on: Field<Day>,
}

/// An agreement to file one statement for several persons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Agreement {
    /// Who signs it.
    pub parties: Vec<Field<String>>,
    /// The date it bears.
    pub date: Field<Day>,
    /// From its heading to its last signature.
    pub span: Option<Span>,
}

/// An exhibit that the statement lists.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Exhibit {
    /// Its letter or number: `A`, `99.1`.
    pub label: Field<String>,
    /// What it is called.
    pub title: Field<String>,
    /// The one date in its title.
    pub date: Field<Day>,
}

/// A document of the submission: the statement itself, an exhibit, a picture.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Document {
    /// EDGAR's type of it: `SC 13D`, `EX-99.1`, `GRAPHIC`.
    pub kind: Field<String>,
    /// Its place in the submission.
    pub sequence: Field<u32>,
    /// Its file name.
    pub filename: Field<String>,
    /// What the filer calls it.
    pub description: Field<String>,
    /// Its content.
    pub span: Option<Span>,
}

/// A party of the submission's header.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Party {
    /// Conformed name.
    pub name: Field<String>,
    /// CIK.
    pub cik: Field<Cik>,
    /// IRS number.
    pub tax_id: Field<String>,
    /// Former conformed names.
    pub former_names: Vec<Field<String>>,
}

/// The codes of row 4 of a 13D.
pub const FUND_CODES: [&str; 6] = ["SC", "BK", "AF", "WC", "PF", "OO"];
/// The codes of row 14 of a 13D, row 12 of a 13G: types of reporting person.
pub const TYPE_CODES: [&str; 14] =
    ["BD", "BK", "IC", "IV", "IA", "EP", "HC", "SA", "CP", "CO", "PN", "IN", "FI", "OO"];

/// Everything that was read in one filing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Reading {
    /// The form's type.
    pub form: Field<Form>,
    /// `(Amendment No. 2)`.
    pub amendment_number: Field<u32>,
    /// Date of event which requires filing of this statement.
    pub event_date: Field<Day>,
    /// Filed as of, from the header.
    pub filed_date: Field<Day>,
    /// Acceptance time, from the header.
    pub accepted_at: Field<Instant>,
    /// Accession number, from the header.
    pub accession: Field<Accession>,
    /// The accession number of an earlier filing of the same chain.
    pub previous_accession: Field<Accession>,
    /// The version of the schema of a structured filing.
    pub schema_version: Field<String>,
    /// The box for those who filed a 13G for these shares before.
    pub previously_filed: Field<bool>,
    /// The issuer.
    pub issuer: Issuer,
    /// EDGAR's number for filings about this issuer, `005-...`.
    pub file_number: Field<String>,
    /// The class's CUSIP numbers.
    pub cusips: Vec<Field<Cusip>>,
    /// Title of class of securities.
    pub class_title: Field<String>,
    /// Rules ticked on a 13G.
    pub rules: Vec<Field<Rule>>,
    /// The header's FILED BY blocks.
    pub filed_by: Vec<Party>,
    /// The header's GROUP MEMBERS.
    pub group_members: Vec<Field<String>>,
    /// The submission's documents, in its order.
    pub documents: Vec<Document>,
    /// The reporting persons in the order of their cover pages.
    pub holders: Vec<Holder>,
    /// The items that have a heading of their own.
    pub items: Vec<Item>,
    /// What Item 4 of a 13G says again.
    pub item_4: ItemFour,
    /// What Item 5 of a 13D states of all who report.
    pub item_5: ItemFive,
    /// Whom Item 8 of a 13G names as members of a group, of those who report.
    pub item_8: Vec<Field<String>>,
    /// What Item 9 of a 13G states.
    pub item_9: ItemNine,
    /// Item 5 of a 13G: the box for owners of five percent or less.
    pub five_percent_or_less: Field<bool>,
    /// How large the class is, where the filing says what its percents are based on.
    pub class_sizes: Vec<Field<Amount>>,
    /// The filing's own list of exhibits, where it stands apart from the items.
    pub exhibit_list: Option<Span>,
    /// The exhibits that Item 7 of a 13D lists.
    pub exhibits: Vec<Exhibit>,
    /// Agreements to file one statement jointly.
    pub agreements: Vec<Agreement>,
    /// Dates of the earlier statement and its amendments, where the text names them.
    pub earlier: Vec<Field<Day>>,
    /// Who signed.
    pub signatures: Vec<Signature>,
    /// What the filing gets wrong, and what could not be read.
    pub troubles: Vec<Trouble>,
}
