//! Spans as OpenTelemetry's HTTP conventions name them, with nobody's data in them.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ava_imessage::{Client, RequestBody, Turn};
use support::{Clock, Model, answer};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

type Fields = BTreeMap<String, String>;

/// Writes down the fields of every span.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<u64, Fields>>>);

struct Writer<'a>(&'a mut Fields);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl<S: tracing::Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        attributes.record(&mut Writer(self.0.lock().unwrap().entry(id.into_u64()).or_default()));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _: Context<'_, S>) {
        record.record(&mut Writer(self.0.lock().unwrap().entry(id.into_u64()).or_default()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_an_attempt() {
    let clock = Clock::start();
    let asked = Arc::new(Mutex::new(0));
    let service = move |_: http::Request<RequestBody>| {
        let asked = Arc::clone(&asked);
        async move {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            let body = r#"{"messages":[],"total":0}"#;
            answer(if *asked == 1 { 503 } else { 200 }, Some(clock.now()), body)
        }
    };
    let client = Client::builder()
        .api_key("sk_canary")
        .base_url("http://127.0.0.1:4010/ava")
        .backoff(Duration::from_millis(1), Duration::from_millis(1))
        .transport(Model(Arc::new(service)))
        .build()
        .unwrap();
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    client.messages_page("+15550001111", 50, 0).into_future().with_subscriber(subscriber).await.unwrap();

    let spans: Vec<Fields> = spans.0.lock().unwrap().values().cloned().collect();
    let expected = |status: &str, resend: &str| {
        let mut fields: Fields = [
            ("otel.kind", "client"),
            ("otel.name", "GET /api/messages/{phone}"),
            ("http.request.method", "GET"),
            ("http.request.resend_count", resend),
            ("http.response.status_code", status),
            ("url.template", "/api/messages/{phone}"),
            ("url.scheme", "http"),
            ("server.address", "127.0.0.1"),
            ("server.port", "4010"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        if status == "503" {
            fields.insert("error.type".into(), "503".into());
        }
        fields
    };
    assert_eq!(spans, [expected("503", "0"), expected("200", "1")]);
}

/// The messages of the lines at `warn` and above.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= tracing::Level::WARN {
            let mut fields = Fields::new();
            event.record(&mut Writer(&mut fields));
            self.0.lock().unwrap().push(fields.remove("message").unwrap_or_default());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_and_was_cancelled_leaves_a_line() {
    let service = |mut request: http::Request<RequestBody>| async move {
        use http_body_util::BodyExt;
        let _ = request.body_mut().frame().await;
        std::future::pending().await
    };
    let client = Client::builder()
        .api_key("sk_canary")
        .base_url("http://127.0.0.1:4010")
        .transport(Model(Arc::new(service)))
        .build()
        .unwrap();
    let warnings = Warnings::default();
    async {
        let limit = Duration::from_millis(10);
        let context = || [Turn::user("secret words")];
        let _ = tokio::time::timeout(limit, client.send("+15550001111", "secret words").into_future()).await;
        let reply = client.generate("+15550001111", context());
        let _ = tokio::time::timeout(limit, reply.auto_send(true).into_future()).await;
        // Nothing would have been sent.
        let reply = client.generate("+15550001111", context());
        let _ = tokio::time::timeout(limit, reply.into_future()).await;
    }
    .with_subscriber(tracing_subscriber::registry().with(warnings.clone()))
    .await;
    let lines = warnings.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("was cancelled in flight")), "{lines:?}");
}
