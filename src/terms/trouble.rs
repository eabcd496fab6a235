//! The closed list of things a filing can get wrong, or that we could not read, each with a code.
//! Trouble is data: it never stops a reading, and nothing here decides what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::terms::span::Span;

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every member, in the order of its number.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The stable name, as printed in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

closed_list! {
    /// A kind of trouble. Numbered in this order in stored events (spec, section 5.4): append,
    /// never reorder.
    TroubleCode {
        /// The file is no filing on Schedule 13D or 13G.
        NotSchedule13 = "not-schedule-13",
        /// The structured document is not well-formed XML.
        XmlNotWellFormed = "xml-not-well-formed",
        /// Bytes that are no text in the document's encoding.
        EncodingInvalid = "encoding-invalid",
        /// The submission has a header and no document.
        DocumentMissing = "document-missing",
        /// Something stands where a value is due, and it cannot be read as one.
        ValueUnreadable = "value-unreadable",
        /// A value may belong to more than one row; the candidates are named.
        ValueAmbiguous = "value-ambiguous",
        /// A row of the cover page that should be there is not.
        RowMissing = "row-missing",
        /// A row's printed number does not fit its label.
        RowMisnumbered = "row-misnumbered",
        /// A cover page whose name cannot be read.
        HolderUnnamed = "holder-unnamed",
        /// Somebody signs as a reporting person without a readable cover page.
        HolderWithoutCover = "holder-without-cover",
        /// The header names a filer that has no cover page.
        HolderNotInBody = "holder-not-in-body",
        /// Sole plus shared powers and the aggregate cannot all be right.
        PowersArithmetic = "powers-arithmetic",
        /// What a row says it consists of does not add up to the row.
        PartsSum = "parts-sum",
        /// The rows of those whose shares these are do not add up to this row.
        ViaSum = "via-sum",
        /// The percent does not follow from the aggregate and the class size stated.
        PercentMismatch = "percent-mismatch",
        /// The percents of the filing's holders do not agree on one class size.
        PercentInconsistent = "percent-inconsistent",
        /// The CUSIP's check digit is wrong, or it has not nine characters, or it is all zeros.
        CusipInvalid = "cusip-invalid",
        /// The event date is after the filing.
        EventAfterFiling = "event-after-filing",
        /// Two places of the filing contradict each other.
        Contradiction = "contradiction",
        /// A place holds more than this program keeps; the rest was left out.
        LimitReached = "limit-reached",
    }
}

closed_list! {
    /// A field of a reading that a trouble or a correction can be about. Numbered in this order in
    /// stored events (spec, section 5.4): append, never reorder.
    FieldName {
        /// All of the holder, or of the filing.
        All = "*",
        /// The form's type.
        Form = "form",
        /// The amendment's number.
        AmendmentNumber = "amendment_number",
        /// Date of event which requires filing.
        EventDate = "event_date",
        /// Filed as of.
        FiledDate = "filed_date",
        /// Acceptance time.
        AcceptedAt = "accepted_at",
        /// Accession number.
        Accession = "accession",
        /// The accession number of an earlier filing of the same chain.
        PreviousAccession = "previous_accession",
        /// Name of issuer.
        IssuerName = "issuer_name",
        /// The issuer's CIK.
        IssuerCik = "issuer_cik",
        /// CUSIP numbers.
        Cusips = "cusips",
        /// Title of class of securities.
        ClassTitle = "class_title",
        /// Rules ticked.
        Rules = "rules",
        /// Row 1.
        Name = "name",
        /// Row 1's tax number.
        TaxId = "tax_id",
        /// The holder's CIK.
        Cik = "cik",
        /// Row 2.
        Group = "group",
        /// 13D row 4.
        Funds = "funds",
        /// 13D row 5.
        LegalProceedings = "legal_proceedings",
        /// 13D row 6, 13G row 4.
        Citizenship = "citizenship",
        /// 13D row 7, 13G row 5.
        SoleVoting = "sole_voting",
        /// 13D row 8, 13G row 6.
        SharedVoting = "shared_voting",
        /// 13D row 9, 13G row 7.
        SoleDispositive = "sole_dispositive",
        /// 13D row 10, 13G row 8.
        SharedDispositive = "shared_dispositive",
        /// 13D row 11, 13G row 9.
        Aggregate = "aggregate",
        /// 13D row 12, 13G row 10.
        ExcludesShares = "excludes_shares",
        /// 13D row 13, 13G row 11.
        Percent = "percent",
        /// 13D row 14, 13G row 12.
        Types = "types",
        /// What a row consists of.
        Parts = "parts",
        /// Through whom it is held.
        Via = "via",
        /// The numbered items.
        Items = "items",
        /// The signature block.
        Signatures = "signatures",
        /// 13G Item 5: the box for owners of five percent or less.
        FivePercentOrLess = "five_percent_or_less",
        /// 13D Item 5(a): the number of shares in all.
        ItemFiveAmount = "item_5_amount",
        /// 13D Item 5(a): the percent of the class in all.
        ItemFivePercent = "item_5_percent",
        /// 13D Item 5(e): whether those who report have ceased to own more than five percent.
        ItemFiveCeased = "item_5_ceased",
        /// 13D Item 5(e): since which day.
        ItemFiveCeasedOn = "item_5_ceased_on",
        /// 13G Item 9: the notice that the group was dissolved.
        ItemNineDissolved = "item_9_dissolved",
        /// 13G Item 9: since which day.
        ItemNineOn = "item_9_on",
    }
}

/// One trouble: what, about whom and which field, where, and one plain sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trouble {
    /// Which kind.
    pub code: TroubleCode,
    /// The holder it is about, counted from 0 in the order of the cover pages; `None`: the filing.
    pub holder: Option<u32>,
    /// The field it is about.
    pub field: FieldName,
    /// Where, if it is at one place.
    pub span: Option<Span>,
    /// One sentence with the figures in it.
    pub message: String,
}
