//! One request and its answer, and the loop that repeats what is safe to repeat.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, header};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};

use crate::client::{CallOptions, Inner};
use crate::credentials::Bearer;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::retry::LONGEST_WAIT;
use crate::transport::{RequestBody, ResponseBody, TransportError, Witness};
use crate::wire::Unusable;
use crate::{builder, dates, redact, retry, wire};

/// How much of an answer an error keeps.
const KEPT_BODY_BYTES: usize = 8 * 1024;
/// How much of a refusal is read, and for how long: its status already says what matters.
const REFUSAL_BYTES: usize = 64 * 1024;
const REFUSAL_TIME: Duration = Duration::from_secs(2);

/// A request that may be made more than once.
pub(crate) struct Call<'a> {
    pub(crate) client: &'a Inner,
    pub(crate) deadline: Instant,
    pub(crate) max_retries: u32,
    method: Method,
    /// The path with its variables left open: telemetry must not hold phone numbers.
    template: &'static str,
    url: String,
    body: Bytes,
    headers: HeaderMap,
    /// Texts of the caller's, kept out of error messages.
    hidden: Vec<&'a str>,
    idle_before_head: bool,
    /// Whether it draws on the budget of calls.
    budgeted: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn get(
        client: &'a Inner,
        template: &'static str,
        path_and_query: &str,
        options: &CallOptions,
    ) -> Result<Call<'a>> {
        Call::new(client, Method::GET, template, path_and_query, Bytes::new(), options)
    }

    pub(crate) fn post(
        client: &'a Inner,
        path: &'static str,
        body: &impl serde::Serialize,
        options: &CallOptions,
    ) -> Result<Call<'a>> {
        let body = serde_json::to_vec(body).map_err(|error| {
            Error::new(ErrorKind::Internal, "the request can't be written as JSON").with_source(error)
        })?;
        Call::new(client, Method::POST, path, path, body.into(), options)
    }

    fn new(
        client: &'a Inner,
        method: Method,
        template: &'static str,
        path_and_query: &str,
        body: Bytes,
        options: &CallOptions,
    ) -> Result<Call<'a>> {
        let config = &client.config;
        Ok(Call {
            client,
            deadline: options.deadline(config, builder::DEFAULT_TIMEOUT),
            max_retries: options.max_retries.unwrap_or(config.max_retries),
            method,
            template,
            url: format!("{}{path_and_query}", config.origin),
            body,
            headers: options.headers()?,
            hidden: Vec::new(),
            idle_before_head: true,
            budgeted: true,
        })
    }

    /// Keeps texts out of error messages.
    pub(crate) fn hiding(mut self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        self.hidden.extend(texts);
        self
    }

    /// For answers that take long to think of: silence counts only between body bytes.
    pub(crate) fn patient(mut self) -> Self {
        self.idle_before_head = false;
        self
    }

    /// For callers with a rhythm of their own: no retries, and no part in the budget.
    pub(crate) fn once(mut self) -> Self {
        self.max_retries = 0;
        self.budgeted = false;
        self
    }

    pub(crate) fn until(mut self, deadline: Instant) -> Self {
        self.deadline = deadline;
        self
    }

    /// The key or token, within the deadline.
    pub(crate) async fn bearer(&self, deadline: Instant) -> Result<Bearer> {
        within(deadline, self.client.credentials.bearer()).await
    }

    /// After a 401: another token, if there is one.
    pub(crate) async fn other_bearer(&self, refused: &Bearer, deadline: Instant) -> Result<Option<Bearer>> {
        within(deadline, self.client.credentials.replace(refused)).await
    }

    /// Makes the request until it succeeds or may not be repeated: a read, whose repetition harms nobody.
    pub(crate) async fn read(&self) -> Result<Reply> {
        if self.budgeted {
            self.client.budget.deposit();
        }
        let mut bearer = self.bearer(self.deadline).await?;
        let mut replayed = false;
        let mut retries = 0;
        let mut previous: Option<Error> = None;
        loop {
            let resends = retries + u32::from(replayed);
            let outcome = self.attempt(&bearer, &Witness::default(), self.deadline, resends).await;
            let (error, repeatable) = match outcome {
                Ok(reply) if reply.is_success() => return Ok(reply),
                Ok(reply) if reply.status == 401 && !replayed => {
                    match self.other_bearer(&bearer, self.deadline).await? {
                        Some(other) => {
                            (bearer, replayed) = (other, true);
                            continue;
                        }
                        None => return Err(self.refusal(&reply)),
                    }
                }
                Ok(reply) => (self.refusal(&reply), matches!(reply.status, 408 | 429 | 500..=599)),
                Err(failure) if failure.kind == ErrorKind::Timeout => {
                    let error = failure.into_error();
                    return Err(match previous {
                        Some(previous) => error.with_source(previous),
                        None => error,
                    });
                }
                Err(failure) => {
                    let repeatable = failure.kind == ErrorKind::Connection;
                    (failure.into_error(), repeatable)
                }
            };
            if !repeatable || retries >= self.max_retries {
                return Err(error);
            }
            let backoff = self.client.config.backoff.full_jitter(retries);
            let Some(wait) = self.wait_for(backoff, error.retry_after(), self.deadline) else {
                return Err(error);
            };
            tracing::debug!(
                target: "ava_imessage", { "error.type" = error.code(),
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }, "trying again",
            );
            tokio::time::sleep(wait).await;
            retries += 1;
            previous = Some(error);
        }
    }

    /// How long to wait before the next try: the longer of ours and the server's. `None` if that is more
    /// than a minute, more than is left, or more than the retry budget has.
    pub(crate) fn wait_for(
        &self,
        backoff: Duration,
        asked: Option<Duration>,
        deadline: Instant,
    ) -> Option<Duration> {
        let wait = backoff.max(asked.unwrap_or_default());
        let left = deadline.saturating_duration_since(Instant::now());
        (wait <= LONGEST_WAIT && wait < left && self.client.budget.withdraw()).then_some(wait)
    }

    /// One request, one answer, in a span named as OpenTelemetry's HTTP conventions name it.
    pub(crate) async fn attempt(
        &self,
        bearer: &Bearer,
        witness: &Witness,
        until: Instant,
        resend_count: u32,
    ) -> Result<Reply, Failure> {
        let origin = &self.client.config.origin;
        let span = tracing::info_span!(
            target: "ava_imessage", "HTTP",
            otel.kind = "client",
            otel.name = field::Empty,
            http.request.method = self.method.as_str(),
            http.request.resend_count = resend_count,
            url.template = self.template,
            url.scheme = if origin.is_https() { "https" } else { "http" },
            server.address = origin.host(),
            server.port = origin.port(),
            http.response.status_code = field::Empty,
            "error.type" = field::Empty,
        );
        if !span.is_disabled() {
            span.record("otel.name", field::display(format_args!("{} {}", self.method, self.template)));
        }
        async {
            let outcome = self.exchange(bearer, witness, until).await;
            let span = Span::current();
            match &outcome {
                Ok(reply) => {
                    span.record("http.response.status_code", reply.status);
                    if !reply.is_success() {
                        span.record("error.type", field::display(reply.status));
                    }
                }
                Err(failure) => {
                    span.record("error.type", failure.kind.code());
                }
            }
            tracing::debug!(target: "ava_imessage", ok = outcome.is_ok(), "exchange ended");
            outcome
        }
        .instrument(span)
        .await
    }

    async fn exchange(&self, bearer: &Bearer, witness: &Witness, until: Instant) -> Result<Reply, Failure> {
        if Instant::now() >= until {
            return Err(Failure::timeout());
        }
        let idle = self.client.config.read_idle_timeout;
        let request = self.request(bearer, witness).map_err(|error| Failure {
            source: Some(error.into()),
            ..Failure::new(ErrorKind::Internal, "the request can't be built")
        })?;
        let patience = if self.idle_before_head { idle } else { Duration::MAX };
        let pending = self.client.transport.execute(request);
        let response = match timely(until, patience, pending).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Failure::of_transport(error)),
            Err(late) => return Err(late),
        };
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let received = Instant::now();
        let body = if parts.status.is_success() {
            read_body(body, self.client.config.max_response_bytes, until, idle).await.map_err(|failure| {
                Failure { status: Some(status), request_id: request_id(&parts.headers), ..failure }
            })?
        } else {
            let until = until.min(received + REFUSAL_TIME);
            read_refusal(body, until).await
        };
        Ok(Reply { status, headers: parts.headers, body, received, bearer: bearer.clone() })
    }

    fn request(&self, bearer: &Bearer, witness: &Witness) -> Result<Request<RequestBody>, http::Error> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.url.as_str())
            .body(RequestBody::new(self.body.clone(), witness.clone()))?;
        let config = &self.client.config;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, config.user_agent.clone());
        for (name, value) in config.headers.iter().chain(&self.headers) {
            headers.insert(name.clone(), value.clone());
        }
        headers.insert(header::AUTHORIZATION, bearer.header.clone());
        if self.method == Method::POST {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(request)
    }

    /// The error of an answer that isn't a success.
    pub(crate) fn refusal(&self, reply: &Reply) -> Error {
        let body = reply.kept_body();
        let message = match wire::error_text(&body) {
            Some(words) => self.masked(&words, reply),
            None => plain_status(reply.status),
        };
        self.of_reply(ErrorKind::of_status(reply.status), message, reply)
    }

    /// The error of a success that is none.
    pub(crate) fn unusable(&self, reply: &Reply, why: &Unusable) -> Error {
        match why {
            Unusable::Rejected => {
                let words = wire::error_text(&reply.kept_body());
                let message = match words {
                    Some(words) => self.masked(&words, reply),
                    None => "the service declined the request (success: false)".to_owned(),
                };
                self.of_reply(ErrorKind::Rejected, message, reply)
            }
            Unusable::Undocumented(reason) => self.of_reply(
                ErrorKind::UnexpectedResponse,
                format!("the answer is not what the API documents: {reason}"),
                reply,
            ),
        }
    }

    fn masked(&self, words: &str, reply: &Reply) -> String {
        let mut hidden = self.hidden.clone();
        hidden.push(reply.bearer.secret());
        redact::line(words, &hidden)
    }

    fn of_reply(&self, kind: ErrorKind, message: String, reply: &Reply) -> Error {
        Error::new(kind, message)
            .with_status(reply.status)
            .with_request_id(request_id(&reply.headers))
            .with_retry_after(retry::retry_after(&reply.headers))
            .with_body(reply.kept_body())
    }
}

