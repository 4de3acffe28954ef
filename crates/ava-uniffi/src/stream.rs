//! Streams, pulled message by message.

use std::sync::Arc;

use crate::call::{DoneCall, NextCall};
use crate::model::Message;

/// A conversation.
#[derive(uniffi::Object)]
pub struct MessageStream(pub(crate) ava_bridge::Messages);

#[uniffi::export]
impl MessageStream {
    /// The next message; nothing at the end.
    pub fn next(&self) -> Arc<NextCall> {
        Arc::new(self.0.next().into())
    }

    /// The next message if it came with the last, without a call. Nothing says nothing: ask `next`.
    pub fn try_next(&self) -> Option<Message> {
        self.0.try_next().map(Into::into)
    }

    /// Ends it.
    pub fn close(&self) {
        self.0.close();
    }
}

/// Inbound messages.
#[derive(uniffi::Object)]
pub struct Listener(pub(crate) ava_bridge::Listener);

#[uniffi::export]
impl Listener {
    /// The next message; nothing at the end. It acknowledges the last one unless `auto_ack` is off.
    pub fn next(&self) -> Arc<NextCall> {
        Arc::new(self.0.next().into())
    }

    /// Acknowledges the message of this id.
    pub fn ack(&self, id: String) -> Arc<DoneCall> {
        Arc::new(self.0.ack(id).into())
    }

    /// Ends it. Acknowledges nothing.
    pub fn close(&self) {
        self.0.close();
    }
}
