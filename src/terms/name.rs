//! When two spellings are one name: letter case, punctuation and the ways a company's kind is
//! abbreviated do not count. Says nothing of whether two names are one person; that is an event.

/// How the words that tell a company's kind are written out, and the one spelling they get here.
const ABBREVIATIONS: [(&str, &str); 18] = [
    ("incorporated", "inc"),
    ("corporation", "corp"),
    ("company", "co"),
    ("companies", "cos"),
    ("limited", "ltd"),
    ("international", "intl"),
    ("management", "mgmt"),
    ("associates", "assoc"),
    ("brothers", "bros"),
    ("partnership", "partners"),
    ("trustees", "trustee"),
    ("holdings", "holding"),
    ("junior", "jr"),
    ("senior", "sr"),
    ("second", "2d"),
    ("third", "3d"),
    ("and", ""),
    ("the", ""),
];

/// Words that a person's name does not have: where one stands, the order of words counts.
const KINDS: [&str; 31] = [
    "inc",
    "corp",
    "co",
    "cos",
    "ltd",
    "llc",
    "lp",
    "llp",
    "lllp",
    "plc",
    "sa",
    "ag",
    "nv",
    "bv",
    "gmbh",
    "ab",
    "asa",
    "spa",
    "trust",
    "fund",
    "funds",
    "partners",
    "capital",
    "holding",
    "group",
    "mgmt",
    "foundation",
    "plan",
    "bank",
    "estate",
    "assoc",
];

/// Words at the end of a company's name that its owner may leave out.
const SUFFIXES: [&str; 12] =
    ["inc", "corp", "co", "ltd", "llc", "lp", "llp", "plc", "sa", "ag", "nv", "holding"];

/// What is left of a name when spellings are set aside: lower-case words with single spaces.
///
/// ```
/// use blockholder::terms::name::key;
/// assert_eq!(key("Elm Row Partners, L.P."), key("ELM ROW PARTNERS LP"));
/// assert_eq!(key("Elm Row Company, Inc."), key("ELM ROW CO INC /WI"));
/// assert_ne!(key("Elm Row Fund I, LP"), key("Elm Row Fund II, LP"));
/// ```
pub fn key(name: &str) -> String {
    let joined = joined(without_state(without_aside(name)));
    let mut key = Key { text: String::with_capacity(joined.len()), run: String::new() };
    for word in joined.split(|c: char| !c.is_alphanumeric()) {
        key.word(canonical(word));
    }
    key.end_run();
    key.text
}

/// Whether two spellings are one name. Words in another order count as one name only for people:
/// headers print "ROE JANE Q" for Jane Q. Roe, and an initial may stand for a name or be left out.
pub fn same_name(a: &str, b: &str) -> bool {
    same_key(&key(a), &key(b))
}

fn same_key(a: &str, b: &str) -> bool {
    !a.is_empty() && !b.is_empty() && (a == b || same_person(a, b))
}

/// Whether two names are one but for the company's kind, which one of them leaves out.
pub fn same_name_but_for_kind(a: &str, b: &str) -> bool {
    same_key_but_for_kind(&key(a), &key(b))
}

fn same_key_but_for_kind(a: &str, b: &str) -> bool {
    let (a_name, a_kind) = without_kind(a);
    let (b_name, b_kind) = without_kind(b);
    !a_name.is_empty() && a_name == b_name && (a_kind.is_empty() || b_kind.is_empty())
}

/// A name whose spelling is set aside once, to be compared with many.
#[derive(Clone, Debug)]
pub struct Spelt {
    key: String,
    /// Its words without what people are called between quotation marks, in order.
    words: Vec<String>,
    letters: Vec<char>,
}

impl Spelt {
    /// Of a name as printed.
    pub fn of(name: &str) -> Self {
        let key = key(name);
        let plain = without_nickname(name).map(|plain| self::key(&plain));
        let words = plain.as_ref().unwrap_or(&key).split(' ');
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        words.sort_unstable();
        let mut letters: Vec<char> = key.chars().filter(|c| *c != ' ').collect();
        letters.sort_unstable();
        Self { key, words, letters }
    }

