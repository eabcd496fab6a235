//! Which of the header's filers a cover page's person is: what lends him a CIK.
//! Knows nothing of how either was read.

use std::collections::BTreeMap;

use crate::terms::name::Spelt;
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Party, Reading};

/// A person as his cover page names him.
struct Printed {
    holder: usize,
    name: String,
    spelt: Spelt,
    /// What stands before his trade or title.
    head: Option<Spelt>,
    /// With what stands in brackets as words of the name: headers have "HARBOUR (BVI) LTD" without.
    unbracketed: Option<Spelt>,
    tax_id: Option<String>,
}

/// A legacy cover page has no CIK: the header's is lent to the one holder whose name its block has,
/// on each of his pages where they print it alike; or, once all are known by name, to the one whose
/// tax number it has and the letters of whose name, or a name that goes on where the header's ends;
/// or, of one filer and one holder, to him whose name goes on with words that make no other of it.
pub(crate) fn lend_ciks(reading: &mut Reading) {
    let holders = reading.holders.iter().enumerate();
    let printed: Vec<Printed> = holders.filter_map(|(at, one)| Printed::of(at, one)).collect();
    let mut lent = Lent::new();
    let mut unknown = Vec::new();
    for party in &reading.filed_by {
        let Some(spelt) = party.name.value().map(|name| Spelt::of(&together(name))) else {
            continue;
        };
        let (rule, found) = named(&printed, &spelt);
        if found.is_empty() {
            unknown.push((party, spelt));
        }
        lend(&mut lent, party, rule, &found);
    }
    for (party, spelt) in unknown {
        if let ([one], [_]) = (printed.as_slice(), reading.filed_by.as_slice())
            && reading.holders.len() == 1
            && one.spelt.goes_on_as_itself(&spelt)
        {
            lend(&mut lent, party, NAMED.len(), &[one]);
        }
        let Some(own) = tax_id(&party.tax_id) else { continue };
        let same = |one: &&Printed| {
            let free = !lent.contains_key(&one.holder);
            let alike = one.spelt.has_letters_of(&spelt) || one.spelt.goes_on_from(&spelt);
            free && one.tax_id.as_ref() == Some(&own) && alike
        };
        let found: Vec<&Printed> = printed.iter().filter(same).collect();
        lend(&mut lent, party, NAMED.len(), &found);
    }
    let lent =
        lent.into_iter().filter_map(|(holder, (_, party))| Some((holder, party?.cik.clone())));
    for (holder, cik) in lent.collect::<Vec<_>>() {
        if let Some(holder) = reading.holders.get_mut(holder) {
            holder.cik = cik;
        }
    }
}

/// A header's name of a bank with the letters of its kind together, as a cover page's are when
/// their points are set aside: "ELM ROW TRUST CO N A" is "Elm Row Trust Company, N.A.".
fn together(conformed: &str) -> String {
    const KINDS: [(&str, &str); 2] = [(" N A", " NA"), (" F S B", " FSB")];
    let found = KINDS.iter().find_map(|(apart, kind)| Some((conformed.strip_suffix(apart)?, kind)));
    found.map_or(conformed.to_owned(), |(name, kind)| format!("{name}{kind}"))
}

/// By which rule each holder is lent a number, and whose; nobody's where two by one rule have
/// different ones.
type Lent<'a> = BTreeMap<usize, (usize, Option<&'a Party>)>;

/// How a party is known by its name, the surest rule first.
const NAMED: [fn(&Printed, &Spelt) -> bool; 5] = [
    |one, party| one.spelt.is(party),
    |one, party| one.spelt.is_but_for_kind(party),
    |one, party| one.spelt.has_words_of(party),
    |one, party| one.head.as_ref().is_some_and(|head| head.is(party)),
    |one, party| one.unbracketed.as_ref().is_some_and(|all| all.is(party)),
];

/// Who is named so, as the first rule has it that finds anybody; and which rule that is.
fn named<'a>(printed: &'a [Printed], party: &Spelt) -> (usize, Vec<&'a Printed>) {
    let found = NAMED.iter().map(|rule| printed.iter().filter(|one| rule(one, party)).collect());
    let mut found =
        found.enumerate().filter(|(_, found): &(usize, Vec<&Printed>)| !found.is_empty());
    found.next().unwrap_or_default()
}

/// Lends a party's number to those found, where all of them are printed alike. Two parties of one
/// name are two persons, and nothing tells which of them a page is.
fn lend<'a>(lent: &mut Lent<'a>, party: &'a Party, rule: usize, found: &[&Printed]) {
    if found.windows(2).any(|pair| matches!(pair, [one, other] if one.name != other.name)) {
        return;
    }
    for one in found {
        let held = lent.entry(one.holder).or_insert((rule, Some(party)));
        let other = held.1.is_some_and(|held| held.cik.value() != party.cik.value());
        if rule == held.0 && other {
            held.1 = None;
        }
    }
}

