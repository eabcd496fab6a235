//! Row 1: names and the tax numbers beside them.
//! Knows nothing of who anybody is.

use std::ops::Range;

use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::rows;
use crate::reading::text::{RAISED, is_mark};

/// What row 1 says.
#[derive(Debug, Default)]
pub(crate) struct NameRow {
    /// The name as printed, and where.
    pub(crate) name: Option<(String, Range<usize>)>,
    /// The tax number as printed, and where.
    pub(crate) tax_id: Option<(String, Range<usize>)>,
}

/// Words that announce a tax number.
const ID_WORDS: [&str; 23] = [
    "no",
    "nos",
    "number",
    "id",
    "irs",
    "ss",
    "tax",
    "ein",
    "fein",
    "tin",
    "employer",
    "identification",
    "indentification",
    "social",
    "security",
    "federal",
    "taxpayer",
    "ssn",
    "fed",
    "i",
    "r",
    "s",
    "d",
];

/// Reads row 1 from the pieces of its cell; `next_number` is where the next row's number begins.
pub(crate) fn read(text: &str, pieces: &[Range<usize>], next_number: Option<usize>) -> NameRow {
    let mut tokens: Vec<Token> = Vec::new();
    for piece in pieces {
        let mut more = lexeme::tokens(text, piece.clone());
        drop_no(text, &mut more);
        if tokens.is_empty() {
            tokens = more;
            continue;
        }
        // What the question for a tax number leaves behind: ".", ":", ")".
        let led = |t: &&Token| matches!(t.kind, Kind::Close | Kind::Other('.' | ':'));
        let lead = more.iter().take_while(led).count();
        let more = more.get(lead..).unwrap_or_default();
        // "None" is the answer to that question, asked below the name.
        if !answers_none(text, more) {
            tokens.extend(more);
        }
    }
    join_beside_question(text, &mut tokens);
    drop_question(text, &mut tokens);
    let end = row_two(text, &tokens, next_number);
    tokens.retain(|token| end.is_none_or(|end| token.start < end));
    if let Some(address) = address(text, &tokens) {
        let id = tokens.iter().skip(address).position(|token| is_tax_id(text, &tokens, token));
        let id_end = id.map(|at| address + at);
        let kept: Vec<Token> = tokens
            .iter()
            .enumerate()
            .filter(|(at, _)| *at < address || Some(*at) == id_end)
            .map(|(_, token)| *token)
            .collect();
        tokens = kept;
    }
    drop_no_number_below(text, &mut tokens);
    let mut row = NameRow::default();
    let id = tokens.iter().position(|token| is_tax_id(text, &tokens, token));
    if let Some(token) = id.and_then(|at| tokens.get(at)) {
        let printed = text.get(token.range()).unwrap_or("").to_owned();
        row.tax_id = Some((printed, token.range()));
    }
    let hidden = hidden_id(text, &tokens);
    if let Some(at) = id.or(hidden) {
        let from = before_id(text, &tokens, at);
        let to = after_id(&tokens, at, hidden.is_some() && id.is_none());
        tokens.drain(from..to);
    }
    drop_optional(text, &mut tokens);
    drop_condition(text, &mut tokens);
    drop_question_beside(text, &mut tokens);
    drop_none_apart(text, &mut tokens);
    drop_none_in_bracket(text, &mut tokens);
    drop_answer_below(text, &mut tokens);
    drop_lei(text, &mut tokens);
    drop_trailing_id_words(text, &mut tokens);
    row.name = name_of(text, &tokens);
    row
}

/// "None", "N/A (foreign)": whether there is no more than that, but for what a bracket adds.
fn answers_none(text: &str, tokens: &[Token]) -> bool {
    let bracket = tokens.iter().position(|t| t.kind == Kind::Open).unwrap_or(tokens.len());
    tokens.get(..bracket).is_some_and(|answer| rows::says_no(text, answer))
}

