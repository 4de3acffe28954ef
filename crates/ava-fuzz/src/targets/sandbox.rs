//! The sandbox's own reading: of the API's requests and of its control plane's. The input is requests, parted by NULs:
//! a line with method and path, then headers a line, an empty line, and the body.
//!
//! Whatever is asked, it answers with JSON or drops the connection as a fault bids it; afterwards it still answers.

use std::time::Duration;

use ava_sandbox::Sandbox;
use bytes::Bytes;
use http::{Request, header::AUTHORIZATION};
use http_body_util::BodyExt;

use crate::canned;

const MOST_REQUESTS: usize = 8;
/// By the paused clock: faults may delay what they like.
const PATIENCE: Duration = Duration::from_secs(3600);
const MOST_BODY: usize = 1 << 20;

pub(crate) fn run(input: &[u8]) {
    canned::run(async {
        let sandbox = Sandbox::builder().in_process().expect("the settings are its own");
        for request in input.split(|byte| *byte == 0).take(MOST_REQUESTS) {
            if let Some(request) = parse(request, sandbox.api_key()) {
                ask(&sandbox, request).await;
            }
        }
        sandbox.reset();
        let state = ask(&sandbox, plain("/_sandbox/state")).await.expect("no fault is left");
        let state: serde_json::Value = serde_json::from_slice(&state).expect("the state is JSON");
        assert!(state.is_object());
    });
}

fn plain(path: &str) -> Request<Bytes> {
    Request::builder().uri(format!("http://localhost{path}")).body(Bytes::new()).expect("a good request")
}

fn parse(input: &[u8], key: &str) -> Option<Request<Bytes>> {
    let (head, body) = match input.windows(2).position(|two| two == b"\n\n") {
        Some(end) => (&input[..end], &input[end + 2..]),
        None => (input, &b""[..]),
    };
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let (method, path) = lines.next()?.split_once(' ')?;
    // The event stream doesn't end.
    if path.contains("/events") {
        return None;
    }
    let mut request = Request::builder().method(method).uri(format!("http://localhost{path}"));
    request = request.header(AUTHORIZATION, format!("Bearer {key}"));
    for line in lines {
        let (name, value) = line.split_once(':')?;
        request = request.header(name.trim(), value.trim());
    }
    request.body(Bytes::copy_from_slice(body)).ok()
}

/// The body of the answer, as far as it comes.
async fn ask(sandbox: &Sandbox, request: Request<Bytes>) -> Option<Vec<u8>> {
    let control = request.uri().path().starts_with("/_sandbox/");
    let answered = tokio::time::timeout(PATIENCE, sandbox.handle(request)).await.ok()?;
    let Ok(response) = answered else {
        assert!(!control, "the control plane dropped a connection");
        return None;
    };
    let mut body = response.into_body();
    let mut read = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                read.extend_from_slice(&data);
            }
            if read.len() > MOST_BODY {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, reading).await;
    Some(read)
}
