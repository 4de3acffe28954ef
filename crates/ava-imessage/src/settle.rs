//! Settling: whether a send whose answer was lost is in the history.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::claims::{Claims, Owner, Reading, SendNumber, Sought, Verdict};
use crate::client::{CallOptions, Client, Inner, call_options, deadline_in, debug_request, into_future};
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::history;
use crate::model::{Confirmation, Message, SentMessage};
use crate::send::Attempt;
use crate::{builder, validate};

/// The gaps between readings double up to this many times the first.
const GAP_GROWTH: u32 = 8;

impl Client {
    /// Asks the history again whether an unknown send happened (*Get Messages*). Nothing is posted.
    ///
    /// # Errors
    /// `rejected` if the message is there and failed; `delivery_unknown` again if the history does not tell:
    /// absence proves nothing, for the service may still be at it. `configuration` if the attempt was made at
    /// another base URL, `closed` if the client is. But for `rejected`, the [`delivery`](Error::delivery) of
    /// each is `unknown`, and it carries the attempt.
    pub fn settle(&self, attempt: &Attempt) -> SettleRequest {
        SettleRequest { client: self.clone(), attempt: attempt.clone(), options: CallOptions::default() }
    }
}

impl Attempt {
    /// What a settling of this attempt fails with that `error` kept from asking: the attempt is as unknown as before,
    /// and goes along. For bindings, which refuse some arguments before the core sees them.
    #[must_use]
    pub fn still_unknown(&self, error: Error) -> Error {
        match error.delivery() {
            None => error.with_delivery(Delivery::Unknown).with_attempt(self.clone()),
            Some(_) => error,
        }
    }
}

/// A settling that starts when awaited. See [`Client::settle`].
#[must_use = "nothing is asked until it is awaited"]
pub struct SettleRequest {
    client: Client,
    attempt: Attempt,
    options: CallOptions,
}

call_options!(SettleRequest);
into_future!(SettleRequest => SentMessage);

impl fmt::Debug for SettleRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "SettleRequest", &self.attempt.phone)
    }
}

impl SettleRequest {
    async fn run(self) -> Result<SentMessage> {
        let attempt = self.attempt.clone();
        self.ask().await.map_err(|error| attempt.still_unknown(error))
    }

    async fn ask(self) -> Result<SentMessage> {
        let _permit = self.client.enter()?;
        let inner = &*self.client.inner;
        let Attempt { origin, phone, text, .. } = &self.attempt;
        if origin != inner.config.origin.as_str() {
            return Err(Error::configuration("attempt: was made at another base_url than this client's"));
        }
        validate::phone(phone)?;
        validate::text(text)?;
        self.options.headers()?;
        let deadline = self.options.deadline(&inner.config, builder::DEFAULT_TIMEOUT);

        let is_ours = self.attempt.client == inner.instance.name;
        let began = self
            .attempt
            .began
            .or_else(|| self.attempt.began_ms.filter(|_| is_ours).map(|ms| inner.instance.to_instant(ms)));
        if began.is_none() && self.attempt.window.is_none() {
            let why = "only the process that made the attempt can settle it: the history was never read";
            return Err(Error::delivery_unknown(None, why).with_attempt(self.attempt));
        }
        let known = is_ours.then_some(self.attempt.number);
        let number = inner.claims.admit(known, phone, text, began, self.attempt.window);
        let owner = known
            .map_or_else(|| inner.claims.elsewhere(&self.attempt.client, self.attempt.number), Owner::Here);
        let _guest = (!is_ours).then(|| Guest { claims: &inner.claims, number });
        let sought = Sought { number, owner, phone, text };
        let settled = settle(inner, &sought, &self.options, deadline).await;
        let window = inner.claims.window(number);
        if !matches!(settled, Settled::Unknown { .. }) {
            inner.claims.forget(number);
        }
        match settled {
            Settled::Sent(row) => Ok(SentMessage::from_history(row)),
            Settled::Failed(row) => Err(failed(row)),
            Settled::Unknown { why, error } => {
                let attempt = Attempt { window: self.attempt.window.or(window), ..self.attempt.clone() };
                Err(Error::delivery_unknown(error, why).with_attempt(attempt))
            }
        }
    }
}