/// The question for a tax number above a name, where a letter of it is wrong, or all are small:
/// "S.S. OR I.R.S. IDENTIFCATION NO. OF ABOVE PERSON" and the rest of it on the next line.
fn drop_question(text: &str, tokens: &mut Vec<Token>) {
    const REST: [&str; 11] = [
        "no",
        "nos",
        "number",
        "of",
        "above",
        "person",
        "persons",
        "reporting",
        "entities",
        "only",
        "or",
    ];
    let lower = |t: &Token| text.get(t.range()).map(lexeme::lower).unwrap_or_default();
    let is_mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let ends = |from: usize, tokens: &[Token]| {
        tokens.iter().skip(from).position(is_mark).map(|len| from + len)
    };
    let from = tokens.iter().take_while(|t| !matches!(t.kind, Kind::Word)).count();
    let Some(end) = ends(from, tokens) else { return };
    let line = tokens.get(from..end).unwrap_or_default();
    let begins = line.first().and_then(|first| text.get(first.start..)).map(|rest| {
        let head: String = rest.chars().filter(|c| c.is_alphanumeric()).take(7).collect();
        lexeme::lower(&head)
    });
    let begins = begins.unwrap_or_default();
    // The label before may have taken an S: "PERSON / S.S. OR".
    let asks = ["ssorirs", "sorirsi", "irsiden", "ssnoori", "ssnosor", "irsorss"];
    let asks = asks.contains(&begins.as_str());
    let identifies = line.iter().any(|t| lower(t).starts_with("identif"));
    let numbers =
        |line: &[Token]| line.iter().any(|t| matches!(t.kind, Kind::Number | Kind::Joined));
    // What stands apart on the line is the name, or goes on with it.
    let apart =
        line.iter().skip(1).any(|t| text.get(..t.start).is_some_and(|head| head.ends_with("   ")));
    if !asks || !identifies || numbers(line) || apart {
        return;
    }
    let next = ends(end + 1, tokens).unwrap_or(tokens.len());
    let rest = tokens.get(end + 1..next).unwrap_or_default();
    let words = || rest.iter().filter(|t| t.kind == Kind::Word);
    let rests = words().count() > 0 && words().all(|t| REST.contains(&lower(t).as_str()));
    let to = if rests && !numbers(rest) { next } else { end };
    tokens.drain(from..to);
    // Brackets whose words were the form's.
    let idle =
        |t: &&Token| is_mark(t) || matches!(t.kind, Kind::Open | Kind::Close | Kind::Other('.'));
    tokens.drain(..tokens.iter().take_while(idle).count());
}

/// Lines below a name that say there is no tax number: "Not applicable", "(applied for)".
fn drop_no_number_below(text: &str, tokens: &mut Vec<Token>) {
    let applied = |line: &[Token]| {
        let words: Vec<String> = line
            .iter()
            .filter(|t| t.kind == Kind::Word)
            .filter_map(|t| text.get(t.range()).map(lexeme::lower))
            .collect();
        matches!(words.join(" ").as_str(), "applied for" | "to be applied for" | "pending")
    };
    let says = |t: &Token| t.kind == Kind::Word;
    while let Some(last) = tokens.iter().rposition(says) {
        let mark = tokens.iter().take(last).rposition(|t| matches!(t.kind, Kind::Mark(_)));
        let Some(mark) = mark.filter(|mark| tokens.iter().take(*mark).any(says)) else { return };
        let line = tokens.get(mark + 1..).unwrap_or_default();
        let number = line.iter().any(|t| matches!(t.kind, Kind::Number | Kind::Joined));
        if number || !(answers_none(text, line) || applied(line)) {
            return;
        }
        tokens.truncate(mark);
    }
}

