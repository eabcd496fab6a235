//! For whom somebody signs: who stands above "By:", or whom the words after a signature name.
//! Knows nothing of dates and of where a block begins.

use std::ops::Range;

use crate::reading::capacities::{is_office, without_article};
use crate::reading::dates;
use crate::reading::lexeme;
use crate::reading::parts::name_key;
use crate::reading::signature_lines::{Line, is_by, is_signed};
use crate::reading::signers::Signers;
use crate::reading::text::is_mark;

/// How many lines below a signature say who signs and for whom.
const BELOW: usize = 6;
/// How many names stand above one signature.
const MOST_NAMES: usize = 60;
/// The longest that they say; more is a paragraph about something else.
const LONGEST: usize = 500;

/// Somebody for whom a signature is given.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) range: Range<usize>,
    /// By what right, where the words that name the party say it.
    pub(crate) title: Option<String>,
    /// Through whom, and what they are to the party.
    pub(crate) through: Option<(String, String)>,
    /// Where the words stand that say the last two.
    pub(crate) said: Range<usize>,
}

impl Party {
    fn of(name: &str, range: Range<usize>) -> Party {
        let said = range.clone();
        Party { name: name.to_owned(), range, title: None, through: None, said }
    }
}

/// What the words at a signature say of those for whom it is given.
#[derive(Default)]
pub(crate) struct Said {
    /// "Individually": for the signer too.
    pub(crate) own: bool,
    pub(crate) parties: Vec<Party>,
    /// "its general partner" after a name: the name and what it is to the one above.
    pub(crate) through: Option<(String, String)>,
    /// What the signer is to that name.
    pub(crate) title: Option<String>,
    /// Where these words stand.
    pub(crate) range: Range<usize>,
}

/// What the words after the signature at `index` say.
pub(crate) fn said(lines: &[Line], index: usize, hand: &str, signers: &Signers) -> Said {
    let Some((words, range)) = words_after(lines, index, hand, signers) else {
        return Said::default();
    };
    let lower = lexeme::lower(&words);
    let own = ["individually", "individual capacity", "himself", "herself", "own behalf"];
    let own = own.iter().any(|word| lower.contains(word));
    let mut said = Said { own, range: range.clone(), ..Said::default() };
    let mut done = 0;
    let mut last: Option<(Party, usize)> = None;
    let mut ends: Vec<(usize, usize)> = [" of ", " for "]
        .iter()
        .flat_map(|word| lower.match_indices(word))
        .map(|(at, word)| (at, at + word.len()))
        .collect();
    ends.sort_unstable();
    for (at, end) in ends {
        if at < done {
            continue;
        }
        let names = signers.list(words.get(end..).unwrap_or(""));
        let Some(office) = office(words.get(done..at).unwrap_or("")) else { continue };
        let (Some(first), Some(tail)) = (names.first(), names.last()) else { continue };
        let between = words.get(done..end).unwrap_or("");
        let nested = names.len() == 1 && is_nested(between);
        let title = (!office.is_empty()).then(|| office.replace('\u{1}', " "));
        if let Some((before, _)) = last.as_ref().filter(|_| nested) {
            // "Manager of A, the general partner of B": for B, through A.
            let through = Some((before.name.clone(), office.to_owned()));
            let name = words.get(end + first.start..end + first.end).unwrap_or("");
            let party = Party {
                title: before.title.clone(),
                through,
                said: range.clone(),
                ..Party::of(name, range.clone())
            };
            said.parties.pop();
            said.parties.push(party.clone());
            last = Some((party, 1));
        } else {
            for at in &names {
                let name = words.get(end + at.start..end + at.end).unwrap_or("");
                let party = Party { title: title.clone(), ..Party::of(name, range.clone()) };
                said.parties.push(party.clone());
                last = Some((party, names.len()));
            }
        }
        done = end + tail.end;
    }
    // "Manager of A, its general partner": for whom A is that, another place must say.
    let rest = words.get(done..).unwrap_or("");
    if let Some((party, 1)) = last.filter(|_| done > 0 && is_nested(rest)) {
        let office = without_article(rest.trim_start_matches([',', ' ']));
        let office = office.split(['\u{1}', ';', '.']).next().unwrap_or("").trim_end();
        if is_office(office.split(',').next().unwrap_or("")) {
            said.parties.pop();
            said.title = party.title;
            said.through = Some((party.name, office.to_owned()));
        }
    }
    said
}

/// Whether words go on about the name before them: ", its general partner", ", as general partner".
fn is_nested(words: &str) -> bool {
    let lower = lexeme::lower(words.trim_start_matches([',', ' ', '\u{1}']));
    let about = ["its ", "the ", "in its capacity as ", "which is "];
    let office = lower.strip_prefix("as ").unwrap_or(&lower);
    about.iter().any(|word| lower.starts_with(word))
        || ["general partner", "investment "].iter().any(|word| office.starts_with(word))
}