fn plain_status(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
    match (status, reason) {
        (300..=399, _) => format!("HTTP {status}: a redirect, which is never followed"),
        (_, Some(reason)) => format!("HTTP {status} {reason}"),
        (_, None) => format!("HTTP {status}"),
    }
}

/// Waits for something of ours by the deadline.
pub(crate) async fn within<T>(deadline: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    match timeout_at(deadline, work).await {
        Ok(done) => done,
        Err(_) => Err(Failure::timeout().into_error()),
    }
}

/// Waits for the network by the deadline, and for `patience` at the most.
async fn timely<T>(until: Instant, patience: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
    let mut work = pin!(work);
    // What is here already needs no clock: the body of a small answer comes with its head.
    if let Poll::Ready(done) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
        return Ok(done);
    }
    let now = Instant::now();
    let silent = now.checked_add(patience).filter(|at| *at < until);
    match timeout_at(silent.unwrap_or(until), work).await {
        Ok(done) => Ok(done),
        Err(_) if silent.is_some() => {
            Err(Failure::new(ErrorKind::Connection, format!("the server was silent for {patience:?}")))
        }
        Err(_) => Err(Failure::timeout()),
    }
}

async fn next_data(body: &mut ResponseBody) -> Option<Result<Bytes, BoxError>> {
    loop {
        return match poll_fn(|cx| body.as_mut().poll_frame(cx)).await? {
            Ok(frame) => match frame.into_data() {
                Ok(data) => Some(Ok(data)),
                Err(_trailers) => continue,
            },
            Err(error) => Some(Err(error)),
        };
    }
}

