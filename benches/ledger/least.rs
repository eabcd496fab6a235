//! The least that any writer of this format does for a batch: hashes, checksums and compresses on all
//! cores, writes, syncs. No order of events, no link, no tree, no index, nothing read back or signed.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use blockholder::ledger::codec::encode;
use blockholder::store::log::Draft;
use sha2::Digest;

/// A filing's event, encoded before, and the bytes that came with it.
pub(crate) struct Given {
    payload: Vec<u8>,
    received: Option<Vec<u8>>,
}

/// What is written of some filings: of the bytes received, and of entries.
fn made(packer: &mut zstd::bulk::Compressor<'_>, filings: &[Given]) -> [Vec<u8>; 2] {
    let [mut blobs, mut entries] = [Vec::new(), Vec::new()];
    for Given { payload, received } in filings {
        if let Some(received) = received {
            let packed = packer.compress(received).unwrap();
            blobs.extend_from_slice(blake3::hash(received).as_bytes());
            blobs.extend_from_slice(&crc32fast::hash(&packed).to_le_bytes());
            blobs.extend_from_slice(&packed);
        }
        let start = entries.len();
        entries.extend_from_slice(&blake3::derive_key("blockholder v1 payload", payload));
        entries.resize(start + 88, 0);
        // The link takes the hash of each envelope, one after the other.
        std::hint::black_box(blake3::derive_key("blockholder v1 entry", &entries[start..]));
        entries.extend_from_slice(payload);
        std::hint::black_box(sha2::Sha256::digest(&entries[start..]));
        let checksum = crc32fast::hash(&entries[start..]);
        entries.extend_from_slice(&checksum.to_le_bytes());
    }
    [blobs, entries]
}

/// What the least writer is given: it encodes nothing.
pub(crate) fn given(batches: &[Vec<Draft>]) -> Vec<Vec<Given>> {
    let given = |draft: &Draft| Given {
        payload: encode(&draft.events[0]).unwrap().1,
        received: draft.received.clone(),
    };
    batches.iter().map(|batch| batch.iter().map(given).collect()).collect()
}

/// Writes batches into a folder, with as many syncs as the format has; how long that took.
pub(crate) fn write(folder: &Path, batches: &[Vec<Given>]) -> Duration {
    let mut files = ["least-blobs", "least-entries", "least-checkpoints"]
        .map(|name| File::create(folder.join(name)).unwrap());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let packer = || zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL).unwrap();
    let mut packers: Vec<_> = (0..cores).map(|_| packer()).collect();
    let start = Instant::now();
    for batch in batches {
        let lots = batch.chunks(batch.len().div_ceil(cores).max(16));
        let lots: Vec<[Vec<u8>; 2]> = if batch.len() < 32 {
            lots.map(|lot| made(&mut packers[0], lot)).collect()
        } else {
            std::thread::scope(|scope| {
                let one = |(lot, packer)| scope.spawn(move || made(packer, lot));
                let threads: Vec<_> = lots.zip(&mut packers).map(one).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            })
        };
        for (at, file) in files.iter_mut().enumerate() {
            let bytes: Vec<&[u8]> = match at {
                2 => vec![&[7; 200]],
                at => lots.iter().map(|lot| lot[at].as_slice()).filter(|b| !b.is_empty()).collect(),
            };
            bytes.iter().for_each(|bytes| file.write_all(bytes).unwrap());
            if !bytes.is_empty() {
                file.sync_data().unwrap();
            }
        }
    }
    start.elapsed()
}
