//! Reading a conversation (*Get Messages*): a page, or all of it.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::call::Call;
use crate::client::{CallOptions, Client, Inner, call_options, debug_request, into_future};
use crate::error::Result;
use crate::model::{Message, MessagePage};
use crate::transport::BoxFuture;
use crate::{validate, wire};

/// How many rows a page of the history has, unless said otherwise.
pub const DEFAULT_LIMIT: u64 = 50;

const TEMPLATE: &str = "/api/messages/{phone}";

impl Client {
    /// One page of a conversation (*Get Messages*): at most `limit` rows (1 to 100), passing over `offset`.
    ///
    /// The document does not say in which order; [`Client::messages`] makes no assumption about it.
    ///
    /// # Errors
    /// `invalid_request` for a malformed phone or limit, before anything is sent.
    pub fn messages_page(&self, phone: impl Into<String>, limit: u64, offset: u64) -> MessagesPageRequest {
        MessagesPageRequest {
            client: self.clone(),
            phone: phone.into(),
            limit,
            offset,
            options: CallOptions::default(),
        }
    }

    /// A conversation as a stream over all its pages (*Get Messages*), in the server's order.
    ///
    /// Ids that come again are dropped, and no message that was there at the start is lost though new ones
    /// arrive meanwhile. Pages are fetched as the stream is read; each has the deadline of a call. After an
    /// error the stream ends.
    pub fn messages(&self, phone: impl Into<String>) -> Messages {
        Messages {
            client: self.clone(),
            phone: phone.into(),
            options: CallOptions::default(),
            offset: 0,
            ready: VecDeque::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            pending: None,
            done: false,
        }
    }
}

/// A page that is fetched when awaited. See [`Client::messages_page`].
#[must_use = "nothing is fetched until it is awaited"]
pub struct MessagesPageRequest {
    client: Client,
    phone: String,
    limit: u64,
    offset: u64,
    options: CallOptions,
}

call_options!(MessagesPageRequest);
into_future!(MessagesPageRequest => MessagePage);

impl fmt::Debug for MessagesPageRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "MessagesPageRequest", &self.phone)
    }
}

impl MessagesPageRequest {
    async fn run(self) -> Result<MessagePage> {
        validate::phone(&self.phone)?;
        validate::limit(self.limit)?;
        let _permit = self.client.enter()?;
        let call = page_call(&self.client.inner, &self.phone, self.limit, self.offset, &self.options)?;
        Ok(fetch(&call, self.limit, self.offset).await?.page)
    }
}

/// A page with what its answer says of the service's clock.
pub(crate) struct DatedPage {
    pub(crate) page: MessagePage,
    pub(crate) date: Option<Timestamp>,
    pub(crate) received: Instant,
}

impl DatedPage {
    /// How many rows the server gave, readable or not.
    fn rows(&self) -> u64 {
        (self.page.messages.len() + self.page.skipped.len()) as u64
    }
}

fn page_call<'a>(
    client: &'a Inner,
    phone: &str,
    limit: u64,
    offset: u64,
    options: &CallOptions,
) -> Result<Call<'a>> {
    // In a path `+` stands for itself, as in the document's own example.
    let path = format!("/api/messages/{phone}?limit={limit}&offset={offset}");
    Call::get(client, TEMPLATE, &path, options)
}

async fn fetch(call: &Call<'_>, limit: u64, offset: u64) -> Result<DatedPage> {
    let reply = call.read().await?;
    match wire::history(&reply.body, limit, offset) {
        Ok(page) => Ok(DatedPage { page, date: reply.date(), received: reply.received }),
        Err(why) => Err(call.unusable(&reply, &why)),
    }
}

/// The first page and, where there are more rows, the last one: the newest rows are on one of them, whatever
/// the order. Without retries; the caller has a rhythm of its own. A text that is looked for is kept out of
/// error messages.
pub(crate) async fn both_ends<'a>(
    client: &'a Inner,
    phone: &str,
    sought: Option<&'a str>,
    options: &CallOptions,
    until: Instant,
) -> Result<Vec<DatedPage>> {
    ends(client, phone, 1, options, |call| call.once().until(until).hiding(sought)).await
}

