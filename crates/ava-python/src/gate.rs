//! The gate that keeps threads out of an interpreter that is ending.
//!
//! Up to Python 3.13 a thread that asks for the GIL while the interpreter ends is killed by unwinding, which Rust
//! answers with an abort: a silent core at the exit of a program with calls in flight. So every thread of this
//! library that is about to attach takes a permit first; at exit the gate is closed, the permits that are out come
//! back, and whoever comes later is parked until the process is gone.
//!
//! One atomic, no lock, and the process id in it: a forked child finds an open gate with nobody inside.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const CLOSED: u64 = 1 << 31;
/// Nobody is waited for any more.
const OVER: u64 = 1 << 30;
const INSIDE: u64 = OVER - 1;

/// The process id, whether the gate is closed, and how many threads are inside.
static GATE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether this thread is the one that ends the interpreter: it may go on using it.
    static ENDS_IT: Cell<bool> = const { Cell::new(false) };
    /// How many permits this thread has. It is inside once, with the first, until it gives the last one back.
    static PERMITS: Cell<usize> = const { Cell::new(0) };
}

/// While it lives, the interpreter does not end. It stays on its thread.
pub(crate) struct Permit(());

/// A permit, or `None` once the interpreter is ending.
///
/// Whoever is inside gets another all the same: a hook that uses the client at the end of the program is waited for,
/// and must get on to be done.
pub(crate) fn enter() -> Option<Permit> {
    let permits = PERMITS.get();
    let may_enter = if ENDS_IT.get() {
        true
    } else if permits > 0 {
        GATE.load(Ordering::Acquire) & OVER == 0
    } else {
        change(|gate| (gate & CLOSED == 0).then_some(gate + 1))
    };
    may_enter.then(|| {
        PERMITS.set(permits + 1);
        Permit(())
    })
}

/// A permit. Without one this thread stops here, for good.
pub(crate) fn enter_or_park() -> Permit {
    match enter() {
        Some(permit) => permit,
        None => loop {
            thread::park();
        },
    }
}

/// Closes the gate for good, and waits until nobody is inside: for `timeout` at the most. Not to be called by a
/// thread that holds the GIL, which those inside may need.
pub(crate) fn close(timeout: Duration) {
    ENDS_IT.set(true);
    change(|gate| Some(gate | CLOSED));
    let until = Instant::now() + timeout;
    while GATE.load(Ordering::Acquire) & INSIDE > 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(1));
    }
    change(|gate| Some(gate | OVER));
}

impl Drop for Permit {
    fn drop(&mut self) {
        let others = PERMITS.get().saturating_sub(1);
        PERMITS.set(others);
        if others == 0 && !ENDS_IT.get() {
            change(|gate| (gate & INSIDE > 0).then(|| gate - 1));
        }
    }
}

/// Changes the gate of this process, and tells whether `to` had anything to change.
fn change(to: impl Fn(u64) -> Option<u64>) -> bool {
    let of_this_process = u64::from(std::process::id()) << 32;
    let mut seen = GATE.load(Ordering::Acquire);
    loop {
        let gate = if seen & !u64::from(u32::MAX) == of_this_process { seen } else { of_this_process };
        let Some(next) = to(gate) else { return false };
        match GATE.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return true,
            Err(other) => seen = other,
        }
    }
}
