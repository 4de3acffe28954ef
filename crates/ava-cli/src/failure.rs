//! How a command fails: what happened, whether the message may have gone out, what to do next.

use std::io::{self, Write};
use std::time::Duration;

use ava_imessage::{Attempt, Delivery, Error, ErrorKind};
use serde::Serialize;

use crate::exit::Exit;
use crate::interrupt::Signal;
use crate::printer::Look;
use crate::style::{BOLD_RED, paint};
use crate::{json, text, token};

/// What the commands return.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A failed command, and the exit status it ends with.
#[derive(Debug)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    exit: Exit,
    report: Report,
    /// Of a failed connection: why, and whether it was never made. The address is filled in by [`Failure::at`].
    unconnected: Option<Unconnected>,
    /// Nothing is said: the reader of the output went away.
    silent: bool,
}

/// The object of `--json`, on standard error. The last three are there where they mean something.
#[derive(Debug, Default, Serialize)]
struct Report {
    code: &'static str,
    message: String,
    delivery: Option<&'static str>,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after_ms: Option<u64>,
    attempt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<u64>,
    /// What to do next, as one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// The `delivery` of a message that was sent, where only the telling of it failed.
const SENT: &str = "sent";

impl Failure {
    fn with(exit: Exit, code: &'static str, message: impl Into<String>) -> Failure {
        let report = Report { code, message: message.into(), ..Report::default() };
        Failure(Box::new(Inner { exit, report, unconnected: None, silent: false }))
    }

    /// Wrong usage, to be mended by whoever typed the command.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure::with(Exit::USAGE, ErrorKind::InvalidRequest.code(), message)
    }

    /// A wrong set-up.
    pub(crate) fn configuration(message: impl Into<String>) -> Failure {
        Failure::with(Exit::USAGE, ErrorKind::Configuration.code(), message)
    }

