//! Listening (*Receive Messages*): an inbox that, under the conditions of `docs/listening.md`, loses nothing,
//! repeats nothing but after a crash, and counts a message as dealt with only once it was.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::checkpoint::{Checkpoint, CheckpointState};
use crate::client::{CallOptions, Client, FOREVER, call_options};
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::inbox::{Inbox, Want};
use crate::model::{Message, PollPage, SkippedRow};
use crate::transport::BoxFuture;
use crate::{builder, history, poll, redact, validate};

pub use crate::inbox::Gap;

/// How long to wait between polls (*Polling Best Practices*: 5 to 10 seconds).
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
/// An empty poll stretches the interval by this, up to twice its length.
const IDLE_STRETCH: f64 = 1.25;
const LONGEST_IDLE: u32 = 2;
/// Failed polls back off to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// A server that asks for more patience than this is asked again all the same.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// So many unreadable rows are remembered.
const MOST_UNREADABLE: usize = 1000;

type Hook<T> = Arc<dyn Fn(&T) + Send + Sync>;

impl Client {
    /// Listens for inbound messages: polls, overlaps, drops what it has seen, and keeps what was
    /// acknowledged in a [`Checkpoint`].
    ///
    /// At least once: a message that was not acknowledged when the process ended is yielded again.
    /// By default the consumer acknowledges a message by asking for the next. Failed polls are tried again
    /// with growing waits, for as long as it takes; 400, 403, 404, and a 401 that no other token cures, end
    /// the stream with the error. `docs/listening.md` tells what is guaranteed, and under which assumptions.
    ///
    /// ```no_run
    /// # use ava_imessage::{Client, Delivery, FileCheckpoint};
    /// # async fn run(client: Client) -> ava_imessage::Result<()> {
    /// let mut inbox = client.listen().checkpoint(FileCheckpoint::new("inbox.json")).await?;
    /// while let Some(message) = inbox.next().await {
    ///     let message = message?;
    ///     match client.send(&*message.phone, "Thanks, we got it.").await {
    ///         Ok(_) => {}
    ///         // It may have gone out. Leaving the loop here would bring the message back after a restart,
    ///         // and answer it twice: keep `error.attempt()` to settle it, and go on.
    ///         Err(error) if error.delivery() == Some(Delivery::Unknown) => eprintln!("unknown: {error}"),
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// A poll that fails and is tried again is told of in the log (`tracing`, target `ava_imessage`) and to
    /// [`on_retry`](ListenRequest::on_retry).
    ///
    /// A client may have thousands of listeners; at most 100 of them poll at the same time, the others wait their
    /// turn.
    ///
    /// Unless told where to begin, awaiting this asks the service for its time: what arrives from then on is
    /// yielded. If the service can't be reached, listening begins when it can.
    ///
    /// # Errors
    /// When awaited: `configuration` if the checkpoint belongs to another base URL or phone; `storage` if it
    /// can't be read or written; `invalid_request` for a malformed phone or interval; and, where the service is asked for its time, what
    /// ends the stream.
    pub fn listen(&self) -> ListenRequest {
        ListenRequest {
            client: self.clone(),
            since: None,
            phone: None,
            interval: DEFAULT_INTERVAL,
            checkpoint: None,
            auto_ack: true,
            on_gap: None,
            on_skipped: None,
            on_retry: None,
            options: CallOptions::default(),
        }
    }
}

/// A listener in the making. See [`Client::listen`].
#[must_use = "nothing is listened to until it is awaited"]
pub struct ListenRequest {
    client: Client,
    since: Option<Timestamp>,
    phone: Option<String>,
    interval: Duration,
    checkpoint: Option<Arc<dyn Checkpoint>>,
    auto_ack: bool,
    on_gap: Option<Hook<Gap>>,
    on_skipped: Option<Hook<SkippedRow>>,
    on_retry: Option<Hook<Error>>,
    options: CallOptions,
}

call_options!(ListenRequest);
crate::client::into_future!(ListenRequest => Listener);

