//! The same filings in SQLite, as one would keep them there: entries, received bytes, and a row for
//! each holder of each filing on two clocks. Chains nothing, signs nothing, folds nothing.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::questions::Asked;

/// What one holder says in one filing.
pub struct Row {
    pub issuer: i64,
    pub cusip: String,
    pub holder: String,
    pub as_of: String,
    pub known_at: String,
    pub sequence: i64,
    pub sole_voting: String,
    pub shared_voting: String,
    pub aggregate: String,
    pub percent: String,
}

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS entries (sequence INTEGER PRIMARY KEY, event BLOB);
    CREATE TABLE IF NOT EXISTS received (content BLOB PRIMARY KEY, bytes BLOB);
    CREATE TABLE IF NOT EXISTS holders (
        issuer INTEGER, cusip TEXT, holder TEXT, as_of TEXT, known_at TEXT, sequence INTEGER,
        sole_voting TEXT, shared_voting TEXT, aggregate TEXT, percent TEXT);
    CREATE INDEX IF NOT EXISTS by_issuer ON holders (issuer, cusip, holder, as_of, known_at);
    CREATE INDEX IF NOT EXISTS by_holder ON holders (holder);
";

/// The last row of each holder that counts on both clocks.
const AS_OF: &str = "
    SELECT cusip, holder, aggregate, percent, sequence FROM (
        SELECT *, ROW_NUMBER() OVER (
            PARTITION BY cusip, holder ORDER BY as_of DESC, known_at DESC) AS nth
        FROM holders WHERE issuer = ?1 AND as_of <= ?2 AND known_at <= ?3)
    WHERE nth = 1";

/// A database, open.
pub struct Database(Connection);

impl Database {
    /// A new one.
    pub fn new(at: &Path) -> Self {
        let database = Self(Connection::open(at).unwrap());
        database.0.execute_batch(SCHEMA).unwrap();
        database
    }

    /// One that is there.
    pub fn open(at: &Path) -> Self {
        Self(Connection::open(at).unwrap())
    }

    /// Takes in a batch of filings, in one durable transaction.
    pub fn append<'a>(
        &mut self,
        filings: impl Iterator<Item = (&'a [Vec<u8>], &'a [u8], &'a [Row])>,
    ) {
        let batch = self.0.transaction().unwrap();
        for (events, received, rows) in filings {
            for event in events {
                let mut insert =
                    batch.prepare_cached("INSERT INTO entries (event) VALUES (?1)").unwrap();
                insert.execute(params![event]).unwrap();
            }
            let content = blake3::hash(received);
            let mut insert = batch.prepare_cached("INSERT INTO received VALUES (?1, ?2)").unwrap();
            insert.execute(params![content.as_bytes(), received]).unwrap();
            drop(insert);
            insert_rows(&batch, rows);
        }
        batch.commit().unwrap();
    }

    /// Takes in rows alone.
    pub fn append_rows(&mut self, rows: &[Row]) {
        let batch = self.0.transaction().unwrap();
        insert_rows(&batch, rows);
        batch.commit().unwrap();
    }

    /// Closes it; what is in its log goes into its file.
    pub fn close(self) {
        self.0.close().unwrap();
    }

    /// How many holders of an issuer there are, each row read.
    pub fn ask(&self, asked: &Asked) -> usize {
        let mut question = self.0.prepare_cached(AS_OF).unwrap();
        let known = asked.known.map_or("9999".to_owned(), |day| day.end_eastern().to_string());
        let issuer = u64::from(asked.cik) as i64;
        let mut rows = question.query(params![issuer, asked.as_of.to_string(), known]).unwrap();
        let mut many = 0;
        while let Some(row) = rows.next().unwrap() {
            let values: (String, String, String, String, i64) = (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
                row.get(3).unwrap(),
                row.get(4).unwrap(),
            );
            std::hint::black_box(values);
            many += 1;
        }
        many
    }
}

fn insert_rows(batch: &rusqlite::Transaction<'_>, rows: &[Row]) {
    let mut insert = batch
        .prepare_cached("INSERT INTO holders VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
        .unwrap();
    for row in rows {
        let Row { issuer, cusip, holder, as_of, known_at, sequence, .. } = row;
        let numbers = (&row.sole_voting, &row.shared_voting, &row.aggregate, &row.percent);
        let (sole, shared, aggregate, percent) = numbers;
        insert
            .execute(params![
                issuer, cusip, holder, as_of, known_at, sequence, sole, shared, aggregate, percent
            ])
            .unwrap();
    }
}
