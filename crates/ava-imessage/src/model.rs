//! What the API speaks of, in the names every language uses.

use std::fmt;

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::redact;

macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* $variant,)*
            /// A value this version does not know, as the service wrote it.
            Other(Box<str>),
        }

        impl $name {
            /// The value as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)*
                    $name::Other(raw) => raw,
                }
            }
        }

        impl From<&str> for $name {
            fn from(raw: &str) -> Self {
                match raw {
                    $($text => $name::$variant,)*
                    other => $name::Other(other.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }
                    fn visit_str<E>(self, raw: &str) -> Result<$name, E> {
                        Ok($name::from(raw))
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}

open_enum! {
    /// Which way a message went (*Get Messages*).
    Direction {
        /// From the other person to us.
        Inbound = "inbound",
        /// From us to the other person.
        Outbound = "outbound",
    }
}

open_enum! {
    /// How far a message got (*Get Messages*). The document shows `delivered` and `received`.
    Status {
        /// Accepted and waiting to go out.
        Queued = "queued",
        /// Gone out.
        Sent = "sent",
        /// Arrived on the other person's device.
        Delivered = "delivered",
        /// It did not go out.
        Failed = "failed",
        /// An inbound message that arrived.
        Received = "received",
    }
}

open_enum! {
    /// Who speaks in a [`Turn`] (*Generate Message with AVA*).
    Role {
        /// The other person.
        User = "user",
        /// Us, or AVA on our behalf.
        Assistant = "assistant",
    }
}

/// Members of a JSON object that this version has no name for, parsed only when asked for.
#[derive(Clone, Default)]
pub struct Extra(pub(crate) Vec<(Box<str>, Box<RawValue>)>);

impl Extra {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a member, parsed now. `None` if it isn't there.
    pub fn get(&self, name: &str) -> Option<serde_json::Value> {
        let (_, raw) = self.0.iter().rev().find(|(key, _)| &**key == name)?;
        serde_json::from_str(raw.get()).ok()
    }

    /// Names and raw JSON texts, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, raw)| (&**key, raw.get()))
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Extra) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, raw) in &self.0 {
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

/// One message of a conversation (*Get Messages*, *Receive Messages*). `Debug` hides text and phone.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The service's id: `msg_abc123`.
    pub id: String,
    /// The other person's number, E.164.
    pub phone: String,
    /// What was written (the wire's `message`).
    pub text: String,
    /// Which way it went.
    pub direction: Direction,
    /// When, by the service's clock.
    pub timestamp: Timestamp,
    /// How far it got.
    pub status: Status,
    /// Further members of the wire.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("phone", &redact::Phone(&self.phone))
            .field("text", &redact::Text(&self.text))
            .field("direction", &self.direction)
            .field("timestamp", &self.timestamp)
            .field("status", &self.status)
            .field("extra", &self.extra)
            .finish()
    }
}

/// How it is known that a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Confirmation {
    /// The service answered the send.
    Response,
    /// The answer was lost; the message was found in the history.
    History,
}

impl Confirmation {
    /// The stable name: `response` or `history`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Confirmation::Response => "response",
            Confirmation::History => "history",
        }
    }
}

impl fmt::Display for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message that the service accepted (*Send Message*). Whether it was delivered is the
/// [`status`](Message::status) of its row in the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SentMessage {
    /// The service's id: `msg_abc123`.
    pub message_id: String,
    /// When, by the service's clock; where the answer names no time, its `Date`, else this machine's clock.
    pub timestamp: Timestamp,
    /// How it is known.
    pub confirmation: Confirmation,
    /// Further members of the wire.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// A row that isn't what the API documents. It costs nobody the rows beside it. `Debug` hides the row.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedRow {
    /// Its place in the server's list, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub reason: String,
    /// The row as JSON text. It may hold people's data.
    pub raw: String,
}

impl fmt::Debug for SkippedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkippedRow")
            .field("index", &self.index)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// A page of a conversation's history (*Get Messages*).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MessagePage {
    /// The rows, in the server's order, which the document leaves open.
    pub messages: Vec<Message>,
    /// How many messages the conversation has.
    pub total: u64,
    /// How many rows a page has at the most.
    pub limit: u64,
    /// How many rows were passed over.
    pub offset: u64,
    /// Rows that couldn't be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedRow>,
    /// Further members of the wire.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// What one poll brought (*Receive Messages*).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PollPage {
    /// The rows, in the server's order.
    pub messages: Vec<Message>,
    /// How many rows the server says there are.
    pub count: u64,
    /// Whether there are more than these.
    pub has_more: bool,
    /// Rows that couldn't be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedRow>,
    /// Further members of the wire.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// One turn of the conversation that a reply is drafted from. `Debug` hides the content.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Turn {
    /// A turn of any role.
    pub fn new(role: Role, content: impl Into<String>) -> Turn {
        Turn { role, content: content.into() }
    }

    /// What the other person said.
    pub fn user(content: impl Into<String>) -> Turn {
        Turn::new(Role::User, content)
    }

    /// What we said.
    pub fn assistant(content: impl Into<String>) -> Turn {
        Turn::new(Role::Assistant, content)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("role", &self.role)
            .field("content", &redact::Text(&self.content))
            .finish()
    }
}

/// A reply that AVA wrote (*Generate Message with AVA*). `Debug` hides the text.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GeneratedMessage {
    /// What it wrote (the wire's `generated_message`).
    pub text: String,
    /// The service's id: `msg_ai_abc123`.
    pub message_id: String,
    /// Whether it was sent.
    pub sent: bool,
    /// When, by the service's clock.
    pub timestamp: Timestamp,
    /// Further members of the wire.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl fmt::Debug for GeneratedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratedMessage")
            .field("text", &redact::Text(&self.text))
            .field("message_id", &self.message_id)
            .field("sent", &self.sent)
            .field("timestamp", &self.timestamp)
            .field("extra", &self.extra)
            .finish()
    }
}
