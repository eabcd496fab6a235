//! What a row says it consists of, and whose shares it says they are; and whether these add up.
//! Knows nothing of pages: it is given the sentence that a number begins.

use std::ops::Range;

use crate::reading::candidates::Candidate;
use crate::reading::lexeme;
use crate::reading::rows;
use crate::reading::text::{Text, is_mark};
use crate::terms::quantity::Amount;
use crate::terms::statement::{Holder, Part, Via};
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// How a sentence says that what follows is all of it.
const WHOLE: [&str; 5] =
    ["consisting of", "consist of", "consists of", "comprised of", "comprising"];
/// How it says that what follows is some of it, or explains it.
const SOME: [&str; 9] =
    ["includ", "of which", "represent", "except", "total", "sum of", "based on", "exercis", "not "];
/// What tells one class of shares from another.
const CLASSES: [&str; 6] = ["class", "series", "preferred", "common", "ordinary", "ads"];
/// How it says whose shares they are.
const OWNED: [&str; 3] = ["owned by ", "held by ", "owned of record by "];

/// A number's sentence: the words after it, in one line of single characters.
fn sentence(text: &str, candidate: &Candidate) -> String {
    let words = text.get(candidate.range.end..candidate.end).unwrap_or("");
    words.chars().map(|c| if is_mark(c) || c == '|' { ' ' } else { c }).collect()
}

/// A second number that the words do not make a part of the first: "133 shares of Class A and 15
/// shares of Class B". The value may be the first, the second, or their sum.
pub(crate) fn second_value(text: &str, candidate: &Candidate) -> Option<Range<usize>> {
    let inner = candidate.inner.first()?;
    let between = lexeme::lower(text.get(candidate.range.end..inner.start)?);
    if of_the_deposited(text, &between, inner) || is_converted(text, &between, candidate) {
        return Some(inner.clone());
    }
    let explained =
        WHOLE.iter().chain(&SOME).any(|word| between.contains(word)) || is_source(&between);
    let open = between.matches('(').count() > between.matches(')').count();
    let joined = ["and", "plus", "&", "or", "to"].iter().any(|word| {
        between.trim_end().strip_suffix(word).is_some_and(|head| head.ends_with([' ', '\n']))
    });
    let listed = between.trim_end().ends_with(';');
    let another = joined || listed || of_another_class(text, &between, inner);
    (another && !explained && !open).then(|| inner.clone())
}

/// "1,000 ADSs representing 2,000 ordinary shares": either may be of the class.
fn of_the_deposited(text: &str, between: &str, inner: &Range<usize>) -> bool {
    let depositary = ["ads", "adr", "depositary"].iter().any(|word| between.contains(word));
    let after = text.get(inner.end..).unwrap_or("").split_whitespace().take(4);
    let underlying = ["ordinary", "common", "underlying"];
    let underlying = after.map(lexeme::lower).any(|word| underlying.contains(&word.as_str()));
    depositary && underlying && between.contains("represent")
}

/// "10 preferred shares convertible into 1,000 shares": either may be of the class.
fn is_converted(text: &str, between: &str, candidate: &Candidate) -> bool {
    const INTO: [&str; 4] =
        ["convertible into", "exchangeable for", "exercisable for", "convert into"];
    let amount = |at: &Range<usize>| text.get(at.clone()).and_then(lexeme::amount);
    let other = candidate.inner.first().and_then(amount) != amount(&candidate.range);
    let words = between.split_whitespace().collect::<Vec<_>>().join(" ");
    other && !words.contains('(') && INTO.iter().any(|into| words.contains(into))
}

/// "1,000 shares issuable upon conversion of 10 preferred shares": what is converted is no value.
fn is_source(between: &str) -> bool {
    let words = between.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.strip_suffix(" an aggregate of").unwrap_or(&words);
    words.ends_with("able upon conversion of") || words.ends_with("able on conversion of")
}

/// Whether a number on a line or after a semicolon of its own is one of another class: "Class A:
/// 133 / Class B: 15", "133 Class A; 15 Class B".
fn of_another_class(text: &str, between: &str, inner: &Range<usize>) -> bool {
    let apart = between.rfind(|c| is_mark(c) || c == ';');
    let after = text.get(inner.end..).unwrap_or("");
    let line = lexeme::lower(after.split([';', '\n']).next().unwrap_or(""));
    let named = |words: &str| {
        let near = words.split_whitespace().take(8).collect::<Vec<_>>();
        let class = |word: &&str| CLASSES.iter().any(|class| word.starts_with(class));
        near.iter().any(class)
    };
    apart.and_then(|at| between.get(at..)).is_some_and(|own| named(own) || named(&line))
}