/// Reads a body whole, or fails once it is larger than `cap`: what came until then is let go of.
async fn read_body(
    mut body: ResponseBody,
    cap: usize,
    until: Instant,
    idle: Duration,
) -> Result<Bytes, Failure> {
    let too_large =
        || Failure::new(ErrorKind::UnexpectedResponse, format!("the answer is larger than {cap} bytes"));
    if body.size_hint().lower() > cap as u64 {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(data) = timely(until, idle, next_data(&mut body)).await? {
        let data = data.map_err(|error| Failure {
            source: Some(error),
            ..Failure::new(ErrorKind::Connection, "the connection was lost while the answer came in")
        })?;
        if first.len() + rest.len() + data.len() > cap {
            return Err(too_large());
        }
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Reads what there is of a refusal's body.
async fn read_refusal(mut body: ResponseBody, until: Instant) -> Bytes {
    let mut read = BytesMut::new();
    while read.len() < REFUSAL_BYTES {
        match timeout_at(until, next_data(&mut body)).await {
            Ok(Some(Ok(data))) => {
                let room = REFUSAL_BYTES - read.len();
                read.extend_from_slice(&data[..data.len().min(room)]);
            }
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    read.freeze()
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id").or_else(|| headers.get("request-id"))?;
    id.to_str().ok().filter(|id| !id.is_empty() && id.len() <= 200).map(str::to_owned)
}

/// An answer, read whole.
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Bytes,
    /// When its head arrived.
    pub(crate) received: Instant,
    /// What the request was made with, to be kept out of what is told of the answer.
    bearer: Bearer,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// The service's clock, to the second.
    pub(crate) fn date(&self) -> Option<Timestamp> {
        dates::of(&self.headers)
    }

    fn kept_body(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let mut end = text.len().min(KEPT_BODY_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[..end].to_owned()
    }
}

/// Why there is no answer.
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// The server said that it processed nothing.
    pub(crate) refused: bool,
    message: Cow<'static, str>,
    status: Option<u16>,
    request_id: Option<String>,
    source: Option<BoxError>,
}

impl Failure {
    fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Failure {
        Failure {
            kind,
            refused: false,
            message: message.into(),
            status: None,
            request_id: None,
            source: None,
        }
    }

    fn timeout() -> Failure {
        Failure::new(ErrorKind::Timeout, "the deadline of the call passed")
    }

    fn of_transport(error: TransportError) -> Failure {
        let message = if error.refused {
            "the server refused the stream before processing it".to_owned()
        } else {
            format!("the connection failed: {}", redact::line(&root_cause(&*error.source), &[]))
        };
        Failure {
            refused: error.refused,
            source: Some(error.source),
            ..Failure::new(ErrorKind::Connection, message)
        }
    }

    pub(crate) fn into_error(self) -> Error {
        let mut error = Error::new(self.kind, self.message).with_request_id(self.request_id);
        if let Some(status) = self.status {
            error = error.with_status(status);
        }
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
