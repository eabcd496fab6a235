//! What items 5, 8 and 9 say of the whole filing: its total, who is of a group, who has left.
//! Knows nothing of cover pages but who reports on them, and believes no word that may be meant
//! otherwise.

use std::ops::Range;

use crate::reading::dates;
use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::text::{Text, is_mark};
use crate::reading::{arithmetic, html};
use crate::terms::quantity::{Amount, Percent};
use crate::terms::span::{Field, Span};
use crate::terms::statement::{Holder, Item, ItemFive, ItemNine, Reading, Schedule};
use crate::terms::time::Day;
use crate::terms::trouble::{FieldName, Trouble, TroubleCode};

/// An item longer than this is no answer.
const LONGEST: usize = 1 << 15;
/// The longest part (a) of Item 5 that is looked through.
const PART: usize = 4000;

/// Reads what the items of a text or HTML filing say, after their cover pages were read.
pub(crate) fn in_text(text: &Text, items: &[(Item, Range<usize>)], reading: &mut Reading) {
    let of = |number: u8, heading: &str| {
        let mut found = items.iter().filter(move |(item, range)| {
            let head = item.heading.value().map_or(String::new(), |h| lexeme::lower(h));
            item.number == number && head.starts_with(heading) && range.len() < LONGEST
        });
        // Items for each person of their own: nobody knows yet which is whose.
        found.next().filter(|_| found.next().is_none())
    };
    if let Some((_, range)) = of(5, "interest") {
        let (part, last) = (lettered(text, range, 'a'), lettered(text, range, 'e'));
        let whole = || (!has_letters(text, range)).then(|| range.clone());
        reading.item_5 = item_five(text, part.or_else(whole), range.clone(), last, reading);
    }
    let answer = |(item, range): &(Item, Range<usize>)| after_heading(text, item, range);
    if let Some(item) = of(8, "identification") {
        reading.item_8 = named(text, answer(item), &reading.holders);
    }
    if let Some(item) = of(9, "notice of dissolution") {
        reading.item_9 = item_nine(text, answer(item));
    }
}

/// What stands after an item's heading, however its words are spaced.
fn after_heading(text: &Text, item: &Item, range: &Range<usize>) -> Range<usize> {
    let heading = item.heading.value().map_or("", String::as_str);
    let first = heading.split(' ').next().unwrap_or("");
    let body = text.cut(range.clone());
    let Some(begins) = body.find(first) else { return range.clone() };
    let mut left = heading.chars().filter(|c| c.is_alphanumeric()).count();
    for (at, c) in body.get(begins..).unwrap_or("").char_indices() {
        if left == 0 {
            return range.start + begins + at..range.end;
        }
        left -= usize::from(c.is_alphanumeric());
    }
    range.end..range.end
}

/// The same of a structured filing, whose parts of items have elements of their own.
pub(crate) fn in_elements(received: &[u8], reading: &mut Reading) {
    let schedule = reading.form.value().map(|form| form.schedule());
    let wanted: &[u8] = match schedule {
        Some(Schedule::D) => &[5],
        Some(Schedule::G) => &[8, 9],
        None => &[],
    };
    let items: Vec<(u8, Span)> = reading.items.iter().map(|i| (i.number, i.span)).collect();
    for (number, span) in items.into_iter().filter(|(number, _)| wanted.contains(number)) {
        let (Ok(start), Ok(end)) = (usize::try_from(span.start()), usize::try_from(span.end()))
        else {
            continue;
        };
        let raw = received.get(start..end).unwrap_or_default();
        let at = |name: &[u8]| memchr::memmem::find(raw, name).map(|at| start + at);
        // A flag is not an answer, and is told from one by its element.
        let flag = memchr::memmem::rfind(raw, b"notApplicableFlag>").map(|at| start + at + 18);
        match number {
            5 => {
                let rest = at(b"transactionDesc>").unwrap_or(end);
                let first = html::read(received, start..rest);
                let part = Some(0..first.as_str().len());
                let said = item_five(&first, part, 0..0, None, reading);
                let last = at(b"date5PercentOwnership>").map_or(end..end, |at| at + 22..end);
                let last = html::read(received, last);
                let all = 0..last.as_str().len();
                let whose = reading.holders.len() == 1;
                let (ceased, ceased_on) = ceased(&last, all.clone(), Some(all), whose);
                reading.item_5 = ItemFive { ceased, ceased_on, ..said };
            }
            _ => {
                let text = html::read(received, flag.unwrap_or(start).min(end)..end);
                let all = 0..text.as_str().len();
                match number {
                    8 => reading.item_8 = named(&text, all, &reading.holders),
                    _ => reading.item_9 = item_nine(&text, all),
                }
            }
        }
    }
}

