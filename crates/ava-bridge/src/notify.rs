//! The thread that tells foreign code what happened: hooks and log lines, one after the other.
//!
//! Nobody waits for it, so that a hook may be slow, block, or use the client. It is made when there is something to
//! tell, and is one a process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::time::Duration;

use ava_imessage::{Error, ErrorKind, Result};

use crate::fork::ForkCell;
use crate::logging;

/// What the thread is called.
const THREAD_NAME: &str = "ava-callbacks";

static NOTIFIER: ForkCell<Sender<Note>> = ForkCell::new();
/// How many hooks were told of and have not run. After a fork it may be too many, never too few.
static WAITING: AtomicUsize = AtomicUsize::new(0);

enum Note {
    Run(Box<dyn FnOnce() + Send>),
    Flush(SyncSender<()>),
}

/// Has `hook` run on the thread of the callbacks, after what was told before.
pub(crate) fn tell(hook: impl FnOnce() + Send + 'static) {
    if let Ok(notifier) = NOTIFIER.get_or_make(start) {
        WAITING.fetch_add(1, Ordering::SeqCst);
        let _ = notifier.send(Note::Run(Box::new(hook)));
    }
}

/// Whether anything that was told of has not run yet.
pub(crate) fn is_waiting() -> bool {
    WAITING.load(Ordering::SeqCst) > 0
}

/// Waits until everything that was told so far has run, for `timeout` at the most. Whether it has.
pub(crate) fn flush(timeout: Duration) -> bool {
    let Some(notifier) = NOTIFIER.get() else { return true };
    let (done, wait) = mpsc::sync_channel(1);
    notifier.send(Note::Flush(done)).is_ok() && wait.recv_timeout(timeout).is_ok()
}

fn start() -> Result<Sender<Note>> {
    let (sender, notes) = mpsc::channel();
    std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || run(&notes)).map_err(|error| {
        Error::new(ErrorKind::Internal, "the thread of the callbacks can't be started").with_source(error)
    })?;
    Ok(sender)
}

fn run(notes: &Receiver<Note>) {
    for note in notes {
        match note {
            Note::Run(hook) => {
                if catch_unwind(AssertUnwindSafe(hook)).is_err() {
                    // Not to a log whose sink may be what panicked.
                    let _quiet = logging::quiet();
                    tracing::error!(target: "ava_imessage", "a callback panicked");
                }
                WAITING.fetch_sub(1, Ordering::SeqCst);
            }
            Note::Flush(done) => drop(done.send(())),
        }
    }
}