/// The parts of the row that `candidate` begins, and whether they are said to be all of it.
pub(crate) fn parts(text: &Text, candidate: &Candidate) -> (Vec<Part>, bool) {
    let body = text.as_str();
    let words = lexeme::lower(&sentence(body, candidate));
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = WHOLE.iter().any(|word| words.contains(word));
    if !whole && !words.contains("includ") {
        return (Vec::new(), false);
    }
    let from = introducer(body, candidate);
    let ends = candidate.inner.iter().skip(1).map(|next| next.start).chain([candidate.end]);
    let found = candidate
        .inner
        .iter()
        .zip(ends)
        .filter(|(inner, _)| inner.start >= from)
        .filter_map(|(inner, end)| part(text, inner, end))
        .collect();
    (found, whole)
}

/// Where the word stands that begins the list of parts.
fn introducer(body: &str, candidate: &Candidate) -> usize {
    let words = lexeme::lower(&sentence(body, candidate));
    let found = ["consist", "compris", "includ"].iter().filter_map(|word| words.find(word)).min();
    candidate.range.end + found.unwrap_or(0)
}

fn part(text: &Text, inner: &Range<usize>, end: usize) -> Option<Part> {
    let body = text.as_str();
    let amount: Amount = lexeme::amount(body.get(inner.clone())?)?;
    let words = body.get(inner.end..end)?;
    let lower = lexeme::lower(words);
    let stops = [";", "(i", "(v", ", and", " and ", ", collectively", ", owned", ", held", ". "];
    let stop = stops.iter().filter_map(|stop| lower.find(stop)).min().unwrap_or(words.len());
    let upto = inner.end..inner.end + stop;
    let (instrument, _) = rows::words(body, &[upto])?;
    let instrument = instrument.trim_end_matches([',', '.', ';', ' ', ')']).to_owned();
    Some(Part { instrument, amount, span: text.span(inner.clone()) })
}

/// Whose shares a row's are said to be: "collectively owned by X, Y and Z".
pub(crate) fn via(text: &Text, candidate: &Candidate) -> Vec<Via> {
    let body = text.as_str();
    let words = lexeme::lower(&sentence(body, candidate));
    let mut found = OWNED.iter().filter_map(|owned| {
        (words.matches(owned).count() == 1).then(|| words.find(owned).map(|at| at + owned.len()))?
    });
    let Some(at) = found.next() else { return Vec::new() };
    let start = candidate.range.end + at;
    // Shares "owned by" somebody after whom further numbers come are parts of the row.
    if candidate.inner.iter().any(|inner| inner.start > start) {
        return Vec::new();
    }
    names(body, start..candidate.end)
        .into_iter()
        .map(|(name, range)| Via { name, span: text.span(range) })
        .collect()
}

/// Names in a list: at commas, semicolons and "and", but not before "Inc." or "L.P.".
fn names(body: &str, range: Range<usize>) -> Vec<(String, Range<usize>)> {
    let part = body.get(range.clone()).unwrap_or("");
    let part = part.split("  (").next().unwrap_or(part);
    let mut cuts = vec![0];
    for (at, c) in part.char_indices() {
        let rest = part.get(at..).unwrap_or("");
        if matches!(c, ',' | ';') && !company_suffix(rest.get(1..).unwrap_or("")) {
            cuts.push(at + 1);
        } else if is_gap(c) && starts_with_and(rest.get(c.len_utf8()..).unwrap_or("")) {
            cuts.push(at + c.len_utf8() + "and".len());
        }
    }
    cuts.push(part.len());
    let mut found = Vec::new();
    for pair in cuts.windows(2) {
        let [from, to] = pair else { continue };
        let piece = range.start + from..range.start + to;
        let Some((name, at)) = rows::words(body, std::slice::from_ref(&piece)) else { continue };
        let name = name.strip_suffix(" and").unwrap_or(&name);
        let name = name.strip_prefix("and ").unwrap_or(name).trim_end_matches([',', ';']);
        let name = without_full_stop(name);
        if !name.starts_with(|c: char| c.is_uppercase()) || name.len() > 150 {
            break;
        }
        found.push((name.to_owned(), at));
    }
    found
}

/// White space, or a mark that stands for the end of a line or a cell.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || is_mark(c)
}

fn starts_with_and(rest: &str) -> bool {
    rest.strip_prefix("and").is_some_and(|after| after.starts_with(is_gap))
}

