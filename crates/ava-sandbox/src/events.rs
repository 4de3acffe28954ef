//! What happens, as it happens: for the phone page, and for tests that wait instead of sleeping.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::{fault::Cutoff, messages::Message};

/// How many events are kept for readers that come back (`Last-Event-ID`), and how far a reader may fall behind.
const KEPT: usize = 1024;

/// Something that happened in the sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts up by one from 1.
    pub id: u64,
    /// When, by the virtual clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened; its name is the member `type` in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// A request arrived, to anything but the control plane.
    Request {
        /// The request's number.
        seq: u64,
        /// Its method.
        method: String,
        /// Its path as on the wire.
        path: String,
    },
    /// A response is about to be written.
    Response {
        /// The request's number.
        seq: u64,
        /// The HTTP status.
        status: u16,
    },
    /// A fault applies to a request.
    Fault {
        /// The request's number.
        seq: u64,
        /// The fault's id.
        fault: u64,
    },
    /// The sandbox closes the connection instead of answering.
    Dropped {
        /// The request's number.
        seq: u64,
        /// Before or after the request had its effect.
        when: Cutoff,
    },
    /// The client closed the connection before it had the whole answer.
    ClientDisconnected {
        /// The request's number.
        seq: u64,
    },
    /// A message was accepted for sending.
    Outbound {
        /// The new row.
        message: Message,
    },
    /// An inbound message became visible.
    Inbound {
        /// The new row.
        message: Message,
    },
    /// An outbound message reached its last status.
    Delivery {
        /// The row, with its status.
        message: Message,
    },
    /// A control changed something.
    Control {
        /// Which one: `reset`, `seed`, `faults`, `script`, `requests`, `clock`, `settings`, `tokens`.
        action: String,
    },
}

impl EventKind {
    /// The name of the kind, as in the member `type`.
    pub fn name(&self) -> &'static str {
        match self {
            EventKind::Request { .. } => "request",
            EventKind::Response { .. } => "response",
            EventKind::Fault { .. } => "fault",
            EventKind::Dropped { .. } => "dropped",
            EventKind::ClientDisconnected { .. } => "client_disconnected",
            EventKind::Outbound { .. } => "outbound",
            EventKind::Inbound { .. } => "inbound",
            EventKind::Delivery { .. } => "delivery",
            EventKind::Control { .. } => "control",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
    kept: Mutex<VecDeque<Event>>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Events { sender: broadcast::channel(KEPT).0, kept: Mutex::new(VecDeque::new()) }
    }

    pub(crate) fn emit(&self, at: Timestamp, kind: EventKind) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let id = kept.back().map_or(1, |last| last.id + 1);
        let event = Event { id, at, kind };
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(event.clone());
        // Nobody listening is fine. Sent under the lock, so that the order is the order of the ids.
        let _ = self.sender.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// What is kept after `last_seen`, and everything from now on, with nothing between lost or doubled.
    pub(crate) fn subscribe_after(&self, last_seen: u64) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = kept.iter().filter(|event| event.id > last_seen).cloned().collect();
        (missed, self.sender.subscribe())
    }
}
