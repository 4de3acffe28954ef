//! Sending (*Send Message*): posted again only when every earlier attempt certainly was not sent.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::call::{Call, Failure, Reply};
use crate::claims::{Owner, SendNumber, Sought, Window};
use crate::client::{CallOptions, Client, Inner, call_options, debug_request, into_future};
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::model::{Confirmation, SentMessage};
use crate::receipt::Receipt;
use crate::settle::{self, Settled};
use crate::transport::{BoxFuture, Witness};
use crate::wire::{self, Accepted, Unusable};
use crate::{redact, validate};

pub(crate) const PATH: &str = "/api/send";

impl Client {
    /// Sends an iMessage (*Send Message*).
    ///
    /// It ends as *sent*, *not sent*, or *unknown*, and texts nobody twice: the request is posted again only
    /// if every earlier attempt certainly was not sent. An attempt whose answer was lost is looked up in the
    /// history within the same deadline; `docs/sending.md` tells how, and what no client can know.
    ///
    /// `phone` is E.164 (`+1234567890`); `text` must not be empty.
    ///
    /// # Errors
    /// `delivery_unknown` if the message may or may not have gone out, with the
    /// [`attempt`](Error::attempt) for [`settle`](Client::settle). Every other kind means that it did not:
    /// [`delivery`](Error::delivery) says so.
    pub fn send(&self, phone: impl Into<String>, text: impl Into<String>) -> SendRequest {
        SendRequest {
            client: self.clone(),
            phone: phone.into(),
            text: text.into(),
            options: CallOptions::default(),
        }
    }
}

/// A send that starts when awaited. See [`Client::send`]. For `tokio::spawn`, turn it into a future first:
/// `tokio::spawn(client.send(phone, text).into_future())`.
#[must_use = "nothing is sent until it is awaited"]
pub struct SendRequest {
    client: Client,
    phone: String,
    text: String,
    options: CallOptions,
}

call_options!(SendRequest);
into_future!(SendRequest => SentMessage);

impl fmt::Debug for SendRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "SendRequest", &self.phone)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    phone: &'a str,
    message: &'a str,
}

impl SendRequest {
    /// The same send, for code that hands its outcome on to somebody who may be gone by then: over a channel, to
    /// another thread, to another language.
    ///
    /// Awaiting the request itself is enough where the outcome is looked at in the same breath. Otherwise there is
    /// a moment in which the send is over and nobody was told: see [`Receipt`].
    ///
    /// # Errors
    /// Those of [`Client::send`] after which the message certainly was not sent. A send that is unknown has a
    /// receipt.
    pub fn with_receipt(self) -> BoxFuture<'static, Result<Receipt>> {
        Box::pin(async move {
            let result = self.run_to_end().await;
            let SendRequest { client, phone, text, .. } = self;
            match result {
                Ok((sent, trace)) => Ok(Receipt::of_sent(sent, client, phone, text, trace)),
                Err(error) => Receipt::of_unknown(error, client),
            }
        })
    }

    async fn run(self) -> Result<SentMessage> {
        self.run_to_end().await.map(|(sent, _)| sent)
    }

    async fn run_to_end(&self) -> Result<(SentMessage, Trace)> {
        self.deliver().await.map_err(|error| match error.delivery() {
            None => error.with_delivery(Delivery::NotSent),
            Some(_) => error,
        })
    }

    async fn deliver(&self) -> Result<(SentMessage, Trace)> {
        validate::phone(&self.phone)?;
        validate::text(&self.text)?;
        let _permit = self.client.enter()?;
        let inner = &*self.client.inner;
        let body = Body { phone: &self.phone, message: &self.text };
        let call = Call::post(inner, PATH, &body, &self.options)?.hiding([&*self.text]);
        let mut flight = Flight::begin(inner, &self.phone, &self.text);

        let post_until = call.deadline - reserve_for_settling(&call);
        match post(&call, post_until, &mut |witness| flight.under_way(witness), read_answer).await {
            Posted::Answered(accepted, reply) => {
                let trace = flight.trace();
                flight.returned(&accepted);
                let sent = SentMessage {
                    message_id: accepted.message_id,
                    timestamp: accepted.timestamp.or_else(|| reply.date()).unwrap_or_else(Timestamp::now),
                    confirmation: Confirmation::Response,
                    extra: accepted.extra,
                };
                Ok((sent, trace))
            }
            Posted::NotSent(error) => {
                flight.not_sent();
                Err(error)
            }
            Posted::Unknown(cause) => {
                flight.unknown();
                // Before its row is claimed, and the send forgotten.
                let trace = flight.trace();
                let settled = if inner.config.confirm_from_history {
                    let owner = Owner::Here(flight.number);
                    let row = Sought { number: flight.number, owner, phone: &self.phone, text: &self.text };
                    // Boxed: few sends come here, and the others need not carry the room for it.
                    Box::pin(settle::settle(inner, &row, &self.options, call.deadline)).await
                } else {
                    Settled::Unknown { why: "confirming from the history is off", error: None }
                };
                match settled {
                    Settled::Sent(row) => {
                        flight.settled();
                        Ok((SentMessage::from_history(row), trace))
                    }
                    Settled::Failed(row) => {
                        flight.settled();
                        Err(settle::failed(row).with_source(cause))
                    }
                    Settled::Unknown { why, error } => {
                        let why = match error {
                            Some(error) => format!("{why}: {error}"),
                            None => why.to_owned(),
                        };
                        Err(Error::delivery_unknown(Some(cause), &why).with_attempt(flight.given_up()))
                    }
                }
            }
        }
    }
}

