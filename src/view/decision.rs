//! What was decided about filings, holders and classes, as one line of words.
//! Decides nothing, and shows no text that was not made safe by whoever prints it.

use crate::ledger::event::{
    Because, ClassChange, ClassKey, Event, FilingDecided, HolderKey, HoldersDecided, Said,
};
use crate::terms::topic::HolderId;

/// What an event is about, in words; empty for those that are about a filing's own bytes.
pub fn words(event: &Event) -> String {
    match event {
        Event::FilingReread(again) => {
            format!("filing of entry {}, by reader {}", again.filing.entry, again.reader)
        }
        Event::FilingCorrected(c) => {
            let whose = c.holder.map_or(String::new(), |at| format!(" of holder {at}"));
            let (old, new) = (said(&c.old), said(&c.new));
            let entry = c.filing.entry;
            format!("entry {entry}, {}{whose} from {old} to {new}{}", c.field, why(&c.because))
        }
        Event::FilingUncorrected(back) => {
            let (entry, correction) = (back.filing.entry, back.correction);
            format!("entry {entry}, not as entry {correction} says{}", why(&back.because))
        }
        Event::FilingWithdrawn(decided)
        | Event::FilingReinstated(decided)
        | Event::ChainSplit(decided)
        | Event::ContentRedacted(decided) => filing(decided),
        Event::HoldersLinked(pair) => pair_words(pair, "is"),
        Event::HoldersUnlinked(pair) => pair_words(pair, "is not"),
        Event::ClassSizeReported(size) => {
            let (class, since) = (class(&size.class), size.since);
            format!("{class} has {} since {since}, says {}", size.shares, size.source)
        }
        Event::ClassChanged(changed) => {
            let what = match &changed.change {
                ClassChange::Split { new, old } => format!("{new} for {old}"),
                ClassChange::Cusip(cusip) => format!("CUSIP is now {cusip}"),
                ClassChange::Title(title) => format!("title is now {title}"),
            };
            let (class, since) = (class(&changed.class), changed.since);
            format!("{class}: {what} since {since}, says {}", changed.source)
        }
        Event::ClassRetracted(back) => {
            let (class, entry) = (class(&back.class), back.entry);
            format!("{class}: not as entry {entry} says{}", why(&back.because))
        }
        Event::ChainJoined(joined) => {
            let (entry, with) = (joined.filing.entry, joined.with.entry);
            format!("entry {entry} with entry {with}{}", why(&joined.because))
        }
        Event::FilingSkipped(skipped) => format!("{}{}", skipped.accession, why(&skipped.because)),
        Event::TopicsSealed(seal) => {
            format!("{} topics of entries {} to {}", seal.topics, seal.from, seal.size)
        }
        Event::KeyRotated(rotated) => {
            format!("now signed by {}{}", rotated.new, why(&rotated.because))
        }
        _ => String::new(),
    }
}

fn filing(decided: &FilingDecided) -> String {
    format!("entry {}{}", decided.filing.entry, why(&decided.because))
}

fn why(because: &Because) -> String {
    format!(": {} ({})", because.reason, because.who)
}

fn pair_words(pair: &HoldersDecided, verb: &str) -> String {
    format!("{} {verb} {}{}", holder(&pair.a), holder(&pair.b), why(&pair.because))
}

/// A holder's number or name, with what it is.
pub fn holder(key: &HolderKey) -> String {
    let id = match &key.id {
        HolderId::Cik(cik) => format!("CIK {cik}"),
        HolderId::TaxId(id) => format!("tax number {id}"),
        HolderId::Name(name) => name.clone(),
    };
    key.issuer.map_or(id.clone(), |issuer| format!("{id} (issuer {issuer})"))
}

/// A class by what it is called.
pub fn class(key: &ClassKey) -> String {
    let cusip = key.cusip.as_ref().map(|cusip| format!("CUSIP {cusip}"));
    let issuer = key.issuer.map(|cik| format!("issuer {cik}"));
    let said = [cusip, issuer, key.title.clone()].into_iter().flatten();
    said.collect::<Vec<_>>().join(", ")
}

/// What a field says, in words.
pub fn said(said: &Said) -> &str {
    match said {
        Said::Nothing => "nothing",
        Said::Unreadable => "something unreadable",
        Said::Stated(text) => text,
    }
}
