//! The answers as a careful user of a bare HTTP client would type them: the same members, the same types.

#![allow(dead_code, reason = "decoding them is what is measured")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(crate) struct NewMessage<'a> {
    pub(crate) phone: &'a str,
    pub(crate) message: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct Sent {
    pub(crate) success: bool,
    pub(crate) message_id: String,
    pub(crate) timestamp: Timestamp,
}

#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) success: bool,
    pub(crate) messages: Vec<Row>,
    pub(crate) total: u64,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
}

#[derive(Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) phone: String,
    pub(crate) message: String,
    pub(crate) direction: Direction,
    pub(crate) timestamp: Timestamp,
    pub(crate) status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Queued,
    Sent,
    Delivered,
    Failed,
    Received,
}
