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

use std::time::Duration;

use pyo3::prelude::*;

/// What is still being told when the interpreter ends has so long.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A callback that is still running then has so long; then the process ends without it.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// The native half of the package. Not for use by itself.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::call::Call;
    #[pymodule_export]
    use super::client::{Core, Listener, Messages};
    #[pymodule_export]
    use super::foreign::Promise;
    #[pymodule_export]
    use super::logging::{log_to, set_log_level};
    #[pymodule_export]
    use super::mailbox::Mailbox;
    #[pymodule_export]
    use super::model::{
        Attempt, Gap, GeneratedMessage, Message, MessagePage, PollPage, SentMessage, SkippedRow, Token, Turn,
    };
    #[pymodule_export]
    use super::{end, flush_callbacks};
    use pyo3::prelude::*;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const DEFAULT_TIMEOUT: f64 = ava_imessage::DEFAULT_TIMEOUT.as_secs_f64();
    #[pymodule_export]
    const DEFAULT_MAX_RETRIES: u32 = ava_imessage::DEFAULT_MAX_RETRIES;
    #[pymodule_export]
    const DEFAULT_INTERVAL: f64 = ava_imessage::DEFAULT_INTERVAL.as_secs_f64();
    #[pymodule_export]
    const DEFAULT_LIMIT: u64 = ava_imessage::DEFAULT_LIMIT;
    #[pymodule_export]
    const DEFAULT_HISTORY: u64 = ava_imessage::DEFAULT_HISTORY;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        #[cfg(feature = "test-hooks")]
        module.add_function(wrap_pyfunction!(super::panic_in_next_calls, module)?)?;
        let end = module.getattr("end")?;
        module.py().import("atexit")?.call_method1("register", (end,))?;
        Ok(())
    }
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
        ava_bridge::flush_callbacks(LAST_WORDS);
        gate::close(LAST_STEPS);
    });
}

/// The next so many calls panic.
#[cfg(feature = "test-hooks")]
#[pyfunction]
fn panic_in_next_calls(count: usize) {
    ava_bridge::hooks::panic_in_next_calls(count);
}
