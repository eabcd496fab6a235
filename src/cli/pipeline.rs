//! Reads filings on many threads while one decides about them in order, in bounded memory.
//! Knows nothing of ledgers; who decides is given.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::cli::files;
use crate::cli::limits::{IDLE_MILLISECONDS, IN_FLIGHT_BYTES, IN_FLIGHT_LEAST, READERS};
use crate::cli::outcome::Failure;
use crate::cli::tally::{Refusal, Why};
use crate::cli::unpack::{Unpacked, Unpacker};
use crate::reading::read::read;
use crate::terms::id::ContentId;
use crate::terms::statement::Reading;

/// Who decides about what is found, in the order it is found in.
pub trait Decider {
    /// Whether this must be read; otherwise it goes on without a reading. Asked before it is
    /// read, and before what was found earlier is decided.
    ///
    /// # Errors
    /// Nothing more can be decided.
    fn wants(&mut self, arrived: &Arrived) -> Result<bool, Failure>;

    /// Decides about one, in order. The permit is held until its bytes are.
    ///
    /// # Errors
    /// Nothing more can be decided.
    fn decide(&mut self, taken: Taken) -> Result<(), Failure>;

    /// Nothing came for a moment, and more may.
    ///
    /// # Errors
    /// Nothing more can be decided.
    fn idle(&mut self) -> Result<(), Failure>;
}

/// A filing's bytes and their name, or why there are none.
#[derive(Debug)]
pub struct Arrived {
    /// Its place in the order, from 0.
    pub at: u64,
    /// What was found.
    pub found: Unpacked,
    /// The name of its bytes, where it has any.
    pub content: Option<ContentId>,
    permit: Permit,
}

/// Something found, with what it says, where it was read.
#[derive(Debug)]
pub struct Taken {
    /// What was found.
    pub found: Unpacked,
    /// The name of its bytes.
    pub content: Option<ContentId>,
    /// What it says.
    pub reading: Option<Box<Reading>>,
    /// Room in memory, given back when dropped.
    pub permit: Permit,
}

/// Goes through all the paths, and lets `decider` decide. `read_so_far` counts bytes of input.
///
/// # Errors
/// Whatever the decider says; nothing is found after that.
pub fn run(
    paths: &[PathBuf],
    input: &mut (dyn Read + Send),
    read_so_far: &AtomicU64,
    decider: &mut dyn Decider,
) -> Result<(), Failure> {
    let budget = Arc::new(Budget::default());
    let (messages, inbox) = mpsc::channel();
    let (jobs, queue) = mpsc::channel::<Arrived>();
    let queue = Arc::new(Mutex::new(queue));
    let streams = paths.iter().any(|path| path.as_os_str() == "-");
    let readers = thread::available_parallelism().map_or(1, |n| n.get()).min(READERS);
    thread::scope(|scope| {
        let own = messages.clone();
        scope.spawn(move || find(paths, input, read_so_far, &budget, &own));
        for _ in 0..readers {
            let (queue, messages) = (Arc::clone(&queue), messages.clone());
            scope.spawn(move || read_jobs(&queue, &messages));
        }
        // Only readers hold the queue, so that it goes, with all in it, when they stop.
        drop((queue, messages));
        let order = Order { jobs: Some(jobs), waiting: BTreeMap::new(), next: 0, found: 0 };
        order.run(&inbox, streams, decider)
    })
}

enum Message {
    Arrived(Arrived),
    Read(u64, Taken),
    /// All is found: so many.
    End,
}

