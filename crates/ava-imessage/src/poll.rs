//! One poll for inbound messages (*Receive Messages*).

use std::fmt;

use jiff::Timestamp;

use crate::call::{Call, Reply};
use crate::client::{CallOptions, Client, Inner, call_options, debug_request, into_future};
use crate::error::Result;
use crate::model::PollPage;
use crate::{validate, wire};

const PATH: &str = "/api/messages/poll";

impl Client {
    /// Asks once for inbound messages (*Receive Messages*). What comes again, comes again: for an inbox that
    /// loses nothing and repeats nothing, use [`Client::listen`].
    pub fn poll(&self) -> PollRequest {
        PollRequest { client: self.clone(), since: None, phone: None, options: CallOptions::default() }
    }
}

/// A poll that is made when awaited. See [`Client::poll`].
#[must_use = "nothing is fetched until it is awaited"]
pub struct PollRequest {
    client: Client,
    since: Option<Timestamp>,
    phone: Option<String>,
    options: CallOptions,
}

call_options!(PollRequest);
into_future!(PollRequest => PollPage);

impl PollRequest {
    /// Only messages after this time, by the service's clock.
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self
    }

    /// Only messages from this phone (E.164).
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    async fn run(self) -> Result<PollPage> {
        if let Some(phone) = &self.phone {
            validate::phone(phone)?;
        }
        let _permit = self.client.enter()?;
        let call = call(&self.client.inner, self.since, self.phone.as_deref(), &self.options)?;
        let reply = call.read().await?;
        decode(&call, &reply)
    }
}

impl fmt::Debug for PollRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "PollRequest", self.phone.as_deref().unwrap_or_default())
    }
}

fn call<'a>(
    client: &'a Inner,
    since: Option<Timestamp>,
    phone: Option<&str>,
    options: &CallOptions,
) -> Result<Call<'a>> {
    let mut path = PATH.to_owned();
    if let Some(since) = since {
        path.push_str(&format!("?since={since}"));
    }
    if let Some(phone) = phone {
        // In a query a literal `+` would be a space.
        path.push(if since.is_some() { '&' } else { '?' });
        path.push_str("phone=");
        path.push_str(&phone.replace('+', "%2B"));
    }
    Call::get(client, PATH, &path, options)
}

fn decode(call: &Call<'_>, reply: &Reply) -> Result<PollPage> {
    wire::poll(&reply.body).map_err(|why| call.unusable(reply, &why))
}

/// What a listener's poll brought, with the answer's `Date`.
pub(crate) struct DatedPoll {
    pub(crate) page: PollPage,
    pub(crate) date: Option<Timestamp>,
}

/// One poll of a listener, without retries: it has a rhythm of its own.
pub(crate) async fn once(
    client: &Inner,
    since: Option<Timestamp>,
    phone: Option<&str>,
    options: &CallOptions,
) -> Result<DatedPoll> {
    let call = call(client, since, phone, options)?.once();
    let reply = call.read().await?;
    Ok(DatedPoll { page: decode(&call, &reply)?, date: reply.date() })
}
