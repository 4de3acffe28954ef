//! The ops of the vectors.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ava_imessage::{Attempt, Client, Error, ListenRequest, MemoryCheckpoint, Message, Role, Token, Turn};
use ava_sandbox::Sandbox;
use futures_util::{StreamExt, future::join_all};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::format::{self, Branch, Given, Options, Provider, Step, Vector};
use crate::leaks::Leaks;
use crate::{expect, view};

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Result(Value),
    Error(Value),
    /// Of a parallel, in its order.
    Several(Vec<Outcome>),
}

/// A step's outcome, or why the vector can't be run.
type Ran = Result<Outcome, String>;

/// What the steps of a vector share.
pub(crate) struct World {
    sandbox: Sandbox,
    options: Options,
    client: Client,
    hooks: Hooks,
    checkpoints: Mutex<HashMap<String, MemoryCheckpoint>>,
    leaks: Leaks,
}

/// What `on_unknown` was called with, and the attempt to settle next.
#[derive(Clone, Default)]
struct Hooks {
    calls: Arc<AtomicUsize>,
    attempt: Arc<Mutex<Option<Attempt>>>,
}

impl Hooks {
    fn keep(&self, attempt: Attempt) {
        *self.attempt.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempt);
    }
}

fn client(options: &Options, sandbox: &Sandbox, hooks: &Hooks) -> Result<Client, Error> {
    let ms = Duration::from_millis;
    let mut builder = Client::builder().base_url(options.base_url.as_deref().unwrap_or(sandbox.base_url()));
    match &options.api_key {
        Some(Some(key)) => builder = builder.api_key(key),
        None if options.token_provider.is_none() => builder = builder.api_key(sandbox.api_key()),
        Some(None) | None => {}
    }
    if let Some(Provider { tokens }) = options.token_provider.clone() {
        let asked = AtomicUsize::new(0);
        builder = builder.token_provider(move || {
            let place = asked.fetch_add(1, Ordering::SeqCst).min(tokens.len().saturating_sub(1));
            let given = tokens.get(place).cloned();
            async move {
                match given {
                    Some(Given::Plain(token)) => Ok(Token::new(token)),
                    Some(Given::Expiring { token, expires_in_ms }) => {
                        Ok(Token::new(token).expires_in(ms(expires_in_ms)))
                    }
                    Some(Given::Failing { error }) => Err(error),
                    Some(Given::Hanging { hang: true }) => std::future::pending().await,
                    Some(Given::Hanging { hang: false }) | None => Err("no token left".to_owned()),
                }
            }
        });
    }
    if let Some(timeout) = options.timeout_ms {
        builder = builder.timeout(ms(timeout));
    }
    if let Some(timeout) = options.connect_timeout_ms {
        builder = builder.connect_timeout(ms(timeout));
    }
    if let Some(timeout) = options.read_idle_ms {
        builder = builder.read_idle_timeout(ms(timeout));
    }
    if let Some(retries) = options.max_retries {
        builder = builder.max_retries(retries);
    }
    if options.backoff_ms.is_some() || options.backoff_max_ms.is_some() {
        builder = builder
            .backoff(ms(options.backoff_ms.unwrap_or(500)), ms(options.backoff_max_ms.unwrap_or(8000)));
    }
    if options.settle_ms.is_some() || options.settle_gap_ms.is_some() {
        builder = builder
            .settling(ms(options.settle_ms.unwrap_or(10_000)), ms(options.settle_gap_ms.unwrap_or(500)));
    }
    if let Some(confirm) = options.confirm_from_history {
        builder = builder.confirm_from_history(confirm);
    }
    if let Some(trust) = options.rate_limited_is_not_sent {
        builder = builder.rate_limited_is_not_sent(trust);
    }
    if let Some(bytes) = options.max_response_bytes {
        builder = builder.max_response_bytes(bytes);
    }
    for (name, value) in &options.headers {
        builder = builder.header(name, value);
    }
    let hooks = hooks.clone();
    builder
        .on_unknown(move |attempt| {
            hooks.calls.fetch_add(1, Ordering::SeqCst);
            hooks.keep(attempt);
        })
        .build()
}

