//! Everything the sandbox knows, behind one lock.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    answer::Answer,
    clock::{self, Clock, ClockState, later, shift},
    control::InboundMessage,
    events::{EventKind, Events},
    fault::{Conditions, Faults, InstalledFault, RowTimes},
    messages::{Direction, HistoryPage, Message, Messages, PollResult, Row, Status},
    record::{Outcome, Recorder},
    script::{Playing, ScriptState},
    settings::{IdleReply, Settings},
    tokens::{Scope, Tokens},
    traffic::Watch,
    validate::Refusal,
};

/// A snapshot of the sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Where it listens.
    pub base_url: String,
    /// The virtual clock.
    pub clock: ClockState,
    /// The settings.
    pub settings: Settings,
    /// Every row, in order of creation, hidden ones included.
    pub messages: Vec<Message>,
    /// The faults in place, used up ones included.
    pub faults: Vec<InstalledFault>,
    /// The script being played, if any.
    pub script: Option<ScriptState>,
    /// How many requests can be read back.
    pub requests: usize,
    /// How many were forgotten, because of `record_limit`.
    pub requests_forgotten: u64,
    /// How many requests are being worked on.
    pub in_flight: usize,
    /// How often a client went away before it had the whole answer to its request.
    pub client_disconnects: u64,
    /// How many issued tokens are valid now.
    pub tokens: usize,
}

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) faults: Faults,
    pub(crate) script: Option<Playing>,
    pub(crate) recorder: Recorder,
    pub(crate) watch: Watch,
    pub(crate) in_flight: usize,
    pub(crate) client_disconnects: u64,
    api_key: String,
    messages: Messages,
    message_count: u64,
    draft_count: u64,
    passed: VecDeque<Instant>,
    /// Rows whose event is still to come, their delivery or their appearance, by its time.
    due: BTreeSet<(Timestamp, usize)>,
    events: Arc<Events>,
}

impl World {
    pub(crate) fn new(settings: Settings, clock: Clock, api_key: String, events: Arc<Events>) -> Self {
        World {
            clock,
            settings,
            tokens: Tokens::default(),
            faults: Faults::default(),
            script: None,
            recorder: Recorder::new(),
            watch: Watch::default(),
            in_flight: 0,
            client_disconnects: 0,
            api_key,
            messages: Messages::default(),
            message_count: 0,
            draft_count: 0,
            passed: VecDeque::new(),
            due: BTreeSet::new(),
            events,
        }
    }

    /// Back to how it started. Only request numbers and issued token names go on, so that none is ever given twice.
    pub(crate) fn reset(&mut self, settings: Settings, clock: Clock) {
        self.clock = clock;
        self.settings = settings;
        self.tokens.clear();
        self.faults.clear();
        self.script = None;
        self.recorder.clear();
        self.watch.clear();
        self.client_disconnects = 0;
        self.messages = Messages::default();
        self.message_count = 0;
        self.draft_count = 0;
        self.passed.clear();
        self.due.clear();
    }

    pub(crate) fn snapshot(&self, base_url: &str) -> State {
        let now = self.clock.now();
        State {
            base_url: base_url.to_owned(),
            clock: self.clock.state(),
            settings: self.settings.clone(),
            messages: self.messages.all(now, self.settings.timestamp_precision),
            faults: self.faults.all(),
            script: self.script.as_ref().map(|script| script.state().clone()),
            requests: self.recorder.len(),
            requests_forgotten: self.recorder.forgotten(),
            in_flight: self.in_flight,
            client_disconnects: self.client_disconnects,
            tokens: self.tokens.valid(now),
        }
    }

    pub(crate) fn emit(&self, kind: EventKind) {
        self.events.emit(self.clock.now(), kind);
    }

    /// An answer is about to be written.
    pub(crate) fn answered(&mut self, seq: u64, answer: &Answer) {
        self.watch.answered(seq, answer, &self.recorder);
        self.emit(EventKind::Response { seq, status: answer.status.as_u16() });
    }

