//! The threads that tell foreign code what happened, each one after the other. They are made when there is something
//! to tell, and are one of each a process.
//!
//! Hooks and log lines have one: nobody waits for it, so that a hook may be slow, block, or use the client. The
//! completions of calls have another, for languages that bring no loop of their own: there blocking is forbidden, since
//! the outcome that a blocking callback would wait for may be the next to be told.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::time::Duration;

use ava_imessage::{Error, ErrorKind, Result};

use crate::fork::ForkCell;
use crate::{logging, runtime};

static HOOKS: Teller = Teller::new("ava-callbacks", Blocking::Allowed);
static COMPLETIONS: Teller = Teller::new("ava-completions", Blocking::Forbidden);

/// Has `hook` run on the thread of the callbacks, after what was told before.
pub(crate) fn tell(hook: impl FnOnce() + Send + 'static) {
    HOOKS.tell(hook);
}

/// Has a completion run on the thread of the completions, after those that came before: for bindings whose language
/// has no event loop to hand an outcome to. Blocking calls are refused there
/// ([`is_blocking_forbidden`](crate::is_blocking_forbidden)). [`shutdown`](crate::shutdown) waits for what was
/// handed in before it.
pub fn complete_later(completion: impl FnOnce() + Send + 'static) {
    COMPLETIONS.tell(completion);
}

/// Whether any hook or line of the log that was told of has not run yet.
pub(crate) fn is_waiting() -> bool {
    HOOKS.waiting.load(Ordering::SeqCst) > 0
}

/// Waits until every hook and line of the log that was told so far has run, for `timeout` at the most. Whether it has.
/// A hook that asks would wait for itself: it is told no, at once.
pub(crate) fn flush(timeout: Duration) -> bool {
    HOOKS.flush(timeout)
}

/// As [`flush`], for completions.
pub(crate) fn flush_completions(timeout: Duration) -> bool {
    COMPLETIONS.flush(timeout)
}

enum Note {
    Run(Box<dyn FnOnce() + Send>),
    Flush(SyncSender<()>),
}

#[derive(Clone, Copy, PartialEq)]
enum Blocking {
    Allowed,
    Forbidden,
}

thread_local! {
    /// Which of the threads this is.
    static TELLING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// A thread, and the way to it.
struct Teller {
    notes: ForkCell<Sender<Note>>,
    /// How many were told of and have not run. After a fork it may be too many, never too few.
    waiting: AtomicUsize,
    thread: &'static str,
    blocking: Blocking,
}

impl Teller {
    const fn new(thread: &'static str, blocking: Blocking) -> Teller {
        Teller { notes: ForkCell::new(), waiting: AtomicUsize::new(0), thread, blocking }
    }

    fn tell(&'static self, what: impl FnOnce() + Send + 'static) {
        if let Ok(notes) = self.notes.get_or_make(|| self.start()) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _ = notes.send(Note::Run(Box::new(what)));
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let Some(notes) = self.notes.get() else { return true };
        // However short the time, what is over is over.
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return true;
        }
        if TELLING.with(Cell::get) == Some(self.thread) {
            return false;
        }
        let (done, wait) = mpsc::sync_channel(1);
        notes.send(Note::Flush(done)).is_ok() && wait.recv_timeout(timeout).is_ok()
    }

    fn start(&'static self) -> Result<Sender<Note>> {
        let (sender, notes) = mpsc::channel();
        let thread = std::thread::Builder::new().name(self.thread.to_owned());
        thread.spawn(move || self.run(&notes)).map_err(|error| {
            Error::new(ErrorKind::Internal, "the thread of the callbacks can't be started").with_source(error)
        })?;
        Ok(sender)
    }

    fn run(&self, notes: &Receiver<Note>) {
        TELLING.with(|telling| telling.set(Some(self.thread)));
        let _forbidden = (self.blocking == Blocking::Forbidden).then(runtime::forbid_blocking);
        for note in notes {
            match note {
                Note::Run(what) => {
                    if catch_unwind(AssertUnwindSafe(what)).is_err() {
                        // Not to a log whose sink may be what panicked.
                        let _quiet = logging::quiet();
                        tracing::error!(target: "ava_imessage", "a callback panicked");
                    }
                    self.waiting.fetch_sub(1, Ordering::SeqCst);
                }
                Note::Flush(done) => drop(done.send(())),
            }
        }
    }
}
