//! The log, on its way to the application's logger.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use ava_bridge::{Level, Logger, Record};

use crate::time::Moment;

/// How much a line matters.
#[derive(Clone, Copy, uniffi::Enum)]
pub enum LogLevel {
    /// Nothing at all; as a threshold only.
    Off,
    /// Something is broken.
    Error,
    /// Somebody should know.
    Warn,
    /// Worth knowing.
    Info,
    /// Each request, each retry.
    Debug,
    /// Everything.
    Trace,
}

/// One line.
#[derive(uniffi::Record)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// When it was written, by this machine's clock.
    pub time: Moment,
    /// What happened.
    pub message: String,
    /// With what.
    pub fields: Vec<LogField>,
}

/// A named value of a line.
#[derive(uniffi::Record)]
pub struct LogField {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// Where lines go.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// Takes lines, oldest first. Called one at a time, on a thread of the library's.
    fn log(&self, lines: Vec<LogLine>);
}

/// Has all clients that have no logger of their own log to this one; to none if there is none.
#[uniffi::export]
pub fn set_logger(sink: Option<Arc<dyn LogSink>>, level: LogLevel) {
    ava_bridge::set_logger(sink.map(|sink| logger(sink, level)));
}

/// Waits until everything was told that was to be told so far, but not longer. False if it took longer.
#[uniffi::export]
pub fn flush_callbacks(timeout_ms: u64) -> bool {
    ava_bridge::flush_callbacks(Duration::from_millis(timeout_ms))
}

/// How long the packages' own flushing waits at the most.
#[uniffi::export]
pub fn flush_limit_ms() -> u64 {
    2000
}

pub(crate) fn logger(sink: Arc<dyn LogSink>, level: LogLevel) -> Arc<Logger> {
    let tell = move |records: Vec<Record>| sink.log(records.into_iter().map(LogLine::from).collect());
    Logger::new(tell, level.into())
}

impl From<Record> for LogLine {
    fn from(record: Record) -> LogLine {
        let time = record.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let fields = record.fields.into_iter().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            LogField { name: name.to_owned(), value }
        });
        LogLine {
            level: record.level.into(),
            time: Moment {
                seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
                nanoseconds: time.subsec_nanos(),
            },
            message: record.message,
            fields: fields.collect(),
        }
    }
}

macro_rules! levels {
    ($($level:ident),*) => {
        impl From<LogLevel> for Level {
            fn from(level: LogLevel) -> Level {
                match level { $(LogLevel::$level => Level::$level),* }
            }
        }

        impl From<Level> for LogLevel {
            fn from(level: Level) -> LogLevel {
                match level { $(Level::$level => LogLevel::$level),* }
            }
        }
    };
}

levels!(Off, Error, Warn, Info, Debug, Trace);
