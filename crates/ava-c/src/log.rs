//! The log, on its way to a function of the application.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use ava_bridge::{Level, Logger, Record, Result, set_logger};

use crate::border::{ava_status, invalid, quietly, run};
use crate::call::UserData;
use crate::error::ava_error;
use crate::text::Text;

/// How much a line of the log matters.
pub type ava_log_level = u32;

/// No lines at all.
pub const AVA_LOG_OFF: ava_log_level = 0;
/// Something is broken.
pub const AVA_LOG_ERROR: ava_log_level = 1;
/// Somebody should know: a send was cut in flight, messages may have been missed.
pub const AVA_LOG_WARN: ava_log_level = 2;
/// Worth knowing.
pub const AVA_LOG_INFO: ava_log_level = 3;
/// Each request, each retry.
pub const AVA_LOG_DEBUG: ava_log_level = 4;
/// Everything.
pub const AVA_LOG_TRACE: ava_log_level = 5;

const _: () = assert!(AVA_LOG_OFF == Level::Off as u32 && AVA_LOG_TRACE == Level::Trace as u32);

/// A line of the log. Neither a key nor a text nor a whole phone number is in it. Its strings live until the callback
/// returns.
#[repr(C)]
pub struct ava_log_record {
    /// How much it matters.
    pub level: ava_log_level,
    /// When it was written, by this machine's clock: milliseconds since 1970-01-01T00:00:00Z.
    pub time_ms: i64,
    /// What happened, in words that don't change from one time to the next.
    pub message: *const c_char,
    /// With what: the text of a JSON object.
    pub fields: *const c_char,
}

/// Is given the lines of the log, oldest first, on the thread of the hooks: it may block, and nobody waits for it.
pub type ava_log_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, record: *const ava_log_record)>;

/// Has the log of all clients go to `callback`, from `level` on; NULL turns it off, as it is at first. The last callback
/// may still be given a line that is on its way; `user_data` must live until the library is shut down, or the process
/// ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_log_set(
    callback: ava_log_callback,
    user_data: *mut c_void,
    level: ava_log_level,
    error: *mut *mut ava_error,
) -> ava_status {
    run(error, || {
        let level = level_of(level)?;
        set_logger(callback.map(|callback| {
            let user_data = Arc::new(UserData(user_data));
            Logger::new(
                move |records: Vec<Record>| {
                    for record in records {
                        // SAFETY: by the header's contract it may be called with its `user_data`.
                        tell(record, |record| unsafe { callback(user_data.get(), record) });
                    }
                },
                level,
            )
        }));
        Ok(())
    })
}

/// The level that the environment's AVA_LOG names ("debug"); AVA_LOG_OFF if it names none.
#[unsafe(no_mangle)]
pub extern "C" fn ava_log_level_from_env() -> ava_log_level {
    quietly(AVA_LOG_OFF, || Level::from_env().map_or(AVA_LOG_OFF, |level| level as u32))
}

fn level_of(number: ava_log_level) -> Result<Level> {
    [Level::Off, Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace]
        .into_iter()
        .find(|level| *level as u32 == number)
        .ok_or_else(|| invalid("level: is none".to_owned()))
}

fn tell(record: Record, then: impl FnOnce(*const ava_log_record)) {
    let fields: serde_json::Map<_, _> =
        record.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let (message, fields) =
        (Text::new(record.message), Text::new(serde_json::Value::Object(fields).to_string()));
    let since = record.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let record = ava_log_record {
        level: record.level as u32,
        time_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        message: message.pointer(),
        fields: fields.pointer(),
    };
    then(&raw const record);
}