/// The office that stands before "of" or "for"; empty before "on behalf of"; nothing where other
/// words stand there.
fn office(words: &str) -> Option<&str> {
    let lower = lexeme::lower(words);
    if lower.ends_with("behalf") {
        return Some("");
    }
    let after = |stop: &str| lower.rfind(stop).map(|at| at + stop.len());
    let start = [",", ";", " as "].iter().filter_map(|stop| after(stop)).max().unwrap_or(0);
    // What follows "as" may be broken over lines.
    let line = after("\u{1}").filter(|line| {
        *line > start && !lower.get(..start).is_some_and(|head| head.ends_with(" as "))
    });
    let office = without_article(words.get(line.unwrap_or(start)..)?.trim_matches([' ', '\u{1}']));
    let office = office.strip_prefix("and ").unwrap_or(office);
    (is_office(office) && office.len() < 100).then_some(office)
}

/// The words after a signature, on its line and below, with a mark where a line ends.
fn words_after(
    lines: &[Line],
    index: usize,
    hand: &str,
    signers: &Signers,
) -> Option<(String, Range<usize>)> {
    let line = lines.get(index)?;
    let mark = line.words.find("/s/").or_else(|| line.words.find("/S/")).map_or(0, |at| at + 3);
    let mut words = line.words.get(mark..)?.to_owned();
    let mut range = line.range.clone();
    for (at, next) in lines.iter().enumerate().skip(index + 1).take(BELOW) {
        let lower = lexeme::lower(&words);
        let open = [" of", " for", " and", " as", " the", " in", ","]
            .iter()
            .any(|end| lower.ends_with(end));
        if is_signed(&next.words) || is_by(&next.words) || heads(lines, at, hand, signers) {
            break;
        }
        if words.len() + next.words.len() > LONGEST {
            break;
        }
        // A line that ends in the middle goes on in the next one.
        let goes_on = open || next.words.starts_with(|c: char| c.is_lowercase());
        words.push(if goes_on { ' ' } else { '\u{1}' });
        words.push_str(&next.words);
        range.end = next.range.end;
    }
    Some((words, range))
}

/// Whether a line is the name above the next signature, and says nothing of the one by `hand`.
pub(crate) fn heads(lines: &[Line], at: usize, hand: &str, signers: &Signers) -> bool {
    // Most lines are no name: what follows is looked at only below one.
    let Some(line) = lines.get(at).filter(|line| names_holders(&line.words, signers)) else {
        return false;
    };
    let names = |line: &&Line| names_holders(&line.words, signers) || is_date(&line.words);
    let count = lines.iter().skip(at).take(MOST_NAMES).take_while(names).count();
    // The signer's name again is the name in print, unless "By" follows it at once.
    let again = name_key(own_name(&line.words)) == name_key(hand);
    (count == 1 || !again) && lines.get(at + count).is_some_and(|line| is_by(&line.words))
}

/// Whether a line is the name of a holder, or a list of them, and no more.
fn names_holders(words: &str, signers: &Signers) -> bool {
    if !signers.may_begin(words) {
        return false;
    }
    if signers.whole(own_name(words)).is_some() {
        return true;
    }
    let names = signers.list(words);
    let rest = names.last().and_then(|last| words.get(last.end..));
    rest.is_some_and(|rest| !rest.contains(char::is_alphanumeric))
}

/// Those whose names stand above the line `first`, after the lines of an earlier signature.
pub(crate) fn above(
    body: &str,
    lines: &[Line],
    done: usize,
    first: usize,
    signers: &Signers,
) -> Vec<Party> {
    let mut at = first;
    let free = |at: usize| at.checked_sub(1).filter(|at| *at >= done).and_then(|at| lines.get(at));
    // A date may stand between a name and who signs for it.
    while free(at).is_some_and(|line| is_date(&line.words)) {
        at -= 1;
    }
    let Some(nearest) = free(at) else { return Vec::new() };
    let mut found = Vec::new();
    while let Some(line) = free(at).filter(|line| names_holders(&line.words, signers)) {
        let mut names = listed(line, signers);
        names.append(&mut found);
        found = names;
        at -= 1;
    }
    if found.is_empty() {
        found.extend(name_above(body, free(at - 1), nearest));
    }
    found
}