/// An attempt of another client, in our table for as long as it is being settled.
struct Guest<'a> {
    claims: &'a Claims,
    number: SendNumber,
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.claims.forget(self.number);
    }
}

/// What the history said.
pub(crate) enum Settled {
    Sent(Message),
    Failed(Message),
    Unknown { why: &'static str, error: Option<Error> },
}

/// Reads the history at once and at growing gaps, until it tells or the time is up.
pub(crate) async fn settle(
    client: &Inner,
    sought: &Sought<'_>,
    options: &CallOptions,
    deadline: Instant,
) -> Settled {
    let until = deadline.min(deadline_in(client.config.settle_within));
    let longest = client.config.settle_gap.saturating_mul(GAP_GROWTH);
    let mut gap = client.config.settle_gap;
    client.settle_budget.deposit();
    loop {
        let (why, error, asked) = match read(client, sought, options, until).await {
            Ok(Some(reading)) => match client.claims.judge(sought, &reading) {
                Verdict::Sent(row) => {
                    tracing::info!(target: "ava_imessage", message_id = row.id, "sent: confirmed from the history");
                    return Settled::Sent(row);
                }
                Verdict::Failed(row) => return Settled::Failed(row),
                Verdict::Ambiguous => {
                    let why = "the history shows several such messages";
                    return Settled::Unknown { why, error: None };
                }
                Verdict::NotYet => ("the history does not show it", None, None),
            },
            Ok(None) => {
                ("the history's answer has no Date, and without one nothing can be claimed", None, None)
            }
            Err(error) => {
                let asked = error.retry_after();
                let why = "the history could not be read";
                if matches!(error.kind(), ErrorKind::Authentication | ErrorKind::PermissionDenied) {
                    return Settled::Unknown { why, error: Some(error) };
                }
                (why, Some(error), asked)
            }
        };
        let wait = gap.max(asked.unwrap_or_default());
        let left = until.saturating_duration_since(Instant::now());
        if wait >= left || !client.settle_budget.withdraw() {
            return Settled::Unknown { why, error };
        }
        tokio::time::sleep(wait).await;
        gap = gap.saturating_mul(2).min(longest);
    }
}

/// One reading: both ends of the history, since its order is undocumented. `None` where a page has no `Date`.
async fn read(
    client: &Inner,
    sought: &Sought<'_>,
    options: &CallOptions,
    until: Instant,
) -> Result<Option<Reading>> {
    let pages = history::both_ends(client, sought.phone, Some(sought.text), options, until).await?;
    let received = pages.first().map_or_else(Instant::now, |page| page.received);
    let dated: Option<Vec<_>> =
        pages.into_iter().map(|page| page.date.map(|date| (date, page.page.messages))).collect();
    Ok(dated.map(|pages| Reading { pages, received }))
}

/// The message is in the history, and failed.
pub(crate) fn failed(row: Message) -> Error {
    Error::new(ErrorKind::Rejected, "the message failed, as its row in the history says")
        .with_delivery(Delivery::NotSent)
        .with_message_id(row.id)
}

impl SentMessage {
    pub(crate) fn from_history(row: Message) -> SentMessage {
        SentMessage {
            message_id: row.id,
            timestamp: row.timestamp,
            confirmation: Confirmation::History,
            extra: row.extra,
        }
    }
}

/// Names a client, so that an attempt that comes back from text is known again, and dates its sends.
pub(crate) struct Instance {
    pub(crate) name: String,
    epoch: Instant,
}

impl Instance {
    pub(crate) fn new() -> Instance {
        // A fork copies the generator, and all that are forked from one process would draw the same.
        let process = (std::process::id(), std::time::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_nanos()));
        Instance {
            name: format!("{:016x}{:08x}{:024x}", fastrand::u64(..), process.0, process.1),
            epoch: Instant::now(),
        }
    }

    pub(crate) fn to_millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn to_instant(&self, ms: u64) -> Instant {
        self.epoch.checked_add(Duration::from_millis(ms)).unwrap_or(self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_forked_processes_have_names_of_their_own() {
        let forked = || {
            fastrand::seed(7);
            std::thread::sleep(Duration::from_millis(1));
            Instance::new().name
        };
        assert_ne!(forked(), forked());
    }
}
