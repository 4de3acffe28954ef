//! What every binding of `ava-imessage` shares. A binding converts in, calls, converts out; what it would have to
//! decide is decided here or in the core.
//!
//! ```no_run
//! use ava_bridge::{CHECK_INTERVAL, CallOptions, Client, ErrorView, Options};
//! use std::ops::ControlFlow;
//!
//! # fn main() -> ava_bridge::Result<()> {
//! let client = Client::new(Options { base_url: Some("https://example.com".into()), ..Options::default() }.or_environment())?;
//!
//! // A blocking face: park, and ask the language now and then whether somebody pressed Ctrl-C.
//! let call = client.send("+1234567890", "Hello", CallOptions::default());
//! match call.block_checking(CHECK_INTERVAL, || ControlFlow::<()>::Continue(())) {
//!     ControlFlow::Continue(Ok(receipt)) => println!("{}", receipt.take()?.message_id),
//!     ControlFlow::Continue(Err(error)) => println!("{}", ErrorView::from(&error).code),
//!     ControlFlow::Break(()) => println!("interrupted: the request is dropped"),
//! }
//!
//! // An asynchronous face: be told, on the worker; put the result on the language's queue.
//! let call = client.send("+1234567890", "Hello", CallOptions::default());
//! let running = call.start_with(|result| drop(result));
//! drop(running); // the language's task was cancelled: so is the request
//!
//! // Or a future, for frameworks that await.
//! let task = client.send("+1234567890", "Hello", CallOptions::default()).start();
//! # drop(task); Ok(()) }
//! ```
//!
//! # What to know
//!
//! - **The runtime** is made on first use, one a loaded library and process, with one worker thread
//!   ([`set_worker_threads`]). Bindings build none. [`shutdown`] ends it for good.
//! - **Calls** ([`Call`]) are lazy and go through one of three doors: [`start`](Call::start),
//!   [`start_with`](Call::start_with), [`block`](Call::block). Dropping what the door gave drops the request. So
//!   does [`Cancel`], for languages whose cancellation comes from elsewhere.
//! - **Blocking** on the worker or in a completion is an error, not a deadlock. Who runs completions on a thread
//!   of its own shuts the door there too: [`forbid_blocking`].
//! - **Panics** become `internal`; the client works after. What isn't a call goes through [`guard`].
//! - **Streams** ([`Messages`], [`Listener`]) are pulled by `next`, a call like any other. It gives a [`Handed`]
//!   message, to be taken when the application certainly has it; one that is dropped comes again.
//! - **Sends** end with a [`Receipt`](core::Receipt): taken when the application certainly has the outcome. One that is
//!   dropped is told of (`on_unknown`, the log), as a send that was cancelled in flight is.
//! - **Errors** are taken apart by [`ErrorView`]; the exception of a callback is found again by [`source_of`].
//! - **Callbacks that a call waits for** ([`token_provider`], [`checkpoint`]) run on the blocking pool, within the
//!   call's deadline, and may use the client. Hooks and the log are told by a thread of their own, in order, and
//!   nobody waits for them ([`flush_callbacks`] does).
//! - **The log** is off until a [`Logger`] is made: one for all ([`set_logger`]), or one a client.
//! - **After a fork** the child has a fresh runtime and a fresh client on first use; what the parent had open gives
//!   `closed` and is left behind. No lock of ours is held over a fork, and nothing runs at it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod block;
mod cancel;
mod client;
mod error;
mod foreign;
mod fork;
#[cfg(any(test, feature = "test-hooks"))]
pub mod hooks;
mod logging;
mod notify;
mod number;
mod options;
mod panic;
mod pull;
mod runtime;
mod task;
mod time;

pub use ava_imessage as core;
pub use ava_imessage::{Error, ErrorKind, MaskedPhone, MeasuredText, Result};

pub use block::CHECK_INTERVAL;
pub use cancel::Cancel;
pub use client::Client;
pub use error::{ErrorView, attempt_from_text, attempt_to_text, not_sent, source_of};
pub use foreign::{CheckpointStore, Reply, checkpoint, token_provider, token_provider_elsewhere};
pub use logging::{Level, Logger, Record, Sink, TARGET, callbacks_are_waiting, flush_callbacks, set_logger};
pub use notify::complete_later;
pub use number::{length, whole};
pub use options::{
    CallOptions, CheckpointOption, DraftOptions, GenerateOptions, Hook, ListenOptions, Options, PageOptions,
    PollOptions,
};
pub use panic::guard;
pub use pull::{Handed, Listener, Messages, Pulled};
pub use runtime::{
    BlockingGuard, THREAD_NAME, forbid_blocking, handle, is_blocking_forbidden, is_shut_down,
    set_worker_threads, shutdown,
};
pub use task::{Call, Running, Task};
pub use time::parse_time;

/// Whatever a binding holds can be shared and sent between threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn sent<T: Send>() {}
    shared::<Client>();
    shared::<Cancel>();
    shared::<Messages>();
    shared::<Listener>();
    shared::<Logger>();
    shared::<Running>();
    sent::<Call<()>>();
    sent::<Task<()>>();
    sent::<Handed>();
};
