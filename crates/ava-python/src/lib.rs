//! The native half of the Python package `ava_imessage`.
//!
//! An operation is a `Call` of the one core client. `AvaClient` waits for it, `AsyncAvaClient` has an event loop told
//! of its outcome: `call.rs` holds both faces, and there is no third place where they differ. What Python does better
//! stays in Python: signatures, docs, exception classes, running the application's callbacks.

mod answer;
mod bell;
mod call;
mod client;
mod error;
mod extra;
mod foreign;
mod gate;
mod logging;
mod mailbox;
mod model;
mod options;
mod time;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ava_bridge::CHECK_INTERVAL;
use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// What is still being told when the interpreter ends has so long.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A callback that is still running then has so long; then the process ends without it.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// The native half of the package. Not for use by itself.
#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    refuse_subinterpreters()?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("DEFAULT_TIMEOUT", ava_imessage::DEFAULT_TIMEOUT.as_secs_f64())?;
    module.add("DEFAULT_MAX_RETRIES", ava_imessage::DEFAULT_MAX_RETRIES)?;
    module.add("DEFAULT_INTERVAL", ava_imessage::DEFAULT_INTERVAL.as_secs_f64())?;
    module.add("DEFAULT_LIMIT", ava_imessage::DEFAULT_LIMIT)?;
    module.add("DEFAULT_HISTORY", ava_imessage::DEFAULT_HISTORY)?;
    module.add_class::<call::Call>()?;
    module.add_class::<client::Core>()?;
    module.add_class::<client::Messages>()?;
    module.add_class::<client::Listener>()?;
    module.add_class::<foreign::Callbacks>()?;
    module.add_class::<foreign::Promise>()?;
    module.add_class::<mailbox::Mailbox>()?;
    module.add_class::<model::Attempt>()?;
    module.add_class::<model::Gap>()?;
    module.add_class::<model::GeneratedMessage>()?;
    module.add_class::<model::Message>()?;
    module.add_class::<model::MessagePage>()?;
    module.add_class::<model::PollPage>()?;
    module.add_class::<model::SentMessage>()?;
    module.add_class::<model::SkippedRow>()?;
    module.add_class::<model::Token>()?;
    module.add_class::<model::Turn>()?;
    module.add_function(wrap_pyfunction!(logging::log_to, module)?)?;
    module.add_function(wrap_pyfunction!(logging::set_log_level, module)?)?;
    module.add_function(wrap_pyfunction!(flush_callbacks, module)?)?;
    #[cfg(feature = "test-hooks")]
    module.add_function(wrap_pyfunction!(panic_in_next_calls, module)?)?;
    let end = wrap_pyfunction!(end, module)?;
    module.py().import("atexit")?.call_method1("register", (end,))?;
    Ok(())
}

/// Before anything is made: types and caches are the process's, and would be shared with other interpreters.
#[allow(unsafe_code, reason = "PyO3 asks for the interpreter's id only where a module is made by hand")]
fn refuse_subinterpreters() -> PyResult<()> {
    // SAFETY: the thread is attached, as whoever imports a module is; then there is a current interpreter.
    let id = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if id == 0 {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "ava_imessage works in the main interpreter only, not in a subinterpreter; use processes or threads",
    ))
}

/// Waits until every line of the log and every hook so far has been dealt with. Whether that was so in time.
#[pyfunction]
fn flush_callbacks(py: Python<'_>, timeout: f64) -> bool {
    let timeout = Duration::try_from_secs_f64(timeout).unwrap_or_default();
    let (flushed, _permit) = py.detach(|| (ava_bridge::flush_callbacks(timeout), gate::enter_or_park()));
    flushed
}

/// Called when the interpreter ends: lets what is being told be told, then keeps our threads out of it.
#[pyfunction]
fn end(py: Python<'_>) {
    py.detach(|| {
        let_go();
        ava_bridge::flush_callbacks(LAST_WORDS);
        gate::close(LAST_STEPS);
    });
}

/// Waits until the worker has dropped what was cancelled before this: only then is a send that was cut told of.
fn let_go() {
    if !call::any_began() {
        return;
    }
    let until = Instant::now() + LAST_WORDS;
    let in_time = || if Instant::now() < until { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    // What is started now comes after it.
    let _ = ava_bridge::Call::new(async { Ok(()) }).block_checking(CHECK_INTERVAL, in_time);
}

/// The next so many calls panic.
#[cfg(feature = "test-hooks")]
#[pyfunction]
fn panic_in_next_calls(count: usize) {
    ava_bridge::hooks::panic_in_next_calls(count);
}
