//! `blockholder`: an event-sourced ledger of beneficial ownership.
//!
//! This file is the map. A filing flows one way, from bytes to answer, through the folders in the
//! order below; a folder may use those its line names and no others. `tests/architecture.rs` keeps
//! the arrows.
//!
//! | folder | what happens there | may use |
//! |---|---|---|
//! | `terms` | the words everything else is said in | nothing |
//! | `filing` | received bytes are cut into header and documents | `terms` |
//! | `reading` | documents become statements, each value with its span | `terms`, `filing` |
//! | `ledger` | statements become events, events become linked entries | `terms` |
//! | `store` | entries and received bytes are kept | `terms`, `ledger` |
//! | `view` | entries are folded into who holds what | `terms`, `ledger::event` |
//! | `report` | answers become text and JSON | `terms`, `view`, `ledger::event` |
//! | `cli` | questions are asked and answered | all |
//!
//! The whole way, from bytes to a cited answer:
//!
//! ```
//! use blockholder::ledger::admit::{Decision, Known, admit};
//! use blockholder::ledger::event::{Event, FilingRecorded, Supplied};
//! use blockholder::reading::read::{READER_VERSION, read};
//! use blockholder::report::cite;
//! use blockholder::store::log::{Draft, Log, Memory};
//! use blockholder::terms::id::ContentId;
//! use blockholder::terms::time::{AsOf, KnownAt, LedgerSize, RecordedAt};
//! use blockholder::terms::trouble::FieldName;
//! use blockholder::view::fold::fold;
//! use blockholder::view::question::Question;
//! use blockholder::view::timeline::{Dossier, Recorded};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Bytes are read: every value with the place it was read from.
//! let received = std::fs::read("examples/wynnefield-13da-2-2008.txt")?;
//! let reading = read(&received);
//! assert_eq!(reading.holders.len(), 7);
//!
//! // The reading becomes an event, the event an entry.
//! let filing = FilingRecorded {
//!     content: ContentId(*blake3::hash(&received).as_bytes()),
//!     content_len: received.len() as u64,
//!     source: "wynnefield-13da-2-2008.txt".into(),
//!     reader: READER_VERSION,
//!     supplied: Supplied::default(),
//!     continued: 0,
//!     reading,
//! };
//! let Decision::Created(events) = admit(filing, &Known::default())? else { panic!("not new") };
//! let mut log = Memory::init("example/doc", RecordedAt(1))?;
//! let receipts = log.append(RecordedAt(2), vec![Draft { events, received: Some(received) }])?;
//!
//! // Entries are folded into who holds what.
//! let entry = log.entry(receipts[0][0].sequence)?;
//! let Event::FilingRecorded(filing) = entry.open()? else { panic!("no filing") };
//! let content = filing.content;
//! let (hash, recorded_at) = (entry.hash(), entry.envelope.recorded_at);
//! let recorded = Recorded { entry: entry.sequence(), hash, recorded_at, filing: *filing };
//! let dossier = Dossier::new(vec![recorded], Vec::new());
//! let day = "2008-12-31".parse()?;
//! let question = Question {
//!     as_of: AsOf(day),
//!     known_at: KnownAt(day.end_eastern()),
//!     at: LedgerSize(log.size()),
//! };
//! let classes = fold(&dossier, &question).classes;
//! let obus = &classes[0].holdings.holders[5];
//! let aggregate = obus.rows.get(&FieldName::Aggregate).unwrap();
//! assert_eq!(aggregate.value.as_ref().unwrap().to_string(), "3731323");
//!
//! // And the answer is opened at the very bytes that say so.
//! let cited = cite::cut(&log.blob(content)?, aggregate.span().unwrap()).unwrap();
//! assert_eq!((cited.line, cited.text.as_str()), (472, "3,731,323"));
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice))]

/// The words everything else is said in.
pub mod terms {
    pub mod id;
    pub mod time;
    pub mod calendar;
    pub mod name;
    pub mod topic;
    pub mod quantity;
    pub mod span;
    pub mod trouble;
    pub mod statement;
}

/// Received bytes are cut into header and documents.
pub mod filing {
    pub mod charset;
    pub mod envelope;
    pub mod header;
    pub mod listing;
}

/// Documents become statements, each value with its span.
pub mod reading {
    pub mod read;
    mod filers;
    pub mod kind;
    pub mod xml_scan;
    pub mod xml_value;
    pub mod xml_element;
    pub mod xml_fill;
    pub mod xml;
    pub mod legacy;
    mod text;
    mod places;
    mod placed;
    mod html_boxes;
    mod html_entities;
    mod html_tags;
    mod html_fonts;
    mod html;
    mod labels;
    mod instructions;
    mod misspelt;
    mod lexeme;
    mod continental;
    mod dates;
    mod pages;
    mod of_persons;
    mod page_headings;
    mod page_feet;
    mod frames;
    mod symbol_letters;
    mod numbered;
    mod numbering;
    mod numbers_after;
    mod split_cells;
    mod struck;
    mod abreast;
    mod columns;
    mod tables;
    mod typed_tables;
    mod worded_tables;
    mod two_lists;
    mod retold;
    mod copied;
    mod lettered;
    mod cells;
    mod candidates;
    mod rows;
    mod group_box;
    mod percent;
    mod addresses;
    mod names;
    mod name_question;
    mod citizenship;
    mod row_cells;
    mod holders;
    mod redlined;
    mod uncovered;
    mod parts;
    mod title_sides;
    mod title;
    mod title_form;
    mod title_captions;
    mod cusips;
    mod items;
    mod agree;
    mod words;
    mod amounts;
    mod signers;
    mod side_by_side;
    mod signature_lines;
    mod capacities;
    mod behalf;
    mod signatures;
    mod earlier;
    mod exhibit_list;
    mod exhibits;
    pub mod outstanding;
    pub mod alone;
    pub mod arithmetic;
    pub mod checks;
}

