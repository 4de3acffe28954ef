//! Faults: what goes wrong with the next requests.
//!
//! A fault with only `timestamps`, `history_lag_ms` or `omit_date` is a *condition*; any other is an *effect*.
//! A request takes the first matching effect, and every matching condition (where two set the same member, the
//! first one's counts). So a list of effects hits one request after the other, and a lasting condition hides none.
//!
//! The order within a request: `delay_ms`; `drop: "before"`; the request is processed (see [`Fault::process`]);
//! `delay_after_ms`; `drop: "after"`; the answer is replaced (`status`, `body`, `reject`, `garbage`, `huge_bytes`,
//! `redirect`); `retry_after`, `content_type`, `omit_date`; then `truncate` and `drip_ms` act on whatever is answered.

use http::{HeaderValue, StatusCode};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::ControlError;

/// Something that goes wrong.
///
/// ```
/// use ava_sandbox::{Fault, On};
/// let overloaded = Fault { status: Some(503), retry_after: Some("2".into()), ..Fault::on(On::Send) };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Which calls it hits. Default any.
    pub on: On,
    /// How many requests it hits; null until cleared. Default 1.
    pub times: Option<u64>,
    /// How many matching requests pass first. Default 0.
    pub skip: u64,
    /// Only requests about this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Answer with this status, and unless `body` says otherwise with an error body that names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The `Retry-After` header, verbatim. As JSON it may be a number of seconds, too.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    pub retry_after: Option<String>,
    /// The body: a JSON string is sent as that text, anything else as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The `Content-Type` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Wait before processing, in real milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Wait after processing, before answering, in real milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_after_ms: Option<u64>,
    /// Close the connection without a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Cutoff>,
    /// `Content-Length` announces the whole body; the connection closes after this many bytes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<u64>,
    /// Answer something that isn't JSON, as a 200 unless `status` says otherwise.
    #[serde(skip_serializing_if = "is_false")]
    pub garbage: bool,
    /// Write the body one byte at a time, this many real milliseconds apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drip_ms: Option<u64>,
    /// Answer a valid JSON object of this many bytes, generated while it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huge_bytes: Option<u64>,
    /// Answer a redirect to this `Location`, as a 302 unless `status` says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// Answer 200 with `{"success":false,"error":…}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject: Option<String>,
    /// What time the rows get that the request creates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamps: Option<RowTimes>,
    /// The rows that the request creates appear in the history this late, by the virtual clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_lag_ms: Option<u64>,
    /// Send no `Date` header.
    #[serde(skip_serializing_if = "is_false")]
    pub omit_date: bool,
    /// Whether the request has its effect.
    ///
    /// Default: yes, unless the answer is replaced (`status`, `body`, `reject`, `garbage`, `huge_bytes`, `redirect`)
    /// without a `delay_after_ms` or a `drop: "after"`. Never with `drop: "before"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<bool>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(D::Error::custom("retry_after: a text, or a number of seconds")),
    }
}

impl Default for Fault {
    fn default() -> Self {
        Fault {
            on: On::Any,
            times: Some(1),
            skip: 0,
            phone: None,
            status: None,
            retry_after: None,
            body: None,
            content_type: None,
            delay_ms: None,
            delay_after_ms: None,
            drop: None,
            truncate: None,
            garbage: false,
            drip_ms: None,
            huge_bytes: None,
            redirect: None,
            reject: None,
            timestamps: None,
            history_lag_ms: None,
            omit_date: false,
            process: None,
        }
    }
}

/// Which calls a fault hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// `POST /api/send`
    Send,
    /// `GET /api/messages/:phone`
    Messages,
    /// `GET /api/messages/poll`
    Poll,
    /// `POST /api/generate`
    Generate,
    /// Every request, to unknown routes too, but the control plane's.
    #[default]
    Any,
}

/// When the connection closes, seen from the request's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cutoff {
    /// The request has no effect.
    Before,
    /// The request has its effect, and the answer is lost.
    After,
}

/// What time rows get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowTimes {
    /// The time of the number's newest row, where there is one.
    Equal,
    /// 30 seconds before the virtual clock.
    OutOfOrder,
    /// One hour after the virtual clock.
    Future,
}

