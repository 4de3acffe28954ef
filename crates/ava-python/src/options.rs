//! Options as Python gives them.

use std::time::Duration;

use ava_bridge::{CallOptions, Error, ErrorKind, Options};
use ava_imessage::Timestamp;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::error::to_py_err;
use crate::foreign::{self, Callback, Told};
use crate::model::Attempt;
use crate::time;

/// Arguments by their names; `None` is not given.
pub(crate) struct Given<'a, 'py> {
    pub(crate) arguments: &'a Bound<'py, PyDict>,
    /// What a value that won't do is.
    pub(crate) kind: ErrorKind,
}

impl<'py> Given<'_, 'py> {
    pub(crate) fn any(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.arguments.get_item(name)?.filter(|value| !value.is_none()))
    }

    pub(crate) fn get<T: for<'a> FromPyObject<'a, 'py>>(&self, name: &str) -> PyResult<Option<T>> {
        self.any(name)?.map(|value| converted(self.kind, name, &value)).transpose()
    }

    pub(crate) fn seconds(&self, name: &str) -> PyResult<Option<Duration>> {
        self.any(name)?.map(|value| duration(self.kind, name, &value)).transpose()
    }

    /// Refused here rather than when it is called, far from whoever gave it.
    pub(crate) fn function(&self, name: &str) -> PyResult<Option<Callback>> {
        match self.any(name)? {
            Some(value) if !value.is_callable() => {
                Err(PyTypeError::new_err(format!("{name}: must be a function, not {}", class_of(&value))))
            }
            function => Ok(function.map(|function| Callback::new(function.unbind()))),
        }
    }
}

/// The value of a call's argument.
pub(crate) fn argument<'a, 'py, T: FromPyObject<'a, 'py>>(
    name: &str,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<T> {
    converted(ErrorKind::InvalidRequest, name, value)
}

/// A wrong type is a `TypeError`. A value of the right type that can't be held here may come from anywhere, and is
/// refused as other values are.
fn converted<'a, 'py, T: FromPyObject<'a, 'py>>(
    kind: ErrorKind,
    name: &str,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<T> {
    value.extract().map_err(|error: T::Error| refused(kind, name, value, error.into()))
}

fn refused(kind: ErrorKind, name: &str, value: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = value.py();
    let why = if error.is_instance_of::<PyOverflowError>(py) {
        "is out of range"
    } else if error.is_instance_of::<PyUnicodeEncodeError>(py) {
        // The exception itself holds the text, or the key.
        "holds a lone surrogate, which is no character"
    } else {
        let refused = PyTypeError::new_err(format!("{name}: must not be {}", class_of(value)));
        refused.set_cause(py, Some(error));
        return refused;
    };
    to_py_err(py, Error::new(kind, format!("{name}: {why}")))
}

fn class_of(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "what it is".to_owned(), |class| class.to_string())
}

/// An aware `datetime`.
pub(crate) fn time(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    let kind = ErrorKind::InvalidRequest;
    time::from_python(name, value.cast().map_err(|error| refused(kind, name, value, error.into()))?)
}

fn duration(kind: ErrorKind, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    seconds(value.py(), kind, name, converted(kind, name, value)?)
}

/// A length of time in seconds, as Python gives them; infinity is for ever.
pub(crate) fn seconds(py: Python<'_>, kind: ErrorKind, name: &str, given: f64) -> PyResult<Duration> {
    if given.is_nan() || given < 0.0 {
        let message = format!("{name}: must be a number of seconds, not negative");
        return Err(to_py_err(py, Error::new(kind, message)));
    }
    Ok(Duration::try_from_secs_f64(given).unwrap_or(Duration::MAX))
}

fn headers(kind: ErrorKind, given: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let wrong = |error: PyErr| refused(kind, "headers", given, error);
    let items = given.cast::<PyMapping>().map_err(|error| wrong(error.into()))?.items()?;
    let header = |item: Bound<'_, PyAny>| -> PyResult<(String, String)> {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract().map_err(wrong)?;
        Ok((converted(kind, "headers", &name)?, converted(kind, "headers", &value)?))
    };
    items.iter().map(header).collect()
}

/// What a client is set up with, and the callbacks among it: the token provider, and `on_unknown`.
pub(crate) fn client(
    given: &Bound<'_, PyDict>,
    run: &Callback,
) -> PyResult<(Options, Option<Callback>, Option<Told>)> {
    let py = given.py();
    let given = Given { arguments: given, kind: ErrorKind::Configuration };
    let provider = given.function("token_provider")?;
    // With a runner of its own, which is there for as long as the hook is.
    let hook = given.function("on_unknown")?.map(|function| Told { run: run.another(py), function });
    let options = Options {
        api_key: given.get::<String>("api_key")?.map(Into::into),
        token_provider: provider.clone().map(|function| foreign::token_provider(run.clone(), function)),
        base_url: given.get("base_url")?,
        timeout: given.seconds("timeout")?,
        connect_timeout: given.seconds("connect_timeout")?,
        read_idle_timeout: given.seconds("read_idle_timeout")?,
        pool_idle_timeout: given.seconds("pool_idle_timeout")?,
        max_retries: given.get("max_retries")?,
        backoff: given.seconds("backoff")?,
        backoff_max: given.seconds("backoff_max")?,
        confirm_from_history: given.get("confirm_from_history")?,
        settle_within: given.seconds("settle_within")?,
        settle_gap: given.seconds("settle_gap")?,
        rate_limited_is_not_sent: given.get("rate_limited_is_not_sent")?,
        max_response_bytes: given.get("max_response_bytes")?,
        environment_proxy: given.get("environment_proxy")?,
        headers: given
            .any("headers")?
            .map(|value| headers(given.kind, &value))
            .transpose()?
            .unwrap_or_default(),
        user_agent: given.get("user_agent")?,
        binding: Some(concat!("ava-imessage-python/", env!("CARGO_PKG_VERSION")).to_owned()),
        on_unknown: hook
            .clone()
            .map(|told| foreign::hook(told, |py, attempt| Attempt(attempt).into_bound_py_any(py))),
        ..Options::default()
    };
    Ok((options.or_environment(), provider, hook))
}

/// The options of every call, as its last three arguments.
pub(crate) fn call(
    timeout: Option<&Bound<'_, PyAny>>,
    max_retries: Option<&Bound<'_, PyAny>>,
    given: Option<&Bound<'_, PyAny>>,
) -> PyResult<CallOptions> {
    let kind = ErrorKind::InvalidRequest;
    Ok(CallOptions {
        timeout: timeout.map(|given| duration(kind, "timeout", given)).transpose()?,
        max_retries: max_retries.map(|given| converted(kind, "max_retries", given)).transpose()?,
        headers: given.map(|given| headers(kind, given)).transpose()?.unwrap_or_default(),
        cancel: None,
    })
}
