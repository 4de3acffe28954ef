//! The demo for programs: one JSON object a line.

use std::time::Duration;

use serde::Serialize;

use super::Narrator;
use super::event::Event;
use crate::failure::Result;
use crate::printer::Printer;

pub(super) struct Json<'a>(pub(super) &'a Printer);

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    /// Milliseconds since the demo began.
    at_ms: u64,
}

impl<'a> Line<'a> {
    fn new(at: Duration, event: &'a Event) -> Line<'a> {
        Line { event, at_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX) }
    }
}

impl Narrator for Json<'_> {
    fn tell(&mut self, at: Duration, event: &Event) -> Result<()> {
        self.0.object(&Line::new(at, event))?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn json_lines_carry_the_name_of_the_event() {
        let event = Event::Records { posts: 1, rows: 0 };
        let line = json::line(&Line::new(Duration::from_millis(7), &event));
        assert_eq!(line, r#"{"event":"records","posts":1,"rows":0,"at_ms":7}"#);
    }
}
