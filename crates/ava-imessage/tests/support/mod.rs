//! A service without sockets, for tests on tokio's paused clock.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test target uses its own part of it")]

use std::sync::Arc;

use ava_imessage::{BoxError, BoxFuture, RequestBody, ResponseBody, Timestamp, Transport, TransportError};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use tokio::time::Instant;

pub type Answer = Result<http::Response<ResponseBody>, TransportError>;

/// A transport whose other end is a function.
pub struct Model<F>(pub Arc<F>);

impl<F, Fut> Transport for Model<F>
where
    F: Fn(http::Request<RequestBody>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn execute(&self, request: http::Request<RequestBody>) -> BoxFuture<'static, Answer> {
        let handler = Arc::clone(&self.0);
        Box::pin(async move { handler(request).await })
    }
}

/// The service's clock: it starts at noon and runs with tokio's.
#[derive(Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Clock {
        Clock(Instant::now())
    }

    pub fn now(self) -> Timestamp {
        let noon: Timestamp = "2026-01-25T12:00:00Z".parse().unwrap();
        noon + SignedDuration::try_from(self.0.elapsed()).unwrap()
    }
}

pub fn http_date(time: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap()
}

pub fn answer(status: u16, date: Option<Timestamp>, body: impl Into<bytes::Bytes>) -> Answer {
    let body: ResponseBody =
        Box::pin(http_body_util::Full::new(body.into()).map_err(|never| -> BoxError { match never {} }));
    let mut response = http::Response::builder().status(status);
    if let Some(date) = date {
        response = response.header("date", http_date(date));
    }
    Ok(response.body(body).unwrap())
}

pub fn lost() -> Answer {
    Err(TransportError::new("connection reset"))
}

/// A decoded query parameter.
pub fn query(request: &http::Request<RequestBody>, name: &str) -> Option<String> {
    let pairs = request.uri().query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.replace("%2B", "+"))
}

/// How many seeds to run: `AVA_SEEDS`, else this many.
pub fn seeds(default: u64) -> u64 {
    std::env::var("AVA_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}