/// A name that goes on beside the question for a tax number:
/// "Harbor Ridge / S.S. OR I.R.S. IDENTIFICATION   Partners / NO. ...": the question is left out.
fn join_beside_question(text: &str, tokens: &mut Vec<Token>) {
    let lower = |t: &Token| text.get(t.range()).map(lexeme::lower).unwrap_or_default();
    let asks = |t: &Token| match t.kind {
        Kind::Word => lower(t) == "or" || ID_WORDS.contains(&lower(t).as_str()),
        Kind::Other('.' | ':' | '#') => true,
        _ => false,
    };
    let begins = tokens.windows(2).position(|pair| match pair {
        [mark, first] => {
            let rest = text.get(first.start..).unwrap_or("");
            matches!(mark.kind, Kind::Mark(_))
                && (rest.starts_with("S.S.") || rest.starts_with("I.R.S."))
        }
        _ => false,
    });
    let Some(from) = begins.map(|mark| mark + 1) else { return };
    let to = from + tokens.iter().skip(from).take_while(|t| asks(t)).count();
    let Some(beside) = tokens.get(to).filter(|t| t.kind == Kind::Word) else { return };
    let apart = text.get(..beside.start).is_some_and(|head| head.ends_with("   "));
    let end = tokens.iter().skip(to).position(|t| matches!(t.kind, Kind::Mark(_)));
    let below = end.and_then(|end| tokens.get(to + end + 1));
    let goes_on = below.is_some_and(|t| matches!(lower(t).as_str(), "no" | "nos" | "number"));
    if apart && goes_on {
        tokens.drain(from..to);
    }
}

/// The question for a tax number in a column of its own, on both lines of a name:
/// "Nos. of / Alder Fund LP      above persons".
fn drop_question_beside(text: &str, tokens: &mut Vec<Token>) {
    let lower = |t: &Token| text.get(t.range()).map(lexeme::lower).unwrap_or_default();
    let lead = tokens.iter().take_while(|t| t.kind == Kind::Other('.')).count();
    let Some([first, mark, ..]) = tokens.get(lead..) else { return };
    let above = tokens.windows(2).position(|pair| match pair {
        [above, person] => {
            let apart = text.get(..above.start).is_some_and(|head| head.ends_with("   "));
            apart && lower(above) == "above" && lower(person).starts_with("person")
        }
        _ => false,
    });
    let begins = lower(first) == "of" && matches!(mark.kind, Kind::Mark(_));
    if let Some(above) = above.filter(|_| begins) {
        tokens.truncate(above);
        tokens.drain(..lead + 2);
    }
}

/// "Alder Fund LP          None": the answer to the question for a tax number, apart on the line.
fn drop_none_apart(text: &str, tokens: &mut Vec<Token>) {
    let words = |tokens: &[Token]| tokens.iter().any(|t| t.kind == Kind::Word);
    let apart = |t: &Token| text.get(..t.start).is_some_and(|head| head.ends_with("   "));
    let Some(at) = tokens.iter().rposition(apart) else { return };
    let (name, answer) = tokens.split_at(at);
    let same_line = !name.last().is_some_and(|t| matches!(t.kind, Kind::Mark(_)));
    let bare = answer.iter().all(|t| !matches!(t.kind, Kind::Open));
    if same_line && bare && words(name) && answers_none(text, answer) {
        tokens.truncate(at);
    }
}