    /// The end of a request, however it came.
    pub(crate) fn finish(&mut self, seq: u64, outcome: Outcome) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.recorder.finish(seq, outcome);
        self.watch.ended(seq, outcome);
        if outcome == Outcome::ClientDisconnected {
            self.client_disconnects += 1;
            self.emit(EventKind::ClientDisconnected { seq });
        }
    }

    pub(crate) fn authorize(&self, headers: &HeaderMap) -> Result<Scope, &'static str> {
        self.tokens.check(headers, &self.api_key, self.clock.now())
    }

    pub(crate) fn check_rate(&mut self) -> Result<(), Refusal> {
        let Some(limit) = self.settings.rate_limit else { return Ok(()) };
        let now = Instant::now();
        let window = Duration::from_millis(limit.per_ms);
        while self.passed.front().is_some_and(|first| now.duration_since(*first) >= window) {
            self.passed.pop_front();
        }
        if self.passed.len() >= limit.requests {
            return Err(Refusal::too_many(limit.retry_after_s));
        }
        self.passed.push_back(now);
        Ok(())
    }

    pub(crate) fn next_message_id(&mut self) -> String {
        self.message_count += 1;
        format!("msg_{:06}", self.message_count)
    }

    pub(crate) fn next_draft_id(&mut self) -> String {
        self.draft_count += 1;
        format!("msg_ai_{:06}", self.draft_count)
    }

    pub(crate) fn now_text(&self) -> String {
        clock::text(self.clock.now(), self.settings.timestamp_precision)
    }

    pub(crate) fn history(&self, phone: &str, limit: usize, offset: usize) -> HistoryPage {
        self.messages.history(phone, limit, offset, self.clock.now(), &self.settings)
    }

    pub(crate) fn poll(&self, since: Option<Timestamp>, phone: Option<&str>, scope: &Scope) -> PollResult {
        self.messages.poll(since, phone, scope, self.clock.now(), &self.settings)
    }

    /// Accepts a message for sending.
    pub(crate) fn create_outbound(
        &mut self,
        id: String,
        phone: &str,
        text: &str,
        conditions: &Conditions,
    ) -> Message {
        let now = self.clock.now();
        let timestamp = match conditions.timestamps {
            None => now,
            Some(RowTimes::Equal) => self.messages.newest(phone).unwrap_or(now),
            Some(RowTimes::OutOfOrder) => shift(now, -30_000),
            Some(RowTimes::Future) => shift(now, 3_600_000),
        };
        let lag = conditions.history_lag_ms.unwrap_or(self.settings.history_lag_ms);
        let after_ms = self.settings.deliver_after_ms;
        let fails = self.settings.outbound_fails_for.iter().any(|failing| failing == phone);
        let row = Row {
            id,
            phone: phone.to_owned(),
            text: text.to_owned(),
            direction: Direction::Outbound,
            timestamp,
            status: Status::OnItsWay { created: now, after_ms, fails },
            history_from: (lag > 0).then(|| later(now, lag)),
            poll_from: None,
        };
        let message = row.wire(now, self.settings.timestamp_precision);
        self.emit(EventKind::Outbound { message: message.clone() });
        let row = self.messages.add(row);
        self.due.insert((later(now, after_ms), row));
        if let Some(IdleReply::Echo { after_ms }) = self.settings.idle_reply {
            let at = later(now, after_ms);
            let reply =
                InboundMessage { timestamp: Some(at), ..InboundMessage::new(phone, format!("Echo: {text}")) };
            self.create_inbound(reply, at);
        }
        self.sweep();
        message
    }

    /// Adds a message from the other side, hidden before `visible`.
    pub(crate) fn create_inbound(&mut self, inbound: InboundMessage, visible: Timestamp) -> Message {
        let now = self.clock.now();
        let hidden_for = |lag: u64| {
            let from = later(visible, lag);
            (from > now).then_some(from)
        };
        let row = Row {
            id: inbound.id.unwrap_or_else(|| self.next_message_id()),
            phone: inbound.phone,
            text: inbound.text,
            direction: Direction::Inbound,
            timestamp: inbound.timestamp.unwrap_or(now),
            status: Status::Fixed(Direction::Inbound.settled_status().to_owned()),
            history_from: hidden_for(self.settings.history_lag_ms),
            poll_from: hidden_for(self.settings.poll_lag_ms),
        };
        let message = row.wire(now, self.settings.timestamp_precision);
        let at = row.poll_from.unwrap_or(now);
        let row = self.messages.add(row);
        self.due.insert((at, row));
        self.sweep();
        message
    }

    pub(crate) fn add_rows(&mut self, rows: Vec<Row>) -> usize {
        let count = rows.len();
        for row in rows {
            self.messages.add(row);
        }
        count
    }

    /// Emits the events whose time has come.
    pub(crate) fn sweep(&mut self) {
        let now = self.clock.now();
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            let Some(row) = self.due.pop_first().and_then(|(_, row)| self.messages.get(row)) else {
                continue;
            };
            let message = row.wire(now, self.settings.timestamp_precision);
            self.emit(match message.direction {
                Direction::Outbound => EventKind::Delivery { message },
                Direction::Inbound => EventKind::Inbound { message },
            });
        }
    }

    /// How long until the next event is due; nothing while the clock stands still.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        if self.clock.is_frozen() {
            return None;
        }
        let (next, _) = self.due.first()?;
        let wait = next.duration_since(self.clock.now());
        Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
    }
}
