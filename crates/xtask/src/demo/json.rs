//! The demo for programs: one JSON object a line.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::Printer;
use super::event::Event;

pub(crate) struct Json<W>(pub(crate) W);

impl<W: Write> Printer for Json<W> {
    fn print(&mut self, at: Duration, event: &Event) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(flatten)]
            event: &'a Event,
            /// Milliseconds since the demo began.
            at_ms: u64,
        }
        let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let line = serde_json::to_string(&Line { event, at_ms })?;
        writeln!(self.0, "{line}")?;
        self.0.flush()
    }
}
