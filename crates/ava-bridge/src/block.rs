//! The blocking door: the caller's thread parks until its task is done.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use ava_imessage::Result;

use crate::task::Task;

/// How often a blocking call asks whether to go on: soon enough for a person who pressed Ctrl-C.
pub const CHECK_INTERVAL: Duration = Duration::from_millis(50);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
}

pub(crate) fn park<T, B>(
    mut task: Task<T>,
    every: Duration,
    mut check: impl FnMut() -> ControlFlow<B>,
) -> ControlFlow<B, Result<T>> {
    // While the thread ends, its locals may be gone already.
    let waker =
        WAKER.try_with(Waker::clone).unwrap_or_else(|_| Waker::from(Arc::new(Unpark(thread::current()))));
    let mut cx = Context::from_waker(&waker);
    // `None` is never.
    let mut check_at = Instant::now().checked_add(every);
    loop {
        if let Poll::Ready(result) = Pin::new(&mut task).poll(&mut cx) {
            return ControlFlow::Continue(result);
        }
        let Some(at) = check_at else {
            thread::park();
            continue;
        };
        let now = Instant::now();
        if now < at {
            thread::park_timeout(at - now);
        } else {
            check()?;
            check_at = Instant::now().checked_add(every);
        }
    }
}
