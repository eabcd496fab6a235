//! The question for a tax number that row 1 asks beside the name: where its words and its answers
//! stand among those of the name, they are taken out.
//! Knows nothing of what is left: `names` reads it.

use crate::reading::lexeme::{self, Kind, Token};
use crate::reading::rows;

/// Words that announce a tax number.
pub(crate) const ID_WORDS: [&str; 24] = [
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
    "e",
    "i",
    "r",
    "s",
    "d",
];

/// How the question goes in small letters, without spaces.
const ASKED: [&str; 16] = [
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
    "taxnumber",
    "e.i.no",
];

/// How it begins, where it stands behind the name.
const BEGIN: [&str; 23] = [
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
    "SS NO",
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
    "Tax number",
    "E.I. N",
];

/// The question for a tax number above a name, where a letter of it is wrong, or all are small:
/// "S.S. OR I.R.S. IDENTIFCATION NO. OF ABOVE PERSON" and the rest of it on the next line.
pub(crate) fn drop_question(text: &str, tokens: &mut Vec<Token>) {
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

/// A name that goes on beside the question for a tax number:
/// "Harbor Ridge / S.S. OR I.R.S. IDENTIFICATION   Partners / NO. ...": the question is left out.
pub(crate) fn join_beside_question(text: &str, tokens: &mut Vec<Token>) {
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
pub(crate) fn drop_question_beside(text: &str, tokens: &mut Vec<Token>) {
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

/// "(optional)", which the question for a tax number ends with.
pub(crate) fn drop_optional(text: &str, tokens: &mut Vec<Token>) {
    let open = tokens.iter().take_while(|t| matches!(t.kind, Kind::Mark(_))).count();
    let Some([first, word, last]) = tokens.get(open..open + 3) else { return };
    let said = text.get(word.range()).map(lexeme::lower).unwrap_or_default();
    let bracket = first.kind == Kind::Open && last.kind == Kind::Close;
    if bracket && matches!(said.as_str(), "optional" | "voluntary") {
        tokens.drain(..open + 3);
    }
}

/// "Above Person, if an Entity": the end of a question whose words stand beside the name.
pub(crate) fn drop_condition(text: &str, tokens: &mut Vec<Token>) {
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
    let last = tokens.iter().skip(at + len).all(|t| matches!(t.kind, Kind::Mark(_)));
    if comma && last {
        tokens.truncate(at - 1);
    }
}

/// Lines below a name that say there is no tax number: "Not applicable", "(applied for)".
pub(crate) fn drop_no_number_below(text: &str, tokens: &mut Vec<Token>) {
    let says = |t: &Token| t.kind == Kind::Word;
    while let Some(last) = tokens.iter().rposition(says) {
        let mark = tokens.iter().take(last).rposition(|t| matches!(t.kind, Kind::Mark(_)));
        let Some(mark) = mark.filter(|mark| tokens.iter().take(*mark).any(says)) else { return };
        let line = tokens.get(mark + 1..).unwrap_or_default();
        let number = line.iter().any(|t| matches!(t.kind, Kind::Number | Kind::Joined));
        if number || !is_answer(text, line) {
            return;
        }
        tokens.truncate(mark);
    }
}

/// "N/A", "Not applicable", "applied for" on a line of its own below the name, which answers the
/// question for a tax number.
pub(crate) fn drop_answer_below(text: &str, tokens: &mut Vec<Token>) {
    while let Some(mark) = tokens.iter().rposition(|t| matches!(t.kind, Kind::Mark(_))) {
        let below = tokens.get(mark + 1..).unwrap_or_default();
        let named = tokens.iter().take(mark).any(|t| t.kind == Kind::Word);
        if !(below.is_empty() || named && is_answer(text, below)) {
            return;
        }
        tokens.truncate(mark);
    }
}

/// "(N.I.F. B-48.220.117)": the number that another country taxes by, in a bracket behind the name.
pub(crate) fn drop_foreign_number(text: &str, tokens: &mut Vec<Token>) {
    const CALLED: [&str; 8] = ["nif", "cif", "nie", "vat", "siren", "siret", "abn", "acn"];
    const DIGITS: usize = 6;
    let Some(open) = tokens.iter().rposition(|t| t.kind == Kind::Open).filter(|open| *open > 0)
    else {
        return;
    };
    let [bracket, .., last] = tokens.get(open..).unwrap_or_default() else { return };
    let said = text.get(bracket.end..last.end).unwrap_or("");
    let letters = lexeme::lower(&said.replace('.', ""));
    let called = CALLED.iter().any(|called| {
        let rest = letters.trim_start().strip_prefix(called);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    });
    if called && said.bytes().filter(u8::is_ascii_digit).count() >= DIGITS {
        tokens.truncate(open);
    }
}

/// "Alder Fund Limited          I.D. Foreign Corporation": who has no number says so beside it.
pub(crate) fn drop_id_apart(text: &str, tokens: &mut Vec<Token>) {
    let is = |t: &Token, said: &str| text.get(t.range()) == Some(said);
    let asks = |four: &[Token]| match four {
        [i, dot, d, end] => {
            let apart = text.get(..i.start).is_some_and(|head| head.ends_with("   "));
            apart && is(i, "I") && is(dot, ".") && is(d, "D") && is(end, ".")
        }
        _ => false,
    };
    let at = tokens.windows(4).position(asks).filter(|at| *at > 0);
    if let Some(at) = at.filter(|at| answers_foreign(text, tokens.get(at + 4..))) {
        tokens.truncate(at);
    }
}

/// Whether words say what kind of foreign person has no number.
fn answers_foreign(text: &str, tokens: Option<&[Token]>) -> bool {
    const ANSWER: [&str; 8] =
        ["no", "foreign", "corporation", "company", "entity", "person", "trust", "partnership"];
    let words = tokens.unwrap_or_default().iter().filter(|t| t.kind == Kind::Word);
    let words: Vec<String> =
        words.map(|t| lexeme::lower(text.get(t.range()).unwrap_or(""))).collect();
    let answer = |word: &String| ANSWER.contains(&word.as_str());
    words.iter().any(|word| word == "foreign") && words.iter().all(answer)
}

/// "Alder Fund LP          None": the answer to the question for a tax number, apart on the line.
pub(crate) fn drop_none_apart(text: &str, tokens: &mut Vec<Token>) {
    let words = |tokens: &[Token]| tokens.iter().any(|t| t.kind == Kind::Word);
    let apart = |t: &Token| {
        let set = text.get(..t.start).is_some_and(|head| head.ends_with("   "));
        // Spaces at the end of a line set nothing apart.
        set && !matches!(t.kind, Kind::Mark(_))
    };
    let Some(at) = tokens.iter().rposition(apart) else { return };
    let (name, answer) = tokens.split_at(at);
    let same_line = !name.last().is_some_and(|t| matches!(t.kind, Kind::Mark(_)));
    let bare = answer.iter().all(|t| !matches!(t.kind, Kind::Open));
    if same_line && bare && words(name) && answers_none(text, answer) {
        tokens.truncate(at);
    }
}

/// A bracket at the end that says there is no tax number: "(none)", "(no I.R.S. number)".
pub(crate) fn drop_none_in_bracket(text: &str, tokens: &mut Vec<Token>) {
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
    let asked = |word: &String| ID_WORDS.contains(&word.as_str()) || word == "u";
    let number = |words: &[String]| !words.is_empty() && words.iter().all(asked);
    let none = match words.split_first() {
        Some((first, [])) => matches!(first.as_str(), "none" | "no" | "nil" | "pending"),
        Some((first, rest)) => first == "no" && number(rest) || words == ["applied", "for"],
        None => false,
    };
    // "Alder Family Trust (No. 2)".
    let none = none && !inside.iter().any(|t| t.kind == Kind::Number);
    let closed = inside.iter().position(|t| t.kind == Kind::Close);
    let ends = |t: &Token| matches!(t.kind, Kind::Mark(_) | Kind::Close | Kind::Dash);
    if none && closed.is_some_and(|at| inside.iter().skip(at).all(ends)) {
        tokens.truncate(open);
    }
}

/// "I.R.S. Identification No.: N/A" at the end is no part of the name.
pub(crate) fn drop_trailing_id_words(text: &str, tokens: &mut Vec<Token>) {
    let words: String = tokens.iter().filter_map(|t| text.get(t.range())).collect();
    let lower = lexeme::lower(&words);
    if !ASKED.iter().any(|words| lower.contains(words)) {
        return;
    }
    let cut = tokens.iter().position(|t| {
        let rest = text.get(t.start..).unwrap_or("");
        BEGIN.iter().any(|w| rest.starts_with(w))
    });
    let Some(cut) = cut.filter(|cut| *cut > 0) else { return };
    let word = |t: &&Token| t.kind == Kind::Word;
    if tokens.iter().take(cut).any(|t| word(&t)) {
        let bar = |t: &Token| t.kind == Kind::Other('|');
        let beside = tokens.iter().skip(cut).position(bar).map(|at| cut + at + 1);
        let beside =
            beside.filter(|beside| is_name_beside(text, tokens.get(*beside..).unwrap_or_default()));
        if let Some(beside) = beside {
            tokens.drain(cut..beside);
            tokens.retain(|t| !bar(t));
            return;
        }
        tokens.truncate(cut);
        drop_no(text, tokens);
        return;
    }
    // "NAME OF REPORTING PERSON / IRS #:" asks before the name is said.
    let Some(end) = tokens.iter().skip(cut).position(|t| matches!(t.kind, Kind::Mark(_))) else {
        return;
    };
    let line = tokens.get(cut..cut + end).unwrap_or_default();
    let asks = |t: &Token| {
        text.get(t.range())
            .map(lexeme::lower)
            .is_some_and(|said| ID_WORDS.contains(&said.as_str()) || said == "or")
    };
    if line.iter().filter(word).all(asks) {
        tokens.drain(..cut + end);
    }
}

/// Whether a name goes on in a drawn cell beside the question: "| IRS No. | Revocable Trust |".
fn is_name_beside(text: &str, tokens: &[Token]) -> bool {
    let cell = tokens.iter().take_while(|t| !matches!(t.kind, Kind::Mark(_) | Kind::Other('|')));
    let cell: Vec<Token> = cell.copied().collect();
    let number = cell.iter().any(|t| matches!(t.kind, Kind::Number | Kind::Joined));
    let words = cell.iter().any(|t| t.kind == Kind::Word);
    words && !number && !is_answer(text, &cell)
}

/// "None", "N/A (foreign)": whether there is no more than that, but for what a bracket adds.
pub(crate) fn answers_none(text: &str, tokens: &[Token]) -> bool {
    let bracket = tokens.iter().position(|t| t.kind == Kind::Open).unwrap_or(tokens.len());
    tokens.get(..bracket).is_some_and(|answer| rows::says_no(text, answer))
}

/// What the question for a tax number is answered with, but for a number.
fn is_answer(text: &str, tokens: &[Token]) -> bool {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word);
    let said: Vec<String> = words.filter_map(|t| text.get(t.range()).map(lexeme::lower)).collect();
    let awaited = match said.as_slice() {
        [a, b, ..] if a == "not" && said.len() < 6 => {
            ["furnished", "provided", "disclosed", "available", "required"].contains(&b.as_str())
        }
        [.., a, b] => a == "applied" && b == "for",
        [a] => a == "pending",
        _ => false,
    };
    awaited || answers_none(text, tokens) || answers_foreign(text, Some(tokens))
}

/// A word alone on its line that leads from the name to the question: "Ann B. Cole / and S.S. or".
pub(crate) fn drop_joining_word(text: &str, tokens: &mut Vec<Token>) {
    let is_mark = |t: &Token| matches!(t.kind, Kind::Mark(_));
    let lasting = tokens.iter().rposition(|t| !is_mark(t)).map_or(0, |last| last + 1);
    let Some([.., mark, word]) = tokens.get(..lasting) else { return };
    let said = text.get(word.range()).map(lexeme::lower).unwrap_or_default();
    if is_mark(mark) && matches!(said.as_str(), "and" | "or") {
        tokens.truncate(lasting - 1);
    }
}

/// "No S.S. or I.R.S. Identification No." on a line of its own: the word before the question, and
/// its bracket.
pub(crate) fn drop_no(text: &str, tokens: &mut Vec<Token>) {
    let [before @ .., no] = tokens.as_slice() else { return };
    let bracket = before.last().is_some_and(|t| t.kind == Kind::Open);
    let Some(mark) = before.iter().rev().nth(usize::from(bracket)) else { return };
    let question = |rest: &str| ["S.S.", "I.R.S.", "IRS "].iter().any(|of| rest.starts_with(of));
    let asked = text.get(no.end..).is_some_and(|rest| question(rest.trim_start()));
    let word = text.get(no.range()).is_some_and(|word| word.eq_ignore_ascii_case("no"));
    // "Alder Bank, Limited (No I.R.S. Identification / No.)" has it on the name's own line.
    if asked && word && (bracket || matches!(mark.kind, Kind::Mark(_) | Kind::Other('|'))) {
        tokens.truncate(tokens.len() - 1 - usize::from(bracket));
    }
}
