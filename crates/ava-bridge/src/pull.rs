//! Streams that are pulled: one `next` at a time, each a call of its own.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use ava_imessage::{Acknowledger, Error, ErrorKind, Message, Result};
use futures_core::Stream;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::cancel::Cancel;
use crate::fork::Native;
use crate::logging::Logger;
use crate::runtime;
use crate::task::Call;

/// A message on its way from the library to the application.
///
/// [`take`](Handed::take) it when the application certainly gets it. Dropped otherwise (the call was cancelled in
/// the very moment it ended, the awaiting task is gone) the message goes back, and the next `next` gives it
/// again: it is neither lost nor taken for acknowledged. Until then the stream's next `next` waits.
#[must_use = "dropping it gives the message back"]
pub struct Handed {
    message: Option<Message>,
    state: Native<Held>,
}

impl Handed {
    /// The message, for good.
    pub fn take(mut self) -> Option<Message> {
        self.message.take()
    }

    /// A look at it.
    pub fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if let (Some(message), Some(state)) = (self.message.take(), self.state.get_mut()) {
            state.ready.push_front(message);
        }
    }
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handed").field(&self.message).finish()
    }
}

/// What a pull with a time limit brought.
#[derive(Debug)]
pub enum Pulled {
    /// A message.
    Message(Handed),
    /// None within the time; nothing is lost by it.
    TimedOut,
    /// The end: the stream, or the client, was closed.
    Ended,
}

pub(crate) enum Source {
    Messages(Box<ava_imessage::Messages>),
    Listener(Box<ava_imessage::Listener>),
}

impl Source {
    async fn next(&mut self) -> Option<Result<Message>> {
        match self {
            Source::Messages(stream) => poll_fn(|cx| Pin::new(&mut **stream).poll_next(cx)).await,
            Source::Listener(listener) => listener.next().await,
        }
    }

    /// What came along.
    fn fetched(&mut self) -> Vec<Message> {
        match self {
            Source::Messages(stream) => stream.take_fetched(),
            Source::Listener(_) => Vec::new(),
        }
    }
}

struct State {
    /// `None` after the end.
    source: Option<Source>,
    /// Fetched or given back, and to be given next.
    ready: VecDeque<Message>,
    ended: Cancel,
}

/// The lock on a state. Whoever holds it while the stream is closed ends it, however they let go: [`Pull::close`]
/// can't.
struct Held(OwnedMutexGuard<State>);

impl Deref for Held {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.ended.is_cancelled() {
            self.end();
        }
    }
}

impl State {
    /// Lets go of the source and its request.
    fn end(&mut self) {
        // A connection that was only being made is finished in the background, which takes a runtime.
        let _context = runtime::enter();
        let source = self.source.take();
        if catch_unwind(AssertUnwindSafe(|| drop(source))).is_err() {
            tracing::error!(target: "ava_imessage", "a panic was caught while a stream was dropped");
        }
        self.ready.clear();
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.source.is_some() {
            self.end();
        }
    }
}

/// A stream of messages, page by page or as they come in. Clones are the same stream.
#[derive(Clone)]
pub(crate) struct Pull(Arc<Inner>);

struct Inner {
    state: Native<Arc<Mutex<State>>>,
    ended: Cancel,
    cancel: Option<Cancel>,
    logger: Option<Arc<Logger>>,
}

impl Pull {
    pub(crate) fn new(source: Source, cancel: Option<Cancel>, logger: Option<Arc<Logger>>) -> Pull {
        let ended = Cancel::new();
        let state = State { source: Some(source), ready: VecDeque::new(), ended: ended.clone() };
        Pull(Arc::new(Inner { state: Native::new(Arc::new(Mutex::new(state))), ended, cancel, logger }))
    }

    pub(crate) fn call<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Call<T> {
        Call::new(work).cancelled_by(self.0.cancel.as_ref()).logging_to(self.0.logger.clone())
    }

    /// The state's lock, or `closed` in a forked child.
    fn state(&self) -> Result<Arc<Mutex<State>>> {
        match self.0.state.get() {
            Some(state) => Ok(Arc::clone(state)),
            None => Err(Error::new(ErrorKind::Closed, "opened before a fork, by the parent process")),
        }
    }

    fn next(&self) -> Call<Option<Handed>> {
        match self.state() {
            Ok(state) => self.call(pull(state, self.0.ended.clone())),
            Err(error) => Call::done(Err(error)),
        }
    }