impl ListenRequest {
    /// Yield messages from this time on, by the service's clock. Without it, from now on: from the `Date` of
    /// the first answer. A checkpoint that was used before goes on where it was instead.
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self
    }

    /// Only messages from this phone (E.164).
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// How long to wait between polls: 5 s, stretching to twice that while nothing comes; 0.1 s at least.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.min(FOREVER);
        self
    }

    /// Where to keep what was acknowledged. Without one, a restart begins anew.
    pub fn checkpoint(mut self, checkpoint: impl Checkpoint) -> Self {
        self.checkpoint = Some(Arc::new(checkpoint));
        self
    }

    /// Whether asking for the next message acknowledges the last: yes. Turn it off, and use
    /// [`Listener::ack`], wherever messages are pulled ahead of being dealt with.
    pub fn auto_ack(mut self, auto: bool) -> Self {
        self.auto_ack = auto;
        self
    }

    /// Called once for each stretch of time of which messages may have been missed, because the server
    /// showed neither all of it nor a way to ask for the rest.
    pub fn on_gap(mut self, hook: impl Fn(&Gap) + Send + Sync + 'static) -> Self {
        self.on_gap = Some(Arc::new(hook));
        self
    }

    /// Called for each row that couldn't be read, which may be a message.
    pub fn on_skipped(mut self, hook: impl Fn(&SkippedRow) + Send + Sync + 'static) -> Self {
        self.on_skipped = Some(Arc::new(hook));
        self
    }

    /// Called for each poll that failed and will be tried again: a listener on a wrong address is otherwise
    /// silent but for the log.
    pub fn on_retry(mut self, hook: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.on_retry = Some(Arc::new(hook));
        self
    }

    async fn run(self) -> Result<Listener> {
        if let Some(phone) = &self.phone {
            validate::phone(phone)?;
        }
        if self.interval < SHORTEST_INTERVAL {
            return Err(Error::invalid("interval: must be 0.1 s at least"));
        }
        self.options.headers()?;
        let _permit = self.client.enter()?;
        if self.interval < DEFAULT_INTERVAL {
            tracing::warn!(
                target: "ava_imessage",
                interval_ms = u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX),
                "polling more often than every 5 s, which the API's document advises against",
            );
        }
        let origin = self.client.base_url();
        let loaded = match &self.checkpoint {
            Some(checkpoint) => checkpoint.load().await.map_err(|error| stored("read", error))?,
            None => None,
        };
        let resumed = loaded.is_some();
        let mut state = loaded.unwrap_or_else(|| CheckpointState::new(origin, self.phone.as_deref()));
        if state.origin != origin {
            let whose = format!("checkpoint: belongs to another base_url, {}", state.origin);
            return Err(Error::configuration(whose));
        }
        if state.phone != self.phone {
            return Err(Error::configuration("checkpoint: belongs to another phone filter"));
        }
        if !resumed && let Some(since) = self.since {
            (state.start, state.watermark) = (Some(since), Some(since));
            state.baseline_done = true;
            if let Some(checkpoint) = &self.checkpoint {
                checkpoint.save(&state).await.map_err(|error| stored("written", error))?;
            }
        }
        let shared = Arc::new(Shared {
            client: self.client,
            options: self.options,
            checkpoint: self.checkpoint,
            inbox: Mutex::new(Inbox::new(state)),
            saving: tokio::sync::Mutex::new(()),
            on_gap: self.on_gap,
            on_skipped: self.on_skipped,
            on_retry: self.on_retry,
        });
        let begins_now = shared.inbox().want() == Want::Poll(None);
        let mut driver = Driver {
            shared: Arc::clone(&shared),
            shortest: self.interval,
            interval: self.interval,
            auto_ack: self.auto_ack,
            poll_at: None,
            failures: 0,
            unreadable: HashSet::new(),
            yielded: None,
            ended: false,
        };
        if begins_now {
            // So that what arrives from here on is news, whenever it is first asked for.
            driver.step().await?;
        }
        Ok(Listener { shared, driver: Some(driver), pending: Mutex::new(None) })
    }
}

impl fmt::Debug for ListenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenRequest")
            .field("since", &self.since)
            .field("phone", &self.phone.as_deref().map(redact::Phone))
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

fn stored(what: &str, error: BoxError) -> Error {
    let why = redact::line(&error.to_string(), &[]);
    Error::new(ErrorKind::Storage, format!("the checkpoint can't be {what}: {why}")).with_source(error)
}

/// A stream of inbound messages, oldest first as far as the server allows. See [`Client::listen`].
///
/// It ends without an error when the client is closed. Dropping it acknowledges nothing.
#[must_use = "nothing is listened to until it is read"]
pub struct Listener {
    shared: Arc<Shared>,
    driver: Option<Driver>,
    /// Never locked, only reached through `&mut`: it makes a listener `Sync`, so that `ack` can be awaited
    /// in a task.
    pending: Mutex<Option<Advance>>,
}

type Advance = BoxFuture<'static, (Driver, Option<Result<Message>>)>;

