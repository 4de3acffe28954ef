//! The client as a binding holds it: made of plain options, and made again in a forked child.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ava_imessage::{
    Attempt, BoxFuture, DEFAULT_LIMIT, DEFAULT_TIMEOUT, Error, ErrorKind, FileCheckpoint, GeneratedMessage,
    ListenRequest, MessagePage, PollPage, Receipt, Result, SendRequest, SentMessage, Turn,
};

use crate::error::ErrorView;
use crate::foreign::Timely;
use crate::fork::ForkCell;
use crate::options::{
    CallOptions, CheckpointOption, Configurable, DraftOptions, GenerateOptions, ListenOptions, Options,
    PageOptions, PollOptions, told,
};
use crate::pull::{Listener, Messages, Pull, Source};
use crate::runtime;
use crate::task::Call;

/// A client. Clones share everything. What an operation does stands with the core's method of the same name.
///
/// After a fork, the child's first call makes a client of its own from the same options: new connections, a new
/// retry budget, and a new table of which message belongs to which send. In that respect the child is another
/// process, as `docs/sending.md` has it: a send of its own whose answer is lost is not told apart from an identical
/// one of the parent's of the same seconds. Sends in flight, listeners and page streams stay with the parent; in
/// the child they give `closed`. A client that was closed before the fork is closed in the child too.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    core: ForkCell<ava_imessage::Client>,
    closed: AtomicBool,
}

impl Client {
    /// Checks everything and makes the client. No connection is opened and no thread started yet.
    ///
    /// # Errors
    /// `configuration`, naming the option.
    pub fn new(options: Options) -> Result<Client> {
        let core = ForkCell::new();
        core.get_or_make(|| options.build())?;
        Ok(Client { shared: Arc::new(Shared { options, core, closed: AtomicBool::new(false) }) })
    }

    /// Where the requests go.
    ///
    /// # Errors
    /// In a forked child, if the client can't be made there.
    pub fn base_url(&self) -> Result<String> {
        Ok(self.core_or_closed()?.base_url().to_owned())
    }

    /// Sends an iMessage. The call fails where nothing was sent; a send that is unknown has a receipt.
    ///
    /// [`take`](Receipt::take) it, or say [`delivered`](ava_imessage::Undelivered::delivered), when the application
    /// certainly has the outcome: if the call is cancelled in the moment in which it ends, the send is told of as
    /// any other that was cancelled.
    pub fn send(
        &self,
        phone: impl Into<String>,
        text: impl Into<String>,
        options: CallOptions,
    ) -> Call<Receipt> {
        self.prepare(options, |core| core.send(phone, text), SendRequest::with_receipt).sending()
    }

    /// Asks the history again whether an unknown send happened.
    pub fn settle(&self, attempt: &Attempt, options: CallOptions) -> Call<SentMessage> {
        self.call(options, |core| core.settle(attempt))
    }

    /// A conversation as a stream over all its pages. Nothing is asked before its first `next`.
    ///
    /// # Errors
    /// `closed`.
    pub fn messages(&self, phone: impl Into<String>, options: CallOptions) -> Result<Messages> {
        let (stream, cancel) = options.put_on(self.core()?.messages(phone));
        let logger = self.shared.options.logger.clone();
        Ok(Messages(Pull::new(Source::Messages(Box::new(stream)), cancel, logger)))
    }

    /// One page of a conversation.
    pub fn messages_page(&self, phone: impl Into<String>, options: PageOptions) -> Call<MessagePage> {
        let PageOptions { limit, offset, call } = options;
        self.call(call, |core| {
            core.messages_page(phone, limit.unwrap_or(DEFAULT_LIMIT), offset.unwrap_or_default())
        })
    }

    /// Asks once for inbound messages.
    pub fn poll(&self, options: PollOptions) -> Call<PollPage> {
        let PollOptions { since, phone, call } = options;
        self.call(call, |core| {
            let mut request = core.poll();
            if let Some(since) = since {
                request = request.since(since);
            }
            if let Some(phone) = phone {
                request = request.phone(phone);
            }
            request
        })
    }

    /// Listens for inbound messages. The call opens the listener, which asks the service for its time unless
    /// told where to begin.
    pub fn listen(&self, options: ListenOptions) -> Call<Listener> {
        let core = match self.core() {
            Ok(core) => core,
            Err(error) => return Call::done(Err(error)),
        };
        let (request, cancel) = self.listening(core.listen(), options);
        let logger = self.shared.options.logger.clone();
        let (for_listener, for_lines) = (cancel.clone(), logger.clone());
        let opening: BoxFuture<'static, Result<ava_imessage::Listener>> = request.into_future();
        Call::new(async move { Ok(Listener::new(opening.await?, for_listener, for_lines)) })
            .cancelled_by(cancel.as_ref())
            .logging_to(logger)
    }