/// The parties that one line names: several, where it is a list of holders.
fn listed(line: &Line, signers: &Signers) -> Vec<Party> {
    let names = signers.list(&line.words);
    let all = names.last().is_some_and(|last| {
        line.words.get(last.end..).is_some_and(|rest| !rest.contains(char::is_alphanumeric))
    });
    if names.len() > 1 && all {
        let name = |at: &Range<usize>| line.words.get(at.clone());
        let party = |name: &str| Party::of(name, line.range.clone());
        return names.iter().filter_map(name).map(party).collect();
    }
    vec![Party::of(own_name(&line.words), line.range.clone())]
}

/// "X, individually" and "X, a Delaware limited partnership" are X.
fn own_name(words: &str) -> &str {
    const KINDS: [&str; 5] = ["individual", "partnership", "corporation", "company", "trust"];
    let lower = lexeme::lower(words);
    let end = [", individually", " individually"].iter().find_map(|end| lower.strip_suffix(end));
    let end = end.map(str::len).or_else(|| {
        let at = [", a ", ", an "].iter().filter_map(|article| words.find(article)).min()?;
        let kind = lower.get(at..)?.rsplit([' ', ',']).next()?;
        KINDS.contains(&kind.trim_end_matches('.')).then_some(at)
    });
    end.and_then(|end| words.get(..end)).unwrap_or(words).trim_end_matches([',', ' '])
}

fn is_date(words: &str) -> bool {
    let lower = lexeme::lower(words);
    let rest = ["dated", "date"].iter().find_map(|word| lower.strip_prefix(word)).unwrap_or(&lower);
    if rest.trim_matches([':', ' ']).is_empty() {
        return true;
    }
    let dates = dates::dates(words, 0..words.len());
    dates.first().is_some_and(|date| {
        let head = words.len() - rest.len();
        let before = words.get(head..date.range.start).unwrap_or("");
        let after = words.get(date.range.end..).unwrap_or("");
        !before.contains(char::is_alphanumeric) && !after.contains(char::is_alphanumeric)
    })
}

/// The line above "By:", or two lines where a long name is broken.
fn name_above(body: &str, two: Option<&Line>, above: &Line) -> Option<Party> {
    if !looks_like_name(&above.words) {
        return None;
    }
    let capitals = |words: &str| !words.chars().any(char::is_lowercase);
    let broken = two.filter(|line| {
        let gap = body.get(line.range.end..above.range.start).unwrap_or("");
        let close = gap.chars().filter(|c| is_mark(*c)).count() <= 1;
        close
            && looks_like_name(&line.words)
            && capitals(&line.words) == capitals(&above.words)
            && !line.words.ends_with(['.', ':'])
            && above.words.split(' ').count() <= 3
    });
    Some(match broken {
        Some(line) => {
            Party::of(&format!("{} {}", line.words, above.words), line.range.start..above.range.end)
        }
        None => Party::of(own_name(&above.words), above.range.clone()),
    })
}

pub(crate) fn looks_like_name(words: &str) -> bool {
    let lower = lexeme::lower(words);
    let other = [
        "date",
        "name",
        "title",
        "signature",
        "by",
        "page",
        "cusip",
        "after reasonable",
        "[",
        "exhibit",
        "its",
        "/",
        "signed on behalf",
        "each of",
        "pursuant",
    ];
    words.len() < 150
        && words.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        && words.chars().filter(|c| c.is_alphabetic()).count() >= 3
        && !other.iter().any(|word| lower.starts_with(word))
        && dates::dates(words, 0..words.len()).is_empty()
        && (!is_title(&lower) || is_counsel(&lower))
        && !lower.contains(" hereby ")
        && !lower.contains("is true")
}

/// "ALDER INVESTMENT COUNSEL, INC." is a company.
fn is_counsel(lower: &str) -> bool {
    [" counsel, inc.", " counsel inc.", " counsel, llc", " counsel llc", " counsel, l.p."]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// Whether a line says what office somebody holds.
fn is_title(lower: &str) -> bool {
    const OFFICES: [&str; 10] = [
        "president",
        "officer",
        "director",
        "attorney",
        "secretary",
        "counsel",
        "chief ",
        "vice ",
        "treasurer",
        "authorized",
    ];
    OFFICES.iter().any(|office| lower.contains(office))
}

/// A person who signs in their own name: the holder of that name, printed below the signature.
pub(crate) fn individual(
    lines: &[Line],
    index: usize,
    by: &str,
    signers: &Signers,
) -> Option<Party> {
    let line = lines.get(index)?;
    let signed = line.words.replace("/s/", " ").replace("/S/", " ");
    let below = lines.get(index + 1).filter(|_| !heads(lines, index + 1, by, signers));
    let found = below.and_then(|l| Some((signers.named(&l.words)?, l.range.clone())));
    let found = found.or_else(|| Some((signers.named(&signed)?, line.range.clone())));
    let found = found.or_else(|| Some((signers.whole(by)?, line.range.clone())));
    found.map(|(name, range)| Party::of(name, range))
}