impl Listener {
    /// The next message. The future may be dropped at any time: nothing is lost by it.
    pub async fn next(&mut self) -> Option<Result<Message>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Acknowledges a message: it was dealt with and need not come again. When this returns, the checkpoint
    /// has it. Acknowledging twice does nothing.
    ///
    /// # Errors
    /// `storage` if the checkpoint failed; the message is not acknowledged then.
    pub async fn ack(&self, message: &Message) -> Result<()> {
        self.shared.acknowledge(&message.id).await
    }

    /// Acknowledges from elsewhere: from workers, while the stream is being read.
    pub fn acknowledger(&self) -> Acknowledger {
        Acknowledger(Arc::clone(&self.shared))
    }
}

impl Stream for Listener {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        let this = &mut *self;
        let pending = this.pending.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = this.driver.take() {
            *pending = Some(Box::pin(driver.next()));
        }
        let Some(advance) = pending else {
            return Poll::Ready(None);
        };
        let (driver, item) = ready!(advance.as_mut().poll(cx));
        *pending = None;
        this.driver = Some(driver);
        Poll::Ready(item)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

/// Acknowledges messages of a [`Listener`].
#[derive(Clone)]
pub struct Acknowledger(Arc<Shared>);

impl Acknowledger {
    /// As [`Listener::ack`].
    ///
    /// # Errors
    /// `storage` if the checkpoint failed; the message is not acknowledged then.
    pub async fn ack(&self, message: &Message) -> Result<()> {
        self.ack_id(&message.id).await
    }

    /// The same by the [`id`](Message::id) alone, for who has kept no more of the message.
    ///
    /// # Errors
    /// `storage` if the checkpoint failed; the message is not acknowledged then.
    pub async fn ack_id(&self, id: &str) -> Result<()> {
        self.0.acknowledge(id).await
    }
}

impl fmt::Debug for Acknowledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acknowledger").finish_non_exhaustive()
    }
}

struct Shared {
    client: Client,
    options: CallOptions,
    checkpoint: Option<Arc<dyn Checkpoint>>,
    inbox: Mutex<Inbox>,
    /// One save at a time, so that a later state is never overwritten by an earlier one.
    saving: tokio::sync::Mutex<()>,
    on_gap: Option<Hook<Gap>>,
    on_skipped: Option<Hook<SkippedRow>>,
    on_retry: Option<Hook<Error>>,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acknowledge(&self, id: &str) -> Result<()> {
        let _turn = self.saving.lock().await;
        if !self.inbox().is_waiting(id) {
            return Ok(());
        }
        self.save(Some(id)).await
    }

    /// Saves where the listener is, if that has moved.
    async fn save_progress(&self) -> Result<()> {
        let _turn = self.saving.lock().await;
        if !self.inbox().has_moved() {
            return Ok(());
        }
        self.save(None).await
    }

    /// The state changes only after it was saved.
    async fn save(&self, id: Option<&str>) -> Result<()> {
        let watermark = match &self.checkpoint {
            None => self.inbox().safe_watermark(id),
            Some(checkpoint) => {
                let state = self.inbox().snapshot(id);
                checkpoint.save(&state).await.map_err(|error| stored("written", error))?;
                state.watermark
            }
        };
        self.inbox().saved(id, watermark);
        Ok(())
    }

    fn report(&self, gap: &Gap) {
        tracing::warn!(
            target: "ava_imessage", from = %gap.from, to = %gap.to,
            "messages may have been missed: the server showed neither all of them nor a way to ask for the rest",
        );
        if let Some(hook) = &self.on_gap {
            hook(gap);
        }
    }
}

/// What reads the inbox on: its rhythm, and where it is in it.
struct Driver {
    shared: Arc<Shared>,
    shortest: Duration,
    interval: Duration,
    auto_ack: bool,
    /// Nothing is asked before this.
    poll_at: Option<Instant>,
    failures: u32,
    /// Hashes of the rows that couldn't be read, to tell of each once.
    unreadable: HashSet<u64>,
    /// The message to acknowledge when the next is asked for.
    yielded: Option<String>,
    ended: bool,
}

impl Driver {
    async fn next(mut self) -> (Driver, Option<Result<Message>>) {
        let item = self.advance().await;
        (self, item)
    }

