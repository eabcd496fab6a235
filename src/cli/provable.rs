//! The answers that can be proven: made out of any index, and shown as the verbs that give them do.
//! Knows nothing of proofs; where entries and received bytes come from is whoever asks's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::ask::{self, Answer, Resolved, Shown, resolve};
use crate::cli::context::Context;
use crate::cli::group::{show_chains, show_groups, shown_chains, shown_groups};
use crate::cli::history;
use crate::cli::late::Listed;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::person::{heading_of, not_too_many, not_yet, show as show_person};
use crate::cli::words::Received;
use crate::ledger::answer_proof::{Asked, Of};
use crate::report::plain::json_line;
use crate::report::{answers, json, notes, table};
use crate::terms::id::ContentId;
use crate::terms::topic::HolderId;
use crate::view::beside::SaidBeside;
use crate::view::holding::{ClassHoldings, FoldedClass, Holding};
use crate::view::issuer::{Candidate, Index};
use crate::view::person::{self, Wanted};
use crate::view::question::Basis;
use crate::view::timeline::counting;

/// An answer as it goes into a proof, and the received bytes that go with it.
pub struct Told {
    /// The objects that its verb prints with `--json`, a line each.
    pub text: String,
    /// What was asked, answered.
    pub answer: Answered,
    /// The filings that it cites or rests on, with the bytes they were read in (spec, section 22.3,
    /// step 5).
    pub cited: BTreeMap<u64, ContentId>,
    /// Whether what was asked for is found.
    pub found: bool,
}

/// An answer, by its verb.
pub enum Answered {
    /// Who holds what.
    Holders(Box<Answer>),
    /// What changed.
    History(Box<history::Proven>),
    /// Who reports together.
    Group(Box<Answer>),
    /// Which filing amends which.
    Chains(Box<Answer>),
    /// Which filings came late.
    Late(Box<Answer>),
    /// What somebody holds, across issuers; or why it is nothing, on these clocks.
    Person(person::Answer, Basis, Option<String>),
    /// Nobody has the number or whole name asked for.
    Nobody(Basis),
}

/// Makes the answer to a question out of an index, and of received bytes where words are compared.
pub fn tell<I: Index<Error = Failure>, R: Received + ?Sized>(
    index: &I,
    asked: &Asked,
    basis: Basis,
    received: &R,
) -> Result<Told, Failure> {
    if asked.of == Of::Person {
        return of_person(index, &asked.about, basis);
    }
    let answer = match resolve(index, &asked.about, basis)? {
        Resolved::One(answer) => answer,
        Resolved::Nobody => return Ok(Told::nobody(basis)),
        Resolved::Several(_) => {
            let words = format!("expected {:?} to name one issuer, it does not", asked.about);
            return Err(Failure::new(Exit::No, words));
        }
    };
    let holder = asked.holder.as_deref();
    let cited = match asked.of {
        Of::Holders => cited_by(held_by(&answer, holder).iter().flat_map(|class| &class.holders)),
        _ => resting_on(&answer),
    };
    let (objects, found, answer) = match asked.of {
        Of::History => {
            let told = history::Proven::of(&answer, holder, received)?;
            let found = !told.changes().is_empty();
            (vec![told.json()], found, Answered::History(Box::new(told)))
        }
        Of::Group => {
            let (objects, found) = classes(&answer, &shown_groups());
            (objects, found, Answered::Group(answer))
        }
        Of::Chains => {
            let (objects, found) = classes(&answer, &shown_chains());
            (objects, found, Answered::Chains(answer))
        }
        Of::Late => {
            let listed = Listed::of(&answer, false);
            let (object, found) = (listed.json(), !listed.has_late());
            (vec![object], found, Answered::Late(answer))
        }
        Of::Holders | Of::Person => {
            let (objects, found) = holders(&answer, holder);
            (objects, found, Answered::Holders(answer))
        }
    };
    Ok(Told { text: lines(&objects), answer, cited, found })
}