    fn listening(
        &self,
        mut request: ListenRequest,
        options: ListenOptions,
    ) -> (ListenRequest, Option<crate::Cancel>) {
        let ListenOptions { since, phone, interval, checkpoint, auto_ack, call, .. } = options;
        if let Some(since) = since {
            request = request.since(since);
        }
        if let Some(phone) = phone {
            request = request.phone(phone);
        }
        if let Some(interval) = interval {
            request = request.interval(interval);
        }
        if let Some(auto) = auto_ack {
            request = request.auto_ack(auto);
        }
        let within = call.timeout.or(self.shared.options.timeout).unwrap_or(DEFAULT_TIMEOUT);
        request = match checkpoint {
            None => request,
            Some(CheckpointOption::File(path)) => request.checkpoint(FileCheckpoint::new(path)),
            Some(CheckpointOption::Custom(checkpoint)) => request.checkpoint(Timely { checkpoint, within }),
        };
        let logger = self.shared.options.logger.as_ref();
        if let Some(hook) = told(options.on_gap.as_ref(), logger) {
            request = request.on_gap(move |gap| hook(*gap));
        }
        if let Some(hook) = told(options.on_skipped.as_ref(), logger) {
            request = request.on_skipped(move |row| hook(row.clone()));
        }
        if let Some(hook) = told(options.on_retry.as_ref(), logger) {
            request = request.on_retry(move |error| hook(ErrorView::from(error)));
        }
        call.put_on(request)
    }

    /// Has AVA write a reply to `context`.
    pub fn generate(
        &self,
        phone: impl Into<String>,
        context: Vec<Turn>,
        options: GenerateOptions,
    ) -> Call<GeneratedMessage> {
        let GenerateOptions { instructions, auto_send, call } = options;
        let call = self.call(call, |core| {
            let request = core.generate(phone, context).auto_send(auto_send);
            match instructions {
                Some(instructions) => request.instructions(instructions),
                None => request,
            }
        });
        if auto_send { call.sending() } else { call }
    }

    /// Has AVA write a reply to the newest messages of a conversation. Nothing is sent.
    pub fn draft_reply(&self, phone: impl Into<String>, options: DraftOptions) -> Call<GeneratedMessage> {
        let DraftOptions { instructions, history, call } = options;
        self.call(call, |core| {
            let mut request = core.draft_reply(phone);
            if let Some(instructions) = instructions {
                request = request.instructions(instructions);
            }
            if let Some(history) = history {
                request = request.history(history);
            }
            request
        })
    }

    /// Refuses new calls with `closed` from this moment on, whether the call given back is started or not, and
    /// ends the listeners. That call ends when those in flight have, each by its deadline.
    pub fn close(&self) -> Call<()> {
        self.shared.closed.store(true, Ordering::Release);
        match self.shared.core.get() {
            Some(core) if !runtime::is_shut_down() => {
                let closed = core.close();
                Call::new(async move {
                    closed.await;
                    Ok(())
                })
                .logging_to(self.shared.options.logger.clone())
            }
            _ => Call::done(Ok(())),
        }
    }

    /// Whether [`close`](Client::close) was called, here or before a fork.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Acquire)
    }

    /// Whether it is closed and the last call has ended: from then on, no hook of the client's is called any more
    /// but those on their way. A call that is being refused may still count as one for a moment.
    pub fn is_finished(&self) -> bool {
        self.is_closed() && self.shared.core.get().is_none_or(|core| core.calls_in_flight() == 0)
    }

    fn core(&self) -> Result<&ava_imessage::Client> {
        if self.is_closed() {
            return Err(Error::new(ErrorKind::Closed, "the client is closed"));
        }
        self.core_or_closed()
    }

    fn core_or_closed(&self) -> Result<&ava_imessage::Client> {
        self.shared.core.get_or_make(|| self.shared.options.build())
    }

    fn call<R, T>(&self, options: CallOptions, request: impl FnOnce(&ava_imessage::Client) -> R) -> Call<T>
    where
        R: Configurable + IntoFuture<Output = Result<T>, IntoFuture = BoxFuture<'static, Result<T>>>,
        T: Send + 'static,
    {
        self.prepare(options, request, R::into_future)
    }

    fn prepare<R: Configurable, T: Send + 'static>(
        &self,
        options: CallOptions,
        request: impl FnOnce(&ava_imessage::Client) -> R,
        begin: impl FnOnce(R) -> BoxFuture<'static, Result<T>>,
    ) -> Call<T> {
        // A closed client of this process refuses by itself, in the order of the core's checks.
        match self.shared.core.get().map_or_else(|| self.core(), Ok) {
            Ok(core) => {
                let (request, cancel) = options.put_on(request(core));
                Call::boxed(begin(request))
                    .cancelled_by(cancel.as_ref())
                    .logging_to(self.shared.options.logger.clone())
            }
            Err(error) => Call::done(Err(error)),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("is_closed", &self.is_closed()).finish_non_exhaustive()
    }
}
