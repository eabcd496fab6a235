//! Does the same to each of many things, on all cores, and gives back what comes of them in order.
//! Knows nothing of what is done; nothing that is done here may touch a disk.

use std::panic::resume_unwind;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// The most threads that anything here is worth.
const MOST: usize = 16;

/// How many threads do a thing at once. The system is asked once: it reads files to answer.
pub(crate) fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| thread::available_parallelism().map_or(1, |all| all.get()).min(MOST))
}

/// Does two things at once, where the second is `worth` a thread; else one after the other.
pub(crate) fn beside<A, B: Send>(
    worth: bool,
    own: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if !worth {
        return (own(), second());
    }
    thread::scope(|scope| {
        let second = scope.spawn(second);
        let own = own();
        (own, second.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// What comes of each thing, in the order of the things. There is a thread for each tool, the
/// caller's own with them, and it has the tool to itself; each takes the next few things as soon
/// as it is done with those it took before.
pub(crate) fn each<S: Send, T: Send, R: Send>(
    tools: &mut [S],
    few: usize,
    things: Vec<T>,
    make: impl Fn(&mut S, T) -> R + Sync,
) -> Vec<R> {
    let all = things.len();
    assert!(all == 0 || !tools.is_empty(), "{all} things and nobody to do them");
    let left = Mutex::new(things.into_iter().enumerate());
    let next = || -> Vec<(usize, T)> {
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        left.by_ref().take(few.max(1)).collect()
    };
    let work = |tool: &mut S| {
        let (mut made, mut lot) = (Vec::new(), next());
        while !lot.is_empty() {
            made.extend(lot.into_iter().map(|(at, thing)| (at, make(tool, thing))));
            lot = next();
        }
        made
    };
    let mut tools = tools.iter_mut();
    let Some(own) = tools.next() else { return Vec::new() };
    // A thread for things that are done before it has begun would only be waited for.
    let others = all.div_ceil(few.max(1)).saturating_sub(1);
    let mut made = thread::scope(|scope| {
        let work = &work;
        let others = tools.take(others);
        let threads: Vec<_> = others.map(|tool| scope.spawn(move || work(tool))).collect();
        let mut made = work(own);
        for thread in threads {
            made.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_unstable_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_things_is_in_their_order_however_many_do_it() {
        for (tools, few) in [(1, 1), (1, 7), (2, 1), (2, 7), (9, 1), (9, 64)] {
            for things in [0, 1, 2, 7, 8, 500] {
                let mut tools = vec![0_u32; tools];
                let made = each(&mut tools, few, (0..things).collect(), |used, thing: u32| {
                    *used += 1;
                    if thing.is_multiple_of(5) {
                        thread::yield_now();
                    }
                    thing * 3
                });
                assert_eq!(made, (0..things).map(|thing| thing * 3).collect::<Vec<_>>());
                assert_eq!(tools.iter().sum::<u32>(), things, "each once");
            }
        }
    }

    #[test]
    #[should_panic(expected = "the last")]
    fn a_panic_of_any_thread_is_the_callers() {
        each(&mut [(); 4], 1, (0..40).collect(), |(), thing| assert!(thing < 39, "the last"));
    }
}
