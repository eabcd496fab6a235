//! Prints an invented filing as EDGAR would have it: text, HTML or XML in its submission.
//! Invents nothing: every fact is given, and only the prose is drawn.

use super::world::{Facts, HolderFacts, Numbers, Print, ymd};

/// The whole submission.
pub fn submission(facts: &Facts) -> String {
    let (accession, filed) = (&facts.accession, digits(facts.filed));
    let mut out = format!("<SEC-DOCUMENT>{accession}.txt : {filed}\n");
    header(facts, &filed, &mut out);
    let (name, body) = match facts.print {
        Print::Text => ("filing.txt", text(facts)),
        Print::Html => ("filing.htm", html(facts)),
        Print::Xml => ("primary_doc.xml", format!("<XML>\n{}</XML>\n", xml(facts))),
    };
    out += &format!(
        "<DOCUMENT>\n<TYPE>{}\n<SEQUENCE>1\n<FILENAME>{name}\n<TEXT>\n{body}</TEXT>\n</DOCUMENT>\n\
         </SEC-DOCUMENT>\n",
        form(facts)
    );
    out
}

/// The form as EDGAR names it, then and now.
pub fn form(facts: &Facts) -> String {
    let name = if facts.print == Print::Xml { "SCHEDULE" } else { "SC" };
    let letter = if facts.schedule_d { "D" } else { "G" };
    format!("{name} 13{letter}{}", if facts.amendment > 0 { "/A" } else { "" })
}

fn header(facts: &Facts, filed: &str, out: &mut String) {
    let (accession, form) = (&facts.accession, form(facts));
    let (hour, rest) = (facts.accepted / 3600, facts.accepted % 3600);
    let time = format!("{hour:02}{:02}{:02}", rest / 60, rest % 60);
    *out += &format!(
        "<SEC-HEADER>{accession}.hdr.sgml : {filed}\n<ACCEPTANCE-DATETIME>{filed}{time}\n\
         ACCESSION NUMBER:\t\t{accession}\nCONFORMED SUBMISSION TYPE:\t{form}\n\
         PUBLIC DOCUMENT COUNT:\t\t1\nFILED AS OF DATE:\t\t{filed}\n"
    );
    for member in facts.holders.iter().skip(1) {
        *out += &format!("GROUP MEMBERS:\t\t{}\n", member.name.to_uppercase());
    }
    let mut company = |title: &str, name: &str, cik: u64| {
        *out += &format!(
            "\n{title}:\n\n\tCOMPANY DATA:\n\t\tCOMPANY CONFORMED NAME:\t\t\t{}\n\
             \t\tCENTRAL INDEX KEY:\t\t\t{cik:010}\n\n\tFILING VALUES:\n\t\tFORM TYPE:\t\t{form}\n\
             \t\tSEC ACT:\t\t1934 Act\n",
            name.to_uppercase()
        );
    };
    company("SUBJECT COMPANY", &facts.issuer, facts.issuer_cik);
    company("FILED BY", &facts.holders[0].name, facts.holders[0].cik);
    *out += "</SEC-HEADER>\n";
}

/// `20070112`
fn digits(day: i64) -> String {
    let (y, m, d) = ymd(day);
    format!("{y:04}{m:02}{d:02}")
}

/// `January 12, 2007`
fn in_words(day: i64) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (y, m, d) = ymd(day);
    format!("{} {d}, {y}", MONTHS[m as usize - 1])
}

