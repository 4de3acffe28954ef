//! What every command is given: the options that all of them take, a printer, and a client when it asks for one.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use ava_imessage::{Client, ClientBuilder};

use crate::cli::Globals;
use crate::credentials::{self, Credentials};
use crate::failure::{Failure, Result};
use crate::printer::Printer;
use crate::waiting;

/// The surroundings of a command.
pub(crate) struct Context {
    globals: Globals,
    pub(crate) printer: Printer,
    /// The origin that the command talks to, once it is known.
    address: RefCell<Option<String>>,
}

impl Context {
    pub(crate) fn new(globals: Globals) -> Context {
        let printer = Printer::new(globals.json, globals.color);
        Context { globals, printer, address: RefCell::default() }
    }

    /// The base URL that was asked for, if one was.
    pub(crate) fn asked_base_url(&self) -> Option<String> {
        credentials::asked_base_url(self.globals.base_url.as_deref())
    }

    /// The key, its address, and where they were found.
    pub(crate) fn credentials(&self) -> Result<Credentials> {
        credentials::find(self.globals.base_url.as_deref())
    }

    /// For a command that talks to nobody's API: options that say to whom, or for how long, were meant for another.
    pub(crate) fn without_endpoint(&self, why: &str) -> Result<()> {
        let given =
            [("--base-url", self.globals.base_url.is_some()), ("--timeout", self.globals.timeout.is_some())];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Failure::usage(format!("{option} has no meaning here: {why}"))),
            None => Ok(()),
        }
    }

    /// The deadline of `--timeout`.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.globals.timeout
    }

    /// A client for these credentials, for commands that set more options.
    pub(crate) fn builder_for(&self, credentials: &Credentials) -> ClientBuilder {
        *self.address.borrow_mut() = Some(credentials::origin(&credentials.base_url));
        let builder = Client::builder()
            .api_key(credentials.api_key.as_str())
            .base_url(&credentials.base_url)
            .user_agent(concat!("ava-cli/", env!("CARGO_PKG_VERSION")));
        match self.timeout() {
            Some(timeout) => builder.timeout(timeout),
            None => builder,
        }
    }

    /// The origin that the command talks to, if it has come to that.
    pub(crate) fn address(&self) -> Option<String> {
        self.address.borrow().clone()
    }

    /// A client in the making, with the key that was found.
    pub(crate) fn builder(&self) -> Result<ClientBuilder> {
        let found = self.credentials()?;
        // Of the address no more than that: it isn't checked yet, and may hold a password.
        let origin = credentials::origin(&found.base_url);
        tracing::debug!(key_from = ?found.source, origin, "the key was found");
        Ok(self.builder_for(&found))
    }

    /// A client.
    pub(crate) fn client(&self) -> Result<Client> {
        Ok(self.builder()?.build()?)
    }

    /// Waits with a spinner where a person watches.
    pub(crate) async fn waiting<T>(&self, words: &'static str, work: impl Future<Output = T>) -> T {
        waiting::waiting(self.printer.err, words, work).await
    }
}
