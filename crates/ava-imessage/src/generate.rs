//! Replies written by AVA (*Generate Message with AVA*), from a given context or from the history.

use std::fmt;

use serde::Serialize;

use crate::builder;
use crate::call::{Call, Reply};
use crate::client::{CallOptions, Client, call_options, debug_request, into_future};
use crate::error::{Delivery, Error, Result};
use crate::history;
use crate::model::{Direction, GeneratedMessage, Message, Role, Turn};
use crate::send::{Posted, post};
use crate::transport::Witness;
use crate::wire::Unusable;
use crate::{validate, wire};

const PATH: &str = "/api/generate";

/// How many messages of the history a draft is made from, unless said otherwise.
pub const DEFAULT_HISTORY: u64 = 20;

impl Client {
    /// Has AVA write a reply to `context`, oldest turn first (*Generate Message with AVA*).
    ///
    /// Nothing is sent unless [`auto_send`](GenerateRequest::auto_send) is set. The deadline is 60 s unless
    /// the client or the call sets one. Without `auto_send` the call is retried once, like a read; with it,
    /// it is posted again only if it certainly had no effect.
    ///
    /// # Errors
    /// `invalid_request` for an empty context; with `auto_send`, `delivery_unknown` where the answer was
    /// lost: its text isn't known, so the history cannot tell, and there is no attempt to settle.
    pub fn generate(
        &self,
        phone: impl Into<String>,
        context: impl IntoIterator<Item = Turn>,
    ) -> GenerateRequest {
        GenerateRequest {
            client: self.clone(),
            phone: phone.into(),
            context: context.into_iter().collect(),
            instructions: None,
            auto_send: false,
            options: CallOptions::default(),
        }
    }

    /// Has AVA write a reply to the newest messages of a conversation. Nothing is sent.
    ///
    /// The newest 20 messages ([`history`](DraftReplyRequest::history)) by timestamp, whatever the server's
    /// order: outbound ones as `assistant`, inbound ones as `user`, the newest last.
    ///
    /// # Errors
    /// `invalid_request` if the conversation has no messages.
    pub fn draft_reply(&self, phone: impl Into<String>) -> DraftReplyRequest {
        DraftReplyRequest {
            client: self.clone(),
            phone: phone.into(),
            instructions: None,
            history: DEFAULT_HISTORY,
            options: CallOptions::default(),
        }
    }
}

/// A reply that is written when awaited. See [`Client::generate`].
#[must_use = "nothing is written until it is awaited"]
pub struct GenerateRequest {
    client: Client,
    phone: String,
    context: Vec<Turn>,
    instructions: Option<String>,
    auto_send: bool,
    options: CallOptions,
}

call_options!(GenerateRequest);
into_future!(GenerateRequest => GeneratedMessage);

#[derive(Serialize)]
struct Body<'a> {
    phone: &'a str,
    context: &'a [Turn],
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    auto_send: bool,
}

impl GenerateRequest {
    /// Tone, style or content to keep to.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Whether the service sends what it wrote at once: no. A reply of `sent: false` is then a value, not an
    /// error.
    pub fn auto_send(mut self, send: bool) -> Self {
        self.auto_send = send;
        self
    }

    async fn run(self) -> Result<GeneratedMessage> {
        let auto_send = self.auto_send;
        self.generate().await.map_err(|error| match error.delivery() {
            None if auto_send => error.with_delivery(Delivery::NotSent),
            _ => error,
        })
    }

    async fn generate(self) -> Result<GeneratedMessage> {
        validate::phone(&self.phone)?;
        validate::context(&self.context)?;
        let _permit = self.client.enter()?;
        self.write().await
    }

