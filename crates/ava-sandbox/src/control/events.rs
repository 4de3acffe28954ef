//! The event stream, as server-sent events; `Last-Event-ID` brings back what a reader missed. One that falls too far
//! behind gets a `missed` with the number of events that it lost, and should read the state anew.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Sse, sse::Event as Frame},
};
use futures_util::stream::{self, StreamExt};
use http::{HeaderMap, header};
use tokio::sync::broadcast::error::RecvError;

use crate::{events::Event, handle::Shared};

pub(super) async fn stream(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> impl IntoResponse {
    let last_seen =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let (missed, live) = match last_seen {
        Some(last_seen) => shared.events.subscribe_after(last_seen),
        None => (Vec::new(), shared.events.subscribe()),
    };
    let ready = stream::iter([Ok(Frame::default().comment("ready"))]);
    let missed = stream::iter(missed).map(|event| frame(&event));
    let live = stream::unfold(live, |mut live| async move {
        let frame = match live.recv().await {
            Ok(event) => frame(&event),
            Err(RecvError::Lagged(count)) => Ok(Frame::default().event("missed").data(count.to_string())),
            Err(RecvError::Closed) => return None,
        };
        Some((frame, live))
    });
    ([(header::CACHE_CONTROL, "no-store")], Sse::new(ready.chain(missed).chain(live)))
}

fn frame(event: &Event) -> Result<Frame, axum::Error> {
    Frame::default().id(event.id.to_string()).event(event.kind.name()).json_data(event)
}
