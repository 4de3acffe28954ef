//! Times: `datetime` with a time zone on Python's side, RFC 3339 on the wire.

use ava_imessage::{Error, ErrorKind, Timestamp};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyDeltaAccess, PyTzInfo};

use crate::error::to_py_err;

/// As an aware `datetime` in UTC. Python has no finer time than microseconds.
pub(crate) fn to_python(py: Python<'_>, time: Timestamp) -> PyResult<Bound<'_, PyDateTime>> {
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?.to_owned();
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(|epoch| epoch.into_any().unbind())
    })?;
    let micros = time.as_microsecond();
    let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let seconds = i32::try_from(rest / 1_000_000)?;
    let since = PyDelta::new(py, i32::try_from(days)?, seconds, i32::try_from(rest % 1_000_000)?, false)?;
    Ok(epoch.bind(py).add(since)?.cast_into()?)
}

/// From an aware `datetime`. One without a time zone is refused, by the argument's name: which moment it means
/// depends on the machine.
pub(crate) fn from_python(name: &str, time: &Bound<'_, PyDateTime>) -> PyResult<Timestamp> {
    let py = time.py();
    let refused = |why: &str| {
        let message = format!("{name}: {why}");
        to_py_err(py, Error::new(ErrorKind::InvalidRequest, message))
    };
    let offset = time.call_method0("utcoffset")?;
    if offset.is_none() {
        return Err(refused("the datetime has no time zone; give one, such as datetime.now(timezone.utc)"));
    }
    let utc = PyTzInfo::utc(py)?.to_owned();
    let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc))?;
    let since = time.sub(epoch)?.cast_into::<PyDelta>()?;
    let micros = i64::from(since.get_days()) * 86_400_000_000
        + i64::from(since.get_seconds()) * 1_000_000
        + i64::from(since.get_microseconds());
    Timestamp::from_microsecond(micros).map_err(|_| refused("the datetime is out of range"))
}