/// A Legal Entity Identifier behind a name: "LEI 529900T8PK3QL0000042".
fn drop_lei(text: &str, tokens: &mut Vec<Token>) {
    let said = |t: &Token, word: &str| text.get(t.range()) == Some(word);
    let Some(at) = tokens.iter().rposition(|t| said(t, "LEI")).filter(|at| *at > 0) else { return };
    let code = tokens.iter().skip(at + 1).find(|t| t.kind == Kind::Word);
    let is_code = |code: &str| {
        (18..=20).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if code.and_then(|t| text.get(t.range())).is_some_and(is_code) {
        tokens.truncate(at);
    }
}

/// A bracket at the end that says there is no tax number: "(none)", "(no I.R.S. number)".
fn drop_none_in_bracket(text: &str, tokens: &mut Vec<Token>) {
    let Some(open) = tokens.iter().rposition(|t| t.kind == Kind::Open).filter(|open| *open > 0)
    else {
        return;
    };
    let inside = tokens.get(open + 1..).unwrap_or_default();
    let words: Vec<String> = inside
        .iter()
        .filter(|t| t.kind == Kind::Word)
        .filter_map(|t| text.get(t.range()).map(lexeme::lower))
        .collect();
    let asked = |word: &String| {
        ID_WORDS.contains(&word.as_str()) || matches!(word.as_str(), "u" | "us" | "u.s")
    };
    let number = |words: &[String]| !words.is_empty() && words.iter().all(asked);
    let none = match words.split_first() {
        Some((first, [])) => matches!(first.as_str(), "none" | "no" | "nil"),
        Some((first, rest)) => first == "no" && number(rest),
        None => false,
    };
    let closed = inside.iter().position(|t| t.kind == Kind::Close);
    let ends = |t: &Token| matches!(t.kind, Kind::Mark(_) | Kind::Close);
    if none && closed.is_some_and(|at| inside.iter().skip(at).all(ends)) {
        tokens.truncate(open);
    }
}

/// "(optional)", which the question for a tax number ends with.
fn drop_optional(text: &str, tokens: &mut Vec<Token>) {
    let open = tokens.iter().take_while(|t| matches!(t.kind, Kind::Mark(_))).count();
    let Some([first, word, last]) = tokens.get(open..open + 3) else { return };
    let said = text.get(word.range()).map(lexeme::lower).unwrap_or_default();
    let bracket = first.kind == Kind::Open && last.kind == Kind::Close;
    if bracket && matches!(said.as_str(), "optional" | "voluntary") {
        tokens.drain(..open + 3);
    }
}

/// "Above Person, if an Entity": the end of a question whose words stand beside the name.
fn drop_condition(text: &str, tokens: &mut Vec<Token>) {
    let said = |t: &Token| text.get(t.range()).map(lexeme::lower).unwrap_or_default();
    let Some(at) = tokens.iter().rposition(|t| said(t) == "if").filter(|at| *at > 0) else {
        return;
    };
    let words: Vec<String> = tokens.iter().skip(at + 1).take(2).map(said).collect();
    let len = match words.first().zip(words.get(1)) {
        Some((an, entity)) if an == "an" && entity == "entity" => 3,
        Some((entity, _)) if matches!(entity.as_str(), "entity" | "entities") => 2,
        _ => return,
    };
    let comma = tokens.get(at - 1).is_some_and(|t| t.kind == Kind::Other(','));
    tokens.drain(at - usize::from(comma)..at + len);
}

/// What the question for a tax number is answered with, but for a number.
pub(crate) fn is_answer(text: &str, tokens: &[Token]) -> bool {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word);
    let said: Vec<String> = words.filter_map(|t| text.get(t.range()).map(lexeme::lower)).collect();
    let awaited = match said.as_slice() {
        [a, b] if a == "not" => matches!(b.as_str(), "furnished" | "provided" | "disclosed"),
        [a, b] => a == "applied" && b == "for",
        _ => false,
    };
    awaited || answers_none(text, tokens)
}

/// "N/A", "Not applicable", "applied for" on a line of its own below the name, which answers the
/// question for a tax number.
fn drop_answer_below(text: &str, tokens: &mut Vec<Token>) {
    while let Some(mark) = tokens.iter().rposition(|t| matches!(t.kind, Kind::Mark(_))) {
        let below = tokens.get(mark + 1..).unwrap_or_default();
        let named = tokens.iter().take(mark).any(|t| t.kind == Kind::Word);
        if !(below.is_empty() || named && is_answer(text, below)) {
            return;
        }
        tokens.truncate(mark);
    }
}

/// A tax number anywhere in a stretch of the text.
pub(crate) fn tax_id_in(text: &str, range: Range<usize>) -> Option<(String, Range<usize>)> {
    let tokens = lexeme::tokens(text, range);
    let id = tokens.iter().find(|t| t.kind == Kind::Joined && is_tax_id(text, &tokens, t))?;
    Some((text.get(id.range())?.to_owned(), id.range()))
}

/// Where the next row begins, if its label is not there to say so: "2." at the start of a line.
fn row_two(text: &str, tokens: &[Token], next_number: Option<usize>) -> Option<usize> {
    let found = tokens.windows(3).find(|window| match window {
        [mark, number, after] => {
            let printed = text.get(number.range()).unwrap_or("");
            let two = printed == "2" || printed == "(2)";
            two && matches!(mark.kind, Kind::Mark(_))
                && (matches!(after.kind, Kind::Other('.') | Kind::Close | Kind::Mark(_))
                    || printed == "(2)")
        }
        _ => false,
    });
    let found = found.and_then(|window| window.get(1)).map(|token| token.start);
    found.into_iter().chain(next_number).min()
}

