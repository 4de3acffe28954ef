//! The log, on its way to the application's logger.

use std::sync::Arc;
use std::time::Duration;

use ava_bridge::{Call, Error, ErrorKind, Level, Logger, Record};
use serde_json::{Map, Value};

use crate::foreign::Owner;
use crate::model::json;

/// What is still being told has so long.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A logger that has its owner's told.
pub(crate) fn logger(owner: &Owner, level: &str) -> Option<Arc<Logger>> {
    let level = Level::from_name(level)?;
    let owner = Arc::clone(owner);
    let sink = move |records: Vec<Record>| {
        for record in records {
            let fields: Map<String, Value> =
                record.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let line = json(&(record.level.as_str(), record.message, fields));
            owner.tell("log", line);
        }
    };
    Some(Logger::new(sink, level))
}

/// Ends when all that was to be told so far was.
pub(crate) fn flush() -> Call<()> {
    Call::new(async {
        let waiting = ava_bridge::handle()?.spawn_blocking(|| ava_bridge::flush_callbacks(LAST_WORDS));
        waiting.await.map(drop).map_err(|_| Error::new(ErrorKind::Closed, "the library is shut down"))
    })
}
