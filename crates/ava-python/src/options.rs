//! Options as Python gives them.

use std::sync::Arc;
use std::time::Duration;

use ava_bridge::{CallOptions, Error, ErrorKind, Options};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::error::to_py_err;
use crate::foreign;
use crate::model::Attempt;

/// The arguments of a client, by their names; `None` is not given.
struct Given<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'py> Given<'_, 'py> {
    fn any(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn get<T: for<'a> FromPyObject<'a, 'py>>(&self, name: &str) -> PyResult<Option<T>> {
        let Some(value) = self.any(name)? else { return Ok(None) };
        value.extract().map(Some).map_err(|error: T::Error| named(name, error.into(), &value))
    }

    fn seconds(&self, name: &str) -> PyResult<Option<Duration>> {
        let py = self.0.py();
        self.get(name)?.map(|given| seconds(py, ErrorKind::Configuration, name, given)).transpose()
    }
}

/// A wrong type, by the argument's name.
fn named(name: &str, error: PyErr, value: &Bound<'_, PyAny>) -> PyErr {
    let class = value.get_type().name().map_or_else(|_| String::new(), |class| class.to_string());
    let named = PyTypeError::new_err(format!("{name}: a {class} won't do"));
    named.set_cause(value.py(), Some(error));
    named
}

/// A length of time in seconds, as Python gives them; infinity is for ever.
pub(crate) fn seconds(py: Python<'_>, kind: ErrorKind, name: &str, given: f64) -> PyResult<Duration> {
    if given.is_nan() || given < 0.0 {
        let message = format!("{name}: must be a number of seconds, not negative");
        return Err(to_py_err(py, Error::new(kind, message)));
    }
    Ok(Duration::try_from_secs_f64(given).unwrap_or(Duration::MAX))
}

fn headers(given: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let wrong = |error: PyErr| named("headers", error, given);
    let items = given.cast::<PyMapping>().map_err(|error| wrong(error.into()))?.items()?;
    items.iter().map(|item| item.extract().map_err(wrong)).collect()
}

/// What a client is set up with.
pub(crate) fn client(given: &Bound<'_, PyDict>, run: &Arc<Py<PyAny>>) -> PyResult<Options> {
    let given = Given(given);
    let provider = given.any("token_provider")?;
    let hook = given.any("on_unknown")?;
    let options = Options {
        api_key: given.get::<String>("api_key")?.map(Into::into),
        token_provider: provider.map(|function| foreign::token_provider(Arc::clone(run), function.unbind())),
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
        headers: given.any("headers")?.map(|value| headers(&value)).transpose()?.unwrap_or_default(),
        user_agent: given.get("user_agent")?,
        binding: Some(concat!("ava-imessage-python/", env!("CARGO_PKG_VERSION")).to_owned()),
        on_unknown: hook.map(|function| {
            foreign::hook(function.unbind(), |py, attempt| Attempt(attempt).into_bound_py_any(py))
        }),
        ..Options::default()
    };
    Ok(options.or_environment())
}

/// The options of every call, as its last three arguments.
pub(crate) fn call(
    py: Python<'_>,
    timeout: Option<f64>,
    max_retries: Option<u32>,
    given: Option<&Bound<'_, PyAny>>,
) -> PyResult<CallOptions> {
    Ok(CallOptions {
        timeout: timeout.map(|given| seconds(py, ErrorKind::InvalidRequest, "timeout", given)).transpose()?,
        max_retries,
        headers: given.map(headers).transpose()?.unwrap_or_default(),
        cancel: None,
    })
}