/// Part of the deadline is kept for asking the history: a third, and no more than that may take.
fn reserve_for_settling(call: &Call<'_>) -> Duration {
    let config = &call.client.config;
    if !config.confirm_from_history {
        return Duration::ZERO;
    }
    let timeout = call.deadline.saturating_duration_since(Instant::now());
    config.settle_within.min(timeout / 3)
}

fn read_answer(reply: &Reply) -> Result<Accepted, Unusable> {
    wire::send(&reply.body)
}

/// How the posting of something that must not happen twice ended.
pub(crate) enum Posted<T> {
    /// A 2xx that can be read.
    Answered(T, Reply),
    /// Certainly without effect.
    NotSent(Error),
    /// With or without effect.
    Unknown(Error),
}

/// Posts until there is an answer or something that forbids posting again. `under_way` is told of the witness
/// of each request, and of nothing once that request certainly had no effect.
pub(crate) async fn post<T>(
    call: &Call<'_>,
    until: Instant,
    under_way: &mut (dyn FnMut(Option<&Witness>) + Send),
    read: fn(&Reply) -> Result<T, Unusable>,
) -> Posted<T> {
    call.client.budget.deposit();
    let mut bearer = match call.bearer(until).await {
        Ok(bearer) => bearer,
        Err(error) => return Posted::NotSent(error),
    };
    let mut replayed = false;
    let mut retries = 0;
    loop {
        let witness = Witness::default();
        under_way(Some(&witness));
        let outcome = call.attempt(&bearer, &witness, until, retries + u32::from(replayed)).await;
        let (error, again) = match classify(call, outcome, &witness, read) {
            Attempted::Answered(value, reply) => return Posted::Answered(value, reply),
            Attempted::Rejected(error) => return Posted::NotSent(error),
            Attempted::Unknown(error) => return Posted::Unknown(error),
            Attempted::NotSent(error, again) => (error, again),
        };
        under_way(None);
        match again {
            Again::WithAnotherToken if !replayed => match call.other_bearer(&bearer, until).await {
                Ok(Some(other)) => {
                    (bearer, replayed) = (other, true);
                    continue;
                }
                Ok(None) => return Posted::NotSent(error),
                Err(renewal) => return Posted::NotSent(renewal),
            },
            Again::Later if retries < call.max_retries => {}
            Again::Later | Again::WithAnotherToken | Again::Never => return Posted::NotSent(error),
        }
        let backoff = call.client.config.backoff.added_jitter(retries);
        let Some(wait) = call.wait_for(backoff, error.retry_after(), until) else {
            return Posted::NotSent(error);
        };
        tracing::debug!(
            target: "ava_imessage", { "error.type" = error.code(),
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }, "not sent; posting again",
        );
        tokio::time::sleep(wait).await;
        retries += 1;
    }
}

enum Attempted<T> {
    Answered(T, Reply),
    Rejected(Error),
    NotSent(Error, Again),
    Unknown(Error),
}

enum Again {
    Never,
    Later,
    WithAnotherToken,
}

/// The table of `docs/sending.md`: what the wire saw, and what that says of the message.
fn classify<T>(
    call: &Call<'_>,
    outcome: Result<Reply, Failure>,
    witness: &Witness,
    read: fn(&Reply) -> Result<T, Unusable>,
) -> Attempted<T> {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(failure) => {
            let not_sent = failure.refused || witness.revoke();
            let again = if failure.kind == ErrorKind::Connection { Again::Later } else { Again::Never };
            let error = failure.into_error();
            return if not_sent { Attempted::NotSent(error, again) } else { Attempted::Unknown(error) };
        }
    };
    if reply.is_success() {
        return match read(&reply) {
            Ok(value) => Attempted::Answered(value, reply),
            Err(why) => {
                let error = call.unusable(&reply, &why);
                match why {
                    Unusable::Rejected => Attempted::Rejected(error),
                    Unusable::Undocumented(_) => Attempted::Unknown(error),
                }
            }
        };
    }
    let error = call.refusal(&reply);
    match reply.status {
        408 => Attempted::Unknown(error),
        429 if !call.client.config.rate_limited_is_not_sent => Attempted::Unknown(error),
        429 => Attempted::NotSent(error, Again::Later),
        401 => Attempted::NotSent(error, Again::WithAnotherToken),
        400..=499 => Attempted::NotSent(error, Again::Never),
        _ => Attempted::Unknown(error),
    }
}