    /// For a call that was let in already.
    async fn write(&self) -> Result<GeneratedMessage> {
        let inner = &*self.client.inner;
        let body = Body {
            phone: &self.phone,
            context: &self.context,
            instructions: self.instructions.as_deref(),
            auto_send: self.auto_send,
        };
        let texts = self.context.iter().map(|turn| &*turn.content).chain(self.instructions.as_deref());
        let mut call = Call::post(inner, PATH, &body, &self.options)?
            .patient()
            .hiding(texts)
            .until(self.options.deadline(&inner.config, builder::DEFAULT_GENERATE_TIMEOUT));
        if !self.auto_send {
            call.max_retries = call.max_retries.min(1);
            let reply = call.read().await?;
            return read_answer(&reply).map_err(|why| call.unusable(&reply, &why));
        }
        let mut watch = Watch::default();
        let posted = post(&call, call.deadline, &mut |witness| watch.0 = witness.cloned(), read_answer).await;
        watch.0 = None;
        match posted {
            Posted::Answered(generated, _) => {
                if generated.sent {
                    let key = (&*self.phone, &*generated.text);
                    inner.claims.returned(None, key, &generated.message_id, Some(generated.timestamp));
                }
                Ok(generated)
            }
            Posted::NotSent(error) => Err(error),
            Posted::Unknown(cause) => {
                let why = "its text isn't known, so the history cannot tell";
                Err(Error::delivery_unknown(Some(cause), why))
            }
        }
    }
}

/// The request on its way, of a reply that is to be sent at once. There is no attempt to settle, but dropped in
/// flight it leaves a line in the log.
#[derive(Default)]
struct Watch(Option<Witness>);

impl Drop for Watch {
    fn drop(&mut self) {
        if self.0.as_ref().is_some_and(|witness| !witness.revoke()) {
            tracing::warn!(
                target: "ava_imessage",
                "a generated reply (auto_send) was cancelled in flight: it may or may not have been sent",
            );
        }
    }
}

fn read_answer(reply: &Reply) -> Result<GeneratedMessage, Unusable> {
    wire::generated(&reply.body)
}

impl fmt::Debug for GenerateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "GenerateRequest", &self.phone)
    }
}

/// A draft that is written when awaited. See [`Client::draft_reply`].
#[must_use = "nothing is written until it is awaited"]
pub struct DraftReplyRequest {
    client: Client,
    phone: String,
    instructions: Option<String>,
    history: u64,
    options: CallOptions,
}

call_options!(DraftReplyRequest);
into_future!(DraftReplyRequest => GeneratedMessage);

impl DraftReplyRequest {
    /// Tone, style or content to keep to.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// How many of the newest messages to reply to: 20; 1 to 100.
    pub fn history(mut self, messages: u64) -> Self {
        self.history = messages;
        self
    }

    async fn run(self) -> Result<GeneratedMessage> {
        validate::phone(&self.phone)?;
        validate::limit(self.history)
            .map_err(|_| Error::invalid(format!("history: must be from 1 to {}", validate::MAX_LIMIT)))?;
        let _permit = self.client.enter()?;
        let inner = &*self.client.inner;
        let deadline = self.options.deadline(&inner.config, builder::DEFAULT_GENERATE_TIMEOUT);
        let rows = history::newest(inner, &self.phone, self.history, &self.options, deadline).await?;
        let context: Vec<Turn> = rows.iter().filter_map(turn).collect();
        if context.is_empty() {
            return Err(Error::invalid("phone: the conversation has no messages to reply to"));
        }
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let request = GenerateRequest {
            client: self.client.clone(),
            phone: self.phone,
            context,
            instructions: self.instructions,
            auto_send: false,
            options: CallOptions { timeout: Some(left), ..self.options },
        };
        request.write().await
    }
}

/// What a message is in a conversation with the assistant.
fn turn(message: &Message) -> Option<Turn> {
    let role = match message.direction {
        Direction::Outbound => Role::Assistant,
        Direction::Inbound => Role::User,
        _ => return None,
    };
    Some(Turn::new(role, &*message.text))
}

impl fmt::Debug for DraftReplyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "DraftReplyRequest", &self.phone)
    }
}
