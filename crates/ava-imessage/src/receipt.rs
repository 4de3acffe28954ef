//! The outcome of a send on its way to whoever asked for it, so that it can't get lost in silence.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::client::{Client, Inner};
use crate::error::{Error, Result};
use crate::model::SentMessage;
use crate::send::{Attempt, Trace};

/// A send that ended as *sent* or *unknown*, and the duty to tell somebody.
/// [`SendRequest::with_receipt`](crate::SendRequest::with_receipt) gives it.
///
/// Dropped as it is, the send counts as cancelled in flight, like one whose future was dropped: the log warns, and
/// the client's `on_unknown` hook is given the attempt.
#[must_use = "dropping it counts as cancelling the send"]
pub struct Receipt {
    result: Result<SentMessage>,
    undelivered: Undelivered,
}

impl Receipt {
    pub(crate) fn of_sent(
        sent: SentMessage,
        client: Client,
        phone: String,
        text: String,
        trace: Trace,
    ) -> Receipt {
        let send = Some(Send::Sent { phone, text, trace });
        Receipt { result: Ok(sent), undelivered: Undelivered { client, send } }
    }

    /// Of a send that failed, if it is unknown.
    pub(crate) fn of_unknown(error: Error, client: Client) -> Result<Receipt> {
        match error.attempt().cloned() {
            Some(attempt) => {
                let send = Some(Send::Unknown(attempt));
                Ok(Receipt { result: Err(error), undelivered: Undelivered { client, send } })
            }
            None => Err(error),
        }
    }

    /// The outcome, by whoever certainly has it now.
    ///
    /// # Errors
    /// `delivery_unknown`.
    pub fn take(self) -> Result<SentMessage> {
        let (result, undelivered) = self.into_parts();
        undelivered.delivered();
        result
    }

    /// The outcome to be handed on, and what to call when it has arrived.
    pub fn into_parts(self) -> (Result<SentMessage>, Undelivered) {
        (self.result, self.undelivered)
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receipt").field(&self.result).finish()
    }
}

/// A send whose outcome is still on its way to whoever asked. Dropped before it was
/// [`delivered`](Undelivered::delivered), it tells of the send as [`Receipt`] does.
#[must_use = "dropping it counts as cancelling the send"]
pub struct Undelivered {
    client: Client,
    /// `None` once the outcome has arrived.
    send: Option<Send>,
}

enum Send {
    Sent { phone: String, text: String, trace: Trace },
    Unknown(Attempt),
}

impl Undelivered {
    /// The outcome has arrived: nothing is left to tell.
    pub fn delivered(mut self) {
        self.send = None;
    }
}

impl Drop for Undelivered {
    fn drop(&mut self) {
        let client = &self.client.inner;
        match self.send.take() {
            None => {}
            Some(Send::Sent { phone, text, trace }) => client.tell_of(
                trace.into_attempt(client, phone, text),
                "a send was cancelled when it had ended: the message was sent",
            ),
            Some(Send::Unknown(attempt)) => client.tell_of(
                attempt,
                "a send was cancelled when it had ended: the message may or may not have been sent",
            ),
        }
    }
}

impl fmt::Debug for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undelivered").finish_non_exhaustive()
    }
}

impl Inner {
    /// A send that nobody waits for any more went out, or may have.
    pub(crate) fn tell_of(&self, attempt: Attempt, what: &'static str) {
        tracing::warn!(target: "ava_imessage", ?attempt, "{what}");
        if let Some(hook) = &self.config.on_unknown
            && catch_unwind(AssertUnwindSafe(|| hook(attempt))).is_err()
        {
            tracing::error!(target: "ava_imessage", "the on_unknown hook panicked");
        }
    }
}
