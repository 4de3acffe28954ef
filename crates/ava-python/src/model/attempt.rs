//! A send that may or may not have happened.

use pyo3::prelude::*;

use super::{hashed, masked, measured};
use crate::error::to_py_err;

/// A send that may or may not have happened, to be settled later: ``client.settle(attempt)``.
///
/// It pickles, and can be kept as text: that text holds the phone and the message, ``repr()`` hides both. Another
/// process can settle it only if :attr:`is_portable`.
#[pyclass(frozen, eq, module = "ava_imessage")]
#[derive(PartialEq)]
pub(crate) struct Attempt(pub(crate) ava_imessage::Attempt);

#[pymethods]
impl Attempt {
    /// To whom the message would have gone.
    #[getter]
    fn phone(&self) -> &str {
        self.0.phone()
    }

    /// What it would have said.
    #[getter]
    fn text(&self) -> &str {
        self.0.text()
    }

    /// Whether another process can settle it: the history was read at least once.
    #[getter]
    fn is_portable(&self) -> bool {
        self.0.is_portable()
    }

    /// As JSON text, for :meth:`from_json`. It holds the phone and the message.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        ava_bridge::attempt_to_text(&self.0).map_err(|error| to_py_err(py, error))
    }

    /// What :meth:`to_json` wrote. Raises :class:`InvalidRequestError`, a ``ValueError``, if it is none.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Attempt> {
        ava_bridge::attempt_from_text(text).map(Attempt).map_err(|error| to_py_err(py, error))
    }

    fn __hash__(&self) -> u64 {
        hashed((self.0.phone(), self.0.text()))
    }

    fn __repr__(&self) -> String {
        let (phone, text) = (masked(self.0.phone()), measured(self.0.text()));
        let portable = if self.0.is_portable() { "True" } else { "False" };
        format!("Attempt(phone={phone}, text={text}, is_portable={portable})")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json(slf.py())?,)))
    }
}
