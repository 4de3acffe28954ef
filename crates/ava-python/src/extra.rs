//! Members of the wire that this version has no name for, as JSON text until somebody asks for them.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMappingProxy};

/// The JSON text of an object, as the wire or Python wrote it; `None` is an empty one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra(Option<Box<str>>);

impl Extra {
    pub(crate) fn of(extra: &ava_imessage::Extra) -> Extra {
        if extra.is_empty() {
            return Extra(None);
        }
        Extra(serde_json::to_string(extra).ok().map(Into::into))
    }

    /// From what Python code gives: a mapping of what JSON can hold.
    pub(crate) fn from_python(extra: Option<&Bound<'_, PyAny>>) -> PyResult<Extra> {
        let Some(extra) = extra.filter(|extra| !extra.is_none()) else { return Ok(Extra(None)) };
        let py = extra.py();
        let dict = PyDict::new(py);
        dict.update(extra.cast()?)?;
        if dict.is_empty() {
            return Ok(Extra(None));
        }
        let text: String = py.import("json")?.call_method1("dumps", (dict,))?.extract()?;
        Ok(Extra(Some(text.into())))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the members are the same, however they are written.
    pub(crate) fn equals(&self, py: Python<'_>, other: &Extra) -> PyResult<bool> {
        Ok(self.0 == other.0 || self.to_dict(py)?.eq(other.to_dict(py)?)?)
    }

    /// As JSON text.
    pub(crate) fn json(&self) -> &str {
        self.0.as_deref().unwrap_or("{}")
    }

    /// As a `dict` of its own.
    pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        if self.is_empty() {
            return Ok(PyDict::new(py));
        }
        Ok(py.import("json")?.call_method1("loads", (self.json(),))?.cast_into()?)
    }

    /// As a read-only mapping.
    pub(crate) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        Ok(PyMappingProxy::new(py, self.to_dict(py)?.as_mapping()))
    }
}
