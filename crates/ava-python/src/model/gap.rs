//! A stretch of time that a listener may have missed.

use ava_imessage::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyTuple, PyType};

use super::hashed;
use crate::time;

/// A stretch of time of which a listener may have missed messages.
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct Gap {
    start: Timestamp,
    end: Timestamp,
}

impl From<&ava_imessage::Gap> for Gap {
    fn from(gap: &ava_imessage::Gap) -> Gap {
        Gap { start: gap.from, end: gap.to }
    }
}

impl Gap {
    /// As Python has it.
    fn key(&self) -> (i64, i64) {
        (self.start.as_microsecond(), self.end.as_microsecond())
    }
}

#[pymethods]
impl Gap {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("start", "end")
    }

    #[new]
    fn new(start: &Bound<'_, PyDateTime>, end: &Bound<'_, PyDateTime>) -> PyResult<Gap> {
        Ok(Gap { start: time::from_python("start", start)?, end: time::from_python("end", end)? })
    }

    /// Its beginning: an aware ``datetime`` in UTC.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.start)
    }

    /// Its end: an aware ``datetime`` in UTC.
    #[getter]
    fn end<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        time::to_python(py, self.end)
    }

    fn __eq__(&self, other: &Gap) -> bool {
        self.key() == other.key()
    }

    fn __hash__(&self) -> u64 {
        hashed(self.key())
    }

    fn __repr__(&self) -> String {
        format!("Gap(start={}, end={})", self.start, self.end)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        Ok((slf.get_type(), (this.start(py)?, this.end(py)?).into_pyobject(py)?))
    }
}