    /// A file, pipe or process of this machine failed.
    pub(crate) fn local(what: impl Into<String>, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::closed_pipe();
        }
        Failure::with(Exit::FAILURE, ErrorKind::Storage.code(), format!("{}: {error}", what.into()))
    }

    /// A failure of this kind, as the client's own would end.
    pub(crate) fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Failure {
        Failure::with(Exit::of(&Error::new(kind, "")), kind.code(), message)
    }

    /// What should hold does not: a bug of this project.
    pub(crate) fn internal(message: impl Into<String>) -> Failure {
        Failure::with(Exit::FAILURE, ErrorKind::Internal.code(), message)
    }

    /// The reader of the output went away, as `head` does: no failure at all, unless something was left undone for it
    /// ([`Failure::unfinished`], [`Failure::delivery`]).
    pub(crate) fn closed_pipe() -> Failure {
        let mut failure = Failure::with(Exit::OK, ErrorKind::Closed.code(), "the output was closed");
        failure.0.silent = true;
        failure
    }

    /// Ctrl-C or SIGTERM, with nothing in flight.
    pub(crate) fn interrupted(signal: Signal, message: impl Into<String>) -> Failure {
        Failure::with(signal.exit(), ErrorKind::Cancelled.code(), message)
    }

    /// How many messages a listen acknowledged before it was interrupted.
    pub(crate) fn acknowledged(mut self, messages: u64) -> Failure {
        self.0.report.acknowledged = Some(messages);
        self
    }

    /// The service did what was asked but for the sending.
    pub(crate) fn unsent(message: impl Into<String>) -> Failure {
        let failure = Failure::with(Exit::NOT_SENT, ErrorKind::Rejected.code(), message);
        failure.delivery(Delivery::NotSent)
    }

    /// A signal, while a message was on its way.
    pub(crate) fn cancelled_in_flight(attempt: &Attempt) -> Failure {
        let message = "interrupted while the message was on its way";
        let failure = Failure::with(Exit::UNKNOWN, ErrorKind::Cancelled.code(), message);
        let word = token::encode(attempt);
        let mut failure = failure.delivery(Delivery::Unknown).next(look_again(Some(attempt), Some(&word)));
        failure.0.report.attempt = Some(word);
        failure
    }

    /// A program that was run ended with this status.
    pub(crate) fn program(exit: u8, message: impl Into<String>) -> Failure {
        Failure::with(Exit(exit), "program_failed", message)
    }

    /// What to do next, as one line.
    pub(crate) fn next(mut self, advice: impl Into<String>) -> Failure {
        self.0.report.hint = Some(advice.into());
        self
    }

    /// Names the file or whatever else it is about, before what is said of it.
    pub(crate) fn about(mut self, what: &str) -> Failure {
        self.0.report.message = format!("{what}: {}", self.0.report.message);
        self
    }

    /// Names the address that could not be reached.
    pub(crate) fn at(mut self, address: &str) -> Failure {
        if let Some(unconnected) = self.0.unconnected.take() {
            self.0.report.message = unconnected.words(address);
        }
        self
    }

    /// The message was sent all the same: it is only this end that can't say so.
    pub(crate) fn although_sent(mut self, message_id: &str) -> Failure {
        self.0.report.delivery = Some(SENT);
        self.0.report.message_id = Some(message_id.to_owned());
        self
    }

    /// Whether a message may have gone out. Where one was meant to, a closed output is no success.
    pub(crate) fn delivery(mut self, delivery: Delivery) -> Failure {
        self.0.report.delivery = Some(delivery.as_str());
        if delivery == Delivery::Unknown {
            self.0.exit = Exit::UNKNOWN;
        } else if self.0.silent {
            self.0.exit = Exit::NOT_SENT;
        }
        self.0.silent = false;
        self
    }

    /// This was left undone: a closed output, which says nothing otherwise, is a failure then.
    pub(crate) fn unfinished(mut self, left: &str) -> Failure {
        if self.0.silent {
            self.0.silent = false;
            self.0.exit = Exit::FAILURE;
            self.0.report.message = format!("{}, with {left}", self.0.report.message);
        }
        self
    }

    /// Whether it is no failure but that the reader of the output went away.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.0.silent
    }

    pub(crate) fn exit(&self) -> Exit {
        self.0.exit
    }

    /// Says it on standard error. What can't be written there can't be told to anybody.
    pub(crate) fn report(&self, look: Look) {
        if self.0.silent {
            return;
        }
        let words = if look.json { json::line(&self.0.report) } else { self.words(look) };
        let _ = writeln!(io::stderr().lock(), "{words}");
    }

    fn words(&self, look: Look) -> String {
        let report = &self.0.report;
        let mut line = self.headline(look);
        if let Some(delivery) = report.delivery {
            let said = match delivery {
                SENT => format!("It was sent: {}", report.message_id.as_deref().unwrap_or_default()),
                _ if delivery == Delivery::Unknown.as_str() => {
                    "It may have gone out: never send it again by guess.".into()
                }
                _ => "It was not sent.".into(),
            };
            line.push_str("\n  ");
            line.push_str(&text::sentence(&said, look.columns));
        }
        if let Some(next) = &report.hint {
            line.push_str("\n  ");
            line.push_str(&text::sentence(next, look.columns));
        }
        line
    }

    /// What happened, broken between words where a terminal would break it anywhere.
    fn headline(&self, look: Look) -> String {
        const PREFIX: &str = "error: ";
        let report = &self.0.report;
        // Whoever pressed Ctrl-C made no error.
        let prefix = if report.code == ErrorKind::Cancelled.code() { "" } else { PREFIX };
        let words = format!("{prefix}{}{}{}", self.kind(), report.message, self.details());
        let line = text::sentence(&words, look.columns);
        match line.strip_prefix(PREFIX) {
            Some(rest) => format!("{} {rest}", paint(look.colour, BOLD_RED, PREFIX.trim_end())),
            None => line,
        }
    }

    /// The code in words, before what the service said in its own.
    fn kind(&self) -> String {
        let report = &self.0.report;
        if report.status.is_none() || report.code == ErrorKind::DeliveryUnknown.code() {
            return String::new();
        }
        format!("{}: ", report.code.replace('_', " "))
    }

    fn details(&self) -> String {
        let report = &self.0.report;
        let status = report.status.map(|status| format!("HTTP {status}"));
        let request = report.request_id.as_deref().map(|id| format!("request {id}"));
        // Of one that was sent it is said below.
        let message = report.message_id.as_deref().filter(|_| report.delivery != Some(SENT));
        let message = message.map(|id| format!("message {id}"));
        let details: Vec<String> = [status, request, message].into_iter().flatten().collect();
        if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let attempt = error.attempt().map(token::encode);
        let mut failure = Failure::with(Exit::of(&error), error.code(), error.message());
        failure.0.unconnected = Unconnected::of(&error);
        let report = &mut failure.0.report;
        report.delivery = error.delivery().map(Delivery::as_str);
        report.status = error.status();
        report.request_id = error.request_id().map(str::to_owned);
        report.retry_after_ms = error.retry_after().map(millis);
        report.message_id = error.message_id().map(str::to_owned);
        failure.0.report.hint = advice(&error, attempt.as_deref());
        failure.0.report.attempt = attempt;
        failure
    }
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// What happened, and where.
pub(crate) fn words_at(error: &Error, address: &str) -> String {
    match (Unconnected::of(error), error.status()) {
        (Some(unconnected), _) => unconnected.words(address),
        (None, Some(status)) => format!("{address} answered with HTTP {status}: {}", error.message()),
        (None, None) => format!("{address}: {}", error.message()),
    }
}

