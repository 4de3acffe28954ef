//! What the requests mean together: which one repeats another, and which send a history confirmed.
//!
//! Nobody tells the sandbox why a client asks. It is read off what a client saw: a request that is made again after it
//! failed is a retry, and the first history that shows the row of a send whose answer was lost confirms it.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    answer::Answer,
    api::Call,
    body::Source,
    clock::shift,
    error::Dropped,
    fault::{InstalledFault, On},
    record::{Outcome, Recorder, header_map},
};

/// How many exchanges are kept. Polls that brought nothing new are the first to go.
const KEPT: usize = 500;
/// How much of a body is kept.
const EXCERPT: usize = 16 * 1024;
/// The same request again after a failure is a retry this long; a history without the row is told of this long.
const MEMORY: Duration = Duration::from_secs(120);
/// How far before its send's arrival a row's time may lie: times are shown in seconds.
const TOLERANCE_MS: i64 = -2_000;

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The request's number.
    pub seq: u64,
    /// Grows with every change of any exchange; see [`Sandbox::traffic`](crate::Sandbox::traffic).
    pub version: u64,
    /// When it arrived, by the virtual clock.
    pub at: Timestamp,
    /// Which call of the API it is; none for any other path.
    pub call: Option<On>,
    /// The number that it is about.
    pub phone: Option<String>,
    /// Its method.
    pub method: String,
    /// Its path as on the wire.
    pub path: String,
    /// Its query as on the wire.
    pub query: Option<String>,
    /// Its headers; of `authorization` only the beginning.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Excerpt,
    /// The faults that apply to it.
    pub faults: Vec<AppliedFault>,
    /// The answer, once there is one.
    pub answer: Option<ExchangeAnswer>,
    /// How it ended, or that it hasn't yet.
    pub end: End,
    /// Real milliseconds from its arrival to the answer, or to the end without one.
    pub took_ms: Option<u64>,
    /// Set if it is an earlier request made again.
    pub retry: Option<Retry>,
    /// The sends that it confirms: their answers were lost, and this history shows them first.
    pub confirms: Vec<u64>,
    /// The sends whose answers were lost, and that this history doesn't show.
    pub missing: Vec<u64>,
    /// The history that confirmed this send.
    pub confirmed_by: Option<u64>,
    /// A send after which its client can't know whether it happened, unless a history tells.
    pub lost: bool,
    /// The message that this send made, as far as its client can know.
    pub message_id: Option<String>,
    /// A poll that brought nothing new: no row, or only such that an earlier one for the same phone had brought.
    pub idle: bool,
    #[serde(skip)]
    details: Details,
}

/// What only the sandbox needs to know.
#[derive(Clone, Debug, Default, PartialEq)]
struct Details {
    arrived: Option<Instant>,
    /// The same for the same request.
    key: u64,
}

/// A body, or its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// What is kept of it; what isn't UTF-8 is replaced.
    pub text: String,
    /// How long the whole is.
    pub bytes: u64,
}

/// A fault that applies to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedFault {
    /// Its id.
    pub id: u64,
    /// What it does, in words.
    pub does: String,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
    /// Its body, as it would be if nothing cut it.
    pub body: Excerpt,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It has not.
    Pending,
    /// With an answer.
    Answered,
    /// With a part of an answer.
    Cut,
    /// Without an answer; the request had no effect.
    DroppedBefore,
    /// Without an answer; the request had its effect.
    DroppedAfter,
    /// The client went away.
    ClientDisconnected,
}

/// That a request repeats another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The one before.
    pub of: u64,
    /// 2 for the first repetition.
    pub attempt: u32,
}

/// What changed, oldest request first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// What to give the next time, to get what changed since.
    pub version: u64,
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
}

#[derive(Debug, Default)]
pub(crate) struct Watch {
    exchanges: VecDeque<Exchange>,
    version: u64,
    /// The ids that polls have brought, by the phone they asked for: a listener asks again for what may come late.
    polled: HashSet<(Option<String>, String)>,
}