    /// As [`same_name`].
    pub fn is(&self, other: &Self) -> bool {
        same_key(&self.key, &other.key)
    }

    /// As [`same_name_but_for_kind`].
    pub fn is_but_for_kind(&self, other: &Self) -> bool {
        same_key_but_for_kind(&self.key, &other.key)
    }

    /// Whether both have the same words in any order, as conformed names of companies that are
    /// called after a person do: "ELM J ROW ASSOCIATES INC" is "J. Row Elm Associates, Inc."
    pub fn has_words_of(&self, other: &Self) -> bool {
        self.words == other.words && self.words.len() > 2
    }

    /// Whether the one goes on where the other ends, after three words at least: a header's names
    /// are cut at times, and leave out "TRUST" or "AND AFFILIATES".
    pub fn goes_on_from(&self, other: &Self) -> bool {
        let goes_on = |long: &str, short: &str| {
            short.split(' ').count() > 2
                && long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' '))
        };
        goes_on(&self.key, &other.key) || goes_on(&other.key, &self.key)
    }

    /// Whether the one goes on where the other ends, with words that make nobody else of it: "ELM
    /// ROW CO STOCK OWNERSHIP PLAN" is "Elm Row Company Stock Ownership Plan and Trust".
    pub fn goes_on_as_itself(&self, other: &Self) -> bool {
        const LAST: [&str; 9] = [
            "and",
            "trust",
            "trustee",
            "trustees",
            "plan",
            "affiliates",
            "subsidiaries",
            "et",
            "al",
        ];
        let goes_on = |long: &str, short: &str| {
            let rest = long.strip_prefix(short).filter(|rest| rest.starts_with(' '));
            let rest = rest.filter(|_| short.split(' ').count() > 2);
            rest.is_some_and(|rest| rest.split_whitespace().all(|word| LAST.contains(&word)))
        };
        goes_on(&self.key, &other.key) || goes_on(&other.key, &self.key)
    }

    /// Whether both have the same letters: "ROW E M & CO INC" is "E.M. Row & Co. Incorporated".
    pub fn has_letters_of(&self, other: &Self) -> bool {
        self.letters == other.letters
    }
}

/// Whether two names of companies have nothing in common by which they could be one: no word, not
/// the beginning of one, and none is written together or by its initials in the other.
pub fn nothing_in_common(a: &str, b: &str) -> bool {
    /// Letters by which words of two names are alike, whatever they end with.
    const ALIKE: usize = 4;
    let (a, b) = (key(a), key(b));
    let own = |key: &str| -> Vec<String> {
        let words = key.split(' ').filter(|word| !KINDS.contains(word) && *word != "of");
        words.map(str::to_owned).collect()
    };
    let (a, b) = (own(&a), own(&b));
    let start = |word: &str| word.chars().take(ALIKE).collect::<String>();
    let alike = a.iter().any(|one| b.iter().any(|other| start(one) == start(other)));
    let (a_joined, b_joined) = (a.concat(), b.concat());
    let written = a_joined.contains(&b_joined) || b_joined.contains(&a_joined);
    let initials =
        |words: &[String]| words.iter().filter_map(|one| one.chars().next()).collect::<String>();
    let by_initials = initials(&a).starts_with(&b_joined) || initials(&b).starts_with(&a_joined);
    !(alike || written || by_initials)
}

/// A key and the words at its end that tell a company's kind.
fn without_kind(key: &str) -> (&str, &str) {
    let mut name = key;
    while let Some((before, last)) = name.rsplit_once(' ') {
        if !SUFFIXES.contains(&last) {
            break;
        }
        name = before;
    }
    (name, key.get(name.len()..).unwrap_or_default())
}

