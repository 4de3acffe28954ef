//! What the API speaks of. Sets that are open are texts here; the facades have types for them.

use ava_bridge::core;
use ava_bridge::core::Extra;

use crate::time::Moment;

/// A message of a conversation.
#[derive(uniffi::Record)]
pub struct Message {
    /// The service's id.
    pub id: String,
    /// The other person's number.
    pub phone: String,
    /// What was written.
    pub text: String,
    /// `inbound`, `outbound`.
    pub direction: String,
    /// When.
    pub timestamp: Moment,
    /// How far it got.
    pub status: String,
    /// Further members of the wire, as the text of a JSON object; nothing if there are none.
    pub extra: Option<String>,
}

impl From<core::Message> for Message {
    fn from(it: core::Message) -> Message {
        Message {
            id: it.id,
            phone: it.phone,
            text: it.text,
            direction: it.direction.as_str().to_owned(),
            timestamp: it.timestamp.into(),
            status: it.status.as_str().to_owned(),
            extra: json(&it.extra),
        }
    }
}

/// A message that the service accepted.
#[derive(uniffi::Record)]
pub struct SentMessage {
    /// The service's id.
    pub message_id: String,
    /// When.
    pub timestamp: Moment,
    /// `response` or `history`.
    pub confirmation: String,
    /// As a message's.
    pub extra: Option<String>,
}

impl From<core::SentMessage> for SentMessage {
    fn from(it: core::SentMessage) -> SentMessage {
        SentMessage {
            message_id: it.message_id,
            timestamp: it.timestamp.into(),
            confirmation: it.confirmation.as_str().to_owned(),
            extra: json(&it.extra),
        }
    }
}

/// A row that can't be read.
#[derive(uniffi::Record)]
pub struct SkippedRow {
    /// Its place in the server's list, from 0.
    pub index: u64,
    /// What is wrong with it.
    pub reason: String,
    /// The row, as JSON text.
    pub raw: String,
}

impl From<core::SkippedRow> for SkippedRow {
    fn from(it: core::SkippedRow) -> SkippedRow {
        SkippedRow { index: u64::try_from(it.index).unwrap_or(u64::MAX), reason: it.reason, raw: it.raw }
    }
}

/// A page of a conversation.
#[derive(uniffi::Record)]
pub struct MessagePage {
    /// The rows.
    pub messages: Vec<Message>,
    /// How many messages the conversation has.
    pub total: u64,
    /// How many rows a page has at the most.
    pub limit: u64,
    /// How many rows were passed over.
    pub offset: u64,
    /// Rows that couldn't be read.
    pub skipped: Vec<SkippedRow>,
    /// As a message's.
    pub extra: Option<String>,
}

impl From<core::MessagePage> for MessagePage {
    fn from(it: core::MessagePage) -> MessagePage {
        MessagePage {
            messages: all(it.messages),
            total: it.total,
            limit: it.limit,
            offset: it.offset,
            skipped: all(it.skipped),
            extra: json(&it.extra),
        }
    }
}

/// What one poll brought.
#[derive(uniffi::Record)]
pub struct PollPage {
    /// The rows.
    pub messages: Vec<Message>,
    /// How many rows the server says there are.
    pub count: u64,
    /// Whether there are more than these.
    pub has_more: bool,
    /// Rows that couldn't be read.
    pub skipped: Vec<SkippedRow>,
    /// As a message's.
    pub extra: Option<String>,
}

impl From<core::PollPage> for PollPage {
    fn from(it: core::PollPage) -> PollPage {
        PollPage {
            messages: all(it.messages),
            count: it.count,
            has_more: it.has_more,
            skipped: all(it.skipped),
            extra: json(&it.extra),
        }
    }
}

/// One turn of a conversation.
#[derive(uniffi::Record)]
pub struct Turn {
    /// Who speaks: `user`, `assistant`, or another.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl From<Turn> for core::Turn {
    fn from(it: Turn) -> core::Turn {
        core::Turn::new(it.role.as_str().into(), it.content)
    }
}

/// A reply that was written.
#[derive(uniffi::Record)]
pub struct GeneratedMessage {
    /// What was written.
    pub text: String,
    /// The service's id.
    pub message_id: String,
    /// Whether it was sent.
    pub sent: bool,
    /// When.
    pub timestamp: Moment,
    /// As a message's.
    pub extra: Option<String>,
}

impl From<core::GeneratedMessage> for GeneratedMessage {
    fn from(it: core::GeneratedMessage) -> GeneratedMessage {
        GeneratedMessage {
            text: it.text,
            message_id: it.message_id,
            sent: it.sent,
            timestamp: it.timestamp.into(),
            extra: json(&it.extra),
        }
    }
}

/// A stretch of time of which messages may have been missed.
#[derive(uniffi::Record)]
pub struct Gap {
    /// Its beginning.
    pub from: Moment,
    /// Its end.
    pub to: Moment,
}

fn all<T, U: From<T>>(them: Vec<T>) -> Vec<U> {
    them.into_iter().map(U::from).collect()
}

/// Serialising what was parsed doesn't fail.
fn json(extra: &Extra) -> Option<String> {
    if extra.is_empty() { None } else { serde_json::to_string(extra).ok() }
}