impl Fault {
    /// A fault that does nothing yet, for one request of this kind; set what it does.
    pub fn on(on: On) -> Self {
        Fault { on, ..Fault::default() }
    }

    /// Whether anything but the rows and the `Date` is touched.
    fn is_effect(&self) -> bool {
        self.replaces_answer()
            || self.retry_after.is_some()
            || self.content_type.is_some()
            || self.delay_ms.is_some()
            || self.delay_after_ms.is_some()
            || self.drop.is_some()
            || self.truncate.is_some()
            || self.drip_ms.is_some()
    }

    fn is_condition(&self) -> bool {
        self.timestamps.is_some() || self.history_lag_ms.is_some() || self.omit_date
    }

    pub(crate) fn replaces_answer(&self) -> bool {
        self.status.is_some()
            || self.body.is_some()
            || self.reject.is_some()
            || self.garbage
            || self.huge_bytes.is_some()
            || self.redirect.is_some()
    }

    pub(crate) fn processes(&self) -> bool {
        match self.drop {
            Some(Cutoff::Before) => false,
            drop => self.process.unwrap_or(
                drop == Some(Cutoff::After) || self.delay_after_ms.is_some() || !self.replaces_answer(),
            ),
        }
    }

    /// Refuses what could not be sent, or would silently do nothing.
    pub(crate) fn check(&self) -> Result<(), ControlError> {
        let refuse = |reason: &str| Err(ControlError::new(format!("fault: {reason}")));
        if !self.is_effect() && !self.is_condition() {
            return refuse("it does nothing: give at least one of status, body, delay_ms, drop, …");
        }
        if self.times == Some(0) {
            return refuse("times must be at least 1, or null for until cleared");
        }
        if self.status.is_some_and(|status| !is_final_status(status)) {
            return refuse("status must be 200 to 999");
        }
        let bodies = [self.body.is_some(), self.reject.is_some(), self.garbage, self.huge_bytes.is_some()];
        if bodies.iter().filter(|given| **given).count() > 1 {
            return refuse("give only one of body, reject, garbage and huge_bytes");
        }
        for (name, value) in [
            ("retry_after", &self.retry_after),
            ("content_type", &self.content_type),
            ("redirect", &self.redirect),
        ] {
            if value.as_ref().is_some_and(|value| HeaderValue::from_str(value).is_err()) {
                return refuse(&format!("{name} can't be a header's value"));
            }
        }
        if self.process == Some(true) && self.drop == Some(Cutoff::Before) {
            return refuse("drop: \"before\" never processes");
        }
        if self.process == Some(false) && self.drop.is_none() && !self.replaces_answer() {
            return refuse("process: false needs an answer (status, body, …) or a drop");
        }
        Ok(())
    }
}

/// Whether a response can end with this status (1xx can't).
pub(crate) fn is_final_status(status: u16) -> bool {
    status >= 200 && StatusCode::from_u16(status).is_ok()
}

/// A fault in place, and how far it is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstalledFault {
    /// Its number, in order of installation.
    pub id: u64,
    /// How many matching requests it let pass.
    pub skipped: u64,
    /// How many requests it hit.
    pub hits: u64,
    /// What it does.
    pub fault: Fault,
}

/// What the faults do to one request.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub(crate) effect: Option<Fault>,
    pub(crate) conditions: Conditions,
    /// All that apply.
    pub(crate) faults: Vec<InstalledFault>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) timestamps: Option<RowTimes>,
    pub(crate) history_lag_ms: Option<u64>,
    pub(crate) omit_date: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    installed: Vec<InstalledFault>,
    last_id: u64,
}

impl Faults {
    pub(crate) fn install(&mut self, fault: Fault) -> Result<InstalledFault, ControlError> {
        fault.check()?;
        self.last_id += 1;
        let installed = InstalledFault { id: self.last_id, skipped: 0, hits: 0, fault };
        self.installed.push(installed.clone());
        Ok(installed)
    }

    pub(crate) fn all(&self) -> Vec<InstalledFault> {
        self.installed.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.installed.clear();
    }

