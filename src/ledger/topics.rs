//! Under what an event is found again, and the bytes of what it is found under.
//! Knows nothing of indexes: they keep what is said here.

use crate::ledger::event::{ClassKey, Event, FilingCorrected, FilingRecorded, Said};
use crate::terms::id::{Cusip, TopicId};
use crate::terms::span::Field;
use crate::terms::statement::{Holder, Reading};
use crate::terms::topic::{HolderId, Topic};
use crate::terms::trouble::FieldName;

const TOPIC_CONTEXT: &str = "blockholder v1 topic";

/// What concerns the ledger itself is found where nothing else is: under the filing of entry 0,
/// which records none.
pub const OF_THE_LEDGER: Topic = Topic::Filing(0);

/// The bytes of a topic, which stand for it in keys (spec, section 11).
pub fn key(topic: &Topic) -> Vec<u8> {
    let number = |tag: u8, number: u64| [&[tag], number.to_be_bytes().as_slice()].concat();
    let text = |tag: u8, text: &str| [&[tag], text.as_bytes(), &[0]].concat();
    let holder = |tag: u8, id: &HolderId| match id {
        HolderId::Cik(cik) => number(tag, cik.number()),
        HolderId::TaxId(id) => text(tag + 1, id),
        HolderId::Name(name) => text(tag + 2, name),
    };
    match topic {
        Topic::Cik(cik) => number(1, cik.number()),
        Topic::Cusip(cusip) => text(2, cusip.as_str()),
        Topic::Name(name) => text(3, name),
        Topic::Filing(entry) => number(4, *entry),
        Topic::Skipped(accession) => number(5, u64::from(*accession)),
        Topic::Holder(id) => holder(6, id),
        Topic::Linked(id) => holder(9, id),
    }
}

/// What stands for a topic in seals (spec, section 23.1).
pub fn id(topic: &Topic) -> TopicId {
    TopicId(blake3::derive_key(TOPIC_CONTEXT, &key(topic)))
}

impl Event {
    /// What it is found under.
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics = match self {
            Event::FilingRecorded(filing) => filing.topics(),
            Event::FilingContinued(rest) => of_holders(&rest.holders),
            Event::FilingReread(again) => of_reading(&again.reading),
            Event::FilingCorrected(corrected) => corrected.topics(),
            Event::HoldersLinked(pair) | Event::HoldersUnlinked(pair) => {
                vec![Topic::Linked(pair.a.id.clone()), Topic::Linked(pair.b.id.clone())]
            }
            Event::ClassSizeReported(_) | Event::ClassChanged(_) => {
                let class = self.class().into_iter();
                class.flat_map(|(class, cusip)| of_class(class, cusip)).collect()
            }
            Event::ClassRetracted(back) => of_class(&back.class, back.cusip.as_ref()),
            Event::ChainJoined(joined) => vec![Topic::Filing(joined.with.entry)],
            Event::FilingSkipped(skipped) => vec![Topic::Skipped(skipped.accession)],
            Event::TopicsSealed(_) | Event::KeyRotated(_) | Event::ContentRedacted(_) => {
                vec![OF_THE_LEDGER]
            }
            _ => Vec::new(),
        };
        topics.extend(self.filing().map(|filing| Topic::Filing(filing.entry)));
        topics.sort();
        topics.dedup();
        topics
    }
}

fn of_holders(holders: &[Holder]) -> Vec<Topic> {
    let ids = holders.iter().flat_map(|holder| {
        let cik = holder.cik.value().copied().map(HolderId::Cik);
        let tax_id = holder.tax_id.value().and_then(|text| HolderId::of_tax_id(text));
        let name = holder.name.value().and_then(|text| HolderId::of_name(text));
        [cik, tax_id, name]
    });
    ids.flatten().map(Topic::Holder).collect()
}

fn of_reading(reading: &Reading) -> Vec<Topic> {
    let mut topics = of_holders(&reading.holders);
    topics.extend(reading.issuer.cik.value().copied().map(Topic::Cik));
    topics.extend(reading.cusips.iter().filter_map(Field::value).cloned().map(Topic::Cusip));
    topics.extend(reading.issuer.name.value().map(|name| Topic::name(name)));
    // A holder's CIK often stands in the header alone.
    for party in &reading.filed_by {
        topics.extend(party.cik.value().copied().map(HolderId::Cik).map(Topic::Holder));
        let tax_id = party.tax_id.value().and_then(|text| HolderId::of_tax_id(text));
        topics.extend(tax_id.map(Topic::Holder));
    }
    topics
}

impl FilingRecorded {
    fn topics(&self) -> Vec<Topic> {
        let mut topics = of_reading(&self.reading);
        topics.extend(self.issuer_cik().map(Topic::Cik));
        topics.extend(self.supplied.issuer_name.as_ref().map(|name| Topic::name(name)));
        topics.extend(self.supplied.filer_cik.map(HolderId::Cik).map(Topic::Holder));
        topics
    }
}

impl FilingCorrected {
    /// What a corrected name or number is found under from now on.
    fn topics(&self) -> Vec<Topic> {
        let Said::Stated(text) = &self.new else { return Vec::new() };
        let cusips = || text.split_whitespace().filter_map(|one| one.parse().ok());
        let topic = match self.field {
            FieldName::IssuerCik => text.parse().ok().map(Topic::Cik),
            FieldName::IssuerName => Some(Topic::name(text)),
            FieldName::Cusips => return cusips().map(Topic::Cusip).collect(),
            FieldName::Cik => text.parse().ok().map(HolderId::Cik).map(Topic::Holder),
            FieldName::TaxId => HolderId::of_tax_id(text).map(Topic::Holder),
            FieldName::Name => HolderId::of_name(text).map(Topic::Holder),
            _ => None,
        };
        topic.into_iter().collect()
    }
}

/// A class, and the CUSIP it got.
fn of_class(class: &ClassKey, cusip: Option<&Cusip>) -> Vec<Topic> {
    let cik = class.issuer.map(Topic::Cik);
    let cusips = class.cusip.iter().chain(cusip).cloned().map(Topic::Cusip);
    cik.into_iter().chain(cusips).collect()
}