    async fn advance(&mut self) -> Option<Result<Message>> {
        if let Some(id) = &self.yielded {
            if let Err(error) = self.shared.acknowledge(id).await {
                return Some(Err(error));
            }
            self.yielded = None;
        }
        let mut closing = self.shared.client.closing();
        while !self.ended {
            if *closing.borrow_and_update() {
                self.ended = true;
                break;
            }
            if let Some(message) = self.shared.inbox().pop() {
                self.yielded = self.auto_ack.then(|| message.id.clone());
                return Some(Ok(message));
            }
            let stepped = tokio::select! {
                biased;
                _ = closing.changed() => Ok(()),
                stepped = self.step() => stepped,
            };
            if let Err(error) = stepped {
                return Some(Err(error));
            }
        }
        None
    }

    /// One request, one report, or one wait. Nothing changes before the await is over.
    async fn step(&mut self) -> Result<()> {
        if let Some(at) = self.poll_at {
            tokio::time::sleep_until(at).await;
            self.poll_at = None;
        }
        let shared = Arc::clone(&self.shared);
        let (want, phone) = {
            let mut inbox = shared.inbox();
            (inbox.want(), inbox.phone().map(str::to_owned))
        };
        match want {
            Want::Poll(since) => {
                let client = &*shared.client.inner;
                // Never closed, so this only ever waits.
                let turn = client.poll_turns.acquire().await;
                // Boxed: a listener spends its life waiting, and need not hold the room of a request then.
                let polled = Box::pin(poll::once(client, since, phone.as_deref(), &shared.options)).await;
                drop(turn);
                match polled {
                    Ok(answer) => {
                        if std::mem::take(&mut self.failures) > 0 {
                            tracing::info!(target: "ava_imessage", "polling works again");
                        }
                        let PollPage { messages, has_more, skipped, .. } = answer.page;
                        shared.inbox().polled(messages, has_more, answer.date);
                        self.tell_of(skipped);
                        if since.is_none() {
                            // Listening has begun: from here on a restart goes on from here.
                            self.save_progress().await?;
                        }
                        Ok(())
                    }
                    Err(error) => self.failed(error),
                }
            }
            Want::Report(gap) => {
                shared.inbox().reported(gap);
                shared.report(&gap);
                Ok(())
            }
            Want::History(phone) => {
                let client = &*shared.client.inner;
                let until = shared.options.deadline(&client.config, builder::DEFAULT_TIMEOUT);
                match Box::pin(history::both_ends(client, &phone, None, &shared.options, until)).await {
                    Ok(pages) => {
                        for page in pages {
                            shared.inbox().history_read(page.page.messages);
                        }
                    }
                    Err(error) => tracing::debug!(
                        target: "ava_imessage", { "error.type" = error.code(), phone = %redact::Phone(&phone) }, "a history could not be read to fill the gap",
                    ),
                }
                Ok(())
            }
            Want::Rest { fresh } => {
                self.interval = if fresh {
                    self.shortest
                } else {
                    self.interval.mul_f64(IDLE_STRETCH).min(self.shortest * LONGEST_IDLE)
                };
                self.poll_at = Some(Instant::now() + self.interval);
                shared.inbox().rested();
                self.save_progress().await
            }
        }
    }

    async fn save_progress(&self) -> Result<()> {
        self.shared.save_progress().await
    }

    /// Backs off, or gives up on what no waiting cures.
    fn failed(&mut self, error: Error) -> Result<()> {
        if matches!(error.status(), Some(400 | 401 | 403 | 404)) {
            self.ended = true;
            return Err(error);
        }
        let backoff = self.shortest.saturating_mul(2u32.saturating_pow(self.failures)).min(LONGEST_BACKOFF);
        let asked = error.retry_after().unwrap_or_default().min(LONGEST_RETRY_AFTER);
        let wait = backoff.mul_f64(0.5 + fastrand::f64() / 2.0).max(asked);
        self.failures = self.failures.saturating_add(1);
        self.poll_at = Some(Instant::now() + wait);
        tracing::warn!(
            target: "ava_imessage", { "error.type" = error.code(), status = error.status(),
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }, "a poll failed; polling again",
        );
        if let Some(hook) = &self.shared.on_retry {
            hook(&error);
        }
        Ok(())
    }

    fn tell_of(&mut self, skipped: Vec<SkippedRow>) {
        for row in skipped {
            let mut hasher = DefaultHasher::new();
            row.raw.hash(&mut hasher);
            if self.unreadable.len() >= MOST_UNREADABLE {
                self.unreadable.clear();
            }
            if !self.unreadable.insert(hasher.finish()) {
                continue;
            }
            tracing::warn!(target: "ava_imessage", reason = row.reason, "a row of the inbox can't be read");
            if let Some(hook) = &self.shared.on_skipped {
                hook(&row);
            }
        }
    }
}