    /// Takes one away; says whether it was there.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.installed.len();
        self.installed.retain(|installed| installed.id != id);
        self.installed.len() < before
    }

    /// Takes what applies to a request. A fault that is used up stays listed, with its hits.
    pub(crate) fn take(&mut self, on: Option<On>, phone: Option<&str>) -> Applied {
        let mut applied = Applied::default();
        for installed in &mut self.installed {
            let fault = &installed.fault;
            let matches = (fault.on == On::Any || Some(fault.on) == on)
                && fault.phone.as_deref().is_none_or(|wanted| phone == Some(wanted))
                && fault.times.is_none_or(|times| installed.hits < times);
            if !matches {
                continue;
            }
            if installed.skipped < fault.skip {
                installed.skipped += 1;
                continue;
            }
            if fault.is_effect() && applied.effect.is_some() {
                continue;
            }
            installed.hits += 1;
            applied.faults.push(installed.clone());
            let conditions = &mut applied.conditions;
            conditions.timestamps = conditions.timestamps.or(fault.timestamps);
            conditions.history_lag_ms = conditions.history_lag_ms.or(fault.history_lag_ms);
            conditions.omit_date |= fault.omit_date;
            if fault.is_effect() {
                applied.effect = Some(fault.clone());
            }
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Fault {
        Fault { status: Some(status), ..Fault::on(On::Send) }
    }

    #[test]
    fn effects_hit_one_request_after_the_other_and_conditions_hide_none() {
        let mut faults = Faults::default();
        let lasting = Fault { history_lag_ms: Some(5), times: None, ..Fault::default() };
        faults.install(lasting).unwrap();
        faults.install(status(500)).unwrap();
        faults.install(status(429)).unwrap();
        let taken: Vec<_> = (0..3)
            .map(|_| faults.take(Some(On::Send), None))
            .map(|a| (a.effect.and_then(|f| f.status), a.conditions.history_lag_ms))
            .collect();
        assert_eq!(taken, [(Some(500), Some(5)), (Some(429), Some(5)), (None, Some(5))]);
    }

    #[test]
    fn skip_times_phone_and_kind_are_honoured() {
        let mut faults = Faults::default();
        let fault = Fault { skip: 1, times: Some(2), phone: Some("+15551".into()), ..status(500) };
        faults.install(fault).unwrap();
        let mut hit = |on, phone| faults.take(on, phone).effect.is_some();
        assert!(!hit(Some(On::Poll), Some("+15551")));
        assert!(!hit(Some(On::Send), Some("+15552")));
        assert!(!hit(Some(On::Send), Some("+15551")), "skipped");
        assert!(hit(Some(On::Send), Some("+15551")));
        assert!(hit(Some(On::Send), Some("+15551")));
        assert!(!hit(Some(On::Send), Some("+15551")), "used up");
    }

    #[test]
    fn processing_has_the_documented_default() {
        let processes = |fault: Fault| fault.processes();
        let fault = Fault::default;
        assert!(!processes(status(500)));
        assert!(processes(Fault { process: Some(true), ..status(500) }));
        assert!(processes(Fault { delay_after_ms: Some(1), ..status(504) }));
        assert!(processes(Fault { delay_ms: Some(1), ..fault() }));
        assert!(processes(Fault { truncate: Some(1), ..fault() }));
        assert!(processes(Fault { drop: Some(Cutoff::After), ..fault() }));
        assert!(!processes(Fault { drop: Some(Cutoff::Before), ..fault() }));
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = |fault: Fault| fault.check().is_err();
        let fault = Fault::default;
        assert!(refused(fault()));
        assert!(refused(status(101)));
        assert!(refused(Fault { times: Some(0), ..status(500) }));
        assert!(refused(Fault { garbage: true, reject: Some("no".into()), ..fault() }));
        assert!(refused(Fault { process: Some(false), delay_ms: Some(1), ..fault() }));
        assert!(refused(Fault { retry_after: Some("a\nb".into()), ..status(429) }));
        let read = serde_json::from_str::<Fault>;
        assert_eq!(read(r#"{"retry_after":2}"#).unwrap().retry_after.as_deref(), Some("2"));
        assert_eq!(read(r#"{"retry_after":"soon"}"#).unwrap().retry_after.as_deref(), Some("soon"));
        assert!(read(r#"{"retry_after":[]}"#).unwrap_err().to_string().contains("retry_after"));
        let typo = serde_json::from_str::<Fault>(r#"{"on":"send","statsu":500}"#).unwrap_err();
        assert!(typo.to_string().contains("statsu"), "{typo}");
    }
}
