//! The client: each operation is started here, and gives the number under which its outcome will come.

#![allow(clippy::too_many_arguments, reason = "objects are dearer to read than arguments")]

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use ava_bridge::core::Turn;
use ava_bridge::{
    Call, CheckpointOption, DraftOptions, Error, ErrorKind, GenerateOptions, Hook, ListenOptions,
    PageOptions, PollOptions,
};
use napi::Env;
use napi_derive::napi;

use crate::foreign::{Asked, Kept, Owner, hook};
use crate::mailbox::{Attempt, Desk, Item, Mailbox};
use crate::model::{Row, json};
use crate::options::{ClientOptions, ListenerOptions, call};
use crate::time;

/// A client.
#[napi]
pub struct Core {
    client: ava_bridge::Client,
    desk: Rc<Desk>,
}

#[napi]
impl Core {
    /// `owner` is the number under which TypeScript keeps the client's callbacks.
    #[napi(constructor)]
    pub fn new(env: Env, mailbox: &Mailbox, owner: u32, given: ClientOptions) -> napi::Result<Core> {
        let desk = Rc::clone(&mailbox.desk);
        let owner: Owner = Arc::new(Kept::new(owner, &desk.queue));
        let client = ava_bridge::guard(|| ava_bridge::Client::new(given.into_bridge(&owner)))
            .map_err(|error| desk.raise(&env, &error))?;
        Ok(Core { client, desk })
    }

    /// Where the requests go.
    #[napi(getter)]
    pub fn base_url(&self, env: Env) -> napi::Result<String> {
        self.client.base_url().map_err(|error| self.desk.raise(&env, &error))
    }

    /// Whether it was closed.
    #[napi(getter)]
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Closes it.
    #[napi]
    pub fn close(&self, env: Env) -> u32 {
        self.desk.start(&env, || self.client.close())
    }

