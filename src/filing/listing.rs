//! The lines of EDGAR's own lists of what was filed: master, form, company and crawler indexes.
//! Knows nothing of what a ledger holds.

use crate::terms::id::{Accession, Cik};
use crate::terms::statement::Form;
use crate::terms::time::Day;

/// A filing on one of our forms, as one line of an index names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its accession number.
    pub accession: Accession,
    /// Its form; two where the column cut the name where they part.
    pub forms: Vec<Form>,
    /// Under whom it is listed: the issuer or a filer.
    pub cik: Cik,
    /// Its name, as the list prints it.
    pub name: String,
    /// When it was filed.
    pub filed: Day,
}

/// What a line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// Nothing: it stands before the list, or is blank.
    Head,
    /// A filing on another form, and when it was filed.
    Other(Day),
    /// A filing on one of ours.
    Ours(Listed),
}

/// How an index writes its lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Layout {
    /// `CIK|Company Name|Form Type|Date Filed|File Name`
    Bars,
    /// The form in a column of so many characters, then the company.
    FormFirst(usize),
    /// The company, then the form.
    CompanyFirst,
}

/// Reads an index line by line; what its header says of columns counts for the lines below it.
#[derive(Debug, Default)]
pub struct Lines {
    layout: Option<Layout>,
    /// Whether the dashes below the header were seen.
    begun: bool,
}

impl Lines {
    /// Whether the header and the dashes below it were seen.
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// The next line.
    ///
    /// # Errors
    /// What was expected, and what stands there.
    pub fn line(&mut self, text: &str) -> Result<Line, String> {
        let text = text.trim_end();
        if !self.begun {
            self.layout = layout(text).or(self.layout);
            self.begun = self.layout.is_some() && is_rule(text);
            return Ok(Line::Head);
        }
        // Several indexes joined in one file each have a header.
        if text.is_empty() {
            return Ok(Line::Head);
        }
        if layout(text).is_some() {
            (self.layout, self.begun) = (layout(text), false);
            return Ok(Line::Head);
        }
        match self.layout {
            Some(Layout::Bars) => barred(text),
            Some(Layout::FormFirst(width)) => form_first(text, width),
            _ => company_first(text),
        }
    }
}

fn is_rule(text: &str) -> bool {
    text.len() >= 10 && text.bytes().all(|byte| byte == b'-')
}

fn layout(text: &str) -> Option<Layout> {
    if text.starts_with("CIK|") {
        Some(Layout::Bars)
    } else if text.starts_with("Form Type") {
        text.find("Company Name").map(Layout::FormFirst)
    } else if text.starts_with("Company Name") && text.contains("Form Type") {
        Some(Layout::CompanyFirst)
    } else {
        None
    }
}

