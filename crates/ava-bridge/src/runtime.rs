//! The one tokio runtime: made on first use, one a loaded library and process, with one worker thread.

use std::cell::Cell;
use std::future::Future;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ava_imessage::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::fork::ForkCell;
use crate::notify;

/// What the threads are called, in debuggers and `ps`.
pub const THREAD_NAME: &str = "ava-imessage";

static PROCESS: ForkCell<Process> = ForkCell::new();
static WORKERS: AtomicUsize = AtomicUsize::new(1);

/// What this process has.
struct Process {
    /// `None` if it was shut down before it was used.
    handle: Option<Handle>,
    /// Only shutting down locks it.
    runtime: Mutex<Option<Runtime>>,
    stopped: AtomicBool,
    /// Whether its threads have ended.
    end: End,
}

#[derive(Default)]
struct End {
    reached: Mutex<bool>,
    told: Condvar,
}

impl End {
    fn reach(&self) {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Whether it was reached within `timeout`.
    fn wait(&self, timeout: Duration) -> bool {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(reached, timeout, |reached| !*reached);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Process {
    fn start() -> Result<Process> {
        let runtime = build()?;
        Ok(Process {
            handle: Some(runtime.handle().clone()),
            runtime: Mutex::new(Some(runtime)),
            stopped: AtomicBool::new(false),
            end: End::default(),
        })
    }

    fn stopped() -> Process {
        Process {
            handle: None,
            runtime: Mutex::new(None),
            stopped: AtomicBool::new(true),
            end: End { reached: Mutex::new(true), told: Condvar::new() },
        }
    }

    fn take_runtime(&self) -> Option<Runtime> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Has the runtime end, on a thread that outlives an impatient caller, who may ask again. And tokio refuses to wait
    /// on a thread of any runtime, the application's own too.
    fn stop(&'static self) {
        if self.stopped.swap(true, Ordering::AcqRel) {
            return;
        }
        let ending = std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(|| {
            drop(self.take_runtime());
            self.end.reach();
        });
        // Without a thread to be had nobody learns when the others end.
        if ending.is_err()
            && let Some(runtime) = self.take_runtime()
        {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Process {
    /// Of two threads that were first at the same time, one made a runtime too many.
    fn drop(&mut self) {
        if let Some(runtime) = self.take_runtime() {
            runtime.shutdown_background();
        }
    }
}

fn build() -> Result<Runtime> {
    let built = catch_unwind(|| {
        Builder::new_multi_thread()
            .worker_threads(WORKERS.load(Ordering::Relaxed))
            .thread_name(THREAD_NAME)
            .on_thread_start(|| BLOCKING_FORBIDDEN.set(true))
            .enable_io()
            .enable_time()
            .build()
    });
    match built {
        Ok(Ok(runtime)) => Ok(runtime),
        Ok(Err(error)) => {
            Err(Error::new(ErrorKind::Internal, "the runtime can't be started").with_source(error))
        }
        // tokio panics where the system gives it no thread.
        Err(_) => Err(Error::new(ErrorKind::Internal, "the runtime can't be started: no thread to be had")),
    }
}

/// How many worker threads the runtime gets: 1 unless set here. One is enough for thousands of calls in flight;
/// more may help a machine with many cores that reads large pages without pause. Forked children get as many.
///
/// # Errors
/// `configuration` for 0, or once the runtime runs.
pub fn set_worker_threads(count: usize) -> Result<()> {
    if count == 0 {
        return Err(Error::new(ErrorKind::Configuration, "worker_threads: must be 1 at least"));
    }
    if PROCESS.get().is_some() {
        return Err(Error::new(ErrorKind::Configuration, "worker_threads: the runtime runs already"));
    }
    WORKERS.store(count, Ordering::Relaxed);
    Ok(())
}

/// The runtime, started if it isn't: for frameworks that want to spawn on it themselves. Calls go through
/// [`Call`](crate::Call) and [`Task`](crate::Task), which also cancel and catch panics.
///
/// # Errors
/// `closed` after [`shutdown`], `internal` if the system gives no thread.
pub fn handle() -> Result<Handle> {
    current().cloned()
}

pub(crate) fn current() -> Result<&'static Handle> {
    let process = PROCESS.get_or_make(Process::start)?;
    match &process.handle {
        Some(handle) if !process.stopped.load(Ordering::Acquire) => Ok(handle),
        _ => Err(stopped()),
    }
}

/// This thread's context is the runtime, if there is one, until the guard is dropped. For what is dropped on a
/// thread of the application's.
pub(crate) fn enter() -> Option<tokio::runtime::EnterGuard<'static>> {
    PROCESS.get()?.handle.as_ref().map(Handle::enter)
}

fn stopped() -> Error {
    Error::new(ErrorKind::Closed, "the library is shut down")
}

/// Whether [`shutdown`] was called in this process.
pub fn is_shut_down() -> bool {
    PROCESS.get().is_some_and(|process| process.stopped.load(Ordering::Acquire))
}

/// Ends everything of this library in this process, for good: every call in flight ends with `closed`, as does
/// every later one; requests are dropped, and sends so cut are told of (`on_unknown`, the log). Waits up to
/// `timeout` until that is over: the runtime's threads have ended, and every completion, hook and line of the log has
/// been told. Doing it twice goes on waiting, if there is something to wait for.
///
/// A child that is forked afterwards begins afresh.
///
/// # Errors
/// `timeout` if it isn't over by then: foreign code may still be running, or be called yet. `invalid_request` from a thread of the
/// runtime or where blocking is forbidden: it would wait for itself.
pub fn shutdown(timeout: Duration) -> Result<()> {
    if is_blocking_forbidden() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "shutdown: not from within a callback, which it would wait for",
        ));
    }
    let until = Instant::now() + timeout;
    let process = PROCESS.get_or_insert(Process::stopped);
    process.stop();
    let left = || until.saturating_duration_since(Instant::now());
    // What the runtime's threads have handed in by their end is told before the flush.
    let over = process.end.wait(left()) && notify::flush_completions(left()) && notify::flush(left());
    if over {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Timeout, "shutdown: not everything has ended in time"))
}

thread_local! {
    static BLOCKING_FORBIDDEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the blocking door is shut on this thread: it is the runtime's worker, or runs completions
/// ([`forbid_blocking`]).
pub fn is_blocking_forbidden() -> bool {
    BLOCKING_FORBIDDEN.get()
}

/// Shuts the blocking door on this thread for as long as the guard lives: for a thread whose standing still
/// would keep a call from ending, such as one that hands out completions.
#[must_use]
pub fn forbid_blocking() -> BlockingGuard {
    BlockingGuard { before: BLOCKING_FORBIDDEN.replace(true), _here: std::marker::PhantomData }
}

/// For a thread of the blocking pool: what runs there may block.
pub(crate) fn allow_blocking() -> BlockingGuard {
    BlockingGuard { before: BLOCKING_FORBIDDEN.replace(false), _here: std::marker::PhantomData }
}

/// Puts back what was before, when dropped.
#[derive(Debug)]
pub struct BlockingGuard {
    before: bool,
    /// A guard stays on its thread.
    _here: std::marker::PhantomData<*const ()>,
}

impl Drop for BlockingGuard {
    fn drop(&mut self) {
        BLOCKING_FORBIDDEN.set(self.before);
    }
}

/// Runs foreign code that may block, off the worker. A panic goes on in whoever awaits it.
pub(crate) fn off_the_worker<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    let running = Handle::current().spawn_blocking(move || {
        let _allowed = allow_blocking();
        work()
    });
    async move {
        match running.await {
            Ok(value) => value,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