/// `Elm "Tip" Row, Jr.` as Elm Row, Jr.; a letter or a class in quotation marks tells one fund from
/// another.
fn without_nickname(name: &str) -> Option<String> {
    let quote = |c: char| matches!(c, '"' | '“' | '”');
    let [before, called, after] = name.split(quote).collect::<Vec<&str>>()[..] else { return None };
    let words = |part: &str| part.split_whitespace().count();
    let person = (1..=3).contains(&words(before)) && (1..=3).contains(&words(after));
    let plain = format!("{before} {after}");
    let company = key(&plain).split(' ').any(|word| KINDS.contains(&word));
    (person && !company && words(called) == 1 && called.len() > 1).then_some(plain)
}

/// A name before its defined term: `Elm Row LP ("Elm Row")`.
fn without_aside(name: &str) -> &str {
    match name.split_once('(') {
        Some((before, _)) if before.trim().len() > 2 => before,
        _ => name,
    }
}

/// A conformed name without the state that tells it from others: `ELM ROW CO INC /WI/`.
fn without_state(name: &str) -> &str {
    let trimmed = name.trim_end().trim_end_matches('/');
    match trimmed.rsplit_once('/') {
        Some((before, state)) if (2..=3).contains(&state.trim().len()) && !before.is_empty() => {
            before
        }
        _ => name,
    }
}

