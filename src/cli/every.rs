//! Answers about every issuer of a ledger, one after the other, where one answers about one alone.
//! Decides nothing about what filings mean, and folds each issuer as it is folded alone.

use std::collections::BTreeSet;

use crate::cli::ask::{
    Answer, Asked, LogIndex, Shown, answer, begin, each_of, entered, show_class,
};
use crate::cli::context::Context;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::AskArgs;
use crate::report::notes;
use crate::report::sheet::Sheet;
use crate::store::log::Log;
use crate::terms::id::Cik;
use crate::terms::topic::Topic;
use crate::view::beside::SaidBeside;
use crate::view::fold::fold;
use crate::view::holding::FoldedClass;
use crate::view::issuer::{Candidate, Entered, Index, gather, issuers_of};
use crate::view::question::Basis;
use crate::view::timeline::Dossier;

/// Why nothing is shown of any issuer.
pub const NONE_COUNTING: &str = "no filing counts on these clocks";

/// An issuer that comes next.
pub enum Next {
    /// By its CIK: whoever can answer about it so says on which entries that rests.
    Cik(Cik),
    /// With everything recorded about it.
    Gathered(Candidate, Dossier),
}

/// Hands over every issuer: those with a CIK by that, then those whose filings have none in the
/// order of their first filings.
pub fn each_next(
    log: &dyn Log,
    basis: &Basis,
    take: &mut dyn FnMut(Next) -> Result<Option<BTreeSet<u64>>, Failure>,
) -> Result<(), Failure> {
    let size = basis.question.at.0;
    let index = LogIndex { log, size };
    let mut entries = BTreeSet::new();
    let ciks = log.topics()?.into_iter().filter_map(|(topic, _)| match topic {
        Topic::Cik(cik) => Some(cik),
        _ => None,
    });
    for cik in ciks {
        if let Some(told) = take(Next::Cik(cik))? {
            entries.extend(told);
            continue;
        }
        // All that is found under it, as for whoever asks for it alone. Of others that are found
        // with it this may not be all: their turn comes.
        let under = index.entries_under(&Topic::Cik(cik))?.into_iter().collect();
        let found = gather(&index, under)?;
        if let Some((issuer, dossier)) = found.into_iter().find(|(who, _)| who.cik == Some(cik)) {
            entries.extend(dossier.filings.iter().map(|filing| filing.entry));
            take(Next::Gathered(issuer, dossier))?;
        }
    }
    for entry in 0..size {
        if entries.contains(&entry) || !matches!(entered(log, entry)?, Entered::Filing(_)) {
            continue;
        }
        for (issuer, dossier) in issuers_of(&index, entry)? {
            entries.extend(dossier.filings.iter().map(|filing| filing.entry));
            take(Next::Gathered(issuer, dossier))?;
        }
    }
    Ok(())
}

/// Hands over every issuer of which a filing counts, or of which anything is told, folded.
pub fn each_issuer(
    log: &dyn Log,
    basis: &Basis,
    take: &mut dyn FnMut(Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    each_issuer_but(log, basis, &mut |_| Ok(None), take)
}

/// As [`each_issuer`], but for those with a CIK that are passed over, on the entries returned.
pub fn each_issuer_but(
    log: &dyn Log,
    basis: &Basis,
    pass: &mut dyn FnMut(Cik) -> Result<Option<BTreeSet<u64>>, Failure>,
    take: &mut dyn FnMut(Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    each_next(log, basis, &mut |next| {
        let (issuer, dossier) = match next {
            Next::Cik(cik) => return pass(cik),
            Next::Gathered(issuer, dossier) => (issuer, dossier),
        };
        let issuer = issuer.known_then(&dossier, &basis.question);
        let fold = fold(&dossier, &basis.question);
        // Of an issuer whose filings are all withdrawn there is history alone.
        if !fold.classes.is_empty() || !fold.changes.is_empty() {
            take(Answer { basis: *basis, issuer, dossier, fold })?;
        }
        Ok(None)
    })
}

/// Shows each class of the issuer asked for, or of every issuer.
pub fn each_class(
    log: &dyn Log,
    args: &AskArgs,
    shown: &Shown<FoldedClass>,
    cx: &mut Context,
    show: impl Fn(&Basis, &FoldedClass, &mut Context) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    if let Some(issuer) = &args.issuer {
        let Some(answer) = answer(log, issuer, args.clocks, cx)? else { return Ok(Exit::No) };
        let asked = Asked { log, words: issuer, others: answer.others(log)? };
        let classes: Vec<&FoldedClass> = answer.fold.classes.iter().collect();
        return each_of(&asked, &answer.basis, &answer.issuer, &classes, shown, cx, show);
    }
    let basis = begin(log, args.clocks, cx)?;
    let mut all = All::begin(basis, shown.sheet, cx)?;
    let beside = SaidBeside::default();
    each_issuer(log, &basis, &mut |answer| {
        for class in &answer.fold.classes {
            all.next(cx)?;
            show_class(&basis, &answer.issuer, (class, &beside), shown, cx, &show)?;
        }
        Ok(())
    })?;
    all.end(NONE_COUNTING, cx)
}

/// What is shown of every issuer, piece by piece, and at its end what it rests on.
pub struct All {
    basis: Basis,
    shown: u64,
}

impl All {
    /// Begins: a sheet has its columns even where nothing is shown.
    pub fn begin(basis: Basis, sheet: &Sheet, cx: &mut Context) -> Result<Self, Failure> {
        cx.header(sheet)?;
        Ok(Self { basis, shown: 0 })
    }

    /// Before each piece.
    pub fn next(&mut self, cx: &mut Context) -> Result<(), Failure> {
        let first = self.shown == 0;
        self.shown += 1;
        if first || cx.for_programs() { Ok(()) } else { cx.line("") }
    }

    /// Ends; where nothing was shown the answer is no, and `why` says why.
    pub fn end(self, why: &str, cx: &mut Context) -> Result<Exit, Failure> {
        let none = self.shown == 0;
        match cx.for_programs() {
            true if none => cx.notice(why)?,
            true => {}
            false => {
                cx.words(if none { why } else { "" })?;
                cx.words(notes::basis(&self.basis))?;
            }
        }
        Ok(if none { Exit::No } else { Exit::Yes })
    }
}