fn arguments<T: DeserializeOwned>(step: &Step) -> Result<T, String> {
    let args = if step.args.is_null() { json!({}) } else { step.args.clone() };
    serde_json::from_value(args).map_err(|error| format!("args: {error}"))
}

/// Gives a request the options of every call.
macro_rules! with_options {
    ($request:expr, $args:expr) => {{
        let mut request = $request;
        if let Some(timeout) = $args.timeout_ms {
            request = request.timeout(Duration::from_millis(timeout));
        }
        if let Some(retries) = $args.max_retries {
            request = request.max_retries(retries);
        }
        for (name, value) in &$args.headers {
            request = request.header(name, value);
        }
        request
    }};
}

impl World {
    /// The error is the client's, from its making.
    pub(crate) fn new(vector: &Vector, sandbox: &Sandbox, leaks: &Leaks) -> Result<World, Error> {
        let hooks = Hooks::default();
        let client = client(&vector.client, sandbox, &hooks)?;
        leaks.saw(&client);
        Ok(World {
            sandbox: sandbox.clone(),
            options: vector.client.clone(),
            client,
            hooks,
            checkpoints: Mutex::default(),
            leaks: leaks.clone(),
        })
    }

    pub(crate) fn run<'a>(&'a self, step: &'a Step) -> Pin<Box<dyn Future<Output = Ran> + 'a>> {
        Box::pin(async move {
            match (&step.op, &step.parallel) {
                (Some(op), None) => self.op(op, step).await,
                (None, Some(branches)) if step.args.is_null() => {
                    let all = join_all(branches.iter().map(|branch| self.branch(branch))).await;
                    all.into_iter().collect::<Result<Vec<_>, _>>().map(Outcome::Several)
                }
                _ => Err("a step is an op with args, or a parallel".to_owned()),
            }
        })
    }

    /// Its outcome is that of its last step.
    async fn branch(&self, branch: &Branch) -> Ran {
        let steps = match branch {
            Branch::One(step) => std::slice::from_ref(step),
            Branch::Several(steps) => steps,
        };
        let mut last = Err("a branch without steps".to_owned());
        for step in steps {
            if step.expect.is_some() {
                return Err("what a branch is to bring stands in the parallel's expect".to_owned());
            }
            last = Ok(self.run(step).await?);
        }
        last
    }

    async fn op(&self, op: &str, step: &Step) -> Ran {
        match op {
            "send" => {
                let args: format::Send = arguments(step)?;
                let request = with_options!(self.client.send(&args.phone, &args.text), args);
                self.leaks.saw(&request);
                self.outcome(request.await, view::sent)
            }
            "settle" => self.settle(arguments(step)?).await,
            "messages" => self.messages(arguments(step)?).await,
            "messages_page" => {
                let args: format::MessagesPage = arguments(step)?;
                let (limit, offset) =
                    (args.limit.unwrap_or(ava_imessage::DEFAULT_LIMIT), args.offset.unwrap_or(0));
                let request = with_options!(self.client.messages_page(&args.phone, limit, offset), args);
                self.leaks.saw(&request);
                self.outcome(request.await, view::page)
            }
            "poll" => {
                let args: format::Poll = arguments(step)?;
                let mut request = with_options!(self.client.poll(), args);
                if let Some(since) = args.since {
                    request = request.since(since);
                }
                if let Some(phone) = &args.phone {
                    request = request.phone(phone);
                }
                self.leaks.saw(&request);
                self.outcome(request.await, view::poll)
            }
            "listen" => self.listen(arguments(step)?).await,
            "generate" => self.generate(arguments(step)?).await,
            "draft_reply" => {
                let args: format::DraftReply = arguments(step)?;
                let mut request = with_options!(self.client.draft_reply(&args.phone), args);
                if let Some(instructions) = &args.instructions {
                    request = request.instructions(instructions);
                }
                if let Some(history) = args.history {
                    request = request.history(history);
                }
                self.leaks.saw(&request);
                self.outcome(request.await, view::generated)
            }
            "close" => {
                let format::Nothing {} = arguments(step)?;
                self.client.close().await;
                Ok(Outcome::Result(json!({})))
            }
            "cancel" => self.cancel(arguments(step)?).await,
            "control" => self.control(arguments(step)?).await,
            "sleep" => {
                let args: format::Sleep = arguments(step)?;
                tokio::time::sleep(Duration::from_millis(args.ms)).await;
                Ok(Outcome::Result(json!({})))
            }
            "wait" => {
                let args: format::Wait = arguments(step)?;
                self.recorded(args.requests).await;
                Ok(Outcome::Result(json!({})))
            }
            other => Err(format!("unknown op {other:?}")),
        }
    }