/// What went wrong between here and the service.
#[derive(Debug)]
struct Unconnected {
    why: String,
    /// There never was a connection; otherwise it was lost.
    never: bool,
}

impl Unconnected {
    /// Of an error of kind `connection`.
    fn of(error: &Error) -> Option<Unconnected> {
        if error.kind() != ErrorKind::Connection {
            return None;
        }
        let source =
            std::error::Error::source(error).and_then(|source| source.downcast_ref::<reqwest::Error>());
        let never = source.is_some_and(reqwest::Error::is_connect);
        let why = error.message();
        Some(Unconnected {
            why: why.strip_prefix("the connection failed: ").unwrap_or(why).to_owned(),
            never,
        })
    }

    /// The whole, with the address.
    fn words(&self, address: &str) -> String {
        let Unconnected { why, never } = self;
        if *never {
            format!("could not connect to {address}: {why}")
        } else {
            format!("the connection to {address} failed: {why}")
        }
    }
}

/// What to do about it.
fn advice(error: &Error, attempt: Option<&str>) -> Option<String> {
    let words = match error.kind() {
        ErrorKind::Authentication => {
            "The key was not accepted: mend AVA_API_KEY, or give another with `ava login`.".into()
        }
        ErrorKind::PermissionDenied => {
            "The key may not do this: use another, or ask for the right (\"Request API Access\").".into()
        }
        ErrorKind::RateLimited => match error.retry_after() {
            Some(wait) => format!("Wait {} s, then run it again.", wait.as_millis().div_ceil(1000)),
            None => "Wait a while, then run it again.".into(),
        },
        ErrorKind::Server => "The service failed: try again later.".into(),
        ErrorKind::Connection => {
            "Check the network and the address (AVA_BASE_URL); then run it again.".into()
        }
        ErrorKind::Timeout => "Run it again, with a longer --timeout if the service is slow.".into(),
        ErrorKind::UnexpectedResponse => "Is that the AVA API? AVA_LOG=debug tells more.".into(),
        ErrorKind::NotFound => "Check the address (AVA_BASE_URL) and the number.".into(),
        ErrorKind::Storage => "Nothing was acknowledged: mend the file or its folder.".into(),
        ErrorKind::Rejected => "The service declined it; the same again will hardly fare better.".into(),
        ErrorKind::InvalidRequest if error.status().is_some() => {
            "The service refused it: check the phone and the other arguments.".into()
        }
        ErrorKind::DeliveryUnknown => return Some(look_again(error.attempt(), attempt)),
        _ => return None,
    };
    Some(words)
}

/// How to find out about an unknown.
fn look_again(attempt: Option<&Attempt>, word: Option<&str>) -> String {
    match (attempt, word) {
        (Some(attempt), Some(word)) if attempt.is_portable() => {
            format!("Ask the history again: ava settle {word}")
        }
        (Some(attempt), _) => format!("Look for it with: ava messages {}", attempt.phone()),
        _ => "Look for it with `ava messages`.".into(),
    }
}