    fn next_within(&self, timeout: Duration) -> Call<Pulled> {
        let state = match self.state() {
            Ok(state) => state,
            Err(error) => return Call::done(Err(error)),
        };
        let ended = self.0.ended.clone();
        self.call(async move {
            match tokio::time::timeout(timeout, pull(state, ended)).await {
                Ok(Ok(Some(handed))) => Ok(Pulled::Message(handed)),
                Ok(Ok(None)) => Ok(Pulled::Ended),
                Ok(Err(error)) => Err(error),
                Err(_) => Ok(Pulled::TimedOut),
            }
        })
    }

    fn try_next(&self) -> Option<Message> {
        if self.0.ended.is_cancelled() || self.0.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            return None;
        }
        Held(Arc::clone(self.0.state.get()?).try_lock_owned().ok()?).ready.pop_front()
    }

    fn close(&self) {
        let Some(state) = self.0.state.get() else { return };
        self.0.ended.cancel();
        // Else whoever holds it lets go of the source ([`Held`]).
        if let Ok(mut state) = state.try_lock() {
            state.end();
        }
    }
}

async fn pull(state: Arc<Mutex<State>>, ended: Cancel) -> Result<Option<Handed>> {
    let mut ended = pin!(ended.wait());
    let mut state = tokio::select! {
        biased;
        () = &mut ended => return Ok(None),
        state = state.lock_owned() => Held(state),
    };
    if let Some(message) = state.ready.pop_front() {
        return Ok(Some(Handed { message: Some(message), state: Native::new(state) }));
    }
    let Some(source) = &mut state.source else { return Ok(None) };
    let item = tokio::select! {
        biased;
        () = &mut ended => return Ok(None),
        item = source.next() => item,
    };
    let Some(item) = item else { return Ok(None) };
    let message = item?;
    let fetched = source.fetched();
    state.ready.extend(fetched);
    Ok(Some(Handed { message: Some(message), state: Native::new(state) }))
}

impl fmt::Debug for Pull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pull").finish_non_exhaustive()
    }
}

/// A conversation, pulled message by message; pages are fetched as it is read.
///
/// After an error it ends. A `next` that is cancelled loses nothing: the page stays under way for the one that
/// follows, until the stream is closed or dropped. In a forked child it gives `closed`.
#[derive(Clone, Debug)]
pub struct Messages(pub(crate) Pull);

impl Messages {
    /// The next message; `None` at the end.
    pub fn next(&self) -> Call<Option<Handed>> {
        self.0.next()
    }

    /// The next message if it is here already, without a call: the rest of a page. `None` says nothing; ask
    /// [`next`](Messages::next).
    pub fn try_next(&self) -> Option<Message> {
        self.0.try_next()
    }

    /// Ends it: a request under way is dropped, and every `next` gives `None`.
    pub fn close(&self) {
        self.0.close();
    }
}

/// Inbound messages, pulled one by one.
///
/// It ends when it or its client is closed. A `next` that is cancelled loses nothing: the poll stays under way
/// for the one that follows, until the listener is closed or dropped. In a forked child it gives `closed`.
#[derive(Clone)]
pub struct Listener {
    pull: Pull,
    acknowledger: Arc<Native<Acknowledger>>,
}

impl Listener {
    pub(crate) fn new(
        listener: ava_imessage::Listener,
        cancel: Option<Cancel>,
        logger: Option<Arc<Logger>>,
    ) -> Listener {
        Listener {
            acknowledger: Arc::new(Native::new(listener.acknowledger())),
            pull: Pull::new(Source::Listener(Box::new(listener)), cancel, logger),
        }
    }

    /// The next message; `None` once it is closed. Unless `auto_ack` is off, asking acknowledges the last one:
    /// what pulls ahead of the application must turn it off.
    pub fn next(&self) -> Call<Option<Handed>> {
        self.pull.next()
    }

    /// As [`next`](Listener::next), but not longer than `timeout`.
    pub fn next_within(&self, timeout: Duration) -> Call<Pulled> {
        self.pull.next_within(timeout)
    }

    /// Acknowledges the message of this id: it need not come again. When the call ends, the checkpoint has it.
    /// Twice does nothing, and neither does an id that isn't waiting. It works after [`close`](Listener::close)
    /// too.
    pub fn ack(&self, id: impl Into<String>) -> Call<()> {
        let Some(acknowledger) = self.acknowledger.get().cloned() else {
            return Call::done(Err(Error::new(
                ErrorKind::Closed,
                "opened before a fork, by the parent process",
            )));
        };
        let id = id.into();
        // A cancelled stream may still acknowledge what it gave.
        Call::new(async move { acknowledger.ack_id(&id).await }).logging_to(self.pull.0.logger.clone())
    }

    /// Ends it: the poll under way is dropped, and every `next` gives `None`. Acknowledges nothing.
    pub fn close(&self) {
        self.pull.close();
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