/// Finds everything, and sends it on, as fast as there is room.
fn find(
    paths: &[PathBuf],
    input: &mut (dyn Read + Send),
    read_so_far: &AtomicU64,
    budget: &Arc<Budget>,
    messages: &Sender<Message>,
) {
    let mut at = 0;
    let mut hand_on = |mut found: Unpacked| {
        if found.bytes.as_deref().is_ok_and(files::is_no_text) {
            found.bytes = Err(Refusal::new(Why::NotSchedule13, files::NO_TEXT));
        }
        let bytes = found.bytes.as_deref().unwrap_or_default();
        let permit = Permit::take(budget, bytes.len() as u64);
        let content =
            found.bytes.as_deref().ok().map(|bytes| ContentId(blake3::hash(bytes).into()));
        let arrived = Arrived { at, found, content, permit };
        at += 1;
        match messages.send(Message::Arrived(arrived)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    };
    let mut unpacker = Unpacker::new(&mut hand_on, read_so_far);
    for found in files::walk(paths) {
        if unpacker.file(found, input).is_break() {
            return;
        }
    }
    // Nobody listens any more only where deciding failed, which is told elsewhere.
    let _ = messages.send(Message::End);
}

/// Reads what is queued until nobody queues more, or nobody listens.
fn read_jobs(queue: &Mutex<Receiver<Arrived>>, messages: &Sender<Message>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Arrived { at, mut found, content, permit }) = job else { return };
        let bytes = found.bytes.as_deref().unwrap_or_default();
        // Reading is total by contract. If it ever is not, one filing must not end the others.
        let reading = catch_unwind(AssertUnwindSafe(|| Box::new(read(bytes)))).ok();
        if reading.is_none() {
            let words = "expected a reading, but the program's reader broke off; please report it";
            found.bytes = Err(Refusal::new(Why::ReaderFailed, words));
        }
        let taken = Taken { found, content, reading, permit };
        if messages.send(Message::Read(at, taken)).is_err() {
            return;
        }
    }
}

/// Puts what was read by many back into the order it was found in.
struct Order {
    jobs: Option<Sender<Arrived>>,
    waiting: BTreeMap<u64, Taken>,
    next: u64,
    found: u64,
}

impl Order {
    fn run(
        mut self,
        inbox: &Receiver<Message>,
        streams: bool,
        decider: &mut dyn Decider,
    ) -> Result<(), Failure> {
        let mut idle = false;
        loop {
            let message = match streams && !idle {
                true => inbox.recv_timeout(Duration::from_millis(IDLE_MILLISECONDS)),
                false => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            idle = false;
            match message {
                Ok(Message::Arrived(arrived)) => self.arrived(arrived, decider)?,
                Ok(Message::Read(at, taken)) => {
                    self.waiting.insert(at, taken);
                }
                // Without more jobs the readers stop, and the inbox closes behind the last.
                Ok(Message::End) => self.jobs = None,
                Err(RecvTimeoutError::Timeout) => {
                    decider.idle()?;
                    idle = true;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Some(taken) = self.waiting.remove(&self.next) {
                self.next += 1;
                decider.decide(taken)?;
            }
        }
        assert!(self.next == self.found, "decided {} of {} found", self.next, self.found);
        Ok(())
    }

    fn arrived(&mut self, arrived: Arrived, decider: &mut dyn Decider) -> Result<(), Failure> {
        self.found += 1;
        let wanted = arrived.found.bytes.is_ok() && decider.wants(&arrived)?;
        if let (true, Some(jobs)) = (wanted, &self.jobs) {
            // A reader that is gone has panicked, and the scope says so.
            let _ = jobs.send(arrived);
            return Ok(());
        }
        let Arrived { at, found, content, permit } = arrived;
        self.waiting.insert(at, Taken { found, content, reading: None, permit });
        Ok(())
    }
}

/// How many bytes are held by everything between finding and recording.
#[derive(Debug, Default)]
struct Budget {
    held: Mutex<u64>,
    freed: Condvar,
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub struct Permit {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Permit {
    /// Waits until there is room. What is larger than all there is waits until it is alone.
    fn take(budget: &Arc<Budget>, bytes: u64) -> Self {
        let bytes = bytes.max(IN_FLIGHT_LEAST);
        let mut held = budget.held.lock().unwrap_or_else(PoisonError::into_inner);
        while *held > 0 && held.saturating_add(bytes) > IN_FLIGHT_BYTES {
            held = budget.freed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        *held = held.saturating_add(bytes);
        drop(held);
        Self { budget: Arc::clone(budget), bytes }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.budget.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = held.saturating_sub(self.bytes);
        self.budget.freed.notify_one();
    }
}

/// How much has been read of the input.
pub fn so_far(read: &AtomicU64) -> u64 {
    read.load(Ordering::Relaxed)
}
