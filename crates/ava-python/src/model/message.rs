//! A message, and a row that is none.

use std::collections::BTreeMap;
use std::hash::Hash;

use ava_imessage::{Direction, Status};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyMappingProxy, PyString, PyTuple, PyType};
use serde_json::value::RawValue;

use super::{hashed, masked, measured, quoted};
use crate::extra::Extra;
use crate::time;

/// One message of a conversation (*Get Messages*, *Receive Messages*).
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct Message(pub(crate) ava_imessage::Message);

impl Message {
    /// All but `extra`, as Python has it.
    fn key(&self) -> impl Hash + PartialEq {
        let ava_imessage::Message { id, phone, text, direction, timestamp, status, .. } = &self.0;
        (id, phone, text, direction.as_str(), timestamp.as_microsecond(), status.as_str())
    }
}

#[pymethods]
impl Message {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str)
    {
        ("id", "phone", "text", "direction", "timestamp", "status")
    }

    #[new]
    #[pyo3(signature = (id, phone, text, direction, timestamp, status, extra=None))]
    fn new(
        id: &str,
        phone: &str,
        text: &str,
        direction: &str,
        timestamp: &Bound<'_, PyDateTime>,
        status: &str,
        extra: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Message> {
        let extra = Extra::from_python(extra)?;
        // Members that are as odd as the wire's may be stay as they are written.
        let read = |error: serde_json::Error| PyValueError::new_err(error.to_string());
        let mut row: BTreeMap<&str, Box<RawValue>> = serde_json::from_str(extra.json()).map_err(read)?;
        let time = time::from_python("timestamp", timestamp)?.to_string();
        for (name, value) in [
            ("id", id),
            ("phone", phone),
            ("message", text),
            ("direction", direction),
            ("timestamp", &time),
            ("status", status),
        ] {
            row.insert(name, serde_json::value::to_raw_value(value).map_err(read)?);
        }
        let row = serde_json::to_string(&row).map_err(read)?;
        serde_json::from_str(&row).map(Message).map_err(read)
    }

    /// The service's id: ``msg_abc123``.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// The other person's number, E.164.
    #[getter]
    fn phone(&self) -> &str {
        &self.0.phone
    }

    /// What was written (the wire's ``message``).
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// Which way it went: ``inbound`` or ``outbound``, or what the service wrote instead.
    #[getter]
    fn direction<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        match &self.0.direction {
            Direction::Inbound => intern!(py, "inbound").clone(),
            Direction::Outbound => intern!(py, "outbound").clone(),
            other => PyString::new(py, other.as_str()),
        }
    }

    /// When, by the service's clock: an aware ``datetime`` in UTC.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.0.timestamp)
    }

    /// How far it got: ``queued``, ``sent``, ``delivered``, ``received``, ``failed``, or what the service wrote
    /// instead.
    #[getter]
    fn status<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        match &self.0.status {
            Status::Delivered => intern!(py, "delivered").clone(),
            Status::Received => intern!(py, "received").clone(),
            other => PyString::new(py, other.as_str()),
        }
    }

    /// Further members of the wire, parsed when asked for: a read-only mapping.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        Extra::of(&self.0.extra).to_python(py)
    }

    fn __eq__(&self, py: Python<'_>, other: &Message) -> PyResult<bool> {
        let (ours, theirs) = (Extra::of(&self.0.extra), Extra::of(&other.0.extra));
        Ok(self.key() == other.key() && ours.equals(py, &theirs)?)
    }

    fn __hash__(&self) -> u64 {
        hashed(self.key())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let ava_imessage::Message { id, phone, text, direction, timestamp, status, .. } = &self.0;
        Ok(format!(
            "Message(id={}, phone={}, text={}, direction={}, timestamp={timestamp}, status={})",
            quoted(py, id)?,
            masked(phone),
            measured(text),
            quoted(py, direction.as_str())?,
            quoted(py, status.as_str())?,
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let extra = Extra::of(&this.0.extra).to_dict(py)?;
        let arguments = (
            this.id(),
            this.phone(),
            this.text(),
            this.direction(py),
            this.timestamp(py)?,
            this.status(py),
            extra,
        );
        Ok((slf.get_type(), arguments.into_pyobject(py)?))
    }
}

/// A row that isn't what the API documents. It costs nobody the rows beside it.
#[pyclass(frozen, eq, hash, get_all, module = "ava_imessage")]
#[derive(PartialEq, Hash)]
pub(crate) struct SkippedRow {
    /// Its place in the server's list, from 0.
    index: usize,
    /// What is wrong with it.
    reason: String,
    /// The row as JSON text. It may hold people's data.
    raw: String,
}

impl From<ava_imessage::SkippedRow> for SkippedRow {
    fn from(row: ava_imessage::SkippedRow) -> SkippedRow {
        SkippedRow { index: row.index, reason: row.reason, raw: row.raw }
    }
}

#[pymethods]
impl SkippedRow {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("index", "reason", "raw")
    }

    #[new]
    fn new(index: usize, reason: String, raw: String) -> SkippedRow {
        SkippedRow { index, reason, raw }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("SkippedRow(index={}, reason={})", self.index, quoted(py, &self.reason)?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let this = slf.get();
        Ok((slf.get_type(), (this.index, &this.reason, &this.raw).into_pyobject(slf.py())?))
    }
}