    /// Sends a message.
    #[napi]
    pub fn send(
        &self,
        env: Env,
        phone: String,
        text: String,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> u32 {
        self.desk.start(&env, || self.client.send(phone, text, call(timeout, max_retries, headers)))
    }

    /// Settles a send.
    #[napi]
    pub fn settle(
        &self,
        env: Env,
        attempt: &Attempt,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> u32 {
        self.desk.start(&env, || self.client.settle(&attempt.0, call(timeout, max_retries, headers)))
    }

    /// Gets one page of a conversation.
    #[napi]
    pub fn messages_page(
        &self,
        env: Env,
        phone: String,
        limit: Option<f64>,
        offset: Option<f64>,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> u32 {
        let call = call(timeout, max_retries, headers);
        let page = PageOptions { limit: limit.map(whole), offset: offset.map(whole), call };
        self.desk.start(&env, || self.client.messages_page(phone, page))
    }

    /// Opens a conversation.
    #[napi]
    pub fn messages(
        &self,
        env: Env,
        phone: String,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> napi::Result<Messages> {
        match self.client.messages(phone, call(timeout, max_retries, headers)) {
            Ok(stream) => Ok(Messages { stream, desk: Rc::clone(&self.desk) }),
            Err(error) => Err(self.desk.raise(&env, &error)),
        }
    }

    /// Asks once.
    #[napi]
    pub fn poll(
        &self,
        env: Env,
        since: Option<String>,
        phone: Option<String>,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> u32 {
        let call = call(timeout, max_retries, headers);
        self.desk.start(&env, || match time::parse("since", since) {
            Ok(since) => self.client.poll(PollOptions { since, phone, call }),
            Err(error) => Call::done(Err(error)),
        })
    }

    /// Has a reply written. `context` holds roles and contents by turns.
    #[napi]
    pub fn generate(
        &self,
        env: Env,
        phone: String,
        context: Vec<String>,
        instructions: Option<String>,
        auto_send: bool,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> u32 {
        let call = call(timeout, max_retries, headers);
        let mut given = context.into_iter();
        let turns =
            std::iter::from_fn(|| Some(Turn::new(given.next()?.as_str().into(), given.next()?))).collect();
        let how = GenerateOptions { instructions, auto_send, call };
        self.desk.start(&env, || self.client.generate(phone, turns, how))
    }

    /// Has a reply to a conversation written.
    #[napi]
    pub fn draft_reply(
        &self,
        env: Env,
        phone: String,
        instructions: Option<String>,
        history: Option<f64>,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> u32 {
        let call = call(timeout, max_retries, headers);
        let how = DraftOptions { instructions, history: history.map(whole), call };
        self.desk.start(&env, || self.client.draft_reply(phone, how))
    }

    /// A listener that isn't open yet. `owner` is as for a client.
    #[napi]
    pub fn listen(
        &self,
        owner: u32,
        given: ListenerOptions,
        timeout: Option<f64>,
        max_retries: Option<u32>,
        headers: Option<Vec<String>>,
    ) -> Listener {
        let owner: Owner = Arc::new(Kept::new(owner, &self.desk.queue));
        let opening = match time::parse("since", given.since) {
            Err(error) => Call::done(Err(error)),
            Ok(since) => {
                let checkpoint = given.checkpoint.map(|path| CheckpointOption::File(path.into()));
                let stores = given.stores == Some(true);
                self.client.listen(ListenOptions {
                    since,
                    phone: given.phone,
                    interval: given.interval_ms.map(time::milliseconds),
                    checkpoint: checkpoint.or_else(|| {
                        stores.then(|| CheckpointOption::Custom(Arc::new(Asked(Arc::clone(&owner)))))
                    }),
                    auto_ack: given.auto_ack,
                    on_gap: told(given.on_gap, &owner, "onGap", |owner, which, gap| {
                        Item::Tell(owner, which, json(&Row(&gap)))
                    }),
                    on_skipped: told(given.on_skipped, &owner, "onSkipped", |owner, which, row| {
                        Item::Tell(owner, which, json(&Row(&row)))
                    }),
                    on_retry: told(given.on_retry, &owner, "onRetry", Item::TellError),
                    call: call(timeout, max_retries, headers),
                })
            }
        };
        Listener { opening: Some(opening), listener: Arc::default(), desk: Rc::clone(&self.desk) }
    }
}

/// A number that TypeScript has checked to be a whole one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked in TypeScript")]
fn whole(given: f64) -> u64 {
    given as u64
}

fn told<T: 'static>(
    has: Option<bool>,
    owner: &Owner,
    which: &'static str,
    item: fn(u32, &'static str, T) -> Item,
) -> Option<Hook<T>> {
    has.filter(|has| *has).map(|_| hook(owner, which, item))
}

/// A conversation, pulled.
#[napi]
pub struct Messages {
    stream: ava_bridge::Messages,
    desk: Rc<Desk>,
}

#[napi]
impl Messages {
    /// The next message, and those that came with it; nothing at the end.
    #[napi]
    pub fn next(&self, env: Env) -> u32 {
        let stream = self.stream.clone();
        self.desk.start(&env, || self.stream.next().map(|message| (message, stream)))
    }

    /// Ends it.
    #[napi]
    pub fn close(&self) {
        self.stream.close();
    }
}

/// Inbound messages, pulled.
#[napi]
pub struct Listener {
    opening: Option<Call<ava_bridge::Listener>>,
    /// Once it is open.
    listener: Arc<OnceLock<ava_bridge::Listener>>,
    desk: Rc<Desk>,
}

#[napi]
impl Listener {
    /// Opens it, once.
    #[napi]
    pub fn open(&mut self, env: Env) -> u32 {
        let opening = self.opening.take().unwrap_or_else(|| Call::done(Err(not_open())));
        let place = Arc::clone(&self.listener);
        self.desk.start(&env, || opening.map(move |listener| drop(place.set(listener))))
    }

    /// The next message; nothing at the end.
    #[napi]
    pub fn next(&self, env: Env) -> u32 {
        let next =
            self.listener.get().map_or_else(|| Call::done(Err(not_open())), ava_bridge::Listener::next);
        self.desk.start(&env, || next)
    }

    /// Acknowledges the message of this id.
    #[napi]
    pub fn ack(&self, env: Env, id: String) -> u32 {
        let acked =
            self.listener.get().map_or_else(|| Call::done(Err(not_open())), |listener| listener.ack(id));
        self.desk.start(&env, || acked)
    }

    /// Ends it.
    #[napi]
    pub fn close(&self) {
        if let Some(listener) = self.listener.get() {
            listener.close();
        }
    }
}

fn not_open() -> Error {
    Error::new(ErrorKind::Closed, "the listener is not open")
}
