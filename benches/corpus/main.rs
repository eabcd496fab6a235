//! Writes invented filings to standard output as one tar archive, as many as one likes: they are
//! made one by one and none is kept. The same seed gives the same bytes.
//!
//! `cargo bench --bench corpus -- 100000 7 | blockholder append -q -`: so many filings, of this seed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::panic, unreachable_pub, missing_docs)]

mod print;
mod world;

use std::io::{BufWriter, Write};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let filings = numbers.next().unwrap_or(1000);
    let seed = numbers.next().unwrap_or(1);
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let (mut holders, mut bytes) = (0, 0);
    let (mut made, mut issuers) = (0_u64, std::collections::BTreeSet::new());
    for facts in world::World::new(seed, filings) {
        let text = print::submission(&facts);
        holders += facts.holders.len();
        issuers.insert(facts.issuer_cik);
        (made, bytes) = (made + 1, bytes + text.len());
        let mut header = tar::Header::new_gnu();
        header.set_path(format!("{}.txt", facts.accession)).unwrap();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        out.write_all(header.as_bytes()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
        out.write_all(&vec![0; text.len().next_multiple_of(512) - text.len()]).unwrap();
    }
    out.write_all(&[0; 1024]).unwrap();
    out.flush().unwrap();
    let issuers = issuers.len();
    eprintln!(
        "{made} filings, {holders} holder rows, {issuers} issuers, {bytes} bytes, seed {seed}"
    );
}
