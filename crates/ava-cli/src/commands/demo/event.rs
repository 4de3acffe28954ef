//! What the demo shows, one after the other. The names are stable: scripts read them.

use serde::Serialize;

/// One step of the demo, as it happens.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event {
    /// The sandbox is up; the other person has this fictitious number.
    Started { base_url: String, phone: &'static str },
    /// A scene begins.
    Scene { number: u32, title: &'static str },
    /// The sandbox was told to cut the connection of the next send.
    Fault { drop: Cut },
    /// A listener polls from now on.
    Listening,
    /// A send begins.
    Sending { phone: &'static str, text: String },
    /// A send ended as sent.
    Sent { message_id: String, confirmation: &'static str },
    /// The history shows the message as delivered.
    Delivered { message_id: String },
    /// The listener yielded a message.
    Received { message_id: String, phone: String, text: String },
    /// AVA wrote a reply, which nobody has sent yet.
    Drafted { text: String },
    /// A send ended as unknown.
    Unknown { code: &'static str, message: String },
    /// The history is asked again, without posting.
    Settling,
    /// The history did not tell, which proves nothing.
    StillUnknown { code: &'static str },
    /// The history told.
    Settled { message_id: String, confirmation: &'static str },
    /// The row of a message turned up long after its request was cut off.
    CommittedLate { message_id: String },
    /// What the sandbox recorded of one message.
    Records { posts: usize, rows: usize },
    /// Everything held.
    Finished { claims: u32 },
}

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cut {
    /// Before the request has an effect.
    Before,
    /// After it had its effect, before the answer.
    After,
}
