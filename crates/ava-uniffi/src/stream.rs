//! Streams, pulled message by message.

use std::sync::Arc;

use ava_bridge::guard;

use crate::call::{DoneCall, NextCall};
use crate::client::begun;
use crate::model::Message;

/// A conversation.
#[derive(uniffi::Object)]
pub struct MessageStream(pub(crate) ava_bridge::Messages);

#[uniffi::export]
impl MessageStream {
    /// The next message; nothing at the end.
    pub fn next(&self) -> Arc<NextCall> {
        begun(|| Ok(self.0.next()))
    }

    /// The next message if it came with the last, without a call. Nothing says nothing: ask `next`.
    pub fn try_next(&self) -> Option<Message> {
        guard(|| Ok(self.0.try_next().map(Into::into))).unwrap_or_default()
    }

    /// Ends it.
    pub fn close(&self) {
        closed(|| self.0.close());
    }
}

/// Inbound messages.
#[derive(uniffi::Object)]
pub struct Listener(pub(crate) ava_bridge::Listener);

#[uniffi::export]
impl Listener {
    /// The next message; nothing at the end. It acknowledges the last one unless `auto_ack` is off.
    pub fn next(&self) -> Arc<NextCall> {
        begun(|| Ok(self.0.next()))
    }

    /// Acknowledges the message of this id.
    pub fn ack(&self, id: String) -> Arc<DoneCall> {
        begun(|| Ok(self.0.ack(id)))
    }

    /// Ends it. Acknowledges nothing.
    pub fn close(&self) {
        closed(|| self.0.close());
    }
}

/// Ends something. A panic is in the log; there is nobody to throw it at.
fn closed(close: impl FnOnce()) {
    let _ = guard(|| {
        close();
        Ok(())
    });
}