/// The full stop that ends the sentence is not the name's, unless it ends "Inc." or "L.P.".
fn without_full_stop(name: &str) -> &str {
    let last = name.rsplit([' ', ',']).next().unwrap_or(name);
    if company_suffix(last) { name } else { name.strip_suffix('.').unwrap_or(name) }
}

fn company_suffix(rest: &str) -> bool {
    let word: String =
        rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '.').collect();
    let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    matches!(
        lexeme::lower(&word).as_str(),
        "inc"
            | "lp"
            | "llc"
            | "ltd"
            | "llp"
            | "corp"
            | "co"
            | "limited"
            | "sa"
            | "nv"
            | "na"
            | "plc"
            | "jr"
            | "sr"
            | "gmbh"
            | "bv"
            | "trustee"
    )
}

/// A name as it is compared: without case, punctuation and the spelling of company forms.
pub(crate) fn name_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let plain = name.replace('.', "");
    for word in plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !key.is_empty() {
            key.push(' ');
        }
        let word = word.to_lowercase();
        key.push_str(match word.as_str() {
            "limited" => "ltd",
            "incorporated" => "inc",
            "corporation" => "corp",
            "company" => "co",
            word => word,
        });
    }
    key
}

/// Troubles of rows that do not add up: by their parts, or by those whose shares they are.
pub(crate) fn check_sums(holders: &[Holder], wholes: &[bool]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (index, holder) in holders.iter().enumerate() {
        let number = u32::try_from(index).ok();
        if wholes.get(index) == Some(&true) {
            troubles.extend(parts_sum(holder, number));
        }
        troubles.extend(via_sum(holders, holder, number));
    }
    troubles
}

fn total(amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
    amounts.into_iter().try_fold(Amount::ZERO, Amount::checked_add)
}

fn parts_sum(holder: &Holder, number: Option<u32>) -> Option<Trouble> {
    let (stated, span) = holder.aggregate.value().zip(holder.aggregate.span())?;
    let sum = total(holder.parts.iter().map(|part| part.amount))?;
    if holder.parts.is_empty() || sum == *stated {
        return None;
    }
    Some(Trouble {
        code: TroubleCode::PartsSum,
        holder: number,
        field: FieldName::Parts,
        span: Some(span),
        message: format!("the parts of the row make {sum}, and the row says {stated}"),
    })
}

/// The aggregate of the holder of this name; or of the one whose shares are said to be owned by
/// this name alone, where the name itself has no readable row.
fn aggregate_of(holders: &[Holder], name: &str) -> Option<(Amount, bool)> {
    let key = name_key(name);
    let own = holders.iter().find(|h| h.name.value().is_some_and(|n| name_key(n) == key));
    if let Some(amount) = own.and_then(|h| h.aggregate.value()) {
        return Some((*amount, true));
    }
    let through = holders.iter().find(|h| match h.via.as_slice() {
        [only] => name_key(&only.name) == key,
        _ => false,
    })?;
    through.aggregate.value().map(|amount| (*amount, false))
}

fn via_sum(holders: &[Holder], holder: &Holder, number: Option<u32>) -> Option<Trouble> {
    let (stated, span) = holder.aggregate.value().zip(holder.aggregate.span())?;
    if holder.via.len() < 2 {
        return None;
    }
    let found: Option<Vec<(Amount, bool)>> =
        holder.via.iter().map(|via| aggregate_of(holders, &via.name)).collect();
    let found = found?;
    let sum = total(found.iter().map(|(amount, _)| *amount))?;
    if sum == *stated {
        return None;
    }
    let (more, by) = if sum.decimal() > stated.decimal() {
        ("more", sum.decimal() - stated.decimal())
    } else {
        ("less", stated.decimal() - sum.decimal())
    };
    let borrowed = holder.via.iter().zip(&found).filter(|(_, (_, own))| !own);
    let names: Vec<&str> = borrowed.map(|(via, _)| via.name.as_str()).collect();
    let note = if names.is_empty() {
        String::new()
    } else {
        format!(" (the amount of {} as the holder of its shares states it)", names.join(" and "))
    };
    let name = holder.name.value().map_or("this holder", String::as_str);
    Some(Trouble {
        code: TroubleCode::ViaSum,
        holder: number,
        field: FieldName::Via,
        span: Some(span),
        message: format!(
            "the rows of the {} whose shares these are make {sum}, {by} {more} than the {stated} \
             of \
             {name}{note}",
            found.len()
        ),
    })
}