/// Statements become events, events become linked entries.
pub mod ledger {
    pub mod event_kind;
    pub mod event;
    pub mod topics;
    pub mod codec;
    pub mod admit;
    pub mod chain;
    pub mod references;
    pub mod audit;
    pub mod merkle;
    pub mod proof;
    pub mod multiproof;
    pub mod armor;
    pub mod key;
    pub mod note;
    pub mod checkpoint;
    pub mod policy;
    pub mod tlog_proof;
    pub mod rotation;
    pub mod consistency_proof;
    pub mod seal;
    pub mod answer_proof;
    pub mod tiles;
    pub mod tree_audit;
}

/// Entries and received bytes are kept.
pub mod store {
    pub mod draft;
    pub mod log;
    mod cores;
    mod framed;
    pub mod batch;
    pub mod layout;
    pub mod lock;
    pub mod disk;
    pub mod regular;
    pub mod segment;
    pub mod secret;
    pub mod checkpoints;
    pub mod rotations;
    pub mod anchors;
    pub mod tree;
    pub mod commit;
    pub mod journal;
    pub mod packed;
    pub mod found;
    mod waiting;
    pub mod sled;
    mod digests;
    mod index_meta;
    pub mod index;
    mod index_signed;
    pub mod index_asked;
    pub mod kept;
    pub mod survey;
    pub mod notice;
    mod writer;
    pub mod ledger;
    mod ledger_log;
    pub mod rotate;
    pub mod opening;
    mod acknowledge;
    pub mod compare;
    mod lots;
    pub mod unpack;
    mod readings;
    pub mod audit;
    mod audit_entries;
    mod audit_bytes;
    pub mod audit_kept;
    mod audit_checkpoints;
    mod audit_index;
    mod audit_keys;
    mod audit_since;
    mod vouched;
    pub mod recover;
    pub mod exported;
    pub mod export;
    pub mod export_audit;
    mod export_bytes;
    pub mod export_since;
    pub mod import;
    mod given;
    pub mod tamper;
}

/// Entries are folded into who holds what.
pub mod view {
    pub mod question;
    pub mod correct;
    pub mod status;
    pub mod timeline;
    pub mod codes;
    pub mod row;
    pub mod identity;
    pub mod persons;
    mod par_value;
    mod title;
    pub mod class;
    mod classing;
    pub mod uncovered;
    mod printed;
    pub mod chain;
    pub mod life;
    pub mod decision;
    pub mod crossing;
    pub mod history;
    pub mod noted;
    pub mod said;
    mod cover;
    mod switch;
    pub mod holding;
    pub mod fold;
    pub mod total;
    pub mod effect;
    pub mod group;
    pub mod duty;
    mod due_beside;
    pub mod due_early;
    pub mod due;
    pub mod diff;
    pub mod person;
    pub mod issuer;
    pub mod others;
    pub mod beside;
    pub mod strand;
    pub mod projection;
    pub mod bytes;
    pub mod projection_bytes;
    pub mod projected;
    mod projected_filings;
    mod projected_parts;
}

/// Answers become text and JSON.
pub mod report {
    pub mod plain;
    pub mod cite;
    pub mod notes;
    pub mod table;
    pub mod reading;
    pub mod json;
    pub mod sheet;
    pub mod answers;
    pub mod difference;
    pub mod events;
}

/// Questions are asked and answered.
pub mod cli {
    pub mod args;
    pub mod questions;
    pub mod outcome;
    pub mod context;
    pub mod limits;
    pub mod tally;
    pub mod files;
    pub mod unpack;
    pub mod tarball;
    pub mod zipped;
    pub mod manifest;
    pub mod supplied;
    pub mod pipeline;
    pub mod progress;
    pub mod append;
    pub mod gaps;
    pub mod read;
    pub mod keep;
    pub mod ask;
    pub mod words;
    pub mod every;
    pub mod since;
    pub mod holders;
    pub mod history;
    pub mod person;
    pub mod group;
    pub mod late;
    pub mod diff;
    pub mod correct;
    pub mod decide;
    pub mod classes;
    pub mod reread;
    pub mod redact;
    pub mod cite;
    pub mod received;
    pub mod issuers;
    pub mod log;
    pub mod verify;
    pub mod recover;
    pub mod seal;
    pub mod provable;
    pub mod answer_proof;
    pub mod prove;
    pub mod written;
    pub mod key;
    pub mod witness;
    pub mod anchor;
    pub mod export;
    pub mod selftest;
    pub mod demo;
    pub mod run;
}
