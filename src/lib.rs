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
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice))]

/// The words everything else is said in.
pub mod terms {
    pub mod id;
    pub mod time;
    pub mod name;
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
}

/// Documents become statements, each value with its span.
pub mod reading {
    pub mod read;
    pub mod kind;
    pub mod xml_scan;
    pub mod xml_value;
    pub mod xml_element;
    pub mod xml_fill;
    pub mod xml;
    pub mod legacy;
    mod text;
    mod html;
    mod labels;
    mod lexeme;
    mod pages;
    mod cells;
    mod rows;
    mod names;
    mod holders;
    mod parts;
    mod title;
    mod items;
    mod signatures;
    pub mod outstanding;
    pub mod arithmetic;
    pub mod checks;
}

/// Statements become events, events become linked entries.
pub mod ledger {
    pub mod event;
    pub mod codec;
    pub mod admit;
    pub mod chain;
    pub mod audit;
    pub mod merkle;
    pub mod proof;
    pub mod armor;
    pub mod key;
    pub mod note;
    pub mod checkpoint;
    pub mod policy;
    pub mod tlog_proof;
    pub mod tiles;
    pub mod tree_audit;
}

/// Entries and received bytes are kept.
pub mod store {
    pub mod log;
    pub mod batch;
    pub mod layout;
    pub mod lock;
    pub mod disk;
    pub mod segment;
    pub mod secret;
    pub mod checkpoints;
    pub mod tree;
    pub mod journal;
    pub mod sled;
    pub mod survey;
    pub mod ledger;
    pub mod opening;
    pub mod compare;
    pub mod audit;
    mod vouched;
    pub mod recover;
}

/// Entries are folded into who holds what.
pub mod view {
    pub mod question;
    pub mod timeline;
    pub mod row;
    pub mod life;
    pub mod history;
    pub mod holding;
    pub mod issuer;
}

/// Answers become text and JSON.
pub mod report {
    pub mod plain;
    pub mod cite;
    pub mod table;
    pub mod reading;
    pub mod json;
}

/// Questions are asked and answered.
pub mod cli {
    pub mod args;
    pub mod outcome;
    pub mod context;
    pub mod files;
    pub mod manifest;
    pub mod append;
    pub mod read;
    pub mod ask;
    pub mod cite;
    pub mod log;
    pub mod verify;
    pub mod demo;
    pub mod run;
}
