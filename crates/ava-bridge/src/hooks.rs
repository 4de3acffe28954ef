//! Panics on demand, for tests of this crate and of the bindings. In builds that ship there are none.

use std::sync::atomic::{AtomicUsize, Ordering};

static CALLS: AtomicUsize = AtomicUsize::new(0);
static GUARDS: AtomicUsize = AtomicUsize::new(0);

/// The next `count` calls or tasks of this process panic inside the runtime, when they are first polled.
pub fn panic_in_next_calls(count: usize) {
    CALLS.store(count, Ordering::SeqCst);
}

/// The next `count` uses of [`guard`](crate::guard) panic.
pub fn panic_in_next_guards(count: usize) {
    GUARDS.store(count, Ordering::SeqCst);
}

pub(crate) fn strike_call() {
    strike(&CALLS);
}

pub(crate) fn strike_guard() {
    strike(&GUARDS);
}

#[allow(clippy::panic, reason = "it is what was asked for")]
fn strike(left: &AtomicUsize) {
    if left.load(Ordering::Relaxed) > 0
        && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    {
        panic!("injected by a test");
    }
}
