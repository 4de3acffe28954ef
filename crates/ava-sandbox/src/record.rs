//! The requests as they arrived, to be read back.

use std::collections::{BTreeMap, VecDeque};

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

/// One request, to anything but the control plane, as the sandbox got it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// Number in order of arrival (of the whole body); never given twice in a sandbox's life.
    pub seq: u64,
    /// The method, in capitals.
    pub method: String,
    /// The path as it was on the wire, nothing decoded.
    pub path: String,
    /// The query as it was on the wire, without its `?`.
    pub query: Option<String>,
    /// The headers: lower-case names; a repeated one's values joined by `, `. `authorization` included.
    pub headers: BTreeMap<String, String>,
    /// The body, where it is UTF-8.
    pub body: Option<String>,
    /// The body, where it is JSON.
    pub json: Option<Value>,
    /// Milliseconds of monotonic time from the sandbox's start.
    pub received_at_ms: u64,
    /// Whether `body` is all of it: false if the client went away first, or if it is far over 1 MiB (413).
    pub complete: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is being worked on, or its answer is still being written.
    Pending,
    /// Its whole answer was handed to the connection.
    Answered,
    /// The connection was closed before the request had an effect.
    DroppedBefore,
    /// The connection was closed after the request had its effect, without an answer or with a part of it.
    DroppedAfter,
    /// The client went away first.
    ClientDisconnected,
}

#[derive(Debug)]
pub(crate) struct Recorder {
    records: VecDeque<RecordedRequest>,
    last_seq: u64,
    forgotten: u64,
    started: Instant,
}

/// The parts of a request that are recorded.
pub(crate) struct Arrival<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) json: Option<&'a Value>,
    pub(crate) complete: bool,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Recorder { records: VecDeque::new(), last_seq: 0, forgotten: 0, started: Instant::now() }
    }

    pub(crate) fn record(&mut self, arrival: Arrival<'_>, limit: usize) -> u64 {
        self.last_seq += 1;
        self.records.push_back(RecordedRequest {
            seq: self.last_seq,
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            query: arrival.query.map(str::to_owned),
            headers: header_map(arrival.headers),
            body: std::str::from_utf8(arrival.body).ok().map(str::to_owned),
            json: arrival.json.cloned(),
            received_at_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            complete: arrival.complete,
            outcome: Outcome::Pending,
        });
        while self.records.len() > limit {
            self.records.pop_front();
            self.forgotten += 1;
        }
        self.last_seq
    }

    pub(crate) fn get(&self, seq: u64) -> Option<&RecordedRequest> {
        let index = self.records.partition_point(|record| record.seq < seq);
        self.records.get(index).filter(|record| record.seq == seq)
    }

    pub(crate) fn finish(&mut self, seq: u64, outcome: Outcome) {
        let index = self.records.partition_point(|record| record.seq < seq);
        if let Some(record) = self.records.get_mut(index).filter(|record| record.seq == seq) {
            record.outcome = outcome;
        }
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.records.iter().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.forgotten = 0;
    }
}

pub(crate) fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut map: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.as_str().to_owned())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    map
}