fn is_tax_id(text: &str, tokens: &[Token], token: &Token) -> bool {
    let printed = text.get(token.range()).unwrap_or("");
    let digits = printed.bytes().filter(u8::is_ascii_digit).count();
    match token.kind {
        Kind::Joined => {
            let mut parts = printed.split('-').map(str::len);
            let shape = (parts.next(), parts.next(), parts.next());
            matches!(shape, (Some(2), Some(7), None) | (Some(3), Some(2), Some(4)))
        }
        Kind::Number => {
            digits == 9 && printed.len() == 9 && {
                let at = tokens.iter().position(|t| t == token).unwrap_or(0);
                before_id(text, tokens, at) + 1 < at
                    || text.get(..token.start).is_some_and(|head| head.ends_with("   "))
                    || tokens
                        .get(at.wrapping_sub(1))
                        .is_some_and(|t| matches!(t.kind, Kind::Mark(_) | Kind::Other(',')))
            }
        }
        _ => false,
    }
}

/// Where an address begins below a name: a line with a street number and a house's words, "c/o",
/// or a post office box.
fn address(text: &str, tokens: &[Token]) -> Option<usize> {
    let words = tokens.iter().position(|token| token.kind == Kind::Word)?;
    tokens.windows(3).enumerate().skip(words).find_map(|(at, window)| match window {
        [mark, first, second] if matches!(mark.kind, Kind::Mark(_)) => {
            let head = text.get(first.range()).unwrap_or("");
            let street = first.kind == Kind::Number
                && head.len() <= 5
                && second.kind == Kind::Word
                && text.get(second.range()).is_some_and(|w| w.starts_with(char::is_uppercase));
            let care = head.eq_ignore_ascii_case("c") && second.kind == Kind::Other('/');
            (street || care).then_some(at)
        }
        _ => None,
    })
}

/// A number blacked out: `###-##-####`, `XXX-XX-1234`.
fn hidden_id(text: &str, tokens: &[Token]) -> Option<usize> {
    tokens.windows(3).position(|window| match window {
        [a, b, c] => {
            let hash = |t: &Token| t.kind == Kind::Other('#');
            let crosses = text.get(a.range()) == Some("XXX") && b.kind == Kind::Dash;
            (hash(a) && hash(b) && hash(c)) || crosses
        }
        _ => false,
    })
}

/// The first token of the words that announce the number at `at`.
fn before_id(text: &str, tokens: &[Token], at: usize) -> usize {
    let mut from = at;
    let mut crossed = false;
    while let Some((index, token)) = from.checked_sub(1).and_then(|i| Some((i, tokens.get(i)?))) {
        let word = lexeme::lower(text.get(token.range()).unwrap_or(""));
        let dotted = tokens.get(index + 1).is_some_and(|t| t.kind == Kind::Other('.'));
        let goes = match token.kind {
            Kind::Mark(_) => {
                crossed = true;
                true
            }
            Kind::Dash | Kind::Open | Kind::Other('.' | ':' | '#' | ',' | '/' | ';') => true,
            Kind::Word => {
                ID_WORDS.contains(&word.as_str()) && (word.len() > 1 || (dotted && !crossed))
            }
            _ => false,
        };
        if !goes {
            break;
        }
        from = index;
    }
    // A full stop or bracket before these words is the name's own: "Inc.", "L.P.".
    while from < at && tokens.get(from).is_some_and(|t| t.kind == Kind::Other('.')) {
        from += 1;
    }
    from
}

fn after_id(tokens: &[Token], at: usize, hidden: bool) -> usize {
    let mut to = at + 1;
    while tokens.get(to).is_some_and(|t| match t.kind {
        Kind::Close => true,
        Kind::Other('#') | Kind::Dash | Kind::Word | Kind::Joined => hidden,
        _ => false,
    }) {
        to += 1;
    }
    to
}