impl Watch {
    pub(crate) fn arrived(&mut self, seq: u64, call: &Call, at: Timestamp) {
        let now = Instant::now();
        let key = key(call);
        // Only the latest one like it counts: what went well in between was not given up.
        let before = self.exchanges.iter().rev().find(|earlier| earlier.details.key == key);
        let retry = before.filter(|earlier| earlier.failed() && earlier.age(now) <= MEMORY).map(|earlier| {
            Retry { of: earlier.seq, attempt: earlier.retry.map_or(1, |retry| retry.attempt) + 1 }
        });
        let mut headers = header_map(&call.headers);
        if let Some(value) = headers.get_mut("authorization") {
            *value = masked(value);
        }
        self.version += 1;
        self.exchanges.push_back(Exchange {
            seq,
            version: self.version,
            at,
            call: call.on(),
            phone: call.phone(),
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.clone(),
            headers,
            body: Excerpt::of(&call.body),
            faults: Vec::new(),
            answer: None,
            end: End::Pending,
            took_ms: None,
            retry,
            confirms: Vec::new(),
            missing: Vec::new(),
            confirmed_by: None,
            lost: false,
            message_id: None,
            idle: false,
            details: Details { arrived: Some(now), key },
        });
        if self.exchanges.len() > KEPT {
            let index = self.exchanges.iter().position(|exchange| exchange.idle).unwrap_or(0);
            self.exchanges.remove(index);
        }
    }

    pub(crate) fn hit(&mut self, seq: u64, faults: &[InstalledFault]) {
        self.change(seq, |exchange| {
            exchange.faults.extend(
                faults.iter().map(|fault| AppliedFault { id: fault.id, does: fault.fault.to_string() }),
            );
        });
    }

    /// An answer is about to be written.
    pub(crate) fn answered(&mut self, seq: u64, answer: &Answer, recorder: &Recorder) {
        let (body, json) = match &answer.body {
            Source::Bytes(bytes) => (Excerpt::of(bytes), serde_json::from_slice(bytes).ok()),
            other => (Excerpt { text: String::new(), bytes: other.len().unwrap_or(0) }, None),
        };
        let cut = answer.is_cut();
        // What a client can't read to its end it can't read.
        let json: Option<Value> = json.filter(|_| !cut);
        let status = answer.status;
        let rows =
            json.as_ref().and_then(|json| json.get("messages")?.as_array()).filter(|_| status.is_success());
        let nothing_new = rows.is_some_and(|rows| self.known(seq, rows));
        self.change(seq, |exchange| {
            exchange.took_ms = Some(exchange.took());
            exchange.end = if cut { End::Cut } else { End::Answered };
            exchange.answer =
                Some(ExchangeAnswer { status: status.as_u16(), headers: header_map(&answer.headers), body });
            match exchange.call {
                Some(On::Send) => {
                    exchange.message_id = accepted(status, json.as_ref());
                    exchange.lost = exchange.message_id.is_none() && tells_nothing(status, json.as_ref());
                }
                Some(On::Poll) => exchange.idle = nothing_new && exchange.faults.is_empty(),
                _ => {}
            }
        });
        if let Some(rows) = rows {
            self.compare(seq, rows, recorder);
        }
    }

    /// Whether earlier polls of the same kind have brought all of these rows, which are remembered.
    fn known(&mut self, poll: u64, rows: &[Value]) -> bool {
        let asked = self.exchanges.iter().find(|exchange| exchange.seq == poll);
        let Some(asked) = asked.filter(|exchange| exchange.call == Some(On::Poll)) else { return false };
        let phone = asked.phone.clone();
        let mut known = true;
        for id in rows.iter().filter_map(|row| row.get("id")?.as_str()) {
            known &= !self.polled.insert((phone.clone(), id.to_owned()));
        }
        known
    }

    /// The connection was closed instead of an answer.
    pub(crate) fn dropped(&mut self, seq: u64, dropped: Dropped) {
        self.change(seq, |exchange| {
            exchange.took_ms = Some(exchange.took());
            exchange.end = match dropped {
                Dropped::BeforeProcessing => End::DroppedBefore,
                Dropped::AfterProcessing => End::DroppedAfter,
            };
            exchange.lose();
        });
    }

    pub(crate) fn ended(&mut self, seq: u64, outcome: Outcome) {
        if outcome == Outcome::ClientDisconnected {
            self.change(seq, |exchange| {
                exchange.took_ms = Some(exchange.took());
                exchange.end = End::ClientDisconnected;
                exchange.lose();
            });
        }
    }

    pub(crate) fn since(&self, version: u64) -> Traffic {
        let changed = self.exchanges.iter().filter(|exchange| exchange.version > version);
        Traffic { version: self.version, exchanges: changed.cloned().collect() }
    }

    pub(crate) fn clear(&mut self) {
        self.exchanges.clear();
        self.polled.clear();
    }