/// The filings that count, on all of which an answer may rest.
fn resting_on(answer: &Answer) -> BTreeMap<u64, ContentId> {
    let filings = counting(&answer.dossier, &answer.basis.question);
    filings.iter().map(|filing| (filing.entry(), filing.filing.content)).collect()
}

fn lines(objects: &[Value]) -> String {
    objects.iter().map(|object| json_line(object) + "\n").collect()
}

fn of_person<I: Index<Error = Failure>>(
    index: &I,
    asked: &str,
    basis: Basis,
) -> Result<Told, Failure> {
    let found = person::find(index, asked, &basis.question, Wanted::Holdings)?;
    not_too_many(&found, asked)?;
    let (found, why) = match found.persons.is_empty() {
        false => (found, None),
        true => match not_yet(index, asked, &basis)? {
            Some((found, why)) => (found, Some(why)),
            None => return Ok(Told::nobody(basis)),
        },
    };
    let object = |one| answers::person(&basis, &found, one);
    let text = lines(&found.persons.iter().map(object).collect::<Vec<_>>());
    let cited = cited_by(held_by_persons(&found));
    let holds = why.is_none();
    Ok(Told { text, answer: Answered::Person(found, basis, why), cited, found: holds })
}

/// What the persons who were meant hold.
pub fn held_by_persons(found: &person::Answer) -> impl Iterator<Item = &Holding> {
    let at = found.persons.iter().flat_map(|one| &one.at);
    at.filter_map(|at| Some((found.person(*at)?.0, at.1))).flat_map(|(issuer, person)| {
        let holders = issuer.classes.iter().flat_map(|class| &class.holders);
        holders.filter(move |one| one.person == person)
    })
}

fn holders(answer: &Answer, holder: Option<&str>) -> (Vec<Value>, bool) {
    let classes = held_by(answer, holder);
    if classes.is_empty() {
        let none = json::no_class(&answer.basis, &answer.issuer, &["holders"]);
        return (vec![none], holder.is_none());
    }
    let found = holder.is_none() || classes.iter().any(|class| !class.holders.is_empty());
    let object = |class| json::holders(&answer.basis, &answer.issuer, class);
    (classes.iter().map(object).collect(), found)
}

fn classes(answer: &Answer, shown: &Shown<FoldedClass>) -> (Vec<Value>, bool) {
    let classes = &answer.fold.classes;
    if classes.is_empty() {
        return (vec![json::no_class(&answer.basis, &answer.issuer, shown.lists)], false);
    }
    let object = |class: &FoldedClass| (shown.json)(&answer.basis, &answer.issuer, class);
    let (untold, _) = shown.untold;
    let found = !classes.iter().all(untold);
    (classes.iter().map(object).collect(), found)
}

/// Who holds what: everybody, or one holder.
pub fn held_by(answer: &Answer, holder: Option<&str>) -> Vec<ClassHoldings> {
    let is_meant = |one: &Holding| {
        holder.is_none_or(|text| {
            let named = one.name.as_ref();
            one.cik.is_some_and(|cik| text.parse() == Ok(cik))
                || named.is_some_and(|name| name.to_lowercase().contains(&text.to_lowercase()))
        })
    };
    let mut classes: Vec<ClassHoldings> =
        answer.fold.classes.iter().map(|class| class.holdings.clone()).collect();
    classes.iter_mut().for_each(|class| class.holders.retain(is_meant));
    classes
}

/// The filings that what is held is cited from.
fn cited_by<'a>(holders: impl Iterator<Item = &'a Holding>) -> BTreeMap<u64, ContentId> {
    let rows = holders.flat_map(|one| one.rows.values());
    let cited = rows.filter(|cited| cited.span().is_some());
    cited.map(|cited| (cited.source.entry, cited.source.content)).collect()
}

impl Told {
    fn nobody(basis: Basis) -> Self {
        let (text, cited) = (String::new(), BTreeMap::new());
        Self { text, answer: Answered::Nobody(basis), cited, found: false }
    }

    /// Whether it names anybody at all.
    pub fn names_somebody(&self) -> bool {
        match &self.answer {
            Answered::Nobody(_) => false,
            Answered::Person(found, ..) => !found.persons.is_empty(),
            _ => true,
        }
    }

