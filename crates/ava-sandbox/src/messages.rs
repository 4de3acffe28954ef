//! The messages: rows, when they become visible, and how they are listed.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    clock::{later, text, truncate},
    settings::{Order, Precision, Settings},
    tokens::Scope,
};

/// A row as the API shows it (API document, "Get Messages").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `msg_…`
    pub id: String,
    /// The other side's number.
    pub phone: String,
    /// The text.
    pub message: String,
    /// Who wrote it.
    pub direction: Direction,
    /// RFC 3339, in the precision of the settings.
    pub timestamp: String,
    /// `received`, or `queued`, `sent`, `delivered`, `failed`, or what a seed says.
    pub status: String,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The other side.
    Inbound,
    /// The API's user.
    Outbound,
}

impl Direction {
    /// The status of a row of this direction that has nothing more to wait for.
    pub(crate) fn settled_status(self) -> &'static str {
        match self {
            Direction::Inbound => "received",
            Direction::Outbound => "delivered",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) phone: String,
    pub(crate) text: String,
    pub(crate) direction: Direction,
    pub(crate) timestamp: Timestamp,
    pub(crate) status: Status,
    /// Hidden from the history before this.
    pub(crate) history_from: Option<Timestamp>,
    /// Hidden from polls before this.
    pub(crate) poll_from: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(crate) enum Status {
    Fixed(String),
    /// Read off the clock: queued, sent, then delivered or failed.
    OnItsWay {
        created: Timestamp,
        after_ms: u64,
        fails: bool,
    },
}

impl Row {
    pub(crate) fn wire(&self, now: Timestamp, precision: Precision) -> Message {
        Message {
            id: self.id.clone(),
            phone: self.phone.clone(),
            message: self.text.clone(),
            direction: self.direction,
            timestamp: text(self.timestamp, precision),
            status: self.status_at(now).to_owned(),
        }
    }

    fn status_at(&self, now: Timestamp) -> &str {
        match &self.status {
            Status::Fixed(status) => status,
            Status::OnItsWay { created, after_ms, fails } => {
                if now >= later(*created, *after_ms) {
                    if *fails { "failed" } else { "delivered" }
                } else if now >= later(*created, after_ms / 2) {
                    "sent"
                } else {
                    "queued"
                }
            }
        }
    }
}

/// A slice of a history.
pub(crate) struct HistoryPage {
    pub(crate) messages: Vec<Message>,
    pub(crate) total: usize,
}

/// What a poll finds.
pub(crate) struct PollResult {
    pub(crate) messages: Vec<Message>,
    pub(crate) has_more: bool,
}

/// All rows; the lists hold indices into `rows`, in order of (timestamp, creation).
#[derive(Debug, Default)]
pub(crate) struct Messages {
    rows: Vec<Row>,
    by_phone: HashMap<String, Vec<usize>>,
    inbound: Vec<usize>,
}

impl Messages {
    pub(crate) fn add(&mut self, row: Row) -> usize {
        let index = self.rows.len();
        let list = self.by_phone.entry(row.phone.clone()).or_default();
        insert_in_order(list, &self.rows, index, row.timestamp);
        if row.direction == Direction::Inbound {
            insert_in_order(&mut self.inbound, &self.rows, index, row.timestamp);
        }
        self.rows.push(row);
        index
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }

    pub(crate) fn newest(&self, phone: &str) -> Option<Timestamp> {
        let index = *self.by_phone.get(phone)?.last()?;
        self.rows.get(index).map(|row| row.timestamp)
    }

    pub(crate) fn all(&self, now: Timestamp, precision: Precision) -> Vec<Message> {
        self.rows.iter().map(|row| row.wire(now, precision)).collect()
    }

    pub(crate) fn history(
        &self,
        phone: &str,
        limit: usize,
        offset: usize,
        now: Timestamp,
        settings: &Settings,
    ) -> HistoryPage {
        let list = self.by_phone.get(phone).map(Vec::as_slice).unwrap_or_default();
        let visible = ordered(list, settings.history_order)
            .filter_map(|index| self.rows.get(index))
            .filter(|row| row.history_from.is_none_or(|from| from <= now));
        let mut total = 0;
        let mut messages = Vec::new();
        for row in visible {
            if total >= offset && messages.len() < limit {
                messages.push(row.wire(now, settings.timestamp_precision));
            }
            total += 1;
        }
        HistoryPage { messages, total }
    }

    pub(crate) fn poll(
        &self,
        since: Option<Timestamp>,
        phone: Option<&str>,
        scope: &Scope,
        now: Timestamp,
        settings: &Settings,
    ) -> PollResult {
        let list = match phone {
            Some(phone) => self.by_phone.get(phone).map(Vec::as_slice).unwrap_or_default(),
            None => &self.inbound,
        };
        let shown = |row: &Row| truncate(row.timestamp, settings.timestamp_precision);
        let start = match since {
            None => 0,
            Some(since) => list.partition_point(|&index| {
                self.rows.get(index).is_some_and(|row| {
                    if settings.since_inclusive { shown(row) < since } else { shown(row) <= since }
                })
            }),
        };
        let mut messages = Vec::new();
        let mut has_more = false;
        for index in ordered(list.get(start..).unwrap_or_default(), settings.poll_order) {
            let Some(row) = self.rows.get(index) else { continue };
            let visible = row.direction == Direction::Inbound
                && row.poll_from.is_none_or(|from| from <= now)
                && scope.allows(&row.phone);
            if !visible {
                continue;
            }
            if messages.len() == settings.poll_page {
                has_more = true;
                break;
            }
            messages.push(row.wire(now, settings.timestamp_precision));
        }
        PollResult { messages, has_more }
    }
}

fn insert_in_order(list: &mut Vec<usize>, rows: &[Row], index: usize, timestamp: Timestamp) {
    let at = list.partition_point(|&other| rows.get(other).is_some_and(|row| row.timestamp <= timestamp));
    list.insert(at, index);
}

fn ordered(list: &[usize], order: Order) -> Box<dyn Iterator<Item = usize> + '_> {
    match order {
        Order::OldestFirst => Box::new(list.iter().copied()),
        Order::NewestFirst => Box::new(list.iter().rev().copied()),
    }
}