/// "I.R.S. Identification No.: N/A" at the end is no part of the name.
fn drop_trailing_id_words(text: &str, tokens: &mut Vec<Token>) {
    let words: String = tokens.iter().filter_map(|t| text.get(t.range())).collect();
    let lower = lexeme::lower(&words);
    if ![
        "identificationno",
        "irs",
        "ein",
        "taxid",
        "i.r.s",
        "s.s.",
        "ssno",
        "ss#",
        "ssn",
        "i.d.no",
        "idno",
        "securityn",
        "soc.sec.",
        "taxpayer",
    ]
    .iter()
    .any(|w| lower.contains(w))
    {
        return;
    }
    const BEGIN: [&str; 20] = [
        "I.R.S.",
        "IRS ",
        "EIN",
        "Tax ID",
        "TAX ID",
        "S.S. ",
        "(I.R.S.",
        "FEIN",
        "SS#",
        "SS No",
        "SSN",
        "S.S.#",
        "Social Security N",
        "SOCIAL SECURITY N",
        "Soc. sec. n",
        "Soc. Sec. N",
        "SOC. SEC. N",
        "I.D. N",
        "ID No",
        "Taxpayer",
    ];
    let cut = tokens.iter().position(|t| {
        let rest = text.get(t.start..).unwrap_or("");
        BEGIN.iter().any(|w| rest.starts_with(w))
    });
    if let Some(cut) = cut.filter(|cut| *cut > 0) {
        tokens.truncate(cut);
        drop_no(text, tokens);
    }
}

/// "No S.S. or I.R.S. Identification No." on a line of its own: the word before the question.
fn drop_no(text: &str, tokens: &mut Vec<Token>) {
    let [.., mark, no] = tokens.as_slice() else { return };
    let question = |rest: &str| ["S.S.", "I.R.S.", "IRS "].iter().any(|of| rest.starts_with(of));
    let asked = text.get(no.end..).is_some_and(|rest| question(rest.trim_start()));
    let word = text.get(no.range()).is_some_and(|word| word.eq_ignore_ascii_case("no"));
    if asked && word && matches!(mark.kind, Kind::Mark(_)) {
        tokens.pop();
    }
}

fn name_of(text: &str, tokens: &[Token]) -> Option<(String, Range<usize>)> {
    let skip = |t: &&Token| {
        matches!(
            t.kind,
            Kind::Mark(_)
                | Kind::Dash
                | Kind::Other('.' | ':' | ',' | ';' | '|' | '/' | '"' | ']' | '[')
                | Kind::Close
                | Kind::Box(_)
        )
    };
    let ornament = |t: &&Token| {
        skip(t)
            || (t.kind == Kind::Note
                && text.get(t.range()).is_some_and(|s| s.starts_with('*') || s == "(1)"))
    };
    let lead = tokens.iter().take_while(ornament).count();
    let noted = |t: &Token| {
        let mark = text.get(t.range()).unwrap_or("").trim_start_matches(RAISED);
        t.kind == Kind::Note && mark.starts_with('(') && mark.bytes().any(|b| b.is_ascii_digit())
    };
    let trail = tokens.iter().rev().take_while(|t| {
        noted(t)
            || matches!(
                t.kind,
                Kind::Mark(_)
                    | Kind::Dash
                    | Kind::Open
                    | Kind::Box(_)
                    | Kind::Other(':' | ',' | ';' | '|' | '/')
            )
    });
    let end = tokens.len() - trail.count().min(tokens.len());
    let kept = tokens.get(lead..end).filter(|kept| !kept.is_empty())?;
    let word = |t: &&Token| t.kind == Kind::Word;
    // What the label's words leave behind is no name.
    let joining =
        |t: &Token| matches!(text.get(t.range()), Some("and" | "or" | "of" | "the" | "AND" | "OR"));
    let letter = |t: &Token| text.get(t.range()).is_some_and(|word| word.chars().count() == 1);
    let named = kept.iter().filter(word).any(|t| !joining(t) && !letter(t));
    if !named || rows::says_no(text, kept) {
        return None;
    }
    joined(text, kept)
}

/// The characters that tokens cover, without what was dropped between them.
pub(crate) fn joined(text: &str, tokens: &[Token]) -> Option<(String, Range<usize>)> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for token in tokens {
        match pieces.last_mut() {
            Some(last)
                if text.get(last.end..token.start).is_some_and(|between| {
                    between.chars().all(|c| c == ' ' || is_mark(c) || matches!(c, '\\'))
                }) =>
            {
                last.end = token.end
            }
            _ => pieces.push(token.range()),
        }
    }
    rows::words(text, &pieces)
}
