//! The client. What an operation does stands with the core's method of the same name.

use std::sync::Arc;

use ava_bridge::core::{self, Timestamp};
use ava_bridge::{Call, DraftOptions, GenerateOptions, PageOptions, PollOptions, Result};

use crate::attempt::Attempt;
use crate::call::{DoneCall, GenerateCall, ListenCall, PageCall, PollCall, SendCall, SettleCall};
use crate::error::CoreError;
use crate::model::Turn;
use crate::options::{CallOptions, ClientOptions, ListenOptions};
use crate::stream::MessageStream;
use crate::time::{Moment, moment};

/// A client.
#[derive(uniffi::Object)]
pub struct Client(ava_bridge::Client);

#[uniffi::export]
impl Client {
    /// Checks everything and makes the client.
    #[uniffi::constructor]
    pub fn new(options: ClientOptions) -> std::result::Result<Arc<Client>, CoreError> {
        let made = ava_bridge::guard(|| ava_bridge::Client::new(options.into_bridge()));
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
        Arc::new(self.0.send(phone, text, options.into()).into())
    }

    /// Settles a send that is unknown.
    pub fn settle(&self, attempt: &Attempt, options: CallOptions) -> Arc<SettleCall> {
        Arc::new(self.0.settle(&attempt.0, options.into()).into())
    }

    /// Gets one page of a conversation.
    pub fn messages_page(
        &self,
        phone: String,
        limit: Option<u64>,
        offset: Option<u64>,
        options: CallOptions,
    ) -> Arc<PageCall> {
        Arc::new(self.0.messages_page(phone, PageOptions { limit, offset, call: options.into() }).into())
    }

    /// Opens a conversation.
    pub fn messages(
        &self,
        phone: String,
        options: CallOptions,
    ) -> std::result::Result<Arc<MessageStream>, CoreError> {
        let opened = self.0.messages(phone, options.into());
        opened.map(|stream| Arc::new(MessageStream(stream))).map_err(|error| CoreError::of(&error))
    }

    /// Asks once for inbound messages.
    pub fn poll(&self, since: Option<Moment>, phone: Option<String>, options: CallOptions) -> Arc<PollCall> {
        Arc::new(match moment("since", since) {
            Ok(since) => self.0.poll(PollOptions { since, phone, call: options.into() }).into(),
            Err(error) => Call::done(Err(error)).into(),
        })
    }

    /// Opens a listener.
    pub fn listen(&self, options: ListenOptions) -> Arc<ListenCall> {
        let since: Result<Option<Timestamp>> = moment("since", options.since);
        Arc::new(match since {
            Ok(since) => self.0.listen(options.into_bridge(since)).into(),
            Err(error) => Call::done(Err(error)).into(),
        })
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
        let how = GenerateOptions { instructions, auto_send, call: options.into() };
        Arc::new(self.0.generate(phone, turns, how).into())
    }

    /// Has a reply to a conversation written.
    pub fn draft_reply(
        &self,
        phone: String,
        instructions: Option<String>,
        history: Option<u64>,
        options: CallOptions,
    ) -> Arc<GenerateCall> {
        let how = DraftOptions { instructions, history, call: options.into() };
        Arc::new(self.0.draft_reply(phone, how).into())
    }
}
