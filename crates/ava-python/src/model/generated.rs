//! A reply that AVA wrote, and the turns it is drafted from.

use std::hash::Hash;

use ava_imessage::Timestamp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyMapping, PyMappingProxy, PyTuple, PyType};

use super::{hashed, measured, quoted};
use crate::extra::Extra;
use crate::{options, time};

/// A reply that AVA wrote (*Generate Message with AVA*).
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct GeneratedMessage {
    /// What it wrote (the wire's ``generated_message``).
    #[pyo3(get)]
    text: String,
    /// The service's id: ``msg_ai_abc123``.
    #[pyo3(get)]
    message_id: String,
    /// Whether it was sent.
    #[pyo3(get)]
    sent: bool,
    timestamp: Timestamp,
    extra: Extra,
}

impl From<ava_imessage::GeneratedMessage> for GeneratedMessage {
    fn from(generated: ava_imessage::GeneratedMessage) -> GeneratedMessage {
        GeneratedMessage {
            extra: Extra::of(&generated.extra),
            timestamp: generated.timestamp,
            sent: generated.sent,
            text: generated.text,
            message_id: generated.message_id,
        }
    }
}

impl GeneratedMessage {
    /// All but `extra`, as Python has it.
    fn key(&self) -> impl Hash + PartialEq {
        (&self.text, &self.message_id, self.sent, self.timestamp.as_microsecond())
    }
}

#[pymethods]
impl GeneratedMessage {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("text", "message_id", "sent", "timestamp")
    }

    #[new]
    #[pyo3(signature = (text, message_id, sent, timestamp, extra=None))]
    fn new(
        text: String,
        message_id: String,
        sent: bool,
        timestamp: &Bound<'_, PyDateTime>,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<GeneratedMessage> {
        let timestamp = time::from_python("timestamp", timestamp)?;
        Ok(GeneratedMessage { text, message_id, sent, timestamp, extra: Extra::from_python(extra)? })
    }

    /// When, by the service's clock: an aware ``datetime`` in UTC.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.timestamp)
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.extra.to_python(py)
    }

    fn __eq__(&self, py: Python<'_>, other: &GeneratedMessage) -> PyResult<bool> {
        Ok(self.key() == other.key() && self.extra.equals(py, &other.extra)?)
    }

    fn __hash__(&self) -> u64 {
        hashed(self.key())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "GeneratedMessage(text={}, message_id={}, sent={}, timestamp={})",
            measured(&self.text),
            quoted(py, &self.message_id)?,
            if self.sent { "True" } else { "False" },
            self.timestamp,
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let arguments =
            (&this.text, &this.message_id, this.sent, this.timestamp(py)?, this.extra.to_dict(py)?);
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// One turn of the conversation that a reply is drafted from.
#[pyclass(frozen, eq, hash, get_all, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct Turn {
    /// Who speaks: ``user`` (the other person), ``assistant`` (us), or whatever else the service takes.
    role: String,
    /// What is said.
    content: String,
}

#[pymethods]
impl Turn {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("role", "content")
    }

    #[new]
    fn new(role: String, content: String) -> Turn {
        Turn { role, content }
    }

    /// What the other person said.
    #[staticmethod]
    fn user(content: String) -> Turn {
        Turn { role: "user".to_owned(), content }
    }

    /// What we said.
    #[staticmethod]
    fn assistant(content: String) -> Turn {
        Turn { role: "assistant".to_owned(), content }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Turn(role={}, content={})", quoted(py, &self.role)?, measured(&self.content)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let this = slf.get();
        Ok((slf.get_type(), (&this.role, &this.content).into_pyobject(slf.py())?))
    }
}

/// A context: each a `Turn`, or a mapping of its two members.
pub(crate) fn turns(context: &Bound<'_, PyAny>) -> PyResult<Vec<ava_imessage::Turn>> {
    context.try_iter().map_err(|_| wrong_turn())?.map(|item| turn(&item?)).collect()
}

fn turn(given: &Bound<'_, PyAny>) -> PyResult<ava_imessage::Turn> {
    if let Ok(turn) = given.cast::<Turn>() {
        let Turn { role, content } = turn.get();
        return Ok(ava_imessage::Turn::new(role.as_str().into(), content.as_str()));
    }
    let mapping = given.cast::<PyMapping>().map_err(|_| wrong_turn())?;
    if mapping.len()? != 2 {
        return Err(wrong_turn());
    }
    let member = |name: &str| -> PyResult<String> {
        options::argument("context", &mapping.get_item(name).map_err(|_| wrong_turn())?)
    };
    Ok(ava_imessage::Turn::new(member("role")?.as_str().into(), member("content")?))
}

fn wrong_turn() -> PyErr {
    PyTypeError::new_err("context: each turn is a Turn, or a dict with role and content")
}