    fn outcome<T: std::fmt::Debug>(&self, result: Result<T, Error>, view: fn(&T) -> Value) -> Ran {
        match result {
            Ok(value) => {
                self.leaks.saw(&value);
                Ok(Outcome::Result(view(&value)))
            }
            Err(error) => self.error(&error).map(Outcome::Error),
        }
    }

    fn error(&self, error: &Error) -> Result<Value, String> {
        self.leaks.saw(error);
        self.leaks.saw_words(error);
        let mut cause = error.cause();
        while let Some(inner) = cause {
            self.leaks.saw_words(inner);
            cause = inner.cause();
        }
        if let Some(attempt) = error.attempt() {
            self.leaks.saw(attempt);
            self.hooks.keep(attempt.clone());
        }
        let seen = view::error(error);
        expect::always(&seen)?;
        Ok(seen)
    }

    async fn settle(&self, args: format::Settle) -> Ran {
        let attempt = self.hooks.attempt.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut attempt = attempt.ok_or("settle: no error had an attempt so far")?;
        if args.through_json {
            let text = serde_json::to_string(&attempt).map_err(|error| error.to_string())?;
            attempt = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        }
        let fresh;
        let client = if args.new_client {
            fresh = client(&self.options, &self.sandbox, &self.hooks).map_err(|error| error.to_string())?;
            &fresh
        } else {
            &self.client
        };
        let request = with_options!(client.settle(&attempt), args);
        self.leaks.saw(&request);
        self.outcome(request.await, view::sent)
    }

    async fn messages(&self, args: format::Messages) -> Ran {
        let mut stream = with_options!(self.client.messages(&args.phone), args);
        self.leaks.saw(&stream);
        let (mut all, mut failure) = (Vec::new(), None);
        while let Some(item) = stream.next().await {
            match item {
                Ok(message) => all.push(message),
                Err(error) => failure = Some(self.error(&error)?),
            }
        }
        let mut result = self.listed(&all);
        result["count"] = all.len().into();
        if let Some(failure) = failure {
            result["error"] = failure;
        }
        Ok(Outcome::Result(result))
    }

    fn listed(&self, all: &[Message]) -> Value {
        all.iter().for_each(|message| self.leaks.saw(message));
        let ids: Vec<_> = all.iter().map(|message| &message.id).collect();
        let texts: Vec<_> = all.iter().map(|message| &message.text).collect();
        json!({"ids": ids, "texts": texts})
    }

