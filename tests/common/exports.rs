//! Exports for tests: in memory, to be read, changed and written to like a folder.
//! Asserts nothing; what should be true of them is the tests' business.
#![allow(dead_code)]

use std::collections::BTreeMap;

use blockholder::ledger::tiles::{add_entry, entries};
use blockholder::store::export::{Done, ExportError, export};
use blockholder::store::export_audit::{Found, Trust, audit};
use blockholder::store::exported::{Files, Outlet};
use blockholder::store::ledger::Ledger;
use blockholder::store::log::StoreError;

/// An export in memory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Held {
    pub files: BTreeMap<String, Vec<u8>>,
    /// How many more files can be written before the disk fails.
    pub room: Option<u64>,
}

impl Held {
    pub fn of(ledger: &Ledger) -> Self {
        let mut held = Self::default();
        held.export(ledger).unwrap();
        held
    }

    pub fn export(&mut self, ledger: &Ledger) -> Result<Done, ExportError> {
        export(ledger, self)
    }

    pub fn audit(&self) -> Found {
        self.audit_with(&Trust::default())
    }

    pub fn audit_with(&self, trust: &Trust) -> Found {
        audit(self, trust, &mut |_, _| ()).unwrap()
    }

    /// The faults, each as `class entry`.
    pub fn faults(&self) -> Vec<(&'static str, Option<u64>)> {
        let faults = self.audit().report.faults;
        faults.iter().map(|fault| (fault.class.as_str(), fault.entry)).collect()
    }

    /// The same with one file changed.
    pub fn with(&self, name: &str, bytes: Vec<u8>) -> Self {
        let mut other = self.clone();
        assert!(other.files.insert(name.to_owned(), bytes).is_some(), "{name}");
        other
    }

    pub fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        assert!(other.files.remove(name).is_some(), "{name}");
        other
    }

    /// The name and entries of the only bundle of a small export.
    pub fn bundle(&self) -> (String, Vec<Vec<u8>>) {
        let mut bundles = self.files.iter().filter(|(name, _)| name.starts_with("tile/entries/"));
        let (name, bytes) = bundles.next().unwrap();
        assert!(bundles.next().is_none());
        (name.clone(), entries(bytes).0.into_iter().map(<[u8]>::to_vec).collect())
    }

    /// The same with other entries in the only bundle.
    pub fn with_entries(&self, entries: &[Vec<u8>]) -> Self {
        self.with(&self.bundle().0, packed(entries))
    }

    pub fn write_to(&self, dir: &std::path::Path) {
        for (name, bytes) in &self.files {
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// A bundle of entries.
pub fn packed(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    entries.iter().for_each(|entry| assert!(add_entry(&mut bytes, entry)));
    bytes
}

impl Files for Held {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.files.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.files.get(name).cloned())
    }
}

impl Outlet for Held {
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        if self.files.get(name).is_some_and(|held| held == bytes) {
            return Ok(false);
        }
        match &mut self.room {
            Some(0) => return Err(StoreError::Poisoned),
            Some(room) => *room -= 1,
            None => {}
        }
        self.files.insert(name.to_owned(), bytes.to_vec());
        Ok(true)
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        match &mut self.room {
            Some(0) => return Err(StoreError::Poisoned),
            Some(room) => *room -= 1,
            None => {}
        }
        self.files.remove(name);
        Ok(())
    }
}
