//! Playing one response of a script.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;

use crate::{
    answer::{Announced, Answer},
    api::Call,
    body::{Fill, Source},
    clock::http_date,
    error::Dropped,
    handle::{Shared, pause, request_id},
    script::{FillSpec, ScriptedDrop, ScriptedResponse, decode_hex},
};

pub(crate) async fn play(shared: &Arc<Shared>, entry: ScriptedResponse, seq: u64) -> Result<Answer, Dropped> {
    pause(entry.delay_ms).await;
    if entry.drop == Some(ScriptedDrop::Before) {
        return Err(Dropped::BeforeProcessing);
    }
    let status = entry.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let mut answer = Answer::new(status, source(&entry));
    dress(shared, &mut answer.headers, seq);
    entry.lay_headers(&mut answer.headers);
    answer.content_length = match entry.content_length {
        Some(length) => Announced::Exactly(length),
        None if entry.chunked() => Announced::Nothing,
        None => Announced::Honest,
    };
    answer.cut_after = match entry.drop {
        Some(ScriptedDrop::AfterHeaders) => Some(0),
        Some(ScriptedDrop::AfterBytes(bytes)) => Some(bytes),
        Some(ScriptedDrop::Before) | None => None,
    };
    answer.drip = entry.drip_ms.map(Duration::from_millis);
    Ok(answer)
}

fn source(entry: &ScriptedResponse) -> Source {
    if let Some(json) = &entry.json {
        json.to_string().into()
    } else if let Some(text) = &entry.text {
        text.clone().into()
    } else if let Some(hex) = &entry.bytes_hex {
        decode_hex(hex).unwrap_or_default().into()
    } else if let Some(FillSpec { byte, count, prefix, suffix }) = &entry.fill {
        let text = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        Source::Fill(Fill::new(text(prefix), *byte, *count, text(suffix)))
    } else if let Some(rows) = &entry.rows {
        rows.body().into()
    } else {
        Source::Bytes(Bytes::new())
    }
}

fn dress(shared: &Shared, headers: &mut HeaderMap, seq: u64) {
    headers.insert("x-request-id", request_id(seq));
    if let Some(date) = http_date(shared.world().clock.now()) {
        headers.insert(header::DATE, date);
    }
}

#[derive(Serialize)]
struct NoMatch {
    error: String,
}

/// The answer to a request that no response of the script matches.
pub(crate) fn unmatched(shared: &Shared, call: &Call, seq: u64) -> Answer {
    let error = format!("no scripted response matches {} {}", call.method, call.path);
    let status = StatusCode::from_u16(599).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = Answer::json(status, &NoMatch { error });
    dress(shared, &mut answer.headers, seq);
    answer
}