    /// What it can be asked for by where it was found by a part of a name; a CUSIP would ask for
    /// one class only.
    pub fn exact_name(&self) -> Option<String> {
        let of_issuer = |issuer: &Candidate| {
            let cik = issuer.cik.map(|cik| cik.to_string());
            cik.or(issuer.name.clone())
        };
        match &self.answer {
            Answered::Holders(answer)
            | Answered::Group(answer)
            | Answered::Chains(answer)
            | Answered::Late(answer) => of_issuer(&answer.issuer),
            Answered::History(told) => of_issuer(told.who()),
            Answered::Nobody(_) => None,
            Answered::Person(found, ..) => {
                let [one] = found.persons.as_slice() else { return None };
                let id = one.ids.iter().find(|id| !matches!(id, HolderId::Name(_)));
                id.or(one.ids.first()).map(|id| match id {
                    HolderId::Cik(cik) => cik.to_string(),
                    HolderId::TaxId(number) => format!("tax:{number}"),
                    HolderId::Name(name) => name.clone(),
                })
            }
        }
    }

    /// Shows it to people, with what it rests on.
    pub fn show<R: Received + ?Sized>(
        &self,
        holder: Option<&str>,
        received: &R,
        cx: &mut Context,
    ) -> Result<(), Failure> {
        let basis = match &self.answer {
            Answered::Holders(answer) => {
                show_holders(answer, holder, cx)?;
                &answer.basis
            }
            Answered::History(told) => {
                told.show(cx)?;
                told.basis()
            }
            Answered::Group(answer) => {
                each_class(answer, cx, |class, cx| show_groups(received, class, cx))?;
                &answer.basis
            }
            Answered::Chains(answer) => {
                each_class(answer, cx, show_chains)?;
                &answer.basis
            }
            Answered::Late(answer) => {
                Listed::of(answer, false).show(
                    &SaidBeside::default(),
                    "no filing came late",
                    cx,
                )?;
                &answer.basis
            }
            Answered::Person(found, basis, None) => {
                let mut persons = found.persons.iter();
                persons.try_for_each(|one| show_person(found, one, basis, cx))?;
                basis
            }
            Answered::Person(found, basis, Some(why)) => {
                let mut persons = found.persons.iter();
                persons.try_for_each(|one| cx.words(heading_of(found, one)))?;
                cx.words(why)?;
                basis
            }
            Answered::Nobody(basis) => {
                cx.line(NOBODY)?;
                basis
            }
        };
        cx.line(notes::basis(basis))
    }
}

fn each_class(
    answer: &Answer,
    cx: &mut Context,
    show: impl Fn(&FoldedClass, &mut Context) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let classes = &answer.fold.classes;
    if classes.is_empty() {
        return nothing(answer, NOTHING_COUNTS, cx);
    }
    ask::heading(&answer.issuer, cx)?;
    for class in classes {
        ask::class_heading(&class.holdings).into_iter().try_for_each(|line| cx.line(line))?;
        show(class, cx)?;
    }
    Ok(())
}

fn nothing(answer: &Answer, why: &str, cx: &mut Context) -> Result<(), Failure> {
    ask::heading(&answer.issuer, cx)?;
    cx.line(why)
}

/// What the proof that nobody is there says.
pub const NOBODY: &str = "nobody: no entry is found under this number or whole name";
const NOTHING_COUNTS: &str = "no filing about it counts on these clocks";

fn show_holders(answer: &Answer, holder: Option<&str>, cx: &mut Context) -> Result<(), Failure> {
    let classes = held_by(answer, holder);
    if classes.is_empty() {
        return nothing(answer, NOTHING_COUNTS, cx);
    }
    ask::heading(&answer.issuer, cx)?;
    for class in &classes {
        ask::class_heading(class).into_iter().try_for_each(|line| cx.line(line))?;
        match class.holders.is_empty() {
            true => cx.line("no such holder")?,
            false => {
                let as_of = answer.basis.question.as_of.0;
                cx.line(table::holders(class, as_of, false, cx.style))?;
            }
        }
    }
    Ok(())
}
