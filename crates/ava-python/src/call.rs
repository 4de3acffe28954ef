//! A call, and its two faces: a thread that waits for it, and an asyncio future that it sets.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ava_bridge::core::Undelivered;
use ava_bridge::{CHECK_INTERVAL, Running};
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::answer::{Answer, AnyAnswer};
use crate::error::to_py_err;
use crate::gate;
use crate::mailbox::Mailbox;

/// Whether a call was ever begun: else there is no worker to wait for.
static BEGAN: AtomicBool = AtomicBool::new(false);

pub(crate) fn any_began() -> bool {
    BEGAN.load(Ordering::Relaxed)
}

/// A call that has not begun. It is waited for, or started on behalf of an event loop; once.
#[pyclass(frozen, module = "ava_imessage._native")]
pub(crate) struct Call {
    state: Mutex<State>,
    arriving: Arc<Arriving>,
}

enum State {
    Ready(ava_bridge::Call<AnyAnswer>),
    /// What drops the request, and where the future is that nobody waits for any more.
    Running(Running, Py<Mailbox>, u64),
    Over,
}

/// What a future was set to, until the task that awaits it has it: between the two the task may be cancelled.
#[derive(Default)]
pub(crate) struct Arriving(Mutex<Option<Undelivered>>);

impl Arriving {
    pub(crate) fn put(&self, undelivered: Option<Undelivered>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = undelivered;
    }

    fn take(&self) -> Option<Undelivered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Call {
    pub(crate) fn new<T: Answer>(call: ava_bridge::Call<T>) -> Call {
        Call { state: Mutex::new(State::Ready(call.map(AnyAnswer::new))), arriving: Arc::default() }
    }

    fn take(&self) -> PyResult<ava_bridge::Call<AnyAnswer>> {
        match self.replace(State::Over) {
            State::Ready(call) => {
                BEGAN.store(true, Ordering::Relaxed);
                Ok(call)
            }
            _ => Err(PyRuntimeError::new_err("a call is made once")),
        }
    }

    fn replace(&self, state: State) -> State {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state)
    }
}

#[pymethods]
impl Call {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.state.try_lock().as_deref() {
            Ok(State::Running(_, mailbox, _)) => visit.call(mailbox),
            _ => Ok(()),
        }
    }

    /// Waits for the outcome without the GIL, and lets signals through.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let call = self.take()?;
        let (outcome, _permit) = py.detach(|| {
            let outcome = call.block_checking(CHECK_INTERVAL, check_signals);
            // Held until this returns to Python: attaching must not be overtaken by the interpreter's end.
            (outcome, gate::enter_or_park())
        });
        match outcome {
            ControlFlow::Continue(Ok(answer)) => {
                // A signal that came just before the answer is raised as soon as this returns, and the value dropped
                // with it. Raised here, it leaves the answer untold: a send is told of, a message comes again.
                py.check_signals()?;
                let (value, undelivered) = answer.hand_over(py);
                if let Some(undelivered) = undelivered {
                    undelivered.delivered();
                }
                value
            }
            ControlFlow::Continue(Err(error)) => Err(to_py_err(py, error)),
            ControlFlow::Break(signal) => Err(signal),
        }
    }

    /// Starts it; the mailbox sets the future's result on its loop.
    fn start(slf: &Bound<'_, Self>, mailbox: Py<Mailbox>, future: Py<PyAny>) -> PyResult<()> {
        let this = slf.get();
        let call = this.take()?;
        let (id, done) = mailbox.get().expect(future, Arc::clone(&this.arriving));
        let running = call.start_with(done);
        this.replace(State::Running(running, mailbox, id));
        Ok(())
    }

    /// The task has what its future was set to.
    fn arrived(&self) {
        if let Some(undelivered) = self.arriving.take() {
            undelivered.delivered();
        }
    }

    /// Drops the request, or what became of it. Nobody waits for the future any more.
    fn cancel(&self) {
        if let State::Running(running, mailbox, id) = self.replace(State::Over) {
            mailbox.get().forget(id);
            drop(running);
        }
        drop(self.arriving.take());
    }
}

fn check_signals() -> ControlFlow<PyErr> {
    let _permit = gate::enter_or_park();
    match Python::attach(|py| py.check_signals()) {
        Ok(()) => ControlFlow::Continue(()),
        Err(raised) => ControlFlow::Break(raised),
    }
}
