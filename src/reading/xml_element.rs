//! The elements of the structured form that mean something here, under all their names.
//! Knows nothing of what is done with them.

macro_rules! elements {
    ($($(#[$doc:meta])* $variant:ident = $($name:literal)|+,)+) => {
        /// An element that means something here, under any of its names.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Element { $($(#[$doc])* $variant,)+ Other }

        impl Element {
            /// The element of a local name.
            pub(crate) fn of(name: &[u8]) -> Self {
                match name { $($($name)|+ => Element::$variant,)+ _ => Element::Other }
            }
        }
    };
}

elements! {
    Root = b"edgarSubmission",
    FormData = b"formData",
    Cusips = b"issuerCusips",
    Rules = b"designateRulesPursuantThisScheduleFiled",
    SchemaVersion = b"schemaVersion",
    HeaderData = b"headerData",
    SubmissionType = b"submissionType",
    PreviousAccession = b"previousAccessionNumber",
    FilerCredentials = b"filerCredentials",
    FilerCik = b"cik",
    CoverPage = b"coverPageHeader",
    AmendmentNo = b"amendmentNo",
    ClassTitle = b"securitiesClassTitle",
    EventDate = b"dateOfEvent" | b"eventDateRequiresFilingThisStatement",
    PreviouslyFiled = b"previouslyFiledFlag",
    IssuerInfo = b"issuerInfo",
    IssuerCik = b"issuerCIK" | b"issuerCik",
    IssuerName = b"issuerName",
    Cusip = b"issuerCUSIP" | b"issuerCusip" | b"issuerCusipNumber",
    Rule = b"designateRulePursuantThisScheduleFiled",
    Person = b"reportingPersonInfo" | b"coverPageHeaderReportingPersonDetails",
    PersonCik = b"reportingPersonCIK" | b"reportingCik",
    PersonNoCik = b"reportingPersonNoCIK" | b"reportingCikNotPresentInEdgarFlag",
    PersonName = b"reportingPersonName",
    Group = b"memberOfGroup" | b"memberGroup",
    Funds = b"fundType",
    LegalProceedings = b"legalProceedings",
    Citizenship = b"citizenshipOrOrganization",
    Powers = b"reportingPersonBeneficiallyOwnedNumberOfShares",
    SoleVoting = b"soleVotingPower",
    SharedVoting = b"sharedVotingPower",
    SoleDispositive = b"soleDispositivePower",
    SharedDispositive = b"sharedDispositivePower",
    Aggregate = b"aggregateAmountOwned"
        | b"reportingPersonBeneficiallyOwnedAggregateNumberOfShares",
    ExcludesShares = b"isAggregateExcludeShares" | b"aggregateAmountExcludesCertainSharesFlag",
    PercentOfClass = b"percentOfClass",
    /// The cover's percent in a 13G's person block, free text in its Item 4.
    ClassPercent = b"classPercent",
    PersonType = b"typeOfReportingPerson",
    Comment = b"commentContent" | b"comments",
    Item1 = b"item1",
    Item2 = b"item2",
    Item3 = b"item3",
    Item4 = b"item4",
    Item5 = b"item5",
    Item6 = b"item6",
    Item7 = b"item7",
    Item8 = b"item8",
    Item9 = b"item9",
    Item10 = b"item10",
    Item4Amount = b"amountBeneficiallyOwned",
    Item4Powers = b"numberOfSharesPersonHas",
    Item4SoleVoting = b"solePowerOrDirectToVote",
    Item4SharedVoting = b"sharedPowerOrDirectToVote",
    Item4SoleDispositive = b"solePowerOrDirectToDispose",
    Item4SharedDispositive = b"sharedPowerOrDirectToDispose",
    FivePercentOrLess = b"classOwnership5PercentOrLess",
    ExhibitInfo = b"exhibitInfo",
    Signer = b"signaturePerson" | b"signatureInformation",
    SignerName = b"signatureReportingPerson",
    SignatureDetails = b"signatureDetails",
    SignatureBy = b"signature",
    SignatureTitle = b"title",
    SignatureDate = b"date",
}

impl Element {
    /// The number of an item's element.
    pub(crate) fn item(self) -> Option<u8> {
        use Element::*;
        let items = [Item1, Item2, Item3, Item4, Item5, Item6, Item7, Item8, Item9, Item10];
        let at = items.iter().position(|item| *item == self)?;
        u8::try_from(at + 1).ok()
    }

    /// Whether it holds other elements of ours rather than text.
    pub(crate) fn is_container(self) -> bool {
        use Element::*;
        matches!(
            self,
            Root | FormData
                | Cusips
                | Rules
                | HeaderData
                | FilerCredentials
                | CoverPage
                | IssuerInfo
                | Person
                | Powers
                | Item4Powers
                | Signer
                | SignatureDetails
                | Other
        ) || self.item().is_some()
    }
}
