//! How an event loop learns of outcomes: the worker puts them on a queue and rings a bell that the loop watches as
//! it watches its sockets. The worker never takes the GIL, and a burst of outcomes rings once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ava_imessage::Result;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

use crate::answer::AnyAnswer;
use crate::bell::Bell;
use crate::call::Arriving;
use crate::error::to_py_err;
use crate::gate;

type Outcome = Result<AnyAnswer>;

/// One a loop and process.
#[pyclass(frozen, weakref, module = "ava_imessage._native")]
pub(crate) struct Mailbox {
    pid: u32,
    queue: Arc<Queue>,
    /// The futures that wait for an outcome. Touched with the GIL held, never by the worker.
    waiting: Mutex<HashMap<u64, Waiting>>,
    next: AtomicU64,
}

struct Waiting {
    future: Py<PyAny>,
    arriving: Arc<Arriving>,
}

struct Queue {
    outcomes: Mutex<Vec<(u64, Outcome)>>,
    bell: Bell,
}

impl Queue {
    fn put(&self, id: u64, outcome: Outcome) {
        let mut outcomes = lock(&self.outcomes);
        outcomes.push((id, outcome));
        let first = outcomes.len() == 1;
        drop(outcomes);
        if first {
            self.bell.ring();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailbox {
    /// Keeps a future, and gives what to call with its outcome.
    pub(crate) fn expect(
        &self,
        future: Py<PyAny>,
        arriving: Arc<Arriving>,
    ) -> (u64, impl FnOnce(Outcome) + Send + use<>) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.waiting).insert(id, Waiting { future, arriving });
        let queue = Arc::clone(&self.queue);
        (id, move |outcome| queue.put(id, outcome))
    }

    pub(crate) fn forget(&self, id: u64) {
        let waiting = lock(&self.waiting).remove(&id);
        // Not while the lock is held: the last reference may run anybody's code.
        drop(waiting);
    }
}

#[pymethods]
impl Mailbox {
    /// `call_soon` is for loops that watch no files: a function that has the loop's thread call another soon.
    #[new]
    #[pyo3(signature = (call_soon=None))]
    fn new(call_soon: Option<Py<PyAny>>) -> PyResult<Mailbox> {
        let bell = match call_soon {
            None => Bell::file()?,
            Some(call_soon) => Bell::function(call_soon),
        };
        Ok(Mailbox {
            pid: std::process::id(),
            queue: Arc::new(Queue { outcomes: Mutex::default(), bell }),
            waiting: Mutex::default(),
            next: AtomicU64::new(0),
        })
    }

    /// A loop that was closed with futures in it goes, and they with it.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(waiting) = self.waiting.try_lock() else { return Ok(()) };
        waiting.values().try_for_each(|waiting| visit.call(&waiting.future))
    }

    fn __clear__(&self) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        drop(waiting);
    }

    /// What the loop is to watch for reading; `None` if it is told through `call_soon`.
    fn fileno(&self) -> Option<i32> {
        self.queue.bell.fileno()
    }

    /// Whether it is this process's, and with it the loop.
    fn is_ours(&self) -> bool {
        self.pid == std::process::id()
    }

    /// Sets the results that have come. Called on the loop's thread, when the bell rang.
    fn drain(&self, py: Python<'_>) {
        let Some(_permit) = gate::enter().filter(|_| self.is_ours()) else { return };
        self.queue.bell.quiet();
        let outcomes = std::mem::take(&mut *lock(&self.queue.outcomes));
        for (id, outcome) in outcomes {
            let waiting = lock(&self.waiting).remove(&id);
            if let Some(Waiting { future, arriving }) = waiting
                && let Err(failure) = settle(future.bind(py), outcome, &arriving)
            {
                // The loop was closed with the future in it.
                failure.write_unraisable(py, Some(future.bind(py)));
            }
        }
    }
}

fn settle(future: &Bound<'_, PyAny>, outcome: Outcome, arriving: &Arriving) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    let (value, undelivered) = match outcome {
        Ok(answer) => answer.hand_over(py),
        Err(error) => (Err(to_py_err(py, error)), None),
    };
    arriving.put(undelivered);
    match value {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
        Err(raised) => future.call_method1(intern!(py, "set_exception"), (raised,))?,
    };
    Ok(())
}