/// A name in lower case; dots and apostrophes join letters, every other mark parts words.
fn joined(name: &str) -> String {
    if name.is_ascii() {
        let kept = name.bytes().filter(|b| !matches!(b, b'.' | b'\'' | b'`'));
        return kept.map(|b| char::from(b.to_ascii_lowercase())).collect();
    }
    name.chars()
        .filter(|c| !matches!(c, '.' | '\'' | '\u{2018}' | '\u{2019}' | '`'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn canonical(word: &str) -> &str {
    let spelled = ABBREVIATIONS.iter().find(|(long, _)| *long == word);
    spelled.map_or(word, |(_, short)| short)
}

/// Words with single spaces; `L P` and `L L C` with their letters apart are `lp` and `llc`.
struct Key {
    text: String,
    /// Words of one letter each, in a row.
    run: String,
}

impl Key {
    fn word(&mut self, word: &str) {
        if word.len() == 1 {
            self.run.push_str(word);
        } else if !word.is_empty() {
            self.end_run();
            self.push(word);
        }
    }

    fn end_run(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let run = std::mem::take(&mut self.run);
        if KINDS.contains(&run.as_str()) {
            self.push(&run);
        } else {
            run.split_inclusive(|_| true).for_each(|letter| self.push(letter));
        }
    }

    fn push(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }
}

/// People only: every word of one has its like in the other, but for initials left out.
fn same_person(a: &str, b: &str) -> bool {
    let a: Vec<&str> = a.split(' ').collect();
    let mut rest: Vec<&str> = b.split(' ').collect();
    if a.len() > 6 || rest.len() > 6 || a.iter().chain(&rest).any(|word| KINDS.contains(word)) {
        return false;
    }
    let mut whole = 0;
    let mut unmatched = Vec::new();
    for word in &a {
        match rest.iter().position(|other| other == word) {
            Some(at) => {
                rest.remove(at);
                whole += usize::from(word.len() > 1);
            }
            None => unmatched.push(*word),
        }
    }
    whole >= 2 && unmatched.iter().all(|word| initial_of(word, &mut rest)) && only_initials(&rest)
        || whole >= 2 && rest.is_empty() && only_initials(&unmatched)
}

/// Takes from `rest` the word that `word` abbreviates, or that abbreviates it.
fn initial_of(word: &str, rest: &mut Vec<&str>) -> bool {
    let fits = |other: &&str| {
        (word.len() == 1 || other.len() == 1) && other.chars().next() == word.chars().next()
    };
    match rest.iter().position(fits) {
        Some(at) => {
            rest.remove(at);
            true
        }
        None => false,
    }
}

fn only_initials(words: &[&str]) -> bool {
    words.iter().all(|word| word.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_be_one() {
        for (a, b) in [
            ("Elm Row Dairies, Inc.", "BIRCH HATCH INC"),
            ("Elm Row Capital Group", "BIRCH CAPITAL GROUP"),
            ("The Elm Co. of Oregon", "BIRCH CO OF THE WEST"),
        ] {
            assert!(nothing_in_common(a, b) && nothing_in_common(b, a), "{a}, {b}");
        }
        for (a, b) in [
            ("Elm Row Dairies, Inc.", "ELM HATCH INC"),
            ("Elmrow Inc", "ELM ROW INC"),
            ("Birchwood Ltd", "BIRCHES LTD"),
            ("EBM", "ELM BUSINESS MACHINES CORP"),
            ("E.B.M. Corporation", "ELM BUSINESS MACHINES CORP"),
            ("Inc.", "ELM ROW INC"),
            ("", "ELM ROW INC"),
        ] {
            assert!(!nothing_in_common(a, b) && !nothing_in_common(b, a), "{a}, {b}");
        }
    }

    #[test]
    fn spellings_of_one_name() {
        for (a, b) in [
            ("Elm Row Partners, L.P.", "ELM ROW PARTNERS LP"),
            ("Elm Row Partners L. P.", "Elm Row Partners LP"),
            ("Elm Row Company, Inc.", "ELM ROW CO INC /WI"),
            ("Elm Row, Incorporated", "The Elm Row Inc"),
            ("Elm & Row LLC", "Elm and Row L.L.C."),
            ("Elm Row Financial Corp.", "ELM ROW FINANCIAL CORP /DE/"),
            ("Elm Row Capital LP (\"Elm\")", "Elm Row Capital, LP"),
            ("Jane Q. Roe", "ROE JANE Q"),
            ("Jane Quill Roe", "Roe Jane Q."),
            ("Jane Roe", "ROE JANE Q"),
            ("Jane Q. Roe", "Jane Roe"),
        ] {
            assert!(same_name(a, b), "{a:?} {b:?}: {:?} {:?}", key(a), key(b));
        }
    }

    #[test]
    fn a_kind_may_be_left_out_but_not_changed() {
        assert!(same_name_but_for_kind("The Elm Row Group", "ELM ROW GROUP INC"));
        assert!(same_name_but_for_kind("Elm Row", "Elm Row, Ltd."));
        for (a, b) in [("Elm Row LP", "Elm Row Ltd"), ("Elm Row II", "Elm Row Inc"), ("", "Inc")] {
            assert!(!same_name_but_for_kind(a, b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn words_may_stand_in_any_order_where_that_is_asked() {
        let same_words = |a: &str, b: &str| Spelt::of(a).has_words_of(&Spelt::of(b));
        assert!(same_words("ELM J ROW ASSOCIATES INC", "J. Row Elm Associates, Inc."));
        assert!(same_words("ROW ELM JR", "Elm “Tip” Row, Jr."));
        assert!(!same_words("ELM GROWTH PARTNERS LP", "Elm Growth Partners \"B\" LP"));
        assert!(!same_words("Elm Growth Trust Fund", "Elm Growth Trust “Series A” Fund"));
        assert!(!same_words("Elm LP", "LP Elm"));
        assert!(!same_words("Elm Row Associates Inc", "Elm Row Partners Inc"));
    }

    #[test]
    fn names_that_are_not_one() {
        for (a, b) in [
            ("Elm Row Fund I, LP", "Elm Row Fund II, LP"),
            ("Elm Row Fund, LP", "Elm Row Fund, Ltd."),
            ("Elm Row LP", "Row Elm LP"),
            ("Jane Q. Roe", "Jane R. Roe"),
            ("Jane Roe", "John Roe"),
            ("Jane Roe", "Roe"),
            ("Jane Roe Trust", "Jane Roe"),
            ("", ""),
        ] {
            assert!(!same_name(a, b), "{a:?} {b:?}");
        }
    }
}