    fn change(&mut self, seq: u64, change: impl FnOnce(&mut Exchange)) {
        let index = self.exchanges.partition_point(|exchange| exchange.seq < seq);
        if let Some(exchange) = self.exchanges.get_mut(index).filter(|exchange| exchange.seq == seq) {
            self.version += 1;
            exchange.version = self.version;
            change(exchange);
        }
    }

    /// Looks in a history for the sends whose answers were lost.
    fn compare(&mut self, history: u64, rows: &[Value], recorder: &Recorder) {
        let Some(asked) = self.exchanges.iter().find(|exchange| exchange.seq == history) else { return };
        if asked.call != Some(On::Messages) {
            return;
        }
        let phone = asked.phone.clone();
        let now = Instant::now();
        let lost: Vec<(u64, Timestamp, bool)> = self
            .exchanges
            .iter()
            .filter(|send| send.lost && send.confirmed_by.is_none() && send.phone == phone)
            .map(|send| (send.seq, send.at, send.age(now) <= MEMORY))
            .collect();
        for (send, at, recent) in lost {
            let earliest = shift(at, TOLERANCE_MS);
            let text = recorder.get(send).and_then(|request| request.json.as_ref()?.get("message")?.as_str());
            let row = rows.iter().find_map(|row| {
                let id = row.get("id")?.as_str()?;
                let time: Timestamp = row.get("timestamp")?.as_str()?.parse().ok()?;
                let same =
                    row.get("direction")?.as_str()? == "outbound" && row.get("message")?.as_str() == text;
                let claimed = || self.exchanges.iter().any(|other| other.message_id.as_deref() == Some(id));
                (same && time >= earliest && !claimed()).then(|| id.to_owned())
            });
            match row {
                Some(id) => {
                    self.change(send, |send| {
                        send.confirmed_by = Some(history);
                        send.message_id = Some(id);
                    });
                    self.change(history, |history| history.confirms.push(send));
                }
                None if recent => self.change(history, |history| history.missing.push(send)),
                None => {}
            }
        }
    }
}

impl Exchange {
    /// Whether its client may want to make it again.
    fn failed(&self) -> bool {
        match self.end {
            End::Pending => false,
            End::Answered => {
                self.lost || self.answer.as_ref().is_some_and(|answer| !(200..300).contains(&answer.status))
            }
            End::Cut | End::DroppedBefore | End::DroppedAfter | End::ClientDisconnected => true,
        }
    }

    fn lose(&mut self) {
        self.message_id = None;
        self.lost = self.call == Some(On::Send);
    }

    fn age(&self, now: Instant) -> Duration {
        self.details.arrived.map_or(Duration::MAX, |arrived| now.duration_since(arrived))
    }

    fn took(&self) -> u64 {
        u64::try_from(self.age(Instant::now()).as_millis()).unwrap_or(u64::MAX)
    }
}

impl Excerpt {
    fn of(bytes: &[u8]) -> Excerpt {
        let kept = bytes.get(..EXCERPT).unwrap_or(bytes);
        Excerpt { text: String::from_utf8_lossy(kept).into_owned(), bytes: bytes.len() as u64 }
    }
}

/// The id that an answer to a send gives, if it says that the message was accepted.
fn accepted(status: StatusCode, json: Option<&Value>) -> Option<String> {
    let json = json.filter(|_| status.is_success())?;
    let refused = json.get("success").is_some_and(|success| success == false);
    if refused { None } else { json.get("message_id")?.as_str().map(str::to_owned) }
}

/// Whether an answer to a send leaves open what happened.
fn tells_nothing(status: StatusCode, json: Option<&Value>) -> bool {
    let refused = json.is_some_and(|json| json.get("success").is_some_and(|success| success == false));
    match status.as_u16() {
        408 => true,
        400..500 => false,
        200..300 => !refused,
        _ => true,
    }
}

fn key(call: &Call) -> u64 {
    let mut hasher = DefaultHasher::new();
    (call.method.as_str(), &call.path, &call.query).hash(&mut hasher);
    let text = call.json.as_ref().ok().and_then(|json| json.get("message")?.as_str());
    match text.filter(|_| call.on() == Some(On::Send)) {
        Some(text) => (call.phone(), text).hash(&mut hasher),
        None => call.body.hash(&mut hasher),
    }
    hasher.finish()
}

/// Enough of a key to tell two apart. Somebody may have given the sandbox a real one.
fn masked(value: &str) -> String {
    const SHOWN: usize = 18;
    if value.chars().count() <= SHOWN {
        return value.to_owned();
    }
    value.chars().take(SHOWN).chain(['…']).collect()
}
