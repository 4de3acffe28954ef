//! A send that may or may not have happened.

use std::hash::{Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{masked, measured};

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
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// What :meth:`to_json` wrote. Raises ``ValueError`` if it is something else.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Attempt> {
        // serde's own words may quote the text.
        serde_json::from_str(text).map(Attempt).map_err(|_| PyValueError::new_err("not an attempt"))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        (self.0.phone(), self.0.text()).hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        let (phone, text) = (masked(self.0.phone()), measured(self.0.text()));
        let portable = if self.0.is_portable() { "True" } else { "False" };
        format!("Attempt(phone={phone}, text={text}, is_portable={portable})")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json()?,)))
    }
}
