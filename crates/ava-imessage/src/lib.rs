//! A client for the AVA iMessage API: send iMessages, read histories, listen for answers, have AVA draft
//! replies.
//!
//! ```no_run
//! # async fn run() -> ava_imessage::Result<()> {
//! let client = ava_imessage::Client::from_env()?;
//! let sent = client.send("+1234567890", "Hello from AVA!").await?;
//! println!("{} at {}", sent.message_id, sent.timestamp);
//! # Ok(()) }
//! ```
//!
//! Every send ends as *sent*, *not sent* or *unknown*, and is never posted twice by guess:
//! [`Client::send`]. A listener polls with an overlap, so that no message is lost that the service shows in time, and repeats one
//! only after a crash: [`Client::listen`].
//! One [`Error`] tells what went wrong, and whether a message may have gone out.
//!
//! Calls run on the caller's tokio runtime, which must have its timer and I/O drivers on (`enable_all`). The times are the service's, as [`jiff::Timestamp`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod call;
mod checkpoint;
mod claims;
mod client;
mod credentials;
mod dates;
mod error;
mod generate;
mod history;
mod inbox;
mod listen;
mod model;
mod network;
mod origin;
mod poll;
mod receipt;
mod redact;
mod retry;
mod send;
mod settle;
mod transport;
mod validate;
mod wire;

pub use jiff::Timestamp;

pub use builder::{
    ClientBuilder, DEFAULT_BACKOFF, DEFAULT_BACKOFF_MAX, DEFAULT_CONNECT_TIMEOUT, DEFAULT_GENERATE_TIMEOUT,
    DEFAULT_MAX_RESPONSE_BYTES, DEFAULT_MAX_RETRIES, DEFAULT_POOL_IDLE_TIMEOUT, DEFAULT_READ_IDLE_TIMEOUT,
    DEFAULT_SETTLE_GAP, DEFAULT_SETTLE_WITHIN, DEFAULT_TIMEOUT,
};
pub use checkpoint::{Checkpoint, CheckpointState, FileCheckpoint, MemoryCheckpoint};
pub use client::Client;
pub use credentials::{Token, TokenProvider};
pub use error::{BoxError, Delivery, Error, ErrorKind, Result};
pub use generate::{DEFAULT_HISTORY, DraftReplyRequest, GenerateRequest};
pub use history::{DEFAULT_LIMIT, Messages, MessagesPageRequest};
pub use listen::{Acknowledger, DEFAULT_INTERVAL, Gap, ListenRequest, Listener};
pub use model::{
    Confirmation, Direction, Extra, GeneratedMessage, Message, MessagePage, PollPage, Role, SentMessage,
    SkippedRow, Status, Turn,
};
pub use network::Roots;
pub use origin::{DEFAULT_BASE_URL, is_loopback_url};
pub use poll::PollRequest;
pub use receipt::{Receipt, Undelivered};
/// For bindings, whose values hide what ours hide. No part of what this crate promises.
#[doc(hidden)]
pub use redact::{Phone as MaskedPhone, Text as MeasuredText};
pub use send::{Attempt, SendRequest};
pub use settle::SettleRequest;
pub use transport::{BoxFuture, GivenUp, RequestBody, ResponseBody, Transport, TransportError};
pub use validate::{phone as check_phone, text as check_text};

/// Whatever a caller holds can be shared and sent between threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Client>();
    shared::<ClientBuilder>();
    shared::<Error>();
    shared::<Listener>();
    shared::<Acknowledger>();
    shared::<Attempt>();
};
