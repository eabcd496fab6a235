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
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

/// The words everything else is said in.
pub mod terms {
    pub mod id;
    pub mod time;
    pub mod quantity;
    pub mod span;
    pub mod trouble;
    pub mod statement;
}

/// Documents become statements, each value with its span.
pub mod reading {
    pub mod read;
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
    mod cusips;
    mod items;
    mod agree;
    mod signatures;
}

/// Statements become events, events become linked entries.
pub mod ledger {
    pub mod event;
}

/// Answers become text and JSON.
pub mod report {
    pub mod json;
}

/// Questions are asked and answered.
pub mod cli {
    pub mod args;
}
