//! What a fault does, in words: for the page's traffic, and for whoever prints one.

use std::fmt;

use crate::fault::{Cutoff, Fault, RowTimes};

impl fmt::Display for Fault {
    /// What it does in its own order, without to whom or how often: `answers 503, with Retry-After 2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().join(", "))
    }
}

impl Fault {
    fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut say = |part: Option<String>| parts.extend(part);
        say(self.delay_ms.map(|ms| format!("waits {ms} ms")));
        say(self.delay_after_ms.map(|ms| format!("waits {ms} ms after processing")));
        say(self.drop.map(|drop| match drop {
            Cutoff::Before => "drops the connection before processing".into(),
            Cutoff::After => "drops the connection after processing".into(),
        }));
        say(self.status.map(|status| format!("answers {status}")));
        say(self.body.is_some().then(|| "answers another body".into()));
        say(self.reject.as_ref().map(|reason| format!("rejects: {reason}")));
        say(self.garbage.then(|| "answers garbage".into()));
        say(self.huge_bytes.map(|bytes| format!("answers {bytes} bytes")));
        say(self.redirect.as_ref().map(|to| format!("redirects to {to}")));
        say(self.retry_after.as_ref().map(|value| format!("with Retry-After {value}")));
        say(self.content_type.as_ref().map(|value| format!("with Content-Type {value}")));
        say(self.truncate.map(|bytes| format!("cuts the body after {bytes} bytes")));
        say(self.drip_ms.map(|ms| format!("drips a byte every {ms} ms")));
        say(self.timestamps.map(|times| match times {
            RowTimes::Equal => "gives rows equal times".into(),
            RowTimes::OutOfOrder => "gives rows times out of order".into(),
            RowTimes::Future => "gives rows times in the future".into(),
        }));
        say(self.history_lag_ms.map(|ms| format!("shows rows {ms} ms late in the history")));
        say(self.omit_date.then(|| "omits Date".into()));
        say(self.process.map(|process| if process { "with its effect" } else { "without effect" }.into()));
        parts
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cutoff, Fault};

    #[test]
    fn words_say_what_happens() {
        let overloaded = Fault { status: Some(503), retry_after: Some("2".into()), ..Fault::default() };
        assert_eq!(overloaded.to_string(), "answers 503, with Retry-After 2");
        let lost = Fault { drop: Some(Cutoff::After), ..Fault::default() };
        assert_eq!(lost.to_string(), "drops the connection after processing");
    }
}