/// The newest `count` messages by timestamp, the newest last, whatever the server's order.
pub(crate) async fn newest(
    client: &Inner,
    phone: &str,
    count: u64,
    options: &CallOptions,
    until: Instant,
) -> Result<Vec<Message>> {
    let pages = ends(client, phone, count, options, |call| call.until(until)).await?;
    let mut rows: Vec<Message> = pages.into_iter().flat_map(|page| page.page.messages).collect();
    if rows.first().map(|m| m.timestamp) > rows.last().map(|m| m.timestamp) {
        // So that rows of one timestamp come out in the order they were written.
        rows.reverse();
    }
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.id.clone()));
    rows.sort_by_key(|row| row.timestamp);
    let surplus = rows.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    rows.drain(..surplus);
    Ok(rows)
}

/// At least `count` rows of each end, as far as there are so many. A server may give fewer rows a page than it
/// was asked for.
async fn ends<'a>(
    client: &'a Inner,
    phone: &str,
    count: u64,
    options: &CallOptions,
    prepare: impl Fn(Call<'a>) -> Call<'a>,
) -> Result<Vec<DatedPage>> {
    const LIMIT: u64 = validate::MAX_LIMIT;
    let page_at = async |offset: u64| {
        fetch(&prepare(page_call(client, phone, LIMIT, offset, options)?), LIMIT, offset).await
    };
    let first = page_at(0).await?;
    let (total, a_page) = (first.page.total, first.rows());
    let mut pages = vec![first];
    let mut offset = a_page;
    while offset < count.min(total) && a_page > 0 {
        let page = page_at(offset).await?;
        offset = offset.saturating_add(page.rows().max(1));
        pages.push(page);
    }
    if total > offset && a_page > 0 {
        let mut offset = total.saturating_sub(count.max(a_page));
        while offset < total {
            let page = page_at(offset).await?;
            offset = offset.saturating_add(page.rows().max(a_page));
            pages.push(page);
        }
    }
    Ok(pages)
}

/// A conversation, page by page. See [`Client::messages`].
#[must_use = "nothing is fetched until it is read"]
pub struct Messages {
    client: Client,
    phone: String,
    options: CallOptions,
    offset: u64,
    ready: VecDeque<Message>,
    /// Hashes of the ids given: 100,000 of them take 2 MB, the ids themselves would take 10.
    seen: HashSet<u64>,
    hasher: RandomState,
    pending: Option<BoxFuture<'static, Result<MessagePage>>>,
    done: bool,
}

call_options!(Messages);

impl Messages {
    /// Takes the messages of the page that was fetched last and that the stream has not given yet, without
    /// waiting and without fetching: for callers to whom one at a time is dear.
    pub fn take_fetched(&mut self) -> Vec<Message> {
        self.ready.drain(..).collect()
    }

    fn next_page(&self) -> BoxFuture<'static, Result<MessagePage>> {
        let request = MessagesPageRequest {
            client: self.client.clone(),
            phone: self.phone.clone(),
            limit: validate::MAX_LIMIT,
            offset: self.offset,
            options: self.options.clone(),
        };
        Box::pin(request.run())
    }

    /// New messages shift the rows of a newest-first history towards later offsets, so that some come
    /// again; they never shift one out of reach.
    fn take(&mut self, page: MessagePage) {
        let rows = (page.messages.len() + page.skipped.len()) as u64;
        self.offset = self.offset.saturating_add(rows);
        self.done = rows == 0 || self.offset >= page.total;
        for message in page.messages {
            if self.seen.insert(self.hasher.hash_one(&message.id)) {
                self.ready.push_back(message);
            }
        }
    }
}

impl Stream for Messages {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        let this = &mut *self;
        loop {
            if let Some(message) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(message)));
            }
            if this.done {
                return Poll::Ready(None);
            }
            if this.pending.is_none() {
                this.pending = Some(this.next_page());
            }
            let Some(pending) = &mut this.pending else { continue };
            let page = ready!(pending.as_mut().poll(cx));
            this.pending = None;
            match page {
                Ok(page) => this.take(page),
                Err(error) => {
                    this.done = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_request(f, "Messages", &self.phone)
    }
}
