//! A message that was sent, and how that is known.

use std::hash::Hash;

use ava_imessage::Timestamp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyMappingProxy, PyTuple, PyType};

use super::{hashed, quoted};
use crate::extra::Extra;
use crate::time;

/// How it is known that a message was sent, as a member of Python's `Confirmation`.
fn confirmation<'py>(py: Python<'py>, value: &str) -> PyResult<Bound<'py, PyAny>> {
    static ENUM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ENUM.import(py, "ava_imessage", "Confirmation")?.call1((value,))
}

/// A message that the service accepted (*Send Message*). Whether it was delivered is the ``status`` of its row in
/// the history.
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct SentMessage {
    /// The service's id: ``msg_abc123``.
    #[pyo3(get)]
    message_id: String,
    timestamp: Timestamp,
    confirmation: String,
    extra: Extra,
}

impl From<ava_imessage::SentMessage> for SentMessage {
    fn from(sent: ava_imessage::SentMessage) -> SentMessage {
        SentMessage {
            timestamp: sent.timestamp,
            confirmation: sent.confirmation.as_str().to_owned(),
            extra: Extra::of(&sent.extra),
            message_id: sent.message_id,
        }
    }
}

impl SentMessage {
    /// All but `extra`, as Python has it.
    fn key(&self) -> impl Hash + PartialEq {
        (&self.message_id, self.timestamp.as_microsecond(), &self.confirmation)
    }
}

#[pymethods]
impl SentMessage {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("message_id", "timestamp", "confirmation")
    }

    #[new]
    #[pyo3(signature = (message_id, timestamp, confirmation, extra=None))]
    fn new(
        py: Python<'_>,
        message_id: String,
        timestamp: &Bound<'_, PyDateTime>,
        confirmation: &str,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SentMessage> {
        // Refuses what is none.
        self::confirmation(py, confirmation)?;
        Ok(SentMessage {
            message_id,
            timestamp: time::from_python("timestamp", timestamp)?,
            confirmation: confirmation.to_owned(),
            extra: Extra::from_python(extra)?,
        })
    }

    /// When, by the service's clock; where the answer names no time, its ``Date``, else this machine's clock.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.timestamp)
    }

    /// How it is known: ``Confirmation.RESPONSE`` (the service answered) or ``Confirmation.HISTORY`` (the answer
    /// was lost; the message was found in the history).
    #[getter]
    fn confirmation<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        confirmation(py, &self.confirmation)
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.extra.to_python(py)
    }

    fn __eq__(&self, py: Python<'_>, other: &SentMessage) -> PyResult<bool> {
        Ok(self.key() == other.key() && self.extra.equals(py, &other.extra)?)
    }

    fn __hash__(&self) -> u64 {
        hashed(self.key())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, confirmation) = (quoted(py, &self.message_id)?, &self.confirmation);
        let time = self.timestamp;
        Ok(format!("SentMessage(message_id={id}, timestamp={time}, confirmation='{confirmation}')"))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let arguments = (&this.message_id, this.timestamp(py)?, &this.confirmation, this.extra.to_dict(py)?);
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}
