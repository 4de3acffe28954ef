//! The client. What an operation does stands with the core's method of the same name.

use std::sync::Arc;

use ava_bridge::ErrorKind::InvalidRequest;
use ava_bridge::core;
use ava_bridge::{
    Call, DraftOptions, Error, GenerateOptions, PageOptions, PollOptions, Result, guard, not_sent,
};

use crate::attempt::Attempt;
use crate::call::{DoneCall, GenerateCall, ListenCall, PageCall, PollCall, SendCall, SettleCall};
use crate::error::CoreError;
use crate::model::Turn;
use crate::options::{CallOptions, ClientOptions, ListenOptions};
use crate::stream::MessageStream;
use crate::time::{Moment, moment, whole};

/// A client.
#[derive(uniffi::Object)]
pub struct Client(ava_bridge::Client);

#[uniffi::export]
impl Client {
    /// Checks everything and makes the client.
    #[uniffi::constructor]
    pub fn new(options: ClientOptions) -> std::result::Result<Arc<Client>, CoreError> {
        let made = guard(|| ava_bridge::Client::new(options.into_bridge()?));
        made.map(|client| Arc::new(Client(client))).map_err(|error| CoreError::of(&error))
    }

    /// Where the requests go.
    pub fn base_url(&self) -> std::result::Result<String, CoreError> {
        guard(|| self.0.base_url()).map_err(|error| CoreError::of(&error))
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Refuses new calls from this moment on, and ends the listeners; ends when the calls in flight have.
    pub fn close(&self) -> Arc<DoneCall> {
        begun(|| Ok(self.0.close()))
    }

    /// Sends a message.
    pub fn send(&self, phone: String, text: String, options: CallOptions) -> Arc<SendCall> {
        begun_or(not_sent, || Ok(self.0.send(phone, text, options.into_bridge()?)))
    }

    /// Settles a send that is unknown.
    pub fn settle(&self, attempt: &Attempt, options: CallOptions) -> Arc<SettleCall> {
        let still_unknown = |refused| attempt.0.still_unknown(refused);
        begun_or(still_unknown, || Ok(self.0.settle(&attempt.0, options.into_bridge()?)))
    }

    /// Gets one page of a conversation.
    pub fn messages_page(
        &self,
        phone: String,
        limit: Option<i64>,
        offset: Option<i64>,
        options: CallOptions,
    ) -> Arc<PageCall> {
        begun(|| {
            let limit = whole(InvalidRequest, "limit", limit)?;
            let offset = whole(InvalidRequest, "offset", offset)?;
            let options = PageOptions { limit, offset, call: options.into_bridge()? };
            Ok(self.0.messages_page(phone, options))
        })
    }

    /// Opens a conversation.
    pub fn messages(
        &self,
        phone: String,
        options: CallOptions,
    ) -> std::result::Result<Arc<MessageStream>, CoreError> {
        let opened = guard(|| self.0.messages(phone, options.into_bridge()?));
        opened.map(|stream| Arc::new(MessageStream(stream))).map_err(|error| CoreError::of(&error))
    }

    /// Asks once for inbound messages.
    pub fn poll(&self, since: Option<Moment>, phone: Option<String>, options: CallOptions) -> Arc<PollCall> {
        begun(|| {
            let since = moment("since", since)?;
            Ok(self.0.poll(PollOptions { since, phone, call: options.into_bridge()? }))
        })
    }

    /// Opens a listener.
    pub fn listen(&self, options: ListenOptions) -> Arc<ListenCall> {
        begun(|| Ok(self.0.listen(options.into_bridge()?)))
    }

    /// Has a reply written.
    pub fn generate(
        &self,
        phone: String,
        context: Vec<Turn>,
        instructions: Option<String>,
        auto_send: bool,
        options: CallOptions,
    ) -> Arc<GenerateCall> {
        let refuse = |refused| if auto_send { not_sent(refused) } else { refused };
        begun_or(refuse, || {
            let turns = context.into_iter().map(core::Turn::from).collect();
            let call = options.into_bridge()?;
            Ok(self.0.generate(phone, turns, GenerateOptions { instructions, auto_send, call }))
        })
    }

    /// Has a reply to a conversation written.
    pub fn draft_reply(
        &self,
        phone: String,
        instructions: Option<String>,
        history: Option<i64>,
        options: CallOptions,
    ) -> Arc<GenerateCall> {
        begun(|| {
            let history = whole(InvalidRequest, "history", history)?;
            Ok(self
                .0
                .draft_reply(phone, DraftOptions { instructions, history, call: options.into_bridge()? }))
        })
    }
}

/// A call; one that ends with the error if something about it is refused here. No panic leaves it: what throws nothing is
/// called with `try!` by the Swift that is generated of this.
pub(crate) fn begun<T: Send + 'static, C: From<Call<T>>>(call: impl FnOnce() -> Result<Call<T>>) -> Arc<C> {
    begun_or(|refused| refused, call)
}

/// As [`begun`], and what is refused here is told as `refuse` has it.
fn begun_or<T: Send + 'static, C: From<Call<T>>>(
    refuse: impl FnOnce(Error) -> Error,
    call: impl FnOnce() -> Result<Call<T>>,
) -> Arc<C> {
    Arc::new(guard(call).unwrap_or_else(|error| Call::done(Err(refuse(error)))).into())
}