impl Printed {
    fn of(at: usize, holder: &Holder) -> Option<Self> {
        let name = holder.name.value().filter(|_| matches!(holder.cik, Field::Absent))?.clone();
        let (spelt, head) = (Spelt::of(&name), before_apposition(&name).map(Spelt::of));
        let open = name.contains('(').then(|| name.replace(['(', ')'], " "));
        let (unbracketed, tax_id) = (open.map(|open| Spelt::of(&open)), tax_id(&holder.tax_id));
        Some(Self { holder: at, name, spelt, head, unbracketed, tax_id })
    }
}

/// "X PARTNERS, LTD., A CALIFORNIA LIMITED PARTNERSHIP" is X Partners Ltd., "JANE DOE, M.D." and
/// "JANE DOE, DBA DOE FARMS" are Jane Doe, and so is "JANE DOE, INDIVIDUALLY AND AS TRUSTEE".
fn before_apposition(printed: &str) -> Option<&str> {
    let lower = printed.to_ascii_lowercase();
    const BEGIN: [&str; 12] = [
        ", a ",
        ", an ",
        ", m.d.",
        ", ph.d.",
        ", esq.",
        " dba ",
        " d/b/a ",
        ", dba ",
        ", d/b/a ",
        ", deceased",
        ", individually",
        ", as ",
    ];
    let at = BEGIN.iter().filter_map(|article| lower.find(article)).min();
    at.and_then(|at| printed.get(..at))
}

/// A tax number without its hyphens.
pub(crate) fn digits(printed: &str) -> String {
    printed.chars().filter(char::is_ascii_digit).collect()
}

/// The nine digits of a tax number.
fn tax_id(said: &Field<String>) -> Option<String> {
    let digits = digits(said.value()?);
    (digits.len() == 9 && digits.bytes().any(|digit| digit != b'0')).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::span::Span;

    fn lent(names: &[&str], parties: &[(&str, u64)]) -> Vec<Option<String>> {
        let said = |name: &&str| Field::stated((*name).to_owned(), Span::new(1, 2));
        let holders = names.iter().map(|name| Holder { name: said(name), ..Holder::default() });
        let party = |(name, cik): &(&str, u64)| Party {
            name: said(name),
            cik: Field::stated((*cik).try_into().unwrap(), Span::new(1, 2)),
            ..Party::default()
        };
        let mut reading = Reading {
            holders: holders.collect(),
            filed_by: parties.iter().map(party).collect(),
            ..Reading::default()
        };
        lend_ciks(&mut reading);
        let ciks = reading.holders.iter().map(|one| one.cik.value().map(ToString::to_string));
        ciks.collect()
    }

    #[test]
    fn a_number_is_lent_to_whom_nothing_else_fits() {
        type Row = (
            &'static [&'static str],
            &'static [(&'static str, u64)],
            &'static [Option<&'static str>],
        );
        let rows: [Row; 13] = [
            (&["Hugo Tiepo"], &[("TIEPO HUGO", 901)], &[Some("901")]),
            (&["Estate of Hugo Tiepo, deceased"], &[("Estate of Hugo Tiepo", 901)], &[Some("901")]),
            (
                &["H. PETER TIEPO, INDIVIDUALLY AND AS TRUSTEE", "Tiepo Lumber Company"],
                &[("TIEPO H PETER", 901)],
                &[Some("901"), None],
            ),
            (&["Tiepo Trust Company, as Trustee"], &[("TIEPO TRUST CO", 901)], &[Some("901")]),
            (&["Tiepo Trust Company, N.A."], &[("TIEPO TRUST CO N A", 901)], &[Some("901")]),
            // Of one filer and one person.
            (
                &["The Tiepo Lumber Company Stock Plan and Trust"],
                &[("TIEPO LUMBER CO STOCK PLAN", 901)],
                &[Some("901")],
            ),
            (&["Tiepo Lumber Company Fund II"], &[("TIEPO LUMBER CO FUND", 901)], &[None]),
            (
                &["Tiepo Lumber Company Stock Plan and Trust", "Hugo Tiepo"],
                &[("TIEPO LUMBER CO STOCK PLAN", 901)],
                &[None, None],
            ),
            (&["Hugo Tiepo Trust"], &[("HUGO TIEPO", 901)], &[None]),
            // One person with two pages.
            (&["Hugo Tiepo", "Hugo Tiepo"], &[("TIEPO HUGO", 901)], &[Some("901"), Some("901")]),
            // Two persons of one name: nobody can tell which page is whose.
            (
                &["Hugo Tiepo", "Hugo Tiepo"],
                &[("TIEPO HUGO", 901), ("TIEPO HUGO", 902)],
                &[None, None],
            ),
            (&["Hugo Tiepo"], &[("TIEPO HUGO", 901), ("TIEPO HUGO", 902)], &[None]),
            // One party listed twice is one.
            (&["Hugo Tiepo"], &[("TIEPO HUGO", 901), ("TIEPO HUGO", 901)], &[Some("901")]),
        ];
        for (names, parties, expected) in rows {
            let got = lent(names, parties);
            let got: Vec<Option<&str>> = got.iter().map(Option::as_deref).collect();
            assert_eq!(got, expected, "{names:?} by {parties:?}");
        }
    }
}