fn barred(text: &str) -> Result<Line, String> {
    let wrong = || format!("expected CIK|company|form|date|file, got {text:?}");
    // A company's name may have a bar in it; the other parts have none.
    let (cik, rest) = text.split_once('|').ok_or_else(wrong)?;
    let mut parts = rest.rsplitn(4, '|');
    let (Some(file), Some(date), Some(form), Some(name)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let forms = Form::from_edgar(form).into_iter().collect();
    line(forms, name, cik.trim(), (date.trim(), file.trim()))
}

/// Fixed columns whose widths the header does not always tell, so they are taken from the end:
/// neither file, date nor CIK has a space in it. What is left is the form and the company.
fn from_the_end(text: &str) -> Result<(&str, &str, &str, &str), String> {
    let last = |text: &str| text.trim_end().rfind(' ').map(|at| at + 1);
    let cut = || {
        let file = last(text)?;
        let date = last(text.get(..file)?)?;
        let cik = last(text.get(..date)?)?;
        Some((
            text.get(..cik)?,
            text.get(cik..date)?.trim(),
            text.get(date..file)?.trim(),
            text.get(file..)?.trim(),
        ))
    };
    cut().ok_or_else(|| format!("expected form, company, CIK, date and file, got {text:?}"))
}

fn form_first(text: &str, width: usize) -> Result<Line, String> {
    let (rest, cik, date, file) = from_the_end(text)?;
    let whole =
        |form: &Form| rest.strip_prefix(form.as_str()).is_some_and(|rest| rest.starts_with(' '));
    // The longest name that stands there whole: the column may be wider than its header.
    let mut forms: Vec<Form> = Form::ALL.into_iter().filter(whole).collect();
    forms.sort_by_key(|form| std::cmp::Reverse(form.as_str().len()));
    forms.truncate(1);
    let named = forms.first().and_then(|form| rest.strip_prefix(form.as_str()));
    let mut name = named.map_or_else(|| rest.chars().skip(width).collect(), str::to_owned);
    let column: String = rest.chars().take(width).collect();
    if column.chars().count() == width && forms.iter().all(|form| form.as_str() == column) {
        // The column is full, so that the name may go on where it was cut.
        let full = cut_at(&column);
        forms = if full.is_empty() { forms } else { full };
        name = rest.chars().skip(width).collect();
    }
    line(forms, &name, cik, (date, file))
}

/// The forms of which this is all that a column shows.
fn cut_at(column: &str) -> Vec<Form> {
    Form::ALL.into_iter().filter(|form| form.as_str().starts_with(column)).collect()
}

fn company_first(text: &str) -> Result<Line, String> {
    let (rest, cik, date, file) = from_the_end(text)?;
    // A full column of 12 touches the CIK: `SCHEDULE 13D1873893`.
    let digits = cik.trim_start_matches(|c: char| !c.is_ascii_digit());
    for column in [Form::Schedule13D, Form::Schedule13G].map(Form::as_str) {
        let own = column.rsplit(' ').next().unwrap_or(column);
        let touches = cik.strip_prefix(own).filter(|cik| !cik.is_empty());
        if let (Some(cik), Some(name)) = (touches, rest.trim_end().strip_suffix("SCHEDULE")) {
            return line(cut_at(column), name, cik, (date, file));
        }
    }
    if digits.len() != cik.len() {
        return Err(format!("expected a CIK, got {cik:?}"));
    }
    let rest = rest.trim_end();
    let ends = |form: &Form| rest.strip_suffix(form.as_str()).is_some_and(|r| r.ends_with(' '));
    let forms: Vec<Form> = Form::ALL.into_iter().filter(ends).take(1).collect();
    let named = forms.first().and_then(|form| rest.strip_suffix(form.as_str()));
    line(forms, named.unwrap_or(rest), cik, (date, file))
}

fn line(
    forms: Vec<Form>,
    name: &str,
    cik: &str,
    (date, file): (&str, &str),
) -> Result<Line, String> {
    let filed =
        day(date).ok_or_else(|| format!("expected a day such as 20200318, got {date:?}"))?;
    if forms.is_empty() {
        return Ok(Line::Other(filed));
    }
    let cik = cik.parse().map_err(|error| format!("{error}"))?;
    let own = file.rsplit('/').next().unwrap_or(file);
    let accession = own.get(..20).and_then(|own| own.parse().ok());
    let accession = accession
        .ok_or_else(|| format!("expected a file named by its accession number, got {file:?}"))?;
    let name = name.trim().to_owned();
    Ok(Line::Ours(Listed { accession, forms, cik, name, filed }))
}

/// `20200318`, as daily indexes have it, or `2020-03-18`, as quarterly ones do.
fn day(text: &str) -> Option<Day> {
    let part = |range: std::ops::Range<usize>| text.get(range);
    match text.len() {
        8 => format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?).parse().ok(),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Line, String>> {
        let mut lines = Lines::default();
        text.lines().map(|line| lines.line(line)).filter(|line| *line != Ok(Line::Head)).collect()
    }

    fn forms(text: &str) -> Vec<Vec<Form>> {
        let ours = |line| match line {
            Ok(Line::Ours(listed)) => listed.forms,
            Ok(_) => Vec::new(),
            Err(words) => panic!("{words}"),
        };
        read(text).into_iter().map(ours).collect()
    }

    const MASTER: &str = "Description: Daily Index\n\nCIK|Company Name|Form Type|Date Filed|File \
        Name\n----------------------------------------\n";
    const FORM: &str = "Form Type   Company Name                CIK         Date Filed  File Name\n\
        ----------------------------------------------------------------\n";
    const COMPANY: &str = "Company Name                Form Type   CIK         Date Filed  File \
        Name\n----------------------------------------------------------------\n";

    #[test]
    fn every_layout_names_the_filing() {
        let (own, cik) = ("0009999999-20-000001", "9000001");
        let file = format!("edgar/data/1/{own}.txt");
        let page = format!("http://www.sec.gov/Archives/edgar/data/1/{own}-index.htm");
        let all = [
            format!("{MASTER}{cik}|TERN | CO|SC 13D/A|20200318|{file}"),
            format!("{FORM}SC 13D/A    TERN CO           {cik}     20200318    {file}         "),
            format!("{COMPANY}TERN CO            SC 13D/A    {cik}     2020-03-18  {file}"),
            format!("{COMPANY}TERN CO            SC 13D/A         {cik}     20200318    {page}"),
        ];
        for text in all {
            let listed = Listed {
                accession: "0009999999-20-000001".parse().unwrap(),
                forms: vec![Form::Sc13DA],
                cik: "9000001".parse().unwrap(),
                name: if text.contains('|') { "TERN | CO" } else { "TERN CO" }.to_owned(),
                filed: "2020-03-18".parse().unwrap(),
            };
            assert_eq!(read(&text), [Ok(Line::Ours(listed))], "{text}");
        }
    }

    #[test]
    fn a_column_of_twelve_does_not_make_an_amendment_an_original() {
        let tail = "9000001     20250501    edgar/data/1/0009999999-25-000001.txt";
        let either = vec![Form::Schedule13D, Form::Schedule13DA];
        for (text, expected) in [
            // Cut, or an original that fills the column: nobody can tell.
            (format!("{FORM}SCHEDULE 13DTERN CO                     {tail}"), either.clone()),
            (format!("{COMPANY}TERN CO                     SCHEDULE 13D{tail}"), either),
            // The name stands there whole.
            (
                format!("{FORM}SCHEDULE 13D/A   TERN CO                {tail}"),
                vec![Form::Schedule13DA],
            ),
            (
                format!("{COMPANY}TERN CO                     SCHEDULE 13D/A   {tail}"),
                vec![Form::Schedule13DA],
            ),
            (
                format!("{COMPANY}TERN CO                     SCHEDULE 13G     {tail}"),
                vec![Form::Schedule13G],
            ),
            (format!("{FORM}SC 13G      SCHEDULE 13D HOLDINGS       {tail}"), vec![Form::Sc13G]),
            (format!("{FORM}SC TO-T     TERN CO                     {tail}"), vec![]),
            (format!("{FORM}SC 13E3     TERN CO                     {tail}"), vec![]),
        ] {
            assert_eq!(forms(&text), [expected], "{text}");
        }
        let wide = FORM.replace("Form Type   Company", "Form Type        Company");
        let text = format!("{wide}SCHEDULE 13D     TERN CO                {tail}");
        assert_eq!(forms(&text), [vec![Form::Schedule13D]], "a wider column is whole");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, words) in [
            (format!("{MASTER}1|TERN|SC 13D|soon|x"), "expected a day"),
            (format!("{MASTER}1|TERN"), "expected CIK|company"),
            (format!("{MASTER}1|TERN|SC 13D|20200318|edgar/data/1/x.txt"), "accession number"),
            (format!("{MASTER}one|TERN|SC 13D|20200318|x/0009999999-20-000001.txt"), "CIK"),
            (format!("{FORM}lost"), "expected form, company"),
            (format!("{COMPANY}TERN   SC 13D   CIK1   20200318   x"), "expected a CIK"),
        ] {
            let found = read(&text).remove(0).unwrap_err();
            assert!(found.contains(words), "{found}");
        }
        assert!(read("SC 13D without any header").is_empty());
    }
}