/// The words at a place, in lower case, with one space between them.
fn plain(text: &Text, range: Range<usize>) -> String {
    let words = lexeme::lower(text.cut(range));
    let words: String = words.chars().map(|c| if is_mark(c) { ' ' } else { c }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where letters in brackets stand that head a part: not those of "Item 5(a)".
fn letters(text: &Text, range: &Range<usize>) -> Vec<(char, usize)> {
    let body = text.as_str();
    let heads = |at: usize| {
        let before = body.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || is_mark(c) || matches!(c, '"' | '“' | '\''))
    };
    let found = memchr::memchr_iter(b'(', text.cut(range.clone()).as_bytes());
    found
        .filter_map(|at| {
            let at = range.start + at;
            match body.as_bytes().get(at + 1..at + 3) {
                Some([letter @ b'a'..=b'e', b')']) if heads(at) => Some((char::from(*letter), at)),
                _ => None,
            }
        })
        .collect()
}

fn has_letters(text: &Text, range: &Range<usize>) -> bool {
    text.cut(range.clone()).contains("(a)")
}

/// The part under a letter, where there is one: to the next letter after an answer.
fn lettered(text: &Text, range: &Range<usize>, letter: char) -> Option<Range<usize>> {
    let letters = letters(text, range);
    let mut own = letters.iter().filter(|(one, _)| *one == letter);
    let (_, at) = own.next().filter(|_| own.next().is_none())?;
    let from = at + 3;
    let next = letters.iter().map(|(_, at)| *at).find(|at| {
        *at > from && text.cut(from..*at).chars().filter(|c| c.is_alphanumeric()).count() > 2
    });
    Some(from..next.unwrap_or(range.end))
}

/// The sentences of a text: an abbreviation ends none.
fn sentences(text: &Text, range: Range<usize>) -> Vec<Range<usize>> {
    let body = text.cut(range.clone());
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in body.match_indices('.') {
        let head = body.get(from..at).unwrap_or("");
        let word = head.trim_end_matches(char::is_alphabetic).len();
        let word = head.get(word..).unwrap_or("");
        let short = (1..4).contains(&word.len()) || matches!(word, "Corp" | "Assoc");
        let gap = body.get(at + 1..).and_then(|rest| rest.chars().next());
        let ends = gap.is_none_or(|c| c.is_whitespace() || is_mark(c) || matches!(c, '”' | '"'));
        if ends && !short {
            found.push(range.start + from..range.start + at + 1);
            from = at + 1;
        }
    }
    found.push(range.start + from..range.end);
    found
}

fn item_five(
    text: &Text,
    part: Option<Range<usize>>,
    whole: Range<usize>,
    last: Option<Range<usize>>,
    reading: &Reading,
) -> ItemFive {
    let lone = reading.holders.len() == 1;
    let (ceased, ceased_on) = ceased(text, whole, last, lone);
    let Some(part) = part else {
        return ItemFive { ceased, ceased_on, ..ItemFive::default() };
    };
    let (amount, percent) = total(text, part, lone);
    ItemFive { amount, percent, ceased, ceased_on }
}

/// What a number of shares is said to be.
struct Stated {
    amount: Amount,
    range: Range<usize>,
    /// Whether the sentence is about those who report, or is a sum.
    of_all: bool,
    /// Whether it is said to be what they have together.
    together: bool,
}

/// Item 5(a): the one number of shares, or of several the one said to be what those who report have
/// together; and the one percent.
fn total(text: &Text, part: Range<usize>, lone: bool) -> (Field<Amount>, Field<Percent>) {
    let body = text.as_str();
    let mut end = part.end.min(part.start.saturating_add(PART));
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    let mut amounts: Vec<Stated> = Vec::new();
    let mut percents: Vec<(Percent, Range<usize>)> = Vec::new();
    for sentence in sentences(text, part.start..end) {
        let tokens: Vec<Token> = lexeme::tokens(body, sentence.clone())
            .into_iter()
            .filter(|token| !matches!(token.kind, Kind::Mark(_) | Kind::Note))
            .collect();
        for (index, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Number) {
            let printed = text.cut(token.range());
            let after = tokens.get(index + 1..).unwrap_or_default();
            let word = |token: &Token| lexeme::lower(text.cut(token.range()));
            let next = after.first();
            if next.is_some_and(|next| next.kind == Kind::Percent || word(next) == "percent") {
                percents.extend(lexeme::percent(printed, false).map(|p| (p, token.range())));
            } else if after.iter().take(3).any(|next| word(next).starts_with("share"))
                && !of_the_class(after, word)
                && let Some(amount) = lexeme::amount(printed)
            {
                let before = plain(text, sentence.start..token.start);
                amounts.push(stated(amount, token.range(), &before));
            }
        }
    }
    (one_total(text, &amounts, lone), only(text, &percents))
}

fn stated(amount: Amount, range: Range<usize>, before: &str) -> Stated {
    // "An aggregate of 9 shares, of which A owns 5": the word is the first number's alone.
    let near = before.rsplit(|c: char| c.is_ascii_digit()).next().unwrap_or("");
    let persons = before.contains("reporting persons") || before.contains("filing persons");
    let sum = near.contains("aggregate") || near.contains("total");
    let each = before.contains("each ") || before.contains("respectively");
    Stated { amount, range, of_all: persons || sum, together: persons && sum && !each }
}

fn one_total(text: &Text, amounts: &[Stated], lone: bool) -> Field<Amount> {
    let (Some(first), Some(last)) = (amounts.first(), amounts.last()) else {
        return Field::Absent;
    };
    let one = |found: Vec<&Stated>| {
        let first = *found.first()?;
        let same = found.iter().all(|other| other.amount.decimal() == first.amount.decimal());
        same.then(|| Field::stated(first.amount, text.span(first.range.clone())))
    };
    let meant = lone || amounts.iter().any(|stated| stated.of_all);
    let all = one(amounts.iter().filter(|_| meant).collect());
    all.or_else(|| one(amounts.iter().filter(|stated| stated.together).collect()))
        .unwrap_or_else(|| Field::Unreadable { span: text.span(first.range.start..last.range.end) })
}

/// Whether the number is the class's size rather than somebody's holding.
fn of_the_class(after: &[Token], word: impl Fn(&Token) -> String) -> bool {
    let upto = after.iter().take(25).take_while(|token| token.kind != Kind::Number);
    upto.into_iter().any(|token| matches!(word(token).as_str(), "outstanding" | "issued"))
}

/// The one value of several places, or none.
fn only<T: Copy + PartialEq>(text: &Text, found: &[(T, Range<usize>)]) -> Field<T> {
    let (Some((first, at)), Some((_, last))) = (found.first(), found.last()) else {
        return Field::Absent;
    };
    if found.iter().all(|(value, _)| value == first) {
        return Field::stated(*first, text.span(at.clone()));
    }
    Field::Unreadable { span: text.span(at.start..last.end) }
}

/// How prose says that somebody is below the threshold now.
const NO_MORE: [&str; 2] = ["ceased to ", "no longer "];
/// How it says the threshold.
const FIVE: [&str; 8] = [
    "more than five percent",
    "more than five per cent",
    "more than 5 percent",
    "more than 5%",
    "more than 5.0%",
    "in excess of five percent",
    "in excess of 5%",
    "greater than 5%",
];
/// The form's own instructions, which say nothing of anybody.
const FORM: [&str; 4] =
    ["state the date", "if applicable", "check the following", "being filed to report the fact"];
/// Words that make it something that has not happened.
const PERHAPS: [&str; 8] =
    [" if ", "until", "unless", "will ", "would ", "may have", "not ceased", "expect"];

/// Item 5(e): whether those who report have ceased to own more than five percent, and since when.
/// `part` is what stands under the letter, where it has one.
fn ceased(
    text: &Text,
    range: Range<usize>,
    part: Option<Range<usize>>,
    lone: bool,
) -> (Field<bool>, Field<Day>) {
    for sentence in sentences(text, range) {
        let words = plain(text, sentence.clone());
        let Some(at) = NO_MORE.iter().filter_map(|no_more| words.find(no_more)).min() else {
            continue;
        };
        let (before, after) = words.split_at(at);
        let five = FIVE.iter().any(|five| after.contains(five));
        if !five || FORM.iter().any(|form| words.contains(form)) {
            continue;
        }
        let whose = lone
            || ["reporting person", "filing person", "they "]
                .iter()
                .any(|who| before.contains(who));
        let padded = format!(" {before}");
        if !whose || PERHAPS.iter().any(|perhaps| padded.contains(perhaps)) {
            return (Field::Unreadable { span: text.span(sentence) }, Field::Absent);
        }
        let on = one_date(text, sentence.clone());
        return (Field::stated(true, text.span(sentence)), on);
    }
    part.map_or((Field::Absent, Field::Absent), |part| lone_date(text, part))
}

/// The one date of a sentence.
fn one_date(text: &Text, range: Range<usize>) -> Field<Day> {
    let found = dates::dates(text.as_str(), range);
    match found.as_slice() {
        [] => Field::Absent,
        [only] => {
            let span = text.span(only.range.clone());
            only.day.map_or(Field::Unreadable { span }, |day| Field::stated(day, span))
        }
        [first, .., last] => {
            Field::Unreadable { span: text.span(first.range.start..last.range.end) }
        }
    }
}

/// A part that is a date and nothing else; or that says it does not apply.
fn lone_date(text: &Text, part: Range<usize>) -> (Field<bool>, Field<Day>) {
    let words = plain(text, part.clone());
    let span = text.span(part.clone());
    if !applies(&words) {
        return (Field::Blank { span }, Field::Absent);
    }
    let date = one_date(text, part.clone());
    let alone = dates::dates(text.as_str(), part).first().is_some_and(|date| {
        let printed = plain(text, date.range.clone());
        words.trim_end_matches('.').len() <= printed.len() + 3
    });
    match date.is_stated() && alone {
        true => (Field::stated(true, span), date),
        false => (Field::Unreadable { span }, Field::Absent),
    }
}

/// Whether an answer says anything: "Not applicable", "None" and an empty place do not.
fn applies(words: &str) -> bool {
    let said = words.trim_matches(|c: char| !c.is_alphanumeric());
    let nothing = ["", "n/a", "na", "none", "y", "n"];
    let long = said.len() > 80;
    let says_not = ["not applicable", "inapplicable", "does not apply", "not apply"];
    !nothing.contains(&said) && (long || !says_not.iter().any(|words| said.contains(words)))
}

/// Item 8 of a 13G: those who report whom it names as of the group. One unreadable field where it
/// has words and names nobody: a member that does not report, or an exhibit.
fn named(text: &Text, answer: Range<usize>, holders: &[Holder]) -> Vec<Field<String>> {
    let words = plain(text, answer.clone());
    let span = text.span(answer.clone());
    let instruction = "if a group has filed this schedule pursuant to";
    if !applies(&words) || words.contains(instruction) {
        return vec![Field::Blank { span }];
    }
    let body = lexeme::lower(text.cut(answer.clone()));
    let disclaimed = words.contains("disclaim");
    let found: Vec<Field<String>> = holders
        .iter()
        .filter_map(|holder| holder.name.value())
        .filter(|_| !disclaimed)
        .filter_map(|name| {
            let at = whole_word(&body, &lexeme::lower(name))?;
            let at = answer.start + at..answer.start + at + name.len();
            Some(Field::stated(name.clone(), text.span(at)))
        })
        .collect();
    if found.is_empty() { vec![Field::Unreadable { span }] } else { found }
}

/// Where a name stands that is no part of a longer word.
fn whole_word(body: &str, name: &str) -> Option<usize> {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let is_whole = |at: &usize| {
        edge(body.get(..*at).and_then(|head| head.chars().next_back()))
            && edge(body.get(at + name.len()..).and_then(|rest| rest.chars().next()))
    };
    let mut found = body.match_indices(name).map(|(at, _)| at);
    found.find(is_whole).filter(|_| !name.is_empty())
}

/// Item 9 of a 13G: whether it gives notice that the group was dissolved, and since when.
fn item_nine(text: &Text, answer: Range<usize>) -> ItemNine {
    let words = plain(text, answer.clone());
    let span = text.span(answer.clone());
    let instruction = "may be furnished as an exhibit";
    if !applies(&words) || words.contains(instruction) {
        return ItemNine { dissolved: Field::Blank { span }, on: Field::Absent };
    }
    let past = ["dissolved", "ceased to be a group", "group has terminated", "group terminated"];
    for sentence in sentences(text, answer) {
        let words = format!(" {}", plain(text, sentence.clone()));
        let perhaps = PERHAPS.iter().any(|perhaps| words.contains(perhaps));
        if past.iter().any(|past| words.contains(past)) && !words.contains(" not ") && !perhaps {
            let on = one_date(text, sentence.clone());
            return ItemNine { dissolved: Field::stated(true, text.span(sentence)), on };
        }
    }
    ItemNine { dissolved: Field::Unreadable { span }, on: Field::Absent }
}

/// What the items say against the cover pages, and what they say that cannot be told.
pub(crate) fn check(reading: &Reading) -> Vec<Trouble> {
    let item = &reading.item_5;
    let about = |code, field, span, message| Trouble { code, holder: None, field, span, message };
    let mut found = Vec::new();
    if let Field::Unreadable { span } = item.ceased {
        let message = "Item 5 says that somebody ceased to own more than five percent, or \
                       something \
                       in its part (e); who and whether cannot be told.";
        let (code, field) = (TroubleCode::ValueUnreadable, FieldName::Items);
        found.push(about(code, field, Some(span), message.to_owned()));
    }
    let five = rust_decimal::Decimal::from(5);
    let above = reading
        .holders
        .iter()
        .filter_map(|holder| holder.percent.value())
        .find(|percent| percent.at_most(five) == Some(false));
    if let (Some(true), Some(percent)) = (item.ceased.value(), above) {
        let message = format!(
            "Item 5(e) says that they ceased to own more than five percent, a cover page \
             {percent}%."
        );
        let (code, span) = (TroubleCode::Contradiction, item.ceased.span());
        found.push(about(code, FieldName::Percent, span, message));
    }
    found.extend(outside_the_rows(reading));
    found
}

/// Item 5(a) states a total that is less than a row, or more than all of them together.
fn outside_the_rows(reading: &Reading) -> Option<Trouble> {
    let stated = reading.item_5.amount.value()?;
    let rows: Option<Vec<&Amount>> = reading.holders.iter().map(|h| h.aggregate.value()).collect();
    let rows = rows.filter(|rows| !rows.is_empty())?;
    let most = rows.iter().map(|amount| amount.decimal()).max()?;
    let sum = rows.iter().try_fold(Amount::ZERO, |sum, amount| sum.checked_add(**amount))?;
    let inside = most <= stated.decimal() && stated.decimal() <= sum.decimal();
    let message = format!(
        "Item 5(a) states {} in all; the cover pages have {} at least and {} at most.",
        arithmetic::grouped(stated.decimal()),
        arithmetic::grouped(most),
        arithmetic::grouped(sum.decimal()),
    );
    (!inside).then(|| Trouble {
        code: TroubleCode::Contradiction,
        holder: None,
        field: FieldName::Aggregate,
        span: reading.item_5.amount.span(),
        message,
    })
}