/// `01/12/2007`
fn slashed(day: i64) -> String {
    let (y, m, d) = ymd(day);
    format!("{m:02}/{d:02}/{y:04}")
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let plain = number.to_string();
    let mut out = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `5.07`
pub fn percent(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// What fills the items, drawn from sentences that say nothing that is counted.
fn prose(n: &mut Numbers, sentences: u64) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..sentences {
        let who = n.one(&["The reporting persons", "The managers", "The holders", "They"]);
        let does = n.one(&[
            "review their investment from time to time",
            "talk with the board of the issuer",
            "may buy more, or sell, as the market and their own affairs advise",
            "have no plan that would change the company's business",
            "reserve every right they have",
            "bought for investment, in the ordinary course of business",
            "look at the price, at other chances, and at the need for money",
            "have told the management what they think of its plans",
        ]);
        let so = n.one(&[
            "and will amend this statement where the rules ask for it",
            "and nothing is agreed on",
            "with money of their own",
            "as far as the law lets them",
            "and keep no other counsel",
            "in the open market or in private deals",
            "without any wish to control the issuer",
        ]);
        lines.push(format!("{who} {does} {so}."));
    }
    lines
}

/// The items of a filing: heading and paragraphs.
fn items(facts: &Facts) -> Vec<(String, Vec<String>)> {
    let mut n = facts.words.0.clone();
    let names: Vec<&str> = facts.holders.iter().map(|h| h.name.as_str()).collect();
    let outstanding = grouped(facts.outstanding);
    if facts.schedule_d {
        let each = facts.prose / 4;
        return vec![
            ("Item 1. Security and Issuer.".into(), vec![format!("This statement is about the {} of {}.", facts.class, facts.issuer)]),
            ("Item 2. Identity and Background.".into(), vec![format!("It is filed by {}.", names.join(", "))]),
            ("Item 3. Source and Amount of Funds or Other Consideration.".into(), prose(&mut n, each)),
            ("Item 4. Purpose of Transaction.".into(), prose(&mut n, each * 2)),
            ("Item 5. Interest in Securities of the Issuer.".into(), vec![format!("The amounts and percents are those of the cover pages, based on {outstanding} shares outstanding.")]),
            ("Item 6. Contracts, Arrangements, Understandings or Relationships with Respect to Securities of the Issuer.".into(), prose(&mut n, each)),
            ("Item 7. Material to be Filed as Exhibits.".into(), vec!["None.".into()]),
        ];
    }
    vec![
        ("Item 1(a). Name of Issuer:".into(), vec![facts.issuer.clone()]),
        ("Item 2(a). Name of Person Filing:".into(), vec![names.join(", ")]),
        ("Item 4. Ownership.".into(), vec!["See the cover pages.".into()]),
        ("Item 8. Identification and Classification of Members of the Group.".into(), prose(&mut n, facts.prose)),
        ("Item 10. Certification.".into(), vec!["By signing below I certify that, to the best of my knowledge and belief, the securities were not acquired to change or influence the control of the issuer.".into()]),
    ]
}

/// A row of the cover page: its number and label on the two schedules, and what it says.
fn rows(facts: &Facts, h: &HolderFacts) -> Vec<(String, String)> {
    let d = facts.schedule_d;
    let number = |on_d: u32, on_g: u32| if d { on_d } else { on_g };
    let mut rows = vec![(format!("{}  SEC USE ONLY", 3), String::new())];
    if d {
        rows.push(("4  SOURCE OF FUNDS".into(), "WC".into()));
        rows.push((
            "5  CHECK BOX IF DISCLOSURE OF LEGAL PROCEEDINGS IS REQUIRED PURSUANT TO ITEMS 2(d) OR 2(e)".into(),
            "[ ]".into(),
        ));
    }
    let mut row = |on_d, on_g, label: &str, value: String| {
        rows.push((format!("{}  {label}", number(on_d, on_g)), value));
    };
    row(6, 4, "CITIZENSHIP OR PLACE OF ORGANIZATION", h.place.into());
    row(7, 5, "SOLE VOTING POWER", grouped(h.sole));
    row(8, 6, "SHARED VOTING POWER", grouped(h.shared));
    row(9, 7, "SOLE DISPOSITIVE POWER", grouped(h.sole));
    row(10, 8, "SHARED DISPOSITIVE POWER", grouped(h.shared));
    row(
        11,
        9,
        "AGGREGATE AMOUNT BENEFICIALLY OWNED BY EACH REPORTING PERSON",
        grouped(h.aggregate()),
    );
    let excluded = format!(
        "CHECK BOX IF THE AGGREGATE AMOUNT IN ROW ({}) EXCLUDES CERTAIN SHARES",
        number(11, 9)
    );
    row(12, 10, &excluded, "[ ]".into());
    let of = format!("PERCENT OF CLASS REPRESENTED BY AMOUNT IN ROW ({})", number(11, 9));
    row(13, 11, &of, format!("{}%", percent(h.percent)));
    row(14, 12, "TYPE OF REPORTING PERSON", h.kind.into());
    rows
}

fn title(facts: &Facts) -> Vec<String> {
    let mut lines = vec![
        "UNITED STATES".into(),
        "SECURITIES AND EXCHANGE COMMISSION".into(),
        "Washington, D.C. 20549".into(),
        String::new(),
    ];
    lines.push(format!("SCHEDULE 13{}", if facts.schedule_d { "D" } else { "G" }));
    lines.push("Under the Securities Exchange Act of 1934".into());
    if facts.amendment > 0 {
        lines.push(format!("(Amendment No. {})", facts.amendment));
    }
    for (value, label) in [
        (facts.issuer.clone(), "(Name of Issuer)"),
        (facts.class.to_owned(), "(Title of Class of Securities)"),
        (facts.cusip.clone(), "(CUSIP Number)"),
        (in_words(facts.event), "(Date of Event which Requires Filing of this Statement)"),
    ] {
        lines.extend([String::new(), value, label.to_owned()]);
    }
    lines.push(String::new());
    if !facts.schedule_d {
        lines.push("Check the appropriate box to designate the rule pursuant to which this Schedule is filed:".into());
        for rule in ["13d-1(b)", "13d-1(c)", "13d-1(d)"] {
            lines.push(format!("[{}] Rule {rule}", if rule == facts.rule { "X" } else { " " }));
        }
    }
    lines
}

fn text(facts: &Facts) -> String {
    let mut out = String::new();
    for line in title(facts) {
        let indent = if line.starts_with('[') || line.starts_with("Check") {
            4
        } else {
            36_usize.saturating_sub(line.len() / 2)
        };
        out += &format!("{}{line}\n", " ".repeat(indent));
    }
    for holder in &facts.holders {
        out += &format!("\nCUSIP No. {}\n\n", facts.cusip);
        out += &format!(" 1  NAME OF REPORTING PERSON\n\n    {}\n\n", holder.name);
        out += " 2  CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP             (a) [ ]\n                                                                 (b) [X]\n";
        for (label, value) in rows(facts, holder) {
            out += &format!("\n{}\n", wrapped(&label, 4).trim_start_matches("   "));
            if !value.is_empty() {
                out += &format!("\n    {value}\n");
            }
        }
    }
    for (heading, paragraphs) in items(facts) {
        out += &format!("\n{heading}\n");
        out += &format!("\n{}\n", wrapped(&paragraphs.join(" "), 4));
    }
    out + &format!("\n{}\n", signatures(facts).join("\n"))
}

fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() + word.len() + 1 > 68 {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    let lines: Vec<String> =
        lines.iter().map(|line| format!("{}{line}", " ".repeat(indent))).collect();
    lines.join("\n")
}

fn signatures(facts: &Facts) -> Vec<String> {
    let mut lines = vec!["SIGNATURE".to_owned(), String::new()];
    lines.push(
        "After reasonable inquiry and to the best of my knowledge and belief, I certify that the"
            .into(),
    );
    lines.push("information set forth in this statement is true, complete and correct.".into());
    lines.extend([String::new(), format!("Dated: {}", in_words(facts.filed)), String::new()]);
    for holder in &facts.holders {
        lines.push(holder.name.to_uppercase());
        lines.extend([format!("By: /s/ {}", holder.name), String::new()]);
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn html(facts: &Facts) -> String {
    const P: &str =
        "<P STYLE=\"font: 10pt Times New Roman, Times, Serif; margin: 0pt 0; text-align: center\">";
    const TD: &str = "<TD STYLE=\"border: Black 1pt solid; padding: 2pt; font: 10pt Times New Roman, Times, Serif; vertical-align: top\">";
    let mut out = String::from(
        "<HTML>\n<HEAD>\n<TITLE></TITLE>\n</HEAD>\n<BODY STYLE=\"font: 10pt Times New Roman, Times, Serif\">\n",
    );
    for line in title(facts) {
        out += &match line.is_empty() {
            true => format!("{P}&nbsp;</P>\n"),
            false => format!("{P}<B>{}</B></P>\n", escaped(&line)),
        };
    }
    for holder in &facts.holders {
        out += &format!(
            "{P}CUSIP No. {}</P>\n<TABLE CELLSPACING=\"0\" CELLPADDING=\"0\" STYLE=\"width: 100%; border-collapse: collapse\">\n",
            facts.cusip
        );
        let mut row = |label: &str, value: &str| {
            let (number, label) = label.split_once("  ").unwrap_or(("", label));
            out += &format!(
                "<TR>{TD}{number}</TD>\n    {TD}<P STYLE=\"margin: 0\">{label}</P>\n<P STYLE=\"margin: 0\">{}</P></TD></TR>\n",
                escaped(value)
            );
        };
        row("1  NAME OF REPORTING PERSON", &holder.name);
        row("2  CHECK THE APPROPRIATE BOX IF A MEMBER OF A GROUP", "(a) [ ] (b) [X]");
        for (label, value) in rows(facts, holder) {
            row(&label, &value);
        }
        out += "</TABLE>\n";
    }
    for (heading, paragraphs) in items(facts) {
        out += &format!(
            "<P STYLE=\"margin: 6pt 0; font: 10pt Times New Roman, Times, Serif\"><B>{heading}</B></P>\n"
        );
        for three in paragraphs.chunks(3) {
            out += &format!(
                "<P STYLE=\"margin: 6pt 0; text-indent: 0.5in; font: 10pt Times New Roman, Times, Serif\">{}</P>\n",
                escaped(&three.join(" "))
            );
        }
    }
    for line in signatures(facts) {
        out += &format!("<P STYLE=\"margin: 0\">{}</P>\n", escaped(&line));
    }
    out + "</BODY>\n</HTML>\n"
}

fn xml(facts: &Facts) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let space = if facts.schedule_d { "schedule13D" } else { "schedule13g" };
    out += &format!(
        "<edgarSubmission xmlns=\"http://www.sec.gov/edgar/{space}\" xmlns:com=\"http://www.sec.gov/edgar/common\">\n<schemaVersion>X0202</schemaVersion>\n<headerData>\n<submissionType>{}</submissionType>\n",
        form(facts)
    );
    if let Some(first) = facts.first.as_ref().filter(|_| facts.amendment > 0) {
        out += &format!("<previousAccessionNumber>{first}</previousAccessionNumber>\n");
    }
    out += &format!(
        "<filerInfo><filer><filerCredentials><cik>{:010}</cik><ccc>XXXXXXXX</ccc></filerCredentials></filer></filerInfo>\n</headerData>\n<formData>\n<coverPageHeader>\n",
        facts.holders[0].cik
    );
    if facts.amendment > 0 {
        out += &format!("<amendmentNo>{}</amendmentNo>\n", facts.amendment);
    }
    out += &format!("<securitiesClassTitle>{}</securitiesClassTitle>\n", facts.class);
    if facts.schedule_d {
        structured_d(facts, &mut out);
    } else {
        structured_g(facts, &mut out);
    }
    out + "</formData>\n</edgarSubmission>\n"
}

fn structured_d(facts: &Facts, out: &mut String) {
    let items = items(facts);
    let said = |at: usize| escaped(&items[at].1.join(" "));
    *out += &format!(
        "<dateOfEvent>{}</dateOfEvent>\n<previouslyFiledFlag>false</previouslyFiledFlag>\n<issuerInfo><issuerCIK>{:010}</issuerCIK><issuerCusips><issuerCusipNumber>{}</issuerCusipNumber></issuerCusips><issuerName>{}</issuerName></issuerInfo>\n</coverPageHeader>\n<reportingPersons>\n",
        slashed(facts.event),
        facts.issuer_cik,
        facts.cusip,
        escaped(&facts.issuer)
    );
    for h in &facts.holders {
        *out += &format!(
            "<reportingPersonInfo>\n<reportingPersonCIK>{:010}</reportingPersonCIK>\n<reportingPersonNoCIK>N</reportingPersonNoCIK>\n<reportingPersonName>{}</reportingPersonName>\n<memberOfGroup>b</memberOfGroup>\n<fundType>WC</fundType>\n<legalProceedings>N</legalProceedings>\n<citizenshipOrOrganization>{}</citizenshipOrOrganization>\n",
            h.cik,
            escaped(&h.name),
            h.place_code
        );
        for (tag, value) in [
            ("soleVotingPower", h.sole),
            ("sharedVotingPower", h.shared),
            ("soleDispositivePower", h.sole),
            ("sharedDispositivePower", h.shared),
            ("aggregateAmountOwned", h.aggregate()),
        ] {
            *out += &format!("<{tag}>{value}.00</{tag}>\n");
        }
        *out += &format!(
            "<isAggregateExcludeShares>N</isAggregateExcludeShares>\n<percentOfClass>{}</percentOfClass>\n<typeOfReportingPerson>{}</typeOfReportingPerson>\n</reportingPersonInfo>\n",
            percent(h.percent),
            h.kind
        );
    }
    *out += &format!(
        "</reportingPersons>\n<items1To7>\n<item1><securityTitle>{}</securityTitle><issuerName>{}</issuerName></item1>\n<item3><fundsSource>{}</fundsSource></item3>\n<item4><transactionPurpose>{}</transactionPurpose></item4>\n</items1To7>\n<signatureInfo>\n",
        facts.class,
        escaped(&facts.issuer),
        said(2),
        said(3)
    );
    for h in &facts.holders {
        *out += &format!(
            "<signaturePerson><signatureReportingPerson>{0}</signatureReportingPerson><signatureDetails><signature>/s/ {0}</signature><title>Signer</title><date>{1}</date></signatureDetails></signaturePerson>\n",
            escaped(&h.name),
            slashed(facts.filed)
        );
    }
    *out += "</signatureInfo>\n";
}

fn structured_g(facts: &Facts, out: &mut String) {
    *out += &format!(
        "<eventDateRequiresFilingThisStatement>{}</eventDateRequiresFilingThisStatement>\n<issuerInfo><issuerCik>{:010}</issuerCik><issuerName>{}</issuerName><issuerCusip>{}</issuerCusip></issuerInfo>\n<designateRulesPursuantThisScheduleFiled><designateRulePursuantThisScheduleFiled>Rule {}</designateRulePursuantThisScheduleFiled></designateRulesPursuantThisScheduleFiled>\n</coverPageHeader>\n",
        slashed(facts.event),
        facts.issuer_cik,
        escaped(&facts.issuer),
        facts.cusip,
        facts.rule
    );
    for h in &facts.holders {
        *out += &format!(
            "<coverPageHeaderReportingPersonDetails>\n<reportingPersonName>{}</reportingPersonName>\n<memberGroup>b</memberGroup>\n<citizenshipOrOrganization>{}</citizenshipOrOrganization>\n<reportingPersonBeneficiallyOwnedNumberOfShares>\n",
            escaped(&h.name),
            h.place_code
        );
        for (tag, value) in [
            ("soleVotingPower", h.sole),
            ("sharedVotingPower", h.shared),
            ("soleDispositivePower", h.sole),
            ("sharedDispositivePower", h.shared),
        ] {
            *out += &format!("<{tag}>{value}.00</{tag}>\n");
        }
        *out += &format!(
            "</reportingPersonBeneficiallyOwnedNumberOfShares>\n<reportingPersonBeneficiallyOwnedAggregateNumberOfShares>{}.00</reportingPersonBeneficiallyOwnedAggregateNumberOfShares>\n<aggregateAmountExcludesCertainSharesFlag>N</aggregateAmountExcludesCertainSharesFlag>\n<classPercent>{}</classPercent>\n<typeOfReportingPerson>{}</typeOfReportingPerson>\n</coverPageHeaderReportingPersonDetails>\n",
            h.aggregate(),
            percent(h.percent),
            h.kind
        );
    }
    let h = &facts.holders[0];
    *out += &format!(
        "<items>\n<item1><issuerName>{}</issuerName></item1>\n<item4><amountBeneficiallyOwned>{}</amountBeneficiallyOwned><classPercent>{}</classPercent></item4>\n<item5><notApplicableFlag>N</notApplicableFlag></item5>\n</items>\n",
        escaped(&facts.issuer),
        h.aggregate(),
        percent(h.percent)
    );
    for h in &facts.holders {
        *out += &format!(
            "<signatureInformation><reportingPersonName>{0}</reportingPersonName><signatureDetails><signature>{0}</signature><title>Signer</title><date>{1}</date></signatureDetails></signatureInformation>\n",
            escaped(&h.name),
            slashed(facts.filed)
        );
    }
}
