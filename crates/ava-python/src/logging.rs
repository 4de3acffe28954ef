//! The log, on its way to `logging.getLogger("ava_imessage")`.

use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use ava_bridge::{Level, Logger, Record};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::gate;

static LOGGER: OnceLock<Arc<Logger>> = OnceLock::new();

/// Has lines from `level` (Python's number) on given to `handle(level, time, message, fields)`, on the thread of
/// the callbacks.
#[pyfunction]
pub(crate) fn log_to(handle: Py<PyAny>, level: u32) {
    let sink = move |records: Vec<Record>| {
        let _permit = gate::enter_or_park();
        Python::attach(|py| {
            for record in records {
                if let Err(raised) = tell(handle.bind(py), &record) {
                    raised.write_unraisable(py, Some(handle.bind(py)));
                }
            }
        });
    };
    let logger = LOGGER.get_or_init(|| Logger::new(sink, of_python(level)));
    ava_bridge::set_logger(Some(Arc::clone(logger)));
}

/// Lines below `level` (Python's number) are not made any more.
#[pyfunction]
pub(crate) fn set_log_level(level: u32) {
    if let Some(logger) = LOGGER.get() {
        logger.set_level(of_python(level));
    }
}

fn of_python(level: u32) -> Level {
    match level {
        0..=5 => Level::Trace,
        6..=10 => Level::Debug,
        11..=20 => Level::Info,
        21..=30 => Level::Warn,
        31..=50 => Level::Error,
        _ => Level::Off,
    }
}

fn to_python(level: Level) -> u32 {
    match level {
        Level::Error => 40,
        Level::Warn => 30,
        Level::Info => 20,
        Level::Debug => 10,
        Level::Trace | Level::Off => 5,
    }
}

fn tell(handle: &Bound<'_, PyAny>, record: &Record) -> PyResult<()> {
    let fields = PyDict::new(handle.py());
    for (name, value) in &record.fields {
        match value {
            serde_json::Value::Bool(value) => fields.set_item(name, value)?,
            serde_json::Value::Number(value) if value.is_i64() => fields.set_item(name, value.as_i64())?,
            serde_json::Value::Number(value) if value.is_u64() => fields.set_item(name, value.as_u64())?,
            serde_json::Value::Number(value) => fields.set_item(name, value.as_f64())?,
            serde_json::Value::String(value) => fields.set_item(name, value)?,
            other => fields.set_item(name, other.to_string())?,
        }
    }
    let time = record.time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    handle.call1((to_python(record.level), time, &record.message, fields))?;
    Ok(())
}
