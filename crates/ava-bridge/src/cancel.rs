//! Cancelling a call from anywhere.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::fork::ForkCell;

/// Cancels the calls that were given a clone of it ([`CallOptions::cancel`](crate::CallOptions)), from any
/// thread, as often as one likes: the request is dropped, the server sees the connection end, and the call ends
/// with `cancelled`. A send cut in flight is told of (`on_unknown`, the log); one that was cancelled before it
/// started sends nothing.
///
/// A binding that keeps the [`Task`](crate::Task) or [`Running`](crate::Running) needs none: dropping that does the
/// same.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    /// What wakes the calls. It has a lock, so that a forked child needs one of its own.
    token: ForkCell<CancellationToken>,
}

impl Cancel {
    /// One that nobody has used yet.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Cancels. It can't be undone.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        if let Some(token) = self.0.token.get() {
            token.cancel();
        }
    }

    /// Whether [`cancel`](Cancel::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    pub(crate) fn wait(&self) -> WaitForCancellationFutureOwned {
        let token = self.0.token.get_or_insert(CancellationToken::new);
        if self.is_cancelled() {
            token.cancel();
        }
        token.clone().cancelled_owned()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("is_cancelled", &self.is_cancelled()).finish()
    }
}
