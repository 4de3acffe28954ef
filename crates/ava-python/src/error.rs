//! Errors on their way to Python and, from callbacks, the other way.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use ava_bridge::core::Delivery;
use ava_bridge::{Error, ErrorView, source_of};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::model::Attempt;

/// The one place where an error becomes an exception. The class is chosen in Python, where the classes are.
pub(crate) fn to_py_err(py: Python<'_>, error: Error) -> PyErr {
    let raised = source_of::<Raised>(&error).map(|raised| raised.exception.bind(py).clone());
    exception(py, ErrorView::from(&error), raised).map_or_else(|failure| failure, PyErr::from_value)
}

/// The same, of what a hook is told.
pub(crate) fn told<'py>(py: Python<'py>, error: ErrorView) -> PyResult<Bound<'py, PyAny>> {
    let raised = error.source_of::<Raised>().map(|raised| raised.exception.bind(py).clone());
    exception(py, error, raised)
}

/// The same, of something that would have sent a message. A `TypeError` is Python's own, and says nothing of that.
pub(crate) fn not_sent(py: Python<'_>, refused: PyErr) -> PyErr {
    saying(py, refused, Delivery::NotSent, None)
}

/// The same, of a settling: the attempt is as unknown as before, and goes along.
pub(crate) fn still_unknown(attempt: &Bound<'_, Attempt>, refused: PyErr) -> PyErr {
    saying(attempt.py(), refused, Delivery::Unknown, Some(attempt))
}

fn saying(py: Python<'_>, refused: PyErr, delivery: Delivery, attempt: Option<&Bound<'_, Attempt>>) -> PyErr {
    let value = refused.value(py);
    let said = match value.hasattr("delivery") {
        Ok(true) => value.setattr("delivery", delivery.as_str()),
        _ => return refused,
    };
    let said = said.and_then(|()| attempt.map_or(Ok(()), |attempt| value.setattr("attempt", attempt)));
    said.err().unwrap_or(refused)
}

/// `raised`, what a callback failed with, stands behind the innermost of our errors.
fn exception<'py>(
    py: Python<'py>,
    error: ErrorView,
    raised: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = MAKE.import(py, "ava_imessage.errors", "_make_error")?;
    let cause = match error.cause {
        Some(inner) => Some(exception(py, *inner, raised)?),
        None => raised,
    };
    let fields = PyDict::new(py);
    fields.set_item("status", error.status)?;
    fields.set_item("request_id", error.request_id)?;
    fields.set_item(
        "retry_after",
        error.retry_after_ms.map(Duration::from_millis).map(|wait| wait.as_secs_f64()),
    )?;
    fields.set_item("body", error.body)?;
    fields.set_item("delivery", error.delivery)?;
    fields.set_item("message_id", error.message_id)?;
    fields.set_item("attempt", error.attempt.map(Attempt))?;
    make.call1((error.code, error.message, fields, cause))
}

/// An exception that Python code raised in a callback.
pub(crate) struct Raised {
    exception: Py<PyAny>,
    /// All that is told of it here: its words may hold anything.
    class: String,
}

impl Raised {
    pub(crate) fn new(exception: &Bound<'_, PyAny>) -> Raised {
        let class =
            exception.get_type().name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
        Raised { exception: exception.clone().unbind(), class }
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.class)
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raised({})", self.class)
    }
}

impl StdError for Raised {}
