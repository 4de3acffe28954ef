//! A short-lived token.

use ava_imessage::ErrorKind;
use pyo3::prelude::*;
use pyo3::types::PyDateTime;

use crate::{options, time};

/// A short-lived token, as a token provider gives it. ``repr()`` hides it.
#[pyclass(frozen, module = "ava_imessage")]
pub(crate) struct Token(pub(crate) ava_imessage::Token);

#[pymethods]
impl Token {
    /// ``expires_in`` is the seconds it is valid for from now on, ``expires_at`` the aware ``datetime`` it is valid
    /// until by this machine's clock. With neither it is used until the service refuses it with 401.
    #[new]
    #[pyo3(signature = (value, *, expires_in=None, expires_at=None))]
    fn new(
        py: Python<'_>,
        value: String,
        expires_in: Option<f64>,
        expires_at: Option<&Bound<'_, PyDateTime>>,
    ) -> PyResult<Token> {
        let mut token = ava_imessage::Token::new(value);
        if let Some(seconds) = expires_in {
            token = token.expires_in(options::seconds(py, ErrorKind::InvalidRequest, "expires_in", seconds)?);
        }
        if let Some(at) = expires_at {
            token = token.expires_at(time::from_python("expires_at", at)?);
        }
        Ok(Token(token))
    }

    fn __repr__(&self) -> &'static str {
        "Token(…)"
    }
}