    async fn listen(&self, args: format::Listen) -> Ran {
        let (gaps, skipped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (on_gap, on_skipped) = (Arc::clone(&gaps), Arc::clone(&skipped));
        let leaks = self.leaks.clone();
        let mut request = with_options!(self.client.listen(), args)
            .on_gap(move |gap| {
                let gap = json!({"from": gap.from.to_string(), "to": gap.to.to_string()});
                on_gap.lock().unwrap_or_else(PoisonError::into_inner).push(gap);
            })
            .on_skipped(move |row| {
                leaks.saw(row);
                on_skipped.fetch_add(1, Ordering::SeqCst);
            });
        if let Some(since) = args.since {
            request = request.since(since);
        }
        if let Some(phone) = &args.phone {
            request = request.phone(phone);
        }
        if let Some(interval) = args.interval_ms {
            request = request.interval(Duration::from_millis(interval));
        }
        if let Some(auto_ack) = args.auto_ack {
            request = request.auto_ack(auto_ack);
        }
        if let Some(name) = &args.checkpoint {
            let mut all = self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
            request = request.checkpoint(all.entry(name.clone()).or_default().clone());
        }
        self.leaks.saw(&request);
        let mut all = Vec::new();
        let heard = self.hear(request, &args, &mut all);
        let ended = match args.for_ms {
            Some(ms) => {
                tokio::time::timeout(Duration::from_millis(ms), heard).await.unwrap_or(Ok(Heard::Enough))
            }
            None => heard.await,
        }?;
        let mut result = self.listed(&all);
        result["gaps"] = gaps.lock().unwrap_or_else(PoisonError::into_inner).clone().into();
        result["skipped"] = skipped.load(Ordering::SeqCst).into();
        result["ended"] = matches!(ended, Heard::End).into();
        if let Heard::Failure(failure) = ended {
            result["error"] = failure;
        }
        Ok(Outcome::Result(result))
    }

    async fn hear(
        &self,
        request: ListenRequest,
        args: &format::Listen,
        all: &mut Vec<Message>,
    ) -> Result<Heard, String> {
        let mut listener = match request.await {
            Ok(listener) => listener,
            Err(error) => return Ok(Heard::Failure(self.error(&error)?)),
        };
        self.leaks.saw(&listener);
        while all.len() < args.take {
            match listener.next().await {
                None => return Ok(Heard::End),
                Some(Err(error)) => return Ok(Heard::Failure(self.error(&error)?)),
                Some(Ok(message)) => {
                    if args.ack
                        && let Err(error) = listener.ack(&message).await
                    {
                        return Ok(Heard::Failure(self.error(&error)?));
                    }
                    all.push(message);
                }
            }
        }
        Ok(Heard::Enough)
    }

    async fn generate(&self, args: format::Generate) -> Ran {
        let turns = args.context.iter().map(|turn| Turn::new(Role::from(&*turn.role), &*turn.content));
        let mut request = with_options!(self.client.generate(&args.phone, turns), args);
        if let Some(instructions) = &args.instructions {
            request = request.instructions(instructions);
        }
        if let Some(auto_send) = args.auto_send {
            request = request.auto_send(auto_send);
        }
        self.leaks.saw(&request);
        self.outcome(request.await, view::generated)
    }

    /// Waits until the sandbox has recorded so many requests in all.
    async fn recorded(&self, requests: usize) {
        while self.sandbox.requests().len() < requests {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn cancel(&self, args: format::Cancel) -> Ran {
        let before = self.hooks.calls.load(Ordering::SeqCst);
        let cancelled = tokio::select! {
            ran = self.run(&args.step) => {
                ran?;
                false
            }
            () = async {
                if let Some(requests) = args.after_requests {
                    self.recorded(requests).await;
                }
                tokio::time::sleep(Duration::from_millis(args.after_ms.unwrap_or(0))).await;
            } => true,
        };
        let unknown = self.hooks.calls.load(Ordering::SeqCst) - before;
        Ok(Outcome::Result(json!({"cancelled": cancelled, "unknown_hook": unknown})))
    }

    async fn control(&self, args: format::Control) -> Ran {
        let method = args.method.as_deref().unwrap_or("POST");
        let body = args.body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = http(&self.sandbox, method, &args.path, &body)
            .await
            .map_err(|error| format!("control {method} {}: {error}", args.path))?;
        if !(200..=299).contains(&status) {
            return Err(format!("control {method} {}: {status} {answer}", args.path));
        }
        serde_json::from_str(&answer).map(Outcome::Result).map_err(|error| error.to_string())
    }
}

/// A request outside the client under test, and its answer's status and body.
async fn http(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let address = sandbox.address();
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok((status, body.to_owned()))
}

/// How listening ended.
enum Heard {
    Enough,
    End,
    Failure(Value),
}
