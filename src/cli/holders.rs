//! `holders`: who holds what, of one issuer or of every one.
//! Decides nothing; `view` does.

use crate::cli::ask::{Asked, Shown, begin, each_of, holdings, show_class};
use crate::cli::context::Context;
use crate::cli::every::{All, NONE_COUNTING, Next, each_next};
use crate::cli::keep;
use crate::cli::outcome::{Exit, Failure};
use crate::cli::questions::{AskArgs, Clocks, HoldersArgs};
use crate::report::{json, sheet, table};
use crate::store::log::Log;
use crate::view::beside::SaidBeside;
use crate::view::fold::fold;
use crate::view::holding::ClassHoldings;
use crate::view::projected::Held;
use crate::view::question::Basis;

/// What is said where filings count and none of them names a holder.
pub const NOBODY: &str = "no holder can be read in the filings that count; `blockholder chains` \
    lists them with their troubles";

/// Shows who holds what.
pub fn holders(log: &dyn Log, args: &HoldersArgs, cx: &mut Context) -> Result<Exit, Failure> {
    let show = |basis: &Basis, class: &ClassHoldings, cx: &mut Context| {
        cx.line(table::holders(class, basis.question.as_of.0, args.adjust, cx.style))
    };
    let AskArgs { issuer, clocks, .. } = &args.ask;
    let untold = (|class: &ClassHoldings| class.holders.is_empty()) as fn(&_) -> bool;
    let shown = Shown {
        sheet: &sheet::HOLDERS,
        json: json::holders,
        lists: &["holders"],
        untold: (untold, NOBODY),
        accessions: ClassHoldings::accessions,
    };
    let Some(issuer) = issuer else { return every(log, *clocks, &shown, cx, show) };
    let Some(answer) = holdings(log, issuer, *clocks, cx)? else { return Ok(Exit::No) };
    let classes: Vec<_> = answer.classes.iter().collect();
    let asked = Asked { log, words: issuer, others: answer.others(log)? };
    each_of(&asked, &answer.basis, &answer.issuer, &classes, &shown, cx, show)
}

/// Shows who holds what of every issuer: out of what is kept where it can be, else folded.
fn every(
    log: &dyn Log,
    clocks: Clocks,
    shown: &Shown<ClassHoldings>,
    cx: &mut Context,
    show: impl Fn(&Basis, &ClassHoldings, &mut Context) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let basis = begin(log, clocks, cx)?;
    let mut all = All::begin(basis, shown.sheet, cx)?;
    let beside = SaidBeside::default();
    each_next(log, &basis, &mut |next| {
        let (issuer, classes, entries) = match next {
            Next::Cik(cik) => match keep::held_of(log, cik, &basis.question)? {
                Some((Held { issuer, classes, .. }, entries)) => (issuer, classes, Some(entries)),
                None => return Ok(None),
            },
            Next::Gathered(issuer, dossier) => {
                let issuer = issuer.known_then(&dossier, &basis.question);
                let classes = fold(&dossier, &basis.question).classes;
                (issuer, classes.into_iter().map(|class| class.holdings).collect(), None)
            }
        };
        for class in &classes {
            all.next(cx)?;
            show_class(&basis, &issuer, (class, &beside), shown, cx, &show)?;
        }
        Ok(entries)
    })?;
    all.end(NONE_COUNTING, cx)
}