/// A send on its way, so that its siblings know of it, and so that one that is dropped isn't forgotten.
struct Flight<'a> {
    client: &'a Inner,
    number: SendNumber,
    phone: &'a str,
    text: &'a str,
    stage: Stage,
}

enum Stage {
    /// On its way, if the witness says so.
    Posting(Option<Witness>),
    Unknown,
    Over,
}

impl<'a> Flight<'a> {
    fn begin(client: &'a Inner, phone: &'a str, text: &'a str) -> Flight<'a> {
        let number = client.claims.begin(phone, text);
        Flight { client, number, phone, text, stage: Stage::Posting(None) }
    }

    fn under_way(&mut self, witness: Option<&Witness>) {
        match witness {
            Some(witness) => self.client.claims.posting(self.number, witness),
            None => self.client.claims.answered(self.number),
        }
        self.stage = Stage::Posting(witness.cloned());
    }

    fn returned(&mut self, accepted: &Accepted) {
        let claims = &self.client.claims;
        claims.returned(Some(self.number), (self.phone, self.text), &accepted.message_id, accepted.timestamp);
        self.stage = Stage::Over;
    }

    fn not_sent(&mut self) {
        self.settled();
    }

    fn unknown(&mut self) {
        self.client.claims.answered(self.number);
        self.stage = Stage::Unknown;
    }

    fn settled(&mut self) {
        self.client.claims.forget(self.number);
        self.stage = Stage::Over;
    }

    /// Hands the attempt over; the table remembers it until it is settled.
    fn given_up(&mut self) -> Attempt {
        self.stage = Stage::Over;
        self.attempt()
    }

    fn trace(&self) -> Trace {
        let claims = &self.client.claims;
        Trace { number: self.number, began: claims.began(self.number), window: claims.window(self.number) }
    }

    fn attempt(&self) -> Attempt {
        self.trace().into_attempt(self.client, self.phone.to_owned(), self.text.to_owned())
    }
}

/// By what a send is known to the client that made it.
pub(crate) struct Trace {
    number: SendNumber,
    began: Option<Instant>,
    window: Option<Window>,
}

impl Trace {
    pub(crate) fn into_attempt(self, client: &Inner, phone: String, text: String) -> Attempt {
        Attempt {
            origin: client.config.origin.to_string(),
            phone,
            text,
            client: client.instance.name.clone(),
            number: self.number,
            began_ms: self.began.map(|began| client.instance.to_millis(began)),
            began: self.began,
            window: self.window,
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let in_flight = match &self.stage {
            Stage::Over => return,
            Stage::Posting(witness) => witness.as_ref().is_some_and(|witness| !witness.revoke()),
            Stage::Unknown => true,
        };
        if !in_flight {
            self.client.claims.forget(self.number);
            return;
        }
        self.client.claims.answered(self.number);
        self.client.tell_of(
            self.attempt(),
            "a send was cancelled in flight: the message may or may not have been sent",
        );
    }
}

/// A send that may or may not have happened, to be settled later: [`Client::settle`].
///
/// It can be kept as text, by serde; that text holds the phone and the message. `Debug` hides both. Another
/// process can settle it only if the history was read at least once, which fixed its window in the
/// service's time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub(crate) origin: String,
    pub(crate) phone: String,
    pub(crate) text: String,
    /// The client that made it, and its number there.
    pub(crate) client: String,
    pub(crate) number: SendNumber,
    /// When it began, on that client's clock.
    pub(crate) began_ms: Option<u64>,
    pub(crate) window: Option<Window>,
    /// The same, for any client of this process.
    #[serde(skip)]
    pub(crate) began: Option<Instant>,
}

impl Attempt {
    /// To whom the message would have gone.
    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// What it would have said.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether another process can settle it.
    pub fn is_portable(&self) -> bool {
        self.window.is_some()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("phone", &redact::Phone(&self.phone))
            .field("text", &redact::Text(&self.text))
            .field("window", &self.window.map(|w| format!("{}..{}", w.from, w.to)))
            .finish_non_exhaustive()
    }
}
