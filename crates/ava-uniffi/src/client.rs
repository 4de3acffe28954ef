//! The client. What an operation does stands with the core's method of the same name.

use std::sync::Arc;

use ava_bridge::ErrorKind::InvalidRequest;
use ava_bridge::core::{self, Delivery};
use ava_bridge::{Call, DraftOptions, Error, GenerateOptions, PageOptions, PollOptions, Result};

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
        let made = ava_bridge::guard(|| ava_bridge::Client::new(options.into_bridge()?));
        made.map(|client| Arc::new(Client(client))).map_err(|error| CoreError::of(&error))
    }

    /// Where the requests go.
    pub fn base_url(&self) -> std::result::Result<String, CoreError> {
        self.0.base_url().map_err(|error| CoreError::of(&error))
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Refuses new calls from this moment on, and ends the listeners; ends when the calls in flight have.
    pub fn close(&self) -> Arc<DoneCall> {
        Arc::new(self.0.close().into())
    }

    /// Sends a message.
    pub fn send(&self, phone: String, text: String, options: CallOptions) -> Arc<SendCall> {
        let options = options.into_bridge().map_err(not_sent);
        begun(options.map(|options| self.0.send(phone, text, options)))
    }

    /// Settles a send that is unknown.
    pub fn settle(&self, attempt: &Attempt, options: CallOptions) -> Arc<SettleCall> {
        begun(options.into_bridge().map(|options| self.0.settle(&attempt.0, options)))
    }

    /// Gets one page of a conversation.
    pub fn messages_page(
        &self,
        phone: String,
        limit: Option<i64>,
        offset: Option<i64>,
        options: CallOptions,
    ) -> Arc<PageCall> {
        let how = || -> Result<PageOptions> {
            let limit = whole(InvalidRequest, "limit", limit)?;
            let offset = whole(InvalidRequest, "offset", offset)?;
            Ok(PageOptions { limit, offset, call: options.into_bridge()? })
        };
        begun(how().map(|how| self.0.messages_page(phone, how)))
    }

    /// Opens a conversation.
    pub fn messages(
        &self,
        phone: String,
        options: CallOptions,
    ) -> std::result::Result<Arc<MessageStream>, CoreError> {
        let opened = options.into_bridge().and_then(|options| self.0.messages(phone, options));
        opened.map(|stream| Arc::new(MessageStream(stream))).map_err(|error| CoreError::of(&error))
    }

    /// Asks once for inbound messages.
    pub fn poll(&self, since: Option<Moment>, phone: Option<String>, options: CallOptions) -> Arc<PollCall> {
        let how = || -> Result<PollOptions> {
            Ok(PollOptions { since: moment("since", since)?, phone, call: options.into_bridge()? })
        };
        begun(how().map(|how| self.0.poll(how)))
    }

    /// Opens a listener.
    pub fn listen(&self, options: ListenOptions) -> Arc<ListenCall> {
        begun(options.into_bridge().map(|options| self.0.listen(options)))
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
        let turns = context.into_iter().map(core::Turn::from).collect();
        let call = options.into_bridge();
        let call = if auto_send { call.map_err(not_sent) } else { call };
        begun(
            call.map(|call| self.0.generate(phone, turns, GenerateOptions { instructions, auto_send, call })),
        )
    }

    /// Has a reply to a conversation written.
    pub fn draft_reply(
        &self,
        phone: String,
        instructions: Option<String>,
        history: Option<i64>,
        options: CallOptions,
    ) -> Arc<GenerateCall> {
        let how = || -> Result<DraftOptions> {
            let history = whole(InvalidRequest, "history", history)?;
            Ok(DraftOptions { instructions, history, call: options.into_bridge()? })
        };
        begun(how().map(|how| self.0.draft_reply(phone, how)))
    }
}

/// A call; one that ends with the error if something about it is refused here.
fn begun<T: Send + 'static, C: From<Call<T>>>(call: Result<Call<T>>) -> Arc<C> {
    Arc::new(call.unwrap_or_else(|error| Call::done(Err(error))).into())
}

/// Of something that would have sent a message.
fn not_sent(refused: Error) -> Error {
    refused.with_delivery(Delivery::NotSent)
}
